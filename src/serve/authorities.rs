//! The authorities in ACME of `mox.conf`: the names that each may be asked for, and who is told of what.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use mox_acme::{Acme, Names, NoSuchName, Options, Serving, State};
use mox_address::Domain;
use mox_clock::{Clock, Random};
use mox_config::acme::AcmeProvider;
use mox_config::listener::Listener;
use mox_config::{Config, Handle};
use mox_https::{Client, Egress, Limits};
use mox_tls::PrivateKey;
use tokio::task::JoinSet;

use crate::Secrets;
use crate::house::{Error, VERSION};
use crate::outside::Outside;

/// How often it is looked whether `domains.conf` was read again.
const EVERY: Duration = Duration::from_secs(1);

/// The authorities that listeners have their certificates from.
#[derive(Clone, Default)]
pub(crate) struct Authorities(BTreeMap<String, Authority>);

#[derive(Clone)]
struct Authority {
    acme: Arc<Acme>,
    /// Keys by host, as HostPrivateKeyFiles of the listeners name them.
    keys: HostKeys,
    /// All that these name, also those that wait for their time.
    named: Vec<NamedKey>,
}

/// A private key that `mox.conf` names for a host, without the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamedKey {
    /// The host, A-labels.
    pub(crate) host: String,
    /// Its file, as `mox.conf` names it.
    pub(crate) file: String,
    /// `ecdsap256` or `rsa2048`.
    pub(crate) kind: &'static str,
    /// Certificates are made for it: it is the first of its kind.
    pub(crate) first: bool,
    /// As TLSA records `3 1 1` hold it.
    pub(crate) spki_sha256: [u8; 32],
}

/// Private keys by host name.
type HostKeys = BTreeMap<String, Vec<PrivateKey>>;

impl Authorities {
    /// Those that listeners name, with the names that `config` gives them. Reads keys and what is stored; asks nobody.
    pub(crate) fn open(
        config: &Config,
        secrets: &Secrets,
        outside: &Outside,
        clock: &Arc<dyn Clock>,
        random: &Arc<dyn Random>,
    ) -> Result<Authorities, Error> {
        let mut all = BTreeMap::new();
        for (name, provider) in &config.server.acme {
            if users(config, name).next().is_none() {
                continue;
            }
            let client = client(outside, clock);
            let acme = Acme::open(options(config, secrets, name, provider)?, client, random.clone());
            let (keys, named) = host_keys(config, secrets, name)?;
            acme.set_names(names(config, name, &keys));
            all.insert(name.clone(), Authority { acme, keys, named });
        }
        Ok(Authorities(all))
    }

    /// The certificates of a listener that has them from an authority.
    pub(crate) fn serving(&self, config: &Config, listener: &Listener) -> Result<Option<Serving>, Error> {
        let named = listener.tls.as_ref().and_then(|tls| self.0.get(&tls.acme));
        let serving = named.map(|authority| Serving::new(authority.acme.clone(), host(config, listener)));
        serving.transpose().map_err(|e| Error::Tls { path: config.file.clone(), reason: e.to_string() })
    }

    /// Has and renews certificates, and follows `domains.conf`, for ever.
    pub(crate) async fn run(self, config: Arc<Handle>, clock: Arc<dyn Clock>) {
        let mut tasks = JoinSet::new();
        for authority in self.0.values() {
            tasks.spawn(authority.acme.clone().run());
        }
        let mut seen = config.load();
        loop {
            clock.sleep(EVERY).await;
            let now = config.load();
            if Arc::ptr_eq(&now, &seen) {
                continue;
            }
            for (name, authority) in &self.0 {
                authority.acme.set_names(names(&now, name, &authority.keys));
            }
            seen = now;
        }
    }

    /// How each name is served, by authority and name.
    pub(crate) fn states(&self) -> Vec<State> {
        self.0.values().flat_map(|authority| authority.acme.states()).collect()
    }

    /// The private keys of hosts, by authority, host and in the order of `mox.conf`.
    pub(crate) fn named_keys(&self) -> Vec<NamedKey> {
        self.0.values().flat_map(|authority| authority.named.iter().cloned()).collect()
    }

    /// Has a new certificate of a name made soon, by each authority that may.
    pub(crate) fn renew(&self, name: &str) -> Result<(), NoSuchName> {
        let found = self.0.values().filter(|authority| authority.acme.renew(name).is_ok()).count();
        if found == 0 { Err(NoSuchName(name.to_owned())) } else { Ok(()) }
    }
}

impl mox_website::Challenges for Authorities {
    fn answer(&self, host: &str, token: &str) -> Option<String> {
        self.0.values().find_map(|authority| authority.acme.http01(host, token))
    }
}

/// The listeners that have their certificates from an authority.
fn users<'a>(config: &'a Config, authority: &'a str) -> impl Iterator<Item = (&'a String, &'a Listener)> {
    let uses = move |listener: &Listener| listener.tls.as_ref().is_some_and(|tls| tls.acme == authority);
    config.server.listeners.iter().filter(move |(_, listener)| uses(listener))
}

/// The host name of a listener.
fn host<'a>(config: &'a Config, listener: &'a Listener) -> &'a str {
    listener.hostname.as_ref().unwrap_or(&config.server.hostname).ascii()
}

/// Authorities are chosen by who runs this server, and may be in its own network.
fn client(outside: &Outside, clock: &Arc<dyn Clock>) -> Client {
    Client {
        resolver: outside.resolver.clone(),
        dial: outside.dial.clone(),
        clock: clock.clone(),
        roots: outside.roots.clone(),
        egress: Egress::Anywhere,
        limits: Limits::default(),
        user_agent: format!("mox/{VERSION}"),
    }
}

fn options(
    config: &Config,
    secrets: &Secrets,
    name: &str,
    provider: &AcmeProvider,
) -> Result<Options, Error> {
    let binding = provider.external_account_binding.as_ref();
    let binding = binding.map(|binding| -> Result<_, Error> {
        let path = config.path(&binding.key_file);
        let text = read(secrets, &path)?;
        let key = mox_acme::binding_key(&String::from_utf8_lossy(&text));
        let key = key.ok_or_else(|| Error::Tls { path, reason: "expected a key in base64url".to_owned() })?;
        Ok((binding.key_id.clone(), key))
    });
    Ok(Options {
        name: name.to_owned(),
        directory: provider.directory_url.as_str().to_owned(),
        contact: Some(provider.contact_email.clone()).filter(|contact| !contact.is_empty()),
        binding: binding.transpose()?,
        renew_before: *provider.renew_before,
        dir: config.data_dir.join("acme").join(name),
    })
}

/// The keys of hosts: of each kind the first that a listener of the host names; and what all of them are.
fn host_keys(
    config: &Config,
    secrets: &Secrets,
    authority: &str,
) -> Result<(HostKeys, Vec<NamedKey>), Error> {
    let (mut all, mut named) = (HostKeys::new(), Vec::<NamedKey>::new());
    for (_, listener) in users(config, authority) {
        let host = host(config, listener).to_owned();
        let keys: &mut Vec<PrivateKey> = all.entry(host.clone()).or_default();
        for file in listener.tls.iter().flat_map(|tls| &tls.host_private_key_files) {
            let path = config.path(file);
            let key = PrivateKey::from_pem(&read(secrets, &path)?)
                .map_err(|e| Error::Tls { path, reason: e.to_string() })?;
            let first = !keys.iter().any(|other| other.kind() == key.kind());
            let (spki_sha256, kind) = (key.spki_sha256(), key.kind().name());
            // Listeners of one host mostly name the same keys.
            if !named.iter().any(|other| other.host == host && other.spki_sha256 == spki_sha256) {
                let (host, file) = (host.clone(), file.display().to_string());
                named.push(NamedKey { host, file, kind, first, spki_sha256 });
            }
            if first {
                keys.push(key);
            }
        }
    }
    Ok((all, named))
}

fn read(secrets: &Secrets, path: &Path) -> Result<Vec<u8>, Error> {
    secrets.read(path).map_err(|source| Error::File { path: path.to_owned(), source })
}

/// The names of an authority: hosts of its listeners, and what these serve for each domain that is not disabled.
fn names(config: &Config, authority: &str, keys: &HostKeys) -> Names {
    let mut names = Names { hosts: keys.clone(), ..Names::default() };
    let ascii = |domain: &Domain| domain.ascii().to_owned();
    for (_, listener) in users(config, authority) {
        names.hosts.entry(host(config, listener).to_owned()).or_default();
        // With a host name of its own, the listener may be where the general one does not lead to.
        names.allowed.insert(ascii(&config.server.hostname));
        let (policies, settings) = (&listener.mtasts_https, &listener.autoconfig_https);
        let (policies, settings) =
            (policies.enabled && !policies.non_tls, settings.enabled && !settings.non_tls);
        let below = |label: &str, domain: &Domain| format!("{label}.{}", domain.ascii());
        for (name, domain) in config.dynamic.domains.iter().filter(|(_, domain)| !domain.disabled) {
            if policies && domain.mtasts.is_some() {
                names.essential.insert(below("mta-sts", name));
            }
            if settings && !config.reports_only(name) {
                names.essential.insert(below("autoconfig", name));
                names.allowed.insert(below("autodiscover", name));
            }
            if listener.services().any(|service| is_for_clients(service.key)) {
                names.essential.extend(domain.client_settings_domain.as_ref().map(ascii));
            }
        }
        if listener.webserver_https.enabled {
            names.allowed.extend(config.dynamic.web_handlers.iter().map(|handler| ascii(&handler.domain)));
            names.allowed.extend(config.dynamic.web_domain_redirects.keys().map(ascii));
        }
    }
    names
}

/// Whether mail programs and people connect to a service at the name that ClientSettingsDomain gives.
fn is_for_clients(service: &str) -> bool {
    let keys = ["Submission", "Submissions", "IMAP", "IMAPS", "AccountHTTPS", "WebmailHTTPS", "WebAPIHTTPS"];
    keys.contains(&service)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mox_tls::KeyKind;

    const SERVER: &str = "DataDir: data\nHostname: mail.example\nACME:\n\tca:\n\t\tDirectoryURL: https://ca.example/dir\n\t\tContactEmail: a@b.example\n\tidle:\n\t\tDirectoryURL: https://idle.example/dir\n\t\tContactEmail: a@b.example\nListeners:\n\tpublic:\n\t\tIPs:\n\t\t\t- 192.0.2.1\n\t\tTLS:\n\t\t\tACME: ca\nSERVICES\nPostmaster:\n\tAccount: a\n\tMailbox: Inbox\n";
    const DOMAINS: &str = "Domains:\n\tb.example:\n\t\tClientSettingsDomain: imap.b.example\nPOLICY\tc.example: nil\n\toff.example:\n\t\tDisabled: true\n\t\tClientSettingsDomain: imap.off.example\nAccounts:\n\ta:\n\t\tDomain: b.example\nWEB";
    const POLICY: &str = "\t\tMTASTS:\n\t\t\tPolicyID: 1\n\t\t\tMode: testing\n\t\t\tMaxAge: 24h\n";
    const WEB: &str = "WebDomainRedirects:\n\told.example: b.example\nWebHandlers:\n\t-\n\t\tDomain: www.b.example\n\t\tPathRegexp: ^/\n\t\tWebRedirect:\n\t\t\tBaseURL: https://b.example\n";

    fn config(services: &str) -> Config {
        let when = |service: &str, text| if services.contains(service) { text } else { "" };
        let (policy, web) = (when("MTASTSHTTPS", POLICY), when("WebserverHTTPS", WEB));
        let domains = DOMAINS.replace("POLICY", policy).replace("WEB", web);
        let server = SERVER.replace("SERVICES\n", services);
        Config::parse(Path::new("/etc/mox/mox.conf"), &server, &domains).unwrap()
    }

    fn list(names: &Names) -> [Vec<&str>; 3] {
        let hosts = names.hosts.keys().map(String::as_str).collect();
        [
            hosts,
            names.essential.iter().map(String::as_str).collect(),
            names.allowed.iter().map(String::as_str).collect(),
        ]
    }

    #[test]
    fn names_follow_the_services_of_the_listener() {
        let plain = config("");
        assert_eq!(
            list(&names(&plain, "ca", &HostKeys::new())),
            [vec!["mail.example"], vec![], vec!["mail.example"]]
        );
        assert!(list(&names(&plain, "idle", &HostKeys::new())).concat().is_empty());

        let all = config(
            "\t\tHostname: mx.example\n\t\tIMAPS:\n\t\t\tEnabled: true\n\t\tMTASTSHTTPS:\n\t\t\tEnabled: true\n\t\tAutoconfigHTTPS:\n\t\t\tEnabled: true\n\t\tWebserverHTTPS:\n\t\t\tEnabled: true\n",
        );
        let found = names(&all, "ca", &HostKeys::new());
        let [hosts, essential, allowed] = list(&found);
        assert_eq!(hosts, ["mx.example"]);
        assert_eq!(
            essential,
            ["autoconfig.b.example", "autoconfig.c.example", "imap.b.example", "mta-sts.b.example"]
        );
        assert_eq!(
            allowed,
            [
                "autodiscover.b.example",
                "autodiscover.c.example",
                "mail.example",
                "old.example",
                "www.b.example"
            ]
        );

        let proxied = config(
            "\t\tMTASTSHTTPS:\n\t\t\tEnabled: true\n\t\t\tPort: 81\n\t\t\tNonTLS: true\n\t\tSubmissions:\n\t\t\tEnabled: true\n",
        );
        assert_eq!(list(&names(&proxied, "ca", &HostKeys::new()))[1], ["imap.b.example"]);
    }

    #[test]
    fn the_first_key_of_each_kind_counts() {
        let dir = tempfile::tempdir().unwrap();
        let made = |name: &str, kind| {
            let key = PrivateKey::generate(kind).unwrap();
            std::fs::write(dir.path().join(name), key.to_pem()).unwrap();
            key
        };
        let (first, _, other) =
            (made("1.pem", KeyKind::Ecdsa), made("2.pem", KeyKind::Ecdsa), made("3.pem", KeyKind::Rsa));
        let files = "\t\t\tHostPrivateKeyFiles:\n\t\t\t\t- 1.pem\n\t\t\t\t- 2.pem\n\t\t\t\t- 3.pem\n";
        let text = SERVER.replace("SERVICES\n", files);
        let domains = DOMAINS.replace("POLICY", "").replace("WEB", "");
        let config = Config::parse(&dir.path().join("mox.conf"), &text, &domains).unwrap();
        let (keys, named) = host_keys(&config, &Secrets::default(), "ca").unwrap();
        let spki: Vec<_> = keys["mail.example"].iter().map(PrivateKey::spki).collect();
        assert_eq!(spki, [first.spki(), other.spki()]);
        let named: Vec<_> = named.iter().map(|key| (key.file.as_str(), key.kind, key.first)).collect();
        assert_eq!(
            named,
            [("1.pem", "ecdsap256", true), ("2.pem", "ecdsap256", false), ("3.pem", "rsa2048", true)]
        );
        std::fs::remove_file(dir.path().join("3.pem")).unwrap();
        assert!(matches!(host_keys(&config, &Secrets::default(), "ca"), Err(Error::File { .. })));
    }
}
