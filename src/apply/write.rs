//! Writes to the user's files: beside the file and renamed into place, after a check that it has not changed since it was
//! read. All files of a step are prepared, and the journal says so, before the first is put in place.

use super::disk;
use super::journal::{ENTRY_VERSION, Entry, FileStep, Journal, JournalError, Kind, OF_ONE_FILE, Recorded, State, hash};
use std::collections::BTreeMap;
use std::fs::Permissions;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// Why nothing, or not everything, was written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The file is not what was analysed.
    #[error("{} has changed since it was read; nothing was written, run perfmod again", .0.display())]
    Changed(PathBuf),
    /// The file cannot be written.
    #[error("{} cannot be written: {source}; nothing was changed", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file could not be put back after another could not be put in place.
    #[error("{} could not be put in place ({source}), and {left} could not be put back: its bytes before are in the journal ({})", path.display(), journal.display())]
    Partly {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
        /// Those that stay changed.
        left: String,
        /// Where the bytes are.
        journal: PathBuf,
    },
    /// The journal cannot be used.
    #[error("{0}; nothing was changed")]
    Journal(#[from] JournalError),
}

/// One file before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// The file.
    pub path: PathBuf,
    /// The bytes that must be there; none where there must be no file.
    pub before: Option<Vec<u8>>,
    /// The bytes afterwards; none takes the file away.
    pub after: Option<Vec<u8>>,
    /// The bytes without the patches of its highest layer; none for a runtime module, which no patch changes.
    pub base: Option<Vec<u8>>,
}

/// What a step is in the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Patches are applied.
    Apply(Vec<Recorded>),
    /// Patches are taken back, by their ids.
    Undo(Vec<String>),
}

/// What the user should know of a step that was made.
pub type Notes = Vec<String>;

struct Ready {
    write: Write,
    target: PathBuf,
    waiting: PathBuf,
    permissions: Option<Permissions>,
}

/// Makes every write of a step, or none where one of the files has changed or cannot be prepared. The last of the writes is
/// that of the script whose patches these are.
///
/// # Errors
/// See [`WriteError`].
pub fn write_all(journal: &mut Journal, writes: &[Write], step: Step) -> Result<Notes, WriteError> {
    let mut notes = Vec::new();
    let mut ready = Vec::new();
    for write in writes {
        ready.extend(prepare(write, journal.run(), ready.len(), &mut notes)?);
    }
    let Some(last) = writes.last() else { return Ok(notes) };
    let named = |journal: &Journal, path: &Path| {
        journal.name(&std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf()))
    };
    let script = named(journal, &last.path);
    if ready.is_empty() && matches!(step, Step::Apply(..)) {
        return Ok(notes);
    }
    let mut files = Vec::new();
    for file in &ready {
        let keep = |bytes: &Option<Vec<u8>>| bytes.as_ref().map(|bytes| journal.keep(bytes)).transpose();
        files.push(FileStep {
            path: journal.name(&file.target),
            before: keep(&file.write.before)?,
            after: keep(&file.write.after)?,
            waiting: journal.name(&file.waiting),
        });
    }
    let mut bases = BTreeMap::new();
    for write in writes {
        let Some(base) = &write.base else { continue };
        let path = named(journal, &write.path);
        if !files.iter().any(|file: &FileStep| file.path == path) {
            // It is as it shall be already, and the step is about it all the same.
            let now = write.after.as_ref().map(|bytes| hash(bytes));
            files.push(FileStep { path: path.clone(), before: now.clone(), after: now, waiting: String::new() });
        }
        bases.insert(path, journal.keep(base)?);
    }
    let base = bases.remove(&script).unwrap_or_default();
    let version = if bases.is_empty() { OF_ONE_FILE } else { ENTRY_VERSION };
    let (kind, patches, undone) = match step {
        Step::Apply(patches) => (Kind::Apply, patches, Vec::new()),
        Step::Undo(undone) => (Kind::Undo, Vec::new(), undone),
    };
    let time = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    let run = journal.run();
    let state = State::Pending;
    let entry = Entry { version, run, kind, state, time, files, script, base, bases, patches, undone };
    let number = journal.begin(entry.clone())?;
    if let Err((path, source)) = put_in_place(&ready) {
        return Err(give_up(journal, number, &entry, path, source));
    }
    journal.finish(number)?;
    Ok(notes)
}

/// Writes every file beside its place, and then moves each there.
fn put_in_place(ready: &[Ready]) -> Result<(), (PathBuf, Option<io::Error>)> {
    for file in ready {
        if let Some(after) = &file.write.after {
            let told = |source| (file.target.clone(), Some(source));
            disk::remove(&file.waiting).map_err(told)?;
            disk::create(&file.waiting, after, file.permissions.as_ref()).map_err(told)?;
            keep_owner(&file.target, &file.waiting);
        }
    }
    for file in ready {
        // Someone may have saved the file in the meantime.
        if std::fs::read(&file.target).ok() != file.write.before {
            return Err((file.write.path.clone(), None));
        }
        let moved = match &file.write.after {
            Some(_) => disk::rename(&file.waiting, &file.target),
            None => disk::remove(&file.target),
        };
        moved.map_err(|source| (file.target.clone(), Some(source)))?;
    }
    Ok(())
}

/// Puts everything back, and says why.
fn give_up(
    journal: &mut Journal,
    number: usize,
    entry: &Entry,
    path: PathBuf,
    source: Option<io::Error>,
) -> WriteError {
    let put_back = journal.roll_back(entry).and_then(|_| journal.sweep(entry)).and_then(|()| journal.forget(number));
    match (put_back, source) {
        (Ok(()), None) => WriteError::Changed(path),
        (Ok(()), Some(source)) => WriteError::Io { path, source },
        (Err(error), source) => {
            let source = source.unwrap_or_else(|| io::Error::other("the file has changed since it was read"));
            WriteError::Partly { path, source, left: error.to_string(), journal: journal.folder().to_path_buf() }
        }
    }
}

/// Checks one file; none where it is as wanted already.
fn prepare(write: &Write, run: usize, at: usize, notes: &mut Notes) -> Result<Option<Ready>, WriteError> {
    let io = |source| WriteError::Io { path: write.path.clone(), source };
    // A symlink is kept: what it points to is rewritten.
    let target = match &write.before {
        Some(_) => std::fs::canonicalize(&write.path).map_err(io)?,
        None => {
            let folder = write.path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
            std::fs::canonicalize(folder).map_err(io)?.join(write.path.file_name().unwrap_or_default())
        }
    };
    let there = match std::fs::read(&target) {
        Ok(bytes) => Some(bytes),
        Err(e) if e.kind() == io::ErrorKind::NotFound => None,
        Err(source) => return Err(io(source)),
    };
    // Two scripts of one folder need the same runtime: the second finds it in place.
    if there == write.after {
        return Ok(None);
    }
    if there != write.before {
        return Err(WriteError::Changed(write.path.clone()));
    }
    let meta = std::fs::metadata(&target).ok();
    if meta.as_ref().is_some_and(|meta| meta.permissions().readonly()) {
        return Err(io(io::Error::new(io::ErrorKind::PermissionDenied, "the file is read-only")));
    }
    if write.path.is_symlink() {
        notes.push(format!("{} is a link; what it points to was written: {}", write.path.display(), target.display()));
    }
    if meta.as_ref().is_some_and(has_other_names) {
        notes.push(format!("{} has other names (hard links); those keep the bytes before", target.display()));
    }
    let name = target.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let waiting = target.with_file_name(format!(".{name}.perfmod-{run}-{at}"));
    Ok(Some(Ready { write: write.clone(), target, waiting, permissions: meta.map(|meta| meta.permissions()) }))
}

#[cfg(unix)]
fn has_other_names(meta: &std::fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::nlink(meta) > 1
}

#[cfg(not(unix))]
fn has_other_names(_: &std::fs::Metadata) -> bool {
    false
}

/// Gives a file the owner of the one whose place it takes; only root may, and for others the owner is the same.
#[cfg(unix)]
fn keep_owner(of: &Path, file: &Path) {
    use std::os::unix::fs::MetadataExt;
    if let (Ok(old), Ok(new)) = (std::fs::metadata(of), std::fs::metadata(file))
        && (old.uid(), old.gid()) != (new.uid(), new.gid())
    {
        let _ = std::os::unix::fs::chown(file, Some(old.uid()), Some(old.gid()));
    }
}

#[cfg(not(unix))]
fn keep_owner(_: &Path, _: &Path) {}

/// The bytes of a file are those of a hash.
pub fn is_still(path: &Path, wanted: &super::journal::Hash) -> bool {
    std::fs::read(path).is_ok_and(|bytes| hash(&bytes) == *wanted)
}
