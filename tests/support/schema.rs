//! A JSON Schema checker for the part of the language that `docs/report.schema.json` uses. Anything else in a schema is
//! an error, so that nothing is passed over.

use serde_json::Value;

/// Everything in `value` that does not fit the schema.
pub fn misfits(schema: &Value, value: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    fits(schema, schema, value, "$", &mut wrong);
    wrong
}

fn fits(root: &Value, schema: &Value, value: &Value, at: &str, wrong: &mut Vec<String>) {
    let Some(rules) = schema.as_object() else { panic!("{at}: a schema that is no object") };
    for (rule, bound) in rules {
        match rule.as_str() {
            "$schema" | "$defs" | "title" | "description" | "default" | "format" | "additionalProperties" => {}
            "$ref" => {
                let name = bound.as_str().and_then(|s| s.strip_prefix("#/$defs/")).expect("a reference to $defs");
                fits(root, &root["$defs"][name], value, at, wrong);
            }
            "type" => {
                let names: Vec<&str> = match bound {
                    Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
                    one => one.as_str().into_iter().collect(),
                };
                if !names.iter().any(|name| is_a(name, value)) {
                    wrong.push(format!("{at}: {value} is not of type {}", names.join(" or ")));
                }
            }
            "const" if bound != value => wrong.push(format!("{at}: {value} is not {bound}")),
            "minimum" if value.as_f64() < bound.as_f64() => wrong.push(format!("{at}: {value} is below {bound}")),
            "maximum" if value.is_number() && value.as_f64() > bound.as_f64() => {
                wrong.push(format!("{at}: {value} is above {bound}"));
            }
            "pattern" => {
                assert_eq!(bound, "^PM[0-9]{3}$", "a pattern that the checker does not know");
                let digits = value.as_str().and_then(|s| s.strip_prefix("PM"));
                if !digits.is_some_and(|d| d.len() == 3 && d.bytes().all(|b| b.is_ascii_digit())) {
                    wrong.push(format!("{at}: {value} is no code"));
                }
            }
            "anyOf" | "oneOf" => {
                let ways = bound.as_array().expect("a list of schemas");
                let fitting = |way: &&Value| {
                    let mut inner = Vec::new();
                    fits(root, way, value, at, &mut inner);
                    inner.is_empty()
                };
                let count = ways.iter().filter(fitting).count();
                if count == 0 || rule == "oneOf" && count > 1 {
                    wrong.push(format!("{at}: {value} fits {count} of the {} forms", ways.len()));
                }
            }
            "required" => {
                for name in bound.as_array().into_iter().flatten().filter_map(Value::as_str) {
                    if value.is_object() && value.get(name).is_none() {
                        wrong.push(format!("{at}: `{name}` is missing"));
                    }
                }
            }
            "properties" => object(root, rules, value, at, wrong),
            "items" => {
                for (n, item) in value.as_array().into_iter().flatten().enumerate() {
                    fits(root, bound, item, &format!("{at}[{n}]"), wrong);
                }
            }
            "prefixItems" => {
                let forms = bound.as_array().expect("a list of schemas");
                for (n, (form, item)) in forms.iter().zip(value.as_array().into_iter().flatten()).enumerate() {
                    fits(root, form, item, &format!("{at}[{n}]"), wrong);
                }
            }
            "minItems" | "maxItems" => {
                let (bound, count) = (bound.as_u64().expect("a number"), value.as_array().map(|a| a.len() as u64));
                if count.is_some_and(|n| if rule == "minItems" { n < bound } else { n > bound }) {
                    wrong.push(format!("{at}: {count:?} items, {rule} {bound}"));
                }
            }
            "const" | "minimum" | "maximum" => {}
            other => panic!("{at}: a rule `{other}` that the checker does not know"),
        }
    }
    // A map: `additionalProperties` is the form of every value.
    if let (Some(form), None) = (rules.get("additionalProperties"), rules.get("properties")) {
        for (name, inner) in value.as_object().into_iter().flatten() {
            fits(root, form, inner, &format!("{at}.{name}"), wrong);
        }
    }
}

/// The schema is made from the types: a property that it does not name was written by something else.
fn object(root: &Value, rules: &serde_json::Map<String, Value>, value: &Value, at: &str, wrong: &mut Vec<String>) {
    for (name, inner) in value.as_object().into_iter().flatten() {
        match rules["properties"].get(name) {
            Some(form) => fits(root, form, inner, &format!("{at}.{name}"), wrong),
            None => wrong.push(format!("{at}: `{name}` is not in the schema")),
        }
    }
}

fn is_a(name: &str, value: &Value) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("a type `{other}` that the checker does not know"),
    }
}
