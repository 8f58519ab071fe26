//! Applied, and taken back: patches become steps of a project's journal.

use super::plan::{FilePlan, problem};
use super::{Engine, RUNTIME_FILE, RuntimeChoice};
use crate::apply::journal::hash;
use crate::apply::{
    Change, Journal, JournalError, Layer, Notes, Recorded, Standing, Step, Write, WriteError, is_still, write_all,
};
use crate::facts::Problem;
use crate::project::files::located;
use crate::rewrite::python::{Piece, Plan, RUNTIME_MODULE};
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
        let refuse = |p: Problem| ApplyError::Compose(p.message);
        let all: Vec<usize> = applied.iter().chain(more).copied().collect();
        let changes = self.changes(file, &all).map_err(refuse)?;
        if changes.own.is_none() {
            let root = journal.root().into();
            return Ok(Applied { root, ids: Vec::new(), written: Vec::new(), notes: Vec::new() });
        }
        let layers = journal.layers();
        let mut writes: Vec<Write> = Vec::new();
        let runtime = changes.runtime.into_iter();
        writes.extend(runtime.map(|c| Write { path: c.path, before: c.before, after: Some(c.after), base: None }));
        for change in changes.others.into_iter().chain(changes.own) {
            let source = file.source_of(&change.path).map_err(refuse)?;
            writes.push(self.on_top(journal, &layers, source, &file.pieces(&change.path, &all), change)?);
        }
        self.write(journal, file, more, &writes)
    }

    /// The write of a change. What perfmod itself has made of the file since it was read, for another script or in the same
    /// conversation, stays in it: the patches are composed together.
    fn on_top(
        &self,
        journal: &Journal,
        layers: &[Layer],
        source: &Source,
        pieces: &[Piece<'_>],
        change: Change,
    ) -> Result<Write, ApplyError> {
        let name = journal.name(&std::fs::canonicalize(&change.path).unwrap_or_else(|_| change.path.clone()));
        let base = change.before.clone().unwrap_or_default();
        let now = std::fs::read(&change.path).unwrap_or_default();
        let (read, found) = (hash(&base), hash(&now));
        let top = layers.iter().rfind(|l| l.file == name);
        let Some(layer) = top.filter(|l| l.base == read && l.after == found && l.after != l.base) else {
            return Ok(Write { path: change.path, before: change.before, after: Some(change.after), base: Some(base) });
        };
        let told = |why: String| ApplyError::Compose(format!("{}: {why}", change.shown));
        let plans = layer.live.iter().map(plan_of).collect::<Result<Vec<_>, _>>().map_err(told)?;
        let standing = layer.live.iter().zip(&plans).filter_map(|(standing, plan)| piece_of(standing, plan, &name));
        let together: Vec<Piece<'_>> = standing.chain(pieces.iter().copied()).collect();
        let after = self.with_pieces(source, &together).map_err(|p| told(p.message))?;
        Ok(Write { path: change.path, before: Some(now), after: Some(after), base: Some(base) })
    }

    fn write(
        &self,
        journal: &mut Journal,
        file: &FilePlan,
        patches: &[usize],
        writes: &[Write],
    ) -> Result<Applied, ApplyError> {
        let runtime = (self.options.runtime == RuntimeChoice::Vendor).then(|| self.runtime_place(file));
        let mut recorded = Vec::new();
        for (n, &at) in patches.iter().enumerate() {
            let Some(patch) = file.patches.get(at) else { continue };
            let site = &file.sites[patch.site];
            let plan = patch.plan.clone().renamed(&|path| journal.name(&real(path)).into());
            recorded.push(Recorded {
                id: journal.next_id(n),
                recipe: patch.plan.by.clone(),
                what: format!("`{}` in {}", site.call, site.function),
                line: site.line,
                runtime: runtime.as_ref().filter(|_| plan.needs_runtime()).map(|path| journal.name(&real(path))),
                others: plan.others.keys().map(|name| name.to_string_lossy().into_owned()).collect(),
                plan: serde_json::to_value(&plan).map_err(|e| ApplyError::Compose(e.to_string()))?,
            });
        }
        let ids = recorded.iter().map(|r| r.id.clone()).collect();
        let notes = write_all(journal, writes, Step::Apply(recorded))?;
        let written = writes.iter().map(|w| w.path.clone()).collect();
        Ok(Applied { root: journal.root().into(), ids, written, notes })
    }

    /// Takes patches back, and those that were applied on top of them. Without ids: those of the last run that has any.
    ///
    /// # Errors
    /// Where an id is not that of a patch which stands, or the journal cannot be read.
    pub fn undo(&self, journal: &mut Journal, ids: &[String]) -> Result<Vec<Undone>, ApplyError> {
        let layers = journal.layers();
        let live = || layers.iter().flat_map(Layer::own);
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
        let scripts: BTreeSet<&str> =
            layers.iter().filter(|l| l.own().any(|p| wanted.contains(&p.id))).map(|l| l.file.as_str()).collect();
        let mut out = Vec::new();
        for script in scripts {
            // Anew for each: a runtime may be without users only now.
            let layers = journal.layers();
            out.extend(self.undo_in(journal, script, &layers, &wanted)?);
        }
        Ok(out)
    }

    /// Takes the wanted patches of a script back, with what stands on them; none where they went with those of another.
    fn undo_in(
        &self,
        journal: &mut Journal,
        script: &str,
        layers: &[Layer],
        wanted: &BTreeSet<String>,
    ) -> Result<Option<Undone>, ApplyError> {
        let gone = gone_with(journal, layers, script, wanted);
        let mut going: Vec<&Standing> = Vec::new();
        for standing in layers.iter().flat_map(|l| &l.live).filter(|p| gone.contains(p.patch.id.as_str())) {
            if !going.iter().any(|there| there.patch.id == standing.patch.id) {
                going.push(standing);
            }
        }
        if going.is_empty() {
            return Ok(None);
        }
        let ids: Vec<String> = going.iter().map(|p| p.patch.id.clone()).collect();
        let mut scripts: Vec<&str> = vec![script];
        going.iter().for_each(|p| {
            if !scripts.contains(&p.script.as_str()) {
                scripts.push(&p.script);
            }
        });
        let scripts = scripts.join(", ");
        let dependents = ids.iter().filter(|id| !wanted.contains(*id)).cloned().collect();
        let (mut notes, mut writes) = (Vec::new(), Vec::new());
        for pile in piles(layers, &gone) {
            let write = match self.without(journal, &pile, &gone)? {
                Ok(write) => write,
                Err(why) if pile.file == script => return Ok(Some(Undone::Refused { script: scripts, ids, why })),
                Err(why) => {
                    let why = format!("{}, which they change too: {why}", pile.file);
                    return Ok(Some(Undone::Refused { script: scripts, ids, why }));
                }
            };
            if !going.iter().any(|p| p.script == pile.file) {
                notes.push(match pile.stay(&gone).map(|p| p.patch.id.as_str()).collect::<Vec<_>>().as_slice() {
                    [] => format!("{} is put back with them", pile.file),
                    others => format!("{} keeps what {} needs", pile.file, others.join(", ")),
                });
            }
            // The script comes last.
            writes.insert(if pile.file == script { writes.len() } else { 0 }, write);
        }
        for runtime in going.iter().filter_map(|p| p.patch.runtime.as_deref()).collect::<BTreeSet<_>>() {
            let used = layers
                .iter()
                .flat_map(|l| &l.live)
                .any(|p| !gone.contains(p.patch.id.as_str()) && p.patch.runtime.as_deref() == Some(runtime));
            let place = journal.place(runtime);
            if used || !journal.made(runtime) {
                continue;
            }
            if let Some(other) = another_user(&place, &writes) {
                notes.push(format!("{runtime} stays: {} uses it", other.display()));
                continue;
            }
            let there = std::fs::read(&place).map_err(|source| WriteError::Io { path: place.clone(), source })?;
            writes.insert(0, Write { path: place, before: Some(there), after: None, base: None });
            notes.push(format!("{runtime} is taken away: nothing uses it any more"));
        }
        notes.extend(write_all(journal, &writes, Step::Undo(ids.clone()))?);
        Ok(Some(Undone::Done { script: scripts, ids, dependents, notes }))
    }

    /// The write that takes patches out of a file, or why it cannot be.
    fn without(
        &self,
        journal: &Journal,
        pile: &Pile<'_>,
        gone: &BTreeSet<&str>,
    ) -> Result<Result<Write, String>, ApplyError> {
        let path = journal.place(pile.file);
        let base = journal.kept(&pile.bottom.base)?;
        // Somebody has put the file back as it was before them: nothing is left to write there.
        if is_still(&path, &pile.bottom.base) {
            return Ok(Ok(Write { path, before: Some(base.clone()), after: Some(base.clone()), base: Some(base) }));
        }
        let between = pile.all().zip(pile.all().skip(1)).find(|(below, above)| below.after != above.base);
        if let Some((_, above)) = between {
            let later = above.live.first().map(|p| p.patch.id.as_str()).unwrap_or_default();
            return Ok(Err(format!(
                "the file was edited between them and {later}, and that would be lost; take back the later ones alone, and the others by hand"
            )));
        }
        let top = &pile.above.last().unwrap_or(&pile.bottom).after;
        if !is_still(&path, top) {
            return Ok(Err(match path.exists() {
                true => "the file has changed since the patches were applied; take them out by hand, or put the file back as it was and try again".into(),
                false => "the file is gone".into(),
            }));
        }
        let stay: Vec<&Standing> = pile.stay(gone).collect();
        let after = match stay.is_empty() {
            true => base.clone(),
            false => match self.compose_anew(pile.file, &path, &base, &stay) {
                Ok(after) => after,
                Err(why) => return Ok(Err(why)),
            },
        };
        Ok(Ok(Write { path, before: Some(journal.kept(top)?), after: Some(after), base: Some(base) }))
    }

    /// A file's bytes with some patches of a journal.
    fn compose_anew(&self, name: &str, path: &Path, base: &[u8], patches: &[&Standing]) -> Result<Vec<u8>, String> {
        let plans = patches.iter().map(|standing| plan_of(standing)).collect::<Result<Vec<_>, _>>()?;
        let source = Source::from_bytes(path, base, Language::Python).map_err(|e| problem(e).message)?;
        let pieces = patches.iter().zip(&plans).filter_map(|(standing, plan)| piece_of(standing, plan, name));
        self.with_pieces(&source, &pieces.collect::<Vec<_>>()).map_err(|p| p.message)
    }
}

/// The layers of one file from the lowest that loses a patch to the highest.
struct Pile<'l> {
    file: &'l str,
    bottom: &'l Layer,
    above: Vec<&'l Layer>,
}

impl<'l> Pile<'l> {
    fn all(&self) -> impl Iterator<Item = &'l Layer> {
        std::iter::once(self.bottom).chain(self.above.iter().copied())
    }

    /// The patches of the lowest that stand on.
    fn stay(&self, gone: &BTreeSet<&str>) -> impl Iterator<Item = &'l Standing> {
        self.bottom.live.iter().filter(|p| !gone.contains(p.patch.id.as_str()))
    }
}

/// The piles of all files that lose a patch, in the order in which these files were first changed.
fn piles<'l>(layers: &'l [Layer], gone: &BTreeSet<&str>) -> Vec<Pile<'l>> {
    let mut out: Vec<Pile<'l>> = Vec::new();
    for layer in layers {
        match out.iter_mut().find(|pile| pile.file == layer.file) {
            Some(pile) => pile.above.push(layer),
            None if layer.live.iter().any(|p| gone.contains(p.patch.id.as_str())) => {
                out.push(Pile { file: &layer.file, bottom: layer, above: Vec::new() });
            }
            None => {}
        }
    }
    out
}

/// The wanted patches of a script, and those that cannot stand without them: in any file that they change, all of the layers
/// above. Of a script that somebody has put back as it was, no patch is left.
fn gone_with<'l>(journal: &Journal, layers: &'l [Layer], script: &str, wanted: &BTreeSet<String>) -> BTreeSet<&'l str> {
    let id = |p: &'l Standing| p.patch.id.as_str();
    let standing = layers.iter().flat_map(|l| &l.live);
    let mut gone: BTreeSet<&str> =
        standing.filter(|p| p.script == script && wanted.contains(&p.patch.id)).map(id).collect();
    loop {
        let before = gone.len();
        for pile in piles(layers, &gone) {
            gone.extend(pile.above.iter().flat_map(|l| &l.live).map(id));
            if is_still(&journal.place(pile.file), &pile.bottom.base) {
                gone.extend(pile.bottom.live.iter().filter(|p| p.script == pile.file).map(id));
            }
        }
        if gone.len() == before {
            return gone;
        }
    }
}

/// A patch of a journal; its other files are named as there.
fn plan_of(standing: &Standing) -> Result<Plan, String> {
    let id = &standing.patch.id;
    if standing.patch.plan.is_null() {
        return Err(format!("patch {id} was edited by hand; run perfmod again"));
    }
    serde_json::from_value(standing.patch.plan.clone())
        .map_err(|e| format!("patch {id} in the journal is not readable: {e}"))
}

/// What a patch of a journal changes in a file.
fn piece_of<'p>(standing: &Standing, plan: &'p Plan, file: &str) -> Option<Piece<'p>> {
    if standing.script == file { Some(plan.own()) } else { plan.in_other(Path::new(file)) }
}

/// A path whose folder has no links in it.
fn real(path: &Path) -> PathBuf {
    let located = located(path);
    match (located.parent().and_then(|folder| std::fs::canonicalize(folder).ok()), located.file_name()) {
        (Some(folder), Some(name)) => folder.join(name),
        _ => located,
    }
}

/// A Python file below a runtime's folder that speaks of the runtime, now or when these writes are made.
fn another_user(runtime: &Path, writes: &[Write]) -> Option<PathBuf> {
    let folder = runtime.parent()?;
    let speaks = |text: &[u8]| text.windows(RUNTIME_MODULE.len()).any(|word| word == RUNTIME_MODULE.as_bytes());
    // Below another runtime, that one is meant.
    let own = |path: &Path| {
        let above = path.ancestors().skip(1).take_while(|dir| *dir != folder);
        !above.into_iter().any(|dir| dir.join(RUNTIME_FILE).exists())
    };
    let mut files = ignore::WalkBuilder::new(folder).standard_filters(false).build().flatten();
    let found = files.find(|entry| {
        let path = entry.path();
        own(path)
            && !entry.path_is_symlink()
            && path != runtime
            && path.extension().is_some_and(|ending| ending == "py" || ending == "ipynb")
            && match writes.iter().find(|write| write.path == path) {
                Some(write) => write.after.as_deref().is_some_and(speaks),
                None => std::fs::read(path).is_ok_and(|text| speaks(&text)),
            }
    })?;
    Some(found.path().strip_prefix(folder).unwrap_or(found.path()).to_path_buf())
}

impl Engine {
    pub(super) fn runtime_place(&self, file: &FilePlan) -> PathBuf {
        super::place::runtime_folder(file).join(RUNTIME_FILE)
    }
}
