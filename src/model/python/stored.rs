//! What a call may store of what it is given: one argument in another, or any in the receiver.

use super::File;
use super::calls::CallKind;
use super::receivers::Def;
use super::summary::{Root, Store, StoreKind};
use crate::catalog::PythonFacts;
use crate::syntax::python::{Attribute, Call};
use crate::syntax::{Node, span};

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

    /// Whether a method may keep what it is given in its receiver.
    pub(super) fn keeps_arguments(&self, call: Call<'t>) -> bool {
        let CallKind::Functions(defs) = self.classify(call) else { return true };
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
