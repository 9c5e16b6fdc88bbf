//! Deleting a contact at once: KashFlow first, then Capsule, and never back again (design B29).

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::civil::date;
use kashsync::domain::contact::ContactKind;
use kashsync::domain::deletion::{Deletion, LedgerStep};
use kashsync::domain::ids::Side;
use kashsync::domain::journal::Action;
use kashsync::domain::link::Link;
use kashsync::domain::operation::Counts;
use kashsync::domain::snapshot::DocumentsByOwner;
use kashsync::engine::command::{Command, DeleteOrder};
use kashsync::engine::event::Event;
use kashsync::ports::Kept;
use kashsync::sim::fault::{Effect, Fault, Service};
use kashsync::sim::firm::sample;
use kashsync::sim::http::Method;
use serde_json::json;

use crate::rig::{Crash, Rig};

/// A contact to be deleted, its links and its name.
struct Case {
    rig: Rig,
    links: Vec<Link>,
    codes: Vec<String>,
    name: String,
}

/// What a command told.
#[derive(Debug, Default)]
struct Told {
    died: bool,
    deletions: Vec<Arc<Deletion>>,
    refused: Vec<&'static str>,
}

impl Case {
    async fn with(links: usize) -> Self {
        let rig = Rig::of(&sample(date(2026, 11, 24), 1));
        rig.sync().await;
        rig.pass(SignedDuration::from_hours(2));
        rig.sync().await;
        rig.pass(SignedDuration::from_hours(2));
        let kept = rig.kept().await;
        let links = victim(&kept, links);
        let codes = links.iter().map(|link| kept.snapshot.ledger[&link.ledger].code.clone()).collect();
        let name = kept.snapshot.contacts[&links[0].contact].name().into_owned();
        rig.world().log.clear();
        Self { rig, links, codes, name }
    }

    fn copy(&self) -> Self {
        let Self { rig, links, codes, name } = self;
        Self { rig: rig.copy(), links: links.clone(), codes: codes.clone(), name: name.clone() }
    }

    fn order(&self, step: LedgerStep) -> DeleteOrder {
        DeleteOrder {
            contact: self.links[0].contact,
            step,
            confirm: Some(self.name.to_uppercase()),
            dry: false,
        }
    }

    async fn obey(&self, order: DeleteOrder, crash: Option<Crash>) -> Told {
        let mut told = Told::default();
        let lived = self.rig.live(vec![Command::Delete(order.clone())], false, crash, |event| match event {
            Event::Deletion(deletion) => {
                told.deletions.push(Arc::clone(deletion));
                if deletion.done || order.dry { vec![Command::Shutdown] } else { Vec::new() }
            }
            Event::Refused { code, .. } => {
                told.refused.push(code);
                vec![Command::Shutdown]
            }
            _ => Vec::new(),
        });
        told.died = !lived.await;
        told
    }

    async fn delete(&self, step: LedgerStep) -> Told {
        self.obey(self.order(step), None).await
    }

    fn capsule_path(&self) -> String {
        format!("DELETE /api/v2/parties/{}", self.links[0].contact.0)
    }

    fn kashflow_path(&self, number: usize) -> String {
        format!("DELETE /v2/{}s/{}", self.links[number].ledger.side.word(), self.codes[number])
    }

    async fn assert_gone(&self) {
        let kept = self.rig.kept().await;
        let contact = self.links[0].contact;
        assert!(!kept.snapshot.contacts.contains_key(&contact));
        assert!(self.rig.world().capsule.parties().all(|party| party.id != contact.0));
        for link in &self.links {
            assert!(
                kept.local.link_of(link.ledger).is_none() && kept.local.ignored.contains_key(&link.ledger)
            );
        }
        assert!(kept.local.intents.is_empty());
    }

    /// Two further runs write nothing, ask nothing and make nothing anew.
    async fn assert_quiet(&self) {
        for hours in [0, 2] {
            self.rig.pass(SignedDuration::from_hours(hours));
            self.rig.world().log.clear();
            let report = self.rig.sync().await;
            assert_eq!((written(&self.rig), report.done), (Vec::new(), Counts::default()));
            assert_eq!(report.questions_new, 0);
            assert!(report.control.as_ref().unwrap().agrees());
        }
    }
}

/// Links of an organisation with that many of them, with documents, none of which is on a VAT return.
fn victim(kept: &Kept, links: usize) -> Vec<Link> {
    let documents = DocumentsByOwner::of(&kept.snapshot);
    let fits = |link: &&Link| {
        link.ledger.side == Side::Customer
            && kept.local.links_on(link.contact).count() == links
            && matches!(kept.snapshot.contacts[&link.contact].kind, ContactKind::Organisation { .. })
            && !documents.of_owner(link.ledger).is_empty()
            && kept.local.links_on(link.contact).all(|link| {
                documents.of_owner(link.ledger).iter().all(|document| document.vat_return.is_none())
            })
    };
    let found = kept.local.links().find(fits).unwrap();
    kept.local.links_on(found.contact).cloned().collect()
}

fn written(rig: &Rig) -> Vec<String> {
    let world = rig.world();
    let writes = world.writes().filter(|entry| entry.status != Some(422));
    writes.map(|entry| format!("{} {}", entry.method.as_str(), entry.path)).collect()
}

#[tokio::test(start_paused = true)]
async fn b29_a_delete_removes_both_sides_and_never_comes_back() {
    let case = Case::with(2).await;
    let told = case.delete(LedgerStep::Delete).await;
    assert_eq!(told.refused, Vec::<&str>::new());
    let last = told.deletions.last().unwrap();
    assert!(last.done && last.ledgers.len() == 2 && last.ledgers[0].documents.unwrap() > 0);
    assert_eq!(written(&case.rig), [case.kashflow_path(0), case.kashflow_path(1), case.capsule_path()]);
    case.assert_gone().await;
    let kept = case.rig.kept().await;
    assert!(kept.snapshot.documents.values().all(|document| !case.codes.contains(&document.owner_code)));
    let journal = case.rig.journal().await;
    let deletes: Vec<_> = journal.iter().filter(|entry| entry.action == Action::Delete).collect();
    assert_eq!(deletes.len(), 3);
    let id = case.links[0].contact.0;
    let reason = format!("you deleted the contact: kashsync delete {id} --kashflow delete");
    assert!(deletes.iter().all(|entry| entry.reason == reason && entry.run.is_none()));
    case.assert_quiet().await;
}

#[tokio::test(start_paused = true)]
async fn b29_archiving_keeps_the_documents_and_leaving_touches_nothing_in_kashflow() {
    let start = Case::with(1).await;
    let case = start.copy();
    case.delete(LedgerStep::Archive).await;
    assert_eq!(written(&case.rig), ["PUT /v2/internal/customers/archive".to_owned(), case.capsule_path()]);
    case.assert_gone().await;
    let kept = case.rig.kept().await;
    assert!(kept.snapshot.ledger[&case.links[0].ledger].archived);
    assert!(kept.snapshot.documents.values().any(|document| case.codes.contains(&document.owner_code)));
    case.assert_quiet().await;
    let case = start;
    case.delete(LedgerStep::Leave).await;
    assert_eq!(written(&case.rig), [case.capsule_path()]);
    case.assert_gone().await;
    case.assert_quiet().await;
}

#[tokio::test(start_paused = true)]
async fn b18_what_was_looked_at_too_long_ago_is_looked_at_again_before_it_is_archived() {
    let case = Case::with(1).await;
    case.rig
        .world()
        .faults
        .add(Fault { path: "/entries".into(), ..Fault::next(Effect::Delay(Duration::from_secs(20))) });
    assert!(case.delete(LedgerStep::Archive).await.refused.is_empty());
    let looks = {
        let world = case.rig.world();
        let path = format!("/v2/customers/{}", case.codes[0]);
        world.log.iter().filter(|entry| entry.method == Method::Get && entry.path == path).count()
    };
    assert_eq!(looks, 2, "once for its losses, once more because Capsule took so long");
    case.assert_gone().await;
}

#[tokio::test(start_paused = true)]
async fn b29_without_the_typed_name_it_is_only_told() {
    let case = Case::with(1).await;
    for confirm in [None, Some("somebody else".to_owned())] {
        let order = DeleteOrder { confirm, ..case.order(LedgerStep::Archive) };
        let told = case.obey(order, None).await;
        assert_eq!((told.refused, told.deletions.len()), (vec!["needs_confirmation"], 1));
    }
    let told =
        case.obey(DeleteOrder { dry: true, confirm: None, ..case.order(LedgerStep::Delete) }, None).await;
    assert!(told.refused.is_empty() && !told.deletions[0].done);
    assert_eq!(written(&case.rig), Vec::<String>::new());
    assert!(case.rig.kept().await.local.intents.is_empty());
    case.assert_quiet().await;
}

#[tokio::test(start_paused = true)]
async fn b29_when_kashflow_fails_capsule_is_not_tried() {
    let case = Case::with(1).await;
    let refusal =
        Effect::Answer { status: 400, headers: Vec::new(), body: json!({"Message": "No."}).to_string() };
    case.rig.world().faults.add(Fault {
        service: Some(Service::KashFlow),
        method: Some(Method::Delete),
        path: "/customers".into(),
        ..Fault::next(refusal)
    });
    let told = case.delete(LedgerStep::Delete).await;
    assert_eq!(told.refused, ["failed"]);
    assert_eq!(written(&case.rig).len(), 1, "{:?}", written(&case.rig));
    let kept = case.rig.kept().await;
    assert_eq!(kept.local.link_of(case.links[0].ledger), Some(&case.links[0]));
    assert!(kept.local.intents.is_empty());
    // Later it works.
    assert!(case.delete(LedgerStep::Delete).await.deletions.last().unwrap().done);
    case.assert_gone().await;
}

#[tokio::test(start_paused = true)]
async fn b29_a_document_on_a_vat_return_bars_the_delete_but_no_archive() {
    let case = Case::with(1).await;
    let declared = json!({"CustomerCode": case.codes[0], "NetAmount": 10, "VATAmount": 2, "VATReturnId": 5});
    let now = case.rig.now();
    // No run has read it yet.
    case.rig.world().kashflow.add("invoice", &declared, now).unwrap();
    for _ in 0..2 {
        let told = case.delete(LedgerStep::Delete).await;
        assert_eq!(told.refused, ["vat_return"]);
    }
    assert_eq!(written(&case.rig), Vec::<String>::new());
    assert!(case.delete(LedgerStep::Archive).await.deletions.last().unwrap().done);
    case.assert_gone().await;
}

#[tokio::test(start_paused = true)]
async fn b29_a_killed_delete_is_finished_by_the_same_command_never_by_a_sync() {
    let start = Case::with(2).await;
    for step in [LedgerStep::Archive, LedgerStep::Delete] {
        for at_write in 0..3 {
            for carried_out in [false, true] {
                for syncs in [0, 1] {
                    let case = start.copy();
                    let crash = Crash { at_write, carried_out };
                    let told = case.obey(case.order(step), Some(crash)).await;
                    assert!(told.died, "{step:?} {crash:?}");
                    for _ in 0..syncs {
                        case.rig.world().log.clear();
                        case.rig.sync().await;
                        let removed = |line: &String| line.starts_with("DELETE") || line.contains("archive");
                        assert!(!written(&case.rig).iter().any(removed), "{:?}", written(&case.rig));
                    }
                    let told = case.delete(step).await;
                    assert_eq!(told.refused, Vec::<&str>::new(), "{step:?} {crash:?} {syncs}");
                    let last = told.deletions.last().unwrap();
                    assert!(last.done);
                    // What the first try has done with is told as well.
                    let mut all: Vec<_> = last.ledgers.iter().map(|loss| loss.ledger).collect();
                    all.extend(last.earlier.iter().filter(|one| one.step == step).map(|one| one.ledger));
                    all.sort_unstable();
                    assert_eq!(all, case.links.iter().map(|link| link.ledger).collect::<Vec<_>>());
                    assert_eq!(last.earlier.len(), at_write, "each write is one step: {crash:?}");
                    case.assert_gone().await;
                    assert!(case.rig.world().kashflow.cascades().len() <= 2);
                    case.rig.sync().await;
                    case.assert_quiet().await;
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn b18_a_customer_that_moved_is_not_removed() {
    let case = Case::with(1).await;
    let now = case.rig.now();
    // Its code leads to somebody else by now.
    case.rig.world().kashflow.delete("customer", &case.codes[0], now).unwrap();
    let other = json!({"Name": "Abacus Tutors", "Code": case.codes[0]});
    case.rig.world().kashflow.add("customer", &other, now).unwrap();
    let told = case.delete(LedgerStep::Delete).await;
    assert_eq!(told.refused, ["stale_plan"]);
    assert_eq!(written(&case.rig), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn b29_a_contact_that_is_not_there_is_refused() {
    let case = Case::with(1).await;
    let unknown =
        DeleteOrder { contact: kashsync::domain::ids::ContactId(424_242), ..case.order(LedgerStep::Archive) };
    assert_eq!(case.obey(unknown, None).await.refused, ["not_found"]);
    assert_eq!(case.rig.world().log.len(), 0, "no network");
    let now = case.rig.now();
    case.rig.world().capsule.delete(case.links[0].contact.0, now).unwrap();
    assert_eq!(case.delete(LedgerStep::Archive).await.refused, ["not_found"]);
    assert_eq!(written(&case.rig), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn b29_a_contact_without_links_is_deleted_in_capsule_and_its_people_stay() {
    let case = Case::with(1).await;
    let kept = case.rig.kept().await;
    let (employer, people) = kept
        .snapshot
        .contacts
        .values()
        .filter(|contact| kept.local.links_on(contact.id).count() == 0 && !contact.restricted)
        .find_map(|contact| {
            let works = |person: &&Arc<kashsync::domain::contact::Contact>| {
                person.employer().is_some_and(|employer| employer.id == contact.id)
            };
            let people = kept.snapshot.contacts.values().filter(works).count();
            (people > 0).then(|| (Arc::clone(contact), people))
        })
        .unwrap();
    let order = DeleteOrder {
        contact: employer.id,
        step: LedgerStep::Archive,
        confirm: Some(employer.name().into_owned()),
        dry: false,
    };
    let told = case.obey(order, None).await;
    let last = told.deletions.last().unwrap();
    assert_eq!((last.done, last.people, last.ledgers.len()), (true, people, 0));
    assert_eq!(written(&case.rig), [format!("DELETE /api/v2/parties/{}", employer.id.0)]);
    let kept = case.rig.kept().await;
    assert!(!kept.snapshot.contacts.contains_key(&employer.id));
    let left = kept
        .snapshot
        .contacts
        .values()
        .filter(|person| person.employer().is_some_and(|firm| firm.id == employer.id));
    assert_eq!(left.count(), 0);
    case.assert_quiet().await;
}
