//! The files of a program, read as far as somebody asks for them.

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
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};
use std::cell::{Cell, OnceCell, RefCell};
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};

/// At most this many bytes of other files are read to understand the given ones; what lies beyond is unknown.
pub(super) const MAX_READ: usize = 40_000_000;

/// One file of the program, the same in every run: a hash of its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(u64);

impl FileId {
    fn of(path: &Path) -> Self {
        let mut hasher = FxHasher::default();
        path.hash(&mut hasher);
        Self(hasher.finish())
    }
}

/// The files that a file imports, and whether one that it names is not there.
pub(super) type Imported = Arc<(Vec<PathBuf>, bool)>;

/// What the programs of a run share: each file is read, and its outline made, once. Nothing here depends on who asks.
#[derive(Debug, Default)]
pub struct Shelf {
    /// The files that were read last.
    pub sources: Sources,
    outlines: Mutex<FxHashMap<PathBuf, Option<Arc<Outline>>>>,
    /// The files that a file on disk imports, and whether one that it names is not there.
    imported: Mutex<FxHashMap<PathBuf, Imported>>,
}

/// Files that are understood together. Those that are given are the engine's; others are read when an import leads there.
pub struct Program<'t> {
    catalog: &'t Catalog,
    modules: Rc<Modules>,
    shelf: Arc<Shelf>,
    given: FxHashMap<PathBuf, &'t Source>,
    read: FrozenMap<PathBuf, Box<Option<Arc<Source>>>>,
    files: FrozenMap<PathBuf, Box<Option<File<'t>>>>,
    paths: FrozenMap<FileId, Box<PathBuf>>,
    left: Cell<usize>,
    pub(super) stack: Stack<'t>,
    pub(super) fuel: Cell<usize>,
    /// The functions whose results are being worked out, and whether one led back to another.
    pub(super) returning: RefCell<Vec<Def<'t>>>,
    pub(super) led_back: Cell<bool>,
    closure: OnceCell<Vec<(PathBuf, Arc<Outline>)>>,
    given_outlines: RefCell<FxHashMap<PathBuf, Arc<Outline>>>,
    /// Whether a method's name is assigned to somewhere.
    pub(super) replaced: RefCell<FxHashMap<String, bool>>,
    /// The classes of the program that derive from a class, by the class's node.
    pub(super) subclasses: RefCell<FxHashMap<usize, Vec<Def<'t>>>>,
}

impl<'t> Program<'t> {
    /// A program of the given sources and whatever they import.
    pub fn new(catalog: &'t Catalog, given: impl IntoIterator<Item = &'t Source>) -> Self {
        Self::sharing(catalog, given, Rc::default(), Arc::default())
    }

    /// A program that shares with others what was found and read. What is concluded from it is each program's own, so that
    /// no answer depends on the programs before.
    pub fn sharing(
        catalog: &'t Catalog,
        given: impl IntoIterator<Item = &'t Source>,
        modules: Rc<Modules>,
        shelf: Arc<Shelf>,
    ) -> Self {
        Self {
            catalog,
            modules,
            shelf,
            given: given.into_iter().map(|s| (located(&s.path), s)).collect(),
            read: FrozenMap::new(),
            files: FrozenMap::new(),
            paths: FrozenMap::new(),
            left: Cell::new(MAX_READ),
            stack: Stack::default(),
            fuel: Cell::new(super::receivers::NO_QUESTION),
            returning: RefCell::default(),
            led_back: Cell::new(false),
            closure: OnceCell::new(),
            given_outlines: RefCell::default(),
            replaced: RefCell::default(),
            subclasses: RefCell::default(),
        }
    }

    /// What is known about libraries.
    pub fn catalog(&self) -> &'t Catalog {
        self.catalog
    }

    /// A file; `None` where it cannot be read, does not parse or nests too deeply.
    pub fn file(&'t self, path: &Path) -> Option<&'t File<'t>> {
        // Most paths come from this program, and to locate one asks the file system.
        if let Some(known) = self.files.get(path) {
            return known.as_ref();
        }
        let path = located(path);
        if let Some(known) = self.files.get(&path) {
            return known.as_ref();
        }
        let id = FileId::of(&path);
        let file = self.source(&path).and_then(|source| File::new(source, self, id));
        self.paths.insert(id, Box::new(path.clone()));
        self.files.insert(path, Box::new(file)).as_ref()
    }

    /// A file that was asked for before.
    pub(super) fn at(&'t self, id: FileId) -> Option<&'t File<'t>> {
        self.files.get(self.paths.get(&id)?)?.as_ref()
    }

    /// Where a file that was asked for lies.
    pub(super) fn path(&self, id: FileId) -> Option<&PathBuf> {
        self.paths.get(&id)
    }

    /// What a file says of its classes and imports; `None` where [`Program::file`] has nothing either.
    pub(super) fn outline(&self, path: &Path) -> Option<Arc<Outline>> {
        if let Some(source) = self.given.get(path) {
            // The engine's own text, which need not be the one on disk.
            let known = self.given_outlines.borrow().get(path).cloned();
            return Some(known.unwrap_or_else(|| {
                let outline = Arc::new(Outline::of(source, &Names::of(source)));
                self.given_outlines.borrow_mut().insert(path.to_path_buf(), Arc::clone(&outline));
                outline
            }));
        }
        let outlines = || self.shelf.outlines.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = outlines().get(path) {
            return known.clone();
        }
        let source = self.shelf.sources.read(path).ok().filter(|s| s.root().depth() <= MAX_DEPTH);
        let outline = source.map(|source| Arc::new(Outline::of(&source, &Names::of(&source))));
        outlines().insert(path.to_path_buf(), outline.clone());
        outline
    }

    /// The files of the project that a file imports; `unseen` is set where it says that one is there, and it is not.
    pub(super) fn outlined(&self, path: &Path, outline: &Outline, unseen: &mut bool) -> Imported {
        let imported = || self.shelf.imported.lock().unwrap_or_else(PoisonError::into_inner);
        let on_disk = !self.given.contains_key(path);
        let known = imported().get(path).filter(|_| on_disk).cloned();
        let found = known.unwrap_or_else(|| {
            let (mut files, mut missing) = (Vec::new(), false);
            for import in &outline.imports {
                match self.modules.find(path, import, &outline.search_path) {
                    Some(found) => files.extend(found.file),
                    None => missing |= import.starts_with('.'),
                }
            }
            let found = Arc::new((files, missing));
            if on_disk {
                imported().insert(path.to_path_buf(), Arc::clone(&found));
            }
            found
        });
        *unseen |= found.1;
        found
    }

    /// The given files and all files of the project to which their imports lead, sorted.
    fn closure(&self) -> &[(PathBuf, Arc<Outline>)] {
        self.closure.get_or_init(|| {
            let mut seen: FxHashSet<PathBuf> = FxHashSet::default();
            let mut pending: Vec<PathBuf> = self.given.keys().cloned().collect();
            let mut out = Vec::new();
            while let Some(path) = pending.pop() {
                if seen.insert(path.clone())
                    && let Some(outline) = self.outline(&path)
                {
                    pending.extend(self.outlined(&path, &outline, &mut false).0.iter().cloned());
                    out.push((path, outline));
                }
            }
            out.sort_by(|a, b| a.0.cmp(&b.0));
            out
        })
    }

    /// Whether a test holds of some file of the program.
    pub(super) fn closure_has(&self, test: impl Fn(&Outline) -> bool) -> bool {
        self.closure().iter().any(|(_, outline)| test(outline))
    }

    /// The files of the program of which some test holds.
    pub(super) fn files_with(&'t self, test: impl Fn(&Outline) -> bool) -> Vec<&'t File<'t>> {
        self.closure().iter().filter(|(_, outline)| test(outline)).filter_map(|(path, _)| self.file(path)).collect()
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
