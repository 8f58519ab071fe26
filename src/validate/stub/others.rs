//! Smaller APIs: Hugging Face's inference, Cohere, rerankers, Google's translation.

use super::{Asked, text, usage, words::Draw};
use serde_json::{Value, json};

/// The texts of a field that is one or a list.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(many) => many.iter().map(text::plain).collect(),
        one => vec![text::plain(one)],
    }
}

/// What a model of the inference API answers goes by its task, which the request shows only in part.
pub(super) fn hugging_face(asked: &Asked<'_>, draw: &mut Draw) -> Result<Value, String> {
    let (inputs, parameters) = (&asked.body["inputs"], &asked.body["parameters"]);
    if inputs.is_null() {
        return Err("it has no `inputs`".to_owned());
    }
    if asked.path.contains("feature-extraction") || asked.path.contains("sentence-transformers") {
        let vectors: Vec<Vec<f32>> =
            texts(inputs).iter().map(|input| Draw::new(&format!("{} {input}", asked.path)).unit_vector(384)).collect();
        return Ok(if inputs.is_array() {
            json!(vectors)
        } else {
            json!(vectors.into_iter().next().unwrap_or_default())
        });
    }
    if let Some(labels) = parameters["candidate_labels"].as_array() {
        let mut scored: Vec<(f64, &Value)> = labels.iter().map(|label| (draw.unit(), label)).collect();
        scored.sort_by(|a, b| b.0.total_cmp(&a.0));
        let all = scored.iter().map(|(score, _)| score).sum::<f64>().max(1e-9);
        let (scores, labels): (Vec<f64>, Vec<&Value>) =
            scored.into_iter().map(|(score, label)| (score / all, label)).unzip();
        return Ok(json!({"sequence": inputs, "labels": labels, "scores": scores}));
    }
    if inputs["question"].is_string() {
        let context = text::plain(&inputs["context"]);
        let word = context.split_whitespace().nth(draw.below(context.split_whitespace().count())).unwrap_or("nothing");
        let start = context.find(word).unwrap_or(0);
        return Ok(json!({"answer": word, "score": draw.unit(), "start": start, "end": start + word.len()}));
    }
    let classifies = ["sentiment", "sst-2", "roberta-base-", "classif", "toxic", "emotion"]
        .iter()
        .any(|word| asked.path.to_lowercase().contains(word));
    let answers: Vec<Value> = texts(inputs)
        .iter()
        .map(|input| {
            if classifies {
                let score = 0.5 + draw.unit() / 2.0;
                let (first, second) =
                    if draw.below(2) == 0 { ("POSITIVE", "NEGATIVE") } else { ("NEGATIVE", "POSITIVE") };
                return json!([{"label": first, "score": score}, {"label": second, "score": 1.0 - score}]);
            }
            let said = text::reply(&text::Prompt::from_text(input), &Value::Null, draw);
            let whole = parameters["return_full_text"] != json!(false);
            json!({"generated_text": if whole { format!("{input} {said}") } else { said }})
        })
        .collect();
    Ok(json!(answers))
}

fn cohere_said(asked: &Asked<'_>, prompt: &text::Prompt, draw: &mut Draw) -> String {
    let format = &asked.body["response_format"];
    let schema = [&format["schema"], &format["json_schema"]].into_iter().find(|schema| schema.is_object());
    let format = match (format["type"].as_str(), schema) {
        (Some("json_object"), Some(schema)) => json!({"type": "json_schema", "json_schema": {"schema": schema}}),
        (Some("json_object"), None) => json!({"type": "json_object"}),
        _ => Value::Null,
    };
    text::reply(prompt, &format, draw)
}

pub(super) fn cohere_chat(asked: &Asked<'_>, draw: &mut Draw) -> Result<Value, String> {
    if asked.body["tools"].as_array().is_some_and(|tools| !tools.is_empty()) {
        return Err("it uses tools".to_owned());
    }
    let prompt = text::Prompt::from_messages(&asked.body["messages"], "");
    let said = cohere_said(asked, &prompt, draw);
    let (sent, told) = usage(&prompt.all, &said);
    let tokens = json!({"input_tokens": sent, "output_tokens": told});
    Ok(json!({"id": draw.hex(32), "finish_reason": "COMPLETE", "usage": {"billed_units": tokens, "tokens": tokens},
        "message": {"role": "assistant", "content": [{"type": "text", "text": said}]}}))
}

pub(super) fn cohere_chat_1(asked: &Asked<'_>, draw: &mut Draw) -> Result<Value, String> {
    let question = json!([{"content": asked.body["message"]}]);
    let prompt = text::Prompt::from_messages(&question, &text::plain(&asked.body["preamble"]));
    let said = cohere_said(asked, &prompt, draw);
    let (sent, told) = usage(&prompt.all, &said);
    let tokens = json!({"input_tokens": sent, "output_tokens": told});
    Ok(json!({"response_id": draw.hex(32), "generation_id": draw.hex(32), "text": said, "finish_reason": "COMPLETE",
        "chat_history": [], "meta": {"billed_units": tokens, "tokens": tokens}}))
}

pub(super) fn cohere_embed(asked: &Asked<'_>, draw: &mut Draw) -> Result<Value, String> {
    let body = asked.body;
    let given = texts(&body["texts"]);
    let vector = |text: &String| Draw::new(&format!("{} {text}", body["model"])).unit_vector(1024);
    let vectors: Vec<Vec<f32>> = given.iter().map(vector).collect();
    let typed = body["embedding_types"].as_array().is_some() || asked.path.ends_with("/v2/embed");
    let embeddings = if typed { json!({"float": vectors}) } else { json!(vectors) };
    let kind = if typed { "embeddings_by_type" } else { "embeddings_floats" };
    Ok(json!({"id": draw.hex(32), "texts": given, "embeddings": embeddings, "response_type": kind,
        "meta": {"api_version": {"version": "1"}, "billed_units": {"input_tokens": given.len() * 4}}}))
}

/// Cohere's, Jina's and Voyage's: the last calls its list `data`.
pub(super) fn rerank(asked: &Asked<'_>, draw: &mut Draw) -> Result<Value, String> {
    let body = asked.body;
    let documents = body["documents"].as_array().ok_or("it has no documents")?;
    let mut scored: Vec<(f64, usize)> = (0..documents.len()).map(|index| (draw.unit(), index)).collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    let most =
        body["top_n"].as_u64().or(body["top_k"].as_u64()).and_then(|n| usize::try_from(n).ok()).unwrap_or(usize::MAX);
    let results: Vec<Value> = scored
        .into_iter()
        .take(most)
        .map(|(score, index)| {
            let mut result = json!({"index": index, "relevance_score": score});
            if body["return_documents"] == json!(true) {
                result["document"] = json!({"text": text::plain(&documents[index])});
            }
            result
        })
        .collect();
    Ok(json!({"id": draw.hex(32), "object": "list", "model": body["model"], "results": results, "data": results,
        "usage": {"total_tokens": documents.len() * 4}, "meta": {"api_version": {"version": "1"}}}))
}

pub(super) fn translate(asked: &Asked<'_>, _: &mut Draw) -> Result<Value, String> {
    let target = text::plain(&asked.body["target"]);
    let translated = texts(&asked.body["q"]).into_iter().map(|text| {
        let words = Draw::new(&format!("{target} {text}")).words();
        json!({"translatedText": words, "detectedSourceLanguage": "en"})
    });
    Ok(json!({"data": {"translations": translated.collect::<Vec<_>>()}}))
}
