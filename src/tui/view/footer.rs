//! The footer: the keys that matter now, from the catalogue.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;
use unicode_width::UnicodeWidthStr;

use super::super::action::{Action, row};
use super::super::state::{Overlay, Pane, State, Tab};
use super::super::text::{plain, styled};
use super::super::theme::Meaning;
use super::differences;

pub(super) fn draw(frame: &mut Frame<'_>, state: &State, area: Rect) {
    let mut spans = vec![plain(" ")];
    let mut used = 1;
    for action in actions(state) {
        let Some(entry) = row(action) else { continue };
        let key = entry.keys.first().copied().unwrap_or_default().to_owned();
        let verb = match action {
            // What a key does depends on where one is.
            Action::Toggle if matches!(state.overlay, Some(Overlay::Plan(_))) => "tick",
            Action::Enter if state.overlay.is_none() && state.contacts.filtering => "keep",
            Action::Back if state.overlay.is_none() && state.contacts.filtering => "clear",
            Action::NextPane if state.overlay.is_none() && state.contacts.filtering => "complete :tag",
            Action::Enter if state.overlay.is_none() && state.focus == Pane::Log => "whole lines",
            Action::Left if state.tab == Tab::Differences => "Capsule's value",
            Action::Right if state.tab == Tab::Differences => "KashFlow's value",
            Action::SyncContact if !state.contacts.marked.is_empty() => "sync selected",
            _ => entry.verb,
        };
        let verb = format!(" {verb}  ");
        let wide = key.width() + verb.width();
        if used + wide > usize::from(area.width) {
            break;
        }
        used += wide;
        spans.push(styled(key, state.theme.style(Meaning::Key)));
        spans.push(plain(verb));
    }
    frame.render_widget(Paragraph::new(Line::from(spans)), area);
}

/// What can be done now, the most useful first.
fn actions(state: &State) -> Vec<Action> {
    match &state.overlay {
        Some(Overlay::Plan(_)) => {
            vec![Action::Confirm, Action::Toggle, Action::Back, Action::Down, Action::Help]
        }
        Some(Overlay::Question(_)) => {
            vec![Action::Enter, Action::Skip, Action::Back, Action::Down, Action::Help]
        }
        Some(Overlay::Help(_)) => vec![Action::Down, Action::Up, Action::Back],
        Some(Overlay::Failing(_) | Overlay::Log(_)) => {
            vec![Action::Back, Action::Down, Action::Up, Action::Help]
        }
        Some(Overlay::Quit) => vec![Action::Confirm, Action::Back],
        Some(Overlay::Address(_)) => vec![Action::Back],
        None => pane_actions(state),
    }
}

fn pane_actions(state: &State) -> Vec<Action> {
    let mut actions = Vec::new();
    if state.contacts.filtering {
        return vec![Action::Enter, Action::Back, Action::NextPane];
    }
    if state.waiting_plan.is_some() {
        actions.push(Action::Plan);
    } else {
        actions.push(Action::SyncNow);
    }
    if state.view.as_ref().is_some_and(|view| view.open_questions() > 0) {
        actions.push(Action::Answer);
    }
    match state.focus {
        Pane::Contacts if !state.contacts.marked.is_empty() => {
            actions.extend([Action::SyncContact, Action::Toggle, Action::Back]);
        }
        Pane::Contacts => actions.extend([Action::Filter, Action::Toggle, Action::SortNext]),
        Pane::Invoices if differences_to_take(state) => {
            actions.extend([Action::Left, Action::Right, Action::NextTab]);
        }
        Pane::Invoices => actions.push(Action::NextTab),
        Pane::Log => actions.push(Action::Enter),
    }
    actions.push(Action::Help);
    if state.view.as_ref().is_some_and(|view| view.failing() > 0) {
        actions.push(Action::Failing);
    }
    actions.push(Action::Quit);
    if state.selected().is_some_and(|line| !line.links.is_empty()) {
        if !actions.contains(&Action::SyncContact) {
            actions.push(Action::SyncContact);
        }
        actions.push(Action::OpenKashFlow);
    }
    if state.selected().is_some() {
        actions.push(Action::OpenCapsule);
    }
    actions.push(Action::NextPane);
    actions
}

fn differences_to_take(state: &State) -> bool {
    state.tab == Tab::Differences && differences::count(state) > 0
}
