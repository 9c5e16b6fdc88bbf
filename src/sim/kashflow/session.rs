//! Signing in: two steps, single-use temporary tokens, sliding sessions, a lock after bad tries (kashflow-api 3).

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::{
    KashFlow, Options, Subscription,
    dates::{day_text, plus_days, today},
    random::Random,
    wire::{Body, Refusal, sent_json, whole},
};
use crate::sim::http::{Request, Response};

/// Tokens given out and bad tries so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sessions {
    random: Random,
    /// Temporary tokens: asked positions and end of life.
    pending: HashMap<String, (Vec<usize>, Timestamp)>,
    /// Session tokens in lower case and their last use.
    open: HashMap<String, Timestamp>,
    bad_sign_ins: u32,
}

impl Sessions {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            random: Random::new(seed ^ 0x5E55_1044),
            pending: HashMap::new(),
            open: HashMap::new(),
            bad_sign_ins: 0,
        }
    }

    /// Forgets every session, as a restart of the service would.
    pub(super) fn expire(&mut self) {
        self.open.clear();
        self.pending.clear();
    }

    /// Forgets the bad tries.
    pub(super) fn unlock(&mut self) {
        self.bad_sign_ins = 0;
    }

    fn locked(&self, options: &Options) -> bool {
        options.sign_ins_until_locked > 0 && self.bad_sign_ins >= options.sign_ins_until_locked
    }

    fn start(&mut self, now: Timestamp) -> String {
        // Capital letters here, small ones in the temporary token: clients must mind neither.
        let token = self.random.guid().to_uppercase();
        self.open.insert(token.to_lowercase(), now);
        token
    }

    /// Three different positions of the word, 1-based and never ascending (kashflow-api 3.1).
    fn ask(&mut self, letters: usize) -> Vec<usize> {
        let mut positions: Vec<usize> = Vec::with_capacity(3);
        while positions.len() < 3.min(letters) {
            let drawn = usize::try_from(self.random.below(letters as u64)).unwrap_or(0) + 1;
            if !positions.contains(&drawn) {
                positions.push(drawn);
            }
        }
        if positions.is_sorted() {
            positions.reverse();
        }
        positions
    }
}

/// The token of an `Authorization: KfToken {token}` header.
fn header_token(request: &Request) -> Option<&str> {
    let (scheme, token) = request.header("authorization")?.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("KfToken").then(|| token.trim())
}

impl KashFlow {
    /// Lets a call pass when its session lives, and makes it live on (kashflow-api 3.5).
    pub(super) fn check_session(&mut self, request: &Request, now: Timestamp) -> Result<(), Refusal> {
        let token = header_token(request).ok_or(Refusal::NoSession)?.to_lowercase();
        let life = SignedDuration::from_mins(self.options.session_minutes);
        let used = self.sessions.open.get_mut(&token).ok_or(Refusal::NoSession)?;
        if now.duration_since(*used) > life {
            self.sessions.open.remove(&token);
            return Err(Refusal::NoSession);
        }
        *used = now;
        Ok(())
    }

    /// Step 1: user name and password (kashflow-api 3.1).
    pub(super) fn sign_in(&mut self, request: &Request, now: Timestamp) -> Result<Response, Refusal> {
        if self.sessions.locked(&self.options) {
            return Err(Refusal::Locked);
        }
        let value = sent_json(request)?;
        let body = Body::read(&value)?;
        let user = body.text("UserName")?.unwrap_or_default();
        let password = body.text("Password")?.unwrap_or_default();
        if !user.trim().eq_ignore_ascii_case(&self.options.user_name) || password != self.options.password {
            self.sessions.bad_sign_ins += 1;
            return Err(Refusal::WrongCredentials);
        }
        if self.options.password_expired {
            return Err(Refusal::PasswordExpired);
        }
        let positions = self.sessions.ask(self.options.memorable_word.chars().count());
        let token = self.sessions.random.guid();
        let end = now + SignedDuration::from_mins(self.options.temporary_token_minutes);
        self.sessions.pending.insert(token.clone(), (positions.clone(), end));
        let mut answer = self.account_fields();
        let asked: Vec<Value> = positions.iter().map(|at| json!({ "Position": at, "Value": "" })).collect();
        answer.insert("MemorableWordList".into(), Value::Array(asked));
        answer.insert("MemorableWordPositions".into(), json!(""));
        answer.insert("TemporaryToken".into(), json!(token));
        Ok(Response::json(201, &Value::Object(answer)))
    }

    /// Step 2: three letters of the memorable word (kashflow-api 3.2).
    pub(super) fn confirm_sign_in(&mut self, request: &Request, now: Timestamp) -> Result<Response, Refusal> {
        if self.sessions.locked(&self.options) {
            return Err(Refusal::Locked);
        }
        let value = sent_json(request)?;
        let body = Body::read(&value)?;
        let token = body.text("TemporaryToken")?.unwrap_or_default().to_lowercase();
        let lapsed = || Refusal::invalid("Temporary token provided is invalid.");
        let (positions, end) = self.sessions.pending.get(&token).cloned().ok_or_else(lapsed)?;
        if self.options.temporary_token_single_use || now > end {
            self.sessions.pending.remove(&token);
        }
        if now > end {
            return Err(lapsed());
        }
        let sent = body.list("MemorableWordList")?.unwrap_or_default();
        let right = positions.iter().all(|at| letter_matches(&self.options.memorable_word, *at, sent));
        if !right || sent.len() != positions.len() {
            self.sessions.bad_sign_ins += 1;
            return Err(Refusal::invalid("The memorable word characters provided are incorrect."));
        }
        self.sessions.pending.remove(&token);
        self.sessions.bad_sign_ins = 0;
        Ok(Response::json(200, &Value::Object(self.session_answer(now))))
    }

    /// Another session of the same sign-in for a company number (kashflow-api 3.3).
    pub(super) fn switch_company(&mut self, company: &str, now: Timestamp) -> Result<Response, Refusal> {
        if company.parse() != Ok(self.options.company_id) {
            return Err(Refusal::NotFound("Company not found.".into()));
        }
        let mut answer = self.session_answer(now);
        answer.insert("UserName".into(), json!(self.options.user_name));
        Ok(Response::json(200, &Value::Object(answer)))
    }

    fn session_answer(&mut self, now: Timestamp) -> Map<String, Value> {
        let mut answer = self.account_fields();
        answer.insert("CompanyName".into(), json!(self.options.company_name));
        answer.insert("SessionToken".into(), json!(self.sessions.start(now)));
        answer.insert("StartPageUrl".into(), json!(""));
        let days = if self.options.subscription == Subscription::Active { 300 } else { -3 };
        answer.insert("SubscriptionExpiryDate".into(), json!(day_text(plus_days(today(now), days), "")));
        answer
    }

    /// End of a session: the token of the path, else that of the header (kashflow-api 3.4, U24).
    pub(super) fn sign_out(&mut self, path: Option<&str>, request: &Request) -> Result<Response, Refusal> {
        let token = path.or_else(|| header_token(request)).ok_or(Refusal::NoSession)?.to_lowercase();
        self.sessions.open.remove(&token).ok_or(Refusal::NoSession)?;
        Ok(Response::json(200, &json!({})))
    }

    /// The fields that both steps answer with.
    fn account_fields(&self) -> Map<String, Value> {
        let fields = json!({
            "HasTemporaryPassword": false,
            "IsAdmin": true,
            "PackageName": "Business",
            "PartnerBrandingOptOut": false,
            "PartnerId": 1,
            "SubscriptionExpired": self.options.subscription != Subscription::Active,
            "TenantId": 1,
            "CompanyUserId": 1,
            "CompanyId": self.options.company_id,
            "CompanyUserFullName": "",
            "EmailId": "",
            "KeepUserLoggedIn": false,
            "IsLockedOut": false,
            "IsPackageRestricted": false,
            "Disabled": false,
            "IntegrationsSettings": {},
        });
        match fields {
            Value::Object(fields) => fields,
            _ => Map::new(),
        }
    }
}

/// Whether the sent list has the right letter for a 1-based position, in any order and without case.
fn letter_matches(word: &str, position: usize, sent: &[Value]) -> bool {
    let Some(letter) = position.checked_sub(1).and_then(|at| word.chars().nth(at)) else {
        return false;
    };
    sent.iter().any(|row| {
        let Ok(body) = Body::read(row) else { return false };
        let here =
            body.get("Position").and_then(whole).and_then(|at| usize::try_from(at).ok()) == Some(position);
        let value = body.text("Value").ok().flatten().unwrap_or_default();
        here && value.trim().to_lowercase() == letter.to_lowercase().to_string()
    })
}
