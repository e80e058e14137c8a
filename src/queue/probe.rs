//! What an attempt at delivery would do and find, without a message: up to MAIL FROM, which is taken back.
//!
//! The way is that of [`crate::direct`], step for step; no recipient is named and nothing is sent. Connections are bound
//! as those of an attempt are.
//! RFC 5321 §4.1.1.5 (RSET).

use mox_smtp::MailArgs;

use crate::seam::{BoxFuture, Outcome, Peer, Step, Target, TlsResults, Verdict};
use crate::smtp::{Search, Smtp, verdict};

/// What was found.
#[derive(Debug, Clone)]
pub struct Probe {
    /// What the attempt came to: delivered stands for a host that takes the sender.
    pub verdict: Verdict,
    /// The host that the verdict is about; the last one tried when none could be had.
    pub peer: Peer,
    /// What was done.
    pub steps: Vec<Step>,
    /// How TLS went; none for address literals, and when nothing was tried.
    pub tls: Option<TlsResults>,
}

impl Smtp {
    /// Tries a delivery to the hosts that DNS names for the domain of `target`, up to MAIL FROM. The first host that
    /// can be had decides; with `every` the others are tried all the same.
    pub fn probe<'a>(&'a self, target: &'a Target, mail: &'a MailArgs, every: bool) -> BoxFuture<'a, Probe> {
        Box::pin(self.try_hosts(target, mail, every))
    }

    async fn try_hosts(&self, target: &Target, mail: &MailArgs, every: bool) -> Probe {
        let mut search = Search::new(self, target);
        let mut decided = None;
        if let Some(way) = search.domain().await {
            for hop in &way.hops.hosts {
                if search.is_exhausted() {
                    let text = format!("no more connections in one attempt: {} is not tried", hop.host);
                    search.steps.push(Step::new("connect", None, text));
                    break;
                }
                let Some(mut session) = search.hop(&way, &hop.host).await else { continue };
                let said = match session.try_mail(mail).await {
                    Ok(reply) => Verdict::of_reply(&reply),
                    Err(error) => verdict(Some(error), false),
                };
                session.quit().await;
                let host = &search.peer.host;
                let text = format!("MAIL FROM at {host}: {said}");
                search.steps.push(Step::new("mail", said.outcome == Outcome::Delivered, text));
                decided.get_or_insert((said, search.peer.clone()));
                if !every {
                    break;
                }
            }
        }
        let Search { steps, peer, failure, ledger, .. } = search;
        let tls = ledger.and_then(|ledger| ledger.finish(self.clock.now(), target.class));
        let (verdict, peer) = decided.unwrap_or_else(|| (verdict(failure, false), peer));
        Probe { verdict, peer, steps, tls }
    }
}
