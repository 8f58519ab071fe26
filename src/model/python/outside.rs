//! What other files of the project may put in the place of what a loop calls: a method of a class that derives from one that
//! is known, something else for a parameter. The files to which imports lead are part of the program; those that import the
//! loop's file are not, and are looked through here, when all else is known.

use super::names::Bound;
use super::receivers::{Def, Meaning, method_class};
use super::{File, Grade, Var};
use crate::model::Analysis;
use crate::project::files::Importers;
use crate::project::scan::has_word;
use crate::syntax::python::{Attribute, Call, Class, Function, enclosing_scope};
use crate::syntax::{Node, ancestors, children, walk};
use std::path::PathBuf;

/// So many functions below a loop are looked at.
const MAX_FUNCTIONS: usize = 60;

/// So many classes that derive from one.
const MAX_DERIVED: usize = 32;

/// How far an object is followed to where it is made.
const FOLLOW: usize = 8;

/// A method that is called on an object of a class: the class, and its name.
type Asked<'t> = (Def<'t>, &'t str);

/// What is taken for granted of a loop because other files import this one: one sentence for each thing that they do
/// otherwise.
pub fn replaced_outside(file: &File<'_>, analysis: &Analysis, importers: &Importers) -> Vec<String> {
    let (start, end) = (analysis.whole.start, analysis.whole.end);
    let looped = file.source.root().descendant_for_byte_range(start, end);
    looped.map(|looped| file.replaced_outside(looped, importers)).unwrap_or_default()
}

impl<'t> File<'t> {
    fn replaced_outside(&self, looped: Node<'t>, importers: &Importers) -> Vec<String> {
        let line = self.source.line(looped.start_byte());
        let mut out = Vec::new();
        let mut classes: Vec<(Def<'t>, Vec<Def<'t>>)> = Vec::new();
        for (class, method) in self.asked_below(looped) {
            let derived = match classes.iter().find(|(known, _)| *known == class) {
                Some((_, derived)) => derived,
                None => {
                    classes.push((class, self.derived_outside(class, importers)));
                    &classes[classes.len() - 1].1
                }
            };
            let known = self.method_of(class, method);
            let own = |def: &Def<'t>| {
                let home = self.program.at(def.file)?;
                let set = home.names.bindings(home.names.opened_by(def.node)?, method).last();
                // Its own, or that of another base.
                let otherwise = match set.map(|b| b.bound) {
                    Some(Bound::Function(f)) => !self.leaves_nothing(home.def(f)),
                    Some(_) => true,
                    None => self.method_of(*def, method).is_some_and(|m| Some(m) != known && !self.leaves_nothing(m)),
                };
                otherwise.then_some(home)
            };
            if let Some(other) = derived.iter().find_map(own) {
                let name = self.name_of(class);
                out.push(format!(
                    "line {line}: `{method}` is taken to be that of `{name}`; a class in `{}` that derives from it has its own",
                    file_name(other)
                ));
                break;
            }
        }
        if let Some((name, other, at)) = self.given_otherwise(looped, importers) {
            let at = other.source.line(at.start_byte());
            out.push(format!(
                "line {line}: `{name}` is taken to be what this file passes for it; `{}` passes something else in line {at}",
                file_name(other)
            ));
        }
        out
    }

    fn name_of(&self, class: Def<'t>) -> &'t str {
        let home = self.program.at(class.file);
        home.zip(Class::cast(class.node).and_then(|c| c.name())).map_or("", |(home, name)| home.text(name))
    }

    /// The methods that a loop, and the functions that it calls, call on objects which may come from elsewhere.
    fn asked_below(&self, looped: Node<'t>) -> Vec<Asked<'t>> {
        let mut out: Vec<Asked<'t>> = Vec::new();
        let mut functions: Vec<Def<'t>> = Vec::new();
        let mut pending: Vec<(&'t File<'t>, Node<'t>)> =
            self.program.at(self.id).map(|file| (file, looped)).into_iter().collect();
        let mut at = 0;
        while let Some((file, within)) = pending.get(at).copied() {
            at += 1;
            for node in walk(within) {
                let mut called: Vec<Def<'t>> = file.implicit(node).into_iter().map(|i| i.def).collect();
                let of = |access: Attribute<'t>| Some((access.object()?, file.text(access.name()?)));
                let asked = match Call::cast(node) {
                    Some(call) => {
                        called.extend(file.callees(call));
                        // An object that is called itself.
                        let function = call.function();
                        function.and_then(|f| Attribute::cast(f).map_or(Some((f, "__call__")), of))
                    }
                    None => Attribute::cast(node).filter(|_| !called.is_empty()).and_then(of),
                };
                if let Some((object, name)) = asked {
                    let classes = file.meaning(object).all.into_iter().filter_map(|m| match m {
                        Meaning::Instance(class) => Some((class, name)),
                        _ => None,
                    });
                    let new: Vec<Asked<'t>> = classes.filter(|asked| !out.contains(asked)).collect();
                    if !new.is_empty() && file.comes_from_elsewhere(object, FOLLOW) {
                        out.extend(new);
                    }
                }
                for def in called {
                    if !functions.contains(&def) && functions.len() < MAX_FUNCTIONS {
                        functions.push(def);
                        pending.extend(self.program.at(def.file).map(|home| (home, def.node)));
                    }
                }
            }
        }
        out
    }

    /// Whether an object may be one that a caller has made: it is no object, or part of one, that is visibly made.
    fn comes_from_elsewhere(&self, node: Node<'t>, depth: usize) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return true };
        let again = |n: Node<'t>| self.comes_from_elsewhere(n, depth);
        match node.kind() {
            "identifier" => {
                let Some(var) = self.var(node) else { return true };
                let home = self.home(&var);
                home.names.bindings(var.scope, &var.name).iter().any(|b| match b.bound {
                    Bound::Value(Some(e)) | Bound::With(e) | Bound::Item(e) | Bound::Part(e) => {
                        match home.id == self.id {
                            true => again(e),
                            false => self.program.at(home.id).is_none_or(|f| f.comes_from_elsewhere(e, depth)),
                        }
                    }
                    Bound::Import | Bound::Class(_) | Bound::Function(_) => false,
                    _ => true,
                })
            }
            "attribute" => {
                let (Some(object), Some(name)) = (Attribute(node).object(), Attribute(node).name()) else {
                    return true;
                };
                let mut set = Vec::new();
                for meaning in self.meaning(object).all {
                    let Meaning::Instance(class) = meaning else { return true };
                    let Some(home) = self.program.at(class.file) else { return true };
                    set.extend(home.set_by_methods(class.node, self.text(name)).iter().map(|a| (home, a.right())));
                }
                set.is_empty() || set.into_iter().any(|(f, e)| e.is_none_or(|e| f.comes_from_elsewhere(e, depth)))
            }
            "call" => {
                let Some(function) = Call(node).function() else { return true };
                let meanings = self.meaning(function);
                meanings.unknown
                    || meanings.all.iter().any(|m| match m {
                        Meaning::Class(_) => false,
                        Meaning::Function { def, .. } => self.program.at(def.file).is_none_or(|home| {
                            home.returned_by(def.node).iter().any(|e| home.comes_from_elsewhere(*e, depth))
                        }),
                        _ => true,
                    })
            }
            "none" | "string" => false,
            _ => children(node).any(again),
        }
    }

    /// The classes that derive from one, directly or through others, in files that are no part of the program.
    fn derived_outside(&self, class: Def<'t>, importers: &Importers) -> Vec<Def<'t>> {
        let mut known = vec![class];
        let mut at = 0;
        while let Some(base) = known.get(at).copied() {
            at += 1;
            for file in self.naming(base.file, self.name_of(base), importers) {
                for def in walk(file.source.root()).filter_map(Class::cast).map(|c| file.def(c.0)) {
                    if known.len() <= MAX_DERIVED && !known.contains(&def) && file.derives(def, base) {
                        known.push(def);
                    }
                }
            }
        }
        // Those of the program itself are known, and judged with the base's own.
        known.retain(|def| !self.program.path(def.file).is_some_and(|path| self.program.leads_to(path)));
        known
    }

    /// Files of the project in which something of another file may be named.
    fn naming(&self, of: super::FileId, name: &str, importers: &Importers) -> Vec<&'t File<'t>> {
        let Some(home) = self.program.path(of) else { return Vec::new() };
        let says = |path: &PathBuf| std::fs::read(path).is_ok_and(|text| has_word(&text, name.as_bytes()));
        let found = importers.naming(home, name).into_iter().filter(says);
        found.filter_map(|path| self.program.file(&path)).filter(|file| file.id != of).collect()
    }

    /// Whether a function keeps nothing, reads nothing that it could keep, and does nothing else that the order of its calls
    /// would show in.
    fn leaves_nothing(&self, def: Def<'t>) -> bool {
        let Some(home) = self.program.at(def.file) else { return false };
        let summary = self.summary_of(def);
        let found = summary.work.found.iter().all(|t| t.grade == Grade::Assumed && summary.opaque.is_none());
        let own = method_class(def.node).and_then(|_| home.parameters(def.node).first().copied());
        let reads_own = |n: Node<'t>| n.kind() == "identifier" && Some(home.text(n)) == own;
        let body = def.node.child_by_field_name("body");
        found && summary.stores.is_empty() && !body.into_iter().flat_map(walk).any(reads_own)
    }

    /// A parameter through which the loop gets what it calls, and a call in another file that passes something else for it
    /// than the calls of this file.
    fn given_otherwise(&self, looped: Node<'t>, importers: &Importers) -> Option<(String, &'t File<'t>, Node<'t>)> {
        let mut pending: Vec<Var> = Vec::new();
        for node in walk(looped) {
            self.parameters_behind(node, FOLLOW, &mut pending);
        }
        let mut at = 0;
        while let Some(var) = pending.get(at).cloned() {
            at += 1;
            let def = self.names.scope(var.scope).node;
            // What calls of this file pass may be a parameter of their own functions.
            let own_name = Function::cast(def).and_then(|f| f.name()).map(|n| self.text(n))?;
            let class = method_class(def).and_then(Class::cast).and_then(|c| c.name()).map(|n| self.text(n));
            let called = if own_name == "__init__" { class.unwrap_or(own_name) } else { own_name };
            for call in self.names.reads_named(called).iter().filter_map(|r| super::receivers::call_of(r.node)) {
                if let Some(passed) = self.passed_for(call, self.def(def), &var.name) {
                    self.parameters_behind(passed, FOLLOW, &mut pending);
                }
            }
            let known = self.meaning_of(&var);
            for file in self.naming(self.id, class.unwrap_or(own_name), importers) {
                for call in walk(file.source.root()).filter_map(Call::cast) {
                    let runs = file.callees(call).contains(&self.def(def));
                    let Some(passed) = runs.then(|| file.passed_for(call, self.def(def), &var.name)).flatten() else {
                        continue;
                    };
                    let meant = file.meaning(passed);
                    let other = |m: &Meaning<'t>| match m {
                        m if known.all.contains(m) => false,
                        Meaning::Function { def, .. } => !self.leaves_nothing(*def),
                        // A class that derives is asked for its methods.
                        Meaning::Instance(class) => !known
                            .all
                            .iter()
                            .any(|k| matches!(k, Meaning::Instance(base) if file.derives(*class, *base))),
                        _ => true,
                    };
                    if meant.unknown && meant.all.is_empty() || meant.all.iter().any(other) {
                        return Some((var.name.to_string(), file, call.0));
                    }
                }
            }
        }
        None
    }

    /// The parameters of functions of this file that an expression stands for, where what is known of them runs code of the
    /// project or asks a client, and no annotation says what they are.
    fn parameters_behind(&self, node: Node<'t>, depth: usize, out: &mut Vec<Var>) {
        let Some(depth) = depth.checked_sub(1) else { return };
        match node.kind() {
            "identifier" => {
                let Some(var) = self.var(node).filter(|v| v.file == self.id) else { return };
                for binding in self.names.bindings(var.scope, &var.name) {
                    match binding.bound {
                        Bound::Parameter(None) if !out.contains(&var) && self.runs_something(&var, node) => {
                            out.push(var.clone());
                        }
                        Bound::Value(Some(e)) => self.parameters_behind(e, depth, out),
                        _ => {}
                    }
                }
            }
            "attribute" => {
                let (Some(object), Some(name)) = (Attribute(node).object(), Attribute(node).name()) else { return };
                for meaning in self.meaning(object).all {
                    let Meaning::Instance(class) = meaning else { continue };
                    if class.file == self.id {
                        for set in self.set_by_methods(class.node, self.text(name)).iter() {
                            set.right().into_iter().for_each(|e| self.parameters_behind(e, depth, out));
                        }
                    }
                }
            }
            _ => {}
        }
    }

    /// Whether a parameter of a function is something that runs code of the project, and not the object of its own method.
    fn runs_something(&self, var: &Var, node: Node<'t>) -> bool {
        let runs = |m: &Meaning<'t>| matches!(m, Meaning::Function { .. } | Meaning::Instance(_) | Meaning::Class(_));
        let function = self.names.scope(var.scope).node;
        let own = ancestors(node).any(|a| a.id() == function.id()) || enclosing_scope(node).is_none();
        own && function.kind() == "function_definition"
            && !self.is_self(node)
            && self.meaning_of(var).all.iter().any(runs)
    }
}

fn file_name(file: &File<'_>) -> String {
    file.located().file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
}
