//! `perfmod explain` against the built program: sites with their stages, obstacles with both ends, pages of codes.
//! Snapshots are 80 columns wide and without colour.

#[path = "support/schema.rs"]
mod schema;

use assert_cmd::Command;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Output;

const READY: &str = "\
import json
from openai import OpenAI

client = OpenAI()


def main():
    rows = json.load(open(\"rows.json\"))
    done = 0
    with open(\"out.jsonl\", \"w\") as out:
        for row in rows:
            # without a question there is nothing to ask
            question = row[\"question\"].strip()
            if not question:
                continue
            prompt = f\"Answer briefly: {question}\"
            response = client.chat.completions.create(
                model=\"gpt-4o-mini\",
                messages=[{\"role\": \"user\", \"content\": prompt}],
            )

            answer = response.choices[0].message.content
            out.write(json.dumps({\"q\": question, \"a\": answer}) + \"\\n\")
            done += 1
    print(done)


if __name__ == \"__main__\":
    main()
";

const CARE: &str = "\
import requests

def first(names):
    pages = [f\"https://example.org/{name}\" for name in names]
    for page in pages:
        answer = requests.get(page)
        print(page, answer.ok)
        if answer.ok:
            return answer.text
";

const BLOCKED: &str = "\
import requests

def crawl(start):
    pages = [start]
    seen = set()
    for page in pages:
        if page in seen:
            continue
        links = requests.get(page).json()
        seen.add(page)
        pages.extend(links)
    return seen

def chain(parts):
    summary = \"\"
    for part in list(parts):
        summary = requests.get(f\"https://example.org/sum?of={summary}&and={part}\").text
    return summary
";

fn perfmod(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_perfmod"))
        .current_dir(folder)
        .env_remove("PERFMOD_TRANSFORMS")
        .env_remove("NO_COLOR")
        .env("COLUMNS", "80")
        .args(arguments)
        .output()
        .unwrap()
}

fn project(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// What a command prints where all is well.
#[track_caller]
fn told(folder: &Path, arguments: &[&str]) -> String {
    let done = perfmod(folder, arguments);
    assert_eq!(done.status.code(), Some(0), "{}{}", text(&done.stdout), text(&done.stderr));
    assert!(done.stderr.is_empty(), "{}", text(&done.stderr));
    text(&done.stdout).to_string()
}

#[track_caller]
fn snapshot(name: &str, text: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("snapshots");
    insta::with_settings!({ snapshot_path => path, prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(format!("explain__{name}"), text);
    });
}

#[test]
fn a_ready_site_has_its_stages_in_the_margin() {
    let folder = project(&[("a.py", READY.as_bytes())]);
    let drawn = told(folder.path(), &["explain", "a.py:17"]);
    snapshot("ready", &drawn);
    assert_eq!(told(folder.path(), &["explain", "a.py"]), drawn, "the only site of the file");
    assert_eq!(told(folder.path(), &["explain", "a.py:11:9"]), drawn);
}

#[test]
fn a_caution_says_how_to_accept_it() {
    let folder = project(&[("a.py", CARE.as_bytes())]);
    snapshot("care", &told(folder.path(), &["explain", "a.py:8"]));
}

#[test]
fn a_blocked_site_has_both_ends_underlined() {
    let folder = project(&[("a.py", BLOCKED.as_bytes())]);
    let both = told(folder.path(), &["explain", "a.py"]);
    snapshot("blocked", &both);
    let second = told(folder.path(), &["explain", "a.py:17"]);
    assert!(both.ends_with(&second) && !second.contains("a.py:6:"), "{second}");
}

#[test]
fn a_line_in_no_site_names_the_nearest() {
    let folder = project(&[("a.py", BLOCKED.as_bytes()), ("none.py", b"print(1)\n")]);
    snapshot("nowhere", &told(folder.path(), &["explain", "a.py:14"]));
    let none = told(folder.path(), &["explain", "none.py:1"]);
    assert_eq!(none, "line 1 of none.py is in no loop around a call that perfmod knows\n");
    assert!(told(folder.path(), &["explain", "none.py"]).contains("none.py has no loop"));
    assert!(told(folder.path(), &["explain", "a.py:999:9"]).contains("line 999"));
}

#[test]
fn the_innermost_loop_is_told_and_all_that_begin_on_a_line() {
    let nested = "\
import requests
page = \"\"
for group in [[\"a\"], [\"b\"]]:
    page = requests.get(\"https://example.org/\" + page).text
    for name in group:
        print(requests.get(name).text)
one = [requests.get(a) for a in \"ab\"]; two = [requests.get(b) for b in \"ab\"]
";
    let folder = project(&[("a.py", nested.as_bytes())]);
    let first_lines = |arguments: &[&str]| -> Vec<String> {
        let all = told(folder.path(), arguments);
        all.lines().filter(|l| l.starts_with("a.py:")).map(|l| l.split_whitespace().next().unwrap().into()).collect()
    };
    assert_eq!(first_lines(&["explain", "a.py:6"]), ["a.py:5:"]);
    assert_eq!(first_lines(&["explain", "a.py:4"]), ["a.py:3:"]);
    assert_eq!(first_lines(&["explain", "a.py:7"]), ["a.py:7:", "a.py:7:"]);
    assert_eq!(first_lines(&["explain", "a.py:7:50"]), ["a.py:7:"]);
    assert_eq!(first_lines(&["explain", "a.py"]).len(), 4);
}

#[test]
fn line_ends_tabs_and_a_byte_order_mark_move_no_underline() {
    let mut bytes = b"\xef\xbb\xbf".to_vec();
    bytes.extend(BLOCKED.replace("    ", "\t").replace('\n', "\r\n").bytes());
    let folder = project(&[("a.py", &bytes)]);
    let odd = told(folder.path(), &["explain", "a.py"]);
    let plain = project(&[("a.py", BLOCKED.as_bytes())]);
    // A tab is one column where columns are counted, and four where it is drawn.
    let drawn = |all: &str| -> String { all.lines().filter(|l| !l.contains("--> ")).collect::<Vec<_>>().join("\n") };
    assert_eq!(drawn(&odd), drawn(&told(plain.path(), &["explain", "a.py"])));
    snapshot("crlf_tabs_bom", &odd);
}

#[test]
fn wide_characters_and_escapes_move_no_underline() {
    let script = "\
import requests

letzte = \"\"
for wort in [\"漢字\", \"e\u{301}\", \"👩‍💻\"]:
    letzte = requests.get(f\"https://example.org/漢字/🦀/{wort}/\u{1b}[31m?nach={letzte}\").text  # é \u{202e}ü
";
    let folder = project(&[("größe.py", script.as_bytes())]);
    let drawn = told(folder.path(), &["explain", "größe.py:5"]);
    assert!(!drawn.contains(['\u{1b}', '\u{202e}']), "what moves the cursor reaches the terminal");
    snapshot("wide", &drawn);
}

#[test]
fn colour_is_used_where_it_is_asked_for() {
    let folder = project(&[("a.py", BLOCKED.as_bytes())]);
    for what in ["a.py", "PM103"] {
        assert!(!told(folder.path(), &["explain", what]).contains('\u{1b}'), "no terminal, no colour");
        let coloured = told(folder.path(), &["explain", what, "--color", "always"]);
        assert!(coloured.contains('\u{1b}'));
        let mut plain = String::new();
        for (at, part) in coloured.split('\u{1b}').enumerate() {
            plain.push_str(if at == 0 { part } else { part.split_once('m').unwrap().1 });
        }
        assert_eq!(plain, told(folder.path(), &["explain", what, "--color", "never"]));
    }
}

#[test]
fn a_code_has_its_page() {
    let folder = project(&[]);
    let page = told(folder.path(), &["explain", "PM103"]);
    snapshot("page", &page);
    assert_eq!(told(folder.path(), &["explain", "pm103"]), page);
    assert!(page.lines().all(|line| line.chars().count() <= 80));
}

#[test]
fn usage_errors_name_the_forms() {
    let folder = project(&[("a.py", CARE.as_bytes()), ("notes.txt", b"")]);
    let cases: &[(&[&str], &[&str])] = &[
        (&["explain"], &["FILE:LINE"]),
        (&["explain", "PM104"], &["no code PM104", "PM103"]),
        (&["explain", "PM1O5"], &["no code PM1O5", "PM105", "the loop runs to its end"]),
        (&["explain", "nowhere.py:3"], &["nowhere.py", "no such file", "FILE:LINE:COLUMN", "PM103"]),
        (&["explain", "a.py:0"], &["count from 1", "FILE:LINE"]),
        (&["explain", "a.py:x"], &["no such file", "FILE:LINE"]),
        (&["explain", "."], &["folder", "perfmod check"]),
        (&["explain", "notes.txt:1"], &["notes.txt", ".py"]),
    ];
    for (arguments, parts) in cases {
        let done = perfmod(folder.path(), arguments);
        assert_eq!(done.status.code(), Some(2), "{arguments:?}: {}", text(&done.stderr));
        for part in *parts {
            assert!(text(&done.stderr).contains(part), "{arguments:?}: {part:?} is not in {}", text(&done.stderr));
        }
        assert!(done.stdout.is_empty());
    }
}

#[test]
fn a_file_that_cannot_be_processed_says_why() {
    let folder = project(&[("bad.py", b"def broken(:\n")]);
    let done = perfmod(folder.path(), &["explain", "bad.py:1"]);
    assert_eq!(done.status.code(), Some(4));
    assert!(text(&done.stdout).contains("bad.py:1: PM001"), "{}", text(&done.stdout));
    assert!(text(&done.stdout).contains("perfmod explain PM001"));
}

#[test]
fn json_has_the_sites_with_their_stages() {
    let folder = project(&[("a.py", READY.as_bytes()), ("b.py", BLOCKED.as_bytes()), ("bad.py", b"def broken(:\n")]);
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/explain.schema.json");
    let schema: Value = serde_json::from_slice(&std::fs::read(schema).unwrap()).unwrap();
    let json = |what: &str| -> Value {
        let done = perfmod(folder.path(), &["explain", what, "--format", "json"]);
        let told: Value = serde_json::from_slice(&done.stdout).unwrap();
        let wrong = schema::misfits(&schema, &told);
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert_eq!((&told["version"], &told["tool"]["name"]), (&1.into(), &"perfmod".into()));
        told
    };
    let site = &json("a.py:17")["sites"][0];
    assert_eq!((&site["path"], &site["status"], &site["function_line"]), (&"a.py".into(), &"ready".into(), &7.into()));
    let stages: Vec<(&str, &str)> = site["stages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| {
            let at = |end: &str| s["span"][end].as_u64().unwrap() as usize;
            let first = READY[at("start")..at("end")].lines().next().unwrap();
            assert_eq!(s["line"].as_u64().unwrap() as usize, READY[..at("start")].lines().count(), "{s}");
            (s["stage"].as_str().unwrap(), first)
        })
        .collect();
    assert_eq!(
        stages,
        [
            ("source", "for row in rows"),
            ("prepare", "question = row[\"question\"].strip()"),
            ("consume", "question = row[\"question\"].strip()"),
            ("consume", "if not question:"),
            ("prepare", "not question"),
            ("prepare", "prompt = f\"Answer briefly: {question}\""),
            ("work", "client.chat.completions.create("),
            ("consume", "answer = response.choices[0].message.content"),
            ("consume", "out.write(json.dumps({\"q\": question, \"a\": answer}) + \"\\n\")"),
            ("consume", "done += 1"),
        ]
    );
    assert_eq!(json("b.py")["sites"].as_array().unwrap().len(), 2);
    assert_eq!(json("b.py:14")["sites"], Value::Array(Vec::new()));
    assert_eq!(json("bad.py")["error"]["code"], "PM001");
    assert_eq!(json("PM103")["page"]["code"], "PM103");
}
