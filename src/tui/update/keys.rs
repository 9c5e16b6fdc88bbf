//! What keys do on the panes.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use tui_input::InputRequest;

use super::super::action::Action;
use super::super::columns::{Column, Sort};
use super::super::effect::Effect;
use super::super::keymap::{Meant, meant};
use super::super::layout::{contact_rows, inside, layout};
use super::super::state::{HelpShown, Overlay, Pane, State, Tab};
use super::super::view::invoices::{first_document, lines_shown};
use super::{contacts, overlays, tabs};
use crate::domain::ids::Side;
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
        contacts::filter_key(state, key);
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
        contacts::refilter(state);
    }
}

/// Ends the engine's work and the program.
pub(super) fn leave() -> Vec<Effect> {
    vec![Effect::Send(Command::Shutdown), Effect::Quit]
}

fn act(state: &mut State, action: Action) -> Vec<Effect> {
    match action {
        Action::Down => scroll(state, 1),
        Action::Up => scroll(state, -1),
        Action::PageDown => scroll(state, page(state)),
        Action::PageUp => scroll(state, -page(state)),
        Action::First => scroll(state, isize::MIN / 2),
        Action::Last => scroll(state, isize::MAX / 2),
        Action::Contacts => state.focus = Pane::Contacts,
        Action::Invoices => state.focus = Pane::Invoices,
        Action::Log => state.focus = Pane::Log,
        Action::Left | Action::Right if tabs::is_taking(state) => return tabs::take(state, action),
        Action::PreviousPane | Action::Left => focus(state, Pane::ALL.len() - 1),
        Action::NextPane | Action::Right => focus(state, 1),
        Action::NextTab => tabs::turn(state, 1),
        Action::PreviousTab => tabs::turn(state, Tab::ALL.len() - 1),
        Action::Filter => {
            state.focus = Pane::Contacts;
            state.contacts.filtering = true;
            super::keep_cursor_visible(state);
        }
        Action::SortNext => contacts::sort(state, |sort| sort.moved(1)),
        Action::SortPrevious => contacts::sort(state, |sort| sort.moved(Column::ALL.len() - 1)),
        Action::SortReverse => contacts::sort(state, |sort| Sort { reversed: !sort.reversed, ..sort }),
        Action::MarkAll => contacts::mark_all(state),
        Action::Toggle if state.focus == Pane::Contacts => contacts::mark(state),
        Action::Enter if state.focus == Pane::Log => state.overlay = Some(Overlay::Log(0)),
        Action::Enter => enter(state),
        Action::Back => back(state),
        Action::Answer => overlays::open_question(state),
        Action::Failing => overlays::open_failing(state),
        Action::Plan => overlays::open_plan(state),
        Action::SyncNow | Action::SyncContact if state.waiting_plan.is_some() => overlays::open_plan(state),
        Action::SyncNow => return vec![Effect::Send(Command::Sync { full: false, contact: None })],
        Action::SyncContact => return contacts::sync(state),
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
        Pane::Contacts => contacts::move_by(state, by),
        Pane::Invoices if state.tab == Tab::Differences => tabs::move_by(state, by),
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

/// From a person to the organisation that the invoices belong to; else from the list to the invoices.
fn enter(state: &mut State) {
    let employer =
        state.selected().filter(|line| line.links.is_empty()).and_then(|line| line.organisation.clone());
    let Some((employer, _)) = employer else {
        state.focus = Pane::Invoices;
        return;
    };
    state.contacts.selected = Some(employer);
    contacts::clear_filter(state);
}

/// One step out: messages, the filter, the selection, the pane.
fn back(state: &mut State) {
    if !state.toasts.is_empty() {
        state.toasts.clear();
    } else if !state.contacts.filter.value().is_empty() {
        contacts::clear_filter(state);
    } else if !state.contacts.marked.is_empty() {
        state.contacts.marked.clear();
    } else {
        state.focus = Pane::Contacts;
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
