//! Text for people, line by line, each made safe for a terminal.

use crate::domain::safe::Safe;

/// Lines under construction.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page(String);

impl Page {
    /// Adds a line. Text from the services may be in it: it is made safe here.
    pub fn line(&mut self, line: impl AsRef<str>) {
        self.0.push_str(&Safe::of(line.as_ref()));
        self.0.push('\n');
    }

    /// Adds text that was made safe before, as it is.
    pub fn block(&mut self, text: &str) {
        self.0.push_str(text);
    }

    /// Whether there is no line.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text.
    pub fn text(self) -> String {
        self.0
    }
}
