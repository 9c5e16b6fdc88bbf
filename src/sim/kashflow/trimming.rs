//! What a PUT loses without a word, as a switch: proof that a client looks at what comes back (design 6, silent trimming).

use super::records::{Address, ContactPerson, LedgerContact, settle_primary};

/// What is lost; nothing by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trimming {
    /// Texts are cut to so many characters; names and codes are not.
    pub texts: Option<usize>,
    /// Lists are cut to so many rows.
    pub rows: Option<usize>,
    /// Fields of these names are blanked: writable ones of the record, and texts of every Contact Person.
    pub blanked: Vec<String>,
}

impl Trimming {
    /// The record after the loss.
    pub(super) fn applied(&self, mut contact: LedgerContact) -> LedgerContact {
        if let Some(rows) = self.rows {
            contact.people.truncate(rows);
            contact.addresses.truncate(rows);
            contact.delivery_addresses.truncate(rows);
            for list in contact.other.values_mut().filter_map(|value| value.as_array_mut()) {
                list.truncate(rows);
            }
            settle_primary(&mut contact.people);
        }
        if let Some(texts) = self.texts {
            contact.people.iter_mut().for_each(|person| cut_person(person, texts));
            let addresses = contact.addresses.iter_mut().chain(&mut contact.delivery_addresses);
            addresses.for_each(|address| cut_address(address, texts));
            for value in contact.other.values_mut().filter(|value| value.is_string()) {
                let text: String = value.as_str().unwrap_or_default().chars().take(texts).collect();
                *value = text.into();
            }
        }
        for name in &self.blanked {
            contact.other.retain(|known, _| !known.eq_ignore_ascii_case(name));
            for person in &mut contact.people {
                if let Some(text) = person.text_mut(name) {
                    *text = None;
                }
            }
        }
        contact
    }
}

fn cut(text: &mut Option<String>, most: usize) {
    if let Some(text) = text {
        *text = text.chars().take(most).collect();
    }
}

fn cut_person(person: &mut ContactPerson, most: usize) {
    for name in super::records::PERSON_TEXTS {
        if let Some(text) = person.text_mut(name) {
            cut(text, most);
        }
    }
}

fn cut_address(address: &mut Address, most: usize) {
    address.lines.iter_mut().for_each(|line| cut(line, most));
}
