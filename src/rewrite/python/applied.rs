//! A function that is applied to each item: `map(work, source)` becomes a `gather`. A table is asked first what it would give
//! the function; the answers are gathered, and the table takes them one by one, so that what comes of them is its own doing.

use super::Draft;
use super::text::longest_line;
use crate::facts::{Conflict, Span};
use crate::model::Applied;
use crate::syntax::layout;

impl Draft<'_, '_> {
    /// Gathers what a function that is applied to each item gives.
    ///
    /// # Errors
    /// Where two edits overlap, which is a mistake in the operations.
    pub(super) fn gather_applied(&mut self) -> Result<(), Conflict> {
        let Some(applied) = self.pipeline.applied.clone() else { return Ok(()) };
        let work = self.source().slice(self.pipeline.work).to_string();
        self.checkpoint(&work);
        let source = self.source();
        let (function, items) = (self.pipeline.work, self.pipeline.source);
        match &applied {
            Applied::Map { whole, bar: None } => {
                let gather = self.runtime("gather");
                let waits = if self.is_async() { "await " } else { "" };
                self.edit(Span::new(whole.start, function.start), format!("{waits}{gather}("))?;
                let limit = self.limit().map(|n| format!(", limit={n}")).unwrap_or_default();
                self.edit(Span::new(items.end, whole.end), format!("{limit})"))
            }
            Applied::Map { whole, bar: Some((class, options)) } => {
                let (ahead, reply) = (self.runtime("ahead"), self.reply.clone());
                let class = source.slice(*class);
                let value = if self.is_async() { format!("await {reply}") } else { format!("{reply}.result()") };
                let limit = self.limit().map(|n| format!(", limit={n}")).unwrap_or_default();
                let options: String = options.iter().map(|o| format!(", {}", source.slice(*o))).collect();
                let (head, tail) = (format!("for _, {reply} in {class}({ahead}("), format!("{limit}){options})"));
                let indent = layout::indent_at(source, whole.start).to_string();
                let start = source.line_start(source.line(whole.start));
                let end = source.text[whole.end..].lines().next().map_or(0, |l| l.chars().count());
                let given = source.slice(Span::new(function.start, items.end));
                let column = source.text[start..whole.start].chars().count() + end;
                let long = column + value.len() + head.len() + given.chars().count() + tail.len() + 3;
                let (open, between, close) = match long > longest_line(source) && !given.contains('\n') {
                    false => ("[".to_string(), " ".to_string(), "]".to_string()),
                    true => {
                        let newline = self.newline();
                        let inner = format!("{newline}{indent}{}", self.unit());
                        (format!("[{inner}"), inner, format!("{newline}{indent}]"))
                    }
                };
                self.edit(Span::new(whole.start, function.start), format!("{open}{value}{between}{head}"))?;
                self.edit(Span::new(items.end, whole.end), format!("{tail}{close}"))
            }
            Applied::Table { method, rest, rows, progress, once } => {
                let statement = self.pipeline.statement;
                let indent = layout::indent_at(source, statement.start).to_string();
                let newline = self.newline();
                let asked = self.free(["asked", "inputs", "given"]);
                let mut table = source.slice(items).to_string();
                let mut lines = Vec::new();
                if *once {
                    let name =
                        self.free(if *rows { ["table", "rows", "frame"] } else { ["column", "values", "series"] });
                    lines.push(format!("{name} = {table}"));
                    self.edit(items, name.clone())?;
                    table = name;
                }
                lines.push(format!("{asked} = []"));
                let rest: String = rest.iter().map(|r| format!(", {}", source.slice(*r))).collect();
                let noted = match rows {
                    // The table may give the same row again and again, with other values.
                    true => format!("lambda row: {asked}.append(row.copy())"),
                    false => format!("{asked}.append"),
                };
                lines.push(format!("{table}.{method}({noted}{rest})"));
                let work = layout::reindent_edited(source, function, &self.inner, &indent, &indent);
                let limit = self.limit().map(|n| format!(", limit={n}")).unwrap_or_default();
                let made = match progress {
                    false => format!("{}({work}, {asked}{limit})", self.runtime("gather")),
                    true => format!("{}({work}, {asked}{limit})", self.runtime("ahead")),
                };
                let answers = self.free(["answers", "replies", "given_answers"]);
                let line = format!("{answers} = iter({made})");
                let line = match indent.chars().count() + line.chars().count() > longest_line(source) {
                    false => line,
                    true => {
                        let inner = format!("{newline}{indent}{}", self.unit());
                        format!("{answers} = iter({inner}{made}{newline}{indent})")
                    }
                };
                lines.push(line);
                let above = source.line_start(source.line(statement.start));
                let text: String = lines.iter().map(|l| format!("{indent}{l}{newline}")).collect();
                self.edit(Span::at(above), text)?;
                let taken = if *progress { format!("next({answers})[1].result()") } else { format!("next({answers})") };
                self.edit(function, format!("lambda _: {taken}"))
            }
        }
    }

    /// The first of some names that nothing in the file has.
    fn free(&mut self, names: [&str; 3]) -> String {
        let free = |name: &String| self.is_free(name) && !self.chosen.contains(name);
        let numbered = (2..).map(|n| format!("{}_{n}", names[0]));
        let name = names.iter().map(|n| n.to_string()).chain(numbered).find(free).unwrap_or_default();
        self.chosen.insert(name.clone());
        name
    }
}
