//! Which files a call reads, asks for or writes, and by which of its expressions it names them: a path, an open file, or
//! what writes into one.

use super::calls::CallKind;
use super::names::Bound;
use super::receivers::Meaning;
use super::work::{Findings, keep};
use super::{File, FileId};
use crate::catalog::PythonFacts;
use crate::syntax::python::{Assignment, Attribute, Call};
use crate::syntax::{Node, children, walk};

/// What is done to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Does {
    Reads,
    /// Whether it is there, how large it is, how far it is written.
    Asks,
    /// What a folder holds.
    Lists,
    Writes,
    /// A file or a folder, with all that is in it, is moved or taken away.
    Moves,
    /// A folder is made or taken away.
    MakesFolder,
    /// A line of the log is written.
    Logs,
    /// A database is asked.
    Queries,
    /// A database is changed, as far as anybody can tell.
    Updates,
}

impl Does {
    pub fn is_write(self) -> bool {
        matches!(self, Self::Writes | Self::Moves | Self::MakesFolder | Self::Logs | Self::Updates)
    }
}

/// What a call does to one file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Touch<'t> {
    pub does: Does,
    /// What names the file; none where nothing does.
    pub name: Option<(FileId, Node<'t>)>,
}

/// Methods of an open file, or of what writes into one, that write.
const WRITING: [&str; 7] = ["write", "writelines", "writerow", "writerows", "writeheader", "writestr", "truncate"];

/// Methods of a table or a picture that write the file whose path they are given first.
const SAVING: [&str; 15] = [
    "to_csv",
    "to_json",
    "to_jsonl",
    "to_parquet",
    "to_excel",
    "to_pickle",
    "to_feather",
    "to_hdf",
    "to_html",
    "to_markdown",
    "write_csv",
    "write_parquet",
    "savefig",
    "save",
    "save_to_disk",
];

/// Keywords by which functions are given a path.
const NAMES: [&str; 12] = [
    "file",
    "path",
    "filename",
    "name",
    "fname",
    "fp",
    "fid",
    "filepath_or_buffer",
    "path_or_buf",
    "path_or_buffer",
    "src",
    "top",
];

/// Functions that move or take away a folder with what is in it, or may.
const MOVING: [&str; 7] =
    ["os.rename", "os.replace", "os.renames", "os.symlink", "shutil.move", "shutil.rmtree", "shutil.copytree"];

/// How many steps a file is followed to where it was opened.
const FOLLOW: usize = 4;

impl<'t> File<'t> {
    /// Adds where a call reads and writes files.
    pub(super) fn find_files(&self, call: Call<'t>, out: &mut Findings<'t>) {
        for touch in self.touches(call) {
            let places = if touch.does.is_write() { &mut out.writes_files } else { &mut out.reads_files };
            keep(places, [(self.id, call.0)]);
        }
    }

    /// What a call does to files by itself. What functions of the project do is theirs.
    pub(super) fn touches(&self, call: Call<'t>) -> Vec<Touch<'t>> {
        let mut out = Vec::new();
        let Some(function) = call.function() else { return out };
        if matches!(self.classify(call), CallKind::Functions(_)) {
            return out;
        }
        if self.writes_log(call) {
            out.extend(self.program_logs().into_iter().map(|place| Touch { does: Does::Logs, name: Some(place) }));
            return out;
        }
        match self.import_path(function).or_else(|| self.builtin(function).map(str::to_string)) {
            Some(path) => self.touched_by_function(call, &path, &mut out),
            None => self.touched_by_method(call, &mut out),
        }
        // What is in memory is no file.
        out.retain(|t| t.name.is_none_or(|(file, node)| file != self.id || !self.is_in_memory(node)));
        out
    }

    fn touched_by_function(&self, call: Call<'t>, path: &str, out: &mut Vec<Touch<'t>>) {
        let facts = &self.catalog.python;
        let given = |at: usize| {
            let mut plain = call.args().take_while(|a| a.kind() != "keyword_argument");
            let named = || NAMES.iter().find_map(|name| call.keyword(self.source, name)).filter(|_| at == 0);
            plain.nth(at).filter(|a| !a.kind().ends_with("splat")).or_else(named).map(|n| (self.id, n))
        };
        let mut add = |does: Does, at: usize| out.push(Touch { does, name: given(at) });
        if PythonFacts::has(&facts.openers, path) {
            let keyword = if path.starts_with("shelve.") || path.starts_with("dbm.") { "flag" } else { "mode" };
            let how = call.keyword(self.source, keyword).or_else(|| given(1).map(|(_, n)| n));
            // These open to write where nobody says how.
            let default = if path.starts_with("shelve.") { "c" } else { "r" };
            let (reads, writes) = self.opened_for(how, default);
            if reads {
                add(Does::Reads, 0);
            }
            if writes {
                add(Does::Writes, 0);
            }
            return;
        }
        match path {
            "print" => {
                let file = call.keyword(self.source, "file");
                let to = file.filter(|f| !self.is_standard_stream(*f));
                out.extend(to.map(|f| Touch { does: Does::Writes, name: Some((self.id, f)) }));
                if file.is_none() {
                    let names = self.stdout_files().into_iter();
                    out.extend(names.map(|f| Touch { does: Does::Logs, name: Some((self.id, f)) }));
                }
                return;
            }
            "os.open" => {
                let read_only = given(1).is_some_and(|(_, n)| {
                    let text = self.text(n);
                    text.contains("O_RDONLY") && !text.contains("O_CREAT") && !text.contains("O_TRUNC")
                });
                add(if read_only { Does::Reads } else { Does::Writes }, 0);
                return;
            }
            _ => {}
        }
        if PythonFacts::has(&facts.folder_lists, path) {
            add(Does::Lists, 0);
        } else if PythonFacts::has(&facts.file_queries, path) {
            add(Does::Asks, 0);
        }
        if PythonFacts::has(&facts.folder_makers, path) {
            add(Does::MakesFolder, 0);
        }
        // A file that a function opened itself is looked at where it is opened.
        let open = |(_, node): (FileId, Node<'t>)| !self.is_made_inside(node) && self.is_opened(node, FOLLOW);
        if PythonFacts::has(&facts.stream_readers, path) && given(0).is_some_and(open) {
            out.push(Touch { does: Does::Reads, name: given(0) });
        }
        let mut add = |does: Does, at: usize| out.push(Touch { does, name: given(at) });
        for (at, set) in facts.path_reads.iter().enumerate() {
            if PythonFacts::has(set, path) {
                add(Does::Reads, at);
            }
        }
        for (at, set) in facts.path_writes.iter().enumerate() {
            if PythonFacts::has(set, path) {
                add(if MOVING.contains(&path) { Does::Moves } else { Does::Writes }, at);
            }
        }
    }

    fn touched_by_method(&self, call: Call<'t>, out: &mut Vec<Touch<'t>>) {
        let Some(method) = call.function().and_then(Attribute::cast) else { return };
        let (Some(receiver), Some(name)) = (method.object(), method.name().map(|n| self.text(n))) else { return };
        let plain: Vec<Node<'t>> = call.args().take_while(|a| a.kind() != "keyword_argument").collect();
        let own = |does: Does| Touch { does, name: Some((self.id, receiver)) };
        let first = |does: Does| {
            let named = || NAMES.iter().find_map(|name| call.keyword(self.source, name));
            plain.first().copied().or_else(named).map(|n| Touch { does, name: Some((self.id, n)) })
        };
        let alone = call.args().next().is_none();
        match name {
            "execute" | "executemany" | "executescript" if self.is_made_by(receiver, "sqlite3.") => {
                let asks = plain.first().is_some_and(|sql| {
                    let text = super::alias::literal(self.text(*sql)).trim_start().to_ascii_lowercase();
                    matches!(sql.kind(), "string" | "concatenated_string") && text.starts_with("select")
                });
                out.push(own(Does::Queries));
                if !asks {
                    out.push(own(Does::Updates));
                }
            }
            "open" => {
                let mode = call.keyword(self.source, "mode").or_else(|| plain.first().copied());
                let mode = mode.filter(|m| m.kind() == "string" || !self.is_made_by(receiver, ""));
                let (reads, writes) = self.opened_for(mode, "r");
                out.extend(reads.then(|| own(Does::Reads)));
                out.extend(writes.then(|| own(Does::Writes)));
            }
            "read_text" | "read_bytes" => out.push(own(Does::Reads)),
            "write_text" | "write_bytes" | "unlink" | "touch" | "chmod" => out.push(own(Does::Writes)),
            "rename" | "symlink_to" | "hardlink_to" | "replace"
                if plain.len() == 1 && self.may_rename(receiver, plain[0]) =>
            {
                out.push(own(Does::Moves));
                out.extend(first(Does::Moves));
            }
            "exists" | "is_file" | "is_dir" | "is_symlink" | "stat" | "lstat" if alone => out.push(own(Does::Asks)),
            "iterdir" | "glob" | "rglob" => out.push(own(Does::Lists)),
            "mkdir" | "rmdir" => out.push(own(Does::MakesFolder)),
            _ if SAVING.contains(&name) => out.extend(first(Does::Writes)),
            // A file that a function opened itself is looked at where it is opened.
            _ if WRITING.contains(&name) && !self.is_made_inside(receiver) && self.may_be_file(receiver) => {
                out.push(own(Does::Writes));
            }
            "tell" if alone => out.push(own(Does::Asks)),
            "read" | "readline" | "readlines" | "getvalue" | "namelist"
                if !self.is_made_inside(receiver) && self.is_opened(receiver, FOLLOW) =>
            {
                out.push(own(Does::Reads));
            }
            _ => {}
        }
    }

    /// Whether what is opened in a mode is read, and whether it is written.
    fn opened_for(&self, mode: Option<Node<'t>>, default: &str) -> (bool, bool) {
        let text = match mode {
            None => default.to_string(),
            Some(m) if m.kind() == "string" && walk(m).all(|n| n.kind() != "interpolation") => {
                super::alias::literal(self.text(m))
            }
            // Not told: `"a" if resume else "w"` writes.
            Some(m) => match self.text(m) {
                text if text.contains(['"', '\'']) => return (text.contains('+'), text.contains(['w', 'a', 'x', '+'])),
                _ => return (true, true),
            },
        };
        let how = text.split([':', '|']).next().unwrap_or_default();
        let writes = how.contains(['w', 'a', 'x', '+', 'c', 'n']);
        (!writes || how.contains(['+', 'c']), writes)
    }

    /// Whether a method `rename` or `replace` can be that of a path: that of a text is given two texts, that of a table no text.
    fn may_rename(&self, receiver: Node<'t>, to: Node<'t>) -> bool {
        self.is_path(receiver)
            || !matches!(to.kind(), "dictionary" | "lambda" | "list_splat" | "dictionary_splat")
                && self.meaning(receiver).all.is_empty()
    }

    /// Whether an object is surely made by something of a library.
    fn is_made_by(&self, node: Node<'t>, library: &str) -> bool {
        let made =
            |m: &Meaning<'t>| matches!(m, Meaning::Made(path, _) | Meaning::Library(path) if path.starts_with(library));
        let meanings = self.meaning(node);
        !meanings.all.is_empty() && meanings.all.iter().all(made)
    }

    /// Whether nothing says that an object is no file, nor a writer into one.
    fn may_be_file(&self, node: Node<'t>) -> bool {
        let meanings = self.meaning(node);
        let facts = &self.catalog.python;
        let file = |m: &Meaning<'t>| match m {
            Meaning::Made(path, _) => {
                PythonFacts::has(&facts.openers, path)
                    || PythonFacts::has(&facts.file_wrappers, path)
                    || path.starts_with("pathlib.")
                    || path.starts_with("tempfile.")
            }
            _ => false,
        };
        !self.is_standard_stream(node) && (meanings.unknown || meanings.all.is_empty() || meanings.all.iter().any(file))
    }

    fn is_standard_stream(&self, node: Node<'t>) -> bool {
        let path = self.import_path(node);
        path.is_some_and(|p| matches!(p.as_str(), "sys.stdout" | "sys.stderr" | "sys.__stdout__" | "sys.__stderr__"))
    }

    /// Whether an expression is a file in memory.
    fn is_in_memory(&self, node: Node<'t>) -> bool {
        let mut node = node;
        for _ in 0..FOLLOW {
            if ["io.StringIO", "io.BytesIO", "_io.StringIO", "_io.BytesIO"].iter().any(|m| self.is_made_by(node, m)) {
                return true;
            }
            // A writer is where what it writes into is.
            let call = Call::cast(node).or_else(|| self.values_at(node).into_iter().find_map(Call::cast));
            let Some(call) = call.filter(|c| self.wraps_file(*c)) else { return false };
            let Some(inner) = call.args().next() else { return false };
            node = inner;
        }
        false
    }

    /// Whether a call makes something of an open file that stands for it: `csv.writer(f)`.
    pub(super) fn wraps_file(&self, call: Call<'t>) -> bool {
        let path = call.function().and_then(|f| self.import_path(f));
        path.is_some_and(|p| PythonFacts::has(&self.catalog.python.file_wrappers, &p))
    }

    /// Whether a call opens a file by the path that is its first argument.
    pub(super) fn opens_path(&self, call: Call<'t>) -> bool {
        let path = call.function().and_then(|f| self.import_path(f).or_else(|| self.builtin(f).map(str::to_string)));
        path.is_some_and(|p| p == "os.open" || PythonFacts::has(&self.catalog.python.openers, &p))
    }

    /// Whether an expression is an open file, by what it is set to.
    pub(super) fn is_opened(&self, node: Node<'t>, depth: usize) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        if let Some(call) = Call::cast(node) {
            let of_path = || {
                let method = call.function().and_then(Attribute::cast);
                let opens = method.and_then(|m| m.name()).is_some_and(|n| self.text(n) == "open");
                opens && method.and_then(|m| m.object()).is_some_and(|o| self.import_path(o).is_none())
            };
            let temporary = self.is_made_by(node, "tempfile.");
            return self.opens_path(call) || self.wraps_file(call) || temporary || of_path();
        }
        self.values_at(node).into_iter().any(|value| self.is_opened(value, depth))
    }

    /// What a name, or an attribute of an object of the project, is set to in this file.
    fn values_at(&self, node: Node<'t>) -> Vec<Node<'t>> {
        match node.kind() {
            "identifier" => {
                let Some(var) = self.var(node).filter(|v| v.file == self.id) else { return Vec::new() };
                let bindings = match self.reaching(node) {
                    Some(one) => std::slice::from_ref(one),
                    None => self.names.bindings(var.scope, &var.name),
                };
                let value = |b: &super::names::Binding<'t>| match b.bound {
                    Bound::Value(Some(e)) | Bound::With(e) => Some(e),
                    _ => None,
                };
                bindings.iter().filter_map(value).collect()
            }
            "attribute" => {
                self.attribute_values(node).into_iter().filter(|(f, _)| *f == self.id).map(|(_, n)| n).collect()
            }
            "parenthesized_expression" => children(node).next().into_iter().collect(),
            _ => Vec::new(),
        }
    }

    /// What the methods of a class set an attribute of its objects to, where the object is known.
    pub(super) fn attribute_values(&self, node: Node<'t>) -> Vec<(FileId, Node<'t>)> {
        let Some(attribute) = Attribute::cast(node) else { return Vec::new() };
        let (Some(object), Some(name)) = (attribute.object(), attribute.name()) else { return Vec::new() };
        let mut out = Vec::new();
        for meaning in self.meaning(object).all {
            let Meaning::Instance(class) = meaning else { continue };
            let Some(file) = self.program.at(class.file) else { continue };
            let sets = file.set_by_methods(class.node, self.text(name));
            out.extend(sets.iter().filter_map(|a| a.right()).map(|value| (file.id, value)));
        }
        out
    }

    /// Whether a call writes a line of the log.
    fn writes_log(&self, call: Call<'t>) -> bool {
        let level = |name: &str| {
            matches!(name, "info" | "debug" | "warning" | "warn" | "error" | "exception" | "critical" | "log")
        };
        let Some(function) = call.function() else { return false };
        let facts = &self.catalog.python;
        match self.import_path(function) {
            Some(path) => PythonFacts::has(&facts.loggers, &path) && path.rsplit('.').next().is_some_and(level),
            None => {
                let Some(method) = Attribute::cast(function) else { return false };
                let (Some(receiver), Some(name)) = (method.object(), method.name()) else { return false };
                level(self.text(name)) && self.is_logger(receiver)
            }
        }
    }

    /// Whether an expression is a logger, by what made it or by its name.
    pub(super) fn is_logger(&self, receiver: Node<'t>) -> bool {
        let made = |m: &Meaning<'t>| match m {
            Meaning::Made(path, _) | Meaning::Library(path) => PythonFacts::has(&self.catalog.python.loggers, path),
            _ => false,
        };
        let named = ["logger", "log", "logging", "self.logger", "LOGGER", "_logger", "self.log"];
        self.meaning(receiver).all.iter().any(made) || named.contains(&self.text(receiver))
    }

    /// What this file puts in the place of `sys.stdout`.
    fn stdout_files(&self) -> Vec<Node<'t>> {
        if !self.source.text.contains("sys.stdout =") {
            return Vec::new();
        }
        let set = walk(self.source.root()).filter_map(Assignment::cast);
        let set = set.filter(|a| a.left().is_some_and(|l| self.text(l) == "sys.stdout"));
        set.filter_map(|a| a.right()).filter(|r| !self.is_standard_stream(*r)).collect()
    }

    /// Where the file names the files that its log goes to.
    fn program_logs(&self) -> Vec<(FileId, Node<'t>)> {
        let text = &self.source.text;
        if !["FileHandler(", "basicConfig(", "logger.add("].iter().any(|m| text.contains(m)) {
            return Vec::new();
        }
        let first = |call: Call<'t>| call.args().next().filter(|a| a.kind() != "keyword_argument");
        let named = |call: Call<'t>| {
            let path = self.import_path(call.function()?)?;
            match path.as_str() {
                "logging.basicConfig" => call.keyword(self.source, "filename"),
                "loguru.logger.add" => first(call),
                path if path.starts_with("logging.") && path.ends_with("FileHandler") => {
                    call.keyword(self.source, "filename").or_else(|| first(call))
                }
                _ => None,
            }
        };
        walk(self.source.root()).filter_map(Call::cast).filter_map(named).map(|n| (self.id, n)).collect()
    }
}
