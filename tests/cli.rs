//! The contract of the command line, against the built program: exit codes, what goes to stdout, what is written.

#[path = "support/schema.rs"]
mod schema;

use assert_cmd::Command;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Output;

const SCRIPT: &str = "\
import requests

names = \"a b c\".split()
for name in names:
    answer = requests.get(f\"https://example.org/{name}\")
    print(name, answer.status_code)
";

/// As `SCRIPT`, leaving the loop early: a caution.
const CARE: &str = "\
import requests

names = \"a b c\".split()
for name in names:
    answer = requests.get(f\"https://example.org/{name}\")
    if answer.status_code != 200:
        break
    print(name)
";

const BLOCKED: &str = "\
import requests

last = \"\"
for name in \"a b c\".split():
    last = requests.get(f\"https://example.org/{name}?after={last}\").text
";

const BROKEN: &str = "import requests\n\ndef broken(:\n";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn perfmod(folder: &Path, arguments: &[&str]) -> Output {
    // Environments are built once for all tests and kept in the build folder.
    Command::new(env!("CARGO_BIN_EXE_perfmod"))
        .current_dir(folder)
        .env_remove("VIRTUAL_ENV")
        .env_remove("PERFMOD_TRANSFORMS")
        .env("PERFMOD_ENV_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("envs"))
        .args(arguments)
        .output()
        .unwrap()
}

fn git(folder: &Path, arguments: &[&str], input: &[u8]) -> Output {
    Command::new("git")
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", folder.join("no-such-file"))
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .args(arguments)
        .write_stdin(input)
        .output()
        .unwrap()
}

/// A folder with these files.
fn project(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

/// Every file of a folder with its contents, `.git` left out.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut out = BTreeMap::new();
    let mut pending = vec![folder.to_path_buf()];
    while let Some(dir) = pending.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(folder).unwrap().to_string_lossy().replace('\\', "/");
            // `.perfmod` is perfmod's own: `tests/apply.rs` looks at it.
            if path.is_dir() {
                if name != ".git" && !name.ends_with(".perfmod") {
                    out.insert(format!("{name}/"), Vec::new());
                    pending.push(path);
                }
            } else {
                out.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    out
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[track_caller]
fn ended(output: &Output, code: i32) {
    assert_eq!(
        output.status.code(),
        Some(code),
        "stdout:\n{}\nstderr:\n{}",
        text(&output.stdout),
        text(&output.stderr)
    );
}

#[track_caller]
fn says(bytes: &[u8], parts: &[&str]) {
    for part in parts {
        assert!(text(bytes).contains(part), "{part:?} is not in:\n{}", text(bytes));
    }
}

/// The report on stdout, which must fit the schema that is checked in.
#[track_caller]
fn report(output: &Output) -> Value {
    let report: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", text(&output.stdout)));
    let schema = std::fs::read(root().join("docs/report.schema.json")).unwrap();
    let wrong = schema::misfits(&serde_json::from_slice(&schema).unwrap(), &report);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    report
}

#[test]
fn check_ends_with_0_and_with_1_only_where_asked() {
    let folder = project(&[("a.py", SCRIPT), ("empty.py", "print(1)\n")]);
    let before = contents(folder.path());
    let done = perfmod(folder.path(), &["check", "a.py"]);
    ended(&done, 0);
    says(&done.stdout, &["a.py:4", "ready", "requests.get", "1 site in 1 file"]);
    assert!(done.stderr.is_empty());
    ended(&perfmod(folder.path(), &["check", "a.py", "--exit-code"]), 1);
    ended(&perfmod(folder.path(), &["check", "empty.py", "--exit-code"]), 0);
    let whole = perfmod(folder.path(), &["check", "."]);
    ended(&whole, 0);
    says(&whole.stdout, &["1 site in 2 files"]);
    assert_eq!(contents(folder.path()), before, "check writes nothing");
}

#[test]
fn check_says_why_a_site_is_blocked() {
    let folder = project(&[("blocked.py", BLOCKED), ("care.py", CARE)]);
    let quiet = perfmod(folder.path(), &["check", "blocked.py"]);
    ended(&quiet, 0);
    assert!(!text(&quiet.stdout).contains("help:"), "in full only with -v");
    let told = perfmod(folder.path(), &["check", "blocked.py", "-v"]);
    says(&told.stdout, &["blocked", "PM101", "line 5", "help:"]);
    says(&perfmod(folder.path(), &["check", "care.py"]).stdout, &["care", "PM105"]);
}

#[test]
fn usage_errors_end_with_2() {
    let folder = project(&[("a.py", SCRIPT), ("notes.txt", "")]);
    let cases: &[(&[&str], &[&str])] = &[
        (&["check", "nowhere.py"], &["nowhere.py", "no such file"]),
        (&["rewrite", "nowhere.py", "--dry-run"], &["nowhere.py", "no such file"]),
        (&["check", "notes.txt"], &["notes.txt", ".py"]),
        (&["check"], &["PATH"]),
        (&["rewrite", "a.py", "--dry-run", "--yes"], &["--yes"]),
        (&["rewrite", "a.py", "--dry-run", "--accept", "PM999"], &["PM999", "care"]),
        (&["rewrite", "a.py", "--dry-run", "--recipe", "no-such"], &["no-such", "perfmod recipes list"]),
        (&["rewrite", "a.py", "--dry-run", "--max-samples", "0"], &["--max-samples"]),
        (&["rewrite", "a.py", "--dry-run", "--args", "'open"], &["--args"]),
        (&["recipes", "show", "no-such"], &["no-such", "perfmod recipes list"]),
        (&["no-such-command"], &["no-such-command"]),
        (&["check", "a.py", "--transforms", "nowhere"], &["nowhere"]),
    ];
    for (arguments, parts) in cases {
        let done = perfmod(folder.path(), arguments);
        ended(&done, 2);
        says(&done.stderr, parts);
        assert!(done.stdout.is_empty(), "{arguments:?} prints to stdout: {}", text(&done.stdout));
    }
}

#[test]
fn rewrite_asks_what_to_do_with_the_patches() {
    let folder = project(&[("a.py", SCRIPT)]);
    let before = contents(folder.path());
    let done = perfmod(folder.path(), &["rewrite", "a.py"]);
    ended(&done, 2);
    says(&done.stderr, &["--dry-run", "-i", "--yes"]);
    assert_eq!(contents(folder.path()), before);
}

#[test]
fn a_file_that_cannot_be_processed_ends_with_4_and_the_others_are() {
    let folder = project(&[("bad.py", BROKEN), ("good.py", SCRIPT)]);
    let checked = perfmod(folder.path(), &["check", "bad.py", "good.py"]);
    ended(&checked, 4);
    says(&checked.stdout, &["bad.py:3", "PM001", "good.py:4", "ready"]);
    let dry = perfmod(folder.path(), &["rewrite", "bad.py", "good.py", "--dry-run", "--no-validate"]);
    ended(&dry, 4);
    says(&dry.stdout, &["+++ b/good.py"]);
    assert!(!text(&dry.stdout).contains("bad.py"));
    says(&dry.stderr, &["bad.py", "PM001"]);
    let done = perfmod(folder.path(), &["rewrite", "bad.py", "good.py", "--yes", "--no-validate"]);
    ended(&done, 4);
    let after = contents(folder.path());
    assert_eq!(after["bad.py"], BROKEN.as_bytes());
    says(&after["good.py"], &["from perfmod_runtime import"]);
}

#[test]
fn a_path_that_is_not_there_ends_with_4_and_the_others_are_processed() {
    let folder = project(&[("good.py", SCRIPT), ("notes.txt", "")]);
    let checked = perfmod(folder.path(), &["check", "nosuch.py", "notes.txt", "good.py"]);
    ended(&checked, 4);
    says(&checked.stdout, &["nosuch.py: PM006", "no such file", "notes.txt: PM006", "good.py:4", "1 site in 1 file"]);
    let done = perfmod(folder.path(), &["rewrite", "nosuch.py", "good.py", "--dry-run", "--no-validate"]);
    ended(&done, 4);
    says(&done.stdout, &["+++ b/good.py"]);
    says(&done.stderr, &["nosuch.py: PM006"]);
    let json = perfmod(folder.path(), &["check", "nosuch.py", "good.py", "--format", "json"]);
    ended(&json, 4);
    let report = report(&json);
    assert_eq!(
        (&report["files"][0]["path"], &report["files"][0]["error"]["code"]),
        (&json!("nosuch.py"), &json!("PM006"))
    );
    assert_eq!((&report["files"][1]["path"], &report["summary"]["files"]), (&json!("good.py"), &json!(1)));
}

#[test]
fn json_lists_every_file_that_was_named() {
    let folder = project(&[("plain.py", "print(1)\n"), ("other.py", "print(2)\n"), ("a.py", SCRIPT)]);
    let paths = |arguments: &[&str]| -> Vec<String> {
        let done = perfmod(folder.path(), &[&["check", "--format", "json"][..], arguments].concat());
        let files = report(&done)["files"].as_array().unwrap().clone();
        files.iter().map(|f| f["path"].as_str().unwrap().to_string()).collect()
    };
    assert_eq!(paths(&["plain.py"]), ["plain.py"]);
    assert_eq!(paths(&["."]), ["a.py"]);
    assert_eq!(paths(&[".", "plain.py"]), ["a.py", "plain.py"]);
}

#[test]
fn a_file_that_python_does_not_compile_is_not_called_a_mistake_of_perfmods() {
    let folder = project(&[("a.py", &format!("{SCRIPT}return 3\n"))]);
    let done = perfmod(folder.path(), &["rewrite", "a.py", "--dry-run", "--no-validate", "-v"]);
    ended(&done, 4);
    says(&done.stderr, &["PM005", "correct the file"]);
    assert!(!text(&done.stderr).contains("please report"), "{}", text(&done.stderr));
}

#[test]
fn the_reason_for_threads_is_told() {
    let folder = project(&[("a.py", SCRIPT)]);
    assert!(!text(&perfmod(folder.path(), &["check", "a.py"]).stdout).contains("because"));
    says(&perfmod(folder.path(), &["check", "a.py", "-v"]).stdout, &["threads, because "]);
    let done = perfmod(folder.path(), &["check", "a.py", "--format", "json"]);
    assert!(report(&done)["files"][0]["sites"][0]["executor_reason"].is_string());
}

#[test]
fn a_copy_of_transforms_is_read_whatever_its_cases_are_written_in() {
    let folder = project(&[("a.py", SCRIPT), ("transforms/python/x/cases/keep/latin.py", "")]);
    std::fs::write(folder.path().join("transforms/python/x/cases/keep/latin.py"), b"# coding: latin-1\nx = '\xe9'\n")
        .unwrap();
    let done = perfmod(folder.path(), &["check", "a.py", "--transforms", "transforms"]);
    ended(&done, 0);
    says(&done.stdout, &["a.py:4"]);
}

/// What a dry run prints from a folder of a repository is taken by `git apply` there, and makes what `--yes` makes.
#[track_caller]
fn git_takes_it(from: &str, paths: &[&str]) {
    let folder = project(&[("a.py", SCRIPT), ("deep/er/b.py", SCRIPT), ("with space.py", SCRIPT)]);
    let twin = project(&[("a.py", SCRIPT), ("deep/er/b.py", SCRIPT), ("with space.py", SCRIPT)]);
    let top = folder.path();
    assert!(git(top, &["init", "-q"], b"").status.success());
    assert!(git(twin.path(), &["init", "-q"], b"").status.success());
    let before = contents(top);
    // `{here}` is the folder's absolute path.
    let run = |top: &Path, what: &str| {
        let here = top.join(from);
        let paths: Vec<String> = paths.iter().map(|p| p.replace("{here}", &here.to_string_lossy())).collect();
        let mut arguments = vec!["rewrite", what, "--no-validate"];
        arguments.extend(paths.iter().map(String::as_str));
        let done = perfmod(&here, &arguments);
        ended(&done, 0);
        done
    };
    let dry = run(top, "--dry-run");
    assert!(contents(top) == before, "a dry run writes nothing");
    let first = text(&dry.stdout).lines().next().unwrap_or_default();
    assert!(first.starts_with("diff ") || first.starts_with("--- "), "stdout begins with {first:?}");
    says(&dry.stderr, &["what changes"]);
    let applied = git(&top.join(from), &["apply", "--whitespace=error-all"], &dry.stdout);
    assert!(applied.status.success(), "git apply: {}\n{}", text(&applied.stderr), heads(&dry.stdout));
    let by_git = contents(top);
    assert!(by_git != before, "git apply passed over the patch:\n{}", heads(&dry.stdout));
    run(twin.path(), "--yes");
    let by_us = contents(twin.path());
    assert_eq!(by_us.keys().collect::<Vec<_>>(), by_git.keys().collect::<Vec<_>>());
    assert!(by_us == by_git, "--yes and git apply do not make the same files");
}

/// The lines of a diff that name files.
fn heads(diff: &[u8]) -> String {
    let named = |l: &&str| ["diff ", "--- ", "+++ "].iter().any(|h| l.starts_with(h));
    text(diff).lines().filter(named).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_dry_run_writes_nothing_and_its_stdout_is_a_diff_that_git_takes() {
    git_takes_it("", &["a.py"]);
    git_takes_it("", &["./a.py"]);
    git_takes_it("", &["deep"]);
    git_takes_it("", &["with space.py"]);
    git_takes_it("", &["a.py", "deep/er/b.py"]);
}

#[test]
fn git_takes_the_diff_from_a_subdirectory_too() {
    git_takes_it("deep", &["er/b.py"]);
    git_takes_it("deep/er", &["b.py"]);
    git_takes_it("deep/er", &["."]);
}

#[test]
fn git_takes_the_diff_of_an_absolute_path_below_the_working_folder() {
    git_takes_it("", &["{here}/a.py"]);
    git_takes_it("", &["{here}/deep"]);
}

#[test]
fn the_diff_goes_to_a_file_where_one_is_named_and_quiet_says_nothing() {
    let folder = project(&[("a.py", SCRIPT)]);
    let arguments = ["rewrite", "a.py", "--dry-run", "--no-validate"];
    let usual = perfmod(folder.path(), &arguments);
    let quiet = perfmod(folder.path(), &[&arguments[..], &["--quiet"]].concat());
    ended(&quiet, 0);
    assert!(quiet.stderr.is_empty(), "{}", text(&quiet.stderr));
    assert_eq!(quiet.stdout, usual.stdout);
    let filed = perfmod(folder.path(), &[&arguments[..], &["--output", "out.diff"]].concat());
    ended(&filed, 0);
    assert!(filed.stdout.is_empty());
    assert_eq!(contents(folder.path())["out.diff"], usual.stdout);
}

#[test]
fn the_story_says_the_limit_that_the_program_has() {
    let limits = "PERFMOD_MAX_CONCURRENT=N sets how many calls run at once";
    let again = SCRIPT.replace("import requests\n\n", "");
    let pooled = "\nwith ThreadPoolExecutor(4) as pool:\n    for name in names:\n        print(pool.submit(requests.get, \"https://example.org/\" + name).result())\n";
    let pooled = format!("from concurrent.futures import ThreadPoolExecutor\n{SCRIPT}{pooled}");
    for (script, more, parts) in [
        (SCRIPT, vec![], vec!["(300); PERFMOD_MAX_SAMPLES"]),
        (SCRIPT, vec!["--max-concurrent", "7"], vec!["at most 7 calls of a loop run at once", "limit = 7"]),
        (&pooled, vec![], vec!["(300) where the program's text does not say it (at most 4)", "limit = 4"]),
    ] {
        let folder = project(&[("a.py", script)]);
        let done = perfmod(folder.path(), &[&["rewrite", "a.py", "--dry-run", "--no-validate"], &more[..]].concat());
        ended(&done, 0);
        let told = text(&done.stderr).split_whitespace().collect::<Vec<_>>().join(" ");
        parts.iter().for_each(|part| assert!(told.contains(part), "{part}\n{told}"));
        assert_eq!(told.contains(limits), more.is_empty(), "{told}");
    }
    // Also where the runtime and its import are there already.
    let folder = project(&[("a.py", SCRIPT)]);
    ended(&perfmod(folder.path(), &["rewrite", "a.py", "--yes", "--no-validate"]), 0);
    let text_now = text(&contents(folder.path())["a.py"]).to_string() + &again;
    std::fs::write(folder.path().join("a.py"), text_now).unwrap();
    let done = perfmod(folder.path(), &["rewrite", "a.py", "--dry-run", "--no-validate"]);
    assert!(!text(&done.stdout).contains("import"), "{}", text(&done.stdout));
    says(&done.stderr, &["progress goes", limits, "the exception comes where"]);
}

#[test]
fn nothing_to_do_is_an_empty_diff_and_0() {
    let folder = project(&[("a.py", "print(1)\n"), ("blocked.py", BLOCKED)]);
    let done = perfmod(folder.path(), &["rewrite", ".", "--dry-run", "--no-validate", "--exit-code"]);
    ended(&done, 0);
    assert!(done.stdout.is_empty(), "{}", text(&done.stdout));
}

#[test]
fn yes_writes_the_script_and_the_runtime_and_a_second_run_has_nothing_to_do() {
    let folder = project(&[("a.py", SCRIPT)]);
    let done = perfmod(folder.path(), &["rewrite", "a.py", "--yes", "--no-validate"]);
    ended(&done, 0);
    assert!(done.stdout.is_empty(), "{}", text(&done.stdout));
    says(&done.stderr, &["applied 1 of 1"]);
    let after = contents(folder.path());
    assert_eq!(after.keys().collect::<Vec<_>>(), ["a.py", "perfmod_runtime.py"]);
    says(&after["a.py"], &["from perfmod_runtime import ahead", "ahead(", ".result()"]);
    let embedded = std::fs::read(root().join("transforms/runtime/perfmod_runtime.py")).unwrap();
    assert!(after["perfmod_runtime.py"] == embedded, "the runtime is written as it is");
    let again = perfmod(folder.path(), &["rewrite", "a.py", "--yes", "--no-validate", "--exit-code"]);
    ended(&again, 0);
    assert_eq!(contents(folder.path()), after);
    ended(&perfmod(folder.path(), &["check", ".", "--exit-code"]), 0);
}

#[test]
fn a_module_of_the_users_is_never_overwritten() {
    let folder = project(&[("a.py", SCRIPT), ("perfmod_runtime.py", "print('mine')\n")]);
    let before = contents(folder.path());
    let done = perfmod(folder.path(), &["rewrite", "a.py", "--yes", "--no-validate"]);
    ended(&done, 4);
    says(&done.stderr, &["perfmod_runtime.py", "rename", "not applied", "see the error above"]);
    assert!(!text(&done.stderr).contains("what changes"), "nothing does: {}", text(&done.stderr));
    assert_eq!(contents(folder.path()), before);
}

const GUARDED: &str = "\
import requests


def main():
    for name in \"a b c\".split():
        answer = requests.get(f\"https://example.org/{name}\")
        print(name, answer.status_code)


if __name__ == \"__main__\":
    main()
";

/// The runtime lies in the folder that Python imports from, whatever folder perfmod is run in, and the diff says so.
#[track_caller]
fn runtime_lies_at(script: &str, source: &str, runtime: &str) {
    let files = [
        ("pyproject.toml", ""),
        ("pkg/__init__.py", ""),
        ("pkg/sub/__init__.py", ""),
        ("src/x.txt", ""),
        (script, source),
    ];
    for (from, path) in
        [("", script.to_string()), ("pkg/sub", format!("../../{script}")), ("src", format!("../{script}"))]
    {
        let (ours, by_git) = (project(&files), project(&files));
        let done = perfmod(&ours.path().join(from), &["rewrite", &path, "--yes", "--no-validate"]);
        ended(&done, 0);
        let after = contents(ours.path());
        assert!(after.contains_key(runtime), "from {from:?}: {:?}", after.keys());
        let dry = perfmod(&by_git.path().join(from), &["rewrite", &path, "--dry-run", "--no-validate"]);
        ended(&dry, 0);
        let top = std::fs::canonicalize(by_git.path()).unwrap();
        let told = text(&dry.stderr).lines().find_map(|l| Some(PathBuf::from(l.split_once("apply in ")?.1)));
        let at = told.unwrap_or_else(|| top.join(from));
        assert!(at.starts_with(&top), "{}", at.display());
        let applied =
            Command::new("patch").current_dir(&at).arg("-p1").write_stdin(dry.stdout.clone()).output().unwrap();
        assert!(applied.status.success(), "{}{}", text(&applied.stdout), heads(&dry.stdout));
        assert!(contents(by_git.path()) == after, "from {from:?}, in {}:\n{}", at.display(), heads(&dry.stdout));
    }
}

#[test]
fn the_runtime_lies_where_the_program_imports_from() {
    runtime_lies_at("pkg/a.py", SCRIPT, "pkg/perfmod_runtime.py");
    runtime_lies_at("pkg/sub/a.py", GUARDED, "pkg/sub/perfmod_runtime.py");
    runtime_lies_at("pkg/sub/a.py", &format!("from ..x import y\n{GUARDED}"), "perfmod_runtime.py");
    runtime_lies_at("pkg/a.py", &format!("import pkg.sub\n{GUARDED}"), "perfmod_runtime.py");
    runtime_lies_at("pkg/__main__.py", GUARDED, "perfmod_runtime.py");
    runtime_lies_at("tools/a.py", GUARDED, "tools/perfmod_runtime.py");
}

#[test]
fn paths_above_the_working_folder_are_shown_from_one_folder() {
    let folder = project(&[("a.py", SCRIPT), ("here/b.py", SCRIPT), ("here/.git/x", "")]);
    let here = folder.path().join("here");
    let done = perfmod(&here, &["rewrite", "../a.py", "b.py", "--dry-run", "--no-validate"]);
    ended(&done, 0);
    let top = std::fs::canonicalize(folder.path()).unwrap();
    says(&done.stderr, &[&format!("apply in {}\n", top.display())]);
    says(&done.stdout, &["+++ b/a.py", "+++ b/here/b.py", "+++ b/here/perfmod_runtime.py", "+++ b/perfmod_runtime.py"]);
    let below = perfmod(&here, &["rewrite", "../here/b.py", "--dry-run", "--no-validate"]);
    says(&below.stdout, &["+++ b/b.py", "+++ b/perfmod_runtime.py"]);
    assert!(!text(&below.stderr).contains("apply in"));
}

#[test]
fn scripts_of_one_folder_share_the_runtime() {
    let files = [("a.py", SCRIPT), ("b.py", SCRIPT)];
    let (ours, by_git) = (project(&files), project(&files));
    let done = perfmod(ours.path(), &["rewrite", "a.py", "./a.py", "b.py", "--yes", "--no-validate"]);
    ended(&done, 0);
    says(&done.stderr, &["applied 2 of 2"]);
    let dry = perfmod(by_git.path(), &["rewrite", ".", "--dry-run", "--no-validate"]);
    assert!(git(by_git.path(), &["init", "-q"], b"").status.success());
    let applied = git(by_git.path(), &["apply"], &dry.stdout);
    assert!(applied.status.success(), "{}", text(&applied.stderr));
    assert!(contents(by_git.path()) == contents(ours.path()));
}

#[test]
fn what_was_not_written_is_not_told_as_a_change() {
    let folder = project(&[("a.py", SCRIPT)]);
    let path = folder.path().join("a.py");
    let mut permissions = std::fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(&path, permissions).unwrap();
    let done = perfmod(folder.path(), &["rewrite", "a.py", "--yes", "--no-validate"]);
    ended(&done, 4);
    says(&done.stderr, &["read-only", "not applied; see the error above", "applied 0 of 1"]);
    assert!(!text(&done.stderr).contains("what changes"), "{}", text(&done.stderr));
}

#[test]
fn only_an_older_runtime_of_perfmods_own_is_replaced() {
    let embedded = std::fs::read_to_string(root().join("transforms/runtime/perfmod_runtime.py")).unwrap();
    let own = format!("# perfmod runtime {}:", env!("CARGO_PKG_VERSION"));
    assert!(embedded.starts_with(&own), "the first line names the version");
    let run = |name: &str, there: &str, code: i32, parts: &[&str]| {
        let folder = project(&[("a.py", SCRIPT), (name, there)]);
        let before = contents(folder.path());
        let dry = perfmod(folder.path(), &["rewrite", "a.py", "--dry-run", "--no-validate"]);
        ended(&dry, code);
        let done = perfmod(folder.path(), &["rewrite", "a.py", "--yes", "--no-validate"]);
        ended(&done, code);
        if code == 0 {
            assert!(contents(folder.path())["perfmod_runtime.py"] == embedded.as_bytes());
            says(&dry.stdout, parts);
        } else {
            assert!(contents(folder.path()) == before && dry.stdout.is_empty());
            says(&done.stderr, parts);
        }
    };
    run("perfmod_runtime.py", "# perfmod runtime 0.0.1: written\nx = 1\n", 0, &["--- a/perfmod_runtime.py", "-x = 1"]);
    run("perfmod_runtime.py", "# perfmod runtime 99.0.0: written\n", 4, &["99.0.0", "newer"]);
    run("perfmod_runtime.py", "# my own perfmod_runtime\nx = 1\n", 4, &["rename"]);
    run("perfmod_runtime/__init__.py", "", 4, &["perfmod_runtime ", "rename"]);
}

#[test]
fn cautions_are_accepted_by_name_only() {
    let folder = project(&[("care.py", CARE)]);
    let base = ["rewrite", "care.py", "--dry-run", "--no-validate"];
    let shown = |more: &[&str]| {
        let done = perfmod(folder.path(), &[&base[..], more].concat());
        ended(&done, 0);
        !done.stdout.is_empty()
    };
    assert!(!shown(&[]));
    assert!(shown(&["--accept", "care"]));
    assert!(shown(&["--accept", "PM105"]));
    assert!(!shown(&["--accept", "PM107"]));
    assert!(!shown(&["--accept", "assumed"]));
    ended(&perfmod(folder.path(), &[&base[..], &["--exit-code"]].concat()), 1);
}

#[test]
fn calls_of_a_loop_that_stays_are_asked_ahead_last_or_where_that_is_asked_for() {
    let tries = "from openai import OpenAI\n\nclient = OpenAI()\nfor q in [\"a\", \"b\"]:\n    for attempt in range(3):\n        try:\n            r = client.responses.create(model=\"m\", input=q)\n            break\n        except Exception as error:\n            print(error)\n    print(attempt, r.output_text)\n";
    let folder = project(&[("a.py", SCRIPT), ("tries.py", tries)]);
    let diff = |script: &str, more: &[&str]| {
        let done = perfmod(
            folder.path(),
            &[&["rewrite", script, "--dry-run", "--no-validate", "--runtime", "package"], more].concat(),
        );
        ended(&done, 0);
        text(&done.stdout).to_string()
    };
    for more in [&[][..], &["--strategy", "prefetch"], &["--recipe", "prefetch"]] {
        let shown = diff("tries.py", more);
        assert!(shown.contains("+for q in ahead.calls(ask_ahead, [\"a\", \"b\"], keep_going=True):"), "{shown}");
    }
    for more in [["--strategy", "pipeline"], ["--strategy", "gather"], ["--skip", "prefetch"]] {
        assert_eq!(diff("tries.py", &more), "");
    }
    assert!(!diff("a.py", &[]).contains("ahead.calls("));
    assert!(diff("a.py", &["--strategy", "prefetch"]).contains("ahead.calls("));
}

#[test]
fn a_recipe_that_is_left_out_makes_no_patch() {
    let folder = project(&[("a.py", SCRIPT)]);
    let done = perfmod(folder.path(), &["rewrite", "a.py", "--dry-run", "--no-validate", "--skip", "async-gather"]);
    ended(&done, 0);
    assert!(done.stdout.is_empty());
    let limited = perfmod(folder.path(), &["rewrite", "a.py", "--dry-run", "--no-validate", "--max-concurrent", "7"]);
    says(&limited.stdout, &["limit=7"]);
}

#[test]
fn json_fits_its_schema() {
    let folder = project(&[("a.py", SCRIPT), ("bad.py", BROKEN), ("blocked.py", BLOCKED), ("care.py", CARE)]);
    let checked = perfmod(folder.path(), &["check", ".", "--format", "json"]);
    ended(&checked, 4);
    let checked = report(&checked);
    assert_eq!(checked["version"], 1);
    assert_eq!(checked["tool"]["name"], "perfmod");
    assert_eq!(checked["summary"]["sites"], 3);
    let statuses: Vec<&Value> = checked["files"].as_array().unwrap().iter().map(|f| &f["sites"][0]["status"]).collect();
    assert_eq!(statuses, [&json!("ready"), &Value::Null, &json!("blocked"), &json!("care")]);
    assert_eq!(checked["files"][1]["error"]["code"], "PM001");
    assert_eq!(checked["files"][2]["sites"][0]["obstacles"][0]["code"], "PM101");
    assert!(checked["files"][2]["sites"][0]["obstacles"][0]["other_span"].is_object(), "both ends are named");
    assert_eq!(checked["files"][3]["sites"][0]["cautions"][0]["code"], "PM105");

    let dry = perfmod(folder.path(), &["rewrite", "a.py", "--dry-run", "--no-validate", "--format", "json"]);
    ended(&dry, 0);
    let report = report(&dry);
    let file = &report["files"][0];
    let site = &file["sites"][0];
    assert_eq!(
        (&site["verdict"], &site["executor"], &site["strategy"]),
        (&json!("none"), &json!("threads"), &json!("pipeline"))
    );
    assert_eq!(file["patches"][0]["sites"][0], site["id"]);
    let diff = perfmod(folder.path(), &["rewrite", "a.py", "--dry-run", "--no-validate"]);
    assert_eq!(file["diff"].as_str().unwrap(), text(&diff.stdout));
    // The edits are the patch: applied from the last to the first they give what `--yes` writes.
    let mut own = SCRIPT.to_string();
    let edits = file["patches"][0]["edits"].as_array().unwrap();
    for edit in edits.iter().rev().filter(|e| e["path"] == "a.py") {
        let at = |name: &str| usize::try_from(edit[name].as_u64().unwrap()).unwrap();
        own.replace_range(at("start")..at("end"), edit["text"].as_str().unwrap());
    }
    ended(&perfmod(folder.path(), &["rewrite", "a.py", "--yes", "--no-validate"]), 0);
    assert_eq!(text(&contents(folder.path())["a.py"]), own);
}

#[test]
fn the_schema_checker_finds_what_does_not_fit() {
    let schema = json!({
        "type": "object", "required": ["a"], "properties": {"a": {"$ref": "#/$defs/A"}, "b": {"type": "array", "items": {"type": "integer", "minimum": 0}}},
        "$defs": {"A": {"oneOf": [{"type": "string", "const": "x"}, {"type": "null"}]}}
    });
    assert!(schema::misfits(&schema, &json!({"a": "x", "b": [1]})).is_empty());
    assert!(schema::misfits(&schema, &json!({"a": null})).is_empty());
    for wrong in [
        json!({}),
        json!([]),
        json!({"a": "y"}),
        json!({"a": "x", "b": [-1]}),
        json!({"a": "x", "c": 1}),
        json!({"a": "x", "b": [1.5]}),
    ] {
        assert!(!schema::misfits(&schema, &wrong).is_empty(), "{wrong} fits");
    }
}

#[test]
fn recipes_are_listed_and_shown() {
    let folder = project(&[]);
    let bare = perfmod(folder.path(), &["recipes"]);
    ended(&bare, 0);
    let list = perfmod(folder.path(), &["recipes", "list"]);
    assert_eq!(list.stdout, bare.stdout);
    for line in text(&list.stdout).lines() {
        let id = line.split_whitespace().next().unwrap();
        let shown = perfmod(folder.path(), &["recipes", "show", id]);
        ended(&shown, 0);
        says(&shown.stdout, &[id, "safe"]);
    }
    says(&list.stdout, &["async-gather", "python"]);
}

#[test]
fn help_and_version_go_to_stdout_and_end_with_0() {
    let folder = project(&[]);
    for arguments in [&["--help"][..], &["rewrite", "--help"], &["--version"]] {
        let done = perfmod(folder.path(), arguments);
        ended(&done, 0);
        assert!(!done.stdout.is_empty() && done.stderr.is_empty());
    }
    says(&perfmod(folder.path(), &["--version"]).stdout, &[env!("CARGO_PKG_VERSION")]);
}

#[test]
fn colour_is_only_where_it_was_asked_for() {
    let folder = project(&[("a.py", SCRIPT)]);
    assert!(!perfmod(folder.path(), &["check", "a.py"]).stdout.contains(&0x1b));
    assert!(perfmod(folder.path(), &["check", "a.py", "--color", "always"]).stdout.contains(&0x1b));
}

/// The README's first command, as it stands there.
#[test]
#[cfg(target_os = "linux")]
fn the_example_is_validated() {
    let before = contents(&root().join("examples"));
    let done = perfmod(&root(), &["rewrite", "examples/evaluate_mcq.py", "--dry-run"]);
    ended(&done, 0);
    let files = ["+++ b/examples/evaluate_mcq.py", "+++ b/examples/llm.py", "+++ b/examples/perfmod_runtime.py"];
    says(&done.stdout, &files);
    says(&done.stderr, &["validated", "measured on the sample", "a second run made 0 requests"]);
    assert_eq!(contents(&root().join("examples")), before);
}

/// What the standing list assumes does not hold here: reading a part of a library's object has an effect.
#[cfg(target_os = "linux")]
const SLY: &str = "\
# /// script
# requires-python = \">=3.9\"
# dependencies = [\"openai>=1.0\", \"tqdm\"]
# ///
from unittest.mock import MagicMock

from openai import OpenAI


def main():
    client = OpenAI()
    sly = MagicMock()
    sly.__getitem__.return_value = \"x\"
    for name in [\"a\", \"b\", \"c\", \"d\"]:
        answer = client.chat.completions.create(
            model=\"m\", messages=[{\"role\": \"user\", \"content\": name + sly[\"x\"]}]
        )
        print(len(sly.mock_calls), answer.choices[0].message.content)


if __name__ == \"__main__\":
    main()
";

#[test]
#[cfg(target_os = "linux")]
fn a_refuted_patch_ends_with_3_and_is_never_applied() {
    let folder = project(&[("sly.py", SLY)]);
    let before = contents(folder.path());
    let arguments = ["rewrite", "sly.py", "--yes", "--accept", "assumed", "--accept", "care", "--schedules", "2"];
    let done = perfmod(folder.path(), &[&arguments[..], &["--format", "json"]].concat());
    ended(&done, 3);
    assert_eq!(contents(folder.path()), before);
    let report = report(&done);
    let site = &report["files"][0]["sites"][0];
    assert_eq!(site["verdict"], "refuted");
    assert_eq!(site["confidence"], json!({"safe": 0, "faster": 0}));
    assert!(site["evidence"]["reason"].as_str().is_some_and(|r| !r.is_empty()), "the difference is told");
    assert_eq!(report["files"][0]["patches"][0]["applicability"], "display");
}

#[test]
fn what_is_assumed_is_told_and_how_to_accept_it() {
    let assumed = "import requests\nimport other\n\nfor name in other.names():\n    answer = requests.get(f\"https://example.org/{name}\")\n    print(answer.text)\n";
    let folder = project(&[("assumed.py", assumed)]);
    let checked = perfmod(folder.path(), &["check", "assumed.py"]);
    says(&checked.stdout, &["care", "assumed: line 4"]);
    let base = ["rewrite", "assumed.py", "--dry-run", "--no-validate"];
    let left = perfmod(folder.path(), &base);
    says(&left.stderr, &["assumed: line 4", "to accept it: --accept assumed"]);
    assert!(left.stdout.is_empty());
    assert!(!perfmod(folder.path(), &[&base[..], &["--accept", "assumed"]].concat()).stdout.is_empty());
}

#[test]
fn reports_fit_80_columns_and_have_no_colour_where_nobody_looks() {
    let folder = project(&[("a.py", SCRIPT), ("care.py", CARE), ("blocked.py", BLOCKED), ("broken.py", BROKEN)]);
    let checked = perfmod(folder.path(), &["check", "a.py", "care.py", "blocked.py", "broken.py"]);
    says(&checked.stdout, &["from the catalogue (1000 items: 8.3 min → 4.8 s)\n\nblocked.py:4"]);
    let formula = perfmod(folder.path(), &["check", "-v", "a.py", "care.py", "blocked.py"]);
    says(&formula.stdout, &["n*t / (ceil(n/limit)*t + n*c)"]);
    let shown = perfmod(folder.path(), &["rewrite", ".", "-v", "--dry-run", "--no-validate", "--accept", "care"]);
    says(&shown.stderr, &["what changes"]);
    for told in [&checked.stdout, &formula.stdout, &shown.stderr] {
        let told = text(told);
        let wide: Vec<&str> = told.lines().filter(|line| line.chars().count() > 80).collect();
        assert!(wide.is_empty(), "{wide:#?}");
        assert!(!told.contains('\u{1b}') && !told.contains("\n\n\n") && !told.contains('\u{a0}'), "{told:?}");
        let trailing: Vec<&str> = told.lines().filter(|line| line.trim_end() != *line).collect();
        assert!(trailing.is_empty(), "{trailing:#?}");
    }
}
