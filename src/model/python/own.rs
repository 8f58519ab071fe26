//! What this file's own classes do to the reading of it: a method named `format` need not be a string's, an attribute
//! may be a property, an operator may be a method.

use super::calls::CallKind;
use super::closure::Closure;
use super::names::Bound;
use super::receivers::Def;
use super::{File, Trouble};
use crate::syntax::python::{Attribute, Call, Class, Function};
use crate::syntax::{Node, Source, children, walk};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What the classes of a file, and of those files of the project to which its imports lead, give a meaning to.
#[derive(Debug)]
pub(crate) struct Own<'t> {
    /// Methods of this file through which operators, indexing, iteration or formatting run code.
    pub operators: Vec<Def<'t>>,
    /// The names of special methods that some class has.
    pub special: Vec<&'static str>,
    /// Whether the file makes properties otherwise than by decorating.
    pub makes_properties: bool,
    closure: Arc<Closure>,
}

/// The functions right in a class: with decorators, name, and whether there are any decorators.
pub(super) fn members<'s>(source: &'s Source, class: Class<'s>) -> impl Iterator<Item = (Node<'s>, &'s str, bool)> {
    class.body().into_iter().flat_map(children).filter_map(|member| {
        let (def, decorated) = match member.kind() {
            "decorated_definition" => (member.child_by_field_name("definition"), true),
            _ => (Some(member), false),
        };
        let name = def.and_then(Function::cast).and_then(|f| f.name()).map(|n| source.of(n))?;
        Some((member, name, decorated))
    })
}

/// Methods that run only where an object is made or entered.
const HARMLESS: [&str; 9] = [
    "__init__",
    "__new__",
    "__post_init__",
    "__call__",
    "__enter__",
    "__exit__",
    "__aenter__",
    "__aexit__",
    "__init_subclass__",
];

/// Methods that run where an object is shown, measured, compared, indexed or iterated.
const SPECIAL: [&str; 14] = [
    "__repr__",
    "__str__",
    "__format__",
    "__len__",
    "__bool__",
    "__eq__",
    "__hash__",
    "__getitem__",
    "__contains__",
    "__iter__",
    "__next__",
    "__add__",
    "__getattr__",
    "__getattribute__",
];

impl<'t> File<'t> {
    /// What the classes of this file, and of those files of the project that it imports, give a meaning to.
    pub(super) fn own(&self) -> &Own<'t> {
        self.own.get_or_init(|| {
            let path = self.program.path(self.id).map_or(self.source.path.as_path(), PathBuf::as_path);
            let closure = self.program.closure_of(path);
            let graph = self.program.graph();
            let special = super::unseen::special_methods().filter(|name| graph.has_method(&closure, name)).collect();
            let makes_properties = ["property("].iter().any(|by| self.source.text.contains(by));
            Own { operators: self.operators(), special, makes_properties, closure }
        })
    }

    /// Whether some class of this file or of those that it imports has methods.
    pub(super) fn own_has_methods(&self) -> bool {
        self.own().closure.has_methods
    }

    /// Whether the file imports from files of the project that cannot be read.
    pub(super) fn imports_unseen(&self) -> bool {
        self.own().closure.unseen
    }

    /// Whether some class of this file or of those that it imports has a method of a name.
    pub(super) fn is_own_method(&self, name: &str) -> bool {
        let closure = &self.own().closure;
        closure.has_methods && self.program.graph().has_method(closure, name)
    }

    /// Whether some class of this file or of those that it imports has a property of a name.
    pub(super) fn has_property(&self, name: &str) -> bool {
        !self.files_with_property(name).is_empty()
    }

    /// The files, of those and this one, with a class that has a property of a name.
    pub(super) fn files_with_property(&self, name: &str) -> Vec<Arc<Path>> {
        self.program.graph().with_property(&self.own().closure, name)
    }

    /// The methods through which operators, indexing, iteration or formatting run code.
    fn operators(&self) -> Vec<Def<'t>> {
        let special = |name: &str| name.starts_with("__") && name.ends_with("__") && !HARMLESS.contains(&name);
        self.members().filter(|(_, name, _)| special(name)).map(|(member, ..)| self.def(definition(member))).collect()
    }

    /// The functions right in the classes of this file.
    fn members(&self) -> impl Iterator<Item = (Node<'t>, &'t str, bool)> {
        let source: &'t Source = self.source;
        walk(source.root()).filter_map(Class::cast).flat_map(move |class| members(source, class))
    }

    /// The definitions of a property in the classes of this file.
    pub(super) fn properties_named(&self, name: &str) -> Vec<Def<'t>> {
        let named = self.members().filter(|(_, n, decorated)| *n == name && *decorated);
        named.map(|(member, ..)| self.def(definition(member))).collect()
    }

    /// Whether an object may be one of a class of this project, whose methods are not those of strings, lists and dicts.
    pub(crate) fn may_be_own_object(&self, receiver: Node<'t>) -> bool {
        if !self.own().closure.has_methods && !self.imports_unseen() {
            return false;
        }
        if let Some(known) = self.own_objects.borrow().get(&receiver.id()) {
            return *known;
        }
        // A question that leads back to itself: perhaps.
        self.own_objects.borrow_mut().insert(receiver.id(), true);
        let found = self.is_perhaps_own(receiver);
        self.own_objects.borrow_mut().insert(receiver.id(), found);
        found
    }

    fn is_perhaps_own(&self, receiver: Node<'t>) -> bool {
        let mut root = receiver;
        loop {
            root = match root.kind() {
                "attribute" | "subscript" | "parenthesized_expression" => match root.named_child(0) {
                    Some(inner) => inner,
                    None => return true,
                },
                "call" => match Call(root).function().and_then(Attribute::cast).and_then(|a| a.object()) {
                    Some(inner) if !self.is_import(inner) => inner,
                    _ => return matches!(self.classify(Call(root)), CallKind::Opaque(_)),
                },
                "identifier" => break,
                // A literal, a display, an operator on such.
                _ => return false,
            };
        }
        let Some(var) = self.var(root) else { return false };
        self.names.bindings(var.scope, &var.name).iter().any(|b| match b.bound {
            Bound::Value(Some(e)) => match e.kind() {
                "call" => matches!(self.classify(Call(e)), CallKind::Opaque(_) | CallKind::Method { .. }),
                "identifier" | "attribute" | "subscript" | "conditional_expression" | "boolean_operator" | "await" => {
                    true
                }
                _ => false,
            },
            Bound::Import | Bound::Augmented => false,
            Bound::With(e) => Call::cast(e).is_none_or(|c| matches!(self.classify(c), CallKind::Opaque(_))),
            // An item, a part, a parameter: plain only where its source is.
            Bound::Item(e) | Bound::Part(e) => !self.is_tree(e),
            _ => true,
        })
    }

    pub(super) fn is_import(&self, node: Node<'t>) -> bool {
        self.import_path(node).is_some()
    }

    /// A method of this file through which operators, indexing, iteration or formatting have effects.
    ///
    /// Such a method's own code may use operators again, and so this question leads back to itself. There it is left out:
    /// if none has effects besides, none has any. If one has, what was concluded of this file meanwhile is forgotten.
    fn operator_with_effects(&self) -> Option<Def<'t>> {
        if let Some(known) = self.operator_effects.get() {
            return *known;
        }
        if self.asks_operators.replace(true) {
            return None;
        }
        let found = self.own().operators.iter().find(|def| self.summary_of(**def).impurity().is_some()).copied();
        self.asks_operators.set(false);
        if found.is_some() {
            self.forget_summaries();
        }
        *self.operator_effects.get_or_init(|| found)
    }

    /// An attribute or operator in the work behind which the project's own code runs, where that code has effects.
    pub(crate) fn own_code_behind(&self, node: Node<'t>) -> Option<Trouble<'t>> {
        if let Some(member) = self.operator_with_effects() {
            let trouble = Trouble::not_analysed(
                node,
                "a class of this file gives operators, indexing or iteration a meaning of its own, with effects",
            );
            return Some(Trouble { cause: Some((member.file, member.node)), ..trouble });
        }
        // Objects of classes of other files, where it is known that they are.
        for name in walk(node).filter(|n| n.kind() == "identifier" && super::alias::is_read_position(*n)) {
            for meaning in self.meaning(name).all {
                let super::receivers::Meaning::Instance(class) = meaning else { continue };
                let special = SPECIAL.iter().filter_map(|m| self.method_of(class, m)).filter(|d| d.file != self.id);
                if let Some(def) = special.into_iter().find(|def| self.summary_of(*def).impurity().is_some()) {
                    let trouble = Trouble::not_analysed(
                        name,
                        format!("an operator, `len` or formatting of `{}` may run code with effects", self.text(name)),
                    );
                    return Some(Trouble { cause: Some((def.file, def.node)), ..trouble });
                }
            }
        }
        walk(node).filter_map(Attribute::cast).find_map(|a| {
            let name = self.text(a.name()?);
            let files = self.files_with_property(name);
            let files: Vec<&File<'t>> = files.iter().filter_map(|path| self.program.file(path)).collect();
            let defs: Vec<Def<'t>> = files.into_iter().flat_map(|f| f.properties_named(name)).collect();
            let found = defs.iter().find(|def| self.summary_of(**def).impurity().is_some())?;
            let trouble = Trouble::not_analysed(
                a.0,
                format!(
                    "`{}` may be a property of a class of the project, which runs code with effects",
                    self.text(a.0)
                ),
            );
            Some(Trouble { cause: Some((found.file, found.node)), ..trouble })
        })
    }
}

/// The function under its decorators.
fn definition(member: Node<'_>) -> Node<'_> {
    member.child_by_field_name("definition").filter(|_| member.kind() == "decorated_definition").unwrap_or(member)
}
