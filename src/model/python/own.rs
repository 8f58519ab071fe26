//! What this file's own classes do to the reading of it: a method named `format` need not be a string's, an attribute
//! may be a property, an operator may be a method.

use super::calls::CallKind;
use super::names::{Bound, Names};
use super::program::MAX_READ;
use super::receivers::Def;
use super::{File, Trouble};
use crate::syntax::python::{Attribute, Call, Class, Function};
use crate::syntax::{Node, Source, children, walk};
use rustc_hash::{FxHashMap, FxHashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The names that the file's own classes give a meaning to.
#[derive(Debug, Default, Clone)]
pub(crate) struct Own<'t> {
    /// Methods.
    pub methods: FxHashSet<Arc<str>>,
    /// Properties, and other attributes behind which code may run, with the files of their classes.
    pub properties: FxHashMap<Arc<str>, Vec<PathBuf>>,
    /// Methods of this file through which operators, indexing, iteration or formatting run code.
    pub operators: Vec<Def<'t>>,
    /// Whether the file imports from files of the project that cannot be read.
    pub unseen: bool,
}

/// What one file says of its classes and imports. It is the file's alone, so programs share it.
#[derive(Debug)]
pub(super) struct Outline {
    methods: Vec<Arc<str>>,
    properties: Vec<Arc<str>>,
    /// The paths that it imports.
    pub imports: Vec<Box<str>>,
    /// The names of the classes from which its own derive.
    bases: FxHashSet<Box<str>>,
    /// The attributes that it sets of other objects than `self`: `bot.build = …`.
    replaced: FxHashSet<Box<str>>,
    /// Whether it sends log lines to a file or to stdout.
    pub logs: bool,
    /// The folders that it adds to the search path.
    pub search_path: Vec<String>,
    bytes: usize,
}

impl Own<'_> {
    fn add(&mut self, outline: &Outline, path: &Path) {
        self.methods.extend(outline.methods.iter().cloned());
        for name in &outline.properties {
            self.properties.entry(name.clone()).or_default().push(path.to_path_buf());
        }
    }
}

impl Outline {
    /// Whether a class of the file may derive from one of a name.
    pub fn may_derive(&self, name: &str) -> bool {
        let renamed = || self.imports.iter().any(|i| i.rsplit('.').next() == Some(name));
        !self.bases.is_empty() && (self.bases.contains(name) || renamed())
    }

    /// Whether the file sets an attribute of an object that is not its own.
    pub fn replaces(&self, name: &str) -> bool {
        self.replaced.contains(name)
    }

    /// Reads a file.
    pub fn of(source: &Source, names: &Names<'_>) -> Self {
        let bindings = names.scopes().flat_map(|(_, s)| s.bindings.values().flatten());
        let mut imports: Vec<Box<str>> = bindings.filter_map(|b| b.import.as_deref()).map(Box::from).collect();
        imports.extend(names.star_imports.iter().map(|m| Box::from(m.as_str())));
        imports.sort_unstable();
        imports.dedup();
        let mut methods = FxHashSet::default();
        let mut properties = FxHashSet::default();
        for (member, name, decorated) in members(source) {
            methods.insert(name);
            let plain = |d: &str| d.contains("staticmethod") || d.contains("classmethod");
            if decorated && children(member).any(|c| c.kind() == "decorator" && !plain(source.of(c))) {
                properties.insert(name);
            }
        }
        let mut bases = FxHashSet::default();
        let mut replaced = FxHashSet::default();
        for node in walk(source.root()) {
            match node.kind() {
                "class_definition" => {
                    let list = node.child_by_field_name("superclasses").into_iter().flat_map(walk);
                    bases.extend(list.filter(|n| n.kind() == "identifier").map(|n| Box::from(source.of(n))));
                }
                "assignment" => {
                    let target = node.child_by_field_name("left").and_then(Attribute::cast);
                    let other = target.filter(|a| a.object().is_some_and(|o| source.of(o) != "self"));
                    replaced.extend(other.and_then(|a| a.name()).map(|n| Box::from(source.of(n))));
                }
                _ => {}
            }
        }
        let text = &source.text;
        let logs = text.contains("FileHandler(")
            || text.contains("basicConfig(") && (text.contains("filename=") || text.contains("stdout"))
            || text.contains("StreamHandler(sys.stdout")
            || text.contains("StreamHandler(stream");
        let kept = |names: FxHashSet<&str>| names.into_iter().map(Arc::from).collect();
        Self {
            methods: kept(methods),
            properties: kept(properties),
            imports,
            bases,
            replaced,
            logs,
            search_path: super::search_path(source),
            bytes: source.text.len(),
        }
    }
}

/// The functions right in the classes of a file: with decorators, name, and whether there are any decorators.
fn members(source: &Source) -> impl Iterator<Item = (Node<'_>, &str, bool)> {
    walk(source.root()).filter_map(Class::cast).filter_map(|c| c.body()).flat_map(children).filter_map(|member| {
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
            let here = Outline::of(self.source, &self.names);
            let mut own = Own { operators: self.operators(), ..Own::default() };
            let path = self.program.path(self.id).map_or_else(|| self.source.path.clone(), PathBuf::clone);
            let mut seen = FxHashSet::from_iter([path.clone()]);
            let mut left = MAX_READ;
            let mut pending = self.program.outlined(&path, &here, &mut own.unseen).0.clone();
            own.add(&here, &path);
            while let Some(path) = pending.pop() {
                if !seen.insert(path.clone()) {
                    continue;
                }
                let outline = self.program.outline(&path);
                let Some((rest, outline)) = outline.and_then(|o| Some((left.checked_sub(o.bytes)?, o))) else {
                    own.unseen = true;
                    continue;
                };
                left = rest;
                own.add(&outline, &path);
                pending.extend(self.program.outlined(&path, &outline, &mut own.unseen).0.iter().cloned());
            }
            own
        })
    }

    /// The methods through which operators, indexing, iteration or formatting run code.
    fn operators(&self) -> Vec<Def<'t>> {
        let special = |name: &str| name.starts_with("__") && name.ends_with("__") && !HARMLESS.contains(&name);
        members(self.source)
            .filter(|(_, name, _)| special(name))
            .map(|(member, ..)| self.def(definition(member)))
            .collect()
    }

    /// The definitions of a property in the classes of this file.
    fn properties_named(&self, name: &str) -> Vec<Def<'t>> {
        let named = members(self.source).filter(|(_, n, decorated)| *n == name && *decorated);
        named.map(|(member, ..)| self.def(definition(member))).collect()
    }

    /// Whether an object may be one of a class of this project, whose methods are not those of strings, lists and dicts.
    pub(crate) fn may_be_own_object(&self, receiver: Node<'t>) -> bool {
        if self.own().methods.is_empty() && !self.own().unseen {
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
        // Objects of classes of other files, where it is known that they are.
        for name in walk(node).filter(|n| n.kind() == "identifier" && super::alias::is_read_position(*n)) {
            for meaning in self.meaning(name).all {
                let super::receivers::Meaning::Instance(class) = meaning else { continue };
                let special = SPECIAL.iter().filter_map(|m| self.method_of(class, m));
                if let Some(def) = special.into_iter().find(|def| self.summary_of(*def).impure.is_some()) {
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
            let files = self.own().properties.get(name)?;
            let files: Vec<&File<'t>> = files.iter().filter_map(|path| self.program.file(path)).collect();
            let defs: Vec<Def<'t>> = files.into_iter().flat_map(|f| f.properties_named(name)).collect();
            let found = defs.iter().find(|def| self.summary_of(**def).impure.is_some())?;
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
