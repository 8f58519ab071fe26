//! Copies of the user's project, and what a run changed in one.

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

/// Copies a copy: links stay links, nothing is left out.
pub(super) fn again(from: &Path, to: &Path) -> Result<(), String> {
    copy_folder(from, to, None, &mut (usize::MAX, u64::MAX))
}

/// `work` is our own folder; it is given where the user's project is copied.
fn copy_folder(from: &Path, to: &Path, work: Option<&Path>, budget: &mut (usize, u64)) -> Result<(), String> {
    let first = work.is_some();
    let told = |path: &Path| {
        let path = path.display().to_string();
        move |error: io::Error| format!("{path} cannot be copied: {error}")
    };
    fs::create_dir(to).map_err(told(to))?;
    for entry in fs::read_dir(from).map_err(told(from))? {
        let entry = entry.map_err(told(from))?;
        let (path, name) = (entry.path(), entry.file_name());
        let target = to.join(&name);
        let meta = fs::symlink_metadata(&path).map_err(told(&path))?;
        if meta.is_dir() {
            if work == Some(path.as_path()) {
                continue;
            }
            if first
                && (LEFT_OUT.iter().any(|left| name == *left)
                    || path.join("pyvenv.cfg").exists()
                    || path.join("CACHEDIR.TAG").exists())
            {
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
