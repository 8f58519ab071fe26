//! Python's scopes: which name means what, where it is bound, where it is read.
//!
//! The rules are those of the language reference, section 4.2: a name bound anywhere in a block is local to the block;
//! class scopes are not seen from functions inside them; a comprehension is a scope of its own whose first source is
//! evaluated outside it, and whose `:=` binds in the function around it.

use crate::syntax::python::{Assignment, Attribute, AugmentedAssignment, Function, ImportFrom, Keyword, WithItem};
use crate::syntax::{Node, Source, children};
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
    /// `except … as name`, match captures, type parameters, `del name`.
    Other,
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
}

impl<'t> Names<'t> {
    /// Reads the names of a file.
    pub fn of(source: &Source) -> Names<'_> {
        let root = source.root();
        let mut builder = Builder {
            source,
            names: Names {
                scopes: Vec::new(),
                reads: FxHashMap::default(),
                scope_of_node: FxHashMap::default(),
                scope_of_name: FxHashMap::default(),
                star_import: false,
            },
        };
        let module = builder.open(ScopeKind::Module, root, None);
        builder.block(root, module);
        builder.names
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

    /// The scope in which a node stands. Decorators, defaults and annotations stand in the scope around their function.
    pub fn scope_at(&self, node: Node<'_>) -> ScopeId {
        if let Some(scope) = self.scope_of_name.get(&node.id()) {
            return *scope;
        }
        let mut below = node;
        for above in crate::syntax::ancestors(node) {
            let inside = !matches!(above.kind(), "function_definition" | "class_definition" | "lambda")
                || above.child_by_field_name("body").is_some_and(|b| b.id() == below.id());
            if let (true, Some(scope)) = (inside, self.opened_by(above)) {
                return scope;
            }
            below = above;
        }
        self.module()
    }

    /// The scope that binds `name` as seen from `from`; `None` for builtins and unknown names.
    pub fn resolve(&self, from: ScopeId, name: &str) -> Option<ScopeId> {
        let mut at = Some(from);
        let mut first = true;
        while let Some(id) = at {
            let scope = self.scope(id);
            if scope.globals.contains(name) {
                return self.binds(self.module(), name);
            }
            let seen = first || scope.kind != ScopeKind::Class;
            if seen && !scope.nonlocals.contains(name) && scope.bindings.contains_key(name) {
                return Some(id);
            }
            first = false;
            at = scope.parent;
        }
        None
    }

    fn binds(&self, scope: ScopeId, name: &str) -> Option<ScopeId> {
        self.scope(scope).bindings.contains_key(name).then_some(scope)
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
            _ => None,
        }
    }

    /// Every read of `name` that means the variable of `scope`.
    pub fn reads_of<'a>(&'a self, scope: ScopeId, name: &'a str) -> impl Iterator<Item = Read<'t>> + 'a {
        self.reads.get(name).into_iter().flatten().copied().filter(move |r| self.resolve(r.scope, name) == Some(scope))
    }

    /// Every read of a name in the file, whatever it means.
    pub fn reads_named(&self, name: &str) -> &[Read<'t>] {
        self.reads.get(name).map_or(&[], Vec::as_slice)
    }

    /// Whether the name is in use anywhere in the file, in any meaning.
    pub fn is_taken(&self, name: &str) -> bool {
        self.reads.contains_key(name) || self.scopes.iter().any(|s| s.bindings.contains_key(name))
    }
}

struct Builder<'t> {
    source: &'t Source,
    names: Names<'t>,
}

impl<'t> Builder<'t> {
    fn open(&mut self, kind: ScopeKind, node: Node<'t>, parent: Option<ScopeId>) -> ScopeId {
        let id = ScopeId(self.names.scopes.len());
        self.names.scopes.push(Scope {
            kind,
            node,
            parent,
            bindings: FxHashMap::default(),
            globals: FxHashSet::default(),
            nonlocals: FxHashSet::default(),
            yields: false,
        });
        self.names.scope_of_node.insert(node.id(), id);
        id
    }

    /// Visits the children of a node; `global` and `nonlocal` hold for the whole block, so they are read first.
    fn block(&mut self, node: Node<'t>, scope: ScopeId) {
        if matches!(self.names.scope(scope).kind, ScopeKind::Function | ScopeKind::Class) {
            self.declarations(node, scope);
        }
        for child in children(node) {
            self.visit(child, scope);
        }
    }

    fn declarations(&mut self, node: Node<'t>, scope: ScopeId) {
        for child in children(node) {
            match child.kind() {
                "function_definition" | "class_definition" | "lambda" => {}
                "global_statement" | "nonlocal_statement" => {
                    for name in children(child) {
                        let name_text = self.source.of(name).to_string();
                        let declared = &mut self.names.scopes[scope.0];
                        if child.kind() == "global_statement" {
                            declared.globals.insert(name_text)
                        } else {
                            declared.nonlocals.insert(name_text)
                        };
                    }
                }
                _ => self.declarations(child, scope),
            }
        }
    }

    fn bind(&mut self, node: Node<'t>, scope: ScopeId, bound: Bound<'t>, import: Option<String>) {
        let name = self.source.of(node).to_string();
        let binding = Binding { node, bound, import };
        let target = self.home(scope, &name);
        self.names.scope_of_name.insert(node.id(), scope);
        self.names.scopes[target.0].bindings.entry(name).or_default().push(binding);
    }

    /// The scope whose variable an assignment in `scope` sets.
    fn home(&self, scope: ScopeId, name: &str) -> ScopeId {
        let here = self.names.scope(scope);
        if here.globals.contains(name) {
            return self.names.module();
        }
        if here.nonlocals.contains(name) {
            let mut at = here.parent;
            while let Some(id) = at {
                let s = self.names.scope(id);
                if s.kind == ScopeKind::Function && !s.nonlocals.contains(name) {
                    return id;
                }
                at = s.parent;
            }
        }
        scope
    }

    fn visit(&mut self, node: Node<'t>, scope: ScopeId) {
        match node.kind() {
            "identifier" => {
                let name = self.source.of(node).to_string();
                self.names.scope_of_name.insert(node.id(), scope);
                self.names.reads.entry(name).or_default().push(Read { node, scope });
            }
            "attribute" => {
                if let Some(object) = Attribute(node).object() {
                    self.visit(object, scope);
                }
            }
            "keyword_argument" => {
                if let Some(value) = Keyword(node).value() {
                    self.visit(value, scope);
                }
            }
            "assignment" => {
                let a = Assignment(node);
                for part in [a.annotation(), a.right()].into_iter().flatten() {
                    self.visit(part, scope);
                }
                if let Some(left) = a.left() {
                    // A bare annotation makes the name local without giving it a value.
                    self.target(left, scope, Bound::Value(a.right()));
                }
            }
            "augmented_assignment" => {
                let a = AugmentedAssignment(node);
                if let Some(right) = a.right() {
                    self.visit(right, scope);
                }
                if let Some(left) = a.left() {
                    if left.kind() == "identifier" {
                        self.visit(left, scope);
                    }
                    self.target(left, scope, Bound::Augmented);
                }
            }
            "named_expression" => {
                if let Some(value) = node.child_by_field_name("value") {
                    self.visit(value, scope);
                }
                if let Some(name) = node.child_by_field_name("name") {
                    let mut at = scope;
                    while self.names.scope(at).kind == ScopeKind::Comprehension {
                        match self.names.scope(at).parent {
                            Some(parent) => at = parent,
                            None => break,
                        }
                    }
                    self.bind(name, at, Bound::Value(node.child_by_field_name("value")), None);
                }
            }
            "for_statement" => {
                if let (Some(left), Some(right)) = (node.child_by_field_name("left"), node.child_by_field_name("right"))
                {
                    self.visit(right, scope);
                    self.target(left, scope, Bound::Item(right));
                }
                for part in ["body", "alternative"].into_iter().filter_map(|f| node.child_by_field_name(f)) {
                    self.visit(part, scope);
                }
            }
            "with_item" => {
                if let Some((context, target)) = WithItem(node).parts() {
                    self.visit(context, scope);
                    if let Some(target) = target {
                        self.target(target, scope, Bound::With(context));
                    }
                }
            }
            "as_pattern" => {
                // `except E as name` (in a `with` it is handled above, in a `match` below).
                for child in children(node) {
                    if child.kind() == "as_pattern_target" {
                        for target in children(child) {
                            self.target(target, scope, Bound::Other);
                        }
                    } else {
                        self.visit(child, scope);
                    }
                }
            }
            "case_pattern" => self.pattern(node, scope),
            "import_statement" => {
                for name in children(node) {
                    let (path, bound) = match name.kind() {
                        "aliased_import" => (name.child_by_field_name("name"), name.child_by_field_name("alias")),
                        _ => (Some(name), name.named_child(0)),
                    };
                    if let (Some(path), Some(bound)) = (path, bound) {
                        let stands_for =
                            if name.kind() == "aliased_import" { self.source.of(path) } else { self.source.of(bound) };
                        self.bind(bound, scope, Bound::Import, Some(stands_for.to_string()));
                    }
                }
            }
            "import_from_statement" => {
                let module = ImportFrom(node).module();
                let prefix = module.map_or("", |m| self.source.of(m)).to_string();
                for name in children(node).filter(|n| Some(n.id()) != module.map(|m| m.id())) {
                    if name.kind() == "wildcard_import" {
                        self.names.star_import = true;
                        continue;
                    }
                    let (path, bound) = match name.kind() {
                        "aliased_import" => (name.child_by_field_name("name"), name.child_by_field_name("alias")),
                        _ => (Some(name), Some(name)),
                    };
                    if let (Some(path), Some(bound)) = (path, bound) {
                        let dot = if prefix.ends_with('.') { "" } else { "." };
                        let stands_for = format!("{prefix}{dot}{}", self.source.of(path));
                        self.bind(bound, scope, Bound::Import, Some(stands_for));
                    }
                }
            }
            "future_import_statement" => {}
            "function_definition" => self.function(node, scope),
            "lambda" => {
                let inner = self.open(ScopeKind::Function, node, Some(scope));
                if let Some(parameters) = node.child_by_field_name("parameters") {
                    self.parameters(parameters, inner, scope);
                }
                if let Some(body) = node.child_by_field_name("body") {
                    self.visit(body, inner);
                }
            }
            "class_definition" => {
                for part in ["superclasses", "type_parameters"].into_iter().filter_map(|f| node.child_by_field_name(f))
                {
                    self.visit(part, scope);
                }
                if let Some(name) = node.child_by_field_name("name") {
                    self.bind(name, scope, Bound::Class(node), None);
                }
                let inner = self.open(ScopeKind::Class, node, Some(scope));
                if let Some(body) = node.child_by_field_name("body") {
                    self.block(body, inner);
                }
            }
            "list_comprehension" | "set_comprehension" | "dictionary_comprehension" | "generator_expression" => {
                self.comprehension(node, scope)
            }
            "delete_statement" => {
                for target in children(node) {
                    self.target(target, scope, Bound::Other);
                }
            }
            "yield" => {
                self.names.scopes[scope.0].yields = true;
                self.block_plain(node, scope);
            }
            "global_statement" | "nonlocal_statement" => {}
            _ => self.block_plain(node, scope),
        }
    }

    fn block_plain(&mut self, node: Node<'t>, scope: ScopeId) {
        for child in children(node) {
            self.visit(child, scope);
        }
    }

    fn function(&mut self, node: Node<'t>, scope: ScopeId) {
        if let Some(name) = Function(node).name() {
            self.bind(name, scope, Bound::Function(node), None);
        }
        let inner = self.open(ScopeKind::Function, node, Some(scope));
        if let Some(result) = node.child_by_field_name("return_type") {
            self.visit(result, scope);
        }
        if let Some(parameters) = Function(node).parameters() {
            self.parameters(parameters, inner, scope);
        }
        if let Some(body) = Function(node).body() {
            self.block(body, inner);
        }
    }

    /// Parameters are bound inside; their defaults and annotations are evaluated outside.
    fn parameters(&mut self, list: Node<'t>, inner: ScopeId, outer: ScopeId) {
        for parameter in children(list) {
            let annotation = parameter.child_by_field_name("type");
            for part in [annotation, parameter.child_by_field_name("value")].into_iter().flatten() {
                self.visit(part, outer);
            }
            let mut name = parameter.child_by_field_name("name").unwrap_or(parameter);
            while name.kind() != "identifier" {
                match name.named_child(0) {
                    Some(child) => name = child,
                    None => break,
                }
            }
            if name.kind() == "identifier" {
                self.bind(name, inner, Bound::Parameter(annotation), None);
            }
        }
    }

    fn comprehension(&mut self, node: Node<'t>, scope: ScopeId) {
        let inner = self.open(ScopeKind::Comprehension, node, Some(scope));
        let mut first = true;
        for clause in children(node).filter(|c| matches!(c.kind(), "for_in_clause" | "if_clause")) {
            if clause.kind() == "for_in_clause" {
                let (left, right) = (clause.child_by_field_name("left"), clause.child_by_field_name("right"));
                if let Some(right) = right {
                    self.visit(right, if first { scope } else { inner });
                    if let Some(left) = left {
                        self.target(left, inner, Bound::Item(right));
                    }
                }
                first = false;
            } else {
                self.block_plain(clause, inner);
            }
        }
        if let Some(body) = node.child_by_field_name("body") {
            self.visit(body, inner);
        }
    }

    /// Binds the names of an assignment target; what is only changed (`x.a`, `x[0]`) is read.
    fn target(&mut self, node: Node<'t>, scope: ScopeId, bound: Bound<'t>) {
        match node.kind() {
            "identifier" => self.bind(node, scope, bound, None),
            "attribute" | "subscript" => self.visit(node, scope),
            "pattern_list"
            | "tuple_pattern"
            | "list_pattern"
            | "list_splat_pattern"
            | "expression_list"
            | "tuple"
            | "list"
            | "list_splat"
            | "parenthesized_expression" => {
                let parallel = match bound {
                    Bound::Value(Some(value)) => elements(node, value),
                    _ => None,
                };
                let part = match bound {
                    Bound::Value(Some(value)) => Bound::Part(value),
                    other => other,
                };
                for (at, child) in children(node).enumerate() {
                    let own = parallel.as_ref().and_then(|values| values.get(at)).map(|&v| Bound::Value(Some(v)));
                    self.target(child, scope, own.unwrap_or(part));
                }
            }
            _ => self.visit(node, scope),
        }
    }

    /// The captures of a `match` pattern.
    fn pattern(&mut self, node: Node<'t>, scope: ScopeId) {
        match node.kind() {
            "case_pattern" => {
                // A dotted name of one part captures; of several, it is a value.
                for child in children(node) {
                    if child.kind() == "dotted_name" && child.named_child_count() == 1 {
                        if let Some(name) = child.named_child(0) {
                            self.bind(name, scope, Bound::Other, None);
                        }
                    } else {
                        self.pattern(child, scope);
                    }
                }
            }
            "as_pattern" | "splat_pattern" => {
                for child in children(node) {
                    if child.kind() == "identifier" {
                        self.bind(child, scope, Bound::Other, None);
                    } else {
                        self.pattern(child, scope);
                    }
                }
            }
            "keyword_pattern" => {
                for child in children(node).skip(1) {
                    if child.kind() == "dotted_name" && child.named_child_count() == 1 {
                        if let Some(name) = child.named_child(0) {
                            self.bind(name, scope, Bound::Other, None);
                        }
                    } else {
                        self.pattern(child, scope);
                    }
                }
            }
            "dotted_name" => {
                if let Some(root) = node.named_child(0) {
                    self.visit(root, scope);
                }
            }
            "string" | "integer" | "float" | "identifier" => {}
            _ => {
                for child in children(node) {
                    self.pattern(child, scope);
                }
            }
        }
    }
}

/// The values that the targets of `a, b = x, y` get one by one.
fn elements<'t>(target: Node<'t>, value: Node<'t>) -> Option<Vec<Node<'t>>> {
    if !matches!(value.kind(), "expression_list" | "tuple" | "list") {
        return None;
    }
    let splat = |n: &Node<'_>| matches!(n.kind(), "list_splat" | "list_splat_pattern");
    let values: Vec<_> = children(value).collect();
    let targets: Vec<_> = children(target).collect();
    let fits = values.len() == targets.len() && !values.iter().chain(&targets).any(splat);
    fits.then_some(values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::Language;

    fn with<R>(text: &str, f: impl FnOnce(&Source, &Names<'_>) -> R) -> R {
        let source = Source::from_bytes("t.py".as_ref(), text.as_bytes(), Language::Python).unwrap();
        let names = Names::of(&source);
        f(&source, &names)
    }

    /// The kinds of the scopes that the reads of `name` resolve to, in order.
    fn homes(text: &str, name: &str) -> Vec<Option<ScopeKind>> {
        with(text, |_, names| {
            names.reads_named(name).iter().map(|r| names.resolve(r.scope, name).map(|s| names.scope(s).kind)).collect()
        })
    }

    #[test]
    fn names_resolve_as_python_resolves_them() {
        use ScopeKind::*;
        assert_eq!(homes("x = 1\ndef f():\n    x\n", "x"), [Some(Module)]);
        assert_eq!(homes("x = 1\ndef f():\n    x\n    x = 2\n", "x"), [Some(Function)]);
        assert_eq!(homes("def f():\n    global x\n    x = 2\n    x\n", "x"), [Some(Module)]);
        assert_eq!(homes("class C:\n    x = 1\n    def f(self):\n        return x\n", "x"), [None]);
        assert_eq!(homes("class C:\n    x = 1\n    y = x\n", "x"), [Some(Class)]);
        assert_eq!(homes("y = [x for x in z]\nx\n", "x"), [Some(Comprehension), None]);
        assert_eq!(homes("def f():\n    [(y := 1) for _ in z]\n    y\n", "y"), [Some(Function)]);
        assert_eq!(homes("def f(a=b):\n    b = 1\n", "b"), [None]);
        assert_eq!(
            homes("def f():\n    x = 1\n    def g():\n        nonlocal x\n        x = 2\n        x\n", "x"),
            [Some(Function)]
        );
        assert_eq!(homes("match p:\n    case {'k': v, **rest}:\n        v, rest\n", "rest"), [Some(Module)]);
    }

    #[test]
    fn bindings_say_where_the_value_comes_from() {
        with(
            "from openai import OpenAI as O\nimport os.path\nc = O()\na, b = c\nfor i, j in c: pass\n",
            |source, names| {
                let module = names.module();
                let one = |name: &str| names.single(module, name).unwrap().1.clone();
                assert_eq!(one("O").import.as_deref(), Some("openai.OpenAI"));
                assert_eq!(one("os").import.as_deref(), Some("os"));
                assert!(matches!(one("c").bound, Bound::Value(Some(v)) if source.of(v) == "O()"));
                assert!(matches!(one("a").bound, Bound::Part(v) if source.of(v) == "c"));
                assert!(matches!(one("j").bound, Bound::Item(s) if source.of(s) == "c"));
                assert!(names.is_taken("i") && !names.is_taken("k"));
            },
        );
    }

    #[test]
    fn keyword_names_and_attributes_are_not_reads() {
        assert_eq!(homes("f(x=1).x\n", "x"), []);
    }
}
