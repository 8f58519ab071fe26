//! Changes through a part that the loop walks: `data[i]["docs"][j]["a"] = …` in a loop over `enumerate(item["docs"])`. The part
//! is the walked one where both are spelled by the same steps from one variable, an item of a loop around being what its index
//! leads to; and the work may look at nothing of it but the iteration's own item.

use super::alias::{Place, literal};
use super::calls::CallKind;
use super::conflicts::Staged;
use super::effects::Change;
use super::names::Bound;
use super::{File, Var};
use crate::catalog::PythonFacts;
use crate::syntax::python::{Attribute, Call, Subscript, enclosing_scope};
use crate::syntax::{Node, ancestors, children, span, walk};

/// One step into an object.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Attribute(String),
    Key(String),
    Number(String),
    /// What a variable holds.
    By(Var),
    Unknown,
}

impl Step {
    /// Whether two steps from one object, or from two that share nothing, never lead to the same.
    fn is_apart(&self, other: &Step) -> bool {
        match (self, other) {
            (Step::Key(a), Step::Key(b)) | (Step::Attribute(a), Step::Attribute(b)) => a != b,
            _ => false,
        }
    }
}

/// How an object is spelled: the steps to it from a variable.
#[derive(Debug, Clone)]
struct Way {
    var: Var,
    steps: Vec<Step>,
}

impl Way {
    /// Whether what is spelled from the same variable cannot lead to the items of a part, but to the one of the index.
    fn misses(&self, part: &Way, index: &Var) -> bool {
        if part.steps.iter().zip(&self.steps).any(|(a, b)| a.is_apart(b)) {
            return true;
        }
        let same = self.steps.get(..part.steps.len()) == Some(&part.steps[..]);
        same && matches!(self.steps.get(part.steps.len()), Some(Step::By(by)) if by == index)
    }
}

impl<'t> File<'t> {
    /// Whether `data[i]["docs"]` is what the loop walks, from its first item on, and the work reads of it the iteration's own
    /// item alone. What cannot be spelled from the same variable is not asked about here.
    pub(super) fn is_walked_part(
        &self,
        base: Node<'t>,
        index: &Var,
        staged: &Staged<'_, 't>,
        changes: &[Change<'t>],
    ) -> bool {
        let source = staged.peeled.source;
        let given = self.enumerated(source).or_else(|| self.measured(source)).unwrap_or(source);
        let given = self.begins(given).unwrap_or(given);
        let (Some(part), Some(walked)) = (self.way_to(base), self.way_to(given)) else { return false };
        let bound = self.binds(staged.body);
        let fixed = part.steps.iter().all(|step| match step {
            Step::By(var) => !bound.contains(var),
            Step::Unknown => false,
            _ => true,
        });
        let equal = part.var == walked.var && part.steps == walked.steps && !part.steps.is_empty();
        equal
            && fixed
            && !bound.contains(&part.var)
            && staged.slice.reads.iter().filter(|(var, _)| !staged.items.contains(var) && *var != index).all(
                |(var, nodes)| {
                    nodes.iter().all(|read| match self.way_to(self.longest_access(*read)) {
                        Some(spelled) if spelled.var == part.var => {
                            spelled.misses(&part, index) || self.method_misses(*read, var, &part, changes)
                        }
                        _ => *var != part.var,
                    })
                },
            )
    }

    /// Whether nothing but the loop that is looked at changes what a part is taken from, and no function of the project made it:
    /// its items are then those that were loaded.
    pub(super) fn is_left_as_loaded(&self, part: Node<'t>) -> bool {
        let Some(from) = walk(part).find(|n| n.kind() == "identifier").and_then(|n| self.var(n)) else { return false };
        let Some(looped) = self.looked_at.get().filter(|_| from.file == self.id) else { return false };
        let calls_project =
            |e: Node<'t>| walk(e).filter_map(Call::cast).any(|c| matches!(self.classify(c), CallKind::Functions(_)));
        let loaded = self.names.bindings(from.scope, &from.name).iter().all(|b| match b.bound {
            Bound::Value(Some(e)) => !calls_project(e),
            _ => false,
        });
        let scope = enclosing_scope(part).unwrap_or(self.source.root());
        let reached = self.reach(part, &[]);
        let changed = |n: Node<'t>| {
            let change = self.change_by(n);
            change.is_some_and(|c| c.places.iter().chain(&c.direct).any(|p| reached.iter().any(|r| r.meets(p))))
        };
        loaded && !walk(scope).filter(|n| !looped.contains(span(*n))).any(changed)
    }

    /// Whether all reads are spelled from the variable from which a part is: those have been compared step by step. A container
    /// that is a variable is compared by that name alone.
    pub(super) fn are_spelled_from(&self, reads: &[Node<'t>], container: Node<'t>) -> bool {
        let part = self.way_to(container).filter(|p| !p.steps.is_empty() && !self.is_labelled(container));
        let Some(part) = part.filter(|_| container.kind() != "identifier") else { return false };
        reads.iter().all(|read| self.way_to(self.longest_access(*read)).is_some_and(|s| s.var == part.var))
    }

    /// Whether a variable only ever counts: the index of `enumerate`, the number of a `range`.
    pub(super) fn is_place_number(&self, var: &Var) -> bool {
        let bindings = if var.file == self.id { self.names.bindings(var.scope, &var.name) } else { &[] };
        !bindings.is_empty()
            && bindings.iter().all(|b| match b.bound {
                Bound::Item(source) => match b.node.parent().map(|p| p.kind()) {
                    Some("pattern_list" | "tuple_pattern") => {
                        let first = b.node.parent().and_then(|p| p.named_child(0));
                        first.is_some_and(|f| f.id() == b.node.id()) && self.enumerated(source).is_some()
                    }
                    _ => self.is_range(source),
                },
                _ => false,
            })
    }

    /// Whether a method of the object reads other attributes of it than the part.
    fn method_misses(&self, read: Node<'t>, var: &Var, part: &Way, changes: &[Change<'t>]) -> bool {
        let Some(Step::Attribute(name)) = part.steps.first().filter(|_| *var == part.var) else { return false };
        let place = Place { var: var.clone(), at: None, key: Some(name.clone()) };
        self.receiver_places(read, var, changes).is_some_and(|read| !read.iter().any(|p| p.meets(&place)))
    }

    /// All of the access that begins with a name: of `row["a"].b[0].strip()` all but the method.
    fn longest_access(&self, name: Node<'t>) -> Node<'t> {
        let mut at = name;
        while let Some(parent) = at.parent() {
            let object = matches!(parent.kind(), "attribute" | "subscript")
                && parent.named_child(0).is_some_and(|o| o.id() == at.id());
            at = match parent
                .parent()
                .and_then(Call::cast)
                .filter(|c| c.function().is_some_and(|f| f.id() == parent.id()))
            {
                Some(call) if object && self.got(call.0).is_some() => call.0,
                Some(_) => break,
                None if object => parent,
                None => break,
            };
        }
        at
    }

    /// `row.get("key")`: the object and the key.
    fn got(&self, node: Node<'t>) -> Option<(Node<'t>, Node<'t>)> {
        let call = Call::cast(node)?;
        let method = call.function().and_then(Attribute::cast)?;
        let key = call.args().next().filter(|k| k.kind() == "string")?;
        Some((method.object()?, key)).filter(|_| method.name().is_some_and(|n| self.text(n) == "get"))
    }

    /// The steps to an object from a variable. The item of a loop around is what its index leads to.
    fn way_to(&self, node: Node<'t>) -> Option<Way> {
        let key = |k: Node<'t>| {
            let text = self.text(k);
            match k.kind() {
                "string" if text.starts_with(['"', '\'']) && !text.contains('\\') => Step::Key(literal(text)),
                "integer" => Step::Number(text.to_string()),
                "identifier" => self.var(k).map_or(Step::Unknown, Step::By),
                _ => Step::Unknown,
            }
        };
        if node.kind() == "identifier" {
            let var = self.var(node)?;
            return Some(self.by_index_of_loop(node, &var).unwrap_or(Way { var, steps: Vec::new() }));
        }
        let (object, step) = if let Some((object, by)) = self.got(node) {
            (object, key(by))
        } else if let Some(attribute) = Attribute::cast(node) {
            let name = self.text(attribute.name()?);
            let step = if name.starts_with("__") { Step::Unknown } else { Step::Attribute(name.to_string()) };
            (attribute.object()?, step)
        } else {
            let subscript = Subscript::cast(node)?;
            let step = if children(node).count() == 2 { subscript.index().map(key) } else { None };
            (subscript.value()?, step.unwrap_or(Step::Unknown))
        };
        let mut spelled = self.way_to(object)?;
        spelled.steps.push(step);
        Some(spelled)
    }

    /// `data[i]` for the item of `for i, item in enumerate(data)`, as long as the list keeps its items where they are.
    fn by_index_of_loop(&self, read: Node<'t>, var: &Var) -> Option<Way> {
        let binds = |looped: &Node<'t>| {
            let left = looped.child_by_field_name("left");
            left.is_some_and(|l| walk(l).any(|n| n.kind() == "identifier" && self.var(n).as_ref() == Some(var)))
        };
        let looped = ancestors(read).filter(|a| a.kind() == "for_statement").find(binds)?;
        let (left, body) = (looped.child_by_field_name("left")?, looped.child_by_field_name("body")?);
        let names: Vec<Node<'t>> = children(left).collect();
        let [index, item] = names[..] else { return None };
        let plain = span(body).contains(span(read)) && [index, item].iter().all(|n| n.kind() == "identifier");
        let (index, item) = (self.var(index)?, self.var(item).filter(|i| plain && i == var)?);
        let source = self.enumerated(looped.child_by_field_name("right")?)?;
        let names = walk(source).filter(|n| n.kind() == "identifier").filter_map(|n| self.var(n));
        let list = names.filter(|v| v.file == self.id).find(|v| self.counts_through(source, v))?;
        let bound = self.binds(body);
        let stays =
            ![&index, &item, &list].iter().any(|v| bound.contains(v)) && self.keeps_places(&list, &item, looped);
        stays.then(|| Way { var: list, steps: vec![Step::By(index)] })
    }

    /// What `enumerate(…)` counts from zero on, a progress bar around it or not.
    fn enumerated(&self, source: Node<'t>) -> Option<Node<'t>> {
        let call = Call::cast(source)?;
        let function = call.function()?;
        let first = call.args().next().filter(|a| a.kind() != "keyword_argument")?;
        if self.import_path(function).is_some_and(|p| PythonFacts::has(&self.catalog.python.progress, &p)) {
            return self.enumerated(first);
        }
        (self.builtin(function) == Some("enumerate") && call.args().count() == 1).then_some(first)
    }

    /// What `range(len(…))` counts, a progress bar around it or not.
    fn measured(&self, source: Node<'t>) -> Option<Node<'t>> {
        let call = Call::cast(source)?;
        let function = call.function()?;
        let mut args = call.args();
        let first = args.next().filter(|a| a.kind() != "keyword_argument")?;
        if self.import_path(function).is_some_and(|p| PythonFacts::has(&self.catalog.python.progress, &p)) {
            return self.measured(first);
        }
        let len = Call::cast(first).filter(|_| self.is_range(source) && args.next().is_none())?;
        len.args().next().filter(|_| len.function().is_some_and(|f| self.builtin(f) == Some("len")))
    }

    /// Whether a loop over a list changes at most what stands in its items, and not which item stands where.
    fn keeps_places(&self, list: &Var, item: &Var, looped: Node<'t>) -> bool {
        let within = |object: Node<'t>| {
            let mut root = object;
            while matches!(root.kind(), "subscript" | "attribute") {
                root = root.named_child(0)?;
            }
            let var = (root.kind() == "identifier").then(|| self.var(root)).flatten()?;
            let bindings = self.names.bindings(var.scope, &var.name);
            let inner = var.file == self.id
                && bindings.iter().all(|b| matches!(b.bound, Bound::Item(_)) && span(looped).contains(span(b.node)));
            Some(var == *item || inner || var == *list && root.id() != object.id())
        };
        let moves = |n: Node<'t>| {
            let change = self.change_by(n).filter(|c| c.sure);
            change.is_some_and(|c| c.places.iter().chain(&c.direct).any(|p| p.var == *list)) && {
                let object = match Call::cast(n) {
                    Some(call) => call.function().and_then(Attribute::cast).and_then(|a| a.object()),
                    None => n.named_child(0).filter(|_| matches!(n.kind(), "subscript" | "attribute")),
                };
                !object.and_then(within).unwrap_or(false)
            }
        };
        !looped.child_by_field_name("body").into_iter().flat_map(walk).any(moves)
    }
}
