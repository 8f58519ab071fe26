//! Generators: what whoever iterates them may change while their loop waits for it.

use super::slice::Slice;
use super::stage::Work;
use super::summary::own_nodes;
use super::{File, Trouble};
use crate::facts::Code;
use crate::syntax::python::{Attribute, Function, enclosing_scope};
use crate::syntax::{Node, ancestors, span, walk};

impl<'t> File<'t> {
    /// Something that the work of a generator's loop reads and that other code of the file sets: between two items that code
    /// may run, and the work of later items is under way by then.
    pub(super) fn set_by_others(&self, slice: &Slice<'t>, work: &Work<'t>, looped: Node<'t>) -> Option<Trouble<'t>> {
        let function = enclosing_scope(looped).and_then(Function::cast)?;
        self.names.opened_by(function.0).filter(|s| self.names.scope(*s).yields)?;
        let nodes: Vec<Node<'t>> = slice
            .needs
            .iter()
            .map(|n| n.node())
            .chain(work.nodes.iter().copied())
            .flat_map(|n| own_nodes(n).into_iter())
            .collect();
        let read: Vec<(Node<'t>, &'t str)> = nodes
            .iter()
            .filter(|n| !super::effects::is_target(**n))
            .filter_map(|n| Attribute::cast(*n))
            .filter(|a| a.object().is_some_and(|o| o.kind() == "identifier"))
            .filter_map(|a| Some((a.0, self.text(a.name()?))))
            .collect();
        let here = span(function.0);
        let made = |n: Node<'t>| {
            let def = ancestors(n).find_map(Function::cast).and_then(|f| f.name());
            def.is_some_and(|name| matches!(self.text(name), "__init__" | "__post_init__" | "__new__"))
        };
        let set = walk(self.source.root())
            .filter(|n| n.kind() == "attribute" && super::effects::is_target(*n))
            .filter(|n| !here.contains(span(*n)) && !made(*n))
            .find_map(|n| {
                let name = Attribute(n).name().map(|name| self.text(name))?;
                read.iter().find(|(_, known)| *known == name).map(|(at, _)| (*at, n))
            });
        let global = || {
            slice.reads.iter().find_map(|(var, at)| {
                let declared = self.names.scopes().any(|(_, s)| s.globals.contains(&*var.name));
                (var.file == self.id && var.scope == self.names.module() && declared)
                    .then_some((*at.first()?, *at.first()?))
            })
        };
        let (at, other) = set.or_else(global)?;
        Some(
            Trouble::new(
                Code::YIELD,
                at,
                format!(
                    "whoever iterates the generator may set `{}` between two items, and later calls would not see it",
                    self.text(at)
                ),
                "take its value into a variable in front of the loop, if it is meant to stay the same",
            )
            .with(other),
        )
    }
}
