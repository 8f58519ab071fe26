//! The page of a recipe: the same words on a terminal and in `docs/recipes/`, with a diff of one of its own cases.

use super::story::{Palette, paint, wrap_to};
use crate::recipe::Recipe;
use std::fmt::Write;

/// The page for a terminal, wrapped to a width; the diff is printed as it is.
pub fn recipe_page(recipe: &Recipe, diff: Option<&str>, palette: Palette, width: usize) -> String {
    let mut out = format!("{}\n", paint(palette.strong, format!("{} ({})", recipe.id, recipe.language)));
    wrap_to(width, &mut out, "", "", &format!("{}.", recipe.summary));
    let mut section = |heading: Option<&str>, text: &str| {
        if let Some(heading) = heading {
            let _ = writeln!(out, "\n{}", paint(palette.strong, heading));
        }
        for (at, paragraph) in paragraphs(text).enumerate() {
            if at > 0 || heading.is_none() {
                out.push('\n');
            }
            wrap_to(width, &mut out, "", "", paragraph);
        }
    };
    section(None, &recipe.what);
    section(Some("Why it is safe"), &recipe.safety);
    if let Some(diff) = diff {
        let _ = writeln!(out, "\n{}", paint(palette.strong, "An example"));
        for line in diff.lines() {
            let _ = writeln!(out, "{}", format!("    {line}").trim_end());
        }
    }
    let _ = writeln!(out, "\nFrom {}", recipe.file);
    out
}

/// The page in Markdown; `made` says what it is made from.
pub fn recipe_markdown(recipe: &Recipe, diff: Option<&str>, made: &str) -> String {
    let mut out = format!("# {}\n\n{made}{}.\n\n{}\n", recipe.id, recipe.summary, recipe.what.trim());
    let _ = write!(out, "\n## Why it is safe\n\n{}\n", recipe.safety.trim());
    if let Some(diff) = diff {
        let _ = write!(out, "\n## An example\n\n```diff\n{}\n```\n", diff.trim_end());
    }
    out
}

fn paragraphs(text: &str) -> impl Iterator<Item = &str> {
    text.split("\n\n").map(str::trim).filter(|p| !p.is_empty())
}
