//! The files under `transforms/`: those in the binary, and those of a user's folder.

use include_dir::{Dir, include_dir};
use std::path::{Path, PathBuf};

static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/transforms");

/// A mistake in a file under `transforms/`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {message}")]
pub struct DataError {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub message: String,
}

/// One file under `transforms/`.
#[derive(Debug, Clone)]
pub struct DataFile {
    /// Its path relative to `transforms/`, with `/`.
    pub path: String,
    /// The path that messages name.
    pub shown: String,
    /// Its text.
    pub text: String,
}

impl DataFile {
    /// The last part of the path.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// Reads the file as TOML.
    ///
    /// # Errors
    /// What is wrong, with the line.
    pub fn parse<T: serde::de::DeserializeOwned>(&self) -> Result<T, DataError> {
        toml::from_str(&self.text).map_err(|e| self.error(e.span().map_or(0, |s| s.start), e.message()))
    }

    /// An error about the text at an offset.
    pub fn error(&self, offset: usize, message: impl Into<String>) -> DataError {
        let line = self.text.as_bytes()[..offset.min(self.text.len())].iter().filter(|&&b| b == b'\n').count() + 1;
        DataError { file: self.shown.clone(), line, message: message.into() }
    }
}

/// All files under `transforms/`, a user's folder over the embedded ones.
#[derive(Debug, Clone)]
pub struct Transforms {
    files: Vec<DataFile>,
}

impl Transforms {
    /// The embedded files alone.
    pub fn embedded() -> Self {
        let mut files = Vec::new();
        collect(&EMBEDDED, &mut files);
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Self { files }
    }

    /// The embedded files with a folder of the same layout laid over them.
    ///
    /// # Errors
    /// Where the folder or a file in it cannot be read.
    pub fn with_folder(folder: &Path) -> Result<Self, DataError> {
        let mut all = Self::embedded();
        let mut pending = vec![folder.to_path_buf()];
        while let Some(dir) = pending.pop() {
            let trouble = |path: &Path, e: std::io::Error| DataError {
                file: path.display().to_string(),
                line: 1,
                message: e.to_string(),
            };
            for entry in std::fs::read_dir(&dir).map_err(|e| trouble(&dir, e))? {
                let path: PathBuf = entry.map_err(|e| trouble(&dir, e))?.path();
                if path.is_dir() {
                    pending.push(path);
                    continue;
                }
                let relative = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().replace('\\', "/");
                if is_data(&relative) {
                    let text = std::fs::read_to_string(&path).map_err(|e| trouble(&path, e))?;
                    all.files.retain(|f| f.path != relative);
                    all.files.push(DataFile { path: relative, shown: path.display().to_string(), text });
                }
            }
        }
        all.files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(all)
    }

    /// The TOML files directly in a folder.
    pub fn under<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = &'a DataFile> {
        self.files.iter().filter(move |f| {
            f.path
                .strip_prefix(folder)
                .and_then(|r| r.strip_prefix('/'))
                .is_some_and(|rest| !rest.contains('/') && rest.ends_with(".toml"))
        })
    }

    /// The files of a given name in the folders below a folder: `python/*/recipe.toml`.
    pub fn named<'a>(&'a self, folder: &'a str, name: &'a str) -> impl Iterator<Item = &'a DataFile> {
        self.files
            .iter()
            .filter(move |f| f.path.strip_prefix(folder).is_some_and(|r| r.starts_with('/')) && f.name() == name)
    }

    /// One file by its path.
    pub fn file(&self, path: &str) -> Option<&DataFile> {
        self.files.iter().find(|f| f.path == path)
    }
}

/// Whether a file is read: the recipes' cases, which are in any encoding, are not.
fn is_data(path: &str) -> bool {
    path.ends_with(".toml") || (path.ends_with(".py") && path.starts_with("runtime/"))
}

fn collect(dir: &'static Dir<'static>, into: &mut Vec<DataFile>) {
    for file in dir.files() {
        let path = file.path().to_string_lossy().replace('\\', "/");
        if let (true, Some(text)) = (is_data(&path), file.contents_utf8()) {
            into.push(DataFile { shown: format!("transforms/{path}"), path, text: text.to_string() });
        }
    }
    for inner in dir.dirs() {
        collect(inner, into);
    }
}
