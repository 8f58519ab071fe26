//! What does nothing but read files: `path.read_text()`, `json.load(f)` of a file that was opened for it, `os.path.exists(path)`.
//! It may run ahead of its turn as long as nothing else in the loop writes what it reads, which `files.rs` asks.

use super::calls::CallKind;
use super::names::{Bound, ScopeKind};
use super::receivers::Meaning;
use super::slice::{Before, Slice};
use super::{File, Trouble, Var};
use crate::catalog::PythonFacts;
use crate::facts::{Code, Span};
use crate::syntax::python::{Attribute, Call, With};
use crate::syntax::{Node, children, span, walk};

/// How far a name is followed to where its file was opened.
const FOLLOW: usize = 4;

/// Methods of a path that read its file, or ask for it.
const OF_PATH: [&str; 10] =
    ["read_text", "read_bytes", "exists", "is_file", "is_dir", "is_symlink", "stat", "iterdir", "glob", "rglob"];

/// Functions that open a file to read on in it; others of those that open one give an archive or a table.
const OPENS: [&str; 6] = ["open", "io.open", "codecs.open", "gzip.open", "bz2.open", "lzma.open"];

/// Functions that read more than the file whose path they are given: where an open one stands, or what was read before.
const SHARED: [&str; 4] = ["os.read", "os.lseek", "os.fstat", "fileinput.input"];

/// Methods of a path that write, and leave the path alone all the same: it is a text.
const WRITES: [&str; 6] = ["write_text", "write_bytes", "mkdir", "touch", "unlink", "rmdir"];

/// Methods of an open file that read on, or end it.
const OF_FILE: [&str; 8] = ["read", "read1", "readline", "readlines", "seek", "tell", "close", "readinto"];

/// What may run ahead of its turn.
#[derive(Debug, Clone, Copy)]
pub(super) enum Ahead {
    /// What has no effects and depends on nothing outside the program.
    Pure,
    /// That, and what reads files that were opened in a stretch of the text, or in a function of its own.
    Reads(Option<Span>),
}

impl<'t> File<'t> {
    /// What a loop's body, or a function, may do ahead of its turn besides computing. A guess is made twice, and reads nothing.
    pub(super) fn reads_in(&self, body: Node<'t>) -> Ahead {
        if self.guessing.get() || self.drawing.get() { Ahead::Pure } else { Ahead::Reads(Some(span(body))) }
    }

    /// Whether a call does nothing but read a file, or ask for one.
    pub(super) fn only_reads(&self, call: Call<'t>, within: Option<Span>) -> bool {
        if self.opens(call) {
            return self.is_to_read(call);
        }
        let Some(function) = call.function() else { return false };
        let facts = &self.catalog.python;
        let first = call.args().find(|a| a.kind() != "keyword_argument");
        if self.builtin(function) == Some("next") {
            return first.is_some_and(|f| self.is_own_stream(f, within, FOLLOW));
        }
        if let Some(path) = self.import_path(function) {
            let given = || first.is_some_and(|f| self.is_own_stream(f, within, FOLLOW));
            if PythonFacts::has(&facts.stream_readers, &path) {
                return given() || first.is_some_and(|f| self.is_made_for(f, within));
            }
            return PythonFacts::has(&facts.file_queries, &path) && !SHARED.contains(&path.as_str())
                || self.reads_by_path(&path) && (given() || first.is_some_and(|f| self.is_no_stream(f)));
        }
        let Some(method) = Attribute::cast(function) else { return false };
        let (Some(object), Some(name)) = (method.object(), method.name().map(|n| self.text(n))) else { return false };
        // Other things exist as well, and have a state.
        let asked = !matches!(name, "exists" | "stat") || self.is_asked_path(object, "exists");
        OF_PATH.contains(&name) && asked && self.is_of_path(call, object) && !self.is_device(object, FOLLOW)
            || OF_FILE.contains(&name) && self.is_own_stream(object, within, FOLLOW)
    }

    /// Whether a function reads files whose paths it is given, and writes none.
    fn reads_by_path(&self, path: &str) -> bool {
        let facts = &self.catalog.python;
        facts.path_reads.iter().any(|set| PythonFacts::has(set, path))
            && !facts.path_writes.iter().any(|set| PythonFacts::has(set, path))
            && !PythonFacts::has(&facts.file_changes, path)
            && !SHARED.contains(&path)
    }

    /// Whether a call that is a method leaves the object alone that it is called on, for that is a path: `path.read_text()`,
    /// `path.write_text(…)`. Methods are what they are called.
    pub(super) fn leaves_path(&self, call: Call<'t>) -> bool {
        let Some(method) = call.function().and_then(Attribute::cast) else { return false };
        let (Some(object), Some(name)) = (method.object(), method.name().map(|n| self.text(n))) else { return false };
        let known = OF_PATH.contains(&name) || WRITES.contains(&name);
        self.is_path(object) || known && self.is_of_path(call, object) || name == "open" && self.opens(call)
    }

    /// Whether the object of a method is a path, or nothing is known about it that says otherwise.
    fn is_of_path(&self, call: Call<'t>, object: Node<'t>) -> bool {
        let called = match self.classify(call) {
            CallKind::Method { shallow, .. } => !shallow,
            CallKind::Library(path) => path.starts_with("pathlib."),
            _ => false,
        };
        called && self.may_be_path(object)
    }

    /// Whether an object is a path, as far as anything is known about it.
    pub(super) fn may_be_path(&self, object: Node<'t>) -> bool {
        // An option of the command line, and an item behind a progress bar, are what they were made of.
        let path = |m: &Meaning<'t>| match m {
            Meaning::Library(path) | Meaning::Made(path, _) => {
                let passes = PythonFacts::has(&self.catalog.python.progress, path);
                passes || ["pathlib.", "argparse.", "os.scandir"].iter().any(|module| path.starts_with(module))
            }
            _ => false,
        };
        !self.is_import(object) && self.meaning(object).all.iter().all(path)
    }

    /// Whether an object that is asked something by a method of that name is a path. Other things exist as well: there it
    /// takes a path that is put together, or listed.
    pub(super) fn is_asked_path(&self, object: Node<'t>, name: &str) -> bool {
        self.is_path(object) || self.may_be_path(object) && (name != "exists" || self.is_joined_path(object, FOLLOW))
    }

    fn is_joined_path(&self, object: Node<'t>, depth: usize) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        match object.kind() {
            "parenthesized_expression" => children(object).any(|c| self.is_joined_path(c, depth)),
            "binary_operator" => object.child_by_field_name("operator").is_some_and(|o| self.text(o) == "/"),
            "call" => Call(object).function().and_then(Attribute::cast).and_then(|a| a.name()).is_some_and(|n| {
                matches!(
                    self.text(n),
                    "with_suffix" | "with_name" | "with_stem" | "joinpath" | "glob" | "rglob" | "iterdir"
                )
            }),
            "identifier" => self.reaching(object).is_some_and(|b| match b.bound {
                Bound::Value(Some(value)) => self.is_joined_path(value, depth),
                Bound::Item(source) => {
                    let sorted = Call::cast(source).filter(|c| c.function().is_some_and(|f| self.builtin(f).is_some()));
                    self.is_joined_path(sorted.and_then(|c| c.args().next()).unwrap_or(source), depth)
                }
                _ => false,
            }),
            _ => false,
        }
    }

    /// Whether a call opens a file by its path.
    pub(super) fn opens(&self, call: Call<'t>) -> bool {
        let Some(function) = call.function() else { return false };
        if let Some(name) = self.builtin(function) {
            return name == "open";
        }
        if let Some(path) = self.import_path(function) {
            return OPENS.contains(&path.as_str());
        }
        let method = Attribute::cast(function).filter(|a| a.name().is_some_and(|n| self.text(n) == "open"));
        // Something else that can be opened is given more than how.
        let how = || call.args().next().is_none_or(|a| a.kind() == "keyword_argument" || self.is_mode(a));
        method.and_then(|a| a.object()).is_some_and(|o| how() && self.is_of_path(call, o))
    }

    fn is_mode(&self, node: Node<'t>) -> bool {
        let text = super::alias::literal(self.text(node));
        node.kind() == "string" && !text.is_empty() && text.chars().all(|c| "rwaxbtU+".contains(c))
    }

    /// Whether a call that opens a file does it to read.
    fn is_to_read(&self, call: Call<'t>) -> bool {
        let method = call.function().and_then(Attribute::cast).filter(|a| self.import_path(a.0).is_none());
        if method.and_then(|m| m.object()).or_else(|| call.args().next()).is_none_or(|p| self.is_device(p, FOLLOW)) {
            return false;
        }
        let of_path = call.function().is_some_and(|f| f.kind() == "attribute" && self.import_path(f).is_none());
        let mode = call
            .keyword(self.source, "mode")
            .or_else(|| call.args().nth(usize::from(!of_path)).filter(|a| a.kind() != "keyword_argument"));
        mode.is_none_or(|m| self.is_mode(m) && !self.text(m).contains(['w', 'a', 'x', '+']))
    }

    /// Whether a path leads to what is there once, for who reads first: `/dev/stdin`, a number, a pipe.
    pub(super) fn is_device(&self, path: Node<'t>, depth: usize) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        if self.source.text.contains("mkfifo") {
            return true;
        }
        let text = || super::alias::literal(self.text(path));
        match path.kind() {
            "integer" => true,
            "string" => ["/dev/", "/proc/", "/sys/"].iter().any(|d| text().starts_with(d)),
            "identifier" => {
                let one = self.reaching(path).map(|b| b.bound);
                matches!(one, Some(Bound::Value(Some(v))) if self.is_device(v, depth))
            }
            "call" => Call(path).args().any(|a| self.is_device(a, depth)),
            _ => false,
        }
    }

    /// Whether an expression is a file that is opened to be read there, or was in the same stretch of the text or the same
    /// function: nobody else reads on in it.
    pub(super) fn is_own_stream(&self, node: Node<'t>, within: Option<Span>, depth: usize) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        match node.kind() {
            "parenthesized_expression" => children(node).all(|c| self.is_own_stream(c, within, depth)),
            "call" => {
                let call = Call(node);
                let path = call.function().and_then(|f| self.import_path(f));
                let first = || call.args().next().is_some_and(|a| self.is_own_stream(a, within, depth));
                self.opens(call) && self.is_to_read(call)
                    || path.is_some_and(|p| matches!(p.as_str(), "csv.reader" | "csv.DictReader")) && first()
            }
            "identifier" => self.reaching(node).is_some_and(|b| {
                let scope = self.names.scope_at(b.node);
                let own = match within {
                    Some(within) => within.contains(span(b.node)),
                    None => self.names.scope(scope).kind == ScopeKind::Function,
                };
                own && matches!(b.bound, Bound::With(e) | Bound::Value(Some(e)) if self.is_own_stream(e, within, depth))
            }),
            _ => false,
        }
    }

    /// Whether an argument is a value that is made there, and no open file: `yaml.safe_load(path.read_text())`.
    fn is_made_for(&self, node: Node<'t>, within: Option<Span>) -> bool {
        match node.kind() {
            "string" | "binary_operator" => true,
            "call" => !self.opens(Call(node)),
            "identifier" => self.reaching(node).is_some_and(|b| {
                within.is_none_or(|w| w.contains(span(b.node)))
                    && matches!(b.bound, Bound::Value(Some(e)) if e.kind() == "call" && !self.opens(Call(e)))
            }),
            _ => false,
        }
    }

    /// Whether an argument is a path and no open file, as far as anything is known about it.
    fn is_no_stream(&self, node: Node<'t>) -> bool {
        match node.kind() {
            "identifier" => self
                .var(node)
                .is_some_and(|v| !self.is_iterator(&v) && !self.holds_stream(&v) && !self.is_given_stream(&v)),
            "call" => !self.opens(Call(node)),
            _ => true,
        }
    }

    /// Whether a variable is a parameter for which some call gives an open file, or that is called like one.
    fn is_given_stream(&self, var: &Var) -> bool {
        let home = self.home(var);
        let scope = home.names.scope(var.scope);
        let parameter = |b: &super::names::Binding<'t>| matches!(b.bound, Bound::Parameter(_));
        if !home.names.bindings(var.scope, &var.name).iter().any(parameter) {
            return false;
        }
        let called =
            matches!(&*var.name, "f" | "fp" | "fh" | "fin" | "infile" | "stream" | "handle" | "buf" | "buffer");
        let def = scope.node;
        let name = def.child_by_field_name("name").map(|n| home.text(n));
        let Some((name, outer)) = name.zip(scope.parent) else { return called };
        let at = home.parameters(def).iter().position(|p| *p == &*var.name);
        called
            || home.names.reads_of(outer, name).any(|read| {
                let call = read.node.parent().and_then(Call::cast);
                let given = call.zip(at).and_then(|(call, at)| {
                    let plain = call.args().take_while(|a| a.kind() != "keyword_argument");
                    plain.into_iter().nth(at).or_else(|| call.keyword(home.source, &var.name))
                });
                given.is_some_and(|g| home.is_opened(g, FOLLOW))
            })
    }

    /// Whether a variable may hold an open file.
    pub(super) fn holds_stream(&self, var: &Var) -> bool {
        let home = self.home(var);
        home.names.bindings(var.scope, &var.name).iter().any(|b| match b.bound {
            Bound::With(e) | Bound::Value(Some(e)) => Call::cast(e).is_some_and(|c| home.opens(c)),
            _ => false,
        })
    }

    /// Whether a `with` does nothing but open files to read them.
    pub(super) fn opens_to_read(&self, with: Node<'t>) -> bool {
        let Some(with) = With::cast(with).filter(|w| !w.is_async()) else { return false };
        let mut items = with.items().peekable();
        items.peek().is_some()
            && items.all(|item| {
                let context = item.parts().and_then(|(context, _)| Call::cast(context));
                context.is_some_and(|c| self.opens(c) && self.is_to_read(c))
            })
    }

    /// What is left of a change, where only a file that is read on in is changed: where that is.
    pub(super) fn read_on(&self, call: Call<'t>) -> Option<Node<'t>> {
        let function = call.function()?;
        let streams = |n: &Node<'t>| n.kind() == "identifier" && self.var(*n).is_some_and(|v| self.holds_stream(&v));
        if let Some(path) = self.import_path(function) {
            let facts = &self.catalog.python;
            let reads = PythonFacts::has(&facts.stream_readers, &path) || self.reads_by_path(&path);
            return call.args().next().filter(|_| reads).filter(streams);
        }
        let method = Attribute::cast(function)?;
        let named = method.name().is_some_and(|n| OF_FILE.contains(&self.text(n)));
        method.object().filter(|_| named).filter(streams)
    }

    /// Whether a call reads a file that is opened for it, and so changes nothing that anybody else has.
    pub(super) fn reads_its_own(&self, call: Call<'t>) -> bool {
        let Some(function) = call.function() else { return false };
        let facts = &self.catalog.python;
        if let Some(path) = self.import_path(function) {
            let reads = PythonFacts::has(&facts.stream_readers, &path) || self.reads_by_path(&path);
            return reads && call.args().next().is_some_and(|a| a.kind() != "identifier" || self.is_no_stream(a));
        }
        let method = Attribute::cast(function);
        let named = method.and_then(|a| a.name()).is_some_and(|n| OF_FILE.contains(&self.text(n)));
        let object = method.and_then(|a| a.object()).and_then(Call::cast);
        named && object.is_some_and(|o| self.opens(o))
    }

    /// Variables that hold a file which is opened in front of the work, in a statement of its own, and that the slice reads.
    pub(super) fn streams_in(&self, slice: &Slice<'t>, before: &[Before<'t>], body: Node<'t>) -> Vec<Var> {
        let opened = before.iter().filter_map(|step| match *step {
            Before::Statement(s, _) if s.kind() == "expression_statement" => Some(s),
            _ => None,
        });
        let bound: Vec<Var> = opened.flat_map(|s| self.binds(s)).collect();
        let within = Some(span(body));
        let stream = |v: &Var| {
            self.names.bindings(v.scope, &v.name).iter().any(|b| {
                span(body).contains(span(b.node))
                    && matches!(b.bound, Bound::Value(Some(e)) if self.is_own_stream(e, within, FOLLOW))
            })
        };
        slice.reads.keys().filter(|v| bound.contains(v) && stream(v)).cloned().collect()
    }

    /// Whether a statement names one of some open files, and not only to tell its name.
    pub(super) fn names_one(&self, statement: Node<'t>, vars: &[Var]) -> bool {
        let named = |n: Node<'t>| n.kind() == "identifier" && self.var(n).is_some_and(|v| vars.contains(&v));
        let told = |n: Node<'t>| {
            let asked = n.parent().and_then(Attribute::cast).and_then(|a| a.name()).map(|n| self.text(n));
            matches!(asked, Some("name" | "closed" | "mode" | "encoding"))
        };
        !vars.is_empty() && walk(statement).any(|n| named(n) && !told(n))
    }

    /// Whether something in front of the call reads a file, so that it had better be read once.
    pub(super) fn reads_a_file(&self, statement: Node<'t>) -> bool {
        let mut calls = walk(statement).filter_map(Call::cast);
        calls.any(|c| match self.classify(c) {
            CallKind::Functions(defs) => defs.iter().any(|d| !self.summary_of(*d).work.reads_files.is_empty()),
            _ => self.only_reads(c, Some(span(statement))) && !self.asks_only(c),
        })
    }

    /// Whether a call asks for a file and does not read it.
    fn asks_only(&self, call: Call<'t>) -> bool {
        match self.classify(call) {
            CallKind::Library(path) => PythonFacts::has(&self.catalog.python.file_queries, &path),
            _ => false,
        }
    }

    /// What speaks against evaluating an expression ahead of its turn, where files may be read.
    pub(super) fn effects(&self, expression: Node<'t>, ahead: Ahead) -> Option<Trouble<'t>> {
        self.effects_but(expression, ahead, false)
    }

    /// The same, where draws of random numbers are passed over, if `draws` says so.
    pub(super) fn effects_but(&self, expression: Node<'t>, ahead: Ahead, draws: bool) -> Option<Trouble<'t>> {
        let asked = self.asked_ahead.borrow();
        let is_asked = |node: Node<'t>| asked.iter().any(|a| a.id() == node.id());
        walk(expression).find_map(|node| match node.kind() {
            "call" if is_asked(node) => None,
            "await" if children(node).any(is_asked) => None,
            "call" => self.call_effects(Call(node), ahead).filter(|t| !draws || t.code != Code::RANDOM),
            "await" | "yield" => {
                Some(Trouble::not_analysed(node, format!("`{}` in front of the call", self.text(node))))
            }
            "named_expression" => {
                Some(Trouble::not_analysed(node, "an assignment inside an expression in front of the call"))
            }
            "list_splat" | "dictionary_splat" | "ERROR" if node.is_error() => {
                Some(Trouble::not_analysed(node, "text that does not parse"))
            }
            _ => None,
        })
    }
}
