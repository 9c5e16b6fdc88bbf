//! The accounts on both sides: signing in, and making sure that they are this profile's (design B3).

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use super::World;
use super::credentials::{check_refused, note};
use super::event::Step;
use super::session::Session;
use super::stop::Stop;
use crate::domain::contact::Contact;
use crate::domain::ids::Service;
use crate::domain::local::Binding;
use crate::domain::marker::{CompanyMark, Marker};
use crate::domain::snapshot::{CapsuleAccount, Company};
use crate::ports::{Change, Crm, Ledger};

/// Signs in to both services and makes sure that they are this profile's accounts (design B3).
pub(super) async fn own_accounts<W: World>(session: &Session<W>) -> Result<(), Stop> {
    session.progress(Step::SignIn, 0, None);
    check_refused(session).await?;
    let (capsule, company) = sign_in(session).await?;
    bind(session, capsule, company).await
}

/// Makes sure that KashFlow's credentials are no refused ones and open this profile's company, before something is read outside a run
/// (design B3, B39). Costs one request, once in a process.
pub(super) async fn own_company<W: World>(session: &Session<W>) -> Result<(), Stop> {
    check_refused(session).await?;
    if session.is_own_company.load(Ordering::Relaxed) {
        return Ok(());
    }
    let company = session.world.ledger().company().await;
    if let Err(error) = &company {
        note(session, error).await;
    }
    let company = company.map_err(|error| Stop::of_read(Service::KashFlow, error))?;
    let bound = session.read(|kept| kept.local.progress.bound.clone()).await;
    match bound {
        Some(bound) if bound.recognise(&bound.subdomain, &company).is_none() => {
            Err(other_account(&bound, &bound.subdomain, &company))
        }
        Some(_) | None => {
            session.is_own_company.store(true, Ordering::Relaxed);
            Ok(())
        }
    }
}

async fn sign_in<W: World>(session: &Session<W>) -> Result<(CapsuleAccount, Company), Stop> {
    let (capsule, company) = tokio::join!(session.world.crm().account(), session.world.ledger().company());
    if let Err(error) = &company {
        note(session, error).await;
    }
    let capsule = capsule.map_err(|error| Stop::of_read(Service::Capsule, error))?;
    let company = company.map_err(|error| Stop::of_read(Service::KashFlow, error))?;
    Ok((capsule, company))
}

/// A profile belongs to one Capsule account and one KashFlow company from its first sign-in on (design B3).
async fn bind<W: World>(session: &Session<W>, capsule: CapsuleAccount, company: Company) -> Result<(), Stop> {
    let bound = session.read(|kept| kept.local.progress.bound.clone()).await;
    let company = match bound {
        None => company,
        Some(bound) => bound
            .recognise(&capsule.subdomain, &company)
            .ok_or_else(|| other_account(&bound, &capsule.subdomain, &company))?,
    };
    session.is_own_company.store(true, Ordering::Relaxed);
    let found = Binding {
        subdomain: capsule.subdomain.clone(),
        company: company.identity(),
        company_name: company.name.clone(),
    };
    session
        .change(|kept, batch| {
            batch.progress.bound = Some(found);
            if kept.snapshot.capsule.as_ref() != Some(&capsule)
                || kept.snapshot.company.as_ref() != Some(&company)
            {
                batch.changes.push(Change::PutAccounts(Some(capsule), Some(company)));
            }
        })
        .await?;
    Ok(())
}

fn other_account(bound: &Binding, subdomain: &str, company: &Company) -> Stop {
    Stop::guard(
        "other_account",
        format!(
            "this profile belongs to {} in Capsule and {} in KashFlow; the credentials are for {subdomain} and {}",
            bound.subdomain, bound.company_name, company.name
        ),
        "Use the right credentials, or another profile (--profile NAME) for the other company. Nothing was written.",
    )
}

/// A contact that carries another company's marker belongs to another KashFlow (design B3).
pub(super) fn check_markers<'a>(
    mut contacts: impl Iterator<Item = &'a Contact>,
    company: &Company,
) -> Result<(), Stop> {
    let own = CompanyMark::of(company);
    let foreign =
        contacts.find(|contact| Marker::carried(contact).iter().any(|marker| marker.company != own));
    match foreign {
        None => Ok(()),
        Some(contact) => Err(Stop::guard(
            "other_account",
            format!("the contact {} in Capsule carries the KashFlow ID of another company", contact.name()),
            "Use the profile of that company, or empty the contact's field \"KashFlow ID\" in Capsule. Nothing was written.",
        )),
    }
}

/// Looks the default team up, once per session.
pub(super) async fn resolve_team<W: World>(session: &Session<W>) -> Result<(), Stop> {
    let policy = session.policy();
    let (Some(wanted), None) = (&policy.default_team, policy.team) else { return Ok(()) };
    let teams = session.world.crm().teams().await.map_err(|error| Stop::of_read(Service::Capsule, error))?;
    let wanted = wanted.trim();
    let found = teams
        .iter()
        .find(|team| team.name.trim().eq_ignore_ascii_case(wanted) || team.id.0.to_string() == wanted);
    let Some(team) = found else {
        let names: BTreeSet<&str> = teams.iter().map(|team| team.name.as_str()).collect();
        let names = names.into_iter().collect::<Vec<_>>().join(", ");
        return Err(Stop::failure(
            "usage",
            format!("Capsule has no team \"{wanted}\""),
            format!("Set default_team to one of: {names}; or leave it empty."),
        ));
    };
    let mut resolved = (*policy).clone();
    resolved.team = Some(team.id);
    session.use_policy(resolved);
    Ok(())
}
