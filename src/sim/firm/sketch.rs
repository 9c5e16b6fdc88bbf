//! Short ways to write down a contact, a ledger contact and its documents.

use jiff::civil::{Date, date};
use rust_decimal::Decimal;

use super::{
    ContactKind, CrmAddress, Expect, FirmContact, FirmLedger, FirmPerson, LedgerAddress, details::Details,
};
use crate::sim::kashflow::{NO_DATE, plus_days};

/// When a document is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    /// Days from today, negative = overdue.
    In(i64),
    /// No date.
    None,
    /// KashFlow's sentinel for no date.
    Sentinel,
}

/// How much of a document is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Paid {
    /// Nothing.
    Nothing,
    /// Everything.
    All,
    /// A part, in percent.
    Part(u32),
    /// Everything and so many pounds (or euros) more.
    Over(i64),
}

/// A document before it has a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sketch {
    pub(super) pence: i64,
    pub(super) due: Due,
    pub(super) paid: Paid,
    pub(super) currency: &'static str,
    pub(super) rate: Decimal,
    pub(super) vat_rate: i64,
    pub(super) vat_return: i64,
}

/// A document in pounds, without VAT, due so many days from today, nothing paid.
pub(super) fn owed(pence: i64, due_in: i64) -> Sketch {
    Sketch {
        pence,
        due: Due::In(due_in),
        paid: Paid::Nothing,
        currency: "GBP",
        rate: Decimal::ONE,
        vat_rate: 20,
        vat_return: 0,
    }
}

impl Sketch {
    pub(super) fn paid(self) -> Self {
        Self { paid: Paid::All, ..self }
    }

    pub(super) fn part(self, percent: u32) -> Self {
        Self { paid: Paid::Part(percent), ..self }
    }

    pub(super) fn over(self, extra: i64) -> Self {
        Self { paid: Paid::Over(extra), ..self }
    }

    pub(super) fn due(self, due: Due) -> Self {
        Self { due, ..self }
    }

    /// Foreign documents carry no VAT; the rate is in hundredths.
    pub(super) fn foreign(self, currency: &'static str, rate: i64) -> Self {
        Self { currency, rate: Decimal::new(rate, 2), vat_rate: 0, ..self }
    }

    pub(super) fn on_vat_return(self, number: i64) -> Self {
        Self { vat_return: number, ..self }
    }
}

/// A customer or supplier with its documents and what should become of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Draft {
    pub(super) ledger: FirmLedger,
    pub(super) documents: Vec<Sketch>,
    /// Quotes as (pence, days ago).
    pub(super) quotes: Vec<(i64, i64)>,
    pub(super) rule: &'static str,
    pub(super) expect: Expect,
    pub(super) about: &'static str,
}

/// A customer or supplier with nothing but its names.
pub(super) fn bare(code: &str, name: &str, rule: &'static str, expect: Expect) -> Draft {
    Draft {
        ledger: FirmLedger {
            id: 0,
            code: code.to_owned(),
            name: name.to_owned(),
            people: Vec::new(),
            addresses: Vec::new(),
            delivery_addresses: Vec::new(),
            currency: "GBP".into(),
            vat_number: String::new(),
            note: String::new(),
            terms_days: 30,
            custom_boxes: Vec::new(),
            bank_account: None,
            archived: false,
            created: date(2000, 1, 1),
        },
        documents: Vec::new(),
        quotes: Vec::new(),
        rule,
        expect,
        about: "",
    }
}

/// A customer or supplier with details.
pub(super) fn draft(code: &str, name: &str, details: &Details, rule: &'static str, expect: Expect) -> Draft {
    let mut draft = bare(code, name, rule, expect);
    draft.ledger.people.push(FirmPerson {
        primary: true,
        title: None,
        first_name: Some(details.first.clone()),
        last_name: Some(details.last.clone()),
        telephone: Some(details.phone.clone()),
        fax: None,
        mobile: None,
        website: details.website.clone(),
        email: Some(details.email.clone()),
    });
    draft.ledger.addresses.push(LedgerAddress {
        name: None,
        lines: vec![details.street.clone(), details.town.clone(), details.county.clone()],
        post_code: Some(details.postcode.clone()),
        country_code: Some("GB".into()),
    });
    draft
}

impl Draft {
    /// What is special, in plain words.
    pub(super) fn about(self, about: &'static str) -> Self {
        Self { about, ..self }
    }

    /// Adds documents.
    pub(super) fn with(mut self, documents: impl IntoIterator<Item = Sketch>) -> Self {
        self.documents.extend(documents);
        self
    }

    /// Adds quotes as (pence, days ago).
    pub(super) fn quoted(mut self, quotes: impl IntoIterator<Item = (i64, i64)>) -> Self {
        self.quotes.extend(quotes);
        self
    }

    /// Changes the record itself.
    pub(super) fn but(mut self, change: impl FnOnce(&mut FirmLedger)) -> Self {
        change(&mut self.ledger);
        self
    }

    /// Changes the first Contact Person.
    pub(super) fn person(mut self, change: impl FnOnce(&mut FirmPerson)) -> Self {
        if let Some(person) = self.ledger.people.first_mut() {
            change(person);
        }
        self
    }

    /// Changes the first address.
    pub(super) fn address(mut self, change: impl FnOnce(&mut LedgerAddress)) -> Self {
        if let Some(address) = self.ledger.addresses.first_mut() {
            change(address);
        }
        self
    }

    /// Archived, so nothing should happen.
    pub(super) fn archived(self) -> Self {
        Self { expect: Expect::Nothing, ..self }.but(|ledger| ledger.archived = true)
    }
}

/// An organisation in Capsule with details.
pub(super) fn organisation(name: &str, details: &Details) -> FirmContact {
    contact(ContactKind::Organisation { name: name.to_owned() }, details)
}

/// A person in Capsule with details, in no organisation.
pub(super) fn person(details: &Details) -> FirmContact {
    let kind = ContactKind::Person {
        title: None,
        first_name: details.first.clone(),
        last_name: details.last.clone(),
        job_title: None,
        organisation: None,
    };
    contact(kind, details)
}

/// A person in Capsule who belongs to an organisation and has a mobile and an e-mail of their own.
pub(super) fn member(details: &Details, organisation: &str, job: &str) -> FirmContact {
    let kind = ContactKind::Person {
        title: None,
        first_name: details.first.clone(),
        last_name: details.last.clone(),
        job_title: Some(job.to_owned()),
        organisation: Some(organisation.to_owned()),
    };
    FirmContact {
        phones: vec![(Some("Mobile".into()), details.mobile.clone())],
        websites: Vec::new(),
        addresses: Vec::new(),
        ..contact(kind, details)
    }
}

fn contact(kind: ContactKind, details: &Details) -> FirmContact {
    let home = matches!(kind, ContactKind::Person { .. });
    FirmContact {
        kind,
        emails: vec![details.email.clone()],
        phones: vec![(Some(if home { "Home" } else { "Work" }.into()), details.phone.clone())],
        websites: details.website.iter().map(|site| ("URL".into(), site.clone())).collect(),
        addresses: vec![CrmAddress {
            kind: Some(if home { "Home" } else { "Office" }.into()),
            street: details.street.clone(),
            city: details.town.clone(),
            state: details.county.clone(),
            zip: details.postcode.clone(),
            country: "United Kingdom".into(),
        }],
        about: None,
        team: None,
        restricted: false,
        hanging: Vec::new(),
    }
}

/// Sets a contact's details that kashsync maps aside: no phone, e-mail, website, address.
pub(super) fn stripped(contact: FirmContact) -> FirmContact {
    FirmContact {
        emails: Vec::new(),
        phones: Vec::new(),
        websites: Vec::new(),
        addresses: Vec::new(),
        ..contact
    }
}

/// The day of a due date, if there is one.
pub(super) fn due_day(due: Due, today: Date) -> Option<Date> {
    match due {
        Due::In(days) => Some(plus_days(today, days)),
        Due::None => None,
        Due::Sentinel => Some(NO_DATE),
    }
}
