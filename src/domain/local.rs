//! Local state: everything kashsync knows that cannot be read from the services again.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::contact::SummaryField;
use super::deletion::BegunDelete;
use super::details::Details;
use super::edit::Edit;
use super::guard::MassChange;
use super::ids::{ContactId, DefinitionId, EntryId, IntentId, LedgerRef, QuestionId, RunId, Service, Side};
use super::link::Link;
use super::merging::{AnnouncedMerge, BegunMerge};
use super::question::{Question, QuestionKind};
use super::refused::RefusedCredentials;
use super::removal::Removal;
use super::snapshot::Company;

/// Links, questions, answers, ignored records, failing records, intents and where reading left off.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Local {
    /// Links by ledger contact. Change only through [`Local::link`] and [`Local::unlink`].
    links: BTreeMap<LedgerRef, Link>,
    by_contact: BTreeMap<(ContactId, Side), LedgerRef>,
    /// Questions by number, open and answered.
    pub questions: BTreeMap<QuestionId, Question>,
    /// Ledger contacts left out for good.
    pub ignored: BTreeMap<LedgerRef, Ignored>,
    /// Pairs that a person said are not the same (design B11).
    pub never: BTreeSet<(LedgerRef, ContactId)>,
    /// Records that could not be written, with the reason (design B37).
    pub failing: BTreeMap<RecordRef, Failing>,
    /// Writes that were begun and whose outcome is not recorded yet.
    pub intents: BTreeMap<IntentId, Intent>,
    /// Contacts that Capsule's deleted feed named, by the time of deletion.
    pub deleted: BTreeMap<ContactId, Timestamp>,
    /// Contacts that the token can no longer see (design B5).
    pub hidden: BTreeSet<ContactId>,
    /// Ledger contacts that KashFlow's complete lists no longer hold (design B5).
    pub missing: BTreeMap<LedgerRef, Missing>,
    /// Where reading left off, accounts, approval.
    pub progress: Progress,
}

impl Local {
    /// All links, by ledger contact.
    pub fn links(&self) -> impl Iterator<Item = &Link> {
        self.links.values()
    }

    /// How many links there are.
    pub fn link_count(&self) -> usize {
        self.links.len()
    }

    /// The link of a ledger contact.
    pub fn link_of(&self, ledger: LedgerRef) -> Option<&Link> {
        self.links.get(&ledger)
    }

    /// The link of a contact on one side.
    pub fn link_on(&self, contact: ContactId, side: Side) -> Option<&Link> {
        self.by_contact.get(&(contact, side)).and_then(|ledger| self.links.get(ledger))
    }

    /// Both links of a contact, customer first.
    pub fn links_on(&self, contact: ContactId) -> impl Iterator<Item = &Link> {
        Side::BOTH.into_iter().filter_map(move |side| self.link_on(contact, side))
    }

    /// Adds a link. Refused (`false`, nothing changed) when either end is taken on that side (design B2).
    pub fn link(&mut self, link: Link) -> bool {
        let end = (link.contact, link.ledger.side);
        if self.links.contains_key(&link.ledger) || self.by_contact.contains_key(&end) {
            return false;
        }
        self.by_contact.insert(end, link.ledger);
        self.links.insert(link.ledger, link);
        true
    }

    /// Removes a ledger contact's link and gives it back.
    pub fn unlink(&mut self, ledger: LedgerRef) -> Option<Link> {
        let link = self.links.remove(&ledger)?;
        self.by_contact.remove(&(link.contact, ledger.side));
        Some(link)
    }

    /// Local state as it is shown while syncing is disabled: no links, and nothing that asks for a person (design B34).
    #[must_use]
    pub fn shown_disabled(&self) -> Self {
        Self {
            ignored: self.ignored.clone(),
            never: self.never.clone(),
            hidden: self.hidden.clone(),
            progress: self.progress.clone(),
            ..Self::default()
        }
    }

    /// Whether a ledger contact is proven to be gone from KashFlow (design B5). One that is only missing is not.
    pub fn is_gone(&self, ledger: LedgerRef) -> bool {
        self.missing.get(&ledger).is_some_and(|missing| missing.gone)
    }

    /// The questions without an answer: first the one that no sync gets past, then by number.
    pub fn open_questions(&self) -> impl Iterator<Item = &Question> {
        let open = || self.questions.values().filter(|question| question.is_open());
        let stops = |question: &&Question| question.asked.key.kind == QuestionKind::MassChange;
        open().filter(stops).chain(open().filter(move |question| !stops(question)))
    }

    /// The question that a ledger contact waits for, if any.
    pub fn question_about(&self, ledger: LedgerRef) -> Option<&Question> {
        self.questions.values().find(|question| question.asked.key.waiting.contains(&ledger))
    }
}

/// A ledger contact that a complete list of KashFlow did not hold (design B5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missing {
    /// The first run whose complete list did not hold it.
    pub since: RunId,
    /// A later run's complete list did not hold it either, and its code then answered 404 or another id.
    pub gone: bool,
}

/// A ledger contact left out for good; it waits for nothing and is never created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignored {
    /// The record.
    pub ledger: LedgerRef,
    /// Its code when it was ignored.
    pub code: String,
    /// Its name when it was ignored.
    pub name: String,
    /// When.
    pub since: Timestamp,
}

/// A record on either side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordRef {
    /// A contact in Capsule.
    Contact(ContactId),
    /// A ledger contact in KashFlow.
    Ledger(LedgerRef),
}

impl RecordRef {
    /// The service that keeps the record.
    pub fn service(self) -> Service {
        match self {
            Self::Contact(_) => Service::Capsule,
            Self::Ledger(_) => Service::KashFlow,
        }
    }
}

/// A record that could not be written (design B37).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failing {
    /// The record.
    pub record: RecordRef,
    /// Its name for people.
    pub name: String,
    /// Why, in plain words.
    pub reason: String,
    /// What mends it.
    pub remedy: String,
    /// How often it was tried.
    pub attempts: u32,
    /// Not tried again before this, unless the record changes.
    pub next_try: Timestamp,
    /// What the record looked like when it failed; a change means "try at once".
    pub fingerprint: u64,
}

impl Failing {
    /// The longest back-off step of a failing record (sync 2.6).
    pub const LONGEST_REST: SignedDuration = SignedDuration::from_hours(72);
}

/// A remote write that was begun: durable before the first byte is sent (design 5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// Its number.
    pub id: IntentId,
    /// What was to be written.
    pub action: IntentAction,
    /// The run that began it.
    pub run: RunId,
    /// When it was begun, our clock; after an unknown outcome, when the try ended.
    pub at: Timestamp,
    /// How often it was sent.
    pub attempts: u32,
    /// How often a look after the settle time found nothing.
    pub probes: u32,
}

impl Intent {
    /// Looks that must find nothing, a settle time apart, before a create counts as not done (design 5).
    pub const LOOKS: u32 = 2;

    /// Whether the create counts as not done and may be sent again.
    pub fn counts_as_not_done(&self) -> bool {
        self.probes >= Self::LOOKS
    }
}

/// What an intent is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IntentAction {
    /// Create a contact in Capsule that carries these ledger contacts' markers.
    CreateContact {
        /// One ledger contact, or a customer and a supplier of one name.
        ledgers: Vec<LedgerRef>,
        /// The name it was created with.
        name: String,
    },
    /// Write contact details to KashFlow.
    UpdateLedger {
        /// The ledger contact.
        ledger: LedgerRef,
        /// What is written.
        edit: Box<Edit>,
        /// What stood there.
        before: Box<Details>,
    },
    /// Write contact details to Capsule.
    UpdateContact {
        /// The linked ledger contact: it names the link.
        ledger: LedgerRef,
        /// The contact, or the Contact Person, that is written.
        contact: ContactId,
        /// What is written.
        edit: Box<Edit>,
        /// What stood there.
        before: Box<Details>,
    },
    /// Write our tag and fields on a contact.
    WriteSummary {
        /// The contact.
        contact: ContactId,
        /// The values sent, `None` for a field to be emptied: what is found afterwards tells whether it was done.
        fields: Vec<(SummaryField, Option<String>)>,
    },
    /// Undo a journal entry. The same command finishes it, no run does.
    Undo(EntryId),
    /// Archive or delete a record, as answered.
    Remove(Removal),
    /// Delete a contact as a person's command says; a run leaves it alone (design B29).
    Delete(BegunDelete),
    /// Merge two contacts as a person's command says; a run leaves it alone (design B28).
    Merge(BegunMerge),
    /// Create a customer in KashFlow for a contact (design B27). The code finds it again.
    Export {
        /// The contact that is to be linked with it.
        contact: ContactId,
        /// The person who becomes its Contact Person, if any.
        person: Option<ContactId>,
        /// The code, fixed before sending.
        code: String,
        /// The name it was created with.
        name: String,
    },
    /// Make our tag in Capsule.
    MakeTag,
    /// Make the definition of one of our fields in Capsule.
    MakeDefinition(SummaryField),
}

impl IntentAction {
    /// The ledger contacts whose contact is to be created; none for other actions.
    pub fn creates(&self) -> &[LedgerRef] {
        match self {
            Self::CreateContact { ledgers, .. } => ledgers,
            Self::UpdateLedger { .. }
            | Self::UpdateContact { .. }
            | Self::WriteSummary { .. }
            | Self::Undo(_)
            | Self::Export { .. }
            | Self::Remove(_)
            | Self::Delete(_)
            | Self::Merge(_)
            | Self::MakeTag
            | Self::MakeDefinition(_) => &[],
        }
    }
}

/// Where reading left off, whose accounts these are, and whether the first run was approved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// The Capsule account and KashFlow company this profile belongs to (design B3).
    pub bound: Option<Binding>,
    /// Capsule server time up to which changes and deletes were read.
    pub capsule_cursor: Option<Timestamp>,
    /// When all of Capsule was last read.
    pub capsule_whole: Option<Timestamp>,
    /// The last reading of Capsule may have missed contacts: nothing may be created until one has not (design B5).
    pub capsule_gaps: bool,
    /// When all invoices were last read.
    pub invoices_whole: Option<Timestamp>,
    /// When all bills were last read.
    pub bills_whole: Option<Timestamp>,
    /// The first run (design B35).
    pub initial: Initial,
    /// What the open question about too many changes counts (design B35).
    pub mass: Option<MassChange>,
    /// Credentials that KashFlow refused, the newest last (design B39).
    pub refused: Vec<RefusedCredentials>,
    /// Since when syncing is disabled (design B34).
    pub disabled: Option<Timestamp>,
    /// Our field definitions in Capsule.
    pub definitions: BTreeMap<SummaryField, DefinitionId>,
    /// Definitions that Capsule would not let us make: to be made by hand (design B23).
    pub refused_definitions: BTreeSet<SummaryField>,
    /// When the definitions were last looked up.
    pub definitions_checked: Option<Timestamp>,
    /// Merges that a person was sent to Capsule's own screen for (design B28).
    pub announced: Vec<AnnouncedMerge>,
    /// The next run's number less one.
    pub last_run: RunId,
    /// The highest question number given out.
    pub last_question: u64,
    /// The highest journal entry number given out.
    pub last_entry: u64,
    /// The highest intent number given out.
    pub last_intent: u64,
}

impl Progress {
    /// The next free question number.
    pub fn next_question(&mut self) -> QuestionId {
        self.last_question += 1;
        QuestionId(self.last_question)
    }

    /// The next free journal entry number.
    pub fn next_entry(&mut self) -> EntryId {
        self.last_entry += 1;
        EntryId(self.last_entry)
    }

    /// The next free intent number.
    pub fn next_intent(&mut self) -> IntentId {
        self.last_intent += 1;
        IntentId(self.last_intent)
    }
}

/// The accounts that a profile belongs to (design B3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// Capsule subdomain.
    pub subdomain: String,
    /// [`super::snapshot::Company::identity`].
    pub company: String,
    /// The company's name when last seen.
    pub company_name: String,
}

impl Binding {
    /// The company as it is to be known from now on, when these are the accounts that the profile belongs to; `None` when
    /// they are others. What the company was known by stays; its name is followed (design B3).
    pub fn recognise(&self, subdomain: &str, company: &Company) -> Option<Company> {
        let found = Self {
            subdomain: subdomain.to_owned(),
            company: company.identity(),
            company_name: company.name.clone(),
        };
        self.is_same(&found).then(|| Company { id: self.company_id(), ..company.clone() })
    }

    /// Whether both name the same accounts. An id counts before a name, so that a new name is followed; where one of the two
    /// is without an id, the name counts (design B3).
    pub fn is_same(&self, other: &Self) -> bool {
        let without_one = self.company_id().is_some() != other.company_id().is_some();
        self.subdomain == other.subdomain
            && (self.company == other.company || (without_one && self.company_name == other.company_name))
    }

    fn company_id(&self) -> Option<i64> {
        self.company.strip_prefix("id ").and_then(|id| id.parse().ok())
    }
}

/// The first run's approval (design B35).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Initial {
    /// Nobody has approved the first plan yet.
    #[default]
    Waiting,
    /// Approved, and not yet finished by a run.
    Approved {
        /// How many creates the approved plan showed.
        creates: usize,
    },
    /// A run has finished it.
    Done,
}

#[cfg(test)]
mod tests {
    use super::super::guard::MassChange;
    use super::super::money::Currency;
    use super::super::operation::Plan;
    use super::super::question::{Asked, QuestionKey};
    use super::*;

    #[test]
    fn b35_what_no_sync_gets_past_is_asked_first() {
        let mut local = Local::default();
        let key = QuestionKey::records(QuestionKind::SameName, vec![LedgerRef::customer(1)]);
        let other = MassChange::default().asked(&Plan::default());
        for (id, asked) in [(3, Asked { key, ..other.clone() }), (7, other)] {
            let question =
                Question { id: QuestionId(id), asked, since: Timestamp::UNIX_EPOCH, answers: Vec::new() };
            local.questions.insert(question.id, question);
        }
        assert_eq!(local.open_questions().map(|open| open.id.0).collect::<Vec<_>>(), [7, 3]);
    }

    #[test]
    fn b03_a_company_is_known_by_its_id_and_without_one_by_its_name() {
        let company = |id, name: &str| Company { id, name: name.into(), home_currency: Currency::GBP };
        let (id, other) = (Some(4711), Some(4712));
        for (bound, found, known) in [
            (company(id, "Brookside"), company(id, "Brookside"), Some(id)),
            (company(id, "Brookside"), company(id, "Brookside Joinery"), Some(id)),
            (company(id, "Brookside"), company(other, "Brookside"), None),
            (company(id, "Brookside"), company(None, "Brookside"), Some(id)),
            (company(id, "Brookside"), company(None, "Northgate"), None),
            (company(None, "Brookside"), company(None, "Brookside"), Some(None)),
            (company(None, "Brookside"), company(None, "Northgate"), None),
            (company(None, "Brookside"), company(id, "Brookside"), Some(None)),
            (company(None, "Brookside"), company(id, "Northgate"), None),
        ] {
            let binding = Binding {
                subdomain: "brookside".into(),
                company: bound.identity(),
                company_name: bound.name.clone(),
            };
            let recognised = binding.recognise("brookside", &found);
            assert_eq!(recognised.as_ref().map(|company| company.id), known, "{bound:?} {found:?}");
            assert!(recognised.is_none_or(|company| company.name == found.name), "a new name is followed");
            assert_eq!(binding.recognise("northgate", &found), None);
        }
    }
}
