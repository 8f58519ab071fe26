//! Two versions of a program, whoever wrote the second one; and recording the first.

use super::copied::Copied;
use super::plan::FilePlan;
use super::{Engine, EngineError, decide, on_deep_stack, sample};
use crate::facts::{Confidence, EditSet, Estimate, Status, Verdict};
use crate::project::config;
use crate::project::files::located;
use crate::project::python::{self, Interpreter};
use crate::syntax::Language;
use crate::validate::{self, Program, Request};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Beside a version that lies in a folder of its own, at most so many modules are taken along.
const MAX_BESIDE: usize = 200;

/// The two versions of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Versions {
    /// Two scripts. Modules that lie beside the second one and that it mentions belong to it.
    Scripts(PathBuf, PathBuf),
    /// Two folders, and the script in both that is run.
    Folders(PathBuf, PathBuf, PathBuf),
}

impl Versions {
    /// From what the user named: two files, or two folders with the script in them.
    ///
    /// # Errors
    /// What does not go together.
    pub fn of(original: &Path, rewritten: &Path, script: Option<&Path>) -> Result<Self, String> {
        for path in [original, rewritten] {
            if !path.exists() {
                return Err(format!("{}: no such file or folder", path.display()));
            }
        }
        match (original.is_dir(), rewritten.is_dir(), script) {
            (false, false, None) => Ok(Versions::Scripts(original.to_path_buf(), rewritten.to_path_buf())),
            (false, false, Some(_)) => Err("--script names the script within two folders; two files need none".into()),
            (true, true, Some(script)) => {
                for folder in [original, rewritten] {
                    if !folder.join(script).is_file() {
                        return Err(format!("{}: no such file", folder.join(script).display()));
                    }
                }
                Ok(Versions::Folders(original.to_path_buf(), rewritten.to_path_buf(), script.to_path_buf()))
            }
            (true, true, None) => Err("two folders need --script FILE: what to run in both".into()),
            _ => Err("name two files, or two folders".into()),
        }
    }
}

/// What the runs of one script share.
struct Place {
    root: PathBuf,
    /// How the root was found, where it was not given.
    copied: Option<Copied>,
    script: PathBuf,
    cwd: PathBuf,
    interpreter: Interpreter,
}

impl Engine {
    /// How much faster the rewritten version is as a whole, where both made requests and do the same as far as is known.
    pub fn estimate(outcome: &validate::Outcome) -> Option<Estimate> {
        let timing = outcome.evidence.stages.as_ref().filter(|_| outcome.verdict != Verdict::Refuted)?;
        Some(decide::estimate_of_any(timing, outcome.evidence.max_in_flight))
    }

    /// What the runs of two versions are worth, from the table in the documentation.
    pub fn confidence(outcome: &validate::Outcome) -> Confidence {
        decide::confidence_of(outcome.verdict, Some(&outcome.evidence), 0)
    }

    /// Runs two versions of a program and compares them. `log` is told what is going on.
    ///
    /// # Errors
    /// Where the configuration or the cassette is wrong, or a version cannot be read.
    pub fn validate(&self, versions: &Versions, log: &mut dyn FnMut(&str)) -> Result<validate::Outcome, EngineError> {
        self.options.answers.check()?;
        let (place, rewritten, original) = match versions {
            Versions::Scripts(original, rewritten) => {
                let place = self.place(original, None, log)?;
                let overlay = beside(&place, original, rewritten).map_err(EngineError::Version)?;
                (place, Program::of(overlay), original.clone())
            }
            Versions::Folders(original, rewritten, script) => {
                let place = self.place(&original.join(script), Some(original), log)?;
                let program =
                    Program::between(&located(original), &located(rewritten)).map_err(EngineError::Version)?;
                (place, program, original.join(script))
            }
        };
        let mut answers = self.options.answers.clone();
        answers.stubs.extend(config::stubs(&original)?);
        let mentions = |word: &[u8]| {
            rewritten.overlay.iter().any(|(_, bytes)| bytes.windows(word.len()).any(|window| window == word))
        };
        // A version that perfmod wrote: repeats may be answered by its cache.
        let expects_cache = mentions(b"perfmod_runtime") && mentions(b"cached");
        let mut request = Request::new(&place.root, &place.script, &place.interpreter, Program::default(), rewritten);
        request.cwd = &place.cwd;
        request.args = &self.options.args;
        request.entry = &self.options.entry;
        request.schedules = self.options.schedules;
        request.timeout = self.options.timeout;
        request.tolerance = self.options.tolerance;
        request.answers = answers;
        request.expects_cache = expects_cache;
        request.any_change = true;
        if let Versions::Scripts(_, rewritten) = versions {
            request.named = Some(rewritten.display().to_string());
        }
        let mut outcome = validate::validate(&request, log);
        if let Some(copied) = &place.copied {
            copied.tell(&mut outcome);
        }
        Ok(outcome)
    }

    /// Runs a script once against the real network, on a sample where its sources can be cut, and keeps what was answered.
    ///
    /// # Errors
    /// Where the configuration is wrong, the script cannot be run, or the cassette cannot be written.
    pub fn record(
        &self,
        script: &Path,
        cassette: &Path,
        log: &mut dyn FnMut(&str),
    ) -> Result<validate::Recording, EngineError> {
        let outcome = self.check(&[script.to_path_buf()])?;
        let place = self.place(script, None, log)?;
        let sampled = outcome.files.first().and_then(|file| on_deep_stack(|| self.sampled(file)));
        let (original, words) = match sampled {
            Some((text, words)) => (Program::of(vec![(place.script.clone(), text)]), words),
            None => (Program::default(), "the whole program: no source that could be cut was found".to_owned()),
        };
        log(&format!("running {} once for real ({words})", script.display()));
        let mut request = Request::new(&place.root, &place.script, &place.interpreter, original, Program::default());
        request.cwd = &place.cwd;
        request.args = &self.options.args;
        request.entry = &self.options.entry;
        request.timeout = self.options.timeout;
        request.max_requests = usize::MAX;
        request.answers.stubs = config::stubs(script)?;
        validate::record(&request, cassette).map_err(EngineError::Version)
    }

    /// The text of a script cut down to the sample that `rewrite` would take, and how, in words.
    fn sampled(&self, file: &FilePlan) -> Option<(Vec<u8>, String)> {
        let source = file.source.as_ref()?;
        let chosen: Vec<usize> =
            (0..file.patches.len()).filter(|&at| file.sites[file.patches[at].site].status != Status::Blocked).collect();
        let cut = sample::at_definition(file, &chosen, self.options.max_samples)?;
        let mut edits = EditSet::new();
        edits.merge(&cut.edits).ok()?;
        Some((source.encode(&edits.apply(&source.text)).ok()?, cut.words))
    }

    fn place(&self, script: &Path, root: Option<&Path>, log: &mut dyn FnMut(&str)) -> Result<Place, EngineError> {
        let told = |why: String| EngineError::Version(why);
        if Language::of(script) != Some(Language::Python) {
            return Err(told(format!("{}: only Python programs are run so far", script.display())));
        }
        let bytes = std::fs::read(script).map_err(|error| told(format!("{}: {error}", script.display())))?;
        let text = String::from_utf8_lossy(&bytes);
        let interpreter = python::find(script, &text, self.options.python.as_deref(), log);
        let interpreter = interpreter.map_err(|error| told(error.to_string()))?;
        let absolute = located(script);
        let copied = root.is_none().then(|| Copied::of(script, &text));
        let root = copied.as_ref().map(|copied| copied.root.clone()).or(root.map(located)).unwrap_or_default();
        let outside = |_| told(format!("{} lies outside its project", script.display()));
        let script = absolute.strip_prefix(&root).map_err(outside)?.to_path_buf();
        let here = std::env::current_dir().unwrap_or_default();
        let own = if self.options.entry.is_empty() { script.parent().unwrap_or(Path::new("")) } else { Path::new("") };
        let cwd = here.strip_prefix(&root).map_or_else(|_| own.to_path_buf(), Path::to_path_buf);
        Ok(Place { root, copied, script, cwd, interpreter })
    }
}

/// The files of a rewritten script: itself in the original's place, and, where it lies in another folder, the modules
/// beside it whose names it or they mention.
fn beside(place: &Place, original: &Path, rewritten: &Path) -> Result<Vec<(PathBuf, Vec<u8>)>, String> {
    let read = |path: &Path| std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()));
    let text = read(rewritten)?;
    let mut overlay = vec![(place.script.clone(), text)];
    let (from, to) = (located(rewritten), located(original));
    let (Some(from), Some(to)) = (from.parent(), to.parent()) else { return Ok(overlay) };
    if from == to {
        return Ok(overlay);
    }
    let into = place.script.parent().unwrap_or(Path::new(""));
    let mut names: Vec<(String, PathBuf)> = Vec::new();
    for entry in std::fs::read_dir(from).map_err(|error| format!("{}: {error}", from.display()))?.flatten() {
        let path = entry.path();
        let is_module = path.extension().is_some_and(|ending| ending == "py") || path.join("__init__.py").is_file();
        if let (true, Some(stem)) = (is_module, path.file_stem()) {
            names.push((stem.to_string_lossy().into_owned(), path));
        }
    }
    names.sort();
    let mut taken: BTreeSet<PathBuf> = [located(rewritten)].into();
    let mut at = 0;
    while let Some((_, bytes)) = overlay.get(at) {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let words: BTreeSet<&str> = text.split(|c: char| !(c.is_alphanumeric() || c == '_')).collect();
        for (_, path) in names.iter().filter(|(name, _)| words.contains(name.as_str())) {
            take(path, from, into, &mut taken, &mut overlay)?;
        }
        at += 1;
    }
    Ok(overlay)
}

fn take(
    path: &Path,
    from: &Path,
    into: &Path,
    taken: &mut BTreeSet<PathBuf>,
    overlay: &mut Vec<(PathBuf, Vec<u8>)>,
) -> Result<(), String> {
    let told = |error: std::io::Error| format!("{}: {error}", path.display());
    if !taken.insert(path.to_path_buf()) {
        return Ok(());
    }
    if path.is_dir() {
        for entry in std::fs::read_dir(path).map_err(told)?.flatten() {
            let inner = entry.path();
            if inner.is_dir() || inner.extension().is_some_and(|ending| ending == "py") {
                take(&inner, from, into, taken, overlay)?;
            }
        }
        return Ok(());
    }
    if overlay.len() >= MAX_BESIDE {
        return Err(format!(
            "more than {MAX_BESIDE} modules beside the rewritten version; give two folders and --script"
        ));
    }
    let relative = path.strip_prefix(from).map_err(|_| format!("{} lies elsewhere", path.display()))?;
    overlay.push((into.join(relative), std::fs::read(path).map_err(told)?));
    Ok(())
}
