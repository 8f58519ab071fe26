//! Throttling sleeps: how far apart a loop's calls are.

use super::calls::CallKind;
use super::conflicts::Staged;
use super::loops::Waiting;
use super::names::Bound;
use super::receivers::Meaning;
use super::stage::{Outcome, Work};
use super::{File, Grade, Trouble};
use crate::facts::{Code, Span};
use crate::model::Pace;
use crate::syntax::python::{Call, For, If};
use crate::syntax::{Node, children, layout, span, walk};

/// A sleep that keeps a distance between calls.
#[derive(Debug, Clone)]
pub(crate) struct Slept<'t> {
    /// The statements that go with it.
    pub gone: Vec<Node<'t>>,
    /// How many seconds each item takes of it: an expression.
    pub seconds: String,
    /// The same, where the text tells the number.
    pub known: Option<f64>,
    /// Whether it is made once for several items.
    pub every: bool,
}

/// In which iterations a sleep is made.
enum When<'t> {
    /// In all but the first, or all but the last: between all items.
    Between,
    /// In all, where a pause is asked for: that many seconds.
    Asked(String),
    /// In every n-th.
    Every(Node<'t>),
}

/// So many functions deep are sleeps looked for.
const MAX_DEPTH: usize = 4;

impl<'t> File<'t> {
    /// A sleep that keeps a distance between the calls of a loop, which all iterations or every n-th make, for as long as the
    /// others.
    pub(super) fn paces(&self, sleep: Call<'t>, staged: &Staged<'_, 't>) -> Option<Slept<'t>> {
        let waits = sleep.0.parent().filter(|p| p.kind() == "await").unwrap_or(sleep.0);
        let statement = waits.parent().filter(|p| p.kind() == "expression_statement")?;
        let seconds = sleep.args().next().filter(|a| a.kind() != "keyword_argument")?;
        let looped = staged.body.parent()?;
        let block = statement.parent()?;
        let here = block.id() == staged.body.id();
        let plain = matches!(seconds.kind(), "integer" | "float" | "identifier" | "attribute");
        let alone = layout::alone_on_lines(self.source, statement);
        if here && plain && alone && self.is_invariant(seconds, looped) {
            return Some(Slept { gone: vec![statement], ..self.slept(seconds) });
        }
        self.throttle(staged).filter(|found| found.gone.iter().any(|g| span(*g).contains(span(sleep.0)))).or_else(
            || {
                let guard = block.parent().filter(|g| alone && plain && g.kind() == "if_statement")?;
                let direct = guard.parent().is_some_and(|p| p.id() == staged.body.id());
                let single = guard.child_by_field_name("alternative").is_none();
                let condition = If(guard).condition().filter(|_| direct && single)?;
                if !self.is_invariant(seconds, looped) {
                    return None;
                }
                let only = children(block).filter(|s| s.kind() != "comment").count() == 1;
                let gone = vec![if only { guard } else { statement }];
                let slept = self.slept(seconds);
                match self.sleeps_when(condition, seconds, staged)? {
                    When::Between => Some(Slept { gone, ..slept }),
                    When::Asked(text) => Some(Slept { gone, seconds: text, ..slept }),
                    When::Every(times) => {
                        let known = slept.known.zip(self.number(times)).filter(|(_, n)| *n > 0.0).map(|(s, n)| s / n);
                        let seconds = format!("{} / {}", slept.seconds, self.text(times));
                        Some(Slept { gone, seconds, known, every: true })
                    }
                }
            },
        )
    }

    fn slept(&self, seconds: Node<'t>) -> Slept<'t> {
        Slept { gone: Vec::new(), seconds: self.text(seconds).to_string(), known: self.number(seconds), every: false }
    }

    /// In which iterations the condition of a sleep holds, where that keeps a distance or a rate.
    fn sleeps_when(&self, condition: Node<'t>, seconds: Node<'t>, staged: &Staged<'_, 't>) -> Option<When<'t>> {
        match condition.kind() {
            "parenthesized_expression" => self.sleeps_when(children(condition).next()?, seconds, staged),
            "boolean_operator" => {
                let and = condition.child_by_field_name("operator")?.kind() == "and";
                let sides = ["left", "right"].map(|f| condition.child_by_field_name(f));
                let [Some(left), Some(right)] = sides.map(|s| self.sleeps_when(s?, seconds, staged)) else {
                    return None;
                };
                match (left, right) {
                    (When::Between, other) | (other, When::Between) if and => Some(other),
                    _ => None,
                }
            }
            // Whether there is a pause at all is asked.
            "identifier" | "attribute" if self.text(condition) == self.text(seconds) => {
                Some(When::Asked(format!("({} or 0)", self.text(seconds))))
            }
            "identifier" => self.counts_items(condition, staged).then_some(When::Between),
            "comparison_operator" => {
                let parts: Vec<Node<'t>> = children(condition).collect();
                let [left, right] = parts.as_slice() else { return None };
                let word = condition.child_by_field_name("operators").map(|o| self.text(o))?;
                let number = self.text(*right).parse::<u64>().ok();
                if self.text(*left) == self.text(seconds) && word == ">" && number == Some(0) {
                    return Some(When::Asked(format!("max({}, 0)", self.text(seconds))));
                }
                if left.kind() == "binary_operator" && word == "==" && number.is_some() {
                    let modulo = left.child_by_field_name("operator").is_some_and(|o| self.text(o) == "%");
                    let (counted, times) = (left.child_by_field_name("left")?, left.child_by_field_name("right")?);
                    let plain = matches!(times.kind(), "integer" | "identifier" | "attribute");
                    let fine = modulo
                        && plain
                        && self.counts_items(counted, staged)
                        && staged.body.parent().is_some_and(|l| self.is_invariant(times, l))
                        // A remainder that comes.
                        && (number == Some(0) || self.number(times).is_some_and(|n| number.is_some_and(|k| (k as f64) < n)));
                    return fine.then_some(When::Every(times));
                }
                // All but the first, all but the last.
                let counted = self.counts_items(*left, staged);
                let first = matches!((word, number), (">" | "!=", Some(0)) | (">=", Some(1)));
                let last = matches!(word, "<" | "!=") && self.is_last_index(*left, *right, staged);
                (counted && (first || last)).then_some(When::Between)
            }
            _ => None,
        }
    }

    /// `i < len(rows) - 1`, `i + 1 < len(rows)`: whether another item of the loop follows.
    fn is_last_index(&self, index: Node<'t>, bound: Node<'t>, staged: &Staged<'_, 't>) -> bool {
        let minus = bound.kind() == "binary_operator"
            && bound.child_by_field_name("operator").is_some_and(|o| self.text(o) == "-")
            && bound.child_by_field_name("right").is_some_and(|r| self.text(r) == "1");
        let plus = index.kind() == "binary_operator";
        let length = if minus { bound.child_by_field_name("left") } else { Some(bound).filter(|_| plus) };
        let of_source = |length: Node<'t>| {
            let measured = Call::cast(length).filter(|c| c.function().is_some_and(|f| self.builtin(f) == Some("len")));
            let source = self.text(staged.peeled.source);
            match measured.and_then(|c| c.args().next()) {
                Some(of) => source == self.text(of) || source == format!("range(len({}))", self.text(of)),
                None => source == format!("range({})", self.text(length)),
            }
        };
        minus != plus && length.is_some_and(of_source)
    }

    /// Whether an expression grows by one in every iteration: what `enumerate` or `range` counts, or a counter of the body's
    /// own, also with a number added.
    fn counts_items(&self, node: Node<'t>, staged: &Staged<'_, 't>) -> bool {
        match node.kind() {
            "parenthesized_expression" => children(node).next().is_some_and(|n| self.counts_items(n, staged)),
            "binary_operator" => {
                let adds = node.child_by_field_name("operator").is_some_and(|o| self.text(o) == "+");
                let number = node.child_by_field_name("right").is_some_and(|r| r.kind() == "integer");
                adds && number && node.child_by_field_name("left").is_some_and(|l| self.counts_items(l, staged))
            }
            "identifier" => {
                let Some(var) = self.var(node).filter(|v| v.file == self.id) else { return false };
                let Some(looped) = staged.body.parent().and_then(For::cast) else { return false };
                let inside = |n: Node<'t>| span(looped.0).contains(span(n));
                let bindings = self.names.bindings(var.scope, &var.name).iter().filter(|b| inside(b.node));
                let [one] = bindings.collect::<Vec<_>>()[..] else { return false };
                if looped.left().is_some_and(|l| span(l).contains(span(one.node))) {
                    return self.is_counted_by_head(one.node, looped);
                }
                // `count += 1`, in every iteration.
                let step = one.node.parent().filter(|p| p.kind() == "augmented_assignment");
                let statement = step.and_then(|s| s.parent()).and_then(|s| s.parent());
                let skipped = walk(staged.body).any(|n| n.kind() == "continue_statement");
                step.is_some_and(|s| self.text(s).split_whitespace().collect::<String>().ends_with("+=1"))
                    && statement.is_some_and(|b| b.id() == staged.body.id())
                    && !skipped
            }
            _ => false,
        }
    }

    /// Whether a name in the head of a loop is what `enumerate` or a `range` without a step counts.
    fn is_counted_by_head(&self, name: Node<'t>, looped: For<'t>) -> bool {
        let (Some(target), Some(mut source)) = (looped.left(), looped.right()) else { return false };
        while let Some(call) = Call::cast(source).filter(|c| self.makes_bar(*c)) {
            let Some(inner) = call.args().next() else { return false };
            source = inner;
        }
        let Some(call) = Call::cast(source) else { return false };
        match call.function().and_then(|f| self.builtin(f)) {
            Some("enumerate") => children(target).next().is_some_and(|first| first.id() == name.id()),
            Some("range") => target.id() == name.id() && call.args().count() < 3,
            _ => false,
        }
    }

    /// A throttle that looks at the clock: it sleeps for what is left of a distance since the last start, or since the
    /// iteration began. All of its statements go, where nothing else reads what they set.
    pub(super) fn throttle(&self, staged: &Staged<'_, 't>) -> Option<Slept<'t>> {
        let looped = staged.body.parent()?;
        let direct: Vec<Node<'t>> = children(staged.body).collect();
        let (statement, guard, left) = direct.iter().find_map(|s| {
            let guard = (s.kind() == "if_statement" && s.child_by_field_name("alternative").is_none()).then_some(*s);
            let sleeping = match guard {
                Some(guard) => {
                    let mut inside = children(If(guard).consequence()?).filter(|s| s.kind() != "comment");
                    inside.next().filter(|_| inside.next().is_none())?
                }
                None => *s,
            };
            let made = children(sleeping).next().filter(|_| sleeping.kind() == "expression_statement")?;
            let call = Call::cast(made).or_else(|| children(made).next().and_then(Call::cast))?;
            let sleeps = matches!(self.classify(call), CallKind::Sleep(_));
            let left = call.args().next().filter(|a| sleeps && a.kind() != "keyword_argument")?;
            Some((*s, guard.map(If).and_then(|g| g.condition()), left))
        })?;
        // `max(0, …)`, or a condition under which it is above zero.
        let floor = Call::cast(left).filter(|c| c.function().is_some_and(|f| self.builtin(f) == Some("max")));
        let left = match (floor, guard) {
            (Some(floor), None) => {
                let args: Vec<Node<'t>> = floor.args().collect();
                let zero = |n: &Node<'t>| matches!(self.text(*n), "0" | "0.0");
                let [one, two] = args.as_slice() else { return None };
                if zero(one) { *two } else { Some(*one).filter(|_| zero(two))? }
            }
            (None, Some(_)) => left,
            _ => return None,
        };
        let mut gone = vec![statement];
        // What one statement of the body sets, and what it is set to there.
        let set_once = |name: Node<'t>| -> Option<(Node<'t>, Node<'t>)> {
            let var = self.var(name).filter(|v| v.file == self.id && name.kind() == "identifier")?;
            let bindings = self.names.bindings(var.scope, &var.name);
            let inside: Vec<_> = bindings.iter().filter(|b| span(looped).contains(span(b.node))).collect();
            let [one] = inside.as_slice() else { return None };
            let Bound::Value(Some(value)) = one.bound else { return None };
            let statement = direct.iter().find(|s| span(**s).contains(span(one.node)))?;
            (statement.kind() == "expression_statement").then_some((*statement, value))
        };
        let whole = match set_once(left) {
            Some((statement, value)) => {
                gone.push(statement);
                value
            }
            None => left,
        };
        let minus = |n: Node<'t>| {
            let is =
                n.kind() == "binary_operator" && n.child_by_field_name("operator").is_some_and(|o| self.text(o) == "-");
            is.then(|| Some((n.child_by_field_name("left")?, n.child_by_field_name("right")?))).flatten()
        };
        let bare = |n: Node<'t>| match n.kind() {
            "parenthesized_expression" => children(n).next().unwrap_or(n),
            _ => n,
        };
        let (distance, passed) = minus(whole)?;
        let passed_by_name = passed;
        let passed = match set_once(passed) {
            Some((statement, value)) => {
                gone.push(statement);
                value
            }
            None => bare(passed),
        };
        let (now, since) = minus(passed)?;
        let reads_clock = |n: Node<'t>| Call::cast(n).is_some_and(|c| matches!(self.classify(c), CallKind::Clock(_)));
        let mut clock = now;
        if !reads_clock(now) {
            let (statement, value) = set_once(now)?;
            gone.push(statement);
            clock = value;
        }
        let (stamp, at) = set_once(since)?;
        gone.push(stamp);
        // The same clock on both sides; a stamp may be that of the other.
        let same = reads_clock(clock) && (self.text(at) == self.text(clock) || self.text(at) == self.text(now));
        // The condition asks whether anything is left.
        let asks = match guard {
            None => true,
            Some(condition) => {
                let parts: Vec<Node<'t>> = children(condition).collect();
                let ([one, two], "comparison_operator") = (parts.as_slice(), condition.kind()) else { return None };
                let word = condition.child_by_field_name("operators").map(|o| self.text(o))?;
                let (small, large) = match word {
                    "<" | "<=" => (*one, *two),
                    ">" | ">=" => (*two, *one),
                    _ => return None,
                };
                let some_left = self.text(small) == "0" && self.text(large) == self.text(left);
                let not_passed =
                    self.text(small) == self.text(passed_by_name) && self.text(large) == self.text(distance);
                some_left || not_passed
            }
        };
        let plain = walk(distance).filter(|n| n.is_named()).all(|n| {
            matches!(
                n.kind(),
                "integer" | "float" | "identifier" | "attribute" | "binary_operator" | "parenthesized_expression"
            )
        });
        if !(same && asks && plain && self.is_invariant(distance, looped)) {
            return None;
        }
        // What the last start was in front of the loop.
        let var = self.var(since)?;
        let outside = self.names.bindings(var.scope, &var.name).iter().filter(|b| !span(looped).contains(span(b.node)));
        for binding in outside {
            let Bound::Value(Some(value)) = binding.bound else { return None };
            let statement =
                looped.parent().and_then(|b| children(b).find(|s| span(*s).contains(span(binding.node))))?;
            let simple = matches!(value.kind(), "integer" | "float" | "none") || reads_clock(value);
            let before = statement.end_byte() <= looped.start_byte() && statement.kind() == "expression_statement";
            if !simple || !before {
                return None;
            }
            gone.push(statement);
        }
        gone.sort_by_key(|s| s.start_byte());
        gone.dedup_by_key(|s| s.id());
        let within = |n: Node<'t>| gone.iter().any(|g| span(*g).contains(span(n)));
        let unread = gone
            .iter()
            .flat_map(|s| self.binds(*s))
            .all(|var| self.names.reads_of(var.scope, &var.name).all(|r| within(r.node)));
        let alone = gone.iter().all(|s| layout::alone_on_lines(self.source, *s));
        let assigns_one = gone.iter().all(|s| self.binds(*s).len() <= 1);
        let known = self.number(distance);
        let seconds = match distance.kind() {
            "binary_operator" => format!("({})", self.text(distance)),
            _ => self.text(distance).to_string(),
        };
        (unread && alone && assigns_one).then_some(Slept { gone, seconds, known, every: false })
    }

    /// Takes the sleeps that each item's calls make of their own accord as a distance between starts.
    pub(super) fn pace_of_work(&self, work: &Work<'t>, calls: &[Waiting<'t>], outcome: &mut Outcome<'t>) {
        let sleeps = self.sleeps_of(work, calls);
        let Some(first) = sleeps.first() else { return };
        let of_calls = |t: &Trouble<'t>| {
            work.span.contains(span(t.node)) || calls.iter().any(|w| span(w.call.0).contains(span(t.node)))
        };
        let told = outcome.troubles.iter_mut().filter(|t| t.code == Code::SLEEP && t.grade == Grade::Care);
        for trouble in told.filter(|t| of_calls(t)) {
            trouble.message = format!(
                "calls start `{}` seconds apart, as long as the work sleeps, and no longer wait for the answers in between",
                self.text(*first)
            );
        }
        outcome.paces.extend(sleeps.into_iter().map(|seconds| self.slept(seconds)));
    }

    /// How long each item's calls sleep of their own accord, in the work's statements and in the functions that are called: numbers.
    fn sleeps_of(&self, work: &Work<'t>, calls: &[Waiting<'t>]) -> Vec<Node<'t>> {
        let mut sleeps = Vec::new();
        match work.call {
            Some(call) => self.sleeps_of_function(Call(call), MAX_DEPTH, &mut sleeps),
            None => self.sleeps_among(work.nodes.iter().copied(), MAX_DEPTH, &mut sleeps),
        }
        // What stays behind asks as often as the work does, and sleeps for it.
        for call in calls.iter().map(|w| w.call).filter(|c| !work.span.contains(span(c.0))) {
            self.sleeps_of_function(call, MAX_DEPTH, &mut sleeps);
        }
        sleeps
    }

    fn sleeps_of_function(&self, call: Call<'t>, depth: usize, sleeps: &mut Vec<Node<'t>>) {
        let meaning = self.meaning(call.function().unwrap_or(call.0));
        let [Meaning::Function { def, .. }] = meaning.all.as_slice() else { return };
        let Some(file) = self.program.at(def.file).filter(|f| f.id == self.id && depth > 0) else { return };
        let Some(body) = def.node.child_by_field_name("body") else { return };
        match def.node.kind() {
            "lambda" => file.sleeps_of_calls(body, depth, sleeps),
            _ => file.sleeps_among(children(body), depth, sleeps),
        }
    }

    fn sleeps_among(&self, statements: impl Iterator<Item = Node<'t>>, depth: usize, sleeps: &mut Vec<Node<'t>>) {
        for statement in statements {
            match statement.kind() {
                "expression_statement" | "return_statement" => self.sleeps_of_calls(statement, depth, sleeps),
                "with_statement" => {
                    let body = statement.child_by_field_name("body");
                    self.sleeps_among(body.into_iter().flat_map(children), depth, sleeps);
                }
                _ => {}
            }
        }
    }

    /// What the calls sleep that are made whenever an expression is evaluated.
    fn sleeps_of_calls(&self, node: Node<'t>, depth: usize, sleeps: &mut Vec<Node<'t>>) {
        if matches!(node.kind(), "lambda" | "conditional_expression" | "boolean_operator")
            || node.kind().ends_with("comprehension")
            || node.kind() == "generator_expression"
        {
            return;
        }
        if let Some(call) = Call::cast(node) {
            match (self.classify(call), call.args().next()) {
                (CallKind::Sleep(_), Some(seconds)) if self.number(seconds).is_some() => sleeps.push(seconds),
                (CallKind::Functions(_), _) => self.sleeps_of_function(call, depth - 1, sleeps),
                _ => {}
            }
        }
        children(node).for_each(|child| self.sleeps_of_calls(child, depth, sleeps));
    }

    /// The number that an expression is, or a name of the module that is set once.
    fn number(&self, node: Node<'t>) -> Option<f64> {
        if matches!(node.kind(), "integer" | "float") {
            return self.text(node).replace('_', "").parse().ok();
        }
        let var = self.var(node).filter(|v| v.file == self.id && v.scope == self.names.module())?;
        match self.names.bindings(var.scope, &var.name) {
            [one] => match one.bound {
                Bound::Value(Some(e)) if matches!(e.kind(), "integer" | "float") => self.number(e),
                _ => None,
            },
            _ => None,
        }
    }

    /// All that is slept in an iteration.
    pub(super) fn pace_of(&self, paces: &[Slept<'t>]) -> Option<Pace> {
        let mut statements: Vec<Span> = paces.iter().flat_map(|p| p.gone.iter().map(|s| span(*s))).collect();
        statements.sort_by_key(|s| s.start);
        statements.dedup();
        let seconds: Vec<&str> = match paces {
            [one] => vec![one.seconds.strip_prefix('(').and_then(|s| s.strip_suffix(')')).unwrap_or(&one.seconds)],
            all => all.iter().map(|p| p.seconds.as_str()).collect(),
        };
        (!seconds.is_empty()).then(|| Pace {
            statements,
            seconds: seconds.join(" + "),
            known: paces.iter().map(|p| p.known).sum(),
        })
    }
}
