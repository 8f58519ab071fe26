//! How deep what is stored stands: `rows[i]["docs"] = docs` changes what an item holds, and puts no other item into `rows`.

use super::alias::{Place, Places};
use super::names::{Bound, ScopeKind};
use super::{File, Var};
use crate::syntax::python::{Assignment, Attribute, Call, Subscript};
use crate::syntax::{Node, ancestors, children, span};

/// How far variables and parts are followed.
const FOLLOW: usize = 12;

/// An item of a loop by the names that the loop has for it.
pub(super) struct OneItem<'t> {
    /// What a loop's target names.
    row: Option<Var>,
    /// `rows[i]`: the index and the container that it counts.
    by_index: Option<(Var, Var)>,
    body: Option<Node<'t>>,
}

impl<'t> File<'t> {
    /// The places whose objects may be an item of a source, or hold one: what the items hold themselves is left out where
    /// that can be told apart.
    pub(super) fn holders_of_items(&self, source: Node<'t>) -> Places {
        let mut out = Places::default();
        self.holders(source, true, &mut out, FOLLOW);
        out
    }

    /// Adds the places that may hold what an expression gives, or (`items`) what that holds as its own items. In doubt all
    /// that is reached.
    fn holders(&self, node: Node<'t>, items: bool, out: &mut Places, fuel: usize) {
        let Some(fuel) = fuel.checked_sub(1) else {
            out.extend(self.reach(node, &[]));
            return;
        };
        match node.kind() {
            "string" | "concatenated_string" | "integer" | "float" | "true" | "false" | "none" => {}
            "parenthesized_expression" => children(node).for_each(|c| self.holders(c, items, out, fuel)),
            "list" | "tuple" | "set" if !items => {}
            "list" | "tuple" | "set" => children(node).for_each(|c| match c.kind() {
                "list_splat" => children(c).for_each(|inner| self.holders(inner, true, out, fuel)),
                _ => self.holders(c, false, out, fuel),
            }),
            "dictionary" if !items => {}
            "dictionary" if children(node).all(|c| c.kind() == "pair") => {
                let values = children(node).filter_map(|c| c.child_by_field_name("value"));
                values.for_each(|v| self.holders(v, false, out, fuel));
            }
            "list_comprehension" if !items => {}
            "list_comprehension" => {
                node.child_by_field_name("body").into_iter().for_each(|b| self.holders(b, false, out, fuel));
            }
            "subscript" if !items => {
                Subscript(node).value().into_iter().for_each(|v| self.holders(v, true, out, fuel));
            }
            "identifier" => self.holders_by_name(node, items, out, fuel),
            "call" => {
                let call = Call(node);
                let copies = call.function().and_then(|f| self.builtin(f));
                let copies = matches!(copies, Some("list" | "tuple" | "sorted" | "reversed")) || self.makes_bar(call);
                let inner = call.args().next().filter(|a| !matches!(a.kind(), "list_splat" | "keyword_argument"));
                match inner.filter(|_| copies && items) {
                    Some(inner) => self.holders(inner, true, out, fuel),
                    None => out.extend(self.reach(node, &[])),
                }
            }
            _ => out.extend(self.reach(node, &[])),
        }
    }

    fn holders_by_name(&self, name: Node<'t>, items: bool, out: &mut Places, fuel: usize) {
        let Some(var) = self.var(name).filter(|v| v.file == self.id) else {
            out.extend(self.reach(name, &[]));
            return;
        };
        let known = !out.insert(Place::whole(var.clone()));
        let bindings = self.names.bindings(var.scope, &var.name);
        let plain = bindings.iter().all(|b| {
            let here = self.names.scope_at(b.node) == var.scope;
            here && match b.bound {
                Bound::Value(Some(_)) => true,
                Bound::Item(_) => !items,
                _ => false,
            }
        });
        let mut put = Vec::new();
        self.put_elsewhere(&Place::whole(var.clone()), &mut put);
        let reads = || self.names.reads_of(var.scope, &var.name).filter(|r| !self.is_behind(r.node));
        let mut stored = Vec::new();
        let here = |scope| scope == var.scope || self.names.scope(scope).kind == ScopeKind::Comprehension;
        let only_known = !items || reads().all(|r| here(r.scope) && self.stores_of_items(r.node, &mut stored));
        if bindings.is_empty() || !plain || !put.is_empty() || !only_known {
            out.extend(self.reach(name, &[]));
            return;
        }
        if known && items {
            return;
        }
        for binding in bindings {
            match binding.bound {
                Bound::Value(Some(e)) => self.holders(e, items, out, fuel),
                Bound::Item(e) => self.holders(e, true, out, fuel),
                _ => {}
            }
        }
        stored.into_iter().for_each(|value| self.holders(value, false, out, fuel));
    }

    /// Adds what is stored as an item of what a name stands for, at one place where it is named. Answers whether it gets no
    /// other name there and goes to nobody who may store something in it.
    fn stores_of_items(&self, name: Node<'t>, out: &mut Vec<Node<'t>>) -> bool {
        let Some(parent) = name.parent() else { return false };
        let is = |field: &str| parent.child_by_field_name(field).is_some_and(|n| n.id() == name.id());
        match parent.kind() {
            // `rows[i] = x` stores an item, `rows[i]["key"] = x` does not.
            "subscript" if is("value") => {
                let sliced = children(parent).nth(1).is_none_or(|by| by.kind() == "slice");
                let target = super::effects::is_target(parent);
                let set = parent
                    .parent()
                    .and_then(Assignment::cast)
                    .filter(|a| a.left().is_some_and(|l| l.id() == parent.id()));
                out.extend(set.and_then(|a| a.right()));
                !target || set.is_some() && !sliced
            }
            "attribute" if is("object") => {
                let Some(call) = super::receivers::call_of(parent) else { return false };
                let method = Attribute(parent).name().map_or("", |n| self.text(n));
                let further = call.0.parent().is_some_and(|p| matches!(p.kind(), "attribute" | "subscript"));
                match method {
                    "append" | "add" if !further && !self.may_be_own_object(name) => {
                        out.extend(call.args());
                        true
                    }
                    "items" | "values" | "keys" | "get" | "copy" => !self.may_be_own_object(name),
                    _ => false,
                }
            }
            "argument_list" => parent.parent().and_then(Call::cast).is_some_and(|call| {
                let builtin = call.function().and_then(|f| self.builtin(f));
                let asks = matches!(
                    builtin,
                    Some("len" | "enumerate" | "range" | "list" | "sorted" | "reversed" | "tuple" | "set" | "print")
                );
                asks || self.makes_bar(call) || self.gives_scalar(call) || self.is_output(call)
            }),
            "for_statement" | "for_in_clause" => is("right"),
            "comparison_operator" | "not_operator" | "interpolation" | "return_statement" => true,
            "assignment" => is("left"),
            _ => false,
        }
    }

    /// The item that an expression names, or of which it names a part, by the loop around.
    pub(super) fn one_item(&self, object: Node<'t>) -> OneItem<'t> {
        let mut root = object;
        let mut index = None;
        while matches!(root.kind(), "subscript" | "attribute") {
            index = (root.kind() == "subscript").then(|| children(root).nth(1)).flatten();
            let Some(inner) = root.named_child(0) else { break };
            root = inner;
        }
        let none = OneItem { row: None, by_index: None, body: None };
        let Some(var) = (root.kind() == "identifier").then(|| self.var(root)).flatten() else { return none };
        for name in [Some(root), index.filter(|i| i.kind() == "identifier")].into_iter().flatten() {
            let Some(binding) = self.reaching(name).filter(|b| matches!(b.bound, Bound::Item(_))) else { continue };
            let looped = ancestors(binding.node).find(|a| a.kind() == "for_statement");
            let Some(found) = looped.and_then(|l| self.names_of_item(l)) else { continue };
            let named = self.var(name);
            let by_row = name.id() == root.id() && found.row.is_some() && found.row == named;
            let by_index = matches!(&found.by_index, Some((i, c)) if Some(i) == named.as_ref() && *c == var);
            if by_row || by_index && name.id() != root.id() {
                return found;
            }
        }
        OneItem { row: Some(var).filter(|v| self.is_item_of_loop(v)), ..none }
    }

    /// The names that the head of a loop gives to its item: `for i, row in enumerate(rows)`, `for i in range(len(rows))`.
    fn names_of_item(&self, looped: Node<'t>) -> Option<OneItem<'t>> {
        let body = looped.child_by_field_name("body")?;
        let target = looped.child_by_field_name("left")?;
        let unbarred = |mut source: Node<'t>| {
            while let Some(bar) = Call::cast(source).filter(|c| self.makes_bar(*c)) {
                source = bar.args().next()?;
            }
            Some(source)
        };
        let of_one = |source: Node<'t>, name: &str| {
            let call = Call::cast(source).filter(|c| c.function().and_then(|f| self.builtin(f)) == Some(name))?;
            let mut args = call.args();
            args.next().filter(|a| !a.is_error() && args.next().is_none())
        };
        let bound = self.binds(body);
        let plain = |n: Node<'t>| (n.kind() == "identifier").then(|| self.var(n)).flatten();
        let steady = |n: Node<'t>| plain(n).filter(|v| !bound.contains(v));
        let source = unbarred(looped.child_by_field_name("right")?)?;
        let out = |row, by_index| Some(OneItem { row, by_index, body: Some(body) });
        if let Some(inner) = of_one(source, "enumerate") {
            let parts: Vec<_> = children(target).collect();
            let [index, row] = parts.as_slice() else { return None };
            let container = steady(unbarred(inner)?);
            return out(steady(*row), steady(*index).zip(container));
        }
        let counted = of_one(source, "range").and_then(|r| of_one(r, "len"));
        match counted {
            Some(container) => out(None, steady(target).zip(steady(container))),
            None => out(steady(target), None),
        }
    }

    /// Whether what a value holds may lead to some places otherwise than through one item.
    pub(super) fn leads_past(&self, value: Node<'t>, own: &OneItem<'t>, meets: &dyn Fn(&Place) -> bool) -> bool {
        self.leads_past_item(value, own, meets, &mut Vec::new())
    }

    fn leads_past_item(
        &self,
        node: Node<'t>,
        own: &OneItem<'t>,
        meets: &dyn Fn(&Place) -> bool,
        seen: &mut Vec<Var>,
    ) -> bool {
        match node.kind() {
            "string" | "concatenated_string" | "comparison_operator" | "not_operator" => false,
            "identifier" => {
                if !super::alias::is_read_position(node) {
                    return false;
                }
                let Some(var) = self.var(node) else { return false };
                if own.row.as_ref() == Some(&var) || seen.contains(&var) {
                    return false;
                }
                if self.is_plain_value(node) {
                    return false;
                }
                let Some(values) = self.values_within(&var, own) else {
                    return self.reach(node, &[]).iter().any(meets);
                };
                seen.push(var);
                values.into_iter().any(|v| self.leads_past_item(v, own, meets, seen))
            }
            "subscript" => {
                let (Some(container), Some((index, rows))) = (Subscript(node).value(), &own.by_index) else {
                    return node.named_child(0).is_some_and(|v| self.leads_past_item(v, own, meets, seen));
                };
                let by = children(node).nth(1).filter(|i| i.kind() == "identifier").and_then(|i| self.var(i));
                let same = by.as_ref() == Some(index)
                    && container.kind() == "identifier"
                    && self.var(container).as_ref() == Some(rows);
                !same && self.leads_past_item(container, own, meets, seen)
            }
            "lambda" => self.reach(node, &[]).iter().any(meets),
            "binary_operator" if self.makes_plain(node) => false,
            "call" => {
                let call = Call(node);
                if self.catalogued(call).is_some() || self.gives_scalar(call) || self.fetches(call) {
                    return false;
                }
                let mut kept = Vec::new();
                let parts = self.returned(call, &mut kept);
                let mut places = Places::default();
                self.follow(kept, &[], &mut places);
                let parts = match parts {
                    Some(parts) => parts.into_iter().chain(self.closure_called(call)).collect(),
                    None => children(node).collect::<Vec<_>>(),
                };
                places.iter().any(meets) || parts.into_iter().any(|p| self.leads_past_item(p, own, meets, seen))
            }
            _ => children(node).any(|c| self.leads_past_item(c, own, meets, seen)),
        }
    }

    /// All that a variable holds which is set anew in each iteration, and nowhere else.
    fn values_within(&self, var: &Var, own: &OneItem<'t>) -> Option<Vec<Node<'t>>> {
        let body = own.body.filter(|_| var.file == self.id)?;
        let bindings = self.names.bindings(var.scope, &var.name);
        let captured = self.names.reads_of(var.scope, &var.name).any(|r| r.scope != var.scope);
        if bindings.is_empty() || captured || self.reads_first(body).contains_key(var) {
            return None;
        }
        let mut out = Vec::new();
        for binding in bindings {
            if !span(body).contains(span(binding.node)) || self.names.scope_at(binding.node) != var.scope {
                return None;
            }
            match binding.bound {
                Bound::Value(Some(e)) | Bound::Item(e) | Bound::Part(e) => out.push(e),
                Bound::Augmented => out.push(binding.node.parent()?.child_by_field_name("right")?),
                _ => return None,
            }
        }
        let whole = Place::whole(var.clone());
        let mut through_parts = Vec::new();
        self.stored_through_parts(&whole, &mut through_parts);
        out.extend(self.stores_into(&whole));
        through_parts.is_empty().then_some(out)
    }
}
