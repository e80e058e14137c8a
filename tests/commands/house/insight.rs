//! What received reports tell: a domain with troubles; one without, example.com, of which nothing is known.

use mox_admin::ops::*;
use mox_admin::{OpError, Operations};

use super::at;

const EMPTY: Option<&str> = Some("example.com");

pub(super) fn insight(operations: Operations) -> Operations {
    operations
        .on(|op: ReportSummary| async move {
            let domains = if op.domain.as_deref() == EMPTY { Vec::new() } else { domains() };
            let (since, until) = (at("2026-11-15T00:00:00Z"), at("2026-11-22T10:00:00Z"));
            Ok::<_, OpError>(ReportSummarized { since, until, domains, cut: op.domain.is_some() })
        })
        .on(|op: ReportCauses| async move {
            let known = op.domain.as_deref() != EMPTY;
            let causes = if known { causes() } else { Vec::new() };
            let reports =
                if op.since.is_some_and(|since| since > at("2026-11-20T00:00:00Z")) { 7 } else { 0 };
            Ok(ReportCauseList { since: at("2026-11-15T00:00:00Z"), reports, causes, cut: false })
        })
        .on(|op: ReportSilent| async move {
            Ok(if op.domain.as_deref() == EMPTY { Vec::new() } else { silent() })
        })
        .on(|op: DmarcReadiness| async move { Ok(readiness(&op.domain)) })
        .on(|_: ReportState| async move {
            let row = |family, last: Option<&str>| ReportStateRow {
                family,
                next: at("2026-11-23T00:00:00Z"),
                last: last.map(at),
                outcome: last.map_or("", |_| "delivered").into(),
                policy_domain: last.map_or("", |_| "example.org").into(),
                received_today: 2,
                last_received: last.map(at),
            };
            let tls = row(ReportFamily::Tls, Some("2026-11-22T04:05:06Z"));
            Ok::<_, OpError>(vec![tls, row(ReportFamily::Dmarc, None)])
        })
        .on(|_: DmarcDomains| async move {
            let sums = DmarcSums { reports: 5, messages: 90, passed: 80, failed: 10, ..DmarcSums::default() };
            let row = DmarcDomainRow { policy_domain: "example.org".into(), last: "2026-11-18".into(), sums };
            Ok::<_, OpError>(DmarcDomainsPage { rows: vec![row], next: None })
        })
        .on(|_: TlsTimeline| async move {
            let day = TlsTimelineDay { day: "2026-11-18".into(), reports: 2, successful: 40, failed: 3 };
            Ok::<_, OpError>(TlsTimelineDays { days: vec![day], fine_known: true, hosts: Vec::new() })
        })
}

fn count(total: u64, failed: u64) -> SummaryCount {
    let days = [("2026-11-15", 4, 0), ("2026-11-17", total / 2, 0), ("2026-11-18", total / 2 - 4, failed)];
    SummaryCount {
        reports: 5,
        reporters: 2,
        total,
        failed,
        total_before: 90,
        failed_before: 0,
        days: days.map(|(day, total, failed)| SummaryDay { day: day.to_owned(), total, failed }).to_vec(),
    }
}

fn domains() -> Vec<SummaryDomain> {
    let counts = |messages, failed| MailCounts {
        messages,
        both: messages - failed,
        failed,
        rejected: failed / 2,
        ..MailCounts::default()
    };
    let source = |address: &str, name: Option<&str>, state: &str, counts| MailSource {
        address: address.to_owned(),
        name: name.map(str::to_owned),
        name_state: state.to_owned(),
        counts,
    };
    let service = |name: &str, by: &str, sources: Vec<MailSource>, counts| SummaryService {
        name: name.to_owned(),
        named_by: by.to_owned(),
        counts,
        reporters: 2,
        sources,
        more_sources: 0,
    };
    let own = source("192.0.2.1", Some("mail.example.org"), "confirmed", counts(80, 0));
    let unknown = vec![
        source("203.0.113.9", Some("x\u{1b}[31m.isp.example"), "unconfirmed", counts(12, 12)),
        source("203.0.113.10", None, "missing", counts(6, 6)),
        source("", None, "unknown", counts(2, 2)),
    ];
    vec![
        SummaryDomain {
            domain: "example.org".into(),
            dmarc: Some(SummaryDmarc {
                count: count(104, 20),
                services: vec![
                    service("example.org", "ptr", vec![own], counts(80, 0)),
                    SummaryService {
                        more_sources: 3,
                        ..service("unknown", "nothing", unknown, counts(20, 20))
                    },
                ],
                unlisted: 4,
            }),
            tls: Some(SummaryTls {
                count: count(90, 3),
                hosts: vec![
                    SummaryHost { mx: "mx.example.org".into(), fine: None, failed: 2 },
                    SummaryHost { mx: String::new(), fine: None, failed: 1 },
                ],
            }),
        },
        SummaryDomain {
            domain: "mx.example.org".into(),
            dmarc: None,
            tls: Some(SummaryTls { count: count(30, 0), hosts: Vec::new() }),
        },
    ]
}

fn causes() -> Vec<ReportCause> {
    let cause = ReportCause {
        family: ReportFamily::Dmarc,
        id: "dkim-unaligned".into(),
        policy_domain: "example.org".into(),
        at: "Amazon SES".into(),
        sources: vec!["198.51.100.7".into(), "198.51.100.8".into()],
        since: at("2026-11-16T00:00:00Z"),
        last: at("2026-11-21T23:59:59Z"),
        count: 15,
        failed: 15,
        reporters: 2,
        what: "amazonses.com signs mail as example.org with its own domain only".into(),
        meaning: "the signature holds, but speaks for amazonses.com".into(),
        mend: "turn on DKIM for example.org there".into(),
    };
    let tls = ReportCause {
        family: ReportFamily::Tls,
        id: "certificate-expired".into(),
        at: "mx.example.org".into(),
        sources: Vec::new(),
        since: at("2026-11-21T00:00:00Z"),
        count: 3,
        failed: 3,
        reporters: 1,
        what: "3 sessions with mx.example.org: certificate-expired".into(),
        meaning: "the certificate was not valid at that time".into(),
        mend: "renew the certificate".into(),
        ..cause.clone()
    };
    let alone = ReportCause {
        id: "dkim-missing".into(),
        at: "mail\u{1b}[31m.example.org".into(),
        sources: vec!["192.0.2.1".into()],
        count: 30,
        failed: 0,
        what: "mail as example.org passes by SPF alone".into(),
        meaning: "its mail is not signed".into(),
        mend: "sign it".into(),
        ..cause.clone()
    };
    vec![cause, tls, alone]
}

fn silent() -> Vec<SilentReporter> {
    let silence = ReportSilence {
        policy_domain: "example.org".into(),
        sender: "example.net".into(),
        organization: "Net \u{1b}[31m".into(),
        last: "2026-11-12".into(),
        days: 29,
    };
    [ReportFamily::Dmarc, ReportFamily::Tls]
        .map(|family| SilentReporter { family, silence: silence.clone(), quiet_days: 10 })
        .to_vec()
}

/// Ready is good.example alone.
fn readiness(domain: &str) -> Readiness {
    let (known, ready) = (Some(domain) != EMPTY, domain == "good.example");
    let verdict = match (known, ready) {
        (_, true) => "ready",
        (true, false) => "not_ready",
        (false, _) => "too_little_data",
    };
    let missing =
        if known { Vec::new() } else { vec!["0 of 100 messages".to_owned(), "0 of 3 reporters".to_owned()] };
    Readiness {
        domain: domain.to_owned(),
        since: at("2026-10-23T10:00:00Z"),
        record: known.then(|| PolicyText {
            name: format!("_dmarc.{domain}"),
            text: "v=DMARC1; p=none; rua=mailto:d@example.org".into(),
        }),
        problem: None,
        reports: if known { 80 } else { 0 },
        reporters: 4,
        days: 20,
        missing,
        scopes: ["p", "sp", "np"].map(|tag| scope(domain, tag, known && !ready, verdict)).to_vec(),
        ready,
        cut: false,
    }
}

fn scope(domain: &str, tag: &str, bad: bool, verdict: &str) -> ReadinessScope {
    let step = |step: &str, verdict: &str, suffer, reason: &str| ReadinessStep {
        step: step.to_owned(),
        current: step == "none",
        verdict: verdict.to_owned(),
        suffer,
        percent: if suffer > 0 { 2.44 } else { 0.0 },
        reasons: vec![reason.to_owned()],
    };
    let ladder = vec![
        step("none", "ready", 0, "nothing suffers: reports arrive, and that is all"),
        step("quarantine t=y", if bad { "ready" } else { verdict }, 0, "the owner tests"),
        step("reject", verdict, if bad { 25 } else { 0 }, "as the numbers say"),
    ];
    ReadinessScope {
        tag: tag.to_owned(),
        domains: if tag == "p" { vec![domain.to_owned()] } else { vec![format!("news.{domain}")] },
        messages: 1025,
        passed: 1000,
        spf_only: 10,
        sources: if bad && tag == "p" { sources() } else { Vec::new() },
        unlisted: u64::from(bad) * 5,
        ladder,
        next: (tag == "p" && verdict != "too_little_data").then(|| PolicyText {
            name: format!("_dmarc.{domain}"),
            text: "v=DMARC1; p=quarantine; t=y; rua=mailto:d@example.org".into(),
        }),
    }
}

fn sources() -> Vec<ReadinessSource> {
    let address = |address: &str, name: Option<&str>, state: &str, listed| ReadinessAddress {
        address: address.to_owned(),
        name: name.map(str::to_owned),
        name_state: state.to_owned(),
        listed,
        failed: 3,
    };
    let service = ReadinessSource {
        service: "Amazon SES".into(),
        named_by: "dkim".into(),
        kind: "service".into(),
        because: vec![
            "Amazon SES signs it, but not as example.org".into(),
            "it is seen on 20 of 20 days".into(),
        ],
        mend: "set up DKIM for example.org there".into(),
        failed: 15,
        percent: 1.46,
        passed: 40,
        days: 20,
        reporters: 3,
        addresses: vec![
            address("198.51.100.7", Some("a7.smtp-out.amazonses.com"), "confirmed", Some(false)),
            address("192.0.2.2", None, "missing", Some(true)),
        ],
        more_addresses: 0,
    };
    let forged = ReadinessSource {
        service: "unknown".into(),
        named_by: "nothing".into(),
        kind: "forged".into(),
        because: vec!["neither DKIM nor SPF passes for anybody".into()],
        mend: "nothing to do: a stricter policy keeps this out".into(),
        failed: 5,
        percent: 0.49,
        passed: 0,
        days: 2,
        reporters: 1,
        addresses: vec![address("", Some("\u{1b}[31m.isp.example"), "unconfirmed", None)],
        more_addresses: 7,
    };
    vec![service, forged]
}
