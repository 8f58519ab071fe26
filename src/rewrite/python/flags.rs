//! `add-options`: the runtime's options on the program's own command line, as its author would have written them.
//!
//! Like imports, they are added when the plans of a file are composed: several sites share them. What is read is handed to
//! the runtime at once; an option that is not given leaves the environment's word as it is.

use super::imports::{qualified, taken_by_other};
use super::text::longest_line;
use super::{Draft, Import, RUNTIME_MODULE};
use crate::facts::{Edit, Span};
use crate::model::python::File;
use crate::model::python::command_line::{Argparse, Click, CommandLine, Flag, Parsed, Reader, Typer};
use crate::syntax::python::{Call, Function, Keyword};
use crate::syntax::{Node, Source, ancestors, children, layout, span, walk};
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

/// One argument of a call: its name, where it has one, and its value.
type Argument = (Option<&'static str>, String);

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

/// How a program writes its options.
struct Habits<'t> {
    quote: char,
    help_quote: char,
    equals: &'static str,
    /// None where most options have no help.
    help: Option<Help>,
    /// Whether the help stands in front of the type.
    help_first: bool,
    /// The call after whose form new ones are written where they take several lines, and whether most do.
    several_lines: Option<Call<'t>>,
    mostly: bool,
}

/// How help texts are written.
#[derive(Clone, Copy)]
struct Help {
    capital: bool,
    period: bool,
}

impl Help {
    fn of(self, flag: Flag) -> String {
        let text = match flag {
            Flag::MaxConcurrent => "how many calls run at once",
            Flag::MaxSamples => "process only this many items",
            Flag::ClearCache => "clear the cache",
        };
        let (first, rest) = text.split_at(1);
        let first = if self.capital { first.to_uppercase() } else { first.to_string() };
        format!("{first}{rest}{}", if self.period { "." } else { "" })
    }
}

/// Whether something holds of most of some things.
fn most<T>(all: &[T], holds: impl Fn(&T) -> bool) -> bool {
    let count = all.iter().filter(|one| holds(one)).count();
    2 * count > all.len()
}

impl<'t> Habits<'t> {
    fn of(source: &Source, options: &[Call<'t>]) -> Self {
        let strings: Vec<Node<'t>> = options.iter().flat_map(|c| c.args()).filter(|a| a.kind() == "string").collect();
        let quoted = |n: &Node<'_>, quote: char| source.of(*n).starts_with(quote);
        let in_file = || -> Vec<Node<'_>> { walk(source.root()).filter(|n| n.kind() == "string").collect() };
        let single = match strings.is_empty() {
            false => most(&strings, |n| quoted(n, '\'')),
            true => most(&in_file(), |n| quoted(n, '\'')),
        };
        let helps: Vec<Node<'t>> = options.iter().filter_map(|c| c.keyword(source, "help")).collect();
        let text = |n: &Node<'_>| source.of(*n).trim_matches(['"', '\'', '(', ')', ' ', '\n']).to_string();
        let help = (2 * helps.len() > options.len()).then(|| Help {
            capital: most(&helps, |n| text(n).starts_with(char::is_uppercase)),
            period: most(&helps, |n| text(n).ends_with('.')),
        });
        let keywords: Vec<Keyword<'t>> = options.iter().flat_map(|c| c.args()).filter_map(Keyword::cast).collect();
        let spaced = |k: &Keyword<'t>| {
            let (Some(name), Some(value)) = (k.name(), k.value()) else { return false };
            source.slice(Span::new(name.end_byte(), value.start_byte())).trim_end() != "="
        };
        let both: Vec<(usize, usize)> = options
            .iter()
            .filter_map(|c| Some((c.keyword(source, "help")?.start_byte(), c.keyword(source, "type")?.start_byte())))
            .collect();
        let quoted_helps: Vec<Node<'t>> = helps.iter().copied().filter(|n| n.kind() == "string").collect();
        let help_single = if quoted_helps.is_empty() { single } else { most(&quoted_helps, |n| quoted(n, '\'')) };
        let several: Vec<Call<'t>> = options
            .iter()
            .copied()
            .filter(|c| source.of(c.0).contains('\n'))
            .filter(|c| is_regular(source, *c))
            .collect();
        Self {
            quote: if single { '\'' } else { '"' },
            help_quote: if help_single { '\'' } else { '"' },
            equals: if most(&keywords, spaced) { " = " } else { "=" },
            help,
            help_first: most(&both, |(help, kind)| help < kind),
            mostly: 2 * several.len() > options.len(),
            several_lines: several.last().copied(),
        }
    }

    fn quoted(&self, text: &str) -> String {
        format!("{0}{text}{0}", self.quote)
    }

    /// The help text of an option, where most of the program's have one.
    fn help_of(&self, flag: Flag) -> Option<String> {
        self.help.map(|help| format!("{0}{1}{0}", self.help_quote, help.of(flag)))
    }

    /// The lines that add options, with an indentation; all of them in one form.
    fn lines(&self, source: &Source, head: &str, options: &[Vec<Argument>], indent: &str) -> String {
        let argument = |(name, value): &Argument| match name {
            Some(name) => format!("{name}{}{value}", self.equals),
            None => value.clone(),
        };
        let options: Vec<Vec<String>> = options.iter().map(|o| o.iter().map(argument).collect()).collect();
        let newline = source.newline.as_str();
        let one = |arguments: &Vec<String>| format!("{indent}{head}({})", arguments.join(", "));
        let fit = options.iter().all(|o| one(o).chars().count() <= longest_line(source));
        let usual = || Form::Hanging { unit: source.indent.clone(), one_a_line: false, comma: false, closed: false };
        let form = match self.several_lines.and_then(|c| Form::of(source, c)) {
            Some(form) if self.mostly || !fit => Some(form),
            None if !fit => Some(usual()),
            _ => None,
        };
        let written = options.iter().map(|o| match &form {
            Some(form) => format!("{indent}{}{newline}", form.written(head, o, indent, newline)),
            None => format!("{}{newline}", one(o)),
        });
        written.collect()
    }
}

/// Whether a call has no comment between its arguments and begins its line.
fn is_regular(source: &Source, call: Call<'_>) -> bool {
    let line = source.line_start(source.line(call.0.start_byte()));
    let before = source.text[line..call.0.start_byte()].trim_start_matches([' ', '\t', '@']);
    before.is_empty() && !walk(call.0).any(|n| n.kind() == "comment")
}

/// The form of a call over several lines.
enum Form {
    /// Arguments under the first one; so many stand in the first line.
    Aligned { first: usize },
    /// Arguments in lines of their own, further right than the call.
    Hanging { unit: String, one_a_line: bool, comma: bool, closed: bool },
}

impl Form {
    fn of(source: &Source, call: Call<'_>) -> Option<Self> {
        let list = call.arguments()?;
        let arguments: Vec<Node<'_>> = call.args().collect();
        let (first, last) = (arguments.first()?, arguments.last()?);
        let line = |at: usize| source.line(at);
        if line(first.start_byte()) == line(list.start_byte()) {
            let on_first = arguments.iter().filter(|a| line(a.start_byte()) == line(list.start_byte())).count();
            return Some(Self::Aligned { first: on_first });
        }
        let outer = layout::indent_at(source, call.0.start_byte());
        let unit = layout::indent_at(source, first.start_byte()).strip_prefix(outer).unwrap_or(&source.indent);
        Some(Self::Hanging {
            unit: unit.to_string(),
            one_a_line: arguments.len() == 1 || line(first.start_byte()) != line(last.start_byte()),
            comma: source.text[last.end_byte()..list.end_byte()].contains(','),
            closed: line(last.end_byte()) == line(list.end_byte()),
        })
    }

    fn written(&self, head: &str, arguments: &[String], indent: &str, newline: &str) -> String {
        match self {
            Self::Aligned { first } => {
                let margin = " ".repeat(head.chars().count() + 1);
                let at = (*first).clamp(1, arguments.len().saturating_sub(1).max(1));
                let (front, rest) = arguments.split_at(at.min(arguments.len()));
                let lines: String = rest.iter().map(|a| format!(",{newline}{indent}{margin}{a}")).collect();
                format!("{head}({}{lines})", front.join(", "))
            }
            Self::Hanging { unit, one_a_line, comma, closed } => {
                let inner = format!("{indent}{unit}");
                let joint = if *one_a_line { format!(",{newline}{inner}") } else { ", ".to_string() };
                let comma = if *comma { "," } else { "" };
                let end = if *closed { ")".to_string() } else { format!("{newline}{indent})") };
                format!("{head}({newline}{inner}{}{comma}{end}", arguments.join(&joint))
            }
        }
    }
}

#[cfg(test)]
mod tests;
