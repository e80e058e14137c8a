//! EXTERNAL: the TLS client certificate has already said who it is (RFC 4422, appendix A).

use crate::server::Reason;

/// Holds the asked authorization identity (empty for as oneself) against the identity of the certificate.
pub(crate) fn verify<'a>(message: &'a [u8], identity: Option<&str>) -> Result<&'a str, Reason> {
    let authzid = std::str::from_utf8(message)
        .ok()
        .filter(|text| !text.contains('\0'))
        .ok_or(Reason::BadMessage("external identity is not text"))?;
    match identity {
        None => Err(Reason::NoIdentity),
        Some(identity) if authzid.is_empty() || authzid == identity => Ok(authzid),
        Some(_) => Err(Reason::OtherIdentity),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ones_own_identity() {
        assert_eq!(verify(b"", Some("a@example.org")), Ok(""));
        assert_eq!(verify(b"a@example.org", Some("a@example.org")), Ok("a@example.org"));
        assert_eq!(verify(b"b@example.org", Some("a@example.org")), Err(Reason::OtherIdentity));
        assert_eq!(verify(b"", None), Err(Reason::NoIdentity));
        assert!(matches!(verify(b"a\0b", Some("a")), Err(Reason::BadMessage(_))));
    }
}
