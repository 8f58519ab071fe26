//! Namespaces by bubblewrap: some systems let it into them and not perfmod (Ubuntu's AppArmor knows programs by name).

use super::{SANDBOX_COMMAND, Spec, linux};
use std::{
    env,
    ffi::OsString,
    io,
    os::unix::process::CommandExt,
    path::Path,
    process::{Command, Stdio},
};

/// Says, inside, that this is inside. The holder's environment is empty otherwise, and no program gets it.
const INSIDE: &str = "PERFMOD_BUBBLE";

/// Whether bubblewrap has cut this process off already.
pub(super) fn is_inside() -> bool {
    env::var_os(INSIDE).is_some()
}

/// Starts this process again below bubblewrap, where perfmod may not enter namespaces and bubblewrap may. Comes back where
/// that is not so. To be called first thing, before any thread exists.
pub(super) fn enter(spec: &Spec, at: &Path) -> io::Result<()> {
    let Some(bubblewrap) = spec.bubblewrap.as_ref().filter(|_| spec.namespaced && !is_inside()) else { return Ok(()) };
    if !spec.bubblewrapped && linux::may_enter() {
        return Ok(());
    }
    let mut words: Vec<OsString> = [
        "--die-with-parent",
        "--unshare-user",
        "--unshare-net",
        "--unshare-ipc",
        "--cap-drop",
        "ALL",
        "--ro-bind",
        "/",
        "/",
        "--dev-bind",
        "/dev",
        "/dev",
        "--tmpfs",
        "/dev/shm",
    ]
    .map(OsString::from)
    .to_vec();
    // The folder that all others lie in: the certificate and the outputs are written from below, too.
    if let Some(folder) = at.parent() {
        words.extend(["--bind".into(), folder.into(), folder.into()]);
    }
    words.extend(["--setenv", INSIDE, "1", "--"].map(OsString::from));
    let program = env::current_exe()?;
    // Tried first: where it is denied, too, the next best is to be had without it.
    let mut tried = Command::new(bubblewrap);
    tried.args(&words).arg("true").env("PATH", "/usr/bin:/bin");
    let tried = tried.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !tried.is_ok_and(|status| status.success()) {
        return Ok(());
    }
    Err(Command::new(bubblewrap).args(&words).arg(program).arg(SANDBOX_COMMAND).arg(at).exec())
}
