//! The seam below validation: one question, answered as name servers answered it, signatures and proofs included.

use std::sync::Arc;

use hickory_resolver::config::{NameServerConfig, ResolverOpts};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::xfer::{DnsHandle as _, FirstAnswer as _, RetryDnsHandle};
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::{DnsRequest, DnsRequestOptions, Message, Query, ResponseCode};
use hickory_resolver::proto::rr::{Name, Record, RecordType};
use hickory_resolver::{NameServerPool, PoolContext, TlsConfig};

use crate::hickory::ATTEMPTS;
use crate::{BoxFuture, Error};

/// Bytes of an answer over UDP; larger ones come over TCP (dnsflagday.net/2020).
const PAYLOAD: u16 = 1232;
/// Most records of an answer that are looked at.
const MAX_RECORDS: usize = 500;

/// What name servers answered.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    /// NOERROR or NXDOMAIN.
    pub(crate) code: ResponseCode,
    /// The answer section.
    pub(crate) answers: Vec<Record>,
    /// The authority section.
    pub(crate) authorities: Vec<Record>,
}

impl Reply {
    /// Reads a message, whatever it says that it answers.
    pub(crate) fn read(message: &[u8]) -> Result<Reply, Error> {
        let message = Message::from_vec(message).map_err(|e| Error::temporary(e.to_string()))?;
        reply(message.metadata.response_code, message.answers, message.authorities)
    }
}

/// Asks name servers, and believes nothing.
pub(crate) trait Ask: Send + Sync {
    /// Asks for a type at a name; other codes than those of [`Reply::code`] are temporary errors.
    fn ask<'a>(&'a self, name: &'a Name, kind: RecordType) -> BoxFuture<'a, Result<Reply, Error>>;
}

/// Name servers over the network, asked with DO and CD: for everything, and not to judge for us (RFC 4035 §3.2).
pub(crate) struct Servers(RetryDnsHandle<NameServerPool<TokioRuntimeProvider>>);

impl Servers {
    /// Gets ready; nothing is asked yet. Must be called within a tokio runtime.
    pub(crate) fn new(servers: Vec<NameServerConfig>, options: ResolverOpts) -> Result<Servers, Error> {
        let tls = TlsConfig::new().map_err(|e| Error::temporary(format!("starting the dns client: {e}")))?;
        let context = Arc::new(PoolContext::new(options, tls));
        let pool = NameServerPool::from_config(servers, context, TokioRuntimeProvider::default());
        Ok(Servers(RetryDnsHandle::new(pool, ATTEMPTS)))
    }
}

impl Ask for Servers {
    fn ask<'a>(&'a self, name: &'a Name, kind: RecordType) -> BoxFuture<'a, Result<Reply, Error>> {
        Box::pin(async move {
            let reply = self.send(name, kind).await?;
            if kind == RecordType::SOA && reply.answers.is_empty() {
                // The client drops a CNAME that leads to a name without an SOA.
                let alias = self.send(name, RecordType::CNAME).await?;
                if !alias.answers.is_empty() {
                    return Ok(alias);
                }
            }
            Ok(reply)
        })
    }
}

impl Servers {
    async fn send(&self, name: &Name, kind: RecordType) -> Result<Reply, Error> {
        let mut options = DnsRequestOptions::default();
        options.use_edns = true;
        options.edns_payload_len = PAYLOAD;
        options.edns_set_dnssec_ok = true;
        options.recursion_desired = true;
        let mut request = DnsRequest::from_query(Query::query(name.clone(), kind), options);
        request.metadata.checking_disabled = true;
        match self.0.send(request).first_answer().await {
            Ok(response) => {
                let message = response.into_message();
                reply(message.metadata.response_code, message.answers, message.authorities)
            }
            Err(NetError::Dns(DnsError::NoRecordsFound(none))) => {
                let authorities = none.authorities.map(|found| found.to_vec()).unwrap_or_default();
                reply(none.response_code, Vec::new(), authorities)
            }
            Err(NetError::Dns(DnsError::ResponseCode(code))) => {
                Err(Error::temporary(format!("name server says {code}")))
            }
            Err(e) => Err(Error::temporary(e.to_string())),
        }
    }
}

fn reply(code: ResponseCode, answers: Vec<Record>, authorities: Vec<Record>) -> Result<Reply, Error> {
    match code {
        ResponseCode::NoError | ResponseCode::NXDomain
            if answers.len() + authorities.len() <= MAX_RECORDS =>
        {
            Ok(Reply { code, answers, authorities })
        }
        ResponseCode::NoError | ResponseCode::NXDomain => {
            Err(Error::temporary(format!("more than {MAX_RECORDS} records in an answer")))
        }
        code => Err(Error::temporary(format!("name server says {code}"))),
    }
}
