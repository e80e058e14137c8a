//! Services that send mail for others, known by the domains they sign with or take bounces at while nothing is set up.

use crate::names::within;

/// A service.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Service {
    /// What people call it.
    pub(crate) name: &'static str,
    /// Its own domains.
    domains: &'static [&'static str],
    /// What makes it sign with the customer's domain.
    pub(crate) dkim: &'static str,
    /// What a customer's SPF record includes; empty where that differs by customer, or does not help.
    pub(crate) include: &'static str,
}

const fn service(
    name: &'static str,
    domains: &'static [&'static str],
    dkim: &'static str,
    include: &'static str,
) -> Service {
    Service { name, domains, dkim, include }
}

const TABLE: &[Service] = &[
    service(
        "Google Workspace",
        &["gappssmtp.com", "google.com"],
        "Admin console, Gmail, \"Authenticate email\"",
        "_spf.google.com",
    ),
    service(
        "Microsoft 365",
        &["onmicrosoft.com", "outlook.com"],
        "Defender portal, \"Email authentication settings\", DKIM: two CNAME records `selector1._domainkey` and \
         `selector2._domainkey`",
        "spf.protection.outlook.com",
    ),
    service(
        "Amazon SES",
        &["amazonses.com"],
        "Easy DKIM of the domain identity: three CNAME records",
        "amazonses.com",
    ),
    service("SendGrid", &["sendgrid.net"], "\"Domain Authentication\": CNAME records", "sendgrid.net"),
    service("Mailgun", &["mailgun.org"], "a sending domain of your own", "mailgun.org"),
    service(
        "Mailchimp",
        &["mcsv.net", "mcdlv.net", "rsgsv.net"],
        "\"Authenticate\" at the domain: CNAME records `k2._domainkey` and `k3._domainkey`",
        "",
    ),
    service("Mandrill", &["mandrillapp.com"], "a sending domain of your own", "spf.mandrillapp.com"),
    service("Postmark", &["mtasv.net"], "\"Sender Signatures\": DKIM of the domain", ""),
    service(
        "Brevo",
        &["sendinblue.com", "brevo.com", "brevosend.com"],
        "\"Senders, domains & dedicated IPs\": authenticate the domain",
        "",
    ),
    service(
        "Zendesk",
        &["zendesk.com"],
        "CNAME records `zendesk1._domainkey` and `zendesk2._domainkey`, then \"Custom domain for DKIM\"",
        "mail.zendesk.com",
    ),
    service(
        "Salesforce",
        &["salesforce.com", "exacttarget.com"],
        "Setup, \"DKIM Keys\"",
        "_spf.salesforce.com",
    ),
    service("HubSpot", &["hubspotemail.net", "hubspot.com"], "connect an \"email sending domain\"", ""),
    service("Mailjet", &["mailjet.com"], "\"Sender domains\": authenticate the domain", "spf.mailjet.com"),
    service("Klaviyo", &["klaviyomail.com"], "a branded sending domain", ""),
    service(
        "Constant Contact",
        &["ccsend.com", "constantcontact.com"],
        "self-authentication of the domain",
        "",
    ),
    service("SparkPost", &["sparkpostmail.com"], "a sending domain of your own", ""),
    service("Fastmail", &["messagingengine.com"], "CNAME records `fm1._domainkey` to `fm3._domainkey`", ""),
    service("Shopify", &["shopifyemail.com"], "authenticate the sender's domain: CNAME records", ""),
];

/// The service that a domain is of.
pub(crate) fn known(domain: &str) -> Option<&'static Service> {
    TABLE.iter().find(|service| service.domains.iter().any(|own| within(domain, own)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn services_are_known_by_their_domains_and_what_is_below() {
        for (domain, name) in [
            ("example-org.20230601.gappssmtp.com", Some("Google Workspace")),
            ("Example.onmicrosoft.com", Some("Microsoft 365")),
            ("eu-west-1.amazonses.com", Some("Amazon SES")),
            ("pm.mtasv.net", Some("Postmark")),
            ("notsendgrid.net", None),
            ("example.org", None),
            ("", None),
        ] {
            assert_eq!(known(domain).map(|service| service.name), name, "{domain}");
        }
        let all: Vec<&str> = TABLE.iter().flat_map(|service| service.domains).copied().collect();
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "a domain stands twice");
    }
}
