//! A link joins a ledger contact and a contact by their ids, so that renames never break it (design B1, B2).

use jiff::Timestamp;

use super::contact::Contact;
use super::details::Details;
use super::ids::{ContactId, LedgerRef};
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
