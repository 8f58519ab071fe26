//! Who imports whom: the files to which the imports of a file lead, and what all of them say of names.
//!
//! An outline is a file's own, and so is where its imports lead; both are found once a run, whoever asks first. What is
//! said of a name is looked up in an index over all files that were looked at, and then narrowed to those of the closure,
//! so that no answer depends on who else was looked at.

use super::outline::{ClassOutline, Outline};
use super::program::MAX_READ;
use crate::project::modules::Modules;
use rustc_hash::FxHashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The files that were looked at so far.
#[derive(Debug, Default)]
pub(super) struct Graph {
    files: Mutex<Files>,
}

#[derive(Debug, Default)]
struct Files {
    numbers: FxHashMap<Arc<Path>, usize>,
    known: Vec<Node>,
    /// The files that import one, by its number.
    importers: FxHashMap<usize, Vec<usize>>,
    /// The files that say something of a name, by the name.
    methods: Index<usize>,
    properties: Index<usize>,
    replaced: Index<usize>,
    /// Those that give something to what logs or prints.
    giving: Vec<usize>,
    /// The classes that derive from one of a name, by its name: file, and place among the classes of the file.
    deriving: Index<(usize, usize)>,
}

type Index<T> = FxHashMap<Box<str>, Vec<T>>;

#[derive(Debug)]
struct Node {
    path: Arc<Path>,
    known: Option<Known>,
    closure: Option<Arc<Closure>>,
}

/// What is known of one file.
#[derive(Debug, Clone)]
struct Known {
    /// None where it cannot be read, does not parse or nests too deeply.
    outline: Option<Arc<Outline>>,
    imports: Arc<[usize]>,
    /// Whether it says that a file is there, and it is not.
    missing: bool,
}

impl Files {
    fn number(&mut self, path: &Path) -> usize {
        if let Some(known) = self.numbers.get(path) {
            return *known;
        }
        let path: Arc<Path> = Arc::from(path);
        self.known.push(Node { path: Arc::clone(&path), known: None, closure: None });
        self.numbers.insert(path, self.known.len() - 1);
        self.known.len() - 1
    }

    /// Keeps what is known of a file, unless another thread was first: it found the same.
    fn learn(&mut self, at: usize, outline: Option<Outline>, found: &[PathBuf], missing: bool) -> Known {
        if let Some(known) = &self.known[at].known {
            return known.clone();
        }
        let imports: Arc<[usize]> = found.iter().map(|path| self.number(path)).collect();
        for import in imports.iter() {
            let importers = self.importers.entry(*import).or_default();
            if *import != at && importers.last() != Some(&at) {
                importers.push(at);
            }
        }
        if let Some(outline) = &outline {
            let list = |index: &mut Index<usize>, names: &[Box<str>]| {
                for name in names {
                    index.entry(name.clone()).or_default().push(at);
                }
            };
            list(&mut self.methods, &outline.methods);
            list(&mut self.properties, &outline.properties);
            list(&mut self.replaced, &outline.replaced);
            self.giving.extend(outline.gives.then_some(at));
            for (place, class) in outline.classes.iter().enumerate() {
                for base in &class.bases {
                    self.deriving.entry(base.clone()).or_default().push((at, place));
                }
            }
        }
        let known = Known { outline: outline.map(Arc::new), imports, missing };
        self.known[at].known = Some(known.clone());
        known
    }
}

/// A file and all to which its imports lead.
#[derive(Debug, Default)]
pub(super) struct Closure {
    /// A bit for each file.
    files: Vec<u64>,
    /// Whether a file is imported that is not there or cannot be read.
    pub unseen: bool,
    /// Whether some class has a method.
    pub has_methods: bool,
    /// Whether some file sends log lines to a file or to stdout.
    pub logs: bool,
    /// Whether some file sets a seed.
    pub seeds: bool,
    /// Whether some file sets something for its thread.
    pub sets_for_thread: bool,
    /// Whether some file draws from `random`.
    pub draws: bool,
    /// Whether one reads variables of the script by name.
    pub reads_main: bool,
    /// Whether one runs an event loop.
    pub runs_loop: bool,
    /// Whether one may hand a library a transport of its own.
    pub hands_transport: bool,
}

impl Closure {
    fn has(&self, file: usize) -> bool {
        self.files.get(file / 64).is_some_and(|bits| bits >> (file % 64) & 1 == 1)
    }

    /// Adds a file; false where it is there already.
    fn add(&mut self, file: usize) -> bool {
        if self.has(file) {
            return false;
        }
        if self.files.len() <= file / 64 {
            self.files.resize(file / 64 + 1, 0);
        }
        self.files[file / 64] |= 1 << (file % 64);
        true
    }
}

impl Graph {
    fn files(&self) -> std::sync::MutexGuard<'_, Files> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A file and all to which its imports lead, up to a bound. `outline` reads a file that was not looked at before.
    pub fn closure_of(
        &self,
        root: &Path,
        modules: &Modules,
        outline: impl Fn(&Path) -> Option<Outline>,
    ) -> Arc<Closure> {
        let root = {
            let mut files = self.files();
            let root = files.number(root);
            if let Some(known) = &files.known[root].closure {
                return Arc::clone(known);
            }
            root
        };
        let mut out = Closure::default();
        let mut left = MAX_READ;
        out.add(root);
        let mut pending = vec![root];
        while let Some(at) = pending.pop() {
            let (path, known) = {
                let files = self.files();
                (Arc::clone(&files.known[at].path), files.known[at].known.clone())
            };
            // Read without the lock: it takes long.
            let known = known.unwrap_or_else(|| {
                let outline = outline(&path);
                let (found, missing) = outline.as_ref().map(|o| imported(&path, o, modules)).unwrap_or_default();
                self.files().learn(at, outline, &found, missing)
            });
            let rest = known.outline.and_then(|o| Some((left.checked_sub(o.bytes)?, o)));
            let Some((rest, outline)) = rest else {
                out.unseen = true;
                continue;
            };
            left = rest;
            out.unseen |= known.missing;
            out.has_methods |= !outline.methods.is_empty();
            out.logs |= outline.logs;
            out.seeds |= outline.seeds;
            out.sets_for_thread |= outline.sets_for_thread;
            out.draws |= outline.draws;
            out.reads_main |= outline.reads_main;
            out.runs_loop |= outline.runs_loop;
            out.hands_transport |= outline.hands_transport;
            pending.extend(known.imports.iter().filter(|next| out.add(**next)));
        }
        let out = Arc::new(out);
        self.files().known[root].closure = Some(Arc::clone(&out));
        out
    }

    /// The files of a closure that import a file, in the order of their paths.
    pub fn importers(&self, closure: &Closure, path: &Path) -> Vec<Arc<Path>> {
        let files = self.files();
        let Some(own) = files.numbers.get(path).copied() else { return Vec::new() };
        let all = files.importers.get(&own).into_iter().flatten().filter(|at| closure.has(**at));
        let mut out: Vec<_> = all.map(|at| Arc::clone(&files.known[*at].path)).collect();
        out.sort();
        out
    }

    /// Whether a closure has a file.
    pub fn is_in(&self, closure: &Closure, path: &Path) -> bool {
        self.files().numbers.get(path).is_some_and(|at| closure.has(*at))
    }

    /// Whether some class of a closure has a method of a name.
    pub fn has_method(&self, closure: &Closure, name: &str) -> bool {
        self.files().methods.get(name).is_some_and(|files| files.iter().any(|at| closure.has(*at)))
    }

    /// Whether some file of a closure puts something in the place of a method of a name.
    pub fn replaces(&self, closure: &Closure, name: &str) -> bool {
        self.files().replaced.get(name).is_some_and(|files| files.iter().any(|at| closure.has(*at)))
    }

    /// The files of a closure with a property of a name, in the order of their paths.
    pub fn with_property(&self, closure: &Closure, name: &str) -> Vec<Arc<Path>> {
        let files = self.files();
        let listed = files.properties.get(name).into_iter().flatten();
        let mut out: Vec<_> =
            listed.filter(|at| closure.has(**at)).map(|at| Arc::clone(&files.known[*at].path)).collect();
        out.sort();
        out
    }

    /// The files of a closure that give something to what logs or prints, in the order of their paths.
    pub fn giving(&self, closure: &Closure) -> Vec<Arc<Path>> {
        let files = self.files();
        let listed = files.giving.iter().filter(|at| closure.has(**at));
        let mut out: Vec<_> = listed.map(|at| Arc::clone(&files.known[*at].path)).collect();
        out.sort();
        out
    }

    /// The classes of a closure that derive from one of a name, by the names of bases: file and name of each, in the order of
    /// the paths. Where a method is named, those that may have one of that name which is their own or comes from another
    /// base.
    pub fn deriving(&self, closure: &Closure, base: &str, method: Option<&str>) -> Vec<(Arc<Path>, Box<str>)> {
        let files = self.files();
        let mut out = Vec::new();
        let mut seen: Vec<(usize, usize)> = Vec::new();
        let mut pending: Vec<&str> = vec![base];
        while let Some(base) = pending.pop() {
            for &(at, place) in files.deriving.get(base).into_iter().flatten().filter(|(at, _)| closure.has(*at)) {
                if seen.contains(&(at, place)) {
                    continue;
                }
                seen.push((at, place));
                let outline = files.known[at].known.as_ref().and_then(|k| k.outline.as_deref());
                let Some(ClassOutline { name, bases, methods }) = outline.and_then(|o| o.classes.get(place)) else {
                    continue;
                };
                pending.push(name);
                if bases.len() > 1 || method.is_none_or(|method| methods.iter().any(|m| **m == *method)) {
                    out.push((Arc::clone(&files.known[at].path), name.clone()));
                }
            }
        }
        out.sort();
        out.dedup();
        out
    }
}

/// The files of the project that a file imports, and whether one that it names is not there.
fn imported(path: &Path, outline: &Outline, modules: &Modules) -> (Vec<PathBuf>, bool) {
    let (mut files, mut missing) = (Vec::new(), false);
    for import in &outline.imports {
        match modules.find(path, import, &outline.search_path) {
            Some(found) => files.extend(found.file),
            None => missing |= import.starts_with('.'),
        }
    }
    (files, missing)
}
