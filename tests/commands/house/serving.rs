//! What a server for domains of its own answers: certificates, attempts to log in, traffic, connections, its log, calls of
//! webhooks.

use mox_admin::ops::{
    CertificateList, CertificateRenew, CertificateRenewed, CertificateRow, Changed, ConnectionGroup,
    ConnectionList, ConnectionRow, Connections, HookCancel, HookDetail, HookList, HookRetired, HookRow,
    HookSchedule, HookShow, HookState, HookTest, HookTested, LogLine, LogLines, LogTail, LoginAttemptRow,
    LoginAttempts, RateLimitRow, RateLimits, Traffic, TrafficReport, TrafficRow,
};
use mox_admin::{OpError, Operations};

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
        key: format!("[1795342830000000,\"mox\",{result:?}]"),
    }
}

fn traffic() -> TrafficReport {
    let row = |start| TrafficRow { incoming: 12, refused: 34, submitted: 8, ..TrafficRow::none(at(start)) };
    TrafficReport {
        since: Some(at("2026-11-01T00:00:00Z")),
        hours: vec![row("2026-11-22T10:00:00Z")],
        days: vec![row("2026-11-22T00:00:00Z")],
    }
}

fn connections() -> ConnectionList {
    let row = ConnectionRow {
        id: 7,
        listener: "public".to_owned(),
        service: "smtp".to_owned(),
        local: "192.0.2.1:25".to_owned(),
        remote: "198.51.100.7:50123".to_owned(),
        since: at("2026-11-22T10:20:30Z"),
    };
    let group = ConnectionGroup {
        listener: row.listener.clone(),
        service: row.service.clone(),
        network: "198.51.100.0/26".to_owned(),
        count: 1,
    };
    ConnectionList { total: 1, groups: vec![group], connections: vec![row], more: false }
}

fn limited() -> RateLimitRow {
    RateLimitRow {
        what: "logins".to_owned(),
        network: "198.51.100.7/32".to_owned(),
        count: 10,
        limit: 10,
        window_secs: Some(60),
        limited: true,
    }
}

fn log() -> LogLines {
    let line = LogLine {
        seq: 1,
        at: at("2026-11-22T10:20:30Z"),
        level: "info".to_owned(),
        room: "serve".to_owned(),
        message: "domains.conf was read again".to_owned(),
        fields: "warnings=0".to_owned(),
    };
    LogLines { lines: vec![line], more: false, newest: 1, oldest: 1, rooms: vec!["serve".to_owned()] }
}

fn hook(id: i64, state: HookState) -> HookRow {
    HookRow {
        id,
        state,
        account: "mox".to_owned(),
        url: "https://hooks.example/mail".to_owned(),
        incoming: false,
        event: "delivered".to_owned(),
        queue_id: Some(12),
        message_id: "a@localhost".to_owned(),
        subject: "Hello".to_owned(),
        submitted: at("2026-11-22T10:20:30Z"),
        attempts: 1,
        next_attempt: at("2026-11-22T10:21:30Z"),
        last_attempt: Some(at("2026-11-22T10:20:30Z")),
        last_status: Some(503),
        last_error: Some("the URL answered 503".to_owned()),
        last_answer: Some("busy".to_owned()),
        ended: (state == HookState::Taken).then(|| at("2026-11-22T10:21:30Z")),
    }
}

fn hooks(operations: Operations) -> Operations {
    operations
        .on(|_: HookList| async { Ok(vec![hook(3, HookState::Pending)]) })
        .on(|_: HookRetired| async { Ok(vec![hook(2, HookState::Taken)]) })
        .on(|op: HookShow| async move {
            Ok(HookDetail { row: hook(op.id, HookState::Pending), payload: "{\"Version\": 0}".to_owned() })
        })
        .on(|op: HookCancel| async move { Ok(Changed { ids: op.ids, dry_run: op.dry_run }) })
        .on(|op: HookSchedule| async move { Ok(Changed { ids: op.ids, dry_run: op.dry_run }) })
        .on(|op: HookTest| async move {
            if op.account != "mox" {
                return Err(OpError::not_found(format!("no account {:?}", op.account)));
            }
            Ok(HookTested {
                url: "https://app.example.org/hook".into(),
                taken: true,
                status: Some(200),
                error: None,
                answer: "thanks".into(),
                took_ms: 12,
                payload: "{\"Version\":0}".into(),
            })
        })
}

pub(super) fn serving(operations: Operations) -> Operations {
    hooks(operations)
        .on(|_: Traffic| async { Ok(traffic()) })
        .on(|_: Connections| async { Ok(connections()) })
        .on(|_: LogTail| async { Ok(log()) })
        .on(|_: RateLimits| async { Ok(vec![limited()]) })
        .on(|_: CertificateList| async { Ok(vec![certificate()]) })
        .on(|op: CertificateRenew| async move {
            Ok(CertificateRenewed { certificates: vec![certificate()], dry_run: op.dry_run })
        })
        .on(|op: LoginAttempts| async move {
            let all = [attempt("badcreds", 3), attempt("ok", 1)];
            Ok(all.into_iter().filter(|row| !op.failed || row.result != "ok").collect::<Vec<_>>())
        })
}
