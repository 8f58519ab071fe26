//! What functions hold where they are kept as objects: in a variable, a list, an attribute, in what another function gives.
//!
//! A lambda, a function that is named and not called, and what `functools.partial` or a decorator makes of one hold whatever
//! they read around them. Who follows objects follows that, whichever way the function goes.

use super::File;
use super::alias::{Hop, Place, Places, is_read_position};
use super::calls::CallKind;
use super::names::Bound;
use super::receivers::{Def, Meaning, call_of, method_class};
use crate::syntax::python::{Attribute, Call};
use crate::syntax::{Node, ancestors, span, walk};

/// Builtins that take all items of what they are given before they give anything.
const AT_ONCE: [&str; 9] = ["list", "tuple", "set", "sorted", "dict", "frozenset", "sum", "min", "max"];

/// Functions that ask what they are handed which items to take, or in which order, and give nothing of what it gives.
const CHOOSING: [&str; 7] =
    ["filter", "sorted", "min", "max", "itertools.takewhile", "itertools.dropwhile", "itertools.filterfalse"];

impl<'t> File<'t> {
    /// Adds what a function holds: the variables around it that it and all that it calls read, and its defaults.
    pub(super) fn hold_captured(&self, def: Def<'t>, out: &mut Vec<Hop>) {
        let mut read: Vec<_> = self.summary_of(def).reads.iter().cloned().collect();
        read.sort();
        out.extend(read.into_iter().map(|var| Hop { place: Place::whole(var), followed: true }));
    }

    /// The same for a name that stands for functions and is not called where it stands.
    pub(super) fn hold_function(&self, name: Node<'t>, out: &mut Vec<Hop>) {
        let Some(var) = self.var(name).filter(|var| self.is_definition(var)) else { return };
        if call_of(name).is_some() || self.is_class_or_module(&var) || self.only_chooses(name) {
            return;
        }
        for meaning in self.meaning(name).all {
            if let Meaning::Function { def, .. } = meaning {
                self.hold_captured(def, out);
            }
        }
    }

    fn is_class_or_module(&self, var: &super::Var) -> bool {
        let bindings = self.home(var).names.bindings(var.scope, &var.name);
        bindings.iter().all(|b| matches!(b.bound, Bound::Class(_)))
    }

    /// What is called, where that is a function of the project that was made for somebody: what it holds its results may hold.
    pub(super) fn closure_called(&self, call: Call<'t>) -> Option<Node<'t>> {
        let CallKind::Functions(defs) = self.classify(call) else { return None };
        let made = |def: &Def<'t>| method_class(def.node).is_none();
        call.function().filter(|_| defs.iter().any(made))
    }

    /// Whether a function is handed to one that only chooses by it: nothing of it is kept.
    pub(super) fn only_chooses(&self, function: Node<'t>) -> bool {
        let at = function.parent().filter(|p| p.kind() == "keyword_argument").unwrap_or(function);
        let list = at.parent().filter(|p| p.kind() == "argument_list");
        let Some(call) = list.and_then(|l| l.parent()).and_then(Call::cast) else { return false };
        let Some(called) = call.function() else { return false };
        let path = self.builtin(called).map(str::to_string).or_else(|| self.import_path(called));
        match path {
            Some(path) => {
                let key = at.kind() == "keyword_argument" || call.args().next().is_some_and(|a| a.id() == at.id());
                key && CHOOSING.contains(&path.as_str())
            }
            None => Attribute::cast(called).and_then(|a| a.name()).is_some_and(|n| self.text(n) == "sort"),
        }
    }

    /// What a source reads as it is iterated: in a generator expression, or in a function that something lazy calls for each
    /// item, as `map`, `filter`, `takewhile` and `iter` do.
    pub(super) fn read_meanwhile(&self, source: Node<'t>) -> Places {
        let mut out = Places::default();
        let mut pending = vec![source];
        let mut seen: Vec<usize> = Vec::new();
        while let Some(lazy) = pending.pop() {
            if seen.contains(&lazy.id()) {
                continue;
            }
            seen.push(lazy.id());
            for node in walk(lazy).filter(|n| !self.is_taken_at_once(*n, lazy)) {
                match node.kind() {
                    "generator_expression" => {
                        let names = walk(node).filter(|n| n.kind() == "identifier" && is_read_position(*n));
                        names.for_each(|n| out.extend(self.reach(n, &[])));
                    }
                    "lambda" => self.reach_captured(self.def(node), &mut out),
                    // What is looked into is there before the loop begins.
                    "identifier" if is_read_position(node) && call_of(node).is_none() => {
                        for meaning in self.meaning(node).all {
                            if let Meaning::Function { def, .. } = meaning {
                                self.reach_captured(def, &mut out);
                            }
                        }
                        // What a variable holds that is iterated here is as lazy as what it was given.
                        if let Some(var) = self.var(node).filter(|v| v.file == self.id) {
                            for binding in self.names.bindings(var.scope, &var.name) {
                                if let Bound::Value(Some(value)) = binding.bound
                                    && self.is_lazy(value)
                                {
                                    pending.push(value);
                                }
                            }
                        }
                    }
                    // `filter(done.__contains__, items)`: a method that is called for each item.
                    "attribute" if node.parent().is_some_and(|p| p.kind() == "argument_list") => {
                        let name = Attribute(node).name().map_or("", |n| self.text(n));
                        if self.is_kept_method(node, name) {
                            out.extend(self.reach(node, &[]));
                        }
                        for meaning in self.meaning(node).all {
                            if let Meaning::Function { def, .. } = meaning {
                                self.reach_captured(def, &mut out);
                            }
                        }
                    }
                    _ => {}
                }
            }
        }
        out
    }

    /// Whether an expression gives something that is worked out as it is iterated.
    fn is_lazy(&self, value: Node<'t>) -> bool {
        if value.kind() == "generator_expression" {
            return true;
        }
        let Some(called) = Call::cast(value).and_then(|c| c.function()) else { return false };
        match self.builtin(called) {
            Some(name) => matches!(name, "map" | "filter" | "zip" | "enumerate" | "reversed" | "iter"),
            None => {
                self.makes_bar(Call(value)) || self.import_path(called).is_some_and(|p| p.starts_with("itertools."))
            }
        }
    }

    fn reach_captured(&self, def: Def<'t>, out: &mut Places) {
        for var in self.summary_of(def).reads.iter() {
            out.extend(self.reach_var(var));
        }
    }

    /// Whether something that a source names is gone through before the loop begins.
    fn is_taken_at_once(&self, node: Node<'t>, source: Node<'t>) -> bool {
        ancestors(node)
            .filter_map(Call::cast)
            .take_while(|c| span(source).contains(span(c.0)))
            .any(|c| c.function().and_then(|f| self.builtin(f)).is_some_and(|f| AT_ONCE.contains(&f)))
    }
}
