//! A run and the state of a profile for people.

use jiff::Timestamp;

use super::plan::counts;
use super::{age, amounts, count, moment};
use crate::cli::page::Page;
use crate::domain::run::{Control, RunReport};
use crate::domain::standing::Standing;
use crate::domain::wording::with_remedy;

/// What a run read, did, asked and left.
pub fn run(report: &RunReport) -> Page {
    let read = &report.read;
    let mut page = Page::default();
    page.line(format!("Run {} ended: {}.", report.id.0, report.outcome.word()));
    // Where none were read they are not mentioned: they may be excluded (design B22).
    let bills = if read.bills == 0 { String::new() } else { format!(", {}", count(read.bills, "bill")) };
    page.line(format!(
        "Read: {}, {}, {}, {}{bills}; {}.",
        count(read.capsule_contacts, "contact"),
        count(read.customers, "customer"),
        count(read.suppliers, "supplier"),
        count(read.invoices, "invoice"),
        count(
            usize::try_from(report.capsule.total() + report.kashflow.total()).unwrap_or(usize::MAX),
            "request"
        ),
    ));
    page.line(format!("Done: {}.", counts(&report.done)));
    page.line(format!("Questions: {} open, {} new.", report.questions_open, report.questions_new));
    for failing in &report.failing {
        page.line(format!("Failing: {}: {}", failing.name, with_remedy(&failing.reason, &failing.remedy)));
    }
    if let Some(control) = &report.control {
        page.line(format!("Control total: {}.", control_total(control)));
    }
    page
}

/// How a profile stands, and when its newest automatic backup was made.
pub fn status(profile: &str, standing: &Standing, backup: Option<Timestamp>, now: Timestamp) -> Page {
    let none = || "not known before the first sync".to_owned();
    let capsule = standing
        .capsule
        .as_ref()
        .map_or_else(none, |account| format!("{} ({}.capsulecrm.com)", account.name, account.subdomain));
    let company = standing
        .company
        .as_ref()
        .map_or_else(none, |company| format!("{} ({})", company.name, company.home_currency));
    let last = standing.last_run.as_ref().map_or_else(
        || "never".to_owned(),
        |run| format!("run {} at {}, {}", run.id.0, moment(run.finished), run.outcome.word()),
    );
    let next = standing.next_run.map_or_else(
        || if standing.enabled { "when you start it" } else { "none: syncing is disabled" }.to_owned(),
        |at| format!("due {}, while the screen or `sync --watch` is running", moment(at)),
    );
    let control = standing.last_run.as_ref().and_then(|run| run.control.as_ref());
    let control = control.map_or_else(|| "not compared yet".to_owned(), control_total);
    let backup = backup
        .map_or_else(|| "none yet".to_owned(), |made| format!("made {}, {}", moment(made), age(made, now)));
    let mut page = Page::default();
    for (label, value) in [
        ("Profile", profile.to_owned()),
        ("Capsule", capsule),
        ("KashFlow", company),
        ("Last run", last),
        ("Next run", next),
        ("Questions", format!("{} open", standing.questions)),
        ("Failing", standing.failing.len().to_string()),
        ("Outstanding", amounts(&standing.outstanding)),
        ("Overdue", amounts(&standing.overdue)),
        ("Control total", control),
        ("Backup", backup),
    ] {
        page.line(format!("{label:<14}{value}"));
    }
    for failing in &standing.failing {
        page.line(format!("  {}: {}", failing.name, with_remedy(&failing.reason, &failing.remedy)));
    }
    page
}

/// The comparison with KashFlow's own report in words.
fn control_total(control: &Control) -> String {
    let currency = control.currency;
    let ours = currency.grouped(control.ours);
    let beside = if control.beside.is_zero() {
        String::new()
    } else {
        format!("; credit notes and overpayments {} beside it", currency.grouped(control.beside))
    };
    if control.agrees() {
        return format!("agrees, {currency} {ours} due on sales invoices{beside}");
    }
    let numbers: Vec<String> = control.differing.iter().map(ToString::to_string).collect();
    format!(
        "differs, {currency} {ours} here and {} in KashFlow; look at invoices {}{beside}",
        currency.grouped(control.kashflow),
        numbers.join(", ")
    )
}
