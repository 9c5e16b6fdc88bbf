//! From KashFlow's wire records to ledger contacts and documents of the domain.

use rust_decimal::Decimal;
use serde_json::Value;

use super::amount::Amount;
use super::day::day;
use super::list::Row;
use super::wire::{AddressWire, ContactWire, CurrencyWire, DocumentWire, LedgerWire, UnpaidWire};
use crate::domain::document::{Document, DocumentRef};
use crate::domain::ids::{LedgerId, LedgerRef, Side};
use crate::domain::ledger::{LedgerAddress, LedgerContact, LedgerPerson};
use crate::domain::money::Currency;
use crate::domain::run::UnpaidLine;
use crate::ports::ListedDocument;
use crate::remote::json;

/// A customer or supplier, or one sentence on why the row makes no sense.
pub(super) fn ledger_contact(side: Side, row: Row) -> Result<LedgerContact, String> {
    let called = called(&row, &["Code", "Name"]);
    json::record::<LedgerWire>(Value::Object(row.0))
        .map(|wire| from_ledger(side, wire))
        .map_err(|why| format!("KashFlow {}{called}: {why}", side.word()))
}

fn from_ledger(side: Side, wire: LedgerWire) -> LedgerContact {
    let address = match side {
        Side::Customer => wire.addresses.and_then(|addresses| addresses.into_iter().next()),
        Side::Supplier => wire.address,
    };
    LedgerContact {
        id: LedgerRef { side, id: LedgerId(wire.id) },
        code: wire.code.trim().to_owned(),
        name: wire.name.unwrap_or_default(),
        archived: wire.is_archived.is_some_and(|archived| archived.0),
        contact: primary(wire.contacts.unwrap_or_default()),
        address: address.map(postal).unwrap_or_default(),
        currency: wire.currency.and_then(|currency| currency.code).as_deref().and_then(Currency::parse),
    }
}

/// `IsPrimary`, else the first (design B17).
fn primary(contacts: Vec<ContactWire>) -> LedgerPerson {
    let position =
        contacts.iter().position(|contact| contact.is_primary.is_some_and(|primary| primary.0)).unwrap_or(0);
    let contact = contacts.into_iter().nth(position).unwrap_or_default();
    LedgerPerson {
        first: contact.firstname.unwrap_or_default(),
        last: contact.last_name.unwrap_or_default(),
        email: contact.email.unwrap_or_default(),
        telephone: contact.telephone.unwrap_or_default(),
        fax: contact.fax.unwrap_or_default(),
        mobile: contact.mobile.unwrap_or_default(),
        website: contact.website.unwrap_or_default(),
    }
}

fn postal(wire: AddressWire) -> LedgerAddress {
    LedgerAddress {
        lines: [wire.line1, wire.line2, wire.line3, wire.line4].map(Option::unwrap_or_default).to_vec(),
        postcode: wire.post_code.unwrap_or_default(),
        country_code: wire.country_code.unwrap_or_default(),
    }
}

/// An invoice or bill, or one sentence on why the row makes no sense. Where KashFlow names no currency it is `home`.
pub(super) fn document(side: Side, home: Currency, row: Row) -> Result<Document, String> {
    let called = called(&row, &["Number"]);
    json::record::<DocumentWire>(Value::Object(row.0))
        .and_then(|wire| from_document(side, home, wire))
        .map_err(|why| format!("KashFlow {}{called}: {why}", document_word(side)))
}

/// As [`document`], for a row of a list, which may leave the currency out.
pub(super) fn listed(side: Side, home: Currency, row: Row) -> Result<ListedDocument, String> {
    let currency = row.0.get("Currency").and_then(|currency| currency.get("Code")).and_then(Value::as_str);
    let is_named = currency.is_some_and(|code| !code.trim().is_empty());
    let document = document(side, home, row)?;
    let currency_missing = !is_named && document.home_gross.is_some_and(|at_home| at_home != document.gross);
    Ok(ListedDocument { document, currency_missing })
}

fn document_word(side: Side) -> &'static str {
    match side {
        Side::Customer => "invoice",
        Side::Supplier => "bill",
    }
}

fn from_document(side: Side, home: Currency, wire: DocumentWire) -> Result<Document, String> {
    let currency = currency(wire.currency.as_ref(), home)?;
    let amount = |amount: Option<Amount>| amount.map(|amount| amount.0);
    let home_gross = amount(wire.home_currency_gross_amount);
    let gross = amount(wire.gross_amount)
        .or_else(|| amount(wire.net_amount)?.checked_add(amount(wire.vat_amount)?))
        .ok_or("neither gross amount nor net amount and VAT are given")?;
    let due_amount = amount(wire.due_amount)
        .or_else(|| due_from_paid(gross, home_gross, amount(wire.total_paid_amount)?, currency == home))
        .ok_or("the amount due is not given")?;
    let (owner_id, owner_code, owner_name) = match side {
        Side::Customer => (wire.customer_id, wire.customer_code, wire.customer_name),
        Side::Supplier => (wire.supplier_id, wire.supplier_code, wire.supplier_name),
    };
    Ok(Document {
        id: DocumentRef { side, id: wire.id },
        number: wire.number,
        owner_id: owner_id.filter(|id| *id != 0).map(LedgerId),
        owner_code: owner_code.unwrap_or_default().trim().to_owned(),
        owner_name: owner_name.unwrap_or_default(),
        issued: day(wire.issued_date.as_deref()).map_err(|why| format!("date of issue: {why}"))?,
        due: day(wire.due_date.as_deref()).map_err(|why| format!("due date: {why}"))?,
        currency,
        // Sums and differences keep the decimals of their parts; equal amounts are stored alike.
        gross: gross.normalize(),
        due_amount: due_amount.normalize(),
        home_gross,
        vat_return: wire.vat_return_id.filter(|id| *id != 0),
    })
}

/// What is due when KashFlow does not say, from what was paid, which it counts in home currency (kashflow-api 6.3). In
/// another currency that can be told only when nothing was paid, or all of it.
fn due_from_paid(
    gross: Decimal,
    home_gross: Option<Decimal>,
    paid_at_home: Decimal,
    is_home: bool,
) -> Option<Decimal> {
    if is_home {
        gross.checked_sub(paid_at_home)
    } else if paid_at_home.is_zero() {
        Some(gross)
    } else if home_gross == Some(paid_at_home) {
        Some(Decimal::ZERO)
    } else {
        None
    }
}

/// The document's currency. None given means the home currency; one that cannot be read must not pass for it.
pub(super) fn currency(wire: Option<&CurrencyWire>, home: Currency) -> Result<Currency, String> {
    let code = wire.and_then(|currency| currency.code.as_deref()).unwrap_or_default().trim();
    if code.is_empty() {
        return Ok(home);
    }
    Currency::parse(code).ok_or_else(|| format!("\"{}\" is no currency", json::quote(code)))
}

/// A line of the unpaid report.
pub(super) fn unpaid_line(row: Row) -> Result<UnpaidLine, String> {
    let called = called(&row, &["InvoiceNumber"]);
    let wire: UnpaidWire =
        json::record(Value::Object(row.0)).map_err(|why| format!("unpaid invoice{called}: {why}"))?;
    Ok(UnpaidLine {
        number: wire.invoice_number,
        owed: wire.invoice_amount_owed.0,
        // A due date that makes no sense costs the date only: the report is a change signal (design B4).
        due: day(wire.due_date.as_deref()).unwrap_or_default(),
    })
}

/// What people can recognise a row by when it cannot be read.
fn called(row: &Row, keys: &[&str]) -> String {
    let mut words: Vec<String> = keys
        .iter()
        .filter_map(|key| row.0.get(*key).and_then(json::word))
        .map(|word| json::quote(&word))
        .collect();
    words.extend(row.0.get("Id").and_then(json::word).map(|id| format!("(id {})", json::quote(&id))));
    if words.is_empty() { " without number and name".to_owned() } else { format!(" {}", words.join(" ")) }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use serde_json::json;

    use super::*;

    fn row(value: Value) -> Row {
        serde_json::from_value(value).unwrap()
    }

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn b17_the_primary_contact_counts_else_the_first() {
        for (flags, expected) in [
            (vec![None, None], "0"),
            (vec![Some(false), Some(true)], "1"),
            (vec![Some(true), Some(true)], "0"),
            (vec![], ""),
        ] {
            let contacts: Vec<Value> = flags
                .iter()
                .enumerate()
                .map(|(index, flag)| json!({"IsPrimary": flag, "Telephone": index.to_string()}))
                .collect();
            let read =
                ledger_contact(Side::Customer, row(json!({"Id": 1, "Code": " A01  ", "Contacts": contacts})))
                    .unwrap();
            assert_eq!(read.contact.telephone, expected, "{flags:?}");
            assert_eq!(read.code, "A01");
        }
    }

    #[test]
    fn rows_with_little_in_them_are_read() {
        for side in Side::BOTH {
            let read = ledger_contact(
                side,
                row(json!({"Id": 7, "Code": "X", "Name": null, "Contacts": null, "Address": null, "Addresses": null,
                    "Currency": null, "IsArchived": null})),
            )
            .unwrap();
            assert_eq!(read.id, LedgerRef { side, id: LedgerId(7) });
            assert_eq!((read.name.as_str(), read.archived, read.currency), ("", false, None));
            assert_eq!(read.address, LedgerAddress::default());
        }
    }

    #[test]
    fn b19_gross_of_a_bill_is_net_and_vat_when_absent() {
        let read = document(
            Side::Supplier,
            Currency::GBP,
            row(json!({"Id": 9, "Number": 12, "SupplierCode": "TIMB01 ", "NetAmount": 100.0000, "VATAmount": 20.0000,
                "DueAmount": 45.5000, "DueDate": "2026-07-20 12:00:00", "IssuedDate": "1900-01-01 12:00:00",
                "Currency": null, "VATReturnId": 0})),
        )
        .unwrap();
        assert_eq!(read.gross, decimal("120"));
        assert_eq!(read.due_amount, decimal("45.5"));
        assert_eq!((read.issued, read.due), (None, Some(date(2026, 7, 20))));
        assert_eq!((read.owner_id, read.owner_code.as_str()), (None, "TIMB01"));
        assert_eq!((read.currency, read.vat_return), (Currency::GBP, None));
    }

    #[test]
    fn due_is_told_from_paid_only_where_that_is_certain() {
        for (currency, home_gross, paid, due) in [
            ("GBP", json!(null), json!(40), Some("60")),
            ("GBP", json!(null), json!(null), None),
            ("EUR", json!(80), json!(0), Some("100")),
            ("EUR", json!(80), json!(80), Some("0")),
            ("EUR", json!(80), json!(40), None),
        ] {
            let read = document(
                Side::Customer,
                Currency::GBP,
                row(json!({"Id": 1, "Number": 2, "GrossAmount": 100, "TotalPaidAmount": paid,
                    "HomeCurrencyGrossAmount": home_gross, "Currency": {"Code": currency}})),
            );
            assert_eq!(
                read.as_ref().map(|document| document.due_amount).ok(),
                due.map(decimal),
                "{currency} {paid}"
            );
            if due.is_none() {
                assert!(read.unwrap_err().contains("amount due"));
            }
        }
    }

    #[test]
    fn rows_that_make_no_sense_are_named() {
        for (value, words) in [
            (
                json!({"Id": 1, "Number": 1042, "GrossAmount": 1, "DueAmount": 1, "DueDate": "soon"}),
                "invoice 1042 (id 1): due date",
            ),
            (json!({"Id": 1, "Number": 1042, "DueAmount": 1}), "invoice 1042 (id 1): neither gross"),
            (
                json!({"Id": 1, "Number": 1042, "GrossAmount": 1, "DueAmount": 1, "Currency": {"Code": "euros"}}),
                "\"euros\" is no currency",
            ),
            (json!({"Id": 1, "Number": "x"}), "invoice x (id 1): "),
            (json!({"Number": 3, "GrossAmount": "lots"}), "\"lots\" is no amount"),
            (json!({}), "without number and name"),
        ] {
            let why = document(Side::Customer, Currency::GBP, row(value)).unwrap_err();
            assert!(why.contains(words), "{why}");
        }
        let why = ledger_contact(Side::Supplier, row(json!({"Id": 5, "Name": "Timber Direct"}))).unwrap_err();
        assert_eq!(why, "KashFlow supplier Timber Direct (id 5): missing field `Code`");
    }

    #[test]
    fn unpaid_lines_are_read() {
        let line =
            unpaid_line(row(json!({"InvoiceNumber": 1042, "InvoiceAmountOwed": "240.00", "DueDate": "?"})))
                .unwrap();
        assert_eq!((line.number, line.owed, line.due), (1042, decimal("240"), None));
        assert!(unpaid_line(row(json!({"InvoiceNumber": 1042}))).unwrap_err().contains("1042"));
    }
}
