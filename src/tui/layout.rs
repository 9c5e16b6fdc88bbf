//! Where things are on the screen: one pure function of the size, used for drawing and for scrolling (tui 2.5, A10).

use ratatui::layout::Rect;

use super::state::{Pane, State};

/// How much room there is (tui 3.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tier {
    /// 120 × 30 and more.
    Wide,
    /// 80 × 20 and more.
    Normal,
    /// 50 × 14 and more: one column.
    Narrow,
    /// 30 × 8 and more: one pane at a time.
    Tiny,
    /// Less: one line.
    Below,
}

/// How much room a terminal of that size gives.
pub fn tier((columns, rows): (u16, u16)) -> Tier {
    match (columns, rows) {
        (120.., 30..) => Tier::Wide,
        (80.., 20..) => Tier::Normal,
        (50.., 14..) => Tier::Narrow,
        (30.., 8..) => Tier::Tiny,
        _ => Tier::Below,
    }
}

/// The rectangles of everything; a pane that is not shown is empty.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Layout {
    /// Top line.
    pub top: Rect,
    /// Contacts with border.
    pub contacts: Rect,
    /// Invoices with border.
    pub invoices: Rect,
    /// Log with border.
    pub log: Rect,
    /// Footer.
    pub footer: Rect,
}

/// Where everything is.
pub fn layout(state: &State) -> Layout {
    let (columns, rows) = state.size;
    let top = Rect::new(0, 0, columns, 1);
    let footer = Rect::new(0, rows.saturating_sub(1), columns, 1);
    let middle = rows.saturating_sub(2);
    let pane = |x: u16, y: u16, width: u16, height: u16| Rect::new(x, 1 + y, width, height);
    let mut out = Layout { top, footer, ..Layout::default() };
    match tier(state.size) {
        Tier::Wide | Tier::Normal => {
            let log = if tier(state.size) == Tier::Wide { 11 } else { 7 };
            let upper = middle.saturating_sub(log);
            let left = if tier(state.size) == Tier::Wide { columns * 9 / 20 } else { columns / 2 };
            out.contacts = pane(0, 0, left, upper);
            out.invoices = pane(left, 0, columns - left, upper);
            out.log = pane(0, upper, columns, log);
        }
        Tier::Narrow => {
            let upper = middle / 2;
            let rest = pane(0, upper, columns, middle - upper);
            out.contacts = pane(0, 0, columns, upper);
            if state.focus == Pane::Log {
                out.log = rest;
            } else {
                out.invoices = rest;
            }
        }
        Tier::Tiny => {
            let whole = pane(0, 0, columns, middle);
            match state.focus {
                Pane::Contacts => out.contacts = whole,
                Pane::Invoices => out.invoices = whole,
                Pane::Log => out.log = whole,
            }
        }
        Tier::Below => {}
    }
    out
}

/// Rows inside a bordered pane.
pub fn inside(area: Rect) -> usize {
    usize::from(area.height.saturating_sub(2))
}

/// Contact rows that are visible: above them are the filter, if there is one, and the header.
pub fn contact_rows(state: &State) -> usize {
    inside(layout(state).contacts).saturating_sub(1 + usize::from(state.contacts.shows_filter()))
}

/// Where an overlay stands: centred, never larger than the screen between top line and footer.
pub fn overlay(state: &State, columns: u16, rows: u16) -> Rect {
    let (width, height) = state.size;
    let columns = columns.min(width);
    let rows = rows.min(height.saturating_sub(2)).max(height.min(3));
    let x = (width - columns) / 2;
    let y = (height.saturating_sub(rows)) / 2;
    Rect::new(x, y, columns, rows.min(height))
}
