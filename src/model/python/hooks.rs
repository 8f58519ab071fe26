//! What a program gives to libraries at one place, and they run at another: handlers of what is logged, what `print` goes
//! through, hooks of clients, methods of the project that stand in the place of a library's own.

use super::alias::{Place, Places};
use super::calls::CallKind;
use super::effects::{Change, is_target};
use super::receivers::{Def, Meaning, method_class};
use super::summary::{Root, Store};
use super::unseen::{By, Implied, only_holds, push};
use super::{File, FileId, Var};
use crate::catalog::PythonFacts;
use crate::syntax::python::{Assignment, Attribute, Call, Class, Function, enclosing_scope};
use crate::syntax::{Node, ancestors, walk};
use rustc_hash::FxHashSet;

/// Methods that libraries ask for by these names, of whatever object they were given: a file's, a handler's.
const PROTOCOL: [&str; 14] = [
    "write",
    "writelines",
    "flush",
    "read",
    "readline",
    "emit",
    "handle",
    "filter",
    "format",
    "formatTime",
    "formatException",
    "default",
    "run",
    "forward",
];

/// Beginnings of the names that classes of libraries leave to those who derive from them.
const LEFT_TO_OTHERS: [&str; 6] = ["handle_", "visit", "on_", "do_", "generic_", "process_"];

/// Special methods that making, entering and ending an object runs, and no method of a library's base.
const NOT_OVERRIDDEN: [&str; 8] = [
    "__init__",
    "__new__",
    "__post_init__",
    "__enter__",
    "__exit__",
    "__del__",
    "__init_subclass__",
    "__class_getitem__",
];

/// Methods that a library's base runs where an object is made.
const RUN_BY_MAKING: [&str; 4] = ["_missing_", "_generate_next_value_", "model_post_init", "__attrs_post_init__"];

/// Modules whose bases run no method of those who derive from them.
const ONLY_MARK: [&str; 3] = ["abc", "typing", "typing_extensions"];

/// What the code of a program gives to libraries at one place and has called at another.
#[derive(Debug, Default)]
pub(crate) struct Given<'t> {
    /// To the makers of clients, by their paths.
    clients: Vec<(String, Implied<'t>)>,
    /// To what logs.
    logging: Vec<Implied<'t>>,
    /// What is put in the place of something of a module, by its path.
    placed: Vec<(String, Implied<'t>)>,
    /// What stands in the place of stdout, and of stderr.
    output: [Vec<Implied<'t>>; 2],
    /// Objects of libraries that keep what is logged, and what is printed to stdout and stderr.
    kept: [Vec<(FileId, Node<'t>)>; 3],
}

const LOG: usize = 2;

/// From a variable to what it was given, so many times.
const BEHIND: usize = 3;

/// Whether a path is that of a client of httpx, which openai and what is made like it may be handed.
fn is_transport(path: &str) -> bool {
    let (module, name) = path.split_once('.').unwrap_or_default();
    matches!(module, "httpx" | "httpx2") && matches!(name, "Client" | "AsyncClient")
}

impl<'t> File<'t> {
    /// Whether a method is one of a class with a base of a library.
    pub(super) fn serves_library(&self, def: Def<'t>) -> bool {
        method_class(def.node).is_some_and(|class| self.has_library_base(Def { file: def.file, node: class }))
    }

    /// Whether a class has a base of a library that may run its methods.
    fn has_library_base(&self, class: Def<'t>) -> bool {
        let mut pending = vec![class];
        let mut seen = Vec::new();
        while let Some(class) = pending.pop() {
            if seen.contains(&class) {
                continue;
            }
            seen.push(class);
            for base in self.bases(class).iter() {
                match base {
                    Meaning::Class(base) => pending.push(*base),
                    Meaning::Library(path) if !ONLY_MARK.contains(&path.split('.').next().unwrap_or(path)) => {
                        return true;
                    }
                    _ => {}
                }
            }
        }
        false
    }

    /// The methods that a library runs which is given an object of a class: those that it asks any such object for, and, of
    /// a class that derives from the library's, what stands in the place of the base's. That is a method that nothing in the
    /// file names, or one whose name is known for it.
    pub(super) fn run_by_libraries(&self, class: Def<'t>) -> Vec<Def<'t>> {
        let derives = self.has_library_base(class);
        let mut out: Vec<Def<'t>> = Vec::new();
        for class in self.classes_around(class) {
            let Some(file) = self.program.at(class.file) else { continue };
            let Some(class) = Class::cast(class.node) else { continue };
            for (member, name, decorated) in super::own::members(file.source, class) {
                let known = PROTOCOL.contains(&name) && !decorated;
                let special = name.starts_with("__") && name.ends_with("__");
                let left = known
                    || special && !NOT_OVERRIDDEN.contains(&name)
                    || LEFT_TO_OTHERS.iter().any(|b| name.starts_with(b))
                    || !special && !file.names_method(name);
                if !(known || derives && left) {
                    continue;
                }
                let node = member.child_by_field_name("definition").filter(|_| decorated).unwrap_or(member);
                let def = file.def(node);
                let apart = ["setter", "deleter", "staticmethod"];
                if Function::cast(node).is_some() && !self.decorator_of(def, &apart) && !out.contains(&def) {
                    out.push(def);
                }
            }
        }
        out
    }

    /// Whether this file asks some object for an attribute of a name.
    fn names_method(&self, name: &str) -> bool {
        let asked = self.asked.get_or_init(|| {
            let asks = walk(self.source.root()).filter(|n| n.kind() == "attribute" && !is_target(*n));
            let asks = asks.filter(|n| n.named_child(0).is_none_or(|o| self.text(o) != "super()"));
            asks.filter_map(|n| Attribute(n).name()).map(|n| self.text(n)).collect::<FxHashSet<&'t str>>()
        });
        asked.contains(name)
    }

    /// What a method of a library's base, or the making of an object, runs of the project's class.
    pub(super) fn overriding(&self, call: Call<'t>, out: &mut Vec<Implied<'t>>) {
        let asked = call.function().and_then(Attribute::cast).and_then(|method| method.object());
        asked.into_iter().for_each(|object| self.held_by_library(object, out));
        if !self.has_classes && !self.own_has_methods() {
            return;
        }
        let Some(function) = call.function() else { return };
        if function.kind() == "identifier" {
            for meaning in self.meaning(function).all {
                let Meaning::Class(class) = meaning else { continue };
                if self.has_library_base(class) {
                    self.run_by_making(class, function, out);
                }
            }
            return;
        }
        let Some(method) = Attribute::cast(function) else { return };
        let (Some(object), Some(name)) = (method.object(), method.name().map(|n| self.text(n))) else { return };
        if name == "__init__" {
            return;
        }
        // `super().feed(text)`, as `self`.
        if Call::cast(object).and_then(|c| c.function()).is_some_and(|f| self.builtin(f) == Some("super")) {
            let around = std::iter::successors(enclosing_scope(call.0), |f| enclosing_scope(*f));
            let Some(def) = around.take_while(|f| f.kind() != "class_definition").find(|f| method_class(*f).is_some())
            else {
                return;
            };
            let Some(class) = method_class(def) else { return };
            let of_library =
                self.meaning(function).all.iter().any(|m| matches!(m, Meaning::Made(..) | Meaning::Library(_)));
            let own = def.child_by_field_name("parameters").and_then(|p| p.named_child(0));
            if of_library && self.has_library_base(self.def(class)) {
                let mut run = self.run_by_libraries(self.def(class));
                run.retain(|d| d.node.id() != def.id());
                run.into_iter().for_each(|def| {
                    push(out, Implied { def, object: own, home: self.id, by: By::Library });
                });
            }
            return;
        }
        let mut asked = (object, name);
        loop {
            let (object, name) = asked;
            for meaning in self.meaning(object).all {
                let Meaning::Instance(class) = meaning else { continue };
                let base = self.has_library_base(class) && self.methods_of_objects(class, name).0.is_empty();
                if base && !self.has_attribute(class, name) {
                    for def in self.run_by_libraries(class) {
                        push(out, Implied { def, object: Some(object), home: self.id, by: By::Library });
                    }
                }
            }
            // `client.chat.completions.create(…)`
            let further = Attribute::cast(object).and_then(|a| Some((a.object()?, self.text(a.name()?))));
            match further {
                Some(further) => asked = further,
                None => break,
            }
        }
    }

    /// What an object of a library runs that was made with something of the project's: `csv.writer(out)`, `Thread(target=f)`.
    fn held_by_library(&self, object: Node<'t>, out: &mut Vec<Implied<'t>>) {
        if object.kind() != "identifier" || !self.meaning(object).all.iter().any(|m| matches!(m, Meaning::Made(..))) {
            return;
        }
        for call in self.one_step(object).into_iter().filter_map(Call::cast) {
            let makes = call.function().is_some_and(|f| {
                let client = |path: &String| self.catalog.constructors().any(|(maker, _)| maker == path);
                self.import_path(f).is_some_and(|p| !self.is_project_path(&p) && !only_holds(&p) && !client(&p))
            });
            for (def, object) in call.args().filter(|_| makes).flat_map(|a| self.functions_in(a)) {
                let object = object.and_then(|o| self.kept_under(o).or((o.kind() != "call").then_some(o)));
                push(out, Implied { def, object, home: self.id, by: By::Library });
            }
        }
    }

    /// What making an object of a class runs that a library's base asks for: a validator.
    fn run_by_making(&self, class: Def<'t>, object: Node<'t>, out: &mut Vec<Implied<'t>>) {
        for class in self.classes_around(class) {
            let Some(file) = self.program.at(class.file) else { continue };
            let Some(class) = Class::cast(class.node) else { continue };
            for (member, name, decorated) in super::own::members(file.source, class) {
                let checks = || {
                    let listed = super::receivers::decorators(member.child_by_field_name("definition")?)
                        .any(|d| file.text(d).contains("validator"));
                    listed.then_some(())
                };
                if RUN_BY_MAKING.contains(&name) || decorated && checks().is_some() {
                    let node = member.child_by_field_name("definition").filter(|_| decorated).unwrap_or(member);
                    push(out, Implied { def: file.def(node), object: Some(object), home: self.id, by: By::Library });
                }
            }
        }
    }

    /// The functions that stand in an expression, and in what its variables were given: `hooks = {"request": [tag]}`.
    fn functions_behind(&self, expression: Node<'t>, steps: usize) -> Vec<(Def<'t>, Option<Node<'t>>)> {
        let mut out = self.functions_in(expression);
        let keyword =
            |n: Node<'t>| n.parent().and_then(|p| p.child_by_field_name("name")).is_some_and(|k| k.id() == n.id());
        let names = walk(expression).filter(|n| steps > 0 && n.kind() == "identifier" && !keyword(*n));
        let holds = |value: &Node<'t>| match Call::cast(*value) {
            Some(call) => {
                call.function().and_then(|f| self.import_path(f)).is_some_and(|path| !self.is_project_path(&path))
            }
            None => matches!(value.kind(), "dictionary" | "list" | "tuple" | "set"),
        };
        for value in names.flat_map(|name| self.one_step(name)).filter(holds) {
            for found in self.functions_behind(value, steps - 1) {
                if !out.iter().any(|known| known.0 == found.0) {
                    out.push(found);
                }
            }
        }
        out
    }

    /// What a call has called that the program gave elsewhere: hooks of its client, handlers of what is logged.
    pub(super) fn called_back_by(&self, call: Call<'t>, out: &mut Vec<Implied<'t>>) {
        for given in self.all_given() {
            self.called_back_of(given, call, out);
        }
    }

    /// What this file gives to libraries, and what any file of the program gives to what logs and prints.
    fn all_given(&self) -> impl Iterator<Item = &Given<'t>> {
        let script = self.program.script().map(|file| file.id).filter(|id| !self.program.giving().contains(id));
        let others = self.program.giving().iter().copied().chain(script).filter(|id| *id != self.id);
        let others = others.filter_map(|id| self.program.at(id));
        std::iter::once(self.given_to_libraries()).chain(others.map(|file| file.given_to_libraries()))
    }

    fn called_back_of(&self, given: &Given<'t>, call: Call<'t>, out: &mut Vec<Implied<'t>>) {
        let none = given.clients.is_empty() && given.logging.is_empty() && given.placed.is_empty();
        if none && given.output.iter().all(Vec::is_empty) {
            return;
        }
        if let Some(client) = self.catalogued(call).and_then(|found| found.client) {
            let handed = self.program.hands_transport();
            let own = |path: &str| client.fact.constructors().any(|c| c == path) || handed && is_transport(path);
            for (_, implied) in given.clients.iter().filter(|(path, _)| own(path)) {
                push(out, *implied);
            }
            return;
        }
        let Some(function) = call.function() else { return };
        let path = self.import_path(function);
        let logged = self.is_logged(function, path.as_deref());
        if logged {
            given.logging.iter().for_each(|implied| push(out, *implied));
        }
        if let Some(stream) = self.stream_of(call, path.as_deref(), logged) {
            given.output[stream].iter().for_each(|implied| push(out, *implied));
        }
        if let Some(module) = path.as_deref().and_then(|p| p.split('.').next()) {
            let of_module = |of: &str| of.split('.').next() == Some(module);
            given.placed.iter().filter(|(of, _)| of_module(of)).for_each(|(_, implied)| push(out, *implied));
        }
        if let Some(builtin) = self.builtin(function) {
            let named = |of: &str| of.strip_prefix("builtins.") == Some(builtin);
            given.placed.iter().filter(|(of, _)| named(of)).for_each(|(_, implied)| push(out, *implied));
        }
    }

    /// Whether a call writes to stdout, 0, or to stderr, 1.
    fn stream_of(&self, call: Call<'t>, path: Option<&str>, logged: bool) -> Option<usize> {
        let function = call.function()?;
        if self.builtin(function) == Some("print") {
            return match call.keyword(self.source, "file").and_then(|f| self.import_path(f)).as_deref() {
                None if call.keyword(self.source, "file").is_some() => None,
                None | Some("sys.stdout") => Some(0),
                Some("sys.stderr") => Some(1),
                Some(_) => None,
            };
        }
        match path {
            Some("pprint.pprint" | "tqdm.tqdm.write" | "rich.print" | "click.echo" | "typer.echo") => Some(0),
            Some("sys.stdout.write" | "sys.stdout.writelines") => Some(0),
            Some("sys.stderr.write" | "sys.stderr.writelines" | "warnings.warn" | "traceback.print_exc") => Some(1),
            _ => logged.then_some(1),
        }
    }

    /// Whether a function is one that logs through `logging`.
    fn is_logged(&self, function: Node<'t>, path: Option<&str>) -> bool {
        let Some(method) = Attribute::cast(function) else { return false };
        let name = method.name().map_or("", |n| self.text(n));
        let logs = ["debug", "info", "warning", "warn", "error", "exception", "critical", "log"].contains(&name);
        logs && (path.is_some_and(|p| p.starts_with("logging."))
            || method.object().is_some_and(|o| {
                self.meaning(o).all.iter().any(|m| match m {
                    Meaning::Made(path, _) => PythonFacts::has(&self.catalog.python.loggers, path),
                    _ => false,
                })
            }))
    }

    fn given_to_libraries(&self) -> &Given<'t> {
        self.given.get_or_init(|| {
            let mut out = Given::default();
            let text = &self.source.text;
            let makers: Vec<(&str, _)> = self.catalog.constructors().collect();
            let output = text.contains("stdout") || text.contains("stderr");
            let logs = text.contains("logging") || text.contains("Handler(");
            for node in walk(self.source.root()) {
                if let Some(call) = Call::cast(node) {
                    if logs {
                        self.given_to_log(call, &mut out);
                    }
                    let path = call.function().and_then(|f| self.import_path(f));
                    if output && let (Some(path), Some(to)) = (path.as_deref(), call.args().next()) {
                        match path {
                            "contextlib.redirect_stdout" => self.given_for_output(to, 0, &mut out),
                            "contextlib.redirect_stderr" => self.given_for_output(to, 1, &mut out),
                            _ => {}
                        }
                    }
                    let makes = |path: &String| makers.iter().any(|(maker, _)| maker == path) || is_transport(path);
                    let Some(path) = path.filter(makes) else { continue };
                    for (def, object) in call.args().flat_map(|a| self.functions_behind(a, BEHIND)) {
                        out.clients.push((path.clone(), Implied { def, object, home: self.id, by: By::Library }));
                    }
                }
                if let Some(assignment) = Assignment::cast(node)
                    && let (Some(left), Some(right)) = (assignment.left(), assignment.right())
                    && matches!(left.kind(), "attribute" | "subscript")
                {
                    match self.import_path(left).as_deref() {
                        Some("sys.stdout" | "sys.__stdout__") => self.given_for_output(right, 0, &mut out),
                        Some("sys.stderr" | "sys.__stderr__") => self.given_for_output(right, 1, &mut out),
                        _ => self.set_on_library(left, right, &mut out),
                    }
                }
                // `session.hooks["response"].append(hook)`
                if let Some(attribute) = Attribute::cast(node)
                    && attribute.name().is_some_and(|n| matches!(self.text(n), "hooks" | "event_hooks"))
                    && let Some(call) =
                        ancestors(node).take_while(|a| a.kind() != "expression_statement").find_map(Call::cast)
                {
                    for argument in call.args() {
                        self.set_on_library(node, argument, &mut out);
                    }
                }
            }
            if text.contains("logging") {
                for class in walk(self.source.root()).filter_map(Class::cast).map(|c| self.def(c.0)) {
                    let serves = |m: &Meaning<'t>| matches!(m, Meaning::Library(path) if path.starts_with("logging."));
                    if self.bases(class).iter().any(serves) && !out.logging.iter().any(|i| of_class(i.def, class)) {
                        for def in self.run_by_libraries(class) {
                            out.logging.push(Implied { def, object: None, home: self.id, by: By::Output });
                        }
                    }
                }
            }
            out
        })
    }

    /// `log.addHandler(keep)`, `logging.StreamHandler(buffer)`, `logging.basicConfig(stream=buffer)`.
    fn given_to_log(&self, call: Call<'t>, out: &mut Given<'t>) {
        let Some(function) = call.function() else { return };
        let method = Attribute::cast(function).and_then(|a| a.name()).map_or("", |n| self.text(n));
        let path = self.import_path(function).unwrap_or_default();
        let adds = matches!(method, "addHandler" | "addFilter" | "setFormatter" | "setStream");
        let makes = path.starts_with("logging.") && (path.ends_with("Handler") || path == "logging.basicConfig");
        if !adds && !makes {
            return;
        }
        for argument in call.args() {
            let value = argument.child_by_field_name("value").filter(|_| argument.kind() == "keyword_argument");
            let value = value.unwrap_or(argument);
            for (def, object) in self.functions_in(value) {
                let object = object.and_then(|o| self.kept_under(o).or((o.kind() != "call").then_some(o)));
                push(&mut out.logging, Implied { def, object, home: self.id, by: By::Output });
            }
            if self.is_buffer(value) {
                out.kept[LOG].push((self.id, value));
            }
        }
    }

    /// `sys.stdout = Tee(sys.stdout)`, `redirect_stdout(buffer)`.
    fn given_for_output(&self, value: Node<'t>, stream: usize, out: &mut Given<'t>) {
        let object = self.kept_under(value).unwrap_or(value);
        for (def, _) in self.functions_at(value) {
            push(&mut out.output[stream], Implied { def, object: Some(object), home: self.id, by: By::Output });
        }
        if self.is_buffer(value) {
            out.kept[stream].push((self.id, object));
        }
    }

    fn is_buffer(&self, value: Node<'t>) -> bool {
        let buffer = |m: &Meaning<'t>| matches!(m, Meaning::Made(path, _) if matches!(path.as_str(), "io.StringIO" | "io.BytesIO" | "io.TextIOWrapper"));
        self.meaning(value).all.iter().any(buffer)
    }

    /// The name under which an object is kept that is made where it is handed on: `tee = sys.stdout = Tee()`,
    /// `with redirect_stdout(Tee()) as tee`.
    fn kept_under(&self, made: Node<'t>) -> Option<Node<'t>> {
        if made.kind() != "call" {
            return None;
        }
        let around = ancestors(made).take_while(|a| a.kind() == "assignment").filter_map(Assignment::cast);
        let named = around.filter_map(|a| a.left()).find(|l| l.kind() == "identifier");
        let entered = || {
            let call = made.parent().filter(|p| p.kind() == "argument_list")?.parent().and_then(Call::cast)?;
            let path = call.function().and_then(|f| self.import_path(f))?;
            let bound =
                call.0.parent().filter(|p| p.kind() == "as_pattern" && path.starts_with("contextlib.redirect_"))?;
            bound.child_by_field_name("alias")?.named_child(0).filter(|name| name.kind() == "identifier")
        };
        named.or_else(entered).or_else(|| {
            let walrus = made.parent().filter(|p| p.kind() == "named_expression")?;
            walrus.child_by_field_name("name")
        })
    }

    /// `warnings.showwarning = show`, `session.auth = Auth()`.
    fn set_on_library(&self, left: Node<'t>, right: Node<'t>, out: &mut Given<'t>) {
        let mut root = left;
        while let Some(inner) = root.named_child(0).filter(|_| matches!(root.kind(), "attribute" | "subscript")) {
            root = inner;
        }
        if root.kind() != "identifier" {
            return;
        }
        let makers = self.meaning(root).all.into_iter().filter_map(|m| match m {
            Meaning::Made(path, rest) if rest.is_empty() => Some(path),
            _ => None,
        });
        let makers: Vec<String> = makers.collect();
        let module = self.import_path(root).filter(|p| !self.is_project_path(p));
        if makers.is_empty() && module.is_none() {
            return;
        }
        let placed = self.import_path(left).or(module);
        for (def, object) in self.functions_behind(right, BEHIND) {
            let implied = Implied { def, object, home: self.id, by: By::Library };
            out.clients.extend(makers.iter().map(|path| (path.clone(), implied)));
            out.placed.extend(placed.iter().map(|path| (path.clone(), implied)));
        }
    }

    /// The changes that functions make which a node runs without naming them, and those of what keeps what is logged or
    /// printed.
    pub(super) fn changes_unseen(&self, node: Node<'t>, stop: &[Var]) -> Vec<Change<'t>> {
        let mut out = self.changes_of_output(node);
        out.extend(self.changes_by_handing(node));
        for implied in self.implicit(node) {
            let by = Some(implied.def);
            let summary = self.summary_of(implied.def);
            for store in summary.stores.iter().filter(|s| self.counts(&implied, s)) {
                let (places, direct) = match &store.root {
                    Root::Variable(var) if self.is_definition(var) && !store.sure => continue,
                    Root::Variable(var) => ([Place::whole(var.clone())].into_iter().collect(), None),
                    Root::Parameter(name) => self.changed_of(&implied, (name, store), stop),
                };
                if !places.is_empty() || direct.is_some() {
                    out.push(Change { places, direct, sure: store.sure, node, by });
                }
            }
        }
        out
    }

    /// What a store in a parameter of such a function changes: of its own object one attribute.
    fn changed_of(
        &self,
        implied: &Implied<'t>,
        (name, store): (&str, &Store<'t>),
        stop: &[Var],
    ) -> (Places, Option<Place>) {
        let own = self.program.at(implied.def.file).map(|file| file.parameters(implied.def.node));
        let own = own.is_some_and(|p| p.first() == Some(&name));
        let Some(object) = implied.object.filter(|_| own && store.sure) else {
            // A class is a definition: its objects are meant.
            let mut places = self.changed_object(implied, store, stop);
            places.retain(|p| !self.is_definition(&p.var) || own && self.changes_class(implied.def, store));
            return (places, None);
        };
        let home = if implied.home == self.id { Some(self) } else { self.program.at(implied.home) };
        let Some(home) = home else { return Default::default() };
        if home.is_made_for_this(object) {
            return (self.changed_behind(implied.def, store, home, object, stop), None);
        }
        let mut places = home.same(object, stop);
        let direct = home.place_of(object).filter(|p| p.key.is_none() && object.kind() == "identifier");
        let direct = direct.filter(|_| store.key.is_some()).map(|p| Place { key: store.key.clone(), ..p });
        // `self.style.text = value` changes what the attribute holds.
        let itself = store.node.child_by_field_name("object").is_some_and(|o| o.kind() == "identifier")
            && is_target(store.node)
            || store.node.kind() == "augmented_assignment";
        if let (Some(set), false) = (&direct, itself) {
            places.extend(store.key.iter().flat_map(|key| home.reach_key(&set.var, key)));
        }
        if let Some(set) = &direct {
            places.remove(&Place { key: None, ..set.clone() });
            places.insert(set.clone());
        }
        (places, direct)
    }

    /// What is changed of what an object was made with: `self.of["n"] += 1` in what `Sink(of)` is asked for.
    pub(super) fn changed_behind(
        &self,
        def: Def<'t>,
        store: &Store<'t>,
        home: &File<'t>,
        object: Node<'t>,
        stop: &[Var],
    ) -> Places {
        let target = match store.node.kind() {
            "augmented_assignment" => store.node.child_by_field_name("left").unwrap_or(store.node),
            _ => store.node,
        };
        let sets = is_target(target) && target.kind() == "attribute";
        let itself = sets && target.child_by_field_name("object").is_some_and(|o| o.kind() == "identifier");
        let (Some(key), Some(made)) = (store.key.as_deref().filter(|_| !itself), Call::cast(object)) else {
            return Places::default();
        };
        let held = method_class(def.node).zip(self.program.at(def.file)).is_some_and(|(class, file)| {
            let init = self.method_of(Def { file: def.file, node: class }, "__init__");
            let given = init.and_then(|init| Some(self.program.at(init.file)?.parameters(init.node)));
            let is_given = |n: Node<'t>| given.as_ref().is_none_or(|g| g.contains(&file.text(n)));
            let values = file.set_by_methods(class, key);
            let mut named = values.iter().filter_map(|v| v.right()).flat_map(walk).filter(|n| n.kind() == "identifier");
            values.is_empty() || named.any(is_given)
        });
        let arguments = made.args().filter(|_| held);
        let values =
            arguments.map(|a| a.child_by_field_name("value").filter(|_| a.kind() == "keyword_argument").unwrap_or(a));
        values.flat_map(|a| home.reach(a, stop)).collect()
    }

    /// Whether what a method changes under an attribute of its object is the class's own: `lines = []` in the class.
    fn changes_class(&self, def: Def<'t>, store: &Store<'t>) -> bool {
        let (Some(class), Some(key)) = (method_class(def.node), store.key.as_deref()) else { return false };
        let set = store.node.kind() == "attribute" && is_target(store.node);
        !set && self.classes_around(Def { file: def.file, node: class }).into_iter().any(|class| {
            self.program.at(class.file).is_some_and(|file| {
                let scope = file.names.opened_by(class.node);
                let shared = scope.is_some_and(|s| !file.names.bindings(s, key).is_empty());
                shared && file.set_by_methods(class.node, key).is_empty()
            })
        })
    }

    /// What keeps in memory what a node logs or prints.
    pub(super) fn changes_of_output(&self, node: Node<'t>) -> Vec<Change<'t>> {
        let Some(call) = Call::cast(node) else { return Vec::new() };
        let mut out = Vec::new();
        for given in self.all_given().filter(|g| g.kept.iter().any(|k| !k.is_empty())) {
            let Some(function) = call.function() else { continue };
            let path = self.import_path(function);
            let logged = self.is_logged(function, path.as_deref());
            let stream = self.stream_of(call, path.as_deref(), logged);
            let kept = stream.map(|s| &given.kept[s]).into_iter().chain(logged.then_some(&given.kept[LOG]));
            for (id, object) in kept.flatten() {
                let Some(home) = (if *id == self.id { Some(self) } else { self.program.at(*id) }) else { continue };
                let places = home.same(*object, &[]);
                if !places.is_empty() {
                    out.push(Change { places, direct: None, sure: true, node, by: None });
                }
            }
        }
        out
    }

    /// Whether a store is a line in a buffer that stands in the place of stdout: what the work prints is kept for its turn.
    pub(super) fn is_printed(&self, store: &Store<'t>) -> bool {
        let home = if store.file == self.id { Some(self) } else { self.program.at(store.file) };
        let call = Call::cast(store.node).filter(|c| c.keyword(self.source, "file").is_none());
        home.zip(call).is_some_and(|(home, call)| matches!(home.classify(call), CallKind::Print))
    }

    /// What a change is told as: the text of its place, and the function that makes it where that is not named there.
    pub(super) fn told_change(&self, change: &Change<'t>) -> String {
        let text = self.text(change.node).lines().next().unwrap_or_default();
        let Some((file, def)) = change.by.and_then(|def| Some((self.program.at(def.file)?, def))) else {
            return format!("`{text}`");
        };
        let name = |n: Node<'t>| n.child_by_field_name("name").map(|n| file.text(n));
        let function = match (method_class(def.node).and_then(name), name(def.node)) {
            (Some(class), Some(method)) => format!("{class}.{method}"),
            (_, name) => name.unwrap_or("lambda").to_string(),
        };
        if text == function { format!("`{text}`, which is handed on") } else { format!("`{text}` runs `{function}`") }
    }
}

fn of_class(def: Def<'_>, class: Def<'_>) -> bool {
    method_class(def.node).is_some_and(|c| c.id() == class.node.id())
}
