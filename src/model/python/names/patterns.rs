//! What the patterns of a `match` capture and read.

use super::builder::{Builder, parts};
use super::{Bound, ScopeId};
use crate::syntax::Node;

impl<'t> Builder<'t> {
    /// Binds the captures of a pattern. A name of one part captures; a dotted one, and the class of a class pattern, are
    /// read. `_` is no name here: the grammar gives it a token of its own.
    pub(super) fn pattern(&mut self, node: Node<'t>, scope: ScopeId) {
        match node.kind() {
            "identifier" => self.bind(node, scope, Bound::Match, None),
            "dotted_name" => match parts(node)[..] {
                [name] => self.bind(name, scope, Bound::Match, None),
                [root, ..] => self.visit(root, scope),
                [] => {}
            },
            "class_pattern" => {
                for (at, child) in parts(node).into_iter().enumerate() {
                    match child.named_child(0).filter(|_| at == 0) {
                        Some(root) => self.visit(root, scope),
                        None => self.pattern(child, scope),
                    }
                }
            }
            "keyword_pattern" => {
                for child in parts(node).into_iter().skip(1) {
                    self.pattern(child, scope);
                }
            }
            "string" | "concatenated_string" => {}
            _ => {
                for child in parts(node) {
                    self.pattern(child, scope);
                }
            }
        }
    }
}
