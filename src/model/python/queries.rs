//! Guards that ask whether a file is there: `if os.path.exists(path): continue`, so that a run goes on where the last one
//! ended. The loop itself makes such files, so the guard may be true later; asked ahead, it can only let through a call more.

use super::calls::CallKind;
use super::receivers::Def;
use super::summary::own_nodes;
use super::{File, Grade, Trouble};
use crate::catalog::PythonFacts;
use crate::facts::Code;
use crate::syntax::python::{Attribute, Call};
use crate::syntax::{Node, ancestors, walk};

/// Methods and functions that take a file away, whatever they belong to.
const REMOVING: [&str; 6] = ["unlink", "rmdir", "rmtree", "removedirs", "truncate", "symlink"];

/// Those that give a file another name: the usual end of a write that nobody sees half done.
const RENAMING: [&str; 3] = ["rename", "replace", "move"];

impl<'t> File<'t> {
    /// The caution for a guard that is without effects but for asking whether files are there, and that files which the loop
    /// makes can only turn towards "skip"; none where it is anything else.
    pub(super) fn asks_for_files(&self, condition: Node<'t>, skips_when: bool, body: Node<'t>) -> Option<Trouble<'t>> {
        let asked = |c: &Call<'t>| self.is_file_query(*c) || self.asks_for_content(*c);
        let queries = walk(condition).filter_map(Call::cast).filter(asked);
        let first = walk(condition).filter_map(Call::cast).find(|c| self.is_file_query(*c))?.0;
        for query in queries {
            // `not` turns it around; under anything but `and` and `or` nobody can tell.
            let mut towards_skip = skips_when;
            for above in ancestors(query.0).take_while(|_| query.0.id() != condition.id()) {
                match above.kind() {
                    "not_operator" => towards_skip = !towards_skip,
                    "boolean_operator" | "parenthesized_expression" => {}
                    "attribute" | "comparison_operator" if self.asks_for_content(query) => {}
                    _ => return None,
                }
                if above.id() == condition.id() {
                    break;
                }
            }
            if !towards_skip {
                return None;
            }
        }
        let pure = walk(condition).all(|n| match n.kind() {
            "call" => {
                self.is_file_query(Call(n)) || self.asks_for_content(Call(n)) || self.call_impurity(Call(n)).is_none()
            }
            "await" | "yield" | "named_expression" => false,
            _ => !n.is_error(),
        });
        let asked: Vec<&str> = walk(condition)
            .filter_map(Call::cast)
            .filter(|c| self.is_file_query(*c))
            .filter_map(|c| c.args().next().or_else(|| Attribute::cast(c.function()?)?.object()))
            .map(|n| self.text(n))
            .collect();
        if !pure || walk(body).filter_map(Call::cast).any(|c| self.may_remove_files(c, &asked, &mut Vec::new())) {
            return None;
        }
        let message = format!(
            "whether the call is made depends on `{}`, and the loop may make that file; what comes again while the first is \
             under way is asked again",
            self.text(first)
        );
        let help = "look at the files once before the loop, where no two items have the same one";
        Some(Trouble::new(Code::CHECK_THEN_ACT, first, message, help).graded(Grade::Care))
    }

    /// Whether a call asks for the size of a file, to see whether there is anything in it: `path.stat().st_size > 0`.
    fn asks_for_content(&self, call: Call<'t>) -> bool {
        let Some(function) = call.function() else { return false };
        let sized = match self.import_path(function) {
            Some(path) => matches!(path.as_str(), "os.path.getsize" | "os.stat"),
            None => Attribute::cast(function).is_some_and(|a| {
                let stat = a.name().is_some_and(|n| self.text(n) == "stat");
                stat && call.args().next().is_none() && a.object().is_some_and(|o| self.may_be_path(o))
            }),
        };
        let compared =
            ancestors(call.0).find(|a| a.kind() != "attribute").filter(|a| a.kind() == "comparison_operator");
        sized && compared.is_some_and(|c| self.text(c).split_whitespace().collect::<String>().ends_with(">0"))
    }

    /// Whether a call asks whether a file is there, and does nothing else.
    fn is_file_query(&self, call: Call<'t>) -> bool {
        let asks = |path: &str| {
            path.rsplit('.')
                .next()
                .is_some_and(|n| matches!(n, "exists" | "lexists" | "isfile" | "isdir" | "is_file" | "is_dir"))
        };
        match self.classify(call) {
            CallKind::Library(path) => asks(&path) && PythonFacts::has(&self.catalog.python.file_queries, &path),
            _ => false,
        }
    }

    /// Whether a call in the loop may take a file away, so that what a guard has found is gone. One that is renamed is another
    /// than those that are asked for, where it is written in another way.
    fn may_remove_files(&self, call: Call<'t>, asked: &[&str], seen: &mut Vec<Def<'t>>) -> bool {
        let Some(function) = call.function() else { return true };
        if let CallKind::Functions(defs) = self.classify(call) {
            return defs.into_iter().any(|def| {
                if seen.contains(&def) {
                    return false;
                }
                seen.push(def);
                let Some(file) = self.program.at(def.file) else { return true };
                let mut calls = own_nodes(def.node).into_iter().filter_map(Call::cast);
                calls.any(|c| file.may_remove_files(c, asked, seen))
            });
        }
        let path = self.import_path(function);
        let attribute = Attribute::cast(function);
        let name = match (&path, attribute.and_then(|a| a.name())) {
            (Some(path), _) => path.rsplit('.').next().unwrap_or_default(),
            (None, Some(name)) => self.text(name),
            (None, None) => return false,
        };
        let object = attribute.and_then(|a| a.object());
        if RENAMING.contains(&name) {
            let of_files = path.is_some() || object.is_some_and(|o| self.is_path(o));
            let renamed = if path.is_some() { call.args().next() } else { object };
            return of_files && renamed.is_none_or(|r| asked.contains(&self.text(r)) || !self.is_written_before(r));
        }
        // A command may do anything to files.
        if matches!(self.classify(call), CallKind::Blocking(_)) {
            return true;
        }
        let changes = path.as_ref().is_some_and(|p| PythonFacts::has(&self.catalog.python.file_changes, p));
        REMOVING.contains(&name) || changes && !name.starts_with("copy")
    }

    /// Whether a file is written in front of a statement of the same block, by the name that the statement has for it.
    fn is_written_before(&self, path: Node<'t>) -> bool {
        let Some(block) = ancestors(path).find(|a| matches!(a.kind(), "block" | "module")) else { return false };
        let name = self.text(path);
        walk(block).take_while(|n| n.start_byte() < path.start_byte()).filter_map(Call::cast).any(|call| {
            let Some(function) = call.function() else { return false };
            let opened = self.builtin(function) == Some("open")
                && call.args().next().is_some_and(|a| self.text(a) == name)
                && call.args().nth(1).is_some_and(|mode| self.text(mode).contains(['w', 'x']));
            opened
                || Attribute::cast(function).is_some_and(|a| {
                    let writes = a.name().is_some_and(|n| matches!(self.text(n), "write_text" | "write_bytes"));
                    writes && a.object().is_some_and(|o| self.text(o) == name)
                })
        })
    }
}
