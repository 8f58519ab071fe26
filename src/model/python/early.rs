//! What the work of one item changes and the rest of the loop looks at: ahead of its turn, or while other items are worked
//! on.

use super::alias::Place;
use super::calls::CallKind;
use super::effects::is_target;
use super::receivers::Def;
use super::slice::{Need, Reads, Slice, merge};
use super::stage::Work;
use super::summary::{Root, Store};
use super::{File, FileId, Grade, Trouble, Var};
use crate::facts::Code;
use crate::syntax::python::{Assignment, Call};
use crate::syntax::{Node, children, span, walk};
use rustc_hash::FxHashSet;

impl<'t> File<'t> {
    /// The same for what a loop's call needs: guards, and statements as far as they read what is not the iteration's own.
    pub(super) fn needs_early(
        &self,
        slice: &Slice<'t>,
        work: &Work<'t>,
        body: Node<'t>,
        items: &[Var],
    ) -> Vec<Trouble<'t>> {
        let own = self.binds(body);
        let mut guards = Reads::new();
        let mut others = Reads::new();
        for need in &slice.needs {
            let into = if matches!(need, Need::SkipWhen(..)) { &mut guards } else { &mut others };
            merge(into, self.reads(need.node()));
            merge(into, self.unseen_reads(need.node()));
        }
        guards.retain(|v, _| !own.contains(v));
        others.retain(|v, _| !own.contains(v) && !items.contains(v));
        let mut out = self.read_early(&guards, work, false);
        out.extend(self.read_early(&others, work, true));
        out
    }

    /// What decides about the calls of later items, ahead of the work of earlier ones that changes it.
    pub(super) fn decided_early(&self, nodes: &[Node<'t>], work: &Work<'t>) -> Vec<Trouble<'t>> {
        let mut reads = Reads::new();
        for node in nodes {
            merge(&mut reads, self.reads(*node));
            merge(&mut reads, self.unseen_reads(*node));
        }
        self.read_early(&reads, work, false)
    }

    /// Of a value, only what functions of the work set in variables is asked: what they are handed is judged where they are
    /// called.
    fn read_early(&self, reads: &Reads<'t>, work: &Work<'t>, value: bool) -> Vec<Trouble<'t>> {
        let found = |likely: bool| {
            let outer = self.likely.replace(likely);
            let found = self.changed_by_work(reads, work, value);
            self.likely.set(outer);
            found
        };
        let sure = found(true);
        let graded = |t: Trouble<'t>| t.graded(Grade::Assumed);
        sure.or_else(|| found(false).map(graded)).into_iter().collect()
    }

    fn changed_by_work(&self, reads: &Reads<'t>, work: &Work<'t>, value: bool) -> Option<Trouble<'t>> {
        let changes: Vec<(Node<'t>, Place)> = self
            .nodes_of(&work.nodes)
            .into_iter()
            .flat_map(|n| self.changed_at(n, value).into_iter().map(move |p| (n, p)))
            .collect();
        reads.iter().find_map(|(var, at)| {
            let reached = self.reached_by(var, at);
            let meets = |p: &Place| p.var == *var && p.key.is_none() || reached.iter().any(|r| r.meets(p));
            let (changing, _) = changes.iter().find(|(_, p)| meets(p))?;
            let what = if value { "is read for later calls" } else { "decides about later calls" };
            let text = self.text(*changing).lines().next().unwrap_or_default();
            let message = format!("`{}` {what}, and `{text}` changes it while they are under way", var.name);
            let help = "decide which calls to make, and what to ask, before the loop";
            let node = at.first().copied().unwrap_or(work.node());
            Some(Trouble::new(Code::CHECK_THEN_ACT, node, message, help).with(*changing))
        })
    }

    /// What one node of the work changes; of functions of the project, what each of their stores does.
    fn changed_at(&self, node: Node<'t>, variables: bool) -> Vec<Place> {
        let wanted = |sure: bool| sure || !self.likely.get();
        let called = Call::cast(node).map(|c| (c, self.classify(c)));
        let Some((call, CallKind::Functions(defs))) = called else {
            let change = self.change_by(node).filter(|c| wanted(c.sure) && !variables);
            return change.into_iter().flat_map(|c| c.places.into_iter().chain(c.direct)).collect();
        };
        let mut out = Vec::new();
        for def in defs {
            for store in self.summary_of(def).stores.iter().filter(|s| wanted(s.sure)) {
                match &store.root {
                    Root::Variable(var) => out.push(Place::whole(var.clone())),
                    Root::Parameter(_) if variables => {}
                    Root::Parameter(name) => {
                        let argument = self.passed_for(call, def, name);
                        // Sure is what is changed of the object itself; what it may hold is less so.
                        let of = |a: Node<'t>| if self.likely.get() { self.same(a, &[]) } else { self.reach(a, &[]) };
                        out.extend(argument.into_iter().flat_map(of));
                    }
                }
            }
        }
        out
    }

    /// Whether anything looks at what the work sets to the same value in every iteration: it would see whether an iteration
    /// has set it already.
    pub(super) fn is_looked_at(&self, (def, store): (Def<'t>, &Store<'t>), work: &Work<'t>, looped: Node<'t>) -> bool {
        let outside = |n: &Node<'t>| !work.span.contains(span(*n));
        let Root::Variable(var) = &store.root else {
            return self.is_set_apart((def, store), work) || self.is_part_read(store.key.as_deref(), looped);
        };
        let place = Place { key: store.key.clone(), ..Place::whole(var.clone()) };
        // A function of the work may look at it in front of where it is set.
        let within = self.summary_of(def).reads.contains(var);
        let parts = ["right", "body"].into_iter().filter_map(|f| looped.child_by_field_name(f));
        let clauses = children(looped).filter(|c| matches!(c.kind(), "for_in_clause" | "if_clause"));
        within
            || parts.chain(clauses).any(|part| {
                let mut reads = self.reads(part);
                merge(&mut reads, self.indirect_reads(part));
                reads.into_iter().any(|(var, nodes)| {
                    let nodes: Vec<Node<'t>> = nodes.into_iter().filter(outside).collect();
                    let read = self.places_read(&nodes, &var);
                    read.iter().any(|r| place.meets(r))
                })
            })
    }

    /// Whether the work sets an attribute to more than one value, or may: what it holds in the end, and what another item
    /// finds there, depends on which ran last.
    fn is_set_apart(&self, (def, store): (Def<'t>, &Store<'t>), work: &Work<'t>) -> bool {
        let calls: Vec<Call<'t>> = self.nodes_of(&work.nodes).into_iter().filter_map(Call::cast).collect();
        let called = |c: Call<'t>| match self.classify(c) {
            CallKind::Functions(defs) => defs,
            _ => Vec::new(),
        };
        let value = |s: &Store<'t>| {
            let assignment = s.node.parent().and_then(Assignment::cast)?;
            assignment.left().filter(|l| l.id() == s.node.id())?;
            let value = assignment.right()?;
            Some((value, self.program.at(s.file)?.text(value)))
        };
        let Some((node, text)) = value(store) else { return true };
        let literal = matches!(node.kind(), "true" | "false" | "none" | "integer" | "float")
            || node.kind() == "string" && walk(node).all(|n| n.kind() != "interpolation");
        let defs: Vec<Def<'t>> = calls.into_iter().flat_map(called).collect();
        // What comes of a parameter may differ from call to call.
        let in_place = store.file == def.file && span(def.node).contains(span(store.node));
        if !literal && (!in_place || defs.len() != 1) {
            return true;
        }
        defs.into_iter().any(|d| {
            let summary = self.summary_of(d);
            let mut same = summary.stores.iter().filter(|s| s.key == store.key && s.node.id() != store.node.id());
            same.any(|s| value(s).is_none_or(|(_, other)| other != text))
        })
    }

    /// Whether a loop, or a function that it calls, asks for an attribute of this name, whatever the object.
    fn is_part_read(&self, key: Option<&str>, looped: Node<'t>) -> bool {
        let Some(key) = key else { return true };
        let mut pending = vec![(self.id, looped)];
        let mut seen: FxHashSet<(FileId, usize)> = FxHashSet::default();
        while let Some((id, piece)) = pending.pop() {
            let Some(file) = self.program.at(id).filter(|_| seen.insert((id, piece.id()))) else { continue };
            for node in walk(piece) {
                let asks = match node.kind() {
                    "attribute" if !is_target(node) => {
                        let name = node.child_by_field_name("attribute").map_or("", |n| file.text(n));
                        name == key || name == "__dict__"
                    }
                    // `getattr(self, "ok")`, `d["ok"]`.
                    "string" => super::alias::literal(file.text(node)) == key,
                    _ => false,
                };
                if asks {
                    return true;
                }
                let defs = match Call::cast(node).map(|c| file.classify(c)) {
                    Some(CallKind::Functions(defs)) => defs,
                    _ => Vec::new(),
                };
                let implied = file.implicit(node).into_iter().map(|i| i.def);
                pending.extend(defs.into_iter().chain(implied).map(|d| (d.file, d.node)));
            }
        }
        false
    }
}
