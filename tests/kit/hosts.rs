//! What must hold for what other hosts publish: TXT records, policies, TLSA records, registration data.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use mox_clock::Timestamp;

/// Text that is read is written so that it is read as the same.
fn again<T: FromStr<Err: Debug + Display> + Display + PartialEq + Debug>(text: &str) -> Option<T> {
    match text.parse::<T>() {
        Ok(value) => {
            let written = value.to_string();
            assert_eq!(written.parse::<T>().as_ref().ok(), Some(&value), "{text:?} {written:?}");
            Some(value)
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            None
        }
    }
}

pub(crate) fn mtasts_record(text: &str) {
    if let Some(record) = again::<mox_mtasts::Record>(text) {
        assert!(mox_mtasts::Record::is_one(text) && text.len() <= mox_mtasts::MAX_RECORD);
        assert!((1..=mox_mtasts::MAX_ID).contains(&record.id.len()));
    }
}

pub(crate) fn mtasts_policy(file: &[u8]) {
    let Ok(policy) = mox_mtasts::Policy::parse(file) else { return };
    assert!(file.len() <= mox_mtasts::MAX_POLICY && policy.max_age <= mox_mtasts::MAX_AGE);
    assert!(policy.mx.len() <= mox_mtasts::MAX_MX);
    assert!(!policy.mx.is_empty() || policy.mode == mox_mtasts::Mode::None);
    for pattern in &policy.mx {
        assert_eq!(pattern.matches(&pattern.domain), !pattern.wildcard, "{pattern}");
    }
    let written = policy.to_string();
    // Shorter line ends may become longer ones.
    if written.len() <= mox_mtasts::MAX_POLICY {
        assert_eq!(mox_mtasts::Policy::parse(written.as_bytes()).as_ref(), Ok(&policy), "{written:?}");
    }
}

pub(crate) fn tlsrpt_record(text: &str) {
    if let Some(record) = again::<mox_tlsrpt::Record>(text) {
        assert!(mox_tlsrpt::Record::is_one(text) && text.len() <= mox_tlsrpt::MAX_RECORD);
        assert!((1..=mox_tlsrpt::MAX_URIS).contains(&record.rua.len()));
        for uri in record.rua {
            if let mox_tlsrpt::Target::Mail(address) = uri.target {
                let made = mox_tlsrpt::Uri::mail(address);
                assert_eq!(made.text.parse::<mox_tlsrpt::Uri>().as_ref(), Ok(&made));
            }
        }
    }
}

pub(crate) fn tlsrpt_report(bytes: &[u8]) {
    use mox_tlsrpt::message::{Depth, find};
    let Ok(found) = find(bytes, Depth::Own).or_else(|_| find(bytes, Depth::Any)) else { return };
    let limits = mox_tlsrpt::Limits::default();
    let report = found.parsed.report;
    assert!(report.policies.len() <= limits.policies && report.start <= report.end);
    assert!(report.policies.iter().map(|p| p.details.len()).sum::<usize>() <= limits.details);
    assert!(report.organization_name.len() <= limits.text && !report.report_id.contains('\n'));
    let again = mox_tlsrpt::Report::parse(report.to_json().as_bytes(), &limits);
    assert_eq!(again.map(|parsed| parsed.report).as_ref(), Ok(&report));
    let packed = mox_unpack::gzip::compress(report.to_json().as_bytes());
    assert_eq!(find(&packed, Depth::Own).map(|found| found.parsed.report).as_ref(), Ok(&report));
}

pub(crate) fn dane_record(text: &str) {
    let Some(record) = again::<mox_dane::Record>(text) else { return };
    assert!((1..=mox_dane::MAX_DATA).contains(&record.data.len()));
    assert_eq!(format!("{record:#}").parse::<mox_dane::Record>().as_ref(), Ok(&record));
    let dns = mox_dns::Record::parse(mox_dns::RecordType::Tlsa, &record.to_string());
    assert_eq!(dns.as_ref().and_then(mox_dane::Record::from_dns), Some(record.clone()));
    record.matches(&record.data);
    assert_eq!(mox_dane::usable(std::slice::from_ref(&record)).len(), usize::from(record.check().is_ok()));
}

pub(crate) fn rdap(json: &[u8]) {
    if let Ok(object) = mox_rdap::DomainObject::parse(json) {
        assert!(object.events.len() <= mox_rdap::MAX_EVENTS && object.events.is_sorted_by_key(|e| e.date));
        let now = Timestamp::from_secs(1_795_342_830);
        assert!(object.registered(now).is_none_or(|date| date <= now));
    }
    if let (Ok(file), Ok(domain)) = (mox_rdap::Bootstrap::parse(json), "a.example.org".parse()) {
        assert!(file.servers(&domain).iter().all(|url| url.scheme == mox_https::Scheme::Https));
    }
    assert!(mox_rdap::problem_text(json).is_none_or(|text| text.chars().count() <= 200));
}
