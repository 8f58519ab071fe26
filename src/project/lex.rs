//! The tokens of a Python text, for questions that need no tree.
//!
//! Names, brackets, operators and the ends of logical lines; strings and numbers without what is in them, but for the
//! expressions in f-strings. See "Lexical analysis" of Python's reference manual.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A name or keyword.
    Name,
    /// A string, a number, or a part of an f-string.
    Literal,
    /// `(`, `[` or `{`, also that of an expression in an f-string.
    Open,
    /// `)`, `]` or `}`.
    Close,
    /// Any other sign; of several that belong together (`==`, `:=`, `->`) the whole.
    Sign,
    /// The end of a logical line.
    Newline,
}

/// A token and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Its first byte. Texts are far below 4 GiB.
    pub start: u32,
    /// Behind its last byte.
    pub end: u32,
}

/// How deep f-strings and brackets nest at most: deeper than anybody analyses.
const MAX_NESTED: usize = 5_000;

/// What is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Bracket,
    /// The text of an f-string: its quote, and whether there are three.
    Text {
        quote: u8,
        triple: bool,
    },
    /// An expression in an f-string.
    Hole,
    /// What stands behind the colon of one.
    Format,
}

/// Reads tokens one after the other.
#[derive(Debug)]
pub struct Lexer<'a> {
    text: &'a [u8],
    at: usize,
    open: Vec<Open>,
    /// Whether the last token ended a line, so that another end means nothing.
    fresh: bool,
    /// Whether something does not end, or nests too deeply: what was read so far may be wrong.
    pub broken: bool,
}

impl<'a> Lexer<'a> {
    /// Reads a text from its beginning; a byte order mark is left out.
    pub fn new(text: &'a [u8]) -> Self {
        let at = if text.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        Self { text, at, open: Vec::new(), fresh: true, broken: false }
    }

    fn byte(&self, ahead: usize) -> u8 {
        self.text.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn token(&mut self, kind: Kind, start: usize) -> Token {
        self.fresh = kind == Kind::Newline;
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Token { kind, start: offset(start), end: offset(self.at) }
    }

    fn push(&mut self, open: Open) {
        if self.open.len() >= MAX_NESTED {
            self.broken = true;
            self.at = self.text.len();
        }
        self.open.push(open);
    }

    /// Whether the quote of a string stands here.
    fn is_end(&self, quote: u8, triple: bool) -> bool {
        self.byte(0) == quote && (!triple || self.byte(1) == quote && self.byte(2) == quote)
    }

    /// Skips to behind a string's end.
    fn string(&mut self, quote: u8, triple: bool) {
        while let Some(byte) = self.text.get(self.at) {
            match byte {
                b'\\' => self.at += if self.byte(1) == b'\r' && self.byte(2) == b'\n' { 3 } else { 2 },
                b'\n' if !triple => {
                    self.broken = true;
                    return;
                }
                _ if self.is_end(quote, triple) => {
                    self.at += if triple { 3 } else { 1 };
                    return;
                }
                _ => self.at += 1,
            }
        }
        self.broken = true;
        self.at = self.text.len();
    }

    /// Goes on in the text of an f-string, up to its end or to an expression in it.
    fn text_of(&mut self, quote: u8, triple: bool) -> Token {
        let start = self.at;
        while let Some(byte) = self.text.get(self.at) {
            match byte {
                b'\\' => self.at += if matches!(self.byte(1), b'{' | b'}') { 1 } else { 2 },
                b'{' if self.byte(1) == b'{' => self.at += 2,
                b'{' => {
                    self.at += 1;
                    self.push(Open::Hole);
                    return self.token(Kind::Open, start);
                }
                b'\n' if !triple => break,
                _ if self.is_end(quote, triple) => {
                    self.at += if triple { 3 } else { 1 };
                    self.open.pop();
                    return self.token(Kind::Literal, start);
                }
                _ => self.at += 1,
            }
        }
        self.at = self.at.min(self.text.len());
        self.broken = true;
        self.open.pop();
        self.token(Kind::Literal, start)
    }

    /// Goes on behind the colon of an expression in an f-string.
    fn format(&mut self) -> Token {
        let start = self.at;
        let quote = self.open.iter().rev().find_map(|open| match open {
            Open::Text { quote, triple: false } => Some(*quote),
            _ => None,
        });
        while let Some(byte) = self.text.get(self.at) {
            match byte {
                b'{' => {
                    self.at += 1;
                    self.push(Open::Hole);
                    return self.token(Kind::Open, start);
                }
                b'}' => {
                    self.at += 1;
                    self.open.pop();
                    self.open.pop();
                    return self.token(Kind::Close, start);
                }
                // A format cannot hold the string's own quote: it ends too early.
                b'\n' => break,
                byte if Some(*byte) == quote => break,
                _ => self.at += 1,
            }
        }
        self.broken = true;
        self.open.pop();
        self.token(Kind::Literal, start)
    }
}

impl Iterator for Lexer<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        loop {
            match self.open.last() {
                Some(Open::Text { quote, triple }) => return Some(self.text_of(*quote, *triple)),
                Some(Open::Format) => return Some(self.format()),
                _ => {}
            }
            let start = self.at;
            let Some(&byte) = self.text.get(start) else {
                self.broken |= !self.open.is_empty();
                self.open.clear();
                return (!self.fresh).then(|| self.token(Kind::Newline, start));
            };
            match byte {
                b' ' | b'\t' | 0x0c => self.at += 1,
                b'\\' => {
                    self.at += 1;
                    self.at += usize::from(self.byte(0) == b'\r');
                    self.at += usize::from(self.byte(0) == b'\n');
                }
                b'\r' | b'\n' => {
                    self.at += 1;
                    if self.open.is_empty() && !self.fresh {
                        return Some(self.token(Kind::Newline, start));
                    }
                }
                b'#' => {
                    let rest = &self.text[start..];
                    self.at += memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
                }
                b'(' | b'[' | b'{' => {
                    self.at += 1;
                    self.push(Open::Bracket);
                    return Some(self.token(Kind::Open, start));
                }
                b')' | b']' | b'}' => {
                    self.at += 1;
                    self.broken |= self.open.pop().is_none();
                    return Some(self.token(Kind::Close, start));
                }
                b'"' | b'\'' => return Some(self.begin_string(start, start)),
                _ if in_name(byte) && !byte.is_ascii_digit() => {
                    while in_name(self.byte(0)) {
                        self.at += 1;
                    }
                    let prefix =
                        self.at - start <= 2 && self.text[start..self.at].iter().all(|b| b"rRbBuUfFtT".contains(b));
                    if prefix && matches!(self.byte(0), b'"' | b'\'') {
                        return Some(self.begin_string(start, self.at));
                    }
                    return Some(self.token(Kind::Name, start));
                }
                _ if byte.is_ascii_digit() || byte == b'.' && self.byte(1).is_ascii_digit() => {
                    while in_name(self.byte(0)) || self.byte(0) == b'.' {
                        self.at += 1;
                    }
                    return Some(self.token(Kind::Literal, start));
                }
                b':' if self.open.last() == Some(&Open::Hole) && self.byte(1) != b'=' => {
                    self.at += 1;
                    if let Some(top) = self.open.last_mut() {
                        *top = Open::Hole;
                    }
                    self.push(Open::Format);
                    return Some(self.token(Kind::Sign, start));
                }
                _ => {
                    self.at += 1;
                    while matches!(
                        byte,
                        b'=' | b'!' | b'<' | b'>' | b':' | b'-' | b'+' | b'*' | b'/' | b'%' | b'@' | b'&' | b'|' | b'^'
                    ) && (self.byte(0) == b'=' || byte == b'-' && self.byte(0) == b'>')
                    {
                        self.at += 1;
                    }
                    return Some(self.token(Kind::Sign, start));
                }
            }
        }
    }
}

impl Lexer<'_> {
    /// A string whose prefix begins at `start` and whose quote stands at `quote`.
    fn begin_string(&mut self, start: usize, quote: usize) -> Token {
        let holes = self.text[start..quote].iter().any(|b| b"fFtT".contains(b));
        self.at = quote;
        let mark = self.byte(0);
        let triple = self.byte(1) == mark && self.byte(2) == mark;
        self.at += if triple { 3 } else { 1 };
        if holes {
            self.push(Open::Text { quote: mark, triple });
        } else {
            self.string(mark, triple);
            self.at = self.at.min(self.text.len());
        }
        self.token(Kind::Literal, start)
    }
}

/// The text that tokens stand in.
#[derive(Debug, Clone, Copy)]
pub struct Text<'a>(pub &'a [u8]);

impl<'a> Text<'a> {
    /// The text of a token.
    pub fn of(self, token: &Token) -> &'a [u8] {
        self.0.get(token.start as usize..token.end as usize).unwrap_or_default()
    }

    /// Whether a token is a certain name or sign.
    pub fn is(self, token: Option<&Token>, text: &str) -> bool {
        token.is_some_and(|t| t.kind != Kind::Literal && self.of(t) == text.as_bytes())
    }

    /// The column of the first token of a line; a tab goes on to the next multiple of 8.
    pub fn column(self, token: &Token) -> usize {
        let before = self.0.get(..token.start as usize).unwrap_or_default();
        let start = before.iter().rposition(|b| matches!(b, b'\n' | b'\r')).map_or(0, |at| at + 1);
        before[start..].iter().fold(0, |column, byte| match byte {
            b'\t' => (column / 8 + 1) * 8,
            0x0c => 0,
            // The byte order mark.
            0xef | 0xbb | 0xbf => column,
            _ => column + 1,
        })
    }

    /// The first word of a line, behind `async`, and where the header of a compound statement ends in the line; none where
    /// the line is simple statements.
    pub fn header(self, line: &[Token]) -> Option<(&'a [u8], usize)> {
        let skip = usize::from(self.is(line.first(), "async"));
        let head = line.get(skip).map(|t| self.of(t))?;
        let is_header = HEADS.iter().any(|h| h.as_bytes() == head)
            || matches!(head, b"match" | b"case") && self.is(line.last(), ":");
        let (mut depth, mut lambdas) = (0_usize, 0_usize);
        for (at, token) in line.iter().enumerate().filter(|_| is_header) {
            match token.kind {
                Kind::Open => depth += 1,
                Kind::Close => depth = depth.saturating_sub(1),
                Kind::Name if depth == 0 && self.of(token) == b"lambda" => lambdas += 1,
                Kind::Sign if depth == 0 && self.of(token) == b":" => match lambdas.checked_sub(1) {
                    Some(left) => lambdas = left,
                    None => return Some((head, at)),
                },
                _ => {}
            }
        }
        None
    }

    /// Where a sign stands that is in no bracket.
    pub fn sign(self, tokens: &[Token], sign: &[u8]) -> Option<usize> {
        let mut depth = 0_usize;
        tokens.iter().position(|token| {
            match token.kind {
                Kind::Open => depth += 1,
                Kind::Close => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0 && token.kind == Kind::Sign && self.of(token) == sign
        })
    }

    /// The names that an import statement binds, each with its dotted path, and the modules of its star imports.
    pub fn imports(self, statement: &[Token]) -> (Vec<(&'a [u8], String)>, Option<String>) {
        let joined = |tokens: &[Token]| tokens.iter().map(|t| String::from_utf8_lossy(self.of(t))).collect::<String>();
        let mut out = Vec::new();
        let from = self.is(statement.first(), "from");
        let Some(word) = statement.iter().position(|t| self.is(Some(t), "import")) else { return (out, None) };
        let module = joined(statement.get(1..word).unwrap_or_default());
        for part in statement[word + 1..].split(|t| self.is(Some(t), ",")) {
            if from && part.iter().any(|t| self.is(Some(t), "*")) {
                return (out, Some(module));
            }
            let alias = part.iter().position(|t| self.is(Some(t), "as"));
            let path = &part[..alias.unwrap_or(part.len())];
            let path: Vec<Token> =
                path.iter().filter(|t| t.kind == Kind::Name || self.is(Some(t), ".")).copied().collect();
            let (Some(first), alias) = (path.first(), alias.and_then(|at| part.get(at + 1))) else { continue };
            let whole = if from {
                let dot = if module.ends_with('.') { "" } else { "." };
                format!("{module}{dot}{}", joined(&path))
            } else if alias.is_some() {
                joined(&path)
            } else {
                // `import a.b` binds `a`.
                joined(&path[..1])
            };
            out.push((self.of(alias.unwrap_or(first)), whole));
        }
        (out, None)
    }
}

/// The words that begin the header of a compound statement.
const HEADS: [&str; 11] = ["def", "class", "for", "while", "if", "elif", "else", "try", "except", "finally", "with"];

const KEYWORDS: [&str; 35] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del",
    "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal",
    "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

/// Whether a word is a keyword of the language.
pub fn is_keyword(word: &[u8]) -> bool {
    word.len() <= 8 && KEYWORDS.binary_search_by(|k| k.as_bytes().cmp(word)).is_ok()
}

/// Hands over each logical line of a text: its column, and its tokens without the end. Whether the text ends as it should.
pub fn each_line(text: &[u8], mut each: impl FnMut(usize, &[Token])) -> bool {
    let mut lexer = Lexer::new(text);
    let mut line: Vec<Token> = Vec::new();
    for token in lexer.by_ref() {
        if token.kind != Kind::Newline {
            line.push(token);
        } else if let Some(first) = line.first() {
            each(Text(text).column(first), &line);
            line.clear();
        }
    }
    !lexer.broken
}

/// Splits a line of simple statements.
pub fn each_statement(text: Text<'_>, tokens: &[Token], mut each: impl FnMut(&[Token])) {
    let mut rest = tokens;
    while let Some(end) = text.sign(rest, b";") {
        each(&rest[..end]);
        rest = &rest[end + 1..];
    }
    each(rest);
}

/// Whether a byte can stand in a name.
pub fn in_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled(text: &str) -> (Vec<String>, bool) {
        let mut lexer = Lexer::new(text.as_bytes());
        let mut out = Vec::new();
        for token in lexer.by_ref() {
            out.push(match token.kind {
                Kind::Newline => ";".to_string(),
                Kind::Literal => "_".to_string(),
                _ => text[token.start as usize..token.end as usize].to_string(),
            });
        }
        (out, lexer.broken)
    }

    #[test]
    fn texts_become_tokens() {
        for (text, expected) in [
            ("a.b(c)\n", "a . b ( c ) ;"),
            ("a = 'x' # b\nc", "a = _ ; c ;"),
            ("f(\n  a,\n  # b\n  c)\n\n\nd\n", "f ( a , c ) ; d ;"),
            ("a \\\n  b\r\nc", "a b ; c ;"),
            ("x: int = 1.5e3; y += .5", "x : int = _ ; y += _ ;"),
            ("def f() -> a: return b != c", "def f ( ) -> a : return b != c ;"),
            ("'''a\n\"b''' \"\"\"c\"\"\" r'\\\\' ", "_ _ _ ;"),
            ("'a\\'b' + \"c\\\\\"", "_ + _ ;"),
            ("if (n := f(x)): pass", "if ( n := f ( x ) ) : pass ;"),
            ("\u{feff}a", "a ;"),
        ] {
            let (tokens, broken) = spelled(text);
            assert_eq!(tokens.join(" "), expected, "{text}");
            assert!(!broken, "{text}");
        }
    }

    #[test]
    fn expressions_in_f_strings_are_seen() {
        for (text, names) in [
            ("f'{a}'", &["a"][..]),
            ("f'{{a}} {b!r:>{width}} c' d", &["b", "r", "width", "d"]),
            ("rf\"{d[\"k\"]} {f'{e}'}\" g", &["d", "e", "g"]),
            ("f'''{\n  a(b)\n}''' c", &["a", "b", "c"]),
            ("f'{x=}{y:%Y-%m}' z", &["x", "y", "z"]),
            ("f'\\{a}' b", &["a", "b"]),
            ("f'{lambda: 1}'", &["lambda"]),
        ] {
            let mut lexer = Lexer::new(text.as_bytes());
            let found: Vec<&str> = lexer
                .by_ref()
                .filter(|t| t.kind == Kind::Name)
                .map(|t| &text[t.start as usize..t.end as usize])
                .collect();
            assert_eq!(found, names, "{text}");
            assert!(!lexer.broken, "{text}");
        }
    }

    #[test]
    fn what_does_not_end_is_told() {
        let deep = "(".repeat(10_000);
        for text in ["'a", "'''a", "f'{a", "f'a", "(a", "a)", "'a\nb'", "f'{a:b", &deep] {
            assert!(spelled(text).1, "{text}");
        }
    }
}
