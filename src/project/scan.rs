//! What a file's text tells without being parsed: which modules it imports, and whether it holds certain words.
//!
//! Both may name more than is there, for a text in a string looks like a statement; neither misses what is there.

use super::lex::in_name;
use aho_corasick::{AhoCorasick, BuildError, MatchKind};

/// What makes a file one that can matter.
#[derive(Debug)]
pub struct Needles {
    automaton: AhoCorasick,
    modules: Vec<String>,
    /// For each pattern behind the fixed ones: the names that must stand there, with dots between.
    groups: Vec<Vec<String>>,
}

/// Where import statements are, and where a file may add to the folders that it imports from.
const FIXED: [&str; 2] = ["import", "sys.path."];

impl Needles {
    /// A file matters where it imports one of the modules (dotted), something in one or what one lies in, or where it spells
    /// out one of the paths, each given as its names.
    ///
    /// # Errors
    /// Where there are too many words.
    pub fn new(modules: Vec<String>, groups: Vec<Vec<String>>) -> Result<Self, BuildError> {
        let groups: Vec<Vec<String>> = groups.into_iter().filter(|g| !g.is_empty()).collect();
        // The longest word is the rarest.
        let rarest = groups.iter().filter_map(|g| g.iter().max_by_key(|w| w.len()));
        let patterns = FIXED.into_iter().chain(rarest.map(String::as_str));
        // Of words that begin alike, the longest is the one that is there.
        let automaton = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(patterns)?;
        Ok(Self { automaton, modules, groups })
    }

    fn imports_module(&self, path: &str) -> bool {
        self.modules.iter().any(|module| leads(path, module) || leads(module, path))
    }
}

/// Whether a dotted path is another one or lies in it.
pub fn leads(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// What one text tells.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Scan {
    /// Whether it holds what makes a file matter.
    pub hit: bool,
    /// The dotted paths that it imports, with the leading dots of relative ones. `import a.b` gives `a` and `a.b`,
    /// `from a import b` gives `a.b`.
    pub imports: Vec<Box<str>>,
    /// Texts that may be folders which it adds to the search path.
    pub folders: Vec<String>,
}

impl Scan {
    /// Looks through a text.
    pub fn of(text: &[u8], needles: &Needles) -> Self {
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        let mut out = Self::default();
        let mut extends = false;
        for found in needles.automaton.find_iter(text) {
            match found.pattern().as_usize() {
                0 if is_word(text, found.start(), found.end()) => imports_at(text, found.start(), &mut out.imports),
                0 => {}
                1 => extends = true,
                at if !out.hit && is_word(text, found.start(), found.end()) => {
                    // Words that begin alike share a pattern: each group is looked at that may be meant.
                    let word = &text[found.start()..found.end()];
                    let meant = needles.groups.iter().filter(|g| g.iter().any(|w| w.as_bytes() == word));
                    debug_assert!(at >= FIXED.len());
                    out.hit = meant.into_iter().any(|g| has_path(text, g));
                }
                _ => {}
            }
        }
        out.imports.sort_unstable();
        out.imports.dedup();
        out.hit = out.hit || out.imports.iter().any(|path| needles.imports_module(path));
        if extends {
            out.folders = added_folders(&String::from_utf8_lossy(text));
        }
        out
    }
}

fn is_word(text: &[u8], start: usize, end: usize) -> bool {
    !(text.get(end).is_some_and(|b| in_name(*b)) || start > 0 && in_name(text[start - 1]))
}

/// Whether a name occurs, not as a part of another.
pub fn has_word(text: &[u8], word: &[u8]) -> bool {
    let Ok(finder) = AhoCorasick::new([word]) else { return true };
    finder.find_iter(text).any(|m| is_word(text, m.start(), m.end()))
}

/// Whether names occur one after the other with dots between them, on one line or several.
fn has_path(text: &[u8], names: &[String]) -> bool {
    let Some((first, rest)) = names.split_first() else { return true };
    let Ok(finder) = AhoCorasick::new([first]) else { return true };
    finder.find_iter(text).any(|m| {
        let mut reader = Reader { text, at: m.end(), inside: true };
        is_word(text, m.start(), m.end())
            && rest.iter().all(|name| {
                reader.skip();
                let dot = reader.eat(b'.');
                reader.skip();
                dot && reader.name(false) == *name
            })
    })
}

/// The names that follow a dot.
pub fn members(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|b| *b == b'.').skip(1).map(|rest| {
        let end = rest.iter().position(|b| !in_name(*b)).unwrap_or(rest.len());
        &rest[..end]
    })
}

/// Reads the names behind and the module before the word `import`.
fn imports_at(text: &[u8], at: usize, out: &mut Vec<Box<str>>) {
    let module = module_before(text, at);
    let mut reader = Reader { text, at: at + FIXED[0].len(), inside: false };
    reader.skip();
    if reader.eat(b'(') {
        reader.inside = true;
        reader.skip();
    }
    loop {
        let star = module.is_some() && reader.eat(b'*');
        let name = if star { String::new() } else { reader.name(module.is_none()) };
        match &module {
            Some(module) if star => out.push(module.as_str().into()),
            _ if name.is_empty() => return,
            Some(module) => {
                let dot = if module.ends_with('.') { "" } else { "." };
                out.push(format!("{module}{dot}{name}").into());
            }
            None => {
                let ends = name.match_indices('.').map(|(end, _)| end).chain([name.len()]);
                out.extend(ends.map(|end| Box::from(&name[..end])));
            }
        }
        reader.skip();
        let before = reader.at;
        if reader.name(false) == "as" {
            reader.skip();
            reader.name(false);
            reader.skip();
        } else {
            reader.at = before;
        }
        if !reader.eat(b',') {
            return;
        }
        reader.skip();
    }
}

/// The module of `from module import`; `None` for a plain `import`.
fn module_before(text: &[u8], import: usize) -> Option<String> {
    let skip = |mut at: usize| {
        while at > 0 && matches!(text[at - 1], b' ' | b'\t' | b'\\' | b'\n' | b'\r' | 0x0c) {
            // The end of a line counts as a space only behind a backslash.
            let ends = matches!(text[at - 1], b'\n' | b'\r');
            if ends && !text[..at].trim_ascii_end().ends_with(b"\\") {
                break;
            }
            at -= 1;
        }
        at
    };
    let end = skip(import);
    let mut start = end;
    while start > 0 && (in_name(text[start - 1]) || text[start - 1] == b'.') {
        start -= 1;
    }
    let module = String::from_utf8_lossy(&text[start..end]).into_owned();
    // `from.a import b`
    if let Some(relative) = module.strip_prefix("from.") {
        return Some(format!(".{relative}"));
    }
    let before = skip(start);
    let from = text[..before].ends_with(b"from") && is_word(text, before - 4, before);
    (from && !module.is_empty()).then_some(module)
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    /// Between parentheses, where lines and comments do not count.
    inside: bool,
}

impl Reader<'_> {
    fn skip(&mut self) {
        while let Some(byte) = self.text.get(self.at) {
            match byte {
                b' ' | b'\t' | 0x0c => self.at += 1,
                b'\\' if matches!(self.text.get(self.at + 1), Some(b'\n' | b'\r')) => {
                    self.at += 2;
                    self.at += usize::from(self.text.get(self.at) == Some(&b'\n'));
                }
                b'\n' | b'\r' if self.inside => self.at += 1,
                b'#' if self.inside => {
                    self.at +=
                        self.text[self.at..].iter().position(|b| *b == b'\n').unwrap_or(self.text.len() - self.at);
                }
                _ => return,
            }
        }
    }

    fn eat(&mut self, byte: u8) -> bool {
        let there = self.text.get(self.at) == Some(&byte);
        self.at += usize::from(there);
        there
    }

    fn name(&mut self, dotted: bool) -> String {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let end = rest.iter().position(|b| !(in_name(*b) || dotted && *b == b'.')).unwrap_or(rest.len());
        self.at += end;
        String::from_utf8_lossy(&rest[..end]).trim_matches('.').to_string()
    }
}

/// The texts in quotes close behind `path.append(` and `path.insert(`.
fn added_folders(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    for call in ["path.append", "path.insert"] {
        for (at, _) in text.match_indices(call) {
            let near: String = text[at..].chars().take(400).collect();
            for quote in ['"', '\''] {
                out.extend(
                    near.split(quote).skip(1).filter(|t| !t.is_empty() && !t.contains('\n')).map(str::to_string),
                );
            }
        }
    }
    out.sort_unstable();
    out.dedup();
    out
}

/// The lines of a text that import something, with those that a parenthesis draws in.
pub fn import_lines(text: &str) -> impl Iterator<Item = &str> {
    let mut open = false;
    text.lines().filter(move |line| {
        let import = line.contains("import");
        let counts = import || open;
        if import {
            let behind = line.split("import").last().unwrap_or_default().trim_start();
            open = behind.starts_with('(') && !behind.contains(')');
        } else if open {
            open = !line.contains(')');
        }
        counts
    })
}

/// The names in a line.
pub fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|w| !w.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(text: &str) -> Scan {
        let word = |w: &str| w.split('.').map(str::to_string).collect::<Vec<_>>();
        let modules = vec!["requests".to_string(), "urllib.request".to_string()];
        Scan::of(
            text.as_bytes(),
            &Needles::new(modules, vec![word("chat.completions.create"), word("chat.completion")]).unwrap(),
        )
    }

    #[test]
    fn imports_are_read_as_they_are_spelled() {
        for (text, expected) in [
            ("import a", &["a"][..]),
            ("import a.b as c, d; import e", &["a", "a.b", "d", "e"]),
            ("import a, \\\n  b\nx = c", &["a", "b"]),
            ("from a import b", &["a.b"]),
            ("from a.b import c as d, e", &["a.b.c", "a.b.e"]),
            ("from . import x\nfrom .a import y\nfrom ..b.c import(z)", &["..b.c.z", ".a.y", ".x"]),
            ("from.a import b\nfrom .import c", &[".a.b", ".c"]),
            ("from a import (  # why\n    b,\n    c as d,  # that\n)\ne = 1", &["a.b", "a.c"]),
            ("from a \\\n    import b", &["a.b"]),
            ("from a import *\nfrom . import *", &[".", "a"]),
            ("if x: import a\ntry: from b import c\nexcept: pass", &["a", "b.c"]),
            ("reimport x\nimportlib.import_module('a')\nimported = 1", &[]),
            ("x = 1\nimport a\r\nimport b\r\n", &["a", "b"]),
            ("\u{feff}import a", &["a"]),
            ("import \u{e4}.b", &["\u{e4}", "\u{e4}.b"]),
            ("import", &[]),
            ("yield from x\nimport y", &["y"]),
        ] {
            let found = scan(text);
            assert_eq!(found.imports.iter().map(|p| &**p).collect::<Vec<_>>(), expected, "{text}");
        }
    }

    #[test]
    fn a_file_matters_for_what_it_imports_or_for_a_method_that_it_spells_out() {
        for text in [
            "import requests",
            "from requests import get",
            "import requests.sessions",
            "import urllib",
            "from urllib import request as r",
            "from urllib.request import urlopen",
            "client.chat\\\n.completions.create(x)",
            "(x.chat  # why\n  .completions\n  .create)",
            "self.chat.completion(x)",
        ] {
            assert!(scan(text).hit, "{text}");
        }
        for text in [
            "requests = 1",
            "import my_requests",
            "from urllib.parse import quote",
            "x.completions.create()",
            "chats.completion",
            "completions = chat\ncreate()",
        ] {
            assert!(!scan(text).hit, "{text}");
        }
    }

    #[test]
    fn folders_of_the_search_path_are_seen() {
        let found = scan("import sys\nsys.path.insert(0, '../lib')\nsys.path.append(\"x\")").folders;
        assert!(["../lib", "x"].iter().all(|f| found.iter().any(|g| g == f)), "{found:?}");
        assert!(scan("import sys\nprint('a')").folders.is_empty());
    }

    #[test]
    fn lines_that_import_include_what_parentheses_draw_in() {
        let text = "import a\nb = 1\nfrom c import (\n    d,\n    e)\nf = 2\nimportlib.import_module('g')\n";
        let words: Vec<&str> = import_lines(text).flat_map(words).collect();
        assert_eq!(words, ["import", "a", "from", "c", "import", "d", "e", "importlib", "import_module", "g"]);
    }

    #[test]
    fn names_behind_dots_are_listed() {
        let found: Vec<&[u8]> = members(b"a.b(c.d_1, 1.5).e").collect();
        assert_eq!(found, [&b"b"[..], b"d_1", b"5", b"e"]);
    }
}
