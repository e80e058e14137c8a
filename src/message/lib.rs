//! RFC 5322 and MIME: parse what arrives, build what leaves, thread what is stored.
//!
//! Parsers here never panic, run in linear time and read a bounded amount; what is malformed is skipped or
//! flagged, not fatal, because mail from the field is malformed (RFC 7103). Writers emit CRLF only, refuse
//! control characters in field values, and repeat byte by byte for the same `Clock` and `Random`.

pub mod addresslist;
pub mod authres;
pub mod body;
pub mod compose;
pub mod date;
pub mod dsn;
pub mod encodedword;
pub mod fields;
pub mod fold;
pub mod header;
pub mod lineends;
pub mod notice;
pub mod param;
pub mod part;
pub mod problems;
mod scan;
pub mod threads;
pub mod trace;

pub use addresslist::{AddressList, Mailbox};
pub use fields::{Summary, summary};
pub use header::{Field, Header, split};

/// Why a message cannot be read or built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The header is longer than [`header::MAX_HEADER`].
    #[error("header of more than {max} bytes")]
    HeaderTooLarge {
        /// The limit in bytes.
        max: usize,
    },
    /// More fields than [`header::MAX_FIELDS`].
    #[error("header of more than {max} fields")]
    TooManyFields {
        /// The limit.
        max: usize,
    },
    /// A line of the header that is no field.
    #[error("byte {at} of the message: not a header field")]
    MalformedField {
        /// Offset of the line in the message.
        at: usize,
    },
    /// A field name to be written that is not printable ASCII without colon.
    #[error("{name:?} is not a header field name")]
    BadFieldName {
        /// What was given as the name.
        name: String,
    },
    /// A field value to be written that holds CR, LF, NUL or another control character, or is too long.
    #[error("header field {name}: value holds a control character, which could add fields of its own")]
    BadFieldValue {
        /// The field's name.
        name: String,
    },
    /// A field to be written would exceed 998 octets on a line.
    #[error("header field {name}: a word longer than a line may be (998 octets)")]
    LineTooLong {
        /// The field's name.
        name: String,
    },
    /// A field to be written needs UTF-8, which this message may not use.
    #[error("header field {name}: needs UTF-8 in the header (SMTPUTF8)")]
    NeedsUtf8 {
        /// The field's name.
        name: String,
    },
    /// Not a delivery status notification, or one that lacks what RFC 3464 demands.
    #[error("not a delivery status notification: {0}")]
    NotDsn(&'static str),
}
