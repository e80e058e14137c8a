//! What a server offers in its reply to EHLO: written by our server, read by our client.
//!
//! RFC 1870 (SIZE), 2034 (ENHANCEDSTATUSCODES), 2920 (PIPELINING), 3030 (CHUNKING, BINARYMIME), 3207 (STARTTLS),
//! 3461 (DSN), 4865 (FUTURERELEASE), 4954 (AUTH), 6152 (8BITMIME), 6531 (SMTPUTF8), 8689 (REQUIRETLS), 9422 (LIMITS).

use mox_clock::Timestamp;

use crate::Reply;
use crate::parameters::number;

/// Most AUTH mechanisms remembered.
const MAX_MECHANISMS: usize = 50;

/// The extensions offered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Extensions {
    /// PIPELINING.
    pub pipelining: bool,
    /// SIZE; the maximum in octets, 0 when none is stated.
    pub size: Option<u64>,
    /// STARTTLS.
    pub starttls: bool,
    /// REQUIRETLS.
    pub require_tls: bool,
    /// AUTH with its mechanisms, upper case.
    pub auth: Option<Vec<String>>,
    /// FUTURERELEASE.
    pub future_release: Option<FutureRelease>,
    /// ENHANCEDSTATUSCODES.
    pub enhanced_status_codes: bool,
    /// 8BITMIME.
    pub eight_bit_mime: bool,
    /// DSN.
    pub dsn: bool,
    /// CHUNKING.
    pub chunking: bool,
    /// BINARYMIME.
    pub binary_mime: bool,
    /// LIMITS.
    pub limits: Option<Limits>,
    /// SMTPUTF8.
    pub smtputf8: bool,
}

/// How far ahead a message may be held (RFC 4865 §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FutureRelease {
    /// Longest HOLDFOR in seconds.
    pub seconds: u64,
    /// Latest HOLDUNTIL.
    pub until: Timestamp,
}

/// Limits of a session (RFC 9422 §4); none where not stated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// Most transactions.
    pub mail_max: Option<u64>,
    /// Most recipients of a transaction.
    pub rcpt_max: Option<u64>,
    /// Most recipient domains of a transaction.
    pub rcpt_domain_max: Option<u64>,
}

impl Extensions {
    /// Reads a positive reply to EHLO: keywords from the second line on; unknown or malformed ones are passed over.
    pub fn parse(reply: &Reply) -> Extensions {
        let mut found = Extensions::default();
        for line in reply.lines.iter().skip(1) {
            found.keyword(line);
        }
        found
    }

    fn keyword(&mut self, line: &str) {
        let (keyword, rest) = line.split_once([' ', '=']).unwrap_or((line, ""));
        let mut words = rest.split(' ').filter(|w| !w.is_empty());
        match keyword.to_ascii_uppercase().as_str() {
            "PIPELINING" => self.pipelining = true,
            "SIZE" => self.size = Some(words.next().and_then(|w| number(w, 20)).unwrap_or(0)),
            "STARTTLS" => self.starttls = true,
            "REQUIRETLS" => self.require_tls = true,
            // Old servers write `AUTH=LOGIN` beside or instead of `AUTH LOGIN`.
            "AUTH" => {
                let known = self.auth.get_or_insert_default();
                for word in words.map(str::to_ascii_uppercase) {
                    if known.len() < MAX_MECHANISMS && !known.contains(&word) {
                        known.push(word);
                    }
                }
            }
            "FUTURERELEASE" => {
                let seconds = words.next().and_then(|w| number(w, 9));
                let until = words.next().and_then(Timestamp::parse_rfc3339);
                self.future_release =
                    seconds.zip(until).map(|(seconds, until)| FutureRelease { seconds, until });
            }
            "ENHANCEDSTATUSCODES" => self.enhanced_status_codes = true,
            "8BITMIME" => self.eight_bit_mime = true,
            "DSN" => self.dsn = true,
            "CHUNKING" => self.chunking = true,
            "BINARYMIME" => self.binary_mime = true,
            "LIMITS" => self.limits = Some(limits(words)),
            "SMTPUTF8" => self.smtputf8 = true,
            _ => {}
        }
    }

    /// The keyword lines, in the order clients care about.
    pub fn lines(&self) -> Vec<String> {
        let flag = |on: bool, name: &str| on.then(|| name.to_owned());
        let size = self.size.map(|s| if s == 0 { "SIZE".to_owned() } else { format!("SIZE {s}") });
        // An empty list is `AUTH ` with its space: no mechanism here, now (RFC 4954 §3).
        let auth = self.auth.as_ref().map(|names| format!("AUTH {}", names.join(" ")));
        let release = self.future_release.map(|r| format!("FUTURERELEASE {} {}", r.seconds, r.until));
        let all = [
            flag(self.pipelining, "PIPELINING"),
            size,
            flag(self.starttls, "STARTTLS"),
            flag(self.require_tls, "REQUIRETLS"),
            auth,
            release,
            flag(self.enhanced_status_codes, "ENHANCEDSTATUSCODES"),
            flag(self.eight_bit_mime, "8BITMIME"),
            flag(self.dsn, "DSN"),
            flag(self.chunking, "CHUNKING"),
            flag(self.binary_mime, "BINARYMIME"),
            self.limits.map(limits_line),
            flag(self.smtputf8, "SMTPUTF8"),
        ];
        all.into_iter().flatten().collect()
    }
}

fn limits<'a>(words: impl Iterator<Item = &'a str>) -> Limits {
    let mut found = Limits::default();
    for (name, value) in words.filter_map(|w| w.split_once('=')) {
        let value = number(value, 6).filter(|v| *v > 0);
        match name.to_ascii_uppercase().as_str() {
            "MAILMAX" => found.mail_max = value,
            "RCPTMAX" => found.rcpt_max = value,
            "RCPTDOMAINMAX" => found.rcpt_domain_max = value,
            _ => {}
        }
    }
    found
}

fn limits_line(limits: Limits) -> String {
    let pairs = [
        ("MAILMAX", limits.mail_max),
        ("RCPTMAX", limits.rcpt_max),
        ("RCPTDOMAINMAX", limits.rcpt_domain_max),
    ];
    let words = pairs.iter().filter_map(|(name, value)| value.map(|v| format!(" {name}={v}")));
    format!("LIMITS{}", words.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(lines: &str) -> Extensions {
        Extensions::parse(&Reply::new(250, None, format!("mail.example.org hello\n{lines}")))
    }

    #[test]
    fn lines_round_trip() {
        let lines = "PIPELINING\nSIZE 104857600\nSTARTTLS\nREQUIRETLS\nAUTH SCRAM-SHA-256 PLAIN\n\
                     FUTURERELEASE 5184000 2026-11-22T10:20:30Z\nENHANCEDSTATUSCODES\n8BITMIME\nDSN\nCHUNKING\n\
                     BINARYMIME\nLIMITS MAILMAX=5 RCPTMAX=1000\nSMTPUTF8";
        assert_eq!(parse(lines).lines().join("\n"), lines);
        assert_eq!(Extensions::default().lines(), Vec::<String>::new());
    }

    #[test]
    fn odd_forms_are_understood() {
        let found =
            parse("size\nauth=login\nAUTH LOGIN plain\nXFOO bar\nLIMITS rcptmax=x\nfuturerelease soon");
        assert_eq!(found.size, Some(0));
        assert_eq!(found.auth.as_deref(), Some(&["LOGIN".to_owned(), "PLAIN".to_owned()][..]));
        assert_eq!(found.limits, Some(Limits::default()));
        assert_eq!(found.future_release, None);
        assert!(!found.starttls);
    }
}
