//! Which file an import means: relative imports, packages, folders without `__init__.py`, a script's own folder, the
//! folders that a file adds to `sys.path` by a literal.

use super::files::{folder_of, import_root, located, project_root};
use super::runtime::{RUNTIME_MODULE, is_runtime};
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// What a dotted path means inside the project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The file of the module; none for a folder without `__init__.py`.
    pub file: Option<PathBuf>,
    /// The folder of a package.
    pub package: Option<PathBuf>,
    /// How many parts of the path the module takes; the rest are names in it.
    pub parts: usize,
}

/// The modules of a project, looked up on disk once each.
#[derive(Debug, Default)]
pub struct Modules {
    /// The folder of each importing file, and where it looks for modules.
    importers: RefCell<FxHashMap<PathBuf, Rc<Importer>>>,
    folders: RefCell<FxHashMap<PathBuf, Rc<Importer>>>,
    entries: RefCell<FxHashMap<PathBuf, Entry>>,
}

/// What the files of one folder share.
#[derive(Debug)]
struct Importer {
    folder: PathBuf,
    project: PathBuf,
    /// The folders from which absolute imports are resolved, in Python's order.
    search: Vec<PathBuf>,
    /// Top-level names that are in none of them: most imports are of libraries.
    foreign: RefCell<FxHashSet<Box<str>>>,
    /// Where the paths lead that were asked for.
    found: RefCell<FxHashMap<Box<str>, Option<Found>>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Entry {
    None,
    File,
    Package,
    Namespace,
}

impl Modules {
    /// The module that a dotted path (with its leading dots where it is relative) means in a file, as far as the project
    /// has one; none for perfmod's runtime, which is known. `extra` holds the folders that the file adds to the search path.
    pub fn find(&self, importer: &Path, path: &str, extra: &[String]) -> Option<Found> {
        let importer = self.importer(importer);
        if !extra.is_empty() {
            return self.find_anew(&importer, path, extra);
        }
        if let Some(known) = importer.found.borrow().get(path) {
            return known.clone();
        }
        let found = self.find_anew(&importer, path, extra);
        importer.found.borrow_mut().insert(path.into(), found.clone());
        found
    }

    fn find_anew(&self, importer: &Importer, path: &str, extra: &[String]) -> Option<Found> {
        let found = self.look_up(importer, path, extra)?;
        let own = |file: &PathBuf| std::fs::read(file).is_ok_and(|text| is_runtime(&text));
        let known = path.split('.').next() == Some(RUNTIME_MODULE) && found.file.as_ref().is_some_and(own);
        (!known).then_some(found)
    }

    fn look_up(&self, importer: &Importer, path: &str, extra: &[String]) -> Option<Found> {
        let dots = path.len() - path.trim_start_matches('.').len();
        let parts: Vec<&str> = path[dots..].split('.').filter(|p| !p.is_empty()).collect();
        if dots > 0 {
            let mut folder = importer.folder.as_path();
            for _ in 1..dots {
                folder = folder.parent()?;
            }
            return self.within(folder, &parts).or_else(|| parts.is_empty().then(|| self.package(folder)).flatten());
        }
        let head = *parts.first()?;
        if !importer.foreign.borrow().contains(head) {
            let found = importer.search.iter().find_map(|folder| self.within(folder, &parts));
            if found.is_some() {
                return found;
            }
            importer.foreign.borrow_mut().insert(head.into());
        }
        self.added(importer, extra).iter().find_map(|folder| self.within(folder, &parts))
    }

    fn importer(&self, file: &Path) -> Rc<Importer> {
        if let Some(known) = self.importers.borrow().get(file) {
            return Rc::clone(known);
        }
        let folder = folder_of(file);
        let known = self.folders.borrow().get(&folder).cloned();
        let importer = known.unwrap_or_else(|| {
            let project = project_root(file);
            let mut search = vec![folder.clone(), import_root(file), project.clone(), project.join("src")];
            let mut seen = Vec::new();
            search.retain(|f| {
                !seen.contains(f) && {
                    seen.push(f.clone());
                    true
                }
            });
            let made = Rc::new(Importer {
                folder: folder.clone(),
                project,
                search,
                foreign: RefCell::default(),
                found: RefCell::default(),
            });
            self.folders.borrow_mut().insert(folder, Rc::clone(&made));
            made
        });
        self.importers.borrow_mut().insert(file.to_path_buf(), Rc::clone(&importer));
        importer
    }

    /// The folders of the project in which a file finds modules, in Python's order.
    pub fn search(&self, importer: &Path, extra: &[String]) -> Vec<PathBuf> {
        let importer = self.importer(importer);
        self.added(&importer, extra).into_iter().chain(importer.search.iter().cloned()).collect()
    }

    /// The folders that a file adds to its search path.
    fn added(&self, importer: &Importer, extra: &[String]) -> Vec<PathBuf> {
        let mut out = Vec::new();
        for folder in extra {
            for base in [&importer.folder, &importer.project] {
                let folder = located(&base.join(folder).join("x")).parent().map(Path::to_path_buf);
                out.extend(folder.filter(|f| f.is_dir()));
            }
        }
        out
    }

    fn within(&self, root: &Path, parts: &[&str]) -> Option<Found> {
        let mut folder = root.to_path_buf();
        let mut best = None;
        for (at, part) in parts.iter().enumerate() {
            if part.is_empty() || !part.chars().all(|c| c.is_alphanumeric() || c == '_') {
                break;
            }
            let next = folder.join(part);
            match self.entry(&next) {
                Entry::Package => {
                    let file = next.join("__init__.py");
                    best = Some(Found { file: Some(file), package: Some(next.clone()), parts: at + 1 });
                }
                Entry::File => {
                    best = Some(Found { file: Some(next.with_extension("py")), package: None, parts: at + 1 });
                    break;
                }
                Entry::Namespace => best = Some(Found { file: None, package: Some(next.clone()), parts: at + 1 }),
                Entry::None => break,
            }
            folder = next;
        }
        best
    }

    fn package(&self, folder: &Path) -> Option<Found> {
        let init = folder.join("__init__.py");
        Some(Found { file: init.is_file().then_some(init), package: Some(folder.to_path_buf()), parts: 0 })
    }

    fn entry(&self, base: &Path) -> Entry {
        if let Some(known) = self.entries.borrow().get(base) {
            return *known;
        }
        let entry = if base.join("__init__.py").is_file() {
            Entry::Package
        } else if base.with_extension("py").is_file() {
            Entry::File
        } else if base.is_dir() && holds_python(base, 2) {
            Entry::Namespace
        } else {
            Entry::None
        };
        self.entries.borrow_mut().insert(base.to_path_buf(), entry);
        entry
    }
}

/// Whether a folder holds Python files, directly or a few levels down.
fn holds_python(folder: &Path, levels: usize) -> bool {
    std::fs::read_dir(folder).is_ok_and(|entries| {
        entries.filter_map(Result::ok).any(|e| {
            let path = e.path();
            path.extension().is_some_and(|x| x == "py")
                || levels > 0 && path.is_dir() && holds_python(&path, levels - 1)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn modules_are_found_as_python_finds_them() {
        let dir = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(dir.path()).unwrap();
        for file in [
            "pyproject.toml",
            "pkg/__init__.py",
            "pkg/sub/__init__.py",
            "pkg/sub/run.py",
            "pkg/api.py",
            "loose/util.py",
            "lib/extra.py",
            "src/inner.py",
        ] {
            fs::create_dir_all(root.join(file).parent().unwrap()).unwrap();
            fs::write(root.join(file), "").unwrap();
        }
        let runtime = |text: &str| fs::write(root.join("perfmod_runtime.py"), text).unwrap();
        runtime("# perfmod runtime 0.1.0: x\n");
        let modules = Modules::default();
        let run = root.join("pkg/sub/run.py");
        let find = |path: &str, extra: &[String]| {
            let found = modules.find(&run, path, extra)?;
            Some((found.file.map(|f| f.strip_prefix(&root).unwrap().to_string_lossy().into_owned()), found.parts))
        };
        let file = |name: &str, parts: usize| Some((Some(name.to_string()), parts));
        assert_eq!(find("pkg.api.ask", &[]), file("pkg/api.py", 2));
        assert_eq!(find("..api.ask", &[]), file("pkg/api.py", 1));
        assert_eq!(find(".other", &[]), None);
        assert_eq!(find("..", &[]), file("pkg/__init__.py", 0));
        assert_eq!(find("loose.util.f", &[]), file("loose/util.py", 2));
        assert_eq!(find("loose", &[]), Some((None, 1)));
        assert_eq!(find("inner", &[]), file("src/inner.py", 1));
        assert_eq!(find("extra", &[]), None);
        assert_eq!(find("extra", &["lib".to_string()]), file("lib/extra.py", 1));
        assert_eq!(find("json.dumps", &[]), None);
        assert_eq!(find("perfmod_runtime.ahead", &[]), None);
        runtime("LOG = []\n");
        let found = Modules::default().find(&run, "perfmod_runtime.LOG", &[]);
        assert!(
            found.is_some_and(|f| f.file.is_some()),
            "somebody else's module of that name is a part of the program"
        );
    }
}
