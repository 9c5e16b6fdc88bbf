//! Asking a person at the terminal for a line, without showing what is typed where it is a secret.
//!
//! Prompts go to standard error: standard output is the command's. The terminal stays silent from the first question of a
//! sitting to its end, so that nothing typed ahead shows either, and is given back on every way out.

use std::io::{self, IsTerminal, Write, stderr, stdin};

use crossterm::event::{Event, EventStream, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use futures_util::StreamExt;
use secrecy::SecretString;
use unicode_width::UnicodeWidthChar;
use zeroize::{Zeroize, Zeroizing};

use super::signal::{Signal, Signals};
use crate::domain::safe::Safe;

/// The longest line. Room for it is there from the start: a text that grows leaves copies of itself behind.
const LONGEST: usize = 4_096;

/// Whether what is typed is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Echo {
    /// It is.
    Shown,
    /// Nothing is, not even how long it is.
    Hidden,
}

/// What came of a question.
#[derive(Debug)]
pub enum Asked {
    /// A line, which may be empty.
    Line(SecretString),
    /// The person or the system wants the process to end.
    Ended(Signal),
}

/// Whether there is a person to ask, who sees what is asked.
pub fn is_possible() -> bool {
    stdin().is_terminal() && stderr().is_terminal()
}

/// The terminal while questions are asked.
pub struct Sitting {
    keys: EventStream,
    signals: Signals,
}

impl Sitting {
    /// Takes the terminal.
    pub fn begin() -> io::Result<Self> {
        let signals = Signals::take()?;
        enable_raw_mode()?;
        Ok(Self { keys: EventStream::new(), signals })
    }

    /// Asks for a line.
    pub async fn ask(&mut self, prompt: &str, echo: Echo) -> io::Result<Asked> {
        let mut typed = Zeroizing::new(String::with_capacity(LONGEST));
        show(&format!("{}: ", Safe::of(prompt)))?;
        let asked = loop {
            let key = tokio::select! {
                key = self.keys.next() => key,
                signal = self.signals.next() => break Asked::Ended(signal),
            };
            let key = match key {
                Some(Ok(Event::Key(key))) if key.kind != KeyEventKind::Release => key,
                Some(Ok(_)) => continue,
                // The terminal has gone.
                Some(Err(_)) | None => break Asked::Ended(Signal::HangUp),
            };
            match pressed(key, typed.is_empty()) {
                Press::Character(character) => {
                    if typed.len() + character.len_utf8() <= LONGEST {
                        typed.push(character);
                        if echo == Echo::Shown {
                            show(&Safe::of(character.encode_utf8(&mut [0; 4])))?;
                        }
                    }
                }
                Press::Back => {
                    let width = typed.pop().and_then(UnicodeWidthChar::width).unwrap_or(0);
                    if echo == Echo::Shown {
                        show(&"\u{8} \u{8}".repeat(width))?;
                    }
                }
                Press::Clear => {
                    let width = typed.chars().filter_map(UnicodeWidthChar::width).sum();
                    typed.zeroize();
                    typed.reserve(LONGEST);
                    if echo == Echo::Shown {
                        show(&"\u{8} \u{8}".repeat(width))?;
                    }
                }
                Press::Done => break Asked::Line(SecretString::from(typed.as_str())),
                Press::Leave => break Asked::Ended(Signal::Interrupt),
                Press::Nothing => {}
            }
        };
        show("\r\n")?;
        Ok(asked)
    }

    /// Tells a line between two questions.
    pub fn tell(&self, line: &str) -> io::Result<()> {
        show(&format!("{}\r\n", Safe::of(line)))
    }

    /// Gives the terminal back before the sitting itself goes.
    pub fn end(&self) {
        // Best effort: there is nobody left to tell.
        let _ = disable_raw_mode();
    }
}

impl Drop for Sitting {
    fn drop(&mut self) {
        self.end();
    }
}

impl std::fmt::Debug for Sitting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sitting").finish_non_exhaustive()
    }
}

/// What a key means while a line is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Press {
    Character(char),
    Back,
    Clear,
    Done,
    Leave,
    Nothing,
}

/// Pure.
fn pressed(key: KeyEvent, is_empty: bool) -> Press {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    let alt = key.modifiers.contains(KeyModifiers::ALT);
    match key.code {
        KeyCode::Enter => Press::Done,
        KeyCode::Backspace => Press::Back,
        KeyCode::Tab => Press::Character('\t'),
        KeyCode::Char('c') if control && !alt => Press::Leave,
        KeyCode::Char('d') if control && !alt && is_empty => Press::Leave,
        KeyCode::Char('u') if control && !alt => Press::Clear,
        KeyCode::Char('h') if control && !alt => Press::Back,
        // Pasted lines end so.
        KeyCode::Char('j') if control && !alt => Press::Done,
        // Both together are AltGr on Windows.
        KeyCode::Char(character) if control == alt => Press::Character(character),
        _ => Press::Nothing,
    }
}

fn show(text: &str) -> io::Result<()> {
    let mut stderr = stderr().lock();
    stderr.write_all(text.as_bytes())?;
    stderr.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_mean_what_they_mean_on_a_line() {
        let key = |code, modifiers| KeyEvent::new(code, modifiers);
        let plain = KeyModifiers::NONE;
        for (key, empty, press) in [
            (key(KeyCode::Char('a'), plain), true, Press::Character('a')),
            (key(KeyCode::Char('A'), KeyModifiers::SHIFT), true, Press::Character('A')),
            (key(KeyCode::Char('@'), KeyModifiers::CONTROL | KeyModifiers::ALT), true, Press::Character('@')),
            (key(KeyCode::Char('c'), KeyModifiers::CONTROL), false, Press::Leave),
            (key(KeyCode::Char('d'), KeyModifiers::CONTROL), true, Press::Leave),
            (key(KeyCode::Char('d'), KeyModifiers::CONTROL), false, Press::Nothing),
            (key(KeyCode::Char('u'), KeyModifiers::CONTROL), false, Press::Clear),
            (key(KeyCode::Char('x'), KeyModifiers::ALT), false, Press::Nothing),
            (key(KeyCode::Left, plain), false, Press::Nothing),
            (key(KeyCode::Enter, plain), true, Press::Done),
            (key(KeyCode::Char('j'), KeyModifiers::CONTROL), true, Press::Done),
        ] {
            assert_eq!(pressed(key, empty), press, "{key:?}");
        }
    }
}
