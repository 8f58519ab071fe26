//! Statements as the work of an item: which ones, and what the rest of the program takes from them.

use super::alias::Place;
use super::calls::CallKind;
use super::loops::Waiting;
use super::names::Bound;
use super::slice::{Before, Need, Slice};
use super::stage::{Outcome, Work};
use super::summary::{Root, own_nodes};
use super::{File, Grade, Trouble, Var};
use crate::facts::Code;
use crate::syntax::python::{Attribute, Call, enclosing_scope};
use crate::syntax::{Node, ancestors, children, layout, span, walk};

impl<'t> File<'t> {
    /// The variables that the rest of the program takes from statements which become a function of their own, in the order
    /// in which they are set; or why no recipe makes a function of them.
    pub(super) fn given(
        &self,
        work: &Work<'t>,
        slice: &Slice<'t>,
        items: &[Var],
        looped: Node<'t>,
    ) -> Result<Vec<String>, Trouble<'t>> {
        let refuse = |node: Node<'t>, why: String| Err(Trouble::not_analysed(node, why));
        let scope = self.names.scope_at(looped);
        let (Some(&first), Some(&last)) = (work.nodes.first(), work.nodes.last()) else {
            return refuse(work.node(), "there are no statements".into());
        };
        if ![first, last].iter().all(|n| layout::alone_on_lines(self.source, *n)) {
            return refuse(first, "no recipe makes a function of statements that share a line with others yet".into());
        }
        let nodes: Vec<Node<'t>> = work.nodes.iter().flat_map(|n| own_nodes(*n)).collect();
        let odd = |n: &&Node<'t>| {
            matches!(n.kind(), "global_statement" | "nonlocal_statement" | "delete_statement" | "yield")
                || n.kind() == "import_from_statement" && children(**n).any(|c| c.kind() == "wildcard_import")
        };
        if let Some(node) = nodes.iter().find(odd) {
            let what = node.kind().trim_end_matches("_statement").replace('_', " ");
            return refuse(*node, format!("no recipe takes a `{what}` into the work yet"));
        }
        if let Some((node, var)) = self.looks_later(work, looped) {
            let why = format!("what is made here sees the values that the loop gives `{}` later, too", var.name);
            return refuse(node, why);
        }
        let mut bound: Vec<(usize, Var)> = Vec::new();
        for &statement in &work.nodes {
            for var in self.binds(statement) {
                let own = self.names.bindings(var.scope, &var.name);
                let at = own.iter().map(|b| b.node).filter(|n| work.contains(*n)).map(|n| n.start_byte()).min();
                if !bound.iter().any(|(_, known)| *known == var) {
                    bound.push((at.unwrap_or(usize::MAX), var));
                }
            }
        }
        bound.sort();
        if let Some((_, var)) = bound.iter().find(|(_, v)| v.file != self.id || v.scope != scope) {
            return refuse(
                first,
                format!("no recipe takes statements that set `{}`, of the scope around, yet", var.name),
            );
        }
        let prepared = slice.needs.iter().filter_map(|n| match n {
            Need::Statement(s, _) => Some(self.definitely_assigns(*s)),
            Need::SkipWhen(..) => None,
        });
        let set_before: Vec<Var> = prepared.flat_map(|vars| vars.iter().cloned().collect::<Vec<_>>()).collect();
        let is_set = |v: &Var| items.contains(v) || set_before.contains(v);
        // In a function of their own these would be read before they are set.
        let early = self.reads_of_work(work);
        if let Some((_, var)) = bound.iter().find(|(_, v)| early.contains_key(v) && !is_set(v)) {
            return refuse(first, format!("`{}` may be read in the work before it is set there", var.name));
        }
        let assigned: Vec<Var> =
            work.nodes.iter().flat_map(|s| self.definitely_assigns(*s).iter().cloned().collect::<Vec<_>>()).collect();
        let mut out = Vec::new();
        for (_, var) in bound {
            if let Some(read) = self.unbound_by(&var, work) {
                let line = self.source.line(read.start_byte());
                let why = format!(
                    "a handler in the work takes `{}` away where it ends, and line {line} would not notice that",
                    var.name
                );
                return refuse(first, why);
            }
            if !self.is_seen_outside(&var, work) {
                continue;
            }
            // As many would be open as there are items under way.
            if self.holds_stream(&var) {
                return refuse(first, format!("no recipe hands on the open file `{}` yet", var.name));
            }
            if let Some(read) = self.seen_after_failure(&var, work, looped) {
                let line = self.source.line(read.start_byte());
                let why = format!(
                    "a failure in the work would leave `{}` as it was before, and line {line} reads it",
                    var.name
                );
                return refuse(first, why);
            }
            if !is_set(&var) && !assigned.contains(&var) {
                return refuse(
                    first,
                    format!("the work may leave `{}` unset, and the rest of the loop reads it", var.name),
                );
            }
            out.push(var.name.to_string());
        }
        Ok(out)
    }

    /// A function or generator that the work makes, and that may run when the loop has set a variable of its body anew: in a
    /// function of its own it would see the work's variable.
    fn looks_later(&self, work: &Work<'t>, looped: Node<'t>) -> Option<(Node<'t>, Var)> {
        let set = self.binds(looped);
        let later = |n: &Node<'t>| match n.kind() {
            "lambda" | "generator_expression" => !self.runs_at_once(*n),
            _ => false,
        };
        work.nodes.iter().flat_map(|n| walk(*n)).filter(later).find_map(|n| {
            let var = self.reads(n).into_keys().find(|v| set.contains(v))?;
            Some((n, var))
        })
    }

    /// Whether a function or generator is used up by the call that it is handed to: `sorted(…, key=…)`, `sum(…)`.
    fn runs_at_once(&self, node: Node<'t>) -> bool {
        let call = ancestors(node)
            .find(|a| !matches!(a.kind(), "keyword_argument" | "argument_list" | "parenthesized_expression"))
            .and_then(Call::cast);
        call.is_some_and(|c| {
            let lazy = ["map", "filter", "iter", "zip", "enumerate", "reversed"];
            let name = c.function().and_then(|f| self.builtin(f));
            let used_up = || c.0.parent().is_some_and(|p| matches!(p.kind(), "argument_list" | "for_statement"));
            matches!(self.classify(c), CallKind::Pure)
                && (name.is_none_or(|n| !lazy.contains(&n)) || used_up())
                && !name.is_some_and(|n| matches!(n, "list" | "dict" | "tuple" | "set") && node.kind() == "lambda")
        })
    }

    /// Whether anything but the work may read what the work sets a variable to.
    fn is_seen_outside(&self, var: &Var, work: &Work<'t>) -> bool {
        let bindings = self.names.bindings(var.scope, &var.name);
        // Where a handler ends its name is gone.
        let mut own = bindings.iter().filter(|b| work.contains(b.node));
        !own.all(|b| matches!(b.bound, Bound::Except(_))) && self.reads_outside(var, work).next().is_some()
    }

    /// A read outside of the work of a name that a handler in the work binds: where the handler ends the name is unset, whatever
    /// had set it before, and a function of its own would unset another variable.
    fn unbound_by(&self, var: &Var, work: &Work<'t>) -> Option<Node<'t>> {
        let bindings = self.names.bindings(var.scope, &var.name);
        let handled = |b: &super::names::Binding<'t>| matches!(b.bound, Bound::Except(_));
        if !bindings.iter().any(|b| handled(b) && work.contains(b.node)) {
            return None;
        }
        // In another handler of the name, or behind a statement behind the work that sets it.
        let of_its_own = |read: Node<'t>| {
            ancestors(read).filter(|a| a.kind().starts_with("except")).any(|a| {
                bindings.iter().any(|b| handled(b) && !work.contains(b.node) && span(a).contains(span(b.node)))
            })
        };
        let anew = |read: Node<'t>| {
            let reaching = self.reaching(read).filter(|b| !handled(b));
            reaching.is_some_and(|b| b.node.start_byte() > work.span.end && b.node.start_byte() < read.start_byte())
        };
        let deleted = bindings.iter().filter(|b| matches!(b.bound, Bound::Deleted)).map(|b| b.node);
        let reads = self.names.reads_of(var.scope, &var.name).map(|r| r.node).chain(deleted);
        reads.into_iter().find(|read| !work.contains(*read) && !of_its_own(*read) && !anew(*read))
    }

    /// The variables that the work sets and that stay in its function.
    pub(super) fn kept(&self, work: &Work<'t>, gives: &[String]) -> Vec<String> {
        let mut names: Vec<String> =
            work.nodes.iter().flat_map(|s| self.binds(*s)).map(|v| v.name.to_string()).collect();
        names.sort();
        names.dedup();
        names.retain(|n| !gives.contains(n));
        names
    }

    /// Reads of a variable outside of the work that may see what the work sets it to.
    fn reads_outside<'a>(&'a self, var: &Var, work: &'a Work<'t>) -> impl Iterator<Item = Node<'t>> + 'a {
        let reads = self.names.reads_of(var.scope, &var.name).map(|r| r.node);
        // `del` needs it as a read does.
        let bindings = self.names.bindings(var.scope, &var.name).iter();
        let deleted = bindings.filter(|b| matches!(b.bound, Bound::Deleted)).map(|b| b.node);
        let nodes: Vec<Node<'t>> = reads.chain(deleted).collect();
        nodes.into_iter().filter(|r| !work.contains(*r) && self.reaching(*r).is_none_or(|b| work.contains(b.node)))
    }

    /// A read of a variable that sees what the work had set it to when it failed: the loop has it from works that ended.
    fn seen_after_failure(&self, var: &Var, work: &Work<'t>, looped: Node<'t>) -> Option<Node<'t>> {
        let bindings = self.names.bindings(var.scope, &var.name);
        if bindings.iter().filter(|b| work.contains(b.node)).all(|b| is_last(b.node, work)) {
            return None;
        }
        let handles = |a: &Node<'t>| a.kind() == "try_statement" || a.kind() == "with_statement" && self.swallows(*a);
        let inside =
            |a: &Node<'t>, n: Node<'t>| a.child_by_field_name("body").is_some_and(|b| span(b).contains(span(n)));
        let within = |n: &Node<'t>| n.id() != looped.id() && span(looped).contains(span(*n));
        let own: Vec<Node<'t>> =
            ancestors(work.node()).take_while(within).filter(handles).filter(|a| inside(a, work.node())).collect();
        let function = enclosing_scope(looped).map(|f| f.id());
        let around: Vec<Node<'t>> = ancestors(looped)
            .take_while(|a| Some(a.id()) != function)
            .filter(handles)
            .filter(|a| inside(a, looped))
            .collect();
        // What handles a failure and goes on with a value of its own.
        let sets = |a: &Node<'t>| {
            let clauses: Vec<Node<'t>> = children(*a).filter(|c| c.kind().starts_with("except")).collect();
            !clauses.is_empty()
                && clauses.iter().flat_map(|c| children(*c)).filter(|c| c.kind() == "block").all(|block| {
                    self.definitely_assigns(block).contains(var) && !self.reads_first(block).contains_key(var)
                })
        };
        let has_finally = |a: &Node<'t>| children(*a).any(|c| c.kind() == "finally_clause");
        self.reads_outside(var, work).find(|read| {
            // Behind the work in the same `try`, or under its `else`: the work has ended.
            let succeeded = |a: &Node<'t>| {
                let clause = children(*a).find(|c| span(*c).contains(span(*read)));
                clause.is_some_and(|c| matches!(c.kind(), "block" | "else_clause")) && read.start_byte() > work.span.end
            };
            let settled = |a: &Node<'t>| sets(a) && !has_finally(a);
            let passed_by =
                |a: &Node<'t>| within(read) && read.start_byte() > a.end_byte() && self.leaves_iteration(*a, looped);
            let seen_in = |a: &Node<'t>| !(succeeded(a) || settled(a) || passed_by(a));
            own.iter().any(seen_in) || !within(read) && around.iter().any(|a| !succeeded(a) && !settled(a))
        })
    }

    /// Whether every handler of a `try` ends the iteration, so that nothing behind it runs in the same one.
    fn leaves_iteration(&self, handled: Node<'t>, looped: Node<'t>) -> bool {
        let direct = ancestors(handled).find(|a| matches!(a.kind(), "for_statement" | "while_statement"));
        let clauses: Vec<Node<'t>> = children(handled).filter(|c| c.kind().starts_with("except")).collect();
        direct.is_some_and(|d| d.id() == looped.id())
            && !clauses.is_empty()
            && clauses.iter().all(|c| {
                let last = children(*c).find(|b| b.kind() == "block").and_then(|b| children(b).last());
                last.is_some_and(|l| {
                    matches!(
                        l.kind(),
                        "continue_statement" | "break_statement" | "return_statement" | "raise_statement"
                    )
                })
            })
    }

    /// The statements of the work with those directly in front of them that it needs, where there are any: what they make
    /// is then made once, and the rest of the loop takes it from the work.
    pub(super) fn with_what_it_needs(
        &self,
        work: &Work<'t>,
        before: &[Before<'t>],
        slice: &Slice<'t>,
        body: Node<'t>,
    ) -> Option<Work<'t>> {
        let first = work.nodes.first().filter(|_| work.call.is_none())?;
        let block = first.parent()?;
        let mut more: Vec<Node<'t>> = Vec::new();
        for step in before.iter().rev() {
            let Before::Statement(statement, _) = *step else { break };
            let needed = slice.needs.iter().any(|n| matches!(n, Need::Statement(s, _) if s.id() == statement.id()));
            let here = statement.parent().is_some_and(|p| p.id() == block.id());
            if !(statement.kind() == "comment" || needed && self.sliceable(statement, body).is_ok()) || !here {
                break;
            }
            more.push(statement);
        }
        while more.last().is_some_and(|s| s.kind() == "comment") {
            more.pop();
        }
        more.reverse();
        if more.is_empty() {
            return None;
        }
        more.extend(work.nodes.iter().copied());
        Work::of_statements(more)
    }

    /// Objects that the loop makes in front of the work, once for the work and once for itself, and that the work changes.
    pub(super) fn copied_objects(
        &self,
        work: &Work<'t>,
        slice: &Slice<'t>,
        moved: &[Node<'t>],
        items: &[Var],
        outcome: &mut Outcome<'t>,
    ) {
        let copied: Vec<Var> = slice
            .needs
            .iter()
            .filter_map(|n| match n {
                Need::Statement(s, _) => Some(*s).filter(|s| !moved.iter().any(|m| m.id() == s.id())),
                Need::SkipWhen(..) => None,
            })
            .flat_map(|s| self.binds(s))
            .collect();
        if copied.is_empty() {
            return;
        }
        // The call reads on in a file, and the loop has one of its own that stands where it was opened.
        let needed = |n: Node<'t>| slice.needs.iter().any(|need| span(need.node()).contains(span(n)));
        for var in copied.iter().filter(|v| slice.reads.contains_key(v) && self.holds_stream(v)) {
            let asked = self.names.reads_of(var.scope, &var.name).map(|r| r.node).find(|n| {
                let name = n.parent().and_then(Attribute::cast).and_then(|a| a.name()).map(|n| self.text(n));
                let further = !matches!(name, Some("close" | "name" | "closed"));
                further && !work.contains(*n) && !needed(*n) && self.reaching(*n).is_none_or(|b| needed(b.node))
            });
            if let Some(node) = asked {
                let message =
                    format!("the call reads in `{}`, and the loop would have the file as it was opened", var.name);
                outcome.add(Trouble::new(
                    Code::SHARED_ARGUMENT,
                    node,
                    message,
                    "open the file anew where it is read again",
                ));
            }
        }
        for node in work.nodes.iter().flat_map(|n| own_nodes(*n)) {
            let own = self.change_within(node, items).into_iter();
            let mut changed: Vec<(Place, bool)> = own
                .flat_map(|c| {
                    let sure = c.sure;
                    c.places.iter().chain(&c.direct).map(|p| (p.clone(), sure)).collect::<Vec<_>>()
                })
                .collect();
            if let Some(call) = Call::cast(node) {
                changed.extend(self.changed_by_call(call, items));
            }
            let held = |p: &Place| copied.contains(&p.var) && !self.is_plain_variable(&p.var);
            let worst = changed.iter().filter(|(p, _)| held(p)).max_by_key(|(_, sure)| *sure);
            if let Some((place, sure)) = worst {
                let trouble = Trouble::new(
                    Code::SHARED_ARGUMENT,
                    node,
                    format!(
                        "the work changes what `{}` holds, and the rest of the loop has one of its own",
                        place.var.name
                    ),
                    "make it in the function that makes the call, and return it",
                );
                outcome.add(trouble.graded(if *sure { Grade::Blocked } else { Grade::Assumed }));
            }
        }
    }

    /// What functions of the project change of what a call hands them, each with whether they surely do.
    fn changed_by_call(&self, call: Call<'t>, items: &[Var]) -> Vec<(Place, bool)> {
        let CallKind::Functions(defs) = self.classify(call) else { return Vec::new() };
        let mut out = Vec::new();
        for def in defs {
            for store in &self.summary_of(def).stores {
                let Root::Parameter(name) = &store.root else { continue };
                let Some(argument) = self.passed_for(call, def, name) else { continue };
                out.extend(self.reach(argument, items).iter().map(|p| (p.clone(), store.sure)));
            }
        }
        out
    }

    /// Whether the program awaits the work already: the call is awaited, or its statements await something themselves.
    pub(super) fn is_awaited(&self, work: &Work<'t>) -> bool {
        if let Some(call) = work.call {
            return call.parent().is_some_and(|p| p.kind() == "await") || self.is_gathered(call);
        }
        let function = enclosing_scope(work.node()).map(|f| f.id());
        work.nodes
            .iter()
            .flat_map(|n| own_nodes(*n))
            .any(|n| n.kind() == "await" && enclosing_scope(n).map(|f| f.id()) == function)
    }
}

/// Whether nothing of the work runs behind the assignment that binds a name: a failure comes before it.
fn is_last(name: Node<'_>, work: &Work<'_>) -> bool {
    let Some(mut at) = ancestors(name).take_while(|a| work.contains(*a)).find(|a| a.kind() == "expression_statement")
    else {
        return false;
    };
    let target = at.named_child(0).filter(|a| a.kind() == "assignment").and_then(|a| a.child_by_field_name("left"));
    if !target.is_some_and(|t| span(t).contains(span(name))) {
        return false;
    }
    // Whether a `break` follows: nothing behind it runs, up to its loop.
    let mut leaves = false;
    while !work.nodes.iter().any(|n| n.id() == at.id()) {
        let Some(parent) = at.parent() else { return false };
        match parent.kind() {
            "block" if !leaves => {
                let next = children(parent)
                    .filter(|s| s.start_byte() > at.start_byte())
                    .find(|s| !matches!(s.kind(), "comment" | "pass_statement"));
                match next.map(|n| n.kind()) {
                    None => {}
                    Some("break_statement") => leaves = true,
                    Some(_) => return false,
                }
            }
            "block" | "if_statement" | "elif_clause" | "else_clause" | "except_clause" => {}
            "try_statement" => {
                let later = |c: Node<'_>| {
                    c.start_byte() > at.start_byte() && matches!(c.kind(), "else_clause" | "finally_clause")
                };
                if children(parent).any(later) {
                    return false;
                }
            }
            "for_statement" | "while_statement" if leaves => leaves = false,
            "for_statement" | "while_statement" if at.kind() == "else_clause" => {}
            _ => return false,
        }
        at = parent;
    }
    !leaves && work.nodes.last().is_some_and(|n| n.id() == at.id())
}

/// Whether two nodes stand in different branches of one `if` of a loop's body.
pub(super) fn in_other_branch(one: Node<'_>, other: Node<'_>, body: Node<'_>) -> bool {
    let Some(fork) = ancestors(one).take_while(|a| a.id() != body.id()).find(|a| span(*a).contains(span(other))) else {
        return false;
    };
    fork.kind() == "if_statement"
        && children(fork).filter(|c| span(*c).contains(span(one)) || span(*c).contains(span(other))).count() == 2
}

/// The smallest run of statements that holds all waiting calls.
pub(super) fn region<'t>(body: Node<'t>, calls: &[Waiting<'t>]) -> Option<Work<'t>> {
    let holds = |n: &Node<'t>| calls.iter().any(|w| span(*n).contains(span(w.call.0)));
    let mut block = body;
    loop {
        let statements: Vec<Node<'t>> = children(block).collect();
        let first = statements.iter().position(holds)?;
        let last = statements.iter().rposition(holds)?;
        if first == last {
            let one = statements[first];
            let blocks: Vec<Node<'t>> = match one.kind() {
                "if_statement" => children(one)
                    .flat_map(|c| match c.kind() {
                        "block" => vec![c],
                        "elif_clause" => c.child_by_field_name("consequence").into_iter().collect(),
                        "else_clause" => c.child_by_field_name("body").into_iter().collect(),
                        _ => Vec::new(),
                    })
                    .collect(),
                "try_statement" => one.child_by_field_name("body").into_iter().collect(),
                _ => Vec::new(),
            };
            let inner = blocks.into_iter().find(|b| calls.iter().all(|w| span(*b).contains(span(w.call.0))));
            if let Some(inner) = inner {
                block = inner;
                continue;
            }
        }
        return Work::of_statements(statements[first..=last].to_vec());
    }
}

/// What the calls of an item take but those that overlap, each in seconds. Of calls in several branches one is made; those in
/// handlers are left out, for most items need none.
pub(super) fn serial_seconds<'t>(
    calls: &[Waiting<'t>],
    body: Node<'t>,
    overlaps: &dyn Fn(Node<'t>) -> bool,
) -> Vec<f64> {
    let mut counted: Vec<&Waiting<'t>> = Vec::new();
    for waiting in calls.iter().filter(|w| !overlaps(w.call.0)) {
        let handles =
            ancestors(waiting.call.0).take_while(|a| a.id() != body.id()).any(|a| a.kind() == "except_clause");
        let instead = counted.iter().any(|w| in_other_branch(w.call.0, waiting.call.0, body));
        if !handles && !instead {
            counted.push(waiting);
        }
    }
    counted.iter().map(|w| w.waits.iter().map(|wait| wait.fact.seconds).sum::<f64>().max(0.1)).collect()
}
