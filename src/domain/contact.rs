//! A contact: a person or an organisation in Capsule (the Capsule API says *party*).

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;

use super::ids::{ContactId, RowId};

/// A Capsule contact as last read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// Capsule party id.
    pub id: ContactId,
    /// Person or organisation, with the names that go with it.
    pub kind: ContactKind,
    /// E-mail rows in Capsule's order.
    pub emails: Vec<EmailRow>,
    /// Phone rows in Capsule's order.
    pub phones: Vec<PhoneRow>,
    /// Website rows in Capsule's order.
    pub websites: Vec<WebsiteRow>,
    /// Address rows in Capsule's order.
    pub addresses: Vec<AddressRow>,
    /// What stands in our own tag and custom fields (design B23).
    pub summary: Summary,
    /// Capsule masks this record for the token's user: never match, link or write it (design, matching).
    pub restricted: bool,
    /// When Capsule last changed the record, whole seconds, server time.
    pub updated_at: Timestamp,
    /// When somebody last wrote to or met the contact.
    pub last_contacted: Option<Timestamp>,
}

impl Contact {
    /// The name people know the contact by: the organisation's, or first and last name with one blank between.
    pub fn name(&self) -> Cow<'_, str> {
        match &self.kind {
            ContactKind::Organisation { name } => Cow::Borrowed(name),
            ContactKind::Person { first, last, .. } => match (first.is_empty(), last.is_empty()) {
                (false, false) => Cow::Owned(format!("{first} {last}")),
                (false, true) => Cow::Borrowed(first),
                (true, _) => Cow::Borrowed(last),
            },
        }
    }

    /// Whether this is a person who belongs to an organisation.
    pub fn employer(&self) -> Option<&Employer> {
        match &self.kind {
            ContactKind::Person { employer, .. } => employer.as_ref(),
            ContactKind::Organisation { .. } => None,
        }
    }

    /// Whether the contact may be linked at all: not masked, and no person inside an organisation (design B7).
    pub fn is_candidate(&self) -> bool {
        !self.restricted && self.employer().is_none()
    }
}

/// Person or organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContactKind {
    /// A human being.
    Person {
        /// First name, empty when not given.
        first: String,
        /// Last name, empty when not given.
        last: String,
        /// The organisation the person works for, at most one.
        employer: Option<Employer>,
    },
    /// A firm, charity, school …; its name is unique within a Capsule account.
    Organisation {
        /// Full name, legal form included.
        name: String,
    },
}

/// The organisation that a person belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Employer {
    /// Capsule party id of the organisation.
    pub id: ContactId,
    /// Its name.
    pub name: String,
}

/// One e-mail row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailRow {
    /// Row id.
    pub id: RowId,
    /// The address.
    pub address: String,
}

/// One phone row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneRow {
    /// Row id.
    pub id: RowId,
    /// What the number is for.
    pub kind: PhoneKind,
    /// The number as typed.
    pub number: String,
}

/// What a phone number is for, as far as the mapping cares (design B26).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PhoneKind {
    /// Fax.
    Fax,
    /// Mobile.
    Mobile,
    /// Home, Work, Direct, anything else, or no type.
    Other,
}

/// One website row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebsiteRow {
    /// Row id.
    pub id: RowId,
    /// Whether the row's service is `URL`, and not a social network's handle.
    pub is_url: bool,
    /// The address as typed.
    pub address: String,
}

/// One address row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressRow {
    /// Row id.
    pub id: RowId,
    /// Street, possibly of several lines.
    pub street: String,
    /// Town.
    pub city: String,
    /// County.
    pub state: String,
    /// Postcode.
    pub postcode: String,
    /// Country, by Capsule's name for it.
    pub country: String,
}

/// Our own fields on a contact in Capsule, under the DataTag `KashFlow` (design B23).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SummaryField {
    /// The marker or markers: which ledger contacts this contact is linked with.
    Id,
    /// KashFlow code or codes.
    Code,
    /// Customer balance in home currency.
    Balance,
    /// Overdue part of the balance.
    Overdue,
    /// Earliest due date with something due.
    NextDue,
    /// Closed words; other currencies and the supplier side are here.
    Status,
    /// Where KashFlow shows the customer.
    Link,
}

/// The type that Capsule gives a custom field's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SummaryFieldType {
    /// Any text.
    Text,
    /// A decimal number, read back as text.
    Number,
    /// `YYYY-MM-DD`.
    Date,
    /// A web address.
    Link,
}

impl SummaryField {
    /// All fields, in the order in which their definitions are made (design B23).
    pub const ALL: [Self; 7] =
        [Self::Id, Self::Code, Self::Balance, Self::Overdue, Self::NextDue, Self::Status, Self::Link];

    /// The definition's name in Capsule.
    pub fn name(self) -> &'static str {
        match self {
            Self::Id => "KashFlow ID",
            Self::Code => "KashFlow code",
            Self::Balance => "KashFlow balance",
            Self::Overdue => "KashFlow overdue",
            Self::NextDue => "KashFlow next due",
            Self::Status => "KashFlow status",
            Self::Link => "KashFlow link",
        }
    }

    /// The definition's type in Capsule.
    pub fn field_type(self) -> SummaryFieldType {
        match self {
            Self::Id | Self::Code | Self::Status => SummaryFieldType::Text,
            Self::Balance | Self::Overdue => SummaryFieldType::Number,
            Self::NextDue => SummaryFieldType::Date,
            Self::Link => SummaryFieldType::Link,
        }
    }

    /// The field whose definition has that name, compared without case and outer blanks.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.name().eq_ignore_ascii_case(name.trim()))
    }
}

/// The name of our DataTag in Capsule.
pub const SUMMARY_TAG: &str = "KashFlow";

/// What stands, or shall stand, in our tag and fields on one contact. A field without a value is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// The tag is on the contact.
    pub tagged: bool,
    /// Values by field: numbers as plain decimals, dates as `YYYY-MM-DD`.
    pub values: BTreeMap<SummaryField, String>,
}
