//! Loops that a variable ends: `done = False`, `while not done:`, and `done = True` once what they try has succeeded. What is
//! set wherever the variable lets the loop end is set behind it.

use super::names::Bound;
use super::{File, Var};
use crate::syntax::python::Assignment;
use crate::syntax::{Node, children, span};

/// What the condition of a loop asks of its variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asks<'s> {
    True,
    False,
    Is(&'s str),
    IsNot(&'s str),
}

/// The literals of which it is known what a condition makes of them.
const LITERALS: [&str; 5] = ["True", "False", "None", "0", "1"];

impl Asks<'_> {
    /// Whether the loop goes on where the variable is a literal; none where that is not told.
    fn goes_on(self, literal: &str) -> Option<bool> {
        if !LITERALS.contains(&literal) {
            return None;
        }
        let truth = matches!(literal, "True" | "1");
        // `1 == True`: only the same text, and what is neither, are surely equal and surely not.
        let equal = |other: &str| match (other == literal, literal == "None" || other == "None") {
            (true, _) => Some(true),
            (false, true) => Some(false),
            _ => (truth != matches!(other, "True" | "1")).then_some(false),
        };
        match self {
            Asks::True => Some(truth),
            Asks::False => Some(!truth),
            Asks::Is(other) => equal(other),
            Asks::IsNot(other) => equal(other).map(|e| !e),
        }
    }
}

impl<'t> File<'t> {
    /// The variable that alone ends a `while`, and the assignments in its body that may let it end. The loop runs at least
    /// once: right in front of it the variable is a literal with which it goes on. None where anything else may set it.
    pub(super) fn ended_by(&self, node: Node<'t>) -> Option<Vec<Node<'t>>> {
        let (name, asks) = self.asked(node.child_by_field_name("condition")?)?;
        let body = node.child_by_field_name("body")?;
        let var = self.var(name)?;
        if var.file != self.id || self.names.scope_at(name) != var.scope {
            return None;
        }
        let mut ends = Vec::new();
        for binding in self.names.bindings(var.scope, &var.name) {
            let at = binding.node;
            // Set by a function that may be called at any time.
            if self.names.scope_at(at) != var.scope {
                return None;
            }
            if !span(node).contains(span(at)) {
                continue;
            }
            let assignment = at.parent().filter(|p| p.kind() == "assignment")?;
            let Bound::Value(Some(value)) = binding.bound else { return None };
            if !span(body).contains(span(at)) {
                return None;
            }
            if asks.goes_on(self.text(value)) != Some(true) {
                ends.push(assignment);
            }
        }
        let first = self.set_in_front(node, &var)?;
        (asks.goes_on(self.text(first)) == Some(true) && !ends.is_empty()).then_some(ends)
    }

    /// The variable of a condition, and what is asked of it.
    fn asked(&self, condition: Node<'t>) -> Option<(Node<'t>, Asks<'_>)> {
        let parts: Vec<Node<'t>> = children(condition).collect();
        let (name, asks) = match (condition.kind(), parts.as_slice()) {
            ("identifier", _) => (condition, Asks::True),
            ("parenthesized_expression", [inner]) => return self.asked(*inner),
            ("not_operator", [inner]) if inner.kind() == "identifier" => (*inner, Asks::False),
            ("comparison_operator", [name, literal]) if LITERALS.contains(&self.text(*literal)) => {
                let between = self.text(condition).strip_prefix(self.text(*name))?;
                let word = between.strip_suffix(self.text(*literal))?.split_whitespace().collect::<Vec<_>>().join(" ");
                let asks = match word.as_str() {
                    "==" | "is" => Asks::Is(self.text(*literal)),
                    "!=" | "is not" => Asks::IsNot(self.text(*literal)),
                    _ => return None,
                };
                (*name, asks)
            }
            _ => return None,
        };
        (name.kind() == "identifier").then_some((name, asks))
    }

    /// The value that a variable was set to by the last statement in front of a loop in its block that may set it.
    fn set_in_front(&self, node: Node<'t>, var: &Var) -> Option<Node<'t>> {
        let before: Vec<Node<'t>> =
            children(node.parent()?).take_while(|s| s.start_byte() < node.start_byte()).collect();
        for statement in before.into_iter().rev() {
            let mut sets = self.names.bindings(var.scope, &var.name).iter();
            if !sets.any(|b| span(statement).contains(span(b.node))) {
                continue;
            }
            let assignment = Some(statement)
                .filter(|s| s.kind() == "expression_statement")
                .and_then(|s| children(s).next())
                .and_then(Assignment::cast)?;
            let left = assignment.left().filter(|l| l.kind() == "identifier")?;
            return assignment.right().filter(|_| self.var(left).as_ref() == Some(var));
        }
        None
    }
}
