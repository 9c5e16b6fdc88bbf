//! `contacts`, and `contact ID` with details and documents on top.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use super::invoices::InvoiceJson;
use super::{Money, totals};
use crate::domain::details::{Details, Field};
use crate::domain::difference::Difference;
use crate::domain::ids::{ContactId, Service};
use crate::domain::listing::{Account, ContactLine, LinkLine};

/// One contact of the list.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ContactJson {
    id: i64,
    name: String,
    kind: &'static str,
    organisation: Option<OrganisationJson>,
    health: &'static str,
    health_reason: String,
    links: Vec<LinkJson>,
    outstanding: Vec<Money>,
    overdue: Vec<Money>,
    next_due: Option<Date>,
    invoices: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    bills: Option<BillsJson>,
    /// Only in the document of one contact.
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<BTreeMap<&'static str, String>>,
    /// Only in the document of one contact.
    #[serde(skip_serializing_if = "Option::is_none")]
    differences: Option<Vec<DifferenceJson>>,
    /// Only in the document of one contact.
    #[serde(skip_serializing_if = "Option::is_none")]
    documents: Option<Vec<InvoiceJson>>,
}

/// A contact as the list shows it.
pub fn contact(line: &ContactLine) -> ContactJson {
    ContactJson {
        id: line.id.0,
        name: line.name.clone(),
        kind: if line.is_person { "person" } else { "organisation" },
        organisation: line.organisation.as_ref().map(OrganisationJson::from),
        health: line.health.word(),
        health_reason: line.health_reason.clone(),
        links: line.links.iter().map(LinkJson::from).collect(),
        outstanding: totals(&line.invoices.outstanding),
        overdue: totals(&line.invoices.overdue),
        next_due: line.invoices.next_due,
        invoices: line.invoices.count,
        bills: line.bills.as_ref().map(BillsJson::from),
        details: None,
        differences: None,
        documents: None,
    }
}

/// A contact with everything that is known of it.
pub fn whole_contact(
    line: &ContactLine,
    details: &Details,
    differences: &[Difference],
    documents: Vec<InvoiceJson>,
) -> ContactJson {
    let given = Field::ALL.into_iter().map(|field| (field.word(), details.text(field)));
    ContactJson {
        details: Some(given.filter(|(_, text)| !text.is_empty()).collect()),
        differences: Some(differences.iter().map(DifferenceJson::from).collect()),
        documents: Some(documents),
        ..contact(line)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct OrganisationJson {
    id: i64,
    name: String,
}

impl From<&(ContactId, String)> for OrganisationJson {
    fn from((id, name): &(ContactId, String)) -> Self {
        Self { id: id.0, name: name.clone() }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct LinkJson {
    kind: &'static str,
    id: i64,
    code: String,
    name: String,
    since: Timestamp,
    reason: &'static str,
    archived: bool,
}

impl From<&LinkLine> for LinkJson {
    fn from(link: &LinkLine) -> Self {
        Self {
            kind: link.ledger.side.word(),
            id: link.ledger.id.0,
            code: link.code.clone(),
            name: link.name.clone(),
            since: link.since,
            reason: link.reason.word(),
            archived: link.archived,
        }
    }
}

/// A field on which the two services differ; `taken` is whose value the next sync writes because a person said so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct DifferenceJson {
    kind: &'static str,
    field: &'static str,
    capsule: String,
    kashflow: String,
    note: &'static str,
    taken: Option<&'static str>,
}

impl From<&Difference> for DifferenceJson {
    fn from(difference: &Difference) -> Self {
        Self {
            kind: difference.ledger.side.word(),
            field: difference.field.word(),
            capsule: difference.capsule.clone(),
            kashflow: difference.kashflow.clone(),
            note: difference.note(),
            taken: difference.taken.map(Service::word),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct BillsJson {
    count: usize,
    outstanding: Vec<Money>,
    overdue: Vec<Money>,
    next_due: Option<Date>,
}

impl From<&Account> for BillsJson {
    fn from(account: &Account) -> Self {
        Self {
            count: account.count,
            outstanding: totals(&account.outstanding),
            overdue: totals(&account.overdue),
            next_due: account.next_due,
        }
    }
}
