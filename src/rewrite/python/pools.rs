//! A pool that several loops shared, and the import of its class, go with the last of the patches that used them: no patch
//! alone could take them away.

use crate::facts::{Conflict, Edit, EditSet, Span};
use crate::model::python::{File, Program};
use crate::syntax::python::With;
use crate::syntax::{Language, Source, walk};

/// The class whose objects do nothing where nobody asks them.
const CLASS: &str = "ThreadPoolExecutor";

/// Edits of a file, with what goes because nothing uses it once they are made. `seen` is whether other files may look at
/// the file's variables.
///
/// # Errors
/// Where edits overlap, which is a mistake in here.
pub(super) fn without_idle(file: &File<'_>, mut edits: EditSet, seen: bool) -> Result<EditSet, Conflict> {
    let text = &file.source.text;
    if edits.is_empty() || !text.contains(CLASS) {
        return Ok(edits);
    }
    // One after the other: a pool may stand in another.
    loop {
        let after = file.source.encode(&edits.apply(text)).ok();
        let after = after.and_then(|bytes| Source::from_bytes(&file.source.path, &bytes, Language::Python).ok());
        let Some(source) = after else { return Ok(edits) };
        let program = Program::new(file.catalog, [&source]);
        let Some(gone) = program.file(&source.path).and_then(|now| idle(file, now, seen)) else { return Ok(edits) };
        edits = with_later(&edits, &gone, text, &source.text)?;
    }
}

/// What is to be cut of a text that patches have made: the head of a pool that only they have left without use, or the
/// import.
fn idle<'n>(before: &File<'_>, now: &File<'n>, seen: bool) -> Option<Vec<Span>> {
    let fewer = |name: &str| before.reads_named(name) > now.reads_named(name);
    let unused = |with: &With<'n>| {
        let target = with.items().next().and_then(|i| i.parts()?.1);
        target.is_some_and(|t| fewer(now.source.of(t))) && now.is_idle(*with, seen)
    };
    for with in walk(now.source.root()).filter_map(With::cast).filter(unused) {
        if let Some((head, mut cuts)) = now.without_head(with) {
            let line_end = now.source.text[head.end..].find('\n').map_or(head.end, |at| head.end + at + 1);
            cuts.push(Span::new(head.start, line_end));
            cuts.sort_by_key(|cut| cut.start);
            return Some(cuts);
        }
    }
    let import = now.unread_pool_import().filter(|_| !seen && fewer(CLASS))?;
    Some(vec![import])
}

/// Edits of a text, with cuts in what they make of it: all of them as edits of that text.
fn with_later(edits: &EditSet, cuts: &[Span], before: &str, after: &str) -> Result<EditSet, Conflict> {
    // Each edit with where its text stands now.
    let mut grown = 0isize;
    let mut made: Vec<(Span, &Edit)> = Vec::new();
    for edit in edits.iter() {
        let start = edit.span.start.saturating_add_signed(grown);
        grown += edit.text.len() as isize - (edit.span.end - edit.span.start) as isize;
        made.push((Span::new(start, start + edit.text.len()), edit));
    }
    let by = made.first().map_or("", |(_, edit)| edit.by.as_str());
    let touch = |a: Span, b: Span| a.start <= b.end && b.start <= a.end;
    let mut out = EditSet::new();
    let (mut made, mut cuts) = (made.into_iter().peekable(), cuts.iter().copied().peekable());
    let mut shift = 0isize;
    loop {
        // The next group: what touches one another, as it stands in the text.
        let first = match (made.peek(), cuts.peek()) {
            (None, None) => break,
            (Some((at, _)), Some(cut)) if cut.start < at.start => *cut,
            (Some((at, _)), _) => *at,
            (None, Some(cut)) => *cut,
        };
        let (mut whole, mut own, mut gone) = (first, Vec::new(), Vec::new());
        loop {
            if let Some(edit) = made.next_if(|(at, _)| touch(*at, whole)) {
                whole = Span::new(whole.start.min(edit.0.start), whole.end.max(edit.0.end));
                own.push(edit.1);
            } else if let Some(cut) = cuts.next_if(|cut| touch(*cut, whole)) {
                whole = Span::new(whole.start.min(cut.start), whole.end.max(cut.end));
                gone.push(cut);
            } else {
                break;
            }
        }
        let start = whole.start.saturating_add_signed(-shift);
        for edit in &own {
            shift += edit.text.len() as isize - (edit.span.end - edit.span.start) as isize;
        }
        if gone.is_empty() {
            for edit in own {
                out.add(edit.clone())?;
            }
            continue;
        }
        let end = whole.end.saturating_add_signed(-shift);
        let mut text = String::new();
        let mut from = whole.start;
        for cut in gone {
            text.push_str(after.get(from..cut.start).unwrap_or_default());
            from = cut.end;
        }
        text.push_str(after.get(from..whole.end).unwrap_or_default());
        debug_assert!(before.is_char_boundary(start) && before.is_char_boundary(end));
        let by = own.first().map_or(by, |edit| edit.by.as_str()).to_string();
        out.add(Edit { span: Span::new(start, end), text, by })?;
    }
    Ok(out)
}
