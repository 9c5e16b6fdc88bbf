//! Help: every key, from the catalogue.

use ratatui::Frame;
use ratatui::text::Line;

use super::super::action::{CATALOGUE, Group};
use super::super::layout::overlay;
use super::super::state::State;
use super::super::text::{cut, left, plain, plain_line, styled, styled_line};
use super::super::theme::Meaning;

/// Lines that help has.
pub(in crate::tui) fn rows() -> usize {
    CATALOGUE.len() + 2 * Group::ALL.len()
}

pub(super) fn draw(frame: &mut Frame<'_>, state: &State, offset: usize) {
    let area = overlay(state, 78, 40);
    let inside = super::card(frame, state, area, "Keys".to_owned());
    let width = usize::from(inside.width);
    let mut lines = Vec::new();
    for group in Group::ALL {
        lines.push(styled_line(format!(" {}", group.title()), state.theme.style(Meaning::Title)));
        for entry in CATALOGUE.iter().filter(|entry| entry.group == group) {
            let keys = left(&entry.keys.join("  "), 22, state.glyphs.ellipsis);
            let help = cut(entry.help, width.saturating_sub(26), state.glyphs.ellipsis);
            lines.push(Line::from(vec![
                styled(format!("  {keys}"), state.theme.style(Meaning::Key)),
                plain(format!(" {help}")),
            ]));
        }
        lines.push(plain_line(""));
    }
    super::lines(frame, inside, lines.into_iter().skip(offset).collect());
}
