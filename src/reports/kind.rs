//! The kinds of outgoing reports, and what differs between them in a word.

use mox_admin::ops::ReportFamily;

/// What a report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// TLS under the policies that decide for a recipient domain: its own, and those of its MX hosts.
    Domain,
    /// TLS under the policy of an MX host, for each recipient domain.
    Host,
    /// Mail that the DMARC policy of a domain was applied to.
    Dmarc,
}

/// Points at which a test ends the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Point {
    Sealing,
    Sealed,
    Composed,
    Queued,
}

impl Kind {
    /// In the order in which they are decided: a host's report leaves out what its domains got.
    pub(crate) const ALL: [Kind; 3] = [Kind::Domain, Kind::Host, Kind::Dmarc];

    pub(crate) fn code(self) -> i64 {
        match self {
            Kind::Domain => 0,
            Kind::Host => 1,
            Kind::Dmarc => 2,
        }
    }

    pub(crate) fn from_code(code: i64) -> Kind {
        Kind::ALL.into_iter().find(|kind| kind.code() == code).unwrap_or(Kind::Domain)
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Kind::Domain => "domain",
            Kind::Host => "host",
            Kind::Dmarc => "dmarc",
        }
    }

    pub(crate) fn family(self) -> ReportFamily {
        match self {
            Kind::Domain | Kind::Host => ReportFamily::Tls,
            Kind::Dmarc => ReportFamily::Dmarc,
        }
    }

    /// Those of a family, in their order.
    pub(crate) fn of(family: ReportFamily) -> impl Iterator<Item = Kind> {
        Kind::ALL.into_iter().filter(move |kind| kind.family() == family)
    }

    /// The name of a point on the way of a report of this kind.
    pub(crate) fn point(self, point: Point) -> &'static str {
        match (self.family(), point) {
            (ReportFamily::Tls, Point::Sealing) => "tlsrpt-sealing",
            (ReportFamily::Tls, Point::Sealed) => "tlsrpt-sealed",
            (ReportFamily::Tls, Point::Composed) => "tlsrpt-composed",
            (ReportFamily::Tls, Point::Queued) => "tlsrpt-queued",
            (ReportFamily::Dmarc, Point::Sealing) => "dmarcrpt-sealing",
            (ReportFamily::Dmarc, Point::Sealed) => "dmarcrpt-sealed",
            (ReportFamily::Dmarc, Point::Composed) => "dmarcrpt-composed",
            (ReportFamily::Dmarc, Point::Queued) => "dmarcrpt-queued",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_back() {
        for kind in Kind::ALL {
            assert_eq!(Kind::from_code(kind.code()), kind);
        }
        assert_eq!(Kind::of(ReportFamily::Tls).collect::<Vec<_>>(), [Kind::Domain, Kind::Host]);
        assert_eq!(Kind::of(ReportFamily::Dmarc).collect::<Vec<_>>(), [Kind::Dmarc]);
    }
}
