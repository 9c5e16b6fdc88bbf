//! Changes on linked contacts: each field of each link, three-way against its base (design B13 to B16).
//!
//! [`stand`] says how a field stands, [`step`] what a run does about it. Neither looks at answers, failures or archived
//! records: that is the plan's.

use super::compare::same;
use super::contact::Contact;
use super::details::{Details, Field};
use super::ids::Service;
use super::ledger::LedgerContact;
use super::link::Link;
use super::local::Local;
use super::mapping::{Mapped, from_contact, from_ledger};
use super::policy::{KashFlowEdits, Policy, PushClears};
use super::question::QuestionKind;
use super::snapshot::Snapshot;

/// How a field of a link stands against its base (design B14).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stand {
    /// Nothing changed and both sides agree.
    Same,
    /// Something changed, and both sides agree now.
    Agreed,
    /// Nothing changed since a difference was accepted (design B13).
    Difference,
    /// Changed in Capsule.
    Capsule,
    /// Changed on both sides, to different values.
    Both,
    /// Emptied in Capsule, given in KashFlow (design B16).
    Cleared,
    /// Changed only in KashFlow: drift (design B15).
    Drift,
}

impl Stand {
    /// Whether the two sides differ now.
    pub fn differs(self) -> bool {
        match self {
            Self::Same | Self::Agreed => false,
            Self::Difference | Self::Capsule | Self::Both | Self::Cleared | Self::Drift => true,
        }
    }
}

/// What a run does about a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Nothing.
    Rest,
    /// The values on both sides become the base; nothing is written.
    Accept,
    /// Capsule's value goes to KashFlow.
    ToKashFlow,
    /// KashFlow's value goes to Capsule.
    ToCapsule,
    /// A person decides.
    Ask(QuestionKind),
}

/// One field of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldChange {
    /// The field.
    pub field: Field,
    /// How it stands.
    pub stand: Stand,
    /// What is done about it.
    pub step: Step,
}

/// The Contact Person of a link (design, Contact Person).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Person {
    /// The link remembers none, or it is out of sight: the field is not compared.
    Unknown,
    /// There, and of the linked organisation.
    There,
    /// Left the organisation, or deleted: nothing is written.
    Gone,
}

/// Both sides of a link as they are now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sides {
    /// Capsule's values, with the linked person's name as Contact Person.
    pub capsule: Details,
    /// KashFlow's values.
    pub kashflow: Details,
    /// The Contact Person in Capsule.
    pub person: Person,
}

impl Sides {
    /// Both sides of a link.
    pub fn of(link: &Link, contact: &Contact, ledger: &LedgerContact, around: &Around<'_>) -> Self {
        let (capsule, person) = in_capsule(link, contact, around);
        Self { capsule: capsule.owned(), kashflow: from_ledger(ledger), person }
    }

    /// The fields that are compared.
    pub fn compared(&self) -> impl Iterator<Item = Field> + use<> {
        let with_person = self.person == Person::There;
        Field::ALL.into_iter().filter(move |field| *field != Field::ContactPerson || with_person)
    }
}

/// Capsule's values, with the linked person's name as Contact Person.
fn in_capsule<'a>(link: &Link, contact: &'a Contact, around: &Around<'_>) -> (Mapped<'a>, Person) {
    let mut capsule = Mapped::of_contact(contact);
    let (person, name) = around.person(link, contact);
    capsule.contact_person = name.into();
    (capsule, person)
}

/// Whether both sides of a link stand as its base says, to the letter, with nothing taken: then every field rests. The usual case
/// by far.
pub fn is_unchanged(link: &Link, contact: &Contact, ledger: &LedgerContact, around: &Around<'_>) -> bool {
    link.taken.is_empty()
        && Mapped::of_ledger(ledger).is(&link.base.kashflow)
        && in_capsule(link, contact, around).0.is(&link.base.capsule)
}

/// Where the people are looked up.
#[derive(Debug, Clone, Copy)]
pub struct Around<'a> {
    /// What was read.
    pub snapshot: &'a Snapshot,
    /// What is deleted or hidden.
    pub local: &'a Local,
}

impl Around<'_> {
    fn person(&self, link: &Link, contact: &Contact) -> (Person, String) {
        let nobody = |person| (person, String::new());
        let Some(id) = link.person else { return nobody(Person::Unknown) };
        if id == contact.id {
            return (Person::There, from_contact(contact).name);
        }
        if self.local.hidden.contains(&id) {
            return nobody(Person::Unknown);
        }
        match self.snapshot.contacts.get(&id) {
            Some(person) if self.local.deleted.contains_key(&id) => nobody(gone_if(!person.restricted)),
            Some(person) if person.restricted => nobody(Person::Unknown),
            Some(person) if person.employer().is_some_and(|employer| employer.id == contact.id) => {
                (Person::There, from_contact(person).name)
            }
            Some(_) | None => nobody(Person::Gone),
        }
    }
}

fn gone_if(gone: bool) -> Person {
    if gone { Person::Gone } else { Person::Unknown }
}

/// The two sides of a link that may be compared now: neither restricted, hidden, deleted, archived nor missing
/// (design B5, B18).
pub fn comparable<'a>(link: &Link, around: &Around<'a>) -> Option<(&'a Contact, &'a LedgerContact)> {
    let contact = around.snapshot.contacts.get(&link.contact)?;
    let ledger = around.snapshot.ledger.get(&link.ledger)?;
    let out_of_reach = contact.restricted
        || around.local.deleted.contains_key(&link.contact)
        || around.local.hidden.contains(&link.contact)
        || around.local.missing.contains_key(&link.ledger)
        || ledger.archived;
    (!out_of_reach).then_some((contact.as_ref(), ledger.as_ref()))
}

/// Every compared field of a link, with how it stands and what is done about it.
pub fn changes(link: &Link, sides: &Sides, policy: &Policy) -> Vec<FieldChange> {
    let each = sides.compared().map(|field| {
        let stand = stand(field, link, sides);
        FieldChange { field, stand, step: step(field, stand, link, sides, policy) }
    });
    each.collect()
}

/// The fields on which the two sides of a link differ now.
pub fn differing(link: &Link, sides: &Sides) -> Vec<Field> {
    sides.compared().filter(|field| stand(*field, link, sides).differs()).collect()
}

/// What an update of a link depends on, as one number: a change means "try again at once" (design B37).
pub fn fingerprint(link: &Link, sides: &Sides) -> u64 {
    let seen = format!("{:?} {:?} {:?} {:?}", link.base, link.taken, sides.capsule, sides.kashflow);
    u64::from(crc32fast::hash(seen.as_bytes()))
}

/// Both values of a field, as one number.
pub fn evidence(field: Field, sides: &Sides) -> u32 {
    let values = format!("{:?} {:?}", sides.capsule.text(field), sides.kashflow.text(field));
    crc32fast::hash(values.as_bytes())
}

/// Whose value a person took of a field. Like an answer it holds for the values that were seen: an edit made since is no less than
/// any other (design B14).
pub fn taken(field: Field, link: &Link, sides: &Sides) -> Option<Service> {
    let mark = link.taken.get(&field)?;
    mark.seen.is_none_or(|seen| seen == evidence(field, sides)).then_some(mark.side)
}

/// How a field stands.
pub fn stand(field: Field, link: &Link, sides: &Sides) -> Stand {
    let in_capsule = !same(field, &link.base.capsule, &sides.capsule);
    let in_kashflow = !same(field, &link.base.kashflow, &sides.kashflow);
    let agree = same(field, &sides.capsule, &sides.kashflow);
    match (agree, in_capsule, in_kashflow) {
        (true, false, false) => Stand::Same,
        (true, true, _) | (true, _, true) => Stand::Agreed,
        (false, false, false) => Stand::Difference,
        (false, true, _) if sides.capsule.is_empty(field) => Stand::Cleared,
        (false, true, false) => Stand::Capsule,
        (false, true, true) => Stand::Both,
        (false, false, true) => Stand::Drift,
    }
}

/// What a run does about a field that stands so.
fn step(field: Field, stand: Stand, link: &Link, sides: &Sides, policy: &Policy) -> Step {
    let step = match (taken(field, link, sides), stand) {
        (_, Stand::Agreed) => Step::Accept,
        // The two agree again: the mark goes.
        (_, Stand::Same) if link.taken.contains_key(&field) => Step::Accept,
        (Some(Service::KashFlow), _) => Step::ToCapsule,
        (None, Stand::Same | Stand::Difference) => Step::Rest,
        (None, Stand::Both | Stand::Drift) if field == Field::Name => Step::Ask(QuestionKind::NameMismatch),
        (Some(Service::Capsule), _) | (None, Stand::Capsule | Stand::Both) => Step::ToKashFlow,
        (None, Stand::Cleared) => cleared(policy),
        (None, Stand::Drift) => drift(sides.capsule.is_empty(field), policy),
    };
    let source = match step {
        Step::Rest | Step::Accept => return step,
        Step::ToKashFlow | Step::Ask(_) => &sides.capsule,
        Step::ToCapsule => &sides.kashflow,
    };
    // Neither service keeps a record without a name.
    if field == Field::Name && source.is_empty(field) { Step::Rest } else { step }
}

fn cleared(policy: &Policy) -> Step {
    match policy.push_clears {
        PushClears::Ask => Step::Ask(QuestionKind::ClearedField),
        PushClears::Never => Step::Accept,
        PushClears::Always => Step::ToKashFlow,
    }
}

fn drift(nothing_in_capsule: bool, policy: &Policy) -> Step {
    match policy.kashflow_edits {
        KashFlowEdits::Report => Step::Rest,
        // Restoring nothing would be a blank that nobody asked for (design B16).
        KashFlowEdits::Restore if nothing_in_capsule => Step::Rest,
        KashFlowEdits::Restore => Step::ToKashFlow,
        KashFlowEdits::Ask => Step::Ask(QuestionKind::FieldMismatch),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use super::super::contact::{AddressRow, ContactKind, EmailRow, Employer, Summary};
    use super::super::details::PostalAddress;
    use super::super::ids::{ContactId, LedgerRef, RowId};
    use super::super::ledger::{LedgerAddress, LedgerPerson};
    use super::super::link::{Base, LinkReason, Mark};
    use super::*;

    fn email(text: &str) -> Details {
        Details { name: "Ash Tree Ltd".into(), email: text.into(), ..Details::default() }
    }

    fn name(text: &str) -> Details {
        Details { name: text.into(), ..Details::default() }
    }

    fn link(base: (&Details, &Details)) -> Link {
        let base = Base { capsule: base.0.clone(), kashflow: base.1.clone() };
        let since = "2026-11-24T12:00:00Z".parse().unwrap();
        Link::new(LedgerRef::customer(1), ContactId(1), since, LinkReason::ByHand, base)
    }

    fn sides(capsule: &Details, kashflow: &Details) -> Sides {
        Sides { capsule: capsule.clone(), kashflow: kashflow.clone(), person: Person::Unknown }
    }

    fn outcome(field: Field, link: &Link, sides: &Sides, policy: &Policy) -> (Stand, Step) {
        let found = changes(link, sides, policy).into_iter().find(|change| change.field == field).unwrap();
        (found.stand, found.step)
    }

    #[test]
    fn b14_three_ways_per_field_against_the_base() {
        use Stand::{Agreed, Both, Capsule, Cleared, Difference, Drift, Same};
        let ask = Step::Ask(QuestionKind::ClearedField);
        for (base, now, stand, step) in [
            (("a", "a"), ("a", "a"), Same, Step::Rest),
            (("a", "b"), ("a", "b"), Difference, Step::Rest),
            (("a", "a"), ("c", "a"), Capsule, Step::ToKashFlow),
            (("a", "b"), ("c", "b"), Capsule, Step::ToKashFlow),
            (("", "a"), ("c", "a"), Capsule, Step::ToKashFlow),
            (("a", "a"), ("c", "d"), Both, Step::ToKashFlow),
            (("a", "a"), ("c", "c"), Agreed, Step::Accept),
            (("a", "b"), ("a", "a"), Agreed, Step::Accept),
            (("a", "b"), ("b", "b"), Agreed, Step::Accept),
            (("a", "a"), ("", ""), Agreed, Step::Accept),
            (("a", "a"), ("a", "d"), Drift, Step::Rest),
            (("a", "a"), ("a", ""), Drift, Step::Rest),
            (("a", "b"), ("a", "d"), Drift, Step::Rest),
            (("a", "a"), ("", "a"), Cleared, ask),
            (("a", "a"), ("", "d"), Cleared, ask),
            (("a", ""), ("", ""), Agreed, Step::Accept),
            (("", "a"), ("", "a"), Difference, Step::Rest),
            // Only what counts counts (design B14).
            (("a@x.example", "a@x.example"), ("A@X.example", "a@x.example"), Same, Step::Rest),
        ] {
            let link = link((&email(base.0), &email(base.1)));
            let sides = sides(&email(now.0), &email(now.1));
            let found = outcome(Field::Email, &link, &sides, &Policy::default());
            assert_eq!(found, (stand, step), "{base:?} {now:?}");
            assert_eq!(differing(&link, &sides).contains(&Field::Email), now.0 != now.1 && stand != Same);
        }
    }

    #[test]
    fn b15_what_drift_does_is_a_setting_but_a_name_is_always_asked_about() {
        let mismatch = |kind| Step::Ask(kind);
        for (setting, phone, blank, renamed) in [
            (KashFlowEdits::Report, Step::Rest, Step::Rest, mismatch(QuestionKind::NameMismatch)),
            (KashFlowEdits::Restore, Step::ToKashFlow, Step::Rest, mismatch(QuestionKind::NameMismatch)),
            (
                KashFlowEdits::Ask,
                mismatch(QuestionKind::FieldMismatch),
                mismatch(QuestionKind::FieldMismatch),
                mismatch(QuestionKind::NameMismatch),
            ),
        ] {
            let policy = Policy { kashflow_edits: setting, ..Policy::default() };
            let step = |field, base: (&Details, &Details), now: (&Details, &Details)| {
                outcome(field, &link(base), &sides(now.0, now.1), &policy).1
            };
            let (a, b) = (email("a"), email("b"));
            assert_eq!(step(Field::Email, (&a, &a), (&a, &b)), phone, "{setting:?}");
            assert_eq!(step(Field::Email, (&email(""), &email("")), (&email(""), &b)), blank, "{setting:?}");
            assert_eq!(step(Field::Name, (&name("A"), &name("A")), (&name("A"), &name("B"))), renamed);
            // Changed on both sides: Capsule wins, but for the name.
            assert_eq!(step(Field::Email, (&a, &a), (&email("c"), &b)), Step::ToKashFlow);
            assert_eq!(step(Field::Name, (&name("A"), &name("A")), (&name("C"), &name("B"))), renamed);
            assert_eq!(
                step(Field::Name, (&name("A"), &name("A")), (&name("C"), &name("A"))),
                Step::ToKashFlow
            );
            assert_eq!(step(Field::Name, (&name("A"), &name("A")), (&name(""), &name("A"))), Step::Rest);
        }
    }

    #[test]
    fn b16_what_an_emptied_field_does_is_a_setting() {
        for (setting, step) in [
            (PushClears::Ask, Step::Ask(QuestionKind::ClearedField)),
            (PushClears::Never, Step::Accept),
            (PushClears::Always, Step::ToKashFlow),
        ] {
            let policy = Policy { push_clears: setting, ..Policy::default() };
            for kashflow in ["a", "b"] {
                let link = link((&email("a"), &email("a")));
                let found = outcome(Field::Email, &link, &sides(&email(""), &email(kashflow)), &policy);
                assert_eq!(found, (Stand::Cleared, step), "{setting:?}");
            }
        }
    }

    #[test]
    fn b16_an_address_is_one_field_and_a_lost_part_is_a_change() {
        let address = |lines: &[&str], postcode: &str| Details {
            address: PostalAddress {
                lines: lines.iter().map(|line| (*line).to_owned()).collect(),
                postcode: postcode.into(),
                country: "GB".into(),
            },
            ..Details::default()
        };
        let whole = address(&["1 High St", "Leeds"], "LS1 1AA");
        for (now, expected) in [
            (address(&["1 High St"], "LS1 1AA"), Stand::Capsule),
            (address(&["1 High St", "Leeds"], ""), Stand::Capsule),
            (address(&["1 High St", "Leeds"], "ls11aa"), Stand::Same),
            (address(&[], ""), Stand::Cleared),
        ] {
            let found = stand(Field::Address, &link((&whole, &whole)), &sides(&now, &whole));
            assert_eq!(found, expected, "{now:?}");
        }
        // A country alone is no address: KashFlow fills it in by itself.
        let (none, country) = (Details::default(), address(&[], ""));
        assert_eq!(stand(Field::Address, &link((&none, &country)), &sides(&none, &country)), Stand::Same);
    }

    #[test]
    fn b13_a_difference_can_be_taken_either_way() {
        let (a, b) = (email("a"), email("b"));
        for (taken, now, step) in [
            (Service::Capsule, (&a, &b), Step::ToKashFlow),
            (Service::KashFlow, (&a, &b), Step::ToCapsule),
            // Said by a person: an empty value goes too, and no question is asked.
            (Service::Capsule, (&email(""), &b), Step::ToKashFlow),
            (Service::KashFlow, (&a, &email("")), Step::ToCapsule),
            // The two agree by now: only the mark goes.
            (Service::Capsule, (&b, &b), Step::Accept),
        ] {
            let mut link = link((&a, &b));
            link.taken.insert(Field::Email, Mark { side: taken, seen: None });
            assert_eq!(outcome(Field::Email, &link, &sides(now.0, now.1), &Policy::default()).1, step);
        }
        let mut link = link((&name("A"), &name("B")));
        link.taken.insert(Field::Name, Mark { side: Service::Capsule, seen: None });
        let step = outcome(Field::Name, &link, &sides(&name(""), &name("B")), &Policy::default()).1;
        assert_eq!(step, Step::Rest, "no record loses its name");
    }

    #[test]
    fn b14_a_mark_dies_when_one_of_the_values_that_were_seen_moves() {
        let (a, b, c) = (email("a"), email("b"), email("c"));
        let seen = Some(evidence(Field::Email, &sides(&a, &b)));
        for (side, now, step) in [
            (Service::KashFlow, (&a, &b), Step::ToCapsule),
            (Service::KashFlow, (&c, &b), Step::ToKashFlow),
            (Service::KashFlow, (&a, &c), Step::Rest),
            (Service::Capsule, (&a, &b), Step::ToKashFlow),
            (Service::Capsule, (&a, &c), Step::Rest),
            (Service::KashFlow, (&b, &b), Step::Accept),
        ] {
            let mut link = link((&a, &b));
            link.taken.insert(Field::Email, Mark { side, seen });
            let found = outcome(Field::Email, &link, &sides(now.0, now.1), &Policy::default()).1;
            assert_eq!(found, step, "{side:?} {now:?}");
        }
    }

    fn contact(id: i64, kind: ContactKind) -> Contact {
        Contact {
            id: ContactId(id),
            kind,
            emails: Vec::new(),
            phones: Vec::new(),
            websites: Vec::new(),
            addresses: Vec::new(),
            summary: Summary::default(),
            restricted: false,
            updated_at: "2026-11-24T12:00:00Z".parse().unwrap(),
            last_contacted: None,
        }
    }

    fn person(id: i64, last: &str, employer: Option<i64>) -> Contact {
        let employer = employer.map(|id| Employer { id: ContactId(id), name: "Ash Tree Ltd".into() });
        contact(id, ContactKind::Person { first: "Jo".into(), last: last.into(), employer })
    }

    fn ledger(email: &str) -> LedgerContact {
        LedgerContact {
            id: LedgerRef::customer(1),
            code: "ASHT01".into(),
            name: "Ash Tree Ltd".into(),
            archived: false,
            contact: LedgerPerson {
                first: "Jo".into(),
                last: "Smith".into(),
                email: email.into(),
                ..LedgerPerson::default()
            },
            address: LedgerAddress::default(),
            currency: None,
        }
    }

    #[test]
    fn b14_contact_person_is_compared_only_where_the_link_has_one_who_is_there() {
        let organisation = contact(1, ContactKind::Organisation { name: "Ash Tree Ltd".into() });
        let both =
            Details { name: "Ash Tree Ltd".into(), contact_person: "Jo Smith".into(), ..Details::default() };
        for (remembered, known, expected) in [
            (None, Some(person(2, "Jones", Some(1))), (Person::Unknown, None)),
            (Some(2), Some(person(2, "Smith", Some(1))), (Person::There, Some(Stand::Same))),
            (Some(2), Some(person(2, "Jones", Some(1))), (Person::There, Some(Stand::Capsule))),
            (Some(2), Some(person(2, "Jones", Some(3))), (Person::Gone, None)),
            (Some(2), Some(person(2, "Jones", None)), (Person::Gone, None)),
            (Some(2), None, (Person::Gone, None)),
        ] {
            let mut snapshot = Snapshot::default();
            snapshot.contacts.extend(known.map(|person| (person.id, Arc::new(person))));
            let mut link = link((&both, &both));
            link.person = remembered.map(ContactId);
            let around = Around { snapshot: &snapshot, local: &Local::default() };
            let sides = Sides::of(&link, &organisation, &ledger(""), &around);
            let found = changes(&link, &sides, &Policy::default())
                .into_iter()
                .find(|change| change.field == Field::ContactPerson)
                .map(|change| change.stand);
            assert_eq!((sides.person, found), expected, "{remembered:?}");
        }
    }

    #[test]
    fn b14_the_linked_person_is_its_own_contact_person_and_keeps_being_that_with_an_employer() {
        let both =
            Details { name: "Jo Smith".into(), contact_person: "Jo Smith".into(), ..Details::default() };
        for employer in [None, Some(9)] {
            let mut link = link((&both, &both));
            link.person = Some(ContactId(1));
            let (snapshot, local) = (Snapshot::default(), Local::default());
            let around = Around { snapshot: &snapshot, local: &local };
            let sides = Sides::of(&link, &person(1, "Jones", employer), &ledger(""), &around);
            assert_eq!(sides.person, Person::There);
            assert_eq!(sides.capsule.contact_person, "Jo Jones");
        }
    }

    #[test]
    fn b16_a_second_row_that_becomes_the_first_is_a_change() {
        let row = |id, address: &str| EmailRow { id: RowId(id), address: address.into() };
        let street = |id, street: &str| AddressRow {
            id: RowId(id),
            street: street.into(),
            city: "Leeds".into(),
            state: String::new(),
            postcode: "LS1 1AA".into(),
            country: "United Kingdom".into(),
        };
        let mut before = contact(1, ContactKind::Organisation { name: "Ash Tree Ltd".into() });
        before.emails = vec![row(1, "a@x.example"), row(2, "b@x.example")];
        before.addresses = vec![street(3, "1 High St"), street(4, "2 Low St")];
        let mut after = before.clone();
        after.emails.remove(0);
        after.addresses.remove(0);
        let base = from_contact(&before);
        let link = link((&base, &base));
        let found: BTreeMap<Field, Step> =
            changes(&link, &sides(&from_contact(&after), &base), &Policy::default())
                .into_iter()
                .filter(|change| change.step != Step::Rest)
                .map(|change| (change.field, change.step))
                .collect();
        let written = [(Field::Email, Step::ToKashFlow), (Field::Address, Step::ToKashFlow)];
        assert_eq!(found, BTreeMap::from(written));
    }
}
