//! SCRAM-SHA-1 and SCRAM-SHA-256, with and without channel binding `tls-exporter`, both sides.
//!
//! RFC 5802, RFC 7677, RFC 9266. Downgrades are refused: a client that says it could have bound the channel but
//! was not offered it (`y`) fails when it was offered. Extensions `m=` are refused, others ignored.

use std::num::NonZeroU32;

use aws_lc_rs::{constant_time, digest, hmac, pbkdf2};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mox_clock::{Random, random_array};
use serde::{Deserialize, Serialize};

use crate::client::ClientError;
use crate::password::{Verifiers, base64_text};
use crate::server::Reason;

/// Fewest iterations a client accepts from a server (RFC 7677 §4).
pub const MIN_ITERATIONS: u32 = 4096;
/// Most iterations a client accepts from a server: beyond, a server could burn the client's time.
pub const MAX_ITERATIONS: u32 = 1_000_000;
/// Longest nonce accepted from the other side.
const MAX_NONCE: usize = 1024;

const BINDING: &str = "tls-exporter";

/// The hash function of a SCRAM mechanism.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hash {
    Sha1,
    Sha256,
}

impl Hash {
    /// Iterations of newly derived verifiers.
    pub(crate) const fn default_iterations(self) -> u32 {
        match self {
            Hash::Sha1 => 8192,
            Hash::Sha256 => 4096,
        }
    }

    /// Length of a digest in bytes.
    pub(crate) fn len(self) -> usize {
        self.digest_algorithm().output_len()
    }

    fn digest_algorithm(self) -> &'static digest::Algorithm {
        match self {
            Hash::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Hash::Sha256 => &digest::SHA256,
        }
    }

    fn digest(self, bytes: &[u8]) -> Vec<u8> {
        digest::digest(self.digest_algorithm(), bytes).as_ref().to_vec()
    }

    fn hmac(self, key: &[u8], message: &[u8]) -> Vec<u8> {
        let algorithm = match self {
            Hash::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Hash::Sha256 => hmac::HMAC_SHA256,
        };
        hmac::sign(&hmac::Key::new(algorithm, key), message).as_ref().to_vec()
    }

    fn salted_password(self, password: &str, salt: &[u8], iterations: u32) -> Vec<u8> {
        let algorithm = match self {
            Hash::Sha1 => pbkdf2::PBKDF2_HMAC_SHA1,
            Hash::Sha256 => pbkdf2::PBKDF2_HMAC_SHA256,
        };
        let mut out = vec![0; self.len()];
        let iterations = NonZeroU32::new(iterations).unwrap_or(NonZeroU32::MIN);
        pbkdf2::derive(algorithm, iterations, salt, password.as_bytes(), &mut out);
        out
    }
}

/// What is stored of a password for one SCRAM hash (RFC 5802 §2.1).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScramVerifier {
    /// Random, 16 bytes.
    #[serde(with = "base64_text")]
    pub salt: Vec<u8>,
    /// PBKDF2 rounds.
    pub iterations: u32,
    /// `H(HMAC(SaltedPassword, "Client Key"))`.
    #[serde(with = "base64_text")]
    pub stored_key: Vec<u8>,
    /// `HMAC(SaltedPassword, "Server Key")`.
    #[serde(with = "base64_text")]
    pub server_key: Vec<u8>,
}

impl ScramVerifier {
    /// `password` must be prepared.
    pub(crate) fn derive(hash: Hash, password: &str, salt: &[u8], iterations: u32) -> ScramVerifier {
        let salted = hash.salted_password(password, salt, iterations);
        ScramVerifier {
            salt: salt.to_vec(),
            iterations,
            stored_key: hash.digest(&hash.hmac(&salted, b"Client Key")),
            server_key: hash.hmac(&salted, b"Server Key"),
        }
    }
}

impl std::fmt::Debug for ScramVerifier {
    /// Shows nothing of the secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ScramVerifier(..)")
    }
}

/// 24 characters of chance, fit for a nonce.
fn nonce(random: &dyn Random) -> String {
    STANDARD.encode(random_array::<18>(random))
}

fn is_nonce(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_NONCE && text.bytes().all(|b| b.is_ascii_graphic() && b != b',')
}

fn escape(name: &str) -> String {
    name.replace('=', "=3D").replace(',', "=2C")
}

/// Undoes `=2C` and `=3D`; none when another `=` is left.
fn unescape(name: &str) -> Option<String> {
    let mut parts = name.split('=');
    let mut out = parts.next()?.to_owned();
    for part in parts {
        let (c, rest) = match (part.strip_prefix("2C"), part.strip_prefix("3D")) {
            (Some(rest), _) => (',', rest),
            (_, Some(rest)) => ('=', rest),
            _ => return None,
        };
        out.push(c);
        out.push_str(rest);
    }
    (!out.is_empty()).then_some(out)
}

fn attribute(part: Option<&str>, name: char) -> Option<&str> {
    part?.strip_prefix(name)?.strip_prefix('=')
}

fn xor(a: &[u8], b: &[u8]) -> Vec<u8> {
    a.iter().zip(b).map(|(a, b)| a ^ b).collect()
}

/// What the client said first.
pub(crate) struct ClientFirst {
    /// Who wants to log in.
    pub(crate) username: String,
    /// As whom to act; empty for as oneself.
    pub(crate) authzid: String,
    /// The GS2 header, to be repeated in `c=`.
    gs2_header: String,
    bare: String,
    nonce: String,
}

impl ClientFirst {
    /// Parses it, and holds it against the mechanism (`plus`) and whether this connection offers binding.
    pub(crate) fn parse(message: &[u8], plus: bool, binding_offered: bool) -> Result<ClientFirst, Reason> {
        let bad = Reason::BadMessage("malformed first scram message");
        let text = std::str::from_utf8(message).map_err(|_| bad.clone())?;
        let mut parts = text.splitn(3, ',');
        let (Some(flag), Some(authzid), Some(bare)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(bad);
        };
        match (flag, flag.strip_prefix("p=")) {
            (_, Some(BINDING)) if plus && binding_offered => {}
            (_, Some(_)) => return Err(Reason::ChannelBinding),
            ("y", _) if binding_offered => return Err(Reason::Downgrade),
            ("n" | "y", _) if !plus => {}
            ("n" | "y", _) => return Err(Reason::ChannelBinding),
            _ => return Err(bad),
        }
        let authzid = match authzid.strip_prefix("a=") {
            Some(name) => unescape(name).ok_or(bad.clone())?,
            None if authzid.is_empty() => String::new(),
            None => return Err(bad),
        };
        let gs2_len = text.len() - bare.len();
        let mut parts = bare.split(',');
        let username = attribute(parts.next(), 'n').and_then(unescape).ok_or(bad.clone())?;
        let nonce = attribute(parts.next(), 'r').filter(|n| is_nonce(n)).ok_or(bad.clone())?.to_owned();
        let gs2_header = text.get(..gs2_len).unwrap_or_default().to_owned();
        Ok(ClientFirst { username, authzid, gs2_header, bare: bare.to_owned(), nonce })
    }
}

/// The server, between its first and its last message.
pub(crate) struct ServerSide {
    hash: Hash,
    first: ClientFirst,
    verifier: ScramVerifier,
    nonce: String,
    server_first: String,
    binding: Vec<u8>,
}

impl ServerSide {
    /// `binding` is empty unless the mechanism is a PLUS one.
    pub(crate) fn new(
        hash: Hash,
        first: ClientFirst,
        verifiers: &Verifiers,
        binding: &[u8],
        random: &dyn Random,
    ) -> ServerSide {
        ServerSide::with_nonce(hash, first, verifiers, binding, &nonce(random))
    }

    fn with_nonce(
        hash: Hash,
        first: ClientFirst,
        verifiers: &Verifiers,
        binding: &[u8],
        server_nonce: &str,
    ) -> ServerSide {
        let verifier = match hash {
            Hash::Sha1 => &verifiers.scram_sha1,
            Hash::Sha256 => &verifiers.scram_sha256,
        };
        let nonce = format!("{}{server_nonce}", first.nonce);
        let salt = STANDARD.encode(&verifier.salt);
        let server_first = format!("r={nonce},s={salt},i={}", verifier.iterations);
        ServerSide { hash, first, verifier: verifier.clone(), nonce, server_first, binding: binding.to_vec() }
    }

    /// The server's first message.
    pub(crate) fn challenge(&self) -> Vec<u8> {
        self.server_first.clone().into_bytes()
    }

    /// Checks the client's last message; the answer is the server's last message, which proves that the server
    /// knows the verifier.
    pub(crate) fn verify(&self, message: &[u8]) -> Result<Vec<u8>, Reason> {
        let bad = Reason::BadMessage("malformed final scram message");
        let text = std::str::from_utf8(message).map_err(|_| bad.clone())?;
        let (without_proof, proof) = text.rsplit_once(",p=").ok_or(bad.clone())?;
        let proof = STANDARD.decode(proof).map_err(|_| bad.clone())?;
        let mut parts = without_proof.split(',');
        let binding =
            attribute(parts.next(), 'c').and_then(|c| STANDARD.decode(c).ok()).ok_or(bad.clone())?;
        let nonce = attribute(parts.next(), 'r').ok_or(bad.clone())?;
        if parts.any(|part| part.starts_with("m=")) || nonce != self.nonce || proof.len() != self.hash.len() {
            return Err(bad);
        }
        let expected = [self.first.gs2_header.as_bytes(), &self.binding].concat();
        if constant_time::verify_slices_are_equal(&binding, &expected).is_err() {
            return Err(Reason::ChannelBinding);
        }
        let auth_message = format!("{},{},{without_proof}", self.first.bare, self.server_first);
        let signature = self.hash.hmac(&self.verifier.stored_key, auth_message.as_bytes());
        let stored_key = self.hash.digest(&xor(&proof, &signature));
        if constant_time::verify_slices_are_equal(&stored_key, &self.verifier.stored_key).is_err() {
            return Err(Reason::BadCredentials);
        }
        let signature = self.hash.hmac(&self.verifier.server_key, auth_message.as_bytes());
        Ok(format!("v={}", STANDARD.encode(signature)).into_bytes())
    }
}

/// The client, from its first message on.
pub(crate) struct ClientSide {
    hash: Hash,
    gs2_header: String,
    bare: String,
    nonce: String,
    binding: Vec<u8>,
    server_signature: Option<Vec<u8>>,
}

impl ClientSide {
    /// With `plus` the exchange is bound to `binding`; without, a client that could bind (`binding` given) says
    /// whether the server offered to (`plus_offered`).
    pub(crate) fn new(
        hash: Hash,
        plus: bool,
        username: &str,
        binding: Option<&[u8]>,
        plus_offered: bool,
        random: &dyn Random,
    ) -> ClientSide {
        ClientSide::with_nonce(hash, plus, username, binding, plus_offered, nonce(random))
    }

    fn with_nonce(
        hash: Hash,
        plus: bool,
        username: &str,
        binding: Option<&[u8]>,
        plus_offered: bool,
        nonce: String,
    ) -> ClientSide {
        let gs2_header = match binding {
            Some(_) if plus => format!("p={BINDING},,"),
            Some(_) if !plus_offered => "y,,".to_owned(),
            _ => "n,,".to_owned(),
        };
        let bare = format!("n={},r={nonce}", escape(username));
        let binding = binding.filter(|_| plus).unwrap_or_default().to_vec();
        ClientSide { hash, gs2_header, bare, nonce, binding, server_signature: None }
    }

    pub(crate) fn first(&self) -> Vec<u8> {
        format!("{}{}", self.gs2_header, self.bare).into_bytes()
    }

    /// Answers the server's first message. `password` must be prepared.
    pub(crate) fn answer(&mut self, server_first: &[u8], password: &str) -> Result<Vec<u8>, ClientError> {
        let bad = ClientError::BadChallenge("malformed first scram message");
        let text = std::str::from_utf8(server_first).map_err(|_| bad.clone())?;
        let mut parts = text.split(',');
        let nonce = attribute(parts.next(), 'r').filter(|n| is_nonce(n)).ok_or(bad.clone())?;
        let salt = attribute(parts.next(), 's').and_then(|s| STANDARD.decode(s).ok()).ok_or(bad.clone())?;
        let iterations: u32 = attribute(parts.next(), 'i').and_then(|i| i.parse().ok()).ok_or(bad)?;
        if salt.is_empty() || !nonce.starts_with(&self.nonce) || nonce.len() == self.nonce.len() {
            return Err(ClientError::BadChallenge("scram nonce or salt is not acceptable"));
        }
        if !(MIN_ITERATIONS..=MAX_ITERATIONS).contains(&iterations) {
            return Err(ClientError::BadChallenge("scram iteration count is out of bounds"));
        }
        let binding = STANDARD.encode([self.gs2_header.as_bytes(), &self.binding].concat());
        let without_proof = format!("c={binding},r={nonce}");
        let auth_message = format!("{},{text},{without_proof}", self.bare);
        let salted = self.hash.salted_password(password, &salt, iterations);
        let client_key = self.hash.hmac(&salted, b"Client Key");
        let signature = self.hash.hmac(&self.hash.digest(&client_key), auth_message.as_bytes());
        let server_key = self.hash.hmac(&salted, b"Server Key");
        self.server_signature = Some(self.hash.hmac(&server_key, auth_message.as_bytes()));
        let proof = STANDARD.encode(xor(&client_key, &signature));
        Ok(format!("{without_proof},p={proof}").into_bytes())
    }

    /// Checks the server's last message: only a server that knows the verifier can have written it.
    pub(crate) fn check(&self, server_final: &[u8]) -> Result<(), ClientError> {
        if server_final.starts_with(b"e=") {
            return Err(ClientError::Refused);
        }
        let signature = server_final
            .strip_prefix(b"v=")
            .and_then(|rest| rest.split(|b| *b == b',').next())
            .and_then(|v| STANDARD.decode(v).ok())
            .ok_or(ClientError::BadChallenge("malformed final scram message"))?;
        match &self.server_signature {
            Some(expected) if constant_time::verify_slices_are_equal(&signature, expected).is_ok() => Ok(()),
            _ => Err(ClientError::ServerNotProved),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mox_clock::sim::SimRandom;

    /// A whole published exchange, as seen from both sides.
    struct Vector {
        hash: Hash,
        iterations: u32,
        salt: &'static str,
        client_nonce: &'static str,
        server_nonce: &'static str,
        client_first: &'static str,
        server_first: &'static str,
        client_final: &'static str,
        server_final: &'static str,
    }

    /// RFC 5802 §5 and RFC 7677 §3.
    const VECTORS: [Vector; 2] = [
        Vector {
            hash: Hash::Sha1,
            iterations: 4096,
            salt: "QSXCR+Q6sek8bf92",
            client_nonce: "fyko+d2lbbFgONRv9qkxdawL",
            server_nonce: "3rfcNHYJY1ZVvWVs7j",
            client_first: "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
            server_first: "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
            client_final: "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
            server_final: "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
        },
        Vector {
            hash: Hash::Sha256,
            iterations: 4096,
            salt: "W22ZaJ0SNY7soEsUEjb6gQ==",
            client_nonce: "rOprNGfwEbeRWgbNEkqO",
            server_nonce: "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
            client_first: "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
            server_first: "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
            client_final: "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
            server_final: "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
        },
    ];

    fn verifiers(v: &Vector) -> Verifiers {
        let scram = ScramVerifier::derive(v.hash, "pencil", &STANDARD.decode(v.salt).unwrap(), v.iterations);
        let mut verifiers = Verifiers::fake(b"", "");
        match v.hash {
            Hash::Sha1 => verifiers.scram_sha1 = scram,
            Hash::Sha256 => verifiers.scram_sha256 = scram,
        }
        verifiers
    }

    #[test]
    fn published_exchanges_replay_on_both_sides() {
        for v in &VECTORS {
            let mut client =
                ClientSide::with_nonce(v.hash, false, "user", None, false, v.client_nonce.to_owned());
            assert_eq!(client.first(), v.client_first.as_bytes());
            let first = ClientFirst::parse(v.client_first.as_bytes(), false, false).unwrap();
            assert_eq!(first.username, "user");
            let server = ServerSide::with_nonce(v.hash, first, &verifiers(v), b"", v.server_nonce);
            assert_eq!(server.challenge(), v.server_first.as_bytes());
            let answer = client.answer(v.server_first.as_bytes(), "pencil").unwrap();
            assert_eq!(String::from_utf8(answer).unwrap(), v.client_final);
            assert_eq!(server.verify(v.client_final.as_bytes()).unwrap(), v.server_final.as_bytes());
            assert_eq!(client.check(v.server_final.as_bytes()), Ok(()));
            assert_eq!(client.check(b"v=AAAA"), Err(ClientError::ServerNotProved));
            assert_eq!(client.check(b"e=invalid-proof"), Err(ClientError::Refused));
        }
    }

    #[test]
    fn first_messages_are_held_against_the_offer() {
        let channel = Some(Reason::ChannelBinding);
        let bad = Some(Reason::BadMessage("malformed first scram message"));
        // (message, plus mechanism, binding offered, refusal)
        let table = [
            ("n,,n=user,r=abc", false, false, None),
            ("n,,n=user,r=abc", false, true, None),
            ("n,a=user,n=user,r=abc,x=ext", false, false, None),
            ("y,,n=user,r=abc", false, false, None),
            ("y,,n=user,r=abc", false, true, Some(Reason::Downgrade)),
            ("y,,n=user,r=abc", true, true, Some(Reason::Downgrade)),
            ("n,,n=user,r=abc", true, true, channel.clone()),
            ("p=tls-exporter,,n=user,r=abc", true, true, None),
            ("p=tls-exporter,,n=user,r=abc", true, false, channel.clone()),
            ("p=tls-exporter,,n=user,r=abc", false, true, channel.clone()),
            ("p=tls-unique,,n=user,r=abc", true, true, channel),
            ("n,,m=ext,n=user,r=abc", false, false, bad.clone()),
            ("n,,n=,r=abc", false, false, bad.clone()),
            ("n,,n=us=er,r=abc", false, false, bad.clone()),
            ("n,,n=user,r=", false, false, bad.clone()),
            ("n,,n=user,r=a b", false, false, bad.clone()),
            ("n,b=user,n=user,r=abc", false, false, bad.clone()),
            ("x,,n=user,r=abc", false, false, bad.clone()),
            ("", false, false, bad.clone()),
            ("n,,", false, false, bad),
        ];
        for (message, plus, offered, refusal) in table {
            let got = ClientFirst::parse(message.as_bytes(), plus, offered).err();
            assert_eq!(got, refusal, "{message} {plus} {offered}");
        }
        let escaped = ClientFirst::parse(b"n,a=x=3Dy,n=a=2Cb=3Dc,r=abc", false, false).unwrap();
        assert_eq!((escaped.username.as_str(), escaped.authzid.as_str()), ("a,b=c", "x=y"));
        assert_eq!(unescape(&escape("a,b=c=2C")).as_deref(), Some("a,b=c=2C"));
    }

    #[test]
    fn binding_of_another_channel_is_refused() {
        let v = &VECTORS[1];
        let random = SimRandom::new(1);
        let run = |client_binding: &[u8], password: &str| {
            let mut client = ClientSide::new(v.hash, true, "user", Some(client_binding), true, &random);
            let first = ClientFirst::parse(&client.first(), true, true).unwrap();
            let server = ServerSide::new(v.hash, first, &verifiers(v), &[7; 32], &random);
            let answer = client.answer(&server.challenge(), password).unwrap();
            server.verify(&answer).map(|last| client.check(&last))
        };
        assert_eq!(run(&[7; 32], "pencil"), Ok(Ok(())));
        assert_eq!(run(&[8; 32], "pencil"), Err(Reason::ChannelBinding));
        assert_eq!(run(&[7; 32], "pencils"), Err(Reason::BadCredentials));
    }

    #[test]
    fn final_messages_that_are_wrong_are_refused() {
        let v = &VECTORS[0];
        let first = ClientFirst::parse(v.client_first.as_bytes(), false, false).unwrap();
        let server = ServerSide::with_nonce(v.hash, first, &verifiers(v), b"", v.server_nonce);
        let good = v.client_final;
        for (message, reason) in [
            (good.replace("c=biws", "c=eSws"), Reason::ChannelBinding),
            (good.replace("3rfc", "3rfd"), Reason::BadMessage("malformed final scram message")),
            (good.replace("p=v0X8", "p=v0X9"), Reason::BadCredentials),
            (good.replace("4Ts=", ""), Reason::BadMessage("malformed final scram message")),
            (good.replace(",p=", ",m=x,p="), Reason::BadMessage("malformed final scram message")),
            (String::new(), Reason::BadMessage("malformed final scram message")),
        ] {
            assert_eq!(server.verify(message.as_bytes()), Err(reason), "{message}");
        }
    }

    #[test]
    fn clients_bound_what_servers_ask() {
        let v = &VECTORS[0];
        let good = v.server_first;
        for bad in [
            good.replace("i=4096", "i=4095"),
            good.replace("i=4096", "i=1000001"),
            good.replace("i=4096", "i=x"),
            good.replace("r=fyko", "r=fyk"),
            format!("r={},s=QSXCR+Q6sek8bf92,i=4096", v.client_nonce),
            good.replace("s=QSXCR+Q6sek8bf92", "s="),
            "m=x,".to_owned() + good,
            String::new(),
        ] {
            let mut client =
                ClientSide::with_nonce(v.hash, false, "user", None, false, v.client_nonce.to_owned());
            assert!(client.answer(bad.as_bytes(), "pencil").is_err(), "{bad}");
        }
    }
}
