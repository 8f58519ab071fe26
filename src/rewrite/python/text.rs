//! Pieces of a program in another place: the same tokens, the indentation of where they go.

use crate::facts::Span;
use crate::syntax::python::Call;
use crate::syntax::{Node, Source, layout, walk};

/// The column of an offset in characters, from 0.
fn column(source: &Source, offset: usize) -> usize {
    let start = source.line_start(source.line(offset));
    source.text[start..offset].chars().count()
}

/// How the continuation lines of an expression hang.
enum Hang {
    /// Under the first argument, at this column.
    Aligned(usize),
    /// By levels of indentation.
    Levels,
}

fn hang(source: &Source, node: Node<'_>) -> Hang {
    let arguments = walk(node).filter_map(Call::cast).filter_map(|c| c.arguments());
    for list in arguments {
        let Some(first) = list.named_child(0) else { continue };
        let same_line = source.line(first.start_byte()) == source.line(list.start_byte());
        if same_line && source.line(list.end_byte()) > source.line(list.start_byte()) {
            let at = column(source, first.start_byte());
            let second = (1..list.named_child_count())
                .filter_map(|i| list.named_child(i))
                .find(|a| source.line(a.start_byte()) > source.line(first.start_byte()));
            if second.is_some_and(|s| column(source, s.start_byte()) == at) {
                return Hang::Aligned(at);
            }
        }
    }
    Hang::Levels
}

/// An expression's text for another place: it begins at `new_column` in a line with the indentation `indent`.
pub(super) fn relocate(source: &Source, node: Node<'_>, part: Span, indent: &str, new_column: usize) -> String {
    match hang(source, node) {
        Hang::Levels => layout::reindent(source, node, part, layout::indent_at(source, node.start_byte()), indent),
        Hang::Aligned(_) => {
            let old = column(source, part.start);
            layout::shift(source, node, part, new_column as isize - old as isize)
        }
    }
}

/// A call's text with another function: `wrapper(function, …)` or `function(…)`, in a line that begins with `indent` and
/// where the text starts at `column_at`.
pub(super) fn call_text(
    source: &Source,
    call: Call<'_>,
    wrapper: Option<&str>,
    function: &str,
    indent: &str,
    column_at: usize,
) -> String {
    let Some(arguments) = call.arguments() else { return source.of(call.0).to_string() };
    let inner = Span::new(arguments.start_byte() + 1, arguments.end_byte());
    let head = wrapper.unwrap_or(function);
    let open = format!("{head}(");
    let text = source.slice(inner);
    let newline = source.newline.as_str();
    let blank_first = text.trim_start_matches([' ', '\t']).starts_with(['\n', '\r']);
    let empty = text.trim_start().starts_with(')');
    // A comment behind the opening bracket stays there.
    let behind = text.trim_start_matches([' ', '\t']);
    if let (true, Some(_), Some((comment, rest))) = (behind.starts_with('#'), wrapper, behind.split_once('\n')) {
        let at = inner.end - rest.len();
        let rest = Span::new(at, inner.end);
        let moved = layout::reindent(
            source,
            call.0,
            Span::new(at - 1, rest.end),
            layout::indent_at(source, call.0.start_byte()),
            indent,
        );
        let moved = moved.trim_start_matches('\n');
        let spaces = &moved[..moved.len() - moved.trim_start_matches([' ', '\t']).len()];
        return format!("{open}  {}{newline}{spaces}{function},{newline}{moved}", comment.trim_end());
    }
    if blank_first && !empty {
        // One argument a line: the function becomes the first of them.
        let moved = layout::reindent(source, call.0, inner, layout::indent_at(source, call.0.start_byte()), indent);
        let Some(_) = wrapper else { return format!("{open}{moved}") };
        let first_line = moved.split('\n').nth(1).unwrap_or_default();
        let inner_indent = &first_line[..first_line.len() - first_line.trim_start_matches([' ', '\t']).len()];
        // All arguments on one line stay together, or get a line each, as the usual formatters do.
        if arguments.named_child_count() > 1 && moved.trim().lines().count() == 2 && !moved.contains('#') {
            let line = format!("{inner_indent}{function}, {}", first_line.trim());
            if line.chars().count() <= longest_line(source) {
                let rest = &moved[moved.trim_end_matches(')').trim_end().len()..];
                return format!("{open}{newline}{line}{rest}");
            }
            let unit = inner_indent.strip_prefix(indent).unwrap_or(inner_indent);
            return broken_call(source, call, wrapper, function, indent, unit);
        }
        return format!("{open}{newline}{inner_indent}{function},{moved}");
    }
    if let (Hang::Aligned(old), true) = (hang(source, call.0), arguments.named_child(0).is_some()) {
        let new = column_at + open.chars().count();
        let moved = layout::shift(source, call.0, inner, new as isize - old as isize);
        return match wrapper {
            None => format!("{open}{moved}"),
            Some(_) => format!("{open}{function},{newline}{}{moved}", " ".repeat(new)),
        };
    }
    let moved = layout::reindent(source, call.0, inner, layout::indent_at(source, call.0.start_byte()), indent);
    match wrapper {
        None => format!("{open}{moved}"),
        Some(_) if empty => format!("{open}{function}{}", moved.trim_start()),
        Some(_) => format!("{open}{function}, {}", moved.trim_start()),
    }
}

/// How long a line may get: as long as the file's longest, and at least as long as the usual formatters allow.
pub(super) fn longest_line(source: &Source) -> usize {
    source.text.lines().map(|l| l.chars().count()).max().unwrap_or(0).max(88)
}

/// A call of one line broken over several, as the usual formatters do: its arguments on a line of their own, or one a line
/// where that is too long as well.
pub(super) fn broken_call(
    source: &Source,
    call: Call<'_>,
    wrapper: Option<&str>,
    function: &str,
    indent: &str,
    unit: &str,
) -> String {
    let own = call.args().map(|a| source.of(a).to_string());
    let arguments: Vec<String> = wrapper.map(|_| function.to_string()).into_iter().chain(own).collect();
    let (head, newline) = (wrapper.unwrap_or(function), source.newline.as_str());
    let inner = format!("{indent}{unit}");
    let together = arguments.join(", ");
    if inner.chars().count() + together.chars().count() <= longest_line(source) {
        return format!("{head}({newline}{inner}{together}{newline}{indent})");
    }
    let lines: String = arguments.iter().map(|a| format!("{inner}{a},{newline}")).collect();
    format!("{head}({newline}{lines}{indent})")
}

/// Whether an expression needs parentheses to stand in front of `.x`, `[…]` or `(…)` once it begins with `await`.
pub(super) fn needs_parentheses(node: Node<'_>) -> bool {
    node.parent().is_some_and(|p| match p.kind() {
        "attribute" => p.child_by_field_name("object").is_some_and(|o| o.id() == node.id()),
        "subscript" => p.child_by_field_name("value").is_some_and(|o| o.id() == node.id()),
        "call" => p.child_by_field_name("function").is_some_and(|o| o.id() == node.id()),
        "binary_operator" => p.child_by_field_name("operator").is_some_and(|o| o.kind() == "**"),
        _ => false,
    })
}
