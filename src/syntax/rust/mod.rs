//! Typed views of the Rust nodes in use.

use super::{Node, Source, ancestors};

views! {
    /// `for pattern in value { body }`
    For = "for_expression" {
        /// The pattern.
        pattern: "pattern";
        /// What is iterated.
        value: "value";
        /// The block.
        body: "body";
    }
    /// `loop { … }` or `while … { … }`
    Endless = "loop_expression" | "while_expression" {
        /// The block.
        body: "body";
    }
    /// `let pattern: ty = value else { … };`
    Let = "let_declaration" {
        /// The pattern.
        pattern: "pattern";
        /// The type, where it is written.
        ty: "type";
        /// The value.
        value: "value";
        /// The block after `else`.
        alternative: "alternative";
    }
    /// `function(arguments)`
    Call = "call_expression" {
        /// What is called: a path, or a field expression for a method.
        function: "function";
        /// The arguments.
        arguments: "arguments";
    }
    /// `value.field`
    Field = "field_expression" {
        /// The left side.
        value: "value";
        /// The name.
        field: "field";
    }
    /// `name!(…)`
    Macro = "macro_invocation" {
        /// The name, or a path.
        name: "macro";
    }
    /// `left = right`, `left += right`
    Assignment = "assignment_expression" | "compound_assignment_expr" {
        /// The target.
        left: "left";
        /// The value.
        right: "right";
    }
    /// `fn name(parameters) { body }`
    Function = "function_item" {
        /// The name.
        name: "name";
        /// The parameters.
        parameters: "parameters";
    }
    /// `.await`
    Await = "await_expression" {}
}

impl<'t> Await<'t> {
    /// What is awaited.
    pub fn value(self) -> Option<Node<'t>> {
        self.0.named_child(0)
    }
}

impl<'t> Call<'t> {
    /// What is called, without the types of a turbofish.
    pub fn target(self) -> Option<Node<'t>> {
        let function = self.function()?;
        match function.kind() {
            "generic_function" => function.child_by_field_name("function"),
            _ => Some(function),
        }
    }

    /// What the method is called on.
    pub fn receiver(self) -> Option<Node<'t>> {
        Field::cast(self.target()?)?.value()
    }

    /// The last name of what is called.
    pub fn name(self, source: &Source) -> Option<&str> {
        let target = self.target()?;
        match target.kind() {
            "identifier" => Some(source.of(target)),
            "field_expression" => Field(target).field().map(|n| source.of(n)),
            "scoped_identifier" => target.child_by_field_name("name").map(|n| source.of(n)),
            _ => None,
        }
    }

    /// The number of arguments.
    pub fn arity(self) -> usize {
        self.arguments().map_or(0, |a| super::children(a).count())
    }
}

/// Whether a node's inside runs at another time than the code around it, if at all.
pub fn is_deferred(node: Node<'_>) -> bool {
    matches!(node.kind(), "closure_expression" | "async_block" | "gen_block" | "function_item" | "const_block")
}

/// The name of the function around a node.
pub fn function_around<'s>(source: &'s Source, node: Node<'_>) -> Option<&'s str> {
    ancestors(node).find_map(Function::cast)?.name().map(|n| source.of(n))
}

/// The variables that a string literal names between braces, as `format!` and its kin read them: `"{url}/{page:>w$}"`.
/// A specification such as `x` in `{:x}` is among them; whether there is such a variable is for others to say.
pub fn captures(text: &str) -> impl Iterator<Item = &str> {
    text.split('{')
        .skip(1)
        .filter_map(|piece| piece.split_once('}'))
        .flat_map(|(inside, _)| inside.split(|c: char| !c.is_alphanumeric() && c != '_'))
        .filter(|word| word.starts_with(|c: char| c.is_alphabetic() || c == '_'))
}

#[cfg(test)]
mod tests {
    use super::super::{Language, walk};
    use super::*;

    #[test]
    fn awaits_and_calls_are_seen() {
        let text = b"async fn f() { for u in us { c.get(u).json::<T>().await; } }";
        let source = Source::from_bytes("t.rs".as_ref(), text, Language::Rust).unwrap();
        let found = walk(source.root()).find_map(Await::cast).unwrap();
        let call = Call::cast(found.value().unwrap()).unwrap();
        assert_eq!((call.name(&source), call.arity()), (Some("json"), 0));
        assert_eq!(source.of(call.receiver().unwrap()), "c.get(u)");
        assert_eq!(function_around(&source, found.0), Some("f"));
    }

    #[test]
    fn format_strings_name_variables() {
        assert_eq!(captures("\"{url}/{page:>w$} {{}} {0} {\"").collect::<Vec<_>>(), ["url", "page", "w"]);
    }
}
