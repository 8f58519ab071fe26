//! `[tool.perfmod]`, `perfmod.toml`, and comments that ignore a site.

#[path = "support/folder.rs"]
mod folder;

use folder::{project, says};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const SCRIPT: &str = "\
import requests

names = open(\"names.txt\").read().split()
for name in names:
    print(requests.get(f\"https://example.org/{name}\").text)
";

fn perfmod(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_perfmod"));
    command.current_dir(folder).args(arguments).stdin(Stdio::null()).env_remove("PERFMOD_TRANSFORMS");
    command.output().unwrap()
}

fn out(done: &Output) -> String {
    String::from_utf8(done.stdout.clone()).unwrap()
}

#[test]
fn keys_are_the_flags_and_the_command_line_wins() {
    let table =
        "[tool.perfmod]\nmax-concurrent = 7\nno-validate = true\naccept = [\"care\", \"PM105\"]\nquiet = true\n";
    let folder = project(&[("pyproject.toml", table), ("sub/a.py", SCRIPT)]);
    let done = perfmod(folder.path(), &["rewrite", "sub/a.py", "--dry-run"]);
    assert_eq!(says(&done, 0, &[]), "", "quiet, and nothing was run");
    assert!(out(&done).contains("limit=7"), "{}", out(&done));
    let done = perfmod(folder.path(), &["rewrite", "sub/a.py", "--dry-run", "--max-concurrent", "9"]);
    assert!(out(&done).contains("limit=9"), "{}", out(&done));
    // A flag that speaks of the same, and a command that has no such flag.
    says(&perfmod(folder.path(), &["rewrite", "sub/a.py", "--dry-run", "-v"]), 0, &["not validated"]);
    assert_eq!(perfmod(folder.path(), &["check", "sub/a.py"]).status.code(), Some(0));
    // The nearest wins, and `perfmod.toml` is all perfmod's.
    std::fs::write(folder.path().join("sub/perfmod.toml"), "max-concurrent = 5\nno-validate = true\n").unwrap();
    let done = perfmod(folder.path(), &["rewrite", "sub/a.py", "--dry-run"]);
    assert!(out(&done).contains("limit=5"), "{}", out(&done));
}

#[test]
fn mistakes_are_told_with_the_file_and_what_could_be_meant() {
    for (table, words) in [
        ("max-sample = 3\n", "`max-sample` is not a key of perfmod's; did you mean `max-samples`?"),
        ("max-samples = 0\n", "`max-samples`: invalid value '0'"),
        ("validate = \"sometimes\"\n", "(possible: auto, require, off)"),
        ("strategy = { a = 1 }\n", "`strategy`: it must be a string"),
        ("recipe = [\"no-such\"]\n", "there is no recipe `no-such`"),
        ("accept = [\"everything\"]\n", "expected `assumed`, `care` or a code"),
        ("resume = true\n", "`resume` is not a key"),
        ("exclude = \"old\"\n", "`exclude` must be a list of patterns"),
        ("x = [\n", "TOML parse error"),
    ] {
        let folder = project(&[("perfmod.toml", table), ("a.py", SCRIPT)]);
        let path = if table.contains("exclude") { "." } else { "a.py" };
        let done = perfmod(folder.path(), &["rewrite", path, "--dry-run", "--no-validate"]);
        let words = if table.contains("validate") { vec!["a.py"] } else { vec![words] };
        if table.contains("validate") {
            // The command line speaks of the same, so the value does not count.
            assert_eq!(done.status.code(), Some(0));
            says(
                &perfmod(folder.path(), &["rewrite", path, "--dry-run"]),
                2,
                &["perfmod.toml", "(possible: auto, require, off)"],
            );
            continue;
        }
        says(&done, 2, &words);
        if !table.contains("no-such") {
            // What is wrong with a key is told with its line.
            let by_key = !table.starts_with("exclude") && !table.starts_with("x =");
            says(&done, 2, &[if by_key { "perfmod.toml:1: `" } else { "perfmod.toml: " }]);
        }
    }
}

#[test]
fn what_is_excluded_is_not_looked_at_unless_it_is_named() {
    let folder = project(&[
        ("perfmod.toml", "exclude = [\"old/\", \"*_pb2.py\", \"!keep_pb2.py\"]\n"),
        ("a.py", SCRIPT),
        ("old/b.py", SCRIPT),
        ("deep/er/c_pb2.py", SCRIPT),
        ("deep/keep_pb2.py", SCRIPT),
    ]);
    let checked = |from: &str, path: &str| {
        let done = perfmod(&folder.path().join(from), &["check", path, "--format", "json"]);
        let report: Value = serde_json::from_str(&out(&done)).unwrap();
        let files = report["files"].as_array().unwrap();
        files.iter().map(|f| f["path"].as_str().unwrap().to_string()).collect::<Vec<_>>()
    };
    assert_eq!(checked("", "."), ["a.py", "deep/keep_pb2.py"]);
    assert_eq!(checked("deep", "."), ["keep_pb2.py"], "from the folder of the configuration, wherever perfmod is run");
    assert_eq!(checked("", "old/b.py"), ["old/b.py"], "a file that is named is looked at");
    assert_eq!(checked("", "old"), [""; 0]);
}

#[test]
fn a_comment_leaves_a_site_alone_and_one_that_does_nothing_is_told() {
    let with = |head: &str, above: &str, call: &str| {
        format!(
            "import requests\n\nnames = open(\"names.txt\").read().split()\n{above}for name in names:{head}\n    print(requests.get(name).text){call}\n"
        )
    };
    let told = |text: &str| {
        let folder = project(&[("a.py", text)]);
        let done = perfmod(folder.path(), &["check", ".", "--format", "json"]);
        let report: Value = serde_json::from_str(&out(&done)).unwrap();
        let file = report["files"][0].clone();
        let status = file["sites"][0]["status"].as_str().unwrap_or_default().to_string();
        let code = file["sites"][0]["obstacles"][0]["code"].as_str().unwrap_or_default().to_string();
        let note = file["notes"][0].clone();
        (status, code, note["code"].as_str().unwrap_or_default().to_string(), note["line"].as_u64())
    };
    let ignored = ("blocked".to_string(), "PM905".to_string(), String::new(), None);
    let ready = |note: &str, line| ("ready".to_string(), String::new(), note.to_string(), line);
    assert_eq!(told(&with("", "", "")), ready("", None));
    assert_eq!(told(&with("  # perfmod: ignore", "", "")), ignored);
    assert_eq!(told(&with("", "# perfmod: ignore\n", "")), ignored);
    assert_eq!(told(&with("", "# perfmod: ignore (billing)\n\n# Another comment.\n", "")), ignored);
    assert_eq!(told(&with("", "", "  # perfmod: ignore[async-gather]")), ignored);
    assert_eq!(told(&with("", "# perfmod: ignore[other, async-gather]\n", "")), ignored);
    // Another recipe, another place, a word in a string.
    assert_eq!(told(&with("  # perfmod: ignore[other]", "", "")), ready("PM906", Some(4)));
    assert_eq!(told(&with("", "# perfmod: ignore\nx = 1\n", "")), ready("PM906", Some(4)));
    assert_eq!(told(&with("", "x = '# perfmod: ignore'\n", "")), ready("", None));
    let folder = project(&[("a.py", "import requests\n# perfmod: ignore\nx = 1\n")]);
    let done = perfmod(folder.path(), &["check", "a.py"]);
    assert!(out(&done).starts_with("a.py:2: PM906 this comment ignores nothing"), "{}", out(&done));
    // Nothing is written where all is ignored.
    let folder = project(&[("a.py", &with("  # perfmod: ignore", "", ""))]);
    says(&perfmod(folder.path(), &["rewrite", "a.py", "--yes", "--no-validate"]), 0, &["PM905", "applied 0 of 0"]);
}
