//! Certificates: only a server that proves to be the service gets to see anything (sync 5).
#![cfg(target_os = "linux")]

use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kashsync::domain::ids::{ContactId, Service};
use kashsync::domain::trouble::Trouble;
use kashsync::ports::{Crm, Ledger, Pace, RemoteError};
use kashsync::remote::base_url::BaseUrl;
use kashsync::remote::http::HttpTransport;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::script::{capsule_at, kashflow_at};

/// Set for the process that trusts the test's authority and nobody else: where the server is.
const ADDRESS: &str = "KASHSYNC_TEST_TLS_ADDRESS";
/// What that process is to find in the trouble that it meets; nothing, when there is to be none.
const WORDS: &str = "KASHSYNC_TEST_TLS_WORDS";

fn params(name: &str) -> CertificateParams {
    CertificateParams::new(vec![name.to_owned()]).unwrap()
}

/// A server that shows that certificate. It answers every request with a contact, and keeps what it was told.
struct Server {
    address: String,
    connections: Arc<AtomicUsize>,
    heard: Arc<Mutex<Vec<u8>>>,
}

async fn serve(certificate: CertificateDer<'static>, key: &KeyPair) -> Server {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = Server {
        address: format!("https://{}", listener.local_addr().unwrap()),
        connections: Arc::default(),
        heard: Arc::default(),
    };
    let (connections, heard) = (Arc::clone(&server.connections), Arc::clone(&server.heard));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            connections.fetch_add(1, Ordering::SeqCst);
            let (acceptor, heard) = (acceptor.clone(), Arc::clone(&heard));
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let mut bytes = [0; 4096];
                while let Ok(read @ 1..) = stream.read(&mut bytes).await {
                    heard.lock().unwrap().extend_from_slice(&bytes[..read]);
                    let answer =
                        b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
                    if stream.write_all(answer).await.is_err() || stream.shutdown().await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    server
}

/// The process that connects; by itself it does nothing.
#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "this is how the parent tells its child")]
async fn connects_where_it_is_told_to() {
    let (Ok(address), Ok(words)) = (std::env::var(ADDRESS), std::env::var(WORDS)) else { return };
    let pace = Pace { backoff: Duration::ZERO, ..Pace::default() };
    let transport = HttpTransport::new(&BaseUrl::parse(Service::Capsule, &address).unwrap()).unwrap();
    let (capsule, _) = capsule_at(transport.clone(), &address, pace);
    let (kashflow, _) = kashflow_at(transport, &address, pace);
    let outcomes = [
        capsule.contact(ContactId(1)).await.map(drop),
        capsule.make_tag().await,
        kashflow.company().await.map(drop),
    ];
    if words.is_empty() {
        assert_eq!(outcomes[0], Err(RemoteError::NotFound), "the server was believed");
        assert_eq!(capsule.requests().total(), 2);
        return;
    }
    for outcome in outcomes {
        let Err(RemoteError::Trouble(Trouble { message, .. })) = outcome else { panic!("{outcome:?}") };
        assert!(message.contains(&words) && message.contains("Nothing was sent"), "{message}");
        assert!(!message.contains("CANARY"), "{message}");
    }
    assert_eq!(capsule.requests().total() + kashflow.requests().total(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_a_good_certificate_is_told_nothing_and_who_can_mend_it_is() {
    let key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::default();
    authority.distinguished_name.push(DnType::CommonName, "kashsync test authority");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let folder = tempfile::tempdir().unwrap();
    let bundle = folder.path().join("authority.pem");
    std::fs::write(&bundle, authority.self_signed(&key).unwrap().pem()).unwrap();
    let issuer = Issuer::from_params(&authority, &key);

    let good = params("127.0.0.1");
    let mut expired = good.clone();
    (expired.not_before, expired.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1));
    let mut early = good.clone();
    early.not_before = date_time_ymd(4000, 1, 1);
    let sealed = |params: &CertificateParams| params.signed_by(&key, &issuer).unwrap();
    // Under a key of its own: with the authority's it would be what it says it is.
    let stranger = KeyPair::generate().unwrap();
    for (certificate, words) in [
        (sealed(&good), ""),
        (sealed(&expired), "is out of date; check this machine's clock"),
        (sealed(&early), "is out of date; check this machine's clock"),
        (sealed(&params("portal.example")), "belongs to another host"),
        (good.self_signed(&stranger).unwrap(), "does not trust who issued"),
    ] {
        let shown_by = if words.ends_with("issued") { &stranger } else { &key };
        let server = serve(certificate.der().clone(), shown_by).await;
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "tls::connects_where_it_is_told_to"])
            .env(ADDRESS, &server.address)
            .env(WORDS, words)
            .env("SSL_CERT_FILE", &bundle)
            .env_remove("SSL_CERT_DIR")
            .output();
        let output = tokio::task::block_in_place(|| child.unwrap());
        let stdout = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && stdout.contains("1 passed"), "{words}: {stdout}");
        assert!(server.connections.load(Ordering::SeqCst) > 0, "{words}: nobody came");
        let heard = String::from_utf8_lossy(&server.heard.lock().unwrap()).into_owned();
        assert_eq!(heard.contains("CANARY-token"), words.is_empty(), "{words}: {heard}");
        assert_eq!(heard.is_empty(), !words.is_empty(), "{words}: {heard}");
    }
}
