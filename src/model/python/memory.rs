//! Files in memory: what is written to an `io.StringIO` does not go out, it can be read again.

use super::File;
use super::calls::CallKind;
use super::names::Bound;
use super::receivers::Meaning;
use crate::catalog::PythonFacts;
use crate::syntax::Node;
use crate::syntax::python::Call;

/// From a writer to the file behind it, so many times.
const BEHIND: usize = 3;

impl<'t> File<'t> {
    /// Whether a call writes to a file in memory: `print(…, file=notes)`, `notes.write(…)`, `csv.writer(notes).writerow(…)`.
    pub(super) fn writes_in_memory(&self, call: Call<'t>) -> bool {
        !self.written_to(call).is_empty()
    }

    /// The files in memory that a call writes to, as expressions.
    pub(super) fn written_to(&self, call: Call<'t>) -> Vec<Node<'t>> {
        let mut out = Vec::new();
        let mut look = |node: Node<'t>| self.memory_behind(node, BEHIND, &mut out);
        match self.classify(call) {
            CallKind::Print => call.keyword(self.source, "file").into_iter().for_each(look),
            CallKind::Method { receiver, .. } if self.is_output(call) => look(receiver),
            CallKind::Library(path) if PythonFacts::has(&self.catalog.python.writers, &path) => {
                call.args().map(|a| a.child_by_field_name("value").unwrap_or(a)).for_each(look);
            }
            _ => {}
        }
        out
    }

    /// Adds the file in memory that an expression is, or writes to.
    fn memory_behind(&self, node: Node<'t>, depth: usize, out: &mut Vec<Node<'t>>) {
        let Some(depth) = depth.checked_sub(1) else { return };
        let made = |names: &[&str]| {
            self.meaning(node)
                .all
                .iter()
                .any(|m| matches!(m, Meaning::Made(path, rest) if rest.is_empty() && names.contains(&path.as_str())))
        };
        if made(&["io.StringIO", "io.BytesIO", "_io.StringIO", "_io.BytesIO"]) {
            out.push(node);
        } else if made(&["csv.writer", "csv.DictWriter", "io.TextIOWrapper", "codecs.StreamWriter"]) {
            let writer = Call::cast(node).into_iter().chain(self.bound_calls(node));
            writer.filter_map(|c| c.args().next()).for_each(|file| self.memory_behind(file, depth, out));
        }
    }

    /// The calls that a variable of this file is set to.
    fn bound_calls(&self, name: Node<'t>) -> Vec<Call<'t>> {
        let Some(var) = self.var(name).filter(|v| v.file == self.id) else { return Vec::new() };
        let bindings = self.names.bindings(var.scope, &var.name).iter();
        bindings.filter_map(|b| if let Bound::Value(Some(e)) = b.bound { Call::cast(e) } else { None }).collect()
    }
}
