//! A failed handshake or certificate as a stable name and a category, for logs and TLS reports.
//!
//! RFC 8460 §4.3 (result types).

use std::borrow::Cow;

use rustls::{AlertDescription, CertificateError, Error};

/// What kind of failure it is; [`Category::result_type`] is its name in TLS reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Category {
    /// The certificate is for other names.
    HostMismatch,
    /// The certificate is not valid at this time.
    Expired,
    /// The chain leads to no root we trust.
    NotTrusted,
    /// Any other reason.
    Validation,
}

impl Category {
    /// RFC 8460 §4.3.
    pub fn result_type(self) -> &'static str {
        match self {
            Category::HostMismatch => "certificate-host-mismatch",
            Category::Expired => "certificate-expired",
            Category::NotTrusted => "certificate-not-trusted",
            Category::Validation => "validation-failure",
        }
    }
}

/// A named failure. Names are lower case with dashes, closed but for the alert's name, and do not change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// As `certificate-expired` or `remote-alert-40-handshake-failure`.
    pub name: Cow<'static, str>,
    /// For reports.
    pub category: Category,
}

/// Names the failure.
pub fn finding(error: &Error) -> Finding {
    let (name, category) = match error {
        Error::InvalidCertificate(error) => certificate(error),
        Error::AlertReceived(alert) => {
            return Finding { name: alert_name(*alert).into(), category: Category::Validation };
        }
        Error::NoCertificatesPresented => ("no-certificate", Category::Validation),
        Error::PeerIncompatible(_) => ("peer-incompatible", Category::Validation),
        Error::PeerMisbehaved(_) => ("peer-misbehaved", Category::Validation),
        Error::InvalidMessage(_) => ("invalid-message", Category::Validation),
        Error::InappropriateMessage { .. } | Error::InappropriateHandshakeMessage { .. } => {
            ("inappropriate-message", Category::Validation)
        }
        Error::DecryptError => ("decrypt-error", Category::Validation),
        Error::PeerSentOversizedRecord => ("oversized-record", Category::Validation),
        Error::NoApplicationProtocol => ("no-application-protocol", Category::Validation),
        _ => ("other", Category::Validation),
    };
    Finding { name: name.into(), category }
}

/// Whether the peer showed no certificate, or one that does not prove its name.
pub fn is_certificate(error: &Error) -> bool {
    matches!(error, Error::InvalidCertificate(_) | Error::NoCertificatesPresented)
}

fn certificate(error: &CertificateError) -> (&'static str, Category) {
    use CertificateError as E;
    match error {
        E::NotValidForName | E::NotValidForNameContext { .. } => {
            ("certificate-host-mismatch", Category::HostMismatch)
        }
        E::Expired | E::ExpiredContext { .. } => ("certificate-expired", Category::Expired),
        E::NotValidYet | E::NotValidYetContext { .. } => ("certificate-not-yet-valid", Category::Expired),
        E::UnknownIssuer => ("certificate-unknown-issuer", Category::NotTrusted),
        E::BadSignature => ("certificate-bad-signature", Category::NotTrusted),
        E::Revoked => ("certificate-revoked", Category::NotTrusted),
        E::InvalidPurpose | E::InvalidPurposeContext { .. } => {
            ("certificate-invalid-purpose", Category::NotTrusted)
        }
        E::BadEncoding => ("certificate-bad-encoding", Category::Validation),
        E::UnhandledCriticalExtension => ("certificate-critical-extension", Category::Validation),
        E::UnsupportedSignatureAlgorithmContext { .. }
        | E::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            ("certificate-unsupported-algorithm", Category::Validation)
        }
        _ => ("certificate-invalid", Category::NotTrusted),
    }
}

/// `HandshakeFailure` becomes `remote-alert-40-handshake-failure`; an unknown one has its number only.
fn alert_name(alert: AlertDescription) -> String {
    let mut name = format!("remote-alert-{}", u8::from(alert));
    match alert.as_str() {
        None => {}
        Some(known) => {
            for c in known.chars() {
                if c.is_ascii_uppercase() {
                    name.push('-');
                }
                name.push(c.to_ascii_lowercase());
            }
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_stable() {
        let cases = [
            (
                Error::InvalidCertificate(CertificateError::Expired),
                "certificate-expired",
                "certificate-expired",
            ),
            (
                Error::InvalidCertificate(CertificateError::NotValidYet),
                "certificate-not-yet-valid",
                "certificate-expired",
            ),
            (
                Error::InvalidCertificate(CertificateError::UnknownIssuer),
                "certificate-unknown-issuer",
                "certificate-not-trusted",
            ),
            (
                Error::InvalidCertificate(CertificateError::NotValidForName),
                "certificate-host-mismatch",
                "certificate-host-mismatch",
            ),
            (
                Error::AlertReceived(AlertDescription::HandshakeFailure),
                "remote-alert-40-handshake-failure",
                "validation-failure",
            ),
            (Error::AlertReceived(AlertDescription::from(200)), "remote-alert-200", "validation-failure"),
            (Error::General("x".into()), "other", "validation-failure"),
        ];
        for (error, name, result_type) in cases {
            let found = finding(&error);
            assert_eq!((found.name.as_ref(), found.category.result_type()), (name, result_type));
        }
    }
}
