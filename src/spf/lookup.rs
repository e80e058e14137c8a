//! What mechanisms ask DNS: addresses, mail hosts, the verified names of the client. RFC 7208 §5.3 to §5.5, §7.3 (`p`).

use std::net::IpAddr;

use mox_dns::{Answer, Error, Record, RecordType};

use crate::evaluate::{Evaluation, MAX_HOSTS, Stop, UNKNOWN, is_within};
use crate::macros::MacroString;
use crate::record::Prefixes;

impl Evaluation<'_> {
    pub(crate) async fn mx(
        &mut self,
        spec: Option<&MacroString>,
        prefixes: Prefixes,
        domain: &str,
    ) -> Result<bool, Stop> {
        self.count_lookup()?;
        let Some(name) = self.target(spec, domain).await? else { return Ok(false) };
        let mut hosts: Vec<(u16, String)> = match self.resolver.lookup(&name, RecordType::Mx).await {
            Ok(answer) => {
                let host = |record| match record {
                    Record::Mx { preference, host } => Some((preference, host)),
                    _ => None,
                };
                self.used(answer).into_iter().filter_map(host).collect()
            }
            Err(error) => {
                self.nothing(&name, &error)?;
                Vec::new()
            }
        };
        self.count_void(hosts.is_empty())?;
        if hosts.len() > MAX_HOSTS {
            return Err(Stop::Permanent(format!("{name} has more than {MAX_HOSTS} mail hosts")));
        }
        hosts.sort();
        for (_, host) in hosts.iter().filter(|(_, host)| host != ".") {
            let addresses = self.addresses(host).await?;
            if addresses.into_iter().any(|address| prefixes.hold(self.client.ip, address)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The addresses of a name that are of the client's family.
    pub(crate) async fn addresses(&mut self, name: &str) -> Result<Vec<IpAddr>, Stop> {
        let answer = match self.client.ip {
            IpAddr::V4(_) => self.resolver.lookup_ipv4(name).await,
            IpAddr::V6(_) => self.resolver.lookup_ipv6(name).await,
        };
        match answer {
            Ok(answer) => Ok(self.used(answer)),
            Err(error) => {
                self.nothing(name, &error)?;
                Ok(Vec::new())
            }
        }
    }

    /// The names of the client whose addresses include its own. Asked for once.
    pub(crate) async fn verified_names(&mut self) -> Result<Vec<String>, Stop> {
        if let Some(names) = &self.names {
            return Ok(names.clone());
        }
        let mut names = match self.resolver.lookup_ptr(self.client.ip).await {
            Ok(answer) => self.used(answer),
            Err(error) => {
                self.nothing_sure("the client's address", &error);
                Vec::new()
            }
        };
        let void = names.is_empty();
        names.truncate(MAX_HOSTS);
        let mut verified = Vec::new();
        for name in names {
            let addresses = match self.addresses(&name).await {
                Ok(addresses) => addresses,
                Err(stop) => {
                    self.unsure = Some(stop.take().1);
                    continue;
                }
            };
            if addresses.contains(&self.client.ip) {
                verified.push(name.to_ascii_lowercase());
            }
        }
        self.names = Some(verified.clone());
        // Silence is not a void answer.
        self.count_void(void && self.unsure.is_none())?;
        Ok(verified)
    }

    /// The name that the macro `p` gives: the domain itself, else one below it, else any.
    pub(crate) async fn validated_name(&mut self, domain: &str) -> Result<String, Stop> {
        if self.names.is_none() {
            self.count_lookup()?;
        }
        let names = self.verified_names().await?;
        let best = names
            .iter()
            .find(|name| name.eq_ignore_ascii_case(domain))
            .or_else(|| names.iter().find(|name| is_within(name, domain)))
            .or_else(|| names.first());
        Ok(best.cloned().unwrap_or_else(|| UNKNOWN.to_owned()))
    }

    pub(crate) fn used<T>(&mut self, answer: Answer<T>) -> Vec<T> {
        self.authentic &= answer.authentic;
        answer.records
    }

    /// Takes a lookup without records as false, unless it may have some.
    pub(crate) fn nothing(&mut self, name: &str, error: &Error) -> Result<bool, Stop> {
        if error.is_temporary() {
            self.authentic = false;
            return Err(Stop::Temporary(format!("{name}: {error}")));
        }
        self.authentic &= error.is_authentic();
        Ok(false)
    }

    /// Takes any lookup without records as nothing, but remembers a temporary failure.
    fn nothing_sure(&mut self, name: &str, error: &Error) {
        if let Err(stop) = self.nothing(name, error) {
            self.unsure = Some(stop.take().1);
        }
    }
}
