//! Calls that a loop hands over and waits for at once are analysed and planned as the plain calls that they stand for. What is
//! found and planned there is carried back to the text as it was read: a patch of such a loop writes both in one.

use super::plan::FilePlan;
use crate::facts::{Conflict, Edit, EditSet, Place, Span};
use crate::model::python::{File, Handed};
use crate::syntax::{Language, Source};

/// A file in which loops make their calls plainly.
pub(super) struct Direct {
    pub source: Source,
    handed: Vec<Handed>,
    /// Every change that was made to the text, in its order.
    changes: Vec<Change>,
}

/// A change: where it stood as it was read, where it stands now.
#[derive(Debug, Clone, Copy)]
struct Change {
    read: Span,
    now: Span,
    /// Which of the loops it belongs to.
    of: usize,
    gone: bool,
}

impl Direct {
    /// The file in that form; nothing where no loop hands over what it waits for at once.
    pub fn of(file: &File<'_>, seen: &dyn Fn() -> bool) -> Option<Self> {
        let mut handed = file.handed(seen);
        // Loops that would change the same text stay as they are.
        let overlaps = |a: &Handed, b: &Handed| {
            let mut pairs = a.edits.iter().flat_map(|one| b.edits.iter().map(move |other| (one.span, other.span)));
            pairs.any(|(one, other)| one.start <= other.end && other.start <= one.end)
        };
        let clear = |at: usize| handed.iter().enumerate().all(|(other, h)| other == at || !overlaps(&handed[at], h));
        let keep: Vec<bool> = (0..handed.len()).map(clear).collect();
        let mut keep = keep.into_iter();
        handed.retain(|_| keep.next() == Some(true));
        let mut written: Vec<_> =
            handed.iter().enumerate().flat_map(|(of, h)| h.edits.iter().map(move |w| (of, w))).collect();
        written.sort_by_key(|(_, w)| (w.span.start, w.span.end));
        let mut text = String::new();
        let mut changes = Vec::new();
        let mut from = 0;
        for (of, one) in written {
            text.push_str(file.source.text.get(from..one.span.start)?);
            let start = text.len();
            text.push_str(&one.text);
            changes.push(Change { read: one.span, now: Span::new(start, text.len()), of, gone: one.gone });
            from = one.span.end;
        }
        text.push_str(file.source.text.get(from..)?);
        if changes.is_empty() {
            return None;
        }
        let bytes = file.source.encode(&text).ok()?;
        let source = Source::from_bytes(&file.source.path, &bytes, Language::Python).ok()?;
        Some(Self { source, handed, changes })
    }

    /// How many calls the program lets run at once in the loops inside a stretch of the text.
    pub fn at_once(&self, whole: Span) -> Option<usize> {
        let whole = self.read(whole);
        self.handed.iter().filter(|h| whole.contains(h.looped)).filter_map(|h| h.at_once).min()
    }

    /// The offset in the text as it was read; `end` where something ends there.
    fn offset(&self, at: usize, end: bool) -> usize {
        let before = |c: &&Change| if end { c.now.start < at } else { c.now.start <= at };
        match self.changes.iter().rfind(before) {
            None => at,
            Some(c) if !end && at < c.now.end => c.read.start,
            Some(c) if end && at <= c.now.end => c.read.end,
            Some(c) => c.read.end + at - c.now.end,
        }
    }

    /// A stretch of the text as it was read.
    fn read(&self, at: Span) -> Span {
        let (start, end) = (self.offset(at.start, false), self.offset(at.end, !at.is_empty()));
        Span::new(start.min(end), end)
    }

    /// Carries what was planned back to the text as it was read.
    ///
    /// # Errors
    /// Where edits overlap, which is a mistake in here.
    pub fn carry_back(&self, plan: &mut FilePlan, read: &Source) -> Result<(), Conflict> {
        for patch in &mut plan.patches {
            let whole = self.read(patch.pipeline.statement);
            patch.plan.edits = self.edits(&patch.plan.edits, whole, read)?;
            patch.pipeline.carry(&|span| self.read(span));
        }
        for known in &mut plan.known {
            (known.whole, known.work) = (self.read(known.whole), self.read(known.work));
            if let Some(pipeline) = &mut known.pipeline {
                pipeline.carry(&|span| self.read(span));
            }
        }
        let place = |at: &mut Place| {
            if at.path.is_none() {
                *at = read.place(self.read(at.span));
            }
        };
        for (site, known) in plan.sites.iter_mut().zip(&plan.known) {
            site.column = read.place(known.whole).column;
            site.cautions.iter_mut().for_each(|c| place(&mut c.span));
            for obstacle in &mut site.obstacles {
                place(&mut obstacle.span);
                obstacle.other_span.iter_mut().for_each(place);
            }
        }
        Ok(())
    }

    /// Edits of the plain text as edits of the text as it was read, with what makes the loops inside a stretch plain.
    fn edits(&self, edits: &EditSet, whole: Span, read: &Source) -> Result<EditSet, Conflict> {
        let edits: Vec<&Edit> = edits.iter().collect();
        let touch = |a: Span, b: Span| a.start <= b.end && b.start <= a.end;
        let loops = |of: usize| {
            let touched =
                self.changes.iter().filter(|c| c.of == of).any(|c| edits.iter().any(|e| touch(e.span, c.now)));
            touched || whole.contains(self.handed[of].looped)
        };
        let wanted: Vec<bool> = (0..self.handed.len()).map(loops).collect();
        let changes: Vec<&Change> = self.changes.iter().filter(|c| wanted[c.of]).collect();
        let by = edits.first().map_or("", |e| e.by.as_str());
        // What an edit touches goes with it: together they are one edit of the text as it was read.
        let mut groups: Vec<(Vec<&Change>, Vec<&Edit>)> = changes.into_iter().map(|c| (vec![c], Vec::new())).collect();
        let mut out = EditSet::new();
        for edit in edits.iter().copied() {
            let (meets, mut rest): (Vec<_>, Vec<_>) =
                groups.into_iter().partition(|(changes, _)| changes.iter().any(|c| touch(edit.span, c.now)));
            if meets.is_empty() {
                out.add(Edit { span: self.read(edit.span), ..edit.clone() })?;
            } else {
                let mut one = (Vec::new(), Vec::new());
                for (changes, own) in meets {
                    one.0.extend(changes);
                    one.1.extend(own);
                }
                one.1.push(edit);
                rest.push(one);
            }
            groups = rest;
        }
        for (changes, own) in groups {
            let (Some(first), Some(last)) = (changes.first(), changes.last()) else { continue };
            let start = own.iter().map(|e| e.span.start).chain([first.now.start]).min().unwrap_or(first.now.start);
            let end = own.iter().map(|e| e.span.end).chain([last.now.end]).max().unwrap_or(last.now.end);
            let mut text = String::new();
            let mut from = start;
            for edit in &own {
                text.push_str(self.source.text.get(from..edit.span.start).unwrap_or_default());
                text.push_str(&edit.text);
                from = edit.span.end;
            }
            text.push_str(self.source.text.get(from..end).unwrap_or_default());
            let from = if start < first.now.start { self.offset(start, false) } else { first.read.start };
            let mut to = if end > last.now.end { self.offset(end, true) } else { last.read.end };
            if own.is_empty() && first.gone {
                text.clear();
                to = self.with_line_end(first, &edits, read);
            }
            let by = own.first().map_or(by, |e| e.by.as_str());
            out.add(Edit { span: Span::new(from, to), text, by: by.to_string() })?;
        }
        Ok(out)
    }

    /// Where a line that goes ends with its line end: the empty line stays where it keeps apart what is put behind it.
    fn with_line_end(&self, gone: &Change, edits: &[&Edit], read: &Source) -> usize {
        let end = gone.read.end;
        let line_end = |at: usize, text: &str| text[at..].find('\n').map(|n| at + n + 1);
        let Some(next) = line_end(gone.now.end, &self.source.text) else { return end };
        let put = edits.iter().any(|e| e.span == Span::at(next) && e.text.contains('\n'));
        let Some(behind) = line_end(end, &read.text).filter(|_| !put) else { return end };
        // Of the empty lines on both sides, those behind it go as well.
        if read.text[..gone.read.start].lines().next_back().is_some_and(|l| !l.trim().is_empty()) {
            return behind;
        }
        let rest = &read.text[behind..];
        let empty = rest.split_inclusive('\n').take_while(|l| l.trim().is_empty()).map(str::len).sum::<usize>();
        behind + empty
    }
}
