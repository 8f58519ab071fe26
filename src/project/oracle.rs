//! The optional oracle: the type checker `ty`, asked over its language server of which class some expressions are.
//!
//! The server reads files and runs none of them, and the texts go to it as they were read, so nothing is copied or written
//! into the user's tree. Only a plain answer counts: one class by its name, and the one place where a class of that name
//! is defined. Anything else (a union, `Any`, `Unknown`, a generic class, an error, no answer in time) is no answer.

use super::{environment, files, process, python};
use serde_json::{Value, json};
use std::{
    env,
    io::{BufRead, BufReader, Read, Write},
    path::{Path, PathBuf},
    process::{ChildStdout, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::{Duration, Instant},
};

/// How long one file's questions may take altogether.
const LIMIT: Duration = Duration::from_secs(5);

/// At most this much is one message of the server.
const MAX_MESSAGE: u64 = 16_000_000;

/// A file and the places in it that are asked about.
#[derive(Debug)]
pub struct Asked<'t> {
    /// The file.
    pub path: PathBuf,
    /// Its text.
    pub text: &'t str,
    /// Where names begin whose class is asked for, as offsets in the text.
    pub offsets: Vec<usize>,
}

/// A class, by where it is defined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Defined {
    /// The file.
    pub path: PathBuf,
    /// Where its name stands in the file, as an offset.
    pub offset: usize,
    /// Its name.
    pub name: String,
}

impl Defined {
    /// The import path of a class of an installed package.
    pub fn installed(&self) -> Option<String> {
        let parts: Vec<&str> = self.path.iter().filter_map(|p| p.to_str()).collect();
        let root = parts.iter().rposition(|p| matches!(*p, "site-packages" | "dist-packages"))?;
        let mut parts = parts[root + 1..].to_vec();
        let file = parts.pop()?.split('.').next()?;
        parts.extend((file != "__init__").then_some(file));
        let package = parts.first_mut()?;
        *package = package.strip_suffix("-stubs").unwrap_or(package);
        parts.push(&self.name);
        Some(parts.join("."))
    }
}

/// The `ty` of a script: of the active environment, of the environment beside it, or on PATH.
pub fn find(script: &Path) -> Option<PathBuf> {
    let name = if cfg!(windows) { "ty.exe" } else { "ty" };
    let path = env::var_os("PATH").unwrap_or_default();
    let environment = python::environment_of(script).map(|e| environment::python_of(&e).with_file_name(name));
    environment.into_iter().chain(env::split_paths(&path).map(|p| p.join(name))).find(|p| p.is_file())
}

/// What a script imports from.
#[derive(Debug)]
pub struct Imports<'s> {
    /// The script.
    pub script: &'s Path,
    /// The folders of the project, which come first.
    pub search: Vec<PathBuf>,
    /// The interpreter that the user named.
    pub python: Option<&'s Path>,
}

/// What `ty` says of the places in some files, in their order; nothing where it does not answer.
pub fn ask(ty: &Path, imports: &Imports<'_>, files: &[Asked<'_>]) -> Vec<Vec<Option<Defined>>> {
    Dialogue::begin(ty, imports).and_then(|dialogue| dialogue.ask(files)).unwrap_or_default()
}

/// A running server.
struct Dialogue {
    child: std::process::Child,
    send: std::sync::mpsc::Sender<Vec<u8>>,
    received: Receiver<Value>,
    end: Instant,
}

impl Drop for Dialogue {
    fn drop(&mut self) {
        let _ = process::end(&mut self.child);
    }
}

impl Dialogue {
    fn begin(ty: &Path, imports: &Imports<'_>) -> Option<Self> {
        let folder = files::import_root(imports.script);
        let mut command = Command::new(ty);
        command.arg("server").current_dir(&folder);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn().ok()?;
        let (mut stdin, stdout) = (child.stdin.take()?, child.stdout.take()?);
        // In threads, so that a server that neither reads nor answers is ended in time.
        let (send, chunks) = channel::<Vec<u8>>();
        thread::spawn(move || chunks.iter().all(|chunk| stdin.write_all(&chunk).and_then(|()| stdin.flush()).is_ok()));
        let (found, received) = channel();
        thread::spawn(move || {
            let mut stdout = BufReader::new(stdout);
            while let Some(message) = message(&mut stdout) {
                if found.send(message).is_err() {
                    break;
                }
            }
        });
        let dialogue = Self { child, send, received, end: Instant::now() + LIMIT };
        // What flow found in these folders, `ty` must find there too, whatever the project's configuration says.
        let mut environment = json!({ "extra-paths": imports.search });
        if let Some(used) = imports.python.map(Path::to_path_buf).or_else(|| python::environment_of(imports.script)) {
            environment["python"] = json!(used);
        }
        let uri = uri(&folder);
        dialogue.say(json!({"id": 0, "method": "initialize", "params": {
            "processId": std::process::id(),
            "rootUri": uri,
            "workspaceFolders": [{"uri": uri, "name": "program"}],
            "capabilities": {
                "general": {"positionEncodings": ["utf-8"]},
                "textDocument": {"hover": {"contentFormat": ["plaintext"]}},
            },
            "initializationOptions": {"configuration": {"environment": environment}},
        }}));
        let answer = dialogue.answers(1)?.remove(0);
        if answer["capabilities"]["positionEncoding"] != "utf-8" {
            return None;
        }
        dialogue.say(json!({"method": "initialized", "params": {}}));
        Some(dialogue)
    }

    fn ask(&self, files: &[Asked<'_>]) -> Option<Vec<Vec<Option<Defined>>>> {
        let mut count = 0;
        for file in files {
            let uri = uri(&file.path);
            let text = file.text;
            if text.matches('\r').count() != text.matches("\r\n").count() {
                // A lone `\r` ends a line of the protocol.
                return None;
            }
            self.say(json!({"method": "textDocument/didOpen", "params": {"textDocument":
                {"uri": uri, "languageId": "python", "version": 1, "text": text}}}));
            for &offset in &file.offsets {
                let before = text.get(..offset)?;
                let line = before.matches('\n').count();
                let character = offset - before.rfind('\n').map_or(0, |at| at + 1);
                for method in ["textDocument/hover", "textDocument/typeDefinition"] {
                    let place =
                        json!({"textDocument": {"uri": uri}, "position": {"line": line, "character": character}});
                    self.say(json!({"id": count, "method": method, "params": place}));
                    count += 1;
                }
            }
        }
        let answers = self.answers(count)?;
        let mut each = answers.chunks(2).map(|pair| class(&pair[0], &pair[1]));
        Some(files.iter().map(|file| each.by_ref().take(file.offsets.len()).collect()).collect())
    }

    fn say(&self, mut message: Value) {
        message["jsonrpc"] = json!("2.0");
        let body = message.to_string();
        // A server that is gone does not answer either.
        let _ = self.send.send(format!("Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes());
    }

    /// The answers to the messages with the identifiers below a number; none where one does not come in time.
    fn answers(&self, count: usize) -> Option<Vec<Value>> {
        let mut answers = vec![None; count];
        while answers.iter().any(Option::is_none) {
            let left = self.end.saturating_duration_since(Instant::now());
            let message = self.received.recv_timeout(left).ok()?;
            let id = message["id"].as_u64().filter(|_| message.get("method").is_none());
            if let Some(answer) = id.and_then(|id| answers.get_mut(usize::try_from(id).ok()?)) {
                *answer = Some(message["result"].clone());
            }
        }
        answers.into_iter().collect()
    }
}

/// The next message of the server.
fn message(from: &mut BufReader<ChildStdout>) -> Option<Value> {
    let mut length = None;
    loop {
        let mut line = String::new();
        from.by_ref().take(1_000).read_line(&mut line).ok().filter(|&n| n > 0)?;
        match line.trim_end().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.trim().parse().ok(),
            Some(_) => {}
            None => break,
        }
    }
    let mut body = Vec::new();
    from.take(length.filter(|&n| n <= MAX_MESSAGE)?).read_to_end(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

/// The class that an answer about a name and an answer about where its type is defined agree upon.
fn class(hover: &Value, places: &Value) -> Option<Defined> {
    let contents = &hover["contents"];
    let text = contents["value"].as_str().or_else(|| contents.as_str())?.trim();
    let name = text.strip_suffix(" | None").unwrap_or(text);
    if name.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || c == '_') {
        return None;
    }
    let mut found = None;
    for place in places.as_array()? {
        let path = path(place["uri"].as_str()?)?;
        let text = std::fs::read_to_string(&path).ok()?;
        let at = |end: &str| usize::try_from(place["range"][end]["character"].as_u64()?).ok();
        let line = usize::try_from(place["range"]["start"]["line"].as_u64()?).ok()?;
        let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
        let span = start + at("start")?..start + at("end")?;
        match text.get(span.clone())? {
            "NoneType" if name != "NoneType" => {}
            word if word == name && found.is_none() => {
                found = Some(Defined { path, offset: span.start, name: name.to_string() });
            }
            _ => return None,
        }
    }
    found
}

fn uri(path: &Path) -> String {
    let mut out = String::from("file://");
    let text = path.to_string_lossy().replace('\\', "/");
    out.push_str(if text.starts_with('/') { "" } else { "/" });
    for byte in text.bytes() {
        match byte {
            b'/' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

fn path(uri: &str) -> Option<PathBuf> {
    let mut bytes = uri.strip_prefix("file://")?.bytes();
    let mut out = Vec::new();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'%' => {
                let digits = [bytes.next()?, bytes.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            _ => byte,
        });
    }
    let text = String::from_utf8(out).ok()?;
    Some(PathBuf::from(if cfg!(windows) { text.trim_start_matches('/') } else { &text }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_survive_as_addresses() {
        let odd = Path::new("/a b/ü%/x.py");
        assert_eq!(uri(odd), "file:///a%20b/%C3%BC%25/x.py");
        assert_eq!(path(&uri(odd)).as_deref(), Some(odd));
    }

    #[test]
    fn only_one_class_by_its_name_is_an_answer() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("site-packages/lib/_inner.py");
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, "x = 1\nclass Client:\n    pass\nclass Other: pass\n").unwrap();
        let at = |line: u32, end: u32| json!({"uri": uri(&file), "range": {"start": {"line": line, "character": 6}, "end": {"line": line, "character": end}}});
        let says = |text: &str, places: &[Value]| class(&json!({"contents": {"value": text}}), &json!(places));
        let client = says("Client | None", &[at(1, 12)]).unwrap();
        assert_eq!(client.installed().as_deref(), Some("lib._inner.Client"));
        for text in ["Unknown", "Any", "Client | Unknown", "Client | Other", "type[Client]", "Unknown & Client", ""] {
            assert_eq!(says(text, &[at(1, 12)]), None, "{text}");
        }
        assert_eq!(says("Client", &[at(1, 12), at(3, 11)]), None);
        assert_eq!(says("Client", &[at(1, 12), at(1, 12)]), None);
        assert_eq!(says("Client", &[]), None);
        assert_eq!(class(&Value::Null, &Value::Null), None);
    }
}
