//! The field mapping: how each service's record becomes [`Details`], and how a ledger contact becomes a draft for Capsule
//! (design B10, B26).

use super::address;
use super::contact::{Contact, PhoneKind, Summary};
use super::details::{Details, PostalAddress};
use super::draft::{ContactDraft, DraftAddress, DraftKind};
use super::ids::TeamId;
use super::ledger::LedgerContact;
use super::marker::WEBSITE_MARK;
use super::normalise::{collapsed, email_list, is_email, name_key};

/// The mapped fields of a contact: the first row of each kind; a missing kind stays empty (design B26).
pub fn from_contact(contact: &Contact) -> Details {
    let phone = |kind: PhoneKind| {
        contact
            .phones
            .iter()
            .find(|row| row.kind == kind)
            .map(|row| collapsed(&row.number))
            .unwrap_or_default()
    };
    Details {
        name: collapsed(&contact.name()),
        email: contact.emails.first().map(|row| collapsed(&row.address)).unwrap_or_default(),
        phone: phone(PhoneKind::Other),
        fax: phone(PhoneKind::Fax),
        mobile: phone(PhoneKind::Mobile),
        website: contact
            .websites
            .iter()
            .find(|row| row.is_url && !row.address.contains(WEBSITE_MARK))
            .map(|row| collapsed(&row.address))
            .unwrap_or_default(),
        address: contact.addresses.first().map(address::from_capsule).unwrap_or_default(),
        contact_person: String::new(),
    }
}

/// The mapped fields of a ledger contact. Of several e-mails in KashFlow's one field the first is mapped.
pub fn from_ledger(ledger: &LedgerContact) -> Details {
    let person = &ledger.contact;
    Details {
        name: collapsed(&ledger.name),
        email: email_list(&person.email).next().unwrap_or_default().to_owned(),
        phone: collapsed(&person.telephone),
        fax: collapsed(&person.fax),
        mobile: collapsed(&person.mobile),
        website: collapsed(&person.website),
        address: address::from_kashflow(&ledger.address),
        contact_person: collapsed(&format!("{} {}", person.first, person.last)),
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
