//! What quickstart tells: a line for each step when it ends, then everything that is needed next.

use std::path::PathBuf;

use mox_address::{Address, Domain};
use mox_dnscheck::{Expected, Finding, Row, zone_text};
use mox_quickstart::{File, Made, Manager, Passwords, Site, State, Step, Verdict, Wishes};
use serde::Serialize;

use crate::context::Context;
use crate::dnsrecords::{Form, Line, table};
use crate::error::CommandError;
use crate::output::{Page, Show};

/// How records are entered where they are kept.
const HINTS: &[(&str, &str)] = &[
    (
        "long TXT",
        "paste it whole; where more than 255 characters are refused, split it: \"first part\" \"rest\"",
    ),
    ("names", "many forms want them without the domain: `_dmarc`, and `@` for the domain itself"),
    ("Cloudflare", "set the mail host and mta-sts to \"DNS only\"; TLSA and DNSSEC are there"),
    ("Route 53", "write long TXT as several strings in quotes; TLSA and DNSSEC are there"),
    ("deSEC", "signs every zone and takes every record here"),
    (
        "no TLSA or DNSSEC",
        "leave the TLSA records out, or move the domain's DNS: MTA-STS protects without them",
    ),
];

/// Everything, as JSON or as text; the steps are told before in text.
#[derive(Serialize)]
pub(super) struct Report {
    address: Address,
    hostname: Domain,
    ips: Vec<std::net::IpAddr>,
    nat_ips: Vec<std::net::IpAddr>,
    dry_run: bool,
    pub(super) steps: Vec<Step>,
    files: Vec<File>,
    /// None when nothing was made.
    passwords: Option<Passwords>,
    client: Client,
    records: Vec<Line>,
    next: Vec<String>,
    /// What `mox doctor` says of what was made; None when nothing was.
    pub(super) doctor: Option<Vec<Finding>>,
    #[serde(skip)]
    rows: Vec<Row>,
    #[serde(skip)]
    form: Form,
    #[serde(skip)]
    dir: PathBuf,
}

/// What mail programs need.
#[derive(Serialize)]
struct Client {
    host: Domain,
    username: Address,
    /// TLS from the start.
    submissions_port: u16,
    /// STARTTLS.
    submission_port: u16,
}

/// Tells a step; in JSON they all come at the end.
pub(super) fn step(cx: &mut Context, step: &Step) -> Result<(), CommandError> {
    if cx.global.json {
        return Ok(());
    }
    cx.print(&Told(step))?;
    cx.flush()
}

#[derive(Serialize)]
struct Told<'a>(&'a Step);

impl Show for Told<'_> {
    fn show(&self, page: &mut Page) {
        let Told(step) = self;
        let ok = match step.verdict {
            Verdict::Ok => Some(true),
            Verdict::Failed => Some(false),
            Verdict::Warning | Verdict::Skipped => None,
        };
        let word = match step.verdict {
            Verdict::Warning => "warning: ",
            Verdict::Skipped => "skipped: ",
            Verdict::Failed => "failed: ",
            Verdict::Ok => "",
        };
        page.verdict(ok, format_args!("{:<14}{word}{}", step.id, step.evidence));
        if let Some(fix) = super::advice(step) {
            page.line(format_args!("{:18}-> {fix}", ""));
        }
    }
}

impl Report {
    pub(super) fn new(wishes: &Wishes, site: &Site, steps: Vec<Step>, form: Form, dry_run: bool) -> Report {
        let client = Client {
            host: site.hostname.clone(),
            username: wishes.address.clone(),
            submissions_port: 465,
            submission_port: 587,
        };
        Report {
            address: wishes.address.clone(),
            hostname: site.hostname.clone(),
            ips: site.ips.clone(),
            nat_ips: site.nat_ips.clone(),
            dry_run,
            steps,
            files: Vec::new(),
            passwords: None,
            client,
            records: Vec::new(),
            next: Vec::new(),
            doctor: None,
            rows: Vec::new(),
            form,
            dir: wishes.dir.clone(),
        }
    }

    /// With what would be made.
    pub(super) fn plan(&mut self, files: Vec<File>, expected: Option<Expected>) {
        self.files = files;
        self.records(expected);
    }

    /// With what was made.
    pub(super) fn done(
        &mut self,
        made: Made,
        files: Vec<File>,
        expected: Option<Expected>,
        manager: Manager,
        wishes: &Wishes,
    ) {
        let owned = made.steps.iter().any(|step| step.id == "owner" && step.verdict == Verdict::Ok);
        self.steps.extend(made.steps);
        self.passwords = Some(made.passwords);
        self.files = files;
        self.records(expected);
        self.next = next(manager, wishes, owned);
    }

    fn records(&mut self, expected: Option<Expected>) {
        self.rows = expected.map(|expected| expected.records()).unwrap_or_default();
        self.records = self.rows.iter().map(Line::of).collect();
    }

    fn show_files(&self, page: &mut Page) {
        page.line("");
        for file in &self.files {
            let word = match file.state {
                State::Written => "wrote",
                State::Kept => "kept",
                State::Planned => "would write",
            };
            let path = file.path.strip_prefix(&self.dir).unwrap_or(&file.path).display();
            page.line(format_args!("{word} {path}: {}", file.about));
        }
        for file in &self.files {
            if let Some(text) = &file.text {
                page.line("");
                page.line(format_args!(
                    "--- {}",
                    file.path.strip_prefix(&self.dir).unwrap_or(&file.path).display()
                ));
                page.config(text);
            }
        }
    }
}

impl Report {
    /// The problems, or that there are none.
    fn show_doctor(&self, page: &mut Page) {
        let Some(findings) = &self.doctor else { return };
        let problems: Vec<_> = findings.iter().filter(|finding| finding.severity.is_problem()).collect();
        page.line("");
        page.line("What `mox doctor` says now, before the server runs and the records are published:");
        problems.iter().for_each(|finding| crate::dnscheck::show(finding, page));
        let text = match problems.len() {
            0 => "no problems".to_owned(),
            1 => "1 problem".to_owned(),
            many => format!("{many} problems"),
        };
        page.verdict(Some(problems.is_empty()), text);
    }
}

impl Show for Report {
    fn show(&self, page: &mut Page) {
        self.show_files(page);
        if let Some(passwords) = &self.passwords {
            page.line("");
            page.line("Passwords, told only now:");
            page.field("account", format_args!("{}  {}", self.address, passwords.account));
            page.field("administrator", &passwords.admin);
            page.line("");
            page.line("For mail programs (there is no IMAP yet: read mail with `mox message list`):");
            page.field("server", &self.client.host);
            page.field("port", "465 with TLS, or 587 with STARTTLS");
            page.field("user name", &self.address);
        }
        page.line("");
        page.line(format_args!("DNS records of {}:", self.address.domain));
        page.line("");
        match self.form {
            Form::Zone => page.block(&zone_text(&self.rows)),
            Form::Table => table(page, &self.records),
        }
        if self.dry_run {
            page.line("");
            page.line("The keys of DKIM and DANE are made when it is not a dry run; their records follow from them.");
            return;
        }
        page.line("");
        page.line("How to enter them:");
        for (about, hint) in HINTS {
            page.line(format_args!("  {about}: {hint}"));
        }
        page.line("");
        page.line("Next:");
        for (number, step) in self.next.iter().enumerate() {
            page.line(format_args!("  {}. {step}", number + 1));
        }
        self.show_doctor(page);
    }
}

/// What is left to do, in order.
fn next(manager: Manager, wishes: &Wishes, owned: bool) -> Vec<String> {
    let config = wishes.dir.join("config").join("mox.conf");
    let (domain, config) = (&wishes.address.domain, config.display());
    let mut next = vec!["publish the DNS records above; `mox dnsrecords` prints them again".to_owned()];
    if wishes.existing_webserver {
        next.push(format!(
            "let the web server get a certificate for the mail host and mta-sts.{domain}, and copy certificate and key over \
             the files that KeyCerts in mox.conf names; mox reads changed files again"
        ));
        next.push(format!(
            "let it forward https://mta-sts.{domain}/.well-known/mta-sts.txt to http://127.0.0.1:81, with the Host header as \
             it is"
        ));
    } else if wishes.acme.is_none() {
        next.push(
            "put a certificate of an authority over the files that KeyCerts in mox.conf names".to_owned(),
        );
    }
    next.extend(manager.steps(wishes, owned));
    next.push(format!("mox dnscheck {domain} --config {config}"));
    next.push("mox doctor".to_owned());
    next
}
