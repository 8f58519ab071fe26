//! `add-options`: the runtime's options on the program's own command line, as its author would have written them.
//!
//! Like imports, they are added when the plans of a file are composed: several sites share them. What is read is handed to
//! the runtime at once; an option that is not given leaves the environment's word as it is.

mod habits;

use super::imports::{qualified, taken_by_other};
use super::text::longest_line;
use super::{Draft, Import, RUNTIME_MODULE};
use crate::facts::{Edit, Span};
use crate::model::python::File;
use crate::model::python::command_line::{Argparse, Click, CommandLine, Flag, Parsed, Reader, Typer};
use crate::syntax::python::Function;
use crate::syntax::{Node, Source, ancestors, children, layout, span};
use habits::{Argument, Habits};
use std::collections::BTreeSet;

impl Draft<'_, '_> {
    /// Asks for those of some options that mean something at this site; it is staged already.
    pub fn add_options(&mut self, by: &str, free: &[Flag]) {
        let limit = self.limit();
        let wanted = |flag: &Flag| match flag {
            // Where the loop says it itself, nobody listens to an option.
            Flag::MaxConcurrent => limit.is_none(),
            Flag::MaxSamples => true,
            Flag::ClearCache => self.caches,
        };
        self.flags.extend(free.iter().copied().filter(wanted));
        if !self.flags.is_empty() {
            self.recipes.push(by.to_string());
        }
    }
}

/// The edits that add options to a command line, and the import that they need.
pub(super) fn edits<'t>(
    file: &File<'t>,
    line: &CommandLine<'t>,
    flags: &BTreeSet<Flag>,
    by: &str,
) -> (Vec<Edit>, Import) {
    let (name, import) = runtime_options(file);
    let writer = Writer { source: file.source, line, flags, options: name };
    let edits = match &line.reader {
        Reader::Argparse(argparse) => writer.argparse(argparse),
        Reader::Click(click) => writer.click(click, file),
        Reader::Typer(typer) => writer.typer(typer, file),
    };
    (edits.into_iter().map(|(span, text)| Edit { span, text, by: by.into() }).collect(), import)
}

/// How the runtime's `options` is written in a file, and its import.
fn runtime_options(file: &File<'_>) -> (String, Import) {
    let import = |name: &str| (RUNTIME_MODULE.to_string(), name.to_string());
    if qualified(file, RUNTIME_MODULE) {
        return (format!("{RUNTIME_MODULE}.options"), import(""));
    }
    match taken_by_other(file, RUNTIME_MODULE, "options") {
        // What is parsed is often called that.
        true => ("perfmod_options".into(), import("options as perfmod_options")),
        false => ("options".into(), import("options")),
    }
}

struct Writer<'w, 't> {
    source: &'t Source,
    line: &'w CommandLine<'t>,
    flags: &'w BTreeSet<Flag>,
    options: String,
}

type Edits = Vec<(Span, String)>;

impl<'t> Writer<'_, 't> {
    fn argparse(&self, found: &Argparse<'t>) -> Edits {
        let source = self.source;
        let newline = source.newline.as_str();
        let habits = Habits::of(source, &found.declared);
        let indent = layout::indent_at(source, found.behind.start_byte());
        let head = format!("{}.add_argument", source.of(found.parser));
        let added = self.flags.iter().map(|flag| {
            let kind = match flag {
                Flag::MaxConcurrent | Flag::MaxSamples => (Some("type"), "int".to_string()),
                Flag::ClearCache => (Some("action"), habits.quoted("store_true")),
            };
            let name = (None, habits.quoted(&flag.written(self.line.separator)));
            let help = habits.help_of(*flag).map(|text| (Some("help"), text));
            let mut arguments: Vec<Argument> = vec![name, kind];
            arguments.insert(if habits.help_first { 1 } else { 2 }, help.unwrap_or_default());
            arguments.retain(|(_, value)| !value.is_empty());
            arguments
        });
        let added: Vec<Vec<Argument>> = added.collect();
        let mut edits = vec![(self.behind(found.behind), habits.lines(source, &head, &added, indent))];
        match found.parsed {
            Parsed::Named { statement, name } => {
                let call = self.call(layout::indent_at(source, statement.start_byte()), &|flag| {
                    format!("{}.{flag}", source.of(name))
                });
                edits.push((self.behind(statement), call));
            }
            Parsed::Returned { statement, value, name } => {
                let indent = layout::indent_at(source, statement.start_byte());
                let call = self.call(indent, &|flag| format!("{name}.{flag}"));
                edits.push((Span::new(statement.start_byte(), value.start_byte()), format!("{name} = ")));
                edits.push((self.behind(statement), format!("{call}{indent}return {name}{newline}")));
            }
        }
        self.with_last_newline(edits)
    }

    /// Right behind the lines of a statement.
    fn behind(&self, statement: Node<'t>) -> Span {
        Span::at(layout::lines(self.source, statement).end)
    }

    /// A file that ends without a newline gets one in front of what is added at its end.
    fn with_last_newline(&self, mut edits: Edits) -> Edits {
        let source = self.source;
        let newline = source.newline.as_str();
        let at_end = |s: &Span| s.start == source.text.len() && !source.final_newline;
        if let Some((_, text)) = edits.iter_mut().rfind(|(s, _)| at_end(s)) {
            *text = format!("{newline}{}", text.trim_end_matches(newline));
        }
        edits
    }

    /// The line that hands what was read to the runtime.
    fn call(&self, indent: &str, value: &dyn Fn(&str) -> String) -> String {
        let newline = self.source.newline.as_str();
        let arguments: Vec<String> = self
            .flags
            .iter()
            .map(|flag| {
                let value = value(flag.name());
                // A switch that was not given says nothing.
                let or = if *flag == Flag::ClearCache { " or None" } else { "" };
                format!("{}={value}{or}", flag.name())
            })
            .collect();
        let limit = longest_line(self.source);
        let together = arguments.join(", ");
        let one = format!("{indent}{}({together})", self.options);
        if one.chars().count() <= limit {
            return format!("{one}{newline}");
        }
        let inner = format!("{indent}{}", self.source.indent);
        let lines = match inner.chars().count() + together.chars().count() <= limit {
            true => format!("{inner}{together}{newline}"),
            false => arguments.iter().map(|a| format!("{inner}{a},{newline}")).collect(),
        };
        format!("{indent}{}({newline}{lines}{indent}){newline}", self.options)
    }

    fn click(&self, found: &Click<'t>, file: &File<'t>) -> Edits {
        let source = self.source;
        let habits = Habits::of(source, &found.options);
        let indent = layout::indent_at(source, found.behind.start_byte());
        let head = found.options.last().and_then(|c| c.function()).map(|f| source.of(f)).unwrap_or("click.option");
        let added = self.flags.iter().map(|flag| {
            let kind = match flag {
                Flag::MaxConcurrent | Flag::MaxSamples => (Some("type"), "int".to_string()),
                Flag::ClearCache => (Some("is_flag"), "True".to_string()),
            };
            let mut arguments: Vec<Argument> = vec![(None, habits.quoted(&flag.written(self.line.separator))), kind];
            arguments.extend(habits.help_of(*flag).map(|text| (Some("help"), text)));
            arguments
        });
        let added: Vec<Vec<Argument>> = added.collect();
        let mut edits = vec![(self.behind(found.behind), habits.lines(source, &format!("@{head}"), &added, indent))];
        let kinds: Vec<&str> = found.function.parameters().into_iter().flat_map(children).map(|p| p.kind()).collect();
        let defaults = kinds.iter().any(|kind| kind.contains("default"));
        let typed = kinds.last().is_some_and(|kind| kind.starts_with("typed"));
        let number = self.number(file, found.function);
        let parameter = |flag: &Flag| {
            let (kind, default) = match flag {
                Flag::MaxConcurrent | Flag::MaxSamples => (number, "None"),
                Flag::ClearCache => ("bool", "False"),
            };
            let name = flag.name();
            match (typed, defaults) {
                (true, true) => format!("{name}: {kind} = {default}"),
                (true, false) => format!("{name}: {kind}"),
                (false, true) => format!("{name}={default}"),
                (false, false) => name.to_string(),
            }
        };
        edits.extend(self.parameters(found.function, &parameter));
        edits.extend(self.at_the_top(found.function));
        edits
    }

    fn typer(&self, found: &Typer<'t>, file: &File<'t>) -> Edits {
        let source = self.source;
        let habits = Habits::of(source, &found.options);
        let written = found.options.last().and_then(|c| c.function()).map(|f| source.of(f));
        let annotated = found.options.last().is_some_and(|c| {
            ancestors(c.0).take_while(|a| a.kind() != "parameters").any(|a| source.of(a).starts_with("Annotated"))
        });
        let number = self.number(file, found.function);
        let parameter = |flag: &Flag| {
            let (kind, default) = match flag {
                Flag::MaxConcurrent | Flag::MaxSamples => (number, "None"),
                Flag::ClearCache => ("bool", "False"),
            };
            let help = habits.help_of(*flag).map(|text| format!("help={text}"));
            let name = flag.name();
            match (written, help) {
                (Some(option), Some(help)) if annotated => {
                    format!("{name}: Annotated[{kind}, {option}({help})] = {default}")
                }
                (Some(option), Some(help)) => format!("{name}: {kind} = {option}({default}, {help})"),
                _ => format!("{name}: {kind} = {default}"),
            }
        };
        let mut edits = self.parameters(found.function, &parameter);
        edits.extend(self.at_the_top(found.function));
        edits
    }

    /// The type of a number that may be left out, as the program writes such types.
    fn number(&self, file: &File<'t>, function: Function<'t>) -> &'static str {
        let parameters = function.parameters().map(|p| self.source.of(p)).unwrap_or_default();
        let optional = file.names.bindings(file.names.module(), "Optional").iter().any(|b| b.import.is_some());
        match (optional, parameters.contains("| None")) {
            (true, _) => "Optional[int]",
            (false, true) => "int | None",
            (false, false) => "int",
        }
    }

    /// The parameters of a function with those of the options behind them.
    fn parameters(&self, function: Function<'t>, of: &dyn Fn(&Flag) -> String) -> Edits {
        let source = self.source;
        let newline = source.newline.as_str();
        let Some(list) = function.parameters() else { return Edits::new() };
        let new: Vec<String> = self.flags.iter().map(of).collect();
        let joined = new.join(", ");
        let own: Vec<Node<'t>> = children(list).collect();
        let Some(last) = own.last() else { return vec![(Span::at(list.end_byte() - 1), joined)] };
        let comma = source.text[last.end_byte()..list.end_byte()].trim_start().starts_with(',');
        let line = |at: usize| source.line(at);
        if line(list.end_byte()) > line(list.start_byte()) {
            // The new ones stand one a line, as the last one does.
            let hanging = own.iter().find(|p| line(p.start_byte()) > line(list.start_byte())).unwrap_or(last);
            let before = source.slice(Span::new(source.line_start(line(hanging.start_byte())), hanging.start_byte()));
            let margin: String = before.chars().map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
            let end = layout::lines(source, *last).end;
            if source.slice(Span::new(last.end_byte(), end)).contains('#') {
                // The comment is the last one's.
                let lines: String = new.iter().map(|p| format!("{margin}{p},{newline}")).collect();
                let own_comma = if comma { "" } else { "," };
                return vec![(Span::at(last.end_byte()), own_comma.to_string()), (Span::at(end), lines)];
            }
            let lines: String = new.iter().map(|p| format!(",{newline}{margin}{p}")).collect();
            return vec![(Span::at(last.end_byte()), lines)];
        }
        let whole = &source.text[source.line_start(line(list.start_byte()))..];
        let length = whole.lines().next().unwrap_or_default().chars().count();
        if length + 2 + joined.chars().count() <= longest_line(source) {
            return vec![(Span::at(last.end_byte()), format!(", {joined}"))];
        }
        let indent = layout::indent_at(source, list.start_byte());
        let inner = format!("{indent}{}", source.indent);
        let all = own.iter().map(|p| source.of(*p).to_string()).chain(new);
        let lines: String = all.map(|p| format!("{inner}{p},{newline}")).collect();
        vec![(span(list), format!("({newline}{lines}{indent})"))]
    }

    /// The call of the runtime as the first statement of a function.
    fn at_the_top(&self, function: Function<'t>) -> Option<(Span, String)> {
        let source = self.source;
        let body = function.body()?;
        let mut statements = children(body);
        let first = statements.next()?;
        let docstring =
            first.kind() == "expression_statement" && first.named_child(0).is_some_and(|c| c.kind() == "string");
        let indent = layout::indent_at(source, first.start_byte());
        let call = self.call(indent, &str::to_string);
        match (docstring, statements.next()) {
            (true, None) => self.with_last_newline(vec![(self.behind(first), call)]).pop(),
            (true, Some(second)) => Some((Span::at(layout::with_comments_above(source, second)), call)),
            (false, _) => Some((Span::at(layout::with_comments_above(source, first)), call)),
        }
    }
}

#[cfg(test)]
mod tests;
