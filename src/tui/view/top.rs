//! The top line, in words: company and profile, engine, last and next run, questions, failing.

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use unicode_width::UnicodeWidthStr;

use super::super::state::State;
use super::super::text::cut;
use super::super::theme::Meaning;
use super::log::clock;
use crate::engine::event::View;

pub(super) fn draw(frame: &mut Frame<'_>, state: &State, area: Rect) {
    let style = |meaning| state.theme.style(meaning);
    let columns = usize::from(area.width);
    let mut parts: Vec<(String, Meaning)> = vec![engine(state)];
    if let Some(view) = &state.view {
        parts.extend(counts(view));
        parts.extend(runs(view, state.waiting_plan.is_some()));
    }
    let who = who(state);
    let mut spans =
        vec![Span::styled(cut(&format!(" {who}"), columns, state.glyphs.ellipsis), style(Meaning::Title))];
    let mut used = spans.first().map_or(0, |span| span.content.width());
    for (text, meaning) in parts {
        let wide = text.width() + 2;
        if used + wide > columns {
            break;
        }
        spans.push(Span::raw("  "));
        spans.push(Span::styled(text, style(meaning)));
        used += wide;
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

fn engine(state: &State) -> (String, Meaning) {
    let glyphs = &state.glyphs;
    if state.view.is_none() {
        return (format!("{} opening{}", glyphs.busy, glyphs.ellipsis), Meaning::Muted);
    }
    if state.waiting_plan.is_some() {
        return (format!("{} first plan waits for you", glyphs.busy), Meaning::Warn);
    }
    match (&state.progress, state.running) {
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
