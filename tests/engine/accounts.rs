//! Whose accounts these are, and what stands in the way of signing in.

use std::time::Duration;

use jiff::SignedDuration;
use jiff::civil::date;
use kashsync::domain::contact::SummaryField;
use kashsync::domain::ids::Side;
use kashsync::domain::operation::Counts;
use kashsync::domain::run::Outcome;
use kashsync::engine::command::Command;
use kashsync::engine::event::Event;
use kashsync::sim::fault::{Effect, Fault, Service};
use kashsync::sim::firm::sample;
use kashsync::sim::http::Method;
use kashsync::sim::kashflow::{Access, Subscription};
use serde_json::json;

use crate::rig::{Came, Rig};

fn rig() -> Rig {
    Rig::of(&sample(date(2026, 11, 24), 1))
}

fn sync() -> Vec<Command> {
    vec![Command::Sync { full: false, contact: None }]
}

/// The code that a sync ends with, if it fails.
async fn code(rig: &Rig) -> Option<String> {
    let Came::Ended(report) = rig.process(sync(), true, None).await else { panic!("it ended") };
    report.error.as_ref().map(|error| error.code.clone())
}

fn sign_ins(rig: &Rig) -> usize {
    let world = rig.world();
    let asked =
        world.log.iter().filter(|entry| entry.method == Method::Post && entry.path.contains("sessiontoken"));
    asked.count()
}

#[tokio::test(start_paused = true)]
async fn b03_a_company_without_an_id_is_known_by_its_name_and_a_new_name_by_its_id() {
    let rig = rig();
    rig.sync().await;
    let (id, name) = {
        let world = rig.world();
        (world.kashflow.options.company_id, world.kashflow.options.company_name.clone())
    };
    rig.world().log.clear();
    for (company_id, company_name, expected) in [
        (0, name.as_str(), None),
        (0, "Northgate Ltd", Some("other_account")),
        (id, "Brookside & Sons Ltd", None),
        (0, "Brookside & Sons Ltd", None),
        (id + 1, "Brookside & Sons Ltd", Some("other_account")),
    ] {
        rig.world().kashflow.options.company_id = company_id;
        rig.world().kashflow.options.company_name = company_name.into();
        assert_eq!(code(&rig).await.as_deref(), expected, "{company_id} {company_name}");
        let kept = rig.kept().await;
        if expected.is_none() {
            assert_eq!(
                kept.snapshot.company.as_ref().unwrap().name,
                company_name,
                "the new name is followed"
            );
            assert_eq!(
                kept.snapshot.company.as_ref().unwrap().id,
                Some(id),
                "the markers stay those of the id"
            );
        }
        let written = rig.world().writes().filter(|entry| entry.status != Some(422)).count();
        assert_eq!(written, 0, "{company_id} {company_name}");
    }
}

#[tokio::test(start_paused = true)]
async fn b03_a_marker_of_another_company_stops_before_any_write() {
    let rig = rig();
    rig.sync().await;
    let kept = rig.kept().await;
    let definition = kept.local.progress.definitions[&SummaryField::Id].0;
    let linked = kept.local.links().next().unwrap().contact.0;
    rig.pass(SignedDuration::from_hours(1));
    let foreign =
        json!({"party": {"fields": [{"definition": {"id": definition}, "value": "kf:0badc0de:customer:7"}]}});
    let (status, _) =
        rig.call_capsule(Method::Put, &format!("/api/v2/parties/{linked}"), &foreign.to_string());
    assert_eq!(status, 200);
    rig.world().log.clear();
    assert_eq!(code(&rig).await.as_deref(), Some("other_account"));
    assert_eq!(rig.world().writes().count(), 0);
}

type Prepare = fn(&mut Rig);

#[tokio::test(start_paused = true)]
async fn b39_every_trouble_has_its_own_code_and_what_mends_it() {
    let scope = || Effect::Answer {
        status: 403,
        headers: vec![],
        body: r#"{"message":"Requires additional scope"}"#.into(),
    };
    let cut = |service| Fault { service: Some(service), times: None, ..Fault::next(Effect::CutBefore) };
    let cases: Vec<(Prepare, &str, &str)> = vec![
        (|rig| rig.credentials.1.password = "wrong".into(), "wrong_credentials", "user name and password"),
        (|rig| rig.credentials.1.user_name = "nobody".into(), "wrong_credentials", "user name and password"),
        (
            |rig| rig.credentials.1.memorable_word = "zzzzzzzzzz".into(),
            "wrong_memorable_word",
            "memorable word",
        ),
        (|rig| rig.world().kashflow.options.password_expired = true, "password_expired", "new password"),
        (|rig| rig.world().kashflow.options.access = Access::ApiOff, "api_off", "tick Enabled, Update"),
        (
            |rig| rig.world().kashflow.options.access = Access::ApiOff,
            "api_off",
            "enable the API for my KashFlow account",
        ),
        (
            |rig| rig.world().kashflow.options.access = Access::AddressNotListed,
            "ip_blocked",
            "add this machine's address",
        ),
        (
            |rig| rig.world().kashflow.options.subscription = Subscription::ExpiredRefused,
            "subscription_expired",
            "Renew the KashFlow subscription",
        ),
        (|rig| rig.credentials.0 = "wrong".into(), "token_invalid", "API Authentication Tokens"),
    ];
    for (prepare, expected, mends) in cases {
        let mut rig = rig();
        prepare(&mut rig);
        told(&rig, expected, mends).await;
    }
    let rig = self::rig();
    let fault = Fault { service: Some(Service::Capsule), times: None, ..Fault::next(scope()) };
    rig.world().faults.add(fault);
    told(&rig, "token_scope", "read and write, as an Administrator").await;
    let rig = self::rig();
    let now = rig.now();
    rig.world().capsule.leave_requests(100, now);
    told(&rig, "rate_limited", "the next run goes on where this one stopped").await;
    for service in [Service::Capsule, Service::KashFlow] {
        let rig = self::rig();
        rig.world().faults.add(cut(service));
        told(&rig, "unreachable", "Check the internet connection").await;
    }
    let mut rig = self::rig();
    rig.world().kashflow.options.sign_ins_until_locked = 1;
    let right = std::mem::replace(&mut rig.credentials.1.password, "wrong".into());
    told(&rig, "wrong_credentials", "").await;
    rig.credentials.1.password = right;
    told(&rig, "account_locked", "administrator to unlock").await;
}

async fn told(rig: &Rig, expected: &str, mends: &str) {
    let Came::Ended(report) = rig.process(sync(), true, None).await else { panic!("it ended") };
    let error = report.error.as_ref().unwrap();
    assert_eq!((report.outcome, error.code.as_str()), (Outcome::Failed, expected), "{error:?}");
    assert!(error.remedy.contains(mends), "{error:?}");
    assert!(!error.message.is_empty());
    assert_eq!(rig.world().writes().count(), 0);
}

#[tokio::test(start_paused = true)]
async fn b39_what_was_refused_is_not_sent_again_until_it_changes() {
    let mut rig = rig();
    let right = rig.credentials.1.clone();
    rig.credentials.1.password = "wrong".into();
    assert_eq!(code(&rig).await.as_deref(), Some("wrong_credentials"));
    assert_eq!(sign_ins(&rig), 1);
    let requests = rig.world().log.len();
    for memorable_word in ["sawhorse", "another"] {
        // Another memorable word leaves the refused password as it is.
        rig.credentials.1.memorable_word = memorable_word.into();
        rig.pass(SignedDuration::from_hours(2));
        assert_eq!(code(&rig).await.as_deref(), Some("wrong_credentials"));
        let planned = rig.process(vec![Command::Plan { full: true }], false, None).await.report();
        assert_eq!(planned.error.as_ref().unwrap().code, "wrong_credentials");
    }
    assert_eq!(rig.world().log.len(), requests, "not one request, to neither service");
    rig.credentials.1 = right.clone();
    rig.credentials.1.memorable_word = "zzzzzzzzzz".into();
    assert_eq!(code(&rig).await.as_deref(), Some("wrong_memorable_word"));
    assert_eq!(code(&rig).await.as_deref(), Some("wrong_memorable_word"));
    assert_eq!(sign_ins(&rig), 2);
    rig.credentials.1 = right.clone();
    assert_eq!(code(&rig).await, None);
    rig.credentials.1.password = "wrong".into();
    let before = sign_ins(&rig);
    assert_eq!(code(&rig).await.as_deref(), Some("wrong_credentials"), "also after others were accepted");
    assert_eq!(sign_ins(&rig), before);
    let stored = format!("{:?}", rig.kept().await.local.progress.refused);
    assert!(!stored.contains("\"wrong\"") && !stored.contains("zzzz"));
}

#[tokio::test(start_paused = true)]
async fn b39_a_document_that_is_looked_at_sends_refused_credentials_no_more_than_once() {
    let mut rig = rig();
    let right = rig.credentials.1.password.clone();
    let looked = async |rig: &Rig| {
        let ends = |event: &Event| matches!(event, Event::Refused { .. } | Event::Parts { .. });
        let look = Command::ReadParts { side: Side::Customer, number: 1001 };
        let events = rig.events(vec![look], true, None, ends).await.unwrap();
        events.into_iter().find_map(|event| match event {
            Event::Refused { code, .. } => Some(code),
            _ => None,
        })
    };
    assert_eq!(code(&rig).await, None);
    let before = sign_ins(&rig);
    rig.credentials.1.password = "wrong".into();
    for _ in 0..3 {
        assert_eq!(looked(&rig).await, Some("wrong_credentials"));
    }
    assert_eq!(sign_ins(&rig), before + 1);
    rig.credentials.1.password = right;
    assert_eq!(looked(&rig).await, None);
    // Another company's document is none of this profile's (design B3).
    rig.world().kashflow.options.company_id += 1;
    assert_eq!(looked(&rig).await, Some("other_account"));
}

#[tokio::test(start_paused = true)]
async fn b39_both_services_refusing_at_once_still_remembers_the_password() {
    let mut rig = rig();
    rig.credentials.0 = "wrong".into();
    rig.credentials.1.password = "wrong".into();
    code(&rig).await;
    assert_eq!((sign_ins(&rig), rig.kept().await.local.progress.refused.len()), (1, 1));
    code(&rig).await;
    assert_eq!(sign_ins(&rig), 1);
}

#[tokio::test(start_paused = true)]
async fn b39_a_persons_test_sends_them_and_forgets_the_refusal_when_they_are_right_after_all() {
    let rig = rig();
    rig.world().kashflow.options.password_expired = true;
    assert_eq!(code(&rig).await.as_deref(), Some("password_expired"));
    let tested = async |rig: &Rig| {
        let ends = |event: &Event| matches!(event, Event::Tested { .. });
        let events = rig.events(vec![Command::TestCredentials], true, None, ends).await.unwrap();
        let tested = events.into_iter().find_map(|event| match event {
            Event::Tested { capsule, kashflow } => Some((capsule, kashflow)),
            _ => None,
        });
        tested.unwrap()
    };
    let (capsule, kashflow) = tested(&rig).await;
    assert_eq!(capsule.unwrap().subdomain, "brookside");
    assert_eq!(kashflow.unwrap_err().code.word(), "password_expired");
    assert_eq!((sign_ins(&rig), rig.kept().await.local.progress.refused.len()), (2, 1));
    rig.world().kashflow.options.password_expired = false;
    assert_eq!(code(&rig).await.as_deref(), Some("password_expired"), "a run does not try by itself");
    let (_, kashflow) = tested(&rig).await;
    assert_eq!(kashflow.unwrap().name, "Brookside Joinery Ltd");
    assert_eq!(rig.kept().await.local.progress.refused, []);
    assert_eq!(rig.world().writes().count(), 0);
    assert_eq!(code(&rig).await, None);
}

#[tokio::test(start_paused = true)]
async fn b06_a_run_parks_at_the_hourly_limit_and_goes_on_by_itself_within_max_wait() {
    let straight = rig();
    straight.sync().await;
    for (max_wait, goes_on) in [(Duration::from_mins(90), true), (Duration::from_mins(10), false)] {
        let mut rig = rig();
        rig.pace.max_wait = max_wait;
        let begun = rig.now();
        rig.world().capsule.leave_requests(230, begun);
        let ends = |event: &Event| matches!(event, Event::RunFinished(_));
        let events = rig.events(sync(), true, None, ends).await.unwrap();
        let waited = events.iter().any(|event| {
            matches!(event, Event::Waiting { service: kashsync::domain::ids::Service::Capsule, .. })
        });
        let took = rig.now().duration_since(begun);
        if goes_on {
            assert!(waited, "with a countdown");
            assert!(took > SignedDuration::from_mins(10) && took < SignedDuration::from_mins(70), "{took}");
            assert_eq!(rig.outcome(), straight.outcome());
            rig.world().log.clear();
            assert_eq!(rig.sync().await.done, Counts::default());
        } else {
            assert!(took < SignedDuration::from_mins(10), "it does not wait for what is too far: {took}");
            assert_ne!(rig.outcome(), straight.outcome());
        }
    }
}
