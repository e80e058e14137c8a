//! `mox mtasts lookup`: record and policy of a domain, and whether its mail hosts are in the policy.

use serde::Serialize;

use mox_address::Domain;
use mox_clock::Random;
use mox_dns::{MxHost, Resolver, is_null_mx};
use mox_mtasts::{
    Fetch, FetchError, Fetched, MAX_AGE, Mode, Policy, Record, RecordLookup, ResultType, stated_max_age,
};
use mox_platform::SystemRandom;

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::fetcher::WebOptions;
use crate::output::{Page, Show};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Domain of recipients, the part of their addresses after the @
    domain: Domain,
    #[command(flatten)]
    web: WebOptions,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox mtasts lookup example.org",
        about: "Record, policy, and whether each mail host is in it",
        needs: Needs::World,
    },
    Example {
        run: "mox mtasts lookup example.org --ca-file ca.pem --allow-egress 10.0.0.0/8 --resolver 10.0.0.1",
        about: "The same in a lab with an authority of its own",
        needs: Needs::World,
    },
];

/// Everything about the policy of a domain.
#[derive(Serialize)]
struct Report {
    domain: Domain,
    /// Name of the TXT record.
    name: String,
    record: Option<Record>,
    record_text: Option<String>,
    /// Whether DNSSEC proves the record, or that there is none.
    record_authentic: Option<bool>,
    /// Where the policy is.
    policy_url: Option<String>,
    policy: Option<Policy>,
    /// As it was served, also when it is not valid.
    policy_text: Option<String>,
    mx: Vec<Mx>,
    problems: Vec<Problem>,
}

#[derive(Serialize)]
struct Mx {
    preference: u16,
    host: String,
    /// Whether the policy names it; none without a policy, or in mode none.
    matches: Option<bool>,
    /// What a sender that honours the policy does with mail for this host.
    sender: Sender,
}

/// What a sender does at a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Sender {
    /// Delivers over TLS with a certificate for the host that leads to a known authority, or not at all.
    DeliversWithVerifiedTls,
    /// Goes to the next host.
    SkipsTheHost,
    /// Delivers in any case, and reports what would have been wrong.
    DeliversAndReports,
    /// Delivers with what TLS there is: nothing is asked of it.
    Delivers,
    /// Puts the mail off, unless it remembers a policy.
    Waits,
}

impl Sender {
    fn of(policy: Option<&Policy>, matches: Option<bool>, waits: bool) -> Sender {
        match (policy.map(|policy| policy.mode), matches) {
            (Some(Mode::Enforce), Some(true)) => Sender::DeliversWithVerifiedTls,
            (Some(Mode::Enforce), _) => Sender::SkipsTheHost,
            (Some(Mode::Testing), _) => Sender::DeliversAndReports,
            _ if waits => Sender::Waits,
            _ => Sender::Delivers,
        }
    }

    fn text(self) -> &'static str {
        match self {
            Sender::DeliversWithVerifiedTls => "senders deliver with verified TLS only",
            Sender::SkipsTheHost => "senders do not deliver to it",
            Sender::DeliversAndReports => "senders deliver, and report what is wrong",
            Sender::Delivers => "senders deliver as without MTA-STS",
            Sender::Waits => "senders wait, unless they remember a policy",
        }
    }
}

#[derive(Serialize)]
struct Problem {
    /// A stable word.
    code: &'static str,
    text: String,
    /// As TLS reports name it, if they do.
    result_type: Option<ResultType>,
    temporary: bool,
}

impl Report {
    async fn of(resolver: &dyn Resolver, web: &dyn Fetch, random: &dyn Random, domain: &Domain) -> Report {
        let (outcome, mx) = tokio::join!(
            mox_mtasts::lookup(resolver, web, domain),
            resolver.lookup_mx(domain.ascii(), random),
        );
        let mut report = Report {
            domain: domain.clone(),
            name: mox_mtasts::record_name(domain),
            record: None,
            record_text: None,
            record_authentic: None,
            policy_url: mox_mtasts::policy_url(domain).map(|url| url.to_string()),
            policy: None,
            policy_text: None,
            mx: Vec::new(),
            problems: Vec::new(),
        };
        report.add_record(outcome.record);
        if let Some(fetched) = outcome.policy {
            report.add_policy(fetched);
        }
        report.add_mx(mx);
        report
    }

    fn problem(&mut self, code: &'static str, text: impl Into<String>) {
        self.problems.push(Problem { code, text: text.into(), result_type: None, temporary: false });
    }

    fn add_record(&mut self, found: RecordLookup) {
        let code = found.reason_code().unwrap_or_default();
        match found {
            RecordLookup::Found { record, text, authentic } => {
                self.record = Some(record);
                self.record_text = Some(text);
                self.record_authentic = Some(authentic);
            }
            RecordLookup::Absent { authentic } => {
                self.record_authentic = Some(authentic);
                self.problem(code, "there is no record");
            }
            RecordLookup::Several(texts) => {
                self.problem(code, format!("there are {} records, which counts as none", texts.len()));
            }
            RecordLookup::Invalid { text, error } => {
                self.record_text = Some(text);
                self.problem(code, format!("the record is not valid, which counts as none: {error}"));
            }
            RecordLookup::Temporary(error) => {
                let text = format!("looking for the record: {error}");
                self.problems.push(Problem { code, text, result_type: None, temporary: true });
            }
        }
    }

    fn add_policy(&mut self, fetched: Result<Fetched, FetchError>) {
        match fetched {
            Ok(Fetched { policy, text }) => {
                if let Some(stated) = stated_max_age(&text).filter(|stated| *stated > u64::from(MAX_AGE)) {
                    let text = format!(
                        "max_age {stated} is over a year ({MAX_AGE} s): some senders refuse the policy, others take a year"
                    );
                    self.problem("max-age-too-long", text);
                }
                (self.policy, self.policy_text) = (Some(policy), Some(text));
            }
            Err(error) => {
                self.problems.push(Problem {
                    code: error.reason_code(),
                    text: format!("the policy cannot be had: {error}"),
                    result_type: Some(error.result_type()),
                    temporary: error.is_temporary(),
                });
                if let FetchError::Policy { text, .. } = error {
                    self.policy_text = Some(text);
                }
            }
        }
    }

    fn add_mx(&mut self, found: Result<mox_dns::Answer<MxHost>, mox_dns::Error>) {
        let hosts = match found {
            Ok(answer) if is_null_mx(&answer.records) => Vec::new(),
            Ok(answer) => answer.records,
            Err(mox_dns::Error::NoData { .. }) => {
                vec![MxHost { preference: 0, host: self.domain.ascii().to_owned() }]
            }
            Err(error) => {
                let text = format!("looking for mail hosts: {error}");
                let temporary = error.is_temporary();
                let code = if temporary { "dns-lookup" } else { "no-such-domain" };
                return self.problems.push(Problem { code, text, result_type: None, temporary });
            }
        };
        // No answer of DNS about the record; what the policy host does counts only when there is one.
        let waits = self.problems.iter().any(|p| p.temporary && p.result_type.is_none());
        for MxHost { preference, host } in hosts {
            let policy = self.policy.as_ref().filter(|policy| policy.mode != Mode::None);
            let name = host.parse::<Domain>();
            let matches = policy.map(|policy| name.is_ok_and(|name| policy.matches(&name)));
            if matches == Some(false) {
                self.problem(
                    "mtasts-policy-mx-mismatch",
                    format!("the policy does not name the mail host {host}"),
                );
            }
            let sender = Sender::of(self.policy.as_ref(), matches, waits);
            self.mx.push(Mx { preference, host, matches, sender });
        }
    }

    fn exit(&self) -> Exit {
        match self.problems.as_slice() {
            [] => Exit::Done,
            // What could not be asked is not known to be wrong.
            problems if problems.iter().all(|p| p.temporary && p.result_type.is_none()) => Exit::Failed,
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
        if let Some(policy) = &self.policy {
            page.field("policy", self.policy_url.as_deref().unwrap_or_default());
            page.field("mode", policy.mode);
            page.field("max age", format!("{} s", policy.max_age));
            for pattern in &policy.mx {
                page.field("mx", pattern);
            }
        } else if let Some(text) = &self.policy_text {
            page.field("served", "");
            page.block(text);
        }
        for mx in &self.mx {
            let state = match mx.matches {
                Some(true) => "in the policy",
                Some(false) => "not in the policy",
                None => "there is no policy for it",
            };
            let sender = mx.sender.text();
            page.verdict(mx.matches, format!("mail host {} ({}): {state}; {sender}", mx.host, mx.preference));
        }
        for problem in &self.problems {
            page.verdict(Some(false), &problem.text);
        }
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let asker = cx.asker()?;
    let web = cx.web(&asker, &args.web)?;
    let resolver = asker.resolver();
    let report = asker.run(Report::of(&*resolver, &web, &SystemRandom, &args.domain));
    cx.print(&report)?;
    Ok(report.exit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use mox_clock::sim::SimRandom;
    use mox_dns::BoxFuture;
    use mox_dns::sim::SimResolver;
    use mox_https::{HeaderMap, Response, Url};

    struct Canned(&'static str);

    impl Fetch for Canned {
        fn get<'a>(&'a self, _: &'a Url) -> BoxFuture<'a, Result<Response, mox_https::Error>> {
            let headers =
                HeaderMap::from_iter([("content-type".parse().unwrap(), "text/plain".parse().unwrap())]);
            let body = Bytes::from_static(self.0.as_bytes());
            Box::pin(async { Ok(Response { status: 200, headers, body, cut: false }) })
        }
    }

    const ZONE: &str = "
        _mta-sts.good.example. TXT \"v=STSv1; id=1\"
        good.example. MX 10 mx.good.example.
        _mta-sts.moved.example. TXT \"v=STSv1; id=1\"
        moved.example. MX 10 mx.good.example.
        moved.example. MX 20 mx.elsewhere.example.
        _mta-sts.alone.example. TXT \"v=STSv1; id=1\"
        alone.example. A 192.0.2.1
        _mta-sts.null.example. TXT \"v=STSv1; id=1\"
        null.example. MX 0 .
        _mta-sts.down.example. TXT ; servfail
        down.example. MX 10 mx.good.example.
        none.example. MX 10 mx.good.example.
    ";
    const POLICY: &str = "version: STSv1\nmode: enforce\nmx: *.good.example\nmax_age: 1\n";

    #[tokio::test]
    async fn each_mail_host_is_compared_and_problems_are_told() {
        let resolver = SimResolver::from_zone(ZONE).unwrap();
        for (domain, served, codes, mx, exit) in [
            ("good.example", POLICY, &[][..], &[Some(true)][..], Exit::Done),
            (
                "moved.example",
                POLICY,
                &["mtasts-policy-mx-mismatch"],
                &[Some(true), Some(false)],
                Exit::Problems,
            ),
            ("alone.example", POLICY, &["mtasts-policy-mx-mismatch"], &[Some(false)], Exit::Problems),
            ("null.example", POLICY, &[], &[], Exit::Done),
            (
                "good.example",
                "version: STSv1\nmode: testing\nmx: *.good.example\nmax_age: 31557601\n",
                &["max-age-too-long"],
                &[Some(true)],
                Exit::Problems,
            ),
            ("good.example", "version: STSv1\nmode: none\nmax_age: 1\n", &[], &[None], Exit::Done),
            ("good.example", "<html>", &["policy-syntax-error"], &[None], Exit::Problems),
            ("none.example", POLICY, &["no-mta-sts-dns-txt-record"], &[None], Exit::Problems),
            ("down.example", POLICY, &["dns-lookup"], &[None], Exit::Failed),
            ("gone.example", POLICY, &["no-mta-sts-dns-txt-record", "no-such-domain"], &[], Exit::Problems),
        ] {
            let web = Canned(served);
            let report = Report::of(&resolver, &web, &SimRandom::new(1), &domain.parse().unwrap()).await;
            let found: Vec<&str> = report.problems.iter().map(|p| p.code).collect();
            assert_eq!(found, codes, "{domain} {served}");
            let matches: Vec<Option<bool>> = report.mx.iter().map(|mx| mx.matches).collect();
            assert_eq!(matches, mx, "{domain} {served}");
            assert_eq!(report.exit(), exit, "{domain} {served}");
            let mut page = Page::new(false);
            report.show(&mut page);
            assert!(page.text().contains(domain));
        }
    }

    #[tokio::test]
    async fn what_senders_do_is_told_for_each_host() {
        use Sender as S;
        let resolver = SimResolver::from_zone(ZONE).unwrap();
        let testing = "version: STSv1\nmode: testing\nmx: *.good.example\nmax_age: 1\n";
        let none = "version: STSv1\nmode: none\nmax_age: 1\n";
        for (domain, served, senders) in [
            ("moved.example", POLICY, &[S::DeliversWithVerifiedTls, S::SkipsTheHost][..]),
            ("moved.example", testing, &[S::DeliversAndReports, S::DeliversAndReports]),
            ("good.example", none, &[S::Delivers]),
            ("good.example", "<html>", &[S::Delivers]),
            ("none.example", POLICY, &[S::Delivers]),
            ("down.example", POLICY, &[S::Waits]),
        ] {
            let web = Canned(served);
            let report = Report::of(&resolver, &web, &SimRandom::new(1), &domain.parse().unwrap()).await;
            let found: Vec<Sender> = report.mx.iter().map(|mx| mx.sender).collect();
            assert_eq!(found, senders, "{domain} {served}");
        }
        let (random, domain) = (SimRandom::new(1), "moved.example".parse().unwrap());
        let report = Report::of(&resolver, &Canned(POLICY), &random, &domain).await;
        let mut page = Page::new(false);
        report.show(&mut page);
        let expected = "\
domain:        moved.example
record:        v=STSv1; id=1
dnssec:        proves it
policy:        https://mta-sts.moved.example/.well-known/mta-sts.txt
mode:          enforce
max age:       1 s
mx:            *.good.example
ok  mail host mx.good.example (10): in the policy; senders deliver with verified TLS only
bad mail host mx.elsewhere.example (20): not in the policy; senders do not deliver to it
bad the policy does not name the mail host mx.elsewhere.example
";
        assert_eq!(page.text(), expected);
    }
}
