//! The Rust front end of the model: the smallest one that answers with an [`Analysis`], to hold the language seam open.
//!
//! It sees one shape: a loop that awaits one request in each iteration, at a place that every iteration passes. Which
//! variable a name is goes by the text of one function; types are not known, so a method on something `mut` counts as a
//! write. Whether the source can be read ahead (PM115) is not asked yet.

mod exits;
mod names;

use super::{Analysis, Pipeline, Stage, Step};
use crate::catalog::{CallFact, Effect, Twin};
use crate::facts::{Caution, Code, Kind, Obstacle, Span};
use crate::syntax::rust::{Await, Call, Endless, Field, For, Let, function_around, is_deferred};
use crate::syntax::{Node, Source, ancestors, children, span, walk};
use exits::exits;
use names::{Names, Use, name_of, reads, writes};
use rustc_hash::FxHashSet;

/// Methods that send a request that is already built, or read what is left of its answer. With an argument they are
/// something else, such as the `send` of a channel. Part 8 moves these names into the catalogue.
const BARE: &[&str] = &["json", "send", "text"];

/// Functions and methods that are told what to ask for. Part 8 moves these names into the catalogue.
const ASKING: &[&str] = &["fetch", "get", "request"];

/// A request's typical duration, as long as no catalogue says better.
const SECONDS: f64 = 0.5;

/// The loops that wait for requests, in the order of the text.
pub fn analyse(source: &Source) -> Vec<Analysis> {
    let mut loops: Vec<(Node<'_>, Request<'_>)> = Vec::new();
    let mut seen = FxHashSet::default();
    for request in walk(source.root()).filter_map(|n| Request::of(source, n)) {
        let Some((looped, deferred)) = loop_around(request.node) else { continue };
        // The requests of one loop need not stand side by side: a nested loop may come between them.
        if seen.insert(looped.id()) {
            loops.push((looped, Request { deferred, ..request }));
        }
    }
    if loops.is_empty() {
        return Vec::new();
    }
    loops.sort_by_key(|(looped, _)| looped.start_byte());
    let names = Names::of(source);
    let names = names.as_ref();
    loops.into_iter().map(|(looped, request)| Loop { source, names, looped, request }.analyse()).collect()
}

/// An awaited request.
#[derive(Debug, Clone)]
struct Request<'t> {
    /// The `.await`, or the word where it stands among the tokens of a macro.
    node: Node<'t>,
    /// Whether it is only tokens.
    in_macro: bool,
    /// Whether a closure or an async block stands between it and the loop.
    deferred: bool,
    /// What is called, as the program writes it, without arguments.
    call: String,
    /// The names of the methods or of the path.
    path: Vec<String>,
}

impl<'t> Request<'t> {
    fn of(source: &Source, node: Node<'t>) -> Option<Self> {
        if is_await_token(node) {
            // `name ( … ) . await`
            let arguments = node.prev_sibling()?.prev_sibling().filter(|n| n.kind() == "token_tree")?;
            let name = source.of(arguments.prev_sibling().filter(|n| n.kind() == "identifier")?);
            let path = vec![name.to_string()];
            let call = name.to_string();
            return asks(name, arguments.named_child_count() as usize).then_some(Self {
                node,
                in_macro: true,
                deferred: false,
                call,
                path,
            });
        }
        let call = Call::cast(Await::cast(node)?.value()?)?;
        if !asks(call.name(source)?, call.arity()) {
            return None;
        }
        let (call, path) = written(source, call);
        Some(Self { node, in_macro: false, deferred: false, call, path })
    }
}

fn asks(name: &str, arguments: usize) -> bool {
    if arguments == 0 { BARE.contains(&name) } else { ASKING.contains(&name) }
}

/// `.await` among the tokens of a macro.
fn is_await_token(node: Node<'_>) -> bool {
    node.kind() == "await"
        && node.parent().is_some_and(|p| p.kind() == "token_tree")
        && node.prev_sibling().is_some_and(|dot| dot.kind() == ".")
}

/// What is called, without arguments and line ends, and the names in it: `client.get.send`, `[get, send]`.
fn written(source: &Source, call: Call<'_>) -> (String, Vec<String>) {
    let mut path = Vec::new();
    let mut next = Some(call.0);
    let mut root = None;
    while let Some(node) = next {
        next = match (Call::cast(node), Field::cast(node)) {
            (Some(call), _) => call.target(),
            (_, Some(field)) => {
                path.extend(field.field().map(|f| source.of(f).to_string()));
                field.value()
            }
            _ => match node.kind() {
                "try_expression" | "await_expression" | "parenthesized_expression" => node.named_child(0),
                "identifier" | "scoped_identifier" | "self" => {
                    root = Some(source.of(node));
                    None
                }
                _ => None,
            },
        };
    }
    path.reverse();
    match root {
        Some(root) if path.is_empty() => (root.to_string(), root.split("::").map(|p| p.trim().to_string()).collect()),
        Some(root) => (format!("{root}.{}", path.join(".")), path),
        None => (path.join("."), path),
    }
}

/// The innermost loop that runs a node once per iteration, and whether a closure or an async block stands between.
fn loop_around(node: Node<'_>) -> Option<(Node<'_>, bool)> {
    let (mut inner, mut deferred) = (node, false);
    for outer in ancestors(node) {
        match outer.kind() {
            // What is iterated is made once, by what stands around the loop.
            "for_expression" if For(outer).body() == Some(inner) => return Some((outer, deferred)),
            "while_expression" | "loop_expression" => return Some((outer, deferred)),
            "function_item" => return None,
            _ => deferred |= is_deferred(outer),
        }
        inner = outer;
    }
    None
}

struct Loop<'a, 't> {
    source: &'t Source,
    names: Option<&'a Names<'t>>,
    looped: Node<'t>,
    request: Request<'t>,
}

/// The statements of the body, and what they have to do with each other.
struct Body<'a, 't> {
    statements: Vec<Node<'t>>,
    /// The index of the one with the request.
    asking: usize,
    names: &'a Names<'t>,
    writes: Vec<Use<'t>>,
}

type Refusal = Box<Obstacle>;

impl<'t> Loop<'_, 't> {
    fn analyse(&self) -> Analysis {
        let mut analysis = Analysis {
            whole: span(self.looped),
            function: function_around(self.source, self.looped).unwrap_or("<module>").to_string(),
            kind: Kind::Io,
            call: self.request.call.clone(),
            work: span(self.request.node),
            seconds: SECONDS,
            obstacles: Vec::new(),
            cautions: Vec::new(),
            assumptions: Vec::new(),
            unworthy: None,
            pipeline: None,
            otherwise: None,
        };
        match self.stage(&mut analysis.cautions) {
            Ok(pipeline) => analysis.pipeline = Some(pipeline),
            Err(obstacle) => {
                analysis.cautions.clear();
                analysis.obstacles.push(*obstacle);
            }
        }
        analysis
    }

    fn obstacle(&self, code: Code, at: Span, other: Option<Span>, message: &str, help: &str) -> Refusal {
        Box::new(Obstacle {
            code,
            message: message.into(),
            help: help.into(),
            span: self.source.place(at),
            other_span: other.map(|o| self.source.place(o)),
        })
    }

    /// The loop in stages, or the first thing that stops it.
    fn stage(&self, cautions: &mut Vec<Caution>) -> Result<Pipeline, Refusal> {
        let (source, work) = (self.source, self.request.node);
        if Endless::cast(self.looped).is_some() {
            let head = Span::new(self.looped.start_byte(), self.body_start());
            let message = "whether there is a next iteration is asked after each one";
            let help = "iterate with `for` over items that are known before the first call";
            return Err(self.obstacle(Code::EARLY_EXIT, head, None, message, help));
        }
        let body = self.body()?;
        let steps = self.prepare(&body)?;
        let own = || body.statements.iter().enumerate();
        let moved = |at: usize| steps.iter().any(|(index, step)| *index == at && step.stage == Stage::Moved);
        let consume = own().filter(|(at, node)| !moved(*at) && !is_only(**node, work)).map(|(_, node)| span(*node));
        let exits = exits(source, self.looped, For(self.looped).body());
        for exit in exits.iter().filter(|e| e.by_choice) {
            if cautions.iter().any(|c| source.slice(c.span.span) == source.slice(exit.exit.span)) {
                continue;
            }
            let what = &exit.exit.what;
            let message = format!("where `{what}` ends the loop, calls of later iterations have been made already");
            cautions.push(Caution { code: Code::EARLY_EXIT, message, span: source.place(exit.exit.span) });
        }
        let mut carried: Vec<String> = Vec::new();
        for write in body.writes.iter().filter(|w| self.is_outside(w)) {
            let name = name_of(source, write.variable).to_string();
            if !carried.contains(&name) {
                carried.push(name);
            }
        }
        let statement = self.looped.parent().filter(|p| p.kind() == "expression_statement").unwrap_or(self.looped);
        let looped = For(self.looped);
        let (Some(pattern), Some(value)) = (looped.pattern(), looped.value()) else {
            return Err(self.unknown(span(self.looped), "the loop is not complete"));
        };
        Ok(Pipeline {
            statement: span(statement),
            looped: span(self.looped),
            source: span(value),
            count: None,
            target: span(pattern),
            flat: None,
            progress: false,
            prepare: steps.iter().map(|(_, step)| step.clone()).collect(),
            work: span(work),
            call: self.fact(),
            direct: true,
            awaited: true,
            applied: None,
            at_once: None,
            gathering: None,
            guessed: false,
            drawn: Vec::new(),
            ahead: Vec::new(),
            serial: Vec::new(),
            needs_loop: None,
            gives: None,
            keeps: Vec::new(),
            waiting: Vec::new(),
            prints: false,
            unkept: None,
            client: None,
            consume: consume.collect(),
            carried,
            protected: !is_unwrapped(source, work),
            survives: false,
            exits: exits.into_iter().map(|e| e.exit).collect(),
            pace: None,
            limit: None,
            collect: None,
        })
    }

    fn fact(&self) -> CallFact {
        let path = &self.request.path;
        let reads = path.iter().any(|name| name == "get" || name == "fetch");
        CallFact {
            path: path.join("."),
            effect: if reads { Effect::Read } else { Effect::Unknown },
            twin: Twin::Same,
            verb: path.first().cloned().unwrap_or_default(),
            seconds: SECONDS,
            ..CallFact::default()
        }
    }

    fn unknown(&self, at: Span, message: &str) -> Refusal {
        let help = "one `.await` in the body of a `for`, at a place that every iteration passes, is understood";
        self.obstacle(Code::NOT_ANALYSED, at, None, message, help)
    }

    fn body_start(&self) -> usize {
        self.looped.child_by_field_name("body").map_or(self.looped.end_byte(), |b| b.start_byte())
    }

    /// The statements of the body, where its form is one that is understood.
    fn body(&self) -> Result<Body<'_, 't>, Refusal> {
        let (source, work) = (self.source, self.request.node);
        if self.request.deferred {
            let message = "the call is awaited in a closure or an async block, and when that runs is not known";
            return Err(self.unknown(span(work), message));
        }
        if self.request.in_macro {
            return Err(self.unknown(span(work), "the call is awaited inside a macro, whose code is not seen"));
        }
        let Some(block) = For(self.looped).body() else {
            return Err(self.unknown(span(self.looped), "the loop is not complete"));
        };
        let sleeps = |n: &Node<'_>| Call::cast(*n).is_some_and(|c| c.name(source) == Some("sleep"));
        if let Some(sleep) = walk(block).find(sleeps) {
            let message = "the loop sleeps, and calls that overlap would not keep its pace";
            let help = "say the pace as a limit of requests per second or of requests at once";
            return Err(self.obstacle(Code::SLEEP, span(sleep), None, message, help));
        }
        let awaits = |n: &Node<'_>| Await::cast(*n).is_some() || is_await_token(*n);
        if let Some(other) = walk(block).filter(awaits).find(|n| *n != work) {
            return Err(self.unknown(span(other), "an iteration awaits more than once"));
        }
        let mut at = work;
        for outer in ancestors(work).take_while(|n| *n != block) {
            if !is_always_evaluated(outer, at) {
                return Err(self.unknown(span(work), "not every iteration makes the call"));
            }
            at = outer;
        }
        let statements: Vec<Node<'_>> = children(block).collect();
        let Some(asking) = statements.iter().position(|n| *n == at) else {
            return Err(self.unknown(span(work), "not every iteration makes the call"));
        };
        let skips = |n: &Node<'_>| n.kind() == "continue_expression" && n.end_byte() <= work.start_byte();
        // A label may be this loop's own.
        let ours = |n: &Node<'_>| n.named_child_count() > 0 || exits::loop_of(*n) == Some(self.looped);
        if let Some(skip) = walk(block).filter(skips).find(ours) {
            return Err(self.unknown(span(skip), "a guard in front of the call decides whether it is made"));
        }
        let Some(names) = self.names else {
            return Err(self.unknown(span(self.looped), "the code nests too deeply to be analysed"));
        };
        Ok(Body { statements, asking, names, writes: writes(names, block) })
    }

    fn is_outside(&self, used: &Use<'_>) -> bool {
        !span(self.looped).contains(span(used.variable.at))
    }

    /// The `let` statements that the call needs, by their place in the body.
    fn prepare(&self, body: &Body<'_, 't>) -> Result<Vec<(usize, Step)>, Refusal> {
        let source = self.source;
        let mut needed: Vec<usize> = Vec::new();
        let mut pending = reads(body.names, self.request.node);
        while let Some(read) = pending.pop() {
            let mut writes = body.writes.iter().filter(|w| w.meets(&read));
            if self.is_outside(&read) {
                self.unchanged(&read, writes.next())?;
                continue;
            }
            let holder = read.variable.holder;
            if holder == self.looped || span(self.request.node).contains(span(holder)) {
                continue;
            }
            let Some(at) = body.statements[..body.asking].iter().position(|s| *s == holder) else {
                return Err(self.unknown(span(read.node), "what the call needs is not made by a `let` in front of it"));
            };
            // A write after the call changes what no later call sees: the variable is made anew.
            let before = |w: &&Use<'_>| w.node.start_byte() < self.request.node.start_byte();
            if let Some(write) = writes.find(before) {
                let name = name_of(source, read.variable);
                let message = format!("`{name}`, which the call needs, is made in several steps");
                return Err(self.unknown(span(write.node), &message));
            }
            if !needed.contains(&at) {
                needed.push(at);
                let made = Let(holder);
                pending.extend(made.value().into_iter().chain(made.alternative()).flat_map(|n| reads(body.names, n)));
            }
        }
        needed.sort_unstable();
        Ok(self.steps(body, &needed))
    }

    fn unchanged(&self, read: &Use<'_>, write: Option<&Use<'_>>) -> Result<(), Refusal> {
        let Some(write) = write else { return Ok(()) };
        let name = name_of(self.source, read.variable);
        let message = if span(self.request.node).contains(span(write.node)) {
            format!("the call may change `{name}`, which the next one needs")
        } else {
            format!("the call needs `{name}`, which the iterations before it may change")
        };
        let help = "what a call needs must not depend on the iterations before it";
        Err(self.obstacle(Code::CARRIED, span(read.node), Some(span(write.node)), &message, help))
    }

    /// Whether each `let` moves to the work, or the rest of the body reads it too.
    fn steps(&self, body: &Body<'_, 't>, needed: &[usize]) -> Vec<(usize, Step)> {
        let work = span(self.request.node);
        let mut stays: Vec<usize> = (0..body.statements.len()).filter(|at| !needed.contains(at)).collect();
        let mut next = 0;
        while let Some(&at) = stays.get(next) {
            next += 1;
            for read in reads(body.names, body.statements[at]).iter().filter(|r| !work.contains(span(r.node))) {
                let made = needed.iter().find(|n| body.statements[**n] == read.variable.holder);
                if let Some(&made) = made.filter(|n| !stays.contains(n)) {
                    stays.push(made);
                }
            }
        }
        let step = |at: &usize| {
            let stage = if stays.contains(at) { Stage::Copied } else { Stage::Moved };
            (*at, Step { span: span(body.statements[*at]), stage })
        };
        needed.iter().map(step).collect()
    }
}

/// Whether a statement is the awaited expression and nothing else.
fn is_only(statement: Node<'_>, work: Node<'_>) -> bool {
    statement == work || statement.kind() == "expression_statement" && statement.named_child(0) == Some(work)
}

/// Whether evaluating a node evaluates this part of it, once.
fn is_always_evaluated(outer: Node<'_>, part: Node<'_>) -> bool {
    let is = |name: &str| outer.child_by_field_name(name) == Some(part);
    match outer.kind() {
        "let_declaration" | "match_expression" | "let_condition" => is("value"),
        "if_expression" => is("condition"),
        // `&&` and `||` may not get to their right side.
        "binary_expression" => {
            let lazy = outer.child_by_field_name("operator").is_some_and(|o| matches!(o.kind(), "&&" | "||"));
            !lazy || is("left")
        }
        "expression_statement"
        | "try_expression"
        | "field_expression"
        | "call_expression"
        | "generic_function"
        | "arguments"
        | "parenthesized_expression"
        | "reference_expression"
        | "unary_expression"
        | "assignment_expression"
        | "compound_assignment_expr"
        | "type_cast_expression"
        | "index_expression"
        | "tuple_expression"
        | "array_expression"
        | "struct_expression"
        | "field_initializer_list"
        | "field_initializer" => true,
        _ => false,
    }
}

/// Whether a failed call leaves the iteration right where its reply is taken.
fn is_unwrapped(source: &Source, work: Node<'_>) -> bool {
    let Some(outer) = work.parent() else { return false };
    let method = Field::cast(outer).and_then(Field::field).map(|f| source.of(f));
    outer.kind() == "try_expression" || matches!(method, Some("unwrap" | "expect"))
}

#[cfg(test)]
mod tests;
