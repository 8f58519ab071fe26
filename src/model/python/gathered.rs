//! Calls that are made at once already: coroutines or tasks in a list, and what takes their answers.

use super::calls::CallKind;
use super::collect::Appended;
use super::names::{Bound, ScopeKind};
use super::receivers::{Def, Meaning};
use super::{File, Var};
use crate::model::Gathering;
use crate::syntax::python::{Assignment, Attribute, Call, For, Keyword, With, statement_of};
use crate::syntax::{Node, ancestors, children, span, walk};

/// All calls of a loop or comprehension, made at once.
#[derive(Debug, Clone)]
pub(super) struct Gathered<'t> {
    /// What gives the answers: an expression, or a loop that only awaits.
    pub answers: Node<'t>,
    /// The list that such a loop fills.
    pub list: Option<&'t str>,
    /// The statements that only the list of calls needs, a loop of its own left out.
    pub gone: Vec<Node<'t>>,
    /// The progress bar that goes with the answers: its class, and its options.
    pub bar: Option<(Node<'t>, Vec<Node<'t>>)>,
    /// Whether a failure is an answer.
    pub failures: bool,
}

impl Gathered<'_> {
    /// Why its answers cannot be kept in place of making the calls again.
    pub fn unkept(&self) -> Option<String> {
        self.failures.then(|| "a failure is one of the answers".into())
    }

    /// The same as a pipeline has it.
    pub fn told(&self) -> Gathering {
        Gathering {
            answers: span(self.answers),
            list: self.list.map(str::to_string),
            gone: self.gone.iter().map(|n| span(*n)).collect(),
            bar: self.bar.as_ref().map(|(class, options)| (span(*class), options.iter().map(|o| span(*o)).collect())),
            failures: self.failures,
        }
    }
}

impl<'t> File<'t> {
    /// What a coroutine is given to that starts it at once, `asyncio.create_task(…)`; the coroutine's own call where there is
    /// none.
    pub(super) fn started(&self, call: Node<'t>) -> Node<'t> {
        let around =
            call.parent().filter(|p| p.kind() == "argument_list").and_then(|l| l.parent()).and_then(Call::cast);
        around.filter(|c| c.args().count() == 1 && self.starts(*c)).map_or(call, |c| c.0)
    }

    pub(super) fn starts(&self, call: Call<'t>) -> bool {
        let Some(function) = call.function() else { return false };
        if let Some(path) = self.import_path(function) {
            return matches!(path.as_str(), "asyncio.create_task" | "asyncio.ensure_future");
        }
        let method = Attribute::cast(function);
        let named = method.and_then(|m| m.name()).is_some_and(|n| self.text(n) == "create_task");
        let object = method.and_then(|m| m.object()).filter(|o| named && o.kind() == "identifier");
        let made = object.and_then(|o| self.names.single(self.names.scope_at(o), self.text(o)));
        made.is_some_and(|(_, binding)| match binding.bound {
            Bound::Value(Some(value)) => Call::cast(value).and_then(|c| c.function()).is_some_and(|f| {
                let path = self.import_path(f);
                matches!(path.as_deref(), Some("asyncio.get_event_loop" | "asyncio.get_running_loop"))
            }),
            _ => false,
        })
    }

    /// Whether a call makes a coroutine, or starts a task, of a list whose answers are all taken at once.
    pub(super) fn is_gathered(&self, call: Node<'t>) -> bool {
        let element = self.started(call);
        ancestors(call).take_while(|a| a.kind() != "function_definition").find_map(|a| match a.kind() {
            "for_statement" => Some(self.gathered_loop(For(a)).is_some_and(|(_, value)| value.id() == element.id())),
            kind if kind.ends_with("comprehension") || kind == "generator_expression" => {
                Some(self.gathered(a).is_some())
            }
            _ => None,
        }) == Some(true)
    }

    /// What takes the answers of all calls of a comprehension at once: with the comprehension in it, or with a list that is
    /// made of it directly in front and used for nothing else.
    pub(super) fn gathered(&self, node: Node<'t>) -> Option<Gathered<'t>> {
        if let Some(splat) = node.parent().filter(|p| p.kind() == "list_splat") {
            return self.awaited_gather(splat, None);
        }
        let made = statement_of(node);
        let assignment = children(made).next().and_then(Assignment::cast)?;
        let name = assignment.left().filter(|l| l.kind() == "identifier")?;
        if assignment.right().is_none_or(|r| r.id() != node.id()) || node.kind() != "list_comprehension" {
            return None;
        }
        let is_started = node.child_by_field_name("body").and_then(Call::cast).is_some_and(|c| self.starts(c));
        let mut found = self.answers_of(&self.var(name)?, made, None, is_started)?;
        found.gone.push(made);
        crate::syntax::layout::alone_on_lines(self.source, made).then_some(found)
    }

    /// The same for a loop that does nothing but make the list, and the element that it appends.
    pub(super) fn gathered_loop(&self, looped: For<'t>) -> Option<(Gathered<'t>, Node<'t>)> {
        if looped.is_async() || looped.alternative().is_some() {
            return None;
        }
        let Appended { statement, list, value } = self.appended(looped.body()?)?;
        let leaves = |n: Node<'t>| {
            matches!(n.kind(), "await" | "yield" | "break_statement" | "continue_statement" | "return_statement")
        };
        if walk(looped.body()?).any(leaves) {
            return None;
        }
        let var = self.var(list)?;
        let is_started = Call::cast(value).is_some_and(|c| self.starts(c));
        let mut found = self.answers_of(&var, looped.0, Some(statement), is_started)?;
        let made = self.made_empty(&var)?;
        let same_block = made.parent().map(|p| p.id()) == looped.0.parent().map(|p| p.id());
        let in_front = made.end_byte() <= looped.0.start_byte();
        found.gone.push(made);
        (same_block && in_front).then_some((found, value))
    }

    /// The statement `x = []` that is the only one to bind a variable.
    fn made_empty(&self, var: &Var) -> Option<Node<'t>> {
        let [one] = self.names.bindings(var.scope, &var.name) else { return None };
        let made = statement_of(one.node);
        let right = children(made).next().and_then(Assignment::cast).and_then(|a| a.right());
        let plain =
            right.is_some_and(|r| self.text(r) == "[]") && crate::syntax::layout::alone_on_lines(self.source, made);
        plain.then_some(made)
    }

    /// What takes the answers of the calls in a variable's list, directly behind the statement that fills the list. Nothing
    /// else reads the list but what `filled` holds.
    fn answers_of(
        &self,
        var: &Var,
        made: Node<'t>,
        filled: Option<Node<'t>>,
        is_started: bool,
    ) -> Option<Gathered<'t>> {
        let local = self.names.scope(var.scope).kind == ScopeKind::Function;
        if !local || var.file != self.id || self.names.bindings(var.scope, &var.name).len() != 1 {
            return None;
        }
        let reads: Vec<Node<'t>> = self
            .names
            .reads_of(var.scope, &var.name)
            .map(|r| r.node)
            .filter(|n| filled.is_none_or(|f| !span(f).contains(span(*n))))
            .collect();
        let first = reads.iter().copied().find(|n| !self.is_counted(*n))?;
        let found = match first.parent().filter(|p| p.kind() == "list_splat") {
            Some(splat) => self.awaited_gather(splat, Some(var))?,
            None if is_started => self.awaited_in_order(first)?,
            None => return None,
        };
        let mut next = made.next_sibling();
        while next.is_some_and(|n| n.kind() == "comment") {
            next = next.and_then(|n| n.next_sibling());
        }
        let statement = found.gone.first().copied().unwrap_or_else(|| statement_of(found.answers));
        let once = matches!(statement.kind(), "expression_statement" | "return_statement" | "for_statement");
        let all = reads.iter().all(|r| r.id() == first.id() || span(found.answers).contains(span(*r)));
        (once && all && next.is_some_and(|n| n.id() == statement.id())).then_some(found)
    }

    /// `len(tasks)`.
    fn is_counted(&self, read: Node<'t>) -> bool {
        let call = read.parent().and_then(|l| l.parent()).and_then(Call::cast);
        call.and_then(|c| c.function()).is_some_and(|f| self.builtin(f) == Some("len"))
    }

    /// The `await` around an `asyncio.gather` or one of tqdm's that has nothing but these calls and options that are kept.
    pub(super) fn awaited_gather(&self, splat: Node<'t>, list: Option<&Var>) -> Option<Gathered<'t>> {
        let call =
            splat.parent().filter(|l| l.kind() == "argument_list").and_then(|l| l.parent()).and_then(Call::cast)?;
        let function = call.function()?;
        let path = self.import_path(function)?;
        let answers = call.0.parent().filter(|p| p.kind() == "await")?;
        let options: Vec<Node<'t>> = call.args().filter(|a| a.id() != splat.id()).collect();
        let named = |o: &Node<'t>| Keyword::cast(*o).and_then(|k| k.name()).map(|n| self.text(n));
        let found = Gathered { answers, list: None, gone: Vec::new(), bar: None, failures: false };
        if path == "asyncio.gather" {
            let told = |o: &Node<'t>| {
                let value = Keyword::cast(*o).and_then(|k| k.value()).map(|v| v.kind());
                (named(o) == Some("return_exceptions"))
                    .then_some(value == Some("true"))
                    .filter(|_| matches!(value, Some("true" | "false")))
            };
            return match options.as_slice() {
                [] => Some(found),
                [one] => told(one).map(|failures| Gathered { failures, ..found }),
                _ => None,
            };
        }
        if !path.starts_with("tqdm.") || !path.ends_with(".gather") || self.text(call.0).contains('#') {
            return None;
        }
        // The bar counts what it is given by itself.
        let counts = |o: &Node<'t>| {
            named(o) == Some("total")
                && list.is_some_and(|list| {
                    let value = Keyword::cast(*o).and_then(|k| k.value());
                    value.is_some_and(|v| {
                        walk(v).any(|n| {
                            n.kind() == "identifier" && self.var(n).as_ref() == Some(list) && self.is_counted(n)
                        }) && Call::cast(v).is_some()
                    })
                })
        };
        let options: Vec<Node<'t>> = options.into_iter().filter(|o| !counts(o)).collect();
        let kept = options.iter().all(|o| named(o).is_some_and(|n| !matches!(n, "timeout" | "loop" | "iterable")));
        let class = Attribute::cast(function)?.object()?;
        kept.then_some(Gathered { bar: Some((class, options)), ..found })
    }

    /// `[await task for task in tasks]`, or `answers = []` and a loop that does the same.
    fn awaited_in_order(&self, tasks: Node<'t>) -> Option<Gathered<'t>> {
        let around = tasks.parent()?;
        let awaits = |value: Node<'t>, target: Node<'t>| {
            let awaited = value.named_child(0).filter(|_| value.kind() == "await");
            target.kind() == "identifier" && awaited.is_some_and(|a| self.text(a) == self.text(target))
        };
        let found = Gathered { answers: around, list: None, gone: Vec::new(), bar: None, failures: false };
        if around.kind() == "for_in_clause" {
            let whole = around.parent().filter(|p| p.kind() == "list_comprehension")?;
            let alone = children(whole).filter(|c| matches!(c.kind(), "for_in_clause" | "if_clause")).count() == 1;
            let plain = awaits(whole.child_by_field_name("body")?, around.child_by_field_name("left")?);
            return (alone && plain && !self.text(whole).contains('#')).then_some(Gathered { answers: whole, ..found });
        }
        let looped = For::cast(around).filter(|f| f.right().is_some_and(|r| r.id() == tasks.id()) && !f.is_async())?;
        let Appended { list, value, statement } = self.appended(looped.body()?)?;
        let only = children(looped.body()?).all(|s| s.id() == statement.id()) && looped.alternative().is_none();
        let plain = only && awaits(value, looped.left()?) && !self.text(looped.0).contains('#');
        // The list is made directly in front, and nothing looks at it, or at the loop's own variable, elsewhere.
        let var = self.var(list)?;
        let made = self.made_empty(&var).filter(|m| m.next_sibling().is_some_and(|n| n.id() == looped.0.id()))?;
        let task = self.var(looped.left()?)?;
        let read = self.names.reads_of(task.scope, &task.name).any(|r| !span(looped.0).contains(span(r.node)));
        let local = self.names.scope(var.scope).kind == ScopeKind::Function;
        (plain && !read && local).then(|| Gathered {
            answers: looped.0,
            list: Some(self.text(list)),
            gone: vec![made],
            ..found
        })
    }

    /// Whether what a call hands to a worker is waited for in the same turn of its loop: `await to_thread(…)`,
    /// `submit(…).result()`, or the same by a variable.
    pub(super) fn is_waited_for(&self, call: Call<'t>) -> bool {
        let takes = |node: Node<'t>| {
            node.parent().is_some_and(|p| {
                let method = Attribute::cast(p).and_then(|a| a.name()).map(|n| self.text(n));
                p.kind() == "await"
                    || matches!(method, Some("result" | "get" | "join"))
                        && p.parent()
                            .and_then(Call::cast)
                            .is_some_and(|c| c.function().is_some_and(|f| f.id() == p.id()))
            })
        };
        if takes(call.0) {
            return true;
        }
        let Some(body) = super::loops::loops_around(call.0).first().and_then(|l| l.child_by_field_name("body")) else {
            return false;
        };
        let assigned = call.0.parent().and_then(Assignment::cast).and_then(|a| a.left());
        let var = assigned.filter(|l| l.kind() == "identifier").and_then(|l| self.var(l));
        var.is_some_and(|var| {
            // A task that is kept for later is not waited for here.
            let own =
                |n: &Node<'t>| self.reaching(*n).is_none_or(|b| assigned.is_some_and(|name| b.node.id() == name.id()));
            let reads = || self.names.reads_of(var.scope, &var.name).map(|r| r.node).filter(own);
            let here = |n: Node<'t>| span(body).contains(span(n)) && n.start_byte() > call.0.end_byte();
            let starts = |n: Node<'t>| {
                let method = n.parent().and_then(Attribute::cast).and_then(|a| a.name());
                method.is_some_and(|m| self.text(m) == "start")
            };
            let nested = |n: Node<'t>| super::loops::loops_around(n).first().map(|l| l.id());
            reads().any(|n| here(n) && takes(n) && nested(n) == nested(call.0))
                && reads().all(|n| here(n) && (takes(n) || starts(n)))
        })
    }

    /// Why calls that are made at once, and of which nobody sees a bound, stay as they are.
    pub(super) fn no_bound(&self, call: Node<'t>) -> &'static str {
        let scope = ancestors(call).find(|a| a.kind() == "function_definition").unwrap_or(call);
        let taken = |path: &str| {
            let calls = || walk(scope).filter_map(Call::cast).filter_map(|c| c.function());
            calls().any(|f| self.import_path(f).is_some_and(|p| p.starts_with("asyncio.") && p.ends_with(path)))
        };
        if taken(".as_completed") {
            "their answers are taken in the order in which they come, and no recipe keeps that: a semaphore in the coroutine bounds them"
        } else if taken(".wait") {
            "no recipe writes what `asyncio.wait` gives: a semaphore in the coroutine bounds them"
        } else {
            "no recipe puts a bound on calls that are made at once in this way yet"
        }
    }

    /// Whether something on the way down to what waits holds back others: a semaphore, a lock, a limiter.
    pub(super) fn is_bounded(&self, call: Node<'t>) -> bool {
        let CallKind::Functions(first) = self.classify(Call(call)) else { return false };
        self.are_bounded(first)
    }

    /// The same for functions.
    pub(super) fn are_bounded(&self, mut pending: Vec<Def<'t>>) -> bool {
        let mut seen: Vec<Def<'t>> = Vec::new();
        while let Some(def) = pending.pop() {
            let Some(file) = self.program.at(def.file).filter(|_| !seen.contains(&def)) else { continue };
            seen.push(def);
            if super::receivers::decorators(def.node).any(|d| limits(file.text(d))) || file.holds_back(def.node) {
                return true;
            }
            let calls = walk(def.node).filter_map(Call::cast);
            pending.extend(calls.flat_map(|c| file.callees(c)));
        }
        false
    }

    fn holds_back(&self, def: Node<'t>) -> bool {
        let acquires = walk(def)
            .filter_map(Call::cast)
            .filter_map(|c| c.function())
            .any(|f| Attribute::cast(f).and_then(|a| a.name()).is_some_and(|n| self.text(n) == "acquire"));
        acquires
            || walk(def)
                .filter_map(With::cast)
                .filter(|w| w.is_async())
                .flat_map(|w| w.items().collect::<Vec<_>>())
                .any(|item| {
                    let Some((context, _)) = item.parts() else { return false };
                    // What is entered by a name alone, and is not known to be something else, was made to be waited for.
                    let meaning = self.meaning(context);
                    let other = meaning.all.iter().any(|m| match m {
                        Meaning::Made(path, _) => !limits(path),
                        Meaning::Library(path) => !limits(path),
                        _ => true,
                    });
                    let named = Call::cast(context).and_then(|c| c.function()).unwrap_or(context);
                    limits(self.text(named)) || context.kind() != "call" && !other
                })
    }
}

/// Whether a name speaks of something that bounds how many may do something at once.
fn limits(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["sem", "limit", "lock", "throttl", "bucket", "slot"].iter().any(|word| text.contains(word))
}
