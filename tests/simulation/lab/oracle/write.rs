//! What must hold of every single request that a service carried out for kashsync: I6, I16, I23.

use kashsync::sim::http::{Method, Request};
use kashsync::sim::kashflow::LedgerContact;
use serde_json::Value;

use crate::lab::differ::difference;
use crate::lab::record::{emails, party_name, rest_of_ledger, rest_of_party};
use crate::lab::truth::{Look, Record, Target, Truth, Write};

/// Judges one write.
pub fn judge(truth: &mut Truth, write: &Write) {
    if write.status >= 300 {
        return;
    }
    let Some(target) = write.target else { return };
    match write.method {
        Method::Delete => leave(truth, write, target, false),
        Method::Put => {
            if let (Some(Record::Ledger(before)), Some(Record::Ledger(after))) = (&write.before, &write.after)
                && after.archived
                && !before.archived
            {
                leave(truth, write, target, true);
            }
            harm(truth, write, target);
        }
        Method::Post | Method::Get => return,
    }
    let needs_look = is_of_seen(write.method, target, &write.body);
    truth.check("I16", !needs_look || write.read.is_some(), || {
        format!("{} {} was sent without reading the record just before", write.method.as_str(), write.path)
    });
}

/// Whether a request changes what must have been looked at just before.
pub fn needs_look(request: &Request, target: Option<Target>) -> bool {
    let body = request.json().unwrap_or_default();
    target.is_some_and(|target| is_of_seen(request.method, target, &body))
}

fn is_of_seen(method: Method, target: Target, body: &Value) -> bool {
    match target {
        Target::Ledger(_) => true,
        Target::Party(_) => method == Method::Delete || is_of_details(body),
    }
}

/// Whether a change of a contact is one of contact details, not of our fields, tags or its organisation.
fn is_of_details(body: &Value) -> bool {
    let keys = body["party"].as_object().into_iter().flatten().map(|(key, _)| key.as_str());
    keys.into_iter().any(|key| !matches!(key, "tags" | "fields" | "organisation"))
}

/// I6: nothing is taken away without a person's word that still stands.
fn leave(truth: &mut Truth, write: &Write, target: Target, archive: bool) {
    let key = |name: &str| name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let leaves: Vec<_> = truth
        .leaves
        .iter()
        .filter(|leave| leave.target == target && (archive || !leave.archive_only))
        .cloned()
        .collect();
    let what = if archive { "archived" } else { "deleted" };
    // A delete that was confirmed by the contact's name takes its ledger contacts along.
    let along = write.linked_to.is_some_and(|contact| {
        truth.takes_along.iter().any(|(other, archive_only)| *other == contact && (archive || !archive_only))
    });
    if along {
        truth.checks += 1;
        return;
    }
    let name = write.read.as_ref().map(|look| look.record.name());
    truth.check("I6", !leaves.is_empty(), || {
        format!("{target:?} ({}) was {what}, and nobody had asked for it", name.as_deref().unwrap_or("?"))
    });
    if let (Some(name), false) = (&name, leaves.is_empty()) {
        let stands = leaves.iter().any(|leave| key(&leave.name) == key(name) || leave.why == "an undo");
        truth.check("I6", stands, || {
            format!(
                "{target:?} was {what} by {} for \"{}\", but it was read as \"{name}\" just before",
                leaves[0].why, leaves[0].name
            )
        });
    }
}

/// I23: what is not mapped stays as it was when it was last read; in Capsule, as it was.
fn harm(truth: &mut Truth, write: &Write, target: Target) {
    // A merge moves people to the contact that is kept.
    let moves = write.body["party"]
        .as_object()
        .is_some_and(|body| body.len() == 1 && body.contains_key("organisation"));
    if moves && !truth.merged.is_empty() {
        return;
    }
    // Archiving names the record and sends none of it: what it changes is seen by what was there.
    let archives = write.path.ends_with("/archive");
    match (&write.before, &write.after, &write.read) {
        (Some(Record::Ledger(before)), Some(Record::Ledger(after)), _) if archives => {
            harm_to_ledger(truth, before, after);
        }
        (Some(Record::Party(before)), Some(Record::Party(after)), _) => {
            let merging = matches!(target, Target::Party(id) if truth.merged.contains(&id));
            if !merging {
                harm_to_party(truth, before, after);
            }
        }
        (_, Some(Record::Ledger(after)), Some(Look { record: Record::Ledger(read), .. })) => {
            harm_to_ledger(truth, read, after);
        }
        _ => {}
    }
}

fn harm_to_party(truth: &mut Truth, before: &Value, after: &Value) {
    let ((old, old_rows), (new, new_rows)) = (rest_of_party(before), rest_of_party(after));
    truth.check("I23", old == new, || {
        format!("of {} in Capsule was changed: {old} became {new}", party_name(before))
    });
    for (list, rows) in old_rows {
        let now = after[list].as_array().cloned().unwrap_or_default();
        let lost: Vec<&Value> = rows.iter().filter(|row| !now.contains(row)).collect();
        truth.check("I23", lost.is_empty(), || {
            format!("of {} in Capsule were lost in {list}: {lost:?}", party_name(before))
        });
        let more = new_rows[list].len();
        truth.check("I23", more <= rows.len() + 1, || {
            format!("to {} in Capsule were added in {list}: {:?}", party_name(before), new_rows[list])
        });
    }
}

fn harm_to_ledger(truth: &mut Truth, read: &LedgerContact, after: &LedgerContact) {
    let person = truth.exported;
    let (mut old, mut new) = (rest_of_ledger(read, person), rest_of_ledger(after, person));
    (old.archived, new.archived) = (false, false);
    // The first address may be new.
    if old.addresses.is_empty() {
        new.addresses.truncate(0);
    }
    // So may be the only Contact Person.
    if old.people.is_empty() {
        new.people.truncate(0);
    }
    let (others, now) = (emails(read), emails(after));
    let lost: Vec<&String> = others.iter().skip(1).filter(|one| !now.contains(one)).collect();
    truth.check("I23", lost.is_empty() || truth.cuts.is_some(), || {
        format!("of {} in KashFlow further e-mail addresses were lost: {lost:?}", read.name)
    });
    truth.check("I23", old == new || truth.cuts.is_some(), || {
        format!(
            "of {} in KashFlow was changed: {}",
            read.name,
            difference(&format!("{old:?}"), &format!("{new:?}"))
        )
    });
}
