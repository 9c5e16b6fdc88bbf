//! The invoice summary that goes into Capsule's own fields (design B23).

use std::fmt::Write;
use std::sync::Arc;

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::contact::{Summary, SummaryField, SummaryFieldType};
use super::document::Document;
use super::ledger::LedgerContact;
use super::listing::Account;
use super::marker::{CompanyMark, Marker};
use super::money::{Currency, Totals};
use super::policy::Policy;

/// One side of a contact: the linked ledger contact and its documents.
#[derive(Debug, Clone, Copy)]
pub struct SideRecords<'a> {
    /// The ledger contact.
    pub ledger: &'a LedgerContact,
    /// Its documents.
    pub documents: &'a [Arc<Document>],
}

/// What our tag and fields shall say of a contact with these links.
///
/// With `write_summary` off only the KashFlow ID is left, for creates.
pub fn summary(
    customer: Option<SideRecords<'_>>,
    supplier: Option<SideRecords<'_>>,
    company: &CompanyMark,
    home: Currency,
    policy: &Policy,
    today: Date,
) -> Summary {
    let mut summary = Summary::default();
    let sides = || [customer, supplier].into_iter().flatten();
    let markers: Vec<Marker> =
        sides().map(|side| Marker { company: *company, ledger: side.ledger.id }).collect();
    if markers.is_empty() {
        return summary;
    }
    summary.values.insert(SummaryField::Id, Marker::join(&markers));
    if !policy.write_summary {
        return summary;
    }
    summary.tagged = true;
    let codes: Vec<&str> = sides().map(|side| side.ledger.code.as_str()).collect();
    summary.values.insert(SummaryField::Code, codes.join(" / "));
    // The three figures are the customer side in home currency only; the rest is in the status.
    let in_home = |side: SideRecords<'_>| {
        account(side.documents.iter().filter(|document| document.currency == home), today)
    };
    let owed = customer.map(in_home);
    if let Some(account) = &owed {
        summary.values.insert(SummaryField::Balance, home.plain(account.outstanding.of(home)));
        summary.values.insert(SummaryField::Overdue, home.plain(account.overdue.of(home)));
        if let Some(due) = account.next_due {
            summary.values.insert(SummaryField::NextDue, due.to_string());
        }
    }
    summary.values.insert(SummaryField::Status, status(customer.zip(owed), supplier, home, policy, today));
    if let Some(side) = sides().next() {
        let link = policy.web.ledger(side.ledger.id.side, &side.ledger.code);
        summary.values.insert(SummaryField::Link, link);
    }
    summary
}

/// What some documents add up to on that day (design B19).
pub fn account<'a>(documents: impl Iterator<Item = &'a Arc<Document>>, today: Date) -> Account {
    let mut account = Account::default();
    for document in documents {
        account.count += 1;
        account.outstanding.add(document.currency, document.due_amount);
        if document.days_overdue(today) > 0 {
            account.overdue.add(document.currency, document.due_amount);
        }
        if document.due_amount > Decimal::ZERO && document.gross > Decimal::ZERO {
            let due = document.due.and_then(super::date::real);
            account.next_due = [account.next_due, due].into_iter().flatten().min();
        }
    }
    account
}

/// Whether two values of a field mean the same: numbers compare as numbers (design B23).
pub fn same_value(field: SummaryField, left: Option<&str>, right: Option<&str>) -> bool {
    let (left, right) = (left.unwrap_or_default().trim(), right.unwrap_or_default().trim());
    match field.field_type() {
        SummaryFieldType::Number => match (left.parse::<Decimal>(), right.parse::<Decimal>()) {
            (Ok(left), Ok(right)) => left == right,
            _ => left == right,
        },
        SummaryFieldType::Text | SummaryFieldType::Date | SummaryFieldType::Link => left == right,
    }
}

/// The fields that a write must set (`Some`) or empty (`None`) so that `before` reads as `after`.
pub fn changes(before: &Summary, after: &Summary) -> Vec<(SummaryField, Option<String>)> {
    if before.values == after.values {
        return Vec::new();
    }
    SummaryField::ALL
        .into_iter()
        .filter(|field| {
            let [left, right] = [before, after].map(|summary| summary.values.get(field).map(String::as_str));
            !same_value(*field, left, right)
        })
        .map(|field| (field, after.values.get(&field).cloned()))
        .collect()
}

/// What is shown of the status that a write replaces: where the new one leaves the bills out, they are not shown of the old one
/// either (design B22).
pub fn shown_status(old: &str, new: &str) -> String {
    let leaves_out = |part: &str| part == "supplier" || part.starts_with("supplier,");
    if !new.split("; ").any(leaves_out) {
        return old.to_owned();
    }
    let without = |part: &str| match part.strip_prefix("supplier: ") {
        Some(_) => "supplier".to_owned(),
        None => part.to_owned(),
    };
    old.split("; ").map(without).collect::<Vec<_>>().join("; ")
}

/// Closed words, customer side first: `overdue`, `EUR 120.00 due`, `supplier: GBP 40.00 due` …; nothing in it moves with the
/// calendar alone except due to overdue.
fn status(
    customer: Option<(SideRecords<'_>, Account)>,
    supplier: Option<SideRecords<'_>>,
    home: Currency,
    policy: &Policy,
    today: Date,
) -> String {
    let mut parts = Vec::new();
    if let Some((side, owed)) = customer {
        parts.push(home_words(side, &owed, home).to_owned());
        let foreign = account(side.documents.iter().filter(|document| document.currency != home), today);
        parts.extend(amounts(&foreign.outstanding, &foreign.overdue));
        if side.ledger.archived {
            parts.push("archived in KashFlow".into());
        }
    }
    if let Some(side) = supplier {
        let mut text = String::from("supplier");
        if !policy.exclude_supplier_invoices {
            let bills = account(side.documents.iter(), today);
            let owed: Vec<String> = amounts(&bills.outstanding, &bills.overdue).collect();
            let words = match (bills.count, owed.is_empty()) {
                (0, _) => "no bills".to_owned(),
                (_, true) => "paid".to_owned(),
                (_, false) => owed.join(", "),
            };
            // Writing to a String cannot fail.
            let _ = write!(text, ": {words}");
        }
        if side.ledger.archived {
            text.push_str(", archived in KashFlow");
        }
        parts.push(text);
    }
    parts.join("; ")
}

/// How the customer side stands in home currency.
fn home_words(side: SideRecords<'_>, owed: &Account, home: Currency) -> &'static str {
    let outstanding = owed.outstanding.of(home);
    if side.documents.is_empty() {
        "no invoices"
    } else if !owed.overdue.is_zero() {
        "overdue"
    } else if outstanding > Decimal::ZERO {
        "due"
    } else if outstanding < Decimal::ZERO {
        "in credit"
    } else {
        "paid"
    }
}

fn amounts<'a>(outstanding: &'a Totals, overdue: &'a Totals) -> impl Iterator<Item = String> + 'a {
    outstanding.iter().map(|(currency, amount)| {
        let word = match (amount < Decimal::ZERO, overdue.of(currency).is_zero()) {
            (true, _) => "in credit",
            (false, true) => "due",
            (false, false) => "overdue",
        };
        format!("{currency} {} {word}", currency.plain(amount.abs()))
    })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::super::document::DocumentRef;
    use super::super::ids::{LedgerRef, Side};
    use super::super::ledger::{LedgerAddress, LedgerPerson};
    use super::super::snapshot::Company;
    use super::*;

    const TODAY: Date = date(2026, 11, 24);

    fn ledger(id: LedgerRef, code: &str) -> LedgerContact {
        LedgerContact {
            id,
            code: code.into(),
            name: "Acme Ltd".into(),
            archived: false,
            contact: LedgerPerson::default(),
            address: LedgerAddress::default(),
            currency: None,
        }
    }

    fn document(number: i64, currency: &str, gross: i64, owed: i64, due: Date) -> Arc<Document> {
        Arc::new(Document {
            id: DocumentRef { side: Side::Customer, id: number },
            number,
            owner_id: None,
            owner_code: "A".into(),
            owner_name: "A".into(),
            issued: None,
            due: Some(due),
            currency: Currency::parse(currency).unwrap(),
            gross: gross.into(),
            due_amount: owed.into(),
            home_gross: None,
            vat_return: None,
        })
    }

    fn mark() -> CompanyMark {
        CompanyMark::of(&Company { id: Some(1), name: "B".into(), home_currency: Currency::GBP })
    }

    #[test]
    fn b23_figures_are_the_customer_side_in_home_currency() {
        let (customer, supplier) =
            (ledger(LedgerRef::customer(7), "ACME01"), ledger(LedgerRef::supplier(9), "ACME02"));
        let invoices = [
            document(1, "GBP", 100, 40, date(2026, 11, 1)),
            document(2, "GBP", 200, 200, date(2026, 12, 1)),
            document(3, "GBP", -30, -30, date(2026, 11, 1)),
            document(4, "EUR", 120, 120, date(2026, 10, 1)),
        ];
        let bills = [document(5, "GBP", 50, 50, date(2026, 12, 9))];
        let written = summary(
            Some(SideRecords { ledger: &customer, documents: &invoices }),
            Some(SideRecords { ledger: &supplier, documents: &bills }),
            &mark(),
            Currency::GBP,
            &Policy::default(),
            TODAY,
        );
        let value = |field| written.values.get(&field).map(String::as_str);
        assert!(written.tagged);
        assert_eq!(
            value(SummaryField::Id),
            Some(format!(
                "{0}customer:7 {0}supplier:9",
                format_args!("kf:{:08x}:", crc32fast::hash(b"id 1"))
            ))
            .as_deref()
        );
        assert_eq!(value(SummaryField::Code), Some("ACME01 / ACME02"));
        assert_eq!(value(SummaryField::Balance), Some("210.00"));
        assert_eq!(value(SummaryField::Overdue), Some("40.00"));
        assert_eq!(value(SummaryField::NextDue), Some("2026-11-01"));
        assert_eq!(value(SummaryField::Status), Some("overdue; EUR 120.00 overdue; supplier: GBP 50.00 due"));
        assert_eq!(value(SummaryField::Link), Some("https://app.kashflow.com/v3/#/customers/ACME01"));
    }

    #[test]
    fn b23_no_documents_say_nothing_is_due() {
        let customer = ledger(LedgerRef::customer(7), "ACME01");
        let side = SideRecords { ledger: &customer, documents: &[] };
        let written = summary(Some(side), None, &mark(), Currency::GBP, &Policy::default(), TODAY);
        assert_eq!(written.values.get(&SummaryField::Balance).map(String::as_str), Some("0.00"));
        assert_eq!(written.values.get(&SummaryField::NextDue), None);
        assert_eq!(written.values.get(&SummaryField::Status).map(String::as_str), Some("no invoices"));
        let off = Policy { write_summary: false, ..Policy::default() };
        let bare = summary(Some(side), None, &mark(), Currency::GBP, &off, TODAY);
        assert_eq!((bare.tagged, bare.values.len()), (false, 1));
    }

    #[test]
    fn b22_an_old_status_shows_no_bills_where_they_are_left_out_now() {
        for (old, new, shown) in [
            ("overdue; supplier: GBP 6120.00 overdue", "overdue; supplier", "overdue; supplier"),
            ("supplier: GBP 40.00 due, archived in KashFlow", "supplier, archived in KashFlow", "supplier"),
            ("supplier: GBP 40.00 due", "supplier: paid", "supplier: GBP 40.00 due"),
            ("due", "overdue", "due"),
        ] {
            assert_eq!(shown_status(old, new), shown);
        }
    }

    #[test]
    fn b22_excluded_bills_leave_no_figure() {
        let supplier = ledger(LedgerRef::supplier(9), "ACME02");
        let bills = [document(5, "GBP", 50, 50, date(2026, 12, 9))];
        let side = SideRecords { ledger: &supplier, documents: &bills };
        let policy = Policy { exclude_supplier_invoices: true, ..Policy::default() };
        let written = summary(None, Some(side), &mark(), Currency::GBP, &policy, TODAY);
        assert_eq!(written.values.get(&SummaryField::Status).map(String::as_str), Some("supplier"));
        assert_eq!(written.values.get(&SummaryField::Balance), None);
    }

    #[test]
    fn b23_numbers_are_compared_as_numbers() {
        let summary = |balance: &str| Summary {
            tagged: true,
            values: [(SummaryField::Balance, balance.to_owned())].into(),
        };
        assert_eq!(changes(&summary("310.5"), &summary("310.50")), vec![]);
        assert_eq!(
            changes(&summary("310.5"), &summary("310")),
            vec![(SummaryField::Balance, Some("310".into()))]
        );
        assert_eq!(changes(&summary("1"), &Summary::default()), vec![(SummaryField::Balance, None)]);
    }
}
