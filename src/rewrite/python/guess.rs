//! `guess-calls`: the loop stays as it is, and a function in front of it asks what the loop will ask for each item.

use super::Draft;
use crate::facts::{Conflict, Span};
use crate::syntax::{layout, node_at};

impl Draft<'_, '_> {
    /// Puts the calls of the work through the runtime where they stand, and asks them ahead of the loop.
    ///
    /// # Errors
    /// Where two edits overlap, which is a mistake in the operations.
    pub fn guess_calls(&mut self) -> Result<(), Conflict> {
        self.write_waiting()?;
        let source = self.file.source;
        let Some(looped) = node_at(source.root(), self.pipeline.looped, "for_statement") else { return Ok(()) };
        let Some(call) = self.call() else { return Ok(()) };
        let work = match self.handed_on(call) {
            Some(function) => function,
            None => {
                let newline = self.newline();
                let indent = layout::indent_at(source, looped.start_byte()).to_string();
                let inner = format!("{indent}{}", self.unit());
                let made = self.work_call(call, &inner, inner.chars().count());
                let def = format!("{}{}{inner}{made}{newline}", self.def_line(&indent), self.prepare(&inner));
                let above = layout::with_comments_above(source, looped);
                let gap = if indent.is_empty() { newline.repeat(2) } else { newline.to_string() };
                let lead = self.lead(above, &indent);
                self.edit(Span::at(above), format!("{lead}{def}{gap}"))?;
                self.work.clone()
            }
        };
        let ahead = self.ahead_call(&work);
        let ahead = self.with_bar(ahead);
        self.edit(self.pipeline.source, ahead)
    }
}
