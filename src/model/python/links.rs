//! Items that lead to one another: pairs of neighbours, and objects that hold others of the same source.

use super::alias::Places;
use super::calls::CallKind;
use super::names::Bound;
use super::receivers::Def;
use super::stage::Work;
use super::{File, Var};
use crate::syntax::python::{Attribute, Call, Function, statement_of};
use crate::syntax::{Node, children, span, walk};

/// How far functions that give a source are followed.
const FOLLOW: usize = 3;
/// How many steps an expression is followed to the item that it is a part of.
const FOLLOW_ITEM: usize = 6;

impl<'t> File<'t> {
    /// Whether one item surely leads to another: neighbours are handed out in pairs, or stored in one another.
    pub(super) fn items_are_shared(&self, source: Node<'t>, elements: &Places, work: &Work<'t>) -> bool {
        let pairs = Call::cast(source).and_then(|c| c.function()).is_some_and(|f| {
            self.builtin(f) == Some("zip") || self.import_path(f).is_some_and(|p| p.starts_with("itertools."))
        });
        if pairs {
            return true;
        }
        let scope = crate::syntax::python::enclosing_scope(source).unwrap_or(self.source.root());
        if self.links_in(scope, elements, Some(work)) || self.items_are_linked(source, elements, work) {
            return true;
        }
        self.in_makers(source, &|file, def, given| file.links_in(def, given, None))
    }

    /// Whether what stands around a loop, or a function that it hands the items to, stores items of its source in one another:
    /// `row["peers"] = [r for r in rows if …]`. What is stored of the same item is no link.
    pub(super) fn items_are_linked(&self, source: Node<'t>, elements: &Places, work: &Work<'t>) -> bool {
        let scope = crate::syntax::python::enclosing_scope(source).unwrap_or(self.source.root());
        // In a function that gives the source, its own statements are looked at and no further functions.
        let by_maker = |file: &File<'t>, def, given: &Places| file.stores_links(def, given, None, 1);
        self.stores_links(scope, elements, Some(work), FOLLOW) || self.in_makers(source, &by_maker)
    }

    /// Whether something holds of a function that gives a source, and of the places that it gives.
    fn in_makers(&self, source: Node<'t>, test: &dyn Fn(&File<'t>, Node<'t>, &Places) -> bool) -> bool {
        let mut defs: Vec<Def<'t>> = Vec::new();
        self.makers(source, FOLLOW, &mut defs);
        defs.iter().any(|def| {
            let Some(file) = self.program.at(def.file) else { return false };
            let given: Places = file.given_by(def.node).into_iter().flat_map(|e| file.reach(e, &[])).collect();
            !given.is_empty() && test(file, def.node, &given)
        })
    }

    fn stores_links(&self, scope: Node<'t>, elements: &Places, work: Option<&Work<'t>>, depth: usize) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        let meets = |p: &super::alias::Place| elements.iter().any(|e| e.meets(p));
        walk(scope).any(|n| match n.kind() {
            "assignment" => {
                let left = n.child_by_field_name("left").filter(|l| matches!(l.kind(), "attribute" | "subscript"));
                let (Some(left), Some(right)) = (left, n.child_by_field_name("right")) else { return false };
                let object = left.named_child(0).unwrap_or(left);
                let answer = work.is_some_and(|w| span(right).contains(w.span) || self.is_an_answer(right, w));
                if answer || !self.is_in_item(object, elements, FOLLOW_ITEM) {
                    return false;
                }
                self.leads_past(right, &self.one_item(object), &meets)
            }
            // `nodes[parent]["children"].append(node)`
            "call"
                if work.is_none_or(|w| !w.span.contains(span(n)))
                    && self.puts_into(Call(n)).is_some()
                    && !matches!(self.classify(Call(n)), CallKind::Functions(_)) =>
            {
                let Some(object) = self.puts_into(Call(n)) else { return false };
                let own = self.one_item(object);
                let answer = |a: &Node<'t>| work.is_some_and(|w| span(*a).contains(w.span) || self.is_an_answer(*a, w));
                let put = || Call(n).args().filter(|a| !answer(a));
                self.is_in_item(object, elements, FOLLOW_ITEM) && put().any(|a| self.leads_past(a, &own, &meets))
            }
            "call" if work.is_none_or(|w| !w.span.contains(span(n)) && !span(n).contains(w.span)) => {
                let call = Call(n);
                if !call.args().any(|a| self.reach(a, &[]).iter().any(meets)) {
                    return false;
                }
                let CallKind::Functions(defs) = self.classify(call) else { return false };
                defs.iter().any(|def| {
                    let Some(file) = self.program.at(def.file) else { return false };
                    let Some(inner) = file.names.opened_by(def.node) else { return false };
                    let passed = |name: &&str| {
                        let argument = self.passed_for(call, *def, name);
                        argument.is_some_and(|a| self.reach(a, &[]).iter().any(meets))
                    };
                    let handed = file.parameters(def.node).into_iter().filter(passed);
                    let handed: Places = handed.flat_map(|name| file.reach_var(&file.var_in(inner, name))).collect();
                    !handed.is_empty() && file.stores_links(def.node, &handed, None, depth)
                })
            }
            _ => false,
        })
    }

    /// Whether a variable is nothing but the target of loops.
    pub(super) fn is_item_of_loop(&self, var: &Var) -> bool {
        let bindings = self.home(var).names.bindings(var.scope, &var.name);
        !bindings.is_empty() && bindings.iter().all(|b| matches!(b.bound, Bound::Item(_)))
    }

    /// Whether a piece of code stores one of some elements in another, or makes one with another inside.
    fn links_in(&self, scope: Node<'t>, elements: &Places, work: Option<&Work<'t>>) -> bool {
        let meets = |node: Node<'t>| self.reach(node, &[]).iter().any(|p| elements.iter().any(|e| e.meets(p)));
        walk(scope).filter(|n| n.kind() == "assignment").any(|n| {
            let (Some(left), Some(right)) = (n.child_by_field_name("left"), n.child_by_field_name("right")) else {
                return false;
            };
            match left.kind() {
                "attribute" | "subscript" => {
                    let object = left.named_child(0).unwrap_or(left);
                    let value = !matches!(right.kind(), "string" | "integer" | "list" | "dictionary")
                        && work.is_none_or(|w| !span(right).contains(w.span));
                    value && self.is_part_of(object, elements) && meets(right)
                }
                "identifier" => {
                    let element = self.var(left).filter(|v| elements.iter().any(|e| e.var == *v));
                    element.is_some_and(|made| self.is_made_with(right, &made))
                }
                _ => false,
            }
        })
    }

    /// Whether what is assigned to a variable is made with something that leads to what the variable held before:
    /// `node = Node(text, last)` and `last = node`.
    fn is_made_with(&self, value: Node<'t>, made: &Var) -> bool {
        let parts = walk(value).filter(|n| {
            let around = n.parent().map(|p| p.kind());
            n.kind() == "identifier"
                && super::alias::is_read_position(*n)
                && !matches!(around, Some("call"))
                && crate::syntax::ancestors(*n)
                    .take_while(|a| span(value).contains(span(*a)))
                    .any(|a| matches!(a.kind(), "argument_list" | "dictionary" | "list" | "tuple"))
        });
        parts
            .filter(|n| self.var(*n).is_some_and(|v| v != *made && !self.is_definition(&v)))
            .any(|n| self.reach(n, &[]).iter().any(|p| p.var == *made))
    }

    /// The functions of the project that give a source, through variables and one another.
    fn makers(&self, node: Node<'t>, depth: usize, out: &mut Vec<Def<'t>>) {
        let Some(depth) = depth.checked_sub(1) else { return };
        for part in walk(node) {
            match part.kind() {
                "call" => {
                    let CallKind::Functions(defs) = self.classify(Call(part)) else { continue };
                    for def in defs {
                        let Some(file) = self.program.at(def.file).filter(|_| !out.contains(&def)) else { continue };
                        out.push(def);
                        for given in file.given_by(def.node) {
                            file.makers(given, depth, out);
                        }
                    }
                }
                "identifier" if super::alias::is_read_position(part) => {
                    let Some(var) = self.var(part) else { continue };
                    let home = self.home(&var);
                    for binding in home.names.bindings(var.scope, &var.name) {
                        if let Bound::Value(Some(e)) | Bound::Part(e) | Bound::Item(e) = binding.bound {
                            home.makers(e, depth, out);
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// What a function returns or yields.
    pub(super) fn given_by(&self, def: Node<'t>) -> Vec<Node<'t>> {
        if def.kind() == "lambda" {
            return def.child_by_field_name("body").into_iter().collect();
        }
        let Some(body) = Function::cast(def).and_then(|f| f.body()) else { return Vec::new() };
        walk(body)
            .filter(|n| matches!(n.kind(), "return_statement" | "yield") && super::same_function(*n, def))
            .filter_map(|n| children(n).next())
            .collect()
    }

    /// Whether an expression reads nothing but what the statement of the work sets: the answer.
    fn is_an_answer(&self, node: Node<'t>, work: &Work<'t>) -> bool {
        let at = self.source.root().descendant_for_byte_range(work.span.start, work.span.end);
        let Some(statement) = at.map(statement_of) else { return false };
        let given = self.binds(statement);
        statement.kind() == "expression_statement"
            && walk(node)
                .filter(|n| n.kind() == "identifier" && super::alias::is_read_position(*n))
                .all(|n| self.var(n).is_some_and(|v| given.contains(&v)))
    }

    /// What a method puts its arguments into.
    fn puts_into(&self, call: Call<'t>) -> Option<Node<'t>> {
        let method = call.function().and_then(Attribute::cast)?;
        let name = self.text(method.name()?);
        let puts = matches!(
            name,
            "append"
                | "extend"
                | "insert"
                | "appendleft"
                | "extendleft"
                | "add"
                | "update"
                | "setdefault"
                | "__setitem__"
        );
        method.object().filter(|_| puts)
    }

    /// Whether an expression is an item of what some places hold, or a part of one, by whatever it is got.
    fn is_in_item(&self, node: Node<'t>, elements: &Places, depth: usize) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        if self.is_part_of(node, elements) {
            return true;
        }
        let within =
            |inner: Node<'t>| self.is_in_item(inner, elements, depth) || self.has_items(inner, elements, depth);
        match node.kind() {
            "identifier" => self.own_bindings(node).iter().any(|b| match b {
                Bound::Value(Some(e)) => self.is_in_item(*e, elements, depth),
                // `for a, b in zip(rows, rows[1:])`
                Bound::Part(_) => self.reach(node, &[]).iter().any(|p| elements.iter().any(|e| e.meets(p))),
                _ => false,
            }),
            "subscript" | "attribute" => node.named_child(0).is_some_and(within),
            "call" => {
                let method = Call(node).function().and_then(Attribute::cast);
                let gives = |m: &Attribute<'t>| {
                    m.name().is_some_and(|n| matches!(self.text(n), "get" | "setdefault" | "pop" | "popleft"))
                };
                method.filter(gives).and_then(|m| m.object()).is_some_and(within)
            }
            _ => false,
        }
    }

    /// Whether an expression is a collection whose own elements are items of what some places hold.
    fn has_items(&self, node: Node<'t>, elements: &Places, depth: usize) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        let item = |e: Node<'t>| self.is_in_item(e, elements, depth);
        match node.kind() {
            "identifier" => {
                let Some(var) = self.var(node).filter(|v| v.file == self.id) else { return false };
                if elements.iter().any(|e| e.var == var) {
                    return true;
                }
                let named = |n: Node<'t>| n.kind() == "identifier" && self.var(n).as_ref() == Some(&var);
                self.own_bindings(node).iter().any(|b| match b {
                    Bound::Value(Some(e)) => self.has_items(*e, elements, depth),
                    _ => false,
                }) || walk(self.source.root()).any(|n| match n.kind() {
                    "assignment" => {
                        let left = n.child_by_field_name("left").filter(|l| l.kind() == "subscript");
                        left.and_then(|l| l.named_child(0)).is_some_and(named)
                            && n.child_by_field_name("right").is_some_and(item)
                    }
                    "call" => self.puts_into(Call(n)).is_some_and(named) && Call(n).args().any(item),
                    _ => false,
                })
            }
            "list_comprehension" | "generator_expression" | "dictionary_comprehension" => {
                let made = node.child_by_field_name("body");
                made.is_some_and(|b| item(b.child_by_field_name("value").unwrap_or(b)))
            }
            "subscript" => {
                let part = children(node).nth(1).is_some_and(|i| i.kind() == "slice");
                part && node.named_child(0).is_some_and(|v| self.has_items(v, elements, depth))
            }
            "call" => {
                let builtin = Call(node).function().and_then(|f| self.builtin(f));
                matches!(builtin, Some("list" | "tuple" | "sorted" | "reversed" | "set"))
                    && Call(node).args().next().is_some_and(|a| self.has_items(a, elements, depth))
            }
            _ => false,
        }
    }

    /// What a name of this file is bound to.
    fn own_bindings(&self, node: Node<'t>) -> Vec<Bound<'t>> {
        let var = self.var(node).filter(|v| v.file == self.id);
        let bindings = |v: Var| self.names.bindings(v.scope, &v.name).iter().map(|b| b.bound).collect();
        var.map(bindings).unwrap_or_default()
    }

    /// Whether an expression is an item of what some places hold, and not those places themselves.
    fn is_part_of(&self, node: Node<'t>, elements: &Places) -> bool {
        let Some(place) = self.place_of(node) else { return false };
        let home = self.home(&place.var);
        let bindings = home.names.bindings(place.var.scope, &place.var.name);
        let item = bindings.iter().any(|b| matches!(b.bound, Bound::Item(_)));
        let held = elements.iter().any(|e| e.var == place.var)
            && !bindings.iter().any(|b| match b.bound {
                Bound::Value(Some(e)) => matches!(e.kind(), "list" | "dictionary" | "list_comprehension"),
                _ => false,
            });
        (item || held) && self.reach(node, &[]).iter().any(|p| elements.iter().any(|e| e.meets(p)))
    }
}
