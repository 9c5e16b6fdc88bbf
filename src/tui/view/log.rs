//! The sync log: what the engine did, with the present step and its counts in the title.

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::super::state::{Pane, State};
use super::super::text::{cut, plain, plain_line, styled};
use super::super::theme::Meaning;
use crate::engine::event::{Level, LogLine, Progress};

/// Cells of the progress bar.
const BAR: usize = 20;

pub(super) fn draw(frame: &mut Frame<'_>, state: &State, area: Rect) {
    let title = cut(&title(state), usize::from(area.width).saturating_sub(4), state.glyphs.ellipsis);
    let block = super::pane(state, Pane::Log, &title);
    let inside = block.inner(area);
    frame.render_widget(block, area);
    let height = usize::from(inside.height);
    let end = state.log.lines.len().saturating_sub(state.log.up);
    let window = state.log.lines.range(end.saturating_sub(height)..end);
    let lines: Vec<Line<'static>> =
        window.map(|line| log_line(state, line, usize::from(inside.width))).collect();
    let lines = if lines.is_empty() {
        vec![plain_line(" Nothing yet. What a sync does is told here.")]
    } else {
        lines
    };
    super::lines(frame, inside, lines);
}

fn title(state: &State) -> String {
    if let Some(waiting) = &state.waiting {
        let left = waiting.until.duration_since(state.now).as_secs().max(0);
        return format!("[3] Sync log  {} ({left} s)", waiting.why);
    }
    if let Some(progress) = state.progress.filter(|_| state.running) {
        return format!("[3] Sync log  {}", progress_words(state, progress));
    }
    match state.log.unseen {
        0 => "[3] Sync log".to_owned(),
        unseen => format!("[3] Sync log  {unseen} new, G follows"),
    }
}

fn progress_words(state: &State, progress: Progress) -> String {
    let words = progress.step.words();
    match progress.of {
        Some(of) if of > 0 => {
            let filled = (progress.done.min(of) * BAR) / of;
            let bar =
                format!("{}{}", state.glyphs.full.repeat(filled), state.glyphs.empty.repeat(BAR - filled));
            format!("{words} {bar} {}/{of}", progress.done)
        }
        _ if progress.done > 0 => format!("{words} {}", progress.done),
        _ => words.to_owned(),
    }
}

fn log_line(state: &State, line: &LogLine, width: usize) -> Line<'static> {
    let meaning = level_meaning(line.level);
    let start = format!(" {}  ", clock(line.at));
    let word = format!("{:<6}", line.level.word());
    let rest = width.saturating_sub(start.len() + word.len());
    Line::from(vec![
        plain(start),
        styled(word, state.theme.style(meaning)),
        plain(cut(&line.text, rest, state.glyphs.ellipsis)),
    ])
}

pub(super) fn level_meaning(level: Level) -> Meaning {
    match level {
        Level::Info => Meaning::Muted,
        Level::Done => Meaning::Good,
        Level::Ask => Meaning::Warn,
        Level::Error => Meaning::Bad,
    }
}

/// `14:02:11`, in London.
pub(super) fn clock(at: Timestamp) -> String {
    match at.in_tz("Europe/London") {
        Ok(zoned) => zoned.strftime("%H:%M:%S").to_string(),
        Err(_) => at.strftime("%H:%M:%S").to_string(),
    }
}
