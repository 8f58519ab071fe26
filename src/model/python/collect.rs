//! Loops and comprehensions that only collect.
use super::calls::CallKind;
use super::flat::{Clauses, odd_within};
use super::gathered::Gathered;
use super::loops::Waiting;
use super::names::Bound;
use super::slice::{Need, Slice};
use super::stage::{Outcome, Work};
use super::{File, Grade, ScopeId, Trouble, Var};
use crate::facts::{Code, Span};
use crate::model::{Client, Collect, Pipeline, Step};
use crate::syntax::python::{Assignment, Attribute, Call, For, With, statement_of};
use crate::syntax::{Node, ancestors, children, span, walk};

/// What a loop's body ends with: `list.append(value)`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Appended<'t> {
    pub statement: Node<'t>,
    pub list: Node<'t>,
    pub value: Node<'t>,
}

impl<'t> File<'t> {
    /// What the last statement of a body appends to a variable's list, if it does that.
    pub(super) fn appended(&self, body: Node<'t>) -> Option<Appended<'t>> {
        let statement = children(body).last()?;
        let inner = children(statement).next().and_then(Call::cast)?;
        let method = inner.function().and_then(Attribute::cast)?;
        let list = method.object().filter(|o| o.kind() == "identifier")?;
        let arguments: Vec<_> = inner.args().collect();
        let ([value], "append") = (arguments.as_slice(), self.text(method.name()?)) else { return None };
        let plain = value.kind() != "list_splat" && value.kind() != "keyword_argument";
        plain.then_some(Appended { statement, list, value: *value })
    }

    /// A loop that only appends to a list made directly in front of it.
    pub(super) fn collects(
        &self,
        looped: For<'t>,
        slice: &Slice<'t>,
        work: &Work<'t>,
        body: Node<'t>,
        scope: ScopeId,
        bare: bool,
    ) -> Option<Collect> {
        let within = ancestors(looped.0).any(|a| matches!(a.kind(), "try_statement" | "with_statement"));
        let appended = self.appended(body)?;
        if !bare || looped.alternative().is_some() || within {
            return None;
        }
        let list = appended.list;
        let made = looped.0.prev_sibling().filter(|p| p.kind() == "expression_statement")?;
        let assignment = children(made).next().and_then(Assignment::cast)?;
        let empty = assignment.right().is_some_and(|r| self.text(r) == "[]");
        if !empty || self.text(assignment.left()?) != self.text(list) || assignment.left()?.kind() != "identifier" {
            return None;
        }
        if !crate::syntax::layout::alone_on_lines(self.source, made)
            || !self.source.slice(Span::new(made.end_byte(), looped.0.start_byte())).trim().is_empty()
        {
            return None;
        }
        // A failure would lose the part of the list that somebody else can see.
        let list_seen = self.var(list).is_none_or(|v| {
            v.scope != scope
                || scope == self.names.module() && self.names.reads_of(v.scope, &v.name).any(|r| r.scope != v.scope)
        });
        if list_seen
            || self.iterates_shared(looped.0, &self.binds(looped.0))
            || !self.is_function_body(looped, slice, work, body, scope, appended.value)
        {
            return None;
        }
        Some(Collect {
            list: Some(self.text(list).to_string()),
            made: Some(span(made)),
            append: span(appended.statement),
            value: span(appended.value),
        })
    }

    /// A loop that does nothing but make the list of calls of a gather.
    pub(super) fn collects_calls(
        &self,
        looped: For<'t>,
        slice: &Slice<'t>,
        work: &Work<'t>,
        body: Node<'t>,
        scope: ScopeId,
    ) -> Option<Collect> {
        let appended = self.appended(body)?;
        let call = work.call.filter(|c| self.started(*c).id() == appended.value.id())?;
        let fits = !self.iterates_shared(body, &self.binds(looped.0))
            && self.is_function_body(looped, slice, work, body, scope, call);
        fits.then(|| Collect { list: None, made: None, append: span(appended.statement), value: span(call) })
    }

    /// Whether the body of a loop that appends a value at its end is the body of a function that returns this value.
    fn is_function_body(
        &self,
        looped: For<'t>,
        slice: &Slice<'t>,
        work: &Work<'t>,
        body: Node<'t>,
        scope: ScopeId,
        value: Node<'t>,
    ) -> bool {
        self.function_body(looped, slice, work, body, scope, value).is_some()
    }

    fn function_body(
        &self,
        looped: For<'t>,
        slice: &Slice<'t>,
        work: &Work<'t>,
        body: Node<'t>,
        scope: ScopeId,
        value: Node<'t>,
    ) -> Option<()> {
        let call = work.call?;
        let list = self.appended(body)?.list;
        let statements: Vec<_> = children(body).collect();
        // Everything in front of the append is needed for the call or works on the answer without effects.
        let list_var = self.var(list)?;
        let in_front = &statements[..statements.len() - 1];
        let fine = in_front.iter().all(|s| {
            let simple = s.kind() == "expression_statement"
                && children(*s)
                    .next()
                    .and_then(Assignment::cast)
                    .is_some_and(|a| a.left().is_some_and(|l| l.kind() == "identifier"));
            let needed = slice.needs.iter().any(|n| n.node().id() == s.id());
            let reads_list = self.reads(*s).contains_key(&list_var);
            (needed || simple)
                && !reads_list
                && walk(*s)
                    .filter_map(Call::cast)
                    .all(|c| c.0.id() == call.id() || span(call).contains(span(c.0)) || self.harmless(c, call))
        });
        let value_fine = walk(value)
            .filter_map(Call::cast)
            .all(|c| c.0.id() == call.id() || span(call).contains(span(c.0)) || self.harmless(c, call));
        if !fine
            || !value_fine
            || self.reads(value).contains_key(&list_var)
            || slice.needs.iter().any(|n| matches!(n, Need::SkipWhen(..)))
        {
            return None;
        }
        // The body becomes a function: no variable may come from outside it or from the iteration before, and no closure may
        // be left behind.
        if walk(body).any(|n| n.kind() == "lambda") {
            return None;
        }
        let bound = self.binds(body);
        let mut assigned: Vec<Var> = self.binds(looped.left()?);
        for statement in &statements {
            let early = self.reads_first(*statement).keys().any(|v| bound.contains(v) && !assigned.contains(v));
            if early {
                return None;
            }
            assigned.extend(self.definitely_assigns(*statement).iter().cloned());
        }
        let whole = span(looped.0);
        if bound.iter().any(|v| v.scope != scope) {
            return None;
        }
        // The loop disappears: nothing may read what it leaves in its variables.
        let vars = self.binds(looped.0);
        let read_outside = vars.iter().any(|v| {
            let mut reads = self.names.reads_of(v.scope, &v.name).filter(|r| !whole.contains(span(r.node)));
            reads.any(|r| !self.is_set_anew(r.node, v, looped.0))
        });
        let nested = self
            .names
            .scopes()
            .any(|(_, s)| vars.iter().any(|v| s.globals.contains(&*v.name) || s.nonlocals.contains(&*v.name)));
        (!read_outside && !nested).then_some(())
    }

    /// Whether a read stands in another loop that sets the variable before, in each iteration.
    pub(super) fn is_set_anew(&self, read: Node<'t>, var: &Var, looped: Node<'t>) -> bool {
        let mut below = read;
        for above in ancestors(read) {
            if matches!(above.kind(), "function_definition" | "lambda" | "class_definition")
                || span(above).contains(span(looped))
            {
                return false;
            }
            let other = For::cast(above).filter(|f| f.body().is_some_and(|b| b.id() == below.id()));
            if other.is_some_and(|f| {
                f.left().is_some_and(|l| self.binds(l).contains(var)) || !self.reads_first(below).contains_key(var)
            }) {
                return true;
            }
            below = above;
        }
        false
    }

    /// Whether something goes through what may be an iterator from outside.
    fn iterates_shared(&self, node: Node<'t>, own: &[Var]) -> bool {
        walk(node).filter(|n| n.kind() == "identifier" && self.consumes(*n)).filter_map(|n| self.var(n)).any(|v| {
            let inside = span(node).contains(span(self.names.scope(v.scope).node));
            !inside && !own.contains(&v) && !self.is_definition(&v) && self.may_be_iterator(&v)
        })
    }

    /// A call on the answer without effects; `.json()` and the like of the answer itself included.
    pub(super) fn harmless(&self, call: Call<'t>, waiting: Node<'t>) -> bool {
        if matches!(self.classify(call), CallKind::Pure) {
            return true;
        }
        if let CallKind::Functions(defs) = self.classify(call) {
            return defs.iter().all(|def| self.summary_of(*def).impurity().is_none());
        }
        let method = call.function().and_then(Attribute::cast);
        method.and_then(|m| m.object()).is_some_and(|o| {
            span(o).contains(span(waiting))
                || self.place_of(o).is_some_and(|p| {
                    let bindings = self.names.bindings(p.var.scope, &p.var.name);
                    !bindings.is_empty()
                        && bindings
                            .iter()
                            .all(|b| matches!(b.bound, Bound::Value(Some(e)) if span(e).contains(span(waiting))))
                })
        })
    }

    /// A comprehension around a call, or a generator expression that is used up where it stands. A list becomes one
    /// `gather`; where there is more to it, it stays and goes through `ahead`.
    pub(super) fn stage_comprehension(
        &self,
        node: Node<'t>,
        calls: &[Waiting<'t>],
        outcome: &mut Outcome<'t>,
    ) -> Option<Pipeline> {
        let waiting = calls.first()?;
        let call = waiting.call.0;
        let work = Work::of_call(call);
        let known = outcome.troubles.len();
        let direct = self.expression_work(node, &work, calls, outcome);
        let of_work = outcome.troubles.split_at(known).1.to_vec();
        let (Some(clauses), Some(value)) = (Clauses::of(node), node.child_by_field_name("body")) else {
            outcome.add(Trouble::not_analysed(node, "a comprehension that does not parse"));
            return None;
        };
        let (target, source) = clauses.loops[0];
        let conditions = &clauses.conditions;
        let several = clauses.loops.len() > 1;
        if clauses.is_async() || !span(value).contains(span(call)) {
            outcome.unsupported(node, "no recipe writes a call in this part of a comprehension yet");
        }
        let statement = statement_of(node);
        let simple = children(statement).next().is_some_and(|inner| match inner.kind() {
            "assignment" => {
                Assignment(inner).right().is_some_and(|r| r.id() == node.id())
                    && Assignment(inner).left().is_some_and(|l| l.kind() == "identifier")
            }
            _ => statement.kind() == "return_statement" && inner.id() == node.id(),
        });
        let within = |a: &Node<'t>| a.id() != statement.id();
        let odd = ancestors(node).take_while(within).find(|a| {
            matches!(a.kind(), "lambda" | "generator_expression" | "conditional_expression" | "boolean_operator")
                || a.kind().ends_with("comprehension")
        });
        let plain = matches!(statement.kind(), "expression_statement" | "return_statement");
        if odd.is_some() || !plain || !crate::syntax::layout::alone_on_lines(self.source, statement) {
            outcome.unsupported(node, "no recipe writes a comprehension in a place of this kind yet");
        }
        let gathered = self.gathered(node);
        if node.kind() == "generator_expression" && gathered.is_none() && !self.is_used_up(node) {
            outcome.add(
                Trouble::new(
                    Code::SOURCE,
                    node,
                    "a generator makes its calls when its items are taken, which may never be",
                    "make it a list",
                )
                .graded(Grade::Care),
            );
            outcome.unsupported(node, "no recipe writes calls in a generator that is handed on yet");
        }
        if gathered.is_none()
            && ancestors(statement)
                .take_while(|a| a.kind() != "function_definition")
                .any(|a| a.kind() == "with_statement" && With(a).is_async())
        {
            outcome.unsupported(node, "no recipe writes a comprehension in an `async with` yet");
        }
        if let Err(trouble) = self.unconditional_within(call, value) {
            outcome.unsupported(trouble.node, "no recipe writes a call that is made or not within one expression yet");
        }
        if calls.len() > 1 {
            outcome.unsupported(calls[1].call.0, "no recipe writes two calls in one comprehension yet");
        }
        let needed = self.slice(&work, &clauses.before(), node, outcome);
        let in_front = clauses.in_front();
        outcome.troubles.extend(self.decided_early(&in_front, &work));
        let peeled = match self.peel(source, target, &|v| several || needed.reads.contains_key(v)) {
            Ok(peeled) => peeled,
            Err(trouble) => {
                outcome.add(trouble);
                return None;
            }
        };
        if peeled.bar_inside {
            outcome.unsupported(peeled.source, "a progress bar inside `enumerate` would run ahead of the loop");
        }
        // What is chosen from one source, or put together of several, becomes a source of its own.
        let whole = peeled.source.id() == source.id();
        let flat = match several || whole && !conditions.is_empty() {
            true => self.flat(&clauses, &[value]),
            false => None,
        };
        if several {
            self.sources_trouble(&clauses, node, outcome);
        }
        // What is more than a list of answers stays a comprehension.
        let awaited = self.is_awaited(&work);
        let more = !whole || flat.is_none() && !conditions.is_empty();
        let stays = !simple || node.kind() != "list_comprehension" || more || awaited;
        let more = more || matches!(node.kind(), "dictionary_comprehension" | "set_comprehension");
        let element = self.started(call);
        if gathered.is_some() && element.id() != value.id() {
            outcome.unsupported(element, "no recipe bounds a gather of more than the calls yet");
        }
        if let (Some(_), true) = (&gathered, more) {
            outcome.unsupported(node, "no recipe bounds a gather with a condition, an index or a bar in it yet");
        }
        let stays = stays && gathered.is_none();
        outcome.troubles.extend(self.unsized_source(peeled.source, node));
        if walk(target).any(|n| matches!(n.kind(), "attribute" | "subscript" | "list_splat_pattern")) {
            outcome.add(Trouble::not_analysed(target, "a loop target other than plain names"));
        }
        if let Some(c) = walk(value)
            .filter_map(Call::cast)
            .filter(|c| gathered.is_none() || c.0.id() != element.id())
            .find(|c| c.0.id() != call.id() && !span(call).contains(span(c.0)) && !self.harmless(*c, call))
        {
            outcome.unsupported(c.0, "no recipe writes an effect beside the call in a comprehension yet");
            if let Some(trouble) = self.call_impurity(c) {
                outcome.add(trouble.graded(Grade::Assumed));
            }
        }
        if walk(node).any(|n| n.kind() == "comment" && !span(call).contains(span(n))) {
            outcome.unsupported(node, "no recipe writes a comprehension with comments in it yet");
        }
        outcome.troubles.extend(self.reading_changes_of(call, &needed));
        if self.iterates_shared(value, &[]) {
            outcome.add(Trouble::new(
                Code::SHARED_ITERATOR,
                value,
                "the comprehension goes through what may be an iterator",
                "make it a list before",
            ));
        }
        let own = |n: &Node<'t>| n.kind() == "await" && n.id() == call.parent().map_or(0, |p| p.id());
        let parts: Vec<Node<'t>> = in_front.iter().chain([&value]).copied().collect();
        if let Some(odd) = odd_within(&parts, own) {
            outcome.unsupported(odd, "no recipe writes a comprehension with more than a call in it yet");
        }
        if let Some(node) = parts.iter().find_map(|n| self.bare_super(*n)) {
            outcome.unsupported(node, "no recipe takes `super()` into a function of its own yet");
        }
        // Printed as they run, lines of calls that are made at once come in the order of the calls' ends.
        if gathered.is_some() && self.prints_in(&work) {
            outcome.unsupported(call, "no recipe bounds calls that print while they run yet");
        }
        if let Some(node) = outcome.untold_on_a_loop() {
            outcome.unsupported(
                node,
                "this holds on an event loop only, and the functions on the way to the call are not taken to one",
            );
        }
        self.pace_of_work(&work, &[], outcome);
        if outcome.is_blocked() || outcome.unsupported.is_some() {
            return None;
        }
        let found = self.catalogued(waiting.call);
        let failures = gathered.as_ref().and_then(Gathered::unkept);
        Some(Pipeline {
            statement: span(statement),
            looped: span(node),
            source: span(peeled.source),
            count: if several { self.known_product(&clauses) } else { self.known_length(peeled.source, 4) },
            target: span(peeled.target),
            progress: peeled.progress,
            prepare: conditions
                .iter()
                .filter(|_| flat.is_none())
                .map(|c| Step { span: span(*c), stage: crate::model::Stage::SkipWhen(false) })
                .collect(),
            flat,
            work: span(call),
            call: found
                .as_ref()
                .map_or_else(|| super::stage::helper_fact(self.text(call), &waiting.waits), |f| f.fact.clone()),
            direct,
            awaited: awaited || gathered.is_some(),
            applied: None,
            at_once: None,
            gathering: gathered.as_ref().map(Gathered::told),
            guessed: false,
            drawn: Vec::new(),
            ahead: Vec::new(),
            serial: Vec::new(),
            needs_loop: outcome.needs_loop(),
            gives: None,
            keeps: Vec::new(),
            waiting: self.waiting_calls(&[call], node),
            prints: self.prints_in(&work),
            unkept: failures.or_else(|| self.unkept(&work, &of_work, None, peeled.source)),
            client: found
                .as_ref()
                .and_then(|f| f.client.as_ref())
                .map(|c| Client { name: c.name.to_string(), fact: c.fact.clone() }),
            consume: vec![span(value)],
            carried: Vec::new(),
            protected: false,
            survives: false,
            exits: Vec::new(),
            pace: self.pace_of(&outcome.paces),
            limit: None,
            collect: (!stays).then(|| Collect {
                list: None,
                made: None,
                append: span(value),
                value: span(if gathered.is_some() { call } else { value }),
            }),
        })
    }

    /// Whether all items of a generator expression are taken where it stands.
    pub(super) fn is_used_up(&self, generator: Node<'t>) -> bool {
        let list = match generator.parent() {
            Some(p) if p.kind() == "argument_list" => Some(p),
            _ => None,
        };
        // `f(x for x in y)` has no list of arguments of its own.
        let call = list.map_or(generator.parent(), |l| l.parent()).and_then(Call::cast);
        let Some(function) = call.and_then(|c| c.function()) else { return false };
        let alone = call.is_some_and(|c| list.is_none() || c.args().count() == 1);
        let takes_all = ["list", "tuple", "set", "frozenset", "dict", "sum", "max", "min", "sorted"];
        let joins = Attribute::cast(function).is_some_and(|a| {
            a.name().is_some_and(|n| self.text(n) == "join") && a.object().is_some_and(|o| o.kind() == "string")
        });
        alone && (joins || self.builtin(function).is_some_and(|name| takes_all.contains(&name)))
    }

    pub(super) fn unconditional_within(&self, call: Node<'t>, value: Node<'t>) -> Result<(), Trouble<'t>> {
        let odd = ancestors(call).take_while(|a| span(value).contains(span(*a))).find(|a| {
            matches!(
                a.kind(),
                "boolean_operator"
                    | "conditional_expression"
                    | "lambda"
                    | "comparison_operator"
                    | "generator_expression"
            ) || a.kind().ends_with("comprehension")
        });
        odd.map_or(Ok(()), |a| Err(Trouble::not_analysed(a, "a call that may be made or not within one expression")))
    }
}
