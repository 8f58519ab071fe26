//! Comparing what the programs' own processes saw: variables, what functions gave back, how they failed.

use super::{
    Floats, Masks,
    floats::{self, Relation, Width},
    words::{shown, times},
};
use crate::validate::seen::Seen;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Whether two values are equal bit by bit. What was too much to be written down is not compared.
fn equal(a: &Value, b: &Value) -> bool {
    Floats::default().values(a, b).is_some()
}

/// Names of variables whose values differ, or that only one has.
pub(in crate::validate) fn unsteady(a: &Seen, b: &Seen) -> BTreeSet<String> {
    let names: BTreeSet<&String> = a.variables.keys().chain(b.variables.keys()).collect();
    let value = |seen: &Seen, name: &str| seen.variables.get(name).map(|(value, ..)| value.clone());
    let differ = |name: &&String| match (value(a, name), value(b, name)) {
        (Some(x), Some(y)) => !equal(&x, &y),
        _ => true,
    };
    names.into_iter().filter(differ).cloned().collect()
}

/// The first variable of the script that differs at the end, apart from those in `masked`.
///
/// A variable that only one version has is none of the program's results: a rewriting gives new names, and moves what is
/// bound inside of a loop into a function. For the same reason a variable that differs counts only if the rewritten text
/// binds it as often as the original does. Where an exception ended the program, what changed lines bind is left out:
/// whether a loop's variable is set before or after the call that fails is nobody's result.
pub(super) fn variables(a: &Seen, b: &Seen, masked: &BTreeSet<String>, floats: &Floats) -> Option<String> {
    let failed = a.failure.is_some() || b.failure.is_some();
    for (name, (value, bound, touched)) in a.variables.iter().filter(|(name, _)| !masked.contains(*name)) {
        let Some((other, again, also)) = b.variables.get(name) else { continue };
        if failed && (*touched || *also) {
            continue;
        }
        if again >= bound && !floats.needed(floats.values(value, other)) {
            let (at, x, y) = first(value, other, String::new(), floats);
            return Some(format!(
                "the variable {name}{at} differs at the end:\n  original:  {}\n  rewritten: {}{}",
                told(&x),
                told(&y),
                near(&x, &y)
            ));
        }
    }
    let both =
        |name: &String| a.variables.contains_key(name) && b.variables.contains_key(name) && !masked.contains(name);
    let pairs = |seen: &Seen| -> BTreeSet<(String, String)> {
        let mut all = BTreeSet::new();
        for group in &seen.same {
            let known: BTreeSet<&String> = group.iter().filter(|name| both(name)).collect();
            let known: Vec<&&String> = known.iter().collect();
            all.extend(known.windows(2).map(|two| (two[0].to_string(), two[1].to_string())));
        }
        all
    };
    let (x, y) = (pairs(a), pairs(b));
    let (names, how) = match (x.difference(&y).next(), y.difference(&x).next()) {
        (Some(names), _) => (names, "one object in the original and two in the rewritten"),
        (None, Some(names)) => (names, "two objects in the original and one in the rewritten"),
        (None, None) => return None,
    };
    Some(format!("the variables {} and {} are {how}", names.0, names.1))
}

/// Which variables were compared, in words; none where there is none that holds data.
pub(in crate::validate) fn compared(a: &Seen, b: &Seen, masks: &Masks) -> Option<String> {
    let data = |value: &Value| value.get(0).and_then(Value::as_str) != Some("there");
    let names: Vec<&str> = a
        .variables
        .iter()
        .filter(|(name, (value, bound, _))| {
            let kept = b.variables.get(*name).is_some_and(|(_, again, _)| again >= bound);
            data(value) && kept && !masks.variables.contains(*name)
        })
        .map(|(name, _)| name.as_str())
        .collect();
    let more = if names.len() > 5 { format!(" and {} more", names.len() - 5) } else { String::new() };
    let shown = names.iter().take(5).copied().collect::<Vec<_>>().join(", ");
    (!names.is_empty()).then(|| format!("variables at the end: {shown}{more}"))
}

/// The exception that ended both programs.
pub(super) fn failure(a: &Seen, b: &Seen, floats: &Floats) -> Option<String> {
    let (x, y) = (a.failure.as_ref()?, b.failure.as_ref()?);
    (!floats.needed(floats.values(x, y)))
        .then(|| format!("the exception at the end differs:\n  original:  {}\n  rewritten: {}", told(x), told(y)))
}

/// The first function around changed lines that gave back something else, or left something else in its arguments. The
/// calls of one function are compared whatever their order, and only the arguments that both versions of it have.
pub(in crate::validate) fn calls(a: &Seen, b: &Seen, floats: &Floats) -> Option<String> {
    let names = |seen: &Seen| -> BTreeSet<String> { seen.calls.iter().map(|(name, ..)| name.clone()).collect() };
    for name in names(a).intersection(&names(b)) {
        let of = |seen: &Seen| -> Vec<(Value, BTreeMap<String, Value>)> {
            let all = seen.calls.iter().filter(|(known, ..)| known == name);
            all.map(|(_, value, arguments)| (value.clone(), arguments.clone())).collect()
        };
        let (x, y) = (of(a), of(b));
        let arguments = |list: &[(Value, BTreeMap<String, Value>)]| -> BTreeSet<String> {
            list.first().map(|(_, arguments)| arguments.keys().cloned().collect()).unwrap_or_default()
        };
        let common: BTreeSet<String> = arguments(&x).intersection(&arguments(&y)).cloned().collect();
        let text = |list: &[(Value, BTreeMap<String, Value>)]| -> Vec<String> {
            let one = |(value, arguments): &(Value, BTreeMap<String, Value>)| {
                let kept: Vec<(&String, &Value)> =
                    arguments.iter().filter(|(name, _)| common.contains(*name)).collect();
                serde_json::to_string(&(value, kept)).unwrap_or_default()
            };
            let mut all: Vec<String> = list.iter().map(one).collect();
            all.sort_unstable();
            all
        };
        let (left, right) = (text(&x), text(&y));
        if left == right || left.iter().chain(&right).any(|text| text.contains("\"too much\"")) {
            continue;
        }
        if left.len() != right.len() {
            return Some(format!(
                "{name}() is called {} in the original, {} in the rewritten",
                times(x.len()),
                times(y.len())
            ));
        }
        if floats.needed(paired(&left, &right, floats)) {
            continue;
        }
        let at = left.iter().zip(&right).position(|(a, b)| a != b).unwrap_or(0);
        return Some(call(name, &left[at], &right[at], floats));
    }
    None
}

/// Two calls of a function that differ, each as what it gives back and what it leaves in its arguments.
fn call(name: &str, a: &str, b: &str, floats: &Floats) -> String {
    let read = |text: &str| serde_json::from_str::<(Value, Vec<(String, Value)>)>(text).unwrap_or_default();
    let ((x, left), (y, right)) = (read(a), read(b));
    let (what, (at, x, y)) = if floats.values(&x, &y).is_none() {
        ("gives back".to_owned(), first(&x, &y, String::new(), floats))
    } else {
        let mut pairs = left.iter().zip(&right);
        match pairs.find(|((_, x), (_, y))| floats.values(x, y).is_none()) {
            Some(((argument, x), (_, y))) => {
                (format!("leaves in its argument {argument}"), first(x, y, String::new(), floats))
            }
            None => {
                ("gives back or leaves in its arguments".to_owned(), (String::new(), Value::from(a), Value::from(b)))
            }
        }
    };
    let place = if at.is_empty() { String::new() } else { format!(", in {at},") };
    format!(
        "what {name}() {what}{place} differs:\n  original:  {}\n  rewritten: {}{}",
        told(&x),
        told(&y),
        near(&x, &y)
    )
}

/// The first difference between two arrays of numpy or torch: the dtype, the shape, or an element.
fn array(a: &Value, b: &Value, at: &str, floats: &Floats) -> Option<(String, Value, Value)> {
    let of = |value: &Value| {
        let parts = value.as_array()?;
        let (dtype, shape) = (parts.get(1)?.as_str()?.to_owned(), parts.get(2)?.as_array()?.clone());
        Some((dtype, shape, parts.get(3)?.clone()))
    };
    let (x, y) = (of(a)?, of(b)?);
    if x.0 != y.0 {
        return Some((format!("{at}.dtype"), x.0.into(), y.0.into()));
    }
    if x.1 != y.1 {
        return Some((format!("{at}.shape"), x.1.into(), y.1.into()));
    }
    let (p, q) = (x.2.as_array()?, y.2.as_array()?);
    let one = |width: &Value, value: &Value| Value::from(vec![width.clone(), value.clone()]);
    let differ = |(p, q): &(&Value, &Value)| floats.values(&one(&x.2[0], p), &one(&x.2[0], q)).is_none();
    let place = p.iter().zip(q).position(|pair| differ(&pair)).filter(|place| *place > 0)?;
    let float = |value: &Value| Value::from(vec![Value::from("float"), value.clone()]);
    let at = if x.1.len() > 1 { format!("{at}.flat[{}]", place - 1) } else { format!("{at}[{}]", place - 1) };
    Some((at, float(&p[place]), float(&q[place])))
}

/// The first difference between two tables or columns of pandas.
fn table(a: &Value, b: &Value, at: &str, floats: &Floats) -> Option<(String, Value, Value)> {
    let kind = a.get(0).filter(|kind| b.get(0) == Some(kind)).and_then(Value::as_str)?;
    let differ = |x: &Value, y: &Value| floats.values(x, y).is_none();
    let dtypes = |x: &Value, y: &Value, at: String| {
        differ(x, y).then(|| if x[0] == y[0] { (at, x.clone(), y.clone()) } else { (at, x[0].clone(), y[0].clone()) })
    };
    let index = |x: &Value, y: &Value, at: String| -> Option<(String, Value, Value)> {
        let (x, y) = (x.as_array()?, y.as_array()?);
        let dtype = |parts: &[Value]| Value::from(parts.get(..3).unwrap_or_default().to_vec());
        dtypes(&dtype(x), &dtype(y), format!("{at}.dtype"))
            .or_else(|| differ(x.get(3)?, y.get(3)?).then(|| (format!("{at}.names"), x[3].clone(), y[3].clone())))
            .or_else(|| differ(x.get(4)?, y.get(4)?).then(|| first(&x[4], &y[4], at, floats)))
    };
    match kind {
        "DataFrame" => {
            let (x, y) = (a.get(1)?.as_array()?, b.get(1)?.as_array()?);
            let labels = |columns: &[Value]| -> Value {
                vec![Value::from("list"), columns.iter().map(|column| column[0].clone()).collect()].into()
            };
            if x.len() != y.len() || differ(&labels(x), &labels(y)) {
                return Some((format!("{at}.columns"), labels(x), labels(y)));
            }
            let column = |(x, y): (&Value, &Value)| {
                let name = told(&x[0]);
                let dtype = dtypes(&x[1], &y[1], format!("{at}[{name}].dtype"));
                dtype.or_else(|| differ(&x[2], &y[2]).then(|| first(&x[2], &y[2], format!("{at}[{name}]"), floats)))
            };
            x.iter().zip(y).find_map(column).or_else(|| index(a.get(3)?, b.get(3)?, format!("{at}.index")))
        }
        "Series" => {
            let (x, y) =
                (a.as_array().filter(|parts| parts.len() == 5)?, b.as_array().filter(|parts| parts.len() == 5)?);
            dtypes(&x[1], &y[1], format!("{at}.dtype"))
                .or_else(|| differ(&x[2], &y[2]).then(|| first(&x[2], &y[2], at.to_owned(), floats)))
                .or_else(|| differ(&x[3], &y[3]).then(|| (format!("{at}.name"), x[3].clone(), y[3].clone())))
                .or_else(|| index(&x[4], &y[4], format!("{at}.index")))
        }
        _ => None,
    }
}

/// How two lists of values are related where each of the one is near another of the other.
fn paired(left: &[String], right: &[String], floats: &Floats) -> Option<Relation> {
    if !floats.lenient() {
        return None;
    }
    let read =
        |all: &[String]| -> Option<Vec<Value>> { all.iter().map(|text| serde_json::from_str(text).ok()).collect() };
    let (left, mut right) = (read(left)?, read(right)?);
    let mut weakest = Relation::Equal;
    for value in &left {
        // The nearest first, or one value's near neighbour could take the place of its equal.
        let near = right.iter().enumerate().filter_map(|(at, other)| Some((floats.values(value, other)?, at)));
        let (relation, at) = near.min()?;
        right.swap_remove(at);
        weakest = weakest.max(relation);
    }
    right.is_empty().then_some(weakest)
}

/// The place of the first difference, and what is there.
fn first(a: &Value, b: &Value, at: String, floats: &Floats) -> (String, Value, Value) {
    let kind = |value: &Value| value.get(0).and_then(Value::as_str).unwrap_or_default().to_owned();
    let parts = |value: &Value| value.get(1).and_then(Value::as_array).cloned();
    if let Some(found) = array(a, b, &at, floats).or_else(|| table(a, b, &at, floats)) {
        return found;
    }
    if let Some(found) = tensor(a, b, &at, floats) {
        return found;
    }
    if let (true, Some(x), Some(y)) = (kind(a) == kind(b), parts(a), parts(b))
        && x.len() == y.len()
        && let Some((number, (x, y))) = x.iter().zip(&y).enumerate().find(|(_, (x, y))| floats.values(x, y).is_none())
    {
        let pair = |value: &Value| value.as_array().filter(|two| two.len() == 2 && two[0].is_array()).cloned();
        // Of a dictionary: the key, and what is under it; of an object: the attribute.
        return match (pair(x), pair(y)) {
            (Some(x), Some(y)) if equal(&x[0], &y[0]) => first(&x[1], &y[1], format!("{at}[{}]", told(&x[0])), floats),
            (Some(_), Some(_)) => (format!("{at} (its key number {})", number + 1), x[0].clone(), y[0].clone()),
            _ => match (x.get(0).and_then(Value::as_str), x.get(1), y.get(1)) {
                (Some(name), Some(p), Some(q))
                    if x.get(0) == y.get(0)
                        && p.is_array()
                        && kind(x) == name
                        && x.get(2).is_none()
                        && !p.get(0).is_some_and(Value::is_array) =>
                {
                    first(p, q, format!("{at}.{name}"), floats)
                }
                _ => first(x, y, format!("{at}[{number}]"), floats),
            },
        };
    }
    (at, a.clone(), b.clone())
}

/// Of two tensors: what differs of their kind, or the place in what they hold.
fn tensor(a: &Value, b: &Value, at: &str, floats: &Floats) -> Option<(String, Value, Value)> {
    let parts = |value: &Value| value.as_array().filter(|parts| parts.len() == 5 && parts[4].is_array()).cloned();
    let (x, y) = (parts(a)?, parts(b)?);
    for (number, name) in [(1, "dtype"), (2, "device"), (3, "requires_grad")] {
        if x[number] != y[number] {
            return Some((format!("{at}.{name}"), x[number].clone(), y[number].clone()));
        }
    }
    Some(first(&x[4], &y[4], at.to_owned(), floats))
}

/// How near two floats are, on a line of its own; nothing where the values are others, or far apart.
fn near(a: &Value, b: &Value) -> String {
    let float = |value: &Value| {
        let parts = value.as_array().filter(|parts| parts.len() == 2 && parts[0] == "float")?;
        floats::from_hex(parts[1].as_str()?)
    };
    let found = float(a).zip(float(b)).and_then(|(a, b)| floats::note(a, b, Width::Double));
    found.map(|note| format!("\n  {note}")).unwrap_or_default()
}

/// A value as Python would show it, about.
fn told(value: &Value) -> String {
    let Some(parts) = value.as_array() else {
        return shown(&value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    };
    match (parts.first().and_then(Value::as_str), parts.get(1)) {
        (Some("str"), Some(Value::String(text))) => shown(&format!("{text:?}")),
        (Some("int"), Some(Value::String(text))) => {
            let digits = text.trim_start_matches('-').trim_start_matches("0x");
            let sign = if text.starts_with('-') { "-" } else { "" };
            u128::from_str_radix(digits, 16).map_or_else(|_| text.clone(), |number| format!("{sign}{number}"))
        }
        (Some("NoneType" | "bool"), Some(Value::String(text))) => text.clone(),
        (Some("float"), Some(Value::String(text))) => {
            floats::from_hex(text).map_or_else(|| text.clone(), |value| format!("{value:?}"))
        }
        (Some(kind), Some(Value::Array(inner))) => {
            let shows: Vec<String> = inner.iter().take(8).map(part).collect();
            let (inner, more) = (shows.join(", "), if inner.len() > 8 { ", …" } else { "" });
            shown(&match kind {
                "list" => format!("[{inner}{more}]"),
                "tuple" if shows.len() == 1 => format!("({inner},)"),
                "tuple" => format!("({inner}{more})"),
                "dict" | "set" if !shows.is_empty() => format!("{{{inner}{more}}}"),
                "dict" => "{}".to_owned(),
                _ => format!("{kind}({inner}{more})"),
            })
        }
        (Some(kind), Some(more)) => {
            shown(&format!("{kind} {}", more.as_str().map_or_else(|| more.to_string(), str::to_owned)))
        }
        _ => shown(&value.to_string()),
    }
}

/// A part of a value: a key with what is under it, an attribute, or a value.
fn part(value: &Value) -> String {
    const HOLDING: [&str; 7] = ["list", "tuple", "dict", "set", "frozenset", "deque", "defaultdict"];
    match value.as_array().map(Vec::as_slice) {
        Some([key, under]) if key.is_array() && under.is_array() => format!("{}: {}", told(key), told(under)),
        Some([Value::String(name), under]) if under[0].is_string() && !HOLDING.contains(&name.as_str()) => {
            format!("{name}={}", told(under))
        }
        _ => told(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_told_as_python_shows_them() {
        for (value, expected) in [
            (json!(["list", [["int", "0x4"], ["str", "a"]]]), "[4, \"a\"]"),
            (json!(["tuple", [["int", "-0x4"]]]), "(-4,)"),
            (json!(["dict", [[["str", "n"], ["int", "0x4"]]]]), "{\"n\": 4}"),
            (json!(["dict", []]), "{}"),
            (
                json!(["Client", [["calls", ["int", "0x6"]], ["log", ["list", [["int", "0x1"]]]]]]),
                "Client(calls=6, log=[1])",
            ),
            (json!(["ValueError", [["str", "a"]], []]), "ValueError(\"a\")"),
        ] {
            assert_eq!(told(&value), expected);
        }
        let call = |value: &str| format!(r#"[["NoneType","None"],[["rows",["list",[["int","{value}"]]]]]]"#);
        assert_eq!(
            super::call("work", &call("0x1"), &call("0x2"), &Floats::default()),
            "what work() leaves in its argument rows, in [0], differs:\n  original:  1\n  rewritten: 2"
        );
    }

    fn seen(variables: &[(&str, Value, usize)]) -> Seen {
        let all = variables.iter().map(|(name, value, bound)| ((*name).to_owned(), (value.clone(), *bound, false)));
        Seen { variables: all.collect(), ..Seen::default() }
    }

    #[test]
    fn types_count_and_what_was_moved_does_not() {
        let none = BTreeSet::new();
        let one = seen(&[("x", json!(["int", "0x1"]), 1)]);
        let told = variables(&one, &seen(&[("x", json!(["bool", "True"]), 1)]), &none, &Floats::default())
            .expect("a difference");
        assert_eq!(told, "the variable x differs at the end:\n  original:  1\n  rewritten: True");
        assert_eq!(variables(&one, &seen(&[("x", json!(["bool", "True"]), 0)]), &none, &Floats::default()), None);
        assert_eq!(variables(&one, &seen(&[("y", json!(["int", "0x1"]), 1)]), &none, &Floats::default()), None);
        assert_eq!(variables(&one, &seen(&[("x", json!(["too much"]), 1)]), &none, &Floats::default()), None);
        assert_eq!(
            variables(&one, &seen(&[("x", json!(["int", "0x2"]), 1)]), &["x".to_owned()].into(), &Floats::default()),
            None
        );
    }

    #[test]
    fn the_place_of_a_difference_is_told() {
        let list = |last: &str| json!(["list", [["str", "a"], ["dict", [[["str", "k"], ["float", last]]]]]]);
        let told = variables(
            &seen(&[("x", list("0x1"), 1)]),
            &seen(&[("x", list("0x2"), 1)]),
            &BTreeSet::new(),
            &Floats::default(),
        );
        let told = told.expect("a difference");
        assert!(told.starts_with("the variable x[1][\"k\"] differs at the end"), "{told}");
    }

    #[test]
    fn the_place_in_a_tensor_is_told() {
        let of = |dtype: &str, last: &str| {
            let held = json!(["Tensor", dtype, [2], ["float32s", "0x1p+0", last]]);
            json!(["Tensor", format!("torch.{dtype}"), "cpu", false, held])
        };
        let told = |a: Value, b: Value| {
            variables(&seen(&[("x", a, 1)]), &seen(&[("x", b, 1)]), &BTreeSet::new(), &Floats::default())
        };
        let found = told(of("float32", "0x1p+1"), of("float32", "0x1p+2")).expect("a difference");
        assert!(found.contains("x[1]") && found.contains("2.0") && found.contains("4.0"), "{found}");
        let found = told(of("float32", "0x1p+1"), of("float64", "0x1p+1")).expect("a difference");
        assert!(found.starts_with("the variable x.dtype differs") && found.contains("torch.float64"), "{found}");
    }

    #[test]
    fn one_object_under_two_names_is_told_from_two() {
        let both = [("a", json!(["list", []]), 1), ("b", json!(["list", []]), 1)];
        let mut one = seen(&both);
        one.same = vec![vec!["a".to_owned(), "b".to_owned()]];
        let told = variables(&one, &seen(&both), &BTreeSet::new(), &Floats::default()).expect("a difference");
        assert_eq!(told, "the variables a and b are one object in the original and two in the rewritten");
    }

    #[test]
    fn calls_are_compared_whatever_their_order() {
        let call = |value: &str| ("f".to_owned(), json!(["str", value]), BTreeMap::new());
        let of = |values: &[&str]| Seen { calls: values.iter().map(|value| call(value)).collect(), ..Seen::default() };
        assert_eq!(calls(&of(&["x", "y"]), &of(&["y", "x"]), &Floats::default()), None);
        assert!(
            calls(&of(&["x", "y"]), &of(&["y", "y"]), &Floats::default())
                .is_some_and(|told| told.starts_with("what f() gives back"))
        );
        assert!(
            calls(&of(&["x"]), &of(&["x", "x"]), &Floats::default())
                .is_some_and(|told| told.contains("called once in the original, 2 times in"))
        );
    }
}
