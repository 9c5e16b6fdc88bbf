//! Loading a sample firm: its contacts are created through the front door, as people would create them.

use jiff::{SignedDuration, Timestamp};

use super::auth::{Scope, Token};
use super::{Capsule, Options};
use crate::sim::firm::{Firm, capsule_parties, capsule_teams, restricted};

/// The user whose token the firm's is.
const ADMINISTRATOR: i64 = 61;
/// The user who sees everything; seeding goes through this one.
const OWNER: i64 = 62;

impl Capsule {
    /// An account with a firm's contacts and its token.
    pub fn of_firm(firm: &Firm, options: &Options, now: Timestamp) -> Result<Self, String> {
        let company = &firm.company;
        let options = Options {
            subdomain: company.subdomain.clone(),
            site_name: company.name.clone(),
            ..options.clone()
        };
        let mut capsule = Self::new(options);
        for team in capsule_teams(firm) {
            capsule.add_team(&team, now);
        }
        let secret = company.capsule_token.clone();
        capsule.add_token(Token { secret, user: ADMINISTRATOR, scope: Scope::ReadWrite });
        let mut ids = Vec::new();
        for body in capsule_parties(firm) {
            ids.push(capsule.add_party(&body, OWNER, now)?);
        }
        for (contact, id) in firm.capsule_contacts.iter().zip(&ids) {
            for (kind, days_ago, text) in &contact.hanging {
                let at = now.checked_sub(SignedDuration::from_hours(24 * days_ago)).unwrap_or(now);
                capsule.attach(*id, *kind, text, at)?;
            }
        }
        for place in restricted(firm) {
            let id = ids.get(place).ok_or("a restricted contact that there is not")?;
            capsule.restrict(*id, true, now)?;
        }
        Ok(capsule)
    }
}
