//! A name server on loopback that answers from zone text, for commands and servers that are asked over the wire.
//!
//! The text is that of `mox_dns::sim`, its flags `servfail` and `bogus` are both answered with a server failure. Plain
//! DNS over UDP: nothing is signed. RFC 1035 §4.1.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "clippy.toml excuses test functions, this is what they call"
)]

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};

use mox_dns::sim::SimResolver;
use mox_dns::{Error, Record, RecordType, Resolver};

const RECORD_TYPES: [(u16, RecordType); 6] = [
    (1, RecordType::A),
    (5, RecordType::Cname),
    (12, RecordType::Ptr),
    (15, RecordType::Mx),
    (16, RecordType::Txt),
    (28, RecordType::Aaaa),
];

const SERVER_FAILURE: u8 = 2;
const NO_SUCH_NAME: u8 = 3;

/// A running name server; it ends when dropped.
pub struct NameServer {
    /// Where it listens.
    pub address: SocketAddr,
    /// What it answers from, and what it was asked.
    pub zones: SimResolver,
    ended: Arc<AtomicBool>,
}

impl NameServer {
    /// Starts one on a free port. Panics when the text is wrong.
    pub fn start(zone: &str) -> NameServer {
        let zones = SimResolver::from_zone(zone).unwrap();
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = socket.local_addr().unwrap();
        let ended = Arc::new(AtomicBool::new(false));
        let (served, stop) = (zones.clone(), Arc::clone(&ended));
        std::thread::spawn(move || {
            let mut packet = [0; 4096];
            while let Ok((length, client)) = socket.recv_from(&mut packet) {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                if let Some(reply) = reply(&served, &packet[..length]) {
                    let _ = socket.send_to(&reply, client);
                }
            }
        });
        NameServer { address, zones, ended }
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        let wake = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0));
        let _ = wake.and_then(|socket| socket.send_to(&[], self.address));
    }
}

/// The reply to a question; none to what is no question.
fn reply(zones: &SimResolver, packet: &[u8]) -> Option<Vec<u8>> {
    let (name, end) = question(packet)?;
    let kind = u16::from_be_bytes([*packet.get(end)?, *packet.get(end + 1)?]);
    let mut answers = Vec::new();
    let mut count = 0_u16;
    let mut code = 0;
    if let Some((_, kind)) = RECORD_TYPES.iter().find(|(number, _)| *number == kind) {
        // Nothing is delayed, so one poll is enough.
        let mut lookup = pin!(zones.lookup(&name, *kind));
        match lookup.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(found)) => {
                let mut owner = name;
                for target in found.cnames.iter().skip(1).chain(Some(&found.expanded_name)) {
                    if *target != owner && !found.cnames.is_empty() {
                        write(&mut answers, &owner, &Record::Cname(target.clone()));
                        count += 1;
                        owner.clone_from(target);
                    }
                }
                for record in &found.records {
                    write(&mut answers, &found.expanded_name, record);
                    count += 1;
                }
            }
            Poll::Ready(Err(Error::NxDomain { .. })) => code = NO_SUCH_NAME,
            Poll::Ready(Err(Error::NoData { .. })) => {}
            _ => code = SERVER_FAILURE,
        }
    }
    let mut reply = packet.get(..2)?.to_vec();
    reply.extend([0x85, 0x80 | code, 0, 1]);
    reply.extend(count.to_be_bytes());
    reply.extend([0; 4]);
    reply.extend(packet.get(12..end + 4)?);
    reply.extend(answers);
    Some(reply)
}

/// The name asked for, and where it ends.
fn question(packet: &[u8]) -> Option<(String, usize)> {
    let mut name = String::new();
    let mut at = 12;
    loop {
        let length = usize::from(*packet.get(at)?);
        at += 1;
        if length == 0 {
            return Some((if name.is_empty() { ".".to_owned() } else { name.to_ascii_lowercase() }, at));
        }
        if !name.is_empty() {
            name.push('.');
        }
        name.push_str(std::str::from_utf8(packet.get(at..at + length)?).ok()?);
        at += length;
    }
}

fn put_name(bytes: &mut Vec<u8>, name: &str) {
    for label in name.split('.').filter(|label| !label.is_empty()) {
        bytes.push(label.len() as u8);
        bytes.extend(label.as_bytes());
    }
    bytes.push(0);
}

fn write(bytes: &mut Vec<u8>, owner: &str, record: &Record) {
    let mut data = Vec::new();
    match record {
        Record::A(ip) => data.extend(ip.octets()),
        Record::Aaaa(ip) => data.extend(ip.octets()),
        Record::Cname(name) | Record::Ptr(name) => put_name(&mut data, name),
        Record::Mx { preference, host } => {
            data.extend(preference.to_be_bytes());
            put_name(&mut data, host);
        }
        Record::Txt(text) => {
            for part in text.chunks(255) {
                data.push(part.len() as u8);
                data.extend(part);
            }
        }
        _ => return,
    }
    let kind = RECORD_TYPES.iter().find(|(_, kind)| *kind == record.kind()).map(|(number, _)| *number);
    put_name(bytes, owner);
    bytes.extend(kind.unwrap_or_default().to_be_bytes());
    bytes.extend([0, 1, 0, 0, 1, 0x2c]);
    bytes.extend((data.len() as u16).to_be_bytes());
    bytes.extend(data);
}
