//! What speaks for and against running a piece of code for several items at once.
//!
//! The piece is the body of a function, or statements of a loop's body. Its findings are graded: what must not be done,
//! what holds on an event loop only, what the user should accept, what is taken for granted because nothing is known.

use super::calls::{CallKind, Catalogued};
use super::names::Bound;
use super::receivers::{Def, Meaning, method_class};
use super::summary::{Root, Store, StoreKind};
use super::unseen::By;
use super::{File, FileId, Grade, Trouble, Var};
use crate::catalog::{CallFact, Effect, PythonFacts};
use crate::facts::Code;
use crate::syntax::python::{Attribute, Call, Try};
use crate::syntax::{Node, ancestors, children, span, walk};

/// At most this many findings of a function are told apart.
const MAX_KEPT: usize = 40;

/// A waiting call that is made, here or further down.
#[derive(Debug, Clone)]
pub(crate) struct Wait<'t> {
    pub fact: &'t CallFact,
    /// Whether the receiver is known only by the name of its method.
    pub assumed: bool,
    /// Whether it is handed to workers, who bound how many are under way.
    pub handed: bool,
    pub node: Node<'t>,
}

/// The findings of a piece of code.
#[derive(Debug, Clone, Default)]
pub(crate) struct Findings<'t> {
    pub waits: Vec<Wait<'t>>,
    pub found: Vec<Trouble<'t>>,
    /// Where it prints to stdout.
    pub prints: Option<(FileId, Node<'t>)>,
    /// Where it raises an exception of its own accord, which it does not handle.
    pub raises: Option<(FileId, Node<'t>)>,
    /// Where it asserts something of what outlives it.
    pub asserts: Option<(FileId, Node<'t>)>,
    /// Where it opens a file to read it or asks for it, and where it writes one.
    pub reads_files: Vec<(FileId, Node<'t>)>,
    pub writes_files: Vec<(FileId, Node<'t>)>,
    /// Where it reads what another run may find otherwise: the environment, arguments, files.
    pub surroundings: Vec<(FileId, Node<'t>)>,
}

/// Adds places to some, each once.
pub(super) fn keep<'t>(places: &mut Vec<(FileId, Node<'t>)>, more: impl IntoIterator<Item = (FileId, Node<'t>)>) {
    for (file, node) in more {
        if places.len() < MAX_KEPT && !places.iter().any(|(f, n)| *f == file && n.id() == node.id()) {
            places.push((file, node));
        }
    }
}

impl<'t> Findings<'t> {
    pub fn push(&mut self, trouble: Trouble<'t>) {
        let known = self.found.iter().any(|t| t.code == trouble.code && t.node.id() == trouble.node.id());
        if known {
            return;
        }
        if self.found.len() < MAX_KEPT {
            self.found.push(trouble);
        } else if let Some(weaker) = self.found.iter_mut().min_by_key(|t| t.grade).filter(|t| t.grade < trouble.grade) {
            *weaker = trouble;
        }
    }

    pub fn merge(&mut self, other: Self) {
        self.prints = self.prints.or(other.prints);
        self.raises = self.raises.or(other.raises);
        self.asserts = self.asserts.or(other.asserts);
        keep(&mut self.reads_files, other.reads_files);
        keep(&mut self.writes_files, other.writes_files);
        keep(&mut self.surroundings, other.surroundings);
        for wait in other.waits {
            let known = self.waits.iter().any(|w| w.node.id() == wait.node.id());
            if !known && self.waits.len() < MAX_KEPT {
                self.waits.push(wait);
            }
        }
        other.found.into_iter().for_each(|t| self.push(t));
    }
}

/// A question about a place.
type IsPlace<'f> = &'f dyn Fn(&super::alias::Place) -> bool;

/// What the piece of code is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Unit<'t> {
    /// The body of a function.
    Function,
    /// The inside of a decorator: what it calls by its own parameters is what it decorates.
    Decorator { def: Node<'t> },
    /// Statements of a loop's body.
    Region,
}

impl<'t> File<'t> {
    /// The findings of the nodes of a piece of code, functions that it calls included. What it stores is not looked at
    /// here: whether that is shared is for the caller to say.
    pub(crate) fn findings(&self, nodes: &[Node<'t>], unit: &Unit<'t>) -> Findings<'t> {
        let looped = |n: &Node<'t>| ancestors(*n).find(|a| matches!(a.kind(), "for_statement" | "while_statement"));
        let region = matches!(unit, Unit::Region).then(|| nodes.first().and_then(looped)).flatten();
        let outer = self.region.replace(region.map(span));
        let found = self.findings_within(nodes, unit);
        self.region.set(outer);
        found
    }

    fn findings_within(&self, nodes: &[Node<'t>], unit: &Unit<'t>) -> Findings<'t> {
        let mut out = Findings::default();
        for &node in nodes {
            self.converses(node).into_iter().for_each(|t| out.push(t));
            match node.kind() {
                "call" => self.find_call(Call(node), unit, &mut out),
                "raise_statement" => self.find_raise(node, &mut out),
                "assert_statement" => self.find_assert(node, &mut out),
                "import_statement" | "import_from_statement" => self.find_import(node, &mut out),
                "identifier" if self.has_affine => self.find_affinity(node, &mut out),
                _ => {}
            }
            for implied in self.implicit(node).into_iter().filter(|i| i.by != By::Output) {
                let inner = self.summary_of(implied.def).work.clone();
                out.prints = out.prints.or(inner.prints);
                keep(&mut out.surroundings, inner.surroundings.into_iter().chain(inner.reads_files.clone()));
                keep(&mut out.reads_files, inner.reads_files);
                keep(&mut out.writes_files, inner.writes_files);
                self.found_in(&implied).into_iter().for_each(|t| out.push(t.at_call(node, implied.def.file)));
            }
        }
        self.find_surroundings(nodes, &mut out);
        self.find_clocks(nodes, &mut out);
        // The module's own table of modules and the script by name: anything may be read and set through them.
        let by_name = nodes.iter().find(|n| {
            n.kind() == "attribute"
                && (self.is_inside_of_function(**n)
                    || self.import_path(**n).is_some_and(|p| p == "sys.modules" || p.starts_with("__main__.")))
        });
        if let Some(node) = by_name {
            out.push(Trouble::not_analysed(*node, format!("`{}` reaches variables by name", self.text(*node))));
        }
        out
    }

    /// Whether an attribute is one by which what a function keeps can be changed.
    pub(crate) fn is_inside_of_function(&self, attribute: Node<'t>) -> bool {
        let name = attribute.child_by_field_name("attribute").map_or("", |n| self.text(n));
        matches!(name, "__defaults__" | "__kwdefaults__" | "__closure__" | "__globals__" | "__code__")
    }

    fn find_call(&self, call: Call<'t>, unit: &Unit<'t>, out: &mut Findings<'t>) {
        let node = call.0;
        let text = || self.text(node).lines().next().unwrap_or_default().to_string();
        self.find_files(call, out);
        if let Some(found) = self.catalogued(call) {
            // A download to a place that is the same for all.
            let written = self.touches(call).into_iter().filter(|t| t.does.is_write()).find_map(|t| t.name);
            let fixed = written.filter(|(_, path)| walk(*path).all(|n| !matches!(n.kind(), "identifier" | "call")));
            if let Some((_, path)) = fixed {
                out.push(self.writes_file(node, path, Grade::Blocked));
            }
            self.find_wait(&found, unit, out);
            return;
        }
        if let Some(trouble) = self.enters_shared_loop(call) {
            out.push(trouble);
        }
        if self.hands_on(call) {
            for fact in call.args().flat_map(|a| self.facts_named(a)) {
                out.waits.push(Wait { fact, assumed: false, handed: true, node });
            }
        }
        let facts = &self.catalog.python;
        if let Some(path) =
            call.function().and_then(|f| self.import_path(f).or_else(|| self.builtin(f).map(str::to_string)))
        {
            if PythonFacts::has(&facts.debuggers, &path) {
                out.push(
                    Trouble::new(
                        Code::BLOCKING,
                        node,
                        format!("`{path}` would stop in one of several calls under way"),
                        "remove it, or raise an exception in its place",
                    )
                    .graded(Grade::Care),
                );
                return;
            }
            if PythonFacts::has(&facts.loggers, &path) {
                self.find_log(node, out);
                return;
            }
            if PythonFacts::has(&facts.marking_decorators, &path) {
                return;
            }
            if PythonFacts::has(&facts.file_changes, &path) {
                out.push(
                    Trouble::new(
                        Code::ORDERED_EFFECTS,
                        node,
                        format!("`{path}` changes files, in the order in which the calls end"),
                        "do it behind the call, with what the call gives",
                    )
                    .graded(Grade::Care),
                );
                return;
            }
        }
        // A library calls what it is handed, and what that raises comes out of it.
        let is_asked = (out.raises.is_none() || out.asserts.is_none()) && !self.handles(node, "Exception");
        for def in is_asked.then(|| self.called_by_library(call)).into_iter().flatten() {
            let inner = &self.summary_of(def).work;
            (out.raises, out.asserts) = (out.raises.or(inner.raises), out.asserts.or(inner.asserts));
        }
        match self.classify(call) {
            CallKind::Pure | CallKind::Catalogued => {}
            CallKind::Print => self.find_print(call, out),
            CallKind::Functions(defs) => {
                for def in defs {
                    let inner = self.summary_of(def).work.clone();
                    out.prints = out.prints.or(inner.prints);
                    if !self.handles(node, "Exception") {
                        out.raises = out.raises.or(inner.raises);
                        out.asserts = out.asserts.or(inner.asserts);
                    }
                    keep(&mut out.reads_files, inner.reads_files);
                    keep(&mut out.writes_files, inner.writes_files);
                    keep(&mut out.surroundings, inner.surroundings);
                    let in_thread = self.in_thread(call).is_some();
                    for wait in inner.waits.into_iter().filter(|_| !in_thread) {
                        if !out.waits.iter().any(|w| w.node.id() == wait.node.id()) {
                            out.waits.push(wait);
                        }
                    }
                    inner.found.into_iter().for_each(|t| out.push(t.at_call(node, def.file)));
                }
            }
            CallKind::Sleep(path) => self.find_sleep(node, &path, out),
            CallKind::Clock(_) => {}
            CallKind::Random(path) => self.find_random(node, &path, unit, out),
            CallKind::Exit => out.push(
                Trouble::new(
                    Code::EARLY_EXIT,
                    node,
                    format!(
                        "`{}` can end the program; calls of later items that are under way by then are extra",
                        text()
                    ),
                    "raise an exception and handle it in the loop",
                )
                .graded(Grade::Care),
            ),
            CallKind::ProcessState(path) => out.push(Trouble::new(
                Code::PROCESS_STATE,
                node,
                format!("`{path}` changes the state of the process, which all calls share"),
                "do it once before the loop",
            )),
            CallKind::Blocking(path) => self.find_blocking(node, &path, out),
            CallKind::Library(path) if path == "open" || self.opens(call) => self.find_open(call, out),
            CallKind::Library(path) if path.starts_with("sys.stdout.") => {
                // Only what goes through `sys.stdout` itself is kept for its turn.
                if text().starts_with("sys.stdout.write(") || text().starts_with("sys.stdout.flush(") {
                    out.prints = out.prints.or(Some((self.id, node)));
                } else {
                    out.push(self.writes_file(node, call.function().unwrap_or(node), Grade::Blocked));
                }
            }
            CallKind::Library(path) if PythonFacts::has(&facts.writers, &path) => self.find_writer(call, &path, out),
            CallKind::Library(path) => {
                let known = PythonFacts::has(&facts.data_functions, &path)
                    || PythonFacts::has(&facts.sized_functions, &path)
                    || PythonFacts::has(&facts.writers, &path)
                    || self.only_reads(call, self.region.get());
                if !known && !self.makes_client(&path) && !is_exception_path(&path) {
                    out.push(
                        Trouble::not_analysed(node, format!("`{path}` may run several times at once, in any order"))
                            .graded(Grade::Assumed),
                    );
                }
            }
            CallKind::Method { receiver, shallow } => self.find_method(call, receiver, shallow, out),
            CallKind::Opaque(what) => {
                if let Unit::Decorator { def } = unit
                    && self.calls_parameter(call, *def)
                {
                    return;
                }
                let dynamic = ["`exec`", "`eval`", "`globals`", "`vars`", "`locals`", "`setattr`", "`__import__`"];
                let grade = if dynamic.contains(&what.as_str()) { Grade::Blocked } else { Grade::Assumed };
                out.push(Trouble::not_analysed(node, format!("what {what} does is not analysed")).graded(grade));
            }
        }
    }

    /// Whether what is called is a parameter of a function.
    fn calls_parameter(&self, call: Call<'t>, def: Node<'t>) -> bool {
        let parameters = self.parameters(def);
        call.function().is_some_and(|f| f.kind() == "identifier" && parameters.contains(&self.text(f)))
    }

    fn makes_client(&self, path: &str) -> bool {
        self.catalog.client(path).is_some()
    }

    /// What ends the program is raised.
    fn find_raise(&self, node: Node<'t>, out: &mut Findings<'t>) {
        let text = self.text(node);
        if let Some(name) = ["KeyboardInterrupt", "SystemExit", "GeneratorExit"].iter().find(|n| text.contains(**n)) {
            out.push(
                Trouble::new(
                    Code::EARLY_EXIT,
                    node,
                    format!("`{name}` can end the program; calls of later items that are under way by then are extra"),
                    "raise an exception of your own and handle it in the loop",
                )
                .graded(Grade::Care),
            );
        }
        // What is raised for a failure, or where all attempts have failed, is the call's own.
        let named = children(node).next().map_or("", |e| self.text(e).split('(').next().unwrap_or_default());
        let placeholder = named.is_empty() || named == "NotImplementedError";
        if !placeholder && !self.handles(node, named) && !follows_failure(node) {
            out.raises = out.raises.or(Some((self.id, node)));
        }
    }

    /// An `assert` about a variable from outside the function, or about the object whose method it is.
    fn find_assert(&self, node: Node<'t>, out: &mut Findings<'t>) {
        let scope = self.names.scope_at(node);
        let is_value =
            |v: &Var| self.names.bindings(v.scope, &v.name).iter().any(|b| matches!(b.bound, Bound::Value(_)));
        let outlives = |v: &Var| v.file == self.id && v.scope != scope && is_value(v);
        let object = || {
            let def = ancestors(node).find(|a| a.kind() == "function_definition")?;
            let first = method_class(def).and_then(|_| self.parameters(def).first().copied())?;
            walk(node).filter_map(Attribute::cast).find(|a| a.object().is_some_and(|o| self.text(o) == first))
        };
        let told = self.reads(node).keys().any(outlives) || object().is_some();
        if told && !self.handles(node, "AssertionError") {
            out.asserts = out.asserts.or(Some((self.id, node)));
        }
    }

    /// Whether an exception of a name that comes from a node is handled by its own function.
    fn handles(&self, node: Node<'t>, name: &str) -> bool {
        let mut below = node;
        for above in ancestors(node) {
            if matches!(above.kind(), "function_definition" | "lambda" | "for_in_clause") {
                return false;
            }
            if Try::cast(above).and_then(|t| t.body()).is_some_and(|b| b.id() == below.id()) {
                let mut clauses = children(above).filter(|c| c.kind() == "except_clause");
                let handled = clauses.any(|c| {
                    let head = self.text(c).split(':').next().unwrap_or_default();
                    let caught = head.trim_start_matches("except").trim();
                    let all = caught.is_empty() || caught.contains("Exception");
                    let leaves = walk(c).any(|n| n.kind() == "raise_statement");
                    (all || caught.contains(name)) && !leaves
                });
                if handled {
                    return true;
                }
            }
            below = above;
        }
        false
    }

    /// An import inside the work runs a module of the project, in the turn of whichever item is first.
    fn find_import(&self, node: Node<'t>, out: &mut Findings<'t>) {
        let text = self.text(node);
        if text.contains("__main__") {
            out.push(Trouble::not_analysed(node, "the work reads variables of the script by `__main__`"));
        }
        let module = children(node).next().map(|m| self.text(m)).unwrap_or_default();
        if self.is_project_path(module) {
            let message =
                format!("importing `{module}` runs that module's code in the turn of whichever item comes first");
            out.push(Trouble::not_analysed(node, message).graded(Grade::Assumed));
        }
    }

    /// Objects that belong to the thread that made them.
    fn find_affinity(&self, node: Node<'t>, out: &mut Findings<'t>) {
        if !super::alias::is_read_position(node) {
            return;
        }
        let affine = self.meaning(node).all.iter().any(|m| match m {
            Meaning::Made(path, rest) => self.is_of_a_thread(path, rest),
            Meaning::Instance(class) => {
                self.bases(*class).iter().any(|b| matches!(b, Meaning::Library(path) if path == "threading.local"))
            }
            _ => false,
        });
        if affine && !self.is_made_inside(node) {
            out.push(
                Trouble::new(
                    Code::AFFINITY,
                    node,
                    format!("`{}` belongs to the thread that made it", self.text(node)),
                    "make one in the work, or use it behind the call",
                )
                .graded(Grade::LoopOnly),
            );
        }
    }

    fn find_wait(&self, found: &Catalogued<'t>, unit: &Unit<'t>, out: &mut Findings<'t>) {
        let node = found.call.0;
        let name = found.call.function().map_or("", |f| self.text(f));
        for trouble in self.call_troubles(found) {
            out.push(trouble);
        }
        if found.fact.effect == Effect::Unknown {
            out.push(
                Trouble::new(
                    Code::WRITES,
                    node,
                    format!("`{name}` may change state on the server; calls of later items are under way when an earlier one fails"),
                    "say in the catalogue what the call does, if it only reads",
                )
                .graded(Grade::Care),
            );
        }
        if let Some(client) = &found.client {
            let its_own = matches!(unit, Unit::Function) && self.makes_its_own(client, node);
            out.found.extend(self.shared_client_troubles(client, node, its_own));
        }
        out.waits.push(Wait { fact: found.fact, assumed: found.assumed, handed: false, node });
    }

    fn find_print(&self, call: Call<'t>, out: &mut Findings<'t>) {
        match call.keyword(self.source, "file") {
            None => out.prints = out.prints.or(Some((self.id, call.0))),
            Some(file) if self.import_path(file).as_deref() == Some("sys.stderr") => {}
            Some(file) => out.push(self.writes_file(call.0, file, Grade::Blocked)),
        }
    }

    fn writes_file(&self, node: Node<'t>, file: Node<'t>, grade: Grade) -> Trouble<'t> {
        Trouble::new(
            Code::ORDERED_EFFECTS,
            node,
            format!(
                "the work writes to `{}`, and its lines would arrive in the order in which the calls end",
                self.text(file)
            ),
            "return what is to be written, and write it behind the call",
        )
        .graded(grade)
    }

    /// Lines of a logger go to stderr as the work runs, unless the program says otherwise.
    fn find_log(&self, node: Node<'t>, out: &mut Findings<'t>) {
        if self.program.logs() {
            out.push(
                Trouble::new(
                    Code::ORDERED_EFFECTS,
                    node,
                    "lines of the log would arrive in the order in which the calls end",
                    "log behind the call, or accept another order of the lines",
                )
                .graded(Grade::Care),
            );
        }
    }

    fn find_sleep(&self, node: Node<'t>, path: &str, out: &mut Findings<'t>) {
        if !self.waits_for_another_try(node) {
            out.push(
                Trouble::new(
                    Code::SLEEP,
                    node,
                    format!(
                        "`{path}` in the work keeps a distance between calls, which calls under way at once do not keep"
                    ),
                    "accept it where the server allows more calls at once; `--max-concurrent N` bounds them",
                )
                .graded(Grade::Care),
            );
        }
    }

    fn find_random(&self, node: Node<'t>, path: &str, unit: &Unit<'t>, out: &mut Findings<'t>) {
        // Jitter of a back-off decides nothing but a wait, unless it takes its draws from a stream that others draw from and
        // that a seed makes the same in every run.
        let jitter = ancestors(node)
            .take_while(|a| !a.kind().ends_with("statement"))
            .filter_map(Call::cast)
            .any(|c| matches!(self.classify(c), CallKind::Sleep(_)))
            || ancestors(node).any(|a| a.kind() == "except_clause")
            || matches!(unit, Unit::Decorator { .. });
        let seeded = super::outline::seeds(&self.source.text);
        let system = path.starts_with("secrets") || path.contains("SystemRandom") || path == "os.urandom";
        if jitter && (system || !seeded && !self.program.seeds()) {
            return;
        }
        let grade = if seeded { Grade::Blocked } else { Grade::Care };
        let (message, help) = match jitter {
            true => (
                format!(
                    "`{path}` draws for a wait from what a seed is set for, and what is drawn behind it changes with that"
                ),
                "draw it from `random.SystemRandom()`, which no seed reaches",
            ),
            false => (
                format!("`{path}` draws in the work: which item gets which draw depends on the order of the calls"),
                "draw all random numbers in a loop of their own before this one",
            ),
        };
        out.push(Trouble::new(Code::RANDOM, node, message, help).graded(grade));
    }

    fn find_blocking(&self, node: Node<'t>, path: &str, out: &mut Findings<'t>) {
        let trouble = match path.split('.').next().unwrap_or(path) {
            "subprocess" | "os" => Trouble::new(
                Code::WRITES,
                node,
                format!("`{path}` runs another program, which may have effects of its own"),
                "accept it where that program only reads",
            )
            .graded(Grade::Care),
            "threading" if path.ends_with("Lock") || path == "threading.local" => return,
            // A batch of another loop than the one that is looked at: several at once would be more than a batch.
            "asyncio"
                if !self.is_right_in_region(node) && walk(node).any(|n| n.kind() == "call" && self.is_batched(n)) =>
            {
                Trouble::new(
                    Code::CONCURRENT,
                    node,
                    "the work makes its calls a batch at a time, and several batches at once would be more than that",
                    "make the calls of all of it in one gather, under one semaphore",
                )
            }
            // Awaited where it stands, it is one after the other.
            "asyncio" if node.parent().is_some_and(|p| p.kind() == "await") => return,
            "socket" | "select" | "queue" => {
                Trouble::not_analysed(node, format!("`{path}` may run several times at once, in any order"))
                    .graded(Grade::Assumed)
            }
            "input" => Trouble::new(Code::BLOCKING, node, "the work asks the user", "ask before the loop"),
            _ => Trouble::new(
                Code::CONCURRENT,
                node,
                format!("`{path}`: the work has workers of its own"),
                "leave it as it is, or make the calls without those workers",
            ),
        };
        out.push(trouble);
    }

    fn find_open(&self, call: Call<'t>, out: &mut Findings<'t>) {
        let mode =
            call.keyword(self.source, "mode").or_else(|| call.args().nth(1).filter(|a| a.kind() != "keyword_argument"));
        let writes = mode.is_some_and(|m| self.text(m).contains(['w', 'a', 'x', '+']));
        let Some(path) = call.args().next() else { return };
        if !writes {
            if self.is_device(path, 3) {
                let message =
                    format!("the work reads from `{}`, and who reads first gets what comes first", self.text(path));
                out.push(Trouble::new(Code::ORDERED_EFFECTS, call.0, message, "read it before the loop"));
            }
            return;
        }
        let constant = walk(path).all(|n| n.kind() != "identifier");
        let grade = if constant { Grade::Blocked } else { Grade::Care };
        out.push(self.writes_file(call.0, path, grade));
    }

    /// Functions that write what they are given: to a file object, to a path, to stdout.
    fn find_writer(&self, call: Call<'t>, path: &str, out: &mut Findings<'t>) {
        let args: Vec<_> = call.args().filter(|a| a.kind() != "keyword_argument").collect();
        let to = match path {
            "pprint.pprint" => {
                out.prints = out.prints.or(Some((self.id, call.0)));
                return;
            }
            "json.dump" | "pickle.dump" | "yaml.dump" | "yaml.safe_dump" | "torch.save" => args.get(1),
            "numpy.save" | "numpy.savetxt" => args.first(),
            _ => return,
        };
        let Some(to) = to else { return };
        // A file that the work opened itself was looked at where it is opened.
        let opened = Call::cast(*to).is_some() || to.kind() == "identifier" && self.is_made_inside(*to);
        let named = walk(*to).any(|n| n.kind() == "identifier");
        match (path.starts_with("numpy") || to.kind() == "string", opened, named) {
            (false, true, _) => {}
            (true, _, true) => out.push(self.writes_file(call.0, *to, Grade::Care)),
            _ => out.push(self.writes_file(call.0, *to, Grade::Blocked)),
        }
    }

    fn find_method(&self, call: Call<'t>, receiver: Node<'t>, shallow: bool, out: &mut Findings<'t>) {
        let node = call.0;
        let name = call.function().and_then(|f| f.child_by_field_name("attribute")).map_or("", |n| self.text(n));
        let meaning = self.meaning(receiver);
        let level = matches!(name, "info" | "debug" | "warning" | "warn" | "error" | "exception" | "critical" | "log");
        if level && self.is_logger(receiver) {
            self.find_log(node, out);
            return;
        }
        if shallow && matches!(name, "write" | "writelines" | "writerow" | "writerows" | "writeheader") {
            let local = self.is_made_inside(receiver);
            // A file that the work opened itself was looked at where it is opened.
            if !local {
                let stderr = self.import_path(receiver).is_some_and(|p| p == "sys.stderr");
                let stdout = self.import_path(receiver).is_some_and(|p| p == "sys.stdout");
                if stdout {
                    out.prints = out.prints.or(Some((self.id, node)));
                } else if !stderr {
                    out.push(self.writes_file(node, receiver, Grade::Blocked));
                }
            }
            return;
        }
        if let Some((made, rest)) = meaning.all.iter().find_map(|m| match m {
            Meaning::Made(path, rest) => Some((path.as_str(), rest)),
            _ => None,
        }) {
            if self.is_of_a_thread(made, rest) {
                out.push(
                    Trouble::new(
                        Code::AFFINITY,
                        node,
                        format!("`{}` belongs to the thread that made it", self.text(receiver)),
                        "make one in the work, or use it behind the call",
                    )
                    .graded(Grade::LoopOnly),
                );
                return;
            }
            if made.starts_with("random.Random") || made.starts_with("numpy.random.") {
                self.find_random(node, made, &Unit::Function, out);
                return;
            }
        }
        if self.find_path_method(call, receiver, name, out) || self.only_reads(call, self.region.get()) {
            return;
        }
        if let Some(trouble) = self.sets_context(call, receiver) {
            return out.push(trouble);
        }
        let bar = matches!(name, "set_postfix" | "set_postfix_str" | "set_description" | "set_description_str")
            || name == "update" && matches!(self.text(receiver), "pbar" | "progress_bar" | "bar" | "progress");
        if bar {
            out.push(
                Trouble::new(
                    Code::PROGRESS,
                    node,
                    "a progress bar in the work shows how far the calls have run ahead",
                    "move it behind the call",
                )
                .graded(Grade::Care),
            );
            return;
        }
        // Lists, dicts and sets: whether they are shared is told by what is stored.
        if shallow || self.is_made_inside(receiver) && self.is_known_object(receiver, false) {
            return;
        }
        if walk(receiver).filter_map(Call::cast).any(|c| self.catalogued(c).is_some()) || self.answers(receiver) {
            return;
        }
        out.push(
            Trouble::not_analysed(
                node,
                format!("`{}` may run several times at once, in any order", self.method_text(call)),
            )
            .graded(Grade::Assumed),
        );
    }

    /// Files by the methods of a path: `Path("log.txt").open("a")`, `path.write_text(…)`.
    fn find_path_method(&self, call: Call<'t>, receiver: Node<'t>, name: &str, out: &mut Findings<'t>) -> bool {
        let mode = call.keyword(self.source, "mode").or_else(|| call.args().next().filter(|a| a.kind() == "string"));
        let writes = match name {
            "open" => mode.is_some_and(|m| self.text(m).contains(['w', 'a', 'x', '+'])),
            "write_text" | "write_bytes" | "unlink" | "touch" | "rename" | "symlink_to" | "rmdir" => true,
            "read_text" | "read_bytes" => false,
            _ => return false,
        };
        if !writes {
            return true;
        }
        let constant = !walk(receiver)
            .any(|n| n.kind() == "identifier" && super::alias::is_read_position(n) && self.import_path(n).is_none());
        out.push(self.writes_file(call.0, receiver, if constant { Grade::Blocked } else { Grade::Care }));
        true
    }

    /// A clock that is compared or subtracted measures; one that is only kept is a stamp.
    fn find_clocks(&self, nodes: &[Node<'t>], out: &mut Findings<'t>) {
        let reads = |n: Node<'t>| Call::cast(n).is_some_and(|c| matches!(self.classify(c), CallKind::Clock(_)));
        let from_clock = |name: Node<'t>| {
            name.kind() == "identifier"
                && self.var(name).filter(|v| v.file == self.id).is_some_and(|v| {
                    self.names
                        .bindings(v.scope, &v.name)
                        .iter()
                        .any(|b| matches!(b.bound, super::names::Bound::Value(Some(e)) if reads(e)))
                })
        };
        let measure = nodes.iter().copied().find(|n| {
            let operator = n.kind() == "binary_operator"
                && n.child_by_field_name("operator").is_some_and(|o| o.kind() == "-")
                || n.kind() == "comparison_operator";
            operator && children(*n).any(|part| reads(part) || from_clock(part))
        });
        if let Some(node) = measure {
            out.push(
                Trouble::new(
                    Code::TIME,
                    node,
                    "the work measures time, which includes waiting for other calls when several are under way",
                    "take the time around the whole loop, or from the server's answer",
                )
                .graded(Grade::Care),
            );
        }
    }

    /// What a store of the work means where it goes to something that iterations share.
    pub(crate) fn shared_store(&self, store: &Store<'t>, node: Node<'t>, what: &str) -> Trouble<'t> {
        let cause = (store.file, store.node);
        let trouble = |code: Code, message: String, help: &str, grade: Grade| {
            let cause = (store.node.id() != node.id()).then_some(cause);
            Trouble { cause, ..Trouble::new(code, node, message, help) }.graded(grade)
        };
        match &store.kind {
            // `n += await …` reads the number before it waits.
            StoreKind::Count if self.waits_in(store) => trouble(
                Code::COUNTER,
                format!(
                    "the work reads `{what}`, waits, and then sets it: additions of other iterations would be lost"
                ),
                "return what is to be added, and add it behind the call",
                Grade::Blocked,
            ),
            StoreKind::Count => trouble(
                Code::COUNTER,
                format!("the work adds to `{what}`, to which other iterations add too"),
                "return what is to be added, and add it behind the call",
                Grade::LoopOnly,
            ),
            StoreKind::Memo => trouble(
                Code::OWN_CACHE,
                format!(
                    "the work keeps answers in `{what}`; items that ask the same and are under way at once each make the call, and what it holds stands there in the order in which the calls end"
                ),
                "remove duplicates before the loop, or let perfmod keep the answers",
                Grade::Care,
            ),
            _ if !store.sure => trouble(
                Code::OBJECT_STATE,
                format!("the work hands `{what}` to code that may change it, and iterations share it"),
                "give each iteration an object of its own",
                Grade::Assumed,
            ),
            _ => trouble(
                Code::OBJECT_STATE,
                format!("the work changes `{what}`, which iterations share"),
                "give each iteration an object of its own, or return the change and make it behind the call",
                Grade::Blocked,
            ),
        }
    }

    /// The findings for what a call of the work stores through its callee, as seen from a loop.
    pub(crate) fn stores_of_call(
        &self,
        call: Call<'t>,
        items: &[super::Var],
        (outside, shared): (IsPlace<'_>, IsPlace<'_>),
        (work, looped): (&super::stage::Work<'t>, Node<'t>),
    ) -> Vec<Trouble<'t>> {
        let invariant = |e: Node<'t>| self.is_invariant(e, looped);
        let CallKind::Functions(defs) = self.classify(call) else { return Vec::new() };
        let mut out = Vec::new();
        for def in defs {
            for store in &self.summary_of(def).stores {
                let kept = self.is_printed(store);
                if kept
                    || self.sets_the_same(call, def, store, &invariant)
                        && !self.is_looked_at((def, store), work, looped)
                {
                    continue;
                }
                match &store.root {
                    Root::Variable(var) => {
                        // A function finds its own outer variable, whatever the loop has set it to meanwhile.
                        if outside(&super::alias::Place::whole(var.clone())) && (store.sure || !self.is_definition(var))
                        {
                            let key = store.key.as_ref().map(|k| format!(".{k}")).unwrap_or_default();
                            let module = self.is_definition(var) || self.is_of_class(var);
                            let mut trouble = self.shared_store(store, call.0, &format!("{}{key}", self.shown(var)));
                            if module && trouble.code == Code::OBJECT_STATE {
                                trouble.code = Code::PROCESS_STATE;
                            }
                            out.push(self.tallied(
                                trouble,
                                (store, None),
                                (work, looped),
                                &format!("{}{key}", var.name),
                            ));
                        }
                    }
                    Root::Parameter(name) => {
                        let Some(argument) = self.passed_for(call, def, name) else {
                            if self.shared_default(def, name).is_some() {
                                out.push(self.shared_store(store, call.0, &format!("{name}` by default, `{name}")));
                            }
                            continue;
                        };
                        if self.reach(argument, items).iter().any(shared) {
                            let key = store.key.as_ref().map(|k| format!(".{k}")).unwrap_or_default();
                            let what = format!("{}{key}", self.text(argument));
                            let trouble = self.shared_store(store, call.0, &what);
                            out.push(self.tallied(trouble, (store, Some(argument)), (work, looped), &what));
                        }
                    }
                }
            }
        }
        out
    }

    /// The findings for what a node of the work stores without a call: a property, a `with`.
    pub(crate) fn stores_implied(
        &self,
        node: Node<'t>,
        items: &[super::Var],
        shared: &dyn Fn(&super::alias::Place) -> bool,
    ) -> Vec<Trouble<'t>> {
        let mut out = Vec::new();
        for implied in self.implicit(node) {
            for store in self.summary_of(implied.def).stores.iter().filter(|s| self.counts(&implied, s)) {
                let what = match &store.root {
                    Root::Variable(var) => {
                        shared(&super::alias::Place::whole(var.clone())).then(|| var.name.to_string())
                    }
                    Root::Parameter(_) => {
                        let named = |place: &super::alias::Place| place.var.name.to_string();
                        let object = implied.object.map(|o| self.text(o).to_string());
                        let changed = self.changed_object(&implied, store, items);
                        changed.iter().find(|p| shared(p)).map(|place| object.unwrap_or_else(|| named(place)))
                    }
                };
                if let Some(what) = what {
                    out.push(self.shared_store(store, node, &what));
                }
            }
        }
        out
    }

    /// Whether a store sets a place to a value that is the same in every iteration.
    fn sets_the_same(
        &self,
        call: Call<'t>,
        def: Def<'t>,
        store: &Store<'t>,
        invariant: &dyn Fn(Node<'t>) -> bool,
    ) -> bool {
        let StoreKind::Set(Some(from)) = &store.kind else { return false };
        from.iter().all(|name| self.passed_for(call, def, name).is_none_or(invariant))
    }

    /// Whether an expression has the same value in every iteration of a loop, as far as names tell.
    pub(crate) fn is_invariant(&self, expression: Node<'t>, looped: Node<'t>) -> bool {
        let bound = self.binds(looped);
        self.reads(expression).keys().all(|v| !bound.contains(v)) && walk(expression).all(|n| n.kind() != "call")
    }

    /// The nodes of statements, those of definitions in them left out.
    pub(crate) fn nodes_of(&self, statements: &[Node<'t>]) -> Vec<Node<'t>> {
        statements.iter().flat_map(|s| super::summary::own_nodes(*s)).collect()
    }
}

/// Whether a `raise` stands in a handler, or behind a loop that tries again.
fn follows_failure(node: Node<'_>) -> bool {
    let handler = ancestors(node)
        .take_while(|a| a.kind() != "function_definition")
        .any(|a| matches!(a.kind(), "except_clause" | "finally_clause"));
    let block = node.parent().filter(|p| p.kind() == "block");
    let behind = block.into_iter().flat_map(children).take_while(|s| s.id() != node.id()).any(|s| {
        matches!(s.kind(), "for_statement" | "while_statement") && walk(s).any(|n| n.kind() == "try_statement")
    });
    handler || behind
}

/// A class that is an exception by its name.
fn is_exception_path(path: &str) -> bool {
    path.rsplit('.').next().is_some_and(|n| n.ends_with("Error") || n.ends_with("Exception"))
}
