//! `reuse-client`: a client that is made anew for each call is made once, and keeps its connections.

use super::Draft;
use crate::facts::{Conflict, Span};
use crate::syntax::python::Call;
use crate::syntax::{ancestors, layout, node_at, walk};

impl Draft<'_, '_> {
    /// Makes the clients of the waiting calls once, in a function of the module.
    ///
    /// # Errors
    /// Where two edits overlap.
    pub fn reuse_clients(&mut self, by: &str) -> Result<(), Conflict> {
        let source = self.file.source;
        let here = self.file.file_name();
        let mut made: Vec<Span> =
            self.pipeline.waiting.iter().filter(|w| w.path == here).filter_map(|w| w.remade).collect();
        made.sort_by_key(|span| span.start);
        made.dedup();
        for at in made {
            let Some(call) = node_at(source.root(), at, "call").and_then(Call::cast) else { continue };
            // A call inside the statements that move would be edited in two places.
            if self.pipeline.gives.is_some() && self.pipeline.work.contains(at) || self.moves(at) {
                continue;
            }
            let Some(name) = self.maker(call) else { continue };
            let Some(top) = ancestors(call.0).filter(|a| a.parent().is_some_and(|p| p.kind() == "module")).last()
            else {
                continue;
            };
            let cache = self.symbol("functools", "lru_cache");
            let newline = self.newline();
            let above = layout::with_comments_above(source, top);
            let text = source.of(call.0);
            let unit = &source.indent;
            let def = format!(
                "@{cache}(maxsize=None){newline}def {name}():{newline}{unit}return {text}{newline}{newline}{newline}"
            );
            self.edit(Span::at(above), def)?;
            self.edit(at, format!("{name}()"))?;
            if !self.recipes.iter().any(|r| r == by) {
                self.recipes.push(by.to_string());
            }
        }
        Ok(())
    }

    /// Whether a place stands in a statement that moves to the work.
    fn moves(&self, at: Span) -> bool {
        self.pipeline.prepare.iter().any(|step| step.span.contains(at))
    }

    /// The name of the function that makes a client: the same for every draft of the file.
    fn maker(&self, call: Call<'_>) -> Option<String> {
        let source = self.file.source;
        let written = |c: &Call<'_>| c.function().map(|f| source.of(f));
        let class = written(&call)?.rsplit('.').next()?.to_lowercase();
        let earlier = walk(source.root())
            .filter_map(Call::cast)
            .filter(|c| c.0.start_byte() < call.0.start_byte() && written(c) == written(&call))
            .count();
        let number = if earlier == 0 { String::new() } else { format!("_{}", earlier + 1) };
        ["client", "client_once", "shared_client"]
            .iter()
            .map(|end| format!("{class}_{end}{number}"))
            .find(|name| !self.file.names.is_taken(name))
    }
}
