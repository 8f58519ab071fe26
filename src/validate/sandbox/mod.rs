//! The process that holds runs: it cuts itself off from the machine and the network first, and then runs the answering
//! proxies and the programs side by side.
//!
//! perfmod starts itself again for this, because namespaces must be entered before any thread exists. A holder is for one
//! version of the program: either for a single run in a fresh process, or for many that are forked from one that has
//! imported already.

#[cfg(target_os = "linux")]
mod bubble;
#[cfg(target_os = "linux")]
mod disk;
#[cfg(target_os = "linux")]
mod forked;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
mod serve;
mod spec;

pub(super) use spec::{Fork, Record, Run, Spec, Told};

use std::{fs, io, io::Write, path::Path, process::ExitCode};

/// Bytes that the small disk of a run may have to hold before it is filled.
pub(super) const SMALL: u64 = 8 << 20;
/// A file in the folder of what is observed: how often time has passed for a program whose time-outs are to come.
pub(super) const PASSED: &str = "passed";

/// The hidden first argument that makes perfmod a holder of runs; the second one is the path of the specification.
pub const SANDBOX_COMMAND: &str = "__sandbox";

/// Holds runs as the file at `spec` asks for. To be called first thing in `main`, before any thread exists.
pub fn sandbox_main(spec: &Path) -> ExitCode {
    let read = || -> io::Result<Spec> { Ok(serde_json::from_slice(&fs::read(spec)?)?) };
    match read().and_then(|described| {
        #[cfg(target_os = "linux")]
        bubble::enter(&described, spec)?;
        hold(&described)
    }) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = say(&Told::Failed(error.to_string()));
            ExitCode::from(2)
        }
    }
}

/// Tells the validator, in one write.
fn say(what: &Told) -> io::Result<()> {
    let mut line = serde_json::to_vec(what)?;
    line.push(b'\n');
    let mut out = io::stdout().lock();
    out.write_all(&line)?;
    out.flush()
}

#[cfg(not(target_os = "linux"))]
fn hold(_: &Spec) -> io::Result<()> {
    Err(io::Error::other(
        "on this system perfmod cannot keep a program's writes away from your files; it runs programs on Linux only",
    ))
}

#[cfg(target_os = "linux")]
use serve::hold;
