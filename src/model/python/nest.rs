//! Loops that hold nothing but the next: one loop over the items of all of them, so that calls of all of them overlap.
//!
//! Only where nothing in the inner body can tell: sources are read ahead, and what is an item of one loop occurs again for
//! each item of the loop around it, so that a change to it is a change to what is shared.

use super::consume::loop_of;
use super::guess::Guesses;
use super::loops::{Waiting, loops_around};
use super::names::{Binding, Bound, ScopeKind};
use super::stage::{Cycle, Outcome};
use super::work::Unit;
use super::{File, Var};
use crate::facts::Span;
use crate::model::{Analysis, Flat};
use crate::syntax::python::{Call, For, enclosing_scope};
use crate::syntax::{Node, children, layout, span, walk};

/// An inner loop of so many items has as many calls under way as may be.
const MANY: usize = 300;

impl<'t> File<'t> {
    /// A loop that is judged as one with the loops around it, where that is possible and asks for no more to be accepted than
    /// the loop alone does.
    pub(super) fn analyse_nested(
        &self,
        looped: Node<'t>,
        calls: &[Waiting<'t>],
        around: &[(Node<'t>, Vec<Waiting<'t>>)],
        known: &[(usize, Analysis)],
    ) -> Option<Analysis> {
        if self.guesses.get() == Guesses::First {
            return None;
        }
        let cycle = self.nested(For::cast(looped)?)?;
        // Another site in the body has a patch of its own, and calls in the sources would be asked ahead of their turn.
        let (_, all) = around.iter().find(|(l, _)| l.id() == cycle.node.id())?;
        let many = self.known_length(cycle.source, 4).is_some_and(|n| n >= MANY);
        if many || all.len() != calls.len() || known.iter().any(|(_, a)| span(cycle.body).contains(a.whole)) {
            return None;
        }
        let (flat, alone) = (self.analyse_cycle(cycle, looped, calls), self.analyse_loop(looped, calls));
        let asks = |a: &Analysis| (!a.cautions.is_empty(), !a.assumptions.is_empty());
        let better =
            alone.pipeline.as_ref().is_none_or(|p| p.guessed && p.ahead.is_empty()) || asks(&flat) <= asks(&alone);
        (flat.pipeline.is_some() && better).then_some(flat)
    }

    fn analyse_cycle(&self, cycle: Cycle<'t>, innermost: Node<'t>, calls: &[Waiting<'t>]) -> Analysis {
        let Some(first) = calls.first() else { return self.blank(cycle.node, Call(cycle.node)) };
        let mut analysis = self.blank(cycle.node, first.call);
        analysis.seconds = first.waits.iter().map(|w| w.fact.seconds).sum::<f64>().max(0.1);
        analysis.unworthy = self.unworthy(innermost, analysis.seconds).map(|t| self.obstacle(t));
        let scope = enclosing_scope(cycle.node);
        let alone = loops_around(cycle.node).is_empty();
        self.horizon.set(alone.then(|| (cycle.node.end_byte(), scope.map(|s| s.id()))));
        self.looked_at.set(Some(span(cycle.node)));
        let mut outcome = Outcome::default();
        outcome.troubles.extend(self.place_troubles(cycle.node, scope));
        let pipeline = self.stage_cycle(cycle, calls, &mut outcome);
        self.horizon.set(None);
        self.looked_at.set(None);
        self.settle(&mut analysis, outcome);
        analysis.pipeline = pipeline.filter(|_| analysis.obstacles.is_empty());
        analysis
    }

    /// A loop with the loops around it that hold nothing but the next, as one; none where there is no such loop, or where
    /// the program could tell.
    pub(super) fn nested(&self, looped: For<'t>) -> Option<Cycle<'t>> {
        let outermost = std::iter::successors(Some(looped), |l| self.around(*l)).last()?;
        if outermost.0.id() == looped.0.id() {
            return None;
        }
        let (target, source, body) = (looped.left()?, looped.right()?, looped.body()?);
        let cycle = Cycle { node: outermost.0, target, source, body, counted: false, nested: true };
        let nest = loops_of(&cycle);
        let parts: Option<Vec<(Node<'t>, Node<'t>)>> = nest.iter().map(|l| Some((l.left()?, l.right()?))).collect();
        let parts = parts?;
        let fine = parts.iter().all(|(target, source)| self.is_plain_part(*target, *source))
            && parts.iter().skip(1).all(|(_, source)| self.is_read_whenever(*source))
            && self.leaves_sources_alone(&cycle, &parts)
            && self.is_unseen(&cycle, &parts);
        fine.then_some(cycle)
    }

    /// The loop whose body is nothing but another.
    fn around(&self, looped: For<'t>) -> Option<For<'t>> {
        let plain = |l: For<'t>| {
            let body = l.body();
            let below = body.is_some_and(|b| self.source.line(b.start_byte()) > self.source.line(l.0.start_byte()));
            !l.is_async() && l.alternative().is_none() && below && layout::alone_on_lines(self.source, l.0)
        };
        let leaves = walk(looped.body()?)
            .any(|n| n.kind() == "break_statement" && loop_of(n).is_some_and(|l| l.id() == looped.0.id()));
        let outer = looped.0.parent().and_then(|block| block.parent()).and_then(For::cast)?;
        let body = outer.body()?;
        let alone =
            children(body).filter(|s| s.kind() != "comment").count() == 1 && body.id() == looped.0.parent()?.id();
        (plain(looped) && plain(outer) && alone && !leaves).then_some(outer)
    }

    /// Whether a target is made of names, and a source shows no bar.
    fn is_plain_part(&self, target: Node<'t>, source: Node<'t>) -> bool {
        let names =
            walk(target).all(|n| !n.is_named() || matches!(n.kind(), "identifier" | "pattern_list" | "tuple_pattern"));
        let odd = |n: Node<'t>| {
            n.is_named()
                && matches!(
                    n.kind(),
                    "named_expression" | "await" | "yield" | "lambda" | "generator_expression" | "comment"
                )
        };
        names && !self.shows_progress(source) && !walk(source).any(odd) && self.bare_super(source).is_none()
    }

    /// Whether it makes no difference when a source is evaluated: nothing happens, and no file is read.
    fn is_read_whenever(&self, source: Node<'t>) -> bool {
        self.impurity(source).is_none()
            && self.findings(&self.nodes_of(&[source]), &Unit::Region).reads_files.is_empty()
            && self.own_code_behind(source).is_none()
            && self.reads(source).keys().all(|v| !self.is_iterator(v) && !self.adds_what_it_is_asked_for(v))
    }

    /// Whether the inner body leaves alone what the sources read and give.
    fn leaves_sources_alone(&self, cycle: &Cycle<'t>, parts: &[(Node<'t>, Node<'t>)]) -> bool {
        let bound = self.binds(cycle.body);
        let mut reads = super::slice::Reads::new();
        for (_, source) in parts {
            super::slice::merge(&mut reads, self.reads(*source));
            super::slice::merge(&mut reads, self.indirect_reads(*source));
        }
        let targets: Vec<Var> = parts.iter().flat_map(|(target, _)| self.binds(*target)).collect();
        // One name for two of the loops, or a target that the body sets.
        let mut apart = targets.clone();
        apart.sort();
        apart.dedup();
        if apart.len() != targets.len() || bound.iter().any(|v| targets.contains(v) || reads.contains_key(v)) {
            return false;
        }
        let mut reached = super::alias::Places::default();
        for (var, nodes) in &reads {
            reached.extend(self.reached_by(var, nodes));
        }
        walk(cycle.body).filter_map(|n| self.change_by(n)).all(|change| {
            let mut places = change.places.iter().chain(&change.direct);
            let hit =
                places.any(|p| reached.iter().any(|r| r.meets(p)) || p.key.is_none() && reads.contains_key(&p.var));
            !hit
        })
    }

    /// Whether nothing sees what a loop around leaves in its variables: where the last inner source is empty, that is another
    /// item than the last of one loop over all.
    fn is_unseen(&self, cycle: &Cycle<'t>, parts: &[(Node<'t>, Node<'t>)]) -> bool {
        let whole = span(cycle.node);
        let outer = parts.split_last().map(|(_, outer)| outer).unwrap_or_default();
        outer.iter().flat_map(|(target, _)| self.binds(*target)).all(|var| {
            let here = var.file == self.id && self.names.scope_at(cycle.node) == var.scope;
            let mut outside = self.names.reads_of(var.scope, &var.name).filter(|r| !whole.contains(span(r.node)));
            let elsewhere = |b: &Binding<'t>| !whole.contains(span(b.node));
            let first = loops_around(cycle.node).is_empty();
            let read = outside.any(|r| {
                let before = first && r.node.end_byte() <= whole.start && self.names.scope_at(r.node) == var.scope;
                !before && !self.is_set_anew(r.node, &var, cycle.node) && !self.reaching(r.node).is_some_and(elsewhere)
            });
            // `del` needs it as a read does, and `+=` reads it.
            let bound = self
                .names
                .bindings(var.scope, &var.name)
                .iter()
                .any(|b| elsewhere(b) && matches!(b.bound, Bound::Deleted | Bound::Augmented));
            let kept = walk(cycle.body).any(|n| {
                matches!(n.kind(), "lambda" | "function_definition" | "generator_expression")
                    && self.reads(n).contains_key(&var)
            });
            let kind = self.names.scope(var.scope).kind;
            here && !read && !bound && !kept && matches!(kind, ScopeKind::Function | ScopeKind::Module)
        })
    }

    /// What gives the items of loops that are one, as far as the inner body reads them.
    pub(super) fn flat_of(&self, cycle: &Cycle<'t>) -> Option<Flat> {
        let nest = loops_of(cycle);
        let at_module = self.names.scope_at(cycle.node) == self.names.module();
        let read = |name: Node<'t>| {
            let Some(var) = self.var(name) else { return true };
            let seen = |n: Node<'t>| span(cycle.body).contains(span(n)) || !span(cycle.node).contains(span(n));
            at_module || self.names.reads_of(var.scope, &var.name).any(|r| seen(r.node))
        };
        let (mut items, mut parts) = (Vec::new(), Vec::new());
        for looped in &nest {
            let (target, source) = (looped.left()?, looped.right()?);
            let names = walk(target).filter(|n| n.kind() == "identifier" && read(*n));
            items.extend(names.map(|n| self.text(n).to_string()));
            parts.push(format!("for {} in {}", self.text(target), self.part_text(source)));
        }
        if items.is_empty() {
            let last = walk(cycle.target).find(|n| n.kind() == "identifier")?;
            items.push(self.text(last).to_string());
        }
        let (first, last) = (nest.first()?, nest.last()?);
        // What is bound again behind the loops is that in the end.
        let stays = |var: &Var| {
            let bindings = self.names.bindings(var.scope, &var.name);
            at_module && bindings.iter().all(|b| b.node.start_byte() < cycle.node.end_byte())
        };
        let around = nest.iter().take(nest.len() - 1).filter_map(|l| l.left()).flat_map(|target| self.binds(target));
        let unread = around.filter(stays).map(|var| var.name.to_string()).collect();
        let clauses = Span::new(first.0.start_byte(), last.right()?.end_byte());
        Some(Flat { clauses, parts, items, unread })
    }

    /// A source as a clause has it: a bare tuple gets parentheses, and so does a choice.
    fn part_text(&self, source: Node<'t>) -> String {
        match source.kind() {
            "expression_list" | "conditional_expression" => format!("({})", self.text(source)),
            _ => self.text(source).to_string(),
        }
    }

    /// The targets of loops that are one.
    pub(super) fn items_of(&self, cycle: &Cycle<'t>) -> Vec<Var> {
        loops_of(cycle).iter().filter_map(|l| l.left()).flat_map(|target| self.binds(target)).collect()
    }

    /// How many items loops that are one have, where the text tells.
    pub(super) fn count_of(&self, cycle: &Cycle<'t>) -> Option<usize> {
        let counts = loops_of(cycle).into_iter().map(|l| self.known_length(l.right()?, 4));
        counts.collect::<Option<Vec<usize>>>()?.into_iter().try_fold(1_usize, usize::checked_mul)
    }
}

/// The loops that a cycle is made of, the outermost first.
pub(super) fn loops_of<'t>(cycle: &Cycle<'t>) -> Vec<For<'t>> {
    let inner = |l: &For<'t>| {
        let body = l.body().filter(|b| b.id() != cycle.body.id())?;
        children(body).find_map(For::cast)
    };
    std::iter::successors(For::cast(cycle.node), inner).collect()
}
