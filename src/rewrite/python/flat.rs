//! A loop whose items are put together of several sources, or chosen by conditions: the clauses that give them become the
//! source of the calls, and the loop goes through what they give.

use super::Draft;
use super::text::longest_line;
use crate::facts::{Conflict, Edit, Span};
use crate::model::Flat;
use crate::syntax::python::For;
use crate::syntax::{children, layout, node_at, span, walk};

/// Lines that stand further to the left than before.
#[derive(Debug)]
pub(super) struct MovedLeft {
    /// From the start of the first.
    lines: Span,
    from: String,
    to: String,
}

impl Draft<'_, '_> {
    /// The clauses as one expression: `((m, q) for m in models for q in questions)`.
    pub(super) fn flat_source(flat: &Flat) -> String {
        format!("({} {})", flat.item(), flat.parts.join(" "))
    }

    /// A call of the runtime with such a source, over several lines where it is longer than one: it begins at a column of a
    /// line with an indentation.
    pub(super) fn laid_out(&self, call: String, indent: &str, column: usize) -> String {
        let longest = longest_line(self.source());
        let Some(flat) = self.pipeline.flat.as_ref().filter(|_| column + call.chars().count() > longest) else {
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
        if inner.chars().count() + one.chars().count() <= longest {
            return format!("{head}({newline}{inner}{one}{newline}{indent})");
        }
        let options: String = rest
            .trim_start_matches(", ")
            .split(", ")
            .filter(|o| !o.is_empty())
            .fold(String::new(), |all, option| format!("{all}{newline}{inner}{option},"));
        let items = match inner.chars().count() + items.chars().count() < longest {
            true => items,
            false => {
                let deeper = format!("{inner}{}", self.unit());
                let parts: String = flat.parts.iter().map(|p| format!("{newline}{deeper}{p}")).collect();
                format!("({newline}{deeper}{}{parts}{newline}{inner})", flat.item())
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
        let head = format!("for {}, {} in {ahead}", flat.item(), self.reply);
        let head = self.laid_out(head, &indent, indent.chars().count());
        self.edit(Span::new(outermost.0.start_byte(), right.end_byte()), head)?;
        let mut at = outermost;
        for _ in 1..flat.parts.len() {
            let Some(inner) = at.body().and_then(|b| children(b).find_map(For::cast)) else { return Ok(()) };
            let Some(body) = inner.body() else { return Ok(()) };
            // The head with its colon; a comment behind it stays.
            let colon = (0..inner.0.child_count())
                .filter_map(|i| inner.0.child(i))
                .find(|c| c.kind() == ":")
                .map_or(body.start_byte(), |c| c.end_byte());
            let line = source.text[colon..].split_inclusive('\n').next().unwrap_or_default();
            let begin = source.line_start(source.line(inner.0.start_byte()));
            match line.trim() {
                "" => self.edit(Span::new(begin, colon + line.len()), "")?,
                _ => {
                    let comment = colon + line.len() - line.trim_start().len();
                    self.edit(Span::new(begin, comment), layout::indent_at(source, outer.start_byte()))?;
                }
            }
            at = inner;
        }
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
        let source = self.source();
        let strings: Vec<Span> = walk(source.root()).filter(|n| n.kind() == "string").map(span).collect();
        let mut start = lines.start;
        while start < lines.end {
            let next = source.text[start..].find('\n').map_or(source.text.len(), |at| start + at + 1);
            let spaces = Span::new(start + to.len(), start + from.len());
            let inside = strings.iter().any(|s| s.start < start && start < s.end);
            let free = |e: &Edit| e.span.end <= spaces.start || e.span.start >= spaces.end;
            if source.text[start..next].starts_with(&from) && !inside && self.edits.iter().all(free) {
                let edit = Edit { span: spaces, text: String::new(), by: self.by.clone() };
                // It overlaps nothing: that was looked at.
                let _ = self.edits.add(edit);
            }
            start = next;
        }
    }
}
