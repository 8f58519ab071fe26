//! Functions of the project that run where no call names them: what a `with`, a property, an operator, `len` or a text asks
//! of an object, and what a library was given to call back.

use super::alias::{Place, Places};
use super::calls::CallKind;
use super::effects::{Change, is_target};
use super::names::Bound;
use super::receivers::{Def, Meaning, method_class};
use super::slice::Reads;
use super::summary::{Root, Store, Summary};
use super::{File, FileId, Trouble, Var};
use crate::facts::Code;
use crate::syntax::python::{Attribute, Call, Class, WithItem};
use crate::syntax::{Node, ancestors, span, walk};

/// A function that a node runs without naming it as what it calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Implied<'t> {
    pub def: Def<'t>,
    /// The object that is its first argument, where it has one and can be told.
    pub object: Option<Node<'t>>,
    /// The file of the object's expression.
    pub home: FileId,
    pub by: By,
}

/// What runs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    /// The language: a `with`, a property, an operator.
    Language,
    /// A library that was given it.
    Library,
    /// A library that was given it for what is logged or printed.
    Output,
}

const TEXT: [&str; 3] = ["__format__", "__str__", "__repr__"];
const ITEMS: [&str; 4] = ["__iter__", "__next__", "__getitem__", "__len__"];
const TRUTH: [&str; 2] = ["__bool__", "__len__"];
const EQUAL: [&str; 7] = ["__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__hash__"];
const NUMBER: [&str; 5] = ["__int__", "__float__", "__index__", "__complex__", "__fspath__"];
const OPERATORS: [&str; 27] = [
    "__add__",
    "__radd__",
    "__iadd__",
    "__sub__",
    "__rsub__",
    "__isub__",
    "__mul__",
    "__rmul__",
    "__imul__",
    "__truediv__",
    "__rtruediv__",
    "__itruediv__",
    "__floordiv__",
    "__mod__",
    "__rmod__",
    "__pow__",
    "__or__",
    "__ror__",
    "__ior__",
    "__and__",
    "__rand__",
    "__xor__",
    "__lshift__",
    "__rshift__",
    "__matmul__",
    "__neg__",
    "__invert__",
];
const OTHERS: [&str; 12] = [
    "__contains__",
    "__getattr__",
    "__getattribute__",
    "__setitem__",
    "__delitem__",
    "__missing__",
    "keys",
    "__get__",
    "__set__",
    "__delete__",
    "__setattr__",
    "__delattr__",
];

/// Decorators of what sets or deletes a property.
pub(super) const SETTERS: [&str; 2] = ["setter", "deleter"];

/// Methods through which a library asks an object that it was given.
const ASKED_BY_LIBRARIES: [&str; 7] =
    ["__call__", "auth_flow", "sync_auth_flow", "async_auth_flow", "send", "handle_request", "handle_async_request"];

impl<'t> File<'t> {
    /// The functions that a node runs without naming them as what it calls.
    pub(crate) fn implicit(&self, node: Node<'t>) -> Vec<Implied<'t>> {
        let mut out = Vec::new();
        match node.kind() {
            "with_item" => {
                if let Some((context, _)) = WithItem(node).parts() {
                    self.methods_asked(context, &["__enter__", "__exit__", "__aenter__", "__aexit__"], &mut out);
                }
            }
            "attribute" => self.behind_attribute(Attribute(node), &mut out),
            "call" => {
                self.called_back_by(Call(node), &mut out);
                self.overriding(Call(node), &mut out);
            }
            "subscript" => self.made_when_missing(node, &mut out),
            _ => {}
        }
        if matches!(node.kind(), "identifier" | "attribute" | "subscript" | "call") && !is_target(node) {
            let names: Vec<&str> = match self.own().special.is_empty() {
                true => Vec::new(),
                false => self.asked_by_use(node).into_iter().filter(|n| self.own().special.contains(n)).collect(),
            };
            if !names.is_empty() {
                self.methods_asked(node, &names, &mut out);
            }
            self.called_back(node, &mut out);
        }
        out
    }

    /// Methods of some names, of the classes that an object may be of.
    fn methods_asked(&self, object: Node<'t>, names: &[&str], out: &mut Vec<Implied<'t>>) {
        for meaning in self.meaning(object).all {
            let Meaning::Instance(class) = meaning else { continue };
            for def in names.iter().flat_map(|name| self.methods_of_objects(class, name).0.to_vec()) {
                push(out, Implied { def, object: Some(object), home: self.id, by: By::Language });
            }
        }
    }

    /// The property behind an attribute, and the method that answers for attributes that there are not.
    fn behind_attribute(&self, attribute: Attribute<'t>, out: &mut Vec<Implied<'t>>) {
        let (Some(object), Some(name)) = (attribute.object(), attribute.name()) else { return };
        let name = self.text(name);
        self.behind_module(object, name, out);
        let decorated = self.has_property(name);
        let set = is_target(attribute.0);
        let asks: &[&str] = match set {
            true => &["__setattr__", "__delattr__"],
            false => &["__getattr__", "__getattribute__"],
        };
        let any = self.own().special.iter().filter(|n| asks.contains(n));
        let any: Vec<&str> = any.copied().collect();
        let descriptors = ["__get__", "__set__", "__delete__"].iter().any(|n| self.own().special.contains(n));
        if !decorated && any.is_empty() && !descriptors && !self.own().makes_properties {
            return;
        }
        // `x.n += 1` asks first.
        let adds = set && attribute.0.parent().is_some_and(|p| p.kind() == "augmented_assignment");
        let meanings = self.meaning(object);
        // Of an object that nobody can tell, what any class has under the name.
        if decorated && meanings.all.is_empty() {
            let files = self.files_with_property(name);
            let files = files.iter().filter_map(|path| self.program.file(path));
            for def in files.flat_map(|file| file.properties_named(name)) {
                let sets = self.decorator_of(def, &SETTERS);
                let asks = self.decorator_of(def, &["property", "cached_property"]);
                if sets && set || asks && (!set || adds) {
                    push(out, Implied { def, object: Some(object), home: self.id, by: By::Language });
                }
            }
        }
        for meaning in meanings.all {
            if let (Meaning::Class(class), true) = (&meaning, descriptors) {
                self.behind_descriptor(*class, name, (true, set), out);
            }
            let Meaning::Instance(class) = meaning else { continue };
            let run = |def| Implied { def, object: Some(object), home: self.id, by: By::Language };
            let there = self.methods_of_objects(class, name).0;
            if !set || adds {
                for def in there.iter().filter(|d| self.decorator_of(**d, &["property", "cached_property"])) {
                    push(out, run(*def));
                }
            }
            if set {
                self.accessors(class, name).into_iter().for_each(|def| push(out, run(def)));
            }
            for def in self.made_property(class, name) {
                push(out, run(def));
            }
            if descriptors {
                self.behind_descriptor(class, name, (!set || adds, set), out);
            }
            for asks in &any {
                let missing = there.is_empty() && !self.has_attribute(class, name);
                if *asks != "__getattr__" || missing {
                    self.methods_of_objects(class, asks).0.iter().for_each(|def| push(out, run(*def)));
                }
            }
        }
    }

    /// The function of a module that answers for what it does not have: `def __getattr__(name)`.
    fn behind_module(&self, module: Node<'t>, name: &str, out: &mut Vec<Implied<'t>>) {
        let Some(path) = self.import_path(module).filter(|path| self.is_project_path(path)) else { return };
        let Some(found) = self.program.find(self, &path) else { return };
        let whole = path.trim_start_matches('.').split('.').filter(|p| !p.is_empty()).count() == found.parts;
        let file = found.file.as_deref().filter(|_| whole).and_then(|file| self.program.file(file));
        let Some(file) = file.filter(|file| file.names.bindings(file.names.module(), name).is_empty()) else { return };
        for binding in file.names.bindings(file.names.module(), "__getattr__") {
            if let Bound::Function(def) = binding.bound {
                push(out, Implied { def: file.def(def), object: None, home: self.id, by: By::Language });
            }
        }
    }

    /// The class, those of the project from which it derives, and those that derive from it.
    pub(super) fn classes_around(&self, class: Def<'t>) -> Vec<Def<'t>> {
        let mut out = self.with_derived(class).unwrap_or_else(|| vec![class]);
        let mut at = 0;
        while let Some(class) = out.get(at).copied() {
            at += 1;
            for base in self.bases(class).iter() {
                match base {
                    Meaning::Class(base) if !out.contains(base) => out.push(*base),
                    _ => {}
                }
            }
        }
        out
    }

    /// The functions that set or delete a property: `@answer.setter`.
    fn accessors(&self, class: Def<'t>, name: &str) -> Vec<Def<'t>> {
        let mut out = Vec::new();
        for class in self.classes_around(class) {
            let Some(file) = self.program.at(class.file) else { continue };
            let Some(scope) = file.names.opened_by(class.node) else { continue };
            out.extend(file.names.bindings(scope, name).iter().filter_map(|b| match b.bound {
                Bound::Function(def) => Some(file.def(def)).filter(|d| self.decorator_of(*d, &SETTERS)),
                _ => None,
            }));
        }
        out
    }

    /// The methods of the object that a class has under a name, where it answers for the attribute.
    fn behind_descriptor(&self, class: Def<'t>, name: &str, (asked, set): (bool, bool), out: &mut Vec<Implied<'t>>) {
        for class in self.classes_around(class) {
            let Some(file) = self.program.at(class.file) else { continue };
            let Some(scope) = file.names.opened_by(class.node) else { continue };
            let values = file.names.bindings(scope, name).iter().filter_map(|b| match b.bound {
                Bound::Value(value) => value,
                _ => None,
            });
            for meaning in values.flat_map(|value| file.meaning(value).all) {
                let Meaning::Instance(descriptor) = meaning else { continue };
                let methods = [("__get__", asked), ("__set__", set), ("__delete__", set)];
                let defs = methods.iter().filter(|m| m.1).filter_map(|m| self.method_of(descriptor, m.0));
                defs.for_each(|def| push(out, Implied { def, object: None, home: self.id, by: By::Language }));
            }
        }
    }

    /// What a dict that makes its entries when it is asked for them runs: `defaultdict(new)`.
    fn made_when_missing(&self, subscript: Node<'t>, out: &mut Vec<Implied<'t>>) {
        let Some(dict) = subscript.child_by_field_name("value") else { return };
        if !self.source.text.contains("defaultdict") {
            return;
        }
        let mut values = self.one_step(dict);
        if let Some(a) = Attribute::cast(dict)
            && let (Some(object), Some(name)) = (a.object(), a.name())
        {
            for meaning in self.meaning(object).all {
                if let Meaning::Instance(class) = meaning
                    && class.file == self.id
                {
                    values.extend(self.set_by_methods(class.node, self.text(name)).iter().filter_map(|a| a.right()));
                }
            }
        }
        for call in values.into_iter().filter_map(Call::cast) {
            let makes = call.function().and_then(|f| self.import_path(f));
            let Some(factory) = call.args().next().filter(|_| makes.is_some_and(|p| p == "collections.defaultdict"))
            else {
                continue;
            };
            for meaning in self.meaning(factory).all {
                let def = match meaning {
                    Meaning::Function { def, .. } => Some(def),
                    Meaning::Class(class) => self.method_of(class, "__init__"),
                    _ => None,
                };
                let made = |def| Implied { def, object: Some(factory), home: self.id, by: By::Language };
                def.into_iter().for_each(|def| push(out, made(def)));
            }
        }
    }

    /// `text = property(get_text)` in a class, or through a variable.
    fn made_property(&self, class: Def<'t>, name: &str) -> Vec<Def<'t>> {
        let Some(file) = self.program.at(class.file) else { return Vec::new() };
        let Some(scope) = file.names.opened_by(class.node) else { return Vec::new() };
        let values = file.names.bindings(scope, name).iter().filter_map(|b| match b.bound {
            Bound::Value(Some(value)) => Some(value),
            _ => None,
        });
        let mut out = Vec::new();
        for value in values.flat_map(|v| file.one_step(v)) {
            let Some(call) = Call::cast(value) else { continue };
            let made = call.function().is_some_and(|f| {
                file.builtin(f) == Some("property")
                    || file.import_path(f).is_some_and(|p| p == "functools.cached_property")
            });
            let parts = call.args().map(|a| a.child_by_field_name("value").unwrap_or(a));
            out.extend(parts.filter(|_| made).flat_map(|a| file.functions_at(a)).map(|(def, _)| def));
        }
        out
    }

    /// An expression, or what the variables that it names were given.
    pub(super) fn one_step(&self, value: Node<'t>) -> Vec<Node<'t>> {
        let Some(var) = (value.kind() == "identifier").then(|| self.var(value)).flatten() else { return vec![value] };
        if var.file != self.id {
            return Vec::new();
        }
        let bindings = self.names.bindings(var.scope, &var.name).iter();
        bindings
            .filter_map(|b| match b.bound {
                Bound::Value(value) => value,
                _ => None,
            })
            .collect()
    }

    pub(super) fn has_attribute(&self, class: Def<'t>, name: &str) -> bool {
        self.program.at(class.file).is_some_and(|file| {
            let in_body = file.names.opened_by(class.node).is_some_and(|s| !file.names.bindings(s, name).is_empty());
            in_body
                || walk(class.node).filter_map(Attribute::cast).any(|a| {
                    is_target(a.0)
                        && a.name().is_some_and(|n| file.text(n) == name)
                        && a.object().is_some_and(|o| file.is_self(o))
                })
        })
    }

    /// The special methods that the place of an expression asks its object for.
    fn asked_by_use(&self, node: Node<'t>) -> Vec<&'static str> {
        let Some(parent) = node.parent() else { return Vec::new() };
        let is = |field: &str| parent.child_by_field_name(field).is_some_and(|n| n.id() == node.id());
        match parent.kind() {
            "parenthesized_expression" => self.asked_by_use(parent),
            "interpolation" | "format_expression" => TEXT.to_vec(),
            "subscript" if is("value") => vec!["__getitem__", "__setitem__", "__delitem__", "__missing__"],
            "subscript" => EQUAL.to_vec(),
            "comparison_operator" => {
                let word = parent.child_by_field_name("operators").map_or("", |o| self.text(o));
                match word {
                    "is" | "is not" => Vec::new(),
                    "in" | "not in" => [&["__contains__"], &ITEMS[..], &EQUAL[..]].concat(),
                    _ => [&["__contains__"], &EQUAL[..]].concat(),
                }
            }
            "binary_operator" | "augmented_assignment" | "unary_operator" => [&OPERATORS[..], &TEXT[..]].concat(),
            "not_operator"
            | "boolean_operator"
            | "if_statement"
            | "elif_clause"
            | "while_statement"
            | "if_clause"
            | "conditional_expression"
            | "assert_statement" => TRUTH.to_vec(),
            "for_statement" | "for_in_clause" if is("right") => ITEMS.to_vec(),
            "list_splat" | "dictionary_splat" => [&["keys"], &ITEMS[..]].concat(),
            "argument_list" | "keyword_argument" | "pair" | "list" | "tuple" | "set" => {
                self.asked_by_call(handed_to(node))
            }
            _ => Vec::new(),
        }
    }

    /// The special methods that a call asks what it is handed for.
    fn asked_by_call(&self, call: Option<Call<'t>>) -> Vec<&'static str> {
        let all = || {
            [&TEXT[..], &ITEMS[..], &TRUTH[..], &EQUAL[..], &NUMBER[..], &["__contains__", "__missing__", "keys"]]
                .concat()
        };
        let Some(call) = call else { return all() };
        let Some(function) = call.function() else { return all() };
        match self.builtin(function) {
            Some("len") => vec!["__len__"],
            Some("str" | "repr" | "format" | "print" | "ascii") => TEXT.to_vec(),
            Some("isinstance" | "issubclass" | "id" | "type" | "callable" | "vars" | "super") => Vec::new(),
            Some("getattr" | "hasattr") => vec!["__getattr__", "__getattribute__"],
            Some("abs" | "round" | "pow" | "divmod" | "sum") => [&OPERATORS[..], &ITEMS[..], &NUMBER[..]].concat(),
            Some(_) => all(),
            None => match self.classify(call) {
                // What a function of the project does with it is found there; a list only takes it.
                CallKind::Functions(_) | CallKind::Method { shallow: true, .. } => Vec::new(),
                _ if self.meaning(function).all.iter().any(|m| matches!(m, Meaning::Class(_))) => Vec::new(),
                _ => all(),
            },
        }
    }

    /// The functions of the project that an expression is: itself, a method with its object, an object that is called.
    pub(super) fn functions_at(&self, node: Node<'t>) -> Vec<(Def<'t>, Option<Node<'t>>)> {
        if node.kind() == "lambda" {
            return vec![(self.def(node), None)];
        }
        let mut out = Vec::new();
        for meaning in self.meaning(node).all {
            match meaning {
                Meaning::Function { def, bound } => {
                    out.push((def, node.child_by_field_name("object").filter(|_| bound)))
                }
                Meaning::Instance(class) => {
                    let asked = ASKED_BY_LIBRARIES.iter();
                    out.extend(asked.filter_map(|name| self.method_of(class, name)).map(|def| (def, Some(node))));
                    out.extend(self.run_by_libraries(class).into_iter().map(|def| (def, Some(node))));
                }
                // `cls=Encoder`: the library makes objects of it, and asks them.
                Meaning::Class(class) => {
                    let made = ["__init__", "__post_init__"].iter().filter_map(|name| self.method_of(class, name));
                    let run = made.chain(self.run_by_libraries(class));
                    out.extend(run.map(|def| (def, Some(node))));
                }
                _ => {}
            }
        }
        out
    }

    /// The functions of the project that stand in an expression, lambdas too.
    pub(super) fn functions_in(&self, expression: Node<'t>) -> Vec<(Def<'t>, Option<Node<'t>>)> {
        walk(expression)
            .filter(|n| matches!(n.kind(), "lambda" | "identifier" | "attribute" | "call") && !is_called(*n))
            .flat_map(|n| self.functions_at(n))
            .collect()
    }

    /// What a library's call does with the function or object that it is handed at a node: it calls it.
    fn called_back(&self, node: Node<'t>, out: &mut Vec<Implied<'t>>) {
        let handed = node.parent().is_some_and(|p| {
            matches!(p.kind(), "argument_list" | "keyword_argument" | "pair" | "list" | "tuple" | "set")
        });
        let Some(call) = handed.then(|| handed_to(node)).flatten() else { return };
        let prints = node.parent().is_some_and(|p| {
            let to = p.child_by_field_name("name").is_some_and(|n| self.text(n) == "file");
            p.kind() == "keyword_argument" && to && matches!(self.classify(call), CallKind::Print)
        });
        if prints || self.calls_what_it_is_handed(call) {
            // What has no effects of its own has those of what it is handed only where that is an object or a class.
            let known = matches!(self.classify(call), CallKind::Pure);
            // `hooks = {"response": keep}` in front of `requests.get(url, hooks=hooks)`
            let values = if node.kind() == "identifier" { self.one_step(node) } else { Vec::new() };
            let literals = values.into_iter().filter(|v| matches!(v.kind(), "dictionary" | "list" | "tuple"));
            let inside = literals.flat_map(|literal| self.functions_in(literal)).filter(|(_, object)| object.is_none());
            let all = self.functions_at(node).into_iter().chain(inside);
            for (def, object) in all.filter(|f| !known || self.serves_library(f.0)) {
                push(out, Implied { def, object, home: self.id, by: By::Library });
            }
        }
    }

    /// What a library may change that is handed an object: it may call any of its methods.
    pub(super) fn changes_by_handing(&self, node: Node<'t>) -> Vec<Change<'t>> {
        let mut out = Vec::new();
        let handed = node.parent().is_some_and(|p| matches!(p.kind(), "argument_list" | "keyword_argument"));
        let Some(call) = handed.then(|| handed_to(node)).flatten() else { return out };
        if !matches!(node.kind(), "identifier" | "attribute" | "call") || !self.calls_what_it_is_handed(call) {
            return out;
        }
        for meaning in self.meaning(node).all {
            let Meaning::Instance(class) = meaning else { continue };
            let places: Places = self
                .methods_within(class)
                .into_iter()
                .flat_map(|def| self.summary_of(def).writes().cloned().map(Place::whole).collect::<Vec<_>>())
                .collect();
            if !places.is_empty() {
                out.push(Change { places, direct: None, sure: false, node, by: None });
            }
        }
        out
    }

    /// The functions that stand in the body of a class.
    fn methods_within(&self, class: Def<'t>) -> Vec<Def<'t>> {
        let Some(file) = self.program.at(class.file) else { return Vec::new() };
        let body = class.node.child_by_field_name("body");
        let functions = body.into_iter().flat_map(walk).filter(|n| n.kind() == "function_definition");
        functions.map(|n| file.def(n)).collect()
    }

    /// The functions of the project that a library's call is handed, which it calls. Which methods it calls of objects is not
    /// asked here: it would lead to all of them.
    pub(super) fn called_by_library(&self, call: Call<'t>) -> Vec<Def<'t>> {
        let args = call.args().filter(|_| self.calls_what_it_is_handed(call));
        let named =
            args.flat_map(walk).filter(|n| matches!(n.kind(), "lambda" | "identifier" | "attribute") && !is_called(*n));
        let meant = named.flat_map(|n| match n.kind() {
            "lambda" => vec![Meaning::Function { def: self.def(n), bound: false }],
            _ => self.meaning(n).all,
        });
        let function = |m: Meaning<'t>| match m {
            Meaning::Function { def, .. } => Some(def),
            _ => None,
        };
        meant.filter_map(function).collect()
    }

    fn calls_what_it_is_handed(&self, call: Call<'t>) -> bool {
        let Some(function) = call.function() else { return false };
        if self.builtin(function).is_some() {
            return false;
        }
        match self.classify(call) {
            CallKind::Library(path) => !only_holds(&path),
            // `timeit.timeit(note)`
            CallKind::Catalogued | CallKind::Opaque(_) | CallKind::Clock(_) | CallKind::Blocking(_) => true,
            CallKind::Method { shallow: false, .. } => function.kind() == "attribute",
            // `json.dumps(…, cls=Encoder)`
            CallKind::Pure => self.import_path(function).is_some_and(|p| !self.is_project_path(&p) && !only_holds(&p)),
            _ => false,
        }
    }

    /// The function of the project that a function without effects of its own calls back: of `json.dumps`, of `re.sub`.
    pub(super) fn called_back_purely(&self, call: Call<'t>) -> Option<Node<'t>> {
        let function = call.function().filter(|f| self.builtin(*f).is_none())?;
        let known = match self.import_path(function) {
            Some(path) => !self.is_project_path(&path) && !only_holds(&path),
            None => {
                Attribute::cast(function).and_then(|a| a.name()).is_some_and(|n| matches!(self.text(n), "sub" | "subn"))
            }
        };
        let args = call.args().filter(|_| known).map(|a| match a.kind() {
            "keyword_argument" => a.child_by_field_name("value").unwrap_or(a),
            _ => a,
        });
        args.filter(|a| matches!(a.kind(), "identifier" | "attribute"))
            .find(|a| self.meaning(*a).all.iter().any(|m| matches!(m, Meaning::Function { .. })))
    }

    /// The variables behind whose objects a node runs code that may look at all of them: of a property, of an index, of what a
    /// library was given before.
    fn objects_asked(&self, node: Node<'t>) -> Reads<'t> {
        let mut out = Reads::new();
        for place in walk(node) {
            for implied in self.implicit(place) {
                let Some(object) = implied.object else { continue };
                let asked = match (implied.by, place.kind()) {
                    (By::Language, "attribute" | "subscript") => {
                        place.named_child(0).is_some_and(|o| o.id() == object.id())
                    }
                    (By::Language, _) => place.parent().is_some_and(|p| {
                        p.kind() == "subscript" && p.named_child(0).is_some_and(|o| o.id() == object.id())
                    }),
                    _ => true,
                };
                let home = if implied.home == self.id { Some(self) } else { self.program.at(implied.home) };
                if asked && let Some(place_of) = home.and_then(|home| home.place_of(object)) {
                    // An index stands around what it is asked of.
                    let at =
                        if implied.by == By::Language && place.id() == object.id() { place.parent() } else { None };
                    out.entry(place_of.var).or_default().push(at.unwrap_or(place));
                }
            }
        }
        out
    }

    /// What an expression reads through functions that it runs, named or not, and through the objects whose functions these
    /// are.
    pub(crate) fn unseen_reads(&self, node: Node<'t>) -> Reads<'t> {
        let mut out = self.indirect_reads(node);
        super::slice::merge(&mut out, self.objects_asked(node));
        out
    }

    /// Whose object a function that is run by a node changes as its own: the object that it is asked of, else all of its class.
    pub(crate) fn changed_object(
        &self,
        implied: &Implied<'t>,
        store: &Store<'t>,
        stop: &[Var],
    ) -> super::alias::Places {
        if let Some(object) = implied.object {
            let Some(home) = (if implied.home == self.id { Some(self) } else { self.program.at(implied.home) }) else {
                return super::alias::Places::default();
            };
            return match home.is_made_for_this(object) {
                true => self.changed_behind(implied.def, store, home, object, stop),
                false => home.reach(object, stop),
            };
        }
        let class = method_class(implied.def.node).and_then(Class::cast).and_then(|c| c.name());
        let Some((file, name)) = self.program.at(implied.def.file).zip(class) else { return Default::default() };
        let scope = file.names.scope_at(name);
        [super::alias::Place::whole(file.var_in(scope, file.text(name)))].into_iter().collect()
    }

    /// Whether an object is made for the call that it is handed to, or by it: it is nobody else's.
    pub(super) fn is_made_for_this(&self, object: Node<'t>) -> bool {
        let made = Call::cast(object).and_then(|c| c.function()).unwrap_or(object);
        let meaning = self.meaning(made);
        let class = |m: &Meaning<'t>| matches!(m, Meaning::Class(_) | Meaning::Function { bound: false, .. });
        match made.id() == object.id() {
            true => !meaning.all.is_empty() && meaning.all.iter().all(class),
            false => !meaning.all.is_empty() && meaning.all.iter().all(|m| matches!(m, Meaning::Class(_))),
        }
    }

    /// The class that `type(x)` and `x.__class__` are, also by the name of a variable.
    pub(super) fn class_behind(&self, node: Node<'t>) -> Vec<super::alias::Place> {
        let mut out = Vec::new();
        for value in self.one_step(node) {
            let object = match Call::cast(value) {
                Some(call) if call.function().is_some_and(|f| self.builtin(f) == Some("type")) => call.args().next(),
                _ => Attribute::cast(value)
                    .filter(|a| a.name().is_some_and(|n| self.text(n) == "__class__"))
                    .and_then(|a| a.object()),
            };
            for meaning in object.map(|o| self.meaning(o).all).unwrap_or_default() {
                let Meaning::Instance(class) = meaning else { continue };
                let Some(file) = self.program.at(class.file) else { continue };
                if let Some(name) = Class::cast(class.node).and_then(|c| c.name()) {
                    let scope = file.names.scope_at(class.node);
                    out.push(super::alias::Place::whole(file.var_in(scope, file.text(name))));
                }
            }
        }
        out
    }

    /// Whether a store of a function that a node runs counts: of what a library is handed, what is surely changed of its own
    /// object or of variables.
    pub(super) fn counts(&self, implied: &Implied<'t>, store: &Store<'t>) -> bool {
        if implied.by == By::Language {
            return true;
        }
        let Root::Parameter(name) = &store.root else { return store.sure };
        let Some(file) = self.program.at(implied.def.file) else { return true };
        let parameters = file.parameters(implied.def.node);
        let mut at = store.node;
        while at.kind() != "identifier" {
            let inner = Call::cast(at).and_then(|c| c.function()).or_else(|| at.named_child(0));
            let Some(inner) = inner else { break };
            at = inner;
        }
        // What is set in another parameter's object may hold something of this one.
        let here = store.file == implied.def.file && span(implied.def.node).contains(span(store.node));
        let of_another = here && file.text(at) != name.as_str() && parameters.contains(&file.text(at));
        let own = method_class(implied.def.node).is_some() && parameters.first() == Some(&name.as_str());
        store.sure && own && !of_another
    }

    /// What speaks against running a function several times at once that a library calls: what it asks of the library's own
    /// objects, which it is given, is the library's.
    pub(super) fn found_in(&self, implied: &Implied<'t>) -> Vec<Trouble<'t>> {
        let found = self.summary_of(implied.def).work.found.clone();
        let Some(file) = self.program.at(implied.def.file).filter(|_| implied.by != By::Language) else { return found };
        let parameters = file.parameters(implied.def.node);
        let asks_given = |t: &Trouble<'t>| {
            let receiver = Call::cast(t.node).and_then(|c| c.function()).and_then(Attribute::cast)?.object()?;
            Some(parameters.contains(&file.text(receiver)))
        };
        found.into_iter().filter(|t| t.code != Code::YIELD && asks_given(t) != Some(true)).collect()
    }

    /// What the functions that a decorator is handed read and change counts as the decorated function's: a library calls them.
    pub(super) fn adds_handed(&self, decorator: Node<'t>, summary: &mut Summary<'t>) {
        for (def, _) in self.functions_in(decorator) {
            let inner = self.summary_of(def);
            summary.reads.extend(inner.reads.iter().cloned());
            let kept = inner.stores.iter().filter(|s| matches!(s.root, Root::Variable(_)));
            summary.stores.extend(kept.cloned());
        }
    }
}

/// The special methods that the classes of a program may have.
pub(super) fn special_methods() -> impl Iterator<Item = &'static str> {
    let parts = [&TEXT[..], &ITEMS[..], &TRUTH[..], &EQUAL[..], &NUMBER[..], &OPERATORS[..], &OTHERS[..]];
    parts.into_iter().flatten().copied()
}

pub(super) fn push<'t>(out: &mut Vec<Implied<'t>>, implied: Implied<'t>) {
    if !out.contains(&implied) {
        out.push(implied);
    }
}

/// Whether a node is what a call calls.
fn is_called(node: Node<'_>) -> bool {
    node.parent().and_then(Call::cast).is_some_and(|c| c.function().is_some_and(|f| f.id() == node.id()))
}

/// The call that an expression is handed to, also in a list or dict.
fn handed_to(node: Node<'_>) -> Option<Call<'_>> {
    let through = ["keyword_argument", "pair", "list", "tuple", "set", "dictionary", "argument_list"];
    let around = ancestors(node).find(|a| !through.contains(&a.kind()))?;
    Call::cast(around).filter(|c| c.function().is_none_or(|f| f.id() != node.id()))
}

/// Whether a library's function only looks at or wraps a function that it is given.
pub(super) fn only_holds(path: &str) -> bool {
    let module = path.split('.').next().unwrap_or(path);
    matches!(module, "functools" | "inspect" | "typing" | "dataclasses" | "unittest" | "weakref" | "atexit")
        && !matches!(path, "functools.reduce" | "weakref.finalize")
}
