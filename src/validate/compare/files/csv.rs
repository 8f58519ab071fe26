//! CSV: the first cell that differs, by row and column.

use super::tree::Difference;
use crate::validate::compare::{floats, words::shown};

/// The rows of a text; quoted cells may hold line ends.
fn rows(text: &str, separator: char) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                cell.push('"');
            }
            '"' if quoted || cell.is_empty() => quoted = !quoted,
            c if c == separator && !quoted => row.push(std::mem::take(&mut cell)),
            '\r' if !quoted && chars.peek() == Some(&'\n') => {}
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            c => cell.push(c),
        }
    }
    if !cell.is_empty() || !row.is_empty() {
        row.push(cell);
        rows.push(row);
    }
    rows
}

/// The smallest difference between two tables; `None` where the cells are the same.
pub(super) fn difference(a: &[u8], b: &[u8], separator: char) -> Option<Difference> {
    let read = |bytes| std::str::from_utf8(bytes).ok().map(|text| rows(text, separator));
    let (a, b) = (read(a)?, read(b)?);
    let told = |place: &str, original: String, rewritten: String, note| {
        Some(Difference { place: place.to_owned(), original, rewritten, note })
    };
    let (mut left, mut right): (Vec<_>, Vec<_>) = (a.iter().collect(), b.iter().collect());
    left.sort_unstable();
    right.sort_unstable();
    let differing = a.iter().zip(&b).position(|(x, y)| x != y);
    match differing {
        Some(at) if left == right => {
            told(&format!("{} (the same records in another order)", row(at)), line(&a[at]), line(&b[at]), None)
        }
        Some(at) if a[at].len() != b[at].len() => {
            told(&row(at), format!("{} cells", a[at].len()), format!("{} cells", b[at].len()), None)
        }
        Some(at) => {
            let column = a[at].iter().zip(&b[at]).position(|(x, y)| x != y)?;
            let name = a.first().and_then(|names| names.get(column)).filter(|name| at > 0 && !name.is_empty());
            let name = name.map_or_else(|| (column + 1).to_string(), |name| shown(name));
            let (x, y) = (&a[at][column], &b[at][column]);
            let note = floats::note_of_texts(x.as_bytes(), y.as_bytes());
            told(&format!("{}, column {name}", row(at)), shown(x), shown(y), note)
        }
        None if a.len() != b.len() => {
            told("rows", a.len().saturating_sub(1).to_string(), b.len().saturating_sub(1).to_string(), None)
        }
        None => None,
    }
}

/// Rows are counted below the one with the names.
fn row(at: usize) -> String {
    if at == 0 { "the first row".to_owned() } else { format!("row {at}") }
}

fn line(row: &[String]) -> String {
    shown(&row.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(a: &str, b: &str) -> String {
        difference(a.as_bytes(), b.as_bytes(), ',').map_or_else(|| "the same".to_owned(), |found| found.to_string())
    }

    #[test]
    fn row_and_column_are_named() {
        let table = |last: &str| format!("name,score\n\"a, \"\"b\"\"\nc\",1\nd,{last}\n");
        assert_eq!(
            told(&table("0.25"), &table("0.5")),
            "row 2, column score: 0.25 in the original, 0.5 in the rewritten"
        );
        assert_eq!(told("a\n1\n2\n", "a\n1\n"), "rows: 2 in the original, 1 in the rewritten");
        assert!(told("a\n1\n2\n", "a\n2\n1\n").starts_with("row 1 (the same records in another order): 1 in"));
        assert_eq!(told("a,b\n", "a,c\n"), "the first row, column 2: b in the original, c in the rewritten");
        assert_eq!(told("a,b\n1,2\n", "a,b\n1\n"), "row 1: 2 cells in the original, 1 cells in the rewritten");
        assert_eq!(told("a\r\n1\r\n", "a\n\"1\""), "the same");
    }
}
