//! The tree of a file, laid out flat: one entry a node, parents first, in the order of the text.
//!
//! The parser's own tree finds a parent by walking down from the root, and a child by counting from the first. The model
//! asks for both all the time. Here a parent is one step, a subtree is a stretch of entries, and what the parser needed
//! for itself is given back once the file is read.

use super::Language;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::OnceLock;

/// All nodes of a file.
#[derive(Debug)]
pub struct Tree {
    entries: Vec<Entry>,
    words: &'static Words,
}

#[derive(Debug)]
struct Entry {
    start: u32,
    end: u32,
    parent: u32,
    /// The entry behind the last of this node's subtree.
    behind: u32,
    kind: u16,
    field: u16,
    flags: u8,
}

const NAMED: u8 = 1;
const EXTRA: u8 = 2;
const ERROR: u8 = 4;
const MISSING: u8 = 8;
/// It or something below is an error, or is missing.
const BROKEN: u8 = 16;

/// The names of a grammar's kinds and fields, by their numbers.
#[derive(Debug)]
struct Words {
    kinds: Vec<&'static str>,
    fields: Vec<&'static str>,
}

impl Words {
    fn of(language: Language) -> &'static Self {
        static PYTHON: OnceLock<Words> = OnceLock::new();
        static RUST: OnceLock<Words> = OnceLock::new();
        let words = match language {
            Language::Python => &PYTHON,
            Language::Rust => &RUST,
        };
        words.get_or_init(|| {
            // Once in a process: its names live as long as it does.
            let grammar: &'static tree_sitter::Language = Box::leak(Box::new(language.grammar()));
            let kinds = 0..u16::try_from(grammar.node_kind_count()).unwrap_or(u16::MAX);
            let fields = 0..=u16::try_from(grammar.field_count()).unwrap_or(u16::MAX);
            Self {
                kinds: kinds.map(|id| grammar.node_kind_for_id(id).unwrap_or_default()).collect(),
                fields: fields.map(|id| grammar.field_name_for_id(id).unwrap_or_default()).collect(),
            }
        })
    }
}

impl Tree {
    /// Lays out what the parser made.
    pub(super) fn of(parsed: &tree_sitter::Tree, language: Language) -> Self {
        let mut entries = Vec::new();
        let mut cursor = parsed.walk();
        let mut parent = 0u32;
        loop {
            let node = cursor.node();
            let at = entries.len() as u32;
            let flag = |is: bool, flag: u8| if is { flag } else { 0 };
            entries.push(Entry {
                start: node.start_byte() as u32,
                end: node.end_byte() as u32,
                parent,
                behind: at + 1,
                kind: node.kind_id(),
                field: cursor.field_id().map_or(0, std::num::NonZero::get),
                flags: flag(node.is_named(), NAMED)
                    | flag(node.is_extra(), EXTRA)
                    | flag(node.is_error(), ERROR)
                    | flag(node.is_missing(), MISSING)
                    | flag(node.has_error(), BROKEN),
            });
            if cursor.goto_first_child() {
                parent = at;
                continue;
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    entries.shrink_to_fit();
                    return Self { entries, words: Words::of(language) };
                }
                let behind = entries.len() as u32;
                let above = &mut entries[parent as usize];
                above.behind = behind;
                parent = above.parent;
            }
        }
    }

    /// The node of the whole file.
    pub fn root(&self) -> Node<'_> {
        Node { tree: self, at: 0 }
    }
}

/// A node of a syntax tree.
#[derive(Clone, Copy)]
pub struct Node<'t> {
    tree: &'t Tree,
    at: u32,
}

impl<'t> Node<'t> {
    fn entry(self) -> &'t Entry {
        &self.tree.entries[self.at as usize]
    }

    fn is(self, flag: u8) -> bool {
        self.entry().flags & flag != 0
    }

    /// A number that no other node has, of this tree or another one.
    pub fn id(&self) -> usize {
        std::ptr::from_ref(self.entry()) as usize
    }

    /// The name of its kind in the grammar.
    pub fn kind(&self) -> &'static str {
        // The parser's number for an error is beyond all others.
        self.tree.words.kinds.get(usize::from(self.entry().kind)).copied().unwrap_or("ERROR")
    }

    /// Whether the grammar has a name for it, and not only a text.
    pub fn is_named(&self) -> bool {
        self.is(NAMED)
    }

    /// Whether it may stand anywhere: a comment.
    pub fn is_extra(&self) -> bool {
        self.is(EXTRA)
    }

    /// Whether it is what the parser made of text that it did not understand.
    pub fn is_error(&self) -> bool {
        self.is(ERROR)
    }

    /// Whether the parser put it in because the text lacks it.
    pub fn is_missing(&self) -> bool {
        self.is(MISSING)
    }

    /// Whether there is a syntax error in it.
    pub fn has_error(&self) -> bool {
        self.is(BROKEN)
    }

    /// Where it begins.
    pub fn start_byte(&self) -> usize {
        self.entry().start as usize
    }

    /// Where it ends.
    pub fn end_byte(&self) -> usize {
        self.entry().end as usize
    }

    /// The bytes that it covers.
    pub fn byte_range(&self) -> std::ops::Range<usize> {
        self.start_byte()..self.end_byte()
    }

    /// The node around it.
    pub fn parent(&self) -> Option<Self> {
        (self.at != 0).then(|| Self { at: self.entry().parent, ..*self })
    }

    /// The nodes right below it, in the order of the text.
    pub fn all_children(&self) -> impl Iterator<Item = Self> + use<'t> {
        let Self { tree, at } = *self;
        let behind = self.entry().behind;
        let below = move |at: u32| (at < behind).then_some(Self { tree, at });
        std::iter::successors(below(at + 1), move |node| below(node.entry().behind))
    }

    /// It and every node below it, parents first, in the order of the text.
    pub fn subtree(&self) -> impl Iterator<Item = Node<'t>> + use<'t> {
        let tree: &'t Tree = self.tree;
        (self.at..self.entry().behind).map(move |at| Node { tree, at })
    }

    /// The node right below it at a position.
    pub fn child(&self, position: u32) -> Option<Self> {
        self.all_children().nth(position as usize)
    }

    /// How many nodes are right below it.
    pub fn child_count(&self) -> u32 {
        self.all_children().count() as u32
    }

    /// The named node right below it at a position among those.
    pub fn named_child(&self, position: u32) -> Option<Self> {
        self.all_children().filter(Self::is_named).nth(position as usize)
    }

    /// How many named nodes are right below it.
    pub fn named_child_count(&self) -> u32 {
        self.all_children().filter(Self::is_named).count() as u32
    }

    /// The first node right below it that is a field.
    pub fn child_by_field_name(&self, name: &str) -> Option<Self> {
        let fields = &self.tree.words.fields;
        self.all_children().find(|c| {
            let field = c.entry().field;
            field != 0 && fields.get(usize::from(field)).is_some_and(|f| *f == name)
        })
    }

    /// The node behind it below the same parent.
    pub fn next_sibling(&self) -> Option<Self> {
        let behind = self.parent()?.entry().behind;
        let at = self.entry().behind;
        (at < behind).then_some(Self { at, ..*self })
    }

    /// The node before it below the same parent.
    pub fn prev_sibling(&self) -> Option<Self> {
        self.parent()?.all_children().take_while(|n| n.at < self.at).last()
    }

    /// The smallest node that covers a range; this node where none below it does.
    pub fn descendant_for_byte_range(&self, start: usize, end: usize) -> Option<Self> {
        if start > end {
            return None;
        }
        let reaches = |n: &Self| {
            let empty = n.start_byte() == n.end_byte();
            n.end_byte() >= end && if empty { n.end_byte() >= start } else { n.end_byte() > start }
        };
        let inside = move |n: &Self| n.all_children().find(reaches).filter(|c| c.start_byte() <= start);
        std::iter::successors(Some(*self), inside).last()
    }

    /// How many levels of nodes are below it.
    pub fn depth(&self) -> usize {
        let mut around: Vec<u32> = Vec::new();
        let mut deepest = 0;
        for node in self.subtree() {
            while around.last().is_some_and(|behind| *behind <= node.at) {
                around.pop();
            }
            deepest = deepest.max(around.len());
            around.push(node.entry().behind);
        }
        deepest
    }
}

impl PartialEq for Node<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at && std::ptr::eq(self.tree, other.tree)
    }
}

impl Eq for Node<'_> {}

impl Hash for Node<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id().hash(state);
    }
}

impl fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{} {}..{}}}", self.kind(), self.start_byte(), self.end_byte())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    const PYTHON: &str = "# first\nimport os, sys as s\n@dec\nclass A(B, k=1):\n    x: int = 1  # note\n    async def f(self, *a, b: int = 2, **k) -> int:\n        for i, j in enumerate(a[1:2, 3]):\n            if not i < 2 <= j and (y := j):\n                yield await self.g(i, *a, k=f'{i!r:>{b}} {j}')\n            elif j: pass\n            else:\n                del i.x[0]\n        try:\n            with open(i) as h, j: ...\n        except (E, F) as e:\n            raise E from e\n        finally: print(lambda z, q=1: z + q)\n        return [i for i in b if i for k in i], {1: 2, **k}, {*a}, -i if j else (not k)\nmatch x:\n    case [1, *_] | {'a': b} if b: pass\n";
    const RUST: &str = "use a::{b, c as d};\n/// doc\nimpl<'a, T: X> S<'a> for T where T: Y { fn f(&self, x: &'a str) -> Option<u8> { let y = x?; match y { 1 | 2 if z => {} _ => loop { break 'l 3; } } } }\n";

    /// What is asked of the flat tree and of the parser's own gets the same answers.
    fn compare(text: &str, language: Language) {
        let mut parser = tree_sitter::Parser::new();
        parser.set_language(&language.grammar()).unwrap();
        let parsed = parser.parse(text, None).unwrap();
        let tree = Tree::of(&parsed, language);
        let mut theirs = Vec::new();
        let mut stack = vec![parsed.root_node()];
        while let Some(node) = stack.pop() {
            theirs.push(node);
            stack.extend((0..node.child_count()).rev().filter_map(|i| node.child(i)));
        }
        let ours: Vec<Node<'_>> = tree.root().subtree().collect();
        let word = |n: tree_sitter::Node<'_>| (n.kind().to_string(), n.start_byte(), n.end_byte(), n.is_named());
        let own = |n: Node<'_>| (n.kind().to_string(), n.start_byte(), n.end_byte(), n.is_named());
        assert_eq!(
            ours.iter().map(|n| own(*n)).collect::<Vec<_>>(),
            theirs.iter().map(|n| word(*n)).collect::<Vec<_>>()
        );
        let place: HashMap<usize, usize> = theirs.iter().enumerate().map(|(at, n)| (n.id(), at)).collect();
        let same = |a: Option<Node<'_>>, b: Option<tree_sitter::Node<'_>>, what: &str, n: Node<'_>| {
            assert_eq!(a.map(|n| n.at as usize), b.map(|n| place[&n.id()]), "{what} of {n:?}");
        };
        let fields = &Words::of(language).fields;
        for (a, b) in ours.iter().zip(&theirs) {
            same(a.parent(), b.parent(), "parent", *a);
            same(a.next_sibling(), b.next_sibling(), "next", *a);
            same(a.prev_sibling(), b.prev_sibling(), "previous", *a);
            for i in 0..=b.child_count() {
                same(a.child(i), b.child(i), "child", *a);
                same(a.named_child(i), b.named_child(i), "named child", *a);
            }
            // The parser looks for this field two levels down, beyond the block that is a node of its own.
            let odd = |field: &str| a.kind() == "match_statement" && field == "alternative";
            for field in fields.iter().filter(|f| !odd(f)) {
                same(a.child_by_field_name(field), b.child_by_field_name(field), field, *a);
            }
            let flags = [a.is_extra(), a.is_error(), a.is_missing(), a.has_error()];
            assert_eq!(flags, [b.is_extra(), b.is_error(), b.is_missing(), b.has_error()], "{a:?}");
            assert_eq!((a.child_count(), a.named_child_count()), (b.child_count(), b.named_child_count() as u32));
        }
        for start in 0..=text.len().min(1_500) {
            for width in [0, 1, 2, 5, 11, 40] {
                let (a, b) = (tree.root(), parsed.root_node());
                let (a, b) = (
                    a.descendant_for_byte_range(start, start + width),
                    b.descendant_for_byte_range(start, start + width),
                );
                same(a, b, "descendant", tree.root());
            }
        }
    }

    #[test]
    fn the_flat_tree_answers_as_the_parsers_own() {
        compare(PYTHON, Language::Python);
        compare(RUST, Language::Rust);
        compare("", Language::Python);
        for broken in ["def f(:\n  x = (1,\n", "x = = 2\nprint 'a'\n", "if x\n  y\n", "class\n"] {
            compare(broken, Language::Python);
        }
    }

    #[test]
    fn the_cases_of_all_recipes_are_laid_out_alike() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut folders = vec![root.join("transforms"), root.join("tests"), root.join("src/syntax")];
        let mut files = 0;
        while let Some(folder) = folders.pop() {
            for path in std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
                if path.is_dir() {
                    folders.push(path);
                } else if let (Some(language), Ok(text)) = (Language::of(&path), std::fs::read_to_string(&path))
                    && text.len() < 8_000
                {
                    compare(&text, language);
                    files += 1;
                }
            }
        }
        assert!(files > 20, "{files}");
    }

    #[test]
    fn depth_is_counted_in_levels() {
        let depth = |text: &str| {
            let mut parser = tree_sitter::Parser::new();
            parser.set_language(&Language::Python.grammar()).unwrap();
            Tree::of(&parser.parse(text, None).unwrap(), Language::Python).root().depth()
        };
        assert_eq!((depth(""), depth("x\n"), depth("x\ny = [[1]]\nz\n")), (0, 2, 5));
    }
}
