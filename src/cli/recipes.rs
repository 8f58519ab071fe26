//! `perfmod recipes`: list them, show one, test the user's own, begin one.

use super::{Exit, Failure, Global, emit};
use crate::catalog::transforms::Transforms;
use crate::engine::{Engine, Options, Validate, laws};
use crate::project::python;
use crate::recipe::{self, Recipe};
use crate::report;
use std::path::{Path, PathBuf};

/// The arguments of `recipes`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// One line a recipe
    List,
    /// What a recipe does, and why that is safe
    Show {
        /// Its name
        id: String,
    },
    /// Hold the cases of recipes against the laws; exit 1 where one is broken
    Test {
        /// The folder of a recipe, or one of several; without it those of the configuration
        #[arg(value_name = "DIR")]
        folder: Option<PathBuf>,
    },
    /// Begin a recipe: a folder with a recipe.toml, a case that it transforms and one that stays
    New {
        /// Its name, in small letters, digits and `-`
        name: String,
    },
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Exit, Failure> {
    let transforms = global.transforms()?;
    let text = match arguments.what.as_ref().unwrap_or(&What::List) {
        What::List => list(&recipe::load(&transforms)?),
        What::Show { id } => {
            let recipes = recipe::load(&transforms)?;
            let found = recipes.iter().find(|r| r.id == *id);
            let found = found.ok_or_else(|| {
                Failure::Usage(format!("there is no recipe `{id}`; `perfmod recipes list` names them"))
            })?;
            let example = transforms.file(&format!("{}/{}/example.diff", found.language, found.id));
            let diff = example.map(|file| file.text.as_str());
            report::recipe_page(found, diff, global.stdout_palette(), super::width::of_stdout())
        }
        What::Test { folder } => {
            let folders = folder.as_ref().map_or(global.recipes.as_slice(), std::slice::from_ref);
            return test(folders, transforms);
        }
        What::New { name } => begin(name, &transforms)?,
    };
    emit(text.as_bytes(), None)?;
    Ok(Exit::Done)
}

fn list(recipes: &[Recipe]) -> String {
    let width = recipes.iter().map(|r| r.id.len()).max().unwrap_or(0);
    recipes.iter().map(|r| format!("{:width$}  {} ({})\n", r.id, r.summary, r.language)).collect()
}

/// Holds the cases of recipes against the laws.
fn test(folders: &[PathBuf], mut transforms: Transforms) -> Result<Exit, Failure> {
    if folders.is_empty() {
        return Err(Failure::Usage("name the folder of a recipe; `perfmod recipes new NAME` makes one".into()));
    }
    let mut recipes = Vec::new();
    for folder in folders {
        recipes.extend(transforms.add_recipes(folder)?);
    }
    // A mistake in any of the files is told before a case is run.
    recipe::load(&transforms)?;
    let place = tempfile::tempdir()?;
    let interpreter = python::find(&place.path().join("case.py"), "", None, &mut |_| {})
        .map_err(|error| Failure::Usage(error.to_string()))?;
    let (mut out, mut broken) = (String::new(), 0);
    for folder in &recipes {
        broken += test_one(folder, &transforms, place.path(), &interpreter, &mut out)?;
    }
    emit(out.as_bytes(), None)?;
    Ok(if broken == 0 { Exit::Done } else { Exit::Findings })
}

/// How many laws the cases of one recipe break.
fn test_one(
    folder: &Path,
    transforms: &Transforms,
    place: &Path,
    interpreter: &python::Interpreter,
    out: &mut String,
) -> Result<usize, Failure> {
    let whole = folder.canonicalize()?;
    let id = whole.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let options = Options { only: vec![id.clone()], validate: Validate::Off, ..Options::default() };
    let engine = Engine::with(transforms, options)?;
    let cases = laws::cases(folder).map_err(Failure::Usage)?;
    let mut broken = 0;
    for case in &cases {
        let name = format!("{}/{}", case.kind, case.name);
        let mut judged = engine.try_case(case, place)?;
        let results: Vec<(String, Vec<u8>)> = judged.results.into_iter().map(|r| (name.clone(), r)).collect();
        let compiled = laws::not_compiled(interpreter, &results);
        judged.broken.extend(compiled.map_err(|error| Failure::Usage(error.to_string()))?);
        if laws::without_look_alike(&cases).iter().any(|c| (&c.kind, &c.name) == (&case.kind, &case.name)) {
            judged.broken.push(format!("it has no look-alike that stays: keep/{}.py", case.name));
        }
        out.push_str(&format!("{id} {name}: {}\n", if judged.broken.is_empty() { "holds" } else { "broken" }));
        judged.broken.iter().for_each(|law| out.push_str(&format!("  {law}\n")));
        if !judged.broken.is_empty() {
            judged.shown.lines().for_each(|line| out.push_str(&format!("    {line}\n")));
        }
        broken += judged.broken.len();
    }
    if !cases.iter().any(|case| case.kind != "keep") {
        out.push_str(&format!("{id}: broken\n  it has no case that it transforms\n"));
        broken += 1;
    }
    Ok(broken)
}

const RECIPE: &str = r#"id = "NAME"
language = "python"
# What the time at a site goes into.
kind = "io"
summary = "What it does, in a sentence"

# When: the effects that the call may have. A loop with an obstacle never gets here.
[when]
effects = ["read"]

# How: operations, in the order of this list. One with `effects` is only carried out for such calls.
OPERATIONS
[[how]]
operation = "make-async"

[[how]]
operation = "stage-loop"

[docs]
what = """
What the recipe does to a loop.
"""
safety = """
Why the program computes the same afterwards.
"""
"#;

const TRANSFORM: &str = r#"import requests


def main():
    names = open("names.txt").read().split()
    for name in names:
        answer = requests.get(f"https://example.org/{name}")
        print(name, answer.status_code)


if __name__ == "__main__":
    main()
"#;

const KEEP: &str = r#"# keep: PM101
import requests


def main():
    names = open("names.txt").read().split()
    last = ""
    for name in names:
        last = requests.get(f"https://example.org/{name}?after={last}").text
        print(name, last)


if __name__ == "__main__":
    main()
"#;

/// Writes a recipe to begin with.
fn begin(name: &str, transforms: &Transforms) -> Result<String, Failure> {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || name.starts_with('-') || !name.chars().all(good) {
        return Err(Failure::Usage(format!("`{name}` is no name of a recipe: small letters, digits and `-` make one")));
    }
    if recipe::load(transforms)?.iter().any(|recipe| recipe.id == name) {
        return Err(Failure::Usage(format!("there is a recipe `{name}` already; choose another name")));
    }
    let folder = Path::new(name);
    if folder.exists() {
        return Err(Failure::Usage(format!("{name}: there is something of this name already; it is left as it is")));
    }
    let operations: Vec<String> = recipe::OPERATIONS.iter().map(|(name, does)| format!("#   {name}: {does}")).collect();
    let recipe = RECIPE.replace("NAME", name).replace("OPERATIONS", &operations.join("\n"));
    let files =
        [("recipe.toml", recipe.as_str()), ("cases/transform/plain.py", TRANSFORM), ("cases/keep/plain.py", KEEP)];
    for (file, text) in files {
        let path = folder.join(file);
        let told = |error: std::io::Error| Failure::Usage(format!("{} cannot be written: {error}", path.display()));
        std::fs::create_dir_all(path.parent().unwrap_or(folder)).map_err(told)?;
        std::fs::write(&path, text).map_err(told)?;
    }
    Ok(format!(
        "{name}/ has a recipe to begin with. To hold its cases against the laws:\n    perfmod recipes test {name}\nTo use it, in [tool.perfmod] of a pyproject.toml:\n    recipes = [\"{name}\"]\n"
    ))
}
