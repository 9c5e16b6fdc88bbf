//! Random worlds: a plan never links or handles anybody twice, and is always the same.

use proptest::prelude::*;

use super::*;

/// A handful of names that collide, nearly collide, and do not.
fn name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "Acme Ltd",
        "ACME ltd",
        "Acme Limited",
        "Smith & Sons",
        "Jo Smith",
        "Fund 2",
        "Fund 3",
        "",
        "Zeta",
    ])
}

proptest! {
    #[test]
    fn the_plan_keeps_links_one_to_one_and_its_order(
        contacts in prop::collection::vec((name(), any::<bool>()), 0..8),
        ledgers in prop::collection::vec((name(), any::<bool>()), 0..8),
    ) {
        let mut given = world();
        for (id, (name, person)) in (1..).zip(contacts) {
            given = if person { given.person(id, name, "") } else { given.organisation(id, name) };
        }
        for (id, (name, customer)) in (1..).zip(ledgers) {
            given = if customer { given.customer(id, name) } else { given.supplier(id, name) };
        }
        let plan = given.plan();
        prop_assert_eq!(&plan, &given.plan());
        let mut ends = BTreeSet::new();
        let mut handled = BTreeSet::new();
        for operation in &plan.operations {
            match operation {
                Operation::Link { ledger, contact, .. } => {
                    prop_assert!(ends.insert((*contact, ledger.side)), "one link per side");
                    prop_assert!(handled.insert(*ledger));
                }
                Operation::CreateContact { ledgers, .. } => {
                    for ledger in ledgers {
                        prop_assert!(handled.insert(*ledger), "nobody is created twice");
                    }
                }
                Operation::UpdateLedger(_) | Operation::UpdateContact(_) | Operation::WriteSummary { .. } => {}
                Operation::Export(_) | Operation::Remove { .. } | Operation::LetGo { .. } => {
                    prop_assert!(false, "nothing goes either way without a person's word");
                }
            }
        }
        for asked in &plan.questions {
            if asked.key.kind != QuestionKind::SameName {
                for waiting in &asked.key.waiting {
                    prop_assert!(!handled.contains(waiting), "who waits is not handled");
                }
            }
        }
    }
}
