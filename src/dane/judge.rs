//! Do the certificates that a server shows satisfy its TLSA records?
//!
//! DANE-EE is about the server's own certificate alone: neither its dates nor its names count. DANE-TA is about one
//! that it leads to: then dates and names count as in PKIX. One record that is satisfied is enough.
//! RFC 7671 §5.1, §5.2, RFC 7672 §3.1.1, §3.1.2.

use mox_tls::chain::{Anchor, has_name, leads_to};
use mox_tls::{MAX_CHAIN, Presented};

use crate::{Matching, Record, Selector, Usage};

/// Most issuers to which a chain is looked for in vain.
const MAX_ANCHORS: usize = 16;

/// No record is satisfied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no TLSA record matches the certificate{}", .cause.as_ref().map(|c| format!(": {c}")).unwrap_or_default())]
pub struct NoMatch {
    /// Why one that names an issuer of the certificate does not count all the same.
    pub cause: Option<String>,
}

/// The first of the records (usable ones, see [`crate::usable`]) that is satisfied. `names` are those that a
/// certificate may hold: the TLSA base domain, and where DNSSEC proves the way there, the names before it.
pub fn satisfied<'a>(
    records: &'a [Record],
    names: &[&str],
    presented: &Presented<'_>,
) -> Result<&'a Record, NoMatch> {
    let (mut cause, mut tried) = (None, 0);
    for record in records {
        match record.usage {
            Usage::DaneEe if record.matches(presented.own) => return Ok(record),
            Usage::DaneTa if tried < MAX_ANCHORS => match leads(record, names, presented) {
                None => {}
                Some(Ok(())) => return Ok(record),
                Some(Err(e)) => {
                    tried += 1;
                    cause = Some(e.to_string());
                }
            },
            _ => {}
        }
    }
    Err(NoMatch { cause })
}

/// Whether the chain leads to what the record is about; none when that is not in sight.
fn leads(
    record: &Record,
    names: &[&str],
    presented: &Presented<'_>,
) -> Option<Result<(), mox_tls::VerifyError>> {
    let others = presented.others.get(..MAX_CHAIN).unwrap_or(&presented.others);
    let anchor = match (record.matching, record.selector) {
        (Matching::Full, Selector::Cert) => Anchor::Certificate(&record.data),
        (Matching::Full, _) => Anchor::Key(&record.data),
        _ => Anchor::Certificate(others.iter().find(|other| record.matches(other))?),
    };
    let verdict = leads_to(presented.own, others, anchor, presented.now);
    Some(verdict.and_then(|()| has_name(presented.own, names)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use mox_clock::Timestamp;
    use mox_tls::sim::Authority;
    use mox_tls::{Certificate, PublicPart, UnixTime};
    use std::time::Duration;

    const NOW: Duration = Duration::from_secs(1_800_000_000);

    fn record(text: &str, of: &PublicPart) -> Record {
        let mut parts = text.split(' ').map(|part| part.parse::<u8>().unwrap());
        let mut next = || parts.next().unwrap();
        Record::make(next().into(), next().into(), next().into(), of).unwrap()
    }

    fn verdict(record: Record, own: &Certificate, others: &[&[u8]], at: Duration) -> Result<(), NoMatch> {
        let presented = Presented {
            own: own.chain()[0].as_ref(),
            others: others.to_vec(),
            now: UnixTime::since_unix_epoch(at),
            pkix: Ok(()),
        };
        satisfied(&[record], &["mx.example.org", "example.org"], &presented).map(drop)
    }

    #[test]
    fn records_and_what_satisfies_them() {
        let (ca, stranger) = (Authority::new(), Authority::new());
        let ca_part = PublicPart::from_pem(ca.pem().as_bytes()).unwrap();
        let ca_der = ca_part.certificate.clone().unwrap();
        let stranger = PublicPart::from_pem(stranger.pem().as_bytes()).unwrap();
        let good = ca.issue(&["mx.example.org"]).unwrap();
        let wrong = ca.issue(&["mx.example.net"]).unwrap();
        let day = Duration::from_secs(86_400);
        let expired = ca.issue_valid(&["mx.example.org"], Timestamp::from_secs(1_790_000_000), day).unwrap();
        let part = |own: &Certificate| {
            let der = own.chain()[0].to_vec();
            PublicPart { spki: mox_tls::spki(&der).unwrap(), certificate: Some(der) }
        };
        let chain: &[&[u8]] = &[&ca_der];
        for text in ["3 1 1", "3 0 1", "3 1 2", "3 0 0", "3 1 0"] {
            for own in [&good, &wrong, &expired] {
                assert_eq!(verdict(record(text, &part(own)), own, &[], NOW), Ok(()), "{text}");
            }
            assert_eq!(verdict(record(text, &part(&wrong)), &good, chain, NOW), Err(NoMatch { cause: None }));
        }
        for text in ["2 0 1", "2 1 1", "2 0 2", "2 0 0", "2 1 0"] {
            assert_eq!(verdict(record(text, &ca_part), &good, chain, NOW), Ok(()), "{text}");
            for own in [&wrong, &expired] {
                let cause = verdict(record(text, &ca_part), own, chain, NOW).unwrap_err().cause;
                assert!(cause.is_some(), "{text}");
            }
            let other = verdict(record(text, &stranger), &good, chain, NOW);
            assert!(other.is_err(), "{text}: an anchor that the chain does not lead to");
            // The anchor need not be sent when the record holds it.
            let unsent = verdict(record(text, &ca_part), &good, &[], NOW);
            assert_eq!(unsent.is_ok(), text.ends_with('0'), "{text}");
            // The server's own certificate is no anchor of itself.
            assert!(verdict(record(text, &part(&good)), &good, chain, NOW).is_err(), "{text}");
        }
    }

    #[test]
    fn issuers_that_lead_nowhere_are_not_tried_for_ever() {
        let (ca, stranger) = (Authority::new(), Authority::new());
        let [ca_part, stranger] =
            [&ca, &stranger].map(|of| PublicPart::from_pem(of.pem().as_bytes()).unwrap());
        let own = ca.issue(&["mx.example.org"]).unwrap();
        let presented = Presented {
            own: own.chain()[0].as_ref(),
            others: Vec::new(),
            now: UnixTime::since_unix_epoch(NOW),
            pkix: Ok(()),
        };
        let after = |strangers: usize, last: Record| {
            let mut records = vec![record("2 1 0", &stranger); strangers];
            records.push(last);
            satisfied(&records, &["mx.example.org"], &presented).is_ok()
        };
        assert!(after(MAX_ANCHORS - 1, record("2 1 0", &ca_part)));
        assert!(!after(MAX_ANCHORS, record("2 1 0", &ca_part)));
        let der = own.chain()[0].to_vec();
        let part = PublicPart { spki: mox_tls::spki(&der).unwrap(), certificate: Some(der) };
        assert!(after(MAX_ANCHORS, record("3 1 1", &part)), "the server's own certificate always counts");
    }

    #[test]
    fn no_names_prove_nothing() {
        let ca = Authority::new();
        let part = PublicPart::from_pem(ca.pem().as_bytes()).unwrap();
        let der = part.certificate.clone().unwrap();
        let own = ca.issue(&["mx.example.org"]).unwrap();
        let presented = Presented {
            own: own.chain()[0].as_ref(),
            others: vec![&der],
            now: UnixTime::since_unix_epoch(NOW),
            pkix: Ok(()),
        };
        assert!(satisfied(&[record("2 0 1", &part)], &[], &presented).is_err());
        assert!(satisfied(&[], &["mx.example.org"], &presented).is_err());
    }
}
