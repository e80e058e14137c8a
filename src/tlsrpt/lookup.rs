//! Finds the record of a domain, with every way to have none told apart.
//!
//! Of TXT records at `_smtp._tls` only those that begin as the RFC says are counted; not exactly one is as good as none
//! (RFC 8460 §3). The name may be a CNAME, as for domains whose reports others handle.

use mox_address::Domain;
use mox_dns::{Error, Resolver};

use crate::{Record, RecordError};

/// What DNS says of where a domain's reports go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordLookup {
    /// There is no record.
    Absent {
        /// Whether DNSSEC proves it.
        authentic: bool,
    },
    /// There is no telling now.
    Temporary(Error),
    /// There are several records, which counts as none.
    Several(Vec<String>),
    /// The record is not lawful, which counts as none.
    Invalid {
        /// As published.
        text: String,
        /// Why.
        error: RecordError,
    },
    /// There is one.
    Found {
        /// What it says.
        record: Record,
        /// As published.
        text: String,
        /// Whether DNSSEC proves it.
        authentic: bool,
    },
}

impl RecordLookup {
    /// The record, when there is one.
    pub fn record(&self) -> Option<&Record> {
        match self {
            RecordLookup::Found { record, .. } => Some(record),
            _ => None,
        }
    }

    /// Whether the answer may be another a little later.
    pub fn is_temporary(&self) -> bool {
        matches!(self, RecordLookup::Temporary(_))
    }
}

/// The name that holds a domain's record.
pub fn record_name(domain: &Domain) -> String {
    format!("_smtp._tls.{domain}")
}

/// Looks for the record of a policy domain.
pub async fn lookup_record(resolver: &dyn Resolver, domain: &Domain) -> RecordLookup {
    let answer = match resolver.lookup_txt(&record_name(domain)).await {
        Ok(answer) => answer,
        Err(error) if error.is_temporary() => return RecordLookup::Temporary(error),
        // A name too long for DNS is a name without records.
        Err(error) => return RecordLookup::Absent { authentic: error.is_authentic() },
    };
    let authentic = answer.authentic;
    let mut texts: Vec<String> = answer.records.into_iter().filter(|text| Record::resembles(text)).collect();
    if texts.len() > 1 {
        texts.retain(|text| Record::is_one(text));
    }
    if texts.len() > 1 {
        return RecordLookup::Several(texts);
    }
    let Some(text) = texts.pop() else { return RecordLookup::Absent { authentic } };
    match text.parse() {
        Ok(record) => RecordLookup::Found { record, text, authentic },
        Err(error) => RecordLookup::Invalid { text, error },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mox_dns::sim::SimResolver;

    #[tokio::test]
    async fn records_are_found_or_not_and_temporary_is_not_absent() {
        let zone = "
            _smtp._tls.good.example. TXT \"v=TLSRPTv1;\" \"rua=mailto:a@good.example\"
            _smtp._tls.alias.example. CNAME reports.elsewhere.example.
            reports.elsewhere.example. CNAME _smtp._tls.good.example.
            _smtp._tls.beside.example. TXT \"v=spf1 -all\"
            _smtp._tls.beside.example. TXT \"v=TLSRPTv1; rua=mailto:a@b.example\" ; insecure
            _smtp._tls.two.example. TXT \"v=TLSRPTv1; rua=mailto:a@b.example\"
            _smtp._tls.two.example. TXT \"v=TLSRPTv1; rua=mailto:c@d.example\"
            _smtp._tls.broken.example. TXT \"v=TLSRPTv1; rua=a@b.example\"
            _smtp._tls.other.example. TXT \"v=TLSRPTv2; x\"
            _smtp._tls.down.example. TXT ; servfail
            _smtp._tls.forged.example. TXT \"v=TLSRPTv1; rua=mailto:a@b.example\" ; bogus
        ";
        let resolver = SimResolver::from_zone(zone).unwrap();
        for (name, expected) in [
            ("good.example", "found a@good.example true"),
            ("alias.example", "found a@good.example true"),
            ("beside.example", "found a@b.example false"),
            ("two.example", "several 2"),
            ("broken.example", "invalid"),
            ("other.example", "absent true"),
            ("nowhere.example", "absent true"),
            ("down.example", "temporary"),
            ("forged.example", "temporary"),
        ] {
            let found = lookup_record(&resolver, &name.parse().unwrap()).await;
            let told = match &found {
                RecordLookup::Absent { authentic } => format!("absent {authentic}"),
                RecordLookup::Temporary(_) => "temporary".to_owned(),
                RecordLookup::Several(texts) => format!("several {}", texts.len()),
                RecordLookup::Invalid { .. } => "invalid".to_owned(),
                RecordLookup::Found { record, authentic, .. } => {
                    format!("found {} {authentic}", record.rua[0].to_string().trim_start_matches("mailto:"))
                }
            };
            assert_eq!(told, expected, "{name}");
            assert_eq!(found.is_temporary(), told == "temporary");
            assert_eq!(found.record().is_some(), told.starts_with("found"));
        }
        let long = format!("{}example", "abcdefgh.".repeat(27));
        let found = lookup_record(&resolver, &long.parse().unwrap()).await;
        assert_eq!(found, RecordLookup::Absent { authentic: false });
    }
}
