//! A loop whose items are put together of several sources, or chosen by conditions: the clauses that give them become the
//! source of the calls, and the loop goes through what they give.

use super::Draft;
use super::text::longest_line;
use crate::facts::{Conflict, Edit, Span};
use crate::model::Flat;
use crate::syntax::python::For;
use crate::syntax::{children, layout, node_at};

/// Lines that stand further to the left than before.
#[derive(Debug)]
pub(super) struct MovedLeft {
    /// From the start of the first.
    lines: Span,
    from: String,
    to: String,
}

/// What comments say of one of the loops that become clauses.
#[derive(Debug, Clone, Default)]
struct Notes {
    /// In the lines above its head.
    above: Vec<String>,
    /// Behind its head.
    behind: Option<String>,
}

impl Notes {
    fn told(&self) -> bool {
        self.behind.is_some() || !self.above.is_empty()
    }
}

impl Draft<'_, '_> {
    /// The clauses as one expression: `((m, q) for m in models for q in questions)`.
    pub(super) fn flat_source(flat: &Flat) -> String {
        format!("({} {})", flat.item(), flat.parts.join(" "))
    }

    /// A call of the runtime with such a source, over several lines where it is longer than one: it begins at a column of a
    /// line with an indentation.
    pub(super) fn laid_out(&self, call: String, indent: &str, column: usize) -> String {
        self.laid_out_with(&[], call, indent, column)
    }

    /// The same with the comments of each clause, which take lines of their own.
    fn laid_out_with(&self, notes: &[Notes], call: String, indent: &str, column: usize) -> String {
        let longest = longest_line(self.source());
        let told = notes.iter().any(Notes::told);
        let long = told || column + call.chars().count() > longest;
        let Some(flat) = self.pipeline.flat.as_ref().filter(|_| long) else {
            return call;
        };
        let items = Self::flat_source(flat);
        let Some((head, (work, rest))) = call
            .split_once(&items)
            .and_then(|(before, after)| before.rsplit_once('(').map(|(head, work)| (head, (work, after))))
        else {
            return call;
        };
        let (newline, inner) = (self.newline(), format!("{indent}{}", self.unit()));
        let rest = rest.strip_suffix(')').unwrap_or(rest);
        let one = format!("{work}{items}{rest}");
        if !told && inner.chars().count() + one.chars().count() <= longest {
            return format!("{head}({newline}{inner}{one}{newline}{indent})");
        }
        let options: String = rest
            .trim_start_matches(", ")
            .split(", ")
            .filter(|o| !o.is_empty())
            .fold(String::new(), |all, option| format!("{all}{newline}{inner}{option},"));
        let items = match !told && inner.chars().count() + items.chars().count() < longest {
            true => items,
            false => {
                let deeper = format!("{inner}{}", self.unit());
                let mut lines = vec![flat.item()];
                for (at, part) in flat.parts.iter().enumerate() {
                    let Notes { mut above, behind } = notes.get(at).cloned().unwrap_or_default();
                    let mut line = part.clone();
                    match behind {
                        Some(note) if deeper.len() + line.chars().count() + note.chars().count() + 2 > longest => {
                            above.push(note);
                        }
                        Some(note) => line = format!("{line}  {note}"),
                        None => {}
                    }
                    lines.extend(above);
                    lines.push(line);
                }
                let lines: String = lines.iter().map(|l| format!("{newline}{deeper}{l}")).collect();
                format!("({lines}{newline}{inner})")
            }
        };
        let work = work.trim_end_matches(", ");
        format!("{head}({newline}{inner}{work},{newline}{inner}{items},{options}{newline}{indent})")
    }

    /// A comprehension goes through what its clauses give, and through the replies.
    pub(super) fn flat_clauses(&mut self, flat: &Flat, ahead: String) -> Result<(), Conflict> {
        let source = self.source();
        let (looped, clauses) = (self.pipeline.looped, flat.clauses);
        let line = source.line(looped.start);
        let indent = layout::indent_at(source, looped.start).to_string();
        let begin = source.line_start(line);
        let clause = format!("for {}, {} in {ahead}", flat.item(), self.reply);
        let rest = source.text[looped.end..].lines().next().unwrap_or_default();
        let around = source.text[begin..clauses.start].chars().count() + 1 + rest.trim_end().chars().count();
        let fits = around + clause.chars().count() <= longest_line(source);
        if fits || source.line(looped.end) != line {
            let own = layout::indent_at(source, clauses.start).to_string();
            let column = source.text[source.line_start(source.line(clauses.start))..clauses.start].chars().count();
            let clause = self.laid_out(clause, &own, column);
            return self.edit(clauses, clause);
        }
        let (newline, inner) = (self.newline(), format!("{indent}{}", self.unit()));
        let clause = self.laid_out(clause, &inner, inner.chars().count());
        let value = source.text[looped.start + 1..clauses.start].trim_end().len();
        let (open, gap) = (looped.start + 1, looped.start + 1 + value);
        self.edit(Span::at(open), format!("{newline}{inner}"))?;
        self.edit(Span::new(gap, looped.end - 1), format!("{newline}{inner}{clause}{newline}{indent}"))
    }

    /// Loops that hold nothing but the next become one: the first head goes through what all of them give, the others go, and
    /// the innermost body moves to the outermost's.
    pub(super) fn flat_loops(&mut self, flat: &Flat, ahead: String) -> Result<(), Conflict> {
        let source = self.source();
        let Some(outermost) = node_at(source.root(), self.pipeline.looped, "for_statement").and_then(For::cast) else {
            return Ok(());
        };
        let (Some(right), Some(outer)) = (outermost.right(), outermost.body()) else { return Ok(()) };
        let indent = layout::indent_at(source, outermost.0.start_byte()).to_string();
        let rest_of_line = |at: usize| source.text[at..].split_inclusive('\n').next().unwrap_or_default();
        // The head ends with its colon.
        let head_end = |of: For<'_>| {
            let colon = (0..of.0.child_count()).filter_map(|i| of.0.child(i)).find(|c| c.kind() == ":");
            colon.or(of.body().and_then(|b| b.prev_sibling())).map_or(of.0.end_byte(), |c| c.end_byte())
        };
        let mut notes = vec![Notes::default()];
        let mut at = outermost;
        for _ in 1..flat.parts.len() {
            let Some(inner) = at.body().and_then(|b| children(b).find_map(For::cast)) else { return Ok(()) };
            let (above, colon) = (head_end(at), head_end(inner));
            let above = above + rest_of_line(above).len();
            let begin = source.line_start(source.line(inner.0.start_byte()));
            // What the comments say of a head goes with it.
            let lines = source.text[above..begin].lines().map(|l| l.trim().to_string()).filter(|l| !l.is_empty());
            let mut own = Notes { above: lines.collect(), behind: None };
            let line = rest_of_line(colon);
            match line.trim() {
                text if text.is_empty() || text.starts_with('#') => {
                    own.behind = (!text.is_empty()).then(|| text.to_string());
                    self.edit(Span::new(above, colon + line.len()), "")?;
                }
                _ => {
                    let body = colon + line.len() - line.trim_start().len();
                    self.edit(Span::new(above, body), layout::indent_at(source, outer.start_byte()))?;
                }
            }
            notes.push(own);
            at = inner;
        }
        let colon = head_end(outermost);
        let note = rest_of_line(colon).trim();
        if note.starts_with('#') && notes.iter().any(Notes::told) {
            notes[0].behind = Some(note.to_string());
            self.edit(Span::new(colon, colon + rest_of_line(colon).trim_end().len()), "")?;
        }
        let head = format!("for {}, {} in {ahead}", flat.item(), self.reply);
        let head = self.laid_out_with(&notes, head, &indent, indent.chars().count());
        self.edit(Span::new(outermost.0.start_byte(), right.end_byte()), head)?;
        let Some(body) = at.body() else { return Ok(()) };
        self.moved_left = Some(MovedLeft {
            lines: Span::new(source.line_start(source.line(at.0.start_byte()) + 1), outermost.0.end_byte()),
            from: layout::indent_at(source, body.start_byte()).to_string(),
            to: layout::indent_at(source, outer.start_byte()).to_string(),
        });
        Ok(())
    }

    /// The indentation of lines that have moved to the left, where nothing else is to be done there: those that begin inside
    /// a string keep theirs.
    pub(super) fn move_left(&mut self) {
        let Some(MovedLeft { lines, from, to }) = self.moved_left.take() else { return };
        for spaces in layout::outdents(self.source(), lines, &from, &to) {
            let free = |e: &Edit| e.span.end <= spaces.start || e.span.start >= spaces.end;
            if self.edits.iter().all(free) {
                let edit = Edit { span: spaces, text: String::new(), by: self.by.clone() };
                // It overlaps nothing: that was looked at.
                let _ = self.edits.add(edit);
            }
        }
    }
}
