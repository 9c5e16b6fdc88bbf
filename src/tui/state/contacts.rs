//! The contact list: order, filter, visible rows, cursor, selection. Cursor and selection are kept by id, so neither a refresh
//! nor another order moves them to another contact.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use tui_input::Input;

use super::super::columns::{Sort, Widths, order};
use crate::domain::contact_filter::{ContactFilter, Known};
use crate::domain::ids::ContactId;
use crate::domain::listing::ContactLine;
use crate::domain::parallel::filter_map;
use crate::engine::event::View;

/// The contact list.
#[derive(Debug, Clone, Default)]
pub struct Contacts {
    /// The filter as typed.
    pub filter: Input,
    /// The filter as understood.
    pub understood: ContactFilter,
    /// The filter has the keys.
    pub filtering: bool,
    /// What the list is sorted by.
    pub sort: Sort,
    /// All rows of the view in that order.
    order: Vec<usize>,
    /// Those that the filter lets through, in that order.
    pub rows: Vec<usize>,
    /// How wide the columns are.
    pub widths: Widths,
    /// The contact under the cursor.
    pub selected: Option<ContactId>,
    /// The cursor among `rows`.
    pub cursor: usize,
    /// The first visible row among `rows`.
    pub offset: usize,
    /// Contacts that are selected, for what is done to several at once.
    pub marked: BTreeSet<ContactId>,
    /// Contacts that wait for a sync of their own, one after the other.
    pub queue: VecDeque<ContactId>,
    /// The first of them has been sent to the engine.
    pub syncing: bool,
    /// Contacts that look like another one.
    pub duplicates: Duplicates,
}

/// What is known of contacts that look alike.
#[derive(Debug, Clone, Default)]
pub struct Duplicates {
    /// Those found last; nothing while nobody has looked.
    pub found: Option<Arc<BTreeSet<ContactId>>>,
    /// They are being looked for.
    pub looking: bool,
    /// Contacts have changed since they were found.
    pub stale: bool,
}

impl Contacts {
    /// The view's row under the cursor.
    pub fn selected_row(&self) -> Option<usize> {
        self.rows.get(self.cursor).copied()
    }

    /// Whether the filter takes a line of the pane.
    pub fn shows_filter(&self) -> bool {
        self.filtering || !self.filter.value().is_empty()
    }

    /// Takes another list in: everything is worked out anew, and whoever has gone is no longer selected.
    pub fn take_in(&mut self, view: &View, height: usize) {
        if !self.marked.is_empty() {
            let there: BTreeSet<ContactId> = view.contacts.iter().map(|line| line.id).collect();
            self.marked.retain(|id| there.contains(id));
        }
        self.duplicates.stale = true;
        self.widths = Widths::of(&view.contacts, view.home_currency());
        self.resort(view, height);
    }

    /// Sorts as `sort` says, and filters.
    pub fn resort(&mut self, view: &View, height: usize) {
        self.order = order(&view.contacts, self.sort, view.home_currency());
        self.refilter(view, height);
    }

    /// Understands the filter, applies it to the lines in their order, and finds the contact under the cursor again.
    pub fn refilter(&mut self, view: &View, height: usize) {
        self.understood = ContactFilter::parse(self.filter.value());
        let lines = &view.contacts;
        let known = Known { today: view.today, duplicates: self.duplicates.found.as_deref() };
        let fits = |row: &usize| {
            lines.get(*row).is_some_and(|line| self.understood.lets_through(line, &known)).then_some(*row)
        };
        self.rows = filter_map(&self.order, fits);
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
