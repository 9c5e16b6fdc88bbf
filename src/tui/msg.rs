//! Everything that can change the screen's state.

use crossterm::event::KeyEvent;
use jiff::Timestamp;

use crate::engine::event::Event;

/// What happened.
#[derive(Debug, Clone)]
pub enum Msg {
    /// A key was pressed, at that time.
    Key(KeyEvent, Timestamp),
    /// Text was pasted.
    Paste(String),
    /// The terminal has another size.
    Resized(u16, u16),
    /// The engine tells something, taken in at that time.
    Engine(Event, Timestamp),
    /// The engine's channel has closed.
    EngineGone,
    /// Time passed; only sent while something on the screen counts down.
    Beat(Timestamp),
    /// A web address could not be opened; it is shown instead.
    NotOpened(String),
    /// The program is asked to end, by a signal.
    Terminate,
    /// It is asked to stop for a while, by a signal.
    Stop,
    /// It goes on after it was stopped.
    Continued,
}
