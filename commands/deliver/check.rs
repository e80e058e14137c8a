//! `mox deliver check`: a delivery up to MAIL FROM, step by step, and what would become of a message.

use std::net::IpAddr;
use std::str::FromStr;

use mox_address::{IpDomain, Path};
use mox_queue::{Class, Outcome, Probe, Route, Step, Target, Verdict};
use mox_smtp::MailArgs;
use mox_tlsrpt::{FailureDetail, PolicyResult, PolicyType};
use serde::Serialize;

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::fetcher::WebOptions;
use crate::output::{Page, Show};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Address of a recipient, or its domain
    #[arg(value_name = "ADDRESS|DOMAIN")]
    address: Recipient,
    /// As for a message that must only pass hosts with verified TLS (REQUIRETLS)
    #[arg(long, conflicts_with = "tls_required_no")]
    requiretls: bool,
    /// As for a message whose header says TLS-Required: No
    #[arg(long)]
    tls_required_no: bool,
    /// Sender to say in MAIL FROM [default: <>]
    #[arg(long, value_name = "ADDR")]
    from: Option<Path>,
    /// Name to greet servers with
    #[arg(long, value_name = "NAME", default_value = "localhost", alias = "ehlo-hostname")]
    ehlo: String,
    /// Try every mail host, as far as the 8 connections of one attempt go; the first that takes the session still
    /// decides
    #[arg(long)]
    all: bool,
    /// Try it in a lab of this command's own, without a network: domains are those of `mox lab list`
    #[arg(long, conflicts_with_all = ["resolver", "trust_anchor", "ca_file", "allow_egress"])]
    lab: bool,
    #[command(flatten)]
    web: WebOptions,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox deliver check bob@example.org",
        about: "Which host would take mail for an address, with which TLS",
        needs: Needs::World,
    },
    Example {
        run: "mox deliver check example.org --all --json",
        about: "Every mail host of a domain, for a script",
        needs: Needs::World,
    },
    Example {
        run: "mox deliver check --lab --requiretls bob@requiretls-ok.lab.test",
        about: "How a message passes that requires TLS, by a domain of the lab",
        needs: Needs::Nothing,
    },
];

/// Whom the message would be for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Recipient {
    text: String,
    domain: IpDomain,
    /// The localpart is ASCII, if there is one.
    ascii: bool,
}

impl FromStr for Recipient {
    type Err = String;
    fn from_str(text: &str) -> Result<Recipient, String> {
        let wrong = || format!("{text:?} is not like bob@example.org, example.org or [192.0.2.1]");
        let (domain, ascii) = match text.contains('@') {
            true => {
                let path: Path = text.parse().map_err(|_| wrong())?;
                let ascii = path.is_ascii();
                (path.domain, ascii)
            }
            false => (text.parse().map_err(|_| wrong())?, true),
        };
        Ok(Recipient { text: text.to_owned(), domain, ascii })
    }
}

/// What would become of a message.
#[derive(Debug, Serialize)]
struct Report {
    address: String,
    /// `delivered`, `put-off`, `refused`.
    verdict: &'static str,
    /// Code of the reply, when a server decided.
    code: Option<u16>,
    enhanced: Option<String>,
    reason: String,
    /// Policies that were not satisfied, one sentence each.
    problems: Vec<String>,
    steps: Vec<Step>,
    peer: Peer,
    results: Results,
}

#[derive(Debug, Serialize)]
struct Peer {
    host: Option<String>,
    ip: Option<IpAddr>,
    tls: Option<String>,
}

/// What one attempt adds to a report about TLS, in the form of the report.
#[derive(Debug, Default, Serialize)]
struct Results {
    domain: Option<PolicyResult>,
    hosts: Vec<PolicyResult>,
}

impl Results {
    fn all(&self) -> impl Iterator<Item = &PolicyResult> {
        self.domain.iter().chain(&self.hosts)
    }
}

impl Report {
    fn new(recipient: &Recipient, probe: Probe) -> Report {
        let Probe { verdict: Verdict { outcome, code, enhanced, text }, peer, steps, tls } = probe;
        let results = tls.map(|tls| Results { domain: tls.domain, hosts: tls.hosts }).unwrap_or_default();
        let verdict = match outcome {
            Outcome::Delivered => "delivered",
            Outcome::Temporary => "put-off",
            Outcome::Permanent => "refused",
        };
        let some = |text: String| Some(text).filter(|text| !text.is_empty());
        Report {
            address: recipient.text.clone(),
            verdict,
            code,
            enhanced: enhanced.map(|code| code.to_string()),
            reason: text,
            problems: results.all().filter_map(problem).collect(),
            steps,
            peer: Peer { host: some(peer.host), ip: peer.ip, tls: some(peer.tls) },
            results,
        }
    }

    fn exit(&self) -> Exit {
        if self.verdict == "delivered" && self.problems.is_empty() { Exit::Done } else { Exit::Problems }
    }

    /// The verdict as a sentence.
    fn sentence(&self) -> String {
        let codes = self.code.map(|code| format!("{code} ")).unwrap_or_default();
        let codes = match (&self.enhanced, self.code) {
            (Some(enhanced), Some(_)) => format!("{codes}{enhanced} "),
            _ => codes,
        };
        let address = &self.address;
        match (self.verdict, &self.peer) {
            ("delivered", Peer { host, tls, .. }) => {
                let host = host.as_deref().unwrap_or("a host");
                let tls = tls.as_deref().unwrap_or("none");
                let but = if self.problems.is_empty() { "" } else { ", although a policy is not satisfied" };
                format!("mail for {address} would be delivered to {host}, TLS: {tls}{but}")
            }
            ("put-off", _) => format!("mail for {address} would be put off: {codes}{}", self.reason),
            _ => format!("mail for {address} would be refused: {codes}{}", self.reason),
        }
    }
}

/// What is wrong with a policy; without a policy nothing is.
fn problem(result: &PolicyResult) -> Option<String> {
    let policy = match &result.policy.kind {
        PolicyType::NoPolicyFound => return None,
        PolicyType::Sts => format!("the MTA-STS policy of {}", result.policy.domain),
        PolicyType::Tlsa => format!("TLSA of {}", result.policy.domain),
        PolicyType::Other(kind) => format!("{kind} of {}", result.policy.domain),
    };
    let mut kinds: Vec<String> = result.details.iter().map(kind).collect();
    kinds.dedup();
    match (kinds.is_empty(), result.summary.failed) {
        (true, 0) => None,
        (true, _) => Some(format!("{policy} is not satisfied")),
        (false, _) => Some(format!("{policy} is not satisfied: {}", kinds.join(", "))),
    }
}

/// A kind of failure in the words of reports.
fn kind(detail: &FailureDetail) -> String {
    match detail.reason.as_str() {
        "" => detail.result.to_string(),
        reason => format!("{} ({reason})", detail.result),
    }
}

impl Show for Report {
    fn show(&self, page: &mut Page) {
        for step in &self.steps {
            page.verdict(step.ok, format_args!("{:<9}  {}", step.step, step.text));
        }
        page.line("");
        for result in self.results.all() {
            let (policy, summary) = (&result.policy, result.summary);
            let ok = match (&policy.kind, result.has_failure()) {
                (PolicyType::NoPolicyFound, true) => None,
                (_, failed) => Some(!failed),
            };
            let counts = format!("{} successful, {} failed", summary.successful, summary.failed);
            page.verdict(ok, format_args!("{:<9}  {} {}: {counts}", "tlsrpt", policy.kind, policy.domain));
            for detail in &result.details {
                let at = match detail.mx_hostname.as_str() {
                    "" => String::new(),
                    host => format!(", at {host}"),
                };
                page.verdict(None, format_args!("{:<9}  - {}{at}", "", kind(detail)));
            }
        }
        page.verdict(Some(self.exit() == Exit::Done), format_args!("{:<9}  {}", "verdict", self.sentence()));
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let (asker, smtp) = match args.lab {
        false => cx.world(&args.ehlo, &args.web)?,
        true => {
            within_lab(&args.address)?;
            cx.lab(&args.ehlo)?
        }
    };
    let ascii = args.address.ascii && args.from.as_ref().is_none_or(Path::is_ascii);
    let mail = MailArgs {
        reverse_path: args.from,
        smtputf8: !ascii,
        require_tls: args.requiretls,
        ..MailArgs::default()
    };
    let target = Target {
        route: Route::direct(),
        domain: args.address.domain.clone(),
        require_tls: match (args.requiretls, args.tls_required_no) {
            (true, _) => Some(true),
            (false, true) => Some(false),
            (false, false) => None,
        },
        class: Class::Normal,
        attempt: 1,
    };
    let probe = asker.run(smtp.probe(&target, &mail, args.all));
    let report = Report::new(&args.address, probe);
    cx.print(&report)?;
    Ok(report.exit())
}

/// The lab has no other names than its own.
fn within_lab(recipient: &Recipient) -> Result<(), CommandError> {
    let name = recipient.domain.to_string();
    let known = mox_lab::domains().iter().any(|domain| domain.name == name);
    if known {
        return Ok(());
    }
    let error = CommandError::usage(format!("the lab has no domain {name}"));
    Err(error.hint("`mox lab list` shows what is there"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use mox_tlsrpt::{Policy, ResultType};

    #[test]
    fn recipients_are_addresses_domains_and_literals() {
        for (text, domain, ascii) in [
            ("bob@example.org", "example.org", true),
            ("example.org", "example.org", true),
            ("b\u{fc}b@example.org", "example.org", false),
            ("bob@[192.0.2.1]", "[192.0.2.1]", true),
            ("[192.0.2.1]", "[192.0.2.1]", true),
        ] {
            let recipient: Recipient = text.parse().unwrap();
            assert_eq!((recipient.domain.to_string().as_str(), recipient.ascii), (domain, ascii), "{text}");
        }
        for bad in ["", "bob@", "@example.org", "a b", "bob@example.org,amy@example.org"] {
            assert!(bad.parse::<Recipient>().is_err(), "{bad}");
        }
    }

    #[test]
    fn only_policies_can_be_unsatisfied() {
        let result = |kind: PolicyType, failed: u64, details: &[&str]| {
            let mut result = PolicyResult::new(Policy { kind, ..Policy::none("example.org") });
            result.summary.failed = failed;
            for reason in details {
                result.add_detail(FailureDetail::new(ResultType::ValidationFailure, *reason), 9);
            }
            result
        };
        for (kind, failed, details, expected) in [
            (PolicyType::NoPolicyFound, 1, vec!["x"], None),
            (PolicyType::Sts, 0, vec![], None),
            (PolicyType::Tlsa, 1, vec![], Some("TLSA of example.org is not satisfied")),
            (
                PolicyType::Sts,
                0,
                vec!["", "a"],
                Some(
                    "the MTA-STS policy of example.org is not satisfied: validation-failure, validation-failure (a)",
                ),
            ),
        ] {
            assert_eq!(problem(&result(kind, failed, &details)).as_deref(), expected, "{details:?}");
        }
    }

    #[test]
    fn exit_code_and_sentence_follow_from_the_verdict() {
        let recipient: Recipient = "bob@example.org".parse().unwrap();
        let verdict = |outcome, code: Option<u16>| Verdict {
            outcome,
            code,
            enhanced: Some(mox_smtp::EnhancedCode(4, 7, 1)),
            text: "later".to_owned(),
        };
        for (outcome, code, word, exit, says) in [
            (
                Outcome::Delivered,
                Some(250),
                "delivered",
                Exit::Done,
                "would be delivered to a host, TLS: none",
            ),
            (Outcome::Temporary, Some(451), "put-off", Exit::Problems, "would be put off: 451 4.7.1 later"),
            (Outcome::Temporary, None, "put-off", Exit::Problems, "would be put off: later"),
            (Outcome::Permanent, Some(550), "refused", Exit::Problems, "would be refused: 550 4.7.1 later"),
        ] {
            let probe = Probe {
                verdict: verdict(outcome, code),
                peer: mox_queue::Peer::default(),
                steps: Vec::new(),
                tls: None,
            };
            let report = Report::new(&recipient, probe);
            assert_eq!((report.verdict, report.exit()), (word, exit));
            assert_eq!(report.sentence(), format!("mail for bob@example.org {says}"));
        }
    }
}
