//! The contact list: filter, visible rows, cursor. The selection is kept by id, so a refresh never moves it.

use tui_input::Input;

use crate::domain::ids::ContactId;
use crate::domain::listing::ContactLine;
use crate::domain::normalise::name_key;

/// The contact list.
#[derive(Debug, Clone, Default)]
pub struct Contacts {
    /// The filter as typed.
    pub filter: Input,
    /// The filter has the keys.
    pub filtering: bool,
    /// Rows of the view that the filter lets through, in order.
    pub rows: Vec<usize>,
    /// The contact under the cursor.
    pub selected: Option<ContactId>,
    /// The cursor among `rows`.
    pub cursor: usize,
    /// The first visible row among `rows`.
    pub offset: usize,
}

impl Contacts {
    /// The view's row under the cursor.
    pub fn selected_row(&self) -> Option<usize> {
        self.rows.get(self.cursor).copied()
    }

    /// Applies the filter to lines, and finds the selected contact again.
    pub fn refresh(&mut self, lines: &[ContactLine], height: usize) {
        let filter = name_key(self.filter.value());
        let words: Vec<&str> = filter.split(' ').filter(|word| !word.is_empty()).collect();
        self.rows.clear();
        let fits = |line: &ContactLine| words.iter().all(|word| line.search_key.contains(word));
        self.rows.extend(lines.iter().enumerate().filter(|(_, line)| fits(line)).map(|(row, _)| row));
        let again = self.selected.and_then(|id| {
            self.rows.iter().position(|row| lines.get(*row).is_some_and(|line| line.id == id))
        });
        let cursor = again.unwrap_or_else(|| self.cursor.min(self.rows.len().saturating_sub(1)));
        self.go_to(cursor, lines, height);
    }

    /// Moves the cursor to a row, and the window so that it is visible.
    pub fn go_to(&mut self, cursor: usize, lines: &[ContactLine], height: usize) {
        self.cursor = cursor.min(self.rows.len().saturating_sub(1));
        self.selected = self.selected_row().and_then(|row| lines.get(row)).map(|line| line.id);
        self.offset = offset(self.rows.len(), self.cursor, self.offset, height);
    }
}

/// The first visible row, moved as little as possible so that the cursor is visible.
pub fn offset(len: usize, cursor: usize, offset: usize, height: usize) -> usize {
    let last = len.saturating_sub(height);
    offset.min(cursor).max((cursor + 1).saturating_sub(height)).min(last)
}

#[cfg(test)]
mod tests {
    use super::offset;

    #[test]
    fn the_window_always_holds_the_cursor() {
        for len in 0..12_usize {
            for cursor in 0..len.max(1) {
                for before in 0..14 {
                    for height in 1..8 {
                        let first = offset(len, cursor, before, height);
                        assert!(
                            first <= cursor && cursor < first + height,
                            "{len} {cursor} {before} {height}"
                        );
                        assert!(first + height <= len || first == 0);
                    }
                }
            }
        }
    }
}
