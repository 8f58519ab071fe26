//! The one flow: paths, sites, patches, evidence, decision, applied.
//!
//! `rewrite` and `check` drive it and listen to it; neither has a flow of its own.

mod applying;
mod blame;
mod compose;
mod copied;
mod decide;
mod direct;
mod edited;
mod elsewhere;
mod evidence;
mod explain;
mod ignored;
pub mod laws;
mod migrate;
mod options;
mod place;
mod plain;
mod plan;
mod sample;
mod sift;
#[cfg(test)]
mod spanning;
mod versions;

pub use applying::{Applied, ApplyError, Undone};
pub use compose::{Changes, Together};
pub use decide::{Accept, CONFIDENCE_TABLE};
use elsewhere::Projects;
pub use migrate::{CommitPer, Event, MigrateError, Migrated, Migration};
pub use place::diff_folder;
use plan::Reading;
pub use plan::{FilePlan, PatchPlan};
pub use versions::Versions;

use crate::apply::{self, Change};
use crate::catalog::Catalog;
use crate::catalog::transforms::{DataError, Transforms};
use crate::facts::{
    Applicability, Code, Edit, EditSet, FileReport, JsonEdit, JsonPatch, Problem, REPORT_VERSION, Report, Status,
    Summary, Tool, Verdict,
};
use crate::model::python::Shelf;
use crate::project::config::{self, ConfigError};
use crate::project::files::{self, Importers, PathError};
use crate::project::index::Index;
use crate::project::parallel::{in_parallel, processors};
use crate::project::reach::Seeds;
use crate::project::scan::Needles;
use crate::recipe::{self, Recipe};
use crate::rewrite::python::Style;
use crate::syntax::{Language, Source};
use crate::validate::{self, Answers, CassetteError};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The file name of the runtime module.
const RUNTIME_FILE: &str = "perfmod_runtime.py";

/// When both programs are run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Validate {
    /// Where the program can run; why not is said.
    #[default]
    Auto,
    /// A patch that could not be validated counts as not done.
    Require,
    /// Never.
    Off,
}

/// Which executor the user asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ExecutorChoice {
    /// An event loop where the whole chain is visible, threads elsewhere.
    #[default]
    Auto,
    /// An event loop or nothing.
    Async,
    /// Threads.
    Threads,
}

/// Which strategy the user asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StrategyChoice {
    /// `gather` where the loop only collects, `pipeline` elsewhere.
    #[default]
    Auto,
    /// Only sites where `gather` fits.
    Gather,
    /// The loop always stays.
    Pipeline,
    /// The loop stays as it is, and its calls are asked ahead, wherever that can be done.
    Prefetch,
}

/// Who may answer what flow cannot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Oracle {
    /// Nobody: the answer does not depend on what is installed.
    #[default]
    None,
    /// The type checker `ty`, where there is one.
    Ty,
}

/// Where the runtime comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RuntimeChoice {
    /// `perfmod_runtime.py` is put where the program imports from.
    #[default]
    Vendor,
    /// The installed package has it.
    Package,
    /// There is none: patches have the standard library alone.
    None,
}

/// What the user asked for.
#[derive(Debug, Clone)]
pub struct Options {
    /// How the emitted code looks.
    pub style: Style,
    /// Which executor.
    pub executor: ExecutorChoice,
    /// Which strategy.
    pub strategy: StrategyChoice,
    /// Where the runtime comes from.
    pub runtime: RuntimeChoice,
    /// Recipes to use; all where empty.
    pub only: Vec<String>,
    /// Recipes to leave out.
    pub skip: Vec<String>,
    /// Whether to run both programs.
    pub validate: Validate,
    /// The interpreter that the user named.
    pub python: Option<PathBuf>,
    /// The script's arguments.
    pub args: Vec<String>,
    /// A command that exercises the program in place of its script; none where it is empty.
    pub entry: Vec<String>,
    /// Items at the site in a validation run.
    pub max_samples: usize,
    /// Completion orders to try.
    pub schedules: usize,
    /// Wall time of one validation run at most.
    pub timeout: Duration,
    /// The relative difference up to which floats count as equal; without one only equal bits do.
    pub tolerance: Option<f64>,
    /// Hosts and a cassette that answer besides the stub; the answers of the configuration join them.
    pub answers: Answers,
    /// Who is asked of what class a client is that flow cannot tell.
    pub oracle: Oracle,
    /// How many files are looked at at once; as many as there are processors where it is not said.
    pub jobs: Option<usize>,
    /// What the user accepts beyond `ready` patches that are `proved` or `validated`.
    pub accept: Vec<Accept>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            style: Style::default(),
            executor: ExecutorChoice::default(),
            strategy: StrategyChoice::default(),
            runtime: RuntimeChoice::default(),
            only: Vec::new(),
            skip: Vec::new(),
            validate: Validate::default(),
            python: None,
            args: Vec::new(),
            entry: Vec::new(),
            max_samples: 20,
            schedules: 8,
            timeout: Duration::from_secs(60),
            tolerance: None,
            answers: Answers::default(),
            oracle: Oracle::default(),
            jobs: None,
            accept: Vec::new(),
        }
    }
}

/// Why nothing could be done at all.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// A catalogue file or recipe is wrong.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A path cannot be used.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The cassette cannot be used.
    #[error(transparent)]
    Cassette(#[from] CassetteError),
    /// The catalogue has too many words to look for.
    #[error("the catalogue cannot be looked for in files: {0}")]
    Needles(#[from] aho_corasick::BuildError),
    /// A version of a program cannot be run or compared.
    #[error("{0}")]
    Version(String),
    /// A recipe that the user named does not exist.
    #[error("there is no recipe `{0}`; `perfmod recipes list` names them")]
    NoRecipe(String),
}

/// The engine with what it has read from `transforms/`.
pub struct Engine {
    /// What is known about libraries.
    pub catalog: Catalog,
    /// The recipes in use.
    pub recipes: Vec<Recipe>,
    /// What the user asked for.
    pub options: Options,
    pub(crate) runtime: String,
    /// What makes a file one that can have a site.
    needles: Needles,
    seeds: Seeds,
}

/// What a run of the engine found, before anything is written.
pub struct Outcome {
    /// One plan per file.
    pub files: Vec<FilePlan>,
    /// Paths that cannot be used, as they are shown, and why.
    unusable: Vec<(String, Problem)>,
    seconds: f64,
    /// Whether patches were asked for; `check` asks for sites alone.
    patches: bool,
}

impl Engine {
    /// Reads `transforms/`, with a user's folder laid over it.
    ///
    /// # Errors
    /// Where a file in it is wrong, or a recipe that the options name does not exist.
    pub fn new(folder: Option<&Path>, options: Options) -> Result<Self, EngineError> {
        let transforms = match folder {
            Some(folder) => Transforms::with_folder(folder)?,
            None => Transforms::embedded(),
        };
        Self::with(&transforms, options)
    }

    /// The same, from what was read already.
    ///
    /// # Errors
    /// Where a file is wrong, or a recipe that the options name does not exist.
    pub fn with(transforms: &Transforms, options: Options) -> Result<Self, EngineError> {
        let mut recipes = recipe::load(transforms)?;
        if let Some(unknown) = options.only.iter().chain(&options.skip).find(|id| !recipes.iter().any(|r| r.id == **id))
        {
            return Err(EngineError::NoRecipe(unknown.clone()));
        }
        // Naming a recipe that restructures leaves the others of its kind out; naming one that adds to patches leaves out none.
        let only: Vec<&String> =
            options.only.iter().filter(|id| recipes.iter().any(|r| r.id == **id && !r.adds)).collect();
        recipes.retain(|r| (r.adds || only.is_empty() || only.contains(&&r.id)) && !options.skip.contains(&r.id));
        recipes.iter_mut().for_each(|r| r.named = options.only.contains(&r.id));
        let runtime = transforms.file("runtime/perfmod_runtime.py").map(|f| f.text.clone()).unwrap_or_default();
        let own: Vec<String> = recipes.iter().filter(|r| r.named).map(Recipe::catalog).collect();
        let catalog = Catalog::load_with(transforms, &own)?;
        let needles = Needles::new(catalog.imported().to_vec(), catalog.spelled())?;
        let seeds = seeds(&catalog);
        Ok(Self { catalog, recipes, options, runtime, needles, seeds })
    }

    /// Finds the sites of the paths. Nothing is run. A file that is named is answered for, whether it is worth it or not.
    ///
    /// # Errors
    /// Where no path can be used.
    pub fn check(&self, paths: &[PathBuf]) -> Result<Outcome, EngineError> {
        self.check_within(paths, None)
    }

    /// The same, where patches may change nothing outside a folder.
    fn check_within(&self, paths: &[PathBuf], within: Option<&Path>) -> Result<Outcome, EngineError> {
        let begun = Instant::now();
        let found = files::discover(paths)?;
        let named: BTreeSet<PathBuf> = paths.iter().filter(|p| p.is_file()).map(|p| files::located(p)).collect();
        let named = |p: &Path| !named.is_empty() && named.contains(&files::located(p));
        let jobs = self.options.jobs.unwrap_or_else(processors);
        let asked: Vec<(&PathBuf, bool)> = found.files.iter().map(|p| (p, named(p))).collect();
        let others: Vec<PathBuf> = asked.iter().filter(|(_, named)| !named).map(|(p, _)| (*p).clone()).collect();
        // What an oracle says of a name, no name tells.
        let seeds = (self.options.oracle == Oracle::None).then_some(&self.seeds);
        // A file that the user named is looked at in any case.
        let index = if others.is_empty() { Index::default() } else { Index::of(&others, &self.needles, seeds, jobs) };
        let importers = if others.is_empty() { Importers::default() } else { Importers::of_many() };
        let shelf = Arc::new(Shelf::default());
        let within = within.map(files::located);
        let reading = || Reading {
            modules: Rc::default(),
            shelf: Arc::clone(&shelf),
            importers: &importers,
            projects: Projects::default(),
            within: within.clone(),
        };
        let files = in_parallel(&asked, jobs, STACK, reading, |reading, (path, named)| {
            let looked_at = *named || index.matters(path) || is_awaiting_rust(path);
            self.plan_file(path, *named, looked_at, reading)
        });
        let unusable = |(path, error): &(PathBuf, PathError)| {
            let message = match error {
                PathError::Missing(_) => "no such file or folder".to_string(),
                PathError::Unknown(_) => "not a file that perfmod reads (.py, .rs)".to_string(),
                PathError::Unread(_, why) => format!("the folder cannot be read: {why}"),
                PathError::Config(error) => error.to_string(),
            };
            (place::shown(path), Problem { code: Code::UNREADABLE, message, line: None })
        };
        let unusable = found.unusable.iter().map(unusable).collect();
        Ok(Outcome { files, unusable, seconds: begun.elapsed().as_secs_f64(), patches: false })
    }

    /// Finds the sites, plans their patches and gathers the evidence for them. `log` is told what is going on.
    ///
    /// # Errors
    /// Where no path can be used, or the configuration or the cassette is wrong.
    pub fn rewrite(&self, paths: &[PathBuf], log: &mut dyn FnMut(&str)) -> Result<Outcome, EngineError> {
        let begun = Instant::now();
        let mut outcome = self.check(paths)?;
        outcome.patches = true;
        self.options.answers.check()?;
        for file in &mut outcome.files {
            let mut answers = self.options.answers.clone();
            if !file.patches.is_empty() {
                answers.stubs.extend(config::stubs(&file.path)?);
            }
            self.gather_evidence(file, &answers, log);
        }
        outcome.seconds = begun.elapsed().as_secs_f64();
        Ok(outcome)
    }

    /// Whether a patch is one that the user wants applied (or, in a dry run, shown in the diff).
    pub fn wants(&self, file: &FilePlan, patch: &PatchPlan) -> bool {
        decide::wants(&file.sites[patch.site], &self.options)
    }

    /// The changes to files that a set of patches of one file makes.
    ///
    /// # Errors
    /// Where the patches cannot be made together, or the runtime's place is taken.
    pub fn changes(&self, file: &FilePlan, chosen: &[usize]) -> Result<Changes, Problem> {
        on_deep_stack(|| self.compose(file, chosen))
    }

    /// The facts of a run. `applied` is the number of patches that were written.
    pub fn report(&self, outcome: &Outcome, applied: usize) -> Report {
        let mut summary =
            Summary { files: outcome.files.len(), applied, seconds: outcome.seconds, ..Summary::default() };
        let mut files: Vec<FileReport> = outcome.unusable.iter().map(unusable_report).collect();
        let changes: Vec<Changes> = outcome.files.iter().map(|f| self.wanted_changes(outcome, f)).collect();
        let folder = diff_folder(changes.iter().flat_map(Changes::all));
        for (file, changes) in outcome.files.iter().zip(&changes) {
            summary.sites += file.sites.len();
            if outcome.patches {
                summary.patches += file.patches.len();
                for patch in &file.patches {
                    *summary.by_verdict.entry(file.sites[patch.site].verdict).or_default() += 1;
                }
            }
            if file.sites.is_empty() && file.error.is_none() && file.notes.is_empty() && !file.named {
                continue;
            }
            files.push(self.report_of(file, outcome.patches, &diff_of(changes.all(), &folder)));
        }
        let tool = Tool { name: "perfmod".into(), version: env!("CARGO_PKG_VERSION").into() };
        let exercise = if outcome.patches { self.exercise() } else { Vec::new() };
        Report { version: REPORT_VERSION, tool, summary, files, exercise }
    }

    /// How both versions are run, as options of `perfmod validate`, without secrets; what is the default is left out.
    fn exercise(&self) -> Vec<String> {
        let (o, usual) = (&self.options, Options::default());
        let mut out: Vec<String> = Vec::new();
        let mut say = |name: &str, value: String| out.extend([name.to_owned(), value]);
        if !o.entry.is_empty() {
            say("--entry", in_one_word(&validate::without_secrets_of(&o.entry)));
        }
        if o.schedules != usual.schedules {
            say("--schedules", o.schedules.to_string());
        }
        if o.timeout != usual.timeout {
            say("--timeout", o.timeout.as_secs().to_string());
        }
        if let Some(tolerance) = o.tolerance {
            say("--tolerance", tolerance.to_string());
        }
        for host in &o.answers.allow {
            say("--allow", host.to_string());
        }
        if let Some(cassette) = &o.answers.cassette {
            say("--cassette", cassette.display().to_string());
        }
        if o.entry.is_empty() && !o.args.is_empty() {
            out.push("--".to_owned());
            out.extend(validate::without_secrets_of(&o.args));
        }
        out
    }

    /// What a report has of one file by itself, its patches and the diff of those that the user wants.
    fn file_report(&self, file: &FilePlan) -> FileReport {
        let changes = self.wanted_of(file);
        self.report_of(file, true, &diff_of(changes.all(), &diff_folder(changes.all())))
    }

    fn report_of(&self, file: &FilePlan, with_patches: bool, diff: &[u8]) -> FileReport {
        let patches = file.patches.iter().enumerate().filter(|_| with_patches);
        FileReport {
            path: file.shown.clone(),
            language: language_of(&file.path),
            error: file.error.clone(),
            notes: file.notes.clone(),
            sites: file.sites.clone(),
            patches: patches.map(|(at, patch)| self.json_patch(file, at, patch)).collect(),
            diff: (!diff.is_empty()).then(|| String::from_utf8_lossy(diff).into_owned()),
        }
    }

    /// The changes of the patches of a file that the user wants, where they can be made.
    fn wanted_changes(&self, outcome: &Outcome, file: &FilePlan) -> Changes {
        if outcome.patches { self.wanted_of(file) } else { Changes::default() }
    }

    fn wanted_of(&self, file: &FilePlan) -> Changes {
        let wanted = (0..file.patches.len()).filter(|&at| self.wants(file, &file.patches[at]));
        self.changes(file, &wanted.collect::<Vec<_>>()).unwrap_or_default()
    }

    fn json_patch(&self, file: &FilePlan, at: usize, patch: &PatchPlan) -> JsonPatch {
        let site = &file.sites[patch.site];
        let applicability = match (site.status, site.verdict) {
            (_, Verdict::Refuted) | (Status::Blocked, _) => Applicability::Display,
            (Status::Ready, Verdict::Proved | Verdict::Validated) => Applicability::Safe,
            _ => Applicability::Unsafe,
        };
        let edits = on_deep_stack(|| self.json_edits(file, at)).unwrap_or_default();
        let accepted = self.wants(file, patch);
        JsonPatch { id: patch.id.clone(), sites: vec![site.id.clone()], applicability, accepted, applied: None, edits }
    }

    fn json_edits(&self, file: &FilePlan, at: usize) -> Option<Vec<JsonEdit>> {
        let composed = self.composed(file, &[at]).ok()?;
        let mut out = edits_of(file.source.as_ref()?, &file.shown, &composed.own);
        for (path, edits) in &composed.others {
            out.extend(edits_of(file.others.get(path)?, &place::shown_from(file, path), edits));
        }
        if let Some(change) = composed.runtime {
            let end = change.before.as_ref().map_or(0, Vec::len);
            let text = String::from_utf8_lossy(&change.after).into_owned();
            out.push(JsonEdit { path: change.shown, start: 0, end, text });
        }
        Some(out)
    }
}

/// Edits of one file as a report has them.
fn edits_of(source: &Source, shown: &str, edits: &EditSet) -> Vec<JsonEdit> {
    let bom = if source.bom { 3 } else { 0 };
    let told = |e: &Edit| JsonEdit {
        path: shown.to_string(),
        start: e.span.start + bom,
        end: e.span.end + bom,
        text: e.text.clone(),
    };
    edits.iter().map(told).collect()
}

/// A command as one word of another.
fn in_one_word(command: &[String]) -> String {
    let words: Vec<_> = command.iter().filter_map(|word| shlex::try_quote(word).ok()).collect();
    words.join(" ")
}

/// The language of a file as a report has it; a path of another kind was meant to be Python.
fn language_of(path: &Path) -> String {
    Language::of(path).unwrap_or(Language::Python).name().into()
}

/// Whether a path is of a Rust file in which something is awaited, or that cannot be read.
fn is_awaiting_rust(path: &Path) -> bool {
    Language::of(path) == Some(Language::Rust)
        && std::fs::read(path).map_or(true, |bytes| bytes.windows(6).any(|w| w == b".await"))
}

fn unusable_report((path, problem): &(String, Problem)) -> FileReport {
    FileReport {
        path: path.clone(),
        language: language_of(path.as_ref()),
        error: Some(problem.clone()),
        notes: Vec::new(),
        sites: Vec::new(),
        patches: Vec::new(),
        diff: None,
    }
}

/// The diff of changes, to be applied in `folder`: the user's files first, the runtime modules last and each once.
pub fn diff_of<'c>(changes: impl IntoIterator<Item = &'c Change>, folder: &Path) -> Vec<u8> {
    let (runtime, own): (Vec<&Change>, Vec<&Change>) =
        changes.into_iter().partition(|c| c.path.file_name().is_some_and(|n| n == RUNTIME_FILE));
    let mut seen = BTreeSet::new();
    let once = runtime.into_iter().filter(|c| seen.insert(&c.path));
    own.into_iter().chain(once).flat_map(|c| apply::unified(&place::within(c, folder))).collect()
}

/// What the model looks for, by names.
fn seeds(catalog: &Catalog) -> Seeds {
    let mut seeds = Seeds::default();
    catalog.functions().for_each(|path| seeds.function(path));
    for (constructor, client) in catalog.constructors() {
        let mut calls = client.calls.values().filter(|call| call.site).map(|call| call.path.as_str()).peekable();
        if calls.peek().is_some() {
            seeds.client(constructor, calls.chain(client.method_twins()));
        }
    }
    seeds.burning(&catalog.python.computes, &[]);
    seeds.burning(&catalog.python.gpu, &crate::model::python::BURNING);
    seeds
}

/// Trees nest deeper than a default stack: the analysis recurses, up to a bound of its own.
const STACK: usize = 256 << 20;

fn on_deep_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let handle = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
        match handle.map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(done)) => done,
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            // No thread to be had; the machine is out of resources and nothing else will work either.
            Err(error) => std::panic::resume_unwind(Box::new(format!("no thread could be started: {error}"))),
        }
    })
}
