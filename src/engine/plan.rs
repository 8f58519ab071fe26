//! One file: its sites, and the patches for those that can be changed.

use super::direct::Direct;
use super::elsewhere::{Elsewhere, Projects, asks_to_ignore};
use super::explain::Known;
use super::ignored::Ignored;
use super::options::{Free, NewOptions};
use super::{Engine, ExecutorChoice, Oracle, RuntimeChoice, StrategyChoice, decide, place, plain};
use crate::facts::{Caution, Code, EditSet, Executor, Obstacle, Problem, Site, Span, Status, Strategy, Verdict};
use crate::model::python::{
    File, Guesses, Program, Shelf, Surface, Told, Turned, analyse, analyse_guessing, replaced_outside,
    set_for_one_thread, surface,
};
use crate::model::{Analysis, Pipeline, Stage, rust};
use crate::project::examples;
use crate::project::files::{Importers, located, project_root};
use crate::project::modules::Modules;
use crate::project::oracle;
use crate::project::runtime::is_runtime;
use crate::recipe::Composition;
use crate::rewrite::python::{Forbidden, Forbids, Left, Plan, Style, Taken, Terms};
use crate::syntax::python::{Call, Function, statement_of};
use crate::syntax::{Language, Source, SourceError, span, walk};
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

/// What was planned for one file.
pub struct FilePlan {
    /// The file.
    pub path: PathBuf,
    /// Its path in reports, with `/`.
    pub shown: String,
    /// Whether the user named it, and not only a folder above it.
    pub named: bool,
    /// What was read; none where it could not be.
    pub source: Option<Source>,
    /// The places that could be faster.
    pub sites: Vec<Site>,
    /// What is known of the stages of each site.
    pub(super) known: Vec<Known>,
    /// The patches, in the order of their sites.
    pub patches: Vec<PatchPlan>,
    /// Other files of the project that patches change, by their paths, as they were read.
    pub others: BTreeMap<PathBuf, Source>,
    /// Why the file could not be processed.
    pub error: Option<Problem>,
    /// What else is to be told of it.
    pub notes: Vec<Problem>,
}

/// The patch of one site.
#[derive(Debug, Clone)]
pub struct PatchPlan {
    /// Stable within one report.
    pub id: String,
    /// Index into the file's sites.
    pub site: usize,
    /// The loop in stages.
    pub pipeline: Pipeline,
    /// Where its work runs.
    pub surface: Surface,
    /// Whether answers are cached.
    pub caches: bool,
    pub(super) plan: Plan,
    pub(super) strategy: Strategy,
    pub(super) options: NewOptions,
}

impl PatchPlan {
    /// What the calls of its items take.
    pub(super) fn load(&self) -> decide::Load<'_> {
        let Pipeline { call, serial, count, .. } = &self.pipeline;
        decide::Load { seconds: call.seconds, serial, count: *count }
    }
}

/// Makes the patch of one site; nothing where no recipe in use applies.
type PatchOf<'a> = dyn FnMut(&mut Analysis, Pipeline) -> Result<Option<PatchPlan>, Box<Obstacle>> + 'a;

/// What the patch of a site asks about the rest of the program.
#[derive(Clone, Copy)]
struct Asks<'a> {
    /// Whether every caller of the file's functions stands in it.
    visible: &'a dyn Fn() -> bool,
    forbids: &'a Forbids<'a>,
    /// Why functions of other files cannot become coroutines.
    stays: &'a dyn Fn(&BTreeMap<PathBuf, Turned>) -> Option<String>,
    /// Whether another loop's patch changes functions that this one would make coroutines of.
    shared: bool,
    /// Whether other files may use what the file imports by a name.
    keeps_import: &'a dyn Fn(&str) -> bool,
}

/// What the files of one run have in common, as one thread sees it.
pub(super) struct Reading<'r> {
    pub modules: Rc<Modules>,
    pub shelf: Arc<Shelf>,
    pub importers: &'r Importers,
    /// Who imports what, for calls in other files.
    pub projects: Projects,
    /// The folder that is migrated: nothing outside it is changed.
    pub within: Option<PathBuf>,
}

impl Engine {
    /// Reads and analyses one file, unless it cannot have a site.
    pub(super) fn plan_file(&self, path: &Path, named: bool, looked_at: bool, reading: &Reading<'_>) -> FilePlan {
        let mut plan = FilePlan {
            path: path.to_path_buf(),
            shown: place::shown(path),
            named,
            source: None,
            sites: Vec::new(),
            known: Vec::new(),
            patches: Vec::new(),
            others: BTreeMap::new(),
            error: None,
            notes: Vec::new(),
        };
        if !looked_at {
            return plan;
        }
        if path.to_str().is_none() {
            let message = "the name of the file is not UTF-8, so no diff and no journal can name it; rename it";
            plan.error = Some(Problem { code: Code::UNREADABLE, message: message.into(), line: None });
            return plan;
        }
        let source = match Language::of(path).unwrap_or(Language::Python) {
            Language::Python => self.plan_python(&mut plan, reading),
            Language::Rust => Source::read(path, Language::Rust).inspect(|source| self.plan_rust(source, &mut plan)),
        };
        match source {
            // Thousands of files without a site are not kept.
            Ok(source) => plan.source = (named || !plan.sites.is_empty()).then_some(source),
            Err(error) => plan.error = Some(problem(error)),
        }
        plan
    }

    fn plan_rust(&self, source: &Source, plan: &mut FilePlan) {
        let ignored = Ignored::of(source);
        for mut analysis in rust::analyse(source) {
            if analysis.obstacles.is_empty() {
                analysis.cautions.push(Caution {
                    code: Code::NO_RECIPE,
                    message: "there is no recipe for Rust yet, so the loop stays as it is".into(),
                    span: source.place(analysis.work),
                });
            }
            self.plan_site(source, analysis, &mut |_, _| Ok(None), &ignored, plan);
        }
        plan.notes.extend(ignored.unused());
    }

    fn plan_python(&self, plan: &mut FilePlan, reading: &Reading<'_>) -> Result<Source, SourceError> {
        let path = plan.path.clone();
        let told = self.told(&path, reading);
        // What an oracle told, it told of the text as it stands.
        let plainly = told.is_empty();
        let program = self.program(&path, reading).knowing(told);
        let Some(file) = program.file(&path) else {
            // Read again: the message has the name that the user gave.
            let source = Source::read(&path, Language::Python)?;
            plan.error = Some(Problem {
                code: Code::NOT_ANALYSED,
                message: "the code nests too deeply to be analysed".into(),
                line: None,
            });
            return Ok(source);
        };
        let read = file.source;
        if is_runtime(read.text.as_bytes()) {
            return Ok(read.under_name(&path));
        }
        // Looking through the project is dear, and only some sites need it.
        let visible = OnceCell::new();
        let visible = || *visible.get_or_init(|| !reading.importers.is_imported(&path) && !program.reads_main());
        let direct = plainly.then(|| Direct::of(file, &|| !visible())).flatten();
        let other = direct.as_ref().map(|d| self.program(&path, reading).instead(&d.source));
        let program = other.as_ref().unwrap_or(&program);
        let direct = direct.as_ref().filter(|_| program.file(&path).is_some());
        let file = program.file(&path).unwrap_or(file);
        let source = file.source;
        let mut taken = Taken::new();
        let ignored = Ignored::of(source);
        let found = analyse_guessing(file, self.guesses());
        let module_level = found.iter().any(|analysis| analysis.function == "<module>");
        let root = place::import_folder(&path, Some(source), module_level);
        let elsewhere = Elsewhere::new(self, reading, &path, root);
        let forbids = |other: &File<'_>, call: Span, recipe: &str| match other.id == file.id {
            true => asks_to_ignore(&ignored, source, call, recipe).then_some(Forbidden::Asked),
            false => elsewhere.forbids(other, call, recipe),
        };
        let stays = |others: &BTreeMap<PathBuf, Turned>| {
            others.iter().find_map(|(path, turned)| elsewhere.keeps_functions(program.file(path)?, turned, others))
        };
        // Loops whose patches would make coroutines of what other patches change, too, run in threads.
        let mut in_threads: BTreeSet<usize> = BTreeSet::new();
        // Loops whose patches cannot be made beside that of another, which gains more, and the other's line.
        let mut left_out: BTreeMap<usize, usize> = BTreeMap::new();
        loop {
            for (at, mut analysis) in found.iter().cloned().enumerate() {
                let complete = |analysis: &mut Analysis| {
                    if analysis.obstacles.is_empty() && !visible() {
                        analysis.assumptions.extend(replaced_outside(file, analysis, reading.importers));
                    }
                    if let Some(pipeline) = &mut analysis.pipeline {
                        pipeline.at_once = direct.and_then(|d| d.at_once(analysis.whole));
                    }
                };
                complete(&mut analysis);
                analysis.otherwise.iter_mut().for_each(|other| complete(other));
                let patch = &mut |analysis: &mut Analysis, pipeline| {
                    if let Some(line) = left_out.get(&at) {
                        analysis.cautions.push(Caution {
                            code: Code::NO_RECIPE,
                            message: format!("the patch for the loop in line {line} changes the same lines, and only one of the two can be made"),
                            span: file.source.place(analysis.work),
                        });
                        return Ok(None);
                    }
                    let shared = in_threads.contains(&at);
                    let keeps_import = &|name: &str| reading.importers.uses_import(&path, name);
                    let asks = Asks { visible: &visible, forbids: &forbids, stays: &stays, shared, keeps_import };
                    let planned = self.plan_patch(file, analysis, pipeline, &asks, &mut taken)?;
                    let alone = planned.as_ref().filter(|_| self.options.runtime == RuntimeChoice::None);
                    analysis.cautions.extend(alone.map(|p| plain::caution(file, &p.pipeline, &p.surface)));
                    let threads = planned.as_ref().is_some_and(|p| matches!(p.surface, Surface::Threads { .. }));
                    let set = threads.then(|| set_for_one_thread(file, analysis)).flatten();
                    analysis.assumptions.extend(set);
                    let retries = planned.iter().flat_map(|p| &p.plan.retries);
                    analysis.cautions.extend(retries.map(|left| Caution {
                        code: left.code,
                        message: left.why.clone(),
                        span: file.source.place(analysis.work),
                    }));
                    Ok(planned)
                };
                self.plan_site(source, analysis, patch, &ignored, plan);
            }
            let known = (in_threads.len(), left_out.len());
            in_threads.extend(at_odds(&plan.patches));
            if in_threads.len() == known.0 {
                let faster = |at: usize| plan.sites[at].estimate.as_ref().map_or(0.0, |e| e.speedup);
                left_out.extend(overlapping(&plan.patches).map(|(first, later)| match faster(later) > faster(first) {
                    true => (first, plan.sites[later].line),
                    false => (later, plan.sites[first].line),
                }));
            }
            if (in_threads.len(), left_out.len()) == known {
                break;
            }
            taken.clear();
            (plan.sites, plan.known, plan.patches, plan.notes) = Default::default();
        }
        let touched: BTreeSet<&PathBuf> = plan.patches.iter().flat_map(|patch| patch.plan.others.keys()).collect();
        let sources = touched.into_iter().filter_map(|p| Some((p.clone(), program.file(p)?.source.under_name(p))));
        plan.others = sources.collect();
        let told = |path: &PathBuf| elsewhere.told_of(path, &place::shown_from(plan, path));
        let told: Vec<Problem> = plan.others.keys().filter_map(told).collect();
        plan.notes.extend(told);
        // In a function that waits, it is for those who would change the call there.
        for call in ignored.is_unused().then(|| walk(source.root())).into_iter().flatten().filter_map(Call::cast) {
            if file.catalogued(call).is_some() {
                ignored.stands_at(source, span(statement_of(call.0)), span(call.0));
            }
        }
        plan.notes.extend(ignored.unused());
        let carried = direct.map_or(Ok(()), |direct| direct.carry_back(plan, read));
        if let Err(conflict) = carried {
            plan.patches.clear();
            plan.error = Some(Problem { code: Code::NOT_ANALYSED, message: conflict.to_string(), line: None });
        }
        Ok(read.under_name(&path))
    }

    /// Which loops may stay as they are and have their calls asked ahead.
    fn guesses(&self) -> Guesses {
        match (Composition::guessing(&self.recipes), self.options.strategy) {
            (None, _) | (_, StrategyChoice::Gather | StrategyChoice::Pipeline) => Guesses::Never,
            _ if self.options.runtime == RuntimeChoice::None => Guesses::Never,
            (Some(recipe), StrategyChoice::Auto) if !recipe.named => Guesses::Last,
            (Some(_), _) => Guesses::First,
        }
    }

    fn program(&self, path: &Path, reading: &Reading<'_>) -> Program<'_> {
        Program::sharing(&self.catalog, path, Rc::clone(&reading.modules), Arc::clone(&reading.shelf))
    }

    /// What the oracle says of the names in a file with sites that matter there; it is not asked where there are none.
    fn told(&self, path: &Path, reading: &Reading<'_>) -> Told {
        let ty = (self.options.oracle == Oracle::Ty).then(|| oracle::find(path)).flatten();
        let Some(ty) = ty else { return Told::default() };
        let program = self.program(path, reading);
        if program.file(path).is_none_or(|file| analyse(file).is_empty()) {
            return Told::default();
        }
        let questions = program.questions();
        if questions.is_empty() {
            return Told::default();
        }
        let python = self.options.python.as_deref();
        let imports = oracle::Imports { script: path, search: program.search(), python };
        let answers = oracle::ask(&ty, &imports, &questions);
        let places = questions.iter().flat_map(|q| q.offsets.iter().map(|&offset| (q.path.clone(), offset)));
        places.zip(answers.into_iter().flatten()).filter_map(|(place, class)| Some((place, class?))).collect()
    }

    /// Answers for one site; `patch` makes its patch, where the language has recipes.
    fn plan_site(
        &self,
        source: &Source,
        mut analysis: Analysis,
        patch: &mut PatchOf<'_>,
        ignored: &Ignored,
        plan: &mut FilePlan,
    ) {
        let place = source.place(analysis.whole);
        let id = format!("{}:{}:{}", plan.shown, place.line, analysis.call);
        let mut planned = None;
        let unworthy = analysis.unworthy.take().filter(|_| !plan.named);
        if let Some(pipeline) = analysis.pipeline.clone().filter(|_| unworthy.is_none()) {
            match patch(&mut analysis, pipeline) {
                Ok(done) if done.is_some() || analysis.otherwise.is_none() => planned = done,
                _ if analysis.otherwise.is_some() => {
                    let other = analysis.otherwise.take().map(|other| *other);
                    return other.into_iter().for_each(|other| self.plan_site(source, other, patch, ignored, plan));
                }
                Ok(_) => {}
                Err(obstacle) => {
                    // What forbids the patch is no longer to be accepted.
                    analysis.cautions.retain(|c| (c.code, c.span.span) != (obstacle.code, obstacle.span.span));
                    analysis.obstacles.push(*obstacle);
                }
            }
        }
        analysis.obstacles.extend(unworthy);
        let (whole, work) = (analysis.whole, analysis.work);
        let by = planned.as_ref().map(|p: &PatchPlan| p.plan.by.as_str());
        if !analysis.obstacles.is_empty() {
            ignored.stands_at(source, whole, work);
        } else if let Some(line) = ignored.ignores(source, whole, work, by) {
            planned = None;
            analysis.obstacles.push(Obstacle {
                code: Code::IGNORED,
                message: format!("line {line} asks for it to be left alone"),
                help: "remove the comment".into(),
                span: source.place(work),
                other_span: None,
            });
        }
        let told = analysis.cautions.iter().any(|c| c.code == Code::NO_RECIPE);
        if analysis.obstacles.is_empty() && planned.is_none() && !told {
            // Legal, and nothing to apply: the user's choice of recipes left none.
            analysis.cautions.push(Caution {
                code: Code::NO_RECIPE,
                message: "no recipe in use is for this site".into(),
                span: source.place(analysis.work),
            });
        }
        let quiet = analysis.cautions.is_empty() && analysis.assumptions.is_empty();
        let status = match (analysis.obstacles.is_empty(), quiet) {
            (false, _) => Status::Blocked,
            (true, false) => Status::Care,
            (true, true) => Status::Ready,
        };
        let executor = planned.as_ref().map(|p: &PatchPlan| match p.surface {
            Surface::Async { .. } => Executor::Async,
            Surface::Threads { .. } => Executor::Threads,
        });
        let executor_reason = planned.as_ref().and_then(|p| match &p.surface {
            Surface::Threads { why } => Some(why.clone()),
            Surface::Async { .. } => None,
        });
        let said = planned.as_ref().and_then(|p| p.plan.limit);
        let limit = said.unwrap_or(crate::rewrite::python::DEFAULT_LIMIT);
        let pace = planned.as_ref().and_then(|p| p.pipeline.pace.as_ref()?.known);
        // What is made at once already is no faster for a bound.
        let bounds = planned.as_ref().is_some_and(|p| p.pipeline.gathering.is_some());
        // Of several calls that are asked ahead, an item waits for one after the other.
        let one = planned.as_ref().is_some_and(|p| p.pipeline.ahead.is_empty());
        let load = planned.as_ref().map(PatchPlan::load).unwrap_or_default();
        let load = if one { decide::Load { seconds: analysis.seconds, ..load } } else { load };
        let estimate = executor.filter(|_| !bounds).map(|e| decide::estimate(load, pace, limit, e, None));
        let mut site = Site {
            id,
            line: place.line,
            end_line: place.end_line,
            column: place.column,
            function: analysis.function,
            kind: analysis.kind,
            status,
            call: analysis.call,
            recipes: planned.iter().flat_map(|p| p.plan.recipes.iter().cloned()).collect(),
            strategy: planned.as_ref().map(|p| p.strategy),
            executor,
            executor_reason,
            plain: planned.as_ref().is_some_and(|p| !p.plan.needs_runtime()),
            limit: said,
            options: planned.as_ref().map(|p| p.options.added.clone()).unwrap_or_default(),
            options_reason: planned.as_ref().and_then(|p| p.options.reason.clone()),
            obstacles: analysis.obstacles,
            assumptions: analysis.assumptions,
            estimate,
            cautions: analysis.cautions,
            confidence: None,
            verdict: Verdict::None,
            evidence: None,
        };
        site.confidence = planned.is_some().then(|| decide::confidence(&site));
        let pipeline = planned.as_ref().map(|p| p.pipeline.clone()).or(analysis.pipeline);
        plan.known.push(Known { whole: analysis.whole, work: analysis.work, pipeline });
        if let Some(mut patch) = planned {
            plan.notes.extend(patch.plan.timed.iter().map(|line| not_kept(&site, *line)));
            for left in &patch.plan.left {
                let note = left_alone(plan, left);
                plan.notes.extend((!plan.notes.contains(&note)).then_some(note));
            }
            patch.site = plan.sites.len();
            patch.id = format!("{}-{}", patch.plan.by, plan.patches.len() + 1);
            plan.patches.push(patch);
        }
        plan.sites.push(site);
    }

    /// The patch of one site; nothing where no recipe in use applies.
    fn plan_patch(
        &self,
        file: &File<'_>,
        analysis: &Analysis,
        pipeline: Pipeline,
        asks: &Asks<'_>,
        taken: &mut Taken,
    ) -> Result<Option<PatchPlan>, Box<Obstacle>> {
        let Asks { visible, forbids, shared, keeps_import, .. } = *asks;
        let Some(recipes) = Composition::of(&self.recipes, analysis, "python") else { return Ok(None) };
        let mut pipeline = pipeline;
        // Another file may read what a loop at module level leaves behind.
        let leaves = pipeline.prepare.iter().any(|s| s.stage == Stage::Moved)
            || pipeline.collect.as_ref().is_some_and(|c| c.list.is_some());
        // Loops that are one leave another item of the outer ones, where the last inner one has none.
        let nested = pipeline.flat.is_some() && pipeline.looped == pipeline.statement;
        if analysis.function == "<module>" && nested && !visible() {
            return Ok(None);
        }
        if analysis.function == "<module>" && leaves && !visible() {
            pipeline.prepare.iter_mut().filter(|s| s.stage == Stage::Moved).for_each(|s| s.stage = Stage::Copied);
            pipeline.collect = pipeline.collect.filter(|c| c.list.is_none());
        }
        let obstacle = |code: Code, message: String, help: &str| {
            Box::new(Obstacle {
                code,
                message,
                help: help.into(),
                span: file.source.place(pipeline.work),
                other_span: None,
            })
        };
        if analysis.function == "<module>"
            && let Some(name) = pipeline.keeps.first()
            && !visible()
        {
            let message = format!("another file may read `{name}`, which only the work would have");
            return Err(obstacle(Code::NOT_ANALYSED, message, "put the loop into a function"));
        }
        let alone = self.options.runtime == RuntimeChoice::None;
        let found = match self.options.executor {
            _ if pipeline.guessed && !pipeline.awaited => {
                Surface::Threads { why: "the loop stays as it is, and waits where it waited".into() }
            }
            ExecutorChoice::Threads => Surface::Threads { why: "threads were asked for".into() },
            _ if alone && !pipeline.awaited => {
                Surface::Threads { why: "without the runtime, only what is a coroutine already runs there".into() }
            }
            _ if shared && !pipeline.awaited => {
                Surface::Threads { why: "the patch of another loop changes the same functions".into() }
            }
            // Whether callers are visible matters only where everything else holds.
            _ => match surface(file, &pipeline, true) {
                Surface::Async { .. } if !visible() => surface(file, &pipeline, false),
                Surface::Async { others, .. } if !others.is_empty() => match (asks.stays)(&others) {
                    Some(why) => Surface::Threads { why },
                    None => surface(file, &pipeline, true),
                },
                other => other,
            },
        };
        let found = match shown_elsewhere(file, &found) {
            Some(why) => Surface::Threads { why },
            None => found,
        };
        if let (Surface::Threads { why }, ExecutorChoice::Async) = (&found, self.options.executor) {
            return Err(obstacle(
                Code::NOT_ANALYSED,
                format!("no event loop here: {why}"),
                "leave out `--executor async`",
            ));
        }
        if let (true, Surface::Threads { why }) = (pipeline.awaited, &found) {
            let message = format!("what is awaited stays on its event loop: {why}");
            return Err(obstacle(Code::NOT_ANALYSED, message, "leave it as it is, or leave out `--executor threads`"));
        }
        if let (Surface::Threads { why }, Some(adds)) = (&found, &pipeline.needs_loop) {
            return Err(obstacle(
                Code::COUNTER,
                format!(
                    "{adds}, and two threads that add at once may lose what one of them added; no event loop here: {why}"
                ),
                "return what is to be added, and add it behind the call",
            ));
        }
        let unsafe_client = pipeline.client.as_ref().filter(|c| !c.fact.thread_safe && c.fact.shared.is_none());
        if let (Surface::Threads { .. }, Some(client)) = (&found, unsafe_client) {
            return Err(obstacle(
                Code::THREAD_SAFETY,
                format!("`{}` ({}) is not documented as safe for several threads", client.name, client.fact.path),
                "use one client per thread, the module's own functions, or a client that is safe for threads",
            ));
        }
        let strategy = match (self.options.strategy, pipeline.collect.is_some()) {
            (StrategyChoice::Pipeline, true) if pipeline.collect.as_ref().is_some_and(|c| c.list.is_none()) => {
                return Err(obstacle(
                    Code::NOT_ANALYSED,
                    "a comprehension has no loop that could stay".into(),
                    "leave out `--strategy pipeline`",
                ));
            }
            (StrategyChoice::Gather, false) => {
                return Err(obstacle(
                    Code::NOT_ANALYSED,
                    "the loop does more than collect".into(),
                    "leave out `--strategy gather`",
                ));
            }
            _ if pipeline.guessed => Strategy::Prefetch,
            (StrategyChoice::Prefetch, _) => {
                return Err(obstacle(
                    Code::NOT_ANALYSED,
                    "what the loop will ask cannot be computed ahead of it".into(),
                    "leave out `--strategy prefetch`",
                ));
            }
            (StrategyChoice::Auto | StrategyChoice::Gather, true) => Strategy::Gather,
            (StrategyChoice::Auto | StrategyChoice::Pipeline, _) => Strategy::Pipeline,
        };
        if alone {
            let needed = plain::needs_runtime(file, analysis, &pipeline, strategy, recipes.keeps_results());
            if let Some(why) = needed {
                return Err(obstacle(Code::NOT_ANALYSED, why, plain::VENDOR));
            }
        }
        let free = if recipes.adds_options() && !alone { Free::of(file, visible) } else { Free::default() };
        let recipes = recipes.offering(free.flags.clone());
        let style = Style { plain: alone, ..self.options.style.clone() };
        let clash =
            |message: String| obstacle(Code::NOT_ANALYSED, message, "rename what has this name, and run perfmod again");
        let plan = recipes
            .plan(file, &pipeline, &found, strategy, Terms { style: &style, forbids, keeps_import }, taken)
            .map_err(|c| clash(c.to_string()))?;
        if alone && plan.needs_runtime() {
            let added = plan.recipes.iter().filter(|r| **r != plan.by);
            let skip: Vec<String> = added.map(|r| format!("--skip {r}")).collect();
            let help = format!("{}, or leave these recipes out: `{}`", plain::VENDOR, skip.join(" "));
            let why = "answers are kept, or calls asked again after a failure, by the runtime";
            return Err(obstacle(Code::NOT_ANALYSED, why.into(), &help));
        }
        if let Some(why) = &plan.refused {
            let message = format!("the loop could only stay as it is with its calls asked ahead, and {why}");
            return Err(obstacle(Code::NOT_ANALYSED, message, "write the loop in another form"));
        }
        // What asks that is dear, and only pools that go with several patches need it.
        let plan = Plan { unseen: file.source.text.contains("ThreadPoolExecutor") && visible(), ..plan };
        let (plan, options) = free.settle(file, plan).map_err(|e| clash(e.to_string()))?;
        Ok(Some(PatchPlan {
            id: String::new(),
            site: 0,
            pipeline,
            surface: found,
            caches: plan.caches,
            plan,
            strategy,
            options,
        }))
    }
}

/// The sites with a patch that makes coroutines, and whose edits lie in or at those of another's: each is right alone, and not
/// with the other.
fn at_odds(patches: &[PatchPlan]) -> BTreeSet<usize> {
    let turns = |p: &PatchPlan| matches!(&p.surface, Surface::Async { own, .. } if !own.functions.is_empty());
    let touch = |a: &EditSet, b: &EditSet| {
        a.iter().any(|one| {
            b.iter().any(|other| {
                let equal = one.span == other.span && one.text == other.text;
                let inserted = one.span.is_empty() && other.span.is_empty();
                !equal && !inserted && one.span.start <= other.span.end && other.span.start <= one.span.end
            })
        })
    };
    let mut out = BTreeSet::new();
    for (at, a) in patches.iter().enumerate() {
        for b in patches[at + 1..].iter().filter(|b| (turns(a) || turns(b)) && in_some_file(a, b, &touch)) {
            out.extend([a, b].into_iter().filter(|p| turns(p)).map(|p| p.site));
        }
    }
    out
}

/// Two sites whose patches change the same in different ways, in their file or another: they cannot both be made.
fn overlapping(patches: &[PatchPlan]) -> Option<(usize, usize)> {
    let clash = |a: &EditSet, b: &EditSet| a.clone().merge(b).is_err();
    patches.iter().enumerate().find_map(|(at, later)| {
        let first = patches[..at].iter().find(|first| in_some_file(first, later, &clash))?;
        Some((first.site, later.site))
    })
}

/// Whether something holds of what two patches change in one file, their own or another.
fn in_some_file(a: &PatchPlan, b: &PatchPlan, holds: &dyn Fn(&EditSet, &EditSet) -> bool) -> bool {
    let mut others = a.plan.others.iter().filter_map(|(path, part)| Some((part, b.plan.others.get(path)?)));
    holds(&a.plan.edits, &b.plan.edits) || others.any(|(one, other)| holds(&one.edits, &other.edits))
}

/// Why a call is left as it is.
fn left_alone(file: &FilePlan, left: &Left) -> Problem {
    let own = located(&left.path) == located(&file.path);
    let place =
        if own { "here".to_string() } else { format!("at {}:{}", place::shown_from(file, &left.path), left.line) };
    let message = format!("{}: {}", left.what.replace("{}", &place), left.why);
    Problem { code: left.code, message, line: own.then_some(left.line) }
}

/// Why the answers of a call are not kept.
fn not_kept(site: &Site, line: usize) -> Problem {
    Problem {
        code: Code::TIMED,
        message: format!(
            "the answers of `{}` are not kept: the program takes the time of the call, and an answer from the cache takes none",
            site.call
        ),
        line: Some(line),
    }
}

/// Why functions stay as they are because a document of the project shows how they are called.
fn shown_elsewhere(file: &File<'_>, surface: &Surface) -> Option<String> {
    let Surface::Async { own, others, .. } = surface else { return None };
    let root = project_root(file.located());
    let others = others.iter().filter_map(|(path, turned)| Some((file.other(path)?, turned)));
    let named = [(file, own)].into_iter().chain(others).flat_map(|(file, turned)| {
        let all = walk(file.source.root()).filter_map(Function::cast);
        let changed = all.filter(|f| turned.functions.contains(&f.0.start_byte()));
        changed.filter_map(|f| f.name()).map(|n| file.source.of(n)).collect::<Vec<_>>()
    });
    named.into_iter().find_map(|name| {
        let document = examples::document_calling(&root, name)?;
        let document = document.file_name()?.to_string_lossy().into_owned();
        Some(format!("an example in {document} calls `{name}`"))
    })
}

/// A reading error as a report has it.
pub(super) fn problem(error: SourceError) -> Problem {
    Problem { code: error.code, message: error.message, line: error.line }
}
