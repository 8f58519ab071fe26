//! Changed statements that no run has come to: nothing is known of them.

use super::{
    Request,
    flow::Stop,
    run::Version,
    seen::{Ran, Statement},
};
use std::{collections::BTreeSet, path::Path};

/// What is still to be seen of one version.
#[derive(Default)]
pub(super) struct Unrun(BTreeSet<Statement>);

impl Unrun {
    /// What counts of that which a run without a fault has not come to. Of the original, what the rewritten version has
    /// nowhere; of the rewritten version all that changed, but in handlers only what the original has nowhere.
    pub fn new(version: &Version, ran: Option<&Ran>) -> Self {
        let counts = |it: &&Statement| (version.rewritten && !it.handled) || version.is_alone(it);
        Self(ran.into_iter().flat_map(|ran| &ran.missed).filter(counts).cloned().collect())
    }

    /// Whether lines of further runs need be followed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes out what another run came to.
    pub fn learn(&mut self, ran: Option<&Ran>) {
        if let Some(ran) = ran {
            self.0.retain(|statement| ran.missed.contains(statement));
        }
    }
}

/// Says so where something of either version did not run.
pub(super) fn check(
    request: &Request<'_>,
    traced: bool,
    (original, rewritten): (&Unrun, &Unrun),
    versions: &(Version, Version),
) -> Result<(), Stop> {
    let script = request.entry.is_empty();
    if !script && !traced && versions.1.changes() {
        let why = "which lines the entry command runs could not be seen, so nothing is known of the changed ones";
        return Err(Stop::Assumed(why.to_owned()));
    }
    let told = |statement: &Statement, version: &Version, what: &str| {
        let text = version.line(&statement.file, statement.first).unwrap_or_default();
        // Two scripts take turns under one name, and this line is the other's.
        let own =
            request.named.as_deref().filter(|_| version.rewritten && Path::new(&statement.file) == request.script);
        let file = own.unwrap_or(&statement.file);
        Err(Stop::Assumed(format!("{what}: {file}:{} `{}`", statement.first, text.trim())))
    };
    if let Some(statement) = rewritten.0.iter().min_by_key(|it| it.handled) {
        let what = match (script, statement.handled) {
            (true, false) => "a changed line was not run, so nothing is known of it",
            (true, true) => {
                "a changed line of a handler was not run, under no fault that was tried, so nothing is known of it"
            }
            (false, _) => "the entry command does not come to a changed line, so nothing is known of it",
        };
        return told(statement, &versions.1, what);
    }
    if let Some(statement) = original.0.iter().min_by_key(|it| it.handled) {
        let what = match (script, statement.handled) {
            (true, false) => {
                "a line of the original that the rewritten version has not was never run, so nothing is known of what is lost with it"
            }
            (true, true) => {
                "a line of a handler that the rewritten version has not was never run, under no fault that was tried, so nothing is known of what is lost with it"
            }
            (false, _) => {
                "the entry command does not come to a line of the original that the rewritten version has not, so nothing is known of what is lost with it"
            }
        };
        return told(statement, &versions.0, what);
    }
    Ok(())
}
