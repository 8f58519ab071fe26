//! What a call may store of what it is given: one argument in another, or any in the receiver.

use super::File;
use super::alias::{Hop, Place, accesses};
use super::calls::CallKind;
use super::names::Bound;
use super::receivers::{Def, Meaning};
use super::summary::{Root, Store, StoreKind};
use crate::catalog::PythonFacts;
use crate::syntax::python::{Attribute, Call};
use crate::syntax::{Node, span, walk};

/// How many names deep what a variable holds is followed: `for row in rows`, `meta = row["meta"]`.
const DEPTH: usize = 3;

/// Builtins that give the items of what they are given.
const GIVES_ITEMS: [&str; 11] =
    ["enumerate", "zip", "reversed", "sorted", "list", "tuple", "iter", "next", "filter", "min", "max"];

impl<'t> File<'t> {
    /// Whether the call of an argument list may store one argument in another.
    pub(super) fn may_store(&self, arguments: Node<'t>) -> bool {
        let likely = self.likely.get();
        arguments.parent().and_then(Call::cast).is_some_and(|call| match self.classify(call) {
            _ if likely && !matches!(self.classify(call), CallKind::Functions(_)) => false,
            CallKind::Pure | CallKind::Print | CallKind::Catalogued => false,
            CallKind::Library(path) => !PythonFacts::has(&self.catalog.python.writers, &path),
            CallKind::Functions(defs) => defs.iter().any(|def| {
                let summary = self.summary_of(*def);
                match likely {
                    true => summary.stores.iter().any(|s| {
                        let of_parameter = matches!(s.root, Root::Parameter(_));
                        s.sure && of_parameter && !self.sets_receiver(call, *def, s)
                    }),
                    false => summary.changes().next().is_some() || summary.opaque.is_some(),
                }
            }),
            _ => true,
        })
    }

    /// Whether a store is a method's own `self.x = value`: the receiver holds what the method was given then, and no argument
    /// holds another. `self.x += value` may fill in what an argument holds.
    fn sets_receiver(&self, call: Call<'t>, def: Def<'t>, store: &Store<'t>) -> bool {
        let Some(file) = self.program.at(def.file).filter(|f| f.id == store.file && inside(def.node, store.node))
        else {
            return false;
        };
        let Root::Parameter(root) = &store.root else { return false };
        let own = Attribute::cast(store.node).and_then(|a| a.object()).is_some_and(|o| file.is_self(o));
        let sets = store.node.parent().is_some_and(|p| matches!(p.kind(), "assignment" | "pattern_list"));
        let given = self.passed_for(call, def, root);
        own && sets
            && file.parameters(def.node).first() == Some(&root.as_str())
            && given.is_none_or(|g| call.args().all(|a| !inside(a, g)))
    }

    /// What is stored into what a variable's object holds, by the names that loops and assignments give its parts:
    /// `for row in rows: row["notes"] = notes`.
    pub(super) fn stored_through_parts(&self, place: &Place, out: &mut Vec<Hop>) {
        let mut seen = vec![place.clone()];
        let mut pending = vec![(place.clone(), DEPTH)];
        while let Some((place, depth)) = pending.pop() {
            for (part, depth) in self.names_of_parts(&place).into_iter().map(|part| (part, depth - 1)) {
                if seen.contains(&part) {
                    continue;
                }
                seen.push(part.clone());
                // What only code that nobody has seen could store there is told where the variable itself is handed on.
                let strict = self.likely.replace(true);
                let stored = self.stores_into(&part);
                self.likely.set(strict);
                for stored in stored {
                    if self.looked_at.get().is_some_and(|looped| looped.contains(span(stored))) {
                        self.named_outside(stored, out);
                        continue;
                    }
                    self.named_in(stored, out);
                    let setter = self.names.scope_at(stored);
                    if setter != part.var.scope {
                        self.given_in(setter, stored, out);
                    }
                }
                if depth > 0 {
                    pending.push((part, depth));
                }
            }
        }
    }

    /// What the loop that is looked at stores in its items as it goes: the objects by their names that outlive an iteration, or
    /// stand in what it makes for this one. The rest is of the iteration: `row["score"] = scores["mean"]` is a number.
    fn named_outside(&self, stored: Node<'t>, out: &mut Vec<Hop>) {
        let Some(looped) = self.looked_at.get() else { return };
        let plain = |hop: &Hop| hop.place.key.is_none();
        let mut named = Vec::new();
        self.named_in(stored, &mut named);
        for hop in named.into_iter().filter(plain) {
            let var = &hop.place.var;
            let bindings = self.names.bindings(var.scope, &var.name);
            let inside = |b: &super::names::Binding<'t>| looped.contains(span(b.node));
            if var.file != self.id || bindings.is_empty() || !bindings.iter().all(inside) {
                out.push(hop);
                continue;
            }
            let mut held = Vec::new();
            for binding in bindings {
                if let Bound::Value(Some(value)) = binding.bound {
                    self.named_in(value, &mut held);
                }
            }
            let others = held.into_iter().filter(plain).filter(|h| {
                let bindings = self.names.bindings(h.place.var.scope, &h.place.var.name);
                h.place.var.file != self.id || !bindings.iter().all(inside)
            });
            out.extend(others);
        }
    }

    /// The variables that get a variable's object or a part of it.
    fn names_of_parts(&self, place: &Place) -> Vec<Place> {
        let mut out = Vec::new();
        for read in self.names.reads_of(place.var.scope, &place.var.name) {
            let other = || self.version(&place.var, read.node);
            if self.is_behind(read.node) || place.at.is_some_and(|at| other().is_some_and(|other| other != at)) {
                continue;
            }
            let under = read.node.parent().filter(|p| accesses(*p, read.node)).and_then(|p| self.place_of(p));
            let key = under.filter(|u| u.var == place.var).and_then(|u| u.key);
            if matches!((&key, &place.key), (Some(a), Some(b)) if a != b) {
                continue;
            }
            let whole = self.part_around(read.node);
            let Some(parent) = whole.parent() else { continue };
            let right = parent.child_by_field_name("right").or_else(|| parent.child_by_field_name("value"));
            let gives = matches!(parent.kind(), "assignment" | "for_statement" | "for_in_clause" | "named_expression");
            let Some(target) = parent.child_by_field_name("left").or_else(|| parent.child_by_field_name("name")) else {
                continue;
            };
            if !gives || right.is_none_or(|r| r.id() != whole.id()) {
                continue;
            }
            // The object itself by another name has the same keys.
            let itself = parent.kind() == "assignment" && whole.id() == read.node.id();
            let plain = ["identifier", "pattern_list", "tuple_pattern", "list_pattern", "list_splat_pattern"];
            let names = walk(target).filter(|n| n.kind() == "identifier" && plain.contains(&target.kind()));
            out.extend(names.filter_map(|n| self.var(n).map(|var| (n, var))).filter(|(_, v)| *v != place.var).map(
                |(name, var)| Place { var, at: Some(name.start_byte()), key: place.key.clone().filter(|_| itself) },
            ));
        }
        out
    }

    /// The largest expression around a name that gives its object, or something that the object holds.
    fn part_around(&self, mut at: Node<'t>) -> Node<'t> {
        while let Some(parent) = at.parent() {
            let further = match parent.kind() {
                "parenthesized_expression" | "boolean_operator" | "conditional_expression" => Some(parent),
                "argument_list" => parent.parent().filter(|call| {
                    let call = Call(*call);
                    call.function().is_some_and(|f| self.builtin(f).is_some_and(|n| GIVES_ITEMS.contains(&n)))
                        || self.makes_bar(call)
                }),
                _ if accesses(parent, at) => Some(parent),
                "call" if self.gives_part(parent, at) || self.gives_parts(at) => Some(parent),
                _ => None,
            };
            match further {
                Some(further) => at = further,
                None => break,
            }
        }
        at
    }

    /// Whether a method gives its object's keys with what stands under them, or a shallow copy.
    fn gives_parts(&self, method: Node<'t>) -> bool {
        let name = Attribute::cast(method).and_then(|a| a.name()).map(|n| self.text(n));
        matches!(name, Some("items" | "copy" | "popitem" | "popleft"))
    }

    /// Whether a method may keep what it is given in its receiver.
    pub(super) fn keeps_arguments(&self, call: Call<'t>) -> bool {
        let defs = match self.classify(call) {
            CallKind::Functions(defs) => defs,
            // What a library's object is asked for, it is not told.
            CallKind::Method { receiver, shallow: false } if self.likely.get() => {
                let meaning = self.meaning(receiver);
                let made = |m: &Meaning<'t>| matches!(m, Meaning::Made(..));
                let asked = call.0.parent().is_some_and(|p| p.kind() != "expression_statement");
                return !asked || meaning.all.is_empty() || !meaning.all.iter().all(made);
            }
            _ => return true,
        };
        let likely = self.likely.get();
        defs.iter().any(|def| {
            self.summary_of(*def).stores.iter().any(|s| {
                let of_parameter = matches!(s.root, Root::Parameter(_));
                of_parameter && !(likely && (s.kind == StoreKind::Count || !s.sure))
            })
        })
    }
}

fn inside(outer: Node<'_>, node: Node<'_>) -> bool {
    span(outer).contains(span(node))
}
