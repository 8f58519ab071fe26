//! What other files of the program pass for the parameters of functions and classes that they import. A client is often made
//! in the script, and asked in a file of its own.

use super::program::Calls;
use super::receivers::{Meaning, Meanings, call_of};
use super::{File, FileId};
use crate::syntax::Node;
use crate::syntax::python::Call;
use rustc_hash::FxHashSet;
use std::rc::Rc;

/// Of a file that more import, nobody is asked.
const MAX_IMPORTERS: usize = 4;

/// A call, and its file.
pub(super) type Called<'t> = (FileId, Call<'t>);

impl<'t> File<'t> {
    /// What is passed for a parameter of what other files import by a name: only objects of libraries count, and only where
    /// each call is seen and passes one. `passes` says what a call passes.
    pub(super) fn passed_elsewhere(
        &self,
        name: &str,
        passes: impl Fn(&'t File<'t>, Call<'t>) -> Meanings<'t>,
    ) -> Option<Meanings<'t>> {
        let mut out = Meanings::default();
        for &(file, call) in self.calls_elsewhere(name)?.iter() {
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

    /// The calls, in other files, of a function or class of this module; none where not all are seen. Found once: every
    /// use of a parameter asks for them.
    fn calls_elsewhere(&self, name: &str) -> Calls<'t> {
        let key = (self.id, name.to_string());
        if let Some(known) = self.program.called.borrow().get(&key) {
            return known.clone();
        }
        let found = self.find_calls_elsewhere(name).map(Rc::from);
        self.program.called.borrow_mut().insert(key, found.clone());
        found
    }

    fn find_calls_elsewhere(&self, name: &str) -> Option<Vec<Called<'t>>> {
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
                for bound in file.calls_of_imported(home, name, &mut out) {
                    if !known.contains(&(file.id, bound)) {
                        known.push((file.id, bound));
                    }
                }
            }
        }
        let mut seen = FxHashSet::default();
        out.retain(|(file, call)| seen.insert((*file, call.0.id())));
        Some(out)
    }

    /// Adds the calls of what another file has under a name; answers with the names that it is imported by.
    fn calls_of_imported(&'t self, home: &File<'t>, name: &str, out: &mut Vec<Called<'t>>) -> Vec<&'t str> {
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
                    if path.rsplit('.').next() == Some(name) && leads(path, &[name]) {
                        let itself = |node: &Node<'t>| node.parent().is_none_or(|p| p.kind() != "attribute");
                        out.extend(reads.filter(itself).filter_map(call_of).map(|call| (self.id, call)));
                        names.push(bound.as_str());
                    } else if reads.clone().any(|node| self.is_in_front_of(node, name)) && leads(path, &[]) {
                        let named = reads.filter(|node| self.is_in_front_of(*node, name));
                        out.extend(named.filter_map(call_of).map(|call| (self.id, call)));
                    }
                }
            }
        }
        names
    }

    /// Whether a node stands in front of a dot and a name.
    fn is_in_front_of(&self, node: Node<'t>, name: &str) -> bool {
        let access = node.parent().filter(|p| p.kind() == "attribute");
        access.and_then(|a| a.child_by_field_name("attribute")).is_some_and(|n| self.text(n) == name)
    }
}
