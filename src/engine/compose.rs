//! What patches change, file by file: composed from the texts that were read.

use super::plan::{FilePlan, problem};
use super::{Engine, RuntimeChoice, on_deep_stack, place};
use crate::apply::Change;
use crate::facts::{Code, EditSet, Problem};
use crate::model::python::Program;
use crate::model::python::command_line::Flag;
use crate::project::files::located;
use crate::rewrite::python::{Import, Piece, Plan, compose, compose_pieces};
use crate::syntax::Source;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The files that some patches of a script change.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// The runtime module, where it is to be put in place.
    pub runtime: Option<Change>,
    /// Other files of the project.
    pub others: Vec<Change>,
    /// The script; none where there is no patch.
    pub own: Option<Change>,
}

impl Changes {
    /// All of them in the order in which they are written: what is imported is in place before what imports it.
    pub fn all(&self) -> impl Iterator<Item = &Change> {
        self.runtime.iter().chain(&self.others).chain(&self.own)
    }
}

/// The edits of some patches of a script.
pub(super) struct Composed {
    pub own: EditSet,
    /// In other files, by their paths.
    pub others: Vec<(PathBuf, EditSet)>,
    pub runtime: Option<Change>,
}

impl FilePlan {
    /// The other files of the project that some of its patches change.
    pub fn others_of(&self, chosen: &[usize]) -> BTreeSet<&Path> {
        let patches = chosen.iter().filter_map(|&at| self.patches.get(at));
        patches.flat_map(|patch| patch.plan.others.keys().map(PathBuf::as_path)).collect()
    }

    fn plans(&self, chosen: &[usize]) -> Vec<&Plan> {
        chosen.iter().filter_map(|&at| self.patches.get(at)).map(|patch| &patch.plan).collect()
    }

    /// The text of a file of its patches as it was read: its own, or another's.
    pub(super) fn source_of(&self, path: &Path) -> Result<&Source, Problem> {
        let found = if path == self.path { self.source.as_ref() } else { self.others.get(path) };
        found.ok_or_else(|| Problem {
            code: Code::UNREADABLE,
            message: format!("{} was not read", path.display()),
            line: None,
        })
    }

    /// What some of its patches change in one file.
    pub(super) fn pieces(&self, path: &Path, chosen: &[usize]) -> Vec<Piece<'_>> {
        let own = path == self.path;
        self.plans(chosen).into_iter().filter_map(|p| if own { Some(p.own()) } else { p.in_other(path) }).collect()
    }
}

pub(super) fn trouble(message: String) -> Problem {
    Problem { code: Code::NOT_ANALYSED, message, line: None }
}

impl Engine {
    /// The edits of some patches of a file, and the change to the runtime module that they need.
    pub(super) fn composed(&self, file: &FilePlan, chosen: &[usize]) -> Result<Composed, Problem> {
        let source = file.source_of(&file.path)?;
        let touched = file.others_of(chosen);
        let sources = touched.iter().map(|path| file.source_of(path)).collect::<Result<Vec<_>, _>>()?;
        let program = Program::new(&self.catalog, [source].into_iter().chain(sources));
        let view = |path: &Path| {
            program.file(path).ok_or_else(|| trouble(format!("{}: the code nests too deeply", path.display())))
        };
        let plans = file.plans(chosen);
        let own = compose(view(&file.path)?, &plans).map_err(|e| trouble(e.to_string()))?;
        let mut others = Vec::new();
        for path in touched {
            let told = |e: &dyn std::fmt::Display| trouble(format!("{}: {e}", place::shown_from(file, path)));
            let edits = compose_pieces(view(path)?, &file.pieces(path, chosen)).map_err(|e| told(&e))?;
            others.push((path.to_path_buf(), edits));
        }
        let needs_runtime = plans.iter().any(|plan| plan.needs_runtime());
        let vendored = needs_runtime && self.options.runtime == RuntimeChoice::Vendor;
        let runtime = if vendored { self.runtime_change(file)? } else { None };
        Ok(Composed { own, others, runtime })
    }

    pub(super) fn compose(&self, file: &FilePlan, chosen: &[usize]) -> Result<Changes, Problem> {
        if chosen.is_empty() {
            return Ok(Changes::default());
        }
        let Composed { own, others, runtime } = self.composed(file, chosen)?;
        let change = |path: &Path, shown: String, edits: &EditSet| {
            let source = file.source_of(path)?;
            let before = source.encode(&source.text).map_err(problem)?;
            let after = source.encode(&edits.apply(&source.text)).map_err(problem)?;
            Ok::<_, Problem>(Change { path: path.to_path_buf(), shown, before: Some(before), after })
        };
        let own = change(&file.path, file.shown.clone(), &own)?;
        let others = others.iter().map(|(path, edits)| change(path, place::shown_from(file, path), edits));
        Ok(Changes { runtime, others: others.collect::<Result<_, _>>()?, own: Some(own) })
    }

    /// The bytes of a file with what some plans, of whatever scripts, change in it.
    pub(super) fn with_pieces(&self, source: &Source, pieces: &[Piece<'_>]) -> Result<Vec<u8>, Problem> {
        let edits = on_deep_stack(|| {
            let program = Program::new(&self.catalog, [source]);
            let view = program.file(&source.path).ok_or_else(|| trouble("the code nests too deeply".into()))?;
            compose_pieces(view, pieces).map_err(|e| trouble(e.to_string()))
        })?;
        source.encode(&edits.apply(&source.text)).map_err(problem)
    }
}

/// What patches of several scripts change, of which more than one may change the same file.
#[derive(Default)]
pub struct Together {
    files: BTreeMap<PathBuf, Touched>,
    runtimes: BTreeMap<PathBuf, Change>,
}

/// What a plan changes in one file, kept.
#[derive(Clone)]
struct Owned {
    by: String,
    edits: EditSet,
    imports: BTreeSet<Import>,
    flags: BTreeSet<Flag>,
    seen: bool,
}

impl Owned {
    fn of(piece: &Piece<'_>) -> Self {
        Self {
            by: piece.by.to_string(),
            edits: piece.edits.clone(),
            imports: piece.imports.clone(),
            flags: piece.flags.clone(),
            seen: piece.seen,
        }
    }

    fn piece(&self) -> Piece<'_> {
        Piece { by: &self.by, edits: &self.edits, imports: &self.imports, flags: &self.flags, seen: self.seen }
    }
}

/// One file with all that changes in it.
#[derive(Clone)]
struct Touched {
    source: Source,
    pieces: Vec<Owned>,
    change: Change,
}

impl Together {
    /// Adds patches of a script.
    ///
    /// # Errors
    /// Where they cannot be made together, or with those that are there; nothing is added then.
    pub fn add(&mut self, engine: &Engine, file: &FilePlan, chosen: &[usize]) -> Result<(), Problem> {
        let changes = engine.changes(file, chosen)?;
        let mut added: Vec<(PathBuf, Touched)> = Vec::new();
        for change in changes.others.iter().chain(&changes.own) {
            let pieces = file.pieces(&change.path, chosen);
            let owned = pieces.iter().map(Owned::of);
            let key = located(&change.path);
            let touched = match self.files.get(&key) {
                None => Touched {
                    source: file.source_of(&change.path)?.clone(),
                    pieces: owned.collect(),
                    change: change.clone(),
                },
                Some(there) if there.change.before != change.before => {
                    return Err(trouble(format!("{} has changed while it was looked at", change.shown)));
                }
                Some(there) => {
                    let mut touched = there.clone();
                    touched.pieces.extend(owned);
                    let borrowed = touched.pieces.iter().map(Owned::piece);
                    touched.change.after = engine.with_pieces(&there.source, &borrowed.collect::<Vec<_>>())?;
                    touched
                }
            };
            added.push((key, touched));
        }
        self.files.extend(added);
        self.runtimes.extend(changes.runtime.map(|change| (located(&change.path), change)));
        Ok(())
    }

    /// The changes, each file once: in the order of the paths, runtime modules last.
    pub fn changes(&self) -> impl Iterator<Item = &Change> {
        self.files.values().map(|touched| &touched.change).chain(self.runtimes.values())
    }
}
