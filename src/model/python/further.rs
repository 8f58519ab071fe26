//! Calls behind the first one of an item that can be asked ahead of a loop that stays as it is: what is asked ahead is then the
//! slice of the loop's body that the requests of all of them need.

use super::calls::CallKind;
use super::guess::Guessed;
use super::loops::Waiting;
use super::region::serial_seconds;
use super::slice::{Before, Need, Slice};
use super::stage::Outcome;
use super::{File, Grade};
use crate::catalog::Effect;
use crate::facts::Code;
use crate::model::{Ahead, Pipeline, Step};
use crate::syntax::python::{Call, For, If, Try, With, statement_of};
use crate::syntax::{Node, ancestors, children, span, walk};

/// What is asked ahead for an item, and what that needs.
struct Plan<'t> {
    /// The calls.
    asked: Vec<Node<'t>>,
    /// Statements that are needed as they are.
    whole: Vec<Node<'t>>,
    /// Statements that may end the iteration, with the condition and its value where they do.
    guards: Vec<(Node<'t>, Node<'t>, bool)>,
    /// Conditions under which nothing is asked.
    conditions: Vec<usize>,
}

impl<'t> Plan<'t> {
    /// Whether a node holds anything of it.
    fn is_in(&self, node: Node<'t>) -> bool {
        let guards = self.guards.iter().map(|(statement, ..)| statement);
        self.asked.iter().chain(&self.whole).chain(guards).any(|n| span(node).contains(span(*n)))
    }
}

impl<'t> File<'t> {
    /// The first call of each item asked ahead, with those behind it of which the requests, and whether they are made, can be
    /// computed from the answers: as many as ask for nothing more to be accepted.
    pub(super) fn guess_further(
        &self,
        looped: For<'t>,
        calls: &[Waiting<'t>],
        (first, told): (&Waiting<'t>, Guessed<'t>),
        place: &Outcome<'t>,
    ) -> Option<(Outcome<'t>, Pipeline)> {
        let body = looped.body()?;
        let mut found = vec![told];
        self.asked_ahead.borrow_mut().push(first.call.0);
        let mut rest: Vec<&Waiting<'t>> = calls.iter().filter(|w| w.call.0.id() != first.call.0.id()).collect();
        rest.sort_by_key(|w| w.call.0.end_byte());
        for waiting in rest {
            let next = self.guess_of(looped, calls, waiting, place.clone());
            match next.filter(|next| self.asks_no_more(&found[0], next, calls)) {
                Some(next) => {
                    self.asked_ahead.borrow_mut().push(waiting.call.0);
                    found.push(next);
                }
                // What it leaves behind, later calls of the item may be answered by.
                None if waiting.waits.iter().any(|w| matches!(w.fact.effect, Effect::Writes | Effect::Unknown)) => {
                    break;
                }
                None => {}
            }
        }
        let asked = self.asked_ahead.take();
        self.tried.borrow_mut().clear();
        let merged = self.merged(found, asked, calls, body);
        Some(merged)
    }

    /// Whether a further call asks for nothing to be accepted that the first does not.
    fn asks_no_more(&self, first: &Guessed<'t>, next: &Guessed<'t>, calls: &[Waiting<'t>]) -> bool {
        let waits = |n: Node<'t>| calls.iter().any(|w| w.call.0.id() == n.id());
        let known = |code: Code, n: Node<'t>| {
            first.outcome.troubles.iter().any(|t| t.code == code && t.node.id() == n.id())
                || matches!(code, Code::BLOCKING | Code::WRITES) && waits(n)
        };
        let accepted = next.outcome.troubles.iter().all(|t| t.grade == Grade::Assumed || known(t.code, t.node));
        let shared = |client: &crate::model::Client| client.fact.thread_safe || client.fact.shared.is_some();
        accepted
            && next.pipeline.awaited == first.pipeline.awaited
            && next.pipeline.client.as_ref().is_none_or(|c| next.pipeline.awaited || shared(c))
    }

    /// One outcome and one pipeline of those of all calls that are asked ahead.
    fn merged(
        &self,
        found: Vec<Guessed<'t>>,
        asked: Vec<Node<'t>>,
        calls: &[Waiting<'t>],
        body: Node<'t>,
    ) -> (Outcome<'t>, Pipeline) {
        let mut all = found.into_iter();
        let Some(Guessed { mut outcome, mut pipeline, needs, guards }) = all.next() else {
            unreachable!("there is a first call")
        };
        if asked.len() < 2 {
            return (outcome, pipeline);
        }
        let mut plan = Plan { asked, whole: Vec::new(), guards: Vec::new(), conditions: Vec::new() };
        let mut steps: Vec<Step> = std::mem::take(&mut pipeline.prepare);
        plan.take(needs, guards);
        for next in all {
            outcome.threads |= next.outcome.threads;
            outcome.troubles.extend(next.outcome.troubles);
            let other = next.pipeline;
            pipeline.waiting.extend(other.waiting);
            pipeline.protected &= other.protected;
            pipeline.survives &= other.survives;
            pipeline.prints |= other.prints;
            steps.extend(other.prepare);
            plan.take(next.needs, next.guards);
        }
        let is_asked = |n: Node<'t>| plan.asked.iter().any(|a| a.id() == n.id());
        outcome.troubles.retain(|t| !(matches!(t.code, Code::BLOCKING | Code::WRITES) && is_asked(t.node)));
        let mut seen = Vec::new();
        pipeline.waiting.retain(|w| {
            let key = (w.path.clone(), w.call);
            let new = !seen.contains(&key);
            seen.push(key);
            new
        });
        // For the reader of the stages: what is done ahead.
        steps.sort_by_key(|s| (s.span.start, s.span.end));
        steps.dedup();
        pipeline.prepare = steps;
        pipeline.call.seconds = serial_seconds(calls, body, &|n| !is_asked(n)).iter().sum();
        pipeline.serial = serial_seconds(calls, body, &is_asked);
        pipeline.ahead = self.pieces(body, &plan);
        (outcome, pipeline)
    }

    /// What of a block is done ahead, in its order.
    fn pieces(&self, block: Node<'t>, plan: &Plan<'t>) -> Vec<Ahead> {
        let mut out = Vec::new();
        for statement in children(block).filter(|s| plan.is_in(*s)) {
            if plan.whole.iter().any(|n| n.id() == statement.id()) {
                out.push(Ahead::Copied(span(statement)));
                continue;
            }
            let guard = plan.guards.iter().find(|(s, ..)| s.id() == statement.id());
            match (statement.kind(), guard) {
                ("if_statement", _) => out.extend(self.branches(statement, plan, guard.is_some())),
                (_, Some((_, condition, value))) => {
                    out.push(Ahead::Branch(vec![(Some((span(*condition), *value)), vec![Ahead::Leave])]));
                }
                ("try_statement", _) => {
                    out.extend(Try(statement).body().into_iter().flat_map(|b| self.pieces(b, plan)));
                    let behind = children(statement).find(|c| c.kind() == "else_clause");
                    let behind = behind.and_then(|c| c.child_by_field_name("body"));
                    out.extend(behind.into_iter().flat_map(|b| self.pieces(b, plan)));
                }
                ("with_statement" | "for_statement" | "while_statement", _) => {
                    let source = For::cast(statement).and_then(|f| f.right()).filter(|r| plan.is_in(*r));
                    if source.is_some() {
                        out.extend(self.calls_within(statement, plan));
                        continue;
                    }
                    let inner = statement.child_by_field_name("body");
                    let inner = inner.map(|b| self.pieces(b, plan)).unwrap_or_default();
                    let condition =
                        statement.child_by_field_name("condition").filter(|c| plan.conditions.contains(&c.id()));
                    match condition {
                        Some(condition) => out.push(Ahead::Branch(vec![(Some((span(condition), true)), inner)])),
                        None => out.extend(inner),
                    }
                }
                _ => out.extend(self.calls_within(statement, plan)),
            }
        }
        out
    }

    /// The branches of an `if` in which anything is done ahead.
    fn branches(&self, statement: Node<'t>, plan: &Plan<'t>, leaves: bool) -> Vec<Ahead> {
        let first = If(statement);
        let Some(condition) = first.condition() else { return Vec::new() };
        let of = |block: Option<Node<'t>>| block.map(|b| self.pieces(b, plan)).unwrap_or_default();
        let mut then = of(first.consequence());
        then.extend(leaves.then_some(Ahead::Leave));
        let mut arms = vec![(Some((span(condition), true)), then)];
        for clause in children(statement) {
            match clause.kind() {
                "elif_clause" => {
                    let condition = If(clause).condition().map(|c| (span(c), true));
                    arms.push((condition, of(If(clause).consequence())));
                }
                "else_clause" => arms.push((None, of(clause.child_by_field_name("body")))),
                _ => {}
            }
        }
        while arms.last().is_some_and(|(_, pieces)| pieces.is_empty()) {
            arms.pop();
        }
        match arms.as_mut_slice() {
            [] => self.calls_within(statement, plan),
            // `if a: … else: ask()` asks where `a` does not hold.
            [(Some((condition, _)), nothing), (None, pieces)] if nothing.is_empty() => {
                vec![Ahead::Branch(vec![(Some((*condition, false)), std::mem::take(pieces))])]
            }
            _ => vec![Ahead::Branch(arms)],
        }
    }

    /// The calls within one statement that nothing else of it is needed for.
    fn calls_within(&self, statement: Node<'t>, plan: &Plan<'t>) -> Vec<Ahead> {
        let inside: Vec<Node<'t>> = plan.asked.iter().copied().filter(|c| span(statement).contains(span(*c))).collect();
        let outer = |c: &&Node<'t>| !inside.iter().any(|o| o.id() != c.id() && span(*o).contains(span(**c)));
        let mut out = Vec::new();
        for call in inside.iter().filter(outer) {
            let whole = call.parent().filter(|p| p.kind() == "await").unwrap_or(*call);
            let mut conditions = Vec::new();
            let _ = self.conditions_within(statement, *call, &mut conditions);
            let asked = conditions.iter().rev().fold(Ahead::Asked(span(whole)), |inner, step| match *step {
                Before::Condition(condition, value) => {
                    Ahead::Branch(vec![(Some((span(condition), value)), vec![inner])])
                }
                _ => inner,
            });
            out.push(asked);
        }
        out
    }

    /// Takes a statement in front of a further call along: of those that hold a `try`, or tries until one succeeds, what is
    /// done where nothing fails. Nothing where that cannot be told.
    pub(super) fn in_front(&self, statement: Node<'t>, out: &mut Vec<Before<'t>>) -> Option<()> {
        let asked = self.asked_ahead.borrow().iter().copied().find(|c| span(statement).contains(span(*c)));
        let each = |block: Option<Node<'t>>, out: &mut Vec<Before<'t>>| {
            block.into_iter().flat_map(children).try_for_each(|s| self.in_front(s, out))
        };
        match (statement.kind(), asked) {
            ("try_statement", _) if !self.asked_ahead.borrow().is_empty() => {
                if children(statement).any(|c| c.kind() == "finally_clause") {
                    return None;
                }
                each(Try(statement).body(), out)?;
                let behind = children(statement).find(|c| c.kind() == "else_clause");
                each(behind.and_then(|c| c.child_by_field_name("body")), out)?;
            }
            ("with_statement", Some(_)) if self.only_opens(statement) => each(With(statement).body(), out)?,
            ("for_statement" | "while_statement", Some(call)) => {
                let condition = statement.child_by_field_name("condition");
                let begins = condition.is_none_or(|c| self.holds_at_first(c, out));
                if !begins || !self.tries_until(statement, call) || !succeeds_at_once(statement) {
                    return None;
                }
                each(statement.child_by_field_name("body"), out)?;
            }
            ("break_statement", _) => {}
            _ => out.push(Before::Statement(statement, true)),
        }
        Some(())
    }

    /// Remembers which statements in front of a further call are watched by something in the body that would go on where they
    /// fail: what comes behind them there is then not done, and perhaps something else.
    pub(super) fn watch(&self, before: &[Before<'t>], body: Node<'t>) {
        let swallows = |around: &Node<'t>, inner: Node<'t>| match around.kind() {
            "try_statement" => {
                let kept = |c: Node<'t>| c.kind() == "finally_clause" && !ends_iteration(c);
                !children(*around).all(|c| c.kind() == "block" || c.kind() == "else_clause" || kept(c))
                    && Try(*around).body().is_some_and(|b| span(b).contains(span(inner)))
            }
            "with_statement" => !self.only_opens(*around),
            _ => false,
        };
        let watched = before.iter().filter_map(|step| match *step {
            Before::Statement(s, _) | Before::Condition(s, _) => Some(s),
            Before::Opened(..) => None,
        });
        let watched = watched.filter(|s| ancestors(*s).take_while(|a| a.id() != body.id()).any(|a| swallows(&a, *s)));
        let watched: Vec<usize> = watched.map(|s| s.id()).collect();
        self.tried.borrow_mut().extend(watched);
    }

    /// Whether something in front of a further call may keep it from being made, and cannot be tried ahead: it may fail where
    /// the body goes on with something else then, or it ends the iteration in a way that is not told.
    pub(super) fn fails_untold(&self, before: &[Before<'t>], slice: &Slice<'t>, body: Node<'t>) -> bool {
        let needed = |s: Node<'t>| slice.needs.iter().any(|n| n.node().id() == s.id());
        let tried = self.tried.borrow();
        let told = |s: Node<'t>| self.skip_guard(s).or_else(|| self.stop_guard(s, before, body).map(|(c, _)| c));
        before.iter().any(|step| match *step {
            Before::Statement(s, _) => match told(s) {
                // What a guard does before it leaves comes too late to count, but nothing else in it may.
                Some(condition) => tried.contains(&s.id()) && !needed(condition) && self.may_fail(condition),
                None => tried.contains(&s.id()) && !needed(s) && self.may_fail(s) || ends_iteration(s),
            },
            _ => false,
        })
    }

    /// Whether anything between the calls, for all that is known, may change what a server answers.
    pub(super) fn sends_between(&self, before: &[Before<'t>], slice: &Slice<'t>) -> bool {
        let needed = |s: Node<'t>| slice.needs.iter().any(|n| n.node().id() == s.id());
        let sends = |call: Call<'t>| {
            let asked = self.asked_ahead.borrow().iter().any(|a| a.id() == call.0.id());
            let stays = |kind: CallKind<'t>| {
                matches!(kind, CallKind::Pure | CallKind::Print | CallKind::Method { shallow: true, .. })
            };
            !asked && !stays(self.classify(call))
        };
        before.iter().any(|step| match *step {
            Before::Statement(s, _) => self.is_between(s) && !needed(s) && walk(s).filter_map(Call::cast).any(sends),
            _ => false,
        })
    }

    /// Whether a node stands behind a call that is asked ahead, where it is asked whether more can be.
    pub(super) fn is_between(&self, node: Node<'t>) -> bool {
        self.asked_ahead.borrow().first().is_some_and(|first| node.start_byte() >= statement_of(*first).start_byte())
    }

    /// Whether a statement in front of a further call may fail, for all that is known: everything may but what is told here.
    pub(super) fn may_fail(&self, node: Node<'t>) -> bool {
        let each = |n: Node<'t>| children(n).any(|c| self.may_fail(c));
        let asked = |n: Node<'t>| self.asked_ahead.borrow().iter().any(|a| a.id() == n.id());
        match node.kind() {
            "comment" | "pass_statement" | "identifier" | "integer" | "float" | "true" | "false" | "none" => false,
            "string_start" | "string_content" | "string_end" | "escape_sequence" | "type_conversion" => false,
            "string"
            | "concatenated_string"
            | "interpolation"
            | "list"
            | "tuple"
            | "expression_list"
            | "block"
            | "expression_statement"
            | "parenthesized_expression"
            | "conditional_expression"
            | "boolean_operator"
            | "not_operator"
            | "argument_list"
            | "if_statement"
            | "elif_clause"
            | "else_clause" => each(node),
            "await" => !children(node).any(asked),
            "comparison_operator" => {
                let operator = node.child_by_field_name("operators").map(|o| self.text(o));
                !matches!(operator, Some("==" | "!=" | "is" | "is not")) || each(node)
            }
            "keyword_argument" => node.child_by_field_name("value").is_none_or(|v| self.may_fail(v)),
            "dictionary" => children(node).any(|pair| {
                let literal = |n: Node<'t>| matches!(n.kind(), "string" | "integer");
                pair.kind() != "pair"
                    || !pair.child_by_field_name("key").is_some_and(literal)
                    || pair.child_by_field_name("value").is_none_or(|v| self.may_fail(v))
            }),
            "assignment" => {
                let target = |t: Node<'t>| match t.kind() {
                    "identifier" => true,
                    "subscript" => {
                        t.named_child(0).is_some_and(|o| o.kind() == "identifier")
                            && t.named_child(1).is_some_and(|k| k.kind() == "string" && !self.may_fail(k))
                    }
                    _ => false,
                };
                !node.child_by_field_name("left").is_some_and(target)
                    || node.child_by_field_name("right").is_none_or(|r| self.may_fail(r))
            }
            "augmented_assignment" => {
                let plain = |side: &str, kind: &str| node.child_by_field_name(side).is_some_and(|s| s.kind() == kind);
                !plain("left", "identifier") || !plain("right", "integer")
            }
            "call" if asked(node) => false,
            "call" => {
                let call = Call(node);
                let given = node.child_by_field_name("arguments");
                let appends = || {
                    let named = call.function().filter(|f| f.kind() == "attribute").map(|f| self.text(f));
                    let known = matches!(self.classify(call), CallKind::Method { shallow: true, .. });
                    known && named.is_some_and(|n| n.ends_with(".append") && n.matches('.').count() == 1)
                };
                !(matches!(self.classify(call), CallKind::Print) || appends()) || given.is_none_or(each)
            }
            _ => true,
        }
    }
}

impl<'t> Plan<'t> {
    fn take(&mut self, needs: Vec<Need<'t>>, guards: Vec<(Node<'t>, Node<'t>, bool)>) {
        for need in needs {
            match need {
                Need::Statement(statement, _) => self.whole.push(statement),
                Need::SkipWhen(condition, _) => self.conditions.push(condition.id()),
            }
        }
        self.guards.extend(guards);
    }
}

/// Whether something in a statement ends the iteration, or the loop that holds it.
fn ends_iteration(statement: Node<'_>) -> bool {
    let leaves = |n: &Node<'_>| match n.kind() {
        "return_statement" | "raise_statement" => true,
        "continue_statement" | "break_statement" => {
            super::consume::loop_of(*n).is_none_or(|l| !span(statement).contains(span(l)))
        }
        _ => false,
    };
    statement.kind() != "raise_statement" && super::summary::own_nodes(statement).iter().any(leaves)
}

/// Whether a loop of tries ends with the first try that nothing fails in: one `break` behind all else that it does.
fn succeeds_at_once(looped: Node<'_>) -> bool {
    let own = |n: &Node<'_>| {
        matches!(n.kind(), "break_statement" | "continue_statement")
            && super::consume::loop_of(*n).is_some_and(|l| l.id() == looped.id())
            && !ancestors(*n).take_while(|a| a.id() != looped.id()).any(|a| a.kind().starts_with("except"))
    };
    let mut ways = walk(looped).filter(own);
    let (Some(end), None) = (ways.next(), ways.next()) else { return false };
    let mut at = end;
    while let Some(parent) = at.parent().filter(|p| p.id() != looped.id()) {
        let last = children(parent).last().is_some_and(|l| l.id() == at.id());
        let fits = match parent.kind() {
            "block" => last,
            "else_clause" => true,
            "try_statement" => children(parent)
                .all(|c| c.kind() != "finally_clause" && (c.kind() != "else_clause" || c.id() == at.id())),
            _ => false,
        };
        if !fits {
            return false;
        }
        at = parent;
    }
    end.kind() == "break_statement"
}
