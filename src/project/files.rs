//! Files and folders: what to look at, where the project ends, where its imports begin.

use super::config::{self, ConfigError};
use super::runtime::is_runtime;
use super::scan::{has_word, import_lines, words};
use ignore::gitignore::Gitignore;
use rustc_hash::FxHashMap;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// The endings of the files that perfmod reads.
const READ: [&str; 2] = ["py", "rs"];

/// A folder is the project's root where it holds one of these.
const ROOT_MARKS: [&str; 6] = [".git", "pyproject.toml", "setup.py", "setup.cfg", "perfmod.toml", ".hg"];

/// Above this many files, who imports a file is not looked up.
const MAX_IMPORTERS_SCANNED: usize = 4_000;

/// Above this many entries, a folder is not looked through for the files of a project.
const MAX_ENTRIES: usize = 50_000;

/// How many folders deep files are looked for that may import a script of no marked project.
const NEAR_FOLDERS: usize = 2;

/// Above this many entries, no more folders are looked through for them.
const MAX_NEAR: usize = 5_000;

/// A path that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// It does not exist.
    #[error("{0}: no such file or folder")]
    Missing(String),
    /// It is a file of a kind that perfmod does not read.
    #[error("{0}: not a file that perfmod reads (.py, .rs)")]
    Unknown(String),
    /// It is a folder in the way that cannot be read.
    #[error("{0}: the folder cannot be read: {1}")]
    Unread(String, String),
    /// The configuration of a folder is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

/// What a list of paths names.
#[derive(Debug, Default)]
pub struct Found {
    /// The files, sorted, each once.
    pub files: Vec<PathBuf>,
    /// The paths that cannot be used.
    pub unusable: Vec<(PathBuf, PathError)>,
}

/// The files that a list of paths names: files as they are, folders walked with their `.gitignore` and the `exclude` of
/// their configuration.
///
/// # Errors
/// Where no path can be used: why the first cannot; or a configuration is wrong.
pub fn discover(paths: &[PathBuf]) -> Result<Found, PathError> {
    let mut found = Found::default();
    let mut unread = Vec::new();
    for path in paths {
        let shown = || path.display().to_string();
        if path.is_dir() {
            let excluded = config::excluded(path)?;
            let stays = |file: &PathBuf| {
                let file = located(file);
                let out = |e: &Gitignore| {
                    file.starts_with(e.path()) && e.matched_path_or_any_parents(&file, false).is_ignore()
                };
                !excluded.as_ref().is_some_and(out)
            };
            for entry in walk_all(path) {
                match entry {
                    Ok(entry) => {
                        found.files.extend(Some(entry.into_path()).filter(|p| is_read(p, &READ)).filter(stays));
                    }
                    Err(error) => unread.extend(unread_folder(&error).filter(|(folder, _)| stays(folder))),
                }
            }
        } else if !path.exists() {
            found.unusable.push((path.clone(), PathError::Missing(shown())));
        } else if path.extension().is_some_and(|e| READ.iter().any(|read| e == *read)) {
            found.files.push(path.clone());
        } else {
            found.unusable.push((path.clone(), PathError::Unknown(shown())));
        }
    }
    if found.unusable.len() == paths.len()
        && let Some((_, error)) = found.unusable.first()
    {
        return Err(error.clone());
    }
    let error = |(path, why): (PathBuf, String)| (path.clone(), PathError::Unread(path.display().to_string(), why));
    found.unusable.extend(unread.into_iter().map(error));
    let mut placed: Vec<(PathBuf, PathBuf)> = found.files.into_iter().map(|path| (located(&path), path)).collect();
    // Stable: of two spellings the one that was given first stays.
    placed.sort_by(|a, b| a.0.cmp(&b.0));
    placed.dedup_by(|a, b| a.0 == b.0);
    found.files = placed.into_iter().map(|(_, path)| path).collect();
    Ok(found)
}

fn python_files(folder: &Path) -> Vec<PathBuf> {
    walk(folder).map(ignore::DirEntry::into_path).filter(|p| is_read(p, &READ[..1])).collect()
}

/// The Python files in a folder that belongs to a project, as far as the folder is not too large to look through.
pub fn project_files(folder: &Path) -> Option<Vec<PathBuf>> {
    let mut files = Vec::new();
    for (at, entry) in walk(folder).enumerate() {
        if at >= MAX_ENTRIES || files.len() > MAX_IMPORTERS_SCANNED {
            return None;
        }
        files.extend(Some(entry.into_path()).filter(|p| is_read(p, &READ[..1])));
    }
    Some(files)
}

/// Whether a file is a test, by its path and text.
pub fn is_test(path: &str, text: &str) -> bool {
    let path = path.replace('\\', "/");
    let name = path.rsplit('/').next().unwrap_or(&path);
    name.starts_with("test_")
        || name.ends_with("_test.py")
        || name == "conftest.py"
        || path.split('/').any(|p| matches!(p, "tests" | "test")) && name != "test.py" && text.contains("def test_")
}

/// Whether a folder between the root of a project and a file is the root of a project itself.
pub fn is_in_other_project(root: &Path, file: &Path) -> bool {
    let between = file.ancestors().skip(1).take_while(|folder| *folder != root);
    !file.starts_with(root)
        || between.into_iter().any(|folder| ROOT_MARKS.iter().any(|mark| folder.join(mark).exists()))
}

fn is_read(path: &Path, endings: &[&str]) -> bool {
    path.extension().is_some_and(|e| endings.iter().any(|end| e == *end)) && path.is_file()
}

fn walk(folder: &Path) -> impl Iterator<Item = ignore::DirEntry> {
    walk_all(folder).filter_map(Result::ok)
}

/// The same, and what could not be read.
fn walk_all(folder: &Path) -> impl Iterator<Item = Result<ignore::DirEntry, ignore::Error>> {
    ignore::WalkBuilder::new(folder)
        .require_git(false)
        .filter_entry(|e| {
            !matches!(
                e.file_name().to_str(),
                Some("node_modules" | "__pycache__" | "site-packages" | "venv" | "target")
            )
        })
        .build()
        // What a link leads to is found where it lies, or lies outside.
        .filter(|e| e.as_ref().map_or(true, |e| !e.path_is_symlink() || e.depth() == 0))
}

/// The folder that could not be read, and why.
fn unread_folder(error: &ignore::Error) -> Option<(PathBuf, String)> {
    match error {
        ignore::Error::WithPath { path, err } => Some((path.clone(), err.to_string())),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => unread_folder(err),
        _ => None,
    }
}

/// The root of the project that a file belongs to: the nearest folder above it with a mark of one, else its own folder.
pub fn project_root(file: &Path) -> PathBuf {
    marked_root(file).unwrap_or_else(|| folder_of(file))
}

/// The nearest folder above a file with a mark of a project.
pub fn marked_root(file: &Path) -> Option<PathBuf> {
    let folder = folder_of(file);
    let marked = |dir: &&Path| ROOT_MARKS.iter().any(|mark| dir.join(mark).exists());
    folder.ancestors().find(marked).map(Path::to_path_buf)
}

/// The folder from which a file's imports are resolved: its own, or the one above its outermost package.
pub fn import_root(file: &Path) -> PathBuf {
    let mut folder = folder_of(file);
    while folder.join("__init__.py").exists() {
        match folder.parent() {
            Some(above) => folder = above.to_path_buf(),
            None => break,
        }
    }
    folder
}

/// The name of the outermost package that a file is a module of; none where its folder is no package.
pub fn outermost_package(file: &Path) -> Option<String> {
    let folder = folder_of(file);
    let below = folder.strip_prefix(import_root(file)).ok()?.components().next()?;
    Some(below.as_os_str().to_string_lossy().into_owned())
}

/// Where a path is, absolute and without `..`. A link on the way is followed only where the path leads out of the working
/// folder or back up.
pub fn located(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let goes_up = absolute.components().any(|part| part == Component::ParentDir);
    if !goes_up && std::env::current_dir().is_ok_and(|here| absolute.starts_with(here)) {
        return absolute;
    }
    let real = absolute.parent().and_then(|folder| std::fs::canonicalize(folder).ok());
    match (real, absolute.file_name()) {
        (Some(folder), Some(name)) => folder.join(name),
        _ => std::fs::canonicalize(&absolute).unwrap_or(absolute),
    }
}

/// The folder that a file lies in.
pub fn folder_of(file: &Path) -> PathBuf {
    located(file).parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// Whether a top-level module name is one of the project's own, as seen from a file: beside it, or at its import root.
pub fn is_local_module(file: &Path, module: &str) -> bool {
    let valid = !module.is_empty() && module.chars().all(|c| c.is_alphanumeric() || c == '_');
    let mut folders = vec![folder_of(file), import_root(file), project_root(file)];
    folders.push(project_root(file).join("src"));
    folders.dedup();
    valid && folders.iter().any(|folder| is_module(&folder.join(module)))
}

/// Whether there is a module of Python's, or a folder of them, at a path without an ending.
pub fn is_module(path: &Path) -> bool {
    let is_python = |entry: std::fs::DirEntry| entry.path().extension().is_some_and(|ending| ending == "py");
    path.with_extension("py").is_file()
        || std::fs::read_dir(path).is_ok_and(|mut entries| entries.any(|entry| entry.is_ok_and(is_python)))
}

/// Whether some other file of the project may import this one. Answers yes where the project is too large to look.
pub fn is_imported(file: &Path) -> bool {
    Importers::default().is_imported(file)
}

/// Who imports whom, by the names in lines that import. Each project is looked through when it is first asked about.
#[derive(Debug, Default)]
pub struct Importers {
    /// Whether many files will be asked about: then all names of a project are read at once.
    many: bool,
    projects: Mutex<FxHashMap<PathBuf, Arc<OnceLock<Project>>>>,
}

/// The files of a project that can be looked through; none where they are too many.
#[derive(Debug)]
struct Project {
    files: Option<Vec<PathBuf>>,
    names: OnceLock<Names>,
}

#[derive(Debug, Default)]
struct Names {
    /// For each name the first files with it in a line that imports: more than one file can be.
    files: FxHashMap<Box<str>, Vec<usize>>,
    unreadable: Vec<usize>,
    /// Files that import what they work out.
    anything: Vec<usize>,
}

/// The same file may be listed under several names; of so many one is another file.
const FILES_PER_NAME: usize = 64;

impl Importers {
    /// For questions about many files.
    pub fn of_many() -> Self {
        Self { many: true, ..Self::default() }
    }

    /// Whether some other file of the project may import this one. Answers yes where the project is too large to look.
    pub fn is_imported(&self, file: &Path) -> bool {
        let Some(stem) = file.file_stem().and_then(|s| s.to_str()) else { return true };
        let root = project_root(file);
        if folders_with_scripts(file, &root).iter().any(|f| names_module(f, stem)) {
            return true;
        }
        let slot = {
            let mut projects = self.projects.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(projects.entry(root.clone()).or_default())
        };
        let project = slot.get_or_init(|| Project::at(&root));
        let Some(files) = &project.files else { return true };
        let own = std::fs::canonicalize(file).ok();
        // What a file works out to import lies beside it or below, as plugins, tasks and experiments do.
        let folder = own.as_deref().map(folder_of);
        let reaches = |other: &Path| match (&folder, std::fs::canonicalize(other)) {
            (Some(folder), Ok(other)) => folder.starts_with(folder_of(&other)),
            _ => true,
        };
        let is_other = |other: &Path| other.file_name() != file.file_name() || std::fs::canonicalize(other).ok() != own;
        if self.many {
            let names = project.names.get_or_init(|| Names::of(files));
            let meant = names.files.get(stem).into_iter().flatten().chain(&names.unreadable);
            let anything = names.anything.iter().filter(|at| reaches(&files[**at]));
            return meant.chain(anything).any(|at| is_other(&files[*at]));
        }
        files.iter().any(|other| match std::fs::read(other) {
            Ok(bytes) => (imports_name(&bytes, stem) || reaches(other) && imports_anything(&bytes)) && is_other(other),
            Err(_) => is_other(other),
        })
    }

    /// Other files of the project that import this one, its package, or something of a name. Some of them, where many files
    /// have lines that import something of this name; none where the project is too large to look.
    pub fn naming(&self, file: &Path, name: &str) -> Vec<PathBuf> {
        let slot = {
            let mut projects = self.projects.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(projects.entry(project_root(file)).or_default())
        };
        let project = slot.get_or_init(|| Project::at(&project_root(file)));
        let Some(files) = &project.files else { return Vec::new() };
        let names = project.names.get_or_init(|| Names::of(files));
        let root = import_root(file);
        let packages = file.ancestors().skip(1).take_while(|folder| *folder != root && folder.starts_with(&root));
        let words = packages.filter_map(|f| f.file_name()).chain(file.file_stem()).filter_map(|w| w.to_str());
        let meant = words.chain([name]).flat_map(|word| names.files.get(word).into_iter().flatten());
        let mut out: Vec<PathBuf> = meant.map(|at| located(&files[*at])).filter(|p| *p != located(file)).collect();
        out.sort();
        out.dedup();
        out
    }

    /// Whether another file of the project may use what a file imports by a name: `from script import time`,
    /// `script.time.sleep`, also in a string (`patch("script.time")`).
    pub fn uses_import(&self, file: &Path, name: &str) -> bool {
        let Some(stem) = file.file_stem().and_then(|s| s.to_str()) else { return true };
        self.naming(file, stem).into_iter().any(|other| {
            let Ok(text) = std::fs::read_to_string(other) else { return true };
            // The other file's own import of the module says nothing.
            let own = |line: &str| words(line).any(|w| w == name) && !words(line).any(|w| w == stem);
            let from = import_lines(&text).any(|line| {
                let drawn_in = !line.contains("import");
                let named = words(line).any(|w| w == name) && (drawn_in || !own(line));
                named || line.contains('*') && words(line).any(|w| w == stem)
            });
            let aliased = import_lines(&text).any(|line| words(line).any(|w| w == stem) && line.contains(" as "));
            let part = format!(".{name}");
            let member = text.match_indices(&part).any(|(at, found)| {
                let ends = text[at + found.len()..].chars().next().is_none_or(|c| !c.is_alphanumeric() && c != '_');
                let front = text[..at].rsplit(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
                ends && (front == stem || aliased && !matches!(front, "time" | "asyncio" | "datetime"))
            });
            from || member
        })
    }
}

impl Project {
    fn at(root: &Path) -> Self {
        let marked = ROOT_MARKS.iter().any(|mark| root.join(mark).exists());
        // Without a mark nobody knows where the project begins: the file's own folder is looked at, and those in it.
        let files = if marked { python_files(root) } else { near(root) };
        Self { files: (files.len() <= MAX_IMPORTERS_SCANNED).then_some(files), names: OnceLock::new() }
    }
}

impl Names {
    fn of(files: &[PathBuf]) -> Self {
        let mut out = Self::default();
        for (at, file) in files.iter().enumerate() {
            let Ok(bytes) = std::fs::read(file) else {
                out.unreadable.push(at);
                continue;
            };
            if imports_anything(&bytes) {
                out.anything.push(at);
            }
            for name in import_lines(&String::from_utf8_lossy(&bytes)).flat_map(words) {
                match out.files.get_mut(name) {
                    Some(known) if known.len() < FILES_PER_NAME && known.last() != Some(&at) => known.push(at),
                    Some(_) => {}
                    None => drop(out.files.insert(name.into(), vec![at])),
                }
            }
        }
        out
    }
}

/// The folders in which packaging files, shell scripts and notebooks may name a file's functions.
fn folders_with_scripts(file: &Path, root: &Path) -> Vec<PathBuf> {
    let mut out = vec![folder_of(file), root.to_path_buf()];
    out.dedup();
    out
}

/// Whether a packaging file, a shell script, a makefile or a notebook in a folder calls into a module by name: an entry
/// point `module:function`, or `import module`.
pub fn names_module(folder: &Path, stem: &str) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else { return false };
    entries.filter_map(Result::ok).map(|e| e.path()).any(|path| {
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        let speaks = matches!(
            name,
            "pyproject.toml" | "setup.cfg" | "setup.py" | "Makefile" | "justfile" | "noxfile.py" | "tox.ini"
        ) || [".sh", ".bash", ".ipynb"].iter().any(|end| name.ends_with(end));
        speaks
            && std::fs::read(&path).is_ok_and(|bytes| {
                let text = String::from_utf8_lossy(&bytes);
                text.contains(&format!("{stem}:"))
                    || text.contains(&format!("import {stem}"))
                    || text.contains(&format!("from {stem} "))
                    || text.contains(&format!("%run {stem}"))
            })
    })
}

/// The Python files in a folder, and in the folders in it, two deep: the nearest first, as far as they are not too many.
fn near(folder: &Path) -> Vec<PathBuf> {
    let (mut out, mut level, mut entries) = (Vec::new(), vec![folder.to_path_buf()], 0);
    for depth in 0..=NEAR_FOLDERS {
        let mut next = Vec::new();
        for folder in level {
            let Ok(found) = std::fs::read_dir(&folder) else { continue };
            let mut found: Vec<_> = found.filter_map(Result::ok).collect();
            found.sort_by_key(std::fs::DirEntry::file_name);
            entries += found.len();
            for entry in found {
                let name = entry.file_name();
                let hidden = name.to_string_lossy().starts_with(['.', '_']);
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() && !hidden && !entry.path().join("pyvenv.cfg").exists() => {
                        next.push(entry.path());
                    }
                    Ok(kind) if !kind.is_dir() && entry.path().extension().is_some_and(|e| e == "py") => {
                        out.push(entry.path());
                    }
                    _ => {}
                }
            }
            if depth > 0 && entries > MAX_NEAR {
                return out;
            }
        }
        level = next;
    }
    out
}

/// Whether a text imports modules whose names it works out: each file may be one. The runtime imports libraries so.
fn imports_anything(text: &[u8]) -> bool {
    if is_runtime(text) {
        return false;
    }
    [&b"import_module("[..], b"__import__(", b"run_module(", b"run_path(", b"spec_from_file_location("].iter().any(
        |way| {
            memchr::memmem::find_iter(text, way).any(|at| {
                let told = text[at + way.len()..].trim_ascii_start();
                // One string, and nothing joined to it: the line that imports has its words.
                let Some((quote @ (b'"' | b'\''), rest)) = told.split_first().map(|(q, rest)| (*q, rest)) else {
                    return true;
                };
                let end = rest.iter().position(|b| *b == quote).map(|end| rest[end + 1..].trim_ascii_start());
                way.starts_with(b"spec") || !end.is_some_and(|e| e.starts_with(b")") || e.starts_with(b","))
            })
        },
    )
}

/// Whether a line that imports has the name as a word.
fn imports_name(text: &[u8], name: &str) -> bool {
    // Most files do not have it at all.
    if !has_word(text, name.as_bytes()) {
        return false;
    }
    import_lines(&String::from_utf8_lossy(text)).flat_map(words).any(|word| word == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn roots_and_importers_are_found() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        fs::write(root.join("pyproject.toml"), "").unwrap();
        fs::create_dir_all(root.join("pkg/sub")).unwrap();
        fs::write(root.join("pkg/__init__.py"), "").unwrap();
        fs::write(root.join("pkg/sub/__init__.py"), "").unwrap();
        fs::write(root.join("pkg/sub/run.py"), "def main(): pass\n").unwrap();
        fs::write(root.join("tool.py"), "x = 1\n").unwrap();
        let run = root.join("pkg/sub/run.py");
        let real = fs::canonicalize(root).unwrap();
        assert_eq!((project_root(&run), import_root(&run)), (real.clone(), real.clone()));
        assert_eq!((project_root(&root.join("pkg/../tool.py")), located(&root.join("pkg/.."))), (real.clone(), real));
        assert_eq!(outermost_package(&run).as_deref(), Some("pkg"));
        assert_eq!(outermost_package(&root.join("tool.py")), None);
        assert!(is_local_module(&run, "pkg") && is_local_module(&run, "tool") && !is_local_module(&run, "json"));
        let imported = |file: &Path| {
            let answers = [is_imported(file), Importers::of_many().is_imported(file)];
            assert_eq!(answers[0], answers[1]);
            answers[0]
        };
        assert!(!imported(&run));
        for text in [
            "from pkg.sub import run\n",
            "from pkg.sub import (\n    other,\n    run,\n)\n",
            "importlib.import_module('run')\n",
        ] {
            fs::write(root.join("tool.py"), text).unwrap();
            assert!(imported(&run) && !imported(&root.join("tool.py")), "{text}");
        }
        fs::write(root.join("tool.py"), "import runner\nrun()\n").unwrap();
        assert!(!imported(&run));
        // A name that is worked out may be any.
        for (text, any) in [
            ("importlib.import_module('r' + name)\n", true),
            ("importlib.import_module(sys.argv[1])\n", true),
            ("__import__(\n    name)\n", true),
            ("importlib.import_module('json')\n", false),
            ("importlib.import_module('.json', __name__)\n", false),
        ] {
            fs::write(root.join("tool.py"), text).unwrap();
            assert_eq!(imported(&run), any, "{text}");
        }
        // It lies in another branch of the project.
        fs::remove_file(root.join("tool.py")).unwrap();
        fs::create_dir(root.join("tests")).unwrap();
        fs::write(root.join("tests/look.py"), "importlib.import_module(name)\n").unwrap();
        assert!(!imported(&run));
    }

    #[test]
    fn tests_below_a_script_of_no_marked_project_may_import_it() {
        let dir = tempfile::tempdir().unwrap();
        let tool = dir.path().join("tool.py");
        fs::write(&tool, "def main(): pass\n").unwrap();
        fs::create_dir_all(dir.path().join("tests/unit")).unwrap();
        fs::write(dir.path().join("tests/unit/test_all.py"), "from other import main\n").unwrap();
        assert!(!is_imported(&tool));
        fs::write(dir.path().join("tests/unit/test_all.py"), "from tool import main\n").unwrap();
        assert!(is_imported(&tool));
    }

    #[test]
    fn packaging_files_scripts_and_notebooks_name_callers() {
        for (name, text) in [
            ("pyproject.toml", "[project.scripts]\ntool = \"tool:main\"\n"),
            ("setup.py", "setup(entry_points={'console_scripts': ['tool=tool:main']})\n"),
            ("run.sh", "python -c 'import tool; tool.main()'\n"),
            ("try.ipynb", "{\"source\": [\"from tool import main\"]}"),
            ("run.ipynb", "{\"source\": [\"%run tool.py\"]}"),
        ] {
            let dir = tempfile::tempdir().unwrap();
            let tool = dir.path().join("tool.py");
            fs::write(&tool, "def main(): pass\n").unwrap();
            assert!(!is_imported(&tool), "{name}");
            fs::write(dir.path().join(name), text).unwrap();
            assert!(is_imported(&tool), "{name}");
        }
    }

    #[test]
    fn discovery_keeps_to_gitignore_and_names_what_is_missing() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(".gitignore"), "skip.py\n").unwrap();
        for name in ["b.py", "a.py", "skip.py", "note.txt"] {
            fs::write(dir.path().join(name), "").unwrap();
        }
        let found = discover(&[dir.path().to_path_buf()]).unwrap();
        let names: Vec<_> = found.files.iter().map(|p| p.file_name().unwrap().to_str().unwrap()).collect();
        assert_eq!(names, ["a.py", "b.py"]);
        assert!(matches!(discover(&[dir.path().join("no.py")]), Err(PathError::Missing(_))));
        assert!(matches!(discover(&[dir.path().join("note.txt")]), Err(PathError::Unknown(_))));
        let found = discover(&[dir.path().join("no.py"), dir.path().join("a.py")]).unwrap();
        assert_eq!((found.files.len(), found.unusable.len()), (1, 1));
    }

    /// A path that is too long is one that nobody may read, the superuser included.
    #[test]
    fn discovery_names_folders_that_cannot_be_read() {
        let dir = tempfile::tempdir().unwrap();
        let long = |root: &str| (0..14).fold(dir.path().join(root), |path, _| path.join("d".repeat(250)));
        let (deep, below) = (long("deep"), long("below"));
        fs::create_dir_all(&deep).unwrap();
        fs::create_dir_all(&below).unwrap();
        fs::rename(dir.path().join("below"), deep.join("below")).unwrap();
        fs::write(dir.path().join("a.py"), "").unwrap();
        let found = discover(&[dir.path().to_path_buf()]).unwrap();
        assert_eq!(found.files, [dir.path().join("a.py")]);
        let [(path, PathError::Unread(_, why))] = found.unusable.as_slice() else { panic!("{:?}", found.unusable) };
        assert!(path.starts_with(deep.join("below")) && why.contains("name too long"), "{why}");
    }
}
