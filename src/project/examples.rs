//! Examples in documentation: what an interactive session shows behind `>>>`. Doctest runs them, and readers type them in.

use std::path::{Path, PathBuf};

/// Above this many files, no more documents are looked at.
const MAX_DOCUMENTS: usize = 200;

/// Whether a line of an example calls a function or method of a name.
pub fn calls(text: &str, name: &str) -> bool {
    let call = format!("{name}(");
    let shown = text.lines().map(str::trim_start).filter_map(|l| l.strip_prefix(">>>").or(l.strip_prefix("...")));
    text.contains(">>>")
        && shown.into_iter().any(|line| {
            line.match_indices(&call).any(|(at, _)| {
                let before = line[..at].chars().next_back();
                before.is_none_or(|c| !c.is_alphanumeric() && c != '_')
            })
        })
}

/// The document of a project in which an example calls a function of a name: one at its root, or in its folders of
/// documentation.
pub fn document_calling(root: &Path, name: &str) -> Option<PathBuf> {
    let folders = [root.to_path_buf(), root.join("docs"), root.join("doc")];
    let entries = folders.iter().filter_map(|f| std::fs::read_dir(f).ok()).flatten().filter_map(Result::ok);
    let is_text = |p: &PathBuf| p.extension().is_some_and(|e| e == "md" || e == "rst" || e == "txt");
    let mut files: Vec<PathBuf> = entries.map(|e| e.path()).filter(is_text).take(MAX_DOCUMENTS).collect();
    files.sort();
    files.into_iter().find(|file| std::fs::read_to_string(file).is_ok_and(|text| calls(&text, name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_in_examples_are_seen() {
        assert!(calls("Text\n    >>> x = Asker().ask('a')\n", "ask"));
        assert!(calls(">>> for q in qs:\n...     ask(q)\n", "ask"));
        assert!(!calls(">>> task(1)\nask(2)\n", "ask"));
        assert!(!calls("x = ask(1)\n... ask(2)\n", "ask"));
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("docs")).unwrap();
        std::fs::write(dir.path().join("docs/use.md"), "```\n>>> ask('a')\n```\n").unwrap();
        assert_eq!(document_calling(dir.path(), "ask"), Some(dir.path().join("docs/use.md")));
        assert_eq!(document_calling(dir.path(), "tell"), None);
    }
}
