//! The laws (`src/engine/laws.rs`), over every case of every recipe. A new recipe gets all of this for its cases alone; a
//! user's gets it by `perfmod recipes test`.

use assert_cmd::Command;
use perfmod::engine::{Engine, Options, Validate, laws};
use perfmod::project::python;
use std::path::{Path, PathBuf};

fn recipes() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("transforms/python");
    let mut out: Vec<PathBuf> = std::fs::read_dir(root).unwrap().map(|e| e.unwrap().path()).collect();
    out.sort();
    assert!(!out.is_empty(), "the recipes were not found");
    out
}

fn name(recipe: &Path) -> String {
    recipe.file_name().unwrap().to_str().unwrap().to_string()
}

#[test]
fn every_case_obeys_the_laws() {
    let usual = Options { validate: Validate::Off, ..Options::default() };
    let engine = Engine::new(None, usual.clone()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let mut texts: Vec<(String, Vec<u8>)> = Vec::new();
    let mut count = 0;
    for recipe in recipes() {
        for case in laws::cases(&recipe).unwrap() {
            let name = format!("{}/{}/{}", name(&recipe), case.kind, case.name);
            let named = Options { only: vec![case.recipe.clone()], ..usual.clone() };
            let asked = case.is_on_request().then(|| Engine::new(None, named).unwrap());
            let judged = asked.as_ref().unwrap_or(&engine).try_case(&case, dir.path()).unwrap();
            assert!(judged.broken.is_empty(), "{name}: {:#?}\n{}", judged.broken, judged.shown);
            texts.extend(judged.results.into_iter().map(|result| (name.clone(), result)));
            insta::with_settings!({ snapshot_path => "../snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
                insta::assert_snapshot!(name.replace('/', "__"), judged.shown);
            });
            count += 1;
        }
    }
    assert!(count > 20, "the cases were not found");
    let interpreter = python::find(Path::new("case.py"), "", None, &mut |_| {}).unwrap();
    let wrong = laws::not_compiled(&interpreter, &texts).unwrap();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_transforming_case_has_a_look_alike_that_stays() {
    for recipe in recipes() {
        let cases = laws::cases(&recipe).unwrap();
        let alone: Vec<&str> = laws::without_look_alike(&cases).iter().map(|case| case.name.as_str()).collect();
        assert!(alone.is_empty(), "{}: {alone:?} have no look-alike in keep/", name(&recipe));
    }
}

fn perfmod(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_perfmod"));
    let done = command.current_dir(folder).env_remove("PERFMOD_TRANSFORMS").args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (done.status.code().unwrap(), text(done.stdout), text(done.stderr))
}

#[track_caller]
fn ends(told: (i32, String, String), code: i32, parts: &[&str]) {
    let all = format!("{}{}", told.1, told.2);
    assert!(
        told.0 == code && parts.iter().all(|part| all.contains(part)),
        "{}, for {code} and {parts:?}:\n{all}",
        told.0
    );
}

/// Replaces a part of a file that is there once.
#[track_caller]
fn change(file: &Path, old: &str, new: &str) {
    let text = std::fs::read_to_string(file).unwrap();
    assert_eq!(text.matches(old).count(), 1, "{old}");
    std::fs::write(file, text.replace(old, new)).unwrap();
}

#[test]
fn a_new_recipe_holds_and_what_is_broken_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    ends(perfmod(here, &["recipes", "test"]), 2, &["name the folder of a recipe"]);
    ends(
        perfmod(here, &["recipes", "new", "my-reads"]),
        0,
        &["perfmod recipes test my-reads", "recipes = [\"my-reads\"]"],
    );
    let holds = ["my-reads keep/plain: holds", "my-reads transform/plain: holds"];
    ends(perfmod(here, &["recipes", "test", "my-reads"]), 0, &holds);
    ends(perfmod(&here.join("my-reads"), &["recipes", "test", "."]), 0, &holds);
    ends(perfmod(here, &["recipes", "test", "."]), 0, &holds);
    for (name, part) in
        [("my-reads", "something of this name"), ("async-gather", "already"), ("../x", "no name"), ("", "no name")]
    {
        ends(perfmod(here, &["recipes", "new", name]), 2, &[part]);
    }

    let cases = here.join("my-reads/cases");
    change(&cases.join("keep/plain.py"), "PM101", "PM103");
    ends(
        perfmod(here, &["recipes", "test", "my-reads"]),
        1,
        &["keep/plain: broken", "because of PM103, and PM101", holds[1]],
    );
    change(&cases.join("keep/plain.py"), "# keep: PM103\n", "");
    ends(perfmod(here, &["recipes", "test", "my-reads"]), 1, &["no comment `# keep: CODE`"]);
    std::fs::rename(cases.join("keep/plain.py"), cases.join("transform/other.py")).unwrap();
    let told = ["transform/other: broken", "must be rewritten, and is not", "no look-alike that stays: keep/plain.py"];
    ends(perfmod(here, &["recipes", "test", "my-reads"]), 1, &told);
    std::fs::create_dir(cases.join("transfrom")).unwrap();
    ends(perfmod(here, &["recipes", "test", "my-reads"]), 2, &["transfrom: not one of the kinds"]);
    std::fs::remove_dir_all(&cases).unwrap();
    ends(perfmod(here, &["recipes", "test", "my-reads"]), 2, &["cases"]);

    change(&here.join("my-reads/recipe.toml"), "effects = [", "efects = [");
    let told = ["my-reads/recipe.toml:9: unknown field `efects`", "did you mean `effects`?"];
    ends(perfmod(here, &["recipes", "test", "my-reads"]), 2, &told);
}

#[test]
fn recipes_and_catalogue_files_of_the_users_own_are_named_in_the_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let put = |name: &str, text: &str| {
        std::fs::create_dir_all(here.join(name).parent().unwrap()).unwrap();
        std::fs::write(here.join(name), text).unwrap();
    };
    let script =
        "from house_client import fetch\n\nfor name in open('names.txt').read().split():\n    print(fetch(name))\n";
    put("sub/a.py", script);
    ends(perfmod(here, &["check", "sub/a.py"]), 0, &["0 sites"]);
    let own = "[library]\nmodule = \"house_client\"\nabout = \"our own\"\n\n[[function]]\npath = \"house_client.fetch\"\neffect = \"read\"\nverb = \"fetch\"\nseconds = 0.5\n";
    put("perfmod/house.toml", own);
    put("pyproject.toml", "[tool.perfmod]\ncatalog = [\"perfmod/house.toml\"]\n");
    ends(perfmod(here, &["check", "sub/a.py"]), 0, &["sub/a.py:3: ready `fetch`", "async-gather: "]);
    ends(perfmod(here, &["explain", "sub/a.py:3"]), 0, &["sub/a.py:3: ready `fetch`"]);
    put(
        "pyproject.toml",
        "[tool.perfmod]\ncatalog = [\"perfmod\"]\nrecipes = [\"perfmod/recipes\"]\nskip = [\"async-gather\"]\n",
    );
    ends(perfmod(here, &["check", "sub/a.py"]), 2, &["perfmod/recipes"]);
    std::fs::create_dir_all(here.join("perfmod/recipes")).unwrap();
    ends(perfmod(here, &["check", "sub/a.py"]), 2, &["perfmod/recipes:1: no recipe", "perfmod recipes new"]);
    ends(perfmod(&here.join("perfmod/recipes"), &["recipes", "new", "reads", "--recipes", "reads"]), 2, &["reads"]);
    put("pyproject.toml", "[tool.perfmod]\ncatalog = [\"perfmod\"]\n");
    ends(perfmod(&here.join("perfmod/recipes"), &["recipes", "new", "reads"]), 0, &[]);
    change(
        &here.join("perfmod/recipes/reads/recipe.toml"),
        "effects = [\"read\"]",
        "effects = [\"read\", \"unknown\"]",
    );
    put(
        "pyproject.toml",
        "[tool.perfmod]\ncatalog = [\"perfmod\"]\nrecipes = [\"perfmod/recipes\"]\nskip = [\"async-gather\"]\n",
    );
    ends(perfmod(here, &["check", "sub/a.py"]), 0, &["sub/a.py:3: ready `fetch`", "  reads: "]);
    ends(perfmod(here, &["recipes"]), 0, &["reads  ", "async-gather"]);
    ends(perfmod(&here.join("sub"), &["recipes", "test"]), 0, &["reads transform/plain: holds"]);

    put("perfmod/house.toml", &own.replace("effect =", "efect ="));
    ends(perfmod(here, &["check", "sub/a.py"]), 2, &["house.toml:", "did you mean `effect`?"]);
    put("pyproject.toml", "[project]\nname = \"x\"\n\n[tool.perfmod]\nmax-concurrent = 3\nrecipies = []\n");
    ends(perfmod(here, &["check", "sub/a.py"]), 2, &["pyproject.toml:6: `recipies`", "did you mean `recipes`?"]);
}
