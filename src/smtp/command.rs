//! Commands and their arguments, parsed from a line and written to one.
//!
//! The line comes without CRLF. Trailing spaces are accepted (RFC 5321 §4.1.1); control characters never are.
//! RFC 5321 §4.1, RFC 3030 §2, RFC 3207 §4, RFC 4954 §4.

use std::fmt;

use mox_address::IpDomain;

use crate::parameters::{self, number};
use crate::{EnhancedCode, MailArgs, RcptArgs, Reply};

/// Longest command line accepted, in octets (RFC 5321 §4.5.3.1.4 asks for 512, extensions add to it).
pub const MAX_COMMAND_LINE: usize = 2048;
/// Longest line of an AUTH exchange: 12288 octets of base64 (RFC 4954 §4), and CRLF.
pub const MAX_AUTH_LINE: usize = 12_290;
/// Longest name in HELO or EHLO (RFC 5321 §4.5.3.1.2).
const MAX_HELLO: usize = 255;

/// How strictly to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Syntax {
    /// Accepts spaces after the colon of `MAIL FROM:`, any printable HELO name, two spaces after AUTH's mechanism.
    #[default]
    Lenient,
    /// Nothing the RFCs do not allow.
    Pedantic,
}

/// A command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command<'a> {
    /// EHLO with the client's name.
    Ehlo(&'a str),
    /// HELO with the client's name.
    Helo(&'a str),
    /// STARTTLS.
    StartTls,
    /// AUTH; an empty initial response is `=` on the wire.
    Auth {
        /// As written.
        mechanism: &'a str,
        /// Base64 as written.
        initial: Option<&'a str>,
    },
    /// MAIL FROM.
    Mail(MailArgs),
    /// RCPT TO.
    Rcpt(RcptArgs),
    /// DATA.
    Data,
    /// BDAT: `size` octets follow the line.
    Bdat {
        /// Octets of the chunk.
        size: u64,
        /// Whether it is the last chunk.
        last: bool,
    },
    /// RSET.
    Rset,
    /// VRFY with its argument.
    Vrfy(&'a str),
    /// EXPN with its argument.
    Expn(&'a str),
    /// HELP, maybe about something.
    Help(&'a str),
    /// NOOP; its argument means nothing.
    Noop,
    /// QUIT.
    Quit,
}

/// Why a line is no command; [`CommandError::reply`] tells the client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// Control characters or other than UTF-8.
    #[error("line holds bytes that no command may hold")]
    BadBytes,
    /// No such verb.
    #[error("unknown command")]
    Unknown,
    /// An argument where none belongs.
    #[error("{0} takes no argument")]
    NoArgument(&'static str),
    /// No argument, or a malformed one.
    #[error("{0} needs a valid argument")]
    NeedsArgument(&'static str),
    /// `FROM:` or `TO:` is missing.
    #[error("expected {0}<address>")]
    Expected(&'static str),
    /// A space after the colon, read pedantically.
    #[error("no space allowed after the colon")]
    SpaceAfterColon,
    /// No path in angle brackets.
    #[error("expected an address in angle brackets")]
    Path,
    /// The path is no address.
    #[error("{0}")]
    Address(mox_address::Error),
    /// A parameter nobody knows.
    #[error("parameter {0} not recognized")]
    UnknownParameter(String),
    /// A parameter given twice.
    #[error("parameter {0} given twice")]
    Repeated(String),
    /// A parameter without a valid value.
    #[error("bad value for {0}")]
    BadValue(&'static str),
    /// More parameters than anyone needs.
    #[error("too many parameters")]
    TooManyParameters,
    /// An address with other than ASCII, without SMTPUTF8.
    #[error("address needs SMTPUTF8")]
    NeedsSmtpUtf8,
}

impl CommandError {
    /// What to tell the client.
    pub fn reply(&self) -> Reply {
        let (code, enhanced) = match self {
            CommandError::BadBytes => (500, EnhancedCode(5, 5, 2)),
            CommandError::Unknown => (500, EnhancedCode(5, 5, 1)),
            CommandError::UnknownParameter(_) => (555, EnhancedCode(5, 5, 4)),
            CommandError::NoArgument(_)
            | CommandError::NeedsArgument(_)
            | CommandError::Repeated(_)
            | CommandError::BadValue(_)
            | CommandError::TooManyParameters => (501, EnhancedCode(5, 5, 4)),
            CommandError::Expected(_) | CommandError::SpaceAfterColon | CommandError::Path => {
                (501, EnhancedCode(5, 5, 2))
            }
            CommandError::Address(_) => (501, EnhancedCode(5, 1, 3)),
            CommandError::NeedsSmtpUtf8 => (550, EnhancedCode(5, 6, 7)),
        };
        Reply::new(code, enhanced, self.to_string())
    }
}

/// Whether a first line comes from a web browser, a proxy or another HTTP client.
pub fn is_http(line: &[u8]) -> bool {
    const METHODS: [&[u8]; 9] =
        [b"GET ", b"POST ", b"HEAD ", b"PUT ", b"OPTIONS ", b"CONNECT ", b"DELETE ", b"PATCH ", b"TRACE "];
    METHODS.iter().any(|m| line.starts_with(m))
}

impl<'a> Command<'a> {
    /// Parses a line without its CRLF.
    pub fn parse(line: &'a [u8], syntax: Syntax) -> Result<Command<'a>, CommandError> {
        let text = std::str::from_utf8(line).map_err(|_| CommandError::BadBytes)?;
        if text.chars().any(char::is_control) {
            return Err(CommandError::BadBytes);
        }
        let text = text.trim_end_matches(' ');
        let (verb, rest) = text.split_once(' ').unwrap_or((text, ""));
        let verb = Verb::parse(verb).ok_or(CommandError::Unknown)?;
        let none = |command: Command<'a>, name: &'static str| {
            if rest.is_empty() { Ok(command) } else { Err(CommandError::NoArgument(name)) }
        };
        match verb {
            Verb::Ehlo => Ok(Command::Ehlo(hello(rest, "EHLO", syntax)?)),
            Verb::Helo => Ok(Command::Helo(hello(rest, "HELO", syntax)?)),
            Verb::StartTls => none(Command::StartTls, "STARTTLS"),
            Verb::Auth => auth(rest, syntax),
            Verb::Mail => parameters::mail(rest, syntax).map(Command::Mail),
            Verb::Rcpt => parameters::rcpt(rest, syntax).map(Command::Rcpt),
            Verb::Data => none(Command::Data, "DATA"),
            Verb::Bdat => bdat(rest),
            Verb::Rset => none(Command::Rset, "RSET"),
            Verb::Vrfy if rest.is_empty() => Err(CommandError::NeedsArgument("VRFY")),
            Verb::Vrfy => Ok(Command::Vrfy(rest)),
            Verb::Expn if rest.is_empty() => Err(CommandError::NeedsArgument("EXPN")),
            Verb::Expn => Ok(Command::Expn(rest)),
            Verb::Help => Ok(Command::Help(rest)),
            Verb::Noop => Ok(Command::Noop),
            Verb::Quit => none(Command::Quit, "QUIT"),
        }
    }

    /// The verb, upper case: for logs and metrics.
    pub fn verb(&self) -> &'static str {
        match self {
            Command::Ehlo(_) => "EHLO",
            Command::Helo(_) => "HELO",
            Command::StartTls => "STARTTLS",
            Command::Auth { .. } => "AUTH",
            Command::Mail(_) => "MAIL",
            Command::Rcpt(_) => "RCPT",
            Command::Data => "DATA",
            Command::Bdat { .. } => "BDAT",
            Command::Rset => "RSET",
            Command::Vrfy(_) => "VRFY",
            Command::Expn(_) => "EXPN",
            Command::Help(_) => "HELP",
            Command::Noop => "NOOP",
            Command::Quit => "QUIT",
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Verb {
    Ehlo,
    Helo,
    StartTls,
    Auth,
    Mail,
    Rcpt,
    Data,
    Bdat,
    Rset,
    Vrfy,
    Expn,
    Help,
    Noop,
    Quit,
}

impl Verb {
    fn parse(word: &str) -> Option<Verb> {
        const VERBS: [(&str, Verb); 14] = [
            ("EHLO", Verb::Ehlo),
            ("MAIL", Verb::Mail),
            ("RCPT", Verb::Rcpt),
            ("DATA", Verb::Data),
            ("QUIT", Verb::Quit),
            ("STARTTLS", Verb::StartTls),
            ("AUTH", Verb::Auth),
            ("BDAT", Verb::Bdat),
            ("RSET", Verb::Rset),
            ("HELO", Verb::Helo),
            ("NOOP", Verb::Noop),
            ("VRFY", Verb::Vrfy),
            ("EXPN", Verb::Expn),
            ("HELP", Verb::Help),
        ];
        VERBS.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, verb)| *verb)
    }
}

/// The name after HELO or EHLO: printable ASCII without spaces; a domain or address literal when pedantic.
fn hello<'a>(rest: &'a str, verb: &'static str, syntax: Syntax) -> Result<&'a str, CommandError> {
    let bad = CommandError::NeedsArgument(verb);
    let printable = !rest.is_empty() && rest.len() <= MAX_HELLO && rest.bytes().all(|b| b.is_ascii_graphic());
    if !printable || (syntax == Syntax::Pedantic && rest.parse::<IpDomain>().is_err()) {
        return Err(bad);
    }
    Ok(rest)
}

fn auth(rest: &str, syntax: Syntax) -> Result<Command<'_>, CommandError> {
    let (mechanism, initial) = match rest.split_once(' ') {
        Some((mechanism, initial)) if syntax == Syntax::Lenient => {
            (mechanism, Some(initial.trim_start_matches(' ')))
        }
        Some((mechanism, initial)) => (mechanism, Some(initial)),
        None => (rest, None),
    };
    let sasl = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    let base64 = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=');
    let named = (1..=20).contains(&mechanism.len()) && mechanism.bytes().all(sasl);
    if !named || initial.is_some_and(|i| i.is_empty() || !i.bytes().all(base64)) {
        return Err(CommandError::NeedsArgument("AUTH"));
    }
    Ok(Command::Auth { mechanism, initial })
}

fn bdat(rest: &str) -> Result<Command<'static>, CommandError> {
    let bad = CommandError::NeedsArgument("BDAT");
    let (size, last) = match rest.split_once(' ') {
        Some((size, word)) if word.eq_ignore_ascii_case("LAST") => (size, true),
        Some(_) => return Err(bad),
        None => (rest, false),
    };
    number(size, 20).map(|size| Command::Bdat { size, last }).ok_or(bad)
}

impl fmt::Display for Command<'_> {
    /// Writes the line without CRLF.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.verb())?;
        match self {
            Command::Ehlo(name) | Command::Helo(name) => write!(f, " {name}"),
            Command::Auth { mechanism, initial } => {
                write!(f, " {mechanism}")?;
                initial.map_or(Ok(()), |i| write!(f, " {}", if i.is_empty() { "=" } else { i }))
            }
            Command::Mail(args) => write!(f, " {args}"),
            Command::Rcpt(args) => write!(f, " {args}"),
            Command::Bdat { size, last } => write!(f, " {size}{}", if *last { " LAST" } else { "" }),
            Command::Vrfy(text) | Command::Expn(text) => write!(f, " {text}"),
            Command::Help(text) if !text.is_empty() => write!(f, " {text}"),
            _ => Ok(()),
        }
    }
}
