//! `absorb-retry`: tries that somebody wrote around a waiting call become the runtime's.

use super::text::{broken_call, call_text, longest_line};
use super::{Draft, Left};
use crate::catalog::Effect;
use crate::facts::{Code, Conflict, Span};
use crate::model::python::File;
use crate::model::{Retry, WaitingCall};
use crate::syntax::layout;
use crate::syntax::python::Call;

impl Draft<'_, '_> {
    /// Tries that are written around calls of these effects become the runtime's, where they are no more than that.
    pub fn absorb_retries(&mut self, by: &str, effects: &[Effect]) {
        self.absorbed.extend(effects.iter().map(|e| (*e, by.to_string())));
    }

    fn absorbed_by(&self, waiting: &WaitingCall) -> Option<&str> {
        self.absorbed.iter().find(|(e, _)| *e == waiting.fact.effect).map(|(_, by)| by.as_str())
    }

    /// The tries around a call that become the runtime's.
    pub(super) fn absorbs(&self, waiting: &WaitingCall) -> Option<Retry> {
        let by = self.absorbed_by(waiting)?;
        let file = match waiting.path == self.path() {
            true => self.file,
            false => self.file.other(&waiting.path)?,
        };
        let allowed = (self.terms.forbids)(file, waiting.call, by).is_none();
        let stays = self.is_awaited_in_place(file, waiting.call);
        waiting.retry.clone().and_then(Result::ok).filter(|_| allowed && !stays)
    }

    /// Notes why tries stay, where they were asked for.
    pub(super) fn leave_retry(&mut self, waiting: &WaitingCall, file: &File<'_>, asks_again: bool) {
        let Some(retry) = &waiting.retry else { return };
        let why = match retry {
            _ if self.absorbed_by(waiting).is_none() => return,
            Err(why) => why.clone(),
            Ok(_) if self.is_awaited_in_place(file, waiting.call) => {
                "its function is taken to an event loop as it is; with `--executor threads` it is not".into()
            }
            Ok(_) if !asks_again => "no recipe in use lets the runtime ask again: name `retry-calls`, too".into(),
            Ok(_) => return,
        };
        let line = file.source.line(waiting.call.start);
        let what = "the retry around the call {} stays";
        self.leave_out(Left { code: Code::OWN_RETRY, path: waiting.path.clone(), line, what, why });
    }

    /// Puts the call in the place of its tries.
    ///
    /// # Errors
    /// Where two edits overlap.
    pub(super) fn absorb(
        &mut self,
        file: &File<'_>,
        waiting: &WaitingCall,
        call: Call<'_>,
        retry: &Retry,
        (wrapper, function): (&str, &str),
    ) -> Result<(), Conflict> {
        let source = file.source;
        let newline = source.newline.as_str();
        let indent = layout::indent_at(source, retry.statements.start);
        let inner = match retry.gives_none {
            Some(_) => format!("{indent}{}", source.indent),
            None => indent.to_string(),
        };
        let before = format!("return {}", source.slice(Span::new(retry.value.start, waiting.call.start)));
        let behind = source.slice(Span::new(waiting.call.end, retry.value.end));
        let column = inner.chars().count() + before.chars().count();
        let mut made = call_text(source, call, Some(wrapper), function, &inner, column);
        if !made.contains('\n') && column + made.chars().count() + behind.chars().count() > longest_line(source) {
            made = broken_call(source, call, Some(wrapper), function, &inner, &source.indent);
        }
        let text = match retry.gives_none {
            None => format!("{before}{made}{behind}"),
            Some(classes) => {
                let handler = format!("except {}:", source.slice(classes));
                let lines = [
                    format!("try:{newline}{inner}{before}{made}{behind}"),
                    format!("{indent}{handler}"),
                    format!("{inner}return None"),
                ];
                lines.join(newline)
            }
        };
        let line = source.line(retry.statements.start);
        let why = format!(
            "the tries in line {line} become the runtime's, which asks as long as the server says after a rate limit, for up to ten minutes, and as often as the client would after other failures"
        );
        self.retries.push(Left { code: Code::OWN_RETRY, path: waiting.path.clone(), line, what: "", why });
        if let Some(by) = self.absorbed_by(waiting).map(str::to_string)
            && !self.recipes.contains(&by)
        {
            self.recipes.push(by);
        }
        if file.id == self.file.id {
            self.gone_sleeps.extend(&retry.sleeps);
        }
        self.edit_in(file, retry.statements, text)
    }
}
