//! What somebody who looks at the screen asks for: a contact's journal, and contacts that look alike.

use std::collections::BTreeSet;
use std::sync::Arc;

use kashsync::domain::ids::{ContactId, Side};
use kashsync::domain::journal::{Action, JournalEntry};
use kashsync::domain::local::RecordRef;
use kashsync::domain::matching::duplicates;
use kashsync::engine::command::Command;
use kashsync::engine::event::Event;

use crate::rig::Rig;

/// A contact with a customer.
async fn linked(rig: &Rig) -> ContactId {
    let kept = rig.kept().await;
    let link = kept.local.links().find(|link| link.ledger.side == Side::Customer).unwrap();
    link.contact
}

async fn journal(rig: &Rig, contact: ContactId) -> Arc<[JournalEntry]> {
    let mut told = None;
    let commands = vec![Command::ReadJournal(contact), Command::Shutdown];
    rig.watch(commands, false, &mut |event| {
        if let Event::Journal { contact: of, entries } = event {
            assert_eq!(*of, contact);
            told = Some(Arc::clone(entries));
        }
        vec![]
    })
    .await;
    told.unwrap()
}

#[tokio::test(start_paused = true)]
async fn b36_a_contacts_history_is_newest_first_and_nobody_elses() {
    let rig = Rig::synced().await;
    let contact = linked(&rig).await;
    let ledger = rig.kept().await.local.link_on(contact, Side::Customer).unwrap().ledger;
    let entries = journal(&rig, contact).await;
    assert!(entries.len() > 1 && entries.windows(2).all(|pair| pair[0].id > pair[1].id), "{entries:?}");
    let own = |entry: &&JournalEntry| {
        [Some(RecordRef::Contact(contact)), Some(RecordRef::Ledger(ledger))].contains(&entry.record)
    };
    let all = rig.journal().await;
    let expected: Vec<&JournalEntry> = all.iter().rev().filter(own).collect();
    assert_eq!(entries.iter().collect::<Vec<_>>(), expected);
    assert_eq!(journal(&rig, ContactId(1)).await.len(), 0, "no such contact has no history");
}

#[tokio::test(start_paused = true)]
async fn b36_a_link_that_has_ended_stays_in_the_history_of_both() {
    let rig = Rig::synced().await;
    let contact = linked(&rig).await;
    let unlink = vec![Command::Unlink { contact, side: None }, Command::Shutdown];
    rig.watch(unlink, false, &mut |_| vec![]).await;
    let entries = journal(&rig, contact).await;
    let actions: Vec<Action> = entries.iter().map(|entry| entry.action).collect();
    assert!(actions.contains(&Action::Unlink) && actions.contains(&Action::Link), "{actions:?}");
}

#[tokio::test(start_paused = true)]
async fn b28_duplicates_are_those_of_the_command_line() {
    let rig = Rig::synced().await;
    let kept = rig.kept().await;
    let pairs = duplicates(kept.snapshot.contacts.values());
    let expected: BTreeSet<ContactId> = pairs.iter().flat_map(|pair| [pair.first, pair.second]).collect();
    assert!(!expected.is_empty());
    let mut told = None;
    rig.watch(vec![Command::FindDuplicates, Command::Shutdown], false, &mut |event| {
        if let Event::Duplicates(found) = event {
            told = Some(Arc::clone(found));
        }
        vec![]
    })
    .await;
    assert_eq!(*told.unwrap(), expected);
}

#[tokio::test(start_paused = true)]
async fn who_looks_is_answered_while_something_is_done_at_once_or_a_run_goes_on() {
    let rig = Rig::synced().await;
    let contact = linked(&rig).await;
    for under_way in [Command::TestCredentials, Command::Sync { full: false, contact: None }] {
        let (mut answers, mut ended_after) = (0, None);
        let looks = [Command::ReadJournal(contact), Command::FindDuplicates];
        let commands = [under_way.clone()].into_iter().chain(looks).collect();
        rig.watch(commands, false, &mut |event| {
            match event {
                Event::Journal { .. } | Event::Duplicates(_) => answers += 1,
                Event::Refused { message, .. } => panic!("{under_way:?}: {message}"),
                Event::Tested { .. } | Event::RunFinished(_) => {
                    ended_after = Some(answers);
                    return vec![Command::Shutdown];
                }
                _ => {}
            }
            vec![]
        })
        .await;
        assert_eq!(ended_after, Some(2), "{under_way:?}");
    }
}
