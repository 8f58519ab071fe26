//! Documents that are archives (`.xlsx`, `.ods` and their kin, `.zip`): what is in them counts; when they were written, by
//! their own properties and by the archive's, and how they are packed do not.

use super::tree::{Difference, Found};
use crate::validate::compare::floats::Relation;
use std::collections::BTreeMap;

/// Members that hold the properties of a document, and the elements in them that say when and by what it was written.
const PROPERTIES: [(&str, &[&str]); 2] =
    [("docProps/core.xml", &["created", "modified"]), ("meta.xml", &["creation-date", "date", "editing-duration"])];

/// The members by name, without the times.
fn read(bytes: &[u8]) -> Option<BTreeMap<String, Vec<u8>>> {
    let members = super::npz::read(bytes, "")?.into_iter().map(|(name, content)| {
        let known = PROPERTIES.iter().find(|(member, _)| *member == name);
        let content = known.map_or_else(|| content.clone(), |(_, elements)| without(&content, elements));
        (name, content)
    });
    Some(members.collect())
}

/// Compares two documents; `None` where one cannot be read.
pub(super) fn compare(a: &[u8], b: &[u8]) -> Option<Found> {
    let (left, right) = (read(a)?, read(b)?);
    let names = |members: &BTreeMap<String, Vec<u8>>| members.keys().cloned().collect::<Vec<_>>().join(", ");
    let differs = |place: String, original: String, rewritten: String| {
        Some(Found::Differs(Difference { place, original, rewritten, note: None }))
    };
    if !left.keys().eq(right.keys()) {
        return differs("members".to_owned(), names(&left), names(&right));
    }
    let Some((name, x, y)) =
        left.iter().zip(right.values()).find_map(|((name, x), y)| (x != y).then_some((name, x, y)))
    else {
        return Some(Found::Same(Relation::Data));
    };
    let at = x.iter().zip(y).position(|(x, y)| x != y).unwrap_or(x.len().min(y.len()));
    differs(format!("member {name}, byte {at}"), excerpt(x, at), excerpt(y, at))
}

/// What stands at a place, from a little before it.
fn excerpt(content: &[u8], at: usize) -> String {
    let shown = content.get(at.saturating_sub(20)..content.len().min(at + 40)).unwrap_or_default();
    format!("`{}`", String::from_utf8_lossy(shown).escape_debug())
}

/// An XML text with what these elements hold left out, whatever the prefix of their names.
fn without(text: &[u8], elements: &[&str]) -> Vec<u8> {
    let mut out = String::new();
    let text = String::from_utf8_lossy(text);
    let mut rest = text.as_ref();
    while let Some((before, tag)) = rest.split_once('<') {
        let Some((head, after)) = tag.split_once('>') else { break };
        out.extend([before, "<", head, ">"]);
        rest = after;
        let name = head.split(char::is_whitespace).next().unwrap_or_default();
        let local = name.rsplit(':').next().unwrap_or_default();
        if elements.contains(&local) && !head.starts_with('/') && !head.ends_with('/') {
            rest = &after[after.find('<').unwrap_or(after.len())..];
        }
    }
    out.push_str(rest);
    out.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::super::{difference, near};
    use super::*;
    use crate::validate::compare::floats::Floats;
    use std::io::{Cursor, Write};
    use zip::{DateTime, ZipWriter, write::SimpleFileOptions};

    fn document(members: &[(&str, &str)], year: u16) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        let time = DateTime::from_date_and_time(year, 1, 1, 0, 0, 0).expect("a date");
        for (name, content) in members {
            writer.start_file(*name, SimpleFileOptions::default().last_modified_time(time)).expect("a member");
            writer.write_all(content.as_bytes()).expect("written");
        }
        writer.finish().expect("an archive").into_inner()
    }

    fn sheet(value: &str, year: u16) -> Vec<u8> {
        let core = format!(
            "<cp:coreProperties><dc:creator>me</dc:creator><dcterms:created xsi:type=\"dcterms:W3CDTF\">{year}-01-01T00:00:00Z</dcterms:created><dcterms:modified xsi:type=\"dcterms:W3CDTF\">{year}</dcterms:modified></cp:coreProperties>"
        );
        document(&[("docProps/core.xml", &core), ("xl/sheet1.xml", &format!("<v>{value}</v>"))], year)
    }

    #[test]
    fn contents_count_and_times_do_not() {
        let none = Floats::default();
        assert_eq!(near("x.xlsx", &sheet("1", 2020), &sheet("1", 2024), &none), Some(Relation::Data));
        assert_eq!(near("x.xlsx", &sheet("1", 2020), &sheet("2", 2020), &none), None);
        assert_eq!(
            difference("x.XLSX", &sheet("1", 2020), &sheet("2", 2024)).as_deref(),
            Some("member xl/sheet1.xml, byte 3: `<v>1</v>` in the original, `<v>2</v>` in the rewritten")
        );
        let (one, other) = (document(&[("a", "1")], 2020), document(&[("a", "1"), ("b", "2")], 2020));
        assert_eq!(
            difference("x.zip", &one, &other).as_deref(),
            Some("members: a in the original, a, b in the rewritten")
        );
        // Who wrote it is content, and what is no archive is compared as bytes.
        let other =
            String::from_utf8(without(b"<a:modified>1</a:modified><b/>x<modified/>", &["modified"])).expect("text");
        assert_eq!(other, "<a:modified></a:modified><b/>x<modified/>");
        assert_eq!(near("x.xlsx", b"PK\x03\x04a", b"PK\x03\x04b", &none), None);
        let meta = |date: &str| {
            let meta = format!("<office:meta><meta:creation-date>{date}</meta:creation-date></office:meta>");
            document(&[("meta.xml", &meta), ("content.xml", "<x/>")], 2020)
        };
        assert_eq!(near("x.ods", &meta("2020"), &meta("2021"), &none), Some(Relation::Data));
    }
}
