//! Several sources as one: the clauses of a comprehension, as a generator expression of what its element reads.

use super::slice::Before;
use super::stage::Outcome;
use super::{File, Var};
use crate::facts::Span;
use crate::model::Flat;
use crate::syntax::{Node, children, walk};

/// The clauses of a comprehension: each `for` with its target and source, and the conditions.
#[derive(Debug, Clone)]
pub(super) struct Clauses<'t> {
    /// All of them, in the order of the text.
    all: Vec<Node<'t>>,
    /// The targets and sources.
    pub loops: Vec<(Node<'t>, Node<'t>)>,
    pub conditions: Vec<Node<'t>>,
}

impl<'t> Clauses<'t> {
    pub fn of(comprehension: Node<'t>) -> Option<Self> {
        let all: Vec<Node<'t>> =
            children(comprehension).filter(|c| matches!(c.kind(), "for_in_clause" | "if_clause")).collect();
        let fors = all.iter().filter(|c| c.kind() == "for_in_clause");
        let loops: Option<Vec<_>> =
            fors.map(|c| Some((c.child_by_field_name("left")?, c.child_by_field_name("right")?))).collect();
        let conditions = all.iter().filter(|c| c.kind() == "if_clause").filter_map(|c| children(*c).next()).collect();
        Some(Self { all, loops: loops.filter(|l| !l.is_empty())?, conditions })
    }

    /// Whether one of them goes through something asynchronous.
    pub fn is_async(&self) -> bool {
        self.all.iter().any(|c| c.child(0).is_some_and(|w| w.kind() == "async"))
    }

    /// What is evaluated for each item ahead of its call, in the order of the text: conditions, and every source but the
    /// first.
    pub fn in_front(&self) -> Vec<Node<'t>> {
        let first = self.loops[0].1.id();
        self.all
            .iter()
            .filter_map(|c| match c.kind() {
                "if_clause" => children(*c).next(),
                _ => c.child_by_field_name("right").filter(|r| r.id() != first),
            })
            .collect()
    }

    /// The same as what a call stands behind.
    pub fn before(&self) -> Vec<Before<'t>> {
        self.in_front().into_iter().map(|n| Before::Condition(n, true)).collect()
    }

    fn span(&self) -> Option<Span> {
        Some(Span::new(self.all.first()?.start_byte(), self.all.last()?.end_byte()))
    }
}

impl<'t> File<'t> {
    /// The clauses of a comprehension as a source of what its element reads of them.
    pub(super) fn flat(&self, clauses: &Clauses<'t>, element: &[Node<'t>]) -> Option<Flat> {
        let read: Vec<Var> = element.iter().flat_map(|n| self.reads(*n).into_keys()).collect();
        let mut items: Vec<String> = Vec::new();
        for (target, _) in &clauses.loops {
            for name in walk(*target).filter(|n| n.kind() == "identifier") {
                let text = self.text(name);
                if self.var(name).is_some_and(|v| read.contains(&v)) && !items.iter().any(|i| i == text) {
                    items.push(text.to_string());
                }
            }
        }
        // Where nothing of it is read, any of its names will do.
        if items.is_empty() {
            let last = clauses.loops.last().map(|(target, _)| *target)?;
            items.extend(walk(last).find(|n| n.kind() == "identifier").map(|n| self.text(n).to_string()));
        }
        let parts = clauses.all.iter().map(|c| self.text(*c).to_string()).collect();
        Some(Flat { clauses: clauses.span()?, parts, items, unread: Vec::new() })
    }

    /// What several sources owe that become one: each can be read ahead, and no bar among them would run ahead of the loop.
    pub(super) fn sources_trouble(&self, clauses: &Clauses<'t>, looped: Node<'t>, outcome: &mut Outcome<'t>) {
        for (_, source) in &clauses.loops {
            if self.shows_progress(*source) {
                outcome.unsupported(*source, "a progress bar inside several `for`s would run ahead of the calls");
            }
        }
        for (_, source) in clauses.loops.iter().skip(1) {
            outcome.troubles.extend(self.unsized_source(*source, looped));
        }
    }

    /// How many items several sources give, where the text tells.
    pub(super) fn known_product(&self, clauses: &Clauses<'t>) -> Option<usize> {
        let counts = clauses.loops.iter().map(|(_, source)| self.known_length(*source, 4));
        counts.collect::<Option<Vec<usize>>>()?.into_iter().try_fold(1_usize, usize::checked_mul)
    }
}

/// What nodes of expressions hold that no recipe takes apart.
pub(super) fn odd_within<'t>(nodes: &[Node<'t>], own: impl Fn(&Node<'t>) -> bool) -> Option<Node<'t>> {
    let bad =
        |n: &Node<'t>| n.is_named() && matches!(n.kind(), "named_expression" | "await" | "yield" | "lambda") && !own(n);
    nodes.iter().flat_map(|n| walk(*n)).find(bad)
}

/// Whether the items of a comprehension are put together anew, so that two of them are never one object.
pub(super) fn makes_items(looped: Node<'_>) -> bool {
    let mut fors = children(looped).filter(|c| c.kind() == "for_in_clause");
    let (first, second) = (fors.next(), fors.next());
    let chosen = children(looped).any(|c| c.kind() == "if_clause");
    let plain = first.and_then(|f| f.child_by_field_name("left")).is_some_and(|l| l.kind() == "identifier");
    second.is_some() || chosen && !plain
}
