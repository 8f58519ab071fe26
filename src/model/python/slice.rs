//! The backward slice of a call inside one iteration: what has to run before it, and on which condition it runs.

use super::alias::{Place, is_read_position};
use super::calls::CallKind;
use super::names::Bound;
use super::reading::Ahead;
use super::stage::{Outcome, Work};
use super::{File, Grade, ScopeId, Trouble, Var};
use crate::facts::{Code, Span};
use crate::syntax::python::{Assignment, AugmentedAssignment, Call, For, If, With};
use crate::syntax::{Node, children, span, walk};
use std::collections::BTreeMap;

/// One statement or condition that the call needs.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Need<'t> {
    /// A statement; whether it stands under the same `try` as the call.
    Statement(Node<'t>, bool),
    /// A condition under whose value no call is made.
    SkipWhen(Node<'t>, bool),
}

impl<'t> Need<'t> {
    pub fn node(self) -> Node<'t> {
        match self {
            Need::Statement(n, _) | Need::SkipWhen(n, _) => n,
        }
    }
}

/// A statement in front of the call, as it is met on the way to it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Before<'t> {
    Statement(Node<'t>, bool),
    /// An `if` around the call, with the value of its condition on this path.
    Condition(Node<'t>, bool),
    /// A file that is opened around the call, and whether under the call's own `try`.
    Opened(Node<'t>, bool),
}

/// One place that binds a name.
#[derive(Debug)]
pub(crate) struct BoundAt {
    at: Span,
    scope: ScopeId,
    name: String,
}

/// The variables that the work reads, each with its first read.
pub(crate) type Reads<'t> = BTreeMap<Var, Vec<Node<'t>>>;

/// The result: what the call needs, in the order of the text, and which variables all of it reads.
#[derive(Debug, Clone)]
pub(crate) struct Slice<'t> {
    pub needs: Vec<Need<'t>>,
    pub reads: Reads<'t>,
}

impl<'t> File<'t> {
    /// The variables that an expression reads, those of its own comprehensions and lambdas left out.
    pub(crate) fn reads(&self, node: Node<'t>) -> Reads<'t> {
        let mut out = Reads::new();
        for name in walk(node).filter(|n| n.kind() == "identifier" && is_read_position(*n)) {
            let Some(var) = self.var(name) else { continue };
            let own = var.file == self.id;
            let inside = own && span(node).contains(span(self.names.scope(var.scope).node));
            if !inside && !self.is_definition(&var) {
                out.entry(var).or_default().push(name);
            }
        }
        for part in walk(node) {
            if let Some(var) = self.library_part(part) {
                out.entry(var).or_default().push(part);
            }
        }
        // `config.limit` reads a variable of another module.
        for attribute in walk(node).filter(|n| n.kind() == "attribute") {
            for var in self.module_variable(attribute).into_iter().chain(self.class_reads(attribute)) {
                out.entry(var).or_default().push(attribute);
            }
        }
        out
    }

    /// What functions of this file that an expression calls read from the module.
    pub(crate) fn indirect_reads(&self, node: Node<'t>) -> Reads<'t> {
        let mut out = Reads::new();
        for call in walk(node).filter_map(Call::cast) {
            for var in self.default_reads(call) {
                out.entry(var).or_default().push(call.0);
            }
            if let CallKind::Functions(defs) = self.classify(call) {
                let kept = defs.iter().filter_map(|def| self.kept_answer(*def));
                for var in defs.iter().flat_map(|def| self.summary_of(*def).reads.clone()).chain(kept) {
                    out.entry(var).or_default().push(call.0);
                }
            }
        }
        for place in walk(node) {
            for implied in self.implicit(place) {
                for var in self.summary_of(implied.def).reads.iter() {
                    out.entry(var.clone()).or_default().push(place);
                }
            }
        }
        out
    }

    /// The variables that a statement itself binds, also those that it declares `global` or `nonlocal`; what a function,
    /// class or comprehension inside it binds for itself is left out.
    pub(crate) fn binds(&self, statement: Node<'t>) -> Vec<Var> {
        let within = span(statement);
        let all = self.bound.get_or_init(|| self.all_bound());
        let first = all.partition_point(|b| b.at.start < within.start);
        let mut out: Vec<Var> = all[first..]
            .iter()
            .take_while(|b| b.at.start < within.end)
            .filter(|b| {
                let home = self.names.scope(b.scope).node;
                within.contains(b.at) && (!within.contains(span(home)) || home.id() == statement.id())
            })
            .map(|b| self.var_in(b.scope, &b.name))
            .collect();
        out.sort();
        out.dedup();
        out
    }

    /// Every binding of the file, in the order of the text.
    fn all_bound(&self) -> Vec<BoundAt> {
        let mut out: Vec<BoundAt> = Vec::new();
        for (scope, held) in self.names.scopes() {
            for (name, bindings) in &held.bindings {
                out.extend(bindings.iter().map(|b| BoundAt { at: span(b.node), scope, name: name.clone() }));
            }
        }
        out.sort_by_key(|b| (b.at.start, b.scope));
        out
    }

    /// The backward slice of the work over the statements in front of it. Where it reads on in a file, it needs all that
    /// reads in that file before.
    pub(crate) fn slice(
        &self,
        work: &Work<'t>,
        before: &[Before<'t>],
        body: Node<'t>,
        outcome: &mut Outcome<'t>,
    ) -> Slice<'t> {
        let untouched = outcome.clone();
        let slice = self.slice_with(work, before, body, &[], outcome);
        let streams = self.streams_in(&slice, before, body);
        if streams.is_empty() {
            return slice;
        }
        *outcome = untouched;
        self.slice_with(work, before, body, &streams, outcome)
    }

    fn slice_with(
        &self,
        work: &Work<'t>,
        before: &[Before<'t>],
        body: Node<'t>,
        streams: &[Var],
        outcome: &mut Outcome<'t>,
    ) -> Slice<'t> {
        let mut reads = self.reads_of_work(work);
        // What the work sets itself before it reads it needs nothing in front.
        for &node in &work.nodes {
            merge(&mut reads, self.unseen_reads(node));
        }
        let protected_from = before
            .iter()
            .rposition(|b| matches!(b, Before::Statement(_, false) | Before::Opened(_, false)))
            .map_or(0, |at| at + 1);
        let mut needs = Vec::new();
        for (at, step) in before.iter().enumerate().rev() {
            match *step {
                Before::Opened(..) => {}
                Before::Condition(condition, value) => {
                    self.guard((condition, !value), body, &mut reads, outcome);
                    needs.push(Need::SkipWhen(condition, !value));
                }
                Before::Statement(statement, same_try) => {
                    if let Some(condition) = self.skip_guard(statement) {
                        self.guard((condition, true), body, &mut reads, outcome);
                        needs.push(Need::SkipWhen(condition, true));
                        continue;
                    }
                    if let Some((condition, value)) = self.stop_guard(statement, before, body) {
                        self.guard((condition, value), body, &mut reads, outcome);
                        needs.push(Need::SkipWhen(condition, value));
                        continue;
                    }
                    let binds = self.binds(statement);
                    let builds = self.builds(statement, body).filter(|v| reads.contains_key(v));
                    // Under the work's own `try` a failure means that no call is made: what can fail comes along.
                    let inside_try = at >= protected_from && same_try && self.in_try(work, body)
                        || self.tried.borrow().contains(&statement.id());
                    let can_fail = inside_try && self.can_fail(statement) && self.sliceable(statement, body).is_ok();
                    let reads_on = self.names_one(statement, streams);
                    if !binds.iter().any(|v| reads.contains_key(v)) && builds.is_none() && !can_fail && !reads_on {
                        continue;
                    }
                    if let Err(trouble) = self.sliceable(statement, body)
                        && !self.only_draws(statement, body)
                    {
                        self.odd_statement(statement, trouble, outcome);
                    }
                    // The file that a `with` opens is its own.
                    let own = statement.kind() == "with_statement";
                    merge(&mut reads, if own { self.reads_first(statement) } else { self.reads(statement) });
                    merge(&mut reads, self.unseen_reads(statement));
                    needs.push(Need::Statement(statement, same_try));
                }
            }
        }
        needs.reverse();
        Slice { needs, reads }
    }

    /// What the work reads; of statements, what they read before they set it.
    pub(crate) fn reads_of_work(&self, work: &Work<'t>) -> Reads<'t> {
        if let Some(call) = work.call {
            return self.reads(call);
        }
        let mut reads = Reads::new();
        let mut set: Vec<Var> = Vec::new();
        for &statement in &work.nodes {
            let mut first = self.reads_first(statement);
            first.retain(|v, _| !set.contains(v));
            merge(&mut reads, first);
            set.extend(self.definitely_assigns(statement).iter().cloned());
        }
        reads
    }

    /// A statement that the work needs and that cannot simply be repeated in it.
    fn odd_statement(&self, statement: Node<'t>, trouble: Trouble<'t>, outcome: &mut Outcome<'t>) {
        match trouble.code {
            Code::NOT_ANALYSED | Code::BLOCKING => {
                outcome.unsupported(trouble.node, "no recipe moves this statement, on which the work depends, yet");
                let nodes = super::summary::own_nodes(statement);
                let findings = self.findings(&nodes, &super::work::Unit::Region);
                if let Some(print) = findings.prints {
                    let trouble = Trouble::new(
                        Code::ORDERED_EFFECTS,
                        statement,
                        "what is printed on the way to the call would come ahead of what earlier items print",
                        "print behind the call",
                    );
                    let cause = (print.1.id() != statement.id()).then_some(print);
                    outcome.add(Trouble { cause, ..trouble });
                }
                for found in findings.found {
                    outcome.add(found);
                }
                for node in nodes {
                    if let Some(call) = Call::cast(node)
                        && let Some(found) = self.call_impurity(call)
                        && matches!(found.code, Code::NOT_ANALYSED)
                    {
                        let message = format!("{}, and it would run ahead of its turn", found.message);
                        outcome.add(Trouble { message, ..found }.graded(Grade::Assumed));
                    }
                }
            }
            Code::RANDOM | Code::TIME | Code::SLEEP => self.not_in_turn(trouble, outcome),
            _ => outcome.add(trouble),
        }
    }

    /// What would have to be done in its turn, and is not.
    pub(super) fn not_in_turn(&self, trouble: Trouble<'t>, outcome: &mut Outcome<'t>) {
        outcome.unsupported(trouble.node, "no recipe keeps this in its turn in front of the call yet");
        outcome.add(trouble.graded(Grade::Care));
    }

    /// Whether the work stands in a `try`, or in a `with suppress(…)`, inside the body.
    fn in_try(&self, work: &Work<'t>, body: Node<'t>) -> bool {
        let around = crate::syntax::ancestors(work.node()).take_while(|a| a.id() != body.id());
        around.into_iter().any(|a| a.kind() == "try_statement" || self.only_suppresses(a))
    }

    /// Whether a statement may raise by itself, as far as its form tells.
    pub(crate) fn can_fail(&self, statement: Node<'t>) -> bool {
        if !self.asked_ahead.borrow().is_empty() {
            return self.may_fail(statement);
        }
        walk(statement).any(|n| match n.kind() {
            "subscript" | "raise_statement" | "assert_statement" | "binary_operator" => true,
            "call" => !matches!(self.classify(Call(n)), CallKind::Print),
            _ => false,
        })
    }

    /// A condition in front of the work, with the value at which the iteration is skipped.
    fn guard(
        &self,
        (condition, skips_when): (Node<'t>, bool),
        body: Node<'t>,
        reads: &mut Reads<'t>,
        outcome: &mut Outcome<'t>,
    ) {
        if let Some(trouble) = self.impurity(condition) {
            match self.asks_for_files(condition, skips_when, body) {
                Some(caution) => outcome.add(caution),
                None if self.effects(condition, self.reads_in(body)).is_none() => {}
                None => self.odd_statement(condition, trouble, outcome),
            }
        }
        merge(reads, self.reads(condition));
        merge(reads, self.unseen_reads(condition));
    }

    /// The condition of `if condition: …; continue` without further branches.
    pub(crate) fn skip_guard(&self, statement: Node<'t>) -> Option<Node<'t>> {
        let guard = If::cast(statement).filter(|_| statement.kind() == "if_statement")?;
        let last = children(guard.consequence()?).last()?;
        let single = statement.child_by_field_name("alternative").is_none();
        (single && last.kind() == "continue_statement").then(|| guard.condition()).flatten()
    }

    /// The variable whose object a statement fills in, where that object is made anew in every iteration:
    /// `messages.append(…)`, `params["n"] = …`.
    fn builds(&self, statement: Node<'t>, body: Node<'t>) -> Option<Var> {
        walk(statement).filter_map(|n| self.change_by(n)).find_map(|change| {
            let var = change.direct?.var;
            self.is_fresh_in(&var, statement, body).then_some(var)
        })
    }

    /// Whether a variable holds an object that is new in this iteration wherever a part of the body reads it: in every
    /// iteration, or because what sets it there is the body's own, as in `row = dict(row)`.
    fn is_fresh_in(&self, var: &Var, part: Node<'t>, body: Node<'t>) -> bool {
        let made = |read: Node<'t>| {
            self.reaching(read).is_some_and(|b| {
                let new = matches!(b.bound, Bound::Value(Some(value)) if self.same(value, &[]).is_empty());
                new && span(body).contains(span(b.node))
            })
        };
        if self.is_fresh(var, body) || var.file != self.id {
            return var.file == self.id;
        }
        let reads = self.names.reads_of(var.scope, &var.name).filter(|r| span(part).contains(span(r.node)));
        let mut reads = reads.peekable();
        reads.peek().is_some() && reads.all(|r| made(r.node))
    }

    /// Whether a variable holds a new object in every iteration.
    pub(crate) fn is_fresh(&self, var: &Var, body: Node<'t>) -> bool {
        if var.file != self.id {
            return false;
        }
        let bindings = self.names.bindings(var.scope, &var.name);
        !bindings.is_empty()
            && bindings.iter().all(|b| {
                let inside = span(body).contains(span(b.node));
                inside
                    && match b.bound {
                        Bound::Value(Some(value)) => self.same(value, &[]).is_empty(),
                        Bound::Augmented => true,
                        _ => false,
                    }
            })
    }

    /// Whether a statement may run ahead of its turn: it sets local variables to values without effects.
    pub(super) fn sliceable(&self, statement: Node<'t>, body: Node<'t>) -> Result<(), Trouble<'t>> {
        let refuse = |node: Node<'t>| {
            Err(Trouble::not_analysed(node, "the call depends on a statement of a kind that is not analysed"))
        };
        let ahead = self.reads_in(body);
        match statement.kind() {
            "comment" | "pass_statement" => Ok(()),
            // Where it raises there is nothing to ask, and the loop comes to it in its turn.
            "raise_statement" if self.guessing.get() => self.effects_in_turn(statement, ahead).map_or(Ok(()), Err),
            "expression_statement" => {
                let Some(inner) = children(statement).next() else { return refuse(statement) };
                match inner.kind() {
                    "assignment" => {
                        let a = Assignment(inner);
                        let (Some(left), Some(right)) = (a.left(), a.right()) else { return refuse(statement) };
                        // `a = b = value` nests the second assignment on the right.
                        if right.kind() == "assignment" {
                            return refuse(statement);
                        }
                        self.local_target(left, body)?;
                        self.effects_in_turn(right, ahead).map_or(Ok(()), Err)
                    }
                    "augmented_assignment" => {
                        let a = AugmentedAssignment(inner);
                        let (Some(left), Some(right)) = (a.left(), a.right()) else { return refuse(statement) };
                        self.local_target(left, body)?;
                        // `x += […]` on a list from elsewhere would add to it twice: here and in the loop.
                        let replaced = left.kind() != "identifier"
                            || self.var(left).is_some_and(|v| self.is_fresh_in(&v, inner, body))
                            || is_text(right);
                        if !replaced {
                            return Err(Trouble::new(
                                Code::SHARED_ARGUMENT,
                                inner,
                                format!(
                                    "`{}` may change an object that is shared between iterations",
                                    self.text(inner)
                                ),
                                "make a new object in every iteration, for instance `x = x + [...]`",
                            ));
                        }
                        self.effects_in_turn(right, ahead).map_or(Ok(()), Err)
                    }
                    "call" => match self.classify(Call(inner)) {
                        CallKind::Method { receiver, shallow: true }
                            if self
                                .place_of(receiver)
                                .is_some_and(|p| p.key.is_none() && self.is_fresh_in(&p.var, inner, body)) =>
                        {
                            Call(inner).args().find_map(|a| self.effects_in_turn(a, ahead)).map_or(Ok(()), Err)
                        }
                        _ => match self.effects_in_turn(inner, ahead) {
                            Some(trouble) => Err(trouble),
                            None => Ok(()),
                        },
                    },
                    "string" => Ok(()),
                    _ => refuse(statement),
                }
            }
            "if_statement" | "elif_clause" => {
                let i = If(statement);
                let Some(condition) = i.condition() else { return refuse(statement) };
                if let Some(trouble) = self.effects_in_turn(condition, ahead) {
                    return Err(trouble);
                }
                children(statement).filter(|c| c.id() != condition.id()).try_for_each(|part| self.sliceable(part, body))
            }
            "else_clause" | "block" => children(statement).try_for_each(|part| self.sliceable(part, body)),
            "for_statement" => {
                let f = For(statement);
                let (Some(left), Some(right), Some(inner)) = (f.left(), f.right(), f.body()) else {
                    return refuse(statement);
                };
                if f.is_async() || f.alternative().is_some() {
                    return refuse(statement);
                }
                self.local_target(left, body)?;
                let plain = || self.is_plain_iteration(right) || self.is_read_through(right, body);
                if let Some(trouble) =
                    self.effects(right, ahead).or_else(|| self.unsized_source(right, inner).filter(|_| !plain()))
                {
                    return Err(trouble);
                }
                self.sliceable(inner, body)
            }
            "with_statement" if matches!(ahead, Ahead::Reads(_)) && self.opens_to_read(statement) => {
                let with = With(statement);
                for (context, target) in with.items().filter_map(|i| i.parts()) {
                    target.map_or(Ok(()), |t| self.local_target(t, body))?;
                    self.effects(context, ahead).map_or(Ok(()), Err)?;
                }
                with.body().map_or_else(|| refuse(statement), |inner| self.sliceable(inner, body))
            }
            _ => refuse(statement),
        }
    }

    /// Whether a source is a file that the loop opens itself, perhaps with its lines numbered.
    fn is_read_through(&self, source: Node<'t>, body: Node<'t>) -> bool {
        let numbered =
            Call::cast(source).filter(|c| c.function().is_some_and(|f| self.builtin(f) == Some("enumerate")));
        let inner = numbered.and_then(|c| c.args().next()).unwrap_or(source);
        matches!(self.reads_in(body), Ahead::Reads(within) if self.is_own_stream(inner, within, 3))
    }

    /// Iterating a variable in a pure inner loop consumes nothing unless it is an iterator; only `iter`, generators and
    /// files are, and those are not pure expressions here.
    fn is_plain_iteration(&self, source: Node<'t>) -> bool {
        let direct = match source.kind() {
            "identifier" => Some(source),
            "attribute" | "subscript" => return true,
            _ => None,
        };
        direct.and_then(|d| self.var(d)).is_some_and(|v| {
            self.names.bindings(v.scope, &v.name).iter().all(|b| match b.bound {
                Bound::Value(Some(e)) => e.kind() != "generator_expression" && self.is_sized(e, 3),
                Bound::Item(_) => true,
                _ => false,
            })
        })
    }

    fn local_target(&self, target: Node<'t>, body: Node<'t>) -> Result<(), Trouble<'t>> {
        match target.kind() {
            "identifier" => {
                let scope = self.names.scope_at(target);
                let name = self.text(target);
                let declared = self.names.scope(scope);
                if declared.globals.contains(name) || declared.nonlocals.contains(name) {
                    return Err(Trouble::new(
                        Code::SHARED_ARGUMENT,
                        target,
                        format!("`{name}` belongs to the scope around, and the call depends on it"),
                        "use a local variable",
                    ));
                }
                Ok(())
            }
            "pattern_list" | "tuple_pattern" | "list_pattern" => {
                children(target).try_for_each(|t| self.local_target(t, body))
            }
            "subscript" | "attribute" => {
                let fresh =
                    self.place_of(target).is_some_and(|p| p.key.is_some() && self.is_fresh_in(&p.var, target, body));
                if fresh {
                    Ok(())
                } else {
                    Err(Trouble::new(
                        Code::SHARED_ARGUMENT,
                        target,
                        format!(
                            "`{}` changes an object that may be shared between iterations, and the call reads it",
                            self.text(target)
                        ),
                        "make a new object in every iteration, for instance `{**base, …}`",
                    ))
                }
            }
            _ => Err(Trouble::not_analysed(target, "a target of a kind that is not analysed")),
        }
    }

    /// A read of a variable that this iteration may not have set before the work reads it, with the binding that would
    /// carry the value over from the iteration before.
    pub(crate) fn carried(
        &self,
        slice: &Slice<'t>,
        work: &Work<'t>,
        body: Node<'t>,
        items: &[Var],
    ) -> Option<(Var, Node<'t>, Node<'t>)> {
        self.carried_all(slice, work, body, items).into_iter().next()
    }

    /// The same, for the work and each of the things that it needs.
    pub(crate) fn carried_all(
        &self,
        slice: &Slice<'t>,
        work: &Work<'t>,
        body: Node<'t>,
        items: &[Var],
    ) -> Vec<(Var, Node<'t>, Node<'t>)> {
        let bound_in_body = self.binds(body);
        let mut assigned: Vec<Var> = items.to_vec();
        let check = |reads: Reads<'t>, assigned: &[Var]| {
            reads.into_iter().find(|(v, _)| bound_in_body.contains(v) && !assigned.contains(v)).and_then(
                |(var, nodes)| {
                    let binding = self
                        .names
                        .bindings(var.scope, &var.name)
                        .iter()
                        .find(|b| span(body).contains(span(b.node)))?
                        .node;
                    Some((var, *nodes.first()?, binding))
                },
            )
        };
        let mut out = Vec::new();
        for need in &slice.needs {
            match *need {
                Need::SkipWhen(condition, _) => out.extend(check(self.reads(condition), &assigned)),
                Need::Statement(statement, _) => {
                    let definite = self.definitely_assigns(statement);
                    let mut reads = self.reads_first(statement);
                    reads.retain(|v, _| !assigned.contains(v));
                    out.extend(check(reads, &assigned));
                    assigned.extend(definite.iter().cloned());
                }
            }
        }
        out.extend(check(self.reads_of_work(work), &assigned));
        out
    }

    /// A module variable that a function called for the work reads and that the loop sets: the work would see another value
    /// than its own iteration's.
    pub(crate) fn carried_through_function(
        &self,
        slice: &Slice<'t>,
        work: &Work<'t>,
        looped: Node<'t>,
    ) -> Option<(Var, Node<'t>, Node<'t>)> {
        let bound = self.binds(looped);
        let nodes = slice.needs.iter().map(|n| n.node()).chain(work.nodes.iter().copied());
        nodes.flat_map(|n| self.indirect_reads(n)).find(|(v, _)| bound.contains(v)).and_then(|(var, nodes)| {
            let binding =
                self.names.bindings(var.scope, &var.name).iter().find(|b| span(looped).contains(span(b.node)))?.node;
            Some((var, *nodes.first()?, binding))
        })
    }

    /// The places of a variable that the work reads: with the key where every read has one.
    pub(crate) fn places_read(&self, nodes: &[Node<'t>], var: &Var) -> Vec<Place> {
        nodes
            .iter()
            .map(|n| {
                let direct =
                    n.parent().filter(|p| matches!(p.kind(), "attribute" | "subscript")).and_then(|p| self.place_of(p));
                direct.filter(|p| p.var == *var).unwrap_or_else(|| Place::whole(var.clone()))
            })
            .collect()
    }
}

pub(crate) fn merge<'t>(into: &mut Reads<'t>, from: Reads<'t>) {
    for (var, nodes) in from {
        into.entry(var).or_default().extend(nodes);
    }
}

/// Whether an expression is surely a string: adding it replaces what it is added to.
fn is_text(node: Node<'_>) -> bool {
    match node.kind() {
        "string" | "concatenated_string" => true,
        "binary_operator" | "parenthesized_expression" => children(node).any(is_text),
        _ => false,
    }
}
