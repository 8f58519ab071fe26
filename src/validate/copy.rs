//! Copies of the user's project, and what a run changed in one.

use super::Program;
use std::{
    collections::BTreeMap,
    fs, io,
    path::{Component, Path, PathBuf},
};

/// Files above this size are linked to, read-only, instead of copied.
const LINKED_ABOVE: u64 = 1024 * 1024;
/// What a copy may hold.
const MAX_ENTRIES: usize = 20_000;
const MAX_BYTES: u64 = 256 * 1024 * 1024;
/// Folders that no program needs to have copied. Environments are recognised by their `pyvenv.cfg`, caches and
/// build folders by their `CACHEDIR.TAG`.
const LEFT_OUT: &[&str] = &[
    ".git",
    ".hg",
    ".svn",
    ".venv",
    "node_modules",
    "__pycache__",
    ".perfmod",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
    ".tox",
    ".nox",
    ".ipynb_checkpoints",
    ".idea",
    ".vscode",
];

/// Copies `root` to `to`, which must not exist. The folder that holds `to` is not copied, should it lie within `root`.
/// The error is a sentence for the user.
pub(super) fn pristine(root: &Path, to: &Path) -> Result<(), String> {
    let mut budget = (MAX_ENTRIES, MAX_BYTES);
    copy_folder(root, to, to.parent(), &mut budget)
}

/// What a folder may hold that nothing marks as the project.
const GUESSED: (usize, u64) = (5_000, 64 * 1024 * 1024);

/// Whether a folder that may not be the project is small enough to be copied for each run.
pub fn fits(root: &Path) -> bool {
    measured(root, &mut GUESSED.clone()).is_some()
}

fn measured(folder: &Path, budget: &mut (usize, u64)) -> Option<()> {
    for entry in fs::read_dir(folder).ok()? {
        let path = entry.ok()?.path();
        let meta = fs::symlink_metadata(&path).ok()?;
        budget.0 = budget.0.checked_sub(1)?;
        if meta.is_dir() && !is_left_out(&path) {
            measured(&path, budget)?;
        } else if meta.is_file() && meta.len() <= LINKED_ABOVE {
            budget.1 = budget.1.checked_sub(meta.len())?;
        }
    }
    Some(())
}

/// Copies a copy: links stay links, nothing is left out.
pub(super) fn again(from: &Path, to: &Path) -> Result<(), String> {
    copy_folder(from, to, None, &mut (usize::MAX, u64::MAX))
}

/// Copies what a copy holds into a folder that exists.
pub(super) fn into(from: &Path, to: &Path) -> Result<(), String> {
    copy_contents(from, to, None, &mut (usize::MAX, u64::MAX))
}

/// Removes what a folder holds, and not the folder.
pub(super) fn clear(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() { fs::remove_dir_all(entry.path())? } else { fs::remove_file(entry.path())? }
    }
    Ok(())
}

/// Bytes of the files below a folder.
pub(super) fn size(folder: &Path) -> u64 {
    let of = |entry: fs::DirEntry| match entry.metadata() {
        Ok(meta) if meta.is_dir() => size(&entry.path()),
        Ok(meta) => meta.len(),
        Err(_) => 0,
    };
    fs::read_dir(folder).into_iter().flatten().flatten().map(of).fold(0, u64::saturating_add)
}

/// `work` is our own folder; it is given where the user's project is copied.
fn copy_folder(from: &Path, to: &Path, work: Option<&Path>, budget: &mut (usize, u64)) -> Result<(), String> {
    fs::create_dir(to).map_err(|error| format!("{} cannot be copied: {error}", to.display()))?;
    copy_contents(from, to, work, budget)
}

fn copy_contents(from: &Path, to: &Path, work: Option<&Path>, budget: &mut (usize, u64)) -> Result<(), String> {
    let first = work.is_some();
    let told = |path: &Path| {
        let path = path.display().to_string();
        move |error: io::Error| format!("{path} cannot be copied: {error}")
    };
    for entry in fs::read_dir(from).map_err(told(from))? {
        let entry = entry.map_err(told(from))?;
        let (path, name) = (entry.path(), entry.file_name());
        let target = to.join(&name);
        let meta = fs::symlink_metadata(&path).map_err(told(&path))?;
        if meta.is_dir() {
            if work == Some(path.as_path()) {
                continue;
            }
            if first && is_left_out(&path) {
                continue;
            }
            copy_folder(&path, &target, work, budget)?;
        } else if meta.is_symlink() {
            let link = fs::read_link(&path).map_err(told(&path))?;
            // Within the copy a relative link may lead elsewhere than it does in the project; outside it must lead on.
            let link = if first && !stays_below(&link) { from.join(link) } else { link };
            symlink(&link, &target).map_err(told(&path))?;
        } else if meta.is_file() {
            if first && meta.len() > LINKED_ABOVE {
                symlink(&path, &target).map_err(told(&path))?;
            } else {
                budget.1 = budget.1.checked_sub(meta.len()).ok_or_else(|| {
                    format!(
                        "the project holds more than {} MB of small files, too much to copy for each run",
                        MAX_BYTES >> 20
                    )
                })?;
                fs::copy(&path, &target).map_err(told(&path))?;
            }
        }
        // Sockets, pipes and devices are nobody's input.
        budget.0 = budget
            .0
            .checked_sub(1)
            .ok_or_else(|| format!("the project holds more than {MAX_ENTRIES} files, too many to copy for each run"))?;
    }
    Ok(())
}

/// Whether a link points into its own folder or below, so that it means the same in a copy.
fn stays_below(link: &Path) -> bool {
    link.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
}

#[cfg(unix)]
fn symlink(to: &Path, at: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(to, at)
}

#[cfg(not(unix))]
fn symlink(to: &Path, at: &Path) -> io::Result<()> {
    fs::copy(to, at).map(|_| ())
}

/// Writes a file of an overlay into a copy. A link on the way is never followed: it could lead to the user's own files.
pub(super) fn place(tree: &Path, relative: &Path, bytes: &[u8]) -> Result<(), String> {
    let told = |why: &str| format!("{} cannot be placed in the copy: {why}", relative.display());
    let mut parts = relative.components().peekable();
    let mut at = tree.to_owned();
    while let Some(part) = parts.next() {
        match part {
            Component::Normal(name) => at.push(name),
            Component::CurDir => continue,
            _ => return Err(told("it is not a path within the project")),
        }
        let meta = fs::symlink_metadata(&at);
        let is_link = meta.as_ref().is_ok_and(fs::Metadata::is_symlink);
        if parts.peek().is_some() {
            if is_link {
                return Err(told("its folder is a symbolic link"));
            }
            if meta.is_err() {
                fs::create_dir(&at).map_err(|error| told(&error.to_string()))?;
            }
        } else if is_link {
            fs::remove_file(&at).map_err(|error| told(&error.to_string()))?;
        }
    }
    fs::write(&at, bytes).map_err(|error| told(&error.to_string()))
}

/// Removes a file or folder from a copy, never what a link leads to.
pub(super) fn remove(tree: &Path, relative: &Path) -> Result<(), String> {
    let told = |why: String| format!("{} cannot be removed from the copy: {why}", relative.display());
    let parts: Vec<Component<'_>> = relative.components().collect();
    let mut at = tree.to_owned();
    for (nth, part) in parts.iter().enumerate() {
        let Component::Normal(name) = part else { return Err(told("it is not a path within the project".to_owned())) };
        at.push(name);
        match fs::symlink_metadata(&at) {
            Err(_) => return Ok(()),
            Ok(meta) if nth + 1 < parts.len() && !meta.is_dir() => {
                return Err(told("its folder is no folder".to_owned()));
            }
            Ok(meta) if nth + 1 == parts.len() => {
                let done = if meta.is_dir() { fs::remove_dir_all(&at) } else { fs::remove_file(&at) };
                return done.map_err(|error| told(error.to_string()));
            }
            Ok(_) => {}
        }
    }
    Ok(())
}

/// The files of a version that lies in a folder of its own, seen from the version in `from`: those that are new or other,
/// with their contents, and those that are gone. What is not copied for a run is not looked at.
pub(super) fn differences(from: &Path, to: &Path) -> Result<Program, String> {
    let (mut before, mut after) = (BTreeMap::new(), BTreeMap::new());
    let mut budget = (MAX_ENTRIES, MAX_BYTES);
    listing(from, Path::new(""), &mut before, &mut budget)?;
    listing(to, Path::new(""), &mut after, &mut (MAX_ENTRIES, MAX_BYTES))?;
    let mut program = Program::default();
    for (path, length) in &after {
        let told = |error: io::Error| format!("{} cannot be read: {error}", to.join(path).display());
        let same_length = before.get(path) == Some(length);
        // Large files are linked to and not copied; equal ones need not be read into memory.
        let new = fs::read(to.join(path)).map_err(told)?;
        if !(same_length && fs::read(from.join(path)).is_ok_and(|old| old == new)) {
            let left = budget.1.checked_sub(*length);
            budget.1 = left.ok_or_else(|| format!("the versions differ by more than {} MB", MAX_BYTES >> 20))?;
            program.overlay.push((path.clone(), new));
        }
    }
    program.removed = before.into_keys().filter(|path| !after.contains_key(path)).collect();
    Ok(program)
}

fn listing(
    root: &Path,
    below: &Path,
    found: &mut BTreeMap<PathBuf, u64>,
    budget: &mut (usize, u64),
) -> Result<(), String> {
    let folder = root.join(below);
    let told = |error: io::Error| format!("{} cannot be read: {error}", folder.display());
    for entry in fs::read_dir(&folder).map_err(told)? {
        let entry = entry.map_err(told)?;
        let (relative, path) = (below.join(entry.file_name()), entry.path());
        let Ok(meta) = fs::metadata(&path) else { continue };
        if meta.is_dir() && !entry.file_type().is_ok_and(|kind| kind.is_symlink()) {
            if !is_left_out(&path) {
                listing(root, &relative, found, budget)?;
            }
        } else if meta.is_file() {
            budget.0 = budget
                .0
                .checked_sub(1)
                .ok_or_else(|| format!("{} holds more than {MAX_ENTRIES} files", root.display()))?;
            found.insert(relative, meta.len());
        }
    }
    Ok(())
}

/// Whether a folder of the user's is not copied.
fn is_left_out(path: &Path) -> bool {
    path.file_name().is_some_and(|name| LEFT_OUT.iter().any(|left| name == *left))
        || path.join("pyvenv.cfg").exists()
        || path.join("CACHEDIR.TAG").exists()
}

/// What is at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Entry {
    /// A file, by the hash of its bytes.
    File([u8; 32]),
    Link(PathBuf),
    Folder,
}

/// Everything below a folder, by path with `/`.
pub(super) type Snapshot = BTreeMap<String, Entry>;

/// Takes down what is below `folder`. Files that perfmod's own runtime keeps, and compiled Python, are not looked at.
pub(super) fn snapshot(folder: &Path) -> io::Result<Snapshot> {
    let mut found = Snapshot::new();
    walk(folder, "", &mut found)?;
    Ok(found)
}

fn walk(folder: &Path, prefix: &str, found: &mut Snapshot) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name == "__pycache__" || name == ".perfmod" || name.ends_with(".pyc") {
            continue;
        }
        let (path, kind) = (entry.path(), entry.file_type()?);
        let relative = format!("{prefix}{name}");
        if kind.is_dir() {
            walk(&path, &format!("{relative}/"), found)?;
            found.insert(relative, Entry::Folder);
        } else if kind.is_symlink() {
            found.insert(relative, Entry::Link(fs::read_link(&path)?));
        } else if kind.is_file() {
            found.insert(
                relative,
                Entry::File(*blake3::Hasher::new().update_reader(fs::File::open(&path)?)?.finalize().as_bytes()),
            );
        }
    }
    Ok(())
}
