//! Name servers asked over the network, by hickory-resolver behind our seam.
//!
//! Answers are authentic when a trusted name server set the AD bit (RFC 6840 §5.7, §5.8). Nothing is validated here.
//! Hickory's own cache, hosts file and search list are off: [`crate::CachingResolver`] and [`crate::HostsResolver`]
//! do that on our clock.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverOpts};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::xfer::{DnsHandle, DnsResponseStream, FirstAnswer as _, RetryDnsHandle};
use hickory_resolver::net::{DnsError, NetError, NoRecords};
use hickory_resolver::proto::dnssec::Proof;
use hickory_resolver::proto::op::{DnsRequest, DnsRequestOptions, DnsResponse, Edns, Query, ResponseCode};
use hickory_resolver::proto::rr::rdata::opt::{EdnsCode, EdnsOption};
use hickory_resolver::proto::rr::{Name, RData, RecordType as HickoryType};
use hickory_resolver::{ConnectionProvider, NameServerPool, PoolContext, TlsConfig, system_conf};

use crate::name::normalize;
use crate::{Answer, BoxFuture, Error, Explained, ExtendedError, MAX_CNAMES, Record, RecordType, Resolver};

/// Time for one question to one name server.
const TIMEOUT: Duration = Duration::from_secs(5);
/// How often a question is asked before giving up.
pub(crate) const ATTEMPTS: usize = 2;
/// Marks an extended DNSSEC error on its way through hickory's error type.
const BOGUS_MARK: &str = "dnssec-extended-error ";

/// Which name servers to ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Upstream {
    /// Those of the system; `options trust-ad` is looked for in this file (usually `/etc/resolv.conf`).
    System {
        /// Where the system keeps its resolver options, where it does.
        resolv_conf: Option<PathBuf>,
    },
    /// This one.
    Server {
        /// Address and port.
        address: SocketAddr,
        /// Whether to believe its AD bit although it is not on a loopback address.
        trust_ad: bool,
    },
}

/// A resolver that asks name servers.
pub struct HickoryResolver {
    servers: RetryDnsHandle<NameServerPool<AdProvider>>,
    trusted: bool,
}

impl HickoryResolver {
    /// Gets ready; nothing is asked yet. An answer is authentic when a name server says so and `trusted`. Must be called
    /// within a tokio runtime.
    pub(crate) fn new(servers: Vec<NameServerConfig>, trusted: bool) -> Result<HickoryResolver, Error> {
        let provider = AdProvider { inner: TokioRuntimeProvider::default(), trusted };
        let tls = TlsConfig::new().map_err(|e| Error::temporary(format!("starting the dns client: {e}")))?;
        let context = Arc::new(PoolContext::new(options(), tls));
        let pool = NameServerPool::from_config(servers, context, provider);
        Ok(HickoryResolver { servers: RetryDnsHandle::new(pool, ATTEMPTS), trusted })
    }
}

impl Upstream {
    /// The name servers, and whether their AD bit may be believed: they are near, or the administrator says so.
    pub(crate) fn servers(&self) -> (Vec<NameServerConfig>, bool) {
        let (servers, trust_ad) = match self {
            Upstream::System { resolv_conf } => {
                // A machine without network may have no configuration (macOS): every lookup fails, nothing else.
                let servers = match system_conf::read_system_conf() {
                    Ok((config, _)) => config.name_servers().to_vec(),
                    Err(error) => {
                        tracing::warn!(%error, "no dns configuration of the system, so names are not looked up");
                        Vec::new()
                    }
                };
                (servers, resolv_conf.as_deref().is_some_and(file_trusts_ad))
            }
            Upstream::Server { address, trust_ad } => (vec![server(*address)], *trust_ad),
        };
        let near = !servers.is_empty() && servers.iter().all(|s| s.ip.is_loopback());
        (servers, trust_ad || near)
    }
}

/// Options of the client: no cache, no hosts file, no validation of its own.
pub(crate) fn options() -> ResolverOpts {
    let mut options = ResolverOpts::default();
    options.timeout = TIMEOUT;
    options.attempts = ATTEMPTS;
    options.cache_size = 0;
    options.use_hosts_file = ResolveHosts::Never;
    options.edns0 = true;
    options.validate = false;
    options.preserve_intermediates = true;
    options
}

fn server(address: SocketAddr) -> NameServerConfig {
    let mut server = NameServerConfig::udp_and_tcp(address.ip());
    for connection in &mut server.connections {
        connection.port = address.port();
    }
    server
}

/// Whether a resolv.conf file holds `options trust-ad`; hickory drops it.
fn file_trusts_ad(path: &Path) -> bool {
    std::fs::read(path).is_ok_and(|bytes| trusts_ad(&String::from_utf8_lossy(&bytes)))
}

fn trusts_ad(resolv_conf: &str) -> bool {
    resolv_conf.lines().any(|line| {
        let mut words = line.split_whitespace();
        words.next() == Some("options") && words.any(|word| word == "trust-ad")
    })
}

impl HickoryResolver {
    async fn find(&self, name: &str, kind: RecordType) -> Result<Answer, Error> {
        let mut way = Way { at: name.to_owned(), cnames: Vec::new(), ttl: u32::MAX, authentic: true };
        loop {
            let asked = way.cnames.len();
            match self.send(&way.at, kind).await {
                Ok((records, none)) => {
                    if let Some(found) = way.follow(kind, &records)? {
                        return Ok(way.answer(found));
                    }
                    // A server may leave the rest of the chain to us; but one that answers something else has nothing.
                    if way.cnames.len() == asked {
                        return Err(way.nothing(none));
                    }
                }
                Err(none) => return Err(way.nothing(none)),
            }
        }
    }

    /// One question; the answer section, and what it means when it does not hold what was asked for.
    async fn send(
        &self,
        name: &str,
        kind: RecordType,
    ) -> Result<(Vec<hickory_resolver::proto::rr::Record>, Error), Error> {
        // The final dot makes it absolute.
        let absolute = if name == "." { name.to_owned() } else { format!("{name}.") };
        let query = Name::from_ascii(&absolute).map_err(|_| Error::BadName(name.to_owned()))?;
        let mut options = DnsRequestOptions::default();
        options.use_edns = true;
        options.recursion_desired = true;
        let request = DnsRequest::from_query(Query::query(query, hickory_type(kind)), options);
        match self.servers.send(request).first_answer().await {
            Ok(response) => {
                let message = response.into_message();
                let mut none = NoRecords::new(Query::default(), message.metadata.response_code);
                none.negative_ttl = message.authorities.iter().find_map(|record| match &record.data {
                    RData::SOA(soa) => Some(record.ttl.min(soa.minimum)),
                    _ => None,
                });
                none.authorities = Some(message.authorities.into());
                Ok((message.answers, negative(&none)))
            }
            Err(e) => Err(error(e)),
        }
    }
}

/// The way from the name asked for to the records.
struct Way {
    at: String,
    cnames: Vec<String>,
    ttl: u32,
    authentic: bool,
}

impl Way {
    /// Follows the CNAMEs of an answer section; the records where they lead, if it has them.
    fn follow(
        &mut self,
        kind: RecordType,
        records: &[hickory_resolver::proto::rr::Record],
    ) -> Result<Option<Vec<Record>>, Error> {
        loop {
            let here = || records.iter().filter(|record| text(&record.name) == self.at);
            let found: Vec<_> = here()
                .filter_map(|record| {
                    Some((record, convert(&record.data).filter(|data| data.kind() == kind)?))
                })
                .collect();
            if !found.is_empty() {
                let (ttl, authentic) =
                    found.iter().fold((self.ttl, self.authentic), |(ttl, authentic), (r, _)| {
                        (ttl.min(r.ttl), authentic && r.proof == Proof::Secure)
                    });
                (self.ttl, self.authentic) = (ttl, authentic);
                return Ok(Some(found.into_iter().map(|(_, data)| data).collect()));
            }
            let alias = here().find_map(|record| match &record.data {
                RData::CNAME(target) => Some((text(target), record.ttl, record.proof == Proof::Secure)),
                _ => None,
            });
            let Some((target, ttl, authentic)) = alias else { return Ok(None) };
            if self.cnames.len() >= MAX_CNAMES {
                return Err(Error::temporary("cname chain is too long or a loop"));
            }
            (self.ttl, self.authentic) = (self.ttl.min(ttl), self.authentic && authentic);
            self.cnames.push(std::mem::replace(&mut self.at, target));
        }
    }

    fn answer(self, records: Vec<Record>) -> Answer {
        let Way { at, cnames, ttl, authentic } = self;
        let ttl = Duration::from_secs(ttl.into());
        Answer { records, ttl, authentic, expanded_name: at, cnames }
    }

    /// That there is nothing at the end of the way: proved only if the way is.
    fn nothing(&self, error: Error) -> Error {
        let kept = Duration::from_secs(self.ttl.into());
        match error {
            Error::NxDomain { authentic, ttl } => {
                Error::NxDomain { authentic: authentic && self.authentic, ttl: ttl.min(kept) }
            }
            Error::NoData { authentic, ttl } => {
                Error::NoData { authentic: authentic && self.authentic, ttl: ttl.min(kept) }
            }
            other => other,
        }
    }
}

impl Resolver for HickoryResolver {
    fn lookup(&self, name: &str, kind: RecordType) -> BoxFuture<'_, Result<Answer, Error>> {
        let name = normalize(name);
        Box::pin(async move { self.find(&name?, kind).await })
    }

    fn explain(&self, name: &str, kind: RecordType) -> BoxFuture<'_, Explained> {
        let outcome = self.lookup(name, kind);
        let why = match self.trusted {
            true => "the name server is trusted to validate: its AD bit decides",
            false => "nobody is believed, so nothing is authentic",
        };
        Box::pin(async move { Explained::of(outcome.await, vec![why.to_owned()]) })
    }
}

/// A name as this room writes it.
fn text(name: &Name) -> String {
    let text = name.to_ascii().to_ascii_lowercase();
    if text == "." { text } else { text.trim_end_matches('.').to_owned() }
}

pub(crate) fn convert(data: &RData) -> Option<Record> {
    Some(match data {
        RData::A(ip) => Record::A(ip.0),
        RData::AAAA(ip) => Record::Aaaa(ip.0),
        RData::MX(mx) => Record::Mx { preference: mx.preference, host: text(&mx.exchange) },
        RData::TXT(txt) => Record::Txt(txt.txt_data.concat()),
        RData::CNAME(name) => Record::Cname(text(name)),
        RData::PTR(name) => Record::Ptr(text(name)),
        RData::NS(name) => Record::Ns(text(name)),
        RData::SOA(soa) => Record::Soa {
            mname: text(&soa.mname),
            rname: text(&soa.rname),
            serial: soa.serial,
            refresh: soa.refresh,
            retry: soa.retry,
            expire: soa.expire,
            minimum: soa.minimum,
        },
        RData::SRV(srv) => Record::Srv {
            priority: srv.priority,
            weight: srv.weight,
            port: srv.port,
            target: text(&srv.target),
        },
        RData::TLSA(tlsa) => Record::Tlsa {
            usage: tlsa.cert_usage.into(),
            selector: tlsa.selector.into(),
            matching: tlsa.matching.into(),
            data: tlsa.cert_data.clone(),
        },
        RData::CAA(caa) => Record::Caa { flags: caa.flags(), tag: caa.tag.clone(), value: caa.value.clone() },
        _ => return None,
    })
}

pub(crate) const fn hickory_type(kind: RecordType) -> HickoryType {
    match kind {
        RecordType::A => HickoryType::A,
        RecordType::Aaaa => HickoryType::AAAA,
        RecordType::Mx => HickoryType::MX,
        RecordType::Txt => HickoryType::TXT,
        RecordType::Cname => HickoryType::CNAME,
        RecordType::Ptr => HickoryType::PTR,
        RecordType::Ns => HickoryType::NS,
        RecordType::Soa => HickoryType::SOA,
        RecordType::Srv => HickoryType::SRV,
        RecordType::Tlsa => HickoryType::TLSA,
        RecordType::Caa => HickoryType::CAA,
    }
}

fn error(error: NetError) -> Error {
    match error {
        NetError::Dns(DnsError::NoRecordsFound(none)) => negative(&none),
        NetError::Dns(DnsError::DnssecBogus) => Error::Bogus { extended: None },
        NetError::Dns(DnsError::ResponseCode(code)) => Error::temporary(format!("name server says {code}")),
        NetError::Msg(text) => match text.strip_prefix(BOGUS_MARK).and_then(|rest| rest.split_once(' ')) {
            Some((code, text)) => {
                let code = code.parse().unwrap_or_default();
                Error::Bogus { extended: Some(ExtendedError { code, text: text.to_owned() }) }
            }
            None => Error::temporary(text),
        },
        other => Error::temporary(other.to_string()),
    }
}

/// "No records" is only believed when the server says so; other codes come along in the same type.
fn negative(none: &NoRecords) -> Error {
    let ttl = Duration::from_secs(none.negative_ttl.unwrap_or(0).into());
    let authorities = none.authorities.as_deref().unwrap_or_default();
    let proofs = authorities.iter().map(|r| r.proof).chain(none.soa.as_ref().map(|soa| soa.proof));
    let proofs: Vec<Proof> = proofs.collect();
    let authentic = !proofs.is_empty() && proofs.iter().all(|proof| *proof == Proof::Secure);
    match none.response_code {
        ResponseCode::NXDomain => Error::NxDomain { authentic, ttl },
        ResponseCode::NoError => Error::NoData { authentic, ttl },
        code => Error::temporary(format!("name server says {code}")),
    }
}

/// Makes connections on which the AD bit is asked for, and turned into hickory's per-record proof.
#[derive(Clone)]
struct AdProvider {
    inner: TokioRuntimeProvider,
    trusted: bool,
}

#[derive(Clone)]
struct AdConnection<H> {
    inner: H,
    trusted: bool,
}

type Connecting<H> = Pin<Box<dyn Future<Output = Result<AdConnection<H>, NetError>> + Send>>;

impl ConnectionProvider for AdProvider {
    type Conn = AdConnection<<TokioRuntimeProvider as ConnectionProvider>::Conn>;
    type FutureConn = Connecting<<TokioRuntimeProvider as ConnectionProvider>::Conn>;
    type RuntimeProvider = TokioRuntimeProvider;

    fn new_connection(
        &self,
        ip: IpAddr,
        config: &ConnectionConfig,
        context: &PoolContext,
    ) -> Result<Self::FutureConn, NetError> {
        let connecting = self.inner.new_connection(ip, config, context)?;
        let trusted = self.trusted;
        Ok(Box::pin(async move { Ok(AdConnection { inner: connecting.await?, trusted }) }))
    }

    fn runtime_provider(&self) -> &TokioRuntimeProvider {
        &self.inner
    }
}

impl<H: DnsHandle> DnsHandle for AdConnection<H> {
    type Response = DnsResponseStream;
    type Runtime = H::Runtime;

    fn send(&self, mut request: DnsRequest) -> DnsResponseStream {
        request.metadata.authentic_data = self.trusted;
        request.edns.get_or_insert_with(Edns::new);
        let response = self.inner.send(request).first_answer();
        let trusted = self.trusted;
        DnsResponseStream::from(Box::pin(async move {
            let mut response = response.await?;
            note_proof(&mut response, trusted)?;
            Ok(response)
        }))
    }
}

/// Writes the AD bit onto every record; a failure the server blames on DNSSEC becomes an error of its own.
fn note_proof(response: &mut DnsResponse, trusted: bool) -> Result<(), NetError> {
    if response.metadata.response_code == ResponseCode::ServFail
        && let Some(extended) = extended_error(response).filter(ExtendedError::is_dnssec)
    {
        return Err(NetError::Msg(format!("{BOGUS_MARK}{} {}", extended.code, extended.text)));
    }
    let secure = trusted && response.metadata.authentic_data;
    let proof = if secure { Proof::Secure } else { Proof::Insecure };
    let message = &mut **response;
    let sections = [&mut message.answers, &mut message.authorities, &mut message.additionals];
    for record in sections.into_iter().flatten() {
        record.proof = proof;
    }
    Ok(())
}

fn extended_error(response: &DnsResponse) -> Option<ExtendedError> {
    match response.edns.as_ref()?.option(EdnsCode::Unknown(15))? {
        EdnsOption::Unknown(_, bytes) => ExtendedError::parse(bytes),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hickory_resolver::proto::op::{Message, OpCode};
    use hickory_resolver::proto::rr::Record as HickoryRecord;
    use hickory_resolver::proto::rr::rdata::{A, CNAME, SOA, TXT};
    use tokio::net::UdpSocket;

    fn record(name: &str, data: RData) -> HickoryRecord {
        HickoryRecord::from_rdata(Name::from_ascii(name).unwrap(), 60, data)
    }

    /// The answer of the stub name server: signed names begin with `s`.
    fn stub_answer(query: &Message) -> Message {
        let question = query.queries.first().unwrap().clone();
        let name = question.name().to_ascii();
        let mut reply = Message::response(query.metadata.id, OpCode::Query);
        reply.metadata.recursion_available = true;
        // As RFC 6840 says: AD only for who asks for it.
        reply.metadata.authentic_data = name.starts_with('s') && query.metadata.authentic_data;
        reply.add_query(question);
        let soa =
            SOA::new(Name::from_ascii("ns.").unwrap(), Name::from_ascii("root.").unwrap(), 1, 1, 1, 1, 30);
        match name.as_str() {
            "s.example." | "u.example." => reply.add_answers([record(&name, RData::A(A::new(192, 0, 2, 1)))]),
            "salias.example." => reply.add_answers([
                record(&name, RData::CNAME(CNAME(Name::from_ascii("Target.example.").unwrap()))),
                record("target.example.", RData::A(A::new(192, 0, 2, 2))),
            ]),
            "stxt.example." => {
                let txt = TXT::new(vec!["v=DKIM1; ".to_owned(), "p=x".to_owned()]);
                reply.add_answers([record(&name, RData::TXT(txt))])
            }
            "." => reply.add_authorities([record(".", RData::SOA(soa))]),
            "snodata.example." => reply.add_authorities([record("example.", RData::SOA(soa))]),
            "snx.example." => {
                reply.metadata.response_code = ResponseCode::NXDomain;
                reply.add_authorities([record("example.", RData::SOA(soa))])
            }
            "bogus.example." => {
                reply.metadata.response_code = ResponseCode::ServFail;
                let mut edns = Edns::new();
                edns.options_mut().insert(EdnsOption::Unknown(15, b"\0\x07expired".to_vec()));
                reply.set_edns(edns)
            }
            _ => {
                reply.metadata.response_code = ResponseCode::ServFail;
                &mut reply
            }
        };
        reply
    }

    async fn stub(trust_ad: bool, address: &str) -> HickoryResolver {
        let (servers, trusted) = stub_server(trust_ad, address).await.servers();
        HickoryResolver::new(servers, trusted).unwrap()
    }

    /// A name server of the stub's names: the root is signed by its word, and has no keys.
    async fn stub_server(trust_ad: bool, address: &str) -> Upstream {
        let socket = UdpSocket::bind((address, 0)).await.unwrap();
        let upstream = Upstream::Server { address: socket.local_addr().unwrap(), trust_ad };
        tokio::spawn(async move {
            let mut buffer = [0; 2048];
            loop {
                let (n, from) = socket.recv_from(&mut buffer).await.unwrap();
                let reply = stub_answer(&Message::from_vec(&buffer[..n]).unwrap());
                socket.send_to(&reply.to_vec().unwrap(), from).await.unwrap();
            }
        });
        upstream
    }

    #[tokio::test]
    async fn who_gives_no_signatures_is_asked_and_not_believed() {
        let clock = std::sync::Arc::new(mox_clock::sim::SimClock::new(mox_clock::Timestamp::from_secs(0)));
        let upstream = stub_server(false, "127.0.0.1").await;
        let ask = |dnssec, name: &'static str| {
            let options = crate::Options { upstream: upstream.clone(), dnssec, anchors: None };
            let resolver = crate::resolver(&options, crate::Hosts::default(), clock.clone()).unwrap();
            async move { resolver.lookup(name, RecordType::A).await }
        };
        // The stub sets AD only for names that begin with s, so not for the root: it does not validate.
        let found = ask(crate::Dnssec::Auto, "s.example").await.unwrap();
        assert!(!found.authentic);
        assert!(matches!(ask(crate::Dnssec::Validate, "s.example").await, Err(Error::Bogus { .. })));
        assert!(ask(crate::Dnssec::TrustAd, "s.example").await.unwrap().authentic);
        assert!(!ask(crate::Dnssec::Off, "s.example").await.unwrap().authentic);
    }

    #[tokio::test]
    async fn answers_carry_what_the_name_server_vouches_for() {
        let resolver = stub(false, "127.0.0.1").await;
        let signed = resolver.lookup("S.example", RecordType::A).await.unwrap();
        assert_eq!(signed.records, [Record::A([192, 0, 2, 1].into())]);
        assert!(signed.authentic);
        assert_eq!(signed.ttl, Duration::from_secs(60));
        assert!(!resolver.lookup("u.example.", RecordType::A).await.unwrap().authentic);
        let alias = resolver.lookup("salias.example", RecordType::A).await.unwrap();
        assert_eq!((alias.expanded_name.as_str(), alias.authentic), ("target.example", true));
        assert_eq!(alias.cnames, ["salias.example"]);
        let cname = resolver.lookup("salias.example", RecordType::Cname).await.unwrap();
        assert_eq!(cname.records, [Record::Cname("target.example".to_owned())]);
        let txt = resolver.lookup("stxt.example", RecordType::Txt).await.unwrap();
        assert_eq!(txt.records, [Record::Txt(b"v=DKIM1; p=x".to_vec())]);
    }

    #[tokio::test]
    async fn kinds_of_failure_are_told_apart() {
        let resolver = stub(false, "127.0.0.1").await;
        let ttl = Duration::from_secs(30);
        let expired = ExtendedError { code: 7, text: "expired".to_owned() };
        for (name, expected) in [
            ("snx.example", Error::NxDomain { authentic: true, ttl }),
            ("snodata.example", Error::NoData { authentic: true, ttl }),
            ("bogus.example", Error::Bogus { extended: Some(expired) }),
        ] {
            assert_eq!(resolver.lookup(name, RecordType::A).await, Err(expected), "{name}");
        }
        let failed = resolver.lookup("fail.example", RecordType::A).await;
        assert!(matches!(failed, Err(Error::Temporary { .. })), "{failed:?}");
        assert!(matches!(resolver.lookup("a..b", RecordType::A).await, Err(Error::BadName(_))));
    }

    #[test]
    fn trust_is_what_the_administrator_wrote() {
        assert!(trusts_ad("nameserver 192.0.2.1\noptions edns0 trust-ad\n"));
        assert!(!trusts_ad("# options trust-ad\nnameserver 192.0.2.1\noptions edns0\n"));
    }

    #[tokio::test]
    async fn far_name_servers_are_not_believed() {
        let address = "192.0.2.1:53".parse().unwrap();
        let trusted = |trust_ad| Upstream::Server { address, trust_ad }.servers().1;
        assert!(!trusted(false));
        assert!(trusted(true));
        let mut reply = Message::response(1, OpCode::Query);
        reply.metadata.authentic_data = true;
        reply.add_answers([record("a.", RData::A(A::new(192, 0, 2, 1)))]);
        let mut reply = DnsResponse::from_message(reply).unwrap();
        note_proof(&mut reply, false).unwrap();
        assert_eq!(reply.answers[0].proof, Proof::Insecure);
    }
}
