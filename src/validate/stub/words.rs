//! Deterministic draws, and the small text helpers that the answers need.

const FIRST: &[&str] = &[
    "amber", "brisk", "calm", "distant", "early", "faint", "gentle", "hollow", "ideal", "jolly", "keen", "lively",
    "mellow", "narrow", "open", "plain", "quiet", "rapid", "silent", "tidy", "urban", "vivid", "warm", "young",
    "zesty", "broad", "clear", "dense", "exact", "fresh", "grand", "humble",
];
const SECOND: &[&str] = &[
    "anchor", "bridge", "candle", "delta", "engine", "forest", "garden", "harbor", "island", "jacket", "kernel",
    "ladder", "market", "needle", "orchard", "pencil", "quarry", "river", "signal", "tunnel", "valley", "window",
    "yard", "zephyr", "beacon", "canyon", "desert", "ember", "fabric", "glacier", "hammer", "meadow",
];

/// An endless stream of bytes that a text determines.
pub(in crate::validate) struct Draw(blake3::OutputReader);

impl Draw {
    pub fn new(seed: &str) -> Self {
        Draw(blake3::Hasher::new().update(seed.as_bytes()).finalize_xof())
    }

    fn bits(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    /// A number below `limit`; 0 where the limit is 0.
    pub fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.bits() % (limit.max(1) as u64)).unwrap_or(0)
    }

    /// An element.
    pub fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> Option<&'a T> {
        from.get(self.below(from.len())).copied()
    }

    /// A number from 0 up to, but not including, 1.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Hexadecimal digits.
    pub fn hex(&mut self, digits: usize) -> String {
        let mut out = String::new();
        while out.len() < digits {
            out.push_str(&format!("{:016x}", self.bits()));
        }
        out.truncate(digits);
        out
    }

    /// Two words, one of about a thousand pairs.
    pub fn words(&mut self) -> String {
        format!("{} {}", self.pick(FIRST).unwrap_or_default(), self.pick(SECOND).unwrap_or_default())
    }

    /// A vector of length 1.
    pub fn unit_vector(&mut self, size: usize) -> Vec<f32> {
        let raw: Vec<f64> = (0..size).map(|_| self.unit() - 0.5).collect();
        let norm = raw.iter().map(|x| x * x).sum::<f64>().sqrt().max(1e-9);
        raw.into_iter().map(|x| (x / norm) as f32).collect()
    }
}

/// A text cut in front of each space, roughly as a tokenizer does.
pub(super) fn tokens(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut start = 0;
    for (at, _) in text.match_indices(' ').filter(|(at, _)| *at > 0) {
        out.push(&text[start..at]);
        start = at;
    }
    out.push(&text[start..]);
    out
}

/// Another token where a list of alternatives is asked for: other letters for a letter, so that options can be compared.
pub(super) fn alternative(token: &str, i: u64) -> String {
    let trimmed = token.trim_start();
    let space = &token[..token.len() - trimmed.len()];
    let mut letters = trimmed.chars();
    match (letters.next(), letters.next()) {
        (Some(letter @ 'A'..='Z'), None) => {
            let other = (b'A'..=b'Z')
                .filter(|c| char::from(*c) != letter)
                .nth((i as usize).saturating_sub(1) % 25)
                .unwrap_or(b'A');
            format!("{space}{}", char::from(other))
        }
        _ => format!("{space}{}", SECOND[i as usize % SECOND.len()]),
    }
}

/// Standard base64 with padding.
pub(in crate::validate) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().enumerate().fold(0u32, |word, (i, byte)| word | u32::from(*byte) << (16 - 8 * i));
        for i in 0..4 {
            let digit = DIGITS[(word >> (18 - 6 * i) & 63) as usize];
            out.push(if i <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    out
}

/// The bytes that standard base64 stands for, with or without padding; `None` where it is not base64.
pub(in crate::validate) fn from_base64(text: &str) -> Option<Vec<u8>> {
    let (mut out, mut word, mut bits) = (Vec::with_capacity(text.len() * 3 / 4), 0u32, 0);
    for byte in text.trim_end_matches('=').bytes() {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        word = word << 6 | u32::from(digit);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((word >> bits & 0xff) as u8);
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_as_everybody_has_it() {
        for (plain, coded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64(plain.as_bytes()), coded);
            assert_eq!(from_base64(coded).as_deref(), Some(plain.as_bytes()));
        }
    }

    #[test]
    fn draws_repeat_and_differ() {
        assert_eq!(Draw::new("a").words(), Draw::new("a").words());
        let many: std::collections::HashSet<String> = (0..100).map(|i| Draw::new(&i.to_string()).words()).collect();
        assert!(many.len() > 80, "{}", many.len());
    }

    #[test]
    fn tokens_join_to_the_text() {
        for text in ["", " a", "one two  three", "é ü"] {
            assert_eq!(tokens(text).concat(), text);
        }
    }
}
