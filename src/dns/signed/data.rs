//! Records of this room as those of the wire.

use hickory_resolver::proto::rr::rdata::{A, AAAA, CAA, CNAME, MX, NS, PTR, SOA, SRV, TLSA, TXT};
use hickory_resolver::proto::rr::{Name, RData};

use crate::Record;

/// Bytes of one string in a TXT record.
const MAX_STRING: usize = 255;

/// An absolute name from text without the final dot.
pub(crate) fn name(text: &str) -> Option<Name> {
    if text == "." {
        return Some(Name::root());
    }
    let mut name = Name::from_ascii(text).ok()?;
    name.set_fqdn(true);
    Some(name)
}

/// The data of a record, unless a name in it is none.
pub(crate) fn rdata(record: &Record) -> Option<RData> {
    Some(match record {
        Record::A(ip) => RData::A(A(*ip)),
        Record::Aaaa(ip) => RData::AAAA(AAAA(*ip)),
        Record::Mx { preference, host } => RData::MX(MX::new(*preference, name(host)?)),
        Record::Txt(text) => {
            let strings =
                if text.is_empty() { vec![text.as_slice()] } else { text.chunks(MAX_STRING).collect() };
            RData::TXT(TXT::from_bytes(strings))
        }
        Record::Cname(target) => RData::CNAME(CNAME(name(target)?)),
        Record::Ptr(target) => RData::PTR(PTR(name(target)?)),
        Record::Ns(host) => RData::NS(NS(name(host)?)),
        Record::Soa { mname, rname, serial, refresh, retry, expire, minimum } => {
            RData::SOA(SOA::new(name(mname)?, name(rname)?, *serial, *refresh, *retry, *expire, *minimum))
        }
        Record::Srv { priority, weight, port, target } => {
            RData::SRV(SRV::new(*priority, *weight, *port, name(target)?))
        }
        Record::Tlsa { usage, selector, matching, data } => {
            RData::TLSA(TLSA::new((*usage).into(), (*selector).into(), (*matching).into(), data.clone()))
        }
        Record::Caa { flags, tag, value } => {
            let mut caa = CAA::new_issue(flags & 0x80 != 0, None, Vec::new());
            caa.reserved_flags = flags & 0x7f;
            caa.tag.clone_from(tag);
            caa.value.clone_from(value);
            RData::CAA(caa)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RecordType;
    use crate::hickory::convert;

    #[test]
    fn what_is_written_is_read_as_the_same() {
        for (kind, text) in [
            ("A", "192.0.2.1"),
            ("AAAA", "2001:db8::1"),
            ("MX", "0 ."),
            ("MX", "10 mx.example."),
            ("TXT", "\"\""),
            ("TXT", "\"caf\\195\\169; x\""),
            ("CNAME", "other.example."),
            ("PTR", "host.example."),
            ("NS", "ns.example."),
            ("SOA", "ns.example. root.example. 1 7200 3600 1209600 300"),
            ("SRV", "0 1 587 mail.example."),
            ("TLSA", "3 1 1 00ff10"),
            ("TLSA", "9 8 7 00"),
            ("CAA", "128 issue \"ca.example; a=b\""),
            ("CAA", "1 unknown \"x\""),
        ] {
            let kind: RecordType = kind.parse().unwrap();
            let record = Record::parse(kind, text).unwrap();
            assert_eq!(convert(&rdata(&record).unwrap()), Some(record), "{text}");
        }
        let long = Record::Txt(vec![b'x'; 600]);
        assert_eq!(convert(&rdata(&long).unwrap()), Some(long));
    }
}
