//! Who sent mail: the service behind an address, as far as something proves it.
//!
//! A service is named by what passed: a signature of its own, the envelope domain that SPF lets pass, else the
//! confirmed name of the address. What failed names nobody, since anybody can write it. Names of organizations are
//! for people: no DNS is asked for them, other than when alignment is judged.

use std::net::IpAddr;

use mox_dmarcrpt::{AuthResult, Record, Scope};

use crate::organization::organization;

/// What a service is named by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum NamedBy {
    /// The domain of a signature that passed.
    Dkim,
    /// The envelope domain, for which SPF passed.
    Envelope,
    /// The confirmed name of the address.
    Ptr,
    /// The SPF record of the domain, which lists the address.
    Spf,
    /// Nothing: it is not known.
    Nothing,
}

impl NamedBy {
    pub(crate) const fn keyword(self) -> &'static str {
        match self {
            NamedBy::Dkim => "dkim",
            NamedBy::Envelope => "envelope",
            NamedBy::Ptr => "ptr",
            NamedBy::Spf => "spf",
            NamedBy::Nothing => "nothing",
        }
    }
}

/// The name of what is not known.
pub(crate) const UNKNOWN: &str = "unknown";

/// A service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Service {
    pub(crate) name: String,
    pub(crate) by: NamedBy,
    /// It is a well-known one.
    pub(crate) known: bool,
}

impl Service {
    /// What nothing names.
    pub(crate) fn unknown() -> Service {
        Service { name: UNKNOWN.to_owned(), by: NamedBy::Nothing, known: false }
    }
}

/// What a record tells of the service, before its address has a name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Hint {
    /// A domain of another organization that passed.
    pub(crate) foreign: Option<(String, By)>,
    /// A domain of the own organization that passed.
    pub(crate) own: Option<(String, By)>,
}

/// How a domain passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum By {
    Dkim,
    Envelope,
}

impl From<By> for NamedBy {
    fn from(by: By) -> NamedBy {
        match by {
            By::Dkim => NamedBy::Dkim,
            By::Envelope => NamedBy::Envelope,
        }
    }
}

/// What is known of the name of an address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Ptr {
    /// A name that leads back to the address.
    Confirmed(String),
    /// It has names, none of which leads back.
    Unconfirmed(String),
    /// It has none.
    Missing,
    /// DNS did not say in time, or was not asked.
    #[default]
    Unknown,
}

impl Ptr {
    /// The name that is proved.
    pub(crate) fn confirmed(&self) -> Option<&str> {
        if let Ptr::Confirmed(name) = self { Some(name) } else { None }
    }
}

impl Hint {
    /// What passed in a record about mail of `domain`. A signature of a well-known service says most.
    pub(crate) fn of(record: &Record, domain: &str) -> Hint {
        let ours = organization(domain);
        let signed = record.dkim_results.iter().filter(|dkim| dkim.result == AuthResult::Pass);
        let signed = signed.map(|dkim| (super::tables::folded(&dkim.domain), By::Dkim));
        let spf = record.spf_results.iter();
        let spf = spf.filter(|spf| spf.result == AuthResult::Pass && spf.scope != Some(Scope::Helo));
        let sent = spf.map(|spf| (super::tables::folded(&spf.domain), By::Envelope));
        let (own, foreign): (Vec<_>, Vec<_>) = signed
            .chain(sent)
            .filter(|(name, _)| !name.is_empty())
            .partition(|(name, _)| is_within(name, ours));
        let best = foreign.iter().find(|(name, _)| well_known(name).is_some()).or(foreign.first());
        Hint { foreign: best.cloned(), own: own.into_iter().next() }
    }

    /// The service, with the name of its address.
    pub(crate) fn service(&self, domain: &str, ip: Option<IpAddr>, ptr: &Ptr) -> Service {
        let named = |name: &str, by: NamedBy| Service {
            name: well_known(name).unwrap_or_else(|| organization(name)).to_owned(),
            by,
            known: well_known(name).is_some(),
        };
        let telling = ptr.confirmed().filter(|name| {
            self.own.is_some()
                || !ip.is_some_and(|ip| is_generic(name, ip))
                || is_within(name, organization(domain))
        });
        match (&self.foreign, telling, &self.own) {
            (Some((name, by)), _, _) => named(name, (*by).into()),
            (None, Some(name), _) => named(name, NamedBy::Ptr),
            (None, None, Some((name, by))) => named(name, (*by).into()),
            (None, None, None) => Service::unknown(),
        }
    }
}

/// Whether a name is a domain or below it.
pub(crate) fn is_within(name: &str, domain: &str) -> bool {
    name.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// Words in names that providers give to the lines of their customers.
const GENERIC: &[&str] = &[
    "adsl",
    "broadband",
    "cable",
    "client",
    "cpe",
    "cust",
    "customer",
    "dhcp",
    "dial",
    "dialup",
    "dsl",
    "dyn",
    "dynamic",
    "fiber",
    "ftth",
    "gprs",
    "mobile",
    "pool",
    "ppp",
    "pppoe",
    "static",
    "unassigned",
    "user",
    "vdsl",
];

/// Whether a name looks as if it was made from the address, or as that of a customer's line.
pub(crate) fn is_generic(name: &str, ip: IpAddr) -> bool {
    let host = name.strip_suffix(organization(name)).unwrap_or(name);
    let words: Vec<&str> =
        host.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty()).collect();
    if words.iter().any(|word| GENERIC.contains(&word.trim_end_matches(|c: char| c.is_ascii_digit()))) {
        return true;
    }
    match ip {
        IpAddr::V4(v4) => {
            let octets = v4.octets();
            let hex: String = octets.iter().map(|octet| format!("{octet:02x}")).collect();
            let found = octets.iter().filter(|octet| {
                words.iter().any(|word| {
                    let digits = word.trim_start_matches(|c: char| c.is_ascii_alphabetic());
                    digits.parse() == Ok(u32::from(**octet))
                })
            });
            found.count() >= 3 || host.contains(&hex)
        }
        IpAddr::V6(v6) => {
            let hex: String = v6.octets().iter().rev().take(4).rev().map(|o| format!("{o:02x}")).collect();
            host.replace(['-', '.'], "").contains(&hex)
        }
    }
}

/// Well-known services, by the end of a domain that they sign with, or that their hosts have.
const KNOWN: &[(&str, &str)] = &[
    ("google.com", "Google"),
    ("gappssmtp.com", "Google"),
    ("googlemail.com", "Google"),
    ("outlook.com", "Microsoft 365"),
    ("onmicrosoft.com", "Microsoft 365"),
    ("amazonses.com", "Amazon SES"),
    ("sendgrid.net", "SendGrid"),
    ("mailgun.org", "Mailgun"),
    ("mailgun.net", "Mailgun"),
    ("mcsv.net", "Mailchimp"),
    ("mcdlv.net", "Mailchimp"),
    ("rsgsv.net", "Mailchimp"),
    ("mandrillapp.com", "Mailchimp"),
    ("sparkpostmail.com", "SparkPost"),
    ("mtasv.net", "Postmark"),
    ("mailjet.com", "Mailjet"),
    ("sendinblue.com", "Brevo"),
    ("brevo.com", "Brevo"),
    ("hubspotemail.net", "HubSpot"),
    ("exacttarget.com", "Salesforce"),
    ("salesforce.com", "Salesforce"),
    ("zendesk.com", "Zendesk"),
    ("klaviyomail.com", "Klaviyo"),
    ("ccsend.com", "Constant Contact"),
    ("zoho.com", "Zoho"),
    ("zohomail.com", "Zoho"),
    ("messagingengine.com", "Fastmail"),
    ("protonmail.ch", "Proton"),
    ("mimecast.com", "Mimecast"),
    ("pphosted.com", "Proofpoint"),
    ("shopifyemail.com", "Shopify"),
    ("mailersend.net", "MailerSend"),
    ("resend.com", "Resend"),
    ("atlassian.net", "Atlassian"),
    ("icloud.com", "iCloud"),
];

/// The name of a well-known service.
pub(crate) fn well_known(domain: &str) -> Option<&'static str> {
    KNOWN.iter().find(|(end, _)| is_within(domain, end)).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insight::tests::store::{dkim, record, spf};

    #[test]
    fn names_made_from_addresses_are_told() {
        for (name, ip, expected) in [
            ("192-0-2-1.isp.example", "192.0.2.1", true),
            ("ip192.0.2.1.isp.example", "192.0.2.1", true),
            ("c0000201.isp.example", "192.0.2.1", true),
            ("pool-7.isp.example", "192.0.2.1", true),
            ("dsl12.isp.example", "192.0.2.1", true),
            ("mail1.isp.example", "192.0.2.1", false),
            ("mx.example.org", "2001:db8::1", false),
            ("x-0000-0001.isp.example", "2001:db8::1", true),
        ] {
            assert_eq!(is_generic(name, ip.parse().unwrap()), expected, "{name}");
        }
    }

    #[test]
    fn services_are_named_by_what_passed() {
        use AuthResult::{Fail, Pass};
        let ip: IpAddr = "192.0.2.1".parse().unwrap();
        let own = record("192.0.2.1", 1, [dkim("example.org", Pass)], [spf("example.org", Pass)]);
        let ses = record(
            "192.0.2.1",
            1,
            [dkim("example.org", Pass), dkim("amazonses.com", Pass)],
            [spf("x.example", Pass)],
        );
        let envelope = record("192.0.2.1", 1, [dkim("amazonses.com", Fail)], [spf("b.crm.example", Pass)]);
        let none = record("192.0.2.1", 1, [dkim("google.com", Fail)], [spf("google.com", Fail)]);
        let confirmed = |name: &str| Ptr::Confirmed(name.to_owned());
        for (record, ptr, name, by) in [
            (&own, Ptr::Unknown, "example.org", NamedBy::Dkim),
            (&own, confirmed("o1.ptr.sendgrid.net"), "SendGrid", NamedBy::Ptr),
            (&own, confirmed("mail.example.org"), "example.org", NamedBy::Ptr),
            (&ses, confirmed("mail.example.org"), "Amazon SES", NamedBy::Dkim),
            (&envelope, Ptr::Missing, "crm.example", NamedBy::Envelope),
            (&none, Ptr::Unconfirmed("mail.google.com".to_owned()), UNKNOWN, NamedBy::Nothing),
            (&none, confirmed("mail.other.example"), "other.example", NamedBy::Ptr),
            (&none, confirmed("dsl-192-0-2-1.isp.example"), UNKNOWN, NamedBy::Nothing),
        ] {
            let service = Hint::of(record, "example.org").service("example.org", Some(ip), &ptr);
            assert_eq!((service.name.as_str(), service.by), (name, by), "{ptr:?}");
        }
    }
}
