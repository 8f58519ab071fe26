//! Every change that perfmod makes to a disk, one small step at a time, so that a test can stop the process at each.

use std::fs::{File, Permissions};
use std::io::{self, Write};
use std::path::Path;

/// A new file with all its bytes on the disk. It must not be there yet.
///
/// # Errors
/// Where it cannot be made or written; what was begun is taken away again.
pub(super) fn create(path: &Path, bytes: &[u8], permissions: Option<&Permissions>) -> io::Result<()> {
    step();
    let mut file = File::create_new(path)?;
    let written = (|| {
        let half = bytes.len() / 2;
        file.write_all(&bytes[..half])?;
        step();
        file.write_all(&bytes[half..])?;
        if let Some(permissions) = permissions {
            file.set_permissions(permissions.clone())?;
        }
        file.sync_all()
    })();
    if written.is_err() {
        let _ = std::fs::remove_file(path);
    }
    written
}

/// Puts one file in the place of another, for good.
///
/// # Errors
/// Where the folder does not allow it.
pub(super) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    step();
    std::fs::rename(from, to)?;
    step();
    sync_folder(to)
}

/// Takes a file away; one that is not there is as good.
///
/// # Errors
/// Where the folder does not allow it.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    step();
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => sync_folder(path),
    }
}

/// Adds bytes at the end of a file; they are on the disk when this returns.
///
/// # Errors
/// Where they cannot be written.
pub(super) fn append(file: &mut File, bytes: &[u8]) -> io::Result<()> {
    step();
    let half = bytes.len() / 2;
    file.write_all(&bytes[..half])?;
    step();
    file.write_all(&bytes[half..])?;
    file.sync_data()
}

/// Makes a folder and those above it.
///
/// # Errors
/// Where that is not allowed.
pub(super) fn make_folder(path: &Path) -> io::Result<()> {
    step();
    std::fs::create_dir_all(path)
}

/// What a folder lists is on the disk only once the folder is.
#[cfg(unix)]
fn sync_folder(of: &Path) -> io::Result<()> {
    match of.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

/// In a debug build, `PERFMOD_STOP_AT=N` ends the process at the N-th step, as `kill -9` would: nothing is put in order.
#[cfg(debug_assertions)]
fn step() {
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicUsize, Ordering};
    static STOP_AT: LazyLock<Option<usize>> =
        LazyLock::new(|| std::env::var("PERFMOD_STOP_AT").ok().and_then(|text| text.parse().ok()));
    static DONE: AtomicUsize = AtomicUsize::new(0);
    if *STOP_AT == Some(DONE.fetch_add(1, Ordering::Relaxed)) {
        std::process::abort();
    }
}

#[cfg(not(debug_assertions))]
fn step() {}
