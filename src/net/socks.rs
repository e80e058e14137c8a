//! Connections through a SOCKS5 proxy: a [`Dial`] around another one.
//!
//! CONNECT by address only: names are resolved here, where DNSSEC is. Bounds: an answer has at most [`MAX_REPLY`]
//! bytes, and not one byte after it is read, for it is the destination's; the dial and the talk with the proxy share
//! the timeout. The local address of a dial is for the way to the proxy. RFC 1928, RFC 1929.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use mox_clock::Clock;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::{BoxFuture, Dial, Dialed};

/// Longest answer to CONNECT: with a domain name of 255 bytes.
pub const MAX_REPLY: usize = 4 + 1 + 255 + 2;

/// Longest user name, longest password.
const MAX_CREDENTIAL: usize = 255;

/// What goes wrong with a proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SocksError {
    /// The first byte is not a version of this protocol.
    #[error("the proxy does not speak SOCKS5")]
    NotSocks5,
    /// It wants a way to authenticate that we have no means for.
    #[error("the proxy takes no authentication that we offer")]
    NoMethod,
    /// User name or password are wrong.
    #[error("the proxy refused user name and password")]
    Login,
    /// User name or password cannot be sent: empty, or longer than 255 bytes.
    #[error("user name and password for a proxy have 1 to 255 bytes each")]
    Credentials,
    /// The answer has an address of an unknown type.
    #[error("the proxy answered with an address of unknown type {0}")]
    AddressType(u8),
    /// The proxy did not connect.
    #[error("the proxy did not connect: {0}")]
    Refused(Refusal),
}

/// Why a proxy did not connect: the code of its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal(pub u8);

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self.0 {
            1 => "general failure",
            2 => "not allowed by its rules",
            3 => "network unreachable",
            4 => "host unreachable",
            5 => "connection refused by the destination",
            6 => "TTL expired",
            7 => "command not supported",
            8 => "address type not supported",
            code => return write!(f, "code {code}"),
        };
        f.write_str(text)
    }
}

impl From<SocksError> for io::Error {
    fn from(error: SocksError) -> io::Error {
        let kind = match error {
            SocksError::Refused(Refusal(3)) => io::ErrorKind::NetworkUnreachable,
            SocksError::Refused(Refusal(4)) => io::ErrorKind::HostUnreachable,
            SocksError::Refused(Refusal(5)) => io::ErrorKind::ConnectionRefused,
            SocksError::Refused(Refusal(6)) => io::ErrorKind::TimedOut,
            SocksError::Refused(Refusal(2)) | SocksError::Login | SocksError::NoMethod => {
                io::ErrorKind::PermissionDenied
            }
            SocksError::Credentials => io::ErrorKind::InvalidInput,
            _ => io::ErrorKind::InvalidData,
        };
        io::Error::new(kind, error)
    }
}

/// Whether an answer is complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// The answer has at least so many bytes in all.
    Need(usize),
    /// The proxy has connected; the answer has so many bytes.
    Connected(usize),
}

/// Reads the answer to CONNECT, as far as it is there (RFC 1928 §6). A refusal is known from its second byte.
pub fn reply(bytes: &[u8]) -> Result<Progress, SocksError> {
    match *bytes {
        [] | [5] => return Ok(Progress::Need(4)),
        [5, 0, ..] => {}
        [5, code, ..] => return Err(SocksError::Refused(Refusal(code))),
        _ => return Err(SocksError::NotSocks5),
    }
    let length = match (bytes.get(3), bytes.get(4)) {
        (None, _) => return Ok(Progress::Need(4)),
        (Some(1), _) => 4 + 4 + 2,
        (Some(4), _) => 4 + 16 + 2,
        (Some(3), None) => return Ok(Progress::Need(5)),
        (Some(3), Some(name)) => 4 + 1 + usize::from(*name) + 2,
        (Some(other), _) => return Err(SocksError::AddressType(*other)),
    };
    Ok(if bytes.len() < length { Progress::Need(length) } else { Progress::Connected(length) })
}

/// The request to connect to an address (RFC 1928 §4).
fn request(remote: SocketAddr) -> Vec<u8> {
    let mut bytes = vec![5, 1, 0];
    match remote.ip() {
        IpAddr::V4(ip) => {
            bytes.push(1);
            bytes.extend(ip.octets());
        }
        IpAddr::V6(ip) => {
            bytes.push(4);
            bytes.extend(ip.octets());
        }
    }
    bytes.extend(remote.port().to_be_bytes());
    bytes
}

/// User name and password for a proxy.
#[derive(Clone, PartialEq, Eq)]
pub struct SocksLogin {
    /// User name.
    pub username: String,
    /// Password; sent in the clear.
    pub password: String,
}

impl fmt::Debug for SocksLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SocksLogin").field("username", &self.username).finish_non_exhaustive()
    }
}

impl SocksLogin {
    /// The bytes of RFC 1929 §2.
    fn bytes(&self) -> Result<Vec<u8>, SocksError> {
        let mut bytes = vec![1];
        for text in [&self.username, &self.password] {
            let length = u8::try_from(text.len()).map_err(|_| SocksError::Credentials)?;
            if length == 0 || text.len() > MAX_CREDENTIAL {
                return Err(SocksError::Credentials);
            }
            bytes.push(length);
            bytes.extend(text.as_bytes());
        }
        Ok(bytes)
    }
}

/// Dials through a proxy.
pub struct SocksDial {
    via: Arc<dyn Dial>,
    clock: Arc<dyn Clock>,
    proxy: SocketAddr,
    login: Option<SocksLogin>,
}

impl SocksDial {
    /// Through the proxy at an address, which `via` reaches.
    pub fn new(
        via: Arc<dyn Dial>,
        clock: Arc<dyn Clock>,
        proxy: SocketAddr,
        login: Option<SocksLogin>,
    ) -> SocksDial {
        SocksDial { via, clock, proxy, login }
    }

    async fn through(
        &self,
        remote: SocketAddr,
        local: Option<IpAddr>,
        timeout: Duration,
    ) -> io::Result<Dialed> {
        // An address of the other family is no way to the proxy.
        let local = local.filter(|ip| ip.is_ipv4() == self.proxy.is_ipv4());
        let Dialed { mut io, local } = self.via.dial(self.proxy, local, timeout).await?;
        let methods: &[u8] = if self.login.is_some() { &[5, 2, 0, 2] } else { &[5, 1, 0] };
        io.write_all(methods).await?;
        io.flush().await?;
        let mut chosen = [0; 2];
        io.read_exact(&mut chosen).await?;
        match (chosen, &self.login) {
            ([5, 0], _) => {}
            ([5, 2], Some(login)) => {
                io.write_all(&login.bytes()?).await?;
                io.flush().await?;
                let mut status = [0; 2];
                io.read_exact(&mut status).await?;
                if status != [1, 0] {
                    return Err(SocksError::Login.into());
                }
            }
            ([5, _], _) => return Err(SocksError::NoMethod.into()),
            _ => return Err(SocksError::NotSocks5.into()),
        }
        io.write_all(&request(remote)).await?;
        io.flush().await?;
        let mut answer = Vec::with_capacity(MAX_REPLY);
        while let Progress::Need(length) = reply(&answer)? {
            let missing = u64::try_from(length.saturating_sub(answer.len())).unwrap_or(0);
            if (&mut io).take(missing).read_to_end(&mut answer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(Dialed { io, local })
    }
}

impl Dial for SocksDial {
    fn dial(
        &self,
        remote: SocketAddr,
        local: Option<IpAddr>,
        timeout: Duration,
    ) -> BoxFuture<'_, io::Result<Dialed>> {
        Box::pin(async move {
            tokio::select! {
                biased;
                connected = self.through(remote, local, timeout) => {
                    connected.map_err(|e| io::Error::new(e.kind(), format!("SOCKS proxy {}: {e}", self.proxy)))
                }
                () = self.clock.sleep(timeout) => Err(io::ErrorKind::TimedOut.into()),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Listen;
    use crate::sim::SimNet;
    use mox_clock::Timestamp;
    use mox_clock::sim::SimClock;

    const WAIT: Duration = Duration::from_secs(30);

    #[test]
    fn an_answer_is_read_as_far_as_it_is_there() {
        use Progress::{Connected, Need};
        let name = [&[5, 0, 0, 3, 2], &b"mx"[..], &[0, 25, b'2']].concat();
        for (bytes, expected) in [
            (&[][..], Ok(Need(4))),
            (&[5], Ok(Need(4))),
            (&[5, 0, 0], Ok(Need(4))),
            (&[5, 0, 0, 1], Ok(Need(10))),
            (&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0], Ok(Connected(10))),
            (&[5, 0, 0, 4, 0], Ok(Need(22))),
            (&[5, 0, 0, 3], Ok(Need(5))),
            (&[5, 0, 0, 3, 255], Ok(Need(MAX_REPLY))),
            (&name, Ok(Connected(9))),
            (&[5, 5], Err(SocksError::Refused(Refusal(5)))),
            (&[5, 99, 0, 1], Err(SocksError::Refused(Refusal(99)))),
            (&[5, 0, 0, 2], Err(SocksError::AddressType(2))),
            (&[4, 0x5a], Err(SocksError::NotSocks5)),
            (b"HT", Err(SocksError::NotSocks5)),
        ] {
            assert_eq!(reply(bytes), expected, "{bytes:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_an_answer_in_bounds_or_not(bytes in proptest::collection::vec(0u8..7, 0..600)) {
            match reply(&bytes) {
                Ok(Progress::Need(length)) => assert!(length > bytes.len() && length <= MAX_REPLY),
                Ok(Progress::Connected(length)) => {
                    assert!(length <= bytes.len() && length <= MAX_REPLY);
                    // What comes after it changes nothing, and less is not enough.
                    assert_eq!(reply(&bytes[..length]), Ok(Progress::Connected(length)));
                    assert!(matches!(reply(&bytes[..length - 1]), Ok(Progress::Need(_))));
                }
                Err(_) => {}
            }
        }
    }

    /// What the dialer got, and all that the proxy read, when it answers `answers` in turn.
    async fn dial(
        remote: &str,
        login: Option<(&str, &str)>,
        answers: &[&[u8]],
    ) -> (io::Result<Dialed>, Vec<u8>) {
        let clock = SimClock::new(Timestamp::from_secs(0));
        let net = SimNet::new(Arc::new(clock.clone()));
        let proxy: SocketAddr = "192.0.2.1:1080".parse().unwrap();
        let mut listener = net.listen(proxy).unwrap();
        let login = login.map(|(u, p)| SocksLogin { username: u.into(), password: p.into() });
        let socks = SocksDial::new(Arc::new(net), Arc::new(clock.clone()), proxy, login);
        let server = async {
            let mut io = listener.accept().await.unwrap().io;
            let mut seen = Vec::new();
            for answer in answers {
                let mut chunk = [0; 600];
                let n = io.read(&mut chunk).await.unwrap();
                seen.extend_from_slice(&chunk[..n]);
                io.write_all(answer).await.unwrap();
            }
            seen
        };
        tokio::join!(socks.dial(remote.parse().unwrap(), None, WAIT), server)
    }

    #[tokio::test]
    async fn what_comes_after_the_answer_belongs_to_the_destination() {
        let connected = [&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0], &b"220 mx\r\n"[..]].concat();
        let (io, seen) = dial("192.0.2.7:25", None, &[&[5, 0], &connected]).await;
        assert_eq!(seen, [5, 1, 0, 5, 1, 0, 1, 192, 0, 2, 7, 0, 25]);
        let mut rest = Vec::new();
        io.unwrap().io.read_to_end(&mut rest).await.unwrap();
        assert_eq!(rest, b"220 mx\r\n");

        let (io, seen) = dial("[2001:db8::1]:25", None, &[&[5, 0], &connected]).await;
        assert!(io.is_ok());
        assert_eq!(seen[3..7], [5, 1, 0, 4]);
    }

    #[tokio::test]
    async fn a_proxy_may_ask_for_a_password() {
        let ok: &[u8] = &[5, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let me = Some(("me", "pw"));
        let (io, seen) = dial("192.0.2.7:25", me, &[&[5, 2], &[1, 0], ok]).await;
        assert!(io.is_ok());
        assert_eq!(seen[..11], [5, 2, 0, 2, 1, 2, b'm', b'e', 2, b'p', b'w']);
        for (login, answers, kind, text) in [
            (me, &[&[5, 2][..], &[1, 1]][..], io::ErrorKind::PermissionDenied, "refused user name"),
            (None, &[&[5, 2]], io::ErrorKind::PermissionDenied, "no authentication"),
            (me, &[&[5, 255]], io::ErrorKind::PermissionDenied, "no authentication"),
            (Some(("", "x")), &[&[5, 2]], io::ErrorKind::InvalidInput, "1 to 255 bytes"),
            (None, &[b"HT"], io::ErrorKind::InvalidData, "does not speak SOCKS5"),
            (None, &[&[5, 0], &[5, 5, 0, 1]], io::ErrorKind::ConnectionRefused, "refused by the destination"),
            (None, &[&[5, 0], &[5, 2, 0, 1]], io::ErrorKind::PermissionDenied, "not allowed by its rules"),
            (None, &[&[5, 0], &[5, 0, 0, 1, 9]], io::ErrorKind::UnexpectedEof, "192.0.2.1:1080"),
            (None, &[], io::ErrorKind::UnexpectedEof, "192.0.2.1:1080"),
        ] {
            let error = dial("192.0.2.7:25", login, answers).await.0.err().unwrap();
            assert_eq!(error.kind(), kind, "{error}");
            assert!(error.to_string().contains(text), "{error}");
        }
    }

    #[tokio::test]
    async fn a_silent_proxy_has_the_timeout_of_the_dial() {
        let clock = SimClock::new(Timestamp::from_secs(0));
        let net = SimNet::new(Arc::new(clock.clone()));
        let proxy: SocketAddr = "192.0.2.1:1080".parse().unwrap();
        let mut listener = net.listen(proxy).unwrap();
        let socks = SocksDial::new(Arc::new(net), Arc::new(clock.clone()), proxy, None);
        let silent = async {
            let accepted = listener.accept().await.unwrap();
            clock.advance(WAIT);
            accepted
        };
        let (dialed, _kept) = tokio::join!(socks.dial("192.0.2.7:25".parse().unwrap(), None, WAIT), silent);
        assert_eq!(dialed.err().unwrap().kind(), io::ErrorKind::TimedOut);
    }
}
