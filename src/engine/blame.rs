//! Which patches the lines belong to that no run came to: the others of the file are not judged by them.

use super::evidence::Job;
use super::plan::FilePlan;
use crate::facts::{Edit, EditSet, Span, Verdict};
use crate::syntax::Source;
use crate::validate::{Outcome, Unseen};
use std::collections::BTreeMap;

/// The patches that an outcome is only assumed of, each with the reason; the others did all that was asked. `None` where the
/// outcome is another, or a line belongs to no patch, so that it speaks against all of them.
pub(super) fn apart(
    file: &FilePlan,
    chosen: &[usize],
    job: &Job,
    outcome: &Outcome,
) -> Option<BTreeMap<usize, String>> {
    if outcome.verdict != Verdict::Assumed || outcome.unseen.is_empty() {
        return None;
    }
    let mut blamed = BTreeMap::new();
    for unseen in &outcome.unseen {
        let owners = owners(file, chosen, job, unseen)?;
        for at in owners {
            blamed.entry(at).or_insert_with(|| unseen.reason.clone());
        }
    }
    Some(blamed)
}

fn owners(file: &FilePlan, chosen: &[usize], job: &Job, unseen: &Unseen) -> Option<Vec<usize>> {
    let none = EditSet::new();
    let at = std::path::Path::new(&unseen.file);
    let (path, edits, cuts) = if at == job.script {
        (file.path.clone(), &job.own, &job.cuts)
    } else {
        let (path, edits) = job.others.iter().find(|(path, _)| path.strip_prefix(&job.copied.root) == Ok(at))?;
        (path.clone(), edits, &none)
    };
    let source = file.source_of(&path).ok()?;
    let touched = touched(source, if unseen.rewritten { edits } else { cuts }, edits, unseen);
    let of = |patch: &usize| {
        let pieces = file.pieces(&path, std::slice::from_ref(patch));
        pieces.iter().flat_map(|piece| piece.edits.iter()).any(|own| touched.iter().any(|edit| is_of(own, edit)))
    };
    let owners: Vec<usize> = chosen.iter().copied().filter(of).collect();
    (!owners.is_empty()).then_some(owners)
}

/// Whether an edit that was made comes from one of a patch: the same, or what became of it among others.
fn is_of(own: &Edit, made: &Edit) -> bool {
    own == made || (!own.span.is_empty() && own.span.start < made.span.end && made.span.start < own.span.end)
}

/// The edits that lie on a statement's lines: of a text that `made` made of the source, in its own terms. In the original
/// these are what takes the lines away. A line that no edit lies on is one that stays and stands a second time in what was
/// written beside it, and a comparison of the texts took one for the other: then the edits next to it.
fn touched<'e>(source: &Source, made: &EditSet, edits: &'e EditSet, unseen: &Unseen) -> Vec<&'e Edit> {
    let text = made.apply(&source.text);
    let mut starts = vec![0];
    starts.extend(text.match_indices('\n').map(|(at, _)| at + 1));
    let start = |line: usize| starts.get(line.saturating_sub(1)).copied().unwrap_or(text.len());
    let lines = Span::new(start(unseen.first), start(unseen.last + 1));
    // Each edit with where it is in that text.
    let mut grown = 0isize;
    let mut back = lines;
    let mut places = Vec::new();
    for edit in made.iter() {
        let from = edit.span.start.saturating_add_signed(grown);
        let there = Span::new(from, from + edit.text.len());
        grown += edit.text.len() as isize - (edit.span.end - edit.span.start) as isize;
        if there.end <= lines.start {
            back = Span::new(lines.start.saturating_add_signed(-grown), lines.end.saturating_add_signed(-grown));
        }
        places.push((there, edit));
    }
    if unseen.rewritten {
        let near = on_or_beside(&places, lines);
        return edits.iter().filter(|edit| near.contains(edit)).collect();
    }
    on_or_beside(&edits.iter().map(|edit| (edit.span, edit)).collect::<Vec<_>>(), back)
}

/// The edits whose places, in the order of the text, meet these lines; where none does, the last before and the first behind.
fn on_or_beside<'e>(places: &[(Span, &'e Edit)], lines: Span) -> Vec<&'e Edit> {
    // What stands before a line that is only indented is none of it.
    let meets = |at: &Span| at.start < lines.end && lines.start < at.end;
    let on: Vec<&Edit> = places.iter().filter(|(at, _)| meets(at)).map(|(_, edit)| *edit).collect();
    if !on.is_empty() {
        return on;
    }
    let before = places.iter().rev().find(|(at, _)| at.end <= lines.start);
    let behind = places.iter().find(|(at, _)| at.start >= lines.end);
    before.into_iter().chain(behind).map(|(_, edit)| *edit).collect()
}
