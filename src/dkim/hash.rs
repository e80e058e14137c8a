//! What is hashed: the chosen header fields, and the body, once for each way that signatures ask for.
//!
//! The body's hashes are made while it streams by: at most two canonical forms, and for each form and length one
//! hash. Fields are chosen from the bottom up: a name that stands twice in `h=` takes the last field, then the one
//! above it, then none. RFC 6376 §3.7, §5.4.2.

use std::collections::HashMap;

use aws_lc_rs::digest::{Context, Digest, SHA256};
use mox_message::{Field, Header};

use crate::canon::{BodyCanon, Canon, header_field, header_field_open};

/// A SHA-256 hash.
pub(crate) type Sha256 = [u8; 32];

fn bytes(digest: &Digest) -> Sha256 {
    let mut out = [0; 32];
    for (to, from) in out.iter_mut().zip(digest.as_ref()) {
        *to = *from;
    }
    out
}

/// Hashes of a body.
#[derive(Default)]
pub(crate) struct BodyHashes {
    forms: Vec<Form>,
    hashes: Vec<BodyHash>,
}

struct Form {
    way: Canon,
    canon: BodyCanon,
    length: u64,
}

struct BodyHash {
    way: Canon,
    limit: Option<u64>,
    context: Context,
}

/// A finished hash of a body.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BodyDigest {
    pub(crate) hash: Sha256,
    /// Length of the whole canonical body.
    pub(crate) length: u64,
}

impl BodyHashes {
    /// Asks for a hash; the number is its place in [`BodyHashes::finish`].
    pub(crate) fn want(&mut self, way: Canon, limit: Option<u64>) -> usize {
        if let Some(at) = self.hashes.iter().position(|h| h.way == way && h.limit == limit) {
            return at;
        }
        if !self.forms.iter().any(|form| form.way == way) {
            self.forms.push(Form { way, canon: BodyCanon::new(way), length: 0 });
        }
        self.hashes.push(BodyHash { way, limit, context: Context::new(&SHA256) });
        self.hashes.len() - 1
    }

    /// How many hashes are made.
    pub(crate) fn len(&self) -> usize {
        self.hashes.len()
    }

    /// Takes the next piece of the body.
    pub(crate) fn write(&mut self, piece: &[u8]) {
        let hashes = &mut self.hashes;
        for Form { way, canon, length } in &mut self.forms {
            canon.write(piece, &mut |text| feed(hashes, *way, length, text));
        }
    }

    /// The hashes in the order in which they were asked for.
    pub(crate) fn finish(mut self) -> Vec<BodyDigest> {
        let mut lengths = Vec::new();
        for Form { way, canon, mut length } in self.forms {
            canon.finish(&mut |text| feed(&mut self.hashes, way, &mut length, text));
            lengths.push((way, length));
        }
        let of = |way| lengths.iter().find(|(w, _)| *w == way).map_or(0, |(_, length)| *length);
        self.hashes
            .into_iter()
            .map(|h| BodyDigest { length: of(h.way), hash: bytes(&h.context.finish()) })
            .collect()
    }
}

fn feed(hashes: &mut [BodyHash], way: Canon, length: &mut u64, text: &[u8]) {
    for hash in hashes.iter_mut().filter(|h| h.way == way) {
        let left = hash.limit.map_or(u64::MAX, |limit| limit.saturating_sub(*length));
        let text = usize::try_from(left).ok().and_then(|left| text.get(..left)).unwrap_or(text);
        if !text.is_empty() {
            hash.context.update(text);
        }
    }
    *length += text.len() as u64;
}

/// The fields of a header by name.
pub(crate) struct FieldIndex<'a> {
    fields: Vec<Field<'a>>,
    /// From the name in lower case to the places in `fields`, in order.
    places: HashMap<String, Vec<usize>>,
}

impl<'a> FieldIndex<'a> {
    pub(crate) fn of(header: &Header<'a>) -> FieldIndex<'a> {
        let fields: Vec<Field<'a>> = header.fields().collect();
        let mut places: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, field) in fields.iter().enumerate() {
            places.entry(field.name.to_ascii_lowercase()).or_default().push(at);
        }
        FieldIndex { fields, places }
    }

    /// The field that begins there.
    pub(crate) fn at(&self, start: usize) -> Option<&Field<'a>> {
        let place = self.fields.binary_search_by_key(&start, |field| field.start).ok()?;
        self.fields.get(place)
    }

    /// How many fields have this name.
    pub(crate) fn count(&self, name: &str) -> usize {
        self.places.get(&name.to_ascii_lowercase()).map_or(0, Vec::len)
    }

    /// The fields that `h=` chooses, in its order. `own`, the start of the signature's own field, is never chosen.
    fn choose(&self, names: &[String], own: Option<usize>) -> Vec<&Field<'a>> {
        let mut left: HashMap<String, &[usize]> = HashMap::new();
        let mut chosen = Vec::new();
        for name in names {
            let name = name.to_ascii_lowercase();
            let places =
                left.entry(name).or_insert_with_key(|name| self.places.get(name).map_or(&[], Vec::as_slice));
            while let Some((last, others)) = places.split_last() {
                *places = others;
                match self.fields.get(*last) {
                    Some(field) if Some(field.start) == own => {}
                    Some(field) => {
                        chosen.push(field);
                        break;
                    }
                    None => {}
                }
            }
        }
        chosen
    }

    /// The hash that a signature signs: the chosen fields, then the signature's own field without its value of `b=`
    /// and without a line end.
    pub(crate) fn hash(&self, way: Canon, names: &[String], own: &OwnField<'_>) -> Sha256 {
        let mut context = Context::new(&SHA256);
        for field in self.choose(names, own.start) {
            header_field(way, field.raw, &mut |text| context.update(text));
        }
        header_field_open(way, &own.raw, &mut |text| context.update(text));
        bytes(&context.finish())
    }
}

/// A signature's own field, its value of `b=` cut out.
pub(crate) struct OwnField<'a> {
    pub(crate) raw: std::borrow::Cow<'a, [u8]>,
    /// Where it stands in the header, if it does.
    pub(crate) start: Option<usize>,
}

impl OwnField<'_> {
    /// Cuts out the value, white space around it included.
    pub(crate) fn of(field: &Field<'_>) -> OwnField<'static> {
        let mut raw = field.raw.to_vec();
        let value = memchr::memchr(b':', field.raw).map_or(0, |at| at + 1);
        if let Some(range) = crate::signature::signature_range(field.value) {
            let (from, to) = ((value + range.start).min(raw.len()), (value + range.end).min(raw.len()));
            raw.drain(from..to);
        }
        OwnField { raw: raw.into(), start: Some(field.start) }
    }
}

/// The hash over fields as they are given, the last one open: what a seal signs.
pub(crate) fn sealed<'a>(fields: impl Iterator<Item = &'a [u8]>, own: &OwnField<'_>) -> Sha256 {
    let mut context = Context::new(&SHA256);
    for raw in fields {
        header_field(Canon::Relaxed, raw, &mut |text| context.update(text));
    }
    header_field_open(Canon::Relaxed, &own.raw, &mut |text| context.update(text));
    bytes(&context.finish())
}
