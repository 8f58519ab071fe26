//! `# perfmod: ignore` and `# perfmod: ignore[async-gather]`: on a line of a loop's head or of its call, or above the loop.

use crate::facts::{Code, Problem, Span};
use crate::syntax::{Source, walk};
use std::cell::Cell;

/// One comment that ignores something.
#[derive(Debug)]
struct Ignore {
    line: usize,
    /// The line of the first statement below it, where it stands on a line of its own.
    above: Option<usize>,
    /// The recipes that it speaks of; all of them where it names none.
    recipes: Vec<String>,
    used: Cell<bool>,
}

/// The comments of a file that ignore something.
#[derive(Debug, Default)]
pub(super) struct Ignored {
    all: Vec<Ignore>,
}

/// The recipes that a comment names, none where it names none; nothing where it is no such comment.
fn parse(comment: &str) -> Option<Vec<String>> {
    let text = comment.trim_start_matches(['#', '/']).trim_start().strip_prefix("perfmod:")?.trim_start();
    let rest = text.strip_prefix("ignore")?;
    match rest.trim_start().strip_prefix('[') {
        Some(list) => {
            let (names, _) = list.split_once(']')?;
            Some(names.split(',').map(|name| name.trim().to_string()).filter(|name| !name.is_empty()).collect())
        }
        None => rest.chars().next().is_none_or(|c| !c.is_alphanumeric() && c != '-' && c != '_').then(Vec::new),
    }
}

impl Ignored {
    pub fn of(source: &Source) -> Self {
        if !source.text.contains("perfmod:") {
            return Self::default();
        }
        let mut all = Vec::new();
        for node in walk(source.root()).filter(|n| n.kind().ends_with("comment")) {
            let Some(recipes) = parse(source.of(node)) else { continue };
            let line = source.line(node.start_byte());
            let own_line = source.text[source.line_start(line)..node.start_byte()].trim().is_empty();
            let below = || {
                let lines = source.text[source.line_start(line)..].lines().enumerate().skip(1);
                let mut code =
                    lines.filter(|(_, text)| !text.trim().is_empty() && !text.trim().starts_with(['#', '/']));
                code.next().map(|(further, _)| line + further)
            };
            all.push(Ignore { line, above: own_line.then(below).flatten(), recipes, used: Cell::new(false) });
        }
        Self { all }
    }

    /// Whether a site is ignored, for a recipe where one has a patch for it.
    pub fn ignores(&self, source: &Source, whole: Span, work: Span, recipe: Option<&str>) -> Option<usize> {
        let (first, call) = (source.line(whole.start), source.line(work.start)..=source.line(work.end));
        let here = |i: &&Ignore| i.line == first || call.contains(&i.line) || i.above == Some(first);
        let named =
            |i: &&Ignore| i.recipes.is_empty() || recipe.is_some_and(|recipe| i.recipes.iter().any(|r| r == recipe));
        let found = self.all.iter().find(|i| here(i) && named(i))?;
        found.used.set(true);
        Some(found.line)
    }

    /// A comment above a site that is blocked in any case does no harm, and is not called unused.
    pub fn stands_at(&self, source: &Source, whole: Span, work: Span) {
        for recipe in self.all.iter().flat_map(|i| i.recipes.iter().map(String::as_str)).chain([""]) {
            self.ignores(source, whole, work, Some(recipe));
        }
    }

    /// Whether one of them has ignored nothing so far.
    pub fn is_unused(&self) -> bool {
        self.all.iter().any(|i| !i.used.get())
    }

    /// What is told of the comments that ignore nothing.
    pub fn unused(&self) -> Vec<Problem> {
        let told = |i: &Ignore| Problem {
            code: Code::UNUSED_IGNORE,
            message: match i.recipes.is_empty() {
                true => "this comment ignores nothing: no site is here; remove it".into(),
                false => {
                    format!("this comment ignores nothing: no patch of {} is here; remove it", i.recipes.join(", "))
                }
            },
            line: Some(i.line),
        };
        self.all.iter().filter(|i| !i.used.get()).map(told).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_read() {
        let of = |text: &str| parse(text).map(|names| names.join("+"));
        assert_eq!(of("# perfmod: ignore").as_deref(), Some(""));
        assert_eq!(of("#perfmod:ignore  (billing)").as_deref(), Some(""));
        assert_eq!(of("# perfmod: ignore[async-gather, progress] why").as_deref(), Some("async-gather+progress"));
        assert_eq!(of("// perfmod: ignore").as_deref(), Some(""));
        for other in
            ["# perfmod: ignored", "# perfmod ignore", "# noqa", "# perfmod: ignore[x", "# see perfmod: ignore"]
        {
            assert_eq!(of(other), None, "{other}");
        }
    }
}
