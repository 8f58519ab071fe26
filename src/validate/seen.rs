//! What the program's own process saw, as the start-up hook leaves it; and which lines two versions do not share.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use similar::{ChangeTag, TextDiff};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
};

/// Bytes of what a run saw that are read.
const MAX_SEEN: u64 = 64 * 1024 * 1024;
/// Bytes of a file in which changed lines are looked for.
const MAX_TEXT: u64 = 1024 * 1024;

/// What the hook is to look at.
#[derive(Serialize)]
pub(super) struct Asked<'a> {
    /// Changed lines by file.
    pub files: &'a BTreeMap<String, Vec<usize>>,
    /// Note which changed lines run.
    pub trace: bool,
    /// Note also what the functions around them give back.
    pub calls: bool,
    /// Write down variables at the end.
    pub values: bool,
    /// Real seconds that a sleep takes at most, where it is not the usual few milliseconds.
    pub linger: Option<f64>,
    /// Seconds by which the clocks that the program reads are ahead.
    pub ahead: Option<f64>,
    /// Threads begin what they are given only once no more is handed out.
    pub late: bool,
    /// Floats that are near are to be told from others, also in larger arrays.
    pub near: bool,
}

impl Asked<'_> {
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        fs::write(folder.join("asked.json"), serde_json::to_vec(self)?)
    }
}

/// What was seen.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(super) struct Seen {
    /// Modules that were loaded at the end.
    pub loaded: Vec<String>,
    /// The script's variables at the end, each with how often its text binds it, and whether on a changed line.
    pub variables: BTreeMap<String, (Value, usize, bool)>,
    /// Variables that are one object.
    pub same: Vec<Vec<String>>,
    /// What functions around changed lines gave back (or failed with: None), and their arguments afterwards.
    pub calls: Vec<(String, Value, BTreeMap<String, Value>)>,
    /// Functions of the program that were entered, with their file; known where calls were followed.
    pub entered: BTreeSet<(String, String)>,
    /// Seconds that it slept, side by side counted once.
    pub slept: f64,
    /// The exception that ended the program.
    pub failure: Option<Value>,
    /// Where the program's own code raised it.
    pub position: Option<Position>,
    /// Functions of changed files, as first line, last line and name; known where there is a position.
    pub functions: BTreeMap<String, Vec<(usize, usize, String)>>,
}

/// A place in the program.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Position {
    pub file: String,
    pub line: usize,
    /// The innermost function around it, `<module>` where there is none.
    pub function: String,
    /// The line, without its indentation.
    pub text: String,
}

/// A statement on changed lines, or the head of a handler.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Statement {
    pub file: String,
    /// Its first line, and the last one of what runs where it does.
    pub first: usize,
    pub last: usize,
    /// It is of a handler, and waits for a failure.
    pub handled: bool,
}

/// By what a statement is known for a copy of another; without the waiting that a move into a coroutine adds.
#[derive(Debug, Default, Clone, Deserialize)]
pub(super) struct Shape {
    /// What it says, of a compound statement its head; empty for the head of a handler.
    pub says: String,
    /// The condition under which it runs, and whether that must hold; empty at the top of a function or a loop.
    pub branch: String,
    /// It does nothing but leave its branch.
    pub leaves: bool,
    /// It waits for more than time.
    pub waits: bool,
    /// It stands on the line of its branch's head.
    pub hidden: bool,
}

/// Which of the changed statements ran, in whatever process of the program; nothing where none of them was followed.
#[derive(Debug, Default, Clone)]
pub(super) struct Ran {
    /// Those that did not.
    pub missed: BTreeSet<Statement>,
    /// All statements of the changed files, and whether they were seen to run.
    pub all: Vec<(Statement, Shape, bool)>,
}

impl Ran {
    /// Reads what a run left.
    pub fn read(folder: &Path) -> Option<Self> {
        let text = |name: &str| -> Option<Vec<u8>> {
            let path = folder.join(name);
            let meta = fs::symlink_metadata(&path).ok()?;
            (meta.is_file() && meta.len() <= MAX_SEEN).then(|| fs::read(&path).ok())?
        };
        /// First line, last line, whether it is of a handler, and whether it stands on a changed line.
        type Told = (usize, usize, bool, bool, Shape);
        let statements: BTreeMap<String, Vec<Told>> = serde_json::from_slice(&text("statements.json")?).ok()?;
        let mut ran = String::from_utf8_lossy(&text("ran").unwrap_or_default()).into_owned();
        // Lines that were noted when nothing more could be written: each is the name of an empty file.
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if let Some(line) = name.strip_prefix("ran.").and_then(from_hex) {
                ran.push('\n');
                ran.push_str(&line);
            }
        }
        let ran: BTreeSet<(&str, usize)> = ran
            .lines()
            .filter_map(|line| line.split_once(' ').and_then(|(line, file)| Some((file, line.parse().ok()?))))
            .collect();
        let came =
            |it: &Statement| ran.range((it.file.as_str(), it.first)..=(it.file.as_str(), it.last)).next().is_some();
        let mut found = Ran::default();
        for (file, lines) in statements {
            for (first, last, handled, touched, shape) in lines {
                let statement = Statement { file: file.clone(), first, last, handled };
                let ran = came(&statement);
                if touched && !ran {
                    found.missed.insert(statement.clone());
                }
                found.all.push((statement, shape, ran));
            }
        }
        Some(found)
    }

    /// The first lines of the statements of a file, outside of handlers, that did not run.
    pub fn missed_in(&self, file: &str) -> Vec<usize> {
        self.missed.iter().filter(|it| it.file == file && !it.handled).map(|it| it.first).collect()
    }
}

/// A text from its bytes as hexadecimal digits.
fn from_hex(digits: &str) -> Option<String> {
    let byte = |two: &[u8]| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok();
    let bytes: Option<Vec<u8>> = digits.as_bytes().chunks(2).map(byte).collect();
    String::from_utf8(bytes?).ok()
}

impl Seen {
    /// Reads what a run left, with the names of the copy's folders hidden. The program may have written there itself.
    pub fn read(folder: &Path, hidden: &[(String, String)]) -> Option<Self> {
        let path = folder.join("seen.json");
        let meta = fs::symlink_metadata(&path).ok()?;
        if !meta.is_file() || meta.len() > MAX_SEEN {
            return None;
        }
        let text = fs::read_to_string(path).ok()?;
        let text = hidden.iter().fold(text, |text, (from, to)| text.replace(from, to));
        serde_json::from_str(&without_addresses(&text)).ok()
    }
}

/// `<Connection object at 0x7f…>` in the text of an exception: where an object lies is no result.
fn without_addresses(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut parts = text.split(" object at 0x");
    out.extend(parts.next());
    for part in parts {
        let digits = part.bytes().take_while(u8::is_ascii_hexdigit).count();
        out.push_str(" object at 0x");
        out.push_str(if digits == 0 { "" } else { "\u{2026}" });
        out.push_str(&part[digits..]);
    }
    out
}

/// How the lines of two versions correspond, by file; files that only one of them has, or that are equal, are left out.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// Lines that only the original has.
    pub gone: BTreeMap<String, Vec<usize>>,
    /// Lines that only the rewritten version has.
    pub new: BTreeMap<String, Vec<usize>>,
    /// Lines that both have.
    pub kept: BTreeMap<String, Vec<(usize, usize)>>,
    /// Of the lines that only one of them has, the original's and then the rewritten's: those whose text the other has not,
    /// not even elsewhere, further in, or behind an `await`.
    pub alone: [BTreeMap<String, BTreeSet<usize>>; 2],
}

impl Lines {
    /// Finds the lines that have no counterpart. One of the other version stands for one of this version only.
    fn set_apart(&mut self, texts: &BTreeMap<String, [String; 2]>) {
        let line = |text: &str, at: usize| text.lines().nth(at.saturating_sub(1)).map(plain).unwrap_or_default();
        let mut surplus: BTreeMap<String, isize> = BTreeMap::new();
        for (side, lines, sign) in [(0, &self.gone, 1), (1, &self.new, -1)] {
            for (file, lines) in lines {
                let Some(texts) = texts.get(file) else { continue };
                lines.iter().for_each(|at| *surplus.entry(line(&texts[side], *at)).or_default() += sign);
            }
        }
        for (side, lines, sign) in [(0, &self.gone, 1), (1, &self.new, -1)] {
            for (file, lines) in lines {
                let Some(texts) = texts.get(file) else { continue };
                let more = |at: &&usize| surplus.get(&line(&texts[side], **at)).is_some_and(|count| count * sign > 0);
                self.alone[side].insert(file.clone(), lines.iter().filter(more).copied().collect());
            }
        }
    }
}

/// A line as a rewriting leaves it that moves code into a function and awaits its calls.
fn plain(line: &str) -> String {
    let mut line = line.trim().to_owned();
    for (from, to) in [("await ", ""), ("async ", ""), ("asyncio.sleep(", "sleep("), ("time.sleep(", "sleep(")] {
        line = line.replace(from, to);
    }
    line
}

/// Compares the files of two folders.
pub(super) fn changed(original: &Path, rewritten: &Path) -> Lines {
    let mut found = Lines::default();
    let mut texts = BTreeMap::new();
    let mut pending = vec![PathBuf::new()];
    while let Some(folder) = pending.pop() {
        for entry in fs::read_dir(original.join(&folder)).into_iter().flatten().flatten() {
            let path = folder.join(entry.file_name());
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() {
                pending.push(path);
                continue;
            }
            if !kind.is_file() || path.extension().is_none_or(|end| end != "py") {
                continue;
            }
            let read = |root: &Path| -> Option<Vec<u8>> {
                let file = root.join(&path);
                let meta = fs::symlink_metadata(&file).ok()?;
                (meta.is_file() && meta.len() <= MAX_TEXT).then(|| fs::read(file).ok())?
            };
            let (Some(before), Some(after)) = (read(original), read(rewritten)) else { continue };
            if before == after {
                continue;
            }
            let (mut gone, mut new, mut kept) = (Vec::new(), Vec::new(), Vec::new());
            for change in TextDiff::from_lines(before.as_slice(), after.as_slice()).iter_all_changes() {
                match change.tag() {
                    ChangeTag::Delete => gone.extend(change.old_index().map(|at| at + 1)),
                    ChangeTag::Insert => new.extend(change.new_index().map(|at| at + 1)),
                    ChangeTag::Equal => {
                        kept.extend(change.old_index().zip(change.new_index()).map(|(a, b)| (a + 1, b + 1)));
                    }
                }
            }
            let name = path.to_string_lossy().into_owned();
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            texts.insert(name.clone(), [text(&before), text(&after)]);
            found.gone.insert(name.clone(), gone);
            found.new.insert(name.clone(), new);
            found.kept.insert(name, kept);
        }
    }
    found.set_apart(&texts);
    found
}

#[cfg(test)]
mod tests {
    use super::without_addresses;

    #[test]
    fn where_an_object_lies_is_no_result() {
        for (text, expected) in [
            ("<C object at 0x7f3a>: [Errno 111]", "<C object at 0x…>: [Errno 111]"),
            ("<C object at 0x1> <D object at 0xABC>", "<C object at 0x…> <D object at 0x…>"),
            ("at 0x7f3a", "at 0x7f3a"),
            (" object at 0x", " object at 0x"),
        ] {
            assert_eq!(without_addresses(text), expected);
        }
    }
}
