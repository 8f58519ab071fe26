//! What an interrupt (Ctrl-C) ends with: exit code 130, and how to go on.

use super::say;
use std::sync::{Mutex, PoisonError};

/// The exit code of an interrupted run, as a shell would give it.
const INTERRUPTED: i32 = 130;

/// How the command that runs can be gone on with.
static HINT: Mutex<Option<String>> = Mutex::new(None);

/// From here on an interrupt ends the process with code 130. Nothing is waited for: every step that changes a file
/// stands in the journal before it is taken.
pub(super) fn listen() {
    let handler = || {
        let hint = HINT.lock().unwrap_or_else(PoisonError::into_inner).take();
        say(&format!("interrupted{}", hint.map_or_else(String::new, |hint| format!("; {hint}"))));
        std::process::exit(INTERRUPTED)
    };
    // Without a handler the signal itself ends the process, which a shell shows as the same code.
    let _ = ctrlc::set_handler(handler);
}

/// What is said of going on where the run is interrupted from here on; nothing after `None`.
pub(super) fn hint(how: Option<String>) {
    *HINT.lock().unwrap_or_else(PoisonError::into_inner) = how;
}
