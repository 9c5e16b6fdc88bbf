//! Changes on linked contacts: what is written where, what is asked, and what only moves the base (design B13 to B18).

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::super::change::{
    Around, FieldChange, Person, Sides, Stand, Step, changes, comparable, fingerprint, is_unchanged, taken,
};
use super::super::contact::Contact;
use super::super::details::{Details, Field};
use super::super::edit::Edit;
use super::super::ledger::LedgerContact;
use super::super::link::{Base, Link};
use super::super::local::{Failing, RecordRef};
use super::super::operation::Operation;
use super::super::parallel;
use super::super::question::{Asked, Choice, QuestionKey, QuestionKind};
use super::super::update::{Rebase, Update, Why};
use super::Planner;

/// A link under comparison.
struct Compared<'a> {
    link: &'a Link,
    contact: &'a Contact,
    ledger: &'a LedgerContact,
    sides: Sides,
}

/// The fields that are written, by where to.
#[derive(Default)]
struct Writes {
    to_kashflow: BTreeMap<Field, Why>,
    to_capsule: BTreeMap<Field, Why>,
}

impl<'a> Planner<'a> {
    /// Compares every link that may be compared.
    pub(super) fn plan_updates(&mut self) {
        let around = Around { snapshot: self.snapshot, local: self.local };
        let links: Vec<&'a Link> = self.local.links().collect();
        let changed = parallel::filter_map(&links, |link| {
            let (contact, ledger) =
                comparable(link, &around).filter(|_| !self.policy.is_off(link.ledger.side))?;
            let may_mend = self.local.failing.contains_key(&RecordRef::Ledger(link.ledger));
            if !may_mend && is_unchanged(link, contact, ledger, &around) {
                return None;
            }
            Some(Compared { link, contact, ledger, sides: Sides::of(link, contact, ledger, &around) })
        });
        for compared in &changed {
            self.compare(compared);
        }
    }

    fn compare(&mut self, compared: &Compared<'a>) {
        let Compared { link, sides, .. } = compared;
        if link.base == Base::default() {
            // Nothing is known of what was agreed: what stands now is (design B13).
            return self.rebase(compared, Field::ALL.into(), None);
        }
        let mut accepted = Vec::new();
        let mut writes = Writes::default();
        for change in changes(link, sides, self.policy) {
            let why = why(change, compared);
            match self.resolved(compared, change) {
                (Step::Rest | Step::Ask(_), _) => {}
                (Step::Accept, _) => accepted.push(change.field),
                (Step::ToKashFlow, answered) => {
                    writes.to_kashflow.insert(change.field, if answered { Why::Answered } else { why });
                }
                (Step::ToCapsule, answered) => {
                    writes.to_capsule.insert(change.field, if answered { Why::Answered } else { why });
                }
            }
        }
        if !accepted.is_empty() {
            self.rebase(compared, accepted, None);
        }
        self.lose_person(compared);
        self.leave_flapping(compared, &mut writes);
        self.write(compared, writes);
    }

    /// The step after a person's answer, if one was given; asks where none was.
    fn resolved(&mut self, compared: &Compared<'_>, change: FieldChange) -> (Step, bool) {
        let Step::Ask(kind) = change.step else { return (change.step, false) };
        let asked = question(kind, compared, change.field);
        match self.answer_to(&asked) {
            Some(Choice::KeepCapsule | Choice::Clear) => (Step::ToKashFlow, true),
            Some(Choice::KeepKashFlow) => (Step::ToCapsule, true),
            Some(Choice::Leave | Choice::Keep) => (Step::Accept, true),
            Some(_) | None => {
                self.ask(asked);
                (change.step, false)
            }
        }
    }

    fn rebase(&mut self, compared: &Compared<'_>, fields: Vec<Field>, note: Option<String>) {
        self.plan.rebased.push(Rebase {
            ledger: compared.link.ledger,
            contact: compared.link.contact,
            fields: fields.into_iter().collect(),
            base: Base { capsule: compared.sides.capsule.clone(), kashflow: compared.sides.kashflow.clone() },
            person: None,
            note,
        });
    }

    /// The Contact Person left or was deleted: nothing is written, and it is said once (design, Contact Person). One that was
    /// merged goes on as the contact that is left, whose name the next plan compares (design B28).
    fn lose_person(&mut self, compared: &Compared<'_>) {
        if compared.sides.person != Person::Gone {
            return;
        }
        let base = &compared.link.base.capsule;
        let gone = compared.link.person.filter(|person| self.is_deleted(*person));
        if let Some(left) = gone.and_then(|gone| self.person_left(gone, compared.contact.id)) {
            self.plan.rebased.push(Rebase {
                ledger: compared.link.ledger,
                contact: compared.link.contact,
                fields: BTreeSet::new(),
                base: Base::default(),
                person: Some(left.id),
                note: Some(format!(
                    "{}: the Contact Person {} was merged into {}",
                    compared.contact.name(),
                    base.contact_person,
                    left.name()
                )),
            });
        } else if !base.is_empty(Field::ContactPerson) {
            let note = format!(
                "{}: the Contact Person {} no longer belongs to it in Capsule; KashFlow is left as it is",
                compared.contact.name(),
                base.contact_person
            );
            self.rebase(compared, vec![Field::ContactPerson], Some(note));
        }
    }

    /// A field that was written again and again is not written any more, but shown as failing.
    fn leave_flapping(&mut self, compared: &Compared<'_>, writes: &mut Writes) {
        let Compared { link, ledger, sides, .. } = compared;
        let mut flapping = Vec::new();
        for fields in [&mut writes.to_kashflow, &mut writes.to_capsule] {
            let (left, kept): (BTreeMap<_, _>, BTreeMap<_, _>) =
                std::mem::take(fields).into_iter().partition(|(field, _)| link.is_flapping(*field, self.now));
            *fields = kept;
            flapping.extend(left.into_keys());
        }
        if flapping.is_empty() {
            return;
        }
        let labels: Vec<&str> = flapping.iter().map(|field| field.label()).collect();
        let last =
            flapping.iter().filter_map(|field| link.streaks.get(field)).map(|streak| streak.last).max();
        self.plan.failing.push(Failing {
            record: RecordRef::Ledger(link.ledger),
            name: ledger.name.clone(),
            reason: format!("{} keeps changing back and forth", labels.join(", ")),
            remedy: "Find what else writes it on one of the two sides; it is written again a day after the last time."
                .into(),
            attempts: 0,
            next_try: last.map_or(self.now, day_after),
            fingerprint: fingerprint(link, sides),
        });
    }

    fn write(&mut self, compared: &Compared<'_>, writes: Writes) {
        let Compared { link, contact, ledger, sides } = compared;
        let record = RecordRef::Ledger(link.ledger);
        let nothing = writes.to_kashflow.is_empty() && writes.to_capsule.is_empty();
        if let Some(failing) = self.local.failing.get(&record) {
            if nothing && failing.attempts > 0 && failing.next_try <= self.now {
                self.plan.mended.insert(record);
            }
            if failing.attempts > 0 && self.is_resting(record, fingerprint(link, sides)) {
                return;
            }
        }
        if nothing {
            return;
        }
        let update = |fields: BTreeMap<Field, Why>, values: &Details, before: &Details, name: &str| Update {
            ledger: link.ledger,
            contact: Some(link.contact),
            person: None,
            name: name.to_owned(),
            edit: Edit { fields: fields.keys().copied().collect(), values: values.clone() },
            before: before.clone(),
            why: fields,
        };
        if !writes.to_kashflow.is_empty() {
            let update = update(writes.to_kashflow, &sides.capsule, &sides.kashflow, &ledger.name);
            self.plan.operations.push(Operation::UpdateLedger(Box::new(update)));
        }
        let (person, own): (BTreeMap<_, _>, BTreeMap<_, _>) =
            writes.to_capsule.into_iter().partition(|(field, _)| *field == Field::ContactPerson);
        if !own.is_empty() {
            let update = update(own, &sides.kashflow, &sides.capsule, &contact.name());
            self.plan.operations.push(Operation::UpdateContact(Box::new(update)));
        }
        if !person.is_empty() {
            let update = update(person, &sides.kashflow, &sides.capsule, &sides.capsule.contact_person);
            let update = Update { person: link.person, ..update };
            self.plan.operations.push(Operation::UpdateContact(Box::new(update)));
        }
    }
}

fn day_after(last: Timestamp) -> Timestamp {
    last.checked_add(SignedDuration::from_hours(24)).unwrap_or(last)
}

fn why(change: FieldChange, compared: &Compared<'_>) -> Why {
    if taken(change.field, compared.link, &compared.sides).is_some() {
        return Why::Taken;
    }
    match change.stand {
        Stand::Same | Stand::Agreed | Stand::Difference | Stand::Capsule => Why::Changed,
        Stand::Both => Why::ChangedOnBoth,
        Stand::Cleared => Why::Cleared,
        Stand::Drift => Why::Restored,
    }
}

/// A question about one field. Its sentence holds both values, so that an answer dies when one of them moves.
fn question(kind: QuestionKind, compared: &Compared<'_>, field: Field) -> Asked {
    let (capsule, kashflow) = (compared.sides.capsule.text(field), compared.sides.kashflow.text(field));
    let label = match field {
        Field::Name => "the name".to_owned(),
        other => format!("{} of {}", other.label(), compared.contact.name()),
    };
    let given = |value: &str| if value.is_empty() { "empty".to_owned() } else { format!("\"{value}\"") };
    let (because, choices) = match kind {
        QuestionKind::ClearedField => (
            format!("{label} was emptied in Capsule and is {} in KashFlow", given(&kashflow)),
            vec![Choice::Clear, Choice::Keep],
        ),
        _ => (
            format!(
                "{label} was changed in KashFlow: it is {} there and {} in Capsule",
                given(&kashflow),
                given(&capsule)
            ),
            vec![Choice::KeepCapsule, Choice::KeepKashFlow, Choice::Leave],
        ),
    };
    Asked {
        key: QuestionKey::field(kind, compared.link.ledger, field),
        name: compared.ledger.name.clone(),
        candidates: Vec::new(),
        choices,
        because,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::super::contact::{ContactKind, EmailRow, Summary};
    use super::super::super::ids::{ContactId, LedgerId, LedgerRef, RowId, Side};
    use super::super::super::ledger::{LedgerAddress, LedgerPerson};
    use super::super::super::link::LinkReason;
    use super::super::super::local::Local;
    use super::super::super::mapping::{from_contact, from_ledger};
    use super::super::super::money::Currency;
    use super::super::super::operation::Plan;
    use super::super::super::policy::Policy;
    use super::super::super::snapshot::{Company, Snapshot};
    use super::super::plan;
    use super::*;

    const CUSTOMER: LedgerRef = LedgerRef { side: Side::Customer, id: LedgerId(1) };

    fn now() -> Timestamp {
        "2026-11-24T12:00:00Z".parse().unwrap()
    }

    /// A linked pair whose e-mail is `capsule` and `kashflow` now, and was `a` on both sides.
    struct Pair {
        snapshot: Snapshot,
        local: Local,
        policy: Policy,
    }

    fn pair(capsule: &str, kashflow: &str) -> Pair {
        let contact = |email: &str| Contact {
            id: ContactId(7),
            kind: ContactKind::Organisation { name: "Ash Tree Ltd".into() },
            emails: vec![EmailRow { id: RowId(1), address: email.into() }],
            phones: Vec::new(),
            websites: Vec::new(),
            addresses: Vec::new(),
            summary: Summary::default(),
            restricted: false,
            updated_at: now(),
            last_contacted: None,
        };
        let ledger = |email: &str| LedgerContact {
            id: CUSTOMER,
            code: "ASHT01".into(),
            name: "Ash Tree Ltd".into(),
            archived: false,
            contact: LedgerPerson { email: email.into(), ..LedgerPerson::default() },
            address: LedgerAddress::default(),
            currency: None,
        };
        let base = Base { capsule: from_contact(&contact("a")), kashflow: from_ledger(&ledger("a")) };
        let mut local = Local::default();
        assert!(local.link(Link::new(CUSTOMER, ContactId(7), now(), LinkReason::ByHand, base)));
        let mut snapshot = Snapshot {
            company: Some(Company { id: Some(1), name: "Brook".into(), home_currency: Currency::GBP }),
            ..Snapshot::default()
        };
        snapshot.contacts.insert(ContactId(7), Arc::new(contact(capsule)));
        snapshot.ledger.insert(CUSTOMER, Arc::new(ledger(kashflow)));
        Pair { snapshot, local, policy: Policy { write_summary: false, ..Policy::default() } }
    }

    impl Pair {
        fn plan(&self) -> Plan {
            plan(&self.snapshot, &self.local, &self.policy, now())
        }

        fn relink(&mut self, change: impl FnOnce(&mut Link)) {
            let mut link = self.local.unlink(CUSTOMER).unwrap();
            change(&mut link);
            assert!(self.local.link(link));
        }
    }

    #[test]
    fn b14_an_edit_in_capsule_is_one_update_of_two_requests() {
        let plan = pair("b", "a").plan();
        let [Operation::UpdateLedger(update)] = plan.operations.as_slice() else { panic!("{plan:?}") };
        assert_eq!(update.lines(), [(Field::Email, "a".to_owned(), "b".to_owned())]);
        assert_eq!(update.reason(), "changed in Capsule");
        assert_eq!((plan.counts().updated_in_kashflow, plan.requests()), (1, 2));
        assert!(plan.rebased.is_empty());
        assert_eq!(pair("a", "a").plan(), Plan::default(), "nothing changed, nothing to do");
    }

    #[test]
    fn b14_an_agreement_only_moves_the_base() {
        let pair = pair("b", "b");
        let plan = pair.plan();
        assert_eq!((plan.operations.len(), plan.questions.len()), (0, 0));
        let [rebase] = plan.rebased.as_slice() else { panic!("{plan:?}") };
        let moved = rebase.apply(pair.local.link_of(CUSTOMER).unwrap()).unwrap();
        assert_eq!((moved.base.capsule.email.as_str(), moved.base.kashflow.email.as_str()), ("b", "b"));
        let elsewhere = Link { contact: ContactId(8), ..moved };
        assert_eq!(rebase.apply(&elsewhere), None, "another link by now");
    }

    #[test]
    fn b05_b18_records_out_of_reach_and_archived_ones_wait() {
        let mut waiting = Vec::new();
        let mut change = |change: &dyn Fn(&mut Pair)| {
            let mut pair = pair("b", "a");
            change(&mut pair);
            waiting.push(pair.plan());
        };
        change(&|pair| Arc::make_mut(pair.snapshot.ledger.get_mut(&CUSTOMER).unwrap()).archived = true);
        change(&|pair| {
            Arc::make_mut(pair.snapshot.contacts.get_mut(&ContactId(7)).unwrap()).restricted = true;
        });
        change(&|pair| {
            pair.local.deleted.insert(ContactId(7), now());
        });
        change(&|pair| {
            pair.local.hidden.insert(ContactId(7));
        });
        change(&|pair| {
            pair.snapshot.ledger.remove(&CUSTOMER);
        });
        let is_quiet = |plan: &Plan| plan.operations.is_empty() && plan.rebased.is_empty();
        assert!(waiting.iter().all(is_quiet), "{waiting:?}");
    }

    #[test]
    fn b13_a_link_without_a_base_takes_what_stands_and_writes_nothing() {
        let mut pair = pair("b", "c");
        pair.relink(|link| link.base = Base::default());
        let plan = pair.plan();
        assert_eq!((plan.operations.len(), plan.rebased.len()), (0, 1));
    }

    #[test]
    fn b37_a_failed_update_rests_until_it_is_due_or_its_data_change_and_is_forgotten_when_nothing_is_left() {
        let mut pair = pair("b", "a");
        let around = Around { snapshot: &pair.snapshot, local: &pair.local };
        let link = pair.local.link_of(CUSTOMER).unwrap();
        let (contact, ledger) = comparable(link, &around).unwrap();
        let seen = fingerprint(link, &Sides::of(link, contact, ledger, &around));
        let failing = |fingerprint, next_try| Failing {
            record: RecordRef::Ledger(CUSTOMER),
            name: String::new(),
            reason: String::new(),
            remedy: String::new(),
            attempts: 1,
            next_try,
            fingerprint,
        };
        for (fingerprint, next_try, planned) in
            [(seen, day_after(now()), 0), (seen, now(), 1), (seen + 1, day_after(now()), 1)]
        {
            pair.local.failing.insert(RecordRef::Ledger(CUSTOMER), failing(fingerprint, next_try));
            assert_eq!(pair.plan().operations.len(), planned);
        }
        let mut done = super::tests::pair("a", "a");
        done.local.failing.insert(RecordRef::Ledger(CUSTOMER), failing(0, day_after(now())));
        assert!(done.plan().mended.is_empty(), "a person has not seen to it");
        done.local.failing.insert(RecordRef::Ledger(CUSTOMER), failing(0, now()));
        assert_eq!(done.plan().mended, [RecordRef::Ledger(CUSTOMER)].into());
    }
}
