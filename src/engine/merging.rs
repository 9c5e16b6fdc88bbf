//! Merging two contacts of Capsule at once, as a person's command says (design B28).
//!
//! The kept contact takes over what it lacks, people move, the links move, the other is deleted, then the name is set. Each
//! step looks first, so that a merge that was cut off is finished by the same command; no run touches it.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::World;
use super::accounts::own_accounts;
use super::command::MergeOrder;
use super::decide::Refusal;
use super::deletion::{Halt, halted, look_at_contact, note, sent, typed};
use super::event::{Event, Level, Step};
use super::pairs::reachable;
use super::session::Session;
use super::stop::Stop;
use crate::domain::change::Around;
use crate::domain::contact::{Contact, ContactKind, Employer};
use crate::domain::details::{Details, Field};
use crate::domain::edit::Edit;
use crate::domain::ids::{ContactId, IntentId, Service, Side};
use crate::domain::journal::{Action, Place};
use crate::domain::link::Link;
use crate::domain::local::{Intent, IntentAction, RecordRef};
use crate::domain::mapping::from_contact;
use crate::domain::merged::{Merge, accept_name, merged, moved, name_in_kashflow};
use crate::domain::merging::{
    AnnouncedMerge, BegunMerge, LedgerParty, MergeBar, Merging, announce, bar, final_name, is_renamed,
    told_name,
};
use crate::ports::{Change, Crm, Kept, RemoteError, StoreError};

/// Tells what a merge does, and carries it out when it is confirmed.
pub(super) async fn merge<W: World>(
    session: &Session<W>,
    order: &MergeOrder,
    cancel: &CancellationToken,
) -> Result<(), Halt> {
    let (keep, other) = (order.keep, order.other);
    let known = session.read(|kept| begun(kept, keep, other).map(|(_, begun)| begun)).await;
    if known.is_none() {
        session.read(|kept| may_begin(kept, order)).await?;
    }
    own_accounts(session).await?;
    let Some(kept) = look_at_contact(session, keep, false).await? else { return Ok(()) };
    let deleting = known.as_ref().is_some_and(|begun| begun.deleting);
    let gone = look_at_contact(session, other, deleting).await?;
    let other_name = match (&gone, &known) {
        (Some(contact), _) => contact.name().into_owned(),
        (None, Some(begun)) => begun.other_name.clone(),
        (None, None) => String::new(),
    };
    let mut people = Vec::new();
    if let Some(gone) = &gone {
        if matches!(gone.kind, ContactKind::Organisation { .. }) {
            let found = session.world.crm().people(other).await;
            people = found.map_err(|error| Stop::of_read(Service::Capsule, error))?;
        }
        let meant = !order.dry && typed(order.confirm.as_deref(), &other_name).is_ok();
        if let Some(refusal) = not_mergeable(session, &kept, gone, meant).await? {
            return Err(refusal.into());
        }
    }
    let policy = session.policy();
    let now = session.now();
    let told = told_name(order.name.as_deref());
    let mut merging = session
        .read(|read| {
            let (snapshot, local) = (&read.snapshot, &read.local);
            let kashflow = name_in_kashflow(keep, other, snapshot, local);
            let name = final_name(told, kashflow.as_deref(), &kept.name());
            // An earlier try may have set the name already.
            let is_new = known.is_some() || is_renamed(&kept.name(), &name);
            let merge = Merge {
                keep: &kept,
                other: gone.as_ref(),
                name: &name,
                keeps_ledger_names: told.is_none() && is_new,
            };
            let merged = merged(&merge, &Around { snapshot, local }, &policy, now);
            let party = |link: &Link| {
                let record = snapshot.ledger.get(&link.ledger);
                LedgerParty {
                    ledger: link.ledger,
                    code: record.map(|record| record.code.clone()).unwrap_or_default(),
                    name: record.map(|record| record.name.clone()).unwrap_or_default(),
                }
            };
            Merging {
                keep,
                keep_name: kept.name().into_owned(),
                other,
                other_name: other_name.clone(),
                keeps_ledger_names: merge.keeps_ledger_names,
                links: local.links_on(other).map(party).collect(),
                person_of: local.links().filter(|link| link.person == Some(other)).map(party).collect(),
                people: people.len(),
                merged,
                done: false,
                name,
            }
        })
        .await;
    session.tell(Event::Merging(Arc::new(merging.clone()))).await;
    if order.dry {
        return Ok(());
    }
    typed(order.confirm.as_deref(), &other_name)?;
    carry_out(session, &merging, &kept, gone.as_ref(), &people, cancel).await?;
    merging.done = true;
    session.tell(Event::Merging(Arc::new(merging))).await;
    Ok(())
}

/// Both must be known and within reach.
fn may_begin(kept: &Kept, order: &MergeOrder) -> Result<(), Refusal> {
    for id in [order.keep, order.other] {
        reachable(kept, id)?;
    }
    Ok(())
}

/// Why the two are not merged here, if they are not; a check that cannot be made counts as "holds". Whom a person who `meant` it is
/// sent to Capsule's own screen for is remembered, so that the links move when one of the two has gone into the other (design
/// B28).
async fn not_mergeable<W: World>(
    session: &Session<W>,
    keep: &Contact,
    other: &Contact,
    meant: bool,
) -> Result<Option<Refusal>, StoreError> {
    let holdings = session.world.crm().holdings(other.id).await.ok();
    let (policy, now) = (session.policy(), session.now());
    session
        .change(|kept, batch| {
            let sides = |id: ContactId| -> Vec<Side> {
                kept.local.links_on(id).map(|link| link.ledger.side).collect()
            };
            let bar = bar(keep, other, (&sides(keep.id), &sides(other.id)), holdings)?;
            let (message, remedy) = match bar {
                MergeBar::Unlike(why) => {
                    (why.to_owned(), "Choose two organisations, or two people. Nothing was written.".to_owned())
                }
                MergeBar::BothLinked(side) => {
                    let word = side.word();
                    let unlink = format!("`kashsync unlink {} {word}`", other.id.0);
                    let remedy = format!("End one of the two links first: {unlink}. Nothing was written.");
                    (format!("both are linked with a {word}"), remedy)
                }
                MergeBar::Holds(why) => {
                    let then = if meant {
                        let new = AnnouncedMerge { keep: keep.id, other: other.id, at: now };
                        batch.progress.announced = announce(&batch.progress.announced, new);
                        "Within a month, the next sync moves the link to the one that is left."
                    } else {
                        "Give this command with --confirm before, and the next sync moves the link to the one that is left."
                    };
                    let subdomain = kept.snapshot.capsule.as_ref().map(|account| account.subdomain.clone());
                    let page = policy.web.contact(&subdomain.unwrap_or_default(), other.id);
                    let remedy = format!(
                        "Merge them in Capsule: open {page} and choose \"Merge\". {then} Nothing was written."
                    );
                    (why, remedy)
                }
            };
            Some(Refusal { code: "merge_refused", message, remedy })
        })
        .await
}

fn begun(kept: &Kept, keep: ContactId, other: ContactId) -> Option<(Intent, BegunMerge)> {
    kept.local.intents.values().find_map(|intent| {
        let IntentAction::Merge(begun) = &intent.action else { return None };
        (begun.keep == keep && begun.other == other).then(|| (intent.clone(), begun.clone()))
    })
}

async fn intend<W: World>(
    session: &Session<W>,
    merging: &Merging,
    deleting: bool,
    cancel: &CancellationToken,
) -> Result<IntentId, Halt> {
    if cancel.is_cancelled() {
        return Err(Stop::Cancelled.into());
    }
    let now = session.now();
    let intended = session.change(|kept, batch| {
        let known = begun(kept, merging.keep, merging.other);
        let (id, attempts, was) = known.map_or_else(
            || (batch.progress.next_intent(), 0, false),
            |(intent, begun)| (intent.id, intent.attempts, begun.deleting),
        );
        let action = IntentAction::Merge(BegunMerge {
            keep: merging.keep,
            other: merging.other,
            other_name: merging.other_name.clone(),
            deleting: deleting || was,
        });
        let run = kept.local.progress.last_run;
        let intent = Intent { id, action, run, at: now, attempts: attempts + 1, probes: 0 };
        batch.changes.push(Change::PutIntent(intent));
        id
    });
    Ok(intended.await?)
}

async fn carry_out<W: World>(
    session: &Session<W>,
    merging: &Merging,
    keep: &Contact,
    other: Option<&Contact>,
    people: &[Contact],
    cancel: &CancellationToken,
) -> Result<(), Halt> {
    let crm = session.world.crm();
    let steps = people.len() + 3;
    let reason = format!("you merged: kashsync merge {} {}", merging.keep.0, merging.other.0);
    let mut now_kept = keep.clone();
    if let Some(other) = other {
        session.progress(Step::Apply, 0, Some(steps));
        let intent = intend(session, merging, false, cancel).await?;
        now_kept = written(session, intent, crm.take_over(merging.keep, merging.other).await).await?;
        for (number, person) in people.iter().enumerate() {
            session.progress(Step::Apply, number + 1, Some(steps));
            let intent = intend(session, merging, false, cancel).await?;
            written(session, intent, crm.move_person(person.id, merging.keep).await).await?;
        }
        move_links(session, merging, &now_kept, &reason).await?;
        session.progress(Step::Apply, people.len() + 1, Some(steps));
        still_named(session, merging).await?;
        let intent = intend(session, merging, true, cancel).await?;
        sent(session, intent, crm.delete_contact(merging.other).await, "the delete of the other contact")
            .await?;
        forget(session, merging, other, &reason, "done").await?;
    } else {
        let known = session.read(|kept| kept.snapshot.contacts.get(&merging.other).cloned()).await;
        if let Some(known) = known {
            forget(session, merging, &known, &reason, "adopted").await?;
        }
    }
    session.progress(Step::Apply, people.len() + 2, Some(steps));
    let intent = intend(session, merging, other.is_none(), cancel).await?;
    if is_renamed(&now_kept.name(), &merging.name) {
        let values = Details { name: merging.name.clone(), ..Details::default() };
        let edit = Edit { fields: [Field::Name].into(), values };
        // The other one is gone: without the intent nobody could go on with the name. All the steps before may have taken long,
        // so it is looked at once more (design B18).
        let named = match crm.contact(merging.keep).await {
            Ok(found) => crm.update_contact(&found, &edit).await,
            Err(error) => Err(error),
        };
        let named = named.map_err(|error| halted(error, "the new name"))?;
        session.change(|_, batch| batch.changes.push(Change::PutContact(named))).await?;
    }
    let now = session.now();
    session
        .change(|kept, batch| {
            batch.changes.push(Change::DropIntent(intent));
            for link in kept.local.links_on(merging.keep).filter(|_| merging.keeps_ledger_names) {
                if let Some(record) = kept.snapshot.ledger.get(&link.ledger) {
                    let mut link = link.clone();
                    accept_name(&mut link, &merging.name, record);
                    batch.changes.push(Change::PutLink(link));
                }
            }
            let record = RecordRef::Contact(merging.keep);
            let before = vec![("name".into(), merging.keep_name.clone())];
            let name = merging.name.clone();
            note(batch, Place::Capsule, record, name, Action::Merge, &reason, before, "done", now);
        })
        .await?;
    session.log(Level::Done, format!("{} merged into {}", merging.other_name, merging.name)).await;
    Ok(())
}

/// The other one is looked at once more just before it is deleted: under another name it is not what was confirmed (design B18).
async fn still_named<W: World>(session: &Session<W>, merging: &Merging) -> Result<(), Halt> {
    match session.world.crm().contact(merging.other).await {
        Ok(found) if found.name() != merging.other_name.as_str() => Err(Refusal {
            code: "needs_confirmation",
            message: format!("{} was renamed meanwhile: it is called {} now", merging.other_name, found.name()),
            remedy: format!(
                "Its links and rows are on {} already. If it is to be deleted, give the command again with --confirm \"{}\".",
                merging.keep_name,
                found.name()
            ),
        }
        .into()),
        Ok(_) | Err(RemoteError::NotFound) => Ok(()),
        Err(error) => Err(Stop::of_read(Service::Capsule, error).into()),
    }
}

/// Keeps what a write answered with. One whose outcome is unknown is looked at by the same command.
async fn written<W: World>(
    session: &Session<W>,
    intent: IntentId,
    result: Result<Contact, RemoteError>,
) -> Result<Contact, Halt> {
    let (contact, result) = match result {
        Ok(contact) => (Some(contact), Ok(())),
        Err(error) => (None, Err(error)),
    };
    sent(session, intent, result, "a change of the merge").await?;
    let Some(contact) = contact else { return Err(Stop::Cancelled.into()) };
    session.change(|_, batch| batch.changes.push(Change::PutContact(contact.clone()))).await?;
    Ok(contact)
}

/// The links of the other contact move to the kept one, with its values as the new base; where the other is the Contact
/// Person, the kept one is.
async fn move_links<W: World>(
    session: &Session<W>,
    merging: &Merging,
    keep: &Contact,
    reason: &str,
) -> Result<(), Halt> {
    let now = session.now();
    session
        .change(|kept, batch| {
            for link in kept.local.links() {
                let record = kept.snapshot.ledger.get(&link.ledger).map(AsRef::as_ref);
                let (next, before) = if link.contact == merging.other {
                    (moved(link, keep, record, now), "contact")
                } else if link.person == Some(merging.other) {
                    (link.clone().with_person(merging.other, keep.id), "contact_person")
                } else {
                    continue;
                };
                if kept.local.never.contains(&(next.ledger, next.contact)) {
                    // Who merges the two takes back that they are not the same (design B11).
                    batch.changes.push(Change::DropNever(next.ledger, next.contact));
                }
                batch.changes.push(Change::PutLink(next));
                let before = vec![(before.into(), merging.other.0.to_string())];
                let name = record.map(|record| record.name.clone()).unwrap_or_default();
                let record = RecordRef::Ledger(link.ledger);
                note(batch, Place::Local, record, name, Action::Merge, reason, before, "done", now);
            }
        })
        .await?;
    Ok(())
}

/// The other contact is gone.
async fn forget<W: World>(
    session: &Session<W>,
    merging: &Merging,
    other: &Contact,
    reason: &str,
    outcome: &str,
) -> Result<(), Halt> {
    let now = session.now();
    session
        .change(|kept, batch| {
            let record = RecordRef::Contact(merging.other);
            let (name, before) = (merging.other_name.clone(), from_contact(other).given());
            note(batch, Place::Capsule, record, name, Action::Merge, reason, before, outcome, now);
            batch.changes.push(Change::DropContact(merging.other));
            // People whose move was cut off are known as they were before it.
            for person in kept.snapshot.contacts.values() {
                if let ContactKind::Person { first, last, employer: Some(employer) } = &person.kind
                    && employer.id == merging.other
                {
                    let employer = Employer { id: merging.keep, name: merging.keep_name.clone() };
                    let kind = ContactKind::Person {
                        first: first.clone(),
                        last: last.clone(),
                        employer: Some(employer),
                    };
                    batch.changes.push(Change::PutContact(Contact { kind, ..person.as_ref().clone() }));
                }
            }
            if kept.local.failing.contains_key(&record) {
                batch.changes.push(Change::DropFailing(record));
            }
        })
        .await?;
    Ok(())
}
