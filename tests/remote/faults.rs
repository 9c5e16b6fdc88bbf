//! The network rows of the fault matrix (sync 4) over real sockets, against both clients: what no service would say is
//! never believed, never shown raw and never taken for a deed.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::atomic::Ordering;

use kashsync::domain::contact::Summary;
use kashsync::domain::details::Details;
use kashsync::domain::draft::{ContactDraft, DraftKind, LedgerDraft};
use kashsync::domain::ids::{ContactId, Side};
use kashsync::domain::trouble::TroubleCode;
use kashsync::ports::{Crm, Ledger, RemoteError};

use crate::script::{COMPANY_DETAILS, STEP_ONE, step_two, trouble_of};
use crate::server::{Answer, Server, Then, bomb, http};

/// A page as a guest network or a gateway shows it; what is marked in it must not be repeated to anybody.
const PAGE: &[u8] = b"<!DOCTYPE html><html><body>CANARY-page: please sign in</body></html>";

/// What the answer says of a write whose own body tells nothing, such as a delete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    /// Whole and of success.
    Done,
    /// The same, with 204.
    DoneWithoutBody,
    /// Nothing that could be relied on.
    Nothing,
}

type Row = (&'static str, Answer, Says);

fn row(name: &'static str, bytes: impl AsRef<[u8]>, then: Then, says: Says) -> Row {
    (name, Answer::new(bytes.as_ref().to_vec(), then), says)
}

/// Answers that come at once, or break off at once.
fn prompt() -> Vec<Row> {
    use Says::{Done, DoneWithoutBody, Nothing};
    use Then::{Close, Keep, Reset};
    let cut = b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"party\":{\"id\":1";
    let whole = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
    vec![
        row("closed before the answer", b"", Close, Nothing),
        row("reset before the answer", b"", Reset, Nothing),
        row("reset in the head", b"HTTP/1.1 200 OK\r\nContent-Le", Reset, Nothing),
        row("reset in the body", cut, Reset, Nothing),
        row("closed in the body", cut, Close, Nothing),
        row(
            "a chunk is missing",
            format!("{whole}Transfer-Encoding: chunked\r\n\r\n9\r\n{{\"par"),
            Close,
            Nothing,
        ),
        row(
            "a length that is too short",
            format!("{whole}Content-Length: 3\r\n\r\n{{\"party\":1}}"),
            Close,
            Done,
        ),
        row(
            "two lengths",
            format!("{whole}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{{}} "),
            Close,
            Nothing,
        ),
        row("a length that is none", format!("{whole}Content-Length: 2x\r\n\r\n{{}}"), Close, Nothing),
        row("no HTTP", b"SSH-2.0-OpenSSH_9.6\r\n", Close, Nothing),
        row(
            "a head without end",
            [whole.as_bytes(), &b"X-Pad: y\r\n".repeat(200_000)].concat(),
            Close,
            Nothing,
        ),
        row("a page", http("200 OK\r\nContent-Type: text/html", PAGE), Keep, Nothing),
        row("a page called JSON", http("200 OK\r\nContent-Type: application/json", PAGE), Keep, Nothing),
        row("an empty body", http("200 OK", b""), Keep, Done),
        row("204 where there is a body", b"HTTP/1.1 204 No Content\r\n\r\n", Keep, DoneWithoutBody),
        row("no JSON", http("200 OK", b"{\"party\": nul"), Keep, Done),
        row("no text", http("200 OK", b"\xff\xfe\x00{\x00"), Keep, Done),
        row("another form", http("200 OK", b"{\"parties\":7,\"Data\":{}}"), Keep, Done),
        row("a list in a list in a list", http("200 OK", &b"[".repeat(200_000)), Keep, Done),
        row("50 MB", http("200 OK", &vec![b' '; 50 * 1024 * 1024]), Close, Nothing),
        row(
            "50 MB that are packed",
            http("200 OK\r\nContent-Encoding: gzip", &bomb(50 << 20)),
            Close,
            Nothing,
        ),
        row("packed, but not", http("200 OK\r\nContent-Encoding: gzip", b"{}"), Keep, Nothing),
        row("500", http("500 Internal Server Error", b"{}"), Keep, Nothing),
        row("502 with a page", http("502 Bad Gateway", PAGE), Keep, Nothing),
        row("503 with a page", http("503 Service Unavailable", PAGE), Keep, Nothing),
        row("504 with a page", http("504 Gateway Timeout", PAGE), Keep, Nothing),
        row("511, sign in first", http("511 Network Authentication Required", PAGE), Keep, Nothing),
    ]
}

/// Answers that take longer than anybody waits.
fn slow() -> Vec<Row> {
    let drip = |bytes: &[u8], drips| Answer { drips, ..Answer::new(bytes.to_vec(), Then::Silence) };
    let padding: &[u8] = &[b'x'; 100];
    vec![
        ("nothing at all", drip(b"", b""), Says::Nothing),
        ("a head, a byte a second", drip(b"HTTP/1.1 200 OK\r\nX-Pad: ", padding), Says::Nothing),
        (
            "a body, a byte a second",
            drip(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{\"", padding),
            Says::Nothing,
        ),
        (
            "half a body, then nothing",
            drip(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"", b""),
            Says::Nothing,
        ),
    ]
}

fn contact() -> ContactDraft {
    ContactDraft {
        kind: DraftKind::Organisation { name: "Pennine Roofing Ltd".into() },
        email: String::new(),
        phone: String::new(),
        fax: String::new(),
        mobile: String::new(),
        website: String::new(),
        address: None,
        team: None,
        summary: Summary::default(),
        marker_website: "https://app.kashflow.com#kashsync:kf:0a1b2c3d:customer:7".into(),
        left_out: Vec::new(),
    }
}

fn customer() -> LedgerDraft {
    LedgerDraft {
        code: "ACME01".into(),
        first: String::new(),
        last: String::new(),
        details: Details { name: "Acme".into(), ..Details::default() },
    }
}

/// Lets anyone in to KashFlow and answers everything else so.
async fn signed_in(answer: Answer) -> Server {
    Server::with(move |number, head| {
        let body = match head.lines().next().unwrap_or_default() {
            "post /v2/sessiontoken http/1.1" => STEP_ONE.to_owned(),
            "put /v2/sessiontoken http/1.1" => step_two(number),
            "get /v2/settings/companydetails http/1.1" => COMPANY_DETAILS.to_owned(),
            _ => return answer.clone(),
        };
        Answer::new(http("200 OK", body.as_bytes()), Then::Keep)
    })
    .await
}

fn told_nothing<R: Debug>(name: &str, read: Result<R, RemoteError>) {
    let Err(RemoteError::Trouble(trouble)) = &read else { panic!("{name}: {read:?}") };
    assert!(!trouble.message.is_empty(), "{name}");
    assert_eq!(trouble_of(read), TroubleCode::Unreachable, "{name}");
}

fn in_doubt<R: Debug>(name: &str, written: &Result<R, RemoteError>) {
    let Err(RemoteError::InDoubt { why }) = written else { panic!("{name}: {written:?}") };
    assert!(!why.is_empty() && !why.contains("CANARY"), "{name}: {why}");
}

/// A write whose answer has no body to be read counts as done only when the answer says so.
fn settled<R: Debug>(name: &str, is_done: bool, written: &Result<R, RemoteError>) {
    if is_done {
        assert!(written.is_ok(), "{name}: {written:?}");
    } else {
        in_doubt(name, written);
    }
}

fn sent(server: &Server, beginning: &str) -> usize {
    server.lines().iter().filter(|line| line.starts_with(beginning)).count()
}

async fn capsule_survives((name, answer, says): Row) {
    let server = Server::with(move |_, _| answer.clone()).await;
    let capsule = server.capsule();
    told_nothing(name, capsule.account().await);
    told_nothing(name, capsule.contacts(None, 1).await);
    let writes = || sent(&server, "post") + sent(&server, "delete");
    assert_eq!(writes(), 0);
    in_doubt(name, &capsule.create_contact(&contact(), &BTreeMap::new()).await);
    assert_eq!(writes(), 1, "{name}: sent once");
    settled(name, says == Says::DoneWithoutBody, &capsule.delete_contact(ContactId(1)).await);
    assert_eq!(writes(), 2, "{name}: sent once");
}

async fn kashflow_survives((name, answer, says): Row) {
    let server = signed_in(answer.clone()).await;
    let kashflow = server.kashflow();
    told_nothing(name, kashflow.contacts(Side::Customer, 1).await);
    told_nothing(name, kashflow.unpaid().await);
    in_doubt(name, &kashflow.create(Side::Customer, &customer()).await);
    assert_eq!(sent(&server, "post /v2/customers"), 1, "{name}: sent once");
    settled(name, says != Says::Nothing, &kashflow.archive(Side::Customer, "ACME01").await);
    assert_eq!(sent(&server, "put /v2/internal/customers/archive"), 1, "{name}: sent once");
    settled(name, says != Says::Nothing, &kashflow.delete(Side::Customer, "ACME01").await);
    assert_eq!(sent(&server, "delete /v2/customers"), 1, "{name}: sent once");
    assert_eq!(sent(&server, "post /v2/sessiontoken"), 1, "{name}: nobody signs in anew for it");

    let server = Server::with(move |_, _| answer.clone()).await;
    told_nothing(name, server.kashflow().company().await);
    let passwords = sent(&server, "post /v2/sessiontoken");
    assert!((1..=2).contains(&passwords), "{name}: the password was sent {passwords} times");
}

#[tokio::test]
async fn what_no_service_says_tells_capsule_nothing_and_is_no_deed() {
    for row in prompt() {
        capsule_survives(row).await;
    }
}

#[tokio::test]
async fn what_no_service_says_tells_kashflow_nothing_and_is_no_deed() {
    for row in prompt() {
        kashflow_survives(row).await;
    }
}

// With the clock paused nothing but the clock can move once both sides wait: tokio turns it forward.
#[tokio::test(start_paused = true)]
async fn whoever_answers_slowly_is_given_up_after_a_minute_in_all() {
    for row in slow() {
        let (name, answer, _) = row.clone();
        let server = Server::with(move |_, _| answer.clone()).await;
        let began = tokio::time::Instant::now();
        let Err(RemoteError::InDoubt { why }) = server.capsule().make_tag().await else { panic!("{name}") };
        assert_eq!(why, "no answer within 60 s", "{name}");
        let took = began.elapsed().as_secs();
        assert!((59..=61).contains(&took), "{name}: {took} s");
        capsule_survives(row.clone()).await;
        kashflow_survives(row).await;
    }
}

#[tokio::test]
async fn a_sign_in_page_elsewhere_is_not_followed_by_anybody() {
    for status in [
        "301 Moved Permanently",
        "302 Found",
        "303 See Other",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
    ] {
        let portal = Server::start(http("200 OK", PAGE), false).await;
        let location = format!("{status}\r\nLocation: {}/login", portal.url());
        let answer = Answer::new(http(&location, PAGE), Then::Keep);
        capsule_survives((status, answer.clone(), Says::Nothing)).await;
        kashflow_survives((status, answer, Says::Nothing)).await;
        assert_eq!(portal.connections.load(Ordering::SeqCst), 0, "{status}");
    }
}

#[tokio::test]
async fn a_connection_that_was_closed_meanwhile_costs_no_read() {
    let site = http("200 OK", br#"{"site":{"subdomain":"brookside","name":"Brookside"}}"#);
    // Closed after each answer, though it looked as if it were kept.
    let server = Server::start(site.clone(), false).await;
    let capsule = server.capsule();
    for _ in 0..20 {
        assert_eq!(capsule.account().await.unwrap().subdomain, "brookside");
    }
    // Closed or torn down when the next request is already there: each second one has to be sent again.
    for then in [Then::Close, Then::Reset] {
        let site = Answer::new(site.clone(), Then::Keep);
        let server = Server::with(move |number, _| match number % 3 {
            1 => Answer::new(Vec::new(), then),
            _ => site.clone(),
        })
        .await;
        let capsule = server.capsule();
        for _ in 0..20 {
            assert_eq!(capsule.account().await.unwrap().subdomain, "brookside");
        }
        assert_eq!(server.lines().len(), 20 + 10, "{then:?}");
    }
}
