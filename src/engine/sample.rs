//! Making the sample small: where the source's root is defined, so that the code behind the loop still fits.

use super::plan::FilePlan;
use crate::facts::{Edit, EditSet, Span};
use crate::model::python::names::{Bound, Names};
use crate::syntax::{Source, node_at, span};

/// What to cut in both versions.
pub(super) struct Cut {
    /// Insertions around the expressions that define the sources.
    pub edits: EditSet,
    /// How, in words.
    pub words: String,
}

/// Cuts the sources of some patches to their first `n` items at their definition; none where a source has no single
/// visible definition.
pub(super) fn at_definition(file: &FilePlan, chosen: &[usize], n: usize) -> Option<Cut> {
    let source = file.source.as_ref()?;
    let names = Names::of(source);
    let mut edits = EditSet::new();
    let mut words = Vec::new();
    for patch in chosen.iter().filter_map(|&at| file.patches.get(at)) {
        let (at, name) = definition(source, &names, patch.pipeline.source)?;
        wrap(&mut edits, at, n)?;
        words.push(format!("first {n} of `{name}`"));
    }
    words.dedup();
    (!words.is_empty()).then(|| Cut { edits, words: words.join(", ") })
}

fn wrap(edits: &mut EditSet, at: Span, n: usize) -> Option<()> {
    // What cannot be sliced stays whole. The names exist in the copy alone.
    let before = "(lambda _sampled: _sampled[:".to_string();
    let before = format!(
        "{before}{n}] if isinstance(_sampled, (list, tuple, range)) or hasattr(_sampled, 'iloc') else _sampled)("
    );
    let by = "sample".to_string();
    edits.add(Edit { span: Span::at(at.start), text: before, by: by.clone() }).ok()?;
    edits.add(Edit { span: Span::at(at.end), text: ")".into(), by }).ok()
}

/// The expression that gives the source's variable its value.
fn definition<'s>(source: &'s Source, names: &Names<'_>, at: Span) -> Option<(Span, &'s str)> {
    let node = node_at(source.root(), at, "identifier")?;
    let name = source.of(node);
    let (_, binding) = names.single(names.scope_at(node), name)?;
    match binding.bound {
        // A bare tuple on the right would become the arguments of the cut.
        Bound::Value(Some(value)) if value.kind() != "expression_list" => Some((span(value), name)),
        _ => None,
    }
}
