//! Signs a message while it streams by, with several keys at once.
//!
//! Fields that are signed once more than they stand in the message cannot be added afterwards. The message must be as
//! it will be sent: lines ended by CRLF, nothing changed after signing.
//! RFC 6376 §5, RFC 8301 §3.1 (sha256 only), RFC 8463.

use std::sync::Arc;
use std::time::Duration;

use mox_address::Domain;
use mox_clock::Timestamp;
use mox_message::Header;

use crate::canon::Canonicalization;
use crate::hash::{BodyHashes, FieldIndex, OwnField};
use crate::intake::Intake;
use crate::key::{KeyError, SigningKey};
use crate::signature::{Identity, MAX_SIGNED_FIELDS, SignatureField, is_field_name, parse_selector};

/// Fields that are signed unless others are named; with oversigning nobody can add one of them.
pub const HEADERS: [&str; 14] = [
    "From",
    "Sender",
    "Reply-To",
    "To",
    "Cc",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "Content-Disposition",
];

/// Fields that are signed where they stand, and may be added afterwards: mailing lists do. RFC 8058 §4 and RFC 8460
/// §5.3 ask for some of them.
pub const HEADERS_WHERE_PRESENT: [&str; 11] = [
    "Auto-Submitted",
    "Feedback-ID",
    "List-Archive",
    "List-Help",
    "List-Id",
    "List-Post",
    "List-Subscribe",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "TLS-Report-Domain",
    "TLS-Report-Submitter",
];

/// Most signatures added to a message.
pub const MAX_KEYS: usize = 20;

/// How to sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignOptions {
    /// `d=`: who signs.
    pub domain: Domain,
    /// `s=`: where the key is published.
    pub selector: String,
    /// Fields to sign, `From` among them: all that stand in the message.
    pub headers: Vec<String>,
    /// Fields to sign that are never oversigned.
    pub headers_where_present: Vec<String>,
    /// Whether each of `headers` is signed once more than it stands in the message.
    pub oversign: bool,
    /// `c=`.
    pub canonicalization: Canonicalization,
    /// After which time the signature no longer counts (`x=`).
    pub expiration: Option<Duration>,
    /// `i=`: on whose behalf; the domain must be `domain` or below.
    pub identity: Option<Identity>,
}

impl SignOptions {
    /// The usual: relaxed, [`HEADERS`] oversigned, [`HEADERS_WHERE_PRESENT`], no expiration.
    pub fn new(domain: Domain, selector: impl Into<String>) -> SignOptions {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        SignOptions {
            domain,
            selector: selector.into(),
            headers: names(&HEADERS),
            headers_where_present: names(&HEADERS_WHERE_PRESENT),
            oversign: true,
            canonicalization: Canonicalization::RELAXED,
            expiration: None,
            identity: None,
        }
    }

    fn check(&self) -> Result<(), SignError> {
        if parse_selector(&self.selector).is_none() {
            return Err(SignError::BadSelector(self.selector.clone()));
        }
        if let Some(name) = self.headers.iter().chain(&self.headers_where_present).find(|n| !is_field_name(n))
        {
            return Err(SignError::BadHeader(name.clone()));
        }
        if !self.headers.iter().any(|name| name.eq_ignore_ascii_case("from")) {
            return Err(SignError::FromNotSigned);
        }
        match &self.identity {
            Some(identity) if !identity.domain.is_within(&self.domain) => Err(SignError::ForeignIdentity),
            _ => Ok(()),
        }
    }

    /// The value of `h=` for a header.
    fn signed_names(&self, index: &FieldIndex<'_>) -> Result<Vec<String>, SignError> {
        let mut names: Vec<String> = Vec::new();
        let mut seen: Vec<String> = vec![crate::signature::FIELD.to_ascii_lowercase()];
        let wanted = self.headers.iter().map(|name| (name, self.oversign));
        for (name, oversign) in wanted.chain(self.headers_where_present.iter().map(|name| (name, false))) {
            let name = name.to_ascii_lowercase();
            if !seen.contains(&name) {
                let count = index.count(&name) + usize::from(oversign);
                if names.len() + count > MAX_SIGNED_FIELDS {
                    return Err(SignError::TooManyFields);
                }
                names.extend(std::iter::repeat_n(name.clone(), count));
                seen.push(name);
            }
        }
        Ok(names)
    }
}

/// Why a message cannot be signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// The selector is no DNS label or labels.
    #[error("{0:?} is not a selector")]
    BadSelector(String),
    /// Not the name of a header field.
    #[error("{0:?} is not the name of a header field")]
    BadHeader(String),
    /// The list of fields to sign lacks `From`.
    #[error("the from field must be among those signed")]
    FromNotSigned,
    /// The message has no `From`, or several.
    #[error("the message has {0} from fields, not one")]
    FromCount(usize),
    /// The identity is of another domain.
    #[error("the domain of i= is neither that of d= nor below it")]
    ForeignIdentity,
    /// More keys than [`MAX_KEYS`].
    #[error("more than {MAX_KEYS} keys")]
    TooManyKeys,
    /// The fields to sign stand too often.
    #[error("more than {MAX_SIGNED_FIELDS} fields to sign")]
    TooManyFields,
    /// The header is too large, or has lines that are no fields.
    #[error(transparent)]
    Header(#[from] mox_message::Error),
    /// The key could not be used.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// Takes a message in pieces, then signs it.
pub struct Signer {
    keys: Vec<(SignOptions, Arc<SigningKey>)>,
    /// For each key the number of its body hash.
    wanted: Vec<usize>,
    hashes: BodyHashes,
    intake: Intake,
    head: Option<(Vec<u8>, bool)>,
}

impl Signer {
    /// Starts a message; there will be a signature for each key.
    pub fn new(keys: Vec<(SignOptions, Arc<SigningKey>)>) -> Signer {
        let mut hashes = BodyHashes::default();
        let wanted =
            keys.iter().map(|(options, _)| hashes.want(options.canonicalization.body, None)).collect();
        Signer { keys, wanted, hashes, intake: Intake::default(), head: None }
    }

    /// Takes the next piece of the message, header first.
    pub fn write(&mut self, piece: &[u8]) {
        if self.head.is_some() {
            self.hashes.write(piece);
        } else if let Some(rest) = self.intake.push(piece) {
            self.head = Some(self.intake.take());
            self.hashes.write(rest);
        }
    }

    /// The DKIM-Signature fields, folded, each with its CRLF, in the order of the keys: to be put before the message.
    pub fn finish(self, now: Timestamp) -> Result<String, SignError> {
        let Signer { keys, wanted, hashes, mut intake, head } = self;
        let (head, _) = head.unwrap_or_else(|| intake.take());
        if keys.len() > MAX_KEYS {
            return Err(SignError::TooManyKeys);
        }
        let header = Header::check(&head)?;
        let index = FieldIndex::of(&header);
        match index.count("from") {
            1 => {}
            count => return Err(SignError::FromCount(count)),
        }
        let digests = hashes.finish();
        let mut fields = String::new();
        for ((options, key), wanted) in keys.iter().zip(wanted) {
            options.check()?;
            let body_hash = digests.get(wanted).map(|digest| digest.hash.to_vec()).unwrap_or_default();
            fields.push_str(&sign(options, key, &index, body_hash, now)?);
        }
        Ok(fields)
    }
}

fn sign(
    options: &SignOptions,
    key: &SigningKey,
    index: &FieldIndex<'_>,
    body_hash: Vec<u8>,
    now: Timestamp,
) -> Result<String, SignError> {
    let field = SignatureField {
        algorithm: key.key_type().into(),
        signature: Vec::new(),
        body_hash,
        canonicalization: options.canonicalization,
        domain: options.domain.clone(),
        headers: options.signed_names(index)?,
        identity: options.identity.clone(),
        body_length: None,
        query_methods: vec!["dns/txt".to_owned()],
        selector: options.selector.clone(),
        signed_at: Some(now),
        expires_at: options.expiration.map(|after| now.plus(after.max(Duration::from_secs(1)))),
        copied_fields: None,
    };
    let open = field.open()?;
    let own = OwnField { raw: open.as_bytes().into(), start: None };
    let hash = index.hash(options.canonicalization.header, &field.headers, &own);
    Ok(SignatureField::close(open, &key.sign(&hash)?))
}
