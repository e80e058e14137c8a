//! RCPT: recipients, one by one.
//!
//! RFC 5321 §4.5.3.1.8 and §4.5.3.1.10 (452 for too many), RFC 6531 §3.5, RFC 9422.

use mox_smtp::{EnhancedCode, RcptArgs, Reply};

use crate::session::Conversation;

impl Conversation {
    pub(crate) async fn rcpt(&mut self, args: RcptArgs) -> Reply {
        let reply = self.recipient(args).await;
        self.counts.refused_rcpts += u32::from(!reply.is_positive());
        reply
    }

    async fn recipient(&mut self, args: RcptArgs) -> Reply {
        if self.envelope.rcpts.len() >= self.cx.limits.max_rcpts {
            return Reply::new(452, EnhancedCode(4, 5, 3), "too many recipients, send another message");
        }
        if args.notify.is_some() || args.orcpt.is_some() {
            return Reply::new(
                555,
                EnhancedCode(5, 5, 4),
                "parameters NOTIFY and ORCPT are not offered here",
            );
        }
        let needs_utf8 = args.forward_path.path().is_some_and(|path| !path.is_ascii());
        if needs_utf8 && !self.envelope.mail.smtputf8 {
            return Reply::new(553, EnhancedCode(5, 6, 7), "address needs SMTPUTF8");
        }
        let clear = self.cx.limits.tls_required && self.session.tls.is_none();
        if clear && !self.cx.handler.takes_without_tls(Some(&args.forward_path)) {
            return Reply::new(530, EnhancedCode(5, 7, 0), "need STARTTLS first");
        }
        if let Err(reply) = self.cx.handler.rcpt(&self.session, &self.envelope, &args).await {
            self.counts.guesses += 1;
            self.counts.refused = true;
            let code = reply.code;
            tracing::info!(cid = %self.session.cid, rcpt = %args.forward_path, code, "recipient refused");
            return reply;
        }
        self.order.recipient();
        self.envelope.rcpts.push(args);
        Reply::new(250, EnhancedCode(2, 1, 5), "ok")
    }
}
