//! The environment: whether what changes it would be seen. It may be asked in any order as long as the file uses it as
//! `os.environ` alone, and neither keeps it under another name nor hands it on.

use super::File;
use crate::syntax::python::Call;
use crate::syntax::{Node, children, walk};

/// What of `os.environ` is only asked, or changes it by a call that is seen.
const USES: [&str; 9] = ["get", "copy", "items", "keys", "values", "update", "setdefault", "pop", "clear"];

impl<'t> File<'t> {
    /// Whether the environment has another name in this file, or `os.getenv` another meaning: what changes it there names
    /// neither of them.
    pub(super) fn keeps_environment(&self) -> bool {
        *self.environment.get_or_init(|| {
            let text = self.text(self.source.root());
            text.contains("environ") && walk(self.source.root()).any(|n| self.is_environment_kept(n))
                || text.contains("getenv") && walk(self.source.root()).any(|n| self.is_getenv_kept(n))
        })
    }

    fn is_environment_kept(&self, node: Node<'t>) -> bool {
        match node.kind() {
            // `getattr(os, "environ")`, `patch("os.environ", …)`
            "string" => self.text(node).trim_matches(['"', '\'']).trim_start_matches("os.") == "environ",
            "aliased_import" => children(node).next().is_some_and(|n| self.text(n).ends_with("environ")),
            "attribute" | "identifier" if self.import_path(node).is_some_and(|p| p == "os.environ") => {
                let Some(parent) = node.parent() else { return false };
                match parent.kind() {
                    // The name in the attribute itself, and in the import.
                    "attribute" if children(parent).next().is_some_and(|o| o.id() != node.id()) => false,
                    "dotted_name" | "import_from_statement" | "comparison_operator" => false,
                    "subscript" => children(parent).next().is_none_or(|o| o.id() != node.id()),
                    "attribute" => {
                        let called = parent.parent().and_then(Call::cast).and_then(|c| c.function());
                        let name = self.text(parent).rsplit('.').next().unwrap_or_default();
                        called.is_none_or(|f| f.id() != parent.id()) || !USES.contains(&name)
                    }
                    _ => true,
                }
            }
            _ => false,
        }
    }

    fn is_getenv_kept(&self, node: Node<'t>) -> bool {
        let named = matches!(node.kind(), "attribute" | "identifier");
        named
            && self.import_path(node).is_some_and(|p| p == "os.getenv")
            && node.parent().is_some_and(|p| match p.kind() {
                "call" => Call(p).function().is_none_or(|f| f.id() != node.id()),
                "attribute" | "dotted_name" | "import_from_statement" => false,
                _ => true,
            })
    }
}
