//! Changes to what a loop's index leads to: `rows[i]["a"] = …` is the iteration's own item where the index counts the items of
//! just that container, and nothing else sets the index or the container.

use super::alias::is_read_position;
use super::conflicts::Staged;
use super::effects::Change;
use super::names::Bound;
use super::source::Peeled;
use super::{File, Var};
use crate::catalog::PythonFacts;
use crate::syntax::python::{Attribute, Call};
use crate::syntax::{Node, ancestors, children, span, walk};

/// What a change to the iteration's own item goes through.
pub(super) struct OwnItem<'t> {
    pub container: Node<'t>,
    /// Whether another object takes the item's place, and the item itself stays as it is.
    pub replaces: bool,
    /// Whether it is only taken for a dict, of which the loop goes through the keys.
    pub unsure: bool,
}

/// The key that a loop over a dict gives.
struct Key {
    var: Var,
    dict: Var,
    unsure: bool,
}

impl<'t> File<'t> {
    /// Whether a change goes to the iteration's own item through the container and its index, or a dict and its key. To take
    /// an item out of a list moves all that stand behind it.
    pub(super) fn own_by_index(
        &self,
        node: Node<'t>,
        staged: &Staged<'_, 't>,
        changes: &[Change<'t>],
    ) -> Option<OwnItem<'t>> {
        let by_index =
            self.index_of(staged.peeled).and_then(|index| self.own_item(node, (&index, None), staged, changes));
        by_index.or_else(|| {
            let key = self.key_of(staged.peeled)?;
            self.own_item(node, (&key.var, Some(&key)), staged, changes)
        })
    }

    fn own_item(
        &self,
        node: Node<'t>,
        (index, key): (&Var, Option<&Key>),
        staged: &Staged<'_, 't>,
        changes: &[Change<'t>],
    ) -> Option<OwnItem<'t>> {
        let counted = staged.peeled.index.is_some() || staged.peeled.target.kind() == "identifier";
        let taken_out = node.kind() == "subscript"
            && ancestors(node).find(|a| a.kind() != "expression_list").is_some_and(|a| a.kind() == "delete_statement");
        // Down to the innermost `container[index]`.
        let mut at = match Call::cast(node) {
            Some(call) => call.function().and_then(|f| f.child_by_field_name("object"))?,
            None if node.kind() == "augmented_assignment" => node.child_by_field_name("left")?,
            None => node,
        };
        loop {
            if at.kind() == "subscript" {
                let by = children(at).nth(1).map(|i| match i.kind() {
                    "tuple" | "expression_list" => children(i).next().unwrap_or(i),
                    _ => i,
                });
                let own = by.is_some_and(|i| i.kind() == "identifier" && self.var(i).as_ref() == Some(index));
                if own && let Some(container) = at.child_by_field_name("value") {
                    if (counted || key.is_some()) && taken_out && at.id() == node.id() {
                        return None;
                    }
                    let assigned = at.parent().is_some_and(|p| p.kind() == "assignment");
                    let replaces = at.id() == node.id() && assigned && at.kind() == "subscript";
                    let own = match key {
                        Some(key) if !self.is_labelled(container) => {
                            self.var(container).filter(|_| container.kind() == "identifier").as_ref() == Some(&key.dict)
                                && self.is_read_by(&key.dict, index, container, staged)
                        }
                        _ => self.is_container(container, index, staged, changes),
                    };
                    let unsure = key.is_some_and(|k| k.unsure);
                    return own.then_some(OwnItem { container, replaces, unsure });
                }
            }
            match at.kind() {
                "subscript" | "attribute" => at = at.named_child(0)?,
                _ => return None,
            }
        }
    }

    /// The variable that counts the items: of `enumerate`, of `range(len(…))`, the label of `iterrows`, the key of `items`.
    pub(super) fn index_of(&self, peeled: &Peeled<'t>) -> Option<Var> {
        if peeled.again {
            return None;
        }
        if let Some(index) = peeled.index {
            return self.var(index).filter(|var| self.only_counts(var, index, peeled));
        }
        let first = match peeled.target.kind() {
            "identifier" => (peeled.counted || self.is_count_of(peeled.source)).then_some(peeled.target),
            _ => self.first_item_is_plain(peeled.source).then(|| children(peeled.target).next()).flatten(),
        }?;
        let var = (first.kind() == "identifier").then(|| self.var(first)).flatten();
        var.filter(|var| self.only_counts(var, first, peeled))
    }

    /// Whether nothing in the loop but its head sets an index; what a `while` counts by is stepped behind all that reads it.
    fn only_counts(&self, var: &Var, index: Node<'t>, peeled: &Peeled<'t>) -> bool {
        let looped = self.looked_at.get();
        let here = self.names.scope_at(index);
        peeled.counted
            || var.file == self.id
                && self.names.bindings(var.scope, &var.name).iter().all(|b| {
                    let elsewhere = looped.is_some_and(|l| !l.contains(span(b.node)));
                    b.node.id() == index.id() || elsewhere && self.names.scope_at(b.node) == here
                })
    }

    /// The variable that an expression such as `rows[i]` or `rows[i:i + n]` takes a part of, by the loop's own index: a part
    /// that no other iteration has any of.
    pub(super) fn part_by_index(&self, node: Node<'t>, index: &Var) -> Option<Var> {
        let by = children(node).nth(1).filter(|_| node.kind() == "subscript")?;
        let is_index = |n: Node<'t>| n.kind() == "identifier" && self.var(n).as_ref() == Some(index);
        let own = if by.kind() == "slice" { self.is_stride(by, index) } else { is_index(by) };
        let container = node.child_by_field_name("value").filter(|c| own && c.kind() == "identifier")?;
        self.var(container)
    }

    /// Whether a slice begins at a loop's index and ends where the next iteration's begins, or in front of that: `i:i + n`
    /// where `i` goes on by `n`. Windows that overlap have rows in common.
    fn is_stride(&self, slice: Node<'t>, index: &Var) -> bool {
        let parts: Vec<Node<'t>> = slice.all_children().collect();
        let [start, colon, end] = parts[..] else { return false };
        let is_index = |n: Node<'t>| n.kind() == "identifier" && self.var(n).as_ref() == Some(index);
        if !is_index(start) || colon.is_named() {
            return false;
        }
        // `min(i + n, len(rows))`
        let ends = match Call::cast(end) {
            Some(call) if call.function().is_some_and(|f| self.builtin(f) == Some("min")) => call.args().collect(),
            _ => vec![end],
        };
        ends.into_iter().filter(|e| e.kind() == "binary_operator").any(|sum| {
            let (left, right) = (sum.child_by_field_name("left"), sum.child_by_field_name("right"));
            let plus = sum.child_by_field_name("operator").is_some_and(|o| self.text(o) == "+");
            match (left, right) {
                (Some(left), Some(width)) if plus && is_index(left) => self.goes_on_by(index, width),
                (Some(width), Some(right)) if plus && is_index(right) => self.goes_on_by(index, width),
                _ => false,
            }
        })
    }

    /// Whether an index goes on by so much from iteration to iteration, or by more.
    fn goes_on_by(&self, index: &Var, width: Node<'t>) -> bool {
        let Some(looped) = self.looked_at.get().filter(|_| index.file == self.id) else { return false };
        let number = |n: Node<'t>| self.text(n).parse::<u64>().ok();
        let set = |n: Node<'t>| match n.kind() {
            "identifier" if is_read_position(n) => self.var(n).is_none_or(|v| {
                let bindings = self.names.bindings(v.scope, &v.name);
                v.file == self.id && bindings.iter().any(|b| looped.contains(span(b.node)))
            }),
            "attribute" => {
                let stored = walk(self.source.root()).filter(|a| looped.contains(span(*a)));
                stored.into_iter().any(|a| super::effects::is_target(a) && self.text(a) == self.text(n))
            }
            "call" => true,
            _ => false,
        };
        let covers = |step: Option<Node<'t>>| match (step.map_or(Some(1), number), number(width)) {
            (Some(step), Some(width)) => width <= step,
            (None, None) => step.is_some_and(|s| self.text(s) == self.text(width)) && !walk(width).any(set),
            _ => false,
        };
        let bindings = self.names.bindings(index.scope, &index.name);
        let mut inside = bindings.iter().filter(|b| looped.contains(span(b.node))).peekable();
        inside.peek().is_some()
            && inside.all(|b| match b.bound {
                Bound::Item(source) => match Call::cast(source) {
                    Some(call) if self.is_range(source) => covers(call.args().nth(2)),
                    _ => covers(None),
                },
                Bound::Part(_) => covers(None),
                Bound::Augmented => {
                    let step = ancestors(b.node).find(|a| a.kind() == "augmented_assignment");
                    step.and_then(|s| s.child_by_field_name("right")).is_some_and(|s| covers(Some(s)))
                }
                _ => false,
            })
    }

    /// The index of `range(0, len(rows), step)`.
    pub(super) fn range_index(&self, peeled: &Peeled<'t>) -> Option<Var> {
        let ranged =
            !peeled.again && (peeled.counted || self.is_range(peeled.source)) && peeled.target.kind() == "identifier";
        let var = ranged.then(|| self.var(peeled.target)).flatten();
        var.filter(|var| self.only_counts(var, peeled.target, peeled))
    }

    /// `range(len(x))`.
    fn is_count_of(&self, source: Node<'t>) -> bool {
        let Some(call) = Call::cast(source) else { return false };
        let range = call.function().is_some_and(|f| self.builtin(f) == Some("range"));
        let args: Vec<_> = call.args().collect();
        range
            && matches!(args.as_slice(), [one] if Call::cast(*one).and_then(|c| c.function()).is_some_and(|f| self.builtin(f) == Some("len")))
    }

    /// `df.at`, `df.loc` and their like.
    pub(super) fn is_labelled(&self, container: Node<'t>) -> bool {
        container.kind() == "attribute"
            && matches!(self.text(container).rsplit('.').next(), Some("at" | "loc" | "iat" | "iloc"))
    }

    /// The key of a dict that a loop goes through: of `for k in d`, `for k, v in list(d.items())`, in any order.
    fn key_of(&self, peeled: &Peeled<'t>) -> Option<Key> {
        if peeled.again || peeled.counted {
            return None;
        }
        let mut source = peeled.source;
        while let Some(call) = Call::cast(source) {
            let builtin = call.function().and_then(|f| self.builtin(f));
            if !matches!(builtin, Some("list" | "tuple" | "sorted" | "reversed")) {
                break;
            }
            source = call.args().next().filter(|a| a.kind() != "keyword_argument")?;
        }
        let method = Call::cast(source).filter(|c| c.args().next().is_none()).and_then(|c| c.function());
        let method = method.and_then(Attribute::cast);
        let (dict, name, sure) = match method {
            Some(method) => {
                let name = match method.name().map(|n| self.text(n)) {
                    Some("keys") => Some(peeled.target),
                    Some("items") => children(peeled.target).next(),
                    _ => None,
                };
                (method.object()?, name?, true)
            }
            None => (source, peeled.target, false),
        };
        let dict = (dict.kind() == "identifier").then(|| self.var(dict)).flatten().filter(|v| v.file == self.id)?;
        let var = (name.kind() == "identifier").then(|| self.var(name)).flatten()?;
        let bound = self
            .looked_at
            .get()
            .is_some_and(|l| self.names.bindings(dict.scope, &dict.name).iter().any(|b| l.contains(span(b.node))));
        let known = sure || self.is_dict(&dict);
        // Of a list the items are no places; of what might be one it is taken for granted, unless the text shows it.
        let other = self.may_be_of_class(&dict) || !known && self.is_sequence(&dict);
        (!bound && !other && self.only_counts(&var, name, peeled)).then_some(Key { var, dict, unsure: !known })
    }

    /// Whether a variable holds a dict, as far as what it is set to and asked for tells.
    fn is_dict(&self, var: &Var) -> bool {
        let makes = |e: Node<'t>| match e.kind() {
            "dictionary" | "dictionary_comprehension" => true,
            "call" => Call(e).function().is_some_and(|f| {
                self.builtin(f) == Some("dict")
                    || self.text(f) == "dict.fromkeys"
                    || self.import_path(f).is_some_and(|p| {
                        matches!(
                            p.as_str(),
                            "collections.OrderedDict" | "collections.Counter" | "collections.defaultdict"
                        )
                    })
            }),
            _ => false,
        };
        let annotated = |a: Node<'t>| {
            let head = self.text(a).split('[').next().unwrap_or_default().trim();
            matches!(head.rsplit('.').next(), Some("dict" | "Dict" | "Mapping" | "MutableMapping"))
        };
        let bindings = self.names.bindings(var.scope, &var.name);
        let made = !bindings.is_empty()
            && bindings.iter().all(|b| match b.bound {
                Bound::Value(Some(e)) => makes(e),
                Bound::Parameter(Some(a)) => annotated(a),
                _ => false,
            });
        // Nothing else has these.
        let asked = || {
            bindings.len() == 1
                && self.names.reads_of(var.scope, &var.name).any(|r| {
                    let method = r.node.parent().and_then(Attribute::cast).and_then(|a| a.name());
                    method.is_some_and(|n| matches!(self.text(n), "items" | "keys" | "values" | "setdefault"))
                })
        };
        made || asked()
    }

    /// Whether some value of a variable is a sequence or a set.
    fn is_sequence(&self, var: &Var) -> bool {
        let annotated = |a: Node<'t>| {
            let text = self.text(a);
            ["list", "List", "tuple", "Tuple", "Sequence", "set", "Set", "ndarray", "str"]
                .iter()
                .any(|w| text.starts_with(w))
        };
        self.names.bindings(var.scope, &var.name).iter().any(|b| match b.bound {
            Bound::Value(Some(e)) => match e.kind() {
                "list" | "list_comprehension" | "tuple" | "set" | "set_comprehension" | "binary_operator"
                | "string" => true,
                "subscript" => children(e).nth(1).is_some_and(|i| i.kind() == "slice"),
                "call" => Call(e).function().is_some_and(|f| {
                    matches!(self.builtin(f), Some("list" | "sorted" | "range" | "tuple" | "set" | "str"))
                        || f.kind() == "attribute" && self.import_path(f).is_none()
                        || self.import_path(f).is_some_and(|p| p.starts_with("numpy.") || p.starts_with("random."))
                }),
                _ => false,
            },
            Bound::Parameter(Some(a)) => annotated(a),
            Bound::Value(None) => true,
            _ => false,
        })
    }

    /// Whether a variable may hold an object of one of the project's classes.
    fn may_be_of_class(&self, var: &Var) -> bool {
        use super::receivers::Meaning;
        let meaning = self.home(var).meaning_of(var);
        meaning.all.iter().any(|m| matches!(m, Meaning::Instance(_) | Meaning::Class(_)))
    }

    /// Whether the work reads a container by nothing but an index.
    fn is_read_by(&self, var: &Var, index: &Var, base: Node<'t>, staged: &Staged<'_, 't>) -> bool {
        if self.binds(staged.body).contains(var) {
            return false;
        }
        staged.slice.reads.get(var).into_iter().flatten().all(|n| {
            n.parent()
                .filter(|p| p.kind() == "subscript")
                .and_then(|p| children(p).nth(1))
                .is_some_and(|i| i.kind() == "identifier" && self.var(i).as_ref() == Some(index))
                || self.text(*n) == self.text(base)
                    && n.parent().is_some_and(|p| p.kind() == "attribute" && self.text(p).ends_with(".columns"))
        })
    }

    /// Whether a container is the one that is iterated, and the work reads it by nothing but the item and its index.
    fn is_container(&self, container: Node<'t>, index: &Var, staged: &Staged<'_, 't>, changes: &[Change<'t>]) -> bool {
        let base = match (container.kind(), self.text(container).rsplit('.').next()) {
            ("attribute", Some("at" | "loc" | "iat" | "iloc")) => container.named_child(0).unwrap_or(container),
            _ => container,
        };
        let source = staged.peeled.source;
        let Some(var) = (base.kind() == "identifier").then(|| self.var(base)).flatten() else {
            return self.is_walked_part(base, index, staged, changes);
        };
        let named = walk(source).any(|n| n.kind() == "identifier" && self.var(n).as_ref() == Some(&var));
        // The rows of a table are found by their labels, in whatever order they come.
        let labelled = base.id() != container.id() || self.is_method(source, "iterrows");
        let iterated = match labelled || staged.peeled.counted || self.is_range(source) {
            true => named,
            false => self.counts_through(source, &var),
        };
        iterated && self.is_read_by(&var, index, base, staged)
    }

    /// Whether a source gives the items of a container from the first on, so that their number is their place in it.
    pub(super) fn counts_through(&self, source: Node<'t>, container: &Var) -> bool {
        match source.kind() {
            "identifier" => {
                let Some(var) = self.var(source).filter(|v| v.file == self.id) else { return false };
                // `todo = rows`, and nothing else: of a list that is set anew, it would be the one from before.
                let stays = self.names.bindings(container.scope, &container.name).len() == 1;
                let renamed = stays
                    && match self.names.bindings(var.scope, &var.name) {
                        [one] => match one.bound {
                            Bound::Value(Some(e)) => {
                                e.kind() == "identifier" && self.var(e).as_ref() == Some(container)
                            }
                            _ => false,
                        },
                        _ => false,
                    };
                var == *container || renamed
            }
            "subscript" => self.begins(source).is_some_and(|of| self.counts_through(of, container)),
            "call" => self.counts_through_call(Call(source), container),
            _ => false,
        }
    }

    /// What `rows[:n]` is the beginning of.
    pub(super) fn begins(&self, source: Node<'t>) -> Option<Node<'t>> {
        let by = children(source).nth(1).filter(|by| source.kind() == "subscript" && by.kind() == "slice")?;
        let text: String = self.text(by).split_whitespace().collect();
        let first = (text.starts_with(':') || text.starts_with("0:")) && text.matches(':').count() == 1;
        children(source).next().filter(|_| first)
    }

    fn counts_through_call(&self, call: Call<'t>, container: &Var) -> bool {
        let Some(function) = call.function() else { return false };
        let args: Vec<Node<'t>> = call.args().filter(|a| a.kind() != "keyword_argument").collect();
        let first = || args.first().is_some_and(|a| self.counts_through(*a, container));
        let from_zero = call.args().count() == 1;
        if let Some(name) = self.builtin(function) {
            return match name {
                "enumerate" | "list" | "tuple" => from_zero && first(),
                "zip" => args.iter().any(|a| self.counts_through(*a, container)),
                _ => false,
            };
        }
        if let Some(path) = self.import_path(function) {
            let sliced = path == "itertools.islice" && args.len() == 2;
            return (sliced || PythonFacts::has(&self.catalog.python.progress, &path)) && first();
        }
        let object = Attribute::cast(function).and_then(|a| a.object());
        self.is_method(call.0, "items") && object.is_some_and(|o| self.counts_through(o, container))
    }

    /// Whether a source is the call of a method of this name.
    fn is_method(&self, source: Node<'t>, name: &str) -> bool {
        let method = Call::cast(source).and_then(|c| c.function()).and_then(Attribute::cast).and_then(|a| a.name());
        method.is_some_and(|n| self.text(n) == name)
    }
}
