//! The two config files, as text with a word on each choice.
//!
//! Only what runs is configured. MTA-STS is `enforce` where certificates come by ACME: then the policy host and the mail
//! host get theirs from the same authority, so that nobody can fetch the policy while verified TLS would fail. With a
//! certificate that somebody has to put in place it is `testing` until then. A policy lives for a day at first, so that a
//! mistake is forgotten soon.

use std::fmt::Write as _;

use crate::keys::{Host, signing};
use crate::wishes::{DMARC_REPORTS, LETS_ENCRYPT, TLS_REPORTS};
use crate::{Site, Unfinished, Wishes};

/// Name of an authority that is not known by name.
const ACME_OTHER: &str = "acme";
/// Port of the pages that only this machine reaches.
const PAGES: u16 = 1080;
/// Port where the policy host is served for a web server in front.
pub(crate) const PROXIED: u16 = 81;

/// `mox.conf`.
pub(crate) fn server(wishes: &Wishes, site: &Site) -> String {
    let account = wishes.account();
    let mut text = format!(
        "\
# The mail server: read once, at start. Written by mox quickstart; edit what you like, it is not written again.
# mox.conf(5) and `mox config describe-static` tell what each field means; `mox config test` checks this file.
DataDir: ../data
# System user that the server becomes when it is started as root.
User: {user}
LogLevel: info
# Name of this host for other mail servers; its addresses should lead back to it in reverse DNS.
Hostname: {host}
AdminPasswordFile: adminpasswd
",
        user = wishes.user,
        host = site.hostname.unicode(),
    );
    authorities(wishes, &mut text);
    let _ = write!(text, "Listeners:\n\tpublic:\n\t\tIPs:\n");
    items(&mut text, 3, &site.ips);
    if !site.nat_ips.is_empty() {
        text.push_str("\t\t# What others see, for advice on DNS records.\n\t\tNATIPs:\n");
        items(&mut text, 3, &site.nat_ips);
    }
    text.push_str("\t\tTLS:\n");
    certificates(wishes, site, &mut text);
    text.push_str(
        "\t\t# Mail from other servers. DNSBLs below SMTP would refuse mail from listed addresses: mind their terms of use.
		SMTP:
			Enabled: true
		# Mail from users, with STARTTLS and with TLS from the start.
		Submission:
			Enabled: true
		Submissions:
			Enabled: true
",
    );
    if !wishes.existing_webserver {
        text.push_str(
            "\t\t# The MTA-STS policy, at mta-sts of each domain.
		MTASTSHTTPS:
			Enabled: true
		# Pages for users, at the name of this host: passwords, rules, import and export.
		AccountHTTPS:
			Enabled: true
		# Plain HTTP, for proofs to the certificate authority (http-01) and redirects to HTTPS.
		WebserverHTTP:
			Enabled: true
",
        );
    }
    internal(wishes, site, &mut text);
    let _ = write!(
        text,
        "\
# Who gets mail for postmaster.
Postmaster:
	Account: {account}
	Mailbox: Postmaster
# Where others send reports about TLS to this host, when they use DANE.
HostTLSRPT:
	Account: {account}
	Mailbox: TLSRPT
	Localpart: {TLS_REPORTS}
"
    );
    text
}

fn items<T: std::fmt::Display>(text: &mut String, depth: usize, items: &[T]) {
    for item in items {
        let _ = writeln!(text, "{}- {item}", "\t".repeat(depth));
    }
}

/// Authorities to trust, and those that certificates come from.
fn authorities(wishes: &Wishes, text: &mut String) {
    if let Some(file) = &wishes.ca_file {
        let _ = write!(
            text,
            "TLS:\n\tCA:\n\t\tAdditionalToSystem: true\n\t\tCertFiles:\n\t\t\t- {}\n",
            file.display()
        );
    }
    let Some(acme) = wishes.acme.as_ref().filter(|_| wishes.has_acme()) else { return };
    let contact = acme.contact.as_ref().unwrap_or(&wishes.address);
    let _ = write!(
        text,
        "# Certificates come by themselves from here.\nACME:\n\t{}:\n\t\tDirectoryURL: {}\n\t\tContactEmail: {contact}\n",
        provider(&acme.directory),
        acme.directory
    );
}

fn provider(directory: &str) -> &'static str {
    if directory == LETS_ENCRYPT { "letsencrypt" } else { ACME_OTHER }
}

fn certificates(wishes: &Wishes, site: &Site, text: &mut String) {
    let keys = Host::of(&site.hostname);
    // Paths in config files have slashes on every system.
    let slashed = |path: &std::path::Path| path.display().to_string().replace('\\', "/");
    match wishes.acme.as_ref().filter(|_| wishes.has_acme()) {
        Some(acme) => {
            let _ = writeln!(text, "\t\t\tACME: {}", provider(&acme.directory));
        }
        None => {
            let _ = write!(
                text,
                "\t\t\t# Made here, so nobody can verify it but by DANE: put a certificate of an authority in place, for
			# {host} and mta-sts.{domain}. A changed file is read again.
			KeyCerts:
				-
					CertFile: {cert}
					KeyFile: {key}
",
                host = site.hostname,
                domain = wishes.address.domain,
                cert = slashed(&keys.certificate),
                key = slashed(&keys.ecdsa),
            );
        }
    }
    let _ = write!(
        text,
        "\t\t\t# Certificates are made for these keys, so that TLSA records (DANE) stay as they are.
			HostPrivateKeyFiles:
				- {rsa}
				- {ecdsa}
",
        rsa = slashed(&keys.rsa),
        ecdsa = slashed(&keys.ecdsa)
    );
}

/// What only this machine reaches.
fn internal(wishes: &Wishes, site: &Site, text: &mut String) {
    text.push_str("\t# Only for this machine.\n\tinternal:\n\t\tIPs:\n");
    items(text, 3, &site.loopback);
    let _ = write!(
        text,
        "\t\tMetricsHTTP:
\t\t\tEnabled: true
\t\t# Pages for the administrator, at http://localhost:{PAGES}/admin/; from elsewhere through a tunnel:
\t\t# ssh -L {PAGES}:localhost:{PAGES} {host}
\t\tAdminHTTP:
\t\t\tEnabled: true
\t\t\tPort: {PAGES}
\t\t# Pages for users: passwords, rules, import and export.
\t\tAccountHTTP:
\t\t\tEnabled: true
\t\t\tPort: {PAGES}
",
        host = site.hostname.ascii()
    );
    if wishes.existing_webserver {
        let _ = write!(
            text,
            "\t\t# The MTA-STS policy, for the web server that forwards https://mta-sts.{domain} here.
		MTASTSHTTPS:
			Enabled: true
			Port: {PROXIED}
			NonTLS: true
			Forwarded: true
",
            domain = wishes.address.domain
        );
    }
}

/// `domains.conf`.
pub(crate) fn domains(wishes: &Wishes, decided: &Unfinished) -> String {
    let (domain, account) = (&wishes.address.domain, wishes.account());
    let keys = signing(decided.year, domain);
    let mut text = format!(
        "\
# Domains and accounts. Written by mox quickstart; a change takes effect at once, and `mox config` commands make some.
# domains.conf(5) and `mox config describe-domains` tell what each field means; `mox config test` checks this file.
Domains:
	{domain}:
		# Mail is signed with an RSA key, which all receivers verify, and an Ed25519 key. The other key is ready for the
		# day when the first has to go: publish it now.
		DKIM:
			Selectors:
",
        domain = domain.unicode()
    );
    for key in &keys {
        let file = key.file.display().to_string().replace('\\', "/");
        let _ = write!(
            text,
            "\t\t\t\t{}:\n\t\t\t\t\tCanonicalization:\n\t\t\t\t\t\tHeaderRelaxed: true\n\t\t\t\t\t\tBodyRelaxed: true\n\t\t\t\t\tPrivateKeyFile: {file}\n",
            key.selector
        );
    }
    text.push_str("\t\t\tSign:\n");
    let signing: Vec<&str> = keys.iter().filter(|key| key.signs).map(|key| key.selector.as_str()).collect();
    items(&mut text, 4, &signing);
    let mode = if wishes.has_acme() {
        "# Others deliver with verified TLS or not at all. When all is well, let them keep the policy for weeks: MaxAge: 720h\n\t\t\t# and a new PolicyID, here first and then in DNS.\n\t\t\tMode: enforce"
    } else {
        "# Others report what would fail. With a certificate that they can verify: Mode: enforce, and a new PolicyID,\n\t\t\t# here first and then in DNS.\n\t\t\tMode: testing"
    };
    let _ = write!(
        text,
        "\t\t# Where reports about the domain arrive.
		DMARC:
			Localpart: {DMARC_REPORTS}
			Account: {account}
			Mailbox: DMARC
		TLSRPT:
			Localpart: {TLS_REPORTS}
			Account: {account}
			Mailbox: TLSRPT
		MTASTS:
			PolicyID: {policy}
			{mode}
			MaxAge: 24h
Accounts:
	{account}:
		Domain: {domain}
		Destinations:
			{address}: nil
",
        policy = decided.policy_id,
        domain = domain.unicode(),
        address = wishes.address,
    );
    text
}
