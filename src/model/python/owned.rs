//! What of an object is its own. An attribute that only the body of its class gives, and a default that a constructor keeps,
//! are one object for all: what a method changes of it is changed for every object of the class.

use super::alias::Place;
use super::calls::CallKind;
use super::keys::class_of;
use super::names::{Bound, ScopeKind};
use super::receivers::{Def, Meaning, method_class};
use super::summary::{Root, Store, StoreKind, Summary, inside};
use super::{File, Trouble, Var};
use crate::facts::Code;
use crate::syntax::python::{Assignment, Attribute, Call, Class};
use crate::syntax::{Node, ancestors, children, walk};
use std::rc::Rc;

/// Bases that copy what the body of a class gives for each object.
const COPYING: [&str; 3] = ["pydantic", "pydantic_settings", "sqlmodel"];

/// A constructor that calls that of its base, and so on: so far it is followed.
const DEPTH: usize = 4;

impl<'t> File<'t> {
    /// A class, those that derive from it, and the bases of all of them.
    fn lineage(&self, class: Def<'t>) -> Rc<[Def<'t>]> {
        let Some(home) = self.program.at(class.file) else { return Rc::default() };
        if let Some(known) = home.classes.lineage.borrow().get(&class.node.id()) {
            return Rc::clone(known);
        }
        let mut out = self.with_derived(class).unwrap_or_else(|| vec![class]);
        let mut at = 0;
        while let Some(class) = out.get(at).copied() {
            at += 1;
            for base in self.bases(class).iter() {
                match base {
                    Meaning::Class(base) if !out.contains(base) => out.push(*base),
                    _ => {}
                }
            }
        }
        let out: Rc<[Def<'t>]> = out.into();
        home.classes.lineage.borrow_mut().insert(class.node.id(), Rc::clone(&out));
        out
    }

    /// The variables in the bodies of classes for which an attribute of an object stands until a method sets it, with what
    /// they hold: only those whose objects may change.
    fn held_for_all(&self, class: Def<'t>, name: &str) -> Vec<(Var, Node<'t>)> {
        let lineage = self.lineage(class);
        let copied = |base: &Meaning<'t>| match base {
            Meaning::Library(path) => path.split('.').next().is_some_and(|module| COPYING.contains(&module)),
            _ => false,
        };
        let copies = lineage.iter().any(|c| self.bases(*c).iter().any(copied));
        let mut out = Vec::new();
        for class in lineage.iter() {
            let Some(file) = self.program.at(class.file) else { continue };
            let Some(scope) = file.names.opened_by(class.node) else { continue };
            for binding in file.names.bindings(scope, name) {
                let (Bound::Value(Some(value)) | Bound::Part(value)) = binding.bound else { continue };
                let annotation = binding.node.parent().and_then(|p| p.child_by_field_name("type"));
                let per_object = copies && annotation.is_some_and(|a| !file.text(a).contains("ClassVar"));
                if !per_object && file.may_be_changed(value) {
                    out.push((file.var_in(scope, name), value));
                }
            }
        }
        out
    }

    /// Whether a value in a class's body is one object for all that somebody could change.
    fn may_be_changed(&self, value: Node<'t>) -> bool {
        match value.kind() {
            "identifier" => self.var(value).is_none_or(|var| !self.is_definition(&var) && !self.is_constant(&var)),
            "lambda" => false,
            "call" => {
                let call = Call(value);
                let made = ["default_factory", "factory"].iter().any(|k| call.keyword(self.source, k).is_some());
                !made && !self.cannot_change(value)
            }
            _ => !self.cannot_change(value),
        }
    }

    /// Whether a value is by its looks a list, a dict, a set or an iterator. What it means is not asked: those who ask what
    /// is read are asked by those who ask what is meant.
    pub(super) fn gives_container(&self, value: Node<'t>) -> bool {
        match value.kind() {
            "list"
            | "dictionary"
            | "set"
            | "list_comprehension"
            | "dictionary_comprehension"
            | "set_comprehension"
            | "generator_expression" => true,
            "expression_list" | "tuple" => children(value).any(|part| self.gives_container(part)),
            "call" => {
                let Some(function) = Call(value).function() else { return false };
                matches!(self.builtin(function), Some("list" | "dict" | "set" | "iter" | "bytearray"))
                    || self
                        .import_path(function)
                        .is_some_and(|p| p.starts_with("collections.") || p.starts_with("itertools."))
            }
            "identifier" => self.var(value).filter(|v| v.file == self.id).is_some_and(|v| {
                let bindings = self.names.bindings(v.scope, &v.name);
                let plain = |e: Node<'t>| e.kind() != "identifier" && self.gives_container(e);
                bindings.iter().any(|b| matches!(b.bound, Bound::Value(Some(e)) if plain(e)))
            }),
            _ => false,
        }
    }

    /// The variables of class bodies that a method reads through its object: `self.log` of a class with `log = []`.
    pub(super) fn held_reads(&self, access: Node<'t>) -> Vec<Var> {
        let Some(a) = Attribute::cast(access).filter(|a| a.object().is_some_and(|o| self.is_self(o))) else {
            return Vec::new();
        };
        let (Some(class), Some(key)) = (class_of(access), a.name().map(|n| self.text(n))) else { return Vec::new() };
        let class = self.def(class);
        let mut held = self.held_for_all(class, key);
        held.retain(|(var, value)| self.home(var).gives_container(*value));
        if held.is_empty() || self.gets_its_own(class, key) {
            return Vec::new();
        }
        held.into_iter().map(|(var, _)| var).collect()
    }

    /// What a method changes of its class by way of its object: `self.log.append(x)`, `next(self.ids)`.
    pub(super) fn class_stores(&self, def: Node<'t>, summary: &Summary<'t>) -> Vec<Store<'t>> {
        let Some(class) = method_class(def).map(|class| self.def(class)) else { return Vec::new() };
        let Some(own) = self.parameters(def).first().copied() else { return Vec::new() };
        if self.decorator_of(self.def(def), &["staticmethod"]) {
            return Vec::new();
        }
        let mut out = Vec::new();
        for store in summary.stores.iter().filter(|s| s.sure) {
            let (Root::Parameter(name), Some(key)) = (&store.root, store.key.as_deref()) else { continue };
            let held = if name == own { self.held_for_all(class, key) } else { continue };
            let set = self.sets_attribute(store, key);
            if held.is_empty() || set == Some(false) || self.is_given_before(class, def, store, key) {
                continue;
            }
            for (var, value) in held {
                // A number that is added to becomes the object's own.
                if set.is_some() && !self.home(&var).gives_container(value) {
                    continue;
                }
                let kind = match &store.kind {
                    StoreKind::Count if set.is_some() => StoreKind::Other,
                    StoreKind::Set(_) => StoreKind::Other,
                    kind => kind.clone(),
                };
                out.push(Store { root: Root::Variable(var), key: None, kind, ..store.clone() });
            }
        }
        out
    }

    /// Whether a store goes to the attribute itself, and not to what it holds; and if so, whether it adds to that.
    fn sets_attribute(&self, store: &Store<'t>, key: &str) -> Option<bool> {
        let file = self.program.at(store.file)?;
        let access = Attribute::cast(store.node)?;
        let named = access.name().is_some_and(|n| file.text(n) == key);
        let own = named && access.object().is_some_and(|o| file.is_self(o));
        own.then(|| store.node.parent().is_some_and(|p| p.kind() == "augmented_assignment"))
    }

    /// Whether an object surely has its own of an attribute by the time a method changes it.
    fn is_given_before(&self, class: Def<'t>, def: Node<'t>, store: &Store<'t>, key: &str) -> bool {
        let here = store.file == self.id && inside(def, store.node);
        // What is called with the object may change it.
        let calls = || walk(def).filter(|n| n.kind() == "call" && walk(*n).any(|i| self.is_self(i)));
        let at = if here { Some(store.node.start_byte()) } else { calls().map(|c| c.start_byte()).min() };
        if self.gives(self.def(def), key, at, DEPTH) {
            return true;
        }
        let name = def.child_by_field_name("name").map_or("", |n| self.text(n));
        !matches!(name, "__init__" | "__post_init__" | "__new__") && self.gets_its_own(class, key)
    }

    /// Whether the constructor of every object of a class gives it its own of an attribute.
    fn gets_its_own(&self, class: Def<'t>, key: &str) -> bool {
        let Some(all) = self.with_derived(class) else { return false };
        all.iter().all(|class| {
            let constructor = self.method_of(*class, "__init__").or_else(|| self.method_of(*class, "__post_init__"));
            constructor.is_some_and(|def| self.gives(def, key, None, DEPTH))
        })
    }

    /// Whether a method, by a statement right in its body (in front of a place), sets an attribute of its object to something
    /// other than what the class holds.
    fn gives(&self, def: Def<'t>, key: &str, before: Option<usize>, depth: usize) -> bool {
        let (Some(depth), Some(file)) = (depth.checked_sub(1), self.program.at(def.file)) else { return false };
        let body = def.node.child_by_field_name("body").into_iter().flat_map(children);
        let statements = body.filter(|s| s.kind() == "expression_statement").flat_map(children);
        let mut statements = statements.filter(|s| before.is_none_or(|at| s.end_byte() <= at));
        statements.any(|s| match s.kind() {
            "assignment" => {
                let targets = walk(s).filter_map(Attribute::cast).filter(|a| super::effects::is_target(a.0));
                let own = |a: &Attribute<'t>| {
                    a.name().is_some_and(|n| file.text(n) == key) && a.object().is_some_and(|o| file.is_self(o))
                };
                let mut targets = targets.filter(own);
                targets.any(|a| {
                    let value = set_to(a.0).or_else(|| Assignment::cast(s).and_then(|a| a.right()));
                    value.is_some_and(|value| {
                        let named = |a: Attribute<'t>| a.name().is_some_and(|n| file.text(n) == key);
                        !walk(value).filter_map(Attribute::cast).any(named) || file.same(value, &[]).is_empty()
                    })
                })
            }
            "call" => {
                let function = Call(s).function().and_then(Attribute::cast);
                let named = function.and_then(|f| f.name()).is_some_and(|n| file.text(n) == "__init__");
                let object = function.and_then(|f| f.object());
                let upward = named
                    && object.is_some_and(|o| {
                        Call::cast(o).and_then(|c| c.function()).is_some_and(|f| file.text(f) == "super")
                            || Call(s).args().next().is_some_and(|a| file.is_self(a))
                    });
                let class = method_class(def.node).filter(|_| upward);
                class.is_some_and(|class| {
                    file.bases(file.def(class)).iter().any(|base| match base {
                        Meaning::Class(base) => {
                            file.method_of(*base, "__init__").is_some_and(|init| file.gives(init, key, None, depth))
                        }
                        _ => false,
                    })
                })
            }
            _ => false,
        })
    }

    /// `self.__dict__ = self.shared`: the object becomes one with others.
    pub(super) fn becomes_one_with_others(&self, assignment: Node<'t>) -> Option<Trouble<'t>> {
        let assigned = Assignment::cast(assignment)?;
        let access = assigned.left().and_then(Attribute::cast)?;
        let (name, value) = (self.text(access.name()?), assigned.right()?);
        let outlives = match value.kind() {
            "attribute" => true,
            "identifier" => self.var(value).is_some_and(|v| {
                let kind = self.home(&v).names.scope(v.scope).kind;
                matches!(kind, ScopeKind::Module | ScopeKind::Class)
            }),
            _ => false,
        };
        (name == "__dict__" && outlives).then(|| {
            Trouble::new(
                Code::PROCESS_STATE,
                assignment,
                format!(
                    "`{}` gives several objects the same attributes: what is set in one is set in all",
                    self.text(assignment)
                ),
                "give each object attributes of its own",
            )
        })
    }

    /// The objects that functions have as defaults and may give back, or keep in what they make, by a call that leaves them
    /// out.
    pub(super) fn default_reads(&self, call: Call<'t>) -> Vec<Var> {
        let CallKind::Functions(defs) = self.classify(call) else { return Vec::new() };
        let makes = call.function().is_some_and(|f| self.meaning(f).all.iter().any(|m| matches!(m, Meaning::Class(_))));
        let mut out = Vec::new();
        for def in defs {
            let Some(file) = self.program.at(def.file) else { continue };
            let open =
                |name: &&str| self.shared_default(def, name).is_some() && self.passed_for(call, def, name).is_none();
            let mut left: Vec<&str> = file.parameters(def.node).into_iter().filter(open).collect();
            if makes {
                left.retain(|name| !file.is_lasting_default(def.node, name));
            }
            if !left.is_empty() && (makes || self.results_of(def).given()) {
                out.extend(left.into_iter().filter_map(|name| self.shared_default(def, name)));
            }
        }
        out
    }

    /// Whether a default is a client, a text or the like, of which an object that keeps it changes nothing.
    fn is_lasting_default(&self, def: Node<'t>, name: &str) -> bool {
        let binding = self.names.opened_by(def).and_then(|scope| self.names.bindings(scope, name).first());
        let default = binding.and_then(|b| b.node.parent()).and_then(|p| p.child_by_field_name("value"));
        default.filter(|d| d.kind() == "call").is_some_and(|d| {
            let meaning = self.meaning(d);
            let client = |m: &Meaning<'t>| matches!(m, Meaning::Made(path, _) if self.catalog.client(path).is_some());
            self.cannot_change(d) || !meaning.unknown && !meaning.all.is_empty() && meaning.all.iter().all(client)
        })
    }

    /// Of a call that makes an object, the parts that may come to stand under one of its attributes; none where it makes none.
    pub(super) fn parts_under(&self, call: Node<'t>, key: &str) -> Option<Vec<Node<'t>>> {
        let call = Call::cast(call)?;
        let function = call.function()?;
        let meaning = self.meaning(function);
        let Some(Meaning::Class(class)) = meaning.only() else { return None };
        let init = self.method_of(*class, "__init__")?;
        let file = self.program.at(init.file)?;
        let scope = file.names.opened_by(init.node)?;
        let elsewhere = |name: &&str| self.is_kept_elsewhere(&Place::whole(file.var_in(scope, name)), key);
        let apart = file.parameters(init.node).into_iter().filter(elsewhere);
        let apart: Vec<usize> = apart.filter_map(|name| self.passed_for(call, init, name)).map(|n| n.id()).collect();
        let value =
            |a: Node<'t>| a.child_by_field_name("value").filter(|_| a.kind() == "keyword_argument").unwrap_or(a);
        // What is unpacked may be passed for any.
        let spread = |a: &Node<'t>| matches!(a.kind(), "list_splat" | "dictionary_splat");
        let kept = call.args().filter(|a| spread(a) || !apart.contains(&value(*a).id()));
        Some(kept.chain([function]).collect())
    }

    /// Whether a place is a parameter of a constructor that an object keeps under another attribute than one, and out of which
    /// its methods take nothing.
    pub(super) fn is_kept_elsewhere(&self, place: &Place, key: &str) -> bool {
        let home = self.home(&place.var);
        let def = home.names.scope(place.var.scope).node;
        let Some(class) = method_class(def) else { return false };
        let name = def.child_by_field_name("name").map_or("", |n| home.text(n));
        let alone = home.bases(home.def(class)).is_empty()
            && class.child_by_field_name("superclasses").is_none_or(|s| children(s).next().is_none())
            && home.with_derived(home.def(class)).is_some_and(|all| all.len() == 1)
            && home.method_of(home.def(class), "__new__").is_none();
        if name != "__init__" || !alone || home.names.bindings(place.var.scope, &place.var.name).len() != 1 {
            return false;
        }
        let mut reads = home.names.reads_of(place.var.scope, &place.var.name).peekable();
        reads.peek().is_some()
            && reads.all(|read| {
                let kept = read.node.parent().and_then(Assignment::cast).filter(|a| {
                    let whole = a.right().is_some_and(|r| r.id() == read.node.id());
                    whole && a.0.parent().is_some_and(|p| p.kind() == "expression_statement")
                });
                let split = |a: &Attribute<'t>| set_to(a.0).is_some_and(|v| v.id() == read.node.id());
                let statement = ancestors(read.node).find(|a| a.kind() == "assignment");
                let target = match kept.and_then(|a| a.left()).and_then(Attribute::cast) {
                    Some(target) => Some(target),
                    None => statement.into_iter().flat_map(walk).filter_map(Attribute::cast).find(split),
                };
                let target = target.filter(|t| t.object().is_some_and(|o| home.is_self(o)));
                let Some(other) = target.and_then(|t| t.name()).map(|n| home.text(n)) else { return false };
                other != key && home.is_only_looked_at(class, other)
            })
    }

    /// Whether the methods of a class hand nothing of an attribute on, but to a call that keeps nothing.
    fn is_only_looked_at(&self, class: Node<'t>, key: &str) -> bool {
        let named = |a: &Attribute<'t>| a.name().is_some_and(|n| self.text(n) == key);
        walk(class).filter_map(Attribute::cast).filter(named).all(|a| {
            let of_self = a.object().is_some_and(|o| self.is_self(o));
            let chain = ancestors(a.0).take_while(|p| p.kind() == "attribute").last().unwrap_or(a.0);
            let Some(parent) = chain.parent().filter(|_| of_self) else { return false };
            match parent.kind() {
                "argument_list" | "keyword_argument" => self.is_passed_on(parent),
                "call" => self.catalogued(Call(parent)).is_some(),
                "comparison_operator" | "not_operator" | "interpolation" => true,
                _ => a.0.id() == chain.id() && set_to(a.0).is_some(),
            }
        })
    }

    /// A variable as messages name it: that of a class with the class.
    pub(super) fn shown(&self, var: &Var) -> String {
        let home = self.home(var);
        let scope = home.names.scope(var.scope);
        match Class::cast(scope.node).and_then(|c| c.name()) {
            Some(class) => format!("{}.{}", home.text(class), var.name),
            None => var.name.to_string(),
        }
    }

    /// Whether a variable is one of a class's body.
    pub(super) fn is_of_class(&self, var: &Var) -> bool {
        self.home(var).names.scope(var.scope).kind == ScopeKind::Class
    }
}

/// What a target of an assignment is set to: also one of several, where what they are set to is written out.
pub(super) fn set_to(target: Node<'_>) -> Option<Node<'_>> {
    let parent = target.parent()?;
    if parent.kind() == "assignment" {
        let left = parent.child_by_field_name("left").is_some_and(|l| l.id() == target.id());
        return parent.child_by_field_name("right").filter(|_| left);
    }
    let pattern = matches!(parent.kind(), "pattern_list" | "tuple_pattern" | "list_pattern");
    let assignment = parent.parent().filter(|a| pattern && a.kind() == "assignment")?;
    let value = assignment.child_by_field_name("right")?;
    let named = |n: Node<'_>| children(n).filter(|c| c.kind() != "comment").count();
    let spread = |n: Node<'_>| children(n).any(|c| matches!(c.kind(), "list_splat" | "list_splat_pattern"));
    let fits = matches!(value.kind(), "expression_list" | "tuple" | "list")
        && named(parent) == named(value)
        && !spread(parent)
        && !spread(value);
    let at = children(parent).filter(|c| c.kind() != "comment").position(|c| c.id() == target.id())?;
    children(value).filter(|c| c.kind() != "comment").nth(at).filter(|_| fits)
}
