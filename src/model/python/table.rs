//! Tables: which rows and columns a loop's changes and its calls' reads are of. `df.loc`, `df.at` and their like are no parts of
//! a table, but ways to any of it.

use super::alias::{Place, literal};
use super::conflicts::Staged;
use super::effects::Change;
use super::{File, Var};
use crate::syntax::python::{Attribute, Call};
use crate::syntax::{Node, children};

/// Ways to rows by their labels, and by their numbers.
const BY_LABEL: [&str; 2] = ["loc", "at"];
const BY_NUMBER: [&str; 2] = ["iloc", "iat"];

/// Attributes that show all of a table.
const WHOLE: [&str; 2] = ["values", "T"];

/// What one access to a table asks for.
struct Access<'t> {
    table: Node<'t>,
    /// The column, where it is written out.
    column: Option<String>,
    /// The first index, and whether it counts rows.
    row: Option<Node<'t>>,
    by_number: bool,
}

impl<'t> File<'t> {
    /// An access through a name of a table: `df.loc[i, "a"]`, `df.iloc[i]["a"]`, `df["a"][i]`.
    fn table_access(&self, table: Node<'t>) -> Option<Access<'t>> {
        let way = table.parent().filter(|p| p.named_child(0).is_some_and(|o| o.id() == table.id()))?;
        if let Some(attribute) = Attribute::cast(way) {
            let name = self.text(attribute.name()?);
            let by_number = BY_NUMBER.contains(&name);
            if WHOLE.contains(&name) && !is_called(way) {
                return Some(Access { table, column: None, row: None, by_number });
            }
            if !by_number && !BY_LABEL.contains(&name) {
                return None;
            }
            let Some(at) = subscript_of(way) else { return Some(Access { table, column: None, row: None, by_number }) };
            let (row, second) = indices(at);
            let column = match second {
                Some(column) => self.column_named(column),
                None => subscript_of(at).and_then(|outer| self.column_named(indices(outer).0?)),
            };
            return Some(Access { table, column, row, by_number });
        }
        let column = self.column_named(indices(way).0.filter(|_| way.kind() == "subscript")?)?;
        let mut at = subscript_of(way);
        let mut by_number = false;
        // `df["a"].iloc[i]`
        if let Some(way) =
            way.parent().and_then(Attribute::cast).filter(|a| a.object().is_some_and(|o| o.id() == way.id()))
        {
            let name = way.name().map_or("", |n| self.text(n));
            by_number = BY_NUMBER.contains(&name);
            at = at.or_else(|| subscript_of(way.0).filter(|_| by_number || BY_LABEL.contains(&name)));
        }
        Some(Access { table, column: Some(column), row: at.and_then(|at| indices(at).0), by_number })
    }

    fn column_named(&self, node: Node<'t>) -> Option<String> {
        (node.kind() == "string").then(|| literal(self.text(node)))
    }

    /// Whether a key is a way into a table, and no part of it.
    fn is_way(&self, place: &Place) -> bool {
        place.key.as_deref().is_some_and(|k| BY_LABEL.contains(&k) || BY_NUMBER.contains(&k))
    }

    /// A change as one of the column that it sets, or of the whole table.
    pub(super) fn as_of_table(&self, change: Change<'t>) -> Change<'t> {
        if !change.places.iter().chain(&change.direct).any(|p| self.is_way(p)) {
            return change;
        }
        let column = self.table_changed(&change).and_then(|access| access.column);
        let of = |place: &Place| match self.is_way(place) {
            true => Place { key: column.clone(), ..place.clone() },
            false => place.clone(),
        };
        Change { places: change.places.iter().map(of).collect(), direct: change.direct.as_ref().map(of), ..change }
    }

    fn table_changed(&self, change: &Change<'t>) -> Option<Access<'t>> {
        let mut at = change.node;
        while at.kind() != "identifier" {
            at = match Call::cast(at) {
                Some(call) => call.function()?,
                None => at.named_child(0)?,
            };
        }
        self.table_access(at)
    }

    /// The places of a table that a read of it by name is of, where it goes through one of its ways.
    pub(super) fn table_places(&self, node: Node<'t>, var: &Var) -> Option<super::alias::Places> {
        let way = node.parent().and_then(Attribute::cast)?;
        let name = self.text(way.name()?);
        let is_way =
            BY_LABEL.contains(&name) || BY_NUMBER.contains(&name) || WHOLE.contains(&name) && !is_called(way.0);
        let access = self.table_access(node).filter(|_| is_way)?;
        Some(match access.column {
            Some(column) => self.reach_key(var, &column),
            None => self.reach_var(var),
        })
    }

    /// Whether a change sets something in the iteration's own row of a table, and the work reads what may be the same of no
    /// other row. A row's label and its number are taken to be one only for another column than the one that is set.
    pub(super) fn own_row(&self, change: &Change<'t>, staged: &Staged<'_, 't>) -> bool {
        let Some(set) = self.table_changed(change) else { return false };
        let Some(table) = self.var(set.table) else { return false };
        let Some(index) = self.row_index(staged) else { return false };
        let own = |row: Option<Node<'t>>| {
            row.is_some_and(|r| r.kind() == "identifier" && self.var(r).as_ref() == Some(&index))
        };
        // What the loop goes through, or has made of it, leads to what other names lead to.
        let of_loop = staged.items.contains(&table) || self.binds(staged.body).contains(&table);
        if of_loop || !own(set.row) || self.binds(staged.body).contains(&index) {
            return false;
        }
        // What is iterated is read, too.
        let source = staged.peeled.source;
        let counted = staged.peeled.counted || self.is_range(source) || self.text(source).contains(".index");
        let met = |p: &Place| p.var == table && (p.key.is_none() || set.column.is_none() || p.key == set.column);
        if !counted && self.reach(source, &[]).iter().any(met) {
            return false;
        }
        let mut reads = staged.slice.reads.iter();
        reads.all(|(var, nodes)| {
            if *var != table {
                return staged.items.contains(var) || !self.reached_by(var, nodes).iter().any(|p| p.var == table);
            }
            nodes.iter().all(|node| {
                if node.parent().is_some_and(|p| p.kind() == "attribute" && self.text(p).ends_with(".columns")) {
                    return true;
                }
                let Some(read) = self.table_access(*node) else { return self.is_measured(*node) };
                let apart = matches!((&read.column, &set.column), (Some(read), Some(set)) if read != set);
                let unnamed = read.column.is_none() && set.column.as_ref().is_some_and(|c| !self.is_named(c, staged));
                apart || own(read.row) && (read.by_number == set.by_number || unnamed)
            })
        })
    }

    /// `len(df)`
    fn is_measured(&self, node: Node<'t>) -> bool {
        let call = node.parent().filter(|p| p.kind() == "argument_list").and_then(|l| l.parent()).and_then(Call::cast);
        call.and_then(|c| c.function()).is_some_and(|f| self.builtin(f) == Some("len"))
    }

    /// Whether what the work needs names a column.
    fn is_named(&self, column: &str, staged: &Staged<'_, 't>) -> bool {
        let needs = staged.slice.needs.iter().map(|n| n.node());
        needs.chain(staged.work.nodes.iter().copied()).flat_map(crate::syntax::walk).any(|n| match n.kind() {
            "string" => literal(self.text(n)) == column,
            "attribute" => n.child_by_field_name("attribute").is_some_and(|a| self.text(a) == column),
            _ => false,
        })
    }

    /// The loop's target where it counts or names rows: of a `range`, of `df.index`.
    fn row_index(&self, staged: &Staged<'_, 't>) -> Option<Var> {
        let named = || {
            let source = self.text(staged.peeled.source);
            let rows = source.ends_with(".index") || source.ends_with(".index.tolist()");
            let target = staged.peeled.target;
            (rows && target.kind() == "identifier").then(|| self.var(target)).flatten()
        };
        self.index_of(staged.peeled).or_else(|| self.range_index(staged.peeled)).or_else(named)
    }
}

/// The indices of a subscript: the first, and one behind a comma.
fn indices(subscript: Node<'_>) -> (Option<Node<'_>>, Option<Node<'_>>) {
    let mut all: Vec<Node<'_>> = children(subscript).skip(1).filter(|c| c.kind() != "comment").collect();
    if let [one] = all[..]
        && matches!(one.kind(), "tuple" | "expression_list")
    {
        all = children(one).collect();
    }
    (all.first().copied(), all.get(1).copied())
}

/// The subscript of which a node is the value.
fn subscript_of(node: Node<'_>) -> Option<Node<'_>> {
    node.parent()
        .filter(|p| p.kind() == "subscript" && p.child_by_field_name("value").is_some_and(|v| v.id() == node.id()))
}

fn is_called(node: Node<'_>) -> bool {
    node.parent().and_then(Call::cast).is_some_and(|c| c.function().is_some_and(|f| f.id() == node.id()))
}
