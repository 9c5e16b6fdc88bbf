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
    /// Leave.
    Quit,
}
