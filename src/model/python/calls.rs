//! What a call is: a catalogued one, a function of this file, a known function without effects, or something unknown.

use super::names::Bound;
use super::receivers::{Def, Meaning};
use super::{File, ScopeId};
use crate::catalog::{CallFact, ClientFact, Method, PythonFacts};
use crate::syntax::Node;
use crate::syntax::python::{Attribute, Call, Keyword};

/// A call that the catalogue knows.
#[derive(Debug, Clone)]
pub(crate) struct Catalogued<'t> {
    pub call: Call<'t>,
    pub fact: &'t CallFact,
    pub client: Option<ClientUse<'t>>,
    /// Whether the receiver is known only by the name of its method.
    pub assumed: bool,
    /// Whether the client is an asynchronous one.
    pub is_async: bool,
    /// Where the program puts it through the runtime already: whether its answers are kept.
    pub wrapped: Option<bool>,
}

/// The client behind a catalogued method call.
#[derive(Debug, Clone)]
pub(crate) struct ClientUse<'t> {
    /// The variable or expression that holds it.
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
    /// Functions of the project: one, or those of which one is chosen at run time.
    Functions(Vec<Def<'t>>),
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
        let known = self.waiting.borrow().get(&call.0.id()).cloned();
        if let Some(known) = known {
            return known;
        }
        let found = self.catalogued_anew(call);
        self.waiting.borrow_mut().insert(call.0.id(), found.clone());
        found
    }

    fn catalogued_anew(&self, call: Call<'t>) -> Option<Catalogued<'t>> {
        let function = call.function()?;
        if let Some(keeps) = self.wrapper(function) {
            // `cached(client.create, model=…)` is the call of what it is given.
            let wrapped = call.args().next().and_then(|first| self.catalogued_as(call, first))?;
            return Some(Catalogued { wrapped: Some(keeps), ..wrapped });
        }
        self.catalogued_as(call, function)
    }

    /// Whether a function is the runtime's that calls what it is given, and if so whether it keeps the answers.
    fn wrapper(&self, function: Node<'t>) -> Option<bool> {
        if !self.has_runtime {
            return None;
        }
        match self.import_path(function)?.strip_prefix("perfmod_runtime.cached")? {
            "" | ".once" => Some(true),
            ".live" => Some(false),
            _ => None,
        }
    }

    fn catalogued_as(&self, call: Call<'t>, function: Node<'t>) -> Option<Catalogued<'t>> {
        let last = match function.kind() {
            "identifier" => function,
            "attribute" => Attribute(function).name()?,
            _ => return None,
        };
        if function.kind() == "attribute" && !self.catalog.is_call_name(self.text(last)) && !self.wild {
            return None;
        }
        let mut meanings = self.meaning(function);
        if let Some(told) = meanings.all.is_empty().then(|| self.told(function)).flatten() {
            meanings = told;
        }
        let mut found: Option<Catalogued<'t>> = None;
        for meaning in &meanings.all {
            let next = match meaning {
                Meaning::Library(path) => self.catalog.function(path).map(|fact| Catalogued {
                    call,
                    fact,
                    client: None,
                    assumed: false,
                    is_async: self.catalog.is_async_function(path),
                    wrapped: None,
                }),
                Meaning::Made(path, rest) => self.catalog.method(path, rest).and_then(|method| {
                    let client = self.client_use(function, method.steps, method.client)?;
                    let Method { call: fact, is_async, .. } = method;
                    Some(Catalogued { call, fact, client: Some(client), assumed: false, is_async, wrapped: None })
                }),
                _ => None,
            };
            match (&found, next) {
                (_, None) => return None,
                (None, next) => found = next,
                (Some(_), Some(_)) => {}
            }
        }
        if let Some(found) = &mut found {
            found.assumed = meanings.unknown;
        }
        found.or_else(|| self.by_method_name(call, function))
    }

    /// A call whose receiver nobody can tell and whose method only the clients of one library have.
    fn by_method_name(&self, call: Call<'t>, function: Node<'t>) -> Option<Catalogued<'t>> {
        let meanings = self.meaning(function);
        if !meanings.all.is_empty() {
            return None;
        }
        let text: String = self.text(function).split_whitespace().collect();
        let (client, fact) = self.catalog.by_method(&text)?;
        let steps = fact.path.split('.').count();
        let client = self.client_use(function, steps, client).map(|c| ClientUse { made: None, ..c });
        let is_async = call.0.parent().is_some_and(|p| p.kind() == "await");
        Some(Catalogued { call, fact, client, assumed: true, is_async, wrapped: None })
    }

    /// The client that a method is called on, `steps` attributes up.
    fn client_use(&self, function: Node<'t>, steps: usize, fact: &'t ClientFact) -> Option<ClientUse<'t>> {
        let mut receiver = function;
        for _ in 0..steps {
            receiver = match receiver.kind() {
                "call" => Call(receiver).function()?,
                _ => receiver.child_by_field_name("object")?,
            };
        }
        let scope = self.names.scope_at(receiver);
        if receiver.kind() != "identifier" {
            return Some(ClientUse { name: self.text(receiver), scope, fact, made: None });
        }
        let name = self.text(receiver);
        let home = self.names.resolve(scope, name).unwrap_or(scope);
        let made = match self.names.bindings(home, name) {
            [one] => match one.bound {
                Bound::Value(Some(value)) => Call::cast(value).map(|c| (c, false)),
                Bound::With(context) => Call::cast(context).map(|c| (c, true)),
                _ => None,
            },
            _ => None,
        };
        Some(ClientUse { name, scope: home, fact, made: made.filter(|(c, _)| self.constructs(*c, fact)) })
    }

    /// What a call is. Asked for again and again, so kept.
    pub(crate) fn classify(&self, call: Call<'t>) -> CallKind<'t> {
        if let Some(known) = self.kinds.borrow().get(&call.0.id()) {
            return known.clone();
        }
        // A question that leads back to itself has no answer yet.
        self.kinds.borrow_mut().insert(call.0.id(), CallKind::Opaque(format!("`{}`", self.text(call.0))));
        let kind = match self.classify_anew(call) {
            // What is handed a function of the project does what that does.
            CallKind::Pure => match self.called_back_purely(call).and_then(|f| self.own_function(f)) {
                Some(CallKind::Functions(defs)) => CallKind::Functions(defs),
                _ => CallKind::Pure,
            },
            CallKind::Blocking(path) => match self.in_thread(call).and_then(|f| self.own_function(f)) {
                Some(CallKind::Functions(defs)) => CallKind::Functions(defs),
                _ => CallKind::Blocking(path),
            },
            kind => kind,
        };
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
            if let (true, Some(receiver)) = (PythonFacts::has(&facts.changing_functions, path), call.args().next()) {
                return Some(CallKind::Method { receiver, shallow: true });
            }
            let named = |n: &Node<'t>| matches!(n.kind(), "identifier" | "attribute" | "subscript");
            if let Some(receiver) = self.filled(call, path).filter(named) {
                return Some(CallKind::Method { receiver, shallow: true });
            }
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
                let kept = Attribute::cast(function)
                    .filter(|a| a.object().is_some_and(|o| self.is_data_elsewhere(o, a.name())));
                return self.own_function(function).or_else(|| kept.map(|a| self.method(call, a))).unwrap_or_else(
                    || CallKind::Opaque(format!("`{}` of another file of the project", self.text(function))),
                );
            }
            if let Some(kind) = known(&path) {
                return kind;
            }
            let kept = || matches!(path.as_str(), "os.getenv" | "os.environ.get") && self.keeps_environment();
            return if PythonFacts::has(&facts.pure_functions, &path) && !kept() && !self.fills_argument(call, &path) {
                CallKind::Pure
            } else {
                CallKind::Library(path)
            };
        }
        // One of several things: what any of them does.
        if let Some(kind) = self.import_paths(function).iter().find_map(|path| known(path)) {
            return kind;
        }
        if function.kind() == "identifier" {
            return self.own_function(function).or_else(|| self.kept_method(call, function)).unwrap_or_else(|| {
                CallKind::Opaque(format!("`{}`, which is no function that is known", self.text(function)))
            });
        }
        if let Some(kind) = self.own_function(function) {
            return kind;
        }
        match Attribute::cast(function) {
            Some(_) if self.copies_client(call) => CallKind::Pure,
            Some(method) => self.method(call, method),
            None => CallKind::Opaque(format!("`{}`", self.text(function))),
        }
    }

    /// Whether a dataclass runs code of its own for its defaults.
    fn has_factories(&self, class: Def<'t>) -> bool {
        self.program.at(class.file).is_none_or(|file| {
            let text = file.text(class.node);
            text.match_indices("default_factory=").any(|(at, found)| {
                let rest = &text[at + found.len()..];
                !["list", "dict", "set"].iter().any(|plain| rest.starts_with(plain))
            })
        })
    }

    /// Whether making an object of a class runs more than its `__init__`: a metaclass, a `__new__`.
    fn has_metaclass(&self, class: Def<'t>) -> bool {
        let mut seen = vec![class];
        let mut at = 0;
        while let Some(class) = seen.get(at).copied() {
            at += 1;
            let Some(file) = self.program.at(class.file) else { return true };
            let list = class.node.child_by_field_name("superclasses");
            let named = list.into_iter().flat_map(crate::syntax::children).any(|b| {
                b.kind() == "keyword_argument"
                    && b.child_by_field_name("name").is_some_and(|n| file.text(n) == "metaclass")
                    && b.child_by_field_name("value").is_some_and(|v| !file.text(v).ends_with("ABCMeta"))
            });
            let made = file.names.opened_by(class.node).is_some_and(|s| !file.names.bindings(s, "__new__").is_empty());
            if named || made {
                return true;
            }
            for base in self.bases(class).iter() {
                match base {
                    Meaning::Class(base) if !seen.contains(base) => seen.push(*base),
                    _ => {}
                }
            }
        }
        false
    }

    /// The functions of the project that a call may run, where all that it may run is known; a library's function or class
    /// by another name.
    fn own_function(&self, function: Node<'t>) -> Option<CallKind<'t>> {
        let meanings = self.meaning(function);
        if meanings.unknown || meanings.all.is_empty() {
            return None;
        }
        let mut defs: Vec<Def<'t>> = Vec::new();
        let mut pure = false;
        for meaning in &meanings.all {
            match meaning {
                Meaning::Function { def, .. } => {
                    let name =
                        def.node.child_by_field_name("name").and_then(|n| self.program.at(def.file).map(|f| f.text(n)));
                    if name.is_some_and(|n| self.program.is_replaced(n)) {
                        return None;
                    }
                    defs.push(*def);
                }
                // An object that is called: by what its class, or one that derives from it, says.
                Meaning::Instance(class) => {
                    let (found, more) = self.methods_of_objects(*class, "__call__");
                    if found.is_empty() || more || self.program.is_replaced("__call__") {
                        return None;
                    }
                    defs.extend(found.iter());
                }
                // What a metaclass does with a call is its own.
                Meaning::Class(class) if self.has_metaclass(*class) || self.has_factories(*class) => return None,
                Meaning::Class(class) => {
                    match self.method_of(*class, "__init__").or_else(|| self.method_of(*class, "__post_init__")) {
                        Some(init) => defs.push(init),
                        // A dataclass or a plain class; what a library's base does with it is that library's.
                        None => match self.bases(*class).iter().find_map(|b| match b {
                            Meaning::Library(path) => Some(path.clone()),
                            _ => None,
                        }) {
                            Some(path) if meanings.all.len() == 1 => return Some(CallKind::Library(path)),
                            Some(_) => return None,
                            None => pure = true,
                        },
                    }
                }
                Meaning::Library(path) if meanings.all.len() == 1 && self.import_path(function).is_none() => {
                    let facts = &self.catalog.python;
                    let call = function.parent().and_then(Call::cast);
                    let fills = call.is_some_and(|c| self.fills_argument(c, path));
                    return Some(match PythonFacts::has(&facts.pure_functions, path) && !fills {
                        true => CallKind::Pure,
                        false => CallKind::Library(path.clone()),
                    });
                }
                _ => return None,
            }
        }
        match (defs.is_empty(), pure) {
            (true, true) => Some(CallKind::Pure),
            (true, false) => None,
            (false, _) => Some(CallKind::Functions(defs)),
        }
    }

    /// Whether a call of a library's function may write its answer into what it is given: `numpy.maximum(a, b, a)`.
    pub(super) fn fills_argument(&self, call: Call<'t>, path: &str) -> bool {
        let spread = |n: Node<'t>| matches!(n.kind(), "list_splat" | "dictionary_splat");
        path.starts_with("numpy.") && (self.filled(call, path).is_some() || call.args().any(spread))
    }

    /// The argument into which a function of numpy writes its answer.
    fn filled(&self, call: Call<'t>, path: &str) -> Option<Node<'t>> {
        let lists = path.starts_with("numpy.").then_some(&self.catalog.python.out_arguments)?;
        let at = lists.iter().position(|set| set.contains(path));
        let placed = at.and_then(|at| call.args().filter(|n| Keyword::cast(*n).is_none()).nth(at + 1));
        call.keyword(self.source, "out").or(placed).filter(|n| n.kind() != "none")
    }

    /// The function that runs in a thread while the program awaits it: `await asyncio.to_thread(ask, x)`.
    pub(super) fn in_thread(&self, call: Call<'t>) -> Option<Node<'t>> {
        let awaited = call.0.parent().is_some_and(|p| p.kind() == "await");
        let function = call.function().filter(|f| awaited && self.text(*f).ends_with("to_thread"))?;
        let known = self.import_path(function).as_deref() == Some("asyncio.to_thread");
        call.args().next().filter(|f| known && matches!(f.kind(), "identifier" | "attribute"))
    }

    /// The function that a builtin, or a function without effects of its own, is handed to call it with items.
    pub(super) fn callback_of(&self, call: Call<'t>) -> Option<Node<'t>> {
        if let Some(function) = self.in_thread(call) {
            return Some(function);
        }
        match self.builtin(call.function()?) {
            Some(name) => self.handed_function(call, name),
            None => self.called_back_purely(call),
        }
    }

    fn handed_function(&self, call: Call<'t>, name: &str) -> Option<Node<'t>> {
        match name {
            "map" | "filter" => call.args().next(),
            "sorted" | "min" | "max" => call.keyword(self.source, "key"),
            _ => None,
        }
    }

    /// `sorted(…, key=f)`, `map(f, …)`: as pure as `f`, which must be a lambda (seen in place) or a pure builtin.
    fn higher_order(&self, call: Call<'t>, name: &str) -> CallKind<'t> {
        let callback = self.handed_function(call, name);
        let fine = |f: Node<'t>| {
            matches!(f.kind(), "lambda" | "none")
                || self.builtin(f).is_some_and(|n| self.catalog.python.pure_builtins.contains(n))
                || Attribute::cast(f).is_some_and(|a| {
                    let plain = a.object().and_then(|o| self.builtin(o)).is_some();
                    plain && a.name().is_some_and(|n| self.catalog.python.pure_methods.contains(self.text(n)))
                })
        };
        // A function of the project, or a method that changes its object, runs here.
        if let Some(f) = callback.filter(|f| !fine(*f)) {
            if let Some(CallKind::Functions(defs)) = self.own_function(f) {
                return CallKind::Functions(defs);
            }
            let method = Attribute::cast(f).and_then(|a| Some((a.object()?, self.text(a.name()?))));
            if let Some((receiver, _)) = method.filter(|(_, n)| self.catalog.python.shallow_methods.contains(*n)) {
                return CallKind::Method { receiver, shallow: true };
            }
        }
        match callback {
            Some(f) if !fine(f) => CallKind::Opaque(format!("`{name}` with the function `{}`", self.text(f))),
            _ => CallKind::Pure,
        }
    }

    /// `remember = log.append` and `remember(x)`: the method by another name.
    fn kept_method(&self, call: Call<'t>, function: Node<'t>) -> Option<CallKind<'t>> {
        let var = self.var(function).filter(|v| v.file == self.id)?;
        match self.names.bindings(var.scope, &var.name) {
            [one] => match one.bound {
                Bound::Value(Some(value)) => Some(self.method(call, Attribute::cast(value)?)),
                _ => None,
            },
            _ => None,
        }
    }

    fn method(&self, call: Call<'t>, method: Attribute<'t>) -> CallKind<'t> {
        let (Some(receiver), Some(name)) = (method.object(), method.name().map(|n| self.text(n))) else {
            return CallKind::Opaque("a call that does not parse".into());
        };
        let facts = &self.catalog.python;
        // `list.append(x, …)`: the first argument is the receiver.
        if self.builtin(receiver).is_some() {
            return match call.args().next() {
                _ if facts.pure_methods.contains(name) => CallKind::Pure,
                Some(first) if facts.shallow_methods.contains(name) => {
                    CallKind::Method { receiver: first, shallow: true }
                }
                _ => CallKind::Library(self.text(method.0).into()),
            };
        }
        if (self.is_own_method(name) || self.imports_unseen()) && self.may_be_own_object(receiver) {
            return CallKind::Opaque(format!("`{}` (perhaps a method of the project's own)", self.text(method.0)));
        }
        if let Some(stream) = self.random_stream(receiver) {
            return CallKind::Random(format!("{stream}.{name}"));
        }
        // What a path is asked changes nothing of the path.
        let asked = matches!(name, "exists" | "is_file" | "is_dir");
        if asked && (self.is_path(receiver) || call.args().next().is_none() && self.is_asked_path(receiver, name)) {
            return CallKind::Library(format!("pathlib.Path.{name}"));
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
        // Of a table: without a path it gives a text, and a number of rows is a part of it.
        let named = |a: Node<'t>| Keyword::cast(a).and_then(|k| k.name()).map(|n| self.text(n));
        let gives = match name {
            "to_csv" | "to_json" | "to_string" | "to_markdown" => {
                call.args().all(|a| named(a).is_some_and(|n| !matches!(n, "path_or_buf" | "buf")))
            }
            "head" | "tail" => call.args().all(|a| a.kind() == "integer"),
            _ => false,
        };
        if gives {
            return CallKind::Pure;
        }
        let shallow = facts.shallow_methods.contains(name);
        CallKind::Method { receiver, shallow }
    }

    /// Whether an expression is a path of `pathlib`.
    pub(super) fn is_path(&self, node: Node<'t>) -> bool {
        let meanings = self.meaning(node);
        let path = |m: &Meaning<'t>| match m {
            Meaning::Library(path) | Meaning::Made(path, _) => path.starts_with("pathlib."),
            _ => false,
        };
        !meanings.unknown && !meanings.all.is_empty() && meanings.all.iter().all(path)
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

    /// Whether an expression is a variable of another module of the project, `CONFIG` or `prompts.SYSTEM`, that holds a list, dict,
    /// set or text, or is changed by the method that is called on it.
    fn is_data_elsewhere(&self, node: Node<'t>, by: Option<Node<'t>>) -> bool {
        let var = match node.kind() {
            "identifier" => self.var(node),
            _ => self.module_variable(node),
        };
        let Some(var) = var.filter(|v| v.file != self.id) else { return false };
        // By a method that changes what it is called on, whatever that is.
        if by.is_some_and(|name| self.catalog.python.shallow_methods.contains(self.text(name))) {
            return true;
        }
        let home = self.home(&var);
        let bindings = home.names.bindings(var.scope, &var.name);
        let made = |value: Node<'t>| {
            let displays = ["dictionary", "list", "set", "dictionary_comprehension", "list_comprehension"];
            let path = Call::cast(value)
                .and_then(|c| c.function())
                .map(|f| home.builtin(f).map(str::to_string).or_else(|| home.import_path(f)).unwrap_or_default());
            displays.contains(&value.kind())
                || home.is_text(value)
                || path.is_some_and(|p| matches!(p.as_str(), "dict" | "list" | "set") || p.starts_with("collections."))
        };
        !bindings.is_empty() && bindings.iter().all(|b| matches!(b.bound, Bound::Value(Some(e)) if made(e)))
    }

    /// Whether an expression is a text that is written out, or what one is made of.
    fn is_text(&self, value: Node<'t>) -> bool {
        match value.kind() {
            "string" | "concatenated_string" => true,
            "parenthesized_expression" | "binary_operator" => crate::syntax::children(value).all(|c| self.is_text(c)),
            // `"""…""".strip()`
            "call" => {
                let method = Call(value).function().and_then(Attribute::cast);
                method.and_then(|m| m.object()).is_some_and(|o| self.is_text(o)) && self.gives_scalar(Call(value))
            }
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
