//! A result that the user has changed by hand: parsed, compiled and run as the engine's own are.

use super::copied::Copied;
use super::plan::{FilePlan, problem};
use super::{Applied, ApplyError, Engine, Validate};
use crate::apply::{Journal, Recorded, Step, Write, write_all};
use crate::facts::Verdict;
use crate::project::config;
use crate::project::files::located;
use crate::project::python;
use crate::rewrite::python::RUNTIME_MODULE;
use crate::syntax::{Language, Source};
use crate::validate::{self, Program, Request};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

impl Engine {
    /// The bytes of a file with some of its patches, as text and with what it takes to write them.
    ///
    /// # Errors
    /// Where they cannot be made together.
    pub fn text_with(&self, file: &FilePlan, chosen: &[usize]) -> Result<String, String> {
        let Some(source) = &file.source else { return Err("the file was not read".into()) };
        let Some(own) = self.changes(file, chosen).map_err(|p| p.message)?.own else {
            return Ok(source.text.clone());
        };
        Source::from_bytes(&file.path, &own.after, Language::Python).map(|s| s.text.clone()).map_err(|e| e.message)
    }

    /// The other files that some patches of a file change, as reports show their paths: their texts before and with them.
    ///
    /// # Errors
    /// Where they cannot be made together.
    pub fn others_with(
        &self,
        file: &FilePlan,
        chosen: &[usize],
    ) -> Result<BTreeMap<PathBuf, (String, [String; 2])>, String> {
        let changes = self.changes(file, chosen).map_err(|p| p.message)?;
        let mut out = BTreeMap::new();
        for change in changes.others {
            let before = file.source_of(&change.path).map_err(|p| p.message)?.text.clone();
            let after = Source::from_bytes(&change.path, &change.after, Language::Python).map_err(|e| e.message)?;
            out.insert(change.path, (change.shown, [before, after.text]));
        }
        Ok(out)
    }

    /// Whether an edited text is a program, and does what the file did: the outcome of the runs, none where nothing is run.
    ///
    /// # Errors
    /// Why it is none: the line and what is wrong with it.
    pub fn check_edited(
        &self,
        file: &FilePlan,
        text: &str,
        log: &mut dyn FnMut(&str),
    ) -> Result<Option<validate::Outcome>, String> {
        let Some(source) = &file.source else { return Err("the file was not read".into()) };
        let (original, bytes) = (encode(source, &source.text)?, encode(source, text)?);
        Source::from_bytes(&file.path, &bytes, Language::Python).map_err(|e| {
            let line = e.line.map(|line| format!("line {line}: ")).unwrap_or_default();
            format!("{line}{}", e.message)
        })?;
        let found = python::find(&file.path, text, self.options.python.as_deref(), log);
        let Ok(interpreter) = found else { return Ok(None) };
        let told = python::compile_check(&interpreter, &[(file.shown.as_str(), bytes.as_slice())]);
        if let Some(error) = told.ok().and_then(|all| all.into_iter().next().flatten()) {
            let line = error.line.map(|line| format!("line {line}: ")).unwrap_or_default();
            return Err(format!("{line}{}", error.message));
        }
        if self.options.validate == Validate::Off {
            return Ok(None);
        }
        let copied = Copied::of(&file.path, text);
        let root = copied.root.clone();
        let absolute = located(&file.path);
        let Ok(script) = absolute.strip_prefix(&root) else { return Ok(None) };
        let mut rewritten = vec![(script.to_path_buf(), bytes)];
        if text.contains(RUNTIME_MODULE)
            && let Some(change) = self.runtime_change(file).map_err(|p| p.message)?
            && let Ok(at) = change.path.strip_prefix(&root)
        {
            rewritten.push((at.to_path_buf(), change.after));
        }
        let own = vec![(script.to_path_buf(), original)];
        let mut request = Request::new(&root, script, &interpreter, Program::of(own), Program::of(rewritten));
        let cwd = script.parent().unwrap_or(Path::new("")).to_path_buf();
        request.cwd = &cwd;
        request.args = &self.options.args;
        request.entry = &self.options.entry;
        request.schedules = self.options.schedules;
        request.timeout = self.options.timeout;
        request.tolerance = self.options.tolerance;
        request.answers = self.options.answers.clone();
        request.answers.stubs.extend(config::stubs(&file.path).map_err(|e| e.to_string())?);
        request.expects_cache = text.contains("cached");
        request.any_change = true;
        log(&format!("running {} and its edited version", file.shown));
        let mut outcome = validate::validate(&request, log);
        copied.tell(&mut outcome);
        Ok(Some(outcome))
    }

    /// Writes an edited text over a file in which `applied` stand already; it is one patch in the journal.
    ///
    /// # Errors
    /// Where a file has changed since it was read or cannot be written.
    pub fn apply_edited(
        &self,
        journal: &mut Journal,
        file: &FilePlan,
        applied: &[usize],
        at: usize,
        text: &str,
    ) -> Result<Applied, ApplyError> {
        let refuse = |why: String| ApplyError::Compose(why);
        let source = file.source.as_ref().ok_or_else(|| refuse("the file was not read".into()))?;
        let patch = file.patches.get(at).ok_or_else(|| refuse("there is no such patch".into()))?;
        let site = &file.sites[patch.site];
        let before = encode(source, &self.text_with(file, applied).map_err(refuse)?).map_err(refuse)?;
        let after = encode(source, text).map_err(refuse)?;
        let runtime = match text.contains(RUNTIME_MODULE) {
            true => self.runtime_change(file).map_err(|p| refuse(p.message))?,
            false => None,
        };
        let recorded = Recorded {
            id: journal.next_id(0),
            recipe: patch.plan.by.clone(),
            what: format!("`{}` in {}, edited by hand", site.call, site.function),
            line: site.line,
            runtime: text.contains(RUNTIME_MODULE).then(|| journal.name(&self.runtime_place(file))),
            // Composed with no other: it is taken back whole.
            plan: serde_json::Value::Null,
            others: Vec::new(),
        };
        let ids = vec![recorded.id.clone()];
        let runtime = runtime.into_iter();
        let mut writes: Vec<Write> =
            runtime.map(|c| Write { path: c.path, before: c.before, after: Some(c.after), base: None }).collect();
        let base = Some(before.clone());
        writes.push(Write { path: file.path.clone(), before: Some(before), after: Some(after), base });
        let notes = write_all(journal, &writes, Step::Apply(vec![recorded]))?;
        Ok(Applied { root: journal.root().into(), ids, written: writes.into_iter().map(|w| w.path).collect(), notes })
    }

    /// Runs some patches of a file by themselves that were run together with others so far.
    pub fn validate_alone(
        &self,
        file: &mut FilePlan,
        chosen: &[usize],
        log: &mut dyn FnMut(&str),
    ) -> Result<(), String> {
        let mut answers = self.options.answers.clone();
        answers.stubs.extend(config::stubs(&file.path).map_err(|e| e.to_string())?);
        self.gather_for(file, chosen, &answers, log);
        Ok(())
    }

    /// Whether a patch may be applied at all.
    pub fn may_apply(&self, file: &FilePlan, at: usize) -> bool {
        self.is_candidate(file, at) && file.sites[file.patches[at].site].verdict != Verdict::Refuted
    }
}

fn encode(source: &Source, text: &str) -> Result<Vec<u8>, String> {
    source.encode(text).map_err(|e| problem(e).message)
}
