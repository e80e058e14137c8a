//! The records that a domain of ours should have, and how they look in a zone file.
//!
//! RFC 1035 §5.1 (zone files), 6186 and 8314 §5.1 (services for mail programs), 8659 and 8657 (CAA).

use std::fmt;
use std::net::IpAddr;

use mox_address::Domain;
use mox_dns::Record;

use crate::Expected;

/// Time to live of the records, in seconds: short, so that mistakes are mended soon.
pub const TTL: u32 = 300;

/// A record of a zone file. Displays as its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Absolute, without the final dot.
    pub name: String,
    /// Type and data.
    pub record: Record,
    /// What it is for.
    pub about: &'static str,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}. {TTL} IN {} {}", self.name, self.record.kind(), self.record)
    }
}

/// A part of a zone file: a comment before each group.
pub fn zone_text(rows: &[Row]) -> String {
    let (mut text, mut about) = (String::new(), "");
    for row in rows {
        if row.about != about {
            about = row.about;
            let gap = if text.is_empty() { "" } else { "\n" };
            text.push_str(&format!("{gap}; {about}\n"));
        }
        text.push_str(&format!("{row}\n"));
    }
    text
}

fn txt(text: impl Into<String>) -> Record {
    Record::Txt(text.into().into_bytes())
}

impl Expected {
    /// The records, those of mail coming in first.
    pub fn records(&self) -> Vec<Row> {
        let mut rows = self.arrival();
        rows.extend(self.senders());
        rows.extend(self.transport());
        rows.extend(self.programs());
        rows.extend(self.authorities());
        rows
    }

    fn arrival(&self) -> Vec<Row> {
        let (domain, host) = (self.domain.ascii(), self.host.ascii());
        let mut rows: Vec<Row> = self.names().flat_map(|name| self.addresses(name)).collect();
        let record = Record::Mx { preference: 10, host: host.to_owned() };
        rows.push(Row { name: domain.to_owned(), record, about: "Where mail for the domain goes" });
        rows.extend(self.names().flat_map(|name| self.keys_of(name)));
        rows
    }

    fn addresses(&self, name: &Domain) -> Vec<Row> {
        let ips = self.own(name.ascii()).map(|(ips, _)| ips).unwrap_or_default();
        let records = ips.iter().map(|ip| match ip {
            IpAddr::V4(ip) => Record::A(*ip),
            IpAddr::V6(ip) => Record::Aaaa(*ip),
        });
        let about = "Addresses of the mail host";
        records.map(|record| Row { name: name.ascii().to_owned(), record, about }).collect()
    }

    fn keys_of(&self, name: &Domain) -> Vec<Row> {
        let keys = self.own(name.ascii()).map(|(_, keys)| keys).unwrap_or_default();
        let row = |key: &mox_dane::Record| Row {
            name: mox_dane::tlsa_name(name, 25),
            record: Record::Tlsa {
                usage: key.usage.number(),
                selector: key.selector.number(),
                matching: key.matching.number(),
                data: key.data.clone(),
            },
            about: "Keys of the mail host (DANE); of use only where DNSSEC signs the zone",
        };
        keys.iter().map(row).collect()
    }

    fn senders(&self) -> Vec<Row> {
        let domain = self.domain.ascii();
        let about = "Who may send mail for the domain, and for the host when it greets (SPF)";
        // Mail leaves from the addresses of further names, too, which are in no MX record.
        let further: String = self.further.iter().map(|own| format!(" a:{}", own.name.ascii())).collect();
        let record = txt(format!("v=spf1 mx{further} ~all"));
        let mut rows = vec![Row { name: domain.to_owned(), record, about }];
        rows.extend(self.names().filter(|name| **name != self.domain).map(|name| Row {
            name: name.ascii().to_owned(),
            record: txt("v=spf1 a -all"),
            about,
        }));
        rows.extend(self.keys.iter().map(|(selector, key)| Row {
            name: format!("{selector}._domainkey.{domain}"),
            record: txt(key.to_string()),
            about: "Keys that mail is signed with (DKIM)",
        }));
        let reports = self.dmarc.as_ref().map(|to| format!("; rua={}", mox_dmarc::ReportUri::mailto(to).uri));
        rows.push(Row {
            name: format!("_dmarc.{domain}"),
            record: txt(format!("v=DMARC1; p=none{}", reports.unwrap_or_default())),
            about: "What to do with forged mail: report it, until `mox dmarc readiness` says that p=reject breaks nothing (DMARC)",
        });
        rows
    }

    fn transport(&self) -> Vec<Row> {
        let domain = self.domain.ascii();
        let mut rows = Vec::new();
        if let Some(id) = &self.policy_id {
            let about = "Others deliver with verified TLS (MTA-STS)";
            let record = txt(format!("v=STSv1; id={id}"));
            rows.push(Row { name: format!("_mta-sts.{domain}"), record, about });
            let record = Record::Cname(self.host.ascii().to_owned());
            rows.push(Row { name: format!("mta-sts.{domain}"), record, about });
        }
        let about = "Where reports about TLS go (TLSRPT)";
        let mut report = |name: &str, to: &mox_address::Address| {
            let record = txt(format!("v=TLSRPTv1; rua={}", mox_tlsrpt::Uri::mail(to.clone())));
            rows.push(Row { name: format!("_smtp._tls.{name}"), record, about });
        };
        if let Some(to) = &self.tls_reports {
            report(domain, to);
        }
        if let (Some(to), true) = (&self.host_tls_reports, self.host != self.domain) {
            report(self.host.ascii(), to);
        }
        rows
    }

    fn programs(&self) -> Vec<Row> {
        let domain = self.domain.ascii();
        let about = "Where mail programs find their servers; a dot says that there is no such service";
        let mut rows: Vec<Row> = Vec::new();
        if self.client_host != self.host {
            let record = Record::Cname(self.host.ascii().to_owned());
            rows.push(Row { name: self.client_host.ascii().to_owned(), record, about });
        }
        if self.autoconfig {
            let record = Record::Cname(self.host.ascii().to_owned());
            rows.push(Row { name: format!("autoconfig.{domain}"), record, about });
            let target = self.host.ascii().to_owned();
            let record = Record::Srv { priority: 0, weight: 1, port: 443, target };
            rows.push(Row { name: format!("_autodiscover._tcp.{domain}"), record, about });
        }
        rows.extend(self.services.iter().map(|service| {
            let (weight, target) = match service.port {
                // Not the name that programs are told, which is an alias: RFC 2782 wants none here.
                Some(_) => (1, self.host.ascii().to_owned()),
                None => (0, ".".to_owned()),
            };
            let record = Record::Srv { priority: 0, weight, port: service.port.unwrap_or(0), target };
            Row { name: format!("{}.{domain}", service.name), record, about }
        }));
        rows
    }

    fn authorities(&self) -> Vec<Row> {
        let domain = self.domain.ascii().to_owned();
        let issuers = self.issuers.iter().map(|issuer| Row {
            name: domain.clone(),
            record: Record::Caa { flags: 0, tag: "issue".to_owned(), value: issuer.to_string().into_bytes() },
            about: "Who may issue certificates (CAA)",
        });
        issuers.collect()
    }
}
