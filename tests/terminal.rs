//! `rewrite` on a terminal: a pseudo-terminal of 80 columns, with somebody who types slowly.

#![cfg(unix)]

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

const SCRIPT: &str = "\
import requests

names = [\"a\", \"b\", \"c\"]
for name in names:
    print(requests.get(f\"https://example.org/{name}\").text)

for name in names:
    print(name, requests.get(f\"https://a.org/{name}\").text)
";

/// A program on a terminal.
struct Terminal {
    child: std::process::Child,
    keyboard: File,
    screen: mpsc::Receiver<Vec<u8>>,
    seen: String,
}

impl Terminal {
    fn run(folder: &std::path::Path, arguments: &[&str]) -> Self {
        let (mut ours, mut theirs) = (0, 0);
        let size = libc::winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
        // SAFETY: the pointers are to integers and a size that live through the call.
        let made = unsafe { libc::openpty(&mut ours, &mut theirs, std::ptr::null_mut(), std::ptr::null_mut(), &size) };
        assert_eq!(made, 0, "{}", std::io::Error::last_os_error());
        // SAFETY: both were opened just now and belong to nobody else.
        let (ours, theirs) = unsafe { (File::from_raw_fd(ours), OwnedFd::from_raw_fd(theirs)) };
        let number = theirs.as_raw_fd();
        let side = || Stdio::from(theirs.try_clone().unwrap());
        let mut command = Command::new(env!("CARGO_BIN_EXE_perfmod"));
        command.current_dir(folder).args(arguments).env("TERM", "xterm-256color").env_remove("NO_COLOR");
        command.env_remove("COLUMNS").env_remove("CLICOLOR").stdin(side()).stdout(side()).stderr(side());
        // SAFETY: only calls that may be made between fork and exec.
        unsafe {
            command.pre_exec(move || {
                libc::setsid();
                libc::ioctl(number, libc::TIOCSCTTY, 0);
                Ok(())
            });
        }
        let child = command.spawn().unwrap();
        drop(command);
        let mut reader = ours.try_clone().unwrap();
        let (send, screen) = mpsc::channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(n @ 1..) = reader.read(&mut buffer) {
                if send.send(buffer[..n].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self { child, keyboard: ours, screen, seen: String::new() }
    }

    /// Waits until the screen shows something for the n-th time.
    fn until(&mut self, words: &str, times: usize) {
        let begun = Instant::now();
        while self.seen.matches(words).count() < times {
            assert!(begun.elapsed() < Duration::from_secs(60), "`{words}` does not come:\n{}", self.seen);
            if let Ok(bytes) = self.screen.recv_timeout(Duration::from_millis(100)) {
                self.seen.push_str(&String::from_utf8_lossy(&bytes));
            }
        }
    }

    /// Types, a key at a time.
    fn types(&mut self, keys: &str) {
        for key in keys.bytes() {
            self.keyboard.write_all(&[key]).unwrap();
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    fn end(mut self) -> (std::process::ExitStatus, String) {
        let status = self.child.wait().unwrap();
        while let Ok(bytes) = self.screen.recv_timeout(Duration::from_millis(300)) {
            self.seen.push_str(&String::from_utf8_lossy(&bytes));
        }
        (status, self.seen)
    }
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.py"), SCRIPT).unwrap();
    folder
}

#[test]
fn on_a_terminal_patches_are_asked_about() {
    let folder = folder();
    let mut terminal = Terminal::run(folder.path(), &["rewrite", "a.py", "--no-validate"]);
    terminal.until("[y,n,e,?,d,a,q]? ", 1);
    // Corrected with a backspace, as terminals let one.
    terminal.types("yy\x7f\n");
    terminal.until("[y,n,e,?,d,a,q]? ", 2);
    terminal.types("?\n");
    terminal.until("[y,n,e,?,d,a,q]? ", 3);
    terminal.types("n\n");
    let (status, seen) = terminal.end();
    assert!(status.success(), "{seen}");
    assert!(seen.contains("applied 1 patch"), "{seen}");
    assert!(seen.contains("\u{1b}[7m") || seen.contains(";7m"), "no word stands out: {seen:?}");
    let plain = anstream::adapter::strip_str(&seen).to_string();
    let too_long: Vec<&str> = plain.lines().filter(|line| line.trim_end().chars().count() > 80).collect();
    assert!(too_long.is_empty(), "{too_long:?}");
    let after = std::fs::read_to_string(folder.path().join("a.py")).unwrap();
    assert_eq!(after.matches("ahead(").count(), 1, "{after}");
}

#[test]
fn an_interrupt_leaves_the_file_that_is_asked_about_alone() {
    let folder = folder();
    let mut terminal = Terminal::run(folder.path(), &["rewrite", "a.py", "--no-validate", "--color", "never"]);
    terminal.until("[y,n,e,?,d,a,q]? ", 1);
    terminal.types("y\n");
    terminal.until("[y,n,e,?,d,a,q]? ", 2);
    terminal.types("\x03");
    let (status, seen) = terminal.end();
    assert!(!seen.contains('\u{1b}'), "{seen:?}");
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    assert!(status.code() == Some(130) || signal == Some(libc::SIGINT), "{status:?}");
    assert_eq!(std::fs::read_to_string(folder.path().join("a.py")).unwrap(), SCRIPT);
}
