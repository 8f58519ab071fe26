//! Which calls in other files of the project the patches of a script may change.
//!
//! The other file gets an import of the runtime module. It must be found by every program that imports the file, so each
//! must import it in a way that has the folder on its path in which the runtime is put.

use super::ignored::Ignored;
use super::place;
use super::plan::Reading;
use super::{Engine, RuntimeChoice};
use crate::facts::{Code, Problem, Span};
use crate::model::python::{File, Turned, analyse};
use crate::project::config;
use crate::project::files::{
    folder_of, is_in_other_project, is_test, located, names_module, project_files, project_root,
};
use crate::project::scan::{Scan, leads};
use crate::rewrite::python::{Forbidden, RUNTIME_MODULE, can_import};
use crate::syntax::python::statement_of;
use crate::syntax::{Source, node_at, span};
use elsa::FrozenMap;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// What the files of a project import, as it is spelled.
#[derive(Debug)]
pub(super) struct Spelled {
    file: PathBuf,
    imports: Vec<Box<str>>,
    /// Folders that the file adds to its path.
    folders: Vec<String>,
}

/// The files of projects, each looked through when it is first asked about; none where it is too large.
pub(super) type Projects = FrozenMap<PathBuf, Box<Option<Vec<Spelled>>>>;

/// The other files of one script's program.
pub(super) struct Elsewhere<'r> {
    engine: &'r Engine,
    reading: &'r Reading<'r>,
    script: PathBuf,
    /// Where the runtime of the script goes.
    root: PathBuf,
    project: PathBuf,
    known: RefCell<BTreeMap<PathBuf, Result<(), String>>>,
    ignored: RefCell<BTreeMap<PathBuf, Rc<Ignored>>>,
}

impl<'r> Elsewhere<'r> {
    /// For a script whose runtime goes to `root`.
    pub fn new(engine: &'r Engine, reading: &'r Reading<'r>, script: &Path, root: PathBuf) -> Self {
        let (known, ignored) = (RefCell::default(), RefCell::default());
        Self { engine, reading, script: located(script), root, project: project_root(script), known, ignored }
    }

    /// Why a recipe must leave a call in another file as it is.
    pub fn forbids(&self, other: &File<'_>, call: Span, recipe: &str) -> Option<Forbidden> {
        let path = other.located().to_path_buf();
        let known = self.known.borrow().get(&path).cloned();
        let allowed = known.unwrap_or_else(|| {
            let found = self.allowed(other, &path);
            self.known.borrow_mut().insert(path.clone(), found.clone());
            found
        });
        if let Err(why) = allowed {
            return Some(Forbidden::Because(why));
        }
        let mut ignored = self.ignored.borrow_mut();
        let ignored = ignored.entry(path).or_insert_with(|| Rc::new(Ignored::of(other.source)));
        asks_to_ignore(ignored, other.source, call, recipe).then_some(Forbidden::Asked)
    }

    /// Why functions of another file cannot become coroutines: it cannot be changed, a file beside the script calls them, or
    /// a loop of its own may get a patch of the same functions. `all` are the files that change with it.
    pub fn keeps_functions(
        &self,
        other: &File<'_>,
        turned: &Turned,
        all: &BTreeMap<PathBuf, Turned>,
    ) -> Option<String> {
        let path = other.located();
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let calls = turned.calls.iter().chain(&turned.awaited).chain(&turned.sleeps);
        for call in calls {
            match self.forbids(other, *call, "async-gather") {
                Some(Forbidden::Because(why)) => return Some(why),
                Some(Forbidden::Asked) => return Some(format!("a comment in {name} asks for a call to be left alone")),
                None => {}
            }
        }
        let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        let named = [folder_of(path), self.project.clone()].iter().any(|folder| names_module(folder, &stem));
        if named || self.told_of_beside(path, &name, &|file| all.contains_key(file)).is_some() {
            return Some(format!("other files of the project import {name}, so not every caller is visible"));
        }
        let own = analyse(other).into_iter().any(|analysis| analysis.pipeline.is_some());
        own.then(|| format!("{name} has a loop of its own to be rewritten"))
    }

    fn allowed(&self, other: &File<'_>, path: &Path) -> Result<(), String> {
        let refuse = |why: &str| Err(why.to_string());
        let name = || path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        if path.to_str().is_none() {
            return refuse("the name of its file is not UTF-8");
        }
        let files = self.project_of();
        let Some(files) = files else { return refuse("the project is too large to see who imports its file") };
        if is_in_other_project(&self.project, path) || !files.iter().any(|f| f.file == path) {
            return Err(format!("{} is installed, ignored by git or of another project", name()));
        }
        if self.reading.within.as_ref().is_some_and(|folder| !path.starts_with(folder)) {
            return Err(format!("{} lies outside the folder that is migrated", name()));
        }
        match config::excluded(&self.project) {
            Ok(Some(excluded))
                if path.starts_with(excluded.path())
                    && excluded.matched_path_or_any_parents(path, false).is_ignore() =>
            {
                return Err(format!("the configuration excludes {}", name()));
            }
            Ok(_) => {}
            Err(error) => return Err(error.to_string()),
        }
        let below = path.strip_prefix(&self.project).unwrap_or(path);
        if is_test(&below.to_string_lossy(), &other.source.text) {
            return Err(format!("{} is a test", name()));
        }
        if path.is_symlink() {
            return Err(format!("{} is a link", name()));
        }
        if std::fs::metadata(path).is_ok_and(|meta| meta.permissions().readonly()) {
            return Err(format!("{} is read-only", name()));
        }
        if other.source.encode(&other.source.text).map(|bytes| blake3::hash(&bytes)) != Ok(other.source.hash) {
            return Err(format!("{} could not be written back byte for byte", name()));
        }
        can_import(other, RUNTIME_MODULE, "cached").map_err(|e| format!("in {}, {e}", name()))?;
        if self.engine.options.runtime == RuntimeChoice::Vendor {
            self.finds_the_runtime(other.source, path, files)?;
        }
        Ok(())
    }

    /// Whether every program that imports a file finds what lies at the script's import root.
    fn finds_the_runtime(&self, source: &Source, path: &Path, files: &[Spelled]) -> Result<(), String> {
        let name = || path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let Some(dotted) = dotted_below(&self.root, path) else {
            return Err(format!("{} is not imported from {}, where the runtime goes", name(), self.root.display()));
        };
        let would_miss = |who: &str, how: &str| {
            Err(format!("{who} {how}, and would not find the runtime, which goes to {}", self.root.display()))
        };
        let folder = folder_of(path);
        let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        if folder != self.root {
            let package = folder.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            if place::is_script(source, path, &package, false) {
                return would_miss(&name(), "can be run as a script, too");
            }
            if names_module(&folder, &stem) {
                return would_miss("a file beside it", &format!("names `{stem}`"));
            }
        }
        // Python puts the script's own folder on its path, however it names the other file.
        let runs_as_script = folder_of(&self.script) == self.root;
        let others = files.iter().filter(|f| f.file != path && !(runs_as_script && f.file == self.script));
        for importer in others {
            let who = || {
                let below = importer.file.strip_prefix(&self.project).unwrap_or(&importer.file);
                below.to_string_lossy().into_owned()
            };
            for import in &importer.imports {
                if !leads(import, &dotted) && self.may_mean(importer, import, path, &dotted) {
                    return would_miss(&who(), &format!("imports it as `{import}`"));
                }
            }
        }
        Ok(())
    }

    /// Whether an import in some file may mean another file, by a name that it has not at the import root.
    fn may_mean(&self, importer: &Spelled, import: &str, path: &Path, dotted: &str) -> bool {
        let found = |name: &str| self.reading.modules.find(&importer.file, name, &importer.folders);
        if import.starts_with('.') {
            // Its package is imported from where the runtime is found; a module at the root itself is in none.
            return !dotted.contains('.') && found(import).is_some_and(|f| f.file.as_deref() == Some(path));
        }
        let whole = path.with_extension("");
        let whole = if whole.ends_with("__init__") { folder_of(path) } else { whole };
        let ends = import.match_indices('.').map(|(end, _)| end).chain([import.len()]);
        ends.map(|end| &import[..end]).any(|name| {
            whole.ends_with(name.replace('.', "/")) && found(name).and_then(|f| f.file).is_none_or(|file| file == path)
        })
    }

    fn project_of(&self) -> Option<&'r [Spelled]> {
        let projects = &self.reading.projects;
        let found = projects.get(&self.project).unwrap_or_else(|| {
            let spelled = |file: PathBuf| {
                let text = std::fs::read(&file).unwrap_or_default();
                let scan = Scan::of(&text, &self.engine.needles);
                Spelled { file: located(&file), imports: scan.imports, folders: scan.folders }
            };
            let files = project_files(&self.project).map(|files| files.into_iter().map(spelled).collect());
            projects.insert(self.project.clone(), Box::new(files))
        });
        found.as_deref()
    }

    /// What is told where a file is changed that other programs import, too.
    pub fn told_of(&self, path: &Path, shown: &str) -> Option<Problem> {
        self.told_of_beside(path, shown, &|_| false)
    }

    /// The same, but for some files.
    fn told_of_beside(&self, path: &Path, shown: &str, but: &dyn Fn(&Path) -> bool) -> Option<Problem> {
        let dotted = dotted_below(&self.root, path)?;
        let imports = |f: &&Spelled| {
            f.imports.iter().any(|import| leads(import, &dotted) || self.may_mean(f, import, path, &dotted))
        };
        let others = self.project_of()?.iter().filter(|f| f.file != path && f.file != self.script && !but(&f.file));
        let others = others.filter(imports);
        let names: Vec<String> = others
            .map(|f| f.file.strip_prefix(&self.project).unwrap_or(&f.file).to_string_lossy().replace('\\', "/"))
            .collect();
        let (first, more) = names.split_first()?;
        let who = match more.len() {
            0 => first.clone(),
            more => format!("{first} and {more} more"),
        };
        let message = format!("{shown} is changed for every program that imports it: also for those of {who}");
        Some(Problem { code: Code::ELSEWHERE, message, line: None })
    }
}

/// Whether a comment at a call, or above its statement, asks for it to be left alone.
pub(super) fn asks_to_ignore(ignored: &Ignored, source: &Source, call: Span, recipe: &str) -> bool {
    let statement = node_at(source.root(), call, "call").map_or(call, |node| span(statement_of(node)));
    ignored.ignores(source, statement, call, Some(recipe)).is_some()
}

/// What a module is called where a folder is on the search path.
fn dotted_below(root: &Path, path: &Path) -> Option<String> {
    let below = path.strip_prefix(root).ok()?.with_extension("");
    let parts: Vec<&str> = below.iter().map(|part| part.to_str()).collect::<Option<_>>()?;
    let parts = parts.strip_suffix(&["__init__"]).unwrap_or(&parts);
    let is_name = |part: &&str| part.chars().all(|c| c.is_alphanumeric() || c == '_');
    (!parts.is_empty() && parts.iter().all(is_name)).then(|| parts.join("."))
}
