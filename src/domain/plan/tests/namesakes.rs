//! Several ledger contacts of one name, whatever has become of the others.

use super::*;

/// The plan when customer 7 "Acme" is linked with that contact and there is a second one of the name.
fn second_acme(contact: &str) -> World {
    world().organisation(1, contact).customer(7, "Acme").linked(LedgerRef::customer(7), 1).customer(8, "Acme")
}

#[test]
fn b12_a_second_customer_is_asked_about_whatever_the_first_ones_contact_is_called() {
    let ask = "ask same_name for customer:8: create_with_code:customer:CUST08 rename:customer:CUST08 ignore:customer:CUST08";
    for contact in ["Acme", "Acme Holdings", "Zenith"] {
        check(&second_acme(contact), &[ask]);
    }
    let because = &second_acme("Zenith").plan().questions[0].because;
    assert_eq!(because, "another customer of this name is already linked");
    let with_code = Choice::CreateWithCode { ledger: LedgerRef::customer(8), code: "CUST08".into() };
    check(&second_acme("Zenith").answered(&with_code), &["create Acme (CUST08) for customer:8", ask]);
    // One that was told apart by its code stands in nobody's way.
    check(&second_acme("Acme (CUST07)").organisation(2, "Acme"), &["link customer:8 to 2 (exact_name)"]);
    let mut gone = second_acme("Zenith");
    let first = gone.snapshot.ledger.get_mut(&LedgerRef::customer(7)).unwrap();
    Arc::make_mut(first).archived = true;
    check(&gone, &["create Acme for customer:8"]);
}

#[test]
fn b12_the_other_side_joins_the_contact_whatever_it_is_called() {
    let joins = || {
        world()
            .organisation(1, "Zenith")
            .supplier(7, "Acme")
            .linked(LedgerRef::supplier(7), 1)
            .customer(8, "ACME")
    };
    check(&joins(), &["link customer:8 to 1 (exact_name)"]);
    let Some(Operation::Link { reason, .. }) = joins().plan().operations.first().cloned() else {
        panic!("a link")
    };
    assert_eq!(reason, LinkReason::SameName);
    let mut asking = joins();
    asking.policy.same_name = SameName::Ask;
    check(
        &asking,
        &["ask same_name for customer:8: link_both rename:customer:CUST08 ignore:customer:CUST08"],
    );
    check(&asking.answered(&Choice::LinkBoth), &["link customer:8 to 1 (exact_name)"]);
    check(
        &joins().organisation(2, "Acme"),
        &["ask several_matches for customer:8: link:1 link:2 create ignore"],
    );
    let taken = joins().customer(9, "Third").linked(LedgerRef::customer(9), 1);
    check(&taken, &["create ACME for customer:8"]);
    let mut hidden = joins();
    hidden.local.hidden.insert(ContactId(1));
    check(&hidden, &["create ACME for customer:8"]);
    let person = world()
        .person(1, "Jo", "Smith")
        .supplier(7, "Acme")
        .linked(LedgerRef::supplier(7), 1)
        .customer(8, "Acme");
    check(
        &person,
        &["ask same_name for customer:8: link_both rename:customer:CUST08 ignore:customer:CUST08"],
    );
}

#[test]
fn b12_nobody_of_a_name_goes_on_while_a_create_of_it_is_in_doubt() {
    let action = IntentAction::CreateContact { ledgers: vec![LedgerRef::customer(7)], name: "Acme".into() };
    let intent = Intent { id: IntentId(1), action, run: RunId(1), at: now(), attempts: 1, probes: 0 };
    let mut waiting = world().customer(7, "Acme").supplier(9, "Acme").customer(3, "Other");
    waiting.local.intents.insert(intent.id, intent.clone());
    check(&waiting, &["create Other for customer:3"]);
    // What was answered meanwhile is not lost.
    let with_code = Choice::CreateWithCode { ledger: LedgerRef::customer(8), code: "CUST08".into() };
    let mut asked = world().customer(7, "Acme").customer(8, "Acme").answered(&with_code);
    asked.local.intents.insert(intent.id, intent);
    check(&asked, &[]);
    assert_eq!(asked.plan().settling, [QuestionId(1)].into());
}

#[test]
fn b12_both_sides_details_find_the_contact_that_they_may_be() {
    let brightside = || {
        world().contact(
            1,
            ContactKind::Organisation { name: "Brightside Interiors".into() },
            "hello@brightside.example",
        )
    };
    let mail = |ledger: &mut LedgerContact| ledger.contact.email = "hello@brightside.example".into();
    let by_supplier =
        brightside().customer(7, "BSI Holdings").ledger(LedgerRef::supplier(9), "BSI Holdings", mail);
    let by_customer =
        brightside().ledger(LedgerRef::customer(7), "BSI Holdings", mail).supplier(9, "BSI Holdings");
    let ask = "ask suggested_match for customer:7 and supplier:9: link:1 create ignore";
    check(&by_supplier, &[ask]);
    check(&by_customer, &[ask]);
    let reasons = |world: &World| world.plan().questions[0].candidates[0].reasons.clone();
    assert_eq!(reasons(&by_supplier), reasons(&by_customer));
}

fn rename(ledger: LedgerRef) -> Choice {
    let prefix = if ledger.side == Side::Customer { "CUST" } else { "SUPP" };
    Choice::Rename { ledger, code: format!("{prefix}{:02}", ledger.id.0) }
}

#[test]
fn b12_a_renamed_record_is_written_to_kashflow_and_the_other_goes_on() {
    let seven = LedgerRef::customer(7);
    let two = || world().organisation(1, "Acme").customer(7, "Acme").customer(8, "Acme");
    let ask = "ask same_name for customer:7 and customer:8: create_with_code:customer:CUST07 rename:customer:CUST07 \
               ignore:customer:CUST07 create_with_code:customer:CUST08 rename:customer:CUST08 ignore:customer:CUST08";
    let renamed = two().answered(&rename(seven));
    check(&renamed, &["link customer:8 to 1 (exact_name)", "rename customer:7 to Acme North", ask]);
    let plan = renamed.plan();
    assert_eq!((plan.counts().updated_in_kashflow, plan.requests()), (1, 2));
    assert_eq!((plan.operations[1].word(), plan.operations[1].contact()), ("rename", None));
    assert_eq!(plan.settling, [QuestionId(1)].into());
    // A customer and a supplier.
    let sides = |ledger| {
        let mut both = world().organisation(1, "Acme").customer(7, "Acme").supplier(9, "Acme");
        both.policy.same_name = SameName::Ask;
        both.answered(&rename(ledger))
    };
    check(&sides(seven), &["link supplier:9 to 1 (exact_name)", "rename customer:7 to Acme North"]);
    let supplier = LedgerRef::supplier(9);
    check(&sides(supplier), &["link customer:7 to 1 (exact_name)", "rename supplier:9 to Acme North"]);
    // The second one of a name whose first one is linked.
    let eight = LedgerRef::customer(8);
    let second = second_acme("Zenith").answered(&rename(eight)).plan();
    assert_eq!(words(&second)[0], "rename customer:8 to Acme North");
    let mut joining = world()
        .organisation(1, "Zenith")
        .supplier(7, "Acme")
        .linked(LedgerRef::supplier(7), 1)
        .customer(8, "Acme");
    joining.policy.same_name = SameName::Ask;
    check(&joining.answered(&rename(eight)), &["rename customer:8 to Acme North"]);
}

#[test]
fn b12_a_rename_dies_when_the_name_is_no_longer_free_and_ends_with_being_carried_out() {
    let seven = LedgerRef::customer(7);
    let answered = || world().customer(7, "Acme").customer(8, "Acme").answered(&rename(seven));
    let called = |mut world: World, name: &str| {
        Arc::make_mut(world.snapshot.ledger.get_mut(&seven).unwrap()).name = name.into();
        world
    };
    for world in [answered().customer(5, "ACME north"), called(answered(), "acme")] {
        let plan = world.plan();
        assert!(plan.operations.iter().all(|operation| operation.word() != "rename"), "{plan:?}");
        assert!(plan.settling.is_empty() && plan.questions.len() == 1);
    }
    let done = called(answered(), "Acme North");
    check(&done, &["create Acme North for customer:7", "create Acme for customer:8"]);
    assert!(done.plan().settling.is_empty());
}

#[test]
fn b12_of_two_answers_about_one_record_the_newer_counts() {
    let seven = LedgerRef::customer(7);
    let mut world = world().customer(7, "Acme").customer(8, "Acme").answered(&rename(seven));
    let stored = world.local.questions[&QuestionId(1)].clone();
    let at = now().checked_add(SignedDuration::from_hours(1)).unwrap();
    let choice = Choice::CreateWithCode { ledger: seven, code: "CUST07".into() };
    let newer = Answer { choice, value: None, at, ..stored.answers[0].clone() };
    let key = QuestionKey::records(QuestionKind::SameName, vec![seven]);
    let asked = Asked { key, ..stored.asked };
    let second = Question { id: QuestionId(2), asked, answers: vec![newer], ..stored };
    world.local.questions.insert(QuestionId(2), second);
    let plan = world.plan();
    assert_eq!(words(&plan)[..2], ["create Acme (CUST07) for customer:7", "create Acme for customer:8"]);
    assert_eq!(plan.settling, [QuestionId(2)].into());
}
