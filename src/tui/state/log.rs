//! The sync log: a bounded ring that follows its end until somebody scrolls up.

use std::collections::VecDeque;

use crate::engine::event::LogLine;

/// Lines kept.
const MOST_LINES: usize = 1_000;

/// The log.
#[derive(Debug, Clone, Default)]
pub struct Log {
    /// Lines, oldest first.
    pub lines: VecDeque<LogLine>,
    /// How many lines up from the end the view is; 0 follows.
    pub up: usize,
    /// Lines that came while it did not follow.
    pub unseen: usize,
}

impl Log {
    /// Adds a line.
    pub fn push(&mut self, line: LogLine) {
        self.lines.push_back(line);
        if self.lines.len() > MOST_LINES {
            self.lines.pop_front();
        }
        if self.up > 0 {
            self.unseen += 1;
            self.up = (self.up + 1).min(self.lines.len());
        }
    }

    /// Scrolls up (positive) or down, within what there is to see at that height.
    pub fn scroll(&mut self, by: isize, height: usize) {
        let most = self.lines.len().saturating_sub(height);
        self.up = self.up.saturating_add_signed(by).min(most);
        if self.up == 0 {
            self.unseen = 0;
        }
    }

    /// Follows the end again.
    pub fn follow(&mut self) {
        self.up = 0;
        self.unseen = 0;
    }
}
