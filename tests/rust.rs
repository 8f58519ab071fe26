//! The language seam from outside: Rust files go through the same flow, and nothing of them is run or changed.

use assert_cmd::Command;
use serde_json::Value;
use std::path::Path;
use std::process::Output;

const STAGED: &str = "\
async fn fetch_all(client: &reqwest::Client, urls: &[String]) -> Vec<u16> {
    let mut codes = Vec::new();
    for url in urls {
        let page = format!(\"{url}?page=1\");
        let reply = client.get(&page).send().await;
        // Kept in order.
        codes.push(reply.map_or(0, |r| r.status().as_u16()));
    }
    codes
}
";

const CARRIED: &str = "\
async fn follow(client: &reqwest::Client, names: &[&str]) -> String {
    let mut last = String::new();
    for name in names {
        last = client.get(name).query(&last).fetch(name).await;
    }
    last
}
";

const COMPUTES: &str =
    "fn sum(values: &[f64]) -> f64 {\n    let mut s = 0.0;\n    for v in values { s += v; }\n    s\n}\n";

fn perfmod(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_perfmod"))
        .current_dir(folder)
        .env_remove("PERFMOD_TRANSFORMS")
        // A Rust file needs no interpreter, so none can be found.
        .env("PATH", "")
        .args(arguments)
        .output()
        .unwrap()
}

fn project(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

fn report(output: &Output) -> Value {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The only file of a report on `main.rs` with this text.
fn checked(text: &str) -> Value {
    let folder = project(&[("main.rs", text)]);
    let report = report(&perfmod(folder.path(), &["check", "main.rs", "--format", "json"]));
    assert_eq!(report["files"].as_array().unwrap().len(), 1);
    assert_eq!(report["files"][0]["language"], "rust");
    report["files"][0].clone()
}

#[test]
fn a_sequential_await_is_a_site_without_a_recipe() {
    let file = checked(STAGED);
    let site = &file["sites"][0];
    assert_eq!(file["sites"].as_array().unwrap().len(), 1);
    assert_eq!((&site["status"], &site["line"], &site["function"]), (&"care".into(), &3.into(), &"fetch_all".into()));
    assert_eq!((&site["call"], &site["kind"]), (&"client.get.send".into(), &"io".into()));
    assert_eq!(site["cautions"][0]["code"], "PM904");
    assert_eq!(file["patches"], serde_json::json!([]));
}

#[test]
fn a_carried_value_blocks_with_both_ends() {
    let site = &checked(CARRIED)["sites"][0];
    let obstacle = &site["obstacles"][0];
    assert_eq!((&site["status"], &obstacle["code"]), (&"blocked".into(), &"PM101".into()));
    let at = |end: &str| {
        let range = |side: &str| obstacle[end][side].as_u64().unwrap() as usize;
        (&CARRIED[range("start")..range("end")], obstacle[end]["column"].as_u64().unwrap())
    };
    assert_eq!((at("span"), at("other_span")), (("last", 40), ("last", 9)));
}

#[test]
fn a_loop_that_computes_is_no_site() {
    assert_eq!(checked(COMPUTES)["sites"], serde_json::json!([]));
}

#[test]
fn folders_are_walked_for_both_languages_and_build_folders_are_not() {
    let python = "import requests\n\nfor n in [\"a\", \"b\"]:\n    print(requests.get(n).text)\n";
    let broken = "fn f( {\n";
    let folder = project(&[
        ("src/main.rs", STAGED),
        ("src/other.rs", broken),
        ("target/debug/build/out.rs", STAGED),
        ("tool.py", python),
    ]);
    let report = report(&perfmod(folder.path(), &["check", ".", "--format", "json"]));
    let files: Vec<_> = report["files"].as_array().unwrap().iter().map(|f| (&f["path"], &f["language"])).collect();
    assert_eq!(files, [(&"src/main.rs".into(), &"rust".into()), (&"tool.py".into(), &"python".into())]);
}

#[test]
fn explain_shows_the_stages() {
    let folder = project(&[("main.rs", STAGED)]);
    let report = report(&perfmod(folder.path(), &["explain", "main.rs:5", "--format", "json"]));
    let stages: Vec<_> =
        report["sites"][0]["stages"].as_array().unwrap().iter().map(|s| (&s["stage"], s["line"].as_u64())).collect();
    let expected = [("source", 3), ("prepare", 4), ("work", 5), ("consume", 7)];
    assert_eq!(stages.len(), expected.len(), "{stages:?}");
    for ((stage, line), (name, number)) in stages.into_iter().zip(expected) {
        assert_eq!((stage.as_str(), line), (Some(name), Some(number)));
    }
}

#[test]
fn rewrite_says_that_there_is_no_recipe_and_changes_nothing() {
    let folder = project(&[("main.rs", STAGED)]);
    let dry = perfmod(folder.path(), &["rewrite", "main.rs", "--dry-run"]);
    let said = String::from_utf8_lossy(&dry.stderr).into_owned();
    assert_eq!((dry.status.code(), dry.stdout.len()), (Some(0), 0), "{said}");
    assert!(said.contains("no recipe for Rust yet"), "{said}");
    assert!(!said.contains("interpreter") && !said.contains("validated") && !said.contains("accept"), "{said}");
    let applied = perfmod(folder.path(), &["rewrite", "main.rs", "--yes", "--accept", "care"]);
    assert_eq!(applied.status.code(), Some(0), "{}", String::from_utf8_lossy(&applied.stderr));
    assert_eq!(std::fs::read_to_string(folder.path().join("main.rs")).unwrap(), STAGED);
}
