//! Which folder is copied for the runs of a script: its project, or, where nothing marks one, what the script seems to need.

use crate::facts::Verdict;
use crate::project::files::{folder_of, marked_root};
use crate::validate;
use std::path::{Path, PathBuf};

/// Folders above its own that a script's text is followed to.
const MAX_UP: usize = 3;

/// Folders of everybody.
const SHARED: [&str; 5] = ["/tmp", "/var/tmp", "/dev/shm", "/var", "/usr"];

/// What is copied.
pub(super) struct Copied {
    pub root: PathBuf,
    /// How it was found where nothing marks a project.
    found: Found,
}

enum Found {
    Marked,
    /// The script's own folder; with the wider one, where that holds too much.
    Own(Option<PathBuf>),
    Working,
    Above,
}

impl Copied {
    pub fn of(script: &Path, text: &str) -> Self {
        if let Some(root) = marked_root(script) {
            return Copied { root, found: Found::Marked };
        }
        let own = folder_of(script);
        let working = std::env::current_dir().ok().filter(|here| own != *here && own.starts_with(here));
        let above = own.ancestors().nth(ups(text)).filter(|above| own != *above).map(Path::to_path_buf);
        let mut wider = [(working, Found::Working), (above, Found::Above)].map(|(root, found)| Some((root?, found)));
        // The wider first: it holds the other.
        wider.sort_by_key(|found| found.as_ref().map_or(usize::MAX, |(root, _)| root.components().count()));
        let mut too_much = None;
        for (root, found) in wider.into_iter().flatten().filter(|(root, _)| is_somebodys(root)) {
            if validate::fits(&root) {
                return Copied { root, found };
            }
            too_much = too_much.or(Some(root));
        }
        Copied { root: own, found: Found::Own(too_much) }
    }

    /// Says what was copied where that was a guess: as a note, or with the reason why the original ended without a file.
    pub fn tell(&self, outcome: &mut validate::Outcome) {
        let root = self.root.display();
        let unmarked = "nothing marks the project (.git, pyproject.toml)";
        let why = match &self.found {
            Found::Marked => return,
            Found::Working => format!("{unmarked}, so the working folder, {root}, was copied for the runs"),
            Found::Above => {
                format!("{unmarked}, so {root}, to which the script's `..` leads, was copied for the runs")
            }
            Found::Own(too_much) => {
                let missing = ["FileNotFoundError", "ModuleNotFoundError", "ImportError", "No such file"];
                let reason = outcome.evidence.reason.as_mut().filter(|_| outcome.verdict == Verdict::Assumed);
                let Some(reason) = reason.filter(|reason| missing.iter().any(|word| reason.contains(word))) else {
                    return;
                };
                let too_much = too_much.as_ref().map(|root| format!(" ({} holds too much)", root.display()));
                reason.push_str(&format!(
                    "\nOnly the script's own folder, {root}, was copied for the runs, for {unmarked}{}: start perfmod in the folder that holds what the program reads, or put a pyproject.toml there",
                    too_much.unwrap_or_default()
                ));
                return;
            }
        };
        outcome.evidence.notes.push(why);
    }
}

/// Whether a folder may be somebody's project: not the root, a home or what holds homes, nor a folder for what is temporary.
fn is_somebodys(folder: &Path) -> bool {
    let real = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let folder = real(folder);
    let home = std::env::var_os("HOME").filter(|home| !home.is_empty()).map(|home| real(Path::new(&home)));
    let shared = SHARED.iter().map(PathBuf::from).chain([std::env::temp_dir()]);
    folder.parent().is_some()
        && home.is_none_or(|home| !home.starts_with(&folder))
        && !shared.map(|shared| real(&shared)).any(|shared| shared == folder)
}

/// How many folders up a script's text leads: by `..` in its paths, or by the parents of its own file. A comment counts for
/// nothing, a string that means something else does no harm.
fn ups(text: &str) -> usize {
    let of_line = |line: &str| {
        let count = |what: &str| line.matches(what).count();
        let quoted = count("\"..\"") + count("'..'") + count("os.pardir") + count("os.path.pardir");
        let longest = (1..=MAX_UP).rev().find(|n| line.contains(&"../".repeat(*n))).unwrap_or(0);
        let ended = ["/..\"", "/..'"].iter().any(|end| line.contains(end));
        let parents = (1..=MAX_UP).rev().find(|n| line.contains(&format!("parents[{n}]"))).unwrap_or(0);
        let own = line.contains("__file__");
        let chained =
            if own { count(".parent.").max(count(".parent") + count("dirname(")).saturating_sub(1) } else { 0 };
        quoted.max(longest + usize::from(ended)).max(parents).max(chained)
    };
    text.lines().map(str::trim).filter(|line| !line.starts_with('#')).map(of_line).max().unwrap_or(0).min(MAX_UP)
}

#[cfg(test)]
mod tests {
    use super::{is_somebodys, ups};
    use std::path::Path;

    #[test]
    fn a_text_leads_up_by_its_paths() {
        for (text, expected) in [
            ("open('data/x.json')", 0),
            ("open('../data/x.json')", 1),
            ("open(\"../../x\")\nopen('../y')", 2),
            ("sys.path.insert(0, '..')", 1),
            ("sys.path.append(os.path.join(os.path.dirname(__file__), '..', '..'))", 2),
            ("sys.path.insert(0, os.path.dirname(os.path.dirname(__file__)))", 1),
            ("sys.path.insert(0, os.path.dirname(__file__) + '/..')", 1),
            ("root = Path(__file__).parent", 0),
            ("root = Path(__file__).resolve().parent.parent / 'data'", 1),
            ("root = Path(__file__).parents[2]", 2),
            ("# see ../README", 0),
            ("print('loading ...')", 0),
        ] {
            assert_eq!(ups(text), expected, "{text}");
        }
    }

    #[test]
    fn homes_roots_and_temporary_folders_are_nobodys_project() {
        assert!(!is_somebodys(Path::new("/")) && !is_somebodys(&std::env::temp_dir()));
        if let Some(home) = std::env::var_os("HOME").filter(|home| Path::new(home).is_dir()) {
            assert!(!is_somebodys(Path::new(&home)));
        }
        let folder = tempfile::tempdir().unwrap();
        assert!(is_somebodys(folder.path()));
    }
}
