//! `credentials test`: a person's test of what opens both accounts (design B39).

use serde::Serialize;

use super::Context;
use super::sync::{connected, is_chatty};
use crate::cli::exit::Exit;
use crate::cli::follow::Manner;
use crate::cli::json::Problem;
use crate::cli::output::say_error;
use crate::cli::page::Page;
use crate::cli::signal::Signal;
use crate::domain::snapshot::{CapsuleAccount, Company};
use crate::domain::trouble::Trouble;
use crate::engine::command::Command;
use crate::engine::event::Event;
use crate::error::AppError;

/// The document: whom the credentials open, each null where they do not.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct TestedJson {
    capsule: Option<CapsuleJson>,
    kashflow: Option<KashFlowJson>,
    errors: Vec<Problem>,
    /// The first of them.
    error: Option<Problem>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct CapsuleJson {
    subdomain: String,
    name: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct KashFlowJson {
    company_id: Option<i64>,
    name: String,
}

/// `credentials test`.
pub async fn test(context: &Context) -> Result<Exit, AppError> {
    let manner = Manner { yes: false, chatty: is_chatty(context) };
    let mut follower = connected(context, None, manner, false, Command::TestCredentials).await?;
    let tested = follower
        .until(|event| match event {
            Event::Tested { capsule, kashflow } => Some((capsule.clone(), kashflow.clone())),
            _ => None,
        })
        .await;
    let signal = follower.signal;
    follower.end().await?;
    let Some((capsule, kashflow)) = tested? else { return Ok(signal.map_or(Exit::Failed, Signal::exit)) };
    // KashFlow's trouble first: it is the one that may end in a locked account.
    let troubles: Vec<AppError> = [kashflow.as_ref().err(), capsule.as_ref().err()]
        .into_iter()
        .flatten()
        .map(|trouble| AppError::Trouble(trouble.clone()))
        .collect();
    context.output.print(|| document(&capsule, &kashflow, &troubles), || text(&capsule, &kashflow))?;
    for trouble in &troubles {
        say_error(&trouble.to_string(), &trouble.remedy());
    }
    Ok(troubles.first().map_or(Exit::Done, Exit::of_error))
}

fn document(
    capsule: &Result<CapsuleAccount, Trouble>,
    kashflow: &Result<Company, Trouble>,
    troubles: &[AppError],
) -> TestedJson {
    let errors: Vec<Problem> = troubles.iter().map(Problem::from).collect();
    TestedJson {
        capsule: capsule
            .as_ref()
            .ok()
            .map(|account| CapsuleJson { subdomain: account.subdomain.clone(), name: account.name.clone() }),
        kashflow: kashflow
            .as_ref()
            .ok()
            .map(|company| KashFlowJson { company_id: company.id, name: company.name.clone() }),
        error: errors.first().cloned(),
        errors,
    }
}

fn text(capsule: &Result<CapsuleAccount, Trouble>, kashflow: &Result<Company, Trouble>) -> Page {
    let capsule = match capsule {
        Ok(account) => format!("{} ({}.capsulecrm.com)", account.name, account.subdomain),
        Err(_) => "not opened".into(),
    };
    let kashflow = kashflow.as_ref().map_or_else(|_| "not opened".to_owned(), |company| company.name.clone());
    let mut page = Page::of(format!("Capsule   {capsule}"));
    page.line(format!("KashFlow  {kashflow}"));
    page
}
