//! Writes to the user's files: beside the file and renamed into place, after a check that it has not changed since it was
//! read. Several files are prepared before the first is put in place.

use super::Change;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Why nothing, or not everything, was written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The file is not what was analysed.
    #[error("{0} has changed since it was read; nothing was written, run perfmod again")]
    Changed(PathBuf),
    /// The file cannot be written.
    #[error("{path} cannot be written: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file could not be put in place after others were.
    #[error("{path} could not be put in place ({source}); already written: {written}")]
    Partly {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
        /// Those that were put in place before.
        written: String,
    },
}

/// Writes every change, or none where one of the files has changed or cannot be prepared.
///
/// # Errors
/// See [`WriteError`].
pub fn write_all(changes: &[Change]) -> Result<(), WriteError> {
    let mut ready = Vec::new();
    for change in changes {
        // A symlink is kept: what it points to is rewritten.
        let target = if change.before.is_some() { resolve(&change.path)? } else { change.path.clone() };
        let there = match std::fs::read(&target) {
            Ok(bytes) => Some(bytes),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => None,
            Err(source) => return Err(WriteError::Io { path: target, source }),
        };
        // Two scripts of one folder need the same runtime: the second finds it in place.
        if there.as_deref() == Some(&change.after[..]) {
            continue;
        }
        if there != change.before {
            return Err(WriteError::Changed(change.path.clone()));
        }
        ready.push((prepare(&target, change)?, target));
    }
    let mut written: Vec<String> = Vec::new();
    for (file, target) in ready {
        file.persist(&target).map_err(|e| {
            if written.is_empty() {
                WriteError::Io { path: target.clone(), source: e.error }
            } else {
                WriteError::Partly { path: target.clone(), source: e.error, written: written.join(", ") }
            }
        })?;
        written.push(target.display().to_string());
    }
    Ok(())
}

fn resolve(path: &Path) -> Result<PathBuf, WriteError> {
    std::fs::canonicalize(path).map_err(|source| WriteError::Io { path: path.to_path_buf(), source })
}

fn prepare(target: &Path, change: &Change) -> Result<tempfile::NamedTempFile, WriteError> {
    let io = |source| WriteError::Io { path: target.to_path_buf(), source };
    let folder = target.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".perfmod-").tempfile_in(folder).map_err(io)?;
    file.write_all(&change.after).map_err(io)?;
    file.as_file().sync_all().map_err(io)?;
    match std::fs::metadata(target) {
        Ok(meta) if meta.permissions().readonly() => {
            return Err(io(std::io::Error::new(std::io::ErrorKind::PermissionDenied, "the file is read-only")));
        }
        Ok(meta) => file.as_file().set_permissions(meta.permissions()).map_err(io)?,
        Err(_) => plain_permissions(file.as_file()).map_err(io)?,
    }
    Ok(file)
}

/// A new file gets the usual permissions, not the private ones of a temporary file.
#[cfg(unix)]
fn plain_permissions(file: &std::fs::File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn plain_permissions(_: &std::fs::File) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(path: &Path, before: Option<&[u8]>, after: &[u8]) -> Change {
        Change { path: path.into(), shown: "x".into(), before: before.map(<[u8]>::to_vec), after: after.to_vec() }
    }

    #[test]
    fn all_or_nothing_where_a_file_has_changed() {
        let dir = tempfile::tempdir().unwrap();
        let (a, b) = (dir.path().join("a.py"), dir.path().join("b.py"));
        std::fs::write(&a, "a").unwrap();
        std::fs::write(&b, "changed meanwhile").unwrap();
        let error = write_all(&[change(&a, Some(b"a"), b"A"), change(&b, Some(b"b"), b"B")]).unwrap_err();
        assert!(matches!(error, WriteError::Changed(p) if p == b));
        assert_eq!(std::fs::read(&a).unwrap(), b"a");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2, "no temporary file is left");
        let error = write_all(&[change(&b, None, b"B")]).unwrap_err();
        assert!(matches!(error, WriteError::Changed(_)), "a new file does not replace one that is there");
        write_all(&[change(&b, None, b"changed meanwhile")]).expect("what is in place already is not an error");
    }

    #[cfg(unix)]
    #[test]
    fn permissions_and_symlinks_stay() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let (real, link) = (dir.path().join("real.py"), dir.path().join("link.py"));
        std::fs::write(&real, "a").unwrap();
        std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o755)).unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        write_all(&[change(&link, Some(b"a"), b"b"), change(&dir.path().join("new.py"), None, b"n")]).unwrap();
        assert_eq!(std::fs::read(&real).unwrap(), b"b");
        assert!(link.is_symlink());
        assert_eq!(std::fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o755);
        std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o444)).unwrap();
        assert!(matches!(write_all(&[change(&real, Some(b"b"), b"c")]), Err(WriteError::Io { .. })));
    }
}
