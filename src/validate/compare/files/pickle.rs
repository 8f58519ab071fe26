//! Pickles, protocols 2 to 5, read as data: nothing is imported, called or built. An opcode that is not known ends it.

use super::tree::{Node, Tree};
use std::collections::HashMap;

/// Bytes that are kept of a byte string as they are; longer ones are told by length and hash.
const PLAIN: usize = 64;

/// Reads one pickle; `None` where it is none, or has an opcode that is not known.
pub(super) fn read(bytes: &[u8]) -> Option<Tree> {
    let mut machine =
        Machine { input: bytes, tree: Tree::new(true), stack: Vec::new(), marks: Vec::new(), memo: HashMap::new() };
    if machine.take(1)? != [0x80] {
        return None;
    }
    machine.take(1).filter(|version| (2..=5).contains(&version[0]))?;
    loop {
        if let Some(root) = machine.step()? {
            machine.tree.root = root;
            return Some(machine.tree);
        }
    }
}

struct Machine<'p> {
    input: &'p [u8],
    tree: Tree,
    stack: Vec<usize>,
    /// Heights of the stack.
    marks: Vec<usize>,
    memo: HashMap<u64, usize>,
}

impl<'p> Machine<'p> {
    fn take(&mut self, count: usize) -> Option<&'p [u8]> {
        let (taken, rest) = self.input.split_at_checked(count)?;
        self.input = rest;
        Some(taken)
    }

    /// A little-endian number of so many bytes, eight at most.
    fn number(&mut self, bytes: usize) -> Option<u64> {
        Some(self.take(bytes)?.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    /// A length, and as much.
    fn counted(&mut self, bytes: usize) -> Option<&'p [u8]> {
        let count = self.number(bytes)?;
        self.take(usize::try_from(count).ok()?)
    }

    fn line(&mut self) -> Option<String> {
        let end = self.input.iter().position(|byte| *byte == b'\n')?;
        let line = self.take(end + 1)?;
        Some(String::from_utf8_lossy(&line[..end]).into_owned())
    }

    fn push(&mut self, node: Node) {
        let at = self.tree.add(node);
        self.stack.push(at);
    }

    fn leaf(&mut self, kind: &'static str, text: impl Into<String>) {
        self.push(Node::Leaf(kind, text.into()));
    }

    fn text(&mut self, bytes: &[u8]) {
        self.leaf("str", String::from_utf8_lossy(bytes));
    }

    fn bytes(&mut self, kind: &'static str, bytes: &[u8]) {
        let told = if bytes.len() <= PLAIN {
            format!("b\"{}\"", bytes.escape_ascii())
        } else {
            format!("{} bytes {}", bytes.len(), &blake3::hash(bytes).to_hex()[..16])
        };
        self.leaf(kind, told);
    }

    fn list(&mut self, kind: &str, parts: Vec<usize>) {
        self.push(Node::List(kind.to_owned(), parts));
    }

    /// What lies above the last mark.
    fn marked(&mut self) -> Option<Vec<usize>> {
        let height = self.marks.pop().filter(|height| *height <= self.stack.len())?;
        Some(self.stack.split_off(height))
    }

    fn popped(&mut self, count: usize) -> Option<Vec<usize>> {
        let height = self.stack.len().checked_sub(count)?;
        Some(self.stack.split_off(height))
    }

    /// Puts elements into the container on top: a list, a set, or an object that a call gave.
    fn extend(&mut self, parts: Vec<usize>) -> Option<()> {
        match self.tree.nodes.get_mut(*self.stack.last()?)? {
            Node::List(_, known) => known.extend(parts),
            _ => return None,
        }
        Some(())
    }

    /// Puts pairs into the dictionary or object on top.
    fn set(&mut self, parts: &[usize]) -> Option<()> {
        let top = *self.stack.last()?;
        if parts.len() % 2 == 1 {
            return None;
        }
        let pairs: Vec<(usize, usize)> = parts.chunks_exact(2).map(|two| (two[0], two[1])).collect();
        match self.tree.nodes.get_mut(top)? {
            Node::Map(_, known) => {
                known.extend(pairs);
                return Some(());
            }
            Node::List(..) => {}
            _ => return None,
        }
        let items = self.tree.add(Node::Map("items".to_owned(), pairs));
        self.extend(vec![items])
    }

    /// What a call would give: an object named after what is called, with the arguments. Nothing is called.
    fn called(&mut self, parts: &[usize]) -> Option<()> {
        let name = match self.tree.nodes.get(*parts.first()?)? {
            Node::Leaf("global", name) => name.clone(),
            _ => "object".to_owned(),
        };
        self.list(&name, parts.get(1..)?.to_vec());
        Some(())
    }

    fn remember(&mut self, key: u64) -> Option<()> {
        self.memo.insert(key, *self.stack.last()?);
        Some(())
    }

    fn recall(&mut self, key: u64) -> Option<()> {
        self.stack.push(*self.memo.get(&key)?);
        Some(())
    }

    /// Carries out one opcode; gives the root where it is the last.
    fn step(&mut self) -> Option<Option<usize>> {
        match self.take(1)?[0] {
            b'.' => return Some(Some(self.stack.pop()?)),
            0x95 => drop(self.take(8)?),
            b'(' => self.marks.push(self.stack.len()),
            b'N' => self.leaf("NoneType", "None"),
            0x88 => self.leaf("bool", "True"),
            0x89 => self.leaf("bool", "False"),
            b'J' => {
                let number = self.number(4)? as u32 as i32;
                self.leaf("int", number.to_string());
            }
            b'K' => {
                let number = self.number(1)?;
                self.leaf("int", number.to_string());
            }
            b'M' => {
                let number = self.number(2)?;
                self.leaf("int", number.to_string());
            }
            0x8a => {
                let bytes = self.counted(1)?;
                self.leaf("int", long(bytes));
            }
            0x8b => {
                let bytes = self.counted(4)?;
                self.leaf("int", long(bytes));
            }
            b'G' => {
                let value = f64::from_be_bytes(self.take(8)?.try_into().ok()?);
                self.push(Node::Float(value, format!("{value:?}")));
            }
            code @ (b'X' | 0x8c | 0x8d) => {
                let text = self.counted(wide(code))?;
                self.text(text);
            }
            code @ (b'B' | b'C' | 0x8e | b'T' | b'U') => {
                let bytes = self.counted(wide(code))?;
                self.bytes("bytes", bytes);
            }
            0x96 => {
                let bytes = self.counted(8)?;
                self.bytes("bytearray", bytes);
            }
            b']' => self.list("list", Vec::new()),
            b')' => self.list("tuple", Vec::new()),
            0x8f => self.list("set", Vec::new()),
            b'}' => self.push(Node::Map("dict".to_owned(), Vec::new())),
            b'a' => {
                let parts = self.popped(1)?;
                self.extend(parts)?;
            }
            b'e' | 0x90 => {
                let parts = self.marked()?;
                self.extend(parts)?;
            }
            b's' => {
                let parts = self.popped(2)?;
                self.set(&parts)?;
            }
            b'u' => {
                let parts = self.marked()?;
                self.set(&parts)?;
            }
            code @ (b't' | b'l' | 0x91) => {
                let parts = self.marked()?;
                self.list(
                    if code == b't' {
                        "tuple"
                    } else if code == b'l' {
                        "list"
                    } else {
                        "frozenset"
                    },
                    parts,
                );
            }
            code @ 0x85..=0x87 => {
                let parts = self.popped(usize::from(code - 0x84))?;
                self.list("tuple", parts);
            }
            b'c' => {
                let (module, name) = (self.line()?, self.line()?);
                self.leaf("global", format!("{module}.{name}"));
            }
            0x93 => {
                let parts = self.popped(2)?;
                let text = |at: usize| match self.tree.nodes.get(at) {
                    Some(Node::Leaf("str", text)) => Some(text.clone()),
                    _ => None,
                };
                let name = format!("{}.{}", text(parts[0])?, text(parts[1])?);
                self.leaf("global", name);
            }
            b'R' | 0x81 => {
                let parts = self.popped(2)?;
                self.called(&parts)?;
            }
            0x92 => {
                let parts = self.popped(3)?;
                self.called(&parts)?;
            }
            b'b' => {
                let state = self.popped(1)?;
                self.extend(state)?;
            }
            b'0' => drop(self.popped(1)?),
            b'1' => drop(self.marked()?),
            b'2' => self.stack.push(*self.stack.last()?),
            0x94 => self.remember(self.memo.len() as u64)?,
            b'q' => {
                let key = self.number(1)?;
                self.remember(key)?;
            }
            b'r' => {
                let key = self.number(4)?;
                self.remember(key)?;
            }
            b'h' => {
                let key = self.number(1)?;
                self.recall(key)?;
            }
            b'j' => {
                let key = self.number(4)?;
                self.recall(key)?;
            }
            _ => return None,
        }
        Some(None)
    }
}

/// Bytes of the length before a string.
fn wide(code: u8) -> usize {
    match code {
        0x8c | b'C' | b'U' => 1,
        0x8d | 0x8e => 8,
        _ => 4,
    }
}

/// A number in two's complement; one too long for a machine's in hexadecimal digits.
fn long(bytes: &[u8]) -> String {
    if bytes.len() > 16 {
        let digits: String = bytes.iter().rev().take(512).map(|byte| format!("{byte:02x}")).collect();
        return format!("0x{digits} ({} bytes, {})", bytes.len(), &blake3::hash(bytes).to_hex()[..16]);
    }
    let fill = if bytes.last().is_some_and(|byte| *byte >= 0x80) { 0xff } else { 0 };
    let mut whole = [fill; 16];
    whole[..bytes.len()].copy_from_slice(bytes);
    i128::from_le_bytes(whole).to_string()
}

#[cfg(test)]
mod tests {
    use super::super::tree::{Found, compare};
    use super::*;
    use crate::validate::compare::floats::Floats;

    fn told(a: &[u8], b: &[u8]) -> String {
        match compare(&read(a).expect("a pickle"), &read(b).expect("a pickle"), "$", &Floats::default()) {
            Found::Differs(difference) => difference.to_string(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn values_types_and_sharing_are_told() {
        // {'a': [1, X]} by protocols 2 and 4.
        let two = |last: &[u8]| [b"\x80\x02}q\x00X\x01\x00\x00\x00aq\x01]q\x02(K\x01", last, b"es."].concat();
        let four =
            |last: &[u8]| [b"\x80\x04\x95\x10\0\0\0\0\0\0\0}\x94\x8c\x01a\x94]\x94(K\x01", last, b"es."].concat();
        assert_eq!(told(&two(b"K\x02"), &four(b"K\x03")), "$.a[1]: 2 in the original, 3 in the rewritten");
        assert_eq!(told(&four(b"K\x01"), &four(b"\x88")), "$.a[1]: 1 in the original, True in the rewritten");
        assert_eq!(told(&two(b"K\x01"), &four(b"K\x01")), "Same(Equal)");
        // [[]] * 2 against [[], []], and a list within itself.
        let (one, both) = (b"\x80\x02]q\x00(]q\x01h\x01e.", b"\x80\x02]q\x00(]q\x01]q\x02e.");
        assert!(told(one, both).starts_with("$[1]: an object that is elsewhere too in"));
        let within = b"\x80\x02]q\x00h\x00a.";
        assert_eq!(told(within, within), "Same(Equal)");
        assert_eq!((long(&[]), long(&[0xff]), long(&[0, 1])), ("0".into(), "-1".into(), "256".into()));
    }

    #[test]
    fn nothing_is_called_and_the_unknown_is_not_read() {
        // os.system('x') is data: an object with an argument.
        let call = |letter: u8| [b"\x80\x02cos\nsystem\nX\x01\x00\x00\x00", &[letter][..], b"\x85R."].concat();
        assert_eq!(told(&call(b'x'), &call(b'y')), "$[0][0]: \"x\" in the original, \"y\" in the rewritten");
        for bytes in [
            &b""[..],
            b"\x80",
            b"\x80\x02",
            b"\x80\x02.",
            b"\x80\x01N.",
            b"\x80\x02\xffN.",
            b"\x80\x02e.",
            b"\x80\x02B\xff\xff\xff\xff.",
        ] {
            assert!(read(bytes).is_none(), "{bytes:?}");
        }
    }
}
