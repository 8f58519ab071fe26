//! Classes whose objects share nothing: what one object changes of itself no other object has, nor the class.
//!
//! Objects of a class may share what its body or its methods put into the class, and what its methods keep outside or hand
//! out. A class that does none of it is nothing to those who follow objects: an average, a budget, a row of results.

use super::File;
use super::calls::CallKind;
use super::names::Bound;
use super::owned::set_to;
use super::receivers::{Def, Meaning, decorators};
use crate::catalog::PythonFacts;
use crate::syntax::python::{Attribute, Call, Subscript};
use crate::syntax::{Node, ancestors, children, walk};

/// Decorators of classes that give back the class, with methods that only fill in and compare its objects.
const PLAIN_DECORATORS: [&str; 7] = [
    "dataclasses.dataclass",
    "attr.s",
    "attr.define",
    "attrs.define",
    "functools.total_ordering",
    "typing.final",
    "typing.runtime_checkable",
];

impl<'t> File<'t> {
    /// Whether the objects of a class of this file share nothing through it, and none is handed out by its methods.
    pub(super) fn is_apart(&self, class: Node<'t>) -> bool {
        if let Some(known) = self.classes.apart.borrow().get(&class.id()) {
            return *known;
        }
        // Until more is known it shares something, which is never wrong; who asks meanwhile does not keep the answer.
        if self.program.setting_apart.borrow().contains(&class.id()) {
            return false;
        }
        self.program.setting_apart.borrow_mut().push(class.id());
        let found = self.is_apart_anew(class);
        self.program.setting_apart.borrow_mut().pop();
        if found || self.program.setting_apart.borrow().is_empty() {
            self.classes.apart.borrow_mut().insert(class.id(), found);
        }
        found
    }

    fn is_apart_anew(&self, class: Node<'t>) -> bool {
        let Some(scope) = self.names.opened_by(class) else { return false };
        let plain_base = |base: &Meaning<'t>| match base {
            Meaning::Class(base) => self.program.at(base.file).is_some_and(|file| file.is_apart(base.node)),
            Meaning::Library(_) | Meaning::Builtin(_) => true,
            _ => false,
        };
        let list = class.child_by_field_name("superclasses");
        let listed = list.map_or(0, |l| children(l).filter(|c| c.kind() != "comment").count());
        let bases = self.bases(Def { file: self.id, node: class });
        let constructs = self.names.bindings(scope, "__new__").is_empty();
        constructs
            && bases.len() == listed
            && bases.iter().all(plain_base)
            && decorators(class).all(|d| self.is_plain_decorator(d))
            && class.child_by_field_name("body").is_some_and(|body| children(body).all(|s| self.declares_only(s)))
            && !self.keeps_or_hands_out(class)
    }

    fn is_plain_decorator(&self, decorator: Node<'t>) -> bool {
        children(decorator).next().is_some_and(|expression| {
            let named = Call::cast(expression).and_then(|c| c.function()).unwrap_or(expression);
            self.import_path(named).is_some_and(|path| PLAIN_DECORATORS.contains(&path.as_str()))
        })
    }

    /// Whether a statement of a class's body puts nothing into the class that could change.
    fn declares_only(&self, statement: Node<'t>) -> bool {
        match statement.kind() {
            "comment" | "pass_statement" | "function_definition" => true,
            "decorated_definition" => {
                let definition = statement.child_by_field_name("definition");
                definition.is_some_and(|d| d.kind() == "function_definition" && !self.keeps_answers(d))
            }
            "expression_statement" => children(statement).all(|e| match e.kind() {
                "string" | "concatenated_string" | "ellipsis" => true,
                "assignment" => e.child_by_field_name("right").is_none_or(|value| self.cannot_change(value)),
                _ => false,
            }),
            _ => false,
        }
    }

    /// Whether a value is one that nobody can change, or makes one for each object.
    pub(super) fn cannot_change(&self, value: Node<'t>) -> bool {
        match value.kind() {
            "string" | "concatenated_string" | "integer" | "float" | "true" | "false" | "none" => true,
            "tuple" | "expression_list" | "unary_operator" | "binary_operator" | "parenthesized_expression" => {
                children(value).all(|part| self.cannot_change(part))
            }
            "call" => {
                let call = Call(value);
                let path = call.function().and_then(|f| self.import_path(f));
                let field = path.is_some_and(|p| matches!(p.as_str(), "dataclasses.field" | "attr.ib" | "attrs.field"));
                let mut arguments = call.args();
                if field {
                    // `default=` is one object for all.
                    return arguments.all(|a| {
                        let name = a.child_by_field_name("name").map(|n| self.text(n));
                        let value = a.child_by_field_name("value");
                        match name {
                            Some("default" | "factory" | "default_factory") => value.is_some_and(|v| {
                                self.cannot_change(v)
                                    || self.builtin(v).is_some()
                                    || v.kind() == "lambda" && v.child_by_field_name("body").is_some_and(is_display)
                            }),
                            name => name.is_some(),
                        }
                    });
                }
                self.gives_scalar(call)
            }
            _ => false,
        }
    }

    /// Whether methods of a class keep something outside an object or hand it out: the object itself, what it holds, what
    /// the class holds.
    fn keeps_or_hands_out(&self, class: Node<'t>) -> bool {
        let own = class.child_by_field_name("name").map_or("", |n| self.text(n));
        // `Budget.total = 0`, wherever in the file.
        let sets_class = self.names.reads_named(own).iter().any(|read| {
            read.node.parent().is_some_and(|p| p.kind() == "attribute" && super::effects::is_target(p))
                || read.node.parent().is_some_and(|p| p.kind() == "argument_list" && self.is_setattr(p))
        });
        sets_class
            || walk(class).any(|n| match n.kind() {
                "identifier" if matches!(self.text(n), "cls" | "type" | "__class__" | "vars" | "globals") => true,
                "identifier" if self.text(n) == own => {
                    n.parent().is_none_or(|p| p.id() != class.id() && !is_annotation(n) && !self.makes_one(n))
                }
                // The object itself, or a function that holds it.
                "identifier" if self.is_self(n) => {
                    let named = n.parent().is_some_and(|p| {
                        let object = || p.child_by_field_name("object").is_some_and(|o| o.id() == n.id());
                        matches!(p.kind(), "parameters" | "typed_parameter") || p.kind() == "attribute" && object()
                    });
                    !named || self.is_in_inner_function(n)
                }
                "attribute" if Attribute(n).object().is_some_and(|o| self.is_self(o)) => self.is_handed_out(n),
                _ => false,
            })
    }

    /// Whether a node stands in a lambda or function inside a method that may be called later.
    fn is_in_inner_function(&self, node: Node<'t>) -> bool {
        let inner = ancestors(node).take_while(|a| a.kind() != "class_definition");
        let functions: Vec<_> = inner.filter(|a| matches!(a.kind(), "function_definition" | "lambda")).collect();
        let method = functions.len().saturating_sub(1);
        functions.iter().take(method).any(|f| {
            let scope = self.names.opened_by(*f).filter(|_| f.kind() == "lambda");
            scope.is_none_or(|scope| !self.is_callback(scope))
        })
    }

    fn is_setattr(&self, arguments: Node<'t>) -> bool {
        let function = arguments.parent().and_then(Call::cast).and_then(|c| c.function());
        function.and_then(|f| self.builtin(f)).is_some_and(|name| matches!(name, "setattr" | "delattr" | "vars"))
    }

    /// Whether a name is called, which makes an object.
    fn makes_one(&self, name: Node<'t>) -> bool {
        super::receivers::call_of(name).is_some_and(|c| c.function().is_some_and(|f| f.id() == name.id()))
    }

    /// Whether what an attribute of `self` holds goes where it may be kept, or the attribute is given what others hold.
    fn is_handed_out(&self, attribute: Node<'t>) -> bool {
        let name = Attribute(attribute).name().map_or("", |n| self.text(n));
        if name == "__dict__" || name == "__class__" {
            return true;
        }
        let Some(parent) = attribute.parent() else { return true };
        let is = |field: &str| parent.child_by_field_name(field).is_some_and(|n| n.id() == attribute.id());
        match parent.kind() {
            "assignment" if is("left") => {
                let chained = parent.parent().is_some_and(|g| g.kind() == "assignment");
                chained || parent.child_by_field_name("right").is_some_and(|value| !self.is_own_value(value))
            }
            // One of several targets, or of a loop.
            "pattern_list" | "tuple_pattern" | "list_pattern" | "list_splat_pattern" => {
                set_to(attribute).is_none_or(|value| !self.is_own_value(value))
            }
            "for_statement" | "for_in_clause" | "as_pattern_target" if super::effects::is_target(attribute) => true,
            "assignment" | "argument_list" | "keyword_argument" | "list" | "dictionary" | "set" | "tuple" | "pair"
            | "expression_list" => !self.is_scalar_attribute(attribute) && !self.is_passed_on(parent),
            "augmented_assignment" if is("left") => false,
            "augmented_assignment" => !self.is_scalar_attribute(attribute),
            "yield" | "lambda" | "delete_statement" | "named_expression" | "await" => true,
            // What a method returns is followed from the call; of the rest nothing is kept.
            _ => false,
        }
    }

    /// Whether an argument goes to something that keeps none.
    pub(super) fn is_passed_on(&self, list: Node<'t>) -> bool {
        let arguments = if list.kind() == "keyword_argument" { list.parent() } else { Some(list) };
        let call = arguments.filter(|a| a.kind() == "argument_list").and_then(|a| a.parent()).and_then(Call::cast);
        call.is_some_and(|call| match self.classify(call) {
            CallKind::Pure => self.gives_scalar(call),
            CallKind::Print | CallKind::Catalogued => true,
            CallKind::Library(path) => PythonFacts::has(&self.catalog.python.writers, &path) || self.is_output(call),
            _ => self.is_output(call),
        })
    }

    /// Whether a value is made for the object, or is what the call was given, which is followed from there.
    fn is_own_value(&self, value: Node<'t>) -> bool {
        if is_display(value) || self.cannot_change(value) {
            return true;
        }
        match value.kind() {
            // An operator makes something new of what the object has.
            "binary_operator" => {
                let of_self =
                    |c: Node<'t>| Attribute::cast(c).and_then(|a| a.object()).is_some_and(|o| self.is_self(o));
                children(value).all(|c| of_self(c) || self.is_own_value(c))
            }
            // What it is filled with is the call's too.
            "list" | "set" | "tuple" | "expression_list" | "dictionary" | "pair" | "list_splat"
            | "dictionary_splat" => children(value).all(|c| self.is_own_value(c)),
            "comparison_operator"
            | "not_operator"
            | "boolean_operator"
            | "unary_operator"
            | "parenthesized_expression"
            | "conditional_expression" => children(value).all(|c| self.is_own_value(c)),
            "identifier" => self.var(value).is_some_and(|var| {
                self.names.bindings(var.scope, &var.name).iter().all(|b| matches!(b.bound, Bound::Parameter(_)))
            }),
            "attribute" if Attribute(value).object().is_some_and(|o| self.is_self(o)) => {
                self.is_scalar_attribute(value)
            }
            // Of what it was given.
            "attribute" => Attribute(value).object().is_some_and(|o| !self.is_self(o) && self.is_own_value(o)),
            "subscript" => Subscript(value).value().is_some_and(|o| !self.is_self(o) && self.is_own_value(o)),
            "call" => {
                let call = Call(value);
                let own = |a: Node<'t>| self.is_own_value(a.child_by_field_name("value").unwrap_or(a));
                let copies = call.function().and_then(|f| self.builtin(f)).is_some_and(|n| {
                    self.catalog.python.fresh_builtins.contains(n) || matches!(n, "list" | "dict" | "set" | "tuple")
                });
                if self.gives_scalar(call) || copies && call.args().all(|a| a.kind() == "list" || own(a)) {
                    return true;
                }
                let Some(function) = call.function() else { return false };
                let apart = |m: &Meaning<'t>| match m {
                    Meaning::Class(c) => self.program.at(c.file).is_some_and(|file| file.is_apart(c.node)),
                    Meaning::Function { def, .. } => self.results_of(*def).outside().is_empty(),
                    Meaning::Library(_) | Meaning::Made(..) | Meaning::Builtin(_) => true,
                    _ => false,
                };
                let meaning = self.meaning(function);
                !meaning.unknown && meaning.all.iter().all(apart) && call.args().all(own)
            }
            _ => false,
        }
    }

    /// Whether all that methods set an attribute to are numbers, texts and the like.
    fn is_scalar_attribute(&self, attribute: Node<'t>) -> bool {
        let Some(class) = ancestors(attribute).find(|a| a.kind() == "class_definition") else {
            return false;
        };
        let name = Attribute(attribute).name().map_or("", |n| self.text(n));
        let set = self.set_by_methods(class, name);
        let scalar = |value: Node<'t>| {
            self.cannot_change(value)
                || matches!(value.kind(), "comparison_operator" | "not_operator")
                || Call::cast(value).is_some_and(|c| self.gives_scalar(c))
        };
        !set.is_empty() && set.iter().all(|a| a.right().is_some_and(scalar))
    }
}

/// Whether an expression writes out a new list, dict or set, or makes one.
fn is_display(value: Node<'_>) -> bool {
    let kind = value.kind();
    matches!(kind, "list" | "dictionary" | "set") && value.named_child_count() == 0
        || matches!(kind, "list_comprehension" | "dictionary_comprehension" | "set_comprehension")
}

/// Whether a name stands in an annotation.
fn is_annotation(name: Node<'_>) -> bool {
    ancestors(name).take(6).any(|a| a.kind() == "type")
}
