//! Which variables may stand for the same object, or hold it.
//!
//! Two questions, both answered too widely rather than too narrowly. `same`: which places may be the very object that an
//! expression gives. `reach`: which places may be that object or anything inside it. A place is a variable with at most
//! one literal key or attribute behind it.

use super::calls::CallKind;
use super::names::Bound;
use super::{File, Name, Var};
use crate::syntax::python::{Assignment, Attribute, Call, Subscript};
use crate::syntax::{Node, walk};
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::RefCell;
use std::rc::Rc;

/// A variable, or the part of it under one literal key or attribute.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Place {
    pub var: Var,
    /// Which of the variable's bindings gave the object (where it begins), where one alone reaches the read: two of them are
    /// told apart.
    pub at: Option<usize>,
    pub key: Option<String>,
}

impl Place {
    pub fn whole(var: Var) -> Self {
        Self { var, at: None, key: None }
    }

    /// Whether two places may overlap.
    pub fn meets(&self, other: &Place) -> bool {
        let told_apart = matches!((self.at, other.at), (Some(a), Some(b)) if a != b);
        self.var == other.var && !told_apart && (self.key.is_none() || other.key.is_none() || self.key == other.key)
    }
}

pub(crate) type Places = FxHashSet<Place>;

/// Whether a node stands in another.
pub(super) fn within(outer: Node<'_>, node: Node<'_>) -> bool {
    crate::syntax::span(outer).contains(crate::syntax::span(node))
}

/// A place to which another leads.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Hop {
    pub place: Place,
    /// Whether what it holds counts too.
    pub followed: bool,
}

/// Under which circumstances the hops of a variable were found.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct HopKey {
    scope: super::ScopeId,
    name: Name,
    at: Option<usize>,
    /// What is stored under one key is not under another.
    key: Option<String>,
    likely: bool,
    horizon: Option<(usize, Option<usize>)>,
    looked_at: Option<crate::facts::Span>,
}

/// The hops of a file's variables.
pub(crate) type Hops = RefCell<FxHashMap<HopKey, Rc<[Hop]>>>;

enum Holder {
    /// A function, a module, a literal: nothing that changes.
    Nothing,
    Class,
    Object,
}

impl<'t> File<'t> {
    /// The place that an identifier, or an access to a first key or attribute of one, names.
    pub(crate) fn place_of(&self, node: Node<'t>) -> Option<Place> {
        if node.kind() == "identifier" {
            return self.var(node).map(|var| Place { at: self.version(&var, node), var, key: None });
        }
        let (object, key) = if let Some(a) = Attribute::cast(node) {
            let name = self.text(a.name()?);
            match node.parent().and_then(Call::cast).filter(|c| c.function().is_some_and(|f| f.id() == node.id())) {
                // A method sees its whole receiver; `get` with a literal sees one key.
                Some(call) => match call.args().next().filter(|k| name == "get" && k.kind() == "string") {
                    Some(key) => (a.object()?, Some(literal(self.text(key)))),
                    None => return self.place_of(a.object()?),
                },
                // So does one that is kept for later; `__dict__` holds all attributes.
                None if name == "__dict__" || self.is_kept_method(node, name) => return self.place_of(a.object()?),
                None => (a.object()?, Some(name.to_string())),
            }
        } else {
            let s = Subscript::cast(node)?;
            let key = s.index().filter(|i| i.kind() == "string").map(|i| literal(self.text(i)));
            (s.value()?, key)
        };
        if object.kind() == "identifier" {
            // `config.cache` is the variable of that module.
            if let Some(var) = key.as_deref().and_then(|name| self.variable_of_module(object, name)) {
                return Some(Place::whole(var));
            }
            let var = self.var(object)?;
            return Some(Place { at: self.version(&var, object), var, key });
        }
        self.place_of(object)
    }

    /// Every place that an expression names, and every place that those may hold. Variables in `stop` are named, and what
    /// they hold is not followed.
    pub(crate) fn reach(&self, node: Node<'t>, stop: &[Var]) -> Places {
        let mut seen = Places::default();
        self.reach_into(node, stop, &mut seen);
        seen
    }

    /// All that a variable may hold.
    pub(crate) fn reach_var(&self, var: &Var) -> Places {
        let mut seen = Places::default();
        self.follow(vec![Hop { place: Place::whole(var.clone()), followed: true }], &[], &mut seen);
        seen
    }

    /// All that one attribute of a variable's object may hold.
    pub(super) fn reach_key(&self, var: &Var, key: &str) -> Places {
        let mut seen = Places::default();
        let place = Place { var: var.clone(), at: None, key: Some(key.to_string()) };
        self.follow(vec![Hop { place, followed: true }], &[], &mut seen);
        seen
    }

    fn reach_into(&self, node: Node<'t>, stop: &[Var], seen: &mut Places) {
        let mut first = Vec::new();
        self.named_in(node, &mut first);
        self.follow(first, stop, seen);
    }

    /// The places that an expression names itself.
    pub(super) fn named_in(&self, node: Node<'t>, out: &mut Vec<Hop>) {
        let mut pending = vec![node];
        while let Some(name) = pending.pop() {
            // What a server answers shares nothing with the request.
            if let Some(call) = Call::cast(name) {
                if self.catalogued(call).is_some() || self.gives_scalar(call) || self.fetches(call) {
                    continue;
                }
                if let Some(parts) = self.returned(call, out) {
                    pending.extend(self.closure_called(call).into_iter().chain(parts));
                    continue;
                }
            }
            match name.kind() {
                // What is asked of an object, and not what it gives: an index, a condition, the parts of a text.
                "subscript" => pending.extend(Subscript(name).value()),
                "pair" | "argument_list" => pending.extend(self.parts_kept(name)),
                "string"
                | "concatenated_string"
                | "comparison_operator"
                | "not_operator"
                | "if_clause"
                | "for_in_clause" => {}
                "binary_operator" if self.makes_plain(name) => {}
                "lambda" => {
                    if !self.only_chooses(name) {
                        self.hold_captured(self.def(name), out);
                    }
                }
                "conditional_expression" => {
                    let parts: Vec<_> = crate::syntax::children(name).collect();
                    pending.extend(parts.iter().enumerate().filter(|(at, _)| *at != 1).map(|(_, p)| *p));
                }
                _ => pending.extend(crate::syntax::children(name)),
            }
            if name.kind() != "identifier" || !is_read_position(name) {
                continue;
            }
            self.hold_function(name, out);
            // The longest access that begins here.
            let place = name
                .parent()
                .filter(|p| accesses(*p, name))
                .and_then(|p| self.place_of(p))
                .or_else(|| self.place_of(name));
            out.extend(place.map(|place| Hop { place, followed: true }));
        }
    }

    /// As [`File::named_in`], of what may stand under one key of what an expression gives.
    fn named_under(&self, node: Node<'t>, key: &str, out: &mut Vec<Hop>) {
        let Some(parts) = self.parts_under(node, key) else { return self.named_in(node, out) };
        let mut kept = Vec::new();
        self.returned(Call(node), &mut kept);
        out.extend(kept.into_iter().filter(|hop| !self.is_kept_elsewhere(&hop.place, key)));
        parts.into_iter().for_each(|part| self.named_in(part, out));
    }

    /// The parts of a pair or of an argument list, but for a key under which something is put: it stays as it is, unless it is
    /// an object of the project.
    fn parts_kept(&self, node: Node<'t>) -> Vec<Node<'t>> {
        let key = match node.kind() {
            "pair" => node.child_by_field_name("key"),
            _ => {
                let function = node.parent().and_then(Call::cast).and_then(|c| c.function()).and_then(Attribute::cast);
                let puts = function.and_then(|a| a.name()).is_some_and(|n| self.text(n) == "setdefault");
                node.named_child(0).filter(|_| puts)
            }
        };
        let named = |k: &Node<'t>| matches!(k.kind(), "identifier" | "attribute" | "subscript");
        let plain = key.filter(named).filter(|k| !self.has_classes && !self.may_be_own_object(*k));
        crate::syntax::children(node).filter(|part| plain.is_none_or(|p| p.id() != part.id())).collect()
    }

    /// Whether a variable only ever holds one literal string or number, which nothing can change.
    pub(super) fn is_constant(&self, var: &Var) -> bool {
        let bindings = self.names.bindings(var.scope, &var.name);
        // Set twice, or through its module, it is a variable that somebody changes.
        bindings.len() == 1
            && !self.home(var).reaches_modules
            && bindings.iter().all(|b| match b.bound {
                Bound::Value(Some(e)) => {
                    matches!(
                        e.kind(),
                        "string" | "concatenated_string" | "integer" | "float" | "true" | "false" | "none"
                    )
                }
                _ => false,
            })
            && !self.is_set_elsewhere(var)
    }

    /// Whether something happens only behind the loop that is being looked at, which then cannot matter to it.
    pub(super) fn is_behind(&self, node: Node<'t>) -> bool {
        let Some((behind, within)) = self.horizon.get() else { return false };
        node.start_byte() >= behind && crate::syntax::python::enclosing_scope(node).map(|s| s.id()) == within
    }

    /// Which binding a read sees, where the variable has several and one alone reaches it.
    pub(super) fn version(&self, var: &Var, read: Node<'t>) -> Option<usize> {
        if var.file != self.id || self.names.bindings(var.scope, &var.name).len() < 2 {
            return None;
        }
        // An assignment's own target is what it binds.
        if let Some(own) = self.names.bindings(var.scope, &var.name).iter().find(|b| b.node.id() == read.id()) {
            return (own.bound != Bound::Augmented).then(|| read.start_byte());
        }
        self.reaching(read).filter(|b| b.bound != Bound::Augmented).map(|b| b.node.start_byte())
    }

    /// Whether what a place holds is not followed.
    fn stops(&self, place: &Place, stop: &[Var]) -> bool {
        stop.contains(&place.var) && self.may_be_target(place)
    }

    /// Whether a place of a loop's target is the target's own object, and not what was assigned to the name later, or what
    /// another loop gave it.
    pub(crate) fn may_be_target(&self, place: &Place) -> bool {
        place.at.is_none_or(|at| {
            let home = self.home(&place.var);
            let bindings = home.names.bindings(place.var.scope, &place.var.name);
            let within = self.looked_at.get().filter(|_| place.var.file == self.id);
            let own = within.is_none_or(|looped| looped.start <= at && at < looped.end);
            own && bindings.iter().any(|b| b.node.start_byte() == at && matches!(b.bound, Bound::Item(_)))
        })
    }

    /// Whether a place is one of a loop's items.
    pub(crate) fn is_item(&self, place: &Place, items: &[Var]) -> bool {
        items.contains(&place.var) && self.may_be_target(place)
    }

    /// Adds places, and all that those may hold.
    pub(super) fn follow(&self, mut pending: Vec<Hop>, stop: &[Var], seen: &mut Places) {
        // In the order in which they are named.
        pending.reverse();
        let mut followed = Places::default();
        while let Some(Hop { place, followed: go_on }) = pending.pop() {
            if !go_on {
                seen.insert(place);
                continue;
            }
            if followed.contains(&place) {
                continue;
            }
            let Some(home) = (if place.var.file == self.id { Some(self) } else { self.program.at(place.var.file) })
            else {
                continue;
            };
            match home.holder(&place) {
                Holder::Nothing => {}
                Holder::Class => {
                    seen.insert(Place::whole(place.var.clone()));
                    pending.extend(home.held_by_class(&place.var));
                }
                Holder::Object => {
                    seen.insert(place.clone());
                    if !home.stops(&place, stop) {
                        pending.extend(home.hops(&place).iter().rev().cloned());
                    }
                }
            }
            followed.insert(place);
        }
    }

    /// What a place is to those who follow objects.
    fn holder(&self, place: &Place) -> Holder {
        if self.is_definition(&place.var) {
            // Objects of one class share what the class holds.
            let bindings = self.names.bindings(place.var.scope, &place.var.name);
            let shares = bindings.iter().any(|b| matches!(b.bound, Bound::Class(class) if !self.is_apart(class)));
            return if shares { Holder::Class } else { Holder::Nothing };
        }
        if self.is_constant(&place.var) { Holder::Nothing } else { Holder::Object }
    }

    /// What the attributes of a class and of its objects hold, and what functions that make them see: `shots = EXAMPLES` in its
    /// body, `self.shots = EXAMPLES` in a method.
    fn held_by_class(&self, class: &Var) -> Vec<Hop> {
        let mut out = Vec::new();
        for binding in self.names.bindings(class.scope, &class.name) {
            let Bound::Class(class) = binding.bound else { continue };
            let body = class.child_by_field_name("body");
            let statements =
                body.into_iter().flat_map(crate::syntax::children).filter(|s| s.kind() == "expression_statement");
            let methods = self.all_set_by_methods(class);
            let set = methods
                .iter()
                .filter_map(|a| a.right())
                .chain(statements.flat_map(crate::syntax::children).filter_map(|s| s.child_by_field_name("right")));
            for value in class.child_by_field_name("superclasses").into_iter().chain(set) {
                self.named_in(value, &mut out);
                for lambda in walk(value).filter(|n| n.kind() == "lambda") {
                    let read = self.reads(lambda).into_keys().map(Place::whole);
                    out.extend(read.map(|place| Hop { place, followed: true }));
                }
            }
        }
        out
    }

    /// The places that a variable's object may be or hold, by its bindings and what is stored into it.
    fn hops(&self, place: &Place) -> Rc<[Hop]> {
        let key = HopKey {
            scope: place.var.scope,
            name: place.var.name.clone(),
            at: place.at,
            key: place.key.clone(),
            likely: self.likely.get(),
            horizon: self.horizon.get(),
            looked_at: self.looked_at.get(),
        };
        if let Some(known) = self.hops.borrow().get(&key) {
            return Rc::clone(known);
        }
        let led_back = self.program.led_back.replace(false);
        let (found, whole) = self.program.stack.watched(|| self.hops_anew(place));
        let found: Rc<[Hop]> = found.into();
        // What is known of a function that is being worked out is not all of it.
        let whole = whole && !self.program.led_back.get();
        self.program.led_back.set(led_back || self.program.led_back.get());
        if whole {
            self.hops.borrow_mut().insert(key, Rc::clone(&found));
        }
        found
    }

    fn hops_anew(&self, place: &Place) -> Vec<Hop> {
        let mut out = Vec::new();
        if self.program.is_worn_out() {
            return out;
        }
        let kept = |var| Hop { place: Place::whole(var), followed: false };
        // `dict.fromkeys(names, [])`: one object under all keys.
        if place.key.is_some() && self.has_one_for_all(&place.var) {
            out.push(Hop { place: Place { key: None, ..place.clone() }, followed: false });
        }
        for binding in self.names.bindings(place.var.scope, &place.var.name) {
            if self.is_behind(binding.node) || place.at.is_some_and(|at| at != binding.node.start_byte()) {
                continue;
            }
            // `self.child = Child(self)`: what a part of it holds is all of it.
            let led_back = place.key.is_some()
                && match binding.bound {
                    Bound::Value(Some(e)) => self.may_lead_back(e),
                    Bound::Parameter(_) if self.is_self(binding.node) => {
                        self.may_lead_back_to_own(self.names.scope(place.var.scope).node)
                    }
                    _ => false,
                };
            if led_back {
                out.push(Hop { place: Place { key: None, ..place.clone() }, followed: false });
            }
            out.extend(self.captured_selves(binding).into_iter().filter(|own| *own != place.var).map(kept));
            match binding.bound {
                Bound::Part(e) => {
                    out.extend(self.one_of_parts(e, place.var.scope).map(kept));
                    self.named_in(e, &mut out);
                }
                Bound::Value(Some(e)) | Bound::Item(e) | Bound::With(e) => {
                    match (&place.key, &binding.bound) {
                        (Some(key), Bound::Value(_)) => self.named_under(e, key, &mut out),
                        _ => self.named_in(e, &mut out),
                    }
                    // `global current` and `current = given`: what the calls of that function give.
                    let setter = self.names.scope_at(binding.node);
                    if setter != place.var.scope {
                        self.given_in(setter, e, &mut out);
                    }
                }
                Bound::Augmented => {
                    if let Some(right) = binding.node.parent().and_then(|p| p.child_by_field_name("right")) {
                        self.named_in(right, &mut out);
                    }
                }
                Bound::Match => {
                    if let Some(subject) = subject_of(binding.node) {
                        self.named_in(subject, &mut out);
                    }
                }
                Bound::Parameter(_) if self.is_callback(place.var.scope) => {
                    self.handed_to(place.var.scope).into_iter().for_each(|e| self.named_in(e, &mut out));
                }
                // Nobody can tell which objects the caller passes twice.
                Bound::Parameter(_) if !self.likely.get() => {
                    out.push(kept(self.var_in(place.var.scope, "*parameters*")));
                }
                // What a function inside sees later: `build = make(history)`.
                Bound::Parameter(_) => {
                    for scope in self.names.captured_by(place.var.scope, &place.var.name) {
                        let read = self.names.reads_of(place.var.scope, &place.var.name).find(|r| r.scope == scope);
                        if let Some(read) = read {
                            self.given_in(place.var.scope, read.node, &mut out);
                        }
                    }
                }
                _ => {}
            }
        }
        for stored in self.stores_into(place) {
            self.named_in(stored, &mut out);
            // `sinks.append(given)` in a function: what its calls give.
            let setter = self.names.scope_at(stored);
            if setter != place.var.scope {
                self.given_in(setter, stored, &mut out);
            }
        }
        self.stored_through_parts(place, &mut out);
        self.put_elsewhere(place, &mut out);
        let mut seen = FxHashSet::default();
        out.retain(|hop| seen.insert(hop.clone()));
        out
    }

    /// Whether a scope is a lambda that gets what another argument of a call holds.
    pub(super) fn is_callback(&self, scope: super::ScopeId) -> bool {
        !self.handed_to(scope).is_empty()
    }

    /// `sorted(rows, key=lambda row: …)`, `map(lambda row: …, rows)`, `rows.sort(key=lambda row: …)`: the rows.
    fn handed_to(&self, scope: super::ScopeId) -> Vec<Node<'t>> {
        let lambda = self.names.scope(scope).node;
        let above = crate::syntax::ancestors(lambda).take(3).find(|a| a.kind() == "call").and_then(Call::cast);
        let Some(call) = above.filter(|_| lambda.kind() == "lambda") else { return Vec::new() };
        let sorts = || call.keyword(self.source, "key").is_some_and(|k| k.id() == lambda.id());
        if self.callback_of(call).is_some_and(|c| c.id() == lambda.id()) {
            let others = call.args().filter(|a| a.kind() != "keyword_argument" && a.id() != lambda.id());
            return others.collect();
        }
        call.function().and_then(|f| f.child_by_field_name("object")).filter(|_| sorts()).into_iter().collect()
    }

    /// Whether a variable's keys may all hold one object.
    fn has_one_for_all(&self, var: &Var) -> bool {
        self.names.bindings(var.scope, &var.name).iter().any(|b| match b.bound {
            Bound::Value(Some(e)) => Call::cast(e).is_some_and(|c| {
                let plain =
                    |a: Node<'t>| matches!(a.kind(), "string" | "integer" | "float" | "none" | "true" | "false");
                let named = c.function().is_some_and(|f| self.text(f).ends_with(".fromkeys"));
                named && c.args().nth(1).is_some_and(|a| !plain(a))
            }),
            _ => false,
        })
    }

    /// The places that may be the very object that an expression gives.
    pub(crate) fn same(&self, node: Node<'t>, stop: &[Var]) -> Places {
        let mut seen = Places::default();
        self.same_into(node, stop, &mut seen);
        seen
    }

    fn same_into(&self, node: Node<'t>, stop: &[Var], seen: &mut Places) {
        match node.kind() {
            "identifier" => {
                let Some(var) = self.var(node) else { return };
                // A module, class or function is named, so that a change to it by another name is seen.
                let place = Place { at: self.version(&var, node), var: var.clone(), key: None };
                if seen.insert(place.clone()) && !self.is_definition(&var) && !self.stops(&place, stop) {
                    self.home(&var).same_as_bound(&place, stop, seen);
                }
            }
            // What a list was filled with is not the list.
            "attribute" if self.is_own_part(node) => {
                let object = Attribute(node).object();
                let own = object.and_then(|o| self.var(o));
                let others = object.map(|o| self.same(o, stop)).unwrap_or_default();
                let secret = self.is_secret_part(node);
                seen.extend(others.into_iter().filter(|p| !secret && Some(&p.var) != own.as_ref()));
                seen.extend(self.place_of(node));
            }
            "attribute" | "subscript" => self.reach_into(node, stop, seen),
            // `a = b = []`: one object, two names.
            "assignment"
            | "parenthesized_expression"
            | "conditional_expression"
            | "boolean_operator"
            | "named_expression"
            | "await" => {
                for child in crate::syntax::children(node) {
                    self.same_into(child, stop, seen);
                }
            }
            "call" => {
                let call = Call(node);
                let fresh = match call.function() {
                    Some(f) => {
                        let facts = &self.catalog.python;
                        self.builtin(f).is_some_and(|n| {
                            facts.fresh_builtins.contains(n)
                                || matches!(n, "list" | "dict" | "set" | "tuple" | "sorted")
                        }) || self.import_path(f).is_some_and(|p| {
                            let known = facts.pure_functions.contains(&p) || facts.data_functions.contains(&p);
                            let copied = call.keyword(self.source, "copy").is_none();
                            known && copied && !facts.view_functions.contains(&p) && !self.fills_argument(call, &p)
                        }) || Attribute::cast(f).and_then(|a| a.name()).is_some_and(|n| {
                            let name = self.text(n);
                            facts.pure_methods.contains(name) && !matches!(name, "get" | "items" | "values" | "keys")
                        })
                    }
                    None => false,
                };
                if !fresh && !self.makes_new(call) {
                    self.reach_into(node, stop, seen);
                }
            }
            // A display, a comprehension, an operator or a literal makes a new object.
            _ => {}
        }
    }

    /// What a variable of this file may be by its bindings, and by what other files put in its place.
    fn same_as_bound(&self, place: &Place, stop: &[Var], seen: &mut Places) {
        let var = &place.var;
        for binding in self.names.bindings(var.scope, &var.name) {
            if place.at.is_some_and(|at| at != binding.node.start_byte()) {
                continue;
            }
            match binding.bound {
                Bound::Value(Some(e)) => {
                    self.same_into(e, stop, seen);
                    let setter = self.names.scope_at(binding.node);
                    if setter != var.scope {
                        self.reach_given(setter, e, stop, seen);
                    }
                }
                Bound::Part(e) => {
                    seen.extend(self.one_of_parts(e, var.scope).map(Place::whole));
                    self.reach_into(e, stop, seen);
                }
                Bound::Item(e) => self.reach_into(e, stop, seen),
                Bound::Match => {
                    if let Some(subject) = subject_of(binding.node) {
                        self.reach_into(subject, stop, seen);
                    }
                }
                Bound::With(e) => self.same_into(e, stop, seen),
                Bound::Parameter(_) if self.is_callback(var.scope) => {
                    let handed = self.handed_to(var.scope);
                    handed.into_iter().for_each(|e| self.reach_into(e, stop, seen));
                }
                Bound::Parameter(_) if !self.likely.get() => {
                    seen.insert(Place::whole(self.var_in(var.scope, "*parameters*")));
                }
                _ => {}
            }
        }
        for (file, value) in self.set_elsewhere(var) {
            file.same_into(value, stop, seen);
            let setter = file.names.scope_at(value);
            if setter != file.names.module() {
                file.reach_given(setter, value, stop, seen);
            }
        }
    }

    /// Whether a call makes an object of a class of the project, which does nothing but fill it in.
    fn makes_new(&self, call: Call<'t>) -> bool {
        let Some(function) = call.function() else { return false };
        let meaning = self.meaning(function);
        let classes = !meaning.unknown
            && !meaning.all.is_empty()
            && meaning.all.iter().all(|m| matches!(m, super::receivers::Meaning::Class(_)));
        classes
            && match self.classify(call) {
                CallKind::Pure => true,
                CallKind::Functions(defs) => defs.iter().all(|def| {
                    let summary = self.summary_of(*def);
                    summary.impurity().is_none() || summary.fills
                }),
                _ => false,
            }
    }

    /// The parts of one value may be one object: `a, b = [[]] * 2`.
    fn one_of_parts(&self, value: Node<'t>, scope: super::ScopeId) -> Option<Var> {
        let lambda =
            Call::cast(value).and_then(|c| c.function()).is_some_and(|f| f.kind() == "parenthesized_expression");
        (lambda || value.kind() == "binary_operator" || !self.likely.get())
            .then(|| self.var_in(scope, &format!("({})", self.text(value))))
    }

    /// What is stored into a variable's object by assignment to its parts or by a method: `v[k] = x`, `v.append(x)`.
    pub(super) fn stores_into(&self, place: &Place) -> Vec<Node<'t>> {
        let var = &place.var;
        let mut out = Vec::new();
        for read in self.names.reads_of(var.scope, &var.name) {
            if self.is_behind(read.node)
                || place.at.is_some_and(|at| self.version(var, read.node).is_some_and(|other| other != at))
            {
                continue;
            }
            // What is stored under another literal key is not here.
            let under = read.node.parent().filter(|p| accesses(*p, read.node)).and_then(|p| self.place_of(p));
            let elsewhere = under
                .filter(|u| u.var == *var)
                .is_some_and(|u| matches!((&u.key, &place.key), (Some(a), Some(b)) if a != b));
            if elsewhere {
                continue;
            }
            self.stored_into(read.node, &mut out);
        }
        out
    }

    /// What is stored into the object that an expression names, at that place of the text.
    pub(super) fn stored_into(&self, mut at: Node<'t>, out: &mut Vec<Node<'t>>) {
        while let Some(parent) = at.parent() {
            if let Some(a) = Assignment::cast(parent)
                && a.left().is_some_and(|l| l.id() == at.id())
            {
                out.extend(a.right());
            } else if let Some(call) = Call::cast(parent)
                && call.function().is_some_and(|f| f.id() == at.id())
                && !self.is_output(call)
                && self.catalogued(call).is_none()
                && self.keeps_arguments(call)
            {
                out.extend(call.arguments());
            } else if parent.kind() == "argument_list" && parent.named_child_count() > 1 && self.may_store(parent) {
                // A function that gets both may store one in the other.
                out.push(parent);
            }
            // `groups.setdefault(key, []).append(x)`: what a method gives of it is a part of it.
            if !accesses(parent, at) && !self.gives_part(parent, at) {
                break;
            }
            at = parent;
        }
    }

    /// Whether `parent` is a call of a method `method` that gives a part of its object.
    pub(super) fn gives_part(&self, parent: Node<'t>, method: Node<'t>) -> bool {
        let name = Attribute::cast(method).and_then(|a| a.name()).map(|n| self.text(n));
        let called = Call::cast(parent).and_then(|c| c.function()).is_some_and(|f| f.id() == method.id());
        called && matches!(name, Some("setdefault" | "get" | "pop" | "values"))
    }
}

/// The subject of the `match` whose pattern binds a name.
fn subject_of(name: Node<'_>) -> Option<Node<'_>> {
    crate::syntax::ancestors(name).find(|a| a.kind() == "match_statement")?.child_by_field_name("subject")
}

/// Whether `parent` reaches into `child`: `child.x`, `child[…]`.
pub(super) fn accesses(parent: Node<'_>, child: Node<'_>) -> bool {
    Attribute::cast(parent)
        .and_then(|a| a.object())
        .or_else(|| Subscript::cast(parent).and_then(|s| s.value()))
        .is_some_and(|o| o.id() == child.id())
}

/// Whether an identifier is a variable, and not the name of an attribute or of a keyword.
pub(crate) fn is_read_position(name: Node<'_>) -> bool {
    let Some(parent) = name.parent() else { return true };
    match parent.kind() {
        "attribute" => parent.child_by_field_name("attribute").is_none_or(|a| a.id() != name.id()),
        "keyword_argument" => parent.child_by_field_name("name").is_none_or(|n| n.id() != name.id()),
        _ => true,
    }
}

/// The characters of a plain string literal, without its quotes.
pub(crate) fn literal(text: &str) -> String {
    text.trim_matches(['"', '\'']).to_string()
}
