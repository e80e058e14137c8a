//! `moxsubmit.conf`: where local programs submit mail, and as whom. Same format as `mox.conf`.

use std::path::Path;

use mox_address::Address;
use mox_config::tree::{Value, parse};
use mox_sasl::Mechanism;

use super::sysexits;
use crate::error::{CommandError, Exit};

/// Port of localserve for submission.
const LOCALSERVE_PORT: u16 = 1587;

/// A server and how to speak to it.
#[derive(Debug, Clone)]
pub(crate) struct SubmitConf {
    /// Our name in EHLO, and the domain of Message-ID.
    pub(crate) local_hostname: String,
    pub(crate) host: String,
    pub(crate) port: u16,
    /// TLS from the first byte.
    pub(crate) tls: bool,
    /// TLS by STARTTLS, or no session.
    pub(crate) starttls: bool,
    /// Any certificate will do.
    pub(crate) skip_verify: bool,
    pub(crate) username: String,
    pub(crate) password: String,
    /// Mechanisms that may be used.
    pub(crate) mechanisms: Vec<Mechanism>,
    /// The only sender there is; without it, users say who they are.
    pub(crate) from: Option<Address>,
    /// Gets mail for recipients without a domain.
    pub(crate) default_destination: Option<Address>,
    /// REQUIRETLS, or `TLS-Required: No`, or neither.
    pub(crate) require_tls: Option<bool>,
    /// Keys that are known and do nothing.
    pub(crate) without_effect: Vec<String>,
}

impl SubmitConf {
    /// Reads the named file, or that of the system, or takes the settings of localserve.
    pub(crate) fn find(named: Option<&Path>) -> Result<SubmitConf, CommandError> {
        let path = named.map_or_else(mox_platform::paths::submit_config, Path::to_owned);
        match std::fs::read(&path) {
            Ok(bytes) => SubmitConf::parse(&bytes)
                .map_err(|message| config_error(format!("{}: {message}", path.display()))),
            Err(e) if named.is_none() && e.kind() == std::io::ErrorKind::NotFound => {
                Ok(SubmitConf::localserve())
            }
            Err(e) => Err(config_error(format!("{}: {e}", path.display()))),
        }
    }

    pub(crate) fn localserve() -> SubmitConf {
        SubmitConf {
            local_hostname: "localhost".to_owned(),
            host: "localhost".to_owned(),
            port: LOCALSERVE_PORT,
            tls: false,
            starttls: true,
            skip_verify: true,
            username: "mox@localhost".to_owned(),
            password: "moxmoxmox".to_owned(),
            mechanisms: Mechanism::ALL.to_vec(),
            from: None,
            default_destination: "mox@localhost".parse().ok(),
            require_tls: None,
            without_effect: Vec::new(),
        }
    }

    fn parse(bytes: &[u8]) -> Result<SubmitConf, String> {
        let tree = parse(bytes).map_err(|faults| match faults.first() {
            Some(fault) => format!("line {}: {}", fault.at.line, fault.fault),
            None => "cannot be read".to_owned(),
        })?;
        let mut conf = SubmitConf { default_destination: None, ..SubmitConf::localserve() };
        (conf.host, conf.port) = (String::new(), 0);
        (conf.starttls, conf.skip_verify) = (false, false);
        (conf.username, conf.password) = (String::new(), String::new());
        let Value::Map(entries) = &tree.root().value else { return Err("is empty".to_owned()) };
        for entry in entries {
            let text = match &entry.node.value {
                Value::Scalar(text) => text.as_str(),
                Value::Empty => "",
                _ => return Err(format!("line {}: {} takes one value", entry.node.at.line, entry.key)),
            };
            conf.set(&entry.key, text)
                .map_err(|e| format!("line {}: {}: {e}", entry.node.at.line, entry.key))?;
        }
        if conf.host.is_empty() {
            return Err("Host is missing".to_owned());
        }
        if conf.port == 0 {
            conf.port = if conf.tls { 465 } else { 587 };
        }
        Ok(conf)
    }

    fn set(&mut self, key: &str, text: &str) -> Result<(), String> {
        let address = |text: &str| text.parse::<Address>().map_err(|e| e.to_string());
        match key {
            "LocalHostname" => self.local_hostname = text.to_owned(),
            "Host" => self.host = text.to_owned(),
            "Port" => self.port = text.parse().map_err(|_| "expected a port".to_owned())?,
            "TLS" => self.tls = boolean(text)?,
            "STARTTLS" => self.starttls = boolean(text)?,
            "TLSInsecureSkipVerify" => self.skip_verify = boolean(text)?,
            "Username" => self.username = text.to_owned(),
            "Password" => self.password = text.to_owned(),
            "AuthMethod" if text.is_empty() => {}
            "AuthMethod" => {
                self.mechanisms = vec![text.parse().map_err(|_| format!("unknown mechanism {text:?}"))?];
            }
            "From" => self.from = Some(address(text)?),
            "DefaultDestination" if text.is_empty() => {}
            "DefaultDestination" => self.default_destination = Some(address(text)?),
            "RequireTLS" => {
                self.require_tls = match text {
                    "" => None,
                    "yes" => Some(true),
                    "no" => Some(false),
                    _ => return Err("expected yes or no".to_owned()),
                };
            }
            "ClientAuthEd25519PrivateKey" | "ClientAuthCertPrivateKeyPEMFile" => {
                if !text.is_empty() {
                    self.without_effect.push(key.to_owned());
                }
            }
            _ => return Err("unknown key".to_owned()),
        }
        Ok(())
    }
}

fn boolean(text: &str) -> Result<bool, String> {
    text.parse().map_err(|_| "expected true or false".to_owned())
}

fn config_error(message: String) -> CommandError {
    CommandError::new(Exit::Sysexit(sysexits::CONFIG), anyhow::anyhow!("{message}"))
        .hint("name another file with -C, or mend this one")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_sets_what_it_says_and_nothing_is_left_of_localserve() {
        let conf = SubmitConf::parse(
            b"Host: mail.example.org\nTLS: true\nUsername: a@example.org\nPassword: secret99\nFrom: a@example.org\n\
              DefaultDestination: ops@example.org\nRequireTLS: yes\nAuthMethod: SCRAM-SHA-256\n",
        )
        .unwrap();
        assert_eq!((conf.host.as_str(), conf.port, conf.tls), ("mail.example.org", 465, true));
        assert!(!conf.skip_verify && !conf.starttls);
        assert_eq!(conf.require_tls, Some(true));
        assert_eq!(conf.mechanisms, [Mechanism::ScramSha256]);
        let bare = SubmitConf::parse(b"Host: mail.example.org\n").unwrap();
        assert_eq!((bare.port, bare.username.as_str(), bare.default_destination), (587, "", None));
    }

    #[test]
    fn mistakes_name_line_and_key() {
        for (text, message) in [
            ("Host: a\nPort: x\n", "line 2: Port: expected a port"),
            ("Host: a\nTsl: true\n", "line 2: Tsl: unknown key"),
            ("Host: a\nRequireTLS: maybe\n", "line 2: RequireTLS: expected yes or no"),
            ("Port: 25\n", "Host is missing"),
        ] {
            assert_eq!(SubmitConf::parse(text.as_bytes()).unwrap_err(), message);
        }
    }
}
