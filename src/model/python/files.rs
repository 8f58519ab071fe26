//! Files that the work of a loop reads and that the rest of the loop writes: whether they are the same, by how their paths are
//! written.

use super::calls::CallKind;
use super::names::{Bound, ScopeKind};
use super::slice::Slice;
use super::stage::{Outcome, Work};
use super::summary::own_nodes;
use super::work::{Findings, Unit};
use super::{File, FileId, Grade, Trouble, Var};
use crate::catalog::PythonFacts;
use crate::facts::{Code, Span};
use crate::syntax::python::{Attribute, Call, For};
use crate::syntax::{Node, children, span};
use rustc_hash::FxHashMap;

/// How far the parts of a path are followed, and calls to where a file is opened.
const FOLLOW: usize = 8;

/// So many ways to one place are told apart.
const MAX_WAYS: usize = 16;

/// What calls pass for the parameters of a function, as far as it is known.
type Passed = FxHashMap<Var, Option<Spelled>>;

/// A path as it is written, with the values of names in place of the names.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Spelled {
    text: String,
    /// Whether it is one literal: another literal is another path.
    literal: bool,
    /// Whether it is another path for other items.
    varies: bool,
    /// Whether parts of it may make one of two: `name.lower()`.
    folds: bool,
}

impl Spelled {
    /// Whether it is surely in a folder that is one literal.
    fn is_in(&self, folder: &Spelled) -> bool {
        let name = folder.text.rsplit_once("/*").map_or(folder.text.as_str(), |(name, _)| name).trim_end_matches('/');
        let inside = format!("{name}/");
        let from = |start: &str| self.text.starts_with(start);
        let joined =
            ["text", "+"].iter().any(|by| from(&format!("{by}(\"{inside}")) || from(&format!("{by}(\"./{inside}")));
        folder.literal && (joined || from(&inside) || from(&format!("/(\"{name}\"")) || from(&format!("/(\"{inside}")))
    }

    fn literal(text: &str) -> Self {
        let text = text.trim_start_matches("./").to_string();
        Self { text, literal: true, varies: false, folds: false }
    }
}

/// A loop whose paths are compared.
#[derive(Debug, Clone, Copy)]
struct Loop<'t> {
    body: Node<'t>,
    file: FileId,
}

/// Which of the files that some code opens are looked for.
type Picks<'a, 't> = &'a dyn Fn(&Findings<'t>) -> Vec<(FileId, Node<'t>)>;

/// Where a file is opened, asked for or written, by the statement of the loop that leads there, and its path.
type Opened<'t> = (Node<'t>, (FileId, Node<'t>), Option<Spelled>);

impl<'t> File<'t> {
    /// Files that the work, or what it needs, reads or asks for and the rest of the loop writes.
    pub(super) fn file_troubles(&self, work: &Work<'t>, slice: &Slice<'t>, body: Node<'t>, outcome: &mut Outcome<'t>) {
        let ahead: Vec<Node<'t>> = work.nodes.iter().copied().chain(slice.needs.iter().map(|n| n.node())).collect();
        let ahead = self.nodes_of(&ahead);
        if self.findings(&ahead, &Unit::Region).reads_files.is_empty() {
            return;
        }
        let rest: Vec<Node<'t>> = own_nodes(body).into_iter().filter(|n| !work.contains(*n)).collect();
        if self.findings(&rest, &Unit::Region).writes_files.is_empty() {
            return;
        }
        let looped = Loop { body, file: self.id };
        let (mut read, mut written) = (Vec::new(), Vec::new());
        self.opened(&ahead, &|f| f.reads_files.clone(), looped, &mut read);
        self.opened(&rest, &|f| f.writes_files.clone(), looped, &mut written);
        let source = body.parent().and_then(For::cast).and_then(|f| f.right());
        let distinct = source.is_some_and(|s| self.lists_files(s, FOLLOW));
        let folder = |from: &Opened<'t>| self.program.at(from.1.0).is_some_and(|file| file.looks_into_folder(from.1.1));
        let judged = |from: &Opened<'t>, to: &Opened<'t>| match (&from.2, &to.2) {
            (Some(a), Some(b)) if folder(from) && b.is_in(a) => Some((Grade::Blocked, Same::Folder)),
            _ if folder(from) => Some((Grade::Assumed, Same::UnknownFolder)),
            (Some(a), Some(b)) if a == b && !a.varies => Some((Grade::Blocked, Same::Always)),
            // Written in front of the work: for this very item.
            (Some(a), Some(b)) if a == b && to.0.start_byte() < work.span.start => Some((Grade::Blocked, Same::Always)),
            (Some(a), Some(b)) if a == b => match distinct && !a.folds {
                true => Some((Grade::Assumed, Same::OfItem)),
                false => Some((Grade::Blocked, Same::OfItem)),
            },
            (Some(a), Some(b)) if a.literal && b.literal => None,
            _ => Some((Grade::Assumed, Same::Unknown)),
        };
        let worst = read
            .iter()
            .flat_map(|from| written.iter().filter_map(move |to| Some((judged(from, to)?, to.1))))
            .max_by_key(|(judged, _)| *judged);
        let Some(((grade, same), written)) = worst else { return };
        let message = match same {
            Same::Always => "the work reads a file that the loop writes, or asks whether it is there",
            Same::OfItem if grade == Grade::Blocked => {
                "the work reads the file of its item, and the loop writes that file: an item that has it as well would read it too early"
            }
            Same::OfItem => {
                "the work reads the file of its item, and the loop writes that file; no two items are taken to have the same one"
            }
            Same::Folder => "the call depends on what a folder holds, and the loop writes into that folder",
            Same::UnknownFolder => {
                "the call depends on what a folder holds, and the loop writes a file; it is taken to be in another folder"
            }
            Same::Unknown => "the work reads a file and the loop writes one; they are taken to be different files",
        };
        let trouble = Trouble::new(
            Code::ORDERED_EFFECTS,
            work.node(),
            message,
            "read the file before the loop, or keep what is written in a variable",
        );
        outcome.add(Trouble { cause: Some(written), ..trouble }.graded(grade));
    }

    /// Whether a path is written out, or a variable of the module that holds such a one.
    pub(super) fn is_fixed_path(&self, node: Node<'t>) -> bool {
        match node.kind() {
            "string" => true,
            "identifier" => self.var(node).filter(|v| v.file == self.id).is_some_and(|v| {
                let module = self.names.scope(v.scope).kind == ScopeKind::Module;
                let bindings = self.names.bindings(v.scope, &v.name);
                module
                    && matches!(bindings, [one] if matches!(one.bound, Bound::Value(Some(e)) if is_constant(e) && self.is_fixed_path(e)))
            }),
            "call" => {
                let call = Call(node);
                let path = call.function().and_then(|f| self.import_path(f));
                path.is_some_and(|p| p == "pathlib.Path" || p == "os.path.join")
                    && call.args().all(|a| a.kind() == "string" && is_constant(a))
            }
            _ => false,
        }
    }

    /// Whether a call asks what a folder holds.
    fn looks_into_folder(&self, node: Node<'t>) -> bool {
        let name =
            Call::cast(node).and_then(|c| c.function()).map(|f| self.text(f).rsplit('.').next().unwrap_or_default());
        name.is_some_and(|n| matches!(n, "listdir" | "scandir" | "glob" | "iglob" | "rglob" | "iterdir"))
    }

    /// Whether a source gives the names of files, or numbers, each once.
    fn lists_files(&self, source: Node<'t>, depth: usize) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        match source.kind() {
            "identifier" => self.var(source).filter(|v| v.file == self.id).is_some_and(|v| {
                let bindings = self.names.bindings(v.scope, &v.name);
                matches!(bindings, [one] if matches!(one.bound, Bound::Value(Some(e)) if self.lists_files(e, depth)))
            }),
            "call" => {
                let call = Call(source);
                let Some(function) = call.function() else { return false };
                let first = || call.args().next().is_some_and(|a| self.lists_files(a, depth));
                match self.builtin(function) {
                    Some("range" | "set") => return true,
                    Some("sorted" | "list" | "tuple" | "enumerate" | "reversed") => return first(),
                    _ => {}
                }
                match self.import_path(function).as_deref() {
                    Some("os.listdir" | "os.scandir" | "glob.glob" | "glob.iglob") => true,
                    Some(path) => PythonFacts::has(&self.catalog.python.progress, path) && first(),
                    None => {
                        let method = Attribute::cast(function).and_then(|a| a.name()).map(|n| self.text(n));
                        matches!(method, Some("glob" | "rglob" | "iterdir"))
                    }
                }
            }
            _ => false,
        }
    }

    /// The places at which some nodes of a loop, or the functions that they call, open files of a kind.
    fn opened(&self, nodes: &[Node<'t>], picks: Picks<'_, 't>, looped: Loop<'t>, out: &mut Vec<Opened<'t>>) {
        for &node in nodes {
            let mut ways = Vec::new();
            self.opened_by(node, picks, &Passed::default(), looped, FOLLOW, &mut ways);
            // What opens a file without a call that is followed: a property, a `with`.
            if Call::cast(node).is_none() && !self.implicit(node).is_empty() {
                let own = picks(&self.findings(&[node], &Unit::Region));
                ways.extend(own.into_iter().map(|place| (place, None)));
            }
            out.extend(ways.into_iter().map(|(place, path)| (node, place, path)));
        }
    }

    /// The same for one node, where it is a call.
    fn opened_by(
        &self,
        node: Node<'t>,
        picks: Picks<'_, 't>,
        passed: &Passed,
        looped: Loop<'t>,
        depth: usize,
        out: &mut Vec<((FileId, Node<'t>), Option<Spelled>)>,
    ) {
        let Some(call) = Call::cast(node) else { return };
        let CallKind::Functions(defs) = self.classify(call) else {
            let own = picks(&self.findings(&[node], &Unit::Function));
            if own.iter().any(|(file, n)| *file == self.id && n.id() == node.id()) {
                out.push(((self.id, node), self.path_of(call).and_then(|p| self.spelled(p, passed, looped, FOLLOW))));
            }
            return;
        };
        for def in defs {
            let places = picks(&self.summary_of(def).work);
            let Some(file) = self.program.at(def.file).filter(|_| !places.is_empty()) else { continue };
            let (Some(depth), Some(body), Some(scope)) =
                (depth.checked_sub(1), def.node.child_by_field_name("body"), file.names.opened_by(def.node))
            else {
                out.extend(places.into_iter().map(|place| (place, None)));
                continue;
            };
            let given = file.parameters(def.node).into_iter().map(|name| {
                let told = self.passed_for(call, def, name).or_else(|| {
                    let default = file.names.bindings(scope, name).first()?.node.parent()?;
                    default.child_by_field_name("value").filter(|v| v.kind() == "string")
                });
                (file.var_in(scope, name), told.and_then(|e| self.spelled(e, passed, looped, FOLLOW)))
            });
            let given: Passed = given.collect();
            let known = out.len();
            for inner in own_nodes(body) {
                if out.len() > MAX_WAYS {
                    break;
                }
                file.opened_by(inner, picks, &given, looped, depth, out);
            }
            let followed = |place: &(FileId, Node<'t>)| out[known..].iter().any(|(at, _)| at == place);
            let others: Vec<_> = places.into_iter().filter(|place| !followed(place)).collect();
            out.extend(others.into_iter().map(|place| (place, None)));
        }
    }

    /// The path of the file that a call opens, asks for or writes.
    fn path_of(&self, call: Call<'t>) -> Option<Node<'t>> {
        let receiver = call.function().and_then(Attribute::cast).and_then(|a| a.object());
        let receiver =
            receiver.filter(|r| self.import_path(*r).is_none() || self.var(*r).is_some_and(|v| v.file != self.id));
        let method = call.function().and_then(Attribute::cast).and_then(|a| a.name()).map(|n| self.text(n));
        let of_path = matches!(
            method,
            Some(
                "open"
                    | "read_text"
                    | "read_bytes"
                    | "write_text"
                    | "write_bytes"
                    | "touch"
                    | "unlink"
                    | "exists"
                    | "iterdir"
                    | "glob"
                    | "rglob"
            )
        );
        let dumps = call.function().and_then(|f| self.import_path(f)).is_some_and(|p| p.ends_with(".dump"));
        if dumps {
            // Of a file that was opened by a name: the path that it was opened by.
            let var = self.var(call.args().nth(1)?).filter(|v| v.file == self.id)?;
            let [one] = self.names.bindings(var.scope, &var.name) else { return None };
            let (Bound::With(opened) | Bound::Value(Some(opened))) = one.bound else { return None };
            let opened = Call::cast(opened)?;
            let opens = |f: Node<'t>| self.builtin(f) == Some("open") || self.import_path(f).is_some();
            return opened.function().is_some_and(opens).then(|| opened.args().next()).flatten();
        }
        receiver.filter(|_| of_path).or_else(|| call.args().next().filter(|a| a.kind() != "keyword_argument"))
    }

    /// A path as it is written; none where it takes more than names, literals and their joining.
    fn spelled(&self, node: Node<'t>, passed: &Passed, looped: Loop<'t>, depth: usize) -> Option<Spelled> {
        let depth = depth.checked_sub(1)?;
        let again = |n: Node<'t>| self.spelled(n, passed, looped, depth);
        let joined = |kind: &str, parts: Vec<Spelled>| Spelled {
            text: format!("{kind}({})", parts.iter().map(|p| format!("{:?}", p.text)).collect::<Vec<_>>().join(", ")),
            literal: false,
            varies: parts.iter().any(|p| p.varies),
            folds: !matches!(kind, "text" | "/" | "+") || parts.iter().any(|p| p.folds),
        };
        let all = |kind: &str, nodes: Vec<Node<'t>>| {
            let parts: Option<Vec<Spelled>> = nodes.into_iter().map(again).collect();
            parts.map(|parts| joined(kind, parts))
        };
        match node.kind() {
            "string" if children(node).all(|c| c.kind() != "interpolation") => {
                Some(Spelled::literal(&super::alias::literal(self.text(node))))
            }
            "string" => {
                let mut parts = Vec::new();
                for part in children(node) {
                    match part.kind() {
                        "interpolation" => {
                            let value = children(part).next()?;
                            let form = self.source.slice(Span::new(value.end_byte(), part.end_byte()));
                            parts.extend([again(value)?, plain(form)]);
                        }
                        "string_content" => parts.push(plain(self.text(part))),
                        _ => {}
                    }
                }
                Some(joined("text", parts))
            }
            "concatenated_string" => all("text", children(node).collect()),
            "integer" | "none" | "true" | "false" => Some(plain(self.text(node))),
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
                if args.iter().any(|a| matches!(a.kind(), "keyword_argument" | "list_splat" | "dictionary_splat")) {
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
                            ("resolve" | "absolute" | "expanduser", []) => again(object),
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
        if let Some(Bound::Value(Some(value))) = one.map(|b| b.bound)
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
                Some(Spelled { text: text(at), literal: false, varies: inside(one.node), folds: false })
            }
            None if bindings.is_empty() || bindings.iter().any(|b| inside(b.node)) => None,
            None => Some(Spelled { text: text(0), literal: false, varies: false, folds: false }),
        }
    }
}

/// A part of a path that is written out, and not a path by itself.
fn plain(text: &str) -> Spelled {
    Spelled { text: text.to_string(), literal: false, varies: false, folds: false }
}

/// How sure it is that two files are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Same {
    Unknown,
    UnknownFolder,
    Folder,
    OfItem,
    Always,
}

/// Whether an expression names nothing but what it imports, and has no text with a value in it.
fn is_constant(node: Node<'_>) -> bool {
    node.kind() != "identifier" && crate::syntax::walk(node).all(|n| n.kind() != "interpolation")
}
