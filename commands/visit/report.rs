//! What was found at a mail host, for people and as JSON.

use std::net::{IpAddr, SocketAddr};

use mox_address::{Domain, IpDomain};
use mox_dane::Record;
use mox_dns::Error as DnsError;
use mox_smtpclient::{Addresses, Dane, TlsAttempt, TlsMode, TlsOutcome};
use mox_tls::Facts;
use serde::Serialize;

use super::{Demand, Trip};
use crate::error::Exit;
use crate::output::{Page, Show};

/// What DNS says of DANE, before the host is visited.
pub(super) enum DaneState {
    /// It does not apply.
    None(Option<Domain>),
    /// Nobody knows.
    Failed(Domain, DnsError),
    /// Only records that mean nothing.
    Unusable(Domain, Vec<Record>),
    /// All records, and what is demanded by them.
    Usable((Domain, Vec<Record>), Dane),
}

/// Everything found at a host.
#[derive(Serialize)]
pub(crate) struct Visit {
    pub(crate) host: String,
    port: u16,
    /// Preference of the MX record, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) preference: Option<u16>,
    addresses: Vec<IpAddr>,
    /// Whether DNSSEC proves them.
    authentic: bool,
    /// The one that answered.
    pub(super) address: Option<SocketAddr>,
    pub(super) greeting: Option<String>,
    /// After TLS, where there is TLS.
    pub(super) extensions: Vec<String>,
    tls: Tls,
    /// As shown, the host's own first.
    chain: Vec<CertificateRow>,
    pkix: Option<Verdict>,
    dane: DaneRow,
    pub(crate) problems: Vec<Problem>,
}

#[derive(Serialize)]
struct Tls {
    /// `established`, `not-tried`, `starttls-missing`, `starttls-refused`, `failed`.
    outcome: &'static str,
    version: Option<&'static str>,
    cipher: Option<String>,
    /// Why it failed, a stable name.
    finding: Option<String>,
}

#[derive(Serialize)]
struct CertificateRow {
    subject: String,
    issuer: String,
    names: Vec<String>,
    not_before: String,
    not_after: String,
    key: String,
    sha256: String,
    spki_sha256: String,
}

#[derive(Serialize)]
struct Verdict {
    ok: bool,
    /// Why not, a stable name.
    finding: Option<String>,
    /// As TLS reports name it.
    result_type: Option<&'static str>,
}

#[derive(Serialize)]
struct DaneRow {
    /// `none`, `failed`, `unusable`, `usable`.
    records: &'static str,
    /// The name that has them, or was asked for them.
    base: Option<Domain>,
    tlsa: Vec<TlsaRow>,
    /// Whether the certificate satisfies a record.
    ok: Option<bool>,
    /// Which.
    matched: Option<String>,
    /// Why none.
    reason: Option<String>,
}

#[derive(Serialize)]
struct TlsaRow {
    record: String,
    /// Why it does not count for mail.
    unusable: Option<String>,
}

/// Something that is not as it should be.
#[derive(Debug, Serialize)]
pub(crate) struct Problem {
    /// A stable word.
    pub(crate) code: &'static str,
    pub(crate) text: String,
    /// Whether it may be better a little later.
    pub(crate) temporary: bool,
}

/// The exit code that problems ask for.
pub(crate) fn exit<'a>(problems: impl IntoIterator<Item = &'a Problem>) -> Exit {
    let mut exit = Exit::Done;
    for problem in problems {
        match problem.temporary {
            false => return Exit::Problems,
            // What could not be looked at is not known to be wrong.
            true => exit = Exit::Failed,
        }
    }
    exit
}

impl Visit {
    pub(super) fn new(trip: &Trip<'_>) -> Visit {
        Visit {
            host: match trip.host {
                IpDomain::Domain(name) => name.ascii().to_owned(),
                IpDomain::Ip(ip) => ip.to_string(),
            },
            port: trip.port,
            preference: None,
            addresses: Vec::new(),
            authentic: false,
            address: None,
            greeting: None,
            extensions: Vec::new(),
            tls: Tls { outcome: "not-tried", version: None, cipher: None, finding: None },
            chain: Vec::new(),
            pkix: None,
            dane: DaneRow {
                records: "none",
                base: None,
                tlsa: Vec::new(),
                ok: None,
                matched: None,
                reason: None,
            },
            problems: Vec::new(),
        }
    }

    pub(super) fn problem(&mut self, code: &'static str, text: impl Into<String>, temporary: bool) {
        self.problems.push(Problem { code, text: text.into(), temporary });
    }

    pub(super) fn add_addresses(&mut self, found: &Addresses) {
        self.addresses.clone_from(&found.ips);
        self.authentic = found.authentic;
    }

    pub(super) fn add_dane(&mut self, state: &DaneState) {
        let row = |record: &Record| TlsaRow {
            record: record.to_string(),
            unusable: record.check().err().map(|why| why.to_string()),
        };
        let (records, base, tlsa) = match state {
            DaneState::None(base) => ("none", base.clone(), Vec::new()),
            DaneState::Failed(base, error) => {
                self.dane.reason = Some(error.to_string());
                let text = format!("looking for TLSA records of {base}: {error}");
                let bogus = matches!(error, DnsError::Bogus { .. });
                self.problem(if bogus { "dnssec-invalid" } else { "dns-lookup" }, text, !bogus);
                ("failed", Some(base.clone()), Vec::new())
            }
            DaneState::Unusable(base, records) => {
                self.problem(
                    "tlsa-unusable",
                    "no TLSA record can be used: TLS is a must, but nothing is verified",
                    false,
                );
                ("unusable", Some(base.clone()), records.iter().map(row).collect())
            }
            DaneState::Usable((base, records), _) => {
                ("usable", Some(base.clone()), records.iter().map(row).collect())
            }
        };
        (self.dane.records, self.dane.base, self.dane.tlsa) = (records, base, tlsa);
    }

    /// What TLS came to, and what of it is a problem.
    pub(super) fn add_tls(&mut self, tls: &TlsAttempt, demand: Demand) {
        self.add_outcome(&tls.outcome);
        self.chain = tls.proofs.chain.iter().filter_map(|der| Facts::of(der)).map(row).collect();
        if let Some(verdict) = &tls.proofs.pkix {
            let finding = verdict.as_ref().err();
            self.pkix = Some(Verdict {
                ok: finding.is_none(),
                finding: finding.map(|finding| finding.name.to_string()),
                result_type: finding.map(|finding| finding.category.result_type()),
            });
        }
        match &tls.proofs.dane {
            None => {}
            Some(Ok(record)) => (self.dane.ok, self.dane.matched) = (Some(true), Some(record.to_string())),
            Some(Err(error)) => {
                (self.dane.ok, self.dane.reason) = (Some(false), Some(error.to_string()));
                self.problem("dane-no-match", error.to_string(), false);
            }
        }
        self.add_demands(tls, demand);
    }

    fn add_outcome(&mut self, outcome: &TlsOutcome) {
        match outcome {
            TlsOutcome::NotTried => {}
            TlsOutcome::StartTlsMissing => self.tls.outcome = "starttls-missing",
            TlsOutcome::StartTlsRefused { code } => {
                self.tls.outcome = "starttls-refused";
                self.tls.finding = Some(format!("smtp-starttls-reply-code-{code}"));
            }
            TlsOutcome::Established { version, cipher } => {
                self.tls.outcome = "established";
                (self.tls.version, self.tls.cipher) = (Some(*version), Some(cipher.clone()));
            }
            TlsOutcome::Failed { finding } => {
                self.tls.outcome = "failed";
                self.tls.finding = Some(finding.name.to_string());
                self.problem("tls-failed", format!("the TLS handshake failed: {}", finding.name), false);
            }
        }
    }

    fn add_demands(&mut self, tls: &TlsAttempt, demand: Demand) {
        // Records that DNSSEC proves make TLS a must.
        let must = demand.tls || matches!(self.dane.records, "usable" | "unusable");
        match &tls.outcome {
            TlsOutcome::StartTlsMissing if must => {
                self.problem("starttls-not-supported", "the host does not offer STARTTLS", false);
            }
            TlsOutcome::StartTlsRefused { code } if must => {
                self.problem(
                    "starttls-not-supported",
                    format!("the host answers STARTTLS with {code}"),
                    false,
                );
            }
            _ => {}
        }
        if demand.pkix
            && let Some(Err(finding)) = &tls.proofs.pkix
        {
            let text = format!("the certificate is not verified: {}", finding.name);
            self.problem(finding.category.result_type(), text, false);
        }
        if demand.dane && self.dane.records == "none" {
            let text = match self.authentic {
                true => "there are no TLSA records that DNSSEC proves",
                false => "DNSSEC does not prove the addresses of the host, so TLSA records mean nothing",
            };
            self.problem("dane-missing", text, false);
        }
        if demand.dane && tls.mode == TlsMode::Skip {
            self.problem("dane-missing", "without TLS there is nothing to compare", false);
        }
    }
}

fn row(facts: Facts) -> CertificateRow {
    CertificateRow {
        subject: facts.subject,
        issuer: facts.issuer,
        names: facts.names,
        not_before: facts.not_before.rfc3339(),
        not_after: facts.not_after.rfc3339(),
        key: facts.key,
        sha256: hex(&facts.sha256),
        spki_sha256: hex(&facts.spki_sha256),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Show for Visit {
    fn show(&self, page: &mut Page) {
        page.field("host", format!("{} port {}", self.host, self.port));
        if let Some(preference) = self.preference {
            page.field("preference", preference);
        }
        let addresses: Vec<String> = self.addresses.iter().map(ToString::to_string).collect();
        page.field("addresses", addresses.join(" "));
        page.field("dnssec", if self.authentic { "proves them" } else { "does not prove them" });
        if let Some(address) = self.address {
            page.field("connected", address);
        }
        if let Some(greeting) = &self.greeting {
            page.field("greeting", greeting);
            page.field("offers", self.extensions.join(", "));
        }
        match (self.tls.version, &self.tls.cipher, &self.tls.finding) {
            (Some(version), Some(cipher), _) => page.field("tls", format!("{version} {cipher}")),
            (_, _, Some(finding)) => page.field("tls", format!("{} ({finding})", self.tls.outcome)),
            _ => page.field("tls", self.tls.outcome),
        }
        for certificate in &self.chain {
            certificate.show(page);
        }
        if let Some(pkix) = &self.pkix {
            let text = pkix.finding.as_deref().unwrap_or("leads to a known authority and is for this name");
            page.verdict(Some(pkix.ok), format!("pkix: {text}"));
        }
        self.show_dane(page);
        for problem in &self.problems {
            page.verdict(Some(false), &problem.text);
        }
    }
}

impl Visit {
    fn show_dane(&self, page: &mut Page) {
        for tlsa in &self.dane.tlsa {
            match &tlsa.unusable {
                None => page.field("tlsa", &tlsa.record),
                Some(why) => page.field("tlsa", format!("{} (does not count: {why})", tlsa.record)),
            }
        }
        match (&self.dane.matched, self.dane.records) {
            (Some(record), _) => {
                page.verdict(Some(true), format!("dane: the certificate satisfies {record}"))
            }
            (None, "none") => page.verdict(None, "dane: no TLSA records that DNSSEC proves"),
            // The problem says it.
            _ => {}
        }
    }
}

impl CertificateRow {
    fn show(&self, page: &mut Page) {
        page.field("certificate", format!("{} ({}), by {}", self.subject, self.key, self.issuer));
        if !self.names.is_empty() {
            page.field("  names", self.names.join(" "));
        }
        page.field("  valid", format!("{} to {}", self.not_before, self.not_after));
        page.field("  key sha-256", &self.spki_sha256);
    }
}
