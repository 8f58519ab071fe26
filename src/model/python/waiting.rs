//! The waiting calls that a piece of code makes, down through the functions of the project.

use super::calls::{CallKind, Catalogued};
use super::names::Bound;
use super::outline::HANDED_TRANSPORT;
use super::receivers::Def;
use super::summary::own_nodes;
use super::unseen::By;
use super::{File, FileId};
use crate::facts::Span;
use crate::model::WaitingCall;
use crate::syntax::python::{Call, Function, Keyword, statement_of};
use crate::syntax::{Node, ancestors, span, walk};

/// At most this many functions are gone through, and this many calls told apart: a call that is left out stays as it is.
const MAX_FUNCTIONS: usize = 500;
const MAX_CALLS: usize = 100;

/// A function, and what is known of the way to it: whether it is retried, and whether it is timed.
type Reached<'t> = (Def<'t>, bool, bool);

/// What is known of the way down to a call.
#[derive(Debug, Clone, Copy, Default)]
struct Way {
    /// Whether what becomes of a failure is the program's own: it asks again itself, has an answer to rate limits, or has told
    /// the client not to ask again.
    retried: bool,
    /// Whether it does so outside the function in which the call stands.
    outside: bool,
    /// Whether the program takes the time of what leads to the call.
    timed: bool,
    /// The body of the function that is called; none in the loop itself.
    inside: Option<Span>,
}

impl<'t> File<'t> {
    /// The waiting calls that some nodes of a loop's body make, each once, with what the program does about their failures
    /// and their times.
    pub(super) fn waiting_calls(&self, nodes: &[Node<'t>], body: Node<'t>) -> Vec<WaitingCall> {
        let mut out = Vec::new();
        let timed = self.clock_in(own_nodes(body)).is_some();
        let mut seen = Vec::new();
        for &node in nodes {
            for call in walk(node).filter_map(Call::cast) {
                let retried = self.is_asked_again(call.0, body) || self.answers_rate_limits(call.0, body);
                let way = Way { retried, outside: false, timed, inside: Some(span(body)) };
                self.waits_below(call, way, &mut seen, &mut out);
            }
        }
        out
    }

    /// The waiting calls that functions make which are called once for each item.
    pub(super) fn waiting_calls_of(&self, defs: &[Def<'t>]) -> Vec<WaitingCall> {
        let mut out = Vec::new();
        let mut seen = Vec::new();
        let mut pending = Vec::new();
        for def in defs {
            self.calls_inside(*def, Way::default(), &mut seen, &mut pending);
        }
        self.waits_of_all(pending, &mut seen, &mut out);
        out
    }

    /// Adds the calls that a function makes itself, where any of them waits and it was not reached in this way before.
    fn calls_inside(
        &self,
        def: Def<'t>,
        way: Way,
        seen: &mut Vec<Reached<'t>>,
        pending: &mut Vec<(FileId, Call<'t>, Way)>,
    ) {
        let reached = (def, way.retried, way.timed);
        let Some(inner) = self.program.at(def.file).filter(|_| !seen.contains(&reached)) else { return };
        if seen.len() >= MAX_FUNCTIONS || !self.leads_to_wait(def) {
            return;
        }
        seen.push(reached);
        let body = def.node.child_by_field_name("body").unwrap_or(def.node);
        let nodes = own_nodes(body);
        let again = way.retried || inner.is_tried_again(def.node) || inner.has_unknown_decorator(def.node);
        let timed = way.timed || inner.clock_in(nodes.iter().copied()).is_some();
        let calls = nodes.into_iter().rev().filter_map(Call::cast);
        pending.extend(calls.map(|c| {
            let retried = again || inner.is_asked_again(c.0, body) || inner.answers_rate_limits(c.0, body);
            (def.file, c, Way { retried, outside: again, timed, inside: Some(span(body)) })
        }));
    }

    /// Adds the waiting calls that a call leads to. Each function is gone through once for each way in which it is reached.
    fn waits_below(&self, call: Call<'t>, way: Way, seen: &mut Vec<Reached<'t>>, out: &mut Vec<WaitingCall>) {
        self.waits_of_all(vec![(self.id, call, way)], seen, out);
    }

    fn waits_of_all(
        &self,
        mut pending: Vec<(FileId, Call<'t>, Way)>,
        seen: &mut Vec<Reached<'t>>,
        out: &mut Vec<WaitingCall>,
    ) {
        while let Some((id, call, way)) = pending.pop() {
            let file = if id == self.id { self } else { self.program.at(id).unwrap_or(self) };
            if let Some(found) = file.catalogued(call) {
                let way = Way { retried: way.retried || file.is_to_ask_once(&found, self), ..way };
                file.keep_waiting(&found, way, out);
                continue;
            }
            for def in file.callees(call) {
                self.calls_inside(def, way, seen, &mut pending);
            }
        }
    }

    fn keep_waiting(&self, found: &Catalogued<'t>, way: Way, out: &mut Vec<WaitingCall>) {
        let (path, call) = (self.program.name_of(self), found.call);
        let at = span(call.0);
        let own = ancestors(call.0).find_map(Function::cast).and_then(Function::body);
        let clock = own.and_then(|body| self.clock_in(own_nodes(body)));
        let line = |node: Node<'t>| self.source.line(node.start_byte());
        let timed = clock.map(line).or(way.timed.then(|| line(call.0)));
        let outside = || Err("what calls its function asks again, too".to_string());
        let retry = own.filter(|_| way.retried).and_then(|body| self.written_retry(call.0, body));
        let retry = retry.map(|r| if way.outside { outside() } else { r });
        if let Some(known) = out.iter_mut().find(|w| w.call == at && w.path == path) {
            known.retried |= way.retried;
            if way.outside && known.retry.is_some() {
                known.retry = Some(outside());
            }
            known.timed = known.timed.or(timed);
            return;
        }
        if out.len() < MAX_CALLS {
            out.push(WaitingCall {
                path,
                call: at,
                fact: match self.has_own_transport(found) {
                    true => found.fact.clone().over_own_transport(),
                    false => found.fact.clone(),
                },
                retried: way.retried,
                retry,
                timed,
                hooked: self.is_hooked(call),
                remade: self.remade(found, way.inside),
                assumed: found.assumed,
                wrapped: found.wrapped,
            });
        }
    }

    /// Whether a library that makes its own transport is, or may be, handed one by the program.
    fn has_own_transport(&self, found: &Catalogued<'t>) -> bool {
        let own = found.client.as_ref().and_then(|client| self.made_with(found, client, HANDED_TRANSPORT));
        found.fact.threads.is_some_and(|bound| bound.spread) && own.unwrap_or_else(|| self.program.hands_transport())
    }

    /// Whether a client calls functions of the program that print, write or change something.
    fn is_hooked(&self, call: Call<'t>) -> bool {
        self.implicit(call.0).iter().filter(|implied| implied.by == By::Library).any(|implied| {
            let summary = self.summary_of(implied.def);
            !summary.stores.is_empty() || summary.work.prints.is_some() || !summary.work.writes_files.is_empty()
        })
    }

    /// The constructor call of a client that is made in the code which is run for each call, from nothing that differs
    /// between calls, and used for nothing but calls.
    fn remade(&self, found: &Catalogued<'t>, inside: Option<Span>) -> Option<Span> {
        let client = found.client.as_ref().filter(|c| c.fact.thread_safe && !found.is_async)?;
        let (made, with) = client.made?;
        let here = !with && inside.is_some_and(|body| body.contains(span(made.0)));
        let function = made.function()?;
        let root = walk(function).find(|n| n.kind() == "identifier")?;
        let module = self.names.module();
        let global = |n: Node<'t>| self.names.resolve(self.names.scope_at(n), self.text(n)) == Some(module);
        let constant = |value: Node<'t>| match value.kind() {
            "string" => !walk(value).any(|n| n.kind() == "interpolation"),
            "integer" | "float" | "none" | "true" | "false" => true,
            "identifier" => {
                let bindings = self.names.bindings(module, self.text(value));
                global(value)
                    && matches!(bindings, [one] if matches!(one.bound, Bound::Value(Some(e)) if e.kind() == "string"))
            }
            _ => false,
        };
        let same = made.args().all(|a| Keyword::cast(a).and_then(|k| k.value()).is_some_and(constant));
        let name = client.name;
        let only_calls = self.names.reads_of(client.scope, name).all(|r| {
            r.node.parent().is_some_and(|p| p.kind() == "attribute" && !super::effects::is_target(p))
                && ancestors(r.node).find(|a| a.kind() != "attribute").is_some_and(|a| a.kind() == "call")
        });
        let statement = statement_of(made.0);
        let plain = statement.kind() == "expression_statement" && !self.text(made.0).contains(['\n', '#']);
        (here && same && plain && global(root) && only_calls).then(|| span(made.0))
    }

    /// The first reading of the clock among some nodes.
    fn clock_in(&self, nodes: impl IntoIterator<Item = Node<'t>>) -> Option<Node<'t>> {
        // A wall clock that only stamps what is written tells when, and not how long.
        let measures = |c: &Call<'t>| match self.classify(*c) {
            CallKind::Clock(path) => {
                path.starts_with("time.") && !path.ends_with("strftime") && !path.ends_with("ctime")
                    || path.starts_with("timeit.")
                    || path.ends_with("datetime.now")
            }
            _ => false,
        };
        let mut clocks = nodes.into_iter().filter_map(Call::cast).filter(measures);
        // A duration takes two readings, or a start that comes from elsewhere.
        let first = clocks.next()?;
        let subtracted = |c: Call<'t>| {
            ancestors(c.0).take_while(|a| a.kind() != "block").any(|a| {
                a.kind() == "binary_operator" && a.child_by_field_name("operator").is_some_and(|o| o.kind() == "-")
            })
        };
        let second = clocks.next();
        (second.is_some() || subtracted(first)).then_some(first.0)
    }
}
