//! The terminal: taken on entry, given back on every way out, panic included (tui 3.8).

use std::io::{self, Write, stdout};
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::style::Print;
use crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, SetTitle,
    disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;

use super::state::State;
use super::{suspension, view};

/// Asks the terminal to remember its title, and to take it back (`XTWINOPS` 22 and 23).
const PUSH_TITLE: &str = "\u{1b}[22;0t";
const POP_TITLE: &str = "\u{1b}[23;0t";

/// The terminal is in our hands now.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// The terminal in our hands. Dropping it gives it back.
pub(super) struct Screen {
    terminal: Terminal<CrosstermBackend<Paper>>,
}

/// Standard output while the terminal is ours. After that nothing is written, and nothing fails: ratatui prints to standard
/// error when it cannot show the cursor as it is dropped, which panics where the terminal has gone away.
struct Paper;

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if TAKEN.load(Ordering::SeqCst) { stdout().write(bytes) } else { Ok(bytes.len()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        if TAKEN.load(Ordering::SeqCst) { stdout().flush() } else { Ok(()) }
    }
}

impl Screen {
    /// Takes the terminal: raw mode, alternate screen, pasted text as text.
    pub(super) fn take() -> io::Result<Self> {
        report_panics();
        TAKEN.store(true, Ordering::SeqCst);
        let taken = Self::enter();
        if taken.is_err() {
            give_back();
        }
        taken
    }

    fn enter() -> io::Result<Self> {
        hold()?;
        Ok(Self { terminal: Terminal::new(CrosstermBackend::new(Paper))? })
    }

    /// Gives the terminal back, stops the process, and takes the terminal again when it is continued.
    pub(super) fn step_aside(&mut self) -> io::Result<()> {
        give_back();
        suspension::stop()?;
        TAKEN.store(true, Ordering::SeqCst);
        hold()?;
        self.clear()
    }

    /// Takes again what is ours: whoever had the terminal while we were stopped, without our giving it back, has set its
    /// modes to their liking.
    pub(super) fn come_back(&mut self) -> io::Result<()> {
        // Set anew only when they are not thought to be set.
        disable_raw_mode()?;
        enable_raw_mode()?;
        execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste, cursor::Hide)?;
        self.clear()
    }

    /// Draws one frame, shown at once.
    pub(super) fn draw(&mut self, state: &State) -> io::Result<()> {
        execute!(Paper, BeginSynchronizedUpdate)?;
        self.terminal.draw(|frame| view::draw(frame, state))?;
        execute!(Paper, EndSynchronizedUpdate)
    }

    /// Forgets what stands on the screen, so that the next frame draws all of it.
    ///
    /// Not by `Terminal::clear`: it asks the terminal where its cursor is, and the answer would go to the keys' stream,
    /// which holds standard input. Nothing may ask the terminal anything while that stream lives.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        let size = self.terminal.size()?;
        self.terminal.resize(size.into())
    }

    /// Columns and rows.
    pub(super) fn size(&self) -> io::Result<(u16, u16)> {
        let size = self.terminal.size()?;
        Ok((size.width, size.height))
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

fn hold() -> io::Result<()> {
    enable_raw_mode()?;
    execute!(
        stdout(),
        EnterAlternateScreen,
        EnableBracketedPaste,
        cursor::Hide,
        Print(PUSH_TITLE),
        SetTitle("kashsync")
    )
}

/// A panic on the screen's thread gives the terminal back before it is reported. One on another thread must not: the
/// screen lives on and says that the engine has gone; the report goes to the log file, where it disturbs no picture.
fn report_panics() {
    let previous = std::panic::take_hook();
    let ours = std::thread::current().id();
    std::panic::set_hook(Box::new(move |panic| {
        if TAKEN.load(Ordering::SeqCst) && std::thread::current().id() != ours {
            tracing::error!("{panic}");
            return;
        }
        give_back();
        previous(panic);
    }));
}

/// Gives the terminal back, once. Best effort: on the way out there is nobody left to tell.
pub(super) fn give_back() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let _ =
            execute!(stdout(), DisableBracketedPaste, Print(POP_TITLE), cursor::Show, LeaveAlternateScreen);
        let _ = disable_raw_mode();
    }
}
