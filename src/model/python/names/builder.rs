//! The walk over a file that finds its scopes, bindings and reads.
//!
//! A name's home is known only when its whole block was read (`global` holds for all of it, and `nonlocal` means the
//! nearest function that binds the name, which may do so further down). So bindings are first kept where they stand, and
//! moved to their homes at the end.

use super::{Binding, Bound, Names, Read, Scope, ScopeId, ScopeKind, is_comprehension};
use crate::syntax::python::{Assignment, Attribute, AugmentedAssignment, Function, ImportFrom, Keyword, WithItem};
use crate::syntax::{Node, Source, children};
use rustc_hash::{FxHashMap, FxHashSet};

/// Reads the names of a file.
pub(super) fn read(source: &Source) -> Names<'_> {
    let root = source.root();
    let mut builder = Builder {
        source,
        names: Names {
            scopes: Vec::new(),
            reads: FxHashMap::default(),
            scope_of_node: FxHashMap::default(),
            scope_of_name: FxHashMap::default(),
            star_import: false,
            star_imports: Vec::new(),
        },
        lifted: Vec::new(),
    };
    let module = builder.open(ScopeKind::Module, root, None);
    builder.inside(root, module);
    builder.settle();
    builder.mark_free();
    builder.names
}

/// The named children, comments left out.
pub(super) fn parts(node: Node<'_>) -> Vec<Node<'_>> {
    children(node).collect()
}

fn part(node: Node<'_>, at: usize) -> Option<Node<'_>> {
    children(node).nth(at)
}

pub(super) struct Builder<'t> {
    source: &'t Source,
    names: Names<'t>,
    /// Where a comprehension sets a name of the function around it.
    lifted: Vec<(ScopeId, String)>,
}

impl<'t> Builder<'t> {
    fn open(&mut self, kind: ScopeKind, node: Node<'t>, parent: Option<ScopeId>) -> ScopeId {
        let id = ScopeId(self.names.scopes.len());
        let named = |n: Node<'t>| self.source.of(n).chars().any(|c| c != '_');
        self.names.scopes.push(Scope {
            kind,
            node,
            parent,
            bindings: FxHashMap::default(),
            globals: FxHashSet::default(),
            nonlocals: FxHashSet::default(),
            yields: false,
            free: FxHashSet::default(),
            renames: kind == ScopeKind::Class && node.child_by_field_name("name").is_some_and(named),
        });
        self.names.scope_of_node.insert(node.id(), id);
        id
    }

    pub(super) fn bind(&mut self, node: Node<'t>, scope: ScopeId, bound: Bound<'t>, import: Option<String>) {
        let name = self.source.of(node);
        let binding = Binding { node, bound, import };
        self.names.scope_of_name.insert(node.id(), scope);
        let bindings = &mut self.names.scopes[scope.0].bindings;
        match bindings.get_mut(name) {
            Some(known) => known.push(binding),
            None => drop(bindings.insert(name.to_string(), vec![binding])),
        }
    }

    fn read(&mut self, name: &str, node: Node<'t>, scope: ScopeId) {
        let read = Read { node, scope };
        match self.names.reads.get_mut(name) {
            Some(known) => known.push(read),
            None => drop(self.names.reads.insert(name.to_string(), vec![read])),
        }
    }

    /// A read of a name. The grammar takes some names for words of the language; those are no identifiers in the tree.
    fn word(&mut self, node: Node<'t>, scope: ScopeId) {
        self.names.scope_of_name.insert(node.id(), scope);
        let name = self.source.of(node);
        self.read(name, node, scope);
        let kind = self.names.scope(scope).kind;
        if name == "super" && matches!(kind, ScopeKind::Function | ScopeKind::Comprehension) {
            // What finds the class of `super()`.
            self.read("__class__", node, scope);
        }
    }

    /// Moves what was bound under `global` or `nonlocal` to the scope whose variable it sets.
    fn settle(&mut self) {
        let mut moved = Vec::new();
        for at in 1..self.names.scopes.len() {
            let scope = &self.names.scopes[at];
            let declared: Vec<String> =
                scope.globals.union(&scope.nonlocals).filter(|n| scope.bindings.contains_key(*n)).cloned().collect();
            for name in declared {
                let Some(home) = self.home(ScopeId(at), &name) else { continue };
                moved.extend(self.names.scopes[at].bindings.remove(&name).map(|bindings| (home, name, bindings)));
            }
        }
        let mut changed = FxHashSet::default();
        for (home, name, bindings) in moved {
            self.names.scopes[home.0].bindings.entry(name.clone()).or_default().extend(bindings);
            changed.insert((home, name));
        }
        for (home, name) in changed {
            if let Some(known) = self.names.scopes[home.0].bindings.get_mut(&name) {
                known.sort_by_key(|b| b.node.start_byte());
            }
        }
    }

    /// The scope whose variable a declared name is; none where the program is wrong.
    fn home(&self, scope: ScopeId, name: &str) -> Option<ScopeId> {
        let here = self.names.scope(scope);
        if here.globals.contains(name) {
            return Some(self.names.module());
        }
        let mut at = here.parent;
        while let Some(id) = at {
            let outer = self.names.scope(id);
            if outer.kind == ScopeKind::Function && outer.owns(name) && !outer.globals.contains(name) {
                return Some(id);
            }
            at = outer.parent;
        }
        None
    }

    /// Notes in each scope which variables of functions around it are used in it or further inside.
    fn mark_free(&mut self) {
        let names = &self.names;
        let mut used: Vec<(ScopeId, &str)> = self.lifted.iter().map(|(scope, name)| (*scope, name.as_str())).collect();
        for (scope, s) in names.scopes() {
            used.extend(s.nonlocals.iter().map(|name| (scope, name.as_str())));
        }
        for (name, reads) in &names.reads {
            let mut last = None;
            for read in reads {
                if last.replace(read.scope) != Some(read.scope) {
                    used.push((read.scope, name));
                }
            }
        }
        let mut free: Vec<(ScopeId, String)> = Vec::new();
        for (scope, name) in used {
            let Some(home) = names.resolve(scope, name) else { continue };
            let cell = match names.scope(home).kind {
                ScopeKind::Module => false,
                ScopeKind::Class => name == "__class__",
                _ => true,
            };
            let mut at = Some(scope).filter(|_| cell);
            while let Some(id) = at.filter(|id| *id != home) {
                let passed = names.scope(id);
                // A class's own variable of that name hides the one that passes through.
                if passed.kind != ScopeKind::Class || !passed.owns(name) {
                    free.push((id, name.to_string()));
                }
                at = passed.parent;
            }
        }
        for (scope, name) in free {
            self.names.scopes[scope.0].free.insert(name);
        }
    }

    /// Visits what is inside a node.
    fn inside(&mut self, node: Node<'t>, scope: ScopeId) {
        for child in parts(node) {
            self.visit(child, scope);
        }
    }

    fn field(&mut self, node: Node<'t>, field: &str, scope: ScopeId) {
        if let Some(child) = node.child_by_field_name(field) {
            self.visit(child, scope);
        }
    }

    pub(super) fn visit(&mut self, node: Node<'t>, scope: ScopeId) {
        match node.kind() {
            "identifier" => self.word(node, scope),
            "attribute" => {
                if let Some(object) = Attribute(node).object() {
                    self.visit(object, scope);
                }
            }
            // `part.name` in an annotation.
            "member_type" => {
                if let Some(object) = part(node, 0) {
                    self.visit(object, scope);
                }
            }
            "keyword_argument" => {
                if let Some(value) = Keyword(node).value() {
                    self.visit(value, scope);
                }
            }
            "string" => {
                for part in parts(node).into_iter().filter(|p| p.kind() == "interpolation") {
                    self.interpolation(part, scope);
                }
            }
            "interpolation" | "format_expression" => self.interpolation(node, scope),
            "assignment" => self.assignment(node, scope),
            "augmented_assignment" => {
                let a = AugmentedAssignment(node);
                if let Some(right) = a.right() {
                    self.visit(right, scope);
                }
                if let Some(left) = a.left() {
                    let left = bare(left);
                    if left.kind() == "identifier" {
                        self.visit(left, scope);
                    }
                    self.target(left, scope, Bound::Augmented);
                }
            }
            "named_expression" => self.named(node, scope),
            "for_statement" => {
                if let (Some(left), Some(right)) = (node.child_by_field_name("left"), node.child_by_field_name("right"))
                {
                    self.visit(right, scope);
                    self.target(left, scope, Bound::Item(right));
                }
                self.field(node, "body", scope);
                self.field(node, "alternative", scope);
            }
            "with_item" => {
                if let Some((context, target)) = WithItem(node).parts() {
                    self.visit(context, scope);
                    if let Some(target) = target {
                        self.target(target, scope, Bound::With(context));
                    }
                }
            }
            // `with (context as name):` is no item of its own in the tree. Errors and patterns are read by their parents.
            "as_pattern" => self.alias(node, scope, Bound::With),
            "except_clause" => {
                let value = node.child_by_field_name("value");
                let alias = node.child_by_field_name("alias");
                for child in parts(node) {
                    match value {
                        _ if child.kind() == "as_pattern" => self.alias(child, scope, Bound::Except),
                        Some(value) if alias == Some(child) => self.target(child, scope, Bound::Except(value)),
                        _ => self.visit(child, scope),
                    }
                }
            }
            "case_pattern" => self.pattern(node, scope),
            "import_statement" => {
                for name in parts(node) {
                    let (path, bound) = match name.kind() {
                        "aliased_import" => (name.child_by_field_name("name"), name.child_by_field_name("alias")),
                        _ => (Some(name), part(name, 0)),
                    };
                    if let (Some(path), Some(bound)) = (path, bound) {
                        let stands_for =
                            if name.kind() == "aliased_import" { self.source.of(path) } else { self.source.of(bound) };
                        self.bind(bound, scope, Bound::Import, Some(stands_for.to_string()));
                    }
                }
            }
            "import_from_statement" | "future_import_statement" => self.import_from(node, scope),
            "function_definition" => self.function(node, scope),
            "lambda" => {
                let inner = self.open(ScopeKind::Function, node, Some(scope));
                if let Some(parameters) = node.child_by_field_name("parameters") {
                    self.parameters(parameters, inner, scope, scope);
                }
                self.field(node, "body", inner);
            }
            "class_definition" => {
                if let Some(name) = node.child_by_field_name("name") {
                    self.bind(name, scope, Bound::Class(node), None);
                }
                let around = self.type_parameters(node.child_by_field_name("type_parameters"), scope);
                self.field(node, "superclasses", around);
                let inner = self.open(ScopeKind::Class, node, Some(around));
                self.field(node, "body", inner);
            }
            "type_alias_statement" => self.type_alias(node, scope),
            _ if is_comprehension(node) => self.comprehension(node, scope),
            "print_statement" | "exec_statement" => {
                // Words of Python 2; what is Python 3 in this form (`print >> file`) reads the name.
                if let Some(word) = node.child(0) {
                    self.word(word, scope);
                }
                self.inside(node, scope);
            }
            "delete_statement" => {
                for target in parts(node) {
                    self.target(target, scope, Bound::Deleted);
                }
            }
            "yield" => {
                self.names.scopes[scope.0].yields = true;
                self.inside(node, scope);
            }
            "global_statement" | "nonlocal_statement" => {
                for name in parts(node) {
                    let text = self.source.of(name).to_string();
                    let declared = &mut self.names.scopes[scope.0];
                    match node.kind() {
                        "global_statement" => declared.globals.insert(text),
                        _ => declared.nonlocals.insert(text),
                    };
                }
            }
            _ => self.inside(node, scope),
        }
    }

    /// `value as name`
    fn alias(&mut self, node: Node<'t>, scope: ScopeId, bound: fn(Node<'t>) -> Bound<'t>) {
        let Some(value) = part(node, 0) else { return };
        self.visit(value, scope);
        for target in node.child_by_field_name("alias").into_iter().flat_map(parts) {
            self.target(target, scope, bound(value));
        }
    }

    fn assignment(&mut self, node: Node<'t>, scope: ScopeId) {
        let a = Assignment(node);
        for part in [a.annotation(), a.right()].into_iter().flatten() {
            self.visit(part, scope);
        }
        let Some(left) = a.left() else { return };
        // A bare annotation makes a name local without giving it a value, but not one in parentheses.
        let declares = a.right().is_some() || left.kind() == "identifier" || bare(left).kind() != "identifier";
        if declares {
            self.target(left, scope, Bound::Value(a.right()));
        }
    }

    /// `name := value` sets a name of the nearest scope that is no comprehension.
    fn named(&mut self, node: Node<'t>, scope: ScopeId) {
        self.field(node, "value", scope);
        let Some(name) = node.child_by_field_name("name") else { return };
        let mut at = scope;
        while let (ScopeKind::Comprehension, Some(parent)) = (self.names.scope(at).kind, self.names.scope(at).parent) {
            at = parent;
        }
        if at != scope {
            self.lifted.push((scope, self.source.of(name).to_string()));
        }
        self.bind(name, at, Bound::Value(node.child_by_field_name("value")), None);
    }

    fn interpolation(&mut self, node: Node<'t>, scope: ScopeId) {
        for child in parts(node) {
            // In `f"{name:=5}"` the format is `=5`; the grammar takes it for `:=`.
            match child.child_by_field_name("name").filter(|_| child.kind() == "named_expression") {
                Some(name) => self.visit(name, scope),
                None => self.visit(child, scope),
            }
        }
    }

    fn import_from(&mut self, node: Node<'t>, scope: ScopeId) {
        let module = ImportFrom(node).module();
        let prefix = match module {
            Some(module) => self.source.of(module),
            None if node.kind() == "future_import_statement" => "__future__",
            None => "",
        };
        for name in parts(node).into_iter().filter(|n| Some(n.id()) != module.map(|m| m.id())) {
            if name.kind() == "wildcard_import" {
                self.names.star_import = true;
                self.names.star_imports.push(prefix.to_string());
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

    fn function(&mut self, node: Node<'t>, scope: ScopeId) {
        if let Some(name) = Function(node).name() {
            self.bind(name, scope, Bound::Function(node), None);
        }
        let around = self.type_parameters(node.child_by_field_name("type_parameters"), scope);
        let inner = self.open(ScopeKind::Function, node, Some(around));
        self.field(node, "return_type", around);
        if let Some(parameters) = Function(node).parameters() {
            self.parameters(parameters, inner, scope, around);
        }
        self.field(node, "body", inner);
    }

    /// Parameters are bound inside; defaults are evaluated outside, and annotations where the type parameters are known.
    fn parameters(&mut self, list: Node<'t>, inner: ScopeId, outer: ScopeId, around: ScopeId) {
        for parameter in parts(list) {
            let annotation = parameter.child_by_field_name("type");
            if let Some(annotation) = annotation {
                self.visit(annotation, around);
            }
            self.field(parameter, "value", outer);
            let mut name = parameter.child_by_field_name("name").unwrap_or(parameter);
            while name.kind() != "identifier" {
                match part(name, 0) {
                    Some(child) => name = child,
                    None => break,
                }
            }
            if name.kind() == "identifier" {
                self.bind(name, inner, Bound::Parameter(annotation), None);
            }
        }
    }

    /// Opens the scope of a list of type parameters; without one, what is around stays as it is.
    fn type_parameters(&mut self, list: Option<Node<'t>>, scope: ScopeId) -> ScopeId {
        let Some(list) = list else { return scope };
        let inner = self.open(ScopeKind::Annotation, list, Some(scope));
        for parameter in parts(list) {
            let mut name = parameter;
            let mut bound = None;
            while name.kind() != "identifier" {
                if name.kind() == "constrained_type" {
                    bound = part(name, 1);
                }
                match part(name, 0) {
                    Some(child) => name = child,
                    None => break,
                }
            }
            if name.kind() == "identifier" {
                self.bind(name, inner, Bound::TypeParameter(bound), None);
            }
            // Evaluated on demand, in a scope of its own.
            if let Some(bound) = bound {
                let lazy = self.open(ScopeKind::Annotation, bound, Some(inner));
                self.inside(bound, lazy);
            }
        }
        inner
    }

    fn type_alias(&mut self, node: Node<'t>, scope: ScopeId) {
        let (Some(left), Some(value)) = (node.child_by_field_name("left"), node.child_by_field_name("right")) else {
            return;
        };
        let mut name = part(left, 0).unwrap_or(left);
        if !matches!(name.kind(), "identifier" | "generic_type") {
            // `type(x).name = value` and `type[x] = value` have the same tree, up to what stands behind the word.
            if let Some(word) = node.child(0) {
                self.word(word, scope);
            }
            return self.inside(node, scope);
        }
        let mut list = None;
        while name.kind() != "identifier" {
            if name.kind() == "generic_type" {
                list = part(name, 1);
            }
            match part(name, 0) {
                Some(child) => name = child,
                None => return,
            }
        }
        self.bind(name, scope, Bound::TypeAlias(value), None);
        let around = self.type_parameters(list, scope);
        let lazy = self.open(ScopeKind::Annotation, value, Some(around));
        self.inside(value, lazy);
    }

    fn comprehension(&mut self, node: Node<'t>, scope: ScopeId) {
        let inner = self.open(ScopeKind::Comprehension, node, Some(scope));
        let mut first = true;
        for clause in parts(node) {
            if clause.kind() == "for_in_clause" {
                let (left, right) = (clause.child_by_field_name("left"), clause.child_by_field_name("right"));
                if let Some(right) = right {
                    self.visit(right, if first { scope } else { inner });
                    if let Some(left) = left {
                        self.target(left, inner, Bound::Item(right));
                    }
                }
                first = false;
            } else if clause.kind() == "if_clause" {
                self.inside(clause, inner);
            }
        }
        self.field(node, "body", inner);
    }

    /// Binds the names of an assignment target; what is only changed (`x.a`, `x[0]`) is read.
    fn target(&mut self, node: Node<'t>, scope: ScopeId, bound: Bound<'t>) {
        let node = bare(node);
        match node.kind() {
            "identifier" => self.bind(node, scope, bound, None),
            "attribute" | "subscript" => self.visit(node, scope),
            "pattern_list" | "tuple_pattern" | "list_pattern" | "list_splat_pattern" | "expression_list" | "tuple"
            | "list" | "list_splat" => {
                let parallel = match bound {
                    Bound::Value(Some(value)) => elements(node, value),
                    _ => None,
                };
                let part = match bound {
                    Bound::Value(Some(value)) => Bound::Part(value),
                    other => other,
                };
                for (at, child) in parts(node).into_iter().enumerate() {
                    let own = parallel.as_ref().and_then(|values| values.get(at)).map(|&v| Bound::Value(Some(v)));
                    self.target(child, scope, own.unwrap_or(part));
                }
            }
            _ => self.visit(node, scope),
        }
    }
}

/// What stands inside parentheses. In targets the grammar takes `(name)` for a tuple of one, which needs a comma.
fn bare(mut node: Node<'_>) -> Node<'_> {
    loop {
        let grouped = match node.kind() {
            "parenthesized_expression" => true,
            "tuple_pattern" => node.named_child_count() == 1 && node.child(2).is_some_and(|c| c.kind() == ")"),
            _ => false,
        };
        match parts(node).first().filter(|_| grouped) {
            Some(inner) => node = *inner,
            None => return node,
        }
    }
}

/// The values that the targets of `a, b = x, y` get one by one.
fn elements<'t>(target: Node<'t>, value: Node<'t>) -> Option<Vec<Node<'t>>> {
    if !matches!(value.kind(), "expression_list" | "tuple" | "list") {
        return None;
    }
    let splat = |n: &Node<'_>| matches!(n.kind(), "list_splat" | "list_splat_pattern");
    let (values, targets) = (parts(value), parts(target));
    let fits = values.len() == targets.len() && !values.iter().chain(&targets).any(splat);
    fits.then_some(values)
}
