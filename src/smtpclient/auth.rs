//! Logging in: the strongest mechanism that both sides know, never the bare password without TLS. RFC 4954.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mox_clock::Random;
use mox_sasl::{Client, Credential, Mechanism};
use mox_smtp::{Command, EnhancedCode, MAX_COMMAND_LINE};

use crate::{Error, Kind, Session};

/// Most challenges of the server in one exchange.
const MAX_CHALLENGES: usize = 5;

/// Who to log in as.
#[derive(Clone)]
pub struct Login {
    /// User name.
    pub username: String,
    /// Password.
    pub password: String,
    /// Mechanisms that may be used, in any order.
    pub mechanisms: Vec<Mechanism>,
}

impl std::fmt::Debug for Login {
    /// Does not show the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Login({:?}, {:?})", self.username, self.mechanisms)
    }
}

impl Session {
    /// Logs in.
    pub(crate) async fn authenticate(&mut self, login: &Login, random: &dyn Random) -> Result<(), Error> {
        let names = self.extensions.auth.clone().unwrap_or_default();
        let offered: Vec<Mechanism> = names.iter().filter_map(|name| name.parse().ok()).collect();
        let tls = self.stream.tls();
        let binding = tls.and_then(|tls| tls.channel_binding()).copied();
        let chosen = Client::choose(&offered, &login.mechanisms, tls.is_some(), binding.is_some());
        let Some(mechanism) = chosen else {
            let tls = if tls.is_some() { "" } else { " without tls" };
            let reason =
                format!("no common authentication mechanism{tls}; server offers: {}", names.join(" "));
            return Err(Error::local(Kind::Auth, true, EnhancedCode(4, 7, 0), reason));
        };
        let credential = Credential {
            username: &login.username,
            password: &login.password,
            channel_binding: binding.as_ref().map(|b| b.as_slice()),
        };
        let plus = offered.iter().any(|other| other.is_plus() && same_hash(*other, mechanism));
        let mut client = Client::new(mechanism, &credential, plus, random)
            .map_err(|e| local(false, &format!("{mechanism}: {e}")))?;
        self.exchange(mechanism, &mut client).await
    }

    async fn exchange(&mut self, mechanism: Mechanism, client: &mut Client) -> Result<(), Error> {
        let wait = self.options.timeouts.command;
        let mut initial = client.initial().map(|bytes| STANDARD.encode(bytes));
        let room = MAX_COMMAND_LINE.min(512) - "AUTH \r\n".len() - mechanism.name().len() - 1;
        let now = initial.take_if(|text| text.len() <= room);
        let command = Command::Auth { mechanism: mechanism.name(), initial: now.as_deref() };
        let mut reply = self.command(&command, wait).await?;
        for _ in 0..MAX_CHALLENGES {
            if reply.code != 334 {
                break;
            }
            // A first message too long for the command answers an empty challenge.
            let answer = match initial.take() {
                Some(text) => Ok(text),
                None => STANDARD
                    .decode(reply.lines.first().map(|line| line.trim()).unwrap_or_default())
                    .map_err(|_| "challenge is not base64".to_owned())
                    .and_then(|challenge| client.step(&challenge).map_err(|e| e.to_string()))
                    .map(|bytes| STANDARD.encode(bytes)),
            };
            match answer {
                Ok(text) => self.push_line(&text),
                Err(reason) => {
                    self.push_line("*");
                    self.flush("AUTH").await?;
                    self.reply("AUTH", wait).await?;
                    return Err(local(true, &format!("{mechanism}: {reason}")));
                }
            }
            self.flush("AUTH").await?;
            reply = self.reply("AUTH", wait).await?;
        }
        if reply.code != 235 {
            return Err(Error::refused(Kind::Auth, &format!("AUTH {mechanism}"), &reply));
        }
        client.finish().map_err(|e| local(true, &format!("{mechanism}: {e}")))
    }
}

/// Whether one is the other with channel binding.
fn same_hash(plus: Mechanism, other: Mechanism) -> bool {
    plus.name().strip_suffix("-PLUS").is_some_and(|name| other.name().starts_with(name))
}

fn local(temporary: bool, reason: &str) -> Error {
    let class = if temporary { 4 } else { 5 };
    Error::local(Kind::Auth, temporary, EnhancedCode(class, 7, 0), reason)
}
