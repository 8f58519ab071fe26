//! What must not reach a cassette, and how it is taken out: by the names of fields, and by values that are known.

use crate::validate::stub::base64;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{collections::BTreeSet, path::Path};

/// What stands where a secret was.
pub(super) const REDACTED: &str = "REDACTED";

/// Fields that hold a secret wherever they are.
const STRONG: &[&str] = &[
    "api_key",
    "apikey",
    "x_api_key",
    "access_token",
    "auth_token",
    "refresh_token",
    "id_token",
    "client_secret",
    "secret",
    "secret_key",
    "password",
    "passwd",
    "authorization",
    "credential",
    "credentials",
    "private_key",
    "subscription_key",
    "session_token",
    "x_amz_signature",
    "x_amz_credential",
    "x_amz_security_token",
    "x_goog_signature",
];
/// Fields that hold one in a request; in an answer they are words like others (`token` of a list of log-probabilities).
const OF_REQUESTS: &[&str] =
    &["key", "token", "auth", "sig", "signature", "cookie", "session", "pwd", "hapikey", "appid"];
/// Headers from which values are learned: whatever they hold is a secret, wherever else it stands.
const HEADERS: &[&str] = &["authorization", "proxy-authorization", "cookie", "x-auth-token", "x-csrf-token"];
/// Shorter values are words, and would be taken out of every text.
const SHORTEST: usize = 6;

/// Whether an environment variable, by its name, holds a secret.
pub(in crate::validate) fn is_secret_name(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    let parts: Vec<&str> = upper.split(['_', '-', '.']).collect();
    let any = |words: &[&str]| words.iter().any(|word| parts.contains(word));
    any(&[
        "KEY",
        "KEYS",
        "TOKEN",
        "TOKENS",
        "SECRET",
        "SECRETS",
        "PASSWORD",
        "PASSWD",
        "PASS",
        "PWD",
        "CREDENTIALS",
        "CREDENTIAL",
        "AUTH",
        "COOKIE",
        "PAT",
        "DSN",
    ]) && !["PWD", "OLDPWD"].contains(&upper.as_str())
        || ["APIKEY", "PASSPHRASE", "ACCESSKEY", "PRIVATEKEY"].iter().any(|word| upper.contains(word))
        || ["TOKEN", "SECRET", "PASSWORD"].iter().any(|word| upper.ends_with(word))
}

/// The value that a program under test finds in a variable that holds a secret outside.
pub(in crate::validate) fn dummy(name: &str) -> String {
    format!("{DUMMY}{}", &blake3::hash(name.as_bytes()).to_hex()[..16])
}

/// What a program under test finds in a variable of the user's that holds a secret, and the secret that is not in it;
/// `None` for other variables.
pub(in crate::validate) fn stand_in(name: &str, value: &str) -> Option<(String, String)> {
    if is_secret_name(name) {
        return Some((dummy(name), value.to_owned()));
    }
    let password = password(value)?;
    Some((value.replacen(&format!(":{password}@"), &format!(":{}@", dummy(name)), 1), password.to_owned()))
}

/// The password of `scheme://user:password@host`.
fn password(value: &str) -> Option<&str> {
    let (user, _) = value.split_once("://")?.1.split('/').next()?.rsplit_once('@')?;
    user.split_once(':').map(|(_, password)| password).filter(|password| !password.is_empty())
}

const DUMMY: &str = "sk-perfmod-dummy-";

/// Values that are taken out of everything.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(in crate::validate) struct Secrets {
    values: BTreeSet<String>,
}

impl Secrets {
    /// Those that a copy of the program can know: without the user's variables.
    pub fn of_program(folders: &[&Path], args: &[String]) -> Self {
        Self::new(std::iter::empty(), folders, args)
    }

    /// The values of variables with secret-looking names, of a `.env` file in one of the folders, and of arguments
    /// behind a secret-looking option.
    pub fn new(variables: impl Iterator<Item = (String, String)>, folders: &[&Path], args: &[String]) -> Self {
        let mut secrets = Self::default();
        variables.for_each(|(name, value)| secrets.variable(&name, &value));
        for text in folders.iter().filter_map(|folder| std::fs::read_to_string(folder.join(".env")).ok()) {
            for (name, value) in text.lines().filter_map(|line| line.split_once('=')) {
                let name = name.trim().trim_start_matches("export ").trim();
                secrets.variable(name, value.trim().trim_matches(['"', '\'']));
            }
        }
        let mut args = args.iter().peekable();
        while let Some(arg) = args.next() {
            let Some(option) = arg.strip_prefix("--") else { continue };
            match option.split_once('=') {
                Some((name, value)) if is_secret_name(name) => secrets.add(value),
                None if is_secret_name(option) => args.peek().into_iter().for_each(|value| secrets.add(value)),
                _ => {}
            }
        }
        secrets
    }

    fn variable(&mut self, name: &str, value: &str) {
        // A password in a URL is one under any name.
        password(value).into_iter().for_each(|password| self.add(password));
        let plain = value.len() < 8 && value.bytes().all(|byte| byte.is_ascii_digit())
            || Path::new(value).is_absolute() && Path::new(value).exists()
            || ["true", "false", "none", "disabled", "enabled"].contains(&value.to_ascii_lowercase().as_str());
        if is_secret_name(name) && !plain {
            self.add(value);
        }
    }

    fn add(&mut self, value: &str) {
        // What is put where a local server wants a key, and is a word elsewhere.
        const WORDS: &[&str] =
            &["bearer", "digest", "ollama", "not-needed", "lm-studio", "no-key", "no-key-required", "placeholder"];
        if value.len() < SHORTEST || WORDS.contains(&value.to_ascii_lowercase().as_str()) {
            return;
        }
        self.values.insert(value.to_owned());
        // In the forms in which it can stand in a body or a URL.
        let quoted = Value::from(value).to_string();
        self.values.insert(quoted[1..quoted.len() - 1].to_owned());
        self.values.insert(percent(value));
        self.values.insert(base64(value.as_bytes()).trim_end_matches('=').to_owned());
    }

    /// These, and what a request gives away: the values of its headers and fields with secret names, which an answer may
    /// repeat anywhere.
    pub fn with_request(&self, headers: &hyper::HeaderMap, url: &str, body: &str) -> Self {
        let mut all = self.clone();
        for (name, value) in headers {
            let name = name.as_str();
            let Some(value) = value.to_str().ok().filter(|_| HEADERS.contains(&name) || is_secret_name(name)) else {
                continue;
            };
            all.add(value);
            // `Bearer …`, and the parts of cookies.
            value.split([' ', ';', ',']).for_each(|part| {
                all.add(part);
                part.split_once('=').into_iter().for_each(|(_, value)| all.add(value));
            });
        }
        let mut found = Vec::new();
        if let Some((_, query)) = url.split_once('?') {
            found.extend(form_values(query));
        }
        if let Ok(mut value) = serde_json::from_str::<Value>(body) {
            fields(&mut value, true, &mut found);
        } else if is_form(body) {
            found.extend(form_values(body));
        } else {
            parts(body, &mut found);
        }
        // What has spaces is a text, and taking it out would take the answer with it.
        found.retain(|value| value.len() >= SHORTEST + 2 && !value.contains(char::is_whitespace));
        found.iter().for_each(|value| all.add(value));
        all
    }

    /// A text without the known values, tokens of known form, dummies, and secret fields of URLs within it.
    pub fn text(&self, text: &str) -> String {
        let mut out = text.to_owned();
        // The longest first: one may be part of another.
        let mut values: Vec<&String> = self.values.iter().filter(|value| text.contains(value.as_str())).collect();
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        values.into_iter().for_each(|value| out = out.replace(value.as_str(), REDACTED));
        links(&tokens(&out))
    }

    /// A URL: no account in it, no secret fields in its query.
    pub fn url(&self, url: &str) -> String {
        let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let rest = rest[..end].rfind('@').map_or(rest, |at| &rest[at + 1..]);
        let (path, query) = rest.split_once('?').map_or((rest, None), |(path, query)| (path, Some(query)));
        let query = query.map(|query| format!("?{}", form(query))).unwrap_or_default();
        self.text(&format!("{scheme}://{path}{query}"))
    }

    /// The body of a request, in its canonical form.
    pub fn request_body(&self, body: &str) -> String {
        if let Ok(mut value) = serde_json::from_str::<Value>(body)
            && (value.is_object() || value.is_array())
        {
            fields(&mut value, true, &mut Vec::new());
            return self.text(&crate::validate::canonical::json(&value));
        }
        let body = if is_form(body) { form(body) } else { parts(body, &mut Vec::new()) };
        self.text(&body)
    }

    /// The same for what is no text; only values go. Nothing is left of it where that cannot be done.
    pub fn bytes(&self, bytes: &[u8]) -> Vec<u8> {
        let kind = aho_corasick::MatchKind::LeftmostLongest;
        match aho_corasick::AhoCorasick::builder().match_kind(kind).build(&self.values) {
            Ok(finder) => finder.replace_all_bytes(bytes, &vec![REDACTED; self.values.len()]),
            Err(_) => Vec::new(),
        }
    }

    /// The body of an answer: secret fields and values. A text that is not JSON only loses values.
    pub fn reply_body(&self, body: &str) -> String {
        if let Ok(mut value) = serde_json::from_str::<Value>(body)
            && fields(&mut value, false, &mut Vec::new())
        {
            return self.text(&value.to_string());
        }
        // Byte for byte as it came, but for the values.
        self.text(body)
    }
}

/// Whether a field of this name holds a secret.
fn is_secret_field(name: &str, request: bool) -> bool {
    let name = name.to_ascii_lowercase().replace('-', "_");
    STRONG.contains(&name.as_str()) || request && OF_REQUESTS.contains(&name.as_str())
}

/// Replaces the texts of secret fields, which are added to `found`; whether there were any.
fn fields(value: &mut Value, request: bool, found: &mut Vec<String>) -> bool {
    match value {
        Value::Object(map) => {
            let mut any = false;
            for (name, value) in map.iter_mut() {
                match value {
                    Value::String(text) if !text.is_empty() && is_secret_field(name, request) => {
                        any = true;
                        found.push(std::mem::replace(text, REDACTED.to_owned()));
                    }
                    Value::Number(_) if is_secret_field(name, false) => {
                        any = true;
                        *value = REDACTED.into();
                    }
                    other => any |= fields(other, request, found),
                }
            }
            any
        }
        Value::Array(items) => {
            items.iter_mut().filter_map(|item| fields(item, request, found).then_some(())).count() > 0
        }
        _ => false,
    }
}

/// Whether a body looks like one of a form.
fn is_form(body: &str) -> bool {
    body.contains('=') && !body.contains(char::is_whitespace)
}

/// The values of secret fields of a form or a query, as they stand there and decoded.
fn form_values(text: &str) -> Vec<String> {
    let secret =
        text.split('&').filter_map(|pair| pair.split_once('=').filter(|(name, _)| is_secret_field(name, true)));
    secret.flat_map(|(_, value)| [value.to_owned(), decoded(value)]).collect()
}

/// A value of a form without its percent signs.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while let Some(byte) = bytes.get(at) {
        let coded = text.get(at + 1..at + 3).filter(|_| *byte == b'%').and_then(|hex| u8::from_str_radix(hex, 16).ok());
        out.push(coded.unwrap_or(if *byte == b'+' { b' ' } else { *byte }));
        at += if coded.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// `a=1&key=…` without its secrets.
fn form(text: &str) -> String {
    let pairs = text.split('&').map(|pair| match pair.split_once('=') {
        Some((name, value)) if !value.is_empty() && is_secret_field(&name.replace("%5F", "_"), true) => {
            format!("{name}={REDACTED}")
        }
        _ => pair.to_owned(),
    });
    pairs.collect::<Vec<_>>().join("&")
}

/// The parts of a multipart body without the values of those that are secret by their name, which are added to `found`.
fn parts(body: &str, found: &mut Vec<String>) -> String {
    let (mut out, mut rest) = (String::with_capacity(body.len()), body);
    while let Some((before, after)) = rest.split_once("name=\"") {
        let Some((name, behind)) = after.split_once('"') else { break };
        out.push_str(before);
        out.push_str(&format!("name=\"{name}\""));
        rest = behind;
        if let (true, Some(head)) = (is_secret_field(name, true), behind.find("\r\n\r\n")) {
            let start = head + 4;
            let end = behind[start..].find("\r\n--").map_or(behind.len(), |end| start + end);
            out.push_str(&behind[..start]);
            found.push(behind[start..end].to_owned());
            out.push_str(REDACTED);
            rest = &behind[end..];
        }
    }
    out.push_str(rest);
    out
}

/// Takes out what is a token by its form, whoever holds it, and perfmod's own dummies, so that a program under test asks
/// as the recorded one did.
fn tokens(text: &str) -> String {
    const FORMS: &[(&str, usize)] = &[
        ("sk-", 16),
        ("sk_", 16),
        ("pk_", 16),
        ("hf_", 16),
        ("ghp_", 20),
        ("gho_", 20),
        ("github_pat_", 20),
        ("glpat-", 16),
        ("xoxb-", 16),
        ("xoxp-", 16),
        ("AKIA", 16),
        ("ASIA", 16),
        ("AIza", 30),
        ("gsk_", 16),
        ("pplx-", 16),
        ("r8_", 20),
        ("xai-", 20),
        ("nvapi-", 20),
        ("tvly-", 16),
    ];
    let body = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    let mut boundary = true;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        if boundary && c.is_ascii_alphanumeric() {
            let length = rest.find(|c| !body(c)).unwrap_or(rest.len());
            let word = &rest[..length];
            let is_token = FORMS.iter().any(|(prefix, tail)| {
                word.strip_prefix(prefix)
                    .is_some_and(|tail_of| tail_of.len() >= *tail && tail_of.bytes().any(|b| b.is_ascii_digit()))
            });
            // A signed token: three parts in base64, the first of which is a JSON object.
            let signed = word.starts_with("eyJ") && word.len() > 15 && rest[length..].starts_with(".eyJ");
            if is_token || signed {
                out.push_str(REDACTED);
                at += if signed { rest.find(|c| !(body(c) || c == '.')).unwrap_or(rest.len()) } else { length };
                boundary = false;
                continue;
            }
        }
        out.push(c);
        boundary = !body(c);
        at += c.len_utf8();
    }
    out
}

/// Replaces the secret fields of the queries of URLs within a text: `…?key=…`.
fn links(text: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find(['?', '&']) {
        let (before, after) = rest.split_at(at + 1);
        out.push_str(before);
        rest = after;
        let after = after.strip_prefix("amp;").unwrap_or(after);
        let Some((name, value)) = after.split_once('=') else { continue };
        if name.len() <= 32
            && !name.contains(|c: char| !(c.is_ascii_alphanumeric() || "-_".contains(c)))
            && is_secret_field(name, true)
        {
            let end = value.find(|c: char| c.is_whitespace() || "&\"'<>\\)".contains(c)).unwrap_or(value.len());
            out.push_str(&format!("{name}={REDACTED}"));
            rest = &value[end..];
        }
    }
    out.push_str(rest);
    out
}

fn percent(text: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(byte);
    text.bytes().map(|byte| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "s3cret/Value+1\"q";

    fn secrets() -> Secrets {
        let variables = [
            ("MY_TOKEN", SECRET),
            ("DATABASE_URL", "postgres://me:hunter22@db/x"),
            ("HOME", "/home/someone"),
            ("API_KEY", "true"),
        ];
        let args = ["--api-key".to_owned(), "from-args-1".to_owned(), "--name".to_owned(), "visible-name".to_owned()];
        Secrets::new(variables.into_iter().map(|(a, b)| (a.to_owned(), b.to_owned())), &[], &args)
    }

    #[test]
    fn values_go_in_every_form() {
        let secrets = secrets();
        let quoted = Value::from(SECRET).to_string();
        for form in [
            SECRET.to_owned(),
            quoted,
            percent(SECRET),
            base64(SECRET.as_bytes()),
            "hunter22".into(),
            "from-args-1".into(),
        ] {
            let text = secrets.text(&format!("a {form} b"));
            assert!(text.contains(REDACTED) && !text.contains(form.trim_matches('"')), "{form}: {text}");
        }
        assert_eq!(secrets.text("visible-name true /home/someone"), "visible-name true /home/someone");
        assert_eq!(secrets.bytes(b"\xff\x00hunter22\xfe"), b"\xff\x00REDACTED\xfe");
    }

    #[test]
    fn fields_go_by_their_names() {
        let secrets = Secrets::default();
        assert_eq!(
            secrets.url("https://u:pw@h/x?key=abc&q=1&api_key=d"),
            "https://h/x?key=REDACTED&q=1&api_key=REDACTED"
        );
        assert_eq!(
            secrets.request_body(r#"{"b":{"token":"x"},"api-key":"y","key":1,"max_tokens":3}"#),
            r#"{"api-key":"REDACTED","b":{"token":"REDACTED"},"key":1,"max_tokens":3}"#
        );
        assert_eq!(secrets.request_body("q=1&token=abc"), "q=1&token=REDACTED");
        let multipart = "--boundary\r\nContent-Disposition: form-data; name=\"api_key\"\r\n\r\nabc\r\n--boundary\r\nContent-Disposition: form-data; name=\"q\"\r\n\r\nabc\r\n--boundary--";
        assert_eq!(secrets.request_body(multipart).matches("abc").count(), 1);
        assert_eq!(
            secrets.reply_body(r#"{"token": " A", "access_token": "x"}"#),
            r#"{"token":" A","access_token":"REDACTED"}"#
        );
        assert_eq!(
            secrets.reply_body("{\"next\": \"https://h/x?page=2&key=abc\"}"),
            "{\"next\": \"https://h/x?page=2&key=REDACTED\"}"
        );
    }

    #[test]
    fn tokens_go_by_their_form_and_words_stay() {
        let secrets = Secrets::default();
        for token in [
            "sk-proj-abcdefghij0123456789",
            "hf_abcdefghijklmnop01234",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
            &dummy("X"),
        ] {
            assert_eq!(secrets.text(&format!("x {token}, y")), "x REDACTED, y");
        }
        for text in ["ask-me-anything-0123456789", "sk-learn is a library", "risk_assessment_of_2024_for_all"] {
            assert_eq!(secrets.text(text), text);
        }
    }

    #[test]
    fn what_a_request_gives_away_is_gone_from_the_answer() {
        let mut headers = hyper::HeaderMap::new();
        headers.insert("authorization", "Bearer plainpassword".parse().unwrap());
        headers.insert("x-api-key", "another-one".parse().unwrap());
        headers.insert("cookie", "sid=cookie-value; theme=dark".parse().unwrap());
        let secrets = Secrets::default().with_request(
            &headers,
            "https://h/x?token=query%2Dvalue",
            "{\"api_key\": \"body-value\"}",
        );
        assert_eq!(
            secrets.text("plainpassword another-one cookie-value dark query-value query%2Dvalue body-value"),
            "REDACTED REDACTED REDACTED dark REDACTED REDACTED REDACTED"
        );
    }

    #[test]
    fn names_of_variables() {
        for name in [
            "OPENAI_API_KEY",
            "HF_TOKEN",
            "DB_PASSWORD",
            "AWS_SECRET_ACCESS_KEY",
            "GITHUB_PAT",
            "MYTOKEN",
            "x-api-key",
            "API-KEY",
        ] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in ["PATH", "PWD", "KEYBOARD", "TOKENIZERS_PARALLELISM", "MONKEY", "AUTHOR", "HOME"] {
            assert!(!is_secret_name(name), "{name}");
        }
    }
}
