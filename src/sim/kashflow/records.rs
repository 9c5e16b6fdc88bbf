//! Customers and suppliers as plain data, and how a request changes them.
//!
//! Not here: where they are kept and found (see `ledger`), how they are printed (see `rows`).

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};
use serde_json::Value;

use super::{
    Options, PutSemantics,
    fields::fields,
    tables::{country_name, find_currency},
    wire::{Body, Refusal, whole},
};

/// Which of the two ledgers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// Sales ledger.
    Customer,
    /// Purchase ledger.
    Supplier,
}

impl Side {
    /// `Customer` or `Supplier`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Customer => "Customer",
            Self::Supplier => "Supplier",
        }
    }
}

/// One row of `Contacts` (kashflow-api 4.4). Every text may be null.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContactPerson {
    /// Row id, kept over a PUT that sends it.
    pub id: i64,
    /// The row in use.
    pub primary: bool,
    /// Receives e-mails.
    pub receives_emails: bool,
    /// Whole name.
    pub name: Option<String>,
    /// Title, such as `Mrs`.
    pub title: Option<String>,
    /// `Firstname`.
    pub first_name: Option<String>,
    /// `LastName`.
    pub last_name: Option<String>,
    /// Telephone.
    pub telephone: Option<String>,
    /// Fax.
    pub fax: Option<String>,
    /// Mobile.
    pub mobile: Option<String>,
    /// Website: of the Contact Person, not of the customer.
    pub website: Option<String>,
    /// One or several e-mail addresses, verbatim (U21).
    pub email: Option<String>,
}

/// An address: town and county are just lines (kashflow-api 4.4).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Address {
    /// Name, on delivery addresses only.
    pub name: Option<String>,
    /// `Line1` to `Line4`.
    pub lines: [Option<String>; 4],
    /// Postcode.
    pub post_code: Option<String>,
    /// ISO code, Greece `EL`.
    pub country_code: Option<String>,
}

/// A customer or a supplier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerContact {
    /// Which ledger.
    pub side: Side,
    /// Stable identity.
    pub id: i64,
    /// Address of the record; live ones may end in blanks (kashflow-api 12.3, 6).
    pub code: String,
    /// Name, not unique.
    pub name: String,
    /// Contact Persons.
    pub people: Vec<ContactPerson>,
    /// Billing addresses, the first in use; a supplier has at most one.
    pub addresses: Vec<Address>,
    /// Delivery addresses of a customer.
    pub delivery_addresses: Vec<Address>,
    /// ISO code of the currency.
    pub currency: &'static str,
    /// Archived.
    pub archived: bool,
    /// Day of creation.
    pub created: Date,
    /// Last change.
    pub updated: Timestamp,
    /// Every other writable field that is not blank, by its name on the wire.
    pub other: BTreeMap<&'static str, Value>,
}

impl LedgerContact {
    /// A record without anything but its names.
    pub(super) fn new(
        side: Side,
        id: i64,
        currency: &'static str,
        created: Date,
        updated: Timestamp,
    ) -> Self {
        Self {
            side,
            id,
            code: String::new(),
            name: String::new(),
            people: Vec::new(),
            addresses: Vec::new(),
            delivery_addresses: Vec::new(),
            currency,
            archived: false,
            created,
            updated,
            other: BTreeMap::new(),
        }
    }

    /// The record after a request. `Replace` blanks every writable field that was left out, save code and name;
    /// `Merge` leaves it. `next_row` numbers new Contact Persons.
    pub(super) fn apply(
        &self,
        body: Body<'_>,
        mode: PutSemantics,
        options: &Options,
        next_row: &mut i64,
    ) -> Result<Self, Refusal> {
        let mut after = match mode {
            PutSemantics::Merge => self.clone(),
            PutSemantics::Replace => Self {
                people: Vec::new(),
                addresses: Vec::new(),
                delivery_addresses: Vec::new(),
                currency: find_currency(&options.home_currency).map_or("GBP", |currency| currency.code),
                archived: false,
                other: BTreeMap::new(),
                ..self.clone()
            },
        };
        if let Some(code) = body.text("Code")?
            && code.trim() != self.code.trim()
        {
            after.code = checked_code(self.side, &code)?;
        }
        if body.has("Name") {
            after.name = body.text("Name")?.unwrap_or_default();
        }
        if let Some(rows) = body.list("Contacts")? {
            after.people = people(rows, &self.people, mode, next_row)?;
        }
        self.apply_addresses(&mut after, body, mode)?;
        if let Some(value) = body.get("Currency").filter(|value| !value.is_null())
            && let Some(code) = Body::read(value)?.text("Code")?
        {
            after.currency = find_currency(&code)
                .map(|currency| currency.code)
                .ok_or_else(|| Refusal::invalid("Currency code is invalid"))?;
        }
        if let Some(archived) = body.flag("IsArchived")? {
            after.archived = archived;
        }
        for field in fields(self.side) {
            if let Some(sent) = body.get(field.name) {
                match field.read(sent)? {
                    Some(value) => after.other.insert(field.name, value),
                    None => after.other.remove(field.name),
                };
            }
        }
        after.check_lengths(options.max_text)?;
        Ok(after)
    }

    fn apply_addresses(&self, after: &mut Self, body: Body<'_>, mode: PutSemantics) -> Result<(), Refusal> {
        match self.side {
            Side::Customer => {
                if let Some(rows) = body.list("Addresses")? {
                    after.addresses = addresses(rows, &self.addresses, mode)?;
                }
                if let Some(rows) = body.list("DeliveryAddresses")? {
                    after.delivery_addresses = addresses(rows, &self.delivery_addresses, mode)?;
                }
            }
            // One object, not a list (kashflow-api 12.3, 4).
            Side::Supplier => match body.get("Address") {
                None => {}
                Some(Value::Null) => after.addresses.clear(),
                Some(row) => after.addresses = addresses(std::slice::from_ref(row), &self.addresses, mode)?,
            },
        }
        Ok(())
    }

    /// Whether anything but people and addresses differs (U15).
    pub(super) fn differs_beyond_details(&self, other: &Self) -> bool {
        let bare = |contact: &Self| Self {
            people: Vec::new(),
            addresses: Vec::new(),
            delivery_addresses: Vec::new(),
            ..contact.clone()
        };
        bare(self) != bare(other)
    }

    /// What a PUT loses without a word.
    pub(super) fn lose(&mut self, options: &Options) {
        self.other.retain(|name, _| !options.forgets.iter().any(|forgotten| forgotten == name));
        let Some(most) = options.cut_text else { return };
        let texts = self.people.iter_mut().flat_map(|person| {
            let ContactPerson {
                name,
                title,
                first_name,
                last_name,
                telephone,
                fax,
                mobile,
                website,
                email,
                ..
            } = person;
            [name, title, first_name, last_name, telephone, fax, mobile, website, email]
        });
        let lines = self.addresses.iter_mut().flat_map(|address| &mut address.lines);
        for text in texts.chain(lines).flatten() {
            *text = text.chars().take(most).collect();
        }
    }

    fn check_lengths(&self, max: Option<usize>) -> Result<(), Refusal> {
        let Some(max) = max else { return Ok(()) };
        let people = self.people.iter().flat_map(ContactPerson::texts).map(|(_, text)| text.as_deref());
        let lines = self.addresses.iter().flat_map(|address| &address.lines).map(Option::as_deref);
        if people.chain(lines).flatten().chain([self.name.as_str()]).any(|text| text.chars().count() > max) {
            return Err(Refusal::invalid(format!("The text is longer than {max} characters.")));
        }
        Ok(())
    }

    /// The Contact Person in use: the primary one, else the first.
    pub fn primary(&self) -> Option<&ContactPerson> {
        self.people.iter().find(|person| person.primary).or_else(|| self.people.first())
    }
}

impl ContactPerson {
    /// Every text with its name on the wire.
    pub(super) fn texts(&self) -> [(&'static str, &Option<String>); 9] {
        [
            ("Name", &self.name),
            ("Title", &self.title),
            ("Firstname", &self.first_name),
            ("LastName", &self.last_name),
            ("Telephone", &self.telephone),
            ("Fax", &self.fax),
            ("Mobile", &self.mobile),
            ("Website", &self.website),
            ("Email", &self.email),
        ]
    }

    /// The text of that name, to be changed.
    pub(super) fn text_mut(&mut self, name: &str) -> Option<&mut Option<String>> {
        match name {
            "Name" => Some(&mut self.name),
            "Title" => Some(&mut self.title),
            "Firstname" => Some(&mut self.first_name),
            "LastName" => Some(&mut self.last_name),
            "Telephone" => Some(&mut self.telephone),
            "Fax" => Some(&mut self.fax),
            "Mobile" => Some(&mut self.mobile),
            "Website" => Some(&mut self.website),
            "Email" => Some(&mut self.email),
            _ => None,
        }
    }
}

/// Names of a Contact Person's texts, in the order of `ContactPerson::texts`.
pub(super) const PERSON_TEXTS: [&str; 9] =
    ["Name", "Title", "Firstname", "LastName", "Telephone", "Fax", "Mobile", "Website", "Email"];

/// A code as it may be given to a record: KashFlow refuses special characters (kashflow-api 4.5).
pub(super) fn checked_code(side: Side, code: &str) -> Result<String, Refusal> {
    let code = code.trim();
    let good = |letter: char| letter.is_alphanumeric() || letter == ' ' || letter == '-' || letter == '_';
    if code.is_empty() || !code.chars().all(good) {
        return Err(Refusal::invalid(format!(
            "The {} code specified is invalid, please re-enter without any special characters",
            side.name().to_lowercase()
        )));
    }
    Ok(code.to_owned())
}

/// `Contacts` after a request: a row keeps its id when the record had it, any other row is new. The first row becomes
/// the primary one when none is, and only one can be.
fn people(
    rows: &[Value],
    before: &[ContactPerson],
    mode: PutSemantics,
    next_row: &mut i64,
) -> Result<Vec<ContactPerson>, Refusal> {
    let mut after: Vec<ContactPerson> = match mode {
        PutSemantics::Replace => Vec::new(),
        PutSemantics::Merge => before.to_vec(),
    };
    for (position, row) in rows.iter().enumerate() {
        let body = Body::read(row)?;
        let sent = body.get("Id").and_then(whole);
        let known = match (sent, mode) {
            (Some(id), _) => before.iter().find(|person| person.id == id),
            (None, PutSemantics::Merge) => before.get(position),
            (None, PutSemantics::Replace) => None,
        };
        let mut person = match (known, mode) {
            (Some(person), PutSemantics::Merge) => person.clone(),
            (Some(person), PutSemantics::Replace) => blank_person(person.id),
            (None, _) => {
                *next_row += 1;
                blank_person(*next_row)
            }
        };
        for name in PERSON_TEXTS {
            if let Some(place) = person.text_mut(name).filter(|_| body.has(name)) {
                *place = body.text(name)?;
            }
        }
        if person.name.is_none() {
            person.name = whole_name(&person);
        }
        person.primary = body.flag("IsPrimary")?.unwrap_or(person.primary);
        person.receives_emails = body.flag("ReceiveEmails")?.unwrap_or(person.receives_emails);
        match after.iter_mut().find(|other| other.id == person.id) {
            Some(place) => *place = person,
            None => after.push(person),
        }
    }
    settle_primary(&mut after);
    Ok(after)
}

fn blank_person(id: i64) -> ContactPerson {
    ContactPerson { id, receives_emails: true, website: Some(String::new()), ..ContactPerson::default() }
}

/// Title, first and last name in one text, as KashFlow shows a Contact Person.
pub(super) fn whole_name(person: &ContactPerson) -> Option<String> {
    let parts: Vec<&str> = [&person.title, &person.first_name, &person.last_name]
        .into_iter()
        .flatten()
        .map(|part| part.trim())
        .filter(|part| !part.is_empty())
        .collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// Leaves exactly one primary row.
pub(super) fn settle_primary(people: &mut [ContactPerson]) {
    let primary = people.iter().position(|person| person.primary).unwrap_or(0);
    for (position, person) in people.iter_mut().enumerate() {
        person.primary = position == primary;
    }
}

/// Address rows after a request. `CountryName` is derived and so ignored (kashflow-api 4.4).
fn addresses(rows: &[Value], before: &[Address], mode: PutSemantics) -> Result<Vec<Address>, Refusal> {
    let mut after: Vec<Address> = Vec::new();
    for (position, row) in rows.iter().enumerate() {
        let body = Body::read(row)?;
        let mut address = match mode {
            PutSemantics::Merge => before.get(position).cloned().unwrap_or_default(),
            PutSemantics::Replace => Address::default(),
        };
        for (name, line) in ["Line1", "Line2", "Line3", "Line4"].into_iter().zip(&mut address.lines) {
            if body.has(name) {
                *line = body.text(name)?;
            }
        }
        if body.has("PostCode") {
            address.post_code = body.text("PostCode")?;
        }
        if body.has("Name") {
            address.name = body.text("Name")?;
        }
        if body.has("CountryCode") {
            let text = body
                .text("CountryCode")?
                .filter(|code| !code.trim().is_empty())
                .map(|code| code.trim().to_uppercase());
            if text.as_deref().is_some_and(|code| country_name(code).is_none()) {
                return Err(Refusal::invalid("Country code is invalid"));
            }
            address.country_code = text;
        }
        after.push(address);
    }
    if mode == PutSemantics::Merge {
        after.extend(before.iter().skip(rows.len()).cloned());
    }
    Ok(after)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use serde_json::json;

    use super::*;

    fn changed(mode: PutSemantics, body: &Value) -> Result<LedgerContact, Refusal> {
        let options = Options::default();
        let mut next = 10;
        let blank = LedgerContact::new(Side::Customer, 1, "GBP", date(2026, 1, 1), Timestamp::UNIX_EPOCH);
        let before = blank.apply(
            Body::read(&json!({
                "Code": "HARB01", "Name": "Harbour", "Note": "gate", "IsArchived": true, "Currency": {"Code": "eur"},
                "Contacts": [{"Firstname": "Ada", "LastName": "Ross", "Email": "a@x.example"}, {"Email": "b@x.example"}],
                "Addresses": [{"Line1": "1 Quay", "Line2": "Hexley", "CountryCode": "el", "CountryName": "x"}],
            }))
            .unwrap(),
            PutSemantics::Replace,
            &options,
            &mut next,
        )?;
        before.apply(Body::read(body).unwrap(), mode, &options, &mut next)
    }

    #[test]
    fn put_replaces_and_merge_keeps() {
        let body = json!({"Contacts": [{"Id": 11, "Telephone": "1"}]});
        let replaced = changed(PutSemantics::Replace, &body).unwrap();
        assert_eq!((replaced.code.as_str(), replaced.name.as_str()), ("HARB01", "Harbour"));
        assert!(replaced.other.is_empty() && replaced.addresses.is_empty() && !replaced.archived);
        assert_eq!(replaced.currency, "GBP");
        assert_eq!(replaced.people.len(), 1);
        assert_eq!((replaced.people[0].id, &replaced.people[0].email), (11, &None));

        let merged = changed(PutSemantics::Merge, &body).unwrap();
        assert_eq!(merged.other["Note"], "gate");
        assert_eq!(merged.addresses[0].country_code.as_deref(), Some("EL"));
        assert_eq!(merged.people.len(), 2);
        assert_eq!(merged.people[0].name.as_deref(), Some("Ada Ross"));
        assert_eq!(merged.people[0].telephone.as_deref(), Some("1"));
        assert!(merged.people[0].primary && !merged.people[1].primary);
    }

    #[test]
    fn bad_values_are_refused() {
        for body in [
            json!({"Code": "a@b.example"}),
            json!({"Code": " "}),
            json!({"Addresses": [{"CountryCode": "GR"}]}),
            json!({"Currency": {"Code": "XXX"}}),
            json!({"Contacts": "x"}),
            json!({"Name": []}),
        ] {
            assert!(changed(PutSemantics::Merge, &body).is_err(), "{body}");
        }
    }

    #[test]
    fn unknown_contact_row_ids_become_new_rows() {
        let after =
            changed(PutSemantics::Replace, &json!({"Contacts": [{"Id": 99, "Email": "c@x.example"}]}))
                .unwrap();
        assert_eq!(after.people[0].id, 13);
    }
}
