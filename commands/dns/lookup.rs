//! `mox dns lookup`: the records of a name, their security status, and how that was found out.
//!
//! RFC 4035 §4.3 has the statuses, RFC 8914 the codes of extended errors.

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde::Serialize;

use mox_address::Domain;
use mox_dns::{Answer, Error, Explained, RecordType, Resolver, Security, reverse_name};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs};

#[derive(clap::Args)]
#[command(allow_missing_positional = true)]
pub(crate) struct Args {
    /// Type of record; ips are A and AAAA
    #[arg(value_name = "TYPE", value_enum, ignore_case = true)]
    kind: Option<Kind>,
    /// Name to look up, from the root whether or not it ends in a dot; with ptr also an address
    name: String,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox dns lookup mx example.org",
        about: "Who takes mail of a domain",
        needs: Needs::World,
    },
    Example { run: "mox dns lookup ptr 192.0.2.1", about: "The names of an address", needs: Needs::World },
    Example {
        run: "mox dns lookup tlsa _25._tcp.mx.example.org --dnssec validate --json",
        about: "A record proved here, whatever the resolver says",
        needs: Needs::World,
    },
];

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Kind {
    Ptr,
    Mx,
    Cname,
    Ips,
    A,
    Aaaa,
    Ns,
    Txt,
    Srv,
    Tlsa,
    Caa,
    Soa,
}

impl Kind {
    /// What to ask for.
    fn types(self) -> &'static [RecordType] {
        match self {
            Kind::Ips => &[RecordType::A, RecordType::Aaaa],
            Kind::Ptr => &[RecordType::Ptr],
            Kind::Mx => &[RecordType::Mx],
            Kind::Cname => &[RecordType::Cname],
            Kind::A => &[RecordType::A],
            Kind::Aaaa => &[RecordType::Aaaa],
            Kind::Ns => &[RecordType::Ns],
            Kind::Txt => &[RecordType::Txt],
            Kind::Srv => &[RecordType::Srv],
            Kind::Tlsa => &[RecordType::Tlsa],
            Kind::Caa => &[RecordType::Caa],
            Kind::Soa => &[RecordType::Soa],
        }
    }

    fn word(self) -> String {
        match self.types() {
            [only] => only.name().to_ascii_lowercase(),
            _ => "ips".to_owned(),
        }
    }
}

/// What a lookup gave. The order is that of weight: the first that one of two lookups gave is what both gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
enum Found {
    Bogus,
    Records,
    Error,
    NoData,
    NxDomain,
}

impl Found {
    fn of(outcome: &Result<Answer, Error>) -> Found {
        match outcome {
            Ok(_) => Found::Records,
            Err(Error::NoData { .. }) => Found::NoData,
            Err(Error::NxDomain { .. }) => Found::NxDomain,
            Err(Error::Bogus { .. }) => Found::Bogus,
            Err(_) => Found::Error,
        }
    }
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct Report {
    /// As it was asked for, an address as its reverse name.
    name: String,
    #[serde(rename = "type")]
    kind: String,
    /// secure, insecure, bogus or indeterminate.
    status: &'static str,
    result: Found,
    /// Whether the status is secure.
    authentic: bool,
    /// How long it may be kept, in seconds, also that there is nothing.
    ttl: Option<u64>,
    /// The name that holds the records.
    expanded_name: Option<String>,
    /// The names that are CNAMEs on the way.
    cnames: Vec<String>,
    records: Vec<Line>,
    /// What went wrong; that there is nothing is no error.
    error: Option<String>,
    extended_error: Option<Extended>,
    /// How the status was found out, a step each.
    why: Vec<String>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct Line {
    #[serde(rename = "type")]
    kind: &'static str,
    /// As in a zone file.
    data: String,
}

/// RFC 8914.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Extended {
    code: u16,
    text: String,
}

impl Report {
    /// What the lookups of all types together gave. Of a bogus answer nothing is shown that could be used.
    fn of(name: &str, kind: Kind, lookups: &[Explained]) -> Report {
        let result = lookups.iter().map(|l| Found::of(&l.outcome)).min().unwrap_or(Found::Error);
        let security = lookups.iter().map(|l| l.security).min_by_key(|s| strength(*s));
        let security = security.unwrap_or(Security::Indeterminate);
        let mut report = Report {
            name: name.to_owned(),
            kind: kind.word(),
            status: security.keyword(),
            result,
            authentic: security == Security::Secure,
            ttl: None,
            expanded_name: None,
            cnames: Vec::new(),
            records: Vec::new(),
            error: None,
            extended_error: None,
            why: Vec::new(),
        };
        for lookup in lookups {
            report.add(&lookup.outcome);
        }
        let mut said = BTreeSet::new();
        let why = lookups.iter().flat_map(|l| &l.why).filter(|step| said.insert(step.as_str()));
        report.why = why.cloned().collect();
        report
    }

    fn add(&mut self, outcome: &Result<Answer, Error>) {
        let ttl = match outcome {
            Ok(answer) if self.result == Found::Records => {
                self.expanded_name = Some(answer.expanded_name.clone());
                self.cnames.clone_from(&answer.cnames);
                let line = |r: &mox_dns::Record| Line { kind: r.kind().name(), data: r.to_string() };
                self.records.extend(answer.records.iter().map(line));
                Some(answer.ttl)
            }
            Err(Error::NoData { ttl, .. } | Error::NxDomain { ttl, .. }) if self.result >= Found::NoData => {
                Some(*ttl)
            }
            Ok(_) | Err(Error::NoData { .. } | Error::NxDomain { .. }) => None,
            Err(error) => {
                if let Error::Bogus { extended: Some(extended) } = error {
                    self.extended_error = Some(Extended { code: extended.code, text: extended.text.clone() });
                }
                if self.error.is_none() || matches!(error, Error::Bogus { .. }) {
                    self.error = Some(error.to_string());
                }
                None
            }
        };
        self.ttl = self.ttl.into_iter().chain(ttl.map(|ttl| ttl.as_secs())).min();
    }

    fn exit(&self) -> Exit {
        match self.result {
            Found::Records => Exit::Done,
            Found::NoData | Found::NxDomain => Exit::NotFound,
            Found::Bogus => Exit::Problems,
            Found::Error => Exit::Failed,
        }
    }
}

/// The order of statuses, the weakest first.
fn strength(security: Security) -> u8 {
    match security {
        Security::Bogus => 0,
        Security::Indeterminate => 1,
        Security::Insecure => 2,
        Security::Secure => 3,
    }
}

/// A name with its final dot.
fn dotted(name: &str) -> String {
    if name.ends_with('.') { name.to_owned() } else { format!("{name}.") }
}

impl Show for Report {
    fn show(&self, page: &mut Page) {
        let owner = dotted(self.expanded_name.as_deref().unwrap_or(&self.name));
        let ttl = self.ttl.unwrap_or_default();
        let next = self.cnames.iter().skip(1).map(String::as_str).chain(self.expanded_name.as_deref());
        for (alias, target) in self.cnames.iter().zip(next) {
            page.line(format!("{} {ttl} IN CNAME {}", dotted(alias), dotted(target)));
        }
        for record in &self.records {
            page.line(format!("{owner} {ttl} IN {} {}", record.kind, record.data));
        }
        match self.result {
            Found::Records | Found::Bogus | Found::Error => {}
            Found::NoData => page.line(format!("; {owner} has no records of this type")),
            Found::NxDomain => page.line(format!("; {owner} does not exist")),
        }
        page.line("");
        let ok = match self.status {
            "secure" => Some(true),
            "bogus" => Some(false),
            _ => None,
        };
        page.verdict(ok, self.status);
        if let Some(error) = &self.error {
            page.field("error", error);
        }
        for step in &self.why {
            page.field("why", step);
        }
    }
}

/// What to ask for: the name and the kind of records.
fn question(args: &Args) -> Result<(String, Kind), CommandError> {
    let ip = args.name.trim_matches(['[', ']']).parse::<IpAddr>().ok();
    Ok(match (ip, args.kind) {
        (Some(ip), None | Some(Kind::Ptr)) => (reverse_name(ip), Kind::Ptr),
        (Some(_), Some(_)) => {
            return Err(CommandError::usage(format!("{} is an address, not a name", args.name))
                .hint("its names are found with the type `ptr`"));
        }
        (None, kind) if args.name.is_ascii() => (args.name.clone(), kind.unwrap_or(Kind::Ips)),
        (None, kind) => {
            let name: Domain = args.name.parse().map_err(CommandError::usage)?;
            (name.ascii().to_owned(), kind.unwrap_or(Kind::Ips))
        }
    })
}

async fn ask(resolver: &dyn Resolver, name: &str, kind: Kind) -> Result<Report, CommandError> {
    let mut lookups = Vec::new();
    for kind in kind.types() {
        let lookup = resolver.explain(name, *kind).await;
        match lookup.outcome {
            Err(bad @ Error::BadName(_)) => return Err(CommandError::usage(bad)),
            _ => lookups.push(lookup),
        }
    }
    Ok(Report::of(name, kind, &lookups))
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let (name, kind) = question(&args)?;
    let asker = cx.asker()?;
    let resolver = asker.resolver();
    let report = asker.run(ask(&*resolver, &name, kind))?;
    cx.print(&report)?;
    Ok(report.exit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use mox_dns::sim::SimResolver;

    fn look(kind: Option<Kind>, name: &str) -> Result<Report, CommandError> {
        let zone = "
            example.org. A 192.0.2.1
            example.org. AAAA 2001:db8::1
            example.org. TXT \"a \\\"b\\\"\"
            alias.example.org. CNAME example.org.
            plain.example. A 192.0.2.2 ; insecure
            half.example. A 192.0.2.3
            half.example. AAAA ; servfail
            forged.example. A 192.0.2.4
            forged.example. AAAA ; bogus
            down.example. ANY ; servfail
            1.2.0.192.in-addr.arpa. PTR example.org.
        ";
        let sim = SimResolver::from_zone(zone).unwrap();
        let (name, kind) = question(&Args { kind, name: name.to_owned() })?;
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let report = runtime.block_on(ask(&sim, &name, kind))?;
        report.show(&mut Page::new(false));
        Ok(report)
    }

    #[test]
    fn results_statuses_and_exit_codes() {
        let all = "192.0.2.1 2001:db8::1";
        for (kind, name, status, result, records, exit) in [
            (None, "example.org", "secure", Found::Records, all, Exit::Done),
            (None, "alias.example.org.", "secure", Found::Records, all, Exit::Done),
            (Some(Kind::Txt), "example.org", "secure", Found::Records, "\"a \\\"b\\\"\"", Exit::Done),
            (Some(Kind::Mx), "example.org", "secure", Found::NoData, "", Exit::NotFound),
            (Some(Kind::A), "none.example", "secure", Found::NxDomain, "", Exit::NotFound),
            (None, "none.example", "secure", Found::NxDomain, "", Exit::NotFound),
            (Some(Kind::A), "plain.example", "insecure", Found::Records, "192.0.2.2", Exit::Done),
            (Some(Kind::Aaaa), "forged.example", "bogus", Found::Bogus, "", Exit::Problems),
            (None, "forged.example", "bogus", Found::Bogus, "", Exit::Problems),
            (None, "half.example", "indeterminate", Found::Records, "192.0.2.3", Exit::Done),
            (None, "down.example", "indeterminate", Found::Error, "", Exit::Failed),
            (Some(Kind::Ptr), "192.0.2.1", "secure", Found::Records, "example.org.", Exit::Done),
            (None, "192.0.2.1", "secure", Found::Records, "example.org.", Exit::Done),
        ] {
            let report = look(kind, name).unwrap();
            let data: Vec<&str> = report.records.iter().map(|line| line.data.as_str()).collect();
            assert_eq!(
                (report.status, report.result, data.join(" ").as_str(), report.exit()),
                (status, result, records, exit),
                "{kind:?} {name}"
            );
            assert_eq!(
                report.error.is_some(),
                result == Found::Error || status == "bogus" || name == "half.example"
            );
        }
    }

    #[test]
    fn the_way_is_shown() {
        let report = look(Some(Kind::A), "alias.example.org").unwrap();
        assert_eq!(report.expanded_name.as_deref(), Some("example.org"));
        assert_eq!(report.cnames, ["alias.example.org"]);
        let mut page = Page::new(false);
        report.show(&mut page);
        let ttl = report.ttl.unwrap();
        let expected =
            format!("alias.example.org. {ttl} IN CNAME example.org.\nexample.org. {ttl} IN A 192.0.2.1\n");
        assert!(page.text().starts_with(&expected), "{}", page.text());
    }

    #[test]
    fn what_is_no_name_is_a_mistake_of_the_user() {
        for (kind, name) in [(Some(Kind::Mx), "192.0.2.1"), (None, "a..b"), (None, "ü..b"), (None, "")] {
            assert_eq!(look(kind, name).unwrap_err().kind, Exit::Usage, "{name}");
        }
    }
}
