//! The files of a program, read as far as somebody asks for them.

use super::closure::{Closure, Graph};
use super::names::Names;
use super::own::Outline;
use super::receivers::Def;
use super::summary::Stack;
use super::{File, MAX_DEPTH};
use crate::catalog::Catalog;
use crate::project::files::located;
use crate::project::modules::{Found, Modules};
use crate::syntax::{Source, Sources};
use elsa::FrozenMap;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHasher};
use std::cell::{Cell, RefCell};
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

/// At most this many bytes of other files are read to understand the given ones; what lies beyond is unknown.
pub(super) const MAX_READ: usize = 40_000_000;

/// One file of the program, the same in every run: a hash of its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(u64);

impl FileId {
    fn of(path: &Path) -> Self {
        let mut hasher = FxHasher::default();
        path.as_os_str().hash(&mut hasher);
        Self(hasher.finish())
    }
}

/// For keys that are asked for all the time.
type Quick = FxBuildHasher;

/// What the programs of a run share: each file is read, and its outline made, once. Nothing here depends on who asks.
#[derive(Debug, Default)]
pub struct Shelf {
    /// The files that were read last.
    pub sources: Sources,
    graph: Graph,
}

/// Files that are understood together: the one that is asked about, and others that are read when an import leads there.
///
/// A program may be asked about one file after the other. What it has concluded stays, as long as it is what a new program
/// would conclude ([`Program::enter`]): most functions of a project are reached from many of its files.
pub struct Program<'t> {
    catalog: &'t Catalog,
    modules: Rc<Modules>,
    shelf: Arc<Shelf>,
    /// The file that is asked about, and its name as the user gave it.
    root: RefCell<(PathBuf, PathBuf)>,
    given: FxHashMap<PathBuf, &'t Source>,
    read: FrozenMap<PathBuf, Box<Option<Arc<Source>>>>,
    files: FrozenMap<FileId, Box<Option<File<'t>>>, Quick>,
    paths: FrozenMap<FileId, Box<PathBuf>, Quick>,
    left: Cell<usize>,
    /// Whether a file was not read because too many were before.
    short: Cell<bool>,
    pub(super) stack: Stack<'t>,
    pub(super) fuel: Cell<usize>,
    /// The functions whose results are being worked out, and whether one led back to another.
    pub(super) returning: RefCell<Vec<Def<'t>>>,
    pub(super) led_back: Cell<bool>,
    closure: RefCell<Option<Arc<Closure>>>,
    answers: RefCell<Answers>,
    /// The methods that an object of a class may have under a name, by the class's node, and whether there may be more.
    pub(super) overrides: RefCell<FxHashMap<(usize, String), Methods<'t>>>,
}

/// Methods, and whether there may be more.
type Methods<'t> = (Rc<[Def<'t>]>, bool);

/// Files, and the names of classes in them.
pub(super) type Deriving = Vec<(Arc<Path>, Box<str>)>;

/// What was answered that depends on which file is asked about: all else depends on where a name leads from the file that
/// it stands in.
#[derive(Debug, Default)]
struct Answers {
    /// Whether a method's name is assigned to somewhere.
    replaced: FxHashMap<String, bool>,
    /// Whether log lines go to a file or to stdout.
    logs: Option<bool>,
    /// The classes that derive from one, and that may have a method in place of its own, by the names of both.
    deriving: FxHashMap<(String, Option<String>), Deriving>,
}

impl<'t> Program<'t> {
    /// A program of the given sources and whatever they import; the first is the one that is asked about.
    pub fn new(catalog: &'t Catalog, given: impl IntoIterator<Item = &'t Source>) -> Self {
        let given: Vec<_> = given.into_iter().map(|s| (located(&s.path), s)).collect();
        let root = given.first().map(|(path, s)| (path.clone(), s.path.clone())).unwrap_or_default();
        let empty = Self::sharing(catalog, Rc::default(), Arc::default());
        Self { root: RefCell::new(root), given: given.into_iter().collect(), ..empty }
    }

    /// A program that shares with others what was found and read. It is told with [`Program::enter`] which file is asked
    /// about.
    pub fn sharing(catalog: &'t Catalog, modules: Rc<Modules>, shelf: Arc<Shelf>) -> Self {
        Self {
            catalog,
            modules,
            shelf,
            root: RefCell::default(),
            given: FxHashMap::default(),
            read: FrozenMap::new(),
            files: FrozenMap::default(),
            paths: FrozenMap::default(),
            left: Cell::new(MAX_READ),
            short: Cell::new(false),
            stack: Stack::default(),
            fuel: Cell::new(0),
            closure: RefCell::default(),
            answers: RefCell::default(),
            overrides: RefCell::default(),
            returning: RefCell::default(),
            led_back: Cell::new(false),
        }
    }

    /// Asks about a file from now on, under the name that the user gave. False where something that was concluded before
    /// need not hold for it: then it takes a new program.
    pub fn enter(&self, name: &Path) -> bool {
        *self.root.borrow_mut() = (located(name), name.to_path_buf());
        self.closure.take();
        let answers = self.answers.borrow();
        let fresh = answers.replaced.is_empty() && answers.logs.is_none() && answers.deriving.is_empty();
        if fresh {
            return true;
        }
        let closure = self.closure();
        let graph = self.graph();
        answers.logs.is_none_or(|known| closure.logs == known)
            && answers.replaced.iter().all(|(name, known)| graph.replaces(&closure, name) == *known)
            && answers
                .deriving
                .iter()
                .all(|((base, name), known)| graph.deriving(&closure, base, name.as_deref()) == *known)
    }

    /// How many bytes of source text it holds.
    pub fn bytes(&self) -> usize {
        MAX_READ - self.left.get()
    }

    /// Whether a file of the program reads the variables of the script by `__main__`.
    pub fn reads_main(&self) -> bool {
        self.closure().reads_main
    }

    /// Whether something was left unread because too much was before: then it depends on the files before what is known.
    pub fn is_short(&self) -> bool {
        self.short.get()
    }

    /// What is known about libraries.
    pub fn catalog(&self) -> &'t Catalog {
        self.catalog
    }

    /// A file; `None` where it cannot be read, does not parse or nests too deeply.
    pub fn file(&'t self, path: &Path) -> Option<&'t File<'t>> {
        // Most paths come from this program, and to locate one asks the file system.
        if let Some(known) = self.files.get(&FileId::of(path)) {
            return known.as_ref();
        }
        let path = located(path);
        let id = FileId::of(&path);
        if let Some(known) = self.files.get(&id) {
            return known.as_ref();
        }
        let file = self.source(&path).and_then(|source| File::new(source, self, id));
        self.paths.insert(id, Box::new(path.clone()));
        self.files.insert(id, Box::new(file)).as_ref()
    }

    /// A file that was asked for before.
    pub(super) fn at(&'t self, id: FileId) -> Option<&'t File<'t>> {
        self.files.get(&id)?.as_ref()
    }

    /// Where a file that was asked for lies.
    pub(super) fn path(&self, id: FileId) -> Option<&PathBuf> {
        self.paths.get(&id)
    }

    /// The name of a file: for the one that is asked about, as the user gave it.
    pub(super) fn name_of(&self, file: &File<'t>) -> PathBuf {
        let root = self.root.borrow();
        if self.paths.get(&file.id).is_some_and(|path| *path == root.0) {
            root.1.clone()
        } else {
            file.source.path.clone()
        }
    }

    /// All files of the project to which the imports of a file lead, itself included.
    pub(super) fn closure_of(&self, path: &Path) -> Arc<Closure> {
        // Only a program that shares its shelf with no other has texts of its own.
        self.shelf.graph.closure_of(path, &self.modules, |path| match self.given.get(path) {
            // The engine's own text, which need not be the one on disk.
            Some(source) => Some(Outline::of(source, &Names::of(source))),
            None => {
                let source = self.shelf.sources.read(path).ok().filter(|s| s.root().depth() <= MAX_DEPTH);
                source.map(|source| Outline::of(&source, &Names::of(&source)))
            }
        })
    }

    fn closure(&self) -> Arc<Closure> {
        let mut known = self.closure.borrow_mut();
        Arc::clone(known.get_or_insert_with(|| self.closure_of(&self.root.borrow().0)))
    }

    /// What all files that were looked at say of names.
    pub(super) fn graph(&self) -> &Graph {
        &self.shelf.graph
    }

    /// Whether some file of the program puts something in the place of a method: `bot.build = other`.
    pub(super) fn is_replaced(&self, name: &str) -> bool {
        if let Some(known) = self.answers.borrow().replaced.get(name) {
            return *known;
        }
        let found = self.graph().replaces(&self.closure(), name);
        self.answers.borrow_mut().replaced.insert(name.to_string(), found);
        found
    }

    /// Whether some file of the program sends log lines to a file or to stdout.
    pub(super) fn logs(&self) -> bool {
        let known = self.answers.borrow().logs;
        known.unwrap_or_else(|| {
            let found = self.closure().logs;
            self.answers.borrow_mut().logs = Some(found);
            found
        })
    }

    /// The classes of the program that derive from one of a name; where a method is named, those that may have another one of
    /// that name.
    pub(super) fn deriving(&self, base: &str, method: Option<&str>) -> Deriving {
        let key = (base.to_string(), method.map(str::to_string));
        if let Some(known) = self.answers.borrow().deriving.get(&key) {
            return known.clone();
        }
        let found = self.graph().deriving(&self.closure(), base, method);
        self.answers.borrow_mut().deriving.insert(key, found.clone());
        found
    }

    fn source(&'t self, path: &Path) -> Option<&'t Source> {
        if let Some(source) = self.given.get(path) {
            return Some(source);
        }
        if let Some(known) = self.read.get(path) {
            return known.as_deref();
        }
        let size = std::fs::metadata(path).map_or(0, |m| usize::try_from(m.len()).unwrap_or(usize::MAX));
        let left = self.left.get().checked_sub(size);
        self.short.set(self.short.get() || left.is_none());
        let source = left.and_then(|left| {
            self.left.set(left);
            self.shelf.sources.read(path).ok()
        });
        self.read.insert(path.to_path_buf(), Box::new(source)).as_deref()
    }

    /// Where a dotted path leads inside the project, as seen from a file.
    pub(super) fn find(&self, from: &File<'t>, path: &str) -> Option<Found> {
        self.modules.find(&from.source.path, path, &from.search_path)
    }
}
