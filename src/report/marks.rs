//! Any text as GitHub's Markdown: what a program or its author wrote must not break a heading, a list or a row of a table,
//! and must not call anybody by `@name`.

/// What turns the direction of text, so that a reader sees another order than the file has.
const TURNING: [char; 12] = [
    '\u{200e}', '\u{200f}', '\u{061c}', '\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}', '\u{2066}',
    '\u{2067}', '\u{2068}', '\u{2069}',
];

/// A text in one line, with what cannot be seen spelled out.
fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        for c in word.chars() {
            if c.is_control() || TURNING.contains(&c) {
                out.extend(c.escape_unicode());
            } else {
                out.push(c);
            }
        }
    }
    out
}

/// A piece of a program, in one line.
pub(super) fn code(text: &str) -> String {
    let mut out = String::new();
    push_code(&mut out, text);
    out
}

fn push_code(out: &mut String, text: &str) {
    let text = visible(text);
    if text.is_empty() {
        return;
    }
    // A bar would end the cell of a table, also within backticks, and a span behind another would join it.
    if text.contains('|') || out.ends_with('`') {
        out.push_str(&html(&text));
        return;
    }
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let space = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    out.push_str(&format!("{fence}{space}{text}{space}{fence}"));
}

/// The same as HTML, also where Markdown is not read.
pub(super) fn html(text: &str) -> String {
    let mut out = String::from("<code>");
    for c in visible(text).chars() {
        if c.is_ascii_punctuation() && !".-/(),=;'\"{}%+".contains(c) {
            out.push_str(&format!("&#{};", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out.push_str("</code>");
    out
}

/// A sentence of a report, in one line: what stands between backticks is code, and so is every word that would mean
/// something to Markdown.
pub(super) fn text(sentence: &str) -> String {
    let mut out = String::new();
    let paired = sentence.matches('`').count().is_multiple_of(2);
    let pieces: Vec<&str> = if paired { sentence.split('`').collect() } else { vec![sentence] };
    for (at, piece) in pieces.iter().enumerate() {
        if at % 2 == 1 {
            push_code(&mut out, piece);
        } else {
            push_words(&mut out, piece);
        }
    }
    out.trim().to_owned()
}

fn push_words(out: &mut String, piece: &str) {
    if piece.starts_with(char::is_whitespace) && !out.is_empty() {
        out.push(' ');
    }
    for (at, word) in piece.split_whitespace().enumerate() {
        if at > 0 {
            out.push(' ');
        }
        push_word(out, word);
    }
    if piece.ends_with(char::is_whitespace) && !out.is_empty() && !out.ends_with(' ') {
        out.push(' ');
    }
}

fn push_word(out: &mut String, word: &str) {
    let core = word.trim_start_matches(['(', '"', '\'']);
    let lead = &word[..word.len() - core.len()];
    let trimmed = core.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', '"', '\'']);
    let trail = &core[trimmed.len()..];
    // A number and a dot, or a sign, at the beginning of a line would begin a list.
    let begins = out.is_empty() && lead.is_empty();
    let is_mark = |core: &str| {
        begins
            && (!core.starts_with(char::is_alphanumeric)
                || core.bytes().all(|b| b.is_ascii_digit()) && !trail.is_empty())
    };
    if trimmed.is_empty() {
        if begins { push_code(out, word) } else { out.push_str(word) }
    } else if is_plain(trimmed) && !is_mark(trimmed) {
        out.push_str(word);
    } else {
        out.push_str(lead);
        push_code(out, trimmed);
        out.push_str(trail);
    }
}

/// Whether a word means nothing to Markdown, wherever it stands in a line.
fn is_plain(word: &str) -> bool {
    let inner = |c: char| c.is_alphanumeric() || "-.,;'\"()/+=%?_…–—→".contains(c);
    word.chars().all(inner)
        && !word.starts_with('_')
        && !word.ends_with('_')
        && !word.contains("__")
        && !word.starts_with("--")
        && !word.to_lowercase().starts_with("www.")
}

/// A row of a table.
pub(super) fn row(cells: &[String]) -> String {
    let filled = cells.iter().map(|cell| if cell.is_empty() { "–" } else { cell });
    format!("| {} |\n", filled.collect::<Vec<_>>().join(" | "))
}

/// The first two lines of a table.
pub(super) fn head(titles: &[&str]) -> String {
    format!("| {} |\n|{}\n", titles.join(" | "), "---|".repeat(titles.len()))
}

/// Lines as they are, in a block that nothing in them can end.
pub(super) fn block(language: &str, lines: &str) -> String {
    let longest = lines.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let shown: String = lines.chars().map(|c| if c == '\r' || c == '\0' { '\u{fffd}' } else { c }).collect();
    format!("{fence}{language}\n{}\n{fence}\n", shown.trim_end_matches('\n'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_mean_something_become_code() {
        for (given, expected) in [
            ("the call reads `summary` as it was", "the call reads `summary` as it was"),
            ("ask @someone (see #12) now", "ask `@someone` (see `#12`) now"),
            ("main.py:100: at https://a.b/c, then", "`main.py:100`: at `https://a.b/c`, then"),
            ("a|b `x|y`", "<code>a&#124;b</code> <code>x&#124;y</code>"),
            ("one ` alone", "one `` ` `` alone"),
            ("- 3. # > word", "`-` 3. `#` `>` word"),
            ("3. word", "`3`. word"),
            ("__init__ and second_run", "`__init__` and second_run"),
            ("*`a`*", "`*`<code>a</code>`*`"),
            ("two\nlines\u{202e}", "two `lines\\u{202e}`"),
            ("", ""),
        ] {
            assert_eq!(text(given), expected, "{given:?}");
        }
        assert_eq!(code("a `b`"), "`` a `b` ``");
        assert_eq!(code(" \n"), "");
    }

    #[test]
    fn no_line_ends_a_block() {
        assert_eq!(block("diff", "+a\n+```\n"), "````diff\n+a\n+```\n````\n");
        assert_eq!(block("", "x"), "```\nx\n```\n");
    }
}
