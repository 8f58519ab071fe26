//! Loops with a waiting call in them, as pipelines or as obstacles.

use super::calls::Catalogued;
use super::conflicts::Staged;
use super::names::Bound;
use super::slice::Need;
use super::{File, Trouble, Var};
use crate::catalog::Effect;
use crate::facts::{Caution, Code, Kind, Obstacle, Span};
use crate::model::{Analysis, Client, Exit, Pipeline, Stage, Step};
use crate::syntax::python::{Call, Class, For, ListComprehension, enclosing_scope};
use crate::syntax::{Node, ancestors, children, span, walk};

/// Every loop of the file with a catalogued call in its body, in the order of the text.
pub fn analyse(file: &File<'_>) -> Vec<Analysis> {
    let mut loops: Vec<(Node<'_>, Vec<Catalogued<'_>>)> = Vec::new();
    for call in walk(file.source.root()).filter_map(Call::cast) {
        let Some(looped) = loop_around(call.0) else { continue };
        let Some(found) = file.catalogued(call) else { continue };
        match loops.iter_mut().find(|(l, _)| l.id() == looped.id()) {
            Some((_, calls)) => calls.push(found),
            None => loops.push((looped, vec![found])),
        }
    }
    loops.sort_by_key(|(l, _)| l.start_byte());
    loops.into_iter().filter_map(|(looped, calls)| file.analyse_loop(looped, calls)).collect()
}

/// The innermost loop that repeats a node, within its function.
fn loop_around(node: Node<'_>) -> Option<Node<'_>> {
    let mut below = node;
    for above in ancestors(node) {
        match above.kind() {
            "for_statement" | "while_statement" => {
                let once = ["right", "left", "alternative"]
                    .into_iter()
                    .filter_map(|f| above.child_by_field_name(f))
                    .any(|part| part.id() == below.id());
                if !once {
                    return Some(above);
                }
            }
            "list_comprehension" | "set_comprehension" | "dictionary_comprehension" | "generator_expression" => {
                let first = children(above).find(|c| c.kind() == "for_in_clause");
                let once = first.is_some_and(|f| f.id() == below.id());
                if !once {
                    return Some(above);
                }
            }
            "function_definition" | "lambda" | "class_definition" => return None,
            _ => {}
        }
        below = above;
    }
    None
}

impl<'t> File<'t> {
    fn analyse_loop(&self, looped: Node<'t>, calls: Vec<Catalogued<'t>>) -> Option<Analysis> {
        let found = calls.first()?.clone();
        let function = enclosing_scope(looped);
        let name = match function {
            Some(f) if f.kind() == "lambda" => "<lambda>".to_string(),
            Some(f) => f.child_by_field_name("name").map_or("<module>".into(), |n| self.text(n).to_string()),
            None => "<module>".into(),
        };
        let mut analysis = Analysis {
            whole: span(looped),
            function: name,
            kind: Kind::Io,
            call: self.text(found.call.function()?).to_string(),
            work: span(found.call.0),
            seconds: found.fact.seconds,
            obstacles: Vec::new(),
            cautions: Vec::new(),
            pipeline: None,
        };
        let mut troubles = Vec::new();
        troubles.extend(self.call_troubles(&found, &mut analysis.cautions));
        troubles.extend(self.place_troubles(looped, function));
        match self.stage(looped, &found, &mut analysis.cautions) {
            Ok(pipeline) if troubles.is_empty() => analysis.pipeline = Some(pipeline),
            Ok(_) => {}
            Err(more) => troubles.extend(more),
        }
        // Several calls: told once, with both.
        if let Some(second) = calls.get(1) {
            troubles.retain(|t| t.code != Code::BLOCKING || t.node.id() != second.call.0.id());
            troubles.push(
                Trouble::new(
                    Code::BLOCKING,
                    second.call.0,
                    "a second waiting call in the loop",
                    "split the loop in two, one loop per call; two calls per iteration come with a later version",
                )
                .with(found.call.0),
            );
        }
        analysis.obstacles = troubles.into_iter().map(|t| self.obstacle(t)).collect();
        analysis.obstacles.dedup();
        analysis.pipeline = analysis.pipeline.filter(|_| analysis.obstacles.is_empty());
        Some(analysis)
    }

    fn obstacle(&self, trouble: Trouble<'t>) -> Obstacle {
        Obstacle {
            code: trouble.code,
            message: trouble.message,
            help: trouble.help,
            span: self.source.place(first_line(self, trouble.node)),
            other_span: trouble.other.map(|n| self.source.place(first_line(self, n))),
        }
    }

    /// What the call itself owes.
    fn call_troubles(&self, found: &Catalogued<'t>, cautions: &mut Vec<Caution>) -> Vec<Trouble<'t>> {
        let mut out = Vec::new();
        let node = found.call.0;
        let name = found.call.function().map_or("", |f| self.text(f));
        match found.fact.effect {
            Effect::Writes => out.push(Trouble::new(
                Code::WRITES,
                node,
                format!("`{name}` changes state on the server, and calls of later items would be made although an earlier one failed"),
                "keep it sequential, or use the server's own batch call",
            )),
            Effect::Unknown => cautions.push(Caution {
                code: Code::WRITES,
                message: format!("`{name}` may change state on the server; calls of later items are under way when an earlier one fails"),
                span: self.source.place(first_line(self, node)),
            }),
            Effect::Read | Effect::Billed => {}
        }
        if let Some((keyword, client)) = found.client.as_ref().and_then(|c| Some((c.fact.pool_keyword.as_ref()?, c))) {
            let set = client.made.as_ref().is_none_or(|(made, _)| {
                made.keyword(self.source, keyword).is_some() || made.args().any(|a| a.kind() == "dictionary_splat")
            });
            if set {
                out.push(Trouble::new(
                    Code::CLIENT,
                    node,
                    format!("how many connections `{}` may open is not visible; more calls at once than that would time out", client.name),
                    format!("make the client in this file without `{keyword}`, or as large as the calls that should run at once"),
                ));
            }
        }
        for argument in found.call.args() {
            if argument.kind() == "dictionary_splat"
                && !found.fact.streams.is_empty()
                && !self.known_keys_without(argument, &found.fact.streams)
            {
                out.push(Trouble::not_analysed(
                    argument,
                    format!("what `{}` holds is not known; it may ask for a stream", self.text(argument)),
                ));
            }
        }
        for keyword in &found.fact.streams {
            if let Some(value) =
                found.call.keyword(self.source, keyword).filter(|v| !matches!(v.kind(), "false" | "none"))
            {
                out.push(Trouble::new(
                    Code::STREAM,
                    value,
                    format!(
                        "`{keyword}={}` streams the answer, and the tokens of several answers would interleave",
                        self.text(value)
                    ),
                    format!("leave out `{keyword}` where the whole answer is used anyway"),
                ));
            }
        }
        out
    }

    /// Whether `**x` is a dict display with literal keys, none of them among `names`.
    fn known_keys_without(&self, splat: Node<'t>, names: &[String]) -> bool {
        let Some(value) = children(splat).next() else { return false };
        let display = match value.kind() {
            "dictionary" => Some(value),
            "identifier" => self.var(value).and_then(|v| match self.names.bindings(v.scope, &v.name) {
                [one] => match one.bound {
                    Bound::Value(Some(e)) if e.kind() == "dictionary" => Some(e).filter(|_| self.only_read(&v)),
                    _ => None,
                },
                _ => None,
            }),
            _ => None,
        };
        display.is_some_and(|d| {
            children(d).all(|pair| {
                pair.child_by_field_name("key")
                    .is_some_and(|k| k.kind() == "string" && !names.contains(&super::alias::literal(self.text(k))))
            })
        })
    }

    /// Whether a variable is nowhere changed or handed on, only unpacked or read by key.
    fn only_read(&self, var: &Var) -> bool {
        self.names
            .reads_of(var.scope, &var.name)
            .all(|r| r.node.parent().is_some_and(|p| p.kind() == "dictionary_splat"))
    }

    /// What the place of the loop owes.
    fn place_troubles(&self, looped: Node<'t>, function: Option<Node<'t>>) -> Vec<Trouble<'t>> {
        let mut out = Vec::new();
        if let Some(f) = function {
            if Class::cast(f).is_some() || f.kind() == "lambda" {
                out.push(Trouble::not_analysed(f, "a loop directly in a class or a lambda"));
            }
            if self.names.opened_by(f).is_some_and(|s| self.names.scope(s).yields) {
                out.push(Trouble::new(
                    Code::YIELD,
                    f,
                    "the function is a generator: whoever iterates it may stop at any item",
                    "return a list, or make the calls in a function of their own",
                ));
            }
        }
        if let Some(decorator) = ancestors(looped)
            .filter(|a| a.kind() == "decorated_definition")
            .flat_map(children)
            .find(|d| d.kind() == "decorator" && self.text(*d).to_ascii_lowercase().contains("timeout"))
        {
            out.push(Trouble::new(
                Code::TIMEOUT,
                decorator,
                "a time-out around the loop would end other calls, or none",
                "give the time-out to the call itself",
            ));
        }
        let within = function.unwrap_or_else(|| self.source.root());
        out.extend(self.held_over(looped, within));
        out
    }

    /// The loop in stages.
    fn stage(
        &self,
        looped: Node<'t>,
        found: &Catalogued<'t>,
        cautions: &mut Vec<Caution>,
    ) -> Result<Pipeline, Vec<Trouble<'t>>> {
        match looped.kind() {
            "for_statement" => self.stage_for(For(looped), found, cautions),
            "list_comprehension" => self.stage_comprehension(ListComprehension(looped), found).map_err(|t| vec![t]),
            "while_statement" => Err(vec![Trouble::not_analysed(
                looped.child_by_field_name("condition").unwrap_or(looped),
                "a `while` loop: what decides whether it goes on may depend on the answers",
            )]),
            other => Err(vec![Trouble::not_analysed(looped, format!("calls in a {}", other.replace('_', " ")))]),
        }
    }

    fn stage_for(
        &self,
        looped: For<'t>,
        found: &Catalogued<'t>,
        cautions: &mut Vec<Caution>,
    ) -> Result<Pipeline, Vec<Trouble<'t>>> {
        let one = |t: Trouble<'t>| vec![t];
        let broken = || one(Trouble::not_analysed(looped.0, "a loop that does not parse"));
        let (Some(left), Some(right), Some(body)) = (looped.left(), looped.right(), looped.body()) else {
            return Err(broken());
        };
        if looped.is_async() {
            return Err(one(Trouble::not_analysed(looped.0, "an `async for` loop")));
        }
        if self.source.line(body.start_byte()) == self.source.line(looped.0.start_byte()) {
            return Err(one(Trouble::not_analysed(body, "a loop on one line")));
        }
        let call = found.call.0;
        let scope = self.names.scope_at(looped.0);
        let (before, protected) = self.path(body, call).map_err(one)?;
        self.unconditional(call).map_err(one)?;
        let slice = self.slice(call, &before, body).map_err(one)?;
        let needed = |v: &Var| slice.reads.contains_key(v);
        let peeled = self.peel(right, left, &needed).map_err(one)?;
        let items: Vec<Var> = self.binds(peeled.target);
        if walk(peeled.target).any(|n| matches!(n.kind(), "attribute" | "subscript" | "list_splat_pattern")) {
            return Err(one(Trouble::not_analysed(peeled.target, "a loop target other than plain names")));
        }
        let mut troubles: Vec<Trouble<'t>> = self.unsized_source(peeled.source).into_iter().collect();
        if let Some((var, read, binding)) =
            self.carried(&slice, call, body, &items).or_else(|| self.carried_through_function(&slice, call, looped.0))
        {
            let in_guard =
                slice.needs.iter().any(|n| matches!(n, Need::SkipWhen(c, _) if span(*c).contains(span(read))));
            troubles.push(carried_trouble(&var, read, binding, in_guard));
        }
        let moved = self.moved(&slice, &before, call, protected);
        let staged = Staged { slice: &slice, call, body, items: &items, peeled: &peeled, found };
        troubles.extend(self.conflicts(&staged));
        let exits = self.consume_troubles(body, call, &slice, &before, protected, &mut troubles);
        let limit = self.early_limit(looped, &peeled, body, scope);
        let exits: Vec<Exit> = exits
            .into_iter()
            .filter(|(n, _)| limit.as_ref().is_none_or(|(_, guard)| !span(*guard).contains(span(*n))))
            .map(|(n, what)| Exit { span: span(n), what })
            .collect();
        let index_read = slice.reads.keys().any(|v| self.binds(left).contains(v));
        if let (Some(exit), false) = (exits.first(), index_read) {
            let node = body.descendant_for_byte_range(exit.span.start, exit.span.end).unwrap_or(body);
            troubles.push(Trouble::new(
                Code::EARLY_EXIT,
                node,
                "every iteration makes the same call, and the loop stops early: it tries again until something holds",
                "leave it as it is: one call after the other is what it is for",
            ));
        }
        if !troubles.is_empty() {
            return Err(troubles);
        }
        if let Some(exit) = exits.first() {
            cautions.push(Caution {
                code: Code::EARLY_EXIT,
                message: format!("`{}` can end the loop early; calls of later items that are under way by then are extra (at most the concurrency limit)", exit.what),
                span: self.source.place(exit.span),
            });
        }
        let prepare = slice.needs.iter().map(|n| step(*n, &moved)).collect();
        let consume = children(body).map(span).filter(|s| !moved.iter().any(|m| span(*m) == *s)).collect();
        let mut carried: Vec<String> = walk(body)
            .filter(|n| n.kind() == "augmented_assignment")
            .filter_map(|n| n.child_by_field_name("left"))
            .filter_map(|l| self.place_of(l))
            .filter(|p| !self.is_fresh(&p.var, body))
            .map(|p| p.var.name)
            .collect();
        carried.sort();
        carried.dedup();
        let collect = if exits.is_empty() && limit.is_none() && !protected && peeled.index.is_none() && !peeled.progress
        {
            self.collects(looped, &slice, call, body, scope, peeled.source.id() == right.id())
        } else {
            None
        };
        Ok(Pipeline {
            statement: span(looped.0),
            looped: span(looped.0),
            source: span(peeled.source),
            target: span(peeled.target),
            progress: peeled.progress,
            prepare,
            work: span(call),
            call: found.fact.clone(),
            client: found.client.as_ref().map(|c| Client { name: c.name.to_string(), fact: c.fact.clone() }),
            consume,
            carried,
            protected,
            exits,
            limit: limit.map(|(text, _)| text),
            collect,
        })
    }
}

fn step(need: Need<'_>, moved: &[Node<'_>]) -> Step {
    match need {
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

/// Long nodes are shown by their first line.
fn first_line(file: &File<'_>, node: Node<'_>) -> Span {
    let text = file.text(node);
    let line = text.find('\n').map_or(text.len(), |at| text[..at].trim_end().len());
    Span::new(node.start_byte(), node.start_byte() + line)
}
