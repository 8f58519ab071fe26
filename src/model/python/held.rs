//! Methods that are kept for later under a name, in a list or behind an attribute: what they are bound to.
use super::File;
use super::alias::{Place, Places};
use super::effects::{gives_out, is_target};
use super::names::Bound;
use super::receivers::{Def, Meaning, call_of};
use super::summary::Root;
use crate::syntax::python::{Assignment, Attribute, Call, Function};
use crate::syntax::{Node, ancestors, children, walk};

/// How many expressions are looked at for one callable.
const FUEL: usize = 60;

impl<'t> File<'t> {
    /// Whether an attribute is a method that is not called here but kept: `add = messages.append`.
    pub(super) fn is_kept_method(&self, node: Node<'t>, name: &str) -> bool {
        let reached_into = node
            .parent()
            .filter(|p| matches!(p.kind(), "attribute" | "subscript"))
            .and_then(|p| p.named_child(0))
            .is_some_and(|o| o.id() == node.id());
        !reached_into
            && !is_target(node)
            && !gives_out(name)
            && (self.catalog.python.shallow_methods.contains(name)
                || self.is_own_method(name)
                || self.is_method_of_plain(node, name))
    }

    /// Whether an attribute is a method that containers and texts have, of something that has no attribute of that name:
    /// `look = state.get`.
    fn is_method_of_plain(&self, node: Node<'t>, name: &str) -> bool {
        let special = name.starts_with("__") && name.ends_with("__") && name != "__class__";
        let named = special || self.catalog.python.pure_methods.contains(name);
        named
            && node.child_by_field_name("object").is_some_and(|o| !self.is_self(o) && self.import_path(o).is_none())
            && !self.sets_attribute(name)
    }

    /// Whether some class of this file or what it imports, or a statement of this file, sets an attribute of a name.
    fn sets_attribute(&self, name: &str) -> bool {
        let set = walk(self.source.root()).filter(|n| n.kind() == "attribute" && is_target(*n));
        self.program.is_replaced(name)
            || set.filter_map(Attribute::cast).filter_map(|a| a.name()).any(|n| self.text(n) == name)
    }

    /// Whether a call names a method otherwise than as an attribute of its receiver.
    pub(super) fn is_renamed(&self, function: Node<'t>, callee: Def<'t>) -> bool {
        let own = self
            .program
            .at(callee.file)
            .and_then(|file| Some(file.text(callee.node.child_by_field_name("name")?)))
            .unwrap_or_default();
        Attribute::cast(function).and_then(|a| a.name()).is_none_or(|n| self.text(n) != own)
    }

    /// The objects that a callable which is not known may be bound to, as far as this file shows how it was made: those
    /// whose method it is, and what `partial` was given.
    pub(super) fn kept_by(&self, function: Node<'t>, stop: &[super::Var]) -> Places {
        let mut out = Places::default();
        let mut pending = vec![function];
        let mut seen: Vec<usize> = Vec::new();
        // Whether it changes variables of a call of another function, of which there may be several.
        let mut of_call = false;
        while let Some(node) = pending.pop().filter(|_| seen.len() < FUEL) {
            if seen.contains(&node.id()) {
                continue;
            }
            seen.push(node.id());
            match node.kind() {
                "identifier" => {
                    self.bound_to(node, &mut pending);
                    for meaning in self.meaning(node).all {
                        if let Meaning::Function { def, bound: false } = meaning {
                            of_call |= self.changed_by(def, &mut out);
                        }
                    }
                }
                "attribute" => {
                    let a = Attribute(node);
                    let (Some(object), Some(name)) = (a.object(), a.name().map(|n| self.text(n))) else { continue };
                    // Of the function itself, what was stored under that name; else a method that is kept.
                    match node.id() == function.id() {
                        true => self.stored_under(node, name, &mut pending),
                        false if self.is_import(object) || gives_out(name) => {}
                        false => {
                            let shallow = self.catalog.python.shallow_methods.contains(name);
                            if shallow {
                                out.extend(self.same(object, stop));
                                out.extend(self.place_of(object));
                            } else if self.is_own_method(name) {
                                out.extend(self.reach(object, stop));
                            }
                            self.stored_under(node, name, &mut pending);
                        }
                    }
                }
                "call" => {
                    let named = Call(node).function();
                    let partial =
                        named.and_then(|f| self.import_path(f)).is_some_and(|p| p.starts_with("functools.partial"));
                    let mut args = Call(node).args();
                    if partial && let Some(first) = args.next() {
                        pending.push(first);
                        args.for_each(|a| out.extend(self.reach(a, stop)));
                    }
                }
                "lambda" => of_call |= self.changed_by(self.def(node), &mut out),
                "subscript" => pending.extend(node.child_by_field_name("value")),
                "list"
                | "tuple"
                | "set"
                | "dictionary"
                | "pair"
                | "keyword_argument"
                | "parenthesized_expression"
                | "conditional_expression"
                | "boolean_operator"
                | "expression_list"
                | "list_splat"
                | "argument_list" => {
                    pending.extend(children(node));
                }
                _ => {}
            }
        }
        // `Child(lambda answer: self.seen.append(answer))`: they are what the callable holds, by whichever way it came.
        if of_call {
            let holder = Attribute::cast(function).and_then(|a| a.object()).unwrap_or(function);
            out.extend(self.reach(holder, stop));
        }
        out
    }

    /// What a function changes for sure that outlives its calls; whether some of it is of a call of another function.
    fn changed_by(&self, def: Def<'t>, out: &mut Places) -> bool {
        let summary = self.summary_of(def);
        let mut of_call = false;
        for store in summary.stores.iter().filter(|s| s.sure) {
            let Root::Variable(var) = &store.root else { continue };
            of_call |= super::receivers::is_call_scope(self.home(var).names.scope(var.scope).kind);
            out.insert(Place::whole(var.clone()));
        }
        of_call
    }

    /// What a variable gets, and a parameter from the calls in this file.
    fn bound_to(&self, name: Node<'t>, pending: &mut Vec<Node<'t>>) {
        let Some(var) = self.var(name).filter(|v| v.file == self.id) else { return };
        pending.extend(self.stores_into(&Place::whole(var.clone())));
        for binding in self.names.bindings(var.scope, &var.name) {
            match binding.bound {
                Bound::Value(Some(e)) | Bound::Item(e) | Bound::Part(e) | Bound::With(e) => pending.push(e),
                Bound::Parameter(_) => {
                    let default = binding.node.parent().and_then(|p| p.child_by_field_name("value"));
                    pending.extend(default);
                    let def = self.names.scope(var.scope).node;
                    let Some(own) = Function::cast(def).and_then(|f| f.name()).map(|n| self.text(n)) else { continue };
                    let parameters = self.parameters(def);
                    let Some(at) = parameters.iter().position(|p| *p == &*var.name) else { continue };
                    let class = ancestors(def)
                        .find(|a| matches!(a.kind(), "class_definition" | "function_definition"))
                        .filter(|a| a.kind() == "class_definition")
                        .and_then(|c| c.child_by_field_name("name"))
                        .map(|n| self.text(n));
                    let made = class.filter(|_| own == "__init__").map(|c| self.names.reads_named(c));
                    let calls = self.names.reads_named(own).iter().chain(made.into_iter().flatten());
                    for call in calls.filter_map(|r| call_of(r.node)) {
                        let shift = usize::from(class.is_some());
                        pending.extend(self.argument(call, &var.name, at.saturating_sub(shift)));
                        pending.extend(self.argument(call, &var.name, at));
                    }
                }
                _ => {}
            }
        }
    }

    /// What the class around an attribute stores under its name.
    fn stored_under(&self, attribute: Node<'t>, name: &str, pending: &mut Vec<Node<'t>>) {
        let Some(class) = ancestors(attribute).find(|a| a.kind() == "class_definition") else { return };
        let stored = walk(class).filter_map(Assignment::cast).filter(|a| {
            a.left().and_then(Attribute::cast).and_then(|l| l.name()).is_some_and(|n| self.text(n) == name)
        });
        pending.extend(stored.filter_map(|a| a.right()));
    }
}
