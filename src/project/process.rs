//! Running a helper program with a time limit.
//!
//! Input and output go through unnamed temporary files, not pipes: nothing can block on a full pipe, and a grandchild
//! that keeps its output open cannot keep us waiting.

use std::{
    fs::File,
    io::{self, Read, Seek, Write},
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

/// What a finished helper left behind.
pub(super) struct Finished {
    pub status: ExitStatus,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

impl Finished {
    /// The last `count` non-empty lines of stderr, or of stdout where stderr is empty.
    pub fn last_lines(&self, count: usize) -> String {
        let source = if self.stderr.iter().all(u8::is_ascii_whitespace) { &self.stdout } else { &self.stderr };
        let text = String::from_utf8_lossy(source);
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        lines[lines.len().saturating_sub(count)..].join("\n")
    }
}

/// Runs `command` with `input` on its stdin. The error kind is `TimedOut` where it took longer than `limit`.
pub(super) fn run(command: &mut Command, input: &[u8], limit: Duration) -> io::Result<Finished> {
    let mut stdin = tempfile::tempfile()?;
    stdin.write_all(input)?;
    stdin.rewind()?;
    let (stdout, stderr) = (tempfile::tempfile()?, tempfile::tempfile()?);
    command.stdin(stdin).stdout(Stdio::from(stdout.try_clone()?)).stderr(Stdio::from(stderr.try_clone()?));
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    let mut child = command.spawn()?;
    let status = wait(&mut child, limit)?;
    Ok(Finished { status, stdout: read_back(stdout)?, stderr: read_back(stderr)? })
}

fn wait(child: &mut Child, limit: Duration) -> io::Result<ExitStatus> {
    let start = Instant::now();
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if start.elapsed() > limit {
            end(child)?;
            return Err(io::Error::new(io::ErrorKind::TimedOut, format!("no end after {} s", limit.as_secs())));
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

/// Ends a child that leads a process group of its own, and the group.
pub(super) fn end(child: &mut Child) -> io::Result<()> {
    #[cfg(unix)]
    if let Ok(group) = i32::try_from(child.id()) {
        // SAFETY: killpg takes no pointers; the group is the one that was made for this child.
        unsafe { libc::killpg(group, libc::SIGKILL) };
    }
    child.kill()?;
    child.wait().map(|_| ())
}

fn read_back(mut file: File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn feeds_input_and_returns_output() {
        let done =
            run(Command::new("sh").args(["-c", "cat; echo oops >&2; exit 3"]), b"hello", Duration::from_secs(10));
        let done = done.expect("sh runs");
        assert_eq!((done.stdout.as_slice(), done.status.code()), (&b"hello"[..], Some(3)));
        assert_eq!(done.last_lines(2), "oops");
    }

    #[test]
    fn ends_what_does_not_end_by_itself() {
        let start = Instant::now();
        let result = run(Command::new("sh").args(["-c", "sleep 30 & sleep 30"]), b"", Duration::from_millis(100));
        assert_eq!(result.err().map(|error| error.kind()), Some(io::ErrorKind::TimedOut));
        assert!(start.elapsed() < Duration::from_secs(10));
    }
}
