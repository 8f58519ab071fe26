//! Random draws in front of the work. The stream is one for all items, so they are made item by item in the order of the
//! source, where the items are taken: a generator in front of the loop. That is their order so far exactly where nothing else
//! of the loop draws.

use super::calls::CallKind;
use super::reading::Ahead;
use super::receivers::{Def, Meaning};
use super::slice::{Need, Slice};
use super::stage::{Cycle, Outcome};
use super::summary::own_nodes;
use super::{File, Grade, Trouble};
use crate::facts::Code;
use crate::syntax::python::Call;
use crate::syntax::{Node, children, layout, span, walk};

/// The statements in front of the work that draw, with those that they need.
#[derive(Debug, Clone, Default)]
pub(super) struct Drawn<'t> {
    pub statements: Vec<Node<'t>>,
    /// The variables that they set and that others read.
    pub gives: Vec<String>,
}

impl Drawn<'_> {
    pub fn has(&self, node: Node<'_>) -> bool {
        self.statements.iter().any(|s| s.id() == node.id())
    }
}

/// What makes a stream of random numbers.
const STREAMS: [&str; 5] = [
    "random.Random",
    "random.SystemRandom",
    "numpy.random.default_rng",
    "numpy.random.Generator",
    "numpy.random.RandomState",
];

/// What else of a loop may draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Beside {
    Nothing,
    /// Code that nobody knows.
    Unknown,
    Draws,
}

impl<'t> File<'t> {
    /// The trouble of a part, where draws of random numbers are passed over while it is asked whether they are all.
    pub(super) fn effects_in_turn(&self, expression: Node<'t>, ahead: Ahead) -> Option<Trouble<'t>> {
        self.effects_but(expression, ahead, self.drawing.get())
    }

    /// Whether a statement of a loop's body may run ahead of its turn but for what it draws.
    pub(super) fn only_draws(&self, statement: Node<'t>, body: Node<'t>) -> bool {
        let here = statement.parent().is_some_and(|p| p.id() == body.id());
        if self.guessing.get() || !here || !layout::alone_on_lines(self.source, statement) {
            return false;
        }
        let outer = self.drawing.replace(true);
        let rest = self.sliceable(statement, body);
        self.drawing.set(outer);
        // What is evaluated later would find the variables of a later item.
        let late = ["lambda", "function_definition", "generator_expression", "global_statement", "nonlocal_statement"];
        rest.is_ok() && !walk(statement).any(|n| late.contains(&n.kind()))
    }

    /// The draw of a statement, as the trouble that it would be.
    fn draw_of(&self, statement: Node<'t>) -> Option<Trouble<'t>> {
        let drawn = |n| Call::cast(n).and_then(|call| self.call_impurity(call)).filter(|t| t.code == Code::RANDOM);
        walk(statement).find_map(drawn)
    }

    /// The statements in front of the work that must run in their turn.
    ///
    /// # Errors
    /// Where they cannot be had there: the trouble of the draw.
    pub(super) fn drawn(
        &self,
        slice: &Slice<'t>,
        cycle: Cycle<'t>,
        outcome: &mut Outcome<'t>,
    ) -> Result<Drawn<'t>, Trouble<'t>> {
        let draws = |n: &Need<'t>| match n {
            Need::Statement(s, _) => self.draw_of(*s).filter(|_| self.only_draws(*s, cycle.body)),
            Need::SkipWhen(..) => None,
        };
        let found = slice.needs.iter().enumerate().rev().find_map(|(at, n)| draws(n).map(|trouble| (at, trouble)));
        let Some((last, trouble)) = found else { return Ok(Drawn::default()) };
        let mut statements = Vec::new();
        for need in &slice.needs[..=last] {
            match need {
                Need::Statement(s, _) if self.only_draws(*s, cycle.body) => statements.push(*s),
                _ => return Err(trouble),
            }
        }
        let scope = self.names.scope_at(cycle.node);
        let bound: Vec<_> = statements.iter().flat_map(|s| self.binds(*s)).collect();
        let surely: Vec<_> = statements.iter().flat_map(|s| self.definitely_assigns(*s).to_vec()).collect();
        let plain = bound.iter().all(|v| v.file == self.id && v.scope == scope && surely.contains(v));
        let leaves = walk(cycle.body).any(|n| matches!(n.kind(), "break_statement" | "return_statement" | "yield"));
        if !plain || cycle.counted || cycle.nested || leaves {
            return Err(trouble);
        }
        let mut seen = Vec::new();
        let rest = children(cycle.body).filter(|n| statements.iter().all(|s| s.id() != n.id()));
        let beside = rest.flat_map(walk).map(|n| self.draws_beside(n, &mut seen)).max().unwrap_or(Beside::Nothing);
        if beside == Beside::Draws {
            return Err(trouble);
        }
        let items = self.binds(cycle.target);
        let inside = |n: Node<'t>| statements.iter().any(|s| span(*s).contains(span(n)));
        let mut gives: Vec<String> = Vec::new();
        for var in bound.iter().filter(|v| !items.contains(v)) {
            // At module level other files may read them.
            let read =
                scope == self.names.module() || self.names.reads_of(var.scope, &var.name).any(|r| !inside(r.node));
            if read && !gives.contains(&var.name.to_string()) {
                gives.push(var.name.to_string());
            }
        }
        if gives.is_empty() && !bound.iter().any(|v| items.contains(v)) {
            return Err(trouble);
        }
        if beside == Beside::Unknown || self.outlives_failure(cycle.node) {
            let message = format!(
                "{}; it is drawn in the order of the items, but ahead of what the loop does with the answers of earlier ones: fine where that draws nothing from the same stream, and where nothing draws from it behind a failure",
                trouble.message
            );
            outcome.add(Trouble { message, ..trouble }.graded(Grade::Care));
        }
        Ok(Drawn { statements, gives })
    }

    /// The class or function that made a stream of random numbers of the program's own: `rng = random.Random(7)`.
    pub(super) fn random_stream(&self, receiver: Node<'t>) -> Option<String> {
        let meaning = self.meaning(receiver);
        meaning.all.iter().find_map(|m| match m {
            Meaning::Made(path, rest) if rest.is_empty() => STREAMS.contains(&path.as_str()).then(|| path.clone()),
            _ => None,
        })
    }

    /// Whether a part of the loop beside the drawn statements draws from a stream, or sets its state.
    fn draws_beside(&self, node: Node<'t>, seen: &mut Vec<usize>) -> Beside {
        // Properties, operators and formats of the program's classes.
        let implied = self.implicit(node).into_iter().map(|implied| self.draws_within(implied.def, seen)).max();
        let implied = implied.unwrap_or(Beside::Nothing);
        let Some(call) = Call::cast(node) else { return implied };
        let called = match self.classify(call) {
            CallKind::Random(_) => Beside::Draws,
            CallKind::ProcessState(path) if path.contains("seed") => Beside::Draws,
            CallKind::Pure
            | CallKind::Print
            | CallKind::Sleep(_)
            | CallKind::Clock(_)
            | CallKind::Exit
            | CallKind::ProcessState(_)
            | CallKind::Catalogued
            | CallKind::Method { shallow: true, .. } => Beside::Nothing,
            CallKind::Functions(defs) => {
                defs.iter().map(|def| self.draws_within(*def, seen)).max().unwrap_or(Beside::Nothing)
            }
            CallKind::Method { .. } | CallKind::Blocking(_) | CallKind::Library(_) | CallKind::Opaque(_) => {
                match self.catalogued(call) {
                    Some(_) => Beside::Nothing,
                    None => Beside::Unknown,
                }
            }
        };
        implied.max(called)
    }

    fn draws_within(&self, def: Def<'t>, seen: &mut Vec<usize>) -> Beside {
        let Some(home) = self.program.at(def.file) else { return Beside::Unknown };
        if seen.contains(&def.node.id()) {
            return Beside::Nothing;
        }
        seen.push(def.node.id());
        if self.summary_of(def).draws.is_some() {
            return Beside::Draws;
        }
        let Some(body) = def.node.child_by_field_name("body") else { return Beside::Unknown };
        own_nodes(body).into_iter().map(|n| home.draws_beside(n, seen)).max().unwrap_or(Beside::Nothing)
    }
}
