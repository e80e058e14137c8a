//! Reads the sets of a chain: three fields each, the same number in all, and nothing missing between.
//!
//! RFC 8617 §4.1, §4.2, §5.2 steps 1 to 3.

use std::collections::BTreeMap;

use mox_address::Domain;
use mox_message::{Field, Header};
use serde::Serialize;

use super::Set;
use crate::signature::{Algorithm, SignatureField, Tags, base64_of, domain, selector};

/// Most sets in a chain.
pub const MAX_SETS: u32 = 50;

/// Most results of a set that are told one by one.
pub const MAX_CLAIMS: usize = 50;

/// Longest text of results that is kept, in characters.
const MAX_RESULTS: usize = 8 * 1024;

const RESULTS: &str = "ARC-Authentication-Results";
const SIGNATURE: &str = "ARC-Message-Signature";
const SEAL: &str = "ARC-Seal";

/// One result that a host claims, as in `spf=pass smtp.mailfrom=a@example.org`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Claim {
    /// Its method, lower case: `spf`.
    pub method: String,
    /// Its result, lower case: `pass`.
    pub result: String,
    /// All of it.
    pub text: String,
}

/// The value of an ARC-Seal field.
pub(super) struct Seal {
    pub(super) algorithm: Algorithm,
    pub(super) signature: Vec<u8>,
    pub(super) domain: Domain,
    pub(super) selector: String,
    pub(super) chain_validation: String,
}

/// The fields of a set, and where they stand in the header.
pub(super) struct Fields {
    pub(super) instance: u32,
    pub(super) results: String,
    pub(super) results_start: usize,
    pub(super) signature: SignatureField,
    pub(super) signature_start: usize,
    pub(super) seal: Seal,
    pub(super) seal_start: usize,
}

/// Fields of one instance, as they are found.
#[derive(Default)]
struct Found<'a> {
    results: Option<(Field<'a>, String)>,
    signature: Option<(Field<'a>, SignatureField)>,
    seal: Option<(Field<'a>, Seal)>,
}

/// The sets in the order of their instances; none when the message has no fields of a chain. Error: why they are no
/// chain.
pub(super) fn collect(header: &Header<'_>) -> Result<Vec<Fields>, String> {
    let mut found: BTreeMap<u32, Found<'_>> = BTreeMap::new();
    for field in header.fields() {
        if let Some(kind) = [RESULTS, SIGNATURE, SEAL].into_iter().find(|kind| field.is(kind)) {
            take(&mut found, kind, field)?;
        }
    }
    if header.is_cut() && !found.is_empty() {
        return Err("the header is too large".to_owned());
    }
    let newest = found.last_key_value().and_then(|(_, set)| set.seal.as_ref());
    if newest.is_some_and(|(_, seal)| seal.chain_validation == "fail") {
        return Err("the newest seal says that the chain had failed (cv=fail)".to_owned());
    }
    let mut sets = Vec::new();
    for (expected, (instance, set)) in (1..).zip(found) {
        if instance != expected {
            return Err(format!("instance {expected} is missing"));
        }
        sets.push(whole(instance, set)?);
    }
    Ok(sets)
}

fn take<'a>(found: &mut BTreeMap<u32, Found<'a>>, kind: &str, field: Field<'a>) -> Result<(), String> {
    let bad = |e: &dyn std::fmt::Display| format!("{kind}: {e}");
    let (instance, duplicate) = match kind {
        RESULTS => {
            let text = field.text();
            let (instance, results) = split_results(&text).ok_or_else(|| bad(&"no instance"))?;
            let results = results.chars().take(MAX_RESULTS).collect();
            (instance, slot(found, instance)?.results.replace((field, results)).is_some())
        }
        SIGNATURE => {
            let tags = Tags::of(field.value).map_err(|e| bad(&e))?;
            let instance =
                instance(tags.need("i").map_err(|e| bad(&e))?.value).ok_or_else(|| bad(&"no instance"))?;
            let signature = SignatureField::from_tags(&tags).map_err(|e| bad(&e))?;
            if signature.headers.iter().any(|name| name.eq_ignore_ascii_case(SEAL)) {
                return Err(bad(&"signs seals"));
            }
            (instance, slot(found, instance)?.signature.replace((field, signature)).is_some())
        }
        _ => {
            let tags = Tags::of(field.value).map_err(|e| bad(&e))?;
            let instance =
                instance(tags.need("i").map_err(|e| bad(&e))?.value).ok_or_else(|| bad(&"no instance"))?;
            let seal = seal(&tags).map_err(|e| bad(&e))?;
            (instance, slot(found, instance)?.seal.replace((field, seal)).is_some())
        }
    };
    if duplicate { Err(format!("instance {instance} has more than one {kind}")) } else { Ok(()) }
}

fn slot<'m, 'a>(found: &'m mut BTreeMap<u32, Found<'a>>, instance: u32) -> Result<&'m mut Found<'a>, String> {
    if !(1..=MAX_SETS).contains(&instance) {
        return Err(format!("instance {instance} is not between 1 and {MAX_SETS}"));
    }
    Ok(found.entry(instance).or_default())
}

fn seal(tags: &Tags<'_>) -> Result<Seal, String> {
    if tags.get("h").is_some() {
        return Err("a seal must not have h=".to_owned());
    }
    let text = |e: crate::signature::SignatureError| e.to_string();
    let need = |name| tags.need(name).map_err(text);
    Ok(Seal {
        algorithm: Algorithm::from_keyword(need("a")?.value),
        signature: base64_of(need("b")?, "b").map_err(text)?,
        domain: domain(need("d")?).map_err(text)?,
        selector: selector(need("s")?).map_err(text)?,
        chain_validation: need("cv")?.value.to_ascii_lowercase(),
    })
}

fn whole(instance: u32, found: Found<'_>) -> Result<Fields, String> {
    let lacks = |kind| format!("instance {instance} has no {kind}");
    let (results_field, results) = found.results.ok_or_else(|| lacks(RESULTS))?;
    let (signature_field, signature) = found.signature.ok_or_else(|| lacks(SIGNATURE))?;
    let (seal_field, seal) = found.seal.ok_or_else(|| lacks(SEAL))?;
    let expected = if instance == 1 { "none" } else { "pass" };
    if seal.chain_validation != expected {
        return Err(format!(
            "the seal of instance {instance} says cv={:?}, not {expected}",
            seal.chain_validation
        ));
    }
    Ok(Fields {
        instance,
        results,
        results_start: results_field.start,
        signature,
        signature_start: signature_field.start,
        seal,
        seal_start: seal_field.start,
    })
}

fn instance(text: &str) -> Option<u32> {
    let short = !text.is_empty() && text.len() <= 9 && text.bytes().all(|b| b.is_ascii_digit());
    if short { text.parse().ok() } else { None }
}

/// The instance at the front of results, and what follows its semicolon.
fn split_results(text: &str) -> Option<(u32, &str)> {
    let (front, results) = text.split_once(';')?;
    let (name, number) = front.split_once('=')?;
    if name.trim() != "i" {
        return None;
    }
    let number = number.split('(').next().unwrap_or_default();
    Some((instance(number.trim())?, results.trim()))
}

/// The highest instance that any field of a chain names.
pub(super) fn highest(header: &Header<'_>) -> u32 {
    let of = |field: Field<'_>| {
        if field.is(RESULTS) {
            return split_results(&field.text()).map(|(instance, _)| instance);
        }
        let tags = Tags::of(field.value).ok()?;
        instance(tags.get("i")?.value)
    };
    let fields = header.fields().filter(|f| [RESULTS, SIGNATURE, SEAL].iter().any(|kind| f.is(kind)));
    fields.filter_map(of).max().unwrap_or(0)
}

impl Fields {
    /// The set as it is told of, nothing verified yet.
    pub(super) fn told(&self) -> Set {
        let mut parts = split_claims(&self.results).into_iter();
        let front = parts.next().unwrap_or_default();
        Set {
            instance: self.instance,
            domain: self.seal.domain.clone(),
            selector: self.seal.selector.clone(),
            chain_validation: self.seal.chain_validation.clone(),
            authserv_id: front.split_whitespace().next().unwrap_or_default().to_owned(),
            authres: self.results.clone(),
            claims: parts.filter_map(claim).take(MAX_CLAIMS).collect(),
            signature: None,
            seal: None,
        }
    }
}

/// The parts between semicolons that stand neither in comments nor in quotes.
fn split_claims(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth, mut quoted, mut escaped) = (Vec::new(), 0, 0_u32, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted || depth > 0 => escaped = true,
            '"' if depth == 0 => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth = depth.saturating_sub(1),
            ';' if !quoted && depth == 0 => {
                parts.push(text.get(start..at).unwrap_or_default().trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text.get(start..).unwrap_or_default().trim());
    parts
}

fn claim(text: &str) -> Option<Claim> {
    let (method, rest) = text.split_once('=')?;
    let method = method.split('/').next().unwrap_or_default().trim().to_ascii_lowercase();
    let result = rest.trim_start().split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    let valid = !method.is_empty() && method.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let text = text.to_owned();
    (valid && !result.is_empty()).then(|| Claim { method, result: result.to_ascii_lowercase(), text })
}
