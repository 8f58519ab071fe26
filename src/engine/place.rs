//! Where things go: the runtime module, and the folder that the paths of a diff are relative to.

use super::plan::FilePlan;
use super::{Engine, RUNTIME_FILE};
use crate::apply::Change;
use crate::facts::{Code, Problem};
use crate::project::files::{folder_of, import_root, is_module, located, outermost_package, project_root};
use crate::project::runtime::{RUNTIME_MODULE, version};
use crate::syntax::{Node, Source, children, walk};
use std::path::{Path, PathBuf};

impl Engine {
    /// Puts the runtime where the program imports from, unless this version is there already.
    pub(super) fn runtime_change(&self, file: &FilePlan) -> Result<Option<Change>, Problem> {
        let folder = runtime_folder(file);
        let path = folder.join(RUNTIME_FILE);
        let refuse = |path: &Path, why: &str| {
            let message = format!("{} {why}", path.display());
            Err(Problem { code: Code::NOT_ANALYSED, message, line: None })
        };
        let package = folder.join(RUNTIME_MODULE);
        if package.is_dir() {
            return refuse(&package, "is there, and perfmod's module needs its name; rename it");
        }
        let after = self.runtime.clone().into_bytes();
        let before = match std::fs::read(&path) {
            // A checkout may have turned its line ends.
            Ok(bytes) if String::from_utf8_lossy(&bytes).replace("\r\n", "\n") == self.runtime => return Ok(None),
            Ok(bytes) => match version(&bytes) {
                None => return refuse(&path, "is there and is not perfmod's; rename it"),
                Some(there) if version(self.runtime.as_bytes()).is_some_and(|own| there > own) => {
                    let (major, minor, patch) = there;
                    let why = format!(
                        "is of perfmod {major}.{minor}.{patch}, which is newer than this one ({}); update perfmod, or remove the file",
                        env!("CARGO_PKG_VERSION")
                    );
                    return refuse(&path, &why);
                }
                Some(there) if version(self.runtime.as_bytes()) == Some(there) => {
                    return refuse(&path, "was changed since perfmod has written it; put it back, or rename it");
                }
                Some(_) => Some(bytes),
            },
            Err(_) => None,
        };
        let shown = shown_from(file, &path);
        Ok(Some(Change { path, shown, before, after }))
    }
}

/// The folder that the program of a file imports from: the script's own, which Python puts first on its path, or for a
/// module of a package the one above it.
pub(super) fn runtime_folder(file: &FilePlan) -> PathBuf {
    let module_level = file.sites.iter().any(|site| site.function == "<module>");
    import_folder(&file.path, file.source.as_ref(), module_level)
}

/// The same for a file that is being planned; `module_level` where one of its sites is in no function.
pub(super) fn import_folder(file: &Path, source: Option<&Source>, module_level: bool) -> PathBuf {
    let script = source.is_some_and(|source| {
        outermost_package(file).is_none_or(|package| is_script(source, file, &package, module_level))
    });
    // Python takes the folder of the file that a link leads to.
    let real = std::fs::canonicalize(file).ok().filter(|_| file.is_symlink());
    let path = real.as_deref().unwrap_or(file);
    let folder = if script { folder_of(path) } else { import_root(path) };
    source.and_then(|source| started_above(source, path, &folder)).unwrap_or(folder)
}

/// The folder above from which a program is started as a module (`python -m app.main`), where its imports can have no other
/// meaning: they name a folder that the file itself lies in, or are relative in a folder that is no package by a file.
fn started_above(source: &Source, path: &Path, folder: &Path) -> Option<PathBuf> {
    // Who adds to the path is started by a path.
    if source.text.contains("sys.path") {
        return None;
    }
    let own = folder_of(path);
    let mut relative = 0;
    // What stands in a `try` has a meaning both ways.
    for import in children(source.root()) {
        let modules: Vec<&str> = match import.kind() {
            "import_statement" => children(import).map(|name| source.of(name)).collect(),
            "import_from_statement" => {
                import.child_by_field_name("module_name").map(|m| source.of(m)).into_iter().collect()
            }
            _ => continue,
        };
        let names: Vec<&str> = match import.kind() {
            "import_from_statement" => children(import).skip(1).map(|name| source.of(name)).collect(),
            _ => Vec::new(),
        };
        for module in modules {
            let module = module.split_whitespace().next().unwrap_or_default();
            let dots = module.len() - module.trim_start_matches('.').len();
            if dots > 0 {
                relative = relative.max(dots);
                continue;
            }
            let parts: Vec<&str> = module.split('.').collect();
            let below: PathBuf = parts.iter().collect();
            if is_module(&folder.join(&below)) {
                return None;
            }
            let above = folder.ancestors().skip(1).find(|above| {
                let whole = above.join(&below);
                let named = || {
                    names.iter().any(|name| is_module(&whole.join(name.split_whitespace().next().unwrap_or_default())))
                };
                own.starts_with(above.join(parts[0])) && (parts.len() > 1 && is_module(&whole) || named())
            });
            if let Some(above) = above {
                return Some(above.to_path_buf());
            }
        }
    }
    if relative == 0 || own.join("__init__.py").exists() {
        return None;
    }
    let least = own.ancestors().nth(relative)?;
    let root = project_root(path);
    Some(if least.starts_with(&root) { root } else { least.to_path_buf() })
}

/// Whether a file in the folder of a package is run as a script: it does something when it is run, and imports nothing
/// that it could only import as a module of its package.
pub(super) fn is_script(source: &Source, path: &Path, package: &str, module_level: bool) -> bool {
    // These run by the package's name.
    let of_package = path.file_name().is_some_and(|name| name == "__init__.py" || name == "__main__.py");
    let guard = |node: Node<'_>| {
        let condition = node.child_by_field_name("condition").map(|c| source.of(c)).unwrap_or_default();
        node.kind() == "if_statement" && condition.contains("__name__") && condition.contains("__main__")
    };
    let own = |node: Node<'_>| source.of(node).split(['.', ' ']).next() == Some(package);
    let needs_package = |node: Node<'_>| match node.kind() {
        "import_from_statement" => {
            node.child_by_field_name("module_name").is_some_and(|name| name.kind() == "relative_import" || own(name))
        }
        "import_statement" => children(node).any(own),
        _ => false,
    };
    !of_package && (module_level || children(source.root()).any(guard)) && !walk(source.root()).any(needs_package)
}

/// A path as reports show it: relative to the working folder where it lies below, else as the user named it.
pub(super) fn shown(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    match located(path).strip_prefix(here) {
        Ok(below) => slashes(below),
        Err(_) => slashes(path),
    }
}

/// Another file of a script's program as reports show it: as the script is.
pub(super) fn shown_from(file: &FilePlan, path: &Path) -> String {
    if Path::new(&file.shown).is_absolute() { slashes(path) } else { from_here(path) }
}

/// A path relative to the working folder, with `..` where it lies outside.
fn from_here(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let shared = here.components().zip(path.components()).take_while(|(a, b)| a == b).count();
    let up = here.components().skip(shared).map(|_| "..");
    let down: PathBuf = path.components().skip(shared).collect();
    slashes(&up.map(PathBuf::from).chain([down]).collect::<PathBuf>())
}

fn slashes(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

/// The folder in which a diff of these changes is to be applied: the working folder where all lie below it, else the root
/// of the project that holds them all, else the nearest folder that does.
pub fn diff_folder<'c>(changes: impl IntoIterator<Item = &'c Change>) -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    let paths: Vec<PathBuf> = changes.into_iter().map(|change| located(&change.path)).collect();
    let holds_all = |folder: &Path| paths.iter().all(|path| path.starts_with(folder));
    if holds_all(&here) {
        return here;
    }
    let roots = paths.iter().map(|path| project_root(path)).filter(|root| holds_all(root));
    let nearest = || paths.first().and_then(|path| path.ancestors().skip(1).find(|folder| holds_all(folder)));
    roots.max_by_key(|root| root.components().count()).or_else(|| nearest().map(Path::to_path_buf)).unwrap_or(here)
}

/// A change with the path that a diff to be applied in `folder` gives it.
pub(super) fn within(change: &Change, folder: &Path) -> Change {
    let path = located(&change.path);
    Change { shown: slashes(path.strip_prefix(folder).unwrap_or(&path)), ..change.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::Language;

    #[test]
    fn scripts_in_packages_are_told_from_modules() {
        let guard = "if __name__ == '__main__':\n    main()\n";
        let of = |name: &str, text: &str, module_level: bool| {
            let path = Path::new(name);
            let source = Source::from_bytes(path, text.as_bytes(), Language::Python).unwrap();
            is_script(&source, path, "pkg", module_level)
        };
        assert!(of("a.py", guard, false) && of("a.py", "import pkgs.x\nx = 1\n", true));
        assert!(!of("a.py", "def f():\n    pass\n", false), "a library");
        for import in
            ["from . import b", "from .b import c", "from pkg import b", "import os, pkg.b", "import pkg.b as c"]
        {
            assert!(!of("a.py", &format!("def f():\n    {import}\n{guard}"), true), "{import}");
        }
        assert!(!of("__main__.py", guard, true) && !of("__init__.py", guard, true));
    }

    #[test]
    fn a_program_that_is_started_as_a_module_imports_from_above() {
        let folder = tempfile::tempdir().unwrap();
        let root = std::fs::canonicalize(folder.path()).unwrap();
        for file in [
            "pyproject.toml",
            "app/llm.py",
            "app/core/__init__.py",
            "app/core/ask.py",
            "app/deep/x.py",
            "lib.py",
            "requests/x.py",
        ] {
            std::fs::create_dir_all(root.join(file).parent().unwrap()).unwrap();
            std::fs::write(root.join(file), "").unwrap();
        }
        let of = |name: &str, text: &str| {
            let path = root.join(name);
            let source = Source::from_bytes(&path, text.as_bytes(), Language::Python).unwrap();
            import_folder(&path, Some(&source), true).strip_prefix(&root).unwrap().to_string_lossy().into_owned()
        };
        for import in
            ["from app.llm import ask", "from app import llm", "import json, app.llm as llm", "from .llm import ask"]
        {
            assert_eq!(of("app/main.py", &format!("{import}\n")), "", "{import}");
        }
        for import in [
            "from llm import ask",
            "import lib",
            "import json",
            "try:\n    from app.llm import ask\nexcept ImportError:\n    from llm import ask",
        ] {
            assert_eq!(of("app/main.py", &format!("{import}\n")), "app", "{import}");
        }
        assert_eq!(of("requests/main.py", "import requests\nfrom requests.adapters import HTTPAdapter\n"), "requests");
        assert_eq!(of("app/deep/main.py", "from app.llm import ask\n"), "");
        assert_eq!(of("app/deep/main.py", "from ..llm import ask\n"), "");
        // A package below a folder that is none by a file.
        assert_eq!(of("app/core/main.py", "from app.core.ask import ask\n"), "");
        assert_eq!(of("app/core/main.py", "from .ask import ask\n"), "app");
    }
}
