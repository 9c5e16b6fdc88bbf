//! Merging two contacts at once (design B28).

use std::sync::Arc;

use jiff::SignedDuration;
use jiff::civil::date;
use kashsync::domain::details::Field;
use kashsync::domain::ids::ContactId;
use kashsync::domain::journal::Action;
use kashsync::domain::link::{Link, LinkReason};
use kashsync::domain::merging::Merging;
use kashsync::domain::operation::Counts;
use kashsync::engine::command::{Command, MergeOrder};
use kashsync::engine::event::Event;
use kashsync::sim::fault::{Effect, Fault};
use kashsync::sim::firm::sample;
use kashsync::sim::http::Method;
use serde_json::json;

use crate::pair::Pair;
use crate::rig::{Crash, Rig};

const OTHER: &str = "Abbey Kitchens (old)";

/// A linked contact without a history, and the unlinked one that shall be kept.
struct Case {
    rig: Rig,
    keep: ContactId,
    other: ContactId,
    link: Link,
    other_name: String,
    ledger_name: String,
}

#[derive(Debug, Default)]
struct Told {
    died: bool,
    mergings: Vec<Arc<Merging>>,
    refused: Vec<(&'static str, String)>,
}

fn id_of(rig: &Rig, name: &str) -> ContactId {
    ContactId(rig.world().capsule.parties().find(|party| party.name() == name).unwrap().id)
}

fn make(rig: &Rig, body: &serde_json::Value) {
    assert_eq!(rig.call_capsule(Method::Post, "/api/v2/parties", &json!({"party": body}).to_string()).0, 201);
}

impl Case {
    /// The other one is a contact that kashsync made, so nothing hangs on it; a person of it and a row are added.
    async fn new() -> Self {
        let rig = Rig::of(&sample(date(2026, 11, 24), 1));
        let now = rig.now();
        let customer = json!({"Name": OTHER, "Code": "OLDA01"});
        rig.world().kashflow.add("customer", &customer, now).unwrap();
        rig.sync().await;
        let other = id_of(&rig, OTHER);
        make(&rig, &json!({"type": "organisation", "name": "Quillfeather Abbey Stores"}));
        let keep = id_of(&rig, "Quillfeather Abbey Stores");
        make(
            &rig,
            &json!({"type": "person", "firstName": "Zoe", "lastName": "Quill", "organisation": {"id": other.0}}),
        );
        let row = json!({"party": {"emailAddresses": [{"type": "Work", "address": "old@abbey.example"}],
            "tags": [{"name": "Regular"}]}});
        let path = format!("/api/v2/parties/{}", other.0);
        assert_eq!(rig.call_capsule(Method::Put, &path, &row.to_string()).0, 200);
        for _ in 0..2 {
            rig.pass(SignedDuration::from_hours(2));
            rig.sync().await;
        }
        let kept = rig.kept().await;
        let link = kept.local.links_on(other).next().unwrap().clone();
        rig.world().log.clear();
        let (other_name, ledger_name) = (OTHER.to_owned(), OTHER.to_owned());
        Self { rig, keep, other, link, other_name, ledger_name }
    }

    fn copy(&self) -> Self {
        Self {
            rig: self.rig.copy(),
            link: self.link.clone(),
            other_name: self.other_name.clone(),
            ledger_name: self.ledger_name.clone(),
            ..*self
        }
    }

    fn order(&self) -> MergeOrder {
        let confirm = Some(self.other_name.to_uppercase());
        MergeOrder { keep: self.keep, other: self.other, name: None, confirm, dry: false }
    }

    async fn obey(&self, order: MergeOrder, crash: Option<Crash>) -> Told {
        let mut told = Told::default();
        let lived = self.rig.live(vec![Command::Merge(order.clone())], false, crash, |event| match event {
            Event::Merging(merging) => {
                told.mergings.push(Arc::clone(merging));
                if merging.done || order.dry { vec![Command::Shutdown] } else { Vec::new() }
            }
            Event::Refused { code, remedy, .. } => {
                told.refused.push((code, remedy.clone()));
                vec![Command::Shutdown]
            }
            _ => Vec::new(),
        });
        told.died = !lived.await;
        told
    }

    async fn assert_merged(&self) {
        let kept = self.rig.kept().await;
        assert!(!kept.snapshot.contacts.contains_key(&self.other) && kept.local.intents.is_empty());
        let link = kept.local.link_of(self.link.ledger).unwrap();
        assert_eq!((link.contact, link.reason), (self.keep, LinkReason::Merged));
        let keep = &kept.snapshot.contacts[&self.keep];
        assert_eq!(keep.name(), self.ledger_name);
        assert!(keep.emails.iter().any(|row| row.address == "old@abbey.example"));
        assert!(self.rig.world().capsule.parties().all(|party| party.id != self.other.0));
        let zoe = kept.snapshot.contacts.values().find(|contact| contact.name() == "Zoe Quill").unwrap();
        assert_eq!(zoe.employer().unwrap().id, self.keep);
    }

    /// The first run writes the summary on the kept contact; further ones write nothing.
    async fn assert_settles(&self) {
        self.rig.sync().await;
        for hours in [0, 2] {
            self.rig.pass(SignedDuration::from_hours(hours));
            self.rig.world().log.clear();
            let report = self.rig.sync().await;
            assert_eq!((written(&self.rig), report.done), (Vec::new(), Counts::default()));
        }
    }
}

fn written(rig: &Rig) -> Vec<String> {
    let world = rig.world();
    let writes = world.writes().filter(|entry| entry.status != Some(422));
    writes.map(|entry| format!("{} {}", entry.method.as_str(), entry.path)).collect()
}

#[tokio::test(start_paused = true)]
async fn b18_a_contact_that_is_renamed_while_it_is_merged_is_not_deleted() {
    let case = Case::new().await;
    let mut refused = None;
    let lived = case.rig.live(vec![Command::Merge(case.order())], false, None, |event| match event {
        Event::Merging(_) => {
            let now = case.rig.now();
            let mut world = case.rig.world();
            world.capsule.edit(case.other.0, &json!({"name": "Quite Another Ltd"}), now).unwrap();
            Vec::new()
        }
        Event::Refused { code, remedy, .. } => {
            refused = Some((*code, remedy.clone()));
            vec![Command::Shutdown]
        }
        _ => Vec::new(),
    });
    assert!(lived.await);
    let (code, remedy) = refused.unwrap();
    assert_eq!(
        (code, remedy.contains("--confirm \"Quite Another Ltd\"")),
        ("needs_confirmation", true),
        "{remedy}"
    );
    assert!(case.rig.world().capsule.parties().any(|party| party.id == case.other.0));
    // The same command with the name it has now finishes it.
    let confirm = Some("Quite Another Ltd".to_owned());
    let told = case.obey(MergeOrder { confirm, ..case.order() }, None).await;
    assert_eq!(told.refused, Vec::new());
    assert!(case.rig.world().capsule.parties().all(|party| party.id != case.other.0));
    assert_eq!(case.rig.kept().await.local.link_of(case.link.ledger).unwrap().contact, case.keep);
    case.assert_settles().await;
}

#[tokio::test(start_paused = true)]
async fn b28_a_name_that_is_refused_after_the_other_has_gone_is_set_by_the_same_command() {
    let case = Case::new().await;
    let order = || MergeOrder { name: Some("Abbey Group".into()), ..case.order() };
    // The rows go in the first PUT on the kept contact, the name in the last.
    let body = r#"{"message":"name: is not allowed"}"#.to_owned();
    let refused = Fault {
        method: Some(Method::Put),
        path: format!("/parties/{}", case.keep.0),
        skip: 1,
        ..Fault::next(Effect::Answer { status: 422, headers: vec![], body })
    };
    case.rig.world().faults.add(refused);
    let told = case.obey(order(), None).await;
    assert_eq!(told.refused.len(), 1, "{told:?}");
    assert!(case.rig.world().capsule.parties().all(|party| party.id != case.other.0), "it has gone");
    let told = case.obey(order(), None).await;
    assert_eq!(told.refused, Vec::new());
    let kept = case.rig.kept().await;
    assert_eq!(kept.snapshot.contacts[&case.keep].name(), "Abbey Group");
    assert!(kept.local.intents.is_empty());
}

#[tokio::test(start_paused = true)]
async fn b11_who_merges_two_takes_back_that_they_are_not_the_same() {
    let case = Case::new().await;
    let never = Command::Never { contact: case.keep, ledger: case.link.ledger };
    case.rig.watch(vec![never, Command::Shutdown], false, &mut |_| Vec::new()).await;
    assert_eq!(case.rig.kept().await.local.never.len(), 1);
    case.obey(case.order(), None).await;
    case.assert_merged().await;
    assert!(case.rig.kept().await.local.never.is_empty());
    case.assert_settles().await;
}

#[tokio::test(start_paused = true)]
async fn b28_a_merge_moves_everything_deletes_the_other_and_then_sets_the_name() {
    let case = Case::new().await;
    let told = case.obey(case.order(), None).await;
    assert_eq!(told.refused, Vec::new());
    let last = told.mergings.last().unwrap();
    assert_eq!((last.done, last.people, last.links.len()), (true, 1, 1));
    let writes = written(&case.rig);
    let keep = format!("PUT /api/v2/parties/{}", case.keep.0);
    assert_eq!(writes.len(), 4, "{writes:?}");
    assert!(writes[0].starts_with(&keep) && writes[3].starts_with(&keep), "{writes:?}");
    assert_eq!(writes[2], format!("DELETE /api/v2/parties/{}", case.other.0));
    case.assert_merged().await;
    assert_eq!(case.rig.journal().await.iter().filter(|entry| entry.action == Action::Merge).count(), 3);
    case.assert_settles().await;
}

#[tokio::test(start_paused = true)]
async fn b28_what_holds_something_is_merged_in_capsule_only_and_then_the_link_moves() {
    let case = Case::new().await;
    let note = json!({"entry": {"type": "note", "content": "Called.", "party": {"id": case.other.0}}});
    assert_eq!(case.rig.call_capsule(Method::Post, "/api/v2/entries", &note.to_string()).0, 201);
    case.rig.world().log.clear();
    let told = case.obey(case.order(), None).await;
    assert_eq!(told.refused[0].0, "merge_refused");
    assert!(told.refused[0].1.contains(&format!("capsulecrm.com/party/{}", case.other.0)), "{told:?}");
    assert_eq!(written(&case.rig), Vec::<String>::new());
    // Merged in Capsule either way round, the link is where the contact is.
    for (gone, left) in [(case.other, case.keep), (case.keep, case.other)] {
        let copy = case.copy();
        let rig = &copy.rig;
        rig.pass(SignedDuration::from_hours(50));
        let now = rig.now();
        rig.world().capsule.merge(gone.0, left.0, now).unwrap();
        let report = rig.sync().await;
        let kept = rig.kept().await;
        let link = kept.local.link_of(case.link.ledger).unwrap();
        let moved = gone == case.other;
        assert_eq!(link.contact, if moved { case.keep } else { case.other });
        assert_eq!((link.reason == LinkReason::Merged, report.done.linked), (moved, usize::from(moved)));
        assert!(kept.local.questions.values().all(|asked| asked.asked.key.waiting != [case.link.ledger]));
        let entries = rig.journal().await.into_iter().filter(|entry| entry.action == Action::Merge).count();
        assert_eq!(entries, usize::from(moved));
        assert_eq!(
            rig.world().capsule.parties().filter(|party| party.name() == OTHER).count(),
            usize::from(!moved)
        );
        copy.assert_settles().await;
    }
    // Only deleted after all: nothing of it is on the other one, and that is asked about.
    let now = case.rig.now();
    case.rig.world().capsule.delete(case.other.0, now).unwrap();
    case.rig.sync().await;
    assert!(case.rig.kept().await.local.question_about(case.link.ledger).is_some());
}

#[tokio::test(start_paused = true)]
async fn b28_a_contact_that_is_deleted_without_a_merge_having_been_asked_for_is_asked_about() {
    let case = Case::new().await;
    let now = case.rig.now();
    case.rig.world().capsule.delete(case.other.0, now).unwrap();
    case.rig.sync().await;
    let kept = case.rig.kept().await;
    assert_eq!(kept.local.link_of(case.link.ledger).unwrap().contact, case.other);
    assert!(kept.local.question_about(case.link.ledger).is_some());
}

/// A contact with a supplier that shall be kept, and one with a customer, both read and linked; their ids.
async fn crossed(rig: &Rig) -> (ContactId, ContactId) {
    let now = rig.now();
    for (side, name, code) in
        [("supplier", "Quillfeather Timber", "QUIL01"), ("customer", "Zenith Conservatories", "ZENI01")]
    {
        rig.world().kashflow.add(side, &json!({"Name": name, "Code": code}), now).unwrap();
    }
    for _ in 0..3 {
        rig.sync().await;
        rig.pass(SignedDuration::from_hours(2));
    }
    (id_of(rig, "Quillfeather Timber"), id_of(rig, "Zenith Conservatories"))
}

/// What KashFlow calls the two.
fn names(rig: &Rig) -> Vec<String> {
    let world = rig.world();
    let all = world.kashflow.suppliers().chain(world.kashflow.customers());
    all.filter(|record| ["QUIL01", "ZENI01"].contains(&record.code.as_str()))
        .map(|record| record.name.clone())
        .collect()
}

#[tokio::test(start_paused = true)]
async fn b28_the_kept_contacts_own_name_stays_and_a_told_one_is_shown_to_rename_kashflow() {
    let start = Rig::of(&sample(date(2026, 11, 24), 1));
    let (keep, other) = crossed(&start).await;
    let group = ["Quillfeather Group", "Quillfeather Group"];
    for (told, after) in [(None, ["Quillfeather Timber", "Zenith Conservatories"]), (Some(group[0]), group)] {
        let case = Case {
            rig: start.copy(),
            keep,
            other,
            link: start.kept().await.local.links_on(other).next().unwrap().clone(),
            other_name: "Zenith Conservatories".into(),
            ledger_name: String::new(),
        };
        let order = MergeOrder { name: told.map(Into::into), ..case.order() };
        let shown = case.obey(MergeOrder { dry: true, ..order.clone() }, None).await;
        let shown = &shown.mergings[0];
        let renames: Vec<(&str, &str)> = shown
            .merged
            .updates
            .iter()
            .filter(|change| change.field == Field::Name)
            .map(|change| (change.before.as_str(), change.after.as_str()))
            .collect();
        assert_eq!(shown.name, after[0]);
        assert_eq!(shown.links[0].code, "ZENI01");
        assert_eq!(renames.len(), if told.is_some() { 2 } else { 0 }, "{renames:?}");
        assert_eq!(case.obey(order, None).await.refused, Vec::new());
        case.rig.sync().await;
        assert_eq!(names(&case.rig), after, "{told:?}");
        assert_eq!(case.rig.kept().await.snapshot.contacts[&keep].name(), after[0]);
        case.assert_settles().await;
    }
}

#[tokio::test(start_paused = true)]
async fn b28_a_merged_contact_person_goes_on_as_the_one_that_is_kept() {
    let pair = Pair::linked().await;
    for (first, last) in [("Lena", "Okoro"), ("Lena", "Okoro-Pike")] {
        make(
            &pair.rig,
            &json!({"type": "person", "firstName": first, "lastName": last, "organisation": {"id": pair.contact}}),
        );
    }
    pair.sync().await;
    let (other, keep) = (id_of(&pair.rig, "Lena Okoro"), id_of(&pair.rig, "Lena Okoro-Pike"));
    pair.rig.process(vec![Command::Export(vec![other])], false, None).await.report();
    pair.sync().await;
    assert_eq!(pair.link().await.person, Some(other));
    let case = Case {
        rig: pair.rig.copy(),
        keep,
        other,
        link: pair.link().await,
        other_name: "Lena Okoro".into(),
        ledger_name: String::new(),
    };
    let told = case.obey(case.order(), None).await;
    assert_eq!((told.refused, told.mergings[0].person_of.len()), (Vec::new(), 1));
    let shown = &told.mergings[0].merged.updates;
    assert_eq!((shown.len(), shown[0].after.as_str()), (1, "Lena Okoro-Pike"), "{shown:?}");
    let link = case.rig.kept().await.local.link_of(case.link.ledger).unwrap().clone();
    assert_eq!((link.person, link.contact), (Some(keep), case.link.contact));
    case.rig.sync().await;
    let customer = case.rig.world().kashflow.customers().find(|one| one.code == "ASHT01").cloned().unwrap();
    assert_eq!(customer.people[0].last_name.as_deref(), Some("Okoro-Pike"), "as the preview says");
    case.assert_settles().await;
}

#[tokio::test(start_paused = true)]
async fn b28_a_contact_person_merged_in_capsule_goes_on_as_the_one_that_is_left() {
    let pair = Pair::linked().await;
    for (first, last) in [("Lena", "Okoro"), ("Lena", "Okoro-Pike")] {
        make(
            &pair.rig,
            &json!({"type": "person", "firstName": first, "lastName": last, "organisation": {"id": pair.contact}}),
        );
    }
    make(&pair.rig, &json!({"type": "organisation", "name": "Ash Tree Holdings"}));
    pair.sync().await;
    let (lena, pike) = (id_of(&pair.rig, "Lena Okoro"), id_of(&pair.rig, "Lena Okoro-Pike"));
    pair.rig.process(vec![Command::Export(vec![lena])], false, None).await.report();
    pair.sync().await;
    let (firm, holdings) = (ContactId(pair.contact), id_of(&pair.rig, "Ash Tree Holdings"));
    for (keep, other, is_announced) in [(pike, lena, true), (pike, lena, false), (holdings, firm, true)] {
        let name = pair.rig.kept().await.snapshot.contacts[&other].name().into_owned();
        let case = Case {
            rig: pair.rig.copy(),
            keep,
            other,
            link: pair.link().await,
            other_name: name,
            ledger_name: String::new(),
        };
        let note = json!({"entry": {"type": "note", "content": "Called.", "party": {"id": other.0}}});
        assert_eq!(case.rig.call_capsule(Method::Post, "/api/v2/entries", &note.to_string()).0, 201);
        if is_announced {
            assert_eq!(case.obey(case.order(), None).await.refused[0].0, "merge_refused");
        }
        let now = case.rig.now();
        case.rig.world().capsule.merge(other.0, keep.0, now).unwrap();
        for _ in 0..2 {
            case.rig.pass(SignedDuration::from_hours(1));
            case.rig.sync().await;
        }
        let link = case.rig.kept().await.local.link_of(case.link.ledger).unwrap().clone();
        let (person, contact) = match (other == lena, is_announced) {
            (true, true) => (pike, firm),
            // Nobody can know who is left.
            (true, false) => (lena, firm),
            (false, _) => (lena, holdings),
        };
        assert_eq!((link.person, link.contact), (Some(person), contact), "{} {is_announced}", other.0);
        let customer = case.rig.world().kashflow.customers().find(|one| one.code == "ASHT01").cloned();
        let last = if person == pike { "Okoro-Pike" } else { "Okoro" };
        assert_eq!(customer.unwrap().people[0].last_name.as_deref(), Some(last));
        case.assert_settles().await;
    }
}

#[tokio::test(start_paused = true)]
async fn b28_nothing_is_merged_before_the_name_is_typed() {
    let case = Case::new().await;
    let told = case.obey(MergeOrder { confirm: None, ..case.order() }, None).await;
    assert_eq!(told.refused[0].0, "needs_confirmation");
    let told = case.obey(MergeOrder { confirm: None, dry: true, ..case.order() }, None).await;
    assert!(told.refused.is_empty() && !told.mergings[0].done);
    let itself = MergeOrder { other: case.keep, ..case.order() };
    assert_eq!(case.obey(itself, None).await.refused[0].0, "merge_refused");
    let unknown = MergeOrder { other: ContactId(424_242), ..case.order() };
    assert_eq!(case.obey(unknown, None).await.refused[0].0, "not_found");
    assert_eq!(written(&case.rig), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn b28_a_killed_merge_is_finished_by_the_same_command() {
    let start = Case::new().await;
    for at_write in 0..4 {
        for carried_out in [false, true] {
            for syncs in [0, 1] {
                let case = start.copy();
                let crash = Crash { at_write, carried_out };
                assert!(case.obey(case.order(), Some(crash)).await.died, "{crash:?}");
                for _ in 0..syncs {
                    case.rig.sync().await;
                }
                let told = case.obey(case.order(), None).await;
                assert_eq!(told.refused, Vec::new(), "{crash:?} {syncs}");
                case.assert_merged().await;
                case.assert_settles().await;
            }
        }
    }
}
