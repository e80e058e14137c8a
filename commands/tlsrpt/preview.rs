//! `mox tlsrpt preview`: what would be reported now, to whom, and what is withheld and why.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap_complete::ArgValueCompleter;
use mox_address::Domain;
use mox_admin::ops::{
    ReportDestination, ReportFamily, ReportPreview, ReportPreviewRow, ReportPreviewed, ReportWithheld,
};
use mox_platform::files::{Access, create, create_private_dir};
use mox_tlsrpt::Report;
use mox_tlsrpt::advice::{policy_line, sentences};
use mox_unpack::gzip;

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs, complete};

/// The same is decided as when reports are sent, and nothing is sent or changed. A day that is not over is shown as its
/// report would be now; that of the whole day says more.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Policy domain: a domain of recipients, or an MX host
    #[arg(add = ArgValueCompleter::new(complete::policy_domains))]
    domain: Option<Domain>,
    /// Of this day (UTC): today, yesterday, 2026-11-26
    #[arg(long)]
    day: Option<String>,
    /// Write each report there, as .json and .json.gz; nothing is overwritten
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    out: Option<PathBuf>,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example { run: "mox tlsrpt preview", about: "All reports that wait", needs: Needs::Server },
    Example {
        run: "mox tlsrpt preview example.org --day yesterday --out reports",
        about: "Read the report about one domain before it goes out",
        needs: Needs::Server,
    },
];

impl Show for ReportPreviewed {
    fn show(&self, page: &mut Page) {
        for report in &self.reports {
            show_report(report, page);
        }
        for withheld in &self.withheld {
            show_withheld(withheld, page);
        }
    }
}

/// A report: what it says and where it would go.
pub(super) fn show_report(report: &ReportPreviewRow, page: &mut Page) {
    let goes = report.destinations.iter().any(|d| d.state == "will-send");
    let about = about(&report.policy_domain, &report.kind);
    page.verdict(Some(goes), format_args!("{}: report about {about}", report.day));
    if report.partial {
        page.line("    the day is not over: this is what happened so far, and its own report is made after midnight UTC");
    }
    page.line(format_args!("    id    {}", report.report_id));
    page.line(format_args!("    file  {}", report.file_name));
    match serde_json::from_value::<Report>(report.document.clone()) {
        Ok(document) => {
            for result in &document.policies {
                page.line(format_args!("    says  {}", policy_line(result)));
                for told in sentences(result) {
                    page.line(format_args!("            {}", told.what));
                }
            }
        }
        Err(error) => page.line(format_args!("    says  what this version of mox cannot read: {error}")),
    }
    for destination in &report.destinations {
        page.line(format_args!("    to    {}", destination_line(destination)));
    }
    if report.destinations.is_empty() {
        page.line("    to    nobody: the record names no destination");
    }
}

fn show_withheld(withheld: &ReportWithheld, page: &mut Page) {
    let about = about(&withheld.policy_domain, &withheld.kind);
    page.verdict(None, format_args!("{}: no report about {about}: {}", withheld.day, withheld.why));
}

/// What a report is about: a domain of recipients, or a host.
pub(super) fn about(policy_domain: &str, kind: &str) -> String {
    match kind {
        "host" => format!("the host {policy_domain}"),
        "domain" => format!("the domain {policy_domain}"),
        other => format!("{policy_domain}, as {other}"),
    }
}

/// A destination, how far a report to it came, and why.
pub(super) fn destination_line(destination: &ReportDestination) -> String {
    let d = destination;
    // Where the reason begins with the state, the state is said.
    let state = d.state.replace('-', " ");
    let said = d.why.starts_with(&state) && d.ended.is_none();
    let mut text = if said { format!("{}: ", d.uri) } else { format!("{}: {state}", d.uri) };
    if let Some(at) = d.ended {
        text.push_str(&format!(" {at}"));
    }
    if !d.why.is_empty() {
        text.push_str(if said { "" } else { ", " });
        text.push_str(&d.why);
    }
    if d.attempts > 0 {
        text.push_str(&format!(", attempts: {}", d.attempts));
    }
    if let Some(at) = d.next_attempt {
        text.push_str(&format!(", tried at {at}"));
    }
    match (d.queue_id, d.ended) {
        (Some(id), None) => format!("{text}, `mox queue explain {id}` tells more"),
        _ => text,
    }
}

/// Writes the documents of reports into a folder, which is made where it is missing: the paths.
fn write_all(dir: &Path, reports: &[ReportPreviewRow]) -> Result<Vec<PathBuf>, CommandError> {
    create_private_dir(dir).map_err(|e| CommandError::file(dir, e))?;
    let mut written = Vec::with_capacity(reports.len() * 2);
    for report in reports {
        let name = safe_name(&report.file_name);
        let json = serde_json::to_vec(&report.document).map_err(std::io::Error::from)?;
        let packed = gzip::compress(&json);
        for (name, bytes) in [(format!("{name}.json"), &json), (format!("{name}.json.gz"), &packed)] {
            let path = dir.join(name);
            write_new(&path, bytes).map_err(|e| taken(&path, e))?;
            written.push(path);
        }
    }
    Ok(written)
}

fn write_new(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = create(path, Access::Private)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn taken(path: &Path, error: std::io::Error) -> CommandError {
    let there = error.kind() == std::io::ErrorKind::AlreadyExists;
    let error = CommandError::file(path, error);
    if there {
        error.hint("nothing is overwritten: name another folder, or move the file away")
    } else {
        error
    }
}

/// Longest name without its ending, in octets: file systems take 255.
const MAX_NAME: usize = 200;

/// The name of a file without its ending, such that it is one in any folder on any system. It came from the server, and
/// parts of it from domains.
fn safe_name(name: &str) -> String {
    let stem = name.strip_suffix(".gz").unwrap_or(name);
    let stem = stem.strip_suffix(".json").unwrap_or(stem);
    let kept =
        |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '!') { c } else { '_' };
    let safe: String = stem.chars().map(kept).take(MAX_NAME).collect();
    let safe = safe.trim_matches('.');
    // Names of devices on Windows, with any ending.
    let first = safe.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let device = matches!(first.as_str(), "con" | "prn" | "aux" | "nul")
        || first.strip_prefix("com").or(first.strip_prefix("lpt")).is_some_and(|rest| rest.len() == 1);
    match safe {
        "" => "report".to_owned(),
        safe if device => format!("_{safe}"),
        safe => safe.to_owned(),
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let domain = args.domain.map(|domain| domain.ascii().to_owned());
    let previewed = cx.call(&ReportPreview { family: ReportFamily::Tls, domain, day: args.day })?;
    if previewed == ReportPreviewed::default() && !cx.global.json {
        cx.say("no results wait for a report");
    } else {
        cx.print(&previewed)?;
    }
    if let Some(dir) = args.out {
        for path in write_all(&dir, &previewed.reports)? {
            cx.say(format_args!("wrote {}", path.display()));
        }
    }
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_in_the_folder() {
        for (name, expected) in [
            ("mox.example!example.org!1!2!a.partial1.json.gz", "mox.example!example.org!1!2!a.partial1"),
            ("../../etc/passwd", "_.._etc_passwd"),
            ("..\\..\\x.json.gz", "_.._x"),
            ("/etc/passwd.json", "_etc_passwd"),
            ("c:evil.json.gz", "c_evil"),
            ("..", "report"),
            (".json.gz", "report"),
            ("", "report"),
            ("con.example!x.json.gz", "_con.example!x"),
            ("com1!x.json.gz", "com1!x"),
            ("a\u{0}b\nc.json.gz", "a_b_c"),
        ] {
            assert_eq!(safe_name(name), expected, "{name:?}");
        }
        assert_eq!(safe_name(&"x".repeat(1000)).len(), MAX_NAME);
    }

    #[test]
    fn nothing_is_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("new");
        let report = ReportPreviewRow {
            policy_domain: "example.org".into(),
            kind: "domain".into(),
            day: "2026-11-26".into(),
            partial: false,
            report_id: "1".into(),
            destinations: Vec::new(),
            file_name: "../up.json.gz".into(),
            document: serde_json::json!({"report-id": "1"}),
        };
        let written = write_all(&out, std::slice::from_ref(&report)).unwrap();
        assert_eq!(written, [out.join("_up.json"), out.join("_up.json.gz")]);
        assert_eq!(
            gzip::expand(&std::fs::read(&written[1]).unwrap(), 100).unwrap(),
            b"{\"report-id\":\"1\"}"
        );
        let again = write_all(&out, &[report]).unwrap_err();
        assert_eq!((again.kind, again.hints.len()), (Exit::Failed, 1));
    }
}
