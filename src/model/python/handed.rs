//! Calls that are handed to a worker or made a task and waited for at once, so that one is under way at a time:
//! `pool.submit(ask, x).result()` says what `ask(x)` says. Here is what to write in a loop so that it says so plainly; a loop
//! is analysed in that form, and an executor that nobody else uses goes.

use super::File;
use super::loops::loops_around;
use super::names::{Binding, Bound, ScopeKind};
use super::receivers::Meaning;
use crate::facts::{Code, Span};
use crate::syntax::python::{Assignment, Attribute, Call, Function, Keyword, With, statement_of};
use crate::syntax::{Node, ancestors, children, layout, span, walk};

/// The executor whose workers see what the program's own thread sees.
const THREADS: [&str; 2] = ["concurrent.futures.ThreadPoolExecutor", "concurrent.futures.thread.ThreadPoolExecutor"];

/// Where nothing but a name or a value is read in front of a result: the way up from it.
const PLAIN: [&str; 15] = [
    "argument_list",
    "call",
    "keyword_argument",
    "assignment",
    "attribute",
    "subscript",
    "tuple",
    "expression_list",
    "list",
    "dictionary",
    "pair",
    "binary_operator",
    "parenthesized_expression",
    "interpolation",
    "string",
];

/// A loop that waits at once for what it hands over, and what makes plain calls of that. No line moves: what goes leaves an
/// empty line.
#[derive(Debug, Clone)]
pub struct Handed {
    /// The loop: the innermost around the calls.
    pub looped: Span,
    /// What stands in place of what, in the order of the text.
    pub edits: Vec<Written>,
    /// How many the program lets run at once, where it says so.
    pub at_once: Option<usize>,
}

/// One change of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// What is replaced.
    pub span: Span,
    /// By what.
    pub text: String,
    /// Whether these are whole lines of which nothing is left.
    pub gone: bool,
}

/// An executor, as far as a submitted call must know it.
struct Pool<'t> {
    at_once: Option<usize>,
    /// The `with` that holds it, or the statement that makes it.
    made: Node<'t>,
    /// What reads its name; empty where it is not a variable of the function or of a `with`.
    reads: Vec<Node<'t>>,
}

/// A call that is waited for where it is handed over, or in the statement behind.
struct Waited<'t> {
    call: Call<'t>,
    edits: Vec<Written>,
    pool: Option<Pool<'t>>,
}

impl<'t> File<'t> {
    /// The loops that wait at once for what they hand over, each with what makes plain calls of it, and those that count by a
    /// `while`, with what makes a `for` of them. `seen` tells whether other files may look at this one's variables.
    pub fn handed(&self, seen: &dyn Fn() -> bool) -> Vec<Handed> {
        self.handed_over(seen).into_iter().chain(self.counted_loops()).collect()
    }

    fn handed_over(&self, seen: &dyn Fn() -> bool) -> Vec<Handed> {
        let text = &self.source.text;
        if !["submit(", "create_task(", "ensure_future("].iter().any(|word| text.contains(word))
            || self.asks_for_thread().is_some()
        {
            return Vec::new();
        }
        let mut loops: Vec<(Node<'t>, Option<Vec<Waited<'t>>>)> = Vec::new();
        for call in walk(self.source.root()).filter_map(Call::cast).filter(|c| self.hands_on(*c)) {
            let Some(looped) = loops_around(call.0).first().copied() else { continue };
            let waited = self.waited(call);
            match loops.iter_mut().find(|(l, _)| l.id() == looped.id()) {
                // Where one is not waited for, the loop overlaps something of its own accord.
                Some((_, all)) => {
                    *all = all.take().zip(waited).map(|(all, one)| all.into_iter().chain([one]).collect())
                }
                None => loops.push((looped, waited.map(|one| vec![one]))),
            }
        }
        let all = loops.iter().filter_map(|(l, found)| Some((*l, found.as_ref()?))).collect::<Vec<_>>();
        all.into_iter().filter_map(|(looped, found)| self.plainly(looped, found, seen)).collect()
    }

    /// A word of the file that asks which thread it runs in, or keeps something for each.
    fn asks_for_thread(&self) -> Option<&'t str> {
        let words = self.catalog.python.thread_words.iter().map(String::as_str);
        let text = &self.source.text;
        // A task stays in its loop.
        let of_tasks = |word: &&str| text.contains("submit(") || !word.ends_with("_loop");
        words.filter(of_tasks).filter(|word| text.contains(word)).min()
    }

    /// Why a call that is handed over and waited for at once stays as it is, and what could be done.
    pub(super) fn why_handed(&self, call: Call<'t>) -> (String, &'static str) {
        let looped = loops_around(call.0).first().copied();
        let handing = looped.into_iter().flat_map(walk).filter_map(Call::cast).filter(|c| self.hands_on(*c)).count();
        let slow = match handing {
            0 | 1 => "so one is under way at a time",
            _ => "so no more are under way than one item makes",
        };
        let method = call.function().and_then(Attribute::cast);
        let name = method.and_then(|m| m.name()).or(call.function()).map_or("", |n| self.text(n));
        if self.starts(call) {
            return (
                format!("the call is made a task and awaited in the same iteration, {slow}"),
                "await the coroutine itself where its answer is needed, and perfmod can make the calls run ahead",
            );
        }
        if matches!(name, "to_thread" | "run_in_executor") {
            return (
                format!("each call goes to a thread and is awaited there, {slow}"),
                "await an asynchronous client in its place, and perfmod can make the calls run ahead; or gather the threads' answers, under a semaphore",
            );
        }
        let timed = |n: Node<'t>| {
            let wait = n.parent().filter(|p| p.kind() == "attribute").and_then(|p| p.parent()).and_then(Call::cast);
            wait.is_some_and(|w| w.args().next().is_some())
        };
        let assigned = call.0.parent().and_then(Assignment::cast).and_then(|a| a.left()).and_then(|l| self.var(l));
        let mut reads = assigned.iter().flat_map(|v| self.names.reads_of(v.scope, &v.name)).map(|r| r.node);
        if name == "submit" && (timed(call.0) || reads.any(timed)) {
            return (
                format!("the result is waited for with a time-out that ends the wait and not the call, {slow}"),
                "give the time-out to the call itself, and wait for its result without one",
            );
        }
        let made = method.and_then(|m| m.object()).and_then(|o| self.made_by(o));
        let made = made.and_then(|(made, ..)| Some((made, self.import_path(made.function()?)?)));
        if let Some((made, path)) = made.filter(|_| name == "submit") {
            if path.contains("Process") {
                return (
                    format!(
                        "the call is handed to a process and waited for at once, {slow}; what it changes stays there"
                    ),
                    "call the function itself in the loop where it only asks and answers",
                );
            }
            if THREADS.contains(&path.as_str()) && self.at_once(made).is_none() {
                return (
                    format!(
                        "the call is handed to `{}` and waited for at once, {slow}: perfmod keeps to a number of workers above one that it can read, and to workers that nothing prepares",
                        self.text(made.0)
                    ),
                    "call the function itself in the loop, and perfmod can make the calls run ahead",
                );
            }
        }
        if let Some(word) = self.asks_for_thread().filter(|_| name == "submit") {
            return (
                format!(
                    "the call is handed to a worker and waited for at once, {slow}; `{word}` in the file is of one thread, and a worker's may differ"
                ),
                "where the function needs nothing of its worker's thread, call it in the loop itself, and perfmod can make the calls run ahead",
            );
        }
        (
            format!("the call is handed to a worker and waited for at once, {slow}"),
            "call the function itself in the loop, and perfmod can make the calls run ahead; or hand all over first, and take the results in a second loop",
        )
    }

    /// One loop of calls that are waited for, written plainly.
    fn plainly(&self, looped: Node<'t>, found: &[Waited<'t>], seen: &dyn Fn() -> bool) -> Option<Handed> {
        let module = |n: Node<'t>| self.names.scope(self.names.scope_at(n)).kind == ScopeKind::Module;
        if module(looped) && seen() {
            return None;
        }
        let mut edits: Vec<Written> = found.iter().flat_map(|w| w.edits.iter().cloned()).collect();
        let submits: Vec<Span> = found.iter().map(|w| span(w.call.0)).collect();
        let mut gone: Vec<Node<'t>> = Vec::new();
        for pool in found.iter().filter_map(|w| w.pool.as_ref()) {
            if gone.iter().any(|g| g.id() == pool.made.id()) {
                continue;
            }
            let ours = |r: &&Node<'t>| submits.iter().any(|s| s.contains(span(**r)));
            let closes = |r: &Node<'t>| self.shutdown(*r);
            let rest: Vec<Node<'t>> = pool.reads.iter().filter(|r| !ours(r)).copied().collect();
            // Closed in front of a call or on the way, it would refuse the call; who else has it may close it.
            let later = |r: &Node<'t>| r.start_byte() >= looped.end_byte();
            let hands_over = |r: &Node<'t>| {
                let call = r.parent().and_then(|p| p.parent()).and_then(Call::cast);
                call.is_some_and(|c| self.is_submit(c) && c.function().is_some_and(|f| span(f).contains(span(*r))))
            };
            if rest.iter().any(|r| !(hands_over(r) || later(r) && closes(r).is_some())) {
                return None;
            }
            if pool.reads.is_empty() || rest.iter().any(|r| closes(r).is_none()) {
                continue;
            }
            let without = match With::cast(pool.made) {
                Some(with) if rest.is_empty() => self.unwrapped(with, &edits),
                Some(_) => None,
                None if module(pool.made) && seen() => None,
                None => {
                    let closing = rest.iter().filter_map(closes);
                    closing.chain([pool.made]).map(|s| self.line_gone(s)).collect::<Option<Vec<_>>>()
                }
            };
            if let Some(without) = without {
                edits.extend(without);
                gone.push(pool.made);
            }
        }
        edits.sort_by_key(|e| (e.span.start, e.span.end));
        let disjoint = edits.windows(2).all(|pair| pair[0].span.end <= pair[1].span.start);
        let at_once = found.iter().filter_map(|w| w.pool.as_ref()?.at_once).min();
        disjoint.then(|| Handed { looped: span(looped), edits, at_once })
    }

    /// A call that hands over, written as the call that it stands for.
    fn waited(&self, call: Call<'t>) -> Option<Waited<'t>> {
        let (made, pool) = match self.is_submit(call) {
            true => {
                let pool = self.pool_of(Attribute::cast(call.function()?)?.object()?)?;
                (self.submitted(call)?, Some(pool))
            }
            false => {
                let inner = call.args().next().filter(|_| call.args().count() == 1).and_then(Call::cast)?;
                if !self.starts(call) || self.waits_of(inner).is_empty() {
                    return None;
                }
                (self.on_one_line(inner.0)?, None)
            }
        };
        let edits = self.moved_to_the_wait(call, &made, pool.is_some())?;
        Some(Waited { call, edits, pool })
    }

    fn is_submit(&self, call: Call<'t>) -> bool {
        let name = call.function().and_then(Attribute::cast).and_then(|a| a.name());
        name.is_some_and(|n| self.text(n) == "submit")
    }

    /// `submit(ask, x, n=1)` as `ask(x, n=1)`, where that means the same.
    fn submitted(&self, call: Call<'t>) -> Option<String> {
        let mut arguments = call.args();
        let function = arguments.next()?;
        let rest: Vec<Node<'t>> = arguments.collect();
        if self.text(call.0).contains('#') {
            return None;
        }
        if function.kind() == "lambda" {
            let body = function.child_by_field_name("body").and_then(Call::cast)?;
            let plain = function.child_by_field_name("parameters").is_none() && rest.is_empty();
            return (plain && !self.waits_of(body).is_empty()).then(|| self.on_one_line(body.0)).flatten();
        }
        if !matches!(function.kind(), "identifier" | "attribute") || self.facts_named(function).is_empty() {
            return None;
        }
        let meanings = self.meaning(function);
        let fine = meanings.all.iter().all(|m| match m {
            Meaning::Function { def, .. } => {
                let of_thread = |code: Code| code == Code::AFFINITY;
                let is_async = Function::cast(def.node).is_some_and(|f| f.is_async());
                !is_async && !self.summary_of(*def).work.found.iter().any(|t| of_thread(t.code))
            }
            Meaning::Library(path) => !path.starts_with("asyncio."),
            _ => true,
        });
        let rest: Option<Vec<String>> = rest.into_iter().map(|a| self.on_one_line(a)).collect();
        let text = format!("{}({})", self.on_one_line(function)?, rest?.join(", "));
        fine.then_some(text)
    }

    /// The text of an expression in one line.
    fn on_one_line(&self, node: Node<'t>) -> Option<String> {
        let text = self.text(node);
        let over_lines = |n: Node<'t>| n.kind() == "string" && self.text(n).contains('\n');
        if text.contains('#') || text.contains('\\') && text.contains('\n') || walk(node).any(over_lines) {
            return None;
        }
        let mut out = String::new();
        for line in text.lines().map(str::trim) {
            if line.starts_with([')', ']', '}']) {
                out.truncate(out.trim_end_matches(',').len());
            } else if !out.is_empty() && !out.ends_with(['(', '[', '{']) {
                out.push(' ');
            }
            out.push_str(line);
        }
        Some(out)
    }

    /// The edits that make a call where its result is waited for: in the same expression, or in the next statement.
    fn moved_to_the_wait(&self, call: Call<'t>, made: &str, is_future: bool) -> Option<Vec<Written>> {
        if let Some(wait) = self.wait_for(call.0, is_future) {
            let one_line = !self.text(wait).contains('\n');
            return one_line.then(|| vec![Written { span: span(wait), text: made.to_string(), gone: false }]);
        }
        let assignment = call.0.parent().and_then(Assignment::cast).filter(|a| a.annotation().is_none())?;
        let name = assignment.left().filter(|l| l.kind() == "identifier")?;
        let statement = statement_of(assignment.0);
        let var = self.var(name).filter(|v| v.file == self.id)?;
        let reads: Vec<Node<'t>> = self.names.reads_of(var.scope, &var.name).map(|r| r.node).collect();
        let sees = |r: &Node<'t>| self.reaching(*r).is_some_and(|b| b.node.id() == name.id());
        let own: Vec<Node<'t>> = reads.iter().copied().filter(sees).collect();
        let bindings = self.names.bindings(var.scope, &var.name);
        let unsure = reads.iter().any(|r| self.reaching(*r).is_none())
            || bindings.iter().any(|b| !matches!(b.bound, Bound::Value(Some(_))));
        let [read] = own.as_slice() else { return None };
        let next = children(statement.parent()?).find(|s| s.start_byte() > statement.start_byte())?;
        let (first, tried) = match next.kind() {
            "try_statement" => (children(next.child_by_field_name("body")?).next()?, true),
            _ => (next, false),
        };
        let wait = self.wait_for(*read, is_future)?;
        // In a `try`, what reads the arguments must not fail: it would be handled then.
        let safe = |n: Node<'t>| {
            matches!(n.kind(), "identifier" | "string" | "integer" | "float" | "true" | "false" | "none" | "attribute")
                && !walk(n).any(|p| p.kind() == "interpolation")
        };
        let given = if is_future { call } else { call.args().next().and_then(Call::cast)? };
        let arguments = given.args().map(|a| Keyword::cast(a).and_then(|k| k.value()).unwrap_or(a));
        let fine = !unsure
            && span(first).contains(span(wait))
            && matches!(first.kind(), "expression_statement" | "return_statement")
            && self.is_first_in(wait, first)
            && (!tried || arguments.into_iter().all(safe));
        if !fine {
            return None;
        }
        let text = made.to_string();
        Some(vec![self.line_gone(statement)?, Written { span: span(wait), text, gone: false }])
    }

    /// What waits for a future or task: `….result()`, or what is awaited.
    fn wait_for(&self, handed: Node<'t>, is_future: bool) -> Option<Node<'t>> {
        let parent = handed.parent()?;
        if !is_future {
            return (parent.kind() == "await").then_some(handed);
        }
        let method = Attribute::cast(parent).filter(|a| a.object().is_some_and(|o| o.id() == handed.id()))?;
        let call =
            parent.parent().and_then(Call::cast).filter(|c| c.function().is_some_and(|f| f.id() == parent.id()))?;
        let plain = method.name().is_some_and(|n| self.text(n) == "result") && call.args().next().is_none();
        plain.then_some(call.0)
    }

    /// Whether nothing else of a statement runs before a part of it.
    fn is_first_in(&self, part: Node<'t>, statement: Node<'t>) -> bool {
        let plain = |a: Node<'t>| PLAIN.contains(&a.kind()) || a.kind() == "await";
        let before = |n: Node<'t>| {
            matches!(n.kind(), "call" | "await" | "yield" | "named_expression")
                && n.is_named()
                && n.end_byte() <= part.start_byte()
        };
        ancestors(part).take_while(|a| a.id() != statement.id()).all(plain) && !walk(statement).any(before)
    }

    /// The executor that an expression stands for, if it is known to be one of threads that nothing prepares, and that lets
    /// more than one run.
    fn pool_of(&self, receiver: Node<'t>) -> Option<Pool<'t>> {
        let (made, at, reads) = self.made_by(receiver)?;
        let path = made.function().and_then(|f| self.import_path(f))?;
        let at_once = self.at_once(made).filter(|_| THREADS.contains(&path.as_str()))?;
        Some(Pool { at_once, made: at, reads })
    }

    /// The one call that makes what an expression stands for, the statement around it, and the reads of its name where it is
    /// a variable's.
    fn made_by(&self, receiver: Node<'t>) -> Option<(Call<'t>, Node<'t>, Vec<Node<'t>>)> {
        if receiver.kind() == "attribute" {
            let text = self.text(receiver);
            let lefts = walk(self.source.root()).filter_map(Assignment::cast);
            let mut sets = lefts.filter(|a| a.left().is_some_and(|l| self.text(l) == text));
            let one = sets.next().filter(|_| sets.next().is_none())?;
            let made = one.right().and_then(Call::cast)?;
            return (!self.closes_early(text)).then(|| (made, statement_of(one.0), Vec::new()));
        }
        let var = (receiver.kind() == "identifier").then(|| self.var(receiver)).flatten()?;
        let bindings = self.names.bindings(var.scope, &var.name);
        let reads: Vec<Node<'t>> = self.names.reads_of(var.scope, &var.name).map(|r| r.node).collect();
        let found = |b: &Binding<'t>| match b.bound {
            Bound::Value(Some(value)) => Some((Call::cast(value)?, statement_of(b.node))),
            Bound::With(context) => {
                let with = ancestors(b.node).find(|a| a.kind() == "with_statement")?;
                Some((Call::cast(context)?, with))
            }
            _ => None,
        };
        let inside = |n: Node<'t>, at: Node<'t>| span(at).contains(span(n));
        if let [one] = bindings {
            let own = |at: Node<'t>| self.names.scope_at(at) == var.scope;
            let (made, at) = found(one).filter(|(_, at)| var.file == self.id && own(*at))?;
            let open = at.kind() != "with_statement" || reads.iter().all(|r| inside(*r, at));
            return open.then_some((made, at, reads));
        }
        // Several with one name, each in a block of its own.
        let all: Option<Vec<_>> = bindings.iter().map(found).collect();
        let all = all.filter(|f| var.file == self.id && f.iter().all(|(_, at)| at.kind() == "with_statement"))?;
        let (made, at) = all.iter().rev().find(|(_, at)| inside(receiver, *at)).copied()?;
        Some((made, at, reads.into_iter().filter(|r| inside(*r, at)).collect()))
    }

    /// Whether an executor that an object keeps is closed by anything but what ends the object's own use.
    fn closes_early(&self, text: &str) -> bool {
        let closing = |call: &Call<'t>| {
            let method = call.function().and_then(Attribute::cast);
            method.is_some_and(|m| {
                m.object().is_some_and(|o| self.text(o) == text) && m.name().is_some_and(|n| self.text(n) == "shutdown")
            })
        };
        let ends = ["close", "aclose", "stop", "shutdown", "__exit__", "__aexit__", "__del__"];
        walk(self.source.root()).filter_map(Call::cast).filter(closing).any(|call| {
            let own = ancestors(call.0).find_map(Function::cast).and_then(|f| f.name());
            !own.is_some_and(|n| ends.contains(&self.text(n)))
        })
    }

    /// How many an executor's call lets run at once; none inside where it does not say, none at all where that is not a
    /// number, is one, or where more than that is asked of it.
    fn at_once(&self, made: Call<'t>) -> Option<Option<usize>> {
        let arguments: Vec<Node<'t>> = made.args().collect();
        let value = match arguments.as_slice() {
            [] => return Some(None),
            [one] => match Keyword::cast(*one) {
                Some(keyword) if keyword.name().is_some_and(|n| self.text(n) == "max_workers") => keyword.value()?,
                Some(_) => return None,
                None => *one,
            },
            _ => return None,
        };
        let number = match value.kind() {
            "none" => return Some(None),
            "integer" => value,
            "identifier" => {
                let (_, binding) = self.names.single(self.names.scope_at(value), self.text(value))?;
                match binding.bound {
                    Bound::Value(Some(e)) if e.kind() == "integer" => e,
                    _ => return None,
                }
            }
            _ => return None,
        };
        self.text(number).replace('_', "").parse().ok().filter(|n| *n > 1).map(Some)
    }

    /// The statement `pool.shutdown(…)` around a read of its name.
    fn shutdown(&self, read: Node<'t>) -> Option<Node<'t>> {
        let method =
            read.parent().and_then(Attribute::cast).filter(|a| a.name().is_some_and(|n| self.text(n) == "shutdown"))?;
        let call = method.0.parent().and_then(Call::cast)?;
        let statement = call.0.parent().filter(|p| p.kind() == "expression_statement")?;
        let alone = children(statement.parent()?).filter(|s| s.kind() != "comment").count() > 1;
        alone.then_some(statement)
    }

    /// The lines of a statement, gone.
    pub(super) fn line_gone(&self, statement: Node<'t>) -> Option<Written> {
        let whole = layout::lines(self.source, statement);
        let text = self.source.slice(whole);
        let content = text.trim_end_matches(['\n', '\r']);
        let plain = layout::alone_on_lines(self.source, statement) && !text.contains('#');
        let lines = self.source.newline.as_str().repeat(content.matches('\n').count());
        let gone = Span::new(whole.start, whole.start + content.len());
        plain.then_some(Written { span: gone, text: lines, gone: true })
    }

    /// The body of a `with` without it: its head is gone, and its lines move to the left.
    fn unwrapped(&self, with: With<'t>, written: &[Written]) -> Option<Vec<Written>> {
        let (head, moved) = self.without_head(with)?;
        let goes = |at: usize| written.iter().any(|w| w.gone && w.span.start <= at && at <= w.span.end);
        let line = |at: usize| self.source.line_start(self.source.line(at));
        let moved = moved.into_iter().filter(|cut| !goes(line(cut.start)));
        let cuts = moved.map(|span| Written { span, text: String::new(), gone: false });
        Some(std::iter::once(Written { span: head, text: String::new(), gone: true }).chain(cuts).collect())
    }

    /// The head of a `with` that says nothing else, and the white space that goes where its body moves to the left.
    pub fn without_head(&self, with: With<'t>) -> Option<(Span, Vec<Span>)> {
        let body = with.body()?;
        let source = self.source;
        let (outer, inner) =
            (layout::indent_at(source, with.0.start_byte()), layout::indent_at(source, body.start_byte()));
        inner.strip_prefix(outer).filter(|u| !u.is_empty())?;
        let head = Span::new(source.line_start(source.line(with.0.start_byte())), body.start_byte());
        let line = source.slice(head).lines().next().unwrap_or_default();
        // What would have to say something else: more contexts, a comment, a head of several lines.
        let first = source.line(with.0.start_byte()) + 1;
        let plain = with.items().count() == 1
            && !with.is_async()
            && line.trim_end().ends_with(':')
            && line.trim_start().starts_with("with ")
            && !source.slice(head).contains('#')
            && source.line(body.start_byte()) >= first
            && source.slice(Span::new(head.start + line.len(), head.end)).trim().is_empty();
        if !plain {
            return None;
        }
        let body = Span::new(source.line_start(first), with.0.end_byte());
        Some((Span::new(head.start, head.start + line.len()), layout::outdents(source, body, inner, outer)))
    }

    /// Whether a `with` holds nothing but executors of threads of which nobody asks anything, and which nobody else may see.
    pub fn is_idle(&self, with: With<'t>, seen: bool) -> bool {
        let mut items = with.items();
        let Some((context, Some(target))) = items.next().filter(|_| items.next().is_none()).and_then(|i| i.parts())
        else {
            return false;
        };
        let made = Call::cast(context).filter(|made| self.at_once(*made).is_some());
        let path = made.and_then(|made| made.function()).and_then(|f| self.import_path(f));
        let scope = self.names.scope_at(target);
        let name = self.text(target);
        let hidden = match self.names.scope(scope).kind {
            ScopeKind::Function => true,
            ScopeKind::Module => !seen,
            // What a class has is read through it.
            _ => false,
        };
        // Several with one name, each in a block of its own.
        let held = |n: Node<'t>| {
            ancestors(n).filter_map(With::cast).any(|w| {
                w.0.id() != with.0.id() && w.items().filter_map(|i| i.parts()?.1).any(|t| self.text(t) == name)
            })
        };
        let inside = |n: Node<'t>| span(with.0).contains(span(n));
        path.is_some_and(|p| THREADS.contains(&p.as_str()))
            && target.kind() == "identifier"
            && hidden
            && self.names.bindings(scope, name).iter().all(|b| matches!(b.bound, Bound::With(_)))
            && self.names.reads_of(scope, name).all(|r| !inside(r.node) && held(r.node))
    }

    /// How often a name is read, whatever it means there.
    pub fn reads_named(&self, name: &str) -> usize {
        self.names.reads_named(name).len()
    }

    /// The lines of the import of the class of executors, where nothing reads it.
    pub fn unread_pool_import(&self) -> Option<Span> {
        let name = "ThreadPoolExecutor";
        let [binding] = self.names.bindings(self.names.module(), name) else { return None };
        let statement = statement_of(binding.node);
        let only = self.text(statement) == format!("from concurrent.futures import {name}");
        let listed = self.source.text.contains("__all__");
        let goes = only && !listed && self.names.reads_named(name).is_empty();
        (goes && layout::alone_on_lines(self.source, statement)).then(|| layout::lines(self.source, statement))
    }
}
