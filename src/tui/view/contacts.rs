//! The contact list: only the visible window is built, so a hundred thousand contacts draw as fast as ten.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

use super::super::layout::contact_rows;
use super::super::state::{Pane, State};
use super::super::text::{left, plain, plain_line, right, styled, styled_line, wrap};
use super::super::theme::Meaning;
use crate::domain::listing::{ContactLine, Health};
use crate::domain::money::{Currency, Totals};

/// Columns from which a column is shown, and its width.
const HEALTH: (usize, usize) = (30, 10);
const OVERDUE: (usize, usize) = (24, 11);
const OUTSTANDING: (usize, usize) = (58, 11);

pub(super) fn draw(frame: &mut Frame<'_>, state: &State, area: Rect) {
    let block = super::pane(state, Pane::Contacts, &title(state));
    let inside = block.inner(area);
    frame.render_widget(block, area);
    let Some(view) = &state.view else {
        super::lines(frame, inside, vec![plain_line(format!(" opening{}", state.glyphs.ellipsis))]);
        return;
    };
    if state.contacts.rows.is_empty() {
        let text = if view.contacts.is_empty() && state.running {
            "No contacts yet: both services are being read. The sync log says how far it is."
        } else if view.contacts.is_empty() {
            "No contacts yet. S reads both services and shows what the first sync would do; nothing is written before you \
             approve it."
        } else {
            "No contact has these words. Esc clears the filter."
        };
        let columns = usize::from(inside.width.saturating_sub(2));
        super::lines(
            frame,
            inside,
            wrap(text, columns).into_iter().map(|line| plain_line(format!(" {line}"))).collect(),
        );
    } else {
        let home = view.snapshot.company.as_ref().map_or(Currency::GBP, |company| company.home_currency);
        let width = usize::from(inside.width);
        let mut lines = vec![header(state, width)];
        let window =
            state.contacts.rows.iter().enumerate().skip(state.contacts.offset).take(contact_rows(state));
        for (position, row) in window {
            if let Some(line) = view.contacts.get(*row) {
                lines.push(contact(state, line, position == state.contacts.cursor, width, home));
            }
        }
        super::lines(frame, inside, lines);
    }
    if state.contacts.filtering && state.overlay.is_none() {
        place_cursor(frame, state, area);
    }
}

fn title(state: &State) -> String {
    let total = state.view.as_ref().map_or(0, |view| view.contacts.len());
    let shown = state.contacts.rows.len();
    let filter = state.contacts.filter.value();
    let counts = if filter.is_empty() && !state.contacts.filtering {
        grouped(total)
    } else {
        format!("{} of {} /{filter}", grouped(shown), grouped(total))
    };
    format!("[1] Contacts {counts}")
}

/// The hardware cursor stands in the filter, in the pane's title.
fn place_cursor(frame: &mut Frame<'_>, state: &State, area: Rect) {
    let before = format!("{}{}", state.glyphs.cursor, title(state));
    let typed = state.contacts.filter.value().chars().count();
    let to_cursor = before.chars().count() - typed + state.contacts.filter.visual_cursor();
    let x = area.x.saturating_add(1).saturating_add(u16::try_from(to_cursor).unwrap_or(u16::MAX));
    frame.set_cursor_position(Position { x: x.min(area.right().saturating_sub(2)), y: area.y });
}

fn grouped(number: usize) -> String {
    Currency::GBP.grouped(number.into()).trim_end_matches(".00").to_owned()
}

fn shown((from, wide): (usize, usize), width: usize) -> usize {
    if width >= from { wide + 1 } else { 0 }
}

fn header(state: &State, width: usize) -> Line<'static> {
    let rest =
        width.saturating_sub(1 + shown(HEALTH, width) + shown(OVERDUE, width) + shown(OUTSTANDING, width));
    let mut columns = vec![left("Name", rest, "")];
    if shown(HEALTH, width) > 0 {
        columns.push(left("Health", HEALTH.1, ""));
    }
    if shown(OUTSTANDING, width) > 0 {
        columns.push(right("Owes", OUTSTANDING.1));
    }
    if shown(OVERDUE, width) > 0 {
        columns.push(right("Overdue", OVERDUE.1));
    }
    styled_line(format!(" {}", columns.join(" ")), state.theme.style(Meaning::Title))
}

fn contact(state: &State, line: &ContactLine, selected: bool, width: usize, home: Currency) -> Line<'static> {
    let rest =
        width.saturating_sub(1 + shown(HEALTH, width) + shown(OVERDUE, width) + shown(OUTSTANDING, width));
    let mark = if selected { state.glyphs.cursor } else { " " };
    let style = |meaning| state.theme.style(meaning);
    let base = match (selected, state.focus == Pane::Contacts) {
        (true, true) => style(Meaning::Selected),
        (true, false) => style(Meaning::SelectedElsewhere),
        (false, _) => style(Meaning::Text),
    };
    let mut spans = vec![plain(format!("{mark}{}", left(&line.name, rest, state.glyphs.ellipsis)))];
    if shown(HEALTH, width) > 0 {
        let text = format!(" {}", left(line.health.label(), HEALTH.1, ""));
        spans.push(styled(text, style(health_meaning(line.health))));
    }
    if shown(OUTSTANDING, width) > 0 {
        spans.push(plain(format!(" {}", right(&money(&line.invoices.outstanding, home), OUTSTANDING.1))));
    }
    if shown(OVERDUE, width) > 0 {
        let overdue = &line.invoices.overdue;
        let meaning = if overdue.is_zero() { Meaning::Muted } else { Meaning::Bad };
        spans.push(styled(format!(" {}", right(&money(overdue, home), OVERDUE.1)), style(meaning)));
    }
    Line::from(spans).style(base)
}

fn health_meaning(health: Health) -> Meaning {
    match health {
        Health::InSync => Meaning::Good,
        Health::Question => Meaning::Warn,
        Health::Failing => Meaning::Bad,
        Health::Excluded | Health::NotLinked => Meaning::Muted,
    }
}

/// Home currency first; `+1` says that something is owed in another currency too. Nothing is a dash.
fn money(totals: &Totals, home: Currency) -> String {
    let others = totals.iter().filter(|(currency, _)| *currency != home).count();
    let at_home = totals.of(home);
    match (at_home.is_zero(), others) {
        (true, 0) => "-".to_owned(),
        (false, 0) => home.grouped(at_home),
        (true, _) => totals
            .iter()
            .next()
            .map(|(currency, amount)| format!("{} {}", currency.code(), currency.grouped(amount)))
            .unwrap_or_default(),
        (false, more) => format!("{} +{more}", home.grouped(at_home)),
    }
}
