//! How the client reaches Bitbucket: whom it trusts, how long it waits, and through what it goes.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bitbucket::verify::{Part, Plan, verify};
use bitbucket::{Client, ClientConfig, ClientError, Silent};
use model::ManualClock;
use model::verification::Code;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::server::{config, pulls, start};

/// A name that no server anywhere has.
const HOST: &str = "api.bitbucket.invalid";

/// A server that speaks TLS, for this machine and for [`HOST`], and answers everything with an
/// empty page.
struct Secure {
    address: SocketAddr,
    /// The authority that signed its certificate, in PEM.
    authority: String,
}

async fn secure() -> Secure {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let names = vec!["127.0.0.1".to_owned(), HOST.to_owned()];
    let certificate = CertificateParams::new(names)
        .unwrap()
        .signed_by(&key, &authority)
        .unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let tls = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(tls));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                if let Ok(stream) = acceptor.accept(connection).await {
                    answer(stream).await;
                }
            });
        }
    });
    Secure {
        address,
        authority: authority.pem(),
    }
}

/// Reads the head of a request.
async fn head(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8(head).unwrap()
}

async fn answer(mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    head(&mut stream).await;
    let body = r#"{"pagelen":50,"size":0,"page":1,"values":[]}"#;
    let text = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    let _ = stream.write_all(text.as_bytes()).await;
    let _ = stream.shutdown().await;
}

fn client(config: ClientConfig) -> Result<Client, ClientError> {
    let clock = Arc::new(ManualClock::starting_at(start()));
    Client::new(config, clock, Arc::new(Silent))
}

fn last(error: &ClientError) -> &str {
    match error {
        ClientError::Unavailable { last, .. } => last,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn an_authority_of_ones_own_is_trusted_when_it_is_named() {
    let server = secure().await;
    let mut config = config(&format!("https://{}/2.0", server.address));
    let stranger = client(config.clone()).unwrap();
    let error = stranger.page(&pulls(), None).await.unwrap_err();
    assert!(last(&error).contains("certificate"), "{error}");

    config.extra_ca = Some(server.authority.into_bytes());
    let known = client(config.clone()).unwrap();
    known.page(&pulls(), None).await.unwrap();

    // Another one's says nothing of this server.
    config.extra_ca = Some(secure().await.authority.into_bytes());
    let other = client(config.clone()).unwrap();
    let error = other.page(&pulls(), None).await.unwrap_err();
    assert!(last(&error).contains("certificate"), "{error}");

    for flawed in ["", "a certificate", "-----BEGIN CERTIFICATE-----\nxx\n"] {
        config.extra_ca = Some(flawed.as_bytes().to_vec());
        let error = client(config.clone()).unwrap_err();
        assert!(
            matches!(&error, ClientError::InvalidConfig(reason) if reason.contains("PEM")),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_connection_that_does_not_come_about_is_given_up() {
    // It takes connections and never says a word.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut config = config(&format!("https://{}/2.0", listener.local_addr().unwrap()));
    config.connect_timeout = Duration::from_millis(50);
    config.request_timeout = Duration::from_secs(600);
    let error = client(config)
        .unwrap()
        .page(&pulls(), None)
        .await
        .unwrap_err();
    assert!(last(&error).contains("too long"), "{error}");
}

#[tokio::test]
async fn an_answer_that_does_not_come_to_its_end_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            head(&mut stream).await;
            let part = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"values\":";
            let _ = stream.write_all(part).await;
            kept.push(stream);
        }
    });
    let mut config = config(&format!("http://{address}/2.0"));
    config.request_timeout = Duration::from_millis(200);
    let error = client(config)
        .unwrap()
        .page(&pulls(), None)
        .await
        .unwrap_err();
    assert!(last(&error).contains("too long"), "{error}");
}

/// A proxy for HTTPS that leads everything to `target`, and remembers where it was to lead.
async fn proxy(target: SocketAddr) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let remembered = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut inner, _)) = listener.accept().await {
            let asked = Arc::clone(&remembered);
            tokio::spawn(async move {
                let head = head(&mut inner).await;
                let line = head.lines().next().unwrap_or_default().to_owned();
                asked.lock().unwrap().push(line);
                let mut outer = TcpStream::connect(target).await.unwrap();
                let agreed = b"HTTP/1.1 200 Connection established\r\n\r\n";
                inner.write_all(agreed).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut inner, &mut outer).await;
            });
        }
    });
    (address, asked)
}

/// The environment is the whole process's, so that one of its own asks: the next test.
async fn ask_in(environment: &[(&str, &str)]) {
    let mut process = tokio::process::Command::new(std::env::current_exe().unwrap());
    process.args([
        "network::one_that_is_asked_by_others",
        "--exact",
        "--ignored",
    ]);
    for name in [
        "https_proxy",
        "HTTP_PROXY",
        "http_proxy",
        "ALL_PROXY",
        "all_proxy",
        "NO_PROXY",
        "no_proxy",
    ] {
        process.env_remove(name);
    }
    let output = process
        .envs(environment.iter().copied())
        .output()
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}"
    );
}

const BASE: &str = "TEST_OF_THE_NETWORK_BASE";
const AUTHORITY: &str = "TEST_OF_THE_NETWORK_AUTHORITY";
const EXPECTED: &str = "TEST_OF_THE_NETWORK_EXPECTED";

#[tokio::test]
#[ignore = "asks in the environment that other tests start it in"]
async fn one_that_is_asked_by_others() {
    let Ok(base) = std::env::var(BASE) else {
        return;
    };
    let mut config = config(&base);
    config.extra_ca = std::env::var(AUTHORITY).ok().map(String::into_bytes);
    let plan = Plan::of_streams([]).without(Part::Hooks);
    let verification = verify(&client(config).unwrap(), 0, &plan).await.unwrap();
    let expected = std::env::var(EXPECTED).unwrap();
    // An empty page is an answer: there are no repositories.
    assert_eq!(
        verification.code.map(Code::as_str),
        Some(expected.as_str()),
        "{verification:#?}"
    );
}

#[tokio::test]
async fn the_environments_proxy_is_gone_through_unless_it_names_an_exception() {
    let server = secure().await;
    let (address, asked) = proxy(server.address).await;
    let proxy = format!("http://{address}");
    let base = format!("https://{HOST}/2.0");
    let common = [
        ("HTTPS_PROXY", proxy.as_str()),
        (BASE, &base),
        (AUTHORITY, &server.authority),
    ];

    ask_in(&[&common[..], &[(EXPECTED, "no_resources")]].concat()).await;
    let through = format!("CONNECT {HOST}:443 HTTP/1.1");
    assert_eq!(*asked.lock().unwrap(), [through]);

    ask_in(
        &[
            &common[..],
            &[
                ("NO_PROXY", ".bitbucket.invalid"),
                (EXPECTED, "unreachable"),
            ],
        ]
        .concat(),
    )
    .await;
    assert_eq!(asked.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn this_machine_is_reached_without_a_proxy() {
    let server = secure().await;
    let (address, asked) = proxy(server.address).await;
    let proxy = format!("http://{address}");
    let base = format!("https://{}/2.0", server.address);
    let environment = [
        ("HTTPS_PROXY", proxy.as_str()),
        (BASE, &base),
        (AUTHORITY, &server.authority),
        (EXPECTED, "no_resources"),
    ];
    ask_in(&environment).await;
    assert!(asked.lock().unwrap().is_empty());
}
