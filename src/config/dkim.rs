//! DKIM signing of a domain's mail. RFC 6376, RFC 8463.

use std::path::PathBuf;

use crate::section::{Table, choice, section};
use crate::values::Interval;

/// Header fields that are signed unless a selector lists its own.
pub const DEFAULT_HEADERS: [&str; 11] = [
    "From",
    "To",
    "Cc",
    "Bcc",
    "Reply-To",
    "References",
    "In-Reply-To",
    "Subject",
    "Date",
    "Message-Id",
    "Content-Type",
];

section! {
    /// Keys that mail from the domain is signed with.
    optional Dkim {
        /// The keys, by selector: the name below _domainkey in DNS where receivers find the public key.
        "Selectors" selectors: Table<String, Selector> = Table::default(),
        /// Selectors to sign with now. Others are ready for later, or stay in DNS for mail on its way.
        "Sign" sign: Vec<String> = Vec::new(),
    }
}

section! {
    /// A key to sign with, and what is signed.
    Selector {
        /// Hash algorithm. sha1 is for old RSA keys only, and most receivers refuse it.
        "Hash" hash: DkimHash = DkimHash::Sha256,
        /// Changes on the way that do not break the signature.
        "Canonicalization" canonicalization: Canonicalization = Canonicalization::default(),
        /// Header fields to sign, From among them. If empty: From, To, Cc, Bcc, Reply-To, References, In-Reply-To,
        /// Subject, Date, Message-Id and Content-Type.
        "Headers" headers: Vec<String> = Vec::new(),
        /// Let others add further fields of the names that are signed. Else a signed message with a second
        /// Subject is not valid.
        "DontSealHeaders" dont_seal_headers: bool = false,
        /// How long after signing a signature is valid, as 72h; 0 for no end. Mail can be on its way for days.
        "Expiration" expiration: Interval = Interval::secs(0),
        /// File with the private key, RSA or Ed25519, as PKCS#8 in PEM, relative to the directory of domains.conf.
        "PrivateKeyFile" private_key_file: PathBuf,
    }
}

section! {
    /// Changes on the way that do not break a signature.
    optional Canonicalization {
        /// Header fields may be folded anew, and their names written in another case.
        "HeaderRelaxed" header_relaxed: bool = false,
        /// Blanks in the body may change at the end of lines and in number.
        "BodyRelaxed" body_relaxed: bool = false,
    }
}

choice! {
    /// A hash algorithm of DKIM.
    DkimHash {
        /// RFC 6376 §3.3.2.
        "sha256" Sha256,
        /// No longer to be used: RFC 8301 §3.1.
        "sha1" Sha1,
    }
}

impl Selector {
    /// The header fields to sign.
    pub fn signed_headers(&self) -> Vec<&str> {
        if self.headers.is_empty() {
            DEFAULT_HEADERS.to_vec()
        } else {
            self.headers.iter().map(String::as_str).collect()
        }
    }
}
