//! Typed views of the Python nodes in use.
//!
//! A view is made with `cast`, which answers `None` for a node of another kind, and its accessors answer `None` where
//! the grammar's recovery left a part out. So no view can panic on a file that is being edited.

use super::{Node, Source, children, walk};

views! {
    /// `f(…)`
    Call = "call" {
        /// What is called.
        function: "function";
        /// The argument list, or a generator expression.
        arguments: "arguments";
    }
    /// `x.name`
    Attribute = "attribute" {
        /// The left side.
        object: "object";
        /// The name.
        name: "attribute";
    }
    /// `x[…]`
    Subscript = "subscript" {
        /// The left side.
        value: "value";
        /// The first index.
        index: "subscript";
    }
    /// `name=value` in a call.
    Keyword = "keyword_argument" {
        /// The name.
        name: "name";
        /// The value.
        value: "value";
    }
    /// `left = right`, `left: type = right`
    Assignment = "assignment" {
        /// The target.
        left: "left";
        /// The value; none for a bare annotation.
        right: "right";
        /// The annotation.
        annotation: "type";
    }
    /// `left += right`
    AugmentedAssignment = "augmented_assignment" {
        /// The target.
        left: "left";
        /// The value.
        right: "right";
    }
    /// `for left in right:`
    For = "for_statement" {
        /// The target.
        left: "left";
        /// What is iterated.
        right: "right";
        /// The body.
        body: "body";
        /// The `else` clause.
        alternative: "alternative";
    }
    /// `for left in right` of a comprehension.
    ForIn = "for_in_clause" {
        /// The target.
        left: "left";
        /// What is iterated.
        right: "right";
    }
    /// A list comprehension.
    ListComprehension = "list_comprehension" {
        /// The element.
        body: "body";
    }
    /// `while condition:`
    While = "while_statement" {
        /// The condition.
        condition: "condition";
        /// The body.
        body: "body";
    }
    /// `if` or `elif`
    If = "if_statement" | "elif_clause" {
        /// The condition.
        condition: "condition";
        /// The block behind it.
        consequence: "consequence";
    }
    /// `try:`
    Try = "try_statement" {
        /// The protected block.
        body: "body";
    }
    /// `with …:`
    With = "with_statement" {
        /// The body.
        body: "body";
    }
    /// One item of a `with`.
    WithItem = "with_item" {
        /// The expression, an `as_pattern` where a name is bound.
        value: "value";
    }
    /// `def name(…):`
    Function = "function_definition" {
        /// The name.
        name: "name";
        /// The parameters.
        parameters: "parameters";
        /// The body.
        body: "body";
    }
    /// `class name:`
    Class = "class_definition" {
        /// The name.
        name: "name";
        /// The body.
        body: "body";
    }
    /// `import a, b as c`
    Import = "import_statement" {}
    /// `from module import …`
    ImportFrom = "import_from_statement" | "future_import_statement" {
        /// The module, with its leading dots.
        module: "module_name";
    }
    /// A name with another name: `a as b` in an import.
    Aliased = "aliased_import" {
        /// The imported name.
        name: "name";
        /// The bound name.
        alias: "alias";
    }
}

impl<'t> Call<'t> {
    /// The arguments in order, comments left out; none for a generator argument.
    pub fn args(self) -> impl Iterator<Item = Node<'t>> {
        self.arguments().filter(|list| list.kind() == "argument_list").into_iter().flat_map(children)
    }

    /// The value of a keyword argument.
    pub fn keyword(self, source: &Source, name: &str) -> Option<Node<'t>> {
        self.args().filter_map(Keyword::cast).find(|k| k.name().is_some_and(|n| source.of(n) == name))?.value()
    }
}

impl Function<'_> {
    /// Whether it is `async def`.
    pub fn is_async(self) -> bool {
        self.0.child(0).is_some_and(|c| c.kind() == "async")
    }
}

impl For<'_> {
    /// Whether it is `async for`.
    pub fn is_async(self) -> bool {
        self.0.child(0).is_some_and(|c| c.kind() == "async")
    }
}

impl<'t> With<'t> {
    /// Its items.
    pub fn items(self) -> impl Iterator<Item = WithItem<'t>> {
        children(self.0).filter(|c| c.kind() == "with_clause").flat_map(children).filter_map(WithItem::cast)
    }

    /// Whether it is `async with`.
    pub fn is_async(self) -> bool {
        self.0.child(0).is_some_and(|c| c.kind() == "async")
    }
}

impl<'t> WithItem<'t> {
    /// The context manager and the target behind `as`.
    pub fn parts(self) -> Option<(Node<'t>, Option<Node<'t>>)> {
        let value = self.value()?;
        if value.kind() == "as_pattern" {
            let target = value.child_by_field_name("alias").and_then(|a| a.named_child(0));
            Some((value.named_child(0)?, target))
        } else {
            Some((value, None))
        }
    }
}

/// A chain of names: `a.b.c` gives the node of `a` and `["b", "c"]`; `None` where anything else is in it.
pub fn dotted<'t, 's>(source: &'s Source, node: Node<'t>) -> Option<(Node<'t>, Vec<&'s str>)> {
    let mut names = Vec::new();
    let mut at = node;
    while let Some(attribute) = Attribute::cast(at) {
        names.push(source.of(attribute.name()?));
        at = attribute.object()?;
    }
    names.reverse();
    (at.kind() == "identifier").then_some((at, names))
}

/// The statement that holds a node: its nearest ancestor (or itself) that stands in a block or at the top of the file.
pub fn statement_of(node: Node<'_>) -> Node<'_> {
    let mut at = node;
    while let Some(parent) = at.parent() {
        if matches!(parent.kind(), "block" | "module") {
            break;
        }
        at = parent;
    }
    at
}

/// The function, lambda or class around a node, innermost first; `None` at module level.
pub fn enclosing_scope(node: Node<'_>) -> Option<Node<'_>> {
    super::ancestors(node).find(|n| matches!(n.kind(), "function_definition" | "lambda" | "class_definition"))
}

/// The first sign that a file is Python 2, with what it is.
pub fn python2<'t>(source: &'t Source) -> Option<(Node<'t>, &'static str)> {
    let root = source.root();
    let comma_behind = |word: &str| source.text.lines().any(|l| l.trim_start().starts_with(word) && l.contains(','));
    let suspicious = root.has_error()
        || ["print ", "exec ", "print>>", "<>", "print\t"].iter().any(|s| source.text.contains(s))
        || ["raise ", "except "].into_iter().any(comma_behind);
    if !suspicious {
        return None;
    }
    walk(root).find_map(|node| {
        let what = match node.kind() {
            "print_statement" => "a print statement",
            "exec_statement" => "an exec statement",
            "<>" => "the operator <>",
            "except_clause" if py2_except(node) => "`except Error, name:`",
            "raise_statement" if node.child(1).is_some_and(|c| c.kind() == "expression_list") => "`raise Error, value`",
            "ERROR" if source.of(node).starts_with('`') => "backticks",
            _ => return None,
        };
        Some((node, what))
    })
}

/// `except A, b:`; since Python 3.14 `except A, B:` is valid too, but there it has no meaning that older versions share.
fn py2_except(clause: Node<'_>) -> bool {
    (0..clause.child_count()).filter_map(|i| clause.child(i)).any(|c| c.kind() == ",")
}

#[cfg(test)]
mod tests {
    use super::super::{Language, SourceError};
    use super::*;
    use crate::facts::Code;

    fn python(text: &str) -> Result<Source, SourceError> {
        Source::from_bytes("t.py".as_ref(), text.as_bytes(), Language::Python)
    }

    #[test]
    fn python_2_is_recognised_with_its_line() {
        for (text, line) in [
            ("x = 1\nprint \"x\"\n", 2),
            ("try:\n    pass\nexcept ValueError, e:\n    pass\n", 3),
            ("exec \"x\"\n", 1),
            ("raise ValueError, 'x'\n", 1),
            ("print >>f, 'x'\n", 1),
            ("if a <> b: pass\n", 1),
        ] {
            let error = python(text).unwrap_err();
            assert_eq!((error.code, error.line), (Code::PYTHON_2, Some(line)), "{text}");
        }
        for text in ["print('x')\n", "try:\n    pass\nexcept (A, B) as e:\n    pass\n", "print ('x')\n", "x = print\n"]
        {
            assert!(python(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn what_was_read_is_kept() {
        let source = Source::from_bytes("t.py".as_ref(), b"\xef\xbb\xbfif x:\r\n\tpass", Language::Python).unwrap();
        assert!(source.bom && !source.final_newline);
        assert_eq!((source.newline.as_str(), source.indent.as_str()), ("\r\n", "\t"));
        assert_eq!(source.encode(&source.text).unwrap(), b"\xef\xbb\xbfif x:\r\n\tpass");
    }

    #[test]
    fn trouble_names_its_line() {
        let code = |bytes: &[u8]| {
            let e = Source::from_bytes("t.py".as_ref(), bytes, Language::Python).unwrap_err();
            (e.code, e.line)
        };
        assert_eq!(code(b"x = 1\ndef f(:\n    pass\n").0, Code::SYNTAX);
        assert_eq!(code(b"x = 1\ny = 'caf\xe9'\n"), (Code::ENCODING, Some(2)));
        assert_eq!(code(b"# coding: klingon\n"), (Code::ENCODING, Some(1)));
        assert_eq!(code(b"x = 1\ry = 2\n"), (Code::LINE_ENDS, Some(1)));
        assert_eq!(code(b"x = 1\n\0"), (Code::SYNTAX, Some(2)));
        assert_eq!(code(&vec![b'\n'; super::super::MAX_BYTES + 1]).0, Code::TOO_LARGE);
    }

    #[test]
    fn places_count_characters() {
        let source = python("ä = f(x)\n").unwrap();
        let call = walk(source.root()).find_map(Call::cast).unwrap();
        let place = source.place(super::super::span(call.0));
        assert_eq!((place.line, place.column, place.end_column), (1, 5, 9));
        assert_eq!(dotted(&source, call.function().unwrap()).unwrap().1.len(), 0);
    }
}
