//! Objects that the loop changes and the work reads.
use super::alias::{Place, Places};
use super::calls::Catalogued;
use super::effects::Change;
use super::names::Bound;
use super::slice::{Need, Slice};
use super::source::Peeled;
use super::{File, Trouble, Var};
use crate::facts::Code;
use crate::syntax::python::{Attribute, Call};
use crate::syntax::{Node, span, walk};

/// One variable that the work reads.
struct WorkRead<'a, 't> {
    var: &'a Var,
    nodes: &'a [Node<'t>],
    /// Whether it is the loop's target.
    item: bool,
    places: Vec<Place>,
    reached: Places,
}

impl<'t> File<'t> {
    /// Objects that the loop changes and the work reads.
    #[allow(clippy::too_many_arguments, reason = "the stages of one loop")]
    pub(super) fn conflicts(
        &self,
        slice: &Slice<'t>,
        changes: &[Change<'t>],
        items: &[Var],
        peeled: &Peeled<'t>,
        body: Node<'t>,
        found: &Catalogued<'t>,
        is_client: &dyn Fn(&Var) -> bool,
    ) -> Vec<Trouble<'t>> {
        let mut out = Vec::new();
        let bound_in_body = self.binds(body);
        let first_item = items.first();
        let keys_are_plain = self.first_item_is_plain(peeled.source);
        let source_vars: Vec<Var> = self.reads(peeled.source).into_keys().collect();
        let mut reads = Vec::new();
        for (var, nodes) in &slice.reads {
            let item = items.contains(var);
            let plain_item = keys_are_plain && Some(var) == first_item && items.len() > 1;
            let plain = self.is_plain(var, nodes, found) || item && (plain_item || self.items_are_plain(peeled.source));
            if !plain && (item || !bound_in_body.contains(var)) {
                let reached = if item { Places::default() } else { self.reached_by(var, nodes) };
                reads.push(WorkRead { var, nodes, item, places: self.places_read(nodes, var), reached });
            }
        }
        for change in changes {
            let direct_var = change.direct.as_ref().map(|p| &p.var);
            if direct_var.is_some_and(|v| source_vars.contains(v) && !items.contains(v))
                || self.is_advanced(change, &source_vars)
            {
                out.push(
                    Trouble::new(
                        if self.text(change.node).starts_with("next(") {
                            Code::SHARED_ITERATOR
                        } else {
                            Code::SOURCE_CHANGED
                        },
                        change.node,
                        "the loop changes what it iterates",
                        "iterate a copy, `list(…)`, or collect the changes and make them behind the loop",
                    )
                    .with(peeled.source),
                );
                continue;
            }
            if direct_var.is_some_and(|v| self.is_definition(v)) {
                out.push(Trouble::new(
                    Code::PROCESS_STATE,
                    change.node,
                    format!("`{}` changes a module or class in the loop", self.text(change.node)),
                    "set it once before the loop",
                ));
                continue;
            }
            for read in &reads {
                if is_client(read.var) && direct_var != Some(read.var) {
                    continue;
                }
                let (var, nodes) = (read.var, read.nodes);
                let hit = if read.item {
                    self.item_hit(change, read, items, &source_vars)
                } else {
                    change.places.iter().chain(&change.direct).any(|c| read.reached.iter().any(|r| c.meets(r)))
                };
                if hit {
                    let in_guard = slice.needs.iter().any(
                        |n| matches!(n, Need::SkipWhen(c, _) if nodes.iter().any(|r| span(*c).contains(span(*r)))),
                    );
                    out.push(shared_trouble(self, var, nodes, change, in_guard));
                    break;
                }
            }
        }
        out
    }

    /// Everything that the reads of a variable may reach.
    fn reached_by(&self, var: &Var, nodes: &[Node<'t>]) -> Places {
        let mut reached = Places::default();
        for node in nodes {
            let access = node
                .parent()
                .filter(|p| matches!(p.kind(), "attribute" | "subscript"))
                .filter(|p| self.place_of(*p).is_some_and(|place| place.var == *var && place.key.is_some()));
            reached.extend(match access {
                Some(access) => self.reach(access),
                None => self.reach_var(var),
            });
        }
        reached
    }

    /// Whether a change may be one to what the work reads of an item. Items are told apart by key: the work may read one
    /// key while the loop writes another.
    fn item_hit(&self, change: &Change<'t>, read: &WorkRead<'_, 't>, items: &[Var], source_vars: &[Var]) -> bool {
        let meets = |place: &Place| read.places.iter().any(|r| r.meets(place));
        let Some(direct) = &change.direct else {
            // What reaches the source through an item reaches it under that item's key.
            let through_item = change.places.iter().any(|p| items.contains(&p.var));
            return change.places.iter().any(|p| meets(p) || !through_item && source_vars.contains(&p.var));
        };
        if direct.var == *read.var {
            return meets(direct);
        }
        if items.contains(&direct.var) {
            return true;
        }
        // The same object by another name: the item itself, a part of it, or something in the source.
        let at = |key: &Option<String>| Place { var: read.var.clone(), key: key.clone() };
        change.places.iter().any(|p| {
            if p.var == *read.var {
                if p.key.is_none() { meets(&at(&direct.key)) } else { meets(p) }
            } else {
                source_vars.contains(&p.var) && meets(&at(&direct.key))
            }
        })
    }

    pub(super) fn is_advanced(&self, change: &Change<'t>, source_vars: &[Var]) -> bool {
        self.text(change.node).starts_with("next(") && change.places.iter().any(|p| source_vars.contains(&p.var))
    }

    /// Whether every item of a source is a string or a number: `range(…)`, the lines of a text.
    fn items_are_plain(&self, source: Node<'t>) -> bool {
        Call::cast(source).and_then(|c| c.function()).is_some_and(|f| {
            self.builtin(f) == Some("range")
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
    pub(super) fn is_plain(&self, var: &Var, nodes: &[Node<'t>], found: &Catalogued<'t>) -> bool {
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
        let bindings = self.names.bindings(var.scope, &var.name);
        let constant = !bindings.is_empty()
            && bindings.iter().all(|b| match b.bound {
                Bound::Value(Some(e)) => literal(e) || e.kind() == "string",
                Bound::Parameter(Some(a)) => matches!(self.text(a), "str" | "int" | "float" | "bool"),
                _ => false,
            });
        constant
            || nodes.iter().all(|n| {
                n.parent().filter(|p| p.kind() == "keyword_argument").is_some_and(|k| {
                    let own = k.parent().and_then(|l| l.parent()).is_some_and(|c| c.id() == found.call.0.id());
                    own && k
                        .child_by_field_name("name")
                        .is_some_and(|name| found.fact.plain.iter().any(|p| p == self.text(name)))
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
    let changed = file.text(change.node).lines().next().unwrap_or_default();
    let trouble = if in_guard {
        Trouble::new(
            Code::CHECK_THEN_ACT,
            read,
            format!("whether the call is made depends on `{}`, which the loop changes (`{changed}`)", var.name),
            "remove duplicates, or the items that are done already, before the loop",
        )
    } else {
        Trouble::new(
            Code::SHARED_ARGUMENT,
            read,
            format!("the call reads `{}`, and the loop may change it or something in it (`{changed}`)", var.name),
            "give each iteration its own copy, or collect the changes and make them behind the loop",
        )
    };
    trouble.with(change.node)
}
