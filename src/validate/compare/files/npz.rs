//! npz files: archives of npy files. When they were written, and how they are packed, does not matter.

use super::{
    npy,
    tree::{Difference, Found},
};
use crate::validate::compare::floats::{Floats, Relation};
use std::io::{Cursor, Read};

/// Bytes that the members of a file may have in all: a few bytes can be packed that would fill the memory.
const MOST: u64 = 512 * 1024 * 1024;

/// The members, by name, in their order; without this ending.
pub(super) fn read(bytes: &[u8], ending: &str) -> Option<Vec<(String, Vec<u8>)>> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).ok()?;
    let (mut found, mut left) = (Vec::new(), MOST);
    for at in 0..archive.len() {
        let mut member = archive.by_index(at).ok()?;
        let mut content = Vec::new();
        let length = (&mut member).take(left + 1).read_to_end(&mut content).ok()?;
        left = left.checked_sub(length as u64)?;
        let name = member.name();
        found.push((name.strip_suffix(ending).unwrap_or(name).to_owned(), content));
    }
    Some(found)
}

/// Compares two files; `None` where one cannot be read.
pub(super) fn compare(a: &[u8], b: &[u8], floats: &Floats) -> Option<Found> {
    let (left, right) = (read(a, ".npy")?, read(b, ".npy")?);
    let names =
        |members: &[(String, Vec<u8>)]| -> Vec<String> { members.iter().map(|(name, _)| name.clone()).collect() };
    let told = |original: Vec<String>, rewritten: Vec<String>| {
        let [original, rewritten] = [original, rewritten].map(|names| names.join(", "));
        Some(Found::Differs(Difference { place: "arrays".to_owned(), original, rewritten, note: None }))
    };
    if names(&left) != names(&right) {
        return told(names(&left), names(&right));
    }
    let mut weakest = Relation::Equal;
    for ((name, x), (_, y)) in left.iter().zip(&right) {
        if x == y {
            continue;
        }
        match npy::compare(x, y, floats)? {
            Found::Same(relation) => weakest = weakest.max(relation),
            Found::Differs(found) => {
                return Some(Found::Differs(Difference { place: format!("array {name}, {}", found.place), ..found }));
            }
            Found::Unknown => return Some(Found::Unknown),
        }
    }
    Some(Found::Same(weakest))
}

/// The first member that differs of two archives of whatever content (`torch.save` writes one), where both can be read.
pub(super) fn member(a: &[u8], b: &[u8]) -> Option<String> {
    let (left, right) = (read(a, ".npy")?, read(b, ".npy")?);
    let other = left.iter().zip(&right).find(|(x, y)| x != y);
    match other {
        Some(((name, x), (same, y))) if name == same => Some(format!("member {name}: {}", super::bytes(x, y))),
        Some(((name, _), (other, _))) => Some(format!("member {name} in the original, {other} in the rewritten")),
        None if left.len() == right.len() => None,
        None => Some(format!("{} members in the original, {} in the rewritten", left.len(), right.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::super::npy::tests::file;
    use super::*;
    use std::io::Write;
    use zip::{CompressionMethod, DateTime, ZipWriter, write::SimpleFileOptions};

    fn archive(members: &[(&str, f64)], year: u16, method: CompressionMethod) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        let time = DateTime::from_date_and_time(year, 1, 1, 0, 0, 0).expect("a date");
        let options = SimpleFileOptions::default().compression_method(method).last_modified_time(time);
        for (name, value) in members {
            writer.start_file(format!("{name}.npy"), options).expect("a member");
            writer.write_all(&file("<f8", "(1,)", "False", &value.to_le_bytes())).expect("written");
        }
        writer.finish().expect("an archive").into_inner()
    }

    #[test]
    fn arrays_count_and_dates_and_packing_do_not() {
        let (stored, packed) = (CompressionMethod::Stored, CompressionMethod::Deflated);
        let plain = archive(&[("a", 0.3), ("b", 2.0)], 1980, stored);
        let none = Floats::default();
        for other in
            [archive(&[("a", 0.3), ("b", 2.0)], 2020, stored), archive(&[("a", 0.3), ("b", 2.0)], 1980, packed)]
        {
            assert_ne!(plain, other);
            assert_eq!(compare(&plain, &other, &none), Some(Found::Same(Relation::Equal)));
        }
        let told = |other: Vec<u8>| match compare(&plain, &other, &none) {
            Some(Found::Differs(found)) => found.to_string(),
            other => format!("{other:?}"),
        };
        assert_eq!(
            told(archive(&[("a", 0.3), ("b", 4.0)], 1980, stored)),
            "array b, element [0]: 2.0 in the original, 4.0 in the rewritten"
        );
        assert_eq!(
            told(archive(&[("b", 2.0), ("a", 0.3)], 1980, stored)),
            "arrays: a, b in the original, b, a in the rewritten"
        );
        let near = archive(&[("a", 0.1 + 0.2), ("b", 2.0)], 1980, stored);
        assert_eq!(compare(&plain, &near, &Floats::new(Some(1e-9))), Some(Found::Same(Relation::Ulps(1))));
        assert_eq!(compare(&plain, b"PK\x03\x04", &none), None);
    }
}
