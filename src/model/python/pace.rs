//! Throttling sleeps: how far apart a loop's calls are.

use super::calls::CallKind;
use super::conflicts::Staged;
use super::loops::Waiting;
use super::names::Bound;
use super::receivers::Meaning;
use super::stage::{Outcome, Work};
use super::{File, Grade, Trouble};
use crate::facts::Code;
use crate::model::Pace;
use crate::syntax::python::Call;
use crate::syntax::{Node, children, layout, span};

/// So many functions deep are sleeps looked for.
const MAX_DEPTH: usize = 4;

impl<'t> File<'t> {
    /// A sleep that every iteration makes, directly in the loop's body, for as long as every other: its statement, and how
    /// long.
    pub(super) fn paces(&self, sleep: Call<'t>, staged: &Staged<'_, 't>) -> Option<(Option<Node<'t>>, Node<'t>)> {
        let waits = sleep.0.parent().filter(|p| p.kind() == "await").unwrap_or(sleep.0);
        let statement = waits.parent().filter(|p| p.kind() == "expression_statement")?;
        let seconds = sleep.args().next().filter(|a| a.kind() != "keyword_argument")?;
        let looped = staged.body.parent()?;
        let here = statement.parent().is_some_and(|p| p.id() == staged.body.id());
        let plain = matches!(seconds.kind(), "integer" | "float" | "identifier" | "attribute");
        (here && plain && self.is_invariant(seconds, looped) && layout::alone_on_lines(self.source, statement))
            .then_some((Some(statement), seconds))
    }

    /// Takes the sleeps that each item's calls make of their own accord as a distance between starts.
    pub(super) fn pace_of_work(&self, work: &Work<'t>, calls: &[Waiting<'t>], outcome: &mut Outcome<'t>) {
        let sleeps = self.sleeps_of(work, calls);
        let Some(first) = sleeps.first() else { return };
        let of_calls = |t: &Trouble<'t>| {
            work.span.contains(span(t.node)) || calls.iter().any(|w| span(w.call.0).contains(span(t.node)))
        };
        let told = outcome.troubles.iter_mut().filter(|t| t.code == Code::SLEEP && t.grade == Grade::Care);
        for trouble in told.filter(|t| of_calls(t)) {
            trouble.message = format!(
                "calls start `{}` seconds apart, as long as the work sleeps, and no longer wait for the answers in between",
                self.text(*first)
            );
        }
        outcome.paces.extend(sleeps.into_iter().map(|seconds| (None, seconds)));
    }

    /// How long each item's calls sleep of their own accord, in the work's statements and in the functions that are called: numbers.
    fn sleeps_of(&self, work: &Work<'t>, calls: &[Waiting<'t>]) -> Vec<Node<'t>> {
        let mut sleeps = Vec::new();
        match work.call {
            Some(call) => self.sleeps_of_function(Call(call), MAX_DEPTH, &mut sleeps),
            None => self.sleeps_among(work.nodes.iter().copied(), MAX_DEPTH, &mut sleeps),
        }
        // What stays behind asks as often as the work does, and sleeps for it.
        for call in calls.iter().map(|w| w.call).filter(|c| !work.span.contains(span(c.0))) {
            self.sleeps_of_function(call, MAX_DEPTH, &mut sleeps);
        }
        sleeps
    }

    fn sleeps_of_function(&self, call: Call<'t>, depth: usize, sleeps: &mut Vec<Node<'t>>) {
        let meaning = self.meaning(call.function().unwrap_or(call.0));
        let [Meaning::Function { def, .. }] = meaning.all.as_slice() else { return };
        let Some(file) = self.program.at(def.file).filter(|f| f.id == self.id && depth > 0) else { return };
        let Some(body) = def.node.child_by_field_name("body") else { return };
        match def.node.kind() {
            "lambda" => file.sleeps_of_calls(body, depth, sleeps),
            _ => file.sleeps_among(children(body), depth, sleeps),
        }
    }

    fn sleeps_among(&self, statements: impl Iterator<Item = Node<'t>>, depth: usize, sleeps: &mut Vec<Node<'t>>) {
        for statement in statements {
            match statement.kind() {
                "expression_statement" | "return_statement" => self.sleeps_of_calls(statement, depth, sleeps),
                "with_statement" => {
                    let body = statement.child_by_field_name("body");
                    self.sleeps_among(body.into_iter().flat_map(children), depth, sleeps);
                }
                _ => {}
            }
        }
    }

    /// What the calls sleep that are made whenever an expression is evaluated.
    fn sleeps_of_calls(&self, node: Node<'t>, depth: usize, sleeps: &mut Vec<Node<'t>>) {
        if matches!(node.kind(), "lambda" | "conditional_expression" | "boolean_operator")
            || node.kind().ends_with("comprehension")
            || node.kind() == "generator_expression"
        {
            return;
        }
        if let Some(call) = Call::cast(node) {
            match (self.classify(call), call.args().next()) {
                (CallKind::Sleep(_), Some(seconds)) if self.number(seconds).is_some() => sleeps.push(seconds),
                (CallKind::Functions(_), _) => self.sleeps_of_function(call, depth - 1, sleeps),
                _ => {}
            }
        }
        children(node).for_each(|child| self.sleeps_of_calls(child, depth, sleeps));
    }

    /// The number that an expression is, or a name of the module that is set once.
    fn number(&self, node: Node<'t>) -> Option<f64> {
        if matches!(node.kind(), "integer" | "float") {
            return self.text(node).replace('_', "").parse().ok();
        }
        let var = self.var(node).filter(|v| v.file == self.id && v.scope == self.names.module())?;
        match self.names.bindings(var.scope, &var.name) {
            [one] => match one.bound {
                Bound::Value(Some(e)) if matches!(e.kind(), "integer" | "float") => self.number(e),
                _ => None,
            },
            _ => None,
        }
    }

    /// All that is slept in an iteration.
    pub(super) fn pace_of(&self, paces: &[(Option<Node<'t>>, Node<'t>)]) -> Option<Pace> {
        let seconds: Vec<&str> = paces.iter().map(|(_, seconds)| self.text(*seconds)).collect();
        (!seconds.is_empty()).then(|| Pace {
            statements: paces.iter().filter_map(|(s, _)| s.map(span)).collect(),
            seconds: seconds.join(" + "),
            known: paces.iter().map(|(_, seconds)| self.number(*seconds)).sum(),
        })
    }
}
