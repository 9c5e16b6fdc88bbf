//! Text for people, line by line, each made safe for a terminal. Nothing else is printed for people on standard output.

use crate::domain::safe::Safe;

/// Lines under construction.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page(String);

impl Page {
    /// A page of one line.
    pub fn of(line: impl AsRef<str>) -> Self {
        let mut page = Self::default();
        page.line(line);
        page
    }

    /// Adds a line. Text from the services may be in it: it is made safe here.
    pub fn line(&mut self, line: impl AsRef<str>) {
        self.0.push_str(&Safe::of(line.as_ref()));
        self.0.push('\n');
    }

    /// Adds a line that stands out.
    pub fn bold(&mut self, line: impl AsRef<str>) {
        self.0.push_str("\u{1b}[1m");
        self.0.push_str(&Safe::of(line.as_ref()));
        self.0.push_str("\u{1b}[0m\n");
    }

    /// Adds what is on another page.
    pub fn add(&mut self, page: &Self) {
        self.0.push_str(&page.0);
    }

    /// Whether there is no line.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.0
    }
}
