//! What methods read of their own object: `self.ask(x)` need not read `self.out`.

use super::alias::{Place, Places};
use super::calls::CallKind;
use super::effects::{Change, is_target};
use super::names::{Bound, ScopeKind};
use super::owned::set_to;
use super::receivers::{Def, Meaning, method_class};
use super::{File, Var};
use crate::catalog::PythonFacts;
use crate::syntax::python::{Attribute, Call, enclosing_scope};
use crate::syntax::{Node, ancestors, children, walk};
use std::collections::BTreeSet;

/// At most this many methods are looked through for one call.
const MAX_METHODS: usize = 60;

/// At most this many functions that they call.
const MAX_CALLED: usize = 300;

/// The attributes that some methods read of their object, and the methods.
#[derive(Debug, Default)]
struct Read<'t> {
    keys: BTreeSet<String>,
    seen: Vec<Def<'t>>,
}

impl<'t> File<'t> {
    /// The places of `self` that a call of one of its methods reads, where what the loop changes of `self` is told apart
    /// from them: none where the method may look at all of it.
    pub(super) fn receiver_places(&self, receiver: Node<'t>, var: &Var, changes: &[Change<'t>]) -> Option<Places> {
        if !self.is_self(receiver) {
            return None;
        }
        let method = receiver.parent().filter(|p| p.kind() == "attribute")?;
        method.parent().and_then(Call::cast)?.function().filter(|f| f.id() == method.id())?;
        let class = class_of(receiver)?;
        let family = self.family(self.def(class))?;
        if self.escapes(&family) {
            return None;
        }
        let mut read = Read::default();
        for def in self.known_methods(method)? {
            self.keys_of(def, &mut read)?;
        }
        let elsewhere = self.named_elsewhere(&read.seen)?;
        let touches = |c: &&Change<'t>| c.places.iter().chain(&c.direct).any(|p| p.var == *var);
        for change in changes.iter().filter(touches) {
            let (key, in_place) = self.shallow_change(change)?;
            if read.keys.contains(key) || elsewhere.contains(key) || in_place && !self.is_own_object(&family, key) {
                return None;
            }
        }
        let parameter = |p: &Place| p.var.name == "*parameters*";
        // Another parameter may be this object.
        let others = changes.iter().any(|c| !touches(&c) && c.places.iter().any(parameter));
        let mut out: Places = read.keys.iter().flat_map(|key| self.reach_key(var, key)).collect();
        out.retain(|p| others || !parameter(p));
        Some(out)
    }

    /// The places of a variable that the code behind a property or an index of it reads, where a node is such a one.
    pub(super) fn asked_places(&self, node: Node<'t>, var: &Var) -> Option<Places> {
        let object = node.named_child(0).filter(|_| matches!(node.kind(), "attribute" | "subscript"))?;
        let place = self.place_of(object).filter(|p| p.var == *var)?;
        if let Some(key) = &place.key {
            return Some(self.reach_key(var, key));
        }
        let asked = if node.kind() == "attribute" { self.implicit(node) } else { self.implicit(object) };
        let mut read = Read::default();
        for implied in asked.iter().filter(|i| i.object.is_some_and(|o| o.id() == object.id())) {
            if self.keys_of(implied.def, &mut read).is_none() {
                return Some(self.reach_var(var));
            }
        }
        Some(read.keys.iter().flat_map(|key| self.reach_key(var, key)).collect())
    }

    /// The attributes that some methods, and all that they call, read of other objects: one of those may be the same object.
    /// None where that is too much to look through.
    fn named_elsewhere(&self, methods: &[Def<'t>]) -> Option<BTreeSet<&'t str>> {
        let mut out = BTreeSet::new();
        let mut seen: Vec<Def<'t>> = Vec::new();
        let mut pending = methods.to_vec();
        while let Some(def) = pending.pop() {
            let Some(file) = self.program.at(def.file).filter(|_| !seen.contains(&def)) else { continue };
            if seen.len() >= MAX_CALLED {
                return None;
            }
            seen.push(def);
            let own = methods.contains(&def);
            for node in walk(def.node) {
                if let Some(a) = Attribute::cast(node) {
                    let of_self = own && a.object().is_some_and(|o| file.is_self(o));
                    out.extend(a.name().filter(|_| !of_self).map(|n| file.text(n)));
                } else if let Some(call) = Call::cast(node) {
                    pending.extend(file.callees(call));
                }
            }
        }
        Some(out)
    }

    /// The attribute of `self` that a change sets, or whose own object it changes: `self.total += 1`, `self.out.append(x)`,
    /// `self.seen[k] = v`; and whether it changes an object. None for a change further inside.
    fn shallow_change(&self, change: &Change<'t>) -> Option<(&'t str, bool)> {
        let node = change.node;
        let (access, in_place) = match node.kind() {
            "attribute" if is_target(node) => {
                let sets = node.parent().is_some_and(|p| p.kind() == "assignment");
                (node, !sets)
            }
            "subscript" if is_target(node) => (node.child_by_field_name("value")?, true),
            "call" => match self.classify(Call(node)) {
                CallKind::Method { receiver, shallow: true } => (receiver, true),
                // `self.average.update(x)`: a method that changes its own object and nothing else.
                CallKind::Functions(defs) if defs.iter().all(|def| self.changes_itself_only(*def)) => {
                    (Call(node).function().and_then(Attribute::cast)?.object()?, true)
                }
                _ => return None,
            },
            _ => return None,
        };
        let access = Attribute::cast(access).filter(|a| a.object().is_some_and(|o| self.is_self(o)))?;
        Some((self.text(access.name()?), in_place))
    }

    /// Whether a part of `self` (see [`File::is_own_part`]) is one that nobody else gets to see: no other file knows
    /// the class, and this one nowhere asks an object for it or gives it back.
    pub(super) fn is_secret_part(&self, node: Node<'t>) -> bool {
        let Some(key) = Attribute::cast(node).and_then(|a| a.name()).map(|n| self.text(n)) else { return false };
        self.is_own_part(node)
            && self.program.importers(self.located()).is_empty()
            && !walk(self.source.root()).filter_map(Attribute::cast).any(|a| {
                let named = a.name().is_some_and(|n| self.text(n) == key);
                let seen = || {
                    let of_self = a.object().is_some_and(|o| self.is_self(o));
                    !of_self || a.0.parent().is_none_or(|p| matches!(p.kind(), "return_statement" | "argument_list"))
                };
                named
                    && seen()
                    && !a.0.parent().and_then(|p| p.parent()).and_then(Call::cast).is_some_and(|c| self.gives_scalar(c))
            })
    }

    /// Whether a function is a method of objects that share nothing, and changes only the one that it is called on.
    pub(super) fn changes_itself_only(&self, def: Def<'t>) -> bool {
        let Some(file) = self.program.at(def.file) else { return false };
        let own = file.parameters(def.node).first().copied();
        let summary = self.summary_of(def);
        method_class(def.node).is_some_and(|class| file.is_apart(class))
            && summary.writes().next().is_none()
            && summary.changes().all(|parameter| Some(parameter) == own)
    }

    /// Whether methods of some classes hand their object on, or keep something that leads back to it.
    fn escapes(&self, family: &[Def<'t>]) -> bool {
        let methods = family.iter().filter_map(|c| Some((self.program.at(c.file)?, *c))).flat_map(|(file, class)| {
            let scope = file.names.opened_by(class.node).map(|s| file.names.scope(s));
            let defs = scope.into_iter().flat_map(|s| s.bindings.values().flatten()).filter_map(|b| match b.bound {
                Bound::Function(def) => Some(def),
                _ => None,
            });
            defs.map(move |def| (file, def)).collect::<Vec<_>>()
        });
        methods.into_iter().any(|(file, def)| {
            let (Some(own), Some(scope)) = (file.parameters(def).first().copied(), file.names.opened_by(def)) else {
                return false;
            };
            if file.decorator_of(file.def(def), &["staticmethod", "classmethod"]) {
                return false;
            }
            file.names.reads_of(scope, own).any(|read| {
                let direct = read.scope == scope
                    || file.names.scope(read.scope).kind == ScopeKind::Comprehension
                        && enclosing_scope(read.node).is_some_and(|s| s.id() == def.id());
                let access = read.node.parent().and_then(Attribute::cast);
                let access = access.filter(|a| a.object().is_some_and(|o| o.id() == read.node.id()));
                let Some((access, true)) = access.map(|a| (a, direct)) else { return true };
                let name = access.name().map_or("", |n| file.text(n));
                let called = access
                    .0
                    .parent()
                    .and_then(Call::cast)
                    .is_some_and(|c| c.function().is_some_and(|f| f.id() == access.0.id()));
                let is_method = family.iter().any(|c| file.method_of(*c, name).is_some());
                is_method && !called && !file.has_property(name)
            })
        })
    }

    /// The methods that an attribute of `self` may be, where all are known.
    fn known_methods(&self, method: Node<'t>) -> Option<Vec<Def<'t>>> {
        let meaning = self.meaning(method);
        if meaning.unknown || meaning.all.is_empty() {
            return None;
        }
        meaning
            .all
            .iter()
            .map(|m| match m {
                Meaning::Function { def, .. } => Some(*def),
                _ => None,
            })
            .collect()
    }

    /// Adds what a method reads of its object; none where that cannot be told.
    fn keys_of(&self, def: Def<'t>, read: &mut Read<'t>) -> Option<()> {
        if read.seen.contains(&def) {
            return Some(());
        }
        if read.seen.len() >= MAX_METHODS {
            return None;
        }
        read.seen.push(def);
        let file = self.program.at(def.file)?;
        method_class(def.node)?;
        if self.decorator_of(def, &["staticmethod"]) {
            return Some(());
        }
        if self.decorator_of(def, &["classmethod"])
            || walk(def.node).any(|n| n.kind() == "identifier" && file.text(n) == "super")
        {
            return None;
        }
        let own = file.parameters(def.node).first().copied()?;
        let scope = file.names.opened_by(def.node)?;
        if file.names.bindings(scope, own).len() != 1 {
            return None;
        }
        for name in file.names.reads_of(scope, own) {
            file.key_read(name.node, read)?;
        }
        Some(())
    }

    /// What one mention of an object reads of it.
    fn key_read(&self, name: Node<'t>, read: &mut Read<'t>) -> Option<()> {
        let access =
            name.parent().and_then(Attribute::cast).filter(|a| a.object().is_some_and(|o| o.id() == name.id()))?;
        let key = self.text(access.name()?);
        if key.starts_with("__") {
            return None;
        }
        // `self.x = …` alone reads nothing.
        if is_target(access.0) && access.0.parent().is_some_and(|p| p.kind() == "assignment") {
            return Some(());
        }
        if self.has_property(key) {
            let class = class_of(name)?;
            let family = self.family(self.def(class))?;
            for def in family.iter().filter_map(|c| self.method_of(*c, key)) {
                self.keys_of(def, read)?;
            }
        }
        let called = access
            .0
            .parent()
            .and_then(Call::cast)
            .is_some_and(|c| c.function().is_some_and(|f| f.id() == access.0.id()));
        let meaning = self.meaning(access.0);
        let methods = meaning.all.iter().filter_map(|m| match m {
            Meaning::Function { def, .. } => Some(*def),
            _ => None,
        });
        let mut any = false;
        for def in methods {
            any = true;
            match method_class(def.node) {
                Some(_) => self.keys_of(def, read)?,
                // A function of the module that is kept in an attribute gets what it is given.
                None if enclosing_scope(def.node).is_none() && def.node.kind() != "lambda" => {}
                None => return None,
            }
        }
        if called && (!any || meaning.unknown) {
            // A client that is called, or what nobody knows.
            let known =
                !meaning.unknown && meaning.all.iter().all(|m| matches!(m, Meaning::Made(..) | Meaning::Library(_)));
            if !known || !self.is_set_in_class(name, key) {
                return None;
            }
        }
        read.keys.insert(key.to_string());
        Some(())
    }

    /// Whether an attribute is set by the class around a mention of `self`, so that it is no method of a library's base.
    fn is_set_in_class(&self, name: Node<'t>, key: &str) -> bool {
        class_of(name).and_then(|c| self.family(self.def(c))).is_some_and(|f| self.set_keys(&f).contains(key))
    }

    /// A class with its bases and those that derive from it; none where a base is not of the project, or where attributes
    /// are found by code.
    fn family(&self, class: Def<'t>) -> Option<Vec<Def<'t>>> {
        let mut out = self.with_derived(class)?;
        let mut at = 0;
        while let Some(class) = out.get(at).copied() {
            at += 1;
            for magic in ["__getattr__", "__getattribute__", "__setattr__", "__dict__", "__slots__"] {
                let file = self.program.at(class.file)?;
                let scope = file.names.opened_by(class.node)?;
                if !file.names.bindings(scope, magic).is_empty() {
                    return None;
                }
            }
            let written = class
                .node
                .child_by_field_name("superclasses")
                .into_iter()
                .flat_map(children)
                .filter(|b| b.kind() != "keyword_argument")
                .count();
            let bases = self.bases(class);
            if bases.len() < written {
                return None;
            }
            for base in bases.iter() {
                match base {
                    Meaning::Class(base) if !out.contains(base) => out.push(*base),
                    Meaning::Class(_) => {}
                    Meaning::Builtin("object") => {}
                    Meaning::Library(path)
                        if matches!(path.as_str(), "abc.ABC" | "typing.Protocol" | "typing.Generic") => {}
                    _ => return None,
                }
            }
        }
        Some(out)
    }

    /// The attributes that the methods of some classes set.
    fn set_keys(&self, family: &[Def<'t>]) -> BTreeSet<String> {
        let mut out = BTreeSet::new();
        for class in family {
            let Some(file) = self.program.at(class.file) else { continue };
            let set = walk(class.node).filter(|n| n.kind() == "attribute" && is_target(*n));
            let own = set.filter_map(Attribute::cast).filter(|a| a.object().is_some_and(|o| file.is_self(o)));
            out.extend(own.filter_map(|a| a.name()).map(|n| file.text(n).to_string()));
            let body = file.names.opened_by(class.node).map(|s| file.names.scope(s));
            out.extend(
                body.into_iter()
                    .flat_map(|s| &s.bindings)
                    .filter(|(_, b)| b.iter().any(|b| matches!(b.bound, Bound::Value(_))))
                    .map(|(name, _)| name.clone()),
            );
        }
        out
    }

    /// Whether an attribute holds an object that no other attribute holds: it is made where it is set, and then only looked
    /// into, measured, shown or handed back.
    fn is_own_object(&self, family: &[Def<'t>], key: &str) -> bool {
        family.iter().all(|class| {
            let Some(file) = self.program.at(class.file) else { return false };
            // What the class holds, all of its objects share; a dataclass makes one for each.
            let body = file.names.opened_by(class.node).map(|s| file.names.bindings(s, key)).unwrap_or_default();
            let shared = body.iter().any(|b| match b.bound {
                Bound::Value(Some(e)) => {
                    let made = is_factory(file.text(e));
                    !made && !matches!(e.kind(), "integer" | "float" | "string")
                }
                Bound::Value(None) => false,
                _ => true,
            });
            !shared
                && walk(class.node).filter_map(Attribute::cast).all(|a| {
                    let own =
                        a.name().is_some_and(|n| file.text(n) == key) && a.object().is_some_and(|o| file.is_self(o));
                    !own || file.is_kept_apart(a.0)
                })
        })
    }

    /// Whether `self.name` is a list, dict or set wherever its class sets it.
    pub(super) fn is_container_attribute(&self, node: Node<'t>) -> bool {
        let Some(access) = Attribute::cast(node).filter(|a| a.object().is_some_and(|o| self.is_self(o))) else {
            return false;
        };
        let name = access.name().map_or("", |n| self.text(n));
        let Some(family) = class_of(node).and_then(|c| self.family(self.def(c))) else { return false };
        let mut values = Vec::new();
        for class in &family {
            let Some(file) = self.program.at(class.file) else { return false };
            let body = file.names.opened_by(class.node).map(|s| file.names.bindings(s, name)).unwrap_or_default();
            values.extend(body.iter().map(|b| match b.bound {
                Bound::Value(value) => value.is_none_or(|e| is_factory(file.text(e))),
                _ => false,
            }));
            for set in walk(class.node).filter(|n| n.kind() == "attribute" && is_target(*n)).filter_map(Attribute::cast)
            {
                if set.name().is_some_and(|n| file.text(n) == name) && set.object().is_some_and(|o| file.is_self(o)) {
                    let value = set_to(set.0);
                    values.push(value.is_some_and(|v| {
                        match v.kind() {
                            "list" | "dictionary" | "set" | "list_comprehension" | "dictionary_comprehension" => true,
                            "call" => Call(v)
                                .function()
                                .and_then(|f| file.builtin(f))
                                .is_some_and(|n| matches!(n, "list" | "dict" | "set")),
                            _ => false,
                        }
                    }));
                }
            }
        }
        !values.is_empty() && values.into_iter().all(|v| v)
    }

    /// Whether an attribute of `self` holds a list, dict or set, or an object that shares nothing, that the class has made and
    /// keeps nowhere else: a change to it is none to what it was filled with.
    pub(super) fn is_own_part(&self, node: Node<'t>) -> bool {
        let (Some(access), Some(class)) = (Attribute::cast(node), class_of(node)) else { return false };
        let Some(key) = access.name().map(|n| self.text(n)) else { return false };
        if let Some(known) = self.classes.parts.borrow().get(&(class.id(), key)) {
            return *known;
        }
        // A question that leads back to itself: nobody knows.
        self.classes.parts.borrow_mut().insert((class.id(), key), false);
        let meaning = self.meaning(node);
        let apart = |m: &Meaning<'t>| match m {
            Meaning::Instance(class) => self.program.at(class.file).is_some_and(|file| file.is_apart(class.node)),
            _ => false,
        };
        let object = !meaning.unknown && !meaning.all.is_empty() && meaning.all.iter().all(apart);
        let found = (object || self.is_container_attribute(node))
            && !self.program.is_replaced(key)
            && self.family(self.def(class)).is_some_and(|family| self.is_own_object(&family, key));
        self.classes.parts.borrow_mut().insert((class.id(), key), found);
        found
    }

    fn is_kept_apart(&self, access: Node<'t>) -> bool {
        let Some(parent) = access.parent() else { return false };
        if is_target(access) {
            return match parent.kind() {
                "augmented_assignment" => true,
                "assignment" | "pattern_list" | "tuple_pattern" => set_to(access).is_some_and(|v| self.is_made_anew(v)),
                _ => false,
            };
        }
        match parent.kind() {
            "attribute" => true,
            "subscript" => parent.child_by_field_name("value").is_some_and(|v| v.id() == access.id()),
            "comparison_operator"
            | "return_statement"
            | "interpolation"
            | "not_operator"
            | "if_statement"
            | "binary_operator" => true,
            "for_statement" | "for_in_clause" => true,
            "argument_list" => parent.parent().and_then(Call::cast).is_some_and(|c| {
                let path =
                    c.function().and_then(|f| self.builtin(f).map(str::to_string).or_else(|| self.import_path(f)));
                let facts = &self.catalog.python;
                path.is_some_and(|p| {
                    matches!(
                        p.as_str(),
                        "print"
                            | "len"
                            | "str"
                            | "sum"
                            | "list"
                            | "sorted"
                            | "enumerate"
                            | "json.dumps"
                            | "json.dump"
                            | "open"
                    ) || PythonFacts::has(&facts.scalar_functions, &p)
                })
            }),
            _ => false,
        }
    }

    /// Whether a value is made where it stands, or is a number or a string.
    fn is_made_anew(&self, value: Node<'t>) -> bool {
        match value.kind() {
            "list" | "dictionary" | "set" => children(value).next().is_none(),
            "integer"
            | "float"
            | "string"
            | "true"
            | "false"
            | "none"
            | "list_comprehension"
            | "concatenated_string" => true,
            // What a call of the work's kind answers, or a number.
            "identifier" | "subscript" | "attribute" => self.reach(value, &[]).iter().all(|p| self.is_answer(p)),
            "call" => {
                let call = Call(value);
                let builtin = call.function().and_then(|f| self.builtin(f));
                let empty = matches!(builtin, Some("list" | "dict" | "set")) && call.args().next().is_none();
                let path = call.function().and_then(|f| self.import_path(f));
                let counter = matches!(path.as_deref(), Some("collections.Counter" | "collections.deque"))
                    && call.args().next().is_none();
                empty || counter || self.reach(value, &[]).iter().all(|p| self.is_answer(p))
            }
            _ => false,
        }
    }

    /// Whether a place is a local variable that holds nothing but itself: what it got leads nowhere else.
    fn is_answer(&self, place: &Place) -> bool {
        let home = self.home(&place.var);
        let bindings = home.names.bindings(place.var.scope, &place.var.name);
        !bindings.is_empty()
            && super::receivers::is_call_scope(home.names.scope(place.var.scope).kind)
            && bindings.iter().all(|b| matches!(b.bound, Bound::Value(Some(e)) if e.kind() == "call"))
    }
}

/// `field(default_factory=list)` of a dataclass: a new object for each.
fn is_factory(text: &str) -> bool {
    ["list", "dict", "set"].iter().any(|n| text == format!("field(default_factory={n})"))
}

/// The class whose method a mention of `self` stands in.
pub(super) fn class_of(name: Node<'_>) -> Option<Node<'_>> {
    let function =
        std::iter::successors(enclosing_scope(name), |f| enclosing_scope(*f)).find(|f| method_class(*f).is_some())?;
    let class = method_class(function)?;
    ancestors(name).any(|a| a.id() == class.id()).then_some(class)
}
