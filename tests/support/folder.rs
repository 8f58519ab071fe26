//! Folders of small files, and what a program that ran in one has said.

#![allow(dead_code, reason = "not every test needs all of it")]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Output;

/// A folder with these files.
pub fn project(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

/// That a program has ended with a code and said some words on stderr, however its lines are broken; all that it said.
#[track_caller]
pub fn says(done: &Output, code: i32, words: &[&str]) -> String {
    let told = String::from_utf8_lossy(&done.stderr).into_owned();
    assert_eq!(done.status.code(), Some(code), "{told}");
    // Where lines are broken is not what is looked for.
    let flat = told.split_whitespace().collect::<Vec<_>>().join(" ");
    for word in words {
        assert!(flat.contains(word), "`{word}` is not in:\n{told}");
    }
    told
}

/// The user's files; perfmod's own are left out.
pub fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut out = BTreeMap::new();
    let mut pending = vec![folder.to_path_buf()];
    while let Some(dir) = pending.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
            match path.is_dir() {
                true if name == ".git" || name == ".perfmod" => {}
                true => pending.push(path),
                false => drop(out.insert(name, std::fs::read(&path).unwrap())),
            }
        }
    }
    out
}
