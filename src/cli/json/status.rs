//! `status`: how things stand.

use jiff::Timestamp;
use serde::Serialize;

use super::sync::ControlJson;
use super::{Money, run_number, totals};
use crate::domain::run::RunReport;
use crate::domain::snapshot::{CapsuleAccount, Company};
use crate::domain::standing::Standing;

/// The document of `status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StatusJson {
    profile: String,
    enabled: bool,
    capsule: Option<CapsuleJson>,
    kashflow: Option<KashFlowJson>,
    last_run: Option<LastRunJson>,
    next_run: Option<Timestamp>,
    questions: usize,
    failing: usize,
    outstanding: Vec<Money>,
    overdue: Vec<Money>,
    control: Option<ControlJson>,
    last_backup: Option<LastBackupJson>,
}

/// How a profile stands, and when its newest automatic backup was made.
pub fn status(profile: &str, standing: &Standing, backup: Option<Timestamp>, now: Timestamp) -> StatusJson {
    StatusJson {
        profile: profile.into(),
        enabled: standing.enabled,
        capsule: standing.capsule.as_ref().map(CapsuleJson::from),
        kashflow: standing.company.as_ref().map(KashFlowJson::from),
        last_run: standing.last_run.as_ref().map(LastRunJson::from),
        next_run: standing.next_run,
        questions: standing.questions,
        failing: standing.failing.len(),
        outstanding: totals(&standing.outstanding),
        overdue: totals(&standing.overdue),
        control: standing.last_run.as_ref().and_then(|run| run.control.as_ref()).map(ControlJson::from),
        last_backup: backup
            .map(|made| LastBackupJson { made, age_seconds: now.duration_since(made).as_secs().max(0) }),
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct LastBackupJson {
    made: Timestamp,
    age_seconds: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct CapsuleJson {
    subdomain: String,
    name: String,
}

impl From<&CapsuleAccount> for CapsuleJson {
    fn from(account: &CapsuleAccount) -> Self {
        Self { subdomain: account.subdomain.clone(), name: account.name.clone() }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct KashFlowJson {
    company_id: Option<i64>,
    name: String,
    home_currency: String,
}

impl From<&Company> for KashFlowJson {
    fn from(company: &Company) -> Self {
        Self {
            company_id: company.id,
            name: company.name.clone(),
            home_currency: company.home_currency.to_string(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct LastRunJson {
    run: u64,
    finished: Timestamp,
    outcome: &'static str,
}

impl From<&RunReport> for LastRunJson {
    fn from(report: &RunReport) -> Self {
        Self { run: run_number(report.id), finished: report.finished, outcome: report.outcome.word() }
    }
}
