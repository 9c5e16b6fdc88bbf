//! Signals: the first one ends things in order, the second one at once (design 4.1, exit codes).

use std::io;

use super::exit::Exit;

/// A request to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Ctrl-C.
    Interrupt,
    /// SIGTERM.
    Terminate,
    /// SIGHUP: the terminal has gone away.
    HangUp,
}

impl Signal {
    /// How a process that it ends exits.
    pub fn exit(self) -> Exit {
        match self {
            Self::Interrupt => Exit::Interrupted,
            Self::Terminate => Exit::Terminated,
            Self::HangUp => Exit::HungUp,
        }
    }
}

/// The signals of this process. While it lives they no longer end the process by themselves. Needs a tokio runtime.
#[cfg(unix)]
#[derive(Debug)]
pub struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    /// None where whoever started us wants us to outlive the terminal (`nohup`).
    hang_up: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Signals {
    /// Takes the signals over.
    pub fn take() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: if hang_up_is_ignored() { None } else { Some(signal(SignalKind::hangup())?) },
        })
    }

    /// The same for a process with a screen, which never outlives its terminal: without one there is nobody to show
    /// anything to, and nobody who could end it.
    pub fn take_with_screen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { hang_up: Some(signal(SignalKind::hangup())?), ..Self::take()? })
    }

    /// Waits for the next one. May be dropped and called again without losing any.
    pub async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.terminate.recv() => Signal::Terminate,
            Some(()) = next_of(self.hang_up.as_mut()) => {
                // A terminal that goes away tells the session and the job, and we may be both: that is no second request.
                self.hang_up = None;
                Signal::HangUp
            }
        }
    }
}

#[cfg(unix)]
async fn next_of(signal: Option<&mut tokio::signal::unix::Signal>) -> Option<()> {
    signal?.recv().await
}

/// Whether SIGHUP was ignored when this process was started, as far as the system tells (Linux).
#[cfg(unix)]
fn hang_up_is_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    // Bit 0 is signal 1, SIGHUP (proc(5)).
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

/// Ctrl-C, where there are no other signals.
#[cfg(not(unix))]
#[derive(Debug)]
pub struct Signals;

#[cfg(not(unix))]
impl Signals {
    /// Takes Ctrl-C over.
    pub fn take() -> io::Result<Self> {
        Ok(Self)
    }

    /// The same.
    pub fn take_with_screen() -> io::Result<Self> {
        Self::take()
    }

    /// Waits for the next one.
    pub async fn next(&mut self) -> Signal {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        Signal::Interrupt
    }
}

/// What a terminal and its shell tell a screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScreenSignal {
    /// SIGTSTP: stop for a while.
    Stop,
    /// SIGCONT: it goes on.
    Continued,
    /// SIGWINCH: the terminal has another size.
    Resized,
}

/// The signals that a screen gets from its terminal and its shell. While it lives a SIGTSTP no longer stops the process by
/// itself. Needs a tokio runtime.
#[cfg(unix)]
#[derive(Debug)]
pub struct ScreenSignals {
    stop: tokio::signal::unix::Signal,
    continued: tokio::signal::unix::Signal,
    resized: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl ScreenSignals {
    /// Takes the signals over.
    pub fn take() -> io::Result<Self> {
        use rustix::process::Signal;
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            stop: signal(SignalKind::from_raw(Signal::TSTP.as_raw()))?,
            continued: signal(SignalKind::from_raw(Signal::CONT.as_raw()))?,
            resized: signal(SignalKind::window_change())?,
        })
    }

    /// Waits for the next one. May be dropped and called again without losing any.
    pub async fn next(&mut self) -> ScreenSignal {
        tokio::select! {
            _ = self.stop.recv() => ScreenSignal::Stop,
            _ = self.continued.recv() => ScreenSignal::Continued,
            _ = self.resized.recv() => ScreenSignal::Resized,
        }
    }
}

/// There are no such signals here.
#[cfg(not(unix))]
#[derive(Debug)]
pub struct ScreenSignals;

#[cfg(not(unix))]
impl ScreenSignals {
    /// Takes nothing.
    pub fn take() -> io::Result<Self> {
        Ok(Self)
    }

    /// Waits for ever.
    pub async fn next(&mut self) -> ScreenSignal {
        std::future::pending().await
    }
}
