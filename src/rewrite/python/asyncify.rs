//! `make-async`: the functions from the program's entry to the site, and from there to the waiting calls, and the clients.

use super::Draft;
use super::text::needs_parentheses;
use crate::facts::{Conflict, Span};
use crate::model::Applied;
use crate::model::python::{ClientChange, File, Surface, Turned};
use crate::syntax::python::Call;
use crate::syntax::{Node, children, layout, node_at, span, walk};
use std::collections::BTreeSet;

impl Draft<'_, '_> {
    /// Makes the chain asynchronous; nothing to do on threads. Waiting calls in it are written by `stage-loop`.
    ///
    /// # Errors
    /// Where two edits overlap.
    pub fn make_async(&mut self) -> Result<(), Conflict> {
        let Surface::Async { own, entries, others } = self.surface else { return Ok(()) };
        self.turn(self.file, own)?;
        for (path, turned) in others {
            if let Some(file) = self.file.other(path) {
                self.turn(file, turned)?;
            }
        }
        if !entries.is_empty() {
            let run = self.runtime("run");
            for call in entries {
                self.edit(Span::at(call.start), format!("{run}("))?;
                self.edit(Span::at(call.end), ")")?;
            }
        }
        Ok(())
    }

    /// Makes functions of one file asynchronous, with what they call.
    fn turn(&mut self, file: &File<'_>, turned: &Turned) -> Result<(), Conflict> {
        let source = file.source;
        for def in &turned.functions {
            self.edit_in(file, Span::at(*def), "async ")?;
        }
        for call in &turned.awaited {
            let parens = node_at(source.root(), *call, "call").is_some_and(needs_parentheses);
            self.edit_where(file, Span::at(call.start), if parens { "(await " } else { "await " })?;
            if parens {
                self.edit_where(file, Span::at(call.end), ")")?;
            }
        }
        for sleep in &turned.sleeps {
            let function = node_at(source.root(), *sleep, "call").and_then(Call::cast).and_then(Call::function);
            if let Some(function) = function {
                self.edit_where(file, span(function), "await asyncio.sleep")?;
                self.import_whole(file, "asyncio");
            }
        }
        self.drop_imports(file, &turned.sleeps)?;
        turned.clients.iter().try_for_each(|change| self.change_client(file, change))
    }

    /// An edit that goes along where its statement moves to the work.
    pub(super) fn edit_where(&mut self, file: &File<'_>, span: Span, text: impl Into<String>) -> Result<(), Conflict> {
        let moves = self.pipeline.gives.is_some() || matches!(self.pipeline.applied, Some(Applied::Table { .. }));
        let moves = moves && file.id == self.file.id && self.pipeline.work.contains(span);
        if moves { self.edit_inside(span, text) } else { self.edit_in(file, span, text) }
    }

    /// Takes the imports away that only some sleeps have used.
    pub(super) fn drop_imports(&mut self, file: &File<'_>, sleeps: &[Span]) -> Result<(), Conflict> {
        let source = file.source;
        for node in children(source.root()) {
            let name = match source.of(node) {
                "import time" => "time",
                "from time import sleep" => "sleep",
                _ => continue,
            };
            let used = walk(source.root()).any(|n| {
                n.kind() == "identifier" && source.of(n) == name && sleeps.iter().any(|s| s.contains(span(n)))
            });
            // The script may have it from there: `llm.time`, `from llm import time`.
            let here = self.file.source.root();
            let named = |n: Node<'_>| n.kind() == "identifier" && self.file.source.of(n) == name;
            if file.id != self.file.id && walk(here).any(named) {
                continue;
            }
            if used && file.id == self.file.id && (self.terms.keeps_import)(name) {
                continue;
            }
            let lines = layout::lines(source, node);
            let alone = layout::alone_on_lines(source, node) && source.slice(lines).trim() == source.of(node);
            if used && alone && !file.read_elsewhere(name, sleeps) {
                self.edit_in(file, lines, "")?;
            }
        }
        Ok(())
    }

    /// The clients of one constructor become their twin.
    fn change_client(&mut self, file: &File<'_>, change: &ClientChange) -> Result<(), Conflict> {
        let twin = change.to.rsplit('.').next().unwrap_or(&change.to).to_string();
        let mut imports: BTreeSet<&str> = BTreeSet::new();
        for place in &change.places {
            let written = file.written_as(*place);
            match written.rsplit_once('.') {
                Some((stem, _)) => self.edit_in(file, *place, format!("{stem}.{twin}"))?,
                None => {
                    self.edit_in(file, *place, twin.clone())?;
                    imports.insert(written);
                }
            }
        }
        for written in imports {
            let module = change.from.rsplit_once('.').map_or("", |(module, _)| module);
            match file.from_import_of(written).filter(|_| !file.read_elsewhere(written, &change.places)) {
                // Nothing else uses the old name: the import changes with the constructor.
                Some(import) if !file.names.is_taken(&twin) => self.edit_in(file, span(import), twin.clone())?,
                _ => {
                    self.import_in(file, module, &twin);
                }
            }
        }
        change.with.iter().try_for_each(|with| self.edit_in(file, Span::at(*with), "async "))
    }
}
