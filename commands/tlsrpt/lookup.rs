//! `mox tlsrpt lookup`: where reports about TLS to a domain go.

use serde::Serialize;

use mox_address::Domain;
use mox_admin::ops::TlsRecordDestination;
use mox_tlsrpt::{Record, RecordLookup, Target};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Domain of recipients, or, for reports about DANE, a mail host
    domain: Domain,
}

pub(crate) const EXAMPLES: &[Example] = &[Example {
    run: "mox tlsrpt lookup example.org",
    about: "Addresses and URLs that want reports",
    needs: Needs::World,
}];

/// The record of a domain.
#[derive(Serialize)]
struct Report {
    domain: Domain,
    /// Name of the TXT record.
    name: String,
    /// `found`, `absent`, `several`, `invalid`, `unknown` where DNS cannot say.
    state: &'static str,
    /// The records as published.
    texts: Vec<String>,
    /// Where reports go.
    destinations: Vec<TlsRecordDestination>,
    record: Option<Record>,
    record_text: Option<String>,
    /// Whether DNSSEC proves the record, or that there is none.
    record_authentic: Option<bool>,
    problems: Vec<Problem>,
}

#[derive(Serialize)]
struct Problem {
    /// A stable word.
    code: &'static str,
    text: String,
    temporary: bool,
}

impl Report {
    fn of(domain: &Domain, found: RecordLookup) -> Report {
        let state = match &found {
            RecordLookup::Found { .. } => "found",
            RecordLookup::Absent { .. } => "absent",
            RecordLookup::Several(_) => "several",
            RecordLookup::Invalid { .. } => "invalid",
            RecordLookup::Temporary(_) => "unknown",
        };
        let mut texts = Vec::new();
        let (mut record, mut record_text, mut record_authentic) = (None, None, None);
        let mut problems = Vec::new();
        let mut problem = |code, text, temporary| problems.push(Problem { code, text, temporary });
        match found {
            RecordLookup::Found { record: found, text, authentic } => {
                for uri in found.rua.iter().filter(|uri| uri.target == Target::Unsupported) {
                    let text = format!("reports cannot go to {uri}: neither mailto: nor https:");
                    problem("unsupported-uri", text, false);
                }
                (record, record_text, record_authentic) = (Some(found), Some(text), Some(authentic));
            }
            RecordLookup::Absent { authentic } => {
                record_authentic = Some(authentic);
                problem("no-record", "there is no record".to_owned(), false);
            }
            RecordLookup::Several(several) => {
                let text = format!("there are {} records, which counts as none", several.len());
                problem("multiple-records", text, false);
                texts = several;
            }
            RecordLookup::Invalid { text, error } => {
                record_text = Some(text);
                let text = format!("the record is not valid, which counts as none: {error}");
                problem("record-syntax-error", text, false);
            }
            RecordLookup::Temporary(error) => {
                problem("dns-lookup", format!("looking for the record: {error}"), true);
            }
        }
        let name = mox_tlsrpt::record_name(domain);
        texts.extend(record_text.clone());
        let rua = record.iter().flat_map(|record: &Record| &record.rua);
        let destinations = rua.map(|uri| TlsRecordDestination {
            uri: uri.to_string(),
            usable: uri.target != Target::Unsupported,
        });
        let destinations = destinations.collect();
        Report {
            domain: domain.clone(),
            name,
            state,
            texts,
            destinations,
            record,
            record_text,
            record_authentic,
            problems,
        }
    }

    fn exit(&self) -> Exit {
        match self.problems.as_slice() {
            [] => Exit::Done,
            // What could not be asked is not known to be wrong.
            problems if problems.iter().all(|p| p.temporary) => Exit::Failed,
            _ => Exit::Problems,
        }
    }
}

impl Show for Report {
    fn show(&self, page: &mut Page) {
        page.field("domain", self.domain.unicode());
        page.field("record", self.record_text.as_deref().unwrap_or("none"));
        if let Some(authentic) = self.record_authentic {
            page.field("dnssec", if authentic { "proves it" } else { "does not prove it" });
        }
        for uri in self.record.iter().flat_map(|record| &record.rua) {
            match &uri.target {
                Target::Mail(address) => page.field("mail to", address.unicode()),
                Target::Https(url) => page.field("post to", url),
                Target::Unsupported => {}
            }
        }
        for problem in &self.problems {
            page.verdict(Some(false), &problem.text);
        }
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let asker = cx.asker()?;
    let resolver = asker.resolver();
    let found = asker.run(mox_tlsrpt::lookup_record(&*resolver, &args.domain));
    let report = Report::of(&args.domain, found);
    cx.print(&report)?;
    Ok(report.exit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_decide_the_exit_code() {
        let domain: Domain = "example.org".parse().unwrap();
        let text = "v=TLSRPTv1; rua=ftp://x.example/,mailto:a@example.org".to_owned();
        let found = |text: &str| RecordLookup::Found {
            record: text.parse().unwrap(),
            text: text.into(),
            authentic: true,
        };
        for (lookup, codes, exit) in [
            (found("v=TLSRPTv1; rua=mailto:a@example.org"), &[][..], Exit::Done),
            (found(&text), &["unsupported-uri"], Exit::Problems),
            (RecordLookup::Absent { authentic: false }, &["no-record"], Exit::Problems),
            (RecordLookup::Several(vec![text.clone(), text.clone()]), &["multiple-records"], Exit::Problems),
            (
                RecordLookup::Invalid { text, error: mox_tlsrpt::RecordError::NoRua },
                &["record-syntax-error"],
                Exit::Problems,
            ),
            (RecordLookup::Temporary(mox_dns::Error::temporary("x")), &["dns-lookup"], Exit::Failed),
        ] {
            let report = Report::of(&domain, lookup);
            let found: Vec<&str> = report.problems.iter().map(|p| p.code).collect();
            assert_eq!((found.as_slice(), report.exit()), (codes, exit));
            report.show(&mut Page::new(false));
        }
    }
}
