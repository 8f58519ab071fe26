//! `keep-answers` and `retry-calls`: waiting calls go through the runtime, wherever in the project they stand.

use super::text::{broken_call, call_text, longest_line, needs_parentheses};
use super::{Draft, Forbidden, Left, RUNTIME_MODULE};
use crate::catalog::{CallFact, Effect, Twin};
use crate::facts::{Code, Conflict, Span};
use crate::model::WaitingCall;
use crate::model::python::{File, Surface};
use crate::syntax::python::{Call, statement_of};
use crate::syntax::{layout, node_at};

/// What becomes of a waiting call.
enum Course {
    /// The program has put it through the runtime already.
    There { keeps: bool },
    /// It stays as it is.
    Bare,
    /// It cannot be asked ahead: its client calls functions of the program.
    Hooked,
    /// It stays as it is, for the program takes its time, in this line.
    Timed(usize),
    /// It goes through the runtime for these recipes, and where it is `guessed`; or `why` not.
    Through { kept_by: Option<String>, retried_by: Option<String>, guessed: bool, why: Option<String> },
}

impl Draft<'_, '_> {
    /// Answers of calls of these effects are kept in the cache.
    pub fn keep_answers(&mut self, by: &str, effects: &[Effect]) {
        self.kept.extend(effects.iter().map(|e| (*e, by.to_string())));
    }

    /// Calls of these effects are asked again after a failure that passes, unless the program does that itself.
    pub fn retry_calls(&mut self, by: &str, effects: &[Effect]) {
        self.retried.extend(effects.iter().map(|e| (*e, by.to_string())));
    }

    /// Whether a call goes through the runtime once the patch is made.
    pub(super) fn is_through(&self, waiting: &WaitingCall) -> bool {
        let file = if waiting.path == self.path() { Some(self.file) } else { self.file.other(&waiting.path) };
        match file.map(|file| self.course(waiting, file)) {
            Some(Course::There { .. }) => true,
            Some(Course::Through { kept_by, retried_by, guessed, .. }) => {
                guessed || kept_by.is_some() || retried_by.is_some()
            }
            Some(Course::Bare | Course::Hooked | Course::Timed(_)) | None => false,
        }
    }

    fn course(&self, waiting: &WaitingCall, file: &File<'_>) -> Course {
        let by =
            |all: &[(Effect, String)]| all.iter().find(|(e, _)| *e == waiting.fact.effect).map(|(_, by)| by.clone());
        // What the catalogue does not say to be kept has no form to be kept in, or asks what no call shows.
        let kept_by = by(&self.kept).filter(|_| waiting.fact.kept.is_some() && !waiting.hooked);
        let retried_by = by(&self.retried).filter(|_| !waiting.retried || self.absorbs(waiting).is_some());
        if let Some(keeps) = waiting.wrapped {
            return Course::There { keeps };
        }
        // What is called by the name of its method may be anything.
        let guessed = self.pipeline.guessed;
        if waiting.assumed || kept_by.is_none() && retried_by.is_none() && !guessed {
            return Course::Bare;
        }
        if guessed && waiting.hooked {
            return Course::Hooked;
        }
        if let Some(line) = waiting.timed {
            return Course::Timed(line);
        }
        let mut why = None;
        let mut allowed = |by: Option<String>| match (self.terms.forbids)(file, waiting.call, by.as_ref()?) {
            None => by,
            Some(Forbidden::Asked) => None,
            Some(Forbidden::Because(reason)) => {
                why = Some(reason);
                None
            }
        };
        let (kept_by, retried_by) = (allowed(kept_by), allowed(retried_by));
        let guessed = guessed && allowed(Some(self.by.clone())).is_some();
        Course::Through { kept_by, retried_by, guessed, why }
    }

    /// What of the runtime a call goes through, if anything, as it is written in the call's own file.
    fn wrapper(&mut self, waiting: &WaitingCall, file: &File<'_>) -> Option<String> {
        let (kept_by, retried_by, guessed, why) = match self.course(waiting, file) {
            Course::Through { kept_by, retried_by, guessed, why } => (kept_by, retried_by, guessed, why),
            Course::There { keeps } => {
                self.caches |= keeps;
                return None;
            }
            Course::Bare => return None,
            Course::Hooked => {
                self.refuse_guess(
                    "its client calls functions of the program with each answer, and they leave something behind",
                );
                return None;
            }
            Course::Timed(line) => {
                self.refuse_guess("the program takes its time");
                if file.id == self.file.id {
                    self.timed.extend((!self.timed.contains(&line)).then_some(line));
                } else {
                    self.leave(Code::TIMED, file, waiting, format!("the program takes its time in line {line}"));
                }
                return None;
            }
        };
        if self.pipeline.guessed && !guessed {
            self.refuse_guess(why.as_deref().unwrap_or("the program asks for it to be left alone"));
            return None;
        }
        if let Some(why) = why {
            self.leave(Code::ELSEWHERE, file, waiting, why);
        }
        let (keeps, retries) = (kept_by.is_some(), retried_by.is_some());
        let form = match (keeps, retries) {
            (false, false) if !guessed => return None,
            (false, false) => ".plain",
            (true, true) => "",
            (true, false) => ".once",
            (false, true) => ".live",
        };
        self.caches |= keeps;
        for recipe in [kept_by, retried_by].into_iter().flatten() {
            if !self.recipes.contains(&recipe) {
                self.recipes.push(recipe);
            }
        }
        let cached = self.import_in(file, RUNTIME_MODULE, "cached");
        Some(format!("{cached}{form}"))
    }

    /// Notes why a call cannot be asked ahead.
    fn refuse_guess(&mut self, why: &str) {
        self.refused = self.pipeline.guessed.then(|| why.to_string());
    }

    /// Notes why a call is left as it is.
    fn leave(&mut self, code: Code, file: &File<'_>, waiting: &WaitingCall, why: String) {
        let line = file.source.line(waiting.call.start);
        let left = Left { code, path: waiting.path.clone(), line, what: "the call {} is not wrapped", why };
        self.leave_out(left);
    }

    /// Notes what is left out, once.
    pub(super) fn leave_out(&mut self, left: Left) {
        if !self.left.contains(&left) {
            self.left.push(left);
        }
    }

    /// The wrapper of the work, where it is the waiting call itself.
    pub(super) fn work_wrapper(&mut self) -> Option<String> {
        let own = self.pipeline.waiting.iter().find(|w| w.call == self.pipeline.work && w.path == self.path());
        own.cloned().filter(|_| self.pipeline.direct).and_then(|w| self.wrapper(&w, self.file))
    }

    /// Writes the waiting calls that stand in the work's statements or in functions of the project: through the runtime,
    /// where a recipe asks for it, and awaited, where they are on the event loop.
    ///
    /// # Errors
    /// Where two edits overlap.
    pub(super) fn write_waiting(&mut self) -> Result<(), Conflict> {
        let here = self.path();
        for waiting in self.pipeline.waiting.clone() {
            let own = waiting.path == here;
            if own && self.pipeline.direct && waiting.call == self.pipeline.work && !self.pipeline.guessed {
                continue;
            }
            let Some(file) = (if own { Some(self.file) } else { self.file.other(&waiting.path) }) else { continue };
            let source = file.source;
            let Some(call) = node_at(source.root(), waiting.call, "call").and_then(Call::cast) else { continue };
            let waits = self.is_awaited_in_place(file, waiting.call);
            let function = call.function().map(|f| source.of(f)).unwrap_or_default();
            // A chain over several lines is written in one.
            let joined: String = function.split_whitespace().collect();
            let function = match (function.contains('\n'), waits) {
                (false, _) => function,
                (true, true) => &joined,
                (true, false) => {
                    self.refuse_guess("what it calls is written over several lines");
                    continue;
                }
            };
            let wrapper = self.wrapper(&waiting, file);
            let asks_again = wrapper.as_ref().is_some_and(|w| !w.ends_with(".once"));
            self.leave_retry(&waiting, file, asks_again);
            if let (Some(retry), Some(wrapper), true) = (self.absorbs(&waiting), &wrapper, asks_again) {
                self.absorb(file, &waiting, call, &retry, (wrapper, function))?;
                continue;
            }
            if wrapper.is_none() && !waits {
                continue;
            }
            let asked = if waits { awaitable(function, &waiting.fact) } else { function.to_string() };
            let parens = waits && needs_parentheses(call.0);
            let before = match (waits, parens) {
                (true, true) => "(await ",
                (true, false) => "await ",
                (false, _) => "",
            };
            let indent = layout::indent_at(source, statement_of(call.0).start_byte());
            let start = source.line_start(source.line(call.0.start_byte()));
            let column = source.text[start..call.0.start_byte()].chars().count() + before.len();
            let text = call_text(source, call, wrapper.as_deref(), &asked, indent, column);
            let first = text.split('\n').next().unwrap_or_default().chars().count();
            let text = if !text.contains('\n') && column + first > longest_line(source) {
                broken_call(source, call, wrapper.as_deref(), &asked, indent, &source.indent)
            } else {
                text
            };
            let text = format!("{before}{text}{}", if parens { ")" } else { "" });
            self.edit_where(file, waiting.call, text)?;
        }
        let gone = std::mem::take(&mut self.gone_sleeps);
        if gone.is_empty() { Ok(()) } else { self.drop_imports(self.file, &gone) }
    }

    /// Whether a waiting call is awaited where it stands.
    pub(super) fn is_awaited_in_place(&self, file: &File<'_>, call: Span) -> bool {
        let Surface::Async { own, others, .. } = self.surface else { return false };
        let turned = if file.id == self.file.id { Some(own) } else { others.get(file.located()) };
        turned.is_some_and(|t| t.calls.contains(&call))
    }

    /// The file's name, as the model has it.
    pub(super) fn path(&self) -> std::path::PathBuf {
        self.file.file_name()
    }
}

/// What is awaited in the place of a function, as it is written: its twin, where that has a name of its own.
pub(super) fn awaitable(function: &str, fact: &CallFact) -> String {
    match &fact.twin {
        Twin::Await(path) => {
            let name = path.rsplit('.').next().unwrap_or(path);
            let stem = function.rsplit_once('.').map_or("", |(stem, _)| stem);
            format!("{stem}.{name}")
        }
        Twin::Method(path) => {
            // The method of another path on the client that a method is called on.
            let names = fact.path.split('.').count();
            let client = function.rmatch_indices('.').nth(names - 1).map_or("", |(at, _)| &function[..at]);
            format!("{}.{path}", client.trim_end())
        }
        Twin::Same | Twin::Threads => function.to_string(),
    }
}
