//! The Python front end of the model: names, receivers, effects, aliases, and loops as pipelines.
//!
//! What this part decides is a closed list of shapes (`docs/shapes.md`). It answers with a pipeline only where every
//! precondition was looked at; everything else is an obstacle, `PM100` where no better code fits.

mod again;
mod alias;
mod apart;
mod applied;
mod as_for;
mod batches;
mod calls;
mod captured;
mod chain;
mod classes;
mod client;
mod closure;
mod collect;
mod column;
pub mod command_line;
mod conflicts;
mod consume;
mod conversation;
mod coroutine;
mod counted;
mod depths;
mod drawn;
mod early;
mod effects;
mod entered;
mod environment;
mod files;
mod flagged;
mod flat;
mod flow;
mod followed;
mod further;
mod gathered;
mod given;
mod guess;
mod handed;
mod held;
mod hooks;
mod indexed;
mod iterators;
mod keys;
mod lasting;
mod links;
mod loops;
mod made;
mod makers;
mod memo;
mod memory;
pub mod names;
mod nest;
mod outline;
mod outside;
mod own;
mod owned;
mod pace;
mod path;
mod position;
mod program;
mod queries;
mod reading;
mod receivers;
mod region;
mod results;
mod retry;
mod same_part;
mod slice;
mod source;
mod spelled;
mod stage;
mod stopped;
mod stored;
mod summary;
mod table;
mod tallies;
mod texts;
mod threads;
mod told;
mod touched;
mod unseen;
mod waiting;
mod work;
mod yielded;

pub use chain::{Surface, Turned, surface};
pub use client::ClientChange;
pub use guess::Guesses;
pub use handed::{Handed, Written};
pub use loops::{BURNING, analyse, analyse_guessing};
pub use outside::replaced_outside;
pub use program::{FileId, Program, Shelf, Told};
pub use threads::set_for_one_thread;

use crate::catalog::Catalog;
use crate::facts::{Code, Span};
use crate::syntax::python::Call;
use crate::syntax::python::dotted;
use crate::syntax::{Node, Source, children, walk};
use names::{Bound, Names, ScopeId};
use rustc_hash::FxHashMap;
use std::cell::{Cell, OnceCell, RefCell};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// Deeper trees are not analysed: the analysis recurses.
const MAX_DEPTH: usize = 2_000;

/// One file with what is needed to understand it.
pub struct File<'t> {
    /// The text and tree.
    pub source: &'t Source,
    /// Its names.
    pub names: Names<'t>,
    /// What is known about libraries.
    pub catalog: &'t Catalog,
    /// The file among those of the program.
    pub id: FileId,
    program: &'t Program<'t>,
    /// Folders that the file adds to the search path by a literal.
    search_path: Vec<String>,
    summaries: summary::Summaries<'t>,
    kinds: RefCell<FxHashMap<usize, calls::CallKind<'t>>>,
    waiting: RefCell<FxHashMap<usize, Option<calls::Catalogued<'t>>>>,
    /// Whether it speaks of a library any method of whose objects may be a waiting call.
    wild: bool,
    /// Whether it speaks of the runtime.
    has_runtime: bool,
    /// Whether it makes objects that belong to a thread.
    has_affine: bool,
    /// Whether it asks for modules by name.
    reaches_modules: bool,
    /// Parts of libraries' modules that it changes in place.
    library_parts: OnceCell<Vec<String>>,
    /// Whether it has classes.
    has_classes: bool,
    /// Whether stores that only unknown code could make are left out.
    likely: Cell<bool>,
    /// Which loops are looked at as ones that stay, and whether one is.
    guesses: Cell<Guesses>,
    guessing: Cell<bool>,
    /// Whether draws of random numbers are passed over where a statement is asked whether it may run ahead.
    drawing: Cell<bool>,
    /// Calls of the loop that is looked at that are asked ahead, where it is asked whether more can be: what they answer is
    /// known there. And statements that may fail, and keep these from being made then.
    asked_ahead: RefCell<Vec<Node<'t>>>,
    tried: RefCell<Vec<usize>>,
    /// The answer of `operator_with_effects`, and whether it is being found.
    operator_effects: OnceCell<Option<receivers::Def<'t>>>,
    asks_operators: Cell<bool>,
    /// Where the loop that is being looked at ends, and the scope that holds it: what comes later in that scope is not
    /// followed. None where a loop around it leads back.
    horizon: Cell<Option<(usize, Option<usize>)>>,
    /// The loop that is being looked at.
    looked_at: Cell<Option<Span>>,
    bound: OnceCell<Vec<slice::BoundAt>>,
    reached: RefCell<FxHashMap<usize, Option<usize>>>,
    assigned: RefCell<FxHashMap<usize, Rc<Vec<Var>>>>,
    leads: RefCell<FxHashMap<usize, bool>>,
    results: RefCell<FxHashMap<(usize, bool), Rc<results::Results>>>,
    own_objects: RefCell<FxHashMap<usize, bool>>,
    trees: RefCell<FxHashMap<usize, bool>>,
    variables: RefCell<FxHashMap<String, Option<Var>>>,
    meanings: RefCell<FxHashMap<usize, receivers::Meanings<'t>>>,
    own: OnceCell<own::Own<'t>>,
    given: OnceCell<hooks::Given<'t>>,
    /// The attributes that it asks objects for.
    asked: OnceCell<rustc_hash::FxHashSet<&'t str>>,
    environment: OnceCell<bool>,
    /// The loop whose statements are looked at as work.
    region: Cell<Option<Span>>,
    hops: alias::Hops,
    classes: classes::Classes<'t>,
    vars: RefCell<FxHashMap<usize, Option<Var>>>,
}

/// Something that stands in the way, before it is an obstacle of a loop.
#[derive(Debug, Clone)]
pub(crate) struct Trouble<'t> {
    pub code: Code,
    pub node: Node<'t>,
    pub other: Option<Node<'t>>,
    /// Where it comes from, where that is in another function: the deepest place, and its file.
    pub cause: Option<(FileId, Node<'t>)>,
    pub grade: Grade,
    /// Of an addition that holds on an event loop only: what becomes of the sum there, as far as that is known.
    pub tally: Option<tallies::Tally>,
    pub message: String,
    pub help: String,
}

/// How much a trouble weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Grade {
    /// Nothing is wrong as far as one can tell, and not everything can be told: an assumption.
    Assumed,
    /// The user should accept it.
    Care,
    /// It holds on an event loop, where nothing runs between two waits, and not in threads.
    LoopOnly,
    /// It must not be done.
    Blocked,
}

impl<'t> Trouble<'t> {
    pub fn new(code: Code, node: Node<'t>, message: impl Into<String>, help: impl Into<String>) -> Self {
        let (message, help) = (message.into(), help.into());
        Self { code, node, other: None, cause: None, grade: Grade::Blocked, tally: None, message, help }
    }

    pub fn with(self, other: Node<'t>) -> Self {
        Self { other: Some(other), ..self }
    }

    pub fn graded(self, grade: Grade) -> Self {
        Self { grade, ..self }
    }

    /// The trouble of a function, as a call of that function has it.
    pub fn at_call(self, call: Node<'t>, file: FileId) -> Self {
        Self { node: call, other: None, cause: self.cause.or(Some((file, self.node))), ..self }
    }

    pub fn not_analysed(node: Node<'t>, message: impl Into<String>) -> Self {
        Self::new(
            Code::NOT_ANALYSED,
            node,
            message,
            "perfmod leaves alone what it has not analysed; a later version may know this shape",
        )
    }
}

impl<'t> File<'t> {
    /// The file's name: for the one that is asked about, as the user gave it.
    pub fn file_name(&self) -> std::path::PathBuf {
        self.program.name_of(self)
    }

    /// Reads a file. `None` for a tree that nests too deeply to be analysed.
    fn new(source: &'t Source, program: &'t Program<'t>, id: FileId) -> Option<Self> {
        if source.root().depth() > MAX_DEPTH {
            return None;
        }
        Some(Self {
            source,
            names: Names::of(source),
            catalog: program.catalog(),
            id,
            program,
            search_path: search_path(source),
            summaries: RefCell::default(),
            kinds: RefCell::default(),
            waiting: RefCell::default(),
            wild: program.catalog().wild_modules().iter().any(|m| source.text.contains(m.as_str())),
            has_runtime: source.text.contains("perfmod_runtime"),
            reaches_modules: source.text.contains("sys.modules"),
            library_parts: OnceCell::new(),
            has_classes: source.text.contains("class "),
            has_affine: source.text.contains("threading.local")
                || program.catalog().bound_modules().iter().any(|m| source.text.contains(m.as_str())),
            likely: Cell::new(false),
            guesses: Cell::default(),
            guessing: Cell::new(false),
            drawing: Cell::new(false),
            asked_ahead: RefCell::default(),
            tried: RefCell::default(),
            operator_effects: OnceCell::new(),
            asks_operators: Cell::new(false),
            horizon: Cell::new(None),
            looked_at: Cell::new(None),
            bound: OnceCell::new(),
            reached: RefCell::default(),
            assigned: RefCell::default(),
            leads: RefCell::default(),
            results: RefCell::default(),
            own_objects: RefCell::default(),
            trees: RefCell::default(),
            variables: RefCell::default(),
            meanings: RefCell::default(),
            own: OnceCell::new(),
            given: OnceCell::new(),
            asked: OnceCell::new(),
            environment: OnceCell::new(),
            region: Cell::new(None),
            hops: RefCell::default(),
            classes: classes::Classes::default(),
            vars: RefCell::default(),
        })
    }

    /// Where the file lies.
    pub fn located(&self) -> &'t Path {
        self.program.path(self.id).map_or(self.source.path.as_path(), PathBuf::as_path)
    }

    /// Another file of its program, as [`Program::file`] has it.
    pub fn other(&self, path: &Path) -> Option<&'t File<'t>> {
        self.program.file(path)
    }

    fn text(&self, node: Node<'_>) -> &'t str {
        self.source.of(node)
    }

    /// The dotted import path of an expression: `os.path.join` for `join` after `from os.path import join`.
    fn import_path(&self, node: Node<'t>) -> Option<String> {
        let (root, rest) = dotted(self.source, node)?;
        let scope = self.names.scope_at(root);
        let (_, binding) = self.names.single(scope, self.text(root))?;
        let mut path = binding.import.clone()?;
        for name in rest {
            path.push('.');
            path.push_str(name);
        }
        Some(path)
    }

    /// The dotted import paths of an expression whose name is imported in several ways: one where there is one library, or another.
    fn import_paths(&self, node: Node<'t>) -> Vec<String> {
        let Some((root, rest)) = dotted(self.source, node) else { return Vec::new() };
        let name = self.text(root);
        let Some(scope) = self.names.resolve(self.names.scope_at(root), name) else { return Vec::new() };
        let imports = self.names.bindings(scope, name).iter().filter_map(|b| b.import.as_deref());
        imports
            .map(|path| std::iter::once(path).chain(rest.iter().map(|s| &**s)).collect::<Vec<_>>().join("."))
            .collect()
    }

    /// Whether what a call names as its function is the same whenever it is asked for: a name that is bound once, a function
    /// of a module that is imported, or a method of an object whose class is known, by a name that is bound once.
    pub(crate) fn is_settled(&self, function: Node<'t>) -> bool {
        use names::Bound;
        let bound = |name: Node<'t>| {
            let single = self.names.single(self.names.scope_at(name), self.text(name));
            single.map(|(_, binding)| binding.bound)
        };
        match function.kind() {
            "identifier" => {
                self.builtin(function).is_none()
                    && matches!(bound(function), Some(Bound::Function(_) | Bound::Import | Bound::Parameter(_)))
            }
            "attribute" if self.import_path(function).is_some() => true,
            "attribute" => {
                let object = function.child_by_field_name("object").filter(|o| o.kind() == "identifier");
                let known = matches!(self.meaning(function).only(), Some(receivers::Meaning::Function { .. }));
                known && object.is_some_and(|o| bound(o).is_some())
            }
            _ => false,
        }
    }

    /// The builtin that an identifier means, where nothing in the file can have replaced it.
    fn builtin(&self, node: Node<'t>) -> Option<&'t str> {
        if node.kind() != "identifier" {
            return None;
        }
        let name = self.text(node);
        if self.names.star_import && self.star_may_bind(name) {
            return None;
        }
        self.names.resolve(self.names.scope_at(node), name).is_none().then_some(name)
    }

    /// Whether a star import may bind a name that is otherwise a builtin.
    fn star_may_bind(&self, name: &str) -> bool {
        self.names.star_imports.iter().any(|module| {
            match self.program.find(self, module).and_then(|f| f.file).and_then(|f| self.program.file(&f)) {
                Some(file) => file.names.star_import || !file.names.bindings(file.names.module(), name).is_empty(),
                // Array libraries have functions of these names; so has `os`.
                None => !matches!(
                    name,
                    "print"
                        | "len"
                        | "range"
                        | "enumerate"
                        | "zip"
                        | "str"
                        | "int"
                        | "float"
                        | "list"
                        | "dict"
                        | "set"
                        | "tuple"
                        | "isinstance"
                        | "type"
                        | "sorted"
                        | "vars"
                        | "repr"
                ),
            }
        })
    }

    /// The files of the project that star imports name.
    fn star_files(&self) -> Vec<&'t File<'t>> {
        let found = self.names.star_imports.iter().filter_map(|m| self.program.find(self, m)?.file);
        found.filter_map(|f| self.program.file(&f)).filter(|f| f.id != self.id).collect()
    }

    /// Whether an import path is of a module of the project itself.
    fn is_project_path(&self, path: &str) -> bool {
        path.starts_with('.') || self.program.find(self, path.split('.').next().unwrap_or(path)).is_some()
    }

    /// Whether a module name is one of the project's own.
    pub fn is_project_module(&self, module: &str) -> bool {
        self.is_project_path(module)
    }

    /// The variable that an identifier means.
    fn var(&self, node: Node<'t>) -> Option<Var> {
        if let Some(known) = self.vars.borrow().get(&node.id()) {
            return known.clone();
        }
        let found = self.var_named(node);
        self.vars.borrow_mut().insert(node.id(), found.clone());
        found
    }

    fn var_named(&self, node: Node<'t>) -> Option<Var> {
        let name = self.text(node);
        let scope = self.names.resolve(self.names.scope_at(node), name)?;
        // A variable of another module keeps its identity.
        if let Some((_, one)) = self.names.single(scope, name)
            && let Some(path) = &one.import
            && let Some(var) = self.variable_at(path)
        {
            return Some(var);
        }
        Some(self.var_in(scope, name))
    }

    /// The variable of the project that an import path means, where it is one and not a module, function or class.
    fn variable_at(&self, path: &str) -> Option<Var> {
        if let Some(known) = self.variables.borrow().get(path) {
            return known.clone();
        }
        let found = self.program.find(self, path).and_then(|found| {
            let rest: Vec<&str> = path.trim_start_matches('.').split('.').skip(found.parts).collect();
            let [name] = rest.as_slice() else { return None };
            let file = self.program.file(&found.file?)?;
            let module = file.names.module();
            if file.id == self.id {
                return None;
            }
            match file.names.bindings(module, name) {
                [] => None,
                [one] if one.import.is_some() => file.variable_at(one.import.as_deref()?),
                many if many
                    .iter()
                    .any(|b| matches!(b.bound, Bound::Function(_) | Bound::Class(_) | Bound::Import)) =>
                {
                    None
                }
                _ => Some(file.var_in(module, name)),
            }
        });
        self.variables.borrow_mut().insert(path.to_string(), found.clone());
        found
    }

    /// The file in which a variable lives.
    fn home<'a>(&'a self, var: &Var) -> &'a File<'t> {
        if var.file == self.id { self } else { self.program.at(var.file).unwrap_or(self) }
    }

    /// The variable of a name in a scope of this file.
    fn var_in(&self, scope: ScopeId, name: &str) -> Var {
        Var { file: self.id, scope, name: Name(name.into()) }
    }

    /// Whether a variable is an import, a function or a class: it stands for no object that a loop would change.
    fn is_definition(&self, var: &Var) -> bool {
        let bindings = self.home(var).names.bindings(var.scope, &var.name);
        !bindings.is_empty()
            && bindings.iter().all(|b| matches!(b.bound, Bound::Import | Bound::Function(_) | Bound::Class(_)))
    }
}

/// A variable: a name in the scope that binds it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Var {
    pub file: FileId,
    pub scope: ScopeId,
    pub name: Name,
}

/// The name of a variable: copied all the time.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Name(Rc<str>);

impl std::ops::Deref for Name {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl PartialEq<str> for Name {
    fn eq(&self, other: &str) -> bool {
        *self.0 == *other
    }
}

impl PartialEq<&str> for Name {
    fn eq(&self, other: &&str) -> bool {
        *self.0 == **other
    }
}

/// The folders of `sys.path.append("…")` and `sys.path.insert(0, "…")`.
fn search_path(source: &Source) -> Vec<String> {
    if !source.text.contains("sys.path.") {
        return Vec::new();
    }
    let calls = walk(source.root()).filter_map(Call::cast);
    let added = calls.filter(|c| {
        c.function().is_some_and(|f| matches!(source.of(f), "sys.path.append" | "sys.path.insert" | "path.append"))
    });
    added
        .filter_map(|c| c.args().last())
        .filter(|a| a.kind() == "string" && children(*a).all(|c| c.kind() != "interpolation"))
        .map(|a| alias::literal(source.of(a)))
        .collect()
}

/// Whether a node belongs to a function's own body, and not to a function or class inside it.
fn same_function(node: Node<'_>, function: Node<'_>) -> bool {
    crate::syntax::python::enclosing_scope(node).is_some_and(|f| f.id() == function.id())
}
