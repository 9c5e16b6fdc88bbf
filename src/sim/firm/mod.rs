//! A sample firm as neutral plain data: its contacts in Capsule, its books in KashFlow, and what a first sync should
//! make of each record.
//!
//! Not here: how either service keeps it (see `kashflow`, `capsule`), what a colleague does after the first sync.

mod assembly;
mod capsule_bodies;
mod details;
mod fillers;
mod kashflow_books;
mod large;
mod sample;
mod situations;
mod sketch;
#[cfg(test)]
mod tests;

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::capsule::Hanging;

pub use capsule_bodies::{capsule_parties, capsule_teams, restricted};
pub use large::large;
pub use sample::{empty, sample};

/// A firm with its contacts and its books.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Firm {
    /// The company and its credentials.
    pub company: Company,
    /// Contacts in Capsule, organisations first, in the order of their ids.
    pub capsule_contacts: Vec<FirmContact>,
    /// Customers in KashFlow, by id.
    pub customers: Vec<FirmLedger>,
    /// Suppliers in KashFlow, by id.
    pub suppliers: Vec<FirmLedger>,
    /// Invoices in KashFlow, by number.
    pub invoices: Vec<FirmDocument>,
    /// Bills in KashFlow, by number.
    pub bills: Vec<FirmDocument>,
    /// Quotes in KashFlow, by number.
    pub quotes: Vec<FirmQuote>,
    /// Names of the teams in Capsule.
    pub teams: Vec<String>,
    /// What a first sync should make of every customer and supplier, in the order in which they were thought of.
    pub situations: Vec<Situation>,
}

/// The company and the made-up credentials of its two accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Company {
    /// Name in KashFlow and of the site in Capsule.
    pub name: String,
    /// KashFlow's number of the company.
    pub company_id: i64,
    /// ISO code of the home currency.
    pub home_currency: String,
    /// Subdomain in Capsule.
    pub subdomain: String,
    /// KashFlow user name.
    pub user_name: String,
    /// KashFlow password.
    pub password: String,
    /// KashFlow memorable word.
    pub memorable_word: String,
    /// Capsule token of an administrator.
    pub capsule_token: String,
}

/// Person or organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContactKind {
    /// An organisation.
    Organisation {
        /// Name, unique in Capsule.
        name: String,
    },
    /// A person.
    Person {
        /// Title, such as `Mrs`.
        title: Option<String>,
        /// First name.
        first_name: String,
        /// Last name.
        last_name: String,
        /// Job title.
        job_title: Option<String>,
        /// Name of the organisation that the person belongs to.
        organisation: Option<String>,
    },
}

/// A contact in Capsule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirmContact {
    /// Kind and names.
    pub kind: ContactKind,
    /// E-mail addresses, the first in use.
    pub emails: Vec<String>,
    /// Phones as (type, number); the type is `Work`, `Mobile`, `Fax` or the like.
    pub phones: Vec<(Option<String>, String)>,
    /// Websites as (service, address).
    pub websites: Vec<(String, String)>,
    /// Addresses, the first in use.
    pub addresses: Vec<CrmAddress>,
    /// Free text.
    pub about: Option<String>,
    /// Name of the team that the contact is assigned to.
    pub team: Option<String>,
    /// The token of the firm cannot see this contact.
    pub restricted: bool,
    /// What people have attached to it, as (kind, days ago, text).
    pub hanging: Vec<(Hanging, i64, String)>,
}

/// An address in Capsule.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CrmAddress {
    /// `Office`, `Home`, `Postal`.
    pub kind: Option<String>,
    /// Street, several lines parted by line feeds.
    pub street: String,
    /// Town.
    pub city: String,
    /// County.
    pub state: String,
    /// Postcode.
    pub zip: String,
    /// Name of the country as Capsule spells it.
    pub country: String,
}

/// A customer or supplier in KashFlow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirmLedger {
    /// Stable id.
    pub id: i64,
    /// Code, with trailing blanks on some.
    pub code: String,
    /// Name.
    pub name: String,
    /// Contact Persons.
    pub people: Vec<FirmPerson>,
    /// Billing addresses, the first in use.
    pub addresses: Vec<LedgerAddress>,
    /// Delivery addresses.
    pub delivery_addresses: Vec<LedgerAddress>,
    /// ISO code of the currency.
    pub currency: String,
    /// VAT number.
    pub vat_number: String,
    /// Note.
    pub note: String,
    /// Payment terms in days, 0 = none.
    pub terms_days: i64,
    /// The account's own text fields as (name, value).
    pub custom_boxes: Vec<(String, String)>,
    /// Bank account of a supplier as (name, number, sort code).
    pub bank_account: Option<(String, String, String)>,
    /// Archived.
    pub archived: bool,
    /// Day of creation.
    pub created: Date,
}

/// A Contact Person in KashFlow.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FirmPerson {
    /// The row in use.
    pub primary: bool,
    /// Title.
    pub title: Option<String>,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// Telephone.
    pub telephone: Option<String>,
    /// Fax.
    pub fax: Option<String>,
    /// Mobile.
    pub mobile: Option<String>,
    /// Website.
    pub website: Option<String>,
    /// E-mail, one or several in one text.
    pub email: Option<String>,
}

/// An address in KashFlow.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LedgerAddress {
    /// Name, on delivery addresses.
    pub name: Option<String>,
    /// Up to four lines.
    pub lines: Vec<String>,
    /// Postcode.
    pub post_code: Option<String>,
    /// ISO code, Greece `EL`.
    pub country_code: Option<String>,
}

/// An invoice or a bill in KashFlow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirmDocument {
    /// Internal id.
    pub id: i64,
    /// Number.
    pub number: i64,
    /// Id of the customer or supplier.
    pub contact: i64,
    /// Issue date.
    pub issued: Date,
    /// Due date, if any; 1900-01-01 is KashFlow's way to say none.
    pub due: Option<Date>,
    /// ISO code of the currency.
    pub currency: String,
    /// Units of that currency for one of the home currency.
    pub exchange_rate: Decimal,
    /// The other side's reference.
    pub reference: Option<String>,
    /// What it is for.
    pub description: String,
    /// Amount without VAT, in the document's currency.
    pub net: Decimal,
    /// VAT in percent.
    pub vat_rate: Decimal,
    /// Payments in the document's currency, oldest first.
    pub payments: Vec<(Date, Decimal)>,
    /// VAT return that holds it, 0 = none.
    pub vat_return: i64,
}

impl FirmDocument {
    /// VAT, rounded to pennies.
    pub fn vat(&self) -> Decimal {
        (self.net * self.vat_rate / Decimal::ONE_HUNDRED).round_dp(2)
    }

    /// Amount with VAT.
    pub fn gross(&self) -> Decimal {
        self.net + self.vat()
    }

    /// What is still owed.
    pub fn due_amount(&self) -> Decimal {
        self.gross() - self.payments.iter().map(|(_, amount)| *amount).sum::<Decimal>()
    }
}

/// A quote to a customer in KashFlow, in home currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirmQuote {
    /// Number.
    pub number: i64,
    /// Id of the customer.
    pub contact: i64,
    /// Day.
    pub date: Date,
    /// What it is for.
    pub description: String,
    /// Amount without VAT; VAT is 20 %.
    pub net: Decimal,
}

/// What the first sync, with default settings, should make of a ledger contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Expect {
    /// Linked without asking.
    Links,
    /// A new organisation in Capsule.
    CreatesOrganisation,
    /// A new person in Capsule.
    CreatesPerson,
    /// Linked to the contact that is created for the other ledger's record of the same name.
    Joins,
    /// Question `several_matches`.
    AsksSeveral,
    /// Question `suggested_match`.
    AsksSuggested,
    /// Question `suggested_match` in the words "looks like a second KashFlow customer for this contact".
    AsksSecond,
    /// Question `same_name`.
    AsksSameName,
    /// Nothing: archived.
    Nothing,
    /// Goes to the failing list with a reason.
    Fails,
}

/// A ledger contact, the rule that it shows, and what should become of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Situation {
    /// The rule of the design, such as `B9`.
    pub rule: &'static str,
    /// `customer` or `supplier`.
    pub ledger: &'static str,
    /// Code in KashFlow, without trailing blanks.
    pub code: String,
    /// What should become of it.
    pub expect: Expect,
    /// What is special about it, in plain words; empty for an ordinary one.
    pub about: &'static str,
}
