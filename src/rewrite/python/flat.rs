//! A loop whose items are put together of several sources, or chosen by conditions: the clauses that give them become the
//! source of the calls, and the loop goes through what they give.

use super::Draft;
use super::text::longest_line;
use crate::facts::{Conflict, Span};
use crate::model::Flat;
use crate::syntax::layout;

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
        let options: String = rest.trim_start_matches(", ").split(", ").filter(|o| !o.is_empty()).fold(
            String::new(),
            |all, option| format!("{all}{newline}{inner}{option},"),
        );
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
}
