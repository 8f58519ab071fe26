//! Which binding of a variable a read sees, and what a statement reads before it has set it.

use super::names::{Binding, ScopeKind};
use super::receivers::Meaning;
use super::slice::{Reads, merge};
use super::summary::own_nodes;
use super::{File, ScopeId, Var};
use crate::syntax::python::{Assignment, Call, For, If, With, WithItem};
use crate::syntax::{Node, ancestors, children, span, walk};
use std::rc::Rc;

/// Where the loops around a statement may be left, and what is set there.
#[derive(Debug, Default)]
struct Exits {
    /// At each `break` of the innermost loop.
    breaks: Vec<Vec<Var>>,
    flags: Vec<Flag>,
}

/// A loop that a variable ends.
#[derive(Debug)]
struct Flag {
    /// The assignments that may let it end, by their nodes' ids.
    ends: Vec<usize>,
    /// Those that were passed, and what is set there.
    passed: Vec<(usize, Vec<Var>)>,
}

impl Flag {
    /// Whether every assignment was passed; one in a statement that is not walked into, a `match`, is not.
    fn is_whole(&self) -> bool {
        self.ends.iter().all(|end| self.passed.iter().any(|(id, _)| id == end))
    }
}

impl Exits {
    /// An assignment was made.
    fn pass(&mut self, node: Node<'_>, set: &[Var]) {
        for flag in self.flags.iter_mut().filter(|f| f.ends.contains(&node.id())) {
            flag.passed.push((node.id(), set.to_vec()));
        }
    }
}

impl<'t> File<'t> {
    /// The one binding that reaches a read, by going backwards from it: a statement in front of it that surely sets the
    /// variable, or the target of a loop around it. None where several may, or where the variable belongs to a scope
    /// around the read's own.
    pub(crate) fn reaching(&self, read: Node<'t>) -> Option<&Binding<'t>> {
        let name = self.text(read);
        let from = self.names.scope_at(read);
        let home = self.names.resolve(from, name)?;
        if home != from || self.names.scope(home).kind == ScopeKind::Class {
            return None;
        }
        let bindings = self.names.bindings(home, name);
        if let [one] = bindings {
            return Some(one);
        }
        let known = self.reached.borrow().get(&read.id()).copied();
        let found = known.unwrap_or_else(|| {
            let found = self.reaching_of_many(read, home, name).map(|b| b.node.id());
            self.reached.borrow_mut().insert(read.id(), found);
            found
        })?;
        bindings.iter().find(|b| b.node.id() == found)
    }

    fn reaching_of_many(&self, read: Node<'t>, home: ScopeId, name: &str) -> Option<&Binding<'t>> {
        let bindings = self.names.bindings(home, name);
        let within = |node: Node<'t>| bindings.iter().filter(move |b| span(node).contains(span(b.node)));
        let mut below = read;
        for above in ancestors(read) {
            match above.kind() {
                "block" | "module" => {
                    let before: Vec<Node<'t>> = children(above)
                        .take_while(|s| s.start_byte() < below.start_byte() && s.id() != below.id())
                        .collect();
                    for statement in before.into_iter().rev() {
                        let mut here = within(statement);
                        let Some(first) = here.next() else { continue };
                        let sure = here.next().is_none()
                            && self.definitely_assigns(statement).iter().any(|v| v.name == name && v.scope == home);
                        return sure.then_some(first);
                    }
                }
                "for_statement" => {
                    let target = above.child_by_field_name("left")?;
                    let in_body = above.child_by_field_name("body").is_some_and(|b| b.id() == below.id());
                    if in_body && let Some(binding) = within(target).next() {
                        return Some(binding);
                    }
                    // The back edge brings what the body sets later.
                    if within(above).next().is_some() {
                        return None;
                    }
                }
                // What a `with` binds is there in its block.
                "with_statement" if below.kind() == "block" => {
                    let mut heads = children(above).filter(|c| c.kind() == "with_clause").flat_map(within);
                    if let Some(binding) = heads.next() {
                        return heads.next().is_none().then_some(binding);
                    }
                }
                "while_statement" | "try_statement" | "with_statement" | "match_statement"
                    if within(above).next().is_some() =>
                {
                    return None;
                }
                "if_statement" => {
                    // Conditions may bind with `:=`.
                    let conditions =
                        children(above).filter(|c| !matches!(c.kind(), "block" | "elif_clause" | "else_clause"));
                    if conditions.flat_map(within).next().is_some() {
                        return None;
                    }
                }
                "function_definition" | "lambda" | "class_definition" => {
                    let parameters = above.child_by_field_name("parameters")?;
                    return within(parameters).next();
                }
                _ => {}
            }
            below = above;
        }
        None
    }

    /// The variables that a statement reads before it has surely set them itself.
    pub(crate) fn reads_first(&self, statement: Node<'t>) -> Reads<'t> {
        let mut reads = Reads::new();
        self.exposed(statement, &mut Vec::new(), &mut reads, &mut Exits::default());
        reads
    }

    /// The variables that a statement sets on every path through it.
    pub(crate) fn definitely_assigns(&self, statement: Node<'t>) -> Rc<Vec<Var>> {
        if let Some(known) = self.assigned.borrow().get(&statement.id()) {
            return Rc::clone(known);
        }
        let mut set = Vec::new();
        self.exposed(statement, &mut set, &mut Reads::new(), &mut Exits::default());
        let set = Rc::new(set);
        self.assigned.borrow_mut().insert(statement.id(), Rc::clone(&set));
        set
    }

    /// Walks a statement: what it reads before `set` holds it goes to `reads`, what it surely sets to `set`, and what is set
    /// where it leaves the loop around it to `exits`. Answers whether the next statement may be reached from it.
    fn exposed(&self, node: Node<'t>, set: &mut Vec<Var>, reads: &mut Reads<'t>, exits: &mut Exits) -> bool {
        let look = |part: Node<'t>, set: &[Var], reads: &mut Reads<'t>| {
            let mut found = self.reads(part);
            found.retain(|v, _| !set.contains(v));
            merge(reads, found);
        };
        let bind = |target: Node<'t>, set: &mut Vec<Var>, reads: &mut Reads<'t>| {
            // `x[k] = v` reads `x`, and `x.a, y = …` too.
            for part in walk(target).filter(|n| matches!(n.kind(), "subscript" | "attribute")) {
                look(part, set, reads);
            }
            set.extend(self.binds(target));
        };
        match node.kind() {
            "block" | "module" => children(node).all(|s| self.exposed(s, set, reads, exits)),
            "expression_statement" => {
                children(node).for_each(|inner| {
                    self.exposed(inner, set, reads, exits);
                });
                true
            }
            "assignment" => {
                let a = Assignment(node);
                let Some(right) = a.right() else { return true };
                self.exposed(right, set, reads, exits);
                if let Some(left) = a.left() {
                    bind(left, set, reads);
                }
                exits.pass(node, set);
                true
            }
            "if_statement" => {
                let begin = If(node);
                if let Some(condition) = begin.condition() {
                    look(condition, set, reads);
                }
                let mut ends: Vec<Vec<Var>> = Vec::new();
                let mut branch = |block: Option<Node<'t>>, reads: &mut Reads<'t>, set: &[Var]| {
                    let mut own = set.to_vec();
                    if block.is_none_or(|b| self.exposed(b, &mut own, reads, exits)) {
                        ends.push(own);
                    }
                };
                branch(begin.consequence(), reads, set);
                let mut has_else = false;
                for clause in children(node) {
                    match clause.kind() {
                        "elif_clause" => {
                            if let Some(condition) = If(clause).condition() {
                                look(condition, set, reads);
                            }
                            branch(If(clause).consequence(), reads, set);
                        }
                        "else_clause" => {
                            has_else = true;
                            branch(clause.child_by_field_name("body"), reads, set);
                        }
                        _ => {}
                    }
                }
                if !has_else {
                    ends.push(set.clone());
                }
                join(ends, set)
            }
            "for_statement" => {
                let f = For(node);
                if let Some(right) = f.right() {
                    look(right, set, reads);
                }
                let mut own = set.clone();
                if let Some(left) = f.left() {
                    bind(left, &mut own, reads);
                }
                let outer = std::mem::take(&mut exits.breaks);
                if let Some(body) = f.body() {
                    self.exposed(body, &mut own, reads, exits);
                }
                let mut ends = std::mem::replace(&mut exits.breaks, outer);
                // The body may not run at all, and then what stands under `else` does.
                let mut last = set.clone();
                let otherwise = f.alternative().and_then(|a| a.child_by_field_name("body"));
                if otherwise.is_none_or(|o| self.exposed(o, &mut last, reads, exits)) {
                    ends.push(last);
                }
                join(ends, set)
            }
            "while_statement" => {
                let condition = node.child_by_field_name("condition");
                if let Some(condition) = condition {
                    look(condition, set, reads);
                }
                let outer = std::mem::take(&mut exits.breaks);
                let flagged = self.ended_by(node);
                exits.flags.push(Flag { ends: flagged.iter().flatten().map(Node::id).collect(), passed: Vec::new() });
                if let Some(body) = node.child_by_field_name("body") {
                    self.exposed(body, &mut set.clone(), reads, exits);
                }
                let passed = exits.flags.pop().filter(|f| flagged.is_some() && f.is_whole()).map(|f| f.passed);
                let mut ends = std::mem::replace(&mut exits.breaks, outer);
                // An endless loop is left by a `break` alone.
                let endless = condition.is_some_and(|c| matches!(self.text(c), "True" | "1"));
                let mut last = set.clone();
                if let Some(passed) = passed {
                    join(passed.into_iter().map(|(_, set)| set).collect(), &mut last);
                }
                let otherwise = children(node).find(|c| c.kind() == "else_clause");
                let otherwise = otherwise.and_then(|c| c.child_by_field_name("body"));
                if otherwise.is_none_or(|o| self.exposed(o, &mut last, reads, exits)) && !endless {
                    ends.push(last);
                }
                join(ends, set)
            }
            "try_statement" => {
                let before = set.clone();
                let mut body = before.clone();
                let mut ends = Vec::new();
                let through = node.child_by_field_name("body").is_none_or(|b| self.exposed(b, &mut body, reads, exits));
                let mut tail = body.clone();
                let mut through = through;
                for clause in children(node) {
                    match clause.kind() {
                        "except_clause" | "except_group_clause" => {
                            let mut own = before.clone();
                            let mut named = Vec::new();
                            let (ended, left) = (ends.len(), exits.breaks.len());
                            for part in children(clause) {
                                if part.kind() == "block" {
                                    if self.exposed(part, &mut own, reads, exits) {
                                        ends.push(own.clone());
                                    }
                                } else {
                                    named.extend(self.binds(part));
                                    own.extend(named.iter().cloned());
                                    look(part, &own, reads);
                                }
                            }
                            // Where a handler ends, its name is gone.
                            for end in ends[ended..].iter_mut().chain(&mut exits.breaks[left..]) {
                                end.retain(|v| !named.contains(v));
                            }
                        }
                        "else_clause" => {
                            if let Some(block) = clause.child_by_field_name("body") {
                                through = self.exposed(block, &mut tail, reads, exits) && through;
                            }
                        }
                        _ => {}
                    }
                }
                if through {
                    ends.push(tail);
                }
                let goes_on = join(ends, set);
                let finally = children(node).find(|c| c.kind() == "finally_clause");
                let mut last = before;
                if let Some(block) = finally.and_then(|f| children(f).find(|c| c.kind() == "block")) {
                    self.exposed(block, &mut last, reads, exits);
                    set.extend(last);
                }
                goes_on
            }
            "with_statement" => {
                let before = set.clone();
                for part in children(node) {
                    match part.kind() {
                        "block" => {
                            let goes_on = self.exposed(part, set, reads, exits);
                            if !self.swallows(node) {
                                return goes_on;
                            }
                            // A failure in it goes on behind it.
                            *set = before;
                            return true;
                        }
                        _ => {
                            let items = walk(part).filter_map(WithItem::cast);
                            for (context, target) in items.filter_map(|i| i.parts()) {
                                look(context, set, reads);
                                set.extend(target.map(|t| self.binds(t)).unwrap_or_default());
                            }
                        }
                    }
                }
                true
            }
            "break_statement" => {
                exits.breaks.push(set.clone());
                false
            }
            "return_statement" | "raise_statement" | "continue_statement" => {
                look(node, set, reads);
                false
            }
            _ => {
                look(node, set, reads);
                true
            }
        }
    }
}

impl<'t> File<'t> {
    /// Whether a `with` may hide a failure in its block: `suppress(…)`, a class of the project whose `__exit__` answers.
    pub(super) fn swallows(&self, with: Node<'t>) -> bool {
        With(with).items().any(|item| {
            let Some((context, _)) = item.parts() else { return true };
            let named = Call::cast(context).and_then(|c| c.function()).unwrap_or(context);
            let last = self.text(named).rsplit('.').next().unwrap_or_default();
            if matches!(last, "suppress" | "raises" | "ExitStack" | "AsyncExitStack") {
                return true;
            }
            self.meaning(context).all.iter().chain(&self.meaning(named).all).any(|m| match m {
                Meaning::Instance(class) => {
                    let exits = ["__exit__", "__aexit__"].map(|name| self.method_of(*class, name));
                    exits.into_iter().flatten().any(|def| {
                        let file = self.program.at(def.file).unwrap_or(self);
                        own_nodes(def.node)
                            .into_iter()
                            .filter(|n| n.kind() == "return_statement")
                            .any(|n| children(n).next().is_some_and(|v| !matches!(file.text(v), "False" | "None")))
                    })
                }
                // A function with `@contextmanager` that handles what its block raises.
                Meaning::Function { def, .. } => walk(def.node).any(|n| n.kind() == "except_clause"),
                _ => false,
            })
        })
    }
}

/// What all ways that go on have set; false where none does.
fn join(ends: Vec<Vec<Var>>, set: &mut Vec<Var>) -> bool {
    let mut ends = ends.into_iter();
    let Some(first) = ends.next() else { return false };
    let rest: Vec<_> = ends.collect();
    *set = first.into_iter().filter(|v| rest.iter().all(|other| other.contains(v))).collect();
    true
}
