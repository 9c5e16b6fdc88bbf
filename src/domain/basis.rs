//! What a plan was made from, as digests: a saved plan is carried out only while none of it has moved (design 4.1, `apply`).

use std::fmt::Debug;

use super::contact::Contact;
use super::local::Local;
use super::operation::Plan;
use super::policy::Policy;
use super::snapshot::Snapshot;

/// Digests of everything that a plan depends on. Cursors and counters are not part of it: they move with every reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Basis {
    /// The Capsule account and the KashFlow company.
    pub accounts: u32,
    /// Contacts, the deleted and the hidden.
    pub capsule: u32,
    /// Customers, suppliers and their documents.
    pub kashflow: u32,
    /// Links, answers, ignored and failing records, unfinished writes.
    pub local: u32,
    /// Settings.
    pub settings: u32,
    /// What the plan does; the calendar moves it too.
    pub plan: u32,
}

impl Basis {
    /// What this plan was made from.
    pub fn of(snapshot: &Snapshot, local: &Local, policy: &Policy, plan: &Plan) -> Self {
        Self {
            accounts: accounts(snapshot),
            capsule: capsule(snapshot, local),
            kashflow: Digest::default().all(snapshot.ledger.values()).all(snapshot.documents.values()).end(),
            local: kept(local),
            // The team's id is looked up by its name, which is a setting.
            settings: Digest::default().one(&Policy { team: None, ..policy.clone() }).end(),
            plan: planned(plan),
        }
    }

    /// What has moved between this and a later basis, in words; empty when the plan still holds.
    pub fn moved(&self, now: &Self) -> Vec<&'static str> {
        [
            (self.capsule != now.capsule, "contacts in Capsule"),
            (self.kashflow != now.kashflow, "customers, suppliers or documents in KashFlow"),
            (self.local != now.local, "links, answers or ignored records"),
            (self.settings != now.settings, "settings"),
            (self.plan != now.plan, "what a sync would do"),
        ]
        .into_iter()
        .filter_map(|(moved, what)| moved.then_some(what))
        .collect()
    }
}

/// Which accounts these are (design B3); a new company name with the same id is followed.
fn accounts(snapshot: &Snapshot) -> u32 {
    let capsule = snapshot.capsule.as_ref().map(|account| &account.subdomain);
    let company = snapshot.company.as_ref().map(super::snapshot::Company::identity);
    Digest::default().one(&capsule).one(&company).end()
}

/// Capsule's times are left out: they move without anything that a plan looks at.
fn capsule(snapshot: &Snapshot, local: &Local) -> u32 {
    let mut digest = Digest::default();
    for contact in snapshot.contacts.values() {
        let Contact { id, kind, emails, phones, websites, addresses, summary, restricted, .. } =
            contact.as_ref();
        digest = digest.one(&(id, kind, emails, phones, websites, addresses, summary, restricted));
    }
    digest.all(local.deleted.keys()).all(&local.hidden).end()
}

fn kept(local: &Local) -> u32 {
    Digest::default()
        .all(local.links())
        .all(local.questions.values())
        .all(local.ignored.values())
        .all(&local.never)
        .all(local.failing.values())
        .all(local.intents.values())
        .one(&local.progress.initial)
        .all(&local.progress.refused_definitions)
        .end()
}

/// When a failing record is tried again moves with the clock; that it fails does not.
fn planned(plan: &Plan) -> u32 {
    let Plan { operations, questions, settling, failing, rebased, mended, resting } = plan;
    let failing = failing.iter().map(|failing| (failing.record, &failing.reason, failing.fingerprint));
    Digest::default()
        .all(operations)
        .all(questions)
        .all(settling)
        .all(failing)
        .all(rebased)
        .all(mended)
        .all(resting)
        .end()
}

/// A running CRC-32 over the values' text.
#[derive(Default)]
struct Digest(crc32fast::Hasher);

impl Digest {
    fn one<T: Debug>(mut self, value: &T) -> Self {
        self.0.update(format!("{value:?}\n").as_bytes());
        self
    }

    fn all<T: Debug>(mut self, values: impl IntoIterator<Item = T>) -> Self {
        for value in values {
            self = self.one(&value);
        }
        // Where one list ends another begins.
        self.0.update(b"\n");
        self
    }

    fn end(self) -> u32 {
        self.0.finalize()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::Timestamp;

    use super::super::contact::{ContactKind, Summary};
    use super::super::ids::{ContactId, LedgerRef};
    use super::super::ledger::{LedgerAddress, LedgerContact, LedgerPerson};
    use super::super::snapshot::CapsuleAccount;
    use super::*;

    fn world() -> (Snapshot, Local, Policy) {
        let mut snapshot = Snapshot::default();
        let contact = Contact {
            id: ContactId(1),
            kind: ContactKind::Organisation { name: "Acme Ltd".into() },
            emails: vec![],
            phones: vec![],
            websites: vec![],
            addresses: vec![],
            summary: Summary::default(),
            restricted: false,
            updated_at: Timestamp::UNIX_EPOCH,
            last_contacted: None,
        };
        snapshot.contacts.insert(contact.id, Arc::new(contact));
        let ledger = LedgerContact {
            id: LedgerRef::customer(7),
            code: "ACME01".into(),
            name: "Acme Ltd".into(),
            archived: false,
            contact: LedgerPerson::default(),
            address: LedgerAddress::default(),
            currency: None,
        };
        snapshot.ledger.insert(ledger.id, Arc::new(ledger));
        (snapshot, Local::default(), Policy::default())
    }

    fn moved(change: impl FnOnce(&mut Snapshot, &mut Local, &mut Policy)) -> Vec<&'static str> {
        let (mut snapshot, mut local, mut policy) = world();
        let before = Basis::of(&snapshot, &local, &policy, &Plan::default());
        change(&mut snapshot, &mut local, &mut policy);
        before.moved(&Basis::of(&snapshot, &local, &policy, &Plan::default()))
    }

    fn contact(snapshot: &mut Snapshot) -> &mut Contact {
        Arc::make_mut(snapshot.contacts.get_mut(&ContactId(1)).unwrap())
    }

    #[test]
    fn what_a_plan_looks_at_is_its_basis_and_nothing_else() {
        assert!(moved(|_, _, _| {}).is_empty());
        let quiet = moved(|snapshot, local, policy| {
            contact(snapshot).updated_at = Timestamp::MAX;
            contact(snapshot).last_contacted = Some(Timestamp::MAX);
            local.progress.capsule_cursor = Some(Timestamp::MAX);
            local.progress.last_entry = 9;
            policy.team = Some(crate::domain::ids::TeamId(4));
        });
        assert!(quiet.is_empty(), "{quiet:?}");
        let capsule = ["contacts in Capsule"];
        assert_eq!(moved(|snapshot, _, _| contact(snapshot).restricted = true), capsule);
        assert_eq!(moved(|_, local, _| local.hidden.extend([ContactId(1)])), capsule);
        let kashflow = moved(|snapshot, _, _| {
            Arc::make_mut(snapshot.ledger.get_mut(&LedgerRef::customer(7)).unwrap()).archived = true;
        });
        assert_eq!(kashflow, ["customers, suppliers or documents in KashFlow"]);
        let never = moved(|_, local, _| local.never.extend([(LedgerRef::customer(7), ContactId(1))]));
        assert_eq!(never, ["links, answers or ignored records"]);
        assert_eq!(moved(|_, _, policy| policy.write_summary = false), ["settings"]);
    }

    #[test]
    fn b03_a_company_is_known_by_its_id_and_not_by_its_name() {
        let (mut snapshot, local, policy) = world();
        let basis = |snapshot: &Snapshot| Basis::of(snapshot, &local, &policy, &Plan::default()).accounts;
        let account = |subdomain: &str| CapsuleAccount { subdomain: subdomain.into(), name: "Any".into() };
        snapshot.capsule = Some(account("brookside"));
        let before = basis(&snapshot);
        snapshot.capsule = Some(account("other"));
        assert_ne!(basis(&snapshot), before);
    }
}
