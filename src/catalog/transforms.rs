//! The files under `transforms/`: those in the binary, and those of a user's folder.

use crate::project::config::suggestion;
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
        toml::from_str(&self.text)
            .map_err(|e| self.error(e.span().map_or(0, |s| s.start), format!("{}{}", e.message(), meant(e.message()))))
    }

    /// An error about the text at an offset.
    pub fn error(&self, offset: usize, message: impl Into<String>) -> DataError {
        let line = self.text.as_bytes()[..offset.min(self.text.len())].iter().filter(|&&b| b == b'\n').count() + 1;
        DataError { file: self.shown.clone(), line, message: message.into() }
    }
}

/// What an unknown name in a message of the parser's was meant to be, which names those that it knows.
fn meant(message: &str) -> String {
    let mut names = message.split('`').skip(1).step_by(2);
    match (message.starts_with("unknown "), names.next()) {
        (true, Some(wrong)) => suggestion(wrong, &names.collect::<Vec<_>>()),
        _ => String::new(),
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
        all.add_folder(folder)?;
        Ok(all)
    }

    /// Lays a folder of the same layout over the files.
    ///
    /// # Errors
    /// Where the folder or a file in it cannot be read.
    pub fn add_folder(&mut self, folder: &Path) -> Result<(), DataError> {
        let mut pending = vec![folder.to_path_buf()];
        while let Some(dir) = pending.pop() {
            for entry in std::fs::read_dir(&dir).map_err(|e| trouble(&dir, e))? {
                let path: PathBuf = entry.map_err(|e| trouble(&dir, e))?.path();
                if path.is_dir() {
                    pending.push(path);
                    continue;
                }
                let relative = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().replace('\\', "/");
                if is_data(&relative) {
                    self.add(&path, relative)?;
                }
            }
        }
        Ok(())
    }

    /// Adds a user's catalogue file, or those of a folder; one of a name that is there already replaces it.
    ///
    /// # Errors
    /// Where a file cannot be read.
    pub fn add_catalog(&mut self, path: &Path) -> Result<(), DataError> {
        let files = if path.is_dir() { entries(path)? } else { vec![path.to_path_buf()] };
        for file in files.iter().filter(|file| !path.is_dir() || file.extension().is_some_and(|e| e == "toml")) {
            self.add(file, format!("catalog/{}", name_of(file)))?;
        }
        Ok(())
    }

    /// Adds a user's recipes: the folder of one, or a folder with such folders. Answers with the recipes' folders.
    ///
    /// # Errors
    /// Where there is none, or one cannot be read.
    pub fn add_recipes(&mut self, path: &Path) -> Result<Vec<PathBuf>, DataError> {
        let is_recipe = |folder: &Path| folder.join("recipe.toml").is_file();
        let folders: Vec<PathBuf> = match is_recipe(path) {
            true => vec![path.to_path_buf()],
            false => entries(path)?.into_iter().filter(|folder| is_recipe(folder)).collect(),
        };
        if folders.is_empty() {
            let message = "no recipe: the folder of one has a recipe.toml; `perfmod recipes new NAME` makes one";
            return Err(DataError { file: path.display().to_string(), line: 1, message: message.into() });
        }
        for folder in &folders {
            let file = folder.join("recipe.toml");
            let text = std::fs::read_to_string(&file).map_err(|e| trouble(&file, e))?;
            // What is wrong with it is told where it is read as a recipe.
            let language = text.parse::<toml::Table>().ok();
            let language = language.as_ref().and_then(|t| t.get("language")?.as_str()).unwrap_or("python");
            self.add(&file, format!("{language}/{}/recipe.toml", name_of(folder)))?;
        }
        Ok(folders)
    }

    fn add(&mut self, file: &Path, path: String) -> Result<(), DataError> {
        let text = std::fs::read_to_string(file).map_err(|e| trouble(file, e))?;
        self.files.retain(|f| f.path != path);
        let at = self.files.partition_point(|f| f.path < path);
        self.files.insert(at, DataFile { path, shown: file.display().to_string(), text });
        Ok(())
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

fn trouble(path: &Path, error: std::io::Error) -> DataError {
    DataError { file: path.display().to_string(), line: 1, message: error.to_string() }
}

/// What a folder holds, in the order of the names.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let found: Result<Vec<PathBuf>, _> =
        std::fs::read_dir(folder).and_then(|all| all.map(|entry| entry.map(|e| e.path())).collect());
    let mut found = found.map_err(|e| trouble(folder, e))?;
    found.sort();
    Ok(found)
}

/// The last part of a path, also of `.`.
fn name_of(path: &Path) -> String {
    let whole = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    whole.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Whether a file is read: the recipes' cases, which are in any encoding, are not.
fn is_data(path: &str) -> bool {
    path.ends_with(".toml")
        || path.ends_with("/example.diff")
        || (path.ends_with(".py") && path.starts_with("runtime/"))
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
