//! Reports as Markdown: what four kinds of runs read like, that no text of a program breaks a table, and that the commands
//! in a report do what it says. The facts in `tests/markdown/` are those of real runs; the runtime module in them is cut.

use assert_cmd::Command;
use perfmod::facts::{Report, Validation};
use perfmod::report::{markdown_report, markdown_validation};
use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use std::path::{Path, PathBuf};

fn facts(name: &str) -> Report {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/markdown").join(name);
    serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[track_caller]
fn reads(name: &str) {
    let page = markdown_report(&facts(&format!("{name}.json")));
    insta::with_settings!({ snapshot_path => "../snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(format!("markdown__{name}"), page);
    });
    let read = Page::of(&page);
    assert!(!read.tables.is_empty() && read.headings.len() > 2, "{page}");
    assert!(!page.contains("\n\n\n"), "two empty lines in a row:\n{page}");
    let fences = page.lines().filter(|line| line.starts_with("```")).count();
    assert_eq!(fences % 2, 0, "a block is open:\n{page}");
}

#[test]
fn a_report_of_what_is_applied() {
    reads("ready");
}

#[test]
fn a_report_of_what_needs_care() {
    reads("care");
}

#[test]
fn a_report_of_what_is_blocked() {
    reads("blocked");
}

#[test]
fn a_report_of_what_is_refuted() {
    reads("refuted");
}

/// What a reader of Markdown sees.
#[derive(Debug, Default)]
struct Page {
    headings: Vec<String>,
    /// The words of every cell, row by row.
    tables: Vec<Vec<Vec<String>>>,
    items: Vec<String>,
    strong: usize,
}

impl Page {
    fn of(page: &str) -> Self {
        let mut out = Self::default();
        let mut words = String::new();
        for event in Parser::new_ext(page, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
            match event {
                Event::Start(Tag::Table(_)) => out.tables.push(Vec::new()),
                Event::Start(Tag::TableHead | Tag::TableRow) => out.tables.last_mut().unwrap().push(Vec::new()),
                Event::Start(Tag::TableCell | Tag::Heading { .. } | Tag::Item) => words.clear(),
                Event::End(TagEnd::TableCell) => {
                    out.tables.last_mut().unwrap().last_mut().unwrap().push(std::mem::take(&mut words));
                }
                Event::End(TagEnd::Heading(_)) => out.headings.push(std::mem::take(&mut words)),
                Event::End(TagEnd::Item) => out.items.push(std::mem::take(&mut words)),
                Event::Start(Tag::Emphasis | Tag::Link { .. } | Tag::Image { .. } | Tag::Strikethrough) => {
                    panic!("a text became {event:?} in:\n{page}")
                }
                Event::InlineHtml(tag) => assert!(matches!(&*tag, "<code>" | "</code>"), "{tag} in:\n{page}"),
                Event::Text(text) | Event::Code(text) => words.push_str(&text),
                Event::Start(Tag::Strong) => out.strong += 1,
                Event::SoftBreak => words.push(' '),
                _ => {}
            }
        }
        out
    }
}

/// How many cells a row has, by GitHub's rule: a bar ends a cell unless a backslash stands before it.
fn bars(line: &str) -> usize {
    let mut escaped = false;
    line.chars()
        .filter(|c| {
            let counts = *c == '|' && !escaped;
            escaped = *c == '\\' && !escaped;
            counts
        })
        .count()
}

/// A text as a reader sees it: without white space and backticks, with signs that cannot be seen spelled out.
fn seen(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars().filter(|c| !c.is_whitespace() && *c != '`') {
        if c.is_control() || "\u{202e}\u{200f}".contains(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}

/// What people and programs write: words, and everything that means something to Markdown.
fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("|"),
        Just("||"),
        Just("\\|"),
        Just("\\"),
        Just("`"),
        Just("``"),
        Just("```"),
        Just("*"),
        Just("**"),
        Just("_"),
        Just("__x__"),
        Just("~~"),
        Just("["),
        Just("](http://a.b)"),
        Just("![x]"),
        Just("<b>"),
        Just("<!--"),
        Just("&amp;"),
        Just("&#124;"),
        Just("@name"),
        Just("#12"),
        Just("# "),
        Just("- "),
        Just("1. "),
        Just("> "),
        Just("\n"),
        Just("\r\n"),
        Just("\n\n"),
        Just("\n|---|"),
        Just("---"),
        Just("==="),
        Just("https://a.b/c|d"),
        Just("www.a.b"),
        Just(":100:"),
        Just("$x$"),
        Just(" "),
        Just("  "),
        Just("\t"),
        Just("word"),
        Just("f(x)"),
        Just("3."),
        Just("\u{202e}"),
        Just("\0"),
        Just("é"),
        Just("“x”"),
        Just("a@b.c"),
        Just("</details>"),
    ];
    prop::collection::vec(prop_oneof![4 => piece.prop_map(str::to_owned), 1 => ".{0,6}".prop_map(String::from)], 1..9)
        .prop_map(|pieces| format!("x{}", pieces.concat()))
}

/// Every text of the facts of a run, replaced.
fn with_text(name: &str, text: &str) -> Report {
    let mut report = facts(name);
    for file in &mut report.files {
        text.clone_into(&mut file.path);
        file.diff = Some(format!("--- a/x\n+++ b/x\n@@ -1 +1 @@\n+{text}\n"));
        if let Some(problem) = &mut file.error {
            text.clone_into(&mut problem.message);
        }
        for patch in &mut file.patches {
            patch.accepted = true;
        }
        for site in &mut file.sites {
            for own in [&mut site.call, &mut site.function].into_iter().chain(&mut site.recipes) {
                text.clone_into(own);
            }
            site.obstacles.iter_mut().for_each(|o| (o.message, o.help) = (text.to_owned(), text.to_owned()));
            site.cautions.iter_mut().for_each(|c| text.clone_into(&mut c.message));
            site.assumptions.push(text.to_owned());
            if let Some(evidence) = &mut site.evidence {
                evidence.reason = Some(format!("{text}\n  {text}"));
                evidence.notes = vec![text.to_owned()];
                text.clone_into(&mut evidence.sampling);
            }
        }
    }
    report
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_breaks_a_page(text in any_text(), name in prop::sample::select(vec!["ready", "care", "blocked", "refuted"])) {
        let name = format!("{name}.json");
        let plain = Page::of(&markdown_report(&with_text(&name, "word")));
        let page = markdown_report(&with_text(&name, &text));
        let read = Page::of(&page);
        prop_assert_eq!(read.headings.len(), plain.headings.len(), "{}", page);
        prop_assert_eq!(read.items.len(), plain.items.len(), "{}", page);
        prop_assert_eq!(read.strong, plain.strong, "{}", page);
        prop_assert_eq!(read.tables.len(), plain.tables.len(), "{}", page);
        for (table, expected) in read.tables.iter().zip(&plain.tables) {
            prop_assert_eq!(table.len(), expected.len(), "{}", page);
            for (row, expected) in table.iter().zip(expected) {
                prop_assert_eq!(row.len(), expected.len());
                for (cell, expected) in row.iter().zip(expected) {
                    // The text is in the cell where the word was, whole, and nowhere else.
                    let whole = expected.matches("word").count() * seen(&text).len() + seen(&expected.replace("word", "")).len();
                    prop_assert_eq!(seen(cell).len(), whole, "{:?} for {:?} in:\n{}", cell, expected, page);
                }
            }
        }
        // By GitHub's own rule, and not only by that of the reader above.
        let (mut columns, mut fence) = (None, None);
        for line in page.lines() {
            let ticks = line.len() - line.trim_start_matches('`').len();
            match fence {
                None if ticks >= 3 => fence = Some(ticks),
                Some(open) if ticks >= open => fence = None,
                _ => {}
            }
            if fence.is_some() {
                continue;
            }
            if line.starts_with("| ") || line.starts_with("|---") {
                prop_assert_eq!(bars(line), *columns.get_or_insert(bars(line)), "{}", line);
            } else {
                columns = None;
            }
        }
    }
}

#[test]
fn a_report_of_two_versions() {
    let site = facts("refuted.json").files.remove(0).sites.remove(0);
    let found = Validation {
        version: 1,
        tool: facts("refuted.json").tool,
        original: "a|b.py".into(),
        rewritten: "new.py".into(),
        verdict: site.verdict,
        evidence: site.evidence.unwrap(),
        confidence: None,
        estimate: None,
        seconds: 1.0,
    };
    let page = markdown_validation(&found);
    for part in
        ["They do not do the same", "The difference: ", "```text\noriginal:", "## Evidence", "<code>a&#124;b.py</code>"]
    {
        assert!(page.contains(part), "{part:?} is not in:\n{page}");
    }
}

#[test]
fn the_report_of_many_files_is_one_that_can_be_pasted() {
    let mut report = facts("ready.json");
    let one = report.files.remove(0);
    for n in 0..25 {
        let mut file = one.clone();
        file.path = format!("scripts/run_{n}.py");
        report.files.push(file);
    }
    report.summary.applied = 24;
    let page = markdown_report(&report);
    assert!(!page.contains("```diff"), "{} characters, with diffs", page.len());
    assert!(page.contains("--script scripts/run_9.py") && page.contains("# and so on, for 15 more"), "{page}");
    assert!(!page.contains("run_10.py -- "), "{page}");
    // One could not be written, and which is not among the facts.
    assert!(page.contains("**25** accepted, of which not all could be written"), "{page}");
    report.files.truncate(3);
    report.summary.applied = 4;
    let page = markdown_report(&report);
    assert!(page.contains("```diff") && page.contains("One more patch was applied"), "{page}");
}

fn perfmod(folder: &Path, arguments: &[&str]) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_perfmod"))
        .current_dir(folder)
        .env_remove("VIRTUAL_ENV")
        .env_remove("PERFMOD_TRANSFORMS")
        .env("PERFMOD_ENV_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("envs"))
        .args(arguments)
        .output()
        .unwrap()
}

fn shell(folder: &Path, script: &str) -> std::process::Output {
    let binary = PathBuf::from(env!("CARGO_BIN_EXE_perfmod"));
    let path = std::env::join_paths(
        [binary.parent().unwrap().to_path_buf()]
            .into_iter()
            .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())),
    )
    .unwrap();
    std::process::Command::new("sh")
        .current_dir(folder)
        .env("PATH", path)
        .env("GIT_CONFIG_GLOBAL", folder.join("no-such-file"))
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env_remove("VIRTUAL_ENV")
        .env("PERFMOD_ENV_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("envs"))
        .args(["-ec", script])
        .output()
        .unwrap()
}

/// The first block of shell commands.
fn commands(page: &str) -> String {
    let block = page.split("```sh\n").nth(1).unwrap_or_else(|| panic!("no commands in:\n{page}"));
    block.split("```").next().unwrap().to_owned()
}

const SCRIPT: &str = "\
# /// script
# requires-python = \">=3.9\"
# dependencies = [\"openai>=1.0\", \"tqdm\"]
# ///
import sys

from openai import OpenAI


def main():
    client = OpenAI()
    for name in [*sys.argv[1:], \"x\", \"y\", \"z\"]:
        answer = client.chat.completions.create(model=\"m\", messages=[{\"role\": \"user\", \"content\": name}])
        print(name, answer.choices[0].message.content)


if __name__ == \"__main__\":
    main()
";

#[test]
#[cfg(target_os = "linux")]
fn the_commands_of_a_report_do_what_it_says() {
    let outside = tempfile::tempdir().unwrap();
    let folder = outside.path().join("project");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("ask all.py"), SCRIPT).unwrap();
    let committed =
        shell(&folder, "git init -q && git add -A && git -c user.name=n -c user.email=n@example.org commit -qm first");
    assert!(committed.status.success(), "{committed:?}");

    let checked = perfmod(&folder, &["check", "ask all.py", "--format", "markdown"]);
    let page = String::from_utf8(checked.stdout).unwrap();
    assert!(page.contains("Only analysed so far."), "{page}");
    let dry = shell(&folder, &commands(&page));
    assert!(dry.status.success() && dry.stdout.starts_with(b"--- a/ask all.py"), "{dry:?}");

    let report = outside.path().join("report.md");
    let arguments = ["rewrite", "ask all.py", "--yes", "--schedules", "2", "--format", "markdown", "--output"];
    let words = ["--", "a b", "c", "d", "e", "f"];
    let done = perfmod(&folder, &[&arguments[..], &[report.to_str().unwrap()], &words].concat());
    assert!(done.status.success() && done.stdout.is_empty(), "{done:?}");
    let page = std::fs::read_to_string(&report).unwrap();
    assert!(page.contains("It is applied."), "{page}");
    let again = shell(&folder, &commands(&page).replace("BASE", "HEAD"));
    assert!(again.status.success(), "{}\n{again:?}", commands(&page));
    assert!(String::from_utf8_lossy(&again.stdout).contains("validated"), "{again:?}");
}

const TWO: &str = "\
import requests

names = \"a b c\".split()
for name in names:
    print(requests.get(f\"https://example.org/{name}\").text)

for name in names:
    print(name, requests.get(f\"https://a.org/{name}\").text)
";

#[test]
fn what_was_answered_yes_is_told_as_changed() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("two.py"), TWO).unwrap();
    let done = Command::new(env!("CARGO_BIN_EXE_perfmod"))
        .current_dir(folder.path())
        .args(["rewrite", "two.py", "-i", "-q", "--no-validate", "--format", "markdown"])
        .write_stdin("n\ny\n")
        .output()
        .unwrap();
    let page = String::from_utf8(done.stdout).unwrap();
    let rows = &Page::of(&page).tables[0];
    let status: Vec<[&str; 2]> = rows[1..].iter().map(|row| [row[0].as_str(), row[2].as_str()]).collect();
    assert_eq!(status, [["two.py:4", "left for you to decide"], ["two.py:7", "changed"]], "{page}");
    for part in
        ["**1** changed; **1** left for you to decide.", "`perfmod_runtime.py` belongs to the program", "perfmod undo"]
    {
        assert!(page.contains(part), "{part:?} is not in:\n{page}");
    }
    // The diff of the accepted one alone is not among the facts.
    assert!(!page.contains("```diff"), "{page}");
}
