//! Calls that a loop makes at once a batch at a time: `for i in range(0, len(xs), 20): await gather(*[ask(x) for x in xs[i:i+20]])`.

use super::File;
use super::loops::loops_around;
use super::names::Bound;
use crate::syntax::python::Call;
use crate::syntax::{Node, ancestors, children, span, walk};

/// What is said of them.
pub(super) const BATCHED: (&str, &str) = (
    "the calls are made a batch at a time: no more are under way than a batch holds, and each batch waits for its slowest call before the next begins",
    "no recipe keeps as many under way all the time: a semaphore of the batch's size in the coroutine, and one gather of all calls, do",
);

impl<'t> File<'t> {
    /// Whether a coroutine's call is one of a batch, whose answers are awaited before the next batch begins.
    pub(super) fn is_batched(&self, call: Node<'t>) -> bool {
        let comprehension = |a: &Node<'t>| a.kind().ends_with("comprehension") || a.kind() == "generator_expression";
        let own = ancestors(call).take_while(|a| a.kind() != "block").find(comprehension);
        own.is_some_and(|batch| {
            let around = loops_around(batch);
            let here =
                |looped: &&Node<'t>| self.gathered(batch).is_some_and(|g| span(**looped).contains(span(g.answers)));
            let source = children(batch)
                .find(|c| c.kind() == "for_in_clause")
                .and_then(|clause| clause.child_by_field_name("right"));
            let looped = around.iter().find(|l| matches!(l.kind(), "for_statement" | "while_statement"));
            looped.filter(here).zip(source).is_some_and(|(looped, source)| self.is_batch(source, *looped))
        })
    }

    /// Whether an expression is a part of bounded length of something, or one of the parts that a loop goes through.
    fn is_batch(&self, node: Node<'t>, looped: Node<'t>) -> bool {
        if self.is_slice(node) {
            return true;
        }
        let binding = (node.kind() == "identifier").then(|| self.reaching(node)).flatten();
        binding.is_some_and(|b| match b.bound {
            Bound::Value(Some(value)) => span(looped).contains(span(value)) && self.is_slice(value),
            // By the name of what makes them, or by slices in it.
            Bound::Item(source) => {
                let function = Call::cast(source).and_then(|c| c.function()).unwrap_or(source);
                let name = self.text(function).to_ascii_lowercase();
                name.contains("batch") || name.contains("chunk") || walk(source).any(|n| self.is_slice(n))
            }
            _ => false,
        })
    }

    /// `xs[i:i + n]`
    fn is_slice(&self, node: Node<'t>) -> bool {
        let slice = node.child_by_field_name("subscript").filter(|s| node.kind() == "subscript" && s.kind() == "slice");
        slice.is_some_and(|s| {
            let end = self.text(s).split(':').nth(1).unwrap_or_default().trim();
            !end.is_empty() && !end.contains("len(") && !end.starts_with('-')
        })
    }
}
