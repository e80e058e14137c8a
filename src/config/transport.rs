//! Transports of `mox.conf`: ways to send mail to other hosts.

use std::net::IpAddr;

use mox_address::Domain;

use crate::section::section;
use crate::values::{Mechanism, Secret};

section! {
    /// A way to send mail: one of its keys, or none for delivery to MX hosts as without a transport.
    optional Transport {
        /// To a smart host with TLS from the start.
        "Submissions" submissions: Option<SmartHost> = None,
        /// To a smart host on its submission port with STARTTLS.
        "Submission" submission: Option<SmartHost> = None,
        /// To a smart host on its SMTP port with STARTTLS.
        "SMTP" smtp: Option<SmartHost> = None,
        /// To MX hosts, through a SOCKS5 proxy.
        "Socks" socks: Option<Socks> = None,
        /// To MX hosts, with a choice of the IP family and of what TLS they must have.
        "Direct" direct: Option<Direct> = None,
        /// Nowhere: delivery fails at once.
        "Fail" fail: Option<Fail> = None,
    }
}

section! {
    /// A smart host: a server that takes mail for everywhere.
    SmartHost {
        /// Its name.
        "Host" host: Domain,
        /// TCP port; 0 for the usual one: 465 for Submissions, 587 for Submission, 25 for SMTP.
        "Port" port: u16 = 0,
        /// Accept any certificate after STARTTLS. Passwords can be stolen then.
        "STARTTLSInsecureSkipVerify" starttls_insecure_skip_verify: bool = false,
        /// Do not use STARTTLS. All can be read on the way then.
        "NoSTARTTLS" no_starttls: bool = false,
        /// How to authenticate; not at all if absent.
        "Auth" auth: Option<Auth> = None,
    }
}

section! {
    /// Authentication at a smart host.
    Auth {
        /// User name.
        "Username" username: String,
        /// Password.
        "Password" password: Secret,
        /// Mechanisms that may be used, best first. If empty, all the smart host offers but PLAIN, which needs to be
        /// named.
        "Mechanisms" mechanisms: Vec<Mechanism> = Vec::new(),
    }
}

section! {
    /// A SOCKS5 proxy.
    Socks {
        /// Address of the proxy, as host:port.
        "Address" address: String,
        /// Addresses that other hosts see connections from, for SPF checks and DNS advice.
        "RemoteIPs" remote_ips: Vec<IpAddr>,
        /// Name for those addresses, sent in EHLO.
        "RemoteHostname" remote_hostname: Domain,
        /// User name for the proxy; none is sent if empty.
        "Username" username: String = String::new(),
        /// Password for the proxy. It is sent in the clear.
        "Password" password: Secret = Secret::default(),
    }
}

section! {
    /// A choice of the IP family and of what TLS is asked.
    optional Direct {
        /// Do not connect over IPv4.
        "DisableIPv4" disable_ipv4: bool = false,
        /// Do not connect over IPv6.
        "DisableIPv6" disable_ipv6: bool = false,
        /// Deliver only to hosts whose certificate DANE verifies.
        "RequireDANE" require_dane: bool = false,
    }
}

section! {
    /// The failure that senders are told.
    optional Fail {
        /// SMTP code, from 400 to 599; 4xx codes are tried again. 0 for the default.
        "SMTPCode" smtp_code: u16 = 554,
        /// Text that goes with it.
        "SMTPMessage" smtp_message: String = String::new(),
    }
}

impl Transport {
    /// Every key.
    pub const METHODS: [&str; 6] = ["Submissions", "Submission", "SMTP", "Socks", "Direct", "Fail"];

    /// The keys that are there.
    pub fn methods(&self) -> impl Iterator<Item = &'static str> {
        let there = [
            self.submissions.is_some(),
            self.submission.is_some(),
            self.smtp.is_some(),
            self.socks.is_some(),
            self.direct.is_some(),
            self.fail.is_some(),
        ];
        Self::METHODS.into_iter().zip(there).filter_map(|(key, there)| there.then_some(key))
    }

    /// Puts the default where 0 stands for it.
    pub(crate) fn fill(&mut self) {
        let hosts = [(&mut self.submissions, 465), (&mut self.submission, 587), (&mut self.smtp, 25)];
        for (host, port) in hosts {
            if let Some(host) = host.as_mut().filter(|h| h.port == 0) {
                host.port = port;
            }
        }
        if let Some(fail) = self.fail.as_mut().filter(|f| f.smtp_code == 0) {
            fail.smtp_code = 554;
        }
    }
}
