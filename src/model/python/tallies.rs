//! Sums that the work adds to: the tokens that a client counts, what its calls cost, how many there were.
//!
//! On an event loop `self.tokens += n` is not torn, as long as nothing waits in it, and a sum of integers is the same in
//! whichever order it is made. What looks at such a sum before the loop is through would see what later items have added.

use super::alias::{is_read_position, literal};
use super::calls::CallKind;
use super::effects::is_target;
use super::names::{Bound, ScopeKind};
use super::receivers::{Def, Meaning};
use super::stage::Work;
use super::summary::{Root, Store, StoreKind};
use super::{File, Trouble, Var};
use crate::syntax::python::{Attribute, Call, Function, With};
use crate::syntax::{Node, ancestors, children, span, walk};

/// So many functions that a loop calls are looked through.
const MAX_CALLED: usize = 300;

/// So many functions up from a loop are asked for handlers.
const MAX_CALLERS: usize = 6;

/// By these anything of an object may be read.
const BY_NAME: [&str; 12] = [
    "vars", "getattr", "setattr", "dir", "asdict", "astuple", "copy", "deepcopy", "pickle", "dill", "__dict__",
    "globals",
];

/// What becomes of a sum whose parts are added in the order in which calls end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Whether the last digits, the order of the keys, or what is there after a failure may be another.
    pub ordered: bool,
    /// Whether it is added to under a lock, so that threads do it no harm either.
    pub locked: bool,
}

/// What is added to.
enum Sum<'t> {
    Variable(Var),
    Attribute(&'t str),
}

impl<'t> File<'t> {
    /// The trouble of a store of the work, where it adds to a sum that nothing looks at meanwhile; with the object that it
    /// belongs to, where a call passes one.
    pub(super) fn tallied(
        &self,
        trouble: Trouble<'t>,
        (store, object): (&Store<'t>, Option<Node<'t>>),
        (work, looped): (&Work<'t>, Node<'t>),
        what: &str,
    ) -> Trouble<'t> {
        if store.kind != StoreKind::Count || trouble.grade != super::Grade::LoopOnly {
            return trouble;
        }
        let found = self.program.at(store.file).and_then(|home| self.tally(home, (store, object), work, looped));
        if found.is_none_or(|tally| !tally.ordered) {
            return Trouble { tally: found, ..trouble };
        }
        let message = format!(
            "the work adds to `{what}` in the order in which the calls end: a sum of floats may differ in its last digits, new keys come in that order, and where a failure or an exit ends the loop, those under way have added, too"
        );
        Trouble { tally: found, message, ..trouble }
    }

    fn tally(
        &self,
        home: &'t File<'t>,
        (store, object): (&Store<'t>, Option<Node<'t>>),
        work: &Work<'t>,
        looped: Node<'t>,
    ) -> Option<Tally> {
        let statement = match store.node.kind() {
            "augmented_assignment" => store.node,
            _ => store.node.parent().filter(|p| p.kind() == "augmented_assignment")?,
        };
        let operator = statement.child_by_field_name("operator").map(|o| home.text(o));
        let (left, right) = (statement.child_by_field_name("left")?, statement.child_by_field_name("right")?);
        if !matches!(operator, Some("+=" | "-=")) {
            return None;
        }
        let (sum, key) = match left.kind() {
            "subscript" => (home.sum_of(left.child_by_field_name("value")?)?, Some(children(left).nth(1)?)),
            _ => (home.sum_of(left)?, None),
        };
        let exact = home.is_exact(right);
        let numbers = exact || right.kind() == "float" || key.is_none() && home.begins_with_number(&sum);
        if !numbers
            || self.changes_what_is_added(right, home, work)
            || self.is_looked_into(&sum, key.is_some(), looped)?
        {
            return None;
        }
        if object.is_some_and(|object| self.is_shown_whole(object, looped)) {
            return None;
        }
        if key.is_some() && (self.is_known_elsewhere(home) || self.is_let_go(&sum, home, looped)) {
            return None;
        }
        let ordered = !exact
            || key.is_some_and(|key| !home.has_key(&sum, key))
            || leaves_early(looped)
            || self.outlives_failure(looped)
            || !object.is_some_and(|object| self.goes_with_the_loop(object));
        Some(Tally { ordered, locked: home.is_locked(statement, left) })
    }

    /// Whether an object is one that the loop's function has made, so that nobody has it when a failure ends the function.
    fn goes_with_the_loop(&self, object: Node<'t>) -> bool {
        let var = (object.kind() == "identifier").then(|| self.var(object)).flatten().filter(|v| v.file == self.id);
        var.is_some_and(|var| {
            let made = |b: &super::names::Binding<'t>| matches!(b.bound, Bound::Value(Some(e)) if e.kind() == "call");
            let bindings = self.names.bindings(var.scope, &var.name);
            self.names.scope(var.scope).kind == ScopeKind::Function && !bindings.is_empty() && bindings.iter().all(made)
        })
    }

    /// Whether an addition waits for something between the look at the old value and the new one.
    pub(super) fn waits_in(&self, store: &Store<'t>) -> bool {
        let statement = ancestors(store.node).find(|a| matches!(a.kind(), "assignment" | "augmented_assignment"));
        let whole =
            if store.node.kind() == "augmented_assignment" { store.node } else { statement.unwrap_or(store.node) };
        let Some(file) = self.program.at(store.file) else { return true };
        walk(whole).any(|n| n.kind() == "await" || Call::cast(n).is_some_and(|call| !file.waits_of(call).is_empty()))
    }

    /// Whether a statement stands in a `with` that holds a lock of the object that it changes, or of the module.
    fn is_locked(&self, statement: Node<'t>, left: Node<'t>) -> bool {
        let root = |node: Node<'t>| std::iter::successors(Some(node), |n| n.named_child(0)).last();
        ancestors(statement).take_while(|a| a.kind() != "function_definition").filter_map(With::cast).any(|with| {
            with.items().filter_map(|item| item.parts()).any(|(context, _)| {
                let made = self.meaning(context);
                let lock = |m: &Meaning<'t>| match m {
                    Meaning::Made(path, rest) => {
                        rest.is_empty() && matches!(path.as_str(), "threading.Lock" | "threading.RLock")
                    }
                    _ => false,
                };
                let (Some(of), Some(changed)) = (root(context), root(left)) else { return false };
                let module =
                    self.var(of).is_some_and(|v| v.scope == self.names.module() && context.kind() == "identifier");
                let same =
                    context.kind() == "attribute" && left.kind() != "identifier" && self.text(of) == self.text(changed);
                !made.unknown && !made.all.is_empty() && made.all.iter().all(lock) && (module || same)
            })
        })
    }

    /// What an expression to which something is added is.
    fn sum_of(&self, node: Node<'t>) -> Option<Sum<'t>> {
        match node.kind() {
            "identifier" => Some(Sum::Variable(self.var(node)?)),
            "attribute" => {
                let plain = Attribute(node).object().is_some_and(|o| o.kind() == "identifier" && !self.is_import(o));
                let name = Attribute(node).name().map(|n| self.text(n)).filter(|_| plain)?;
                (!self.has_property(name)).then_some(Sum::Attribute(name))
            }
            _ => None,
        }
    }

    /// Whether an expression is a whole number: `1`, `len(text)`, the tokens of an answer.
    fn is_exact(&self, node: Node<'t>) -> bool {
        match node.kind() {
            "integer" => true,
            "parenthesized_expression" => children(node).all(|c| self.is_exact(c)),
            "binary_operator" => {
                let operator = node.child_by_field_name("operator").map(|o| self.text(o));
                matches!(operator, Some("+" | "-" | "*")) && children(node).all(|c| self.is_exact(c))
            }
            "call" => Call(node).function().and_then(|f| self.builtin(f)).is_some_and(|f| matches!(f, "len" | "int")),
            "attribute" => {
                Attribute(node).name().is_some_and(|n| self.text(n).ends_with("_tokens")) && self.is_of_answer(node, 3)
            }
            "subscript" => {
                let key = children(node).nth(1).filter(|k| k.kind() == "string").map(|k| literal(self.text(k)));
                key.is_some_and(|k| k.ends_with("_tokens")) && self.is_of_answer(node, 3)
            }
            "identifier" => self.var(node).filter(|v| v.file == self.id).is_some_and(|v| {
                let bindings = self.names.bindings(v.scope, &v.name);
                matches!(bindings, [one] if matches!(one.bound, Bound::Value(Some(e)) if e.id() != node.id() && e.kind() != "identifier" && self.is_exact(e)))
            }),
            _ => false,
        }
    }

    /// Whether an expression is a part of what a waiting call answers: `r.usage`, where `r` is one.
    fn is_of_answer(&self, node: Node<'t>, depth: usize) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        let mut root = node;
        while matches!(root.kind(), "attribute" | "subscript") {
            match root.named_child(0) {
                Some(inner) => root = inner,
                None => return false,
            }
        }
        if self.answers(root) {
            return true;
        }
        let Some(var) = (root.kind() == "identifier").then(|| self.var(root)).flatten() else { return false };
        match self.names.bindings(var.scope, &var.name) {
            [one] if var.file == self.id => match one.bound {
                Bound::Value(Some(e)) => matches!(e.kind(), "attribute" | "subscript") && self.is_of_answer(e, depth),
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether a sum begins with a number, wherever it is set.
    fn begins_with_number(&self, sum: &Sum<'t>) -> bool {
        let number = |value: Node<'t>| matches!(value.kind(), "integer" | "float");
        let bound = |bindings: &[super::names::Binding<'t>]| {
            bindings.iter().all(|b| match b.bound {
                Bound::Value(Some(value)) => number(value),
                Bound::Augmented => true,
                Bound::Value(None) => true,
                _ => false,
            })
        };
        match sum {
            Sum::Variable(var) => {
                let bindings = self.home(var).names.bindings(var.scope, &var.name);
                var.file == self.id
                    && bindings.iter().any(|b| matches!(b.bound, Bound::Value(Some(_))))
                    && bound(bindings)
            }
            Sum::Attribute(name) => {
                let mut any = false;
                for node in walk(self.source.root()) {
                    if node.kind() == "class_definition"
                        && let Some(scope) = self.names.opened_by(node)
                    {
                        let bindings = self.names.bindings(scope, name);
                        any |= bindings.iter().any(|b| matches!(b.bound, Bound::Value(Some(_))));
                        if !bound(bindings) {
                            return false;
                        }
                    }
                    let named = Attribute::cast(node).and_then(|a| a.name()).is_some_and(|n| self.text(n) == *name);
                    let Some(parent) = node.parent().filter(|_| named && is_target(node)) else { continue };
                    match parent.kind() {
                        "augmented_assignment" => {}
                        "assignment" if parent.child_by_field_name("right").is_some_and(number) => any = true,
                        _ => return false,
                    }
                }
                any
            }
        }
    }

    /// Whether what is added depends on what the work changes.
    fn changes_what_is_added(&self, right: Node<'t>, home: &File<'t>, work: &Work<'t>) -> bool {
        let defs = self.called_within(&work.nodes);
        let stores: Vec<Store<'t>> = defs.iter().flat_map(|d| self.summary_of(*d).stores.clone()).collect();
        walk(right).any(|n| match n.kind() {
            "attribute" => {
                let name = Attribute(n).name().map(|name| home.text(name));
                !home.is_of_answer(n, 3) && stores.iter().any(|s| s.key.as_deref() == name)
            }
            "identifier" if is_read_position(n) => {
                home.var(n).is_some_and(|var| stores.iter().any(|s| matches!(&s.root, Root::Variable(v) if *v == var)))
            }
            "await" | "yield" | "named_expression" => true,
            _ => false,
        })
    }

    /// Whether a loop, or anything that it calls, looks at a sum or sets it anew. None where that cannot be told.
    fn is_looked_into(&self, sum: &Sum<'t>, keyed: bool, looped: Node<'t>) -> Option<bool> {
        let mut seen: Vec<Def<'t>> = Vec::new();
        let this = self.program.at(self.id)?;
        let mut pending: Vec<(&'t File<'t>, Node<'t>)> = vec![(this, looped)];
        while let Some((file, within)) = pending.pop() {
            for node in walk(within) {
                if file.looks_into(sum, keyed, node) {
                    return Some(true);
                }
                let implied = file.implicit(node).into_iter().map(|i| i.def);
                let called = Call::cast(node).map(|call| file.called_by(call)).unwrap_or_default();
                for def in called.into_iter().chain(implied) {
                    if seen.contains(&def) {
                        continue;
                    }
                    if seen.len() >= MAX_CALLED {
                        return None;
                    }
                    seen.push(def);
                    pending.push((self.program.at(def.file)?, def.node));
                }
            }
        }
        Some(false)
    }

    fn called_by(&self, call: Call<'t>) -> Vec<Def<'t>> {
        let mut out = self.callees(call);
        if let CallKind::Functions(defs) = self.classify(call) {
            out.extend(defs);
        }
        out
    }

    fn called_within(&self, nodes: &[Node<'t>]) -> Vec<Def<'t>> {
        self.nodes_of(nodes).into_iter().filter_map(Call::cast).flat_map(|call| self.called_by(call)).collect()
    }

    /// Whether a node is a look at a sum, and no addition to it.
    fn looks_into(&self, sum: &Sum<'t>, keyed: bool, node: Node<'t>) -> bool {
        if node.kind() != "identifier" {
            return false;
        }
        let text = self.text(node);
        if BY_NAME.contains(&text) {
            return true;
        }
        let at = match sum {
            Sum::Variable(var) => {
                let declared =
                    node.parent().is_some_and(|p| matches!(p.kind(), "global_statement" | "nonlocal_statement"));
                let access = node.parent().filter(|p| p.kind() == "attribute");
                if text != &*var.name || declared {
                    return false;
                }
                match is_read_position(node) {
                    true if self.var(node).is_none_or(|v| v == *var) || self.is_import(node) => node,
                    true => return false,
                    // `counts.TOTAL`: of whichever module.
                    false => match access {
                        Some(access) => access,
                        None => return false,
                    },
                }
            }
            Sum::Attribute(name) => {
                if is_read_position(node) {
                    // The object itself, where it goes to somebody who may look at all of it.
                    return self.hands_all(node, name);
                }
                match node.parent().filter(|p| p.kind() == "attribute" && text == *name) {
                    Some(access) if self.is_of_answer(access, 3) => return false,
                    Some(access) => access,
                    None => return false,
                }
            }
        };
        let at = match at.parent().filter(|p| keyed && p.kind() == "subscript") {
            Some(entry) if entry.child_by_field_name("value").is_some_and(|v| v.id() == at.id()) => entry,
            _ => at,
        };
        let added = at.parent().filter(|p| p.kind() == "augmented_assignment").is_some_and(|a| {
            let operator = a.child_by_field_name("operator").map(|o| self.text(o));
            let left = a.child_by_field_name("left").is_some_and(|l| l.id() == at.id());
            left && matches!(operator, Some("+=" | "-="))
        });
        !added || keyed && at.kind() != "subscript"
    }

    /// Whether the loop hands an object, or what holds it, as a whole to something that is not of the project: to `print`.
    fn is_shown_whole(&self, object: Node<'t>, looped: Node<'t>) -> bool {
        // What it was given it holds, and is not it.
        let mut holders: Vec<Var> = self.same(object, &[]).into_iter().map(|place| place.var).collect();
        holders.retain(|var| var.name != "*parameters*");
        walk(looped).filter(|n| n.kind() == "identifier" && is_read_position(*n)).any(|name| {
            let Some(parent) = name.parent() else { return false };
            let of_project = || {
                let call = ancestors(name).take(2).find(|a| a.kind() == "argument_list").and_then(|l| l.parent());
                call.and_then(Call::cast).is_some_and(|c| matches!(self.classify(c), CallKind::Functions(_)))
            };
            let reached_into = parent.kind() == "attribute" || parent.kind() == "call";
            !reached_into && !of_project() && self.reach(name, &[]).iter().any(|p| holders.contains(&p.var))
        })
    }

    /// Whether a name stands for an object with a sum and goes as a whole to something that is not of the project.
    fn hands_all(&self, node: Node<'t>, name: &str) -> bool {
        let Some(parent) = node.parent() else { return false };
        let reached_into = parent.kind() == "attribute" || parent.kind() == "parameters";
        if reached_into || parent.kind() == "call" {
            return false;
        }
        let holds = self.meaning(node).all.iter().any(|m| match m {
            Meaning::Instance(class) => self.program.at(class.file).is_some_and(|file| {
                let body = file.names.opened_by(class.node).map(|s| file.names.bindings(s, name)).unwrap_or_default();
                !body.is_empty() || !file.set_by_methods(class.node, name).is_empty()
            }),
            _ => false,
        });
        let call = ancestors(node)
            .take(2)
            .find(|a| a.kind() == "argument_list")
            .and_then(|list| list.parent())
            .and_then(Call::cast);
        holds && !call.is_some_and(|call| matches!(self.classify(call), CallKind::Functions(_)))
    }

    /// Whether files beside the loop's and a sum's own may have it under another name.
    fn is_known_elsewhere(&self, home: &File<'t>) -> bool {
        let others = |file: &File<'t>| self.program.importers(file.located()).len();
        let renames = home.id != self.id && self.source.text.contains(" as ");
        renames || others(self) > 0 || others(home) > usize::from(home.id != self.id)
    }

    /// Whether a list or dict of sums has another name somewhere, by which the loop may look at it.
    fn is_let_go(&self, sum: &Sum<'t>, home: &'t File<'t>, looped: Node<'t>) -> bool {
        let this = self.program.at(self.id).into_iter().filter(|f| f.id != home.id);
        this.chain([home]).any(|file| {
            walk(file.source.root()).any(|node| {
                let named = match sum {
                    Sum::Variable(var) => {
                        node.kind() == "identifier" && file.text(node) == &*var.name && is_read_position(node)
                    }
                    Sum::Attribute(name) => {
                        Attribute::cast(node).and_then(|a| a.name()).is_some_and(|n| file.text(n) == *name)
                    }
                };
                let behind = file.id == self.id && file.is_behind(node) && node.start_byte() > looped.end_byte();
                let Some(parent) = node.parent().filter(|_| named && !behind) else { return false };
                match parent.kind() {
                    "subscript" | "for_statement" | "for_in_clause" | "interpolation" | "comparison_operator" => false,
                    "attribute" => false,
                    "global_statement" | "nonlocal_statement" => false,
                    "assignment" => {
                        let set = parent.child_by_field_name("left").is_some_and(|l| l.id() == node.id());
                        !set || !parent.child_by_field_name("right").is_some_and(|v| file.same(v, &[]).is_empty())
                    }
                    "argument_list" => {
                        let function = parent.parent().and_then(Call::cast).and_then(|c| c.function());
                        let path =
                            function.and_then(|f| file.builtin(f).map(str::to_string).or_else(|| file.import_path(f)));
                        !matches!(
                            path.as_deref(),
                            Some(
                                "print"
                                    | "len"
                                    | "sum"
                                    | "sorted"
                                    | "str"
                                    | "repr"
                                    | "dict"
                                    | "list"
                                    | "json.dump"
                                    | "json.dumps"
                            )
                        )
                    }
                    _ => true,
                }
            })
        })
    }

    /// Whether a dict of sums has a key from the start.
    fn has_key(&self, sum: &Sum<'t>, key: Node<'t>) -> bool {
        if key.kind() != "string" || walk(key).any(|n| n.kind() == "interpolation") {
            return false;
        }
        let wanted = literal(self.text(key));
        let displays: Vec<Node<'t>> = match sum {
            Sum::Variable(var) if var.file == self.id => {
                let bindings = self.names.bindings(var.scope, &var.name);
                bindings.iter().filter_map(|b| if let Bound::Value(value) = b.bound { value } else { None }).collect()
            }
            Sum::Variable(_) => return false,
            Sum::Attribute(name) => {
                let classes = walk(self.source.root()).filter(|n| n.kind() == "class_definition");
                classes.flat_map(|c| self.set_by_methods(c, name).to_vec()).filter_map(|a| a.right()).collect()
            }
        };
        let held = |display: &Node<'t>| {
            display.kind() == "dictionary"
                && children(*display)
                    .filter_map(|pair| pair.child_by_field_name("key"))
                    .any(|k| k.kind() == "string" && literal(self.text(k)) == wanted)
        };
        !displays.is_empty() && displays.iter().all(held)
    }

    /// Whether the program may go on behind a failure in a loop, and so see what calls under way have added.
    pub(super) fn outlives_failure(&self, looped: Node<'t>) -> bool {
        let mut pending = vec![looped];
        let mut seen: Vec<usize> = Vec::new();
        if !self.program.importers(self.located()).is_empty() || self.source.text.contains("atexit") {
            return true;
        }
        while let Some(node) = pending.pop() {
            let handled = |a: &Node<'t>| match a.kind() {
                "try_statement" => a.child_by_field_name("body").is_some_and(|b| span(b).contains(span(node))),
                "with_statement" => {
                    self.swallows(*a)
                        || walk(*a).take(12).any(|n| n.kind() == "identifier" && self.text(n).contains("suppress"))
                }
                _ => false,
            };
            if ancestors(node).any(|a| handled(&a)) {
                return true;
            }
            let Some(def) = ancestors(node).find_map(Function::cast) else { continue };
            if seen.contains(&def.0.id()) {
                continue;
            }
            seen.push(def.0.id());
            if seen.len() > MAX_CALLERS {
                return true;
            }
            let Some(name) = def.name().map(|n| self.text(n)) else { return true };
            pending.extend(self.names.reads_named(name).iter().map(|r| r.node));
        }
        false
    }
}

/// Whether a loop can end before its source does, while others are under way.
fn leaves_early(looped: Node<'_>) -> bool {
    walk(looped).any(|n| matches!(n.kind(), "break_statement" | "return_statement" | "raise_statement" | "yield"))
}
