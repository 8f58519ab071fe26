//! Hand-written caches: `d[k] = v` where `d` was asked for the same `k` before, and what it held is the answer.

use super::alias::is_read_position;
use super::{File, ScopeId};
use crate::syntax::python::{Assignment, Attribute, Call};
use crate::syntax::{Node, ancestors, children, span, walk};

impl<'t> File<'t> {
    /// What a function gives that keeps its answers, as a variable: one object for all who ask.
    pub(super) fn kept_answer(&self, def: super::receivers::Def<'t>) -> Option<super::Var> {
        let file = self.program.at(def.file).filter(|file| file.keeps_answers(def.node))?;
        let name = def.node.child_by_field_name("name").map_or("", |n| file.text(n));
        Some(file.var_in(file.names.module(), &format!("{name}()")))
    }

    /// Whether a function keeps an answer under a key that it asks for as well, and looks at nothing else of the container.
    pub(super) fn keeps_answer(&self, target: Node<'t>, value: Node<'t>, scope: ScopeId) -> bool {
        let container = target.child_by_field_name("value");
        let (Some(container), Some(key)) = (container, children(target).nth(1)) else { return false };
        let (c, k) = (self.text(container), self.text(key));
        let body = self.names.scope(scope).node;
        let text = self.text(body);
        // Asked for this very key, and for nothing else of it.
        let asked = text.contains(&format!("{k} in {c}"))
            || text.contains(&format!("{k} not in {c}"))
            || text.contains(&format!("{c}.get({k}"));
        let looked_at = text.contains(&format!("len({c})"))
            || text.contains(&format!("str({c})"))
            || text.contains(&format!("{c}.items"))
            || text.contains(&format!("{c}.values"))
            || text.contains(&format!("({c})"))
            || text.contains(&format!("{{{c}}}"));
        // One place for all items is no answer of one of them.
        let fixed = walk(key).all(|n| n.kind() != "identifier");
        asked && !looked_at && !fixed && !self.goes_on((c, k), target, value, body)
    }

    /// Whether what stood under the key is part of what is asked, or of what is put in its place.
    fn goes_on(&self, (c, k): (&str, &str), target: Node<'t>, value: Node<'t>, body: Node<'t>) -> bool {
        let held = |n: Node<'t>| match n.kind() {
            "subscript" => {
                let named = n.child_by_field_name("value").is_some_and(|v| self.text(v) == c);
                named && n.id() != target.id() && children(n).nth(1).is_some_and(|key| self.text(key) == k)
            }
            "call" => {
                let method = Call(n).function().and_then(Attribute::cast);
                let gets = method.and_then(|m| m.name()).is_some_and(|m| matches!(self.text(m), "get" | "setdefault"));
                let of_it = method.and_then(|m| m.object()).is_some_and(|o| self.text(o) == c);
                gets && of_it && Call(n).args().next().is_some_and(|key| self.text(key) == k)
            }
            _ => false,
        };
        let nodes: Vec<Node<'t>> = walk(body).collect();
        // The names that hold it, by the places that bind them.
        let mut holders: Vec<usize> = Vec::new();
        let carries = |n: Node<'t>, holders: &[usize]| {
            held(n)
                || n.kind() == "identifier" && is_read_position(n) && {
                    match (self.reaching(n), self.var(n)) {
                        (Some(one), _) => holders.contains(&one.node.id()),
                        (None, Some(var)) if var.file == self.id => {
                            let all = self.names.bindings(var.scope, &var.name);
                            all.iter().any(|b| holders.contains(&b.node.id()))
                        }
                        _ => false,
                    }
                }
        };
        loop {
            let known = holders.len();
            for a in nodes.iter().filter_map(|n| Assignment::cast(*n)) {
                let (Some(left), Some(right)) = (a.left(), a.right()) else { continue };
                if left.id() != target.id() && walk(right).any(|n| carries(n, &holders)) {
                    let more = walk(left).filter(|n| n.kind() == "identifier").map(|n| n.id());
                    let more: Vec<usize> = more.filter(|id| !holders.contains(id)).collect();
                    holders.extend(more);
                }
            }
            if holders.len() == known {
                break;
            }
        }
        let asked = |n: Node<'t>| {
            let mut around = ancestors(n).take_while(|a| span(body).contains(span(*a))).filter_map(Call::cast);
            around.any(|call| !held(call.0) && !self.waits_of(call).is_empty())
        };
        let before = nodes.iter().filter(|n| n.start_byte() < target.start_byte());
        before.filter(|n| carries(**n, &holders)).any(|n| asked(*n))
            || value.kind() != "identifier" && walk(value).any(|n| carries(n, &holders))
    }
}
