//! The functions between a loop and its waiting calls as coroutines: which become `async def`, what is awaited in them, and
//! why they cannot, or should not, be taken to an event loop.
//!
//! On an event loop nothing else runs while a coroutine does anything but wait. So everything that it does must be known,
//! and none of it may wait in another way.

use super::calls::{CallKind, Catalogued};
use super::chain::handlers_catch_interrupt;
use super::followed::Following;
use super::names::ScopeKind;
use super::receivers::{Def, Meaning, decorators, method_class};
use super::summary::own_nodes;
use super::{File, FileId, same_function};
use crate::catalog::{PythonFacts, Twin};
use crate::facts::Span;
use crate::project::examples;
use crate::syntax::python::{Call, Function, Try, statement_of};
use crate::syntax::{Node, ancestors, children, span, walk};

/// What is found below a loop on the way to its waiting calls, each in its file.
#[derive(Debug, Default)]
pub(super) struct Below<'t> {
    /// The call that is the work, which is awaited in a function of its own.
    pub work: Option<Span>,
    /// The functions on the way, the first that is called first.
    pub functions: Vec<(FileId, Function<'t>)>,
    /// The waiting calls.
    pub calls: Vec<(FileId, Catalogued<'t>)>,
    /// The calls of those functions, in one another and in the statements of the work.
    pub inner: Vec<(FileId, Call<'t>)>,
    /// The sleeps.
    pub sleeps: Vec<(FileId, Call<'t>)>,
    /// Functions that are being gone through.
    pub running: Vec<Def<'t>>,
    /// Functions that do not wait, and were found to do nothing else that holds up the loop.
    pub quiet: Vec<Def<'t>>,
}

impl<'t> Below<'t> {
    /// Whether a function is one of those on the way.
    pub fn holds(&self, def: &Def<'t>) -> bool {
        self.functions.iter().any(|(file, f)| *file == def.file && f.0.id() == def.node.id())
    }
}

/// What ends more than a function, or is another thing in a coroutine.
const LEAVING: [&str; 7] = [
    "StopIteration",
    "StopAsyncIteration",
    "SystemExit",
    "KeyboardInterrupt",
    "GeneratorExit",
    "CancelledError",
    "BaseException",
];

/// Functions of libraries that neither wait nor compute for long, by their paths.
const SHORT: [&str; 12] = [
    "copy.*",
    "collections.*",
    "re.*",
    "os.getenv",
    "os.environ.get",
    "os.path.*",
    "traceback.*",
    "logging.*",
    "warnings.warn",
    "functools.*",
    "dataclasses.*",
    "time.*",
];

impl<'t> File<'t> {
    /// Why a function cannot become a coroutine, by itself.
    pub(super) fn cannot_wait(&self, def: Function<'t>) -> Option<String> {
        let Some(name) = def.name().map(|n| self.text(n)) else { return Some("a function without a name".into()) };
        let home = self.names.scope_at(def.0);
        let method = method_class(def.0);
        if method.is_none() && self.names.scope(home).kind != ScopeKind::Module {
            return Some(format!("`{name}` is an inner function"));
        }
        if method.is_some() && name.starts_with("__") {
            return Some(format!("Python itself calls `{name}`, or it has another name outside of its class"));
        }
        if def.0.parent().is_some_and(|p| p.kind() == "decorated_definition") {
            return Some(format!("`{name}` is decorated"));
        }
        if self.names.bindings(home, name).len() != 1 {
            return Some(format!("`{name}` is defined more than once"));
        }
        if method.is_none() && self.named_in_string(name) {
            return Some(format!("a string of the file names `{name}`"));
        }
        // Doctest would get the coroutine.
        let shows = |n: Node<'t>| n.kind() == "string_content" && examples::calls(self.text(n), name);
        if walk(self.source.root()).any(shows) {
            return Some(format!("an example in a docstring calls `{name}`"));
        }
        if self.names.opened_by(def.0).is_some_and(|s| self.names.scope(s).yields) {
            return Some(format!("`{name}` is a generator"));
        }
        // In a coroutine StopIteration becomes RuntimeError.
        if self.may_stop(def.0) {
            return Some(format!("`{name}` may raise StopIteration"));
        }
        if self.handles_interrupt(def.0) {
            return Some(format!("an exception handler in `{name}` would see cancellation instead of what it expects"));
        }
        if self.source.text.contains("__all__") || self.names.star_import {
            return Some(format!("`{name}` may be used elsewhere"));
        }
        None
    }

    fn may_stop(&self, within: Node<'t>) -> bool {
        walk(within).any(|n| match Call::cast(n) {
            Some(c) => c.function().is_some_and(|f| self.builtin(f) == Some("next")) && c.args().count() < 2,
            None => n.kind() == "identifier" && self.text(n) == "StopIteration",
        })
    }

    /// Whether a handler in the function's own body catches Ctrl-C or everything: in a coroutine it would get
    /// `CancelledError` instead.
    pub(super) fn handles_interrupt(&self, def: Node<'t>) -> bool {
        walk(def).filter_map(Try::cast).filter(|t| same_function(t.0, def)).any(|t| handlers_catch_interrupt(self, t))
    }

    /// Goes down from some nodes that become part of a coroutine to the waiting calls.
    ///
    /// # Errors
    /// Why they stay as they are.
    pub(super) fn go_down(&self, nodes: &[Node<'t>], below: &mut Below<'t>) -> Result<(), String> {
        for &node in nodes {
            let line = || self.source.line(node.start_byte());
            match node.kind() {
                "call" => self.go_into(Call(node), below)?,
                "with_statement" => {
                    return Err(format!("what the `with` in line {} holds would be held over a wait", line()));
                }
                "import_statement" | "import_from_statement" => {
                    return Err(format!("the import in line {} may take long", line()));
                }
                "await" | "yield" | "match_statement" => {
                    return Err(format!("`{}` in line {} is not understood", node.kind().replace('_', " "), line()));
                }
                "identifier" if LEAVING.contains(&self.text(node)) => {
                    return Err(format!("`{}` in line {} ends more than a coroutine", self.text(node), line()));
                }
                _ => {}
            }
            for implied in self.implicit(node) {
                self.is_quiet(implied.def, below)?;
            }
        }
        Ok(())
    }

    fn go_into(&self, call: Call<'t>, below: &mut Below<'t>) -> Result<(), String> {
        let line = self.source.line(call.0.start_byte());
        if let Some(found) = self.catalogued(call) {
            self.can_be_awaited(call)?;
            if found.wrapped.is_some() || found.is_async || found.assumed || found.call.0.id() != call.0.id() {
                return Err(format!("the call in line {line} is not understood well enough to be awaited"));
            }
            below.calls.push((self.id, found));
            return Ok(());
        }
        let leads = self.callees(call).into_iter().any(|def| self.leads_to_wait(def));
        let kind = self.classify(call);
        if !leads {
            if let CallKind::Sleep(path) = &kind
                && path == "time.sleep"
            {
                self.can_be_awaited(call)?;
                if self.may_be_negative(call) {
                    return Err(format!(
                        "the sleep in line {line} may be shorter than nothing, which is an error there"
                    ));
                }
                below.sleeps.push((self.id, call));
                return Ok(());
            }
            return self.holds_nothing_up(call, &kind, below);
        }
        let function = call.function().filter(|f| matches!(f.kind(), "identifier" | "attribute"));
        let (CallKind::Functions(defs), Some(function)) = (kind, function) else {
            return Err(format!("what waits in line {line} is not called by its name"));
        };
        let [def] = defs.as_slice() else {
            return Err(format!("line {line} calls one of several functions"));
        };
        if !matches!(self.meaning(function).only(), Some(Meaning::Function { def: one, .. }) if one == def) {
            return Err(format!("what line {line} calls is not understood well enough to be awaited"));
        }
        if below.work != Some(span(call.0)) || !below.running.is_empty() {
            self.can_be_awaited(call)?;
        }
        below.inner.push((self.id, call));
        let (Some(function), Some(file)) = (Function::cast(def.node), self.program.at(def.file)) else {
            return Err(format!("what line {line} calls is no function that is read"));
        };
        file.go_through(function, below)
    }

    /// Goes through a function that becomes a coroutine.
    fn go_through(&self, def: Function<'t>, below: &mut Below<'t>) -> Result<(), String> {
        let own = Def { file: self.id, node: def.0 };
        let name = def.name().map_or("", |n| self.text(n));
        if below.running.contains(&own) {
            return Err(format!("`{name}` calls itself"));
        }
        if below.holds(&own) {
            return Ok(());
        }
        if def.is_async() {
            return Err(format!("`{name}` is a coroutine function already"));
        }
        if let Some(why) = self.cannot_wait(def) {
            return Err(why);
        }
        let body = def.body().ok_or("a function that does not parse")?;
        if walk(body).any(|n| matches!(n.kind(), "function_definition" | "class_definition")) {
            return Err(format!("`{name}` holds a function or a class of its own"));
        }
        below.functions.push((self.id, def));
        below.running.push(own);
        self.go_down(&own_nodes(body), below)?;
        below.running.pop();
        Ok(())
    }

    /// Whether `await` may stand in front of a call where it stands.
    fn can_be_awaited(&self, call: Call<'t>) -> Result<(), String> {
        for above in ancestors(call.0) {
            let kind = above.kind();
            if kind == "function_definition" {
                break;
            }
            if matches!(kind, "lambda" | "generator_expression" | "string" | "decorator" | "class_definition")
                || kind.ends_with("comprehension")
            {
                let what = kind.replace('_', " ");
                return Err(format!("line {} waits in a {what}", self.source.line(call.0.start_byte())));
            }
        }
        Ok(())
    }

    /// Whether a sleep may be told a number below zero: `time.sleep` raises, and an event loop's does not.
    fn may_be_negative(&self, sleep: Call<'t>) -> bool {
        let bounded = |n: Node<'t>| {
            let mut around = ancestors(n).take_while(|a| a.id() != sleep.0.id()).filter_map(Call::cast);
            around.any(|c| c.function().and_then(|f| self.builtin(f)).is_some_and(|f| matches!(f, "max" | "abs")))
        };
        let set_lower = |name: Node<'t>| {
            self.var(name).is_some_and(|var| {
                let home = self.home(&var);
                let statements = home.names.bindings(var.scope, &var.name).iter().map(|b| statement_of(b.node));
                statements.filter(|s| s.kind() == "expression_statement").flat_map(walk).any(|n| home.subtracts(n))
            })
        };
        let told: Vec<Node<'t>> = sleep.args().collect();
        let [argument] = told.as_slice() else { return true };
        walk(*argument).any(|n| (self.subtracts(n) || n.kind() == "identifier" && set_lower(n)) && !bounded(n))
    }

    /// Whether a node takes something away.
    fn subtracts(&self, node: Node<'t>) -> bool {
        matches!(node.kind(), "binary_operator" | "unary_operator" | "augmented_assignment")
            && node.child_by_field_name("operator").is_some_and(|o| matches!(o.kind(), "-" | "-="))
    }

    /// Whether a call that waits for nothing of the catalogue does not hold up an event loop either.
    fn holds_nothing_up(&self, call: Call<'t>, kind: &CallKind<'t>, below: &mut Below<'t>) -> Result<(), String> {
        let line = self.source.line(call.0.start_byte());
        let text = call.function().map_or("", |f| self.text(f)).lines().next().unwrap_or_default();
        let refuse = || Err(format!("`{text}` in line {line} may hold up all calls on an event loop"));
        if self.hands_on(call) {
            return refuse();
        }
        match kind {
            CallKind::Pure | CallKind::Print | CallKind::Clock(_) | CallKind::Random(_) => Ok(()),
            CallKind::Functions(defs) => defs.iter().try_for_each(|def| self.is_quiet(*def, below)),
            CallKind::Method { shallow: true, .. } => Ok(()),
            CallKind::Method { receiver, .. } => {
                let asked = walk(*receiver).filter_map(Call::cast).any(|c| self.catalogued(c).is_some());
                let logs = matches!(
                    self.meaning(*receiver).only(),
                    Some(Meaning::Made(path, _)) if PythonFacts::has(&self.catalog.python.loggers, path)
                );
                if asked || logs || self.answers(*receiver) { Ok(()) } else { refuse() }
            }
            CallKind::Library(path) => {
                let facts = &self.catalog.python;
                let short = SHORT.iter().any(|s| match s.strip_suffix('*') {
                    Some(module) => path.starts_with(module),
                    None => path == s,
                });
                let error = path.rsplit('.').next().is_some_and(|n| n.ends_with("Error") || n.ends_with("Exception"));
                let long = PythonFacts::has(&facts.computes, path) || PythonFacts::has(&facts.gpu, path);
                if (short || error) && !long { Ok(()) } else { refuse() }
            }
            _ => refuse(),
        }
    }

    /// Whether a function that makes no waiting call does not hold up an event loop either.
    fn is_quiet(&self, def: Def<'t>, below: &mut Below<'t>) -> Result<(), String> {
        if below.quiet.contains(&def) {
            return Ok(());
        }
        let Some(file) = self.program.at(def.file) else { return Err("a function of a file that is not read".into()) };
        below.quiet.push(def);
        let name = def.node.child_by_field_name("name").map_or("", |n| file.text(n));
        let facts = &self.catalog.python;
        let known = |d: Node<'t>| {
            let Some(named) = children(d).next() else { return false };
            let named = Call::cast(named).and_then(|c| c.function()).unwrap_or(named);
            let path = file.import_path(named).or_else(|| file.builtin(named).map(str::to_string));
            path.is_some_and(|p| {
                PythonFacts::has(&facts.marking_decorators, &p) || PythonFacts::has(&facts.cache_decorators, &p)
            })
        };
        let refuse = |what: &str| Err(format!("`{name}` {what}, which may hold up all calls on an event loop"));
        if !decorators(def.node).all(known) {
            return refuse("is decorated");
        }
        if Function::cast(def.node).is_none_or(|f| f.is_async()) || file.may_stop(def.node) {
            return refuse("is no plain function");
        }
        let Some(body) = def.node.child_by_field_name("body") else { return Ok(()) };
        for node in walk(body) {
            match node.kind() {
                "call" => {
                    let call = Call(node);
                    if file.catalogued(call).is_some() {
                        return refuse("waits");
                    }
                    let kind = file.classify(call);
                    file.holds_nothing_up(call, &kind, below)?;
                }
                "with_statement" => return refuse("holds something"),
                "import_statement" | "import_from_statement" => return refuse("imports"),
                "identifier" if LEAVING.contains(&file.text(node)) => return refuse("may end the program"),
                _ => {}
            }
            for implied in file.implicit(node) {
                file.is_quiet(implied.def, below)?;
            }
        }
        Ok(())
    }

    /// Every caller of the functions below a loop is one of the functions that change, outside of other loops; answers
    /// with the calls that are awaited there. `changed` are functions of this file.
    ///
    /// # Errors
    /// Where one is not.
    pub(super) fn callers_below(
        &self,
        below: &Below<'t>,
        following: &Following<'_, 't>,
        changed: &[usize],
        looped: Span,
        work: Span,
    ) -> Result<Vec<Span>, String> {
        let mut out = Vec::new();
        for (id, def) in &below.functions {
            let Some(file) = self.program.at(*id) else { continue };
            let Some(name) = def.name().map(|n| file.text(n)) else { continue };
            let named = || following.others(*id).into_iter().any(|f| f.named_in_string(name));
            if *id != self.id && method_class(def.0).is_none() && named() {
                return Err(format!("`{name}` may be used in ways that no call shows"));
            }
            for (at, node) in following.mentions(file.def(def.0))? {
                let Some(at) = self.program.at(at) else { continue };
                let found = at.caller_below(name, node, below, |call| {
                    let here = at.id == self.id;
                    let around = ancestors(call.0).find_map(Function::cast);
                    let changes = around.is_some_and(|f| here && changed.contains(&f.0.start_byte()));
                    // Another loop may get a patch of its own, for the same call.
                    let repeated = super::loops::loops_around(call.0);
                    (here && work.contains(span(call.0)), changes, repeated.iter().all(|l| span(*l).contains(looped)))
                })?;
                out.extend(found.filter(|_| at.id == self.id));
            }
        }
        Ok(out)
    }

    /// The call that is awaited where a function below a loop is named; none where it is the work's own. `place` says
    /// whether a call stands in the work, in a function that changes, and outside of other loops.
    fn caller_below(
        &self,
        name: &str,
        read: Node<'t>,
        below: &Below<'t>,
        place: impl Fn(Call<'t>) -> (bool, bool, bool),
    ) -> Result<Option<Span>, String> {
        let line = self.source.line(read.start_byte());
        let call = read.parent().and_then(Call::cast);
        let Some(call) = call.filter(|c| c.function().is_some_and(|f| f.id() == read.id())) else {
            return Err(format!("`{name}` is handed on as a value in line {line}"));
        };
        let (in_work, changes, alone) = place(call);
        if in_work {
            return Ok(None);
        }
        self.can_be_awaited(call)?;
        let around = ancestors(call.0).find_map(Function::cast);
        let inside = around.filter(|f| f.body().is_some_and(|b| span(b).contains(span(call.0))));
        let in_below = inside.is_some_and(|f| below.holds(&Def { file: self.id, node: f.0 }));
        if inside.is_none() || !(in_below || changes) {
            return Err(format!("`{name}` is also called in line {line}, which does not run on an event loop"));
        }
        if !in_below && !alone {
            return Err(format!("`{name}` is called in another loop, too, in line {line}"));
        }
        Ok(Some(span(call.0)))
    }

    /// What the loop does beside its work must not wait: all calls that are under way would wait with it. `gone` are
    /// statements that do not stay.
    ///
    /// # Errors
    /// Where it does.
    pub(super) fn waits_beside(
        &self,
        below: &Below<'t>,
        looped: Node<'t>,
        work: Span,
        gone: &[Span],
    ) -> Result<(), String> {
        for call in walk(looped).filter_map(Call::cast).filter(|c| !work.contains(span(c.0))) {
            let callees = self.callees(call);
            let waits = self.catalogued(call).is_some()
                || matches!(self.classify(call), CallKind::Sleep(_))
                || callees.iter().any(|d| !below.holds(d) && self.leads_to_wait(*d));
            if waits && !gone.iter().any(|g| g.contains(span(call.0))) {
                let line = self.source.line(call.0.start_byte());
                return Err(format!(
                    "the loop also waits in line {line}, which would hold up all calls on an event loop"
                ));
            }
        }
        Ok(())
    }

    /// Whether a waiting call has a form that is awaited, at its place.
    pub(super) fn has_twin(&self, found: &Catalogued<'t>) -> Result<(), String> {
        if found.fact.twin == Twin::Threads {
            return Err("the library has no asynchronous form of this call".into());
        }
        let renamed = matches!(found.fact.twin, Twin::Await(_) | Twin::Method(_));
        if renamed && found.call.function().is_none_or(|f| f.kind() != "attribute") {
            return Err("the call is imported by its bare name".into());
        }
        Ok(())
    }
}
