//! Another Contact Person for a customer that is linked already: what exporting one of its people offers (design B27). Pure.

use super::change::{Around, comparable};
use super::compare::same;
use super::details::{Details, Field};
use super::export::{Obstacle, export};
use super::ids::{ContactId, LedgerRef, Service, Side};
use super::link::{Link, Mark};
use super::local::Local;
use super::mapping::{from_contact, from_ledger};
use super::snapshot::Snapshot;

/// A person who becomes the Contact Person of a linked customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement {
    /// The person.
    pub person: ContactId,
    /// The organisation that the person belongs to.
    pub organisation: ContactId,
    /// The customer that the organisation is linked with.
    pub customer: LedgerRef,
    /// The person's name.
    pub name: String,
    /// The Contact Person in KashFlow now.
    pub before: String,
}

impl Replacement {
    /// Whether KashFlow has to be written to; it is not where the name stands there already.
    pub fn is_write(&self) -> bool {
        let named = |name: &str| Details { contact_person: name.to_owned(), ..Details::default() };
        !same(Field::ContactPerson, &named(&self.before), &named(&self.name))
    }

    /// The link that remembers the person from now on. A name that differs is marked to be written, so that the next plan
    /// does it, also when this one is cut off (design B13).
    pub fn remembered(&self, link: &Link) -> Link {
        let mut link = link.clone();
        link.person = Some(self.person);
        link.base.capsule.contact_person.clone_from(&self.name);
        link.base.kashflow.contact_person.clone_from(&self.before);
        if self.is_write() {
            link.taken.insert(Field::ContactPerson, Mark { side: Service::Capsule, seen: None });
        } else {
            link.taken.remove(&Field::ContactPerson);
        }
        link
    }
}

/// What exporting a person of a linked organisation offers; none where it is no such person, where the person is the Contact
/// Person already, or where one of the two records is out of reach.
pub fn replacement(chosen: ContactId, snapshot: &Snapshot, local: &Local) -> Option<Replacement> {
    let Err(Obstacle::OrganisationLinked { organisation, customer }) =
        export(chosen, snapshot, local, &[].into())
    else {
        return None;
    };
    let link = local.link_on(organisation, Side::Customer)?;
    let (_, record) = comparable(link, &Around { snapshot, local })?;
    let name = from_contact(snapshot.contacts.get(&chosen)?).name;
    if name.is_empty() || link.person == Some(chosen) {
        return None;
    }
    let before = from_ledger(record).contact_person;
    Some(Replacement { person: chosen, organisation, customer, name, before })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::Timestamp;

    use super::super::contact::{Contact, ContactKind, Employer, Summary};
    use super::super::ledger::{LedgerAddress, LedgerContact, LedgerPerson};
    use super::super::link::{Base, LinkReason};
    use super::*;

    const ASH: ContactId = ContactId(1);
    const CUSTOMER: LedgerRef = LedgerRef { side: Side::Customer, id: super::super::ids::LedgerId(7) };

    /// Ash Tree Ltd, linked, with Lena in it; Max is alone.
    fn world() -> (Snapshot, Local) {
        let contact = |id: i64, kind: ContactKind| Contact {
            id: ContactId(id),
            kind,
            emails: Vec::new(),
            phones: Vec::new(),
            websites: Vec::new(),
            addresses: Vec::new(),
            summary: Summary::default(),
            restricted: false,
            updated_at: Timestamp::UNIX_EPOCH,
            last_contacted: None,
        };
        let employer = Some(Employer { id: ASH, name: "Ash Tree Ltd".into() });
        let mut snapshot = Snapshot::default();
        for contact in [
            contact(1, ContactKind::Organisation { name: "Ash Tree Ltd".into() }),
            contact(2, ContactKind::Person { first: "Lena".into(), last: "Okoro".into(), employer }),
            contact(3, ContactKind::Person { first: "Max".into(), last: "Lee".into(), employer: None }),
        ] {
            snapshot.contacts.insert(contact.id, Arc::new(contact));
        }
        let record = LedgerContact {
            id: CUSTOMER,
            code: "ASHT01".into(),
            name: "Ash Tree Ltd".into(),
            archived: false,
            contact: LedgerPerson { first: "Jo".into(), last: "Smith".into(), ..LedgerPerson::default() },
            address: LedgerAddress::default(),
            currency: None,
        };
        snapshot.ledger.insert(CUSTOMER, Arc::new(record));
        let mut local = Local::default();
        let base = Base::default();
        assert!(local.link(Link::new(CUSTOMER, ASH, Timestamp::UNIX_EPOCH, LinkReason::ByHand, base)));
        (snapshot, local)
    }

    #[test]
    fn b27_a_person_of_a_linked_organisation_may_become_its_contact_person() {
        let (snapshot, local) = world();
        let found = replacement(ContactId(2), &snapshot, &local).unwrap();
        assert_eq!((found.organisation, found.customer), (ASH, CUSTOMER));
        assert_eq!((found.name.as_str(), found.before.as_str()), ("Lena Okoro", "Jo Smith"));
        let link = found.remembered(local.link_of(CUSTOMER).unwrap());
        assert_eq!(link.person, Some(ContactId(2)));
        assert_eq!(link.mark(Field::ContactPerson), Some(Service::Capsule));
        assert_eq!(link.base.capsule.contact_person, "Lena Okoro");
        let same = Replacement { before: "Lena  Okoro".into(), ..found };
        assert!(!same.is_write() && same.remembered(&link).taken.is_empty());
        for other in [1, 3, 9] {
            assert_eq!(replacement(ContactId(other), &snapshot, &local), None, "{other}");
        }
    }

    #[test]
    fn b27_nobody_is_replaced_by_the_same_or_in_a_record_that_is_not_written() {
        let (snapshot, mut local) = world();
        let mut link = local.unlink(CUSTOMER).unwrap();
        link.person = Some(ContactId(2));
        assert!(local.link(link));
        assert_eq!(replacement(ContactId(2), &snapshot, &local), None, "the Contact Person already");
        let (mut snapshot, local) = world();
        Arc::make_mut(snapshot.ledger.get_mut(&CUSTOMER).unwrap()).archived = true;
        assert_eq!(replacement(ContactId(2), &snapshot, &local), None, "archived");
    }
}
