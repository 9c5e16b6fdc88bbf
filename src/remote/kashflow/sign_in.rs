//! Signing in to KashFlow: one at a time, once for all who wait, and never twice with refused credentials (design B39).

use std::sync::Arc;
use std::sync::atomic::Ordering;

use jiff::SignedDuration;
use serde_json::Value;

use super::client::KashFlowClient;
use super::session::{self, Next, Session, SignInWire, Step};
use crate::domain::refused::CredentialsPart;
use crate::domain::trouble::{Trouble, TroubleCode};
use crate::ports::RemoteError;
use crate::remote::retry::Kind;
use crate::remote::transport::{HttpRequest, Method, Transport};

/// A sign-in whose second half is answered later than this after it began may have lapsed half-way: the machine slept, or
/// the service was slow. KashFlow's words for that are not known (kashflow-api 3.6), so time tells.
const HALF_LAPSES: SignedDuration = SignedDuration::from_mins(1);

/// Where one sign-in at a time happens.
#[derive(Default)]
pub(super) struct Desk {
    pub(super) session: Option<Arc<Session>>,
    sign_ins: u64,
    failure: Option<RemoteError>,
    /// The credentials were refused: this client does not send them again (design B39).
    refused: Option<Trouble>,
}

impl<T: Transport> KashFlowClient<T> {
    /// The open session; signs in when there is none, or when it is the one that was refused.
    pub(super) async fn session(&self, refused: Option<u64>) -> Result<Arc<Session>, RemoteError> {
        let failures = self.failures.load(Ordering::SeqCst);
        let mut desk = self.desk.lock().await;
        if let Some(session) = &desk.session
            && Some(session.number) != refused
        {
            return Ok(Arc::clone(session));
        }
        if let Some(trouble) = &desk.refused {
            return Err(RemoteError::Trouble(trouble.clone()));
        }
        if let Some(failure) = &desk.failure
            && self.failures.load(Ordering::SeqCst) != failures
        {
            return Err(failure.clone());
        }
        desk.session = None;
        desk.sign_ins += 1;
        match self.sign_in(desk.sign_ins).await {
            Ok(session) => {
                let session = Arc::new(session);
                desk.session = Some(Arc::clone(&session));
                Ok(session)
            }
            Err(error) => {
                if let RemoteError::Trouble(trouble) = &error
                    && CredentialsPart::refused_by(trouble.code).is_some()
                {
                    desk.refused = Some(trouble.clone());
                }
                desk.failure = Some(error.clone());
                self.failures.fetch_add(1, Ordering::SeqCst);
                Err(error)
            }
        }
    }

    /// Signs in, and once more when the outcome was unknown: a session that nobody knows of does no harm, but every
    /// further try with a wrong password could count towards locking the account.
    async fn sign_in(&self, number: u64) -> Result<Session, RemoteError> {
        let outcome = match self.sign_in_once(number).await {
            Err(RemoteError::InDoubt { why }) => {
                self.exchange.pause_before_repeat(&why).await?;
                self.sign_in_once(number).await
            }
            outcome => outcome,
        };
        outcome.map_err(|error| match error {
            RemoteError::InDoubt { why } => self.exchange.unreachable(format!("sign-in: {why}")),
            other => other,
        })
    }

    async fn sign_in_once(&self, number: u64) -> Result<Session, RemoteError> {
        let began = self.exchange.now();
        let credentials = session::credentials_body(&self.credentials.user_name, &self.credentials.password);
        let first = self.sign_in_step(Step::Credentials, &credentials).await?;
        let company_id = first.company();
        match session::next(&first, &self.credentials.memorable_word, number).map_err(RemoteError::Trouble)? {
            Next::Open(session) => Ok(session),
            Next::Letters(letters) => {
                let second = self.sign_in_step(Step::MemorableWord, &letters).await.map_err(|error| {
                    let took = self.exchange.now().duration_since(began);
                    lapsed_half_way(error, took)
                })?;
                session::open(company_id, &second, number).map_err(RemoteError::Trouble)
            }
        }
    }

    async fn sign_in_step(&self, step: Step, body: &Value) -> Result<SignInWire, RemoteError> {
        let (method, label) = match step {
            Step::Credentials => (Method::Post, "sign-in"),
            Step::MemorableWord => (Method::Put, "sign-in, memorable word"),
        };
        let request = HttpRequest {
            method,
            label,
            url: self.base.to(&["sessiontoken"], ""),
            authorization: None,
            body: Some(body.to_string().into_bytes()),
        };
        let response = self.exchange.call(Kind::Write, request).await?;
        session::read(step, &response, self.exchange.redaction()).map_err(RemoteError::Trouble)
    }
}

/// A refusal of the letters proves nothing against the memorable word when the sign-in may have lapsed meanwhile.
fn lapsed_half_way(error: RemoteError, took: SignedDuration) -> RemoteError {
    match error {
        RemoteError::Trouble(trouble)
            if trouble.code == TroubleCode::WrongMemorableWord && took.abs() > HALF_LAPSES =>
        {
            RemoteError::InDoubt { why: format!("it took too long ({})", trouble.message) }
        }
        other => other,
    }
}
