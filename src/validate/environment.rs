//! The environment variables of a run: few, the same on every machine, and none that could hold a secret.

use super::answers::{dummy, is_secret_name, stand_in};
use crate::project::python::Interpreter;
use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
};

const OBSERVE: &str = include_str!("observe.py");
const HOOK: &str = include_str!("sitecustomize.py");

/// Variables of the user that are passed on. Nothing here names an account, a host or a key.
const PASSED: &[&str] =
    &["LANG", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONUTF8", "PYTHONIOENCODING"];

/// Keys that clients insist on. The values are dummies.
const KEYS: &[&str] = &[
    "OPENAI_API_KEY",
    "ANTHROPIC_API_KEY",
    "AZURE_OPENAI_API_KEY",
    "AZURE_API_KEY",
    "OPENROUTER_API_KEY",
    "TOGETHER_API_KEY",
    "TOGETHERAI_API_KEY",
    "MISTRAL_API_KEY",
    "GROQ_API_KEY",
    "DEEPSEEK_API_KEY",
    "FIREWORKS_API_KEY",
    "COHERE_API_KEY",
    "CO_API_KEY",
    "GEMINI_API_KEY",
    "GOOGLE_API_KEY",
    "XAI_API_KEY",
    "PERPLEXITY_API_KEY",
    "REPLICATE_API_TOKEN",
    "HF_TOKEN",
    "HUGGINGFACE_API_KEY",
    "HUGGING_FACE_HUB_TOKEN",
    "VOYAGE_API_KEY",
    "JINA_API_KEY",
    "NVIDIA_API_KEY",
    "SERPER_API_KEY",
    "SERPAPI_API_KEY",
    "TAVILY_API_KEY",
    "DASHSCOPE_API_KEY",
    "API_KEY",
];

/// What libraries must not do by themselves in a run.
const FIXED: &[(&str, &str)] = &[
    ("LC_ALL", "C.UTF-8"),
    ("TZ", "UTC"),
    ("TERM", "dumb"),
    ("PYTHONHASHSEED", "0"),
    ("PYTHONDONTWRITEBYTECODE", "1"),
    // One: sums come out alike in every run, and no library starts threads when it is imported.
    ("OMP_NUM_THREADS", "1"),
    ("OPENBLAS_NUM_THREADS", "1"),
    ("MKL_NUM_THREADS", "1"),
    ("NUMEXPR_NUM_THREADS", "1"),
    ("TOKENIZERS_PARALLELISM", "false"),
    ("HF_HUB_OFFLINE", "1"),
    ("TRANSFORMERS_OFFLINE", "1"),
    ("WANDB_MODE", "disabled"),
    ("DO_NOT_TRACK", "1"),
    ("ANONYMIZED_TELEMETRY", "False"),
    ("AZURE_OPENAI_ENDPOINT", "https://azure-openai.invalid"),
    ("OPENAI_API_VERSION", "2024-06-01"),
    ("MPLBACKEND", "Agg"),
    ("PERFMOD_QUIET", "1"),
];

/// Writes the start-up hook of a run into its folder. It is told where the project lies and where its copy does: what is
/// installed from the project ("editable") must come from the copy, or the rewritten files would not be run. What it sees
/// from inside goes to `observed`.
pub(super) fn write_hook(folder: &Path, root: &Path, tree: &Path, observed: &Path) -> std::io::Result<()> {
    let text = HOOK.replace(
        "PROJECT, COPY, OBSERVED = \"\", \"\", \"\"",
        &format!("PROJECT, COPY, OBSERVED = {}, {}, {}", quoted(root), quoted(tree), quoted(observed)),
    );
    std::fs::write(folder.join("observe.py"), OBSERVE)?;
    std::fs::write(folder.join("sitecustomize.py"), text)
}

/// Writes the start-up hook of a process that forks the runs of one version.
pub(super) fn write_forker(folder: &Path, root: &Path) -> std::io::Result<()> {
    let text = HOOK
        .replace("PROJECT, COPY, OBSERVED = \"\"", &format!("PROJECT, COPY, OBSERVED = {}", quoted(root)))
        .replace("FORKER = False", "FORKER = True");
    std::fs::write(folder.join("sitecustomize.py"), text)?;
    std::fs::write(folder.join("observe.py"), OBSERVE)?;
    std::fs::write(folder.join("forker.py"), include_str!("forker.py"))
}

fn quoted(path: &Path) -> String {
    serde_json::Value::from(path.to_string_lossy()).to_string()
}

/// The whole environment of a program that runs in a copy; the proxy's variables come on top.
pub(super) fn build(
    python: &Interpreter,
    hook: &Path,
    home: &Path,
    tmp: &Path,
    certificate: &Path,
    azure: bool,
) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    let mut add = |name: &str, value: String| all.push((name.to_owned(), value));
    for name in PASSED {
        if let Ok(value) = env::var(name) {
            add(name, value);
        }
    }
    // With both kinds of keys a client of the module cannot tell which of the two servers is meant.
    let meant = |name: &str| azure || !name.starts_with("AZURE_");
    for key in KEYS.iter().filter(|key| meant(key)) {
        add(key, dummy(key));
    }
    // A program may insist on keys that nobody has heard of; that the user has them is all that it learns.
    for (name, value) in own().filter(|(name, _)| !name.to_ascii_uppercase().ends_with("_PROXY")) {
        if let (Some((value, _)), false) = (stand_in(&name, &value), KEYS.contains(&name.as_str())) {
            add(&name, value);
        }
    }
    for (name, value) in FIXED.iter().filter(|(name, _)| meant(name)) {
        add(name, (*value).to_owned());
    }
    let text = |path: &Path| path.to_string_lossy().into_owned();
    // `python` in a subprocess is the same interpreter, also where PATH holds shims that look for their settings in HOME.
    let path = python.path.parent().map(Path::to_owned).into_iter().chain(paths("PATH"));
    add("PATH", joined(path));
    add("PYTHONPATH", joined(std::iter::once(hook.to_owned()).chain(paths("PYTHONPATH"))));
    if let Some(user) = env::var_os("HOME").filter(|home| !home.is_empty()) {
        // Packages of `pip install --user` are found through HOME, which the program is not given.
        let base = env::var("PYTHONUSERBASE").unwrap_or_else(|_| text(&Path::new(&user).join(".local")));
        add("PYTHONUSERBASE", base);
    }
    for (name, folder) in caches() {
        if folder.is_dir() {
            add(name, text(&folder));
        }
    }
    for name in ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "HTTPLIB2_CA_CERTS", "AWS_CA_BUNDLE"] {
        add(name, text(certificate));
    }
    add("HOME", text(home));
    for name in ["TMPDIR", "TEMP", "TMP"] {
        add(name, text(tmp));
    }
    all
}

/// Whether a script, or a module beside it, speaks of Azure.
pub(super) fn names_azure(script: &Path) -> bool {
    let beside = script.parent().and_then(|folder| std::fs::read_dir(folder).ok());
    let modules = beside.into_iter().flatten().flatten().map(|entry| entry.path());
    modules
        .filter(|path| path.extension().is_some_and(|ending| ending == "py"))
        .filter_map(|path| std::fs::read(path).ok())
        .any(|text| needs_azure(&String::from_utf8_lossy(&text)))
}

/// Whether a text reads keys of Azure's, or makes a client that does. A branch for `api_type = "azure"` has its keys from
/// elsewhere.
fn needs_azure(text: &str) -> bool {
    const MARKS: [&str; 6] = ["AZURE_", "AzureOpenAI", "AzureChat", "AzureAI", "azure/", "azure.ai"];
    MARKS.iter().any(|mark| text.contains(mark))
}

/// The user's variables that are text.
fn own() -> impl Iterator<Item = (String, String)> {
    env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// The same for a program that is recorded: with the user's own variables and keys, so that it can ask for real. What keeps
/// runs alike stays as it is.
pub(super) fn as_the_user(mut all: Vec<(String, String)>) -> Vec<(String, String)> {
    all.retain(|(name, _)| env::var_os(name).is_some() || !is_secret_name(name));
    for (name, value) in own() {
        let known = all.iter_mut().find(|(known, _)| *known == name);
        let proxy = name.to_ascii_uppercase().ends_with("_PROXY");
        match known {
            Some((_, there)) if stand_in(&name, &value).is_some() || name == "HOME" => *there = value,
            Some(_) => {}
            None if proxy => {}
            None => all.push((name, value)),
        }
    }
    // Sleeps are rate limits of servers that exist.
    all.push(("PERFMOD_REAL_TIME".to_owned(), "1".to_owned()));
    all
}

/// Downloads that libraries keep, so that a run finds them without a network. They can be read, not written.
fn caches() -> Vec<(&'static str, PathBuf)> {
    let own = |name: &str| env::var_os(name).map(PathBuf::from);
    let home = own("HOME").unwrap_or_default();
    let cache = own("XDG_CACHE_HOME").unwrap_or_else(|| home.join(".cache"));
    let place = |name: &'static str, usual: PathBuf| (name, own(name).unwrap_or(usual));
    vec![
        place("HF_HOME", cache.join("huggingface")),
        place("TORCH_HOME", cache.join("torch")),
        place("NLTK_DATA", home.join("nltk_data")),
        place("TIKTOKEN_CACHE_DIR", env::temp_dir().join("data-gym-cache")),
    ]
}

fn paths(variable: &str) -> Vec<PathBuf> {
    env::var_os(variable).map(|value| env::split_paths(&value).collect()).unwrap_or_default()
}

fn joined(paths: impl Iterator<Item = PathBuf>) -> String {
    env::join_paths(paths).unwrap_or_else(|_| OsString::new()).to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::needs_azure;

    #[test]
    fn a_branch_for_azure_needs_no_keys_of_azure() {
        assert!(!needs_azure("if use_azure:\n    openai.api_type = \"azure\"\n    openai.api_key = key\n"));
        assert!(!needs_azure("engine=deploy_name if args.azure else None"));
        assert!(needs_azure("client = AzureOpenAI(api_version=\"2024-06-01\")"));
        assert!(needs_azure("openai.api_key = os.environ[\"AZURE_OPENAI_API_KEY\"]"));
        assert!(needs_azure("litellm.completion(model=\"azure/gpt-4o\")"));
        assert!(needs_azure("from langchain_openai import AzureChatOpenAI"));
    }
}
