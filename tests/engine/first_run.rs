//! The first run on the sample firm: approval, every situation, and what it costs.

use std::collections::BTreeMap;

use jiff::civil::date;
use kashsync::domain::ids::{LedgerRef, Side};
use kashsync::domain::link::LinkReason;
use kashsync::domain::local::{Initial, RecordRef};
use kashsync::domain::question::QuestionKind;
use kashsync::domain::run::Outcome;
use kashsync::engine::command::Command;
use kashsync::ports::Kept;
use kashsync::sim::fault::{Effect, Fault, Service};
use kashsync::sim::firm::{Expect, sample};
use kashsync::sim::http::Method;

use crate::rig::{Came, Rig};

fn firm() -> kashsync::sim::firm::Firm {
    sample(date(2026, 11, 24), 1)
}

fn by_code(kept: &Kept) -> BTreeMap<(Side, String), LedgerRef> {
    kept.snapshot.ledger.values().map(|ledger| ((ledger.id.side, ledger.code.clone()), ledger.id)).collect()
}

#[tokio::test(start_paused = true)]
async fn b35_without_approval_nothing_is_written() {
    let rig = Rig::of(&firm());
    let Came::Ended(report) =
        rig.process(vec![Command::Sync { full: false, contact: None }], false, None).await
    else {
        panic!("it ended")
    };
    assert_eq!(
        (report.outcome, report.error.as_ref().unwrap().code.as_str()),
        (Outcome::Stopped, "first_run_needs_yes")
    );
    assert_eq!(rig.world().writes().count(), 0);
    let kept = rig.kept().await;
    assert_eq!(kept.local.progress.initial, Initial::Waiting);
    assert_eq!((kept.local.link_count(), kept.local.questions.len() > 5), (0, true));
}

#[tokio::test(start_paused = true)]
async fn every_situation_of_the_sample_firm_comes_out_as_expected() {
    let firm = firm();
    let rig = Rig::of(&firm);
    let report = rig.sync().await;
    let kept = rig.kept().await;
    let codes = by_code(&kept);
    let mut faults = Vec::new();
    for situation in &firm.situations {
        let side = Side::from_word(situation.ledger).unwrap();
        let ledger = codes[&(side, situation.code.trim().to_owned())];
        let link = kept.local.link_of(ledger);
        let question = kept.local.question_about(ledger).map(|question| question.asked.key.kind);
        let failing = kept.local.failing.contains_key(&RecordRef::Ledger(ledger));
        let created = link.is_some_and(|link| link.reason == LinkReason::Created);
        let person = link.is_some_and(|link| {
            let contact = &kept.snapshot.contacts[&link.contact];
            matches!(contact.kind, kashsync::domain::contact::ContactKind::Person { .. })
        });
        let as_expected = match situation.expect {
            Expect::Links => link.is_some_and(|link| link.reason == LinkReason::ExactName),
            Expect::CreatesOrganisation => created && !person,
            Expect::CreatesPerson => created && person,
            Expect::Joins => link.is_some(),
            Expect::AsksSeveral => link.is_none() && question == Some(QuestionKind::SeveralMatches),
            Expect::AsksSuggested | Expect::AsksSecond => {
                link.is_none() && question == Some(QuestionKind::SuggestedMatch)
            }
            Expect::AsksSameName => link.is_none() && question == Some(QuestionKind::SameName),
            Expect::Nothing => link.is_none() && question.is_none() && !failing,
            Expect::Fails => link.is_none() && failing,
        };
        if !as_expected {
            faults.push(format!(
                "{} {} {} {:?} ({}): link {:?}, question {question:?}, failing {failing}",
                situation.rule,
                situation.ledger,
                situation.code,
                situation.expect,
                situation.about,
                link.map(|link| link.reason)
            ));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert_eq!(report.outcome, Outcome::Attention, "two records fail: {:?}", report.error);
    assert!(report.control.as_ref().unwrap().agrees(), "{:?}", report.control);
}

#[tokio::test(start_paused = true)]
async fn b06_the_first_run_takes_the_least_requests() {
    let rig = Rig::of(&firm());
    let report = rig.sync().await;
    let world = rig.world();
    let (firm, pages) = (firm(), |records: usize| records.div_ceil(100));
    let definitions = 7;
    // Site; contacts; the deleted feed after a read of several pages; definitions and tags looked up once.
    let capsule_reads = 1 + pages(firm.capsule_contacts.len()) + 1 + 2;
    assert_eq!(world.count(Service::Capsule, Method::Get), capsule_reads);
    let refused = 1;
    let creates = report.done.created_in_capsule + refused;
    assert_eq!(
        world.count(Service::Capsule, Method::Post),
        1 + definitions + creates,
        "tag, definitions, creates"
    );
    assert_eq!(world.count(Service::Capsule, Method::Put), report.done.summaries_written);
    // Company details; customers; suppliers; the unpaid report; invoices; bills.
    let documents = pages(firm.invoices.len()) + pages(firm.bills.len());
    // A list leaves the currency of a foreign invoice out; only the invoice itself tells.
    let foreign =
        firm.invoices.iter().filter(|invoice| invoice.currency != firm.company.home_currency).count();
    let kashflow_reads =
        1 + pages(firm.customers.len()) + pages(firm.suppliers.len()) + 1 + documents + foreign;
    assert_eq!(world.count(Service::KashFlow, Method::Get), kashflow_reads);
    assert_eq!(
        usize::try_from(report.capsule.total()).unwrap(),
        world.log.iter().filter(|entry| entry.service == Service::Capsule).count()
    );
}

#[tokio::test(start_paused = true)]
async fn nothing_is_written_to_kashflow_but_its_session() {
    let rig = Rig::of(&firm());
    rig.sync().await;
    let world = rig.world();
    for method in [Method::Post, Method::Put, Method::Delete] {
        assert_eq!(world.count(Service::KashFlow, method), 0, "{method:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn b36_every_write_and_link_is_journaled() {
    let rig = Rig::of(&firm());
    let report = rig.sync().await;
    let journal = rig.journal().await;
    let of_kind = |word: &str, done: bool| {
        journal
            .iter()
            .filter(|entry| entry.action.word() == word && (entry.outcome == "done") == done)
            .count()
    };
    let count = |word: &str| of_kind(word, true);
    assert_eq!(of_kind("create", false), 1, "the create that Capsule refuses");
    assert_eq!(count("link"), report.done.linked);
    assert_eq!(count("create"), report.done.created_in_capsule);
    assert_eq!(count("summary"), report.done.summaries_written);
    let amounts = journal.iter().filter(|entry| entry.action.word() == "summary");
    for entry in amounts {
        assert!(
            entry.after.iter().all(|(_, value)| !value.chars().any(|character| character.is_ascii_digit())),
            "{entry:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn b10_created_contacts_have_no_owner_and_the_default_team() {
    let firm = firm();
    let mut rig = Rig::of(&firm);
    rig.policy.default_team = Some(firm.teams[0].clone());
    rig.sync().await;
    let kept = rig.kept().await;
    let world = rig.world();
    let created: Vec<i64> = kept
        .local
        .links()
        .filter(|link| link.reason == LinkReason::Created)
        .map(|link| link.contact.0)
        .collect();
    assert!(!created.is_empty());
    for party in world.capsule.parties().filter(|party| created.contains(&party.id)) {
        assert_eq!((party.owner(), party.team().is_some()), (None, true), "{}", party.name());
    }
}

#[tokio::test(start_paused = true)]
async fn b23_without_permission_for_fields_the_marker_is_a_website_and_the_fields_are_listed() {
    let rig = Rig::of(&firm());
    rig.world().capsule.options.refuse_definitions = true;
    rig.sync().await;
    let kept = rig.kept().await;
    assert_eq!(kept.local.progress.refused_definitions.len(), 7);
    assert!(kept.local.links().any(|link| link.reason == LinkReason::Created));
    let writes = rig.world().writes().count();
    // The profile is lost: markers in websites find everything again, and nothing is created twice.
    let parties = rig.world().capsule.parties().count();
    let mut anew = rig.copy();
    anew.store = kashsync::store::memory::MemoryStore::default();
    anew.sync().await;
    assert_eq!(anew.world().capsule.parties().count(), parties);
    assert!(writes > 0);
}

#[tokio::test(start_paused = true)]
async fn b35_approving_one_contact_never_lets_the_rest_through() {
    let rig = Rig::of(&firm());
    rig.process(vec![Command::Sync { full: false, contact: None }], false, None).await;
    let contact = *rig.kept().await.snapshot.contacts.keys().next().unwrap();
    let one =
        rig.process(vec![Command::Sync { full: false, contact: Some(contact) }], true, None).await.report();
    // What was shown and approved was the whole plan, so the whole plan was carried out.
    assert!(one.done.created_in_capsule > 20, "{:?}", one.done);
    assert_eq!(rig.kept().await.local.progress.initial, Initial::Done);
}

#[tokio::test(start_paused = true)]
async fn b35_a_run_with_nothing_to_show_does_not_end_the_first_run() {
    let rig = Rig::of(&firm());
    for path in ["/customers", "/suppliers"] {
        let body = r#"{"MetaData":{"TotalRecords":0},"Data":[]}"#;
        rig.world().faults.add(Fault {
            service: Some(Service::KashFlow),
            method: Some(Method::Get),
            path: path.into(),
            ..Fault::next(Effect::Answer { status: 200, headers: vec![], body: body.into() })
        });
    }
    let sync = || vec![Command::Sync { full: false, contact: None }];
    let report = rig.process(sync(), false, None).await.report();
    assert_eq!((report.error.as_ref(), report.outcome), (None, Outcome::Ok));
    assert_eq!(rig.kept().await.local.progress.initial, Initial::Waiting);
    let report = rig.process(sync(), false, None).await.report();
    assert_eq!(report.error.as_ref().unwrap().code, "first_run_needs_yes");
    assert_eq!(rig.world().writes().count(), 0);
    rig.sync().await;
    assert_eq!(rig.kept().await.local.progress.initial, Initial::Done);
}
