//! `mox dmarc verify`: what SPF, DKIM and DMARC say of a message, as a receiver would judge it.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::ValueHint;
use serde::Serialize;

use mox_address::{Domain, IpDomain, Path};
use mox_clock::Timestamp;
use mox_dkim::{Limits, Signature, Verifier};
use mox_dmarc::{Disposition, DmarcResult, Input, author_domains, identified, signed};
use mox_dns::Resolver;
use mox_message::Header;
use mox_message::authres::{DkimProperties, MethodResult};
use mox_message::header::MAX_HEADER;
use mox_spf::{Identity, Query};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs};

/// Exit code 3 when DMARC fails or cannot be applied, 1 when DNS did not answer.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Address of the client that brought the message
    #[arg(long, value_name = "IP", requires = "helo")]
    ip: Option<IpAddr>,
    /// Address in MAIL FROM; empty or `<>` for bounces
    #[arg(long, value_name = "ADDRESS", requires = "ip", default_value = "", hide_default_value = true)]
    #[arg(value_hint = ValueHint::EmailAddress)]
    mail_from: String,
    /// Name in HELO or EHLO
    #[arg(long, value_name = "NAME", requires = "ip")]
    helo: Option<IpDomain>,
    /// Message file [default: standard input, as `-`]. When its first line ends with LF alone, all lines are ended by
    /// CRLF first. Without --ip before it: client address, MAIL FROM and HELO
    #[arg(value_name = "ARG", num_args = 0..=4)]
    args: Vec<String>,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox dmarc verify --ip 192.0.2.1 --mail-from a@example.org --helo mail.example.org message.eml",
        about: "How a receiver judges a message that came from this address",
        needs: Needs::World,
    },
    Example {
        run: "mox dmarc verify 192.0.2.1 a@example.org mail.example.org --json <message.eml",
        about: "The same for scripts, from standard input",
        needs: Needs::World,
    },
];

/// Who brought the message, and where it is.
struct Sent {
    ip: IpAddr,
    mail_from: Option<Path>,
    helo: IpDomain,
    file: PathBuf,
}

impl Sent {
    fn of(args: Args) -> Result<Sent, CommandError> {
        let mut rest = args.args.into_iter();
        let (ip, mail_from, helo) = match (args.ip, args.helo) {
            (Some(ip), Some(helo)) => (ip, args.mail_from, helo),
            _ => {
                let mut next = || {
                    let hint = "say --ip, --mail-from and --helo, or the three in this order";
                    rest.next()
                        .ok_or_else(|| CommandError::usage("who sent the message is not said").hint(hint))
                };
                let (ip, mail_from, helo) = (next()?, next()?, next()?);
                let ip = ip.parse().map_err(|_| CommandError::usage(format!("{ip}: not an IP address")))?;
                (ip, mail_from, helo.parse().map_err(|e| CommandError::usage(format!("{helo}: {e}")))?)
            }
        };
        let file = rest.next().unwrap_or_else(|| "-".to_owned()).into();
        if let Some(more) = rest.next() {
            return Err(CommandError::usage(format!("{more}: one message at a time")));
        }
        let path = mail_from.trim_start_matches('<').trim_end_matches('>');
        let mail_from = match path {
            "" => None,
            path => Some(path.parse().map_err(|e| CommandError::usage(format!("{path}: {e}")))?),
        };
        Ok(Sent { ip, mail_from, helo, file })
    }
}

/// What was found out.
#[derive(Serialize)]
struct Report {
    spf: mox_spf::Outcome,
    dkim: Vec<Signature>,
    dmarc: mox_dmarc::Outcome,
    /// What the owner of the author's domain asks for this message.
    disposition: Disposition,
    /// The same as a field for the message.
    authentication_results: String,
}

impl Show for Report {
    fn show(&self, page: &mut Page) {
        use mox_dkim::DkimResult;
        use mox_spf::SpfResult;
        let (spf, dmarc) = (&self.spf, &self.dmarc);
        let ok = match spf.result {
            SpfResult::Pass => Some(true),
            SpfResult::Fail | SpfResult::SoftFail | SpfResult::PermError => Some(false),
            SpfResult::None | SpfResult::Neutral | SpfResult::TempError => None,
        };
        let aligned = |yes: bool| if yes { ", aligned" } else { ", not aligned" };
        let why = because(spf.problem.as_deref());
        page.verdict(ok, format!("spf {} {}{}{why}", spf.result, spf.domain, aligned(dmarc.aligned_spf)));
        if self.dkim.is_empty() {
            page.verdict(None, "dkim none: the message is not signed");
        }
        for signature in &self.dkim {
            let ok = match signature.result {
                DkimResult::Pass => Some(true),
                DkimResult::None | DkimResult::Neutral | DkimResult::TempError => None,
                _ => Some(false),
            };
            let domain = signature.domain.as_ref().map(Domain::ascii).unwrap_or("?");
            let selector = signature.selector.as_deref().unwrap_or("?");
            let yes = dmarc.aligned_dkim.iter().any(|a| a.domain == domain && a.selector == selector);
            let why = because(signature.reason.as_deref());
            page.verdict(ok, format!("dkim {} {domain} {selector}{}{why}", signature.result, aligned(yes)));
        }
        let ok = match dmarc.result {
            DmarcResult::Pass => Some(true),
            DmarcResult::Fail | DmarcResult::PermError => Some(false),
            DmarcResult::None | DmarcResult::TempError => None,
        };
        let author = dmarc.author_domain.as_ref().map(Domain::ascii).unwrap_or("?");
        let why = because(dmarc.problem.as_deref());
        page.verdict(ok, format!("dmarc {} {author}{why}", dmarc.result.keyword()));
        if let (Some(tag), Some(policy), Some(at)) = (dmarc.policy_tag, dmarc.policy, &dmarc.policy_domain) {
            page.field("policy", format!("{}={policy} at {at}", tag.name()));
        }
        page.field("disposition", self.disposition);
    }
}

fn because(reason: Option<&str>) -> String {
    reason.map(|reason| format!(": {reason}")).unwrap_or_default()
}

/// Judges a message.
async fn judge(
    resolver: &dyn Resolver,
    sent: &Sent,
    verifier: Verifier,
    from: &[Domain],
    now: Timestamp,
) -> Report {
    let query = Query {
        ip: sent.ip,
        helo: &sent.helo,
        mail_from: sent.mail_from.as_ref(),
        local_hostname: "",
        local_ip: None,
        now,
    };
    let spf = mox_spf::check(resolver, &query);
    let (spf, dkim) = tokio::join!(spf, verifier.finish(resolver, now));
    let input = Input { from, spf: identified(&spf), dkim: &signed(&dkim) };
    let dmarc = mox_dmarc::verify(resolver, &input).await;
    let disposition = dmarc.disposition;
    let authentication_results = field(sent, &spf, &dkim, &dmarc);
    Report { spf, dkim, dmarc, disposition, authentication_results }
}

/// Authentication-Results as this host would write it, without its line end.
fn field(sent: &Sent, spf: &mox_spf::Outcome, dkim: &[Signature], dmarc: &mox_dmarc::Outcome) -> String {
    let keyword = spf.result.keyword();
    let mut results = vec![match (spf.identity, &sent.mail_from) {
        (Identity::MailFrom, Some(path)) => MethodResult::spf_mail_from(keyword, &path.to_string()),
        _ => MethodResult::spf_helo(keyword, &sent.helo.to_string()),
    }];
    for signature in dkim {
        let properties = DkimProperties {
            domain: signature.domain.as_ref().map(Domain::ascii).unwrap_or_default(),
            identity: signature.identity.as_deref(),
            selector: signature.selector.as_deref().unwrap_or_default(),
            algorithm: signature.algorithm.as_deref(),
            b: signature.b_prefix.as_deref(),
        };
        let result = MethodResult::dkim(signature.result.keyword(), &properties);
        results.push(result.reason(signature.reason.as_deref()));
    }
    results.push(dmarc.method_result());
    let host = Domain::parse("localhost").map(|id| mox_message::authres::format(&id, &results, true));
    host.map(|field| field.trim_end().to_owned()).unwrap_or_default()
}

/// The bytes of a message that its header may take, its fields among them.
struct Head(Vec<u8>);

impl Head {
    fn write(&mut self, piece: &[u8]) {
        let room = MAX_HEADER.saturating_sub(self.0.len());
        self.0.extend_from_slice(piece.get(..piece.len().min(room)).unwrap_or_default());
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let sent = Sent::of(args)?;
    let (mut verifier, mut head) = (Verifier::new(Limits::default()), Head(Vec::new()));
    cx.feed(&sent.file, &mut |piece| {
        verifier.write(piece);
        head.write(piece);
    })?;
    let from = author_domains(&Header::of(&head.0));
    let now = cx.now();
    let asker = cx.asker()?;
    let resolver = asker.resolver();
    let report = asker.run(judge(resolver.as_ref(), &sent, verifier, &from, now));
    cx.print(&report)?;
    Ok(match report.dmarc.result {
        DmarcResult::Pass | DmarcResult::None => Exit::Done,
        DmarcResult::Fail | DmarcResult::PermError => Exit::Problems,
        DmarcResult::TempError => Exit::Failed,
    })
}
