//! What differs between runs of the original itself, and so cannot be compared: found, named, and left out.

use super::{
    Positions,
    floats::{Floats, Relation, note_of_texts},
    words::{Line, lines, shown_bytes},
};
use crate::validate::run::{Change, Observed};
use std::collections::{BTreeMap, BTreeSet};

/// What of a text is not compared.
#[derive(Debug, Default, Clone, PartialEq)]
pub(in crate::validate) struct TextMask {
    /// Nothing of it is.
    whole: bool,
    /// By line (from 0): the words (from 0) that are not, or `None` for the whole line.
    lines: BTreeMap<usize, Option<BTreeSet<usize>>>,
}

impl TextMask {
    /// Adds what differs between two versions of one text.
    fn learn(&mut self, a: &[u8], b: &[u8]) {
        let (a, b) = (lines(a), lines(b));
        if a.len() != b.len() {
            self.whole = true;
            return;
        }
        for (number, (a, b)) in a.iter().zip(&b).enumerate().filter(|(_, (a, b))| a != b) {
            let (a, b) = (words(a), words(b));
            let entry = self.lines.entry(number).or_insert_with(|| Some(BTreeSet::new()));
            match entry {
                Some(known) if a.len() == b.len() => known.extend((0..a.len()).filter(|i| a[*i] != b[*i])),
                _ => *entry = None,
            }
        }
    }

    /// The first line that differs apart from what is masked.
    pub fn first_difference(&self, a: &[u8], b: &[u8], floats: &Floats) -> Option<Line> {
        if self.whole || a == b {
            return None;
        }
        let (a, b) = (lines(a), lines(b));
        for number in 0..a.len().max(b.len()) {
            let (left, right) = (a.get(number), b.get(number));
            let equal = match (left, right) {
                (Some(left), Some(right)) if left == right => Some(Relation::Equal),
                (Some(left), Some(right)) => match self.lines.get(&number) {
                    None => floats.texts(left, right),
                    Some(None) => Some(Relation::Equal),
                    Some(Some(hidden)) => {
                        let (left, right) = (words(left), words(right));
                        let mut shown = (0..left.len()).filter(|i| !hidden.contains(i));
                        (left.len() == right.len())
                            .then(|| {
                                shown.try_fold(Relation::Equal, |weakest, i| {
                                    Some(weakest.max(floats.texts(left[i], right[i])?))
                                })
                            })
                            .flatten()
                    }
                },
                _ => None,
            };
            if !floats.needed(equal) {
                let near = left.zip(right).and_then(|(left, right)| note_of_texts(left, right));
                let told = |line: Option<&&[u8]>| line.map_or("(no such line)".to_owned(), |line| shown_bytes(line));
                return Some(Line { number: number + 1, original: told(left), rewritten: told(right), note: near });
            }
        }
        None
    }

    /// What is masked, in words; `None` where nothing is.
    fn named(&self, name: &str) -> Option<String> {
        if self.whole {
            return Some(format!("{name} (its number of lines differs between runs of the original)"));
        }
        let parts: Vec<String> = self
            .lines
            .iter()
            .take(5)
            .map(|(line, words)| match words {
                Some(words) if words.len() == 1 => {
                    format!("word {} of line {}", words.first().map_or(0, |w| w + 1), line + 1)
                }
                Some(words) => format!("{} words of line {}", words.len(), line + 1),
                None => format!("line {}", line + 1),
            })
            .collect();
        let more =
            if self.lines.len() > 5 { format!(" and {} more lines", self.lines.len() - 5) } else { String::new() };
        (!parts.is_empty()).then(|| format!("{name}: {}{more}", parts.join(", ")))
    }

    /// Whether something of `text` is compared.
    fn leaves_something(&self, text: &[u8]) -> bool {
        let shown = |(number, line): (usize, &&[u8])| match self.lines.get(&number) {
            None => !line.trim_ascii().is_empty(),
            Some(None) => false,
            Some(Some(hidden)) => {
                words(line).iter().enumerate().any(|(i, word)| !hidden.contains(&i) && !word.trim_ascii().is_empty())
            }
        };
        !self.whole && lines(text).iter().enumerate().any(shown)
    }
}

/// Words and the spaces between them.
fn words(line: &[u8]) -> Vec<&[u8]> {
    line.chunk_by(|a, b| a.is_ascii_whitespace() == b.is_ascii_whitespace()).collect()
}

/// What is not compared of the runs of one program.
#[derive(Debug, Default, Clone)]
pub(in crate::validate) struct Masks {
    pub stdout: TextMask,
    files: BTreeMap<String, TextMask>,
    /// Names that only some runs had, with `#` for each number in them, and whether they are those of files.
    names: BTreeMap<String, bool>,
    /// The same, where each run had exactly one: that is compared, whatever its name.
    single: BTreeSet<String>,
    /// Variables of the script.
    pub variables: BTreeSet<String>,
    /// How near numbers must be.
    pub floats: Floats,
    /// Places at which both versions can fail.
    pub positions: Positions,
    /// The original fails at one place or another.
    pub moves: bool,
}

impl Masks {
    /// Nothing masked yet, and this tolerance for numbers.
    pub fn new(floats: Floats, positions: Positions) -> Self {
        Masks { floats, positions, ..Masks::default() }
    }

    /// The same, for runs that say nothing of how near the two programs are.
    pub fn apart(&self) -> Self {
        Masks { floats: self.floats.apart(), ..self.clone() }
    }

    /// Whether something of this file is not compared.
    pub fn hides_part_of(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    /// Learns from two runs of the original.
    pub fn learn(&mut self, a: &Observed, b: &Observed) {
        self.stdout.learn(&a.stdout, &b.stdout);
        if let (Some(a), Some(b)) = (&a.seen, &b.seen) {
            self.variables.extend(super::inside::unsteady(a, b));
            self.moves |= a.position != b.position;
        }
        self.learn_names(a, b);
        let (left, right) = (self.renamed(a), self.renamed(b));
        let paths: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
        for path in paths {
            if let (Some(Change::Written(left)), Some(Change::Written(right))) = (left.get(path), right.get(path))
                && left != right
                && super::files::near(path, left, right, &Floats::default()).is_none()
            {
                self.files.entry(path.clone()).or_default().learn(left, right);
            }
        }
    }

    /// Learns which names only one of the runs had, and where the other had one like it.
    fn learn_names(&mut self, a: &Observed, b: &Observed) {
        let steady = |change: &Change, other: Option<&Change>| {
            other == Some(change) || matches!((change, other), (Change::Written(_), Some(Change::Written(_))))
        };
        let only = |x: &'_ Observed, y: &'_ Observed| -> Vec<String> {
            let all = x.changes.iter().filter(|(path, change)| !steady(change, y.changes.get(*path)));
            all.map(|(path, _)| pattern(path)).collect()
        };
        for name in only(a, b).into_iter().chain(only(b, a)) {
            let like = |run: &'_ Observed| -> Vec<(String, Change)> {
                let all = run.changes.iter().filter(|(path, _)| pattern(path) == name);
                all.map(|(path, change)| (path.clone(), change.clone())).collect()
            };
            let known = self.names.contains_key(&name);
            match (&like(a)[..], &like(b)[..]) {
                ([(x, Change::Written(_))], [(y, Change::Written(_))])
                | ([(x, Change::Folder)], [(y, Change::Folder)])
                    if x != y && !known =>
                {
                    // What was masked of it while it had one name in both.
                    for path in [x, y] {
                        if let Some(mask) = self.files.remove(path) {
                            self.files.insert(name.clone(), mask);
                        }
                    }
                    self.single.insert(name);
                }
                (left, right) => {
                    let file = left.iter().chain(right).any(|(_, change)| is_file(change));
                    self.single.remove(&name);
                    *self.names.entry(name).or_default() |= file;
                }
            }
        }
    }

    /// What a run did to each path; a file of which each run has one goes by the pattern of its name.
    pub fn renamed<'o>(&self, run: &'o Observed) -> BTreeMap<String, &'o Change> {
        let mut count: BTreeMap<String, usize> = BTreeMap::new();
        run.changes.keys().for_each(|path| *count.entry(pattern(path)).or_default() += 1);
        let name = |path: &String| {
            let name = pattern(path);
            if self.single.contains(&name) && count.get(&name) == Some(&1) { name } else { path.clone() }
        };
        run.changes.iter().map(|(path, change)| (name(path), change)).collect()
    }

    /// Whether nothing of this file is compared.
    pub fn hides_file(&self, path: &str) -> bool {
        self.names.contains_key(&pattern(path)) || self.files.get(path).is_some_and(|mask| mask.whole)
    }

    /// The first line of a file that differs apart from what is masked.
    pub fn file_difference(&self, path: &str, a: &[u8], b: &[u8]) -> Option<Line> {
        self.text_difference(self.files.get(path).unwrap_or(&TextMask::default()), a, b)
    }

    /// The same of what the programs print.
    pub fn stdout_difference(&self, a: &[u8], b: &[u8]) -> Option<Line> {
        self.text_difference(&self.stdout, a, b)
    }

    /// A rewriting moves lines: where the program names lines of its own (a log, the debugger), the numbers are not compared.
    fn text_difference(&self, mask: &TextMask, a: &[u8], b: &[u8]) -> Option<Line> {
        let line = mask.first_difference(a, b, &self.floats)?;
        match self.positions.as_in_original(b) {
            Some(b) => mask.first_difference(a, &b, &self.floats),
            None => Some(line),
        }
    }

    /// Everything that is masked because it differs, in words: all but these variables.
    pub fn named(&self, but: &[String]) -> Vec<String> {
        let mut all: Vec<String> = self.stdout.named("stdout").into_iter().collect();
        all.extend(self.files.iter().filter_map(|(path, mask)| mask.named(&format!("the file {path}"))));
        all.extend(
            self.names.keys().map(|name| format!("files named like {name} (not the same in all runs of the original)")),
        );
        all.extend(self.single.iter().map(|name| format!("the numbers in the name {name}")));
        all.extend(self.variables.iter().filter(|v| !but.contains(v)).map(|name| format!("the variable {name}")));
        all
    }

    /// The outputs of a run of which something is compared.
    pub fn compared(&self, run: &Observed) -> Vec<String> {
        let mut all = Vec::new();
        if self.stdout.leaves_something(&run.stdout) {
            all.push("stdout".to_owned());
        }
        for (path, change) in self.renamed(run) {
            let counts = match change {
                Change::Written(bytes) => self.files.get(&path).is_none_or(|mask| mask.leaves_something(bytes)),
                Change::Folder => false,
                _ => true,
            };
            if counts && !self.hides_file(&path) {
                all.push(format!("file {path}"));
            }
        }
        all
    }

    /// A file that the original writes and of which nothing is compared, and why.
    pub fn unseen(&self, run: &Observed) -> Option<String> {
        if let Some((name, _)) = self.names.iter().find(|(_, file)| **file) {
            return Some(format!(
                "files named like {name}: which of them there are differs between runs of the original, and not each run writes exactly one"
            ));
        }
        self.renamed(run).into_iter().find_map(|(path, change)| {
            let (mask, Change::Written(bytes)) = (self.files.get(&path)?, change) else { return None };
            let why = match mask {
                mask if mask.whole => "its number of lines differs between runs of the original",
                mask if !mask.leaves_something(bytes) => "every line of it differs between runs of the original",
                _ => return None,
            };
            Some(format!("the file {path}: {why}"))
        })
    }
}

/// Whether a change leaves a file behind.
fn is_file(change: &Change) -> bool {
    matches!(change, Change::Written(_) | Change::Large(_) | Change::Link(_))
}

/// A path with `#` in place of each run of digits, or of what looks drawn at random.
fn pattern(path: &str) -> String {
    let mut out = String::new();
    for part in path.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let digits = part.bytes().filter(u8::is_ascii_digit).count();
        // A group of a UUID may be all letters.
        let word = part.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let hex = word.len() >= 4
            && word.bytes().all(|b| b.is_ascii_hexdigit())
            && (part.ends_with('-') || out.ends_with('-'));
        if digits > 0 || hex {
            out.push('#');
            out.extend(part.chars().last().filter(|c| !c.is_ascii_alphanumeric()));
        } else {
            out.push_str(part);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_drawn_at_random_have_one_pattern() {
        for name in ["log-66c49ee0-1a16-49d8-bccd-4453f27f0908.txt", "log-0a1b2c3d-feed-4abc-9def-abcdefabcdef.txt"] {
            assert_eq!(pattern(name), "log-#-#-#-#-#.txt");
        }
        assert_eq!(pattern("data/cafe.txt"), "data/cafe.txt");
    }

    #[test]
    fn only_the_word_that_differs_is_masked() {
        let mut mask = TextMask::default();
        mask.learn(b"a\ntook 0.1 s, score 5\n", b"a\ntook 0.2 s, score 5\n");
        assert_eq!(
            mask.first_difference(b"a\ntook 0.1 s, score 5\n", b"a\ntook 0.9 s, score 5\n", &Floats::default()),
            None
        );
        let line = mask
            .first_difference(b"a\ntook 0.1 s, score 5\n", b"a\ntook 0.9 s, score 6\n", &Floats::default())
            .expect("the score");
        assert_eq!(line.number, 2);
        assert_eq!(mask.named("stdout").as_deref(), Some("stdout: word 3 of line 2"));
        assert!(mask.first_difference(b"a\n", b"b\n", &Floats::default()).is_some());
        assert!(mask.first_difference(b"a\n", b"a\nb\n", &Floats::default()).is_some());
        assert!(mask.first_difference(b"a", b"a\n", &Floats::default()).is_some());
    }

    #[test]
    fn a_text_of_changing_length_is_masked_whole_and_said_so() {
        let mut mask = TextMask::default();
        mask.learn(b"a\n", b"a\nb\n");
        assert_eq!(mask.first_difference(b"x", b"y", &Floats::default()), None);
        assert!(mask.named("stdout").is_some_and(|name| name.contains("number of lines")));
        assert!(!mask.leaves_something(b"a\n"));
    }

    #[test]
    fn names_with_a_time_in_them_share_a_pattern() {
        assert_eq!(pattern("out/run_20240101-1201.json"), pattern("out/run_20250202-0359.json"));
        assert_ne!(pattern("out/run_1.json"), pattern("out/sum_1.json"));
    }
}
