//! Which variable a name is, and what a piece of code reads and may write.

use crate::syntax::rust::{Assignment, Await, Call, Field, For, Function, Let, Macro, captures};
use crate::syntax::{Node, Source, ancestors, children, walk};

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

/// The variable that a name stands for at a place. None for constants, functions and what is not declared in the function.
pub(super) fn variable<'t>(source: &'t Source, name: &str, at: Node<'t>) -> Option<Variable<'t>> {
    let mut inner = at;
    for outer in ancestors(at) {
        let found = match outer.kind() {
            "block" => {
                let before = children(outer).take_while(|c| c.end_byte() <= at.start_byte());
                let lets: Vec<Node<'_>> = before.filter(|c| Let::cast(*c).is_some()).collect();
                lets.into_iter().rev().find_map(|l| declared(source, Let(l).pattern()?, name, l))
            }
            "for_expression" if For(outer).body() == Some(inner) => {
                For(outer).pattern().and_then(|p| declared(source, p, name, outer))
            }
            "closure_expression" => {
                let parameters = outer.child_by_field_name("parameters").filter(|p| *p != inner);
                parameters.and_then(|p| declared(source, p, name, outer))
            }
            "match_arm" => {
                let pattern = outer.child_by_field_name("pattern").and_then(|p| p.named_child(0));
                pattern.and_then(|p| declared(source, p, name, outer))
            }
            "if_expression" | "while_expression" if inner.kind() == "block" => {
                outer.child_by_field_name("condition").and_then(|c| condition(source, c, name, at))
            }
            "let_chain" => condition(source, outer, name, at),
            "function_item" => {
                let parameters = Function(outer).parameters()?;
                return children(parameters).find_map(|p| declared(source, p, name, p));
            }
            _ => None,
        };
        if found.is_some() {
            return found;
        }
        inner = outer;
    }
    None
}

/// A name in the patterns of a condition that are matched before a place.
fn condition<'t>(source: &'t Source, within: Node<'t>, name: &str, at: Node<'t>) -> Option<Variable<'t>> {
    walk(within)
        .filter(|n| n.kind() == "let_condition" && n.end_byte() <= at.start_byte())
        .find_map(|n| declared(source, n.child_by_field_name("pattern")?, name, n))
}

fn declared<'t>(source: &'t Source, pattern: Node<'t>, name: &str, holder: Node<'t>) -> Option<Variable<'t>> {
    let names = |n: &Node<'_>| matches!(n.kind(), "identifier" | "shorthand_field_identifier" | "self");
    walk(pattern).filter(names).find(|n| source.of(*n) == name).map(|at| Variable { at, holder })
}

impl Hold {
    fn of<'t>(source: &'t Source, variable: Variable<'t>, fuel: usize) -> Self {
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
                let behind = self::variable(source, source.of(other), other);
                behind.map_or(Self::Fixed, |v| Self::of(source, v, fuel - 1)).only_borrow()
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
fn place<'t>(source: &'t Source, node: Node<'t>) -> Option<Use<'t>> {
    let (mut node, mut field) = (node, None);
    loop {
        node = match node.kind() {
            "field_expression" => {
                field = Field(node).field().map(|f| source.of(f));
                Field(node).value()?
            }
            "index_expression" => {
                field = None;
                node.named_child(0)?
            }
            "parenthesized_expression" | "unary_expression" => node.named_child(0)?,
            "reference_expression" => node.child_by_field_name("value")?,
            "identifier" | "self" => {
                let variable = variable(source, source.of(node), node)?;
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
pub(super) fn reads<'t>(source: &'t Source, node: Node<'t>) -> Vec<Use<'t>> {
    let mut out = Vec::new();
    for node in values(node) {
        match node.kind() {
            "identifier" | "self" if !is_member(node) => {
                let Some(variable) = variable(source, source.of(node), node) else { continue };
                out.push(Use { variable, field: field_of(source, node), node });
            }
            "string_literal" if node.parent().is_some_and(|p| p.kind() == "token_tree") => {
                let found = captures(source.of(node)).filter_map(|name| variable(source, name, node));
                out.extend(found.map(|variable| Use { variable, field: None, node }));
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
fn field_of<'t>(source: &'t Source, node: Node<'t>) -> Option<&'t str> {
    let field = Field::cast(node.parent()?).filter(|f| f.value() == Some(node))?;
    let called = field.0.parent().and_then(Call::cast).and_then(Call::target) == Some(field.0);
    field.field().filter(|_| !called).map(|f| source.of(f))
}

/// The variables that a piece of code assigns, borrows mutably, or may change through a method, a macro or a function that
/// is handed a `&mut`.
pub(super) fn writes<'t>(source: &'t Source, node: Node<'t>) -> Vec<Use<'t>> {
    let mut out = Vec::new();
    for node in walk(node) {
        if let Some(left) = Assignment::cast(node).and_then(Assignment::left) {
            match left.kind() {
                "tuple_expression" | "array_expression" => {
                    out.extend(children(left).filter_map(|part| place(source, part)));
                }
                _ => out.extend(place(source, left)),
            }
        } else if node.kind() == "reference_expression" && children(node).any(|c| c.kind() == "mutable_specifier") {
            out.extend(node.child_by_field_name("value").and_then(|v| place(source, v)));
        } else if let Some(call) = Call::cast(node) {
            let changed = call.receiver().and_then(|r| place(source, r));
            // What is awaited is no method of a collection, even where it is called `get`.
            let awaited = call.0.parent().and_then(Await::cast).is_some();
            let method = call.name(source).filter(|_| !awaited);
            out.extend(changed.filter(|used| may_change(source, used, method)));
            for argument in call.arguments().into_iter().flat_map(children).filter(|n| n.kind() == "identifier") {
                out.extend(place(source, argument).filter(|u| Hold::of(source, u.variable, 4) == Hold::Borrow));
            }
        } else if let Some(invoked) = Macro::cast(node) {
            written_in_macro(source, invoked, &mut out);
        }
    }
    out
}

/// Whether a method that is called on a place may change it.
fn may_change(source: &Source, used: &Use<'_>, method: Option<&str>) -> bool {
    method.is_some_and(|m| INTERIOR.contains(&m))
        || !method.is_some_and(|m| READERS.contains(&m)) && Hold::of(source, used.variable, 4) != Hold::Fixed
}

fn written_in_macro<'t>(source: &'t Source, invoked: Macro<'t>, out: &mut Vec<Use<'t>>) {
    let name = invoked.name().map_or("", |n| source.of(n));
    let reads = READING_MACROS.contains(&name.rsplit("::").next().unwrap_or(name));
    let names = |n: &Node<'_>| matches!(n.kind(), "identifier" | "self");
    for node in walk(invoked.0).filter(names).filter(|n| Some(*n) != invoked.name() && !is_member(*n)) {
        let Some(variable) = variable(source, source.of(node), node) else { continue };
        let used = Use { variable, field: None, node };
        let kind = |n: Option<Node<'t>>| n.map_or("", |n| n.kind());
        let next = node.next_sibling();
        let written = match kind(next) {
            "." => may_change(source, &used, next.and_then(|dot| dot.next_sibling()).map(|n| source.of(n))),
            "=" | "+=" | "-=" | "*=" => true,
            _ => {
                kind(node.prev_sibling()) == "mutable_specifier"
                    || !reads && Hold::of(source, variable, 4) != Hold::Fixed
            }
        };
        if written {
            out.push(used);
        }
    }
}
