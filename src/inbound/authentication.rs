//! What DNS and signatures say about a message. SPF, DKIM, ARC and the name of the client are found out at once, then
//! DMARC from what they gave, within one budget of questions and time for the message.
//!
//! Everything found out is kept: as [`Verdicts`] with the message, and as header fields for who reads it later.
//! RFC 8601 (Authentication-Results), RFC 7208 §9.1 (Received-SPF), RFC 9989 §5.3.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use mox_address::{Domain, IpDomain, ReversePath};
use mox_admin::ops::{
    ArcVerdict, DkimVerdict, DmarcVerdict, IprevVerdict, ReportFamily, SpfVerdict, Verdicts,
};
use mox_clock::Clock;
use mox_config::Rules;
use mox_dkim::arc::{self, ArcResult, Chain};
use mox_dkim::{DkimResult, Limits, Signature, Verifier};
use mox_dmarc::{Disposition, DmarcResult, Policy};
use mox_dns::{BudgetedResolver, Resolver};
use mox_message::authres::{self, DkimProperties, MethodResult};
use mox_message::header::Header;
use mox_remoteip::IprevOutcome;
use mox_reports::receive::{Unproved, prove};
use mox_spf::{Identity, SpfResult};
use mox_telemetry::{Finding, Metrics};

use crate::{Along, Arrival, Blocklists, Case, Dmarc, Listed, Ruling, Uncertain, decide};

/// Questions that one message may cost.
pub(crate) const MAX_QUERIES: u32 = 300;

/// Finds out whether a message is what it says.
pub struct Authenticator {
    /// Where names, keys and policies are.
    pub resolver: Arc<dyn Resolver>,
    /// What that is called, where it is not the DNS of the world.
    pub dns: Option<&'static str>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Our name, in the fields that say what was found out.
    pub hostname: Domain,
    /// The client's address, if not the real one.
    pub client_ip: Option<IpAddr>,
    /// Time that one message may cost; what is not known by then is a temporary error.
    pub patience: Duration,
    /// Block lists to ask about clients.
    pub blocklists: Blocklists,
    /// Counts what was found out.
    pub metrics: Arc<Metrics>,
}

/// Sees the bytes of a message for its signatures.
pub struct Checks {
    dkim: Verifier,
    arc: arc::Verifier,
    /// The same with keys for reports about TLS, where such may come.
    tls_report: Option<Verifier>,
}

impl Checks {
    /// Looks at signatures as those of a TLS report, too: their keys may be for another service than mail
    /// (RFC 8460 §3).
    pub fn with_tls_report(self) -> Checks {
        let limits = Limits { service: "tlsrpt", ..Limits::default() };
        Checks { tls_report: Some(Verifier::new(limits)), ..self }
    }
}

impl Along for Checks {
    fn header(&mut self, header: &[u8]) {
        self.body(header);
    }

    fn body(&mut self, piece: &[u8]) {
        self.dkim.write(piece);
        self.arc.write(piece);
        if let Some(tls_report) = &mut self.tls_report {
            tls_report.write(piece);
        }
    }
}

/// What was found out about a message.
pub struct Evidence {
    pub(crate) ip: IpAddr,
    iprev: IprevOutcome,
    pub(crate) spf: mox_spf::Outcome,
    received_spf: String,
    pub(crate) dkim: Vec<Signature>,
    /// With keys for reports about TLS.
    tls_report: Vec<Signature>,
    arc: Chain,
    pub(crate) dmarc: mox_dmarc::Outcome,
    listed: Option<Listed>,
    /// Address in From.
    from: String,
    from_domain: Option<Domain>,
    /// How many domains From names.
    pub(crate) authors: usize,
    queries: u32,
}

/// The ruling for one address, and what is kept of it with the copy.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// What is done.
    pub ruling: Ruling,
    /// Header fields, each with CRLF.
    pub fields: String,
    /// For the record of the message.
    pub verdicts: String,
}

impl Judged {
    /// Whether the copy goes to the mailbox for junk.
    pub(crate) fn is_quarantined(&self) -> bool {
        self.ruling.decision == mox_admin::ops::Decision::Quarantine
    }
}

impl Authenticator {
    /// What reads along with a message.
    pub fn checks(&self) -> Checks {
        Checks { dkim: Verifier::new(Limits::default()), arc: arc::Verifier::new(), tls_report: None }
    }

    fn budget(&self) -> BudgetedResolver {
        BudgetedResolver::new(self.resolver.clone(), self.clock.clone(), MAX_QUERIES, self.patience)
    }

    /// The address that is judged.
    fn ip(&self, remote: IpAddr) -> IpAddr {
        self.client_ip.unwrap_or_else(|| remote.to_canonical())
    }

    fn query<'a>(&'a self, ip: IpAddr, helo: &'a IpDomain, mail_from: &'a ReversePath) -> mox_spf::Query<'a> {
        mox_spf::Query {
            ip,
            helo,
            mail_from: mail_from.as_ref(),
            local_hostname: self.hostname.ascii(),
            local_ip: None,
            now: self.clock.now(),
        }
    }

    /// SPF alone, before the message is there.
    pub async fn spf(&self, remote: IpAddr, helo: &str, mail_from: &ReversePath) -> SpfResult {
        let (budget, ip) = (self.budget(), self.ip(remote));
        mox_spf::check(&budget, &self.query(ip, &greeting(helo, ip), mail_from)).await.result
    }

    /// All of it. What DNS cannot say in time is a temporary error in its result.
    pub async fn examine(&self, arrival: &Arrival, header: &[u8], checks: Checks) -> Evidence {
        let budget = self.budget();
        let ip = self.ip(arrival.remote_ip);
        let now = self.clock.now();
        let helo = greeting(&arrival.helo, ip);
        let query = self.query(ip, &helo, &arrival.reverse_path);
        let as_tls_report = async {
            match checks.tls_report {
                Some(verifier) => verifier.finish(&budget, now).await,
                None => Vec::new(),
            }
        };
        let (iprev, spf, dkim, tls_report, arc, listed) = tokio::join!(
            mox_remoteip::iprev(&budget, ip),
            mox_spf::check(&budget, &query),
            checks.dkim.finish(&budget, now),
            as_tls_report,
            checks.arc.finish(&budget, now),
            self.blocklists.ask(&budget, arrival.local, ip, now),
        );
        let summary = mox_message::summary(header);
        let mut from: Vec<Domain> =
            summary.from.iter().filter_map(|m| Domain::parse(&m.domain).ok()).collect();
        let signatures: Vec<_> = dkim.iter().filter_map(signer).collect();
        let input =
            mox_dmarc::Input { from: &from, spf: Some((spf.domain.as_str(), spf.result)), dkim: &signatures };
        let dmarc = mox_dmarc::verify(&budget, &input).await;
        let received_spf = mox_spf::received_spf(&spf, &query);
        let mut evidence = Evidence {
            ip,
            iprev,
            spf,
            received_spf,
            dkim,
            tls_report,
            arc,
            dmarc,
            listed,
            from: summary.from.first().map(ToString::to_string).unwrap_or_default(),
            from_domain: from.first().cloned(),
            authors: 0,
            queries: budget.used(),
        };
        from.sort();
        from.dedup();
        evidence.authors = from.len();
        self.count(&evidence);
        evidence
    }
}

impl Authenticator {
    fn count_one(&self, method: &'static str, result: &'static str) {
        self.metrics.mail_verdicts.get_or_create(&Finding { method, result }).inc();
    }

    fn count(&self, evidence: &Evidence) {
        let count = |method, result| self.count_one(method, result);
        count("iprev", evidence.iprev.result.keyword());
        count("spf", evidence.spf.result.keyword());
        for signature in &evidence.dkim {
            count("dkim", signature.result.keyword());
        }
        count("dmarc", evidence.dmarc.result.keyword());
        count("arc", evidence.arc.result.keyword());
    }
}

/// What the client said it is; one that said nothing sensible is its address.
fn greeting(helo: &str, ip: IpAddr) -> IpDomain {
    helo.parse().unwrap_or(IpDomain::Ip(ip))
}

/// Domain, selector and result of a signature that has them.
fn signer(signature: &Signature) -> Option<(&str, &str, DkimResult)> {
    Some((signature.domain.as_ref()?.ascii(), signature.selector.as_deref()?, signature.result))
}

/// The text of a domain, if there is one.
fn text(domain: Option<&Domain>) -> String {
    domain.map(|domain| domain.ascii().to_owned()).unwrap_or_default()
}

impl Evidence {
    /// The verified name of the client.
    pub fn client_name(&self) -> Option<&str> {
        self.iprev.name.as_deref()
    }

    /// Domains that are proved to have had a hand in the message.
    fn verified(&self) -> Vec<Domain> {
        let spf = Domain::parse(&self.spf.domain).ok().filter(|_| self.spf.result == SpfResult::Pass);
        let dkim = self.dkim.iter().filter(|s| s.result == DkimResult::Pass);
        let dkim = dkim.filter_map(|s| s.domain.clone());
        spf.into_iter().chain(dkim).chain(self.sealer().cloned()).collect()
    }

    /// What DNS could not say for a time.
    fn uncertain(&self) -> Uncertain {
        let spf = Domain::parse(&self.spf.domain).ok().filter(|_| self.spf.result == SpfResult::TempError);
        let dkim = self.dkim.iter().filter(|s| s.result == DkimResult::TempError);
        let domains: Vec<Domain> = spf.into_iter().chain(dkim.filter_map(|s| s.domain.clone())).collect();
        let author = domains.iter().any(|domain| self.is_aligned(domain));
        let sealer = self.arc.sets.last().filter(|_| self.arc.temporary).map(|set| set.domain.clone());
        Uncertain { verified: domains.into_iter().chain(sealer).collect(), author }
    }

    /// Who sealed last, where the chain holds.
    fn sealer(&self) -> Option<&Domain> {
        self.arc.sets.last().filter(|_| self.arc.result == ArcResult::Pass).map(|set| &set.domain)
    }

    /// What DMARC asks for.
    pub(crate) fn asked(&self) -> Dmarc {
        match (self.dmarc.result, self.dmarc.disposition) {
            (DmarcResult::TempError, _) if self.dmarc.policy.is_some_and(|p| p != Policy::None) => {
                Dmarc::Undecided
            }
            (DmarcResult::TempError, _) => Dmarc::Temporary,
            (DmarcResult::Fail, Disposition::Quarantine) => Dmarc::Quarantine,
            (DmarcResult::Fail, Disposition::Reject) => Dmarc::Reject,
            _ => Dmarc::Nothing,
        }
    }

    /// Whether SPF or DKIM verified the organisation of the From domain, whatever DMARC says.
    fn author_is_verified(&self) -> bool {
        let spf = self.spf.result == SpfResult::Pass && self.spf_is_aligned();
        let aligned = |s: &Signature| s.domain.as_ref().is_some_and(|domain| self.is_aligned(domain));
        spf || self.dkim.iter().any(|s| s.result == DkimResult::Pass && aligned(s))
    }

    fn spf_is_aligned(&self) -> bool {
        Domain::parse(&self.spf.domain).is_ok_and(|domain| self.is_aligned(&domain))
    }

    /// Whether From names several domains, so that nobody can say whose the message is.
    pub fn has_several_authors(&self) -> bool {
        self.authors > 1
    }

    /// Who vouches for a message as a report: DKIM alone for TLS (RFC 8460 §3), DMARC for DMARC (RFC 9990 §3.5.2).
    pub(crate) fn report_sender(&self, family: ReportFamily) -> Result<Domain, Unproved> {
        let from = self.from_domain.as_ref().filter(|_| self.authors == 1).ok_or(Unproved::From)?;
        if family == ReportFamily::Tls {
            return prove(&self.tls_report, from, self.dmarc.organizational_domain.as_ref());
        }
        let problem = self.dmarc.problem.as_deref();
        Err(Unproved::Dmarc(match self.dmarc.result {
            DmarcResult::Pass => return Ok(from.clone()),
            DmarcResult::Fail => format!("neither SPF nor DKIM passes for {from}"),
            DmarcResult::None => format!("{from} has no DMARC record"),
            DmarcResult::TempError => "DNS cannot say now".to_owned(),
            DmarcResult::PermError => problem.unwrap_or("its record or From is no good").to_owned(),
        }))
    }

    /// Decides for an address, and writes down what is kept.
    pub fn judge(
        &self,
        authenticator: &Authenticator,
        header: &[u8],
        rules: &Rules,
        arrival: &Arrival,
    ) -> Judged {
        let (verified, uncertain) = (self.verified(), self.uncertain());
        let mail_from = arrival.reverse_path.as_ref().map(ToString::to_string).unwrap_or_default();
        let policy_domain = self.dmarc.policy_domain.as_ref().map(ToString::to_string).unwrap_or_default();
        let ruling = decide(&Case {
            mail_from: &mail_from,
            from: &self.from,
            verified: &verified,
            uncertain: &uncertain,
            dmarc: self.asked(),
            policy_domain: &policy_domain,
            from_verified: self.dmarc.result == DmarcResult::Pass || self.author_is_verified(),
            listed: self.listed.as_ref(),
            header: Header::of(header),
            rules,
        });
        authenticator.count_one("decision", ruling.decision.keyword());
        let results = self.results(&ruling);
        let utf8 = arrival.protocol.utf8;
        let mut fields = authres::format(&authenticator.hostname, &results, utf8);
        fields.push_str(&self.received_spf);
        let dns = authenticator.dns.map(str::to_owned);
        let verdicts = Verdicts { dns, ..self.verdicts(&ruling) };
        Judged { verdicts: verdicts.to_json(), fields, ruling }
    }

    /// For Authentication-Results.
    fn results(&self, ruling: &Ruling) -> Vec<MethodResult> {
        let mut iprev = MethodResult::iprev(self.iprev.result.keyword(), self.ip);
        if let Some(name) = &self.iprev.name {
            iprev = iprev.comment(name);
        }
        let (result, domain) = (self.spf.result.keyword(), &self.spf.domain);
        let mut spf = match self.spf.identity {
            Identity::MailFrom => MethodResult::spf_mail_from(result, domain),
            Identity::Helo => MethodResult::spf_helo(result, domain),
        };
        if let Some(mechanism) = &self.spf.mechanism {
            spf = spf.comment(mechanism);
        }
        let spf = spf.reason(self.spf.problem.as_deref());
        let mut dmarc = self.dmarc.method_result();
        if let Some(overridden) = ruling.overridden {
            dmarc = dmarc.comment(&format!("override {overridden}"));
        }
        let dkim = self.dkim.iter().map(|signature| {
            let properties = DkimProperties {
                domain: signature.domain.as_ref().map(Domain::ascii).unwrap_or_default(),
                identity: signature.identity.as_deref(),
                selector: signature.selector.as_deref().unwrap_or_default(),
                algorithm: signature.algorithm.as_deref(),
                b: signature.b_prefix.as_deref(),
            };
            MethodResult::dkim(signature.result.keyword(), &properties).reason(signature.reason.as_deref())
        });
        let none = self.dkim.is_empty().then(|| MethodResult::new("dkim", DkimResult::None.keyword()));
        let arc = (self.arc.result != ArcResult::None).then(|| {
            let result =
                MethodResult::arc(self.arc.result.keyword(), self.ip).reason(self.arc.reason.as_deref());
            match self.sealer() {
                Some(sealer) => result.with("header.d", sealer.ascii()),
                None => result,
            }
        });
        [iprev, spf].into_iter().chain(dkim).chain(none).chain([dmarc]).chain(arc).collect()
    }

    /// For the record of the message.
    fn verdicts(&self, ruling: &Ruling) -> Verdicts {
        let dkim = self.dkim.iter().map(|signature| DkimVerdict {
            result: signature.result.keyword().to_owned(),
            domain: text(signature.domain.as_ref()),
            selector: signature.selector.clone().unwrap_or_default(),
            algorithm: signature.algorithm.clone().unwrap_or_default(),
            reason: signature.reason.clone(),
            testing: signature.testing,
            body_length: signature.body_length,
            key_bits: signature.key_bits,
            aligned: signature.domain.as_ref().is_some_and(|domain| self.is_aligned(domain)),
        });
        Verdicts {
            ip: self.ip.to_string(),
            decision: ruling.decision,
            reason: ruling.reason.clone(),
            r#override: ruling.overridden.map(str::to_owned),
            iprev: IprevVerdict {
                result: self.iprev.result.keyword().to_owned(),
                name: self.iprev.name.clone(),
            },
            spf: SpfVerdict {
                result: self.spf.result.keyword().to_owned(),
                domain: self.spf.domain.clone(),
                identity: self.spf.identity.keyword().to_owned(),
                mechanism: self.spf.mechanism.clone(),
                explanation: self.spf.explanation.clone(),
                problem: self.spf.problem.clone(),
                lookups: self.spf.lookups,
                aligned: self.spf_is_aligned(),
            },
            dkim: dkim.collect(),
            dmarc: DmarcVerdict {
                result: self.dmarc.result.keyword().to_owned(),
                from: self.from_domain.as_ref().map(ToString::to_string).unwrap_or_default(),
                policy_domain: self.dmarc.policy_domain.as_ref().map(ToString::to_string),
                policy: self.dmarc.policy.map(|policy| policy.to_string()),
                testing: self.dmarc.testing,
                problem: self.dmarc.problem.clone(),
            },
            arc: (self.arc.result != ArcResult::None).then(|| ArcVerdict {
                result: self.arc.result.keyword().to_owned(),
                instances: self.arc.instances,
                reason: self.arc.reason.clone(),
                sealer: self.sealer().map(|domain| domain.ascii().to_owned()),
            }),
            queries: self.queries,
            dns: None,
        }
    }

    /// Whether a domain is of the organisation of the From domain: the same, or one below the other, or both within
    /// the organizational domain that DMARC found.
    fn is_aligned(&self, domain: &Domain) -> bool {
        let Some(from) = &self.from_domain else { return false };
        match &self.dmarc.organizational_domain {
            Some(organization) => domain.is_within(organization) && from.is_within(organization),
            None => domain == from,
        }
    }
}
