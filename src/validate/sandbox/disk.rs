//! A disk that fills up: a small one of the run's own, and outputs that do not lie on it.

use super::{Run, linux::MAX_SMALL};
use crate::validate::copy;
use std::{
    fs,
    io::{self, Read, Write},
    os::fd::{AsRawFd, FromRawFd},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

const BALLAST: &str = "ballast";

/// The small disk of one run, as far as the system lets it be one: elsewhere it is a folder.
pub(super) struct Disk<'a> {
    run: &'a Run,
    mounted: bool,
}

impl<'a> Disk<'a> {
    /// Copies onto the disk what the run works on; nothing where it does not ask for one.
    pub fn new(run: &'a Run, mounted: bool) -> io::Result<Self> {
        for (staged, inside) in &run.small {
            fs::create_dir_all(inside)?;
            copy::into(staged, inside).map_err(io::Error::other)?;
        }
        Ok(Self { run, mounted: mounted && !run.small.is_empty() })
    }

    /// Whether it is a disk of its own.
    pub fn is_real(&self) -> bool {
        self.mounted
    }

    /// From now on nothing more can be written by the program `process`.
    pub fn fill(&self, process: i32) {
        if self.mounted {
            let _ = self.run.small.first().and_then(|(_, inside)| inside.parent()).map(fill);
        }
        // What is left of the last block of a file would still take what is appended.
        let most = u64::from(self.mounted);
        let nothing = libc::rlimit { rlim_cur: most, rlim_max: most };
        // SAFETY: `nothing` is valid for reading, and nothing is written.
        unsafe { libc::prlimit(process, libc::RLIMIT_FSIZE, &nothing, std::ptr::null_mut()) };
    }

    /// Brings back what the run left there. Nothing of it runs any more.
    pub fn empty(&self) -> io::Result<()> {
        let Some(top) = self.run.small.first().and_then(|(_, inside)| inside.parent()) else { return Ok(()) };
        let _ = fs::remove_file(top.join(BALLAST));
        for (staged, inside) in &self.run.small {
            copy::clear(staged)?;
            copy::into(inside, staged).map_err(io::Error::other)?;
        }
        fs::remove_dir_all(top)
    }
}

/// Takes all space that is left.
fn fill(folder: &Path) -> io::Result<()> {
    let mut file = fs::File::create(folder.join(BALLAST))?;
    let mut left = i64::try_from(MAX_SMALL).unwrap_or(i64::MAX);
    let mut at = 0;
    while left >= 4096 {
        // SAFETY: no pointers; the file is open.
        if unsafe { libc::fallocate(file.as_raw_fd(), 0, at, left) } == 0 {
            at += left;
        } else {
            left /= 2;
        }
    }
    // Whatever does not come in whole steps.
    io::Seek::seek(&mut file, io::SeekFrom::End(0))?;
    while file.write(&[0; 4096])? > 0 {}
    Ok(())
}

/// Pipes in place of the files that take a program's output: a limit on files does not reach them.
pub(super) struct Pipes {
    over: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Pipes {
    /// A pipe: the end to read from, which does not wait, and the one to write to.
    pub fn pair() -> io::Result<(fs::File, fs::File)> {
        let mut ends = [0; 2];
        // SAFETY: there is room for two descriptors, which are owned by nobody else.
        let (reader, writer) = unsafe {
            if libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) != 0 {
                return Err(io::Error::last_os_error());
            }
            libc::fcntl(ends[0], libc::F_SETFL, libc::O_NONBLOCK);
            (fs::File::from_raw_fd(ends[0]), fs::File::from_raw_fd(ends[1]))
        };
        Ok((reader, writer))
    }

    /// Puts named pipes in the places of the run's outputs.
    pub fn named(run: &mut Run) -> io::Result<Self> {
        let mut ends = Vec::new();
        for path in [&mut run.stdout, &mut run.stderr] {
            let file = fs::OpenOptions::new().append(true).open(&path)?;
            path.as_mut_os_string().push(".pipe");
            let name = std::ffi::CString::new(path.as_os_str().as_encoded_bytes())?;
            // SAFETY: the name is terminated.
            if unsafe { libc::mkfifo(name.as_ptr(), 0o600) } != 0 {
                return Err(io::Error::last_os_error());
            }
            let mut options = fs::OpenOptions::new();
            std::os::unix::fs::OpenOptionsExt::custom_flags(options.read(true), libc::O_NONBLOCK);
            ends.push((options.open(&path)?, file));
        }
        Ok(Self::copying(ends))
    }

    /// Copies from pipes to files until `finish`.
    pub fn copying(ends: Vec<(fs::File, fs::File)>) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let threads = ends.into_iter().map(|(pipe, file)| {
            let over = over.clone();
            std::thread::spawn(move || drain(pipe, file, &over))
        });
        Self { threads: threads.collect(), over }
    }

    /// Nobody writes any more: waits until everything has arrived.
    pub fn finish(self) {
        self.over.store(true, Ordering::Release);
        self.threads.into_iter().for_each(|thread| drop(thread.join()));
    }
}

fn drain(mut pipe: fs::File, mut file: fs::File, over: &AtomicBool) {
    let mut bytes = vec![0; 64 * 1024];
    loop {
        let last = over.load(Ordering::Acquire);
        match pipe.read(&mut bytes) {
            Ok(count) if count > 0 => {
                let _ = bytes.get(..count).map(|bytes| file.write_all(bytes));
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // Empty, or nobody has opened it yet.
            _ if last => return,
            _ => std::thread::sleep(Duration::from_millis(1)),
        }
    }
}
