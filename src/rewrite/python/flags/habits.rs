//! How a program writes its options: quotes, help texts, one line or several.

use super::super::text::longest_line;
use crate::facts::Span;
use crate::model::python::command_line::Flag;
use crate::syntax::python::{Call, Keyword};
use crate::syntax::{Node, Source, layout, walk};

/// One argument of a call: its name, where it has one, and its value.
pub(super) type Argument = (Option<&'static str>, String);

/// How a program writes its options.
pub(super) struct Habits<'t> {
    quote: char,
    help_quote: char,
    equals: &'static str,
    /// None where most options have no help.
    help: Option<Help>,
    /// Whether the help stands in front of the type.
    pub(super) help_first: bool,
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
    pub(super) fn of(source: &Source, options: &[Call<'t>]) -> Self {
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

    pub(super) fn quoted(&self, text: &str) -> String {
        format!("{0}{text}{0}", self.quote)
    }

    /// The help text of an option, where most of the program's have one.
    pub(super) fn help_of(&self, flag: Flag) -> Option<String> {
        self.help.map(|help| format!("{0}{1}{0}", self.help_quote, help.of(flag)))
    }

    /// The lines that add options, with an indentation; all of them in one form.
    pub(super) fn lines(&self, source: &Source, head: &str, options: &[Vec<Argument>], indent: &str) -> String {
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
