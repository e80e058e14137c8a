//! A message as programs get it: what its fields say, its text, and the tree of its parts.

use std::collections::BTreeMap;

use mox_address::Address;
use mox_admin::Time;
use mox_admin::ops::Verdicts;
use mox_message::header::Header;
use mox_message::part::{Kind, Part, Tree};
use mox_message::{Mailbox, Summary};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

/// Most bytes of text and of HTML that programs get.
const MAX_TEXT: usize = 1 << 20;
/// Most addresses of a field that programs get.
const MAX_ADDRESSES: usize = 1000;

fn lax<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(from: D) -> Result<T, D::Error> {
    Option::deserialize(from).map(Option::unwrap_or_default)
}

/// A name and an address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct NameAddress {
    /// Name for people; may be empty.
    #[serde(default, deserialize_with = "lax")]
    pub name: String,
    /// Address, as `bob@example.org`.
    pub address: String,
}

/// What a message says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Message {
    /// From.
    pub from: Vec<NameAddress>,
    /// To.
    pub to: Vec<NameAddress>,
    /// Cc.
    #[serde(rename = "CC")]
    pub cc: Vec<NameAddress>,
    /// Bcc: of copies of sent mail.
    #[serde(rename = "BCC")]
    pub bcc: Vec<NameAddress>,
    /// Reply-To.
    pub reply_to: Vec<NameAddress>,
    /// Message-ID, in brackets.
    #[serde(rename = "MessageID")]
    pub message_id: String,
    /// In-Reply-To: the first one.
    pub in_reply_to: String,
    /// References.
    pub references: Vec<String>,
    /// Date.
    pub date: Option<Time>,
    /// Subject, decoded.
    pub subject: String,
    /// Text; at most 1 MB of it.
    pub text: String,
    /// HTML as it came, which may do harm when it is shown; at most 1 MB of it.
    #[serde(rename = "HTML")]
    pub html: String,
}

/// A part of a message.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Structure {
    /// Media type, in lower case.
    pub content_type: String,
    /// Its parameters.
    pub content_type_params: BTreeMap<String, String>,
    /// Content-ID, in brackets.
    #[serde(rename = "ContentID")]
    pub content_id: String,
    /// `inline`, `attachment` or empty.
    pub content_disposition: String,
    /// File name that the sender gave it: never a path to write to.
    pub filename: String,
    /// Bytes once its transfer encoding is undone; 0 for a part that holds parts.
    pub decoded_size: u64,
    /// Parts that it holds.
    pub parts: Vec<Structure>,
}

/// Reads a message.
pub fn read(message: &[u8]) -> (Message, Structure, Summary) {
    let (summary, tree) = (mox_message::summary(message), Tree::parse(message));
    let text = |subtype| tree.text(message, subtype, MAX_TEXT).map(crop).unwrap_or_default();
    let header = Header::of(message);
    let read = Message {
        from: addresses(&summary.from),
        to: addresses(&summary.to),
        cc: addresses(&summary.cc),
        bcc: addresses(&summary.bcc),
        reply_to: addresses(&summary.reply_to),
        message_id: summary.message_id.as_ref().map(|id| format!("<{id}>")).unwrap_or_default(),
        in_reply_to: summary.in_reply_to.first().map(|id| format!("<{id}>")).unwrap_or_default(),
        references: references(&header),
        date: summary.date.map(Time),
        subject: summary.subject.clone(),
        text: text("plain"),
        html: text("html"),
    };
    (read, structure(&tree, message, 0), summary)
}

/// Whether a program or a list sent a message: nobody to answer.
pub fn is_automated(summary: &Summary) -> bool {
    summary.is_dsn || summary.is_auto_submitted || summary.is_bulk || summary.list_id.is_some()
}

/// Domains with a signature that is right, each once.
pub fn signers(verdicts: &Verdicts) -> Vec<String> {
    let right = verdicts.dkim.iter().filter(|signature| signature.result == "pass");
    let mut domains: Vec<String> = right.map(|signature| signature.domain.clone()).collect();
    domains.sort();
    domains.dedup();
    domains
}

/// The part at a path: each step counts the parts of a part from 0.
pub fn part_at<'t>(tree: &'t Tree, path: &[usize]) -> Option<&'t Part> {
    let mut at = 0;
    for step in path {
        at = tree.children(at).nth(*step)?.0;
    }
    tree.parts.get(at)
}

fn references(header: &Header<'_>) -> Vec<String> {
    let text = header.text("References").unwrap_or_default().into_owned();
    let ids = text.split_whitespace().filter(|id| id.starts_with('<') && id.ends_with('>'));
    ids.take(MAX_ADDRESSES).map(str::to_owned).collect()
}

/// At most [`MAX_TEXT`] bytes: other charsets may be shorter than UTF-8.
fn crop(mut text: String) -> String {
    if text.len() > MAX_TEXT {
        text.truncate(text.floor_char_boundary(MAX_TEXT));
    }
    text
}

fn addresses(list: &[Mailbox]) -> Vec<NameAddress> {
    list.iter()
        .take(MAX_ADDRESSES)
        .map(|m| NameAddress { name: m.name.clone(), address: written(m) })
        .collect()
}

fn written(mailbox: &Mailbox) -> String {
    mailbox.address().as_ref().map_or_else(|| mailbox.to_string(), Address::to_string)
}

fn structure(tree: &Tree, message: &[u8], at: usize) -> Structure {
    let Some(part) = tree.parts.get(at) else { return Structure::default() };
    let bytes = match part.kind {
        Kind::Multipart => 0,
        _ => tree.decode(message, part, usize::MAX).0.len(),
    };
    Structure {
        content_type: part.content_type.clone(),
        content_type_params: part.params.iter().cloned().collect(),
        content_id: part.content_id.clone().unwrap_or_default(),
        content_disposition: part.disposition.as_ref().map(|d| d.value.clone()).unwrap_or_default(),
        filename: part.filename.clone().unwrap_or_default(),
        decoded_size: bytes as u64,
        // As deep as the tree is, which is bounded.
        parts: tree.children(at).map(|(child, _)| structure(tree, message, child)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: &[u8] = b"From: =?utf-8?q?Jo=C3=ABl?= <j@x.test>\r\nTo: a@y.test, B <b@y.test>\r\n\
        Message-ID: <1@x.test>\r\nReferences: <0@x.test>\r\nSubject: hi\r\nAuto-Submitted: auto-replied\r\n\
        MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
        --b\r\nContent-Type: text/plain\r\n\r\nhello\r\n\
        --b\r\nContent-Type: application/x; name=f.bin\r\nContent-Transfer-Encoding: base64\r\n\r\nAAECAw==\r\n--b--\r\n";

    #[test]
    fn a_message_is_read() {
        let (message, structure, summary) = read(MESSAGE);
        assert_eq!(
            (message.from[0].name.as_str(), message.from[0].address.as_str()),
            ("Jo\u{eb}l", "j@x.test")
        );
        assert_eq!((message.to.len(), message.references.as_slice()), (2, &["<0@x.test>".to_owned()][..]));
        assert_eq!((message.text.trim_end(), message.subject.as_str()), ("hello", "hi"));
        assert_eq!(structure.parts.len(), 2);
        assert_eq!((structure.parts[1].decoded_size, structure.parts[1].filename.as_str()), (4, "f.bin"));
        assert!(is_automated(&summary));
        let tree = Tree::parse(MESSAGE);
        assert_eq!(part_at(&tree, &[1]).unwrap().content_type, "application/x");
        assert!(part_at(&tree, &[2]).is_none() && part_at(&tree, &[0, 0]).is_none());
        assert!(part_at(&tree, &[]).is_some());
    }
}
