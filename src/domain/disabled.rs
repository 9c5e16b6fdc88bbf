//! What people see while syncing is disabled: contacts, and nothing of KashFlow (design B34).

use super::local::Local;
use super::snapshot::Snapshot;

/// Both services as they are shown while syncing is disabled: no documents, customers or suppliers. A contact that is
/// deleted in Capsule was only kept for the sake of its link.
pub fn shown_snapshot(snapshot: &Snapshot, local: &Local) -> Snapshot {
    let there = snapshot.contacts.iter().filter(|(id, _)| !local.deleted.contains_key(id));
    Snapshot {
        contacts: there.map(|(id, contact)| (*id, contact.clone())).collect(),
        capsule: snapshot.capsule.clone(),
        company: snapshot.company.clone(),
        ..Snapshot::default()
    }
}
