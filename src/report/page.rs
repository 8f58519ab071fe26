//! The page of a code: the same words on a terminal and in `docs/codes/`.

use super::story::{Palette, paint, wrap_to};
use crate::facts::CodePage;
use std::fmt::Write;

/// A piece of a page.
enum Block<'p> {
    Heading(&'static str),
    Text(&'p str),
    Program(&'p str),
}

/// What a page says, in its order.
fn blocks(page: &CodePage) -> Vec<Block<'_>> {
    let mut out = vec![Block::Text(&page.what)];
    if let Some(example) = &page.example {
        out.extend([Block::Heading("An example"), Block::Program(example)]);
    }
    if let (Some(before), Some(broken), Some(shows)) = (&page.before, &page.broken, &page.shows) {
        out.extend([Block::Heading("One call after the other"), Block::Program(before)]);
        out.extend([Block::Heading("Calls at once, and broken"), Block::Text(shows), Block::Program(broken)]);
    }
    out.extend([Block::Heading("What to do instead"), Block::Text(&page.instead)]);
    out.extend(page.fixed.iter().map(|fixed| Block::Program(fixed)));
    out
}

/// The page for a terminal, wrapped to a width; programs are printed as they are.
pub fn page(page: &CodePage, palette: Palette, width: usize) -> String {
    let mut out = format!("{}\n\n", paint(palette.strong, format!("{}: {}", page.code, page.title)));
    wrap_to(width, &mut out, "Without it: ", "", &format!("{}.", page.why));
    for block in blocks(page) {
        out.push('\n');
        match block {
            Block::Heading(text) => {
                let _ = writeln!(out, "{}", paint(palette.strong, text));
            }
            Block::Text(text) => {
                for (at, paragraph) in paragraphs(text).enumerate() {
                    if at > 0 {
                        out.push('\n');
                    }
                    wrap_to(width, &mut out, "", "", paragraph);
                }
            }
            Block::Program(text) => {
                for line in text.lines() {
                    let line = format!("    {}", visible(line));
                    let _ = writeln!(out, "{}", line.trim_end());
                }
            }
        }
    }
    out
}

fn paragraphs(text: &str) -> impl Iterator<Item = &str> {
    text.split("\n\n").map(str::trim).filter(|p| !p.is_empty())
}

/// A line without what would move the cursor.
fn visible(line: &str) -> String {
    line.replace('\r', "\\r")
}

/// The page for `docs/codes/`. `made` says where it comes from.
pub fn markdown(page: &CodePage, made: &str) -> String {
    let mut out = format!("# {}: {}\n\n{made}Without it: {}.\n", page.code, page.title, page.why);
    for block in blocks(page) {
        out.push('\n');
        match block {
            Block::Heading(text) => {
                let _ = writeln!(out, "## {text}");
            }
            Block::Text(text) => {
                let _ = writeln!(out, "{}", paragraphs(text).collect::<Vec<_>>().join("\n\n"));
            }
            Block::Program(text) => {
                let lines: Vec<String> = text.trim_end().split('\n').map(visible).collect();
                let _ = writeln!(out, "```python\n{}\n```", lines.join("\n"));
            }
        }
    }
    out.push_str("\n[All codes](../codes.md)\n");
    out
}
