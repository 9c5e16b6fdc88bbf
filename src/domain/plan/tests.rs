//! What the plan decides, rule by rule, over small worlds.

use jiff::civil::date;

use super::super::contact::{ContactKind, EmailRow, Employer, SUMMARY_TAG};
use super::super::document::{Document, DocumentRef};
use super::super::ids::{IntentId, LedgerId, RowId, RunId};
use super::super::ledger::{LedgerAddress, LedgerPerson};
use super::super::link::{Base, Link};
use super::super::local::{Ignored, Intent, IntentAction};
use super::super::policy::{NearMatch, SameName};
use super::super::question::{Answer, Choice, QuestionKind};
use super::super::snapshot::Company;
use super::*;

mod answers;
mod deleted;
mod lost_links;
mod namesakes;
mod random;

/// A world under construction.
struct World {
    snapshot: Snapshot,
    local: Local,
    policy: Policy,
}

fn now() -> Timestamp {
    "2026-11-24T12:00:00Z".parse().unwrap()
}

fn world() -> World {
    let company = Company { id: Some(1), name: "Brookside".into(), home_currency: Currency::GBP };
    let mut local = Local::default();
    local.progress.invoices_whole = Some(now());
    local.progress.bills_whole = Some(now());
    let snapshot = Snapshot { company: Some(company), ..Snapshot::default() };
    World { snapshot, local, policy: Policy { write_summary: false, ..Policy::default() } }
}

impl World {
    fn contact(mut self, id: i64, kind: ContactKind, email: &str) -> Self {
        let contact = Contact {
            id: ContactId(id),
            kind,
            emails: if email.is_empty() {
                vec![]
            } else {
                vec![EmailRow { id: RowId(1), address: email.into() }]
            },
            phones: vec![],
            websites: vec![],
            addresses: vec![],
            summary: Summary::default(),
            restricted: false,
            updated_at: now(),
            last_contacted: None,
        };
        self.snapshot.contacts.insert(contact.id, Arc::new(contact));
        self
    }

    fn organisation(self, id: i64, name: &str) -> Self {
        self.contact(id, ContactKind::Organisation { name: name.into() }, "")
    }

    fn person(self, id: i64, first: &str, last: &str) -> Self {
        self.contact(id, ContactKind::Person { first: first.into(), last: last.into(), employer: None }, "")
    }

    fn edit(mut self, id: i64, change: impl FnOnce(&mut Contact)) -> Self {
        change(Arc::make_mut(self.snapshot.contacts.get_mut(&ContactId(id)).unwrap()));
        self
    }

    fn ledger(mut self, id: LedgerRef, name: &str, change: impl FnOnce(&mut LedgerContact)) -> Self {
        let mut ledger = LedgerContact {
            id,
            code: format!("{}{:02}", if id.side == Side::Customer { "CUST" } else { "SUPP" }, id.id.0),
            name: name.into(),
            archived: false,
            contact: LedgerPerson::default(),
            address: LedgerAddress::default(),
            currency: None,
        };
        change(&mut ledger);
        self.snapshot.ledger.insert(id, Arc::new(ledger));
        self
    }

    fn customer(self, id: i64, name: &str) -> Self {
        self.ledger(LedgerRef::customer(id), name, |_| {})
    }

    fn supplier(self, id: i64, name: &str) -> Self {
        self.ledger(LedgerRef::supplier(id), name, |_| {})
    }

    /// A customer or supplier that is one person.
    fn one_person(self, id: LedgerRef, first: &str, last: &str, email: &str) -> Self {
        self.ledger(id, &format!("{first} {last}"), |ledger| {
            ledger.contact.first = first.into();
            ledger.contact.last = last.into();
            ledger.contact.email = email.into();
        })
    }

    fn linked(mut self, ledger: LedgerRef, contact: i64) -> Self {
        let link = Link::new(ledger, ContactId(contact), now(), LinkReason::ByHand, Base::default());
        assert!(self.local.link(link));
        self
    }

    fn invoice(mut self, customer: i64, number: i64, owed: i64) -> Self {
        let id = DocumentRef { side: Side::Customer, id: number };
        let document = Document {
            id,
            number,
            owner_id: Some(LedgerId(customer)),
            owner_code: String::new(),
            owner_name: String::new(),
            issued: None,
            due: Some(date(2026, 12, 24)),
            currency: Currency::GBP,
            gross: 100.into(),
            due_amount: owed.into(),
            home_gross: None,
            vat_return: None,
        };
        self.snapshot.documents.insert(id, Arc::new(document));
        self
    }

    fn plan(&self) -> Plan {
        plan(&self.snapshot, &self.local, &self.policy, now())
    }

    /// Stores the plan's only question and answers it.
    fn answered(mut self, choice: &Choice) -> Self {
        let plan = self.plan();
        let [asked] = plan.questions.as_slice() else { panic!("one question, not {:?}", plan.questions) };
        assert!(asked.choices.contains(choice), "{choice:?} in {:?}", asked.choices);
        let names = choose::concerned(&self.snapshot, asked, choice);
        let value = choice.needs_value().then(|| match choice {
            Choice::Rename { .. } => format!("{} North", asked.name),
            _ => asked.name.clone(),
        });
        let answer = Answer { choice: choice.clone(), value, at: now(), names };
        let id = QuestionId(1);
        let question = Question { id, asked: asked.clone(), since: now(), answers: vec![answer] };
        self.local.questions.insert(id, question);
        self
    }
}

/// The plan in a few words: one line for each operation, question and failing record.
fn words(plan: &Plan) -> Vec<String> {
    let operations = plan.operations.iter().map(|operation| match operation {
        Operation::Link { ledger, contact, reason, .. } => {
            format!("link {ledger} to {} ({})", contact.0, reason.word())
        }
        Operation::CreateContact { ledgers, draft, .. } => {
            let ledgers: Vec<String> = ledgers.iter().map(ToString::to_string).collect();
            format!("create {} for {}", draft.kind.name(), ledgers.join(" and "))
        }
        Operation::UpdateLedger(update) if update.is_rename() => {
            format!("rename {} to {}", update.ledger, update.edit.values.name)
        }
        Operation::UpdateLedger(update) => format!("update {}: {}", update.ledger, update.fields_in_words()),
        Operation::UpdateContact(update) => {
            format!("update {}: {}", update.contact.unwrap().0, update.fields_in_words())
        }
        Operation::WriteSummary { contact, .. } => format!("summary {}", contact.0),
        Operation::Export(export) => format!("export {}", export.contact.0),
        Operation::Remove { removal, .. } => {
            format!("{} {} and {}", removal.kind.word(), removal.ledger, removal.contact.0)
        }
        Operation::LetGo { ledger, contact, .. } => format!("let go {ledger} and {}", contact.0),
    });
    let questions = plan.questions.iter().map(|asked| {
        let waiting: Vec<String> = asked.key.waiting.iter().map(ToString::to_string).collect();
        let choices: Vec<String> = asked.choices.iter().map(Choice::key).collect();
        format!("ask {} for {}: {}", asked.key.kind.word(), waiting.join(" and "), choices.join(" "))
    });
    let failing = plan.failing.iter().map(|failing| format!("failing {}", failing.name));
    operations.chain(questions).chain(failing).collect()
}

fn check(world: &World, expected: &[&str]) {
    assert_eq!(words(&world.plan()), expected);
}

#[test]
fn b07_exactly_one_exact_name_is_linked_without_asking() {
    check(
        &world().organisation(1, "Acme  LTD").organisation(2, "Other Firm Ltd").customer(7, "Acme Ltd"),
        &["link customer:7 to 1 (exact_name)"],
    );
    check(&world().person(1, "Jo", "Smith").customer(7, "Jo Smith"), &["link customer:7 to 1 (exact_name)"]);
}

#[test]
fn b09_nobody_is_asked_about_a_contact_that_an_exact_name_takes() {
    let world = world()
        .organisation(1, "Acme Joinery Ltd")
        .customer(7, "Acme Joinery")
        .customer(8, "Acme Joinery Ltd");
    check(&world, &["link customer:8 to 1 (exact_name)", "create Acme Joinery for customer:7"]);
    check(&world.linked(LedgerRef::customer(8), 1), &["create Acme Joinery for customer:7"]);
}

#[test]
fn b12_an_answer_for_one_record_holds_when_the_other_is_left_out() {
    let customer = LedgerRef::customer(7);
    let choice = Choice::CreateWithCode { ledger: customer, code: "CUST07".into() };
    let mut world = world().customer(7, "Acme Ltd").customer(8, "Acme Ltd").answered(&choice);
    let ledger = LedgerRef::customer(8);
    let ignored = Ignored { ledger, code: "CUST08".into(), name: "Acme Ltd".into(), since: now() };
    world.local.ignored.insert(ledger, ignored);
    check(&world, &["create Acme Ltd (CUST07) for customer:7"]);
    let one = world.organisation(1, "Acme Ltd (CUST07)");
    check(&one, &["link customer:7 to 1 (answer)"]);
    // Two have the name with the code already: never guess (B8).
    let two = one.organisation(2, "Acme Ltd (CUST07)");
    check(&two, &["ask several_matches for customer:7: link:1 link:2 create ignore"]);
}

#[test]
fn b07_people_inside_an_organisation_are_no_candidates() {
    let employer = Some(Employer { id: ContactId(9), name: "Acme Ltd".into() });
    let jo = ContactKind::Person { first: "Jo".into(), last: "Smith".into(), employer };
    check(
        &world().contact(1, jo, "").one_person(LedgerRef::customer(7), "Jo", "Smith", ""),
        &["create Jo Smith for customer:7"],
    );
}

#[test]
fn b07_a_carried_marker_decides_whatever_the_names() {
    let company = Company { id: Some(1), name: "Brookside".into(), home_currency: Currency::GBP };
    let marker =
        |id| Marker { company: CompanyMark::of(&company), ledger: LedgerRef::customer(id) }.to_string();
    let carrying = |world: World, contact: i64| {
        world.edit(contact, |contact| drop(contact.summary.values.insert(SummaryField::Id, marker(7))))
    };
    let renamed = carrying(world().organisation(1, "Renamed in Capsule").organisation(2, "Acme Ltd"), 1);
    check(&renamed.customer(7, "Acme Ltd"), &["link customer:7 to 1 (marker)"]);
    let copied = carrying(carrying(world().organisation(1, "One").organisation(2, "Two"), 1), 2);
    check(
        &copied.customer(7, "Acme Ltd"),
        &["ask several_matches for customer:7: link:1 link:2 create ignore"],
    );
}

#[test]
fn restricted_deleted_and_hidden_contacts_are_never_matched() {
    let masked = world().organisation(1, "Acme Ltd").edit(1, |contact| contact.restricted = true);
    check(&masked.customer(7, "Acme Ltd"), &["create Acme Ltd for customer:7"]);
    let mut gone = world().organisation(1, "Acme Ltd").customer(7, "Acme Ltd");
    gone.local.deleted.insert(ContactId(1), now());
    check(&gone, &["create Acme Ltd for customer:7"]);
}

#[test]
fn b08_what_is_left_over_of_several_is_asked_about_too() {
    let mut world = world().organisation(1, "Acme").organisation(2, "Acme").customer(7, "Acme");
    world.local.never.insert((LedgerRef::customer(7), ContactId(1)));
    check(&world, &["ask several_matches for customer:7: link:2 create ignore"]);
    check(&world.answered(&Choice::Link(ContactId(2))), &["link customer:7 to 2 (answer)"]);
}

#[test]
fn b08_several_exact_matches_are_asked_about_organisation_first() {
    check(
        &world().person(1, "Mill", "House").organisation(2, "Mill House").customer(7, "Mill House"),
        &["ask several_matches for customer:7: link:2 link:1 create ignore"],
    );
}

#[test]
fn b09_a_near_match_waits_and_everything_else_goes_on() {
    let near = || {
        world()
            .contact(1, ContactKind::Organisation { name: "Harbour Lane Bakery".into() }, "a@b.example")
            .ledger(LedgerRef::customer(7), "Harbor Lane Bakery", |ledger| {
                ledger.contact.email = "a@b.example".into();
            })
            .customer(8, "Quite New")
    };
    let ask = "ask suggested_match for customer:7: link:1 create ignore";
    check(&near(), &["create Quite New for customer:8", ask]);
    let mut creating = near();
    creating.policy.near_match = NearMatch::Create;
    check(&creating, &["create Harbor Lane Bakery for customer:7", "create Quite New for customer:8"]);
    let mut linking = near();
    linking.policy.near_match = NearMatch::LinkStrong;
    check(&linking, &["link customer:7 to 1 (exact_name)", "create Quite New for customer:8"]);
    let Some(Operation::Link { reason, .. }) = linking.plan().operations.first().cloned() else {
        panic!("a link")
    };
    assert_eq!(reason, LinkReason::Suggested);
    assert!(reason.sentence().contains("as the setting says"));
}

#[test]
fn b09_a_near_match_that_is_linked_already_may_be_a_second_customer() {
    let second = world()
        .contact(1, ContactKind::Organisation { name: "Harbour Lane Bakery".into() }, "a@b.example")
        .customer(6, "Harbour Lane Bakery")
        .linked(LedgerRef::customer(6), 1)
        .ledger(LedgerRef::customer(7), "Harbor Lane Bakery", |ledger| {
            ledger.contact.email = "a@b.example".into();
        });
    check(&second, &["ask suggested_match for customer:7: create ignore"]);
    assert_eq!(
        second.plan().questions[0].because,
        "it looks like a second KashFlow customer for this contact"
    );
}

#[test]
fn b10_a_create_is_a_person_when_the_name_is_the_contacts() {
    let new = world().customer(7, "Acme Ltd").one_person(LedgerRef::customer(8), "Jo", "Smith", "");
    let plan = new.plan();
    let people: Vec<bool> = plan
        .operations
        .iter()
        .map(|operation| match operation {
            Operation::CreateContact { draft, .. } => {
                matches!(draft.kind, super::super::draft::DraftKind::Person { .. })
            }
            Operation::Link { .. }
            | Operation::UpdateLedger(_)
            | Operation::UpdateContact(_)
            | Operation::WriteSummary { .. }
            | Operation::Export(_)
            | Operation::Remove { .. }
            | Operation::LetGo { .. } => panic!("only creates"),
        })
        .collect();
    assert_eq!(people, [false, true]);
}

#[test]
fn archived_ignored_nameless_and_switched_off_records_are_not_created() {
    let mut quiet = world()
        .ledger(LedgerRef::customer(1), "Old Ltd", |ledger| ledger.archived = true)
        .customer(2, "Ignored Ltd")
        .customer(3, "  ")
        .supplier(4, "Timber Ltd");
    let ignored = Ignored {
        ledger: LedgerRef::customer(2),
        code: "CUST02".into(),
        name: "Ignored Ltd".into(),
        since: now(),
    };
    quiet.local.ignored.insert(ignored.ledger, ignored);
    quiet.policy.suppliers = Suppliers::Off;
    check(&quiet, &["failing customer CUST03"]);
    quiet.policy.suppliers = Suppliers::LinkOnly;
    check(&quiet, &["failing customer CUST03"]);
    check(
        &quiet.organisation(5, "Timber Ltd"),
        &["link supplier:4 to 5 (exact_name)", "failing customer CUST03"],
    );
}

#[test]
fn b12_a_customer_and_a_supplier_of_one_name_are_one_organisation() {
    let both = || world().customer(7, "Acme Ltd").supplier(9, "ACME Ltd");
    check(
        &both().organisation(1, "Acme Ltd"),
        &["link customer:7 to 1 (exact_name)", "link supplier:9 to 1 (exact_name)"],
    );
    check(&both(), &["create Acme Ltd for customer:7 and supplier:9"]);
    let mut asking = both();
    asking.policy.same_name = SameName::Ask;
    let ask = "ask same_name for customer:7 and supplier:9: link_both rename:customer:CUST07 ignore:customer:CUST07 \
               rename:supplier:SUPP09 ignore:supplier:SUPP09";
    check(&asking, &[ask]);
    check(&asking.answered(&Choice::LinkBoth), &["create Acme Ltd for customer:7 and supplier:9"]);
}

#[test]
fn b12_a_supplier_joins_its_customers_contact_at_a_later_run() {
    let later = || {
        world()
            .organisation(1, "Acme Ltd")
            .customer(7, "Acme Ltd")
            .linked(LedgerRef::customer(7), 1)
            .supplier(9, "Acme Ltd")
    };
    check(&later(), &["link supplier:9 to 1 (exact_name)"]);
    let mut asking = later();
    asking.policy.same_name = SameName::Ask;
    check(
        &asking,
        &["ask same_name for supplier:9: link_both rename:supplier:SUPP09 ignore:supplier:SUPP09"],
    );
    check(&asking.answered(&Choice::LinkBoth), &["link supplier:9 to 1 (exact_name)"]);
}

#[test]
fn b12_two_people_of_one_name_need_something_in_common() {
    let pair = |left: &str, right: &str| {
        world().one_person(LedgerRef::customer(7), "Jo", "Smith", left).one_person(
            LedgerRef::supplier(9),
            "Jo",
            "Smith",
            right,
        )
    };
    check(&pair("jo@x.example", "JO@x.example"), &["create Jo Smith for customer:7 and supplier:9"]);
    let ask = "ask same_name for customer:7 and supplier:9: link_both rename:customer:CUST07 ignore:customer:CUST07 \
               rename:supplier:SUPP09 ignore:supplier:SUPP09";
    check(&pair("jo@x.example", "other@x.example"), &[ask]);
    check(&pair("", ""), &[ask]);
}

#[test]
fn b12_two_customers_of_one_name_are_always_asked_about() {
    let two = || world().organisation(1, "Acme Ltd").customer(7, "Acme Ltd").customer(8, "Acme Ltd");
    let ask = "ask same_name for customer:7 and customer:8: create_with_code:customer:CUST07 rename:customer:CUST07 ignore:customer:CUST07 \
               create_with_code:customer:CUST08 rename:customer:CUST08 ignore:customer:CUST08";
    check(&two(), &[ask]);
    let with_code = Choice::CreateWithCode { ledger: LedgerRef::customer(8), code: "CUST08".into() };
    check(
        &two().answered(&with_code),
        &["link customer:7 to 1 (exact_name)", "create Acme Ltd (CUST08) for customer:8", ask],
    );
}

#[test]
fn b12_a_second_customer_whose_name_is_taken_is_asked_about() {
    let taken = world()
        .organisation(1, "Acme Ltd")
        .customer(6, "Acme Ltd")
        .linked(LedgerRef::customer(6), 1)
        .customer(7, "Acme Ltd");
    check(
        &taken,
        &[
            "ask same_name for customer:7: create_with_code:customer:CUST07 rename:customer:CUST07 ignore:customer:CUST07",
        ],
    );
}

#[test]
fn answers_are_carried_out_and_die_when_a_participant_changes() {
    let near = || {
        world()
            .contact(1, ContactKind::Organisation { name: "Harbour Lane Bakery".into() }, "a@b.example")
            .ledger(LedgerRef::customer(7), "Harbor Lane Bakery", |ledger| {
                ledger.contact.email = "a@b.example".into();
            })
    };
    let link = Choice::Link(ContactId(1));
    let ask = "ask suggested_match for customer:7: link:1 create ignore";
    let answered = near().answered(&link);
    check(&answered, &["link customer:7 to 1 (answer)"]);
    assert_eq!(answered.plan().settling, [QuestionId(1)].into());
    check(&near().answered(&Choice::Create), &["create Harbor Lane Bakery for customer:7"]);
    let renamed = near().answered(&link).edit(1, |contact| {
        contact.kind = ContactKind::Organisation { name: "Harbour Lane Bakers".into() };
    });
    check(&renamed, &[ask]);
    assert!(renamed.plan().settling.is_empty());
    let elsewhere = near().answered(&link).customer(3, "Third").linked(LedgerRef::customer(3), 1);
    check(&elsewhere, &["ask suggested_match for customer:7: create ignore"]);
}

#[test]
fn b11_never_these_two_is_remembered() {
    let mut never = world()
        .contact(1, ContactKind::Organisation { name: "Harbour Lane Bakery".into() }, "a@b.example")
        .ledger(LedgerRef::customer(7), "Harbor Lane Bakery", |ledger| {
            ledger.contact.email = "a@b.example".into();
        });
    never.local.never.insert((LedgerRef::customer(7), ContactId(1)));
    check(&never, &["create Harbor Lane Bakery for customer:7"]);
}

#[test]
fn a_create_in_doubt_waits_until_it_is_found_or_counts_as_not_done() {
    let mut doubtful = world().customer(7, "Acme Ltd");
    let action =
        IntentAction::CreateContact { ledgers: vec![LedgerRef::customer(7)], name: "Acme Ltd".into() };
    let intent = Intent { id: IntentId(1), action, run: RunId(1), at: now(), attempts: 1, probes: 1 };
    doubtful.local.intents.insert(intent.id, intent.clone());
    check(&doubtful, &[]);
    doubtful.local.intents.insert(intent.id, Intent { probes: Intent::LOOKS, ..intent });
    check(&doubtful, &["create Acme Ltd for customer:7"]);
}

#[test]
fn b37_a_refused_record_rests_until_its_time_or_until_it_changes() {
    let mut refused = world().customer(7, "Acme Ltd");
    let record = RecordRef::Ledger(LedgerRef::customer(7));
    let failing = Failing {
        record,
        name: "Acme Ltd".into(),
        reason: "refused".into(),
        remedy: String::new(),
        attempts: 1,
        next_try: "2026-11-24T13:00:00Z".parse().unwrap(),
        fingerprint: fingerprint(&refused.snapshot.ledger[&LedgerRef::customer(7)]),
    };
    refused.local.failing.insert(record, failing.clone());
    check(&refused, &[]);
    assert_eq!(refused.plan().resting, [record].into());
    let set_back = Failing { next_try: "2027-11-24T13:00:00Z".parse().unwrap(), ..failing.clone() };
    for due in [Failing { next_try: now(), ..failing }, set_back] {
        refused.local.failing.insert(record, due);
        check(&refused, &["create Acme Ltd for customer:7"]);
    }
}

#[test]
fn b23_a_summary_is_written_once_and_only_when_it_changed() {
    let mut linked = world().organisation(1, "Acme Ltd").customer(7, "Acme Ltd").invoice(7, 1, 40);
    linked.policy.write_summary = true;
    let linked = linked.linked(LedgerRef::customer(7), 1);
    check(&linked, &["summary 1"]);
    let Some(Operation::WriteSummary { after, .. }) = linked.plan().operations.pop() else {
        panic!("a summary")
    };
    assert_eq!(after.values.get(&SummaryField::Balance).map(String::as_str), Some("40.00"));
    let mut written = linked.edit(1, |contact| contact.summary = after);
    check(&written, &[]);
    written.local.progress.invoices_whole = None;
    check(&written.invoice(7, 2, 60), &[]);
    assert_eq!(SUMMARY_TAG, "KashFlow");
}

#[test]
fn b11_a_create_says_whether_nobody_was_found_or_somebody_answered_so() {
    let near = || world().organisation(1, "Acme Limited").customer(7, "Acme Ltd");
    let reason = |world: &World| match world.plan().operations.as_slice() {
        [Operation::CreateContact { reason, .. }] => *reason,
        other => panic!("one create, not {other:?}"),
    };
    assert_eq!(reason(&world().customer(7, "Acme Ltd")), CreateReason::NoMatch);
    assert_eq!(reason(&near().answered(&Choice::Create)), CreateReason::Answer);
}

#[test]
fn only_questions_without_an_answer_that_holds_are_open() {
    let two = || world().customer(7, "Acme Ltd").customer(8, "Acme Ltd");
    let open = |world: &World| choose::open_questions(&world.local, &world.plan());
    assert_eq!(open(&two()), 1);
    let answer = Choice::CreateWithCode { ledger: LedgerRef::customer(7), code: "CUST07".into() };
    let answered = two().answered(&answer);
    // The question stands until the answer is carried out, but nobody has to say any more.
    assert_eq!((answered.plan().questions.len(), open(&answered)), (1, 0));
}

#[test]
fn b11_the_same_name_is_called_the_same() {
    let plan =
        world().organisation(1, "Acme Ltd").organisation(2, "Acme Ltd").customer(7, "ACME  Ltd").plan();
    let [asked] = plan.questions.as_slice() else { panic!("one question") };
    for candidate in &asked.candidates {
        assert_eq!(candidate.reasons[0].text, "the names are the same");
    }
}

#[test]
fn b06_a_create_carries_its_summary() {
    let mut new = world().customer(7, "Acme Ltd").invoice(7, 1, 40);
    new.policy.write_summary = true;
    let plan = new.plan();
    assert_eq!(words(&plan), ["create Acme Ltd for customer:7"]);
    let Some(Operation::CreateContact { draft, .. }) = plan.operations.first() else { panic!("a create") };
    assert!(draft.summary.tagged);
    assert_eq!(draft.summary.values.get(&SummaryField::Balance).map(String::as_str), Some("40.00"));
    assert_eq!(plan.requests(), 1);
}
