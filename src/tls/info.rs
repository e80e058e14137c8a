//! What a finished handshake says about the connection.
//!
//! RFC 9266 (tls-exporter channel binding), RFC 5705 (exporters).

use rustls::{ClientConnection, CommonState, ProtocolVersion, ServerConnection};

use crate::spki_sha256;

/// Facts about a TLS connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsInfo {
    /// `TLSv1.2` or `TLSv1.3`.
    pub version: &'static str,
    /// Cipher suite, as `TLS13_AES_256_GCM_SHA384`.
    pub cipher: String,
    /// Keying material of `EXPORTER-Channel-Binding`; use [`TlsInfo::channel_binding`], which knows when it binds.
    pub exporter: [u8; 32],
    /// SHA-256 of the peer's public key (subject public key info), where it proved one.
    pub peer_spki_sha256: Option<[u8; 32]>,
    /// SHA-256 of the peer's whole certificate.
    pub peer_sha256: Option<[u8; 32]>,
    /// The server name that the client asked for; set on the server side.
    pub sni: Option<String>,
    /// The application protocol agreed on.
    pub alpn: Option<Vec<u8>>,
}

impl TlsInfo {
    /// The `tls-exporter` channel binding. None below TLS 1.3: there it binds only with the extended master
    /// secret, and whether that was in use is not known (RFC 9266 §4.2).
    pub fn channel_binding(&self) -> Option<&[u8; 32]> {
        (self.version == "TLSv1.3").then_some(&self.exporter)
    }

    /// Of the server's side, after the handshake.
    pub fn of_server(connection: &ServerConnection) -> Result<TlsInfo, rustls::Error> {
        let exporter = connection.export_keying_material([0; 32], LABEL, Some(b""))?;
        Ok(TlsInfo { sni: connection.server_name().map(str::to_owned), ..common(connection, exporter) })
    }

    /// Of the client's side, after the handshake.
    pub fn of_client(connection: &ClientConnection) -> Result<TlsInfo, rustls::Error> {
        let exporter = connection.export_keying_material([0; 32], LABEL, Some(b""))?;
        Ok(common(connection, exporter))
    }
}

const LABEL: &[u8] = b"EXPORTER-Channel-Binding";

fn common(state: &CommonState, exporter: [u8; 32]) -> TlsInfo {
    let peer = state.peer_certificates().and_then(|chain| chain.first());
    TlsInfo {
        version: match state.protocol_version() {
            Some(ProtocolVersion::TLSv1_3) => "TLSv1.3",
            _ => "TLSv1.2",
        },
        cipher: state.negotiated_cipher_suite().map(|s| format!("{:?}", s.suite())).unwrap_or_default(),
        exporter,
        peer_spki_sha256: peer.and_then(|der| spki_sha256(der)),
        peer_sha256: peer.map(|der| crate::fingerprint(der)),
        sni: None,
        alpn: state.alpn_protocol().map(<[u8]>::to_vec),
    }
}
