//! What one file says of its classes and imports, read from its tokens.
//!
//! It is needed of every file to which the imports of a program lead, of most of which nothing else is.

use super::MAX_DEPTH;
use super::threads::sets_for_thread;
use crate::project::lex::{Kind, Text, Token, each_line, each_statement, is_keyword};
use crate::project::runtime::is_runtime;
use crate::syntax::{Language, Source};
use std::path::Path;

/// What one file says of its classes and imports. It is the file's alone, so programs share it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Outline {
    /// The names of methods.
    pub methods: Vec<Box<str>>,
    /// The names of properties, and of other attributes behind which code may run.
    pub properties: Vec<Box<str>>,
    /// The paths that it imports.
    pub imports: Vec<Box<str>>,
    /// The classes that derive from others.
    pub classes: Vec<ClassOutline>,
    /// The attributes that it sets of other objects than `self`: `bot.build = …`.
    pub replaced: Vec<Box<str>>,
    /// Whether it sends log lines to a file or to stdout.
    pub logs: bool,
    /// Whether it gives something to what logs or prints.
    pub gives: bool,
    /// Whether it sets a seed.
    pub seeds: bool,
    /// Whether it sets something for the thread that runs it.
    pub sets_for_thread: bool,
    /// Whether it draws from `random`.
    pub draws: bool,
    /// Whether it reads variables of the script by name.
    pub reads_main: bool,
    /// Whether it runs an event loop, or uses what does so behind plain functions.
    pub runs_loop: bool,
    /// Whether it may hand a library a transport of its own.
    pub hands_transport: bool,
    /// The folders that it adds to the search path.
    pub search_path: Vec<String>,
    /// How long its text is.
    pub bytes: usize,
}

/// A class that derives from others.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ClassOutline {
    pub name: Box<str>,
    /// The names in the list of its bases, and those that they had where they were imported from.
    pub bases: Vec<Box<str>>,
    /// The functions right in it.
    pub methods: Vec<Box<str>>,
}

impl Outline {
    /// Reads a file; none where it cannot be read.
    pub fn read(path: &Path) -> Option<Self> {
        let bytes = std::fs::read(path).ok()?;
        if let Ok(text) = std::str::from_utf8(&bytes)
            && !text.contains("sys.path.")
        {
            return Self::of_text(text);
        }
        // Another encoding, or something that takes the tree.
        let source = Source::from_bytes(path, &bytes, Language::Python).ok()?;
        (source.root().depth() <= MAX_DEPTH).then(|| Self::of(&source)).flatten()
    }

    /// The outline of a source; none where its tokens do not end as they should.
    pub fn of(source: &Source) -> Option<Self> {
        Some(Self { search_path: super::search_path(source), ..Self::of_text(&source.text)? })
    }

    /// Reads the tokens of a text; none where they do not end as they should.
    fn of_text(text: &str) -> Option<Self> {
        let mut reader = Reader {
            text: Text(text.as_bytes()),
            out: Self::default(),
            aliases: Vec::new(),
            blocks: Vec::new(),
            decorators: None,
        };
        let whole = each_line(text.as_bytes(), |column, line| reader.line(column, line));
        whole.then(|| reader.finish(text))
    }
}

/// A statement with a body that is open: its column, and the class that it is.
#[derive(Debug)]
struct Block {
    column: usize,
    class: Option<usize>,
}

struct Reader<'a> {
    text: Text<'a>,
    out: Outline,
    /// Names that imports bind, with the last name of the path where that is another one.
    aliases: Vec<(&'a [u8], Box<str>)>,
    blocks: Vec<Block>,
    /// The decorators above the next definition, where one of them may make it a property.
    decorators: Option<bool>,
}

fn owned(name: &[u8]) -> Box<str> {
    String::from_utf8_lossy(name).into()
}

impl<'a> Reader<'a> {
    fn line(&mut self, column: usize, line: &[Token]) {
        let text = self.text;
        self.blocks.truncate(self.blocks.iter().rposition(|b| b.column < column).map_or(0, |at| at + 1));
        if text.is(line.first(), "@") {
            let (first, last) = (line.first().map_or(0, |t| t.start), line.last().map_or(0, |t| t.end));
            let written = String::from_utf8_lossy(text.0.get(first as usize..last as usize).unwrap_or_default());
            let plain = written.contains("staticmethod") || written.contains("classmethod");
            self.decorators = Some(self.decorators.unwrap_or(false) || !plain);
            return;
        }
        let Some((head, colon)) = text.header(line) else {
            each_statement(text, line, |one| self.simple(one));
            return;
        };
        let header = &line[usize::from(text.is(line.first(), "async"))..colon];
        let named = header.get(1).filter(|t| t.kind == Kind::Name).map(|t| text.of(t)).unwrap_or_default();
        let mut class = None;
        match head {
            b"def" => {
                if let Some(around) = self.blocks.last().and_then(|b| b.class) {
                    self.out.methods.push(owned(named));
                    self.out.classes[around].methods.push(owned(named));
                    if self.decorators == Some(true) {
                        self.out.properties.push(owned(named));
                    }
                }
            }
            b"class" => {
                let list = header.get(2..).unwrap_or_default().iter().filter(|t| t.kind == Kind::Name);
                let bases = list.map(|t| text.of(t)).filter(|w| !is_keyword(w)).map(owned).collect();
                class = Some(self.out.classes.len());
                self.out.classes.push(ClassOutline { name: owned(named), bases, methods: Vec::new() });
            }
            _ => {}
        }
        self.decorators = None;
        self.blocks.push(Block { column, class });
        each_statement(text, &line[colon + 1..], |one| self.simple(one));
    }

    fn simple(&mut self, statement: &[Token]) {
        let text = self.text;
        if text.is(statement.first(), "import") || text.is(statement.first(), "from") {
            let (bound, star) = text.imports(statement);
            for (name, path) in bound {
                let last = path.rsplit('.').next().unwrap_or_default();
                self.aliases.push((name, last.into()));
                self.out.imports.push(path.into());
            }
            self.out.imports.extend(star.map(Box::from));
            return;
        }
        let mut rest = statement;
        while let Some(end) = text.sign(rest, b"=") {
            // `bot.build: Any = …`
            let target = &rest[..text.sign(&rest[..end], b":").unwrap_or(end)];
            self.replaced(target);
            rest = &rest[end + 1..];
        }
        if let (Some(colon), true) = (text.sign(rest, b":"), rest.len() == statement.len()) {
            self.replaced(&rest[..colon]);
        }
    }

    /// An attribute of another object than `self` that is assigned to.
    fn replaced(&mut self, target: &[Token]) {
        let text = self.text;
        let [object @ .., dot, name] = target else { return };
        let primary = object.iter().enumerate().all(|(at, t)| match t.kind {
            Kind::Sign => text.of(t) == b"." || object[..at].iter().any(|o| o.kind == Kind::Open),
            Kind::Name => !is_keyword(text.of(t)) || object[..at].iter().any(|o| o.kind == Kind::Open),
            _ => true,
        });
        let own = object.len() == 1 && text.is(object.first(), "self");
        if text.is(Some(dot), ".") && name.kind == Kind::Name && primary && !own && !object.is_empty() {
            self.out.replaced.push(owned(text.of(name)));
        }
    }

    fn finish(self, text: &str) -> Outline {
        let mut out = self.out;
        out.classes.retain(|c| !c.bases.is_empty() && !c.name.is_empty());
        for class in &mut out.classes {
            // `from bots import Bot as Base`
            let renamed = self.aliases.iter().filter(|(n, _)| class.bases.iter().any(|b| b.as_bytes() == *n));
            let renamed: Vec<Box<str>> = renamed.map(|(_, last)| last.clone()).collect();
            class.bases.extend(renamed);
            listed(&mut class.bases);
            listed(&mut class.methods);
        }
        for list in [&mut out.methods, &mut out.properties, &mut out.imports, &mut out.replaced] {
            listed(list);
        }
        out.logs = logs(text);
        out.gives = gives(text);
        out.seeds = seeds(text);
        out.sets_for_thread = sets_for_thread(text);
        out.draws = draws(text);
        out.reads_main = reads_main(text);
        out.runs_loop = runs_loop(text).is_some();
        out.hands_transport = text.contains(HANDED_TRANSPORT);
        out.bytes = text.len();
        out
    }
}

/// Whether a file sends log lines to a file or to stdout.
fn logs(text: &str) -> bool {
    text.contains("FileHandler(")
        || text.contains("basicConfig(") && (text.contains("filename=") || text.contains("stdout"))
        || text.contains("StreamHandler(sys.stdout")
        || text.contains("StreamHandler(stream")
        // Warnings go into a list.
        || text.contains("catch_warnings(record=True")
}

/// Whether a file gives handlers, filters and formatters to what logs, or puts something in the place of stdout and stderr.
fn gives(text: &str) -> bool {
    let logging = || ["Handler", "Filter", "Formatter", "basicConfig("].iter().any(|word| text.contains(word));
    let output = ["sys.stdout", "sys.stderr", "redirect_std", "showwarning"];
    text.contains("logging") && logging() || output.iter().any(|word| text.contains(word))
}

/// Whether a file sets a seed, for the draws of the whole program: `random.seed(1)`, `torch.manual_seed(1)`, `set_seed(1)`.
pub(super) fn seeds(text: &str) -> bool {
    text.contains("seed(")
}

/// Whether a file draws from the one stream of Python's `random`.
fn draws(text: &str) -> bool {
    text.contains("from random import")
        || text.match_indices("random.").any(|(at, found)| {
            let own = !text[..at].ends_with(|c: char| c == '.' || c == '_' || c.is_alphanumeric());
            let rest = &text[at + found.len()..];
            let drawn = ["choice", "sample", "shuffle", "random(", "rand", "uniform(", "gauss(", "normalvariate("];
            own && drawn.iter().any(|d| rest.starts_with(d))
        })
}

/// The argument, and the variable, by which openai and what is made like it is handed a transport.
pub(super) const HANDED_TRANSPORT: &str = "http_client";

/// Whether a file reads variables of the script by name.
fn reads_main(text: &str) -> bool {
    ["import __main__", "modules[\"__main__\"]", "modules['__main__']"].iter().any(|n| text.contains(n))
}

/// What runs an event loop in a file, which can run in no coroutine: a way to run one, or a library whose plain functions do
/// so. The runtime of perfmod knows whether one runs already.
pub(super) fn runs_loop(text: &str) -> Option<&'static str> {
    const WORDS: [&str; 19] = [
        "asyncio.run(",
        "run_until_complete",
        "run_forever",
        "nest_asyncio",
        "get_event_loop",
        "new_event_loop",
        "asyncio.Runner",
        "from asyncio import",
        "async_to_sync",
        "uvicorn",
        "import trio",
        "import curio",
        "anyio.run",
        "playwright.sync_api",
        "pyppeteer",
        "requests_html",
        "save_sync",
        "import gevent",
        "from gevent",
    ];
    let found = WORDS.iter().find(|w| text.contains(**w)).copied();
    found.filter(|_| !is_runtime(text.as_bytes()))
}

/// Each name once.
fn listed(names: &mut Vec<Box<str>>) {
    names.sort_unstable();
    names.dedup();
}

#[cfg(test)]
mod tests {
    use super::super::names::Names;
    use super::*;
    use crate::syntax::python::{Attribute, Class};
    use crate::syntax::{Node, children, walk};

    fn sorted(mut names: Vec<Box<str>>) -> Vec<Box<str>> {
        listed(&mut names);
        names
    }

    /// The same, read from the tree.
    fn of_tree(source: &Source) -> Outline {
        let names = Names::of(source);
        let bindings =
            || names.scopes().flat_map(|(_, s)| &s.bindings).flat_map(|(n, all)| all.iter().map(move |b| (n, b)));
        let mut imports: Vec<Box<str>> = bindings().filter_map(|(_, b)| b.import.as_deref()).map(Box::from).collect();
        imports.extend(names.star_imports.iter().map(|m| Box::from(m.as_str())));
        let imports = sorted(imports);
        // `from bots import Bot as Base`
        let original = |name: &str| -> Vec<Box<str>> {
            let imported = bindings().filter(|(n, _)| *n == name).filter_map(|(_, b)| b.import.as_deref());
            imported.filter_map(|path| path.rsplit('.').next()).map(Box::from).collect()
        };
        let mut methods: Vec<Box<str>> = Vec::new();
        let mut properties: Vec<Box<str>> = Vec::new();
        for (member, name, decorated) in walk(source.root()).filter_map(Class::cast).flat_map(|c| members(source, c)) {
            methods.push(name.into());
            let plain = |d: &str| d.contains("staticmethod") || d.contains("classmethod");
            if decorated && children(member).any(|c| c.kind() == "decorator" && !plain(source.of(c))) {
                properties.push(name.into());
            }
        }
        let mut classes = Vec::new();
        let mut replaced: Vec<Box<str>> = Vec::new();
        for node in walk(source.root()) {
            if let Some(class) = Class::cast(node) {
                let list = node.child_by_field_name("superclasses").into_iter().flat_map(walk);
                let named: Vec<&str> = list.filter(|n| n.kind() == "identifier").map(|n| source.of(n)).collect();
                if let (Some(name), false) = (class.name(), named.is_empty()) {
                    let renamed = named.iter().flat_map(|n| original(n));
                    classes.push(ClassOutline {
                        name: source.of(name).into(),
                        bases: sorted(named.iter().map(|n| Box::from(*n)).chain(renamed).collect()),
                        methods: sorted(members(source, class).map(|(_, name, _)| Box::from(name)).collect()),
                    });
                }
            } else if node.kind() == "assignment" {
                let target = node.child_by_field_name("left").and_then(Attribute::cast);
                let other = target.filter(|a| a.object().is_some_and(|o| source.of(o) != "self"));
                replaced.extend(other.and_then(|a| a.name()).map(|n| Box::from(source.of(n))));
            }
        }
        let text = &source.text;
        let (methods, properties, replaced) = (sorted(methods), sorted(properties), sorted(replaced));
        let search_path = super::super::search_path(source);
        let (logs, seeds, draws, reads_main) = (logs(text), seeds(text), draws(text), reads_main(text));
        let (runs_loop, bytes) = (runs_loop(text).is_some(), text.len());
        Outline {
            methods,
            properties,
            imports,
            classes,
            replaced,
            logs,
            gives: gives(text),
            seeds,
            sets_for_thread: sets_for_thread(text),
            draws,
            reads_main,
            runs_loop,
            hands_transport: text.contains(HANDED_TRANSPORT),
            search_path,
            bytes,
        }
    }

    fn members<'s>(source: &'s Source, class: Class<'s>) -> impl Iterator<Item = (Node<'s>, &'s str, bool)> {
        super::super::own::members(source, class)
    }

    /// All Python files below a folder.
    fn files(folder: &Path) -> Vec<std::path::PathBuf> {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path());
        let inner = |path: std::path::PathBuf| if path.is_dir() { files(&path) } else { vec![path] };
        entries.flat_map(inner).filter(|p| p.extension().is_some_and(|e| e == "py")).collect()
    }

    #[test]
    fn tokens_say_what_the_tree_says() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let other = std::env::var_os("PERFMOD_OUTLINES").map(std::path::PathBuf::from);
        let mut compared = 0;
        for folder in ["tests", "transforms", "examples", "src"].map(|f| here.join(f)).into_iter().chain(other) {
            for path in files(&folder) {
                let Ok(source) = Source::read(&path, Language::Python) else { continue };
                if source.root().depth() > MAX_DEPTH {
                    continue;
                }
                compared += 1;
                let lists = |o: &Outline| {
                    let classes = o.classes.iter().map(|c| format!("{c:?}").into()).collect();
                    let told = (
                        o.logs,
                        o.seeds,
                        o.draws,
                        o.reads_main,
                        o.runs_loop,
                        o.hands_transport,
                        &o.search_path,
                        o.bytes,
                    );
                    let rest = vec![format!("{told:?}").into()];
                    [o.methods.clone(), o.properties.clone(), o.imports.clone(), classes, o.replaced.clone(), rest]
                };
                let found = Outline::of(&source).as_ref().map(lists).unwrap_or_default();
                for (at, (found, expected)) in found.into_iter().zip(lists(&of_tree(&source))).enumerate() {
                    let more: Vec<_> = found.iter().filter(|n| !expected.contains(n)).collect();
                    let less: Vec<_> = expected.iter().filter(|n| !found.contains(n)).collect();
                    // The grammar takes `type(x).y = z` for something else.
                    let more = if at == 4 { Vec::new() } else { more };
                    assert!(more.is_empty() && less.is_empty(), "{}: {more:?} {less:?}", path.display());
                }
            }
        }
        assert!(compared > 100, "{compared}");
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(
            text in r#"(def |class |async |for |@|import |from |[a-c(){}\[\]'":;,.=* \t\n]|f'){0,60}"#
        ) {
            Outline::of_text(&text);
        }
    }
}
