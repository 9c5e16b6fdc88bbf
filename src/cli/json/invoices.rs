//! `invoices`: every document read, linked or not.

use jiff::civil::Date;
use serde::Serialize;

use crate::domain::date::real;
use crate::domain::document_parts::DocumentParts;
use crate::domain::policy::WebAddresses;
use crate::domain::register::Entry;

/// One invoice or bill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InvoiceJson {
    number: i64,
    side: &'static str,
    contact_id: Option<i64>,
    kashflow_id: Option<i64>,
    kashflow_code: String,
    issued: Option<Date>,
    due: Option<Date>,
    currency: String,
    gross: String,
    paid: String,
    due_amount: String,
    state: &'static str,
    part_paid: bool,
    days_overdue: i64,
    url: String,
}

/// One invoice or bill with its lines and payments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WholeInvoiceJson {
    #[serde(flatten)]
    invoice: InvoiceJson,
    lines: Vec<LineJson>,
    payments: Vec<PaymentJson>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct LineJson {
    description: String,
    quantity: String,
    rate: String,
    net: String,
    vat: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct PaymentJson {
    date: Option<Date>,
    amount: String,
    reference: String,
    credit_note: bool,
}

/// A document with what it is made of.
pub fn whole_invoice(
    entry: &Entry,
    parts: &DocumentParts,
    web: &WebAddresses,
    today: Date,
) -> WholeInvoiceJson {
    let currency = entry.document.currency;
    let lines = parts.lines.iter().map(|line| LineJson {
        description: line.description.clone(),
        quantity: line.quantity.normalize().to_string(),
        rate: line.rate.normalize().to_string(),
        net: currency.plain(line.net),
        vat: currency.plain(line.vat),
    });
    let payments = parts.payments.iter().map(|payment| PaymentJson {
        date: payment.date.and_then(real),
        amount: currency.plain(payment.amount),
        reference: payment.reference.clone(),
        credit_note: payment.is_credit_note,
    });
    WholeInvoiceJson {
        invoice: invoice(entry, web, today),
        lines: lines.collect(),
        payments: payments.collect(),
    }
}

/// A document as it stands today. `kashflow_id` and `kashflow_code` are those of the customer or supplier.
pub fn invoice(entry: &Entry, web: &WebAddresses, today: Date) -> InvoiceJson {
    let document = &entry.document;
    let currency = document.currency;
    InvoiceJson {
        number: document.number,
        side: document.id.side.word(),
        contact_id: entry.contact.map(|contact| contact.0),
        kashflow_id: entry.owner.map(|owner| owner.id.0),
        kashflow_code: entry.code.clone(),
        issued: document.issued.and_then(real),
        due: document.due.and_then(real),
        currency: currency.to_string(),
        gross: currency.plain(document.gross),
        paid: currency.plain(document.paid()),
        due_amount: currency.plain(document.due_amount),
        state: document.state(today).word(),
        part_paid: document.is_part_paid(),
        days_overdue: document.days_overdue(today),
        url: web.document(document.id.side, document.number),
    }
}
