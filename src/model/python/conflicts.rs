//! Objects that the loop changes and the work reads.
use super::alias::{Place, Places, meet};
use super::calls::Catalogued;
use super::effects::Change;
use super::names::Bound;
use super::slice::{Need, Slice};
use super::source::Peeled;
use super::{File, Trouble, Var};
use crate::facts::Code;
use crate::syntax::python::{Attribute, Call};
use crate::syntax::{Node, span, walk};

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
            for (var, nodes) in &slice.reads {
                if is_client(var) && direct_var != Some(var) || self.is_plain(var, nodes, found) {
                    continue;
                }
                let is_item = items.contains(var);
                if !is_item && bound_in_body.contains(var) {
                    continue;
                }
                let read: Vec<Place> = self.places_read(nodes, var);
                let hit = if is_item && direct_var.is_some_and(|v| v == var) {
                    change.direct.as_ref().is_some_and(|d| read.iter().any(|r| r.meets(d)))
                } else if is_item
                    && (keys_are_plain && Some(var) == first_item && items.len() > 1
                        || self.is_item_of_plain(var, peeled.source))
                {
                    false
                } else if is_item {
                    let own: Places = read.iter().cloned().collect();
                    change.direct.is_none() && meet(&change.places, &own)
                        || direct_var.is_some_and(|v| items.contains(v))
                        || self.deep_hit(change, var)
                } else {
                    let mut reached = Places::default();
                    for node in nodes {
                        let access = node
                            .parent()
                            .filter(|p| matches!(p.kind(), "attribute" | "subscript"))
                            .and_then(|p| self.place_of(p))
                            .filter(|p| p.var == *var);
                        reached.extend(match access {
                            Some(place) if place.key.is_some() => self.reach(node.parent().unwrap_or(*node)),
                            _ => self.reach_var(var),
                        });
                    }
                    let mut changed = change.places.clone();
                    changed.extend(change.direct.clone());
                    meet(&changed, &reached)
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

    /// A change whose places hold an item other than by its own variable.
    pub(super) fn deep_hit(&self, change: &Change<'t>, item: &Var) -> bool {
        change.direct.is_none() && change.places.iter().any(|p| p.var == *item && p.key.is_none())
    }

    pub(super) fn is_advanced(&self, change: &Change<'t>, source_vars: &[Var]) -> bool {
        self.text(change.node).starts_with("next(") && change.places.iter().any(|p| source_vars.contains(&p.var))
    }

    /// Whether every item of a source is a string or a number: `range(…)`, the lines of a text.
    pub(super) fn is_item_of_plain(&self, var: &Var, source: Node<'t>) -> bool {
        let _ = var;
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
