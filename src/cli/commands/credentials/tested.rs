//! A person's test of credentials: signs in to both services and tells whose accounts they open (design B39).

use serde::Serialize;

use crate::cli::commands::Context;
use crate::cli::commands::sync::{connected_with, is_chatty};
use crate::cli::follow::Manner;
use crate::cli::page::Page;
use crate::cli::resolve::Access;
use crate::cli::signal::Signal;
use crate::domain::ids::Service;
use crate::domain::snapshot::{CapsuleAccount, Company};
use crate::domain::trouble::Trouble;
use crate::engine::command::Command;
use crate::engine::event::Event;
use crate::error::AppError;

/// Whom the credentials open, or why they do not.
#[derive(Debug, Clone)]
pub(super) struct Tested {
    capsule: Result<CapsuleAccount, Trouble>,
    kashflow: Result<Company, Trouble>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct CapsuleJson {
    subdomain: String,
    name: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct KashFlowJson {
    company_id: Option<i64>,
    name: String,
}

impl Tested {
    /// Tests what is in `access`; gives the signal that came first, if one did.
    pub(super) async fn of(
        context: &Context,
        access: Access,
    ) -> Result<Result<Self, Option<Signal>>, AppError> {
        let manner = Manner { yes: false, chatty: is_chatty(context) };
        let mut follower = connected_with(context, access, manner, false, Command::TestCredentials).await?;
        let tested = follower
            .until(|event| match event {
                Event::Tested { capsule, kashflow } => {
                    Some(Self { capsule: capsule.clone(), kashflow: kashflow.clone() })
                }
                _ => None,
            })
            .await;
        let signal = follower.signal;
        follower.end().await?;
        tested.map(|tested| tested.ok_or(signal))
    }

    /// Whether the service accepted its credentials.
    pub(super) fn is_accepted(&self, service: Service) -> bool {
        match service {
            Service::Capsule => self.capsule.is_ok(),
            Service::KashFlow => self.kashflow.is_ok(),
        }
    }

    /// What went wrong. KashFlow's trouble first: it is the one that may end in a locked account.
    pub(super) fn troubles(&self) -> Vec<AppError> {
        let troubles = [self.kashflow.as_ref().err(), self.capsule.as_ref().err()];
        troubles.into_iter().flatten().map(|trouble| AppError::Trouble(trouble.clone())).collect()
    }

    pub(super) fn capsule_json(&self) -> Option<CapsuleJson> {
        let account = self.capsule.as_ref().ok()?;
        Some(CapsuleJson { subdomain: account.subdomain.clone(), name: account.name.clone() })
    }

    pub(super) fn kashflow_json(&self) -> Option<KashFlowJson> {
        let company = self.kashflow.as_ref().ok()?;
        Some(KashFlowJson { company_id: company.id, name: company.name.clone() })
    }

    /// For people.
    pub(super) fn page(&self) -> Page {
        let capsule = match &self.capsule {
            Ok(account) => format!("{} ({}.capsulecrm.com)", account.name, account.subdomain),
            Err(_) => "not opened".into(),
        };
        let kashflow =
            self.kashflow.as_ref().map_or_else(|_| "not opened".to_owned(), |company| company.name.clone());
        let mut page = Page::of(format!("Capsule   {capsule}"));
        page.line(format!("KashFlow  {kashflow}"));
        page
    }
}
