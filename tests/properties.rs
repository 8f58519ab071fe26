//! Broken and shuffled programs: no panic, and whatever is rewritten still parses and keeps its strings.

use perfmod::engine::{Engine, Options, Validate};
use perfmod::syntax::{Language, Source, walk};
use proptest::prelude::*;
use std::path::Path;

fn texts() -> Vec<String> {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("transforms/python/async-gather/cases");
    let mut out = Vec::new();
    for kind in ["transform", "care", "keep"] {
        for entry in std::fs::read_dir(cases.join(kind)).unwrap() {
            if let Ok(text) = std::fs::read_to_string(entry.unwrap().path()) {
                out.push(text);
            }
        }
    }
    out.sort();
    assert!(out.len() > 20);
    out
}

/// One change to a program's lines.
#[derive(Debug, Clone)]
enum Mutation {
    Delete(usize),
    Duplicate(usize),
    Swap(usize, usize),
    Indent(usize),
    Cut(usize),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let line = 0usize..60;
    prop_oneof![
        line.clone().prop_map(Mutation::Delete),
        line.clone().prop_map(Mutation::Duplicate),
        (line.clone(), line.clone()).prop_map(|(a, b)| Mutation::Swap(a, b)),
        line.clone().prop_map(Mutation::Indent),
        line.prop_map(Mutation::Cut),
    ]
}

fn mutate(text: &str, mutations: &[Mutation]) -> String {
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_string).collect();
    for m in mutations {
        let n = lines.len().max(1);
        match *m {
            Mutation::Delete(at) if lines.len() > 1 => drop(lines.remove(at % n)),
            Mutation::Duplicate(at) => lines.insert(at % n, lines[at % n].clone()),
            Mutation::Swap(a, b) => lines.swap(a % n, b % n),
            Mutation::Indent(at) => lines[at % n].insert_str(0, "    "),
            Mutation::Cut(at) => {
                let line = &mut lines[at % n];
                let half = line.len() / 2;
                if line.is_char_boundary(half) {
                    line.truncate(half);
                }
            }
            _ => {}
        }
    }
    lines.concat()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn no_program_makes_it_panic_and_every_result_parses(which in any::<prop::sample::Index>(), mutations in prop::collection::vec(mutation(), 0..4)) {
        let all = texts();
        let text = mutate(&all[which.index(all.len())], &mutations);
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("program.py");
        std::fs::write(&path, &text).unwrap();
        // Options of the program's own are new strings, and all that is new.
        for skip in [Vec::new(), vec!["cli-flags".to_owned()]] {
            let adds = skip.is_empty();
            let engine = Engine::new(None, Options { validate: Validate::Off, skip, ..Options::default() }).unwrap();
            let outcome = engine.check(std::slice::from_ref(&path)).unwrap();
            let file = &outcome.files[0];
            let chosen: Vec<usize> = (0..file.patches.len()).collect();
            for change in engine.changes(file, &chosen).unwrap_or_default().all().filter(|c| c.path == path) {
                let result = Source::from_bytes(&path, &change.after, Language::Python);
                prop_assert!(result.is_ok(), "{:?}\n{}\n---\n{}", result.err(), text, String::from_utf8_lossy(&change.after));
                let result = result.unwrap();
                let before = Source::from_bytes(&path, text.as_bytes(), Language::Python).unwrap();
                let strings = |s: &Source| {
                    let mut found: Vec<String> = walk(s.root()).filter(|n| n.kind() == "string").map(|n| s.of(n).to_string()).collect();
                    found.sort();
                    found.dedup();
                    found
                };
                let (before, mut after) = (strings(&before), strings(&result));
                if adds {
                    after.retain(|s| before.contains(s));
                }
                prop_assert_eq!(before, after);
            }
        }
    }
}

/// The interpreter's own library: no file that cannot be looked at without a reason. In a release build; `tests/nopanic.rs`
/// has a part of it for debug builds.
#[cfg(not(debug_assertions))]
#[test]
#[cfg_attr(not(feature = "full"), ignore = "the full lane")]
fn the_standard_library_is_read_without_trouble() {
    use std::process::Command;
    let asked = Command::new("python3")
        .args(["-c", "import sysconfig; print(sysconfig.get_paths()['stdlib'])"])
        .output()
        .unwrap();
    let folder = String::from_utf8(asked.stdout).unwrap().trim().to_string();
    let mut files = Vec::new();
    let mut pending = vec![std::path::PathBuf::from(folder)];
    while let Some(dir) = pending.pop() {
        for entry in std::fs::read_dir(dir).unwrap().filter_map(Result::ok) {
            let path = entry.path();
            if path.is_dir() && entry.file_name() != "site-packages" {
                pending.push(path);
            } else if path.extension().is_some_and(|e| e == "py") {
                files.push(path);
            }
        }
    }
    assert!(files.len() > 500, "{} files", files.len());
    let engine = Engine::new(None, Options { validate: Validate::Off, ..Options::default() }).unwrap();
    let outcome = engine.check(&files).unwrap();
    let read = outcome.files.iter().filter(|f| f.source.is_some()).count();
    assert!(read * 100 > outcome.files.len() * 90, "{read} of {} files were read", outcome.files.len());
}
