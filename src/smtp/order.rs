//! Server side: which command is allowed now.
//!
//! ```text
//! Fresh --HELO/EHLO--> Greeted --MAIL--> Mail --RCPT--> Rcpt --BDAT--> Chunks
//!   any --HELO/EHLO, RSET, end of message--> Greeted;  any --STARTTLS--> Fresh
//! ```
//! NOOP, HELP, VRFY, EXPN and QUIT are always allowed; DATA from Rcpt, BDAT from Rcpt and Chunks.
//! RFC 5321 §4.1.4, RFC 3030 §2 and §3, RFC 3207 §4, RFC 4954 §4.

use crate::{Body, Command, EnhancedCode, MailArgs, Reply};

/// Where the session is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stage {
    /// Before HELO or EHLO, at the start or after STARTTLS.
    #[default]
    Fresh,
    /// No transaction.
    Greeted,
    /// MAIL was accepted.
    Mail,
    /// At least one RCPT was accepted.
    Rcpt,
    /// A first BDAT chunk was accepted, the last is still to come.
    Chunks,
}

/// What the server's port and configuration allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rules {
    /// STARTTLS can be had (a certificate is there).
    pub starttls: bool,
    /// AUTH can be had.
    pub auth: bool,
    /// MAIL needs AUTH first.
    pub auth_required: bool,
    /// MAIL and AUTH need TLS first.
    pub tls_required: bool,
}

/// The state of a session, as far as order goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Order {
    /// Where the session is.
    pub stage: Stage,
    /// Greeted with EHLO, so that extensions may be used.
    pub extended: bool,
    /// On TLS.
    pub tls: bool,
    /// Authenticated.
    pub authenticated: bool,
    /// The transaction's BODY.
    pub body: Body,
}

impl Order {
    /// Whether `command` may come now; else what to answer.
    pub fn allows(&self, command: &Command<'_>, rules: Rules) -> Result<(), Reply> {
        match command {
            Command::StartTls => self.starttls(rules),
            Command::Auth { .. } => self.auth(rules),
            Command::Mail(_) => self.mail(rules),
            Command::Rcpt(_) => match self.stage {
                Stage::Mail | Stage::Rcpt => Ok(()),
                Stage::Fresh | Stage::Greeted => Err(bad_sequence("need MAIL before RCPT")),
                Stage::Chunks => Err(bad_sequence("no RCPT between chunks")),
            },
            Command::Data | Command::Bdat { .. } => self.content(command),
            _ => Ok(()),
        }
    }

    fn starttls(&self, rules: Rules) -> Result<(), Reply> {
        match self.stage {
            _ if self.tls => Err(bad_sequence("already on TLS")),
            _ if !rules.starttls => Err(bad_sequence("STARTTLS not offered")),
            Stage::Fresh => Err(bad_sequence("need EHLO first")),
            _ if self.authenticated => Err(bad_sequence("no STARTTLS after AUTH")),
            Stage::Greeted => Ok(()),
            _ => Err(bad_sequence("no STARTTLS within a transaction")),
        }
    }

    fn auth(&self, rules: Rules) -> Result<(), Reply> {
        match self.stage {
            _ if !rules.auth => Err(bad_sequence("AUTH not offered")),
            _ if self.authenticated => Err(bad_sequence("already authenticated")),
            _ if rules.tls_required && !self.tls => Err(need_tls()),
            Stage::Fresh => Err(bad_sequence("need EHLO first")),
            Stage::Greeted if !self.extended => Err(bad_sequence("need EHLO first")),
            Stage::Greeted => Ok(()),
            _ => Err(bad_sequence("no AUTH within a transaction")),
        }
    }

    fn mail(&self, rules: Rules) -> Result<(), Reply> {
        match self.stage {
            Stage::Fresh => Err(bad_sequence("need HELO or EHLO first")),
            Stage::Greeted if rules.tls_required && !self.tls => Err(need_tls()),
            Stage::Greeted if rules.auth_required && !self.authenticated => {
                Err(Reply::new(530, EnhancedCode(5, 7, 0), "need AUTH first"))
            }
            Stage::Greeted => Ok(()),
            _ => Err(bad_sequence("already in a transaction")),
        }
    }

    fn content(&self, command: &Command<'_>) -> Result<(), Reply> {
        let data = matches!(command, Command::Data);
        match self.stage {
            Stage::Fresh | Stage::Greeted => Err(bad_sequence("need MAIL first")),
            Stage::Mail => Err(bad_sequence("need RCPT first: no valid recipients")),
            Stage::Rcpt if data && self.body == Body::BinaryMime => {
                Err(bad_sequence("BODY=BINARYMIME needs BDAT"))
            }
            Stage::Chunks if data => Err(bad_sequence("no DATA after BDAT")),
            Stage::Rcpt | Stage::Chunks => Ok(()),
        }
    }

    /// HELO or EHLO was accepted.
    pub fn greeted(&mut self, extended: bool) {
        self.extended = extended;
        self.reset();
        self.stage = Stage::Greeted;
    }

    /// MAIL was accepted.
    pub fn mailed(&mut self, args: &MailArgs) {
        self.stage = Stage::Mail;
        self.body = args.body;
    }

    /// RCPT was accepted.
    pub fn recipient(&mut self) {
        self.stage = Stage::Rcpt;
    }

    /// A chunk that is not the last was accepted.
    pub fn chunk(&mut self) {
        self.stage = Stage::Chunks;
    }

    /// The transaction is over, or RSET came.
    pub fn reset(&mut self) {
        if self.stage != Stage::Fresh {
            self.stage = Stage::Greeted;
        }
        self.body = Body::default();
    }

    /// TLS started: what was said before does not count (RFC 3207 §4.2).
    pub fn secured(&mut self) {
        *self = Order { tls: true, ..Order::default() };
    }
}

fn bad_sequence(text: &str) -> Reply {
    Reply::new(503, EnhancedCode(5, 5, 1), text)
}

/// RFC 3207 §4.
fn need_tls() -> Reply {
    Reply::new(530, EnhancedCode(5, 7, 0), "need STARTTLS first")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Syntax;

    const OPEN: Rules = Rules { starttls: true, auth: false, auth_required: false, tls_required: false };
    const CLOSED: Rules = Rules { starttls: true, auth: true, auth_required: true, tls_required: true };

    /// Runs lines, moving on where allowed; gives the codes.
    fn run(rules: Rules, lines: &[&str]) -> Vec<u16> {
        let mut order = Order::default();
        let mut codes = Vec::new();
        for line in lines {
            let command = Command::parse(line.as_bytes(), Syntax::Pedantic).unwrap();
            codes.push(order.allows(&command, rules).map_or_else(|r| r.code, |()| 250));
            if codes.last() != Some(&250) {
                continue;
            }
            match command {
                Command::Ehlo(_) => order.greeted(true),
                Command::Helo(_) => order.greeted(false),
                Command::StartTls => order.secured(),
                Command::Auth { .. } => order.authenticated = true,
                Command::Mail(args) => order.mailed(&args),
                Command::Rcpt(_) => order.recipient(),
                Command::Bdat { last: false, .. } => order.chunk(),
                Command::Data | Command::Bdat { .. } | Command::Rset => order.reset(),
                _ => {}
            }
        }
        codes
    }

    #[test]
    fn sequences() {
        let (mail, bin, rcpt) = ("MAIL FROM:<>", "MAIL FROM:<> BODY=BINARYMIME", "RCPT TO:<a@b.example>");
        let (ehlo, helo) = ("EHLO x.example", "HELO x.example");
        let cases: [(Rules, &[&str], &[u16]); 14] = [
            (OPEN, &[mail, rcpt, "DATA", "RSET", mail], &[503, 503, 503, 250, 503]),
            (
                OPEN,
                &[helo, mail, mail, "DATA", rcpt, rcpt, "DATA", "DATA"],
                &[250, 250, 503, 503, 250, 250, 250, 503],
            ),
            (OPEN, &[ehlo, mail, ehlo, rcpt], &[250, 250, 250, 503]),
            (OPEN, &[ehlo, mail, "RSET", rcpt], &[250, 250, 250, 503]),
            (OPEN, &["STARTTLS", ehlo, mail, "STARTTLS"], &[503, 250, 250, 503]),
            (OPEN, &[ehlo, "STARTTLS", mail, ehlo, "STARTTLS", mail], &[250, 250, 503, 250, 503, 250]),
            (OPEN, &[ehlo, "AUTH PLAIN"], &[250, 503]),
            (Rules::default(), &[ehlo, "STARTTLS"], &[250, 503]),
            (CLOSED, &[ehlo, mail, "STARTTLS", ehlo, mail], &[250, 530, 250, 250, 530]),
            (CLOSED, &[ehlo, "AUTH PLAIN", "STARTTLS", helo, "AUTH PLAIN"], &[250, 530, 250, 250, 503]),
            (
                CLOSED,
                &[ehlo, "STARTTLS", ehlo, "AUTH PLAIN", "AUTH PLAIN", mail],
                &[250, 250, 250, 250, 503, 250],
            ),
            (
                OPEN,
                &[ehlo, mail, "BDAT 1", rcpt, "BDAT 1", rcpt, "DATA", "BDAT 1 LAST"],
                &[250, 250, 503, 250, 250, 503, 503, 250],
            ),
            (OPEN, &[ehlo, bin, rcpt, "DATA", "BDAT 1 LAST"], &[250, 250, 250, 503, 250]),
            (OPEN, &["NOOP", "HELP", "VRFY x", "EXPN x", "QUIT"], &[250, 250, 250, 250, 250]),
        ];
        for (rules, lines, want) in cases {
            assert_eq!(run(rules, lines), want, "{lines:?}");
        }
    }
}
