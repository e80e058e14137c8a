//! What other hosts publish, asked by the built binary: a web server with a certificate of its own authority, and a name
//! server, both in this process and on ports of their own.

use std::net::{SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::Duration;

use mox_net::{Io, accept_tls};
use mox_platform::SystemClock;
use mox_tls::sim::Authority;
use mox_tls::{Certificates, ServerOptions, server_config};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn mox(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mox")).args(arguments).current_dir(folder).output().unwrap()
}

/// What a command prints as JSON, and its exit code.
fn json(output: &Output) -> (Value, Option<i32>) {
    let value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stderr)));
    (value, output.status.code())
}

/// Serves answers by path over HTTPS, as `localhost`; `PORT` in an answer becomes its port. Gives the port, and a file
/// with its authority's certificate.
fn web(folder: &Path, answer: fn(&str) -> String) -> (u16, PathBuf) {
    let authority = Authority::new();
    let file = folder.join("ca.pem");
    std::fs::write(&file, authority.pem()).unwrap();
    let certificates = Certificates::new(&[authority.issue(&["localhost"]).unwrap()]);
    let config = server_config(certificates, &ServerOptions::default(), Arc::new(SystemClock)).unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    std::thread::spawn(move || {
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            while let Ok((stream, _)) = listener.accept().await {
                let io: Box<dyn Io> = Box::new(stream);
                let accepted = accept_tls(io, config.clone(), &SystemClock, Duration::from_secs(10)).await;
                let Ok((mut io, _)) = accepted else { continue };
                let mut request = vec![0; 8192];
                let n = io.read(&mut request).await.unwrap_or_default();
                let request = String::from_utf8_lossy(&request[..n]).into_owned();
                let path = request.split(' ').nth(1).unwrap_or_default();
                let text = answer(path).replace("PORT", &port.to_string());
                let _ = io.write_all(text.as_bytes()).await;
                let _ = io.shutdown().await;
            }
        });
    });
    (port, file)
}

fn registry(path: &str) -> String {
    let ok = |body: &str| {
        format!("HTTP/1.1 200 OK\r\nContent-Type: application/rdap+json\r\nConnection: close\r\n\r\n{body}")
    };
    match path {
        "/dns.json" => ok(r#"{"services":[[["test"],["https://localhost:PORT/rdap/"]]]}"#),
        "/rdap/domain/old.test" => {
            "HTTP/1.1 302 Found\r\nLocation: /moved\r\nContent-Length: 0\r\n\r\n".into()
        }
        "/moved" => ok(
            r#"{"objectClassName":"domain","ldhName":"old.test","events":[{"eventAction":"registration","eventDate":"2001-02-03T04:05:06Z"}]}"#,
        ),
        "/rdap/domain/out.test" => {
            "HTTP/1.1 302 Found\r\nLocation: http://localhost:PORT/moved\r\nContent-Length: 0\r\n\r\n".into()
        }
        _ => "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".into(),
    }
}

#[test]
fn a_registry_is_asked_for_the_age_of_a_domain() {
    let folder = tempfile::tempdir().unwrap();
    let (port, ca) = web(folder.path(), registry);
    let bootstrap = format!("https://localhost:{port}/dns.json");
    let ca = ca.to_str().unwrap();
    let ask = |domain: &str, more: &[&str]| {
        let arguments = ["rdap", "domainage", domain, "--json", "--bootstrap", &bootstrap];
        mox(folder.path(), &[&arguments[..], more].concat())
    };
    let trusted = &["--ca-file", ca, "--allow-egress", "127.0.0.0/8", "--allow-egress", "::1/128"][..];
    let (report, code) = json(&ask("old.test", trusted));
    assert_eq!((&report["registered"], code), (&"2001-02-03T04:05:06Z".into(), Some(0)), "{report}");
    assert!(report["age_days"].as_u64().unwrap() > 9000 && report["young"] == false, "{report}");
    assert_eq!(report["source"], format!("https://localhost:{port}/moved"));
    for (domain, options, code, said) in [
        ("none.test", trusted, 5, "not registered"),
        ("out.test", trusted, 1, "a redirect out of HTTPS"),
        ("a.other", trusted, 1, "no RDAP server is known"),
        ("old.test", &trusted[..2], 1, "is not public (loopback)"),
        ("old.test", &trusted[2..], 1, "UnknownIssuer"),
    ] {
        let output = ask(domain, options);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(code) && error.contains(said), "{domain}: {error}");
        assert!(output.stdout.is_empty());
    }
}

/// Answers from these records, `NXDOMAIN` for other names, without DNSSEC.
pub(crate) fn name_server(records: &'static [(&str, u16, &[u8])]) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut query = [0; 2048];
        while let Ok((n, from)) = socket.recv_from(&mut query) {
            let (mut at, mut name) = (12, String::new());
            while query[at] != 0 && at < n {
                let length = usize::from(query[at]);
                let label = String::from_utf8_lossy(&query[at + 1..=at + length]).to_lowercase();
                name += &format!("{label}.");
                at += 1 + length;
            }
            let kind = u16::from_be_bytes([query[at + 1], query[at + 2]]);
            let known = records.iter().any(|(n, ..)| *n == name);
            let found: Vec<_> = records.iter().filter(|(n, k, _)| *n == name && *k == kind).collect();
            let rcode = if known { 0 } else { 3 };
            let mut reply = query[..2].to_vec();
            reply.extend([0x81, 0x80 | rcode, 0, 1, 0, u8::try_from(found.len()).unwrap(), 0, 0, 0, 0]);
            reply.extend(&query[12..at + 5]);
            for (_, _, data) in found {
                reply.extend([0xc0, 12]);
                reply.extend(kind.to_be_bytes());
                reply.extend([0, 1, 0, 0, 0, 60]);
                reply.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
                reply.extend(*data);
            }
            let _ = socket.send_to(&reply, from);
        }
    });
    address
}

const ZONE: &[(&str, u16, &[u8])] = &[
    ("_mta-sts.example.test.", 16, b"\x0bv=STSv1; id\x03=1;"),
    ("mta-sts.example.test.", 1, &[127, 0, 0, 1]),
    ("example.test.", 15, b"\x00\x0a\x02mx\x07example\x04test\x00"),
    ("_smtp._tls.example.test.", 16, b"\x26v=TLSRPTv1; rua=mailto:a@example.test;"),
    ("_smtp._tls.two.test.", 16, b"\x20v=TLSRPTv1;rua=mailto:a@two.test"),
    ("_smtp._tls.two.test.", 16, b"\x20v=TLSRPTv1;rua=mailto:b@two.test"),
];

#[test]
fn records_are_looked_up_at_the_name_server_given() {
    let folder = tempfile::tempdir().unwrap();
    let server = name_server(ZONE).to_string();
    let ask = |arguments: &[&str]| {
        let options = ["--json", "--resolver", &server, "--dnssec", "off"];
        json(&mox(folder.path(), &[arguments, &options[..]].concat()))
    };
    let codes = |report: &Value| -> Vec<String> {
        let problems = report["problems"].as_array().unwrap().iter();
        problems.filter_map(|p| p["code"].as_str().map(str::to_owned)).collect()
    };
    let (report, code) = ask(&["tlsrpt", "lookup", "example.test"]);
    assert_eq!((&report["record"]["rua"][0], code), (&"mailto:a@example.test".into(), Some(0)), "{report}");
    let (report, code) = ask(&["tlsrpt", "lookup", "two.test"]);
    assert_eq!((codes(&report), code), (vec!["multiple-records".to_owned()], Some(3)), "{report}");
    let (report, code) = ask(&["tlsrpt", "lookup", "none.test"]);
    assert_eq!((codes(&report), code), (vec!["no-record".to_owned()], Some(3)), "{report}");
    // The policy host is on loopback, which must be allowed; then nobody answers at its port, or not as it.
    let (report, code) = ask(&["mtasts", "lookup", "example.test"]);
    assert_eq!((&report["record"]["id"], code), (&"1".into(), Some(3)), "{report}");
    assert_eq!(codes(&report), ["address-not-public"]);
    assert_eq!(report["problems"][0]["result_type"], "sts-policy-fetch-error");
    assert_eq!(report["mx"][0]["host"], "mx.example.test");
    let (report, code) = ask(&["mtasts", "lookup", "example.test", "--allow-egress", "127.0.0.0/8"]);
    assert_ne!(codes(&report), ["address-not-public"], "{report}");
    assert_eq!(code, Some(3));
}
