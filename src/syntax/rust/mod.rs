//! Typed views of the Rust nodes in use. The language seam: the Rust front end grows here.

use super::Node;

/// An `.await` expression.
#[derive(Debug, Clone, Copy)]
pub struct Await<'t>(pub Node<'t>);

impl<'t> Await<'t> {
    /// The view, where the node is one.
    pub fn cast(node: Node<'t>) -> Option<Self> {
        (node.kind() == "await_expression").then_some(Self(node))
    }

    /// What is awaited.
    pub fn value(self) -> Option<Node<'t>> {
        self.0.named_child(0)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Language, Source, walk};
    use super::*;

    #[test]
    fn awaits_are_seen() {
        let source =
            Source::from_bytes("t.rs".as_ref(), b"async fn f() { for u in us { get(u).await; } }", Language::Rust)
                .unwrap();
        let found = walk(source.root()).find_map(Await::cast).unwrap();
        assert_eq!(source.of(found.value().unwrap()), "get(u)");
    }
}
