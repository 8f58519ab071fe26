//! The choices that the commands which rewrite have in common.

use super::{OracleArg, exercise::Exercise};
use crate::engine::{Accept, ExecutorChoice, Options, RuntimeChoice, StrategyChoice, Validate};
use crate::facts::Code;
use crate::rewrite::python::Style;
use clap::ValueEnum;
use std::path::PathBuf;

/// What is accepted, how it is validated, and what the result looks like.
#[derive(Debug, clap::Args)]
pub(super) struct Choices {
    /// Accept more: `assumed`, `care`, or a caution by its code (repeatable)
    #[arg(long, value_name = "WHAT", value_parser = accept)]
    accept: Vec<Accept>,
    /// When to run both versions
    #[arg(long, value_enum, default_value_t, conflicts_with = "no_validate")]
    validate: ValidateArg,
    /// Run nothing; the same as `--validate off`
    #[arg(long)]
    no_validate: bool,
    /// Where the runtime module comes from; none: what needs neither it nor a loop that stays, with the standard library
    #[arg(long, value_enum, default_value_t)]
    runtime: RuntimeArg,
    /// Items at the site in a validation run
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    max_samples: u32,
    #[command(flatten)]
    exercise: Exercise,
    /// Of the recipes that restructure a loop, use only this one; do what one that adds to patches does on request (repeatable)
    #[arg(long, value_name = "ID")]
    recipe: Vec<String>,
    /// Leave this recipe out (repeatable)
    #[arg(long, value_name = "ID")]
    skip: Vec<String>,
    /// The form of the rewritten loop
    #[arg(long, value_enum, default_value_t)]
    strategy: StrategyArg,
    /// What runs the calls
    #[arg(long, value_enum, default_value_t)]
    executor: ExecutorArg,
    /// Write this limit into the program instead of the runtime's default of 300
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    max_concurrent: Option<u32>,
    #[command(flatten)]
    oracle: OracleArg,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum ValidateArg {
    #[default]
    Auto,
    Require,
    Off,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum RuntimeArg {
    #[default]
    Vendor,
    Package,
    None,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum StrategyArg {
    #[default]
    Auto,
    Gather,
    Pipeline,
    Prefetch,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum ExecutorArg {
    #[default]
    Auto,
    Async,
    Threads,
}

fn accept(text: &str) -> Result<Accept, String> {
    match text {
        "assumed" => Ok(Accept::Assumed),
        "care" => Ok(Accept::Care),
        code => Code::parse(code)
            .map(Accept::Code)
            .ok_or_else(|| "expected `assumed`, `care` or a code such as PM105".into()),
    }
}

impl Choices {
    /// Whether a patch that could not be validated counts as not done.
    pub fn must_validate(&self) -> bool {
        self.validate == ValidateArg::Require
    }

    /// The same for the engine; the script's arguments are left to the command.
    pub fn options(&self, paths: &[PathBuf], quiet: bool) -> Options {
        Options {
            style: Style { max_concurrent: self.max_concurrent.map(|n| n as usize), ..Style::default() },
            executor: match self.executor {
                ExecutorArg::Auto => ExecutorChoice::Auto,
                ExecutorArg::Async => ExecutorChoice::Async,
                ExecutorArg::Threads => ExecutorChoice::Threads,
            },
            strategy: match self.strategy {
                StrategyArg::Auto => StrategyChoice::Auto,
                StrategyArg::Gather => StrategyChoice::Gather,
                StrategyArg::Pipeline => StrategyChoice::Pipeline,
                StrategyArg::Prefetch => StrategyChoice::Prefetch,
            },
            runtime: match self.runtime {
                RuntimeArg::Vendor => RuntimeChoice::Vendor,
                RuntimeArg::Package => RuntimeChoice::Package,
                RuntimeArg::None => RuntimeChoice::None,
            },
            only: self.recipe.clone(),
            skip: self.skip.clone(),
            validate: match (self.no_validate, self.validate) {
                (true, _) | (_, ValidateArg::Off) => Validate::Off,
                (_, ValidateArg::Auto) => Validate::Auto,
                (_, ValidateArg::Require) => Validate::Require,
            },
            max_samples: self.max_samples as usize,
            oracle: self.oracle.of(paths, quiet),
            accept: self.accept.clone(),
            ..self.exercise.options()
        }
    }
}
