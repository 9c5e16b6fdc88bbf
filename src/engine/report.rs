//! What is told at the end of a run beside its record.

use jiff::Timestamp;

use super::World;
use super::session::Session;
use crate::domain::link::LinkReason;

/// What the setting `link_strong` linked since then, one sentence each: listed after the run (design B9).
pub(super) async fn suggested_links<W: World>(session: &Session<W>, since: Timestamp) -> Vec<String> {
    session
        .read(|kept| {
            let snapshot = &kept.snapshot;
            let links = kept.local.links().filter(|link| link.reason == LinkReason::Suggested);
            let fresh = links.filter(|link| link.since >= since).filter_map(|link| {
                let ledger = snapshot.ledger.get(&link.ledger)?;
                let contact = snapshot.contacts.get(&link.contact)?.name();
                let (side, code) = (ledger.id.side.word(), &ledger.code);
                let reason = link.reason.sentence();
                Some(format!("{side} {} ({code}) is now linked with {contact}: {reason}", ledger.name))
            });
            fresh.collect()
        })
        .await
}
