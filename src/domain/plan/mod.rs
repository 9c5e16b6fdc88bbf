//! The plan: what a run would do and ask, as a pure function of what was read and what is known (design 5).
//!
//! It never fails and performs no I/O; equal input gives an equal plan. Odd data becomes a question or a failing record.
//! Not here: carrying it out (`engine`).

pub mod choose;
mod deleted;
mod group;
mod namesakes;
mod near;
mod same_name;
pub mod summaries;
mod updates;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::contact::{Contact, Summary, SummaryField};
use super::date::london_day;
use super::draft::ContactDraft;
use super::ids::{ContactId, LedgerRef, QuestionId, Side};
use super::ledger::LedgerContact;
use super::link::LinkReason;
use super::local::{Failing, Local, RecordRef};
use super::mapping;
use super::marker::{CompanyMark, Marker};
use super::matching::Index;
use super::money::Currency;
use super::normalise::{collapsed, name_key};
use super::operation::{CreateReason, Operation, Plan};
use super::policy::{Policy, Suppliers};
use super::question::{Asked, Question, QuestionKey};
use super::snapshot::{DocumentsByOwner, Snapshot};
use super::summary::{SideRecords, summary};
use super::update::Update;
use namesakes::Namesakes;

/// Decides what a run would do and ask. Empty until both accounts are known.
pub fn plan(snapshot: &Snapshot, local: &Local, policy: &Policy, now: Timestamp) -> Plan {
    let Some(company) = &snapshot.company else { return Plan::default() };
    let mut planner = Planner {
        snapshot,
        local,
        policy,
        now,
        today: london_day(now),
        company: CompanyMark::of(company),
        home: company.home_currency,
        documents: DocumentsByOwner::of(snapshot),
        index: Index::of(reachable(snapshot, local)),
        questions: local.questions.values().map(|question| (&question.asked.key, question)).collect(),
        claimed: BTreeMap::new(),
        claimed_by: BTreeMap::new(),
        in_doubt: in_doubt(local),
        namesakes: Namesakes::new(),
        near: Vec::new(),
        plan: Plan::default(),
    };
    planner.settle_deleted();
    planner.settle_gone();
    let unlinked = planner.unlinked();
    let unmarked = planner.match_markers(&unlinked);
    if !unmarked.is_empty() {
        planner.namesakes = planner.live_by_name();
    }
    for group in groups(&unmarked).values() {
        planner.decide_group(group);
    }
    planner.decide_all_near();
    planner.plan_updates();
    planner.write_summaries();
    planner.finish()
}

/// Contacts that are neither deleted nor hidden: only these can be matched (design B5).
fn reachable<'a>(snapshot: &'a Snapshot, local: &'a Local) -> impl Iterator<Item = &'a Arc<Contact>> + Clone {
    snapshot.contacts.values().filter(move |contact| !is_out_of_reach(local, contact.id))
}

fn is_out_of_reach(local: &Local, contact: ContactId) -> bool {
    local.deleted.contains_key(&contact) || local.hidden.contains(&contact)
}

/// Ledger contacts whose create was sent and is neither found nor known not to have happened.
fn in_doubt(local: &Local) -> BTreeSet<LedgerRef> {
    let open = local.intents.values().filter(|intent| !intent.counts_as_not_done());
    open.flat_map(|intent| intent.action.creates().iter().copied()).collect()
}

/// Unlinked ledger contacts by exact name.
fn groups<'a>(unlinked: &[&'a LedgerContact]) -> BTreeMap<String, Vec<&'a LedgerContact>> {
    let mut groups: BTreeMap<String, Vec<&LedgerContact>> = BTreeMap::new();
    for ledger in unlinked {
        groups.entry(name_key(&ledger.name)).or_default().push(ledger);
    }
    groups
}

/// What the plan is made from, and the plan as far as it is made.
struct Planner<'a> {
    snapshot: &'a Snapshot,
    local: &'a Local,
    policy: &'a Policy,
    now: Timestamp,
    today: Date,
    company: CompanyMark,
    home: Currency,
    documents: DocumentsByOwner,
    index: Index<'a>,
    questions: HashMap<&'a QuestionKey, &'a Question>,
    /// Contacts that this plan links, by side.
    claimed: BTreeMap<(ContactId, Side), LedgerRef>,
    /// The same by ledger contact.
    claimed_by: BTreeMap<LedgerRef, ContactId>,
    in_doubt: BTreeSet<LedgerRef>,
    /// Live ledger contacts by name; filled when somebody is unlinked.
    namesakes: Namesakes<'a>,
    /// Ledger contacts without an exact match; those that are to be one contact together.
    near: Vec<Vec<&'a LedgerContact>>,
    plan: Plan,
}

impl<'a> Planner<'a> {
    /// Ledger contacts that may be matched now: not archived, ignored, linked or switched off (design, matching).
    fn unlinked(&mut self) -> Vec<&'a LedgerContact> {
        let mut unlinked = Vec::new();
        for ledger in self.snapshot.ledger.values() {
            let off = self.policy.is_off(ledger.id.side);
            let settled =
                self.local.link_of(ledger.id).is_some() || self.local.ignored.contains_key(&ledger.id);
            if off || settled || ledger.archived {
                continue;
            }
            if collapsed(&ledger.name).is_empty() {
                self.fail_nameless(ledger);
            } else if !self.in_doubt.contains(&ledger.id) || !self.index.marked(ledger.id).is_empty() {
                // One whose create is in doubt waits, unless the contact has turned up with its marker.
                unlinked.push(ledger.as_ref());
            }
        }
        unlinked
    }

    fn fail_nameless(&mut self, ledger: &LedgerContact) {
        self.plan.failing.push(Failing {
            record: RecordRef::Ledger(ledger.id),
            name: format!("{} {}", ledger.id.side.word(), ledger.code),
            reason: "it has no name in KashFlow".into(),
            remedy: format!(
                "Give {} {} a name in KashFlow, or ignore it.",
                ledger.id.side.word(),
                ledger.code
            ),
            attempts: 0,
            // The next run looks again.
            next_try: SignedDuration::try_from(self.policy.sync_interval)
                .ok()
                .and_then(|interval| self.now.checked_add(interval).ok())
                .unwrap_or(self.now),
            fingerprint: fingerprint(ledger),
        });
    }

    /// A contact that carries the marker is the match, whatever the names (design B7). Gives back the rest.
    fn match_markers(&mut self, unlinked: &[&'a LedgerContact]) -> Vec<&'a LedgerContact> {
        let mut rest = Vec::new();
        for ledger in unlinked {
            match self.carriers(ledger.id).as_slice() {
                [] => rest.push(*ledger),
                [only] => self.link(&[*ledger], only, LinkReason::Marker),
                several => {
                    self.decide_several(&[*ledger], several, "they all carry this record's KashFlow ID");
                }
            }
        }
        rest
    }

    /// Whether a contact is there for us to link with (design B5, matching).
    fn is_reachable(&self, contact: &Contact) -> bool {
        !contact.restricted && !is_out_of_reach(self.local, contact.id)
    }

    /// Visible contacts that carry a ledger contact's marker and can take its link.
    fn carriers(&self, ledger: LedgerRef) -> Vec<&'a Contact> {
        let own = Marker { company: self.company, ledger };
        self.index
            .marked(ledger)
            .iter()
            .copied()
            .filter(|contact| !contact.restricted && self.is_free(contact.id, ledger))
            .filter(|contact| Marker::carried(contact.as_ref()).contains(&own))
            .map(AsRef::as_ref)
            .collect()
    }

    /// Whether a contact can take a link from that ledger contact (design B2, B11).
    fn is_free(&self, contact: ContactId, ledger: LedgerRef) -> bool {
        !self.is_taken(contact, ledger.side) && !self.local.never.contains(&(ledger, contact))
    }

    fn is_taken(&self, contact: ContactId, side: Side) -> bool {
        self.claimed.contains_key(&(contact, side)) || self.local.link_on(contact, side).is_some()
    }

    fn link(&mut self, ledgers: &[&LedgerContact], contact: &Contact, reason: LinkReason) {
        for ledger in ledgers {
            self.claimed.insert((contact.id, ledger.id.side), ledger.id);
            self.claimed_by.insert(ledger.id, contact.id);
            self.plan.operations.push(Operation::Link {
                ledger: ledger.id,
                contact: contact.id,
                reason,
                name: contact.name().into_owned(),
            });
        }
    }

    /// Plans a create, unless it is switched off or has just failed with the same data (design B10, B37).
    fn create(&mut self, ledgers: &[&LedgerContact], name_ending: Option<&str>, reason: CreateReason) {
        let Some(first) = ledgers.first() else { return };
        let link_only = self.policy.suppliers == Suppliers::LinkOnly;
        let may_create = ledgers.iter().any(|ledger| ledger.id.side == Side::Customer || !link_only);
        if !may_create
            || self.local.progress.capsule_gaps
            || ledgers.iter().any(|ledger| self.is_resting(RecordRef::Ledger(ledger.id), fingerprint(ledger)))
        {
            return;
        }
        let draft = self.draft(ledgers, first, name_ending);
        self.plan.operations.push(Operation::CreateContact {
            ledgers: ledgers.iter().map(|ledger| ledger.id).collect(),
            draft: Box::new(draft),
            reason,
        });
    }

    fn draft(
        &self,
        ledgers: &[&LedgerContact],
        first: &LedgerContact,
        name_ending: Option<&str>,
    ) -> ContactDraft {
        let markers: Vec<Marker> =
            ledgers.iter().map(|ledger| Marker { company: self.company, ledger: ledger.id }).collect();
        let address = self.policy.web.ledger(first.id.side, &first.code);
        let side = |side: Side| ledgers.iter().find(|ledger| ledger.id.side == side).copied();
        let summary = self.desired(side(Side::Customer), side(Side::Supplier));
        mapping::draft(first, name_ending, self.policy.team, summary, Marker::website(&address, &markers))
    }

    /// What our fields shall say of a contact with these links. Only the marker while documents are not known yet.
    fn desired(&self, customer: Option<&LedgerContact>, supplier: Option<&LedgerContact>) -> Summary {
        let (customer, supplier) = (self.side_records(customer), self.side_records(supplier));
        let mut wanted = summary(customer, supplier, &self.company, self.home, self.policy, self.today);
        if !self.documents_known() {
            wanted.tagged = false;
            wanted.values.retain(|field, _| *field == SummaryField::Id);
        }
        for refused in &self.local.progress.refused_definitions {
            wanted.values.remove(refused);
        }
        wanted
    }

    fn side_records<'b>(&'b self, ledger: Option<&'b LedgerContact>) -> Option<SideRecords<'b>> {
        let ledger = ledger?;
        Some(SideRecords { ledger, documents: self.documents.of_owner(ledger.id) })
    }

    /// Whether a record failed before, has not changed since, and is not due for another try (design B37). Notes those
    /// that rest. A try that is further away than any back-off was noted before the clock was set back.
    fn is_resting(&mut self, record: RecordRef, fingerprint: u64) -> bool {
        let resting = self.local.failing.get(&record).is_some_and(|failing| {
            let away = failing.next_try.duration_since(self.now);
            failing.fingerprint == fingerprint && away.is_positive() && away <= Failing::LONGEST_REST
        });
        if resting {
            self.plan.resting.insert(record);
        }
        resting
    }

    fn ask(&mut self, asked: Asked) {
        self.plan.questions.push(asked);
    }

    fn stored(&self, key: &QuestionKey) -> Option<&'a Question> {
        self.questions.get(key).copied()
    }

    fn settle(&mut self, question: QuestionId) {
        self.plan.settling.insert(question);
    }

    fn finish(mut self) -> Plan {
        self.plan.operations.sort_by_key(order);
        self.plan.questions.sort_by(|left, right| {
            name_key(&left.name).cmp(&name_key(&right.name)).then_with(|| left.key.cmp(&right.key))
        });
        self.plan
    }
}

/// Links first, then creates, updates and summaries, then what goes; each by record.
fn order(operation: &Operation) -> (u8, i64, Option<LedgerRef>) {
    match operation {
        Operation::Link { ledger, contact, .. } => (0, contact.0, Some(*ledger)),
        Operation::CreateContact { ledgers, .. } => (1, 0, ledgers.first().copied()),
        Operation::Export(export) => (1, export.contact.0, None),
        Operation::UpdateLedger(update) => (2, contact_number(update), Some(update.ledger)),
        Operation::UpdateContact(update) => (3, contact_number(update), Some(update.ledger)),
        Operation::WriteSummary { contact, .. } => (4, contact.0, None),
        Operation::LetGo { ledger, contact, .. } => (5, contact.0, Some(*ledger)),
        // What cannot be undone comes last.
        Operation::Remove { removal, .. } => (6, removal.contact.0, Some(removal.ledger)),
    }
}

fn contact_number(update: &Update) -> i64 {
    update.contact.map_or(0, |contact| contact.0)
}

/// What a ledger contact's write depends on, as one number: a change means "try again at once" (design B37).
pub fn fingerprint(ledger: &LedgerContact) -> u64 {
    u64::from(crc32fast::hash(format!("{ledger:?}").as_bytes()))
}

#[cfg(test)]
mod tests;
