//! The asking side: one connection, one call at a time.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::HOST;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;

use mox_admin::{BulkOperation, OpError, Operation, RawOperation};
use mox_clock::Clock;
use mox_platform::{Io, ctlsocket};

use crate::{ErrorBody, MAX_RAW_REPLY, MAX_REPLY, PROTOCOL, PROTOCOL_HEADER, VERSION_HEADER, endpoint};

/// Why a call gave no reply.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody listens at the endpoint.
    #[error("no mox server is running at {}", path.display())]
    NotRunning {
        /// The endpoint tried.
        path: PathBuf,
    },
    /// The endpoint cannot be opened for another reason, as a lack of permission.
    #[error("cannot open {}: {source}", path.display())]
    Connect {
        /// The endpoint tried.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// No reply in time.
    #[error("the server did not answer within {} ms", after.as_millis())]
    Timeout {
        /// How long was waited.
        after: Duration,
    },
    /// What answers speaks another protocol.
    #[error("the server (version {theirs}) speaks control protocol {protocol}, this mox speaks {PROTOCOL}")]
    Protocol {
        /// Its version, or `unknown`.
        theirs: String,
        /// Its protocol number, or `unknown`.
        protocol: String,
    },
    /// The connection ended or the reply made no sense.
    #[error("the server's answer was not understood: {0}")]
    Broken(String),
    /// The house answered with an error.
    #[error(transparent)]
    Op(#[from] OpError),
}

/// A connection to a running house.
pub struct Client {
    sender: SendRequest<Full<Bytes>>,
    clock: Arc<dyn Clock>,
    timeout: Duration,
    version: &'static str,
}

impl Client {
    /// Connects to the house whose data is in `data_dir`. `timeout` bounds this and every call; `version` is the
    /// caller's version. Needs a tokio runtime.
    pub async fn connect(
        data_dir: &Path,
        clock: Arc<dyn Clock>,
        timeout: Duration,
        version: &'static str,
    ) -> Result<Client, Error> {
        let path = endpoint(data_dir);
        match ctlsocket::connect(&path, &*clock, timeout).await {
            Ok(io) => Client::over(io, clock, timeout, version).await,
            Err(source) => Err(match source.kind() {
                io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => Error::NotRunning { path },
                io::ErrorKind::TimedOut => Error::Timeout { after: timeout },
                _ => Error::Connect { path, source },
            }),
        }
    }

    /// Speaks over a connection that is open already.
    pub async fn over(
        io: impl Io + 'static,
        clock: Arc<dyn Clock>,
        timeout: Duration,
        version: &'static str,
    ) -> Result<Client, Error> {
        let (sender, connection) = handshake(TokioIo::new(io)).await.map_err(broken)?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "control connection ended");
            }
        });
        Ok(Client { sender, clock, timeout, version })
    }

    /// Runs an operation.
    pub async fn call<Op: Operation>(&mut self, op: &Op) -> Result<Op::Reply, Error> {
        self.call_within(op, Duration::ZERO).await
    }

    /// Runs an operation that itself waits up to `wait`; the usual timeout comes on top.
    pub async fn call_within<Op: Operation>(&mut self, op: &Op, wait: Duration) -> Result<Op::Reply, Error> {
        let reply = self.exchange(Op::NAME, to_json(op)?, wait, MAX_REPLY).await?;
        serde_json::from_slice(&reply).map_err(broken)
    }

    /// Runs an operation that takes bytes and itself waits up to `wait`.
    pub async fn call_bulk<Op: BulkOperation>(
        &mut self,
        op: &Op,
        bytes: &[u8],
        wait: Duration,
    ) -> Result<Op::Reply, Error> {
        let request = op.with_bytes(bytes).map_err(broken)?;
        let reply = self.exchange(Op::NAME, request, wait, MAX_REPLY).await?;
        serde_json::from_slice(&reply).map_err(broken)
    }

    /// Runs an operation that answers bytes.
    pub async fn call_raw<Op: RawOperation>(&mut self, op: &Op) -> Result<Bytes, Error> {
        self.exchange(Op::NAME, to_json(op)?, Duration::ZERO, MAX_RAW_REPLY).await
    }

    async fn exchange(
        &mut self,
        name: &str,
        request: Vec<u8>,
        wait: Duration,
        max: usize,
    ) -> Result<Bytes, Error> {
        let request = Request::post(format!("/v1/{name}"))
            .header(HOST, "mox")
            .header(PROTOCOL_HEADER, PROTOCOL)
            .header(VERSION_HEADER, self.version)
            .body(Full::new(Bytes::from(request)))
            .map_err(broken)?;
        let after = self.timeout.saturating_add(wait);
        let late = self.clock.sleep(after);
        let reply = async {
            let response = self.sender.send_request(request).await.map_err(broken)?;
            let status = response.status();
            let head = check_protocol(&response);
            let body = Limited::new(response.into_body(), max).collect().await.map_err(broken)?.to_bytes();
            if status != StatusCode::OK
                && let Ok(body) = serde_json::from_slice::<ErrorBody>(&body)
            {
                return Err(Error::Op(body.error));
            }
            head?;
            if status == StatusCode::OK { Ok(body) } else { Err(broken(status)) }
        };
        tokio::select! {
            reply = reply => reply,
            () = late => Err(Error::Timeout { after }),
        }
    }
}

fn to_json(op: &impl serde::Serialize) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(op).map_err(broken)
}

fn check_protocol<B>(response: &Response<B>) -> Result<(), Error> {
    let header = |name: &str| {
        response.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or("unknown").to_owned()
    };
    let protocol = header(PROTOCOL_HEADER);
    if protocol == PROTOCOL {
        Ok(())
    } else {
        Err(Error::Protocol { theirs: header(VERSION_HEADER), protocol })
    }
}

fn broken(cause: impl std::fmt::Display) -> Error {
    Error::Broken(cause.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use mox_admin::ops::{Changed, MessageCat, MessageDelete, Stop, Stopped};
    use mox_admin::{ErrorKind, Operations};
    use mox_clock::Timestamp;
    use mox_clock::sim::SimClock;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

    const WAIT: Duration = Duration::from_secs(5);

    fn house() -> Operations {
        Operations::new()
            .on(|op: Stop| async move {
                if op.grace_ms == 9 {
                    std::future::pending::<()>().await;
                }
                Ok(Stopped { pid: 7 })
            })
            .on(|_: MessageDelete| async move {
                Err::<Changed, _>(OpError::not_found("no message 5").hint("`mox message list` shows them"))
            })
            .on_raw(|op: MessageCat| async move { Ok(vec![0xff; usize::try_from(op.id).unwrap()]) })
    }

    async fn client_to(server: impl FnOnce(DuplexStream)) -> (Client, Arc<SimClock>) {
        let (near, far) = tokio::io::duplex(4096);
        server(far);
        let clock = Arc::new(SimClock::new(Timestamp::from_secs(0)));
        let client = Client::over(near, Arc::clone(&clock) as Arc<dyn Clock>, WAIT, "0.1.0").await.unwrap();
        (client, clock)
    }

    async fn client() -> (Client, Arc<SimClock>) {
        client_to(|far| drop(tokio::spawn(crate::serve_connection(far, Arc::new(house()), "0.2.0")))).await
    }

    /// Answers the first request with fixed bytes and returns nothing.
    fn canned(answer: &'static str) -> impl FnOnce(DuplexStream) {
        move |mut far| {
            tokio::spawn(async move {
                let mut request = [0; 4096];
                assert!(far.read(&mut request).await.unwrap() > 0);
                far.write_all(answer.as_bytes()).await.unwrap();
            });
        }
    }

    #[tokio::test]
    async fn replies_errors_and_bytes_come_through_on_one_connection() {
        let (mut client, _) = client().await;
        assert_eq!(client.call(&Stop { grace_ms: 1 }).await.unwrap(), Stopped { pid: 7 });
        let Err(Error::Op(error)) = client.call(&MessageDelete::default()).await else { panic!("no error") };
        assert_eq!(error.kind, ErrorKind::NotFound);
        assert_eq!(error.hint.as_deref(), Some("`mox message list` shows them"));
        assert_eq!(client.call_raw(&MessageCat { id: 300_000 }).await.unwrap().len(), 300_000);
    }

    #[tokio::test]
    async fn oversized_requests_are_refused_in_words() {
        let (mut client, _) = client().await;
        let ids = vec![1_000_000_000; MAX_IDS];
        let Err(Error::Op(error)) = client.call(&MessageDelete { ids, ..MessageDelete::default() }).await
        else {
            panic!("taken");
        };
        assert!(error.message.contains("limit"), "{error}");
    }
    const MAX_IDS: usize = crate::MAX_REQUEST / 10;

    #[tokio::test]
    async fn silence_ends_at_the_timeout() {
        let (mut client, clock) = client().await;
        let call = tokio::spawn(async move { client.call_within(&Stop { grace_ms: 9 }, WAIT).await });
        while clock.until_next_sleeper().is_none() {
            tokio::task::yield_now().await;
        }
        clock.advance(WAIT * 2);
        let error = call.await.unwrap().unwrap_err();
        assert_eq!(error.to_string(), "the server did not answer within 10000 ms");
    }

    #[tokio::test]
    async fn another_protocol_is_told_in_words() {
        let (mut client, _) = client_to(canned(
            "HTTP/1.1 200 OK\r\nmox-protocol: 2\r\nmox-version: 9.0\r\ncontent-length: 2\r\n\r\n{}",
        ))
        .await;
        assert_eq!(
            client.call(&Stop { grace_ms: 1 }).await.unwrap_err().to_string(),
            "the server (version 9.0) speaks control protocol 2, this mox speaks 1"
        );
        let (mut client, _) = client_to(canned("220 hello\r\n")).await;
        assert!(matches!(client.call(&Stop { grace_ms: 1 }).await, Err(Error::Broken(_))));
    }

    #[tokio::test]
    async fn server_refuses_another_protocol() {
        let (mut near, far) = tokio::io::duplex(4096);
        tokio::spawn(crate::serve_connection(far, Arc::new(house()), "0.2.0"));
        near.write_all(
            b"POST /v1/stop HTTP/1.1\r\nhost: mox\r\nmox-protocol: 7\r\nmox-version: 9.0\r\nconnection: close\r\n\
              content-length: 14\r\n\r\n{\"grace_ms\":1}",
        )
        .await
        .unwrap();
        let mut answer = String::new();
        near.read_to_string(&mut answer).await.unwrap();
        assert!(answer.contains("speaks control protocol 1, this mox 9.0 speaks 7"), "{answer}");
    }

    #[tokio::test]
    async fn endpoint_on_disk_serves_and_absence_is_not_running() {
        let dir = tempfile::tempdir().unwrap();
        let clock: Arc<dyn Clock> = Arc::new(mox_platform::SystemClock);
        let connect = || Client::connect(dir.path(), Arc::clone(&clock), WAIT, "0.1.0");
        assert!(matches!(connect().await, Err(Error::NotRunning { .. })));
        let listener = ctlsocket::listen(&endpoint(dir.path())).unwrap();
        let server = tokio::spawn(crate::serve(listener, Arc::new(house()), "0.1.0", Arc::clone(&clock)));
        let mut client = connect().await.unwrap();
        assert_eq!(client.call(&Stop { grace_ms: 1 }).await.unwrap().pid, 7);
        server.abort();
    }
}
