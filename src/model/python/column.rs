//! Whether a function is applied to the values of a column or the rows of a table, or to something else that has a method of
//! the same name: a window, which is handed over as numbers and wants a number back, a group, what styles a table.

use super::names::Bound;
use super::receivers::Meaning;
use super::{File, Var};
use crate::syntax::python::{Attribute, Call};
use crate::syntax::{Node, children};

/// How many variables and methods a receiver is followed through.
const FOLLOW: usize = 12;

/// Methods of a table or column that give a table or column.
const GIVE_TABLES: [&str; 54] = [
    "abs",
    "add",
    "applymap",
    "apply",
    "assign",
    "astype",
    "between",
    "bfill",
    "clip",
    "combine_first",
    "convert_dtypes",
    "copy",
    "cumsum",
    "diff",
    "div",
    "drop",
    "drop_duplicates",
    "dropna",
    "duplicated",
    "explode",
    "ffill",
    "fillna",
    "filter",
    "head",
    "infer_objects",
    "isin",
    "isna",
    "join",
    "map",
    "mask",
    "melt",
    "merge",
    "mul",
    "nlargest",
    "notna",
    "nsmallest",
    "progress_apply",
    "progress_map",
    "query",
    "rank",
    "reindex",
    "rename",
    "replace",
    "reset_index",
    "round",
    "sample",
    "set_index",
    "shift",
    "sort_index",
    "sort_values",
    "squeeze",
    "sub",
    "tail",
    "where",
];

/// Methods and attributes of a table or column behind which `apply` means something else.
const OTHERS: [&str; 7] = ["rolling", "expanding", "ewm", "resample", "groupby", "style", "groups"];

/// Libraries whose tables and data sets have methods of the same names.
const OTHER_TABLES: [&str; 8] = ["polars", "xarray", "dask", "pyspark", "datasets", "modin", "cudf", "vaex"];

impl<'t> File<'t> {
    /// Whether a file imports a library whose objects have `apply` or `map` as well and mean something else by it.
    pub(super) fn has_other_tables(&self) -> bool {
        OTHER_TABLES.iter().any(|library| {
            self.names.is_taken(library)
                || ["import ", "from "].iter().any(|by| self.source.text.contains(&format!("{by}{library}")))
        })
    }

    /// Whether a receiver is a column, or a table, as far as it can be followed.
    pub(super) fn is_column(&self, receiver: Node<'t>) -> bool {
        let other = self.meaning(receiver).all.iter().any(|m| match m {
            Meaning::Made(_, rest) => rest.iter().any(|name| OTHERS.contains(&name.as_str())),
            _ => false,
        });
        !other && self.leads_to_column(receiver, &mut Vec::new(), FOLLOW)
    }

    fn leads_to_column(&self, node: Node<'t>, seen: &mut Vec<Var>, depth: usize) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        let field = |name: &str| node.child_by_field_name(name);
        match node.kind() {
            "parenthesized_expression" => children(node).all(|inner| self.leads_to_column(inner, seen, depth)),
            // `table = None` ahead of what fills it, and `read() if path else None`.
            "none" => true,
            "conditional_expression" => {
                let branches: Vec<Node<'t>> = children(node).filter(|c| c.kind() != "comment").step_by(2).collect();
                branches.into_iter().all(|inner| self.leads_to_column(inner, seen, depth))
            }
            "subscript" => field("value").is_some_and(|of| self.leads_to_column(of, seen, depth)),
            "attribute" => {
                let other = field("attribute").is_none_or(|name| OTHERS.contains(&self.text(name)));
                !other && field("object").is_some_and(|of| self.leads_to_column(of, seen, depth))
            }
            "identifier" => {
                let Some(var) = self.var(node).filter(|var| var.file == self.id) else { return true };
                // `table = table.dropna()`
                if seen.contains(&var) {
                    return true;
                }
                seen.push(var.clone());
                self.names.bindings(var.scope, &var.name).iter().all(|binding| match binding.bound {
                    Bound::Value(Some(value)) => self.leads_to_column(value, seen, depth),
                    _ => true,
                })
            }
            "call" => self.gives_column(Call(node), seen, depth),
            _ => false,
        }
    }

    /// Whether a call gives a table or a column: pandas reads or makes one, a method makes another one of it, or a function of
    /// the program, of which nothing else is known, gives it.
    fn gives_column(&self, call: Call<'t>, seen: &mut Vec<Var>, depth: usize) -> bool {
        let Some(function) = call.function() else { return false };
        if let Some(path) = self.import_path(function) {
            return path.strip_prefix("pandas.").is_some_and(|name| {
                name.starts_with("read_")
                    || matches!(name, "DataFrame" | "Series" | "concat" | "merge" | "json_normalize")
            }) || !path.starts_with("pandas.") && !self.callees(call).is_empty();
        }
        let Some(method) = Attribute::cast(function) else { return !self.callees(call).is_empty() };
        let (Some(object), Some(name)) = (method.object(), method.name()) else { return false };
        // `table["q"].str.strip()`
        let of_text = Attribute::cast(object)
            .and_then(|a| a.name())
            .is_some_and(|accessor| matches!(self.text(accessor), "str" | "dt"));
        if of_text || GIVE_TABLES.contains(&self.text(name)) {
            return self.leads_to_column(object, seen, depth);
        }
        !self.callees(call).is_empty()
    }
}
