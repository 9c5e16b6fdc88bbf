//! Tokens, users and the hourly limit (capsule-api 1, 3).

use jiff::Timestamp;

use super::Capsule;
use super::refusal::Refusal;
use crate::sim::http::Request;

/// What a token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Read and write.
    ReadWrite,
    /// Read only: writes answer 403.
    Read,
    /// Revoked: everything answers 401.
    Revoked,
}

/// A personal access token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// The secret text.
    pub secret: String,
    /// The user it acts for.
    pub user: i64,
    /// What it may do.
    pub scope: Scope,
}

/// A user of the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Id.
    pub id: i64,
    /// Sign-in name.
    pub username: String,
    /// Full name.
    pub name: String,
    /// Sees records that are masked for others (capsule-api 5.4).
    pub sees_restricted: bool,
}

/// The two users that every account has.
/// The user who sees everything; what people do at the screen is this one's.
pub(super) const OWNER: i64 = 62;

pub(super) fn standing_users() -> [User; 2] {
    [
        User { id: 61, username: "priya".into(), name: "Priya Nair".into(), sees_restricted: false },
        User { id: OWNER, username: "owner".into(), name: "Olwen Brook".into(), sees_restricted: true },
    ]
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Caller {
    pub(super) user: i64,
    pub(super) may_write: bool,
    pub(super) sees_restricted: bool,
}

/// An hour of one user's requests.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    started: Timestamp,
    left: u32,
}

/// What one request leaves of the hour.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rate {
    limit: u32,
    left: u32,
    resets: i64,
    pub(super) exhausted: bool,
}

impl Rate {
    pub(super) fn headers(self) -> [(&'static str, String); 3] {
        [
            ("X-RateLimit-Limit", self.limit.to_string()),
            ("X-RateLimit-Remaining", self.left.to_string()),
            ("X-RateLimit-Reset", self.resets.to_string()),
        ]
    }
}

/// Seconds that a window lasts from the user's first request in it.
const WINDOW: i64 = 3_600;

impl Capsule {
    /// Adds a token.
    pub fn add_token(&mut self, token: Token) {
        self.tokens.push(token);
    }

    /// Revokes a token.
    pub fn revoke(&mut self, secret: &str) {
        for token in self.tokens.iter_mut().filter(|token| token.secret == secret) {
            token.scope = Scope::Revoked;
        }
    }

    /// Leaves every user so many requests in the present hour.
    pub fn leave_requests(&mut self, left: u32, now: Timestamp) {
        for user in self.users.keys() {
            self.windows.insert(*user, Window { started: now, left });
        }
    }

    pub(super) fn sign_in(&self, request: &Request) -> Result<Caller, Refusal> {
        let refused = || Refusal::plain(401, "Requires authentication");
        let header = request.header("authorization").ok_or_else(refused)?;
        let (kind, secret) = header.split_once(' ').ok_or_else(refused)?;
        let known = self.tokens.iter().find(|token| token.secret == secret.trim());
        let token =
            known.filter(|token| kind.eq_ignore_ascii_case("bearer") && token.scope != Scope::Revoked);
        let token = token.ok_or_else(refused)?;
        let sees_restricted = self.users.get(&token.user).is_some_and(|user| user.sees_restricted);
        Ok(Caller { user: token.user, may_write: token.scope == Scope::ReadWrite, sees_restricted })
    }

    /// Counts a request: fixed windows of an hour from the user's first request (capsule-api 3).
    pub(super) fn spend(&mut self, user: i64, now: Timestamp) -> Rate {
        let limit = self.options.hourly_limit;
        let window = self.windows.entry(user).or_insert(Window { started: now, left: limit });
        if now.as_second() >= window.started.as_second() + WINDOW {
            *window = Window { started: now, left: limit };
        }
        let exhausted = window.left == 0;
        window.left = window.left.saturating_sub(1);
        Rate { limit, left: window.left, resets: window.started.as_second() + WINDOW, exhausted }
    }
}
