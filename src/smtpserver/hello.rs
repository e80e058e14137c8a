//! HELO and EHLO: who the client is, and what it may use.
//!
//! EHLO on the MX port never offers AUTH. RFC 5321 §4.1.1.1 (once RFC 1869), RFC 9422 §4.

use mox_smtp::{Extensions, FutureRelease, Limits as Announced, Reply};

use crate::session::Conversation;

impl Conversation {
    pub(crate) async fn hello(&mut self, name: &str, extended: bool) -> Reply {
        self.counts.idle_commands += 1;
        let before = self.session.hello.replace(name.to_owned());
        let was_extended = std::mem::replace(&mut self.session.esmtp, extended);
        if let Err(reply) = self.cx.handler.hello(&self.session).await {
            // RFC 5321 §4.1.4: a refused EHLO leaves the state as it was.
            self.session.hello = before;
            self.session.esmtp = was_extended;
            return reply;
        }
        self.reset();
        self.order.greeted(extended);
        let mut reply = Reply::new(250, None, self.cx.hostname.to_string());
        if extended {
            reply.lines.extend(self.extensions().lines());
        }
        reply
    }

    /// What is offered now.
    fn extensions(&self) -> Extensions {
        let (cx, limits) = (&self.cx, &self.cx.limits);
        let on_tls = self.session.tls.is_some();
        let submission = cx.port.is_submission();
        let hold =
            FutureRelease { seconds: limits.max_hold.as_secs(), until: cx.clock.now().plus(limits.max_hold) };
        let names = self.mechanisms().iter().map(|m| m.name().to_owned()).collect();
        Extensions {
            pipelining: true,
            size: Some(limits.max_message),
            starttls: cx.tls.is_some() && !on_tls,
            require_tls: limits.require_tls_offered && on_tls,
            auth: Some(names).filter(|names: &Vec<String>| submission && !names.is_empty()),
            future_release: submission.then_some(hold),
            enhanced_status_codes: true,
            eight_bit_mime: true,
            dsn: false,
            chunking: true,
            binary_mime: limits.binary_mime,
            limits: Some(Announced { rcpt_max: Some(limits.max_rcpts as u64), ..Announced::default() }),
            smtputf8: true,
        }
    }
}
