//! The kinds of outgoing reports.

/// Whose policies a report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Those that decide for a recipient domain: its own, and those of its MX hosts.
    Domain,
    /// That of an MX host, for each recipient domain.
    Host,
}

impl Kind {
    pub(crate) fn code(self) -> i64 {
        match self {
            Kind::Domain => 0,
            Kind::Host => 1,
        }
    }

    pub(crate) fn from_code(code: i64) -> Kind {
        if code == 1 { Kind::Host } else { Kind::Domain }
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Kind::Domain => "domain",
            Kind::Host => "host",
        }
    }
}
