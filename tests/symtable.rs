//! The names of the model against the interpreter's own: over a whole standard library, the same scopes, the same names
//! in each, and the same answer to what each name means.
//!
//! `tests/symtable/dump.py` prints what the module `symtable` knows; here the model's view is put in the same words.
//! `PERFMOD_TEST_PYTHON` chooses another interpreter than the `python3` of the path. Tried with 3.9 to 3.13: 3.8 counts
//! the lines inside some f-strings wrongly, and what 3.14 says of annotations is not put into the same words yet.

#![allow(clippy::print_stderr, reason = "what was measured is part of a test's output")]

use perfmod::model::python::names::{Bound, Names, ScopeId, ScopeKind};
use perfmod::syntax::{Language, Node, Source, span};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

const SPELLED: &str = "Python normalises names outside ASCII (NFKC); the model keeps them as they are spelled";
const RENAMED: &str = "the model does not know that `_C__name` spelled out is `__name` in `class C`";

/// Where the model is known to differ: the end of the file's path, a part of the scope's path, the names, and why.
const KNOWN: [(&str, &str, &[&str], &str); 6] = [
    ("test/test_unicode_identifiers.py", "test_valid", &["\u{b5}", "\u{3bc}"], SPELLED),
    ("test/test_unicode_identifiers.py", "test_non_bmp_normalized", &["𝔘𝔫𝔦𝔠𝔬𝔡𝔢", "Unicode"], SPELLED),
    ("test/test_traceback.py", "test_byte_offset_multiline", &["ｗｗｗ", "ｔｈ", "www", "th"], SPELLED),
    ("test/test_traceback.py", "test_byte_offset_with_wide_characters", &["ｗｉｄｔｈ", "width"], SPELLED),
    ("test/test_named_expressions.py", "test_named_expression_scope_mangled_names", &["_Foo__x1"], RENAMED),
    ("test/test_traceback.py", "test_wide_characters_unicode", &["ｗｉｄｔｈ", "width"], SPELLED),
];

fn python() -> String {
    std::env::var("PERFMOD_TEST_PYTHON").unwrap_or_else(|_| "python3".to_string())
}

/// What was counted over a list of files.
#[derive(Default)]
struct Tally {
    files: usize,
    skipped: Vec<String>,
    scopes: usize,
    symbols: usize,
    bytes: usize,
    time: Duration,
    slowest: (Duration, String),
    differences: Vec<String>,
    known: BTreeSet<usize>,
}

impl Tally {
    fn add(&mut self, other: Tally) {
        self.files += other.files;
        self.skipped.extend(other.skipped);
        self.scopes += other.scopes;
        self.symbols += other.symbols;
        self.bytes += other.bytes;
        self.time += other.time;
        self.slowest = std::mem::take(&mut self.slowest).max(other.slowest);
        self.differences.extend(other.differences);
        self.known.extend(other.known);
    }

    fn compare(&mut self, path: &str, theirs: &[String]) {
        self.files += 1;
        if let Some(why) = theirs.first().and_then(|l| l.strip_prefix("SKIP ")) {
            self.skipped.push(format!("{path}: Python: {why}"));
            return;
        }
        let source = match Source::read(Path::new(path), Language::Python) {
            Ok(source) => source,
            Err(e) => return self.skipped.push(format!("{path}: perfmod: {e}")),
        };
        let begun = Instant::now();
        let names = Names::of(&source);
        let spent = begun.elapsed();
        self.time += spent;
        self.bytes += source.text.len();
        self.slowest = std::mem::take(&mut self.slowest).max((spent, path.to_string()));
        let ours = view(&source, &names);
        self.scopes += theirs.len();
        self.symbols += theirs.iter().map(|l| l.matches('\t').count()).sum::<usize>();
        let mut theirs: Vec<&str> = theirs.iter().map(String::as_str).collect();
        theirs.sort_unstable();
        if ours != theirs {
            self.differ(path, &ours, &theirs);
        }
    }

    /// Breaks lines that differ down to names.
    fn differ(&mut self, path: &str, ours: &[String], theirs: &[&str]) {
        let mut count: BTreeMap<(&str, &str), isize> = BTreeMap::new();
        for (line, one) in ours.iter().map(|l| (l.as_str(), 1)).chain(theirs.iter().map(|l| (*l, -1))) {
            let scope = line.split('\t').next().unwrap();
            for symbol in line.split('\t').skip(1).chain(["(scope)"]) {
                *count.entry((scope, symbol)).or_default() += one;
            }
        }
        let before = self.differences.len();
        let mut listed = false;
        for ((scope, symbol), n) in count.into_iter().filter(|(_, n)| *n != 0) {
            let name = symbol.split(' ').next().unwrap();
            let known = KNOWN.iter().position(|k| path.ends_with(k.0) && scope.contains(k.1) && k.2.contains(&name));
            match known {
                Some(at) => {
                    self.known.insert(at);
                    listed = true;
                }
                None => {
                    let who = if n > 0 { "perfmod" } else { "Python" };
                    self.differences.push(format!("{path}: {scope}: only {who} has: {symbol}"));
                }
            }
        }
        if before == self.differences.len() && !listed {
            self.differences.push(format!("{path}: scopes of one line hold each other's names"));
        }
    }
}

/// What is known of one name in one scope.
#[derive(Default, Clone)]
struct Symbol {
    /// As it is spelled.
    name: String,
    parameter: bool,
    imported: bool,
    assigned: bool,
    read: bool,
    nonlocal: bool,
}

/// The name under which Python stores one that stands in a scope.
fn stored(source: &Source, names: &Names<'_>, scope: ScopeId, name: &str) -> String {
    if !name.starts_with("__") || name.ends_with("__") {
        return name.to_string();
    }
    let mut at = Some(scope);
    while let Some(id) = at {
        let s = names.scope(id);
        let generic = s.node.parent().filter(|p| p.kind() == "class_definition" && s.bindings.contains_key(name));
        let class = if s.kind == ScopeKind::Class { Some(s.node) } else { generic };
        if let Some(class) = class {
            let class = source.of(class.child_by_field_name("name").unwrap()).trim_start_matches('_');
            return if class.is_empty() { name.to_string() } else { format!("_{class}{name}") };
        }
        at = s.parent;
    }
    name.to_string()
}

fn label(source: &Source, names: &Names<'_>, id: ScopeId) -> String {
    let scope = names.scope(id);
    let line = source.line(span(scope.node).start);
    let named = |node: Node<'_>| node.child_by_field_name("name").map_or("?", |n| source.of(n)).to_string();
    match scope.kind {
        ScopeKind::Module => "module top 0".to_string(),
        ScopeKind::Class => format!("class {} {line}", named(scope.node)),
        ScopeKind::Function if scope.node.kind() == "lambda" => format!("function lambda {line}"),
        ScopeKind::Function => format!("function {} {line}", named(scope.node)),
        ScopeKind::Comprehension => format!("comprehension {line}"),
        ScopeKind::Annotation => format!("annotation {line}"),
    }
}

/// The model's view in the words of `dump.py`, sorted.
fn view(source: &Source, names: &Names<'_>) -> Vec<String> {
    let mut symbols: Vec<HashMap<String, Symbol>> = names.scopes().map(|_| HashMap::new()).collect();
    let mut cells = HashSet::new();
    let mut at = |scope: ScopeId, key: String, name: &str, set: &dyn Fn(&mut Symbol)| {
        let symbol = symbols[scope.0].entry(key).or_default();
        symbol.name = name.to_string();
        set(symbol);
    };
    for (name, read) in names.reads() {
        // Python does not count `x` in `x += 1` as a read.
        let augmented = read.node.parent().is_some_and(|p| {
            p.kind() == "augmented_assignment" && p.child_by_field_name("left").is_some_and(|l| l == read.node)
        });
        if !augmented {
            at(read.scope, stored(source, names, read.scope, name), name, &|s| s.read = true);
        }
    }
    for (id, scope) in names.scopes() {
        for (name, bindings) in &scope.bindings {
            for b in bindings {
                let stands = names.scope_at(b.node);
                at(stands, stored(source, names, stands, name), name, &|s| match b.bound {
                    Bound::Parameter(_) => s.parameter = true,
                    Bound::Import => s.imported = true,
                    _ => s.assigned = true,
                });
                // Python counts `:=` in a comprehension as an assignment of both scopes.
                if let Some(walrus) = b.node.parent().filter(|p| p.kind() == "named_expression") {
                    let inner = names.scope_at(walrus);
                    if inner != stands {
                        at(inner, stored(source, names, inner, name), name, &|s| {
                            s.assigned = true;
                            s.nonlocal = names.is_free(inner, name);
                        });
                    }
                }
            }
        }
        for name in &scope.globals {
            let key = stored(source, names, id, name);
            at(names.module(), key.clone(), name, &|_| {});
            at(id, key, name, &|_| {});
        }
        for name in &scope.nonlocals {
            at(id, stored(source, names, id, name), name, &|s| s.nonlocal = true);
        }
        for name in names.free(id) {
            assert!(names.is_free(id, name));
            at(id, stored(source, names, id, name), name, &|_| {});
            cells.insert((names.resolve(id, name).unwrap(), name.to_string()));
        }
    }
    let labels: Vec<String> = names.scopes().map(|(id, _)| label(source, names, id)).collect();
    let mut paths: Vec<String> = Vec::new();
    let mut lines = Vec::new();
    for (id, scope) in names.scopes() {
        let path = match scope.parent {
            Some(parent) => format!("{}/{}", paths[parent.0], labels[id.0]),
            None => labels[id.0].clone(),
        };
        let mut out: Vec<String> = symbols[id.0]
            .iter()
            .map(|(key, s)| {
                let marks: String =
                    [(s.parameter, 'P'), (s.imported, 'I'), (s.assigned, 'A'), (s.read, 'R'), (s.nonlocal, 'N')]
                        .iter()
                        .filter_map(|(is, mark)| is.then_some(*mark))
                        .collect();
                let home = names.resolve(id, &s.name);
                let lifted = scope.kind == ScopeKind::Comprehension && s.assigned && home == Some(names.module());
                let word = match home {
                    _ if id == names.module() => "module",
                    _ if scope.globals.contains(&s.name) || lifted => "global",
                    Some(home) if home == id => match cells.contains(&(id, s.name.clone())) {
                        true if scope.kind != ScopeKind::Class => "cell",
                        _ => "local",
                    },
                    Some(home) if home == names.module() => "implicit",
                    Some(_) => "free",
                    None => "implicit",
                };
                let home = home.map_or("-", |h| labels[h.0].as_str());
                format!("{key} {} {word} {home}", if marks.is_empty() { "." } else { &marks })
            })
            .collect();
        out.sort_unstable();
        out.insert(0, path.clone());
        lines.push(out.join("\t"));
        paths.push(path);
    }
    lines.sort_unstable();
    lines
}

/// Asks Python about some files and compares while it goes on.
fn compare(files: &[PathBuf]) -> Tally {
    let mut child = Command::new(python())
        .args(["-X", "utf8", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/symtable/dump.py")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python starts");
    let list: String = files.iter().map(|f| format!("{}\n", f.display())).collect();
    // It reads all names before it writes anything.
    child.stdin.take().unwrap().write_all(list.as_bytes()).unwrap();
    let mut tally = Tally::default();
    let mut current: Option<(String, Vec<String>)> = None;
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.expect("UTF-8");
        if let Some(path) = line.strip_prefix("FILE ") {
            if let Some((path, lines)) = current.replace((path.to_string(), Vec::new())) {
                tally.compare(&path, &lines);
            }
        } else if let Some((_, lines)) = &mut current {
            lines.push(line);
        }
    }
    if let Some((path, lines)) = current {
        tally.compare(&path, &lines);
    }
    assert!(child.wait().unwrap().success(), "dump.py failed");
    assert_eq!(tally.files, files.len());
    tally
}

fn standard_library() -> Vec<PathBuf> {
    let asked = Command::new(python())
        .args(["-c", "import sysconfig; print(sysconfig.get_paths()['stdlib'])"])
        .output()
        .expect("Python starts");
    let mut files = Vec::new();
    let mut pending = vec![PathBuf::from(String::from_utf8(asked.stdout).unwrap().trim())];
    while let Some(dir) = pending.pop() {
        for entry in fs::read_dir(dir).unwrap().filter_map(Result::ok) {
            let path = entry.path();
            if path.is_dir() && entry.file_name() != "site-packages" && entry.file_name() != "dist-packages" {
                pending.push(path);
            } else if path.extension().is_some_and(|e| e == "py") {
                files.push(path);
            }
        }
    }
    files.sort_by_key(|f| std::cmp::Reverse(fs::metadata(f).map_or(0, |m| m.len())));
    files
}

/// Whether the interpreter is one whose tables `dump.py` understands.
fn understood() -> bool {
    let asked = Command::new(python()).args(["-c", "import sys; print(sys.version_info[1])"]).output();
    let minor = String::from_utf8(asked.expect("Python starts").stdout).unwrap();
    minor.trim().parse().is_ok_and(|minor: u32| (9..=13).contains(&minor))
}

#[test]
fn every_name_of_the_standard_library_means_what_python_says() {
    if !understood() {
        return eprintln!("not compared: only Python 3.9 to 3.13 are understood; set PERFMOD_TEST_PYTHON");
    }
    let begun = Instant::now();
    let files = standard_library();
    assert!(files.len() > 500, "{} files", files.len());
    let workers = thread::available_parallelism().map_or(2, |n| n.get().min(8));
    let mut total = Tally::default();
    thread::scope(|scope| {
        let running: Vec<_> = (0..workers)
            .map(|n| {
                let own: Vec<PathBuf> = files.iter().skip(n).step_by(workers).cloned().collect();
                // The walk recurses, and a debug build's frames are large.
                thread::Builder::new().stack_size(256 << 20).spawn_scoped(scope, move || compare(&own)).unwrap()
            })
            .collect();
        for worker in running {
            total.add(worker.join().expect("no file makes it panic"));
        }
    });
    eprintln!(
        "{} files, {} skipped, {} scopes, {} names; names of {:.1} MB in {:?}: {:.0} ms per MB, slowest {} in {:?}; {:?} in all",
        total.files,
        total.skipped.len(),
        total.scopes,
        total.symbols,
        total.bytes as f64 / 1e6,
        total.time,
        total.time.as_secs_f64() * 1e9 / total.bytes as f64,
        total.slowest.1,
        total.slowest.0,
        begun.elapsed(),
    );
    for skipped in &total.skipped {
        eprintln!("skipped {skipped}");
    }
    for (file, scope, names, why) in total.known.iter().map(|at| KNOWN[*at]) {
        eprintln!("known: {file}, {scope}, {names:?}: {why}");
    }
    let shown: Vec<&str> = total.differences.iter().take(60).map(String::as_str).collect();
    assert!(shown.is_empty(), "{} differences:\n{}", total.differences.len(), shown.join("\n"));
    assert!(total.scopes > 50_000 && total.symbols > 250_000, "only a part was compared");
    assert!(total.skipped.len() * 50 < total.files, "{} of {} files skipped", total.skipped.len(), total.files);
}
