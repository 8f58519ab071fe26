//! Recipes: what to do with a site, as data (`transforms/python/*/recipe.toml`).
//!
//! WHEN is a predicate over the model's facts, HOW a list of named operations. This room loads them, picks the one that
//! applies and carries its operations out on a draft.

use crate::catalog::Effect;
use crate::catalog::transforms::{DataError, DataFile, Transforms};
use crate::facts::{Conflict, Kind, Strategy};
use crate::model::python::{File, Surface};
use crate::model::{Analysis, Pipeline};
use crate::rewrite::python::{Draft, Plan, Style};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

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
    /// Where it was read from.
    pub file: String,
    when: When,
    how: Vec<Step>,
}

/// The facts that must hold.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct When {
    effects: Vec<Effect>,
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
    WrapCall,
    StageLoop,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRecipe {
    id: toml::Spanned<String>,
    language: toml::Spanned<String>,
    kind: Kind,
    summary: String,
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
    what: String,
    safety: String,
}

/// All recipes, in the order of their names.
///
/// # Errors
/// The first recipe that is wrong, with its file and line.
pub fn load(transforms: &Transforms) -> Result<Vec<Recipe>, DataError> {
    let mut out: Vec<Recipe> = Vec::new();
    for file in ["python", "rust"].iter().flat_map(|language| transforms.named(language, "recipe.toml")) {
        out.push(parse(file)?);
    }
    out.sort_by(|a, b| a.id.cmp(&b.id));
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
        file: file.shown.clone(),
        when: raw.when,
        how: raw.how.into_iter().map(|s| Step { operation: s.operation, effects: s.effects }).collect(),
    })
}

impl Recipe {
    /// Whether the recipe is for this site.
    pub fn applies(&self, analysis: &Analysis, language: &str) -> bool {
        self.language == language
            && self.kind == analysis.kind
            && analysis.pipeline.as_ref().is_some_and(|p| self.when.effects.contains(&p.call.effect))
    }

    /// Whether calls of this effect keep their answers in a cache.
    pub fn caches(&self, effect: Effect) -> bool {
        self.how
            .iter()
            .any(|s| s.operation == Operation::WrapCall && s.effects.as_ref().is_none_or(|e| e.contains(&effect)))
    }

    /// Carries the operations out on one site.
    ///
    /// # Errors
    /// Where two edits overlap, which is a mistake in an operation.
    pub fn plan(
        &self,
        file: &File<'_>,
        pipeline: &Pipeline,
        surface: &Surface,
        strategy: Strategy,
        style: &Style,
        taken: &mut BTreeSet<String>,
    ) -> Result<Plan, Conflict> {
        let mut draft = Draft::new(file, pipeline, surface, strategy, style, &self.id, taken);
        for step in &self.how {
            if step.effects.as_ref().is_some_and(|e| !e.contains(&pipeline.call.effect)) {
                continue;
            }
            match step.operation {
                Operation::MakeAsync => draft.make_async()?,
                // What a function of the program returns is not the server's answer.
                Operation::WrapCall if !pipeline.direct => {}
                Operation::WrapCall => draft.wrap_call(),
                Operation::StageLoop => draft.stage_loop()?,
            }
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
        assert_eq!(recipes.iter().map(|r| r.id.as_str()).collect::<Vec<_>>(), ["async-gather"]);
        assert!(recipes[0].caches(Effect::Billed) && !recipes[0].caches(Effect::Read));
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
}
