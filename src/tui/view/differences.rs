//! Differences: each field on which the two services differ, with the values they had when they were agreed on, the values they
//! have now, and what becomes of that (tui 3.3).

use ratatui::text::Line;

use super::super::action::{Action, row};
use super::super::state::{Pane, State};
use super::super::text::{left, plain, plain_line, styled, styled_line, wrap};
use super::super::theme::Meaning;
use super::invoices::width;
use crate::domain::change::Around;
use crate::domain::difference::{Difference, differences_of};

/// How many there are.
pub(in crate::tui) fn count(state: &State) -> usize {
    found(state).len()
}

/// The one under the cursor.
pub(in crate::tui) fn at_cursor(state: &State) -> Option<Difference> {
    found(state).into_iter().nth(state.difference)
}

/// The first line of the one under the cursor, and the first after it.
pub(in crate::tui) fn place(state: &State) -> (usize, usize) {
    let columns = width(state);
    let rows = |number: usize, difference: &Difference| block(state, number, difference, columns).len();
    let found = found(state);
    let before = found.iter().enumerate().take(state.difference).map(|(number, one)| rows(number, one)).sum();
    let own = found.get(state.difference).map_or(0, |one| rows(state.difference, one));
    // The blank line at its end need not be seen.
    (before, before + own.saturating_sub(1))
}

/// The whole tab.
pub(super) fn lines(state: &State, columns: usize) -> Vec<Line<'static>> {
    let found = found(state);
    if found.is_empty() {
        let linked = state.selected().is_some_and(|line| !line.links.is_empty());
        let text = if linked {
            "Capsule and KashFlow have the same values."
        } else {
            "Only a linked contact has two values to compare."
        };
        return wrap(text, columns.saturating_sub(2))
            .into_iter()
            .map(|line| plain_line(format!(" {line}")))
            .collect();
    }
    let blocks = found.iter().enumerate().flat_map(|(number, one)| block(state, number, one, columns));
    blocks.collect()
}

fn found(state: &State) -> Vec<Difference> {
    let (Some(view), Some(line)) = (&state.view, state.selected()) else { return Vec::new() };
    let Some(contact) = view.snapshot.contacts.get(&line.id) else { return Vec::new() };
    differences_of(contact, &Around { snapshot: &view.snapshot, local: &view.local }, &view.policy)
}

/// One field: a heading, a line for each value, what becomes of it, and under the cursor the keys.
fn block(state: &State, number: usize, difference: &Difference, columns: usize) -> Vec<Line<'static>> {
    let style = |meaning| state.theme.style(meaning);
    let at_cursor = number == state.difference;
    let code = code(state, difference);
    let mark = if at_cursor { state.glyphs.cursor } else { " " };
    let heading = format!("{mark}{}", difference.field.label());
    let several = state.selected().is_some_and(|line| line.links.len() > 1);
    let of = if several { format!(" of {} {code}", difference.ledger.side.word()) } else { String::new() };
    let note = match difference.note() {
        "" => String::new(),
        note => format!(": {note}"),
    };
    let base = match (at_cursor, state.focus == Pane::Invoices) {
        (true, true) => style(Meaning::Selected),
        (true, false) => style(Meaning::SelectedElsewhere),
        (false, _) => style(Meaning::Title),
    };
    let mut lines =
        vec![styled_line(left(&format!("{heading}{of}{note}"), columns, state.glyphs.ellipsis), base)];
    let agreed = difference.capsule_was == difference.kashflow_was;
    let mut value = |label: &str, value: &str, meaning: Meaning| {
        let given = if value.is_empty() { "-" } else { value };
        let label_width = 13;
        for (place, part) in wrap(given, columns.saturating_sub(label_width + 3)).into_iter().enumerate() {
            let label = left(if place == 0 { label } else { "" }, label_width, "");
            lines.push(Line::from(vec![
                styled(format!("  {label}"), style(Meaning::Muted)),
                styled(part, style(meaning)),
            ]));
        }
    };
    if agreed {
        value("Was", &difference.capsule_was, Meaning::Muted);
    } else {
        value("Capsule was", &difference.capsule_was, Meaning::Muted);
        value("KashFlow was", &difference.kashflow_was, Meaning::Muted);
    }
    value("Capsule", &difference.capsule, Meaning::Text);
    value("KashFlow", &difference.kashflow, Meaning::Text);
    let meaning = if difference.taken.is_some() { Meaning::Good } else { Meaning::Text };
    for part in wrap(&difference.effect(&code), columns.saturating_sub(4)) {
        lines.push(styled_line(format!("  {part}"), style(meaning)));
    }
    if at_cursor {
        lines.push(keys(state));
    }
    lines.push(plain_line(""));
    lines
}

/// `h Capsule's value  l KashFlow's value`: the same key again takes that back.
fn keys(state: &State) -> Line<'static> {
    let mut spans = vec![plain("  ")];
    for (action, words) in [(Action::Left, " take Capsule's  "), (Action::Right, " take KashFlow's")] {
        let key = row(action).and_then(|entry| entry.keys.first()).copied().unwrap_or_default();
        spans.extend([styled(key, state.theme.style(Meaning::Key)), plain(words)]);
    }
    Line::from(spans)
}

fn code(state: &State, difference: &Difference) -> String {
    let links = state.selected().map(|line| line.links.as_slice()).unwrap_or_default();
    let linked = links.iter().find(|link| link.ledger == difference.ledger);
    linked.map(|link| link.code.clone()).unwrap_or_default()
}
