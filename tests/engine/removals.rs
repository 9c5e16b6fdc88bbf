//! One end of a link is gone: what is asked, what each answer does, and what a killed one leaves behind.

use jiff::SignedDuration;
use jiff::civil::date;
use kashsync::domain::contact::{ContactKind, Summary};
use kashsync::domain::ids::{LedgerRef, Side};
use kashsync::domain::journal::Action;
use kashsync::domain::link::{Link, LinkReason};
use kashsync::domain::operation::Counts;
use kashsync::domain::question::{Choice, Question, QuestionKind};
use kashsync::domain::snapshot::DocumentsByOwner;
use kashsync::engine::command::Command;
use kashsync::engine::event::Event;
use kashsync::ports::Kept;
use kashsync::sim::fault::{Effect, Fault, Service};
use kashsync::sim::firm::sample;
use kashsync::sim::http::Method;
use serde_json::json;

use crate::rig::{Came, Crash, Rig};

fn sync() -> Command {
    Command::Sync { full: false, contact: None }
}

fn customer(kept: &Kept, code: &str) -> Option<LedgerRef> {
    let mut customers = kept.snapshot.ledger.values().filter(|ledger| ledger.id.side == Side::Customer);
    customers.find(|ledger| ledger.code == code).map(|ledger| ledger.id)
}

/// A linked customer to be played with, and what it is called.
struct Case {
    rig: Rig,
    link: Link,
    code: String,
    name: String,
}

impl Case {
    /// The path of its record in KashFlow.
    fn path(&self) -> String {
        format!("/v2/customers/{}", self.code)
    }
}

/// A customer with invoices, none of them on a VAT return, whose contact has no other link.
fn victim(kept: &Kept) -> Link {
    let documents = DocumentsByOwner::of(&kept.snapshot);
    let fits = |link: &&Link| {
        let owned = documents.of_owner(link.ledger);
        link.ledger.side == Side::Customer
            && kept.local.links_on(link.contact).count() == 1
            && matches!(kept.snapshot.contacts[&link.contact].kind, ContactKind::Organisation { .. })
            && owned.len() > 1
            && owned.iter().all(|document| document.vat_return.is_none())
    };
    kept.local.links().find(fits).unwrap().clone()
}

async fn linked() -> Case {
    let rig = Rig::of(&sample(date(2026, 11, 24), 1));
    rig.sync().await;
    rig.pass(SignedDuration::from_hours(2));
    rig.sync().await;
    rig.pass(SignedDuration::from_hours(2));
    let kept = rig.kept().await;
    let link = victim(&kept);
    let record = &kept.snapshot.ledger[&link.ledger];
    rig.world().log.clear();
    Case { rig, code: record.code.clone(), name: record.name.clone(), link }
}

/// A linked contact that was deleted in Capsule, and asked about.
async fn deleted_in_capsule() -> Case {
    let case = linked().await;
    let Case { rig, link, .. } = &case;
    let now = rig.now();
    rig.world().capsule.delete(link.contact.0, now).unwrap();
    let report = rig.sync().await;
    assert_eq!((report.done, report.questions_new), (Counts::default(), 1));
    rig.world().log.clear();
    case
}

/// A linked customer that was deleted in KashFlow, proven gone and asked about.
async fn gone_from_kashflow() -> Case {
    let case = linked().await;
    let Case { rig, code, .. } = &case;
    let now = rig.now();
    rig.world().kashflow.delete("customer", code, now).unwrap();
    rig.sync().await;
    rig.sync().await;
    rig.world().log.clear();
    case
}

fn question(kept: &Kept, kind: QuestionKind) -> Option<&Question> {
    kept.local.questions.values().find(|question| question.asked.key.kind == kind)
}

async fn answer(rig: &Rig, kind: QuestionKind, choice: Choice, value: Option<&str>) -> Command {
    let kept = rig.kept().await;
    let question = question(&kept, kind).unwrap();
    assert!(question.asked.choices.contains(&choice), "{:?}", question.asked);
    Command::Answer { question: question.id, choice, value: value.map(str::to_owned) }
}

/// Paths of the requests that changed something, without those that Capsule refused as it did before.
fn written(rig: &Rig) -> Vec<String> {
    let world = rig.world();
    let writes = world.writes().filter(|entry| entry.status != Some(422));
    writes.map(|entry| format!("{} {}", entry.method.as_str(), entry.path)).collect()
}

async fn assert_quiet(rig: &Rig) {
    for hours in [0, 2] {
        rig.pass(SignedDuration::from_hours(hours));
        rig.world().log.clear();
        let report = rig.sync().await;
        assert_eq!((written(rig), report.done), (Vec::new(), Counts::default()));
    }
}

fn asked_for(rig: &Rig, path: &str) -> usize {
    rig.world().log.iter().filter(|entry| entry.method == Method::Get && entry.path.ends_with(path)).count()
}

#[tokio::test(start_paused = true)]
async fn b05_a_customer_is_gone_when_two_runs_missed_it_and_its_code_answers_404() {
    let case = linked().await;
    let Case { rig, link, code, .. } = &case;
    let now = rig.now();
    rig.world().kashflow.delete("customer", code, now).unwrap();
    rig.sync().await;
    let kept = rig.kept().await;
    assert!(kept.local.missing.contains_key(&link.ledger) && !kept.local.is_gone(link.ledger));
    assert!(kept.snapshot.ledger.contains_key(&link.ledger), "its copy is kept");
    assert!(question(&kept, QuestionKind::DeletedInKashFlow).is_none());
    assert_eq!(asked_for(rig, &case.path()), 0);
    let report = rig.sync().await;
    assert_eq!((report.done, report.questions_new), (Counts::default(), 1));
    assert_eq!(asked_for(rig, &case.path()), 1);
    let kept = rig.kept().await;
    assert!(kept.local.is_gone(link.ledger));
    assert_eq!(kept.local.link_of(link.ledger), Some(link), "the link is kept");
    let asked = &question(&kept, QuestionKind::DeletedInKashFlow).unwrap().asked;
    let name = kept.snapshot.contacts[&link.contact].name();
    assert_eq!(
        (asked.name.as_str(), asked.choices.as_slice()),
        (name.as_ref(), &[Choice::Keep, Choice::Delete, Choice::Export][..])
    );
    assert_quiet(rig).await;
    assert_eq!(asked_for(rig, &case.path()), 0, "what is proven is not asked again");
}

#[tokio::test(start_paused = true)]
async fn b05_a_code_that_leads_to_another_record_proves_it_as_well() {
    let case = linked().await;
    let Case { rig, link, code, .. } = &case;
    let now = rig.now();
    rig.world().kashflow.delete("customer", code, now).unwrap();
    rig.world().kashflow.add("customer", &json!({"Name": "Abacus Tutors", "Code": code}), now).unwrap();
    rig.sync().await;
    rig.sync().await;
    assert!(rig.kept().await.local.is_gone(link.ledger));
}

#[tokio::test(start_paused = true)]
async fn b05_a_list_that_does_not_add_up_proves_nothing() {
    let case = linked().await;
    let Case { rig, link, .. } = &case;
    let cut = json!({"MetaData": {"TotalRecords": 130, "NextPageUrl": null}, "Data": []});
    let headers = vec![("Date".into(), "Tue, 24 Nov 2026 12:00:00 GMT".into())];
    let effect = Effect::Answer { status: 200, headers, body: cut.to_string() };
    rig.world().faults.add(Fault {
        service: Some(Service::KashFlow),
        method: Some(Method::Get),
        path: "/customers".into(),
        times: None,
        ..Fault::next(effect)
    });
    for _ in 0..3 {
        rig.sync().await;
    }
    let kept = rig.kept().await;
    assert!(kept.local.missing.keys().all(|missing| missing.side == Side::Supplier));
    assert_eq!(kept.local.link_of(link.ledger), Some(link));
    assert_eq!(written(rig), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn b05_an_unlinked_customer_that_is_gone_is_forgotten_with_its_question() {
    let case = linked().await;
    let Case { rig, .. } = &case;
    let kept = rig.kept().await;
    let waiting = customer(&kept, "ASHD01").unwrap();
    assert!(kept.local.question_about(waiting).is_some());
    let now = rig.now();
    rig.world().kashflow.delete("customer", "ASHD01", now).unwrap();
    rig.sync().await;
    assert!(rig.kept().await.snapshot.ledger.contains_key(&waiting));
    rig.sync().await;
    let kept = rig.kept().await;
    assert!(!kept.snapshot.ledger.contains_key(&waiting) && !kept.local.missing.contains_key(&waiting));
    assert!(kept.local.question_about(waiting).is_none());
    assert_quiet(rig).await;
}

#[tokio::test(start_paused = true)]
async fn b30_ignoring_holds_at_once_and_forgets_the_deleted_contact() {
    let case = deleted_in_capsule().await;
    let Case { rig, link, .. } = &case;
    let answer = answer(rig, QuestionKind::DeletedInCapsule, Choice::Ignore, None).await;
    rig.process(vec![answer, sync()], true, None).await.report();
    let kept = rig.kept().await;
    assert!(kept.local.ignored.contains_key(&link.ledger) && kept.local.link_of(link.ledger).is_none());
    assert!(!kept.snapshot.contacts.contains_key(&link.contact) && kept.local.deleted.is_empty());
    assert_quiet(rig).await;
}

#[tokio::test(start_paused = true)]
async fn b30_recreating_makes_one_contact_with_marker_and_link() {
    let case = deleted_in_capsule().await;
    let Case { rig, link, .. } = &case;
    let answer = answer(rig, QuestionKind::DeletedInCapsule, Choice::Recreate, None).await;
    let report = rig.process(vec![answer, sync()], true, None).await.report();
    assert_eq!((report.done.created_in_capsule, report.done.linked), (1, 1));
    assert_eq!(written(rig).len(), 1, "the create carries its summary: {:?}", written(rig));
    let kept = rig.kept().await;
    let new = kept.local.link_of(link.ledger).unwrap();
    assert!(new.contact != link.contact && new.reason == LinkReason::Created);
    assert!(!kept.snapshot.contacts.contains_key(&link.contact) && kept.local.deleted.is_empty());
    assert!(question(&kept, QuestionKind::DeletedInCapsule).is_none());
    assert_quiet(rig).await;
}

#[tokio::test(start_paused = true)]
async fn b32_an_answered_archive_is_carried_out_by_the_next_run_and_names_the_answer() {
    let case = deleted_in_capsule().await;
    let Case { rig, link, name, .. } = &case;
    let answer = answer(rig, QuestionKind::DeletedInCapsule, Choice::Archive, None).await;
    let number = question(&rig.kept().await, QuestionKind::DeletedInCapsule).unwrap().id.0;
    let report = rig.process(vec![answer, sync()], true, None).await.report();
    assert_eq!(report.done, Counts { archived: 1, ..Counts::default() });
    assert_eq!(written(rig), ["PUT /v2/internal/customers/archive"]);
    let kept = rig.kept().await;
    assert!(kept.snapshot.ledger[&link.ledger].archived && kept.local.ignored.contains_key(&link.ledger));
    assert!(kept.local.link_of(link.ledger).is_none() && kept.local.intents.is_empty());
    assert!(kept.local.questions.values().all(|question| question.id.0 != number));
    let journal = rig.journal().await;
    let entry = journal.iter().find(|entry| entry.action == Action::Archive).unwrap();
    assert_eq!(entry.reason, format!("you answered \"archive\" to question {number}"));
    assert_eq!((entry.name.as_str(), entry.run), (name.as_str(), Some(report.id)));
    assert_quiet(rig).await;
}

#[tokio::test(start_paused = true)]
async fn b32_an_answered_delete_takes_the_documents_along_and_never_comes_back() {
    let case = deleted_in_capsule().await;
    let Case { rig, link, code, name } = &case;
    let answer =
        answer(rig, QuestionKind::DeletedInCapsule, Choice::Delete, Some(name.to_uppercase().as_str())).await;
    let report = rig.process(vec![answer, sync()], true, None).await.report();
    assert_eq!(report.done, Counts { deleted: 1, ..Counts::default() });
    assert_eq!(written(rig), [format!("DELETE {}", case.path())]);
    let kept = rig.kept().await;
    assert!(
        kept.local.ignored.contains_key(&link.ledger) && !kept.snapshot.ledger.contains_key(&link.ledger)
    );
    assert!(kept.snapshot.documents.values().all(|document| document.owner_code != *code));
    let report = rig.sync().await;
    assert!(report.control.as_ref().unwrap().agrees());
    assert_quiet(rig).await;
}

#[tokio::test(start_paused = true)]
async fn b30_a_restore_takes_question_and_answer_back() {
    let case = deleted_in_capsule().await;
    let Case { rig, link, name, .. } = &case;
    let answer = answer(rig, QuestionKind::DeletedInCapsule, Choice::Delete, Some(name.as_str())).await;
    let now = rig.now();
    rig.world().capsule.restore(link.contact.0, now).unwrap();
    let report = rig.process(vec![answer, sync()], true, None).await.report();
    assert_eq!((written(rig), report.done), (Vec::new(), Counts::default()));
    let kept = rig.kept().await;
    assert_eq!(kept.local.link_of(link.ledger), Some(link));
    assert!(question(&kept, QuestionKind::DeletedInCapsule).is_none());
    assert_quiet(rig).await;
}

#[tokio::test(start_paused = true)]
async fn b30_a_restore_that_no_list_shows_is_seen_just_before_the_removal() {
    let case = deleted_in_capsule().await;
    let Case { rig, link, .. } = &case;
    for choice in [Choice::Archive, Choice::Recreate] {
        let rig = &rig.copy();
        let answer = answer(rig, QuestionKind::DeletedInCapsule, choice, None).await;
        // Long ago, so that it is no change since the last run (capsule-api 5.4).
        rig.world().capsule.restore(link.contact.0, "2026-01-01T00:00:00Z".parse().unwrap()).unwrap();
        rig.process(vec![answer, sync()], true, None).await.report();
        assert_eq!(written(rig), Vec::<String>::new());
        let kept = rig.kept().await;
        assert_eq!(kept.local.link_of(link.ledger), Some(link));
        assert!(kept.local.deleted.is_empty() && question(&kept, QuestionKind::DeletedInCapsule).is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn b28_a_merge_made_in_capsule_moves_the_link_to_the_survivor() {
    let case = linked().await;
    let Case { rig, link, .. } = &case;
    let body = json!({"party": {"type": "organisation", "name": "Abbey Group"}});
    assert_eq!(rig.call_capsule(Method::Post, "/api/v2/parties", &body.to_string()).0, 201);
    let now = rig.now();
    let survivor = rig.world().capsule.parties().find(|party| party.name() == "Abbey Group").unwrap().id;
    rig.world().capsule.merge(link.contact.0, survivor, now).unwrap();
    rig.world().log.clear();
    let report = rig.sync().await;
    assert_eq!((report.done.linked, report.done.created_in_capsule, report.questions_new), (1, 0, 0));
    let kept = rig.kept().await;
    let moved = kept.local.link_of(link.ledger).unwrap();
    assert_eq!((moved.contact.0, moved.reason), (survivor, LinkReason::Merged));
    assert!(kept.local.deleted.is_empty() && !kept.snapshot.contacts.contains_key(&link.contact));
    assert!(rig.journal().await.iter().any(|entry| entry.action == Action::Merge));
    assert_quiet(rig).await;
}

#[tokio::test(start_paused = true)]
async fn b31_keeping_the_contact_ends_the_link_and_forgets_the_record() {
    let case = gone_from_kashflow().await;
    let Case { rig, link, .. } = &case;
    let answer = answer(rig, QuestionKind::DeletedInKashFlow, Choice::Keep, None).await;
    rig.process(vec![answer, sync()], true, None).await.report();
    let kept = rig.kept().await;
    assert!(kept.local.link_of(link.ledger).is_none() && !kept.snapshot.ledger.contains_key(&link.ledger));
    assert!(kept.local.missing.is_empty());
    // It loses our fields and tag (design B23).
    assert_eq!(kept.snapshot.contacts[&link.contact].summary, Summary::default());
    assert!(question(&kept, QuestionKind::DeletedInKashFlow).is_none());
    assert!(rig.journal().await.iter().any(|entry| entry.action == Action::Unlink));
    assert_quiet(rig).await;
}

#[tokio::test(start_paused = true)]
async fn b31_deleting_the_contact_deletes_it_in_capsule_only() {
    let case = gone_from_kashflow().await;
    let Case { rig, link, name, .. } = &case;
    let answer = answer(rig, QuestionKind::DeletedInKashFlow, Choice::Delete, Some(name.as_str())).await;
    let report = rig.process(vec![answer, sync()], true, None).await.report();
    assert_eq!(report.done, Counts { deleted: 1, ..Counts::default() });
    assert_eq!(written(rig), [format!("DELETE /api/v2/parties/{}", link.contact.0)]);
    let kept = rig.kept().await;
    assert!(!kept.snapshot.contacts.contains_key(&link.contact) && kept.local.missing.is_empty());
    assert!(kept.local.ignored.contains_key(&link.ledger));
    assert_quiet(rig).await;
}

#[tokio::test(start_paused = true)]
async fn b05_one_answer_that_a_record_is_not_there_does_not_finish_its_removal() {
    let case = deleted_in_capsule().await;
    let Case { rig, code, name, .. } = &case;
    let path = format!("/v2/customers/{code}");
    let no_delete =
        Fault { method: Some(Method::Delete), path: path.clone(), ..Fault::next(Effect::CutBefore) };
    rig.world().faults.add(no_delete);
    let delete = answer(rig, QuestionKind::DeletedInCapsule, Choice::Delete, Some(name)).await;
    rig.process(vec![delete, sync()], true, None).await;
    assert!(!rig.kept().await.local.intents.is_empty(), "nobody knows");
    let not_there = Effect::Answer { status: 404, headers: vec![], body: String::new() };
    rig.world().faults.add(Fault { method: Some(Method::Get), path, ..Fault::next(not_there) });
    let report = rig.sync().await;
    assert_eq!(report.done.deleted, 1, "it was there, and is deleted by this run");
    assert_eq!(rig.world().kashflow.cascades().len(), 1);
    let deletes = rig.journal().await.into_iter().filter(|entry| entry.action == Action::Delete);
    assert_eq!(deletes.map(|entry| entry.outcome).collect::<Vec<_>>(), ["done"]);
    assert_quiet(rig).await;
}

#[tokio::test(start_paused = true)]
async fn b32_a_killed_removal_is_finished_by_looking() {
    let capsule = deleted_in_capsule().await;
    let kashflow = gone_from_kashflow().await;
    for (start, kind, choice, value, action) in [
        (&capsule, QuestionKind::DeletedInCapsule, Choice::Archive, None, Action::Archive),
        (
            &capsule,
            QuestionKind::DeletedInCapsule,
            Choice::Delete,
            Some(capsule.name.as_str()),
            Action::Delete,
        ),
        (
            &kashflow,
            QuestionKind::DeletedInKashFlow,
            Choice::Delete,
            Some(kashflow.name.as_str()),
            Action::Delete,
        ),
    ] {
        for carried_out in [false, true] {
            let rig = &start.rig.copy();
            let answer = answer(rig, kind, choice.clone(), value).await;
            let crash = Crash { at_write: 0, carried_out };
            let came = rig.process(vec![answer, sync()], true, Some(crash)).await;
            assert!(matches!(came, Came::Died), "{choice:?} {carried_out}");
            let report = rig.sync().await;
            assert_eq!(report.done.archived + report.done.deleted, 1, "{choice:?} {carried_out}");
            let kept = rig.kept().await;
            assert!(kept.local.intents.is_empty() && question(&kept, kind).is_none());
            let entries = rig.journal().await.into_iter().filter(|entry| entry.action == action).count();
            assert_eq!(entries, 1);
            assert!(rig.world().kashflow.cascades().len() <= 1);
            assert_quiet(rig).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn b29_a_customer_on_a_vat_return_is_not_deleted() {
    let case = deleted_in_capsule().await;
    let Case { rig, code, name, .. } = &case;
    let declared = json!({"CustomerCode": code, "NetAmount": 10, "VATAmount": 2, "VATReturnId": 5});
    let before = answer(rig, QuestionKind::DeletedInCapsule, Choice::Delete, Some(name.as_str())).await;
    let now = rig.now();
    rig.world().kashflow.add("invoice", &declared, now).unwrap();
    // Answered before it was known: the answer dies, and is asked for again.
    let report = rig.process(vec![before.clone(), sync()], true, None).await.report();
    assert_eq!((written(rig), report.done.deleted), (Vec::new(), 0));
    assert!(question(&rig.kept().await, QuestionKind::DeletedInCapsule).unwrap().is_open());
    // Answered again: refused at once.
    let mut codes = Vec::new();
    let lived = rig.live(vec![before], false, None, |event| match event {
        Event::Refused { code, .. } => {
            codes.push(*code);
            vec![Command::Shutdown]
        }
        _ => Vec::new(),
    });
    assert!(lived.await);
    assert_eq!(codes, ["vat_return"]);
}

#[tokio::test(start_paused = true)]
async fn b31_a_gone_customer_is_exported_anew_once_whatever_happens_on_the_way() {
    let start = gone_from_kashflow().await;
    let cut = |effect| Fault {
        service: Some(Service::KashFlow),
        method: Some(Method::Post),
        path: "/customers".into(),
        ..Fault::next(effect)
    };
    let refusal = json!({"Message": "Not now", "ErrorCode": null}).to_string();
    let refused = Effect::Answer { status: 400, headers: Vec::new(), body: refusal };
    for (fault, at_once) in [
        (None, true),
        (Some(Effect::CutAfter), false),
        (Some(Effect::CutBefore), false),
        (Some(refused), false),
    ] {
        let (rig, link) = (&start.rig.copy(), &start.link);
        let is_refusal = matches!(fault, Some(Effect::Answer { .. }));
        let customers = rig.world().kashflow.customers().count();
        rig.world().faults.clear();
        if let Some(effect) = fault.clone() {
            rig.world().faults.add(cut(effect));
        }
        let exporting = answer(rig, QuestionKind::DeletedInKashFlow, Choice::Export, None).await;
        let report = rig.process(vec![exporting, sync()], true, None).await.report();
        assert_eq!(report.done.created_in_kashflow, usize::from(at_once), "{fault:?}");
        if is_refusal {
            assert!(question(&rig.kept().await, QuestionKind::DeletedInKashFlow).unwrap().is_open());
            continue;
        }
        if at_once {
            // The summary came with it: nothing is left for a further run.
            rig.world().log.clear();
            assert_eq!(rig.sync().await.done, Counts::default());
            assert_eq!(rig.world().writes().count(), 0);
        }
        // What is in doubt is looked up after the settle time; what was not done is done then.
        for _ in 0..2 {
            rig.pass(SignedDuration::from_mins(30));
            rig.sync().await;
        }
        let kept = rig.kept().await;
        let again = kept.local.link_on(link.contact, Side::Customer).unwrap();
        assert!(again.ledger != link.ledger && again.reason == LinkReason::Exported);
        let name = kept.snapshot.contacts[&link.contact].name();
        let made = rig.world().kashflow.customers().filter(|customer| customer.name == name).count();
        assert_eq!((made, rig.world().kashflow.customers().count()), (1, customers + 1), "{fault:?}");
        assert!(!kept.snapshot.ledger.contains_key(&link.ledger) && kept.local.missing.is_empty());
        assert!(question(&kept, QuestionKind::DeletedInKashFlow).is_none() && kept.local.intents.is_empty());
        let journal = rig.journal().await;
        assert_eq!(journal.iter().filter(|entry| entry.action == Action::Export).count(), 1);
        assert_quiet(rig).await;
    }
}
