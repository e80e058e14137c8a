//! The client's side of an authentication: choose a mechanism, answer the server's challenges.

use mox_clock::Random;

use crate::password::prepare;
use crate::scram::{ClientSide, Hash};
use crate::{MAX_MESSAGE, Mechanism, crammd5, plain};

/// Who to log in as.
#[derive(Clone, Copy)]
pub struct Credential<'a> {
    /// The user name.
    pub username: &'a str,
    /// The password, as typed.
    pub password: &'a str,
    /// The `tls-exporter` value of the connection (RFC 9266), when it can be used: with TLS 1.3.
    pub channel_binding: Option<&'a [u8]>,
}

/// Why the client gave up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The server asked something the mechanism does not know, or asks too much of us.
    #[error("bad challenge from the server: {0}")]
    BadChallenge(&'static str),
    /// The server says so within the exchange.
    #[error("the server refused the credentials")]
    Refused,
    /// The server did not prove that it knows the password: perhaps it is another one.
    #[error("the server did not prove that it knows the password")]
    ServerNotProved,
    /// The password or user name holds characters the mechanism cannot carry.
    #[error("user name or password cannot be used: {0}")]
    BadCredential(&'static str),
    /// The mechanism binds to TLS and there is nothing to bind to.
    #[error("no channel binding for this mechanism")]
    NoChannelBinding,
}

/// One authentication, seen from the client.
pub struct Client {
    username: String,
    password: String,
    state: State,
}

enum State {
    Plain,
    LoginName,
    LoginPassword,
    CramMd5,
    External,
    Scram(Box<ClientSide>),
    ScramFinal(Box<ClientSide>),
    Complete,
}

impl Client {
    /// Begins an exchange. `plus_offered` says whether the server offers the PLUS twin of a SCRAM mechanism.
    pub fn new(
        mechanism: Mechanism,
        credential: &Credential<'_>,
        plus_offered: bool,
        random: &dyn Random,
    ) -> Result<Client, ClientError> {
        if credential.username.contains('\0') || credential.password.contains('\0') {
            return Err(ClientError::BadCredential("it holds a NUL"));
        }
        if mechanism.is_plus() && credential.channel_binding.is_none() {
            return Err(ClientError::NoChannelBinding);
        }
        let scram = |hash| {
            let (name, binding) = (credential.username, credential.channel_binding);
            let plus = mechanism.is_plus();
            State::Scram(Box::new(ClientSide::new(hash, plus, name, binding, plus_offered, random)))
        };
        let state = match mechanism {
            Mechanism::Plain => State::Plain,
            Mechanism::Login => State::LoginName,
            Mechanism::CramMd5 => State::CramMd5,
            Mechanism::External => State::External,
            Mechanism::ScramSha1 | Mechanism::ScramSha1Plus => scram(Hash::Sha1),
            Mechanism::ScramSha256 | Mechanism::ScramSha256Plus => scram(Hash::Sha256),
        };
        let password = match state {
            State::External => String::new(),
            _ => prepare(credential.password).map_err(|_| ClientError::BadCredential("password"))?,
        };
        Ok(Client { username: credential.username.to_owned(), password, state })
    }

    /// The strongest of the offered mechanisms that is allowed and can work: PLUS ones only with a channel
    /// binding, those that need TLS only with TLS, EXTERNAL only when it is the only one allowed.
    pub fn choose(
        offered: &[Mechanism],
        allowed: &[Mechanism],
        tls: bool,
        channel_binding: bool,
    ) -> Option<Mechanism> {
        Mechanism::ALL.into_iter().find(|m| {
            offered.contains(m)
                && allowed.contains(m)
                && (tls || !m.needs_tls())
                && (channel_binding || !m.is_plus())
                && (*m != Mechanism::External || allowed == [Mechanism::External])
        })
    }

    /// The initial response to send with the command; none for mechanisms in which the server begins. Call it
    /// once, before [`Client::step`].
    pub fn initial(&mut self) -> Option<Vec<u8>> {
        match &self.state {
            State::LoginName | State::CramMd5 => None,
            _ => self.step(b"").ok(),
        }
    }

    /// Answers a challenge of the server.
    pub fn step(&mut self, challenge: &[u8]) -> Result<Vec<u8>, ClientError> {
        if challenge.len() > MAX_MESSAGE {
            return Err(ClientError::BadChallenge("it is too long"));
        }
        let (answer, next) = match std::mem::replace(&mut self.state, State::Complete) {
            State::Plain => (plain::message(&self.username, &self.password), State::Complete),
            State::LoginName => (self.username.clone().into_bytes(), State::LoginPassword),
            State::LoginPassword => (self.password.clone().into_bytes(), State::Complete),
            State::CramMd5 => (crammd5::answer(&self.username, &self.password, challenge), State::Complete),
            State::External => (Vec::new(), State::Complete),
            State::Scram(side) if challenge.is_empty() => {
                let first = side.first();
                (first, State::Scram(side))
            }
            State::Scram(mut side) => (side.answer(challenge, &self.password)?, State::ScramFinal(side)),
            State::ScramFinal(side) => {
                side.check(challenge)?;
                (Vec::new(), State::Complete)
            }
            State::Complete => return Err(ClientError::BadChallenge("none was expected")),
        };
        self.state = next;
        Ok(answer)
    }

    /// Call it when the server reports success: fails when the exchange was cut short, so that a server that
    /// does not know the password is not believed.
    pub fn finish(&self) -> Result<(), ClientError> {
        match self.state {
            State::Scram(_) | State::ScramFinal(_) => Err(ClientError::ServerNotProved),
            State::Complete => Ok(()),
            _ => Err(ClientError::BadChallenge("success before the exchange was complete")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mox_clock::sim::SimRandom;

    fn client(mechanism: Mechanism, binding: Option<&[u8]>, plus_offered: bool) -> Client {
        let credential = Credential { username: "user", password: "pencil", channel_binding: binding };
        Client::new(mechanism, &credential, plus_offered, &SimRandom::new(1)).unwrap()
    }

    #[test]
    fn the_strongest_possible_mechanism_is_chosen() {
        use Mechanism::*;
        let all = Mechanism::ALL;
        for (offered, allowed, tls, binding, chosen) in [
            (&all[..], &all[..], true, true, Some(ScramSha256Plus)),
            (&all, &all, true, false, Some(ScramSha256)),
            (&[Plain, Login, CramMd5], &all, true, true, Some(CramMd5)),
            (&[Login, Plain], &all, true, true, Some(Plain)),
            (&[Login, Plain], &all, false, false, None),
            (&[Plain], &[ScramSha256], true, true, None),
            (&[External], &all, true, true, None),
            (&all, &[External], true, true, Some(External)),
            (&[], &all, true, true, None),
        ] {
            assert_eq!(
                Client::choose(offered, allowed, tls, binding),
                chosen,
                "{offered:?} {allowed:?} {tls}"
            );
        }
    }

    #[test]
    fn scram_tells_whether_binding_was_offered() {
        for (mechanism, binding, offered, start) in [
            (Mechanism::ScramSha256Plus, Some(&[1u8; 32][..]), true, "p=tls-exporter,,n=user,r="),
            (Mechanism::ScramSha256, Some(&[1; 32]), false, "y,,n=user,r="),
            (Mechanism::ScramSha256, Some(&[1; 32]), true, "n,,n=user,r="),
            (Mechanism::ScramSha1, None, false, "n,,n=user,r="),
        ] {
            let first = client(mechanism, binding, offered).initial().unwrap();
            assert!(first.starts_with(start.as_bytes()), "{}", String::from_utf8_lossy(&first));
        }
        let credential = Credential { username: "u", password: "p", channel_binding: None };
        let unbound = Client::new(Mechanism::ScramSha1Plus, &credential, true, &SimRandom::new(1));
        assert_eq!(unbound.err(), Some(ClientError::NoChannelBinding));
    }

    #[test]
    fn early_success_is_not_believed() {
        let mut scram = client(Mechanism::ScramSha256, None, false);
        scram.initial();
        assert_eq!(scram.finish(), Err(ClientError::ServerNotProved));
        let mut cram = client(Mechanism::CramMd5, None, false);
        assert_eq!(cram.initial(), None);
        assert!(cram.finish().is_err());
        cram.step(b"<1@x>").unwrap();
        assert_eq!(cram.finish(), Ok(()));
        assert!(cram.step(b"again").is_err());
    }
}
