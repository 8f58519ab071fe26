//! Where an iteration can leave its loop.

use crate::facts::Span;
use crate::model::Exit;
use crate::syntax::rust::{Call, Macro, is_deferred};
use crate::syntax::{Node, Source, ancestors, children, span};

/// Macros that panic, always or where something does not hold.
const PANICKING: &[&str] = &["assert", "assert_eq", "assert_ne", "panic", "todo", "unimplemented", "unreachable"];

/// An exit, and whether the program means it as one: a panic is none.
pub(super) struct Found {
    pub exit: Exit,
    pub by_choice: bool,
}

/// The exits of a loop's body, in the order of the text. What panics without saying so (an index, an overflow) is left out.
pub(super) fn exits<'t>(source: &Source, looped: Node<'t>, body: Option<Node<'t>>) -> Vec<Found> {
    let mut out = Vec::new();
    let mut add = |span: Span, what: &str, by_choice: bool| {
        out.push(Found { exit: Exit { span, what: what.into() }, by_choice });
    };
    let mut stack: Vec<Node<'_>> = body.into_iter().collect();
    while let Some(node) = stack.pop() {
        let kind = node.kind();
        if is_deferred(node) {
            continue;
        }
        match kind {
            "break_expression" | "continue_expression" => {
                // A label is taken to be that of a loop further out.
                let labelled = children(node).any(|c| c.kind() == "label");
                if labelled || kind == "break_expression" && loop_of(node) == Some(looped) {
                    add(span(node), kind.trim_end_matches("_expression"), true);
                }
            }
            "return_expression" => add(span(node), "return", true),
            "try_expression" => {
                let caught = ancestors(node).take_while(|n| *n != looped).any(|n| n.kind() == "try_block");
                if !caught {
                    add(Span::new(node.end_byte() - 1, node.end_byte()), "?", true);
                }
            }
            "macro_invocation" => {
                let name = Macro(node).name().map_or("", |n| source.of(n));
                let name = name.rsplit("::").next().unwrap_or(name);
                match name {
                    "bail" | "ensure" => add(span(node), "return", true),
                    _ if PANICKING.contains(&name) => add(span(node), name, false),
                    _ => {}
                }
            }
            "call_expression" => match Call(node).name(source) {
                Some(name @ ("unwrap" | "expect")) if Call(node).receiver().is_some() => add(span(node), name, false),
                Some("exit") if Call(node).receiver().is_none() => add(span(node), "exit", true),
                _ => {}
            },
            // The tokens of a macro.
            "?" if is_token(node) => add(span(node), "?", true),
            "break" | "return" if is_token(node) => add(span(node), kind, true),
            _ => {}
        }
        stack.extend(node.all_children());
    }
    out.sort_by_key(|found| found.exit.span);
    out
}

fn is_token(node: Node<'_>) -> bool {
    node.parent().is_some_and(|p| p.kind() == "token_tree")
}

/// The loop that a `break` or `continue` without a label belongs to.
pub(super) fn loop_of(node: Node<'_>) -> Option<Node<'_>> {
    ancestors(node).find(|n| matches!(n.kind(), "for_expression" | "while_expression" | "loop_expression"))
}
