//! CRAM-MD5: an HMAC over the server's challenge, keyed with the password (RFC 2195).

use aws_lc_rs::constant_time;
use mox_clock::{Random, random_array};

use crate::md5;
use crate::password::CramMd5Verifier;
use crate::server::Reason;

/// A challenge nobody has seen before, in the shape of a message identifier.
pub(crate) fn challenge(hostname: &str, random: &dyn Random) -> Vec<u8> {
    let number = u128::from_le_bytes(random_array(random));
    format!("<{number}@{hostname}>").into_bytes()
}

/// Name and digest of the client's answer.
pub(crate) fn parse(message: &[u8]) -> Result<(&str, &str), Reason> {
    std::str::from_utf8(message)
        .ok()
        .and_then(|text| text.rsplit_once(' '))
        .filter(|(name, digest)| !name.is_empty() && digest.len() == 32)
        .ok_or(Reason::BadMessage("cram-md5 answer is not name SP digest"))
}

/// Whether `digest` (hexadecimal) answers the challenge.
pub(crate) fn verify(verifier: &CramMd5Verifier, challenge: &[u8], digest: &str) -> bool {
    let expected = hex(&md5::hmac(verifier.inner, verifier.outer, challenge));
    let digest = digest.to_ascii_lowercase();
    constant_time::verify_slices_are_equal(expected.as_bytes(), digest.as_bytes()).is_ok()
}

/// The client's answer. `password` must be prepared.
pub(crate) fn answer(username: &str, password: &str, challenge: &[u8]) -> Vec<u8> {
    let key = CramMd5Verifier::derive(password);
    format!("{username} {}", hex(&md5::hmac(key.inner, key.outer, challenge))).into_bytes()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use mox_clock::sim::SimRandom;

    #[test]
    fn example_of_rfc_2195() {
        let challenge = b"<1896.697170952@postoffice.reston.mci.net>";
        let expected = "tim b913a602c7eda7a495b4e6e7334d3890";
        assert_eq!(answer("tim", "tanstaaftanstaaf", challenge), expected.as_bytes());
        let (name, digest) = parse(expected.as_bytes()).unwrap();
        let verifier = CramMd5Verifier::derive("tanstaaftanstaaf");
        assert_eq!(name, "tim");
        assert!(verify(&verifier, challenge, digest));
        assert!(verify(&verifier, challenge, &digest.to_uppercase()));
        assert!(!verify(&verifier, b"<other>", digest));
        assert!(!verify(&CramMd5Verifier::derive("other"), challenge, digest));
        for bad in ["", "tim", "tim abc", " b913a602c7eda7a495b4e6e7334d3890"] {
            assert!(parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn challenges_differ() {
        let random = SimRandom::new(1);
        let (a, b) = (challenge("mx.example", &random), challenge("mx.example", &random));
        assert_ne!(a, b);
        assert!(a.starts_with(b"<") && a.ends_with(b"@mx.example>"));
    }
}
