//! STARTTLS and TLS from the first byte.
//!
//! Invariants: nothing read before the handshake is used after it; what the client said before does not count.
//! RFC 3207 §4, §4.2, RFC 8314 §3.3; command injection as of CVE-2011-0411.

use std::time::Duration;

use mox_net::TlsInfo;
use mox_smtp::{EnhancedCode, Envelope, Reply};

use crate::session::{Conversation, End};

impl Conversation {
    pub(crate) async fn starttls(&mut self, begun: Duration) -> Result<(), End> {
        if !self.wire.stream.unread().is_empty() {
            let reply = Reply::new(501, EnhancedCode(5, 5, 2), "nothing may follow STARTTLS before TLS");
            return Err(self.close(reply, "bytes after STARTTLS").await);
        }
        let reply = Reply::new(220, EnhancedCode(2, 0, 0), "go ahead");
        self.answer("STARTTLS", reply, begun).await?;
        self.wire.flush(self.cx.limits.write_timeout).await?;
        self.handshake().await?;
        self.order.secured();
        self.session.hello = None;
        self.session.esmtp = false;
        self.envelope = Envelope::default();
        self.receiving = None;
        Ok(())
    }

    /// Has TLS from the first byte: a handshake now, unless it was done for the port to learn what is spoken.
    pub(crate) async fn immediate(&mut self) -> Result<(), End> {
        match self.wire.stream.tls().cloned() {
            Some(info) => self.is_secured(info),
            None => self.handshake().await?,
        }
        Ok(())
    }

    /// Becomes TLS.
    async fn handshake(&mut self) -> Result<(), End> {
        let Some(config) = self.cx.tls.clone() else {
            return Err(End::Closed("no certificate for this listener"));
        };
        let info = self.wire.stream.start_tls_server(config, self.cx.limits.handshake_timeout).await?;
        self.is_secured(info);
        Ok(())
    }

    fn is_secured(&mut self, info: TlsInfo) {
        self.wire.note(|record| record.tls(&info));
        self.session.tls = Some(info);
        self.order.tls = true;
    }
}
