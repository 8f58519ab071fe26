//! A `while` loop that only counts: `while i < len(xs): …; i += 1`.

use super::consume::loop_of;
use super::effects::{Change, is_target};
use super::loops::Waiting;
use super::names::{Bound, ScopeKind};
use super::stage::{Cycle, Outcome};
use super::{File, Grade, Trouble, Var};
use crate::facts::Code;
use crate::syntax::python::{AugmentedAssignment, Call, While};
use crate::syntax::{Node, ancestors, children, span, walk};

/// What a `while` counts by.
pub(super) struct Count<'t> {
    /// What it is compared with.
    pub bound: Node<'t>,
    /// The statement that counts, directly in the body.
    pub step: Node<'t>,
    /// Others like it, each directly in front of a `continue` further up.
    pub early: Vec<Node<'t>>,
    /// What it adds.
    pub by: Node<'t>,
}

impl<'t> Count<'t> {
    /// The statements that count.
    pub fn steps(&self) -> impl Iterator<Item = Node<'t>> + '_ {
        std::iter::once(self.step).chain(self.early.iter().copied())
    }
}

impl<'t> File<'t> {
    /// A `while` as the `for` over a `range` that it stands for, with what is taken for granted about its bound; none where
    /// what it goes on by is more than a count.
    pub(super) fn counting(&self, looped: Node<'t>, calls: &[Waiting<'t>]) -> Option<(Cycle<'t>, Vec<Trouble<'t>>)> {
        let (body, condition) = (While::cast(looped)?.body()?, While(looped).condition()?);
        // What leaves it early decides by the answers: it tries again, or searches.
        let leaves = super::summary::own_nodes(body).into_iter().any(|n| match n.kind() {
            "return_statement" => true,
            "break_statement" => loop_of(n).is_some_and(|l| l.id() == looped.id()),
            _ => false,
        });
        if leaves || children(looped).any(|c| c.kind() == "else_clause") {
            return None;
        }
        let sides = |wanted: &[(&str, bool)]| compared(self, condition, wanted);
        let (counter, bound) = sides(&[("<", false), ("<=", false), (">", true), (">=", true)])?;
        let var = self.var(counter).filter(|v| v.file == self.id)?;
        let count = self.count_of_while(&var, bound, body)?;
        let fine = self.counts_numbers(&var, &count, looped)
            && self.is_stepped_last(&var, &count, body)
            && self.is_plain_bound(bound, looped);
        if !fine {
            return None;
        }
        // What may change the bound: for sure, so that the loop goes on by it; or only where unknown code does.
        let outer = self.likely.replace(true);
        let sure = self.moves_bound(&count, &var, body, calls).is_some();
        self.likely.set(false);
        let unsure = self.moves_bound(&count, &var, body, calls);
        self.likely.set(outer);
        if sure {
            return None;
        }
        let assumed = unsure.map(|node| {
            let message = format!(
                "`{}` is taken to leave `{}`, up to which the loop counts, alone",
                self.text(node),
                self.text(bound)
            );
            Trouble::new(Code::SOURCE_CHANGED, node, message, "count up to a number that is taken in front of the loop")
                .graded(Grade::Assumed)
        });
        let cycle = Cycle { node: looped, target: counter, source: bound, body, counted: true, nested: false };
        Some((cycle, assumed.into_iter().collect()))
    }

    /// A `while` that counts, in stages.
    pub(super) fn stage_counting(
        &self,
        (cycle, assumed): (Cycle<'t>, Vec<Trouble<'t>>),
        calls: &[Waiting<'t>],
        outcome: &mut Outcome<'t>,
    ) {
        outcome.troubles.extend(assumed);
        self.stage_cycle(cycle, calls, outcome);
        let message = match self.as_for(&cycle) {
            Ok(head) => {
                let head = head.head;
                format!("no recipe writes this `while` loop yet; it says the same as `{head}:`")
            }
            Err(why) => format!("the loop says the same as a `for` over a `range`, and stays a `while`: {why}"),
        };
        outcome.unsupported(cycle.node, message);
    }

    /// The statements of a body that change its counter: one directly in it, `i += 1` or `i = i + 1`, and in front of that the
    /// same in front of a `continue`.
    pub(super) fn count_of_while(&self, var: &Var, bound: Node<'t>, body: Node<'t>) -> Option<Count<'t>> {
        let inside = self.names.bindings(var.scope, &var.name).iter().filter(|b| span(body).contains(span(b.node)));
        let (mut last, mut early): (Vec<Node<'t>>, Vec<Node<'t>>) = (Vec::new(), Vec::new());
        let mut adds: Vec<Node<'t>> = Vec::new();
        for binding in inside {
            let statement = ancestors(binding.node).find(|a| a.kind() == "expression_statement")?;
            adds.push(self.added(statement, var)?);
            match statement.parent()?.id() == body.id() {
                true => last.push(statement),
                false => early.push(statement),
            }
        }
        let ([step], Some(by)) = (last.as_slice(), adds.first().copied()) else { return None };
        let passes_on = |s: &Node<'t>| {
            let next = s.parent().and_then(|b| children(b).find(|n| n.start_byte() > s.start_byte()));
            next.filter(|n| n.kind() == "continue_statement")
                .and_then(loop_of)
                .and_then(|l| l.child_by_field_name("body"))
                .is_some_and(|b| b.id() == body.id())
        };
        let fine = early.iter().all(|s| s.start_byte() < step.start_byte() && passes_on(s))
            && adds.iter().all(|a| self.text(*a) == self.text(by))
            && self.is_step(by, body);
        fine.then_some(Count { bound, step: *step, early, by })
    }

    /// What `i += 1` or `i = i + 1` adds.
    fn added(&self, statement: Node<'t>, var: &Var) -> Option<Node<'t>> {
        let inner = children(statement).next()?;
        match inner.kind() {
            "augmented_assignment" => {
                let adds = inner.child_by_field_name("operator").is_some_and(|o| self.text(o) == "+=");
                AugmentedAssignment(inner).right().filter(|_| adds)
            }
            "assignment" => {
                let plain = inner.child_by_field_name("left").is_some_and(|l| l.kind() == "identifier");
                let sum = inner.child_by_field_name("right").filter(|r| r.kind() == "binary_operator")?;
                let adds = sum.child_by_field_name("operator").is_some_and(|o| self.text(o) == "+");
                let itself = sum.child_by_field_name("left").is_some_and(|l| var.name == self.text(l));
                sum.child_by_field_name("right").filter(|_| plain && adds && itself)
            }
            _ => None,
        }
    }

    /// A number above zero that stays the same.
    fn is_step(&self, by: Node<'t>, body: Node<'t>) -> bool {
        match by.kind() {
            "integer" => self.text(by).parse::<u64>().is_ok_and(|n| n > 0),
            // A size that is zero or below would never end.
            "identifier" => self.var(by).is_some_and(|v| !self.binds(body).contains(&v) && !self.is_definition(&v)),
            _ => false,
        }
    }

    /// Whether the counter holds numbers, and nobody else counts: no function around or inside sets it.
    fn counts_numbers(&self, var: &Var, count: &Count<'t>, looped: Node<'t>) -> bool {
        let bindings = self.names.bindings(var.scope, &var.name);
        let here = self.names.scope_at(looped) == var.scope
            && matches!(self.names.scope(var.scope).kind, ScopeKind::Function | ScopeKind::Module);
        let number = |e: Node<'t>| {
            e.kind() == "integer"
                || Call::cast(e)
                    .and_then(|c| c.function())
                    .is_some_and(|f| matches!(self.builtin(f), Some("int" | "len")))
        };
        here && bindings.iter().all(|b| {
            let counts = count.steps().any(|s| span(s).contains(span(b.node)));
            let same_scope = self.names.scope_at(b.node) == var.scope;
            same_scope
                && match b.bound {
                    Bound::Value(Some(e)) => counts || number(e),
                    Bound::Augmented => true,
                    _ => false,
                }
        })
    }

    /// Whether each iteration counts once, and looks at the counter only before.
    fn is_stepped_last(&self, var: &Var, count: &Count<'t>, body: Node<'t>) -> bool {
        let skipped = walk(body).any(|n| {
            n.kind() == "continue_statement"
                && n.start_byte() < count.step.start_byte()
                && !count.early.iter().any(|s| n.prev_sibling().is_some_and(|p| p.id() == s.id()))
                && loop_of(n).and_then(|l| l.child_by_field_name("body")).is_some_and(|b| b.id() == body.id())
        });
        let mut later = self
            .names
            .reads_of(var.scope, &var.name)
            .filter(|r| span(body).contains(span(r.node)) && r.node.start_byte() >= count.step.end_byte());
        // A function made in the loop would look at it whenever it is called.
        let kept = walk(body).any(|n| {
            matches!(n.kind(), "lambda" | "function_definition")
                && self.names.reads_of(var.scope, &var.name).any(|r| span(n).contains(span(r.node)))
        });
        !skipped && !kept && later.next().is_none()
    }

    /// Whether a bound is put together from numbers, variables, their parts and lengths, none of which the loop sets.
    fn is_plain_bound(&self, bound: Node<'t>, looped: Node<'t>) -> bool {
        let set = self.binds(looped);
        let plain = walk(bound).filter(|n| n.is_named()).all(|n| match n.kind() {
            "call" => {
                let builtin = Call(n).function().and_then(|f| self.builtin(f));
                matches!(builtin, Some("len" | "int" | "min" | "max"))
            }
            "integer" | "identifier" | "attribute" | "argument_list" | "parenthesized_expression" => true,
            "subscript" => children(n).nth(1).is_some_and(|i| matches!(i.kind(), "string" | "integer")),
            "string" | "string_start" | "string_content" | "string_end" => true,
            "binary_operator" => true,
            _ => false,
        });
        plain
            && self.impurity(bound).is_none()
            && self.own_code_behind(bound).is_none()
            && self.reads(bound).keys().all(|v| !set.contains(v))
    }

    /// What in the body may change the bound or the counter.
    fn moves_bound(&self, count: &Count<'t>, var: &Var, body: Node<'t>, calls: &[Waiting<'t>]) -> Option<Node<'t>> {
        let mut reached: super::alias::Places =
            self.reads(count.bound).iter().flat_map(|(v, nodes)| self.reached_by(v, nodes)).collect();
        reached.insert(super::alias::Place::whole(var.clone()));
        walk(body)
            .filter(|n| !count.steps().any(|s| span(s).contains(span(*n))))
            .filter_map(|n| self.change_by(n))
            .find_map(|change| {
                let places = || change.places.iter().chain(&change.direct);
                let hit = places().any(|p| reached.iter().any(|r| r.meets(p)));
                let likely = self.likely.get();
                (hit && (change.sure || !likely) && !self.is_inside_item(&change, var, body, calls))
                    .then_some(change.node)
            })
    }

    /// Whether a change goes to what the counter's item holds, or puts another object in its place, and leaves the length
    /// alone: `xs[i]["a"] = …`, `row["a"] = …` with `row = xs[i]`, and `xs[i] = …` where `xs[i]` is read before.
    fn is_inside_item(&self, change: &Change<'t>, var: &Var, body: Node<'t>, calls: &[Waiting<'t>]) -> bool {
        if !change.sure {
            return false;
        }
        let counts = |n: Node<'t>| n.kind() == "identifier" && self.var(n).as_ref() == Some(var);
        let is_item = |n: Node<'t>| n.kind() == "subscript" && children(n).nth(1).is_some_and(counts);
        let part = change.direct.as_ref().is_some_and(|p| self.is_part_by(p, var, body));
        let start = match Call::cast(change.node) {
            Some(call) => call.function().and_then(|f| f.child_by_field_name("object")),
            None => Some(change.node),
        };
        let mut at = start;
        while let Some(node) = at {
            if is_item(node) {
                // The item itself is replaced: of a dict that could be a new key.
                let text = self.text(node);
                let known = || {
                    calls
                        .iter()
                        .flat_map(|c| walk(c.call.0))
                        .chain(
                            children(body)
                                .filter(|s| s.kind() == "expression_statement" && s.start_byte() < node.start_byte())
                                .flat_map(walk),
                        )
                        .any(|n| n.id() != node.id() && is_item(n) && !is_target(n) && self.text(n) == text)
                };
                return node.id() != change.node.id() || known();
            }
            at = matches!(node.kind(), "subscript" | "attribute").then(|| node.named_child(0)).flatten();
        }
        part
    }
}

/// The two sides of a comparison: the counter, and what it is compared with.
pub(super) fn compared<'t>(
    file: &File<'t>,
    condition: Node<'t>,
    wanted: &[(&str, bool)],
) -> Option<(Node<'t>, Node<'t>)> {
    let mut at = condition;
    while at.kind() == "parenthesized_expression" {
        at = children(at).next()?;
    }
    let parts: Vec<Node<'t>> = children(at).collect();
    let ([left, right], "comparison_operator") = (parts.as_slice(), at.kind()) else { return None };
    let word = at.child_by_field_name("operators").map(|o| file.text(o))?;
    let (_, turned) = wanted.iter().find(|(w, _)| *w == word)?;
    let (counter, bound) = if *turned { (*right, *left) } else { (*left, *right) };
    (counter.kind() == "identifier").then_some((counter, bound))
}
