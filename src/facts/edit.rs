//! Edits: the only way in which a file is ever changed.

use super::Span;
use serde::{Deserialize, Serialize};
use std::fmt;

/// One replacement in one file. An empty span inserts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    /// What is replaced, in the decoded text of the file.
    pub span: Span,
    /// What stands there afterwards, with the newlines of the file.
    pub text: String,
    /// The recipe that asked for it; for messages.
    pub by: String,
}

/// Two edits that cannot both be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Conflict {
    /// The edit that was there first.
    pub first: Edit,
    /// The edit that was refused.
    pub second: Edit,
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "recipe {} wants to change bytes {}..{}, which recipe {} changes already ({}..{})",
            self.second.by,
            self.second.span.start,
            self.second.span.end,
            self.first.by,
            self.first.span.start,
            self.first.span.end
        )
    }
}

/// The edits of one file: sorted and disjoint by construction.
///
/// Two insertions at one place are kept in the order in which they were added, unless they are the same text: two
/// recipes that need one import ask for it twice and get it once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditSet {
    edits: Vec<Edit>,
}

impl EditSet {
    /// A set without edits.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an edit.
    ///
    /// # Errors
    /// The conflict, where the edit overlaps one that is there and is not the same edit. The set is then unchanged.
    pub fn add(&mut self, edit: Edit) -> Result<(), Conflict> {
        if edit.span.is_empty() && edit.text.is_empty() {
            return Ok(());
        }
        for there in &self.edits {
            if there.span == edit.span && there.text == edit.text {
                return Ok(());
            }
            if overlaps(there.span, edit.span) {
                return Err(Conflict { first: there.clone(), second: edit });
            }
        }
        // Behind everything that starts earlier or at the same place, but an insertion goes before a replacement that
        // starts where it stands.
        let at = self.edits.partition_point(|there| {
            there.span.start < edit.span.start
                || (there.span.start == edit.span.start && (there.span.is_empty() || !edit.span.is_empty()))
        });
        self.edits.insert(at, edit);
        Ok(())
    }

    /// Adds every edit of `other`, or none.
    ///
    /// # Errors
    /// The first conflict. The set is then unchanged: a patch is one transaction.
    pub fn merge(&mut self, other: &EditSet) -> Result<(), Conflict> {
        let mut whole = self.clone();
        for edit in &other.edits {
            whole.add(edit.clone())?;
        }
        *self = whole;
        Ok(())
    }

    /// The edits in the order of the text.
    pub fn iter(&self) -> impl Iterator<Item = &Edit> {
        self.edits.iter()
    }

    /// Whether there is nothing to change.
    pub fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }

    /// The text with all edits made. `text` must be the text that the spans were taken from.
    pub fn apply(&self, text: &str) -> String {
        let grown: usize = self.edits.iter().map(|e| e.text.len()).sum();
        let mut out = String::with_capacity(text.len() + grown);
        let mut from = 0;
        for edit in &self.edits {
            out.push_str(&text[from..edit.span.start]);
            out.push_str(&edit.text);
            from = edit.span.end;
        }
        out.push_str(&text[from..]);
        out
    }
}

/// Insertions touch nothing, so only an insertion strictly inside a replaced span overlaps it.
fn overlaps(a: Span, b: Span) -> bool {
    match (a.is_empty(), b.is_empty()) {
        (true, true) => false,
        (true, false) => b.start < a.start && a.start < b.end,
        (false, true) => a.start < b.start && b.start < a.end,
        (false, false) => a.start < b.end && b.start < a.end,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn edit(start: usize, end: usize, text: &str, by: &str) -> Edit {
        Edit { span: Span::new(start, end), text: text.into(), by: by.into() }
    }

    #[test]
    fn edits_apply_in_the_order_of_the_text() {
        let mut set = EditSet::new();
        set.add(edit(6, 11, "there", "b")).unwrap();
        set.add(edit(0, 5, "HELLO", "a")).unwrap();
        set.add(edit(5, 5, ",", "c")).unwrap();
        assert_eq!(set.apply("hello world"), "HELLO, there");
    }

    #[test]
    fn identical_edits_merge_and_others_at_one_place_keep_their_order() {
        let mut set = EditSet::new();
        set.add(edit(0, 0, "import asyncio\n", "a")).unwrap();
        set.add(edit(0, 0, "import asyncio\n", "b")).unwrap();
        set.add(edit(0, 0, "import json\n", "b")).unwrap();
        assert_eq!(set.apply("x"), "import asyncio\nimport json\nx");
    }

    #[test]
    fn an_overlap_names_both_recipes_and_changes_nothing() {
        let mut set = EditSet::new();
        set.add(edit(2, 6, "x", "first")).unwrap();
        let mut other = EditSet::new();
        other.add(edit(0, 1, "y", "second")).unwrap();
        other.add(edit(5, 8, "z", "second")).unwrap();
        let conflict = set.merge(&other).unwrap_err();
        let said = conflict.to_string();
        assert!(said.contains("first") && said.contains("second"), "{said}");
        assert_eq!(set.apply("abcdefgh"), "abxgh");
    }

    #[test]
    fn an_insertion_goes_before_the_replacement_that_starts_there() {
        let mut set = EditSet::new();
        set.add(edit(1, 2, "B", "a")).unwrap();
        set.add(edit(1, 1, "+", "a")).unwrap();
        assert_eq!(set.apply("abc"), "a+Bc");
    }

    proptest! {
        #[test]
        fn accepted_edits_are_sorted_and_disjoint_whatever_the_order(raw in prop::collection::vec((0usize..40, 0usize..8, "[a-z]{0,3}"), 0..24)) {
            let text = "0123456789".repeat(5);
            let mut set = EditSet::new();
            for (start, len, new) in raw {
                let _ = set.add(edit(start, start + len, &new, "p"));
            }
            let spans: Vec<Span> = set.iter().map(|e| e.span).collect();
            prop_assert!(spans.windows(2).all(|w| w[0].end <= w[1].start));
            let removed: usize = spans.iter().map(|s| s.end - s.start).sum();
            let added: usize = set.iter().map(|e| e.text.len()).sum();
            prop_assert_eq!(set.apply(&text).len(), text.len() - removed + added);
        }
    }
}
