//! A diff for people: the words that change stand out, and the code has the colours that editors give it.

use super::story::Palette;
use crate::syntax::{Language, Source, walk};
use anstyle::{AnsiColor, Style};
use similar::{ChangeTag, TextDiff};
use std::fmt::Write;
use std::path::Path;

/// The styles of the bytes of one text.
struct Painted<'t> {
    text: &'t str,
    /// Where a style begins and ends, in the order of the text.
    spans: Vec<(usize, usize, Style)>,
    /// Where each line begins.
    lines: Vec<usize>,
}

impl<'t> Painted<'t> {
    fn new(text: &'t str, path: &Path, palette: Palette) -> Self {
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let language = Language::of(path).filter(|_| palette.colour);
        let source = language.and_then(|language| Source::from_bytes(path, text.as_bytes(), language).ok());
        let spans = source.map(|source| spans(&source)).unwrap_or_default();
        Self { text, spans, lines }
    }

    /// The style at a byte, and where it ends.
    fn style_at(&self, at: usize) -> (Style, usize) {
        let next = self.spans.partition_point(|(start, _, _)| *start <= at);
        let end = self.spans.get(next).map_or(self.text.len(), |(start, _, _)| *start);
        match next.checked_sub(1).map(|before| self.spans[before]) {
            Some((_, stop, style)) if at < stop => (style, stop.min(end)),
            _ => (Style::new(), end),
        }
    }

    /// A part of the text, each piece in its style laid over `ground`.
    fn paint(&self, out: &mut String, part: std::ops::Range<usize>, ground: Style) {
        let mut at = part.start;
        while at < part.end {
            let (style, end) = self.style_at(at);
            let mut end = end.clamp(at + 1, part.end);
            while !self.text.is_char_boundary(end) {
                end += 1;
            }
            let both = Style::new()
                .fg_color(style.get_fg_color().or(ground.get_fg_color()))
                .bg_color(ground.get_bg_color())
                .effects(ground.get_effects() | style.get_effects());
            let _ = write!(out, "{both}{}{both:#}", &self.text[at..end]);
            at = end;
        }
    }
}

/// What an editor would colour: comments, strings, numbers, keywords, and the names that are called or defined.
fn spans(source: &Source) -> Vec<(usize, usize, Style)> {
    let fg = |colour: AnsiColor| Style::new().fg_color(Some(colour.into()));
    let mut out: Vec<(usize, usize, Style)> = Vec::new();
    for node in walk(source.root()) {
        let is_word = || source.of(node).chars().all(|c| c.is_alphabetic() || c == '_');
        let called = || {
            node.parent().is_some_and(|parent| {
                let of_call = |field| parent.child_by_field_name(field).is_some_and(|f| f.id() == node.id());
                match parent.kind() {
                    "call" | "call_expression" => of_call("function"),
                    "function_definition" | "function_item" | "class_definition" => of_call("name"),
                    "attribute" => {
                        of_call("attribute")
                            && parent.parent().is_some_and(|call| {
                                call.kind() == "call"
                                    && call.child_by_field_name("function").is_some_and(|f| f.id() == parent.id())
                            })
                    }
                    _ => false,
                }
            })
        };
        let style = match node.kind() {
            "comment" | "line_comment" | "block_comment" => fg(AnsiColor::BrightBlack),
            "string_start" | "string_content" | "string_end" | "string_literal" => fg(AnsiColor::Yellow),
            "integer" | "float" | "integer_literal" | "float_literal" | "true" | "false" | "none" => {
                fg(AnsiColor::Magenta)
            }
            "identifier" if called() => fg(AnsiColor::Cyan),
            _ if !node.is_named() && is_word() => fg(AnsiColor::Blue).bold(),
            _ => continue,
        };
        let (start, end) = (node.start_byte(), node.end_byte());
        // Of nested nodes the outer one speaks, but for what stands between the braces of an f-string.
        if out.last().is_none_or(|(_, stop, _)| *stop <= start) && start < end {
            out.push((start, end, style));
        }
    }
    out
}

/// A unified diff of one file with three lines of context, coloured where the palette is; nothing where nothing changes.
pub fn diff(path: &Path, shown: &str, before: &str, after: &str, palette: Palette) -> String {
    let mut out = String::new();
    if before == after {
        return out;
    }
    let (old, new) = (Painted::new(before, path, palette), Painted::new(after, path, palette));
    let _ = writeln!(out, "{}", super::story::paint(palette.strong, format!("--- a/{shown}")));
    let _ = writeln!(out, "{}", super::story::paint(palette.strong, format!("+++ b/{shown}")));
    let lines = TextDiff::from_lines(before, after);
    for hunk in lines.unified_diff().context_radius(3).iter_hunks() {
        let _ = writeln!(out, "{}", super::story::paint(palette.quiet, hunk.header()));
        let changes: Vec<_> = hunk.iter_changes().collect();
        let of = |tag: ChangeTag| changes.iter().filter(move |c| c.tag() == tag).map(|c| c.value()).collect::<Vec<_>>();
        let (gone, come) = (of(ChangeTag::Delete), of(ChangeTag::Insert));
        let pairs = if palette.colour { pairs(&gone, &come) } else { Vec::new() };
        let (mut deleted, mut inserted) = (0, 0);
        for change in &changes {
            let (sign, text, number, ground, words) = match change.tag() {
                ChangeTag::Equal => (' ', &new, change.new_index(), Style::new(), Vec::new()),
                ChangeTag::Delete => {
                    deleted += 1;
                    let other = pairs.iter().find(|(old, _)| old + 1 == deleted).map(|(_, new)| come[*new]);
                    ('-', &old, change.old_index(), palette.bad, changed_words(change.value(), other))
                }
                ChangeTag::Insert => {
                    inserted += 1;
                    let other = pairs.iter().find(|(_, new)| new + 1 == inserted).map(|(old, _)| gone[*old]);
                    ('+', &new, change.new_index(), palette.good, changed_words(change.value(), other))
                }
            };
            let line = change.value();
            match number.and_then(|line| text.lines.get(line)).filter(|_| palette.colour) {
                None => {
                    let _ = write!(out, "{sign}{line}");
                }
                Some(start) => {
                    let _ = write!(out, "{}", super::story::paint(ground, sign));
                    let visible = line.trim_end_matches(['\r', '\n']).len();
                    let mut at = 0;
                    for word in words.into_iter().filter(|word| word.end <= visible) {
                        text.paint(&mut out, start + at..start + word.start, Style::new());
                        // Inverted: seen with any colours, and without any.
                        text.paint(&mut out, start + word.start..start + word.end, Style::new().invert());
                        at = word.end;
                    }
                    text.paint(&mut out, start + at..start + visible, Style::new());
                    out.push_str(&line[visible..]);
                }
            }
            if change.missing_newline() {
                out.push_str("\n\\ No newline at end of file\n");
            }
        }
    }
    out
}

/// Lines that are alike by less are not the same line changed.
const ALIKE: f32 = 0.5;

/// Which deleted line became which inserted one: the most alike, none twice, and none across another.
fn pairs(gone: &[&str], come: &[&str]) -> Vec<(usize, usize)> {
    // Beside a change of this size, nobody looks at words.
    const MANY: usize = 60;
    if gone.len() > MANY || come.len() > MANY {
        return Vec::new();
    }
    let mut all = Vec::new();
    for (old, was) in gone.iter().enumerate() {
        for (new, is) in come.iter().enumerate() {
            let alike = TextDiff::from_words(was.trim(), is.trim()).ratio();
            if alike >= ALIKE && !was.trim().is_empty() {
                all.push((alike, old, new));
            }
        }
    }
    all.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    let mut out: Vec<(usize, usize)> = Vec::new();
    for (_, old, new) in all {
        if out.iter().all(|(o, n)| (*o < old && *n < new) || (*o > old && *n > new)) {
            out.push((old, new));
        }
    }
    out
}

/// Where a line has words that its other version has not.
fn changed_words(line: &str, other: Option<&str>) -> Vec<std::ops::Range<usize>> {
    let Some(other) = other else { return Vec::new() };
    let mut out: Vec<std::ops::Range<usize>> = Vec::new();
    let mut at = 0;
    for change in TextDiff::from_unicode_words(other, line).iter_all_changes() {
        match change.tag() {
            ChangeTag::Delete => continue,
            ChangeTag::Equal => {}
            ChangeTag::Insert => match out.last_mut().filter(|last| last.end == at) {
                Some(last) => last.end = at + change.value().len(),
                None => out.push(at..at + change.value().len()),
            },
        }
        at += change.value().len();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "# one\nfor q in \"ab\":\n    print(ask(q))\n";
    const AFTER: &str = "# one\nfor q, reply in ahead(ask, \"ab\"):\n    print(reply.result())\n";

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn colours_change_no_character() {
        let path = Path::new("a.py");
        let without = diff(path, "a.py", BEFORE, AFTER, Palette::new(false));
        let with = diff(path, "a.py", BEFORE, AFTER, Palette::new(true));
        assert_eq!(plain(&with), without);
        assert!(with.contains("\u{1b}["), "{with:?}");
        assert_eq!(
            without,
            "--- a/a.py\n+++ b/a.py\n@@ -1,3 +1,3 @@\n # one\n-for q in \"ab\":\n-    print(ask(q))\n+for q, reply in ahead(ask, \"ab\"):\n+    print(reply.result())\n"
        );
        // Not ASCII, line ends of Windows, no line end, what does not parse.
        for (before, after) in [("é = 'ü'\r\nx", "é = 'üü'\r\ny"), ("f(", "f(]\n"), ("", "a = 1\n"), ("\"\"\"", "x")]
        {
            let coloured = diff(path, "a.py", before, after, Palette::new(true));
            assert_eq!(plain(&coloured), diff(path, "a.py", before, after, Palette::new(false)), "{before:?}");
        }
        assert!(diff(path, "a.py", BEFORE, BEFORE, Palette::new(true)).is_empty());
    }

    #[test]
    fn changed_words_stand_out() {
        let with = diff(Path::new("a.py"), "a.py", "x = ask(q, 1)\n", "x = ask(q, 2)\n", Palette::new(true));
        let inverted: Vec<&str> = with.lines().filter(|line| line.contains("[7m")).collect();
        assert_eq!(inverted.len(), 2, "{with:?}");
    }
}
