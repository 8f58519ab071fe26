//! `make-async`: the chain of functions from the site to the program's entry, and the client.

use super::Draft;
use super::text::needs_parentheses;
use crate::facts::{Conflict, Span};
use crate::model::python::Surface;
use crate::syntax::node_at;

impl Draft<'_, '_> {
    /// Makes the chain asynchronous; nothing to do on threads.
    ///
    /// # Errors
    /// Where two edits overlap.
    pub fn make_async(&mut self) -> Result<(), Conflict> {
        let Surface::Async { functions, awaited, entries, client } = self.surface else { return Ok(()) };
        let source = self.file.source;
        for def in functions {
            self.edit(Span::at(*def), "async ")?;
        }
        for call in awaited {
            let parens = node_at(source.root(), *call, "call").is_some_and(needs_parentheses);
            self.edit(Span::at(call.start), if parens { "(await " } else { "await " })?;
            if parens {
                self.edit(Span::at(call.end), ")")?;
            }
        }
        if !entries.is_empty() {
            let run = self.runtime("run");
            for call in entries {
                self.edit(Span::at(call.start), format!("{run}("))?;
                self.edit(Span::at(call.end), ")")?;
            }
        }
        if let Some(change) = client {
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
                            self.edit(crate::syntax::span(import), twin.clone())?;
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
        }
        Ok(())
    }
}
