//! Things to read over the panes, line by line: the records that fail, and the sync log with its lines whole.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::super::layout::{inside, overlay};
use super::super::state::State;
use super::super::text::{plain_line, styled_line, wrap};
use super::super::theme::Meaning;
use super::log::{clock, level_meaning};
use crate::domain::wording::with_remedy;

fn area(state: &State) -> Rect {
    overlay(state, 100, 34)
}

/// Rows that are visible at a time.
pub(in crate::tui) fn visible_rows(state: &State) -> usize {
    inside(area(state)).max(1)
}

/// Rows of the list of failing records.
pub(in crate::tui) fn failing_rows(state: &State) -> usize {
    failing(state, width(state)).len()
}

/// Rows of the log with its lines whole.
pub(in crate::tui) fn log_rows(state: &State) -> usize {
    log(state, width(state)).len()
}

fn width(state: &State) -> usize {
    usize::from(area(state).width.saturating_sub(2))
}

pub(super) fn draw_failing(frame: &mut Frame<'_>, state: &State, offset: usize) {
    let inside = super::card(frame, state, area(state), "Records that fail".to_owned());
    let lines = failing(state, usize::from(inside.width));
    super::lines(frame, inside, lines.into_iter().skip(offset).collect());
}

pub(super) fn draw_log(frame: &mut Frame<'_>, state: &State, up: usize) {
    let inside = super::card(frame, state, area(state), "Sync log, whole lines".to_owned());
    let mut lines = log(state, usize::from(inside.width));
    lines.truncate(lines.len().saturating_sub(up));
    let first = lines.len().saturating_sub(usize::from(inside.height));
    super::lines(frame, inside, lines.split_off(first));
}

/// Each record with its reason and what mends it; a record may have no contact to show that at (design B37).
fn failing(state: &State, width: usize) -> Vec<Line<'static>> {
    let Some(view) = &state.view else { return Vec::new() };
    let mut lines = Vec::new();
    for failing in view.local.failing.values() {
        push(&mut lines, state, Meaning::Bad, &failing.name, (1, 3), width);
        let mut words = with_remedy(&failing.reason, &failing.remedy);
        if failing.attempts > 0 {
            let next = clock(failing.next_try);
            let times =
                if failing.attempts == 1 { "once".to_owned() } else { format!("{} times", failing.attempts) };
            words = format!("{words} Tried {times}, again from {next}.");
        }
        push(&mut lines, state, Meaning::Text, &words, (3, 3), width);
        lines.push(plain_line(""));
    }
    if lines.is_empty() {
        lines.push(plain_line(" No record fails."));
    }
    lines
}

fn log(state: &State, width: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for line in &state.log.lines {
        let text = format!("{}  {:<6}{}", clock(line.at), line.level.word(), line.text);
        push(&mut lines, state, level_meaning(line.level), &text, (1, 5), width);
    }
    if lines.is_empty() {
        lines.push(plain_line(" Nothing yet."));
    }
    lines
}

/// A text in as many lines as it needs, the first and the others so many columns from the left.
fn push(
    lines: &mut Vec<Line<'static>>,
    state: &State,
    meaning: Meaning,
    text: &str,
    (first, others): (usize, usize),
    width: usize,
) {
    let style = state.theme.style(meaning);
    let parts = wrap(text, width.saturating_sub(first.max(others) + 1));
    for (number, part) in parts.into_iter().enumerate() {
        let before = " ".repeat(if number == 0 { first } else { others });
        lines.push(styled_line(format!("{before}{part}"), style));
    }
}
