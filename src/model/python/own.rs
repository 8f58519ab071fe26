//! What this file's own classes do to the reading of it: a method named `format` need not be a string's, an attribute
//! may be a property, an operator may be a method.

use super::calls::CallKind;
use super::names::Bound;
use super::receivers::Def;
use super::{File, Trouble};
use crate::syntax::python::{Attribute, Call, Class, Function};
use crate::syntax::{Node, children, walk};
use rustc_hash::{FxHashMap, FxHashSet};

/// The names that the file's own classes give a meaning to.
#[derive(Debug, Default, Clone)]
pub(crate) struct Own<'t> {
    /// Methods.
    pub methods: FxHashSet<&'t str>,
    /// Properties, and other attributes behind which code may run.
    pub properties: FxHashMap<&'t str, Vec<Def<'t>>>,
    /// Methods through which operators, indexing, iteration or formatting run code.
    pub operators: Vec<Def<'t>>,
    /// Whether the file imports from files of the project that cannot be read.
    pub unseen: bool,
}

/// Methods that run only where an object is made or shown.
const HARMLESS: [&str; 8] =
    ["__init__", "__new__", "__post_init__", "__repr__", "__enter__", "__exit__", "__del__", "__init_subclass__"];

impl<'t> File<'t> {
    /// What the classes of this file, and of those files of the project that it imports, give a meaning to.
    pub(super) fn own(&self) -> &Own<'t> {
        self.own.get_or_init(|| {
            let mut own = self.own_classes();
            let mut pending = self.imported_files(&mut own.unseen);
            let mut seen = FxHashSet::from_iter([self.id]);
            while let Some(file) = pending.pop() {
                if !seen.insert(file.id) {
                    continue;
                }
                let theirs = file.own_classes();
                own.methods.extend(theirs.methods);
                for (name, defs) in theirs.properties {
                    own.properties.entry(name).or_default().extend(defs);
                }
                pending.extend(file.imported_files(&mut own.unseen));
            }
            own
        })
    }

    /// The files of the project that this one imports; `unseen` is set where one of them cannot be read.
    fn imported_files(&self, unseen: &mut bool) -> Vec<&'t File<'t>> {
        let mut out = Vec::new();
        let bindings = self.names.scopes().flat_map(|(_, s)| s.bindings.values().flatten());
        for path in bindings.filter_map(|b| b.import.as_deref()) {
            let Some(found) = self.program.find(self, path) else {
                *unseen |= path.starts_with('.');
                continue;
            };
            let Some(file) = found.file else { continue };
            match self.program.file(&file) {
                Some(file) => out.push(file),
                None => *unseen = true,
            }
        }
        out.extend(self.star_files());
        out
    }

    /// Reads the file's classes.
    fn own_classes(&self) -> Own<'t> {
        let mut own = Own::default();
        for class in walk(self.source.root()).filter_map(Class::cast) {
            let Some(body) = class.body() else { continue };
            for member in children(body) {
                let (def, decorated) = match member.kind() {
                    "decorated_definition" => (member.child_by_field_name("definition"), true),
                    _ => (Some(member), false),
                };
                let Some(function) = def else { continue };
                let Some(name) = def.and_then(Function::cast).and_then(|f| f.name()).map(|n| self.text(n)) else {
                    continue;
                };
                own.methods.insert(name);
                let decorators = children(member).filter(|c| c.kind() == "decorator");
                if decorated
                    && decorators
                        .map(|d| self.text(d))
                        .any(|d| !d.contains("staticmethod") && !d.contains("classmethod"))
                {
                    own.properties.entry(name).or_default().push(self.def(function));
                }
                if name.starts_with("__") && name.ends_with("__") && !HARMLESS.contains(&name) {
                    own.operators.push(self.def(function));
                }
            }
        }
        own
    }

    /// Whether an object may be one of a class of this project, whose methods are not those of strings, lists and dicts.
    pub(crate) fn may_be_own_object(&self, receiver: Node<'t>) -> bool {
        if self.own().methods.is_empty() && !self.own().unseen {
            return false;
        }
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

    fn is_import(&self, node: Node<'t>) -> bool {
        self.import_path(node).is_some()
    }

    /// An attribute or operator in the work behind which the project's own code runs, where that code has effects.
    pub(crate) fn own_code_behind(&self, node: Node<'t>) -> Option<Trouble<'t>> {
        let effects = |def: &&Def<'t>| self.summary_of(**def).impure.is_some();
        if let Some(member) = self.own().operators.iter().find(effects) {
            let trouble = Trouble::not_analysed(
                node,
                "a class of this file gives operators, indexing or iteration a meaning of its own, with effects",
            );
            return Some(Trouble { cause: Some((member.file, member.node)), ..trouble });
        }
        walk(node).filter_map(Attribute::cast).find_map(|a| {
            let defs = self.own().properties.get(a.name().map(|n| self.text(n))?)?;
            let found = defs.iter().find(|def| self.summary_of(**def).impure.is_some())?;
            let trouble = Trouble::not_analysed(
                a.0,
                format!("`{}` may be a property of a class of the project, which runs code with effects", self.text(a.0)),
            );
            Some(Trouble { cause: Some((found.file, found.node)), ..trouble })
        })
    }
}
