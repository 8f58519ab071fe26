//! What the results of functions may hold: what they were given, what outlives their calls.

use super::File;
use super::alias::{Hop, Place, Places, within};
use super::calls::CallKind;
use super::names::Bound;
use crate::catalog::PythonFacts;
use crate::syntax::python::{Attribute, Call};
use crate::syntax::{Node, walk};
use std::rc::Rc;

/// What the results of a function may hold.
#[derive(Debug)]
pub(crate) struct Results {
    /// Variables that outlive a call.
    outside: Places,
    /// Whether something of its arguments.
    given: bool,
}

impl Results {
    /// The variables that outlive a call and that its results may hold.
    pub fn outside(&self) -> &Places {
        &self.outside
    }

    /// Whether they may hold something of its arguments.
    pub fn given(&self) -> bool {
        self.given
    }
}

impl<'t> File<'t> {
    /// What functions of the project that a call runs may return besides what they are given: variables around them, and
    /// the objects that are their defaults. Answers whether they may return something of what they are given.
    pub(super) fn returned(&self, call: Call<'t>, out: &mut Vec<Hop>) -> bool {
        let CallKind::Functions(defs) = self.classify(call) else { return true };
        // A constructor keeps what it is given.
        let makes = call
            .function()
            .is_some_and(|f| self.meaning(f).all.iter().any(|m| matches!(m, super::receivers::Meaning::Class(_))));
        let mut given = makes;
        let kept = |place| Hop { place, followed: false };
        for def in defs {
            let results = self.results_of(def);
            out.extend(results.outside.iter().cloned().map(kept));
            given |= results.given;
            // What a function keeps is one object for all who ask.
            out.extend(self.kept_answer(def).map(|var| kept(Place::whole(var))));
            let Some(file) = self.program.at(def.file).filter(|_| results.given || makes) else { continue };
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
        }
        given
    }

    /// The functions of the project that decorate a function.
    fn wrappers(&self, def: Node<'t>) -> Vec<(&'t File<'t>, Node<'t>)> {
        let named = super::receivers::decorators(def).filter_map(|d| crate::syntax::children(d).next());
        let meanings = named.flat_map(|e| self.meaning(Call::cast(e).and_then(|c| c.function()).unwrap_or(e)).all);
        let wrappers = meanings.filter_map(|m| match m {
            super::receivers::Meaning::Function { def, .. } => Some(def),
            _ => None,
        });
        wrappers.filter_map(|def| Some((self.program.at(def.file)?, def.node))).collect()
    }

    /// Whether a decorator of a function gives what it gave before: `functools.lru_cache`.
    pub(super) fn keeps_answers(&self, def: Node<'t>) -> bool {
        super::receivers::decorators(def).filter_map(|d| crate::syntax::children(d).next()).any(|expression| {
            let named = Call::cast(expression).and_then(|c| c.function()).unwrap_or(expression);
            self.import_path(named).is_some_and(|p| PythonFacts::has(&self.catalog.python.cache_decorators, &p))
        })
    }

    /// Whether the decorators of a function give back what it gives.
    fn keeps_results(&self, def: Node<'t>) -> bool {
        let facts = &self.catalog.python;
        super::receivers::decorators(def).filter_map(|d| crate::syntax::children(d).next()).all(|expression| {
            let named = Call::cast(expression).and_then(|c| c.function()).unwrap_or(expression);
            let path = self.import_path(named).or_else(|| self.builtin(named).map(str::to_string));
            path.is_some_and(|p| {
                PythonFacts::has(&facts.marking_decorators, &p) || PythonFacts::has(&facts.retry_decorators, &p)
            })
        })
    }

    /// What the results of a function may hold.
    pub(super) fn results_of(&self, def: super::receivers::Def<'t>) -> Rc<Results> {
        let anything = || {
            let mut outside: Places = self.summary_of(def).reads.iter().cloned().map(Place::whole).collect();
            // A decorator of the project gives what it likes.
            for (file, wrapper) in self.program.at(def.file).into_iter().flat_map(|f| f.wrappers(def.node)) {
                outside.extend(file.reads(wrapper).into_keys().map(Place::whole));
            }
            Rc::new(Results { outside, given: true })
        };
        let Some(file) = self.program.at(def.file) else { return anything() };
        let key = (def.node.id(), self.likely.get());
        if let Some(known) = file.results.borrow().get(&key) {
            return Rc::clone(known);
        }
        let program = self.program;
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
            reached.extend(file.reach(value, &[]));
        }
        file.likely.set(outer);
        if file.id != self.id {
            file.horizon.set(horizons.1);
        }
        self.horizon.set(horizons.0);
        program.returning.borrow_mut().pop();
        let inside = |p: &Place| p.var.file == file.id && within(def.node, file.names.scope(p.var.scope).node);
        let given = reached.iter().any(|p| {
            inside(p)
                && (p.var.name == "*parameters*"
                    || file
                        .names
                        .bindings(p.var.scope, &p.var.name)
                        .iter()
                        .any(|b| matches!(b.bound, Bound::Parameter(_))))
        });
        let results = Rc::new(Results { outside: reached.into_iter().filter(|p| !inside(p)).collect(), given });
        // What was cut short on the way depends on where the question began; what is asked first does not.
        let first = program.returning.borrow().is_empty();
        if first || !program.led_back.get() {
            file.results.borrow_mut().insert(key, Rc::clone(&results));
        }
        if first {
            program.led_back.set(false);
        }
        results
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
            let text = facts.text_methods.contains(name);
            text && a
                .object()
                .is_some_and(|o| matches!(o.kind(), "string" | "concatenated_string") || !self.may_be_own_object(o))
        })
    }
}
