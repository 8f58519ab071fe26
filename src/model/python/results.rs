//! What the results of functions may hold: what they were given, what outlives their calls.

use super::alias::{Hop, Place, Places, within};
use super::calls::CallKind;
use super::names::Bound;
use super::receivers::Def;
use super::{File, Name, Var};
use crate::catalog::PythonFacts;
use crate::syntax::python::{Attribute, Call};
use crate::syntax::{Node, ancestors, children, span, walk};
use std::rc::Rc;

/// Methods of texts that give a text.
const TEXTS: [&str; 10] =
    ["strip", "lstrip", "rstrip", "join", "lower", "upper", "title", "capitalize", "replace", "format"];

/// How far values are followed that may be texts.
const FOLLOW: usize = 6;

/// What the results of a function may hold.
#[derive(Debug)]
pub(crate) struct Results {
    /// Variables that outlive a call.
    outside: Places,
    /// What of its arguments.
    given: Given,
}

/// What of the arguments of a call its results may hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Given {
    /// Something of what these parameters get; none where nothing.
    Of(Vec<Name>),
    /// Nobody can tell of which.
    Any,
}

impl Given {
    fn nothing() -> Self {
        Self::Of(Vec::new())
    }

    fn is_nothing(&self) -> bool {
        matches!(self, Self::Of(names) if names.is_empty())
    }
}

impl Results {
    /// The variables that outlive a call and that its results may hold.
    pub fn outside(&self) -> &Places {
        &self.outside
    }

    /// Whether they may hold something of its arguments.
    pub fn given(&self) -> bool {
        !self.given.is_nothing()
    }
}

impl<'t> File<'t> {
    /// What functions of the project that a call runs may return besides what they are given: variables around them, and
    /// the objects that are their defaults. Answers of which of the call's parts they may return something; `None` where
    /// nobody can tell of which.
    pub(super) fn returned(&self, call: Call<'t>, out: &mut Vec<Hop>) -> Option<Vec<Node<'t>>> {
        let CallKind::Functions(defs) = self.classify(call) else { return None };
        // A constructor keeps what it is given.
        let makes = call
            .function()
            .is_some_and(|f| self.meaning(f).all.iter().any(|m| matches!(m, super::receivers::Meaning::Class(_))));
        let mut parts = (!makes).then(Vec::new);
        let kept = |place| Hop { place, followed: false };
        for def in defs {
            let results = self.results_of(def);
            out.extend(results.outside.iter().cloned().map(kept));
            match (self.parts_given(call, def, &results.given), &mut parts) {
                (Some(more), Some(parts)) => parts.extend(more),
                _ => parts = None,
            }
            // What a function keeps is one object for all who ask.
            out.extend(self.kept_answer(def).map(|var| kept(Place::whole(var))));
            let Some(file) = self.program.at(def.file).filter(|_| results.given() || makes) else { continue };
            // `X = f()` behind `def f(x=X)` leads back to itself, and what it leads to is being found then.
            if self.program.defaulting.borrow().contains(&def) {
                continue;
            }
            self.program.defaulting.borrow_mut().push(def);
            let defaults =
                walk(def.node).filter(|n| matches!(n.kind(), "default_parameter" | "typed_default_parameter"));
            for default in defaults {
                if let Some(named) =
                    default.child_by_field_name("value").filter(|v| matches!(v.kind(), "identifier" | "attribute"))
                {
                    out.extend(file.reach(named, &[]).into_iter().map(kept));
                }
                let shared = default
                    .child_by_field_name("value")
                    .is_some_and(|v| matches!(v.kind(), "list" | "dictionary" | "set" | "call"));
                if let (true, Some(scope)) = (shared, file.names.opened_by(def.node)) {
                    let name = default.child_by_field_name("name").map_or("", |n| file.text(n));
                    out.push(kept(Place::whole(file.var_in(scope, name))));
                }
            }
            self.program.defaulting.borrow_mut().pop();
        }
        parts
    }

    /// The parts of a call that some parameters get; `None` where nobody can tell.
    fn parts_given(&self, call: Call<'t>, def: Def<'t>, given: &Given) -> Option<Vec<Node<'t>>> {
        let Given::Of(names) = given else { return None };
        let unpacks = call.args().any(|a| matches!(a.kind(), "list_splat" | "dictionary_splat"));
        if names.is_empty() {
            return Some(Vec::new());
        }
        if unpacks || self.callback_of(call).is_some() || self.in_thread(call).is_some() {
            return None;
        }
        let file = self.program.at(def.file)?;
        let mut out = Vec::new();
        for name in names {
            match self.passed_for(call, def, name) {
                Some(part) => out.push(part),
                // Its default, which is looked at elsewhere.
                None if file.has_default(def.node, name) => {}
                None => return None,
            }
        }
        Some(out)
    }

    /// Whether a parameter of a function has a default.
    fn has_default(&self, def: Node<'t>, name: &str) -> bool {
        let list = def.child_by_field_name("parameters");
        list.into_iter().flat_map(children).any(|p| {
            matches!(p.kind(), "default_parameter" | "typed_default_parameter") && self.parameter_name(p) == name
        })
    }

    /// The functions of the project that decorate a function.
    fn wrappers(&self, def: Node<'t>) -> Vec<(&'t File<'t>, Node<'t>)> {
        let named = super::receivers::decorators(def).filter_map(|d| children(d).next());
        let meanings = named.flat_map(|e| self.meaning(Call::cast(e).and_then(|c| c.function()).unwrap_or(e)).all);
        let wrappers = meanings.filter_map(|m| match m {
            super::receivers::Meaning::Function { def, .. } => Some(def),
            _ => None,
        });
        wrappers.filter_map(|def| Some((self.program.at(def.file)?, def.node))).collect()
    }

    /// Whether a decorator of a function gives what it gave before: `functools.lru_cache`.
    pub(super) fn keeps_answers(&self, def: Node<'t>) -> bool {
        super::receivers::decorators(def).filter_map(|d| children(d).next()).any(|expression| {
            let named = Call::cast(expression).and_then(|c| c.function()).unwrap_or(expression);
            self.import_path(named).is_some_and(|p| PythonFacts::has(&self.catalog.python.cache_decorators, &p))
        })
    }

    /// Whether the decorators of a function give back what it gives.
    fn keeps_results(&self, def: Node<'t>) -> bool {
        let facts = &self.catalog.python;
        super::receivers::decorators(def).filter_map(|d| children(d).next()).all(|expression| {
            let named = Call::cast(expression).and_then(|c| c.function()).unwrap_or(expression);
            let path = self.import_path(named).or_else(|| self.builtin(named).map(str::to_string));
            path.is_some_and(|p| {
                PythonFacts::has(&facts.marking_decorators, &p) || PythonFacts::has(&facts.retry_decorators, &p)
            })
        })
    }

    /// What the results of a function may hold.
    pub(super) fn results_of(&self, def: Def<'t>) -> Rc<Results> {
        let anything = || {
            let mut outside: Places = self.summary_of(def).reads.iter().cloned().map(Place::whole).collect();
            // A decorator of the project gives what it likes.
            for (file, wrapper) in self.program.at(def.file).into_iter().flat_map(|f| f.wrappers(def.node)) {
                outside.extend(file.reads(wrapper).into_keys().map(Place::whole));
            }
            Rc::new(Results { outside, given: Given::Any })
        };
        let Some(file) = self.program.at(def.file) else { return anything() };
        let key = (def.node.id(), self.likely.get());
        if let Some(known) = file.results.borrow().get(&key) {
            return Rc::clone(known);
        }
        let program = self.program;
        if let Some(known) = program.meanwhile.borrow().get(&(def.file, key)) {
            program.led_back.set(true);
            return Rc::clone(known);
        }
        if program.is_worn_out() {
            return Rc::new(Results { outside: Places::default(), given: Given::Any });
        }
        if program.returning.borrow().contains(&def) {
            program.led_back.set(true);
            return anything();
        }
        let plain = def
            .node
            .child_by_field_name("return_type")
            .is_some_and(|t| matches!(file.text(t), "str" | "int" | "float" | "bool" | "None"));
        let Some(scope) = file.names.opened_by(def.node) else { return anything() };
        if file.names.scope(scope).yields || !file.keeps_results(def.node) && !plain {
            return anything();
        }
        program.returning.borrow_mut().push(def);
        let outer = file.likely.replace(self.likely.get());
        // What is kept holds for every loop of the file.
        let horizons = (self.horizon.replace(None), file.horizon.replace(None));
        let mut reached = Places::default();
        for value in file.given_by(def.node).into_iter().filter(|_| !plain) {
            match file.set_since(value, scope) {
                Some(hops) => file.follow(hops, &[], &mut reached),
                None => reached.extend(file.reach(value, &[])),
            }
        }
        file.likely.set(outer);
        if file.id != self.id {
            file.horizon.set(horizons.1);
        }
        self.horizon.set(horizons.0);
        program.returning.borrow_mut().pop();
        let inside = |p: &Place| p.var.file == file.id && within(def.node, file.names.scope(p.var.scope).node);
        let mut given = Given::nothing();
        for place in reached.iter().filter(|p| inside(p)) {
            let bindings = file.names.bindings(place.var.scope, &place.var.name).iter();
            let taken = bindings
                .filter(|b| matches!(b.bound, Bound::Parameter(_)))
                .any(|b| place.at.is_none_or(|at| at == b.node.start_byte()));
            match &mut given {
                // What a function inside gets, or one parameter by way of another.
                _ if place.var.name == "*parameters*" || taken && place.var.scope != scope => given = Given::Any,
                Given::Of(names) if taken && !names.contains(&place.var.name) => names.push(place.var.name.clone()),
                _ => {}
            }
        }
        let results = Rc::new(Results { outside: reached.into_iter().filter(|p| !inside(p)).collect(), given });
        // What was cut short on the way depends on where the question began; what is asked first does not.
        // In the meantime it is good enough: functions that lead to one another would be asked about once for each way.
        let first = program.returning.borrow().is_empty();
        if first || !program.led_back.get() {
            file.results.borrow_mut().insert(key, Rc::clone(&results));
        } else {
            program.meanwhile.borrow_mut().insert((def.file, key), Rc::clone(&results));
        }
        if first {
            program.led_back.set(false);
            program.meanwhile.borrow_mut().clear();
        }
        results
    }

    /// `return prompt` behind statements that surely set the parameter `prompt`: what those gave it, and not what the call did.
    fn set_since(&self, value: Node<'t>, scope: super::ScopeId) -> Option<Vec<Hop>> {
        let var = (value.kind() == "identifier").then(|| self.var(value)).flatten();
        let var = var.filter(|v| v.file == self.id && v.scope == scope)?;
        let bindings = self.names.bindings(scope, &var.name);
        if !self.is_set_since(value, &var) || self.names.reads_of(scope, &var.name).any(|r| r.scope != scope) {
            return None;
        }
        let later = bindings.iter().filter(|b| !matches!(b.bound, Bound::Parameter(_)));
        let at = |b: &super::names::Binding<'t>| Place { var: var.clone(), at: Some(b.node.start_byte()), key: None };
        Some(later.map(|b| Hop { place: at(b), followed: true }).collect())
    }

    /// Whether statements in front of a read surely set the variable, whatever it held when its function began.
    fn is_set_since(&self, read: Node<'t>, var: &Var) -> bool {
        ancestors(read).take_while(|a| a.kind() != "function_definition").filter(|a| a.kind() == "block").any(|above| {
            let mut before = children(above).filter(|s| span(*s).end <= read.start_byte());
            before.any(|s| self.definitely_assigns(s).contains(var))
        })
    }

    /// Whether what a call gives holds nothing of what it was given.
    pub(crate) fn gives_scalar(&self, call: Call<'t>) -> bool {
        let facts = &self.catalog.python;
        let Some(function) = call.function() else { return false };
        if let Some(path) = self.builtin(function).map(str::to_string).or_else(|| self.import_path(function)) {
            return PythonFacts::has(&facts.scalar_functions, &path);
        }
        Attribute::cast(function).is_some_and(|a| {
            let name = a.name().map_or("", |n| self.text(n));
            let own = || self.is_own_method(name) && matches!(self.classify(call), CallKind::Functions(_));
            let text = facts.text_methods.contains(name) && !own();
            text && a.object().is_some_and(|o| {
                matches!(o.kind(), "string" | "concatenated_string")
                    || !self.may_be_own_object(o)
                    || TEXTS.contains(&name) && self.has_no_own(&[name])
            })
        })
    }

    /// Whether no class of the project has a method of one of some names, or answers for any name.
    fn has_no_own(&self, names: &[&str]) -> bool {
        !self.imports_unseen()
            && names.iter().chain(&["__getattr__", "__getattribute__"]).all(|name| !self.is_own_method(name))
    }

    /// Whether an operator makes something new that holds nothing of its operands: a text and what is put to it, numbers.
    pub(super) fn makes_plain(&self, operator: Node<'t>) -> bool {
        self.makes_plain_within(operator, FOLLOW)
    }

    fn makes_plain_within(&self, operator: Node<'t>, fuel: usize) -> bool {
        let sign = operator.child_by_field_name("operator").map_or("", |o| self.text(o));
        let side = |field: &str| operator.child_by_field_name(field).is_some_and(|n| self.is_plain_within(n, fuel));
        let plain = match sign {
            "+" => side("left") || side("right"),
            "%" => side("left"),
            _ => false,
        };
        plain && self.has_no_own(&["__radd__", "__add__", "__rmod__"])
    }

    /// Whether an expression is a text or a number, as far as the text shows.
    pub(super) fn is_plain_value(&self, node: Node<'t>) -> bool {
        self.is_plain_within(node, FOLLOW)
    }

    fn is_plain_within(&self, node: Node<'t>, fuel: usize) -> bool {
        let Some(fuel) = fuel.checked_sub(1) else { return false };
        match node.kind() {
            "string" | "concatenated_string" | "integer" | "float" => true,
            "parenthesized_expression" => node.named_child(0).is_some_and(|n| self.is_plain_within(n, fuel)),
            "binary_operator" => self.makes_plain_within(node, fuel),
            "identifier" => {
                let var = self.var(node).filter(|v| v.file == self.id);
                var.is_some_and(|var| {
                    let since = self.is_set_since(node, &var);
                    let bindings = self.names.bindings(var.scope, &var.name).iter();
                    let mut counted =
                        bindings.filter(|b| !(since && matches!(b.bound, Bound::Parameter(_)))).peekable();
                    counted.peek().is_some()
                        && counted.all(|b| {
                            self.names.scope_at(b.node) == var.scope
                                && match b.bound {
                                    Bound::Value(Some(e)) => self.is_plain_within(e, fuel),
                                    Bound::Augmented => {
                                        let right = b.node.parent().and_then(|p| p.child_by_field_name("right"));
                                        right.is_some_and(|r| self.is_plain_within(r, fuel))
                                    }
                                    _ => false,
                                }
                        })
                })
            }
            "call" => {
                let function = Call(node).function();
                let builtin = function.and_then(|f| self.builtin(f));
                let method = function.and_then(Attribute::cast).and_then(|a| a.name()).map(|n| self.text(n));
                let own = || match self.classify(Call(node)) {
                    CallKind::Functions(defs) => !defs.is_empty() && defs.iter().all(|d| self.gives_plain(*d, fuel)),
                    _ => false,
                };
                matches!(builtin, Some("str" | "repr" | "len" | "int" | "float" | "round" | "ord" | "chr"))
                    || method.is_some_and(|m| TEXTS.contains(&m)) && self.gives_scalar(Call(node))
                    || builtin.is_none() && own()
            }
            _ => false,
        }
    }

    /// Whether all that a function gives is a text or a number.
    fn gives_plain(&self, def: Def<'t>, fuel: usize) -> bool {
        let Some(file) = self.program.at(def.file).filter(|f| f.keeps_results(def.node)) else { return false };
        let Some(scope) = file.names.opened_by(def.node) else { return false };
        let given = file.given_by(def.node);
        let waits = def.node.child(0).is_some_and(|c| c.kind() == "async");
        !file.names.scope(scope).yields
            && !waits
            && !given.is_empty()
            && given.into_iter().all(|e| file.is_plain_within(e, fuel))
    }

    /// Whether a variable of a function never holds anything but a text or a number, which nothing can change.
    pub(super) fn is_plain_variable(&self, var: &Var) -> bool {
        let bindings = self.names.bindings(var.scope, &var.name);
        let numbers = |e: Node<'t>| match e.kind() {
            "string" | "concatenated_string" | "integer" | "float" => true,
            "call" => {
                let builtin = Call(e).function().and_then(|f| self.builtin(f));
                matches!(builtin, Some("str" | "repr" | "len" | "int" | "float" | "ord" | "chr"))
            }
            _ => false,
        };
        var.file == self.id
            && !bindings.is_empty()
            && bindings.iter().all(|b| matches!(b.bound, Bound::Value(Some(e)) if numbers(e)))
    }
}
