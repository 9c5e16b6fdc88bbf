//! The selected contact: its invoices and bills with totals, or the details of both sides.

use std::sync::Arc;

use jiff::civil::Date;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;
use rust_decimal::Decimal;

use super::super::layout::layout;
use super::super::state::{Pane, State, Tab};
use super::super::text::{cut, left, plain, plain_line, right, styled, styled_line, wrap};
use super::super::theme::Meaning;
use super::sides::{Pair, sides};
use crate::domain::compare::differences;
use crate::domain::details::{Details, Field};
use crate::domain::document::{Document, DocumentState};
use crate::domain::ids::Side;
use crate::domain::listing::{Account, ContactLine};
use crate::domain::local::Ignored;
use crate::domain::mapping::{from_contact, from_ledger};
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
    let mut lines = vec![tabs(state)];
    let body = body(state, view, line, width);
    let footer = match state.tab {
        Tab::Invoices => totals(state, line, width),
        Tab::Details => Vec::new(),
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
fn width(state: &State) -> usize {
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

fn tabs(state: &State) -> Line<'static> {
    let tab = |tab: Tab, name: &str| {
        if state.tab == tab {
            styled(format!(" >{name}<"), state.theme.style(Meaning::Title))
        } else {
            styled(format!("  {name} "), state.theme.style(Meaning::Muted))
        }
    };
    Line::from(vec![tab(Tab::Invoices, "Invoices"), tab(Tab::Details, "Details")])
}

type Row = (Line<'static>, Option<Arc<Document>>);

fn body(state: &State, view: &View, line: &ContactLine, width: usize) -> Vec<Row> {
    match state.tab {
        Tab::Invoices => documents(state, view, line, width),
        Tab::Details => details(state, view, line, width).into_iter().map(|line| (line, None)).collect(),
    }
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

/// `2 Sep 26`; a dash for none.
fn day(date: Option<Date>) -> String {
    date.map_or_else(|| "-".to_owned(), |date| date.strftime("%-d %b %y").to_string())
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

/// Link, and both sides' values field by field; differing ones are marked.
fn details(state: &State, view: &View, line: &ContactLine, width: usize) -> Vec<Line<'static>> {
    let plain = Style::default();
    let mut lines = Vec::new();
    let mut say = |text: String, style: Style| {
        for part in wrap(&text, width.saturating_sub(2)) {
            lines.push(styled_line(format!(" {part}"), style));
        }
    };
    if !line.health_reason.is_empty() {
        say(format!("{}: {}", line.health.label(), line.health_reason), state.theme.style(Meaning::Warn));
    }
    for link in &line.links {
        let archived = if link.archived { ", archived in KashFlow" } else { "" };
        say(
            format!(
                "{} {} since {}: {}{archived}",
                link.ledger.side.word(),
                link.code,
                link.since.strftime("%-d %b %Y"),
                link.reason.sentence()
            ),
            plain,
        );
    }
    let Some(contact) = view.snapshot.contacts.get(&line.id) else { return lines };
    let capsule = from_contact(contact);
    let kashflow = line
        .links
        .first()
        .and_then(|link| view.snapshot.ledger.get(&link.ledger))
        .map(|ledger| from_ledger(ledger));
    lines.push(plain_line(""));
    lines.extend(fields(state, &capsule, kashflow.as_ref(), width));
    lines
}

fn fields(state: &State, capsule: &Details, kashflow: Option<&Details>, width: usize) -> Vec<Line<'static>> {
    let differing = kashflow.map(|kashflow| differences(capsule, kashflow)).unwrap_or_default();
    let mut rows = Vec::new();
    for field in Field::ALL.into_iter().filter(|field| *field != Field::ContactPerson) {
        let (left, right) =
            (capsule.text(field), kashflow.map(|details| details.text(field)).unwrap_or_default());
        if left.is_empty() && right.is_empty() {
            continue;
        }
        let differs = differing.contains(&field);
        let (mark, meaning) = if differs { ("!", Meaning::Warn) } else { (" ", Meaning::Text) };
        rows.push(Pair { mark, meaning, field, left, right });
    }
    // The pane scrolls, so no value needs to be cut.
    sides(state, ("Capsule", if kashflow.is_some() { "KashFlow" } else { "" }), &rows, width, usize::MAX)
}
