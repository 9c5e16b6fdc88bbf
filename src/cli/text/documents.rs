//! Invoices, bills and debtors for people and spreadsheets.

use jiff::civil::Date;

use super::day;
use crate::cli::csv::{Cell, csv};
use crate::cli::page::Page;
use crate::cli::table::{Align, Table};
use crate::domain::date::real;
use crate::domain::debtors::Debtor;
use crate::domain::document::DocumentState;
use crate::domain::document_parts::DocumentParts;
use crate::domain::ids::Side;
use crate::domain::register::Entry;

/// A list of documents.
pub fn documents(entries: &[Entry], today: Date, color: bool) -> Page {
    let mut table = Table::new(&[
        ("No.", Align::Right),
        ("Kind", Align::Left),
        ("Code", Align::Left),
        ("Name", Align::Left),
        ("Issued", Align::Left),
        ("Due", Align::Left),
        ("", Align::Left),
        ("Gross", Align::Right),
        ("Paid", Align::Right),
        ("Amount due", Align::Right),
        ("State", Align::Left),
    ]);
    for entry in entries {
        let document = &entry.document;
        let grouped = |amount| document.currency.grouped(amount);
        table.row([
            document.number.to_string(),
            if document.id.side == Side::Customer { "invoice".into() } else { "bill".into() },
            entry.code.clone(),
            entry.name.clone(),
            day(document.issued.and_then(real)),
            day(document.due.and_then(real)),
            document.currency.to_string(),
            grouped(document.gross),
            grouped(document.paid()),
            grouped(document.due_amount),
            state(entry, today),
        ]);
    }
    if table.is_empty() { Page::of("No documents.") } else { table.render(color) }
}

/// One document with its lines and payments.
pub fn document(entry: &Entry, parts: &DocumentParts, today: Date, color: bool) -> Page {
    let currency = entry.document.currency;
    let mut page = documents(std::slice::from_ref(entry), today, color);
    let mut lines = Table::new(&[
        ("Line", Align::Left),
        ("Quantity", Align::Right),
        ("Rate", Align::Right),
        ("Net", Align::Right),
        ("VAT", Align::Right),
    ]);
    for line in &parts.lines {
        lines.row([
            line.description.clone(),
            line.quantity.normalize().to_string(),
            line.rate.normalize().to_string(),
            currency.grouped(line.net),
            currency.grouped(line.vat),
        ]);
    }
    let mut payments =
        Table::new(&[("Paid on", Align::Left), ("Amount", Align::Right), ("Reference", Align::Left)]);
    for payment in &parts.payments {
        let credit = if payment.is_credit_note { "credit note " } else { "" };
        payments.row([
            day(payment.date.and_then(real)),
            currency.grouped(payment.amount),
            format!("{credit}{}", payment.reference),
        ]);
    }
    for table in [lines, payments].iter().filter(|table| !table.is_empty()) {
        page.line("");
        page.add(&table.render(color));
    }
    page
}

/// The state in words.
fn state(entry: &Entry, today: Date) -> String {
    let document = &entry.document;
    match document.state(today) {
        DocumentState::CreditNote => "credit note".into(),
        DocumentState::Paid => "paid".into(),
        DocumentState::Overpaid => "overpaid".into(),
        DocumentState::Overdue => {
            let part = if document.is_part_paid() { ", part paid" } else { "" };
            let days = document.days_overdue(today);
            format!("overdue {days} {}{part}", if days == 1 { "day" } else { "days" })
        }
        DocumentState::PartPaid => "part paid".into(),
        DocumentState::Unpaid => "unpaid".into(),
    }
}

/// A list of documents for a spreadsheet.
pub fn documents_csv(entries: &[Entry], today: Date) -> String {
    let headings = [
        "number",
        "side",
        "contact_id",
        "kashflow_code",
        "name",
        "issued",
        "due",
        "currency",
        "gross",
        "paid",
        "due_amount",
        "state",
        "days_overdue",
    ];
    let rows = entries.iter().map(|entry| {
        let document = &entry.document;
        let plain = |amount| Cell::Plain(document.currency.plain(amount));
        [
            Cell::Plain(document.number.to_string()),
            Cell::Plain(document.id.side.word().into()),
            Cell::Plain(entry.contact.map(|contact| contact.0.to_string()).unwrap_or_default()),
            Cell::Text(entry.code.clone()),
            Cell::Text(entry.name.clone()),
            Cell::Plain(day(document.issued.and_then(real))),
            Cell::Plain(day(document.due.and_then(real))),
            Cell::Plain(document.currency.to_string()),
            plain(document.gross),
            plain(document.paid()),
            plain(document.due_amount),
            Cell::Plain(document.state(today).word().into()),
            Cell::Plain(document.days_overdue(today).to_string()),
        ]
    });
    csv(headings, rows)
}

/// Who owes, by how long it is overdue.
pub fn debtors(debtors: &[Debtor], color: bool) -> Page {
    let mut table = Table::new(&[
        ("Name", Align::Left),
        ("Code", Align::Left),
        ("", Align::Left),
        ("Total", Align::Right),
        ("Not due", Align::Right),
        ("1-30 days", Align::Right),
        ("31-60", Align::Right),
        ("61-90", Align::Right),
        ("over 90", Align::Right),
    ]);
    for debtor in debtors {
        let shown = |amount: rust_decimal::Decimal| {
            if amount.is_zero() { String::new() } else { debtor.currency.grouped(amount) }
        };
        let buckets = &debtor.buckets;
        table.row([
            debtor.name.clone(),
            debtor.code.clone(),
            debtor.currency.to_string(),
            debtor.currency.grouped(buckets.total()),
            shown(buckets.not_due),
            shown(buckets.d1_30),
            shown(buckets.d31_60),
            shown(buckets.d61_90),
            shown(buckets.d90_plus),
        ]);
    }
    if table.is_empty() { Page::of("Nobody owes anything.") } else { table.render(color) }
}

/// Who owes, for a spreadsheet.
pub fn debtors_csv(debtors: &[Debtor]) -> String {
    let headings = [
        "name",
        "kashflow_code",
        "contact_id",
        "currency",
        "total",
        "not_due",
        "d1_30",
        "d31_60",
        "d61_90",
        "d90_plus",
    ];
    let rows = debtors.iter().map(|debtor| {
        let plain = |amount| Cell::Plain(debtor.currency.plain(amount));
        let buckets = &debtor.buckets;
        [
            Cell::Text(debtor.name.clone()),
            Cell::Text(debtor.code.clone()),
            Cell::Plain(debtor.contact.map(|contact| contact.0.to_string()).unwrap_or_default()),
            Cell::Plain(debtor.currency.to_string()),
            plain(buckets.total()),
            plain(buckets.not_due),
            plain(buckets.d1_30),
            plain(buckets.d31_60),
            plain(buckets.d61_90),
            plain(buckets.d90_plus),
        ]
    });
    csv(headings, rows)
}
