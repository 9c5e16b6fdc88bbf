//! What keys do on the panes.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use tui_input::{Input, InputRequest};

use super::super::action::Action;
use super::super::effect::Effect;
use super::super::keymap::{Meant, meant};
use super::super::layout::{contact_rows, inside, layout};
use super::super::state::{HelpShown, Overlay, Pane, State, Tab};
use super::super::view::invoices::{first_document, lines_shown};
use super::overlays;
use crate::domain::ids::{ContactId, Side};
use crate::engine::command::Command;

/// A paste longer than this is cut: no name is (tui 3.1).
const LONGEST_PASTE: usize = 200;

pub(super) fn key(state: &mut State, key: KeyEvent) -> Vec<Effect> {
    if key.kind == KeyEventKind::Release {
        return Vec::new();
    }
    // ctrl-c and ctrl-z do what they do in every terminal, whatever has the keys.
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        match key.code {
            KeyCode::Char('c') => return leave(),
            KeyCode::Char('z') => return vec![Effect::Suspend],
            _ => {}
        }
    }
    if state.contacts.filtering && state.overlay.is_none() {
        filter_key(state, key);
        return Vec::new();
    }
    if let Some(effects) = overlays::choice_key(state, key) {
        return effects;
    }
    match meant(state.chord.take().as_deref(), key) {
        Meant::Act(action) if state.overlay.is_some() => overlays::act(state, action),
        Meant::Act(action) => act(state, action),
        Meant::Begun(chord) => {
            state.chord = Some(chord);
            Vec::new()
        }
        Meant::Nothing => Vec::new(),
    }
}

/// Text that was pasted goes to the focused field, as text.
pub(super) fn paste(state: &mut State, text: &str) {
    if state.contacts.filtering {
        for character in text.chars().filter(|character| !character.is_control()).take(LONGEST_PASTE) {
            state.contacts.filter.handle(InputRequest::InsertChar(character));
        }
        refilter(state);
    }
}

/// Ends the engine's work and the program.
pub(super) fn leave() -> Vec<Effect> {
    vec![Effect::Send(Command::Shutdown), Effect::Quit]
}

fn filter_key(state: &mut State, key: KeyEvent) {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    let request = match key.code {
        KeyCode::Enter => {
            state.contacts.filtering = false;
            return;
        }
        KeyCode::Esc => {
            state.contacts.filtering = false;
            state.contacts.filter = Input::default();
            return refilter(state);
        }
        KeyCode::Down => return move_contact(state, 1),
        KeyCode::Up => return move_contact(state, -1),
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
    state.contacts.filter.handle(request);
    refilter(state);
}

fn refilter(state: &mut State) {
    let height = contact_rows(state);
    if let Some(view) = state.view.clone() {
        state.contacts.refresh(&view.contacts, height);
    }
    state.document = 0;
}

fn act(state: &mut State, action: Action) -> Vec<Effect> {
    match action {
        Action::Down => scroll(state, 1),
        Action::Up => scroll(state, -1),
        Action::PageDown => scroll(state, page(state)),
        Action::PageUp => scroll(state, -page(state)),
        Action::First => scroll(state, isize::MIN / 2),
        Action::Last => scroll(state, isize::MAX / 2),
        Action::NextPane => focus(state, 1),
        Action::PreviousPane => focus(state, Pane::ALL.len() - 1),
        Action::Contacts => state.focus = Pane::Contacts,
        Action::Invoices => state.focus = Pane::Invoices,
        Action::Log => state.focus = Pane::Log,
        Action::NextTab => state.tab = Tab::Details,
        Action::PreviousTab => state.tab = Tab::Invoices,
        Action::Filter => {
            state.focus = Pane::Contacts;
            state.contacts.filtering = true;
        }
        Action::Enter if state.focus == Pane::Log => state.overlay = Some(Overlay::Log(0)),
        Action::Enter => enter(state),
        Action::Back => back(state),
        Action::Answer => overlays::open_question(state),
        Action::Failing => overlays::open_failing(state),
        Action::Plan => overlays::open_plan(state),
        Action::SyncNow => return sync(state, None),
        Action::SyncContact => {
            let Some(contact) = state.selected().map(|line| line.id) else { return Vec::new() };
            return sync(state, Some(contact));
        }
        Action::OpenKashFlow => return open_kashflow(state).into_iter().collect(),
        Action::OpenCapsule => return open_capsule(state).into_iter().collect(),
        Action::Help => state.overlay = Some(Overlay::Help(HelpShown::default())),
        Action::Redraw => return vec![Effect::Redraw],
        Action::Suspend => return vec![Effect::Suspend],
        Action::Quit if state.applying && state.running => state.overlay = Some(Overlay::Quit),
        Action::Quit => return leave(),
        Action::Toggle | Action::Confirm | Action::Skip => {}
    }
    Vec::new()
}

/// While the first plan waits, syncing means looking at it.
fn sync(state: &mut State, contact: Option<ContactId>) -> Vec<Effect> {
    if state.waiting_plan.is_some() {
        overlays::open_plan(state);
        return Vec::new();
    }
    vec![Effect::Send(Command::Sync { full: false, contact })]
}

fn page(state: &State) -> isize {
    let rows = match state.focus {
        Pane::Contacts => contact_rows(state),
        Pane::Invoices => inside(layout(state).invoices),
        Pane::Log => inside(layout(state).log),
    };
    isize::try_from(rows).unwrap_or(1).max(1)
}

fn focus(state: &mut State, by: usize) {
    let at = Pane::ALL.iter().position(|pane| *pane == state.focus).unwrap_or_default();
    if let Some(pane) = Pane::ALL.get((at + by) % Pane::ALL.len()) {
        state.focus = *pane;
    }
}

fn scroll(state: &mut State, by: isize) {
    match state.focus {
        Pane::Contacts => move_contact(state, by),
        Pane::Invoices => {
            let most = lines_shown(state).saturating_sub(1);
            state.document = state.document.saturating_add_signed(by).min(most);
        }
        Pane::Log => {
            let height = inside(layout(state).log);
            state.log.scroll(by.saturating_neg(), height);
        }
    }
}

fn move_contact(state: &mut State, by: isize) {
    let Some(view) = state.view.clone() else { return };
    let height = contact_rows(state);
    let cursor = state.contacts.cursor.saturating_add_signed(by);
    state.contacts.go_to(cursor, &view.contacts, height);
    state.document = 0;
}

/// From a person to the organisation that the invoices belong to; else from the list to the invoices.
fn enter(state: &mut State) {
    let employer =
        state.selected().filter(|line| line.links.is_empty()).and_then(|line| line.organisation.clone());
    let Some((employer, _)) = employer else {
        state.focus = Pane::Invoices;
        return;
    };
    state.contacts.filter = Input::default();
    state.contacts.selected = Some(employer);
    refilter(state);
}

fn back(state: &mut State) {
    if !state.toasts.is_empty() {
        state.toasts.clear();
    } else if state.contacts.filter.value().is_empty() {
        state.focus = Pane::Contacts;
    } else {
        state.contacts.filter = Input::default();
        refilter(state);
    }
}

/// The document at the top of its pane when that has the focus, else the contact's customer or supplier.
fn open_kashflow(state: &State) -> Option<Effect> {
    let line = state.selected()?;
    if state.focus == Pane::Invoices
        && let Some(document) = first_document(state)
    {
        return Some(Effect::Open(state.web.document(document.id.side, document.number)));
    }
    let customer = line.links.iter().find(|found| found.ledger.side == Side::Customer);
    let linked = customer.or(line.links.first())?;
    Some(Effect::Open(state.web.ledger(linked.ledger.side, &linked.code)))
}

fn open_capsule(state: &State) -> Option<Effect> {
    let line = state.selected()?;
    let account = state.view.as_ref()?.snapshot.capsule.as_ref()?;
    Some(Effect::Open(state.web.contact(&account.subdomain, line.id)))
}
