//! What a call is: a catalogued one, a function of this file, a known function without effects, or something unknown.

use super::names::Bound;
use super::{File, ScopeId};
use crate::catalog::{CallFact, ClientFact, PythonFacts};
use crate::syntax::Node;
use crate::syntax::python::{Attribute, Call, dotted};

/// A call that the catalogue knows.
#[derive(Debug, Clone)]
pub(crate) struct Catalogued<'t> {
    pub call: Call<'t>,
    pub fact: &'t CallFact,
    pub client: Option<ClientUse<'t>>,
}

/// The client behind a catalogued method call.
#[derive(Debug, Clone)]
pub(crate) struct ClientUse<'t> {
    /// The variable that holds it.
    pub name: &'t str,
    pub scope: ScopeId,
    pub fact: &'t ClientFact,
    /// The visible constructor call, and whether a `with` makes it; none where the client arrives as a parameter.
    pub made: Option<(Call<'t>, bool)>,
}

/// What a call does, as far as a loop must know.
#[derive(Debug, Clone)]
pub(crate) enum CallKind<'t> {
    /// No effects.
    Pure,
    /// `print`.
    Print,
    /// A method that may change its receiver; shallow: itself only.
    Method {
        receiver: Node<'t>,
        shallow: bool,
    },
    Sleep(String),
    Clock(String),
    Random(String),
    Exit,
    ProcessState(String),
    Blocking(String),
    /// A function defined in this file.
    Function(Node<'t>),
    /// A function of an installed library that nothing is known about.
    Library(String),
    /// One that the catalogue knows.
    Catalogued,
    /// Nobody can say.
    Opaque(String),
}

impl<'t> File<'t> {
    /// The catalogued call that a call is.
    pub(crate) fn catalogued(&self, call: Call<'t>) -> Option<Catalogued<'t>> {
        let function = call.function()?;
        if let Some(path) = self.import_path(function) {
            if self.is_project_path(&path) {
                return None;
            }
            return self.catalog.function(&path).map(|fact| Catalogued { call, fact, client: None });
        }
        let (root, rest) = dotted(self.source, function)?;
        let name = self.text(root);
        let (scope, binding) = self.names.single(self.names.scope_at(root), name)?;
        let (constructor, made) = match binding.bound {
            Bound::Value(Some(value)) => (Call::cast(value)?.function()?, Some((Call::cast(value)?, false))),
            Bound::With(context) => (Call::cast(context)?.function()?, Some((Call::cast(context)?, true))),
            Bound::Parameter(Some(annotation)) => (annotation.named_child(0)?, None),
            _ => return None,
        };
        let fact = self.catalog.client(&self.import_path(constructor)?)?;
        let call_fact = fact.calls.get(&rest.join("."))?;
        Some(Catalogued { call, fact: call_fact, client: Some(ClientUse { name, scope, fact, made }) })
    }

    /// What a call is. Asked for again and again, so kept.
    pub(crate) fn classify(&self, call: Call<'t>) -> CallKind<'t> {
        if let Some(known) = self.kinds.borrow().get(&call.0.id()) {
            return known.clone();
        }
        let kind = self.classify_anew(call);
        self.kinds.borrow_mut().insert(call.0.id(), kind.clone());
        kind
    }

    fn classify_anew(&self, call: Call<'t>) -> CallKind<'t> {
        if self.catalogued(call).is_some() {
            return CallKind::Catalogued;
        }
        let facts = &self.catalog.python;
        let Some(function) = call.function() else { return CallKind::Opaque("a call that does not parse".into()) };
        let known = |path: &str| -> Option<CallKind<'t>> {
            let path_owned = || path.to_string();
            Some(if PythonFacts::has(&facts.sleeps, path) {
                CallKind::Sleep(path_owned())
            } else if PythonFacts::has(&facts.clocks, path) {
                CallKind::Clock(path_owned())
            } else if PythonFacts::has(&facts.exits, path) {
                CallKind::Exit
            } else if PythonFacts::has(&facts.process_state, path) {
                CallKind::ProcessState(path_owned())
            } else if PythonFacts::has(&facts.random, path) {
                CallKind::Random(path_owned())
            } else if PythonFacts::has(&facts.blocking, path) {
                CallKind::Blocking(path_owned())
            } else {
                return None;
            })
        };
        if let Some(name) = self.builtin(function) {
            if let Some(kind) = known(name) {
                return kind;
            }
            return match name {
                "print" => CallKind::Print,
                "open" => CallKind::Library("open".into()),
                "next" => match call.args().next() {
                    Some(receiver) => CallKind::Method { receiver, shallow: true },
                    None => CallKind::Opaque("`next` without an iterator".into()),
                },
                "getattr" if call.args().nth(1).is_some_and(|a| a.kind() != "string") => {
                    CallKind::Opaque("`getattr` with a computed name".into())
                }
                _ if facts.pure_builtins.contains(name) || is_exception(name) => self.higher_order(call, name),
                _ => CallKind::Opaque(format!("`{name}`")),
            };
        }
        if let Some(path) = self.import_path(function) {
            if self.is_project_path(&path) {
                return CallKind::Opaque(format!("`{}` of another file of the project", self.text(function)));
            }
            if let Some(kind) = known(&path) {
                return kind;
            }
            return if PythonFacts::has(&facts.pure_functions, &path) {
                CallKind::Pure
            } else {
                CallKind::Library(path)
            };
        }
        if function.kind() == "identifier" {
            let scope = self.names.scope_at(function);
            return match self.names.single(scope, self.text(function)).map(|(_, b)| b.bound) {
                Some(Bound::Function(def)) => CallKind::Function(def),
                _ => CallKind::Opaque(format!("`{}`, which is no function of this file", self.text(function))),
            };
        }
        match Attribute::cast(function) {
            Some(method) => self.method(call, method),
            None => CallKind::Opaque(format!("`{}`", self.text(function))),
        }
    }

    /// `sorted(…, key=f)`, `map(f, …)`: as pure as `f`, which must be a lambda (seen in place) or a pure builtin.
    fn higher_order(&self, call: Call<'t>, name: &str) -> CallKind<'t> {
        let callback = match name {
            "map" | "filter" => call.args().next(),
            "sorted" | "min" | "max" => call.keyword(self.source, "key"),
            _ => None,
        };
        let fine = |f: Node<'t>| {
            matches!(f.kind(), "lambda" | "none")
                || self.builtin(f).is_some_and(|n| self.catalog.python.pure_builtins.contains(n))
                || Attribute::cast(f).is_some_and(|a| {
                    let plain = a.object().and_then(|o| self.builtin(o)).is_some();
                    plain && a.name().is_some_and(|n| self.catalog.python.pure_methods.contains(self.text(n)))
                })
        };
        match callback {
            Some(f) if !fine(f) => CallKind::Opaque(format!("`{name}` with the function `{}`", self.text(f))),
            _ => CallKind::Pure,
        }
    }

    fn method(&self, call: Call<'t>, method: Attribute<'t>) -> CallKind<'t> {
        let (Some(receiver), Some(name)) = (method.object(), method.name().map(|n| self.text(n))) else {
            return CallKind::Opaque("a call that does not parse".into());
        };
        let facts = &self.catalog.python;
        // `list.append(x, …)`: the first argument is the receiver.
        if self.builtin(receiver).is_some() {
            return if facts.pure_methods.contains(name) {
                CallKind::Pure
            } else {
                CallKind::Library(self.text(method.0).into())
            };
        }
        if (self.own.methods.contains(name) || self.own.unseen) && self.may_be_own_object(receiver) {
            return CallKind::Opaque(format!("`{}` (perhaps a method of the project's own)", self.text(method.0)));
        }
        let positional = call.args().filter(|a| a.kind() != "keyword_argument").count();
        let first_is_string = call.args().next().is_some_and(|a| a.kind() == "string" && !self.text(a).contains('/'));
        // These names also belong to queues, threads and web sessions.
        let sure = match name {
            "get" => first_is_string || self.is_plain_container(receiver),
            "join" if call.arguments().is_some_and(|a| a.kind() == "generator_expression") => true,
            "join" => positional == 1 && call.args().next().is_some_and(|a| !matches!(a.kind(), "integer" | "float")),
            "search" | "match" | "findall" | "sub" | "index" | "start" | "end" | "update" => {
                positional >= 1 || matches!(name, "start" | "end")
            }
            _ => true,
        };
        let opaque_receiver = self.made_by_unknown(receiver);
        if facts.pure_methods.contains(name)
            && sure
            && !(opaque_receiver && matches!(name, "get" | "start" | "end" | "search" | "sub"))
        {
            return CallKind::Pure;
        }
        let shallow = facts.shallow_methods.contains(name);
        CallKind::Method { receiver, shallow }
    }

    /// Whether an expression is a dict, list or string by construction.
    fn is_plain_container(&self, node: Node<'t>) -> bool {
        match node.kind() {
            "dictionary" | "list" | "string" | "list_comprehension" | "dictionary_comprehension" => true,
            "identifier" => self.var(node).is_some_and(|v| {
                let bindings = self.names.bindings(v.scope, &v.name);
                !bindings.is_empty()
                    && bindings.iter().all(|b| match b.bound {
                        Bound::Value(Some(value)) => {
                            matches!(value.kind(), "dictionary" | "dictionary_comprehension" | "list" | "string")
                                || Call::cast(value).is_some_and(|c| self.makes_data(c))
                        }
                        _ => false,
                    })
            }),
            _ => false,
        }
    }

    fn makes_data(&self, call: Call<'t>) -> bool {
        let Some(function) = call.function() else { return false };
        let facts = &self.catalog.python;
        self.builtin(function).is_some_and(|n| matches!(n, "dict" | "list" | "sorted" | "str"))
            || self
                .import_path(function)
                .is_some_and(|p| facts.data_functions.contains(&p) || facts.sized_functions.contains(&p))
    }

    /// Whether an object comes straight from a constructor or function that nothing is known about.
    fn made_by_unknown(&self, node: Node<'t>) -> bool {
        let Some(var) = (node.kind() == "identifier").then(|| self.var(node)).flatten() else { return false };
        self.names.bindings(var.scope, &var.name).iter().any(|b| match b.bound {
            Bound::Value(Some(value)) => Call::cast(value)
                .is_some_and(|c| matches!(self.classify_shallow(c), CallKind::Library(_) | CallKind::Opaque(_))),
            Bound::With(_) => true,
            _ => false,
        })
    }

    /// As [`File::classify`], for calls whose own receiver must not be looked into again.
    fn classify_shallow(&self, call: Call<'t>) -> CallKind<'t> {
        match call.function() {
            Some(f) if f.kind() == "attribute" && self.import_path(f).is_none() => CallKind::Pure,
            _ => self.classify(call),
        }
    }
}

/// Whether a builtin is an exception's name, as far as one can tell.
fn is_exception(name: &str) -> bool {
    name.ends_with("Error")
        || name.ends_with("Exception")
        || matches!(name, "SystemExit" | "KeyboardInterrupt" | "StopIteration")
}
