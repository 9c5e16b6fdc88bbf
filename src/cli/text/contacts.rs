//! Contacts for people: the list, and one with everything that is known of it.

use jiff::civil::Date;

use super::documents::documents;
use super::{amounts, count, day, moment};
use crate::cli::csv::{Cell, csv};
use crate::cli::page::Page;
use crate::cli::table::{Align, Table};
use crate::domain::details::{Details, Field};
use crate::domain::difference::Difference;
use crate::domain::ids::Side;
use crate::domain::listing::{Account, ContactLine};
use crate::domain::money::Totals;
use crate::domain::register::Entry;

/// The list.
pub fn contacts(lines: &[&ContactLine], color: bool) -> Page {
    let mut table = Table::new(&[
        ("Id", Align::Right),
        ("Name", Align::Left),
        ("Organisation", Align::Left),
        ("Codes", Align::Left),
        ("Health", Align::Left),
        ("Outstanding", Align::Right),
        ("Overdue", Align::Right),
        ("Next due", Align::Left),
    ]);
    for line in lines {
        table.row([
            line.id.0.to_string(),
            line.name.clone(),
            line.organisation.as_ref().map(|(_, name)| name.clone()).unwrap_or_default(),
            codes(line),
            line.health.label().into(),
            owed(&line.invoices.outstanding),
            owed(&line.invoices.overdue),
            day(line.invoices.next_due),
        ]);
    }
    if table.is_empty() { Page::of("No contacts.") } else { table.render(color) }
}

/// The list for a spreadsheet.
pub fn contacts_csv(lines: &[&ContactLine]) -> String {
    let headings = [
        "id",
        "name",
        "kind",
        "organisation",
        "codes",
        "health",
        "health_reason",
        "outstanding",
        "overdue",
        "next_due",
        "invoices",
    ];
    let rows = lines.iter().map(|line| {
        let organisation = line.organisation.as_ref().map(|(_, name)| name.clone()).unwrap_or_default();
        [
            Cell::Plain(line.id.0.to_string()),
            Cell::Text(line.name.clone()),
            Cell::Plain(if line.is_person { "person" } else { "organisation" }.into()),
            Cell::Text(organisation),
            Cell::Text(codes(line)),
            Cell::Plain(line.health.word().into()),
            Cell::Text(line.health_reason.clone()),
            Cell::Text(owed(&line.invoices.outstanding)),
            Cell::Text(owed(&line.invoices.overdue)),
            Cell::Plain(day(line.invoices.next_due)),
            Cell::Plain(line.invoices.count.to_string()),
        ]
    });
    csv(headings, rows)
}

/// One contact with details, links and documents.
pub fn contact(
    line: &ContactLine,
    details: &Details,
    differences: &[Difference],
    entries: &[Entry],
    today: Date,
    color: bool,
) -> Page {
    let kind = if line.is_person { "person" } else { "organisation" };
    let mut page = Page::default();
    page.line(format!("{} ({kind}, id {})", line.name, line.id.0));
    let mut add = |label: &str, value: &str| {
        if !value.is_empty() {
            page.line(format!("  {label:<16}{value}"));
        }
    };
    let health = match line.health_reason.as_str() {
        "" => line.health.label().to_owned(),
        reason => format!("{}: {reason}", line.health.label()),
    };
    add("Health", &health);
    for field in Field::ALL.into_iter().filter(|field| *field != Field::Name) {
        add(field.label(), &details.text(field));
    }
    for link in &line.links {
        let archived = if link.archived { ", archived in KashFlow" } else { "" };
        let since = moment(link.since);
        let why = link.reason.sentence();
        let link_text = format!("{} ({}), since {since}, because {why}{archived}", link.name, link.code);
        let label = match link.ledger.side {
            Side::Customer => "Customer",
            Side::Supplier => "Supplier",
        };
        add(label, &link_text);
    }
    if let (Some((id, name)), true) = (&line.organisation, line.links.is_empty()) {
        add("Organisation", &format!("{name} (id {}); invoices are the organisation's", id.0));
    }
    if !line.links.is_empty() {
        add("Invoices", &account(&line.invoices));
        if let Some(bills) = &line.bills {
            add("Bills", &account(bills));
        }
    }
    for difference in differences {
        page.line(differing(difference));
    }
    if !entries.is_empty() {
        page.line("");
        page.add(&documents(entries, today, color));
    }
    page
}

/// One field on which the services differ: `E-mail differs: Capsule a, customer b; changed in KashFlow`.
fn differing(difference: &Difference) -> String {
    let given = |value: &str| if value.is_empty() { "nothing".to_owned() } else { format!("\"{value}\"") };
    let note = match difference.note() {
        "" => String::new(),
        note => format!("; {note}"),
    };
    format!(
        "  {} differs: {} in Capsule, {} of the {} in KashFlow{note}",
        difference.field.label(),
        given(&difference.capsule),
        given(&difference.kashflow),
        difference.ledger.side.word()
    )
}

fn account(account: &Account) -> String {
    if account.count == 0 {
        return "none".into();
    }
    let next = account.next_due.map(|date| format!(", next due {date}")).unwrap_or_default();
    format!(
        "{}, outstanding {}, overdue {}{next}",
        count(account.count, "document"),
        amounts(&account.outstanding),
        amounts(&account.overdue)
    )
}

fn codes(line: &ContactLine) -> String {
    let codes: Vec<&str> = line.links.iter().map(|link| link.code.as_str()).collect();
    codes.join(" / ")
}

fn owed(totals: &Totals) -> String {
    if totals.is_zero() { String::new() } else { amounts(totals) }
}
