//! The lines between a backup's head and its digest: one record each, as the store keeps it, in JSON.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::contact::Contact;
use crate::domain::ids::ContactId;
use crate::domain::ledger::LedgerContact;
use crate::domain::local::Missing;
use crate::domain::question::Question;
use crate::domain::run::RunReport;
use crate::ports::Change;
use crate::store::records::history::{EntryRecord, RunRecord};
use crate::store::records::local::{
    FailingRecord, IgnoredRecord, IntentRecord, LinkRecord, MissingRecord, ProgressRecord,
};
use crate::store::records::question::QuestionRecord;
use crate::store::records::seen::{AccountsRecord, ContactRecord, LedgerRecord};
use crate::store::records::{SideAndId, Stored};

/// One line.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::store) enum Line {
    /// The text of the profile's file.
    Settings(String),
    /// Whose accounts these are.
    Accounts(AccountsRecord),
    /// A linked contact as last read: what has gone from Capsule cannot be read again.
    Contact(Box<ContactRecord>),
    /// A linked ledger contact as last read.
    Ledger(Box<LedgerRecord>),
    Link(Box<LinkRecord>),
    Question(Box<QuestionRecord>),
    Ignored(IgnoredRecord),
    Never(SideAndId, i64),
    Failing(FailingRecord),
    Intent(Box<IntentRecord>),
    Deleted(i64, Timestamp),
    Hidden(i64),
    Missing(SideAndId, MissingRecord),
    Run(Box<RunRecord>),
    Entry(Box<EntryRecord>),
    /// Cursors, accounts, approval, counters; after everything that they count.
    Progress(Box<ProgressRecord>),
    /// The digest of what was not read from the services: two backups with the same one say the same.
    Content(String),
}

impl Line {
    /// The change that brings the line's record back; none for what is no record of the store.
    pub(in crate::store) fn change(self) -> Option<Change> {
        Some(match self {
            Self::Settings(_) | Self::Content(_) => return None,
            Self::Accounts(record) => {
                let (capsule, company) = record.into();
                Change::PutAccounts(capsule, company)
            }
            Self::Contact(record) => Change::PutContact(Contact::from(*record)),
            Self::Ledger(record) => Change::PutLedger(LedgerContact::from(*record)),
            Self::Link(record) => Change::PutLink((*record).into()),
            Self::Question(record) => Change::PutQuestion(Question::from(*record)),
            Self::Ignored(record) => Change::PutIgnored(record.into()),
            Self::Never(ledger, contact) => Change::PutNever(ledger.restored(), ContactId(contact)),
            Self::Failing(record) => Change::PutFailing(record.into()),
            Self::Intent(record) => Change::PutIntent((*record).into()),
            Self::Deleted(contact, at) => Change::PutDeleted(ContactId(contact), at),
            Self::Hidden(contact) => Change::PutHidden(ContactId(contact)),
            Self::Missing(ledger, record) => Change::PutMissing(ledger.restored(), Missing::from(record)),
            Self::Run(record) => Change::PutRun(RunReport::from(*record)),
            Self::Entry(record) => Change::Journal((*record).into()),
            Self::Progress(record) => Change::PutProgress((*record).into()),
        })
    }

    /// Whether the line tells something that cannot be read again: a backup is written anew only when such a line changed.
    /// Cursors and runs move with every run and are no reason; see [`super::content`] for the progress that counts.
    pub(super) fn counts(&self) -> bool {
        !matches!(
            self,
            Self::Accounts(_)
                | Self::Contact(_)
                | Self::Ledger(_)
                | Self::Run(_)
                | Self::Progress(_)
                | Self::Content(_)
        )
    }
}
