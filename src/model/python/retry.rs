//! Retries that somebody wrote: where a failure leads to another try, and which of them can become the runtime's.

use super::calls::CallKind;
use super::receivers::decorators;
use super::{File, Grade, Trouble};
use crate::catalog::PythonFacts;
use crate::facts::{Code, Span};
use crate::model::Retry;
use crate::syntax::python::{Call, Function, Try};
use crate::syntax::{Node, ancestors, children, span, walk};

impl<'t> File<'t> {
    /// Whether a decorator tries a function again when it fails.
    pub(super) fn is_tried_again(&self, def: Node<'t>) -> bool {
        let facts = &self.catalog.python;
        decorators(def).filter_map(|d| children(d).next()).any(|e| {
            let named = Call::cast(e).and_then(|c| c.function()).unwrap_or(e);
            self.import_path(named).is_some_and(|p| PythonFacts::has(&facts.retry_decorators, &p))
        })
    }

    /// Whether the waits of a decorator that tries again are drawn from the stream of which a seed makes the program's own
    /// draws: which of those come behind how many waits is another matter with calls under way.
    pub(super) fn seeded_jitter(&self, decorator: Node<'t>, path: &str) -> Option<Trouble<'t>> {
        let call = Call::cast(decorator);
        let keyword = |name: &str| call.and_then(|c| c.keyword(self.source, name)).map(|v| self.text(v));
        let jitters = match path.split('.').next().unwrap_or(path) {
            "backoff" => keyword("jitter") != Some("None"),
            "tenacity" => keyword("wait").is_some_and(|w| w.contains("random") || w.contains("jitter")),
            "stamina" => !keyword("wait_jitter").is_some_and(|w| matches!(w, "0" | "0.0")),
            "retrying" => keyword("wait_random_min").is_some() || keyword("wait_random_max").is_some(),
            "retry" => keyword("jitter").is_some_and(|j| j.contains(',')),
            _ => false,
        };
        (jitters && self.program.seeds() && self.program.draws()).then(|| {
            Trouble::new(
                Code::RANDOM,
                decorator,
                "the waits between tries are drawn from `random`, for which a seed is set: after a failure, what the program draws behind it changes with the order of the calls",
                "draw from a `random.Random(seed)` of the program's own, which no wait touches",
            )
            .graded(Grade::Care)
        })
    }

    /// Whether a decorator of a function may call it several times, as far as its name does not tell otherwise.
    pub(super) fn has_unknown_decorator(&self, def: Node<'t>) -> bool {
        decorators(def).filter_map(|d| children(d).next()).any(|e| {
            let named = Call::cast(e).and_then(|c| c.function()).unwrap_or(e);
            let path = self.import_path(named).or_else(|| self.builtin(named).map(str::to_string));
            let facts = &self.catalog.python;
            !path.is_some_and(|p| {
                PythonFacts::has(&facts.marking_decorators, &p) || PythonFacts::has(&facts.cache_decorators, &p)
            })
        })
    }

    /// Whether a failure of a call leads to another try by the program: a handler around it that waits, asks again or calls
    /// the function itself, or a `try` inside a loop. Nothing outside `within` counts.
    pub(super) fn is_asked_again(&self, call: Node<'t>, within: Node<'t>) -> bool {
        let mut tried = false;
        for above in ancestors(call).take_while(|a| a.id() != within.id()) {
            match above.kind() {
                "try_statement" => {
                    let handlers = children(above).filter(|c| c.kind().starts_with("except"));
                    if handlers.flat_map(walk).filter_map(Call::cast).any(|c| self.tries_again(c, within)) {
                        return true;
                    }
                    tried = true;
                }
                "for_statement" | "while_statement" if tried => return true,
                _ => {}
            }
        }
        false
    }

    /// Whether a call in a handler belongs to another try.
    fn tries_again(&self, call: Call<'t>, within: Node<'t>) -> bool {
        let own = ancestors(within).find_map(Function::cast);
        matches!(self.classify(call), CallKind::Sleep(_))
            || self.catalogued(call).is_some()
            || self.callees(call).iter().any(|d| own.is_some_and(|o| o.0.id() == d.node.id()) || self.leads_to_wait(*d))
    }

    /// Whether a sleep is one between two tries, or between two looks at something that is waited for.
    pub(super) fn waits_for_another_try(&self, node: Node<'t>) -> bool {
        let again = ancestors(node)
            .take_while(|a| !matches!(a.kind(), "function_definition" | "lambda" | "for_statement"))
            .any(|a| matches!(a.kind(), "except_clause" | "while_statement"));
        again
            || ancestors(node)
                .take_while(|a| a.kind() != "function_definition")
                .any(|a| a.kind() == "for_statement" && walk(a).any(|t| Try::cast(t).is_some()))
    }

    /// The retry that is written around a call, where it can become the runtime's; why it cannot, otherwise. None where there
    /// is no loop of tries around the call in its function.
    pub(super) fn written_retry(&self, call: Node<'t>, body: Node<'t>) -> Option<Result<Retry, String>> {
        let inside = |n: &Node<'t>| span(body).contains(span(*n)) && n.id() != body.id();
        let tried = ancestors(call).take_while(inside).find(|a| a.kind() == "try_statement")?;
        let looped =
            ancestors(tried).take_while(inside).find(|a| matches!(a.kind(), "for_statement" | "while_statement"))?;
        Some(self.absorbable(call, tried, looped, body))
    }

    fn absorbable(&self, call: Node<'t>, tried: Node<'t>, looped: Node<'t>, body: Node<'t>) -> Result<Retry, String> {
        let no = |why: &str| Err(why.to_string());
        let shown = |n: Node<'t>| self.text(n).lines().next().unwrap_or_default().to_string();
        if looped.kind() == "while_statement" {
            return no("it may go on for ever, and the runtime gives up after ten minutes");
        }
        let field = |n: Node<'t>, name: &str| n.child_by_field_name(name);
        let (Some(target), Some(source), Some(inner)) =
            (field(looped, "left"), field(looped, "right"), field(looped, "body"))
        else {
            return no("its loop is of another form");
        };
        let range = Call::cast(source).filter(|c| c.function().is_some_and(|f| self.builtin(f) == Some("range")));
        let Some(count) = range.and_then(|c| c.args().next()).filter(|_| range.is_some_and(|c| c.args().count() == 1))
        else {
            return no("its loop does not count tries with `range(N)`");
        };
        if !self.is_surely_a_number_of_tries(count) {
            return Err(format!("`{}` may be 0, and then it makes no call", shown(count)));
        }
        if self.source.text.contains("max_retries") {
            return no("the client is told how often it may ask again (`max_retries`), and the runtime keeps to that");
        }
        let statements: Vec<Node<'t>> = children(inner).collect();
        let last = children(body).last();
        let behind: Vec<Node<'t>> = children(body).skip_while(|s| s.id() != looped.id()).skip(1).collect();
        if target.kind() != "identifier"
            || field(looped, "alternative").is_some()
            || !matches!(statements.as_slice(), [one] if one.id() == tried.id())
            || looped.parent().is_none_or(|p| p.id() != body.id())
        {
            return no("its loop is of another form than tries and nothing else, at the end of a function");
        }
        let whole = Span::new(looped.start_byte(), last.unwrap_or(looped).end_byte());
        if walk(body).any(|n| n.kind() == "comment" && whole.contains(span(n))) {
            return no("there are comments in it, which would be lost");
        }
        let (Some(attempt), handlers) =
            (field(tried, "body"), children(tried).filter(|c| c.kind() == "except_clause").collect::<Vec<_>>())
        else {
            return no("its `try` does not parse");
        };
        let [handler] = handlers.as_slice() else { return no("it has several handlers") };
        if children(tried).any(|c| matches!(c.kind(), "finally_clause" | "else_clause" | "except_group_clause")) {
            return no("its `try` has more than a handler");
        }
        let attempts: Vec<Node<'t>> = children(attempt).collect();
        let [given] = attempts.as_slice() else { return no("it tries more than the call") };
        let value = children(*given).next().filter(|_| given.kind() == "return_statement");
        let Some(value) = value else { return no("it does not return what the call gives") };
        let around = [Span::new(value.start_byte(), call.start_byte()), Span::new(call.end_byte(), value.end_byte())];
        let chain = ancestors(call).take_while(|a| a.id() != given.id()).all(|a| {
            matches!(a.kind(), "attribute" | "await")
                || a.kind() == "subscript"
                    && !walk(a)
                        .skip(1)
                        .any(|n| n.kind() == "call" && n.id() != call.id() && !span(call).contains(span(n)))
        });
        if !chain || around.iter().any(|s| self.source.slice(*s).contains('\n')) {
            return no("it tries more than the call");
        }
        if walk(value).any(|n| n.kind() == "identifier" && self.text(n) == self.text(target)) {
            return Err(format!("the call reads `{}`", self.text(target)));
        }
        // What it catches, and what it does then.
        let parts: Vec<Node<'t>> = children(*handler).collect();
        let Some(caught) = parts.first().filter(|c| c.kind() != "block") else { return no("it catches everything") };
        let named = if caught.kind() == "as_pattern" { children(*caught).next().unwrap_or(*caught) } else { *caught };
        let classes: Vec<Node<'t>> = if named.kind() == "tuple" { children(named).collect() } else { vec![named] };
        for class in &classes {
            let passing = self.import_path(*class).is_some_and(|path| self.catalog.is_passing(&path));
            if !passing {
                return Err(format!(
                    "it catches `{}`, after which the runtime does not always ask again",
                    shown(*class)
                ));
            }
        }
        let block =
            parts.last().filter(|c| c.kind() == "block").map(|b| children(*b).collect::<Vec<_>>()).unwrap_or_default();
        let (mut raises, mut sleeps) = (false, Vec::new());
        for statement in block {
            let inner = children(statement).next();
            match statement.kind() {
                "continue_statement" | "pass_statement" => {}
                "if_statement" if self.raises_at_last(statement, target, count) => raises = true,
                "expression_statement" if inner.is_some_and(|e| self.only_waits(e)) => {
                    sleeps.extend(walk(statement).find(|n| n.kind() == "call").map(span));
                }
                _ => return Err(format!("its handler does more than wait: `{}`", shown(statement))),
            }
        }
        let nothing =
            |s: &Node<'t>| s.kind() == "return_statement" && children(*s).next().is_none_or(|v| v.kind() == "none");
        if behind.len() > 1 || raises && !behind.is_empty() || !behind.iter().all(nothing) {
            return no("what happens after the last try is more than that nothing is returned");
        }
        let gives_none = (!raises).then(|| span(named));
        Ok(Retry { statements: whole, value: span(value), gives_none, sleeps })
    }

    /// Whether an expression is a number above 0: a literal, or a variable that is set once, to one.
    fn is_surely_a_number_of_tries(&self, count: Node<'t>) -> bool {
        let above = |n: Node<'t>| n.kind() == "integer" && self.text(n).parse::<u32>().is_ok_and(|n| n > 0);
        if above(count) {
            return true;
        }
        let Some(var) = self.var(count).filter(|_| count.kind() == "identifier") else { return false };
        let home = self.home(&var);
        let [one] = home.names.bindings(var.scope, &var.name) else { return false };
        let assignment = one.node.parent().filter(|p| p.kind() == "assignment");
        assignment.and_then(|a| a.child_by_field_name("right")).is_some_and(above)
    }

    /// `if attempt == N - 1: raise`, of a loop over `range(N)`.
    fn raises_at_last(&self, statement: Node<'t>, target: Node<'t>, count: Node<'t>) -> bool {
        let (Some(test), Some(then)) =
            (statement.child_by_field_name("condition"), statement.child_by_field_name("consequence"))
        else {
            return false;
        };
        let raises = matches!(children(then).collect::<Vec<_>>().as_slice(), [one] if self.text(*one) == "raise");
        let (left, right) = match self.text(test).split_once("==") {
            Some((left, right)) => (left.trim(), right.trim()),
            None => return false,
        };
        let count = self.text(count);
        let before = count.parse::<u32>().ok().and_then(|n| n.checked_sub(1)).map(|n| n.to_string());
        let is_last = |text: &str| text == format!("{count} - 1") || before.as_deref() == Some(text);
        let other = statement.child_by_field_name("alternative").is_some();
        raises && !other && left == self.text(target) && is_last(right)
    }

    /// Whether an expression is a sleep whose length is put together without calls.
    fn only_waits(&self, expression: Node<'t>) -> bool {
        let inner = if expression.kind() == "await" { children(expression).next() } else { Some(expression) };
        let Some(call) = inner.and_then(Call::cast) else { return false };
        matches!(self.classify(call), CallKind::Sleep(_))
            && call.args().flat_map(walk).all(|n| !matches!(n.kind(), "call" | "string" | "named_expression" | "await"))
    }
}
