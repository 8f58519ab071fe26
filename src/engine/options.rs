//! Options of the runtime on a program's own command line: which may be added, and the sentence that says why not others.

use crate::model::python::File;
use crate::model::python::command_line::Flag;
use crate::rewrite::python::{ImportRefused, Plan, compose};
use std::collections::BTreeSet;

/// What of the runtime's options a program's command line may get.
#[derive(Debug, Default)]
pub(super) struct Free {
    /// Which may be added.
    pub flags: Vec<Flag>,
    separator: char,
    left_out: Vec<(Vec<Flag>, String)>,
}

/// What a patch does to the command line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct NewOptions {
    /// The options that it adds, as they are written.
    pub added: Vec<String>,
    /// Which others it does not add, and why.
    pub reason: Option<String>,
}

impl Free {
    /// Of the command line that a file reads; nothing to say where it reads none.
    pub fn of(file: &File<'_>, visible: &dyn Fn() -> bool) -> Self {
        let none = |why: String| Self { left_out: vec![(Flag::ALL.to_vec(), why)], ..Self::default() };
        match file.command_line() {
            None => Self::default(),
            Some(Err(why)) => none(why),
            Some(Ok(line)) if line.exposed && !visible() => {
                none("other files of the project import this one, and may use what was parsed".into())
            }
            Some(Ok(line)) => Self {
                flags: line.flags,
                separator: line.separator,
                left_out: line.left_out.into_iter().map(|(flag, why)| (vec![flag], why)).collect(),
            },
        }
    }

    /// A plan whose edits go together, without its options where those are in the way.
    ///
    /// # Errors
    /// Where they do not go together either way.
    pub fn settle(self, file: &File<'_>, plan: Plan) -> Result<(Plan, NewOptions), ImportRefused> {
        let told = self.left_out.iter().map(|(flags, why)| self.sentence(flags, why)).collect::<Vec<_>>();
        let reason = (!told.is_empty()).then(|| told.join("; "));
        match compose(file, &[&plan]) {
            Ok(_) => {
                let added = plan.flags.iter().map(|flag| flag.written(self.separator)).collect();
                Ok((plan, NewOptions { added, reason }))
            }
            Err(error) if plan.flags.is_empty() => Err(error),
            Err(error) => {
                let mut bare = Plan { flags: BTreeSet::new(), ..plan };
                // The recipe of options adds last.
                bare.recipes.pop();
                compose(file, &[&bare])?;
                let reason = Some(self.sentence(&Flag::ALL, &error.to_string()));
                Ok((bare, NewOptions { added: Vec::new(), reason }))
            }
        }
    }

    fn sentence(&self, flags: &[Flag], why: &str) -> String {
        let variables: Vec<String> = flags.iter().map(|f| f.variable()).collect();
        let (lead, does) = match flags {
            [one] => (format!("`{}` is not added", one.written(self.separator)), "does"),
            _ => ("no options are added to the command line".into(), "do"),
        };
        format!("{lead}: {why}; {} in the environment {does} the same", variables.join(", "))
    }
}
