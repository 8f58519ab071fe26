//! Which bytes stand for which text (PEP 263).

/// How the bytes of a file become text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, the default.
    Utf8,
    /// ISO 8859-1, which Python calls latin-1. Unlike the web's, it maps every byte to the character of that number.
    Latin1,
    /// Another encoding that keeps ASCII bytes in their place.
    Other(&'static encoding_rs::Encoding),
}

impl Encoding {
    /// The encoding of a name as a coding cookie has it.
    pub fn named(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase().replace('_', "-");
        match name.as_str() {
            "utf-8" | "utf8" | "u8" | "utf" | "cp65001" | "utf-8-sig" => Some(Self::Utf8),
            "latin-1" | "latin1" | "iso-8859-1" | "iso8859-1" | "8859" | "cp819" | "l1" | "iso-ir-100" => {
                Some(Self::Latin1)
            }
            other => {
                let found = encoding_rs::Encoding::for_label(other.as_bytes()).or_else(|| {
                    encoding_rs::Encoding::for_label(
                        other.strip_prefix("cp").map(|n| format!("windows-{n}"))?.as_bytes(),
                    )
                })?;
                found.is_ascii_compatible().then_some(Self::Other(found))
            }
        }
    }

    /// The text of `bytes`; `None` where they are not valid in this encoding.
    pub fn decode(self, bytes: &[u8]) -> Option<String> {
        match self {
            Self::Utf8 => String::from_utf8(bytes.to_vec()).ok(),
            Self::Latin1 => Some(encoding_rs::mem::decode_latin1(bytes).into_owned()),
            Self::Other(e) => {
                e.decode_without_bom_handling_and_without_replacement(bytes).map(|text| text.into_owned())
            }
        }
    }

    /// The bytes of `text`; `None` where it has a character that this encoding lacks.
    pub fn encode(self, text: &str) -> Option<Vec<u8>> {
        match self {
            Self::Utf8 => Some(text.as_bytes().to_vec()),
            Self::Latin1 => {
                encoding_rs::mem::is_str_latin1(text).then(|| encoding_rs::mem::encode_latin1_lossy(text).into_owned())
            }
            Self::Other(e) => {
                let (bytes, _, unmappable) = e.encode(text);
                (!unmappable).then(|| bytes.into_owned())
            }
        }
    }
}

/// The coding cookie of a Python file: its name and its line (1 or 2).
pub fn cookie(bytes: &[u8]) -> Option<(String, usize)> {
    for (at, line) in bytes.split(|&b| b == b'\n').take(2).enumerate() {
        let trimmed = line.trim_ascii_start();
        if trimmed.first() != Some(&b'#') {
            // The second line counts only below a comment or a blank line.
            if trimmed.is_empty() {
                continue;
            }
            return None;
        }
        if let Some(name) = cookie_in(&String::from_utf8_lossy(trimmed)) {
            return Some((name, at + 1));
        }
    }
    None
}

fn cookie_in(comment: &str) -> Option<String> {
    let mut rest = comment;
    while let Some(at) = rest.find("coding") {
        rest = &rest[at + "coding".len()..];
        if let Some(value) = rest.strip_prefix([':', '=']) {
            let value = value.trim_start_matches([' ', '\t']);
            let end = value.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c))).unwrap_or(value.len());
            if end > 0 {
                return Some(value[..end].to_string());
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_read_as_python_reads_them() {
        let name = |text: &str| cookie(text.as_bytes()).map(|(name, _)| name);
        assert_eq!(name("# -*- coding: latin-1 -*-\n").as_deref(), Some("latin-1"));
        assert_eq!(name("#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\n").as_deref(), Some("cp1252"));
        assert_eq!(name("import os\n# coding: latin-1\n"), None);
        assert_eq!(name("\n\n# coding: latin-1\n"), None);
        assert_eq!(name("# encoding is nice\n"), None);
    }

    #[test]
    fn text_reads_back_byte_for_byte() {
        for (name, bytes) in [
            ("latin-1", &b"caf\xe9 \x80"[..]),
            ("cp1252", b"\x93quoted\x94"),
            ("shift_jis", b"\x83\x65"),
            ("utf-8", "ü".as_bytes()),
        ] {
            let encoding = Encoding::named(name).unwrap();
            let text = encoding.decode(bytes).unwrap();
            assert_eq!(encoding.encode(&text).unwrap(), bytes, "{name}");
        }
        assert!(Encoding::named("no-such-thing").is_none());
        assert!(Encoding::named("utf-16").is_none());
        assert!(Encoding::Latin1.encode("→").is_none());
        assert!(Encoding::Utf8.decode(b"\xe9").is_none());
    }
}
