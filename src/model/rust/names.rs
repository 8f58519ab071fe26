//! Which variable a name is, and what a piece of code reads and may write.

use crate::syntax::rust::{Assignment, Await, Call, Field, For, Let, Macro, captures};
use crate::syntax::{Node, Source, children, walk};
use rustc_hash::FxHashMap;

/// Methods that take `&self` in the standard library: no write, whatever they are called on.
const READERS: &[&str] = &[
    "as_bytes",
    "as_deref",
    "as_ref",
    "as_str",
    "chars",
    "clone",
    "contains",
    "contains_key",
    "first",
    "get",
    "is_empty",
    "is_none",
    "is_some",
    "iter",
    "join",
    "keys",
    "last",
    "len",
    "lines",
    "starts_with",
    "to_owned",
    "to_string",
    "to_vec",
    "values",
];

/// Methods that change what is behind a shared reference.
const INTERIOR: &[&str] = &[
    "borrow_mut",
    "fetch_add",
    "fetch_max",
    "fetch_sub",
    "fetch_update",
    "lock",
    "replace",
    "set",
    "store",
    "swap",
    "try_lock",
    "write",
];

/// Macros that only read what they are given.
const READING_MACROS: &[&str] = &[
    "assert",
    "assert_eq",
    "assert_ne",
    "debug",
    "eprint",
    "eprintln",
    "error",
    "format",
    "info",
    "json",
    "matches",
    "panic",
    "print",
    "println",
    "trace",
    "vec",
    "warn",
];

/// A variable: the node that declares its name, and what that stands in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Variable<'t> {
    /// The name in its pattern.
    pub at: Node<'t>,
    /// The `let`, parameter, loop or arm.
    pub holder: Node<'t>,
}

/// What a variable lets its user change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hold {
    /// Nothing.
    Fixed,
    /// Its own value: it is declared `mut`.
    Own,
    /// What it refers to: it may be a `&mut`, which also changes hands where it is only named as an argument.
    Borrow,
}

/// A use of a variable, or of one of its fields.
#[derive(Debug, Clone)]
pub(super) struct Use<'t> {
    /// The variable.
    pub variable: Variable<'t>,
    /// Its first field, where only that one is used.
    pub field: Option<&'t str>,
    /// Where.
    pub node: Node<'t>,
}

impl Use<'_> {
    /// Whether both may be one place in memory.
    pub fn meets(&self, other: &Use<'_>) -> bool {
        self.variable.at == other.variable.at
            && (self.field.is_none() || other.field.is_none() || self.field == other.field)
    }
}

/// The name of a variable as the program writes it.
pub(super) fn name_of<'t>(source: &'t Source, variable: Variable<'t>) -> &'t str {
    source.of(variable.at)
}

/// What every name of a file stands for, found in one pass: asking the tree for parents again and again is slow.
pub(super) struct Names<'t> {
    source: &'t Source,
    variables: FxHashMap<usize, Variable<'t>>,
    /// The variables that the format string of a macro names.
    captured: FxHashMap<usize, Vec<Variable<'t>>>,
    parents: FxHashMap<usize, Node<'t>>,
}

/// Code that nests deeper is not looked into.
const MAX_DEPTH: usize = 2_000;

/// The pass with the scopes around a place.
struct Pass<'t> {
    names: Names<'t>,
    /// The variables of a name, the innermost last.
    visible: FxHashMap<&'t str, Vec<Variable<'t>>>,
    /// The names in the order in which they were declared.
    declared: Vec<&'t str>,
    depth: usize,
}

impl<'t> Names<'t> {
    /// The names of a file; none where its code nests too deeply.
    pub fn of(source: &'t Source) -> Option<Self> {
        let (variables, captured, parents) = Default::default();
        let names = Self { source, variables, captured, parents };
        let mut pass = Pass { names, visible: FxHashMap::default(), declared: Vec::new(), depth: 0 };
        pass.visit(source.root())?;
        Some(pass.names)
    }

    /// The variable that a name stands for. None for constants, functions and what is not declared in the function.
    fn variable(&self, node: Node<'t>) -> Option<Variable<'t>> {
        self.variables.get(&node.id()).copied()
    }

    fn parent(&self, node: Node<'t>) -> Option<Node<'t>> {
        self.parents.get(&node.id()).copied()
    }
}

impl<'t> Pass<'t> {
    fn visit(&mut self, node: Node<'t>) -> Option<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let height = self.declared.len();
        let field = |name: &str| node.child_by_field_name(name);
        match node.kind() {
            "let_declaration" | "let_condition" => {
                self.inside(node, |child| Some(child) != field("pattern"))?;
                self.declare(field("pattern"), node);
                // What it declares is for those behind it.
                self.depth -= 1;
                return Some(());
            }
            "let_chain" => {
                self.inside(node, |_| true)?;
                self.depth -= 1;
                return Some(());
            }
            "for_expression" => {
                self.inside(node, |child| Some(child) == field("value"))?;
                self.declare(field("pattern"), node);
                self.inside(node, |child| Some(child) == field("body"))?;
            }
            "closure_expression" => {
                self.declare(field("parameters"), node);
                self.inside(node, |child| Some(child) != field("parameters"))?;
            }
            "match_arm" => {
                let pattern = field("pattern");
                self.declare(pattern.and_then(|p| p.named_child(0)), node);
                self.inside(node, |_| true)?;
            }
            "if_expression" => {
                self.inside(node, |child| Some(child) != field("alternative"))?;
                self.leave(height);
                self.inside(node, |child| Some(child) == field("alternative"))?;
            }
            "function_item" => {
                // A function sees nothing of the one around it.
                let (visible, declared) = (std::mem::take(&mut self.visible), std::mem::take(&mut self.declared));
                for parameter in field("parameters").into_iter().flat_map(children) {
                    self.declare(Some(parameter), parameter);
                }
                self.inside(node, |child| Some(child) == field("body"))?;
                (self.visible, self.declared) = (visible, declared);
            }
            "identifier" | "self" => {
                let name = self.names.source.of(node);
                if let Some(found) = self.visible.get(name).and_then(|all| all.last()) {
                    self.names.variables.insert(node.id(), *found);
                }
            }
            "string_literal" if self.names.parent(node).is_some_and(|p| p.kind() == "token_tree") => {
                let found = captures(self.names.source.of(node)).filter_map(|name| self.visible.get(name)?.last());
                self.names.captured.insert(node.id(), found.copied().collect());
            }
            _ => self.inside(node, |_| true)?,
        }
        self.leave(height);
        self.depth -= 1;
        Some(())
    }

    fn inside(&mut self, node: Node<'t>, wanted: impl Fn(Node<'t>) -> bool) -> Option<()> {
        for child in node.all_children().filter(|c| wanted(*c)) {
            self.names.parents.insert(child.id(), node);
            self.visit(child)?;
        }
        Some(())
    }

    fn declare(&mut self, pattern: Option<Node<'t>>, holder: Node<'t>) {
        let names = |n: &Node<'_>| matches!(n.kind(), "identifier" | "shorthand_field_identifier" | "self");
        for at in pattern.into_iter().flat_map(walk).filter(names) {
            let name = self.names.source.of(at);
            self.visible.entry(name).or_default().push(Variable { at, holder });
            self.declared.push(name);
        }
    }

    fn leave(&mut self, height: usize) {
        for name in self.declared.drain(height..) {
            self.visible.get_mut(name).map(Vec::pop);
        }
    }
}

impl Hold {
    fn of<'t>(names: &Names<'t>, variable: Variable<'t>, fuel: usize) -> Self {
        let source = names.source;
        let holder = variable.holder;
        let (pattern, value) = match holder.kind() {
            "let_declaration" => (None, Let(holder).value()),
            "for_expression" => (For(holder).pattern(), For(holder).value()),
            "let_condition" => (holder.child_by_field_name("pattern"), holder.child_by_field_name("value")),
            "match_arm" => (holder.child_by_field_name("pattern"), None),
            "closure_expression" => (holder.child_by_field_name("parameters"), None),
            // `&mut self`, `x: &'a mut T`
            "self_parameter" if source.of(holder).starts_with('&') && says_mut(source, holder) => return Self::Borrow,
            _ => (holder.child_by_field_name("pattern"), None),
        };
        let ty = holder.child_by_field_name("type");
        let refers = ty.into_iter().chain(value).any(|n| says_mut(source, n));
        // The declaration without its value and type: where a `mut` of its own would be.
        let own = children(holder).chain(pattern).any(|n| n.kind() == "mutable_specifier")
            || pattern.is_some_and(|p| says_mut(source, p));
        match (refers, own, value) {
            (true, _, _) => Self::Borrow,
            (_, true, _) => Self::Own,
            // Another name for a variable that may be a `&mut`.
            (_, _, Some(other)) if other.kind() == "identifier" && fuel > 0 => {
                let behind = names.variable(other);
                behind.map_or(Self::Fixed, |v| Self::of(names, v, fuel - 1)).only_borrow()
            }
            _ => Self::Fixed,
        }
    }

    fn only_borrow(self) -> Self {
        if self == Self::Borrow { Self::Borrow } else { Self::Fixed }
    }
}

fn says_mut(source: &Source, node: Node<'_>) -> bool {
    let text = source.of(node);
    text.contains("mut ") || text.contains("_mut")
}

/// The variable at the root of a place expression, with its first field.
fn place<'t>(names: &Names<'t>, node: Node<'t>) -> Option<Use<'t>> {
    let (mut node, mut field) = (node, None);
    loop {
        node = match node.kind() {
            "field_expression" => {
                field = Field(node).field().map(|f| names.source.of(f));
                Field(node).value()?
            }
            "index_expression" => {
                field = None;
                node.named_child(0)?
            }
            "parenthesized_expression" | "unary_expression" => node.named_child(0)?,
            "reference_expression" => node.child_by_field_name("value")?,
            "identifier" | "self" => {
                let variable = names.variable(node)?;
                return Some(Use { variable, field, node });
            }
            _ => return None,
        };
    }
}

/// The nodes of an expression in which variables may be named: no paths, types and labels.
fn values<'t>(node: Node<'t>) -> impl Iterator<Item = Node<'t>> {
    let mut stack = vec![node];
    std::iter::from_fn(move || {
        let node = stack.pop()?;
        let name = Macro::cast(node).and_then(Macro::name);
        let is_code = |n: &Node<'_>| {
            !matches!(n.kind(), "scoped_identifier" | "type_arguments" | "label" | "lifetime") && Some(*n) != name
        };
        stack.extend(children(node).filter(is_code).collect::<Vec<_>>().into_iter().rev());
        Some(node)
    })
}

/// The variables that a piece of code reads, in the order of the text. Names in a pattern may be among them.
pub(super) fn reads<'t>(names: &Names<'t>, node: Node<'t>) -> Vec<Use<'t>> {
    let mut out = Vec::new();
    for node in values(node) {
        match node.kind() {
            "identifier" | "self" if !is_member(node) => {
                let Some(variable) = names.variable(node) else { continue };
                out.push(Use { variable, field: field_of(names, node), node });
            }
            "string_literal" => {
                let found = names.captured.get(&node.id()).into_iter().flatten();
                out.extend(found.map(|variable| Use { variable: *variable, field: None, node }));
            }
            _ => {}
        }
    }
    out
}

/// A name behind a dot in the tokens of a macro.
fn is_member(node: Node<'_>) -> bool {
    node.prev_sibling().is_some_and(|before| before.kind() == ".")
}

/// The field of a variable that alone is used: a method is called on all of it.
fn field_of<'t>(names: &Names<'t>, node: Node<'t>) -> Option<&'t str> {
    let field = Field::cast(names.parent(node)?).filter(|f| f.value() == Some(node))?;
    let called = names.parent(field.0).and_then(Call::cast).and_then(Call::target) == Some(field.0);
    field.field().filter(|_| !called).map(|f| names.source.of(f))
}

/// The variables that a piece of code assigns, borrows mutably, or may change through a method, a macro or a function that
/// is handed a `&mut`.
pub(super) fn writes<'t>(names: &Names<'t>, node: Node<'t>) -> Vec<Use<'t>> {
    let mut out = Vec::new();
    for node in walk(node) {
        if let Some(left) = Assignment::cast(node).and_then(Assignment::left) {
            match left.kind() {
                "tuple_expression" | "array_expression" => {
                    out.extend(children(left).filter_map(|part| place(names, part)));
                }
                _ => out.extend(place(names, left)),
            }
        } else if node.kind() == "reference_expression" && children(node).any(|c| c.kind() == "mutable_specifier") {
            out.extend(node.child_by_field_name("value").and_then(|v| place(names, v)));
        } else if let Some(call) = Call::cast(node) {
            let changed = call.receiver().and_then(|r| place(names, r));
            // What is awaited is no method of a collection, even where it is called `get`.
            let awaited = names.parent(call.0).and_then(Await::cast).is_some();
            let method = call.name(names.source).filter(|_| !awaited);
            out.extend(changed.filter(|used| may_change(names, used, method)));
            for argument in call.arguments().into_iter().flat_map(children).filter(|n| n.kind() == "identifier") {
                out.extend(place(names, argument).filter(|u| Hold::of(names, u.variable, 4) == Hold::Borrow));
            }
        } else if let Some(invoked) = Macro::cast(node) {
            written_in_macro(names, invoked, &mut out);
        }
    }
    out
}

/// Whether a method that is called on a place may change it.
fn may_change<'t>(names: &Names<'t>, used: &Use<'t>, method: Option<&str>) -> bool {
    method.is_some_and(|m| INTERIOR.contains(&m))
        || !method.is_some_and(|m| READERS.contains(&m)) && Hold::of(names, used.variable, 4) != Hold::Fixed
}

fn written_in_macro<'t>(names: &Names<'t>, invoked: Macro<'t>, out: &mut Vec<Use<'t>>) {
    let source = names.source;
    let name = invoked.name().map_or("", |n| source.of(n));
    let reads = READING_MACROS.contains(&name.rsplit("::").next().unwrap_or(name));
    let is_name = |n: &Node<'_>| matches!(n.kind(), "identifier" | "self");
    for node in walk(invoked.0).filter(is_name).filter(|n| Some(*n) != invoked.name() && !is_member(*n)) {
        let Some(variable) = names.variable(node) else { continue };
        let used = Use { variable, field: None, node };
        let kind = |n: Option<Node<'t>>| n.map_or("", |n| n.kind());
        let next = node.next_sibling();
        let written = match kind(next) {
            "." => may_change(names, &used, next.and_then(|dot| dot.next_sibling()).map(|n| source.of(n))),
            "=" | "+=" | "-=" | "*=" => true,
            _ => {
                kind(node.prev_sibling()) == "mutable_specifier"
                    || !reads && Hold::of(names, variable, 4) != Hold::Fixed
            }
        };
        if written {
            out.push(used);
        }
    }
}
