//! A link joins a ledger contact and a contact by their ids, so that renames never break it (design B1, B2).

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::contact::Contact;
use super::details::{Details, Field};
use super::ids::{ContactId, LedgerRef, Service};
use super::ledger::LedgerContact;
use super::mapping::{from_contact, from_ledger};

/// Why a link exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LinkReason {
    /// The contact carried the ledger contact's marker.
    Marker,
    /// Exactly one contact had the exact name.
    ExactName,
    /// The customer and the supplier of this name are two sides of one organisation (design B12).
    SameName,
    /// A strong suggestion was linked by itself, as the setting `link_strong` says (design B9).
    Suggested,
    /// A person answered a question so.
    Answer,
    /// A person linked the two by hand.
    ByHand,
    /// kashsync created the contact in Capsule.
    Created,
    /// The contact was exported to KashFlow.
    Exported,
    /// A merge moved the link here.
    Merged,
}

impl LinkReason {
    /// All reasons.
    pub const ALL: [Self; 9] = [
        Self::Marker,
        Self::ExactName,
        Self::SameName,
        Self::Suggested,
        Self::Answer,
        Self::ByHand,
        Self::Created,
        Self::Exported,
        Self::Merged,
    ];

    /// The word in JSON, whose list is closed: links that the names made without a person are `exact_name` there.
    pub fn word(self) -> &'static str {
        match self {
            Self::Marker => "marker",
            Self::ExactName | Self::SameName | Self::Suggested => "exact_name",
            Self::Answer => "answer",
            Self::ByHand => "by_hand",
            Self::Created => "created",
            Self::Exported => "exported",
            Self::Merged => "merged",
        }
    }

    /// The reason in a sentence's words.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Marker => "it carries this KashFlow record's ID",
            Self::ExactName => "the names are the same",
            Self::SameName => "the customer and the supplier have the same name",
            Self::Suggested => "a strong suggestion was linked by itself, as the setting says",
            Self::Answer => "you answered so",
            Self::ByHand => "you linked them",
            Self::Created => "kashsync created it",
            Self::Exported => "it was exported",
            Self::Merged => "the records were merged",
        }
    }
}

/// A link. A ledger contact has at most one; a contact at most one per side (design B2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The ledger contact.
    pub ledger: LedgerRef,
    /// The contact.
    pub contact: ContactId,
    /// Since when.
    pub since: Timestamp,
    /// Why.
    pub reason: LinkReason,
    /// Both sides' values when they were last agreed on (design B13, B14).
    pub base: Base,
    /// The Contact Person in Capsule, where the link has one (design, Contact Person).
    pub person: Option<ContactId>,
    /// Differences that a person took one way: the next run writes that side's value to the other (design B13).
    pub taken: BTreeMap<Field, Mark>,
    /// How often kashsync wrote a field in a row.
    pub streaks: BTreeMap<Field, Streak>,
}

impl Link {
    /// A new link: nothing taken, no Contact Person.
    pub fn new(
        ledger: LedgerRef,
        contact: ContactId,
        since: Timestamp,
        reason: LinkReason,
        base: Base,
    ) -> Self {
        Self {
            ledger,
            contact,
            since,
            reason,
            base,
            person: None,
            taken: BTreeMap::new(),
            streaks: BTreeMap::new(),
        }
    }

    /// Whose value was taken of a field, whether or not the mark still holds (see [`super::change::taken`]).
    pub fn mark(&self, field: Field) -> Option<Service> {
        self.taken.get(&field).map(|mark| mark.side)
    }

    /// The link with another Contact Person in one's place, if that one is its Contact Person: the two were merged
    /// (design B28).
    #[must_use]
    pub fn with_person(mut self, gone: ContactId, left: ContactId) -> Self {
        if self.person == Some(gone) {
            self.person = Some(left);
        }
        self
    }

    /// The link of a merged contact: with the Contact Person of the one before; where that was the contact itself, the one
    /// that is left (design B28).
    #[must_use]
    pub fn with_person_of(self, before: &Self) -> Self {
        let left = self.contact;
        let mut link = Self { person: before.person, ..self }.with_person(before.contact, left);
        link.base.capsule.contact_person.clone_from(&before.base.capsule.contact_person);
        link
    }

    /// What stands on both sides is agreed on: it becomes the base, and nothing is marked to be taken any more.
    pub fn settle(&mut self, field: Field, capsule: &Details, kashflow: &Details) {
        self.base.capsule.take(field, capsule);
        self.base.kashflow.take(field, kashflow);
        self.taken.remove(&field);
    }

    /// Counts one more write of a field. A value that was not written before in this row is a person's edit, not a change back.
    pub fn wrote(&mut self, field: Field, value: &str, now: Timestamp) {
        self.streaks.retain(|_, streak| streak.goes_on(now));
        let streak =
            self.streaks.entry(field).or_insert(Streak { times: 0, last: now, values: BTreeSet::new() });
        let is_new = streak.values.insert(crc32fast::hash(value.as_bytes()));
        if !is_new || streak.times == 0 {
            streak.times = streak.times.saturating_add(1);
        }
        streak.last = now;
    }

    /// Whether a field was written so often in a row that something else must be changing it back.
    pub fn is_flapping(&self, field: Field, now: Timestamp) -> bool {
        self.streaks.get(&field).is_some_and(|streak| streak.times >= Streak::MOST && streak.goes_on(now))
    }
}

/// A person's word on a field that differs: whose value the next run writes to the other side (design B13).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// Whose value.
    pub side: Service,
    /// Both values as they were seen, as one number; none where it was said of whatever they will be.
    pub seen: Option<u32>,
}

/// How often kashsync wrote the same values to a field in a row, each time within a day of the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Streak {
    /// How often.
    pub times: u32,
    /// When last.
    pub last: Timestamp,
    /// The values written, as one number each.
    pub values: BTreeSet<u32>,
}

impl Streak {
    /// Writes in a row after which a field counts as changing back and forth.
    pub const MOST: u32 = 5;

    fn goes_on(&self, now: Timestamp) -> bool {
        now.duration_since(self.last) < SignedDuration::from_hours(24)
    }
}

/// The values on both sides that later changes are measured against (design B13).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Base {
    /// Capsule's.
    pub capsule: Details,
    /// KashFlow's.
    pub kashflow: Details,
}

impl Base {
    /// Both sides' values as they stand, which linking makes the base (design B13).
    pub fn now(contact: &Contact, ledger: &LedgerContact) -> Self {
        Self { capsule: from_contact(contact), kashflow: from_ledger(ledger) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b14_a_field_written_again_and_again_within_a_day_is_flapping() {
        let start: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        let mut link =
            Link::new(LedgerRef::customer(1), ContactId(1), start, LinkReason::ByHand, Base::default());
        let after = |hours| start.checked_add(SignedDuration::from_hours(hours)).unwrap();
        for hours in 0..5 {
            assert!(!link.is_flapping(Field::Email, after(hours)), "after {hours} writes");
            link.wrote(Field::Email, "a", after(hours));
            link.wrote(Field::Mobile, &format!("a new number {hours}"), after(hours));
            link.wrote(Field::Fax, if hours % 2 == 0 { "this" } else { "that" }, after(hours));
        }
        assert!(!link.is_flapping(Field::Mobile, after(5)), "somebody edits it");
        assert!(!link.is_flapping(Field::Fax, after(5)));
        link.wrote(Field::Fax, "that", after(6));
        assert!(link.is_flapping(Field::Fax, after(6)), "two values by turns");
        assert!(link.is_flapping(Field::Email, after(27)));
        assert!(!link.is_flapping(Field::Phone, after(27)), "only that field");
        assert!(!link.is_flapping(Field::Email, after(28)), "a day without a write ends it");
        link.wrote(Field::Email, "a", after(28));
        assert_eq!(link.streaks.get(&Field::Email).unwrap().times, 1);
    }
}
