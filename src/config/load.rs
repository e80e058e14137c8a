//! Loading: from the two files to a [`Config`], or all that is wrong with them.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mox_address::{Address, Domain};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::check::{Report, check_dynamic, check_references, check_static};
use crate::de::{Found, from_tree};
use crate::domain::Dynamic;
use crate::error::{Errors, Fault, MAX_PROBLEMS, Problem, Warning};
use crate::not_built;
use crate::resolve::{Resolved, Resolver, Target};
use crate::server::Static;
use crate::signing::DkimKeys;
use crate::text::MAX_BYTES;
use crate::transport::Transport;
use crate::tree::{Tree, parse};

/// A snapshot of both files.
#[derive(Debug, Clone)]
pub struct Config {
    /// `mox.conf`.
    pub server: Arc<Static>,
    /// `domains.conf`.
    pub dynamic: Dynamic,
    /// Where `mox.conf` is.
    pub file: PathBuf,
    /// Where `domains.conf` is.
    pub dynamic_file: PathBuf,
    /// DataDir; relative to the working directory only if `mox.conf` was.
    pub data_dir: PathBuf,
    /// What is worth knowing about both files.
    pub warnings: Vec<Warning>,
    pub(crate) server_tree: Arc<Tree>,
    pub(crate) dynamic_tree: Tree,
    /// Empty unless loaded from files.
    pub(crate) keys: Arc<DkimKeys>,
    resolver: Resolver,
}

/// What a file gave.
struct Part<T> {
    file: PathBuf,
    tree: Option<Tree>,
    /// None if something it needs is bad or missing.
    value: Option<T>,
    /// Whether keys were unknown at most, so that rules can be checked.
    sound: bool,
    errors: Vec<Problem>,
    warnings: Vec<Warning>,
}

impl Config {
    /// Loads `mox.conf`, or the one in the directory that `path` names, and `domains.conf` beside it. The warnings
    /// are those of [`Config::warnings`]. A DataDir with the data of a Go mox and none of ours is refused.
    pub fn load(path: &Path) -> Result<(Config, Vec<Warning>), Errors> {
        let file = if path.is_dir() { path.join("mox.conf") } else { path.to_owned() };
        let dynamic_file = file.with_file_name("domains.conf");
        let (server, dynamic) = (read(&file), read(&dynamic_file));
        let config = Config::assemble(&file, server, dynamic)?;
        config.refuse_go_data()?;
        let config = config.with_keys()?;
        let warnings = config.warnings.clone();
        Ok((config, warnings))
    }

    /// As [`Config::load`], from texts; `file` says where `mox.conf` is meant to be. Reads no files.
    pub fn parse(file: &Path, server: &str, dynamic: &str) -> Result<Config, Errors> {
        Config::assemble(file, Ok(server.into()), Ok(dynamic.into()))
    }

    fn assemble(
        file: &Path,
        server: Result<Vec<u8>, String>,
        dynamic: Result<Vec<u8>, String>,
    ) -> Result<Config, Errors> {
        let mut server = Part::<Static>::read(file, server);
        if let Some(value) = &mut server.value {
            value.fill();
        }
        server.check(not_built::STATIC, check_static);
        let dynamic = Part::read(&file.with_file_name("domains.conf"), dynamic);
        let Part { tree: Some(tree), value: Some(value), sound: true, mut errors, warnings, file } = server
        else {
            return Err(all(server.errors, dynamic.errors));
        };
        let found = errors.len();
        match Config::join(Arc::new(value), Arc::new(tree), file, dynamic) {
            Ok(mut config) if found == 0 => {
                config.warnings.splice(0..0, warnings);
                Ok(config)
            }
            Ok(_) => Err(Errors(errors)),
            Err(Errors(more)) => {
                errors.extend(more);
                Err(all(errors, Vec::new()))
            }
        }
    }

    /// A snapshot with the same static file and another dynamic one; of `warnings` only those of the new file.
    pub(crate) fn with_dynamic(&self, dynamic: Result<Vec<u8>, String>) -> Result<Config, Errors> {
        let part = Part::read(&self.dynamic_file, dynamic);
        Config::join(self.server.clone(), self.server_tree.clone(), self.file.clone(), part)
    }

    /// Checks both files together.
    fn join(
        server: Arc<Static>,
        tree: Arc<Tree>,
        file: PathBuf,
        mut part: Part<Dynamic>,
    ) -> Result<Config, Errors> {
        if let Some(value) = &mut part.value {
            value.fill();
        }
        let mut resolver = None;
        part.check(not_built::DYNAMIC, |dynamic, report| {
            check_dynamic(&server, dynamic, report);
            resolver = Some(Resolver::build(&server, dynamic, report));
        });
        let mut errors = Vec::new();
        if let Some(dynamic) = part.value.as_ref().filter(|_| part.sound) {
            let mut report = Report::new(&tree);
            check_references(&server, dynamic, &mut report);
            errors = named(&file, report.errors);
        }
        if !(errors.is_empty() && part.errors.is_empty()) {
            return Err(all(errors, part.errors));
        }
        let (Some(dynamic_tree), Some(dynamic), Some(resolver)) = (part.tree, part.value, resolver) else {
            return Err(all(errors, part.errors));
        };
        let dir = file.parent().unwrap_or(Path::new(""));
        Ok(Config {
            data_dir: dir.join(&server.data_dir),
            dynamic,
            dynamic_tree,
            server,
            server_tree: tree,
            dynamic_file: part.file,
            file,
            warnings: part.warnings,
            keys: Arc::default(),
            resolver,
        })
    }

    fn refuse_go_data(&self) -> Result<(), Errors> {
        let there = |name: &str| self.data_dir.join(name).exists();
        if there("mox.db") || !(there("auth.db") || there("accounts")) {
            return Ok(());
        }
        let message = format!(
            "{} holds the data of a Go mox, which this server does not read; export it with the old server's \
             \"mox export maildir\", start with a new DataDir, and import it there",
            self.data_dir.display()
        );
        let path = ["DataDir"];
        Err(Errors(vec![Problem {
            file: self.file.clone(),
            at: Some(self.server_tree.locate(&path)),
            path: "DataDir".into(),
            fault: Fault::Rule(message),
        }]))
    }

    /// The text of `domains.conf`.
    pub fn dynamic_text(&self) -> &str {
        self.dynamic_tree.text()
    }

    /// The text of `mox.conf`.
    pub fn server_text(&self) -> &str {
        self.server_tree.text()
    }

    /// A path in `mox.conf`, which may be relative to its directory.
    pub fn path(&self, path: &Path) -> PathBuf {
        self.file.parent().unwrap_or(Path::new("")).join(path)
    }

    /// What is at a forward-path.
    pub fn resolve(&self, path: &mox_address::Path) -> Resolved<'_> {
        self.resolver.resolve(path)
    }

    /// Where mail for a bare `<postmaster>` goes.
    pub fn postmaster(&self) -> &Target {
        self.resolver.postmaster()
    }

    /// Whether a domain is here only so that reports about it arrive, at another domain: it has no addresses.
    pub fn reports_only(&self, domain: &Domain) -> bool {
        self.resolver.reports_only(domain)
    }

    /// The account that logs in with an address: one of its destinations, or its catchall. Not an alias.
    pub fn account_of(&self, address: &Address) -> Option<&str> {
        self.resolver.account_of(address)
    }

    /// Whether an account may use an address in From: it is one of its own, or an alias that allows it.
    pub fn may_send_as(&self, account: &str, address: &Address) -> bool {
        self.resolver.may_send_as(account, address)
    }

    /// The transport, with its name, for a message of an account after `attempts` failed attempts; none for
    /// direct delivery. `from` is none for the null reverse-path, `to` for an address literal.
    pub fn transport(
        &self,
        account: &str,
        from: Option<&Domain>,
        to: Option<&Domain>,
        attempts: u32,
    ) -> Option<(&str, &Transport)> {
        let own = self.dynamic.accounts.get(account).map(|a| a.routes.as_slice());
        let domain = from.and_then(|from| self.dynamic.domains.get(from)).map(|d| d.routes.as_slice());
        let routes = [own, domain, Some(self.dynamic.routes.as_slice())].into_iter().flatten().flatten();
        let route = routes.into_iter().find(|route| route.matches(from, to, attempts))?;
        self.server
            .transports
            .get_key_value(&route.transport)
            .map(|(name, transport)| (name.as_str(), transport))
    }
}

impl<T: DeserializeOwned + Serialize> Part<T> {
    fn read(file: &Path, bytes: Result<Vec<u8>, String>) -> Part<T> {
        let mut part = Part {
            file: file.to_owned(),
            tree: None,
            value: None,
            sound: false,
            errors: Vec::new(),
            warnings: Vec::new(),
        };
        let problem = |at, fault| Problem { file: file.to_owned(), at, path: String::new(), fault };
        match bytes.map(|bytes| parse(&bytes)) {
            Err(message) => part.errors.push(problem(None, Fault::Io(message))),
            Ok(Err(faults)) => {
                let faults = faults.into_iter().map(|e| problem(Some(e.at), Fault::Syntax(e.fault)));
                part.errors.extend(faults);
            }
            Ok(Ok(tree)) => {
                let outcome = from_tree(&tree);
                part.sound = outcome.errors.iter().all(|e| matches!(e.fault, Fault::UnknownKey { .. }));
                part.value = outcome.value;
                part.errors = named(file, outcome.errors);
                part.tree = Some(tree);
            }
        }
        part
    }

    /// Checks rules and looks for features that are not built, unless bad values would only make them repeat what is
    /// known.
    fn check(&mut self, not_built: &[&str], rules: impl FnOnce(&T, &mut Report<'_>)) {
        let (Some(tree), Some(value), true) = (&self.tree, &self.value, self.sound) else { return };
        let mut report = Report::new(tree);
        rules(value, &mut report);
        report.warnings.extend(not_built::warnings(tree, value, not_built));
        self.errors.extend(named(&self.file, report.errors));
        self.warnings.extend(named(&self.file, report.warnings));
        self.errors.sort_by_key(|p| p.at);
        self.warnings.sort_by_key(|p| p.at);
    }
}

fn named(file: &Path, found: Vec<Found>) -> Vec<Problem> {
    let name = |f: Found| Problem { file: file.to_owned(), at: Some(f.at), path: f.path, fault: f.fault };
    found.into_iter().map(name).collect()
}

fn all(mut first: Vec<Problem>, second: Vec<Problem>) -> Errors {
    first.extend(second);
    first.sort_by_key(|p| (p.file.ends_with("domains.conf"), p.at));
    first.truncate(MAX_PROBLEMS);
    Errors(first)
}

/// Reads a file, one byte more than the parser takes at most.
pub(crate) fn read(file: &Path) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    std::fs::File::open(file)
        .and_then(|f| f.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes))
        .map_err(|e| format!("cannot be read: {e}"))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::resolve::Reports;

    const SERVER: &str = "DataDir: data\nLogLevel: info\nHostname: mail.example.org\nListeners:\n\tpublic:\n\t\tIPs:\n\t\t\t- 0.0.0.0\n\t\t\t- ::\n\t\tSMTP:\n\t\t\tEnabled: true\nPostmaster:\n\tAccount: mjl\n\tMailbox: Postmaster\nTransports:\n\tsmart:\n\t\tSubmission:\n\t\t\tHost: relay.example\n";
    const DYNAMIC: &str = "Domains:\n\texample.org:\n\t\tLocalpartCatchallSeparator: +\n\t\tAliases:\n\t\t\tteam:\n\t\t\t\tAddresses:\n\t\t\t\t\t- mjl@example.org\n\t\t\t\t\t- bob@example.org\n\t\t\t\tAllowMsgFrom: true\n\tmünchen.example:\n\t\tLocalpartCaseSensitive: true\n\tgone.example:\n\t\tDisabled: true\nAccounts:\n\tmjl:\n\t\tDomain: example.org\n\t\tDestinations:\n\t\t\tmjl: nil\n\t\t\t@münchen.example:\n\t\t\t\tMailbox: All\n\tbob:\n\t\tDomain: example.org\n\t\tDestinations:\n\t\t\tbob@example.org: nil\n\t\t\tBob@münchen.example: nil\n\t\t\told@example.org:\n\t\t\t\tSMTPError: 550 moved away\nRoutes:\n\t-\n\t\tToDomain:\n\t\t\t- .example.net\n\t\tMinimumAttempts: 2\n\t\tTransport: smart\n";

    fn config() -> Config {
        Config::parse(Path::new("mox.conf"), SERVER, DYNAMIC).unwrap_or_else(|e| panic!("{e}"))
    }

    #[test]
    fn forward_paths_lead_to_accounts_and_aliases() {
        let config = config();
        let cases = [
            ("mjl@example.org", "mjl Inbox"),
            ("MJL+any+thing@Example.org", "mjl Inbox"),
            ("team@example.org", "alias mjl bob"),
            ("Team+x@example.org", "alias mjl bob"),
            ("Bob@xn--mnchen-3ya.example", "bob Inbox"),
            ("bob@münchen.example", "mjl All"),
            ("old@example.org", "550 moved away"),
            ("none@example.org", "unknown"),
            ("Postmaster@example.org", "mjl Postmaster"),
            ("postmaster@münchen.example", "mjl Postmaster"),
            ("postmaster@mail.example.org", "mjl Postmaster"),
            ("mjl@mail.example.org", "unknown"),
            ("x@gone.example", "disabled"),
            ("x@example.net", "not local"),
            ("mjl@[192.0.2.1]", "not local"),
        ];
        for (path, expected) in cases {
            let found = match config.resolve(&path.parse().unwrap()) {
                Resolved::Account(target) => format!("{} {}", target.account, target.mailbox),
                Resolved::Alias(alias) => {
                    alias.members.iter().fold("alias".to_owned(), |text, m| text + " " + &m.account)
                }
                Resolved::DomainDisabled => "disabled".into(),
                Resolved::SmtpError(_, error) => error.to_string(),
                Resolved::Unknown => "unknown".into(),
                Resolved::NotLocal => "not local".into(),
            };
            assert_eq!(found, expected, "{path}");
        }
    }

    #[test]
    fn who_may_log_in_and_send_as() {
        let config = config();
        let address = |text: &str| text.parse::<Address>().unwrap();
        assert_eq!(config.account_of(&address("mjl+x@example.org")), Some("mjl"));
        assert_eq!(config.account_of(&address("any@münchen.example")), Some("mjl"));
        assert_eq!(config.account_of(&address("team@example.org")), None);
        assert_eq!(config.account_of(&address("postmaster@example.org")), None);
        assert!(config.may_send_as("bob", &address("team@example.org")));
        assert!(!config.may_send_as("bob", &address("mjl@example.org")));
        assert!(!config.may_send_as("eve", &address("team@example.org")));
    }

    #[test]
    fn reports_arrive_where_the_file_says() {
        let server = format!("{SERVER}HostTLSRPT:\n\tAccount: bob\n\tMailbox: Host\n\tLocalpart: tls-host\n");
        let dynamic = "Domains:\n\texample.org:\n\t\tLocalpartCatchallSeparator: -\n\t\tDMARC:\n\t\t\tLocalpart: dmarc-reports\n\t\t\tAccount: mjl\n\t\t\tMailbox: DMARC\n\tonly.example:\n\t\tTLSRPT:\n\t\t\tLocalpart: tls-only\n\t\t\tDomain: example.org\n\t\t\tAccount: bob\n\t\t\tMailbox: TLS\n\tempty.example: nil\nAccounts:\n\tmjl:\n\t\tDomain: example.org\n\t\tDestinations:\n\t\t\tdmarc@example.org: nil\n\tbob:\n\t\tDomain: example.org\n";
        let config = Config::parse(Path::new("mox.conf"), &server, dynamic).unwrap_or_else(|e| panic!("{e}"));
        let cases = [
            ("DMARC-reports@example.org", Some(("mjl", "DMARC", Some(Reports::Dmarc)))),
            ("dmarc-other@example.org", Some(("mjl", "Inbox", None))),
            ("tls-only@example.org", Some(("bob", "TLS", Some(Reports::Tls)))),
            ("tls-only-x@example.org", None),
            ("tls-only@only.example", None),
            ("TLS-host@mail.example.org", Some(("bob", "Host", Some(Reports::HostTls)))),
            ("tls@mail.example.org", None),
        ];
        for (path, expected) in cases {
            let found = match config.resolve(&path.parse().unwrap()) {
                Resolved::Account(t) => Some((t.account.as_str(), t.mailbox.as_str(), t.reports)),
                _ => None,
            };
            assert_eq!(found, expected, "{path}");
        }
        let only = |name: &str| config.reports_only(&name.parse().unwrap());
        assert_eq!(["only.example", "example.org", "empty.example"].map(only), [true, false, false]);
    }

    #[test]
    fn routes_pick_transports() {
        let config = config();
        let domain = |text: &str| Domain::parse(text).unwrap();
        let name = |to: &str, attempts| {
            config.transport("mjl", None, Some(&domain(to)), attempts).map(|(name, _)| name)
        };
        assert_eq!(name("a.example.net", 2), Some("smart"));
        assert_eq!(name("a.example.net", 1), None);
        assert_eq!(name("example.com", 9), None);
        let (_, smart) = config.transport("mjl", None, Some(&domain("example.net")), 2).unwrap();
        assert_eq!(smart.submission.as_ref().map(|s| s.port), Some(587));
    }

    #[test]
    fn a_go_data_directory_is_refused_until_it_has_a_database_of_ours() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("mox.conf"), SERVER).unwrap();
        std::fs::write(dir.path().join("domains.conf"), DYNAMIC).unwrap();
        assert!(Config::load(dir.path()).is_ok());
        std::fs::create_dir_all(dir.path().join("data/accounts")).unwrap();
        let errors = Config::load(dir.path()).unwrap_err().to_string();
        assert!(
            errors.contains("mox.conf:1:1: DataDir: ") && errors.contains("mox export maildir"),
            "{errors}"
        );
        std::fs::write(dir.path().join("data/mox.db"), "").unwrap();
        let (config, _) = Config::load(&dir.path().join("mox.conf")).unwrap();
        assert_eq!(config.data_dir, dir.path().join("data"));
    }

    #[test]
    fn missing_files_are_reported() {
        let dir = tempfile::tempdir().unwrap();
        let errors = Config::load(&dir.path().join("mox.conf")).unwrap_err().0;
        assert_eq!(errors.len(), 2);
        assert!(errors.iter().all(|p| matches!(p.fault, Fault::Io(_))));
    }
}
