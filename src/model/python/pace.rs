//! Throttling sleeps: how far apart a loop's calls are.

use super::calls::CallKind;
use super::conflicts::Staged;
use super::names::Bound;
use super::receivers::Meaning;
use super::stage::{Outcome, Work};
use super::{File, Grade};
use crate::facts::Code;
use crate::model::Pace;
use crate::syntax::python::Call;
use crate::syntax::{Node, children, layout, span};

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

    /// Takes the sleeps that each item's work makes of its own accord as a distance between starts.
    pub(super) fn pace_of_work(&self, work: &Work<'t>, outcome: &mut Outcome<'t>) {
        let sleeps = self.sleeps_of(work);
        let Some(first) = sleeps.first() else { return };
        for trouble in outcome.troubles.iter_mut().filter(|t| t.code == Code::SLEEP && t.grade == Grade::Care) {
            trouble.message = format!(
                "calls start `{}` seconds apart, as long as the work sleeps, and no longer wait for the answers in between",
                self.text(*first)
            );
        }
        outcome.paces.extend(sleeps.into_iter().map(|seconds| (None, seconds)));
    }

    /// How long each item's work sleeps of its own accord, in its statements or in the function that it calls: numbers.
    fn sleeps_of(&self, work: &Work<'t>) -> Vec<Node<'t>> {
        let Some(call) = work.call else { return self.sleeps_among(work.nodes.iter().copied()) };
        let meaning = self.meaning(Call(call).function().unwrap_or(call));
        let [Meaning::Function { def, .. }] = meaning.all.as_slice() else { return Vec::new() };
        let Some(file) = self.program.at(def.file).filter(|f| f.id == self.id) else { return Vec::new() };
        def.node.child_by_field_name("body").map(|body| file.sleeps_among(children(body))).unwrap_or_default()
    }

    fn sleeps_among(&self, statements: impl Iterator<Item = Node<'t>>) -> Vec<Node<'t>> {
        statements
            .filter(|s| s.kind() == "expression_statement")
            .filter_map(|s| {
                let inner = children(s).next()?;
                let call = Call::cast(if inner.kind() == "await" { children(inner).next()? } else { inner })?;
                let seconds = call.args().next()?;
                let known = self.number(seconds).is_some();
                (known && matches!(self.classify(call), CallKind::Sleep(_))).then_some(seconds)
            })
            .collect()
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
