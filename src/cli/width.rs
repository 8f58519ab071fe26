//! How wide the terminal is.

/// The columns of the terminal behind stdout, within what reads well; 80 where there is none.
pub(super) fn of_stdout() -> usize {
    const USUAL: usize = 80;
    let told = std::env::var("COLUMNS").ok().and_then(|v| v.parse().ok());
    told.or_else(of_terminal).filter(|columns| *columns > 0).unwrap_or(USUAL).clamp(40, 100)
}

#[cfg(unix)]
fn of_terminal() -> Option<usize> {
    use std::os::fd::AsRawFd;
    // SAFETY: all zeros is a valid `winsize`, and the call writes no more than one.
    let (answer, size) = unsafe {
        let mut size: libc::winsize = std::mem::zeroed();
        (libc::ioctl(std::io::stdout().as_raw_fd(), libc::TIOCGWINSZ, &mut size), size)
    };
    (answer == 0).then_some(usize::from(size.ws_col))
}

#[cfg(not(unix))]
fn of_terminal() -> Option<usize> {
    None
}
