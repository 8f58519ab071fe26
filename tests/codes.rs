//! The programs on the codes' pages do what the pages say: `before` always prints the same, `broken` something else,
//! and `fixed` what `before` prints. An example of a file that is not processed is reported with its code.

use assert_cmd::Command;
use perfmod::catalog::{pages, transforms::Transforms};
use perfmod::facts::CodePage;
use serde_json::Value;
use std::collections::BTreeMap;
use std::process::{ExitStatus, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// What can be seen of a run: stdout, how it ended, and the files that it left.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    stdout: String,
    status: ExitStatus,
    files: BTreeMap<String, Vec<u8>>,
}

fn pages() -> Vec<CodePage> {
    pages::load(&Transforms::embedded()).unwrap()
}

/// The sections whose codes are about what a program does, and not about a file or about what it is worth.
fn breaks(page: &CodePage) -> bool {
    matches!(page.code.0 / 100, 1 | 3 | 5)
}

fn run(program: &str) -> Result<Seen, String> {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("program.py");
    std::fs::write(&script, program).unwrap();
    let begun = Instant::now();
    let done = std::process::Command::new("python3")
        .arg("-B")
        .arg(&script)
        .current_dir(folder.path())
        .env("PYTHONHASHSEED", "0")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    // A second on a quiet machine; tests share theirs.
    let took = begun.elapsed();
    if took > Duration::from_secs(10) {
        return Err(format!("takes {took:?}"));
    }
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        files.insert(path.file_name().unwrap().to_str().unwrap().to_string(), std::fs::read(&path).unwrap());
    }
    files.remove("program.py");
    Ok(Seen { stdout: String::from_utf8(done.stdout).unwrap(), status: done.status, files })
}

/// What is wrong with a page's programs.
fn wrong(page: &CodePage) -> Vec<String> {
    let (Some(before), Some(broken)) = (&page.before, &page.broken) else {
        return vec!["needs `before` and `broken`".into()];
    };
    let mut out = Vec::new();
    let mut seen = |what: &str, program: &str| match run(program) {
        Ok(seen) => Some(seen),
        Err(trouble) => {
            out.push(format!("`{what}` {trouble}"));
            None
        }
    };
    let first = seen("before", before);
    let second = seen("before", before);
    let other = seen("broken", broken);
    let fixed = page.fixed.as_ref().and_then(|fixed| seen("fixed", fixed));
    if first != second {
        out.push(format!("`before` is not the same twice: {first:?} {second:?}"));
    }
    if first.as_ref().is_some_and(|f| !f.status.success() || f.stdout.is_empty()) {
        out.push(format!("`before` does not run: {first:?}"));
    }
    if first == other {
        out.push(format!("`broken` does not break: {other:?}"));
    }
    if fixed.is_some() && fixed != first {
        out.push(format!("`fixed` does not do what `before` does: {fixed:?} {first:?}"));
    }
    out
}

#[test]
fn the_programs_on_the_pages_do_what_the_pages_say() {
    let pages: Vec<CodePage> = pages().into_iter().filter(breaks).collect();
    assert!(pages.len() > 25, "the pages were not found");
    let (next, all) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        // They sleep more than they compute.
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(page) = pages.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let told = wrong(page).into_iter().map(|trouble| format!("{}: {trouble}", page.code));
                    all.lock().unwrap().extend(told);
                }
            });
        }
    });
    let all = all.into_inner().unwrap();
    assert!(all.is_empty(), "{}", all.join("\n"));
}

#[test]
fn the_files_on_the_pages_are_reported_with_the_code() {
    let mut tried = 0;
    for page in pages().iter().filter(|page| page.code.0 < 100) {
        let Some(example) = &page.example else { continue };
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.py"), example).unwrap();
        let done = Command::new(env!("CARGO_BIN_EXE_perfmod"))
            .current_dir(folder.path())
            .env_remove("PERFMOD_TRANSFORMS")
            .args(["check", "a.py", "--format", "json"])
            .output()
            .unwrap();
        let report: Value = serde_json::from_slice(&done.stdout).unwrap();
        assert_eq!(report["files"][0]["error"]["code"], page.code.to_string(), "{report}");
        tried += 1;
    }
    assert!(tried >= 4, "PM001, PM002, PM003 and PM007 have an example");
}

#[test]
fn a_page_has_what_its_section_needs() {
    for page in pages() {
        assert!(breaks(&page) || page.before.is_none(), "{}: an `example` is enough", page.code);
        assert!(!breaks(&page) || page.example.is_none(), "{}: `before` and `broken`, no `example`", page.code);
        for (name, text) in [("what", &page.what), ("instead", &page.instead)] {
            let text = text.trim();
            assert!(text.ends_with(['.', ':']), "{}: `{name}` is made of sentences", page.code);
            assert!(text.len() > 60, "{}: `{name}` says nothing", page.code);
        }
        let programs = [&page.before, &page.broken, &page.fixed, &page.example];
        for line in programs.into_iter().flatten().flat_map(|program| program.lines()) {
            assert!(line.len() <= 100, "{}: a line is too long for a page: {line}", page.code);
        }
    }
}
