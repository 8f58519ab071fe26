//! `--runtime none`: which sites need nothing of the runtime, and what is missing there without it.

use crate::facts::{Caution, Code, Strategy};
use crate::model::python::{File, Surface};
use crate::model::{Analysis, Pipeline};

/// What to do where the runtime is needed.
pub(super) const VENDOR: &str = "use `--runtime vendor`, which puts `perfmod_runtime.py` beside the program";

/// Why a site needs the runtime.
pub(super) fn needs_runtime(
    file: &File<'_>,
    analysis: &Analysis,
    pipeline: &Pipeline,
    strategy: Strategy,
    keeps_results: bool,
) -> Option<String> {
    let needs = |why: &str| Some(why.to_string());
    if strategy != Strategy::Gather || pipeline.collect.is_none() {
        return needs("the loop stays, and what runs ahead of a loop is the runtime");
    }
    if pipeline.gathering.is_some() {
        return needs("the order and the failures of a gather that is there already are kept by the runtime");
    }
    if pipeline.pace.is_some() {
        return needs("the distance between the calls is kept by the runtime");
    }
    if keeps_results {
        return needs("a checkpoint is kept by the runtime");
    }
    if pipeline.prints {
        return needs("the work prints, and the runtime brings its lines into the order of the loop");
    }
    if analysis.cautions.iter().any(|c| c.code == Code::OBJECT_STATE) {
        return needs("the work changes its item, and the runtime keeps apart those that are the same object");
    }
    // The runtime works in a copy of the context, where the standard pool's threads begin with an empty one; and it hands
    // on `StopIteration`, of which the pool's generator makes another exception.
    let text = &file.source.text;
    if let (Some(word), false) =
        (["contextvars", "decimal", "errstate", "StopIteration"].iter().find(|w| text.contains(**w)), pipeline.awaited)
    {
        return Some(format!(
            "the program uses `{word}`, which does not come through to or from the threads of a standard pool"
        ));
    }
    if file.is_run_in_loop(pipeline.looped) {
        return needs("its function is called in a loop itself, and each of its runs would have workers of its own");
    }
    None
}

/// What a failure means without the runtime.
pub(super) fn caution(file: &File<'_>, pipeline: &Pipeline, surface: &Surface) -> Caution {
    let most = match pipeline.count {
        Some(n) => format!("up to {} of them", n.saturating_sub(1)),
        None => "as many as there are".to_string(),
    };
    let message = match surface {
        Surface::Threads { .. } => format!(
            "without the runtime nothing holds back the calls of later items while a failed one has not been looked at: {most} have been made then"
        ),
        Surface::Async { .. } => format!(
            "without the runtime nothing holds back the calls of later items after a failure ({most}), and of several failures the first in time arrives, not that of the first item"
        ),
    };
    Caution { code: Code::EARLY_EXIT, message, span: file.source.place(pipeline.work) }
}
