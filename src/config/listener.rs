//! Listeners of `mox.conf`: addresses, certificates, and what is served there.

use std::net::IpAddr;
use std::path::PathBuf;

use mox_address::Domain;

use crate::section::section;
use crate::values::TlsVersion;

/// Largest message that a listener takes unless it says otherwise, in bytes.
pub const DEFAULT_MAX_MESSAGE_SIZE: u64 = 100 * 1024 * 1024;

section! {
    /// Addresses to listen on and what is served there.
    Listener {
        /// Addresses to listen on; 0.0.0.0 and :: stand for all.
        "IPs" ips: Vec<IpAddr>,
        /// Name of the host on these addresses, if not the Hostname of the top level.
        "Hostname" hostname: Option<Domain> = None,
        /// Certificates, needed for STARTTLS and for Submissions.
        "TLS" tls: Option<ListenerTls> = None,
        /// Largest message in bytes, announced by SMTP and submission. 0 for the default.
        "SMTPMaxMessageSize" smtp_max_message_size: u64 = DEFAULT_MAX_MESSAGE_SIZE,
        /// SMTP, for mail from other mail servers.
        "SMTP" smtp: Smtp = Smtp::default(),
        /// SMTP for mail of users, who authenticate, with STARTTLS.
        "Submission" submission: Submission = Submission::default(),
        /// SMTP for mail of users, who authenticate, with TLS from the start.
        "Submissions" submissions: Submissions = Submissions::default(),
        /// Metrics for Prometheus over plain HTTP at /metrics. Only on addresses that the public cannot reach.
        "MetricsHTTP" metrics_http: MetricsHttp = MetricsHttp::default(),
    }
}

section! {
    /// Certificates of a listener.
    optional ListenerTls {
        /// Certificates with their keys. The one that fits the name a client asks for is used, else the first.
        "KeyCerts" key_certs: Vec<KeyCert> = Vec::new(),
        /// Lowest version spoken.
        "MinVersion" min_version: TlsVersion = TlsVersion::Tls12,
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

impl Listener {
    /// A listener that serves nothing yet.
    pub fn new(ips: Vec<IpAddr>) -> Listener {
        Listener {
            ips,
            hostname: None,
            tls: None,
            smtp_max_message_size: DEFAULT_MAX_MESSAGE_SIZE,
            smtp: Smtp::default(),
            submission: Submission::default(),
            submissions: Submissions::default(),
            metrics_http: MetricsHttp::default(),
        }
    }

    /// The services that are on, as key and port.
    pub fn services(&self) -> impl Iterator<Item = (&'static str, u16)> {
        [
            ("SMTP", self.smtp.enabled, self.smtp.port),
            ("Submission", self.submission.enabled, self.submission.port),
            ("Submissions", self.submissions.enabled, self.submissions.port),
            ("MetricsHTTP", self.metrics_http.enabled, self.metrics_http.port),
        ]
        .into_iter()
        .filter_map(|(key, enabled, port)| enabled.then_some((key, port)))
    }

    /// Puts the default where 0 stands for it.
    pub(crate) fn fill(&mut self) {
        let fill = |port: &mut u16, default| {
            if *port == 0 {
                *port = default;
            }
        };
        fill(&mut self.smtp.port, 25);
        fill(&mut self.submission.port, 587);
        fill(&mut self.submissions.port, 465);
        fill(&mut self.metrics_http.port, 8010);
        if self.smtp_max_message_size == 0 {
            self.smtp_max_message_size = DEFAULT_MAX_MESSAGE_SIZE;
        }
    }
}
