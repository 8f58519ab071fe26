//! What a function of the project does, all that it calls included: a fixpoint over the call graph.
//!
//! A function that calls itself, directly or through others, gets the union of what all functions of the circle do. The
//! function that was asked for first is the head of its circle, and only its own summary is kept; the others are worked
//! out anew when they are asked for, so that no answer depends on the order of the questions.

use super::alias::{Place, is_read_position};
use super::calls::CallKind;
use super::effects::Change;
use super::names::{Bound, ScopeKind};
use super::reading::Ahead;
use super::receivers::{Def, Meaning, decorators};
use super::work::{Findings, Unit};
use super::{File, FileId, Grade, ScopeId, Trouble, Var};
use crate::catalog::PythonFacts;
use crate::facts::Code;
use crate::syntax::python::{Assignment, Call, Function};
use crate::syntax::{Node, children, walk};
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// What a function does.
#[derive(Debug, Clone, Default)]
pub(crate) struct Summary<'t> {
    /// Why it must not run ahead of its turn, but for what it draws.
    pub impure: Option<Trouble<'t>>,
    /// A random number that it draws.
    pub draws: Option<Trouble<'t>>,
    /// The same where nobody writes the files that it reads.
    pub effects: Option<Trouble<'t>>,
    /// Why it must not even stand in a loop whose calls overlap.
    pub opaque: Option<Trouble<'t>>,
    /// Variables of the scopes around it that it reads.
    pub reads: FxHashSet<Var>,
    /// What it stores where others may see it.
    pub stores: Vec<Store<'t>>,
    /// Whether all that it does is to fill in the object that it is given to make.
    pub fills: bool,
    /// Whether it can end the program.
    pub exits: bool,
    /// What speaks for and against several runs of it at once.
    pub work: Findings<'t>,
}

/// A store into something that outlives a call.
#[derive(Debug, Clone)]
pub(crate) struct Store<'t> {
    pub root: Root,
    /// The first attribute or literal key behind the root.
    pub key: Option<String>,
    pub kind: StoreKind,
    /// Whether it surely changes something, and is not only handed to code that could.
    pub sure: bool,
    pub file: FileId,
    pub node: Node<'t>,
}

/// Whose object is changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Root {
    Parameter(String),
    Variable(Var),
}

/// How it is changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StoreKind {
    /// `x += …`: the old value is part of the new.
    Count,
    /// `d[k] = v` where `d` is also asked for `k`: a hand-written cache.
    Memo,
    /// `x = value`, with the parameters of the function on which the value depends; none where it depends on more.
    Set(Option<Vec<String>>),
    /// Anything else.
    Other,
}

impl<'t> Summary<'t> {
    /// Why it must not run ahead of its turn. Where that is a draw, it does nothing else that speaks against it.
    pub fn impurity(&self) -> Option<&Trouble<'t>> {
        self.impure.as_ref().or(self.draws.as_ref())
    }

    /// Keeps why it must not run ahead of its turn, whatever becomes of files.
    fn stain(&mut self, trouble: Trouble<'t>) {
        self.impure.get_or_insert_with(|| trouble.clone());
        self.spoil(trouble);
    }

    /// Keeps why it must not even where nobody writes the files that it reads: a draw where there is nothing worse.
    fn spoil(&mut self, trouble: Trouble<'t>) {
        if self.effects.as_ref().is_none_or(|known| known.code == Code::RANDOM) {
            self.effects = Some(trouble);
        }
    }

    /// Keeps why it must not stand in such a loop: of several reasons one that weighs most.
    fn forbid(&mut self, trouble: Trouble<'t>) {
        if self.opaque.as_ref().is_none_or(|known| weight(known) < weight(&trouble)) {
            self.opaque = Some(trouble);
        }
    }

    /// Variables outside the function that it sets, or whose objects it changes.
    pub fn writes(&self) -> impl Iterator<Item = &Var> {
        self.stores.iter().filter_map(|s| match &s.root {
            Root::Variable(var) => Some(var),
            Root::Parameter(_) => None,
        })
    }

    /// Parameters whose objects it changes.
    pub fn changes(&self) -> impl Iterator<Item = &str> {
        self.stores.iter().filter_map(|s| match &s.root {
            Root::Parameter(name) => Some(name.as_str()),
            Root::Variable(_) => None,
        })
    }
}

/// What a reason not to stand in a loop whose calls overlap comes to there: nothing, mostly, an assumption, a caution, an obstacle.
pub(super) fn weight(trouble: &Trouble<'_>) -> u8 {
    match trouble.code {
        Code::TIME => 0,
        Code::NOT_ANALYSED => 1,
        Code::SLEEP | Code::BLOCKING => 2,
        _ => 3,
    }
}

/// At most this many stores and findings of a function are told apart.
const MAX_KEPT: usize = 40;

/// What is known of a function so far.
#[derive(Debug, Clone)]
pub(crate) enum State<'t> {
    Done(Rc<Summary<'t>>),
    /// A member of a circle whose head is still being worked out, with that head's place on the stack.
    Part(Rc<Summary<'t>>, usize),
}

/// The functions that are being worked out.
#[derive(Debug, Default)]
pub(crate) struct Stack<'t> {
    running: RefCell<Vec<Def<'t>>>,
    /// The lowest place on the stack that the function on top leads back to.
    low: Cell<usize>,
    parts: RefCell<Vec<Def<'t>>>,
}

const NOT_BACK: usize = usize::MAX;

impl Stack<'_> {
    /// Does something and says whether it asked for no function that is still being worked out.
    pub(super) fn watched<R>(&self, work: impl FnOnce() -> R) -> (R, bool) {
        let outer = self.low.replace(NOT_BACK);
        let done = work();
        let low = self.low.get();
        self.low.set(outer.min(low));
        (done, low == NOT_BACK)
    }
}

impl<'t> File<'t> {
    /// What a function of the project does.
    pub(crate) fn summary_of(&self, def: Def<'t>) -> Rc<Summary<'t>> {
        match self.program.at(def.file) {
            Some(file) => file.summary(def),
            None => Rc::default(),
        }
    }

    fn summary(&self, def: Def<'t>) -> Rc<Summary<'t>> {
        let stack = &self.program.stack;
        let known = self.summaries.borrow().get(&def.node.id()).cloned();
        match known {
            Some(State::Done(summary)) => return summary,
            Some(State::Part(summary, low)) => {
                stack.low.set(stack.low.get().min(low));
                return summary;
            }
            None => {}
        }
        if self.program.is_worn_out() {
            return Rc::default();
        }
        let running = stack.running.borrow().iter().position(|d| *d == def);
        if let Some(at) = running {
            stack.low.set(stack.low.get().min(at));
            return Rc::default();
        }
        let place = stack.running.borrow().len();
        stack.running.borrow_mut().push(def);
        let outer = stack.low.replace(NOT_BACK);
        // What a function does is the same wherever it is asked for.
        let (likely, horizon) = (self.likely.replace(false), self.horizon.take());
        let mut summary = self.summarise(def.node);
        self.likely.set(likely);
        self.horizon.set(horizon);
        let low = stack.low.get();
        stack.running.borrow_mut().pop();
        if low <= place && low != NOT_BACK {
            self.close_circle(def, &mut summary);
        }
        let summary = Rc::new(summary);
        let state = if low < place {
            stack.parts.borrow_mut().push(def);
            stack.low.set(outer.min(low));
            State::Part(summary.clone(), low)
        } else {
            // The head of a circle: what was found for the others on the way is not all of it.
            if low == place {
                for part in stack.parts.borrow_mut().drain(..) {
                    if let Some(file) = self.program.at(part.file) {
                        let mut known = file.summaries.borrow_mut();
                        if matches!(known.get(&part.node.id()), Some(State::Part(_, l)) if *l >= place) {
                            known.remove(&part.node.id());
                        }
                    }
                }
            }
            stack.low.set(outer);
            State::Done(summary.clone())
        };
        self.summaries.borrow_mut().insert(def.node.id(), state);
        summary
    }

    /// Forgets what is concluded of this file's functions, but for what is being concluded.
    pub(super) fn forget_summaries(&self) {
        self.summaries.borrow_mut().retain(|_, state| !matches!(state, State::Done(_)));
    }

    /// In a circle a parameter may become any other.
    fn close_circle(&self, def: Def<'t>, summary: &mut Summary<'t>) {
        let trouble = Trouble::not_analysed(def.node, "a function that calls itself");
        summary.stain(trouble);
        let Some(first) = summary.stores.iter().find(|s| matches!(s.root, Root::Parameter(_))).cloned() else { return };
        for name in self.parameters(def.node) {
            if !summary.changes().any(|c| c == name) {
                summary.stores.push(Store { root: Root::Parameter(name.to_string()), ..first.clone() });
            }
        }
    }

    fn summarise(&self, def: Node<'t>) -> Summary<'t> {
        let mut summary = Summary::default();
        let Some(scope) = self.names.opened_by(def) else { return summary };
        let Some(body) = def.child_by_field_name("body") else { return summary };
        let own = self.names.scope(scope);
        let function = Function::cast(def);
        if function.is_some_and(|f| f.is_async()) || own.yields {
            let trouble = Trouble::not_analysed(def, "a coroutine or generator function");
            summary.stain(trouble.clone());
            summary.forbid(trouble);
        }
        if own.yields {
            let (what, help) = match self.decorator_of(self.def(def), &["contextmanager", "asynccontextmanager"]) {
                true => (
                    "the work enters a context manager that is written as a generator, whose two halves run where it is entered and left",
                    "make the call in front of the `with`, and use its answer inside",
                ),
                false => (
                    "the work goes through a generator function, whose body runs where it is iterated",
                    "return a list",
                ),
            };
            summary.work.push(Trouble::new(Code::YIELD, def, what, help));
        }
        if let Some(trouble) = self.own_code_behind(body) {
            summary.work.push(trouble.clone());
            summary.stain(trouble);
        }
        for name in own.globals.iter() {
            let bound_here = self.names.bindings(self.names.module(), name).iter().filter(|b| inside(def, b.node));
            for binding in bound_here {
                let kind = match binding.bound {
                    Bound::Augmented => StoreKind::Count,
                    Bound::Value(Some(value)) => self.set_kind(value, scope, name),
                    _ => StoreKind::Other,
                };
                let root = Root::Variable(self.var_in(self.names.module(), name));
                summary.stores.push(Store { root, key: None, kind, sure: true, file: self.id, node: binding.node });
            }
        }
        for name in own.nonlocals.iter() {
            let Some(home) = self.names.resolve(scope, name) else { continue };
            let written = self.names.bindings(home, name).iter().find(|b| inside(def, b.node));
            if let Some(binding) = written {
                let kind = if binding.bound == Bound::Augmented { StoreKind::Count } else { StoreKind::Other };
                let root = Root::Variable(self.var_in(home, name));
                summary.stores.push(Store { root, key: None, kind, sure: true, file: self.id, node: binding.node });
            }
        }
        self.summarise_decorators(def, &mut summary);
        summary.reads.extend(self.default_variables(def));
        let nodes = own_nodes(body);
        for &node in &nodes {
            summary.reads.extend(self.library_part(node));
            match node.kind() {
                "import_statement" | "import_from_statement" => {
                    summary.stain(Trouble::not_analysed(node, "an import inside a function"));
                }
                "await" | "match_statement" => {
                    let trouble = Trouble::not_analysed(node, format!("`{}`", node.kind().replace('_', " ")));
                    summary.stain(trouble);
                }
                "with_statement" => {
                    let message = "a `with` block in a function that the call depends on";
                    let trouble = Trouble::not_analysed(node, message);
                    if !self.opens_to_read(node) {
                        summary.spoil(trouble.clone());
                    }
                    summary.impure.get_or_insert(trouble);
                }
                "identifier" if is_read_position(node) => {
                    if let Some(var) = self.var(node)
                        && self.is_outside(&var, def)
                        && !self.is_definition(&var)
                    {
                        summary.reads.insert(var);
                    }
                }
                "attribute" => {
                    let read = self.module_variable(node).into_iter().chain(self.class_reads(node));
                    let read = read.chain(self.held_reads(node));
                    summary.reads.extend(read.filter(|v| self.is_outside(v, def)));
                }
                "call" => self.summarise_call(Call(node), def, &mut summary),
                "assignment" => {
                    if let Some(trouble) = self.becomes_one_with_others(node) {
                        summary.stain(trouble.clone());
                        summary.work.push(trouble.clone());
                        summary.forbid(trouble);
                    }
                }
                _ => {}
            }
            for implied in self.implicit(node) {
                let inner = self.summary_of(implied.def);
                if let Some(trouble) = inner.impurity() {
                    summary.impure.get_or_insert(trouble.clone().at_call(node, implied.def.file));
                }
                if let Some(trouble) = &inner.effects {
                    summary.spoil(trouble.clone().at_call(node, implied.def.file));
                }
                summary.reads.extend(inner.reads.iter().filter(|v| self.is_outside(v, def)).cloned());
                for store in inner.stores.iter().filter(|s| self.counts(&implied, s)) {
                    match &store.root {
                        Root::Variable(var) if self.is_outside(var, def) => summary.stores.push(store.clone()),
                        Root::Variable(_) => {}
                        Root::Parameter(_) => {
                            for place in self.changed_object(&implied, store, &[]) {
                                if let Some(root) = self.root_of(&place, def) {
                                    summary.stores.push(Store { root, ..store.clone() });
                                }
                            }
                        }
                    }
                }
            }
            for change in self.change_by(node).into_iter().chain(self.changes_of_output(node)) {
                self.record(def, scope, change, &mut summary);
            }
        }
        let mut work = self.findings(&nodes, &Unit::Function);
        // What is raised so that a decorator tries again says nothing to the loop.
        if self.is_tried_again(def) {
            (work.raises, work.asserts) = (None, None);
        }
        summary.work.merge(work);
        summary.stores.extend(self.class_stores(def, &summary));
        if let Some(variable) = summary.writes().min() {
            let message = format!("a function that changes `{}`, which outlives it", self.shown(variable));
            summary.stain(Trouble::not_analysed(def, message));
        } else if let Some(parameter) = summary.changes().min().map(str::to_string) {
            let made = self.parameters(def).first().copied();
            summary.fills = summary.impurity().is_none() && summary.changes().all(|p| Some(p) == made);
            let message = format!("a function that changes its argument `{parameter}`");
            summary.stain(Trouble::not_analysed(def, message));
        }
        let mut seen: FxHashSet<(String, Option<String>, usize)> = FxHashSet::default();
        summary.stores.retain(|s| seen.insert((format!("{:?}", s.root), s.key.clone(), s.node.id())));
        if summary.stores.len() > MAX_KEPT {
            summary.work.push(Trouble::not_analysed(def, "a function that changes more than can be told apart"));
            summary.stores.truncate(MAX_KEPT);
        }
        summary
    }

    /// The variables that stand for defaults of a function: `def build(text, shots=EXAMPLES)` reads `EXAMPLES`.
    fn default_variables(&self, def: Node<'t>) -> Vec<Var> {
        let parameters = def.child_by_field_name("parameters").into_iter().flat_map(children);
        let values = parameters.filter_map(|p| p.child_by_field_name("value"));
        values.flat_map(|value| self.reads(value).into_keys()).collect()
    }

    /// The variables behind an attribute that a class's body sets: of `Prompt.shots`, those in `shots = EXAMPLES`. Only by
    /// the class's own name: what it means is not asked, for meanings ask what is read.
    pub(super) fn class_reads(&self, node: Node<'t>) -> Vec<Var> {
        let object = node.child_by_field_name("object").filter(|o| matches!(o.kind(), "identifier" | "attribute"));
        let (Some(object), Some(name)) = (object, node.child_by_field_name("attribute")) else { return Vec::new() };
        let Some((file, class)) = self.class_named(object) else { return Vec::new() };
        let Some(scope) = file.names.opened_by(class) else { return Vec::new() };
        let set = file.names.bindings(scope, self.text(name)).iter().filter_map(|b| match b.bound {
            Bound::Value(value) => value,
            _ => None,
        });
        let (mut out, mut held) = (Vec::new(), false);
        for value in set {
            out.extend(file.reads(value).into_keys());
            held |= file.gives_container(value);
        }
        out.extend(held.then(|| file.var_in(scope, self.text(name))));
        out
    }

    /// The class that a name stands for, here or where it is imported from.
    fn class_named(&self, node: Node<'t>) -> Option<(&File<'t>, Node<'t>)> {
        let class = |bindings: &[super::names::Binding<'t>]| match bindings {
            [one] => match one.bound {
                Bound::Class(class) => Some(class),
                _ => None,
            },
            _ => None,
        };
        if let Some(path) = self.import_path(node) {
            let found = self.program.find(self, &path)?;
            let file = self.program.file(found.file.as_deref()?)?;
            let name = path.trim_start_matches('.').split('.').nth(found.parts)?;
            return Some((file, class(file.names.bindings(file.names.module(), name))?));
        }
        let var = self.var(node).filter(|v| node.kind() == "identifier" && v.file == self.id)?;
        Some((self, class(self.names.bindings(var.scope, &var.name))?))
    }

    /// Whether a variable lives outside a function.
    fn is_outside(&self, var: &Var, def: Node<'t>) -> bool {
        var.file != self.id || !inside(def, self.names.scope(var.scope).node)
    }

    fn summarise_call(&self, call: Call<'t>, def: Node<'t>, summary: &mut Summary<'t>) {
        let filled = |ahead: Ahead| self.fills_own_object(call, ahead);
        match self.call_impurity(call).filter(|_| !filled(Ahead::Pure)) {
            Some(trouble) if trouble.code == Code::RANDOM => drop(summary.draws.get_or_insert(trouble)),
            Some(trouble) => drop(summary.impure.get_or_insert(trouble)),
            None => {}
        }
        let reading = Ahead::Reads(None);
        if let Some(trouble) = self.call_effects(call, reading).filter(|_| !filled(reading)) {
            summary.spoil(trouble);
        }
        if let Some(trouble) = self.opacity(call) {
            summary.forbid(trouble);
        }
        let kind = self.classify(call);
        summary.exits |= matches!(kind, CallKind::Exit);
        let CallKind::Functions(defs) = kind else { return };
        summary.reads.extend(self.default_reads(call).into_iter().filter(|v| self.is_outside(v, def)));
        for callee in defs {
            let inner = self.summary_of(callee);
            summary.reads.extend(self.kept_answer(callee));
            summary.reads.extend(inner.reads.iter().filter(|v| self.is_outside(v, def)).cloned());
            summary.exits |= inner.exits;
            for store in &inner.stores {
                self.store_through(call, callee, store, def, summary);
            }
        }
    }

    /// A store of a called function, as the calling function has it.
    fn store_through(
        &self,
        call: Call<'t>,
        callee: Def<'t>,
        store: &Store<'t>,
        def: Node<'t>,
        summary: &mut Summary<'t>,
    ) {
        let kind = match &store.kind {
            StoreKind::Set(Some(from)) => StoreKind::Set(self.depends_through(call, callee, from, def)),
            other => other.clone(),
        };
        match &store.root {
            Root::Variable(var) => {
                if self.is_outside(var, def) {
                    summary.stores.push(Store { kind, ..store.clone() });
                }
            }
            Root::Parameter(name) => {
                let Some(argument) = self.passed_for(call, callee, name) else {
                    // The default, which all calls share.
                    if let Some(var) = self.shared_default(callee, name) {
                        summary.stores.push(Store { root: Root::Variable(var), kind, ..store.clone() });
                    }
                    return;
                };
                // What is under one key of a variable.
                let named = self.var(argument).filter(|v| argument.kind() == "identifier" && v.file == self.id);
                let reached = match (named, &store.key) {
                    (Some(var), Some(key)) => self.reach_key(&var, key),
                    _ => self.reach(argument, &[]),
                };
                for place in reached {
                    let key = if place.var.name == self.text(argument) { store.key.clone() } else { place.key.clone() };
                    if let Some(root) = self.root_of(&place, def) {
                        summary.stores.push(Store { root, key, kind: kind.clone(), ..store.clone() });
                    }
                }
            }
        }
    }

    /// On which of a function's parameters a value depends that a callee sets from some of its own; none where on more.
    fn depends_through(&self, call: Call<'t>, callee: Def<'t>, from: &[String], def: Node<'t>) -> Option<Vec<String>> {
        let scope = self.names.opened_by(def)?;
        let mut out = Vec::new();
        for name in from {
            // The default is always the same.
            if let Some(argument) = self.passed_for(call, callee, name) {
                out.extend(self.depends(argument, scope)?);
            }
        }
        out.sort();
        out.dedup();
        Some(out)
    }

    /// The parameters on which an expression in a function depends; none where it depends on local variables or calls.
    fn depends(&self, expression: Node<'t>, scope: ScopeId) -> Option<Vec<String>> {
        let mut out = Vec::new();
        for node in walk(expression) {
            match node.kind() {
                "identifier" if is_read_position(node) => {
                    let Some(var) = self.var(node) else { continue };
                    if var.scope != scope || var.file != self.id {
                        continue;
                    }
                    let parameter = matches!(self.names.bindings(scope, &var.name), [one] if matches!(one.bound, Bound::Parameter(_)));
                    if !parameter {
                        return None;
                    }
                    out.push(var.name.to_string());
                }
                // `os.getenv("KEY")` gives the same each time.
                "call" if !self.reads_environment(Call(node)) => return None,
                "await" | "yield" | "named_expression" => return None,
                _ => {}
            }
        }
        Some(out)
    }

    fn reads_environment(&self, call: Call<'t>) -> bool {
        call.function()
            .and_then(|f| self.import_path(f))
            .is_some_and(|p| matches!(p.as_str(), "os.getenv" | "os.environ.get"))
    }

    pub(crate) fn set_kind(&self, value: Node<'t>, scope: ScopeId, name: &str) -> StoreKind {
        let itself = walk(value).any(|n| n.kind() == "identifier" && self.text(n) == name);
        if itself { StoreKind::Count } else { StoreKind::Set(self.depends(value, scope)) }
    }

    /// What a call passes for a parameter of a function; the receiver for the first one of a method.
    pub(crate) fn passed_for(&self, call: Call<'t>, callee: Def<'t>, name: &str) -> Option<Node<'t>> {
        let file = self.program.at(callee.file)?;
        let parameters = file.parameters(callee.node);
        let position = parameters.iter().position(|p| *p == name)?;
        // `map(f, xs, ys)`, `sorted(xs, key=f)`: the function gets what these hold.
        if let Some(callback) = self.callback_of(call) {
            let bound =
                callback.kind() == "attribute" && parameters.first().is_some_and(|p| matches!(*p, "self" | "cls"));
            let mut items: Vec<Node<'t>> = call.args().filter(|a| a.kind() != "keyword_argument").collect();
            items.retain(|a| a.id() != callback.id());
            // A thread hands on what it is given by name, and nothing for a default.
            if self.in_thread(call).is_some() && position >= usize::from(bound) {
                let given = items.get(position - usize::from(bound)).copied();
                let splat = || call.args().find(|a| matches!(a.kind(), "list_splat" | "dictionary_splat"));
                return call.keyword(self.source, name).or(given).or_else(splat);
            }
            return match position.checked_sub(usize::from(bound)) {
                None => callback.child_by_field_name("object"),
                Some(at) => items.get(at).or_else(|| items.last()).copied(),
            };
        }
        let shift = usize::from(self.is_bound(call, callee));
        if position == 0 && shift == 1 {
            // An object that is called is its own receiver.
            let called = |f: &Node<'t>| self.meaning(*f).all.iter().any(|m| matches!(m, Meaning::Instance(_)));
            return match call.function() {
                Some(f) if called(&f) => Some(f),
                // A constructor makes its own.
                Some(f) if self.meaning(f).all.iter().all(|m| matches!(m, Meaning::Class(_))) => None,
                // A method that was kept under another name, which leads to its receiver.
                Some(f) if self.is_renamed(f, callee) => Some(f),
                function => function.and_then(|f| f.child_by_field_name("object")),
            };
        }
        // What is unpacked may go anywhere.
        let splat = || call.args().find(|a| matches!(a.kind(), "list_splat" | "dictionary_splat"));
        self.argument(call, name, position - shift).or_else(splat)
    }

    /// The parameter whose default is an object, made once and shared by all calls that leave it out.
    pub(crate) fn shared_default(&self, callee: Def<'t>, name: &str) -> Option<Var> {
        let file = self.program.at(callee.file)?;
        let scope = file.names.opened_by(callee.node)?;
        let default = file.names.bindings(scope, name).first()?.node.parent()?.child_by_field_name("value")?;
        if default.kind() == "identifier" {
            return file.var(default).filter(|var| !file.is_definition(var) && !file.is_constant(var));
        }
        matches!(default.kind(), "list" | "dictionary" | "set" | "call" | "list_comprehension")
            .then(|| file.var_in(scope, name))
    }

    /// The variable of another module that `module.name` reads.
    pub(crate) fn module_variable(&self, node: Node<'t>) -> Option<Var> {
        let object = node.child_by_field_name("object").filter(|o| o.kind() == "identifier")?;
        let name = node.child_by_field_name("attribute").map(|n| self.text(n))?;
        self.variable_of_module(object, name)
    }

    /// Whether a call puts its receiver in front of a function's parameters.
    fn is_bound(&self, call: Call<'t>, callee: Def<'t>) -> bool {
        let meanings = call.function().map(|f| self.meaning(f)).unwrap_or_default();
        meanings.all.iter().any(|m| match m {
            Meaning::Function { def, bound } => *bound && *def == callee,
            // A constructor makes the object that is its first parameter.
            Meaning::Class(_) | Meaning::Instance(_) => true,
            _ => false,
        })
    }

    /// The arguments of a call whose objects a function changes.
    pub(crate) fn changed_arguments(&self, call: Call<'t>, def: Def<'t>, summary: &Summary<'t>) -> Vec<Node<'t>> {
        let mut out: Vec<Node<'t>> = Vec::new();
        for name in summary.changes() {
            if let Some(argument) = self.passed_for(call, def, name)
                && !out.iter().any(|n| n.id() == argument.id())
            {
                out.push(argument);
            }
        }
        out
    }

    /// Whose object a place is, as a function's callers must know; none where it is the function's own.
    fn root_of(&self, place: &Place, def: Node<'t>) -> Option<Root> {
        let var = &place.var;
        if var.name == "*parameters*" {
            return None;
        }
        if self.is_outside(var, def) {
            return Some(Root::Variable(var.clone()));
        }
        let own = self.names.opened_by(def) == Some(var.scope);
        let parameter =
            self.names.bindings(var.scope, &var.name).iter().any(|b| matches!(b.bound, Bound::Parameter(_)));
        (own && parameter).then(|| Root::Parameter(var.name.to_string()))
    }

    /// Sorts a change inside a function into what its callers must know.
    fn record(&self, def: Node<'t>, scope: ScopeId, change: Change<'t>, summary: &mut Summary<'t>) {
        if Call::cast(change.node).is_some_and(|c| matches!(self.classify(c), CallKind::Functions(_))) {
            return;
        }
        let kind = self.kind_of(&change, scope);
        for place in change.places.iter().chain(&change.direct) {
            let Some(root) = self.root_of(place, def) else { continue };
            if let Root::Variable(var) = &root
                && self.is_definition(var)
                && !change.sure
            {
                continue;
            }
            if let Root::Variable(var) = &root
                && self.is_definition(var)
            {
                self.module_change(&change, summary);
            }
            let key = change.direct.as_ref().filter(|d| d.var == place.var).and_then(|d| d.key.clone());
            let store = Store {
                root: root.clone(),
                key: key.or_else(|| place.key.clone()),
                kind: kind.clone(),
                sure: change.sure,
                file: self.id,
                node: change.node,
            };
            summary.stores.push(store);
            // Called without this argument, it changes what the default is.
            if let Root::Parameter(name) = root {
                let binding = self.names.bindings(scope, &name).first();
                let default = binding.and_then(|b| b.node.parent()).and_then(|p| p.child_by_field_name("value"));
                for var in default.into_iter().flat_map(|d| self.reach(d, &[])).map(|p| p.var) {
                    if self.is_outside(&var, def) && self.names.scope(var.scope).kind == ScopeKind::Module {
                        let root = Root::Variable(var);
                        let (kind, file, node) = (kind.clone(), self.id, change.node);
                        summary.stores.push(Store { root, key: None, kind, sure: change.sure, file, node });
                    }
                }
            }
        }
    }

    /// How a change changes.
    pub(crate) fn kind_of(&self, change: &Change<'t>, scope: ScopeId) -> StoreKind {
        let node = change.node;
        let Some(parent) = node.parent() else { return StoreKind::Other };
        if node.kind() == "augmented_assignment" || parent.kind() == "augmented_assignment" {
            return StoreKind::Count;
        }
        let Some(a) = Assignment::cast(parent).filter(|a| a.left().is_some_and(|l| l.id() == node.id())) else {
            return StoreKind::Other;
        };
        let target = self.text(node);
        let Some(value) = a.right() else { return StoreKind::Other };
        if self.text(value).contains(target) {
            return StoreKind::Count;
        }
        if node.kind() == "attribute" {
            return StoreKind::Set(self.depends(value, scope));
        }
        // `d[k] = v` where the same function asks whether `k` is in `d`.
        if self.keeps_answer(node, value, scope) { StoreKind::Memo } else { StoreKind::Other }
    }

    fn module_change(&self, change: &Change<'t>, summary: &mut Summary<'t>) {
        let trouble = Trouble::new(
            Code::PROCESS_STATE,
            change.node,
            format!("`{}` changes a module's or class's own state", self.text(change.node)),
            "set it once before the loop",
        );
        summary.stain(trouble.clone());
        summary.forbid(trouble);
    }

    /// What the decorators of a function make of it.
    fn summarise_decorators(&self, def: Node<'t>, summary: &mut Summary<'t>) {
        let facts = &self.catalog.python;
        for decorator in decorators(def) {
            let Some(expression) = children(decorator).next() else { continue };
            // What a decorator is given is there in every call.
            summary.reads.extend(self.reads(expression).into_keys().filter(|v| self.is_outside(v, def)));
            let named = Call::cast(expression).and_then(|c| c.function()).unwrap_or(expression);
            let text = self.text(named);
            let path = self.import_path(named).or_else(|| self.builtin(named).map(str::to_string)).unwrap_or_default();
            if PythonFacts::has(&facts.marking_decorators, &path) || text.ends_with(".setter") {
                continue;
            }
            if PythonFacts::has(&facts.retry_decorators, &path) {
                summary.stain(Trouble::not_analysed(decorator, "a function that is tried again"));
                summary.work.found.extend(self.seeded_jitter(expression, &path));
                self.adds_handed(expression, summary);
                continue;
            }
            if text.to_ascii_lowercase().contains("timeout") {
                let trouble = Trouble::new(
                    Code::TIMEOUT,
                    decorator,
                    "a time-out around the work would end other calls, or none",
                    "give the time-out to the call itself",
                );
                summary.work.push(trouble.clone());
                summary.forbid(trouble.clone());
                summary.stain(trouble);
                continue;
            }
            let unknown = Trouble::not_analysed(decorator, format!("what the decorator `{text}` does is not analysed"));
            summary.stain(unknown.clone());
            if PythonFacts::has(&facts.cache_decorators, &path) {
                summary.work.push(
                    Trouble::new(
                        Code::OWN_CACHE,
                        decorator,
                        format!("`{text}` keeps answers; items that ask the same and are under way at once each make the call"),
                        "remove duplicates before the loop, or let perfmod keep the answers",
                    )
                    .graded(Grade::Care),
                );
                continue;
            }
            let wraps = match self.meaning(named).only() {
                Some(Meaning::Function { def, .. }) => self.program.at(def.file).map(|file| (file, def.node)),
                _ => None,
            };
            match wraps {
                // A decorator of the project: what it does around the function counts as the function's.
                Some((file, wrapper)) => {
                    let nodes: Vec<_> = wrapper.child_by_field_name("body").into_iter().flat_map(walk).collect();
                    let unit = Unit::Decorator { def: wrapper };
                    for trouble in file.findings(&nodes, &unit).found {
                        summary.work.push(trouble.at_call(decorator, file.id));
                    }
                    let inner = nodes.iter().filter(|n| matches!(n.kind(), "function_definition" | "lambda"));
                    let inner: Vec<_> = inner.map(|n| file.summary_of(file.def(*n))).collect();
                    let own = |v: &Var| v.file == file.id && inside(wrapper, file.names.scope(v.scope).node);
                    let read = inner.iter().flat_map(|s| &s.reads).filter(|v| !own(v) && self.is_outside(v, def));
                    summary.reads.extend(read.cloned());
                    for store in inner.iter().flat_map(|s| s.stores.clone()) {
                        if let Root::Variable(var) = &store.root {
                            let what = format!("{}` of the decorator `{text}", var.name);
                            summary.work.push(self.shared_store(&store, decorator, &what));
                        }
                    }
                }
                None => {
                    summary.forbid(unknown.clone());
                    summary.work.push(unknown.graded(Grade::Assumed));
                }
            }
        }
    }
}

/// Whether a node stands inside another.
pub(super) fn inside(outer: Node<'_>, node: Node<'_>) -> bool {
    crate::syntax::span(outer).contains(crate::syntax::span(node))
}

/// The nodes of a body that run when it runs: functions and classes inside it run when they are called, lambdas and
/// comprehensions are taken to run in place.
pub(crate) fn own_nodes(body: Node<'_>) -> Vec<Node<'_>> {
    let mut out = Vec::new();
    let mut pending = vec![body];
    while let Some(node) = pending.pop() {
        if matches!(node.kind(), "function_definition" | "class_definition") && node.id() != body.id() {
            continue;
        }
        out.push(node);
        let mut inner: Vec<_> = children(node).collect();
        inner.reverse();
        pending.extend(inner);
    }
    out
}

/// What is known of the functions of a file.
pub(crate) type Summaries<'t> = RefCell<FxHashMap<usize, State<'t>>>;
