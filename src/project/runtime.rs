//! The runtime module beside a program: its name, and how perfmod's own is told from another file of that name.

/// The module that rewritten programs import.
pub const RUNTIME_MODULE: &str = "perfmod_runtime";

/// How the first line of every runtime module begins that perfmod has put somewhere; the version and a colon follow.
const STAMP: &[u8] = b"# perfmod runtime ";

/// The version in the first line of a runtime module; none where the module is not perfmod's.
pub fn version(text: &[u8]) -> Option<(u32, u32, u32)> {
    let line = text.strip_prefix(STAMP)?.split(|b| *b == b'\n').next()?;
    let (version, _) = std::str::from_utf8(line).ok()?.split_once(": ")?;
    let mut parts = version.split('.').map(|part| part.parse().ok());
    let version = (parts.next()??, parts.next()??, parts.next()??);
    parts.next().is_none().then_some(version)
}

/// Whether a text is perfmod's runtime: it is known, so it is neither followed as a part of a program nor rewritten.
pub fn is_runtime(text: &[u8]) -> bool {
    version(text).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runtime_is_recognised_by_its_first_line_alone() {
        let of = |text: &str| version(text.as_bytes());
        assert_eq!(of("# perfmod runtime 0.1.12: written into your project by perfmod.\nx\n"), Some((0, 1, 12)));
        assert_eq!(of("# perfmod runtime 1.0.0: x\r\n"), Some((1, 0, 0)));
        for other in [
            "",
            "import perfmod_runtime\n",
            "# perfmod runtime: mine\n",
            "# perfmod runtime 1.0: x",
            "\n# perfmod runtime 1.0.0: x",
        ] {
            assert_eq!(of(other), None, "{other:?}");
        }
    }
}
