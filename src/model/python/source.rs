//! What a loop iterates: progress bars and `enumerate` unwrapped, and whether it can be read ahead.

use super::calls::CallKind;
use super::names::Bound;
use super::receivers::Def;
use super::receivers::Meaning;
use super::{File, Grade, Trouble, Var};
use crate::catalog::PythonFacts;
use crate::facts::Code;
use crate::syntax::python::{Attribute, Call, Function, ListComprehension, Subscript, With};
use crate::syntax::{Node, ancestors, children, walk};

/// A loop's source and target with what may stay outside unwrapped.
#[derive(Debug, Clone)]
pub(crate) struct Peeled<'t> {
    /// The innermost source.
    pub source: Node<'t>,
    /// The target that gets its items.
    pub target: Node<'t>,
    /// Whether a progress bar stays outside.
    pub progress: bool,
    /// Whether a bar stands inside an `enumerate` whose index the work needs, where it would run ahead of the loop.
    pub bar_inside: bool,
    /// The index that an outer `enumerate` counts, where it counts from zero.
    pub index: Option<Node<'t>>,
    /// Whether it is a `while` that counts: the source is what it counts up to, and the items are numbers.
    pub counted: bool,
    /// Whether the same items come again: for each item of a loop around, which is one with this.
    pub again: bool,
}

/// How deep function results and arguments are followed.
const FOLLOW: usize = 4;

impl<'t> File<'t> {
    /// Unwraps `tqdm(…)` and `enumerate(…)`, as long as what they add is not in `needed` by the work.
    pub(crate) fn peel(
        &self,
        source: Node<'t>,
        target: Node<'t>,
        needed: &dyn Fn(&Var) -> bool,
    ) -> Result<Peeled<'t>, Trouble<'t>> {
        let mut at =
            Peeled { source, target, progress: false, bar_inside: false, index: None, counted: false, again: false };
        while let Some(call) = Call::cast(at.source) {
            let Some(function) = call.function() else { break };
            let Some(inner) = call.args().next().filter(|a| a.kind() != "keyword_argument" && a.kind() != "list_splat")
            else {
                break;
            };
            if self.makes_bar(call) {
                if let Some(trouble) = call.args().skip(1).find_map(|a| self.impurity(a)) {
                    return Err(trouble);
                }
                at.source = inner;
                at.progress = true;
                continue;
            }
            if self.builtin(function) != Some("enumerate") {
                break;
            }
            let parts: Vec<_> = children(at.target).collect();
            let ([index, item], true) =
                (parts.as_slice(), matches!(at.target.kind(), "pattern_list" | "tuple_pattern"))
            else {
                break;
            };
            let needs_index =
                walk(*index).filter(|n| n.kind() == "identifier").filter_map(|n| self.var(n)).any(|v| needed(&v));
            if needs_index {
                at.bar_inside = self.shows_progress(inner);
                break;
            }
            let counts_from_zero = call.args().count() == 1;
            at.index = (index.kind() == "identifier" && counts_from_zero).then_some(*index);
            at.source = inner;
            at.target = *item;
        }
        Ok(at)
    }

    /// Whether a call makes a progress bar.
    pub(super) fn makes_bar(&self, call: Call<'t>) -> bool {
        let path = call.function().and_then(|f| self.import_path(f));
        path.is_some_and(|p| PythonFacts::has(&self.catalog.python.progress, &p))
    }

    /// Whether a progress bar is made in an expression.
    pub(super) fn shows_progress(&self, node: Node<'t>) -> bool {
        walk(node).filter_map(Call::cast).any(|c| self.makes_bar(c))
    }

    /// What a progress bar that a variable holds goes through.
    fn held_bar(&self, node: Node<'t>) -> Option<Node<'t>> {
        let var = (node.kind() == "identifier").then(|| self.var(node)).flatten()?;
        let bindings = self.home(&var).names.bindings(var.scope, &var.name);
        bindings.iter().filter(|_| var.file == self.id).find_map(|b| match b.bound {
            Bound::Value(Some(made)) | Bound::With(made) => Call::cast(made)
                .filter(|c| self.makes_bar(*c))?
                .args()
                .next()
                .filter(|a| a.kind() != "keyword_argument"),
            _ => None,
        })
    }

    /// Why a source must not be read ahead of the loop; `None` where it has a length and no effects.
    pub(crate) fn unsized_source(&self, source: Node<'t>, body: Node<'t>) -> Option<Trouble<'t>> {
        if let Some(call) = Call::cast(source)
            && let Some(trouble) = self.source_call_trouble(call)
        {
            return Some(trouble);
        }
        // Each group is a part of one iterator, and is gone when the next group is asked for.
        let grouped = walk(source)
            .filter_map(Call::cast)
            .find(|c| c.function().is_some_and(|f| self.import_path(f).as_deref() == Some("itertools.groupby")));
        if let Some(call) = grouped {
            return Some(Trouble::new(
                Code::SHARED_ITERATOR,
                call.0,
                "the groups of `groupby` share one iterator: each is empty once the next is asked for",
                "make lists of them first: `[(key, list(group)) for key, group in groupby(…)]`",
            ));
        }
        if self.is_sized(source, FOLLOW) || self.lists_a_folder(source, body) {
            return None;
        }
        let is_file = Call::cast(source).and_then(|c| c.function()).is_some_and(|f| self.builtin(f) == Some("open"))
            || self.is_open_file(source);
        // What is read ahead of the loop shows where the loop asks how far it is.
        if let Some(asked) = self.asks_its_source(source, body) {
            return Some(
                Trouble::new(
                    Code::SOURCE,
                    asked,
                    match asked.parent().filter(|p| p.kind() == "attribute") {
                        None if asked.kind() == "identifier" => format!(
                            "the loop uses `{}` while it goes through it, and by then that would be ahead",
                            self.text(asked)
                        ),
                        attribute => format!(
                            "`{}` asks what the loop goes through, which would be ahead of it by then",
                            self.text(attribute.unwrap_or(asked))
                        ),
                    },
                    self.instead_of_asking(asked),
                )
                .with(source),
            );
        }
        if self.never_ends(source)
            && !matches!(Call::cast(source).map(|c| self.classify(c)), Some(CallKind::Functions(_)))
        {
            return None;
        }
        let text = self.text(source);
        if let Some(items) = self.held_bar(source) {
            let message =
                format!("`{text}` is a progress bar: read ahead of the loop, it counts the calls that have begun");
            let help = "write the bar in the head of the loop: `for item in tqdm(items)`; or count in the loop: `bar = tqdm(total=len(items))` in front of it, `bar.update(1)` at its end";
            let bar = Trouble::new(Code::SOURCE, source, message, help).graded(Grade::Care);
            return Some(self.unsized_source(items, body).filter(|t| t.grade > Grade::Care).unwrap_or(bar));
        }
        let (message, help, grade) = if is_file {
            (
                "the loop reads a file line by line while it runs".to_string(),
                "read the lines first: `lines = f.readlines()`, or `list(f)`",
                Grade::Assumed,
            )
        } else {
            let waits = Call::cast(source).is_some_and(|c| !self.waits_of(c).is_empty());
            let effects = match Call::cast(source).map(|c| self.classify(c)) {
                Some(CallKind::Functions(defs)) => defs.iter().any(|d| self.yields_with_effects(*d)),
                Some(CallKind::Method { .. }) => self.text(source).contains("next("),
                _ => false,
            };
            let iterator = self.may_pull(source);
            let grade = match (effects, waits || iterator) {
                (true, _) => Grade::Blocked,
                (false, true) => Grade::Care,
                (false, false) => Grade::Assumed,
            };
            (
                format!("whether `{text}` has a length and can be read ahead without effects is not known"),
                "make it a list in front of the loop: `items = list(…)`",
                grade,
            )
        };
        Some(Trouble::new(Code::SOURCE, source, message, help).graded(grade))
    }

    /// Whether a source lists files: a folder is read as a whole when its first item is taken, and those below it when their
    /// turn comes, where it is the same as before as long as the loop writes no file.
    fn lists_a_folder(&self, source: Node<'t>, body: Node<'t>) -> bool {
        let Some(call) = Call::cast(source) else { return false };
        let Some(function) = call.function() else { return false };
        let pattern = call.args().next();
        let flat = |p: Node<'t>| p.kind() == "string" && !self.text(p).contains("**");
        let at_once = match self.import_path(function).as_deref() {
            // Of several folders each is read in its turn.
            Some("glob.iglob") => pattern.is_some_and(|p| {
                let folder = self.text(p).rsplit_once('/').map_or("", |(folder, _)| folder);
                flat(p) && !folder.contains(['*', '?', '['])
            }),
            Some("os.scandir") => false,
            // What is left of the folders' names is gone into, so nobody may look at them.
            Some("os.walk") if self.leaves_folders(source) => false,
            Some(_) => return false,
            None => {
                let method = Attribute::cast(function);
                let (Some(object), Some(name)) = (method.and_then(|a| a.object()), method.and_then(|a| a.name()))
                else {
                    return false;
                };
                if !matches!(self.classify(call), CallKind::Method { .. }) || !self.may_be_path(object) {
                    return false;
                }
                match self.text(name) {
                    "iterdir" => true,
                    "glob" => pattern.is_some_and(|p| flat(p) && !self.text(p).contains('/')),
                    "rglob" => false,
                    _ => return false,
                }
            }
        };
        let nodes = super::summary::own_nodes(body);
        at_once || self.findings(&nodes, &super::work::Unit::Region).writes_files.is_empty()
    }

    /// Whether nothing in a loop over `os.walk(…)` names the list of folders.
    fn leaves_folders(&self, source: Node<'t>) -> bool {
        let Some(looped) = ancestors(source).find(|a| a.kind() == "for_statement") else { return false };
        let names = looped.child_by_field_name("left").filter(|l| matches!(l.kind(), "pattern_list" | "tuple_pattern"));
        let folders = names.and_then(|l| children(l).nth(1)).and_then(|n| self.var(n));
        folders.is_some_and(|v| {
            let mut reads = self.names.reads_of(v.scope, &v.name);
            !reads.any(|r| crate::syntax::span(looped).contains(crate::syntax::span(r.node)))
        })
    }

    /// Whether a generator function does more than compute between its items.
    fn yields_with_effects(&self, def: Def<'t>) -> bool {
        let Some(file) = self.program.at(def.file) else { return true };
        let yields = file.names.opened_by(def.node).is_some_and(|s| file.names.scope(s).yields);
        let summary = self.summary_of(def);
        yields
            && (summary.stores.iter().any(|s| s.sure)
                || !summary.work.waits.is_empty()
                || summary.work.prints.is_some())
    }

    /// Whether items are taken from something that is pulled, by its name or annotation.
    fn may_pull(&self, source: Node<'t>) -> bool {
        let Some(var) = (source.kind() == "identifier").then(|| self.var(source)).flatten() else { return false };
        self.home(&var).names.bindings(var.scope, &var.name).iter().any(|b| match b.bound {
            Bound::Value(Some(e)) => e.kind() == "generator_expression",
            Bound::Parameter(Some(a)) => ["Iterator", "Generator"].iter().any(|w| self.home(&var).text(a).contains(w)),
            _ => false,
        })
    }

    /// A source that is itself a waiting call, or draws, or sleeps, stays where it is: it is evaluated once, as before.
    fn source_call_trouble(&self, call: Call<'t>) -> Option<Trouble<'t>> {
        match self.classify(call) {
            CallKind::Blocking(path) => {
                Some(Trouble::not_analysed(call.0, format!("`{path}` as the source of the loop")))
            }
            _ => None,
        }
    }

    fn is_open_file(&self, node: Node<'t>) -> bool {
        let Some(var) = (node.kind() == "identifier").then(|| self.var(node)).flatten() else { return false };
        self.names.bindings(var.scope, &var.name).iter().any(|b| match b.bound {
            Bound::Value(Some(e)) | Bound::With(e) => {
                Call::cast(e).and_then(|c| c.function()).is_some_and(|f| self.builtin(f) == Some("open"))
            }
            _ => false,
        })
    }

    /// Whether an expression gives something that has a length and is read without effects.
    pub(crate) fn is_sized(&self, node: Node<'t>, depth: usize) -> bool {
        if depth == 0 {
            return false;
        }
        match node.kind() {
            "list"
            | "tuple"
            | "expression_list"
            | "dictionary"
            | "set"
            | "list_comprehension"
            | "set_comprehension"
            | "dictionary_comprehension"
            | "string"
            | "concatenated_string" => true,
            "parenthesized_expression" => children(node).all(|c| self.is_sized(c, depth)),
            // `a + b` of two sequences; only sequences and numbers add, and numbers cannot be iterated.
            "binary_operator" => children(node).all(|c| self.is_sized(c, depth) || matches!(c.kind(), "integer")),
            "conditional_expression" => {
                let parts: Vec<_> = children(node).collect();
                matches!(parts.as_slice(), [yes, _, no] if self.is_sized(*yes, depth) && self.is_sized(*no, depth))
            }
            // Only sequences can be sliced.
            "subscript" if children(node).nth(1).is_some_and(|i| i.kind() == "slice") => true,
            "subscript" => Subscript(node).value().is_some_and(|v| self.is_data(v, depth - 1)),
            // The labels of a table.
            "attribute" => {
                let name = Attribute(node).name().map_or("", |n| self.text(n));
                matches!(name, "index" | "columns")
                    && Attribute(node).object().is_some_and(|o| self.is_data(o, depth - 1))
            }
            "identifier" => self.var(node).is_some_and(|v| {
                self.bindings_hold(&v, |e| self.is_sized(e, depth - 1), depth, true) || self.is_item_of_data(&v, depth)
            }),
            "call" => self.sized_call(Call(node), depth),
            _ => false,
        }
    }

    fn sized_call(&self, call: Call<'t>, depth: usize) -> bool {
        let Some(function) = call.function() else { return false };
        let first = || call.args().next();
        if let Some(name) = self.builtin(function) {
            return match name {
                "list" | "tuple" | "dict" | "set" | "frozenset" | "sorted" | "range" | "str" => true,
                "enumerate" | "reversed" => first().is_some_and(|a| self.is_sized(a, depth - 1)),
                "zip" => call.args().all(|a| a.kind() == "keyword_argument" || self.is_sized(a, depth - 1)),
                _ => false,
            };
        }
        if let Some(path) = self.import_path(function).filter(|p| !self.is_project_path(p)) {
            if path == "itertools.islice" {
                return first().is_some_and(|a| self.is_sized(a, depth - 1));
            }
            let facts = &self.catalog.python;
            return facts.sized_functions.contains(&path) || facts.data_functions.contains(&path);
        }
        match self.classify(call) {
            CallKind::Functions(defs) => self.all_return(&defs, &|f, e| f.is_sized(e, depth - 1)),
            _ if self.fetches(call) => !self.text(function).ends_with("fetchone"),
            _ => Attribute::cast(function).is_some_and(|m| {
                let name = m.name().map_or("", |n| self.text(n));
                let plain = m.object().is_some_and(|o| !self.is_open_file(o));
                (self.catalog.python.sized_methods.contains(name)
                    && (plain || name == "readlines")
                    && !self.is_own_method(name)
                    && !(self.imports_unseen() && m.object().is_some_and(|o| self.may_be_own_object(o))))
                    || (matches!(name, "iterrows" | "itertuples")
                        && m.object().is_some_and(|o| self.is_data(o, depth - 1)))
            }),
        }
    }

    /// Whether an expression is plain data (JSON, a table), so that every part of it has a length or cannot be iterated.
    fn is_data(&self, node: Node<'t>, depth: usize) -> bool {
        if depth == 0 {
            return false;
        }
        match node.kind() {
            "identifier" => self.var(node).is_some_and(|v| {
                self.bindings_hold(&v, |e| self.is_data(e, depth - 1), depth, false) || self.is_item_of_data(&v, depth)
            }),
            "subscript" => Subscript(node).value().is_some_and(|v| self.is_data(v, depth - 1)),
            "call" => {
                let call = Call(node);
                let Some(function) = call.function() else { return false };
                // The parts of what `os.walk` gives are lists of names.
                let data = |p: &str| self.catalog.python.data_functions.contains(p) || p == "os.walk";
                self.import_path(function).is_some_and(|p| data(&p))
                    || matches!(self.classify(call), CallKind::Functions(defs) if self.all_return(&defs, &|f, e| f.is_data(e, depth - 1)))
            }
            _ => false,
        }
    }

    /// Whether a variable gets nothing but the items of plain data, or parts of them.
    fn is_item_of_data(&self, var: &Var, depth: usize) -> bool {
        let bindings = self.names.bindings(var.scope, &var.name);
        var.file == self.id
            && !bindings.is_empty()
            && bindings.iter().all(|b| matches!(b.bound, Bound::Item(e) if self.is_data(e, depth - 1)))
    }

    /// Whether an expression is plain data in the shape of a tree, as JSON and literals are: no object in it occurs twice,
    /// none refers to another, and every part is of a builtin type.
    pub(crate) fn is_tree(&self, node: Node<'t>) -> bool {
        if let Some(known) = self.trees.borrow().get(&node.id()) {
            return *known;
        }
        // A question that leads back to itself: nobody knows.
        self.trees.borrow_mut().insert(node.id(), false);
        let found = self.tree(node, FOLLOW);
        self.trees.borrow_mut().insert(node.id(), found);
        found
    }

    /// The same of a variable's value, but for what one assignment puts in the place of an item.
    pub(super) fn is_tree_up_to(&self, node: Node<'t>, target: Node<'t>) -> bool {
        let var = (node.kind() == "identifier").then(|| self.var(node)).flatten();
        var.is_some_and(|v| {
            let test = |e: Node<'t>| self.tree(e, FOLLOW - 1) || self.is_filled_dict(e);
            self.bindings_hold(&v, test, FOLLOW, false) && !self.holds_others(&v, Some(target))
        })
    }

    /// A new dict whose values are new, or texts and numbers: its keys are not asked about.
    fn is_filled_dict(&self, node: Node<'t>) -> bool {
        match node.kind() {
            "dictionary_comprehension" => {
                let value = ListComprehension(node).body().and_then(|b| b.child_by_field_name("value"));
                value.is_some_and(|v| self.makes_tree(v))
            }
            "call" if Call(node).function().is_some_and(|f| self.text(f) == "dict.fromkeys") => {
                Call(node).args().nth(1).is_none_or(|v| matches!(v.kind(), "none" | "string" | "integer" | "float"))
            }
            _ => false,
        }
    }

    fn tree(&self, node: Node<'t>, depth: usize) -> bool {
        if depth == 0 {
            return false;
        }
        match node.kind() {
            "string" | "concatenated_string" | "integer" | "float" | "true" | "false" | "none" | "unary_operator" => {
                true
            }
            "list" | "tuple" | "dictionary" | "pair" | "parenthesized_expression" => {
                children(node).all(|c| c.kind() != "identifier" && self.tree(c, depth))
            }
            // Each element is made anew where the element's expression makes it.
            "list_comprehension" => ListComprehension(node).body().is_some_and(|b| self.makes_tree(b)),
            "subscript" => Subscript(node).value().is_some_and(|v| self.tree(v, depth)),
            "identifier" => self.var(node).is_some_and(|v| {
                self.bindings_hold(&v, |e| self.tree(e, depth - 1), depth, false) && !self.holds_others(&v, None)
            }),
            "call" => {
                let call = Call(node);
                let Some(function) = call.function() else { return false };
                let first = call.args().next();
                if let Some(name) = self.builtin(function) {
                    return match name {
                        "range" => true,
                        "list" | "tuple" | "sorted" | "reversed" | "enumerate" => {
                            first.is_some_and(|a| self.tree(a, depth))
                        }
                        "zip" => {
                            let parts: Vec<_> = call.args().map(|a| self.reach(a, &[])).collect();
                            let apart =
                                |a: usize, b: usize| parts[a].iter().all(|x| parts[b].iter().all(|y| !x.meets(y)));
                            call.args().all(|a| self.tree(a, depth))
                                && (0..parts.len()).all(|a| (0..a).all(|b| apart(a, b)))
                        }
                        _ => false,
                    };
                }
                if let Some(path) = self.import_path(function) {
                    return self.catalog.python.data_functions.contains(&path)
                        || matches!(path.as_str(), "glob.glob" | "os.listdir" | "re.findall" | "re.split");
                }
                if let CallKind::Functions(defs) = self.classify(call) {
                    return self.all_return(&defs, &|f, e| f.tree(e, depth - 1));
                }
                Attribute::cast(function).is_some_and(|m| {
                    let name = m.name().map_or("", |n| self.text(n));
                    let known = matches!(
                        name,
                        "items"
                            | "keys"
                            | "values"
                            | "iterrows"
                            | "itertuples"
                            | "readlines"
                            | "splitlines"
                            | "split"
                            | "tolist"
                    );
                    let of_text = matches!(name, "readlines" | "splitlines" | "split");
                    known && m.object().is_some_and(|o| of_text && !self.may_be_own_object(o) || self.tree(o, depth))
                })
            }
            _ => false,
        }
    }

    /// Whether an expression makes a new tree each time it is evaluated.
    fn makes_tree(&self, node: Node<'t>) -> bool {
        match node.kind() {
            "none" | "true" | "false" => true,
            "string" | "integer" | "float" | "binary_operator" => walk(node).all(|n| n.kind() != "list"),
            "dictionary" | "list" | "tuple" | "pair" => children(node).all(|c| self.makes_tree(c)),
            "call" => {
                let call = Call(node);
                let Some(function) = call.function() else { return false };
                self.import_path(function).is_some_and(|p| self.catalog.python.data_functions.contains(&p))
                    || Attribute::cast(function).and_then(|a| a.name()).is_some_and(|n| {
                        let name = self.text(n);
                        let text = matches!(
                            name,
                            "strip" | "rstrip" | "lstrip" | "lower" | "upper" | "format" | "split" | "replace" | "join"
                        );
                        text && matches!(self.classify(call), CallKind::Pure)
                    })
                    || self.builtin(function).is_some_and(|n| matches!(n, "str" | "int" | "float" | "repr"))
            }
            _ => false,
        }
    }

    /// Whether objects from elsewhere are stored into a variable's object, so that it may not be a tree any more. Strings
    /// and numbers do no harm; nobody can tell them from objects here, so only stores of literals and of answers pass.
    fn holds_others(&self, var: &Var, but: Option<Node<'t>>) -> bool {
        self.names.reads_of(var.scope, &var.name).any(|read| {
            let parent = read.node.parent();
            let appended = parent.and_then(Attribute::cast).and_then(|a| a.name()).is_some_and(|n| {
                let call = parent.and_then(|p| p.parent()).and_then(Call::cast);
                let new = call.is_some_and(|c| c.args().all(|a| self.makes_tree(a)));
                matches!(self.text(n), "append" | "extend" | "insert" | "update" | "setdefault" | "add") && !new
            });
            let stored = parent
                .and_then(Subscript::cast)
                .is_some_and(|s| super::effects::is_target(s.0) && but.is_none_or(|b| b.id() != s.0.id()));
            appended || stored
        })
    }

    /// Whether every value that a variable ever gets satisfies a test; parameters are followed to their callers.
    fn bindings_hold(&self, var: &Var, test: impl Fn(Node<'t>) -> bool + Copy, depth: usize, annotated: bool) -> bool {
        if var.file != self.id {
            return false;
        }
        let bindings = self.names.bindings(var.scope, &var.name);
        !bindings.is_empty()
            && bindings.iter().all(|b| match b.bound {
                Bound::Value(Some(e)) => test(e),
                Bound::Augmented => true,
                Bound::Parameter(annotation) => {
                    annotated && annotation.is_some_and(|a| self.is_sized_annotation(a))
                        || depth > 1 && self.all_callers_pass(var, test)
                }
                _ => false,
            })
    }

    /// Whether every value of a variable has a length.
    pub(crate) fn is_sized_var(&self, var: &Var) -> bool {
        if var.file != self.id {
            return self.home(var).id == var.file && self.home(var).is_sized_var(var);
        }
        self.bindings_hold(var, |e| self.is_sized(e, FOLLOW), FOLLOW, true)
    }

    fn is_sized_annotation(&self, annotation: Node<'t>) -> bool {
        let text = self.text(annotation);
        let head = text.split('[').next().unwrap_or(text).trim();
        let last = head.rsplit('.').next().unwrap_or(head);
        matches!(
            last,
            "list" | "List" | "tuple" | "Tuple" | "dict" | "Dict" | "set" | "Set" | "Sequence" | "Mapping" | "str"
        )
    }

    /// Whether every visible call of a parameter's function passes something that satisfies a test, or leaves it to a default
    /// that does, and all uses of the function are visible calls.
    pub(super) fn all_callers_pass(&self, var: &Var, test: impl Fn(Node<'t>) -> bool) -> bool {
        let def = self.names.scope(var.scope).node;
        let Some(name) = Function::cast(def).and_then(|f| f.name()).map(|n| self.text(n)) else { return false };
        let Some(home) = self.names.scope(var.scope).parent else { return false };
        if home != self.names.module() || self.names.bindings(home, name).len() != 1 {
            return false;
        }
        let parameters: Vec<&str> = Function(def)
            .parameters()
            .map(|p| children(p).map(|c| self.parameter_name(c)).collect())
            .unwrap_or_default();
        let Some(position) = parameters.iter().position(|p| var.name == **p) else { return false };
        let default = Function(def)
            .parameters()
            .and_then(|p| children(p).nth(position))
            .and_then(|p| p.child_by_field_name("value"));
        let mut reads = self.names.reads_of(home, name).peekable();
        reads.peek().is_some()
            && reads.all(|read| {
                let Some(call) = read
                    .node
                    .parent()
                    .and_then(Call::cast)
                    .filter(|c| c.function().is_some_and(|f| f.id() == read.node.id()))
                else {
                    return false;
                };
                let args: Vec<_> = call.args().collect();
                if args.iter().any(|a| matches!(a.kind(), "list_splat" | "dictionary_splat")) {
                    return false;
                }
                call.keyword(self.source, &var.name)
                    .or_else(|| args.get(position).copied().filter(|a| a.kind() != "keyword_argument"))
                    .or(default)
                    .is_some_and(&test)
            })
    }

    pub(crate) fn parameter_name(&self, node: Node<'t>) -> &'t str {
        let mut at = node.child_by_field_name("name").unwrap_or(node);
        while at.kind() != "identifier" {
            match at.named_child(0) {
                Some(child) => at = child,
                None => break,
            }
        }
        self.text(at)
    }

    /// Whether every `return` of every one of some functions gives something that satisfies a test in its file.
    fn all_return(&self, defs: &[Def<'t>], test: &dyn Fn(&File<'t>, Node<'t>) -> bool) -> bool {
        !defs.is_empty()
            && defs
                .iter()
                .all(|def| self.program.at(def.file).is_some_and(|file| file.returns(def.node, |e| test(file, e))))
    }

    /// Whether every `return` of a function gives something that satisfies a test.
    fn returns(&self, def: Node<'t>, test: impl Fn(Node<'t>) -> bool) -> bool {
        let Some(scope) = self.names.opened_by(def) else { return false };
        let own = self.names.scope(scope);
        let Some(body) = Function(def).body() else { return false };
        if own.yields || Function(def).is_async() || def.parent().is_some_and(|p| p.kind() == "decorated_definition") {
            return false;
        }
        let returned: Vec<_> = walk(body)
            .filter(|n| n.kind() == "return_statement" && super::same_function(*n, def))
            .map(|n| children(n).next())
            .collect();
        !returned.is_empty() && returned.into_iter().all(|value| value.is_some_and(&test))
    }

    /// Whether the loop stands in a `with` that holds something over the call: a lock, a transaction, a cursor.
    pub(crate) fn held_over(&self, node: Node<'t>, within: Node<'t>) -> Option<Trouble<'t>> {
        ancestors(node).take_while(|a| a.id() != within.id()).filter_map(With::cast).find_map(|with| {
            with.items().find_map(|item| {
                let (context, _) = item.parts()?;
                // What is called, not what it is called with: `open("sessions.txt")` holds nothing.
                let called = Call::cast(context).and_then(|c| c.function()).unwrap_or(context);
                let text = self.text(called).to_ascii_lowercase();
                let held = ["lock", "transaction", "begin", "cursor", "session", "connect", "atomic"].iter().any(|w| text.contains(w));
                let made = self.meaning(context).all;
                let held = held
                    || made.iter().any(|m| {
                        matches!(m, Meaning::Made(path, _) if ["threading.", "multiprocessing.", "asyncio."].iter().any(|module| path.starts_with(module)))
                    });
                // A client of the catalogue may be called session, and holds nothing but connections.
                let path = Call::cast(context).and_then(|c| c.function()).and_then(|f| self.import_path(f));
                let client = path.and_then(|p| self.catalog.client(&p)).is_some_and(|c| !c.bound && c.calls.values().any(|f| f.site));
                let group = made.iter().any(|m| matches!(m, Meaning::Made(path, _) if path == "asyncio.TaskGroup"));
                let name = item.parts().and_then(|(_, name)| name).map(|n| self.text(n)).unwrap_or_default();
                if group && !name.is_empty() && self.text(within).contains(&format!("{name}.create_task(")) {
                    return Some(Trouble::new(
                        Code::CONCURRENT,
                        context,
                        "the calls are tasks of a group, which gives what fails as an `ExceptionGroup` and waits for all of them at its end",
                        "bound them with a semaphore in the coroutine",
                    ));
                }
                (held && !client).then(|| {
                    Trouble::new(
                        Code::HELD_RESOURCE,
                        context,
                        format!("`{}` may be held over the call", self.text(context)),
                        "make the calls first, and take the lock or open the transaction around what uses their results",
                    )
                })
            })
        })
    }
}
