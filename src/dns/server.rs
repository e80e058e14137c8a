//! A name server: answers questions over UDP and TCP from zones in memory. RFC 1035 §4, RFC 6891 (EDNS), RFC 7766 (TCP).
//!
//! It answers as a recursive server that is asked not to check (CD) and is the authority for everything: it follows
//! CNAMEs, gives signatures and proofs to those who set DO, and judges nothing, so AD is never set. Meant for loopback:
//! it has limits for itself, and none against those who flood it in the name of others.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hickory_resolver::proto::op::{Edns, Message, OpCode, Query, ResponseCode};
use hickory_resolver::proto::rr::{DNSClass, Name, Record as Wire, RecordType as WireType};
use mox_clock::Clock;
use mox_net::{Datagrams, Io, Listen as _, TcpListen, bind_udp, listen};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::task::JoinSet;

use crate::hickory::hickory_type;
use crate::signed::{SignedZones, absolute, rdata};
use crate::sim::{SimResolver, TTL};
use crate::validate::ask::{Ask, Reply};
use crate::validate::names::text;
use crate::{BoxFuture, Error, Record, RecordType, Resolver};

/// Longest question that is read.
pub const MAX_QUERY: usize = 4096;
/// Longest answer over UDP, for those who take as much (dnsflagday.net/2020).
pub const MAX_DATAGRAM: usize = 1232;
/// Longest answer over UDP for those who do not say how much they take.
const PLAIN_DATAGRAM: usize = 512;
/// Bytes before the questions.
const HEADER: usize = 12;
/// Most records beside the question: one of EDNS, and one to spare.
const MAX_EXTRA: u16 = 2;
/// Most questions that are answered at the same time, and most connections.
const MAX_BUSY: usize = 64;
/// Most questions on one connection.
const MAX_QUESTIONS: usize = 200;
/// Longest time for the next question on a connection and its answer.
const IDLE: Duration = Duration::from_secs(30);
/// Rest after an error of the system.
const REST: Duration = Duration::from_millis(200);
/// How often another port is tried when the system chose one that is taken for UDP.
const PORTS: usize = 20;

/// How a question came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// In a datagram, so the answer must fit into one.
    Udp,
    /// Over a connection.
    Tcp,
}

/// Who knows the answers. Clones know the same.
#[derive(Clone)]
pub struct Authority(Arc<dyn Ask>);

impl From<Arc<SignedZones>> for Authority {
    fn from(zones: Arc<SignedZones>) -> Authority {
        Authority(zones)
    }
}

impl From<SimResolver> for Authority {
    /// Nothing is signed; what is flagged as bogus is a server failure.
    fn from(zones: SimResolver) -> Authority {
        Authority(Arc::new(Unsigned(zones)))
    }
}

impl Authority {
    /// The answer to a message; none to what is no question.
    pub async fn answer(&self, message: &[u8], via: Via) -> Option<Vec<u8>> {
        let question = match read(message)? {
            Ok(question) => question,
            Err(refusal) => return refusal.to_vec().ok(),
        };
        let Question { query, extended, .. } = &question;
        let mut response = question.response();
        match self.0.ask(query.name(), query.query_type()).await {
            Ok(Reply { code, answers, authorities }) => {
                response.metadata.response_code = code;
                response.add_answers(answers);
                response.add_authorities(authorities);
            }
            Err(_) => response.metadata.response_code = ResponseCode::ServFail,
        }
        let dnssec = extended.as_ref().is_some_and(|edns| edns.flags().dnssec_ok);
        let response = response.maybe_strip_dnssec_records(dnssec);
        let most = match (via, extended) {
            (Via::Tcp, _) => usize::from(u16::MAX),
            (Via::Udp, Some(edns)) => usize::from(edns.max_payload()).clamp(PLAIN_DATAGRAM, MAX_DATAGRAM),
            (Via::Udp, None) => PLAIN_DATAGRAM,
        };
        match response.to_vec() {
            Ok(bytes) if bytes.len() <= most => Some(bytes),
            _ => response.truncate().to_vec().ok(),
        }
    }
}

/// A question that can be answered.
struct Question {
    id: u16,
    recursion_desired: bool,
    checking_disabled: bool,
    query: Query,
    extended: Option<Edns>,
}

impl Question {
    /// An answer without records.
    fn response(&self) -> Message {
        let mut response = Message::response(self.id, OpCode::Query);
        response.metadata.authoritative = true;
        response.metadata.recursion_desired = self.recursion_desired;
        response.metadata.recursion_available = true;
        response.metadata.checking_disabled = self.checking_disabled;
        response.add_query(self.query.clone());
        if let Some(asked) = &self.extended {
            let mut edns = Edns::new();
            edns.set_max_payload(u16::try_from(MAX_DATAGRAM).unwrap_or(u16::MAX));
            edns.set_dnssec_ok(asked.flags().dnssec_ok);
            response.set_edns(edns);
        }
        response
    }

    fn refused(&self, code: ResponseCode) -> Message {
        let mut response = self.response();
        response.metadata.response_code = code;
        response
    }
}

/// Reads a message: a question, or what to say to one that cannot be answered. Answers are never answered.
fn read(message: &[u8]) -> Option<Result<Question, Message>> {
    let header = message.get(..HEADER).filter(|_| message.len() <= MAX_QUERY)?;
    let words: Vec<u16> = header.as_chunks().0.iter().map(|word| u16::from_be_bytes(*word)).collect();
    let &[id, flags, questions, answers, authorities, additionals] = words.as_slice() else { return None };
    if flags & 0x8000 != 0 {
        return None;
    }
    let operation = u8::try_from(flags >> 11 & 0xf).map_or(OpCode::Query, OpCode::from_u8);
    let refused = |code| Some(Err(Message::error_msg(id, operation, code)));
    if operation != OpCode::Query {
        return refused(ResponseCode::NotImp);
    }
    if (questions, answers, authorities) != (1, 0, 0) || additionals > MAX_EXTRA {
        return refused(ResponseCode::FormErr);
    }
    let Ok(message) = Message::from_vec(message) else { return refused(ResponseCode::FormErr) };
    let Some(query) = message.queries.first() else { return refused(ResponseCode::FormErr) };
    let question = Question {
        id,
        recursion_desired: message.metadata.recursion_desired,
        checking_disabled: message.metadata.checking_disabled,
        query: query.clone(),
        extended: message.edns,
    };
    if question.extended.as_ref().is_some_and(|edns| edns.version() > 0) {
        return Some(Err(question.refused(ResponseCode::BADVERS)));
    }
    let refusal = match (query.query_class(), query.query_type()) {
        // Whole zones, everything of a name, and what goes with other records only.
        (_, WireType::AXFR | WireType::IXFR | WireType::ANY | WireType::RRSIG | WireType::NSEC) => {
            ResponseCode::NotImp
        }
        (_, WireType::OPT | WireType::TSIG | WireType::SIG | WireType::ZERO) => ResponseCode::FormErr,
        (DNSClass::IN, _) => return Some(Ok(question)),
        _ => ResponseCode::Refused,
    };
    Some(Err(question.refused(refusal)))
}

/// Zone text without signatures.
struct Unsigned(SimResolver);

impl Ask for Unsigned {
    fn ask<'a>(&'a self, name: &'a Name, kind: WireType) -> BoxFuture<'a, Result<Reply, Error>> {
        Box::pin(async move {
            let mut reply =
                Reply { code: ResponseCode::NoError, answers: Vec::new(), authorities: Vec::new() };
            let Some(kind) = RecordType::ALL.into_iter().find(|known| hickory_type(*known) == kind) else {
                return Ok(reply);
            };
            match self.0.lookup(&text(name), kind).await {
                Ok(found) => {
                    let targets = found.cnames.iter().skip(1).chain([&found.expanded_name]);
                    let links = found.cnames.iter().zip(targets);
                    let links = links.map(|(from, to)| wire(from, &Record::Cname(to.clone())));
                    let records = found.records.iter().map(|record| wire(&found.expanded_name, record));
                    reply.answers = links.chain(records).flatten().collect();
                }
                Err(Error::NxDomain { .. }) => reply.code = ResponseCode::NXDomain,
                Err(Error::NoData { .. }) => {}
                Err(e) => return Err(e),
            }
            Ok(reply)
        })
    }
}

fn wire(owner: &str, record: &Record) -> Option<Wire> {
    let ttl = u32::try_from(TTL.as_secs()).ok()?;
    Some(Wire::from_rdata(absolute(owner)?, ttl, rdata(record)?))
}

/// A name server that is bound to an address, for UDP and TCP.
pub struct NameServer {
    udp: Arc<Datagrams>,
    tcp: TcpListen,
}

impl NameServer {
    /// Binds both to the same port; port 0 lets the system choose. Needs a tokio runtime.
    pub async fn bind(address: SocketAddr) -> io::Result<NameServer> {
        let mut left = if address.port() == 0 { PORTS } else { 1 };
        loop {
            let tcp = listen(address)?;
            left -= 1;
            match bind_udp(tcp.local()).await {
                Ok(udp) => return Ok(NameServer { udp: Arc::new(udp), tcp }),
                Err(e) if left == 0 => return Err(e),
                Err(_) => {}
            }
        }
    }

    /// Where it listens.
    pub fn local(&self) -> SocketAddr {
        self.udp.local()
    }

    /// Answers until it is dropped.
    pub async fn serve(self, authority: Authority, clock: Arc<dyn Clock>) {
        let datagrams = answer_datagrams(self.udp, authority.clone(), Arc::clone(&clock));
        tokio::join!(datagrams, answer_connections(self.tcp, authority, clock));
    }
}

async fn answer_datagrams(udp: Arc<Datagrams>, authority: Authority, clock: Arc<dyn Clock>) {
    let mut busy = JoinSet::new();
    // One byte more than is read tells that it was too long.
    let mut buffer = vec![0; MAX_QUERY + 1];
    loop {
        make_room(&mut busy).await;
        let Ok((length, from)) = udp.receive(&mut buffer).await else {
            clock.sleep(REST).await;
            continue;
        };
        let message = buffer.get(..length).unwrap_or_default().to_vec();
        let (udp, authority) = (Arc::clone(&udp), authority.clone());
        busy.spawn(async move {
            if let Some(reply) = authority.answer(&message, Via::Udp).await {
                // Who asked may be gone.
                let _ = udp.send(&reply, from).await;
            }
        });
    }
}

async fn answer_connections(mut tcp: TcpListen, authority: Authority, clock: Arc<dyn Clock>) {
    let mut busy = JoinSet::new();
    loop {
        make_room(&mut busy).await;
        let Ok(mut accepted) = tcp.accept().await else {
            clock.sleep(REST).await;
            continue;
        };
        let (authority, clock) = (authority.clone(), Arc::clone(&clock));
        busy.spawn(async move {
            for _ in 0..MAX_QUESTIONS {
                let next = tokio::select! {
                    next = converse(&mut accepted.io, &authority) => next,
                    () = clock.sleep(IDLE) => None,
                };
                if next.is_none() {
                    break;
                }
            }
        });
    }
}

/// One question and its answer, each with its length before it; none at the end.
async fn converse(io: &mut Box<dyn Io>, authority: &Authority) -> Option<()> {
    let length = io.read_u16().await.ok().map(usize::from).filter(|length| *length <= MAX_QUERY)?;
    let mut message = vec![0; length];
    io.read_exact(&mut message).await.ok()?;
    let reply = authority.answer(&message, Via::Tcp).await?;
    let length = u16::try_from(reply.len()).ok()?.to_be_bytes();
    io.write_all(&[&length[..], &reply].concat()).await.ok()?;
    io.flush().await.ok()
}

/// Waits until one more task may be started.
async fn make_room(busy: &mut JoinSet<()>) {
    while busy.try_join_next().is_some() {}
    if busy.len() >= MAX_BUSY {
        busy.join_next().await;
    }
}

#[cfg(test)]
mod tests;
