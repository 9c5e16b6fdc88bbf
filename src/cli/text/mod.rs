//! What commands print for people. Pure functions; names from the services are made safe here.

pub mod contacts;
pub mod deletion;
pub mod documents;
pub mod export;
pub mod pairs;
pub mod plan;
pub mod questions;
pub mod run;

use jiff::Timestamp;
use jiff::civil::Date;

use super::page::Page;
use super::table::{Align, Table};
use crate::config::settings::Setting;
use crate::domain::journal::JournalEntry;
use crate::domain::local::Ignored;
use crate::domain::money::Totals;
use crate::domain::policy::Policy;

/// A time as it is in London: `2026-11-24 08:30`.
pub fn moment(at: Timestamp) -> String {
    let zoned = at.in_tz("Europe/London").unwrap_or_else(|_| at.to_zoned(jiff::tz::TimeZone::UTC));
    zoned.strftime("%Y-%m-%d %H:%M").to_string()
}

/// How long ago something was, in its largest whole unit: `3 days ago`.
pub fn age(then: Timestamp, now: Timestamp) -> String {
    let minutes = usize::try_from(now.duration_since(then).as_mins()).unwrap_or(0);
    match minutes {
        0 => "just now".into(),
        1..60 => count(minutes, "minute") + " ago",
        60..1440 => count(minutes / 60, "hour") + " ago",
        _ => count(minutes / 1440, "day") + " ago",
    }
}

/// A date, or nothing.
pub fn day(date: Option<Date>) -> String {
    date.map(|date| date.to_string()).unwrap_or_default()
}

/// Totals in one line: `GBP 1,204.00, EUR 80.00`; `nothing` where nothing is owed.
pub fn amounts(totals: &Totals) -> String {
    let shown: Vec<String> =
        totals.iter().map(|(currency, amount)| format!("{currency} {}", currency.grouped(amount))).collect();
    if shown.is_empty() { "nothing".into() } else { shown.join(", ") }
}

/// `1 contact`, `2 contacts`.
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// The ignored list.
pub fn ignored<'a>(list: impl Iterator<Item = &'a Ignored>, color: bool) -> Page {
    let mut table = Table::new(&[("Record", Align::Left), ("Name", Align::Left), ("Since", Align::Left)]);
    for ignored in list {
        let record = format!("{}:{}", ignored.ledger.side.word(), ignored.code);
        table.row([record, ignored.name.clone(), moment(ignored.since)]);
    }
    if table.is_empty() { Page::of("Nothing is ignored.") } else { table.render(color) }
}

/// The journal, newest last.
pub fn journal(entries: &[JournalEntry], color: bool) -> Page {
    let mut table = Table::new(&[
        ("Entry", Align::Right),
        ("Run", Align::Right),
        ("At", Align::Left),
        ("Where", Align::Left),
        ("Did", Align::Left),
        ("Name", Align::Left),
        ("Why", Align::Left),
        ("Outcome", Align::Left),
    ]);
    for entry in entries {
        table.row([
            entry.id.0.to_string(),
            entry.run.map(|run| run.0.to_string()).unwrap_or_default(),
            moment(entry.at),
            entry.place.word().into(),
            entry.action.word().into(),
            entry.name.clone(),
            entry.reason.clone(),
            if entry.undone { "undone".into() } else { entry.outcome.clone() },
        ]);
    }
    if table.is_empty() { Page::of("The journal is empty.") } else { table.render(color) }
}

/// All settings.
pub fn settings(policy: &Policy, color: bool) -> Page {
    let mut table = Table::new(&[
        ("Setting", Align::Left),
        ("Value", Align::Left),
        ("Default", Align::Left),
        ("Allowed", Align::Left),
    ]);
    for setting in Setting::ALL {
        table.row([
            setting.key().into(),
            setting.show(policy),
            setting.default_value(),
            setting.allowed().to_string(),
        ]);
    }
    table.render(color)
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;

    use super::*;

    #[test]
    fn an_age_is_told_in_its_largest_whole_unit() {
        let now: Timestamp = "2026-11-24T08:30:00Z".parse().unwrap();
        for (seconds, words) in [
            (-90_000, "just now"),
            (59, "just now"),
            (60, "1 minute ago"),
            (3_599, "59 minutes ago"),
            (3_600, "1 hour ago"),
            (86_399, "23 hours ago"),
            (200_000, "2 days ago"),
        ] {
            assert_eq!(age(now - seconds.seconds(), now), words);
        }
    }
}
