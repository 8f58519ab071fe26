//! Namespaces, Landlock, limits.

use super::{Spec, bubble};
use landlock::{
    ABI, Access, AccessFs, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetStatus, Scope,
    path_beneath_rules,
};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Largest file that a run may write, bytes.
const MAX_FILE: u64 = 1 << 30;
/// Open files that a run may have, where the machine allows as many.
const MAX_OPEN: u64 = 65_536;
/// Processes and threads of the holders of one user namespace. The kernel holds root to no such limit.
const MAX_PROCESSES: u64 = 8192;

/// Bytes of the disk that is to be filled. They are taken of the memory, when that happens.
pub(super) const MAX_SMALL: u64 = 4 * super::SMALL;

const NO_LANDLOCK: &str = "there is no Landlock here, so a run could not be kept from writing to your files";

/// How far a holder has cut itself off.
pub(super) struct Isolation {
    pub words: String,
    /// `/dev/shm` is its own.
    pub private_shm: bool,
    /// The small disk is one.
    pub small: bool,
    /// What it starts can be restricted further by Landlock.
    pub landlocked: bool,
}

/// Cuts this process off from the machine and, where it is to be `namespaced`, from the network; it and all that it starts write only below `writable`.
/// `small` becomes a disk of its own, where that can be.
pub(super) fn cut_off(spec: &Spec) -> io::Result<Isolation> {
    let (writable, namespaced, small) = (spec.writable.as_slice(), spec.namespaced, spec.small.as_deref());
    let mut words = Vec::new();
    die_with_parent();
    let inside = bubble::is_inside();
    let cut = if inside {
        Ok(())
    } else if namespaced {
        tried(namespaces).and_then(|()| namespaces())
    } else {
        Err(io::Error::other("as was asked for"))
    };
    match &cut {
        Ok(()) if inside => words.push("own network namespace (loopback only), by bubblewrap".to_owned()),
        Ok(()) => words.push("own network namespace (loopback only)".to_owned()),
        Err(error) => words.push(format!("network not cut off ({error}), so only what honours the proxy is caught")),
    }
    let private_shm = inside || cut.is_ok() && in_memory(Path::new("/dev/shm"), 256 << 20).is_ok();
    let small = !inside && cut.is_ok() && small.is_some_and(|small| in_memory(small, MAX_SMALL).is_ok());
    // Landlock keeps contents and names, and not the rights and times of a file.
    let kept = cut.as_ref().map_err(|_| io::Error::other("no mounts of its own")).and_then(|()| {
        if inside {
            return Ok(());
        }
        let own_mounts = |writable: &[PathBuf]| {
            // SAFETY: the call takes no pointers.
            if unsafe { libc::unshare(libc::CLONE_NEWNS) } != 0 {
                return Err(io::Error::last_os_error());
            }
            read_only(writable)
        };
        tried(|| own_mounts(writable))?;
        read_only(writable)
    });
    let read_only = kept.is_ok();
    words.push(match kept {
        Ok(()) => "everything but the copy mounted read-only".to_owned(),
        Err(error) => format!("rights and times of files outside the copy not protected ({error})"),
    });
    let landlocked = match if spec.landlocked { landlock(writable) } else { Err(io::Error::other(NO_LANDLOCK)) } {
        Ok(told) => {
            words.push(told.to_owned());
            true
        }
        // The mounts keep the user's files as they are, and a program without rights cannot change them back.
        Err(_) if read_only && drop_rights().is_ok() => {
            words.push("no Landlock, so runs of one version could write to each other's folders".to_owned());
            false
        }
        Err(error) => return Err(error),
    };
    if !private_shm {
        words.push("/dev/shm shared with the machine".to_owned());
    }
    words.push("private HOME and TMPDIR, environment scrubbed".to_owned());
    limits(cut.is_ok());
    // Entering a namespace changes credentials, which forgets the first request.
    die_with_parent();
    // SAFETY: prctl with this option takes no pointers.
    unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1) };
    Ok(Isolation { words: words.join(", "), private_shm, small, landlocked })
}

fn die_with_parent() {
    // SAFETY: prctl with this option takes no pointers.
    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
}

/// Whether something can be done, all the way: tried in a child, for there is no way back from half of it (some systems let
/// a process into a namespace and then take the rights that it needs there).
fn tried(step: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    // SAFETY: there is one thread, so the child may do what this process may; it ends without running any destructor.
    unsafe {
        match libc::fork() {
            -1 => Err(io::Error::last_os_error()),
            0 => libc::_exit(step().err().map_or(0, |error| error.raw_os_error().unwrap_or(libc::EPERM))),
            child => {
                let mut status = 0;
                while libc::waitpid(child, &mut status, 0) < 0 {
                    let error = io::Error::last_os_error();
                    if error.kind() != io::ErrorKind::Interrupted {
                        return Err(error);
                    }
                }
                match (libc::WIFEXITED(status), libc::WEXITSTATUS(status)) {
                    (true, 0) => Ok(()),
                    (true, error) => Err(io::Error::from_raw_os_error(error)),
                    _ => Err(io::Error::from_raw_os_error(libc::EPERM)),
                }
            }
        }
    }
}

/// Whether this process may enter namespaces of its own.
pub(super) fn may_enter() -> bool {
    tried(namespaces).is_ok()
}

/// Enters a user namespace of our own, with a network in which there is only loopback.
fn namespaces() -> io::Result<()> {
    // SAFETY: these calls take no pointers.
    let (user, group) = unsafe { (libc::geteuid(), libc::getegid()) };
    let flags = libc::CLONE_NEWUSER | libc::CLONE_NEWNET | libc::CLONE_NEWNS | libc::CLONE_NEWIPC;
    // SAFETY: as above; there is no other thread yet.
    if unsafe { libc::unshare(flags) } != 0 {
        return Err(io::Error::last_os_error());
    }
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("{user} {user} 1"))?;
    fs::write("/proc/self/gid_map", format!("{group} {group} 1"))?;
    loopback_up()
}

fn loopback_up() -> io::Result<()> {
    // SAFETY: the request is a plain C structure for which zero is valid; the descriptor is closed on every path.
    unsafe {
        let socket = libc::socket(libc::AF_INET, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC, 0);
        if socket < 0 {
            return Err(io::Error::last_os_error());
        }
        let mut request: libc::ifreq = std::mem::zeroed();
        for (slot, byte) in request.ifr_name.iter_mut().zip(*b"lo") {
            *slot = byte as libc::c_char;
        }
        request.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_RUNNING) as libc::c_short;
        let done = libc::ioctl(socket, libc::SIOCSIFFLAGS as _, &request);
        let error = io::Error::last_os_error();
        libc::close(socket);
        if done == 0 { Ok(()) } else { Err(error) }
    }
}

/// Mounts a folder of our own that lies in memory.
fn in_memory(folder: &Path, bytes: u64) -> io::Result<()> {
    use std::{ffi::CString, os::unix::ffi::OsStrExt};
    let (folder, size) = (CString::new(folder.as_os_str().as_bytes())?, CString::new(format!("size={bytes}"))?);
    let flags = libc::MS_NOSUID | libc::MS_NODEV;
    // SAFETY: all pointers are to terminated strings.
    let done =
        unsafe { libc::mount(c"perfmod".as_ptr(), folder.as_ptr(), c"tmpfs".as_ptr(), flags, size.as_ptr().cast()) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// The kernel's `struct mount_attr`.
#[repr(C)]
struct MountAttributes {
    set: u64,
    clear: u64,
    propagation: u64,
    user_namespace: u64,
}

/// Makes all mounts of this mount namespace read-only but those folders and `/dev/shm`.
fn read_only(writable: &[PathBuf]) -> io::Result<()> {
    use std::{ffi::CString, os::unix::ffi::OsStrExt, ptr};
    let folders: Vec<CString> =
        writable.iter().map(|folder| CString::new(folder.as_os_str().as_bytes())).collect::<Result<_, _>>()?;
    let done = |result: i64| if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) };
    let attributes = |path: &std::ffi::CStr, set: u64, clear: u64, flags: i32| {
        let attributes = MountAttributes { set, clear, propagation: 0, user_namespace: 0 };
        let size = size_of::<MountAttributes>();
        // SAFETY: the path is terminated, and the structure is valid for reading and of the size that is told.
        done(unsafe {
            libc::syscall(
                libc::SYS_mount_setattr,
                libc::AT_FDCWD,
                path.as_ptr(),
                flags,
                ptr::from_ref(&attributes),
                size,
            )
        })
    };
    for folder in &folders {
        // SAFETY: both paths are terminated, and the others may be null for a bind mount.
        done(i64::from(unsafe {
            libc::mount(folder.as_ptr(), folder.as_ptr(), ptr::null(), libc::MS_BIND | libc::MS_REC, ptr::null())
        }))?;
    }
    attributes(c"/", libc::MOUNT_ATTR_RDONLY, 0, libc::AT_RECURSIVE)?;
    for folder in &folders {
        attributes(folder, 0, libc::MOUNT_ATTR_RDONLY, libc::AT_RECURSIVE)?;
    }
    // Without a mount of its own it is the machine's, which others write to.
    let _ = attributes(c"/dev/shm", 0, libc::MOUNT_ATTR_RDONLY, 0);
    Ok(())
}

/// From here on this process and all that it starts read everywhere and write only below these folders.
fn landlock(writable: &[PathBuf]) -> io::Result<&'static str> {
    let abi = ABI::V3;
    let enforce = || -> Result<RulesetStatus, landlock::RulesetError> {
        let mut writable: Vec<&std::path::Path> = writable.iter().map(AsRef::as_ref).collect();
        // Semaphores of process pools live there. Where it could not be made private it is open all the same: a rewriting
        // that uses a pool must not look wrong for it.
        writable.push("/dev/shm".as_ref());
        let devices = ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty"];
        let status = Ruleset::default()
            .set_compatibility(CompatLevel::BestEffort)
            .handle_access(AccessFs::from_all(abi))?
            // Signals reach only processes of the same run, where the kernel can see to that.
            .scope(Scope::Signal)?
            .create()?
            .add_rules(path_beneath_rules(["/"], AccessFs::from_read(abi)))?
            .add_rules(path_beneath_rules(devices, AccessFs::from_file(abi)))?
            .add_rules(path_beneath_rules(writable, AccessFs::from_all(abi)))?
            .restrict_self()?;
        Ok(status.ruleset)
    };
    match enforce() {
        Ok(RulesetStatus::FullyEnforced) => Ok("Landlock (writes in the copy only)"),
        Ok(RulesetStatus::PartiallyEnforced) => Ok("Landlock as far as this kernel has it (writes in the copy only)"),
        // A program that deletes its input would delete the user's: better no run than that one.
        Ok(RulesetStatus::NotEnforced) => Err(io::Error::other(NO_LANDLOCK)),
        Err(error) => Err(io::Error::other(format!("Landlock could not be set up: {error}"))),
    }
}

/// No program that is started from here on has a capability, whoever it runs as, so that none can mount anything.
fn drop_rights() -> io::Result<()> {
    // SAFETY: these calls take no pointers. What is behind the last capability is not there.
    unsafe {
        for right in 0..64 {
            let there = libc::prctl(libc::PR_CAPBSET_READ, right, 0, 0, 0) == 1;
            if there && libc::prctl(libc::PR_CAPBSET_DROP, right, 0, 0, 0) != 0 {
                return Err(io::Error::last_os_error());
            }
        }
        libc::prctl(libc::PR_CAP_AMBIENT, libc::PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    }
    Ok(())
}

/// The machine's memory, bytes.
fn memory() -> Option<u64> {
    let all = fs::read_to_string("/proc/meminfo").ok()?;
    let line = all.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// No core dumps, no endless files, not all of the memory for one process, not endlessly many processes; as many open
/// files as there may be.
fn limits(own_user_namespace: bool) {
    let set = |resource, soft: u64| {
        let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        // SAFETY: `limit` is valid for reading and writing. A limit that cannot be set is not set.
        unsafe {
            if libc::getrlimit(resource, &mut limit) == 0 {
                limit.rlim_cur = limit.rlim_max.min(soft);
                libc::setrlimit(resource, &limit);
            }
        }
    };
    set(libc::RLIMIT_CORE, 0);
    set(libc::RLIMIT_FSIZE, MAX_FILE);
    set(libc::RLIMIT_NOFILE, MAX_OPEN);
    if let Some(memory) = memory() {
        set(libc::RLIMIT_DATA, memory / 4 * 3);
    }
    if own_user_namespace {
        // Elsewhere the user's other processes would count too.
        set(libc::RLIMIT_NPROC, MAX_PROCESSES);
    }
}
