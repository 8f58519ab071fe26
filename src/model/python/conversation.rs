//! Things that are talked to: another program behind its pipes, a socket. What comes back belongs to what was sent before, so
//! one that items share is an order between them.

use super::receivers::Meaning;
use super::{File, Trouble};
use crate::catalog::PythonFacts;
use crate::facts::Code;
use crate::syntax::Node;
use crate::syntax::python::{Attribute, Call};

/// The pipes of another program.
const PIPES: [&str; 3] = ["stdin", "stdout", "stderr"];

/// What ends such a thing, or only asks how it is.
const BESIDE: [&str; 14] = [
    "poll",
    "wait",
    "terminate",
    "kill",
    "close",
    "fileno",
    "settimeout",
    "setsockopt",
    "getsockname",
    "getpeername",
    "isalive",
    "send_signal",
    "shutdown",
    "get_extra_info",
];

impl<'t> File<'t> {
    /// What a node says to something that is talked to, or hears from it, where items share it.
    pub(super) fn converses(&self, node: Node<'t>) -> Option<Trouble<'t>> {
        let access = match Call::cast(node) {
            Some(call) => call.function().and_then(Attribute::cast),
            None => Attribute::cast(node),
        }?;
        let (object, name) = (access.object()?, self.text(access.name()?));
        let called = Call::cast(node).is_some();
        // The pipe is found where it is named.
        let of_named = Attribute::cast(object).and_then(|a| a.name()).is_some_and(|n| PIPES.contains(&self.text(n)));
        if called && (BESIDE.contains(&name) || of_named) || !called && !PIPES.contains(&name) {
            return None;
        }
        let talks = |m: &Meaning<'t>| match m {
            Meaning::Made(path, rest) => {
                // Of another program only what goes through its pipes.
                let piped = !path.contains("process") || name == "communicate" || PIPES.contains(&name);
                let of_pipe = rest.iter().any(|part| PIPES.contains(&part.as_str()));
                PythonFacts::has(&self.catalog.python.conversations, path) && (piped || of_pipe)
            }
            _ => false,
        };
        if !self.meaning(object).all.iter().any(talks) || self.is_made_inside(object) {
            return None;
        }
        let what = self.text(object);
        Some(Trouble::new(
            Code::CONVERSATION,
            node,
            format!("`{what}` is one conversation: what it answers belongs to what was said to it before"),
            "start one for each item, inside of the work",
        ))
    }
}
