//! Makes a message of what a program wrote: line ends, sender, recipients, the fields that must be there.

use mox_address::{Address, Path};
use mox_clock::{Random, Timestamp};
use mox_message::compose::{Fields, message_id};
use mox_message::header::{Header, split};
use mox_message::{AddressList, Mailbox};

use super::submitconf::SubmitConf;
use super::sysexits;
use crate::error::{CommandError, Exit};

/// What the command line says about the message.
pub(crate) struct Options {
    pub(crate) recipients: Vec<String>,
    /// Recipients are in the header, too.
    pub(crate) from_header: bool,
    pub(crate) name: Option<String>,
    pub(crate) sender: Option<String>,
    /// A line with only a dot ends the message.
    pub(crate) dot_ends: bool,
}

/// A message ready for submission.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) from: Address,
    pub(crate) recipients: Vec<Path>,
    /// CRLF line ends.
    pub(crate) message: Vec<u8>,
}

/// Most recipients of one message.
const MAX_RECIPIENTS: usize = 1000;

/// Builds the message.
pub(crate) fn prepare(
    input: &[u8],
    options: Options,
    conf: &SubmitConf,
    now: Timestamp,
    random: &dyn Random,
) -> Result<Prepared, CommandError> {
    let text = with_header(crlf(input, options.dot_ends));
    let header = Header::check(&text).map_err(|e| data_error(format!("the message cannot be sent: {e}")))?;
    let recipients = recipients(&header, &options, conf)?;
    let author = header.text("From").and_then(|text| AddressList::parse(&text).mailboxes().next().cloned());
    let from = sender(author.as_ref(), &options, conf)?;
    let keep_author = conf.from.is_none() && options.name.is_none() && author.is_some();
    let mut fields = Fields::new(true);
    let failed = |e: mox_message::Error| data_error(format!("the message cannot be sent: {e}"));
    if !keep_author {
        let name = options.name.clone().or(author.map(|a| a.name)).unwrap_or_default();
        fields.mailboxes("From", &[Mailbox::new(name, &from)]).map_err(failed)?;
    }
    if header.get("Date").is_none() {
        fields.date("Date", now).map_err(failed)?;
    }
    if header.get("Message-ID").is_none() {
        let id = message_id(random, &from.domain);
        fields.ids("Message-ID", &[id]).map_err(failed)?;
    }
    if conf.require_tls == Some(false) && header.get("TLS-Required").is_none() {
        fields.words("TLS-Required", "No").map_err(failed)?;
    }
    let mut message = fields.as_str().as_bytes().to_vec();
    for field in header.fields() {
        let drop = field.is("Bcc") || (field.is("From") && !keep_author);
        if !drop {
            message.extend_from_slice(field.raw);
        }
    }
    let (_, body) = split(&text);
    message.extend_from_slice(b"\r\n");
    message.extend_from_slice(body);
    Ok(Prepared { from, recipients, message })
}

/// Line ends become CRLF, the last line gets one; a line with only a dot may end the text.
fn crlf(input: &[u8], dot_ends: bool) -> Vec<u8> {
    let mut text = Vec::with_capacity(input.len() + input.len() / 32 + 2);
    for line in input.split_inclusive(|b| *b == b'\n') {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if dot_ends && line == b"." {
            break;
        }
        text.extend_from_slice(line);
        text.extend_from_slice(b"\r\n");
    }
    text
}

/// A text whose first line is no field has no header at all.
fn with_header(text: Vec<u8>) -> Vec<u8> {
    let first = text.split(|b| *b == b'\r').next().unwrap_or_default();
    let name = first.iter().position(|b| *b == b':').and_then(|at| first.get(..at));
    let is_field = name.is_some_and(|n| !n.is_empty() && n.iter().all(u8::is_ascii_graphic));
    if is_field || first.is_empty() { text } else { [b"\r\n", text.as_slice()].concat() }
}

fn recipients(header: &Header<'_>, options: &Options, conf: &SubmitConf) -> Result<Vec<Path>, CommandError> {
    let mut named = options.recipients.clone();
    if options.from_header {
        for field in ["To", "Cc", "Bcc"].iter().flat_map(|name| header.all(name)) {
            for mailbox in AddressList::parse(&field.text()).mailboxes() {
                named.push(match mailbox.address() {
                    Some(address) => address.to_string(),
                    None if mailbox.domain.is_empty() => mailbox.localpart.clone(),
                    None => format!("{}@{}", mailbox.localpart, mailbox.domain),
                });
            }
        }
    }
    let mut paths: Vec<Path> = Vec::new();
    for name in named {
        let text = match (&conf.default_destination, name.contains('@')) {
            (Some(address), false) => address.to_string(),
            _ => name.clone(),
        };
        let path = text.parse().map_err(|e| {
            CommandError::new(Exit::Sysexit(sysexits::NOUSER), anyhow::anyhow!("recipient {name:?}: {e}"))
                .hint("write name@domain; DefaultDestination in moxsubmit.conf is for names without a domain")
        })?;
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    match paths.len() {
        0 => Err(CommandError::usage("no recipients")
            .hint("name them as arguments, or in the message with -t: `mox sendmail -t < message.eml`")),
        1..=MAX_RECIPIENTS => Ok(paths),
        count => Err(CommandError::usage(format!("{count} recipients, more than {MAX_RECIPIENTS}"))),
    }
}

/// The configured sender, else `-f`, else the author, else the login name.
fn sender(author: Option<&Mailbox>, options: &Options, conf: &SubmitConf) -> Result<Address, CommandError> {
    if let Some(from) = &conf.from {
        return Ok(from.clone());
    }
    if let Some(text) = &options.sender {
        return text.parse().map_err(|e| {
            CommandError::usage(format!("sender {text:?}: {e}")).hint("write name@domain after -f")
        });
    }
    let author = author.and_then(Mailbox::address).or_else(|| conf.username.parse().ok());
    author.ok_or_else(|| data_error("the message names no sender".to_owned()).hint("name one with -f"))
}

fn data_error(message: String) -> CommandError {
    CommandError::new(Exit::Sysexit(sysexits::DATAERR), anyhow::anyhow!("{message}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use mox_clock::sim::SimRandom;

    fn options(recipients: &[&str]) -> Options {
        Options {
            recipients: recipients.iter().map(|r| (*r).to_owned()).collect(),
            from_header: false,
            name: None,
            sender: None,
            dot_ends: true,
        }
    }

    fn prepared(
        input: &str,
        options: Options,
        from: Option<&str>,
    ) -> Result<(Prepared, String), CommandError> {
        let mut conf = SubmitConf::localserve();
        conf.from = from.map(|f| f.parse().unwrap());
        let prepared =
            prepare(input.as_bytes(), options, &conf, Timestamp::from_secs(0), &SimRandom::new(1))?;
        let text = String::from_utf8(prepared.message.clone()).unwrap();
        Ok((prepared, text))
    }

    #[test]
    fn missing_fields_are_added_and_line_ends_mended() {
        let (prepared, text) =
            prepared("Subject: hi\n\nhello\n.\nnever", options(&["bob@example.org"]), None).unwrap();
        assert_eq!(prepared.from.to_string(), "mox@localhost");
        assert!(
            text.starts_with("From: mox@localhost\r\n") || text.starts_with("From: <mox@localhost>\r\n"),
            "{text}"
        );
        for part in ["\r\nDate: Thu, 1 Jan 1970", "\r\nMessage-ID: <", "\r\nSubject: hi\r\n\r\nhello\r\n"] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(text.ends_with("hello\r\n"));
    }

    #[test]
    fn recipients_come_from_the_header_on_request_and_bcc_goes() {
        let input = "From: A <a@example.org>\nTo: b@example.org, c\nBcc: d@example.org\n\n";
        let (prepared, text) =
            prepared(input, Options { from_header: true, ..options(&["b@example.org"]) }, None).unwrap();
        let to: Vec<String> = prepared.recipients.iter().map(ToString::to_string).collect();
        assert_eq!(to, ["b@example.org", "mox@localhost", "d@example.org"]);
        assert!(text.contains("From: A <a@example.org>\r\n") && !text.contains("Bcc"), "{text}");
    }

    #[test]
    fn configured_sender_replaces_the_author_and_keeps_the_name() {
        let input = "From: Cron <root@host>\nSubject: x\n\n";
        let (prepared, text) = prepared(input, options(&["b@example.org"]), Some("ops@example.org")).unwrap();
        assert_eq!(prepared.from.to_string(), "ops@example.org");
        assert!(text.contains("From: Cron <ops@example.org>\r\n") && !text.contains("root@host"), "{text}");
    }

    #[test]
    fn text_without_header_is_a_body() {
        let (_, text) = prepared("just words here\n", options(&["b@example.org"]), None).unwrap();
        assert!(text.ends_with("\r\n\r\njust words here\r\n"), "{text}");
    }

    #[test]
    fn mistakes_have_codes() {
        let code = |input, options| prepared(input, options, None).unwrap_err().kind;
        assert_eq!(code("Subject: x\n\n", options(&[])), Exit::Usage);
        assert_eq!(code("Subject: x\n\n", options(&["a@b c"])), Exit::Sysexit(sysexits::NOUSER));
        let sender = Some("nobody".to_owned());
        assert_eq!(code("Subject: x\n\n", Options { sender, ..options(&["b@example.org"]) }), Exit::Usage);
    }
}
