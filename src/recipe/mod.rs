//! Recipes: what to do with a site, as data (`transforms/python/*/recipe.toml`).
//!
//! WHEN is a predicate over the model's facts, HOW a list of named operations. This room loads them, picks those that
//! apply to a site and carries their operations out on one draft: a recipe that restructures, and those that add to it.

use crate::catalog::transforms::{DataError, DataFile, Transforms};
use crate::catalog::{Catalog, Effect};
use crate::facts::{Conflict, Kind, Strategy};
use crate::model::python::command_line::Flag;
use crate::model::python::{File, Surface};
use crate::model::{Analysis, Pipeline};
use crate::rewrite::python::{Draft, Plan, Taken, Terms};
use serde::{Deserialize, Serialize};

/// One recipe.
#[derive(Debug, Clone)]
pub struct Recipe {
    /// Its name.
    pub id: String,
    /// The language that it rewrites.
    pub language: String,
    /// What kind of site it is for.
    pub kind: Kind,
    /// One sentence.
    pub summary: String,
    /// What it does.
    pub what: String,
    /// Why that is safe.
    pub safety: String,
    /// The case of its own that shows best what it does.
    pub example: Option<String>,
    /// Where it was read from.
    pub file: String,
    /// Whether it only adds to the patch of another recipe.
    pub adds: bool,
    /// Whether the user has named it: what it does on request only is done, too.
    pub named: bool,
    rank: u32,
    /// The calls that its own catalogue tells of, which is read where the user names the recipe.
    own_calls: Vec<String>,
    when: When,
    how: Vec<Step>,
}

/// The facts that must hold.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct When {
    /// Of the waiting call.
    effects: Vec<Effect>,
    /// Further ones, where the user names the recipe.
    #[serde(default)]
    on_request: Vec<Effect>,
    /// Whether the program awaits the call already; both where it is left out.
    #[serde(default)]
    awaited: Option<bool>,
    /// Whether all calls are made at once already; both where it is left out.
    #[serde(default)]
    unbounded: Option<bool>,
    /// Whether the loop stays as it is and its calls are guessed; of a recipe that only adds, both.
    #[serde(default)]
    guessed: bool,
    /// Whether a sleep keeps a distance between the calls; both where it is left out.
    #[serde(default)]
    paced: Option<bool>,
}

/// One operation, and the effects of the call for which it is carried out.
#[derive(Debug, Clone)]
struct Step {
    operation: Operation,
    effects: Option<Vec<Effect>>,
}

/// The operations that recipes are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Operation {
    MakeAsync,
    KeepAnswers,
    RetryCalls,
    AbsorbRetry,
    /// Both of them.
    WrapCall,
    KeepPace,
    ReuseClient,
    ShowProgress,
    KeepResults,
    StageLoop,
    GuessCalls,
    AddOptions,
}

/// The operations by the names that `recipe.toml` has for them, each with what it does, in the order in which they are
/// carried out.
pub const OPERATIONS: [(&str, &str); 12] = [
    ("make-async", "functions on the way to the call become coroutines, and their clients asynchronous"),
    ("keep-answers", "equal calls are made once, and answers are kept for the next run"),
    ("retry-calls", "a call that has no retry of its own is tried again after a failure that passes"),
    ("absorb-retry", "a retry written by hand becomes one that shares its pauses"),
    ("wrap-call", "keep-answers and retry-calls"),
    ("keep-pace", "a throttling sleep becomes a limiter of the same rate"),
    ("reuse-client", "a client that each iteration makes is made once"),
    ("show-progress", "a progress bar"),
    ("keep-results", "results are kept until the loop has ended, for a run that is killed"),
    ("stage-loop", "the loop is cut into stages and its calls overlap"),
    ("guess-calls", "the loop stays, and what it will ask is asked ahead"),
    ("add-options", "options for the limit, the sample and the cache on the program's command line"),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRecipe {
    id: toml::Spanned<String>,
    language: toml::Spanned<String>,
    kind: Kind,
    summary: String,
    #[serde(default)]
    adds: bool,
    #[serde(default)]
    rank: u32,
    when: When,
    how: Vec<RawStep>,
    docs: Docs,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStep {
    operation: Operation,
    #[serde(default)]
    effects: Option<Vec<Effect>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Docs {
    #[serde(default)]
    example: Option<String>,
    what: String,
    safety: String,
}

/// All recipes, in the order in which they compose.
///
/// # Errors
/// The first recipe that is wrong, with its file and line.
pub fn load(transforms: &Transforms) -> Result<Vec<Recipe>, DataError> {
    let mut out: Vec<Recipe> = Vec::new();
    for file in ["python", "rust"].iter().flat_map(|language| transforms.named(language, "recipe.toml")) {
        let mut recipe = parse(file)?;
        recipe.own_calls = Catalog::functions_under(transforms, &recipe.catalog())?;
        out.push(recipe);
    }
    out.sort_by(|a, b| (a.rank, &a.id).cmp(&(b.rank, &b.id)));
    Ok(out)
}

fn parse(file: &DataFile) -> Result<Recipe, DataError> {
    let raw: RawRecipe = file.parse()?;
    let folder = file.path.split('/').nth(1).unwrap_or_default();
    if raw.id.as_ref() != folder {
        return Err(file.error(
            raw.id.span().start,
            format!("the id `{}` is not the name of its folder, `{folder}`", raw.id.as_ref()),
        ));
    }
    if !file.path.starts_with(&format!("{}/", raw.language.as_ref())) {
        return Err(file.error(
            raw.language.span().start,
            format!("the language `{}` is not the folder's", raw.language.as_ref()),
        ));
    }
    if raw.how.is_empty() {
        return Err(file.error(0, "a recipe without an operation"));
    }
    Ok(Recipe {
        id: raw.id.into_inner(),
        language: raw.language.into_inner(),
        kind: raw.kind,
        summary: raw.summary,
        what: raw.docs.what,
        safety: raw.docs.safety,
        example: raw.docs.example,
        file: file.shown.clone(),
        adds: raw.adds,
        named: false,
        rank: raw.rank,
        own_calls: Vec::new(),
        when: raw.when,
        how: raw.how.into_iter().map(|s| Step { operation: s.operation, effects: s.effects }).collect(),
    })
}

impl Recipe {
    /// The folder of the catalogue that is read where the user names the recipe.
    pub fn catalog(&self) -> String {
        format!("{}/{}/catalog", self.language, self.id)
    }

    /// Whether the recipe is for this site.
    fn applies(&self, analysis: &Analysis, language: &str) -> bool {
        let fits = |p: &Pipeline| {
            self.when.awaited.is_none_or(|awaited| awaited == p.awaited)
                && (self.own_calls.is_empty() || p.waiting.iter().all(|w| self.own_calls.contains(&w.fact.path)))
                && (self.adds || self.when.guessed == p.guessed)
                && self.when.unbounded.is_none_or(|unbounded| unbounded == p.gathering.is_some())
                && self.when.paced.is_none_or(|paced| paced == p.pace.is_some())
                && (self.is_for(p.call.effect) || self.adds && p.waiting.iter().any(|w| self.is_for(w.fact.effect)))
        };
        self.language == language && self.kind == analysis.kind && analysis.pipeline.as_ref().is_some_and(fits)
    }

    fn is_for(&self, effect: Effect) -> bool {
        self.when.effects.contains(&effect) || self.named && self.when.on_request.contains(&effect)
    }

    /// The effects of calls for which a step is carried out.
    fn effects_of(&self, step: &Step) -> Vec<Effect> {
        [Effect::Read, Effect::Billed, Effect::Writes, Effect::Unknown]
            .into_iter()
            .filter(|e| self.is_for(*e) && step.effects.as_ref().is_none_or(|own| own.contains(e)))
            .collect()
    }
}

/// The recipes of one site: one that restructures it, and those that add to its patch.
#[derive(Debug)]
pub struct Composition<'r> {
    main: &'r Recipe,
    added: Vec<&'r Recipe>,
    options: Vec<Flag>,
}

impl<'r> Composition<'r> {
    /// The first recipe that is for a site, with all that add to it; none where there is no recipe for it.
    pub fn of(recipes: &'r [Recipe], analysis: &Analysis, language: &str) -> Option<Self> {
        let mut fitting = recipes.iter().filter(|r| r.applies(analysis, language));
        let (mut added, mut main) = (Vec::new(), None);
        for recipe in fitting.by_ref() {
            match (recipe.adds, main) {
                (true, _) => added.push(recipe),
                (false, None) => main = Some(recipe),
                (false, Some(_)) => {}
            }
        }
        // A sleep of the loop's own goes only where its distance is kept.
        let sleeps = analysis.pipeline.as_ref().and_then(|p| p.pace.as_ref()).is_some_and(|p| !p.statements.is_empty());
        let keeps = |r: &&Recipe| r.how.iter().any(|s| s.operation == Operation::KeepPace);
        main.filter(|main| !sleeps || added.iter().copied().chain([*main]).any(|r| keeps(&r))).map(|main| Self {
            main,
            added,
            options: Vec::new(),
        })
    }

    /// The recipe that asks calls ahead of loops that stay as they are, where one is in use.
    pub fn guessing(recipes: &[Recipe]) -> Option<&Recipe> {
        recipes.iter().find(|r| r.how.iter().any(|step| step.operation == Operation::GuessCalls))
    }

    /// Whether options are to be added to the program's command line.
    pub fn adds_options(&self) -> bool {
        let recipes = std::iter::once(&self.main).chain(&self.added);
        recipes.flat_map(|r| &r.how).any(|step| step.operation == Operation::AddOptions)
    }

    /// Whether what the work gives is to be kept.
    pub fn keeps_results(&self) -> bool {
        self.added.iter().flat_map(|r| &r.how).any(|step| step.operation == Operation::KeepResults)
    }

    /// The same recipes, where these options can be added.
    pub fn offering(self, options: Vec<Flag>) -> Self {
        Self { options, ..self }
    }

    /// Carries the operations of all of them out on one site.
    ///
    /// # Errors
    /// Where two edits overlap, which is a mistake in an operation.
    pub fn plan(
        &self,
        file: &File<'_>,
        pipeline: &Pipeline,
        surface: &Surface,
        strategy: Strategy,
        terms: Terms<'_>,
        taken: &mut Taken,
    ) -> Result<Plan, Conflict> {
        let mut draft = Draft::new(file, pipeline, surface, strategy, terms, &self.main.id, taken);
        let mut staged = false;
        let mut options = None;
        for recipe in std::iter::once(&self.main).chain(&self.added) {
            for step in &recipe.how {
                let effects = recipe.effects_of(step);
                let own = effects.contains(&pipeline.call.effect);
                match step.operation {
                    Operation::MakeAsync if own => draft.make_async()?,
                    Operation::KeepAnswers => draft.keep_answers(&recipe.id, &effects),
                    Operation::RetryCalls => draft.retry_calls(&recipe.id, &effects),
                    Operation::AbsorbRetry => draft.absorb_retries(&recipe.id, &effects),
                    Operation::WrapCall => {
                        draft.keep_answers(&recipe.id, &effects);
                        draft.retry_calls(&recipe.id, &effects);
                    }
                    Operation::KeepPace => draft.keep_pace(&recipe.id),
                    Operation::ShowProgress if own => draft.show_progress(&recipe.id),
                    Operation::KeepResults if own => draft.keep_results(&recipe.id),
                    Operation::ReuseClient => draft.reuse_clients(&recipe.id)?,
                    Operation::StageLoop | Operation::GuessCalls => staged |= own,
                    Operation::AddOptions => options = Some(&recipe.id),
                    Operation::MakeAsync | Operation::ShowProgress | Operation::KeepResults => {}
                }
            }
        }
        // Last: how the loop is written depends on all the rest.
        match (staged, pipeline.guessed) {
            (true, true) => draft.guess_calls()?,
            (true, false) => draft.stage_loop()?,
            (false, _) => {}
        }
        if let Some(by) = options {
            draft.add_options(by, &self.options);
        }
        Ok(draft.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_recipes_load() {
        let recipes = load(&Transforms::embedded()).unwrap();
        let ids: Vec<&str> = recipes.iter().map(|r| r.id.as_str()).collect();
        let order = ["async-gather", "sequential-awaits", "cache-calls", "pacing", "retry-calls", "cli-flags"];
        assert_eq!(ids.into_iter().filter(|id| order.contains(id)).collect::<Vec<_>>(), order);
        let cache = recipes.iter().find(|r| r.id == "cache-calls").unwrap();
        assert!(cache.adds && cache.is_for(Effect::Billed) && !cache.is_for(Effect::Read));
        assert!(Recipe { named: true, ..cache.clone() }.is_for(Effect::Read));
    }

    #[test]
    fn a_recipe_that_is_wrong_names_its_file_and_line() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("python/mine")).unwrap();
        let path = folder.path().join("python/mine/recipe.toml");
        let text = "id = \"mine\"\nlanguage = \"python\"\nkind = \"io\"\nsummary = \"x\"\n[when]\neffects = []\n[[how]]\noperation = \"fly\"\n[docs]\nwhat = \"\"\nsafety = \"\"\n";
        std::fs::write(&path, text).unwrap();
        let said = load(&Transforms::with_folder(folder.path()).unwrap()).unwrap_err().to_string();
        assert!(said.contains("recipe.toml:8") && said.contains("fly"), "{said}");
        std::fs::write(&path, text.replace("fly", "stage-loop").replace("id = \"mine\"", "id = \"other\"")).unwrap();
        let said = load(&Transforms::with_folder(folder.path()).unwrap()).unwrap_err().to_string();
        assert!(said.contains("recipe.toml:1") && said.contains("other"), "{said}");
    }

    #[test]
    fn every_operation_is_named() {
        let refused = serde_json::from_str::<Operation>("\"none\"").unwrap_err().to_string();
        let listed = refused.split_once("expected one of ").unwrap().1;
        let known: Vec<&str> = listed.split('`').skip(1).step_by(2).collect();
        let mut named: Vec<&str> = OPERATIONS.iter().map(|(name, _)| *name).collect();
        assert_eq!(named.len(), known.len());
        named.retain(|name| !known.contains(name));
        assert_eq!(named, [""; 0]);
    }
}
