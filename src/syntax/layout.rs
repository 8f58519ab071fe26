//! Text operations that know tokens: indentation, whole lines, the comments above a statement.
//!
//! Bytes inside a string literal are never touched: a line that begins inside one keeps its indentation, because that is
//! part of the string.

use super::{Language, Node, Source, span, walk};
use crate::facts::{EditSet, Span};

/// The white space at the start of the line that holds `offset`.
pub fn indent_at(source: &Source, offset: usize) -> &str {
    let line = &source.text[source.line_start(source.line(offset))..];
    let end = line.find(|c| c != ' ' && c != '\t').unwrap_or(line.len());
    &line[..end]
}

/// The white space that goes where the lines that begin in a stretch move to the left: that by which the one indentation
/// is longer than the other. Lines inside a string, and those that hang further left, keep theirs.
pub fn outdents(source: &Source, stretch: Span, from: &str, to: &str) -> Vec<Span> {
    let strings: Vec<Span> = walk(source.root()).filter(|n| n.kind() == "string").map(span).collect();
    let starts = source.text[stretch.start..stretch.end].match_indices('\n').map(|(at, _)| stretch.start + at + 1);
    std::iter::once(source.line_start(source.line(stretch.start)))
        .filter(|start| *start == stretch.start)
        .chain(starts.filter(|start| *start < stretch.end))
        .filter(|start| source.text[*start..].starts_with(from))
        .filter(|start| !strings.iter().any(|s| s.start < *start && *start < s.end))
        .map(|start| Span::new(start + to.len(), start + from.len()))
        .collect()
}

/// The whole lines that a node covers, with the last one's newline.
pub fn lines(source: &Source, node: Node<'_>) -> Span {
    let start = source.line_start(source.line(node.start_byte()));
    let rest = &source.text[node.end_byte()..];
    let end = node.end_byte() + rest.find('\n').map_or(rest.len(), |at| at + 1);
    Span::new(start, end)
}

/// Whether nothing but white space and a comment shares the node's lines with it.
pub fn alone_on_lines(source: &Source, node: Node<'_>) -> bool {
    let around = lines(source, node);
    let before = &source.text[around.start..node.start_byte()];
    let after = source.text[node.end_byte()..around.end].trim();
    before.trim().is_empty() && (after.is_empty() || after.starts_with('#'))
}

/// The start of the comment lines that stand directly above a node with its indentation; the node's own line otherwise.
pub fn with_comments_above(source: &Source, node: Node<'_>) -> usize {
    let mut start = source.line_start(source.line(node.start_byte()));
    let indent = indent_at(source, node.start_byte());
    while start > 0 {
        let above = source.line_start(source.line(start - 1));
        let line = &source.text[above..start];
        match line.strip_prefix(indent) {
            Some(rest) if rest.starts_with('#') => start = above,
            _ => break,
        }
    }
    start
}

/// The text of a span that begins at `root`'s or a descendant's start, its lines moved from one indentation to another.
///
/// The first line is expected to begin behind its indentation. A line that does not have the old indentation (a
/// continuation that hangs further left) is kept as it is.
pub fn reindent(source: &Source, root: Node<'_>, part: Span, from: &str, to: &str) -> String {
    if from == to {
        return source.slice(part).to_string();
    }
    each_line(source, root, part, |line| {
        let blank = line.trim_start_matches([' ', '\t']).starts_with(['\n', '\r']);
        (line.starts_with(from) && !blank).then(|| (from.len(), to.to_string()))
    })
}

/// The same with some edits inside the span made first.
pub fn reindent_edited(source: &Source, part: Span, edits: &EditSet, from: &str, to: &str) -> String {
    if edits.iter().next().is_none() {
        return reindent(source, source.root(), part, from, to);
    }
    // The strings of the edited text are what its own tree says they are.
    let text = edits.apply(&source.text);
    let end = part.end + text.len() - source.text.len();
    let language = Language::of(&source.path).unwrap_or(Language::Python);
    let edited = source.encode(&text).and_then(|bytes| Source::from_bytes(&source.path, &bytes, language));
    match edited {
        Ok(edited) => reindent(&edited, edited.root(), Span::new(part.start, end), from, to),
        Err(_) => text[part.start..end].to_string(),
    }
}

/// The start of the comment lines directly above the line that holds an offset, with its indentation, behind that
/// indentation; the offset itself where there are none.
pub fn line_comments_above(source: &Source, offset: usize) -> usize {
    let indent = indent_at(source, offset);
    let mut start = source.line_start(source.line(offset));
    let own = start;
    while start > 0 {
        let above = source.line_start(source.line(start - 1));
        match source.text[above..start].strip_prefix(indent) {
            Some(rest) if rest.starts_with('#') => start = above,
            _ => break,
        }
    }
    if start == own { offset } else { start + indent.len() }
}

/// The text of a span with its continuation lines moved by a number of columns.
pub fn shift(source: &Source, root: Node<'_>, part: Span, by: isize) -> String {
    each_line(source, root, part, |line| {
        let spaces = line.len() - line.trim_start_matches(' ').len();
        Some((spaces, " ".repeat(spaces.saturating_add_signed(by))))
    })
}

/// The text of a span with the start of each of its lines but the first replaced: so many bytes by that text. Lines that
/// begin inside a string are left alone.
fn each_line(source: &Source, root: Node<'_>, part: Span, start: impl Fn(&str) -> Option<(usize, String)>) -> String {
    let strings: Vec<Span> = walk(root).filter(|n| n.kind() == "string").map(span).collect();
    let mut out = String::new();
    let mut at = part.start;
    while let Some(newline) = source.text[at..part.end].find('\n') {
        let next = at + newline + 1;
        out.push_str(&source.text[at..next]);
        at = next;
        let inside_string = strings.iter().any(|s| s.start < next && next < s.end);
        if let Some((old, new)) = start(&source.text[next..part.end]).filter(|_| !inside_string) {
            out.push_str(&new);
            at += old;
        }
    }
    out.push_str(&source.text[at..part.end]);
    out
}

#[cfg(test)]
mod tests {
    use super::super::Language;
    use super::*;
    use std::path::Path;

    fn python(text: &str) -> Source {
        Source::from_bytes(Path::new("t.py"), text.as_bytes(), Language::Python).unwrap()
    }

    #[test]
    fn strings_keep_their_bytes_when_lines_move() {
        let source = python("if x:\n    f(\"\"\"\n    kept\n    \"\"\",\n      1)  # c\n");
        let call = walk(source.root()).find(|n| n.kind() == "call").unwrap();
        let moved = reindent(&source, source.root(), span(call), "    ", "\t");
        assert_eq!(moved, "f(\"\"\"\n    kept\n    \"\"\",\n\t  1)");
    }

    #[test]
    fn comments_above_belong_to_the_statement() {
        let source = python("a = 1\n\n# one\n# two\nfor x in y:\n    # inner\n    pass\n");
        let node = walk(source.root()).find(|n| n.kind() == "for_statement").unwrap();
        assert_eq!(&source.text[with_comments_above(&source, node)..][..5], "# one");
        assert!(alone_on_lines(&source, node));
    }
}
