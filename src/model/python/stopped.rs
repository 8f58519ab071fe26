//! How what earlier items did keeps calls from being made. A condition inside a retry that earlier items decide (a budget that
//! runs out, a count of failures over all items): a call that it may keep from being made must not be asked ahead, for the guess
//! would be wrong for all later items. And functions that keep count and end the loop.

use super::alias::{Place, Places};
use super::calls::CallKind;
use super::stage::Work;
use super::summary::own_nodes;
use super::{File, FileId, Var};
use crate::syntax::python::{Call, For};
use crate::syntax::{Node, ancestors, children, span, walk};

impl<'t> File<'t> {
    /// Whether a condition between the body of a loop and a call in it, inside a loop or a `try` around the call, reads what
    /// an earlier iteration may have changed.
    pub(super) fn is_stopped_by_earlier(&self, body: Node<'t>, call: Node<'t>, items: &[Var]) -> bool {
        let conditions = conditions_inside(self, body, call);
        if conditions.is_empty() {
            return false;
        }
        let carried = self.carried_places(body, call, items);
        conditions.into_iter().any(|c| self.reads_any(c, &carried))
    }

    fn reads_any(&self, node: Node<'t>, places: &Places) -> bool {
        let met = |place: &Place| places.iter().any(|p| p.meets(place));
        self.reads(node).iter().any(|(var, nodes)| self.places_read(nodes, var).iter().any(met))
            || self.indirect_reads(node).into_keys().any(|var| met(&Place::whole(var)))
    }

    /// What an iteration reads in front of a call before it sets it, and another one may have changed; with what is computed
    /// from that.
    fn carried_places(&self, body: Node<'t>, call: Node<'t>, items: &[Var]) -> Places {
        let mut exposed = self.reads_first(body);
        // What functions read of the module, unless a statement in front of theirs has set it anew.
        let mut set: Vec<Var> = Vec::new();
        for statement in children(body) {
            let mut read = self.indirect_reads(statement);
            read.retain(|v, _| !set.contains(v));
            exposed.extend(read);
            set.extend(self.definitely_assigns(statement).iter().cloned());
        }
        let mut out: Places = self.binds(body).into_iter().map(Place::whole).collect();
        for change in walk(body).filter_map(|n| self.change_by(n)) {
            out.extend(change.places);
            out.extend(change.direct);
        }
        out.retain(|p| !items.contains(&p.var) && exposed.contains_key(&p.var));
        let steps: Vec<Node<'t>> = walk(body)
            .filter(|n| n.start_byte() < call.start_byte())
            .filter(|n| match n.kind() {
                "assignment" | "augmented_assignment" | "named_expression" | "with_item" | "call" => true,
                // A loop or a branch that the call does not stand in decides by its condition what it sets.
                "if_statement" | "while_statement" | "for_statement" | "match_statement" => {
                    !span(*n).contains(span(call))
                }
                _ => false,
            })
            .collect();
        loop {
            let known = out.len();
            for step in steps.iter().filter(|s| !span(**s).contains(span(call))) {
                if self.reads_any(*step, &out) {
                    out.extend(self.binds(*step).into_iter().filter(|v| !items.contains(v)).map(Place::whole));
                    if let Some(change) = self.change_by(*step) {
                        out.extend(change.direct);
                    }
                }
            }
            if out.len() == known {
                return out;
            }
        }
    }

    /// A call behind the work of a function that keeps count and raises or asserts, which is how a budget ends a loop; and where it
    /// does so. Other exceptions are failures, which no program plans for.
    pub(super) fn limiting_call(&self, body: Node<'t>, work: &Work<'t>) -> Option<(Node<'t>, (FileId, Node<'t>))> {
        let tried = |n: Node<'t>| {
            let around = ancestors(n).take_while(|a| a.id() != body.id());
            around.into_iter().any(|a| a.kind() == "try_statement")
        };
        let calls = own_nodes(body).into_iter().filter(|n| !work.contains(*n) && !tried(*n)).filter_map(Call::cast);
        calls.into_iter().find_map(|call| {
            let defs = match self.classify(call) {
                CallKind::Functions(defs) => defs,
                _ => self.called_by_library(call),
            };
            let limits = defs.iter().map(|def| self.summary_of(*def)).find(|s| s.stores.iter().any(|s| s.sure))?;
            Some((call.0, limits.work.raises.or(limits.work.asserts)?))
        })
    }
}

/// The conditions inside a loop or a `try` around a call on which it depends whether it is made.
fn conditions_inside<'t>(file: &File<'t>, body: Node<'t>, call: Node<'t>) -> Vec<Node<'t>> {
    let within = |n: &Node<'t>| n.id() != body.id();
    let is_inner = |n: &Node<'t>| matches!(n.kind(), "for_statement" | "while_statement" | "try_statement");
    let mut out = Vec::new();
    let mut below = call;
    for above in ancestors(call).take_while(within) {
        if !is_inner(&above) && !ancestors(above).take_while(within).any(|a| is_inner(&a)) {
            break;
        }
        match above.kind() {
            "for_statement" => out.extend(For(above).right()),
            "while_statement" | "if_statement" | "elif_clause" => {
                out.extend(above.child_by_field_name("condition"));
                // An `else` is reached past the conditions of all branches.
                let passed = children(above).filter(|c| c.kind() == "elif_clause" && c.id() != below.id());
                out.extend(passed.filter_map(|c| c.child_by_field_name("condition")));
            }
            "match_statement" => out.extend(above.child_by_field_name("subject")),
            "conditional_expression" => out.extend(above.named_child(1)),
            "boolean_operator" => out.extend(above.child_by_field_name("left")),
            "block" => {
                let in_front = children(above).take_while(|s| s.id() != below.id());
                out.extend(in_front.flat_map(|s| guards(file, s)));
            }
            _ => {}
        }
        below = above;
    }
    // What holds the call itself is no condition of it.
    out.retain(|c| !span(*c).contains(span(call)));
    out
}

/// What decides whether a statement is passed: the conditions of one that may leave, and calls of functions that may raise.
fn guards<'t>(file: &File<'t>, statement: Node<'t>) -> Vec<Node<'t>> {
    let function = |n: Node<'t>| Call::cast(n).is_some_and(|c| matches!(file.classify(c), CallKind::Functions(_)));
    let exits = |n: Node<'t>| Call::cast(n).is_some_and(|c| matches!(file.classify(c), CallKind::Exit));
    let leaves = walk(statement).any(|n| {
        let ends = matches!(
            n.kind(),
            "break_statement" | "continue_statement" | "return_statement" | "raise_statement" | "assert_statement"
        );
        ends || exits(n)
    });
    let decides = |n: Node<'t>| match n.kind() {
        "if_statement" | "elif_clause" | "while_statement" | "if_clause" => {
            n.child_by_field_name("condition").or_else(|| n.named_child(0))
        }
        "for_statement" => For(n).right(),
        "match_statement" => n.child_by_field_name("subject"),
        "case_clause" => n.child_by_field_name("guard"),
        "assert_statement" => Some(n),
        _ => None,
    };
    let mut out: Vec<Node<'t>> = walk(statement).filter(|n| function(*n)).collect();
    if leaves {
        out.extend(walk(statement).filter_map(decides));
    }
    out
}
