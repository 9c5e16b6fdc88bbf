//! The top line, in words: company and profile, engine, last and next run, questions, failing.

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;
use unicode_width::UnicodeWidthStr;

use super::super::layout::{Tier, tier};
use super::super::state::State;
use super::super::text::{cut, plain, styled};
use super::super::theme::Meaning;
use super::log::clock;
use crate::engine::event::View;

/// Columns below which the company's name says nothing.
const LEAST_NAME: usize = 8;

/// What matters first has its place first: state, questions and failing; then the company, cut to what is left; then the
/// runs.
pub(super) fn draw(frame: &mut Frame<'_>, state: &State, area: Rect) {
    let style = |meaning| state.theme.style(meaning);
    let columns = usize::from(area.width);
    let taken = |parts: &[(String, Meaning)]| parts.iter().map(|(text, _)| text.width() + 2).sum::<usize>();
    let mut parts: Vec<(String, Meaning)> = vec![engine(state, tier(state.size) == Tier::Tiny)];
    if let Some(view) = &state.view {
        parts.extend(counts(view));
    }
    let left = columns.saturating_sub(taken(&parts) + 1);
    let who = cut(&who(state), left, state.glyphs.ellipsis);
    let mut spans = Vec::new();
    let mut used = 0;
    if left >= LEAST_NAME {
        spans.push(styled(format!(" {who}"), style(Meaning::Title)));
        used = who.width() + 1;
    }
    if let Some(view) = &state.view {
        parts.extend(runs(view, state.waiting_plan.is_some()));
    }
    for (text, meaning) in parts {
        let gap = if spans.is_empty() { 1 } else { 2 };
        if used + gap + text.width() > columns {
            break;
        }
        used += gap + text.width();
        spans.push(plain(" ".repeat(gap)));
        spans.push(styled(text, style(meaning)));
    }
    frame.render_widget(Paragraph::new(Line::from(spans)), area);
}

fn who(state: &State) -> String {
    let accounts = state.view.as_ref().and_then(|view| {
        let company = view.snapshot.company.as_ref()?;
        Some(company.name.clone())
    });
    let who = accounts.unwrap_or_else(|| format!("Capsule {} KashFlow", state.glyphs.link));
    if state.profile == "default" { who } else { format!("{who} ({})", state.profile) }
}

/// What the engine does; in one word where there is little room.
fn engine(state: &State, is_short: bool) -> (String, Meaning) {
    let glyphs = &state.glyphs;
    if state.view.is_none() {
        return (format!("{} opening{}", glyphs.busy, glyphs.ellipsis), Meaning::Muted);
    }
    if state.waiting_plan.is_some() && is_short {
        return (format!("{} plan waits", glyphs.busy), Meaning::Warn);
    }
    if state.waiting_plan.is_some() {
        return (format!("{} first plan waits for you", glyphs.busy), Meaning::Warn);
    }
    if state.view.as_ref().is_some_and(|view| !view.is_enabled()) {
        return (format!("{} syncing is disabled", glyphs.idle), Meaning::Warn);
    }
    match (&state.progress, state.running) {
        (Some(progress), true) if is_short => {
            let words = progress.step.words();
            let word = words.split(' ').next().unwrap_or(words);
            (format!("{} {word}", glyphs.busy), Meaning::Good)
        }
        (Some(progress), true) => (format!("{} {}", glyphs.busy, progress.step.words()), Meaning::Good),
        (None, true) => (format!("{} starting", glyphs.busy), Meaning::Good),
        (_, false) => (format!("{} idle", glyphs.idle), Meaning::Muted),
    }
}

fn counts(view: &View) -> Vec<(String, Meaning)> {
    let mut parts = Vec::new();
    match view.open_questions() {
        0 => {}
        1 => parts.push(("1 question".to_owned(), Meaning::Warn)),
        many => parts.push((format!("{many} questions"), Meaning::Warn)),
    }
    match view.failing() {
        0 => {}
        failing => parts.push((format!("{failing} failing"), Meaning::Bad)),
    }
    parts
}

/// While the first plan waits the timer rests, so there is no next run to tell.
fn runs(view: &View, waits: bool) -> Vec<(String, Meaning)> {
    let last = view
        .last_run
        .as_ref()
        .map(|run| (format!("last {} {}", hour(run.finished), run.outcome.word()), Meaning::Muted));
    let next = view.next_run.filter(|_| !waits).map(|at| (format!("next {}", hour(at)), Meaning::Muted));
    last.into_iter().chain(next).collect()
}

/// `14:02`, in London.
fn hour(at: Timestamp) -> String {
    clock(at).chars().take(5).collect()
}
