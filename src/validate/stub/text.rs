//! What a model could have said: enough like an answer to the prompt that the program's parsing finds something in it.

use super::{schema, words::Draw};
use serde_json::{Map, Value, json};

/// The parts of a request that say what is wanted.
pub(super) struct Prompt {
    /// Everything that was said, instructions first.
    pub all: String,
    /// What was said last: the question.
    pub last: String,
}

impl Prompt {
    pub fn from_text(text: &str) -> Self {
        Prompt { all: text.to_owned(), last: text.to_owned() }
    }

    /// From a list of chat messages, with the system prompt where it is given apart.
    pub fn from_messages(messages: &Value, system: &str) -> Self {
        let said: Vec<String> = messages.as_array().into_iter().flatten().map(|m| plain(&m["content"])).collect();
        let last = said.iter().rev().find(|text| !text.is_empty()).cloned().unwrap_or_default();
        Prompt { all: format!("{system}\n{}", said.join("\n")), last }
    }
}

/// The text of a content value: a string, or the text parts of a list.
pub(super) fn plain(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().map(plain).collect::<Vec<_>>().join("\n"),
        Value::Object(part) => part.get("text").and_then(Value::as_str).unwrap_or_default().to_owned(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// An answer to `prompt` in the form that it, or `format`, asks for.
pub(super) fn reply(prompt: &Prompt, format: &Value, draw: &mut Draw) -> String {
    match format["type"].as_str() {
        Some("json_schema") => return schema::fill(&format["json_schema"]["schema"], draw).to_string(),
        Some("json_object") => return object(&prompt.all, draw),
        _ => {}
    }
    let lower = prompt.all.to_lowercase();
    let asks = |phrases: &[&str]| phrases.iter().any(|phrase| lower.contains(phrase));
    let letters = options(&prompt.last);
    if letters.len() >= 2 {
        let letter = letters[draw.below(letters.len())];
        return in_asked_form(prompt, &letter.to_string());
    }
    if asks(&["json"]) {
        return object(&prompt.all, draw);
    }
    if let Some(label) = labels(&prompt.all).and_then(|labels| labels.get(draw.below(labels.len())).cloned()) {
        return in_asked_form(prompt, &label);
    }
    if asks(&["yes or no", "yes/no", "\"yes\" or \"no\"", "'yes' or 'no'"]) {
        return in_asked_form(prompt, draw.pick(&["Yes", "No"]).unwrap_or("Yes"));
    }
    if asks(&["true or false", "true/false"]) {
        return in_asked_form(prompt, draw.pick(&["True", "False"]).unwrap_or("True"));
    }
    const NUMBERS: &[&str] = &[
        "how many",
        "a number",
        "only the number",
        "scale of",
        "scale from",
        "an integer",
        "from 1 to",
        "from 0 to",
        "between 1 and",
        "between 0 and",
    ];
    if asks(NUMBERS) {
        let most = if lower.contains("to 100") || lower.contains("and 100") { 100 } else { 10 };
        return in_asked_form(prompt, &(1 + draw.below(most)).to_string());
    }
    format!("The {} comes before the {}.", draw.words(), draw.words())
}

/// Wraps an answer as the prompt wants it. A prompt that ends with "Answer:" is continued; one that mentions the
/// form gets it spelled out.
fn in_asked_form(prompt: &Prompt, answer: &str) -> String {
    let lower = prompt.all.to_lowercase();
    if prompt.last.trim_end().ends_with(':') {
        return answer.to_owned();
    }
    if lower.contains("the answer is") {
        return format!("The answer is {answer}.");
    }
    match lower.find("answer:") {
        // In the prompt's own capitals; lengths may differ after lowering, then the usual ones.
        Some(at) => match prompt.all.get(at..at + 7).filter(|own| own.eq_ignore_ascii_case("answer:")) {
            Some(own) => format!("{own} {answer}"),
            None => format!("Answer: {answer}"),
        },
        None => answer.to_owned(),
    }
}

/// The letters of the last list of options in the text: `A.`, `(A)`, `A)` or `A:` at the start of lines, or `(A)` within
/// them, counted up from A.
fn options(text: &str) -> Vec<char> {
    let mut letters: Vec<char> = Vec::new();
    let mut add = |letter: char| {
        let expected = letters.last().map_or('A', |last| char::from(*last as u8 + 1));
        match letter {
            'A' => letters = vec!['A'],
            _ if letter == expected && !letters.is_empty() => letters.push(letter),
            _ => {}
        }
    };
    for line in text.lines() {
        let bytes = line.trim_start().as_bytes();
        match bytes {
            [letter @ b'A'..=b'Z', b'.' | b')' | b':', ..] => add(char::from(*letter)),
            _ => bytes.windows(3).for_each(|window| {
                if let [b'(', letter @ b'A'..=b'Z', b')'] = window {
                    add(char::from(*letter));
                }
            }),
        }
    }
    letters
}

/// The labels of "one of: a, b or c".
fn labels(text: &str) -> Option<Vec<String>> {
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

/// A JSON object with the keys that the text shows in an example, or two keys of our own.
fn object(text: &str, draw: &mut Draw) -> String {
    let mut filled = Map::new();
    for (at, _) in text.match_indices("\":") {
        let Some(start) = text[..at].rfind('"') else { continue };
        let key = &text[start + 1..at];
        if !key.is_empty() && key.len() <= 40 && !key.contains('\n') && filled.len() < 20 {
            let example = text[at + 2..].trim_start();
            filled.insert(key.to_owned(), like(key, example, draw));
        }
    }
    if filled.is_empty() {
        filled.insert("answer".to_owned(), json!(draw.words()));
        filled.insert("score".to_owned(), json!(1 + draw.below(10)));
    }
    Value::Object(filled).to_string()
}

/// A value like the one that the example has after the key.
fn like(key: &str, example: &str, draw: &mut Draw) -> Value {
    let lower = example.trim_start_matches('<').to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| lower.starts_with(word));
    if says(&["true", "false", "bool"]) {
        json!(draw.below(2) == 1)
    } else if says(&["["]) {
        json!([draw.words(), draw.words()])
    } else if says(&["\""]) {
        json!(draw.words())
    } else if says(&["float", "0."]) {
        json!((draw.unit() * 1000.0).round() / 1000.0)
    } else if says(&["int", "number"])
        || lower.starts_with(|c: char| c.is_ascii_digit())
        || ["score", "rating", "count", "number"].contains(&key)
    {
        json!(1 + draw.below(10))
    } else {
        json!(draw.words())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(prompt: &str) -> Vec<String> {
        let prompt = Prompt::from_messages(&json!([{"role": "user", "content": prompt}]), "");
        (0..40).map(|seed| reply(&prompt, &Value::Null, &mut Draw::new(&seed.to_string()))).collect()
    }

    fn is_subset(prompt: &str, allowed: &[&str]) {
        let said = said(prompt);
        assert!(said.iter().all(|text| allowed.contains(&text.as_str())), "{prompt}: {said:?}");
        assert!(said.iter().collect::<std::collections::HashSet<_>>().len() > 1, "{prompt}: never varies");
    }

    #[test]
    fn answers_come_in_the_form_that_is_asked_for() {
        is_subset("Q?\nA. x\nB. y\nC. z\nAnswer:", &["A", "B", "C"]);
        is_subset("Q?\n(A) x\n(B) y\nReply as 'ANSWER: $LETTER'.", &["ANSWER: A", "ANSWER: B"]);
        is_subset("Q? (A) x (B) y\nSay \"The answer is X\".", &["The answer is A.", "The answer is B."]);
        is_subset("Is it so? Answer yes or no.", &["Yes", "No"]);
        is_subset("Classify as one of: positive, negative or mixed.\nText: ok", &["positive", "negative", "mixed"]);
        let rated = said("Rate it on a scale of 1 to 10.");
        assert!(rated.iter().all(|text| (1..=10).contains(&text.parse::<u32>().expect("a number"))));
    }

    #[test]
    fn examples_in_the_prompt_give_the_keys() {
        for text in said("Return JSON like {\"label\": \"good\", \"score\": 3, \"sure\": true, \"p\": 0.5}") {
            let value: Value = serde_json::from_str(&text).expect("an object");
            assert!(
                value["label"].is_string()
                    && value["score"].is_u64()
                    && value["sure"].is_boolean()
                    && value["p"].is_f64()
            );
        }
        let free = said("Answer in JSON.");
        assert!(free.iter().all(|text| serde_json::from_str::<Value>(text).is_ok_and(|value| value.is_object())));
    }

    #[test]
    fn prose_that_only_starts_with_a_letter_is_no_option() {
        assert!(options("A man walks in. B is a letter.").is_empty());
        assert_eq!(options("Example\nA. x\nB. y\nAnswer: A\n\nA. 1\nB. 2\nC. 3"), ['A', 'B', 'C']);
        assert_eq!(labels("pick one of them"), None);
    }
}
