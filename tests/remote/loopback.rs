//! The transport over real sockets, against a server that misbehaves on purpose.

use std::sync::atomic::Ordering;
use std::time::Duration;

use kashsync::domain::ids::{ContactId, Service};
use kashsync::domain::trouble::TroubleCode;
use kashsync::ports::{Crm, Pace, RemoteError};
use kashsync::remote::base_url::BaseUrl;
use kashsync::remote::http::HttpTransport;
use kashsync::remote::transport::{HttpRequest, Method, SendError, Transport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::script::{capsule_at, trouble_of};
use crate::server::{Server, bomb, http};

fn request(method: Method, base: &BaseUrl) -> HttpRequest {
    HttpRequest {
        method,
        label: "test",
        url: format!("{base}/site?CANARY"),
        authorization: Some("Bearer CANARY".into()),
        body: (method != Method::Get).then(|| b"{}".to_vec()),
    }
}

#[tokio::test]
async fn a_request_carries_our_name_and_a_whole_answer_comes_back() {
    let body = br#"{"site":{"subdomain":"brookside","name":"Brookside"}}"#;
    let server = Server::start(http("200 OK\r\nX-RateLimit-Remaining: 17", body), true).await;
    let response = server.transport().send(request(Method::Get, &server.base())).await.unwrap();
    assert_eq!((response.status, response.body.as_slice()), (200, body.as_slice()));
    assert_eq!(response.header("X-RateLimit-Remaining"), Some("17"));
    let head = server.heads.lock().unwrap()[0].clone();
    for line in [
        concat!("user-agent: kashsync/", env!("CARGO_PKG_VERSION")),
        "accept: application/json",
        "accept-encoding: gzip",
        "authorization: bearer canary",
    ] {
        assert!(head.lines().any(|sent| sent == line), "{line}: {head}");
    }
}

#[tokio::test]
async fn redirects_are_refused_and_credentials_do_not_travel() {
    let elsewhere = Server::start(http("200 OK", b"{}"), false).await;
    let location = format!("302 Found\r\nLocation: http://{}/api/v2/site", elsewhere.address);
    let server = Server::start(http(&location, b""), false).await;
    let outcome = server.capsule().account().await;
    let Err(RemoteError::Trouble(trouble)) = outcome else { panic!("{outcome:?}") };
    assert_eq!(trouble.code, TroubleCode::Unreachable);
    assert!(trouble.message.contains("refused to follow a redirect"), "{}", trouble.message);
    let written = server.capsule().make_tag().await;
    assert!(matches!(written, Err(RemoteError::InDoubt { .. })), "{written:?}");
    assert_eq!(elsewhere.connections.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_write_that_is_cut_off_is_in_doubt_and_sent_once() {
    for answer in [
        b"HTTP/1.1 201 Created\r\nContent-Length: 500\r\n\r\n{\"tag\":".to_vec(),
        b"HTTP/1.1 201 Cre".to_vec(),
        b"\r\n\r\n".to_vec(),
        http("201 Created\r\nContent-Encoding: gzip", b"this is no gzip"),
    ] {
        let server = Server::start(answer.clone(), false).await;
        let outcome = server.capsule().make_tag().await;
        assert!(matches!(outcome, Err(RemoteError::InDoubt { .. })), "{outcome:?}");
        assert_eq!(server.connections.load(Ordering::SeqCst), 1, "{answer:?}");
        let outcome = server.transport().send(request(Method::Get, &server.base())).await;
        let Err(SendError::Unknown(why)) = outcome else { panic!("{outcome:?}") };
        assert!(!why.contains("CANARY"), "{why}");
    }
}

#[tokio::test]
async fn reads_share_a_connection_and_writes_never_do() {
    let server = Server::start(http("200 OK", b"{}"), true).await;
    let transport = server.transport();
    for (method, connections) in
        [(Method::Get, 1), (Method::Get, 1), (Method::Post, 2), (Method::Put, 3), (Method::Delete, 4)]
    {
        transport.send(request(method, &server.base())).await.unwrap();
        assert_eq!(server.connections.load(Ordering::SeqCst), connections, "{method:?}");
    }
}

#[tokio::test]
async fn a_closed_port_means_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base =
        BaseUrl::parse(Service::Capsule, &format!("http://{}", listener.local_addr().unwrap())).unwrap();
    drop(listener);
    let transport = HttpTransport::new(&base).unwrap();
    for method in [Method::Get, Method::Post] {
        let outcome = transport.send(request(method, &base)).await;
        let Err(SendError::NotSent(why)) = outcome else { panic!("{outcome:?}") };
        assert!(!why.contains("CANARY"), "{why}");
    }
    let capsule =
        capsule_at(transport, &base.to_string(), Pace { backoff: Duration::ZERO, ..Pace::default() }).0;
    assert_eq!(trouble_of(capsule.contact(ContactId(1)).await), TroubleCode::Unreachable);
    assert_eq!(capsule.requests().total(), 0);
}

#[tokio::test]
async fn a_name_that_nobody_knows_means_not_sent() {
    // Never given to anybody (RFC 6761).
    let base = BaseUrl::parse(Service::Capsule, "https://kashsync.invalid").unwrap();
    let outcome = HttpTransport::new(&base).unwrap().send(request(Method::Post, &base)).await;
    let Err(SendError::NotSent(why)) = outcome else { panic!("{outcome:?}") };
    assert!(!why.contains("CANARY"), "{why}");
}

/// A machine that does not take the call: its queue is full, and what knocks is not even refused.
#[cfg(target_os = "linux")]
#[tokio::test(start_paused = true)]
async fn whoever_does_not_take_the_call_is_given_up_and_was_told_nothing() {
    use kashsync::ports::Ledger;
    use tokio::net::{TcpSocket, TcpStream};

    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(0).unwrap();
    let address = listener.local_addr().unwrap();
    let queue: Vec<_> = (0..4).map(|_| tokio::spawn(TcpStream::connect(address))).collect();
    while !queue.iter().any(tokio::task::JoinHandle::is_finished) {
        tokio::task::yield_now().await;
    }
    let url = format!("http://{address}");
    let transport = HttpTransport::new(&BaseUrl::parse(Service::Capsule, &url).unwrap()).unwrap();
    let pace = || Pace { backoff: Duration::ZERO, ..Pace::default() };
    let (capsule, _) = capsule_at(transport.clone(), &url, pace());
    let (kashflow, _) = crate::script::kashflow_at(transport, &url, pace());
    let began = tokio::time::Instant::now();
    assert_eq!(trouble_of(capsule.make_tag().await), TroubleCode::Unreachable);
    // Certain not to have been sent, it is tried six times, each ten seconds long.
    assert!((59..=61).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
    assert_eq!(trouble_of(kashflow.company().await), TroubleCode::Unreachable);
    assert_eq!(capsule.requests().total() + kashflow.requests().total(), 0);
}

#[tokio::test]
async fn tls_with_a_server_that_has_none_means_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base =
        BaseUrl::parse(Service::Capsule, &format!("https://{}", listener.local_addr().unwrap())).unwrap();
    let greeting = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut hello = [0; 4096];
        let read = stream.read(&mut hello).await.unwrap();
        stream.write_all(&http("400 Bad Request", b"")).await.unwrap();
        hello[..read].to_vec()
    });
    let outcome = HttpTransport::new(&base).unwrap().send(request(Method::Post, &base)).await;
    let Err(SendError::NotSent(why)) = outcome else { panic!("{outcome:?}") };
    assert!(!why.contains("CANARY"), "{why}");
    let greeting = String::from_utf8_lossy(&greeting.await.unwrap()).into_owned();
    assert!(!greeting.contains("CANARY"), "nothing is said before the other side is known");
}

#[tokio::test]
async fn a_token_that_no_header_can_hold_is_not_sent() {
    let server = Server::start(http("200 OK", b"{}"), false).await;
    let mut request = request(Method::Get, &server.base());
    request.authorization = Some("Bearer CANARY\r\nX-Evil: 1".into());
    let outcome = server.transport().send(request).await;
    let Err(SendError::NotSent(why)) = outcome else { panic!("{outcome:?}") };
    assert!(!why.contains("CANARY"), "{why}");
    assert_eq!(server.connections.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn an_answer_that_never_ends_is_given_up() {
    let server = Server::start(Vec::new(), false).await;
    let transport = server.transport();
    let sending = tokio::spawn({
        let request = request(Method::Post, &server.base());
        async move { transport.send(request).await }
    });
    server.asked.notified().await;
    // From here on nothing but the clock can move: tokio turns it forward to the time-out.
    tokio::time::pause();
    let outcome = sending.await.unwrap();
    assert_eq!(outcome, Err(SendError::Unknown("no answer within 60 s".into())));
}

#[tokio::test]
async fn an_answer_of_any_size_is_bounded() {
    let limit = 16 * 1024 * 1024;
    let fits = Server::start(http("200 OK", &vec![b' '; limit]), false).await;
    let response = fits.transport().send(request(Method::Get, &fits.base())).await.unwrap();
    assert_eq!(response.body.len(), limit);
    for answer in [
        http("200 OK", &vec![b' '; limit + 1]),
        http("200 OK\r\nContent-Encoding: gzip", &bomb(64 * 1024 * 1024)),
    ] {
        let server = Server::start(answer, false).await;
        let outcome = server.transport().send(request(Method::Get, &server.base())).await;
        assert_eq!(outcome, Err(SendError::Unusable("the answer is larger than 16 MiB".into())));
    }
}

/// Runs itself again in a process without any certificates; there, only the loopback transport can be made.
#[cfg(target_os = "linux")]
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the child is told by an environment variable that it is the child"
)]
fn without_ca_certificates_loopback_works_and_the_rest_says_what_to_do() {
    const CHILD: &str = "KASHSYNC_TEST_NO_CA_CHILD";
    if std::env::var_os(CHILD).is_some() {
        let plain = BaseUrl::parse(Service::Capsule, "http://127.0.0.1:1").unwrap();
        assert!(HttpTransport::new(&plain).is_ok());
        let trouble = HttpTransport::new(&BaseUrl::standard(Service::Capsule).unwrap()).unwrap_err();
        assert_eq!(trouble.code, TroubleCode::Unreachable);
        assert!(
            trouble.message.contains("ca-certificates") && trouble.message.contains("SSL_CERT_FILE"),
            "{}",
            trouble.message
        );
        return;
    }
    let empty = tempfile::tempdir().unwrap();
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "loopback::without_ca_certificates_loopback_works_and_the_rest_says_what_to_do"])
        .env(CHILD, "1")
        .env("SSL_CERT_FILE", empty.path().join("none.pem"))
        .env("SSL_CERT_DIR", empty.path())
        .output()
        .unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && stdout.contains("1 passed"), "{stdout}");
}
