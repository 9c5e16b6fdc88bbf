//! `delete`: what goes with a contact, and whether it is gone.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Serialize;

use super::{Money, Problem, totals};
use crate::domain::deletion::{Deletion, EarlierStep, LedgerLoss, LedgerStep};
use crate::domain::money::Currency;
use crate::error::AppError;

/// The document of `delete`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeletionJson {
    contact_id: i64,
    name: String,
    kashflow: Vec<LedgerJson>,
    earlier: Vec<EarlierJson>,
    capsule: CapsuleJson,
    done: bool,
    error: Option<Problem>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct LedgerJson {
    kind: &'static str,
    id: i64,
    code: String,
    name: String,
    step: &'static str,
    invoices: Option<usize>,
    bills: Option<usize>,
    totals: Vec<Money>,
    quotes: Option<usize>,
    quote_totals: Vec<QuoteMoney>,
}

/// What an earlier try of the same delete has done with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct EarlierJson {
    kind: &'static str,
    id: i64,
    code: String,
    name: String,
    step: &'static str,
}

fn earlier(earlier: &EarlierStep) -> EarlierJson {
    EarlierJson {
        kind: earlier.ledger.side.word(),
        id: earlier.ledger.id.0,
        code: earlier.code.clone(),
        name: earlier.name.clone(),
        step: earlier.step.word(),
    }
}

/// KashFlow's list of quotes often names no currency: null then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct QuoteMoney {
    currency: Option<String>,
    amount: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct CapsuleJson {
    notes: usize,
    opportunities: usize,
    projects: usize,
    open_tasks: bool,
    people: usize,
}

/// What a delete takes along or took, and why it was not carried out, if it was not.
pub fn deletion(deletion: &Deletion, error: Option<&AppError>) -> DeletionJson {
    DeletionJson {
        contact_id: deletion.contact.0,
        name: deletion.name.clone(),
        kashflow: deletion.ledgers.iter().map(|loss| ledger(loss, deletion.step)).collect(),
        earlier: deletion.earlier.iter().map(earlier).collect(),
        capsule: CapsuleJson {
            notes: deletion.holdings.notes,
            opportunities: deletion.holdings.opportunities,
            projects: deletion.holdings.projects,
            open_tasks: deletion.holdings.open_tasks,
            people: deletion.people,
        },
        done: deletion.done,
        error: error.map(Problem::from),
    }
}

fn ledger(loss: &LedgerLoss, step: LedgerStep) -> LedgerJson {
    LedgerJson {
        kind: loss.ledger.side.word(),
        id: loss.ledger.id.0,
        code: loss.code.clone(),
        name: loss.name.clone(),
        step: step.word(),
        invoices: loss.invoices(),
        bills: loss.bills(),
        totals: totals(&loss.totals),
        quotes: loss.quotes(),
        quote_totals: quote_totals(&loss.quote_totals),
    }
}

fn quote_totals(totals: &BTreeMap<Option<Currency>, Decimal>) -> Vec<QuoteMoney> {
    let money = |(currency, amount): (&Option<Currency>, &Decimal)| QuoteMoney {
        currency: currency.map(|currency| currency.to_string()),
        amount: currency.map_or_else(|| format!("{amount:.2}"), |currency| currency.plain(*amount)),
    };
    totals.iter().map(money).collect()
}
