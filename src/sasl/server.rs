//! The server's side of an authentication: feed it what the client says, do what the [`Step`] says.
//!
//! An unknown user takes the same steps and the same time as a wrong password: verifiers made up from a secret
//! stand in. The authorization identity must be empty or equal the name that authenticates.

use std::sync::Arc;

use mox_clock::Random;

use crate::password::Verifiers;
use crate::scram::{ClientFirst, Hash, ServerSide};
use crate::{MAX_MESSAGE, Mechanism, crammd5, external, login, plain};

/// What is known of a user who tries to log in. [`Verifiers`] is one; wrap it to add a cache of passwords that
/// were verified before.
pub trait Credentials {
    /// What is stored of the password.
    fn verifiers(&self) -> &Verifiers;
    /// Whether this is the password.
    fn verify_plain(&self, password: &str) -> bool {
        self.verifiers().verify_plain(password)
    }
}

impl Credentials for Verifiers {
    fn verifiers(&self) -> &Verifiers {
        self
    }
}

impl Credentials for Arc<Verifiers> {
    fn verifiers(&self) -> &Verifiers {
        self
    }
}

/// Finds the credentials of a user name, as sent by the client; none when there is no such user.
pub type Lookup<'a> = dyn FnMut(&str) -> Option<Box<dyn Credentials>> + 'a;

/// What the connection and the host bring to an authentication.
#[derive(Debug, Clone, Copy, Default)]
pub struct Setup<'a> {
    /// The `tls-exporter` value of the connection (RFC 9266), when the PLUS mechanisms were offered on it.
    pub channel_binding: Option<&'a [u8]>,
    /// Secret of this host, from which the salts of unknown users are made. Keep it over restarts, as real salts
    /// are kept: otherwise a restart tells who exists.
    pub secret: &'a [u8],
    /// The name of this host, shown in the CRAM-MD5 challenge.
    pub hostname: &'a str,
    /// Who the TLS client certificate belongs to, for EXTERNAL.
    pub identity: Option<&'a str>,
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Send this and wait for the client's answer. May be empty.
    Challenge(Vec<u8>),
    /// The client is who it says.
    Done(Login),
    /// The client is not, or broke the protocol. The exchange is over.
    Fail(Reason),
}

/// Who logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// The name that authenticated, as sent by the client.
    pub username: String,
    /// The authorization identity, as sent by the client: empty or equal to the name.
    pub authzid: String,
}

/// Why an authentication failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// No such user, or not the password.
    #[error("bad user name or password")]
    BadCredentials,
    /// The client wants to act as somebody else.
    #[error("acting as somebody else is not allowed")]
    OtherIdentity,
    /// EXTERNAL without a TLS client certificate that belongs to anybody.
    #[error("no identity from a tls client certificate")]
    NoIdentity,
    /// The client is not bound to this TLS connection: perhaps there is another one in between.
    #[error("channel bindings do not match")]
    ChannelBinding,
    /// The client could have bound the channel but was not shown the offer: somebody removed it.
    #[error("channel binding was offered, but the client did not see the offer")]
    Downgrade,
    /// The message breaks the rules of the mechanism.
    #[error("{0}")]
    BadMessage(&'static str),
    /// A message of more than [`MAX_MESSAGE`] bytes.
    #[error("authentication message is too long")]
    TooLong,
}

/// One authentication, seen from the server.
pub struct Server {
    mechanism: Mechanism,
    username: Option<String>,
    channel_binding: Option<Vec<u8>>,
    secret: Vec<u8>,
    identity: Option<String>,
    scram_random: [u8; 32],
    state: State,
}

enum State {
    /// Waits for the first message of the client.
    First,
    CramMd5 {
        challenge: Vec<u8>,
    },
    LoginPassword {
        username: String,
    },
    Scram {
        side: Box<ServerSide>,
        authzid: String,
        known: bool,
    },
    /// All is proved; the client has yet to acknowledge the server's proof.
    Acknowledge(Login),
    Over,
}

/// Chance drawn when the exchange began, so that `step` need not be given the source.
struct Drawn([u8; 32]);

impl Random for Drawn {
    fn fill(&self, bytes: &mut [u8]) {
        for (byte, drawn) in bytes.iter_mut().zip(self.0.iter().cycle()) {
            *byte = *drawn;
        }
    }
}

impl Server {
    /// Begins an exchange. Whether the mechanism may be used on this connection is the caller's to decide.
    pub fn new(mechanism: Mechanism, setup: Setup<'_>, random: &dyn Random) -> Server {
        let state = match mechanism {
            Mechanism::CramMd5 => State::CramMd5 { challenge: crammd5::challenge(setup.hostname, random) },
            _ => State::First,
        };
        Server {
            mechanism,
            username: None,
            channel_binding: setup.channel_binding.map(<[u8]>::to_vec),
            secret: setup.secret.to_vec(),
            identity: setup.identity.map(str::to_owned),
            scram_random: mox_clock::random_array(random),
            state,
        }
    }

    /// The mechanism of this exchange.
    pub fn mechanism(&self) -> Mechanism {
        self.mechanism
    }

    /// The name the client gave, once it did: for the log and for counting failures.
    pub fn username(&self) -> Option<&str> {
        self.username.as_deref()
    }

    /// Begins with the client's initial response, or without.
    pub fn start(&mut self, initial: Option<&[u8]>, lookup: &mut Lookup<'_>) -> Step {
        match (&self.state, initial) {
            (State::CramMd5 { challenge }, None) => Step::Challenge(challenge.clone()),
            (State::CramMd5 { .. }, Some(_)) => {
                self.state = State::Over;
                Step::Fail(Reason::BadMessage("cram-md5 has no initial response"))
            }
            (_, Some(initial)) => self.step(initial, lookup),
            (_, None) if self.mechanism == Mechanism::Login => Step::Challenge(login::USERNAME.to_vec()),
            (_, None) => Step::Challenge(Vec::new()),
        }
    }

    /// Takes the client's answer to the last challenge. May verify a password, which takes tens of
    /// milliseconds: call it where blocking is fine.
    pub fn step(&mut self, client: &[u8], lookup: &mut Lookup<'_>) -> Step {
        let state = std::mem::replace(&mut self.state, State::Over);
        if client.len() > MAX_MESSAGE {
            return Step::Fail(Reason::TooLong);
        }
        self.advance(state, client, lookup).unwrap_or_else(Step::Fail)
    }

    fn advance(&mut self, state: State, client: &[u8], lookup: &mut Lookup<'_>) -> Result<Step, Reason> {
        match state {
            State::First => self.first(client, lookup),
            State::CramMd5 { challenge } => {
                let (username, digest) = crammd5::parse(client)?;
                let found = self.find(username, lookup);
                let right = crammd5::verify(&found.verifiers().cram_md5, &challenge, digest);
                self.done(right && found.known(), username, "")
            }
            State::LoginPassword { username } => {
                let password = std::str::from_utf8(client)
                    .map_err(|_| Reason::BadMessage("password is not UTF-8 text"))?;
                self.plain(&username, "", password, lookup)
            }
            State::Scram { side, authzid, known } => {
                let last = side.verify(client)?;
                let username = self.username.clone().unwrap_or_default();
                if !known {
                    return Err(Reason::BadCredentials);
                }
                self.state = State::Acknowledge(self.login(&username, &authzid)?);
                Ok(Step::Challenge(last))
            }
            State::Acknowledge(login) if client.is_empty() => Ok(Step::Done(login)),
            State::Acknowledge(_) => Err(Reason::BadMessage("scram exchange ends with an empty message")),
            State::Over => Err(Reason::BadMessage("the authentication is already over")),
        }
    }

    fn first(&mut self, client: &[u8], lookup: &mut Lookup<'_>) -> Result<Step, Reason> {
        let hash = match self.mechanism {
            Mechanism::Plain => {
                let (authzid, username, password) = plain::parse(client)?;
                return self.plain(username, authzid, password, lookup);
            }
            Mechanism::Login => {
                let username = std::str::from_utf8(client)
                    .ok()
                    .filter(|name| !name.is_empty())
                    .ok_or(Reason::BadMessage("user name is empty or not UTF-8 text"))?;
                self.state = State::LoginPassword { username: username.to_owned() };
                return Ok(Step::Challenge(login::PASSWORD.to_vec()));
            }
            Mechanism::External => {
                let authzid = external::verify(client, self.identity.as_deref())?;
                self.username = self.identity.clone();
                let username = self.identity.clone().unwrap_or_default();
                return Ok(Step::Done(Login { username, authzid: authzid.to_owned() }));
            }
            Mechanism::CramMd5 => return Err(Reason::BadMessage("cram-md5 begins with the server")),
            Mechanism::ScramSha1 | Mechanism::ScramSha1Plus => Hash::Sha1,
            Mechanism::ScramSha256 | Mechanism::ScramSha256Plus => Hash::Sha256,
        };
        let plus = self.mechanism.is_plus();
        let first = ClientFirst::parse(client, plus, self.channel_binding.is_some())?;
        let found = self.find(&first.username, lookup);
        let authzid = first.authzid.clone();
        let binding = self.channel_binding.as_deref().filter(|_| plus).unwrap_or_default();
        let side = ServerSide::new(hash, first, found.verifiers(), binding, &Drawn(self.scram_random));
        let challenge = side.challenge();
        self.state = State::Scram { side: Box::new(side), authzid, known: found.known() };
        Ok(Step::Challenge(challenge))
    }

    fn plain(
        &mut self,
        username: &str,
        authzid: &str,
        password: &str,
        lookup: &mut Lookup<'_>,
    ) -> Result<Step, Reason> {
        let found = self.find(username, lookup);
        let right = found.verify_plain(password);
        self.done(right && found.known(), username, authzid)
    }

    fn done(&self, right: bool, username: &str, authzid: &str) -> Result<Step, Reason> {
        if right { self.login(username, authzid).map(Step::Done) } else { Err(Reason::BadCredentials) }
    }

    fn login(&self, username: &str, authzid: &str) -> Result<Login, Reason> {
        if !authzid.is_empty() && authzid != username {
            return Err(Reason::OtherIdentity);
        }
        Ok(Login { username: username.to_owned(), authzid: authzid.to_owned() })
    }

    fn find(&mut self, username: &str, lookup: &mut Lookup<'_>) -> Found {
        self.username = Some(username.to_owned());
        match lookup(username) {
            Some(credentials) => Found::Known(credentials),
            None => Found::Unknown(Box::new(Verifiers::fake(&self.secret, username))),
        }
    }
}

/// The credentials of a user, or what stands in for them.
enum Found {
    Known(Box<dyn Credentials>),
    Unknown(Box<Verifiers>),
}

impl Found {
    fn known(&self) -> bool {
        matches!(self, Found::Known(_))
    }

    fn verifiers(&self) -> &Verifiers {
        match self {
            Found::Known(credentials) => credentials.verifiers(),
            Found::Unknown(fake) => fake,
        }
    }

    fn verify_plain(&self, password: &str) -> bool {
        match self {
            Found::Known(credentials) => credentials.verify_plain(password),
            Found::Unknown(fake) => fake.verify_plain(password),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Client, Credential};
    use mox_clock::sim::SimRandom;
    use std::sync::LazyLock;

    static VERIFIERS: LazyLock<Arc<Verifiers>> =
        LazyLock::new(|| Arc::new(Verifiers::derive("moxmoxmox", &SimRandom::new(9)).unwrap()));

    fn lookup(name: &str) -> Option<Box<dyn Credentials>> {
        (name == "mox@localhost").then(|| Box::new(VERIFIERS.clone()) as Box<dyn Credentials>)
    }

    const BINDING: [u8; 32] = [7; 32];

    fn server(mechanism: Mechanism) -> Server {
        let setup = Setup {
            channel_binding: Some(&BINDING),
            secret: b"secret",
            hostname: "mx.example",
            identity: Some("mox@localhost"),
        };
        Server::new(mechanism, setup, &SimRandom::new(3))
    }

    /// Runs both sides against each other; the second value counts the server's challenges.
    fn run(mechanism: Mechanism, username: &str, password: &str) -> (Step, usize) {
        let credential = Credential { username, password, channel_binding: Some(&BINDING) };
        let mut client = Client::new(mechanism, &credential, true, &SimRandom::new(4)).unwrap();
        let mut server = server(mechanism);
        let mut step = server.start(client.initial().as_deref(), &mut lookup);
        let mut challenges = 0;
        while let Step::Challenge(challenge) = &step {
            challenges += 1;
            let answer = client.step(challenge).unwrap();
            step = server.step(&answer, &mut lookup);
        }
        if matches!(step, Step::Done(_)) {
            client.finish().unwrap();
        }
        (step, challenges)
    }

    #[test]
    fn every_mechanism_logs_in_and_unknown_users_look_like_wrong_passwords() {
        let login = Login { username: "mox@localhost".to_owned(), authzid: String::new() };
        for mechanism in Mechanism::ALL {
            assert_eq!(
                run(mechanism, "mox@localhost", "moxmoxmox").0,
                Step::Done(login.clone()),
                "{mechanism}"
            );
            if mechanism == Mechanism::External {
                continue;
            }
            let wrong = run(mechanism, "mox@localhost", "moxmoxmoxx");
            assert_eq!(wrong.0, Step::Fail(Reason::BadCredentials), "{mechanism}");
            assert_eq!(wrong, run(mechanism, "nobody@localhost", "moxmoxmox"), "{mechanism}");
        }
    }

    #[test]
    fn unknown_users_keep_their_salt() {
        let mut salts = Vec::new();
        for name in ["nobody", "nobody", "other"] {
            let Step::Challenge(challenge) = server(Mechanism::ScramSha256)
                .start(Some(format!("n,,n={name},r=abc").as_bytes()), &mut lookup)
            else {
                panic!("no challenge")
            };
            let text = String::from_utf8(challenge).unwrap();
            salts.push(text.split(',').find(|p| p.starts_with("s=")).unwrap().to_owned());
        }
        assert_eq!(salts[0], salts[1]);
        assert_ne!(salts[0], salts[2]);
    }

    #[test]
    fn user_enumeration_by_spelling() {
        // A user who exists is found in any case and has one salt; so has one who does not exist.
        let salt = |name: &str| {
            let first = format!("n,,n={name},r=abc");
            match server(Mechanism::ScramSha256).start(Some(first.as_bytes()), &mut |_| None) {
                Step::Challenge(challenge) => String::from_utf8(challenge).unwrap(),
                other => panic!("no challenge: {other:?}"),
            }
        };
        assert_eq!(salt("nobody@example.org"), salt("NoBody@EXAMPLE.org"));
    }

    #[test]
    fn acting_as_somebody_else_is_refused() {
        for (authzid, step) in
            [("mox@localhost", None), ("other@localhost", Some(Step::Fail(Reason::OtherIdentity)))]
        {
            let message = format!("{authzid}\0mox@localhost\0moxmoxmox");
            let got = server(Mechanism::Plain).start(Some(message.as_bytes()), &mut lookup);
            assert_eq!(
                got,
                step.unwrap_or_else(|| Step::Done(Login {
                    username: "mox@localhost".to_owned(),
                    authzid: authzid.to_owned(),
                }))
            );
        }
        // A wrong password says nothing about the authorization identity.
        let got = server(Mechanism::Plain).start(Some(b"other\0mox@localhost\0wrongwrong"), &mut lookup);
        assert_eq!(got, Step::Fail(Reason::BadCredentials));
    }

    #[test]
    fn login_takes_the_name_as_initial_response() {
        let mut server = server(Mechanism::Login);
        let step = server.start(Some(b"mox@localhost"), &mut lookup);
        assert_eq!(step, Step::Challenge(b"Password:".to_vec()));
        assert!(matches!(server.step(b"moxmoxmox", &mut lookup), Step::Done(_)));
        assert_eq!(server.username(), Some("mox@localhost"));
    }

    #[test]
    fn broken_exchanges_end() {
        let long = vec![b'a'; MAX_MESSAGE + 1];
        for mechanism in Mechanism::ALL {
            let mut server = server(mechanism);
            assert_eq!(server.step(&long, &mut lookup), Step::Fail(Reason::TooLong));
            // Over is over, even with the right message.
            let again = server.step(b"\0mox@localhost\0moxmoxmox", &mut lookup);
            assert!(matches!(again, Step::Fail(Reason::BadMessage(_))), "{mechanism}");
        }
        let cram = server(Mechanism::CramMd5).start(Some(b"x"), &mut lookup);
        assert!(matches!(cram, Step::Fail(Reason::BadMessage(_))));
    }
}
