//! The tabs of the selected contact: turning them, taking a difference one way, asking for its history.

use std::sync::Arc;

use super::super::action::Action;
use super::super::effect::Effect;
use super::super::layout::{inside, layout};
use super::super::state::{Pane, State, Tab, offset};
use super::super::view::{differences, invoices};
use crate::domain::ids::{ContactId, Service};
use crate::domain::journal::JournalEntry;
use crate::engine::command::Command;

/// Turns to the tab so many further on.
pub(super) fn turn(state: &mut State, by: usize) {
    let at = Tab::ALL.iter().position(|tab| *tab == state.tab).unwrap_or_default();
    if let Some(tab) = Tab::ALL.get((at + by) % Tab::ALL.len()) {
        state.tab = *tab;
    }
    state.document = 0;
    state.difference = 0;
}

/// Whether left and right take a value.
pub(super) fn is_taking(state: &State) -> bool {
    state.focus == Pane::Invoices && state.tab == Tab::Differences && differences::count(state) > 0
}

/// Takes Capsule's value at the left or KashFlow's at the right, or takes that back: the engine knows which. What it comes to is
/// told beside the field.
pub(super) fn take(state: &State, action: Action) -> Vec<Effect> {
    let side = if action == Action::Left { Service::Capsule } else { Service::KashFlow };
    let (Some(line), Some(difference)) = (state.selected(), differences::at_cursor(state)) else {
        return Vec::new();
    };
    vec![Effect::Send(Command::Take { contact: line.id, field: difference.field, side })]
}

/// Moves the cursor among the differences, and the window so that the whole field is visible where it fits.
pub(super) fn move_by(state: &mut State, by: isize) {
    let most = differences::count(state).saturating_sub(1);
    state.difference = state.difference.saturating_add_signed(by).min(most);
    let (first, after) = differences::place(state);
    let room = inside(layout(state).invoices).saturating_sub(1);
    let all = invoices::lines_shown(state);
    let last_seen = offset(all, after.saturating_sub(1), state.document, room);
    state.document = offset(all, first, last_seen, room);
}

/// After a change: the cursor stays among what there is.
pub(super) fn keep_difference(state: &mut State) {
    if state.tab == Tab::Differences {
        move_by(state, 0);
    }
}

/// A contact's journal, as asked for.
pub(super) fn take_in(state: &mut State, contact: ContactId, entries: Arc<[JournalEntry]>) {
    state.history.asked = false;
    state.history.of = Some(contact);
    state.history.entries = entries;
}

/// Asks for the history that is shown, one at a time.
pub(super) fn wanted(state: &mut State) -> Option<Effect> {
    if state.tab != Tab::History || state.history.asked {
        return None;
    }
    let contact = state.selected()?.id;
    let history = &mut state.history;
    if history.of == Some(contact) && !history.stale {
        return None;
    }
    (history.asked, history.stale) = (true, false);
    Some(Effect::Send(Command::ReadJournal(contact)))
}
