//! Builds messages: fields folded and encoded, MIME parts with the least encoding that carries them.
//!
//! What is built is the same for the same arguments: boundaries and ids come from `Random`, dates from the caller.
//! Lines end with CRLF and have at most 998 octets; control characters in field values are refused, so that no value
//! can add a field of its own. RFC 5322 §3, RFC 2045 §6, RFC 2046 §5.1, RFC 6522, RFC 6532.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mox_address::{Domain, IpDomain, Localpart};
use mox_clock::{Random, Timestamp, random_array};

use crate::addresslist::Mailbox;
use crate::body::{TransferEncoding, encode_base64, encode_quoted_printable};
use crate::fold::{Folder, HARD};
use crate::{Error, date, encodedword, param};

/// Longest word written as it is in an unstructured field; longer ones are encoded.
const MAX_WORD: usize = 500;

/// A header under construction.
#[derive(Debug, Clone, Default)]
pub struct Fields {
    text: String,
    utf8: bool,
}

impl Fields {
    /// An empty header; with `utf8` it may hold UTF-8, for SMTPUTF8 messages.
    pub fn new(utf8: bool) -> Fields {
        Fields { text: String::new(), utf8 }
    }

    /// Adds an unstructured field such as Subject, with encoded words where needed.
    pub fn text(&mut self, name: &str, text: &str) -> Result<&mut Fields, Error> {
        if text.chars().any(|c| c.is_control() && c != '\t') {
            return Err(Error::BadFieldValue { name: name.to_owned() });
        }
        let mut field = Folder::new(name);
        if self.can_stand(text) {
            for (n, word) in text.split(' ').enumerate() {
                if n == 0 {
                    field.glue(" ").glue(word)
                } else {
                    field.word(word)
                };
            }
        } else {
            for word in encodedword::encode(text) {
                field.word(&word);
            }
        }
        self.push(field)
    }

    /// Whether unstructured text needs no encoding. Double spaces would be lost in folding, `=?` be decoded.
    fn can_stand(&self, text: &str) -> bool {
        let spaced = text.trim() != text || text.contains("  ") || text.contains('\t');
        let long = text.split(' ').any(|w| w.len() > MAX_WORD);
        (self.utf8 || text.is_ascii()) && !spaced && !long && !text.contains("=?")
    }

    /// Adds a structured field of words that may be folded at spaces: `Auto-Submitted: auto-replied`.
    pub fn words(&mut self, name: &str, value: &str) -> Result<&mut Fields, Error> {
        let mut field = Folder::new(name);
        for word in value.split(' ') {
            field.word(word);
        }
        self.push(field)
    }

    /// Adds a field with parameters: see [`param::format`].
    pub fn params(&mut self, name: &str, value: &str, params: &[(&str, &str)]) -> Result<&mut Fields, Error> {
        self.text.push_str(&param::format(name, value, params)?);
        Ok(self)
    }

    /// Adds an address field; nothing when the list is empty. Errors: a mailbox without a valid address; one that
    /// needs UTF-8 when the header may not have it.
    pub fn mailboxes(&mut self, name: &str, list: &[Mailbox]) -> Result<&mut Fields, Error> {
        let mut field = Folder::new(name);
        for (n, mailbox) in list.iter().enumerate() {
            if n > 0 {
                field.glue(",");
            }
            self.mailbox(name, mailbox, &mut field)?;
        }
        if list.is_empty() { Ok(self) } else { self.push(field) }
    }

    fn mailbox(&self, name: &str, mailbox: &Mailbox, field: &mut Folder) -> Result<(), Error> {
        let bad = || Error::BadFieldValue { name: name.to_owned() };
        let localpart = Localpart::from_unquoted(&mailbox.localpart).map_err(|_| bad())?;
        let domain = mailbox.domain.parse::<IpDomain>().map_err(|_| bad())?;
        if !localpart.is_ascii() && !self.utf8 {
            return Err(Error::NeedsUtf8 { name: name.to_owned() });
        }
        let domain = match &domain {
            IpDomain::Domain(d) if self.utf8 => d.unicode().to_owned(),
            other => other.to_string(),
        };
        if mailbox.name.chars().any(char::is_control) {
            return Err(bad());
        }
        if mailbox.name.is_empty() {
            field.word(&format!("{localpart}@{domain}"));
            return Ok(());
        }
        for word in self.phrase(&mailbox.name) {
            field.word(&word);
        }
        field.word(&format!("<{localpart}@{domain}>"));
        Ok(())
    }

    /// A display name: atoms, a quoted string, or encoded words.
    fn phrase(&self, name: &str) -> Vec<String> {
        let atoms = name.split(' ').all(|w| {
            !w.is_empty()
                && w.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b))
        });
        if !(name.is_ascii() || self.utf8) || name.contains("=?") || name.len() > MAX_WORD {
            encodedword::encode(name)
        } else if atoms {
            name.split(' ').map(str::to_owned).collect()
        } else {
            vec![format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))]
        }
    }

    /// Adds a date field in UTC.
    pub fn date(&mut self, name: &str, at: Timestamp) -> Result<&mut Fields, Error> {
        let mut field = Folder::new(name);
        field.word(&date::format(at));
        self.push(field)
    }

    /// Adds a field of message-ids, given without brackets; nothing when there are none.
    pub fn ids<S: AsRef<str>>(&mut self, name: &str, ids: &[S]) -> Result<&mut Fields, Error> {
        let mut field = Folder::new(name);
        for id in ids {
            let id = id.as_ref();
            if id.is_empty() || id.contains(|c: char| c.is_whitespace() || c == '<' || c == '>') {
                return Err(Error::BadFieldValue { name: name.to_owned() });
            }
            field.word(&format!("<{id}>"));
        }
        if ids.is_empty() { Ok(self) } else { self.push(field) }
    }

    /// Adds a field that another writer of this room finished, such as Received.
    pub fn finished(&mut self, field: &str) -> &mut Fields {
        self.text.push_str(field);
        self
    }

    /// The fields, each with CRLF.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    fn push(&mut self, field: Folder) -> Result<&mut Fields, Error> {
        let name = field.name().to_owned();
        let text = field.finish()?;
        if !self.utf8 && !text.is_ascii() {
            return Err(Error::NeedsUtf8 { name });
        }
        self.text.push_str(&text);
        Ok(self)
    }
}

/// A new message-id without brackets: 128 random bits at the domain.
pub fn message_id(random: &dyn Random, domain: &Domain) -> String {
    format!("{}@{domain}", URL_SAFE_NO_PAD.encode(random_array::<16>(random)))
}

/// What a message may use on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// ASCII only.
    SevenBit,
    /// Bytes beyond ASCII in bodies (8BITMIME).
    EightBit,
}

/// A MIME part to be written.
#[derive(Debug, Clone)]
pub struct Part {
    content_type: String,
    params: Vec<(String, String)>,
    disposition: Option<(String, Vec<(String, String)>)>,
    id: Option<String>,
    content: Content,
}

#[derive(Debug, Clone)]
enum Content {
    /// Lines of text; line ends become CRLF.
    Text(Vec<u8>),
    /// Bytes that must arrive as they are.
    Binary(Vec<u8>),
    /// Lines that may not be encoded, as of message/rfc822.
    Verbatim(Vec<u8>),
    Multipart(Vec<Part>),
}

impl Part {
    /// Text in UTF-8; any line ends, the last line gets one too.
    pub fn text(subtype: &str, text: &str) -> Part {
        let part = Part::lines(&format!("text/{subtype}"), text.as_bytes());
        if text.is_ascii() { part.param("charset", "us-ascii") } else { part.param("charset", "utf-8") }
    }

    /// Lines of any type that may be encoded on the way: `message/delivery-status`.
    pub fn lines(content_type: &str, lines: &[u8]) -> Part {
        Part::new(content_type, Content::Text(crlf(lines)))
    }

    /// A message, or what else may not be encoded. The caller knows that its lines fit the transport.
    pub fn verbatim(content_type: &str, lines: &[u8]) -> Part {
        Part::new(content_type, Content::Verbatim(crlf(lines)))
    }

    /// A file.
    pub fn attachment(content_type: &str, filename: &str, bytes: &[u8]) -> Part {
        let mut part = Part::new(content_type, Content::Binary(bytes.to_vec()));
        part.disposition = Some(("attachment".into(), vec![("filename".into(), filename.into())]));
        part
    }

    /// Parts together: `mixed`, `alternative` (plainest first), `related`.
    pub fn multipart(subtype: &str, parts: Vec<Part>) -> Part {
        Part::new(&format!("multipart/{subtype}"), Content::Multipart(parts))
    }

    /// A report (RFC 6522): text for people, the report, and perhaps what it is about.
    pub fn report(report_type: &str, parts: Vec<Part>) -> Part {
        Part::multipart("report", parts).param("report-type", report_type)
    }

    /// Adds a parameter to the media type.
    pub fn param(mut self, name: &str, value: &str) -> Part {
        self.params.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same part, for the text to show: it names it by `id`, which is written in brackets.
    pub fn inline(mut self, id: &str) -> Part {
        if let Some((value, _)) = &mut self.disposition {
            "inline".clone_into(value);
        }
        self.id = Some(id.to_owned()).filter(|id| !id.is_empty());
        self
    }

    /// Bytes in base64 without a word on how to show them.
    pub fn binary(content_type: &str, bytes: &[u8]) -> Part {
        Part::new(content_type, Content::Binary(bytes.to_vec()))
    }

    fn new(content_type: &str, content: Content) -> Part {
        let content_type = content_type.to_owned();
        Part { content_type, params: Vec::new(), disposition: None, id: None, content }
    }

    fn write(&self, out: &mut Vec<u8>, transport: Transport, random: &dyn Random) -> Result<(), Error> {
        let mut params: Vec<_> = self.params.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let mut boundary = String::new();
        if matches!(self.content, Content::Multipart(_)) {
            // `=_` can stand neither in base64 nor in quoted-printable.
            boundary = format!("=_{}", URL_SAFE_NO_PAD.encode(random_array::<18>(random)));
            params.push(("boundary", boundary.as_str()));
        }
        let mut fields = Fields::new(false);
        fields.params("Content-Type", &self.content_type, &params)?;
        if let Some((value, params)) = &self.disposition {
            let params: Vec<_> = params.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            fields.params("Content-Disposition", value, &params)?;
        }
        if let Some(id) = &self.id {
            fields.ids("Content-ID", &[id])?;
        }
        let encoding = self.content.encoding(transport);
        if encoding != TransferEncoding::SevenBit {
            fields.words("Content-Transfer-Encoding", encoding.as_str())?;
        }
        out.extend_from_slice(fields.as_str().as_bytes());
        out.extend_from_slice(b"\r\n");
        match &self.content {
            Content::Multipart(parts) => {
                for part in parts {
                    out.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
                    part.write(out, transport, random)?;
                    out.extend_from_slice(b"\r\n");
                }
                out.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
            }
            Content::Text(b) | Content::Binary(b) | Content::Verbatim(b) => match encoding {
                TransferEncoding::Base64 => out.extend_from_slice(encode_base64(b).as_bytes()),
                TransferEncoding::QuotedPrintable => {
                    out.extend_from_slice(encode_quoted_printable(b).as_bytes());
                }
                _ => out.extend_from_slice(b),
            },
        }
        Ok(())
    }
}

impl Content {
    /// The least encoding that carries the content.
    fn encoding(&self, transport: Transport) -> TransferEncoding {
        match self {
            Content::Binary(_) => TransferEncoding::Base64,
            Content::Verbatim(b) if b.is_ascii() => TransferEncoding::SevenBit,
            Content::Verbatim(_) => TransferEncoding::EightBit,
            Content::Multipart(parts) => {
                let eight = parts.iter().any(|p| p.content.encoding(transport) == TransferEncoding::EightBit);
                if eight { TransferEncoding::EightBit } else { TransferEncoding::SevenBit }
            }
            Content::Text(b) => {
                let beyond_ascii = b.iter().filter(|b| !b.is_ascii()).count();
                let fits =
                    !b.contains(&0) && b.split_inclusive(|b| *b == b'\n').all(|line| line.len() <= HARD + 2);
                match (fits, beyond_ascii, transport) {
                    (true, 0, _) => TransferEncoding::SevenBit,
                    (true, _, Transport::EightBit) => TransferEncoding::EightBit,
                    // Three octets for each of them against four for three of all.
                    _ if beyond_ascii > b.len() / 6 => TransferEncoding::Base64,
                    _ => TransferEncoding::QuotedPrintable,
                }
            }
        }
    }
}

/// Lines with CRLF, whatever they ended with; the last one too.
fn crlf(lines: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(lines.len() + lines.len() / 16);
    let mut rest = lines;
    while let [b, after @ ..] = rest {
        match b {
            b'\r' | b'\n' => out.extend_from_slice(b"\r\n"),
            b => out.push(*b),
        }
        rest = if *b == b'\r' { after.strip_prefix(b"\n").unwrap_or(after) } else { after };
    }
    if !out.is_empty() && !out.ends_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
    out
}

/// Writes a message: the given fields, MIME-Version, and the body.
pub fn message(
    fields: &Fields,
    body: &Part,
    transport: Transport,
    random: &dyn Random,
) -> Result<Vec<u8>, Error> {
    let mut out = fields.as_str().as_bytes().to_vec();
    out.extend_from_slice(b"MIME-Version: 1.0\r\n");
    body.write(&mut out, transport, random)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::header::Header;
    use crate::part::Tree;
    use mox_clock::sim::SimRandom;
    use proptest::prelude::*;

    fn mailbox(name: &str, address: &str) -> Mailbox {
        Mailbox::new(name, &address.parse().unwrap())
    }

    #[test]
    fn fields_are_folded_and_encoded() {
        let mut fields = Fields::new(false);
        let to = [
            mailbox("Jo\u{e9}l", "j@m\u{fc}nchen.example"),
            mailbox("A. \"B\"", "b@x.test"),
            mailbox("Mary S", "m@x.test"),
        ];
        fields.mailboxes("To", &to).unwrap().mailboxes("Cc", &[]).unwrap();
        fields.text("Subject", "caf\u{e9}").unwrap().ids("References", &["a@b", "c@d"]).unwrap();
        fields.date("Date", Timestamp::from_secs(0)).unwrap();
        assert_eq!(
            fields.as_str(),
            "To: =?utf-8?Q?Jo=C3=A9l?= <j@xn--mnchen-3ya.example>, \"A. \\\"B\\\"\" <b@x.test>,\r\n Mary S <m@x.test>\r\n\
             Subject: =?utf-8?Q?caf=C3=A9?=\r\nReferences: <a@b> <c@d>\r\nDate: Thu, 1 Jan 1970 00:00:00 +0000\r\n"
        );
        let mut utf8 = Fields::new(true);
        utf8.mailboxes("To", &[mailbox("J\u{f6}rn", "j\u{f6}rn@m\u{fc}nchen.example")])
            .unwrap()
            .text("Subject", "caf\u{e9}")
            .unwrap();
        assert_eq!(
            utf8.as_str(),
            "To: \"J\u{f6}rn\" <j\u{f6}rn@m\u{fc}nchen.example>\r\nSubject: caf\u{e9}\r\n"
        );
    }

    #[test]
    fn values_cannot_add_fields() {
        let evil = "x\r\nBcc: evil@example.org";
        let mut fields = Fields::new(true);
        assert!(fields.text("Subject", evil).is_err());
        assert!(fields.text("Subject", "a\0").is_err());
        assert!(fields.text("Sub ject", "a").is_err());
        assert!(fields.words("X", evil).is_err());
        assert!(fields.mailboxes("To", &[mailbox(evil, "a@b.test")]).is_err());
        assert!(
            fields.mailboxes("To", &[Mailbox { domain: evil.into(), ..mailbox("", "a@b.test") }]).is_err()
        );
        assert!(fields.ids("References", &[evil]).is_err());
        assert!(fields.params("X", "a", &[("n", evil)]).is_err());
        assert_eq!(fields.as_str(), "");
        let mut ascii = Fields::new(false);
        assert_eq!(
            ascii.mailboxes("To", &[mailbox("", "\u{e9}@b.test")]).unwrap_err(),
            Error::NeedsUtf8 { name: "To".into() }
        );
        assert!(ascii.words("X", "\u{e9}").is_err());
        let part = Part::attachment("a/b\r\nX: y", "n", b"");
        assert!(message(&ascii, &part, Transport::EightBit, &SimRandom::new(1)).is_err());
    }

    #[test]
    fn a_message_with_everything_reads_back() {
        let text = format!("Hello caf\u{e9}\nFrom here\n.\n{}", "x".repeat(2000));
        let file: Vec<u8> = (0..=255).collect();
        let body = Part::multipart(
            "mixed",
            vec![
                Part::multipart(
                    "alternative",
                    vec![Part::text("plain", &text), Part::text("html", "<p>hi</p>")],
                ),
                Part::attachment("application/octet-stream", "na\u{ef}ve.bin", &file),
            ],
        );
        let mut fields = Fields::new(false);
        fields.text("Subject", "s").unwrap();
        let built = message(&fields, &body, Transport::EightBit, &SimRandom::new(1)).unwrap();
        assert_eq!(built, message(&fields, &body, Transport::EightBit, &SimRandom::new(1)).unwrap());
        Header::check(&built).unwrap();
        for line in built.split_inclusive(|b| *b == b'\n') {
            assert!(line.len() <= 1000 && line.ends_with(b"\r\n"), "{}", String::from_utf8_lossy(line));
        }
        let tree = Tree::parse(&built);
        let types: Vec<_> = tree.parts.iter().map(|p| p.content_type.as_str()).collect();
        assert_eq!(
            types,
            [
                "multipart/mixed",
                "multipart/alternative",
                "text/plain",
                "text/html",
                "application/octet-stream"
            ]
        );
        assert_eq!(tree.text(&built, "plain", 10_000).unwrap(), text.replace('\n', "\r\n") + "\r\n");
        let (index, part) = tree.attachments().next().unwrap();
        assert_eq!((index, part.filename.as_deref()), (4, Some("na\u{ef}ve.bin")));
        assert_eq!(tree.decode(&built, part, 1000).0, file);
    }

    #[test]
    fn the_least_encoding_is_taken() {
        let encoding = |text: &str, transport| Part::text("plain", text).content.encoding(transport);
        assert_eq!(encoding("hello", Transport::SevenBit), TransferEncoding::SevenBit);
        assert_eq!(encoding("caf\u{e9} and more", Transport::EightBit), TransferEncoding::EightBit);
        assert_eq!(
            encoding("caf\u{e9} and much more text", Transport::SevenBit),
            TransferEncoding::QuotedPrintable
        );
        assert_eq!(encoding("\u{65e5}\u{672c}", Transport::SevenBit), TransferEncoding::Base64);
        assert_eq!(encoding(&"x".repeat(998), Transport::SevenBit), TransferEncoding::SevenBit);
        assert_eq!(encoding(&"x".repeat(999), Transport::EightBit), TransferEncoding::QuotedPrintable);
    }

    proptest! {
        #[test]
        fn text_fields_read_back(text in "[^\\p{Cc}]{0,300}", utf8: bool) {
            let mut fields = Fields::new(utf8);
            fields.text("Subject", &text).unwrap();
            let header = Header::check(fields.as_str().as_bytes()).unwrap();
            prop_assert!(utf8 || fields.as_str().is_ascii());
            let read = crate::fields::subject(&header.text("Subject").unwrap());
            prop_assert_eq!(read, text);
        }

        #[test]
        fn display_names_read_back(name in "[^\\p{Cc}]{0,200}", utf8: bool) {
            let mut fields = Fields::new(utf8);
            let to = mailbox(name.trim(), "a@b.test");
            fields.mailboxes("To", std::slice::from_ref(&to)).unwrap();
            let header = Header::check(fields.as_str().as_bytes()).unwrap();
            let list = crate::AddressList::parse(&header.text("To").unwrap());
            prop_assert!(!list.malformed);
            prop_assert_eq!(list.mailboxes().collect::<Vec<_>>(), [&to]);
        }

        #[test]
        fn text_parts_read_back(text in "[\\PC\n ]{0,300}", eight: bool) {
            let transport = if eight { Transport::EightBit } else { Transport::SevenBit };
            let built = message(&Fields::new(false), &Part::text("plain", &text), transport, &SimRandom::new(1)).unwrap();
            prop_assert!(eight || built.is_ascii());
            let read = Tree::parse(&built).text(&built, "plain", 10_000).unwrap();
            let mut expected = text.strip_prefix('\u{feff}').unwrap_or(&text).replace('\n', "\r\n");
            if !text.is_empty() && !text.ends_with('\n') {
                expected.push_str("\r\n");
            }
            prop_assert_eq!(read, expected);
        }
    }
}
