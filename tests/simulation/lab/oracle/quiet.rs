//! What must hold when faults are off and people idle: I2, I5, I12, I13, I21.

use kashsync::domain::contact::SummaryField;
use kashsync::domain::ids::LedgerRef;
use kashsync::domain::link::Link;
use kashsync::domain::local::RecordRef;
use kashsync::domain::policy::{Policy, PushClears};
use kashsync::ports::Kept;
use rust_decimal::Decimal;

use crate::lab::net::Net;
use crate::lab::record::{What, emails, of_ledger, of_party, party_name, reference, same};
use crate::lab::truth::{Record, Target};

/// Judges what is durable and what the services hold.
pub fn judge(net: &mut Net, policy: &Policy) {
    let kept = net.disk.look(|kept, _| kept.clone());
    observed(net, &kept, policy);
    for link in kept.local.links() {
        let (contact, ledger) = (Target::Party(link.contact.0), Target::Ledger(link.ledger));
        let (Some(Record::Party(party)), Some(Record::Ledger(record))) =
            (net.record(contact), net.record(ledger))
        else {
            continue;
        };
        let hidden = kept.snapshot.contacts.get(&link.contact).is_none_or(|known| known.restricted);
        if record.archived || hidden || kept.local.hidden.contains(&link.contact) || is_explained(&kept, link)
        {
            continue;
        }
        let (left, right) = (of_party(&party), of_ledger(&record));
        for what in What::ALL {
            updated(net, link, what, (&left[&what], &right[&what]), policy);
        }
        // Capsule may not let the field be made; then it is asked to be made by hand (design B23).
        let can = kept.local.progress.definitions.contains_key(&SummaryField::Balance);
        if policy.write_summary && can {
            balance(net, link, &party);
        }
    }
}

/// Whether a pair waits for a person, and says so.
fn is_explained(kept: &Kept, link: &Link) -> bool {
    kept.local.failing.contains_key(&RecordRef::Contact(link.contact))
        || kept.local.failing.contains_key(&RecordRef::Ledger(link.ledger))
        || kept.local.question_about(link.ledger).is_some()
        || kept.local.deleted.contains_key(&link.contact)
        || kept.local.missing.contains_key(&link.ledger)
}

/// I2: what a person last changed in Capsule is in KashFlow, unless a later change there is left alone (design B15) or a
/// person decided otherwise.
fn updated(net: &mut Net, link: &Link, what: What, (left, right): (&str, &str), policy: &Policy) {
    let (contact, ledger) = (Target::Party(link.contact.0), Target::Ledger(link.ledger));
    let Some(since) = net.truth.linked.get(&(link.ledger, link.contact)).copied() else { return };
    // The postcode goes with its address.
    let parts: &[What] = match what {
        What::Street | What::Postcode => &[What::Street, What::Postcode],
        _ => std::slice::from_ref(&what),
    };
    let edits = parts.iter().filter_map(|part| net.truth.last_edit(contact, *part));
    let Some(edit) = edits.max_by_key(|edit| edit.at).cloned() else { return };
    // A service that cuts texts has what it kept.
    let cut = |text: &str| match net.truth.cuts {
        Some(most) if what != What::Name => text.chars().take(most).collect::<String>().trim().to_owned(),
        _ => text.to_owned(),
    };
    if edit.at <= since || same(what, &cut(left), right) || same(what, left, right) {
        net.truth.checks += 1;
        return;
    }
    let cleared = left.is_empty() && policy.push_clears != PushClears::Always;
    let decided = net.truth.decided.get(&link.ledger).is_some_and(|at| *at >= edit.at)
        || net.truth.merged.contains(&link.contact.0);
    // Changed in KashFlow after our write: drift.
    let drift = net.truth.written_after(ledger, edit.at).map(|write| write.at).is_some_and(|written| {
        parts.iter().any(|part| net.truth.last_edit(ledger, *part).is_some_and(|edit| edit.at >= written))
    });
    // The further addresses in KashFlow's one field stay, and the first of them counts then.
    let others_stay = what == What::Email
        && left.is_empty()
        && matches!(net.record(ledger), Some(Record::Ledger(record)) if !emails(&record).contains(&edit.old));
    // What is left of an address moves up a line.
    let moved_up = what == What::Street && left.is_empty() && right != edit.old;
    let renamed = what == What::Name && net.truth.last_edit(ledger, what).is_some();
    net.truth.check("I2", cleared || decided || drift || renamed || others_stay || moved_up, || {
        format!(
            "{what:?} of contact {} was changed to \"{left}\" at {} and is \"{right}\" in KashFlow ({})",
            link.contact.0, edit.at, link.ledger
        )
    });
}

/// I12: everything that is there is known as it is.
fn observed(net: &mut Net, kept: &Kept, policy: &Policy) {
    let ids: Vec<i64> = net.capsule.parties().map(|party| party.id).collect();
    for id in ids {
        let Some(Record::Party(party)) = net.record(Target::Party(id)) else { continue };
        let id = kashsync::domain::ids::ContactId(id);
        if kept.local.hidden.contains(&id) {
            continue;
        }
        let known = kept.snapshot.contacts.get(&id);
        if known.is_some_and(|known| known.restricted) {
            continue;
        }
        let name = party_name(&party);
        net.truth.check("I12", known.is_some(), || format!("contact {} \"{name}\" is not known", id.0));
        let Some(known) = known else { continue };
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        net.truth.check("I12", words(&known.name()) == name, || {
            format!("contact {} is known as \"{}\" and is \"{name}\"", id.0, known.name())
        });
        let (email, truth) = (known.emails.first().map(|row| row.address.clone()), of_party(&party));
        net.truth.check("I12", email.unwrap_or_default() == truth[&What::Email], || {
            format!("the e-mail of contact {} is known as another one", id.0)
        });
    }
    for id in kept.snapshot.contacts.keys() {
        let noted = kept.local.deleted.contains_key(id) || kept.local.hidden.contains(id);
        let gone = net.truth.deleted.contains(&id.0) && !noted;
        net.truth.check("I12", !gone, || format!("contact {} is deleted, and that is not known", id.0));
    }
    let ledgers: Vec<_> = net.kashflow.customers().chain(net.kashflow.suppliers()).cloned().collect();
    for ledger in ledgers {
        let known = kept.snapshot.ledger.get(&reference(&ledger));
        let fits = known.is_some_and(|known| {
            known.code == ledger.code.trim()
                && known.name.trim() == ledger.name.trim()
                && known.archived == ledger.archived
        });
        net.truth.check("I12", fits, || {
            format!("{} \"{}\" is not known as it is: {known:?}", reference(&ledger), ledger.name)
        });
    }
    documents(net, kept, policy);
}

/// I21: amounts are known to the penny, and bills not at all where they are left out.
fn documents(net: &mut Net, kept: &Kept, policy: &Policy) {
    let truth: Vec<(i64, Decimal, bool)> = net
        .kashflow
        .invoices()
        .map(|one| (one.number, one.due_amount(), false))
        .chain(net.kashflow.bills().map(|one| (one.number, one.due_amount(), true)))
        .collect();
    for (number, due, bill) in truth {
        let known = kept.snapshot.documents.values().find(|one| {
            one.number == number && (one.id.side == kashsync::domain::ids::Side::Supplier) == bill
        });
        let known = known.map(|one| one.due_amount);
        let expected = (!(bill && policy.exclude_supplier_invoices)).then_some(due);
        net.truth.check("I21", known == expected, || {
            format!("document {number} (bill: {bill}) owes {due}, and {known:?} is known")
        });
    }
}

/// I21: the balance in Capsule is what the customer owes.
fn balance(net: &mut Net, link: &Link, party: &serde_json::Value) {
    let LedgerRef { side: kashsync::domain::ids::Side::Customer, id } = link.ledger else { return };
    let owed: Decimal = net
        .kashflow
        .invoices()
        .filter(|one| one.contact == id.0)
        .map(|one| one.at_home(one.due_amount()))
        .sum();
    let fields = party["fields"].as_array().into_iter().flatten();
    let mut shown = fields.filter(|field| field["definition"]["name"] == "KashFlow balance");
    let shown = shown.next().map(|field| field["value"].to_string().trim_matches('"').parse::<Decimal>());
    let fits = matches!(&shown, Some(Ok(shown)) if *shown == owed);
    net.truth.check("I21", fits, || {
        format!("contact {} shows the balance {shown:?}, and {} owes {owed}", link.contact.0, link.ledger)
    });
}
