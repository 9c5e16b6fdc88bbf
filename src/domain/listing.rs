//! Lists as people see them: one line per contact with health and money, one per document.
//!
//! Both the screen and the command line read these; neither derives anything of its own.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;

use super::change::{Around, Sides, differing};
use super::contact::{Contact, ContactKind};
use super::date::london_day;
use super::ids::{ContactId, LedgerRef, Side};
use super::link::{Link, LinkReason};
use super::local::{Local, RecordRef};
use super::money::Totals;
use super::normalise::{name_key, search_key};
use super::policy::Policy;
use super::question::Question;
use super::snapshot::{DocumentsByOwner, Snapshot};
use super::summary::account;
use super::wording::with_remedy;

/// How a contact stands (design 2), with the first reason in words beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Health {
    /// Linked and nothing to say.
    InSync,
    /// A question about it waits for an answer.
    Question,
    /// A write to it fails.
    Failing,
    /// Left out on purpose or out of reach.
    Excluded,
    /// Not linked with KashFlow.
    NotLinked,
}

impl Health {
    /// The word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::InSync => "in_sync",
            Self::Question => "question",
            Self::Failing => "failing",
            Self::Excluded => "excluded",
            Self::NotLinked => "not_linked",
        }
    }

    /// The words on the screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::InSync => "in sync",
            Self::Question => "question",
            Self::Failing => "failing",
            Self::Excluded => "excluded",
            Self::NotLinked => "not linked",
        }
    }
}

/// One contact in the list.
#[derive(Debug, Clone, PartialEq)]
pub struct ContactLine {
    /// The contact.
    pub id: ContactId,
    /// Its name.
    pub name: String,
    /// Person, and not organisation.
    pub is_person: bool,
    /// The organisation that a person belongs to.
    pub organisation: Option<(ContactId, String)>,
    /// How it stands.
    pub health: Health,
    /// Why, in words; empty when there is nothing to say.
    pub health_reason: String,
    /// Its links, customer first.
    pub links: Vec<LinkLine>,
    /// The customer side.
    pub invoices: Account,
    /// The supplier side; `None` when bills are excluded (design B22).
    pub bills: Option<Account>,
    /// Linked fields on which the two services differ (design B13).
    pub differences: usize,
    /// A customer or supplier of its name is left out for good.
    pub ignored: bool,
    /// What `/` searches: name, organisation, e-mail addresses and codes, without case and accents.
    pub search_key: String,
}

/// A link as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkLine {
    /// The ledger contact.
    pub ledger: LedgerRef,
    /// Its code.
    pub code: String,
    /// Its name in KashFlow.
    pub name: String,
    /// Since when.
    pub since: Timestamp,
    /// Why.
    pub reason: LinkReason,
    /// Archived in KashFlow.
    pub archived: bool,
}

/// What one side of a contact owes or is owed (design B19).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    /// How many documents there are.
    pub count: usize,
    /// Sum of amounts due per currency; credit notes and overpayments negative.
    pub outstanding: Totals,
    /// The overdue part.
    pub overdue: Totals,
    /// Earliest due date with something due, past dates included.
    pub next_due: Option<Date>,
}

/// Every contact as a line, by name and then id.
pub fn lines(
    snapshot: &Snapshot,
    documents: &DocumentsByOwner,
    local: &Local,
    policy: &Policy,
    now: Timestamp,
) -> Vec<ContactLine> {
    let lister = Lister {
        snapshot,
        documents,
        local,
        policy,
        today: london_day(now),
        asked: asked_contacts(local),
        ignored: local.ignored.values().map(|ignored| name_key(&ignored.name)).collect(),
    };
    let keyed = snapshot.contacts.values().map(|contact| {
        let key = name_key(&contact.name());
        let line = lister.line(contact, &key);
        (key, line)
    });
    let mut lines: Vec<(String, ContactLine)> = keyed.collect();
    lines
        .sort_by(|(left_key, left), (right_key, right)| left_key.cmp(right_key).then(left.id.cmp(&right.id)));
    lines.into_iter().map(|(_, line)| line).collect()
}

/// Contacts that an open question is about: it offers to link them, or it waits for what they are linked with.
fn asked_contacts(local: &Local) -> BTreeMap<ContactId, &Question> {
    let mut asked = BTreeMap::new();
    for question in local.open_questions() {
        let offered = question.asked.candidates.iter().map(|candidate| candidate.contact);
        let linked =
            question.asked.key.waiting.iter().filter_map(|ledger| Some(local.link_of(*ledger)?.contact));
        for contact in offered.chain(linked) {
            asked.entry(contact).or_insert(question);
        }
    }
    asked
}

struct Lister<'a> {
    snapshot: &'a Snapshot,
    documents: &'a DocumentsByOwner,
    local: &'a Local,
    policy: &'a Policy,
    today: Date,
    asked: BTreeMap<ContactId, &'a Question>,
    /// Names of ignored ledger contacts, as keys.
    ignored: BTreeSet<String>,
}

impl Lister<'_> {
    fn line(&self, contact: &Contact, key: &str) -> ContactLine {
        let links: Vec<&Link> = self.local.links_on(contact.id).collect();
        let (health, health_reason) = self.health(contact, &links);
        let shown: Vec<LinkLine> = links.iter().map(|link| self.link_line(link)).collect();
        let name = contact.name().into_owned();
        let organisation = contact.employer().map(|employer| (employer.id, employer.name.clone()));
        let search_key = searched(contact, &name, &shown);
        ContactLine {
            id: contact.id,
            is_person: matches!(contact.kind, ContactKind::Person { .. }),
            health,
            health_reason,
            invoices: self.account(&links, Side::Customer),
            bills: (!self.policy.exclude_supplier_invoices).then(|| self.account(&links, Side::Supplier)),
            differences: self.differences(contact, &links),
            ignored: self.ignored.contains(key),
            links: shown,
            name,
            organisation,
            search_key,
        }
    }

    /// First that applies: out of reach, failing, question, deleted, archived, in sync, not linked; with the reason and
    /// what mends it (design B37).
    fn health(&self, contact: &Contact, links: &[&Link]) -> (Health, String) {
        let id = contact.id;
        if contact.restricted || self.local.hidden.contains(&id) {
            let reason = "not visible to this token; an Administrator's token shows it";
            return (Health::Excluded, reason.into());
        }
        let records = links.iter().map(|link| RecordRef::Ledger(link.ledger)).chain([RecordRef::Contact(id)]);
        if let Some(failing) = records.into_iter().find_map(|record| self.local.failing.get(&record)) {
            return (Health::Failing, with_remedy(&failing.reason, &failing.remedy));
        }
        if let Some(question) = self.asked.get(&id) {
            let (number, because) = (question.id.0, &question.asked.because);
            return (Health::Question, format!("question {number} waits for your answer: {because}"));
        }
        if self.local.deleted.contains_key(&id) {
            let reason =
                "deleted in Capsule; the link is kept, and restoring the contact there brings it back";
            return (Health::Excluded, reason.into());
        }
        let left: Vec<(&Link, Left)> =
            links.iter().filter_map(|link| Some((*link, self.why_left(link)?))).collect();
        match (links.len(), left.as_slice()) {
            (0, _) => (Health::NotLinked, self.why_not_linked(contact)),
            (_, []) => (Health::InSync, String::new()),
            (all, [(_, why), ..]) if left.len() == all => (Health::Excluded, why.of_all().into()),
            (_, [(some, why), ..]) => {
                (Health::InSync, format!("its {} is {}", some.ledger.side.word(), why.of_one()))
            }
        }
    }

    /// Why a link is not kept in step, if it is not.
    fn why_left(&self, link: &Link) -> Option<Left> {
        if self.policy.is_off(link.ledger.side) {
            return Some(Left::Off);
        }
        self.is_archived(link.ledger).then_some(Left::Archived)
    }

    fn why_not_linked(&self, contact: &Contact) -> String {
        if self.local.progress.disabled.is_some() {
            return "syncing is disabled: links and invoices are kept, hidden; `kashsync enable` shows them again".into();
        }
        match contact.employer() {
            Some(employer) if self.local.links_on(employer.id).next().is_some() => {
                format!("the invoices are those of its organisation {}", employer.name)
            }
            Some(_) | None => "no customer or supplier belongs to it; export it, or link it by hand".into(),
        }
    }

    fn is_archived(&self, ledger: LedgerRef) -> bool {
        self.snapshot.ledger.get(&ledger).is_some_and(|ledger| ledger.archived)
    }

    fn link_line(&self, link: &Link) -> LinkLine {
        let ledger = self.snapshot.ledger.get(&link.ledger);
        LinkLine {
            ledger: link.ledger,
            code: ledger.map(|ledger| ledger.code.clone()).unwrap_or_default(),
            name: ledger.map(|ledger| ledger.name.clone()).unwrap_or_default(),
            since: link.since,
            reason: link.reason,
            archived: ledger.is_some_and(|ledger| ledger.archived),
        }
    }

    fn account(&self, links: &[&Link], side: Side) -> Account {
        let owned = links
            .iter()
            .filter(|link| link.ledger.side == side)
            .flat_map(|link| self.documents.of_owner(link.ledger).iter());
        account(owned, self.today)
    }

    /// Fields on which the contact and its ledger contacts differ now (design B13).
    fn differences(&self, contact: &Contact, links: &[&Link]) -> usize {
        let around = Around { snapshot: self.snapshot, local: self.local };
        let fields = links.iter().filter(|link| !self.policy.is_off(link.ledger.side)).filter_map(|link| {
            let ledger = self.snapshot.ledger.get(&link.ledger)?;
            Some(differing(link, &Sides::of(link, contact, ledger, &around)))
        });
        fields.flatten().collect::<BTreeSet<_>>().len()
    }
}

/// Why a link is not kept in step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Left {
    /// The setting `suppliers` is off.
    Off,
    /// Archived in KashFlow (design B18).
    Archived,
}

impl Left {
    fn of_all(self) -> &'static str {
        match self {
            Self::Off => {
                "suppliers are switched off; `kashsync settings set suppliers sync` keeps them in step again"
            }
            Self::Archived => "archived in KashFlow; un-archived there, it is kept in step again",
        }
    }

    fn of_one(self) -> &'static str {
        match self {
            Self::Off => "not kept in step: suppliers are switched off",
            Self::Archived => "archived in KashFlow",
        }
    }
}

fn searched(contact: &Contact, name: &str, links: &[LinkLine]) -> String {
    let organisation = contact.employer().map(|employer| employer.name.as_str());
    let emails = contact.emails.iter().map(|row| row.address.as_str());
    let codes = links.iter().map(|link| link.code.as_str());
    let mut all = name.to_owned();
    for other in organisation.into_iter().chain(emails).chain(codes) {
        all.push(' ');
        all.push_str(other);
    }
    search_key(&all)
}

#[cfg(test)]
mod tests;
