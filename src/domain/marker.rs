//! The marker: how a contact in Capsule says which ledger contact it belongs to (design B3, B7, 5).
//!
//! `kf:<8 hex digits of the company>:customer:<KashFlow id>`. It goes into the same request that creates a contact, so
//! that after an unknown outcome the contact can be found again.

use std::fmt::{self, Write};

use super::contact::{Contact, SummaryField};
use super::ids::{LedgerId, LedgerRef, Side};
use super::snapshot::Company;

/// What a website row ends with when the account allows no custom fields (design 5).
pub const WEBSITE_MARK: &str = "#kashsync:";

/// Eight hexadecimal digits that stand for a KashFlow company.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CompanyMark(u32);

impl CompanyMark {
    /// The mark of a company: CRC-32 of its identity.
    pub fn of(company: &Company) -> Self {
        Self(crc32fast::hash(company.identity().as_bytes()))
    }
}

/// A marker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Marker {
    /// The company whose ledger contact it is.
    pub company: CompanyMark,
    /// The ledger contact.
    pub ledger: LedgerRef,
}

impl fmt::Display for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "kf:{:08x}:{}", self.company.0, self.ledger)
    }
}

impl Marker {
    /// The marker that a word spells, if it is one.
    pub fn parse(word: &str) -> Option<Self> {
        let mut parts = word.trim().split(':');
        let (kf, company, side, id) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let is_mark = company.len() == 8 && company.bytes().all(|byte| byte.is_ascii_hexdigit());
        if kf != "kf" || !is_mark || parts.next().is_some() {
            return None;
        }
        let ledger = LedgerRef { side: Side::from_word(side)?, id: LedgerId(id.parse().ok()?) };
        Some(Self { company: CompanyMark(u32::from_str_radix(company, 16).ok()?), ledger })
    }

    /// Several markers as they stand in one field: separated by one space.
    pub fn join(markers: &[Self]) -> String {
        joined(markers, " ")
    }

    /// A web address that carries markers, for accounts without custom fields.
    pub fn website(address: &str, markers: &[Self]) -> String {
        format!("{address}{WEBSITE_MARK}{}", joined(markers, ","))
    }

    /// The markers that a contact carries, in its KashFlow ID field or in a website row.
    pub fn carried(contact: &Contact) -> Vec<Self> {
        let field = contact.summary.values.get(&SummaryField::Id).map(String::as_str);
        let rows = contact.websites.iter().filter_map(|row| Some(row.address.rsplit_once(WEBSITE_MARK)?.1));
        let mut markers: Vec<Self> = field
            .into_iter()
            .chain(rows)
            .flat_map(|text| text.split(|character: char| character.is_whitespace() || character == ','))
            .filter_map(Self::parse)
            .collect();
        markers.sort();
        markers.dedup();
        markers
    }
}

fn joined(markers: &[Marker], separator: &str) -> String {
    let mut text = String::new();
    for (place, marker) in markers.iter().enumerate() {
        // Writing to a String cannot fail.
        let _ = write!(text, "{}{marker}", if place == 0 { "" } else { separator });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::money::Currency;
    use super::*;

    #[test]
    fn b03_a_marker_reads_back_as_written() {
        let company =
            Company { id: Some(4711), name: "Brookside Joinery Ltd".into(), home_currency: Currency::GBP };
        let renamed = Company { name: "Brookside Ltd".into(), ..company.clone() };
        assert_eq!(
            CompanyMark::of(&company),
            CompanyMark::of(&renamed),
            "a new name with the same id is followed"
        );
        let nameless = Company { id: None, ..company.clone() };
        assert_ne!(CompanyMark::of(&nameless), CompanyMark::of(&Company { id: None, ..renamed }));
        let marker = Marker { company: CompanyMark::of(&company), ledger: LedgerRef::supplier(88) };
        assert_eq!(Marker::parse(&marker.to_string()), Some(marker));
        assert_eq!(marker.to_string().len(), "kf:00000000:supplier:88".len());
    }

    #[test]
    fn other_text_is_no_marker() {
        for text in [
            "",
            "kf:",
            "kf:12345678:customer",
            "kf:12345678:client:1",
            "kf:1234567:customer:1",
            "kf:12345678:customer:x",
            "kf:12345678:customer:1:2",
        ] {
            assert_eq!(Marker::parse(text), None, "{text}");
        }
    }
}
