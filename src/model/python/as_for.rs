//! A `while` that only counts, written as the `for` over a `range` that says the same.

use super::counted::{Count, compared};
use super::handed::{Handed, Written};
use super::loops::Waiting;
use super::names::{Bound, ScopeKind};
use super::stage::Cycle;
use super::{File, Var};
use crate::facts::Span;
use crate::syntax::python::{Assignment, Attribute, Call, While};
use crate::syntax::{Node, children, layout, span, walk};

/// A `while` as a `for`.
pub(super) struct AsFor {
    /// `for i in range(len(items))`.
    pub head: String,
    edits: Vec<Written>,
}

/// So many variables and calls deep it is asked whether something is a whole number.
const DEPTH: usize = 4;

/// What looks at variables by their names, the counter among them.
const LOOKS: [&str; 6] = ["locals(", "globals(", "vars(", "dir(", "exec(", "eval("];

impl<'t> File<'t> {
    /// The `while` loops with waiting calls that only count, each with what makes a `for` of it.
    pub(super) fn counted_loops(&self) -> Vec<Handed> {
        if !self.source.text.contains("while ") {
            return Vec::new();
        }
        let loops = walk(self.source.root()).filter(|n| n.kind() == "while_statement");
        let written = |looped: Node<'t>| {
            let calls: Vec<Waiting<'t>> = walk(While(looped).body()?)
                .filter_map(Call::cast)
                .map(|call| Waiting { call, waits: self.waits_of(call) })
                .filter(|w| !w.waits.is_empty())
                .collect();
            if calls.is_empty() {
                return None;
            }
            // What is taken for granted of the bound would have to be told of the `for`, too.
            let (cycle, _) = self.counting(looped, &calls).filter(|(_, assumed)| assumed.is_empty())?;
            let made = self.as_for(&cycle).ok()?;
            Some(Handed { looped: span(looped), edits: made.edits, at_once: None })
        };
        let looks = LOOKS.iter().any(|word| self.source.text.contains(word));
        loops.filter(|_| !looks).filter_map(written).collect()
    }

    /// The `for` that says the same as a `while` that counts, or why it would not.
    pub(super) fn as_for(&self, cycle: &Cycle<'t>) -> Result<AsFor, String> {
        let looped = cycle.node;
        let odd = || "its head is of a form that is not written".to_string();
        let var = self.var(cycle.target).ok_or_else(odd)?;
        let count = self.count_of_while(&var, cycle.source, cycle.body).ok_or_else(odd)?;
        let condition = While(looped).condition().ok_or_else(odd)?;
        let name = self.text(cycle.target);
        let (begin, made) = self
            .begins_at(&var, looped)
            .ok_or_else(|| format!("`{name}` does not begin as a whole number right in front of it"))?;
        if self.names.scope(var.scope).kind == ScopeKind::Module {
            return Err(format!("`{name}` is a variable of the module, and a `for` leaves another number in it"));
        }
        if self.is_read_behind(&var, made, looped) {
            return Err(format!("`{name}` is read elsewhere, where a `for` leaves another number in it"));
        }
        let stop = self.stop_of(condition, &count).ok_or_else(odd)?;
        if !self.is_whole_number(count.bound, DEPTH) || !self.is_whole_number(count.by, DEPTH) {
            let which = if self.is_whole_number(count.by, DEPTH) { count.bound } else { count.by };
            return Err(format!(
                "whether `{}` is a whole number, as a `range` must have it, is not known",
                self.text(which)
            ));
        }
        let arguments = match (begin, self.text(count.by)) {
            ("0", "1") => stop,
            (_, "1") => format!("{begin}, {stop}"),
            (_, by) => format!("{begin}, {stop}, {by}"),
        };
        let head = format!("for {name} in range({arguments})");
        let whole = Span::new(looped.start_byte(), condition.end_byte());
        if self.source.slice(whole).contains(['\n', '#']) {
            return Err(odd());
        }
        let mut edits = vec![Written { span: whole, text: head.clone(), gone: false }];
        for statement in count.steps().chain([made]) {
            edits.push(
                self.statement_gone(statement).ok_or_else(|| format!("`{}` shares its line", self.text(statement)))?,
            );
        }
        edits.sort_by_key(|e| e.span.start);
        Ok(AsFor { head, edits })
    }

    /// A statement that goes: its line, or what stands in front of the comment in it.
    fn statement_gone(&self, statement: Node<'t>) -> Option<Written> {
        if let Some(gone) = self.line_gone(statement) {
            return Some(gone);
        }
        let whole = layout::lines(self.source, statement);
        let rest = self.source.slice(Span::new(statement.end_byte(), whole.end));
        let comment = rest.trim_start_matches([' ', '\t']);
        let alone = layout::alone_on_lines(self.source, statement) && !self.text(statement).contains(['\n', '#']);
        let end = statement.end_byte() + rest.len() - comment.len();
        let gone = Span::new(statement.start_byte(), end);
        (alone && comment.starts_with('#')).then_some(Written { span: gone, text: String::new(), gone: false })
    }

    /// What a `range` ends in front of.
    fn stop_of(&self, condition: Node<'t>, count: &Count<'t>) -> Option<String> {
        let bound = self.text(count.bound);
        if compared(self, condition, &[("<", false), (">", true)]).is_some() {
            return Some(bound.to_string());
        }
        compared(self, condition, &[("<=", false), (">=", true)])?;
        Some(match count.bound.kind() {
            "integer" => bound.parse::<u64>().ok()?.checked_add(1)?.to_string(),
            "identifier" | "attribute" | "call" | "subscript" => format!("{bound} + 1"),
            _ => format!("({bound}) + 1"),
        })
    }

    /// The number that a counter has in front of its loop, and the statement there that sets it.
    fn begins_at(&self, var: &Var, looped: Node<'t>) -> Option<(&'t str, Node<'t>)> {
        let block = looped.parent()?;
        let before: Vec<Node<'t>> = children(block).take_while(|s| s.start_byte() < looped.start_byte()).collect();
        let mut behind: Vec<Var> = Vec::new();
        for statement in before.into_iter().rev() {
            if !self.binds(statement).contains(var) {
                if walk(statement).any(|n| n.kind() == "identifier" && self.var(n).as_ref() == Some(var)) {
                    return None;
                }
                behind.extend(self.binds(statement));
                continue;
            }
            let assignment = children(statement).next().and_then(Assignment::cast);
            let assignment =
                assignment.filter(|a| statement.kind() == "expression_statement" && a.annotation().is_none())?;
            let (left, right) = (assignment.left()?, assignment.right()?);
            let plain = match right.kind() {
                "integer" => true,
                // What it is taken from must stay as it is up to the loop.
                "identifier" => {
                    self.var(right).is_some_and(|v| !behind.contains(&v) && !self.binds(looped).contains(&v))
                }
                _ => false,
            };
            let fine = left.kind() == "identifier" && plain && self.is_whole_number(right, DEPTH);
            return fine.then_some((self.text(right), statement));
        }
        None
    }

    /// Whether anything outside of a loop may read what it leaves in its counter, or what the counter began with.
    fn is_read_behind(&self, var: &Var, made: Node<'t>, looped: Node<'t>) -> bool {
        let own = |n: Node<'t>| span(looped).contains(span(n)) || span(made).contains(span(n));
        self.names
            .reads_of(var.scope, &var.name)
            .any(|read| !own(read.node) && self.reaching(read.node).is_none_or(|b| own(b.node)))
    }

    /// Whether an expression is a whole number, as far as the file tells.
    fn is_whole_number(&self, node: Node<'t>, depth: usize) -> bool {
        let Some(deeper) = depth.checked_sub(1) else { return false };
        match node.kind() {
            "integer" => self.text(node).parse::<u64>().is_ok(),
            "parenthesized_expression" => children(node).all(|c| self.is_whole_number(c, deeper)),
            "binary_operator" => {
                let operator = node.child_by_field_name("operator").map_or("", |o| self.text(o));
                let sides = ["left", "right"].iter().filter_map(|f| node.child_by_field_name(f));
                matches!(operator, "+" | "-" | "*" | "//" | "%")
                    && sides.into_iter().all(|s| self.is_whole_number(s, deeper))
            }
            "attribute" => self.is_integer_option(Attribute(node)),
            "call" => {
                let call = Call(node);
                match call.function().and_then(|f| self.builtin(f)) {
                    Some("len") => true,
                    Some("int") => call.args().count() == 1,
                    Some("min" | "max") => {
                        call.args().count() > 1 && call.args().all(|a| self.is_whole_number(a, deeper))
                    }
                    _ => false,
                }
            }
            "identifier" => self.var(node).is_some_and(|var| self.holds_whole(&var, deeper)),
            _ => false,
        }
    }

    fn holds_whole(&self, var: &Var, depth: usize) -> bool {
        let bindings = self.names.bindings(var.scope, &var.name);
        var.file == self.id
            && !bindings.is_empty()
            && bindings.iter().all(|b| match b.bound {
                Bound::Value(Some(e)) => self.is_whole_number(e, depth),
                Bound::Parameter(annotation) => {
                    annotation.is_some_and(|a| self.text(a) == "int")
                        || annotation.is_none() && self.all_callers_pass(var, |e| self.is_whole_number(e, depth))
                }
                _ => false,
            })
    }
}
