//! No network, a network that wants a sign-in first, and a proxy that is not there: nothing is believed, nothing is lost,
//! and what was read before can be read.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use kashsync::sim::server::Running;
use serde_json::{Value, json};

use crate::home::{Home, sample_firm};

/// A guest network: answers whatever is asked with that, and keeps what it was told.
fn portal(answer: &'static str) -> (String, Arc<Mutex<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let told = Arc::<Mutex<String>>::default();
    let ears = Arc::clone(&told);
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let ears = Arc::clone(&ears);
            std::thread::spawn(move || serve(stream, answer, &ears));
        }
    });
    (url, told)
}

fn serve(mut stream: TcpStream, head: &str, ears: &Mutex<String>) {
    let page = "<!DOCTYPE html><title>Guest network</title><p>PAGE: please sign in</p>";
    let answer = format!(
        "HTTP/1.1 {head}\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{page}",
        page.len()
    );
    let mut bytes = [0; 16 * 1024];
    if let Ok(read @ 1..) = stream.read(&mut bytes) {
        ears.lock().unwrap().push_str(&String::from_utf8_lossy(&bytes[..read]));
        // A client that has gone has heard enough.
        let _ = stream.write_all(answer.as_bytes());
    }
}

fn known(home: &Home) -> Vec<Vec<Value>> {
    ["contacts", "invoices", "debtors", "questions", "ignored"].map(|list| home.list(&[list])).into()
}

/// A home that has synced once, and the simulators that it synced with.
async fn synced() -> (Running, Home) {
    let (running, firm) = sample_firm().await;
    let home = Home::with(&running, &firm);
    assert_eq!(home.run(&["sync", "--yes"]).code, 3, "two records fail, as the firm has it");
    running.world().log.clear();
    (running, home)
}

/// The next run reads as if nothing had been in between, and has nothing to write.
fn assert_nothing_happened(running: &Running, home: &Home, before: &[Vec<Value>]) {
    assert_eq!(known(home), before);
    assert_eq!(home.run(&["sync"]).code, 3);
    assert_eq!(running.world().writes().count(), 0);
    assert_eq!(known(home), before);
}

fn assert_unreachable(home: &Home) {
    for arguments in [&["sync"][..], &["sync", "--full", "--yes"], &["plan"]] {
        let (code, document) = home.json(arguments);
        assert_eq!(
            (code, &document["error"]["code"]),
            (7, &json!("unreachable")),
            "{arguments:?} {document}"
        );
        assert!(!document.to_string().contains("PAGE"), "{document}");
        assert!(document["error"]["remedy"].as_str().unwrap().contains("internet connection"), "{document}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_wants_a_sign_in_first_is_not_believed() {
    let (elsewhere, login) = portal("200 OK");
    let redirect: &'static str = format!("302 Found\r\nLocation: {elsewhere}/login").leak();
    for head in ["200 OK", redirect, "511 Network Authentication Required"] {
        let (running, home) = synced().await;
        let before = known(&home);
        let (url, heard) = portal(head);
        let mut away = home;
        away.set("KASHSYNC_CAPSULE_URL", &url);
        away.set("KASHSYNC_KASHFLOW_URL", &url);
        assert_unreachable(&away);
        assert_eq!(known(&away), before, "what was read can be read");
        // Plain http exists in tests only; a portal that is met by https gets to see nothing at all.
        assert_ne!(*heard.lock().unwrap(), "", "{head}");
        away.set("KASHSYNC_CAPSULE_URL", &running.capsule_url());
        away.set("KASHSYNC_KASHFLOW_URL", &running.kashflow_url());
        assert_nothing_happened(&running, &away, &before);
    }
    assert_eq!(*login.lock().unwrap(), "", "nobody follows, and no credentials do");
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_network_is_as_good_as_none() {
    for service in ["KASHSYNC_CAPSULE_URL", "KASHSYNC_KASHFLOW_URL"] {
        let (running, mut home) = synced().await;
        let before = known(&home);
        let (url, _) = portal("200 OK");
        home.set(service, &url);
        let (code, document) = home.json(&["sync", "--full", "--yes"]);
        assert_eq!((code, &document["error"]["code"]), (7, &json!("unreachable")), "{document}");
        home.set("KASHSYNC_CAPSULE_URL", &running.capsule_url());
        home.set("KASHSYNC_KASHFLOW_URL", &running.kashflow_url());
        assert_nothing_happened(&running, &home, &before);
    }
}

#[test]
fn a_name_that_nobody_knows_and_a_proxy_that_is_not_there_are_told() {
    for proxy in [None, Some("http://127.0.0.1:9")] {
        let mut home = Home::new();
        // Never given to anybody (RFC 6761).
        home.set("KASHSYNC_CAPSULE_URL", "https://capsule.invalid");
        home.set("KASHSYNC_KASHFLOW_URL", "https://kashflow.invalid");
        home.set("KASHSYNC_CAPSULE_TOKEN", "canary-token");
        home.set("KASHSYNC_KASHFLOW_USERNAME", "brookside");
        home.set("KASHSYNC_KASHFLOW_PASSWORD", "canary-password");
        home.set("KASHSYNC_KASHFLOW_MEMORABLE_WORD", "canary-word");
        if let Some(proxy) = proxy {
            home.set("HTTPS_PROXY", proxy);
        }
        let ran = home.run(&["credentials", "test", "--json"]);
        assert_eq!(ran.code, 7, "{ran:?}");
        assert!(ran.stdout.contains("unreachable") && ran.stdout.contains("internet connection"), "{ran:?}");
        assert!(!ran.stdout.contains("canary-") && !ran.stderr.contains("canary-"), "{ran:?}");
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn offline_at_the_start_the_screen_shows_what_was_read() {
    let (running, mut home) = synced().await;
    let before = known(&home);
    // Nobody listens on the discard port.
    home.set("KASHSYNC_CAPSULE_URL", "http://127.0.0.1:9");
    home.set("KASHSYNC_KASHFLOW_URL", "http://127.0.0.1:9");
    let mut terminal = crate::terminal::Terminal::start(&home, &[]);
    terminal.until("the contacts", |text| text.contains("Abbey Kitchens"));
    terminal.key("S");
    terminal.until("the trouble", |text| text.contains("Check the internet"));
    terminal.key("/");
    terminal.key("kirkstall\r");
    terminal
        .until("the found", |text| text.contains("Kirkstall Brewery") && !text.contains("Abbey Kitchens"));
    terminal.key("q");
    assert_eq!(terminal.ended(), 0);
    home.set("KASHSYNC_CAPSULE_URL", &running.capsule_url());
    home.set("KASHSYNC_KASHFLOW_URL", &running.kashflow_url());
    assert_nothing_happened(&running, &home, &before);
}
