//! A value that satisfies a JSON schema, for the simple schemas that programs send.

use super::words::Draw;
use serde_json::{Map, Value, json};

/// Nesting beyond this is cut: schemas may refer to themselves.
const DEPTH: usize = 8;

/// A value for `schema`.
pub(super) fn fill(schema: &Value, draw: &mut Draw) -> Value {
    value(schema, schema, draw, DEPTH)
}

fn value(schema: &Value, root: &Value, draw: &mut Draw, depth: usize) -> Value {
    if depth == 0 {
        return Value::Null;
    }
    if let Some(path) = schema["$ref"].as_str() {
        return root.pointer(path.trim_start_matches('#')).map_or(Value::Null, |s| value(s, root, draw, depth - 1));
    }
    if let Some(constant) = schema.get("const") {
        return constant.clone();
    }
    if let Some(options) = schema["enum"].as_array() {
        return options.get(draw.below(options.len())).cloned().unwrap_or(Value::Null);
    }
    for key in ["anyOf", "oneOf", "allOf"] {
        // The first branch: where a value is optional, the other one is null.
        if let Some(first) = schema[key].as_array().and_then(|branches| branches.first()) {
            return value(first, root, draw, depth - 1);
        }
    }
    let kind = match &schema["type"] {
        Value::String(kind) => kind.as_str(),
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap_or("null"),
        _ if schema["properties"].is_object() => "object",
        _ => "string",
    };
    match kind {
        "object" => {
            let properties = schema["properties"].as_object().cloned().unwrap_or_default();
            let filled: Map<String, Value> =
                properties.iter().map(|(name, inner)| (name.clone(), value(inner, root, draw, depth - 1))).collect();
            Value::Object(filled)
        }
        "array" => {
            let least = schema["minItems"].as_u64().unwrap_or(1);
            let most = schema["maxItems"].as_u64().unwrap_or(least.max(3)).max(least).min(64);
            let count = least.min(64) + draw.below((most - least.min(64) + 1) as usize) as u64;
            (0..count).map(|_| value(&schema["items"], root, draw, depth - 1)).collect()
        }
        "integer" => {
            let (low, high) = bounds(schema, 1.0, 10.0);
            json!(low.ceil() as i64 + draw.below((high.floor() - low.ceil() + 1.0).max(1.0) as usize) as i64)
        }
        "number" => {
            let (low, high) = bounds(schema, 0.0, 1.0);
            json!(((low + (high - low) * draw.unit()) * 1000.0).round() / 1000.0)
        }
        "boolean" => json!(draw.below(2) == 1),
        "null" => Value::Null,
        _ => {
            let text = draw.words();
            let most =
                schema["maxLength"].as_u64().map_or(usize::MAX, |most| usize::try_from(most).unwrap_or(usize::MAX));
            json!(text.chars().take(most).collect::<String>())
        }
    }
}

/// The range of a number; a missing end is set so that the range is neither empty nor astronomic.
fn bounds(schema: &Value, low: f64, high: f64) -> (f64, f64) {
    let bound = |plain: &str, exclusive: &str, step: f64| {
        schema[plain].as_f64().or(schema[exclusive].as_f64().map(|x| x + step))
    };
    match (bound("minimum", "exclusiveMinimum", 1.0), bound("maximum", "exclusiveMaximum", -1.0)) {
        (Some(low), Some(high)) => (low, high.max(low)),
        (Some(low), None) => (low, low + (high - low).max(9.0)),
        (None, Some(high)) => (low.min(high), high),
        (None, None) => (low, high),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_satisfy_their_schemas() {
        let schema = json!({"type": "object", "$defs": {"Kind": {"enum": ["x", "y"]}}, "properties": {
            "kind": {"$ref": "#/$defs/Kind"}, "score": {"type": "integer", "minimum": 3, "maximum": 5},
            "tags": {"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 2},
            "sure": {"type": "boolean"}, "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
            "share": {"type": ["number", "null"]}}});
        for seed in 0..50 {
            let filled = fill(&schema, &mut Draw::new(&seed.to_string()));
            assert!(["x", "y"].contains(&filled["kind"].as_str().expect("a string")));
            assert!((3..=5).contains(&filled["score"].as_i64().expect("an integer")));
            assert_eq!(filled["tags"].as_array().map(Vec::len), Some(2));
            assert!(filled["sure"].is_boolean() && filled["note"].is_string());
            assert!((0.0..1.0).contains(&filled["share"].as_f64().expect("a number")));
        }
    }

    #[test]
    fn a_schema_that_refers_to_itself_ends() {
        let schema = json!({"type": "object", "properties": {"next": {"$ref": "#"}}});
        assert!(fill(&schema, &mut Draw::new("")).is_object());
    }
}
