//! Small things over the panes: messages, "quit?", an address that could not be opened.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::widgets::Clear;
use unicode_width::UnicodeWidthStr;

use super::super::layout::overlay;
use super::super::state::State;
use super::super::text::{cut, plain_line, styled_line, wrap};
use super::super::theme::Meaning;

/// Messages stand above the footer, at the right, the newest lowest.
pub(super) fn draw_toasts(frame: &mut Frame<'_>, state: &State, footer: Rect) {
    let mut bottom = footer.y;
    for toast in state.toasts.iter().rev() {
        let most = usize::from(footer.width).saturating_sub(4).min(76);
        let lines = wrap(&toast.text, most);
        let wide = lines.iter().map(|line| line.width()).max().unwrap_or_default();
        let (Ok(wide), Ok(high)) = (u16::try_from(wide + 2), u16::try_from(lines.len())) else { continue };
        if high >= bottom {
            break;
        }
        bottom -= high;
        let area = Rect::new(footer.right().saturating_sub(wide + 1), bottom, wide.min(footer.width), high);
        let meaning = if toast.stays { Meaning::Bad } else { Meaning::Title };
        let style = state.theme.style(meaning).add_modifier(ratatui::style::Modifier::REVERSED);
        frame.render_widget(Clear, area);
        super::lines(
            frame,
            area,
            lines.into_iter().map(|line| styled_line(format!(" {line} "), style)).collect(),
        );
    }
}

pub(super) fn draw_quit(frame: &mut Frame<'_>, state: &State) {
    let text = "A sync is writing. The write under way is finished first; the rest is done by the next sync. y quits, esc stays.";
    draw_words(frame, state, "Quit?", text);
}

pub(super) fn draw_address(frame: &mut Frame<'_>, state: &State, address: &str) {
    draw_words(frame, state, "Open this in a browser", address);
}

fn draw_words(frame: &mut Frame<'_>, state: &State, title: &str, text: &str) {
    let area = overlay(state, 70, 6);
    let inside = super::card(frame, state, area, cut(title, usize::from(area.width).saturating_sub(4), ""));
    let lines = wrap(text, usize::from(inside.width.saturating_sub(2)));
    super::lines(frame, inside, lines.into_iter().map(|line| plain_line(format!(" {line}"))).collect());
}
