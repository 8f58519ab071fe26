//! Where something stands in a text.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A half-open range of byte offsets into the text of one file, decoded to UTF-8 and without a byte order mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Span {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset just behind the last byte.
    pub end: usize,
}

impl Span {
    /// The span from `start` up to, not including, `end`.
    pub fn new(start: usize, end: usize) -> Self {
        debug_assert!(start <= end);
        Self { start, end }
    }

    /// An empty span: the place where something is inserted.
    pub fn at(offset: usize) -> Self {
        Self { start: offset, end: offset }
    }

    /// Whether nothing lies between the ends.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// Whether `other` lies wholly within this span.
    pub fn contains(self, other: Span) -> bool {
        self.start <= other.start && other.end <= self.end
    }
}

/// A span together with the lines and columns that a person or an editor needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Place {
    /// The file, where it is not the file that the finding belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Line of the first character, from 1.
    pub line: usize,
    /// Column of the first character in characters, from 1.
    pub column: usize,
    /// Line of the last character, from 1.
    pub end_line: usize,
    /// Column just behind the last character, from 1.
    pub end_column: usize,
    /// The same place in bytes.
    #[serde(flatten)]
    pub span: Span,
}
