//! The field mapping: how each service's record becomes [`Details`], and how a ledger contact becomes a draft for Capsule
//! (design B10, B26).

use std::borrow::Cow;

use super::address::{self, Lines};
use super::contact::{Contact, PhoneKind, Summary};
use super::details::{Details, PostalAddress};
use super::draft::{ContactDraft, DraftAddress, DraftKind};
use super::ids::TeamId;
use super::ledger::LedgerContact;
use super::marker::WEBSITE_MARK;
use super::normalise::{collapsed, collapsing, email_list, is_email, name_key};

/// The mapped fields of a contact: the first row of each kind; a missing kind stays empty (design B26).
pub fn from_contact(contact: &Contact) -> Details {
    Mapped::of_contact(contact).owned()
}

/// The mapped fields of a ledger contact. Of several e-mails in KashFlow's one field the first is mapped.
pub fn from_ledger(ledger: &LedgerContact) -> Details {
    Mapped::of_ledger(ledger).owned()
}

/// [`Details`] as they are found in a record, borrowed where the record has them so: a hundred thousand unchanged records are
/// told without a copy of each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapped<'a> {
    name: Cow<'a, str>,
    email: Cow<'a, str>,
    phone: Cow<'a, str>,
    fax: Cow<'a, str>,
    mobile: Cow<'a, str>,
    website: Cow<'a, str>,
    address: Lines<'a>,
    /// First and last name of the Contact Person.
    pub contact_person: Cow<'a, str>,
}

impl<'a> Mapped<'a> {
    /// See [`from_contact`].
    pub fn of_contact(contact: &'a Contact) -> Self {
        let phone = |kind: PhoneKind| {
            let row = contact.phones.iter().find(|row| row.kind == kind);
            row.map(|row| collapsing(&row.number)).unwrap_or_default()
        };
        let website = contact.websites.iter().find(|row| row.is_url && !row.address.contains(WEBSITE_MARK));
        Self {
            name: match contact.name() {
                Cow::Borrowed(name) => collapsing(name),
                Cow::Owned(name) => collapsed(&name).into(),
            },
            email: contact.emails.first().map(|row| collapsing(&row.address)).unwrap_or_default(),
            phone: phone(PhoneKind::Other),
            fax: phone(PhoneKind::Fax),
            mobile: phone(PhoneKind::Mobile),
            website: website.map(|row| collapsing(&row.address)).unwrap_or_default(),
            address: contact.addresses.first().map(Lines::of_capsule).unwrap_or_default(),
            contact_person: Cow::default(),
        }
    }

    /// See [`from_ledger`].
    pub fn of_ledger(ledger: &'a LedgerContact) -> Self {
        let person = &ledger.contact;
        Self {
            name: collapsing(&ledger.name),
            email: email_list(&person.email).next().unwrap_or_default().into(),
            phone: collapsing(&person.telephone),
            fax: collapsing(&person.fax),
            mobile: collapsing(&person.mobile),
            website: collapsing(&person.website),
            address: Lines::of_kashflow(&ledger.address),
            contact_person: match (person.first.as_str(), person.last.as_str()) {
                ("", only) | (only, "") => collapsing(only),
                (first, last) => collapsed(&format!("{first} {last}")).into(),
            },
        }
    }

    /// The fields themselves.
    pub fn owned(self) -> Details {
        Details {
            name: self.name.into_owned(),
            email: self.email.into_owned(),
            phone: self.phone.into_owned(),
            fax: self.fax.into_owned(),
            mobile: self.mobile.into_owned(),
            website: self.website.into_owned(),
            address: self.address.owned(),
            contact_person: self.contact_person.into_owned(),
        }
    }

    /// Whether they are those, to the letter.
    pub fn is(&self, details: &Details) -> bool {
        let Details { name, email, phone, fax, mobile, website, address, contact_person } = details;
        self.name == *name
            && self.email == *email
            && self.phone == *phone
            && self.fax == *fax
            && self.mobile == *mobile
            && self.website == *website
            && self.address.is(address)
            && self.contact_person == *contact_person
    }
}

/// First and last name, when the ledger contact is one person: its name is its contact's first and last name (design B10).
pub fn as_person(ledger: &LedgerContact) -> Option<(String, String)> {
    let (first, last) = (collapsed(&ledger.contact.first), collapsed(&ledger.contact.last));
    let is_person = !first.is_empty()
        && !last.is_empty()
        && name_key(&format!("{first} {last}")) == name_key(&ledger.name);
    is_person.then_some((first, last))
}

/// What is added to the name of a contact that is created with its code (design B12): `(ABCD01)`.
pub fn code_ending(code: &str) -> String {
    format!("({code})")
}

/// What a contact made for a ledger contact will hold (design B10). `name_ending` is added to the name (design B12,
/// `create_with_code`). A value that Capsule is known to refuse is left out and said so (design B17).
pub fn draft(
    ledger: &LedgerContact,
    name_ending: Option<&str>,
    team: Option<TeamId>,
    summary: Summary,
    marker_website: String,
) -> ContactDraft {
    let details = from_ledger(ledger);
    let mut left_out = Vec::new();
    let kind = match (as_person(ledger), name_ending) {
        (Some((first, last)), None) => DraftKind::Person { first, last },
        (Some((first, last)), Some(ending)) => DraftKind::Person { first, last: format!("{last} {ending}") },
        (None, None) => DraftKind::Organisation { name: details.name.clone() },
        (None, Some(ending)) => DraftKind::Organisation { name: format!("{} {ending}", details.name) },
    };
    let email = if details.email.is_empty() || is_email(&details.email) {
        details.email.clone()
    } else {
        left_out.push(format!("e-mail \"{}\" is no e-mail address", details.email));
        String::new()
    };
    ContactDraft {
        kind,
        email,
        phone: dialable("phone", &details.phone, &mut left_out),
        fax: dialable("fax", &details.fax, &mut left_out),
        mobile: dialable("mobile", &details.mobile, &mut left_out),
        website: details.website.clone(),
        address: draft_address(&details.address, &mut left_out),
        team,
        summary,
        marker_website,
        left_out,
    }
}

/// A number with a digit in it, else nothing and a note.
fn dialable(what: &str, number: &str, left_out: &mut Vec<String>) -> String {
    if number.is_empty() || number.chars().any(|character| character.is_ascii_digit()) {
        return number.to_owned();
    }
    left_out.push(format!("{what} \"{number}\" has no digit"));
    String::new()
}

fn draft_address(postal: &PostalAddress, left_out: &mut Vec<String>) -> Option<DraftAddress> {
    if postal.lines.is_empty() && postal.postcode.is_empty() {
        return None;
    }
    let draft = address::to_capsule(postal);
    if draft.country.is_empty() && !postal.country.is_empty() {
        left_out.push(format!("country \"{}\" is not known to Capsule", postal.country));
    }
    Some(draft)
}

#[cfg(test)]
mod tests {
    use super::super::contact::{ContactKind, EmailRow, PhoneRow, WebsiteRow};
    use super::super::ids::{ContactId, LedgerRef, RowId};
    use super::super::ledger::{LedgerAddress, LedgerPerson};
    use super::*;

    fn ledger(name: &str, first: &str, last: &str) -> LedgerContact {
        LedgerContact {
            id: LedgerRef::customer(1),
            code: "ABCD01".into(),
            name: name.into(),
            archived: false,
            contact: LedgerPerson { first: first.into(), last: last.into(), ..LedgerPerson::default() },
            address: LedgerAddress::default(),
            currency: None,
        }
    }

    #[test]
    fn b10_a_person_is_one_whose_name_is_the_contacts_first_and_last_name() {
        for (name, first, last, person) in [
            ("Jo Smith", "Jo", "Smith", true),
            ("JO  SMITH", "Jo", "Smith", true),
            ("Smith Ltd", "Jo", "Smith", false),
            ("Smith", "", "Smith", false),
            ("Jo", "Jo", "", false),
        ] {
            assert_eq!(as_person(&ledger(name, first, last)).is_some(), person, "{name}");
        }
    }

    #[test]
    fn b26_a_missing_kind_is_never_filled_by_another() {
        let contact = Contact {
            id: ContactId(1),
            kind: ContactKind::Organisation { name: " Acme  Ltd ".into() },
            emails: vec![
                EmailRow { id: RowId(1), address: "a@x.example".into() },
                EmailRow { id: RowId(2), address: "b@x.example".into() },
            ],
            phones: vec![
                PhoneRow { id: RowId(3), kind: PhoneKind::Fax, number: "1".into() },
                PhoneRow { id: RowId(4), kind: PhoneKind::Other, number: "2".into() },
            ],
            websites: vec![
                WebsiteRow { id: RowId(5), is_url: false, address: "@acme".into() },
                WebsiteRow {
                    id: RowId(6),
                    is_url: true,
                    address: "https://k.example/c#kashsync:kf:12345678:customer:1".into(),
                },
                WebsiteRow { id: RowId(7), is_url: true, address: "acme.example".into() },
            ],
            addresses: vec![],
            summary: Summary::default(),
            restricted: false,
            updated_at: jiff::Timestamp::UNIX_EPOCH,
            last_contacted: None,
        };
        let details = from_contact(&contact);
        assert_eq!(
            [details.name, details.email, details.phone, details.fax, details.mobile, details.website],
            ["Acme Ltd", "a@x.example", "2", "1", "", "acme.example"]
        );
    }

    #[test]
    fn b17_values_that_capsule_would_refuse_are_left_out_and_said() {
        let mut record = ledger("Acme Ltd", "", "");
        record.contact.email = "see notes".into();
        record.contact.telephone = "ask Jo".into();
        record.address = LedgerAddress {
            lines: vec!["1 High St".into()],
            postcode: String::new(),
            country_code: "ZZ".into(),
        };
        let draft = draft(&record, Some("(ABCD01)"), None, Summary::default(), String::new());
        assert_eq!(draft.kind.name(), "Acme Ltd (ABCD01)");
        assert_eq!((draft.email.as_str(), draft.phone.as_str()), ("", ""));
        assert_eq!(draft.left_out.len(), 3, "{:?}", draft.left_out);
    }
}
