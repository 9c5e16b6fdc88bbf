//! Stopping for a while and going on (`ctrl-z`, `fg`), where there is a shell that can continue what is stopped.

use std::io;

/// Whether somebody can continue this process. One that was started without a shell's job control, such as by
/// `xterm -e kashsync`, belongs to the process group of its session, and would stop for good.
#[cfg(unix)]
pub(super) fn is_possible() -> bool {
    rustix::process::getsid(None).is_ok_and(|session| session != rustix::process::getpgrp())
}

/// Asks for it as the terminal does elsewhere: the signal goes to the whole job, so that a script around us stops too. It
/// comes back to us as a request.
#[cfg(unix)]
pub(super) fn ask() -> io::Result<()> {
    if is_possible() {
        rustix::process::kill_current_process_group(rustix::process::Signal::TSTP)?;
    }
    Ok(())
}

/// Stops this process; returns when it is continued.
#[cfg(unix)]
pub(super) fn stop() -> io::Result<()> {
    Ok(rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::STOP)?)
}

/// There is no such thing here.
#[cfg(not(unix))]
pub(super) fn is_possible() -> bool {
    false
}

/// There is no such thing here.
#[cfg(not(unix))]
pub(super) fn ask() -> io::Result<()> {
    Ok(())
}

/// There is no such thing here.
#[cfg(not(unix))]
pub(super) fn stop() -> io::Result<()> {
    Ok(())
}
