//! Calls that are all made at once, in a list that is gathered: the list and its loop go, and the answers come from a
//! `gather` that bounds how many are under way.

use super::Draft;
use super::stage::without_line;
use super::text::longest_line;
use crate::facts::{Conflict, Span};
use crate::model::{Collect, Gathering};
use crate::syntax::python::{Call, For};
use crate::syntax::{layout, node_at, span};

impl Draft<'_, '_> {
    /// Bounds a gather.
    ///
    /// # Errors
    /// Where two edits overlap, which is a mistake in the operations.
    pub(super) fn bound_gather(&mut self, gathering: &Gathering, collect: &Collect) -> Result<(), Conflict> {
        let source = self.source();
        let Some(call) = self.call() else { return Ok(()) };
        let looped = node_at(source.root(), self.pipeline.looped, "for_statement");
        for gone in &gathering.gone {
            self.edit(without_line(source, *gone), "")?;
        }
        let only_call = looped.and_then(|l| For(l).body()).is_none_or(|body| body.named_child_count() == 1)
            && !source.slice(self.pipeline.looped).contains('#');
        let handed_on = self.handed_on(call).filter(|_| only_call && !gathering.failures);
        match (looped, &handed_on) {
            (Some(looped), Some(_)) => self.edit(layout::lines(source, looped), "")?,
            (Some(looped), None) => self.loop_as_function(call, For(looped), collect, gathering.failures)?,
            (None, Some(_)) => {}
            (None, None) => {
                let indent = layout::indent_at(source, self.pipeline.statement.start).to_string();
                let inner = format!("{indent}{}", self.unit());
                let def = self.def_line(&indent) + &self.returned(call, &inner, gathering.failures);
                let above = layout::line_comments_above(source, self.pipeline.statement.start);
                let above = source.line_start(source.line(above));
                let lead = self.lead(above, &indent);
                let newline = self.newline();
                self.edit(Span::at(above), format!("{lead}{def}{newline}"))?;
            }
        }
        let work = handed_on.unwrap_or_else(|| self.work.clone());
        let at = gathering.answers.start;
        let indent = layout::indent_at(source, at).to_string();
        let column = source.text[source.line_start(source.line(at))..at].chars().count();
        let answers = match &gathering.bar {
            None => self.gather_call(&work),
            Some((class, options)) => {
                let mut bar = vec![self.ahead_call(&work)];
                bar.extend(options.iter().map(|o| source.slice(*o).to_string()));
                let (reply, class) = (self.reply.clone(), source.slice(*class));
                let parts = [format!("await {reply}"), format!("for _, {reply} in {class}({})", bar.join(", "))];
                let (newline, unit) = (self.newline(), self.unit());
                match column + parts[0].len() + parts[1].chars().count() + 3 > longest_line(source) {
                    false => format!("[{} {}]", parts[0], parts[1]),
                    true => {
                        let inner = format!("{newline}{indent}{unit}");
                        format!("[{inner}{}{inner}{}{newline}{indent}]", parts[0], parts[1])
                    }
                }
            }
        };
        match &gathering.list {
            Some(list) => self.edit(gathering.answers, format!("{list} = {answers}")),
            None => self.edit(gathering.answers, answers),
        }
    }

    /// Where the text in front of a place ends once the statements that go are gone.
    fn without_gone(&self, at: usize) -> usize {
        let source = self.source();
        let gathering = self.pipeline.gathering.iter().flat_map(|g| &g.gone);
        let mut lines = gathering.map(|gone| without_line(source, *gone));
        lines.find(|gone| gone.end == at).map_or(at, |gone| gone.start)
    }

    /// The last statements of the work: they make the call and give its answer, or the failure as one.
    fn returned(&mut self, call: Call<'_>, inner: &str, failures: bool) -> String {
        let source = self.source();
        let Some(call) = node_at(source.root(), span(call.0), "call").and_then(Call::cast) else {
            return String::new();
        };
        let newline = self.newline();
        if !failures {
            let made = self.call_in_place(call, inner, inner.chars().count() + "return ".len());
            return format!("{inner}return {made}{newline}");
        }
        let deeper = format!("{inner}{}", self.unit());
        let taken = source.slice(self.pipeline.work);
        let error = ["error", "failure", "problem"].into_iter().find(|n| !taken.contains(n)).unwrap_or("error_");
        let plain = call.args().all(|a| {
            let value = a.child_by_field_name("value").filter(|_| a.kind() == "keyword_argument").unwrap_or(a);
            matches!(value.kind(), "identifier" | "string" | "integer" | "float" | "true" | "false" | "none")
                && !source.of(value).contains('{')
        });
        // A failure of what the call is given was none of the coroutine's.
        let (first, made) = match plain {
            true => {
                let made = self.call_in_place(call, &deeper, deeper.chars().count() + "return ".len());
                (String::new(), made)
            }
            false => {
                let name = ["asked", "coroutine", "call"].into_iter().find(|n| !taken.contains(n)).unwrap_or("asked_");
                let made = self.call_in_place(call, inner, inner.chars().count() + name.len() + 3);
                let made = made.strip_prefix("await ").unwrap_or(&made);
                (format!("{inner}{name} = {made}{newline}"), format!("await {name}"))
            }
        };
        format!(
            "{first}{inner}try:{newline}{deeper}return {made}{newline}{inner}except Exception as {error}:{newline}{deeper}return {error}{newline}"
        )
    }

    /// A loop that fills the list becomes the function that makes one call.
    fn loop_as_function(
        &mut self,
        call: Call<'_>,
        looped: For<'_>,
        collect: &Collect,
        failures: bool,
    ) -> Result<(), Conflict> {
        let source = self.source();
        let (newline, unit) = (self.newline(), self.unit());
        let indent = layout::indent_at(source, looped.0.start_byte()).to_string();
        let Some(body) = looped.body() else { return Ok(()) };
        let whole = layout::lines(source, looped.0);
        // The header becomes the function's; a comment behind it stays.
        let colon = (0..looped.0.child_count())
            .filter_map(|i| looped.0.child(i))
            .find(|c| c.kind() == ":")
            .map_or(body.start_byte(), |c| c.end_byte());
        let comment = source.text[colon..].split('\n').next().map(|l| l.trim_end_matches('\r')).unwrap_or_default();
        let def = self.def_line("");
        let mut lines = def.trim_end_matches(['\n', '\r']).split(newline);
        let first = lines.next().unwrap_or_default();
        let unpack: String = lines.map(|l| format!("{newline}{indent}{l}")).collect();
        let start = layout::line_comments_above(source, looped.0.start_byte());
        let start = source.line_start(source.line(start));
        let lead = self.lead(self.without_gone(start), &indent);
        self.edit(Span::at(start), lead)?;
        self.edit(Span::new(looped.0.start_byte(), colon + comment.len()), format!("{first}{comment}{unpack}"))?;
        let inner = format!("{indent}{unit}");
        let returned = self.returned(call, &inner, failures);
        let returned = returned.trim_start().trim_end_matches(['\n', '\r']);
        self.edit(collect.append, returned.to_string())?;
        let blank = source.text[whole.end..].lines().next().is_none_or(|l| l.trim().is_empty());
        if blank { Ok(()) } else { self.edit(Span::at(whole.end), newline) }
    }
}
