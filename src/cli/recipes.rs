//! `perfmod recipes`: list them, show one.

use super::{Exit, Failure, Global, emit};
use crate::catalog::transforms::Transforms;
use crate::recipe::{self, Recipe};

/// The arguments of `recipes`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// One line a recipe
    List,
    /// What a recipe does, and why that is safe
    Show {
        /// Its name
        id: String,
    },
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Exit, Failure> {
    let transforms = match &global.transforms {
        Some(folder) => Transforms::with_folder(folder)?,
        None => Transforms::embedded(),
    };
    let recipes = recipe::load(&transforms)?;
    let text = match arguments.what.as_ref().unwrap_or(&What::List) {
        What::List => list(&recipes),
        What::Show { id } => {
            let found = recipes.iter().find(|r| r.id == *id);
            show(found.ok_or_else(|| {
                Failure::Usage(format!("there is no recipe `{id}`; `perfmod recipes list` names them"))
            })?)
        }
    };
    emit(text.as_bytes(), None)?;
    Ok(Exit::Done)
}

fn list(recipes: &[Recipe]) -> String {
    let width = recipes.iter().map(|r| r.id.len()).max().unwrap_or(0);
    recipes.iter().map(|r| format!("{:width$}  {} ({})\n", r.id, r.summary, r.language)).collect()
}

fn show(recipe: &Recipe) -> String {
    format!(
        "{} ({})\n{}\n\n{}\nWhy it is safe\n\n{}\nFrom {}\n",
        recipe.id, recipe.language, recipe.summary, recipe.what, recipe.safety, recipe.file
    )
}
