//! A firm's books as they stand in KashFlow.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use rust_decimal::Decimal;
use serde_json::json;

use super::{Firm, FirmDocument, FirmLedger, LedgerAddress};
use crate::sim::kashflow::{
    Address, ContactPerson, Document, KashFlow, LedgerContact, Line, Payment, Quote, Side, known_currency,
};

impl KashFlow {
    /// Takes over a firm: its company and credentials into the options, its customers, suppliers, invoices and bills
    /// into the books. Nothing that was there before is taken out. Times of change lie before `now`.
    pub fn load(&mut self, firm: &Firm, now: Timestamp) {
        let company = &firm.company;
        self.options.company_name.clone_from(&company.name);
        self.options.company_id = company.company_id;
        self.options.home_currency.clone_from(&company.home_currency);
        self.options.user_name.clone_from(&company.user_name);
        self.options.password.clone_from(&company.password);
        self.options.memorable_word.clone_from(&company.memorable_word);
        for (side, contacts) in [(Side::Customer, &firm.customers), (Side::Supplier, &firm.suppliers)] {
            for contact in contacts {
                // A firm's codes are unique (its own tests see to that); a second one would be left out.
                let _ = self.insert_contact(record(side, contact, now));
            }
        }
        for (side, documents) in [(Side::Customer, &firm.invoices), (Side::Supplier, &firm.bills)] {
            for document in documents {
                self.insert_document(sheet(side, document));
            }
        }
        for quote in &firm.quotes {
            self.insert_quote(Quote {
                number: quote.number,
                contact: quote.contact,
                date: quote.date,
                reference: None,
                lines: vec![Line {
                    description: quote.description.clone(),
                    quantity: Decimal::ONE,
                    rate: quote.net,
                    vat_level: Decimal::from(20),
                    vat_amount: (quote.net / Decimal::from(5)).round_dp(2),
                }],
            });
        }
    }
}

/// A customer or supplier; its Contact Persons are numbered when it is inserted.
fn record(side: Side, firm: &FirmLedger, now: Timestamp) -> LedgerContact {
    let people = firm.people.iter().map(|person| ContactPerson {
        id: 0,
        primary: person.primary,
        receives_emails: true,
        name: None,
        title: person.title.clone(),
        first_name: person.first_name.clone(),
        last_name: person.last_name.clone(),
        telephone: person.telephone.clone(),
        fax: person.fax.clone(),
        mobile: person.mobile.clone(),
        website: Some(person.website.clone().unwrap_or_default()),
        email: person.email.clone(),
    });
    LedgerContact {
        side,
        id: firm.id,
        code: firm.code.clone(),
        name: firm.name.clone(),
        people: people.collect(),
        addresses: firm.addresses.iter().map(address).collect(),
        delivery_addresses: firm.delivery_addresses.iter().map(address).collect(),
        currency: known_currency(&firm.currency).unwrap_or("GBP"),
        archived: firm.archived,
        created: firm.created,
        updated: changed_at(firm.created, now),
        other: other(side, firm),
    }
}

/// An invoice or bill; its payments are numbered when it is inserted.
fn sheet(side: Side, firm: &FirmDocument) -> Document {
    let payment = |(date, amount): &(Date, Decimal)| Payment {
        id: 0,
        date: *date,
        amount: *amount,
        credit_note: false,
    };
    Document {
        side,
        id: firm.id,
        number: firm.number,
        contact: firm.contact,
        issued: firm.issued,
        due: firm.due,
        currency: known_currency(&firm.currency).unwrap_or("GBP"),
        exchange_rate: firm.exchange_rate,
        reference: firm.reference.clone(),
        lines: vec![Line {
            description: firm.description.clone(),
            quantity: Decimal::ONE,
            rate: firm.net,
            vat_level: firm.vat_rate,
            vat_amount: firm.vat(),
        }],
        payments: firm.payments.iter().map(payment).collect(),
        vat_return: firm.vat_return,
    }
}

/// When a record was last changed: the afternoon of its creation, or now if that lies ahead.
fn changed_at(created: Date, now: Timestamp) -> Timestamp {
    let afternoon = created.at(15, 22, 10, 0).to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp());
    afternoon.map_or(now, |afternoon| afternoon.min(now))
}

fn address(firm: &LedgerAddress) -> Address {
    let mut lines = firm.lines.iter().cloned();
    Address {
        name: firm.name.clone(),
        lines: [lines.next(), lines.next(), lines.next(), lines.next()],
        post_code: firm.post_code.clone(),
        country_code: firm.country_code.clone(),
    }
}

/// The writable fields that kashsync does not map, by their names on the wire.
fn other(side: Side, firm: &FirmLedger) -> BTreeMap<&'static str, serde_json::Value> {
    let mut other = BTreeMap::new();
    if !firm.vat_number.is_empty() {
        let name = match side {
            Side::Customer => "VATNumber",
            Side::Supplier => "VatNumber",
        };
        other.insert(name, json!(firm.vat_number));
    }
    if !firm.note.is_empty() {
        other.insert("Note", json!(firm.note));
    }
    if firm.terms_days > 0 {
        other.insert("PaymentTerms", json!({ "Type": "AfterIssuedDate", "Days": firm.terms_days }));
    }
    if let Some((name, number, sort)) = firm.bank_account.as_ref().filter(|_| side == Side::Supplier) {
        other.insert("BankAccount", json!({ "Name": name, "Number": number, "SortCode": sort }));
    }
    if !firm.custom_boxes.is_empty() && side == Side::Customer {
        let boxes: Vec<_> =
            firm.custom_boxes.iter().map(|(name, value)| json!({ "Name": name, "Value": value })).collect();
        other.insert("CustomTextBoxes", json!(boxes));
    }
    other
}
