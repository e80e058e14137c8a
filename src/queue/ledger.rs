//! How TLS went in one attempt, written down for reports: under the policy of the recipient domain, and under that of
//! each host.
//!
//! What is counted: a connection on which TLS was decided, or a host that a policy or DNSSEC keeps us from. A detail
//! says what went wrong; where delivery goes on in spite of it, nothing is counted as failed for it. PKIX is noted at
//! the recipient domain, DANE at the host. Connections that never reached EHLO do not count, nor does the second one
//! without TLS. RFC 8460 §4.3, §4.4.

use std::net::{IpAddr, SocketAddr};

use mox_address::Domain;
use mox_clock::Timestamp;
use mox_dane::Record;
use mox_dns::{Error as DnsError, ExtendedError};
use mox_smtpclient::{Bogus, TlsAttempt, TlsMode, TlsOutcome};
use mox_tls::{Category, Finding};
use mox_tlsrpt::{FailureDetail, Policy, PolicyResult, PolicyType, ResultType, merge};

use crate::Class;
use crate::seam::TlsResults;
use crate::sts::Found;

/// Most details of one attempt; connections are fewer.
const MAX_DETAILS: usize = 64;

/// The results of an attempt so far.
#[derive(Debug)]
pub(crate) struct Ledger {
    recipient: Domain,
    domain: PolicyResult,
    hosts: Vec<PolicyResult>,
    /// The host that is tried.
    host: Option<PolicyResult>,
}

/// Who was spoken to.
#[derive(Debug, Clone)]
pub(crate) struct Contact<'a> {
    /// Host, as DNS names it.
    pub(crate) host: &'a str,
    /// Its address.
    pub(crate) ip: IpAddr,
    /// Our end; none behind a proxy, where it is nobody's but the proxy's.
    pub(crate) local: Option<SocketAddr>,
    /// First line of its greeting.
    pub(crate) greeting: &'a str,
}

impl Ledger {
    /// Nothing yet, for mail to a domain.
    pub(crate) fn new(recipient: Domain) -> Ledger {
        let domain = PolicyResult::new(Policy::none(recipient.ascii()));
        Ledger { recipient, domain, hosts: Vec::new(), host: None }
    }

    /// Takes down which MTA-STS policy is in force, and what is wrong with it.
    pub(crate) fn sts(&mut self, found: &Found) {
        let strings =
            |text: &str| text.lines().map(|l| l.trim().to_owned()).filter(|l| !l.is_empty()).collect();
        let policy = &mut self.domain.policy;
        if let Some(in_force) = &found.policy {
            policy.kind = PolicyType::Sts;
            policy.strings = strings(&found.text);
            policy.mx_hosts = in_force.mx.iter().map(ToString::to_string).collect();
        }
        if let Some(failure) = &found.failure {
            policy.kind = PolicyType::Sts;
            self.domain
                .add_detail(FailureDetail::new(failure.result_type.clone(), &*failure.reason), MAX_DETAILS);
        }
    }

    /// The recipient domain is given up before any host is tried.
    pub(crate) fn domain_failed(&mut self, detail: Option<FailureDetail>) {
        self.domain.summary.failed += 1;
        if let Some(detail) = detail {
            self.domain.add_detail(detail, MAX_DETAILS);
        }
    }

    /// The host is not one of the MTA-STS policy; with `enforced` it is left out for that.
    pub(crate) fn mx_mismatch(&mut self, host: &str, enforced: bool) {
        let detail = FailureDetail::new(ResultType::ValidationFailure, "mtasts-policy-mx-mismatch");
        self.domain.add_detail(FailureDetail { mx_hostname: host.to_owned(), ..detail }, MAX_DETAILS);
        self.domain.summary.failed += u64::from(enforced);
    }

    /// A host is tried, without TLSA records.
    pub(crate) fn host(&mut self, base: &str) {
        self.next(Policy::none(base));
    }

    /// A host is tried, with these TLSA records or a failure to get them.
    pub(crate) fn host_with_tlsa(&mut self, base: &str, records: &[Record]) {
        let mut strings: Vec<String> = records.iter().map(ToString::to_string).collect();
        strings.sort();
        self.next(Policy { kind: PolicyType::Tlsa, strings, ..Policy::none(base) });
    }

    fn next(&mut self, policy: Policy) {
        if let Some(done) = self.host.replace(PolicyResult::new(policy)) {
            merge(&mut self.hosts, done, MAX_DETAILS);
        }
    }

    /// Something about the host, without a connection. With `failed` it is a session that failed for it.
    pub(crate) fn host_detail(&mut self, host: &str, detail: FailureDetail, failed: bool) {
        let detail = FailureDetail { mx_hostname: host.to_owned(), ..detail };
        if let Some(current) = &mut self.host {
            current.add_detail(detail, MAX_DETAILS);
            current.summary.failed += u64::from(failed);
        }
        self.domain.summary.failed += u64::from(failed);
    }

    /// A connection on which TLS may have been decided.
    pub(crate) fn connection(&mut self, tls: &TlsAttempt, contact: &Contact<'_>) {
        let required = tls.mode == TlsMode::RequiredStartTls;
        match &tls.outcome {
            TlsOutcome::NotTried => {}
            TlsOutcome::StartTlsMissing => {
                self.both(&FailureDetail::new(ResultType::StartTlsNotSupported, ""), contact);
                if required {
                    self.failed();
                }
            }
            TlsOutcome::StartTlsRefused { code } => {
                let reason = format!("smtp-starttls-reply-code-{code}");
                self.both(&FailureDetail::new(ResultType::StartTlsNotSupported, reason), contact);
                self.failed();
            }
            TlsOutcome::Established { .. } => {
                self.domain.summary.successful += 1;
                if let Some(host) = &mut self.host {
                    host.summary.successful += 1;
                }
                self.proofs(tls, contact);
            }
            TlsOutcome::Failed { finding } => {
                if !self.proofs(tls, contact) {
                    self.both(&of_finding(finding), contact);
                }
                self.failed();
            }
        }
    }

    /// What the certificate did not prove; whether that is all there is to say of a failed handshake.
    fn proofs(&mut self, tls: &TlsAttempt, contact: &Contact<'_>) -> bool {
        let (pkix, dane) = (&tls.proofs.pkix, &tls.proofs.dane);
        if let Some(Err(finding)) = pkix {
            self.domain.add_detail(contact.complete(of_finding(finding)), MAX_DETAILS);
        }
        if let (Some(Err(no_match)), Some(host)) = (dane, &mut self.host) {
            let reason = if no_match.cause.is_some() { "dane-no-match+errors" } else { "dane-no-match" };
            let detail = FailureDetail {
                information: no_match.cause.clone().unwrap_or_default(),
                ..FailureDetail::new(ResultType::ValidationFailure, reason)
            };
            host.add_detail(contact.complete(detail), MAX_DETAILS);
        }
        let by_pkix = tls.verify.pkix && matches!(pkix, Some(Err(_)));
        !tls.verify.ignore && (by_pkix || matches!(dane, Some(Err(_))))
    }

    fn both(&mut self, detail: &FailureDetail, contact: &Contact<'_>) {
        let detail = contact.complete(detail.clone());
        if let Some(host) = &mut self.host {
            host.add_detail(detail.clone(), MAX_DETAILS);
        }
        self.domain.add_detail(detail, MAX_DETAILS);
    }

    fn failed(&mut self) {
        self.domain.summary.failed += 1;
        if let Some(host) = &mut self.host {
            host.summary.failed += 1;
        }
    }

    /// All of it; none when nothing is worth telling.
    pub(crate) fn finish(mut self, at: Timestamp, class: Class) -> Option<TlsResults> {
        if let Some(last) = self.host.take() {
            merge(&mut self.hosts, last, MAX_DETAILS);
        }
        let says = |result: &PolicyResult| result.summary.successful > 0 || result.has_failure();
        self.hosts.retain(says);
        let domain = Some(self.domain).filter(says);
        if domain.is_none() && self.hosts.is_empty() {
            return None;
        }
        Some(TlsResults { recipient_domain: self.recipient, at, class, domain, hosts: self.hosts })
    }
}

impl Contact<'_> {
    fn complete(&self, detail: FailureDetail) -> FailureDetail {
        FailureDetail {
            sending_ip: self.local.map(|local| local.ip().to_string()).unwrap_or_default(),
            mx_hostname: self.host.to_owned(),
            mx_helo: helo(self.greeting),
            receiving_ip: self.ip.to_string(),
            ..detail
        }
    }
}

/// The name in a greeting; what follows it, a date say, would make every session different from the last.
fn helo(greeting: &str) -> String {
    greeting.split_whitespace().next().unwrap_or_default().chars().take(255).collect()
}

/// A failure of TLS in the words of reports.
fn of_finding(finding: &Finding) -> FailureDetail {
    let result = match finding.category {
        Category::HostMismatch => ResultType::CertificateHostMismatch,
        Category::Expired => ResultType::CertificateExpired,
        Category::NotTrusted => ResultType::CertificateNotTrusted,
        Category::Validation => ResultType::ValidationFailure,
    };
    let reason = match finding.name.as_ref() {
        "certificate-unknown-issuer" => String::new(),
        name if name == result.as_str() => String::new(),
        "handshake-timeout" => "io-timeout-during-handshake".to_owned(),
        "connection-closed" => "connection-closed-during-handshake".to_owned(),
        "connection-error" => "connection-error-during-handshake".to_owned(),
        "invalid-message" => "tls-record-header-error".to_owned(),
        "unexpected-bytes" => "starttls-injected-bytes".to_owned(),
        name if name.starts_with("remote-alert") => format!("tls-{name}"),
        name => name.to_owned(),
    };
    FailureDetail::new(result, reason)
}

/// The reason code of an answer that DNSSEC refuses.
pub(crate) fn dnssec_reason(extended: Option<&ExtendedError>) -> String {
    // 6 is "DNSSEC Bogus", RFC 8914 §4.7.
    let code = extended.map_or(6, |e| e.code);
    let name = extended.map_or("dnssec-bogus", ExtendedError::name);
    format!("dns-extended-error-{code}-{}", name.replace(' ', "-").to_ascii_lowercase())
}

/// What DNSSEC refuses on the way to the hosts.
pub(crate) fn bogus_detail(bogus: &Bogus) -> FailureDetail {
    FailureDetail::new(ResultType::ValidationFailure, dnssec_reason(bogus.0.as_ref()))
}

/// TLSA records that cannot be had.
pub(crate) fn tlsa_detail(error: &DnsError) -> FailureDetail {
    match error {
        DnsError::Bogus { extended } => {
            FailureDetail::new(ResultType::DnssecInvalid, dnssec_reason(extended.as_ref()))
        }
        other => FailureDetail {
            information: other.to_string(),
            ..FailureDetail::new(ResultType::TlsaInvalid, "dns-lookup")
        },
    }
}
