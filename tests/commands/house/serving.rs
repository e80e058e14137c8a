//! What a server for domains of its own answers: certificates, attempts to log in.

use mox_admin::Operations;
use mox_admin::ops::{
    CertificateList, CertificateRenew, CertificateRenewed, CertificateRow, LoginAttemptRow, LoginAttempts,
};

use super::at;

fn certificate() -> CertificateRow {
    CertificateRow {
        authority: "letsencrypt".to_owned(),
        name: "mail.example.org".to_owned(),
        key: "ecdsap256".to_owned(),
        essential: true,
        not_after: Some(at("2027-02-20T00:00:00Z")),
        renew_at: Some(at("2027-01-20T00:00:00Z")),
        error: None,
        next_try: None,
        tlsa: Some("ab".repeat(32)),
        ..CertificateRow::default()
    }
}

fn attempt(result: &str, count: i64) -> LoginAttemptRow {
    LoginAttemptRow {
        account: "mox".to_owned(),
        login: "mox@localhost".to_owned(),
        remote_ip: "192.0.2.7".to_owned(),
        protocol: "submissions".to_owned(),
        mechanism: "SCRAM-SHA-256".to_owned(),
        result: result.to_owned(),
        tls: "TLSv1.3 TLS13_AES_256_GCM_SHA384".to_owned(),
        count,
        first: at("2026-11-22T10:00:00Z"),
        last: at("2026-11-22T10:20:30Z"),
    }
}

pub(super) fn serving(operations: Operations) -> Operations {
    operations
        .on(|_: CertificateList| async { Ok(vec![certificate()]) })
        .on(|op: CertificateRenew| async move {
            Ok(CertificateRenewed { certificates: vec![certificate()], dry_run: op.dry_run })
        })
        .on(|op: LoginAttempts| async move {
            let all = [attempt("badcreds", 3), attempt("ok", 1)];
            Ok(all.into_iter().filter(|row| !op.failed || row.result != "ok").collect::<Vec<_>>())
        })
}
