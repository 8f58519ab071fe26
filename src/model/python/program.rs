//! The files of a program, read as far as somebody asks for them.

use super::File;
use super::closure::{Closure, Graph};
use super::given::Used;
use super::outline::Outline;
use super::receivers::Def;
use super::summary::Stack;
use crate::catalog::Catalog;
use crate::project::files::located;
use crate::project::modules::{Found, Modules};
use crate::project::oracle::{Asked, Defined};
use crate::syntax::{Source, Sources};
use elsa::FrozenMap;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHasher};
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
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

/// So many questions about a program are answered. The scripts of the corpus ask 324 at most; some files of
/// the standard library would ask for ever.
const MAX_STEPS: usize = 5_000;

/// What functions give, by their file and what the answer is kept under there.
type Meanwhile = FxHashMap<(FileId, (usize, bool)), Rc<super::results::Results>>;

/// Files that are understood together: the one that is asked about, and others that are read when an import leads there.
pub struct Program<'t> {
    catalog: &'t Catalog,
    modules: Rc<Modules>,
    shelf: Arc<Shelf>,
    /// The file that is asked about, and its name as the user gave it.
    root: (PathBuf, PathBuf),
    given: FxHashMap<PathBuf, &'t Source>,
    /// What the file that is asked about is taken to say, where that is not what others are to read of it.
    instead: Option<&'t Source>,
    read: FrozenMap<PathBuf, Box<Option<Arc<Source>>>>,
    files: FrozenMap<FileId, Box<Option<File<'t>>>, Quick>,
    paths: FrozenMap<FileId, Box<PathBuf>, Quick>,
    left: Cell<usize>,
    pub(super) stack: Stack<'t>,
    pub(super) fuel: Cell<usize>,
    /// The functions whose results are being worked out, and whether one led back to another.
    pub(super) returning: RefCell<Vec<Def<'t>>>,
    pub(super) led_back: Cell<bool>,
    /// What was found about others on the way of one such question.
    pub(super) meanwhile: RefCell<Meanwhile>,
    /// The classes of which it is being worked out whether their objects share nothing.
    pub(super) setting_apart: RefCell<Vec<usize>>,
    /// How many questions were asked about what leads to what and what functions do.
    steps: Cell<usize>,
    /// The functions of which it is being worked out what their defaults lead to.
    pub(super) defaulting: RefCell<Vec<super::receivers::Def<'t>>>,
    closure: OnceCell<Arc<Closure>>,
    giving: OnceCell<Vec<FileId>>,
    /// Whether a method's name is assigned to somewhere.
    replaced: RefCell<FxHashMap<String, bool>>,
    /// The classes that derive from one, and that may have a method in place of its own, by the names of both.
    deriving: RefCell<FxHashMap<(String, Option<String>), Deriving>>,
    /// Names whose class flow cannot tell and an oracle might: the file, and where the name begins in it.
    pub(super) questions: RefCell<BTreeSet<(PathBuf, usize)>>,
    /// What an oracle said of them.
    pub(super) told: Told,
    /// The methods that an object of a class may have under a name, by the class's node, and whether there may be more.
    pub(super) overrides: RefCell<FxHashMap<(usize, String), Methods<'t>>>,
    /// Where other files name what a file has under a name; none where not all are seen.
    pub(super) used: RefCell<FxHashMap<(FileId, String), Uses<'t>>>,
}

/// The classes of names, by the file and where the name begins in it.
pub type Told = BTreeMap<(PathBuf, usize), Defined>;

/// Methods, and whether there may be more.
type Methods<'t> = (Rc<[Def<'t>]>, bool);

/// Places that name something, where all are seen.
pub(super) type Uses<'t> = Option<Rc<[Used<'t>]>>;

/// Files, and the names of classes in them.
pub(super) type Deriving = Vec<(Arc<Path>, Box<str>)>;

impl<'t> Program<'t> {
    /// A program of the given sources and whatever they import; the first is the one that is asked about.
    pub fn new(catalog: &'t Catalog, given: impl IntoIterator<Item = &'t Source>) -> Self {
        let given: Vec<_> = given.into_iter().map(|s| (located(&s.path), s)).collect();
        let root = given.first().map(|(path, s)| (path.clone(), s.path.clone())).unwrap_or_default();
        let empty = Self::sharing(catalog, Path::new(""), Rc::default(), Arc::default());
        Self { root, given: given.into_iter().collect(), ..empty }
    }

    /// The program of a file on disk, which shares with others what was found and read. What is concluded from it is each
    /// program's own, so that no answer depends on the programs before.
    pub fn sharing(catalog: &'t Catalog, name: &Path, modules: Rc<Modules>, shelf: Arc<Shelf>) -> Self {
        Self {
            catalog,
            modules,
            shelf,
            root: (located(name), name.to_path_buf()),
            given: FxHashMap::default(),
            instead: None,
            read: FrozenMap::new(),
            files: FrozenMap::default(),
            paths: FrozenMap::default(),
            left: Cell::new(MAX_READ),
            stack: Stack::default(),
            fuel: Cell::new(0),
            closure: OnceCell::new(),
            giving: OnceCell::new(),
            replaced: RefCell::default(),
            deriving: RefCell::default(),
            overrides: RefCell::default(),
            used: RefCell::default(),
            questions: RefCell::default(),
            told: Told::default(),
            returning: RefCell::default(),
            led_back: Cell::new(false),
            meanwhile: RefCell::default(),
            setting_apart: RefCell::default(),
            steps: Cell::new(0),
            defaulting: RefCell::default(),
        }
    }

    /// The same program, where an oracle has told the classes of some names.
    pub fn knowing(self, told: Told) -> Self {
        Self { told, ..self }
    }

    /// The same program, where the file that is asked about says the same in another form. What is shared with other programs
    /// is what stands on the disk.
    pub fn instead(self, source: &'t Source) -> Self {
        Self { instead: Some(source), ..self }
    }

    /// The names whose class nobody could tell so far and which matter, in their files.
    pub fn questions(&'t self) -> Vec<Asked<'t>> {
        let mut out: Vec<Asked<'t>> = Vec::new();
        for (path, offset) in self.questions.borrow().iter() {
            match out.last_mut().filter(|last| last.path == *path) {
                Some(last) => last.offsets.push(*offset),
                None => out.extend(self.file(path).map(|file| Asked {
                    path: path.clone(),
                    text: &file.source.text,
                    offsets: vec![*offset],
                })),
            }
        }
        out
    }

    /// Where the file that is asked about finds modules of the project.
    pub fn search(&'t self) -> Vec<PathBuf> {
        let added = self.file(&self.root.0).map(|file| file.search_path.clone()).unwrap_or_default();
        self.modules.search(&self.root.0, &added)
    }

    /// Whether a file of the program reads the variables of the script by `__main__`.
    pub fn reads_main(&self) -> bool {
        self.closure().reads_main
    }

    /// Whether a file of the program runs an event loop.
    pub(super) fn runs_loop(&self) -> bool {
        self.closure().runs_loop
    }

    /// Whether a file of the program may hand a library a transport of its own.
    pub(super) fn hands_transport(&self) -> bool {
        self.closure().hands_transport
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

    /// The file that is asked about, where it was read.
    pub(super) fn script(&'t self) -> Option<&'t File<'t>> {
        self.at(FileId::of(&self.root.0))
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
        let root = &self.root;
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
            Some(source) => Outline::of(source),
            None => Outline::read(path),
        })
    }

    fn closure(&self) -> &Closure {
        self.closure.get_or_init(|| self.closure_of(&self.root.0))
    }

    /// What all files that were looked at say of names.
    pub(super) fn graph(&self) -> &Graph {
        &self.shelf.graph
    }

    /// The files of the program that import a file, in the order of their paths.
    pub(super) fn importers(&self, path: &Path) -> Vec<Arc<Path>> {
        self.graph().importers(self.closure(), path)
    }

    /// Whether the imports of the file that is asked about lead to a file.
    pub(super) fn leads_to(&self, path: &Path) -> bool {
        self.graph().is_in(self.closure(), path)
    }

    /// Whether some file of the program puts something in the place of a method: `bot.build = other`.
    pub(super) fn is_replaced(&self, name: &str) -> bool {
        if let Some(known) = self.replaced.borrow().get(name) {
            return *known;
        }
        let found = self.graph().replaces(self.closure(), name);
        self.replaced.borrow_mut().insert(name.to_string(), found);
        found
    }

    /// Whether some file of the program sends log lines to a file or to stdout.
    pub(super) fn logs(&self) -> bool {
        self.closure().logs
    }

    /// Counts a question about what leads to what; whether there were so many that no further one is answered. Functions that
    /// lead to one another in circles within circles would be asked about for ever.
    pub(super) fn is_worn_out(&self) -> bool {
        self.steps.set(self.steps.get() + 1);
        self.gave_up()
    }

    /// Whether questions went without an answer, so that nothing that was concluded holds.
    pub(super) fn gave_up(&self) -> bool {
        self.steps.get() > MAX_STEPS
    }

    /// The files of the program that give something to what logs or prints.
    pub(super) fn giving(&'t self) -> &'t [FileId] {
        self.giving.get_or_init(|| {
            let paths = self.graph().giving(self.closure());
            paths.iter().filter_map(|path| self.file(path)).map(|file| file.id).collect()
        })
    }

    /// Whether some file of the program sets a seed.
    pub(super) fn seeds(&self) -> bool {
        self.closure().seeds
    }

    /// Whether some file of the program sets something for its thread.
    pub(super) fn sets_for_thread(&self) -> bool {
        self.closure().sets_for_thread
    }

    /// Whether some file of the program draws from `random`.
    pub(super) fn draws(&self) -> bool {
        self.closure().draws
    }

    /// The classes of the program that derive from one of a name; where a method is named, those that may have another one of
    /// that name.
    pub(super) fn deriving(&self, base: &str, method: Option<&str>) -> Deriving {
        let key = (base.to_string(), method.map(str::to_string));
        if let Some(known) = self.deriving.borrow().get(&key) {
            return known.clone();
        }
        let found = self.graph().deriving(self.closure(), base, method);
        self.deriving.borrow_mut().insert(key, found.clone());
        found
    }

    fn source(&'t self, path: &Path) -> Option<&'t Source> {
        if let Some(source) = self.instead.filter(|_| path == self.root.0) {
            return Some(source);
        }
        if let Some(source) = self.given.get(path) {
            return Some(source);
        }
        if let Some(known) = self.read.get(path) {
            return known.as_deref();
        }
        let size = std::fs::metadata(path).map_or(0, |m| usize::try_from(m.len()).unwrap_or(usize::MAX));
        let left = self.left.get().checked_sub(size);
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
