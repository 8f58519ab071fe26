//! JSON as Python's `json` writes it: numbers as they are written, NaN and Infinity, keys in their order.

use super::tree::{Node, Tree};

const DEEP: usize = 200;

/// Reads one document; `None` where it is not JSON, or too deep.
pub(super) fn read(bytes: &[u8]) -> Option<Tree> {
    let mut reader = Reader { text: std::str::from_utf8(bytes).ok()?, at: 0, tree: Tree::new(false) };
    reader.tree.root = reader.value(0)?;
    reader.space();
    (reader.at == reader.text.len()).then_some(reader.tree)
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    tree: Tree,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start_matches([' ', '\t', '\n', '\r']).len();
    }

    fn take(&mut self, token: &str) -> bool {
        self.space();
        let there = self.rest().starts_with(token);
        self.at += if there { token.len() } else { 0 };
        there
    }

    fn value(&mut self, depth: usize) -> Option<usize> {
        if depth > DEEP {
            return None;
        }
        self.space();
        let node = match self.rest().bytes().next()? {
            b'{' => self.object(depth)?,
            b'[' => self.array(depth)?,
            b'"' => Node::Leaf("str", self.string()?),
            _ => self.plain()?,
        };
        Some(self.tree.add(node))
    }

    fn plain(&mut self) -> Option<Node> {
        for (word, kind) in [("null", "null"), ("true", "bool"), ("false", "bool")] {
            if self.take(word) {
                return Some(Node::Leaf(kind, word.to_owned()));
            }
        }
        for (word, value) in [("NaN", f64::NAN), ("Infinity", f64::INFINITY), ("-Infinity", f64::NEG_INFINITY)] {
            if self.take(word) {
                return Some(Node::Float(value, word.to_owned()));
            }
        }
        let rest = self.rest();
        let end = rest.find(|c: char| !matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E')).unwrap_or(rest.len());
        let number = &rest[..end];
        let value: f64 = number.parse().ok()?;
        self.at += end;
        let float = number.contains(['.', 'e', 'E']);
        Some(if float { Node::Float(value, number.to_owned()) } else { Node::Leaf("int", number.to_owned()) })
    }

    fn array(&mut self, depth: usize) -> Option<Node> {
        self.at += 1;
        let mut parts = Vec::new();
        if !self.take("]") {
            loop {
                parts.push(self.value(depth + 1)?);
                if self.take("]") {
                    break;
                }
                self.take(",").then_some(())?;
            }
        }
        Some(Node::List("list".to_owned(), parts))
    }

    fn object(&mut self, depth: usize) -> Option<Node> {
        self.at += 1;
        let mut pairs = Vec::new();
        if !self.take("}") {
            loop {
                self.space();
                let key = self.string()?;
                self.take(":").then_some(())?;
                let key = self.tree.add(Node::Leaf("str", key));
                pairs.push((key, self.value(depth + 1)?));
                if self.take("}") {
                    break;
                }
                self.take(",").then_some(())?;
            }
        }
        Some(Node::Map("dict".to_owned(), pairs))
    }

    /// A string with its escapes resolved, where they can be; half of a pair of surrogates stays as it is written.
    fn string(&mut self) -> Option<String> {
        let rest = self.rest().strip_prefix('"')?;
        let mut escaped = false;
        let end = rest.bytes().position(|byte| {
            let last = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            last
        })?;
        let raw = self.rest().get(..end + 2)?;
        self.at += raw.len();
        Some(serde_json::from_str(raw).unwrap_or_else(|_| rest[..end].to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tree::{Found, compare};
    use super::*;
    use crate::validate::compare::floats::Floats;

    fn told(a: &str, b: &str) -> String {
        let (a, b) = (read(a.as_bytes()).expect("json"), read(b.as_bytes()).expect("json"));
        match compare(&a, &b, "$", &Floats::default()) {
            Found::Differs(difference) => difference.to_string(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn types_are_strict_and_places_are_told() {
        let rows = |last: &str| format!(r#"{{"rows": [{{"score": 1}}, {{"score": {last}}}]}}"#);
        assert_eq!(told(&rows("0.25"), &rows("0.5")), "$.rows[1].score: 0.25 in the original, 0.5 in the rewritten");
        assert_eq!(told("[1]", "[true]"), "$[0]: 1 in the original, true in the rewritten");
        assert_eq!(told("[1]", "[1.0]"), "$[0]: 1 in the original, 1.0 in the rewritten");
        assert_eq!(told("[NaN, 1]", "[NaN, \"1\"]"), "$[1]: 1 in the original, \"1\" in the rewritten");
        assert!(told(r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1}"#).starts_with("$: keys in the order \"a\", \"b\" in"));
        assert_eq!(told(r#"{"a b":1}"#, "{}"), "$[\"a b\"]: there in the original, missing in the rewritten");
        assert_eq!(told("[1, 2]", "[1]"), "$: 2 elements in the original, 1 element in the rewritten");
        assert_eq!(told("{}", " {} "), "Same(Equal)");
        assert!(told("0.30000000000000004", "0.3").ends_with("(1 ULP apart; --tolerance would accept that)"));
    }

    #[test]
    fn what_is_no_json_is_not_read() {
        for text in ["", "{", "[1,]", "{\"a\"}", "\"\\", "1 2", "-", &"[".repeat(100_000)] {
            assert!(read(text.as_bytes()).is_none(), "{text}");
        }
        assert!(read(br#""\ud800""#).is_some());
    }
}
