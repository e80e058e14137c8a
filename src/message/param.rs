//! Values with parameters, as Content-Type and Content-Disposition have: `text/plain; charset=utf-8`.
//!
//! Continuations and charsets (RFC 2231) are read and written: `filename*0*=utf-8''a%C3%A4; filename*1=b`. Encoded
//! words in a quoted parameter, which RFC 2047 forbids and software writes, are decoded too. Names are lower case.
//! Limits: [`MAX_PARAMS`], [`MAX_VALUE`]. RFC 2045 §5.1, RFC 2183 §2, RFC 2231 §3, §4.

use std::collections::BTreeMap;

use encoding_rs::{Encoding, UTF_8};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::date::comment_length;
use crate::encodedword::{self, hex};
use crate::fold::Folder;

/// Most parameters that are read, sections of continued ones counted.
pub const MAX_PARAMS: usize = 1000;

/// Longest value of a field with parameters that is read, in bytes.
pub const MAX_VALUE: usize = 64 * 1024;

/// A value with parameters.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Parameterized {
    /// Lower-case value: `text/plain`, `attachment`. May be empty.
    pub value: String,
    /// Lower-case names with decoded values, in the order of their first appearance.
    pub params: Vec<(String, String)>,
}

impl Parameterized {
    /// Reads an unfolded field value.
    pub fn parse(text: &str) -> Parameterized {
        let mut end = text.len().min(MAX_VALUE);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let mut scan = Scan(text.get(..end).unwrap_or_default());
        let value = scan.value().to_lowercase();
        let mut sections = Sections::default();
        for _ in 0..MAX_PARAMS {
            let Some((name, value)) = scan.param() else { break };
            sections.add(&name, value);
        }
        Parameterized { value, params: sections.join() }
    }

    /// The parameter's value; the name in lower case.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

/// A scanner over the text of a field.
struct Scan<'a>(&'a str);

impl<'a> Scan<'a> {
    fn skip_cfws(&mut self) {
        loop {
            self.0 = self.0.trim_start();
            if !self.0.starts_with('(') {
                return;
            }
            self.0 = self.0.get(comment_length(self.0)..).unwrap_or_default();
        }
    }

    fn until(&mut self, stop: &[char]) -> &'a str {
        let end = self.0.find(stop).unwrap_or(self.0.len());
        let (found, rest) = self.0.split_at_checked(end).unwrap_or((self.0, ""));
        self.0 = rest;
        found.trim_end()
    }

    /// The value before the first parameter, spaces around its slash dropped.
    fn value(&mut self) -> String {
        self.skip_cfws();
        let mut value: String = self.until(&[';', '(']).split_whitespace().collect();
        self.skip_cfws();
        if self.0.starts_with('/') {
            value += &self.until(&[';', '(']).split_whitespace().collect::<String>();
        }
        value
    }

    /// The next parameter: name in lower case and value, quotes taken off.
    fn param(&mut self) -> Option<(String, String)> {
        loop {
            self.until(&[';']);
            self.0 = self.0.strip_prefix(';')?;
            self.skip_cfws();
            let name = self.until(&['=', ';', '(']).to_ascii_lowercase();
            self.skip_cfws();
            let Some(rest) = self.0.strip_prefix('=') else { continue };
            self.0 = rest;
            self.skip_cfws();
            let value =
                if self.0.starts_with('"') { self.quoted() } else { self.until(&[';', '(']).to_owned() };
            if !name.is_empty() {
                return Some((name, value));
            }
        }
    }

    /// A quoted string; one that never ends takes all.
    fn quoted(&mut self) -> String {
        let mut value = String::new();
        let mut chars = self.0.chars();
        chars.next();
        while let Some(c) = chars.next() {
            match c {
                '"' => break,
                // `"C:\new.txt"`: only what needs quoting is unquoted, so that careless backslashes live.
                '\\' => match chars.clone().next() {
                    Some(c @ ('"' | '\\')) => {
                        value.push(c);
                        chars.next();
                    }
                    _ => value.push('\\'),
                },
                c => value.push(c),
            }
        }
        self.0 = chars.as_str();
        value
    }
}

/// Parameters while their sections are gathered.
#[derive(Default)]
struct Sections {
    order: Vec<String>,
    plain: BTreeMap<String, String>,
    /// Per name: section number to whether it is percent-encoded, and its text.
    continued: BTreeMap<String, BTreeMap<u32, (bool, String)>>,
}

impl Sections {
    fn add(&mut self, name: &str, value: String) {
        let (base, section, encoded) = section(name);
        if !self.plain.contains_key(base) && !self.continued.contains_key(base) {
            self.order.push(base.to_owned());
        }
        match section {
            None if !encoded => {
                self.plain.entry(base.to_owned()).or_insert(value);
            }
            _ => {
                let sections = self.continued.entry(base.to_owned()).or_default();
                sections.entry(section.unwrap_or(0)).or_insert((encoded, value));
            }
        }
    }

    /// RFC 2231 values win over plain ones of the same name: they are there for those who can read them.
    fn join(self) -> Vec<(String, String)> {
        let Sections { order, mut plain, mut continued } = self;
        let value = |name: &String| match continued.remove(name) {
            Some(sections) => join_sections(sections),
            None => encodedword::decode(&plain.remove(name).unwrap_or_default()),
        };
        let values: Vec<String> = order.iter().map(value).collect();
        order.into_iter().zip(values).collect()
    }
}

/// Takes `name*1*` apart: name, section, whether the value is percent-encoded.
fn section(name: &str) -> (&str, Option<u32>, bool) {
    let (name, encoded) = match name.strip_suffix('*') {
        Some(name) => (name, true),
        None => (name, false),
    };
    match name.rsplit_once('*').map(|(base, n)| (base, n.parse::<u32>())) {
        Some((base, Ok(n))) if !base.is_empty() => (base, Some(n), encoded),
        _ => (name, None, encoded),
    }
}

/// Joins sections from 0 up to the first that is missing.
fn join_sections(sections: BTreeMap<u32, (bool, String)>) -> String {
    let mut charset = None;
    let mut bytes = Vec::new();
    for (expected, (number, (encoded, text))) in (0..).zip(sections) {
        if number != expected {
            break;
        }
        let mut text = text.as_str();
        if encoded && number == 0 {
            let mut parts = text.splitn(3, '\'');
            if let (Some(name), Some(_language), Some(rest)) = (parts.next(), parts.next(), parts.next()) {
                charset = Some(name.to_owned()).filter(|n| !n.is_empty());
                text = rest;
            }
        }
        match encoded {
            true => percent_decode(text, &mut bytes),
            false => bytes.extend_from_slice(text.as_bytes()),
        }
    }
    let charset = charset.and_then(|c| Encoding::for_label_no_replacement(c.as_bytes())).unwrap_or(UTF_8);
    let mut text = charset.decode_without_bom_handling(&bytes).0.into_owned();
    text.retain(|c| !c.is_control());
    text
}

fn percent_decode(text: &str, out: &mut Vec<u8>) {
    let mut bytes = text.bytes();
    while let Some(b) = bytes.next() {
        let mut ahead = bytes.clone();
        match (b, ahead.next().and_then(hex), ahead.next().and_then(hex)) {
            (b'%', Some(high), Some(low)) => {
                out.push(high << 4 | low);
                bytes = ahead;
            }
            _ => out.push(b),
        }
    }
}

/// Longest piece of a continued value that is written.
const MAX_SECTION: usize = 56;

/// Writes a field with parameters: tokens bare, other ASCII quoted, the rest and long values as RFC 2231 says.
/// Errors: control characters in a value, a parameter name that is no token, a name or value of the field that
/// [`Folder`] refuses.
pub fn format(name: &str, value: &str, params: &[(&str, &str)]) -> Result<String, Error> {
    let mut field = Folder::new(name);
    field.word(value);
    for (param, value) in params {
        if !is_token(param) || value.chars().any(char::is_control) {
            return Err(Error::BadFieldValue { name: name.to_owned() });
        }
        for text in format_param(param, value) {
            field.glue(";").word(&text);
        }
    }
    field.finish()
}

fn format_param(name: &str, value: &str) -> Vec<String> {
    if value.is_ascii() && value.len() <= 2 * MAX_SECTION {
        return vec![match is_token(value) {
            true => format!("{name}={value}"),
            false => format!("{name}=\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")),
        }];
    }
    let mut sections = vec![String::from("utf-8''")];
    for c in value.chars() {
        let mut bytes = [0; 4];
        let piece: String = c.encode_utf8(&mut bytes).bytes().map(percent_encode).collect();
        match sections.last_mut() {
            Some(last) if last.len() + piece.len() <= MAX_SECTION => last.push_str(&piece),
            _ => sections.push(piece),
        }
    }
    match sections.as_slice() {
        [one] => vec![format!("{name}*={one}")],
        many => many.iter().enumerate().map(|(n, s)| format!("{name}*{n}*={s}")).collect(),
    }
}

/// RFC 2231 §7 attribute-char.
fn percent_encode(b: u8) -> String {
    match b {
        b if b.is_ascii_alphanumeric() || b"!#$&+-.^_`{|}~".contains(&b) => char::from(b).to_string(),
        b => format!("%{b:02X}"),
    }
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?=".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn examples_of_rfc_2231_and_worse() {
        let cases = [
            ("text/plain; charset=us-ascii (Plain text)", "text/plain", "charset", "us-ascii"),
            ("Text / Plain ; CHARSET = \"us-ascii\"", "text/plain", "charset", "us-ascii"),
            (
                "message/external-body; access-type=URL; URL*0=\"ftp://\"; URL*1=\"cs.utk.edu/pub/moore/bulk-mailer/bulk-mailer.tar\"",
                "message/external-body",
                "url",
                "ftp://cs.utk.edu/pub/moore/bulk-mailer/bulk-mailer.tar",
            ),
            (
                "application/x-stuff; title*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A",
                "application/x-stuff",
                "title",
                "This is ***fun***",
            ),
            (
                "application/x-stuff; title*0*=us-ascii'en'This%20is%20even%20more%20; title*1*=%2A%2A%2Afun%2A%2A%2A%20; title*2=\"isn't it!\"",
                "application/x-stuff",
                "title",
                "This is even more ***fun*** isn't it!",
            ),
            ("a; n*2=c; n*0=a; n*1=b; n*9=z", "a", "n", "abc"),
            ("a; n=plain; n*=utf-8''%C3%A4", "a", "n", "ä"),
            ("a; n=\"=?utf-8?Q?=C3=A4?=\"", "a", "n", "ä"),
            ("a; n=\"C:\\new \\\"x\\\".txt", "a", "n", "C:\\new \"x\".txt"),
            ("a; broken; n=b;; =c", "a", "n", "b"),
            ("(c) a (b) ; (d) n (e) = (f) \"g;h\" (i)", "a", "n", "g;h"),
            ("a; n*=utf-8''x%0D%0Ay", "a", "n", "xy"),
            ("", "", "n", ""),
        ];
        for (text, value, name, param) in cases {
            let parsed = Parameterized::parse(text);
            assert_eq!(parsed.value, value, "{text}");
            assert_eq!(parsed.get(name).unwrap_or_default(), param, "{text}");
        }
    }

    #[test]
    fn floods_are_bounded() {
        let text: String = (0..1_000_000).map(|n| format!(";n*{n}=x")).collect();
        let parsed = Parameterized::parse(&text);
        assert_eq!(parsed.get("n").unwrap().len(), MAX_PARAMS);
        assert_eq!(Parameterized::parse(&"(".repeat(1_000_000)).value, "");
        assert_eq!(Parameterized::parse(&"()".repeat(1_000_000)).value, "");
    }

    #[test]
    fn written_fields_fold_and_cannot_be_left() {
        let long = "x".repeat(300);
        let text = format("Content-Disposition", "attachment", &[("filename", &long)]).unwrap();
        assert!(text.lines().all(|l| l.len() <= 78), "{text}");
        assert!(format("X", "a", &[("n", "a\r\nb: c")]).is_err());
        assert!(format("X", "a", &[("n; b", "a")]).is_err());
        assert!(format("X", "a\r\nb: c", &[]).is_err());
    }

    proptest! {
        #[test]
        fn format_and_parse_are_inverse(value in "[^\\p{Cc}]{1,150}") {
            prop_assume!(!value.contains("=?"));
            let field = format("X", "a/b", &[("name", &value), ("other", "y")]).unwrap();
            let parsed = Parameterized::parse(&field.strip_prefix("X:").unwrap().replace("\r\n", ""));
            prop_assert_eq!(parsed.get("name"), Some(value.as_str()));
            prop_assert_eq!(parsed.get("other"), Some("y"));
        }

        #[test]
        fn any_text_is_read_without_panic(text in "[a;=*'\"0-3%(\\)\\\\\u{e9}\\PC]{0,60}") {
            let _ = Parameterized::parse(&text);
        }
    }
}
