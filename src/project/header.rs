//! The PEP 723 header of a script (`# /// script`), and the version conditions in it.

use serde::Deserialize;

/// What a script says about the environment that it wants.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Header {
    /// Requirements as pip takes them.
    #[serde(default)]
    pub dependencies: Vec<String>,
    /// Version conditions, for instance `>=3.9,<4`.
    pub requires_python: Option<String>,
}

/// Reads the header; `None` where there is none. The error says what is wrong with it.
pub(super) fn parse(text: &str) -> Result<Option<Header>, String> {
    let mut lines = text.lines().map(str::trim_end).skip_while(|line| *line != "# /// script").skip(1).peekable();
    if lines.peek().is_none() {
        return Ok(None);
    }
    let mut block = Vec::new();
    for line in lines {
        match line.strip_prefix('#') {
            Some(rest) if rest.is_empty() || rest.starts_with(' ') => block.push(rest.strip_prefix(' ').unwrap_or("")),
            _ => break,
        }
    }
    // The block ends at the last closing line of the comment run, as the PEP has it.
    let Some(end) = block.iter().rposition(|line| *line == "///") else {
        return Ok(None);
    };
    toml::from_str(&block[..end].join("\n")).map(Some).map_err(|error| error.message().to_owned())
}

/// Whether `version` meets every condition of a `requires-python` text. The error names a condition that is not understood.
pub(super) fn accepts(conditions: &str, version: (u8, u8, u8)) -> Result<bool, String> {
    let have = [u32::from(version.0), u32::from(version.1), u32::from(version.2)];
    for condition in conditions.split(',').map(str::trim).filter(|condition| !condition.is_empty()) {
        let at = condition.find(|c: char| c.is_ascii_digit()).ok_or_else(|| condition.to_owned())?;
        let (operator, wanted) = condition.split_at(at);
        let (wanted, any_tail) = match wanted.strip_suffix(".*") {
            Some(prefix) => (prefix, true),
            None => (wanted, false),
        };
        let parts: Vec<u32> = wanted
            .split('.')
            .map(|part| part.trim().parse().map_err(|_| condition.to_owned()))
            .collect::<Result<_, _>>()?;
        let full = |i: usize| parts.get(i).copied().unwrap_or(0);
        let order = have.cmp(&[full(0), full(1), full(2)]);
        let prefix_equal = parts.iter().zip(have).all(|(part, have)| *part == have);
        let holds = match operator.trim() {
            ">=" => order.is_ge(),
            "<=" => order.is_le(),
            ">" => order.is_gt(),
            "<" => order.is_lt(),
            "==" | "===" => {
                if any_tail {
                    prefix_equal
                } else {
                    order.is_eq()
                }
            }
            "!=" => !(if any_tail { prefix_equal } else { order.is_eq() }),
            // ~=3.9 means at least 3.9 with the same major; ~=3.9.1 at least 3.9.1 with the same minor.
            "~=" => order.is_ge() && parts.iter().take(parts.len().saturating_sub(1)).zip(have).all(|(p, h)| *p == h),
            _ => return Err(condition.to_owned()),
        };
        if !holds {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_header_between_other_comments() {
        let text = "#!/usr/bin/env python3\n# /// script\n# requires-python = \">=3.9\"\n# dependencies = [\n#   \"openai\",\n#\n#   \"tqdm>=4\",\n# ]\n# ///\n# more\nimport openai\n";
        let header = parse(text).expect("well formed").expect("present");
        assert_eq!(header.dependencies, ["openai", "tqdm>=4"]);
        assert_eq!(header.requires_python.as_deref(), Some(">=3.9"));
    }

    #[test]
    fn look_alikes_are_not_headers() {
        for text in ["", "# ///\n# script\n", "# /// script\n# dependencies = []\nimport os\n", "# /// script"] {
            assert_eq!(parse(text), Ok(None), "{text}");
        }
        assert!(parse("# /// script\n# dependencies = [\n# ///\n").is_err());
    }

    #[test]
    fn conditions_are_read_as_pip_reads_them() {
        for (conditions, version, holds) in [
            (">=3.9", (3, 9, 0), true),
            (">=3.9,<3.12", (3, 12, 1), false),
            ("==3.11.*", (3, 11, 7), true),
            ("==3.11", (3, 11, 7), false),
            ("!=3.11.*", (3, 11, 7), false),
            ("~=3.9", (3, 13, 0), true),
            ("~=3.9.1", (3, 10, 0), false),
            (" > 3.8 , <4", (3, 10, 2), true),
        ] {
            assert_eq!(accepts(conditions, version), Ok(holds), "{conditions} {version:?}");
        }
        assert!(accepts("banana", (3, 9, 0)).is_err());
    }
}
