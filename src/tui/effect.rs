//! What the screen asks the world to do. The only way out of `update`.

use crate::engine::command::Command;

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Send a command to the engine.
    Send(Command),
    /// Open a web address, built by us (design B24).
    Open(String),
    /// Draw the whole screen anew.
    Redraw,
    /// Ask the shell to stop this program and whatever runs with it, as ctrl-z does elsewhere.
    Suspend,
    /// Give the terminal back, stop, and take it again once continued.
    StepAside,
    /// Take the terminal again: it may have been changed while we were stopped.
    ComeBack,
    /// Leave.
    Quit,
}
