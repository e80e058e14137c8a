//! `mox dkim lookup`: the public key of a selector.

use serde::Serialize;

use mox_address::Domain;
use mox_dkim::{LookupError, PublicKey, Record, key_name, lookup};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs};

/// Exit code 3 when there is no key that can be used, 1 when DNS did not answer.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Selector, s= of a signature
    #[arg(value_parser = super::sign::selector)]
    selector: String,
    /// Domain, d= of a signature
    domain: Domain,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox dkim lookup 2026a example.org",
        about: "Record, key size, flags",
        needs: Needs::World,
    },
    Example {
        run: "mox dkim lookup 2026a example.org --json --resolver 192.0.2.53",
        about: "Ask a name server directly",
        needs: Needs::World,
    },
];

/// What was found.
#[derive(Serialize)]
struct Report {
    /// Name of the TXT record.
    name: String,
    /// Its text.
    record_text: Option<String>,
    record: Option<Record>,
    key_bits: Option<u32>,
    /// `t=y`.
    testing: bool,
    /// Whether DNSSEC proves the record, or that there is none.
    authentic: bool,
    /// Why the key cannot be used.
    problem: Option<String>,
    /// DNS did not answer: it may be there.
    temporary: bool,
}

impl Report {
    fn of(name: String, found: Result<mox_dkim::Found, LookupError>) -> Report {
        let mut report = Report {
            name,
            record_text: None,
            record: None,
            key_bits: None,
            testing: false,
            authentic: false,
            problem: None,
            temporary: false,
        };
        match found {
            Ok(found) => {
                match PublicKey::from_record(&found.record) {
                    Ok(key) => report.key_bits = Some(key.bits()),
                    Err(error) => report.problem = Some(error.to_string()),
                }
                if !found.record.serves("email") {
                    report.problem.get_or_insert_with(|| "the key is not for email (s=)".to_owned());
                }
                report.testing = found.record.is_testing();
                report.authentic = found.authentic;
                report.record_text = Some(found.text);
                report.record = Some(found.record);
            }
            Err(error) => {
                report.authentic = error.is_authentic();
                report.temporary = error.is_temporary();
                report.problem = Some(error.to_string());
                if let LookupError::Malformed { text, .. } = error {
                    report.record_text = Some(text);
                }
            }
        }
        report
    }
}

impl Show for Report {
    fn show(&self, page: &mut Page) {
        page.field("name", &self.name);
        if let Some(text) = &self.record_text {
            page.field("record", text);
        }
        if let (Some(record), Some(bits)) = (&self.record, self.key_bits) {
            page.field("key", format!("{}, {bits} bits", record.key_type));
        }
        if self.testing {
            page.field("testing", "yes (t=y)");
        }
        page.field("dnssec", if self.authentic { "authentic" } else { "not proved" });
        match &self.problem {
            None => page.verdict(Some(true), "the key can be used"),
            Some(problem) => page.verdict(if self.temporary { None } else { Some(false) }, problem),
        }
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let name = key_name(&args.selector, &args.domain);
    let asker = cx.asker()?;
    let resolver = asker.resolver();
    let found = asker.run(lookup(resolver.as_ref(), &name));
    let report = Report::of(name, found);
    cx.print(&report)?;
    Ok(match report.problem {
        None => Exit::Done,
        Some(_) if report.temporary => Exit::Failed,
        Some(_) => Exit::Problems,
    })
}
