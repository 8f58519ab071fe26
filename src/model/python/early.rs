//! What the work of one item changes and the rest of the loop looks at: ahead of its turn, or while other items are worked
//! on.

use super::alias::Place;
use super::receivers::Def;
use super::slice::{Need, Reads, Slice, merge};
use super::stage::Work;
use super::summary::{Root, Store};
use super::{File, Grade, Trouble, Var};
use crate::facts::Code;
use crate::syntax::python::Call;
use crate::syntax::{Node, children, span};

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
            merge(into, self.indirect_reads(need.node()));
        }
        guards.retain(|v, _| !own.contains(v));
        others.retain(|v, _| !own.contains(v) && !items.contains(v));
        let mut out = self.read_early(&guards, work, "decides about later calls");
        out.extend(self.read_early(&others, work, "is read for later calls"));
        out
    }

    /// What decides about the calls of later items, ahead of the work of earlier ones that changes it.
    pub(super) fn decided_early(&self, nodes: &[Node<'t>], work: &Work<'t>) -> Vec<Trouble<'t>> {
        let mut reads = Reads::new();
        for node in nodes {
            merge(&mut reads, self.reads(*node));
            merge(&mut reads, self.indirect_reads(*node));
        }
        self.read_early(&reads, work, "decides about later calls")
    }

    fn read_early(&self, reads: &Reads<'t>, work: &Work<'t>, what: &str) -> Vec<Trouble<'t>> {
        let found = |likely: bool| {
            let outer = self.likely.replace(likely);
            let found = self.changed_by_work(reads, work, what);
            self.likely.set(outer);
            found
        };
        let sure = found(true);
        let graded = |t: Trouble<'t>| t.graded(Grade::Assumed);
        sure.or_else(|| found(false).map(graded)).into_iter().collect()
    }

    fn changed_by_work(&self, reads: &Reads<'t>, work: &Work<'t>, what: &str) -> Option<Trouble<'t>> {
        let changes = self.nodes_of(&work.nodes).into_iter().filter_map(|n| self.change_by(n));
        let changes: Vec<_> = changes.filter(|c| c.sure || !self.likely.get()).collect();
        reads.iter().find_map(|(var, at)| {
            let reached = self.reached_by(var, at);
            let meets = |p: &Place| p.var == *var && p.key.is_none() || reached.iter().any(|r| r.meets(p));
            let change = changes.iter().find(|c| c.places.iter().chain(&c.direct).any(meets))?;
            let text = self.text(change.node).lines().next().unwrap_or_default();
            let message = format!("`{}` {what}, and `{text}` changes it while they are under way", var.name);
            let help = "decide which calls to make, and what to ask, before the loop";
            let node = at.first().copied().unwrap_or(work.node());
            Some(Trouble::new(Code::CHECK_THEN_ACT, node, message, help).with(change.node))
        })
    }

    /// Whether anything looks at what the work sets to the same value in every iteration: it would see whether an iteration
    /// has set it already.
    pub(super) fn is_looked_at(
        &self,
        (call, def, store): (Call<'t>, Def<'t>, &Store<'t>),
        work: &Work<'t>,
        looped: Node<'t>,
    ) -> bool {
        let places: Vec<Place> = match &store.root {
            Root::Variable(var) => vec![Place { key: store.key.clone(), ..Place::whole(var.clone()) }],
            Root::Parameter(name) => {
                let argument = self.passed_for(call, def, name);
                let reached = argument.into_iter().flat_map(|a| self.same(a, &[]));
                reached.map(|p| Place { key: store.key.clone(), ..Place::whole(p.var) }).collect()
            }
        };
        // A function of the work may look at it in front of where it is set.
        let within = matches!(&store.root, Root::Variable(v) if self.summary_of(def).reads.contains(v));
        let parts = ["right", "body"].into_iter().filter_map(|f| looped.child_by_field_name(f));
        let clauses = children(looped).filter(|c| matches!(c.kind(), "for_in_clause" | "if_clause"));
        let outside = |n: &Node<'t>| !work.span.contains(span(*n));
        within
            || parts.chain(clauses).any(|part| {
                let mut reads = self.reads(part);
                merge(&mut reads, self.indirect_reads(part));
                reads.into_iter().any(|(var, nodes)| {
                    let nodes: Vec<Node<'t>> = nodes.into_iter().filter(outside).collect();
                    let read = self.places_read(&nodes, &var);
                    read.iter().any(|r| places.iter().any(|p| p.meets(r)))
                })
            })
    }
}
