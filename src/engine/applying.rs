//! Applied, and taken back: patches become steps of a project's journal.

use super::plan::{FilePlan, problem};
use super::{Engine, RUNTIME_FILE, RuntimeChoice, on_deep_stack};
use crate::apply::{
    Change, Journal, JournalError, Layer, Notes, Recorded, Step, Write, WriteError, is_still, write_all,
};
use crate::facts::{Code, Problem};
use crate::model::python::Program;
use crate::project::files::located;
use crate::rewrite::python::{Plan, RUNTIME_MODULE, compose};
use crate::syntax::{Language, Source};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Why patches were not applied or taken back.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The result cannot be composed.
    #[error("{0}")]
    Compose(String),
    /// The files cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl From<JournalError> for ApplyError {
    fn from(error: JournalError) -> Self {
        Self::Write(error.into())
    }
}

/// Patches that stand in the user's files now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The root of the project in whose journal they are.
    pub root: PathBuf,
    /// Their ids in the journal, in the order of the patches.
    pub ids: Vec<String>,
    /// The files that were written.
    pub written: Vec<PathBuf>,
    /// What the user should know.
    pub notes: Notes,
}

/// What became of one script when patches were to be taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undone {
    /// They are taken back.
    Done {
        /// The script, as in the journal.
        script: String,
        /// The patches.
        ids: Vec<String>,
        /// Those of them that nobody asked for, and which stood on top of the others.
        dependents: Vec<String>,
        /// What became of the runtime module, and links.
        notes: Notes,
    },
    /// They are left as they are.
    Refused {
        /// The script, as in the journal.
        script: String,
        /// The patches.
        ids: Vec<String>,
        /// Why, and what to do.
        why: String,
    },
}

impl Engine {
    /// Applies `more` patches of a file of which `applied` stand already. All of it happens or nothing.
    ///
    /// # Errors
    /// Where the patches cannot be made together, or a file has changed since it was read or cannot be written.
    pub fn apply(
        &self,
        journal: &mut Journal,
        file: &FilePlan,
        applied: &[usize],
        more: &[usize],
    ) -> Result<Applied, ApplyError> {
        let composed = |chosen: &[usize]| self.changes(file, chosen).map_err(|p| ApplyError::Compose(p.message));
        let all: Vec<usize> = applied.iter().chain(more).copied().collect();
        let mut changes = composed(&all)?;
        let before = composed(applied)?.pop();
        let Some(own) = changes.last_mut() else {
            return Ok(Applied {
                root: journal.root().into(),
                ids: Vec::new(),
                written: Vec::new(),
                notes: Vec::new(),
            });
        };
        let base = own.before.clone().unwrap_or_default();
        if let Some(before) = before {
            own.before = Some(before.after);
        }
        self.write(journal, file, more, &changes, base)
    }

    fn write(
        &self,
        journal: &mut Journal,
        file: &FilePlan,
        patches: &[usize],
        changes: &[Change],
        base: Vec<u8>,
    ) -> Result<Applied, ApplyError> {
        let runtime = (self.options.runtime == RuntimeChoice::Vendor).then(|| self.runtime_place(file));
        let mut recorded = Vec::new();
        for (n, &at) in patches.iter().enumerate() {
            let Some(patch) = file.patches.get(at) else { continue };
            let site = &file.sites[patch.site];
            let needs = patch.plan.imports.iter().any(|(module, _)| module == RUNTIME_MODULE);
            recorded.push(Recorded {
                id: journal.next_id(n),
                recipe: patch.plan.by.clone(),
                what: format!("`{}` in {}", site.call, site.function),
                line: site.line,
                runtime: runtime.as_ref().filter(|_| needs).map(|path| journal.name(&real(path))),
                plan: serde_json::to_value(&patch.plan).map_err(|e| ApplyError::Compose(e.to_string()))?,
            });
        }
        let ids = recorded.iter().map(|r| r.id.clone()).collect();
        let write = |c: &Change| Write { path: c.path.clone(), before: c.before.clone(), after: Some(c.after.clone()) };
        let writes: Vec<Write> = changes.iter().map(write).collect();
        let notes = write_all(journal, &writes, Step::Apply(recorded, base))?;
        Ok(Applied { root: journal.root().into(), ids, written: writes.into_iter().map(|w| w.path).collect(), notes })
    }

    /// Takes patches back, and those that were applied on top of them. Without ids: those of the last run that has any.
    ///
    /// # Errors
    /// Where an id is not that of a patch which stands, or the journal cannot be read.
    pub fn undo(&self, journal: &mut Journal, ids: &[String]) -> Result<Vec<Undone>, ApplyError> {
        let layers = journal.layers();
        let live = || layers.iter().flat_map(|l| &l.live);
        let wanted: BTreeSet<String> = if ids.is_empty() {
            let run = |p: &Recorded| p.id.split('.').next().and_then(|run| run.parse::<usize>().ok());
            let last = live().filter_map(run).max();
            live().filter(|p| run(p) == last).map(|p| p.id.clone()).collect()
        } else {
            if let Some(unknown) = ids.iter().find(|id| !live().any(|p| p.id == **id)) {
                return Err(ApplyError::Compose(format!(
                    "no patch {unknown} stands here; `perfmod undo --list` names those that do"
                )));
            }
            ids.iter().cloned().collect()
        };
        let scripts: BTreeSet<&str> = layers
            .iter()
            .filter(|l| l.live.iter().any(|p| wanted.contains(&p.id)))
            .map(|l| l.script.as_str())
            .collect();
        let mut out = Vec::new();
        for script in scripts {
            // Anew for each: a runtime may be without users only now.
            let layers = journal.layers();
            out.push(self.undo_in(journal, script, &layers, &wanted)?);
        }
        Ok(out)
    }

    fn undo_in(
        &self,
        journal: &mut Journal,
        script: &str,
        layers: &[Layer],
        wanted: &BTreeSet<String>,
    ) -> Result<Undone, ApplyError> {
        let own: Vec<&Layer> = layers.iter().filter(|l| l.script == script).collect();
        let is_wanted = |p: &&Recorded| wanted.contains(&p.id);
        let lowest = own.iter().position(|l| l.live.iter().any(|p| wanted.contains(&p.id))).unwrap_or(own.len());
        let Some((bottom, above)) = own[lowest..].split_first() else {
            return Ok(Undone::Refused { script: script.into(), ids: Vec::new(), why: "nothing stands here".into() });
        };
        let stay: Vec<&Recorded> = bottom.live.iter().filter(|p| !is_wanted(p)).collect();
        let gone: Vec<&Recorded> =
            bottom.live.iter().filter(is_wanted).chain(above.iter().flat_map(|l| &l.live)).collect();
        let told: Vec<String> = gone.iter().map(|p| p.id.clone()).collect();
        let refused = |why: String| Ok(Undone::Refused { script: script.into(), ids: told.clone(), why });
        let path = journal.place(script);
        let top = own.last().map(|l| l.after.clone()).unwrap_or_default();
        let between = own[lowest..].windows(2).find(|pair| pair[0].after != pair[1].base);
        if let (Some(pair), false) = (between, is_still(&path, &bottom.base)) {
            let later = pair[1].live.first().map(|p| p.id.as_str()).unwrap_or_default();
            return refused(format!(
                "the file was edited between them and {later}, and that would be lost; take back the later ones alone, and the others by hand"
            ));
        }
        // Somebody has put the file back as it was before them: nothing is left to write there.
        let is_back = is_still(&path, &bottom.base);
        let top = if is_back { bottom.base.clone() } else { top };
        let (stay, gone): (Vec<&Recorded>, Vec<&Recorded>) = match is_back {
            true => (Vec::new(), stay.into_iter().chain(gone).collect()),
            false => (stay, gone),
        };
        let ids: Vec<String> = gone.iter().map(|p| p.id.clone()).collect();
        let dependents = ids.iter().filter(|id| !wanted.contains(*id)).cloned().collect();
        if !is_still(&path, &top) {
            return refused(match path.exists() {
                true => "the file has changed since the patches were applied; take them out by hand, or put the file back as it was and try again".into(),
                false => "the file is gone".into(),
            });
        }
        let base = journal.kept(&bottom.base)?;
        let after = match stay.is_empty() {
            true => base,
            false => match on_deep_stack(|| self.compose_anew(&path, &base, &stay)) {
                Ok(after) => after,
                Err(problem) => return refused(problem.message),
            },
        };
        let before = journal.kept(&top)?;
        let mut notes = Vec::new();
        let mut writes = Vec::new();
        for runtime in gone.iter().filter_map(|p| p.runtime.as_deref()).collect::<BTreeSet<_>>() {
            let used = layers
                .iter()
                .flat_map(|l| &l.live)
                .any(|p| !ids.contains(&p.id) && p.runtime.as_deref() == Some(runtime));
            let place = journal.place(runtime);
            if used || !journal.made(runtime) {
                continue;
            }
            if let Some(other) = another_user(&place, &path) {
                notes.push(format!("{runtime} stays: {} uses it", other.display()));
                continue;
            }
            let there = std::fs::read(&place).map_err(|source| WriteError::Io { path: place.clone(), source })?;
            writes.push(Write { path: place, before: Some(there), after: None });
            notes.push(format!("{runtime} is taken away: nothing uses it any more"));
        }
        writes.push(Write { path, before: Some(before), after: Some(after) });
        notes.extend(write_all(journal, &writes, Step::Undo(ids.clone()))?);
        Ok(Undone::Done { script: script.into(), ids, dependents, notes })
    }

    /// A file's bytes with some patches of a journal.
    fn compose_anew(&self, path: &Path, base: &[u8], patches: &[&Recorded]) -> Result<Vec<u8>, Problem> {
        let trouble = |message: String| Problem { code: Code::NOT_ANALYSED, message, line: None };
        let plans =
            patches.iter().map(|p| serde_json::from_value::<Plan>(p.plan.clone())).collect::<Result<Vec<_>, _>>();
        let plans = plans.map_err(|e| trouble(format!("a patch in the journal is not readable: {e}")))?;
        let source = Source::from_bytes(path, base, Language::Python).map_err(problem)?;
        let program = Program::new(&self.catalog, [&source]);
        let view = program.file(path).ok_or_else(|| trouble("the code nests too deeply".into()))?;
        let edits = compose(view, &plans.iter().collect::<Vec<_>>()).map_err(|e| trouble(e.to_string()))?;
        source.encode(&edits.apply(&source.text)).map_err(problem)
    }
}

/// A path whose folder has no links in it.
fn real(path: &Path) -> PathBuf {
    let located = located(path);
    match (located.parent().and_then(|folder| std::fs::canonicalize(folder).ok()), located.file_name()) {
        (Some(folder), Some(name)) => folder.join(name),
        _ => located,
    }
}

/// A Python file below a runtime's folder, other than the script, that speaks of the runtime.
fn another_user(runtime: &Path, script: &Path) -> Option<PathBuf> {
    let folder = runtime.parent()?;
    // Below another runtime, that one is meant.
    let own = |path: &Path| {
        let above = path.ancestors().skip(1).take_while(|dir| *dir != folder);
        !above.into_iter().any(|dir| dir.join(RUNTIME_FILE).exists())
    };
    let mut files = ignore::WalkBuilder::new(folder).standard_filters(false).build().flatten();
    let found = files.find(|entry| {
        let path = entry.path();
        path != script
            && own(path)
            && !entry.path_is_symlink()
            && path != runtime
            && path.extension().is_some_and(|ending| ending == "py" || ending == "ipynb")
            && std::fs::read(path)
                .is_ok_and(|text| text.windows(RUNTIME_MODULE.len()).any(|word| word == RUNTIME_MODULE.as_bytes()))
    })?;
    Some(found.path().strip_prefix(folder).unwrap_or(found.path()).to_path_buf())
}

impl Engine {
    pub(super) fn runtime_place(&self, file: &FilePlan) -> PathBuf {
        super::place::runtime_folder(file).join(RUNTIME_FILE)
    }
}
