//! Iterators: what may be gone through only once, and what goes through it.

use super::calls::CallKind;
use super::names::Bound;
use super::{File, Var};
use crate::syntax::python::Call;
use crate::syntax::{Node, children};

impl<'t> File<'t> {
    /// Whether a name is read in a place that goes through all of it: a bare argument, the source of a loop, a splat.
    pub(super) fn consumes(&self, name: Node<'t>) -> bool {
        let Some(parent) = name.parent() else { return false };
        match parent.kind() {
            "argument_list" => parent.parent().and_then(Call::cast).is_some_and(|c| self.goes_through(c, name)),
            "keyword_argument" => parent
                .parent()
                .and_then(|l| l.parent())
                .and_then(Call::cast)
                .is_some_and(|c| !matches!(self.classify(c), CallKind::Catalogued)),
            "for_in_clause" | "for_statement" => {
                parent.child_by_field_name("right").is_some_and(|r| r.id() == name.id())
            }
            "list_splat" => true,
            _ => false,
        }
    }

    /// Whether a call may go through an argument.
    fn goes_through(&self, call: Call<'t>, argument: Node<'t>) -> bool {
        if let Some(builtin) = call.function().and_then(|f| self.builtin(f)) {
            return matches!(
                builtin,
                "list"
                    | "tuple"
                    | "set"
                    | "frozenset"
                    | "dict"
                    | "sorted"
                    | "sum"
                    | "max"
                    | "min"
                    | "any"
                    | "all"
                    | "enumerate"
                    | "zip"
                    | "map"
                    | "filter"
                    | "next"
                    | "iter"
            );
        }
        match self.classify(call) {
            CallKind::Catalogued => false,
            CallKind::Functions(defs) => defs.iter().any(|def| {
                let Some(file) = self.program.at(def.file) else { return true };
                let Some(scope) = file.names.opened_by(def.node) else { return true };
                file.parameters(def.node).into_iter().any(|name| {
                    self.passed_for(call, *def, name).is_some_and(|a| a.id() == argument.id())
                        && file.names.reads_of(scope, name).any(|r| {
                            r.node.parent().is_some_and(|p| match p.kind() {
                                "for_in_clause" | "for_statement" => {
                                    p.child_by_field_name("right").is_some_and(|x| x.id() == r.node.id())
                                }
                                "argument_list" => {
                                    p.parent().and_then(Call::cast).and_then(|c| c.function()).is_some_and(|f| {
                                        matches!(
                                            file.builtin(f),
                                            Some(
                                                "list"
                                                    | "tuple"
                                                    | "set"
                                                    | "sorted"
                                                    | "sum"
                                                    | "next"
                                                    | "enumerate"
                                                    | "zip"
                                            )
                                        )
                                    })
                                }
                                _ => false,
                            })
                        })
                })
            }),
            _ => true,
        }
    }

    /// Whether a variable may hold an iterator, which can be gone through only once.
    pub(super) fn may_be_iterator(&self, var: &Var) -> bool {
        if var.file != self.id {
            return self.home(var).id == var.file && self.home(var).may_be_iterator(var);
        }
        self.names.bindings(var.scope, &var.name).iter().any(|b| match b.bound {
            Bound::Value(e) => e.is_some_and(|e| self.gives_iterator(e)),
            Bound::Parameter(annotation) => {
                let known = annotation.is_some_and(|a| {
                    !["Iterator", "Iterable", "Generator", "Any"].iter().any(|w| self.text(a).contains(w))
                });
                !known && !self.is_sized_var(var)
            }
            Bound::Augmented | Bound::Import | Bound::Function(_) | Bound::Class(_) => false,
            _ => !self.is_sized_var(var),
        })
    }

    /// Whether a call gives what a generator function of the project yields.
    fn yields(&self, call: Call<'t>) -> bool {
        matches!(self.classify(call), CallKind::Functions(defs) if defs.iter().any(|def| {
            self.program.at(def.file).is_some_and(|f| {
                f.names.opened_by(def.node).is_some_and(|s| f.names.scope(s).yields)
            })
        }))
    }

    /// Whether a variable surely holds an iterator.
    pub(super) fn is_iterator(&self, var: &Var) -> bool {
        let home = self.home(var);
        home.names.bindings(var.scope, &var.name).iter().any(|b| match b.bound {
            Bound::Value(Some(e)) => {
                e.kind() == "generator_expression"
                    || Call::cast(e).is_some_and(|c| home.yields(c))
                    || Call::cast(e).and_then(|c| c.function()).is_some_and(|f| {
                        matches!(
                            home.builtin(f),
                            Some("iter" | "zip" | "map" | "filter" | "enumerate" | "reversed" | "open")
                        ) || home.import_path(f).is_some_and(|p| {
                            p.starts_with("itertools.")
                                || p.starts_with("csv.")
                                || matches!(p.as_str(), "re.finditer" | "os.scandir" | "os.walk" | "glob.iglob")
                        })
                    })
            }
            Bound::With(e) => Call::cast(e).and_then(|c| c.function()).is_some_and(|f| home.builtin(f) == Some("open")),
            Bound::Parameter(Some(a)) => ["Iterator", "Generator"].iter().any(|w| home.text(a).contains(w)),
            _ => false,
        })
    }

    fn gives_iterator(&self, value: Node<'t>) -> bool {
        match value.kind() {
            "generator_expression" => true,
            "identifier" => self.var(value).is_some_and(|v| self.may_be_iterator(&v)),
            "conditional_expression" | "boolean_operator" | "parenthesized_expression" => {
                children(value).any(|c| self.gives_iterator(c))
            }
            "call" => {
                let call = Call(value);
                let Some(function) = call.function() else { return true };
                if let Some(name) = self.builtin(function) {
                    return matches!(
                        name,
                        "iter" | "zip" | "map" | "filter" | "enumerate" | "reversed" | "open" | "getattr" | "next"
                    );
                }
                if let Some(path) = self.import_path(function) {
                    // A library's class makes an object; its functions may make anything.
                    let class = path.split('.').any(|p| p.starts_with(|c: char| c.is_ascii_uppercase()));
                    let facts = &self.catalog.python;
                    let known = facts.data_functions.contains(&path) || facts.sized_functions.contains(&path);
                    let lazy = path.starts_with("itertools.") || path.starts_with("csv.");
                    return lazy || !(class || known || facts.pure_functions.contains(&path));
                }
                match self.classify(call) {
                    CallKind::Pure => false,
                    _ => !self.is_sized(value, 4),
                }
            }
            _ => false,
        }
    }
}
