//! What goes with a contact, for people.

use super::{amounts, count};
use crate::cli::page::Page;
use crate::domain::deletion::{Deletion, EarlierStep, LedgerLoss, LedgerStep};

/// What a delete takes along, or took.
pub fn deletion(deletion: &Deletion) -> Page {
    let mut page = Page::default();
    let (name, id) = (&deletion.name, deletion.contact.0);
    page.line(if deletion.done {
        format!("{name} (id {id}) was deleted.")
    } else {
        format!("Deleting {name} (id {id}):")
    });
    for loss in &deletion.ledgers {
        page.line(format!("  {}", ledger(loss, deletion.step)));
    }
    for EarlierStep { ledger, code, name, step } in &deletion.earlier {
        let what = match step {
            LedgerStep::Archive => "was archived",
            LedgerStep::Delete => "was deleted with its documents",
            LedgerStep::Leave => "was left as it is",
        };
        page.line(format!("  KashFlow: {} {name} ({code}) {what} by the earlier try.", ledger.side.word()));
    }
    if deletion.ledgers.is_empty() && deletion.earlier.is_empty() {
        page.line("  KashFlow: nothing, it has no customer or supplier.");
    }
    let held = &deletion.holdings;
    let tasks = if held.open_tasks { "open tasks" } else { "no open task" };
    page.line(format!(
        "  Capsule: the contact is deleted with {}, {}, {} and {tasks}; {} left without an organisation.",
        count(held.notes, "note"),
        if held.opportunities == 1 {
            "1 opportunity".into()
        } else {
            format!("{} opportunities", held.opportunities)
        },
        count(held.projects, "project"),
        if deletion.people == 1 { "1 person is".into() } else { format!("{} people are", deletion.people) },
    ));
    if deletion.done && !(deletion.ledgers.is_empty() && deletion.earlier.is_empty()) {
        page.line("It is on the ignored list now and does not come back.");
    }
    page
}

fn ledger(loss: &LedgerLoss, step: LedgerStep) -> String {
    let what = match step {
        LedgerStep::Archive => "archived, its documents stay",
        LedgerStep::Delete => "deleted with its documents",
        LedgerStep::Leave => "left as it is",
    };
    let mut parts = Vec::new();
    let documents = loss.invoices().map(|number| count(number, "invoice"));
    if let Some(documents) = documents.or_else(|| loss.bills().map(|number| count(number, "bill"))) {
        let sum = if loss.totals.is_zero() { String::new() } else { format!(" ({})", amounts(&loss.totals)) };
        parts.push(documents + &sum);
    }
    if let Some(quotes) = loss.quotes() {
        let sums = loss.quote_totals.iter().map(|(currency, amount)| match currency {
            Some(currency) => format!("{currency} {}", currency.grouped(*amount)),
            None => format!("{amount:.2}"),
        });
        let sums: Vec<String> = sums.collect();
        let sum = if sums.is_empty() { String::new() } else { format!(" ({})", sums.join(", ")) };
        parts.push(count(quotes, "quote") + &sum);
    }
    let has = if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) };
    format!("KashFlow: {} {} ({}) is {what}{has}.", loss.ledger.side.word(), loss.name, loss.code)
}
