//! Records of every kind, thrown from a seed. Ids are few, so that records are met again and dropped.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::domain::contact::{
    AddressRow, Contact, ContactKind, EmailRow, Employer, PhoneKind, PhoneRow, Summary, SummaryField,
    WebsiteRow,
};
use crate::domain::deletion::{BegunDelete, LedgerStep};
use crate::domain::details::{Details, Field, PostalAddress};
use crate::domain::document::{Document, DocumentRef};
use crate::domain::edit::Edit;
use crate::domain::guard::{List, MassChange};
use crate::domain::ids::{
    ContactId, DefinitionId, EntryId, IntentId, LedgerId, LedgerRef, QuestionId, RowId, RunId, Service, Side,
};
use crate::domain::journal::{Action, JournalEntry, Place};
use crate::domain::ledger::{LedgerAddress, LedgerContact, LedgerPerson};
use crate::domain::link::{Base, Link, LinkReason, Mark, Streak};
use crate::domain::local::{
    Binding, Failing, Ignored, Initial, Intent, IntentAction, Missing, Progress, RecordRef,
};
use crate::domain::matching::{Evidence, Reason};
use crate::domain::merging::{AnnouncedMerge, BegunMerge};
use crate::domain::money::Currency;
use crate::domain::operation::Counts;
use crate::domain::question::{Answer, Asked, Band, Candidate, Choice, Question, QuestionKey, QuestionKind};
use crate::domain::refused::{CredentialsMark, CredentialsPart, RefusedCredentials};
use crate::domain::removal::{Removal, RemovalKind};
use crate::domain::run::{Control, Outcome, ReadCounts, Requests, RunError, RunReport, Trigger};
use crate::domain::snapshot::{CapsuleAccount, Company};
use crate::domain::trouble::TroubleCode;
use crate::ports::Change;

/// How many kinds of change there are.
pub(super) const CHANGES: u64 = 30;

/// Pseudo-random throws (`SplitMix64`).
pub(super) struct Dice(pub(super) u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.roll() % bound
    }

    fn small(&mut self) -> usize {
        usize::try_from(self.below(2000)).unwrap()
    }

    /// Any number from 0 to 1, to the last bit.
    fn share(&mut self) -> f64 {
        let bits = u32::try_from(self.roll() >> 32).unwrap();
        f64::from(bits) / f64::from(u32::MAX)
    }

    fn coin(&mut self) -> bool {
        self.below(2) == 0
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::try_from(self.below(all.len() as u64)).unwrap()]
    }

    fn maybe<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.coin().then(|| make(self))
    }

    fn list<T>(&mut self, most: u64, mut make: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.below(most + 1)).map(|_| make(self)).collect()
    }

    fn text(&mut self) -> String {
        self.of(&["", "Łódź & Söhne", "O'Hara Ltd", "a\u{1b}[31m\nb", "東京", "0", "null"]).into()
    }

    fn time(&mut self) -> Timestamp {
        let second = i64::try_from(self.below(4_000_000_000)).unwrap();
        let nano = if self.coin() { 0 } else { i32::try_from(self.below(1_000_000_000)).unwrap() };
        Timestamp::new(second, nano).unwrap()
    }

    fn date(&mut self) -> Date {
        let throw = |dice: &mut Self, bound| i8::try_from(dice.below(bound)).unwrap() + 1;
        let year = 1900 + i16::try_from(self.below(200)).unwrap();
        jiff::civil::date(year, throw(self, 12), throw(self, 28))
    }

    fn money(&mut self) -> Decimal {
        let scale = u32::try_from(self.below(6)).unwrap();
        let amount = self.roll().cast_signed() >> self.below(60);
        Decimal::new(amount, scale)
    }

    fn currency(&mut self) -> Currency {
        Currency::parse(self.of(&["GBP", "EUR", "USD", "JPY"])).unwrap()
    }

    fn id(&mut self) -> i64 {
        self.of(&[i64::MIN, -1, 0, 1, 2, 3, 300, 70_000, 5_000_000_000, i64::MAX])
    }

    fn number(&mut self) -> u64 {
        self.of(&[0, 1, 2, 3, 200, 70_000, u64::MAX])
    }

    fn contact_id(&mut self) -> ContactId {
        ContactId(self.id())
    }

    fn side(&mut self) -> Side {
        self.of(&Side::BOTH)
    }

    fn ledger_ref(&mut self) -> LedgerRef {
        LedgerRef { side: self.side(), id: LedgerId(self.id()) }
    }

    fn document_ref(&mut self) -> DocumentRef {
        DocumentRef { side: self.side(), id: self.id() }
    }

    fn record_ref(&mut self) -> RecordRef {
        if self.coin() { RecordRef::Contact(self.contact_id()) } else { RecordRef::Ledger(self.ledger_ref()) }
    }

    pub(super) fn contact(&mut self) -> Contact {
        Contact {
            id: self.contact_id(),
            kind: if self.coin() {
                ContactKind::Organisation { name: self.text() }
            } else {
                ContactKind::Person {
                    first: self.text(),
                    last: self.text(),
                    employer: self.maybe(|dice| Employer { id: dice.contact_id(), name: dice.text() }),
                }
            },
            emails: self.list(2, |dice| EmailRow { id: RowId(dice.id()), address: dice.text() }),
            phones: self.list(3, |dice| PhoneRow {
                id: RowId(dice.id()),
                kind: dice.of(&[PhoneKind::Fax, PhoneKind::Mobile, PhoneKind::Other]),
                number: dice.text(),
            }),
            websites: self.list(2, |dice| WebsiteRow {
                id: RowId(dice.id()),
                is_url: dice.coin(),
                address: dice.text(),
            }),
            addresses: self.list(2, |dice| AddressRow {
                id: RowId(dice.id()),
                street: dice.text(),
                city: dice.text(),
                state: dice.text(),
                postcode: dice.text(),
                country: dice.text(),
            }),
            summary: Summary {
                tagged: self.coin(),
                values: self.list(7, |dice| (dice.of(&SummaryField::ALL), dice.text())).into_iter().collect(),
            },
            restricted: self.coin(),
            updated_at: self.time(),
            last_contacted: self.maybe(Self::time),
        }
    }

    pub(super) fn ledger(&mut self) -> LedgerContact {
        LedgerContact {
            id: self.ledger_ref(),
            code: self.text(),
            name: self.text(),
            archived: self.coin(),
            contact: LedgerPerson {
                first: self.text(),
                last: self.text(),
                email: self.text(),
                telephone: self.text(),
                fax: self.text(),
                mobile: self.text(),
                website: self.text(),
            },
            address: LedgerAddress {
                lines: self.list(4, Self::text),
                postcode: self.text(),
                country_code: self.text(),
            },
            currency: self.maybe(Self::currency),
        }
    }

    pub(super) fn document(&mut self) -> Document {
        Document {
            id: self.document_ref(),
            number: self.id(),
            owner_id: self.maybe(|dice| LedgerId(dice.id())),
            owner_code: self.text(),
            owner_name: self.text(),
            issued: self.maybe(Self::date),
            due: self.maybe(Self::date),
            currency: self.currency(),
            gross: self.money(),
            due_amount: self.money(),
            home_gross: self.maybe(Self::money),
            vat_return: self.maybe(Self::id),
        }
    }

    fn details(&mut self) -> Details {
        Details {
            name: self.text(),
            email: self.text(),
            phone: self.text(),
            fax: self.text(),
            mobile: self.text(),
            website: self.text(),
            address: PostalAddress {
                lines: self.list(4, Self::text),
                postcode: self.text(),
                country: self.text(),
            },
            contact_person: self.text(),
        }
    }

    pub(super) fn link(&mut self) -> Link {
        Link {
            ledger: self.ledger_ref(),
            contact: self.contact_id(),
            since: self.time(),
            reason: self.of(&LinkReason::ALL),
            base: Base { capsule: self.details(), kashflow: self.details() },
            person: self.maybe(Self::contact_id),
            taken: self
                .list(2, |dice| {
                    let side = dice.of(&[Service::Capsule, Service::KashFlow]);
                    let seen = dice.coin().then(|| u32::try_from(dice.below(99)).unwrap());
                    (dice.of(&Field::ALL), Mark { side, seen })
                })
                .into_iter()
                .collect(),
            streaks: self
                .list(2, |dice| {
                    let times = u32::try_from(dice.below(9)).unwrap();
                    let values = [u32::try_from(dice.below(99)).unwrap()].into();
                    (dice.of(&Field::ALL), Streak { times, last: dice.time(), values })
                })
                .into_iter()
                .collect(),
        }
    }

    fn choice(&mut self) -> Choice {
        use Choice::{
            Archive, Clear, Create, CreateWithCode, Delete, Export, Ignore, IgnoreOne, Keep, KeepCapsule,
            KeepKashFlow, Leave, Link, LinkBoth, Proceed, Recreate, Rename, Stop,
        };
        match self.below(18) {
            0 => Link(self.contact_id()),
            1 => Create,
            2 => Ignore,
            3 => LinkBoth,
            4 => CreateWithCode { ledger: self.ledger_ref(), code: self.text() },
            5 => Rename { ledger: self.ledger_ref(), code: self.text() },
            6 => KeepCapsule,
            7 => KeepKashFlow,
            8 => Leave,
            9 => Clear,
            10 => Keep,
            11 => Recreate,
            12 => Archive,
            13 => Delete,
            14 => Export,
            15 => Proceed,
            16 => Stop,
            _ => IgnoreOne { ledger: self.ledger_ref(), code: self.text() },
        }
    }

    pub(super) fn question(&mut self) -> Question {
        Question {
            id: QuestionId(self.number()),
            asked: Asked {
                key: QuestionKey {
                    kind: self.of(&QuestionKind::ALL),
                    waiting: self.list(3, Self::ledger_ref),
                    field: self.coin().then(|| self.of(&Field::ALL)),
                },
                name: self.text(),
                candidates: self.list(5, |dice| Candidate {
                    contact: dice.contact_id(),
                    name: dice.text(),
                    score: dice.share(),
                    band: dice.of(&[Band::Strong, Band::Possible]),
                    reasons: dice.list(3, |dice| Reason {
                        field: dice.of(&[Evidence::Name, Evidence::Postcode, Evidence::Kind]),
                        weight: dice.share() * 20.0 - 10.0,
                        text: dice.text(),
                    }),
                    taken: dice.coin(),
                }),
                choices: self.list(4, Self::choice),
                because: self.text(),
            },
            since: self.time(),
            answers: self.list(2, |dice| Answer {
                choice: dice.choice(),
                value: dice.coin().then(|| dice.text()),
                at: dice.time(),
                names: dice.list(3, Self::text),
            }),
        }
    }

    fn failing(&mut self) -> Failing {
        Failing {
            record: self.record_ref(),
            name: self.text(),
            reason: self.text(),
            remedy: self.text(),
            attempts: self.of(&[0, 1, u32::MAX]),
            next_try: self.time(),
            fingerprint: self.roll(),
        }
    }

    fn edit(&mut self) -> Edit {
        let fields = self.list(3, |dice| dice.of(&Field::ALL)).into_iter().collect();
        Edit { fields, values: self.details() }
    }

    fn intent(&mut self) -> Intent {
        Intent {
            id: IntentId(self.number()),
            action: match self.below(10) {
                0 => {
                    IntentAction::CreateContact { ledgers: self.list(2, Self::ledger_ref), name: self.text() }
                }
                1 => IntentAction::WriteSummary {
                    contact: self.contact_id(),
                    fields: self.list(3, |dice| {
                        let field = dice.of(&SummaryField::ALL);
                        (field, dice.coin().then(|| dice.text()))
                    }),
                },
                2 => IntentAction::MakeTag,
                6 => IntentAction::Export {
                    contact: self.contact_id(),
                    person: self.coin().then(|| self.contact_id()),
                    code: self.text(),
                    name: self.text(),
                },
                3 => IntentAction::UpdateLedger {
                    ledger: self.ledger_ref(),
                    edit: Box::new(self.edit()),
                    before: Box::new(self.details()),
                },
                4 => IntentAction::UpdateContact {
                    ledger: self.ledger_ref(),
                    contact: self.contact_id(),
                    edit: Box::new(self.edit()),
                    before: Box::new(self.details()),
                },
                5 => IntentAction::Remove(Removal {
                    kind: self.of(&RemovalKind::ALL),
                    ledger: self.ledger_ref(),
                    contact: self.contact_id(),
                    question: QuestionId(self.number()),
                }),
                7 => IntentAction::Delete(BegunDelete {
                    contact: self.contact_id(),
                    name: self.text(),
                    step: self.of(&LedgerStep::ALL),
                    sending: self.coin().then(|| self.record_ref()),
                }),
                8 => IntentAction::Merge(BegunMerge {
                    keep: self.contact_id(),
                    other: self.contact_id(),
                    other_name: self.text(),
                    deleting: self.coin(),
                }),
                _ => IntentAction::MakeDefinition(self.of(&SummaryField::ALL)),
            },
            run: RunId(self.number()),
            at: self.time(),
            attempts: self.of(&[0, 1, 9]),
            probes: self.of(&[0, 1, 2]),
        }
    }

    pub(super) fn progress(&mut self) -> Progress {
        Progress {
            bound: self.maybe(|dice| Binding {
                subdomain: dice.text(),
                company: dice.text(),
                company_name: dice.text(),
            }),
            capsule_cursor: self.maybe(Self::time),
            capsule_whole: self.maybe(Self::time),
            capsule_gaps: self.coin(),
            invoices_whole: self.maybe(Self::time),
            bills_whole: self.maybe(Self::time),
            initial: match self.below(3) {
                0 => Initial::Waiting,
                1 => Initial::Approved { creates: self.small() },
                _ => Initial::Done,
            },
            mass: self.maybe(|dice| MassChange {
                creates: dice.small(),
                updates: dice.small(),
                gone: dice.small(),
                empty: dice.list(3, |dice| dice.of(&List::ALL)).into_iter().collect(),
            }),
            refused: self.list(2, |dice| RefusedCredentials {
                mark: CredentialsMark {
                    part: dice.of(&[CredentialsPart::Password, CredentialsPart::MemorableWord]),
                    key: dice.list(32, |dice| u8::try_from(dice.below(256)).unwrap()),
                    hash: dice.list(32, |dice| u8::try_from(dice.below(256)).unwrap()),
                },
                code: dice.of(&TroubleCode::ALL),
                message: dice.text(),
                at: dice.time(),
            }),
            disabled: self.maybe(Self::time),
            definitions: self
                .list(7, |dice| (dice.of(&SummaryField::ALL), DefinitionId(dice.id())))
                .into_iter()
                .collect::<BTreeMap<_, _>>(),
            refused_definitions: self
                .list(3, |dice| dice.of(&SummaryField::ALL))
                .into_iter()
                .collect::<BTreeSet<_>>(),
            definitions_checked: self.maybe(Self::time),
            announced: self.list(20, |dice| AnnouncedMerge {
                keep: dice.contact_id(),
                other: dice.contact_id(),
                at: dice.time(),
            }),
            last_run: RunId(self.number()),
            last_question: self.number(),
            last_entry: self.number(),
            last_intent: self.number(),
        }
    }

    pub(super) fn run(&mut self) -> RunReport {
        let failing = if self.below(8) == 0 { 60 } else { 2 };
        let differing = if self.below(8) == 0 { 3000 } else { 2 };
        RunReport {
            id: RunId(self.below(130)),
            trigger: self.of(&[Trigger::Timer, Trigger::Person]),
            started: self.time(),
            finished: self.time(),
            outcome: self.of(&[Outcome::Ok, Outcome::Attention, Outcome::Stopped, Outcome::Failed]),
            capsule: self.requests(),
            kashflow: self.requests(),
            read: ReadCounts {
                capsule_contacts: self.small(),
                customers: self.small(),
                suppliers: self.small(),
                invoices: self.small(),
                bills: self.small(),
            },
            done: Counts {
                linked: self.small(),
                created_in_capsule: self.small(),
                created_in_kashflow: self.small(),
                updated_in_capsule: self.small(),
                updated_in_kashflow: self.small(),
                archived: self.small(),
                deleted: self.small(),
                summaries_written: self.small(),
            },
            questions_open: self.small(),
            questions_new: self.small(),
            failing: self.list(failing, Self::failing),
            control: self.maybe(|dice| Control {
                currency: dice.currency(),
                ours: dice.money(),
                kashflow: dice.money(),
                differing: dice.list(differing, Self::id),
                beside: dice.money(),
            }),
            error: self.maybe(|dice| RunError {
                code: dice.text(),
                message: dice.text(),
                remedy: dice.text(),
                service: dice.maybe(|dice| dice.of(&[Service::Capsule, Service::KashFlow])),
            }),
        }
    }

    fn requests(&mut self) -> Requests {
        Requests { get: self.number(), post: self.number(), put: self.number(), delete: self.number() }
    }

    pub(super) fn entry(&mut self, id: u64) -> JournalEntry {
        JournalEntry {
            id: EntryId(id),
            // Runs follow one another; decisions between runs have none.
            run: self.maybe(|_| RunId(id / 7)),
            at: self.time(),
            place: self.of(&[Place::Capsule, Place::KashFlow, Place::Local]),
            record: self.maybe(Self::record_ref),
            name: self.text(),
            action: self.of(&Action::ALL),
            reason: self.text(),
            before: self.list(3, |dice| (dice.text(), dice.text())),
            after: self.list(3, |dice| (dice.text(), dice.text())),
            outcome: self.text(),
            undone: self.below(8) == 0,
        }
    }

    /// A change of that kind; `entries` is how many journal entries there are, and counts a new one.
    pub(super) fn change(&mut self, kind: u64, entries: &mut u64) -> Change {
        match kind {
            0 => Change::PutContact(self.contact()),
            1 => Change::DropContact(self.contact_id()),
            2 => Change::PutLedger(self.ledger()),
            3 => Change::DropLedger(self.ledger_ref()),
            4 => Change::PutDocument(self.document()),
            5 => Change::DropDocument(self.document_ref()),
            6 => Change::PutLink(self.link()),
            7 => Change::DropLink(self.ledger_ref()),
            8 => Change::PutQuestion(self.question()),
            9 => Change::DropQuestion(QuestionId(self.number())),
            10 => Change::PutIgnored(Ignored {
                ledger: self.ledger_ref(),
                code: self.text(),
                name: self.text(),
                since: self.time(),
            }),
            11 => Change::DropIgnored(self.ledger_ref()),
            12 => Change::PutNever(self.ledger_ref(), self.contact_id()),
            13 => Change::DropNever(self.ledger_ref(), self.contact_id()),
            14 => Change::PutFailing(self.failing()),
            15 => Change::DropFailing(self.record_ref()),
            16 => Change::PutIntent(self.intent()),
            17 => Change::DropIntent(IntentId(self.number())),
            18 => Change::PutDeleted(self.contact_id(), self.time()),
            19 => Change::DropDeleted(self.contact_id()),
            20 => Change::PutHidden(self.contact_id()),
            21 => Change::DropHidden(self.contact_id()),
            22 => Change::PutProgress(self.progress()),
            23 => Change::PutAccounts(
                self.maybe(|dice| CapsuleAccount { subdomain: dice.text(), name: dice.text() }),
                self.maybe(|dice| Company {
                    id: dice.maybe(Self::id),
                    name: dice.text(),
                    home_currency: dice.currency(),
                }),
            ),
            24 => Change::PutRun(self.run()),
            25 => {
                *entries += 1;
                Change::Journal(self.entry(*entries))
            }
            26 => Change::PutMissing(
                self.ledger_ref(),
                Missing { since: RunId(self.number()), gone: self.coin() },
            ),
            27 => Change::DropMissing(self.ledger_ref()),
            28 => Change::PruneJournal(self.time()),
            _ => {
                let known = *entries;
                Change::Undone(self.list(3, |dice| EntryId(1 + dice.below(known.max(1)))))
            }
        }
    }
}
