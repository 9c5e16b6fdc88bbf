//! Turns, waits and repeats as a whole, on a paused clock.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use kashsync::domain::ids::{ContactId, Service};
use kashsync::domain::run::Requests;
use kashsync::domain::trouble::TroubleCode;
use kashsync::ports::{Clock, Crm, Pace, RemoteError, RemoteNotice};
use kashsync::remote::base_url::BaseUrl;
use kashsync::remote::capsule::CapsuleClient;
use kashsync::remote::pacing::Attendance;
use tokio::time::Instant;

use crate::script::{
    Notices, START, START_DATE, Script, answer, capsule, capsule_at, not_sent, ok, trouble_of, unknown,
};

const TEAMS: &str = r#"{"teams":[]}"#;
const SECOND: Duration = Duration::from_secs(1);

fn all(mut notices: Notices) -> Vec<RemoteNotice> {
    std::iter::from_fn(|| notices.try_recv().ok()).collect()
}

fn reset_in(seconds: i64) -> String {
    let start: jiff::Timestamp = START.parse().unwrap();
    (start.as_second() + seconds).to_string()
}

#[tokio::test(start_paused = true)]
async fn reads_are_repeated_until_they_succeed_and_every_one_is_counted() {
    let script = Script::in_order(vec![
        answer(503, &[], "<html>"),
        unknown(),
        not_sent(),
        answer(500, &[], ""),
        answer(504, &[], ""),
        ok(TEAMS),
    ]);
    let (capsule, notices) = capsule(&script);
    capsule.teams().await.unwrap();
    assert_eq!(capsule.requests(), Requests { get: 5, ..Requests::default() });
    let notices = all(notices);
    assert_eq!(notices.len(), 5);
    assert!(matches!(
        &notices[0],
        RemoteNotice::Waiting { service: Service::Capsule, why, .. } if why == "the service answered 503"
    ));
}

#[tokio::test(start_paused = true)]
async fn reads_are_given_up_after_five_repeats() {
    for outcome in [answer(500, &[], ""), unknown(), not_sent()] {
        let script = Script::new(move |_, _| outcome.clone());
        let (capsule, _) = capsule(&script);
        let began = Instant::now();
        assert_eq!(trouble_of(capsule.teams().await), TroubleCode::Unreachable);
        assert_eq!(script.sent().len(), 6);
        assert!(began.elapsed() <= SECOND * (1 + 2 + 4 + 8 + 16), "steps double from one second");
    }
}

#[tokio::test(start_paused = true)]
async fn refusals_and_oversized_answers_are_not_repeated() {
    use kashsync::remote::transport::SendError;
    for outcome in [
        answer(400, &[], ""),
        answer(404, &[], ""),
        answer(302, &[("Location", "https://elsewhere.example/")], ""),
        Err(SendError::Unusable("the answer is larger than 16 MiB".into())),
    ] {
        let script = Script::in_order(vec![outcome]);
        let (capsule, _) = capsule(&script);
        assert_eq!(trouble_of(capsule.teams().await), TroubleCode::Unreachable);
    }
}

#[tokio::test(start_paused = true)]
async fn i15_a_call_that_gives_up_leaves_the_pause_to_the_next() {
    let script = Script::new(
        |number, _| {
            if number < 6 { answer(429, &[("Retry-After", "100")], "") } else { ok(TEAMS) }
        },
    );
    let (capsule, _) = capsule(&script);
    assert_eq!(trouble_of(capsule.teams().await), TroubleCode::RateLimited);
    capsule.teams().await.unwrap();
    let sent = script.sent();
    assert_eq!((sent[6].at - sent[5].at).as_secs(), 100, "nothing is sent before the service wished");
}

#[tokio::test(start_paused = true)]
async fn too_many_requests_wait_as_long_as_the_service_says() {
    let reset = reset_in(100);
    for (headers, waited) in [
        (
            vec![
                ("X-RateLimit-Limit", "4000"),
                ("X-RateLimit-Remaining", "0"),
                ("X-RateLimit-Reset", reset.as_str()),
            ],
            101,
        ),
        (vec![("Retry-After", "30")], 30),
        (vec![("Retry-After", "Tue, 24 Nov 2026 10:01:00 GMT")], 60),
        (vec![("Retry-After", "100000")], 900),
    ] {
        let headers: Vec<(String, String)> =
            headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let script = Script::new(move |number, _| {
            let headers: Vec<(&str, &str)> =
                headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            if number == 0 { answer(429, &headers, r#"{"error":"rate limit reached"}"#) } else { ok(TEAMS) }
        });
        let (capsule, notices) = capsule(&script);
        let began = Instant::now();
        capsule.teams().await.unwrap();
        let sent = script.sent();
        assert_eq!((sent[1].at - sent[0].at).as_secs(), waited, "nothing is sent before");
        assert_eq!(began.elapsed().as_secs(), waited);
        let until = START.parse::<jiff::Timestamp>().unwrap() + SECOND * u32::try_from(waited).unwrap();
        assert!(
            all(notices)
                .iter()
                .any(|notice| matches!(notice, RemoteNotice::Waiting { until: told, .. } if *told == until)),
            "people see the wait"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_write_of_too_many_requests_is_sent_again() {
    let script = Script::in_order(vec![
        answer(429, &[("Retry-After", "2")], ""),
        answer(429, &[("Retry-After", "soon")], ""),
        answer(201, &[], r#"{"tag":{"id":1}}"#),
    ]);
    let (capsule, _) = capsule(&script);
    capsule.make_tag().await.unwrap();
    assert_eq!(capsule.requests().post, 3);
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_outlasts_our_patience_is_trouble_at_once() {
    let reset = reset_in(1800);
    let script = Script::new(move |_, _| {
        answer(429, &[("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", &reset)], "")
    });
    let (capsule, _) = capsule(&script);
    let began = Instant::now();
    assert_eq!(trouble_of(capsule.teams().await), TroubleCode::RateLimited);
    assert_eq!(trouble_of(capsule.make_tag().await.map(|()| 0)), TroubleCode::RateLimited);
    assert_eq!(began.elapsed(), Duration::ZERO, "nobody waits in vain");
    assert_eq!(script.sent().len(), 1, "nothing more is sent before the reset");
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_even_when_the_wall_clock_stands_still() {
    struct Stopped;
    impl Clock for Stopped {
        fn now(&self) -> jiff::Timestamp {
            START.parse().unwrap()
        }
    }
    let script = Script::in_order(vec![answer(429, &[("Retry-After", "30")], ""), ok(TEAMS)]);
    let base = BaseUrl::parse(Service::Capsule, "http://localhost:9").unwrap();
    let (notices, _watching) = tokio::sync::mpsc::unbounded_channel();
    let capsule = CapsuleClient::new(
        Arc::clone(&script),
        base,
        &"token".into(),
        Pace::default(),
        notices,
        Arc::new(Stopped),
    );
    capsule.teams().await.unwrap();
    let sent = script.sent();
    assert_eq!(sent[1].at - sent[0].at, SECOND * 30);
}

#[tokio::test(start_paused = true)]
async fn endless_refusals_end() {
    let script = Script::new(|_, _| answer(429, &[("Retry-After", "0")], ""));
    let (capsule, _) = capsule(&script);
    assert_eq!(trouble_of(capsule.teams().await), TroubleCode::RateLimited);
    assert_eq!(script.sent().len(), 6);
}

#[tokio::test(start_paused = true)]
async fn background_work_leaves_the_reserve_to_the_person() {
    let reset = reset_in(60);
    let script = Script::new(move |_, _| {
        answer(200, &[("X-RateLimit-Remaining", "200"), ("X-RateLimit-Reset", &reset)], TEAMS)
    });
    let attendance = Attendance::default();
    let (capsule, notices) = capsule(&script);
    let capsule = capsule.with_attendance(attendance.clone());
    capsule.teams().await.unwrap();
    let began = Instant::now();
    attendance.set(true);
    capsule.teams().await.unwrap();
    assert_eq!(began.elapsed(), Duration::ZERO, "a person is served at once");
    attendance.set(false);
    capsule.teams().await.unwrap();
    assert_eq!(began.elapsed().as_secs(), 61, "background work waits for the next hour");
    let left: Vec<RemoteNotice> = all(notices);
    assert_eq!(left[0], RemoteNotice::Remaining { service: Service::Capsule, left: 200 });
    assert!(
        matches!(&left[2], RemoteNotice::Waiting { why, .. } if why.contains("200 requests")),
        "{left:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn at_most_four_requests_are_in_flight() {
    let script = Script::slow(SECOND, |_, _| ok(TEAMS));
    let (capsule, _) = capsule(&script);
    let capsule = Arc::new(capsule);
    let began = Instant::now();
    let calls: Vec<_> = (0..12)
        .map(|_| {
            let capsule = Arc::clone(&capsule);
            tokio::spawn(async move { capsule.teams().await })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(script.most_in_flight.load(Ordering::SeqCst), 4);
    assert_eq!(began.elapsed(), SECOND * 3, "and four are, while there is work");
}

#[tokio::test(start_paused = true)]
async fn the_limit_is_never_passed_by_the_services_count() {
    // Ten requests an hour by the service's clock; our calls come all at once.
    let served = std::sync::Mutex::new((0_u32, 3600_i64));
    let start: jiff::Timestamp = START.parse().unwrap();
    let began = Instant::now();
    let script = Script::slow(SECOND, move |_, _| {
        let now = i64::try_from(began.elapsed().as_secs()).unwrap();
        let mut window = served.lock().unwrap();
        if now >= window.1 {
            *window = (0, window.1 + 3600);
        }
        window.0 += 1;
        assert!(window.0 <= 10, "over the limit");
        let date =
            (start + SECOND * u32::try_from(now).unwrap()).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let reset = (start.as_second() + window.1).to_string();
        let left = (10 - window.0).to_string();
        let mut response = ok(TEAMS).unwrap();
        response.headers = vec![
            ("Date".into(), date),
            ("X-RateLimit-Remaining".into(), left),
            ("X-RateLimit-Reset".into(), reset),
        ];
        Ok(response)
    });
    let pace = Pace { max_wait: Duration::from_hours(5), ..Pace::default() };
    let (capsule, _) = capsule_at(Arc::clone(&script), "http://localhost:9", pace);
    let attendance = Attendance::default();
    attendance.set(true);
    let capsule = Arc::new(capsule.with_attendance(attendance));
    let calls: Vec<_> = (0..25)
        .map(|_| {
            let capsule = Arc::clone(&capsule);
            tokio::spawn(async move { capsule.teams().await })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(script.sent().len(), 25);
    assert!(START_DATE.ends_with("GMT") && began.elapsed() < Duration::from_hours(3));
}

#[tokio::test(start_paused = true)]
async fn an_abandoned_call_holds_no_place() {
    let script = Script::slow(SECOND * 30, |number, _| if number < 4 { ok("{}") } else { ok(TEAMS) });
    let (capsule, _) = capsule(&script);
    for _ in 0..4 {
        assert!(tokio::time::timeout(SECOND, capsule.contact(ContactId(1))).await.is_err());
    }
    let began = Instant::now();
    assert!(!matches!(capsule.teams().await, Err(RemoteError::Trouble(_))));
    assert_eq!(began.elapsed(), SECOND * 30);
    assert_eq!(capsule.requests().get, 5, "abandoned requests were sent all the same");
}
