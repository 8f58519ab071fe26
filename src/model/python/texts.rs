//! Sources whose items are strings and numbers, which no code can change.
use super::File;
use super::names::Bound;
use crate::syntax::python::{Attribute, Call};
use crate::syntax::{Node, children};

impl<'t> File<'t> {
    /// Whether all items of a source are strings or numbers, as far as the text shows where they come from.
    pub(super) fn gives_texts(&self, source: Node<'t>, depth: usize) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        match source.kind() {
            "list" | "tuple" | "set" => children(source)
                .filter(|c| c.kind() != "comment")
                .all(|c| matches!(c.kind(), "string" | "concatenated_string" | "integer" | "float")),
            "parenthesized_expression" => children(source).all(|c| self.gives_texts(c, depth)),
            "identifier" => {
                let Some(var) = self.var(source).filter(|v| v.file == self.id) else { return false };
                let bindings = self.names.bindings(var.scope, &var.name);
                // Nothing else is put into it.
                let only_asked = self.names.reads_of(var.scope, &var.name).all(|r| match r.node.parent() {
                    Some(p) if matches!(p.kind(), "for_statement" | "for_in_clause") => true,
                    Some(p) if p.kind() == "argument_list" => p.parent().and_then(Call::cast).is_some_and(|c| {
                        let builtin = c.function().and_then(|f| self.builtin(f));
                        matches!(builtin, Some("len" | "enumerate" | "print" | "sorted" | "list" | "set"))
                            || self.makes_bar(c)
                    }),
                    _ => false,
                });
                only_asked
                    && !bindings.is_empty()
                    && bindings.iter().all(|b| match b.bound {
                        Bound::Value(Some(e)) => self.gives_texts(e, depth),
                        Bound::Parameter(Some(a)) => {
                            let text = self.text(a);
                            matches!(
                                text,
                                "list[str]" | "List[str]" | "Sequence[str]" | "tuple[str, ...]" | "list[int]"
                            )
                        }
                        _ => false,
                    })
            }
            "call" => {
                let call = Call(source);
                let Some(function) = call.function() else { return false };
                let first = || call.args().next().is_some_and(|a| self.gives_texts(a, depth));
                if let Some(name) = self.builtin(function) {
                    return match name {
                        "range" | "open" => true,
                        "enumerate" | "sorted" | "reversed" | "list" | "tuple" | "set" => first(),
                        _ => false,
                    };
                }
                if self.import_path(function).is_some() {
                    return self.makes_bar(call) && first();
                }
                let method = Attribute::cast(function);
                let named = method.and_then(|a| a.name()).map(|n| self.text(n));
                matches!(named, Some("readlines" | "splitlines" | "split"))
                    && !named.is_some_and(|n| self.is_own_method(n))
                    && !self.imports_unseen()
                    && method.and_then(|a| a.object()).is_some_and(|o| !self.may_be_own_object(o))
            }
            _ => false,
        }
    }
}
