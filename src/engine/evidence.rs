//! The evidence for a file's patches: does the interpreter take them, and do both programs do the same.

use super::blame;
use super::compose::Composed;
use super::copied::Copied;
use super::plan::FilePlan;
use super::sift::{Tried, sift};
use super::{Engine, RuntimeChoice, Validate, decide, on_deep_stack, place, sample};
use crate::apply::Change;
use crate::facts::{Code, EditSet, Evidence, Obstacle, Problem, Status, Verdict};
use crate::project::files::{folder_of, located};
use crate::project::python::{self, Interpreter};
use crate::rewrite::python::RUNTIME_MODULE;
use crate::syntax::Source;
use crate::validate::{self, Answers, Program, Request};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

impl Engine {
    /// Checks a file's patches with the interpreter and by running both versions.
    pub(super) fn gather_evidence(&self, file: &mut FilePlan, answers: &Answers, log: &mut dyn FnMut(&str)) {
        if file.patches.is_empty() {
            return;
        }
        let Some(interpreter) = self.interpreter_of(file, log) else { return };
        if let Err(why) = self.compiles(file, &interpreter) {
            log(&why);
        }
        let mut chosen: Vec<usize> = (0..file.patches.len()).filter(|&at| self.is_candidate(file, at)).collect();
        self.without_a_runtime(file, &mut chosen, &interpreter, log);
        if self.options.validate == Validate::Off || chosen.is_empty() {
            return;
        }
        self.run_patches(file, &chosen, &Exercise { interpreter: &interpreter, answers }, log);
    }

    /// Runs both versions for some patches of a file alone.
    pub(super) fn gather_for(
        &self,
        file: &mut FilePlan,
        chosen: &[usize],
        answers: &Answers,
        log: &mut dyn FnMut(&str),
    ) {
        if self.options.validate == Validate::Off || chosen.is_empty() {
            return;
        }
        let Some(interpreter) = self.interpreter_of(file, log) else { return };
        let mut chosen = chosen.to_vec();
        self.without_a_runtime(file, &mut chosen, &interpreter, log);
        if !chosen.is_empty() {
            self.run_patches(file, &chosen, &Exercise { interpreter: &interpreter, answers }, log);
        }
    }

    /// Concludes, and takes out, the patches that import a runtime which is not installed where it is to be.
    fn without_a_runtime(
        &self,
        file: &mut FilePlan,
        chosen: &mut Vec<usize>,
        interpreter: &Interpreter,
        log: &mut dyn FnMut(&str),
    ) {
        let needs = |file: &FilePlan, at: usize| file.patches[at].plan.needs_runtime();
        if self.options.runtime != RuntimeChoice::Package || !chosen.iter().any(|&at| needs(file, at)) {
            return;
        }
        let folder = folder_of(&file.path);
        let why = match python::has_module(interpreter, &folder, RUNTIME_MODULE) {
            Ok(true) => return,
            Ok(false) => {
                let python = interpreter.path.display();
                format!(
                    "with --runtime package the rewritten program imports `{RUNTIME_MODULE}`, which {python} does not have: install perfmod there (`{python} -m pip install` with its wheel or its folder), or leave the option out, and the module is put beside the program"
                )
            }
            Err(error) => format!("whether `{RUNTIME_MODULE}` is installed could not be asked: {error}"),
        };
        log(&format!("{}: {why}", file.shown));
        // Who asks for no run gets the patch, and the sentence above.
        if matches!(self.options.validate, Validate::Off) {
            return;
        }
        let (without, rest): (Vec<usize>, Vec<usize>) = chosen.iter().partition(|&&at| needs(file, at));
        without.into_iter().for_each(|at| self.conclude_one(file, at, Verdict::Assumed, &why));
        *chosen = rest;
    }

    /// The interpreter of a file; where there is none, its patches are concluded.
    fn interpreter_of(&self, file: &mut FilePlan, log: &mut dyn FnMut(&str)) -> Option<Interpreter> {
        let text = file.source.as_ref()?.text.clone();
        match python::find(&file.path, &text, self.options.python.as_deref(), log) {
            Ok(found) => Some(found),
            Err(error) => {
                self.conclude_all(file, Verdict::Assumed, &format!("no interpreter: {error}"));
                None
            }
        }
    }

    /// A patch that may be shown or applied at all.
    pub(super) fn is_candidate(&self, file: &FilePlan, at: usize) -> bool {
        file.patches.get(at).is_some_and(|p| file.sites[p.site].status != Status::Blocked)
    }

    /// Asks the interpreter for the original and for the result of every patch; a patch that it does not compile is
    /// blocked.
    fn compiles(&self, file: &mut FilePlan, interpreter: &Interpreter) -> Result<(), String> {
        let all: Vec<usize> = (0..file.patches.len()).collect();
        let mut texts: Vec<(Compiled, String, Vec<u8>)> = Vec::new();
        let Some(source) = file.source.as_ref() else { return Ok(()) };
        let original = source.encode(&source.text).map_err(|e| e.message)?;
        texts.push((Compiled::Script, file.shown.clone(), original));
        for (path, source) in &file.others {
            let original = source.encode(&source.text).map_err(|e| e.message)?;
            texts.push((Compiled::Other(path.clone()), place::shown_from(file, path), original));
        }
        for chosen in all.iter().map(std::slice::from_ref).chain((all.len() > 1).then_some(all.as_slice())) {
            let Ok(changes) = self.changes(file, chosen) else { continue };
            let results = changes.others.into_iter().chain(changes.own);
            texts.extend(results.map(|change| (Compiled::Result(chosen.to_vec()), change.shown, change.after)));
        }
        let inputs: Vec<(&str, &[u8])> = texts.iter().map(|(_, shown, t)| (shown.as_str(), t.as_slice())).collect();
        let answers = python::compile_check(interpreter, &inputs).map_err(|e| e.to_string())?;
        let (major, minor, _) = interpreter.version;
        for ((which, shown, _), answer) in texts.iter().zip(answers) {
            let Some(error) = answer else { continue };
            let help = "correct the file, or name the interpreter that it is written for with --python PATH";
            match which {
                Compiled::Script => {
                    file.error = Some(Problem {
                        code: Code::NOT_COMPILED,
                        message: format!("Python {major}.{minor} does not compile this file: {}", error.message),
                        line: error.line,
                    });
                    block(file, &all, "the interpreter does not compile the original", help);
                    return Ok(());
                }
                Compiled::Other(path) => {
                    let touching: Vec<usize> =
                        all.iter().copied().filter(|&at| file.others_of(&[at]).contains(path.as_path())).collect();
                    let line = error.line.map(|line| format!(":{line}")).unwrap_or_default();
                    let message = format!("Python {major}.{minor} does not compile {shown}{line}: {}", error.message);
                    block(file, &touching, &message, help);
                    return Ok(());
                }
                Compiled::Result(chosen) => {
                    let message = format!("the interpreter does not compile the result ({shown}): {}", error.message);
                    block(file, chosen, &message, "please report this script: perfmod should not have proposed it");
                }
            }
        }
        Ok(())
    }

    fn run_patches(&self, file: &mut FilePlan, chosen: &[usize], with: &Exercise<'_>, log: &mut dyn FnMut(&str)) {
        let mut first = true;
        let found = sift(chosen, &mut |set| {
            if !std::mem::take(&mut first) {
                log(&format!("the patches differ together; trying {} of them", self.names(file, set)));
            }
            match self.run_once(file, set, with, log) {
                Some(ran) if ran.0.verdict == Verdict::Refuted => Tried::Bad(ran),
                Some(ran) => Tried::Good(ran),
                None => Tried::Not,
            }
        });
        if let Some((kept, (outcome, apart))) = found.kept {
            kept.into_iter().for_each(|at| self.conclude(file, at, &own(at, &outcome, apart.as_ref())));
        }
        for (at, others, (mut outcome, _)) in found.refuted {
            if !others.is_empty() {
                let others = self.names(file, &others);
                let reason = outcome.evidence.reason.take().unwrap_or_default();
                outcome.evidence.reason = Some(format!("only together with {others}: {reason}"));
            }
            self.conclude(file, at, &outcome);
        }
    }

    fn names(&self, file: &FilePlan, patches: &[usize]) -> String {
        let names: Vec<&str> = patches.iter().filter_map(|&at| file.patches.get(at)).map(|p| p.id.as_str()).collect();
        names.join(", ")
    }

    /// Runs the original against the result of some patches; none, with the patches concluded, where that cannot be set up.
    fn run_once(
        &self,
        file: &mut FilePlan,
        chosen: &[usize],
        with: &Exercise<'_>,
        log: &mut dyn FnMut(&str),
    ) -> Option<(validate::Outcome, Apart)> {
        let prepared = on_deep_stack(|| self.prepare(file, chosen));
        let job = match prepared {
            Ok(job) => job,
            Err(why) => {
                for &at in chosen {
                    self.conclude_one(file, at, Verdict::Assumed, &why);
                }
                return None;
            }
        };
        let mut request =
            Request::new(&job.copied.root, &job.script, with.interpreter, job.original.clone(), job.rewritten.clone());
        request.cwd = &job.cwd;
        request.answers = with.answers.clone();
        request.args = &self.options.args;
        request.entry = &self.options.entry;
        request.sampling.clone_from(&job.sampling);
        request.schedules = self.options.schedules;
        request.timeout = self.options.timeout;
        request.tolerance = self.options.tolerance;
        request.expects_cache = chosen.iter().any(|&at| file.patches[at].caches);
        let flat = chosen.iter().filter_map(|&at| file.patches[at].pipeline.flat.as_ref());
        request.unread = flat.flat_map(|flat| flat.unread.iter().cloned()).collect();
        let exits = chosen.iter().any(|&at| !file.patches[at].pipeline.exits.is_empty());
        let limit = self.options.style.max_concurrent.unwrap_or(crate::rewrite::python::DEFAULT_LIMIT);
        request.extra_requests = if exits { limit } else { 0 };
        // What was under way when a failure came up; that these calls may be made for nothing was judged with the loop.
        request.extra_after_failure = limit;
        log(&format!("running {} and its rewritten version on a sample ({})", file.shown, request.sampling));
        let mut outcome = validate::validate(&request, log);
        job.copied.tell(&mut outcome);
        let apart = blame::apart(file, chosen, &job, &outcome);
        Some((outcome, apart))
    }

    fn prepare(&self, file: &FilePlan, chosen: &[usize]) -> Result<Job, String> {
        let source = file.source.as_ref().ok_or("the file was not read")?;
        let absolute = located(&file.path);
        let copied = Copied::of(&file.path, &source.text);
        let root = copied.root.clone();
        let script = absolute.strip_prefix(&root).map_err(|_| "the script lies outside its project")?.to_path_buf();
        let here = std::env::current_dir().unwrap_or_default();
        // Tests are started in the root of their project.
        let own = if self.options.entry.is_empty() { script.parent().unwrap_or(Path::new("")) } else { Path::new("") };
        let cwd = here.strip_prefix(&root).map_or_else(|_| own.to_path_buf(), Path::to_path_buf);
        // Tests say themselves how much they run.
        let cut = if self.options.entry.is_empty() {
            sample::at_definition(file, chosen, self.options.max_samples)
        } else {
            None
        };
        let Composed { own: edits, others, runtime } = self.composed(file, chosen).map_err(|p| p.message)?;
        let (sampling, cuts) = match cut {
            Some(cut) => (cut.words, cut.edits),
            None => ("whole program".to_string(), EditSet::new()),
        };
        let mut sampled = edits.clone();
        let (sampling, cuts) = match sampled.merge(&cuts) {
            Ok(()) => (sampling, cuts),
            Err(_) => {
                sampled = edits;
                ("whole program".to_string(), EditSet::new())
            }
        };
        let encode = |source: &Source, text: &str| source.encode(text).map_err(|e| e.message);
        let mut original = vec![(script.clone(), encode(source, &cuts.apply(&source.text))?)];
        let mut rewritten = vec![(script.clone(), encode(source, &sampled.apply(&source.text))?)];
        for (path, edits) in &others {
            let other = file.source_of(path).map_err(|p| p.message)?;
            let at = path.strip_prefix(&root).map_err(|_| "another file of the patch lies outside the project")?;
            original.push((at.to_path_buf(), encode(other, &other.text)?));
            rewritten.push((at.to_path_buf(), encode(other, &edits.apply(&other.text))?));
        }
        if let Some(Change { path, after, .. }) = runtime {
            let at = path.strip_prefix(&root).map_err(|_| "the import root lies outside the project")?;
            rewritten.push((at.to_path_buf(), after));
        }
        let (original, rewritten) = (Program::of(original), Program::of(rewritten));
        Ok(Job { copied, script, cwd, sampling, own: sampled, cuts, others, original, rewritten })
    }

    fn conclude(&self, file: &mut FilePlan, at: usize, outcome: &validate::Outcome) {
        let Some(patch) = file.patches.get(at) else { return };
        // A helper that is changed is changed for programs that nobody has run.
        let changed: Vec<String> =
            patch.plan.others.keys().map(|path| format!("{} is changed for ", place::shown_from(file, path))).collect();
        let elsewhere = file.notes.iter().filter(|note| changed.iter().any(|start| note.message.starts_with(start)));
        let elsewhere: Vec<String> = elsewhere.map(|note| format!("{}, which were not run", note.message)).collect();
        let site = &mut file.sites[patch.site];
        site.verdict = outcome.verdict;
        site.evidence = Some(outcome.evidence.clone());
        if let Some(evidence) = site.evidence.as_mut().filter(|evidence| evidence.runs_rewritten > 0) {
            evidence.notes.extend(elsewhere);
        }
        // What is made at once already is no faster for a bound.
        let bounds = patch.pipeline.gathering.is_some();
        if let (Some(timing), Some(executor), Verdict::Validated, false) =
            (&outcome.evidence.stages, site.executor, outcome.verdict, bounds)
        {
            let limit = patch.plan.limit.unwrap_or(crate::rewrite::python::DEFAULT_LIMIT);
            let pace = patch.pipeline.pace.as_ref().and_then(|p| p.known);
            site.estimate = Some(decide::estimate(patch.load(), pace, limit, executor, Some(timing)));
        }
        if outcome.verdict == Verdict::Assumed {
            site.assumptions.extend(outcome.evidence.reason.clone());
        }
        site.confidence = Some(decide::confidence(site));
    }

    fn conclude_one(&self, file: &mut FilePlan, at: usize, verdict: Verdict, why: &str) {
        let evidence = Evidence { reason: Some(why.to_string()), ..Evidence::default() };
        self.conclude(file, at, &validate::Outcome { verdict, evidence, cost: None, unseen: Vec::new() });
    }

    fn conclude_all(&self, file: &mut FilePlan, verdict: Verdict, why: &str) {
        (0..file.patches.len()).for_each(|at| self.conclude_one(file, at, verdict, why));
    }
}

/// How the programs of a file are run.
struct Exercise<'a> {
    interpreter: &'a Interpreter,
    answers: &'a Answers,
}

/// Of patches that ran together: those that lines which did not run belong to, with the reason; none where it is one for all.
type Apart = Option<BTreeMap<usize, String>>;

/// What patches that ran together came to for one of them.
fn own(at: usize, outcome: &validate::Outcome, apart: Option<&BTreeMap<usize, String>>) -> validate::Outcome {
    let mut own = outcome.clone();
    let Some(apart) = apart else { return own };
    match apart.get(&at) {
        Some(reason) => own.evidence.reason = Some(reason.clone()),
        // Not to have run is all that speaks against the others.
        None => {
            (own.verdict, own.evidence.reason) = (Verdict::Validated, None);
            let note =
                "it ran together with other patches of this file, of which some lines did not run; all of its own did";
            own.evidence.notes.push(note.to_owned());
        }
    }
    own
}

/// What to run.
pub(super) struct Job {
    pub copied: Copied,
    pub script: PathBuf,
    cwd: PathBuf,
    sampling: String,
    /// What is changed in the script, with the cuts of the sample, which both versions have.
    pub own: EditSet,
    pub cuts: EditSet,
    /// What is changed in other files.
    pub others: Vec<(PathBuf, EditSet)>,
    original: Program,
    rewritten: Program,
}

/// What the interpreter is asked to compile.
enum Compiled {
    /// The script as it is.
    Script,
    /// Another file of its patches as it is.
    Other(PathBuf),
    /// A file as some patches leave it.
    Result(Vec<usize>),
}

/// Turns patches into obstacles of their sites.
fn block(file: &mut FilePlan, affected: &[usize], message: &str, help: &str) {
    for &at in affected {
        let (Some(source), Some(patch)) = (file.source.as_ref(), file.patches.get(at)) else { continue };
        let span = source.place(patch.pipeline.work);
        let site = &mut file.sites[patch.site];
        site.status = Status::Blocked;
        site.obstacles.push(Obstacle {
            code: Code::NOT_COMPILED,
            message: message.to_string(),
            help: help.to_string(),
            span,
            other_span: None,
        });
    }
}
