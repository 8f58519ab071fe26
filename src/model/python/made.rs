//! Where the objects come from that work uses: made by the work itself, or part of an answer.

use super::File;
use super::names::Bound;
use crate::syntax::python::Call;
use crate::syntax::{Node, ancestors, span, walk};

impl<'t> File<'t> {
    /// Whether an object is made by the function or iteration in which it is used.
    pub(super) fn is_made_inside(&self, node: Node<'t>) -> bool {
        let Some(place) = self.place_of(node) else { return true };
        if place.var.file != self.id {
            return false;
        }
        let bindings = self.names.bindings(place.var.scope, &place.var.name);
        let local = super::receivers::is_call_scope(self.names.scope(place.var.scope).kind);
        local
            && !bindings.is_empty()
            && bindings
                .iter()
                .all(|b| matches!(b.bound, Bound::Value(Some(_)) | Bound::With(_) | Bound::Part(_) | Bound::Augmented))
            // In front of the loop, it is made once for all iterations.
            && self.region.get().is_none_or(|looped| bindings.iter().all(|b| looped.contains(span(b.node))))
    }

    /// Whether an object is, or is part of, what a waiting call answered.
    pub(crate) fn answers(&self, node: Node<'t>) -> bool {
        let Some(place) = self.place_of(node).filter(|p| p.var.file == self.id) else { return false };
        let bindings = self.names.bindings(place.var.scope, &place.var.name);
        !bindings.is_empty()
            && bindings.iter().all(|b| match b.bound {
                Bound::Value(Some(e)) | Bound::With(e) => {
                    walk(e).filter_map(Call::cast).any(|c| self.catalogued(c).is_some())
                }
                _ => false,
            })
    }

    /// Whether the innermost loop around a node is the one whose statements are looked at as work.
    pub(super) fn is_right_in_region(&self, node: Node<'t>) -> bool {
        let looped = ancestors(node).find(|a| matches!(a.kind(), "for_statement" | "while_statement"));
        looped.is_some_and(|l| self.region.get() == Some(span(l)))
    }
}
