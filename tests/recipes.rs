//! The laws, over every case of every recipe.
//!
//! `transforms/<language>/<recipe>/cases/` has three folders: `transform` (a `ready` patch), `care` (a patch with cautions)
//! and `keep` (no patch; a comment `# keep: PM101` names the codes, `# keep: nothing` says that no site is seen). Every
//! transforming case has a look-alike of its name in `keep`. A new recipe gets all of this for its cases alone.

use perfmod::engine::{Engine, FilePlan, Options, Validate};
use perfmod::facts::Status;
use perfmod::project::python;
use perfmod::syntax::{Language, Newline, Source, walk};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

struct Case {
    recipe: String,
    kind: String,
    name: String,
    bytes: Vec<u8>,
}

fn cases() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("transforms/python");
    let mut out = Vec::new();
    for recipe in sorted(&root) {
        for kind in sorted(&recipe.join("cases")) {
            for path in sorted(&kind) {
                let text = |p: &Path| p.file_name().unwrap().to_str().unwrap().to_string();
                out.push(Case {
                    recipe: text(&recipe),
                    kind: text(&kind),
                    name: path.file_stem().unwrap().to_str().unwrap().to_string(),
                    bytes: std::fs::read(&path).unwrap(),
                });
            }
        }
    }
    assert!(out.len() > 20, "the cases were not found");
    out
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    entries
}

fn engine() -> Engine {
    Engine::new(None, Options { validate: Validate::Off, ..Options::default() }).unwrap()
}

fn plan(engine: &Engine, dir: &Path, bytes: &[u8]) -> FilePlan {
    let path = dir.join("case.py");
    std::fs::write(&path, bytes).unwrap();
    engine.check(&[path]).unwrap().files.remove(0)
}

/// The file's own bytes after a set of patches.
fn after(engine: &Engine, file: &FilePlan, chosen: &[usize]) -> Vec<u8> {
    engine.changes(file, chosen).unwrap().pop().unwrap().after
}

fn read(bytes: &[u8]) -> Source {
    Source::from_bytes("case.py".as_ref(), bytes, Language::Python).unwrap()
}

fn counted(source: &Source, kind: &str) -> BTreeMap<String, usize> {
    let mut out = BTreeMap::new();
    for node in walk(source.root()).filter(|n| n.kind() == kind) {
        *out.entry(source.of(node).trim_end().to_string()).or_default() += 1;
    }
    out
}

/// What must hold of any result.
fn laws(name: &str, engine: &Engine, dir: &Path, before: &[u8], result: &[u8]) {
    let (old, new) = (read(before), read(result));
    // Comments survive; those of a repeated statement may stand twice.
    for (comment, n) in counted(&old, "comment") {
        let left = counted(&new, "comment").get(&comment).copied().unwrap_or(0);
        assert!(left >= n, "{name}: a comment is lost: {comment}");
    }
    // String literals keep their bytes, none is lost and none is made.
    let (strings, made) = (counted(&old, "string"), counted(&new, "string"));
    assert_eq!(
        strings.keys().collect::<Vec<_>>(),
        made.keys().collect::<Vec<_>>(),
        "{name}: a string literal was changed"
    );
    for (string, n) in &strings {
        assert!(made[string] >= *n, "{name}: a string literal is lost: {string}");
    }
    // Newlines, indentation, byte order mark, encoding, the last newline.
    assert_eq!((old.newline, old.bom, old.encoding), (new.newline, new.bom, new.encoding), "{name}");
    assert_eq!(old.indent, new.indent, "{name}: another indentation");
    if old.final_newline {
        assert!(new.final_newline, "{name}: the last newline is lost");
    }
    let bare = new.text.replace("\r\n", "").matches('\n').count();
    assert_eq!(
        bare,
        if old.newline == Newline::CrLf { 0 } else { new.text.matches('\n').count() },
        "{name}: mixed newlines"
    );
    let old_lines: Vec<&str> = old.text.lines().collect();
    for line in new.text.lines().filter(|l| !old_lines.contains(l)) {
        assert_eq!(line.trim_end(), line, "{name}: white space at the end of a new line: {line:?}");
        if old.indent == "\t" {
            assert!(!line.starts_with("    "), "{name}: spaces in a file with tabs: {line:?}");
        }
    }
    // Once more changes nothing.
    let again = plan(engine, dir, result);
    assert!(again.patches.is_empty(), "{name}: the result would be rewritten again: {:?}", again.sites);
}

#[test]
fn every_case_obeys_the_laws() {
    let engine = engine();
    let dir = tempfile::tempdir().unwrap();
    let mut texts: Vec<(String, Vec<u8>)> = Vec::new();
    for case in cases() {
        let name = format!("{}/{}/{}", case.recipe, case.kind, case.name);
        let file = plan(&engine, dir.path(), &case.bytes);
        assert!(file.error.is_none(), "{name}: {:?}", file.error);
        let mut shown = String::new();
        for site in &file.sites {
            shown.push_str(&format!("line {}: {:?} {}\n", site.line, site.status, site.call));
            for c in &site.cautions {
                shown.push_str(&format!("  caution {} line {}: {}\n", c.code, c.span.line, c.message));
            }
            for a in &site.assumptions {
                shown.push_str(&format!("  assumed {a}\n"));
            }
            for o in &site.obstacles {
                let other = o.other_span.as_ref().map(|p| format!(" and {}:{}", p.line, p.column)).unwrap_or_default();
                shown.push_str(&format!(
                    "  {} {}:{}{other}: {}\n    help: {}\n",
                    o.code, o.span.line, o.span.column, o.message, o.help
                ));
            }
        }
        let all: Vec<usize> = (0..file.patches.len()).collect();
        match case.kind.as_str() {
            "keep" => {
                assert!(file.patches.is_empty(), "{name}: must not be rewritten");
                let text = String::from_utf8_lossy(&case.bytes).into_owned();
                let expected = text
                    .trim_start_matches('\u{feff}')
                    .lines()
                    .find_map(|l| l.trim_end().strip_prefix("# keep: "))
                    .unwrap_or_else(|| panic!("{name}: no `# keep:` comment"));
                // A site that may be staged and that no recipe writes yet says so in a caution.
                let codes: Vec<String> = file
                    .sites
                    .iter()
                    .flat_map(|s| s.obstacles.iter().map(|o| o.code).chain(s.cautions.iter().map(|c| c.code)))
                    .map(|code| code.to_string())
                    .collect();
                if expected == "nothing" {
                    assert!(file.sites.is_empty(), "{name}: {shown}");
                } else {
                    for code in expected.split(", ") {
                        assert!(codes.iter().any(|c| c == code), "{name}: expected {code}, found {codes:?}\n{shown}");
                    }
                }
            }
            kind => {
                let wanted = if kind == "care" { Status::Care } else { Status::Ready };
                assert!(!file.patches.is_empty(), "{name}: must be rewritten\n{shown}");
                // A retry loop in a helper is a site of its own, and stays.
                let open = file.sites.iter().filter(|s| s.status != Status::Blocked);
                assert!(open.into_iter().all(|s| s.status == wanted), "{name}: {shown}");
                for one in &all {
                    let result = after(&engine, &file, &[*one]);
                    texts.push((name.clone(), result));
                }
                let result = after(&engine, &file, &all);
                laws(&name, &engine, dir.path(), &case.bytes, &result);
                let path = dir.path().join("case.py");
                let change = perfmod::apply::Change {
                    path,
                    shown: "case.py".into(),
                    before: Some(case.bytes.clone()),
                    after: result.clone(),
                };
                shown.push('\n');
                shown.push_str(&escape(&perfmod::apply::unified(&change)));
                texts.push((name.clone(), result));
            }
        }
        insta::with_settings!({ snapshot_path => "../snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(format!("{}__{}__{}", case.recipe, case.kind, case.name), shown);
        });
    }
    // The interpreter takes every result.
    let interpreter = python::find(Path::new("case.py"), "", None, &mut |_| {}).unwrap();
    let inputs: Vec<(&str, &[u8])> = texts.iter().map(|(n, t)| (n.as_str(), t.as_slice())).collect();
    for ((name, text), answer) in texts.iter().zip(python::compile_check(&interpreter, &inputs).unwrap()) {
        assert!(answer.is_none(), "{name} does not compile: {answer:?}\n{}", String::from_utf8_lossy(text));
    }
}

/// Carriage returns and bytes that are not UTF-8, so that a snapshot shows them.
fn escape(diff: &[u8]) -> String {
    diff.utf8_chunks()
        .map(|c| {
            format!(
                "{}{}",
                c.valid().replace('\r', "␍"),
                c.invalid().iter().map(|b| format!("\\x{b:02x}")).collect::<String>()
            )
        })
        .collect()
}

#[test]
fn every_transforming_case_has_a_look_alike_that_stays() {
    let all = cases();
    for case in all.iter().filter(|c| c.kind != "keep") {
        let twin = all.iter().any(|c| {
            c.kind == "keep"
                && c.recipe == case.recipe
                && (c.name == case.name
                    || c.name.starts_with(&format!("{}_", case.name))
                    || case.kind == "care" && case.name.starts_with(c.name.split('_').next().unwrap()))
        });
        assert!(twin, "{}/{} has no look-alike in keep/", case.recipe, case.name);
    }
}
