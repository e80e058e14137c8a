//! The page of certificates and keys.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use mox_admin::ops::*;
use mox_admin::{OpError, Operations, Time};
use mox_clock::Timestamp;
use mox_clock::sim::SimClock;
use mox_httpserver::{Request, Response, StatusCode};
use mox_web::door::{Pages, Visit};
use mox_web::session::Who;

fn at(text: &str) -> Time {
    Time(Timestamp::parse_rfc3339(text).unwrap())
}

fn issued() -> CertificateRow {
    CertificateRow {
        authority: "letsencrypt".into(),
        name: "mail.example.org".into(),
        key: "ecdsap256".into(),
        essential: true,
        not_before: Some(at("2026-10-01T00:00:00Z")),
        not_after: Some(at("2026-12-07T12:00:00Z")),
        renew_at: Some(at("2026-12-01T00:00:00Z")),
        error: Some("429 <b>too many</b>".into()),
        next_try: Some(at("2026-11-28T00:00:00Z")),
        tlsa: Some("ab".repeat(32)),
        names: vec!["mail.example.org".into(), "mta-sts.example.org".into()],
        issuer: Some("C=US, O=Let's Encrypt, CN=E7".into()),
        window: Some(RenewalWindow { start: at("2026-11-30T00:00:00Z"), end: at("2026-12-02T00:00:00Z") }),
    }
}

fn key(file: &str, use_: HostKeyUse) -> HostKeyRow {
    HostKeyRow {
        host: "mail.example.org".into(),
        file: file.into(),
        key: "ecdsap256".into(),
        use_,
        served: use_ == HostKeyUse::Current,
        tlsa: file.into(),
        record: format!("_25._tcp.mail.example.org. TLSA 3 1 1 {file}"),
    }
}

async fn ask(pages: &dyn Pages, method: &str, path: &str, form: &str) -> Response {
    let (head, ()) =
        hyper::Request::builder().method(method).uri(format!("/admin/{path}")).body(()).unwrap().into_parts();
    let visit = Visit {
        base: "/admin/".into(),
        path: path.split('?').next().unwrap().to_owned(),
        who: Who::default(),
        csrf: "abcd".into(),
        client: [127, 0, 0, 1].into(),
    };
    pages.call(Request::of(head, Bytes::copy_from_slice(form.as_bytes())), visit).await
}

fn body(response: &Response) -> String {
    String::from_utf8_lossy(response.body().bytes().unwrap()).into_owned()
}

/// The pages, and the renewals that were asked for.
fn site(rows: Vec<CertificateRow>) -> (impl Pages, Arc<Mutex<Vec<CertificateRenew>>>) {
    let asked: Arc<Mutex<Vec<CertificateRenew>>> = Arc::default();
    let note = asked.clone();
    let operations = Operations::new()
        .on(move |_: CertificateList| std::future::ready(Ok(rows.clone())))
        .on(|_: FileCertificateList| {
            let good = FileCertificateRow {
                listener: "public".into(),
                file: "/etc/mox/cert.pem".into(),
                names: vec!["imap.example.org".into()],
                issuer: Some("CN=own".into()),
                not_after: Some(at("2026-11-20T00:00:00Z")),
                ..FileCertificateRow::default()
            };
            let bad = FileCertificateRow {
                file: "/gone.pem".into(),
                error: Some("no such file".into()),
                ..FileCertificateRow::default()
            };
            std::future::ready(Ok(vec![good, bad]))
        })
        .on(|_: HostKeyList| {
            std::future::ready(Ok(vec![key("1.pem", HostKeyUse::Current), key("2.pem", HostKeyUse::Next)]))
        })
        .on(move |op: CertificateRenew| {
            note.lock().unwrap().push(op.clone());
            std::future::ready(match op.name.as_str() {
                "mail.example.org" => {
                    Ok(CertificateRenewed { certificates: vec![issued()], dry_run: op.dry_run })
                }
                name => {
                    Err(OpError::not_found(format!("{name} is not a name that certificates are had for")))
                }
            })
        });
    let clock = SimClock::new(at("2026-11-27T00:00:00Z").0);
    (crate::pages(Arc::new(operations), "mox".into(), Vec::new(), Arc::new(clock)), asked)
}

#[tokio::test]
async fn certificates_and_keys_are_shown() {
    let (pages, _) = site(vec![
        issued(),
        CertificateRow { name: "new.example".into(), essential: true, ..CertificateRow::default() },
    ]);
    let page = body(&ask(&pages, "GET", "certificates", "").await);
    for has in [
        "mail.example.org, mta-sts.example.org",
        "O=Let&#39;s Encrypt, CN=E7",
        "badge warn\">10 days<",
        "datetime=\"2026-11-30T00:00:00.000Z\"",
        "429 &#60;b&#62;too many",
        "none yet",
        "badge bad\">-7 days<",
        "no such file",
        "_25._tcp.mail.example.org. TLSA 3 1 1 2.pem",
        "badge soft\" data-field=\"use\">next<",
    ] {
        assert!(page.contains(has), "no {has}: {page}");
    }
}

#[tokio::test]
async fn a_certificate_is_renewed_after_a_question() {
    let (pages, asked) = site(vec![issued()]);
    let form = "name=mail.example.org";
    let question = ask(&pages, "POST", "certificates/renew", form).await;
    assert!(
        body(&question).contains("A new certificate of mail.example.org (ecdsap256) will be asked for now.")
    );
    let done = ask(&pages, "POST", "certificates/renew", &format!("{form}&confirm=yes")).await;
    assert_eq!(done.headers()["location"], "/admin/certificates?note=renewed");
    let runs: Vec<bool> = asked.lock().unwrap().iter().map(|op| op.dry_run).collect();
    assert_eq!(runs, [true, false]);
    for (method, path, form, status) in [
        ("POST", "certificates/renew", "", StatusCode::BAD_REQUEST),
        ("POST", "certificates/renew", "name=other.example&confirm=yes", StatusCode::NOT_FOUND),
        ("GET", "certificates/renew", "", StatusCode::METHOD_NOT_ALLOWED),
        ("GET", "certificates?x=1", "", StatusCode::BAD_REQUEST),
        ("GET", "certificates/x", "", StatusCode::NOT_FOUND),
    ] {
        assert_eq!(ask(&pages, method, path, form).await.status(), status, "{method} {path} {form}");
    }
}
