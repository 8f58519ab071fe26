//! Calls that can be asked ahead of a loop that stays as it is: the first one of each item, where what it is asked and
//! whether it is made can be computed from the item. A wrong guess is a call too many, and never another answer.

use super::calls::CallKind;
use super::conflicts::Staged;
use super::loops::Waiting;
use super::receivers::Def;
use super::region::serial_seconds;
use super::slice::{Before, Need};
use super::stage::{Outcome, Work, helper_fact};
use super::summary::own_nodes;
use super::{File, Grade, Trouble, Var};
use crate::catalog::Effect;
use crate::facts::Code;
use crate::model::{Client, Exit, Pipeline, Stage, Step};
use crate::syntax::python::{Assignment, Call, For, If, Try, With, enclosing_scope};
use crate::syntax::{Node, ancestors, children, span, walk};

/// Whether loops are looked at as ones that stay as they are and whose calls are asked ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Guesses {
    /// No.
    #[default]
    Never,
    /// Where no recipe restructures the loop, and every guess should be right.
    Last,
    /// Wherever it can be done, also where some guesses will be wrong.
    First,
}

/// A call that can be asked ahead, and what that needs.
pub(super) struct Guessed<'t> {
    pub outcome: Outcome<'t>,
    pub pipeline: Pipeline,
    pub needs: Vec<Need<'t>>,
    /// Statements in front of it that may end the iteration, with the condition and its value where they do.
    pub guards: Vec<(Node<'t>, Node<'t>, bool)>,
}

/// What may be told of the calls themselves, ahead of their loop: everything else they would do twice.
const TOLD: [Code; 2] = [Code::EARLY_EXIT, Code::CONCURRENT];

impl<'t> File<'t> {
    /// A loop whose first call of each item is asked ahead of it; nothing where that cannot be computed.
    pub(super) fn guess(
        &self,
        looped: For<'t>,
        calls: &[Waiting<'t>],
        place: &Outcome<'t>,
    ) -> Option<(Outcome<'t>, Pipeline)> {
        let first = calls.iter().min_by_key(|w| (w.call.0.start_byte(), std::cmp::Reverse(w.call.0.end_byte())))?;
        // Of a call among the arguments of another, the inner one is made first.
        let first = calls
            .iter()
            .filter(|w| span(first.call.0).contains(span(w.call.0)))
            .min_by_key(|w| w.call.0.end_byte() - w.call.0.start_byte())?;
        let outer = self.guessing.replace(true);
        let told = self.guess_of(looped, calls, first, place.clone());
        let found = told.and_then(|told| self.guess_further(looped, calls, (first, told), place));
        self.guessing.set(outer);
        found
    }

    /// Whether the calls of a loop are asked ahead of it already.
    pub(super) fn is_asked_ahead(&self, looped: Node<'t>) -> bool {
        let source = looped.child_by_field_name("right").filter(|_| self.has_runtime);
        source.into_iter().flat_map(walk).filter_map(Call::cast).any(|c| {
            let path = c.function().and_then(|f| self.import_path(f));
            path.is_some_and(|p| p == "perfmod_runtime.ahead.calls")
        })
    }

    /// The same for one of an item's calls, where those in front of it that are asked ahead are known.
    pub(super) fn guess_of(
        &self,
        looped: For<'t>,
        calls: &[Waiting<'t>],
        chosen: &Waiting<'t>,
        mut outcome: Outcome<'t>,
    ) -> Option<Guessed<'t>> {
        let (left, right, body) = (looped.left()?, looped.right()?, looped.body()?);
        let function = enclosing_scope(looped.0);
        let yields = function.and_then(|f| self.names.opened_by(f)).is_some_and(|s| self.names.scope(s).yields);
        if looped.is_async() || yields || chosen.waits.iter().any(|w| w.assumed || w.handed) {
            return None;
        }
        let call = chosen.call;
        // What is computed ahead runs in other threads, too.
        let awaited = call.0.parent().is_some_and(|p| p.kind() == "await");
        let mut path: Vec<Def<'t>> = function.map(|f| self.def(f)).into_iter().collect();
        let barred = self.bars_a_guess(call, &mut path, &mut Vec::new());
        // Calls that are started, and awaited behind the loop, are all under way already.
        if barred || self.is_gathered(call.0) || self.has_affine && !awaited {
            return None;
        }
        let work = Work::of_call(call.0);
        self.tried.borrow_mut().clear();
        let (before, protected) = self.way_ahead(body, call.0, &mut outcome)?;
        let further = !self.asked_ahead.borrow().is_empty();
        if further {
            self.watch(&before, body);
        }
        let slice = self.slice(&work, &before, body, &mut outcome);
        let reads = chosen.waits.iter().any(|w| w.fact.effect == Effect::Read);
        if further && (self.fails_untold(&before, &slice, body) || reads && self.sends_between(&before, &slice)) {
            return None;
        }
        let needed = |v: &Var| slice.reads.contains_key(v);
        let peeled = self.peel(right, left, &needed).ok()?;
        let items: Vec<Var> = self.binds(peeled.target);
        let plain = !walk(peeled.target).any(|n| matches!(n.kind(), "attribute" | "subscript" | "list_splat_pattern"));
        if peeled.bar_inside || !plain || !further && !slice.reads.keys().any(|v| items.contains(v)) {
            return None;
        }
        if self.is_stopped_by_earlier(body, call.0, &items) {
            return None;
        }
        outcome.troubles.extend(self.unsized_source(peeled.source, body));
        // What is asked must not depend on other iterations, nor on how many there were. Whether it is asked may depend on
        // what was seen by then: the guess is wrong now and then.
        if !self.carried_all(&slice, &work, body, &items).is_empty()
            || self.carried_through_function(&slice, &work, looped.0).is_some()
        {
            return None;
        }
        let bare: Vec<Before<'t>> = before.iter().copied().filter(|b| !self.is_guard(*b)).collect();
        let data = self.slice(&work, &bare, body, &mut Outcome::default());
        let flows = self.conflicts(&Staged { slice: &data, work: &work, body, items: &items, peeled: &peeled });
        if flows.iter().any(|t| t.grade == Grade::Blocked) {
            return None;
        }
        let mut asked = Outcome { threads: outcome.threads, ..Outcome::default() };
        let direct = self.work_troubles(&work, looped.0, body, &items, &mut asked);
        if !protected {
            self.raise_trouble(&work, &mut asked);
        }
        self.file_troubles(&work, &slice, body, &mut asked);
        self.copied_objects(&work, &slice, &[], &items, &mut asked);
        outcome.troubles.extend(self.set_by_others(&slice, &work, looped.0));
        // What the guess does, the body does again.
        if asked.unsupported.is_some()
            || asked.troubles.iter().any(|t| !TOLD.contains(&t.code) || t.grade == Grade::Blocked)
        {
            return None;
        }
        outcome.troubles.extend(asked.troubles);
        let staged = Staged { slice: &slice, work: &work, body, items: &items, peeled: &peeled };
        for trouble in self.conflicts(&staged) {
            if self.asks_for_a_member(&trouble) && self.guesses.get() != Guesses::First {
                return None;
            }
            outcome.add(if self.asks_for_a_member(&trouble) { in_vain(trouble) } else { trouble });
        }
        let unwritten = outcome.unsupported.take();
        let exits = self.consume_troubles(&staged, &before, protected, calls, &mut outcome);
        // How the loop is written does not matter where it stays, but what the guess is made of does.
        outcome.unsupported = None;
        let again = |t: &Trouble<'t>| t.code == Code::SLEEP && self.waits_to_try_again(t.node, call.0, body);
        outcome.troubles.retain(|t| !again(t));
        let sleeps = !outcome.paces.is_empty() || outcome.troubles.iter().any(|t| t.code == Code::SLEEP);
        if unwritten.is_some() || sleeps {
            return None;
        }
        let limit = self.early_limit(looped, &peeled, body, self.names.scope_at(looped.0));
        let exits: Vec<(Node<'t>, String)> = exits
            .into_iter()
            .filter(|(n, _)| limit.as_ref().is_none_or(|(_, g)| !span(*g).contains(span(*n))))
            .collect();
        self.guessed_exits(&exits, looped.0, body, &work, &mut outcome)?;
        self.worker_trouble(looped.0, &mut outcome);
        let nodes = slice.needs.iter().map(|n| n.node()).chain([call.0]);
        if outcome.is_blocked()
            || outcome.only_on_a_loop().is_some()
            || nodes.into_iter().any(|n| self.bare_super(n).is_some())
        {
            return None;
        }
        let found = self.catalogued(call);
        let fact = found.as_ref().map_or_else(|| helper_fact(self.text(call.0), &chosen.waits), |f| f.fact.clone());
        let waiting = self.waiting_calls(&work.nodes, body);
        let asks = |w: &crate::model::WaitingCall| matches!(w.fact.effect, Effect::Read | Effect::Billed);
        if waiting.is_empty() || !waiting.iter().all(|w| asks(w) && !w.assumed && w.timed.is_none() && !w.hooked) {
            return None;
        }
        let step = |need: &Need<'t>| match *need {
            Need::SkipWhen(condition, value) => Step { span: span(condition), stage: Stage::SkipWhen(value) },
            Need::Statement(statement, _) => Step { span: span(statement), stage: Stage::Copied },
        };
        let pipeline = Pipeline {
            statement: span(looped.0),
            looped: span(looped.0),
            source: span(peeled.source),
            count: self.known_length(peeled.source, 4),
            target: span(peeled.target),
            flat: None,
            progress: peeled.progress,
            prepare: slice.needs.iter().map(step).collect(),
            work: work.span,
            call: fact,
            direct,
            awaited: self.is_awaited(&work),
            at_once: None,
            gathering: None,
            guessed: true,
            drawn: Vec::new(),
            ahead: Vec::new(),
            serial: serial_seconds(calls, body, &|n| work.contains(n)),
            needs_loop: None,
            applied: None,
            gives: None,
            keeps: Vec::new(),
            unkept: Some("the loop makes its calls itself".into()),
            waiting,
            prints: self.prints_in(&work),
            client: found
                .as_ref()
                .and_then(|f| f.client.as_ref())
                .map(|c| Client { name: c.name.to_string(), fact: c.fact.clone() }),
            consume: children(body).map(span).collect(),
            carried: Vec::new(),
            protected,
            survives: protected && self.survives(call.0, body),
            exits: exits.into_iter().map(|(n, what)| Exit { span: span(n), what }).collect(),
            pace: None,
            limit: limit.map(|(text, _)| text),
            collect: None,
        };
        let guards = before.iter().filter_map(|step| match *step {
            Before::Statement(s, _) => {
                let told = self.skip_guard(s).map(|c| (c, true)).or_else(|| self.stop_guard(s, &before, body));
                told.map(|(condition, value)| (s, condition, value))
            }
            _ => None,
        });
        let guards = guards.collect();
        Some(Guessed { outcome, pipeline, needs: slice.needs, guards })
    }

    /// Whether a condition only asks if something is in a collection that the loop changes.
    fn asks_for_a_member(&self, trouble: &Trouble<'t>) -> bool {
        let compared =
            trouble.node.parent().filter(|p| p.kind() == "comparison_operator" && p.named_child_count() == 2);
        let operator = compared.and_then(|c| c.child_by_field_name("operators")).map(|o| self.text(o));
        let right = compared.and_then(|c| c.named_child(1)).is_some_and(|r| r.id() == trouble.node.id());
        trouble.code == Code::CHECK_THEN_ACT && right && matches!(operator, Some("in" | "not in"))
    }

    /// Whether a function on the way to the waiting call stands against a guess. Something that it holds over the call, a lock
    /// perhaps, the loop's body would hold, too, while it waits for a guess that waits for it. A loop in which it makes the call
    /// may have its calls asked ahead as well: each would then be asked for the guess and for the body. So does recursion.
    fn bars_a_guess(&self, call: Call<'t>, path: &mut Vec<Def<'t>>, done: &mut Vec<Def<'t>>) -> bool {
        if self.catalogued(call).is_some() {
            return false;
        }
        self.callees(call).into_iter().filter(|def| self.leads_to_wait(*def)).any(|def| {
            if path.contains(&def) {
                return true;
            }
            let Some(inner) = self.program.at(def.file).filter(|_| !done.contains(&def)) else { return false };
            let body = def.node.child_by_field_name("body").unwrap_or(def.node);
            let barred = |call: Call<'t>| {
                ancestors(call.0).take_while(|a| a.id() != def.node.id()).any(|a| match a.kind() {
                    "for_statement" | "while_statement" => {
                        !inner.tries_until(a, call.0) && !super::again::returns_tried(a, call.0)
                    }
                    "with_statement" => !inner.only_opens(a) && !inner.makes_clients(a),
                    kind => kind.ends_with("comprehension") || kind == "generator_expression",
                })
            };
            path.push(def);
            let waits = own_nodes(body).into_iter().filter_map(Call::cast).filter(|c| !inner.waits_of(*c).is_empty());
            let found = waits.into_iter().any(|c| barred(c) || inner.bars_a_guess(c, path, done));
            path.pop();
            done.push(def);
            found
        })
    }

    /// Whether a `with` does nothing but make clients.
    fn makes_clients(&self, with: Node<'t>) -> bool {
        let made = |context: Node<'t>| {
            let path = Call::cast(context).and_then(|c| c.function()).and_then(|f| self.import_path(f));
            path.is_some_and(|p| self.catalog.client(&p).is_some())
        };
        With::cast(with).is_some_and(|w| w.items().all(|i| i.parts().is_some_and(|(context, _)| made(context))))
    }

    /// What ends the loop in front of the call, in a loop that stays as it is: nothing is asked for such an item. Answers the
    /// condition, and what it is where the loop ends; nothing where it cannot be told ahead.
    pub(super) fn stop_guard(
        &self,
        statement: Node<'t>,
        before: &[Before<'t>],
        body: Node<'t>,
    ) -> Option<(Node<'t>, bool)> {
        if !self.guessing.get() {
            return None;
        }
        let (condition, value) = match statement.kind() {
            "assert_statement" => (children(statement).next()?, false),
            "if_statement" if statement.child_by_field_name("alternative").is_none() => {
                let last = If(statement).consequence().and_then(|c| children(c).last())?;
                let exits = || {
                    let call = children(last).next().and_then(Call::cast);
                    call.is_some_and(|c| matches!(self.classify(c), CallKind::Exit))
                };
                let ends = match last.kind() {
                    "raise_statement" | "break_statement" | "return_statement" => true,
                    "expression_statement" => exits(),
                    _ => false,
                };
                (If(statement).condition().filter(|_| ends)?, true)
            }
            _ => return None,
        };
        self.is_told_ahead(condition, before, body, 4).then_some((condition, value))
    }

    /// Whether an expression has, ahead of the loop, the value that it will have in its turn.
    fn is_told_ahead(&self, expression: Node<'t>, before: &[Before<'t>], body: Node<'t>, depth: usize) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        let target = body.parent().and_then(For::cast).and_then(|f| f.left());
        let items = target.map(|t| self.binds(t)).unwrap_or_default();
        let bound = self.binds(body);
        let changed = |var: &Var| {
            walk(body)
                .filter_map(|n| self.change_by(n))
                .any(|c| c.places.iter().chain(&c.direct).any(|p| p.var == *var))
        };
        let set_ahead = |var: &Var| {
            before.iter().all(|step| match *step {
                Before::Statement(s, _) if self.binds(s).contains(var) => {
                    self.sliceable(s, body).is_ok() && self.is_told_ahead(s, before, body, depth)
                }
                _ => true,
            }) && before.iter().any(|step| matches!(*step, Before::Statement(s, _) if self.binds(s).contains(var)))
        };
        self.impurity(expression).is_none()
            && self
                .reads_first(expression)
                .keys()
                .all(|var| items.contains(var) || !changed(var) && (!bound.contains(var) || set_ahead(var)))
    }

    /// Whether a step in front of the call only decides whether it is made.
    fn is_guard(&self, step: Before<'t>) -> bool {
        match step {
            Before::Condition(..) => true,
            Before::Statement(statement, _) => self.skip_guard(statement).is_some(),
            Before::Opened(..) => false,
        }
    }

    /// The statements and conditions in front of the call, through a loop that only tries again; whether a `try` holds it.
    fn way_ahead(&self, body: Node<'t>, call: Node<'t>, outcome: &mut Outcome<'t>) -> Option<(Vec<Before<'t>>, bool)> {
        let holds = |n: &Node<'t>| span(*n).contains(span(call));
        let (mut out, mut block, mut tried) = (Vec::new(), body, None);
        let statement = loop {
            let at = children(block).find(holds)?;
            for statement in children(block).take_while(|s| s.id() != at.id()) {
                if !self.is_idle_at_first(statement, &out) {
                    self.in_front(statement, &mut out)?;
                }
            }
            block = match at.kind() {
                "if_statement" => match self.branch(at, call, &mut out).ok()? {
                    Some(inner) => inner,
                    None => break at,
                },
                "try_statement" => {
                    tried = Some(out.len());
                    Try(at).body().filter(holds)?
                }
                "with_statement" if self.only_opens(at) => {
                    out.push(Before::Opened(at, true));
                    With(at).body().filter(holds)?
                }
                "for_statement" if For(at).right().is_some_and(|r| holds(&r)) => break at,
                "for_statement" if self.tries_until(at, call) => {
                    let source = For(at).right()?;
                    if self.known_length(source, 4).is_none_or(|n| n == 0) {
                        let message =
                            format!("`{}` is taken to have an item: else a call is made in vain", self.text(source));
                        outcome.add(Trouble::not_analysed(source, message).graded(Grade::Assumed));
                    }
                    For(at).body().filter(holds)?
                }
                "while_statement" => {
                    let condition = at.child_by_field_name("condition")?;
                    if holds(&condition) || !self.tries_until(at, call) {
                        return None;
                    }
                    if !self.holds_at_first(condition, &out) {
                        out.push(Before::Condition(condition, true));
                    }
                    at.child_by_field_name("body").filter(holds)?
                }
                "expression_statement" | "assert_statement" => break at,
                _ => return None,
            };
        };
        if let Some(outside) = tried {
            for step in &mut out[..outside] {
                if let Before::Statement(_, same_try) | Before::Opened(_, same_try) = step {
                    *same_try = false;
                }
            }
        }
        self.conditions_within(statement, call, &mut out)?;
        Some((out, tried.is_some()))
    }

    /// Whether the condition of a loop that tries again holds when it is first asked: it is always so, or it speaks of
    /// counters and flags that the iteration has just set.
    pub(super) fn holds_at_first(&self, condition: Node<'t>, before: &[Before<'t>]) -> bool {
        let literal = |n: Node<'t>| matches!(n.kind(), "integer" | "float" | "true" | "false" | "none" | "string");
        let mut set: Vec<Var> = Vec::new();
        for step in before {
            let Before::Statement(statement, _) = *step else { continue };
            let value = children(statement)
                .next()
                .filter(|a| a.kind() == "assignment")
                .and_then(|a| a.child_by_field_name("right"));
            let bound = self.binds(statement);
            set.retain(|v| !bound.contains(v));
            set.extend(value.filter(|v| literal(*v)).into_iter().flat_map(|_| bound.clone()));
        }
        let reads = self.reads(condition);
        literal(condition) || !reads.is_empty() && reads.keys().any(|v| set.contains(v))
    }

    /// Whether an `if` that counts tries does nothing at the first one: it compares a number that was set to another.
    fn is_idle_at_first(&self, statement: Node<'t>, before: &[Before<'t>]) -> bool {
        let number = |n: Node<'t>| self.text(n).parse::<u64>().ok().filter(|_| n.kind() == "integer");
        let compared = || {
            let condition = If::cast(statement)?.condition().filter(|c| c.named_child_count() == 2)?;
            let operator = condition.child_by_field_name("operators")?;
            let (name, limit) = (condition.named_child(0)?, number(condition.named_child(1)?)?);
            let var = (name.kind() == "identifier").then(|| self.var(name)).flatten()?;
            let set = before.iter().rev().find_map(|step| match *step {
                Before::Statement(s, _) => self.binds(s).contains(&var).then_some(s),
                _ => None,
            })?;
            let assigned = children(set).next().and_then(Assignment::cast)?;
            let value =
                number(assigned.right()?).filter(|_| assigned.left().is_some_and(|l| l.kind() == "identifier"))?;
            Some(match self.text(operator) {
                "==" => value != limit,
                ">=" => value < limit,
                ">" => value <= limit,
                _ => false,
            })
        };
        statement.child_by_field_name("alternative").is_none() && compared() == Some(true)
    }

    /// The conditions inside one statement under which the call is made; nothing where that is not one time.
    pub(super) fn conditions_within(
        &self,
        statement: Node<'t>,
        call: Node<'t>,
        out: &mut Vec<Before<'t>>,
    ) -> Option<()> {
        let mut found = Vec::new();
        let mut below = call;
        for above in ancestors(call).take_while(|a| a.id() != statement.id()) {
            match above.kind() {
                "conditional_expression" => {
                    let (then, condition) = (above.named_child(0)?, above.named_child(1)?);
                    if condition.id() != below.id() {
                        found.push(Before::Condition(condition, then.id() == below.id()));
                    }
                }
                "boolean_operator" => {
                    let left = above.child_by_field_name("left")?;
                    if left.id() != below.id() {
                        let is_and = above.child_by_field_name("operator").map(|o| self.text(o)) == Some("and");
                        found.push(Before::Condition(left, is_and));
                    }
                }
                "comparison_operator" if above.named_child_count() > 2 => return None,
                "lambda" | "yield" | "generator_expression" => return None,
                kind if kind.ends_with("comprehension") => return None,
                _ => {}
            }
            below = above;
        }
        out.extend(found.into_iter().rev());
        Some(())
    }

    /// Whether a sleep belongs to another try of the call: in a handler, or behind it in the loop that tries again.
    fn waits_to_try_again(&self, sleep: Node<'t>, call: Node<'t>, body: Node<'t>) -> bool {
        let around = |n: Node<'t>| ancestors(n).take_while(move |a| a.id() != body.id());
        let is_loop = |a: &Node<'t>| matches!(a.kind(), "for_statement" | "while_statement");
        let own = matches!(Call::cast(sleep).map(|c| self.classify(c)), Some(CallKind::Sleep(_)));
        let handled = around(sleep).any(|a| a.kind() == "except_clause");
        let again = around(sleep).take_while(|a| a.kind() != "try_statement").find(is_loop);
        own && (handled
            || sleep.start_byte() > call.end_byte()
                && again.is_some_and(|l| span(l).contains(span(call)) && self.tries_until(l, call)))
    }

    /// What leaves the loop early: calls that were asked ahead by then are extra.
    fn guessed_exits(
        &self,
        exits: &[(Node<'t>, String)],
        looped: Node<'t>,
        body: Node<'t>,
        work: &Work<'t>,
        outcome: &mut Outcome<'t>,
    ) -> Option<()> {
        let Some((node, what)) = exits.first() else { return Some(()) };
        let leaves = exits.iter().any(|(_, w)| matches!(w.as_str(), "break" | "return"));
        if leaves && self.only_searches(body, work, looped) {
            return None;
        }
        let message = format!(
            "`{what}` can end the loop early; what was asked ahead for later items by then is extra (at most the concurrency limit)"
        );
        outcome.add(Trouble::new(Code::EARLY_EXIT, *node, message, "accept the extra calls").graded(Grade::Care));
        Some(())
    }
}

/// A guard that may have changed by the time its item comes: a caution.
fn in_vain(trouble: Trouble<'_>) -> Trouble<'_> {
    let message = format!(
        "{}; a call that is asked ahead and then not made is extra (for each item that the guard passes over by then, at most one)",
        trouble.message.split(';').next().unwrap_or_default()
    );
    Trouble { message, ..trouble }.graded(Grade::Care)
}
