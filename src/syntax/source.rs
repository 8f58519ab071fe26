//! A file as it was read.

use super::encoding::{self, Encoding};
use super::{Node, Tree, walk};
use crate::facts::{Code, Place, Span};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Files above this size are left alone.
pub const MAX_BYTES: usize = 10_000_000;

/// The languages that perfmod reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// Python 3.
    Python,
    /// Rust.
    Rust,
}

impl Language {
    /// The language of a file name, by its extension.
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "py" => Some(Self::Python),
            "rs" => Some(Self::Rust),
            _ => None,
        }
    }

    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::Rust => "rust",
        }
    }

    pub(super) fn grammar(self) -> tree_sitter::Language {
        match self {
            Self::Python => tree_sitter_python::LANGUAGE.into(),
            Self::Rust => tree_sitter_rust::LANGUAGE.into(),
        }
    }
}

/// How lines end. A file that mixes both is edited in the style that most of its lines have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Newline {
    /// `\n`
    Lf,
    /// `\r\n`
    CrLf,
}

impl Newline {
    /// The characters.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lf => "\n",
            Self::CrLf => "\r\n",
        }
    }
}

/// Why a file is left alone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SourceError {
    /// The kind of trouble, `PM0xx`.
    pub code: Code,
    /// The line, from 1, where it has one.
    pub line: Option<usize>,
    /// What was wrong and what to do.
    pub message: String,
}

/// A file as it was read, with its tree.
#[derive(Debug, Clone)]
pub struct Source {
    /// The file's name, as the user gave it.
    pub path: PathBuf,
    /// The language.
    pub language: Language,
    /// The text in UTF-8, line ends as they are, without the byte order mark.
    pub text: String,
    /// The encoding of the file.
    pub encoding: Encoding,
    /// Whether the file begins with a UTF-8 byte order mark.
    pub bom: bool,
    /// How most lines end.
    pub newline: Newline,
    /// One level of indentation.
    pub indent: String,
    /// Whether the last line ends with a newline.
    pub final_newline: bool,
    /// Hash of the bytes that were read; a file is written only where it still has it.
    pub hash: blake3::Hash,
    tree: Arc<Tree>,
    lines: Arc<[usize]>,
}

impl Source {
    /// Reads a file.
    ///
    /// # Errors
    /// Where it cannot be read, is too large, or [`Source::from_bytes`] fails.
    pub fn read(path: &Path, language: Language) -> Result<Self, SourceError> {
        let unreadable = |e: std::io::Error| SourceError {
            code: Code::UNREADABLE,
            line: None,
            message: format!("{} cannot be read: {e}", path.display()),
        };
        let size = std::fs::metadata(path).map_err(unreadable)?.len();
        if size > MAX_BYTES as u64 {
            return Err(too_large(size));
        }
        Self::from_bytes(path, &std::fs::read(path).map_err(unreadable)?, language)
    }

    /// Makes a source of bytes.
    ///
    /// # Errors
    /// Where the file is too large, its encoding unknown or its bytes not valid in it, where it has a syntax error, or is
    /// Python 2.
    pub fn from_bytes(path: &Path, bytes: &[u8], language: Language) -> Result<Self, SourceError> {
        if bytes.len() > MAX_BYTES {
            return Err(too_large(bytes.len() as u64));
        }
        let (bom, body) = match bytes.strip_prefix(b"\xef\xbb\xbf") {
            Some(body) => (true, body),
            None => (false, bytes),
        };
        let (encoding, text) = decode(body, bom, language)?;
        let newline = newline(&text)?;
        let mut parser = tree_sitter::Parser::new();
        let parsed =
            parser.set_language(&language.grammar()).ok().and_then(|()| parser.parse(&text, None)).ok_or_else(
                || SourceError {
                    code: Code::SYNTAX,
                    line: None,
                    message: "the parser gave up on this file; please report it".into(),
                },
            )?;
        let tree = Arc::new(Tree::of(&parsed, language));
        drop(parsed);
        let lines = std::iter::once(0).chain(memchr_lines(&text)).collect();
        let source = Self {
            path: path.to_path_buf(),
            language,
            encoding,
            bom,
            newline,
            indent: String::new(),
            final_newline: text.ends_with('\n'),
            hash: blake3::hash(bytes),
            text,
            tree,
            lines,
        };
        source.check()?;
        let indent = source.find_indent();
        Ok(Self { indent, ..source })
    }

    /// The same file under another name.
    pub fn under_name(&self, path: &Path) -> Self {
        Self { path: path.to_path_buf(), ..self.clone() }
    }

    /// The tree's top node.
    pub fn root(&self) -> Node<'_> {
        self.tree.root()
    }

    /// The text of a node.
    pub fn of(&self, node: Node<'_>) -> &str {
        // A node of another tree is a mistake of ours, and no reason to end the user's run.
        self.text.get(node.byte_range()).unwrap_or_default()
    }

    /// The text of a span.
    pub fn slice(&self, span: Span) -> &str {
        &self.text[span.start..span.end]
    }

    /// The line of an offset, from 1.
    pub fn line(&self, offset: usize) -> usize {
        self.lines.partition_point(|&start| start <= offset)
    }

    /// The offset at which a line begins; `line` counts from 1. The end of the text where there is no such line.
    pub fn line_start(&self, line: usize) -> usize {
        self.lines.get(line.saturating_sub(1)).copied().unwrap_or(self.text.len())
    }

    /// Lines and columns of a span.
    pub fn place(&self, span: Span) -> Place {
        let column = |offset: usize| {
            let start = self.line_start(self.line(offset));
            self.text[start..offset].chars().count() + 1
        };
        Place {
            path: None,
            line: self.line(span.start),
            column: column(span.start),
            end_line: self.line(span.end),
            end_column: column(span.end),
            span,
        }
    }

    /// The file's bytes for another text: same encoding, same byte order mark.
    ///
    /// # Errors
    /// Where the text has a character that the encoding lacks.
    pub fn encode(&self, text: &str) -> Result<Vec<u8>, SourceError> {
        let mut out = if self.bom { b"\xef\xbb\xbf".to_vec() } else { Vec::new() };
        out.extend(self.encoding.encode(text).ok_or_else(|| SourceError {
            code: Code::ENCODING,
            line: None,
            message: "the rewritten text has a character that the file's encoding lacks".into(),
        })?);
        Ok(out)
    }

    fn check(&self) -> Result<(), SourceError> {
        let root = self.root();
        if self.language == Language::Python
            && let Some((node, what)) = super::python::python2(self)
        {
            return Err(SourceError {
                code: Code::PYTHON_2,
                line: Some(self.line(node.start_byte())),
                message: format!("Python 2 ({what}); convert the file to Python 3 first, for instance with 2to3"),
            });
        }
        if !root.has_error() {
            return Ok(());
        }
        let broken = walk(root).find(|n| n.is_error() || n.is_missing());
        let line = broken.map(|n| self.line(n.start_byte()));
        Err(SourceError { code: Code::SYNTAX, line, message: "syntax error; the file is left alone".into() })
    }

    /// The indentation of the first indented block, relative to what holds it.
    fn find_indent(&self) -> String {
        let block = if self.language == Language::Python {
            walk(self.root()).filter(|n| n.kind() == "block").find_map(|block| {
                let inner = super::layout::indent_at(self, block.start_byte());
                let outer = super::layout::indent_at(self, block.parent()?.start_byte());
                let first_on_line = self.text[..block.start_byte()].ends_with(inner);
                let unit = inner.strip_prefix(outer)?;
                (first_on_line && !unit.is_empty()).then(|| unit.to_string())
            })
        } else {
            None
        };
        block.unwrap_or_else(|| "    ".into())
    }
}

fn memchr_lines(text: &str) -> impl Iterator<Item = usize> + '_ {
    text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(at, _)| at + 1)
}

fn too_large(size: u64) -> SourceError {
    SourceError {
        code: Code::TOO_LARGE,
        line: None,
        message: format!("{:.1} MB; files over 10 MB are left alone", size as f64 / 1e6),
    }
}

fn decode(body: &[u8], bom: bool, language: Language) -> Result<(Encoding, String), SourceError> {
    let bad = |line: Option<usize>, message: String| SourceError { code: Code::ENCODING, line, message };
    let line_of = |at: usize| body[..at].iter().filter(|&&b| b == b'\n').count() + 1;
    let cookie = if language == Language::Python { encoding::cookie(body) } else { None };
    let encoding = match &cookie {
        None => Encoding::Utf8,
        Some((name, line)) => Encoding::named(name)
            .ok_or_else(|| bad(Some(*line), format!("unknown encoding `{name}`; save the file as UTF-8")))?,
    };
    if bom && encoding != Encoding::Utf8 {
        return Err(bad(
            Some(1),
            "a UTF-8 byte order mark and another encoding in the coding comment; remove one".into(),
        ));
    }
    if let Some(at) = body.iter().position(|&b| b == 0) {
        return Err(SourceError {
            code: Code::SYNTAX,
            line: Some(line_of(at)),
            message: "a null byte; this is no source text".into(),
        });
    }
    let text = match encoding {
        Encoding::Utf8 => std::str::from_utf8(body).map(str::to_string).map_err(|e| {
            bad(
                Some(line_of(e.valid_up_to())),
                "not UTF-8, and no coding comment says what else; add one or save the file as UTF-8".into(),
            )
        })?,
        other => other.decode(body).ok_or_else(|| {
            bad(None, "bytes that are not valid in the encoding that its coding comment names".into())
        })?,
    };
    if encoding.encode(&text).as_deref() != Some(body) {
        return Err(bad(None, "text that would not be written back as the same bytes; save the file as UTF-8".into()));
    }
    Ok((encoding, text))
}

fn newline(text: &str) -> Result<Newline, SourceError> {
    let (mut lf, mut crlf, mut line) = (0usize, 0usize, 1usize);
    let bytes = text.as_bytes();
    for (at, &b) in bytes.iter().enumerate() {
        match b {
            b'\n' if at > 0 && bytes[at - 1] == b'\r' => crlf += 1,
            b'\n' => lf += 1,
            b'\r' if bytes.get(at + 1) != Some(&b'\n') => {
                return Err(SourceError {
                    code: Code::LINE_ENDS,
                    line: Some(line),
                    message: "a carriage return without a line feed; convert the line ends first".into(),
                });
            }
            _ => continue,
        }
        if b == b'\n' {
            line += 1;
        }
    }
    Ok(if crlf > lf { Newline::CrLf } else { Newline::Lf })
}
