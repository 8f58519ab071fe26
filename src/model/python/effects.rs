//! What an expression does to anything outside itself.

use super::alias::{Place, Places};
use super::calls::CallKind;
use super::names::{Bound, ScopeKind};
use super::reading::Ahead;
use super::summary::{Root, Store, weight};
use super::{File, Trouble, Var};
use crate::catalog::PythonFacts;
use crate::facts::Code;
use crate::syntax::python::{AugmentedAssignment, Call};
use crate::syntax::{Node, walk};

/// One change that a statement makes to an object or variable.
#[derive(Debug, Clone)]
pub(crate) struct Change<'t> {
    /// The places that may be changed.
    pub places: Places,
    /// The place as it is written, where it is a variable or one key or attribute of it.
    pub direct: Option<Place>,
    /// Whether it surely changes something, and is not only handed to code that could.
    pub sure: bool,
    /// Where.
    pub node: Node<'t>,
    /// The function that makes it, where nothing names that there.
    pub by: Option<super::receivers::Def<'t>>,
}

impl<'t> File<'t> {
    /// Why an expression must not be evaluated ahead of its turn; `None` where it has no effects.
    pub(crate) fn impurity(&self, expression: Node<'t>) -> Option<Trouble<'t>> {
        self.effects(expression, Ahead::Pure)
    }

    pub(super) fn call_impurity(&self, call: Call<'t>) -> Option<Trouble<'t>> {
        self.call_effects(call, Ahead::Pure)
    }

    /// Why a call must not be made ahead of its turn, where files may be read.
    pub(super) fn call_effects(&self, call: Call<'t>, ahead: Ahead) -> Option<Trouble<'t>> {
        let node = call.0;
        if let Ahead::Reads(within) = ahead
            && self.only_reads(call, within)
        {
            return None;
        }
        let says = |code: Code, message: String, help: &str| Some(Trouble::new(code, node, message, help));
        match self.classify(call) {
            CallKind::Pure => None,
            CallKind::Functions(defs) => {
                // A constructor fills in an object that nobody else has.
                let makes = call.function().is_some_and(|f| {
                    self.meaning(f).all.iter().all(|m| matches!(m, super::receivers::Meaning::Class(_)))
                });
                let troubles = defs.iter().filter_map(|def| {
                    let summary = self.summary_of(*def);
                    let harmless = makes && summary.fills;
                    let why = if matches!(ahead, Ahead::Pure) { summary.impurity() } else { summary.effects.as_ref() };
                    why.cloned().filter(|_| !harmless).map(|t| t.at_call(node, def.file))
                });
                // A draw is what is said only where there is nothing worse.
                troubles.min_by_key(|t| t.code == Code::RANDOM)
            }
            CallKind::Random(path) => says(
                Code::RANDOM,
                format!("`{path}` draws a random number that decides what the call is asked"),
                "draw all random numbers in a loop of their own before this one",
            ),
            CallKind::Clock(path) => says(
                Code::TIME,
                format!("`{path}` reads the clock for the call"),
                "read the clock once before the loop",
            ),
            CallKind::Sleep(path) => says(
                Code::SLEEP,
                format!("`{path}` waits in front of the call"),
                "remove the wait and let the concurrency limit keep the rate",
            ),
            CallKind::Catalogued => says(
                Code::BLOCKING,
                "a second waiting call in front of this one".into(),
                "split the loop in two: one loop per call",
            ),
            CallKind::Method { receiver, .. } => Some(Trouble::not_analysed(
                node,
                format!(
                    "`{}` may change `{}`, and the call depends on its result",
                    self.text(node),
                    self.text(receiver)
                ),
            )),
            CallKind::Library(path) | CallKind::ProcessState(path) | CallKind::Blocking(path) => {
                Some(Trouble::not_analysed(
                    node,
                    format!("`{path}` is not known to have no effects, and the call depends on its result"),
                ))
            }
            CallKind::Print | CallKind::Exit => Some(Trouble::not_analysed(node, "an effect in front of the call")),
            CallKind::Opaque(what) => Some(Trouble::not_analysed(
                node,
                format!("the call depends on {what}, which is not known to have no effects"),
            )),
        }
    }

    /// `parts.append(…)` where `parts` is an object that the same function made and no one else holds.
    pub(super) fn fills_own_object(&self, call: Call<'t>, ahead: Ahead) -> bool {
        let CallKind::Method { receiver, shallow: true } = self.classify(call) else { return false };
        let Some(var) = (receiver.kind() == "identifier").then(|| self.var(receiver)).flatten() else { return false };
        let own = self.names.scope(var.scope).kind == ScopeKind::Function;
        let bindings = self.names.bindings(var.scope, &var.name);
        let made_here = bindings.iter().all(|b| match b.bound {
            Bound::Value(Some(e)) => self.same(e, &[]).is_empty(),
            Bound::Augmented => true,
            _ => false,
        });
        own && made_here && !bindings.is_empty() && call.args().all(|a| self.effects(a, ahead).is_none())
    }

    /// Why a call must not stand in the consuming part of a loop; `None` where it may.
    pub(crate) fn opacity(&self, call: Call<'t>) -> Option<Trouble<'t>> {
        let node = call.0;
        match self.classify(call) {
            CallKind::Pure | CallKind::Print | CallKind::Random(_) | CallKind::Library(_) | CallKind::Exit => None,
            CallKind::Method { receiver, shallow } if self.is_known_object(receiver, shallow) => None,
            CallKind::Method { .. } if self.leaves_path(call) || self.reads_its_own(call) => None,
            CallKind::Method { .. } if self.read_on(call).is_some() => None,
            CallKind::Method { .. } => {
                Some(Trouble::not_analysed(node, format!("what `{}` does is not analysed", self.method_text(call))))
            }
            CallKind::Functions(defs) => {
                let found = defs.iter().filter_map(|def| Some((self.summary_of(*def).opaque.clone()?, def.file)));
                let worst = found.reduce(|one, two| if weight(&two.0) > weight(&one.0) { two } else { one });
                worst.map(|(trouble, file)| trouble.at_call(node, file))
            }
            CallKind::Sleep(path) => Some(Trouble::new(
                Code::SLEEP,
                node,
                format!("`{path}` in the loop may keep a rate limit or wait for something"),
                "remove the sleep; the concurrency limit and the shared pause on a rate limit take its place",
            )),
            CallKind::Clock(path) => Some(Trouble::new(
                Code::TIME,
                node,
                format!("`{path}` is read in the loop; with calls under way at once it would measure something else"),
                "take the time before and after the loop, or from the server's answer",
            )),
            CallKind::ProcessState(path) => Some(Trouble::new(
                Code::PROCESS_STATE,
                node,
                format!("`{path}` changes the state of the process in the loop"),
                "move it in front of the loop",
            )),
            CallKind::Blocking(path) => Some(Trouble::not_analysed(node, format!("`{path}` in the loop"))),
            CallKind::Catalogued => Some(Trouble::new(
                Code::BLOCKING,
                node,
                "a second waiting call in the loop",
                "split the loop in two, one loop per call; two calls per iteration come with a later version",
            )),
            CallKind::Opaque(what) => Some(Trouble::not_analysed(node, format!("what {what} does is not analysed"))),
        }
    }

    /// Whether a method of an object can be taken for one that leaves the rest of the program alone: the object comes from
    /// an installed library or from the waiting call itself, or (shallow) the method is named like one of a list, a dict, a
    /// file or a logger.
    pub(super) fn is_known_object(&self, receiver: Node<'t>, shallow: bool) -> bool {
        if shallow {
            return !matches!(self.text(receiver), "self" | "cls" | "super()")
                && (!self.may_be_own_object(receiver) || self.is_container_attribute(receiver));
        }
        if walk(receiver).filter_map(Call::cast).any(|c| self.catalogued(c).is_some()) {
            return true;
        }
        let meaning = self.meaning(receiver);
        if !meaning.unknown
            && !meaning.all.is_empty()
            && meaning.all.iter().all(|m| matches!(m, super::receivers::Meaning::Made(..)))
        {
            return true;
        }
        if self.answers(receiver) {
            return true;
        }
        let Some(var) = self.place_of(receiver).map(|p| p.var).filter(|v| v.file == self.id) else { return false };
        let bindings = self.names.bindings(var.scope, &var.name);
        !bindings.is_empty()
            && bindings.iter().all(|b| match b.bound {
                Bound::Import => b.import.as_deref().is_some_and(|path| !self.is_project_path(path)),
                Bound::Value(Some(e)) | Bound::With(e) | Bound::Part(e) => {
                    walk(e).filter_map(Call::cast).next().is_some_and(|outer| {
                        matches!(self.classify(outer), CallKind::Library(_) | CallKind::Catalogued | CallKind::Pure)
                    })
                }
                _ => false,
            })
    }

    pub(super) fn method_text(&self, call: Call<'t>) -> &'t str {
        call.function().map_or("", |f| self.text(f))
    }

    /// The change that one node makes by itself: an assignment to a part, `+=`, `del`, a method, an argument.
    pub(crate) fn change_by(&self, node: Node<'t>) -> Option<Change<'t>> {
        self.change_within(node, &[])
    }

    /// As [`File::change_by`]; what the variables in `stop` hold is not followed.
    pub(crate) fn change_within(&self, node: Node<'t>, stop: &[Var]) -> Option<Change<'t>> {
        let parent = node.parent()?;
        let sure = |places: Places, direct: Option<Place>| Some(Change { places, direct, sure: true, node, by: None });
        match node.kind() {
            "attribute" | "subscript" if is_target(node) => {
                let object = node.child_by_field_name("object").or_else(|| node.child_by_field_name("value"))?;
                let direct = self.place_of(node).filter(|_| object.kind() == "identifier");
                let mut places = self.same(object, stop);
                // Of the variable's own object only one key is set.
                if let Some(set) = direct.as_ref().filter(|d| d.key.is_some()) {
                    places.remove(&Place { key: None, ..set.clone() });
                    places.insert(set.clone());
                }
                // `chat.history += […]` changes the list, whoever else holds it.
                let added = AugmentedAssignment::cast(parent).and_then(|a| a.right());
                if added.is_some_and(|by| by.kind() == "tuple" || self.gives_container(by)) {
                    places.extend(self.same(node, stop));
                }
                places.extend(self.class_behind(object));
                places.extend(self.process_object(object).map(Place::whole));
                // `os.environ["KEY"] = …`: a module is changed through what it holds.
                if let Some(place) = self.place_of(object).filter(|p| self.is_definition(&p.var)) {
                    places.insert(place);
                }
                sure(places, direct)
            }
            "augmented_assignment" => {
                let left = AugmentedAssignment(node).left().filter(|l| l.kind() == "identifier")?;
                // `x += […]` changes the list that x stands for; numbers and strings are replaced.
                if self.adds_to_plain(left) {
                    return None;
                }
                sure(self.same(left, stop), self.place_of(left))
            }
            "call" => self.change_of_call(Call(node), stop),
            _ if parent.kind() == "delete_statement" && node.kind() != "identifier" => {
                sure(self.reach(node, stop), self.place_of(node))
            }
            _ => None,
        }
    }

    fn change_of_call(&self, call: Call<'t>, stop: &[Var]) -> Option<Change<'t>> {
        let node = call.0;
        let arguments = || {
            let mut places = Places::default();
            for argument in call.args() {
                places.extend(self.reach(argument, stop));
            }
            places
        };
        match self.classify(call) {
            CallKind::Print | CallKind::Library(_) | CallKind::Method { .. } if self.writes_in_memory(call) => {
                let written = self.written_to(call);
                let places: Places = written.iter().flat_map(|file| self.same(*file, stop)).collect();
                let direct = written.first().filter(|f| f.kind() == "identifier").and_then(|f| self.place_of(*f));
                Some(Change { places, direct, sure: true, node, by: None })
            }
            // What goes out is not kept.
            CallKind::Method { shallow: true, .. } if self.is_output(call) => None,
            // A path is a text, whatever becomes of the file.
            CallKind::Method { .. } if self.leaves_path(call) => None,
            CallKind::Method { .. } | CallKind::Library(_) if self.reads_its_own(call) => None,
            CallKind::Method { .. } | CallKind::Library(_) if self.read_on(call).is_some() => {
                let file = self.read_on(call)?;
                let place = self.place_of(file)?;
                let places = std::iter::once(place.clone()).collect();
                Some(Change { places, direct: Some(place), sure: true, node, by: None })
            }
            CallKind::Method { receiver, shallow: true } => {
                let one_level = receiver.kind() == "identifier"
                    || receiver.named_child(0).is_some_and(|o| o.kind() == "identifier") && receiver.kind() != "call";
                let direct = self.place_of(receiver).filter(|_| one_level);
                let mut places = self.same(receiver, stop);
                // `new_id = itertools.count().__next__`: nothing else leads to the iterator.
                let kept = call.function().filter(|f| f.kind() == "identifier" && receiver.kind() == "call");
                places.extend(kept.and_then(|f| self.place_of(f)));
                Some(Change { places, direct, sure: true, node, by: None })
            }
            CallKind::Method { receiver, shallow: false } => {
                // What was stored under that name may be the method of something else.
                let kept = call.function().map(|f| self.kept_by(f, stop)).unwrap_or_default();
                if !kept.is_empty() {
                    return Some(Change { places: kept, direct: None, sure: true, node, by: None });
                }
                let mut places = arguments();
                places.extend(self.reach(receiver, stop));
                Some(Change { places, direct: None, sure: false, node, by: None })
            }
            // `sys.argv.append(…)`
            CallKind::Library(_) if self.changed_library_part(call).is_some() => {
                let places = self.changed_library_part(call).into_iter().map(Place::whole).collect();
                Some(Change { places, direct: None, sure: true, node, by: None })
            }
            CallKind::Library(path) if path == "open" || PythonFacts::has(&self.catalog.python.writers, &path) => None,
            CallKind::Random(path) if !self.may_change_arguments(call, &path) => {
                let shuffled = call.args().next().filter(|_| path.ends_with(".shuffle"))?;
                let direct = self.place_of(shuffled).filter(|_| shuffled.kind() == "identifier");
                Some(Change { places: self.same(shuffled, stop), direct, sure: true, node, by: None })
            }
            CallKind::Library(_) | CallKind::Random(_) => {
                Some(Change { places: arguments(), direct: None, sure: false, node, by: None })
            }
            CallKind::Functions(defs) => {
                let mut places = Places::default();
                let mut sure = false;
                for def in defs {
                    let summary = self.summary_of(def);
                    sure |= summary.stores.iter().any(|s| s.sure);
                    places.extend(summary.writes().cloned().map(Place::whole));
                    for argument in self.changed_arguments(call, def, &summary) {
                        let part = self.changes_itself_only(def) && self.is_own_part(argument);
                        let reached = if part { self.same(argument, stop) } else { self.reach(argument, stop) };
                        let of = |s: &&Store<'t>| match &s.root {
                            Root::Parameter(name) => {
                                self.passed_for(call, def, name).is_some_and(|a| a.id() == argument.id())
                            }
                            Root::Variable(_) => false,
                        };
                        let keys: Vec<_> = summary.stores.iter().filter(of).map(|s| s.key.as_deref()).collect();
                        let made = self.is_constructed(argument, 2);
                        places.extend(reached.into_iter().filter(|p| !made || !self.is_left_alone(p, &keys)));
                    }
                }
                (!places.is_empty()).then_some(Change { places, direct: None, sure, node, by: None })
            }
            CallKind::Opaque(_) => {
                let places = self.kept_by(call.function()?, stop);
                (!places.is_empty()).then_some(Change { places, direct: None, sure: true, node, by: None })
            }
            _ => None,
        }
    }

    /// Whether a function that draws may change what it is given: one that fills it, or makes a stream of it.
    fn may_change_arguments(&self, call: Call<'t>, path: &str) -> bool {
        let makes = path.rsplit('.').next().is_some_and(|last| last.starts_with(char::is_uppercase));
        makes || call.args().any(|a| a.kind().ends_with("splat") || self.text(a).starts_with("out"))
    }

    /// Whether a method writes to a file, a log or a progress bar: `write`, `info`, `set_postfix`.
    pub(super) fn is_output(&self, call: Call<'t>) -> bool {
        let name = call.function().and_then(|f| f.child_by_field_name("attribute")).map_or("", |n| self.text(n));
        gives_out(name)
    }

    /// Whether `x += …` replaces a number or a string: every other value that `x` gets is a literal one.
    fn adds_to_plain(&self, target: Node<'t>) -> bool {
        let Some(var) = self.var(target).filter(|v| v.file == self.id) else { return false };
        // `x += 1` on a list would fail.
        let by = target.parent().and_then(|p| p.child_by_field_name("right"));
        let numeric = by.is_some_and(|r| matches!(r.kind(), "integer" | "float"));
        let array = self.names.bindings(var.scope, &var.name).iter().any(|b| match b.bound {
            Bound::Value(Some(e)) => walk(e).filter_map(Call::cast).any(|c| {
                c.function()
                    .and_then(|f| self.import_path(f))
                    .is_some_and(|p| p.starts_with("numpy") || p.starts_with("torch"))
            }),
            _ => false,
        });
        if numeric && !array {
            return true;
        }
        let others = self.names.bindings(var.scope, &var.name).iter().filter(|b| b.bound != Bound::Augmented);
        let mut values = others.map(|b| match b.bound {
            Bound::Value(Some(e)) => {
                matches!(e.kind(), "string" | "concatenated_string" | "integer" | "float" | "true" | "false")
            }
            _ => false,
        });
        values.next().is_some_and(|first| first && values.all(|v| v))
    }
}

/// Whether a method's name is one that writes to a file, a log or a progress bar.
pub(super) fn gives_out(name: &str) -> bool {
    matches!(
        name,
        "write"
            | "writelines"
            | "writerow"
            | "writerows"
            | "writeheader"
            | "flush"
            | "close"
            | "info"
            | "debug"
            | "warning"
            | "error"
            | "exception"
            | "critical"
            | "log"
            | "set_postfix"
            | "set_postfix_str"
            | "set_description"
            | "set_description_str"
    )
}

/// Whether a node is assigned to.
pub(crate) fn is_target(node: Node<'_>) -> bool {
    let Some(parent) = node.parent() else { return false };
    match parent.kind() {
        "assignment" | "augmented_assignment" | "for_statement" | "for_in_clause" => {
            parent.child_by_field_name("left").is_some_and(|l| l.id() == node.id())
        }
        "pattern_list" | "tuple_pattern" | "list_pattern" | "list_splat_pattern" | "as_pattern_target" => true,
        "delete_statement" => true,
        "expression_list" => parent.parent().is_some_and(|p| p.kind() == "delete_statement"),
        _ => false,
    }
}
