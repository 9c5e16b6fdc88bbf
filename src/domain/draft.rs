//! What a create will hold: in Capsule (design B10, B26) and in KashFlow (design B25).

use super::contact::Summary;
use super::details::{Details, Field};
use super::ids::TeamId;

/// A contact to be made in Capsule. `owner` is always sent as null (design B10), so it is not a field here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactDraft {
    /// Person or organisation with its name.
    pub kind: DraftKind,
    /// First e-mail; empty = none.
    pub email: String,
    /// Phone of type Work; empty = none.
    pub phone: String,
    /// Phone of type Fax; empty = none.
    pub fax: String,
    /// Phone of type Mobile; empty = none.
    pub mobile: String,
    /// Website; empty = none.
    pub website: String,
    /// First address, if any.
    pub address: Option<DraftAddress>,
    /// The default team at the time of planning, if set.
    pub team: Option<TeamId>,
    /// The tag and fields that go in the same request (design B6). Holds at least the marker.
    pub summary: Summary,
    /// The marker's own address for accounts that allow no custom fields: a web address ending in
    /// `#kashsync:<marker>` (design 5). Sent only when [`super::contact::SummaryField::Id`] cannot be.
    pub marker_website: String,
    /// Values that Capsule would refuse and that are therefore left out, in words (design B17).
    pub left_out: Vec<String>,
}

impl ContactDraft {
    /// The contact details that are given, by field name, as plans and the journal show them.
    pub fn details(&self) -> Vec<(&'static str, String)> {
        let details = [
            (Field::Name, self.kind.name()),
            (Field::Email, self.email.clone()),
            (Field::Phone, self.phone.clone()),
            (Field::Fax, self.fax.clone()),
            (Field::Mobile, self.mobile.clone()),
            (Field::Website, self.website.clone()),
            (Field::Address, self.address.as_ref().map(DraftAddress::on_one_line).unwrap_or_default()),
        ];
        let given = details.into_iter().filter(|(_, value)| !value.is_empty());
        given.map(|(field, value)| (field.word(), value)).collect()
    }
}

/// Person or organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DraftKind {
    /// A firm or anything that is not one person.
    Organisation {
        /// Its name.
        name: String,
    },
    /// One person.
    Person {
        /// First name.
        first: String,
        /// Last name.
        last: String,
    },
}

impl DraftKind {
    /// The name as it will read in Capsule.
    pub fn name(&self) -> String {
        match self {
            Self::Organisation { name } => name.clone(),
            Self::Person { first, last } => format!("{first} {last}").trim().to_owned(),
        }
    }
}

/// The first address of a draft, in Capsule's shape.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DraftAddress {
    /// Street lines joined by line feeds.
    pub street: String,
    /// Town.
    pub city: String,
    /// County.
    pub state: String,
    /// Postcode.
    pub postcode: String,
    /// Country by Capsule's name; empty when not given or not known to Capsule.
    pub country: String,
}

impl DraftAddress {
    /// All parts that are given, joined by `, `.
    pub fn on_one_line(&self) -> String {
        let street = self.street.replace('\n', ", ");
        let parts = [street.as_str(), &self.city, &self.state, &self.postcode, &self.country];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
    }
}

/// A customer or supplier to be made in KashFlow (design B25 to B27).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerDraft {
    /// The code that the intent has fixed: by it the record is found again after an unknown outcome.
    pub code: String,
    /// First name of the Contact Person; empty = none.
    pub first: String,
    /// Last name of the Contact Person; empty = none.
    pub last: String,
    /// Name and details. Its Contact Person is for showing only: `first` and `last` are sent.
    pub details: Details,
}
