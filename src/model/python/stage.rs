//! A `for` loop in stages: what its work is, what that needs, what stays, and what speaks against it.

use super::batches::BATCHED;
use super::conflicts::Staged;
use super::drawn::Drawn;
use super::loops::Waiting;
use super::region::{in_other_branch, region, serial_seconds};
use super::slice::{Before, Need, Slice};
use super::source::Peeled;
use super::summary::own_nodes;
use super::work::{Unit, Wait};
use super::{File, Grade, Trouble, Var};
use crate::catalog::{CallFact, Effect, Twin};
use crate::facts::{Code, Span};
use crate::model::{Client, Exit, Pipeline, Stage, Step};
use crate::syntax::python::{Call, For, Function};
use crate::syntax::{Node, ancestors, children, span, walk};

/// What was found out about a loop.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outcome<'t> {
    pub troubles: Vec<Trouble<'t>>,
    /// What no recipe can write yet.
    pub unsupported: Option<Trouble<'t>>,
    /// Whether the work can only run in threads.
    pub threads: bool,
    /// How many statements would read a file twice: in the work, and where they stand.
    pub again: usize,
    /// The sleeps that keep a distance between iterations.
    pub paces: Vec<super::pace::Slept<'t>>,
}

impl<'t> Outcome<'t> {
    pub fn unsupported(&mut self, node: Node<'t>, message: impl Into<String>) {
        if self.unsupported.is_none() {
            self.unsupported = Some(Trouble::new(Code::NO_RECIPE, node, message, ""));
        }
    }

    pub fn is_blocked(&self) -> bool {
        self.troubles.iter().any(|t| t.grade == Grade::Blocked)
    }

    /// Where the work needs an event loop and has only threads.
    pub fn only_on_a_loop(&self) -> Option<Node<'t>> {
        // Whether a client may be shared by threads is asked where the executor is chosen.
        let counts = |t: &&Trouble<'t>| self.threads || t.code != Code::THREAD_SAFETY;
        self.troubles.iter().filter(|t| t.grade == Grade::LoopOnly).find(counts).map(|t| t.node)
    }

    /// The same, where nothing is known of what becomes of it on an event loop.
    pub fn untold_on_a_loop(&self) -> Option<Node<'t>> {
        let told = self.troubles.iter().filter(|t| t.tally.is_none()).cloned().collect();
        Outcome { troubles: told, threads: self.threads, ..Outcome::default() }.only_on_a_loop()
    }

    /// Why the work must run on an event loop, where what becomes of it there is known.
    pub fn needs_loop(&self) -> Option<String> {
        let mut told =
            self.troubles.iter().filter(|t| t.grade == Grade::LoopOnly && t.tally.is_some_and(|tally| !tally.locked));
        told.next().map(|t| t.message.clone())
    }

    /// Takes a trouble in.
    pub fn add(&mut self, trouble: Trouble<'t>) {
        self.troubles.push(trouble);
    }

    /// Takes in that the program makes its calls at once itself. What comes of that is then no news: a caution about the
    /// state that a client keeps goes.
    pub fn add_concurrent(&mut self, node: Node<'t>, bounded: bool) {
        self.troubles.retain(|t| t.code != Code::CONVERSATION || t.grade != Grade::Care);
        let trouble = match bounded {
            true => Trouble::new(
                Code::CONCURRENT,
                node,
                "the calls are made at once already, and something bounds how many",
                "leave it as it is",
            ),
            false => Trouble::new(
                Code::CONCURRENT,
                node,
                "the calls are made at once already, and nothing bounds how many",
                "bound them with a semaphore",
            )
            .graded(Grade::Care),
        };
        self.add(trouble);
    }
}

/// A loop as it is staged: a `for`, or a `while` that only counts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cycle<'t> {
    /// The statement.
    pub node: Node<'t>,
    /// What gets the items.
    pub target: Node<'t>,
    /// What is iterated, or what is counted up to.
    pub source: Node<'t>,
    pub body: Node<'t>,
    /// Whether it is a `while`.
    pub counted: bool,
    /// Whether it is several loops, each of which holds nothing but the next: the statement is the outermost, the rest is of
    /// the innermost.
    pub nested: bool,
}

impl<'t> Cycle<'t> {
    fn of_for(looped: For<'t>) -> Option<Self> {
        let (target, source, body) = (looped.left()?, looped.right()?, looped.body()?);
        Some(Self { node: looped.0, target, source, body, counted: false, nested: false })
    }

    fn is_async(self) -> bool {
        For::cast(self.node).is_some_and(|f| f.is_async())
    }
}

/// What runs for several items at once.
#[derive(Debug, Clone)]
pub(crate) struct Work<'t> {
    /// The call, or the statements.
    pub nodes: Vec<Node<'t>>,
    /// All of it.
    pub span: Span,
    /// The call, where it is one.
    pub call: Option<Node<'t>>,
}

impl<'t> Work<'t> {
    pub fn of_call(call: Node<'t>) -> Self {
        Self { nodes: vec![call], span: span(call), call: Some(call) }
    }

    pub fn of_statements(nodes: Vec<Node<'t>>) -> Option<Self> {
        let (first, last) = (nodes.first()?, nodes.last()?);
        let span = Span::new(first.start_byte(), last.end_byte());
        Some(Self { nodes, span, call: None })
    }

    pub fn contains(&self, node: Node<'_>) -> bool {
        self.span.contains(span(node))
    }

    /// A node to point at.
    pub fn node(&self) -> Node<'t> {
        self.nodes[0]
    }
}

impl<'t> File<'t> {
    /// A `for` loop in stages.
    pub(super) fn stage_for(
        &self,
        looped: For<'t>,
        calls: &[Waiting<'t>],
        outcome: &mut Outcome<'t>,
    ) -> Option<Pipeline> {
        let Some(cycle) = Cycle::of_for(looped) else {
            outcome.add(Trouble::not_analysed(looped.0, "a loop that does not parse"));
            return None;
        };
        self.stage_cycle(cycle, calls, outcome)
    }

    /// A loop in stages. Of the ways in which its work can be cut out, the first that nothing speaks against.
    pub(super) fn stage_cycle(
        &self,
        cycle: Cycle<'t>,
        calls: &[Waiting<'t>],
        outcome: &mut Outcome<'t>,
    ) -> Option<Pipeline> {
        // The best: one that a recipe writes, with the fewest cautions; of equal ones the first.
        let rank = |(tried, pipeline): &(Outcome<'t>, Option<Pipeline>)| {
            let cautions = tried.troubles.iter().filter(|t| t.grade == Grade::Care).count();
            (tried.is_blocked(), pipeline.is_none(), cautions, tried.again)
        };
        let mut best: Option<(Outcome<'t>, Option<Pipeline>)> = None;
        for work in self.cuts(cycle.body, calls) {
            let mut tried = outcome.clone();
            let pipeline = self.stage_work(cycle, &work, calls, &mut tried);
            let found = (tried, pipeline);
            if best.as_ref().is_none_or(|known| rank(&found) < rank(known)) {
                best = Some(found);
            }
            if best.as_ref().is_some_and(|known| rank(known) == (false, false, 0, 0)) {
                break;
            }
        }
        let (tried, pipeline) = best?;
        *outcome = tried;
        pipeline
    }

    /// The ways to cut the work out of a loop's body, the simplest first.
    fn cuts(&self, body: Node<'t>, calls: &[Waiting<'t>]) -> Vec<Work<'t>> {
        let simple = |w: &Waiting<'t>| {
            let plain = |a: Node<'t>| self.only_opens(a) || self.only_suppresses(a);
            ancestors(w.call.0).take_while(|a| a.id() != body.id()).filter(|a| !plain(*a)).all(|a| {
                !matches!(
                    a.kind(),
                    "for_statement"
                        | "while_statement"
                        | "with_statement"
                        | "except_clause"
                        | "lambda"
                        | "finally_clause"
                ) && !a.kind().ends_with("comprehension")
                    && a.kind() != "generator_expression"
            }) || self.is_inner_source(w.call.0, body)
        };
        let inner: Vec<_> = calls
            .iter()
            .filter(|w| {
                !calls.iter().any(|o| o.call.0.id() != w.call.0.id() && span(o.call.0).contains(span(w.call.0)))
            })
            .collect();
        let mut out = Vec::new();
        let branches =
            inner.len() > 1 && inner.iter().skip(1).all(|w| in_other_branch(inner[0].call.0, w.call.0, body));
        if let Some(first) = inner.first().filter(|w| simple(w) && !branches) {
            out.push(Work::of_call(first.call.0));
        }
        out.extend(region(body, calls));
        out
    }

    /// Whether a call is the source of an inner `for`, evaluated once per iteration.
    fn is_inner_source(&self, call: Node<'t>, body: Node<'t>) -> bool {
        let mut loops =
            ancestors(call).take_while(|a| a.id() != body.id()).filter(|a| !self.only_opens(*a)).filter(|a| {
                matches!(a.kind(), "for_statement" | "while_statement" | "with_statement" | "except_clause" | "lambda")
                    || a.kind().ends_with("comprehension")
            });
        match (loops.next(), loops.next()) {
            (Some(one), None) => {
                one.kind() == "for_statement" && For(one).right().is_some_and(|r| span(r).contains(span(call)))
            }
            _ => false,
        }
    }

    fn stage_work(
        &self,
        cycle: Cycle<'t>,
        work: &Work<'t>,
        calls: &[Waiting<'t>],
        outcome: &mut Outcome<'t>,
    ) -> Option<Pipeline> {
        let Cycle { node: looped, target: left, source: right, body, counted, nested } = cycle;
        if cycle.is_async() {
            outcome.unsupported(
                looped,
                "no recipe writes an `async for` loop, which may wait for each of its items; where they are there at once, collect them first (`items = [item async for item in source]`), and loop over the list with `for`",
            );
        }
        if self.source.line(body.start_byte()) == self.source.line(looped.start_byte()) {
            outcome.unsupported(body, "no recipe writes a loop on one line yet");
        }
        let scope = self.names.scope_at(looped);
        let (before, protected) = match self.path(body, work, outcome) {
            Ok(path) => path,
            Err(trouble) => {
                outcome.add(trouble);
                return None;
            }
        };
        let untouched = outcome.clone();
        let slice = self.slice(work, &before, body, outcome);
        if let Some(larger) = self.with_what_it_needs(work, &before, &slice, body) {
            *outcome = untouched;
            return self.stage_work(cycle, &larger, calls, outcome);
        }
        let needed = |v: &Var| slice.reads.contains_key(v);
        let peeled = match self.peel(right, left, &|v| nested || needed(v)) {
            Ok(peeled) => Peeled { counted, again: nested, ..peeled },
            Err(trouble) => {
                outcome.add(trouble);
                return None;
            }
        };
        if peeled.bar_inside {
            outcome.unsupported(
                peeled.source,
                "the call needs the index, and a progress bar inside `enumerate` would run ahead of the loop; `tqdm(enumerate(…), total=len(…))` would not",
            );
        }
        let items: Vec<Var> = match (counted, nested) {
            (true, _) => self.var(left).into_iter().collect(),
            (_, true) => self.items_of(&cycle),
            _ => self.binds(peeled.target),
        };
        // What occurs again for each item of a loop around is no iteration's own.
        let own: &[Var] = if nested { &[] } else { &items };
        if walk(peeled.target).any(|n| matches!(n.kind(), "attribute" | "subscript" | "list_splat_pattern")) {
            outcome.add(Trouble::not_analysed(peeled.target, "a loop target other than plain names"));
        }
        if !cycle.is_async() && !counted {
            outcome.troubles.extend(self.unsized_source(peeled.source, body));
        }
        for around in super::nest::loops_of(&cycle).iter().filter(|_| nested).filter_map(|l| l.right()) {
            outcome.troubles.extend(self.unsized_source(around, body).filter(|_| around.id() != right.id()));
        }
        if let Some((var, read, binding)) =
            self.carried(&slice, work, body, &items).or_else(|| self.carried_through_function(&slice, work, looped))
        {
            let guard = slice.needs.iter().find_map(|n| match n {
                Need::SkipWhen(c, value) if span(*c).contains(span(read)) => Some((*c, *value)),
                _ => None,
            });
            // A file that the loop opens around the call.
            let opened = |b: &Before<'t>| matches!(*b, Before::Opened(with, _) if self.opens_to_read(with) && span(with).contains(span(binding)));
            if guard.is_none() && before.iter().any(opened) {
                let why = "no recipe opens a file in the work that the loop opens around the call yet; where it is read in the `with` and the call is made behind it, one does";
                outcome.unsupported(binding, why);
            } else {
                outcome.add(carried_trouble(&var, read, binding, guard.is_some()));
            }
        }
        outcome.troubles.extend(self.needs_early(&slice, work, body, &items));
        let known = outcome.troubles.len();
        let direct = self.work_troubles(work, looped, body, own, outcome);
        let of_work = outcome.troubles.split_at(known).1.to_vec();
        if !protected {
            self.raise_trouble(work, outcome);
        }
        self.file_troubles(work, &slice, body, outcome);
        let gives = work.call.is_none().then(|| self.given(work, &slice, &items, looped));
        let given = gives.as_ref().and_then(|g| g.as_ref().ok()).filter(|_| !protected).cloned().unwrap_or_default();
        let moved = self.moved(&slice, &before, work, protected, &given);
        let drawn = self.drawn(&slice, cycle, outcome).unwrap_or_else(|trouble| {
            self.not_in_turn(trouble, outcome);
            Drawn::default()
        });
        let moved: Vec<Node<'t>> = moved.into_iter().filter(|m| !drawn.has(*m)).collect();
        let once: Vec<Node<'t>> = moved.iter().chain(&drawn.statements).copied().collect();
        self.copied_objects(work, &slice, &once, own, outcome);
        let copied = slice
            .needs
            .iter()
            .filter(|n| matches!(n, Need::Statement(..)) && !once.iter().any(|m| m.id() == n.node().id()));
        outcome.again = copied.filter(|n| self.reads_a_file(n.node())).count();
        let staged = Staged { slice: &slice, work, body, items: own, peeled: &peeled };
        outcome.troubles.extend(self.conflicts(&staged));
        let exits = self.consume_troubles(&staged, &before, protected, calls, outcome);
        let looped_for = For::cast(looped).filter(|_| !nested);
        let limit = looped_for.and_then(|f| self.early_limit(f, &peeled, body, scope));
        let exits: Vec<(Node<'t>, String)> = exits
            .into_iter()
            .filter(|(n, _)| limit.as_ref().is_none_or(|(_, guard)| !span(*guard).contains(span(*n))))
            .collect();
        outcome.troubles.extend(self.set_by_others(&slice, work, looped));
        let leaving: Vec<(Node<'t>, String)> = exits.iter().filter(|(_, what)| what != "yield").cloned().collect();
        self.exit_troubles(&leaving, &slice, cycle, work, outcome);
        self.worker_trouble(looped, outcome);
        let needs = slice.needs.iter().map(|n| n.node());
        if let Some(node) = needs.chain(work.nodes.iter().copied()).find_map(|n| self.bare_super(n)) {
            outcome.unsupported(node, "no recipe takes `super()` into a function of its own yet");
        }
        if let Some(guard) = slice.needs.iter().find(|n| matches!(n, Need::SkipWhen(..)))
            && !outcome.paces.is_empty()
        {
            let why = "no recipe keeps the pace of a loop that passes over items yet: they would have to wait, too";
            outcome.unsupported(guard.node(), why);
        }
        self.pace_of_work(work, calls, outcome);
        if outcome.is_blocked() {
            return None;
        }
        if let Some(node) = outcome.untold_on_a_loop() {
            outcome.unsupported(
                node,
                "this holds on an event loop only, and the functions on the way to the call are not taken to one",
            );
        }
        let gives = match gives.transpose() {
            Ok(gives) => gives,
            Err(trouble) => {
                outcome.unsupported(trouble.node, trouble.message);
                return None;
            }
        };
        if work.call.is_none() {
            for waiting in calls.iter().filter(|w| work.contains(w.call.0)) {
                outcome.troubles.extend(self.held_over(waiting.call.0, looped));
            }
            if outcome.is_blocked() {
                return None;
            }
        }
        let in_work = calls.iter().filter(|w| work.contains(w.call.0));
        let waits: Vec<Wait<'t>> = in_work.flat_map(|w| w.waits.iter().cloned()).collect();
        let exits: Vec<Exit> = exits.into_iter().map(|(n, what)| Exit { span: span(n), what }).collect();
        let prepare = slice.needs.iter().map(|n| step(*n, &moved, &drawn)).collect();
        let consume = children(body).map(span).filter(|s| !once.iter().any(|m| span(*m) == *s)).collect();
        let mut carried: Vec<String> = walk(body)
            .filter(|n| n.kind() == "augmented_assignment")
            .filter_map(|n| n.child_by_field_name("left"))
            .filter_map(|l| self.place_of(l))
            .filter(|p| !self.is_fresh(&p.var, body))
            .map(|p| p.var.name.to_string())
            .collect();
        carried.sort();
        carried.dedup();
        let gathered = looped_for.and_then(|f| self.gathered_loop(f)).filter(|_| self.is_awaited(work));
        let collect = if let (Some(_), Some(looped)) = (&gathered, looped_for) {
            let collect = self.collects_calls(looped, &slice, work, body, scope);
            let plain = exits.is_empty() && limit.is_none() && peeled.index.is_none() && !peeled.progress;
            if collect.is_none() || !plain || protected || calls.len() > 1 {
                outcome.unsupported(looped.0, "no recipe bounds calls of a list that is made in this way yet");
            }
            // Printed as they run, lines of calls that are made at once come in the order of the calls' ends.
            if self.prints_in(work) {
                outcome.unsupported(work.node(), "no recipe bounds calls that print while they run yet");
            }
            collect
        } else if exits.is_empty()
            && limit.is_none()
            && !protected
            && peeled.index.is_none()
            && !peeled.progress
            && drawn.statements.is_empty()
        {
            looped_for.and_then(|f| self.collects(f, &slice, work, body, scope, peeled.source.id() == right.id()))
        } else {
            None
        };
        let found = work.call.and_then(|call| self.catalogued(Call(call)));
        let name = self.text(calls.iter().map(|w| w.call.0).find(|c| work.contains(*c)).unwrap_or(work.node()));
        let prints = self.prints_in(work);
        let failures = gathered.as_ref().and_then(|(gathered, _)| gathered.unkept());
        let read = slice.needs.iter().map(|n| n.node()).find(|n| self.reads_a_file(*n)).map(|n| {
            let line = self.source.line(n.start_byte());
            format!("line {line} reads a file for it: another run may find something else there, and would be handed what was made of the old")
        });
        let unkept = failures.or(read).or_else(|| self.unkept(work, &of_work, gives.as_deref(), peeled.source));
        (outcome.unsupported.is_none()).then(|| Pipeline {
            statement: span(looped),
            looped: span(looped),
            source: span(peeled.source),
            count: if nested { self.count_of(&cycle) } else { self.known_length(peeled.source, 4) },
            target: span(peeled.target),
            flat: if nested { self.flat_of(&cycle) } else { None },
            progress: peeled.progress,
            prepare,
            work: work.span,
            call: found.as_ref().map_or_else(|| helper_fact(name, &waits), |f| f.fact.clone()),
            direct,
            awaited: self.is_awaited(work),
            applied: None,
            at_once: None,
            gathering: gathered.as_ref().map(|(gathered, _)| gathered.told()),
            guessed: false,
            drawn: drawn.gives,
            ahead: Vec::new(),
            serial: serial_seconds(calls, body, &|n| work.contains(n)),
            needs_loop: outcome.needs_loop(),
            keeps: gives.as_ref().map(|g| self.kept(work, g)).unwrap_or_default(),
            gives,
            waiting: self.waiting_calls(&work.nodes, body),
            prints,
            unkept,
            client: found
                .as_ref()
                .and_then(|f| f.client.as_ref())
                .map(|c| Client { name: c.name.to_string(), fact: c.fact.clone() }),
            consume,
            carried,
            protected,
            survives: protected && self.survives(work.node(), body),
            exits,
            pace: self.pace_of(&outcome.paces),
            limit: limit.map(|(text, _)| text),
            collect,
        })
    }

    /// A `super()` without arguments, or `__class__`: in a function inside the method it means another object.
    pub(super) fn bare_super(&self, node: Node<'t>) -> Option<Node<'t>> {
        walk(node).find(|n| match Call::cast(*n) {
            Some(call) => {
                call.function().is_some_and(|f| self.builtin(f) == Some("super")) && call.args().next().is_none()
            }
            None => n.kind() == "identifier" && self.text(*n) == "__class__",
        })
    }

    /// The work of a comprehension or generator expression.
    pub(super) fn expression_work(
        &self,
        looped: Node<'t>,
        work: &Work<'t>,
        calls: &[Waiting<'t>],
        outcome: &mut Outcome<'t>,
    ) -> bool {
        let items: Vec<Var> = children(looped)
            .filter(|c| c.kind() == "for_in_clause")
            .filter_map(|c| c.child_by_field_name("left"))
            .flat_map(|left| self.binds(left))
            .collect();
        let direct = self.work_troubles(work, looped, looped, &items, outcome);
        for other in calls.iter().skip(1) {
            let work = Work::of_call(other.call.0);
            self.work_troubles(&work, looped, looped, &items, outcome);
        }
        self.worker_trouble(looped, outcome);
        self.raise_trouble(work, outcome);
        direct
    }

    /// An exception that a function of the work raises of its own accord ends the loop, as one in the loop does.
    pub(super) fn raise_trouble(&self, work: &Work<'t>, outcome: &mut Outcome<'t>) {
        if let Some((file, node)) = self.findings(&self.nodes_of(&work.nodes), &Unit::Region).raises {
            outcome.add(raised(work.node(), (file, node)));
        }
    }

    /// Whether the work prints to stdout.
    pub(super) fn prints_in(&self, work: &Work<'t>) -> bool {
        self.findings(&self.nodes_of(&work.nodes), &Unit::Region).prints.is_some()
    }

    /// What the work does that other items would see. Answers whether the work is the waiting call itself.
    pub(super) fn work_troubles(
        &self,
        work: &Work<'t>,
        looped: Node<'t>,
        body: Node<'t>,
        items: &[Var],
        outcome: &mut Outcome<'t>,
    ) -> bool {
        let scope = self.names.scope_at(looped);
        let direct = work.call.is_some_and(|c| self.catalogued(Call(c)).is_some_and(|found| found.wrapped.is_none()));
        outcome.threads |= !direct;
        let nodes = self.nodes_of(&work.nodes);
        let findings = self.findings(&nodes, &Unit::Region);
        for trouble in findings.found {
            outcome.add(trouble);
        }
        outcome.troubles.extend(self.files_within(work, body));
        if findings.waits.iter().any(|w| w.assumed) {
            let node = work.node();
            let message = "what makes the call is taken for a client by the name of its method".to_string();
            outcome.add(Trouble::not_analysed(node, message).graded(Grade::Assumed));
        }
        self.awaited(work, &findings.waits, outcome);
        outcome.threads &= !self.is_awaited(work);
        // What is awaited may run in threads all the same.
        outcome.threads |= findings.waits.iter().any(|w| w.handed);
        let bound = self.binds(body);
        let outside = |place: &super::alias::Place| {
            let inner = place.var.file == self.id && span(body).contains(span(self.names.scope(place.var.scope).node));
            !inner && place.var.name != "*parameters*"
        };
        // What the variable held in front of the loop is shared, also where the loop gives it another value.
        let shared = |place: &super::alias::Place| {
            let set_before = |at: usize| {
                let bindings = self.names.bindings(place.var.scope, &place.var.name);
                bindings.iter().any(|b| b.node.start_byte() == at && !span(body).contains(span(b.node)))
            };
            let is_bound = bound.contains(&place.var) && !place.at.is_some_and(set_before);
            outside(place) && !is_bound && !items.contains(&place.var)
        };
        let mut item_changed = None;
        for &node in &nodes {
            if let Some(call) = Call::cast(node) {
                outcome.troubles.extend(self.stores_of_call(call, items, (&outside, &shared), (work, looped)));
                if self.changes_item(call, items) {
                    item_changed = Some(node);
                }
                if matches!(self.classify(call), super::calls::CallKind::Functions(_)) {
                    continue;
                }
            }
            outcome.troubles.extend(self.stores_implied(node, items, &shared));
            let Some(change) = self.change_within(node, items) else { continue };
            let places = || change.places.iter().chain(&change.direct);
            if places().any(|p| self.is_item(p, items)) && change.sure {
                item_changed = Some(node);
            }
            // Of several the first by name: sets have no order.
            if let Some(place) = places().filter(|p| shared(p)).min_by_key(|p| (p.var.name.clone(), p.key.clone())) {
                if self.is_definition(&place.var) && !change.sure {
                    continue;
                }
                let store = super::summary::Store {
                    root: super::summary::Root::Variable(place.var.clone()),
                    key: place.key.clone(),
                    kind: self.kind_of(&change, scope),
                    sure: change.sure,
                    file: self.id,
                    node,
                };
                outcome.add(self.shared_store(&store, node, &place.var.name));
            }
        }
        // Strings and numbers do not change.
        if looped.child_by_field_name("right").is_some_and(|source| self.gives_texts(source, 6)) {
            item_changed = None;
        }
        if let (Some(node), Some(source)) = (item_changed, looped.child_by_field_name("right"))
            && (self.shares_visibly(source) || self.reads_source(&nodes, source))
        {
            outcome.add(Trouble::new(
                Code::OBJECT_STATE,
                node,
                "the work changes its item, and other items hold or see what it changes",
                "return the change and make it behind the call",
            ));
        } else if let Some(node) = item_changed.filter(|_| super::flat::makes_items(looped)) {
            outcome.add(Trouble::new(
                Code::OBJECT_STATE,
                node,
                "the work changes its item, of which other items may have a part",
                "return the change and make it behind the call",
            ));
        } else if let Some(node) = item_changed {
            outcome.add(
                Trouble::new(
                    Code::OBJECT_STATE,
                    node,
                    "the work changes its item, and what looks at later items meanwhile sees the change early",
                    "return the change and make it behind the call",
                )
                .graded(Grade::Care),
            );
        }
        direct
    }

    /// Whether the work looks at all that is iterated.
    fn reads_source(&self, nodes: &[Node<'t>], source: Node<'t>) -> bool {
        let names: Vec<Var> = walk(source)
            .filter(|n| n.kind() == "identifier")
            .filter_map(|n| self.var(n))
            .filter(|v| !self.is_definition(v))
            .collect();
        nodes.iter().filter(|n| n.kind() == "identifier").filter_map(|n| self.var(*n)).any(|v| names.contains(&v))
    }

    /// Whether a function that a call runs changes the loop's item.
    fn changes_item(&self, call: Call<'t>, items: &[Var]) -> bool {
        let super::calls::CallKind::Functions(defs) = self.classify(call) else { return false };
        let outer = self.likely.replace(true);
        let found = self.changes_item_through(call, &defs, items);
        self.likely.set(outer);
        found
    }

    fn changes_item_through(&self, call: Call<'t>, defs: &[super::receivers::Def<'t>], items: &[Var]) -> bool {
        defs.iter().any(|def| {
            let summary = self.summary_of(*def);
            let sure: Vec<&str> = summary
                .stores
                .iter()
                .filter(|s| s.sure)
                .filter_map(|s| match &s.root {
                    super::summary::Root::Parameter(name) => Some(name.as_str()),
                    super::summary::Root::Variable(_) => None,
                })
                .collect();
            sure.iter()
                .filter_map(|name| self.passed_for(call, *def, name))
                .any(|argument| self.reach(argument, items).iter().any(|p| self.is_item(p, items)))
        })
    }

    /// Calls of coroutine functions: awaited one by one, or not awaited at all.
    fn awaited(&self, work: &Work<'t>, waits: &[Wait<'t>], outcome: &mut Outcome<'t>) {
        let Some(call) = work.call else { return };
        let is_async = self.meaning(Call(call).function().unwrap_or(call)).all.iter().any(|m| match m {
            super::receivers::Meaning::Function { def, .. } => Function::cast(def.node).is_some_and(|f| f.is_async()),
            _ => false,
        }) || self.catalogued(Call(call)).is_some_and(|c| c.is_async);
        let awaited = call.parent().is_some_and(|p| p.kind() == "await");
        let bounded = !waits.is_empty() && waits.iter().all(|w| w.handed) || self.is_bounded(call);
        let entered = (is_async && !awaited).then(|| self.entered(call)).flatten();
        let task = Call(call.parent().and_then(|list| list.parent()).unwrap_or(call));
        if let Some(trouble) = entered {
            outcome.add(trouble);
        } else if is_async && !awaited && self.starts(task) && self.is_waited_for(task) {
            let (message, help) = self.why_handed(task);
            outcome.add(Trouble::new(Code::NOT_ANALYSED, call, message, help));
        } else if is_async && !awaited && !bounded && self.is_batched(call) {
            // No obstacle: the loop around would take whole batches for its work, and make many of them at once.
            outcome.add(Trouble::new(Code::CONCURRENT, call, BATCHED.0, BATCHED.1).graded(Grade::Care));
            outcome.unsupported(call, BATCHED.1);
        } else if is_async && !awaited {
            outcome.add_concurrent(call, bounded);
            if !bounded && !self.is_gathered(call) {
                outcome.unsupported(call, self.no_bound(call));
            }
        }
    }

    /// What leaves the loop early.
    fn exit_troubles(
        &self,
        exits: &[(Node<'t>, String)],
        slice: &Slice<'t>,
        cycle: Cycle<'t>,
        work: &Work<'t>,
        outcome: &mut Outcome<'t>,
    ) {
        let Some((node, what)) = exits.first() else {
            if let Some((call, cause)) = self.limiting_call(cycle.body, work) {
                outcome.add(raised(call, cause));
            }
            return;
        };
        let bound = match (cycle.counted, cycle.nested) {
            (true, _) => self.var(cycle.target).into_iter().collect(),
            (_, true) => self.items_of(&cycle),
            _ => self.binds(cycle.target),
        };
        let index_read = slice.reads.keys().any(|v| bound.contains(v));
        let leaves = exits.iter().any(|(_, w)| matches!(w.as_str(), "break" | "return"));
        if leaves && !index_read {
            outcome.add(Trouble::new(
                Code::EARLY_EXIT,
                *node,
                "every iteration makes the same call, and the loop stops early: it tries again until something holds",
                "leave it as it is: one call after the other is what it is for",
            ));
            return;
        }
        if leaves && self.only_searches(cycle.body, work, cycle.node) {
            outcome.add(Trouble::new(
                Code::EARLY_EXIT,
                *node,
                "the loop looks for the first answer that will do, so most later calls are never made",
                "leave it as it is, or collect all answers and choose among them",
            ));
            return;
        }
        // Then there is no last item, and the loop's end comes while others are under way.
        let endless = For::cast(cycle.node).and_then(|f| f.right()).filter(|r| self.never_ends(*r));
        let message = match endless {
            Some(source) => format!(
                "`{}` has no end, so where `{what}` ends the loop as many calls as the concurrency limit are under way, and are extra",
                self.text(source)
            ),
            None => format!(
                "`{what}` can end the loop early; calls of later items that are under way by then are extra (at most the concurrency limit)"
            ),
        };
        outcome.add(Trouble::new(Code::EARLY_EXIT, *node, message, "accept the extra calls").graded(Grade::Care));
    }

    /// Whether nothing that the loop does outlives it but the way in which it ends.
    pub(super) fn only_searches(&self, body: Node<'t>, work: &Work<'t>, looped: Node<'t>) -> bool {
        let bound = self.binds(body);
        own_nodes(body).into_iter().filter(|n| !work.contains(*n)).all(|n| {
            let stores = self.change_by(n).is_some_and(|c| {
                c.sure && c.places.iter().chain(&c.direct).any(|p| !bound.contains(&p.var))
            });
            let writes = Call::cast(n).is_some_and(|c| {
                matches!(self.classify(c), super::calls::CallKind::Functions(defs) if defs.iter().any(|d| self.summary_of(*d).stores.iter().any(|s| s.sure)))
                    || c.function().is_some_and(|f| {
                        self.import_path(f).is_some_and(|p| {
                            crate::catalog::PythonFacts::has(&self.catalog.python.writers, &p)
                                && !p.starts_with("os.")
                                && !crate::catalog::PythonFacts::has(&self.catalog.python.loggers, &p)
                        })
                    })
            });
            // What is printed on the way, and not where the loop ends or fails.
            let prints = Call::cast(n).is_some_and(|c| matches!(self.classify(c), super::calls::CallKind::Print))
                && !ancestors(n).take_while(|a| a.id() != body.id()).any(|a| {
                    a.kind() == "except_clause"
                        || a.kind() == "block" && children(a).any(|s| matches!(s.kind(), "break_statement" | "return_statement"))
                });
            // A count or a collection that is read behind the loop.
            let adds = n.kind() == "augmented_assignment"
                && n.child_by_field_name("left").and_then(|l| self.var(l)).is_some_and(|v| {
                    self.names.bindings(v.scope, &v.name).iter().any(|b| !span(looped).contains(span(b.node)))
                });
            !stores && !writes && !prints && !adds
        })
    }

    /// Whether the function around the loop is itself handed to workers.
    pub(super) fn worker_trouble(&self, looped: Node<'t>, outcome: &mut Outcome<'t>) {
        let Some(def) = ancestors(looped).find_map(Function::cast) else { return };
        let Some(name) = def.name().map(|n| self.text(n)) else { return };
        let handed = self.names.reads_named(name).iter().find(|r| {
            let argument = match r.node.parent() {
                Some(p) if p.kind() == "keyword_argument" => p,
                _ => r.node,
            };
            let call =
                argument.parent().filter(|l| l.kind() == "argument_list").and_then(|l| l.parent()).and_then(Call::cast);
            call.and_then(|c| c.function()).is_some_and(|f| {
                let last = self.text(f).rsplit('.').next().unwrap_or_default();
                matches!(
                    last,
                    "submit"
                        | "map"
                        | "imap"
                        | "imap_unordered"
                        | "starmap"
                        | "apply_async"
                        | "map_async"
                        | "run_in_executor"
                        | "to_thread"
                        | "Thread"
                        | "Process"
                        | "thread_map"
                        | "process_map"
                        | "delayed"
                ) && (f.kind() == "attribute" || !matches!(last, "map"))
            })
        });
        if let Some(read) = handed {
            outcome.add(
                Trouble::new(
                    Code::CONCURRENT,
                    read.node,
                    format!("`{name}` is handed to workers, so several of these loops run at once already, and their calls would multiply"),
                    "accept it where the server allows the product of both limits",
                )
                .graded(Grade::Care),
            );
        }
    }
}

/// What is known about a function of the project that makes waiting calls.
pub(super) fn helper_fact(text: &str, waits: &[super::work::Wait<'_>]) -> CallFact {
    let worst = |e: Effect| match e {
        Effect::Writes => 3,
        Effect::Unknown => 2,
        Effect::Billed => 1,
        Effect::Read => 0,
    };
    let effect = waits.iter().map(|w| w.fact.effect).max_by_key(|e| worst(*e)).unwrap_or(Effect::Unknown);
    CallFact {
        path: text.split('(').next().unwrap_or_default().trim().to_string(),
        effect,
        twin: Twin::Threads,
        verb: waits.first().map_or_else(|| "call".into(), |w| w.fact.verb.clone()),
        seconds: waits.iter().map(|w| w.fact.seconds).sum(),
        ..CallFact::default()
    }
}

/// The caution for a `raise` or an `assert` in a function that the loop calls.
pub(super) fn raised<'t>(node: Node<'t>, cause: (super::FileId, Node<'t>)) -> Trouble<'t> {
    let what = if cause.1.kind() == "assert_statement" { "an `assert`" } else { "a `raise`" };
    let trouble = Trouble::new(
        Code::EARLY_EXIT,
        node,
        format!(
            "{what} in a function that the loop calls can end the loop early; calls of later items that are under way by then are extra (at most the concurrency limit)"
        ),
        "accept the extra calls, or handle it in the loop",
    );
    Trouble { cause: Some(cause), ..trouble }.graded(Grade::Care)
}

fn step<'t>(need: Need<'t>, moved: &[Node<'t>], drawn: &Drawn<'t>) -> Step {
    match need {
        need if drawn.has(need.node()) => Step { span: span(need.node()), stage: Stage::Drawn },
        Need::SkipWhen(condition, value) => Step { span: span(condition), stage: Stage::SkipWhen(value) },
        Need::Statement(s, _) => {
            let stage = if moved.iter().any(|m| m.id() == s.id()) { Stage::Moved } else { Stage::Copied };
            Step { span: span(s), stage }
        }
    }
}

fn carried_trouble<'t>(var: &Var, read: Node<'t>, binding: Node<'t>, in_guard: bool) -> Trouble<'t> {
    let (code, message, help) = if in_guard {
        (
            Code::CHECK_THEN_ACT,
            format!("whether the call is made depends on `{}`, which earlier iterations set", var.name),
            "decide which items to call for before the loop",
        )
    } else {
        (
            Code::CARRIED,
            format!("the call reads `{}` as the iteration before left it", var.name),
            "the calls depend on each other and must stay in order; if only the first iterations need it, split the loop",
        )
    };
    Trouble::new(code, read, message, help).with(binding)
}
