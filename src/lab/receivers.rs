//! Domains that take mail, or do not, each in its way: the table from which zones, hosts, policies and expectations are
//! made. A new way to fail is one row in a file of its group.
//!
//! Texts of rows are templates: `{d}` is the domain, `{ip}` and `{ip6}` are the addresses of its host, `{web}` that of
//! the policy hosts, `{dead}` one where nothing listens, `{host}`, `{other}` and `{ca}` the SHA-256 digests of the
//! public keys of the hosts, of no host, and of the authority. RFC 8460, 8461, 7672.

mod certificates;
mod dane;
mod fine;
mod reporting;
mod starttls;
mod sts;
mod weather;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;

use mox_tlsrpt::{PolicyType, ResultType};

use crate::expect::{Delivery, Expect, ExpectedDetail, ExpectedResult, Receiving, ResultKind};
use crate::hosts::Host;
use crate::web::Web;
use crate::{DOMAIN, LabDomain, LabStep, keys};

pub(crate) use weather::GREYLIST_SECS;

/// A domain.
#[derive(Clone, Copy)]
pub(crate) struct Row {
    /// Its name, below [`DOMAIN`].
    pub(crate) name: &'static str,
    /// What it does.
    pub(crate) does: &'static str,
    /// Its records, without those that ask for reports.
    pub(crate) zone: &'static [&'static str],
    /// Where reports about it go, as in its TLSRPT record; empty for no record.
    pub(crate) rua: &'static str,
    /// How its host behaves.
    pub(crate) host: Host,
    /// What its policy host serves.
    pub(crate) web: Web,
    /// What becomes of mail.
    pub(crate) delivery: Delivery,
    /// What becomes of mail that asks for REQUIRETLS.
    pub(crate) with_requiretls: Option<Delivery>,
    /// What the first attempt adds.
    pub(crate) results: &'static [Res],
    /// What it does next, in order.
    pub(crate) steps: &'static [Step],
}

/// What a domain with a history does next.
#[derive(Clone, Copy)]
pub(crate) struct Step {
    /// What.
    pub(crate) does: &'static str,
    /// The time that passes by itself until then, when nobody has to move it on.
    pub(crate) after_secs: Option<u64>,
    /// Its records from then on, all of them but those that ask for reports.
    pub(crate) zone: &'static [&'static str],
    /// Where reports go from then on.
    pub(crate) rua: &'static str,
    /// How its host behaves from then on.
    pub(crate) host: Host,
    /// What its policy host serves from then on.
    pub(crate) web: Web,
    /// What becomes of mail from then on.
    pub(crate) delivery: Delivery,
    /// What the first attempt from then on adds.
    pub(crate) results: &'static [Res],
}

/// What one attempt adds for one policy.
#[derive(Clone, Copy)]
pub(crate) struct Res {
    pub(crate) kind: ResultKind,
    /// The policy domain.
    pub(crate) of: &'static str,
    pub(crate) policy: Pol,
    pub(crate) ok: u64,
    pub(crate) failed: u64,
    pub(crate) details: &'static [Det],
}

/// A policy as reports tell it.
#[derive(Clone, Copy)]
pub(crate) enum Pol {
    /// None is known.
    None,
    /// That of the domain, whose text this is.
    Sts(&'static str),
    /// There should be one.
    StsUnknown,
    /// TLSA records, sorted; none when they cannot be looked up.
    Tlsa(&'static [&'static str]),
}

/// A failure: result type, reason code, host.
pub(crate) struct Det(pub(crate) ResultType, pub(crate) &'static str, pub(crate) &'static str);

/// The usual MX host.
pub(crate) const MX: &str = "mx.{d}";

/// Records of a domain with the usual MX host.
pub(crate) const HOSTED: &str = "
    {d} MX 10 mx.{d}
    mx.{d} A {ip}";

/// Records of a domain with an MTA-STS policy.
pub(crate) const WITH_STS: &str = "
    _mta-sts.{d} TXT \"v=STSv1; id=1\"
    mta-sts.{d} A {web}";

/// The TLSA record that fits the host.
pub(crate) const WITH_TLSA: &str = "_25._tcp.mx.{d} TLSA 3 1 1 {host}";

/// The policy of that record.
pub(crate) const TLSA: Pol = Pol::Tlsa(&["3 1 1 {host}"]);

/// The usual MTA-STS policy.
pub(crate) const ENFORCE: &str = "version: STSv1\nmode: enforce\nmx: mx.{d}\nmax_age: 864000\n";

/// The same, only tried.
pub(crate) const TESTING: &str = "version: STSv1\nmode: testing\nmx: mx.{d}\nmax_age: 864000\n";

/// Where most want reports.
pub(crate) const RUA: &str = "mailto:tlsrpt@rua.lab.test";

/// One that behaves, to fill rows up.
pub(crate) const ROW: Row = Row {
    name: "",
    does: "",
    zone: &[HOSTED],
    rua: RUA,
    host: Host::FINE,
    web: Web::Nothing,
    delivery: Delivery::Delivered,
    with_requiretls: None,
    results: &[],
    steps: &[],
};

/// One that behaves, to fill steps up.
pub(crate) const STEP: Step = Step {
    does: "",
    after_secs: None,
    zone: &[HOSTED],
    rua: RUA,
    host: Host::FINE,
    web: Web::Nothing,
    delivery: Delivery::Delivered,
    results: &[],
};

/// Sessions that went well, failed, and how, by the policy of the domain.
pub(crate) const fn domain(policy: Pol, ok: u64, failed: u64, details: &'static [Det]) -> Res {
    Res { kind: ResultKind::Domain, of: "{d}", policy, ok, failed, details }
}

/// The same by the policy of the usual MX host.
pub(crate) const fn host(policy: Pol, ok: u64, failed: u64, details: &'static [Det]) -> Res {
    Res { kind: ResultKind::Host, of: MX, policy, ok, failed, details }
}

/// A group of rows.
pub(crate) struct Group {
    /// Its name.
    pub(crate) name: &'static str,
    /// Its rows.
    pub(crate) rows: &'static [Row],
}

const GROUPS: &[Group] = &[
    Group { name: "fine", rows: fine::ROWS },
    Group { name: "starttls", rows: starttls::ROWS },
    Group { name: "certificate", rows: certificates::ROWS },
    Group { name: "dane", rows: dane::ROWS },
    Group { name: "mta-sts", rows: sts::ROWS },
    Group { name: "requiretls", rows: fine::REQUIRETLS },
    Group { name: "weather", rows: weather::ROWS },
    Group { name: "reports", rows: reporting::ROWS },
];

/// A row with all that is made of it.
pub(crate) struct Receiver {
    /// The row.
    pub(crate) row: &'static Row,
    /// The whole name.
    pub(crate) name: String,
    /// Number of its host in the networks of the lab.
    pub(crate) number: u8,
    /// What is told of it.
    pub(crate) domain: LabDomain,
}

/// All of them.
pub(crate) fn all() -> &'static [Receiver] {
    static ALL: LazyLock<Vec<Receiver>> = LazyLock::new(|| {
        let rows = GROUPS.iter().flat_map(|group| group.rows.iter().map(|row| (group.name, row)));
        (FIRST..=LAST).zip(rows).map(|(number, (group, row))| receiver(number, group, row)).collect()
    });
    &ALL
}

/// Address of the policy hosts and of those that take reports by HTTPS.
pub(crate) const WEB: u8 = 2;
/// Where nothing listens.
pub(crate) const DEAD: u8 = 3;
/// The host that takes reports by mail.
pub(crate) const REPORTS: u8 = 4;
const FIRST: u8 = 10;
const LAST: u8 = 254;

/// The IPv4 address with this number.
pub(crate) fn ipv4(number: u8) -> Ipv4Addr {
    Ipv4Addr::new(198, 51, 100, number)
}

/// The IPv6 address with this number.
pub(crate) fn ipv6(number: u8) -> Ipv6Addr {
    Ipv6Addr::new(0x2001, 0xdb8, 0x1ab, 0, 0, 0, 0, u16::from(number))
}

/// The number of an address in the networks of the lab, 0 for those that nobody has; none for other addresses.
pub(crate) fn number(ip: IpAddr) -> Option<u8> {
    match ip {
        IpAddr::V4(v4) => match v4.octets() {
            [198, 51, 100, number] => Some(number),
            _ => None,
        },
        IpAddr::V6(v6) => match v6.segments() {
            [0x2001, 0xdb8, 0x1ab, 0, 0, 0, 0, last] => Some(u8::try_from(last).unwrap_or(0)),
            [0x2001, 0xdb8, 0x1ab, 0, ..] => Some(0),
            _ => None,
        },
    }
}

fn receiver(number: u8, group: &'static str, row: &'static Row) -> Receiver {
    let name = format!("{}.{DOMAIN}", row.name);
    let blank = Blanks { name: &name, number };
    let steps = row.steps.iter().map(|step| LabStep {
        does: blank.fill(step.does),
        after_secs: step.after_secs,
        expect: Expect::Receiving(blank.expect(step.delivery, None, step.results)),
        zone: blank.zone(step.zone, step.rua),
    });
    let domain = LabDomain {
        name: name.clone(),
        group,
        does: blank.fill(row.does),
        expect: Expect::Receiving(blank.expect(row.delivery, row.with_requiretls, row.results)),
        steps: steps.collect(),
        zone: blank.zone(row.zone, row.rua),
    };
    Receiver { row, number, domain, name }
}

impl Receiver {
    /// A template of the row, filled in.
    pub(crate) fn fill(&self, text: &str) -> String {
        Blanks { name: &self.name, number: self.number }.fill(text)
    }
}

/// What stands in the blanks of templates.
struct Blanks<'a> {
    name: &'a str,
    number: u8,
}

impl Blanks<'_> {
    fn fill(&self, text: &str) -> String {
        static DIGESTS: LazyLock<[String; 3]> =
            LazyLock::new(|| [keys::HOST, keys::OTHER, keys::AUTHORITY].map(keys::digest));
        let [host, other, ca] = &*DIGESTS;
        text.replace("{d}", self.name)
            .replace("{ip}", &ipv4(self.number).to_string())
            .replace("{ip6}", &ipv6(self.number).to_string())
            .replace("{web}", &ipv4(WEB).to_string())
            .replace("{dead}", &ipv4(DEAD).to_string())
            .replace("{host}", host)
            .replace("{other}", other)
            .replace("{ca}", ca)
    }

    fn zone(&self, parts: &[&str], rua: &str) -> String {
        let mut zone = parts.iter().map(|part| self.fill(part)).collect::<Vec<_>>().join("\n");
        if !rua.is_empty() {
            zone.push_str(&format!("\n_smtp._tls.{} TXT \"v=TLSRPTv1; rua={}\"", self.name, self.fill(rua)));
        }
        zone
    }

    fn expect(&self, delivery: Delivery, with_requiretls: Option<Delivery>, results: &[Res]) -> Receiving {
        let results = results.iter().map(|result| self.result(result)).collect();
        Receiving { delivery, with_requiretls, results }
    }

    fn result(&self, result: &Res) -> ExpectedResult {
        let policy = |kind, strings, mx_host| (kind, strings, mx_host);
        let (policy_type, policy_string, mx_host) = match result.policy {
            Pol::None => policy(PolicyType::NoPolicyFound, Vec::new(), Vec::new()),
            Pol::StsUnknown => policy(PolicyType::Sts, Vec::new(), Vec::new()),
            Pol::Sts(text) => {
                let lines: Vec<String> = self.fill(text).lines().map(str::to_owned).collect();
                let mx = lines.iter().filter_map(|line| line.strip_prefix("mx: ")).map(str::to_owned);
                policy(PolicyType::Sts, lines.clone(), mx.collect())
            }
            Pol::Tlsa(records) => {
                let mut records: Vec<String> = records.iter().map(|record| self.fill(record)).collect();
                records.sort();
                policy(PolicyType::Tlsa, records, Vec::new())
            }
        };
        let details = result.details.iter().map(|Det(result, reason, host)| ExpectedDetail {
            result: result.clone(),
            reason: (*reason).to_owned(),
            mx_hostname: self.fill(host),
            failed: 1,
        });
        ExpectedResult {
            policy_domain: self.fill(result.of),
            recipient_domain: self.name.to_owned(),
            kind: result.kind,
            policy_type,
            policy_string,
            mx_host,
            successful: result.ok,
            failed: result.failed,
            details: details.collect(),
        }
    }
}

#[cfg(test)]
mod tests;
