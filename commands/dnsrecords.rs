//! `mox dnsrecords`: the records that a domain of the configuration should have.

use std::sync::Arc;

use mox_address::Domain;
use mox_admin::ops::DnsProvider;
use mox_dnscheck::{Published, Row, TTL, published, zone_text};
use serde::Serialize;

use crate::context::Context;
use crate::dnscheck::{configuration, expected, world};
use crate::error::{CommandError, Exit};
use crate::fetcher::WebOptions;
use crate::output::{Page, Show};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// A domain of the configuration
    domain: Domain,
    /// Lines of a zone file, or a table
    #[arg(long, value_name = "FORM", value_enum, default_value_t = Form::Zone)]
    form: Form,
    /// Ask DNS which of them are there
    #[arg(long)]
    look: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Form {
    Zone,
    Table,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox dnsrecords localhost --config mox.conf",
        about: "Lines for the zone file of the domain",
        needs: Needs::Config,
    },
    Example {
        run: "mox dnsrecords localhost --form table --config mox.conf",
        about: "A table, for a provider's web form",
        needs: Needs::Config,
    },
    Example {
        run: "mox dnsrecords example.org --look --form table",
        about: "Which of them DNS has",
        needs: Needs::World,
    },
    Example {
        run: "mox dnsrecords localhost --json --config mox.conf",
        about: "The same for scripts",
        needs: Needs::Config,
    },
];

/// The same command below `mox config`.
pub(crate) const CONFIG_EXAMPLES: &[Example] = &[Example {
    run: "mox config dnsrecords localhost --config mox.conf",
    about: "Lines for the zone file of the domain",
    needs: Needs::Config,
}];

#[derive(Serialize)]
struct Report {
    domain: Domain,
    records: Vec<Line>,
    /// Who has the zone, where it is somebody known.
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<DnsProvider>,
    #[serde(skip)]
    rows: Vec<Row>,
    #[serde(skip)]
    form: Form,
}

#[derive(Serialize)]
pub(crate) struct Line {
    name: String,
    ttl: u32,
    #[serde(rename = "type")]
    kind: String,
    /// As in a zone file.
    data: String,
    about: &'static str,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    there: Option<There>,
}

/// What DNS has of a record.
#[derive(Serialize)]
struct There {
    /// `present`, `differs`, `missing`, `unknown`.
    state: &'static str,
    /// What is in its place.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    found: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

impl There {
    fn of(published: Published) -> There {
        let found = published.found.iter().map(|record| format!("{} {record}", record.kind())).collect();
        There { state: published.state.as_str(), found, note: published.note }
    }
}

impl Line {
    pub(crate) fn of(row: &Row) -> Line {
        let (kind, data) = (row.record.kind().to_string(), row.record.to_string());
        Line { name: row.name.clone(), ttl: TTL, kind, data, about: row.about, there: None }
    }
}

impl Line {
    fn show_there(&self, there: &There, page: &mut Page) {
        let ok = match there.state {
            "present" => Some(true),
            "unknown" => None,
            _ => Some(false),
        };
        let instead = there.found.iter().map(|found| format!("; DNS has {found}")).collect::<String>();
        let note = there.note.as_ref().map(|note| format!("; {note}")).unwrap_or_default();
        page.verdict(ok, format_args!("{} {}: {}{instead}{note}", self.name, self.kind, there.state));
    }
}

impl Show for Report {
    fn show(&self, page: &mut Page) {
        match self.form {
            Form::Zone => page.block(&zone_text(&self.rows)),
            Form::Table => table(page, &self.records),
        }
        for line in &self.records {
            if let Some(there) = &line.there {
                line.show_there(there, page);
            }
        }
    }
}

/// Records as a table.
pub(crate) fn table(page: &mut Page, records: &[Line]) {
    let row =
        |line: &Line| vec![line.name.clone(), line.ttl.to_string(), line.kind.clone(), line.data.clone()];
    page.table(&["NAME", ">TTL", "TYPE", "DATA"], records.iter().map(row));
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let config = configuration(cx)?;
    let Some(expected) = expected(cx, config.as_ref(), &args.domain) else {
        let error = CommandError::not_found(format!("{} is not a domain of the configuration", args.domain));
        return Err(error.hint("name the config with --config; `mox config path` shows which is used"));
    };
    let rows = expected.records();
    let mut records: Vec<Line> = rows.iter().map(Line::of).collect();
    if args.look {
        let asker = cx.asker()?;
        let world = world(cx, &asker, &WebOptions::default(), config.as_ref())?;
        let found = asker.run(published(&world, &expected, &rows));
        records.iter_mut().zip(found).for_each(|(line, found)| line.there = Some(There::of(found)));
    }
    let provider = provider(cx, &args.domain);
    for note in provider.iter().flat_map(|provider| &provider.notes) {
        cx.say(format_args!("{}: {note}", provider.as_ref().map_or("", |provider| &provider.name)));
    }
    cx.print(&Report { domain: args.domain, records, provider, rows, form: args.form })?;
    Ok(Exit::Done)
}

/// Who has the zone of a domain; none where DNS does not say so within a second.
fn provider(cx: &mut Context, domain: &Domain) -> Option<DnsProvider> {
    let asker = cx.asker().ok()?;
    let found = asker.run(mox_dnscheck::provider(asker.resolver(), Arc::clone(&cx.clock), domain))?;
    Some(DnsProvider { name: found.name.to_owned(), notes: found.notes() })
}
