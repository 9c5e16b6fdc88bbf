//! The sample firm of the rehearsal, and a firm with nothing in it.

use jiff::civil::{Date, date};

use super::{Company, Firm, assembly::Assembly, fillers, situations};

/// Brookside Joinery: some seventy customers and suppliers that show every situation a first sync can meet. Equal
/// arguments give equal firms; every date is relative to `today`.
pub fn sample(today: Date, seed: u64) -> Firm {
    let mut firm = Assembly::new(today, seed);
    situations::add(&mut firm);
    fillers::add(&mut firm);
    firm.finish(company(), vec!["Site work".into(), "Workshop".into()])
}

/// The company and its credentials, with no contacts and no books.
pub fn empty() -> Firm {
    Assembly::new(date(2026, 1, 1), 0).finish(company(), Vec::new())
}

/// The company. Its credentials are made up and open nothing but the simulators.
pub(super) fn company() -> Company {
    Company {
        name: "Brookside Joinery Ltd".into(),
        company_id: 482_913,
        home_currency: "GBP".into(),
        subdomain: "brookside".into(),
        user_name: "brookside".into(),
        password: "Dovetail-Mortice-7".into(),
        memorable_word: "sawhorse".into(),
        capsule_token: "demo-token-of-brookside-joinery".into(),
    }
}
