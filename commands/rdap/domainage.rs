//! `mox rdap domainage`: when a domain was registered.

use serde::Serialize;

use mox_address::Domain;
use mox_clock::Timestamp;
use mox_https::Url;
use mox_rdap::{Error, Event, Found};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::fetcher::WebOptions;
use crate::output::{Page, Show};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Domain as it was registered, without host names before it
    domain: Domain,
    /// File that says which server knows which domains
    #[arg(long, value_name = "URL", default_value = mox_rdap::IANA)]
    bootstrap: Url,
    #[command(flatten)]
    web: WebOptions,
}

pub(crate) const EXAMPLES: &[Example] = &[Example {
    run: "mox rdap domainage example.org",
    about: "Date of registration, and how long ago that was",
    needs: Needs::World,
}];

/// Younger domains are trusted less by many who receive mail.
const YOUNG_DAYS: u64 = 42;

/// When a domain was registered.
#[derive(Serialize)]
struct Report {
    domain: Domain,
    /// The last registration, RFC 3339.
    registered: String,
    age_days: u64,
    /// Young enough for others to be wary of its mail.
    young: bool,
    /// Words of its registry.
    status: Vec<String>,
    /// All that its registry says of its life, oldest first.
    events: Vec<Event>,
    /// Who answered.
    source: String,
}

impl Report {
    /// None when the registry does not say when the domain was registered.
    fn of(domain: &Domain, found: Found, now: Timestamp) -> Option<Report> {
        let registered = found.object.registered(now)?;
        let age_days = now.since(registered).as_secs() / 86_400;
        Some(Report {
            domain: domain.clone(),
            registered: registered.rfc3339(),
            age_days,
            young: age_days < YOUNG_DAYS,
            status: found.object.status,
            events: found.object.events,
            source: found.url,
        })
    }
}

impl Show for Report {
    fn show(&self, page: &mut Page) {
        page.field("domain", self.domain.unicode());
        page.field("registered", &self.registered);
        let days = if self.age_days == 1 { "1 day".to_owned() } else { format!("{} days", self.age_days) };
        page.field("age", days);
        page.field("source", &self.source);
        if self.young {
            page.verdict(None, "younger than six weeks: many who receive mail are wary of such domains");
        }
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let asker = cx.asker()?;
    let web = cx.web(&asker, &args.web)?;
    let found = asker.run(mox_rdap::lookup(&web, &args.bootstrap, &args.domain)).map_err(|error| {
        let kind = if matches!(error, Error::NotRegistered(_)) { Exit::NotFound } else { Exit::Failed };
        let told = CommandError::new(kind, anyhow::anyhow!("{error}"));
        match error {
            Error::NotRegistered(_) => {
                told.hint("give the domain as it was registered: example.org, not www.example.org")
            }
            Error::NoServer(_) => told.hint("some registries, mostly of countries, have no such server"),
            _ if error.is_temporary() => told.hint("try again later"),
            _ => told,
        }
    })?;
    let source = found.url.clone();
    let report = Report::of(&args.domain, found, cx.now())
        .ok_or_else(|| CommandError::failed(format!("{source}: no date of registration")))?;
    cx.print(&report)?;
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mox_rdap::DomainObject;

    #[test]
    fn the_age_is_in_whole_days() {
        let now = Timestamp::parse_rfc3339("2026-11-22T10:00:00Z").unwrap();
        for (date, expected) in [
            ("2026-11-21T10:00:01Z", Some((0, true))),
            ("2026-10-12T10:00:00Z", Some((41, true))),
            ("2026-10-11T10:00:00Z", Some((42, false))),
            ("1999-11-22T10:00:00Z", Some((9862, false))),
            ("2027-01-01T00:00:00Z", None),
        ] {
            let json = format!(
                r#"{{"objectClassName":"domain","events":[{{"eventAction":"registration","eventDate":"{date}"}}]}}"#
            );
            let found = Found { object: DomainObject::parse(json.as_bytes()).unwrap(), url: String::new() };
            let report = Report::of(&"example.org".parse().unwrap(), found, now);
            assert_eq!(report.as_ref().map(|r| (r.age_days, r.young)), expected, "{date}");
            if let Some(report) = report {
                report.show(&mut Page::new(false));
            }
        }
    }
}
