//! The first run's plan: what it would do, row by row, waiting for one key (design B35).

use std::collections::BTreeSet;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::super::layout::overlay;
use super::super::state::{PlanShown, State};
use super::super::text::{cut, plain_line, styled_line, wrap};
use super::super::theme::Meaning;
use crate::domain::ids::LedgerRef;
use crate::domain::operation::{Operation, Plan};
use crate::domain::plan::choose::open_questions;
use crate::domain::wording::{heading, sentence};

/// Lines above the list, the blank one included, where there is room.
const HEAD: usize = 6;

/// Rows of a plan: its operations, then its questions.
pub(in crate::tui) fn rows(plan: &Plan) -> usize {
    plan.operations.len() + plan.questions.len()
}

/// Rows of the list that are visible.
pub(in crate::tui) fn visible_rows(state: &State, shown: &PlanShown) -> usize {
    usize::from(area(state).height).saturating_sub(2 + head(state, shown).len()).max(1)
}

/// The ledger contacts that a row is about: what un-ticking leaves out.
pub(in crate::tui) fn row_ledgers(plan: &Plan, row: usize) -> Vec<LedgerRef> {
    match plan.operations.get(row) {
        Some(Operation::Link { ledger, .. }) => vec![*ledger],
        Some(Operation::CreateContact { ledgers, .. }) => ledgers.clone(),
        Some(
            Operation::UpdateLedger(_)
            | Operation::UpdateContact(_)
            | Operation::WriteSummary { .. }
            | Operation::Export(_)
            | Operation::Remove { .. }
            | Operation::LetGo { .. },
        ) => Vec::new(),
        None => {
            let question = plan.questions.get(row.saturating_sub(plan.operations.len()));
            question.map(|asked| asked.key.waiting.clone()).unwrap_or_default()
        }
    }
}

fn area(state: &State) -> Rect {
    overlay(state, 100, 44)
}

pub(super) fn draw(frame: &mut Frame<'_>, state: &State, shown: &PlanShown) {
    let inside = super::card(frame, state, area(state), "The first sync's plan".to_owned());
    let width = usize::from(inside.width);
    let mut lines: Vec<Line<'static>> = Vec::new();
    lines.extend(head(state, shown).into_iter().map(|part| plain_line(format!(" {part}"))));
    let all = rows(&shown.plan);
    for row in (shown.offset..all).take(visible_rows(state, shown)) {
        lines.push(plan_row(state, shown, row, width));
    }
    super::lines(frame, inside, lines);
}

/// What it does in all and which keys decide, wrapped; in few words where the whole sentences leave no room for the list.
fn head(state: &State, shown: &PlanShown) -> Vec<String> {
    let area = area(state);
    let width = usize::from(area.width).saturating_sub(4);
    let wrapped = |texts: [String; 2]| texts.iter().flat_map(|text| wrap(text, width)).collect::<Vec<_>>();
    let mut lines = wrapped(sentences(state, shown));
    if lines.len() < HEAD {
        lines.resize(HEAD, String::new());
        return lines;
    }
    let counts = shown.plan.counts();
    wrapped([
        format!(
            "{} links, {} creates, {} summaries, {} questions.",
            counts.linked,
            counts.created_in_capsule,
            counts.summaries_written,
            questions(state, shown)
        ),
        "y carries it out, space leaves a record out, esc waits.".into(),
    ])
}

fn questions(state: &State, shown: &PlanShown) -> usize {
    state.view.as_ref().map_or(shown.plan.questions.len(), |view| open_questions(&view.local, &shown.plan))
}

fn sentences(state: &State, shown: &PlanShown) -> [String; 2] {
    let counts = shown.plan.counts();
    let minutes = match shown.minutes {
        0 | 1 => "about a minute".to_owned(),
        many => format!("about {many} minutes"),
    };
    let kashflow = match counts.updated_in_kashflow {
        0 => "Nothing is written to KashFlow".to_owned(),
        many => format!("In KashFlow {many} get the name that you answered"),
    };
    let left_out = match shown.unticked.len() {
        0 => String::new(),
        many => format!(" {many} left out."),
    };
    [
        format!(
            "It would link {}, create {} contacts in Capsule and write {} invoice summaries, and asks {} questions. It takes \
             {minutes}. {kashflow}, nothing is deleted anywhere.{left_out}",
            counts.linked,
            counts.created_in_capsule,
            counts.summaries_written,
            questions(state, shown)
        ),
        "y carries it out. Space leaves a record out for good. Esc keeps it waiting; P shows it again."
            .into(),
    ]
}

fn plan_row(state: &State, shown: &PlanShown, row: usize, width: usize) -> Line<'static> {
    let ledgers = row_ledgers(&shown.plan, row);
    let unticked: &BTreeSet<LedgerRef> = &shown.unticked;
    let out = !ledgers.is_empty() && ledgers.iter().all(|ledger| unticked.contains(ledger));
    let tick = match (ledgers.is_empty(), out) {
        (true, _) => "   ",
        (false, true) => "[ ]",
        (false, false) => "[x]",
    };
    let text = match (shown.plan.operations.get(row), &state.view) {
        (Some(operation), Some(view)) => sentence(operation, &view.snapshot),
        (Some(operation), None) => operation.name(),
        (None, _) => {
            let asked = shown.plan.questions.get(row.saturating_sub(shown.plan.operations.len()));
            asked.map(|asked| format!("ask: {}: {}", asked.name, heading(asked.key.kind))).unwrap_or_default()
        }
    };
    let selected = row == shown.cursor;
    let mark = if selected { state.glyphs.cursor } else { " " };
    let style = state.theme.style(if selected { Meaning::Selected } else { Meaning::Text });
    styled_line(cut(&format!("{mark}{tick} {text}"), width, state.glyphs.ellipsis), style)
}
