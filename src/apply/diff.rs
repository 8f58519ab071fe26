//! Unified diffs that `git apply` and `patch -p1` take, as bytes: a file that is not UTF-8 keeps its own.

use similar::{ChangeTag, TextDiff};

/// One file before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Where it is, as the user named it.
    pub path: std::path::PathBuf,
    /// The path in the diff, with `/`, relative to the working directory.
    pub shown: String,
    /// The bytes before; none for a new file.
    pub before: Option<Vec<u8>>,
    /// The bytes after.
    pub after: Vec<u8>,
}

/// The unified diff of a change with three lines of context; empty where nothing changes.
pub fn unified(change: &Change) -> Vec<u8> {
    let before = change.before.as_deref().unwrap_or_default();
    if change.before.as_deref() == Some(change.after.as_slice()) {
        return Vec::new();
    }
    let mut out = Vec::new();
    let shown = quoted(&change.shown);
    let tab = if change.shown.contains(' ') && !shown.0 { "\t" } else { "" };
    let name = |side: &str| if shown.0 { format!("\"{side}/{}\"", shown.1) } else { format!("{side}/{}", shown.1) };
    // No `diff --git` line: below one, git reads paths from the repository's root, wherever it was called.
    if change.before.is_none() {
        out.extend(b"--- /dev/null\n");
    } else {
        out.extend(format!("--- {}{tab}\n", name("a")).bytes());
    }
    out.extend(format!("+++ {}{tab}\n", name("b")).bytes());
    let diff = TextDiff::from_lines(before, change.after.as_slice());
    for hunk in diff.unified_diff().context_radius(3).iter_hunks() {
        out.extend(hunk.header().to_string().bytes());
        out.push(b'\n');
        for line in hunk.iter_changes() {
            out.push(match line.tag() {
                ChangeTag::Equal => b' ',
                ChangeTag::Delete => b'-',
                ChangeTag::Insert => b'+',
            });
            out.extend_from_slice(line.value());
            if line.missing_newline() {
                out.extend(b"\n\\ No newline at end of file\n");
            }
        }
    }
    out
}

/// A path as git writes it: quoted with C escapes where it holds a quote, a backslash or a control character.
fn quoted(path: &str) -> (bool, String) {
    if !path.chars().any(|c| c == '"' || c == '\\' || c.is_control()) {
        return (false, path.to_string());
    }
    let text = path
        .chars()
        .map(|c| match c {
            '"' => "\\\"".to_string(),
            '\\' => "\\\\".to_string(),
            '\t' => "\\t".to_string(),
            '\n' => "\\n".to_string(),
            c if c.is_control() => format!("\\{:03o}", c as u32),
            c => c.to_string(),
        })
        .collect();
    (true, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    /// `git apply` in a fresh folder makes exactly the bytes that were planned.
    fn applies(name: &str, before: Option<&[u8]>, after: &[u8]) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(name);
        if let Some(bytes) = before {
            std::fs::write(&path, bytes).unwrap();
        }
        let change = Change {
            path: path.clone(),
            shown: name.into(),
            before: before.map(<[u8]>::to_vec),
            after: after.to_vec(),
        };
        let patch = dir.path().join("the.patch");
        std::fs::write(&patch, unified(&change)).unwrap();
        let done = Command::new("git")
            .current_dir(dir.path())
            .args(["apply", "--whitespace=nowarn", "the.patch"])
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        assert_eq!(std::fs::read(&path).unwrap(), after);
    }

    #[test]
    fn git_apply_makes_the_planned_bytes() {
        applies("a.py", Some(b"x = 1\ny = 2\n"), b"x = 1\ny = 3\n");
        applies("crlf.py", Some(b"x = 1\r\ny = 2\r\n"), b"x = 1\r\nz = 0\r\ny = 2\r\n");
        applies("latin.py", Some(b"# caf\xe9\nx = 1\n"), b"# caf\xe9\nx = 2\n");
        applies("no_end.py", Some(b"x = 1\ny = 2"), b"x = 0\ny = 2");
        applies("grows_end.py", Some(b"x = 1"), b"x = 1\ny = 2\n");
        applies("new.py", None, b"print(1)\n");
        applies("with space.py", Some(b"x = 1\n"), b"x = 2\n");
        applies("qu\"ote.py", Some(b"x = 1\n"), b"x = 2\n");
        applies("bom.py", Some(b"\xef\xbb\xbfx = 1\n"), b"\xef\xbb\xbfx = 2\n");
    }

    #[test]
    fn nothing_changed_is_no_diff() {
        let change = Change { path: "a".into(), shown: "a".into(), before: Some(b"x".to_vec()), after: b"x".to_vec() };
        assert!(unified(&change).is_empty());
    }
}
