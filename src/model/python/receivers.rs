//! What an expression stands for: a function, a class, an object of a class, something of a library.
//!
//! Followed through imports and re-exports, assignments, parameters (annotation, default, what all callers of the file
//! pass), attributes set in methods, factories, `functools.partial`, `with` targets, unpacking and `or`. What flow cannot
//! tell stays unknown.

use super::names::{Bound, ScopeKind};
use super::{File, FileId};
use crate::syntax::python::{Assignment, Attribute, Call, Class, Function, enclosing_scope};
use crate::syntax::{Node, children, walk};

/// How many steps an expression is followed.
const FOLLOW: usize = 40;

/// How many expressions are looked at for one question.
const FUEL: usize = 2_000;

/// A function or class, and the file that it stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Def<'t> {
    pub file: FileId,
    pub node: Node<'t>,
}

/// One thing that an expression may stand for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Meaning<'t> {
    /// A function of the project; called as a method where there is a receiver in front of its first parameter.
    Function { def: Def<'t>, bound: bool },
    /// A class of the project.
    Class(Def<'t>),
    /// An object of a class of the project.
    Instance(Def<'t>),
    /// A module of the project.
    Module(FileId),
    /// A module, class or function of a library, by its import path.
    Library(String),
    /// What a function or class of a library gives when it is called, and an attribute path behind it.
    Made(String, Vec<String>),
    /// A builtin.
    Builtin(&'t str),
}

/// All that an expression may stand for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Meanings<'t> {
    pub all: Vec<Meaning<'t>>,
    /// Whether it may also be something that is not known.
    pub unknown: bool,
}

impl<'t> Meanings<'t> {
    fn unknown() -> Self {
        Self { all: Vec::new(), unknown: true }
    }

    fn one(meaning: Meaning<'t>) -> Self {
        Self { all: vec![meaning], unknown: false }
    }

    fn add(&mut self, other: Self) {
        self.unknown |= other.unknown;
        for meaning in other.all {
            if !self.all.contains(&meaning) {
                self.all.push(meaning);
            }
        }
    }

    /// The only meaning, where there is no other.
    pub fn only(&self) -> Option<&Meaning<'t>> {
        match (self.all.as_slice(), self.unknown) {
            ([one], false) => Some(one),
            _ => None,
        }
    }
}

impl<'t> File<'t> {
    /// What an expression stands for.
    pub(crate) fn meaning(&self, node: Node<'t>) -> Meanings<'t> {
        if let Some(known) = self.meanings.borrow().get(&node.id()) {
            return known.clone();
        }
        // Fuel is per question, so that no answer depends on the questions before.
        let outer = self.program.fuel.replace(FUEL);
        let found = self.mean(node, FOLLOW);
        self.program.fuel.set(outer);
        self.meanings.borrow_mut().insert(node.id(), found.clone());
        found
    }

    /// What a variable of this file stands for.
    pub(crate) fn meaning_of(&self, var: &super::Var) -> Meanings<'t> {
        let outer = self.program.fuel.replace(FUEL);
        let found = self.mean_variable(var.scope, &var.name, FOLLOW);
        self.program.fuel.set(outer);
        found
    }

    fn mean(&self, node: Node<'t>, depth: usize) -> Meanings<'t> {
        let fuel = self.program.fuel.get();
        let (Some(depth), Some(left)) = (depth.checked_sub(1), fuel.checked_sub(1)) else { return Meanings::unknown() };
        self.program.fuel.set(left);
        match node.kind() {
            "identifier" => self.mean_name(node, depth),
            "attribute" => {
                let a = Attribute(node);
                let (Some(object), Some(name)) = (a.object(), a.name()) else { return Meanings::unknown() };
                let mut out = Meanings::default();
                let objects = self.mean(object, depth);
                out.unknown |= objects.unknown || objects.all.is_empty();
                for meaning in objects.all {
                    out.add(self.member(&meaning, self.text(name), depth));
                }
                out
            }
            "call" => self.mean_call(Call(node), depth),
            "parenthesized_expression" | "await" => {
                children(node).next().map_or_else(Meanings::unknown, |inner| self.mean(inner, depth))
            }
            "boolean_operator" => {
                let mut out = Meanings::default();
                for part in ["left", "right"].into_iter().filter_map(|f| node.child_by_field_name(f)) {
                    // `x or Client()`: what is empty is not used.
                    if part.kind() != "none" {
                        out.add(self.mean(part, depth));
                    }
                }
                out
            }
            // What a library's object makes of an operator is of that library: `(np.array(a) == b).sum()`, `Path(a) / b`.
            "binary_operator" | "comparison_operator" => {
                let left = children(node).next().map_or_else(Meanings::unknown, |l| self.mean(l, depth));
                let made = |m: &Meaning<'t>| matches!(m, Meaning::Library(_) | Meaning::Made(..));
                if left.unknown || !left.all.iter().all(made) { Meanings::unknown() } else { left }
            }
            "conditional_expression" => {
                let parts: Vec<_> = children(node).collect();
                let mut out = Meanings::default();
                for part in [parts.first(), parts.get(2)].into_iter().flatten().filter(|p| p.kind() != "none") {
                    out.add(self.mean(*part, depth));
                }
                out
            }
            "named_expression" => {
                node.child_by_field_name("value").map_or_else(Meanings::unknown, |v| self.mean(v, depth))
            }
            "subscript" => {
                if let Some(entries) = children(node).next().and_then(|o| self.mean_entries(o, depth)) {
                    return entries;
                }
                if self.is_this_module(node) {
                    return Meanings::one(Meaning::Module(self.id));
                }
                let inner = children(node).next().map(|o| self.mean(o, depth)).unwrap_or_default();
                let mut out = Meanings { all: Vec::new(), unknown: inner.unknown || inner.all.is_empty() };
                for meaning in inner.all {
                    match meaning {
                        Meaning::Made(path, rest) => {
                            let rest = rest.into_iter().chain(["[]".to_string()]).collect();
                            out.add(Meanings::one(Meaning::Made(path, rest)));
                        }
                        _ => out.unknown = true,
                    }
                }
                out
            }
            "lambda" => Meanings::one(Meaning::Function { def: self.def(node), bound: false }),
            _ => Meanings::unknown(),
        }
    }

    pub(crate) fn def(&self, node: Node<'t>) -> Def<'t> {
        Def { file: self.id, node }
    }

    fn mean_name(&self, node: Node<'t>, depth: usize) -> Meanings<'t> {
        let name = self.text(node);
        if let Some(builtin) = self.builtin(node) {
            return Meanings::one(Meaning::Builtin(builtin));
        }
        let Some(scope) = self.names.resolve(self.names.scope_at(node), name) else {
            // What a star import of a module of the project brings.
            let file =
                self.star_files().into_iter().rev().find(|f| !f.names.bindings(f.names.module(), name).is_empty());
            return file.map_or_else(Meanings::unknown, |f| f.mean_variable(f.names.module(), name, depth));
        };
        match self.reaching(node) {
            Some(binding) => self.mean_bindings(scope, name, std::slice::from_ref(binding), depth),
            None => self.mean_variable(scope, name, depth),
        }
    }

    fn mean_variable(&self, scope: super::ScopeId, name: &str, depth: usize) -> Meanings<'t> {
        self.mean_bindings(scope, name, self.names.bindings(scope, name), depth)
    }

    fn mean_bindings(
        &self,
        scope: super::ScopeId,
        name: &str,
        bindings: &[super::names::Binding<'t>],
        depth: usize,
    ) -> Meanings<'t> {
        let Some(depth) = depth.checked_sub(1) else { return Meanings::unknown() };
        let mut out = Meanings::default();
        for binding in bindings {
            match binding.bound {
                Bound::Import => match binding.import.as_deref() {
                    Some(path) => out.add(self.mean_path(path, depth)),
                    None => out.unknown = true,
                },
                Bound::Function(def) => out.add(self.mean_def(def)),
                Bound::Class(class) => out.add(Meanings::one(Meaning::Class(self.def(class)))),
                // `client = None` waits for a later value.
                Bound::Value(Some(value)) if value.kind() == "none" => {}
                Bound::Value(Some(value)) => out.add(self.mean(value, depth)),
                Bound::Value(None) => {
                    let annotation = binding.node.parent().and_then(|p| p.child_by_field_name("type"));
                    match annotation {
                        Some(annotation) => out.add(self.mean_annotation(annotation, depth)),
                        None => out.unknown = true,
                    }
                }
                Bound::With(context) => out.add(self.mean_entered(context, depth)),
                Bound::Part(source)
                    if self.mean_part(binding.node, source, depth).is_some_and(|m| {
                        out.add(m);
                        true
                    }) => {}
                // An item or part of what a library gave is the library's too.
                Bound::Item(source) | Bound::Part(source) => {
                    let from = self.mean(source, depth);
                    let made = from.all.iter().all(|m| matches!(m, Meaning::Made(..))) && !from.all.is_empty();
                    out.unknown |= from.unknown || !made;
                    for meaning in from.all {
                        if let Meaning::Made(path, rest) = meaning {
                            let rest = rest.into_iter().chain(["[]".to_string()]).collect();
                            out.add(Meanings::one(Meaning::Made(path, rest)));
                        }
                    }
                }
                Bound::Parameter(annotation) => {
                    out.add(self.mean_parameter(scope, name, binding.node, annotation, depth))
                }
                _ => out.unknown = true,
            }
        }
        if out.all.is_empty() {
            out.unknown = true;
        }
        out
    }

    /// What `name` stands for in `name, other = value`, where the value is written out as a tuple or list as long as the
    /// pattern, or is the result of functions of the project that return such.
    fn mean_part(&self, name: Node<'t>, value: Node<'t>, depth: usize) -> Option<Meanings<'t>> {
        let depth = depth.checked_sub(1)?;
        let pattern =
            name.parent().filter(|p| matches!(p.kind(), "pattern_list" | "tuple_pattern" | "list_pattern"))?;
        Assignment::cast(pattern.parent()?)?;
        let names: Vec<_> = children(pattern).filter(|p| p.kind() != "comment").collect();
        if names.iter().any(|p| p.kind() == "list_splat_pattern") {
            return None;
        }
        let at = names.iter().position(|p| p.id() == name.id())?;
        let element = |display: Node<'t>| {
            let listed = matches!(display.kind(), "expression_list" | "tuple" | "list").then(|| children(display))?;
            let parts: Vec<_> = listed.filter(|p| p.kind() != "comment").collect();
            (parts.len() == names.len() && parts.iter().all(|p| p.kind() != "list_splat")).then(|| parts[at])
        };
        if let Some(part) = element(value) {
            return Some(self.mean(part, depth));
        }
        let called = self.mean(Call::cast(value)?.function()?, depth);
        let mut out = Meanings { all: Vec::new(), unknown: called.unknown };
        for meaning in &called.all {
            let Meaning::Function { def, .. } = meaning else { return None };
            let file = self.program.at(def.file)?;
            let plain = Function::cast(def.node).is_some_and(|f| !f.is_async())
                && file.names.opened_by(def.node).is_some_and(|scope| !file.names.scope(scope).yields);
            let returned = file.returned_by(def.node);
            if !plain || returned.is_empty() {
                return None;
            }
            for value in returned.iter() {
                out.add(file.mean(element(*value)?, depth));
            }
        }
        (!out.all.is_empty()).then_some(out)
    }

    /// What the values of a dict stand for that is written out with functions or classes in it, and only asked for them.
    fn mean_entries(&self, container: Node<'t>, depth: usize) -> Option<Meanings<'t>> {
        if container.kind() != "identifier" {
            return None;
        }
        let name = self.text(container);
        let scope = self.names.resolve(self.names.scope_at(container), name)?;
        let [one] = self.names.bindings(scope, name) else { return None };
        let display = match (one.bound, one.import.as_deref()) {
            (Bound::Value(Some(e)), _) => e,
            (Bound::Import, Some(path)) => {
                // Of another file: there it is the same question.
                let found = self.program.find(self, path)?;
                let rest: Vec<&str> = path.trim_start_matches('.').split('.').skip(found.parts).collect();
                let file = found.file.and_then(|f| self.program.file(&f)).filter(|f| f.id != self.id)?;
                let ([there], true) = (rest.as_slice(), self.is_only_asked(scope, name)) else { return None };
                return file.entries_of(there, depth);
            }
            _ => return None,
        };
        let known = self.is_only_asked(scope, name);
        self.mean_values(display, known, depth)
    }

    /// The same for a variable of this file's module.
    fn entries_of(&self, name: &str, depth: usize) -> Option<Meanings<'t>> {
        let module = self.names.module();
        let [one] = self.names.bindings(module, name) else { return None };
        let Bound::Value(Some(display)) = one.bound else { return None };
        self.mean_values(display, self.is_only_asked(module, name), depth)
    }

    fn mean_values(&self, display: Node<'t>, known: bool, depth: usize) -> Option<Meanings<'t>> {
        if display.kind() != "dictionary" {
            return None;
        }
        let mut out = Meanings { all: Vec::new(), unknown: !known };
        for part in children(display).filter(|p| p.kind() != "comment") {
            match part.child_by_field_name("value").filter(|_| part.kind() == "pair") {
                Some(value) => out.add(self.mean(value, depth)),
                None => out.unknown = true,
            }
        }
        let runs = |m: &Meaning<'t>| matches!(m, Meaning::Function { .. } | Meaning::Class(_) | Meaning::Library(_));
        (out.all.iter().any(runs)).then_some(out)
    }

    /// Whether a variable is only looked into: by key, by `get`, `in`, or its keys and values.
    fn is_only_asked(&self, scope: super::ScopeId, name: &str) -> bool {
        self.names.reads_of(scope, name).all(|read| {
            let Some(parent) = read.node.parent() else { return false };
            match parent.kind() {
                "subscript" => {
                    let object = parent.child_by_field_name("value").is_some_and(|v| v.id() == read.node.id());
                    object && !super::effects::is_target(parent)
                }
                "attribute" => {
                    let name = parent.child_by_field_name("attribute").map_or("", |n| self.text(n));
                    matches!(name, "get" | "keys" | "values" | "items")
                }
                "comparison_operator" | "for_statement" | "for_in_clause" => true,
                "argument_list" => parent.parent().and_then(Call::cast).and_then(|c| c.function()).is_some_and(|f| {
                    matches!(self.builtin(f), Some("len" | "list" | "sorted" | "print" | "set" | "tuple"))
                }),
                "keyword_argument" => parent.child_by_field_name("name").is_some_and(|n| self.text(n) == "choices"),
                _ => false,
            }
        })
    }

    fn mean_def(&self, def: Node<'t>) -> Meanings<'t> {
        Meanings::one(Meaning::Function { def: self.def(def), bound: false })
    }

    /// What `with context as name` binds: a client, a session or an object of the project gives itself.
    fn mean_entered(&self, context: Node<'t>, depth: usize) -> Meanings<'t> {
        let mut out = self.mean(context, depth);
        let own_enter = out.all.iter().any(|m| match m {
            Meaning::Instance(class) => self.method_of(*class, "__enter__").is_some_and(|def| {
                let gives_self = self.program.at(def.file).is_some_and(|f| {
                    walk(def.node).filter(|n| n.kind() == "return_statement").all(|r| f.text(r) == "return self")
                });
                !gives_self
            }),
            _ => false,
        });
        if own_enter {
            out = Meanings::unknown();
        }
        out
    }

    /// What an import path stands for: something of the project, through re-exports, or of a library.
    pub(crate) fn mean_path(&self, path: &str, depth: usize) -> Meanings<'t> {
        let Some(depth) = depth.checked_sub(1) else { return Meanings::unknown() };
        let Some(found) = self.program.find(self, path) else {
            let outside = !path.starts_with('.');
            return if outside { Meanings::one(Meaning::Library(path.to_string())) } else { Meanings::unknown() };
        };
        let rest: Vec<&str> = path.trim_start_matches('.').split('.').skip(found.parts).collect();
        let Some(file) = found.file.and_then(|f| self.program.file(&f)) else { return Meanings::unknown() };
        let mut out = Meanings::one(Meaning::Module(file.id));
        for name in rest.into_iter().filter(|n| !n.is_empty()) {
            let mut next = Meanings { all: Vec::new(), unknown: out.unknown };
            for meaning in &out.all {
                next.add(self.member(meaning, name, depth));
            }
            out = next;
        }
        out
    }

    /// What `object.name` stands for, where all that the object may be is known.
    pub(super) fn parts_named(&self, objects: &Meanings<'t>, name: &str) -> Meanings<'t> {
        let outer = self.program.fuel.replace(FUEL);
        let mut out = Meanings { all: Vec::new(), unknown: objects.unknown };
        for object in &objects.all {
            out.add(self.member(object, name, FOLLOW));
        }
        self.program.fuel.set(outer);
        out
    }

    /// What `meaning.name` stands for.
    fn member(&self, meaning: &Meaning<'t>, name: &str, depth: usize) -> Meanings<'t> {
        let Some(depth) = depth.checked_sub(1) else { return Meanings::unknown() };
        match meaning {
            Meaning::Module(id) => {
                let Some(file) = self.program.at(*id) else { return Meanings::unknown() };
                let module = file.names.module();
                if file.names.bindings(module, name).is_empty() {
                    // A module of the package, or what a star import brings.
                    let within = self.program.find(file, &format!(".{name}")).and_then(|f| f.file);
                    if let Some(inner) = within.filter(|f| Some(f.as_path()) != Some(file.source.path.as_path())) {
                        return match self.program.file(&inner) {
                            Some(inner) => Meanings::one(Meaning::Module(inner.id)),
                            None => Meanings::unknown(),
                        };
                    }
                    return Meanings::unknown();
                }
                file.mean_variable(module, name, depth)
            }
            Meaning::Library(path) => Meanings::one(Meaning::Library(format!("{path}.{name}"))),
            Meaning::Made(path, rest) => {
                let rest = rest.iter().cloned().chain([name.to_string()]).collect();
                Meanings::one(Meaning::Made(path.clone(), rest))
            }
            Meaning::Class(class) => match self.method_of(*class, name) {
                Some(def) => Meanings::one(Meaning::Function { def, bound: self.is_classmethod(def) }),
                None => self.attribute_of(*class, name, depth),
            },
            Meaning::Instance(class) => {
                let mut out = Meanings { all: Vec::new(), unknown: self.program.is_replaced(name) };
                let (methods, more) = self.methods_of_objects(*class, name);
                out.unknown |= more;
                for &def in methods.iter() {
                    out.add(match self.decorator_of(def, &["property", "cached_property"]) {
                        true => self.mean_result(def, depth),
                        false => {
                            Meanings::one(Meaning::Function { def, bound: !self.decorator_of(def, &["staticmethod"]) })
                        }
                    });
                }
                if out.all.is_empty() { self.attribute_of(*class, name, depth) } else { out }
            }
            Meaning::Function { .. } | Meaning::Builtin(_) => Meanings::unknown(),
        }
    }

    fn mean_call(&self, call: Call<'t>, depth: usize) -> Meanings<'t> {
        let Some(function) = call.function() else { return Meanings::unknown() };
        let mut out = Meanings::default();
        let called = self.mean(function, depth);
        out.unknown |= called.unknown || called.all.is_empty();
        for meaning in called.all {
            out.add(match meaning {
                Meaning::Class(class) => self.mean_made(class),
                Meaning::Library(path) if path == "functools.partial" => {
                    // What is bound by position shifts the others; what is bound as an object is shared by all calls.
                    let literal = |a: Node<'t>| {
                        a.kind() == "keyword_argument"
                            && a.child_by_field_name("value").is_some_and(|v| {
                                matches!(v.kind(), "string" | "integer" | "float" | "true" | "false" | "none")
                            })
                    };
                    match call.args().next().filter(|_| call.args().skip(1).all(literal)) {
                        Some(f) => self.mean(f, depth),
                        None => Meanings::unknown(),
                    }
                }
                Meaning::Library(path) => Meanings::one(Meaning::Made(path, Vec::new())),
                Meaning::Made(path, rest) if self.is_copy(call, &path, &rest) => {
                    Meanings::one(Meaning::Made(path, Vec::new()))
                }
                Meaning::Made(path, rest) => {
                    let rest = rest.into_iter().chain(["()".to_string()]).collect();
                    Meanings::one(Meaning::Made(path, rest))
                }
                Meaning::Function { def, .. } => self.mean_result(def, depth),
                Meaning::Builtin("super") => self.mean_super(call),
                Meaning::Instance(class) => match self.method_of(class, "__call__") {
                    Some(def) => self.mean_result(def, depth),
                    None => Meanings::unknown(),
                },
                Meaning::Builtin(_) | Meaning::Module(_) => Meanings::unknown(),
            });
        }
        out
    }

    /// Whether a method of a client gives another one of its class, which asks the same and waits otherwise:
    /// `client.with_options(timeout=60)`. Other headers could mean other answers.
    fn is_copy(&self, call: Call<'t>, constructor: &str, method: &[String]) -> bool {
        let [name] = method else { return false };
        let waits = |argument: Node<'t>| {
            let name = argument.child_by_field_name("name").filter(|_| argument.kind() == "keyword_argument");
            name.is_some_and(|n| matches!(self.text(n), "timeout" | "max_retries"))
        };
        let copies = self.catalog.client(constructor).is_some_and(|client| client.copies.contains(name));
        copies && call.args().all(waits)
    }

    /// Whether a call does no more than to give such a client.
    pub(super) fn copies_client(&self, call: Call<'t>) -> bool {
        let Some(function) = call.function() else { return false };
        let meaning = self.meaning(function);
        let copy = |m: &Meaning<'t>| matches!(m, Meaning::Made(path, rest) if self.is_copy(call, path, rest));
        !meaning.unknown && !meaning.all.is_empty() && meaning.all.iter().all(copy)
    }

    /// An object of a class; one whose bases come from a library alone stands for the library's too.
    fn mean_made(&self, class: Def<'t>) -> Meanings<'t> {
        Meanings::one(Meaning::Instance(class))
    }

    fn mean_super(&self, call: Call<'t>) -> Meanings<'t> {
        let Some(class) = class_around(call.0) else { return Meanings::unknown() };
        let mut out = Meanings::default();
        for base in self.bases(self.def(class)).iter() {
            match base {
                Meaning::Class(base) => out.add(Meanings::one(Meaning::Instance(*base))),
                Meaning::Library(path) => out.add(Meanings::one(Meaning::Made(path.clone(), Vec::new()))),
                _ => out.unknown = true,
            }
        }
        out.unknown |= out.all.is_empty();
        out
    }

    /// What a function returns.
    fn mean_result(&self, def: Def<'t>, depth: usize) -> Meanings<'t> {
        let (Some(depth), Some(file)) = (depth.checked_sub(1), self.program.at(def.file)) else {
            return Meanings::unknown();
        };
        if def.node.kind() == "lambda" {
            return def.node.child_by_field_name("body").map_or_else(Meanings::unknown, |b| file.mean(b, depth));
        }
        let Some(scope) = file.names.opened_by(def.node) else { return Meanings::unknown() };
        if file.names.scope(scope).yields || Function::cast(def.node).is_some_and(|f| f.is_async()) {
            return Meanings::unknown();
        }
        let mut out = Meanings::default();
        for value in file.returned_by(def.node).iter() {
            out.add(file.mean(*value, depth));
        }
        if out.all.is_empty()
            && let Some(annotation) = def.node.child_by_field_name("return_type")
        {
            return file.mean_annotation(annotation, depth);
        }
        out.unknown |= out.all.is_empty();
        out
    }

    /// What objects of an annotated type are.
    fn mean_annotation(&self, annotation: Node<'t>, depth: usize) -> Meanings<'t> {
        let Some(depth) = depth.checked_sub(1) else { return Meanings::unknown() };
        let node =
            if annotation.kind() == "type" { annotation.named_child(0).unwrap_or(annotation) } else { annotation };
        match node.kind() {
            "identifier" | "attribute" => {
                let mut out = Meanings::default();
                let classes = self.mean(node, depth);
                out.unknown |= classes.unknown;
                for class in classes.all {
                    match class {
                        Meaning::Class(class) => out.add(self.mean_made(class)),
                        Meaning::Library(path) => out.add(Meanings::one(Meaning::Made(path, Vec::new()))),
                        _ => out.unknown = true,
                    }
                }
                out
            }
            // `X | None`
            "binary_operator" | "union_type" => {
                let mut out = Meanings::default();
                for part in children(node).filter(|p| self.text(*p) != "None") {
                    out.add(self.mean_annotation(part, depth));
                }
                out
            }
            // `Optional[X]`
            "subscript" | "generic_type"
                if self.text(node).starts_with("Optional[") || self.text(node).contains(".Optional[") =>
            {
                children(node).last().map_or_else(Meanings::unknown, |x| {
                    let inner = if x.kind() == "type_parameter" { children(x).next().unwrap_or(x) } else { x };
                    self.mean_annotation(inner, depth)
                })
            }
            // A quoted annotation names a class of the file.
            "string" => {
                let name = super::alias::literal(self.text(node));
                match self.names.bindings(self.names.module(), &name).is_empty() {
                    true => Meanings::unknown(),
                    false => {
                        let mut out = Meanings::default();
                        for meaning in self.mean_variable(self.names.module(), &name, depth).all {
                            match meaning {
                                Meaning::Class(class) => out.add(self.mean_made(class)),
                                Meaning::Library(path) => out.add(Meanings::one(Meaning::Made(path, Vec::new()))),
                                _ => out.unknown = true,
                            }
                        }
                        out
                    }
                }
            }
            _ => Meanings::unknown(),
        }
    }

    fn mean_parameter(
        &self,
        scope: super::ScopeId,
        name: &str,
        node: Node<'t>,
        annotation: Option<Node<'t>>,
        depth: usize,
    ) -> Meanings<'t> {
        let def = self.names.scope(scope).node;
        // `self` and `cls`.
        if let (Some(class), Some(first)) = (method_class(def), first_parameter(self, def))
            && first == name
            && !self.decorator_of(self.def(def), &["staticmethod"])
        {
            let class = self.def(class);
            return Meanings::one(match self.is_classmethod(self.def(def)) {
                true => Meaning::Class(class),
                false => Meaning::Instance(class),
            });
        }
        if let Some(annotation) = annotation {
            let known = self.mean_annotation(annotation, depth);
            if !known.all.is_empty() {
                return known;
            }
        }
        let mut out = self.passed(def, name, depth);
        // A default counts where it is an object and not a placeholder.
        let default = node.parent().and_then(|p| p.child_by_field_name("value")).filter(|v| v.kind() != "none");
        if let Some(default) = default {
            let known = self.mean(default, depth);
            if out.all.is_empty() {
                return known;
            }
            out.add(known);
        }
        out.unknown |= out.all.is_empty();
        out
    }

    /// What the calls of a function in its own file, and those of files that import it, pass for a parameter.
    fn passed(&self, def: Node<'t>, name: &str, depth: usize) -> Meanings<'t> {
        let mut out = Meanings::default();
        let Some(function) = Function::cast(def) else { return Meanings::unknown() };
        let Some(own_name) = function.name().map(|n| self.text(n)) else { return Meanings::unknown() };
        let parameters = self.parameters(def);
        let Some(position) = parameters.iter().position(|p| *p == name) else { return Meanings::unknown() };
        let method = method_class(def).is_some() && !self.decorator_of(self.def(def), &["staticmethod"]);
        for read in self.names.reads_named(own_name) {
            let Some(call) = call_of(read.node) else { continue };
            out.add(self.argument_meaning(call, name, position, depth));
        }
        let class = method_class(def).and_then(Class::cast).and_then(|c| c.name()).map(|n| self.text(n));
        if method {
            let constructed = (own_name == "__init__").then_some(class).flatten();
            let named = constructed.map(|c| self.names.reads_named(c)).unwrap_or_default();
            for call in named.iter().filter_map(|r| call_of(r.node)) {
                out.add(self.argument_meaning(call, name, position.saturating_sub(1), depth));
            }
        }
        let module = self.names.scope_at(def) == self.names.module();
        let imported = if module { Some(own_name) } else { class.filter(|_| own_name == "__init__") };
        let shift = usize::from(!module);
        out.add(
            imported
                .and_then(|imported| {
                    self.passed_elsewhere(imported, |file, call| {
                        file.argument_meaning(call, name, position.saturating_sub(shift), depth)
                    })
                })
                .unwrap_or_default(),
        );
        out
    }

    fn argument_meaning(&self, call: Call<'t>, name: &str, position: usize, depth: usize) -> Meanings<'t> {
        match self.argument(call, name, position) {
            Some(argument) => self.mean(argument, depth),
            None => Meanings::default(),
        }
    }

    /// The argument that a call passes for a parameter; none where it leaves the default or unpacks.
    pub(crate) fn argument(&self, call: Call<'t>, name: &str, position: usize) -> Option<Node<'t>> {
        let args: Vec<_> = call.args().collect();
        call.keyword(self.source, name).or_else(|| {
            let before = args.get(..=position)?;
            let plain =
                before.iter().all(|a| !matches!(a.kind(), "keyword_argument" | "list_splat" | "dictionary_splat"));
            plain.then(|| before.last().copied()).flatten()
        })
    }

    /// The names of a function's parameters, in order.
    pub(crate) fn parameters(&self, def: Node<'t>) -> Vec<&'t str> {
        let list = def.child_by_field_name("parameters");
        list.map(|p| children(p).filter(|c| c.kind() != "comment").map(|c| self.parameter_name(c)).collect())
            .unwrap_or_default()
    }

    /// What an attribute holds that methods of a class (or its body) set.
    fn attribute_of(&self, class: Def<'t>, name: &str, depth: usize) -> Meanings<'t> {
        let mut out = Meanings::default();
        let mut pending = vec![class];
        let mut seen = Vec::new();
        while let Some(class) = pending.pop() {
            if seen.contains(&class) {
                continue;
            }
            seen.push(class);
            let Some(file) = self.program.at(class.file) else { continue };
            if let Some(scope) = file.names.opened_by(class.node)
                && !file.names.bindings(scope, name).is_empty()
            {
                out.add(file.mean_variable(scope, name, depth));
            }
            for a in file.set_by_methods(class.node, name).iter() {
                match (a.right(), a.annotation()) {
                    (Some(value), _) if value.kind() == "none" => {}
                    (Some(value), annotation) => {
                        let mut known = file.mean(value, depth);
                        if let (true, Some(annotation)) = (known.all.is_empty(), annotation) {
                            known = file.mean_annotation(annotation, depth);
                        }
                        out.add(known);
                    }
                    _ => {}
                }
            }
            pending.extend(self.bases(class).iter().filter_map(|b| match b {
                Meaning::Class(base) => Some(*base),
                Meaning::Library(path) => {
                    if out.all.is_empty() {
                        out.add(Meanings::one(Meaning::Made(path.clone(), vec![name.to_string()])));
                    }
                    None
                }
                _ => None,
            }));
        }
        out.unknown |= out.all.is_empty();
        out
    }

    /// Whether an expression is the first parameter of the method around it.
    pub(crate) fn is_self(&self, node: Node<'t>) -> bool {
        let around = std::iter::successors(enclosing_scope(node), |f| enclosing_scope(*f));
        node.kind() == "identifier"
            && around
                .take_while(|f| f.kind() != "class_definition")
                .find(|f| method_class(*f).is_some())
                .is_some_and(|f| first_parameter(self, f) == Some(self.text(node)))
    }

    fn is_classmethod(&self, def: Def<'t>) -> bool {
        self.decorator_of(def, &["classmethod"])
    }

    /// Whether a definition has a decorator with one of some names.
    pub(crate) fn decorator_of(&self, def: Def<'t>, names: &[&str]) -> bool {
        let Some(file) = self.program.at(def.file) else { return false };
        decorators(def.node).any(|d| {
            let text = file.text(d).trim_start_matches('@').split('(').next().unwrap_or_default().trim();
            names.contains(&text.rsplit('.').next().unwrap_or(text))
        })
    }
}

/// The decorators of a definition.
pub(crate) fn decorators(def: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    let around = def.parent().filter(|p| p.kind() == "decorated_definition");
    around.into_iter().flat_map(children).filter(|c| c.kind() == "decorator")
}

/// The call whose function a name is.
pub(crate) fn call_of(name: Node<'_>) -> Option<Call<'_>> {
    let parent = name.parent()?;
    let function = if parent.kind() == "attribute" { parent } else { name };
    function.parent().and_then(Call::cast).filter(|c| c.function().is_some_and(|f| f.id() == function.id()))
}

/// The class that a function is a method of.
pub(crate) fn method_class(def: Node<'_>) -> Option<Node<'_>> {
    let statement = match def.parent()? {
        p if p.kind() == "decorated_definition" => p,
        _ => def,
    };
    let class = statement.parent()?.parent()?;
    (def.kind() == "function_definition" && class.kind() == "class_definition").then_some(class)
}

fn class_around(node: Node<'_>) -> Option<Node<'_>> {
    std::iter::successors(enclosing_scope(node), |f| enclosing_scope(*f)).find(|f| f.kind() == "class_definition")
}

fn first_parameter<'t>(file: &File<'t>, def: Node<'t>) -> Option<&'t str> {
    file.parameters(def).first().copied()
}

/// Whether a scope is one in which names are local to a call.
pub(crate) fn is_call_scope(kind: ScopeKind) -> bool {
    matches!(kind, ScopeKind::Function | ScopeKind::Comprehension)
}
