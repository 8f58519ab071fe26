//! How near two numbers are: bit by bit, within a few units in the last place, within a tolerance that the user named.

use serde_json::Value;
use std::{cell::Cell, rc::Rc};

/// Units in the last place that another order of additions may cost; counted as equal only where a tolerance was named.
const NEAR: u64 = 4;
/// A relative difference up to which a message speaks of tolerances at all.
const SMALL: f64 = 1e-6;

/// How much had to be overlooked for two things to count as equal; the weaker, the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(in crate::validate) enum Relation {
    /// Nothing.
    #[default]
    Equal,
    /// Bytes of a file: the data in it is equal.
    Data,
    /// So many units in the last place of a float.
    Ulps(u64),
    /// More, and less than the tolerance.
    Tolerance,
}

/// How many bits a float has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Width {
    Half,
    Single,
    Double,
}

/// The tolerance, and the weakest relation that was needed so far. Clones share the latter.
#[derive(Debug, Clone, Default)]
pub(in crate::validate) struct Floats {
    rtol: Option<f64>,
    weakest: Rc<Cell<Relation>>,
}

impl Floats {
    pub fn new(rtol: Option<f64>) -> Self {
        Floats { rtol, weakest: Rc::default() }
    }

    /// The same tolerance, with a memory of its own.
    pub fn apart(&self) -> Self {
        Floats::new(self.rtol)
    }

    /// The weakest relation that was needed, in words.
    pub fn named(&self) -> String {
        match self.weakest.get() {
            Relation::Equal => "equal".to_owned(),
            Relation::Data => "equal as data".to_owned(),
            Relation::Ulps(count) => format!("within {count} ULP"),
            Relation::Tolerance => format!("within tolerance {:e}", self.rtol.unwrap_or_default()),
        }
    }

    /// Remembers a relation that was needed; says whether there is one.
    pub(super) fn needed(&self, found: Option<Relation>) -> bool {
        if let Some(found) = found {
            self.weakest.set(self.weakest.get().max(found));
        }
        found.is_some()
    }

    /// Whether anything but equal bits can count as equal.
    pub(super) fn lenient(&self) -> bool {
        self.rtol.is_some()
    }

    /// How two floats are related; `None` where they count as different.
    pub(super) fn pair(&self, a: f64, b: f64, width: Width) -> Option<Relation> {
        if a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()) {
            return Some(Relation::Equal);
        }
        let rtol = self.rtol?;
        match ulps(a, b, width)? {
            near @ ..=NEAR => Some(Relation::Ulps(near)),
            _ => (relative(a, b) <= rtol).then_some(Relation::Tolerance),
        }
    }

    /// How two texts are related that may differ in decimal numbers only.
    pub(super) fn texts(&self, a: &[u8], b: &[u8]) -> Option<Relation> {
        if a == b {
            return Some(Relation::Equal);
        }
        self.rtol?;
        let pairs = differing(a, b)?;
        pairs.into_iter().try_fold(Relation::Equal, |weakest, (a, b)| {
            // Equal numbers that are written differently are not near, they are another text.
            let found = self.pair(a, b, Width::Double).filter(|found| *found != Relation::Equal)?;
            Some(weakest.max(found))
        })
    }

    /// How two values are related, in the form that the start-up hook writes. What was too much to be written down is not
    /// compared.
    pub(super) fn values(&self, a: &Value, b: &Value) -> Option<Relation> {
        let kind = |value: &Value| value.get(0).and_then(Value::as_str).map(str::to_owned);
        if [a, b].iter().any(|value| kind(value).as_deref() == Some("too much")) {
            return Some(Relation::Equal);
        }
        match (a, b) {
            (Value::Array(x), Value::Array(y)) => {
                let name = kind(a);
                if let (true, Some("float" | "complex" | "floats" | "float32s" | "float16s")) =
                    (self.lenient() && kind(b) == name, name.as_deref())
                {
                    let width = match name.as_deref() {
                        Some("float32s") => Width::Single,
                        Some("float16s") => Width::Half,
                        _ => Width::Double,
                    };
                    return self.hexes(x, y, width);
                }
                if x.len() != y.len() {
                    return None;
                }
                x.iter().zip(y).try_fold(Relation::Equal, |weakest, (x, y)| Some(weakest.max(self.values(x, y)?)))
            }
            _ => (a == b).then_some(Relation::Equal),
        }
    }

    fn hexes(&self, a: &[Value], b: &[Value], width: Width) -> Option<Relation> {
        if a.len() != b.len() {
            return None;
        }
        a.iter().zip(b).try_fold(Relation::Equal, |weakest, (a, b)| {
            if a == b {
                return Some(weakest);
            }
            let found = self.pair(from_hex(a.as_str()?)?, from_hex(b.as_str()?)?, width)?;
            Some(weakest.max(found))
        })
    }
}

/// What to say of two numbers that are near, and differ; nothing where they are not near.
pub(super) fn note(a: f64, b: f64, width: Width) -> Option<String> {
    let (ulps, relative) = (ulps(a, b, width)?, relative(a, b));
    if ulps <= NEAR {
        return Some(format!("{ulps} ULP apart; --tolerance would accept that"));
    }
    if relative > SMALL {
        return None;
    }
    let enough = 10f64.powi(relative.log10().ceil().clamp(-300.0, 0.0) as i32);
    Some(format!("{ulps} ULP apart, {relative:.1e} of the value; --tolerance {enough:e} would accept that"))
}

/// The same of two texts that differ in decimal numbers only: of the two that are furthest apart.
pub(super) fn note_of_texts(a: &[u8], b: &[u8]) -> Option<String> {
    let pairs = differing(a, b)?;
    if pairs.iter().any(|(a, b)| note(*a, *b, Width::Double).is_none() || a.to_bits() == b.to_bits()) {
        return None;
    }
    let (a, b) = pairs.into_iter().max_by(|x, y| relative(x.0, x.1).total_cmp(&relative(y.0, y.1)))?;
    note(a, b, Width::Double)
}

fn relative(a: f64, b: f64) -> f64 {
    if a.is_finite() && b.is_finite() { (a - b).abs() / a.abs().max(b.abs()) } else { f64::INFINITY }
}

/// How many floats of that width lie between two that differ, and one more; `None` where one is no finite number.
fn ulps(a: f64, b: f64, width: Width) -> Option<u64> {
    if !a.is_finite() || !b.is_finite() {
        return None;
    }
    let place = |value: f64| -> i64 {
        let (magnitude, negative) = match width {
            Width::Double => ((value.to_bits() & (u64::MAX >> 1)) as i64, value.is_sign_negative()),
            Width::Single => (i64::from((value as f32).to_bits() & (u32::MAX >> 1)), value.is_sign_negative()),
            // Ten bits of a half are the first ten of a single's twenty-three.
            Width::Half => (i64::from((value as f32).to_bits() & (u32::MAX >> 1)) >> 13, value.is_sign_negative()),
        };
        if negative { -magnitude } else { magnitude }
    };
    // The two zeros have one place and are still two values.
    Some(place(a).abs_diff(place(b)).max(1))
}

/// The decimal numbers in which two texts differ; `None` where they differ in anything else.
fn differing(a: &[u8], b: &[u8]) -> Option<Vec<(f64, f64)>> {
    let (mut x, mut y) = (Pieces { text: a, at: 0 }, Pieces { text: b, at: 0 });
    let mut found = Vec::new();
    loop {
        match (x.next(), y.next()) {
            (None, None) => return Some(found),
            (Some(a), Some(b)) if a == b => {}
            (Some(a), Some(b)) => found.push((decimal(a)?, decimal(b)?)),
            _ => return None,
        }
    }
}

/// A number with a point or an exponent.
fn decimal(piece: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(piece).ok().filter(|text| text.starts_with(|c: char| c.is_ascii_digit()))?;
    if !text.contains(['.', 'e', 'E']) { None } else { text.parse().ok() }
}

/// A text cut into numbers, words and single other bytes. A digit within a word starts no number.
struct Pieces<'t> {
    text: &'t [u8],
    at: usize,
}

impl<'t> Iterator for Pieces<'t> {
    type Item = &'t [u8];

    fn next(&mut self) -> Option<&'t [u8]> {
        let rest = self.text.get(self.at..)?;
        let first = rest.first()?;
        let part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80;
        let mut end = 1;
        if first.is_ascii_digit() {
            while end < rest.len() {
                let signed = matches!(rest[end], b'+' | b'-') && matches!(rest[end - 1], b'e' | b'E');
                let point = rest[end] == b'.' && rest.get(end + 1).is_some_and(u8::is_ascii_digit);
                if !part(&rest[end]) && !signed && !point {
                    break;
                }
                end += 1;
            }
        } else if part(first) {
            end = rest.iter().position(|byte| !part(byte)).unwrap_or(rest.len());
        }
        self.at += end;
        Some(&rest[..end])
    }
}

/// A float as Python's `float.hex` writes it.
pub(super) fn from_hex(text: &str) -> Option<f64> {
    let (sign, rest) = text.strip_prefix('-').map_or((1.0, text), |rest| (-1.0, rest));
    match rest {
        "inf" => return Some(sign * f64::INFINITY),
        "nan" => return Some(f64::NAN),
        _ => {}
    }
    let (mantissa, exponent) = rest.strip_prefix("0x")?.split_once('p')?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    if digits.len() > 15 {
        return None;
    }
    let bits = u64::from_str_radix(&digits, 16).ok()?;
    let exponent: i32 = exponent.parse().ok().filter(|e: &i32| e.abs() < 2000)?;
    // In two steps, or the power alone would be 0 where the product is not.
    let power = exponent - 4 * i32::try_from(fraction.len()).ok()?;
    let half = power / 2;
    Some(sign * (bits as f64 * 2f64.powi(half)) * 2f64.powi(power - half))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn tolerant() -> Floats {
        Floats::new(Some(1e-6))
    }

    #[test]
    fn the_weakest_relation_is_told() {
        let floats = tolerant();
        assert_eq!(floats.named(), "equal");
        assert!(floats.needed(floats.pair(0.1 + 0.2, 0.3, Width::Double)));
        assert_eq!(floats.named(), "within 1 ULP");
        assert!(floats.needed(floats.pair(1.0, 1.0 + 1e-7, Width::Double)));
        assert!(floats.needed(floats.pair(0.1 + 0.2, 0.3, Width::Double)));
        assert_eq!(floats.named(), "within tolerance 1e-6");
        assert_eq!(floats.apart().named(), "equal");
        assert!(!floats.needed(floats.pair(1.0, 1.1, Width::Double)));
        assert_eq!(floats.pair(f64::NAN, f64::NAN, Width::Double), Some(Relation::Equal));
        assert_eq!(floats.pair(f64::INFINITY, 1e308, Width::Double), None);
        assert_eq!(floats.pair(0.0, -0.0, Width::Double), Some(Relation::Ulps(1)));
        assert_eq!(floats.pair(-5e-324, 5e-324, Width::Double), Some(Relation::Ulps(2)));
        assert_eq!(Floats::default().pair(0.1 + 0.2, 0.3, Width::Double), None);
        let next = f64::from(f32::from_bits(1f32.to_bits() + 3));
        assert_eq!(floats.pair(1.0, next, Width::Single), Some(Relation::Ulps(3)));
    }

    #[test]
    fn texts_may_differ_in_decimal_numbers_alone() {
        let near = |a: &str, b: &str| tolerant().texts(a.as_bytes(), b.as_bytes());
        assert_eq!(near("mean 0.30000000000000004, n=8", "mean 0.3, n=8"), Some(Relation::Ulps(1)));
        assert_eq!(near("{\"a\": 1.0e-5}", "{\"a\": 1.0000001e-05}"), Some(Relation::Tolerance));
        for (a, b) in [
            ("1.5", "1.50"),
            ("1", "1.0000001"),
            ("n=8", "n=9"),
            ("v1.0", "v1.1"),
            ("-0.5", "0.5"),
            ("0.5 a", "0.5 b"),
            ("1.0", "1.0 2.0"),
            ("1.2.3", "1.2.4"),
            ("nan", "0.1"),
        ] {
            assert_eq!(near(a, b), None, "{a} {b}");
        }
        assert_eq!(Floats::default().texts(b"0.30000000000000004", b"0.3"), None);
    }

    #[test]
    fn values_are_near_where_only_floats_differ() {
        let (a, b) = (
            json!(["list", [["float", "0x1.3333333333334p-2"]]]),
            json!(["list", [["float", "0x1.3333333333333p-2"]]]),
        );
        assert_eq!(tolerant().values(&a, &b), Some(Relation::Ulps(1)));
        assert_eq!(Floats::default().values(&a, &b), None);
        assert_eq!(tolerant().values(&json!(["int", "0x1"]), &json!(["float", "0x1.0p+0"])), None);
        for value in [0.1, -3.5, 1e308, 5e-324, 2.2250738585072014e-308, 0.0] {
            let bits: u64 = f64::to_bits(value) & ((1 << 52) - 1);
            let exponent = ((f64::to_bits(value) >> 52) & 0x7ff) as i32;
            let (lead, exponent) = if exponent == 0 { (0, -1022) } else { (1, exponent - 1023) };
            let sign = if value < 0.0 { "-" } else { "" };
            assert_eq!(from_hex(&format!("{sign}0x{lead}.{bits:013x}p{exponent:+}")), Some(value));
        }
        assert_eq!(from_hex("-inf"), Some(f64::NEG_INFINITY));
        assert_eq!((from_hex("0x"), from_hex("0xp1"), from_hex("")), (None, None, None));
    }

    #[test]
    fn what_would_be_accepted_is_said() {
        assert_eq!(note(0.1 + 0.2, 0.3, Width::Double).as_deref(), Some("1 ULP apart; --tolerance would accept that"));
        let told = note(1.0, 1.0 + 3e-9, Width::Double).expect("near");
        assert!(told.ends_with("3.0e-9 of the value; --tolerance 1e-8 would accept that"), "{told}");
        assert_eq!(note(1.0, 1.5, Width::Double), None);
        assert!(note_of_texts(b"a 0.3", b"a 0.30000000000000004").is_some());
        assert_eq!(note_of_texts(b"a 0.3 0.1", b"a 0.30000000000000004 0.2"), None);
    }
}
