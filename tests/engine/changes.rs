//! Changes on linked contacts reach the other side, or are asked about, or are left alone (design B13 to B16).

use kashsync::domain::details::Field;
use kashsync::domain::ids::{ContactId, EntryId, Service};
use kashsync::domain::journal::{Action, Place};
use kashsync::domain::policy::{KashFlowEdits, PushClears};
use kashsync::domain::question::{Choice, QuestionKind};
use kashsync::engine::command::{Command, Undo};
use kashsync::engine::event::Event;
use serde_json::json;

use crate::pair::{Pair, with};

#[tokio::test(start_paused = true)]
async fn b14_b17_an_edit_in_capsule_reaches_kashflow_and_everything_else_stays() {
    let pair = Pair::linked().await;
    let before = pair.customer();
    let kept = pair.rig.kept().await;
    let contact = kept.snapshot.contacts[&ContactId(pair.contact)].clone();
    pair.in_capsule(&json!({
        "phoneNumbers": [{"id": contact.phones[0].id.0, "number": "0113 496 0155"}],
        "emailAddresses": [{"id": contact.emails[0].id.0, "address": "new@ash.example"}],
        "addresses": [{"id": contact.addresses[0].id.0, "street": "3 New St"}],
    }));
    let report = pair.sync().await;
    assert_eq!((report.done.updated_in_kashflow, report.done.updated_in_capsule), (1, 0));
    assert_eq!(pair.written(), ["PUT /v2/customers/ASHT01"]);
    assert_eq!(pair.details_read(), 1, "the target is read just before (B18)");
    let expected = with(
        before,
        &[
            ("/Contacts/0/Telephone", json!("0113 496 0155")),
            ("/Contacts/0/Email", json!("new@ash.example; books@ash.example")),
            ("/Addresses/0/Line1", json!("3 New St")),
        ],
    );
    let legacy = ["Telephone", "Email", "Address1", "Phone"];
    let bare = |mut whole: serde_json::Value| {
        whole.as_object_mut().unwrap().retain(|name, _| !legacy.contains(&name.as_str()));
        whole
    };
    assert_eq!(
        bare(pair.customer()),
        bare(expected),
        "notes, terms, boxes, people and delivery addresses stay"
    );
    let journal = pair.rig.journal().await;
    let entry = journal.iter().find(|entry| entry.action == Action::Update).unwrap();
    assert_eq!((entry.place, entry.outcome.as_str()), (Place::KashFlow, "done"));
    assert!(entry.before.contains(&("phone".into(), "0113 496 0101".into())), "{entry:?}");
    assert!(entry.after.contains(&("phone".into(), "0113 496 0155".into())), "{entry:?}");
    assert!(pair.differences().await.is_empty());
    pair.quiet().await;
}

#[tokio::test(start_paused = true)]
async fn b36_an_update_that_a_run_wrote_is_undone_and_stays_a_difference() {
    let pair = Pair::linked().await;
    let before = pair.customer();
    let kept = pair.rig.kept().await;
    let contact = kept.snapshot.contacts[&ContactId(pair.contact)].clone();
    pair.in_capsule(&json!({
        "phoneNumbers": [{"id": contact.phones[0].id.0, "number": "0113 496 0155"}],
        "addresses": [{"id": contact.addresses[0].id.0, "street": "3 New St", "zip": "LS9 9ZZ"}],
    }));
    assert_eq!(pair.sync().await.done.updated_in_kashflow, 1);
    let journal = pair.rig.journal().await;
    let entry = journal.iter().find(|entry| entry.action == Action::Update).unwrap().id;
    let (undone, why) = pair.rig.act(Command::Undo(Undo::Entries([entry].into()))).await;
    assert_eq!((undone, why), (1, None));
    assert_eq!(pair.customer(), before);
    let shown = pair.differences().await;
    let fields: Vec<_> = shown.iter().map(|one| (one.field, one.note())).collect();
    assert_eq!(fields, [(Field::Phone, ""), (Field::Address, "")]);
    pair.quiet().await;
}

#[tokio::test(start_paused = true)]
async fn b14_changed_on_both_sides_capsule_wins_and_the_journal_keeps_kashflows_value() {
    let pair = Pair::linked().await;
    pair.phone_in_capsule("0113 496 0155").await;
    pair.in_kashflow(&json!({"Telephone": "0113 496 0777"}));
    let report = pair.sync().await;
    assert_eq!(report.done.updated_in_kashflow, 1);
    let (capsule, kashflow) = pair.details().await;
    assert_eq!((capsule.phone.as_str(), kashflow.phone.as_str()), ("0113 496 0155", "0113 496 0155"));
    let journal = pair.rig.journal().await;
    let entry = journal.iter().find(|entry| entry.action == Action::Update).unwrap();
    assert_eq!(entry.before, [("phone".to_owned(), "0113 496 0777".to_owned())]);
    pair.quiet().await;
}

#[tokio::test(start_paused = true)]
async fn b14_changed_to_the_same_value_only_the_base_moves() {
    let pair = Pair::linked().await;
    pair.phone_in_capsule("+44 113 496 0155").await;
    pair.in_kashflow(&json!({"Telephone": "0113 496 0155"}));
    pair.quiet().await;
    let base = pair.link().await.base;
    assert_eq!(
        (base.capsule.phone.as_str(), base.kashflow.phone.as_str()),
        ("+44 113 496 0155", "0113 496 0155")
    );
    // From here on it is an edit like any other.
    pair.phone_in_capsule("0113 496 0156").await;
    assert_eq!(pair.sync().await.done.updated_in_kashflow, 1);
    pair.quiet().await;
}

#[tokio::test(start_paused = true)]
async fn b14_a_rename_in_capsule_reaches_kashflow_and_the_link_stays() {
    let pair = Pair::linked().await;
    pair.in_capsule(&json!({"name": "Ash & Elm Ltd"}));
    assert_eq!(pair.sync().await.done.updated_in_kashflow, 1);
    assert_eq!(pair.customer()["Name"], "Ash & Elm Ltd");
    pair.quiet().await;
}

#[tokio::test(start_paused = true)]
async fn b15_a_change_in_kashflow_is_left_alone_and_shown_until_capsule_changes() {
    let pair = Pair::linked().await;
    pair.in_kashflow(&json!({"Telephone": "0113 496 0777"}));
    pair.quiet().await;
    let shown = pair.differences().await;
    let [phone] = shown.as_slice() else { panic!("{shown:?}") };
    assert_eq!((phone.field, phone.note()), (Field::Phone, "changed in KashFlow"));
    pair.phone_in_capsule("0113 496 0155").await;
    assert_eq!(pair.sync().await.done.updated_in_kashflow, 1);
    assert_eq!(pair.details().await.1.phone, "0113 496 0155");
    assert!(pair.differences().await.is_empty());
    pair.quiet().await;
}

#[tokio::test(start_paused = true)]
async fn b15_restore_writes_capsules_value_over_it() {
    let mut pair = Pair::linked().await;
    pair.rig.policy.kashflow_edits = KashFlowEdits::Restore;
    pair.in_kashflow(&json!({"Telephone": "0113 496 0777", "Fax": "0113 496 0999"}));
    assert_eq!(pair.sync().await.done.updated_in_kashflow, 1);
    let kashflow = pair.details().await.1;
    assert_eq!(kashflow.phone, "0113 496 0101");
    assert_eq!(kashflow.fax, "0113 496 0999", "Capsule has nothing to restore");
    pair.quiet().await;
}

#[tokio::test(start_paused = true)]
async fn b15_ask_asks_and_the_answer_is_carried_out() {
    for (choice, capsule, kashflow, written) in [
        (Choice::KeepCapsule, "0113 496 0101", "0113 496 0101", (0, 1)),
        (Choice::KeepKashFlow, "0113 496 0777", "0113 496 0777", (1, 0)),
        (Choice::Leave, "0113 496 0101", "0113 496 0777", (0, 0)),
    ] {
        let mut pair = Pair::linked().await;
        pair.rig.policy.kashflow_edits = KashFlowEdits::Ask;
        pair.in_kashflow(&json!({"Telephone": "0113 496 0777"}));
        let report = pair.sync().await;
        assert_eq!((pair.written().len(), report.questions_new), (0, 1));
        let question = pair.question().await;
        assert_eq!(question.asked.key.kind, QuestionKind::FieldMismatch);
        assert!(question.asked.because.contains("0113 496 0777"), "{}", question.asked.because);
        pair.quiet().await;
        let report = pair.answer(choice.clone()).await;
        assert_eq!((report.done.updated_in_capsule, report.done.updated_in_kashflow), written, "{choice:?}");
        let now = pair.details().await;
        assert_eq!((now.0.phone.as_str(), now.1.phone.as_str()), (capsule, kashflow), "{choice:?}");
        assert_eq!(pair.rig.kept().await.local.questions.len(), 0, "{choice:?}");
        pair.quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn b15_an_answer_about_a_value_that_moved_is_asked_again() {
    let mut pair = Pair::linked().await;
    pair.rig.policy.kashflow_edits = KashFlowEdits::Ask;
    pair.in_kashflow(&json!({"Telephone": "0113 496 0777"}));
    pair.sync().await;
    pair.in_kashflow(&json!({"Telephone": "0113 496 0888"}));
    let report = pair.answer(Choice::KeepKashFlow).await;
    assert_eq!(report.done.updated_in_capsule, 0, "the answer was about another value");
    assert!(pair.question().await.asked.because.contains("0888"));
    assert_eq!(pair.answer(Choice::KeepKashFlow).await.done.updated_in_capsule, 1);
    pair.quiet().await;
}

#[tokio::test(start_paused = true)]
async fn b15_a_name_changed_in_kashflow_is_always_asked_about() {
    for (choice, capsule, kashflow) in [
        (Choice::KeepCapsule, "Ash Tree Ltd", "Ash Tree Ltd"),
        (Choice::KeepKashFlow, "Ash Trees plc", "Ash Trees plc"),
        (Choice::Leave, "Ash Tree Ltd", "Ash Trees plc"),
    ] {
        let mut pair = Pair::linked().await;
        pair.rig.policy.kashflow_edits = KashFlowEdits::Restore;
        pair.in_kashflow(&json!({"Name": "Ash Trees plc"}));
        let report = pair.sync().await;
        assert_eq!((pair.written().len(), report.questions_new), (0, 1));
        assert_eq!(pair.question().await.asked.key.kind, QuestionKind::NameMismatch);
        pair.answer(choice.clone()).await;
        let now = pair.details().await;
        assert_eq!((now.0.name.as_str(), now.1.name.as_str()), (capsule, kashflow), "{choice:?}");
        pair.quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn b16_an_emptied_field_is_asked_about_never_blanked_in_silence() {
    for (choice, kashflow, written) in [(Choice::Clear, "", 1), (Choice::Keep, "0113 496 0101", 0)] {
        let pair = Pair::linked().await;
        pair.no_phone_in_capsule().await;
        let report = pair.sync().await;
        assert_eq!((pair.written().len(), report.questions_new), (0, 1));
        assert_eq!(pair.question().await.asked.key.kind, QuestionKind::ClearedField);
        let report = pair.answer(choice.clone()).await;
        assert_eq!(report.done.updated_in_kashflow, written, "{choice:?}");
        assert_eq!(pair.details().await.1.phone, kashflow, "{choice:?}");
        pair.quiet().await;
        // Until that field changes again.
        pair.in_capsule(&json!({"phoneNumbers": [{"number": "0113 496 0155", "type": "Work"}]}));
        assert_eq!(pair.sync().await.done.updated_in_kashflow, 1);
        assert_eq!(pair.details().await.1.phone, "0113 496 0155");
        pair.quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn b16_the_setting_empties_always_or_never() {
    for (setting, kashflow) in [(PushClears::Always, ""), (PushClears::Never, "0113 496 0101")] {
        let mut pair = Pair::linked().await;
        pair.rig.policy.push_clears = setting;
        pair.no_phone_in_capsule().await;
        pair.sync().await;
        assert_eq!(pair.details().await.1.phone, kashflow);
        pair.quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn b13_a_difference_is_taken_either_way_and_can_be_unmarked() {
    let take =
        |pair: &Pair, side| Command::Take { contact: ContactId(pair.contact), field: Field::Phone, side };
    for (side, phone, written) in
        [(Service::Capsule, "0113 496 0101", (0, 1)), (Service::KashFlow, "0113 496 0777", (1, 0))]
    {
        let pair = Pair::linked().await;
        pair.in_kashflow(&json!({"Telephone": "0113 496 0777"}));
        pair.sync().await;
        // Marked and unmarked: nothing happens.
        let sync = Command::Sync { full: false, contact: None };
        let twice = vec![take(&pair, side), take(&pair, side), sync];
        let report = pair.rig.process(twice, true, None).await.report();
        assert_eq!((report.done.updated_in_capsule, report.done.updated_in_kashflow), (0, 0));
        let report = pair.command(take(&pair, side)).await;
        assert_eq!((report.done.updated_in_capsule, report.done.updated_in_kashflow), written, "{side:?}");
        let now = pair.details().await;
        assert_eq!((now.0.phone.as_str(), now.1.phone.as_str()), (phone, phone));
        assert!(pair.link().await.taken.is_empty());
        let takes = pair.rig.journal().await.iter().filter(|entry| entry.action == Action::Take).count();
        assert_eq!(takes, 3);
        pair.quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn b13_b17_taking_kashflows_values_changes_capsules_first_rows_and_no_others() {
    let pair = Pair::linked().await;
    pair.in_kashflow(&json!({"Email": "new@ash.example", "Line1": "3 New St", "PostCode": "LS3 3CC"}));
    pair.sync().await;
    let contact = ContactId(pair.contact);
    let before = pair.rig.kept().await.snapshot.contacts[&contact].clone();
    for field in [Field::Email, Field::Address] {
        pair.command(Command::Take { contact, field, side: Service::KashFlow }).await;
        assert_eq!(pair.written(), [format!("PUT /api/v2/parties/{}", pair.contact)]);
    }
    let after = pair.rig.kept().await.snapshot.contacts[&contact].clone();
    assert_eq!(after.emails[0].address, "new@ash.example");
    assert_eq!((after.emails[0].id, &after.emails[1..]), (before.emails[0].id, &before.emails[1..]));
    assert_eq!(after.addresses[0].street, "3 New St");
    assert_eq!(&after.addresses[1..], &before.addresses[1..], "never a second copy of an address");
    assert_eq!((&after.phones, &after.websites), (&before.phones, &before.websites));
    pair.quiet().await;
}

#[tokio::test(start_paused = true)]
async fn b14_a_contact_with_two_links_writes_to_both() {
    let pair = Pair::linked_with(|rig| {
        let supplier = json!({"Code": "ASHS01", "Name": "Ash Tree Ltd", "Contacts": [{"Email": "office@ash.example",
            "Telephone": "0113 496 0101", "Mobile": "07700 900101", "Website": "ash.example"}],
            "Address": {"Line1": "1 High St", "Line2": "Leeds", "PostCode": "LS1 1AA", "CountryCode": "GB"}});
        let now = rig.now();
        rig.world().kashflow.add("supplier", &supplier, now).unwrap();
    })
    .await;
    pair.phone_in_capsule("0113 496 0155").await;
    assert_eq!(pair.sync().await.done.updated_in_kashflow, 2);
    assert_eq!(pair.written(), ["PUT /v2/customers/ASHT01", "PUT /v2/suppliers/ASHS01"]);
    pair.quiet().await;
    // KashFlow's value of one side, taken, reaches the other side in the same run.
    pair.in_kashflow(&json!({"Telephone": "0113 496 0777"}));
    pair.sync().await;
    let take =
        Command::Take { contact: ContactId(pair.contact), field: Field::Phone, side: Service::KashFlow };
    let report = pair.command(take).await;
    assert_eq!((report.done.updated_in_capsule, report.done.updated_in_kashflow), (1, 1));
    assert!(pair.differences().await.is_empty());
    pair.quiet().await;
}

#[tokio::test(start_paused = true)]
async fn b14_the_contact_person_follows_the_person_while_there() {
    let pair = Pair::linked().await;
    pair.rig.pass(jiff::SignedDuration::from_mins(1));
    let now = pair.rig.now();
    let person = json!({"party": {"type": "person", "firstName": "Jo", "lastName": "Smith",
        "organisation": {"id": pair.contact}}});
    let person = pair.rig.world().capsule.add_party(&person, 1, now).unwrap();
    pair.sync().await;
    pair.put_link(|link| {
        link.person = Some(ContactId(person));
        link.base.capsule.contact_person = "Jo Smith".into();
    })
    .await;
    pair.quiet().await;
    pair.rig.pass(jiff::SignedDuration::from_mins(1));
    let now = pair.rig.now();
    pair.rig.world().capsule.edit(person, &json!({"lastName": "Jones"}), now).unwrap();
    assert_eq!(pair.sync().await.done.updated_in_kashflow, 1);
    let whole = pair.customer();
    assert_eq!(
        (&whole["Contacts"][0]["Firstname"], &whole["Contacts"][0]["LastName"]),
        (&json!("Jo"), &json!("Jones"))
    );
    assert_eq!(whole["Contacts"][1]["LastName"], "Lee");
    pair.quiet().await;
    // Deleted: nothing is written, nothing is asked.
    let now = pair.rig.now();
    pair.rig.world().capsule.delete(person, now).unwrap();
    pair.quiet().await;
    assert_eq!(pair.customer()["Contacts"][0]["LastName"], "Jones");
    assert!(pair.differences().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn b15_a_name_that_changed_on_both_sides_goes_the_way_it_was_taken() {
    for (side, name) in [(Service::Capsule, "Ash Tree of Leeds"), (Service::KashFlow, "Ash Tree of York")] {
        let pair = Pair::linked().await;
        pair.in_capsule(&json!({"name": "Ash Tree of Leeds"}));
        pair.in_kashflow(&json!({"Name": "Ash Tree of York"}));
        pair.sync().await;
        pair.command(Command::Take { contact: ContactId(pair.contact), field: Field::Name, side }).await;
        let now = pair.details().await;
        assert_eq!((now.0.name.as_str(), now.1.name.as_str()), (name, name));
        pair.quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn b14_a_field_that_keeps_changing_back_goes_to_failing() {
    let pair = Pair::linked().await;
    // Somebody who edits it again and again is no machine.
    for turn in 0..7 {
        pair.phone_in_capsule(&format!("0113 496 030{turn}")).await;
        assert_eq!(pair.sync().await.done.updated_in_kashflow, 1, "edit {turn}");
    }
    let by_turns = |turn: usize| format!("0113 496 020{}", turn % 2);
    for turn in 0..6 {
        pair.phone_in_capsule(&by_turns(turn)).await;
        assert_eq!(pair.sync().await.done.updated_in_kashflow, 1, "write {turn}");
    }
    pair.phone_in_capsule(&by_turns(6)).await;
    let report = pair.sync().await;
    assert_eq!(pair.written(), Vec::<String>::new());
    assert!(report.failing[0].reason.contains("Phone keeps changing back and forth"), "{report:?}");
    // A person's word is enough to try again.
    let retry = Command::Retry(Some(ContactId(pair.contact)));
    pair.rig.watch(vec![retry, Command::Shutdown], false, &mut |_| Vec::new()).await;
    assert_eq!(pair.sync().await.done.updated_in_kashflow, 1);
    for turn in 1..=5 {
        pair.phone_in_capsule(&by_turns(turn)).await;
        pair.sync().await;
    }
    pair.phone_in_capsule(&by_turns(6)).await;
    assert_eq!(pair.sync().await.failing.len(), 1);
    pair.rig.pass(jiff::SignedDuration::from_hours(25));
    let report = pair.sync().await;
    assert_eq!((report.done.updated_in_kashflow, report.failing.len()), (1, 0));
    pair.quiet().await;
}

#[tokio::test(start_paused = true)]
async fn b36_a_taken_difference_is_undone_before_it_is_written_and_through_its_update_after() {
    let pair = Pair::linked().await;
    // A difference by agreement: changed in KashFlow alone, and reported.
    pair.in_kashflow(&json!({"Contacts": [{"Telephone": "0113 496 0555"}]}));
    pair.sync().await;
    let take =
        Command::Take { contact: ContactId(pair.contact), field: Field::Phone, side: Service::Capsule };
    let of = async |action: Action| -> Vec<EntryId> {
        let journal = pair.rig.journal().await;
        journal.iter().filter(|entry| entry.action == action).map(|entry| entry.id).collect()
    };
    let undo = |id: EntryId| Command::Undo(Undo::Entries([id].into()));
    pair.rig.watch(vec![take.clone(), Command::Shutdown], false, &mut |_| Vec::new()).await;
    assert_eq!(pair.link().await.taken.len(), 1);
    let first = of(Action::Take).await[0];
    assert_eq!(pair.rig.act(undo(first)).await, (1, None));
    assert!(pair.link().await.taken.is_empty());
    pair.quiet().await;
    // Once it is written, the update is what is undone.
    let report = pair.command(take).await;
    assert_eq!(report.done.updated_in_kashflow, 1);
    let (taken, written) = (*of(Action::Take).await.last().unwrap(), of(Action::Update).await[0]);
    let mut told = Vec::new();
    let mut react = |event: &Event| {
        if let Event::Refused { message, .. } = event {
            told.push(message.clone());
        }
        Vec::new()
    };
    pair.rig.watch(vec![undo(taken), Command::Shutdown], false, &mut react).await;
    assert!(told[0].ends_with(&format!("undo entry {}", written.0)), "{told:?}");
    assert_eq!(pair.rig.act(undo(written)).await, (1, None));
    assert_eq!(pair.differences().await.len(), 1);
    pair.quiet().await;
}
