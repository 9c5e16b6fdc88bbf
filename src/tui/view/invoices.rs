//! The selected contact: its tabs, and the one with invoices and bills with their totals.

use std::sync::Arc;

use jiff::civil::Date;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use rust_decimal::Decimal;

use super::super::columns::day;
use super::super::layout::layout;
use super::super::state::{Pane, State, Tab};
use super::super::text::{cut, left, plain, plain_line, right, styled, styled_line, wrap};
use super::super::theme::Meaning;
use super::{details, differences, history};
use crate::domain::document::{Document, DocumentState};
use crate::domain::ids::Side;
use crate::domain::listing::{Account, ContactLine};
use crate::domain::local::Ignored;
use crate::domain::money::Totals;
use crate::domain::normalise::name_key;
use crate::engine::event::View;

pub(super) fn draw(frame: &mut Frame<'_>, state: &State, area: Rect) {
    let columns = usize::from(area.width);
    let name = state.selected().map(|line| line.name.clone()).unwrap_or_default();
    let title = cut(&format!("[2] {name}"), columns.saturating_sub(4), state.glyphs.ellipsis);
    let block = super::pane(state, Pane::Invoices, &title);
    let inside = block.inner(area);
    frame.render_widget(block, area);
    let (Some(view), Some(line)) = (&state.view, state.selected()) else { return };
    let width = usize::from(inside.width);
    let mut lines = vec![tabs(state, width)];
    let body = body(state, view, line, width);
    let footer = match state.tab {
        Tab::Invoices => totals(state, line, width),
        Tab::Details | Tab::Differences | Tab::History => Vec::new(),
    };
    let room = usize::from(inside.height).saturating_sub(1 + footer.len());
    lines.extend(body.into_iter().skip(state.document).take(room).map(|(line, _)| line));
    let gap = room.saturating_sub(lines.len().saturating_sub(1));
    lines.extend(std::iter::repeat_n(plain_line(""), gap));
    lines.extend(footer);
    super::lines(frame, inside, lines);
}

/// How many lines the pane has to show, scrolled or not.
pub(in crate::tui) fn lines_shown(state: &State) -> usize {
    let (Some(view), Some(line)) = (&state.view, state.selected()) else { return 0 };
    body(state, view, line, width(state)).len()
}

/// Columns inside the pane; some, where it is not on the screen now.
pub(super) fn width(state: &State) -> usize {
    usize::from(layout(state).invoices.width.saturating_sub(2)).max(20)
}

/// The document at the top of the pane.
pub(in crate::tui) fn first_document(state: &State) -> Option<Arc<Document>> {
    let (view, line) = (state.view.as_ref()?, state.selected()?);
    if state.tab != Tab::Invoices {
        return None;
    }
    body(state, view, line, width(state)).into_iter().skip(state.document).find_map(|(_, document)| document)
}

/// All tabs where there is room for their names, else the one that is open and how many there are.
fn tabs(state: &State, width: usize) -> Line<'static> {
    let open = |tab: Tab| format!(" >{}<", tab.title());
    let closed = |tab: Tab| format!("  {} ", tab.title());
    let muted = state.theme.style(Meaning::Muted);
    let title = state.theme.style(Meaning::Title);
    let all: usize = Tab::ALL.into_iter().map(|tab| open(tab).len()).sum();
    if all > width {
        let place = Tab::ALL.iter().position(|tab| *tab == state.tab).unwrap_or_default() + 1;
        let rest = format!("  tab {place} of {}", Tab::ALL.len());
        return Line::from(vec![styled(open(state.tab), title), styled(rest, muted)]);
    }
    let spans = Tab::ALL
        .into_iter()
        .map(|tab| if state.tab == tab { styled(open(tab), title) } else { styled(closed(tab), muted) });
    Line::from(spans.collect::<Vec<_>>())
}

type Row = (Line<'static>, Option<Arc<Document>>);

fn body(state: &State, view: &View, line: &ContactLine, width: usize) -> Vec<Row> {
    match state.tab {
        Tab::Invoices => documents(state, view, line, width),
        Tab::Details => without_documents(details::lines(state, view, line, width)),
        Tab::Differences => without_documents(differences::lines(state, width)),
        Tab::History => without_documents(history::lines(state, line, width)),
    }
}

fn without_documents(lines: Vec<Line<'static>>) -> Vec<Row> {
    lines.into_iter().map(|line| (line, None)).collect()
}

fn documents(state: &State, view: &View, line: &ContactLine, width: usize) -> Vec<Row> {
    if line.links.is_empty() {
        return words(&why_nothing(view, line), width);
    }
    let mut rows: Vec<Row> = Vec::new();
    for side in Side::BOTH {
        let Some(linked) = line.links.iter().find(|found| found.ledger.side == side) else { continue };
        if side == Side::Supplier && view.bills_excluded {
            continue;
        }
        let owned = in_order(view.documents.of_owner(linked.ledger), view.today);
        let title = match (side, owned.is_empty()) {
            (Side::Customer, true) => "No invoices in KashFlow.",
            (Side::Supplier, true) => "No bills in KashFlow.",
            (Side::Customer, false) => "",
            (Side::Supplier, false) => "Bills",
        };
        if !title.is_empty() {
            rows.push((styled_line(format!(" {title}"), state.theme.style(Meaning::Title)), None));
        }
        if !owned.is_empty() {
            rows.push((header(state, width), None));
        }
        rows.extend(
            owned
                .into_iter()
                .map(|document| (document_row(state, &document, view.today, width), Some(document))),
        );
    }
    rows
}

/// Why there is nothing to show, and the next key.
fn why_nothing(view: &View, line: &ContactLine) -> String {
    let key = name_key(&line.name);
    let ignored = view.local.ignored.values().find(|ignored| name_key(&ignored.name) == key);
    match (&line.organisation, ignored) {
        (Some((_, name)), _) => format!("The invoices belong to the organisation {name}. Enter goes there."),
        (None, Some(Ignored { ledger, code, .. })) => {
            let side = ledger.side.word();
            format!(
                "Not linked with KashFlow: the {side} {code} of this name is ignored. `kashsync unignore {side}:{code}` takes \
                 that back."
            )
        }
        (None, None) if line.health_reason.is_empty() => {
            "Not linked with KashFlow. A sync links it when a customer or supplier has its name.".into()
        }
        (None, None) => format!("Not linked with KashFlow: {}.", line.health_reason),
    }
}

fn words(text: &str, width: usize) -> Vec<Row> {
    wrap(text, width.saturating_sub(2))
        .into_iter()
        .map(|line| (plain_line(format!(" {line}")), None))
        .collect()
}

/// Something due first, earliest due date first; the rest newest first.
fn in_order(documents: &[Arc<Document>], today: Date) -> Vec<Arc<Document>> {
    let mut sorted: Vec<Arc<Document>> = documents.to_vec();
    let is_open = |document: &Document| {
        matches!(
            document.state(today),
            DocumentState::Overdue | DocumentState::PartPaid | DocumentState::Unpaid
        )
    };
    sorted.sort_by(|left, right| match (is_open(left), is_open(right)) {
        // Without a due date nothing presses.
        (true, true) => {
            (left.due.is_none(), left.due, left.number).cmp(&(right.due.is_none(), right.due, right.number))
        }
        (true, false) => std::cmp::Ordering::Less,
        (false, true) => std::cmp::Ordering::Greater,
        (false, false) => right.issued.cmp(&left.issued).then(right.number.cmp(&left.number)),
    });
    sorted
}

/// Columns from which the gross amount is shown, and the day of issue too.
const GROSS: usize = 60;
const ISSUED: usize = 72;

fn header(state: &State, width: usize) -> Line<'static> {
    let mut columns = vec![left("No.", 5, "")];
    if width >= ISSUED {
        columns.push(left("Issued", 9, ""));
    }
    if width >= GROSS {
        columns.push(right("Gross", 12));
    }
    columns.extend([left("Due", 9, ""), right("Owed", 10), "State".to_owned()]);
    let text = format!(" {}", columns.join(" "));
    styled_line(cut(&text, width, ""), state.theme.style(Meaning::Title))
}

fn document_row(state: &State, document: &Document, today: Date, width: usize) -> Line<'static> {
    let currency = document.currency;
    let amount = |amount: Decimal| {
        let foreign = state.view.as_ref().and_then(|view| view.snapshot.company.as_ref());
        let is_foreign = foreign.is_some_and(|company| company.home_currency != currency);
        let text = currency.grouped(amount);
        if is_foreign { format!("{} {text}", currency.code()) } else { text }
    };
    let mut columns = vec![left(&document.number.to_string(), 5, state.glyphs.ellipsis)];
    if width >= ISSUED {
        columns.push(left(&day(document.issued), 9, ""));
    }
    if width >= GROSS {
        columns.push(right(&amount(document.gross), 12));
    }
    columns.extend([left(&day(document.due), 9, ""), right(&amount(document.due_amount), 10)]);
    let text = format!(" {} ", columns.join(" "));
    let (words, meaning) = state_words(document, today);
    let rest = width.saturating_sub(text.chars().count());
    Line::from(vec![
        plain(text),
        styled(cut(&words, rest, state.glyphs.ellipsis), state.theme.style(meaning)),
    ])
}

/// `41 d late`, `part paid`, `due today` …: words first, colour second.
fn state_words(document: &Document, today: Date) -> (String, Meaning) {
    let late = document.days_overdue(today);
    match document.state(today) {
        DocumentState::Overdue if document.is_part_paid() => {
            (format!("{late} d late, part paid"), Meaning::Bad)
        }
        DocumentState::Overdue => (format!("{late} d late"), Meaning::Bad),
        DocumentState::CreditNote => ("credit note".into(), Meaning::Text),
        DocumentState::Paid => ("paid".into(), Meaning::Muted),
        DocumentState::Overpaid => ("overpaid".into(), Meaning::Warn),
        DocumentState::PartPaid => ("part paid".into(), Meaning::Text),
        DocumentState::Unpaid if document.due == Some(today) => ("due today".into(), Meaning::Warn),
        DocumentState::Unpaid => ("due".into(), Meaning::Text),
    }
}

fn totals(state: &State, line: &ContactLine, width: usize) -> Vec<Line<'static>> {
    if line.links.is_empty() {
        return Vec::new();
    }
    let mut lines = Vec::new();
    let sides =
        [(Side::Customer, "Owes", Some(&line.invoices)), (Side::Supplier, "We owe", line.bills.as_ref())];
    for (side, word, account) in sides {
        let Some(account) = account.filter(|_| line.links.iter().any(|link| link.ledger.side == side)) else {
            continue;
        };
        lines.extend(total_lines(state, word, account, width));
    }
    lines
}

/// On one line where there is room, else one figure a line: numbers are never cut.
fn total_lines(state: &State, word: &str, account: &Account, width: usize) -> Vec<Line<'static>> {
    let sums = |totals: &Totals| {
        let parts: Vec<String> = totals
            .iter()
            .map(|(currency, amount)| format!("{} {}", currency.code(), currency.grouped(amount)))
            .collect();
        if parts.is_empty() { "nothing".to_owned() } else { parts.join(" + ") }
    };
    let parts = [
        format!("{word} {}", sums(&account.outstanding)),
        format!("Overdue {}", sums(&account.overdue)),
        format!("Next due {}", day(account.next_due)),
    ];
    let whole = parts.join("   ");
    let lines = if super::super::text::width(&whole) < width { vec![whole] } else { parts.to_vec() };
    let style = state.theme.style(Meaning::Title);
    lines.into_iter().map(|line| styled_line(format!(" {line}"), style)).collect()
}
