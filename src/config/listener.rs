//! Listeners of `mox.conf`: addresses, certificates, and what is served there.

use std::net::IpAddr;
use std::path::PathBuf;

use mox_address::Domain;

use crate::section::section;
use crate::values::{Interval, TlsVersion};
use crate::web::{Discovery, Pages, PprofHttp, WebPort, WebService, Webserver, usual};

/// Largest message that a listener takes unless it says otherwise, in bytes.
pub const DEFAULT_MAX_MESSAGE_SIZE: u64 = 100 * 1024 * 1024;

section! {
    /// Addresses to listen on and what is served there.
    Listener {
        /// Addresses to listen on; 0.0.0.0 and :: stand for all. With SMTP, mail also leaves from these addresses if
        /// there is at most one of each IP family.
        "IPs" ips: Vec<IpAddr>,
        /// Addresses that others see, if IPs are behind NAT. For advice on DNS records and checks of them.
        "NATIPs" nat_ips: Vec<IpAddr> = Vec::new(),
        /// Deprecated: write NATIPs instead. IPs are behind NAT; what others see is not known.
        "IPsNATed" ips_nated: bool = false,
        /// Name of the host on these addresses, if not the Hostname of the top level. Web pages are served for this
        /// name, for localhost and for the addresses; but for admin pages also for each ClientSettingsDomain.
        "Hostname" hostname: Option<Domain> = None,
        /// Certificates, needed for STARTTLS, for services with TLS from the start, and for HTTPS.
        "TLS" tls: Option<ListenerTls> = None,
        /// Largest message in bytes, announced by SMTP and submission. 0 for the default.
        "SMTPMaxMessageSize" smtp_max_message_size: u64 = DEFAULT_MAX_MESSAGE_SIZE,
        /// SMTP, for mail from other mail servers.
        "SMTP" smtp: Smtp = Smtp::default(),
        /// SMTP for mail of users, who authenticate, with STARTTLS.
        "Submission" submission: Submission = Submission::default(),
        /// SMTP for mail of users, who authenticate, with TLS from the start.
        "Submissions" submissions: Submissions = Submissions::default(),
        /// IMAP for reading mail, with STARTTLS.
        "IMAP" imap: Imap = Imap::default(),
        /// IMAP for reading mail, with TLS from the start.
        "IMAPS" imaps: Imaps = Imaps::default(),
        /// Pages for users over plain HTTP: passwords, addresses, rules. Only on addresses that the public cannot
        /// reach.
        "AccountHTTP" account_http: WebService = WebService::default(),
        /// Pages for users over HTTPS.
        "AccountHTTPS" account_https: WebService = WebService::default(),
        /// Pages for the administrator over plain HTTP. Only on addresses that the public cannot reach; from
        /// elsewhere through a tunnel, as ssh -L 8080:localhost:80 host.
        "AdminHTTP" admin_http: WebService = WebService::default(),
        /// Pages for the administrator over HTTPS. Better only on addresses that the public cannot reach.
        "AdminHTTPS" admin_https: WebService = WebService::default(),
        /// Webmail over plain HTTP. Only on addresses that the public cannot reach.
        "WebmailHTTP" webmail_http: WebService = WebService::default(),
        /// Webmail over HTTPS.
        "WebmailHTTPS" webmail_https: WebService = WebService::default(),
        /// HTTP and JSON for programs that send and read mail, over plain HTTP. Only on addresses that the public
        /// cannot reach.
        "WebAPIHTTP" webapi_http: WebService = WebService::default(),
        /// HTTP and JSON for programs that send and read mail, over HTTPS.
        "WebAPIHTTPS" webapi_https: WebService = WebService::default(),
        /// Metrics for Prometheus over plain HTTP at /metrics. Only on addresses that the public cannot reach.
        "MetricsHTTP" metrics_http: MetricsHttp = MetricsHttp::default(),
        /// Profiles of the running server over plain HTTP, for its developers. Only on addresses that the public
        /// cannot reach.
        "PprofHTTP" pprof_http: PprofHttp = PprofHttp::default(),
        /// Settings for mail programs, so that users need to know only their address, over HTTPS at
        /// autoconfig.example.org and autodiscover.example.org of each domain.
        "AutoconfigHTTPS" autoconfig_https: Discovery = Discovery::default(),
        /// MTA-STS policies over HTTPS, at mta-sts.example.org of each domain that has one.
        "MTASTSHTTPS" mtasts_https: Discovery = Discovery::default(),
        /// The web server over plain HTTP.
        "WebserverHTTP" webserver_http: Webserver = Webserver::default(),
        /// The web server over HTTPS. TLS must have certificates for the domains of WebHandlers.
        "WebserverHTTPS" webserver_https: Webserver = Webserver::default(),
    }
}

section! {
    /// Certificates of a listener: from ACME or in KeyCerts.
    optional ListenerTls {
        /// Name of a provider in ACME that gives certificates on demand.
        "ACME" acme: String = String::new(),
        /// Certificates with their keys. The one that fits the name a client asks for is used, else the first.
        "KeyCerts" key_certs: Vec<KeyCert> = Vec::new(),
        /// Lowest version spoken.
        "MinVersion" min_version: TlsVersion = TlsVersion::Tls12,
        /// PEM files with private keys that certificates from ACME are made for, so that DANE records can be put into
        /// DNS before, and stay: RSA with 2048 bits and ECDSA P-256, the first of each. Relative to the directory of
        /// mox.conf.
        "HostPrivateKeyFiles" host_private_key_files: Vec<PathBuf> = Vec::new(),
        /// Do not ask clients for a certificate. Some old clients stumble over being asked.
        "ClientAuthDisabled" client_auth_disabled: bool = false,
    }
}

section! {
    /// A certificate with its key.
    KeyCert {
        /// PEM file with the certificate and its intermediates, relative to the directory of mox.conf.
        "CertFile" cert_file: PathBuf,
        /// PEM file with the private key, relative to the directory of mox.conf. Read as root, before changing to
        /// User.
        "KeyFile" key_file: PathBuf,
    }
}

section! {
    /// SMTP, for mail from other mail servers.
    optional Smtp {
        /// Whether it is served.
        "Enabled" enabled: bool = false,
        /// TCP port.
        "Port" port: u16 = 25,
        /// Do not offer STARTTLS.
        "NoSTARTTLS" no_starttls: bool = false,
        /// Refuse mail without STARTTLS. Mail servers that have no TLS cannot deliver then.
        "RequireSTARTTLS" require_starttls: bool = false,
        /// Do not offer the REQUIRETLS extension, with which a sender asks for verified TLS all the way.
        "NoRequireTLS" no_require_tls: bool = false,
        /// DNS block lists to ask about senders that are not known well: mail from addresses in them is refused. As
        /// sbl.spamhaus.org and bl.spamcop.net; mind their terms of use.
        "DNSBLs" dnsbls: Vec<Domain> = Vec::new(),
        /// Delay before mail from a sender that an account does not know is taken.
        "FirstTimeSenderDelay" first_time_sender_delay: Interval = Interval::secs(15),
        /// Do not send TLS session tickets, which some mail servers cannot handle.
        "TLSSessionTicketsDisabled" tls_session_tickets_disabled: bool = true,
    }
}

section! {
    /// SMTP for mail of users, with STARTTLS.
    optional Submission {
        /// Whether it is served.
        "Enabled" enabled: bool = false,
        /// TCP port.
        "Port" port: u16 = 587,
        /// Let users send passwords without TLS. Only on addresses that the public cannot reach.
        "NoRequireSTARTTLS" no_require_starttls: bool = false,
    }
}

section! {
    /// SMTP for mail of users, with TLS from the start.
    optional Submissions {
        /// Whether it is served.
        "Enabled" enabled: bool = false,
        /// TCP port.
        "Port" port: u16 = 465,
        /// Serve it on port 443, too, for clients that ask for "smtp" by ALPN. Gets through networks that let only
        /// the web pass.
        "EnabledOnHTTPS" enabled_on_https: bool = false,
    }
}

section! {
    /// IMAP for reading mail, with STARTTLS.
    optional Imap {
        /// Whether it is served.
        "Enabled" enabled: bool = false,
        /// TCP port.
        "Port" port: u16 = 143,
        /// Let users send passwords without TLS. Only on addresses that the public cannot reach.
        "NoRequireSTARTTLS" no_require_starttls: bool = false,
    }
}

section! {
    /// IMAP for reading mail, with TLS from the start.
    optional Imaps {
        /// Whether it is served.
        "Enabled" enabled: bool = false,
        /// TCP port.
        "Port" port: u16 = 993,
        /// Serve it on port 443, too, for clients that ask for "imap" by ALPN.
        "EnabledOnHTTPS" enabled_on_https: bool = false,
    }
}

section! {
    /// Metrics over plain HTTP.
    optional MetricsHttp {
        /// Whether they are served.
        "Enabled" enabled: bool = false,
        /// TCP port.
        "Port" port: u16 = 8010,
    }
}

/// With what a service can share a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sharing {
    /// With nothing.
    Alone,
    /// With other plain HTTP of its listener.
    Http,
    /// With other HTTPS of its listener, and with what ALPN tells apart.
    Https,
}

/// A service that is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Service {
    /// Its key in the listener.
    pub key: &'static str,
    /// TCP port, never 0.
    pub port: u16,
    /// With what it can share the port.
    pub sharing: Sharing,
    /// Whether it needs certificates.
    pub tls: bool,
}

impl Service {
    fn alone(key: &'static str, port: u16, tls: bool) -> Service {
        Service { key, port, sharing: Sharing::Alone, tls }
    }

    fn web(key: &'static str, port: u16, tls: bool) -> Service {
        Service { key, port, sharing: if tls { Sharing::Https } else { Sharing::Http }, tls }
    }
}

impl Listener {
    /// A listener that serves nothing yet.
    pub fn new(ips: Vec<IpAddr>) -> Listener {
        Listener {
            ips,
            nat_ips: Vec::new(),
            ips_nated: false,
            hostname: None,
            tls: None,
            smtp_max_message_size: DEFAULT_MAX_MESSAGE_SIZE,
            smtp: Smtp::default(),
            submission: Submission::default(),
            submissions: Submissions::default(),
            imap: Imap::default(),
            imaps: Imaps::default(),
            account_http: WebService::default(),
            account_https: WebService::default(),
            admin_http: WebService::default(),
            admin_https: WebService::default(),
            webmail_http: WebService::default(),
            webmail_https: WebService::default(),
            webapi_http: WebService::default(),
            webapi_https: WebService::default(),
            metrics_http: MetricsHttp::default(),
            pprof_http: PprofHttp::default(),
            autoconfig_https: Discovery::default(),
            mtasts_https: Discovery::default(),
            webserver_http: Webserver::default(),
            webserver_https: Webserver::default(),
        }
    }

    /// The pages that are on.
    pub fn web_ports(&self) -> impl Iterator<Item = WebPort> {
        [
            ("AccountHTTP", Pages::Account, &self.account_http),
            ("AccountHTTPS", Pages::Account, &self.account_https),
            ("AdminHTTP", Pages::Admin, &self.admin_http),
            ("AdminHTTPS", Pages::Admin, &self.admin_https),
            ("WebmailHTTP", Pages::Webmail, &self.webmail_http),
            ("WebmailHTTPS", Pages::Webmail, &self.webmail_https),
            ("WebAPIHTTP", Pages::WebApi, &self.webapi_http),
            ("WebAPIHTTPS", Pages::WebApi, &self.webapi_https),
        ]
        .into_iter()
        .filter_map(|(key, pages, service)| WebPort::of(key, pages, service))
    }

    /// The web server's ports that are on: number, and whether over TLS.
    pub fn webserver_ports(&self) -> impl Iterator<Item = (u16, bool)> {
        [(&self.webserver_http, false), (&self.webserver_https, true)]
            .into_iter()
            .filter_map(|(server, tls)| server.enabled.then_some((usual(server.port, tls), tls)))
    }

    /// The services that are on, each port of a service once.
    pub fn services(&self) -> impl Iterator<Item = Service> {
        let (autoconfig, mtasts) = (&self.autoconfig_https, &self.mtasts_https);
        let (submission, imap) = (&self.submission, &self.imap);
        let fixed = [
            (self.smtp.enabled, Service::alone("SMTP", self.smtp.port, false)),
            (
                submission.enabled,
                Service::alone("Submission", submission.port, !submission.no_require_starttls),
            ),
            (self.submissions.enabled, Service::alone("Submissions", self.submissions.port, true)),
            (
                self.submissions.enabled && self.submissions.enabled_on_https,
                Service::web("Submissions", 443, true),
            ),
            (imap.enabled, Service::alone("IMAP", imap.port, !imap.no_require_starttls)),
            (self.imaps.enabled, Service::alone("IMAPS", self.imaps.port, true)),
            (self.imaps.enabled && self.imaps.enabled_on_https, Service::web("IMAPS", 443, true)),
            (self.metrics_http.enabled, Service::web("MetricsHTTP", self.metrics_http.port, false)),
            (self.pprof_http.enabled, Service::web("PprofHTTP", self.pprof_http.port, false)),
            (autoconfig.enabled, Service::web("AutoconfigHTTPS", autoconfig.port, !autoconfig.non_tls)),
            (mtasts.enabled, Service::web("MTASTSHTTPS", mtasts.port, !mtasts.non_tls)),
        ];
        let webserver = self
            .webserver_ports()
            .map(|(port, tls)| Service::web(if tls { "WebserverHTTPS" } else { "WebserverHTTP" }, port, tls));
        let fixed = fixed.into_iter().filter_map(|(on, service)| on.then_some(service));
        fixed.chain(self.web_ports().map(|web| Service::web(web.key, web.port, web.tls))).chain(webserver)
    }

    /// Puts the default where 0 stands for it.
    pub(crate) fn fill(&mut self) {
        let ports = [
            (&mut self.smtp.port, 25),
            (&mut self.submission.port, 587),
            (&mut self.submissions.port, 465),
            (&mut self.imap.port, 143),
            (&mut self.imaps.port, 993),
            (&mut self.metrics_http.port, 8010),
            (&mut self.pprof_http.port, 8011),
            (&mut self.autoconfig_https.port, 443),
            (&mut self.mtasts_https.port, 443),
        ];
        for (port, default) in ports.into_iter().filter(|(port, _)| **port == 0) {
            *port = default;
        }
        if self.smtp_max_message_size == 0 {
            self.smtp_max_message_size = DEFAULT_MAX_MESSAGE_SIZE;
        }
    }
}
