//! npy files: the header, and the first element that differs.

use super::{
    pickle,
    tree::{Difference, Found, compare as trees},
};
use crate::validate::compare::floats::{self, Floats, Relation, Width};
use std::borrow::Cow;

/// The class of a single number that is no array, in pickles.
pub(super) const SCALAR: &str = "numpy.generic";

/// An array.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Array<'f> {
    pub dtype: Cow<'f, str>,
    pub shape: Vec<usize>,
    pub fortran: bool,
    pub data: Cow<'f, [u8]>,
}

impl Array<'_> {
    /// Whether as much data is there as the shape asks for, of a kind that is known.
    pub fn whole(&self) -> bool {
        let count = self.shape.iter().try_fold(1usize, |count, extent| count.checked_mul(*extent));
        let bytes = size(&self.dtype).filter(|size| *size > 0).zip(count).and_then(|(size, n)| size.checked_mul(n));
        bytes == Some(self.data.len())
    }

    /// Its dtype and shape, in words.
    pub fn form(&self) -> String {
        format!("{} ({})", self.dtype, list(&self.shape))
    }
}

fn read(bytes: &[u8]) -> Option<Array<'_>> {
    let rest = bytes.strip_prefix(b"\x93NUMPY")?;
    let (length, start): (usize, usize) = match rest.first()? {
        1 => (usize::from(u16::from_le_bytes(rest.get(2..4)?.try_into().ok()?)), 4),
        _ => (usize::try_from(u32::from_le_bytes(rest.get(2..6)?.try_into().ok()?)).ok()?, 6),
    };
    let header = std::str::from_utf8(rest.get(start..start.checked_add(length)?)?).ok()?;
    let after = |name: &str| Some(header.split_once(name)?.1.trim_start());
    let dtype = after("'descr':")?;
    let dtype = match dtype.strip_prefix('\'') {
        Some(name) => name.split_once('\'')?.0,
        // Fields; compared as a text.
        None => dtype.split_once(", 'fortran_order'")?.0,
    };
    let shape = after("'shape':")?.strip_prefix('(')?.split_once(')')?.0;
    let shape: Option<Vec<usize>> =
        shape.split(',').map(str::trim).filter(|n| !n.is_empty()).map(|n| n.parse().ok()).collect();
    let fortran = after("'fortran_order':")?.starts_with("True");
    Some(Array { dtype: dtype.into(), shape: shape?, fortran, data: rest[start + length..].into() })
}

/// Compares two files; `None` where one is not npy.
pub(super) fn compare(a: &[u8], b: &[u8], floats: &Floats) -> Option<Found> {
    let (x, y) = (read(a)?, read(b)?);
    if [&x, &y].iter().all(|array| array.dtype == "|O" && array.shape == x.shape) {
        return Some(trees(&pickle::read(&x.data)?, &pickle::read(&y.data)?, "$", floats));
    }
    arrays(&x, &y, "", floats)
}

/// Compares two arrays; `at` is the place of both in a larger document. `None` where there is no saying what they hold.
pub(super) fn arrays(x: &Array<'_>, y: &Array<'_>, at: &str, floats: &Floats) -> Option<Found> {
    let lead = if at.is_empty() { String::new() } else { format!("{at}, ") };
    let told = |place: &str, original: String, rewritten: String, note| {
        Some(Found::Differs(Difference { place: format!("{lead}{place}"), original, rewritten, note }))
    };
    if x.dtype != y.dtype {
        return told("dtype", x.dtype.clone().into_owned(), y.dtype.clone().into_owned(), None);
    }
    let shape = |array: &Array<'_>| format!("({})", list(&array.shape));
    if x.shape != y.shape {
        return told("shape", shape(x), shape(y), None);
    }
    if x.fortran != y.fortran {
        let order = |array: &Array<'_>| if array.fortran { "by columns" } else { "by rows" }.to_owned();
        return told("order of elements", order(x), order(y), None);
    }
    if x.data == y.data {
        return Some(Found::Same(Relation::Equal));
    }
    let size = size(&x.dtype).filter(|size| *size > 0)?;
    if x.data.len() != y.data.len() {
        return told("data", format!("{} bytes", x.data.len()), format!("{} bytes", y.data.len()), None);
    }
    let mut weakest = Relation::Equal;
    for (at, (p, q)) in x.data.chunks_exact(size).zip(y.data.chunks_exact(size)).enumerate() {
        if p == q {
            continue;
        }
        let (p, q) = (element(&x.dtype, p)?, element(&y.dtype, q)?);
        let near = match (&p, &q) {
            (Element::Floats(p, width), Element::Floats(q, _)) => {
                p.iter().zip(q).try_fold(Relation::Equal, |weakest, (p, q)| {
                    // A NaN with other bits is another NaN.
                    floats.pair(*p, *q, *width).filter(|_| floats.lenient()).map(|found| weakest.max(found))
                })
            }
            _ => None,
        };
        let Some(near) = near else {
            let note = match (&p, &q) {
                (Element::Floats(p, width), Element::Floats(q, _)) if p.len() == 1 => floats::note(p[0], q[0], *width),
                _ => None,
            };
            let here =
                if x.shape.is_empty() { "value".to_owned() } else { format!("element [{}]", list(&place(at, x))) };
            return told(&here, p.text(), q.text(), note);
        };
        weakest = weakest.max(near);
    }
    Some(Found::Same(weakest))
}

fn list(numbers: &[usize]) -> String {
    let trailing = if numbers.len() == 1 { "" } else { ", " };
    numbers.iter().map(usize::to_string).collect::<Vec<_>>().join(trailing)
}

/// The indices of an element by its place in the file.
fn place(mut at: usize, array: &Array<'_>) -> Vec<usize> {
    let mut found = Vec::new();
    let mut one = |extent: &usize| {
        let extent = (*extent).max(1);
        found.push(at % extent);
        at /= extent;
    };
    if array.fortran {
        array.shape.iter().for_each(&mut one);
    } else {
        array.shape.iter().rev().for_each(&mut one);
        found.reverse();
    }
    found
}

/// Bytes of one element.
fn size(dtype: &str) -> Option<usize> {
    let count: usize = dtype.get(2..)?.split('[').next()?.parse().ok()?;
    if dtype.as_bytes().get(1) == Some(&b'U') { count.checked_mul(4) } else { Some(count) }
}

enum Element {
    Floats(Vec<f64>, Width),
    Other(String),
}

impl Element {
    fn text(&self) -> String {
        match self {
            Element::Floats(parts, Width::Double) if parts.len() == 1 => format!("{:?}", parts[0]),
            Element::Floats(parts, _) if parts.len() == 1 => format!("{:?}", parts[0] as f32),
            Element::Floats(parts, _) => format!("{:?}+{:?}j", parts[0], parts[1]),
            Element::Other(text) => text.clone(),
        }
    }
}

/// What an element holds.
fn element(dtype: &str, bytes: &[u8]) -> Option<Element> {
    let (order, kind) = (*dtype.as_bytes().first()?, *dtype.as_bytes().get(1)?);
    let turned = |bytes: &[u8]| -> Vec<u8> {
        if order == b'>' { bytes.iter().rev().copied().collect() } else { bytes.to_vec() }
    };
    let float = |bytes: &[u8]| -> Option<(f64, Width)> {
        let bytes = turned(bytes);
        match bytes.len() {
            2 => Some((half(u16::from_le_bytes(bytes.try_into().ok()?)), Width::Half)),
            4 => Some((f64::from(f32::from_le_bytes(bytes.try_into().ok()?)), Width::Single)),
            8 => Some((f64::from_le_bytes(bytes.try_into().ok()?), Width::Double)),
            _ => None,
        }
    };
    let integer = |bytes: &[u8]| -> Option<u64> {
        let mut whole = [0; 8];
        whole.get_mut(..bytes.len())?.copy_from_slice(&turned(bytes));
        Some(u64::from_le_bytes(whole))
    };
    let hex = || bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    Some(match kind {
        b'f' => match float(bytes) {
            Some((value, width)) => Element::Floats(vec![value], width),
            None => Element::Other(hex()),
        },
        b'c' => match (float(&bytes[..bytes.len() / 2]), float(&bytes[bytes.len() / 2..])) {
            (Some((real, width)), Some((imaginary, _))) => Element::Floats(vec![real, imaginary], width),
            _ => Element::Other(hex()),
        },
        b'b' => Element::Other(if bytes[0] == 0 { "False" } else { "True" }.to_owned()),
        b'u' => Element::Other(integer(bytes).map_or_else(hex, |value| value.to_string())),
        b'i' | b'm' | b'M' => Element::Other(integer(bytes).map_or_else(hex, |value| {
            let unused = 64 - 8 * bytes.len() as u32;
            (((value << unused) as i64) >> unused).to_string()
        })),
        b'U' => {
            let letters = bytes.chunks_exact(4).filter_map(|four| integer(four).and_then(|n| u32::try_from(n).ok()));
            let text: String = letters.filter_map(char::from_u32).filter(|c| *c != '\0').collect();
            Element::Other(format!("{text:?}"))
        }
        b'S' => Element::Other(format!("b\"{}\"", bytes.escape_ascii())),
        _ => Element::Other(hex()),
    })
}

fn half(bits: u16) -> f64 {
    let (exponent, fraction) = (i32::from((bits >> 10) & 0x1f), f64::from(bits & 0x3ff));
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    sign * match exponent {
        0 => fraction * 2f64.powi(-24),
        0x1f if fraction == 0.0 => f64::INFINITY,
        0x1f => f64::NAN,
        _ => (1.0 + fraction / 1024.0) * 2f64.powi(exponent - 15),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A file as numpy writes it.
    pub(in super::super) fn file(dtype: &str, shape: &str, fortran: &str, data: &[u8]) -> Vec<u8> {
        let header = format!("{{'descr': '{dtype}', 'fortran_order': {fortran}, 'shape': {shape}, }}\n");
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend(u16::try_from(header.len()).expect("short").to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes.extend(data);
        bytes
    }

    fn told(a: &[u8], b: &[u8], floats: &Floats) -> String {
        match compare(a, b, floats) {
            Some(Found::Differs(difference)) => difference.to_string(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn the_header_and_the_first_element_are_told() {
        let none = Floats::default();
        let doubles = |values: [f64; 4]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
        let of = |values| file("<f8", "(2, 2)", "False", &doubles(values));
        let (a, b) = (of([1.0, 2.0, 0.25, 4.0]), of([1.0, 2.0, 0.5, 5.0]));
        assert_eq!(told(&a, &b, &none), "element [1, 0]: 0.25 in the original, 0.5 in the rewritten");
        let turned = file("<f8", "(2, 2)", "True", &doubles([1.0, 2.0, 0.25, 4.0]));
        assert!(told(&a, &turned, &none).starts_with("order of elements: by rows in"));
        let (whole, bits) = (file("<i8", "(2,)", "False", &[0; 16]), file("<i4", "(2,)", "False", &[0; 8]));
        assert_eq!(told(&whole, &bits, &none), "dtype: <i8 in the original, <i4 in the rewritten");
        let flat = file("<f8", "(4,)", "False", &doubles([0.0; 4]));
        assert_eq!(told(&flat, &a, &none), "shape: (4) in the original, (2, 2) in the rewritten");
        let (x, y) = (of([0.3, 0.0, 0.0, 0.0]), of([0.1 + 0.2, 0.0, 0.0, 0.0]));
        assert!(told(&x, &y, &none).contains("1 ULP apart"));
        assert_eq!(told(&x, &y, &Floats::new(Some(0.0))), "Some(Same(Ulps(1)))");
        let signed = |last: u8| file("<i2", "(1,)", "False", &[last, 0xff]);
        assert_eq!(told(&signed(0xff), &signed(0xfe), &none), "element [0]: -1 in the original, -2 in the rewritten");
    }

    #[test]
    fn halves_are_read() {
        for (bits, value) in [(0x3c00, 1.0), (0xc000, -2.0), (0x0001, 5.960464477539063e-8), (0x7c00, f64::INFINITY)] {
            assert_eq!(half(bits), value);
        }
    }
}
