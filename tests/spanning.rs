//! Patches that span files, by running the program: a script, and a helper module whose function makes the waiting call.

#![cfg(unix)]
#![allow(clippy::print_stderr, reason = "what was measured is part of a test's output")]

#[path = "support/folder.rs"]
mod folder;

use folder::{contents, project, says};
use serde_json::Value;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const HELPER: &str = "\
import urllib.request


def ask(name):
    return urllib.request.urlopen(\"http://example.org/\" + name).read().decode()


def age(name):
    return urllib.request.urlopen(\"http://example.org/age/\" + name).read().decode()
";

const SCRIPT: &str = "\
import llm

for name in open(\"names.txt\").read().split():
    print(name, llm.ask(name))
";

const NAMES: (&str, &str) = ("names.txt", "a b c d e f\n");
const STUBS: (&str, &str) =
    ("pyproject.toml", "[tool.perfmod.stubs]\n\"example.org/*\" = { template = \"{{url}} {{words}}\" }\n");
const ONE: [(&str, &str); 4] = [STUBS, NAMES, ("llm.py", HELPER), ("a.py", SCRIPT)];
const TWO: [(&str, &str); 5] = [STUBS, NAMES, ("llm.py", HELPER), ("a.py", SCRIPT), ("b.py", SCRIPT)];

/// Calls that only read are retried where the recipe is named, which needs nothing installed.
const KEEP: [&str; 2] = ["--recipe", "retry-calls"];

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_perfmod"));
    command.current_dir(folder).args(arguments).stdin(Stdio::null()).env_remove("PERFMOD_STOP_AT");
    command.env_remove("VIRTUAL_ENV").env_remove("VISUAL").env_remove("EDITOR");
    for who in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{who}_NAME"), "A").env(format!("GIT_{who}_EMAIL"), "a@example.org");
    }
    command
}

fn perfmod(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().unwrap()
}

fn rewrite(folder: &Path, arguments: &[&str]) -> Output {
    perfmod(folder, &[&["rewrite"], arguments, &KEEP].concat())
}

const APPLY: [&str; 7] = ["rewrite", "a.py", "b.py", "--yes", "--no-validate", "--recipe", "retry-calls"];
const MIGRATE: [&str; 5] = ["migrate", ".", "--no-validate", "--recipe", "retry-calls"];

fn text(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap()
}

fn diff_of(done: &Output) -> String {
    String::from_utf8(done.stdout.clone()).unwrap()
}

fn heads(diff: &str) -> Vec<&str> {
    diff.lines().filter_map(|line| line.strip_prefix("+++ b/")).collect()
}

#[test]
fn both_files_are_run_and_a_line_of_the_helper_must_have_run() {
    let folder = project(&ONE);
    let before = contents(folder.path());
    let dry = rewrite(folder.path(), &["a.py", "--dry-run", "--schedules", "2"]);
    says(&dry, 0, &["async-gather, retry-calls", "validated"]);
    let diff = diff_of(&dry);
    assert_eq!(heads(&diff), ["a.py", "llm.py", "perfmod_runtime.py"], "{diff}");
    let wrapped = "+    return cached.live(urllib.request.urlopen, \"http://example.org/\" + name).read().decode()\n";
    assert!(diff.contains(wrapped), "{diff}");
    assert!(contents(folder.path()) == before);

    // What `git apply` makes of the diff runs, and does what the original did.
    std::fs::write(folder.path().join("the.patch"), &diff).unwrap();
    let done = Command::new("git").current_dir(folder.path()).args(["apply", "the.patch"]).output().unwrap();
    assert!(done.status.success(), "{done:?}");
    std::fs::create_dir(folder.path().join("was")).unwrap();
    for name in ["a.py", "llm.py", "names.txt", "pyproject.toml"] {
        std::fs::write(folder.path().join("was").join(name), &before[name]).unwrap();
    }
    let validated = ["validate", "was/a.py", "a.py", "--schedules", "2"];
    let done = perfmod(folder.path(), &validated);
    says(&done, 0, &[]);
    assert!(String::from_utf8_lossy(&done.stdout).contains("validated"), "{done:?}");

    // A call that the sample does not come to.
    let rarely = HELPER.replace(
        "def ask(name):\n",
        "def ask(name):\n    if name == \"zzz\":\n        return str(urllib.request.urlopen(\"http://example.org/z\").status)\n",
    );
    let folder = project(&[STUBS, NAMES, ("llm.py", &rarely), ("a.py", SCRIPT), ("b.py", SCRIPT)]);
    let dry = rewrite(folder.path(), &["a.py", "--dry-run", "--schedules", "2", "--format", "json"]);
    let report: Value = serde_json::from_slice(&dry.stdout).unwrap();
    let site = &report["files"][0]["sites"][0];
    assert_eq!(site["verdict"], "assumed");
    let note = "llm.py is changed for every program that imports it: also for those of b.py, which were not run";
    assert!(site["evidence"]["notes"].as_array().unwrap().iter().any(|told| told == note), "{site:#}");
    let reason = site["evidence"]["reason"].as_str().unwrap();
    assert!(reason.contains("a changed line was not run") && reason.contains("llm.py:7"), "{reason}");
    let edits = report["files"][0]["patches"][0]["edits"].as_array().unwrap();
    let of = |name: &str| edits.iter().filter(|edit| edit["path"] == name).count();
    assert_eq!((of("llm.py"), of("perfmod_runtime.py"), of("a.py") > 2), (3, 1, true), "{edits:?}");
}

#[test]
fn two_scripts_share_a_helper_and_each_is_taken_back_by_itself() {
    let folder = project(&TWO);
    let before = contents(folder.path());
    let dry =
        perfmod(folder.path(), &["rewrite", "a.py", "b.py", "--dry-run", "--no-validate", "--recipe", "retry-calls"]);
    let told = says(&dry, 0, &["llm.py is changed for every program that imports it: also for those of b.py"]);
    assert_eq!(heads(&diff_of(&dry)), ["a.py", "b.py", "llm.py", "perfmod_runtime.py"], "{told}");
    says(&perfmod(folder.path(), &APPLY), 0, &["applied 2 of 2", "perfmod undo (1.1, 1.2)"]);
    let after = contents(folder.path());
    assert_eq!(text(folder.path(), "llm.py").matches("cached").count(), 2, "once, and its import");
    let listed = perfmod(folder.path(), &["undo", "--list"]);
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert_eq!(listed.matches(", and with it llm.py\n").count(), 2, "{listed}");
    says(&perfmod(folder.path(), &["undo", "1.1"]), 0, &["a.py: taken back: 1.1", "llm.py keeps what 1.2 needs"]);
    assert_eq!(contents(folder.path())["llm.py"], after["llm.py"]);
    assert_eq!(contents(folder.path())["a.py"], before["a.py"]);
    // Planned anew, a script whose helper is wrapped already changes itself alone.
    let again = rewrite(folder.path(), &["a.py", "--yes", "--no-validate"]);
    says(&again, 0, &["applied 1 of 1"]);
    assert!(contents(folder.path()) == after);
    says(&perfmod(folder.path(), &["undo"]), 0, &["a.py: taken back: 3.1"]);
    says(&perfmod(folder.path(), &["undo"]), 0, &["b.py: taken back: 1.2", "llm.py is put back", "is taken away"]);
    assert!(contents(folder.path()) == before);
    // A helper that was edited since stays, and so does the script.
    says(&perfmod(folder.path(), &APPLY), 0, &[]);
    let edited = format!("{}# mine\n", text(folder.path(), "llm.py"));
    std::fs::write(folder.path().join("llm.py"), &edited).unwrap();
    says(&perfmod(folder.path(), &["undo"]), 4, &["llm.py, which they change too: the file has changed since"]);
    assert_eq!(contents(folder.path())["a.py"], after["a.py"]);
    assert_eq!(text(folder.path(), "llm.py"), edited);
}

/// Stopped at every step: all files of a patch or none, as soon as any command has looked.
#[test]
fn a_process_that_is_killed_leaves_no_patch_in_one_file_alone() {
    let whole = project(&TWO);
    let before = contents(whole.path());
    says(&perfmod(whole.path(), &APPLY), 0, &[]);
    let after = contents(whole.path());
    let first = {
        let folder = project(&TWO);
        says(&rewrite(folder.path(), &["a.py", "--yes", "--no-validate"]), 0, &[]);
        contents(folder.path())
    };
    assert_eq!(first["llm.py"], after["llm.py"]);
    let (mut points, mut seen) = (0, [0; 3]);
    for at in 0..1_000 {
        let folder = project(&TWO);
        let stopped = command(folder.path(), &APPLY).env("PERFMOD_STOP_AT", at.to_string()).output().unwrap();
        if stopped.status.success() {
            break;
        }
        points += 1;
        perfmod(folder.path(), &["undo", "--list"]);
        let now = contents(folder.path());
        let which = [&before, &first, &after].iter().position(|known| **known == now);
        seen[which.unwrap_or_else(|| panic!("stopped at {at}: {:?}", now.keys()))] += 1;
        says(&perfmod(folder.path(), &APPLY), 0, &[]);
        assert!(contents(folder.path()) == after, "stopped at {at}");
    }
    eprintln!("applying ended at {points} points: {seen:?}");
    assert!(points > 30 && seen.iter().all(|n| *n > 0), "{points} points, {seen:?}");

    let mut points = 0;
    for at in 0..1_000 {
        let folder = project(&TWO);
        says(&perfmod(folder.path(), &APPLY), 0, &[]);
        let stopped = command(folder.path(), &["undo"]).env("PERFMOD_STOP_AT", at.to_string()).output().unwrap();
        if stopped.status.success() {
            break;
        }
        points += 1;
        perfmod(folder.path(), &["undo"]);
        assert!(contents(folder.path()) == before, "stopped at {at}: {:?}", contents(folder.path()).keys());
    }
    eprintln!("taking back ended at {points} points");
    assert!(points > 30, "{points} points");
}

#[test]
fn a_patch_of_several_files_is_shown_whole_and_not_edited_by_hand() {
    let folder = project(&TWO);
    let ask = |answers: &str| {
        let mut command =
            command(folder.path(), &["rewrite", "a.py", "-i", "--no-validate", "--recipe", "retry-calls"]);
        command.env("EDITOR", "true");
        let mut child = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(answers.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    };
    let told = says(&ask("e\nd\ny\n"), 0, &["this patch changes other files too", "applied 1 patch"]);
    for name in ["a.py", "llm.py"] {
        assert_eq!(told.matches(&format!("+++ b/{name}")).count(), 2, "{told}");
    }
    assert!(text(folder.path(), "llm.py").contains("cached"));
}

/// Where the other file is left as it is, and why; the script is rewritten all the same.
#[test]
fn a_helper_that_cannot_be_changed_is_left_as_it_is_with_the_reason() {
    let import = |name: &str| SCRIPT.replace("import llm\n", name);
    let from_utils = import("from utils import llm\n");
    let (beside, pkg) = (import("from lib import llm\n"), import("from .llm import ask\n"));
    let runnable = format!("{HELPER}\n\nif __name__ == \"__main__\":\n    print(ask(\"x\"))\n");
    let ignoring = |from: &str, to: &str| HELPER.replacen(from, to, 1);
    let test = format!("{HELPER}\n\ndef test_ask():\n    assert ask(\"x\")\n");
    let taken = format!("{HELPER}perfmod_runtime = cached = 1\n");
    let excluding = format!("[tool.perfmod]\nexclude = [\"llm.py\"]\n{}", STUBS.1);
    let appending = import("import sys\nsys.path.append(\"..\")\nfrom lib import llm\n");
    let from_tests = import("from tests import llm\n");
    type Files<'a> = Vec<(&'a str, &'a str)>;
    let cases: Vec<(Files<'_>, Option<&str>)> = vec![
        // It is changed.
        (vec![("a.py", SCRIPT), ("llm.py", HELPER)], None),
        (vec![("a.py", &from_utils), ("utils/llm.py", HELPER)], None),
        (vec![("a.py", &from_utils), ("utils/llm.py", HELPER), ("utils/__init__.py", "")], None),
        (vec![("a.py", &from_utils), ("utils/llm.py", HELPER), ("b.py", &from_utils)], None),
        (vec![("a.py", &from_utils), ("utils/llm.py", HELPER), ("utils/b.py", "import json as llm\n")], None),
        (vec![("a.py", &from_utils), ("utils/llm.py", HELPER), ("utils/__init__.py", "from . import llm\n")], None),
        // Some program would not find the runtime.
        (
            vec![("a.py", &from_utils), ("utils/llm.py", HELPER), ("utils/b.py", SCRIPT)],
            Some("utils/b.py imports it as `llm`, and would not find the runtime"),
        ),
        (vec![("a.py", &from_utils), ("utils/llm.py", &runnable)], Some("can be run as a script, too")),
        (
            vec![("a.py", &from_utils), ("utils/llm.py", HELPER), ("utils/try.ipynb", "{\"s\": [\"import llm\"]}")],
            Some("names `llm`"),
        ),
        (
            vec![("tools/a.py", SCRIPT), ("tools/llm.py", HELPER), ("run.py", "from tools import llm\n")],
            Some("run.py imports it as `tools.llm`"),
        ),
        (vec![("bin/a.py", &appending), ("lib/llm.py", HELPER)], Some("is not imported from")),
        (
            vec![
                ("tools/__init__.py", ""),
                ("tools/a.py", SCRIPT),
                ("tools/llm.py", HELPER),
                ("x.py", "import tools.llm\n"),
            ],
            Some("x.py imports it as `tools.llm`"),
        ),
        // It is not for perfmod to change.
        (vec![("a.py", &from_utils), ("utils/llm.py", HELPER), ("utils/setup.py", "")], Some("of another project")),
        (vec![("a.py", SCRIPT), ("llm.py", HELPER), (".gitignore", "llm.py\n")], Some("ignored by git")),
        (
            vec![("a.py", SCRIPT), ("llm.py", HELPER), ("pyproject.toml", &excluding)],
            Some("the configuration excludes llm.py"),
        ),
        (vec![("a.py", &from_tests), ("tests/llm.py", &test)], Some("llm.py is a test")),
        (vec![("a.py", SCRIPT), ("llm.py", &taken)], Some("the name `perfmod_runtime` is taken in this file")),
    ];
    for (files, why) in &cases {
        let folder = project(&[&[STUBS, NAMES], files.as_slice()].concat());
        let script = files.iter().map(|(name, _)| *name).find(|name| name.ends_with("a.py")).unwrap();
        let dry = rewrite(folder.path(), &[script, "--dry-run", "--no-validate"]);
        let expected: Vec<&str> = why.iter().flat_map(|why| ["PM907", *why]).collect();
        let told = says(&dry, 0, &expected);
        let diff = diff_of(&dry);
        let changed = heads(&diff).iter().any(|name| name.ends_with("llm.py"));
        assert_eq!(changed, why.is_none(), "{files:?}\n{told}");
        assert!(heads(&diff).iter().any(|name| name.ends_with("a.py")), "{files:?}\n{told}");
        assert_eq!(told.contains("retry-calls"), why.is_none(), "{told}");
    }
    // A helper in the package of a module: both import from above it.
    let folder = project(&[STUBS, NAMES, ("p/__init__.py", ""), ("p/a.py", &format!("{pkg}\n")), ("p/llm.py", HELPER)]);
    let module =
        pkg.replace("for name", "def main():\n  for name").replace("    print(name, llm.ask", "    print(name, ask");
    std::fs::write(folder.path().join("p/a.py"), module).unwrap();
    let dry = rewrite(folder.path(), &["p/a.py", "--dry-run", "--no-validate"]);
    assert_eq!(heads(&diff_of(&dry)), ["p/a.py", "p/llm.py", "perfmod_runtime.py"]);
    // Nothing is said where the file itself asks for it; and the comment is one that ignores something.
    for (from, to) in [
        ("    return urllib", "    # perfmod: ignore\n    return urllib"),
        (".decode()\n", ".decode()  # perfmod: ignore[retry-calls]\n"),
    ] {
        let folder = project(&[STUBS, NAMES, ("llm.py", &ignoring(from, to)), ("a.py", SCRIPT)]);
        let dry = rewrite(folder.path(), &["a.py", "llm.py", "--dry-run", "--no-validate"]);
        let told = says(&dry, 0, &["async-gather"]);
        assert!(!told.contains("PM90") && !told.contains("retry-calls"), "{told}");
        assert_eq!(heads(&diff_of(&dry)), ["a.py", "perfmod_runtime.py"]);
    }
    // Read-only, a link, and with the installed runtime.
    let folder = project(&ONE);
    let helper = folder.path().join("llm.py");
    std::fs::set_permissions(&helper, std::fs::Permissions::from_mode(0o444)).unwrap();
    says(&rewrite(folder.path(), &["a.py", "--yes", "--no-validate"]), 0, &["llm.py is read-only", "applied 1 of 1"]);
    assert_eq!(text(folder.path(), "llm.py"), HELPER);
    let folder = project(&[STUBS, NAMES, ("lib/llm.py", HELPER), ("a.py", &beside)]);
    std::fs::rename(folder.path().join("lib/llm.py"), folder.path().join("lib/real.py")).unwrap();
    std::os::unix::fs::symlink("real.py", folder.path().join("lib/llm.py")).unwrap();
    let dry = rewrite(folder.path(), &["a.py", "--dry-run", "--no-validate"]);
    assert!(!diff_of(&dry).contains("b/lib/"), "{}", says(&dry, 0, &["PM907"]));
    let folder = project(&[STUBS, NAMES, ("lib/llm.py", HELPER), ("a.py", &beside), ("lib/b.py", SCRIPT)]);
    let dry = rewrite(folder.path(), &["a.py", "--dry-run", "--no-validate", "--runtime", "package"]);
    assert_eq!(heads(&diff_of(&dry)), ["a.py", "lib/llm.py"]);
}

/// What goes through the runtime already is the call of what is given to it, by whatever name, and is not wrapped again.
#[test]
fn a_call_that_is_wrapped_by_hand_is_overlapped_as_it_is() {
    for (import, name) in [
        ("from perfmod_runtime import cached", "cached"),
        ("from perfmod_runtime import cached as kept", "kept.once"),
        ("import perfmod_runtime", "perfmod_runtime.cached.live"),
    ] {
        let wrapped = HELPER.replace("urllib.request.urlopen(", &format!("{name}(urllib.request.urlopen, "));
        let helper = format!("{import}\n{wrapped}");
        let own = "url = \"http://example.org/\"\nfor name in open(\"names.txt\").read().split():\n";
        let direct = format!(
            "{import}\nimport urllib.request\n{own}    print({name}(urllib.request.urlopen, url + name).status)\n"
        );
        let folder = project(&[STUBS, NAMES, ("llm.py", &helper), ("a.py", SCRIPT), ("b.py", &direct)]);
        let dry = rewrite(folder.path(), &["a.py", "b.py", "--dry-run", "--no-validate"]);
        let told = says(&dry, 0, &[]);
        let diff = diff_of(&dry);
        // One that stands in the loop itself stays: what perfmod has written is not written again.
        assert_eq!(heads(&diff), ["a.py", "perfmod_runtime.py"], "{name}: {told}");
        // Below a folder, too, where files are looked through by their names first.
        let below = rewrite(folder.path(), &[".", "--dry-run", "--no-validate"]);
        assert_eq!(diff_of(&below), diff, "{name}");
        let added: Vec<&str> =
            diff.split("--- /dev/null").next().unwrap().lines().filter(|line| line.starts_with('+')).collect();
        assert!(!added.join("\n").contains("cached(cached"), "{diff}");
        assert_eq!(added.iter().filter(|line| line.contains("ahead(")).count(), 1, "{diff}");
    }
    // Another function of that name is anything.
    let other = HELPER.replace("urllib.request.urlopen(", "cached(urllib.request.urlopen, ");
    let other = format!("from other import cached\n{other}");
    let folder = project(&[
        STUBS,
        NAMES,
        ("llm.py", &other),
        ("other.py", "def cached(f, *a):\n    return ''\n"),
        ("a.py", SCRIPT),
    ]);
    let dry = rewrite(folder.path(), &["a.py", "--dry-run", "--no-validate"]);
    assert!(diff_of(&dry).is_empty(), "{}", diff_of(&dry));
}

/// The import that a helper's sleep has used goes with the sleep, unless the script has it from the helper.
#[test]
fn what_the_script_has_from_a_helper_stays_imported_there() {
    let helper = "import time\nimport httpx\n\nclient = httpx.Client(timeout=10)\n\n\ndef ask(name):\n    for attempt in range(3):\n        try:\n            return client.get(name).text\n        except httpx.ReadTimeout:\n            time.sleep(1)\n";
    let script = |import: &str, ask: &str, clock: &str| {
        format!(
            "{import}\n\n\ndef main():\n    begun = {clock}()\n    for name in open(\"names.txt\").read().split():\n        print({ask}(name))\n    print({clock}() > begun)\n\n\nif __name__ == \"__main__\":\n    main()\n"
        )
    };
    for (script, stays) in [
        (script("import llm", "llm.ask", "llm.time.time"), true),
        (script("from llm import ask, time", "ask", "time.time"), true),
        (script("import os\nfrom llm import ask", "ask", "os.getpid"), false),
    ] {
        let folder = project(&[NAMES, ("llm.py", helper), ("a.py", &script)]);
        let diff =
            diff_of(&perfmod(folder.path(), &["rewrite", "a.py", "--dry-run", "--no-validate", "--accept", "care"]));
        assert!(diff.contains("+            await asyncio.sleep(1)\n"), "{script}{diff}");
        assert_eq!(!diff.contains("\n-import time\n"), stays, "{script}{diff}");
    }
}

/// The import that tries by hand have used goes with them, unless another file of the project has it from the script.
#[test]
fn what_another_file_has_from_the_script_stays_imported_there() {
    let script = "import time\n\nimport openai\n\nclient = openai.OpenAI()\n\n\ndef ask(prompt):\n    messages = [{\"role\": \"user\", \"content\": prompt}]\n    for attempt in range(5):\n        try:\n            return client.chat.completions.create(model=\"m\", messages=messages)\n        except openai.RateLimitError:\n            if attempt == 4:\n                raise\n            time.sleep(2)\n\n\nfor prompt in open(\"names.txt\").read().split():\n    print(prompt, ask(prompt))\n";
    for (other, stays) in [
        ("from a import ask, time\n\ntime.sleep(1)\n", true),
        ("import a\n\na.time.sleep(1)\n", true),
        ("import a as script\n\nscript.time.sleep(1)\n", true),
        ("from a import *\n\ntime.sleep(1)\n", true),
        ("from a import (\n    ask,\n    time,\n)\n", true),
        ("from unittest.mock import patch\nimport a\n\nwith patch(\"a.time.sleep\"):\n    a.ask(1)\n", true),
        ("import time\nimport a\n\ntime.sleep(1)\nprint(a.ask(1))\n", false),
        ("import time\n\ntime.sleep(1)\n", false),
    ] {
        let folder = project(&[NAMES, ("a.py", script), ("other.py", other)]);
        let arguments =
            ["rewrite", "a.py", "--dry-run", "--no-validate", "--recipe", "absorb-retry", "--accept", "care"];
        let diff = diff_of(&perfmod(folder.path(), &arguments));
        assert!(diff.contains("-            time.sleep(2)\n"), "{other}{diff}");
        assert_eq!(!diff.contains("\n-import time\n"), stays, "{other}{diff}");
    }
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let done = Command::new("git")
        .current_dir(folder)
        .args(["-c", "user.name=A", "-c", "user.email=a@example.org"])
        .args(arguments)
        .output()
        .unwrap();
    assert!(done.status.success(), "{done:?}");
    String::from_utf8(done.stdout).unwrap()
}

fn committed(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = project(files);
    git(folder.path(), &["init", "-q"]);
    git(folder.path(), &["add", "."]);
    git(folder.path(), &["commit", "-qm", "x"]);
    folder
}

#[test]
fn a_repository_is_migrated_with_its_helpers() {
    let folder = committed(&TWO);
    let before = contents(folder.path());
    let dry = perfmod(folder.path(), &[&MIGRATE[..], &["--dry-run"]].concat());
    assert_eq!(heads(&diff_of(&dry)), ["a.py", "b.py", "llm.py", "perfmod_runtime.py"]);
    says(
        &perfmod(folder.path(), &[&MIGRATE[..], &["--branch", "fast"]].concat()),
        0,
        &["2 applied", "2 commits on fast"],
    );
    assert_eq!(git(folder.path(), &["status", "--short"]), "");
    let of = |commit: &str| git(folder.path(), &["show", "--format=", "--name-only", commit]);
    assert_eq!((of("HEAD~1"), of("HEAD")), ("a.py\nllm.py\nperfmod_runtime.py\n".into(), "b.py\n".into()));
    says(&perfmod(folder.path(), &["undo"]), 0, &["llm.py is put back"]);
    assert!(contents(folder.path()) == before);

    // Only what git tracks, and only what lies in the folder.
    let folder = committed(&TWO);
    git(folder.path(), &["rm", "-q", "--cached", "llm.py"]);
    git(folder.path(), &["commit", "-qm", "y"]);
    std::fs::write(folder.path().join(".git/info/exclude"), "llm.py\n").unwrap();
    let done = perfmod(folder.path(), &[&MIGRATE[..], &["--branch", "fast"]].concat());
    says(&done, 0, &["2 applied"]);
    assert_eq!(text(folder.path(), "llm.py"), HELPER, "it is ignored");
    let folder = project(&[STUBS, NAMES, ("llm.py", HELPER), ("p/a.py", SCRIPT), ("p/names.txt", NAMES.1)]);
    std::fs::write(folder.path().join("p/a.py"), format!("import sys\nsys.path.append(\"..\")\n{SCRIPT}")).unwrap();
    let done = perfmod(folder.path(), &["migrate", "p", "--no-validate", "--recipe", "retry-calls"]);
    says(&done, 0, &["1 applied", "lies outside the folder that is migrated"]);
    assert_eq!(text(folder.path(), "llm.py"), HELPER);
}

/// Ended at every step: going on makes exactly what a run makes that is not ended.
#[test]
fn a_migration_that_is_killed_between_scripts_that_share_a_helper_is_gone_on_with() {
    let whole = project(&TWO);
    let before = contents(whole.path());
    says(&perfmod(whole.path(), &MIGRATE), 0, &["2 applied"]);
    let after = contents(whole.path());
    let mut points = 0;
    for at in 0..1_000 {
        let folder = project(&TWO);
        let stopped = command(folder.path(), &MIGRATE).env("PERFMOD_STOP_AT", at.to_string()).output().unwrap();
        if stopped.status.success() {
            break;
        }
        points += 1;
        let resumed = perfmod(folder.path(), &[&MIGRATE[..], &["--resume"]].concat());
        // Before anything was recorded there is nothing to go on with, and behind its end nothing is left of it.
        if resumed.status.code() == Some(2) {
            perfmod(folder.path(), &MIGRATE);
        }
        assert!(contents(folder.path()) == after, "stopped at {at}: {}", String::from_utf8_lossy(&resumed.stderr));
        while !perfmod(folder.path(), &["undo", "--list"]).stdout.is_empty() {
            says(&perfmod(folder.path(), &["undo"]), 0, &[]);
        }
        assert!(contents(folder.path()) == before, "stopped at {at}");
    }
    eprintln!("ended at {points} points");
    assert!(points > 40, "{points} points");
}
