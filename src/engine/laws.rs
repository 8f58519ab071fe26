//! The laws, over the cases of a recipe: perfmod's own and those of users.
//!
//! A recipe's folder has `cases/` with `transform` (a `ready` patch), `care` (a patch with cautions) and `keep` (no patch; a
//! comment `# keep: PM101` names the codes, `# keep: nothing` says that no site is seen). Every case that is transformed has
//! a look-alike of its name in `keep`. Of a recipe that adds to the patches of others, `keep` is what it adds nothing to. A
//! case with a comment `# on request` is for a recipe that the user has named.

use super::{Engine, EngineError, FilePlan};
use crate::apply::{self, Change};
use crate::facts::Status;
use crate::model::python::command_line::Flag;
use crate::project::python::{self, Interpreter, PythonError};
use crate::syntax::python::Call;
use crate::syntax::{Language, Newline, Node, Source, ancestors, walk};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The folders of cases.
const KINDS: [&str; 3] = ["transform", "care", "keep"];

/// A program of a recipe's.
#[derive(Debug, Clone)]
pub struct Case {
    /// `transform`, `care` or `keep`.
    pub kind: String,
    /// Its file's name, without the ending.
    pub name: String,
    /// Its text.
    pub bytes: Vec<u8>,
    /// The recipe whose case it is.
    pub recipe: String,
}

impl Case {
    /// Whether it is for a recipe that the user has named.
    pub fn is_on_request(&self) -> bool {
        String::from_utf8_lossy(&self.bytes).lines().any(|l| l.trim_end() == "# on request")
    }
}

/// What became of a case.
#[derive(Debug, Clone, Default)]
pub struct Judged {
    /// The sites and the diff, for a person.
    pub shown: String,
    /// The laws that do not hold, one sentence each.
    pub broken: Vec<String>,
    /// The case after each of its patches alone, and after all of them.
    pub results: Vec<Vec<u8>>,
}

/// The cases of a recipe's folder, in the order of their names.
///
/// # Errors
/// What cannot be read, or is no case.
pub fn cases(recipe: &Path) -> Result<Vec<Case>, String> {
    let mut out = Vec::new();
    let whole = std::fs::canonicalize(recipe).unwrap_or_else(|_| recipe.to_path_buf());
    let recipe_name = whole.file_name().unwrap_or_default().to_string_lossy().into_owned();
    for kind in sorted(&recipe.join("cases"))? {
        let name = kind.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !KINDS.contains(&name.as_str()) {
            return Err(format!("{}: not one of the kinds of cases: {}", kind.display(), KINDS.join(", ")));
        }
        for path in sorted(&kind)? {
            let bytes = std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            let file = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            out.push(Case { kind: name.clone(), name: file, bytes, recipe: recipe_name.clone() });
        }
    }
    Ok(out)
}

fn sorted(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let told = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut out: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(told)? {
        out.push(entry.map_err(told)?.path());
    }
    out.sort();
    Ok(out)
}

/// The cases that are transformed and have no look-alike that stays.
pub fn without_look_alike(cases: &[Case]) -> Vec<&Case> {
    let twin = |case: &Case, kept: &Case| {
        let first = kept.name.split('_').next().unwrap_or_default();
        kept.name == case.name
            || kept.name.starts_with(&format!("{}_", case.name))
            || case.kind == "care" && case.name.starts_with(first)
    };
    let kept = || cases.iter().filter(|case| case.kind == "keep");
    cases.iter().filter(|case| case.kind != "keep" && !kept().any(|k| twin(case, k))).collect()
}

/// Why the interpreter does not take results, one sentence for each that it does not.
///
/// # Errors
/// Where the interpreter cannot be asked.
pub fn not_compiled(python: &Interpreter, results: &[(String, Vec<u8>)]) -> Result<Vec<String>, PythonError> {
    let inputs: Vec<(&str, &[u8])> = results.iter().map(|(name, text)| (name.as_str(), text.as_slice())).collect();
    let answers = python::compile_check(python, &inputs)?;
    let wrong = results.iter().zip(answers).filter_map(|((name, _), answer)| Some((name, answer?)));
    Ok(wrong.map(|(name, error)| format!("{name}: the result does not compile: {}", error.message)).collect())
}

impl Engine {
    /// What the recipes in use make of a case, and the laws that this breaks. `folder` is a place to work in.
    ///
    /// # Errors
    /// Where the place cannot be used.
    pub fn try_case(&self, case: &Case, folder: &Path) -> Result<Judged, EngineError> {
        let file = self.plan_of(&case.bytes, folder)?;
        let mut out = Judged::default();
        if let Some(problem) = &file.error {
            out.broken.push(format!("it cannot be processed: {} {}", problem.code, problem.message));
            return Ok(out);
        }
        out.shown = sites(&file);
        let adds = self.recipes.iter().any(|r| r.adds && r.id == case.recipe);
        let used = file.sites.iter().any(|s| s.recipes.contains(&case.recipe));
        if case.kind == "keep" {
            if if adds { used } else { !file.patches.is_empty() } {
                out.broken.push("it must stay as it is, and is rewritten".into());
            }
            kept(case, &file, &mut out.broken);
            if !adds {
                return Ok(out);
            }
        } else if !used && !file.patches.is_empty() {
            out.broken.push(format!("`{}` has no part in what is rewritten", case.recipe));
        }
        if case.kind == "keep" && file.patches.is_empty() {
            return Ok(out);
        }
        let wanted = if case.kind == "care" { Status::Care } else { Status::Ready };
        if file.patches.is_empty() {
            out.broken.push("it must be rewritten, and is not".into());
            return Ok(out);
        }
        // A retry loop in a helper is a site of its own, and stays.
        let fits = |s: &Status| *s == Status::Blocked || *s == wanted || case.kind == "keep";
        for site in file.sites.iter().filter(|s| !fits(&s.status)) {
            out.broken.push(format!("line {}: the site must be {wanted:?}, and is {:?}", site.line, site.status));
        }
        let all: Vec<usize> = (0..file.patches.len()).collect();
        for chosen in all.iter().map(std::slice::from_ref).chain([all.as_slice()]) {
            match self.changes(&file, chosen).map(|changes| changes.own) {
                Ok(Some(change)) => out.results.push(change.after),
                Ok(None) => out.broken.push("a patch changes nothing".into()),
                Err(problem) => out.broken.push(format!("a patch cannot be made: {}", problem.message)),
            }
        }
        if let Some(result) = out.results.last().filter(|_| out.broken.is_empty()) {
            laws(&case.bytes, result, &mut out.broken)?;
            let again = self.plan_of(result, folder)?;
            if let Some(patch) = again.patches.first() {
                let line = again.sites[patch.site].line;
                out.broken.push(format!("the result would be rewritten again, at line {line}"));
            }
            let change = Change {
                path: folder.join(CASE),
                shown: CASE.into(),
                before: Some(case.bytes.clone()),
                after: result.clone(),
            };
            out.shown.push('\n');
            out.shown.push_str(&escape(&apply::unified(&change)));
        }
        Ok(out)
    }

    fn plan_of(&self, bytes: &[u8], folder: &Path) -> Result<FilePlan, EngineError> {
        let path = folder.join(CASE);
        std::fs::write(&path, bytes).map_err(|e| EngineError::Version(format!("{}: {e}", path.display())))?;
        let outcome = self.check(std::slice::from_ref(&path))?;
        let missing = || EngineError::Version(format!("{}: it was not looked at", path.display()));
        outcome.files.into_iter().next().ok_or_else(missing)
    }
}

const CASE: &str = "case.py";

/// What was found in a case.
fn sites(file: &FilePlan) -> String {
    let mut out = String::new();
    for note in &file.notes {
        out.push_str(&format!("note {} line {}: {}\n", note.code, note.line.unwrap_or(0), note.message));
    }
    for site in &file.sites {
        out.push_str(&format!("line {}: {:?} {}\n", site.line, site.status, site.call));
        if !site.recipes.is_empty() {
            out.push_str(&format!("  {}\n", site.recipes.join(", ")));
        }
        if let Some(reason) = &site.options_reason {
            out.push_str(&format!("  options: {reason}\n"));
        }
        for c in &site.cautions {
            out.push_str(&format!("  caution {} line {}: {}\n", c.code, c.span.line, c.message));
        }
        for a in &site.assumptions {
            out.push_str(&format!("  assumed {a}\n"));
        }
        for o in &site.obstacles {
            let other = o.other_span.as_ref().map(|p| format!(" and {}:{}", p.line, p.column)).unwrap_or_default();
            out.push_str(&format!(
                "  {} {}:{}{other}: {}\n    help: {}\n",
                o.code, o.span.line, o.span.column, o.message, o.help
            ));
        }
    }
    out
}

/// A case that stays says why, and stays for that reason.
fn kept(case: &Case, file: &FilePlan, broken: &mut Vec<String>) {
    let text = String::from_utf8_lossy(&case.bytes);
    let comment = text.trim_start_matches('\u{feff}').lines().find_map(|l| l.trim_end().strip_prefix("# keep: "));
    let Some(expected) = comment else {
        broken.push("it has no comment `# keep: CODE`, `# keep: \"words\"` or `# keep: nothing`".into());
        return;
    };
    if let Some(words) = expected.strip_prefix('"').and_then(|e| e.strip_suffix('"')) {
        let reasons: Vec<&str> = file.sites.iter().filter_map(|s| s.options_reason.as_deref()).collect();
        if !reasons.iter().any(|reason| reason.contains(words)) {
            broken.push(format!("the command line must stay because of {expected}, and it is told: {reasons:?}"));
        }
        return;
    }
    if expected == "nothing" {
        if file.patches.is_empty() && !file.sites.is_empty() {
            broken.push("no site must be seen in it, and one is".into());
        }
        return;
    }
    // A site that may be staged and that no recipe writes yet says so in a caution.
    let codes: Vec<String> = file
        .sites
        .iter()
        .flat_map(|s| s.obstacles.iter().map(|o| o.code).chain(s.cautions.iter().map(|c| c.code)))
        .chain(file.notes.iter().map(|n| n.code))
        .map(|code| code.to_string())
        .collect();
    for code in expected.split(", ").filter(|code| !codes.iter().any(|c| c == code)) {
        let found = if codes.is_empty() { "no code".to_owned() } else { codes.join(", ") };
        broken.push(format!("it must stay because of {code}, and {found} was found"));
    }
}

fn counted(source: &Source, kind: &str) -> BTreeMap<String, usize> {
    let mut out = BTreeMap::new();
    for node in walk(source.root()).filter(|n| n.kind() == kind) {
        *out.entry(source.of(node).trim_end().to_string()).or_default() += 1;
    }
    out
}

fn read(bytes: &[u8]) -> Result<Source, EngineError> {
    Source::from_bytes(CASE.as_ref(), bytes, Language::Python).map_err(|error| EngineError::Version(error.to_string()))
}

/// Whether a string literal stands where an option of the runtime is added to a command line, or names a checkpoint.
fn is_of_option(source: &Source, string: Node<'_>) -> bool {
    let keyword = string.parent().filter(|p| p.kind() == "keyword_argument");
    if keyword.and_then(|k| k.child_by_field_name("name")).is_some_and(|n| source.of(n) == "checkpoint") {
        return true;
    }
    let named =
        |text: &str| Flag::ALL.iter().any(|f| text.trim_matches(['"', '\'', '-']).replace('-', "_") == f.name());
    ancestors(string).any(|node| {
        let name = match node.kind() {
            "call" => Call(node).args().next(),
            "typed_default_parameter" => node.child_by_field_name("name"),
            _ => None,
        };
        name.is_some_and(|n| named(source.of(n)))
    })
}

/// What must hold of any result.
fn laws(before: &[u8], result: &[u8], broken: &mut Vec<String>) -> Result<(), EngineError> {
    let (old, new) = (read(before)?, read(result)?);
    let mut law = |holds: bool, otherwise: String| {
        if !holds {
            broken.push(otherwise);
        }
    };
    // Those of a repeated statement may stand twice.
    let there = counted(&new, "comment");
    for (comment, n) in counted(&old, "comment") {
        law(there.get(&comment).copied().unwrap_or(0) >= n, format!("a comment is lost: {comment}"));
    }
    // String literals keep their bytes, none is lost and none is made.
    let (strings, made) = (counted(&old, "string"), counted(&new, "string"));
    for (string, n) in &strings {
        law(made.get(string).copied().unwrap_or(0) >= *n, format!("a string literal is lost or changed: {string}"));
    }
    for string in made.keys().filter(|s| !strings.contains_key(*s)) {
        let node = walk(new.root()).find(|n| n.kind() == "string" && new.of(*n).trim_end() == string);
        law(node.is_some_and(|n| is_of_option(&new, n)), format!("a string literal is made: {string}"));
    }
    law(
        (old.newline, old.bom, old.encoding) == (new.newline, new.bom, new.encoding),
        "another encoding, byte order mark or kind of newlines".into(),
    );
    law(old.indent == new.indent, "another indentation".into());
    law(!old.final_newline || new.final_newline, "the last newline is lost".into());
    let bare = new.text.replace("\r\n", "").matches('\n').count();
    let expected = if old.newline == Newline::CrLf { 0 } else { new.text.matches('\n').count() };
    law(bare == expected, "mixed newlines".into());
    let old_lines: Vec<&str> = old.text.lines().collect();
    for line in new.text.lines().filter(|l| !old_lines.contains(l)) {
        law(line.trim_end() == line, format!("white space at the end of a new line: {line:?}"));
        law(old.indent != "\t" || !line.starts_with("    "), format!("spaces in a file with tabs: {line:?}"));
    }
    Ok(())
}

/// Carriage returns and bytes that are not UTF-8, so that they can be seen.
fn escape(diff: &[u8]) -> String {
    let chunk = |c: std::str::Utf8Chunk<'_>| {
        let invalid: String = c.invalid().iter().map(|b| format!("\\x{b:02x}")).collect();
        format!("{}{invalid}", c.valid().replace('\r', "␍"))
    };
    diff.utf8_chunks().map(chunk).collect()
}
