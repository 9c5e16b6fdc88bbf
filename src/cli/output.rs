//! Printing: one document on standard output, everything else on standard error.

use std::io::{self, Write};

use serde::Serialize;

use super::exit::Exit;
use super::json::{Failure, Problem};
use super::page::Page;
use crate::domain::safe::Safe;
use crate::error::AppError;

/// How a command prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Output {
    /// One JSON document instead of text for people.
    pub json: bool,
    /// Colours may be used on standard output.
    pub color: bool,
}

impl Output {
    /// What a command prints: its JSON document or its text for people; only the one that is asked for is made.
    pub fn print<T: Serialize>(
        self,
        document: impl FnOnce() -> T,
        text: impl FnOnce() -> Page,
    ) -> Result<(), AppError> {
        let written = if self.json { out(&line(&document())?) } else { out(text().text()) };
        written.map_err(|error| {
            AppError::machine(
                format!("standard output cannot be written: {error}"),
                "Look at where it leads.",
            )
        })
    }

    /// Reports an error: for people on standard error, and as the document on standard output where JSON is asked for.
    /// Gives the exit that belongs to it.
    pub fn fail(self, error: &AppError) -> Exit {
        if self.json
            && let Ok(text) = line(&Failure { error: Problem::from(error) })
        {
            // Nothing is left to be done when even this cannot be printed; the exit code tells.
            let _ = out(&text);
        }
        say_error(&error.to_string(), &error.remedy());
        Exit::of_error(error)
    }
}

/// A document as one line.
pub fn line<T: Serialize>(document: &T) -> Result<String, AppError> {
    serde_json::to_string(document)
        .map(|text| text + "\n")
        .map_err(|error| AppError::machine(format!("JSON cannot be written: {error}"), "Report this."))
}

/// Writes to standard output. A reader that has gone away is no failure: `kashsync contacts | head` is fine.
pub fn out(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Writes a line for people to standard error. Text from the services is made safe.
pub fn say(text: &str) {
    // Where standard error is closed nobody wants to know.
    let _ = writeln!(io::stderr().lock(), "{}", Safe::of(text));
}

/// An error for people: each line of it, then what mends it.
pub fn say_error(message: &str, remedy: &str) {
    for part in message.lines() {
        say(&format!("error: {part}"));
    }
    if !remedy.is_empty() {
        say(&format!("  {remedy}"));
    }
}
