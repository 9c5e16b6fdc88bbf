//! What became of an export that was sent: told after it, for each contact (design B25, B27, 5). Pure.

use super::details::Field;
use super::export::Export;
use super::ids::Side;
use super::local::{IntentAction, Local};
use super::replacing::Replacement;
use super::snapshot::Snapshot;

/// What became of one contact's export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exported {
    /// KashFlow has it, and it is linked. The code may be another one than was shown: somebody else took that.
    Done {
        /// The customer's code.
        code: String,
    },
    /// It was sent, and whether it was carried out is not known.
    InDoubt {
        /// The code that it was sent with; the customer's own where its Contact Person is replaced.
        code: String,
    },
    /// Nothing came of it.
    NotDone,
}

impl Exported {
    /// The word in JSON.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Done { .. } => "exported",
            Self::InDoubt { .. } => "in_doubt",
            Self::NotDone => "not_exported",
        }
    }

    /// What is to be done now, where something is.
    pub fn remedy(&self) -> Option<&'static str> {
        match self {
            Self::Done { .. } => None,
            Self::InDoubt { .. } => {
                Some("The next sync finds out what KashFlow has; do not export it again before.")
            }
            Self::NotDone => Some("See the sync log for why, then export it again."),
        }
    }

    /// The code in KashFlow, where it may have one.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Done { code } | Self::InDoubt { code } => Some(code),
            Self::NotDone => None,
        }
    }
}

/// What became of a new customer.
pub fn of_customer(export: &Export, snapshot: &Snapshot, local: &Local) -> Exported {
    let link = local.link_on(export.contact, Side::Customer).filter(|link| !local.is_gone(link.ledger));
    if let Some(record) = link.and_then(|link| snapshot.ledger.get(&link.ledger)) {
        return Exported::Done { code: record.code.clone() };
    }
    let sent = local.intents.values().find_map(|intent| match &intent.action {
        IntentAction::Export { contact, code, .. } if *contact == export.contact => Some(code.clone()),
        _ => None,
    });
    sent.map_or(Exported::NotDone, |code| Exported::InDoubt { code })
}

/// What became of another Contact Person. Once it is remembered on the link, every sync writes it until it stands.
pub fn of_contact_person(offer: &Replacement, snapshot: &Snapshot, local: &Local) -> Exported {
    let code = snapshot.ledger.get(&offer.customer).map(|record| record.code.clone()).unwrap_or_default();
    match local.link_of(offer.customer).filter(|link| link.person == Some(offer.person)) {
        Some(link) if link.taken.contains_key(&Field::ContactPerson) => Exported::InDoubt { code },
        Some(_) => Exported::Done { code },
        None => Exported::NotDone,
    }
}
