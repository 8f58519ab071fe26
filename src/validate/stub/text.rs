//! What a model could have said: enough like an answer to the prompt that the program's parsing finds something in it.

use super::{forms, schema, words::Draw};
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
        let json = if asks(&["json array", "json list"]) { array(draw) } else { object(&prompt.all, draw) };
        return if lower.contains("```json") { format!("```json\n{json}\n```") } else { json };
    }
    let choices = forms::labels(&prompt.all).or_else(|| forms::alternatives(&prompt.all));
    if let Some(label) = choices.and_then(|labels| labels.get(draw.below(labels.len())).cloned()) {
        return in_asked_form(prompt, &label);
    }
    if asks(&["yes or no", "yes/no", "\"yes\" or \"no\"", "'yes' or 'no'"]) {
        return in_asked_form(prompt, draw.pick(&["Yes", "No"]).unwrap_or("Yes"));
    }
    if asks(&["true or false", "true/false"]) {
        return in_asked_form(prompt, draw.pick(&["True", "False"]).unwrap_or("True"));
    }
    if let Some(range) = forms::range(&lower) {
        return in_asked_form(prompt, &range.draw(draw));
    }
    const NUMBERS: &[&str] = &["how many", "how much", "a number", "only the number", "an integer", "scale of"];
    if asks(NUMBERS) || forms::has_wrapper(&lower) {
        return in_asked_form(prompt, &(1 + draw.below(10)).to_string());
    }
    if asks(&["```python", "python function", "python code", "python program", "def "]) {
        let name = draw.words().replace(' ', "_");
        return format!("```python\ndef {name}(*args, **kwargs):\n    return {}\n```", draw.below(100));
    }
    if asks(&["comma-separated", "comma separated", "separated by commas"]) {
        return [draw.words(), draw.words(), draw.words()].join(", ");
    }
    if asks(&["one per line", "numbered list", "bullet"]) {
        let mark = |n: usize| {
            if asks(&["numbered"]) {
                format!("{n}. ")
            } else if asks(&["bullet"]) {
                "- ".into()
            } else {
                String::new()
            }
        };
        return (1..=3).map(|n| format!("{}{}", mark(n), draw.words())).collect::<Vec<_>>().join("\n");
    }
    format!("The {} comes before the {}.", draw.words(), draw.words())
}

/// Wraps an answer as the prompt wants it. A prompt that ends with "Answer:" is continued; one that mentions a form gets
/// it spelled out.
fn in_asked_form(prompt: &Prompt, answer: &str) -> String {
    let lower = prompt.all.to_lowercase();
    if let Some(wrapped) = forms::wrapped(&lower, answer) {
        return wrapped;
    }
    let goes_on = prompt.last.trim_end().ends_with(':');
    if lower.contains("the answer is") {
        return format!("The answer is {answer}.");
    }
    for word in ["final answer:", "answer:", "rating:", "score:", "label:", "verdict:"] {
        let Some(at) = lower.find(word).filter(|_| !goes_on) else { continue };
        // In the prompt's own capitals; lengths may differ after lowering, then the usual ones.
        return match prompt.all.get(at..at + word.len()).filter(|own| own.eq_ignore_ascii_case(word)) {
            Some(own) => format!("{own} {answer}"),
            None => format!("{}{} {answer}", word[..1].to_uppercase(), &word[1..]),
        };
    }
    answer.to_owned()
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
        for key in forms::named_keys(text) {
            let value = like(&key, "", draw);
            filled.insert(key, value);
        }
    }
    if filled.is_empty() {
        filled.insert("answer".to_owned(), json!(draw.words()));
        filled.insert("score".to_owned(), json!(1 + draw.below(10)));
    }
    Value::Object(filled).to_string()
}

/// A JSON list of texts.
fn array(draw: &mut Draw) -> String {
    json!([draw.words(), draw.words(), draw.words()]).to_string()
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
        // An example such as "positive|negative" says which there are.
        let inside = example[1..].split('"').next().unwrap_or_default();
        let choices: Vec<&str> = inside.split(['|', '/']).map(str::trim).collect();
        let one_of = choices.len() > 1 && choices.iter().all(|choice| !choice.is_empty() && choice.len() <= 30);
        json!(draw.pick(&choices).filter(|_| one_of).map_or_else(|| draw.words(), str::to_owned))
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
    fn the_usual_forms_of_benchmarks() {
        is_subset("Answer A, B, C or D: what is it?", &["A", "B", "C", "D"]);
        is_subset("Classify the sentiment as positive or negative.\nText: x", &["positive", "negative"]);
        is_subset("Sentiment (positive/negative/neutral)?", &["positive", "negative", "neutral"]);
        is_subset(
            "Reply with \"entailment\", \"neutral\" or \"contradiction\".",
            &["entailment", "neutral", "contradiction"],
        );
        is_subset("Rate the text from 1 to 5.", &["1", "2", "3", "4", "5"]);
        is_subset("Give a score (0-3) for it. Format: 'Score: N'", &["Score: 0", "Score: 1", "Score: 2", "Score: 3"]);
        for (prompt, start, end) in [
            ("What is 2 + 3? Put the answer in \\boxed{}.", "\\boxed{", "}"),
            ("Solve it. End with #### and the number.", "#### ", ""),
            ("Reply in <answer></answer> tags. How many?", "<answer>", "</answer>"),
            ("Say \"[[A]]\" if A is better, \"[[B]]\" if B is better.", "[[", "]]"),
            ("Q: a\nA: b. The answer is 4.\nQ: how many?\nA:", "The answer is ", "."),
        ] {
            for text in said(prompt) {
                let inner = text.find(start).map(|at| &text[at + start.len()..]);
                assert!(inner.is_some_and(|inner| inner.contains(end) && inner.len() > end.len()), "{prompt}: {text}");
            }
        }
        is_subset(
            "Which is better? \"[[A]]\" if A is better, \"[[B]]\" if B is, \"[[C]]\" for a tie.",
            &["[[A]]", "[[B]]", "[[C]]"],
        );
        assert!(said("Write a Python function that adds.").iter().all(|text| text.starts_with("```python\ndef ")));
        assert!(said("List them comma-separated.").iter().all(|text| text.matches(", ").count() == 2));
        let between = said("Give a probability between 0 and 1.");
        assert!(
            between.iter().all(|text| (0.0..=1.0).contains(&text.parse::<f64>().expect("a number"))),
            "{between:?}"
        );
        let keys = said("Reply as JSON with the keys \"label\" and \"reason\".");
        assert!(keys.iter().all(|text| {
            serde_json::from_str::<Value>(text).is_ok_and(|v| v["label"].is_string() && v["reason"].is_string())
        }));
        let one_of = said("JSON: {\"label\": \"good|bad\"}");
        assert!(
            one_of.iter().all(|text| ["{\"label\":\"good\"}", "{\"label\":\"bad\"}"].contains(&text.as_str())),
            "{one_of:?}"
        );
        assert!(
            said("Give a JSON array of three names.")
                .iter()
                .all(|text| serde_json::from_str::<Vec<String>>(text).is_ok())
        );
        let free = said("Tell me about either the sea or anything else, and/or http://a.b/c/d.");
        assert!(free.iter().all(|text| text.starts_with("The ")), "{free:?}");
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
    }
}
