//! What follows from the verdicts for mail to one address: stages in order, of which the first that decides wins.
//!
//! A stage looks at the evidence and at the address's rules and says nothing, or gives a [`Ruling`]. Junk filtering
//! and reputation will be stages before [`blocklisted`]; what no stage refuses is accepted.
//! RFC 9989 §5.4 (what the policy asks for, and overrides), RFC 7372 §3.

use mox_address::{Address, Domain};
use mox_admin::ops::{Decision, Verdicts};
use mox_config::Rules;
use mox_config::ruleset::Ruleset;
use mox_message::header::Header;
use mox_smtp::{EnhancedCode, Reply};

use crate::blocklist::Listed;

/// What DNS could not say for a time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Uncertain {
    /// Domains that SPF, DKIM or a chain of seals may verify later.
    pub verified: Vec<Domain>,
    /// One of them is of the same organisation as the From domain.
    pub author: bool,
}

/// What the stages look at.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// Reverse-path; empty for the null one.
    pub mail_from: &'a str,
    /// Address in From.
    pub from: &'a str,
    /// Domains that SPF or DKIM verified, and who sealed a chain that holds.
    pub verified: &'a [Domain],
    /// What could not be found out now.
    pub uncertain: &'a Uncertain,
    /// What DMARC found.
    pub dmarc: Dmarc,
    /// The domain whose policy that is.
    pub policy_domain: &'a str,
    /// DMARC passes, or the From domain is the same organisation's as one that SPF or DKIM verified.
    pub from_verified: bool,
    /// A block list that has the client.
    pub listed: Option<&'a Listed>,
    /// The header.
    pub header: Header<'a>,
    /// How the address wants its mail judged.
    pub rules: &'a Rules,
}

/// What DMARC found, as far as it decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dmarc {
    /// Nothing is asked for: no policy, or the message passes, or the policy asks for nothing.
    Nothing,
    /// The message fails, and the policy asks for the mailbox for junk.
    Quarantine,
    /// The message fails, and the policy asks to refuse it.
    Reject,
    /// DNS could not say whether there is a policy.
    Temporary,
    /// There is a policy that asks for something, and DNS could not say whether the message passes.
    Undecided,
}

/// The outcome for one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ruling {
    /// What is done.
    pub decision: Decision,
    /// Why, for people.
    pub reason: String,
    /// Why the policy of the From domain was not followed, in the words of RFC 9990.
    pub overridden: Option<&'static str>,
    /// Mailbox that a rule names, instead of that of the address.
    pub mailbox: Option<String>,
    /// The reply when the message is refused.
    pub reply: Option<Reply>,
    /// A block list decides.
    pub listed: bool,
}

impl Ruling {
    fn new(decision: Decision, reason: impl Into<String>) -> Ruling {
        Ruling {
            decision,
            reason: reason.into(),
            overridden: None,
            mailbox: None,
            reply: None,
            listed: false,
        }
    }
}

impl Ruling {
    /// Whether the message is refused for what it is: not because something could not be found out now.
    pub(crate) fn is_by_policy(&self) -> bool {
        self.decision == Decision::Reject || self.listed
    }
}

/// Looks at a case, and at the rule that matches it, and perhaps decides.
type Stage = fn(&Case<'_>, Option<&Ruleset>) -> Option<Ruling>;

/// The stages, in order.
const STAGES: [Stage; 6] = [members_only, list_allowed, forwarded, dmarc_policy, auth_required, blocklisted];

/// Decides for one address. What would be decided otherwise if DNS had said what it could not say now is put off: mail
/// is neither refused nor filed as junk because of a temporary error.
pub fn decide(case: &Case<'_>) -> Ruling {
    let ruling = decide_now(case);
    let Uncertain { verified, author } = case.uncertain;
    if verified.is_empty() || !matches!(ruling.decision, Decision::Reject | Decision::Quarantine) {
        return ruling;
    }
    let all = [case.verified, verified].concat();
    let later = decide_now(&Case { verified: &all, from_verified: case.from_verified || *author, ..*case });
    match later.decision == ruling.decision {
        true => ruling,
        false => {
            let names: Vec<&str> = verified.iter().map(Domain::ascii).collect();
            put_off(format!("DNS cannot say now whether the message is from {}", names.join(" or ")))
        }
    }
}

/// Refused for now, since DNS could not say what decides.
fn put_off(text: String) -> Ruling {
    let reply = Reply::new(451, EnhancedCode(4, 7, 26), text.clone());
    Ruling { reply: Some(reply), ..Ruling::new(Decision::Defer, text) }
}

/// Decides by what is known.
fn decide_now(case: &Case<'_>) -> Ruling {
    let rule = case.rules.rulesets.iter().find(|rule| matches(rule, case));
    let mut ruling = STAGES
        .iter()
        .find_map(|stage| stage(case, rule))
        .unwrap_or_else(|| Ruling::new(Decision::Accept, Verdicts::NO_OBJECTION));
    if let Some(rule) = rule {
        match (ruling.decision, rule.accept_rejects_to_mailbox.as_str()) {
            (Decision::Accept, _) => ruling.mailbox = Some(rule.mailbox.clone()),
            (_, "") => {}
            // A member's rule is not that of the alias.
            _ if case.rules.only_from.is_some() => {}
            (_, mailbox) => {
                ruling.reason = format!("{}; a rule takes it into {mailbox} all the same", ruling.reason);
                ruling.overridden = Some("local_policy");
                ruling.mailbox = Some(mailbox.to_owned());
                ruling.reply = None;
                ruling.decision = Decision::Accept;
            }
        }
    }
    ruling
}

/// Whether all conditions of a rule hold. A rule without conditions never matches.
fn matches(rule: &Ruleset, case: &Case<'_>) -> bool {
    let text = |value: &str| value.trim().to_lowercase();
    rule.has_condition()
        && rule.smtp_mail_from.as_ref().is_none_or(|pattern| pattern.matches(case.mail_from))
        && rule.msg_from.as_ref().is_none_or(|pattern| pattern.matches(case.from))
        && rule.verified_domain.as_ref().is_none_or(|domain| verifies(case, domain))
        && rule.headers.iter().all(|(name, value)| {
            case.header
                .fields()
                .any(|field| name.matches(&text(field.name)) && value.matches(&text(&field.text())))
        })
}

/// Whether a domain, or one below it, is verified.
fn verifies(case: &Case<'_>, domain: &Domain) -> bool {
    case.verified.iter().any(|verified| verified.is_within(domain))
}

/// Mail to an alias that only its members may send to. Whoever else it is from, no rule of a member lets it in.
fn members_only(case: &Case<'_>, _rule: Option<&Ruleset>) -> Option<Ruling> {
    let members = case.rules.only_from.as_ref()?;
    let is_from = |member: &Address| {
        let from = case.from.parse::<Address>();
        from.is_ok_and(|from| {
            from.domain == member.domain
                && from.localpart.canonical(false, &[]) == member.localpart.canonical(false, &[])
        })
    };
    if case.from_verified && members.iter().any(is_from) {
        return None;
    }
    let (decision, code, class) = match case.dmarc {
        Dmarc::Temporary => (Decision::Defer, 451, 4),
        _ => (Decision::Reject, 550, 5),
    };
    let reply = Reply::new(code, EnhancedCode(class, 7, 2), "only members may send to this address");
    let reason = "the address takes only mail of its members, whose From is verified";
    Some(Ruling { reply: Some(reply), ..Ruling::new(decision, reason) })
}

/// Mail of a list that the address allows.
fn list_allowed(case: &Case<'_>, rule: Option<&Ruleset>) -> Option<Ruling> {
    let domain = rule?.list_allow_domain.as_ref().filter(|domain| verifies(case, domain))?;
    let overridden = (case.dmarc != Dmarc::Nothing).then_some("mailing_list");
    Some(Ruling {
        overridden,
        ..Ruling::new(Decision::Accept, format!("mail of the list {domain}, which a rule allows"))
    })
}

/// Mail that somebody's address elsewhere forwards: what From asks for is not applied.
fn forwarded(case: &Case<'_>, rule: Option<&Ruleset>) -> Option<Ruling> {
    rule.filter(|rule| rule.is_forward)?;
    let overridden = (case.dmarc != Dmarc::Nothing).then_some("trusted_forwarder");
    Some(Ruling { overridden, ..Ruling::new(Decision::Accept, "forwarded by an address that a rule names") })
}

/// What the policy of the From domain asks for.
fn dmarc_policy(case: &Case<'_>, _rule: Option<&Ruleset>) -> Option<Ruling> {
    let domain = case.policy_domain;
    match case.dmarc {
        Dmarc::Reject => {
            let text =
                format!("{domain} asks by its DMARC policy to refuse mail that is not proved to be its own");
            let reply = Reply::new(550, EnhancedCode(5, 7, 26), text.clone());
            Some(Ruling { reply: Some(reply), ..Ruling::new(Decision::Reject, text) })
        }
        Dmarc::Quarantine => Some(Ruling::new(
            Decision::Quarantine,
            format!(
                "{domain} asks by its DMARC policy to treat mail as junk that is not proved to be its own"
            ),
        )),
        Dmarc::Undecided => Some(put_off(format!(
            "DNS cannot say now whether the message passes the DMARC policy of {domain}"
        ))),
        Dmarc::Temporary | Dmarc::Nothing => None,
    }
}

/// Addresses that only take mail whose From is verified.
fn auth_required(case: &Case<'_>, _rule: Option<&Ruleset>) -> Option<Ruling> {
    let text = case.rules.auth_required.as_str();
    if text.is_empty() || case.from_verified {
        return None;
    }
    let (decision, code, class) = match case.dmarc {
        Dmarc::Temporary => (Decision::Defer, 451, 4),
        _ => (Decision::Reject, 550, 5),
    };
    let reply = Reply::new(code, EnhancedCode(class, 7, 26), text);
    let reason = "the address takes only mail whose From is verified";
    Some(Ruling { reply: Some(reply), ..Ruling::new(decision, reason) })
}

/// Clients that a block list has. For now only, so that a list that errs delays mail and loses none.
fn blocklisted(case: &Case<'_>, _rule: Option<&Ruleset>) -> Option<Ruling> {
    let Listed { zone, explanation } = case.listed?;
    let said = explanation.as_ref().map(|text| format!(": {text}")).unwrap_or_default();
    let text = format!("your address is in the block list {zone}{said}");
    let reply = Reply::new(451, EnhancedCode(4, 7, 1), text);
    Some(Ruling {
        reply: Some(reply),
        listed: true,
        ..Ruling::new(Decision::Defer, format!("the client is in the block list {zone}{said}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use mox_config::pattern::Pattern;

    fn rule() -> Ruleset {
        Ruleset {
            smtp_mail_from: None,
            msg_from: None,
            verified_domain: None,
            headers: Default::default(),
            is_forward: false,
            list_allow_domain: None,
            accept_rejects_to_mailbox: String::new(),
            mailbox: "Sorted".to_owned(),
            comment: String::new(),
        }
    }

    fn domain(name: &str) -> Domain {
        name.parse().unwrap()
    }

    fn ruling(dmarc: Dmarc, rules: Rules) -> Ruling {
        ruling_when(dmarc, &rules, &Uncertain::default())
    }

    fn ruling_when(dmarc: Dmarc, rules: &Rules, uncertain: &Uncertain) -> Ruling {
        let verified = [domain("lists.example.org")];
        let header = b"List-Id: News <news.lists.example.org>\r\nSubject: x\r\n\r\n";
        decide(&Case {
            mail_from: "bounce@lists.example.org",
            from: "amy@example.com",
            verified: &verified,
            uncertain,
            dmarc,
            policy_domain: "example.com",
            from_verified: false,
            listed: None,
            header: Header::of(header),
            rules,
        })
    }

    fn with(rule: Ruleset) -> Rules {
        Rules { rulesets: vec![rule], ..Rules::default() }
    }

    #[test]
    fn the_policy_decides_where_no_rule_does() {
        for (dmarc, decision, code) in [
            (Dmarc::Nothing, Decision::Accept, None),
            (Dmarc::Temporary, Decision::Accept, None),
            (Dmarc::Quarantine, Decision::Quarantine, None),
            (Dmarc::Reject, Decision::Reject, Some("550 5.7.26 ")),
            (Dmarc::Undecided, Decision::Defer, Some("451 4.7.26 ")),
        ] {
            let found = ruling(dmarc, Rules::default());
            assert_eq!((found.decision, found.mailbox.as_deref()), (decision, None));
            let reply = found.reply.map(|reply| reply.to_string());
            assert_eq!(reply.as_deref().map(|text| &text[..11]), code);
        }
    }

    #[test]
    fn only_members_write_to_an_alias_that_is_not_open() {
        let members = |member: &str| Some(vec![member.parse().unwrap()]);
        let open = Ruleset { accept_rejects_to_mailbox: "Anyway".to_owned(), ..list_rule() };
        let header = b"Subject: x\r\n\r\n";
        for (member, verified, dmarc, decision, code) in [
            ("Amy@example.com", true, Dmarc::Nothing, Decision::Accept, None),
            ("amy@example.com", false, Dmarc::Nothing, Decision::Reject, Some("550 5.7.2 ")),
            ("amy@example.com", false, Dmarc::Temporary, Decision::Defer, Some("451 4.7.2 ")),
            ("bob@example.com", true, Dmarc::Nothing, Decision::Reject, Some("550 5.7.2 ")),
        ] {
            let rules = Rules { only_from: members(member), ..with(open.clone()) };
            let found = decide(&Case {
                mail_from: "amy@example.com",
                from: "amy@example.com",
                verified: &[domain("lists.example.org")],
                uncertain: &Uncertain::default(),
                dmarc,
                policy_domain: "example.com",
                from_verified: verified,
                listed: None,
                header: Header::of(header),
                rules: &rules,
            });
            assert_eq!(found.decision, decision, "{member} {verified}");
            let reply = found.reply.map(|reply| reply.to_string());
            assert_eq!(reply.as_deref().map(|text| &text[..10]), code, "{member} {verified}");
        }
    }

    /// A rule of a member that lets a list in.
    fn list_rule() -> Ruleset {
        Ruleset { list_allow_domain: Some(domain("lists.example.org")), ..rule() }
    }

    #[test]
    fn lists_and_forwarders_that_rules_name_override_the_policy() {
        let list = Ruleset { list_allow_domain: Some(domain("example.org")), ..rule() };
        let list = Ruleset { verified_domain: Some(domain("lists.example.org")), ..list };
        let found = ruling(Dmarc::Reject, with(list.clone()));
        assert_eq!((found.decision, found.overridden), (Decision::Accept, Some("mailing_list")));
        assert_eq!(found.mailbox.as_deref(), Some("Sorted"));
        assert_eq!(ruling(Dmarc::Nothing, with(list)).overridden, None);
        let forward = Ruleset {
            is_forward: true,
            smtp_mail_from: Some(Pattern::new("^bounce@")),
            verified_domain: Some(domain("lists.example.org")),
            ..rule()
        };
        let found = ruling(Dmarc::Quarantine, with(forward.clone()));
        assert_eq!((found.decision, found.overridden), (Decision::Accept, Some("trusted_forwarder")));
        // The forwarder's domain must be proved.
        let unproved = Ruleset { verified_domain: Some(domain("example.net")), ..forward };
        assert_eq!(ruling(Dmarc::Reject, with(unproved)).decision, Decision::Reject);
    }

    #[test]
    fn a_rule_can_take_what_would_be_refused() {
        let keep = Ruleset {
            msg_from: Some(Pattern::new("@example\\.com$")),
            accept_rejects_to_mailbox: "Refused".to_owned(),
            ..rule()
        };
        let found = ruling(Dmarc::Reject, with(keep));
        assert_eq!((found.decision, found.mailbox.as_deref()), (Decision::Accept, Some("Refused")));
        assert_eq!((found.reply, found.overridden), (None, Some("local_policy")));
    }

    #[test]
    fn addresses_that_need_a_verified_from() {
        for (dmarc, code) in
            [(Dmarc::Nothing, "550 5.7.26 prove it"), (Dmarc::Temporary, "451 4.7.26 prove it")]
        {
            let rules = Rules { auth_required: "prove it".to_owned(), ..Rules::default() };
            let reply = ruling(dmarc, rules).reply.map(|reply| reply.to_string());
            assert_eq!(reply.as_deref().map(str::trim_end), Some(code));
        }
    }

    #[test]
    fn what_dns_cannot_say_now_refuses_nothing_for_good() {
        let list = Ruleset {
            list_allow_domain: Some(domain("late.example")),
            verified_domain: Some(domain("late.example")),
            ..rule()
        };
        let required = Rules { auth_required: "prove it".to_owned(), ..Rules::default() };
        let (late, other) =
            (Uncertain { verified: vec![domain("late.example")], author: true }, Uncertain::default());
        for (dmarc, rules, uncertain, decision, code) in [
            // The list that would be allowed may be proved later; so may the author.
            (Dmarc::Reject, with(list.clone()), &late, Decision::Defer, Some("451 4.7.26 ")),
            (Dmarc::Quarantine, with(list.clone()), &late, Decision::Defer, Some("451 4.7.26 ")),
            (Dmarc::Nothing, required.clone(), &late, Decision::Defer, Some("451 4.7.26 ")),
            // Where that would change nothing, it is no way around a policy.
            (Dmarc::Reject, Rules::default(), &late, Decision::Reject, Some("550 5.7.26 ")),
            (Dmarc::Reject, with(list), &other, Decision::Reject, Some("550 5.7.26 ")),
            (Dmarc::Nothing, required, &other, Decision::Reject, Some("550 5.7.26 ")),
        ] {
            let found = ruling_when(dmarc, &rules, uncertain);
            let reply = found.reply.map(|reply| reply.to_string());
            assert_eq!((found.decision, reply.as_deref().map(|text| &text[..11])), (decision, code));
        }
    }

    #[test]
    fn conditions_are_all_needed() {
        let mut headers = mox_config::section::Table::default();
        headers.insert(Pattern::new("^list-id$"), Pattern::new("<news\\.lists\\.example\\.org>"));
        let list = Ruleset { headers, ..rule() };
        assert_eq!(ruling(Dmarc::Nothing, with(list.clone())).mailbox.as_deref(), Some("Sorted"));
        let other = Ruleset { msg_from: Some(Pattern::new("^bob@")), ..list };
        assert_eq!(ruling(Dmarc::Nothing, with(other)).mailbox, None);
        assert_eq!(ruling(Dmarc::Nothing, with(rule())).mailbox, None);
    }
}
