//! Where the exception was raised that ended a program.
//!
//! A rewriting moves lines and adds functions, so two places are only compared where both versions have them: both are
//! unchanged lines, in a function that has the same name in both. And it may call another function of the program that asks
//! for the same: two functions are only told apart where both versions enter both when nothing fails.

use super::words::shown;
use crate::validate::seen::{Position, Seen};
use std::{
    cell::OnceCell,
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    path::PathBuf,
    rc::Rc,
};

/// Functions with their file.
type Functions = BTreeSet<(String, String)>;

/// How the places of two versions correspond. Clones share what they know.
#[derive(Debug, Clone, Default)]
pub(in crate::validate) struct Positions(Rc<Known>);

#[derive(Debug, Default)]
struct Known {
    folders: [PathBuf; 2],
    /// Lines that both versions of a changed file have.
    kept: BTreeMap<String, Vec<(usize, usize)>>,
    /// What both versions enter where nothing fails.
    entered: OnceCell<Functions>,
    /// A file of the rewritten version, and what the user calls it.
    named: OnceCell<(String, String)>,
}

impl Positions {
    pub fn new(folders: [PathBuf; 2], kept: BTreeMap<String, Vec<(usize, usize)>>) -> Self {
        Positions(Rc::new(Known { folders, kept, ..Known::default() }))
    }

    /// Says what one file of the rewritten version is called where the user has it.
    pub fn call(&self, file: String, name: String) {
        let _ = self.0.named.set((file, name));
    }

    /// Learns from a run of each version in which calls were followed.
    pub fn entered(&self, original: &Seen, rewritten: &Seen) {
        let _ = self.0.entered.set(original.entered.intersection(&rewritten.entered).cloned().collect());
    }

    /// Whether the other version has this place, too. `side` says whose it is: 0 the original's, 1 the rewritten's.
    fn shared(&self, at: &Position, side: usize, other: &Seen) -> bool {
        let Some(kept) = self.0.kept.get(&at.file) else {
            // Not a changed file: one that both have as it is, or one that only one of them has.
            return self.0.folders.iter().all(|folder| folder.join(&at.file).is_file());
        };
        let sides = |pair: &(usize, usize)| if side == 0 { *pair } else { (pair.1, pair.0) };
        let Some((_, line)) = kept.iter().map(sides).find(|(mine, _)| *mine == at.line) else { return false };
        let Some(functions) = other.functions.get(&at.file) else { return false };
        let around = functions.iter().filter(|(first, last, _)| (*first..=*last).contains(&line));
        let around = around.min_by_key(|(first, last, _)| last - first);
        around.map_or("<module>", |(_, _, name)| name.as_str()) == at.function
    }

    /// A text of the rewritten program in which the program names lines of its own (`main.py:12`, `main.py", line 12`, and
    /// the debugger's `main.py(12)`), as the original would name them; nothing where it names none that both have.
    pub fn as_in_original(&self, text: &[u8]) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        let mut done = 0;
        for at in 0..text.len() {
            // Not the end of another name.
            if at > 0 && (text[at - 1].is_ascii_alphanumeric() || b"_-.".contains(&text[at - 1])) {
                continue;
            }
            let Some((digits, line)) = self.named_at(&text[at..]) else { continue };
            out.extend_from_slice(&text[done..at + digits.start]);
            out.extend_from_slice(line.to_string().as_bytes());
            done = at + digits.end;
        }
        (done > 0).then(|| {
            out.extend_from_slice(&text[done..]);
            out
        })
    }

    /// A line of a changed file that is named where this text begins: where its number stands, and the original's.
    fn named_at(&self, text: &[u8]) -> Option<(Range<usize>, usize)> {
        let (name, kept) = self.0.kept.iter().find_map(|(file, kept)| {
            let name = file.rsplit('/').next()?.as_bytes();
            text.starts_with(name).then_some((name, kept))
        })?;
        let rest = &text[name.len()..];
        let between = [&b":"[..], b"(", b"\", line "].into_iter().find(|between| rest.starts_with(between))?;
        let start = name.len() + between.len();
        let end = start + text[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let line: usize = std::str::from_utf8(&text[start..end]).ok()?.parse().ok()?;
        kept.iter().find(|(_, after)| *after == line).map(|(before, _)| (start..end, *before))
    }

    /// What is to be said where both versions failed, at two places that can be compared.
    pub fn difference(&self, original: &Seen, rewritten: &Seen) -> Option<String> {
        let (a, b) = (original.position.as_ref()?, rewritten.position.as_ref()?);
        let place = |at: &Position| (at.file.clone(), at.function.clone());
        if (place(a), &a.text) == (place(b), &b.text) || !self.shared(a, 0, rewritten) || !self.shared(b, 1, original) {
            return None;
        }
        let entered = |at: &Position| self.0.entered.get().is_some_and(|known| known.contains(&place(at)));
        if place(a) != place(b) && !(entered(a) && entered(b)) {
            return None;
        }
        let own = |file: &'_ str| match self.0.named.get() {
            Some((known, name)) if known == file => name.clone(),
            _ => file.to_owned(),
        };
        let told = |at: &Position, file: &str| {
            let within = if at.function == "<module>" { String::new() } else { format!(", in {}()", at.function) };
            format!("{file}:{}{within}: `{}`", at.line, shown(&at.text))
        };
        Some(format!(
            "the exception at the end is raised at another place:\n  original:  {}\n  rewritten: {}",
            told(a, &a.file),
            told(b, &own(&b.file))
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(line: usize, function: &str, text: &str, functions: &[(usize, usize, &str)]) -> Seen {
        let position = Position { file: "m.py".into(), line, function: function.into(), text: text.into() };
        let functions = functions.iter().map(|(first, last, name)| (*first, *last, (*name).to_owned())).collect();
        Seen { position: Some(position), functions: BTreeMap::from([("m.py".into(), functions)]), ..Seen::default() }
    }

    #[test]
    fn lines_that_a_program_names_are_those_of_the_original() {
        let kept = BTreeMap::from([("a/m.py".into(), vec![(2, 4), (30, 41)])]);
        let positions = Positions::new(Default::default(), kept);
        let told = |text: &str| {
            let out = positions.as_in_original(text.as_bytes());
            out.map_or("none".to_owned(), |out| String::from_utf8_lossy(&out).into_owned())
        };
        assert_eq!(told("m.py:4 x\n> /tmp/a/m.py(41)main()\n"), "m.py:2 x\n> /tmp/a/m.py(30)main()\n");
        assert_eq!(told("  File \"/tmp/a/m.py\", line 4, in f"), "  File \"/tmp/a/m.py\", line 2, in f");
        // A new line, a line of another file, a number that is none of a line.
        for other in ["m.py:5", "n.py:4", "xm.py:4", "x_m.py:4", "m.py 4", "m.py:", "m.py", "4"] {
            assert_eq!(told(other), "none", "{other}");
        }
    }

    #[test]
    fn only_places_that_both_versions_have_are_compared() {
        // Lines 2 and 3 of the original are lines 4 and 5 of the rewritten; its line 1 is new, and so are f's lines there.
        let positions =
            Positions::new(Default::default(), BTreeMap::from([("m.py".into(), vec![(2, 4), (3, 5), (7, 9)])]));
        let before = |line, text| seen(line, "f", text, &[(1, 4, "f"), (6, 8, "g")]);
        let after = |line, text| seen(line, "f", text, &[(1, 6, "f"), (8, 10, "g")]);
        assert!(
            positions
                .difference(&before(2, "a"), &after(5, "b"))
                .is_some_and(|told| told.contains("m.py:5, in f(): `b`"))
        );
        assert_eq!(positions.difference(&before(2, "a"), &after(4, "a")), None);
        // A new line, one that is gone, and a line that has got into another function.
        assert_eq!(positions.difference(&before(2, "a"), &after(2, "b")), None);
        assert_eq!(positions.difference(&before(4, "a"), &after(5, "b")), None);
        let moved = seen(5, "work", "b", &[(1, 6, "f"), (5, 6, "work")]);
        assert_eq!(positions.difference(&before(2, "a"), &moved), None);
        // Another function counts where both enter both without a failure.
        let other = || seen(9, "g", "c", &[(1, 6, "f"), (8, 10, "g")]);
        assert_eq!(positions.difference(&before(2, "a"), &other()), None);
        let both =
            Seen { entered: ["f", "g"].map(|name| ("m.py".to_owned(), name.to_owned())).into(), ..Seen::default() };
        positions.entered(&both, &both);
        assert!(positions.difference(&before(2, "a"), &other()).is_some());
        // A file that only one of them has.
        let mut elsewhere = before(2, "a");
        elsewhere.position.as_mut().expect("one").file = "none.py".into();
        assert_eq!(positions.difference(&elsewhere, &after(5, "b")), None);
    }
}
