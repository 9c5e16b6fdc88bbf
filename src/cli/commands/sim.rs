//! `sim`: both simulators as servers on this machine.

use std::time::Duration;

use crate::cli::args::{Dataset, SimArguments};
use crate::cli::exit::Exit;
use crate::cli::output::out;
use crate::cli::page::Page;
use crate::cli::signal::Signals;
use crate::config::env;
use crate::domain::date::london_day;
use crate::error::AppError;
use crate::sim::clock::Clock;
use crate::sim::firm::{self, Company, Firm};
use crate::sim::server::{self, Addresses, Running};
use crate::sim::world::World;

/// Serves until a signal.
pub async fn sim(arguments: &SimArguments) -> Result<Exit, AppError> {
    let mut signals = Signals::take()
        .map_err(|error| AppError::machine(format!("signals cannot be received: {error}"), "Try again."))?;
    let addresses = Addresses { capsule: arguments.capsule_addr, kashflow: arguments.kashflow_addr };
    let latency = Duration::from_millis(arguments.latency_ms);
    let (running, company) = serve(arguments.dataset, arguments.seed, addresses, latency).await?;
    let mut page = Page::default();
    for (name, value) in variables(&running, &company) {
        page.line(format!("export {name}={value}"));
    }
    page.line("ready");
    out(page.text()).map_err(|error| {
        AppError::machine(format!("standard output cannot be written: {error}"), "Look at where it leads.")
    })?;
    let signal = signals.next().await;
    drop(running);
    Ok(signal.exit())
}

/// Serves a firm of that kind; gives back whose credentials open it.
pub async fn serve(
    dataset: Dataset,
    seed: u64,
    addresses: Addresses,
    latency: Duration,
) -> Result<(Running, Company), AppError> {
    let clock = Clock::real();
    let today = london_day(clock.now());
    let firm: Firm = match dataset {
        Dataset::Demo => firm::sample(today, seed),
        Dataset::Empty => firm::empty(),
        Dataset::Large(contacts) => firm::large(today, contacts, seed),
    };
    let world = World::of_firm(&firm, clock).map_err(|message| {
        AppError::machine(format!("the simulators cannot hold this firm: {message}"), "Use another seed.")
    })?;
    let running = server::serve(world, addresses, latency).await.map_err(|error| {
        AppError::machine(
            format!("the simulators cannot listen: {error}"),
            "Use other addresses on this machine, or port 0.",
        )
    })?;
    Ok((running, firm.company))
}

/// The variables that point kashsync at running simulators.
pub fn variables(running: &Running, company: &Company) -> [(&'static str, String); 6] {
    [
        (env::CAPSULE_URL, running.capsule_url()),
        (env::KASHFLOW_URL, running.kashflow_url()),
        (env::CAPSULE_TOKEN, company.capsule_token.clone()),
        (env::KASHFLOW_USERNAME, company.user_name.clone()),
        (env::KASHFLOW_PASSWORD, company.password.clone()),
        (env::KASHFLOW_MEMORABLE_WORD, company.memorable_word.clone()),
    ]
}
