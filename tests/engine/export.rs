//! Export: a customer in KashFlow for a contact, once, whatever happens on the way (design B25 to B27).

use jiff::SignedDuration;
use jiff::civil::date;
use kashsync::domain::contact::{Contact, ContactKind};
use kashsync::domain::details::Field;
use kashsync::domain::export::exports;
use kashsync::domain::ids::{ContactId, EntryId, Service as On, Side};
use kashsync::domain::journal::Action;
use kashsync::domain::link::LinkReason;
use kashsync::domain::run::Outcome;
use kashsync::engine::command::{Command, Undo};
use kashsync::ports::Kept;
use kashsync::sim::fault::{Effect, Fault, Service};
use kashsync::sim::firm::sample;
use kashsync::sim::http::Method;
use serde_json::json;

use crate::pair::{Pair, with};
use crate::rig::{Came, Crash, Rig};

async fn synced() -> Rig {
    let rig = Rig::of(&sample(date(2026, 11, 24), 1));
    rig.sync().await;
    rig.pass(SignedDuration::from_mins(30));
    rig.sync().await;
    rig.world().log.clear();
    rig
}

/// Contacts that can be exported and are what is asked for.
fn exportable(kept: &Kept, is_wanted: impl Fn(&Contact) -> bool) -> Vec<ContactId> {
    let wanted = kept.snapshot.contacts.values().filter(|contact| is_wanted(contact));
    let ids: Vec<ContactId> = wanted.map(|contact| contact.id).collect();
    let found = exports(&ids, &kept.snapshot, &kept.local);
    found.into_iter().filter(|(_, export)| export.is_ok()).map(|(id, _)| id).collect()
}

fn organisation(contact: &Contact) -> bool {
    matches!(contact.kind, ContactKind::Organisation { .. }) && !contact.emails.is_empty()
}

fn customers(rig: &Rig) -> usize {
    rig.world().kashflow.customers().count()
}

/// Requests that change records other than the session.
fn written(rig: &Rig) -> Vec<String> {
    rig.world().writes().map(|entry| format!("{:?} {}", entry.method, entry.path)).collect()
}

async fn quiet_after(rig: &Rig) {
    rig.pass(SignedDuration::from_mins(30));
    rig.sync().await;
    rig.pass(SignedDuration::from_mins(30));
    rig.world().log.clear();
    let report = rig.sync().await;
    assert_eq!(written(rig), Vec::<String>::new(), "a further run writes nothing");
    assert_eq!(report.done.created_in_capsule, 0);
}

#[tokio::test(start_paused = true)]
async fn b25_an_organisation_becomes_a_customer_and_the_pair_is_linked() {
    let rig = synced().await;
    let id = exportable(&rig.kept().await, organisation)[0];
    let (before, parties) = (customers(&rig), rig.world().capsule.parties().count());
    let report = rig.process(vec![Command::Export(vec![id])], false, None).await.report();
    assert_eq!((report.error.clone(), report.done.created_in_kashflow), (None, 1));
    assert_eq!(written(&rig), ["Post /v2/customers"]);
    let kept = rig.kept().await;
    let link = kept.local.link_on(id, Side::Customer).unwrap();
    assert_eq!(link.reason, LinkReason::Exported);
    let contact = &kept.snapshot.contacts[&id];
    let record =
        rig.world().kashflow.customers().find(|record| record.id == link.ledger.id.0).cloned().unwrap();
    assert_eq!(record.name, contact.name());
    assert_eq!(
        record.people.first().and_then(|row| row.email.clone()),
        Some(contact.emails[0].address.clone())
    );
    assert_eq!(customers(&rig), before + 1);
    let exported = rig.journal().await.into_iter().filter(|entry| entry.action == Action::Export).count();
    assert_eq!(exported, 1);
    quiet_after(&rig).await;
    assert_eq!((customers(&rig), rig.world().capsule.parties().count()), (before + 1, parties));
}

#[tokio::test(start_paused = true)]
async fn b25_a_person_exports_the_organisation_with_the_person_as_contact_person() {
    let rig = synced().await;
    let kept = rig.kept().await;
    let id = exportable(&kept, |contact| contact.employer().is_some())[0];
    let ContactKind::Person { first, employer: Some(employer), .. } = &kept.snapshot.contacts[&id].kind
    else {
        panic!("a person in an organisation")
    };
    rig.process(vec![Command::Export(vec![id])], false, None).await.report();
    let after = rig.kept().await;
    let link = after.local.link_on(employer.id, Side::Customer).unwrap();
    let record =
        rig.world().kashflow.customers().find(|record| record.id == link.ledger.id.0).cloned().unwrap();
    assert_eq!(
        (record.name, record.people[0].first_name.clone()),
        (employer.name.clone(), Some(first.clone()))
    );
    quiet_after(&rig).await;
}

#[tokio::test(start_paused = true)]
async fn b27_several_go_as_one_batch_each_with_a_code_of_its_own() {
    let rig = synced().await;
    let ids = exportable(&rig.kept().await, organisation);
    let before = customers(&rig);
    let report = rig.process(vec![Command::Export(ids.clone())], false, None).await.report();
    assert_eq!(report.done.created_in_kashflow, ids.len());
    assert!(ids.len() > 2 && customers(&rig) == before + ids.len());
    quiet_after(&rig).await;
}

#[tokio::test(start_paused = true)]
async fn b27_a_name_that_kashflow_has_by_now_is_not_exported() {
    let rig = synced().await;
    let kept = rig.kept().await;
    let id = exportable(&kept, organisation)[0];
    let name = kept.snapshot.contacts[&id].name().into_owned();
    let now = rig.now();
    rig.world().kashflow.add("customer", &json!({ "Name": name }), now).unwrap();
    rig.world().log.clear();
    let report = rig.process(vec![Command::Export(vec![id])], false, None).await.report();
    assert_eq!(report.outcome, Outcome::Stopped);
    assert_eq!(report.error.as_ref().map(|error| error.code.as_str()), Some("name_exists"));
    assert_eq!(written(&rig), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn b27_what_would_be_a_duplicate_is_not_exported() {
    let rig = synced().await;
    for _ in 0..2 {
        let twin = json!({"party": {"type": "person", "firstName": "Zeda", "lastName": "Quill"}});
        assert_eq!(rig.call_capsule(Method::Post, "/api/v2/parties", &twin.to_string()).0, 201);
    }
    rig.sync().await;
    let kept = rig.kept().await;
    let twins = exportable(&kept, |contact| contact.name() == "Zeda Quill");
    assert_eq!(twins.len(), 1, "one of them");
    let all = kept.snapshot.contacts.values().filter(|contact| contact.name() == "Zeda Quill");
    let both: Vec<ContactId> = all.map(|contact| contact.id).collect();
    // Somebody whom a customer may be already.
    let open = kept.local.open_questions().filter(|asked| asked.asked.key.waiting[0].side == Side::Customer);
    let (question, candidate) = open
        .flat_map(|asked| asked.asked.candidates.iter().map(|one| (asked.id.0, one)))
        .find(|(_, one)| kept.local.link_on(one.contact, Side::Customer).is_none())
        .unwrap();
    rig.world().log.clear();
    for (chosen, wanted) in [
        (both.clone(), format!("contacts {} and {} are", both[0].0, both[1].0)),
        (vec![candidate.contact], format!("question {question}")),
    ] {
        let report = rig.process(vec![Command::Export(chosen)], false, None).await.report();
        let error = report.error.clone().unwrap();
        assert_eq!((error.code.as_str(), report.outcome), ("name_exists", Outcome::Stopped), "{error:?}");
        assert!(error.message.contains(&wanted), "{error:?}");
    }
    assert_eq!(written(&rig), Vec::<String>::new());
    rig.process(vec![Command::Export(twins)], false, None).await.report();
    quiet_after(&rig).await;
}

#[tokio::test(start_paused = true)]
async fn b35_nothing_is_exported_before_the_first_sync_is_approved() {
    let rig = Rig::of(&sample(date(2026, 11, 24), 1));
    rig.process(vec![Command::Sync { full: false, contact: None }], false, None).await;
    let id = exportable(&rig.kept().await, organisation)[0];
    let report = rig.process(vec![Command::Export(vec![id])], false, None).await.report();
    assert_eq!(report.error.as_ref().map(|error| error.code.as_str()), Some("first_run_needs_yes"));
    assert_eq!(written(&rig), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn i01_an_export_that_is_cut_off_makes_no_second_customer() {
    let rig = synced().await;
    let id = exportable(&rig.kept().await, organisation)[0];
    for carried_out in [false, true] {
        let rig = rig.copy();
        let before = customers(&rig);
        let crash = Some(Crash { at_write: 0, carried_out });
        assert!(matches!(rig.process(vec![Command::Export(vec![id])], false, crash).await, Came::Died));
        // While nobody knows what became of it, it is not sent again.
        let again = rig.process(vec![Command::Export(vec![id])], false, None).await.report();
        let code = if carried_out { "already_linked" } else { "name_exists" };
        assert_eq!(again.error.as_ref().map(|error| error.code.as_str()), Some(code));
        rig.pass(SignedDuration::from_mins(5));
        rig.sync().await;
        let kept = rig.kept().await;
        assert!(kept.local.intents.is_empty(), "{:?}", kept.local.intents);
        assert_eq!(kept.local.link_on(id, Side::Customer).is_some(), carried_out, "adopted, or not done");
        assert_eq!(customers(&rig), before + usize::from(carried_out));
        let entries = rig.journal().await;
        let exported = entries.iter().filter(|entry| entry.action == Action::Export).count();
        assert_eq!(exported, usize::from(carried_out), "what was found done is in the journal");
        quiet_after(&rig).await;
        assert_eq!(customers(&rig), before + usize::from(carried_out));
    }
}

#[tokio::test(start_paused = true)]
async fn b27_a_code_taken_meanwhile_gives_way_to_the_next() {
    let rig = synced().await;
    let kept = rig.kept().await;
    let id = exportable(&kept, organisation)[0];
    let refusal = json!({"Message": "Customer Code is not unique", "ErrorCode": null}).to_string();
    rig.world().faults.add(Fault {
        service: Some(Service::KashFlow),
        method: Some(Method::Post),
        path: "/customers".into(),
        times: Some(1),
        ..Fault::next(Effect::Answer { status: 400, headers: Vec::new(), body: refusal })
    });
    let shown = exports(&[id], &kept.snapshot, &kept.local)[0].1.clone().unwrap().draft.code;
    let report = rig.process(vec![Command::Export(vec![id])], false, None).await.report();
    assert_eq!(report.done.created_in_kashflow, 1);
    let after = rig.kept().await;
    let link = after.local.link_on(id, Side::Customer).unwrap();
    assert_ne!(after.snapshot.ledger[&link.ledger].code, shown);
}

/// People of the linked pair's organisation, read by a sync.
async fn with_people(pair: &Pair, people: &[(&str, &str)]) -> Vec<ContactId> {
    for (first, last) in people {
        let body = json!({"party": {"type": "person", "firstName": first, "lastName": last,
            "organisation": {"id": pair.contact}}});
        assert_eq!(pair.rig.call_capsule(Method::Post, "/api/v2/parties", &body.to_string()).0, 201);
    }
    pair.sync().await;
    let kept = pair.rig.kept().await;
    let id =
        |name: String| kept.snapshot.contacts.values().find(|contact| contact.name() == name).unwrap().id;
    people.iter().map(|(first, last)| id(format!("{first} {last}"))).collect()
}

#[tokio::test(start_paused = true)]
async fn b27_a_person_of_a_linked_organisation_becomes_its_contact_person() {
    let pair = Pair::linked().await;
    let lena = with_people(&pair, &[("Lena", "Okoro")]).await[0];
    let before = pair.customer();
    pair.rig.world().log.clear();
    let report = pair.rig.process(vec![Command::Export(vec![lena])], false, None).await.report();
    assert_eq!((report.error.clone(), report.done.updated_in_kashflow), (None, 1));
    assert_eq!(pair.written(), ["PUT /v2/customers/ASHT01"]);
    let named = [
        ("/Contacts/0/Firstname", json!("Lena")),
        ("/Contacts/0/LastName", json!("Okoro")),
        ("/Contacts/0/Name", json!("Lena Okoro")),
    ];
    let mut after = pair.customer();
    let bare = |whole: &mut serde_json::Value| {
        whole.as_object_mut().unwrap().retain(|name, _| !name.contains("ontactName") && name != "Contact");
    };
    let mut expected = with(before, &named);
    bare(&mut expected);
    bare(&mut after);
    assert_eq!(after, expected, "all else stays");
    let link = pair.link().await;
    assert_eq!((link.person, link.taken.len()), (Some(lena), 0));
    let journal = pair.rig.journal().await;
    let words: Vec<&str> = journal.iter().rev().take(2).map(|entry| entry.action.word()).collect();
    assert_eq!(words, ["update", "take"]);
    pair.quiet().await;
    // From now on the person's name is compared.
    let now = pair.rig.now();
    pair.rig.world().capsule.edit(lena.0, &json!({"lastName": "Okoro-Pike"}), now).unwrap();
    assert_eq!(pair.sync().await.done.updated_in_kashflow, 1);
    assert_eq!(pair.customer()["Contacts"][0]["LastName"], json!("Okoro-Pike"));
    pair.quiet().await;
    // The Contact Person already: nothing to replace.
    let report = pair.rig.process(vec![Command::Export(vec![lena])], false, None).await.report();
    assert_eq!(report.error.as_ref().map(|error| error.code.as_str()), Some("already_linked"));
}

#[tokio::test(start_paused = true)]
async fn b36_another_contact_person_is_taken_back_name_first_and_then_the_person() {
    let pair = Pair::linked().await;
    let people = with_people(&pair, &[("Lena", "Okoro"), ("Max", "Lee")]).await;
    for person in &people {
        let report = pair.rig.process(vec![Command::Export(vec![*person])], false, None).await.report();
        assert_eq!(report.done.updated_in_kashflow, 1);
    }
    let of = async |action: Action| -> EntryId {
        let journal = pair.rig.journal().await;
        journal
            .iter()
            .rev()
            .find(|entry| entry.action == action && !entry.undone && entry.run.is_some())
            .unwrap()
            .id
    };
    let (take, update) = (of(Action::Take).await, of(Action::Update).await);
    let undo = |id: EntryId| Command::Undo(Undo::Entries([id].into()));
    assert_eq!(pair.rig.act(undo(take)).await, (0, Some("undo_refused".into())), "its update first");
    assert_eq!(pair.rig.act(undo(update)).await, (1, None));
    assert_eq!(pair.customer()["Contacts"][0]["LastName"], "Okoro");
    // The difference is accepted: no sync writes the name again.
    pair.quiet().await;
    assert_eq!(pair.rig.act(undo(take)).await, (1, None));
    let link = pair.link().await;
    assert_eq!((link.person, link.taken.len()), (Some(people[0]), 0));
    pair.quiet().await;
    // From now on the former one's name counts again.
    let now = pair.rig.now();
    pair.rig.world().capsule.edit(people[0].0, &json!({"lastName": "Okoro-Pike"}), now).unwrap();
    pair.sync().await;
    assert_eq!(pair.customer()["Contacts"][0]["LastName"], "Okoro-Pike");
}

#[tokio::test(start_paused = true)]
async fn b36_a_contact_persons_old_name_back_in_capsule_is_an_accepted_difference() {
    let pair = Pair::linked().await;
    let lena = with_people(&pair, &[("Lena", "Okoro")]).await[0];
    pair.rig.process(vec![Command::Export(vec![lena])], false, None).await.report();
    pair.quiet().await;
    pair.in_kashflow(&json!({"Contacts": [{"FirstName": "Lena", "LastName": "Pike"}]}));
    pair.sync().await;
    let (contact, field) = (ContactId(pair.contact), Field::ContactPerson);
    assert_eq!(
        pair.command(Command::Take { contact, field, side: On::KashFlow }).await.done.updated_in_capsule,
        1
    );
    let entry =
        pair.rig.journal().await.into_iter().rev().find(|entry| entry.action == Action::Update).unwrap().id;
    assert_eq!(pair.rig.act(Command::Undo(Undo::Entries([entry].into()))).await, (1, None));
    pair.quiet().await;
    assert_eq!(pair.customer()["Contacts"][0]["LastName"], "Pike", "nobody asked for Capsule's name there");
}

#[tokio::test(start_paused = true)]
async fn b35_nothing_is_exported_while_a_list_reads_empty_that_cannot_be() {
    let rig = synced().await;
    let body = r#"{"MetaData":{"TotalRecords":0,"NextPageUrl":null},"Data":[]}"#.to_owned();
    let fault = Fault {
        path: "/customers".into(),
        times: None,
        ..Fault::next(Effect::Answer { status: 200, headers: vec![], body })
    };
    rig.world().faults.add(fault);
    let kept = rig.kept().await;
    let chosen = kept.snapshot.contacts.keys().find(|id| {
        exports(&[**id], &kept.snapshot, &kept.local).first().is_some_and(|(_, export)| export.is_ok())
    });
    let report = rig.process(vec![Command::Export(vec![*chosen.unwrap()])], false, None).await.report();
    assert_eq!(report.error.as_ref().map(|error| error.code.as_str()), Some("mass_change"));
    assert_eq!(rig.world().writes().filter(|entry| !entry.path.contains("sessiontoken")).count(), 0);
}

#[tokio::test(start_paused = true)]
async fn b27_a_replacement_that_is_cut_off_is_finished_by_the_next_sync() {
    for carried_out in [false, true] {
        let pair = Pair::linked().await;
        let lena = with_people(&pair, &[("Lena", "Okoro")]).await[0];
        let crash = Some(Crash { at_write: 0, carried_out });
        assert!(matches!(
            pair.rig.process(vec![Command::Export(vec![lena])], false, crash).await,
            Came::Died
        ));
        pair.sync().await;
        let (link, name) = (pair.link().await, pair.customer()["Contacts"][0]["LastName"].clone());
        assert_eq!((link.person, link.taken.len(), name), (Some(lena), 0, json!("Okoro")), "{carried_out}");
        pair.quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn b27_two_people_cannot_both_be_the_contact_person() {
    let pair = Pair::linked().await;
    let people = with_people(&pair, &[("Lena", "Okoro"), ("Max", "Lee")]).await;
    pair.rig.world().log.clear();
    let report = pair.rig.process(vec![Command::Export(people)], false, None).await.report();
    assert_eq!(report.error.as_ref().map(|error| error.code.as_str()), Some("usage"));
    assert_eq!((pair.written(), pair.link().await.person), (Vec::new(), None));
}
