//! A whole repository, file by file, so that it can be stopped anywhere and gone on with.
//!
//! What was judged and what was applied is recorded before the run goes on. A run that resumes plans the repository anew,
//! which is cheap, and takes over what is recorded of files that are as they were; what was applied is in the journal.

use super::plan::{FilePlan, PatchPlan};
use super::{Engine, EngineError, STACK, Together};
use crate::apply::journal::{Hash, hash};
use crate::apply::{Journal, JournalError, Record, is_still, replace};
use crate::facts::{Code, FileReport, Problem, Report, Site, Status, Verdict};
use crate::project::config;
use crate::project::files::located;
use crate::project::git::Git;
use crate::project::parallel::in_parallel;
use crate::report::plural;
use crate::syntax::Source;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What goes into one commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CommitPer {
    /// One patch.
    Patch,
    /// All patches of a file.
    #[default]
    File,
    /// All patches of a recipe.
    Recipe,
}

/// What a migration is asked to do.
#[derive(Debug, Clone, Default)]
pub struct Migration {
    /// The folder.
    pub folder: PathBuf,
    /// Go on with a run that was ended.
    pub resume: bool,
    /// Forget a run that was ended.
    pub restart: bool,
    /// Write nothing.
    pub dry_run: bool,
    /// The share of the files that this machine takes: the I-th of N, from 1.
    pub shard: Option<(usize, usize)>,
    /// Commit to this branch.
    pub branch: Option<String>,
    /// What goes into one commit.
    pub per: CommitPer,
    /// Files whose programs run at once.
    pub jobs: usize,
}

/// What is told while a migration runs.
#[derive(Debug)]
pub enum Event<'a> {
    /// So many files have patches; so many of them were judged by an earlier run.
    Planned(usize, usize),
    /// What is going on.
    Log(&'a str),
    /// A file is through: its path, and what became of it.
    Done(&'a str, String),
}

/// What a migration has done.
#[derive(Debug)]
pub struct Migrated {
    /// The facts of the run, and of the runs that it went on with.
    pub report: Report,
    /// Files that could not be changed, and why.
    pub failed: Vec<(String, String)>,
    /// The patches that were applied, by their ids in the journal.
    pub ids: Vec<String>,
    /// Commits that were made.
    pub commits: usize,
    /// The changes of a dry run, each file once.
    pub changes: Vec<crate::apply::Change>,
}

/// Why a migration could not begin or go on.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The engine.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The record.
    #[error("the record {} cannot be used: {source}", path.display())]
    Record {
        /// The record.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// What was asked for does not fit what is there.
    #[error("{0}")]
    Refused(String),
}

/// A line of the record.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "lowercase")]
enum Line {
    /// The run has begun with these options.
    Begun { options: String, run: usize },
    /// A file was judged: its bytes, those of the other files that its patches change, and what was found.
    Judged {
        path: String,
        before: Hash,
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        others: BTreeMap<String, Hash>,
        wanted: usize,
        file: Box<FileReport>,
    },
    /// Its patches were applied, or not and why; the files are to be committed.
    Applied { path: String, ids: Vec<String>, files: Vec<String>, failed: Option<String> },
    /// These files were committed.
    Committed { files: Vec<String> },
}

/// What is recorded of a file.
#[derive(Debug, Default)]
struct Known {
    before: Hash,
    others: BTreeMap<String, Hash>,
    /// How many of its patches are to be applied.
    wanted: usize,
    file: Option<FileReport>,
    applied: Option<Vec<String>>,
    failed: Option<String>,
}

/// What is written while the files are judged, by whoever has judged one.
struct Writer<'a> {
    engine: &'a Engine,
    asked: &'a Migration,
    /// None in a dry run.
    store: Option<(Journal, Record)>,
    git: Option<Git>,
    /// What git tracks; with a branch, nothing else is changed.
    tracked: BTreeSet<PathBuf>,
    /// By the path below the folder.
    known: BTreeMap<String, Known>,
    /// Patches that a run applied before it was ended in the middle of a file.
    earlier: Vec<String>,
    /// Judged, and waiting for those in front of them.
    ready: BTreeMap<usize, FilePlan>,
    next: usize,
    /// Applied and not committed yet: the files, and a line for the message.
    pending: Vec<(PathBuf, String)>,
    commits: usize,
    /// What a dry run would change.
    together: Together,
    /// Why the run cannot go on.
    broken: Option<MigrateError>,
}

impl Engine {
    /// Rewrites a whole folder. `tell` hears what is going on, from several threads.
    ///
    /// # Errors
    /// Where the run cannot begin, or its record cannot be written. A file that cannot be processed is no error: the others
    /// are, and the answer names it.
    pub fn migrate(&self, asked: &Migration, tell: &(dyn Fn(&Event<'_>) + Sync)) -> Result<Migrated, MigrateError> {
        let begun = Instant::now();
        self.options.answers.check().map_err(EngineError::from)?;
        let mut writer = self.writer(asked, tell)?;
        let mut outcome = self.check_within(std::slice::from_ref(&asked.folder), Some(&asked.folder))?;
        outcome.patches = true;
        if let Some((this, of)) = asked.shard {
            outcome.files.retain(|file| shard_of(&asked.folder, &file.path, of) == this);
        }
        let (mut with_patches, without): (Vec<FilePlan>, Vec<FilePlan>) =
            std::mem::take(&mut outcome.files).into_iter().partition(|f| !f.patches.is_empty());
        writer.take_over(&mut with_patches);
        writer.commit_left();
        let judged = with_patches.iter().filter(|f| writer.is_judged(f)).count();
        tell(&Event::Planned(with_patches.len(), judged));
        let count = with_patches.len();
        let slots: Vec<Mutex<Option<FilePlan>>> = with_patches.into_iter().map(|f| Mutex::new(Some(f))).collect();
        let numbers: Vec<usize> = (0..count).collect();
        let writer = Mutex::new(writer);
        let held = || writer.lock().unwrap_or_else(PoisonError::into_inner);
        in_parallel(
            &numbers,
            asked.jobs,
            STACK,
            || (),
            |(), &at| {
                let Some(mut file) = slots[at].lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
                if held().broken.is_some() {
                    return;
                }
                if !held().is_judged(&file) {
                    self.judge(&mut file, &|line| tell(&Event::Log(line)));
                }
                held().judged(at, file, tell);
            },
        );
        let mut writer = writer.into_inner().unwrap_or_else(PoisonError::into_inner);
        writer.commit_rest();
        if let Some(error) = writer.broken.take() {
            return Err(error);
        }
        outcome.files = without;
        outcome.seconds = begun.elapsed().as_secs_f64();
        writer.end(outcome)
    }

    /// Gathers the evidence of one file; whatever goes wrong in it stays its own.
    fn judge(&self, file: &mut FilePlan, log: &dyn Fn(&str)) {
        let judged = catch_unwind(AssertUnwindSafe(|| {
            let mut answers = self.options.answers.clone();
            answers.stubs.extend(config::stubs(&file.path).map_err(|e| e.to_string())?);
            self.gather_evidence(file, &answers, &mut |line| log(line));
            Ok(())
        }));
        let why = match judged {
            Ok(Ok(())) => return,
            Ok(Err(why)) => why,
            Err(_) => "perfmod itself failed on this file; please report it".to_string(),
        };
        file.error = Some(Problem { code: Code::NOT_ANALYSED, message: why, line: None });
        file.patches.clear();
    }

    fn writer<'a>(
        &'a self,
        asked: &'a Migration,
        tell: &(dyn Fn(&Event<'_>) + Sync),
    ) -> Result<Writer<'a>, MigrateError> {
        let mut writer = Writer {
            engine: self,
            asked,
            store: None,
            git: None,
            tracked: BTreeSet::new(),
            known: BTreeMap::new(),
            earlier: Vec::new(),
            ready: BTreeMap::new(),
            next: 0,
            pending: Vec::new(),
            commits: 0,
            together: Together::default(),
            broken: None,
        };
        if asked.dry_run {
            return Ok(writer);
        }
        let mut journal = Journal::open(&asked.folder, Duration::from_secs(10))?;
        journal.mended.iter().for_each(|line| tell(&Event::Log(line)));
        let path = record_of(&journal);
        let told = |source| MigrateError::Record { path: path.clone(), source };
        let options = self.fingerprint(asked);
        let refused = |why: String| Err(MigrateError::Refused(why));
        let there = path.exists() && !asked.restart;
        let record = match (there, asked.resume) {
            (true, false) => {
                return refused(format!(
                    "a migration of {} was ended before it was through: --resume goes on with it, --restart begins anew (what it has applied stays; perfmod undo takes it back)",
                    asked.folder.display()
                ));
            }
            (false, true) => {
                return refused(format!("there is no migration of {} to go on with", asked.folder.display()));
            }
            (true, true) => {
                let (record, lines) = Record::resume::<Line>(&path).map_err(told)?;
                for line in lines {
                    if let Line::Begun { run, .. } = &line {
                        // One run, however often it is ended: `perfmod undo` takes all of it back.
                        journal.go_on_with(*run);
                    }
                    if let Line::Begun { options: theirs, .. } = &line
                        && *theirs != options
                    {
                        return refused(
                            "the migration that was ended had other options, or was of another perfmod: give the same, or --restart"
                                .into(),
                        );
                    }
                    writer.remember(line);
                }
                record
            }
            (false, false) => {
                let mut record = Record::begin(&path).map_err(told)?;
                record.add(&Line::Begun { options, run: journal.run() }).map_err(told)?;
                record
            }
        };
        if let Some(branch) = &asked.branch {
            let git = Git::around(&located(&asked.folder)).ok_or_else(|| {
                MigrateError::Refused(format!("--branch: {} is in no git repository", asked.folder.display()))
            })?;
            if !asked.resume {
                let dirty = git.dirty(&[]).map_err(MigrateError::Refused)?;
                if let Some(first) = dirty.first() {
                    record.end().map_err(told)?;
                    return refused(format!(
                        "--branch: {first} has changes that are not committed ({} in all); commit or stash them first",
                        dirty.len()
                    ));
                }
            }
            if let Err(why) = git.branch(branch) {
                record.end().map_err(told)?;
                return refused(format!("--branch {branch}: git says: {why}"));
            }
            writer.tracked = git.tracked().map_err(MigrateError::Refused)?;
            writer.git = Some(git);
        }
        writer.store = Some((journal, record));
        Ok(writer)
    }

    /// What must be the same for a run to go on with another.
    fn fingerprint(&self, asked: &Migration) -> String {
        let mut options = self.options.clone();
        options.jobs = None;
        let all =
            format!("{} {options:?} {:?} {:?} {:?}", env!("CARGO_PKG_VERSION"), asked.shard, asked.branch, asked.per);
        hash(all.as_bytes())
    }
}

/// A file without links, as the journal has it.
fn real(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| located(path))
}

fn record_of(journal: &Journal) -> PathBuf {
    journal.folder().join("migration.jsonl")
}

/// Which of `of` machines takes a file: by its path below the folder, so that all of them agree.
fn shard_of(folder: &Path, file: &Path, of: usize) -> usize {
    let digits = hash(below(folder, file).as_bytes());
    let number = u64::from_str_radix(&digits[..15], 16).unwrap_or_default();
    usize::try_from(number % of.max(1) as u64).unwrap_or_default() + 1
}

fn below(folder: &Path, file: &Path) -> String {
    let (folder, file) = (located(folder), located(file));
    file.strip_prefix(&folder).unwrap_or(&file).to_string_lossy().replace('\\', "/")
}

/// The hash of the bytes that a source was read from.
fn read_as(source: &Source) -> Hash {
    source.hash.to_hex().to_string()
}

/// The other files that the patches of a file change, by their paths below the folder, with the hash of what was read.
fn others_of(folder: &Path, file: &FilePlan) -> BTreeMap<String, Hash> {
    file.others.iter().map(|(path, source)| (below(folder, path), read_as(source))).collect()
}

impl Known {
    /// Whether a file, and the others that its patches change, are as they were.
    fn is_of(&self, folder: &Path, file: &FilePlan) -> bool {
        file.source.as_ref().is_some_and(|source| read_as(source) == self.before)
            && others_of(folder, file) == self.others
    }
}

impl Writer<'_> {
    fn remember(&mut self, line: Line) {
        match line {
            Line::Begun { .. } => {}
            Line::Judged { path, before, others, wanted, file } => {
                self.known.insert(path, Known { before, others, wanted, file: Some(*file), ..Known::default() });
            }
            Line::Applied { path, ids, files, failed } => {
                let known = self.known.entry(path.clone()).or_default();
                known.applied = Some(ids);
                known.failed = failed;
                self.pending.extend(files.into_iter().map(|file| (PathBuf::from(file), path.clone())));
            }
            Line::Committed { files } => self.pending.retain(|(file, _)| !files.iter().any(|f| Path::new(f) == file)),
        }
    }

    /// What a file is known by: its path below the folder, wherever perfmod is run.
    fn key(&self, file: &FilePlan) -> String {
        below(&self.asked.folder, &file.path)
    }

    fn add(&mut self, line: &Line) {
        if let Some((journal, record)) = &mut self.store
            && let Err(source) = record.add(line)
        {
            self.broken = Some(MigrateError::Record { path: record_of(journal), source });
        }
    }

    /// Gives files what an earlier run has found of them, where they are as they were, and leaves those out that it is
    /// through with.
    fn take_over(&mut self, files: &mut Vec<FilePlan>) {
        self.find_applied();
        let layers = self.store.as_ref().map(|(journal, _)| (journal, journal.layers()));
        let is_through = |file: &FilePlan, known: &Known| -> bool {
            known.applied.is_some()
                && layers.as_ref().is_some_and(|(journal, layers)| {
                    let name = journal.name(&real(&file.path));
                    layers.iter().any(|l| l.file == name && l.base == known.before && is_still(&file.path, &l.after))
                })
        };
        files.retain(|file| !self.known.get(&self.key(file)).is_some_and(|known| is_through(file, known)));
        for file in files {
            let known = self.known.get(&self.key(file)).filter(|k| k.applied.is_none());
            let same = known.filter(|k| k.is_of(&self.asked.folder, file));
            match same.and_then(|k| k.file.as_ref()) {
                Some(found) if found.sites.len() == file.sites.len() => {
                    file.sites.clone_from(&found.sites);
                    file.error.clone_from(&found.error);
                    if file.error.is_some() {
                        file.patches.clear();
                    }
                }
                _ => {}
            }
        }
    }

    /// A run may have been ended between applying and recording that: the journal knows.
    fn find_applied(&mut self) {
        let Some((journal, _)) = &self.store else { return };
        let layers = journal.layers();
        for (path, known) in self.known.iter_mut().filter(|(_, known)| known.applied.is_none()) {
            let script = real(&self.asked.folder.join(path));
            let name = journal.name(&script);
            let found = layers.iter().find(|l| l.file == name && l.base == known.before && is_still(&script, &l.after));
            let Some(layer) = found else { continue };
            let ids: Vec<String> = layer.own().map(|p| p.id.clone()).collect();
            let runtime = layer.own().find_map(|p| p.runtime.as_deref());
            let others: BTreeSet<&str> = layer.own().flat_map(|p| p.others.iter().map(String::as_str)).collect();
            let beside: Vec<PathBuf> = runtime.into_iter().chain(others).map(|name| journal.place(name)).collect();
            // With fewer than all, the file is planned anew for the others.
            match ids.len() < known.wanted {
                true => self.earlier.extend(ids),
                false => known.applied = Some(ids),
            }
            self.pending.extend(beside.into_iter().chain([script]).map(|file| (file, path.clone())));
        }
    }

    fn is_judged(&self, file: &FilePlan) -> bool {
        let known = self.known.get(&self.key(file)).and_then(|k| k.file.as_ref().map(|found| (k, found)));
        known.is_some_and(|(k, found)| found.sites.len() == file.sites.len() && k.is_of(&self.asked.folder, file))
    }

    /// A file was judged: that is recorded, and what is next in the order of the paths is applied.
    fn judged(&mut self, at: usize, file: FilePlan, tell: &(dyn Fn(&Event<'_>) + Sync)) {
        if !self.is_judged(&file) {
            let before = file.source.as_ref().map(read_as).unwrap_or_default();
            let others = others_of(&self.asked.folder, &file);
            let report = self.engine.file_report(&file);
            let wanted = file.patches.iter().filter(|patch| self.engine.wants(&file, patch)).count();
            let (path, found) = (self.key(&file), Box::new(report.clone()));
            let (path_of, read, beside) = (path.clone(), before.clone(), others.clone());
            self.add(&Line::Judged { path: path_of, before: read, others: beside, wanted, file: found });
            self.known.insert(path, Known { before, others, wanted, file: Some(report), ..Known::default() });
        }
        self.ready.insert(at, file);
        while self.broken.is_none()
            && let Some(file) = self.ready.remove(&self.next)
        {
            self.next += 1;
            let said = self.apply(&file);
            tell(&Event::Done(&file.shown, said));
        }
    }

    /// Applies what is wanted of a file, and says what became of it.
    fn apply(&mut self, file: &FilePlan) -> String {
        if let Some(error) = &file.error {
            return format!("not processed: {}", error.message);
        }
        let is_wanted = |at: &usize| self.engine.wants(file, &file.patches[*at]);
        let wanted: Vec<usize> = (0..file.patches.len()).filter(is_wanted).collect();
        if self.asked.dry_run {
            if let Err(problem) = self.together.add(self.engine, file, &wanted) {
                self.known.entry(self.key(file)).or_default().failed = Some(problem.message);
            }
            return format!("{} of {} patches", wanted.len(), file.patches.len());
        }
        if wanted.is_empty() {
            return format!("nothing applied: {}", why_not(file));
        }
        if let Some(why) = self.untracked(file, &wanted) {
            self.known.entry(self.key(file)).or_default().failed = Some(why.clone());
            return why;
        }
        let (mut done, mut ids, mut files): (Vec<usize>, Vec<String>, BTreeSet<PathBuf>) = Default::default();
        let mut failed = None;
        let parts: Vec<Vec<usize>> = match (self.asked.per, &self.git) {
            (CommitPer::Patch, Some(_)) => wanted.iter().map(|at| vec![*at]).collect(),
            _ => vec![wanted],
        };
        for part in parts {
            let Some((journal, _)) = self.store.as_mut().filter(|_| self.broken.is_none()) else { break };
            match self.engine.apply(journal, file, &done, &part) {
                Ok(applied) => {
                    ids.extend(applied.ids);
                    files.extend(applied.written.iter().cloned());
                    if self.git.is_some() && self.asked.per == CommitPer::Patch {
                        let patch = &file.patches[part[0]];
                        self.commit(&applied.written, &of_patch(file, patch));
                    }
                    done.extend(part);
                }
                Err(error) => {
                    failed = Some(error.to_string());
                    break;
                }
            }
        }
        let names = files.iter().map(|f| located(f).display().to_string()).collect();
        let line = Line::Applied { path: self.key(file), ids: ids.clone(), files: names, failed: failed.clone() };
        self.add(&line);
        let known = self.known.entry(self.key(file)).or_default();
        known.applied = Some(ids);
        known.failed.clone_from(&failed);
        if self.git.is_some() && self.asked.per != CommitPer::Patch {
            let key = self.key(file);
            self.pending.extend(files.iter().map(|f| (located(f), key.clone())));
            if self.asked.per == CommitPer::File {
                let files: Vec<PathBuf> = files.into_iter().collect();
                let lines: Vec<String> = done.iter().map(|at| headline(file, &file.patches[*at])).collect();
                let title = format!("Overlap waiting calls in {}", file.shown);
                self.commit(&files, &message(&title, &lines));
            }
        }
        match failed {
            Some(why) => why,
            None if done.len() == file.patches.len() => format!("{} applied", plural(done.len(), "patch")),
            None => {
                format!("{} of {} patches applied; of the others, {}", done.len(), file.patches.len(), why_not(file))
            }
        }
    }

    /// Why git cannot commit what is wanted of a file, where patches are committed.
    fn untracked(&self, file: &FilePlan, wanted: &[usize]) -> Option<String> {
        self.git.as_ref()?;
        let what_to_do = "so it is left alone; commit it first, or leave out --branch";
        if !self.tracked.contains(&real(&file.path)) {
            return Some(format!("git does not track it here, {what_to_do}"));
        }
        let other = file.others_of(wanted).into_iter().find(|path| !self.tracked.contains(&real(path)))?;
        Some(format!("git does not track {} here, which it changes too, {what_to_do}", other.display()))
    }

    fn commit(&mut self, files: &[PathBuf], message: &str) {
        let Some(git) = &self.git else { return };
        let files: Vec<PathBuf> = files.iter().map(|f| located(f)).collect();
        let left = self.broken.is_none() && !files.is_empty() && !git.is_committed(&files);
        if !left {
            return;
        }
        match git.commit(&files, message) {
            Ok(()) => {
                self.commits += 1;
                self.pending.retain(|(file, _)| !files.contains(file));
                self.add(&Line::Committed { files: files.iter().map(|f| f.display().to_string()).collect() });
            }
            Err(why) => {
                self.broken = Some(MigrateError::Refused(format!(
                    "git does not commit: {why}; what was applied stays, and --resume goes on with it"
                )));
            }
        }
    }

    /// Commits what a run that was ended has applied and not committed, script by script, before anything else is.
    fn commit_left(&mut self) {
        if self.asked.per == CommitPer::Recipe {
            return;
        }
        let scripts: BTreeSet<String> = self.pending.iter().map(|(_, script)| script.clone()).collect();
        for script in scripts {
            let own = self.pending.iter().filter(|(_, of)| *of == script).map(|(file, _)| file.clone());
            let files: Vec<PathBuf> = own.collect();
            let title = format!("Overlap waiting calls in {script}");
            self.commit(&files, &message(&title, &["applied by a run that was ended".to_string()]));
        }
    }

    /// Commits what is applied and not committed.
    fn commit_rest(&mut self) {
        if self.broken.is_some() || self.git.is_none() || self.pending.is_empty() {
            return;
        }
        let files: BTreeSet<PathBuf> = self.pending.iter().map(|(file, _)| file.clone()).collect();
        let scripts: BTreeSet<&str> = self.pending.iter().map(|(_, script)| script.as_str()).collect();
        let recipes: BTreeSet<&str> = scripts
            .iter()
            .filter_map(|script| self.known.get(*script)?.file.as_ref())
            .flat_map(|file| file.sites.iter().flat_map(|site| site.recipes.iter().map(String::as_str)))
            .collect();
        let title =
            format!("{} in {}", recipes.into_iter().collect::<Vec<_>>().join(", "), plural(scripts.len(), "file"));
        let message = message(&title, &scripts.iter().map(|s| (*s).to_string()).collect::<Vec<_>>());
        self.commit(&files.into_iter().collect::<Vec<_>>(), &message);
    }

    /// The facts of the run; the record is not needed any more.
    fn end(mut self, outcome: super::Outcome) -> Result<Migrated, MigrateError> {
        let mut report = self.engine.report(&outcome, 0);
        let mut failed: Vec<(String, String)> = Vec::new();
        let mut ids = std::mem::take(&mut self.earlier);
        for (path, known) in &self.known {
            let Some(file) = &known.file else { continue };
            let mut file = file.clone();
            file.path = super::place::shown(&self.asked.folder.join(path));
            // Planned anew after it was applied, a file has other sites; what counts is what was found at first.
            if let Some(at) = report.files.iter().position(|f| f.path == file.path) {
                report.summary.sites -= report.files.remove(at).sites.len();
                report.summary.files -= 1;
            }
            report.summary.files += 1;
            report.summary.sites += file.sites.len();
            report.summary.patches += file.patches.len();
            for site in file.sites.iter().filter(|s| !s.recipes.is_empty()) {
                *report.summary.by_verdict.entry(site.verdict).or_default() += 1;
            }
            let accepted = file.patches.iter_mut().filter(|patch| patch.accepted);
            for (patch, id) in accepted.zip(known.applied.iter().flatten()) {
                patch.applied = Some(id.clone());
            }
            failed.extend(known.failed.clone().map(|why| (file.path.clone(), why)));
            ids.extend(known.applied.iter().flatten().cloned());
            report.files.push(file);
        }
        report.files.sort_by(|a, b| a.path.cmp(&b.path));
        report.summary.applied = ids.len();
        if let Some((journal, record)) = self.store.take() {
            let path = Journal::folder_of(journal.root()).join("report.json");
            let told = |source| MigrateError::Record { path: path.clone(), source };
            let mut bytes = serde_json::to_vec_pretty(&report).map_err(std::io::Error::from).map_err(told)?;
            bytes.push(b'\n');
            replace(&path, &bytes).map_err(told)?;
            record.end().map_err(told)?;
        }
        let changes = self.together.changes().cloned().collect();
        Ok(Migrated { report, failed, ids, commits: self.commits, changes })
    }
}

/// Why the first patch that is not wanted is not.
fn why_not(file: &FilePlan) -> String {
    let sites = || file.patches.iter().map(|p| &file.sites[p.site]);
    let reason = |site: &Site| {
        let evidence = site.evidence.as_ref().and_then(|e| e.reason.as_deref());
        evidence.and_then(|r| r.lines().next()).map(|r| format!(": {r}")).unwrap_or_default()
    };
    if let Some(site) = sites().find(|s| s.verdict == Verdict::Refuted) {
        return format!("line {} is refuted{}", site.line, reason(site));
    }
    if let Some(site) = sites().find(|s| s.status == Status::Care) {
        let codes: BTreeSet<String> = site.cautions.iter().map(|c| c.code.to_string()).collect();
        let what: Vec<String> =
            codes.into_iter().chain((!site.assumptions.is_empty()).then(|| "assumed".into())).collect();
        return format!("line {} is to be accepted with care (--accept {})", site.line, what.join(" --accept "));
    }
    let Some(site) = sites().find(|s| s.verdict == Verdict::Assumed) else { return "nothing is wanted".into() };
    format!("line {} is assumed{}", site.line, reason(site))
}

/// One patch in a line.
fn headline(file: &FilePlan, patch: &PatchPlan) -> String {
    let site = &file.sites[patch.site];
    format!("{}:{} `{}` in {}: {}", file.shown, site.line, site.call, site.function, site.verdict)
}

fn message(title: &str, lines: &[String]) -> String {
    let list: String = lines.iter().map(|line| format!("- {line}\n")).collect();
    format!("{title}\n\n{list}\nBy perfmod {}.", env!("CARGO_PKG_VERSION"))
}

/// The message of a commit of one patch: what, how, and what speaks for it.
fn of_patch(file: &FilePlan, patch: &PatchPlan) -> String {
    let site = &file.sites[patch.site];
    let mut lines = vec![format!("recipe: {}", site.recipes.join(", ")), format!("verdict: {}", site.verdict)];
    if let Some(evidence) = &site.evidence {
        lines.push(format!("runs: {}, requests of the original: {}", evidence.runs, evidence.requests));
    }
    if let Some(estimate) = &site.estimate {
        lines.push(format!("estimate: {:.1}x ({})", estimate.speedup, estimate.basis));
    }
    lines.extend(site.cautions.iter().map(|c| format!("accepted: {} {}", c.code, c.message)));
    message(&format!("Overlap `{}` in {} ({}:{})", site.call, site.function, file.shown, site.line), &lines)
}
