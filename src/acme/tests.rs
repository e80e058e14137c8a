//! Certificates by name and kind, without an authority.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mox_clock::Timestamp;
use mox_tls::Certificate;

/// A chain as PEM.
pub(crate) fn pem(certificate: &Certificate) -> String {
    let block = |der: &[u8]| {
        let text = STANDARD.encode(der);
        format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
    };
    certificate.chain().iter().map(|der| block(der)).collect()
}
