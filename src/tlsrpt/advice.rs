//! What a report means, in sentences: each failure with its cause and the change that mends it.
//!
//! One table, [`TABLE`], by result type and the beginning of the reason code; the first row that fits is taken, and the
//! row without a reason of each result type stands last. Sentences are for people and may change.
//! RFC 8460 §4.3 (result types), RFC 7672, RFC 8461.

use serde::Serialize;

use crate::{FailureDetail, Policy, PolicyResult, PolicyType, Report, ResultType, Summary};

/// A row: a failure, what it means, what mends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// What was reported.
    pub result: ResultType,
    /// Beginning of the reason code, in lower case; empty for all others.
    pub reason: &'static str,
    /// What happened.
    pub meaning: &'static str,
    /// What to change.
    pub mend: &'static str,
}

const fn row(result: ResultType, reason: &'static str, meaning: &'static str, mend: &'static str) -> Advice {
    Advice { result, reason, meaning, mend }
}

/// All that is known of failures.
pub const TABLE: &[Advice] = &[
    row(
        ResultType::StartTlsNotSupported,
        "smtp-starttls-reply-code",
        "the host offers STARTTLS, but refused it when it was asked for",
        "look for errors of the TLS set-up in the log of that host; its certificate or key may not load",
    ),
    row(
        ResultType::StartTlsNotSupported,
        "",
        "the host did not offer STARTTLS",
        "turn TLS on at that MX host, and look for a firewall on the way that strips STARTTLS",
    ),
    row(
        ResultType::CertificateHostMismatch,
        "",
        "the certificate does not name the MX host",
        "give that host a certificate for the name that the MX record has, or name in the MX record what the certificate has",
    ),
    row(
        ResultType::CertificateExpired,
        "",
        "the certificate was not valid at that time",
        "renew the certificate, and see that the server loads the new one; check why it was not renewed by itself",
    ),
    row(
        ResultType::CertificateNotTrusted,
        "no-system-roots",
        "the sender has no trust anchors at all",
        "nothing to mend here: the sender's own set-up is broken",
    ),
    row(
        ResultType::CertificateNotTrusted,
        "",
        "the certificate leads to no authority that the sender trusts: self-signed, or the chain is not complete",
        "use a certificate of a public authority, and serve the intermediate certificates with it",
    ),
    row(
        ResultType::TlsaInvalid,
        "all-unusable-records",
        "the TLSA records are there, but none of them is of a kind that can be used",
        "publish records `3 1 1` (key of the host) or `2 1 1` (key of the authority); `mox dane makerecord` makes them",
    ),
    row(
        ResultType::TlsaInvalid,
        "",
        "the TLSA records could not be used or looked up",
        "check the TLSA records of `_25._tcp` at the MX host with `mox dns lookup tlsa`",
    ),
    row(
        ResultType::DnssecInvalid,
        "",
        "DNSSEC of the MX host's zone could not be validated",
        "check signatures and DS records of the zone; after a change of keys old ones must stay until caches forget them",
    ),
    row(
        ResultType::DaneRequired,
        "",
        "the sender insists on DANE, and found no TLSA records with DNSSEC",
        "sign the zone with DNSSEC and publish TLSA records for the MX host, or ask the sender not to insist",
    ),
    row(
        ResultType::StsPolicyFetchError,
        "no-mta-sts-dns-txt-record",
        "there is no TXT record at `_mta-sts`, though a policy was known before",
        "publish the TXT record again; to end a policy, first serve it with `mode: none`",
    ),
    row(
        ResultType::StsPolicyFetchError,
        "multiple-mta-sts-records",
        "there are several MTA-STS records, which counts as none",
        "leave one TXT record that begins with `v=STSv1` at `_mta-sts`",
    ),
    row(
        ResultType::StsPolicyFetchError,
        "record-syntax-error",
        "the TXT record at `_mta-sts` cannot be read",
        "publish `v=STSv1; id=...` with an id of letters and digits",
    ),
    row(
        ResultType::StsPolicyFetchError,
        "no-policy-served",
        "the TXT record promises a policy, but the policy host has none",
        "serve `https://mta-sts.<domain>/.well-known/mta-sts.txt`, or withdraw the TXT record",
    ),
    row(
        ResultType::StsPolicyFetchError,
        "back-off-after-recent-fetch-error",
        "the policy could not be fetched a short time before, and was not asked for again yet",
        "mend what the first failure tells of",
    ),
    row(
        ResultType::StsPolicyFetchError,
        "redirect-not-followed",
        "the policy host answers with a redirect, which senders must not follow",
        "serve the policy itself at `https://mta-sts.<domain>/.well-known/mta-sts.txt`",
    ),
    row(
        ResultType::StsPolicyFetchError,
        "media-type-not-text-plain",
        "the policy is not served as text/plain",
        "serve it with `Content-Type: text/plain`",
    ),
    row(
        ResultType::StsPolicyFetchError,
        "dns-lookup",
        "DNS did not answer when the sender looked for the policy",
        "check that the name servers of the domain answer for `_mta-sts` and `mta-sts`, from outside, over IPv4 and IPv6",
    ),
    row(
        ResultType::StsPolicyFetchError,
        "",
        "the MTA-STS policy could not be fetched",
        "check the policy host with `mox mtasts lookup <domain>`: DNS, port 443, certificate, and the file",
    ),
    row(
        ResultType::StsPolicyInvalid,
        "",
        "the MTA-STS policy was fetched, but cannot be read",
        "mend the file; `mox mtasts lookup <domain>` says which line is wrong",
    ),
    row(
        ResultType::StsWebpkiInvalid,
        "certificate-expired",
        "the certificate of the policy host has expired",
        "renew the certificate of `mta-sts.<domain>`",
    ),
    row(
        ResultType::StsWebpkiInvalid,
        "certificate-host-mismatch",
        "the certificate of the policy host is for another name",
        "the certificate must name `mta-sts.<domain>`",
    ),
    row(
        ResultType::StsWebpkiInvalid,
        "",
        "the policy host did not prove its name with a certificate that senders trust",
        "give `mta-sts.<domain>` a certificate of a public authority, with its intermediates",
    ),
    row(
        ResultType::ValidationFailure,
        "mtasts-policy-mx-mismatch",
        "the MX host is not in the MTA-STS policy",
        "add the host to the `mx:` lines of the policy and change the id of the TXT record, or remove the MX record",
    ),
    row(
        ResultType::ValidationFailure,
        "dane-no-match",
        "the certificate fits none of the TLSA records",
        "publish a TLSA record for the new key before the host uses it, and remove the old one after; `mox dane makerecord` makes it",
    ),
    row(
        ResultType::ValidationFailure,
        "dns-extended-error",
        "DNSSEC of the domain could not be validated",
        "check signatures and DS records of the zone",
    ),
    row(
        ResultType::ValidationFailure,
        "extended-dns-error",
        "DNSSEC of the domain could not be validated",
        "check signatures and DS records of the zone",
    ),
    row(
        ResultType::ValidationFailure,
        "tls-remote-alert-40",
        "the host broke the handshake off: it found no version, cipher or certificate in common with the sender",
        "see which TLS versions and ciphers that host allows; TLS 1.2 and 1.3 with usual ciphers suit all senders",
    ),
    row(
        ResultType::ValidationFailure,
        "tls-remote-alert-70",
        "the host does not speak a TLS version that the sender allows",
        "allow TLS 1.2 and 1.3 at that host",
    ),
    row(
        ResultType::ValidationFailure,
        "tls-remote",
        "the host broke the handshake off with an alert",
        "the log of that host at the time of the report tells why",
    ),
    row(
        ResultType::ValidationFailure,
        "tls-local-alert",
        "the sender broke the handshake off, for what the host sent did not suit it",
        "see which TLS versions and ciphers that host offers; TLS 1.2 and 1.3 suit all senders",
    ),
    row(
        ResultType::ValidationFailure,
        "tls-record-header-error",
        "after STARTTLS the host sent something that is not TLS",
        "look for a proxy or filter before the host that takes part in SMTP",
    ),
    row(
        ResultType::ValidationFailure,
        "io-timeout",
        "the handshake took too long",
        "see whether the host is overloaded, or a firewall drops large packets (path MTU)",
    ),
    row(
        ResultType::ValidationFailure,
        "connection-closed",
        "the host closed the connection during the handshake",
        "the log of that host at the time of the report tells why; limits on connections are a usual cause",
    ),
    row(
        ResultType::ValidationFailure,
        "",
        "the session did not come to pass for a reason that has no name of its own",
        "the reason code and the log of that host at the time of the report tell more",
    ),
];

/// A failure of a result type that nobody here knows.
const UNKNOWN: (&str, &str) =
    ("a failure that RFC 8460 does not know", "ask the reporter, whose address is the contact");

/// A failure, told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sentence {
    /// How many sessions, at which host, under which result type and reason.
    pub what: String,
    /// What it means.
    pub meaning: String,
    /// What mends it.
    pub mend: String,
}

/// The row for a result type and reason code.
pub fn advise(result: &ResultType, reason: &str) -> Option<&'static Advice> {
    let reason = reason.to_ascii_lowercase();
    TABLE.iter().find(|row| row.result == *result && reason.starts_with(row.reason))
}

/// Who reports on which time.
pub fn overview(report: &Report) -> String {
    let who = match report.organization_name.as_str() {
        "" => "somebody without a name",
        name => name,
    };
    let contact = match report.contact_info.as_str() {
        "" => String::new(),
        contact => format!(" ({contact})"),
    };
    let seconds = report.end.since(report.start).as_secs();
    let whole_day = report.start.time_of_day() == (0, 0, 0) && (86_399..=86_400).contains(&seconds);
    let period = match whole_day {
        true => format!("on {}", report.start.day()),
        false => format!("from {} to {}", report.start.rfc3339(), report.end.rfc3339()),
    };
    format!("{who}{contact} reports on sessions {period}, report {}", report.report_id)
}

/// How sessions went under a policy.
pub fn policy_line(result: &PolicyResult) -> String {
    let Summary { successful, failed } = result.summary;
    let total = successful.saturating_add(failed);
    let went = match (successful, failed) {
        (0, 0) => "no session is counted".to_owned(),
        (1, 0) => "its one session was fine".to_owned(),
        (0, 1) => "its one session failed".to_owned(),
        (_, 0) => format!("all of {} were fine", sessions(total)),
        (0, _) => format!("all of {} failed", sessions(total)),
        _ => format!("{failed} of {} failed", sessions(total)),
    };
    format!("{}: {went}", policy_name(&result.policy))
}

fn sessions(count: u64) -> String {
    if count == 1 { "1 session".to_owned() } else { format!("{count} sessions") }
}

/// What a policy is called: its kind and whose it is.
pub fn policy_name(policy: &Policy) -> String {
    let domain = if policy.domain.is_empty() { "a domain that is not named" } else { &policy.domain };
    match &policy.kind {
        PolicyType::Tlsa => format!("DANE of {domain}"),
        PolicyType::Sts => match policy.strings.iter().find_map(|line| line.strip_prefix("mode:")) {
            Some(mode) => format!("MTA-STS of {domain} (mode {})", mode.trim()),
            None => format!("MTA-STS of {domain}"),
        },
        PolicyType::NoPolicyFound => format!("no policy of {domain}"),
        PolicyType::Other(kind) => format!("policy {kind:?} of {domain}"),
    }
}

/// A failure in words. Where the policy is MTA-STS in testing, mail still went through.
pub fn sentence(policy: &Policy, detail: &FailureDetail) -> Sentence {
    let host = match (detail.mx_hostname.as_str(), detail.receiving_ip.as_str()) {
        ("", "") => String::new(),
        (host, "") => format!(" with {host}"),
        ("", ip) => format!(" with {ip}"),
        (host, ip) => format!(" with {host} [{ip}]"),
    };
    let from = match detail.sending_ip.as_str() {
        "" => String::new(),
        ip => format!(" from {ip}"),
    };
    let reason = match detail.reason.as_str() {
        "" => String::new(),
        reason => format!(" ({reason})"),
    };
    let what = format!("{}{host}{from}: {}{reason}", sessions(detail.failed), detail.result);
    let (meaning, mend) = match advise(&detail.result, &detail.reason) {
        Some(advice) => (advice.meaning, advice.mend),
        None => UNKNOWN,
    };
    let cached = if detail.reason.ends_with("+fallback-to-cached-policy") {
        "; the sender went on with the policy it had"
    } else {
        ""
    };
    let domain = if policy.domain.is_empty() { "<domain>" } else { &policy.domain };
    Sentence { what, meaning: format!("{meaning}{cached}"), mend: mend.replace("<domain>", domain) }
}

/// All failures of a policy in words; failures that are counted and not told in detail have a sentence, too.
pub fn sentences(result: &PolicyResult) -> Vec<Sentence> {
    let mut told: Vec<Sentence> = result.details.iter().map(|d| sentence(&result.policy, d)).collect();
    if told.is_empty() && result.summary.failed > 0 {
        told.push(Sentence {
            what: format!("{} failed, without details", sessions(result.summary.failed)),
            meaning: "the reporter does not say why".to_owned(),
            mend: "compare with reports of others on the same day, or ask the reporter".to_owned(),
        });
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use mox_clock::Timestamp;

    #[test]
    fn every_result_type_has_a_last_row_and_no_row_is_hidden() {
        for result in ResultType::ALL {
            let rows: Vec<&Advice> = TABLE.iter().filter(|row| row.result == *result).collect();
            assert_eq!(rows.last().map(|row| row.reason), Some(""), "{result}");
            for row in rows {
                assert_eq!(advise(result, row.reason), Some(row), "hidden by a row before it");
                assert!(!row.meaning.ends_with('.') && !row.mend.ends_with('.'));
            }
        }
        assert_eq!(advise(&ResultType::Other("x".to_owned()), ""), None);
    }

    #[test]
    fn failures_are_told_with_what_mends_them() {
        let mut sts = Policy::none("example.org");
        sts.kind = PolicyType::Sts;
        sts.strings = vec!["version: STSv1".to_owned(), "mode: testing".to_owned()];
        let detail = |result, reason: &str| FailureDetail::new(result, reason);
        let at_host = FailureDetail {
            mx_hostname: "mx.example.org".to_owned(),
            receiving_ip: "192.0.2.1".to_owned(),
            sending_ip: "192.0.2.9".to_owned(),
            failed: 3,
            ..detail(ResultType::ValidationFailure, "MTASTS-policy-mx-mismatch")
        };
        for (detail, what, meaning, mend) in [
            (
                at_host,
                "3 sessions with mx.example.org [192.0.2.1] from 192.0.2.9: validation-failure \
                 (MTASTS-policy-mx-mismatch)",
                "not in the MTA-STS policy",
                "`mx:` lines",
            ),
            (
                detail(ResultType::StsPolicyFetchError, "no-policy-served+fallback-to-cached-policy"),
                "1 session: sts-policy-fetch-error (no-policy-served+fallback-to-cached-policy)",
                "the policy host has none; the sender went on with the policy it had",
                "https://mta-sts.example.org/.well-known",
            ),
            (
                detail(ResultType::Other("tls-9".to_owned()), ""),
                "1 session: tls-9",
                "does not know",
                "contact",
            ),
        ] {
            let told = sentence(&sts, &detail);
            assert_eq!(told.what, what);
            assert!(told.meaning.contains(meaning) && told.mend.contains(mend), "{told:?}");
        }
        let mut result = PolicyResult::new(sts);
        for (successful, failed, line, count) in [
            (0, 0, "MTA-STS of example.org (mode testing): no session is counted", 0),
            (1, 0, "MTA-STS of example.org (mode testing): its one session was fine", 0),
            (2, 1, "MTA-STS of example.org (mode testing): 1 of 3 sessions failed", 1),
            (0, 2, "MTA-STS of example.org (mode testing): all of 2 sessions failed", 1),
        ] {
            result.summary = Summary { successful, failed };
            assert_eq!((policy_line(&result).as_str(), sentences(&result).len()), (line, count));
        }
        assert_eq!(policy_name(&Policy::none("")), "no policy of a domain that is not named");
    }

    #[test]
    fn a_whole_day_is_a_day() {
        let report = |start, end| Report {
            organization_name: "Example".to_owned(),
            start: Timestamp::from_secs(start),
            end: Timestamp::from_secs(end),
            contact_info: "a@b.example".to_owned(),
            report_id: "1".to_owned(),
            policies: Vec::new(),
        };
        for (start, end, expected) in [
            (0, 86_399, "on 1970-01-01"),
            (0, 86_400, "on 1970-01-01"),
            (60, 86_399, "from 1970-01-01T00:01:00Z to 1970-01-01T23:59:59Z"),
        ] {
            let told = overview(&report(start, end));
            assert_eq!(told, format!("Example (a@b.example) reports on sessions {expected}, report 1"));
        }
    }
}
