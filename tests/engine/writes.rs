//! What happens around one write: targets that moved, archived ones, values that get lost, outcomes nobody knows
//! (design 5, B17, B18).

use std::time::Duration;

use jiff::SignedDuration;
use kashsync::domain::details::Field;
use kashsync::domain::ids::{ContactId, Service};
use kashsync::domain::journal::Action;
use kashsync::domain::run::Outcome;
use kashsync::engine::command::Command;
use kashsync::engine::event::Event;
use kashsync::sim::fault::{Effect, Fault, Service as Sim};
use kashsync::sim::http::Method;
use serde_json::json;

use crate::pair::Pair;
use crate::rig::{Came, Crash};

fn sync() -> Command {
    Command::Sync { full: false, contact: None }
}

/// One run; what `meanwhile` does happens once its plan is made.
async fn sync_with(pair: &Pair, mut meanwhile: impl FnMut()) {
    pair.rig.pass(SignedDuration::from_mins(30));
    pair.rig.world().log.clear();
    let mut done = false;
    let lived = pair.rig.live(vec![sync()], false, None, |event| match event {
        Event::Planned { .. } if !done => {
            done = true;
            meanwhile();
            Vec::new()
        }
        Event::RunFinished(report) => {
            assert_eq!(report.error, None);
            vec![Command::Shutdown]
        }
        _ => Vec::new(),
    });
    assert!(lived.await && done);
}

#[tokio::test(start_paused = true)]
async fn b18_a_target_that_moved_since_the_plan_is_planned_again_in_the_same_run() {
    let pair = Pair::linked().await;
    pair.phone_in_capsule("0113 496 0155").await;
    sync_with(&pair, || pair.in_kashflow(&json!({"Telephone": "0113 496 0777", "Mobile": "07700 900777"})))
        .await;
    assert_eq!(pair.written(), ["PUT /v2/customers/ASHT01"]);
    let kashflow = pair.details().await.1;
    assert_eq!((kashflow.phone.as_str(), kashflow.mobile.as_str()), ("0113 496 0155", "07700 900777"));
    let journal = pair.rig.journal().await;
    let entry = journal.iter().find(|entry| entry.action == Action::Update).unwrap();
    assert_eq!(entry.before, [("phone".to_owned(), "0113 496 0777".to_owned())], "what really stood there");
    pair.quiet().await;
}

#[tokio::test(start_paused = true)]
async fn b18_a_contact_that_moved_since_the_plan_is_planned_again() {
    let pair = Pair::linked().await;
    pair.in_kashflow(&json!({"Telephone": "0113 496 0777"}));
    pair.sync().await;
    let phone = pair.rig.kept().await.snapshot.contacts[&ContactId(pair.contact)].phones[0].id.0;
    let take =
        Command::Take { contact: ContactId(pair.contact), field: Field::Phone, side: Service::KashFlow };
    let mut planned = 0;
    let lived = pair.rig.live(vec![take, sync()], false, None, |event| match event {
        Event::Planned { .. } => {
            planned += 1;
            pair.in_capsule(
                &json!({"about": "busy", "phoneNumbers": [{"id": phone, "number": "0113 496 0999"}]}),
            );
            Vec::new()
        }
        Event::RunFinished(_) => vec![Command::Shutdown],
        _ => Vec::new(),
    });
    assert!(lived.await);
    assert_eq!(planned, 1);
    // What was taken was another value; the edit made since wins like any other (design B14).
    let now = pair.details().await;
    assert_eq!((now.0.phone.as_str(), now.1.phone.as_str()), ("0113 496 0999", "0113 496 0999"));
    pair.quiet().await;
}

#[tokio::test(start_paused = true)]
async fn b18_a_code_that_leads_to_another_record_is_never_written_through() {
    let pair = Pair::linked().await;
    pair.phone_in_capsule("0113 496 0155").await;
    let now = pair.rig.now();
    sync_with(&pair, || {
        let mut world = pair.rig.world();
        world.kashflow.edit("customer", "ASHT01", &json!({"Code": "ASHT02"}), now).unwrap();
        let other = json!({"Code": "ASHT01", "Name": "Somebody Else Ltd", "Contacts": [{"Telephone": "1"}]});
        world.kashflow.add("customer", &other, now).unwrap();
    })
    .await;
    assert_eq!(pair.written_to_kashflow(), ["PUT /v2/customers/ASHT02"], "found again by its id");
    let stranger = pair.customer();
    assert_eq!(
        (&stranger["Name"], &stranger["Contacts"][0]["Telephone"]),
        (&json!("Somebody Else Ltd"), &json!("1"))
    );
    assert_eq!(pair.details().await.1.phone, "0113 496 0155");
}

#[tokio::test(start_paused = true)]
async fn b35_nothing_more_is_written_once_a_list_that_is_read_again_reads_empty() {
    let pair = Pair::linked().await;
    pair.phone_in_capsule("0113 496 0155").await;
    let answer = |status, body: &str| Effect::Answer { status, headers: vec![], body: body.into() };
    sync_with(&pair, || {
        let fault = |path: &str, effect| Fault {
            service: Some(Sim::KashFlow),
            method: Some(Method::Get),
            path: path.into(),
            ..Fault::next(effect)
        };
        let mut world = pair.rig.world();
        world.faults.add(fault("/customers/ASHT01", answer(404, "")));
        world.faults.add(fault(
            "/v2/customers",
            answer(200, r#"{"MetaData":{"TotalRecords":0,"NextPageUrl":null},"Data":[]}"#),
        ));
    })
    .await;
    assert_eq!(pair.written_to_kashflow(), Vec::<String>::new());
    assert_eq!(pair.sync().await.done.updated_in_kashflow, 1, "the next run reads the list as it is");
}

#[tokio::test(start_paused = true)]
async fn b18_nothing_is_written_to_an_archived_record_and_what_waited_goes_later() {
    let pair = Pair::linked().await;
    pair.in_kashflow(&json!({"IsArchived": true}));
    pair.phone_in_capsule("0113 496 0155").await;
    // The summary in Capsule may say so; the customer is left alone.
    pair.sync().await;
    assert_eq!(pair.written_to_kashflow(), Vec::<String>::new());
    pair.quiet().await;
    pair.in_kashflow(&json!({"IsArchived": false}));
    assert_eq!(pair.sync().await.done.updated_in_kashflow, 1);
    assert_eq!(pair.details().await.1.phone, "0113 496 0155");
    pair.quiet().await;
    // Archived between plan and write.
    pair.phone_in_capsule("0113 496 0156").await;
    sync_with(&pair, || pair.in_kashflow(&json!({"IsArchived": true}))).await;
    assert_eq!(pair.written_to_kashflow(), Vec::<String>::new());
    pair.sync().await;
    pair.quiet().await;
}

#[tokio::test(start_paused = true)]
async fn b14_silent_trimming_never_looks_like_a_change() {
    let pair = Pair::linked().await;
    pair.rig.world().kashflow.options.cut_text = Some(30);
    pair.in_capsule(
        &json!({"websites": [{"service": "URL", "address": "https://ash.example/a/long/way/to/the/office"}]}),
    );
    let id = pair.rig.kept().await.snapshot.contacts[&ContactId(pair.contact)].websites[0].id.0;
    pair.in_capsule(&json!({"websites": [{"id": id, "_delete": true}]}));
    let report = pair.sync().await;
    assert_eq!(report.done.updated_in_kashflow, 1);
    assert_eq!(pair.details().await.1.website, "https://ash.example/a/long/way");
    let shown = pair.differences().await;
    assert_eq!(shown.iter().map(|one| (one.field, one.note())).collect::<Vec<_>>(), [(Field::Website, "")]);
    pair.quiet().await;
}

#[tokio::test(start_paused = true)]
async fn b17_a_lost_value_fails_the_record_and_stops_further_updates() {
    let pair = Pair::linked_with(|rig| {
        let now = rig.now();
        let mut world = rig.world();
        for place in 0..6 {
            let (code, name) = (format!("OAKS0{place}"), format!("Oak {place} Ltd"));
            let party = json!({"party": {"type": "organisation", "name": name}});
            world.kashflow.add("customer", &json!({"Code": code, "Name": name}), now).unwrap();
            world.capsule.add_party(&party, 1, now).unwrap();
        }
    })
    .await;
    let others: Vec<i64> = pair
        .rig
        .kept()
        .await
        .local
        .links()
        .map(|link| link.contact.0)
        .filter(|id| *id != pair.contact)
        .collect();
    assert_eq!(others.len(), 6);
    pair.rig.world().kashflow.options.forgets = vec!["Note".into()];
    pair.phone_in_capsule("0113 496 0155").await;
    let now = pair.rig.now();
    for id in &others {
        let phone = json!({"phoneNumbers": [{"number": "0113 496 0300", "type": "Work"}]});
        pair.rig.world().capsule.edit(*id, &phone, now).unwrap();
    }
    let report = pair.sync().await;
    assert_eq!(report.outcome, Outcome::Attention);
    assert!(report.failing[0].reason.contains("Note \"gate code 7\""), "{:?}", report.failing);
    assert!(pair.written().len() <= 4, "only what was under way: {:?}", pair.written());
    let journal = pair.rig.journal().await;
    let lossy = journal.iter().find(|entry| entry.after.iter().any(|(name, _)| name == "dropped")).unwrap();
    assert!(lossy.before.contains(&("Note".to_owned(), "gate code 7".to_owned())), "{lossy:?}");
    // The next run does the rest; the loss stays on the list.
    let rest = 7 - pair.written().len();
    assert_eq!(pair.sync().await.done.updated_in_kashflow, rest);
    let report = pair.sync().await;
    assert_eq!((pair.written().len(), report.failing.len()), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn an_update_of_unknown_outcome_is_found_out_and_never_repeated_blindly() {
    for (effect, puts, adopted) in [
        (Effect::CutAfter, 1, true),
        (Effect::HangAfter, 1, true),
        (Effect::Truncate(20), 1, true),
        (Effect::CommitLate(Duration::from_mins(1)), 1, true),
        (Effect::CutBefore, 2, false),
        (Effect::HangBefore, 2, false),
    ] {
        let pair = Pair::linked().await;
        pair.phone_in_capsule("0113 496 0155").await;
        pair.rig.world().faults.add(Fault {
            service: Some(Sim::KashFlow),
            method: Some(Method::Put),
            path: "/customers/".into(),
            ..Fault::next(effect.clone())
        });
        let report = pair.sync().await;
        assert_eq!((pair.written().len(), report.outcome), (puts, Outcome::Ok), "{effect:?}");
        assert_eq!(pair.details().await.1.phone, "0113 496 0155", "{effect:?}");
        let kept = pair.rig.kept().await;
        assert!(kept.local.intents.is_empty(), "{effect:?}");
        let journal = pair.rig.journal().await;
        let updates: Vec<_> = journal.iter().filter(|entry| entry.action == Action::Update).collect();
        assert_eq!(updates.len(), 1, "{effect:?}");
        assert_eq!(updates[0].outcome == "adopted", adopted, "{effect:?}");
        pair.quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_process_that_dies_around_an_update_leaves_it_to_the_next_run() {
    for carried_out in [false, true] {
        let pair = Pair::linked().await;
        pair.phone_in_capsule("0113 496 0155").await;
        pair.rig.pass(SignedDuration::from_mins(30));
        let crash = Crash { at_write: 0, carried_out };
        let came = pair.rig.process(vec![sync()], true, Some(crash)).await;
        assert!(matches!(came, Came::Died));
        let report = pair.sync().await;
        assert_eq!(report.outcome, Outcome::Ok);
        assert_eq!(pair.written().len(), usize::from(!carried_out));
        assert_eq!(pair.details().await.1.phone, "0113 496 0155");
        pair.quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn b17_a_single_value_that_capsule_refuses_is_left_out_and_shown() {
    let pair = Pair::linked().await;
    pair.in_kashflow(&json!({"Email": "not an address", "Telephone": "0113 496 0777"}));
    pair.sync().await;
    let contact = ContactId(pair.contact);
    let take = |field| Command::Take { contact, field, side: Service::KashFlow };
    let commands = vec![take(Field::Email), take(Field::Phone), sync()];
    let report = pair.rig.process(commands, true, None).await.report();
    assert_eq!(report.done.updated_in_capsule, 1);
    assert!(report.failing[0].reason.contains("E-mail"), "{:?}", report.failing);
    let now = pair.details().await;
    assert_eq!((now.0.phone.as_str(), now.0.email.as_str()), ("0113 496 0777", "office@ash.example"));
    // It rests until it is due again, or its data changes.
    pair.sync().await;
    assert_eq!(pair.written(), Vec::<String>::new());
    pair.in_kashflow(&json!({"Email": "new@ash.example"}));
    pair.sync().await;
    assert_eq!(
        pair.details().await.0.email,
        "office@ash.example",
        "another value than the one that was taken"
    );
    let report = pair.rig.process(vec![take(Field::Email), sync()], true, None).await.report();
    assert_eq!((report.done.updated_in_capsule, report.failing.len()), (1, 0));
    assert_eq!(pair.details().await.0.email, "new@ash.example");
    pair.quiet().await;
}

#[tokio::test(start_paused = true)]
async fn b37_an_update_that_kashflow_refuses_rests_and_goes_at_once_when_it_changes() {
    let pair = Pair::linked().await;
    pair.rig.world().kashflow.options.max_text = Some(40);
    pair.in_capsule(&json!({"name": "Ash Tree and Daughters of Leeds and York Limited"}));
    let report = pair.sync().await;
    assert_eq!((report.outcome, report.done.updated_in_kashflow), (Outcome::Attention, 0));
    assert!(report.failing[0].reason.contains("Name"), "{:?}", report.failing);
    pair.sync().await;
    assert_eq!(pair.written(), Vec::<String>::new(), "it rests");
    pair.in_capsule(&json!({"name": "Ash Tree and Daughters"}));
    let report = pair.sync().await;
    assert_eq!((report.outcome, report.done.updated_in_kashflow), (Outcome::Ok, 1));
    pair.quiet().await;
}
