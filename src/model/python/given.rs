//! What is passed for the parameters of functions and classes, in their own file and in others of the program that import
//! them, and what other files put into a module's variables. A client is often made in the script, and asked in a file of its
//! own; a list is handed to a module once, and filled by it later.

use super::alias::{Hop, Place, Places, is_read_position, literal};
use super::program::Uses;
use super::receivers::{Meaning, Meanings, call_of};
use super::{File, FileId, ScopeId, Var};
use crate::syntax::python::Call;
use crate::syntax::{Node, walk};
use rustc_hash::FxHashSet;
use std::rc::Rc;

/// Of a file that more import, nobody is asked.
const MAX_IMPORTERS: usize = 4;

/// Where a file names what another one has: `name`, or `module.name`.
pub(super) type Used<'t> = (FileId, Node<'t>);

impl<'t> File<'t> {
    /// What is passed for a parameter of what other files import by a name: only objects of libraries count, and only where
    /// each call is seen and passes one. `passes` says what a call passes.
    pub(super) fn passed_elsewhere(
        &self,
        name: &str,
        passes: impl Fn(&'t File<'t>, Call<'t>) -> Meanings<'t>,
    ) -> Option<Meanings<'t>> {
        let mut out = Meanings::default();
        for (file, call) in called(&self.uses_elsewhere(name)?) {
            let passed = passes(self.program.at(file)?, call);
            let made = |m: &Meaning<'t>| matches!(m, Meaning::Made(..));
            if passed.unknown || passed.all.is_empty() || !passed.all.iter().all(made) {
                return None;
            }
            out.all.extend(passed.all);
        }
        out.all.dedup();
        Some(out)
    }

    /// What the visible calls of a function pass for the parameters in an expression.
    pub(super) fn reach_given(&self, scope: ScopeId, value: Node<'t>, stop: &[Var], seen: &mut Places) {
        let mut first = Vec::new();
        self.given_in(scope, value, &mut first);
        self.follow(first, stop, seen);
    }

    /// The same, as far as these arguments name places themselves.
    pub(super) fn given_in(&self, scope: ScopeId, value: Node<'t>, out: &mut Vec<Hop>) {
        let def = self.names.scope(scope).node;
        let Some(name) = def.child_by_field_name("name").map(|n| self.text(n)) else { return };
        let parameters = self.parameters(def);
        let read = walk(value).filter(|n| n.kind() == "identifier" && is_read_position(*n)).map(|n| self.text(n));
        let positions: Vec<(usize, &str)> =
            read.filter_map(|n| Some((parameters.iter().position(|p| *p == n)?, n))).collect();
        if positions.is_empty() {
            return;
        }
        let mut passed = |file: &File<'t>, call: Call<'t>| {
            for (position, name) in &positions {
                if let Some(argument) = file.argument(call, name, *position) {
                    file.named_in(argument, out);
                }
            }
        };
        let own = self.names.reads_named(name).iter();
        own.filter_map(|r| call_of(r.node)).for_each(|call| passed(self, call));
        if self.names.scope_at(def) == self.names.module() {
            for (file, call) in called(&self.uses_known(name)) {
                self.program.at(file).into_iter().for_each(|file| passed(file, call));
            }
        }
    }

    /// What other files put into a variable of this module: `module.name = x`, `module.name["key"] = x`,
    /// `module.name.append(x)`.
    pub(super) fn put_elsewhere(&self, place: &Place, out: &mut Vec<Hop>) {
        if place.var.scope != self.names.module() {
            return;
        }
        for &(file, used) in self.uses_known(&place.var.name).iter() {
            let Some(file) = self.program.at(file) else { continue };
            let mut stored = Vec::new();
            file.stored_into(used, &mut stored);
            stored.extend(file.set_to_used(used).filter(|_| used.kind() == "string"));
            for value in stored {
                file.named_in(value, out);
                let setter = file.names.scope_at(value);
                if setter != file.names.module() {
                    file.given_in(setter, value, out);
                }
            }
        }
    }

    /// What other files put in the place of a variable of this module: `module.name = x`.
    pub(super) fn set_elsewhere(&self, var: &Var) -> Vec<(&'t File<'t>, Node<'t>)> {
        if var.file != self.id || var.scope != self.names.module() {
            return Vec::new();
        }
        let mut out = Vec::new();
        for &(file, used) in self.uses_known(&var.name).iter() {
            let Some(file) = self.program.at(file) else { continue };
            if let Some(value) = file.set_to_used(used) {
                out.push((file, value));
            }
        }
        out
    }

    /// What is assigned where a variable of another module is named: `module.name = x`, `setattr(module, "name", x)`.
    fn set_to_used(&self, used: Node<'t>) -> Option<Node<'t>> {
        let parent = used.parent()?;
        match used.kind() {
            "attribute" => {
                let target = parent.child_by_field_name("left").is_some_and(|l| l.id() == used.id());
                target.then(|| parent.child_by_field_name("right").unwrap_or(used))
            }
            "string" => Call::cast(parent.parent()?)?.args().nth(2),
            _ => None,
        }
    }

    /// Whether another file assigns to a variable of this module: `module.name = x`.
    pub(super) fn is_set_elsewhere(&self, var: &Var) -> bool {
        !self.set_elsewhere(var).is_empty()
    }

    /// Where files of the program name something of this module, in the file that is asked about at least.
    fn uses_known(&self, name: &str) -> Rc<[Used<'t>]> {
        if let Some(all) = self.uses_elsewhere(name) {
            return all;
        }
        let mut out = Vec::new();
        if let Some(root) = self.program.script().filter(|root| root.id != self.id) {
            root.uses_of_imported(self, name, &mut out);
        }
        out.into()
    }

    /// Where other files name a variable, function or class of this module; none where not all are seen. Found once: every
    /// use of a parameter asks for them.
    fn uses_elsewhere(&self, name: &str) -> Uses<'t> {
        let key = (self.id, name.to_string());
        if let Some(known) = self.program.used.borrow().get(&key) {
            return known.clone();
        }
        let found = self.find_uses_elsewhere(name).map(Rc::from);
        self.program.used.borrow_mut().insert(key, found.clone());
        found
    }

    fn find_uses_elsewhere(&self, name: &str) -> Option<Vec<Used<'t>>> {
        let mut out = Vec::new();
        // By which name each file knows it.
        let mut known: Vec<(FileId, &str)> = vec![(self.id, name)];
        let mut at = 0;
        while let Some((id, name)) = known.get(at).copied() {
            at += 1;
            let home = self.program.at(id)?;
            let importers = self.program.importers(home.located());
            if importers.len() > MAX_IMPORTERS {
                return None;
            }
            for file in importers.iter().map(|path| self.program.file(path)) {
                let file = file.filter(|f| !f.names.star_import)?;
                for bound in file.uses_of_imported(home, name, &mut out) {
                    if !known.contains(&(file.id, bound)) {
                        known.push((file.id, bound));
                    }
                }
            }
        }
        let mut seen = FxHashSet::default();
        out.retain(|(file, node)| seen.insert((*file, node.id())));
        Some(out)
    }

    /// Adds the places that name what another file has under a name; answers with the names that it is imported by.
    fn uses_of_imported(&'t self, home: &File<'t>, name: &str, out: &mut Vec<Used<'t>>) -> Vec<&'t str> {
        // What an import path leads to there: the file itself, or what has the name.
        let leads = |path: &str, rest: &[&str]| {
            self.program.find(self, path).is_some_and(|found| {
                let parts = path.trim_start_matches('.').split('.').skip(found.parts);
                let file = found.file.as_deref().and_then(|f| self.program.file(f));
                file.is_some_and(|f| f.id == home.id) && parts.filter(|p| !p.is_empty()).eq(rest.iter().copied())
            })
        };
        let mut names = Vec::new();
        for (_, scope) in self.names.scopes() {
            for (bound, bindings) in &scope.bindings {
                for path in bindings.iter().filter_map(|b| b.import.as_deref()) {
                    let reads = self.names.reads_named(bound).iter().map(|read| read.node);
                    let named = |node: &Node<'t>| self.is_in_front_of(*node, name);
                    let sets: Vec<Node<'t>> = reads.clone().filter_map(|node| self.set_by_name(node, name)).collect();
                    if path.rsplit('.').next() == Some(name) && leads(path, &[name]) {
                        let itself = |node: &Node<'t>| node.parent().is_none_or(|p| p.kind() != "attribute");
                        out.extend(reads.filter(itself).map(|node| (self.id, node)));
                        names.push(bound.as_str());
                    } else if (!sets.is_empty() || reads.clone().any(|node| named(&node))) && leads(path, &[]) {
                        out.extend(reads.filter(named).filter_map(|node| Some((self.id, node.parent()?))));
                        out.extend(sets.into_iter().map(|node| (self.id, node)));
                    }
                }
            }
        }
        names
    }

    /// The name in `setattr(module, "name", x)`, of the module.
    fn set_by_name(&self, module: Node<'t>, name: &str) -> Option<Node<'t>> {
        let call = module.parent().filter(|p| p.kind() == "argument_list")?.parent().and_then(Call::cast)?;
        let mut args = call.args().filter(|_| call.function().is_some_and(|f| self.builtin(f) == Some("setattr")));
        let of_module = args.next().is_some_and(|a| a.id() == module.id());
        args.next().filter(|n| of_module && n.kind() == "string" && literal(self.text(*n)) == name)
    }

    /// Whether a node stands in front of a dot and a name.
    fn is_in_front_of(&self, node: Node<'t>, name: &str) -> bool {
        let access = node.parent().filter(|p| p.kind() == "attribute");
        access.and_then(|a| a.child_by_field_name("attribute")).is_some_and(|n| self.text(n) == name)
    }
}

/// The calls among the places that name a function.
fn called<'u, 't: 'u>(uses: &'u [Used<'t>]) -> impl Iterator<Item = (FileId, Call<'t>)> + 'u {
    let call = |node: Node<'t>| {
        node.parent().and_then(Call::cast).filter(|call| call.function().is_some_and(|f| f.id() == node.id()))
    };
    uses.iter().filter_map(move |&(file, node)| Some((file, call(node)?)))
}
