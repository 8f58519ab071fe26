//! Draws in front of the work: a generator in front of the loop makes them, item by item.

use super::Draft;
use crate::model::Stage;
use crate::syntax::python::{Call, Keyword};
use crate::syntax::{children, node_at};

/// How far the length of a source is followed.
const FOLLOW: usize = 3;

impl Draft<'_, '_> {
    /// The function that draws for each item in turn, where something is drawn in front of the work.
    pub(super) fn drawing(&self, indent: &str) -> String {
        if self.drawn.is_empty() {
            return String::new();
        }
        let (source, newline, unit) = (self.source(), self.newline(), self.unit());
        let target = source.slice(self.pipeline.target);
        let inner = format!("{indent}{unit}{unit}");
        let drawn = self.pipeline.prepare.iter().filter(|step| step.stage == Stage::Drawn);
        let statements: String = drawn.map(|step| self.moved_step(step.span, &inner)).collect();
        let gap = if indent.is_empty() { format!("{newline}{newline}") } else { newline.to_string() };
        format!(
            "{indent}def {}():{newline}{indent}{unit}for {target} in {}:{newline}{statements}{inner}yield {}{newline}{gap}",
            self.drawn,
            self.undrawn_source(),
            self.items()
        )
    }

    /// What tells a progress bar around the source how many items there are: a generator does not.
    pub(super) fn total(&self) -> String {
        if self.drawn.is_empty() {
            return String::new();
        }
        let source = self.source();
        let at = self.pipeline.source;
        let known = ["identifier", "attribute"].iter().find_map(|kind| node_at(source.root(), at, kind));
        let known = known.filter(|n| self.file.is_sized(*n, FOLLOW));
        let bar = known.and_then(|n| n.parent()?.parent()).and_then(Call::cast).filter(|_| self.pipeline.progress);
        let alone = bar.is_some_and(|bar| {
            bar.args().skip(1).all(|a| {
                Keyword::cast(a).and_then(|k| children(k.0).next()).is_some_and(|name| source.of(name) != "total")
            })
        });
        if alone { format!(", total=len({})", source.slice(at)) } else { String::new() }
    }
}
