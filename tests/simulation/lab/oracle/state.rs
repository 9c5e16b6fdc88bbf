//! What must hold of what is durable whenever a process has ended: I1, I3, I4, I7, I11, I14, I19, I24.

use std::collections::BTreeMap;

use kashsync::domain::ids::{ContactId, LedgerRef, Side};
use kashsync::domain::journal::{JournalEntry, Place};
use kashsync::domain::local::RecordRef;
use kashsync::domain::question::QuestionKind;
use kashsync::ports::Kept;
use kashsync::sim::http::Method;

use crate::lab::net::Net;
use crate::lab::record::{markers, of_ledger, of_marker, reference};
use crate::lab::truth::{Look, Record, Target, Write};

/// Judges what is durable now.
pub fn judge(net: &mut Net, died: bool) {
    let disk = net.disk.clone();
    disk.look(|kept, journal| judge_what_is_kept(net, kept, journal, died));
}

fn judge_what_is_kept(net: &mut Net, kept: &Kept, journal: &[JournalEntry], died: bool) {
    no_duplicates(net);
    links(net, kept);
    absence(net, kept);
    audit(net, journal, died);
    resurrection(net, kept);
    let now = net.clock.truth();
    let standing: Vec<(LedgerRef, ContactId)> =
        kept.local.links().map(|link| (link.ledger, link.contact)).collect();
    net.truth.linked.retain(|pair, _| standing.contains(pair));
    for pair in standing {
        net.truth.linked.entry(pair).or_insert(now);
    }
}

/// I1: at most one living contact that we made carries a marker.
fn no_duplicates(net: &mut Net) {
    let mut made: BTreeMap<LedgerRef, Vec<i64>> = BTreeMap::new();
    for write in &net.truth.writes {
        if let (Method::Post, Some(Target::Party(id)), Some(Record::Party(party))) =
            (write.method, write.target, &write.after)
        {
            for ledger in markers(party).iter().filter_map(|marker| of_marker(marker)) {
                made.entry(ledger).or_default().push(id);
            }
        }
    }
    for (ledger, ids) in made {
        let living: Vec<i64> = ids.into_iter().filter(|id| net.capsule.whole(*id).is_some()).collect();
        let excused = net.truth.loosened.contains(&ledger)
            || living.iter().any(|id| net.truth.was_deleted.contains(id));
        net.truth.check("I1", living.len() < 2 || excused, || {
            format!("{ledger} has {} contacts in Capsule that we made: {living:?}", living.len())
        });
    }
}

/// I4: links are one to one on each side, both ways, and their ends are or were there.
fn links(net: &mut Net, kept: &Kept) {
    let mut ends: BTreeMap<(ContactId, Side), LedgerRef> = BTreeMap::new();
    for link in kept.local.links() {
        let other = ends.insert((link.contact, link.ledger.side), link.ledger);
        net.truth.check("I4", other.is_none(), || {
            format!("contact {} has two links on one side: {} and {other:?}", link.contact.0, link.ledger)
        });
        let mirrored = kept.local.link_on(link.contact, link.ledger.side).map(|link| link.ledger);
        net.truth.check("I4", mirrored == Some(link.ledger), || {
            format!("the link of {} is not found by its contact {}", link.ledger, link.contact.0)
        });
        let there = net.truth.parties.contains(&link.contact.0) && net.truth.ledgers.contains(&link.ledger);
        net.truth.check("I4", there, || format!("the link of {} has an end that never was", link.ledger));
    }
}

/// I7: only what is gone counts as gone.
fn absence(net: &mut Net, kept: &Kept) {
    for id in kept.local.deleted.keys() {
        let gone = net.truth.was_deleted.contains(&id.0);
        net.truth.check("I7", gone, || format!("contact {} counts as deleted in Capsule, and is not", id.0));
    }
    let living: Vec<LedgerRef> =
        net.kashflow.customers().chain(net.kashflow.suppliers()).map(reference).collect();
    for (ledger, missing) in &kept.local.missing {
        net.truth.check("I7", !missing.gone || !living.contains(ledger), || {
            format!("{ledger} counts as gone from KashFlow, and is there")
        });
    }
    for question in kept.local.questions.values() {
        let ledger = question.asked.key.waiting.first();
        let contact = ledger.and_then(|ledger| kept.local.link_of(*ledger)).map(|link| link.contact.0);
        match question.asked.key.kind {
            QuestionKind::DeletedInCapsule => {
                let gone = contact.is_none_or(|id| net.truth.was_deleted.contains(&id));
                net.truth.check("I7", gone, || format!("{ledger:?} is asked about as deleted in Capsule"));
            }
            QuestionKind::DeletedInKashFlow => {
                let gone = ledger.is_none_or(|ledger| !living.contains(ledger));
                net.truth.check("I7", gone, || format!("{ledger:?} is asked about as gone from KashFlow"));
            }
            _ => {}
        }
    }
}

/// I11 and I3: what was carried out and known is in the journal, with what stood there before; nothing else is.
fn audit(net: &mut Net, journal: &[JournalEntry], died: bool) {
    let mut told: BTreeMap<Target, usize> = BTreeMap::new();
    for entry in journal.iter().filter(|entry| entry.place != Place::Local) {
        let target = match entry.record {
            Some(RecordRef::Contact(contact)) => Target::Party(contact.0),
            Some(RecordRef::Ledger(ledger)) => Target::Ledger(ledger),
            None => continue,
        };
        if matches!(entry.outcome.as_str(), "done" | "adopted") {
            *told.entry(target).or_default() += 1;
        }
    }
    // People who are moved by a merge stand in the merge's entry.
    let moved = |write: &&Write| {
        write.body["party"]
            .as_object()
            .is_none_or(|body| body.len() != 1 || !body.contains_key("organisation"))
    };
    let targets: Vec<Target> =
        net.truth.writes.iter().filter(moved).filter_map(|write| write.target).collect();
    for target in targets {
        let count = told.get(&target).copied().unwrap_or_default();
        let process = net.voyage.number;
        let mut known = 0;
        for write in net
            .truth
            .writes
            .iter_mut()
            .filter(|write| write.target == Some(target) && write.status < 300 && moved(&&**write))
        {
            if write.known && died && write.process == process && known == count {
                // It died between the answer and the commit: whether it was carried out is found out by the next one.
                write.known = false;
            }
            known += usize::from(write.known);
        }
        let executed =
            net.truth.writes.iter().filter(|write| write.target == Some(target) && write.status < 300);
        let executed = executed.count();
        if matches!(target, Target::Party(id) if net.truth.merged.contains(&id)) {
            continue;
        }
        net.truth.check("I11", known <= count, || {
            format!("{known} writes of {target:?} were carried out and known, and {count} are in the journal")
        });
        net.truth.check("I11", count <= executed || net.truth.undone.contains(&target), || {
            format!("{count} writes of {target:?} are in the journal, and {executed} were carried out")
        });
    }
    overwritten(net, journal);
}

/// I3: a value that we wrote over in KashFlow is in the journal.
fn overwritten(net: &mut Net, journal: &[JournalEntry]) {
    let mut lost = Vec::new();
    for write in net.truth.writes.iter().filter(|write| write.known && write.status < 300) {
        let (
            Some(Target::Ledger(ledger)),
            Some(Record::Ledger(before)),
            Some(Record::Ledger(after)),
            Some(Look { record: Record::Ledger(read), .. }),
        ) = (write.target, &write.before, &write.after, &write.read)
        else {
            continue;
        };
        let (old, new, seen) = (of_ledger(before), of_ledger(after), of_ledger(read));
        for (what, value) in old {
            // What was changed between our look and our write could not be seen.
            let is_cut = net.truth.cuts.is_some() && value.starts_with(&new[&what]);
            if value.is_empty() || value == new[&what] || value != seen[&what] || is_cut {
                continue;
            }
            let entries = journal.iter().filter(|entry| entry.record == Some(RecordRef::Ledger(ledger)));
            let mut values = entries.flat_map(|entry| &entry.before);
            if !values.any(|(_, text)| text.contains(&value)) {
                lost.push(format!(
                    "{what:?} \"{value}\" of {ledger} was overwritten and is not in the journal"
                ));
            }
        }
    }
    for what in lost {
        net.truth.broken("I3", what);
    }
}

/// I24: what a person parted or left out stays so.
fn resurrection(net: &mut Net, kept: &Kept) {
    for link in kept.local.links() {
        let never = kept.local.never.contains(&(link.ledger, link.contact));
        net.truth.check("I24", !never, || {
            format!(
                "{} and contact {} are linked, and were declared not the same",
                link.ledger, link.contact.0
            )
        });
        let ignored = kept.local.ignored.contains_key(&link.ledger);
        net.truth.check("I24", !ignored, || format!("{} is linked and on the ignored list", link.ledger));
    }
}
