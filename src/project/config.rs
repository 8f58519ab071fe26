//! The user's configuration: `[tool.perfmod]` in a `pyproject.toml`, or `perfmod.toml`; the nearest above the script wins.
//!
//! Here are the answers of the user's own (`stubs`) and what is left out of folders (`exclude`); the other keys are the
//! flags of the command line, which reads them.

use super::files::{folder_of, project_root};
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// An answer that the user wrote down, for the requests that its pattern matches.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StubRule {
    /// The pattern as it is written: `[METHOD ]HOST[:PORT][/PATH]`, with `*` for any characters.
    pub pattern: String,
    /// The status of the answer.
    pub status: u16,
    /// Headers of the answer, the content type among them.
    pub headers: Vec<(String, String)>,
    /// What the body is made from.
    pub body: StubBody,
}

/// What the body of a user's answer is made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum StubBody {
    /// It is this text.
    Text(String),
    /// It is the content of this file.
    File(PathBuf),
    /// It is this text with `{{…}}` filled in from the request.
    Template(String),
}

/// Why the configuration cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {message}", file.display())]
pub struct ConfigError {
    /// The file.
    pub file: PathBuf,
    /// What is wrong, and what could be meant.
    pub message: String,
}

/// What a rule may have.
const RULE_KEYS: [&str; 6] = ["json", "text", "file", "template", "status", "headers"];
const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// The user's answers for a script, in the order of the file: those of the nearest configuration, none where there is none.
///
/// # Errors
/// Where the file cannot be read, or holds a key or a value that is not understood.
pub fn stubs(script: &Path) -> Result<Vec<StubRule>, ConfigError> {
    nearest(script)?.map_or(Ok(Vec::new()), |settings| rules(&settings.file, &settings.table))
}

/// What a configuration says.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The file.
    pub file: PathBuf,
    /// Its keys, in the order of the file.
    pub table: Table,
}

impl Settings {
    /// The folder that its paths are relative to.
    pub fn folder(&self) -> &Path {
        self.file.parent().unwrap_or(Path::new(""))
    }
}

/// The configuration nearest to a script, within its project.
///
/// # Errors
/// Where the file cannot be read.
pub fn nearest(script: &Path) -> Result<Option<Settings>, ConfigError> {
    let (folder, root) = (folder_of(script), project_root(script));
    for dir in folder.ancestors().take_while(|dir| dir.starts_with(&root)) {
        let own = dir.join("perfmod.toml");
        if own.is_file() {
            let table = read(&own)?;
            return Ok(Some(Settings { file: own, table }));
        }
        let shared = dir.join("pyproject.toml");
        if shared.is_file() {
            let mut table = read(&shared)?;
            let tool = table.get_mut("tool").and_then(|tool| tool.as_table_mut()?.remove("perfmod"));
            if let Some(Value::Table(table)) = tool {
                return Ok(Some(Settings { file: shared, table }));
            }
        }
    }
    Ok(None)
}

/// What the configuration of a folder leaves out of it, as patterns of a `.gitignore` from the folder of the configuration;
/// nothing where it leaves nothing out.
///
/// # Errors
/// Where the configuration cannot be read, or a pattern is none.
pub fn excluded(folder: &Path) -> Result<Option<Gitignore>, ConfigError> {
    let Some(settings) = nearest(&folder.join("x.py"))? else { return Ok(None) };
    let Some(patterns) = settings.table.get("exclude") else { return Ok(None) };
    let told = |message: String| ConfigError { file: settings.file.clone(), message };
    let listed = || patterns.as_array()?.iter().map(Value::as_str).collect::<Option<Vec<&str>>>();
    let listed = listed().ok_or_else(|| told("`exclude` must be a list of patterns, such as [\"old/\"]".into()))?;
    let mut builder = GitignoreBuilder::new(settings.folder());
    for pattern in listed {
        builder.add_line(None, pattern).map_err(|e| told(format!("exclude: `{pattern}`: {e}")))?;
    }
    builder.build().map(Some).map_err(|e| told(format!("exclude: {e}")))
}

fn read(file: &Path) -> Result<Table, ConfigError> {
    let told = |message: String| ConfigError { file: file.to_owned(), message };
    let text = std::fs::read_to_string(file).map_err(|error| told(error.to_string()))?;
    text.parse().map_err(|error: toml::de::Error| told(error.to_string().trim_end().to_owned()))
}

fn rules(file: &Path, table: &Table) -> Result<Vec<StubRule>, ConfigError> {
    let told = |message: String| ConfigError { file: file.to_owned(), message };
    if let Some(wrong) = table.keys().find(|key| *key != "stubs" && *key != "skip" && distance(key, "stubs") <= 2) {
        return Err(told(format!("`{wrong}` is not a key of perfmod's; did you mean `stubs`?")));
    }
    let Some(stubs) = table.get("stubs") else { return Ok(Vec::new()) };
    let stubs = stubs.as_table().ok_or_else(|| told("`stubs` must be a table of patterns and answers".to_owned()))?;
    stubs.iter().map(|(pattern, value)| rule(file, pattern, value).map_err(told)).collect()
}

fn rule(file: &Path, pattern: &str, value: &Value) -> Result<StubRule, String> {
    let told = |why: String| format!("stubs.\"{pattern}\": {why}");
    check(pattern).map_err(told)?;
    let table = value.as_table().ok_or_else(|| {
        told("it must be a table with `json`, `text`, `file` or `template`, such as { json = { ok = true } }".into())
    })?;
    if let Some(wrong) = table.keys().find(|key| !RULE_KEYS.contains(&key.as_str())) {
        return Err(told(format!(
            "`{wrong}` is not a key here{}; there are {}",
            suggestion(wrong, &RULE_KEYS),
            RULE_KEYS.join(", ")
        )));
    }
    let text = |key: &str| match table.get(key) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(told(format!("`{key}` must be a string"))),
    };
    let base = file.parent().unwrap_or(Path::new(""));
    let path = text("file")?.map(|path| base.join(path));
    if let Some(missing) = path.as_ref().filter(|path| !path.is_file()) {
        return Err(told(format!("{} is no file", missing.display())));
    }
    let json = table.get("json").map(|value| serde_json::to_string(value).map_err(|error| told(error.to_string())));
    let (json, is_plain) = (json.transpose()?, table.contains_key("text"));
    let is_json = json.is_some()
        || table.contains_key("template")
        || path.as_ref().is_some_and(|path| path.extension().is_some_and(|ending| ending == "json"));
    let bodies: Vec<StubBody> = [json, text("text")?]
        .into_iter()
        .flatten()
        .map(StubBody::Text)
        .chain(path.map(StubBody::File))
        .chain(text("template")?.map(StubBody::Template))
        .collect();
    let [body] = bodies.as_slice() else {
        return Err(told("it needs one of `json`, `text`, `file` and `template`, and only one".into()));
    };
    let status = match table.get("status") {
        None => 200,
        Some(value) => value
            .as_integer()
            .and_then(|status| u16::try_from(status).ok())
            .filter(|status| (200..=599).contains(status))
            .ok_or_else(|| told("`status` must be a number from 200 to 599".into()))?,
    };
    let kind = if is_json && !is_plain { "application/json" } else { "text/plain; charset=utf-8" };
    let mut headers = vec![("content-type".to_owned(), kind.to_owned())];
    match table.get("headers") {
        None => {}
        Some(Value::Table(own)) => {
            for (name, value) in own {
                let value = value.as_str().ok_or_else(|| told(format!("the header `{name}` must be a string")))?;
                let name = name.to_ascii_lowercase();
                headers.retain(|(known, _)| *known != name);
                headers.push((name, value.to_owned()));
            }
        }
        Some(_) => return Err(told("`headers` must be a table of strings".into())),
    }
    Ok(StubRule { pattern: pattern.to_owned(), status, headers, body: body.clone() })
}

/// Whether a pattern can match anything.
fn check(pattern: &str) -> Result<(), String> {
    let rest = match pattern.split_once(' ') {
        Some((method, rest)) if METHODS.contains(&method) => rest,
        Some((method, _)) => {
            return Err(format!("`{method}` is no method{}", suggestion(&method.to_ascii_uppercase(), &METHODS)));
        }
        None => pattern,
    };
    let rest = rest.strip_prefix("https://").or_else(|| rest.strip_prefix("http://")).unwrap_or(rest);
    let host = rest.split('/').next().unwrap_or_default();
    if host.is_empty() || rest.contains(char::is_whitespace) {
        return Err("a pattern is [METHOD ]HOST[:PORT][/PATH], such as \"POST api.example.com/v1/*\"".into());
    }
    Ok(())
}

/// The key that is most likely meant, in words; nothing where none is near.
pub fn suggestion(wrong: &str, known: &[&str]) -> String {
    let nearest = known.iter().map(|key| (distance(wrong, key), key)).min();
    nearest.filter(|(far, _)| *far <= 2).map(|(_, key)| format!("; did you mean `{key}`?")).unwrap_or_default()
}

/// How many characters must be put in, taken out or replaced.
pub fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replaced = corner + usize::from(from != *to);
            corner = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(corner + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Vec<StubRule>, String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("pyproject.toml"), text).unwrap();
        std::fs::write(folder.path().join("a.json"), "{}").unwrap();
        stubs(&folder.path().join("main.py")).map_err(|error| error.message)
    }

    #[test]
    fn each_kind_of_answer_is_read() {
        let rules = of("[tool.perfmod.stubs]\n\
            \"api.example.com\" = { json = { a = [1, 2.5], b = \"x\" } }\n\
            \"POST api.example.com:8080/v1/*\" = { file = \"a.json\", status = 201 }\n\
            \"https://a.b/c\" = { template = '{\"x\": \"{{body.y}}\"}', headers = { \"X-Own\" = \"1\" } }\n\
            \"a.c\" = { text = \"hello\" }\n")
        .unwrap();
        assert_eq!(rules[0].body, StubBody::Text("{\"a\":[1,2.5],\"b\":\"x\"}".into()));
        assert!(matches!(&rules[1].body, StubBody::File(path) if path.ends_with("a.json")));
        assert_eq!((rules[1].status, rules[1].headers[0].1.as_str()), (201, "application/json"));
        assert_eq!(rules[2].headers[1], ("x-own".to_owned(), "1".to_owned()));
        assert!(rules[3].headers[0].1.starts_with("text/plain"));
        assert_eq!(of("[tool.other]\nx = 1\n").unwrap(), []);
    }

    #[test]
    fn mistakes_are_told_with_what_could_be_meant() {
        let table = "[tool.perfmod.stubs]\n";
        for (text, part) in [
            (format!("{table}\"a.b\" = {{ jsn = 1 }}"), "did you mean `json`?"),
            (format!("{table}\"a.b\" = 3"), "must be a table"),
            (format!("{table}\"a.b\" = {{ json = 1, text = \"\" }}"), "only one"),
            (format!("{table}\"a.b\" = {{ file = \"none.json\" }}"), "is no file"),
            (format!("{table}\"a.b\" = {{ json = 1, status = 42 }}"), "from 200 to 599"),
            (format!("{table}\"PSOT a.b\" = {{ json = 1 }}"), "did you mean `POST`?"),
            (format!("{table}\"/v1\" = {{ json = 1 }}"), "a pattern is"),
            ("[tool.perfmod.stub]\n".to_owned(), "did you mean `stubs`?"),
            ("[tool.perfmod\n".to_owned(), "TOML parse error"),
        ] {
            let error = of(&text).unwrap_err();
            assert!(error.contains(part), "{part:?} is not in {error}");
        }
    }

    #[test]
    fn the_nearest_configuration_wins_and_perfmod_toml_before_pyproject() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        put("pyproject.toml", "[tool.perfmod.stubs]\n\"far\" = { json = 1 }\n");
        let first = || stubs(&folder.path().join("src/main.py")).unwrap().first().map(|rule| rule.pattern.clone());
        assert_eq!(first().as_deref(), Some("far"));
        put("src/perfmod.toml", "[stubs]\n\"near\" = { json = 1 }\n");
        // A file of its own makes the folder a project of its own.
        assert_eq!(first().as_deref(), Some("near"));
    }
}
