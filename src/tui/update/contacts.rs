//! What keys do to the contact list: filter, order, selection, syncing those that are selected.

use std::collections::BTreeSet;
use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tui_input::{Input, InputRequest};

use super::super::columns::Sort;
use super::super::effect::Effect;
use super::super::layout::contact_rows;
use super::super::state::State;
use super::tell;
use crate::domain::contact_filter::completed;
use crate::domain::ids::ContactId;
use crate::domain::run::{Outcome, RunReport, Trigger};
use crate::engine::command::Command;

/// A key while the filter has them.
pub(super) fn filter_key(state: &mut State, key: KeyEvent) {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    let request = match key.code {
        KeyCode::Enter => {
            state.contacts.filtering = false;
            return super::keep_cursor_visible(state);
        }
        KeyCode::Esc => return clear_filter(state),
        KeyCode::Tab => return complete(state),
        KeyCode::Down => return move_by(state, 1),
        KeyCode::Up => return move_by(state, -1),
        KeyCode::Char('u') if control => InputRequest::DeleteLine,
        KeyCode::Char('w') if control => InputRequest::DeletePrevWord,
        KeyCode::Char(_) if control || key.modifiers.contains(KeyModifiers::ALT) => return,
        KeyCode::Char(character) => InputRequest::InsertChar(character),
        KeyCode::Backspace => InputRequest::DeletePrevChar,
        KeyCode::Delete => InputRequest::DeleteNextChar,
        KeyCode::Left => InputRequest::GoToPrevChar,
        KeyCode::Right => InputRequest::GoToNextChar,
        _ => return,
    };
    // Only another text filters anew: moving about in it does not.
    if state.contacts.filter.handle(request).is_some_and(|change| change.value) {
        refilter(state);
    }
}

/// Applies the filter anew.
pub(super) fn refilter(state: &mut State) {
    let height = contact_rows(state);
    if let Some(view) = state.view.clone() {
        state.contacts.refilter(&view, height);
    }
    see_from_the_top(state);
}

/// Shows everything again.
pub(super) fn clear_filter(state: &mut State) {
    state.contacts.filtering = false;
    state.contacts.filter = Input::default();
    refilter(state);
}

/// Moves the cursor.
pub(super) fn move_by(state: &mut State, by: isize) {
    let Some(view) = state.view.clone() else { return };
    let height = contact_rows(state);
    let cursor = state.contacts.cursor.saturating_add_signed(by);
    state.contacts.go_to(cursor, &view.contacts, height);
    see_from_the_top(state);
}

/// Sorts in another way; the cursor stays on its contact.
pub(super) fn sort(state: &mut State, other: impl FnOnce(Sort) -> Sort) {
    state.contacts.sort = other(state.contacts.sort);
    let height = contact_rows(state);
    if let Some(view) = state.view.clone() {
        state.contacts.resort(&view, height);
    }
}

/// Selects the contact under the cursor, or lets it go, and goes on to the next.
pub(super) fn mark(state: &mut State) {
    let Some(id) = state.contacts.selected else { return };
    if !state.contacts.marked.remove(&id) {
        state.contacts.marked.insert(id);
    }
    move_by(state, 1);
}

/// Selects everything that is shown, besides what is selected already.
pub(super) fn mark_all(state: &mut State) {
    let Some(view) = &state.view else { return };
    let shown = state.contacts.rows.iter().filter_map(|row| view.contacts.get(*row)).map(|line| line.id);
    state.contacts.marked.extend(shown);
}

/// Syncs the contact, or those that are selected: the engine takes one at a time, so each waits for the run before it.
pub(super) fn sync(state: &mut State) -> Vec<Effect> {
    if state.contacts.marked.is_empty() {
        let contact = state.selected().map(|line| line.id);
        return contact.map(sync_one).into_iter().collect();
    }
    let marked = std::mem::take(&mut state.contacts.marked);
    let count = marked.len();
    let fresh: Vec<ContactId> =
        marked.iter().copied().filter(|id| !state.contacts.queue.contains(id)).collect();
    state.contacts.queue.extend(fresh);
    state.contacts.marked = marked;
    if count > 1 {
        tell(state, format!("{count} contacts are synced, one after the other"), false);
    }
    if state.running || state.contacts.syncing { Vec::new() } else { sync_first(state) }
}

/// After a run: the next contact that waits. None is tried after a run that could not go to its end.
pub(super) fn sync_next(state: &mut State, report: &RunReport) -> Vec<Effect> {
    if !matches!(report.outcome, Outcome::Ok | Outcome::Attention) {
        state.contacts.syncing = false;
        let left = std::mem::take(&mut state.contacts.queue).len();
        if left > 1 {
            tell(state, format!("{left} selected contacts are not synced: s tries again"), true);
        }
        return Vec::new();
    }
    // A run of the timer was none of theirs.
    if state.contacts.syncing && report.trigger == Trigger::Person {
        state.contacts.syncing = false;
        state.contacts.queue.pop_front();
    }
    if state.contacts.syncing { Vec::new() } else { sync_first(state) }
}

fn sync_first(state: &mut State) -> Vec<Effect> {
    let first = state.contacts.queue.front().copied();
    state.contacts.syncing = first.is_some();
    first.map(sync_one).into_iter().collect()
}

/// After a refusal: a run that is refused has no end that the next contact could follow.
pub(super) fn give_up_queue(state: &mut State) {
    if !state.running {
        state.contacts.queue.clear();
        state.contacts.syncing = false;
    }
}

/// Contacts that look alike, as asked for.
pub(super) fn take_duplicates(state: &mut State, found: Arc<BTreeSet<ContactId>>) {
    state.contacts.duplicates.looking = false;
    state.contacts.duplicates.found = Some(found);
    let height = contact_rows(state);
    if let Some(view) = state.view.clone() {
        state.contacts.refilter(&view, height);
    }
}

/// Has the engine look for contacts that look alike where the filter asks for them.
pub(super) fn wanted(state: &mut State) -> Option<Effect> {
    let asks = state.view.is_some() && state.contacts.understood.asks_for_duplicates();
    let known = &mut state.contacts.duplicates;
    let wants = asks && !known.looking && (known.stale || known.found.is_none());
    wants.then(|| {
        (known.looking, known.stale) = (true, false);
        Effect::Send(Command::FindDuplicates)
    })
}

fn sync_one(contact: ContactId) -> Effect {
    Effect::Send(Command::Sync { full: false, contact: Some(contact) })
}

/// Completes the tag before the cursor as far as it is sure.
fn complete(state: &mut State) {
    let filter = &state.contacts.filter;
    let typed = filter.value();
    let place = typed.char_indices().nth(filter.cursor()).map_or(typed.len(), |(place, _)| place);
    let (before, after) = typed.split_at_checked(place).unwrap_or((typed, ""));
    let Some((completed, _)) = completed(before) else { return };
    let cursor = completed.chars().count();
    state.contacts.filter = Input::new(format!("{completed}{after}")).with_cursor(cursor);
    refilter(state);
}

/// Another contact is seen from its first line.
fn see_from_the_top(state: &mut State) {
    state.document = 0;
    state.difference = 0;
}
