//! What must hold for signatures on messages, chains of seals, and key records, whatever strangers write.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use mox_clock::Timestamp;
use mox_dkim::{Limits, MAX_REPORTED, MAX_SIGNATURES, Record, Signature, SignatureField, Verifier, arc};
use mox_dns::sim::SimResolver;
use mox_message::Header;

/// Keys of the examples of RFC 6376 and RFC 8463.
const ZONE: &str = "
brisbane._domainkey.example.com TXT \"v=DKIM1; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYt\" \"IxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhi\" \"tdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB\"
*._domainkey.football.example.com TXT \"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\"
down._domainkey.example.com ANY ; servfail
";
const NOW: Timestamp = Timestamp::from_secs(1_700_000_000);

/// The simulated resolver never waits.
fn ready<T>(work: impl Future<Output = T>) -> T {
    match pin!(work).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("nothing waits"),
    }
}

pub(crate) fn record(text: &str) {
    let Ok(record) = Record::parse(text) else { return };
    let written = record.to_string();
    // What stood between the tags may be shorter than what is written.
    if written.len() <= mox_dkim::record::MAX_RECORD {
        assert_eq!(Record::parse(&written).as_ref(), Ok(&record), "{written:?}");
    }
    assert_eq!(record.strings().concat(), written);
    let _ = mox_dkim::PublicKey::from_record(&record);
}

pub(crate) fn field(value: &[u8]) {
    let Ok(signature) = SignatureField::parse(value) else { return };
    assert!(signature.headers.len() <= mox_dkim::signature::MAX_SIGNED_FIELDS);
    assert!(signature.identity.as_ref().is_none_or(|i| i.domain.is_within(&signature.domain)));
    // Words that no line can hold are not written.
    let Ok(text) = signature.to_field() else { return };
    let header = Header::of(text.as_bytes());
    let mut fields = header.fields();
    let again = fields.next().map(|field| SignatureField::parse(field.value));
    assert!(fields.next().is_none() && text.ends_with("\r\n"), "{text:?}");
    assert_eq!(again, Some(Ok(signature)), "{text:?}");
}

fn verified(message: &[u8], size: usize, dns: &SimResolver) -> (Vec<Signature>, arc::Chain) {
    let (mut signatures, mut chain) = (Verifier::new(Limits::default()), arc::Verifier::new());
    for piece in message.chunks(size) {
        signatures.write(piece);
        chain.write(piece);
    }
    let before = dns.query_count();
    let signatures = ready(signatures.finish(dns, NOW));
    let asked = dns.query_count() - before;
    assert!(asked <= MAX_SIGNATURES, "{asked} questions for signatures");
    let before = dns.query_count();
    let chain = ready(chain.finish(dns, NOW));
    let asked = dns.query_count() - before;
    assert!(asked <= arc::MAX_KEYS, "{asked} questions for a chain");
    (signatures, chain)
}

pub(crate) fn message(bytes: &[u8]) {
    let Some((size, message)) = bytes.split_first() else { return };
    let dns = SimResolver::from_zone(ZONE).unwrap_or_else(|error| unreachable!("{error}"));
    let whole = verified(message, message.len().max(1), &dns);
    assert_eq!(verified(message, usize::from(*size).max(1), &dns), whole, "pieces change nothing");
    let (signatures, chain) = whole;
    assert!(signatures.len() <= MAX_REPORTED);
    for signature in signatures {
        let passes = signature.result == mox_dkim::DkimResult::Pass;
        assert_eq!(passes, signature.reason.is_none(), "{signature:?}");
        assert!(!passes || (signature.domain.is_some() && signature.key_bits.is_some()), "{signature:?}");
        let of_from = |name: &String| name.eq_ignore_ascii_case("from");
        assert!(!passes || signature.signed_headers.iter().any(of_from), "{signature:?}");
    }
    let fails = chain.result == arc::ArcResult::Fail;
    assert_eq!(fails, chain.reason.is_some(), "{chain:?}");
    assert!(chain.sets.len() <= arc::MAX_SETS as usize);
    assert!(chain.sets.iter().all(|set| set.claims.len() <= arc::MAX_CLAIMS));
}
