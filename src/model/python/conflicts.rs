//! Objects that the loop changes and the work reads.
use super::alias::{Place, Places};
use super::calls::{CallKind, Catalogued};
use super::effects::Change;
use super::indexed::OwnItem;
use super::names::Bound;
use super::slice::{Need, Slice};
use super::source::Peeled;
use super::stage::Work;
use super::summary::own_nodes;
use super::{File, Grade, Trouble, Var};
use crate::catalog::PythonFacts;
use crate::facts::Code;
use crate::syntax::python::{Attribute, Call};
use crate::syntax::{Node, ancestors, children, span, walk};

/// One variable that the work reads.
struct WorkRead<'a, 't> {
    var: &'a Var,
    nodes: &'a [Node<'t>],
    /// Whether it is the loop's target.
    item: bool,
    places: Vec<Place>,
    reached: Places,
}

/// The loop, as far as its conflicts need it.
pub(super) struct Staged<'a, 't> {
    pub slice: &'a Slice<'t>,
    pub work: &'a Work<'t>,
    pub body: Node<'t>,
    pub items: &'a [Var],
    pub peeled: &'a Peeled<'t>,
}

impl<'t> File<'t> {
    /// Objects that the loop changes and the work reads. What only code that nobody has seen could bring about is an
    /// assumption.
    pub(super) fn conflicts(&self, staged: &Staged<'_, 't>) -> Vec<Trouble<'t>> {
        self.likely.set(true);
        let mut out = self.conflicts_as_set(staged);
        self.likely.set(false);
        for trouble in self.conflicts_as_set(staged) {
            if !out.iter().any(|t| t.node.id() == trouble.node.id() && t.code == trouble.code) {
                let grade = trouble.grade.min(Grade::Assumed);
                out.push(trouble.graded(grade));
            }
        }
        out
    }

    fn conflicts_as_set(&self, staged: &Staged<'_, 't>) -> Vec<Trouble<'t>> {
        let Staged { slice, work, body, items, peeled } = *staged;
        let mut out = Vec::new();
        let source = peeled.source;
        let outside = |n: &Node<'t>| !work.contains(*n) || work.call.is_none();
        let changes: Vec<Change<'t>> = walk(body)
            .filter(outside)
            .flat_map(|n| {
                // Of the work, what it shares is told where it stands.
                let implied = if work.contains(n) { Vec::new() } else { self.changes_unseen(n, items) };
                self.change_within(n, items).into_iter().chain(implied)
            })
            .filter_map(|c| if work.contains(c.node) { self.as_others_see(c, work, body) } else { Some(c) })
            .map(|c| self.as_of_table(c))
            .collect();
        // What is iterated and everything in it.
        let elements =
            if peeled.counted || self.is_range(source) { Places::default() } else { self.reach(source, &[]) };
        let lazy = self.read_meanwhile(source);
        let tree = self.is_tree(source)
            && !changes.iter().any(|c| self.links(c, items, &elements))
            && !self.items_are_linked(source, &elements, work);
        let shared_items = !tree && self.items_are_shared(source, &elements, work);
        let holders = self.holders_of_items(source);
        let reads = self.work_reads(staged, &changes);
        // The loop's own item is one of them, too, where the body sets its name anew: `row = dict(row)`.
        let bound = self.binds(body);
        let locals: Vec<&Var> = slice.reads.keys().filter(|v| bound.contains(v)).collect();
        for change in &changes {
            let touched = || change.places.iter().chain(&change.direct);
            // `items[i]["a"] = …`, `df.at[i, "a"] = …`: the iteration's own item, by its index.
            let behind = self.is_after(change.node, work);
            // What a function changes that nothing names there is told by its places alone.
            let written = change.by.is_none();
            let own = self.own_by_index(change.node, staged, &changes).filter(|_| behind && written);
            // Of items that lead to one another, none is the iteration's own.
            let linked = |c: Node<'t>| self.items_are_linked(c, &self.reach(c, &[]), work);
            let own = own.filter(|own| !linked(own.container));
            // The work may have the container by another name.
            let by_another_name = |own: &OwnItem<'t>| {
                let name = walk(own.container).find(|n| n.kind() == "identifier").and_then(|n| self.var(n));
                let sure = self.likely.get() || change.sure;
                let in_item = touched().any(|p| self.is_item(p, items));
                let met = |x: &Place| touched().any(|c| c.meets(x)) || in_item && elements.iter().any(|e| e.meets(x));
                let told = |r: &&WorkRead<'_, 't>| {
                    self.is_place_number(r.var) || self.are_spelled_from(r.nodes, own.container)
                };
                let others = reads.iter().filter(|r| !r.item && Some(r.var) != name.as_ref()).filter(|r| !told(r));
                sure && others.flat_map(|r| &r.reached).any(met)
            };
            if let Some(own) = own.filter(|own| !by_another_name(own)) {
                let container = own.container;
                let copies = matches!(container.kind(), "attribute");
                let brought = self.brings_in(change, items, &elements);
                let apart = own.replaces && !brought && self.is_tree_up_to(container, change.node);
                let whole = container.kind() == "identifier" || self.is_left_as_loaded(container);
                if !(copies || apart || whole && self.is_tree(container)) {
                    out.push(self.item_trouble(change, container));
                }
                if own.unsure {
                    let name = self.text(container);
                    let message = format!(
                        "`{name}` is taken for a dict, of which the loop goes through the keys, so that `{}` is the iteration's own",
                        self.text(change.node).lines().next().unwrap_or_default()
                    );
                    out.push(Trouble::not_analysed(change.node, message).graded(Grade::Assumed));
                }
                continue;
            }
            if change.sure && behind && written && self.own_row(change, staged) {
                continue;
            }
            // `batch = rows[i:i + n]` and what is in it: a part of its own.
            if change.sure && behind && written && self.own_part(change, staged) {
                if !self.is_private_key(change, staged) {
                    out.push(self.item_trouble(change, source));
                }
                continue;
            }
            if change.sure && touched().any(|p| lazy.iter().any(|l| l.meets(p))) {
                let message = format!(
                    "`{}` is worked out as the loop goes, and reads what the loop changes",
                    self.text(source).lines().next().unwrap_or_default()
                );
                out.push(Trouble { message, ..self.source_changed(change, source) });
                continue;
            }
            if touched().any(|p| !self.is_item(p, items) && elements.iter().any(|e| e.meets(p))) {
                out.push(self.source_changed(change, source));
                continue;
            }
            if change.sure && touched().any(|p| self.is_definition(&p.var) || self.is_environment(&p.var)) {
                out.push(Trouble::new(
                    Code::PROCESS_STATE,
                    change.node,
                    format!("`{}` changes a module, class or function in the loop", self.text(change.node)),
                    "set it once before the loop",
                ));
                continue;
            }
            // In front of the call, what the work builds must be built by statements that the work repeats.
            let in_front = !self.is_after(change.node, work);
            let own = slice.needs.iter().any(|n| span(n.node()).contains(span(change.node)));
            if let Some(local) = locals.iter().find(|v| in_front && !own && touched().any(|p| p.var == ***v)) {
                let nodes = &slice.reads[*local];
                out.push(shared_trouble(self, local, nodes, change, false));
                continue;
            }
            let item_touched = touched().any(|p| self.is_item(p, items));
            if item_touched && !change.sure && !touched().any(|p| !self.is_item(p, items)) {
                // Handed to code that could change it: it is the iteration's own.
                continue;
            }
            if item_touched
                && behind
                && let Some(read) = self.asks_further(change, staged)
            {
                let changed = self.text(change.node).lines().next().unwrap_or_default();
                let message =
                    format!("`{}` may be of another item, and the loop changes that (`{changed}`)", self.text(read));
                let help = "read what is needed of other items before the loop, where that is the same";
                out.push(Trouble::new(Code::SHARED_ARGUMENT, read, message, help).with(change.node));
                continue;
            }
            for read in &reads {
                // Between calls that are asked ahead, too, what the iteration leaves in its item is for others to see behind it.
                let behind = behind || self.is_between(change.node) && !self.item_hit(change, read, true);
                if read.item && item_touched && behind && self.own_key(change, items) && !shared_items {
                    // Another item may be the same object in part: nobody can tell, and it is unlikely. In a tree none is,
                    // as long as nothing but what the iteration has made goes into an item.
                    let hit = self.item_hit(change, read, tree);
                    if !tree && hit {
                        out.push(self.item_trouble(change, source));
                    }
                    if !tree || !hit || self.replaces_with_own(change, staged) {
                        continue;
                    }
                }
                let hit = if read.item {
                    item_touched && self.item_hit(change, read, tree)
                } else {
                    let through_items = change.sure && item_touched;
                    touched().any(|c| read.reached.iter().any(|r| c.meets(r)))
                        || through_items && {
                            let changed = if self.sets_key_of_item(change, items) { &holders } else { &elements };
                            changed.iter().any(|e| read.reached.iter().any(|r| e.meets(r)))
                        }
                };
                if hit {
                    let in_guard = slice.needs.iter().any(
                        |n| matches!(n, Need::SkipWhen(c, _) if read.nodes.iter().any(|r| span(*c).contains(span(*r)))),
                    );
                    let mut trouble = shared_trouble(self, read.var, read.nodes, change, in_guard);
                    let through_items = change.sure && item_touched;
                    let unsure = !read.item
                        && !through_items
                        && read.nodes.iter().all(|n| !self.is_sure_read(*n) || !self.node_hit(*n, read.var, change));
                    if !change.sure || unsure {
                        trouble.grade = Grade::Assumed;
                    } else if in_guard && self.only_skips(staged, read, change) {
                        trouble.grade = Grade::Care;
                        trouble.message.push_str("; what comes again while the first is under way is asked again");
                    }
                    out.push(trouble);
                    break;
                }
            }
        }
        out.extend(self.reading_changes(staged));
        let mut told: Vec<(usize, Code, String)> = Vec::new();
        out.retain(|t| {
            let one = (t.node.id(), t.code, t.message.clone());
            let new = !told.contains(&one);
            told.push(one);
            new
        });
        out
    }

    /// Whether a variable is the environment by another name: what reads it through `os.getenv` does not name the variable.
    fn is_environment(&self, var: &Var) -> bool {
        let home = self.home(var);
        home.names.bindings(var.scope, &var.name).iter().any(|b| match b.bound {
            Bound::Value(Some(e)) => home.import_path(e).is_some_and(|p| p == "os.environ"),
            _ => false,
        })
    }

    /// Whether one read of a variable may see a change.
    fn node_hit(&self, node: Node<'t>, var: &Var, change: &Change<'t>) -> bool {
        let reached = self.reached_by(var, &[node]);
        change.places.iter().chain(&change.direct).any(|c| reached.iter().any(|r| c.meets(r)))
    }

    /// Whether a read looks into an object for sure, and does not only hand it to code that nobody has seen.
    fn is_sure_read(&self, node: Node<'t>) -> bool {
        let call = node.parent().filter(|p| p.kind() == "argument_list").and_then(|l| l.parent()).and_then(Call::cast);
        !call.is_some_and(|c| match self.classify(c) {
            CallKind::Opaque(_) => true,
            CallKind::Method { shallow, .. } => !shallow,
            _ => false,
        })
    }

    /// What statements of the work change that they do not make anew for each item.
    fn as_others_see(&self, change: Change<'t>, work: &Work<'t>, body: Node<'t>) -> Option<Change<'t>> {
        let own = |place: &Place| {
            let var = &place.var;
            let made = self.names.bindings(var.scope, &var.name);
            var.file == self.id && made.iter().all(|b| work.contains(b.node)) && self.is_fresh(var, body)
        };
        // What functions of the project do is judged where the work calls them.
        if let Some(call) = Call::cast(change.node)
            && (!change.sure || matches!(self.classify(call), CallKind::Functions(_)))
        {
            return None;
        }
        let places: Places = change.places.iter().filter(|p| !own(p)).cloned().collect();
        let direct = change.direct.clone().filter(|p| !own(p));
        (!places.is_empty() || direct.is_some()).then_some(Change { places, direct, ..change })
    }

    /// Whether a change is made when the work is done: it stands behind it, or is the target of what it gives.
    fn is_after(&self, change: Node<'t>, work: &Work<'t>) -> bool {
        let target = ancestors(change).find(|a| matches!(a.kind(), "assignment" | "augmented_assignment"));
        let gets = target.and_then(|a| a.child_by_field_name("right")).is_some_and(|r| span(r).contains(work.span));
        change.start_byte() >= work.span.end || gets || work.call.is_none() && work.contains(change)
    }

    /// Whether a source is a `range`, whose items are numbers.
    pub(super) fn is_range(&self, source: Node<'t>) -> bool {
        Call::cast(source).and_then(|c| c.function()).is_some_and(|f| self.builtin(f) == Some("range"))
    }

    /// The container of which a local variable of the body holds a part of the iteration's own, through other variables.
    fn origin(&self, place: &Place, index: &Var, body: Node<'t>, depth: usize) -> Option<Var> {
        let depth = depth.checked_sub(1)?;
        let var = &place.var;
        let bindings = self.names.bindings(var.scope, &var.name);
        let mut found: Option<Var> = None;
        let seen =
            bindings.iter().filter(|b| var.file == self.id && place.at.is_none_or(|at| at == b.node.start_byte()));
        for binding in seen {
            if !span(body).contains(span(binding.node)) {
                return None;
            }
            let (Bound::Value(Some(e)) | Bound::Item(e)) = binding.bound else { return None };
            // What is made anew of a part is harmless too.
            let mut inner = e;
            if self.same(e, &[]).is_empty() {
                continue;
            }
            let part = loop {
                if let Some(container) = self.part_by_index(inner, index) {
                    break Some(container);
                }
                match inner.kind() {
                    "subscript" | "attribute" => inner = inner.named_child(0)?,
                    "identifier" => break self.place_of(inner).and_then(|p| self.origin(&p, index, body, depth)),
                    _ => break None,
                }
            };
            let part = part?;
            if found.as_ref().is_some_and(|f| *f != part) {
                return None;
            }
            found = Some(part);
        }
        found
    }

    /// Whether a place is one of a local variable of the body that holds a part of the item of an index.
    pub(super) fn is_part_by(&self, place: &Place, index: &Var, body: Node<'t>) -> bool {
        self.origin(place, index, body, 6).is_some()
    }

    /// Whether a change goes to a part of the iteration's own, and the work reads the container by such parts alone.
    fn own_part(&self, change: &Change<'t>, staged: &Staged<'_, 't>) -> bool {
        let Some(index) = self.index_of(staged.peeled).or_else(|| self.range_index(staged.peeled)) else {
            return false;
        };
        let Some(place) = &change.direct else { return false };
        let Some(container) = self.origin(place, &index, staged.body, 6) else { return false };
        if self.binds(staged.body).contains(&container) {
            return false;
        }
        staged
            .slice
            .reads
            .get(&container)
            .into_iter()
            .flatten()
            .all(|n| n.parent().is_some_and(|p| self.part_by_index(p, &index).is_some()))
    }

    /// Whether a change sets a literal key that nothing in front of the call and nothing in the work asks for.
    fn is_private_key(&self, change: &Change<'t>, staged: &Staged<'_, 't>) -> bool {
        let Some(key) = change.direct.as_ref().and_then(|d| d.key.as_deref()) else { return false };
        let sets = change.node.parent().is_some_and(|p| p.kind() == "assignment");
        let index = self.index_of(staged.peeled).or_else(|| self.range_index(staged.peeled));
        let is_part = |n: Node<'t>| {
            n.kind() == "identifier"
                && self.place_of(n).is_some_and(|p| {
                    staged.items.contains(&p.var)
                        || index.as_ref().is_some_and(|i| *i != p.var && self.origin(&p, i, staged.body, 6).is_some())
                })
        };
        let is_stretch = |n: Node<'t>| {
            children(n).nth(1).is_some_and(|by| by.kind() == "slice")
                && index.as_ref().is_some_and(|i| self.part_by_index(n, i).is_some())
        };
        let needs = staged.slice.needs.iter().map(|n| n.node());
        let asked = needs.chain(staged.work.nodes.iter().copied()).flat_map(walk).any(|n| match n.kind() {
            "string" => super::alias::literal(self.text(n)) == key,
            // Handed on as a whole, anything of it may be looked at.
            "identifier" | "subscript" if is_part(n) || is_stretch(n) => n.parent().is_some_and(|p| match p.kind() {
                "argument_list" => {
                    let function = p.parent().and_then(Call::cast).and_then(|c| c.function());
                    !function.is_some_and(|f| matches!(self.builtin(f), Some("len" | "range" | "enumerate" | "zip")))
                }
                "keyword_argument" | "interpolation" | "pair" | "list" | "tuple" | "dictionary_splat" => true,
                _ => false,
            }),
            _ => false,
        });
        sets && !asked
    }

    /// `item["key"] = …`, `item.update({"key": …})`: keys of the item itself.
    fn own_key(&self, change: &Change<'t>, items: &[Var]) -> bool {
        let by_method = || {
            let function = Call::cast(change.node).and_then(|c| c.function()).and_then(Attribute::cast);
            function.is_some_and(|f| {
                let of_item = f
                    .object()
                    .is_some_and(|o| o.kind() == "identifier" && self.var(o).is_some_and(|v| items.contains(&v)));
                of_item && f.name().is_some_and(|n| matches!(self.text(n), "update" | "setdefault" | "pop"))
            })
        };
        change.sure
            && change.direct.as_ref().is_some_and(|d| self.is_item(d, items) && (d.key.is_some() || by_method()))
    }

    /// `item["key"] = …`: of all that the item leads to, the item alone is changed.
    fn sets_key_of_item(&self, change: &Change<'t>, items: &[Var]) -> bool {
        let object = change.node.child_by_field_name("value").filter(|_| change.node.kind() == "subscript");
        self.own_key(change, items) && object.is_some_and(|o| o.kind() == "identifier")
    }

    /// Whether a change puts new values under keys of the item itself, made in this iteration alone, and changes nothing
    /// that the item held before.
    fn replaces_with_own(&self, change: &Change<'t>, staged: &Staged<'_, 't>) -> bool {
        let stored: Vec<Node<'t>> = match Call::cast(change.node) {
            Some(call) => {
                let removes = call.function().and_then(Attribute::cast).and_then(|a| a.name());
                let plain = removes.is_some_and(|n| matches!(self.text(n), "update" | "pop"));
                if !plain || change.direct.as_ref().is_none_or(|d| d.key.is_some()) {
                    return false;
                }
                call.args().collect()
            }
            None => {
                let assignment =
                    change.node.parent().filter(|p| p.kind() == "assignment" && change.node.kind() == "subscript");
                let own = change.node.child_by_field_name("value").is_some_and(|v| v.kind() == "identifier");
                match assignment.and_then(|a| a.child_by_field_name("right")).filter(|_| own) {
                    Some(right) => vec![right],
                    None => return false,
                }
            }
        };
        // What is reached goes on to whatever a variable may hold, so one that is bound here alone is of this iteration.
        let own = |p: &Place| {
            let bindings = self.names.bindings(p.var.scope, &p.var.name);
            p.var.file == self.id && bindings.iter().all(|b| span(staged.body).contains(span(b.node)))
        };
        stored
            .iter()
            .all(|node| self.reach(*node, staged.items).iter().all(|p| self.is_item(p, staged.items) || own(p)))
    }

    /// Where the work reads, of something that its item leads to, the key that a change sets in the item: of its parent, of
    /// the turn before it.
    fn asks_further(&self, change: &Change<'t>, staged: &Staged<'_, 't>) -> Option<Node<'t>> {
        let key = change.direct.as_ref().and_then(|d| d.key.as_deref())?;
        let items = staged.items;
        let needs = staged.slice.needs.iter().map(|n| n.node());
        needs.chain(staged.work.nodes.iter().copied()).flat_map(walk).find(|n| {
            let n = *n;
            let (base, asked) = match n.kind() {
                "subscript" => {
                    let text = children(n).nth(1).filter(|k| k.kind() == "string").map(|k| self.text(k));
                    (n.child_by_field_name("value"), text.map(super::alias::literal))
                }
                "attribute" => (
                    n.child_by_field_name("object"),
                    n.child_by_field_name("attribute").map(|a| self.text(a).to_string()),
                ),
                _ => return false,
            };
            let Some(base) = base.filter(|_| asked.as_deref() == Some(key)) else { return false };
            let itself = base.kind() == "identifier" && self.var(base).is_some_and(|v| items.contains(&v));
            !itself && self.reach(base, items).iter().any(|p| self.is_item(p, items))
        })
    }

    /// A change to what an item holds: fine where no other item holds it too.
    fn item_trouble(&self, change: &Change<'t>, source: Node<'t>) -> Trouble<'t> {
        let text = self.text(change.node).lines().next().unwrap_or_default();
        let replaces = change.node.parent().is_some_and(|p| p.kind() == "assignment");
        if !replaces && self.shares_visibly(source) {
            return Trouble::new(
                Code::SHARED_ARGUMENT,
                change.node,
                format!("`{text}` changes what several items hold together"),
                "give each item an object of its own",
            )
            .with(source);
        }
        let message = format!("`{text}` changes the loop's item; no other item is taken to share what is changed");
        Trouble::not_analysed(change.node, message).graded(Grade::Assumed)
    }

    /// Whether the items of a source are built with one list, dict or set that they all get.
    pub(super) fn shares_visibly(&self, source: Node<'t>) -> bool {
        let Some(var) = walk(source).filter(|n| n.kind() == "identifier").find_map(|n| self.var(n)) else {
            return false;
        };
        if var.file != self.id {
            return false;
        }
        let values = self.names.bindings(var.scope, &var.name).iter().filter_map(|b| match b.bound {
            Bound::Value(Some(e)) => Some(e),
            _ => None,
        });
        values.flat_map(walk).filter(|n| n.kind() == "identifier").any(|n| {
            let handed = n
                .parent()
                .is_some_and(|p| matches!(p.kind(), "pair" | "argument_list" | "list" | "tuple" | "keyword_argument"));
            let mutable = |v: &Var| {
                self.home(v).names.bindings(v.scope, &v.name).iter().any(|b| match b.bound {
                    Bound::Value(Some(e)) => matches!(e.kind(), "list" | "dictionary" | "set"),
                    _ => false,
                })
            };
            handed && self.var(n).is_some_and(|v| v != var && mutable(&v))
        })
    }

    /// Whether a change can only turn a guard towards "skip": `if x in done: continue` and `done.add(x)`.
    fn only_skips(&self, staged: &Staged<'_, 't>, read: &WorkRead<'_, 't>, change: &Change<'t>) -> bool {
        let adds = match Call::cast(change.node) {
            Some(call) => call
                .function()
                .and_then(|f| f.child_by_field_name("attribute"))
                .is_some_and(|n| matches!(self.text(n), "add" | "append" | "update" | "extend" | "setdefault")),
            None => change.node.kind() == "subscript" && change.node.parent().is_some_and(|p| p.kind() == "assignment"),
        };
        let guards = staged.slice.needs.iter().filter_map(|n| match n {
            Need::SkipWhen(c, value) => Some((*c, *value)),
            Need::Statement(..) => None,
        });
        let mut here = guards.filter(|(c, _)| read.nodes.iter().any(|n| span(*c).contains(span(*n))));
        let only_guard = read.nodes.iter().all(|n| {
            staged.slice.needs.iter().any(|need| matches!(need, Need::SkipWhen(c, _) if span(*c).contains(span(*n))))
        });
        let membership = here.all(|(condition, skips)| {
            let text = self.text(condition);
            let word = condition.child_by_field_name("operators").map(|o| self.text(o)).unwrap_or_default();
            let simple = condition.kind() == "comparison_operator" && text.ends_with(&*read.var.name);
            simple && (word == "in" && skips || word == "not in" && !skips)
        });
        // Set in front of the call, it would be seen by the work of its own iteration.
        let behind = self.is_after(change.node, staged.work);
        behind && adds && only_guard && membership
    }

    /// Whether a change stores something of the source in an item: from then on one item leads to another.
    fn links(&self, change: &Change<'t>, items: &[Var], elements: &Places) -> bool {
        let touches = change.sure && change.places.iter().chain(&change.direct).any(|p| self.is_item(p, items));
        touches && self.brings_in(change, items, elements)
    }

    /// Whether what a change stores leads to what is iterated, other than to its own item.
    fn brings_in(&self, change: &Change<'t>, items: &[Var], elements: &Places) -> bool {
        let stored: Vec<Node<'t>> = match Call::cast(change.node) {
            Some(call) => call.args().collect(),
            None => ancestors(change.node)
                .find(|a| {
                    matches!(a.kind(), "assignment" | "augmented_assignment" | "for_statement" | "with_statement")
                })
                .and_then(|a| a.child_by_field_name("right").or(Some(a)))
                .into_iter()
                .collect(),
        };
        stored.iter().any(|node| {
            let reached = self.reach(*node, items);
            reached.iter().any(|p| !self.is_item(p, items) && elements.iter().any(|e| e.meets(p)))
        })
    }

    fn work_reads<'a>(&self, staged: &Staged<'a, 't>, changes: &[Change<'t>]) -> Vec<WorkRead<'a, 't>> {
        let Staged { slice, body, items, peeled, work } = *staged;
        let found = work.call.and_then(|c| self.catalogued(Call(c)));
        let bound_in_body = self.binds(body);
        let keys_are_plain = self.first_item_is_plain(peeled.source);
        let mut reads = Vec::new();
        for (var, nodes) in &slice.reads {
            let item = items.contains(var);
            let plain_item = keys_are_plain && Some(var) == items.first() && items.len() > 1;
            if item && (plain_item || peeled.counted || self.items_are_plain(peeled.source))
                || !item && bound_in_body.contains(var)
            {
                continue;
            }
            if !item && self.is_code(var) {
                continue;
            }
            // A number or a string: only a change to the variable's own object matters.
            let alone = !item && self.is_plain(var, nodes, found.as_ref());
            let reached = match (item, alone) {
                (true, _) => Places::default(),
                (false, true) => std::iter::once(Place::whole(var.clone())).collect(),
                // A method of `self` may read other attributes than those that the loop changes.
                (false, false) => nodes
                    .iter()
                    .flat_map(|n| {
                        let apart = self.receiver_places(*n, var, changes);
                        apart.unwrap_or_else(|| self.reached_by(var, &[*n]))
                    })
                    .collect(),
            };
            reads.push(WorkRead { var, nodes, item, places: self.places_read(nodes, var), reached });
        }
        reads
    }

    /// Whether a variable stands for functions, classes, modules or loggers only.
    fn is_code(&self, var: &Var) -> bool {
        use super::receivers::Meaning;
        let meaning = self.home(var).meaning_of(var);
        // A function that a variable holds may hold what it was made with.
        let defined = self.is_definition(var);
        !meaning.unknown
            && !meaning.all.is_empty()
            && meaning.all.iter().all(|m| {
                let code = defined && matches!(m, Meaning::Function { .. })
                    || matches!(m, Meaning::Class(_) | Meaning::Library(_) | Meaning::Module(_) | Meaning::Builtin(_));
                code || matches!(m, Meaning::Made(path, _) if PythonFacts::has(&self.catalog.python.loggers, path))
            })
    }

    fn source_changed(&self, change: &Change<'t>, source: Node<'t>) -> Trouble<'t> {
        let advances = self.text(change.node).starts_with("next(");
        Trouble::new(
            if advances { Code::SHARED_ITERATOR } else { Code::SOURCE_CHANGED },
            change.node,
            "the loop may change what it iterates, or another item of it",
            "iterate a copy, `list(…)`, or collect the changes and make them behind the loop",
        )
        .with(source)
        .graded(if change.sure { Grade::Blocked } else { Grade::Assumed })
    }

    /// Reads that change something: an iterator that the work would advance, a dict that makes its entries when asked, code
    /// of the file's own classes behind an attribute or operator.
    fn reading_changes(&self, staged: &Staged<'_, 't>) -> Vec<Trouble<'t>> {
        let Staged { slice, work, body, items, .. } = *staged;
        let mut out = self.changing_reads(slice, &work.nodes, &self.binds(body), items);
        // The loop asks a dict that the call reads, and asking adds to it.
        for var in slice.reads.keys().filter(|var| self.adds_what_it_is_asked_for(var)) {
            let asked =
                own_nodes(body).into_iter().filter(|n| n.kind() == "subscript" && !work.contains(*n)).find(|n| {
                    children(*n)
                        .next()
                        .is_some_and(|of| of.kind() == "identifier" && self.var(of).as_ref() == Some(var))
                });
            out.extend(asked.map(|node| self.adds_key(var, node).with(work.node())));
        }
        out
    }

    /// Whether a variable holds a dict that makes its entries when it is asked for them.
    pub(super) fn adds_what_it_is_asked_for(&self, var: &Var) -> bool {
        self.home(var).names.bindings(var.scope, &var.name).iter().any(|b| match b.bound {
            Bound::Value(Some(e)) => Call::cast(e)
                .and_then(|c| self.import_path(c.function()?))
                .is_some_and(|p| p == "collections.defaultdict"),
            _ => false,
        })
    }

    fn adds_key(&self, var: &Var, read: Node<'t>) -> Trouble<'t> {
        Trouble::new(
            Code::SHARED_ARGUMENT,
            read,
            format!("reading `{}` adds the key where it is missing, and the call's reads would run ahead", var.name),
            "read with `.get(key)`, or use a plain dict",
        )
    }

    /// As above, for a comprehension: all of its own variables are inside it.
    pub(super) fn reading_changes_of(&self, call: Node<'t>, slice: &Slice<'t>) -> Option<Trouble<'t>> {
        self.changing_reads(slice, &[call], &[], &[]).into_iter().next()
    }

    fn changing_reads(&self, slice: &Slice<'t>, work: &[Node<'t>], bound: &[Var], items: &[Var]) -> Vec<Trouble<'t>> {
        let nodes: Vec<Node<'t>> = slice.needs.iter().map(|n| n.node()).chain(work.iter().copied()).collect();
        let mut out: Vec<Trouble<'t>> = nodes.iter().filter_map(|n| self.own_code_behind(*n)).take(1).collect();
        for (var, reads) in &slice.reads {
            // A file that the loop opens itself is read in it as often as it is opened.
            let own = |n: Node<'t>| self.looked_at.get().is_some_and(|l| self.is_own_stream(n, Some(l), 3));
            let iterates = |n: &&Node<'t>| (self.consumes(**n) || n.kind() == "call") && !own(**n);
            if let Some(read) = reads.iter().find(iterates).filter(|_| !items.contains(var) && self.is_iterator(var)) {
                out.push(Trouble::new(
                    Code::SHARED_ITERATOR,
                    *read,
                    format!("`{}` may be an iterator, and what the call needs would advance it out of turn", var.name),
                    "make it a list before the loop",
                ));
            }
            let asked =
                reads.iter().find(|n| n.kind() == "call" || n.parent().is_some_and(|p| p.kind() == "subscript"));
            if let (true, Some(read), false) = (self.adds_what_it_is_asked_for(var), asked, bound.contains(var)) {
                out.push(self.adds_key(var, *read));
            }
        }
        out
    }

    /// Everything that the reads of a variable may reach.
    pub(super) fn reached_by(&self, var: &Var, nodes: &[Node<'t>]) -> Places {
        let mut reached = Places::default();
        for node in nodes {
            let asked = self.asked_places(*node, var).or_else(|| self.table_places(*node, var));
            if let Some(asked) = asked {
                reached.extend(asked);
                continue;
            }
            let access = node
                .parent()
                .filter(|p| matches!(p.kind(), "attribute" | "subscript"))
                .filter(|p| self.place_of(*p).is_some_and(|place| place.var == *var && place.key.is_some()));
            reached.extend(match access {
                Some(access) => self.reach(access, &[]),
                None => self.reach_var(var),
            });
        }
        reached
    }

    /// Whether a change that touches an item may be one to what the work reads of an item. In a tree of plain data items
    /// share nothing, and the work may read one key while the loop writes another. Elsewhere an item may lead to any other.
    fn item_hit(&self, change: &Change<'t>, read: &WorkRead<'_, 't>, tree: bool) -> bool {
        if change.sure && !tree {
            return true;
        }
        let meets = |place: &Place| read.places.iter().any(|r| r.meets(place));
        match &change.direct {
            Some(direct) if direct.var == *read.var => meets(direct),
            direct => change.places.iter().filter(|p| p.var == *read.var).any(|p| match (direct, &p.key) {
                // The item by another name, and one key of it.
                (Some(d), None) => meets(&Place { var: read.var.clone(), at: None, key: d.key.clone() }),
                _ => meets(p),
            }),
        }
    }

    /// Whether every item of a source is a string or a number: `range(…)`, the lines of a text.
    fn items_are_plain(&self, source: Node<'t>) -> bool {
        // An empty display is filled with anything later.
        let literals = |e: Node<'t>| {
            matches!(e.kind(), "list" | "tuple")
                && children(e).next().is_some()
                && children(e).all(|c| matches!(c.kind(), "string" | "integer" | "float" | "concatenated_string"))
        };
        let by_name = || {
            let var = (source.kind() == "identifier").then(|| self.var(source)).flatten();
            var.is_some_and(|v| match self.names.bindings(v.scope, &v.name) {
                [one] => matches!(one.bound, Bound::Value(Some(e)) if literals(e)) && !self.grows(&v),
                _ => false,
            })
        };
        let through = || {
            let var = (source.kind() == "identifier").then(|| self.var(source)).flatten().filter(|v| v.file == self.id);
            var.is_some_and(|v| match self.names.bindings(v.scope, &v.name) {
                [one] => {
                    let plain =
                        matches!(one.bound, Bound::Value(Some(e)) if e.kind() == "call" && self.items_are_plain(e));
                    plain && !self.grows(&v)
                }
                _ => false,
            })
        };
        literals(source)
            || through()
            || by_name()
            || Call::cast(source).and_then(|c| c.function()).is_some_and(|f| {
                self.builtin(f) == Some("range")
                    || self.import_path(f).is_some_and(|p| p == "numpy.arange")
                    || Attribute::cast(f)
                        .and_then(|a| a.name())
                        .is_some_and(|n| matches!(self.text(n), "splitlines" | "split" | "readlines" | "keys"))
            })
    }

    /// Whether the first of several targets is a key or an index.
    pub(super) fn first_item_is_plain(&self, source: Node<'t>) -> bool {
        Call::cast(source).and_then(|c| c.function()).is_some_and(|f| {
            self.builtin(f) == Some("enumerate")
                || Attribute::cast(f)
                    .and_then(|a| a.name())
                    .is_some_and(|n| matches!(self.text(n), "items" | "iterrows"))
        })
    }

    /// Whether a variable holds strings and numbers only, or is only handed to parameters that take those.
    pub(super) fn is_plain(&self, var: &Var, nodes: &[Node<'t>], found: Option<&Catalogued<'t>>) -> bool {
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
        let bindings = self.home(var).names.bindings(var.scope, &var.name);
        let constant = bindings.len() == 1
            && !self.home(var).is_set_elsewhere(var)
            && bindings.iter().all(|b| match b.bound {
                Bound::Value(Some(e)) => literal(e) || e.kind() == "string",
                Bound::Parameter(Some(a)) => matches!(self.text(a), "str" | "int" | "float" | "bool"),
                _ => false,
            });
        constant
            || nodes.iter().all(|n| {
                n.parent().filter(|p| p.kind() == "keyword_argument").is_some_and(|k| {
                    found.is_some_and(|found| {
                        let own = k.parent().and_then(|l| l.parent()).is_some_and(|c| c.id() == found.call.0.id());
                        own && k
                            .child_by_field_name("name")
                            .is_some_and(|name| found.fact.plain.iter().any(|p| p == self.text(name)))
                    })
                })
            })
    }
}

pub(super) fn shared_trouble<'t>(
    file: &File<'t>,
    var: &Var,
    nodes: &[Node<'t>],
    change: &Change<'t>,
    in_guard: bool,
) -> Trouble<'t> {
    let read = nodes.first().copied().unwrap_or(change.node);
    let changed = file.told_change(change);
    let trouble = if in_guard {
        Trouble::new(
            Code::CHECK_THEN_ACT,
            read,
            format!("whether the call is made depends on `{}`, which the loop changes ({changed})", var.name),
            "remove duplicates, or the items that are done already, before the loop",
        )
    } else {
        Trouble::new(
            Code::SHARED_ARGUMENT,
            read,
            format!("the call reads `{}`, and the loop may change it or something in it ({changed})", file.shown(var)),
            "give each iteration its own copy, or collect the changes and make them behind the loop",
        )
    };
    trouble.with(change.node)
}
