//! What was applied to a project and what was taken back: `.perfmod/journal/` at its root.
//!
//! One file an entry, in the order of their numbers. An entry is written before the files that it speaks of are touched
//! (`pending`) and again when all are in place (`done`); the bytes of every file before and after are kept beside, under
//! their BLAKE3 hash. Whoever opens the journal first puts in order what a process that was killed has left: all files of a
//! pending entry are as before it, or as after it.

use super::disk;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

/// The BLAKE3 hash of a file's bytes, as hexadecimal digits.
pub type Hash = String;

/// The hash of bytes.
pub fn hash(bytes: &[u8]) -> Hash {
    blake3::hash(bytes).to_hex().to_string()
}

/// One change to one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileStep {
    /// The file, links resolved; relative to the project's root where it lies below, with `/`.
    pub path: String,
    /// Its bytes before; none where there was no file.
    pub before: Option<Hash>,
    /// Its bytes after; none where the file is taken away.
    pub after: Option<Hash>,
    /// The file beside it in which the new bytes wait for their place; empty for a file that stays as it is.
    pub waiting: String,
}

/// One patch, as the journal remembers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// `RUN.N`: what `perfmod undo` takes.
    pub id: String,
    /// The recipe.
    pub recipe: String,
    /// What it changed, in words: the call, and the function in which it stands.
    pub what: String,
    /// The line of its site in the text before.
    pub line: usize,
    /// The module that the patch imports from and perfmod has put in place, as in [`FileStep::path`].
    pub runtime: Option<String>,
    /// The patch itself, in the engine's form; it composes a file anew from its bytes before and the patches that stay.
    pub plan: serde_json::Value,
    /// The files that it changes besides its script, as in [`FileStep::path`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<String>,
}

/// Whether patches were applied or taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Applied.
    Apply,
    /// Taken back.
    Undo,
}

/// Whether all files of an entry are in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Being written.
    Pending,
    /// In place.
    Done,
}

/// Some patches of one script that were applied, or taken back, at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The version of this form.
    pub version: u32,
    /// The run of perfmod to which it belongs.
    pub run: usize,
    /// What was done.
    pub kind: Kind,
    /// How far.
    pub state: State,
    /// Seconds since 1970.
    pub time: u64,
    /// The files that it changes, in the order in which they are put in place.
    pub files: Vec<FileStep>,
    /// The script whose patches these are, as in [`FileStep::path`].
    pub script: String,
    /// The script's bytes without the patches of its highest layer, to which these patches were planned.
    pub base: Hash,
    /// The same for the other files that the patches change.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub bases: BTreeMap<String, Hash>,
    /// The patches that were applied.
    pub patches: Vec<Recorded>,
    /// The patches that were taken back.
    pub undone: Vec<String>,
}

impl Entry {
    /// The bytes of a file to which its patches were planned; none for a runtime module.
    fn base_of(&self, file: &str) -> Option<&Hash> {
        if file == self.script { Some(&self.base) } else { self.bases.get(file) }
    }

    /// Puts what it has applied to a file on top of the file's layers.
    fn lay(&self, file: &str, (before, after): (&Hash, &Hash), layers: &mut Vec<Layer>) {
        let Some(base) = self.base_of(file) else { return };
        let changes = |p: &&Recorded| file == self.script || p.others.iter().any(|other| other == file);
        let standing = |patch: &Recorded| Standing { script: self.script.clone(), patch: patch.clone() };
        let live: Vec<Standing> = self.patches.iter().filter(changes).map(standing).collect();
        let top = layers.iter_mut().rfind(|l| l.file == file);
        match top.filter(|l| l.after == *before && l.base == *base && before != base) {
            // Planned with those of the layer, and applied after them.
            Some(top) => {
                top.live.extend(live);
                top.after.clone_from(after);
            }
            None if live.is_empty() => {}
            None => layers.push(Layer { file: file.to_string(), base: base.clone(), live, after: after.clone() }),
        }
    }
}

/// The form of entries that this version writes.
pub const ENTRY_VERSION: u32 = 2;

/// The form of entries whose patches change their script alone, which older versions read too.
pub const OF_ONE_FILE: u32 = 1;

/// Patches that were applied to the same bytes of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// The file, as in [`FileStep::path`].
    pub file: String,
    /// Its bytes without them.
    pub base: Hash,
    /// Those that stand.
    pub live: Vec<Standing>,
    /// Its bytes with them.
    pub after: Hash,
}

/// A patch that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The script of its site; a layer of another file may hold it too.
    pub script: String,
    /// The patch.
    pub patch: Recorded,
}

impl Layer {
    /// The patches whose script the file is.
    pub fn own(&self) -> impl Iterator<Item = &Recorded> {
        self.live.iter().filter(|standing| standing.script == self.file).map(|standing| &standing.patch)
    }
}

/// Why the journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Another process writes.
    #[error("another perfmod is writing in {}; wait for it to end", .0.display())]
    Busy(PathBuf),
    /// It cannot be read or written.
    #[error("the journal {} cannot be used: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// An entry is not one.
    #[error("{}: this is no entry of a journal that perfmod {} reads: {why}", path.display(), env!("CARGO_PKG_VERSION"))]
    Broken {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
}

/// The journal of one project, held by this process alone.
#[derive(Debug)]
pub struct Journal {
    root: PathBuf,
    folder: PathBuf,
    entries: BTreeMap<usize, Entry>,
    /// The run that this process is.
    run: usize,
    /// What was put in order when it was opened, for the user.
    pub mended: Vec<String>,
    _lock: File,
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> JournalError {
    let path = path.to_path_buf();
    move |source| JournalError::Io { path, source }
}

impl Journal {
    /// The folder that holds perfmod's own files of a project.
    pub fn folder_of(root: &Path) -> PathBuf {
        root.join(".perfmod")
    }

    /// Whether something was ever applied in a folder.
    pub fn exists(root: &Path) -> bool {
        Self::folder_of(root).join("journal").is_dir()
    }

    /// Opens the journal of a project, makes it where there is none, and puts in order what a killed process has left.
    /// Another process that writes is waited for, up to a time.
    ///
    /// # Errors
    /// Where another process holds it still, or it cannot be read or written.
    pub fn open(root: &Path, patience: Duration) -> Result<Self, JournalError> {
        let root = std::fs::canonicalize(root).map_err(at(root))?;
        let own = Self::folder_of(&root);
        let folder = own.join("journal");
        disk::make_folder(&folder.join("objects")).map_err(at(&folder))?;
        let ignore = own.join(".gitignore");
        if !ignore.exists() {
            // Another process may be as far; its file says the same.
            match disk::create(&ignore, b"*\n", None) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(at(&ignore)(error)),
                _ => {}
            }
        }
        let lock = own.join("lock");
        let file = File::options().create(true).truncate(false).write(true).open(&lock).map_err(at(&lock))?;
        let begun = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if begun.elapsed() < patience => thread::sleep(Duration::from_millis(20)),
                Err(TryLockError::WouldBlock) => return Err(JournalError::Busy(root)),
                Err(TryLockError::Error(source)) => return Err(JournalError::Io { path: lock, source }),
            }
        }
        let mut journal = Self { entries: entries(&folder)?, root, folder, run: 0, mended: Vec::new(), _lock: file };
        journal.run = journal.entries.values().map(|e| e.run).max().unwrap_or(0) + 1;
        journal.mend()?;
        Ok(journal)
    }

    /// The project's root.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The number of this run.
    pub fn run(&self) -> usize {
        self.run
    }

    /// Goes on with a run of which some is written.
    pub fn go_on_with(&mut self, run: usize) {
        self.run = run;
    }

    /// An id for the next patch of this run; `more` are given out already and not written yet.
    pub fn next_id(&self, more: usize) -> String {
        let own = self.entries.values().filter(|e| e.run == self.run && e.kind == Kind::Apply);
        format!("{}.{}", self.run, own.map(|e| e.patches.len()).sum::<usize>() + more + 1)
    }

    /// A path as entries have it.
    pub fn name(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).to_string_lossy().replace('\\', "/")
    }

    /// Where a file of an entry is.
    pub fn place(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Keeps bytes; they are on the disk when this returns.
    ///
    /// # Errors
    /// Where they cannot be written.
    pub fn keep(&self, bytes: &[u8]) -> Result<Hash, JournalError> {
        let hash = hash(bytes);
        let path = self.object(&hash);
        if std::fs::read(&path).is_ok_and(|there| there == bytes) {
            return Ok(hash);
        }
        let new = path.with_extension("new");
        disk::remove(&new).map_err(at(&new))?;
        disk::create(&new, bytes, None).map_err(at(&new))?;
        disk::rename(&new, &path).map_err(at(&path))?;
        Ok(hash)
    }

    /// The bytes that were kept under a hash.
    ///
    /// # Errors
    /// Where they are gone, or are not those any more.
    pub fn kept(&self, wanted: &Hash) -> Result<Vec<u8>, JournalError> {
        let path = self.object(wanted);
        let bytes = std::fs::read(&path).map_err(at(&path))?;
        match hash(&bytes) == *wanted {
            true => Ok(bytes),
            false => Err(JournalError::Broken { path, why: "its bytes are not those that its name says".into() }),
        }
    }

    fn object(&self, hash: &Hash) -> PathBuf {
        self.folder.join("objects").join(hash)
    }

    fn entry_path(&self, number: usize) -> PathBuf {
        self.folder.join(format!("{number:06}.json"))
    }

    /// Writes a new entry and answers its number.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub(super) fn begin(&mut self, entry: Entry) -> Result<usize, JournalError> {
        let number = self.entries.keys().next_back().map_or(1, |last| last + 1);
        self.write(number, entry)?;
        Ok(number)
    }

    /// Writes that all files of an entry are in place.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub(super) fn finish(&mut self, number: usize) -> Result<(), JournalError> {
        match self.entries.get(&number).cloned() {
            Some(entry) => self.write(number, Entry { state: State::Done, ..entry }),
            None => Ok(()),
        }
    }

    /// Takes an entry away that changed nothing.
    ///
    /// # Errors
    /// Where it cannot be taken away.
    pub(super) fn forget(&mut self, number: usize) -> Result<(), JournalError> {
        let path = self.entry_path(number);
        disk::remove(&path).map_err(at(&path))?;
        self.entries.remove(&number);
        Ok(())
    }

    fn write(&mut self, number: usize, entry: Entry) -> Result<(), JournalError> {
        let path = self.entry_path(number);
        let mut bytes = serde_json::to_vec_pretty(&entry).map_err(|e| at(&path)(e.into()))?;
        bytes.push(b'\n');
        let new = path.with_extension("new");
        disk::remove(&new).map_err(at(&new))?;
        disk::create(&new, &bytes, None).map_err(at(&new))?;
        disk::rename(&new, &path).map_err(at(&path))?;
        self.entries.insert(number, entry);
        Ok(())
    }

    /// Ends what a killed process has begun: backward, unless all its files are in place already.
    fn mend(&mut self) -> Result<(), JournalError> {
        let pending: Vec<(usize, Entry)> =
            self.entries.iter().filter(|(_, e)| e.state == State::Pending).map(|(n, e)| (*n, e.clone())).collect();
        for (number, entry) in pending.into_iter().rev() {
            if self.is_in_place(&entry) {
                self.sweep(&entry)?;
                self.finish(number)?;
                continue;
            }
            self.sweep(&entry)?;
            let what = if entry.kind == Kind::Apply { "applied" } else { "taken back" };
            let strange: Vec<&str> = entry
                .files
                .iter()
                .filter(|file| ![&file.before, &file.after].contains(&&self.now(file)))
                .map(|file| file.path.as_str())
                .collect();
            if !strange.is_empty() {
                // What was edited since may need what was put in place with it.
                self.finish(number)?;
                let files = strange.join(", ");
                self.mended.push(format!(
                    "{}: a run was ended while patches were {what}, and {files} has changed since: all files are left as they are",
                    entry.script
                ));
                continue;
            }
            self.roll_back(&entry)?;
            self.sweep(&entry)?;
            self.forget(number)?;
            self.mended.push(format!(
                "{}: a run was ended while patches were {what}; all files are put back as they were before it",
                entry.script
            ));
        }
        Ok(())
    }

    fn now(&self, file: &FileStep) -> Option<Hash> {
        std::fs::read(self.place(&file.path)).ok().map(|bytes| hash(&bytes))
    }

    fn is_in_place(&self, entry: &Entry) -> bool {
        entry.files.iter().all(|file| self.now(file) == file.after)
    }

    /// Puts the files of an entry back that are as after it; answers those that are neither.
    pub(super) fn roll_back(&self, entry: &Entry) -> Result<Vec<String>, JournalError> {
        let mut left = Vec::new();
        for file in entry.files.iter().rev() {
            let now = self.now(file);
            if now == file.before {
                continue;
            }
            if now != file.after {
                left.push(file.path.clone());
                continue;
            }
            let (path, waiting) = (self.place(&file.path), self.place(&file.waiting));
            disk::remove(&waiting).map_err(at(&waiting))?;
            match &file.before {
                None => disk::remove(&path).map_err(at(&path))?,
                Some(before) => {
                    let permissions = std::fs::metadata(&path).ok().map(|meta| meta.permissions());
                    disk::create(&waiting, &self.kept(before)?, permissions.as_ref()).map_err(at(&waiting))?;
                    disk::rename(&waiting, &path).map_err(at(&path))?;
                }
            }
        }
        Ok(left)
    }

    /// Takes away what waits beside the files of an entry. A file that stays as it is has nothing waiting.
    pub(super) fn sweep(&self, entry: &Entry) -> Result<(), JournalError> {
        for file in entry.files.iter().filter(|file| file.before != file.after) {
            let waiting = self.place(&file.waiting);
            if waiting.exists() {
                disk::remove(&waiting).map_err(at(&waiting))?;
            }
        }
        Ok(())
    }

    /// What stands, for each file from the lowest layer to the highest, in the order in which it was applied. A patch that
    /// changes several files is in a layer of each.
    pub fn layers(&self) -> Vec<Layer> {
        layers(self.entries.values())
    }

    /// What stands in a project, read without holding its journal: another process may be writing. What a killed process
    /// has left is not put in order, and what it had not finished is not listed.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn layers_of(root: &Path) -> Result<Vec<Layer>, JournalError> {
        Ok(layers(entries(&Self::folder_of(root).join("journal"))?.values()))
    }

    /// Whether perfmod itself has made a file that is still as it made it.
    pub fn made(&self, name: &str) -> bool {
        let made = self.entries.values().filter(|e| e.state == State::Done).flat_map(|e| &e.files);
        let made: Vec<&FileStep> = made.filter(|f| f.path == name).collect();
        made.first().is_some_and(|f| f.before.is_none()) && made.last().is_some_and(|f| self.now(f) == f.after)
    }

    /// The journal's own folder, for what else belongs to a run.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

fn layers<'e>(entries: impl Iterator<Item = &'e Entry>) -> Vec<Layer> {
    let mut layers: Vec<Layer> = Vec::new();
    for entry in entries.filter(|e| e.state == State::Done) {
        let steps = entry.files.iter().filter_map(|f| Some((f.path.as_str(), f.before.as_ref()?, f.after.as_ref()?)));
        for (file, before, after) in steps {
            match entry.kind {
                Kind::Apply => entry.lay(file, (before, after), &mut layers),
                Kind::Undo => {
                    for layer in layers.iter_mut().filter(|l| l.file == file) {
                        let before = layer.live.len();
                        layer.live.retain(|p| !entry.undone.contains(&p.patch.id));
                        // Composed anew without some of its patches. One of which nothing is left says nothing of those
                        // below: somebody may have edited the file between the two.
                        if layer.live.len() < before {
                            layer.after.clone_from(after);
                        }
                    }
                    layers.retain(|l| !l.live.is_empty());
                }
            }
        }
    }
    layers
}

fn entries(folder: &Path) -> Result<BTreeMap<usize, Entry>, JournalError> {
    let mut out = BTreeMap::new();
    for entry in std::fs::read_dir(folder).map_err(at(folder))? {
        let path = entry.map_err(at(folder))?.path();
        let number = path.file_name().and_then(|n| n.to_str()).and_then(|n| n.strip_suffix(".json"));
        let Some(number) = number.and_then(|n| n.parse().ok()) else { continue };
        let text = std::fs::read(&path).map_err(at(&path))?;
        let entry: Entry = serde_json::from_slice(&text)
            .map_err(|e| JournalError::Broken { path: path.clone(), why: e.to_string() })?;
        if !(OF_ONE_FILE..=ENTRY_VERSION).contains(&entry.version) {
            return Err(JournalError::Broken { path, why: format!("it is of version {}", entry.version) });
        }
        out.insert(number, entry);
    }
    Ok(out)
}
