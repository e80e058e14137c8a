//! PLAIN: authorization identity, name and password in one message (RFC 4616).

use crate::server::Reason;

/// The parts of the client's only message: authzid, authcid, password.
pub(crate) fn parse(message: &[u8]) -> Result<(&str, &str, &str), Reason> {
    let bad = Reason::BadMessage("plain message is not authzid NUL name NUL password");
    let text = std::str::from_utf8(message).map_err(|_| bad.clone())?;
    let mut parts = text.split('\0');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(authzid), Some(name), Some(password), None) if !name.is_empty() && !password.is_empty() => {
            Ok((authzid, name, password))
        }
        _ => Err(bad),
    }
}

/// The client's only message.
pub(crate) fn message(username: &str, password: &str) -> Vec<u8> {
    format!("\0{username}\0{password}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_of_rfc_4616() {
        assert_eq!(parse(b"\0tim\0tanstaaftanstaaf"), Ok(("", "tim", "tanstaaftanstaaf")));
        assert_eq!(parse(b"Ursel\0Kurt\0xipj3plmq"), Ok(("Ursel", "Kurt", "xipj3plmq")));
        assert_eq!(message("tim", "tanstaaftanstaaf"), b"\0tim\0tanstaaftanstaaf");
        for bad in [&b""[..], b"a\0b", b"\0\0c", b"\0b\0", b"a\0b\0c\0d", b"\0b\0\xff"] {
            assert!(parse(bad).is_err(), "{bad:?}");
        }
    }
}
