//! The names of the mechanisms, in order of strength.

use std::fmt;
use std::str::FromStr;

/// A SASL mechanism this room speaks. The order is that of preference: the smallest is the strongest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mechanism {
    /// SCRAM-SHA-256 bound to the TLS connection (RFC 7677, 9266).
    ScramSha256Plus,
    /// SCRAM-SHA-256 (RFC 7677).
    ScramSha256,
    /// SCRAM-SHA-1 bound to the TLS connection (RFC 5802, 9266).
    ScramSha1Plus,
    /// SCRAM-SHA-1 (RFC 5802).
    ScramSha1,
    /// Challenge and HMAC-MD5 (RFC 2195).
    CramMd5,
    /// The password itself (RFC 4616).
    Plain,
    /// The password itself, asked for in two steps (draft-murchison-sasl-login).
    Login,
    /// Who the TLS client certificate says it is (RFC 4422, appendix A).
    External,
}

impl Mechanism {
    /// Every mechanism, strongest first.
    pub const ALL: [Mechanism; 8] = [
        Mechanism::ScramSha256Plus,
        Mechanism::ScramSha256,
        Mechanism::ScramSha1Plus,
        Mechanism::ScramSha1,
        Mechanism::CramMd5,
        Mechanism::Plain,
        Mechanism::Login,
        Mechanism::External,
    ];

    /// The registered name.
    pub const fn name(self) -> &'static str {
        match self {
            Mechanism::ScramSha256Plus => "SCRAM-SHA-256-PLUS",
            Mechanism::ScramSha256 => "SCRAM-SHA-256",
            Mechanism::ScramSha1Plus => "SCRAM-SHA-1-PLUS",
            Mechanism::ScramSha1 => "SCRAM-SHA-1",
            Mechanism::CramMd5 => "CRAM-MD5",
            Mechanism::Plain => "PLAIN",
            Mechanism::Login => "LOGIN",
            Mechanism::External => "EXTERNAL",
        }
    }

    /// Whether the exchange is bound to the TLS connection.
    pub const fn is_plus(self) -> bool {
        matches!(self, Mechanism::ScramSha256Plus | Mechanism::ScramSha1Plus)
    }

    /// Whether the password itself crosses the wire.
    pub const fn sends_password(self) -> bool {
        matches!(self, Mechanism::Plain | Mechanism::Login)
    }

    /// Whether it must not (or cannot) be used without TLS.
    pub const fn needs_tls(self) -> bool {
        self.is_plus() || self.sends_password() || matches!(self, Mechanism::External)
    }
}

impl fmt::Display for Mechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// No mechanism has this name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown authentication mechanism")]
pub struct UnknownMechanism;

impl FromStr for Mechanism {
    type Err = UnknownMechanism;
    /// Names are compared without regard to case (RFC 4954 §4).
    fn from_str(name: &str) -> Result<Mechanism, UnknownMechanism> {
        Mechanism::ALL.into_iter().find(|m| m.name().eq_ignore_ascii_case(name)).ok_or(UnknownMechanism)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_in_order_of_strength() {
        for mechanism in Mechanism::ALL {
            assert_eq!(mechanism.to_string().to_lowercase().parse(), Ok(mechanism));
        }
        assert!(Mechanism::ALL.is_sorted());
        assert_eq!("GSSAPI".parse::<Mechanism>(), Err(UnknownMechanism));
    }
}
