//! How the path of a file is written, with the values of names in place of the names, and what that tells of two paths:
//! that they are one, that they are not, or nothing.

use super::names::{Binding, Bound, ScopeKind};
use super::receivers::Meaning;
use super::{File, FileId, Var};
use crate::catalog::PythonFacts;
use crate::facts::Span;
use crate::syntax::python::{Attribute, Call};
use crate::syntax::{Node, children, span};
use rustc_hash::FxHashMap;

/// How far the parts of a path are followed.
pub(super) const FOLLOW: usize = 8;

/// What calls pass for the parameters of a function, as far as it is known.
pub(super) type Passed = FxHashMap<Var, Option<Spelled>>;

/// A path as it is written, with the values of names in place of the names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spelled {
    pub text: String,
    /// Whether it is one literal: another literal is another path.
    pub literal: bool,
    /// Whether it is another path for other items.
    pub varies: bool,
    /// Whether parts of it may make one of two: `name.lower()`.
    pub folds: bool,
    /// How the path surely ends, where anything is known of that.
    end: Option<String>,
    /// The folders that it surely is in, as they are written.
    folders: Vec<String>,
}

/// A loop whose paths are compared.
#[derive(Debug, Clone, Copy)]
pub(super) struct Loop<'t> {
    pub body: Node<'t>,
    pub file: FileId,
}

impl Spelled {
    /// Whether both are the same path.
    pub fn is(&self, other: &Spelled) -> bool {
        self.text == other.text && self.literal == other.literal
    }

    /// Whether both are surely different paths, links left aside.
    pub fn is_apart(&self, other: &Spelled) -> bool {
        let plain = |s: &Spelled| s.literal && !s.text.starts_with(['/', '~']) && !s.text.contains("..");
        if plain(self) && plain(other) {
            return tidy(&self.text) != tidy(&other.text);
        }
        let (Some(one), Some(two)) = (&self.end, &other.end) else { return false };
        let (one, two) = (tidy(one).to_lowercase(), tidy(two).to_lowercase());
        !one.ends_with(&two) && !two.ends_with(&one)
    }

    /// Whether it is surely in a folder.
    pub fn is_in(&self, folder: &Spelled) -> bool {
        let name = folder.text.rsplit_once("/*").map_or(folder.text.as_str(), |(name, _)| name).trim_end_matches('/');
        let from = |start: &str| self.text.starts_with(start);
        if folder.literal {
            let inside = format!("{name}/");
            let joined =
                ["text", "+"].iter().any(|by| from(&format!("{by}(\"{inside}")) || from(&format!("{by}(\"./{inside}")));
            if joined || from(&inside) || from(&format!("/(\"{name}\"")) || from(&format!("/(\"{inside}")) {
                return true;
            }
        }
        // `out / name`, `f"{out}/{name}"`, where the folder is `out`, or `f"{out}/*.txt"`.
        let pattern = folder.end.as_ref().is_some_and(|end| end.contains(['*', '?', '[']));
        let folder = if pattern { folder.folders.last() } else { Some(&folder.text) };
        folder.is_some_and(|f| self.folders.contains(f))
    }

    /// Whether it is surely not in a folder, nor below it.
    pub fn is_outside(&self, folder: &Spelled) -> bool {
        let plain = |s: &Spelled| s.literal && !s.text.starts_with(['/', '~']) && !s.text.contains("..");
        if !plain(self) || !plain(folder) {
            return false;
        }
        let name = tidy(&folder.text);
        let name = name.split(['*', '?', '[']).next().unwrap_or_default();
        let name =
            if folder.text.contains(['*', '?', '[']) { name.rsplit_once('/').map_or("", |(n, _)| n) } else { name };
        !name.is_empty() && name != "." && !tidy(&self.text).starts_with(&format!("{name}/"))
    }

    pub fn literal(text: &str) -> Self {
        let text = text.trim_start_matches("./").to_string();
        Self { end: Some(text.clone()), text, literal: true, varies: false, folds: false, folders: Vec::new() }
    }

    /// What a variable holds, of which no more is known.
    fn unnamed(text: String) -> Self {
        Self { text, literal: false, varies: false, folds: false, end: None, folders: Vec::new() }
    }

    /// What is made of several parts: the pieces of a text, the two sides of an operator, the arguments of a function.
    fn joined(kind: &str, parts: &[Spelled]) -> Self {
        let by = matches!(kind, "text" | "/" | "+");
        let end = match (kind, parts) {
            ("text" | "/" | "+", [.., last]) => last.end.clone(),
            ("with_suffix" | "with_name", [_, last]) if last.literal => last.end.clone(),
            _ => None,
        };
        let mut folders = Vec::new();
        if let (true, [first, rest @ ..]) = (by, parts) {
            folders.extend(first.folders.iter().cloned());
            let below = rest.first().is_some_and(|next| kind == "/" || next.text.starts_with('/'));
            folders.extend(below.then(|| first.text.clone()));
            if kind == "/" {
                folders.extend((2..parts.len()).map(|n| Self::text_of(kind, &parts[..n])));
            }
        }
        Self {
            text: Self::text_of(kind, parts),
            literal: false,
            varies: parts.iter().any(|p| p.varies),
            folds: !by || parts.iter().any(|p| p.folds),
            end,
            folders,
        }
    }

    fn text_of(kind: &str, parts: &[Spelled]) -> String {
        format!("{kind}({})", parts.iter().map(|p| format!("{:?}", p.text)).collect::<Vec<_>>().join(", "))
    }

    /// A part of a path that is written out, and not a path by itself.
    fn plain(text: &str) -> Self {
        let end = (!text.is_empty() && !text.contains(['\\', '{', '}'])).then(|| text.to_string());
        Self { text: text.to_string(), literal: false, varies: false, folds: false, end, folders: Vec::new() }
    }
}

/// A path without what says nothing: `a//b`, `a/./b`, `a/`.
fn tidy(path: &str) -> String {
    let mut out = path.replace("/./", "/");
    while out.contains("//") {
        out = out.replace("//", "/");
    }
    out.trim_start_matches("./").trim_end_matches('/').to_string()
}

impl<'t> File<'t> {
    /// A path as it is written; none where it takes more than names, literals and their joining.
    pub(super) fn spelled(&self, node: Node<'t>, passed: &Passed, looped: Loop<'t>, depth: usize) -> Option<Spelled> {
        let depth = depth.checked_sub(1)?;
        let again = |n: Node<'t>| self.spelled(n, passed, looped, depth);
        let joined = |kind: &str, parts: Vec<Spelled>| Spelled::joined(kind, &parts);
        let all = |kind: &str, nodes: Vec<Node<'t>>| {
            let parts: Option<Vec<Spelled>> = nodes.into_iter().map(again).collect();
            parts.map(|parts| joined(kind, parts))
        };
        match node.kind() {
            "string" if children(node).all(|c| c.kind() != "interpolation") => {
                let text = self.text(node).trim_start_matches(|c: char| c.is_ascii_alphabetic());
                Some(Spelled::literal(&super::alias::literal(text)))
            }
            "string" => {
                let mut parts = Vec::new();
                for part in children(node) {
                    match part.kind() {
                        "interpolation" => {
                            let value = children(part).next()?;
                            let form = self.source.slice(Span::new(value.end_byte(), part.end_byte()));
                            parts.push(again(value)?);
                            if form.trim() != "}" {
                                parts.push(Spelled { end: None, ..Spelled::plain(form) });
                            }
                        }
                        "string_content" => parts.push(Spelled::plain(self.text(part))),
                        _ => {}
                    }
                }
                Some(joined("text", parts))
            }
            "concatenated_string" => all("text", children(node).collect()),
            "integer" | "none" | "true" | "false" => Some(Spelled { end: None, ..Spelled::plain(self.text(node)) }),
            "parenthesized_expression" => again(children(node).next()?),
            "binary_operator" => {
                let operator = node.child_by_field_name("operator").map(|o| self.text(o))?;
                all(operator, vec![node.child_by_field_name("left")?, node.child_by_field_name("right")?])
            }
            "subscript" => all("[]", children(node).collect()),
            "identifier" => self.spelled_name(node, passed, looped, depth),
            "attribute" => {
                let (object, name) = (Attribute(node).object()?, Attribute(node).name()?);
                if let Some(var) = self.module_variable(node) {
                    return self.home(&var).spelled_var(&var, node, passed, looped, depth);
                }
                if self.text(name) == "name" && self.is_opened(object, FOLLOW) {
                    return again(object);
                }
                if let Some(known) = self.spelled_attribute(node, passed, looped, depth) {
                    return Some(known);
                }
                let set = format!(".{} =", self.text(name));
                // What the loop sets anew is not the same in front of that and behind.
                if self.program.at(looped.file)?.text(looped.body).contains(&set) {
                    return None;
                }
                Some(joined(self.text(name), vec![again(object)?]))
            }
            "call" => {
                let call = Call(node);
                let function = call.function()?;
                let args: Vec<Node<'t>> = call.args().collect();
                // An open file, and what writes into it, goes by the path that it was opened by.
                if self.opens_path(call) || self.wraps_file(call) {
                    let first = args.first().filter(|a| !a.kind().ends_with("splat") && a.kind() != "keyword_argument");
                    let named = || ["file", "filename", "path"].iter().find_map(|n| call.keyword(self.source, n));
                    return again(first.copied().or_else(named)?);
                }
                let opens = Attribute::cast(function).and_then(|a| a.name()).is_some_and(|n| self.text(n) == "open");
                let splat = |a: &Node<'t>| matches!(a.kind(), "keyword_argument" | "list_splat" | "dictionary_splat");
                if args.iter().any(splat) && !opens {
                    return None;
                }
                let path = self.import_path(function).or_else(|| self.builtin(function).map(str::to_string));
                match (path.as_deref(), args.as_slice()) {
                    // These give the same path in another form.
                    (Some("pathlib.Path" | "str" | "os.fspath" | "os.path.abspath" | "os.path.expanduser"), [one]) => {
                        again(*one)
                    }
                    (Some("os.path.join" | "pathlib.Path"), parts) => all("/", parts.to_vec()),
                    (Some(path), parts) if path.starts_with("os.path.") => all(path, parts.to_vec()),
                    (None, parts) => {
                        let method = Attribute::cast(function)?;
                        let (object, name) = (method.object()?, self.text(method.name()?));
                        match (name, parts) {
                            ("resolve" | "absolute" | "expanduser" | "fileno" | "cursor", []) => again(object),
                            ("open", _) => again(object),
                            ("enter_context", [one]) => again(*one),
                            ("joinpath", parts) => {
                                all("/", [object].into_iter().chain(parts.iter().copied()).collect())
                            }
                            (
                                "format" | "replace" | "strip" | "lower" | "upper" | "with_suffix" | "with_name",
                                parts,
                            ) => all(name, [object].into_iter().chain(parts.iter().copied()).collect()),
                            _ => None,
                        }
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn spelled_name(&self, node: Node<'t>, passed: &Passed, looped: Loop<'t>, depth: usize) -> Option<Spelled> {
        let var = self.var(node)?;
        if let Some(known) = passed.get(&var) {
            return known.clone();
        }
        self.home(&var).spelled_var(&var, node, passed, looped, depth)
    }

    /// The value of a variable where one alone reaches a read, else the variable itself; an item is the same wherever its
    /// iteration reads it.
    fn spelled_var(
        &self,
        var: &Var,
        read: Node<'t>,
        passed: &Passed,
        looped: Loop<'t>,
        depth: usize,
    ) -> Option<Spelled> {
        let bindings = self.names.bindings(var.scope, &var.name);
        let whole = looped.body.parent().unwrap_or(looped.body);
        let inside = |n: Node<'t>| self.id == looped.file && span(whole).contains(span(n));
        let one = match bindings {
            [one] => Some(one),
            _ if inside(read) => self.reaching(read),
            _ => None,
        };
        if let Some(Bound::Value(Some(value)) | Bound::With(value)) = one.map(|b| b.bound)
            && let Some(spelled) = self.spelled(value, passed, looped, depth)
        {
            return Some(spelled);
        }
        // Each call of a function has variables of its own.
        let home = self.names.scope(var.scope);
        let around = self.id == looped.file && span(home.node).contains(span(whole));
        if home.kind != ScopeKind::Module && !around {
            return None;
        }
        let text = |at: usize| format!("{var:?}@{at}");
        match one {
            Some(one) => {
                let at = one.node.start_byte();
                Some(Spelled { end: self.item_end(one), varies: inside(one.node), ..Spelled::unnamed(text(at)) })
            }
            None if bindings.is_empty() || bindings.iter().any(|b| inside(b.node)) => None,
            None => Some(Spelled::unnamed(text(0))),
        }
    }

    /// What the methods of its class set an attribute to, where that is one value and nobody sets another.
    fn spelled_attribute(&self, node: Node<'t>, passed: &Passed, looped: Loop<'t>, depth: usize) -> Option<Spelled> {
        let (object, name) = (Attribute(node).object()?, Attribute(node).name()?);
        let [(file, value)] = self.attribute_values(node)[..] else { return None };
        let Some(Meaning::Instance(class)) = self.meaning(object).only().cloned() else { return None };
        let file = self.program.at(file)?;
        let class_name = class.node.child_by_field_name("name").map(|n| file.text(n))?;
        let set_elsewhere = self.program.is_replaced(self.text(name))
            || !self.program.deriving(class_name, None).is_empty()
            || !self.bases(class).is_empty();
        // Set in the loop it is not the same in front of that and behind.
        let in_loop = file.id == looped.file && span(looped.body).contains(span(value));
        if set_elsewhere || in_loop {
            return None;
        }
        let method = crate::syntax::python::enclosing_scope(value)?;
        let (scope, first) = (file.names.opened_by(method)?, file.parameters(method).first().copied()?);
        // Made anew whenever that method runs, it is one thing after the object was made.
        if method.child_by_field_name("name").is_none_or(|n| file.text(n) != "__init__") {
            return None;
        }
        let whole = self.spelled(object, passed, looped, depth);
        // Each object was given its own once, when it was made.
        let once = |name: &str| file.names.bindings(scope, name).len() == 1;
        let own = |name: &str| {
            let whole = whole.as_ref().filter(|_| once(name))?;
            Some(Spelled { varies: whole.varies, ..Spelled::unnamed(format!("{}.__init__({name})", whole.text)) })
        };
        let given = file.parameters(method).into_iter().map(|name| {
            let known = if name == first { whole.clone() } else { own(name) };
            (file.var_in(scope, name), known)
        });
        let given: Passed = given.collect();
        file.spelled(value, &given, looped, depth)
    }

    /// How the items surely end that a loop gets from a source: `for path in folder.glob("*.png")`.
    fn item_end(&self, binding: &Binding<'t>) -> Option<String> {
        let Bound::Item(source) = binding.bound else { return None };
        let target = binding.node.parent().and_then(|p| p.child_by_field_name("left"))?;
        (target.id() == binding.node.id()).then(|| self.end_of_items(source, FOLLOW)).flatten()
    }

    fn end_of_items(&self, source: Node<'t>, depth: usize) -> Option<String> {
        let depth = depth.checked_sub(1)?;
        if source.kind() == "identifier" {
            let var = self.var(source).filter(|v| v.file == self.id)?;
            let [one] = self.names.bindings(var.scope, &var.name) else { return None };
            let Bound::Value(Some(value)) = one.bound else { return None };
            // A list may grow by other paths.
            return (!self.grows(&var)).then(|| self.end_of_items(value, depth)).flatten();
        }
        let call = Call::cast(source)?;
        let function = call.function()?;
        let first = call.args().next().filter(|a| a.kind() != "keyword_argument");
        if matches!(self.builtin(function), Some("sorted" | "list" | "tuple" | "reversed" | "set")) {
            return self.end_of_items(first?, depth);
        }
        let path = self.import_path(function);
        if path.as_ref().is_some_and(|p| PythonFacts::has(&self.catalog.python.progress, p)) {
            return self.end_of_items(first?, depth);
        }
        let method = Attribute::cast(function).and_then(|a| a.name()).map(|n| self.text(n));
        let lists = match path.as_deref() {
            Some(path) => matches!(path, "glob.glob" | "glob.iglob"),
            None => matches!(method, Some("glob" | "rglob")),
        };
        let pattern = first.filter(|_| lists)?;
        let last = match pattern.kind() {
            "string" => self.text(pattern).trim_end_matches(['"', '\'']),
            "binary_operator" => self.text(pattern.child_by_field_name("right").filter(|r| r.kind() == "string")?),
            "call" => self.text(Call(pattern).args().last().filter(|a| a.kind() == "string")?),
            _ => return None,
        };
        let end = last.trim_end_matches(['"', '\'']).rsplit(['*', '?', ']']).next().unwrap_or_default();
        (!end.is_empty() && !end.contains(['{', '}', '\\', '"', '\''])).then(|| end.to_string())
    }
}
