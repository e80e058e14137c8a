//! What TLS a host must have, and what happens when it has not: MTA-STS, DANE, REQUIRETLS, `TLS-Required: No` and the
//! class of the message, turned into one plan. Pure; its test is a table.
//!
//! Without a policy TLS is opportunistic: taken where offered, not verified, and left out at a second try where the
//! handshake fails. Either policy makes STARTTLS a must and has to be satisfied by itself; TLSA records of which none
//! is usable still make STARTTLS a must. RFC 7672 §2.2, RFC 8461 §5, RFC 8689 §4.2.1, §4.3, RFC 7435.

use mox_smtpclient::{Dane, TlsMode, Verify};

use crate::Class;

/// What TLSA records say of a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DaneState {
    /// There are none that DNSSEC proves.
    None,
    /// There are some, none of them usable.
    Unusable,
    /// They must be satisfied.
    Usable(Dane),
}

/// What the plan follows from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Demands<'a> {
    /// REQUIRETLS, `TLS-Required: No`, or neither.
    pub(crate) require_tls: Option<bool>,
    /// What is on its way.
    pub(crate) class: Class,
    /// An MTA-STS policy in mode enforce is in force, and names the host.
    pub(crate) sts: bool,
    /// The TLSA records.
    pub(crate) dane: &'a DaneState,
    /// The route asks for DANE.
    pub(crate) require_dane: bool,
}

/// How a host is spoken to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TlsPlan {
    /// When TLS starts.
    pub(crate) mode: TlsMode,
    /// What must be proved.
    pub(crate) verify: Verify,
    /// A failed handshake may be followed by a session without TLS.
    pub(crate) fallback: bool,
    /// The host must offer REQUIRETLS.
    pub(crate) requiretls: bool,
}

/// The host must not be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The message has REQUIRETLS, and no policy proves who the host is.
    NothingProves,
    /// The route asks for DANE, and the host has none that is usable.
    DaneMissing,
}

/// What TLS a host must have.
pub(crate) fn plan(demands: Demands<'_>) -> Result<TlsPlan, Refusal> {
    let Demands { require_tls, class, sts, dane, require_dane } = demands;
    let ignore = require_tls == Some(false);
    let usable = match dane {
        DaneState::Usable(dane) => Some(dane.clone()),
        DaneState::None | DaneState::Unusable => None,
    };
    if require_tls == Some(true) && usable.is_none() && !sts {
        return Err(Refusal::NothingProves);
    }
    if require_dane && usable.is_none() && !ignore {
        return Err(Refusal::DaneMissing);
    }
    let required = sts || *dane != DaneState::None;
    let mode = if required && !ignore { TlsMode::RequiredStartTls } else { TlsMode::Opportunistic };
    Ok(TlsPlan {
        mode,
        verify: Verify { pkix: sts, dane: usable, ignore },
        // A report about mail that fails is not to be read by everybody; who wants it has TLS.
        fallback: ignore || (!required && class != Class::DmarcReport),
        requiretls: require_tls == Some(true),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_from_what() {
        use Class::{DmarcReport, Normal, TlsReport};
        let dane = Dane { records: Vec::new(), names: Vec::new() };
        let (none, unusable, usable) = (DaneState::None, DaneState::Unusable, DaneState::Usable(dane));
        // REQUIRETLS, class, MTA-STS, DANE, DANE required: what is planned.
        for (require_tls, class, sts, dane, require_dane, expected) in [
            (None, Normal, false, &none, false, "may, plain after"),
            (None, Normal, true, &none, false, "must, pkix"),
            (None, Normal, false, &usable, false, "must, dane"),
            (None, Normal, true, &usable, false, "must, pkix, dane"),
            (None, Normal, false, &unusable, false, "must"),
            (None, Normal, true, &unusable, false, "must, pkix"),
            (None, Normal, false, &none, true, "DaneMissing"),
            (None, Normal, true, &unusable, true, "DaneMissing"),
            (None, Normal, false, &usable, true, "must, dane"),
            (None, DmarcReport, false, &none, false, "may"),
            (None, DmarcReport, true, &none, false, "must, pkix"),
            (Some(true), Normal, false, &none, false, "NothingProves"),
            (Some(true), Normal, false, &unusable, false, "NothingProves"),
            (Some(true), Normal, true, &none, false, "must, pkix, requiretls"),
            (Some(true), Normal, false, &usable, false, "must, dane, requiretls"),
            (Some(false), Normal, false, &none, false, "may, ignore, plain after"),
            (Some(false), Normal, true, &usable, false, "may, pkix, dane, ignore, plain after"),
            (Some(false), Normal, false, &unusable, true, "may, ignore, plain after"),
            (Some(false), TlsReport, true, &none, false, "may, pkix, ignore, plain after"),
        ] {
            let got = match plan(Demands { require_tls, class, sts, dane, require_dane }) {
                Err(refusal) => format!("{refusal:?}"),
                Ok(plan) => {
                    let mut words = vec![if plan.mode == TlsMode::RequiredStartTls { "must" } else { "may" }];
                    let verify = plan.verify;
                    for (yes, word) in [
                        (verify.pkix, "pkix"),
                        (verify.dane.is_some(), "dane"),
                        (verify.ignore, "ignore"),
                        (plan.fallback, "plain after"),
                        (plan.requiretls, "requiretls"),
                    ] {
                        words.extend(Some(word).filter(|_| yes));
                    }
                    words.join(", ")
                }
            };
            assert_eq!(got, expected, "{require_tls:?} {class:?} {sts} {dane:?} {require_dane}");
        }
    }
}
