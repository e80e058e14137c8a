//! The lab's network: its addresses are served within this process, all others by the network behind.
//!
//! At most [`MAX_CONNECTIONS`] at a time; who dials more waits. RFC 5737 (198.51.100.0/24), RFC 3849 (2001:db8::/32).

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mox_clock::Random;
use mox_net::{BoxFuture, Dial, Dialed, Stream};
use mox_tls::ServerConfig;
use tokio::io::duplex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::hosts::{Connection, Greylist, Host, Proof, Tls};
use crate::pki::Pki;
use crate::receivers::{self, Receiver};
use crate::running::LabError;
use crate::sink::Sink;
use crate::web::{self, Failed, Serves, Visit, Web};
use crate::{DOMAIN, LabClock, domains};

/// The networks of the lab, as `Egress` wants them to let requests in.
pub const NETWORKS: [&str; 2] = ["198.51.100.0/24", "2001:db8:1ab::/64"];

/// Most connections at a time.
const MAX_CONNECTIONS: u32 = 256;
/// Bytes on their way in each direction.
const WINDOW: usize = 64 * 1024;
/// Where connections come from that did not choose.
const DEFAULT_LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 1));

/// All that listens in the lab.
pub(crate) struct World {
    pub(crate) clock: LabClock,
    /// Sides of TLS of each receiver, at the start and after each step.
    tls: Vec<Vec<Arc<ServerConfig>>>,
    reports_tls: Arc<ServerConfig>,
    web_tls: Arc<ServerConfig>,
    /// How many steps each domain has made, in the order of the table.
    steps: Mutex<Vec<usize>>,
    connections: Arc<Semaphore>,
    sink: Arc<dyn Sink>,
    random: Arc<dyn Random>,
    greylist: Arc<Greylist>,
    failed: Arc<Failed>,
}

impl World {
    /// Makes the certificates.
    pub(crate) fn new(
        pki: &Pki,
        clock: LabClock,
        random: Arc<dyn Random>,
        sink: Arc<dyn Sink>,
    ) -> Result<World, LabError> {
        let (mut tls, mut web) = (Vec::new(), Vec::new());
        let rua = pki.certificate(&format!("rua.{DOMAIN}"), Proof::Good)?;
        web.push(rua.clone());
        for receiver in receivers::all() {
            let (row, name) = (receiver.row, receiver.name.as_str());
            let states = [row.host].into_iter().chain(row.steps.iter().map(|step| step.host));
            tls.push(states.map(|host| pki.host(name, host)).collect::<Result<_, _>>()?);
            let proof = match row.web {
                Web::Nothing => continue,
                Web::SelfSigned(_) => Proof::SelfSigned,
                _ => Proof::Good,
            };
            web.push(pki.certificate(name, proof)?);
        }
        Ok(World {
            clock,
            steps: Mutex::new(vec![0; domains().len()]),
            tls,
            reports_tls: pki.server(&[rua])?,
            web_tls: pki.server(&web)?,
            connections: Arc::new(Semaphore::new(usize::try_from(MAX_CONNECTIONS).unwrap_or(1))),
            sink,
            random,
            greylist: Arc::default(),
            failed: Arc::default(),
        })
    }

    /// How many steps each domain has made, in the order of the table. in the order of the table.
    pub(crate) fn steps(&self) -> MutexGuard<'_, Vec<usize>> {
        self.steps.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until nobody is connected, and lets nobody connect until the permit is dropped. None when it takes longer
    /// than `timeout`.
    pub(crate) async fn quiet(&self, timeout: Duration) -> Option<OwnedSemaphorePermit> {
        tokio::select! {
            biased;
            permit = self.connections.clone().acquire_many_owned(MAX_CONNECTIONS) => permit.ok(),
            () = self.clock.paced().sleep(timeout) => None,
        }
    }

    /// The receiver with this number, and the steps that it has made.
    fn receiver(&self, number: u8) -> Option<(usize, &'static Receiver, usize)> {
        let (at, receiver) = receivers::all().iter().enumerate().find(|(_, r)| r.number == number)?;
        Some((at, receiver, self.steps().get(at).copied().unwrap_or(0)))
    }

    /// What a web host serves now.
    fn serves(&self, host: &str) -> Serves {
        if host == format!("rua.{DOMAIN}") {
            return Serves::Reports;
        }
        let steps = self.steps().clone();
        let found = receivers::all().iter().zip(steps).find_map(|(receiver, steps)| {
            let fill = |text: &str| receiver.fill(text);
            web::serves(host, &receiver.name, receiver.web(steps), fill)
        });
        found.unwrap_or(Serves::Status(404))
    }

    /// A connection to the mail host with this number, or why there is none.
    fn mail_host(&self, number: u8, stream: Stream) -> Option<Connection> {
        let (domain, host, tls) = match number {
            receivers::REPORTS => (format!("rua.{DOMAIN}"), Host::FINE, self.reports_tls.clone()),
            number => {
                let (at, receiver, steps) = self.receiver(number)?;
                let tls = self.tls.get(at)?.get(steps)?.clone();
                (receiver.name.clone(), receiver.host(steps), tls)
            }
        };
        Some(Connection {
            stream,
            host,
            tls,
            domain,
            sink: self.sink.clone(),
            clock: Arc::new(self.clock.clone()),
            greylist: self.greylist.clone(),
            random: self.random.clone(),
        })
    }

    /// Connects to what listens there.
    async fn connect(
        self: &Arc<World>,
        number: u8,
        remote: SocketAddr,
        local: Option<IpAddr>,
    ) -> io::Result<Dialed> {
        let refused = || io::Error::from(io::ErrorKind::ConnectionRefused);
        let permit = self.connections.clone().acquire_owned().await.map_err(|_| refused())?;
        let (near, far) = duplex(WINDOW);
        let peer = SocketAddr::new(local.unwrap_or(DEFAULT_LOCAL), 0);
        let stream = Stream::new(Box::new(far), self.clock.paced(), peer, remote);
        match (number, remote.port()) {
            (receivers::WEB, 443) => {
                let (world, tls) = (self.clone(), self.web_tls.clone());
                let visit = Visit { stream, tls, sink: self.sink.clone(), failed: self.failed.clone() };
                tokio::spawn(async move {
                    // How it ended concerns the peer alone.
                    let _ = visit.serve(|host| world.serves(host)).await;
                    drop(permit);
                });
            }
            (number, 25) => {
                let connection = self.mail_host(number, stream).ok_or_else(refused)?;
                tokio::spawn(async move {
                    let _ = connection.serve().await;
                    drop(permit);
                });
            }
            _ => return Err(refused()),
        }
        Ok(Dialed { io: Box::new(near), local: peer })
    }
}

impl Receiver {
    /// How its host behaves after so many steps.
    fn host(&self, steps: usize) -> Host {
        let step = steps.checked_sub(1).and_then(|at| self.row.steps.get(at));
        step.map_or(self.row.host, |step| step.host)
    }

    /// What its web hosts do after so many steps.
    fn web(&self, steps: usize) -> Web {
        let step = steps.checked_sub(1).and_then(|at| self.row.steps.get(at));
        step.map_or(self.row.web, |step| step.web)
    }
}

impl Pki {
    /// A mail host's side of TLS.
    fn host(&self, name: &str, host: Host) -> Result<Arc<ServerConfig>, mox_tls::Error> {
        match host.tls {
            Tls::With(proof) => self.server(&[self.certificate(name, proof)?]),
            Tls::LateAlert => self.suspicious_server(&[self.certificate(name, Proof::Good)?]),
            _ => self.server(&[]),
        }
    }
}

/// Dials addresses of the lab in this process, and all others by the network behind.
#[derive(Clone)]
pub struct LabDial {
    pub(crate) world: Arc<World>,
    pub(crate) inner: Arc<dyn Dial>,
}

impl Dial for LabDial {
    fn dial(
        &self,
        remote: SocketAddr,
        local: Option<IpAddr>,
        timeout: Duration,
    ) -> BoxFuture<'_, io::Result<Dialed>> {
        match receivers::number(remote.ip()) {
            // Names of the lab that are this machine's lead nowhere: mail must not reach a server that happens to be here.
            None if remote.ip().is_loopback() && remote.port() == 25 => {
                Box::pin(std::future::ready(Err(io::ErrorKind::ConnectionRefused.into())))
            }
            None => self.inner.dial(remote, local, timeout),
            Some(number) => Box::pin(async move {
                tokio::select! {
                    biased;
                    connected = self.world.connect(number, remote, local) => connected,
                    () = self.world.clock.paced().sleep(timeout) => Err(io::ErrorKind::TimedOut.into()),
                }
            }),
        }
    }
}
