//! Pickles, protocols 2 to 5, read as data: nothing is imported, called or built. An opcode that is not known ends it.

use super::{
    npy::{Array, SCALAR},
    tree::{Node, Tree},
};
use std::collections::HashMap;

/// Reads a pickle, or several in a row; `None` where it is none, or has an opcode that is not known.
pub(super) fn read(bytes: &[u8]) -> Option<Tree> {
    let mut machine =
        Machine { input: bytes, tree: Tree::new(true), stack: Vec::new(), marks: Vec::new(), memo: HashMap::new() };
    let mut roots = vec![machine.one()?];
    while !machine.input.is_empty() {
        roots.push(machine.one()?);
    }
    machine.tree.root =
        if roots.len() == 1 { roots[0] } else { machine.tree.add(Node::List("pickles".to_owned(), roots)) };
    Some(machine.tree)
}

/// What numpy's pickles call, in its first and its second major version.
const RECONSTRUCT: &[&str] = &["numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct"];
const SCALARS: &[&str] = &["numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar"];
const FROM_BUFFER: &[&str] = &["numpy.core.numeric._frombuffer", "numpy._core.numeric._frombuffer"];

/// A text; what is no UTF-8 (half a surrogate pair) is spelled out, so that no two texts become one.
fn plain(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap_or_else(|_| format!("{} (not UTF-8)", bytes.escape_ascii()))
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
    /// Reads one to its end; gives its root.
    fn one(&mut self) -> Option<usize> {
        (self.stack, self.marks, self.memo) = Default::default();
        if self.take(1)? != [0x80] {
            return None;
        }
        self.take(1).filter(|version| (2..=5).contains(&version[0]))?;
        loop {
            if let Some(root) = self.step()? {
                return Some(root);
            }
        }
    }

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
        Some(plain(&line[..end]))
    }

    fn push(&mut self, node: Node) {
        let at = self.tree.add(node);
        self.stack.push(at);
    }

    fn leaf(&mut self, kind: &'static str, text: impl Into<String>) {
        self.push(Node::Leaf(kind, text.into()));
    }

    fn text(&mut self, bytes: &[u8]) {
        self.leaf("str", plain(bytes));
    }

    fn bytes(&mut self, kind: &'static str, bytes: &[u8]) {
        self.push(Node::Bytes(kind, bytes.to_vec()));
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
        let top = *self.stack.last()?;
        let apart = match self.tree.nodes.get_mut(top)? {
            Node::List(kind, known) if ["list", "set"].contains(&kind.as_str()) => {
                known.extend(parts);
                return Some(());
            }
            // What is put into an object is kept apart from its arguments and its state.
            Node::List(_, known) => known.last().copied(),
            _ => return None,
        };
        match apart.and_then(|last| self.tree.nodes.get_mut(last)) {
            Some(Node::List(kind, known)) if kind == "elements" => known.extend(parts),
            _ => {
                let elements = self.tree.add(Node::List("elements".to_owned(), parts));
                self.append(top, elements)?;
            }
        }
        Some(())
    }

    /// Adds a part to an object.
    fn append(&mut self, object: usize, part: usize) -> Option<()> {
        match self.tree.nodes.get_mut(object)? {
            Node::List(_, known) => known.push(part),
            _ => return None,
        }
        Some(())
    }

    /// What an object is set to after it was made. An array of numpy is known by it.
    fn state(&mut self, state: usize) -> Option<()> {
        let top = *self.stack.last()?;
        if let Some(array) = self.array(top, state) {
            *self.tree.nodes.get_mut(top)? = array;
            return Some(());
        }
        self.append(top, state)
    }

    fn parts(&self, at: usize, named: &str) -> Option<&[usize]> {
        match self.tree.nodes.get(at)? {
            Node::List(name, parts) if name == named => Some(parts),
            _ => None,
        }
    }

    fn told(&self, at: usize, kind: &str) -> Option<&str> {
        match self.tree.nodes.get(at)? {
            Node::Leaf(known, text) if *known == kind => Some(text),
            _ => None,
        }
    }

    /// The array that `_reconstruct` and then this state make: version, shape, dtype, order, bytes.
    fn array(&self, made: usize, state: usize) -> Option<Node> {
        let arguments = RECONSTRUCT.iter().find_map(|name| self.parts(made, name))?;
        let class = self.told(*self.parts(*arguments.first()?, "tuple")?.first()?, "global")?;
        let [_, shape, dtype, fortran, data] = self.parts(state, "tuple")? else { return None };
        let Node::Bytes("bytes", data) = self.tree.nodes.get(*data)? else { return None };
        self.filled(class, *dtype, self.shape(*shape)?, self.told(*fortran, "bool")? == "True", data)
    }

    /// The array that a call makes of its buffer, or the single number that it makes of its bytes.
    fn buffered(&self, name: &str, arguments: usize) -> Option<Node> {
        let arguments = self.parts(arguments, "tuple")?;
        if SCALARS.contains(&name) {
            let [dtype, data] = arguments else { return None };
            let Node::Bytes("bytes", data) = self.tree.nodes.get(*data)? else { return None };
            return self.filled(SCALAR, *dtype, Vec::new(), false, data);
        }
        let [data, dtype, shape, order] = arguments else { return None };
        let Node::Bytes(kind, data) = self.tree.nodes.get(*data).filter(|_| FROM_BUFFER.contains(&name))? else {
            return None;
        };
        // One of a byte string cannot be written to.
        let class = if *kind == "bytearray" { "numpy.ndarray" } else { "numpy.ndarray, read-only," };
        self.filled(class, *dtype, self.shape(*shape)?, self.told(*order, "str")? == "F", data)
    }

    fn filled(&self, class: &str, dtype: usize, shape: Vec<usize>, fortran: bool, data: &[u8]) -> Option<Node> {
        let array =
            Array { dtype: self.dtype(dtype)?.into(), shape, fortran, data: std::borrow::Cow::Owned(data.to_vec()) };
        array.whole().then(|| Node::Array(class.to_owned(), array))
    }

    fn shape(&self, at: usize) -> Option<Vec<usize>> {
        self.parts(at, "tuple")?.iter().map(|extent| self.told(*extent, "int")?.parse().ok()).collect()
    }

    /// A plain dtype as npy files name it: the order of bytes and the kind. Those with fields and units have more state.
    fn dtype(&self, at: usize) -> Option<String> {
        let [arguments, state] = self.parts(at, "numpy.dtype")? else { return None };
        let name = self.told(*self.parts(*arguments, "tuple")?.first()?, "str")?;
        let state = self.parts(*state, "tuple").filter(|state| state.len() == 8)?;
        let order = self.told(state[1], "str")?;
        let none = state[2..5].iter().all(|part| self.told(*part, "NoneType").is_some());
        (none && ["f", "i", "u", "b", "c", "U", "S"].iter().any(|kind| name.starts_with(kind)))
            .then(|| format!("{order}{name}"))
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
        let (callee, arguments) = (*parts.first()?, parts.get(1..)?);
        match self.tree.nodes.get(callee)? {
            Node::Leaf("global", name) => {
                let name = name.clone();
                match arguments.first().and_then(|first| self.buffered(&name, *first)) {
                    Some(array) => self.push(array),
                    None => self.list(&name, arguments.to_vec()),
                }
            }
            // A method, or what another call gave.
            _ => self.list("object", parts.to_vec()),
        }
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
                self.state(state[0])?;
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

    /// `{'x': numpy.array([0.3, 2.0])}` and `[numpy.float32(0.3)]`, as numpy 2.4 writes them by protocols 4, 5 and 4.
    const ARRAYS: [&[u8]; 3] = [
        b"\x80\x04\x95\xa0\x00\x00\x00\x00\x00\x00\x00}\x94\x8c\x01x\x94\x8c\x16numpy._core.multiarray\x94\x8c\x0c_reconstruct\x94\x93\x94\x8c\x05numpy\x94\x8c\x07ndarray\x94\x93\x94K\x00\x85\x94C\x01b\x94\x87\x94R\x94(K\x01K\x02\x85\x94h\x05\x8c\x05dtype\x94\x93\x94\x8c\x02f8\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01<\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t\x94b\x89C\x10333333\xd3?\x00\x00\x00\x00\x00\x00\x00@\x94t\x94bs.",
        b"\x80\x05\x95\x8b\x00\x00\x00\x00\x00\x00\x00}\x94\x8c\x01x\x94\x8c\x13numpy._core.numeric\x94\x8c\x0b_frombuffer\x94\x93\x94(\x96\x10\x00\x00\x00\x00\x00\x00\x00333333\xd3?\x00\x00\x00\x00\x00\x00\x00@\x94\x8c\x05numpy\x94\x8c\x05dtype\x94\x93\x94\x8c\x02f8\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01<\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t\x94bK\x02\x85\x94\x8c\x01C\x94t\x94R\x94s.",
        b"\x80\x04\x95i\x00\x00\x00\x00\x00\x00\x00]\x94\x8c\x16numpy._core.multiarray\x94\x8c\x06scalar\x94\x93\x94\x8c\x05numpy\x94\x8c\x05dtype\x94\x93\x94\x8c\x02f4\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01<\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t\x94bC\x04\x9a\x99\x99>\x94\x86\x94R\x94a.",
    ];

    /// The same bytes with one of those of the numbers changed.
    fn changed(bytes: &[u8], from: &[u8], to: u8) -> Vec<u8> {
        let at = bytes.windows(from.len()).position(|part| part == from).expect("there");
        let mut changed = bytes.to_vec();
        changed[at] = to;
        changed
    }

    #[test]
    fn arrays_are_told_by_their_elements() {
        let double = &0.3f64.to_le_bytes()[..];
        for (bytes, place) in [(ARRAYS[0], "$.x, element [0]"), (ARRAYS[1], "$.x, element [0]")] {
            let near = changed(bytes, double, 0x34);
            assert_eq!(
                told(bytes, &near),
                format!(
                    "{place}: 0.3 in the original, 0.30000000000000004 in the rewritten (1 ULP apart; --tolerance would accept that)"
                )
            );
            let lenient = compare(&read(bytes).expect("one"), &read(&near).expect("one"), "$", &Floats::new(Some(0.0)));
            assert_eq!(format!("{lenient:?}"), "Same(Ulps(1))");
            assert_eq!(told(bytes, bytes), "Same(Equal)");
        }
        let single = changed(ARRAYS[2], &0.3f32.to_le_bytes(), 0x9b);
        assert!(told(ARRAYS[2], &single).starts_with("$[0], value: 0.3 in the"), "{}", told(ARRAYS[2], &single));
        // Another shape of as many bytes, and one that the bytes do not fill.
        let at = ARRAYS[0].windows(4).position(|part| part == b"K\x02\x85\x94").expect("there");
        let mut short = ARRAYS[0].to_vec();
        short[at + 1] = 3;
        assert!(
            told(ARRAYS[0], &short).starts_with("$.x: numpy.ndarray of <f8 (2) in the original"),
            "{}",
            told(ARRAYS[0], &short)
        );
    }

    #[test]
    fn how_a_pickle_came_about_is_no_content_and_sharing_is() {
        for (one, two, same) in [
            // A text that is one object twice, and two; the same of a date.
            (&b"\x80\x04]\x94(\x8c\x06ababab\x94h\x01e."[..], &b"\x80\x04]\x94(\x8c\x06ababab\x94\x8c\x06ababab\x94e."[..], true),
            (
                b"\x80\x04]\x94(\x8c\x08datetime\x94\x8c\x04date\x94\x93\x94C\x04\x07\xe8\x01\x01\x94\x85\x94R\x94h\x06e.",
                b"\x80\x04]\x94(\x8c\x08datetime\x94\x8c\x04date\x94\x93\x94C\x04\x07\xe8\x01\x01\x94\x85\x94R\x94h\x03C\x04\x07\xe8\x01\x01\x94\x85\x94R\x94e.",
                true,
            ),
            // A tuple twice, and two; a list, and a bytearray.
            (b"\x80\x04](K\x01\x85\x94h\x00e.", b"\x80\x04](K\x01\x85K\x01\x85e.", true),
            (b"\x80\x04]\x94(]\x94K\x01ah\x01e.", b"\x80\x04]\x94(]\x94K\x01a]\x94K\x01ae.", false),
            (b"\x80\x05](\x96\x01\0\0\0\0\0\0\0a\x94h\0e.", b"\x80\x05](\x96\x01\0\0\0\0\0\0\0a\x96\x01\0\0\0\0\0\0\0ae.", false),
            // The order in which a set was filled.
            (b"\x80\x04\x8f(K\x08K\x10\x90.", b"\x80\x04\x8f(K\x10K\x08\x90.", true),
            (b"\x80\x04\x8f(K\x08K\x10\x90.", b"\x80\x04\x8f(K\x10K\x09\x90.", false),
            // The second of two in a row; what is behind a pickle.
            (b"\x80\x04K\x01.\x80\x04K\x02.", b"\x80\x04K\x01.\x80\x04K\x02.", true),
            (b"\x80\x04K\x01.\x80\x04K\x02.", b"\x80\x04K\x01.\x80\x04K\x03.", false),
            // Halves of surrogate pairs; large keys; what is called; state, and what is appended.
            (b"\x80\x04\x8c\x03\xed\xa0\x80.", b"\x80\x04\x8c\x03\xed\xa0\x81.", false),
            (b"\x80\x04}(K\x01K\x02K\x03K\x04K\x05K\x06tK\x01s.", b"\x80\x04}(K\x01K\x02K\x03K\x04K\x05K\x07tK\x01s.", false),
            (b"\x80\x04cm\nf\n)RNR.", b"\x80\x04cm\ng\n)RNR.", false),
            (b"\x80\x04cm\nf\n)R(K\x01e.", b"\x80\x04cm\nf\n)RK\x01b.", false),
        ] {
            let found = compare(&read(one).expect("one"), &read(two).expect("another"), "$", &Floats::default());
            assert_eq!(found == Found::Same(crate::validate::compare::floats::Relation::Equal), same, "{one:?} {found:?}");
        }
        assert!(read(b"\x80\x04K\x01.K").is_none());
    }
}
