//! What git says of a project, where there is one and git is installed.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A working tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Git {
    /// Its topmost folder.
    pub root: PathBuf,
}

impl Git {
    /// The working tree that a folder lies in; none where there is none, or no git.
    pub fn around(folder: &Path) -> Option<Self> {
        let said = command(folder, ["rev-parse", "--show-toplevel"]).output().ok().filter(|o| o.status.success())?;
        let text = String::from_utf8(said.stdout).ok()?;
        Some(Self { root: PathBuf::from(text.trim_end_matches('\n')) })
    }

    fn run<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Result<Output, String> {
        let done = command(&self.root, arguments).output().map_err(|e| format!("git cannot be run: {e}"))?;
        match done.status.success() {
            true => Ok(done),
            false => Err(String::from_utf8_lossy(&done.stderr).trim().to_string()),
        }
    }

    /// Those of some files (all tracked ones, where none is named) whose changes are not committed, relative to the root.
    ///
    /// # Errors
    /// What git says.
    pub fn dirty(&self, files: &[PathBuf]) -> Result<Vec<String>, String> {
        let arguments = ["status", "--porcelain", "-z", "--untracked-files=no", "--no-renames", "--"].map(OsStr::new);
        let done = self.run(arguments.into_iter().chain(files.iter().map(|f| f.as_os_str())))?;
        let lines = done.stdout.split(|b| *b == 0).filter_map(|line| line.get(3..));
        Ok(lines.map(|name| String::from_utf8_lossy(name).into_owned()).collect())
    }

    /// Makes a branch at what is checked out, and checks it out; one that is checked out already stays.
    ///
    /// # Errors
    /// What git says.
    pub fn branch(&self, name: &str) -> Result<(), String> {
        let now = self.run(["symbolic-ref", "--quiet", "--short", "HEAD"]).map(|o| o.stdout).unwrap_or_default();
        if String::from_utf8_lossy(&now).trim() == name {
            return Ok(());
        }
        self.run(["switch", "--quiet", "-c", name]).map(drop)
    }

    /// Whether some files are as they were last committed, and all are tracked.
    pub fn is_committed(&self, files: &[PathBuf]) -> bool {
        let named = || files.iter().map(|f| f.as_os_str());
        let tracked = ["ls-files", "--error-unmatch", "--"].map(OsStr::new);
        self.run(tracked.into_iter().chain(named())).is_ok() && self.dirty(files).is_ok_and(|dirty| dirty.is_empty())
    }

    /// The files that it tracks, absolute; those of repositories inside of it are not among them.
    ///
    /// # Errors
    /// What git says.
    pub fn tracked(&self) -> Result<BTreeSet<PathBuf>, String> {
        let done = self.run(["ls-files", "-z"])?;
        let names = done.stdout.split(|b| *b == 0).filter(|name| !name.is_empty());
        Ok(names.map(|name| self.root.join(String::from_utf8_lossy(name).as_ref())).collect())
    }

    /// Commits some files alone. Where nothing else is staged it is a commit like any other, so that hooks which change
    /// and stage files work; where git refuses, nothing stays staged.
    ///
    /// # Errors
    /// What git says, such as that nobody's name is configured or a hook refuses.
    pub fn commit(&self, files: &[PathBuf], message: &str) -> Result<(), String> {
        let named = || files.iter().map(|f| f.as_os_str());
        let others = self.run(["diff", "--cached", "--quiet"]).is_err();
        self.run(["add", "--"].map(OsStr::new).into_iter().chain(named()))?;
        let only = if others { Some("--only") } else { None };
        let words = ["commit", "--quiet", "-m", message].into_iter().chain(only).chain(["--"]).map(OsStr::new);
        let done = match others {
            true => self.run(words.chain(named())),
            false => self.run(["commit", "--quiet", "-m", message]),
        };
        done.map(drop).inspect_err(|_| {
            let _ = self.run(["reset", "--quiet", "--"].map(OsStr::new).into_iter().chain(named()));
        })
    }
}

fn command<S: AsRef<OsStr>>(folder: &Path, arguments: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(arguments).stdin(Stdio::null()).env("LC_ALL", "C");
    command
}
