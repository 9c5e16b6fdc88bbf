//! What is told at the end of a run beside its record.

use jiff::Timestamp;

use super::World;
use super::event::Level;
use super::session::Session;
use crate::domain::link::LinkReason;
use crate::domain::operation::Counts;
use crate::domain::run::{Control, Outcome, RunReport};
use crate::domain::wording::with_remedy;

/// The control total in one line (design B19).
pub(super) fn control_line(total: &Control) -> (Level, String) {
    let currency = total.currency;
    let (ours, theirs) = (currency.grouped(total.ours), currency.grouped(total.kashflow));
    if total.agrees() {
        return (Level::Done, format!("control total agrees: {currency} {ours} due on sales invoices"));
    }
    let numbers: Vec<String> = total.differing.iter().take(5).map(ToString::to_string).collect();
    let text = format!(
        "control total differs: {currency} {ours} here, {theirs} in KashFlow; look at {}",
        numbers.join(", ")
    );
    (Level::Error, text)
}

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

/// How much the line about a run's end matters.
pub(super) fn level_of(report: &RunReport) -> Level {
    match report.outcome {
        Outcome::Ok => Level::Done,
        Outcome::Attention | Outcome::Stopped => Level::Ask,
        Outcome::Failed => Level::Error,
    }
}

/// The run in one line: what it did, or, where it only planned, what it would do.
pub(super) fn summary_of(report: &RunReport, planned: Option<Counts>) -> String {
    let id = report.id.0;
    match (&report.error, planned) {
        (Some(error), planned) => {
            let what = planned.map_or_else(|| format!("run {id}"), |_| "planning".to_owned());
            let words = with_remedy(&error.message, &error.remedy);
            format!("{what} {}: {words}", report.outcome.word())
        }
        (None, Some(planned)) => format!(
            "planned: {} links, {} creates, {} updates, {} summaries; nothing was written",
            planned.linked,
            planned.created_in_capsule,
            planned.updated_in_capsule + planned.updated_in_kashflow,
            planned.summaries_written
        ),
        (None, None) => format!(
            "run {id} done: {} linked, {} created, {} updated, {} summaries written, {} questions open, {} failing",
            report.done.linked,
            report.done.created_in_capsule + report.done.created_in_kashflow,
            report.done.updated_in_capsule + report.done.updated_in_kashflow,
            report.done.summaries_written,
            report.questions_open,
            report.failing.len()
        ),
    }
}
