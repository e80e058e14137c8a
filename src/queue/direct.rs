//! Mail to the hosts that DNS names: which ones in which order, and what TLS each must have.
//!
//! First the hosts of the domain, by preference, us and those behind us left out; then its MTA-STS policy; then for
//! each host: is it one of the policy, its addresses, its TLSA records where every step so far is proved by DNSSEC,
//! the plan ([`crate::tlsplan`]), its addresses one after the other. What is wrong with one host leads to the next;
//! a failure that may pass keeps the message in the queue, whatever the other hosts say for good. Everything is
//! written down for reports ([`crate::ledger`]).
//! RFC 5321 §5.1, RFC 7672 §2.2, RFC 8461 §5, RFC 8689 §4.2.1.

use mox_address::{Domain, IpDomain};
use mox_dane::{Found as Addressed, Tlsa};
use mox_mtasts::Mode;
use mox_smtp::EnhancedCode;
use mox_smtpclient::{self as client, Dane};
use mox_tlsrpt::{FailureDetail, ResultType};

use crate::ledger::{bogus_detail, tlsa_detail};
use crate::seam::Step;
use crate::smtp::{Manner, PORT, Search};
use crate::sts::Found;
use crate::tlsplan::{DaneState, Demands, Refusal, TlsPlan, plan};

/// A domain on the way: what holds for each of its hosts.
pub(crate) struct Way {
    pub(crate) hops: client::NextHops,
    sts: Found,
}

impl Search<'_> {
    /// A session with one of the domain's hosts.
    pub(crate) async fn direct(&mut self) -> Option<client::Session> {
        let way = self.domain().await?;
        for hop in &way.hops.hosts {
            if let Some(session) = self.hop(&way, &hop.host).await {
                return Some(session);
            }
        }
        None
    }

    /// The hosts of the domain, and its policy.
    pub(crate) async fn domain(&mut self) -> Option<Way> {
        let hops = self.hops().await?;
        let sts = match &self.target.domain {
            IpDomain::Domain(domain) => self.policy(&domain.clone()).await?,
            IpDomain::Ip(_) => Found::default(),
        };
        Some(Way { hops, sts })
    }

    async fn hops(&mut self) -> Option<client::NextHops> {
        let (smtp, domain) = (self.smtp, &self.target.domain);
        let mut hops = match client::gather(&*smtp.resolver, &*smtp.random, domain).await {
            Ok(hops) => hops,
            Err(e) => {
                if let (Some(bogus), Some(ledger)) = (&e.bogus, &mut self.ledger) {
                    ledger.domain_failed(Some(bogus_detail(bogus)));
                }
                self.fail("mx", e);
                return None;
            }
        };
        let names: Vec<String> = hops.hosts.iter().map(|hop| hop.host.to_string()).collect();
        let how = if hops.has_mx { "MX of" } else { "no MX; the host is" };
        let proved = if hops.authentic { ", proved by DNSSEC" } else { "" };
        self.steps.push(Step::new("mx", true, format!("{how} {domain}: {}{proved}", names.join(", "))));
        hops.before(|host| host.to_string().eq_ignore_ascii_case(&smtp.hostname));
        if hops.hosts.is_empty() {
            let reason = format!("mail for {domain} would come back to this host, which does not take it");
            self.fail("mx", client::Error::local(client::Kind::Dns, false, EnhancedCode(5, 4, 6), reason));
            return None;
        }
        Some(hops)
    }

    /// The MTA-STS policy of the domain; none when the attempt must wait for DNS.
    async fn policy(&mut self, domain: &Domain) -> Option<Found> {
        let Some(policies) = &self.smtp.policies else { return Some(Found::default()) };
        let found = policies.get(domain).await;
        if let Some(ledger) = &mut self.ledger {
            ledger.sts(&found);
        }
        if let Some(step) = sts_step(domain, &found) {
            self.steps.push(step);
        }
        match &found.temporary {
            Some(why) if self.target.require_tls != Some(false) => {
                if let Some(ledger) = &mut self.ledger {
                    ledger.domain_failed(None);
                }
                let reason = format!("whether {domain} has an MTA-STS policy is not known now: {why}");
                self.fail(
                    "sts",
                    client::Error::local(client::Kind::Dns, true, EnhancedCode(4, 4, 3), reason),
                );
                None
            }
            _ => Some(found),
        }
    }

    /// One host of the domain.
    pub(crate) async fn hop(&mut self, way: &Way, host: &IpDomain) -> Option<client::Session> {
        let sts = self.is_in_policy(&way.sts, host)?;
        let found = match client::addresses(&*self.smtp.resolver, host).await {
            Ok(found) => found,
            Err(e) => {
                if let (Some(bogus), Some(ledger)) = (&e.bogus, &mut self.ledger) {
                    ledger.host_with_tlsa(&host_name(host), &[]);
                    ledger.host_detail(&host_name(host), bogus_detail(bogus), true);
                }
                self.fail("mx", e);
                return None;
            }
        };
        let dane = self.tlsa(way, host, &found).await?;
        let demands = Demands {
            require_tls: self.target.require_tls,
            class: self.target.class,
            sts,
            dane: &dane,
            require_dane: self.direct_options().is_some_and(|options| options.require_dane),
        };
        let plan = match plan(demands) {
            Ok(plan) => plan,
            Err(refusal) => {
                // A policy that cannot be had now may prove the host later.
                let passing = way.sts.failure.is_some() && way.sts.policy.is_none();
                self.refused(refusal, host, passing);
                return None;
            }
        };
        let TlsPlan { mode, verify, fallback, requiretls } = plan;
        // The name that DANE is about, where PKIX does not have to prove another (RFC 7672 §8.1).
        let base = verify.dane.as_ref().filter(|_| !verify.pkix).and_then(|dane| dane.names.first());
        let server_name = base.cloned();
        let manner = Manner { port: PORT, mode, verify, fallback, requiretls, login: None, server_name };
        self.addresses(host, found.ips, &manner).await
    }

    /// Whether an MTA-STS policy in mode enforce names the host; none when the host must be left out for it.
    fn is_in_policy(&mut self, sts: &Found, host: &IpDomain) -> Option<bool> {
        let Some(policy) = sts.policy.as_ref().filter(|policy| policy.mode != Mode::None) else {
            return Some(false);
        };
        let named = matches!(host, IpDomain::Domain(name) if policy.matches(name));
        let enforced = policy.mode == Mode::Enforce;
        if named {
            return Some(enforced);
        }
        let ignored = self.target.require_tls == Some(false);
        let name = host_name(host);
        if let Some(ledger) = &mut self.ledger {
            ledger.mx_mismatch(&name, enforced && !ignored);
        }
        let text = format!("{name} is not one of the hosts of the MTA-STS policy");
        if enforced && !ignored {
            self.fail("sts", client::Error::local(client::Kind::Tls, true, EnhancedCode(4, 7, 5), text));
            return None;
        }
        self.steps.push(Step::new("sts", false, format!("{text}, which is not enforced")));
        Some(false)
    }

    /// What TLSA records say of the host; none when the host must be left out because nobody knows.
    async fn tlsa(&mut self, way: &Way, host: &IpDomain, found: &client::Addresses) -> Option<DaneState> {
        let name = host_name(host);
        let (IpDomain::Domain(domain), IpDomain::Domain(expanded)) = (host, &found.expanded) else {
            return Some(DaneState::None);
        };
        if !way.hops.authentic {
            self.ledger.iter_mut().for_each(|ledger| ledger.host(&name));
            return Some(DaneState::None);
        }
        let addressed = Addressed { expanded, authentic: found.authentic };
        match mox_dane::lookup(&*self.smtp.resolver, domain, addressed, PORT).await {
            Tlsa::None { base } => {
                let base = base.map_or(name, |base| base.ascii().to_owned());
                self.ledger.iter_mut().for_each(|ledger| ledger.host(&base));
                Some(DaneState::None)
            }
            Tlsa::Records { base, records } => {
                self.ledger.iter_mut().for_each(|ledger| ledger.host_with_tlsa(base.ascii(), &records));
                let usable: Vec<_> = mox_dane::usable(&records).into_iter().cloned().collect();
                let (all, good) = (records.len(), usable.len());
                let text = format!("{good} of {all} TLSA records of {base} are usable, proved by DNSSEC");
                self.steps.push(Step::new("dane", good > 0, text));
                if usable.is_empty() {
                    let detail = FailureDetail::new(ResultType::TlsaInvalid, "all-unusable-records+ignored");
                    self.ledger
                        .iter_mut()
                        .for_each(|ledger| ledger.host_detail(&name, detail.clone(), false));
                    return Some(DaneState::Unusable);
                }
                Some(DaneState::Usable(Dane { records: usable, names: names(way, &base, domain) }))
            }
            Tlsa::Failed { base, error } => {
                let ignored = self.target.require_tls == Some(false);
                let detail = tlsa_detail(&error);
                self.ledger.iter_mut().for_each(|ledger| {
                    ledger.host_with_tlsa(base.ascii(), &[]);
                    ledger.host_detail(&name, detail.clone(), !ignored);
                });
                let text = format!("looking up TLSA records of {base}: {error}");
                if ignored {
                    self.steps.push(Step::new("dane", false, format!("{text}, which does not matter here")));
                    return Some(DaneState::None);
                }
                self.fail("dane", client::Error::local(client::Kind::Dns, true, EnhancedCode(4, 7, 5), text));
                None
            }
        }
    }

    /// The host may not be used, whatever it offers.
    fn refused(&mut self, refusal: Refusal, host: &IpDomain, passing: bool) {
        let name = host_name(host);
        let error = match refusal {
            Refusal::NothingProves => client::Error::local(
                client::Kind::Tls,
                passing,
                EnhancedCode(if passing { 4 } else { 5 }, 7, 30),
                format!(
                    "the message requires TLS to a host that is proved, and neither DANE nor MTA-STS proves {name}"
                ),
            ),
            Refusal::DaneMissing => {
                let detail = FailureDetail::new(ResultType::DaneRequired, "");
                self.ledger.iter_mut().for_each(|ledger| ledger.host_detail(&name, detail.clone(), true));
                let text = format!("DANE is required here, and {name} has no usable TLSA records");
                client::Error::local(client::Kind::Tls, true, EnhancedCode(4, 7, 5), text)
            }
        };
        self.fail("tls", error);
    }
}

/// The name, or the address where there is none.
pub(crate) fn host_name(host: &IpDomain) -> String {
    match host {
        IpDomain::Domain(domain) => domain.ascii().to_owned(),
        IpDomain::Ip(ip) => ip.to_string(),
    }
}

/// Names that a certificate below a DANE-TA record may hold: every step was proved, so all of them. RFC 7672 §3.2.2.
fn names(way: &Way, base: &Domain, host: &Domain) -> Vec<String> {
    let mut names: Vec<String> = vec![base.ascii().to_owned()];
    let mut add = |name: &str| {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    };
    add(host.ascii());
    if way.hops.has_mx {
        for step in &way.hops.steps {
            add(&step.name);
        }
    }
    names
}

fn sts_step(domain: &Domain, found: &Found) -> Option<Step> {
    let failure = found.failure.as_ref().map(|f| format!("{} {}", f.result_type, f.reason));
    let text = match (&found.policy, failure) {
        (Some(policy), None) => format!("{domain} has an MTA-STS policy, mode {}", policy.mode),
        (Some(policy), Some(failure)) => {
            format!(
                "the MTA-STS policy of {domain} that is remembered holds, mode {}: {failure}",
                policy.mode
            )
        }
        (None, Some(failure)) => format!("the MTA-STS policy of {domain} cannot be had: {failure}"),
        (None, None) => return None,
    };
    Some(Step::new("sts", found.failure.is_none(), text))
}
