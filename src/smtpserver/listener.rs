//! Accepts connections and holds a session on each, until the house shuts down.
//!
//! A session that panics hurts itself only. When the system is out of file descriptors accepting waits, longer each
//! time. On shutdown nothing more is accepted, sessions are told 421 at their next command, and those that are left
//! after [`crate::Limits::drain`] are cut off.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::{JoinError, JoinSet};

use mox_net::{Accepted, Listen, Stream, TlsInfo};
use mox_smtp::{EnhancedCode, Reply};

use crate::context::shut_down;
use crate::{Cid, Context, Permit, Port, run};

/// First wait after accepting failed.
const FIRST_WAIT: Duration = Duration::from_millis(50);
/// Longest wait.
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// Time to write a 421 to a connection that is not taken.
const REFUSE_TIMEOUT: Duration = Duration::from_secs(5);
/// Most connections that are being refused at a time; more are closed without a word.
const MAX_REFUSING: usize = 100;

/// Serves until `cx.shutdown` becomes true and the sessions have ended.
pub async fn serve(mut listener: Box<dyn Listen>, cx: Arc<Context>) {
    let mut shutdown = cx.shutdown.clone();
    let mut sessions = JoinSet::new();
    let mut wait = FIRST_WAIT;
    loop {
        tokio::select! {
            biased;
            () = shut_down(&mut shutdown) => break,
            Some(ended) = sessions.join_next() => report(ended),
            accepted = listener.accept() => match accepted {
                Ok(accepted) => {
                    wait = FIRST_WAIT;
                    take(accepted, &cx, &mut sessions);
                }
                Err(error) => {
                    tracing::warn!(listener = cx.port.name(), %error, "cannot accept connections");
                    cx.clock.sleep(wait).await;
                    wait = wait.saturating_mul(2).min(LONGEST_WAIT);
                }
            },
        }
    }
    drop(listener);
    drain(sessions, &cx).await;
}

/// Begins a session, or refuses the connection.
fn take(accepted: Accepted, cx: &Arc<Context>, sessions: &mut JoinSet<()>) {
    let ip = accepted.remote.ip();
    let lifted = cx.limits.lift_for_loopback && ip.to_canonical().is_loopback();
    let permit = if lifted { None } else { cx.gate.admit(ip) };
    let stream = Stream::new(accepted.io, cx.clock.clone(), accepted.remote, accepted.local);
    let cid = Cid::draw(&*cx.random);
    let full = sessions.len() >= cx.limits.max_sessions;
    if full || (permit.is_none() && !lifted) {
        let reason = if full { "listener is full" } else { "network has too many" };
        tracing::info!(%cid, listener = cx.port.name(), remote_ip = %ip, reason, "connection refused");
        if cx.port != Port::Submissions
            && sessions.len() < cx.limits.max_sessions.saturating_add(MAX_REFUSING)
        {
            sessions.spawn(refuse(stream, cid));
        }
        return;
    }
    sessions.spawn(hold(cx.clone(), stream, cid, permit));
}

/// Holds one session on a connection that has TLS already, for a port that is not ours alone.
pub async fn serve_one(accepted: Accepted, tls: TlsInfo, cx: Arc<Context>) {
    let ip = accepted.remote.ip();
    let lifted = cx.limits.lift_for_loopback && ip.to_canonical().is_loopback();
    let permit = if lifted { None } else { cx.gate.admit(ip) };
    let cid = Cid::draw(&*cx.random);
    if permit.is_none() && !lifted {
        let reason = "network has too many";
        tracing::info!(%cid, listener = cx.port.name(), remote_ip = %ip, reason, "connection refused");
        return;
    }
    let stream = Stream::new(accepted.io, cx.clock.clone(), accepted.remote, accepted.local);
    hold(cx, stream.with_tls(tls), cid, permit).await;
}

async fn hold(cx: Arc<Context>, stream: Stream, cid: Cid, permit: Option<Permit>) {
    run(cx, stream, cid).await;
    drop(permit);
}

async fn refuse(mut stream: Stream, cid: Cid) {
    let reply = Reply::new(421, EnhancedCode(4, 7, 0), "too many connections").note(&cid.to_string());
    stream.push(reply.to_string().as_bytes());
    let _ = stream.close(REFUSE_TIMEOUT).await;
}

fn report(ended: Result<(), JoinError>) {
    if let Err(error) = ended.as_ref().map_err(|e| e.to_string()) {
        tracing::error!(error, "smtp session failed");
    }
}

async fn drain(mut sessions: JoinSet<()>, cx: &Context) {
    let late = cx.clock.sleep(cx.limits.drain);
    tokio::pin!(late);
    loop {
        tokio::select! {
            biased;
            ended = sessions.join_next() => match ended {
                Some(ended) => report(ended),
                None => return,
            },
            () = &mut late => break,
        }
    }
    tracing::warn!(listener = cx.port.name(), count = sessions.len(), "sessions cut off at shutdown");
    sessions.shutdown().await;
}
