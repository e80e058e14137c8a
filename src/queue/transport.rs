//! Routes and transports of the configuration files, as routes of the queue.
//!
//! A transport that an operator chose for a message goes before the routes of the account, those of the sender's
//! domain and those for all. Mail of a disabled domain waits, and so does mail whose transport is gone from the files:
//! both may come back. What a login may use besides is decided here: passwords never go out as they are unless the
//! configuration names PLAIN.

use std::sync::Arc;
use std::time::Duration;

use mox_config::Handle;
use mox_config::transport::{Auth, Fail, SmartHost, Transport};
use mox_config::values::Mechanism as Named;
use mox_net::socks::SocksLogin;
use mox_sasl::Mechanism;
use mox_smtp::EnhancedCode;

use crate::route::{DirectOptions, Leaving, Relay, RelayAuth, RelayTls, Route, Router, Socks};

/// The [`Router`] that does as the configuration files say, as they are at the moment.
pub struct ConfigRouter {
    config: Arc<Handle>,
}

impl ConfigRouter {
    /// For these files.
    pub fn new(config: Arc<Handle>) -> ConfigRouter {
        ConfigRouter { config }
    }
}

impl Router for ConfigRouter {
    fn route(&self, mail: &Leaving<'_>) -> Route {
        let config = self.config.load();
        let from = mail.from.as_ref().and_then(|path| path.domain.domain());
        if let Some(domain) = from.filter(|d| config.dynamic.domains.get(*d).is_some_and(|d| d.disabled)) {
            return waits(format!("the domain {domain} is disabled here for the moment"));
        }
        if let Some(name) = mail.transport {
            return match config.server.transports.get(name) {
                Some(transport) => of_transport(transport),
                None => waits(format!("the transport {name:?} that was chosen for it is not in mox.conf")),
            };
        }
        let found = config.transport(mail.account, from, mail.to.domain(), mail.attempts);
        found.map_or_else(Route::direct, |(_, transport)| of_transport(transport))
    }

    fn knows(&self, transport: &str) -> bool {
        self.config.load().server.transports.contains_key(transport)
    }

    fn keep_retired(&self, account: &str) -> Duration {
        let config = self.config.load();
        config.dynamic.accounts.get(account).map_or(Duration::ZERO, |a| a.keep_retired_message_period.0)
    }
}

fn waits(text: String) -> Route {
    Route::Fail { code: 451, enhanced: EnhancedCode(4, 3, 5), text }
}

/// The route that a transport stands for.
fn of_transport(transport: &Transport) -> Route {
    if let Some(host) = &transport.submissions {
        Route::Relay(relay(host, RelayTls::Implicit))
    } else if let Some(host) = transport.submission.as_ref().or(transport.smtp.as_ref()) {
        let tls = match (host.no_starttls, host.starttls_insecure_skip_verify) {
            (true, _) => RelayTls::None,
            (false, true) => RelayTls::Unverified,
            (false, false) => RelayTls::StartTls,
        };
        Route::Relay(relay(host, tls))
    } else if let Some(socks) = &transport.socks {
        // The files were checked: there is a port.
        let (host, port) = socks.address.rsplit_once(':').unwrap_or((&socks.address, "1080"));
        let login = (!socks.username.is_empty()).then(|| SocksLogin {
            username: socks.username.clone(),
            password: socks.password.expose().to_owned(),
        });
        let socks = Socks {
            host: host.trim_matches(['[', ']']).to_owned(),
            port: port.parse().unwrap_or(1080),
            login,
            hello: socks.remote_hostname.ascii().to_owned(),
        };
        Route::Direct(DirectOptions { socks: Some(socks), ..DirectOptions::default() })
    } else if let Some(direct) = &transport.direct {
        Route::Direct(DirectOptions {
            ipv4: !direct.disable_ipv4,
            ipv6: !direct.disable_ipv6,
            require_dane: direct.require_dane,
            socks: None,
        })
    } else if let Some(fail) = &transport.fail {
        failure(fail)
    } else {
        Route::direct()
    }
}

fn failure(fail: &Fail) -> Route {
    let class = if fail.smtp_code < 500 { 4 } else { 5 };
    let text = match fail.smtp_message.as_str() {
        "" => "a transport of this server fails mail to this destination".to_owned(),
        text => text.to_owned(),
    };
    Route::Fail { code: fail.smtp_code, enhanced: EnhancedCode(class, 7, 0), text }
}

fn relay(host: &SmartHost, tls: RelayTls) -> Relay {
    let name = host.host.ascii().to_owned();
    Relay { host: name, port: host.port, tls, auth: host.auth.as_ref().map(auth) }
}

fn auth(auth: &Auth) -> RelayAuth {
    let all = || {
        let needs_naming = [Mechanism::Plain, Mechanism::Login, Mechanism::External];
        Mechanism::ALL.into_iter().filter(|m| !needs_naming.contains(m)).collect()
    };
    let named = auth.mechanisms.iter().map(|m| match m {
        Named::ScramSha256Plus => Mechanism::ScramSha256Plus,
        Named::ScramSha256 => Mechanism::ScramSha256,
        Named::ScramSha1Plus => Mechanism::ScramSha1Plus,
        Named::ScramSha1 => Mechanism::ScramSha1,
        Named::CramMd5 => Mechanism::CramMd5,
        Named::Plain => Mechanism::Plain,
    });
    RelayAuth {
        username: auth.username.clone(),
        password: auth.password.expose().to_owned(),
        mechanisms: if auth.mechanisms.is_empty() { all() } else { named.collect() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mox_config::Config;

    const SERVER: &str = "DataDir: data\nLogLevel: info\nHostname: mail.example.org\nListeners:\n\tpublic:\n\t\tIPs:\n\t\t\t- 0.0.0.0\n\t\tSMTP:\n\t\t\tEnabled: true\nPostmaster:\n\tAccount: mjl\n\tMailbox: Postmaster\nTransports:\n\tsubmission:\n\t\tSubmission:\n\t\t\tHost: relay.example\n\t\t\tAuth:\n\t\t\t\tUsername: me\n\t\t\t\tPassword: secret\n\tsubmissions:\n\t\tSubmissions:\n\t\t\tHost: relay.example\n\t\t\tAuth:\n\t\t\t\tUsername: me\n\t\t\t\tPassword: secret\n\t\t\t\tMechanisms:\n\t\t\t\t\t- PLAIN\n\tloose:\n\t\tSMTP:\n\t\t\tHost: relay.example\n\t\t\tSTARTTLSInsecureSkipVerify: true\n\topen:\n\t\tSMTP:\n\t\t\tHost: relay.example\n\t\t\tPort: 2525\n\t\t\tNoSTARTTLS: true\n\tsocks:\n\t\tSocks:\n\t\t\tAddress: [2001:db8::5]:1081\n\t\t\tRemoteIPs:\n\t\t\t\t- 192.0.2.9\n\t\t\tRemoteHostname: out.example.org\n\t\t\tUsername: me\n\t\t\tPassword: secret\n\tfour:\n\t\tDirect:\n\t\t\tDisableIPv6: true\n\t\t\tRequireDANE: true\n\tclosed:\n\t\tFail:\n\t\t\tSMTPCode: 450\n\t\t\tSMTPMessage: not today\n\tnever:\n\t\tFail:\n\t\t\tSMTPCode: 554\n\tplain: nil\n";
    const DYNAMIC: &str = "Domains:\n\texample.org:\n\t\tRoutes:\n\t\t\t-\n\t\t\t\tToDomain:\n\t\t\t\t\t- .example.net\n\t\t\t\tTransport: submission\n\tgone.example:\n\t\tDisabled: true\nAccounts:\n\tmjl:\n\t\tDomain: example.org\n\tbob:\n\t\tDomain: example.org\n\t\tRoutes:\n\t\t\t-\n\t\t\t\tMinimumAttempts: 2\n\t\t\t\tTransport: four\nRoutes:\n\t-\n\t\tFromDomain:\n\t\t\t- .\n\t\tTransport: loose\n\t-\n\t\tToDomain:\n\t\t\t- closed.example\n\t\tTransport: closed\n";

    fn router() -> ConfigRouter {
        let config = Config::parse(std::path::Path::new("mox.conf"), SERVER, DYNAMIC).unwrap();
        ConfigRouter::new(Arc::new(Handle::new(config)))
    }

    fn shown(account: &str, from: &str, to: &str, attempts: u32, transport: Option<&str>) -> String {
        let from = (!from.is_empty()).then(|| format!("x@{from}").parse().unwrap());
        let to = to.parse().unwrap();
        let mail = Leaving { account, from: &from, to: &to, attempts, copied: false, transport };
        router().route(&mail).to_string()
    }

    #[test]
    fn routes_of_the_account_then_of_the_domain_then_of_all() {
        let direct = "to the mail hosts that DNS names for the domain";
        for (account, from, to, attempts, expected) in [
            ("mjl", "example.org", "there.example", 0, direct.to_owned()),
            ("mjl", "example.org", "mx.example.net", 0, "through relay.example port 587".to_owned()),
            ("bob", "example.org", "mx.example.net", 1, "through relay.example port 587".to_owned()),
            (
                "bob",
                "example.org",
                "mx.example.net",
                2,
                format!("{direct}, over IPv4 only, verified by DANE"),
            ),
            ("mjl", "", "there.example", 0, "through relay.example port 25".to_owned()),
            ("mjl", "example.org", "closed.example", 0, "nowhere: 450 4.7.0 not today".to_owned()),
            ("mjl", "example.org", "[192.0.2.1]", 0, direct.to_owned()),
            ("bob", "example.org", "[192.0.2.1]", 2, format!("{direct}, over IPv4 only, verified by DANE")),
        ] {
            assert_eq!(
                shown(account, from, to, attempts, None),
                expected,
                "{account} {from} {to} {attempts}"
            );
        }
        let disabled = shown("mjl", "gone.example", "there.example", 0, Some("open"));
        assert_eq!(disabled, "nowhere: 451 4.3.5 the domain gone.example is disabled here for the moment");
    }

    #[test]
    fn a_transport_that_was_chosen_goes_before_routes() {
        let chosen = |name| shown("mjl", "example.org", "closed.example", 0, Some(name));
        assert_eq!(chosen("open"), "through relay.example port 2525");
        assert_eq!(chosen("plain"), "to the mail hosts that DNS names for the domain");
        assert_eq!(
            chosen("socks"),
            "to the mail hosts that DNS names for the domain, through the SOCKS proxy 2001:db8::5 port 1081"
        );
        assert!(chosen("never").starts_with("nowhere: 554 5.7.0 "), "{}", chosen("never"));
        assert!(chosen("nosuch").starts_with("nowhere: 451 4.3.5 the transport \"nosuch\""));
        assert!(router().knows("open") && !router().knows("nosuch"));
    }

    #[test]
    fn what_a_transport_says_of_tls_and_logins() {
        let config = router().config.load();
        let of = |name: &str| match of_transport(&config.server.transports[name]) {
            Route::Relay(relay) => relay,
            other => panic!("{other}"),
        };
        for (name, tls) in [
            ("submission", RelayTls::StartTls),
            ("submissions", RelayTls::Implicit),
            ("loose", RelayTls::Unverified),
            ("open", RelayTls::None),
        ] {
            assert_eq!(of(name).tls, tls, "{name}");
        }
        assert_eq!(of("submissions").auth.unwrap().mechanisms, [Mechanism::Plain]);
        let default = of("submission").auth.unwrap();
        assert!(default.mechanisms.len() == 5 && !default.mechanisms.contains(&Mechanism::Plain));
        let Route::Direct(options) = of_transport(&config.server.transports["socks"]) else { panic!() };
        let socks = options.socks.unwrap();
        assert_eq!((socks.hello.as_str(), socks.login.unwrap().username.as_str()), ("out.example.org", "me"));
    }
}
