//! A profile opened: its store, what is kept in it, and its settings.

use std::borrow::Cow;

use jiff::Timestamp;

use super::clock::SystemClock;
use super::commands::backup::{NO_BACKUP, begun_anew, damaged};
use super::output::say_error;
use super::resolve::Resolved;
use crate::domain::ids::{ContactId, LedgerRef, Side};
use crate::domain::policy::Policy;
use crate::domain::register::{Entry, register};
use crate::engine::event::View;
use crate::engine::view;
use crate::error::AppError;
use crate::ports::{Change, Clock, Kept, Store, StoreError};
use crate::store::SledStore;

/// An open profile. Nobody else can open it meanwhile.
#[derive(Debug)]
pub struct OpenProfile {
    /// Durable state.
    pub store: SledStore,
    /// What was kept when it was opened.
    pub kept: Kept,
    /// The settings.
    pub policy: Policy,
    /// When it was opened.
    pub now: Timestamp,
}

impl OpenProfile {
    /// Opens and verifies a profile, making it if need be.
    pub async fn open(resolved: &Resolved) -> Result<Self, AppError> {
        let now = SystemClock.now();
        let folder = resolved.paths.data.clone();
        let opening = tokio::task::spawn_blocking(move || {
            let store = SledStore::open(&folder, now)?;
            let earlier = store.earlier_backup();
            Ok((store, earlier))
        });
        let refused = |error: StoreError| match error {
            StoreError::Damaged(what) => damaged(&resolved.paths.data, &what),
            other => other.into(),
        };
        let (store, earlier) = opening
            .await
            .map_err(|error| AppError::machine(format!("the store cannot be opened: {error}"), "Try again."))?
            .map_err(refused)?;
        if let Some(earlier) = earlier {
            begun_anew(&earlier);
        }
        let store = store.with_settings(resolved.paths.file.clone());
        let kept = store.load().await.map_err(refused)?;
        Ok(Self { store, kept, policy: resolved.file.policy.clone(), now })
    }

    /// Everything there is to show.
    pub fn view(&self) -> View {
        view::build(&self.kept, &self.policy, self.now, None)
    }

    /// What people are shown of what is kept: contacts only while syncing is disabled (design B34).
    pub fn shown(&self) -> Cow<'_, Kept> {
        view::shown(&self.kept)
    }

    /// Makes changes durable, backs up what a person has decided with them, and closes. That the backup is not written is
    /// told and fails nothing: the changes are kept.
    pub async fn commit(self, changes: Vec<Change>) -> Result<(), AppError> {
        self.store.commit(changes).await?;
        if let Err(why) = self.store.back_up(self.now).await {
            say_error(&format!("it is done, but the automatic backup was not written: {why}"), NO_BACKUP);
        }
        Ok(self.store.close().await?)
    }
}

/// The documents that may be shown: bills only where they are not excluded (design B22).
pub fn documents(view: &View) -> Vec<Entry> {
    let sides: &[Side] = if view.bills_excluded { &[Side::Customer] } else { &Side::BOTH };
    register(&view.snapshot, &view.documents, &view.local, sides)
}

/// The contact of that id.
pub fn known_contact(kept: &Kept, id: i64) -> Result<ContactId, AppError> {
    let id = ContactId(id);
    if kept.snapshot.contacts.contains_key(&id) {
        Ok(id)
    } else {
        Err(AppError::not_found(
            format!("there is no contact {} among those read from Capsule", id.0),
            "See `kashsync contacts`; sync first if it is new.",
        ))
    }
}

/// The customer or supplier that `customer:CODE` names, on the ignored list too.
pub fn known_record(kept: &Kept, text: &str) -> Result<LedgerRef, AppError> {
    let named = text.split_once(':').and_then(|(side, code)| Some((Side::from_word(side)?, code.trim())));
    let Some((side, code)) = named.filter(|(_, code)| !code.is_empty()) else {
        return Err(AppError::Usage {
            message: format!("\"{text}\" names no record"),
            remedy: "Use customer:CODE or supplier:CODE.".into(),
        });
    };
    let read = kept.snapshot.ledger.values().map(|ledger| (ledger.id, ledger.code.as_str()));
    let ignored = kept.local.ignored.values().map(|ignored| (ignored.ledger, ignored.code.as_str()));
    let all: Vec<(LedgerRef, &str)> = read.chain(ignored).filter(|(id, _)| id.side == side).collect();
    let exact = all.iter().find(|(_, known)| *known == code);
    // KashFlow's codes are told apart without case.
    exact
        .or_else(|| all.iter().find(|(_, known)| known.eq_ignore_ascii_case(code)))
        .map(|(id, _)| *id)
        .ok_or_else(|| {
            AppError::not_found(
                format!("there is no {} {code} among those read from KashFlow", side.word()),
                "Check the code in KashFlow; sync first if it is new.",
            )
        })
}
