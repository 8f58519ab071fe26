//! Python's scopes: which name means what, where it is bound, where it is read.
//!
//! The rules are those of the language reference, section 4.2: a name bound anywhere in a block is local to the block;
//! class scopes are not seen from functions inside them; a comprehension is a scope of its own whose first source is
//! evaluated outside it, and whose `:=` binds in the function around it. `tests/symtable.rs` compares them with the
//! interpreter's own tables over its standard library.
//!
//! Names are kept as they are spelled. Python renames a private name (`__name` in `class C` is `_C__name`), so one never
//! means a variable outside its class: [`Names::resolve`] stops there. Kept apart from that, the new spelling would only
//! make names that stand nowhere in the text. Not followed: `_C__name` spelled out, which means the same variable.

mod builder;
mod patterns;
#[cfg(test)]
mod tests;

use crate::syntax::{Node, Source, ancestors, span};
use rustc_hash::{FxHashMap, FxHashSet};

/// Index of a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScopeId(pub usize);

/// What opens a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScopeKind {
    /// The file.
    Module,
    /// A `def` or a `lambda`.
    Function,
    /// A comprehension or generator expression.
    Comprehension,
    /// A class body.
    Class,
    /// Type parameters, the bound of one, or the value of a `type` statement. Its node is the parameter list, the bound
    /// or the value. What such a scope in a class reads may be the class's.
    Annotation,
}

/// How a name got its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound<'t> {
    /// `name = value` (also annotated, also `:=`); no value for a bare annotation.
    Value(Option<Node<'t>>),
    /// Unpacked from a value: `name, other = value`.
    Part(Node<'t>),
    /// `name += …`
    Augmented,
    /// The target of a `for` or of a comprehension; the node of its source.
    Item(Node<'t>),
    /// `with context as name`
    With(Node<'t>),
    /// An import; the path is in [`Binding::import`].
    Import,
    /// `def name`
    Function(Node<'t>),
    /// `class name`
    Class(Node<'t>),
    /// A parameter, with its annotation.
    Parameter(Option<Node<'t>>),
    /// `except errors as name`; Python deletes the name where the handler ends.
    Except(Node<'t>),
    /// A capture in a `match` pattern.
    Match,
    /// A type parameter, with its bound.
    TypeParameter(Option<Node<'t>>),
    /// `type name = value`
    TypeAlias(Node<'t>),
    /// `del name`, which makes a name local as an assignment does.
    Deleted,
}

/// One place that binds a name.
#[derive(Debug, Clone)]
pub struct Binding<'t> {
    /// The identifier that is bound.
    pub node: Node<'t>,
    /// How.
    pub bound: Bound<'t>,
    /// For imports: the dotted path of what the name stands for (`openai.OpenAI`), with leading dots where relative.
    pub import: Option<String>,
}

/// One block with names of its own.
#[derive(Debug)]
pub struct Scope<'t> {
    /// What opened it.
    pub kind: ScopeKind,
    /// The node that opened it.
    pub node: Node<'t>,
    /// The scope around it; none for the module.
    pub parent: Option<ScopeId>,
    /// Where each name is bound, in the order of the text.
    pub bindings: FxHashMap<String, Vec<Binding<'t>>>,
    /// Names declared `global`.
    pub globals: FxHashSet<String>,
    /// Names declared `nonlocal`.
    pub nonlocals: FxHashSet<String>,
    /// Whether a `yield` makes it a generator.
    pub yields: bool,
    free: FxHashSet<String>,
    // A class whose name has a letter: private names in it are renamed after it.
    renames: bool,
}

impl Scope<'_> {
    /// Whether the scope has a variable of this name, and does not only assign to that of another.
    fn owns(&self, name: &str) -> bool {
        self.bindings.contains_key(name) && !self.nonlocals.contains(name)
    }
}

/// One read of a name.
#[derive(Debug, Clone, Copy)]
pub struct Read<'t> {
    /// The identifier.
    pub node: Node<'t>,
    /// The scope in which it stands.
    pub scope: ScopeId,
}

/// All names of one file.
#[derive(Debug)]
pub struct Names<'t> {
    scopes: Vec<Scope<'t>>,
    reads: FxHashMap<String, Vec<Read<'t>>>,
    scope_of_node: FxHashMap<usize, ScopeId>,
    // Where each identifier stands: asked for so often that climbing the tree would be most of the time spent.
    scope_of_name: FxHashMap<usize, ScopeId>,
    /// Whether the file has a star import, which may bind any name.
    pub star_import: bool,
    /// The modules that are star-imported, as they are spelled.
    pub star_imports: Vec<String>,
}

impl<'t> Names<'t> {
    /// Reads the names of a file.
    pub fn of(source: &Source) -> Names<'_> {
        builder::read(source)
    }

    /// A scope.
    pub fn scope(&self, id: ScopeId) -> &Scope<'t> {
        &self.scopes[id.0]
    }

    /// The module's scope.
    pub fn module(&self) -> ScopeId {
        ScopeId(0)
    }

    /// All scopes, outer ones first.
    pub fn scopes(&self) -> impl Iterator<Item = (ScopeId, &Scope<'t>)> {
        self.scopes.iter().enumerate().map(|(at, s)| (ScopeId(at), s))
    }

    /// The scope that `node` opens (a function, class, lambda or comprehension).
    pub fn opened_by(&self, node: Node<'_>) -> Option<ScopeId> {
        self.scope_of_node.get(&node.id()).copied()
    }

    /// The scope in which a node stands. Decorators and defaults stand in the scope around their function, and so do
    /// annotations and base classes where there are no type parameters; the first source of a comprehension stands
    /// around it.
    pub fn scope_at(&self, node: Node<'_>) -> ScopeId {
        if let Some(scope) = self.scope_of_name.get(&node.id()) {
            return *scope;
        }
        let mut below = node;
        let mut under = node;
        let mut default = false;
        for above in crate::syntax::ancestors(node) {
            let is = |field: &str| above.child_by_field_name(field).is_some_and(|c| c.id() == below.id());
            default |= matches!(above.kind(), "default_parameter" | "typed_default_parameter") && is("value");
            let opens = match above.kind() {
                "function_definition" | "class_definition" | "lambda" if is("body") => Some(above),
                "function_definition" | "class_definition" | "lambda" => {
                    let outside = std::mem::take(&mut default) || is("name");
                    above.child_by_field_name("type_parameters").filter(|_| !outside)
                }
                _ => Some(above).filter(|_| !is_first_source(above, below, under)),
            };
            if let Some(scope) = opens.and_then(|n| self.opened_by(n)) {
                return scope;
            }
            (under, below) = (below, above);
        }
        self.module()
    }

    /// The scope that binds `name` as seen from `from`; `None` for builtins and unknown names.
    ///
    /// `__class__` inside the functions of a class means the cell that Python makes for it: the answer is the class.
    pub fn resolve(&self, from: ScopeId, name: &str) -> Option<ScopeId> {
        let private = is_private(name);
        let mut id = from;
        // Type parameters and the like in a class see its names; functions do not.
        let mut sees_class = true;
        loop {
            let scope = self.scope(id);
            let class = scope.kind == ScopeKind::Class;
            if class && id != from && name == "__class__" {
                return Some(id);
            }
            if !class || sees_class {
                if scope.globals.contains(name) {
                    return self.scope(self.module()).owns(name).then(|| self.module());
                }
                if scope.owns(name) {
                    return Some(id);
                }
            }
            if private && scope.renames {
                // Its own type parameters are renamed with the class.
                let own = scope.node.child_by_field_name("type_parameters").and_then(|list| self.opened_by(list));
                return own.filter(|types| self.scope(*types).owns(name));
            }
            sees_class &= scope.kind == ScopeKind::Annotation;
            id = scope.parent?;
        }
    }

    /// Every place that binds `name` in `scope`, functions with `global` or `nonlocal` included.
    pub fn bindings(&self, scope: ScopeId, name: &str) -> &[Binding<'t>] {
        self.scope(scope).bindings.get(name).map_or(&[], Vec::as_slice)
    }

    /// The one place that binds what `name` means at `from`; `None` where there are several or none.
    pub fn single(&self, from: ScopeId, name: &str) -> Option<(ScopeId, &Binding<'t>)> {
        let scope = self.resolve(from, name)?;
        match self.bindings(scope, name) {
            [one] => Some((scope, one)),
            // The same thing imported again is the same.
            [one, others @ ..] if one.import.is_some() && others.iter().all(|b| b.import == one.import) => {
                Some((scope, one))
            }
            _ => None,
        }
    }

    /// Every read of every name, in no order.
    pub fn reads(&self) -> impl Iterator<Item = (&str, &Read<'t>)> {
        self.reads.iter().flat_map(|(name, reads)| reads.iter().map(move |r| (name.as_str(), r)))
    }

    /// Every read of `name` that means the variable of `scope`.
    pub fn reads_of<'a>(&'a self, scope: ScopeId, name: &'a str) -> impl Iterator<Item = Read<'t>> + 'a {
        self.reads.get(name).into_iter().flatten().copied().filter(move |r| self.resolve(r.scope, name) == Some(scope))
    }

    /// Every read of a name in the file, whatever it means. `super` in a function also reads `__class__`.
    pub fn reads_named(&self, name: &str) -> &[Read<'t>] {
        self.reads.get(name).map_or(&[], Vec::as_slice)
    }

    /// The scopes inside `scope` in which its variable `name` is read, each once, in the order of the text. They see the
    /// value that it has when they run, not when they were made.
    pub fn captured_by(&self, scope: ScopeId, name: &str) -> Vec<ScopeId> {
        let mut found: Vec<ScopeId> = self.reads_of(scope, name).map(|r| r.scope).filter(|s| *s != scope).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Whether `name` in `scope` is a variable of a function around it, also where only a function further inside uses it
    /// (what Python lists in `co_freevars`). Variables of the module are not free.
    pub fn is_free(&self, scope: ScopeId, name: &str) -> bool {
        self.scope(scope).free.contains(name)
    }

    /// The names that are free in `scope`, in no order.
    pub fn free(&self, scope: ScopeId) -> impl Iterator<Item = &str> {
        self.scope(scope).free.iter().map(String::as_str)
    }

    /// Whether anything in the file has this name.
    pub fn is_bound(&self, name: &str) -> bool {
        self.scopes.iter().any(|s| s.bindings.contains_key(name))
    }

    /// Whether a variable of this name in the function around a node would be seen by nothing that is there already: the name
    /// means nothing there, and no part of the function uses it. Outside of functions, whether it is not in use in the file.
    pub fn is_free_at(&self, node: Node<'t>, name: &str) -> bool {
        let Some(function) = ancestors(node).find(|a| a.kind() == "function_definition") else {
            return !self.is_taken(name);
        };
        let inside = |n: Node<'_>| span(function).contains(span(n));
        let read = self.reads.get(name).is_some_and(|reads| reads.iter().any(|r| inside(r.node)));
        let bound = self.scopes.iter().any(|s| {
            let declared = inside(s.node) && (s.globals.contains(name) || s.nonlocals.contains(name));
            declared || s.bindings.get(name).is_some_and(|all| all.iter().any(|b| inside(b.node)))
        });
        !read && !bound && self.resolve(self.scope_at(node), name).is_none()
    }

    /// Whether the name is in use anywhere in the file, in any meaning.
    pub fn is_taken(&self, name: &str) -> bool {
        self.reads.contains_key(name) || self.scopes.iter().any(|s| s.bindings.contains_key(name))
    }
}

/// Whether Python renames a name inside a class.
fn is_private(name: &str) -> bool {
    name.starts_with("__") && !name.ends_with("__")
}

fn is_comprehension(node: Node<'_>) -> bool {
    matches!(
        node.kind(),
        "list_comprehension" | "set_comprehension" | "dictionary_comprehension" | "generator_expression"
    )
}

/// Whether `under`, which stands in the clause `clause` of `node`, is the source that is evaluated before `node` begins.
fn is_first_source(node: Node<'_>, clause: Node<'_>, under: Node<'_>) -> bool {
    is_comprehension(node)
        && clause.child_by_field_name("right").is_some_and(|right| right.id() == under.id())
        && crate::syntax::children(node).find(|c| c.kind() == "for_in_clause").is_some_and(|c| c.id() == clause.id())
}
