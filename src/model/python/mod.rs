//! The Python front end of the model: names, receivers, effects, aliases, and loops as pipelines.
//!
//! What this part decides is a closed list of shapes (`docs/shapes.md`). It answers with a pipeline only where every
//! precondition was looked at; everything else is an obstacle, `PM100` where no better code fits.

mod alias;
mod calls;
mod chain;
mod collect;
mod conflicts;
mod consume;
mod effects;
mod loops;
pub mod names;
mod path;
mod slice;
mod source;

pub use chain::{ClientChange, Surface, surface};
pub use loops::analyse;

use crate::catalog::Catalog;
use crate::facts::Code;
use crate::syntax::python::dotted;
use crate::syntax::{Node, Source};
use names::{Bound, Names, ScopeId};
use rustc_hash::FxHashMap;
use std::cell::RefCell;

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
    is_local: &'t dyn Fn(&str) -> bool,
    summaries: RefCell<FxHashMap<usize, effects::State<'t>>>,
    kinds: RefCell<FxHashMap<usize, calls::CallKind<'t>>>,
}

/// Something that stands in the way, before it is an obstacle of a loop.
#[derive(Debug, Clone)]
pub(crate) struct Trouble<'t> {
    pub code: Code,
    pub node: Node<'t>,
    pub other: Option<Node<'t>>,
    pub message: String,
    pub help: String,
}

impl<'t> Trouble<'t> {
    pub fn new(code: Code, node: Node<'t>, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { code, node, other: None, message: message.into(), help: help.into() }
    }

    pub fn with(self, other: Node<'t>) -> Self {
        Self { other: Some(other), ..self }
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
    /// Reads a file. `is_local` answers whether a module name is one of the project's own.
    ///
    /// Returns `None` for a tree that nests too deeply to be analysed.
    pub fn new(source: &'t Source, catalog: &'t Catalog, is_local: &'t dyn Fn(&str) -> bool) -> Option<Self> {
        if too_deep(source.root()) {
            return None;
        }
        Some(Self { source, names: Names::of(source), catalog, is_local, summaries: RefCell::default(), kinds: RefCell::default() })
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

    /// The builtin that an identifier means, where nothing in the file can have replaced it.
    fn builtin(&self, node: Node<'t>) -> Option<&'t str> {
        if node.kind() != "identifier" || self.names.star_import {
            return None;
        }
        let name = self.text(node);
        self.names.resolve(self.names.scope_at(node), name).is_none().then_some(name)
    }

    /// Whether an import path is of a module of the project itself.
    fn is_project_path(&self, path: &str) -> bool {
        path.starts_with('.') || (self.is_local)(path.split('.').next().unwrap_or(path))
    }

    /// Whether a module name is one of the project's own.
    pub fn is_project_module(&self, module: &str) -> bool {
        self.is_project_path(module)
    }

    /// The variable that an identifier means.
    fn var(&self, node: Node<'t>) -> Option<Var> {
        let name = self.text(node);
        Some(Var { scope: self.names.resolve(self.names.scope_at(node), name)?, name: name.to_string() })
    }

    /// Whether a variable is an import, a function or a class: it stands for no object that a loop would change.
    fn is_definition(&self, var: &Var) -> bool {
        let bindings = self.names.bindings(var.scope, &var.name);
        !bindings.is_empty()
            && bindings.iter().all(|b| matches!(b.bound, Bound::Import | Bound::Function(_) | Bound::Class(_)))
    }
}

/// A variable: a name in the scope that binds it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Var {
    pub scope: ScopeId,
    pub name: String,
}

fn too_deep(root: Node<'_>) -> bool {
    let mut cursor = root.walk();
    let mut depth = 0usize;
    loop {
        if cursor.goto_first_child() {
            depth += 1;
            if depth > MAX_DEPTH {
                return true;
            }
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return false;
            }
            depth -= 1;
        }
    }
}

/// Whether a node belongs to a function's own body, and not to a function or class inside it.
fn same_function(node: Node<'_>, function: Node<'_>) -> bool {
    crate::syntax::python::enclosing_scope(node).is_some_and(|f| f.id() == function.id())
}
