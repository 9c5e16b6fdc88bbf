//! What keys do while something lies over the panes.

use std::collections::BTreeSet;

use crossterm::event::{KeyCode, KeyEvent};
use jiff::SignedDuration;

use super::super::action::Action;
use super::super::effect::Effect;
use super::super::state::{HelpShown, Overlay, PlanShown, QuestionShown, State, offset};
use super::super::view::{help, plan, reader};
use super::keys::leave;
use crate::domain::ids::QuestionId;
use crate::domain::question::Question;
use crate::engine::command::Command;

/// Keys pressed this soon after a confirmation opened do not count (tui 3.3).
const TOO_SOON: SignedDuration = SignedDuration::from_millis(300);
/// Rows that a page key moves in an overlay.
const PAGE: isize = 10;

/// Digits choose in a question.
pub(super) fn choice_key(state: &mut State, key: KeyEvent) -> Option<Vec<Effect>> {
    let Some(Overlay::Question(shown)) = &state.overlay else { return None };
    let KeyCode::Char(character) = key.code else { return None };
    let number = usize::try_from(character.to_digit(10)?).ok()?.checked_sub(1)?;
    let id = shown.id;
    Some(choose(state, id, number))
}

pub(super) fn act(state: &mut State, action: Action) -> Vec<Effect> {
    match action {
        Action::Quit if matches!(state.overlay, Some(Overlay::Quit)) => return leave(),
        Action::Back | Action::Quit => close(state),
        Action::Down => scroll(state, 1),
        Action::Up => scroll(state, -1),
        Action::PageDown => scroll(state, PAGE),
        Action::PageUp => scroll(state, -PAGE),
        Action::First => scroll(state, isize::MIN / 2),
        Action::Last => scroll(state, isize::MAX / 2),
        Action::Toggle => toggle(state),
        Action::Confirm => return confirm(state),
        Action::Enter => {
            if let Some(Overlay::Question(shown)) = &state.overlay {
                let (id, choice) = (shown.id, shown.choice);
                return choose(state, id, choice);
            }
        }
        Action::Skip => {
            if let Some(Overlay::Question(shown)) = &state.overlay {
                let id = shown.id;
                pass_over(state, id);
            }
        }
        Action::Help => {
            if !matches!(state.overlay, Some(Overlay::Help(_))) {
                let over = state.overlay.take().map(Box::new);
                state.overlay = Some(Overlay::Help(HelpShown { offset: 0, over }));
            }
        }
        Action::Redraw => return vec![Effect::Redraw],
        Action::Suspend => return vec![Effect::Suspend],
        Action::SyncNow
        | Action::SyncContact
        | Action::Answer
        | Action::Plan
        | Action::OpenKashFlow
        | Action::OpenCapsule
        | Action::Filter
        | Action::SortNext
        | Action::SortPrevious
        | Action::SortReverse
        | Action::MarkAll
        | Action::Left
        | Action::Right
        | Action::Failing
        | Action::NextPane
        | Action::PreviousPane
        | Action::Contacts
        | Action::Invoices
        | Action::Log
        | Action::NextTab
        | Action::PreviousTab => {}
    }
    Vec::new()
}

/// Closes what lies on top. From help it goes back to what was under it, unless that has been settled meanwhile.
fn close(state: &mut State) {
    state.overlay = match state.overlay.take() {
        Some(Overlay::Help(shown)) => shown.over.map(|over| *over),
        Some(
            Overlay::Plan(_)
            | Overlay::Question(_)
            | Overlay::Failing(_)
            | Overlay::Log(_)
            | Overlay::Quit
            | Overlay::Address(_),
        )
        | None => None,
    };
    keep_question(state);
    keep_quit(state);
}

/// After a run: nobody needs to be asked any more whether to quit in the middle of it.
pub(super) fn keep_quit(state: &mut State) {
    if matches!(state.overlay, Some(Overlay::Quit)) && !state.running {
        state.overlay = None;
        super::tell(state, "the sync has ended; q leaves".into(), false);
    }
}

/// Opens the list of records that fail, or says that there is none.
pub(super) fn open_failing(state: &mut State) {
    if state.view.as_ref().is_some_and(|view| view.failing() > 0) {
        state.overlay = Some(Overlay::Failing(0));
    } else {
        super::tell(state, "no record fails".into(), false);
    }
}

/// Opens the plan that waits.
pub(super) fn open_plan(state: &mut State) {
    if let Some(plan) = &state.waiting_plan {
        state.overlay = Some(Overlay::Plan(PlanShown { opened: state.now, ..plan.clone() }));
    } else {
        super::tell(state, "no plan waits; S syncs, and a answers questions".into(), false);
    }
}

/// Opens the first open question, or says that there is none.
pub(super) fn open_question(state: &mut State) {
    let skipped = BTreeSet::new();
    match next_question(state, &skipped) {
        Some(id) => state.overlay = Some(Overlay::Question(QuestionShown { id, choice: 0, skipped })),
        None => super::tell(state, "no open questions".into(), false),
    }
}

/// After a refresh: a question that is settled makes way for the next one.
pub(super) fn keep_question(state: &mut State) {
    let Some(Overlay::Question(shown)) = &state.overlay else { return };
    let view = state.view.as_ref();
    let still_open = view.and_then(|view| view.local.questions.get(&shown.id)).is_some_and(Question::is_open);
    if !still_open {
        let id = shown.id;
        pass_over(state, id);
    }
}

fn next_question(state: &State, skipped: &BTreeSet<QuestionId>) -> Option<QuestionId> {
    let view = state.view.as_ref()?;
    let mut open = view.local.open_questions();
    open.find(|question| !skipped.contains(&question.id)).map(|question| question.id)
}

/// Goes on to the next question that was not passed over in this sitting, or closes.
fn pass_over(state: &mut State, id: QuestionId) {
    let Some(Overlay::Question(shown)) = &state.overlay else { return };
    let mut skipped = shown.skipped.clone();
    skipped.insert(id);
    let next = next_question(state, &skipped);
    state.overlay = next.map(|id| Overlay::Question(QuestionShown { id, choice: 0, skipped }));
}

/// Sends the answer. The card goes on when the engine has taken it (see [`keep_question`]).
fn choose(state: &State, id: QuestionId, choice: usize) -> Vec<Effect> {
    let view = state.view.as_ref();
    let question = view.and_then(|view| view.local.questions.get(&id));
    let choice = question.and_then(|question| question.asked.choices.get(choice)).cloned();
    choice
        .map(|choice| Effect::Send(Command::Answer { question: id, choice, value: None }))
        .into_iter()
        .collect()
}

/// Scrolls or moves the cursor; by nothing, brings it back within what there is after a change of size.
pub(super) fn scroll(state: &mut State, by: isize) {
    let rows = match &state.overlay {
        Some(Overlay::Failing(_)) => reader::failing_rows(state),
        Some(Overlay::Log(_)) => reader::log_rows(state),
        Some(Overlay::Help(_)) => help::rows(),
        Some(Overlay::Plan(shown)) => plan::rows(&shown.plan),
        Some(Overlay::Question(_) | Overlay::Quit | Overlay::Address(_)) | None => 0,
    };
    let visible = match &state.overlay {
        Some(Overlay::Plan(shown)) => plan::visible_rows(state, shown),
        Some(Overlay::Failing(_) | Overlay::Log(_)) => reader::visible_rows(state),
        Some(Overlay::Help(_) | Overlay::Question(_) | Overlay::Quit | Overlay::Address(_)) | None => 1,
    };
    match &mut state.overlay {
        Some(Overlay::Help(shown)) => {
            shown.offset = shown.offset.saturating_add_signed(by).min(rows.saturating_sub(1));
        }
        Some(Overlay::Failing(offset)) => {
            *offset = offset.saturating_add_signed(by).min(rows.saturating_sub(visible));
        }
        Some(Overlay::Log(up)) => {
            *up = up.saturating_add_signed(by.saturating_neg()).min(rows.saturating_sub(visible));
        }
        Some(Overlay::Plan(shown)) => {
            shown.cursor = shown.cursor.saturating_add_signed(by).min(rows.saturating_sub(1));
            shown.offset = offset(rows, shown.cursor, shown.offset, visible);
        }
        Some(Overlay::Question(shown)) => {
            let view = state.view.as_ref();
            let question = view.and_then(|view| view.local.questions.get(&shown.id));
            let choices = question.map_or(0, |question| question.asked.choices.len());
            shown.choice = shown.choice.saturating_add_signed(by).min(choices.saturating_sub(1));
        }
        Some(Overlay::Quit | Overlay::Address(_)) | None => {}
    }
}

/// Takes the row's ledger contacts out of the plan, or in again.
fn toggle(state: &mut State) {
    let Some(Overlay::Plan(shown)) = &mut state.overlay else { return };
    for ledger in plan::row_ledgers(&shown.plan, shown.cursor) {
        if !shown.unticked.remove(&ledger) {
            shown.unticked.insert(ledger);
        }
    }
    state.waiting_plan = Some(shown.clone());
}

fn confirm(state: &mut State) -> Vec<Effect> {
    match &state.overlay {
        Some(Overlay::Plan(shown)) if state.now.duration_since(shown.opened) >= TOO_SOON => {
            let unticked = shown.unticked.clone();
            state.overlay = None;
            state.waiting_plan = None;
            state.running = true;
            vec![Effect::Send(Command::Approve { unticked })]
        }
        Some(Overlay::Quit) => leave(),
        Some(
            Overlay::Help(_)
            | Overlay::Plan(_)
            | Overlay::Question(_)
            | Overlay::Failing(_)
            | Overlay::Log(_)
            | Overlay::Address(_),
        )
        | None => Vec::new(),
    }
}
