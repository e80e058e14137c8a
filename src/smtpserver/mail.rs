//! MAIL: a transaction begins.
//!
//! Parameters of extensions that were not offered are refused with 555 (RFC 5321 §4.1.1.11).
//! RFC 1870 §6, RFC 4865 §5, RFC 6531 §3.5, RFC 8689 §4.1.

use mox_smtp::{Body, EnhancedCode, Envelope, Hold, MailArgs, Reply, Syntax};

use crate::session::{Conversation, End};

impl Conversation {
    pub(crate) async fn mail(&mut self, args: MailArgs) -> Result<Reply, End> {
        self.counts.idle_commands += 1;
        if self.counts.messages == 0 && self.counts.bad_transactions > self.cx.limits.max_bad_transactions {
            let reply = Reply::new(550, EnhancedCode(5, 1, 0), "too many failed transactions");
            return Err(self.close(reply, "bad transactions").await);
        }
        let verdict = match self.check_parameters(&args) {
            Ok(()) => self.cx.handler.mail(&self.session, &args).await,
            Err(reply) => Err(reply),
        };
        if let Err(reply) = verdict {
            self.counts.bad_transactions += 1;
            return Ok(reply);
        }
        self.order.mailed(&args);
        self.envelope = Envelope { mail: args, rcpts: Vec::new() };
        Ok(Reply::new(250, EnhancedCode(2, 1, 0), "ok"))
    }

    fn check_parameters(&self, args: &MailArgs) -> Result<(), Reply> {
        let limits = &self.cx.limits;
        let not_offered = |name: &str| {
            Err(Reply::new(555, EnhancedCode(5, 5, 4), format!("parameter {name} is not offered here")))
        };
        let plain = MailArgs { reverse_path: args.reverse_path.clone(), ..MailArgs::default() };
        if !self.session.esmtp && limits.syntax == Syntax::Pedantic && *args != plain {
            return not_offered("after HELO");
        }
        if args.ret.is_some() || args.envid.is_some() {
            return not_offered("RET or ENVID");
        }
        if args.body == Body::BinaryMime && !limits.binary_mime {
            return not_offered("BODY=BINARYMIME");
        }
        if args.require_tls && !limits.require_tls_offered {
            return not_offered("REQUIRETLS");
        }
        if args.require_tls && self.session.tls.is_none() {
            return Err(Reply::new(523, EnhancedCode(5, 7, 10), "REQUIRETLS needs TLS on this connection"));
        }
        if args.hold.is_some() && !self.cx.port.is_submission() {
            return not_offered("HOLDFOR or HOLDUNTIL");
        }
        if args.size.is_some_and(|size| size > limits.max_message) {
            return Err(too_large(limits.max_message));
        }
        args.hold.map_or(Ok(()), |hold| self.check_hold(hold))
    }

    fn check_hold(&self, hold: Hold) -> Result<(), Reply> {
        let now = self.cx.clock.now();
        let latest = now.plus(self.cx.limits.max_hold);
        let refuse = |text: &str| Err(Reply::new(501, EnhancedCode(5, 5, 4), text));
        match hold {
            Hold::For(seconds) if seconds > self.cx.limits.max_hold.as_secs() => {
                refuse("HOLDFOR is too long")
            }
            Hold::Until(when) if when > latest => refuse("HOLDUNTIL is too far ahead"),
            Hold::Until(when) if when < now => refuse("HOLDUNTIL is in the past"),
            _ => Ok(()),
        }
    }
}

/// RFC 1870 §6.1 and §6.3.
pub(crate) fn too_large(max: u64) -> Reply {
    Reply::new(552, EnhancedCode(5, 3, 4), format!("message is larger than {max} octets"))
}
