//! The folder of one validation: made, locked while in use, and removed; what a killed perfmod left is removed by the next.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};
use tempfile::TempDir;

const PREFIX: &str = "perfmod-validate-";
const LOCK: &str = "in-use";
const NEW: Duration = Duration::from_secs(60);

/// A folder of our own below the system's temporary one.
pub(super) struct Work {
    folder: TempDir,
    _lock: fs::File,
}

impl Work {
    pub fn new() -> io::Result<Self> {
        let base = std::env::temp_dir();
        sweep(&base);
        let mut builder = tempfile::Builder::new();
        // Copies of the user's files, keys among them, lie here: for nobody else to read.
        #[cfg(unix)]
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        #[cfg(unix)]
        builder.permissions(private);
        let folder = builder.prefix(PREFIX).tempdir_in(base)?;
        let file = fs::File::create(folder.path().join(LOCK))?;
        let _ = lock(&file);
        Ok(Self { folder, _lock: file })
    }

    /// Its real path, without links.
    pub fn path(&self) -> io::Result<PathBuf> {
        fs::canonicalize(self.folder.path())
    }
}

/// Removes the folders of perfmods that were killed: those whose lock nobody holds.
fn sweep(base: &Path) {
    for entry in fs::read_dir(base).into_iter().flatten().flatten() {
        if !entry.file_name().to_string_lossy().starts_with(PREFIX) {
            continue;
        }
        // A new one may be on its way from being made to being locked.
        let old = |file: &fs::File| file.metadata()?.modified()?.elapsed().map_err(io::Error::other);
        let unused = fs::OpenOptions::new()
            .write(true)
            .open(entry.path().join(LOCK))
            .is_ok_and(|file| old(&file).is_ok_and(|age| age > NEW) && lock(&file));
        if unused {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(unix)]
fn lock(file: &fs::File) -> bool {
    use std::os::fd::AsRawFd;
    // SAFETY: the descriptor is open for the whole call.
    unsafe { libc::flock(file.as_raw_fd(), libc::LOCK_EX | libc::LOCK_NB) == 0 }
}

#[cfg(not(unix))]
fn lock(_: &fs::File) -> bool {
    false
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn nobody_else_may_look_into_it() {
        let work = Work::new().unwrap();
        let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(work.path().unwrap()).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o700);
    }

    #[test]
    fn folders_in_use_stay_and_left_ones_go() {
        let used = Work::new().expect("a folder");
        let left = tempfile::Builder::new().prefix(PREFIX).tempdir().expect("a folder").keep();
        let file = fs::File::create(left.join(LOCK)).expect("writable");
        file.set_modified(std::time::SystemTime::now() - 2 * NEW).expect("settable");
        let next = Work::new().expect("a folder");
        assert!(used.path().is_ok_and(|path| path.exists()) && !left.exists());
        let path = next.path().expect("a path");
        drop(next);
        assert!(!path.exists());
    }
}
