//! Export: what a new customer in KashFlow is made from a contact in Capsule (design B25 to B27).
//!
//! Only what is to be sent and what speaks against it. Sending is the engine's business.

use std::collections::{BTreeMap, BTreeSet};

use unicode_normalization::UnicodeNormalization;

use super::contact::{Contact, ContactKind};
use super::details::{Details, Field};
use super::draft::LedgerDraft;
use super::ids::{ContactId, LedgerRef, QuestionId, Side};
use super::local::{IntentAction, Local};
use super::mapping::from_contact;
use super::normalise::{collapsed, name_key};
use super::question::{Asked, Choice, QuestionKind};
use super::snapshot::Snapshot;
use super::wording::ledger_name;

/// Letters of a name that a code begins with, as KashFlow makes them itself (kashflow-api 4.5).
const CODE_LETTERS: usize = 4;

/// A customer to be made from a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// The contact that was chosen.
    pub chosen: ContactId,
    /// The contact that will be linked: the chosen one, or the organisation that the chosen person belongs to.
    pub contact: ContactId,
    /// The person who becomes the Contact Person, if any.
    pub person: Option<ContactId>,
    /// What will be sent.
    pub draft: LedgerDraft,
    /// The address is outside the UK: the VAT treatment is to be checked in KashFlow (design B26).
    pub is_abroad: bool,
    /// The question whose answer asks for it; none where a person exports it by hand (design B31).
    pub question: Option<QuestionId>,
}

impl Export {
    /// The organisation that is linked in the chosen person's place.
    pub fn organisation(&self) -> Option<ContactId> {
        (self.contact != self.chosen).then_some(self.contact)
    }

    /// Why it is done.
    pub fn reason(&self) -> String {
        match self.question {
            None => "you exported it".into(),
            Some(question) => {
                format!("you answered \"{}\" to question {}", Choice::Export.key(), question.0)
            }
        }
    }

    /// The values that will be sent, by field name; every one of them is shown before (design B25).
    pub fn fields(&self) -> Vec<(&'static str, String)> {
        let fields = Field::ALL.into_iter().map(|field| (field.word(), self.draft.details.text(field)));
        fields.filter(|(_, value)| !value.is_empty()).collect()
    }
}

/// Why a contact is not exported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// It is not among those read, or deleted, or not visible.
    Unknown,
    /// It has no name.
    Nameless,
    /// It has a customer link already.
    Linked(LedgerRef),
    /// The chosen person's organisation has a customer link already: its Contact Person may be replaced (design B27).
    OrganisationLinked {
        /// The organisation.
        organisation: ContactId,
        /// Its customer.
        customer: LedgerRef,
    },
    /// KashFlow has a customer of that name, which may be linked instead (design B27).
    NameExists(LedgerRef),
    /// An earlier contact of the same batch has that name: one of them would be a duplicate (design B27).
    SameName {
        /// The earlier one.
        first: ContactId,
        /// This one.
        second: ContactId,
    },
    /// A customer may be this contact's already: that is asked (design B7 to B12, B30, B31).
    Asked {
        /// The question.
        question: QuestionId,
        /// The customer that it is about.
        customer: LedgerRef,
        /// It was answered, and no sync has carried that out yet.
        answered: bool,
    },
    /// An export of it was sent, and what became of that is not known yet (design 5).
    Begun(ContactId),
}

impl Obstacle {
    /// Error code of the JSON contract, message, and what to do instead.
    pub fn words(&self, snapshot: &Snapshot) -> (&'static str, String, String) {
        match self {
            Self::Unknown => (
                "not_found",
                "Capsule does not show this contact".into(),
                "See `kashsync contacts`; sync first if it is new.".into(),
            ),
            Self::Nameless => {
                ("usage", "the contact has no name".into(), "Give it a name in Capsule.".into())
            }
            Self::Linked(customer) => (
                "already_linked",
                format!("the contact is linked with {}", ledger_name(*customer, snapshot)),
                "Invoice that customer in KashFlow.".into(),
            ),
            Self::OrganisationLinked { customer, .. } => (
                "already_linked",
                format!("the person's organisation is linked with {}", ledger_name(*customer, snapshot)),
                "Invoice that customer in KashFlow.".into(),
            ),
            Self::NameExists(customer) => (
                "name_exists",
                format!("KashFlow has {} already", ledger_name(*customer, snapshot)),
                match snapshot.ledger.get(customer) {
                    Some(record) => format!("Link it instead: `kashsync link ID customer:{}`.", record.code),
                    None => "Link it instead.".into(),
                },
            ),
            Self::SameName { first, second } => {
                let known = snapshot.contacts.get(second).map(|contact| contact.name().into_owned());
                (
                    "name_exists",
                    format!("contacts {} and {} are both called {}", first.0, second.0, known.unwrap_or_default()),
                    "They would be two customers of one name: export one of them only, or merge them first. Nothing was \
                     written."
                        .into(),
                )
            }
            Self::Begun(contact) => {
                let known = snapshot.contacts.get(contact).map(|contact| contact.name().into_owned());
                (
                    "name_exists",
                    format!("whether KashFlow has made {} is not known yet", known.unwrap_or_default()),
                    "Sync first: the next sync finds out. Nothing was written.".into(),
                )
            }
            Self::Asked { question, customer, answered } => (
                "name_exists",
                format!(
                    "{} may be this contact already: question {}",
                    ledger_name(*customer, snapshot),
                    question.0
                ),
                if *answered {
                    "It has been answered: sync first, then look again. Nothing was written.".into()
                } else {
                    format!(
                        "Answer it first: `kashsync questions`, then `kashsync answer {} …` and sync. Nothing was written.",
                        question.0
                    )
                },
            ),
        }
    }
}

/// What exporting a contact would send, or what speaks against it. `taken` are codes given out by earlier exports of the
/// same batch. A customer that is gone from KashFlow stands in nobody's way (design B31).
pub fn export(
    chosen: ContactId,
    snapshot: &Snapshot,
    local: &Local,
    taken: &BTreeSet<String>,
) -> Result<Export, Obstacle> {
    let known = reachable(chosen, snapshot, local)?;
    if let Some(customer) = customer_of(chosen, local) {
        return Err(Obstacle::Linked(customer));
    }
    let (contact, person) = match known.employer() {
        Some(employer) => (reachable(employer.id, snapshot, local)?, Some(known)),
        None => (known, None),
    };
    if let Some(customer) = customer_of(contact.id, local) {
        return Err(Obstacle::OrganisationLinked { organisation: contact.id, customer });
    }
    let mut details = from_contact(contact);
    if details.name.is_empty() {
        return Err(Obstacle::Nameless);
    }
    if let Some(other) = of_name(&details.name, snapshot, local) {
        return Err(Obstacle::NameExists(other));
    }
    let (first, last) = contact_person(person.unwrap_or(contact));
    details.contact_person = collapsed(&format!("{first} {last}"));
    let code = free_code(&details.name, snapshot, taken);
    Ok(Export {
        chosen,
        contact: contact.id,
        person: person.map(|person| person.id),
        is_abroad: is_abroad(&details),
        question: None,
        draft: LedgerDraft { code, first, last, details },
    })
}

/// What exporting several contacts by hand would send, each with a code of its own, or what speaks against each.
pub fn exports(
    chosen: &[ContactId],
    snapshot: &Snapshot,
    local: &Local,
) -> Vec<(ContactId, Result<Export, Obstacle>)> {
    let mut taken = BTreeSet::new();
    let mut linked: BTreeSet<ContactId> = BTreeSet::new();
    let mut names: BTreeMap<String, ContactId> = BTreeMap::new();
    let mut all = Vec::new();
    for id in chosen {
        let employer = snapshot.contacts.get(id).and_then(|contact| contact.employer());
        let target = employer.map_or(*id, |employer| employer.id);
        let mut export = if is_begun(target, local) {
            Err(Obstacle::Begun(target))
        } else {
            export(*id, snapshot, local, &taken)
        };
        if let Ok(found) = &export {
            // Two people of one organisation would be one customer.
            if !linked.insert(found.contact) {
                continue;
            }
            taken.insert(found.draft.code.clone());
            let name = name_key(&found.draft.details.name);
            let first = names.get(&name).map(|first| Obstacle::SameName { first: *first, second: *id });
            if let Some(obstacle) = first.or_else(|| asked_about(found.contact, local)) {
                export = Err(obstacle);
            } else {
                names.insert(name, *id);
            }
        }
        all.push((*id, export));
    }
    all
}

/// Whether what became of an export of this contact is not known yet.
pub fn is_begun(wanted: ContactId, local: &Local) -> bool {
    let mut intents = local.intents.values();
    intents.any(|intent| matches!(intent.action, IntentAction::Export { contact, .. } if contact == wanted))
}

/// A question by whose answer the contact may come to a customer that KashFlow has already.
fn asked_about(contact: ContactId, local: &Local) -> Option<Obstacle> {
    local.questions.values().find_map(|question| {
        let Asked { key, candidates, .. } = &question.asked;
        let is_about_records = match key.kind {
            QuestionKind::SeveralMatches
            | QuestionKind::SuggestedMatch
            | QuestionKind::SameName
            | QuestionKind::DeletedInCapsule
            | QuestionKind::DeletedInKashFlow => true,
            QuestionKind::NameMismatch
            | QuestionKind::FieldMismatch
            | QuestionKind::ClearedField
            | QuestionKind::MassChange => false,
        };
        let is_candidate = candidates.iter().any(|candidate| candidate.contact == contact);
        let is_linked =
            |ledger: &LedgerRef| local.link_of(*ledger).is_some_and(|link| link.contact == contact);
        let mut customers = key.waiting.iter().filter(|ledger| ledger.side == Side::Customer);
        let customer = *customers.find(|customer| is_candidate || is_linked(customer))?;
        let answered = !question.is_open();
        is_about_records.then_some(Obstacle::Asked { question: question.id, customer, answered })
    })
}

/// The customer that a contact is linked with, as far as KashFlow still has it.
fn customer_of(contact: ContactId, local: &Local) -> Option<LedgerRef> {
    let link = local.link_on(contact, Side::Customer)?;
    Some(link.ledger).filter(|customer| !local.is_gone(*customer))
}

/// The customer of exactly that name as B7 compares; archived ones count, since a second one would be a duplicate.
fn of_name(name: &str, snapshot: &Snapshot, local: &Local) -> Option<LedgerRef> {
    let key = name_key(name);
    let customers = snapshot.ledger.values().filter(|ledger| ledger.id.side == Side::Customer);
    let mut there = customers.filter(|ledger| !local.is_gone(ledger.id));
    there.find(|ledger| name_key(&ledger.name) == key).map(|ledger| ledger.id)
}

fn reachable<'a>(id: ContactId, snapshot: &'a Snapshot, local: &Local) -> Result<&'a Contact, Obstacle> {
    let gone = local.deleted.contains_key(&id) || local.hidden.contains(&id);
    let contact = snapshot.contacts.get(&id).filter(|contact| !gone && !contact.restricted);
    contact.map(AsRef::as_ref).ok_or(Obstacle::Unknown)
}

/// First and last name of a person; nobody for an organisation.
fn contact_person(contact: &Contact) -> (String, String) {
    match &contact.kind {
        ContactKind::Person { first, last, .. } => (first.trim().to_owned(), last.trim().to_owned()),
        ContactKind::Organisation { .. } => (String::new(), String::new()),
    }
}

fn is_abroad(details: &Details) -> bool {
    !matches!(details.address.country.as_str(), "" | "GB")
}

/// Four letters of the name and the next free number of two digits, as KashFlow does (design B27).
pub fn free_code(name: &str, snapshot: &Snapshot, taken: &BTreeSet<String>) -> String {
    let letters: String = name
        .nfkd()
        .filter(char::is_ascii_alphabetic)
        .take(CODE_LETTERS)
        .map(|letter| letter.to_ascii_uppercase())
        .collect();
    let letters = if letters.is_empty() { "CUST".to_owned() } else { letters };
    let used: BTreeSet<String> = snapshot
        .ledger
        .values()
        .filter(|ledger| ledger.id.side == Side::Customer)
        .map(|ledger| ledger.code.to_ascii_uppercase())
        .collect();
    let mut codes = (1u32..).map(|number| format!("{letters}{number:02}"));
    codes.find(|code| !used.contains(code) && !taken.contains(code)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::Timestamp;

    use super::super::contact::{AddressRow, EmailRow, Employer, PhoneKind, PhoneRow, Summary, WebsiteRow};
    use super::super::ids::{RowId, RunId};
    use super::super::ledger::{LedgerAddress, LedgerContact, LedgerPerson};
    use super::super::link::{Base, Link, LinkReason};
    use super::super::local::Missing;
    use super::super::question::{Answer, Band, Candidate, Question, QuestionKey};
    use super::*;

    fn contact(id: i64, kind: ContactKind) -> Contact {
        Contact {
            id: ContactId(id),
            kind,
            emails: vec![EmailRow { id: RowId(1), address: format!("c{id}@x.example") }],
            phones: vec![PhoneRow {
                id: RowId(2),
                kind: PhoneKind::Mobile,
                number: format!("0770090000{id}"),
            }],
            websites: vec![WebsiteRow {
                id: RowId(3),
                is_url: true,
                address: "https://k.example/#kashsync:kf:12345678:customer:1".into(),
            }],
            addresses: Vec::new(),
            summary: Summary::default(),
            restricted: false,
            updated_at: Timestamp::UNIX_EPOCH,
            last_contacted: None,
        }
    }

    fn person(employer: Option<Employer>) -> ContactKind {
        ContactKind::Person { first: "Lena".into(), last: "Okoro".into(), employer }
    }

    /// 1 the organisation, 2 a person in it, 3 a person alone.
    fn world() -> (Snapshot, Local) {
        let organisation = ContactKind::Organisation { name: "Pennine Roofing Ltd".into() };
        let employer = Employer { id: ContactId(1), name: "Pennine Roofing Ltd".into() };
        let mut snapshot = Snapshot::default();
        for contact in
            [contact(1, organisation), contact(2, person(Some(employer))), contact(3, person(None))]
        {
            snapshot.contacts.insert(contact.id, Arc::new(contact));
        }
        (snapshot, Local::default())
    }

    fn customer(snapshot: &mut Snapshot, id: i64, code: &str, name: &str) {
        let ledger = LedgerContact {
            id: LedgerRef::customer(id),
            code: code.into(),
            name: name.into(),
            archived: false,
            contact: LedgerPerson::default(),
            address: LedgerAddress::default(),
            currency: None,
        };
        snapshot.ledger.insert(ledger.id, Arc::new(ledger));
    }

    fn of(chosen: i64, (snapshot, local): &(Snapshot, Local)) -> Result<Export, Obstacle> {
        export(ContactId(chosen), snapshot, local, &BTreeSet::new())
    }

    #[test]
    fn b25_whose_details_go_and_who_is_the_contact_person() {
        let world = world();
        for (chosen, linked, name, email, person, first) in [
            (1, 1, "Pennine Roofing Ltd", "c1@x.example", None, ""),
            (2, 1, "Pennine Roofing Ltd", "c1@x.example", Some(ContactId(2)), "Lena"),
            (3, 3, "Lena Okoro", "c3@x.example", None, "Lena"),
        ] {
            let export = of(chosen, &world).unwrap();
            assert_eq!((export.contact, export.person), (ContactId(linked), person), "{chosen}");
            assert_eq!(export.draft.details.name, name);
            assert_eq!(export.draft.details.email, email);
            assert_eq!(export.draft.first, first);
            assert_eq!(export.draft.details.website, "", "our own website row is no website");
            assert_eq!(export.organisation(), (linked != chosen).then_some(ContactId(linked)));
        }
        let fields = of(2, &world).unwrap().fields();
        assert_eq!(fields.last(), Some(&("contact_person", "Lena Okoro".to_owned())));
    }

    #[test]
    fn b26_an_address_abroad_is_said() {
        let mut world = world();
        for (country, abroad) in
            [("", false), ("United Kingdom", false), ("Ireland", true), ("Atlantis", true)]
        {
            let contact = Arc::make_mut(world.0.contacts.get_mut(&ContactId(1)).unwrap());
            contact.addresses = vec![AddressRow {
                id: RowId(9),
                street: "1 High St".into(),
                city: String::new(),
                state: String::new(),
                postcode: String::new(),
                country: country.into(),
            }];
            assert_eq!(of(1, &world).unwrap().is_abroad, abroad, "{country}");
        }
    }

    #[test]
    fn b27_what_speaks_against_an_export() {
        let mut world = world();
        assert_eq!(of(9, &world), Err(Obstacle::Unknown));
        customer(&mut world.0, 7, "LENA01", "lena  okoro");
        assert_eq!(of(3, &world), Err(Obstacle::NameExists(LedgerRef::customer(7))));
        let link = |contact: i64, customer: i64| {
            let (ledger, contact) = (LedgerRef::customer(customer), ContactId(contact));
            Link::new(ledger, contact, Timestamp::UNIX_EPOCH, LinkReason::ByHand, Base::default())
        };
        assert!(world.1.link(link(1, 8)) && world.1.link(link(3, 7)));
        let (organisation, customer) = (ContactId(1), LedgerRef::customer(8));
        assert_eq!(of(1, &world), Err(Obstacle::Linked(customer)));
        assert_eq!(of(2, &world), Err(Obstacle::OrganisationLinked { organisation, customer }));
        assert_eq!(of(3, &world), Err(Obstacle::Linked(LedgerRef::customer(7))));
        // One that is gone from KashFlow is no obstacle, nor is its name (design B31).
        world.1.missing.insert(LedgerRef::customer(7), Missing { since: RunId(1), gone: true });
        assert_eq!(of(3, &world).unwrap().draft.details.name, "Lena Okoro");
        world.1.hidden.insert(ContactId(1));
        assert_eq!(of(1, &world), Err(Obstacle::Unknown));
    }

    #[test]
    fn b27_two_of_one_name_are_not_one_batch() {
        let mut world = world();
        let Ok(alone) = of(3, &world) else { panic!("nothing speaks against it") };
        let twin =
            contact(4, ContactKind::Person { first: "LENA".into(), last: " Okoro".into(), employer: None });
        world.0.contacts.insert(twin.id, Arc::new(twin));
        let found = exports(&[ContactId(3), ContactId(4), ContactId(1)], &world.0, &world.1);
        let (first, second) = (ContactId(3), ContactId(4));
        let results: Vec<_> = found.into_iter().map(|(_, export)| export).collect();
        assert_eq!(results[..2], [Ok(alone), Err(Obstacle::SameName { first, second })]);
        assert!(results[2].is_ok());
        let (_, message, _) = Obstacle::SameName { first, second }.words(&world.0);
        assert!(message.contains("contacts 3 and 4"), "{message}");
    }

    #[test]
    fn b27_a_contact_that_is_asked_about_is_not_exported_by_hand() {
        let (snapshot, mut local) = world();
        let (mine, elsewhere) = (LedgerRef::customer(7), LedgerRef::customer(8));
        let candidate = |id: i64| Candidate {
            contact: ContactId(id),
            name: String::new(),
            score: 0.7,
            band: Band::Possible,
            reasons: Vec::new(),
            taken: false,
        };
        let ask = |local: &mut Local, key: QuestionKey, candidates: &[i64], answers: Vec<Answer>| {
            let asked = Asked {
                key,
                name: String::new(),
                candidates: candidates.iter().map(|id| candidate(*id)).collect(),
                choices: Vec::new(),
                because: String::new(),
            };
            let question = Question { id: QuestionId(5), asked, since: Timestamp::UNIX_EPOCH, answers };
            local.questions.insert(question.id, question);
            exports(&[ContactId(2)], &snapshot, local).remove(0).1.err()
        };
        let asked =
            |customer, answered| Some(Obstacle::Asked { question: QuestionId(5), customer, answered });
        let link = Answer {
            choice: Choice::Link(ContactId(1)),
            value: None,
            at: Timestamp::UNIX_EPOCH,
            names: Vec::new(),
        };
        for kind in QuestionKind::ALL {
            let found = ask(&mut local, QuestionKey::records(kind, vec![mine]), &[9, 1], Vec::new());
            let is_about_records = matches!(
                kind,
                QuestionKind::SuggestedMatch
                    | QuestionKind::SeveralMatches
                    | QuestionKind::SameName
                    | QuestionKind::DeletedInCapsule
                    | QuestionKind::DeletedInKashFlow
            );
            assert_eq!(found, asked(mine, false).filter(|_| is_about_records), "{kind:?}");
        }
        let near = |ledger| QuestionKey::records(QuestionKind::SuggestedMatch, vec![ledger]);
        assert_eq!(ask(&mut local, near(mine), &[9, 3], Vec::new()), None, "about others");
        assert_eq!(ask(&mut local, near(LedgerRef::supplier(7)), &[1], Vec::new()), None, "no customer");
        assert_eq!(ask(&mut local, near(mine), &[1], vec![link]), asked(mine, true));
        // A customer that is gone from KashFlow: whether to make it again is the answer to that question (design B31).
        let base = Base::default();
        assert!(local.link(Link::new(
            elsewhere,
            ContactId(1),
            Timestamp::UNIX_EPOCH,
            LinkReason::ByHand,
            base
        )));
        local.missing.insert(elsewhere, Missing { since: RunId(1), gone: true });
        let gone = QuestionKey::records(QuestionKind::DeletedInKashFlow, vec![elsewhere]);
        assert_eq!(ask(&mut local, gone, &[], Vec::new()), asked(elsewhere, false));
        let (_, _, remedy) = asked(elsewhere, false).unwrap().words(&snapshot);
        assert!(remedy.contains("kashsync answer 5 "), "{remedy}");
    }

    #[test]
    fn b27_the_code_is_four_letters_and_the_next_free_number() {
        let mut snapshot = Snapshot::default();
        customer(&mut snapshot, 1, "PENN01", "");
        customer(&mut snapshot, 2, "penn03", "");
        let taken = BTreeSet::from(["PENN02".to_owned()]);
        for (name, code) in [
            ("Pennine Roofing Ltd", "PENN04"),
            ("3 P's & Ennis", "PSEN01"),
            ("Élan", "ELAN01"),
            ("Ng", "NG01"),
            ("株式会社", "CUST01"),
        ] {
            assert_eq!(free_code(name, &snapshot, &taken), code, "{name}");
        }
        for number in 1..=99 {
            customer(&mut snapshot, 100 + number, &format!("ELAN{number:02}"), "");
        }
        assert_eq!(free_code("Elan", &snapshot, &taken), "ELAN100");
    }
}
