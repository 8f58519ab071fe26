//! Loops that only make a call again until it succeeds. They are no loops over items, and stay as they are: inside another
//! site they are no sites of their own.

use super::loops::Waiting;
use super::{File, Var};
use crate::facts::{Code, Span};
use crate::model::Analysis;
use crate::syntax::python::{For, Try};
use crate::syntax::{Node, ancestors, children, span, walk};

impl<'t> File<'t> {
    /// Leaves out the loops that only try again inside another site, which speaks for their calls.
    pub(super) fn leave_out_tries(&self, loops: &[(Node<'t>, Vec<Waiting<'t>>)], found: &mut Vec<(usize, Analysis)>) {
        let gone = |analysis: &Analysis| {
            let early = analysis.obstacles.iter().all(|o| o.code == Code::EARLY_EXIT) && !analysis.obstacles.is_empty();
            let looped = loops.iter().find(|(looped, _)| span(*looped) == analysis.whole).filter(|_| early);
            looped.is_some_and(|(looped, calls)| self.only_tries(*looped, calls))
        };
        let (tries, others): (Vec<_>, Vec<_>) = std::mem::take(found).into_iter().partition(|(_, a)| gone(a));
        let sites: Vec<Span> = others.iter().chain(&tries).map(|(_, a)| a.whole).collect();
        let spoken = |whole: Span| sites.iter().any(|other| *other != whole && other.contains(whole));
        let alone: Vec<_> = tries.into_iter().filter(|(_, a)| !spoken(a.whole)).collect();
        found.extend(alone.into_iter().chain(others));
    }

    /// Whether each iteration makes the same call as the one before: nothing that it asks comes from the loop's item, or from
    /// the iteration before, but what a handler sets after a failure.
    fn only_tries(&self, looped: Node<'t>, calls: &[Waiting<'t>]) -> bool {
        let Some(body) = looped.child_by_field_name("body") else { return false };
        let targets = For::cast(looped).and_then(|f| f.left()).map(|left| self.binds(left)).unwrap_or_default();
        calls.iter().all(|waiting| {
            let reads = self.asked_by(waiting.call.0, body);
            let form = matches!(looped.kind(), "for_statement") || self.tries_until(looped, waiting.call.0);
            form && !reads.iter().any(|v| targets.contains(v)) && self.carried_by(&reads, body).is_none()
        })
    }

    /// The variables from which a call is asked, with those from which the body computes these.
    fn asked_by(&self, call: Node<'t>, body: Node<'t>) -> Vec<Var> {
        let mut out: Vec<Var> = self.reads(call).into_keys().collect();
        let mut at = 0;
        while let Some(var) = out.get(at).cloned() {
            at += 1;
            let home = self.home(&var);
            let bindings = home.names.bindings(var.scope, &var.name).iter();
            for binding in bindings.filter(|b| var.file == self.id && span(body).contains(span(b.node))) {
                let parts = ancestors(binding.node).take_while(|a| a.id() != body.id());
                let whole = parts.take_while(|a| a.kind() != "block").last().unwrap_or(binding.node);
                let more = self.reads(whole).into_keys().filter(|v| !out.contains(v)).collect::<Vec<_>>();
                out.extend(more);
            }
        }
        out
    }

    /// The variable, of those that a call reads, that an iteration leaves for the next one other than in a handler.
    pub(super) fn carried_by(&self, reads: &[Var], body: Node<'t>) -> Option<Var> {
        let early = self.reads_first(body);
        let handled =
            |n: Node<'t>| ancestors(n).take_while(|a| a.id() != body.id()).any(|a| a.kind() == "except_clause");
        reads
            .iter()
            .filter(|v| early.contains_key(v))
            .find(|v| {
                let home = self.home(v);
                let mut inside = home
                    .names
                    .bindings(v.scope, &v.name)
                    .iter()
                    .filter(|b| v.file == self.id && span(body).contains(span(b.node)));
                inside.any(|b| !handled(b.node))
            })
            .cloned()
    }

    /// Whether a loop around the call ends with its first success, as far as its form tells.
    pub(super) fn tries_until(&self, looped: Node<'t>, call: Node<'t>) -> bool {
        let tried = ancestors(call).take_while(|a| a.id() != looped.id()).any(|a| a.kind() == "try_statement");
        let leaves = walk(looped).any(|n| {
            n.kind() == "break_statement" && super::consume::loop_of(n).is_some_and(|l| l.id() == looped.id())
        });
        tried && (leaves || looped.kind() == "while_statement")
    }
}

/// Whether a loop tries a call until it can return what that gives.
pub(super) fn returns_tried<'t>(looped: Node<'t>, call: Node<'t>) -> bool {
    let within = |a: &Node<'t>| a.id() != looped.id();
    let body = ancestors(call).take_while(within).find(|a| a.kind() == "try_statement").and_then(|t| Try(t).body());
    body.is_some_and(|block| {
        span(block).contains(span(call)) && children(block).any(|s| s.kind() == "return_statement")
    })
}
