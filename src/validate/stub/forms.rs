//! The forms in which prompts want their answers: a choice, a number in a range, something around the answer.

use super::words::Draw;

/// The labels of "one of: a, b or c".
pub(super) fn labels(text: &str) -> Option<Vec<String>> {
    let at = text.to_ascii_lowercase().rfind("one of")? + "one of".len();
    let rest = text.get(at..)?;
    let rest = rest.strip_prefix(" the following").unwrap_or(rest);
    let list = rest.find(':').filter(|at| *at < 30).map_or(rest, |at| &rest[at + 1..]);
    let list = list.trim_start().lines().next()?.split(['.', ';']).next()?.trim_matches(['[', ']', '(', ')', ' ']);
    let labels: Vec<String> = list
        .replace(" or ", ",")
        .split([',', '/', '|'])
        .map(|label| label.trim().trim_matches(['"', '\'', '`', '[', ']', '(', ')']).trim().to_owned())
        .filter(|label| !label.is_empty())
        .collect();
    ((2..=20).contains(&labels.len()) && labels.iter().all(|label| label.len() <= 40)).then_some(labels)
}

/// Choices that are written next to each other: quoted, with slashes, or as `a, b or c` behind a word that asks for one.
pub(super) fn alternatives(text: &str) -> Option<Vec<String>> {
    bracketed(text).or_else(|| quoted(text)).or_else(|| slashes(text)).or_else(|| listed(text))
}

/// `[[A]]`, `[[B]]`: what is within, where there are several.
fn bracketed(text: &str) -> Option<Vec<String>> {
    let mut found: Vec<String> = Vec::new();
    for (at, _) in text.match_indices("[[") {
        let inside = text[at + 2..].split("]]").next().unwrap_or_default();
        if (1..=20).contains(&inside.len())
            && inside.chars().all(char::is_alphanumeric)
            && !found.iter().any(|known| known == inside)
        {
            found.push(inside.to_owned());
        }
    }
    (found.len() >= 2).then_some(found)
}

/// `"a", "b" or "c"`.
fn quoted(text: &str) -> Option<Vec<String>> {
    for quote in ['"', '\'', '`'] {
        let mut run: Vec<String> = Vec::new();
        // Odd pieces are within quotes, even ones between them.
        for (nth, piece) in text.split(quote).enumerate() {
            if nth % 2 == 1 {
                let fits = (1..=30).contains(&piece.len()) && !piece.contains(['\n', '{', ':', '[']);
                if fits {
                    run.push(piece.to_owned());
                } else {
                    run.clear();
                }
                continue;
            }
            let joins = piece.len() <= 8
                && piece
                    .split(|c: char| c.is_whitespace() || ",/|".contains(c))
                    .all(|word| matches!(word, "" | "or" | "and"))
                && !piece.is_empty();
            if !joins {
                if run.len() >= 2 {
                    return Some(run);
                }
                run.clear();
            }
        }
        if run.len() >= 2 {
            return Some(run);
        }
    }
    None
}

/// Words that ask for a choice, in front of one.
const ASKING: &[&str] = &[
    "answer",
    "classify",
    "label",
    "respond",
    "output",
    "reply",
    "sentiment",
    "choose",
    "say",
    "either",
    "choice",
    "category",
    "pick",
    "select",
    "verdict",
];

fn is_asked_for(before: &str) -> bool {
    let start = (0..=before.len().saturating_sub(80)).rev().find(|at| before.is_char_boundary(*at)).unwrap_or(0);
    let near = before[start..].to_lowercase();
    ASKING.iter().any(|word| near.contains(word))
}

/// `positive/negative`.
fn slashes(text: &str) -> Option<Vec<String>> {
    let mut at = 0;
    for piece in text.split(|c: char| c.is_whitespace() || "()[],;\"".contains(c)) {
        let place = text[at..].find(piece).map_or(at, |found| at + found);
        at = place + piece.len();
        let words: Vec<&str> = piece.trim_end_matches(['.', '?', ':', '!']).split(['/', '|']).collect();
        let fits = |word: &&str| {
            word.chars().all(char::is_alphabetic)
                && (word.len() >= 2 || word.chars().all(char::is_uppercase))
                && !word.is_empty()
        };
        let usual = ["and/or", "he/she", "she/he", "his/her", "input/output", "i/o", "yes/no", "true/false"]
            .contains(&piece.to_lowercase().as_str());
        if (2..=20).contains(&words.len()) && words.iter().all(fits) && !usual && is_asked_for(&text[..place]) {
            return Some(words.into_iter().map(str::to_owned).collect());
        }
    }
    None
}

/// `as positive, negative or neutral`; `Answer A, B, C or D`.
fn listed(text: &str) -> Option<Vec<String>> {
    const LEADS: &[&str] = &[
        " as ",
        "answer ",
        "answer with ",
        "answer only ",
        "either ",
        "respond with ",
        "reply with ",
        "respond ",
        "reply ",
        "output ",
        "choose ",
        "say ",
        "pick ",
        "respond only with ",
        "whether it is ",
        "is it ",
        "label it ",
    ];
    let lower = text.to_ascii_lowercase();
    let mut best: Option<Vec<String>> = None;
    for lead in LEADS {
        for (at, _) in lower.match_indices(lead) {
            let rest = &text[at + lead.len()..];
            let clause = rest.split(['.', ';', '\n', '?', '!', ':', '(', ')']).next().unwrap_or_default();
            let Some((head, last)) = clause.split_once(" or ") else { continue };
            let words: Vec<&str> =
                head.trim_end_matches(',').split(',').map(str::trim).chain(last.split_whitespace().next()).collect();
            let clean = |word: &&str| {
                let word = word.trim_matches(['"', '\'', '`', ',']);
                ((1..=20).contains(&word.len()) && word.chars().all(|c| c.is_alphanumeric() || "-_".contains(c)))
                    .then(|| word.to_owned())
            };
            let found: Option<Vec<String>> = words.iter().map(clean).collect();
            // "yes or no" has its own capitals.
            let usual = |list: &[String]| {
                list.len() == 2
                    && ["yes", "no", "true", "false", "not", "the", "a"].contains(&list[1].to_lowercase().as_str())
            };
            best = best.or(found.filter(|list| list.len() >= 2 && !usual(list)));
        }
    }
    best
}

/// Numbers that an answer may be.
#[derive(Debug, PartialEq)]
pub(super) struct Range {
    low: usize,
    high: usize,
    /// Fractions are wanted.
    fraction: bool,
}

impl Range {
    pub fn draw(&self, draw: &mut Draw) -> String {
        if self.fraction {
            let value = self.low as f64 + draw.unit() * (self.high - self.low) as f64;
            return format!("{value:.2}");
        }
        (self.low + draw.below(self.high - self.low + 1)).to_string()
    }
}

/// `from 1 to 5`, `between 0 and 1`, `(1-10)`, `out of 10`, in a text in lower case.
pub(super) fn range(lower: &str) -> Option<Range> {
    const NEAR: &[&str] = &[
        "scale",
        "rate",
        "rating",
        "score",
        "between",
        "from",
        "number",
        "integer",
        "probability",
        "confidence",
        "grade",
        "how ",
    ];
    let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let bytes = lower.as_bytes();
    for (at, _) in lower.match_indices(|c: char| c.is_ascii_digit()) {
        if at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || b".-/".contains(&bytes[at - 1])) {
            continue;
        }
        let first = &lower[at..at + digits(&lower[at..])];
        let rest = lower[at + first.len()..].trim_start_matches(".0").trim_start();
        let (low, high) = if lower[..at].trim_end().ends_with("out of") {
            ("1", first)
        } else {
            let Some(rest) = ["-", "–", "to ", "and "].iter().find_map(|joint| rest.strip_prefix(joint)) else {
                continue;
            };
            let rest = rest.trim_start();
            (first, &rest[..digits(rest)])
        };
        let (Ok(low), Ok(high)) = (low.parse::<usize>(), high.parse::<usize>()) else { continue };
        let start = (0..=at.saturating_sub(60)).rev().find(|at| lower.is_char_boundary(*at)).unwrap_or(0);
        let before = &lower[start..at];
        if low < high && high <= 1000 && (NEAR.iter().any(|word| before.contains(word)) || before.ends_with("out of "))
        {
            let fraction = (low, high) == (0, 1) && !before.contains("integer")
                || ["decimal", "float", "0.0"].iter().any(|word| lower.contains(word)) && high <= 10;
            return Some(Range { low, high, fraction });
        }
    }
    None
}

/// Whether a prompt wants something around the answer, in a text in lower case.
pub(super) fn has_wrapper(lower: &str) -> bool {
    ["\\boxed", "<answer>", "####", "the answer is"].iter().any(|mark| lower.contains(mark))
}

/// The answer with what the prompt wants around it; `None` where it wants nothing of the kind.
pub(super) fn wrapped(lower: &str, answer: &str) -> Option<String> {
    if lower.contains("\\boxed") {
        return Some(format!("It follows that the result is \\boxed{{{answer}}}"));
    }
    if lower.contains("<answer>") {
        return Some(format!("<answer>{answer}</answer>"));
    }
    if lower.contains("[[") && lower.contains("]]") {
        let rating = if lower.contains("rating: [[") { "Rating: " } else { "" };
        return Some(format!("{rating}[[{answer}]]"));
    }
    lower.contains("####").then(|| format!("It follows from what is given.\n#### {answer}"))
}

/// Keys that a prompt names in words: `with the keys "a" and "b"`.
pub(super) fn named_keys(text: &str) -> Vec<String> {
    let lower = text.to_ascii_lowercase();
    let Some(at) = ["keys", "fields", "key", "field"].iter().find_map(|word| lower.find(word)) else {
        return Vec::new();
    };
    let sentence = text[at..].split(['\n', ';']).next().unwrap_or_default();
    let names = ['"', '`', '\''].iter().map(|quote| {
        let inside = sentence.split(*quote).skip(1).step_by(2);
        inside
            .filter(|name| (1..=40).contains(&name.len()) && !name.contains([' ', ':']))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    });
    names.max_by_key(Vec::len).unwrap_or_default().into_iter().take(20).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_found_where_a_number_is_asked_for() {
        let found = |text: &str| range(text).map(|r| (r.low, r.high, r.fraction));
        assert_eq!(found("rate it from 1 to 5"), Some((1, 5, false)));
        assert_eq!(found("a score (0-100)"), Some((0, 100, false)));
        assert_eq!(found("how good, out of 10?"), Some((1, 10, false)));
        assert_eq!(found("a number between 0.0 and 1.0"), Some((0, 1, true)));
        for text in ["in 2019-2020 it rained", "pages 3 to 5", "rate it", "from 5 to 1", "gpt-4 to 5"] {
            assert_eq!(found(text), None, "{text}");
        }
    }

    #[test]
    fn words_that_stand_side_by_side_are_no_choice() {
        for text in ["he said \"yes\" and left \"home\"", "see https://a/b/c", "this or that happened", "and/or"] {
            assert_eq!(alternatives(text), None, "{text}");
        }
        assert_eq!(labels("pick one of them"), None);
    }
}
