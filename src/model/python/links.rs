//! Items that lead to one another: pairs of neighbours, and objects that hold others of the same source.

use super::alias::Places;
use super::calls::CallKind;
use super::names::Bound;
use super::receivers::Def;
use super::stage::Work;
use super::{File, Var};
use crate::syntax::python::{Call, Function};
use crate::syntax::{Node, children, span, walk};

/// How far functions that give a source are followed.
const FOLLOW: usize = 3;

impl<'t> File<'t> {
    /// Whether one item surely leads to another: neighbours are handed out in pairs, or stored in one another.
    pub(super) fn items_are_shared(&self, source: Node<'t>, elements: &Places, work: &Work<'t>) -> bool {
        let pairs = Call::cast(source).and_then(|c| c.function()).is_some_and(|f| {
            self.builtin(f) == Some("zip") || self.import_path(f).is_some_and(|p| p.starts_with("itertools."))
        });
        if pairs {
            return true;
        }
        let scope = crate::syntax::python::enclosing_scope(source).unwrap_or(self.source.root());
        if self.links_in(scope, elements, Some(work)) || self.items_are_linked(source, elements, work) {
            return true;
        }
        let mut defs: Vec<Def<'t>> = Vec::new();
        self.makers(source, FOLLOW, &mut defs);
        defs.iter().any(|def| {
            let Some(file) = self.program.at(def.file) else { return false };
            let given: Places = file.given_by(def.node).into_iter().flat_map(|e| file.reach(e, &[])).collect();
            file.links_in(def.node, &given, None)
        })
    }

    /// Whether what stands around a loop, or a function that it hands the items to, stores items of its source in one another:
    /// `row["peers"] = [r for r in rows if …]`. What is stored of the same item is no link.
    pub(super) fn items_are_linked(&self, source: Node<'t>, elements: &Places, work: &Work<'t>) -> bool {
        let scope = crate::syntax::python::enclosing_scope(source).unwrap_or(self.source.root());
        self.stores_links(scope, elements, Some(work), FOLLOW)
    }

    fn stores_links(&self, scope: Node<'t>, elements: &Places, work: Option<&Work<'t>>, depth: usize) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        let meets = |p: &super::alias::Place| elements.iter().any(|e| e.meets(p));
        walk(scope).any(|n| match n.kind() {
            "assignment" => {
                let left = n.child_by_field_name("left").filter(|l| matches!(l.kind(), "attribute" | "subscript"));
                let (Some(left), Some(right)) = (left, n.child_by_field_name("right")) else { return false };
                let object = left.named_child(0).unwrap_or(left);
                if work.is_some_and(|w| span(right).contains(w.span)) || !self.is_part_of(object, elements) {
                    return false;
                }
                self.leads_past(right, &self.one_item(object), &meets)
            }
            "call" if work.is_none_or(|w| !w.span.contains(span(n)) && !span(n).contains(w.span)) => {
                let call = Call(n);
                if !call.args().any(|a| self.reach(a, &[]).iter().any(meets)) {
                    return false;
                }
                let CallKind::Functions(defs) = self.classify(call) else { return false };
                defs.iter().any(|def| {
                    let Some(file) = self.program.at(def.file) else { return false };
                    let Some(inner) = file.names.opened_by(def.node) else { return false };
                    let passed = |name: &&str| {
                        let argument = self.passed_for(call, *def, name);
                        argument.is_some_and(|a| self.reach(a, &[]).iter().any(meets))
                    };
                    let handed = file.parameters(def.node).into_iter().filter(passed);
                    let handed: Places = handed.flat_map(|name| file.reach_var(&file.var_in(inner, name))).collect();
                    !handed.is_empty() && file.stores_links(def.node, &handed, None, depth)
                })
            }
            _ => false,
        })
    }

    /// Whether a variable is nothing but the target of loops.
    pub(super) fn is_item_of_loop(&self, var: &Var) -> bool {
        let bindings = self.home(var).names.bindings(var.scope, &var.name);
        !bindings.is_empty() && bindings.iter().all(|b| matches!(b.bound, Bound::Item(_)))
    }

    /// Whether a piece of code stores one of some elements in another, or makes one with another inside.
    fn links_in(&self, scope: Node<'t>, elements: &Places, work: Option<&Work<'t>>) -> bool {
        let meets = |node: Node<'t>| self.reach(node, &[]).iter().any(|p| elements.iter().any(|e| e.meets(p)));
        walk(scope).filter(|n| n.kind() == "assignment").any(|n| {
            let (Some(left), Some(right)) = (n.child_by_field_name("left"), n.child_by_field_name("right")) else {
                return false;
            };
            match left.kind() {
                "attribute" | "subscript" => {
                    let object = left.named_child(0).unwrap_or(left);
                    let value = !matches!(right.kind(), "string" | "integer" | "list" | "dictionary")
                        && work.is_none_or(|w| !span(right).contains(w.span));
                    value && self.is_part_of(object, elements) && meets(right)
                }
                "identifier" => {
                    let element = self.var(left).filter(|v| elements.iter().any(|e| e.var == *v));
                    element.is_some_and(|made| self.is_made_with(right, &made))
                }
                _ => false,
            }
        })
    }

    /// Whether what is assigned to a variable is made with something that leads to what the variable held before:
    /// `node = Node(text, last)` and `last = node`.
    fn is_made_with(&self, value: Node<'t>, made: &Var) -> bool {
        let parts = walk(value).filter(|n| {
            let around = n.parent().map(|p| p.kind());
            n.kind() == "identifier"
                && super::alias::is_read_position(*n)
                && !matches!(around, Some("call"))
                && crate::syntax::ancestors(*n)
                    .take_while(|a| span(value).contains(span(*a)))
                    .any(|a| matches!(a.kind(), "argument_list" | "dictionary" | "list" | "tuple"))
        });
        parts
            .filter(|n| self.var(*n).is_some_and(|v| v != *made && !self.is_definition(&v)))
            .any(|n| self.reach(n, &[]).iter().any(|p| p.var == *made))
    }

    /// The functions of the project that give a source, through variables and one another.
    fn makers(&self, node: Node<'t>, depth: usize, out: &mut Vec<Def<'t>>) {
        let Some(depth) = depth.checked_sub(1) else { return };
        for part in walk(node) {
            match part.kind() {
                "call" => {
                    let CallKind::Functions(defs) = self.classify(Call(part)) else { continue };
                    for def in defs {
                        let Some(file) = self.program.at(def.file).filter(|_| !out.contains(&def)) else { continue };
                        out.push(def);
                        for given in file.given_by(def.node) {
                            file.makers(given, depth, out);
                        }
                    }
                }
                "identifier" if super::alias::is_read_position(part) => {
                    let Some(var) = self.var(part) else { continue };
                    let home = self.home(&var);
                    for binding in home.names.bindings(var.scope, &var.name) {
                        if let Bound::Value(Some(e)) | Bound::Part(e) | Bound::Item(e) = binding.bound {
                            home.makers(e, depth, out);
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// What a function returns or yields.
    pub(super) fn given_by(&self, def: Node<'t>) -> Vec<Node<'t>> {
        if def.kind() == "lambda" {
            return def.child_by_field_name("body").into_iter().collect();
        }
        let Some(body) = Function::cast(def).and_then(|f| f.body()) else { return Vec::new() };
        walk(body)
            .filter(|n| matches!(n.kind(), "return_statement" | "yield") && super::same_function(*n, def))
            .filter_map(|n| children(n).next())
            .collect()
    }

    /// Whether an expression is an item of what some places hold, and not those places themselves.
    fn is_part_of(&self, node: Node<'t>, elements: &Places) -> bool {
        let Some(place) = self.place_of(node) else { return false };
        let home = self.home(&place.var);
        let bindings = home.names.bindings(place.var.scope, &place.var.name);
        let item = bindings.iter().any(|b| matches!(b.bound, Bound::Item(_)));
        let held = elements.iter().any(|e| e.var == place.var)
            && !bindings.iter().any(|b| match b.bound {
                Bound::Value(Some(e)) => matches!(e.kind(), "list" | "dictionary" | "list_comprehension"),
                _ => false,
            });
        (item || held) && self.reach(node, &[]).iter().any(|p| elements.iter().any(|e| e.meets(p)))
    }
}
