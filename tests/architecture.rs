//! The house stands: a room imports only from the rooms below it, and what `docs/architecture.md` promises of the tree
//! holds. The checker works on texts, so that it can be shown a house that is wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The rooms from the roof to the ground. A room imports only from those behind it.
const FLOORS: [&str; 14] = [
    "cli", "serve", "engine", "report", "profile", "validate", "apply", "recipe", "rewrite", "model", "catalog",
    "syntax", "project", "facts",
];

/// Longer files are split.
const MAX_LINES: usize = 900;

/// Files that are still longer, each with a bound of its own. An entry that is no longer needed fails the test.
const LONG: [(&str, usize); 0] = [];

/// What belongs to one language and must not be known where the rest of the house is spoken of.
const FRONT_ENDS: [&str; 4] = ["syntax", "tree_sitter", "model::python", "model::rust"];

/// A file below `src/`, its path with `/`.
type File = (String, String);

fn house() -> Vec<File> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut pending = vec![root.clone()];
    let mut out = Vec::new();
    while let Some(folder) = pending.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                pending.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let relative = path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
                out.push((relative, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    out.sort();
    assert!(out.len() > 50, "the house was not found");
    out
}

/// The text with the contents of comments, strings and character literals left out; lines keep their numbers.
fn code_of(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < bytes.len() {
        let rest = &text[at..];
        let before = if at == 0 { b' ' } else { bytes[at - 1] };
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            block_comment(rest)
        } else if rest.starts_with('r') && !before.is_ascii_alphanumeric() && before != b'_' {
            raw_string(rest)
        } else if rest.starts_with('"') {
            string(rest)
        } else if rest.starts_with('\'') {
            character(rest)
        } else {
            0
        };
        if length == 0 {
            let c = rest.chars().next().unwrap();
            out.push(c);
            at += c.len_utf8();
        } else {
            out.extend(rest[..length].chars().filter(|c| *c == '\n'));
            out.push(' ');
            at += length;
        }
    }
    out
}

fn block_comment(rest: &str) -> usize {
    let mut depth = 0usize;
    let mut at = 0;
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest[at..].chars().next().unwrap().len_utf8();
        }
    }
    rest.len()
}

fn raw_string(rest: &str) -> usize {
    let hashes = rest[1..].bytes().take_while(|b| *b == b'#').count();
    if !rest[1 + hashes..].starts_with('"') {
        return 0;
    }
    let end = format!("\"{}", "#".repeat(hashes));
    let body = 2 + hashes;
    rest[body..].find(&end).map_or(rest.len(), |at| body + at + end.len())
}

fn string(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// `'x'` and `'\n'`, but not the lifetime `'x`.
fn character(rest: &str) -> usize {
    let mut chars = rest.char_indices().skip(1);
    match chars.next() {
        Some((_, '\\')) => rest[3..].find('\'').map_or(0, |at| at + 4),
        Some(_) => chars.next().filter(|(_, c)| *c == '\'').map_or(0, |(at, _)| at + 1),
        None => 0,
    }
}

/// Words and signs of a code text, each with its line.
fn tokens(code: &str) -> Vec<(usize, &str)> {
    let mut out = Vec::new();
    let mut line = 1;
    let mut chars = code.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '\n' => line += 1,
            c if c.is_whitespace() => {}
            c if c.is_alphanumeric() || c == '_' => {
                let mut end = at + c.len_utf8();
                while let Some((next, c)) = chars.peek().copied().filter(|(_, c)| c.is_alphanumeric() || *c == '_') {
                    end = next + c.len_utf8();
                    chars.next();
                }
                out.push((line, &code[at..end]));
            }
            ':' if code[at..].starts_with("::") => {
                chars.next();
                out.push((line, "::"));
            }
            c => out.push((line, &code[at..at + c.len_utf8()])),
        }
    }
    out
}

/// The rooms that a file names: `crate::room`, `crate::{room, …}`, and as many `super::` as lead to the crate's root.
fn imports(path: &str, text: &str) -> Vec<(usize, String)> {
    let depth = path.trim_end_matches("/mod.rs").trim_end_matches(".rs").split('/').count();
    let code = code_of(text);
    let tokens = tokens(&code);
    let word = |at: usize| tokens.get(at).map_or("", |(_, t)| *t);
    let mut out = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let mut next = at;
        let root = if word(at) == "crate" && word(at + 1) == "::" {
            next += 2;
            true
        } else {
            let mut supers = 0;
            while word(next) == "super" && word(next + 1) == "::" {
                supers += 1;
                next += 2;
            }
            supers > 0 && supers >= depth
        };
        if root {
            for (line, name) in first_parts(&tokens, next) {
                // `super::` inside a module of the same file stays in the room.
                if word(at) == "crate" || FLOORS.contains(&name) {
                    out.push((line, name.to_string()));
                }
            }
        }
        at = next.max(at + 1);
    }
    out
}

/// The first segments of a path or of a group of paths.
fn first_parts<'t>(tokens: &[(usize, &'t str)], at: usize) -> Vec<(usize, &'t str)> {
    let Some(&(line, first)) = tokens.get(at) else { return Vec::new() };
    if first != "{" {
        return vec![(line, first)];
    }
    let mut out = Vec::new();
    let mut depth = 0usize;
    let mut begins = false;
    for &(line, token) in &tokens[at..] {
        match token {
            "{" => {
                depth += 1;
                begins = depth == 1;
            }
            "}" => {
                depth -= 1;
                if depth == 0 {
                    break;
                }
            }
            "," => begins = depth == 1,
            name => {
                if begins {
                    out.push((line, name));
                }
                begins = false;
            }
        }
    }
    out
}

/// Everything that is wrong with the floors of a house.
fn floors(house: &[File]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut doors: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let names: BTreeSet<&str> = house.iter().filter_map(|(path, _)| room_of(path)).collect();
    for (path, text) in house {
        let Some(room) = room_of(path) else { continue };
        let Some(floor) = FLOORS.iter().position(|f| *f == room) else {
            wrong.push(format!("src/{path}: `{room}` is on no floor; give it one in tests/architecture.rs"));
            continue;
        };
        for (line, other) in imports(path, text) {
            if other == room {
                continue;
            }
            if names.contains(other.as_str()) {
                doors.entry(room.to_string()).or_default().insert(other.clone());
            }
            match FLOORS.iter().position(|f| *f == other) {
                Some(below) if below > floor => {}
                Some(_) => wrong.push(format!("src/{path}:{line}: `{room}` imports from `{other}`, which is above it")),
                None => wrong.push(format!("src/{path}:{line}: `crate::{other}` is no room")),
            }
        }
    }
    wrong.extend(circle(&doors));
    wrong
}

/// The room of a file; none for the crate's own two.
fn room_of(path: &str) -> Option<&str> {
    match path.split_once('/') {
        Some((room, _)) => Some(room),
        None => path.strip_suffix(".rs").filter(|name| !matches!(*name, "main" | "lib")),
    }
}

/// A way from a room back to itself.
fn circle(doors: &BTreeMap<String, BTreeSet<String>>) -> Option<String> {
    doors.keys().find_map(|start| {
        let mut pending = vec![vec![start.clone()]];
        let mut seen = BTreeSet::new();
        while let Some(way) = pending.pop() {
            for next in doors.get(&way[way.len() - 1]).into_iter().flatten() {
                let mut longer = way.clone();
                longer.push(next.clone());
                if next == start {
                    return Some(format!("a circle: {}", longer.join(" -> ")));
                }
                if seen.insert(next.clone()) {
                    pending.push(longer);
                }
            }
        }
        None
    })
}

/// Every folder opens with what it is for.
fn introductions(house: &[File]) -> Vec<String> {
    let mut wrong = Vec::new();
    let folders: BTreeSet<&str> = house.iter().filter_map(|(path, _)| path.rsplit_once('/')).map(|(f, _)| f).collect();
    for folder in folders {
        match house.iter().find(|(path, _)| *path == format!("{folder}/mod.rs")) {
            None => wrong.push(format!("src/{folder} has no mod.rs")),
            Some((path, text))
                if text.lines().next().is_none_or(|l| l.trim_end().len() < 10 || !l.starts_with("//! ")) =>
            {
                wrong.push(format!("src/{path} does not begin with what the room is for (`//! …`)"));
            }
            Some(_) => {}
        }
    }
    wrong
}

fn lengths(house: &[File], long: &[(&str, usize)]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (path, text) in house {
        let lines = text.lines().count();
        let own = long.iter().find(|(p, _)| p == path).map(|(_, bound)| *bound);
        if lines > own.unwrap_or(MAX_LINES) {
            wrong.push(format!("src/{path} has {lines} lines, more than {}", own.unwrap_or(MAX_LINES)));
        }
    }
    for (path, bound) in long {
        if !house.iter().any(|(p, text)| p == path && text.lines().count() > MAX_LINES) {
            wrong.push(format!("src/{path} needs its bound of {bound} lines no longer; remove it from the list"));
        }
    }
    wrong
}

/// The facts and the pipeline know no language.
fn languages(house: &[File]) -> Vec<String> {
    let mut wrong = Vec::new();
    let free = |path: &str| path.starts_with("facts/") || path == "model/pipeline.rs";
    for (path, text) in house.iter().filter(|(path, _)| free(path)) {
        let code = code_of(text);
        let joined: Vec<&str> = tokens(&code).into_iter().map(|(_, t)| t).collect();
        let joined = format!(" {} ", joined.join(" "));
        for name in FRONT_ENDS {
            if joined.contains(&format!(" {} ", name.replace("::", " :: "))) {
                wrong.push(format!("src/{path} mentions `{name}`"));
            }
        }
        for (line, other) in imports(path, text) {
            if matches!(other.as_str(), "syntax" | "project") {
                wrong.push(format!("src/{path}:{line}: what knows no language imports from `{other}`"));
            }
        }
    }
    wrong
}

/// What keeps a test out of the core lane: the one mark that `cargo test -- --ignored` turns round.
const LATER: &str = r#"#[cfg_attr(not(feature = "full"), ignore = "the full lane")]"#;

/// The two lanes are built once: `full` leaves nothing out of the tests' programs, it only says which tests run by
/// themselves, and no test is left out for another reason.
fn lanes(tests: &[File]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (path, text) in tests {
        for (at, line) in text.lines().enumerate() {
            let rest = line.replace(LATER, "");
            let of_the_feature = rest.contains("feature = \"full\"") && rest.contains("#[cfg(");
            let left_out = rest.trim_start().starts_with("#[ignore") || rest.contains("ignore = \"");
            if of_the_feature || left_out || rest.trim_start().starts_with("#![cfg(") && rest.contains("\"full\"") {
                wrong.push(format!("{path}:{}: write {LATER}", at + 1));
            }
        }
    }
    wrong
}

#[track_caller]
fn holds(wrong: Vec<String>) {
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn a_room_imports_only_from_rooms_below_it() {
    holds(floors(&house()));
}

#[test]
fn every_folder_opens_with_what_it_is_for() {
    holds(introductions(&house()));
}

#[test]
fn no_file_is_too_long() {
    holds(lengths(&house(), &LONG));
}

#[test]
fn the_facts_and_the_pipeline_know_no_language() {
    let house = house();
    assert!(house.iter().any(|(path, _)| path == "model/pipeline.rs"), "the pipeline was not found");
    holds(languages(&house));
}

#[test]
fn the_full_lane_is_what_the_core_lane_leaves_out() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let read = |path: std::path::PathBuf| {
        (path.strip_prefix(&tests).unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(&path).unwrap())
    };
    let in_folder = |folder: &Path| -> Vec<std::path::PathBuf> {
        let all = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        all.filter(|path| path.extension().is_some_and(|end| end == "rs")).collect()
    };
    let mut files = in_folder(&tests);
    std::fs::read_dir(&tests)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .for_each(|folder| files.extend(in_folder(&folder)));
    // This file has the mark in its text.
    let files: Vec<File> = files.into_iter().map(read).filter(|(path, _)| path != "architecture.rs").collect();
    assert!(files.iter().filter(|(_, text)| text.contains(LATER)).count() > 5, "the full lane was not found");
    holds(lanes(&files));

    let after = made_up(&[("a.rs", &format!("#[test]\n{LATER}\nfn f() {{}}"))]);
    assert!(lanes(&after).is_empty());
    for before in [
        "#[cfg(feature = \"full\")]\nmod full {}",
        "#![cfg(all(unix, feature = \"full\"))]",
        "#[test]\n#[ignore]\nfn f() {}",
        "#[test]\n#[ignore = \"slow\"]\nfn f() {}",
        "#[cfg_attr(windows, ignore = \"slow\")]",
    ] {
        assert_eq!(lanes(&made_up(&[("a.rs", before)])).len(), 1, "{before}");
    }
}

fn made_up(files: &[(&str, &str)]) -> Vec<File> {
    files.iter().map(|(path, text)| (path.to_string(), text.to_string())).collect()
}

#[test]
fn a_house_that_is_wrong_is_told_so() {
    let wrong = floors(&made_up(&[
        ("main.rs", "fn main() { perfmod::cli::main() }"),
        ("lib.rs", "pub mod cli; pub use crate::facts::Site;"),
        ("facts/mod.rs", "//! Words.\nuse crate::{model::Pipeline, facts::Site};\n"),
        (
            "model/mod.rs",
            "//! Model.\n// crate::engine is only spoken of\nconst A: &str = \"crate::cli\";\nuse crate::facts::Site;\n",
        ),
        (
            "syntax/python/mod.rs",
            "//! P.\nfn f<'a>(x: &'a str) -> char { crate :: cli :: f(x); '\"' }\nuse super::super::engine::Engine;\nuse super::source;\n",
        ),
        ("attic/mod.rs", "//! Not on the plan.\n"),
        ("engine/mod.rs", "//! E.\nuse crate::cellar::x;\nuse crate::{facts::{self, Site}, apply, report as told};\n"),
    ]));
    let expected = [
        "src/facts/mod.rs:2: `facts` imports from `model`, which is above it",
        "src/syntax/python/mod.rs:2: `syntax` imports from `cli`, which is above it",
        "src/syntax/python/mod.rs:3: `syntax` imports from `engine`, which is above it",
        "src/attic/mod.rs: `attic` is on no floor; give it one in tests/architecture.rs",
        "src/engine/mod.rs:2: `crate::cellar` is no room",
        "a circle: facts -> model -> facts",
    ];
    assert_eq!(wrong, expected);
}

#[test]
fn other_mistakes_are_told_too() {
    let house = made_up(&[
        ("facts/mod.rs", "use tree_sitter::Node;\n"),
        ("facts/site.rs", "//! S. Not model::python.\n"),
        ("model/pipeline.rs", "use super::python::File; use crate::model::python; use crate::syntax::Source;\n"),
        ("model/python/loops.rs", "x\n"),
        ("model/mod.rs", "//! Fine it is.\n"),
        ("engine/mod.rs", &format!("//! Long it is.\n{}", "\n".repeat(MAX_LINES))),
    ]);
    assert_eq!(
        introductions(&house),
        ["src/facts/mod.rs does not begin with what the room is for (`//! …`)", "src/model/python has no mod.rs"]
    );
    assert_eq!(
        lengths(&house, &[("model/python/loops.rs", 1100)]),
        [
            "src/engine/mod.rs has 901 lines, more than 900",
            "src/model/python/loops.rs needs its bound of 1100 lines no longer; remove it from the list"
        ]
    );
    assert_eq!(
        languages(&house),
        [
            "src/facts/mod.rs mentions `tree_sitter`",
            "src/model/pipeline.rs mentions `syntax`",
            "src/model/pipeline.rs mentions `model::python`",
            "src/model/pipeline.rs:1: what knows no language imports from `syntax`"
        ]
    );
}

#[test]
fn paths_are_read_out_of_code_alone() {
    let text = "use crate::{a::{b, c}, d as e,};\nlet x = r#\"crate::f \"# ; /* crate::g /* */ crate::h */ let c = '\\'';\ncrate::i!();";
    let found: Vec<(usize, String)> = imports("cli/x.rs", text);
    assert_eq!(found, [(1, "a".to_string()), (1, "d".into()), (3, "i".into())]);
}
