//! The contact list: only the visible window is built, so a hundred thousand contacts draw as fast as ten.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::super::columns::{Column, amount, codes, day};
use super::super::layout::contact_rows;
use super::super::state::{Pane, State};
use super::super::text::{cut, left, plain, plain_line, right, styled, styled_line, width, wrap};
use super::super::theme::Meaning;
use crate::domain::listing::{ContactLine, Health};
use crate::domain::money::Currency;

/// Columns before the name: the cursor's, and the selection's. Both are always there, so that selecting moves nothing.
const LEAD: usize = 2;
/// Before a selected row, in every set of symbols.
const MARK: &str = "*";

pub(super) fn draw(frame: &mut Frame<'_>, state: &State, area: Rect) {
    let title = cut(&title(state), usize::from(area.width).saturating_sub(4), state.glyphs.ellipsis);
    let block = super::pane(state, Pane::Contacts, &title);
    let inside = block.inner(area);
    frame.render_widget(block, area);
    let Some(view) = &state.view else {
        super::lines(frame, inside, vec![plain_line(format!(" opening{}", state.glyphs.ellipsis))]);
        return;
    };
    let columns = usize::from(inside.width);
    let mut lines = Vec::new();
    if state.contacts.shows_filter() {
        lines.push(filter_line(state, columns));
    }
    if state.contacts.rows.is_empty() {
        let text = if view.contacts.is_empty() && state.running {
            "No contacts yet: both services are being read. The sync log says how far it is."
        } else if view.contacts.is_empty() {
            "No contacts yet. S reads both services and shows what the first sync would do; nothing is written before you \
             approve it."
        } else {
            "No contact has all of this. Esc clears the filter."
        };
        let parts = wrap(text, columns.saturating_sub(2));
        lines.extend(parts.into_iter().map(|line| plain_line(format!(" {line}"))));
    } else {
        let shown = state.contacts.widths.shown(columns.saturating_sub(LEAD), state.contacts.sort.column);
        lines.push(header(state, &shown));
        let window =
            state.contacts.rows.iter().enumerate().skip(state.contacts.offset).take(contact_rows(state));
        for (position, row) in window {
            if let Some(line) = view.contacts.get(*row) {
                lines.push(contact(
                    state,
                    line,
                    position == state.contacts.cursor,
                    &shown,
                    view.home_currency(),
                ));
            }
        }
    }
    super::lines(frame, inside, lines);
    if state.contacts.filtering && state.overlay.is_none() {
        let x = inside.x.saturating_add(u16::try_from(1 + cursor_column(state, columns)).unwrap_or(u16::MAX));
        frame.set_cursor_position(Position { x: x.min(inside.right().saturating_sub(1)), y: inside.y });
    }
}

/// How many there are, shown and selected.
fn title(state: &State) -> String {
    let total = state.view.as_ref().map_or(0, |view| view.contacts.len());
    let counts = if state.contacts.shows_filter() {
        format!("{} of {}", grouped(state.contacts.rows.len()), grouped(total))
    } else {
        grouped(total)
    };
    let selected = match state.contacts.marked.len() {
        0 => String::new(),
        some => format!(", {} selected", grouped(some)),
    };
    format!("[1] Contacts {counts}{selected}")
}

/// The filter, and beside it what it does not understand, with what there is.
fn filter_line(state: &State, columns: usize) -> Line<'static> {
    let room = filter_room(state, columns);
    let typed = state.contacts.filter.value();
    let scroll = scroll(state, room);
    let seen = cut(&without(typed, scroll), room, "");
    let used = width(&seen);
    let style = state.theme.style(if state.contacts.filtering { Meaning::Key } else { Meaning::Title });
    let mut spans = vec![styled("/", style), plain(seen)];
    if let Some((note, meaning)) = note(state) {
        let rest = columns.saturating_sub(1 + used + 2);
        spans.push(styled(
            format!("  {}", cut(&note, rest, state.glyphs.ellipsis)),
            state.theme.style(meaning),
        ));
    }
    Line::from(spans)
}

/// A word that says nothing is told first; then that something is still looked for.
fn note(state: &State) -> Option<(String, Meaning)> {
    if let Some(fault) = state.contacts.understood.faults.first() {
        return Some((fault.clone(), Meaning::Warn));
    }
    let looks = state.contacts.duplicates.looking && state.contacts.understood.asks_for_duplicates();
    looks.then(|| (format!("looking for duplicates{}", state.glyphs.ellipsis), Meaning::Muted))
}

/// Columns for the filter itself: at most half of the line where there is something to tell beside it.
fn filter_room(state: &State, columns: usize) -> usize {
    let whole = columns.saturating_sub(2);
    match note(state) {
        Some((note, _)) => whole.saturating_sub(width(&note) + 2).max(whole / 2),
        None => whole,
    }
}

/// Columns of the filter that are scrolled out at the left, so that its cursor is visible.
fn scroll(state: &State, room: usize) -> usize {
    if state.contacts.filtering { state.contacts.filter.visual_scroll(room.max(1)) } else { 0 }
}

fn cursor_column(state: &State, columns: usize) -> usize {
    let scroll = scroll(state, filter_room(state, columns));
    state.contacts.filter.visual_cursor().saturating_sub(scroll)
}

/// The text without so many columns of its beginning.
fn without(text: &str, columns: usize) -> String {
    let mut gone = 0;
    let scrolled_out = |character: &char| {
        let is_out = gone < columns;
        gone += if is_out { width(character.encode_utf8(&mut [0; 4])) } else { 0 };
        is_out
    };
    text.chars().skip_while(scrolled_out).collect()
}

fn grouped(number: usize) -> String {
    Currency::GBP.grouped(number.into()).trim_end_matches(".00").to_owned()
}

fn header(state: &State, shown: &[(Column, usize)]) -> Line<'static> {
    let sort = state.contacts.sort;
    let arrow = if sort.is_rising() { state.glyphs.rising } else { state.glyphs.falling };
    let titles: Vec<String> = shown
        .iter()
        .map(|(column, wide)| {
            let mut title = column.title().to_owned();
            title.extend((*column == sort.column).then_some(arrow));
            if column.is_number() { right(&title, *wide) } else { left(&title, *wide, state.glyphs.ellipsis) }
        })
        .collect();
    styled_line(format!("{}{}", " ".repeat(LEAD), titles.join(" ")), state.theme.style(Meaning::Title))
}

fn contact(
    state: &State,
    line: &ContactLine,
    at_cursor: bool,
    shown: &[(Column, usize)],
    home: Currency,
) -> Line<'static> {
    let style = |meaning| state.theme.style(meaning);
    let base = match (at_cursor, state.focus == Pane::Contacts) {
        (true, true) => style(Meaning::Selected),
        (true, false) => style(Meaning::SelectedElsewhere),
        (false, _) => style(Meaning::Text),
    };
    let mut spans = vec![plain(if at_cursor { state.glyphs.cursor } else { " " })];
    let marked = state.contacts.marked.contains(&line.id);
    spans.push(styled(if marked { MARK } else { " " }, style(Meaning::Key)));
    for (place, (column, wide)) in shown.iter().enumerate() {
        let before = if place == 0 { "" } else { " " };
        spans.push(cell(state, line, *column, *wide, home, before));
    }
    Line::from(spans).style(base)
}

fn cell(
    state: &State,
    line: &ContactLine,
    column: Column,
    wide: usize,
    home: Currency,
    before: &str,
) -> Span<'static> {
    let ellipsis = state.glyphs.ellipsis;
    let at_left = |text: &str, meaning: Meaning| {
        styled(format!("{before}{}", left(text, wide, ellipsis)), state.theme.style(meaning))
    };
    let at_right = |text: &str, meaning: Meaning| {
        styled(format!("{before}{}", right(text, wide)), state.theme.style(meaning))
    };
    let overdue = !line.invoices.overdue.is_zero();
    match column {
        Column::Name => plain(format!("{before}{}", left(&line.name, wide, ellipsis))),
        Column::Health => at_left(line.health.label(), health_meaning(line.health)),
        Column::Outstanding => at_right(&amount(&line.invoices.outstanding, home), Meaning::Text),
        Column::Overdue => {
            let meaning = if overdue { Meaning::Bad } else { Meaning::Muted };
            at_right(&amount(&line.invoices.overdue, home), meaning)
        }
        Column::NextDue => {
            let meaning = if overdue { Meaning::Bad } else { Meaning::Text };
            at_left(&day(line.invoices.next_due), meaning)
        }
        Column::Organisation => {
            at_left(line.organisation.as_ref().map_or("", |(_, name)| name.as_str()), Meaning::Muted)
        }
        Column::Codes => at_left(&codes(line), Meaning::Muted),
    }
}

pub(super) fn health_meaning(health: Health) -> Meaning {
    match health {
        Health::InSync => Meaning::Good,
        Health::Question => Meaning::Warn,
        Health::Failing => Meaning::Bad,
        Health::Excluded | Health::NotLinked => Meaning::Muted,
    }
}
