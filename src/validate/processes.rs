//! Looking at, and ending, the processes of a run.

use std::fs;

/// Whether a thread of the process or of one of its children computes or waits for the disk, as opposed to waiting for an
/// answer. Always `false` where the system does not tell.
pub(super) fn busy(process: i32) -> bool {
    process > 0 && cfg!(target_os = "linux") && busy_tree(process, 4)
}

fn busy_tree(process: i32, depth: usize) -> bool {
    let Ok(threads) = fs::read_dir(format!("/proc/{process}/task")) else { return false };
    for thread in threads.flatten() {
        // The state follows the name, which is in parentheses and may itself hold any of them.
        let stat = fs::read(thread.path().join("stat")).unwrap_or_default();
        let state = stat.iter().rposition(|byte| *byte == b')').and_then(|at| stat.get(at + 2));
        if matches!(state, Some(b'R' | b'D')) {
            return true;
        }
        if depth > 0
            && children_of(&thread.path().join("children")).into_iter().any(|child| busy_tree(child, depth - 1))
        {
            return true;
        }
    }
    false
}

fn children_of(list: &std::path::Path) -> Vec<i32> {
    fs::read_to_string(list).unwrap_or_default().split_whitespace().flat_map(str::parse).collect()
}

/// Kills the process group and everything that has been handed to this process as an orphan of it.
#[cfg(unix)]
pub(super) fn end(group: u32) {
    if let Ok(group) = i32::try_from(group) {
        // SAFETY: no pointers; the group was made for the program of this run.
        unsafe { libc::killpg(group, libc::SIGKILL) };
    }
    // A process that left the group became our child when its parent died: we are the subreaper.
    for _ in 0..500 {
        let threads = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
        for child in threads.flat_map(|thread| children_of(&thread.path().join("children"))) {
            // SAFETY: no pointers; a child of this process that has not been waited for cannot be somebody else's.
            unsafe { libc::kill(child, libc::SIGKILL) };
        }
        let mut status = 0;
        // SAFETY: `status` is valid for writing.
        match unsafe { libc::waitpid(-1, &mut status, libc::WNOHANG) } {
            -1 => return,
            0 => std::thread::sleep(std::time::Duration::from_millis(2)),
            _ => {}
        }
    }
}
