//! Texts and trees: what a file says, kept so that it can be written back byte for byte.
//!
//! A [`Source`] keeps what it read: encoding, byte order mark, newline style, indentation unit, final newline. Typed views
//! of the nodes in use are in [`python`] and [`rust`]. Nothing here knows what code means.

/// Declares views: the kinds of node that each is for, and its accessors by the grammar's field names.
macro_rules! views {
    ($($(#[$doc:meta])* $name:ident = $($kind:literal)|+ { $($(#[$fdoc:meta])* $method:ident: $field:literal;)* })*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq)]
            pub struct $name<'t>(pub Node<'t>);

            impl<'t> $name<'t> {
                /// The view, where the node is one.
                pub fn cast(node: Node<'t>) -> Option<Self> {
                    matches!(node.kind(), $($kind)|+).then_some(Self(node))
                }

                $(
                    $(#[$fdoc])*
                    pub fn $method(self) -> Option<Node<'t>> {
                        self.0.child_by_field_name($field)
                    }
                )*
            }
        )*
    };
}

mod encoding;
pub mod layout;
pub mod python;
pub mod rust;
mod source;
mod sources;
mod tree;

pub use encoding::Encoding;
pub use source::{Language, MAX_BYTES, Newline, Source, SourceError};
pub use sources::Sources;
pub use tree::{Node, Tree};

/// The bytes that a node covers.
pub fn span(node: Node<'_>) -> crate::facts::Span {
    crate::facts::Span::new(node.start_byte(), node.end_byte())
}

/// The named children of a node, comments left out.
pub fn children(node: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    node.all_children().filter(|n| n.is_named() && !n.is_extra())
}

/// Every node below and including `root`, parents first, in the order of the text.
pub fn walk<'t>(root: Node<'t>) -> impl Iterator<Item = Node<'t>> {
    root.subtree()
}

/// The nodes around `node`, innermost first.
pub fn ancestors(node: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    std::iter::successors(node.parent(), |n| n.parent())
}

/// The outermost node of exactly a span and kind; `None` where there is none.
pub fn node_at<'t>(root: Node<'t>, at: crate::facts::Span, kind: &str) -> Option<Node<'t>> {
    let mut node = root.descendant_for_byte_range(at.start, at.end)?;
    let mut found = None;
    while span(node) == at {
        if node.kind() == kind {
            found = Some(node);
        }
        node = node.parent()?;
    }
    found
}
