//! Classes and functions as those who follow receivers ask for them, each answer kept: bases, methods, what methods set,
//! what a function returns.

use super::alias::Place;
use super::names::{Binding, Bound};
use super::owned::set_to;
use super::receivers::{Def, Meaning, method_class};
use super::{File, ScopeId, Var, same_function};
use crate::syntax::python::{Assignment, Attribute, Call, Class};
use crate::syntax::{Node, ancestors, children, walk};
use rustc_hash::FxHashMap;
use std::cell::RefCell;
use std::rc::Rc;

/// The assignments to each attribute of an object in the methods of its class.
type Sets<'t> = Rc<FxHashMap<&'t str, Rc<[SetBy<'t>]>>>;

/// One assignment to an attribute.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SetBy<'t> {
    target: Node<'t>,
    assignment: Assignment<'t>,
}

impl<'t> SetBy<'t> {
    /// What it is set to, where that stands there; not what it gets as a part of a value.
    pub fn right(self) -> Option<Node<'t>> {
        set_to(self.target)
    }

    /// The annotation, where it has one.
    pub fn annotation(self) -> Option<Node<'t>> {
        self.assignment.annotation()
    }
}

/// So many classes that derive from one are looked at for a method.
const MAX_OVERRIDING: usize = 16;

/// Answers by the node of a class or function.
#[derive(Debug, Default)]
pub(crate) struct Classes<'t> {
    bases: RefCell<FxHashMap<usize, Rc<[Meaning<'t>]>>>,
    methods: RefCell<FxHashMap<usize, FxHashMap<String, Option<Def<'t>>>>>,
    sets: RefCell<FxHashMap<usize, Sets<'t>>>,
    returned: RefCell<FxHashMap<usize, Rc<[Node<'t>]>>>,
    /// Whether the objects of a class share nothing.
    pub(super) apart: RefCell<FxHashMap<usize, bool>>,
    /// Whether an attribute holds a part of the object's own, by the class and the attribute's name.
    pub(super) parts: RefCell<FxHashMap<(usize, &'t str), bool>>,
    /// A class with those that derive from it and the bases of all.
    pub(super) lineage: RefCell<FxHashMap<usize, Rc<[Def<'t>]>>>,
}

impl<'t> File<'t> {
    /// The bases of a class, as far as they are known.
    pub(crate) fn bases(&self, class: Def<'t>) -> Rc<[Meaning<'t>]> {
        let Some(file) = self.program.at(class.file) else { return Rc::default() };
        if let Some(known) = file.classes.bases.borrow().get(&class.node.id()) {
            return Rc::clone(known);
        }
        // A class that is its own base has none.
        file.classes.bases.borrow_mut().insert(class.node.id(), Rc::default());
        let list = class.node.child_by_field_name("superclasses");
        let named = list.into_iter().flat_map(children).filter(|b| b.kind() != "keyword_argument");
        let found: Rc<[Meaning<'t>]> = named.flat_map(|b| file.meaning(b).all).collect();
        file.classes.bases.borrow_mut().insert(class.node.id(), Rc::clone(&found));
        found
    }

    /// A method, looked up through the bases.
    pub(crate) fn method_of(&self, class: Def<'t>, name: &str) -> Option<Def<'t>> {
        let home = self.program.at(class.file)?;
        if let Some(known) = home.classes.methods.borrow().get(&class.node.id()).and_then(|of| of.get(name)) {
            return *known;
        }
        let found = self.method_anew(class, name);
        home.classes.methods.borrow_mut().entry(class.node.id()).or_default().insert(name.to_string(), found);
        found
    }

    fn method_anew(&self, class: Def<'t>, name: &str) -> Option<Def<'t>> {
        let mut pending = vec![class];
        let mut seen = Vec::new();
        while let Some(class) = pending.pop() {
            if seen.contains(&class) {
                continue;
            }
            seen.push(class);
            let file = self.program.at(class.file)?;
            let scope = file.names.opened_by(class.node)?;
            for binding in file.names.bindings(scope, name).iter().rev() {
                // What sets a property is no method.
                let sets = |def: Node<'t>| self.decorator_of(file.def(def), &super::unseen::SETTERS);
                if let Bound::Function(def) = binding.bound
                    && !sets(def)
                {
                    return Some(file.def(def));
                }
            }
            let bases = self.bases(class);
            pending.extend(bases.iter().rev().filter_map(|b| match b {
                Meaning::Class(base) => Some(*base),
                _ => None,
            }));
        }
        None
    }

    /// The methods that an object of a class may have under a name: the class's own, and those of the classes of the
    /// program that derive from it. Of so many that nobody can tell, the class's own alone, and true.
    pub(super) fn methods_of_objects(&self, class: Def<'t>, name: &str) -> (Rc<[Def<'t>]>, bool) {
        let key = (class.node.id(), name.to_string());
        if let Some(known) = self.program.overrides.borrow().get(&key) {
            return known.clone();
        }
        let mut out: Vec<Def<'t>> = self.method_of(class, name).into_iter().collect();
        let derived = self.derived(class, Some(name));
        let many = derived.is_none();
        for def in derived.iter().flatten().filter_map(|c| self.method_of(*c, name)) {
            if !out.contains(&def) {
                out.push(def);
            }
        }
        let out = (out.into(), many);
        self.program.overrides.borrow_mut().insert(key, Clone::clone(&out));
        out
    }

    /// A class and those of the program that derive from it; none where those are too many to look at.
    pub(super) fn with_derived(&self, class: Def<'t>) -> Option<Vec<Def<'t>>> {
        Some([class].into_iter().chain(self.derived(class, None)?).collect())
    }

    /// The classes of the program that derive from a class; where a method is named, those that may have another one of
    /// that name. None where those are too many to look at.
    fn derived(&self, class: Def<'t>, method: Option<&str>) -> Option<Vec<Def<'t>>> {
        let home = self.program.at(class.file);
        let own = home.and_then(|home| Some(home.text(Class::cast(class.node)?.name()?)));
        let mut out = Vec::new();
        let named = own.map(|own| self.program.deriving(own, method)).unwrap_or_default();
        if named.len() > MAX_OVERRIDING {
            return None;
        }
        for (path, derived) in named {
            let Some(file) = self.program.file(&path) else { continue };
            let named = walk(file.source.root()).filter_map(Class::cast);
            let named = named.filter(|c| c.name().is_some_and(|n| *file.text(n) == *derived)).map(|c| file.def(c.0));
            out.extend(named.filter(|c| file.derives(*c, class)));
        }
        Some(out)
    }

    /// Whether a class derives from another, directly or through others.
    pub(super) fn derives(&self, class: Def<'t>, from: Def<'t>) -> bool {
        let mut pending = vec![class];
        let mut seen = Vec::new();
        while let Some(class) = pending.pop() {
            if seen.contains(&class) {
                continue;
            }
            seen.push(class);
            for base in self.bases(class).iter() {
                match base {
                    Meaning::Class(base) if *base == from => return true,
                    Meaning::Class(base) => pending.push(*base),
                    _ => {}
                }
            }
        }
        false
    }

    /// The assignments to an attribute of `self` in the methods of a class of this file.
    pub(super) fn set_by_methods(&self, class: Node<'t>, name: &str) -> Rc<[SetBy<'t>]> {
        self.sets_of(class).get(name).cloned().unwrap_or_default()
    }

    /// The assignments to all attributes of an object in the methods of its class.
    pub(super) fn all_set_by_methods(&self, class: Node<'t>) -> Vec<SetBy<'t>> {
        let mut out: Vec<_> = self.sets_of(class).values().flat_map(|set| set.iter().copied()).collect();
        out.sort_by_key(|a| a.target.start_byte());
        out
    }

    /// Whether objects of a class keep what leads back to them: `self.child = Child(self)`, `self.on = lambda: self.n`,
    /// `self.child = Child(self.note)`.
    fn keeps_itself(&self, class: Node<'t>) -> bool {
        let leads_back = |right: Node<'t>, own: Node<'t>| {
            let Some(access) = own.parent().filter(|p| p.kind() == "attribute") else { return own.id() != right.id() };
            let in_lambda = ancestors(own).take_while(|a| a.id() != right.id()).chain([right]);
            let is_called = access.parent().and_then(Call::cast).and_then(|c| c.function()) == Some(access);
            let name = Attribute(access).name().map_or("", |n| self.text(n));
            in_lambda.into_iter().any(|a| a.kind() == "lambda")
                || !is_called && self.method_of(self.def(class), name).is_some()
        };
        self.all_set_by_methods(class).iter().filter_map(|a| a.right()).any(|right| {
            walk(right).any(|node| node.kind() == "identifier" && self.is_self(node) && leads_back(right, node))
        })
    }

    /// Whether an attribute of what a value makes, or of a method's own object, may lead back to the whole object.
    pub(super) fn may_lead_back(&self, value: Node<'t>) -> bool {
        let Some(call) = Call::cast(value) else { return false };
        let made = call.function().map(|f| self.meaning(f).all).unwrap_or_default();
        made.iter().any(|m| match m {
            Meaning::Class(class) => self.program.at(class.file).is_some_and(|home| home.keeps_itself(class.node)),
            _ => false,
        })
    }

    /// The names by which functions inside the methods of a class know its objects, of what a variable is bound to: one that
    /// is kept, `self.child = Child(lambda answer: self.seen.append(answer))`, changes them by that name.
    pub(super) fn captured_selves(&self, binding: &Binding<'t>) -> Vec<Var> {
        let classes: Vec<Def<'t>> = match binding.bound {
            Bound::Parameter(_) if self.is_self(binding.node) => {
                let method = self.names.scope(self.names.scope_at(binding.node)).node;
                method_class(method).map(|class| self.def(class)).into_iter().collect()
            }
            Bound::Value(Some(e)) => {
                let made = Call::cast(e).and_then(|c| c.function()).map(|f| self.meaning(f).all).unwrap_or_default();
                let class = |m: Meaning<'t>| if let Meaning::Class(class) = m { Some(class) } else { None };
                made.into_iter().filter_map(class).collect()
            }
            _ => Vec::new(),
        };
        let mut out = Vec::new();
        for class in classes {
            let Some(home) = self.program.at(class.file) else { continue };
            let methods = class.node.child_by_field_name("body").into_iter().flat_map(walk);
            for method in methods.filter(|n| n.kind() == "function_definition" && method_class(*n) == Some(class.node))
            {
                let (Some(scope), Some(own)) = (home.names.opened_by(method), home.parameters(method).first().copied())
                else {
                    continue;
                };
                let kept = |s: &ScopeId| matches!(home.names.scope(*s).node.kind(), "lambda" | "function_definition");
                if home.names.captured_by(scope, own).iter().any(kept) {
                    out.push(home.var_in(scope, own));
                }
            }
        }
        out
    }

    /// The same of the object whose method a function is.
    pub(super) fn may_lead_back_to_own(&self, def: Node<'t>) -> bool {
        method_class(def).is_some_and(|class| self.keeps_itself(class))
    }

    fn sets_of(&self, class: Node<'t>) -> Sets<'t> {
        let known = self.classes.sets.borrow().get(&class.id()).cloned();
        known.unwrap_or_else(|| {
            let mut found: FxHashMap<&'t str, Vec<SetBy<'t>>> = FxHashMap::default();
            for assignment in walk(class).filter_map(Assignment::cast) {
                let targets = assignment.left().into_iter().flat_map(|left| match left.kind() {
                    "pattern_list" | "tuple_pattern" | "list_pattern" => children(left).collect(),
                    _ => vec![left],
                });
                let of_self = |a: &Attribute<'t>| a.object().is_some_and(|o| self.is_self(o));
                for target in targets.filter_map(Attribute::cast).filter(of_self) {
                    if let Some(name) = target.name() {
                        found.entry(self.text(name)).or_default().push(SetBy { target: target.0, assignment });
                    }
                }
            }
            let sets: Sets<'t> = Rc::new(found.into_iter().map(|(name, all)| (name, all.into())).collect());
            self.classes.sets.borrow_mut().insert(class.id(), Rc::clone(&sets));
            sets
        })
    }

    /// Whether a place is a class of which nothing changes where the attributes under some keys of an object change: each
    /// object of the class gets its own.
    pub(super) fn is_left_alone(&self, place: &Place, keys: &[Option<&str>]) -> bool {
        let Some(home) = self.program.at(place.var.file) else { return false };
        let [one] = home.names.bindings(place.var.scope, &place.var.name) else { return false };
        let Bound::Class(class) = one.bound else { return false };
        !keys.is_empty() && keys.iter().all(|key| key.is_some_and(|k| home.makes_anew(home.def(class), k)))
    }

    /// Whether a name stands for nothing but what constructors of the project make where it is bound.
    pub(super) fn is_constructed(&self, node: Node<'t>, depth: usize) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        let Some(var) = self.var(node).filter(|v| node.kind() == "identifier" && v.file == self.id) else {
            return false;
        };
        let made = |e: Node<'t>| {
            // `add = log.add`: of such an object.
            if let Some(a) = Attribute::cast(e) {
                let method = a.name().is_some_and(|n| self.is_own_method(self.text(n)));
                return method && a.object().is_some_and(|o| self.is_constructed(o, depth));
            }
            let class = Call::cast(e).and_then(|c| c.function()).map(|f| self.meaning(f));
            class.is_some_and(|m| match m.only() {
                Some(Meaning::Class(class)) => class.node.parent().is_none_or(|p| p.kind() != "decorated_definition"),
                _ => false,
            })
        };
        let bindings = self.names.bindings(var.scope, &var.name);
        !bindings.is_empty() && bindings.iter().all(|b| matches!(b.bound, Bound::Value(Some(e)) if made(e)))
    }

    /// Whether each object of a class gets an attribute of its own, which nothing else holds when it is made.
    fn makes_anew(&self, class: Def<'t>, name: &str) -> bool {
        let Some(file) = self.program.at(class.file) else { return false };
        let Some(scope) = file.names.opened_by(class.node) else { return false };
        let bases = self.bases(class);
        let listed = class.node.child_by_field_name("superclasses").map_or(0, |l| children(l).count());
        let known = bases.len() == listed && bases.iter().all(|b| matches!(b, Meaning::Class(_)));
        let fresh = |value: Node<'t>| {
            matches!(
                value.kind(),
                "list"
                    | "dictionary"
                    | "set"
                    | "integer"
                    | "float"
                    | "string"
                    | "true"
                    | "false"
                    | "none"
                    | "list_comprehension"
                    | "dictionary_comprehension"
            ) || Call::cast(value).is_some_and(|c| {
                let path = c.function().and_then(|f| file.import_path(f)).unwrap_or_default();
                let builtin = c.function().and_then(|f| file.builtin(f));
                c.args().next().is_none() && matches!(builtin, Some("list" | "dict" | "set"))
                    || matches!(path.as_str(), "collections.Counter" | "collections.defaultdict" | "collections.deque")
            })
        };
        let set = file.set_by_methods(class.node, name);
        let stores = file.gives_away(class.node, name);
        known
            && !stores
            && file.names.bindings(scope, name).is_empty()
            && !self.program.is_replaced(name)
            && set.iter().all(|a| a.right().is_some_and(fresh))
            && match set.is_empty() {
                // What a base makes of the same name is not looked at.
                false => bases.is_empty(),
                true => {
                    !bases.is_empty()
                        && bases.iter().all(|b| matches!(b, Meaning::Class(base) if self.makes_anew(*base, name)))
                }
            }
    }

    /// Whether the methods of a class give an attribute's object, or the whole object, to something else: to a list of all
    /// objects, to the class itself.
    fn gives_away(&self, class: Node<'t>, name: &str) -> bool {
        let own = Class::cast(class).and_then(|c| c.name()).map_or("", |n| self.text(n));
        walk(class).any(|n| match n.kind() {
            "attribute" if Attribute(n).name().is_some_and(|a| self.text(a) == name) => {
                n.parent().is_none_or(|p| match p.kind() {
                    "attribute" | "subscript" => p.named_child(0).is_none_or(|o| o.id() != n.id()),
                    "assignment" => {
                        let left = p.child_by_field_name("left").is_some_and(|l| l.id() == n.id());
                        !left || p.parent().is_some_and(|g| g.kind() == "assignment")
                    }
                    "argument_list" => {
                        let call = p.parent().and_then(Call::cast).and_then(|c| c.function());
                        !matches!(call.and_then(|f| self.builtin(f)), Some("len" | "print" | "str" | "repr" | "sum"))
                    }
                    "for_statement" | "for_in_clause" => {
                        p.child_by_field_name("right").is_none_or(|r| r.id() != n.id())
                    }
                    _ => true,
                })
            }
            "identifier" if self.text(n) == own || matches!(self.text(n), "cls" | "type" | "super" | "__class__") => {
                n.parent().is_none_or(|p| p.id() != class.id())
            }
            "identifier" if self.is_self(n) => !n.parent().is_some_and(|p| {
                matches!(p.kind(), "parameters" | "typed_parameter")
                    || p.kind() == "attribute" && p.child_by_field_name("object").is_some_and(|o| o.id() == n.id())
            }),
            _ => false,
        })
    }

    /// What the `return` statements of a function of this file give, but for `None`.
    pub(super) fn returned_by(&self, def: Node<'t>) -> Rc<[Node<'t>]> {
        if let Some(known) = self.classes.returned.borrow().get(&def.id()) {
            return Rc::clone(known);
        }
        let returns = walk(def).filter(|n| n.kind() == "return_statement" && same_function(*n, def));
        let found: Rc<[Node<'t>]> = returns.filter_map(|r| children(r).next()).filter(|v| v.kind() != "none").collect();
        self.classes.returned.borrow_mut().insert(def.id(), Rc::clone(&found));
        found
    }
}
