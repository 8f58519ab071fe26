//! Files by their content: where the smallest difference is, and whether numbers are near enough.

mod csv;
mod json;
mod npy;
mod npz;
mod package;
mod pickle;
mod tree;

use super::{
    floats::{Floats, Relation},
    words::lines,
};
use tree::{Difference, Found};

/// What a name says of a file's content.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Json,
    Lines,
    Table(char),
    Array,
    Archive,
    /// A document that is an archive.
    Package,
    Pickle,
}

fn kind(path: &str, bytes: &[u8]) -> Option<Kind> {
    let ending = std::path::Path::new(path).extension().and_then(|ending| ending.to_str());
    let ending = ending.unwrap_or_default().to_ascii_lowercase();
    Some(match ending.as_str() {
        "json" => Kind::Json,
        "jsonl" | "ndjson" => Kind::Lines,
        "csv" => Kind::Table(','),
        "tsv" => Kind::Table('\t'),
        "npy" => Kind::Array,
        "npz" => Kind::Archive,
        "xlsx" | "xlsm" | "docx" | "pptx" | "ods" | "odt" | "odp" | "zip" => Kind::Package,
        "pkl" | "pickle" | "pck" => Kind::Pickle,
        _ if bytes.starts_with(b"\x93NUMPY") => Kind::Array,
        _ => return None,
    })
}

/// Whether the content is bytes rather than lines.
pub(super) fn binary(path: &str, bytes: &[u8]) -> bool {
    match kind(path, bytes) {
        Some(kind) => matches!(kind, Kind::Array | Kind::Archive | Kind::Package | Kind::Pickle),
        None => bytes.contains(&0),
    }
}

/// The place of the first difference and what is there, for bytes and for files whose kind is known and that can be read.
pub(super) fn difference(path: &str, a: &[u8], b: &[u8]) -> Option<String> {
    let strict = Floats::default();
    let known = kind(path, a).and_then(|kind| of_kind(kind, a, b, &strict));
    known.or_else(|| (binary(path, a) || binary(path, b)).then(|| npz::member(a, b).unwrap_or_else(|| bytes(a, b))))
}

/// The first byte that differs.
fn bytes(a: &[u8], b: &[u8]) -> String {
    let at = a.iter().zip(b).position(|(a, b)| a != b).unwrap_or(a.len().min(b.len()));
    match a.len() == b.len() {
        true => format!("byte {at} of {} is the first that differs", a.len()),
        false => format!(
            "{} bytes in the original, {} in the rewritten; byte {at} is the first that differs",
            a.len(),
            b.len()
        ),
    }
}

fn of_kind(kind: Kind, a: &[u8], b: &[u8], strict: &Floats) -> Option<String> {
    match kind {
        Kind::Lines => records(a, b, strict),
        Kind::Table(separator) => csv::difference(a, b, separator).map(|found| found.to_string()),
        kind => match whole(kind, a, b, strict)? {
            Found::Differs(found) => Some(found.to_string()),
            Found::Same(_) => Some("the same content, written in another way".to_owned()),
            Found::Unknown => None,
        },
    }
}

/// How two binary files are related whose bytes differ; `None` where their content does, or cannot be read. How a text is
/// written is a result of its own.
pub(super) fn near(path: &str, a: &[u8], b: &[u8], floats: &Floats) -> Option<Relation> {
    if !binary(path, a) {
        return None;
    }
    match whole(kind(path, a)?, a, b, floats)? {
        Found::Same(relation) => Some(relation.max(Relation::Data)),
        _ => None,
    }
}

fn whole(kind: Kind, a: &[u8], b: &[u8], floats: &Floats) -> Option<Found> {
    match kind {
        Kind::Array => npy::compare(a, b, floats),
        Kind::Archive => npz::compare(a, b, floats),
        Kind::Package => package::compare(a, b),
        Kind::Pickle => Some(tree::compare(&pickle::read(a)?, &pickle::read(b)?, "$", floats)),
        _ => Some(tree::compare(&json::read(a)?, &json::read(b)?, "$", floats)),
    }
}

/// The first record of two JSONL files that differs.
fn records(a: &[u8], b: &[u8], floats: &Floats) -> Option<String> {
    let (mut left, mut right) = (lines(a), lines(b));
    let (n, m) = (left.len(), right.len());
    let at = left.iter().zip(&right).position(|(a, b)| a != b);
    let first = at.and_then(|at| Some((at + 1, whole(Kind::Json, left[at], right[at], floats)?)));
    left.sort_unstable();
    right.sort_unstable();
    let counts =
        || Difference { place: "records".to_owned(), original: n.to_string(), rewritten: m.to_string(), note: None };
    let order = if left == right { " (the same records in another order)" } else { "" };
    match first {
        Some((line, Found::Differs(found))) if n == m => Some(format!("line {line}{order}, {found}")),
        Some((line, Found::Differs(found))) => Some(format!("line {line}, {found}; {}", counts())),
        _ if n != m => Some(counts().to_string()),
        Some((line, Found::Same(_))) => Some(format!("line {line}: the same content, written in another way")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_kind_is_told_by_the_name() {
        let told = |path: &str, a: &str, b: &str| difference(path, a.as_bytes(), b.as_bytes());
        assert_eq!(
            told("a/x.jsonl", "{\"a\":1}\n{\"a\":2}\n", "{\"a\":1}\n{\"a\":3}\n").as_deref(),
            Some("line 2, $.a: 2 in the original, 3 in the rewritten")
        );
        assert_eq!(told("x.jsonl", "1\n2\n", "1\n").as_deref(), Some("records: 2 in the original, 1 in the rewritten"));
        assert!(
            told("x.jsonl", "1\n2\n", "2\n1\n").is_some_and(|told| told.contains("the same records in another order"))
        );
        assert_eq!(told("x.JSON", "{}", "{ }").as_deref(), Some("the same content, written in another way"));
        assert_eq!((told("x.txt", "1", "2"), told("x.json", "{", "}"), told("json", "1", "1 ")), (None, None, None));
    }

    #[test]
    fn of_other_bytes_the_first_that_differs_is_told() {
        let told = |a: &[u8], b: &[u8]| difference("x.bin", a, b);
        assert_eq!(told(b"a\0b", b"a\0c").as_deref(), Some("byte 2 of 3 is the first that differs"));
        let longer = "3 bytes in the original, 4 in the rewritten; byte 3 is the first that differs";
        assert_eq!(told(b"a\0b", b"a\0bc").as_deref(), Some(longer));
        assert_eq!(told(b"ab", b"ac"), None, "a text");
        assert!(binary("model.bin", b"\0") && !binary("notes", b"a") && !binary("x.json", b"\0"));
    }

    #[test]
    fn a_tolerance_reaches_into_pickles() {
        let of = |value: f64| [b"\x80\x02]q\x00G", &value.to_be_bytes()[..], b"a."].concat();
        let floats = Floats::new(Some(1e-9));
        assert_eq!(near("x.pkl", &of(0.3), &of(0.1 + 0.2), &floats), Some(Relation::Ulps(1)));
        assert_eq!(near("x.pkl", &of(0.3), &of(0.4), &floats), None);
        assert_eq!(near("x.pkl", &of(0.3), &of(0.1 + 0.2), &Floats::default()), None);
        // Other bytes and the same content: equal as data. Of texts the bytes count.
        let fresh = [b"\x80\x02]G", &0.3f64.to_be_bytes()[..], b"a."].concat();
        assert_eq!(near("x.pkl", &of(0.3), &fresh, &Floats::default()), Some(Relation::Data));
        assert_eq!(near("x.json", b"{}", b"{ }", &Floats::default()), None);
        assert!(difference("x.pkl", &of(0.3), &of(0.1 + 0.2)).is_some_and(|told| told.starts_with("$[0]: 0.3 in the")));
    }

    /// Bytes that begin as the real ones do, so that more than the first check is reached.
    fn damaged() -> impl Strategy<Value = Vec<u8>> {
        let opcodes = prop::sample::select(&b"(.NJKMGXBC]){}aesutlcRb012qrhjTU\x81\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f\x90\x91\x92\x93\x94\x95\x96\x00\x01\x02\n\xff"[..]);
        let pickle = prop::collection::vec(opcodes, 0..80).prop_map(|rest| [b"\x80\x04", &rest[..]].concat());
        let dtype = prop::sample::select(
            &[
                "<f8",
                ">f4",
                "<f2",
                "|b1",
                "<i8",
                "<i0",
                "<c16",
                "<U2",
                "|S3",
                "|O",
                "<f16",
                "<",
                "",
                "é",
                "<u99",
                "<U99999999999999999999",
                "<M8[ns]",
                "<U4611686018427387905",
            ][..],
        );
        let shape =
            prop::sample::select(&["(2, 3)", "()", "(0,)", "(-1,)", "(99999999999999999999,)", "(7,)", "("][..]);
        let data = prop::collection::vec(any::<u8>(), 0..64);
        let array = (dtype, shape, any::<bool>(), data).prop_map(|(dtype, shape, turned, data)| {
            npy::tests::file(dtype, shape, if turned { "True" } else { "False" }, &data)
        });
        prop_oneof![pickle, array, prop::collection::vec(any::<u8>(), 0..200)]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3000))]

        #[test]
        fn no_bytes_make_a_reader_panic(a in damaged(), mut b in damaged(), same in any::<bool>(), at in any::<prop::sample::Index>(), cut in any::<bool>()) {
            if same {
                b.clone_from(&a);
                if !b.is_empty() {
                    let at = at.index(b.len());
                    if cut { b.truncate(at) } else { b[at] ^= 1 }
                }
            }
            for floats in [Floats::default(), Floats::new(Some(1e-3))] {
                for path in ["x.npy", "x.npz", "x.xlsx", "x.pkl", "x.json", "x.jsonl", "x.csv"] {
                    let _ = (difference(path, &a, &b), near(path, &a, &b, &floats));
                }
            }
        }
    }
}
