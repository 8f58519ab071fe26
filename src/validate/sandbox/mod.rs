//! The process that holds one run: it cuts itself off from the machine and the network first, and then runs the
//! answering proxy and the program side by side.
//!
//! perfmod starts itself again for this, because namespaces must be entered before any thread exists.

#[cfg(target_os = "linux")]
mod linux;
mod spec;

pub(super) use spec::{Record, Spec};

use std::{fs, io, path::Path, process::ExitCode};

/// The hidden first argument that makes perfmod the holder of a run; the second one is the path of the specification.
pub const SANDBOX_COMMAND: &str = "__sandbox";

/// Holds the run that the file at `spec` asks for. To be called first thing in `main`, before any thread exists.
pub fn sandbox_main(spec: &Path) -> ExitCode {
    let read = || -> io::Result<(Spec, fs::File)> {
        let spec: Spec = serde_json::from_slice(&fs::read(spec)?)?;
        // Opened now: later on this process may not write there itself.
        let result = fs::File::create(&spec.result)?;
        Ok((spec, result))
    };
    let Ok((spec, result)) = read() else { return ExitCode::from(2) };
    let record = hold(&spec).unwrap_or_else(|error| Record { error: Some(error.to_string()), ..Record::default() });
    match serde_json::to_writer(io::BufWriter::new(result), &record) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(2),
    }
}

#[cfg(not(target_os = "linux"))]
fn hold(_: &Spec) -> io::Result<Record> {
    Err(io::Error::other(
        "on this system perfmod cannot keep a program's writes away from your files; it runs programs on Linux only",
    ))
}

#[cfg(target_os = "linux")]
use linux::hold;
