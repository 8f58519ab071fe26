//! `guess-calls`: the loop stays as it is, and a function in front of it asks what the loop will ask for each item.

use super::Draft;
use crate::facts::{Conflict, EditSet, Span};
use crate::model::Ahead;
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
        let alone = self.pipeline.ahead.is_empty();
        let work = match self.handed_on(call).filter(|_| alone) {
            Some(function) => function,
            None => {
                let newline = self.newline();
                let indent = layout::indent_at(source, looped.start_byte()).to_string();
                let inner = format!("{indent}{}", self.unit());
                let asked = match alone {
                    true => {
                        let made = self.work_call(call, &inner, inner.chars().count());
                        format!("{}{inner}{made}{newline}", self.prepare(&inner))
                    }
                    false => self.asked_ahead(&self.pipeline.ahead, &inner),
                };
                let def = format!("{}{asked}", self.def_line(&indent));
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

    /// What is done ahead where several calls of an item are, with these calls as they are written in the loop now.
    fn asked_ahead(&self, pieces: &[Ahead], indent: &str) -> String {
        let newline = self.newline();
        let inner = format!("{indent}{}", self.unit());
        let mut out = String::new();
        for piece in pieces {
            match piece {
                Ahead::Copied(part) | Ahead::Asked(part) => {
                    out.push_str(&format!("{indent}{}{newline}", self.as_written(*part, indent)));
                }
                Ahead::Leave => out.push_str(&format!("{indent}return{newline}")),
                Ahead::Branch(arms) => {
                    for (at, (condition, pieces)) in arms.iter().enumerate() {
                        let head = match condition {
                            Some(condition) => {
                                let word = if at == 0 { "if" } else { "elif" };
                                format!("{word} {}", self.asked_whether(*condition, indent))
                            }
                            None => "else".to_string(),
                        };
                        let then = match pieces.is_empty() {
                            true => format!("{inner}pass{newline}"),
                            false => self.asked_ahead(pieces, &inner),
                        };
                        out.push_str(&format!("{indent}{head}:{newline}{then}"));
                    }
                }
            }
        }
        out
    }

    /// A part of the loop in another place, with the edits that were made in it.
    fn as_written(&self, part: Span, indent: &str) -> String {
        let source = self.source();
        let mut edits = EditSet::new();
        for edit in self.edits.iter().filter(|e| part.contains(e.span)) {
            // They come from a set without overlaps.
            let _ = edits.add(edit.clone());
        }
        let from = layout::indent_at(source, part.start);
        layout::reindent_edited(source, part, &edits, from, indent)
    }

    fn asked_whether(&self, (at, value): (Span, bool), indent: &str) -> String {
        let node = self.source().root().descendant_for_byte_range(at.start, at.end);
        let changed = self.edits.iter().any(|e| at.contains(e.span));
        match node.filter(|_| !changed) {
            Some(node) => self.test(node, value, indent),
            None if value => self.as_written(at, indent),
            None => format!("not ({})", self.as_written(at, indent)),
        }
    }
}
