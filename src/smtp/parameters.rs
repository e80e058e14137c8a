//! Paths and parameters after `MAIL FROM:` and `RCPT TO:`.
//!
//! A parameter may be given once. Unknown ones are refused with 555 (RFC 5321 §4.1.1.11); whether a known one was
//! offered is the session's to check. RFC 5321 §4.1.2, RFC 1870, 3030, 3461, 4865, 4954, 6152, 6531, 8689.

use mox_address::Path;
use mox_clock::Timestamp;

use crate::envelope::from_xtext;
use crate::{
    Body, CommandError, ForwardPath, Hold, MailArgs, Notify, OriginalRecipient, RcptArgs, Return, Syntax,
};

/// Most parameters of one command.
const MAX_PARAMETERS: usize = 16;
/// Longest decoded ENVID (RFC 3461 §4.4).
const MAX_ENVID: usize = 100;
/// Longest ORCPT (RFC 3461 §4.2).
const MAX_ORCPT: usize = 500;

/// Parses what follows `MAIL `.
pub(crate) fn mail(text: &str, syntax: Syntax) -> Result<MailArgs, CommandError> {
    let (path, rest) = take_path(after_word(text, "FROM:", syntax)?, CommandError::Path)?;
    let mut args = MailArgs::default();
    if !path.is_empty() {
        args.reverse_path = Some(path.parse().map_err(CommandError::Address)?);
    }
    for (name, value) in parameters(rest)? {
        mail_parameter(&mut args, name, value)?;
    }
    if !path.is_ascii() && !args.smtputf8 {
        return Err(CommandError::NeedsSmtpUtf8);
    }
    Ok(args)
}

/// Parses what follows `RCPT `.
pub(crate) fn rcpt(text: &str, syntax: Syntax) -> Result<RcptArgs, CommandError> {
    let (path, rest) = take_path(after_word(text, "TO:", syntax)?, CommandError::Path)?;
    let forward_path = if path.eq_ignore_ascii_case("postmaster") {
        ForwardPath::Postmaster
    } else {
        ForwardPath::Path(path.parse::<Path>().map_err(CommandError::Address)?)
    };
    let mut args = RcptArgs { forward_path, notify: None, orcpt: None };
    for (name, value) in parameters(rest)? {
        rcpt_parameter(&mut args, name, value)?;
    }
    Ok(args)
}

/// Takes `word` off the front; spaces after it only where the syntax is lenient.
fn after_word<'a>(text: &'a str, word: &'static str, syntax: Syntax) -> Result<&'a str, CommandError> {
    let head = text.get(..word.len()).filter(|h| h.eq_ignore_ascii_case(word));
    let rest = head.and_then(|_| text.get(word.len()..)).ok_or(CommandError::Expected(word))?;
    let trimmed = rest.trim_start_matches(' ');
    if trimmed.len() != rest.len() && syntax == Syntax::Pedantic {
        return Err(CommandError::SpaceAfterColon);
    }
    Ok(trimmed)
}

/// Splits `<path>` off the front, minding quoted strings.
fn take_path(text: &str, missing: CommandError) -> Result<(&str, &str), CommandError> {
    let Some(inner) = text.strip_prefix('<') else { return Err(missing) };
    let (mut quoted, mut escaped) = (false, false);
    for (at, b) in inner.bytes().enumerate() {
        match b {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'>' if !quoted => {
                let (path, rest) = inner.split_at_checked(at).ok_or(CommandError::Path)?;
                return Ok((path, rest.get(1..).unwrap_or_default()));
            }
            _ => {}
        }
    }
    Err(missing)
}

type Parameter<'a> = (&'a str, Option<&'a str>);

/// The parameters, each ` keyword[=value]`, bounded and without repetition.
fn parameters(text: &str) -> Result<Vec<Parameter<'_>>, CommandError> {
    if !text.is_empty() && !text.starts_with(' ') {
        return Err(CommandError::Path);
    }
    let mut found: Vec<Parameter<'_>> = Vec::new();
    for word in text.split(' ').filter(|w| !w.is_empty()) {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (word, None),
        };
        if found.iter().any(|(other, _)| other.eq_ignore_ascii_case(name)) {
            return Err(CommandError::Repeated(name.to_ascii_uppercase()));
        }
        if found.len() == MAX_PARAMETERS {
            return Err(CommandError::TooManyParameters);
        }
        found.push((name, value));
    }
    Ok(found)
}

fn mail_parameter(args: &mut MailArgs, name: &str, value: Option<&str>) -> Result<(), CommandError> {
    let upper = name.to_ascii_uppercase();
    match (upper.as_str(), value) {
        ("SIZE", Some(v)) => args.size = Some(number(v, 20).ok_or(CommandError::BadValue("SIZE"))?),
        ("BODY", Some(v)) => {
            args.body = match v.to_ascii_uppercase().as_str() {
                "7BIT" => Body::SevenBit,
                "8BITMIME" => Body::EightBitMime,
                "BINARYMIME" => Body::BinaryMime,
                _ => return Err(CommandError::BadValue("BODY")),
            }
        }
        ("SMTPUTF8", None) => args.smtputf8 = true,
        ("REQUIRETLS", None) => args.require_tls = true,
        ("HOLDFOR", Some(v)) => {
            hold(args, Hold::For(number(v, 9).ok_or(CommandError::BadValue("HOLDFOR"))?))?;
        }
        ("HOLDUNTIL", Some(v)) => {
            let when = Some(v).filter(|v| v.len() >= 20).and_then(Timestamp::parse_rfc3339);
            hold(args, Hold::Until(when.ok_or(CommandError::BadValue("HOLDUNTIL"))?))?;
        }
        ("RET", Some(v)) if v.eq_ignore_ascii_case("FULL") => args.ret = Some(Return::Full),
        ("RET", Some(v)) if v.eq_ignore_ascii_case("HDRS") => args.ret = Some(Return::Headers),
        ("RET", _) => return Err(CommandError::BadValue("RET")),
        ("ENVID", Some(v)) => {
            let envid = from_xtext(v).filter(|e| !e.is_empty() && e.len() <= MAX_ENVID);
            args.envid = Some(envid.ok_or(CommandError::BadValue("ENVID"))?);
        }
        ("AUTH", Some(v)) => args.auth = Some(from_xtext(v).ok_or(CommandError::BadValue("AUTH"))?),
        ("SIZE", _) => return Err(CommandError::BadValue("SIZE")),
        ("BODY", _) => return Err(CommandError::BadValue("BODY")),
        ("SMTPUTF8", _) => return Err(CommandError::BadValue("SMTPUTF8")),
        ("REQUIRETLS", _) => return Err(CommandError::BadValue("REQUIRETLS")),
        _ => return Err(CommandError::UnknownParameter(upper)),
    }
    Ok(())
}

/// HOLDFOR and HOLDUNTIL exclude each other (RFC 4865 §4.1).
fn hold(args: &mut MailArgs, hold: Hold) -> Result<(), CommandError> {
    match args.hold.replace(hold) {
        Some(_) => Err(CommandError::Repeated("HOLDFOR or HOLDUNTIL".to_owned())),
        None => Ok(()),
    }
}

fn rcpt_parameter(args: &mut RcptArgs, name: &str, value: Option<&str>) -> Result<(), CommandError> {
    let upper = name.to_ascii_uppercase();
    match (upper.as_str(), value) {
        ("NOTIFY", Some(v)) => args.notify = Some(notify(v).ok_or(CommandError::BadValue("NOTIFY"))?),
        ("ORCPT", Some(v)) => args.orcpt = Some(orcpt(v).ok_or(CommandError::BadValue("ORCPT"))?),
        _ => return Err(CommandError::UnknownParameter(upper)),
    }
    Ok(())
}

fn notify(value: &str) -> Option<Notify> {
    let mut found = Notify::default();
    if value.eq_ignore_ascii_case("NEVER") {
        return Some(found);
    }
    for word in value.split(',') {
        let flag = match word.to_ascii_uppercase().as_str() {
            "SUCCESS" => &mut found.success,
            "FAILURE" => &mut found.failure,
            "DELAY" => &mut found.delay,
            _ => return None,
        };
        *flag = true;
    }
    Some(found)
}

fn orcpt(value: &str) -> Option<OriginalRecipient> {
    let (kind, address) = value.split_once(';')?;
    let atom = !kind.is_empty() && kind.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if !atom || value.len() > MAX_ORCPT {
        return None;
    }
    Some(OriginalRecipient { kind: kind.to_owned(), address: from_xtext(address)? })
}

/// One to `digits` digits; numbers beyond `u64` are its maximum.
pub(crate) fn number(text: &str, digits: usize) -> Option<u64> {
    let good = (1..=digits).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    good.then(|| text.parse().unwrap_or(u64::MAX))
}
