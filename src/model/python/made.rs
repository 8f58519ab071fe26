//! Where the objects come from that work uses: made by the work itself, or part of an answer.

use super::File;
use super::names::Bound;
use super::receivers::Meaning;
use crate::syntax::python::{Attribute, Call};
use crate::syntax::{Node, ancestors, span, walk};

/// The methods of a cursor that give rows.
const FETCHES: [&str; 3] = ["fetchone", "fetchmany", "fetchall"];

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

    /// Whether what comes of a constructor, by way of attributes and calls, belongs to the thread that called it. The rows that
    /// a cursor has fetched are data, and belong to nobody.
    pub(super) fn is_of_a_thread(&self, path: &str, rest: &[String]) -> bool {
        let fetched =
            rest.windows(2).any(|two| matches!(two, [name, call] if FETCHES.contains(&name.as_str()) && call == "()"));
        path == "threading.local" || self.catalog.is_bound(path) && !(fetched && self.has_plain_rows())
    }

    /// Whether a call gives rows that a cursor has fetched, which share nothing with it.
    pub(super) fn fetches(&self, call: Call<'t>) -> bool {
        let named =
            |f: &Node<'t>| Attribute::cast(*f).and_then(|a| a.name()).is_some_and(|n| FETCHES.contains(&self.text(n)));
        let Some(function) = call.function().filter(named) else { return false };
        let meanings = self.meaning(function);
        let bound = |m: &Meaning<'t>| matches!(m, Meaning::Made(path, _) if self.catalog.is_bound(path));
        self.has_plain_rows() && !meanings.unknown && !meanings.all.is_empty() && meanings.all.iter().all(bound)
    }

    /// Whether the file leaves rows as the library makes them: a function of its own may make anything of them.
    fn has_plain_rows(&self) -> bool {
        let text = &self.source.text;
        text.matches("row_factory").count() == text.matches("row_factory = sqlite3.Row").count()
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
