//! The journals of the projects that a run writes to, each opened once.

use super::{Failure, say};
use crate::apply::{Journal, JournalError};
use crate::project::files::{located, project_root};
use crate::project::git::Git;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long another process that writes is waited for: applying takes a fraction of a second.
const PATIENCE: Duration = Duration::from_secs(10);

/// The journals of a run.
#[derive(Debug, Default)]
pub(super) struct Journals {
    open: BTreeMap<PathBuf, Journal>,
}

impl Journals {
    /// The journal of the project around a file. What a killed process has left is put in order, and said.
    pub fn around(&mut self, file: &Path) -> Result<&mut Journal, JournalError> {
        self.at(project_root(file))
    }

    /// The journal of a folder.
    pub fn at(&mut self, root: PathBuf) -> Result<&mut Journal, JournalError> {
        match self.open.entry(root) {
            Entry::Occupied(there) => Ok(there.into_mut()),
            Entry::Vacant(slot) => {
                let journal = Journal::open(slot.key(), PATIENCE)?;
                journal.mended.iter().for_each(|line| say(line));
                Ok(slot.insert(journal))
            }
        }
    }

    /// Puts in order what killed processes have left in the projects of some paths, before anything is read there.
    pub fn mend(paths: &[PathBuf]) -> Result<(), Failure> {
        let mut roots: Vec<PathBuf> = Vec::new();
        for path in paths {
            let inside = if path.is_dir() { path.join("x") } else { path.clone() };
            roots.extend([project_root(&inside), located(&inside).parent().unwrap_or(Path::new(".")).to_path_buf()]);
        }
        roots.sort();
        roots.dedup();
        for root in roots.into_iter().filter(|root| Journal::exists(root)) {
            // One that another process holds is being written right now.
            if let Ok(journal) = Journal::open(&root, Duration::ZERO) {
                journal.mended.iter().for_each(|line| say(line));
            }
        }
        Ok(())
    }
}

/// The patches that were applied, by the roots of their projects.
#[derive(Debug, Default)]
pub(super) struct Ids {
    by_root: BTreeMap<PathBuf, Vec<String>>,
}

impl Ids {
    pub fn add(&mut self, root: &Path, ids: Vec<String>) {
        self.by_root.entry(root.to_path_buf()).or_default().extend(ids);
    }

    /// The commands that take them back, one for each project.
    pub fn ways_back(&self) -> Vec<String> {
        let here = std::env::current_dir().and_then(std::fs::canonicalize).unwrap_or_default();
        let found = here.ancestors().find(|folder| Journal::exists(folder));
        let way = |(root, ids): (&PathBuf, &Vec<String>)| {
            let named = match found == Some(root.as_path()) {
                true => String::new(),
                false => format!(" --project {}", root.strip_prefix(&here).unwrap_or(root).display()),
            };
            format!("to take them back: perfmod undo{named} ({})", ids.join(", "))
        };
        self.by_root.iter().map(way).collect()
    }
}

/// Warns where files that are about to be changed have changes which are not committed.
pub(super) fn warn_of_dirty(files: &[PathBuf]) {
    let Some(git) =
        files.first().and_then(|f| Git::around(f.parent().filter(|p| p.is_dir()).unwrap_or(Path::new("."))))
    else {
        return;
    };
    let files: Vec<PathBuf> = files.iter().map(|f| located(f)).filter(|f| f.starts_with(&git.root)).collect();
    if files.is_empty() {
        return;
    }
    for name in git.dirty(&files).unwrap_or_default() {
        say(&format!("{name} has changes that are not committed; the patches are made on top of them"));
    }
}
