//! `make-async`: the functions from the program's entry to the site, and from there to the waiting calls, and the clients.

use super::Draft;
use super::text::needs_parentheses;
use crate::facts::{Conflict, Span};
use crate::model::Applied;
use crate::model::python::{ClientChange, Surface};
use crate::syntax::python::Call;
use crate::syntax::{children, layout, node_at, span, walk};

impl Draft<'_, '_> {
    /// Makes the chain asynchronous; nothing to do on threads. Waiting calls in it are written by `stage-loop`.
    ///
    /// # Errors
    /// Where two edits overlap.
    pub fn make_async(&mut self) -> Result<(), Conflict> {
        let Surface::Async { functions, awaited, entries, sleeps, clients, .. } = self.surface else { return Ok(()) };
        let source = self.file.source;
        for def in functions {
            self.edit(Span::at(*def), "async ")?;
        }
        for call in awaited {
            let parens = node_at(source.root(), *call, "call").is_some_and(needs_parentheses);
            self.edit_where(Span::at(call.start), if parens { "(await " } else { "await " })?;
            if parens {
                self.edit_where(Span::at(call.end), ")")?;
            }
        }
        if !entries.is_empty() {
            let run = self.runtime("run");
            for call in entries {
                self.edit(Span::at(call.start), format!("{run}("))?;
                self.edit(Span::at(call.end), ")")?;
            }
        }
        for sleep in sleeps {
            let function = node_at(source.root(), *sleep, "call").and_then(Call::cast).and_then(Call::function);
            if let Some(function) = function {
                self.edit_where(span(function), "await asyncio.sleep")?;
                self.imports.insert(("asyncio".into(), String::new()));
            }
        }
        self.drop_imports(sleeps)?;
        clients.iter().try_for_each(|change| self.change_client(change))
    }

    /// An edit that goes along where its statement moves to the work.
    pub(super) fn edit_where(&mut self, span: Span, text: impl Into<String>) -> Result<(), Conflict> {
        let moves = self.pipeline.gives.is_some() || matches!(self.pipeline.applied, Some(Applied::Table { .. }));
        match moves && self.pipeline.work.contains(span) {
            true => self.edit_inside(span, text),
            false => self.edit(span, text),
        }
    }

    /// Takes the imports away that only some sleeps have used.
    fn drop_imports(&mut self, sleeps: &[Span]) -> Result<(), Conflict> {
        let source = self.file.source;
        for node in children(source.root()) {
            let name = match source.of(node) {
                "import time" => "time",
                "from time import sleep" => "sleep",
                _ => continue,
            };
            let used = walk(source.root()).any(|n| {
                n.kind() == "identifier" && source.of(n) == name && sleeps.iter().any(|s| s.contains(span(n)))
            });
            let alone = layout::alone_on_lines(source, node)
                && source.slice(layout::lines(source, node)).trim() == source.of(node);
            if used && alone && !self.file.read_elsewhere(name, sleeps) {
                self.edit(layout::lines(source, node), "")?;
            }
        }
        Ok(())
    }

    /// The client becomes its twin.
    fn change_client(&mut self, change: &ClientChange) -> Result<(), Conflict> {
        let twin = change.to.rsplit('.').next().unwrap_or(&change.to).to_string();
        let written = self.file.written_as(change.constructor);
        let places: Vec<Span> = [change.constructor].into_iter().chain(change.annotation).collect();
        if let Some(annotation) = change.annotation {
            let stem = written.rsplit_once('.').map_or(String::new(), |(stem, _)| format!("{stem}."));
            self.edit(annotation, format!("{stem}{twin}"))?;
        }
        match written.rsplit_once('.') {
            Some((stem, _)) => self.edit(change.constructor, format!("{stem}.{twin}"))?,
            None => {
                let module = change.from.rsplit_once('.').map_or("", |(module, _)| module).to_string();
                match self.file.from_import_of(written).filter(|_| !self.file.read_elsewhere(written, &places)) {
                    // Nothing else uses the old name: the import changes with the constructor.
                    Some(import) if !self.file.names.is_taken(&twin) => {
                        self.edit(span(import), twin.clone())?;
                        self.edit(change.constructor, twin)?;
                    }
                    _ => {
                        self.imports.insert((module, twin.clone()));
                        self.edit(change.constructor, twin)?;
                    }
                }
            }
        }
        if let Some(with) = change.with {
            self.edit(Span::at(with), "async ")?;
        }
        Ok(())
    }
}
