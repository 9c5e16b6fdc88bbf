//! Records of the two services as last read. Names are short: there are hundreds of thousands of these.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::word::Word;
use super::{SideAndId, record, stored_by_from};
use crate::domain::contact::{
    AddressRow, Contact, ContactKind, EmailRow, Employer, PhoneKind, PhoneRow, Summary, SummaryField,
    WebsiteRow,
};
use crate::domain::document::Document;
use crate::domain::ledger::{LedgerAddress, LedgerContact, LedgerPerson};
use crate::domain::money::Currency;
use crate::domain::snapshot::{CapsuleAccount, Company};

record! {
    /// A Capsule contact.
    ContactRecord = Contact
    must { id: i64 = "i", kind: KindRecord = "k", updated_at: Timestamp = "u" }
    may {
        emails: Vec<EmailRecord> = "e",
        phones: Vec<PhoneRecord> = "p",
        websites: Vec<WebsiteRecord> = "w",
        addresses: Vec<AddressRecord> = "a",
        summary: SummaryRecord = "s",
        restricted: bool = "r",
        last_contacted: Option<Timestamp> = "c",
    }
}

/// Person or organisation.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::store) enum KindRecord {
    #[serde(rename = "p")]
    Person {
        #[serde(rename = "f", default)]
        first: String,
        #[serde(rename = "l", default)]
        last: String,
        #[serde(rename = "e", default, skip_serializing_if = "Option::is_none")]
        employer: Option<EmployerRecord>,
    },
    #[serde(rename = "o")]
    Organisation {
        #[serde(rename = "n")]
        name: String,
    },
}

impl From<ContactKind> for KindRecord {
    fn from(kind: ContactKind) -> Self {
        match kind {
            ContactKind::Person { first, last, employer } => {
                Self::Person { first, last, employer: employer.map(Into::into) }
            }
            ContactKind::Organisation { name } => Self::Organisation { name },
        }
    }
}

impl From<KindRecord> for ContactKind {
    fn from(kind: KindRecord) -> Self {
        match kind {
            KindRecord::Person { first, last, employer } => {
                Self::Person { first, last, employer: employer.map(Into::into) }
            }
            KindRecord::Organisation { name } => Self::Organisation { name },
        }
    }
}

stored_by_from!(KindRecord = ContactKind);

record! {
    /// The organisation a person belongs to.
    EmployerRecord = Employer
    must { id: i64 = "i" }
    may { name: String = "n" }
}

record! {
    /// One e-mail row.
    EmailRecord = EmailRow
    must { id: i64 = "i" }
    may { address: String = "a" }
}

record! {
    /// One phone row.
    PhoneRecord = PhoneRow
    must { id: i64 = "i", kind: Word<PhoneKind> = "k" }
    may { number: String = "n" }
}

record! {
    /// One website row.
    WebsiteRecord = WebsiteRow
    must { id: i64 = "i" }
    may { is_url: bool = "u", address: String = "a" }
}

record! {
    /// One address row.
    AddressRecord = AddressRow
    must { id: i64 = "i" }
    may {
        street: String = "s",
        city: String = "t",
        state: String = "c",
        postcode: String = "p",
        country: String = "l",
    }
}

record! {
    /// What stands in our tag and fields.
    #[derive(Default)]
    SummaryRecord = Summary
    must {}
    may { tagged: bool = "t", values: BTreeMap<Word<SummaryField>, String> = "v" }
}

record! {
    /// A customer or supplier.
    LedgerRecord = LedgerContact
    must { id: SideAndId = "i" }
    may {
        code: String = "c",
        name: String = "n",
        archived: bool = "x",
        contact: LedgerPersonRecord = "p",
        address: LedgerAddressRecord = "a",
        currency: Option<Word<Currency>> = "m",
    }
}

record! {
    /// The primary contact of a customer or supplier.
    #[derive(Default)]
    LedgerPersonRecord = LedgerPerson
    must {}
    may {
        first: String = "f",
        last: String = "l",
        email: String = "e",
        telephone: String = "t",
        fax: String = "x",
        mobile: String = "m",
        website: String = "w",
    }
}

record! {
    /// The first address of a customer or supplier.
    #[derive(Default)]
    LedgerAddressRecord = LedgerAddress
    must {}
    may { lines: Vec<String> = "l", postcode: String = "p", country_code: String = "c" }
}

record! {
    /// An invoice or bill.
    DocumentRecord = Document
    must {
        id: SideAndId = "i",
        number: i64 = "n",
        currency: Word<Currency> = "m",
        gross: Decimal = "g",
        due_amount: Decimal = "o",
    }
    may {
        owner_id: Option<i64> = "w",
        owner_code: String = "c",
        owner_name: String = "a",
        issued: Option<Date> = "s",
        due: Option<Date> = "d",
        home_gross: Option<Decimal> = "h",
        vat_return: Option<i64> = "v",
    }
}

/// The accounts last read from.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(in crate::store) struct AccountsRecord {
    #[serde(default)]
    capsule: Option<CapsuleRecord>,
    #[serde(default)]
    company: Option<CompanyRecord>,
}

impl From<(Option<CapsuleAccount>, Option<Company>)> for AccountsRecord {
    fn from((capsule, company): (Option<CapsuleAccount>, Option<Company>)) -> Self {
        Self { capsule: capsule.map(Into::into), company: company.map(Into::into) }
    }
}

impl From<AccountsRecord> for (Option<CapsuleAccount>, Option<Company>) {
    fn from(accounts: AccountsRecord) -> Self {
        (accounts.capsule.map(Into::into), accounts.company.map(Into::into))
    }
}

record! {
    /// A Capsule account.
    CapsuleRecord = CapsuleAccount
    must { subdomain: String = "subdomain" }
    may { name: String = "name" }
}

record! {
    /// A KashFlow company.
    CompanyRecord = Company
    must { home_currency: Word<Currency> = "home_currency" }
    may { id: Option<i64> = "id", name: String = "name" }
}
