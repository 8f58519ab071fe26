//! How the path of a file is written, with the values of names in place of the names, and what that tells of two paths:
//! that they are one, that they are not, or nothing.

use super::names::{Binding, Bound, ScopeKind};
use super::receivers::Meaning;
use super::{File, FileId, Var};
use crate::catalog::PythonFacts;
use crate::facts::Span;
use crate::syntax::python::{Attribute, Call};
use crate::syntax::{Node, ancestors, children, span};
use rustc_hash::FxHashMap;

/// How far the parts of a path are followed.
pub(super) const FOLLOW: usize = 8;

/// What calls pass for the parameters of a function, as far as it is known.
pub(super) type Passed = FxHashMap<Var, Option<Spelled>>;

/// A path as it is written, with the values of names in place of the names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
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
    /// A folder that it surely is in, or itself, where that is written out.
    root: Option<String>,
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
        if self.is_rooted_apart(other) {
            return true;
        }
        let (Some(one), Some(two)) = (&self.end, &other.end) else { return false };
        let (one, two) = (tidy(one).to_lowercase(), tidy(two).to_lowercase());
        !one.ends_with(&two) && !two.ends_with(&one)
    }

    /// Whether it is surely in a folder, or in one in that, both of them written out.
    pub fn is_below(&self, folder: &Spelled) -> bool {
        let (name, plain) = (tidy(&folder.text), folder.literal && !folder.text.is_empty());
        plain && self.root.as_ref().is_some_and(|r| format!("{}/", tidy(r)).starts_with(&format!("{name}/")))
            || self.folders.contains(&folder.text)
    }

    /// Whether both are surely different paths, and it is not a folder that the other may be in: it is written like a file.
    pub fn is_apart_as_whole(&self, other: &Spelled) -> bool {
        let last = |s: &Spelled| s.end.as_ref().map(|e| e.rsplit('/').next().unwrap_or_default().to_string());
        let like_file = last(self).is_some_and(|l| l.rfind('.').is_some_and(|at| at + 1 < l.len()));
        self.is_rooted_apart(other) || like_file && self.is_apart(other)
    }

    /// Whether both are in folders that are written out, of which neither is in the other.
    fn is_rooted_apart(&self, other: &Spelled) -> bool {
        let parts = |root: &Option<String>| -> Option<Vec<String>> {
            let root = tidy(root.as_deref()?).to_lowercase();
            let parts: Vec<String> = root.split('/').map(str::to_string).collect();
            let plain =
                !matches!(root.as_str(), "" | ".") && !root.starts_with('~') && !parts.iter().any(|p| p == "..");
            plain.then_some(parts)
        };
        let (Some(a), Some(b)) = (parts(&self.root), parts(&other.root)) else { return false };
        // An absolute one may be anywhere.
        a[0].is_empty() == b[0].is_empty() && a.iter().zip(&b).any(|(a, b)| a != b)
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

    /// Whether both are surely in folders, and in none of the same name.
    pub fn is_elsewhere(&self, other: &Spelled) -> bool {
        let known = !self.folders.is_empty() && !other.folders.is_empty();
        known && !self.folders.iter().any(|f| other.folders.contains(f))
    }

    pub fn literal(text: &str) -> Self {
        let text = text.trim_start_matches("./").to_string();
        let (end, root) = (Some(text.clone()), Some(text.clone()));
        Self { text, literal: true, varies: false, folds: false, end, folders: Vec::new(), root }
    }

    /// What a variable holds, of which no more is known.
    fn unnamed(text: String) -> Self {
        Self { text, literal: false, varies: false, folds: false, end: None, folders: Vec::new(), root: None }
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
            root: Self::root_of(kind, parts),
        }
    }

    /// The folder, written out, that what is made of several parts is in.
    fn root_of(kind: &str, parts: &[Spelled]) -> Option<String> {
        let [first, rest @ ..] = parts else { return None };
        let root = first.root.clone();
        match kind {
            _ if parts.iter().any(|p| p.text.contains("..")) => None,
            "/" => root.filter(|_| !rest.iter().any(|p| p.text.starts_with('/'))),
            "+" => root.filter(|r| r.ends_with('/')),
            "text" => root.filter(|r| r.ends_with('/') || rest.first().is_some_and(|next| next.text.starts_with('/'))),
            "with_suffix" | "with_name" => root.filter(|_| !first.literal),
            _ => None,
        }
    }

    fn text_of(kind: &str, parts: &[Spelled]) -> String {
        format!("{kind}({})", parts.iter().map(|p| format!("{:?}", p.text)).collect::<Vec<_>>().join(", "))
    }

    /// A part of a path that is written out, and not a path by itself.
    fn plain(text: &str) -> Self {
        let end = (!text.is_empty() && !text.contains(['\\', '{', '}'])).then(|| text.to_string());
        let root = text.rfind('/').map(|at| text[..=at].to_string());
        Self { end, root, ..Self::unnamed(text.to_string()) }
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
                let (listed, root) = self.item_of_listing(one, passed, looped, depth);
                let end = listed.or_else(|| self.kept_end(var, one, read, looped));
                Some(Spelled { end, root, varies: inside(one.node), ..Spelled::unnamed(text(at)) })
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

    /// How the items surely end that a loop gets from a source, and a folder that they are in: `for path in folder.glob("*.png")`.
    fn item_of_listing(
        &self,
        binding: &Binding<'t>,
        passed: &Passed,
        looped: Loop<'t>,
        depth: usize,
    ) -> (Option<String>, Option<String>) {
        let Bound::Item(source) = binding.bound else { return (None, None) };
        // The last of `for i, path in enumerate(…)`.
        let target = ancestors(binding.node).find_map(|a| a.child_by_field_name("left"));
        let last = target.filter(|l| span(*l).contains(span(binding.node)) && l.end_byte() == binding.node.end_byte());
        let Some(listing) = last.and_then(|_| self.listing(source, FOLLOW)) else { return (None, None) };
        match listing {
            Listing::Folder(call) => (self.pattern_end(call), self.listed_folder(call, passed, looped, depth)),
            Listing::Kept(end) => (Some(end), None),
        }
    }

    /// What lists the files that a source gives.
    fn listing(&self, source: Node<'t>, depth: usize) -> Option<Listing<'t>> {
        let depth = depth.checked_sub(1)?;
        match source.kind() {
            "identifier" => {
                let var = self.var(source).filter(|v| v.file == self.id)?;
                let [one] = self.names.bindings(var.scope, &var.name) else { return None };
                let Bound::Value(Some(value)) = one.bound else { return None };
                // A list may grow by other paths.
                (!self.grows(&var)).then(|| self.listing(value, depth)).flatten()
            }
            // `files[:100]`
            "subscript" if children(source).nth(1)?.kind() == "slice" => self.listing(children(source).next()?, depth),
            // `[os.path.join(folder, f) for f in os.listdir(folder) if f.endswith(".txt")]`
            "list_comprehension" => {
                let mut kept = children(source).filter(|c| c.kind() == "if_clause").filter_map(|c| children(c).next());
                let (object, end) = kept.find_map(|c| self.asked_end(c))?;
                let given = source.child_by_field_name("body")?;
                let last = match given.kind() {
                    "call" => {
                        let joins = Call(given).function().and_then(|f| self.import_path(f));
                        Call(given).args().last().filter(|_| joins.is_some_and(|p| p == "os.path.join"))?
                    }
                    "binary_operator" => {
                        let divides = given.child_by_field_name("operator").is_some_and(|o| self.text(o) == "/");
                        given.child_by_field_name("right").filter(|_| divides)?
                    }
                    _ => given,
                };
                (self.text(last) == self.text(object)).then_some(Listing::Kept(end))
            }
            "call" => {
                let call = Call(source);
                let function = call.function()?;
                let first = call.args().next().filter(|a| a.kind() != "keyword_argument");
                if matches!(
                    self.builtin(function),
                    Some("sorted" | "list" | "tuple" | "reversed" | "set" | "enumerate")
                ) {
                    return self.listing(first?, depth);
                }
                let path = self.import_path(function);
                if path.as_ref().is_some_and(|p| PythonFacts::has(&self.catalog.python.progress, p)) {
                    return self.listing(first?, depth);
                }
                let method = Attribute::cast(function).and_then(|a| a.name()).map(|n| self.text(n));
                let lists = match path.as_deref() {
                    Some(path) => matches!(path, "glob.glob" | "glob.iglob"),
                    None => matches!(method, Some("glob" | "rglob" | "iterdir")),
                };
                lists.then_some(Listing::Folder(call))
            }
            _ => None,
        }
    }

    /// How all that a pattern finds surely ends.
    fn pattern_end(&self, call: Call<'t>) -> Option<String> {
        let pattern = call.args().next().filter(|a| a.kind() != "keyword_argument")?;
        let last = match pattern.kind() {
            "string" => self.text(pattern).trim_end_matches(['"', '\'']),
            "binary_operator" => self.text(pattern.child_by_field_name("right").filter(|r| r.kind() == "string")?),
            "call" => self.text(Call(pattern).args().last().filter(|a| a.kind() == "string")?),
            _ => return None,
        };
        let end = last.trim_end_matches(['"', '\'']).rsplit(['*', '?', ']']).next().unwrap_or_default();
        (!end.is_empty() && !end.contains(['{', '}', '\\', '"', '\''])).then(|| end.to_string())
    }

    /// The folder, written out, that a call lists.
    fn listed_folder(&self, call: Call<'t>, passed: &Passed, looped: Loop<'t>, depth: usize) -> Option<String> {
        let function = call.function()?;
        if self.import_path(function).is_none() {
            let object = Attribute::cast(function)?.object()?;
            // A pattern may lead out of it.
            let out = call.args().next().is_some_and(|a| a.kind() != "string" || self.text(a).contains(".."));
            return self.spelled(object, passed, looped, depth).filter(|_| !out)?.root;
        }
        let pattern = self.spelled(call.args().next()?, passed, looped, depth)?;
        let root = pattern.root?;
        // Up to the folder whose name is a pattern.
        match root.find(['*', '?', '[']) {
            Some(at) => root[..at].rsplit_once('/').map(|(folder, _)| folder.to_string()),
            None if pattern.literal => None,
            None => Some(root),
        }
    }

    /// What a condition asks the end of, and the end: `name.endswith(".txt")`.
    fn asked_end(&self, condition: Node<'t>) -> Option<(Node<'t>, String)> {
        let call = Call::cast(condition)?;
        let method = call.function().and_then(Attribute::cast)?;
        let asks = method.name().is_some_and(|n| self.text(n) == "endswith");
        let end = call.args().next().filter(|a| asks && a.kind() == "string" && children(*a).count() < 4)?;
        let text = super::alias::literal(self.text(end));
        (!text.is_empty() && !text.contains(['{', '}', '\\'])).then_some((method.object()?, text))
    }

    /// How an item ends behind where the loop passes over all others: `if not name.endswith(".txt"): continue`.
    fn kept_end(&self, var: &Var, binding: &Binding<'t>, read: Node<'t>, looped: Loop<'t>) -> Option<String> {
        let item = matches!(binding.bound, Bound::Item(_)) && self.id == looped.file;
        children(looped.body).filter(|s| item && s.end_byte() <= read.start_byte()).find_map(|statement| {
            let condition = self.skip_guard(statement)?;
            let negated = condition.child_by_field_name("argument").filter(|_| condition.kind() == "not_operator")?;
            let (object, end) = self.asked_end(negated)?;
            (self.var(object).as_ref() == Some(var)).then_some(end)
        })
    }
}

/// What gives the paths that a loop goes through.
enum Listing<'t> {
    /// `glob.glob(…)`, `folder.iterdir()`.
    Folder(Call<'t>),
    /// Those of a list that end so.
    Kept(String),
}
