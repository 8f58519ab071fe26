//! Patches that span files, from composing to taking back. The edits of the other file are put into planned patches here, as
//! an operation would have made them.

use super::plan::FilePlan;
use super::{Engine, Options, Together, Undone, Validate, diff_of};
use crate::apply::Journal;
use crate::facts::{Edit, EditSet, Span};
use crate::project::files::located;
use crate::rewrite::python::{Part, RUNTIME_MODULE};
use crate::syntax::{Language, Source};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

const HELPER: &str = "\
import urllib.request


def ask(name):
    return urllib.request.urlopen(\"http://example.org/\" + name).read()


def age(name):
    return urllib.request.urlopen(\"http://example.org/age/\" + name).read()
";

const SCRIPT: &str = "\
import llm

for name in open(\"names.txt\").read().split():
    print(name, llm.ask(name))
";

/// What a patch does in the helper: something that the model still understands.
const WRAP_ASK: (&str, &str) =
    ("urlopen(\"http://example.org/\" + name)", "urlopen(\"http://example.org/\" + name, None, 7)");
const WRAP_AGE: (&str, &str) =
    ("urlopen(\"http://example.org/age/\" + name)", "urlopen(\"http://example.org/age/\" + name, None, 7)");

struct Case {
    folder: TempDir,
    engine: Engine,
}

impl Case {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [("pyproject.toml", ""), ("llm.py", HELPER)].iter().chain(files) {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let options = Options { validate: Validate::Off, ..Options::default() };
        Self { folder, engine: Engine::new(None, options).unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        located(&self.folder.path().join(name))
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// A script with one patch, whose work also replaces text in the helper.
    fn plan(&self, name: &str, replaced: &[(&str, &str)]) -> FilePlan {
        let mut file = self.engine.check(&[self.path(name)]).unwrap().files.remove(0);
        let count = file.patches.len();
        assert_eq!(count, 1, "{:?}", file.sites);
        let helper = self.path("llm.py");
        let source = Source::read(&helper, Language::Python).unwrap();
        let mut edits = EditSet::new();
        for (from, to) in replaced {
            let start = source.text.find(from).unwrap();
            let span = Span::new(start, start + from.len());
            edits.add(Edit { span, text: (*to).into(), by: "test".into() }).unwrap();
        }
        let imports = [(RUNTIME_MODULE.to_string(), "cached".to_string())].into();
        if !replaced.is_empty() {
            file.patches[0].plan.others.insert(helper.clone(), Part { edits, imports });
            file.others.insert(helper, source);
        }
        file
    }

    fn journal(&self) -> Journal {
        Journal::open(self.folder.path(), Duration::ZERO).unwrap()
    }

    fn apply(&self, file: &FilePlan) -> Result<Vec<String>, String> {
        let done = self.engine.apply(&mut self.journal(), file, &[], &[0]);
        done.map(|applied| applied.ids).map_err(|e| e.to_string())
    }

    fn undo(&self, ids: &[&str]) -> Vec<Undone> {
        let ids: Vec<String> = ids.iter().map(|id| (*id).to_string()).collect();
        self.engine.undo(&mut self.journal(), &ids).unwrap()
    }

    /// Takes a patch back, and what was told of it.
    #[track_caller]
    fn undone(&self, ids: &[&str]) -> (Vec<String>, Vec<String>, String) {
        match &self.undo(ids)[..] {
            [Undone::Done { ids, dependents, notes, .. }] => (ids.clone(), dependents.clone(), notes.join("\n")),
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    fn refused(&self, ids: &[&str]) -> String {
        match &self.undo(ids)[..] {
            [Undone::Refused { why, .. }] => why.clone(),
            other => panic!("{other:?}"),
        }
    }
}

fn two() -> Case {
    Case::new(&[("a.py", SCRIPT), ("b.py", SCRIPT)])
}

fn wrapped(text: &str, wraps: &[(&str, &str)]) -> String {
    let text = wraps.iter().fold(text.to_string(), |text, (from, to)| text.replace(from, to));
    text.replacen("import urllib.request\n", "import urllib.request\nfrom perfmod_runtime import cached\n", 1)
}

#[test]
fn a_patch_composes_each_file_by_itself_and_reports_all_of_them() {
    let case = two();
    let file = case.plan("a.py", &[WRAP_ASK]);
    let changes = case.engine.changes(&file, &[0]).unwrap();
    let names: Vec<_> = changes.all().filter_map(|c| c.path.file_name()?.to_str()).collect();
    assert_eq!(names, ["perfmod_runtime.py", "llm.py", "a.py"], "as they are written");
    let helper = wrapped(HELPER, &[WRAP_ASK]);
    assert_eq!(String::from_utf8_lossy(&changes.others[0].after), helper);
    // The import of the script is its own, and that of the helper the helper's.
    let own = String::from_utf8_lossy(&changes.own.as_ref().unwrap().after).into_owned();
    assert!(own.contains("import ahead\n") && !own.contains("cached") && !helper.contains("ahead"), "{own}");

    let report = case.engine.file_report(&file);
    let edits = &report.patches[0].edits;
    let of = |name: &str| edits.iter().filter(|e| e.path.ends_with(name)).count();
    assert_eq!((of("llm.py"), of("perfmod_runtime.py")), (2, 1), "{edits:?}");
    let wrap = edits.iter().find(|e| e.text == WRAP_ASK.1).unwrap();
    assert_eq!(&HELPER[wrap.start..wrap.end], WRAP_ASK.0);

    // Both scripts change the helper, and the diff of both changes it once.
    let mut together = Together::default();
    together.add(&case.engine, &file, &[0]).unwrap();
    together.add(&case.engine, &case.plan("b.py", &[WRAP_ASK, WRAP_AGE]), &[0]).unwrap();
    let diff = diff_of(together.changes(), &case.path("x").with_file_name(""));
    let diff = String::from_utf8(diff).unwrap();
    let heads: Vec<&str> = diff.lines().filter_map(|l| l.strip_prefix("+++ b/")).collect();
    assert_eq!(heads, ["a.py", "b.py", "llm.py", "perfmod_runtime.py"], "{diff}");
    let after = together.changes().find(|c| c.path.ends_with("llm.py")).unwrap().after.clone();
    assert_eq!(String::from_utf8(after).unwrap(), wrapped(HELPER, &[WRAP_ASK, WRAP_AGE]));
    // One that overlaps is refused, and what is there stays.
    let before = together.changes().count();
    let other = case.plan("b.py", &[(WRAP_ASK.0, "other()")]);
    let why = together.add(&case.engine, &other, &[0]).unwrap_err().message;
    assert!(why.contains("wants to change bytes"), "{why}");
    assert_eq!(together.changes().count(), before);
}

#[test]
fn equal_edits_of_one_file_are_made_once_and_stay_as_long_as_one_script_needs_them() {
    let case = two();
    // Both were planned before anything was written.
    let (a, b) = (case.plan("a.py", &[WRAP_ASK]), case.plan("b.py", &[WRAP_ASK]));
    assert_eq!(case.apply(&a).unwrap(), ["1.1"]);
    let once = wrapped(HELPER, &[WRAP_ASK]);
    assert_eq!(case.text("llm.py"), once);
    assert_eq!(case.apply(&b).unwrap(), ["2.1"]);
    assert_eq!(case.text("llm.py"), once);
    let (ids, dependents, notes) = case.undone(&["1.1"]);
    assert_eq!((ids, dependents), (vec!["1.1".to_string()], vec![]));
    assert!(notes.contains("llm.py keeps what 2.1 needs"), "{notes}");
    assert_eq!((case.text("a.py"), case.text("llm.py")), (SCRIPT.into(), once));
    assert!(case.path("perfmod_runtime.py").exists());
    let (_, _, notes) = case.undone(&["2.1"]);
    assert!(notes.contains("llm.py is put back with them") && notes.contains("is taken away"), "{notes}");
    assert_eq!((case.text("b.py"), case.text("llm.py")), (SCRIPT.into(), HELPER.into()));
    assert!(!case.path("perfmod_runtime.py").exists());
}

#[test]
fn other_edits_of_one_file_are_made_together_and_taken_back_one_by_one() {
    let case = two();
    let (a, b) = (case.plan("a.py", &[WRAP_ASK]), case.plan("b.py", &[WRAP_AGE]));
    case.apply(&a).unwrap();
    case.apply(&b).unwrap();
    assert_eq!(case.text("llm.py"), wrapped(HELPER, &[WRAP_ASK, WRAP_AGE]));
    case.undone(&["1.1"]);
    assert_eq!(case.text("llm.py"), wrapped(HELPER, &[WRAP_AGE]));
    case.undone(&["2.1"]);
    assert_eq!(case.text("llm.py"), HELPER);
    // All at once, in whatever order: a run takes back what it has done.
    case.apply(&case.plan("a.py", &[WRAP_ASK])).unwrap();
    case.apply(&case.plan("b.py", &[])).unwrap();
    case.undo(&["6.1", "5.1"]);
    assert_eq!(
        (case.text("a.py"), case.text("b.py"), case.text("llm.py")),
        (SCRIPT.into(), SCRIPT.into(), HELPER.into())
    );
}

#[test]
fn a_later_run_on_top_of_the_same_file_goes_with_what_it_stands_on() {
    let case = two();
    case.apply(&case.plan("a.py", &[WRAP_ASK])).unwrap();
    let first = case.text("llm.py");
    // Planned to the helper as the first has left it.
    case.apply(&case.plan("b.py", &[WRAP_AGE])).unwrap();
    assert_eq!(case.text("llm.py"), wrapped(HELPER, &[WRAP_ASK, WRAP_AGE]));
    let (ids, dependents, _) = case.undone(&["1.1"]);
    assert_eq!((ids.len(), dependents), (2, vec!["2.1".to_string()]));
    assert_eq!(
        (case.text("a.py"), case.text("b.py"), case.text("llm.py")),
        (SCRIPT.into(), SCRIPT.into(), HELPER.into())
    );
    // The later one alone.
    case.apply(&case.plan("a.py", &[WRAP_ASK])).unwrap();
    case.apply(&case.plan("b.py", &[WRAP_AGE])).unwrap();
    case.undone(&["5.1"]);
    assert_eq!((case.text("b.py"), case.text("llm.py")), (SCRIPT.into(), first));
}

#[test]
fn nothing_is_written_where_one_of_the_files_is_not_what_was_read() {
    let case = two();
    let file = case.plan("a.py", &[WRAP_ASK]);
    std::fs::write(case.path("llm.py"), format!("{HELPER}# mine\n")).unwrap();
    let why = case.apply(&file).unwrap_err();
    assert!(why.contains("llm.py has changed since it was read; nothing was written"), "{why}");
    assert_eq!(case.text("a.py"), SCRIPT);
    assert!(!case.path("perfmod_runtime.py").exists());
    // Two that overlap: the second is not written at all.
    std::fs::write(case.path("llm.py"), HELPER).unwrap();
    let other = case.plan("b.py", &[(WRAP_ASK.0, "other()")]);
    case.apply(&file).unwrap();
    let why = case.apply(&other).unwrap_err();
    assert!(why.contains("llm.py") && why.contains("wants to change"), "{why}");
    assert_eq!(case.text("b.py"), SCRIPT);
}

#[test]
fn what_was_edited_since_is_left_alone_with_all_that_belongs_to_it() {
    let case = two();
    case.apply(&case.plan("a.py", &[WRAP_ASK])).unwrap();
    let (script, helper) = (case.text("a.py"), case.text("llm.py"));
    let edited = format!("{helper}# mine\n");
    std::fs::write(case.path("llm.py"), &edited).unwrap();
    let why = case.refused(&["1.1"]);
    assert!(why.contains("llm.py, which they change too: the file has changed since"), "{why}");
    assert_eq!((case.text("a.py"), case.text("llm.py")), (script, edited));
    // Put back by other means: nothing is left to do there.
    std::fs::write(case.path("llm.py"), HELPER).unwrap();
    case.undone(&["1.1"]);
    assert_eq!((case.text("a.py"), case.text("llm.py")), (SCRIPT.into(), HELPER.into()));
    // A file that is gone is said, too.
    case.apply(&case.plan("a.py", &[WRAP_ASK])).unwrap();
    std::fs::remove_file(case.path("llm.py")).unwrap();
    let why = case.refused(&[]);
    assert!(why.contains("llm.py, which they change too: the file is gone"), "{why}");
}

#[test]
fn a_file_with_a_patch_of_its_own_takes_those_of_others_along() {
    let looping =
        format!("{HELPER}\n\ndef all():\n    for name in open(\"n\").read().split():\n        print(age(name))\n");
    let case = Case::new(&[("a.py", SCRIPT), ("llm.py", &looping)]);
    let (a, own) = (case.plan("a.py", &[WRAP_ASK]), case.plan("llm.py", &[]));
    case.apply(&a).unwrap();
    let wrapped_only = case.text("llm.py");
    case.apply(&own).unwrap();
    let both = case.text("llm.py");
    assert!(both.contains("ahead(") && both.contains(WRAP_ASK.1), "{both}");
    assert_eq!(both.matches("from perfmod_runtime import").count(), 1, "{both}");
    // Either may go first.
    case.undone(&["2.1"]);
    assert_eq!(case.text("llm.py"), wrapped_only);
    case.undone(&["1.1"]);
    assert_eq!(case.text("llm.py"), looping);
    case.apply(&own).unwrap();
    let own_only = case.text("llm.py");
    case.apply(&a).unwrap();
    assert_eq!(case.text("llm.py"), both);
    case.undone(&["6.1"]);
    assert_eq!((case.text("llm.py"), case.text("a.py")), (own_only, SCRIPT.into()));
}

#[test]
fn journals_of_one_file_patches_are_as_they_were() {
    let case = two();
    case.apply(&case.plan("a.py", &[])).unwrap();
    case.apply(&case.plan("b.py", &[WRAP_ASK])).unwrap();
    let entry = |n: usize| -> serde_json::Value {
        let path = case.folder.path().join(format!(".perfmod/journal/{n:06}.json"));
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    };
    let (one, two) = (entry(1), entry(2));
    assert_eq!((&one["version"], &two["version"]), (&1.into(), &2.into()));
    assert!(one.get("bases").is_none() && one["patches"][0].get("others").is_none());
    assert!(one["patches"][0]["plan"].get("others").is_none());
    assert_eq!(two["patches"][0]["others"], serde_json::json!(["llm.py"]));
    // Named as the journal names files: a project that is moved has its way back.
    assert!(two["patches"][0]["plan"]["others"].get("llm.py").is_some(), "{two}");
    let moved = case.folder.path().with_file_name(format!("{}-moved", std::process::id()));
    std::fs::rename(case.folder.path(), &moved).unwrap();
    let mut journal = Journal::open(&moved, Duration::ZERO).unwrap();
    let done = case.engine.undo(&mut journal, &["2.1".to_string()]).unwrap();
    drop(journal);
    assert!(matches!(&done[..], [Undone::Done { .. }]), "{done:?}");
    let read = |name: &str| std::fs::read_to_string(Path::new(&moved).join(name)).unwrap();
    assert_eq!((read("b.py"), read("llm.py")), (SCRIPT.into(), HELPER.into()));
    std::fs::remove_dir_all(moved).unwrap();
}
