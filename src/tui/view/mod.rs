//! The screen, drawn from the state alone.
//!
//! ```text
//! top line: company, engine, last and next run, questions, failing
//! ┌[1] Contacts──────┐┌[2] NAME──────────────┐
//! │ rows             ││ the contact's tabs   │
//! └──────────────────┘└──────────────────────┘
//! ┌[3] Sync log──────────────────────────────┐
//! └──────────────────────────────────────────┘
//! footer: the keys that matter now
//! ```

mod contacts;
mod details;
pub(super) mod differences;
mod footer;
pub(super) mod help;
mod history;
pub(super) mod invoices;
mod log;
mod notice;
pub(super) mod plan;
mod question;
pub(super) mod reader;
mod sides;
mod top;

use ratatui::Frame;
use ratatui::layout::{Alignment, Rect};
use ratatui::text::Line;
use ratatui::widgets::{Block, Clear, Paragraph};

use super::layout::{Tier, layout, tier};
use super::state::{Overlay, Pane, State};
use super::text::{plain_line, styled};
use super::theme::Meaning;

/// Draws everything.
pub fn draw(frame: &mut Frame<'_>, state: &State) {
    if tier(state.size) == Tier::Below {
        let (columns, rows) = state.size;
        let text = format!("Needs 30x8, this is {columns}x{rows}");
        let middle = Rect { y: frame.area().height / 2, height: frame.area().height.min(1), ..frame.area() };
        frame.render_widget(
            Paragraph::new(plain_line(text)).alignment(Alignment::Center),
            middle.intersection(frame.area()),
        );
        return;
    }
    let places = layout(state);
    top::draw(frame, state, places.top);
    if places.contacts.height > 0 {
        contacts::draw(frame, state, places.contacts);
    }
    if places.invoices.height > 0 {
        invoices::draw(frame, state, places.invoices);
    }
    if places.log.height > 0 {
        log::draw(frame, state, places.log);
    }
    if let Some(overlay) = &state.overlay {
        draw_overlay(frame, state, overlay);
    }
    notice::draw_toasts(frame, state, places.footer);
    footer::draw(frame, state, places.footer);
}

fn draw_overlay(frame: &mut Frame<'_>, state: &State, overlay: &Overlay) {
    match overlay {
        Overlay::Help(shown) => {
            if let Some(under) = &shown.over {
                draw_overlay(frame, state, under);
            }
            help::draw(frame, state, shown.offset);
        }
        Overlay::Failing(offset) => reader::draw_failing(frame, state, *offset),
        Overlay::Log(up) => reader::draw_log(frame, state, *up),
        Overlay::Plan(shown) => plan::draw(frame, state, shown),
        Overlay::Question(shown) => question::draw(frame, state, shown),
        Overlay::Quit => notice::draw_quit(frame, state),
        Overlay::Address(address) => notice::draw_address(frame, state, address),
    }
}

/// The frame of a pane; the focused one says so by its border and a mark in the title, not by colour alone.
fn pane<'a>(state: &State, which: Pane, title: &str) -> Block<'a> {
    let focused = state.focus == which && state.overlay.is_none();
    let style = state.theme.style(if focused { Meaning::BorderFocused } else { Meaning::Border });
    let mark = if focused { state.glyphs.cursor } else { "" };
    Block::bordered()
        .border_set(state.glyphs.border)
        .border_style(style)
        .title(styled(format!("{mark}{title}"), state.theme.style(Meaning::Title)))
}

/// Clears a rectangle and frames it; gives back the inside.
fn card(frame: &mut Frame<'_>, state: &State, area: Rect, title: String) -> Rect {
    let block = Block::bordered()
        .border_set(state.glyphs.border)
        .border_style(state.theme.style(Meaning::BorderFocused))
        .title(styled(title, state.theme.style(Meaning::Title)));
    let inside = block.inner(area);
    frame.render_widget(Clear, area);
    frame.render_widget(block, area);
    inside
}

/// Renders lines at the top of an area; what does not fit is left out.
fn lines(frame: &mut Frame<'_>, area: Rect, lines: Vec<Line<'_>>) {
    frame.render_widget(Paragraph::new(lines), area);
}
