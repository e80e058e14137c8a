//! Have those whom a record names for reports agreed to get them?
//!
//! Within the organization nobody is asked. Another one agrees by a record at `<policy domain>._report._dmarc.<host>`,
//! often a wildcard; its `rua` or `ruf` replaces the address, at the same host only, and that is not asked again.
//! A replacement elsewhere means that nobody gets the report. RFC 9990 §4, RFC 9991 §5.

use mox_address::Domain;
use mox_dns::Resolver;
use serde::Serialize;

use crate::record::Record;
use crate::treewalk::{Texts, Undetermined, Walker};
use crate::uri::ReportUri;

/// Longest name that DNS carries, in bytes without the final dot.
const MAX_NAME: usize = 253;

/// Which reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Wanted {
    /// Daily ones.
    Rua,
    /// Those of single failures.
    Ruf,
}

impl Wanted {
    /// The tag in records.
    pub const fn tag(self) -> &'static str {
        match self {
            Wanted::Rua => "rua",
            Wanted::Ruf => "ruf",
        }
    }

    fn of(self, record: &Record) -> &[ReportUri] {
        match self {
            Wanted::Rua => &record.rua,
            Wanted::Ruf => &record.ruf,
        }
    }
}

/// Whether reports may be sent to a URI.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "consent", rename_all = "snake_case")]
pub enum Consent {
    /// It is of the same organization.
    NotNeeded,
    /// Its host agreed.
    Given {
        /// The name of the record.
        name: String,
        /// Whether that record says where to send instead.
        replaced: bool,
    },
    /// Its host did not agree.
    Missing {
        /// The name of the record that would.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Its host wants the reports to go to another host, which is not done.
    Elsewhere {
        /// The name of the record.
        name: String,
        /// The URI it has.
        uri: String,
    },
    /// A URI without a host that could be asked.
    NoHost,
    /// DNS does not say now: ask again later.
    Unknown {
        /// Why.
        reason: String,
    },
}

/// A URI of a record, and where its reports may go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Destination {
    /// Which tag it is of.
    pub tag: Wanted,
    /// As published by the domain.
    #[serde(flatten)]
    pub uri: ReportUri,
    /// Whether reports may be sent there.
    #[serde(flatten)]
    pub consent: Consent,
    /// Where to send: the URI itself, what its host says instead, or nowhere.
    pub send_to: Vec<ReportUri>,
}

/// Every destination of a record, in order, `rua` first. At most [`crate::MAX_QUERIES`] questions are asked.
pub async fn destinations(
    resolver: &dyn Resolver,
    policy_domain: &Domain,
    record: &Record,
) -> Vec<Destination> {
    let mut walker = Walker::new(resolver);
    let mut found = Vec::new();
    for wanted in [Wanted::Rua, Wanted::Ruf] {
        for uri in wanted.of(record) {
            found.push(authorize(&mut walker, policy_domain, wanted, uri).await);
        }
    }
    found
}

/// Asks about one URI of a record that stands at `policy_domain`.
pub async fn authorize(
    walker: &mut Walker<'_>,
    policy_domain: &Domain,
    wanted: Wanted,
    uri: &ReportUri,
) -> Destination {
    let (consent, send_to) = match &uri.host {
        None => (Consent::NoHost, Vec::new()),
        Some(host) => match same_organization(walker, policy_domain, host).await {
            Ok(true) => (Consent::NotNeeded, vec![uri.clone()]),
            Ok(false) => ask(walker, policy_domain, wanted, uri, host).await,
            Err(undetermined) => (undecided(undetermined, || consent_name(policy_domain, host)), Vec::new()),
        },
    };
    Destination { tag: wanted, uri: uri.clone(), consent, send_to }
}

/// Whether a host is of the organization of the domain.
async fn same_organization(
    walker: &mut Walker<'_>,
    domain: &Domain,
    host: &Domain,
) -> Result<bool, Undetermined> {
    if domain == host {
        return Ok(true);
    }
    let organization = walker.walk(domain).await.organizational()?;
    // What is not below it is not of it; that needs no walk.
    Ok(host.is_within(&organization) && walker.walk(host).await.organizational()? == organization)
}

fn consent_name(policy_domain: &Domain, host: &Domain) -> String {
    format!("{policy_domain}._report._dmarc.{host}")
}

fn undecided(undetermined: Undetermined, name: impl FnOnce() -> String) -> Consent {
    match undetermined {
        Undetermined::Temporary { .. } => Consent::Unknown { reason: undetermined.to_string() },
        Undetermined::TooManyQueries => Consent::Missing { name: name(), reason: undetermined.to_string() },
    }
}

/// Asks the host of another organization.
async fn ask(
    walker: &mut Walker<'_>,
    policy_domain: &Domain,
    wanted: Wanted,
    uri: &ReportUri,
    host: &Domain,
) -> (Consent, Vec<ReportUri>) {
    let name = consent_name(policy_domain, host);
    let missing =
        |name: String, reason: &str| (Consent::Missing { name, reason: reason.to_owned() }, Vec::new());
    if name.len() > MAX_NAME {
        return missing(name, "longer than a dns name may be");
    }
    let texts = match walker.texts(&name).await {
        Texts::Some(texts, _) => texts,
        Texts::None { .. } => return missing(name, "no record"),
        Texts::Undetermined(undetermined) => return (undecided(undetermined, || name), Vec::new()),
    };
    let records: Vec<Record> = texts.iter().filter_map(|text| Record::parse(text).ok()).collect();
    if records.is_empty() {
        return missing(name, "no record there begins with v=DMARC1");
    }
    let replacements: Vec<ReportUri> = records.iter().flat_map(|record| wanted.of(record)).cloned().collect();
    if let Some(other) = replacements.iter().find(|other| other.host.as_ref() != Some(host)) {
        return (Consent::Elsewhere { name, uri: other.uri.clone() }, Vec::new());
    }
    if replacements.is_empty() {
        (Consent::Given { name, replaced: false }, vec![uri.clone()])
    } else {
        (Consent::Given { name, replaced: true }, replacements)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{domain, zone};
    use crate::{MAX_QUERIES, record};

    /// RFC 9990 §4, RFC 9989 appendix B.2.3, B.2.4.
    #[tokio::test]
    async fn consent_of_report_destinations() {
        let third = "ruf=mailto:auth@third.example.net; p=none";
        // The record at example.com, other records; consent, where reports go.
        let table = [
            ("rua=mailto:a@example.com", "", "not_needed", "mailto:a@example.com"),
            ("rua=mailto:a@reports.example.com!10m", "", "not_needed", "mailto:a@reports.example.com"),
            (third, "", "missing", ""),
            (
                third,
                "example.com._report._dmarc.third.example.net. TXT \"v=DMARC1;\"",
                "given",
                "mailto:auth@third.example.net",
            ),
            (
                third,
                "example.com._report._dmarc.third.example.net. TXT \"v=DMARC1\"",
                "given",
                "mailto:auth@third.example.net",
            ),
            (
                third,
                "*._report._dmarc.third.example.net. TXT \"v=DMARC1\"",
                "given",
                "mailto:auth@third.example.net",
            ),
            (third, "example.com._report._dmarc.third.example.net. TXT \"v=dmarc1\"", "missing", ""),
            (third, "example.com._report._dmarc.example.net. TXT \"v=DMARC1\"", "missing", ""),
            (third, "third.example.net._report._dmarc.example.com. TXT \"v=DMARC1\"", "missing", ""),
            (
                third,
                "example.com._report._dmarc.third.example.net. TXT \"v=spf1 -all\"\nexample.com._report._dmarc.third.example.net. TXT \"v=DMARC1\"\nexample.com._report._dmarc.third.example.net. TXT \"v=DMARC1; x=y\"",
                "given",
                "mailto:auth@third.example.net",
            ),
            (
                third,
                "example.com._report._dmarc.third.example.net. TXT \"v=DMARC1; rua=mailto:agg@third.example.net; ruf=mailto:fail@third.example.net,mailto:g@third.example.net\"",
                "given",
                "mailto:fail@third.example.net mailto:g@third.example.net",
            ),
            (
                third,
                "example.com._report._dmarc.third.example.net. TXT \"v=DMARC1; rua=mailto:agg@third.example.net\"",
                "given",
                "mailto:auth@third.example.net",
            ),
            (
                third,
                "example.com._report._dmarc.third.example.net. TXT \"v=DMARC1; ruf=mailto:victim@example.org\"",
                "elsewhere",
                "",
            ),
            (
                third,
                "example.com._report._dmarc.third.example.net. TXT \"v=DMARC1; ruf=mailto:a@example.net\"",
                "elsewhere",
                "",
            ),
            (third, "example.com._report._dmarc.third.example.net. TXT ; servfail", "unknown", ""),
            (third, "example.com._report._dmarc.third.example.net. TXT ; bogus", "unknown", ""),
            (third, "_dmarc.com. TXT ; servfail", "unknown", ""),
            ("rua=mailto:a@b.example.com", "b.example.com: psd=n", "missing", ""),
            ("rua=mailto:a@b.example.com", "_dmarc.b.example.com. TXT ; servfail", "unknown", ""),
            ("rua=mailto:a@example.com", "_dmarc.com. TXT ; servfail", "not_needed", "mailto:a@example.com"),
            ("rua=https://192.0.2.1/", "", "no_host", ""),
            (
                "rua=https://r.example.net/x",
                "*._report._dmarc.r.example.net. TXT \"v=DMARC1\"",
                "given",
                "https://r.example.net/x",
            ),
        ];
        for (tags, others, consent, send_to) in table {
            let sim = zone(&format!("example.com: {tags}\n{others}"));
            let record = Record::parse(&format!("v=DMARC1; {tags}")).unwrap();
            let found = destinations(&sim, &domain("example.com"), &record).await;
            let [destination] = found.as_slice() else { panic!("{found:?}") };
            let json = serde_json::to_value(destination).unwrap();
            assert_eq!(json["consent"], consent, "{tags} with {others}");
            let uris: Vec<&str> = destination.send_to.iter().map(|uri| uri.uri.as_str()).collect();
            assert_eq!(uris.join(" "), send_to, "{tags} with {others}");
        }
    }

    #[tokio::test]
    async fn consent_costs_bounded_questions() {
        let uris = |n: usize| -> String {
            let uri = |i: usize| format!("mailto:a@a.b.c.d.e.f.g.h{i}.example.com");
            (0..n).map(uri).collect::<Vec<_>>().join(",")
        };
        let text = format!("v=DMARC1; p=none; rua={}; ruf={}", uris(10), uris(30));
        let record = Record::parse(&text).unwrap();
        let sim = zone("example.com: p=none");
        let found = destinations(&sim, &domain("example.com"), &record).await;
        assert_eq!(found.len(), 2 * record::MAX_URIS);
        assert!(sim.query_count() <= MAX_QUERIES as usize);
        let long = format!("{}example.org", "abcdefghi.".repeat(22));
        let record = Record::parse(&format!("v=DMARC1; p=none; rua=mailto:a@{long}")).unwrap();
        let found = destinations(&sim, &domain("example.com"), &record).await;
        assert!(matches!(&found[0].consent, Consent::Missing { reason, .. } if reason.contains("longer")));
    }
}
