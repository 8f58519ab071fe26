//! Loops with a waiting call in them, as pipelines or as obstacles.

use super::alias::{Place, Places, meet};
use super::calls::{CallKind, Catalogued};
use super::effects::Change;
use super::names::{Bound, ScopeKind};
use super::slice::{Before, Need, Slice};
use super::source::Peeled;
use super::{File, ScopeId, Trouble, Var};
use crate::catalog::Effect;
use crate::facts::{Caution, Code, Kind, Obstacle, Span};
use crate::model::{Analysis, Client, Collect, Exit, Pipeline, Stage, Step};
use crate::syntax::python::{
    Assignment, Attribute, Call, Class, For, If, ListComprehension, Try, With, enclosing_scope, statement_of,
};
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
            seconds: found.fact.seconds,
            obstacles: Vec::new(),
            cautions: Vec::new(),
            pipeline: None,
        };
        let mut troubles = Vec::new();
        if let Some(second) = calls.get(1) {
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
        troubles.extend(self.call_troubles(&found, &mut analysis.cautions));
        troubles.extend(self.place_troubles(looped, function));
        match self.stage(looped, &found, &mut analysis.cautions) {
            Ok(pipeline) if troubles.is_empty() => analysis.pipeline = Some(pipeline),
            Ok(_) => {}
            Err(more) => troubles.extend(more),
        }
        analysis.obstacles = troubles.into_iter().map(|t| self.obstacle(t)).collect();
        analysis.obstacles.dedup();
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
        let slice = self.slice(call, &before, body, scope).map_err(one)?;
        let client = found.client.as_ref();
        let is_client = |v: &Var| client.is_some_and(|c| c.scope == v.scope && c.name == v.name);
        let needed = |v: &Var| slice.reads.contains_key(v);
        let peeled = self.peel(right, left, &needed).map_err(one)?;
        let items: Vec<Var> = self.binds(peeled.target, scope);
        if walk(peeled.target).any(|n| matches!(n.kind(), "attribute" | "subscript" | "list_splat_pattern")) {
            return Err(one(Trouble::not_analysed(peeled.target, "a loop target other than plain names")));
        }
        let mut troubles: Vec<Trouble<'t>> = self.unsized_source(peeled.source).into_iter().collect();
        if let Some((var, read, binding)) = self.carried(&slice, call, body, &items, scope) {
            let in_guard =
                slice.needs.iter().any(|n| matches!(n, Need::SkipWhen(c, _) if span(*c).contains(span(read))));
            troubles.push(carried_trouble(&var, read, binding, in_guard));
        }
        let moved = self.moved(&slice, &before, call, body, protected, scope);
        let changes: Vec<Change<'t>> = walk(body).filter_map(|n| self.change_by(n)).collect();
        troubles.extend(self.conflicts(&slice, &changes, &items, &peeled, body, scope, found, &is_client));
        let exits = self.consume_troubles(body, call, &slice, &before, protected, &mut troubles);
        let limit = self.early_limit(looped, &peeled, body, scope);
        let exits: Vec<Exit> = exits
            .into_iter()
            .filter(|(n, _)| limit.as_ref().is_none_or(|(_, guard)| !span(*guard).contains(span(*n))))
            .map(|(n, what)| Exit { span: span(n), what })
            .collect();
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
            client: client.map(|c| Client { name: c.name.to_string(), fact: c.fact.clone() }),
            consume,
            carried,
            protected,
            exits,
            limit: limit.map(|(text, _)| text),
            collect,
        })
    }

    /// The statements and conditions in front of the call, from the body down to it, and whether a `try` holds the call.
    fn path(&self, body: Node<'t>, call: Node<'t>) -> Result<(Vec<Before<'t>>, bool), Trouble<'t>> {
        let mut out = Vec::new();
        let mut block = body;
        let mut protected = false;
        let mut outside_try = 0;
        loop {
            let Some(at) = children(block).find(|s| span(*s).contains(span(call))) else {
                return Err(Trouble::not_analysed(call, "a call in a place that is not analysed"));
            };
            out.extend(children(block).take_while(|s| s.id() != at.id()).map(|s| Before::Statement(s, true)));
            match at.kind() {
                "if_statement" => match self.branch(at, call, &mut out)? {
                    Some(inner) => block = inner,
                    None => break,
                },
                "try_statement" => {
                    let inner = Try(at).body().filter(|b| span(*b).contains(span(call)));
                    let Some(inner) = inner else {
                        return Err(Trouble::not_analysed(call, "a call in an exception handler"));
                    };
                    protected = true;
                    outside_try = out.len();
                    block = inner;
                }
                "expression_statement" => break,
                "for_statement" if For(at).right().is_some_and(|r| span(r).contains(span(call))) => break,
                "with_statement" => {
                    return Err(Trouble::not_analysed(at, "a `with` block around the call"));
                }
                "return_statement" => {
                    return Err(Trouble::new(
                        Code::EARLY_EXIT,
                        at,
                        "the loop ends with the first answer",
                        "there is nothing to overlap: at most one call is made",
                    ));
                }
                other => return Err(Trouble::not_analysed(at, format!("a call in a {}", other.replace('_', " ")))),
            }
        }
        if protected {
            for step in &mut out[..outside_try] {
                if let Before::Statement(_, same_try) = step {
                    *same_try = false;
                }
            }
        }
        Ok((out, protected))
    }

    /// Goes into the branch of an `if` that holds the call; `None` where the call stands in the first condition.
    fn branch(
        &self,
        statement: Node<'t>,
        call: Node<'t>,
        out: &mut Vec<Before<'t>>,
    ) -> Result<Option<Node<'t>>, Trouble<'t>> {
        let holds = |n: Option<Node<'t>>| n.filter(|n| span(*n).contains(span(call)));
        let first = If(statement);
        if holds(first.condition()).is_some() {
            return Ok(None);
        }
        let mut clause = first;
        loop {
            let Some(condition) = clause.condition() else { break };
            if let Some(block) = holds(clause.consequence()) {
                out.push(Before::Condition(condition, true));
                return Ok(Some(block));
            }
            out.push(Before::Condition(condition, false));
            let later: Vec<_> = children(statement)
                .filter(|c| matches!(c.kind(), "elif_clause" | "else_clause") && c.start_byte() > clause.0.start_byte())
                .collect();
            match later.first() {
                Some(next) if next.kind() == "elif_clause" => clause = If(*next),
                Some(last) => {
                    if let Some(block) = holds(last.child_by_field_name("body")) {
                        return Ok(Some(block));
                    }
                    break;
                }
                None => break,
            }
        }
        Err(Trouble::not_analysed(call, "a call in the condition of an `elif`"))
    }

    /// The call is evaluated exactly once whenever its statement runs.
    fn unconditional(&self, call: Node<'t>) -> Result<(), Trouble<'t>> {
        let statement = statement_of(call);
        for above in ancestors(call).take_while(|a| a.id() != statement.id()) {
            if matches!(
                above.kind(),
                "boolean_operator"
                    | "conditional_expression"
                    | "lambda"
                    | "comparison_operator"
                    | "named_expression"
                    | "await"
                    | "yield"
            ) || above.kind().ends_with("comprehension")
                || above.kind() == "generator_expression"
            {
                let fine = above.kind() == "comparison_operator" && above.named_child_count() == 2
                    || above.kind() == "boolean_operator"
                        && above.child_by_field_name("left").is_some_and(|l| span(l).contains(span(call)))
                    || above.kind() == "conditional_expression"
                        && above.named_child(1).is_some_and(|c| span(c).contains(span(call)));
                if !fine {
                    return Err(Trouble::not_analysed(above, "a call that may be made or not within one expression"));
                }
            }
        }
        Ok(())
    }

    /// The slice's statements that nothing else needs: they can move to the work.
    fn moved(
        &self,
        slice: &Slice<'t>,
        before: &[Before<'t>],
        call: Node<'t>,
        body: Node<'t>,
        protected: bool,
        scope: ScopeId,
    ) -> Vec<Node<'t>> {
        let statements: Vec<(Node<'t>, bool)> = slice
            .needs
            .iter()
            .filter_map(|n| match *n {
                Need::Statement(s, same_try) => Some((s, same_try)),
                Need::SkipWhen(..) => None,
            })
            .collect();
        let guards = slice.needs.iter().any(|n| matches!(n, Need::SkipWhen(..)));
        let sliced = |n: Node<'t>| statements.iter().any(|(s, _)| s.id() == n.id());
        // Nothing with an effect may stand between a moved statement and the call: its failure would come too late.
        let mut quiet_from = call.start_byte();
        for step in before.iter().rev() {
            match *step {
                Before::Statement(s, _) if sliced(s) => quiet_from = s.start_byte(),
                _ => break,
            }
        }
        let mut moved: Vec<Node<'t>> = statements
            .iter()
            .filter(|(s, same_try)| {
                let whole = crate::syntax::layout::alone_on_lines(self.source, *s);
                s.start_byte() >= quiet_from && (*same_try || !protected) && !guards && whole
            })
            .map(|(s, _)| *s)
            .collect();
        // A name that is read or set anywhere else keeps its statement; repeated until nothing more is kept.
        loop {
            let inside = |n: Node<'t>, moved: &[Node<'t>]| {
                span(call).contains(span(n)) || moved.iter().any(|m| span(*m).contains(span(n)))
            };
            let keep = moved.iter().position(|s| {
                self.binds(*s, scope).iter().any(|v| {
                    let elsewhere = self.names.reads_of(scope, &v.name).any(|r| !inside(r.node, &moved));
                    let rebound = self.names.bindings(scope, &v.name).iter().any(|b| !inside(b.node, &moved));
                    elsewhere || rebound
                }) || walk(*s).filter_map(|n| self.change_by(n)).any(|c| {
                    c.direct.is_none_or(|p| {
                        let bindings = self.names.bindings(p.var.scope, &p.var.name);
                        bindings.iter().any(|b| !inside(b.node, &moved))
                            || self.names.reads_of(p.var.scope, &p.var.name).any(|r| !inside(r.node, &moved))
                    })
                })
            });
            match keep {
                Some(at) => {
                    moved.remove(at);
                }
                None => break,
            }
        }
        // The body must not be left empty, and statements keep their order: only an unbroken run up to the call moves.
        let mut run = Vec::new();
        for step in before.iter().rev() {
            match *step {
                Before::Statement(s, _) if moved.iter().any(|m| m.id() == s.id()) => run.push(s),
                Before::Statement(s, _) if sliced(s) => {}
                _ => break,
            }
        }
        let _ = body;
        run.reverse();
        run
    }

    /// Objects that the loop changes and the work reads.
    #[allow(clippy::too_many_arguments, reason = "the stages of one loop")]
    fn conflicts(
        &self,
        slice: &Slice<'t>,
        changes: &[Change<'t>],
        items: &[Var],
        peeled: &Peeled<'t>,
        body: Node<'t>,
        scope: ScopeId,
        found: &Catalogued<'t>,
        is_client: &dyn Fn(&Var) -> bool,
    ) -> Vec<Trouble<'t>> {
        let mut out = Vec::new();
        let bound_in_body = self.binds(body, scope);
        let first_item = items.first();
        let keys_are_plain = self.first_item_is_plain(peeled.source);
        let source_vars: Vec<Var> = self.reads(peeled.source).into_keys().collect();
        for change in changes {
            let direct_var = change.direct.as_ref().map(|p| &p.var);
            if direct_var.is_some_and(|v| source_vars.contains(v) && !items.contains(v))
                || self.is_advanced(change, &source_vars)
            {
                out.push(
                    Trouble::new(
                        if self.text(change.node).starts_with("next(") {
                            Code::SHARED_ITERATOR
                        } else {
                            Code::SOURCE_CHANGED
                        },
                        change.node,
                        "the loop changes what it iterates",
                        "iterate a copy, `list(…)`, or collect the changes and make them behind the loop",
                    )
                    .with(peeled.source),
                );
                continue;
            }
            if direct_var.is_some_and(|v| self.is_definition(v)) {
                out.push(Trouble::new(
                    Code::PROCESS_STATE,
                    change.node,
                    format!("`{}` changes a module or class in the loop", self.text(change.node)),
                    "set it once before the loop",
                ));
                continue;
            }
            for (var, nodes) in &slice.reads {
                if is_client(var) && direct_var != Some(var) || self.is_plain(var, nodes, found) {
                    continue;
                }
                let is_item = items.contains(var);
                if !is_item && bound_in_body.contains(var) {
                    continue;
                }
                let read: Vec<Place> = self.places_read(nodes, var);
                let hit = if is_item && direct_var.is_some_and(|v| v == var) {
                    change.direct.as_ref().is_some_and(|d| read.iter().any(|r| r.meets(d)))
                } else if is_item
                    && (keys_are_plain && Some(var) == first_item && items.len() > 1
                        || self.is_item_of_plain(var, peeled.source))
                {
                    false
                } else if is_item {
                    let own: Places = read.iter().cloned().collect();
                    change.direct.is_none() && meet(&change.places, &own)
                        || direct_var.is_some_and(|v| items.contains(v))
                        || self.deep_hit(change, var)
                } else {
                    let mut reached = Places::default();
                    for node in nodes {
                        let access = node
                            .parent()
                            .filter(|p| matches!(p.kind(), "attribute" | "subscript"))
                            .and_then(|p| self.place_of(p))
                            .filter(|p| p.var == *var);
                        reached.extend(match access {
                            Some(place) if place.key.is_some() => self.reach(node.parent().unwrap_or(*node)),
                            _ => self.reach_var(var),
                        });
                    }
                    let mut changed = change.places.clone();
                    changed.extend(change.direct.clone());
                    meet(&changed, &reached)
                };
                if hit {
                    let in_guard = slice.needs.iter().any(
                        |n| matches!(n, Need::SkipWhen(c, _) if nodes.iter().any(|r| span(*c).contains(span(*r)))),
                    );
                    out.push(shared_trouble(self, var, nodes, change, in_guard));
                    break;
                }
            }
        }
        out
    }

    /// A change whose places hold an item other than by its own variable.
    fn deep_hit(&self, change: &Change<'t>, item: &Var) -> bool {
        change.direct.is_none() && change.places.iter().any(|p| p.var == *item && p.key.is_none())
    }

    fn is_advanced(&self, change: &Change<'t>, source_vars: &[Var]) -> bool {
        self.text(change.node).starts_with("next(") && change.places.iter().any(|p| source_vars.contains(&p.var))
    }

    /// Whether every item of a source is a string or a number: `range(…)`, the lines of a text.
    fn is_item_of_plain(&self, var: &Var, source: Node<'t>) -> bool {
        let _ = var;
        Call::cast(source).and_then(|c| c.function()).is_some_and(|f| {
            self.builtin(f) == Some("range")
                || Attribute::cast(f)
                    .and_then(|a| a.name())
                    .is_some_and(|n| matches!(self.text(n), "splitlines" | "split" | "readlines" | "keys"))
        })
    }

    /// Whether the first of several targets is a key or an index.
    fn first_item_is_plain(&self, source: Node<'t>) -> bool {
        Call::cast(source).and_then(|c| c.function()).is_some_and(|f| {
            self.builtin(f) == Some("enumerate")
                || Attribute::cast(f)
                    .and_then(|a| a.name())
                    .is_some_and(|n| matches!(self.text(n), "items" | "iterrows"))
        })
    }

    /// Whether a variable holds strings and numbers only, or is only handed to parameters that take those.
    fn is_plain(&self, var: &Var, nodes: &[Node<'t>], found: &Catalogued<'t>) -> bool {
        let literal = |e: Node<'t>| {
            walk(e).all(|n| {
                matches!(
                    n.kind(),
                    "string"
                        | "string_start"
                        | "string_content"
                        | "string_end"
                        | "integer"
                        | "float"
                        | "true"
                        | "false"
                        | "none"
                        | "unary_operator"
                        | "escape_sequence"
                        | "concatenated_string"
                ) || !n.is_named()
            })
        };
        let bindings = self.names.bindings(var.scope, &var.name);
        let constant = !bindings.is_empty()
            && bindings.iter().all(|b| match b.bound {
                Bound::Value(Some(e)) => literal(e) || e.kind() == "string",
                Bound::Parameter(Some(a)) => matches!(self.text(a), "str" | "int" | "float" | "bool"),
                _ => false,
            });
        constant
            || nodes.iter().all(|n| {
                n.parent().filter(|p| p.kind() == "keyword_argument").is_some_and(|k| {
                    let own = k.parent().and_then(|l| l.parent()).is_some_and(|c| c.id() == found.call.0.id());
                    own && k
                        .child_by_field_name("name")
                        .is_some_and(|name| found.fact.plain.iter().any(|p| p == self.text(name)))
                })
            })
    }

    /// Checks the consuming part and finds its exits.
    fn consume_troubles(
        &self,
        body: Node<'t>,
        call: Node<'t>,
        slice: &Slice<'t>,
        before: &[Before<'t>],
        protected: bool,
        troubles: &mut Vec<Trouble<'t>>,
    ) -> Vec<(Node<'t>, String)> {
        let mut exits = Vec::new();
        let function = enclosing_scope(body);
        for node in walk(body).filter(|n| n.is_named() && !span(call).contains(span(*n))) {
            match node.kind() {
                "call" => {
                    if let Some(trouble) = self.opacity(Call(node)) {
                        troubles.push(trouble);
                    } else if matches!(self.classify(Call(node)), CallKind::Exit) {
                        exits.push((node, self.text(node).to_string()));
                    }
                }
                "break_statement"
                    if loop_of(node)
                        .is_some_and(|l| l.child_by_field_name("body").is_some_and(|b| b.id() == body.id())) =>
                {
                    exits.push((node, "break".into()))
                }
                "return_statement" if enclosing_scope(node) == function => exits.push((node, "return".into())),
                "function_definition" | "class_definition" => {
                    troubles.push(Trouble::not_analysed(node, "a definition inside the loop"))
                }
                "await" | "yield" => troubles.push(Trouble::not_analysed(node, "`await` or `yield` inside the loop")),
                "match_statement" => troubles.push(Trouble::not_analysed(node, "a `match` inside the loop")),
                "global_statement" | "nonlocal_statement" | "import_statement" | "import_from_statement" => {
                    troubles.push(Trouble::not_analysed(node, "a declaration or import inside the loop"));
                }
                "named_expression" => troubles.push(Trouble::not_analysed(node, "an assignment inside an expression")),
                _ => {}
            }
        }
        self.control_in_front(slice, before, protected, troubles);
        exits
    }

    /// Statements in front of the call that decide whether it is made must be guards that the work can evaluate itself.
    fn control_in_front(
        &self,
        slice: &Slice<'t>,
        before: &[Before<'t>],
        protected: bool,
        troubles: &mut Vec<Trouble<'t>>,
    ) {
        for step in before {
            let Before::Statement(statement, same_try) = *step else { continue };
            if slice.needs.iter().any(|n| matches!(n, Need::Statement(s, _) if s.id() == statement.id())) {
                continue;
            }
            let guard = self.skip_guard(statement);
            let mut control = walk(statement).filter(|n| {
                matches!(n.kind(), "continue_statement")
                    && loop_of(*n).is_some_and(|l| !span(statement).contains(span(l)))
                    || n.kind() == "break_statement"
                        && loop_of(*n).is_some_and(|l| !span(statement).contains(span(l)))
                        && If::cast(statement).is_none()
            });
            let own = guard.and_then(|_| If(statement).consequence()).and_then(|c| children(c).last());
            if let Some(node) = control.find(|n| Some(n.id()) != own.map(|o| o.id())) {
                troubles.push(Trouble::new(
                    Code::CHECK_THEN_ACT,
                    node,
                    "whether the call is made is decided in a way that is not analysed",
                    "write the guard as `if condition: continue` directly in the loop, with a condition that needs no answers",
                ));
            }
            if statement.kind() == "try_statement" {
                troubles.push(Trouble::not_analysed(statement, "a `try` block in front of the call"));
            }
            // Under the `try` of the call, a failure here means that no call is made.
            let raises = walk(statement).find(|n| match n.kind() {
                "subscript" | "raise_statement" | "assert_statement" | "binary_operator" => true,
                "call" => !matches!(self.classify(Call(*n)), CallKind::Print),
                _ => false,
            });
            if let (true, true, Some(node)) = (protected && same_try, guard.is_none(), raises) {
                troubles.push(
                    Trouble::not_analysed(node, "a statement that can fail under the same `try` in front of the call")
                        .with(statement),
                );
            }
        }
    }

    /// `if i >= N: break` as the first statement, with N a number and `i` counted from zero by `enumerate`.
    fn early_limit(
        &self,
        looped: For<'t>,
        peeled: &Peeled<'t>,
        body: Node<'t>,
        scope: ScopeId,
    ) -> Option<(String, Node<'t>)> {
        let index = peeled.index?;
        let guard = children(body)
            .next()
            .filter(|s| s.kind() == "if_statement" && s.child_by_field_name("alternative").is_none())?;
        let only: Vec<_> = If(guard).consequence().map(|c| children(c).collect()).unwrap_or_default();
        let condition = If(guard).condition()?;
        let operator = condition.child_by_field_name("operators")?;
        let (left, right) = (condition.named_child(0)?, condition.named_child(1)?);
        let compares = condition.kind() == "comparison_operator"
            && condition.named_child_count() == 2
            && matches!(self.text(operator), ">=" | "==");
        let breaks = matches!(only.as_slice(), [one] if one.kind() == "break_statement");
        if !compares
            || !breaks
            || self.text(left) != self.text(index)
            || looped.alternative().is_some()
            || !self.is_count(right)
        {
            return None;
        }
        // The loop variables end one item earlier than before.
        let after = self
            .binds(looped.left()?, scope)
            .iter()
            .any(|v| self.names.reads_of(scope, &v.name).any(|r| !span(looped.0).contains(span(r.node))));
        (!after && self.names.scope(scope).kind == ScopeKind::Function).then(|| (self.text(right).to_string(), guard))
    }

    /// A literal count, or a variable that is only ever one.
    fn is_count(&self, node: Node<'t>) -> bool {
        match node.kind() {
            "integer" => true,
            "identifier" => self.var(node).is_some_and(|v| {
                let bindings = self.names.bindings(v.scope, &v.name);
                !bindings.is_empty()
                    && bindings.iter().all(|b| matches!(b.bound, Bound::Value(Some(e)) if e.kind() == "integer"))
            }),
            _ => false,
        }
    }

    /// A loop that only appends to a list made directly in front of it.
    fn collects(
        &self,
        looped: For<'t>,
        slice: &Slice<'t>,
        call: Node<'t>,
        body: Node<'t>,
        scope: ScopeId,
        bare: bool,
    ) -> Option<Collect> {
        if !bare
            || looped.alternative().is_some()
            || ancestors(looped.0).any(|a| matches!(a.kind(), "try_statement" | "with_statement"))
        {
            return None;
        }
        let statements: Vec<_> = children(body).collect();
        let append = *statements.last()?;
        let inner = children(append).next().and_then(Call::cast)?;
        let method = inner.function().and_then(Attribute::cast)?;
        let list = method.object().filter(|o| o.kind() == "identifier")?;
        let arguments: Vec<_> = inner.args().collect();
        let ([value], "append") = (arguments.as_slice(), self.text(method.name()?)) else { return None };
        if value.kind() == "list_splat" || value.kind() == "keyword_argument" {
            return None;
        }
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
        let value_fine = walk(*value)
            .filter_map(Call::cast)
            .all(|c| c.0.id() == call.id() || span(call).contains(span(c.0)) || self.harmless(c, call));
        if !fine
            || !value_fine
            || self.reads(*value).contains_key(&list_var)
            || slice.needs.iter().any(|n| matches!(n, Need::SkipWhen(..)))
        {
            return None;
        }
        // The loop disappears: nothing may read its variables later.
        let whole = span(looped.0);
        let vars = self.binds(looped.0, scope);
        let read_outside =
            vars.iter().any(|v| self.names.reads_of(scope, &v.name).any(|r| !whole.contains(span(r.node))));
        let nested = self
            .names
            .scopes()
            .any(|(_, s)| vars.iter().any(|v| s.globals.contains(&v.name) || s.nonlocals.contains(&v.name)));
        (!read_outside && !nested).then(|| Collect {
            list: Some(self.text(list).to_string()),
            made: Some(span(made)),
            append: span(append),
            value: span(*value),
        })
    }

    /// A call on the answer without effects; `.json()` and the like of the answer itself included.
    fn harmless(&self, call: Call<'t>, waiting: Node<'t>) -> bool {
        if matches!(self.classify(call), CallKind::Pure) {
            return true;
        }
        if let CallKind::Function(def) = self.classify(call) {
            return self.summary(def).impure.is_none();
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

    fn stage_comprehension(
        &self,
        comprehension: ListComprehension<'t>,
        found: &Catalogued<'t>,
    ) -> Result<Pipeline, Trouble<'t>> {
        let node = comprehension.0;
        let call = found.call.0;
        let clauses: Vec<_> = children(node).filter(|c| matches!(c.kind(), "for_in_clause" | "if_clause")).collect();
        let ([clause], Some(value)) = (clauses.as_slice(), comprehension.body()) else {
            return Err(Trouble::not_analysed(node, "a comprehension with more than one `for` or with an `if`"));
        };
        let (Some(target), Some(source)) = (clause.child_by_field_name("left"), clause.child_by_field_name("right"))
        else {
            return Err(Trouble::not_analysed(node, "a comprehension that does not parse"));
        };
        if clause.child(0).is_some_and(|c| c.kind() == "async") || !span(value).contains(span(call)) {
            return Err(Trouble::not_analysed(node, "a call in a comprehension of a kind that is not analysed"));
        }
        let statement = statement_of(node);
        let simple = children(statement).next().is_some_and(|inner| match inner.kind() {
            "assignment" => {
                Assignment(inner).right().is_some_and(|r| r.id() == node.id())
                    && Assignment(inner).left().is_some_and(|l| l.kind() == "identifier")
            }
            _ => statement.kind() == "return_statement" && inner.id() == node.id(),
        });
        if !simple || !crate::syntax::layout::alone_on_lines(self.source, statement) {
            return Err(Trouble::not_analysed(node, "a comprehension inside a larger expression"));
        }
        if ancestors(statement)
            .take_while(|a| a.kind() != "function_definition")
            .any(|a| a.kind() == "with_statement" && With(a).is_async())
        {
            return Err(Trouble::not_analysed(node, "a comprehension in an `async with`"));
        }
        self.unconditional_within(call, value)?;
        let scope = self
            .names
            .opened_by(node)
            .ok_or_else(|| Trouble::not_analysed(node, "a comprehension that does not parse"))?;
        let needed = self.slice(call, &[], node, scope)?;
        let peeled = self.peel(source, target, &|v| needed.reads.contains_key(v))?;
        if peeled.source.id() != source.id() {
            return Err(Trouble::new(
                Code::NOT_ANALYSED,
                source,
                "a progress bar or `enumerate` in a comprehension",
                "write the comprehension as a loop, or leave out the bar: perfmod shows its own",
            ));
        }
        if let Some(trouble) = self.unsized_source(source) {
            return Err(trouble);
        }
        if walk(target).any(|n| matches!(n.kind(), "attribute" | "subscript" | "list_splat_pattern")) {
            return Err(Trouble::not_analysed(target, "a loop target other than plain names"));
        }
        if let Some(c) = walk(value)
            .filter_map(Call::cast)
            .find(|c| c.0.id() != call.id() && !span(call).contains(span(c.0)) && !self.harmless(*c, call))
        {
            return Err(Trouble::not_analysed(c.0, "an effect beside the call in a comprehension"));
        }
        if let Some(bad) = walk(value).find(|n| matches!(n.kind(), "named_expression" | "await" | "yield" | "lambda")) {
            return Err(Trouble::not_analysed(bad, "a comprehension with more than a call in it"));
        }
        Ok(Pipeline {
            statement: span(statement),
            looped: span(node),
            source: span(source),
            target: span(target),
            progress: false,
            prepare: Vec::new(),
            work: span(call),
            call: found.fact.clone(),
            client: found.client.as_ref().map(|c| Client { name: c.name.to_string(), fact: c.fact.clone() }),
            consume: vec![span(value)],
            carried: Vec::new(),
            protected: false,
            exits: Vec::new(),
            limit: None,
            collect: Some(Collect { list: None, made: None, append: span(value), value: span(value) }),
        })
    }

    fn unconditional_within(&self, call: Node<'t>, value: Node<'t>) -> Result<(), Trouble<'t>> {
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

/// The loop statement that a `break` or `continue` belongs to.
fn loop_of(node: Node<'_>) -> Option<Node<'_>> {
    ancestors(node)
        .take_while(|a| !matches!(a.kind(), "function_definition" | "lambda" | "class_definition"))
        .find(|a| matches!(a.kind(), "for_statement" | "while_statement"))
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

fn shared_trouble<'t>(
    file: &File<'t>,
    var: &Var,
    nodes: &[Node<'t>],
    change: &Change<'t>,
    in_guard: bool,
) -> Trouble<'t> {
    let read = nodes.first().copied().unwrap_or(change.node);
    let changed = file.text(change.node).lines().next().unwrap_or_default();
    let trouble = if in_guard {
        Trouble::new(
            Code::CHECK_THEN_ACT,
            read,
            format!("whether the call is made depends on `{}`, which the loop changes (`{changed}`)", var.name),
            "remove duplicates, or the items that are done already, before the loop",
        )
    } else {
        Trouble::new(
            Code::SHARED_ARGUMENT,
            read,
            format!("the call reads `{}`, and the loop may change it or something in it (`{changed}`)", var.name),
            "give each iteration its own copy, or collect the changes and make them behind the loop",
        )
    };
    trouble.with(change.node)
}

/// Long nodes are shown by their first line.
fn first_line(file: &File<'_>, node: Node<'_>) -> Span {
    let text = file.text(node);
    let line = text.find('\n').map_or(text.len(), |at| text[..at].trim_end().len());
    Span::new(node.start_byte(), node.start_byte() + line)
}
