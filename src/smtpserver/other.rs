//! Commands that change nothing, or only end a transaction: RSET, VRFY, EXPN, HELP, NOOP.
//!
//! VRFY and EXPN tell nothing: 252 (RFC 5321 §3.5.3, §7.3).

use mox_smtp::{Command, EnhancedCode, Reply};

use crate::session::Conversation;

impl Conversation {
    pub(crate) fn other(&mut self, command: &Command<'_>) -> Reply {
        self.counts.idle_commands += 1;
        match command {
            Command::Rset => {
                self.reset();
                Reply::new(250, EnhancedCode(2, 0, 0), "ok")
            }
            Command::Vrfy(_) => Reply::new(252, EnhancedCode(2, 5, 0), "send mail and see"),
            Command::Expn(_) => Reply::new(252, EnhancedCode(2, 5, 0), "lists are not shown"),
            Command::Help(_) => Reply::new(214, EnhancedCode(2, 0, 0), "see RFC 5321"),
            _ => Reply::new(250, EnhancedCode(2, 0, 0), "ok"),
        }
    }
}
