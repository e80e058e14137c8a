//! Why a call was not done: status 400, and JSON with a code for programs and a message for people.

use mox_httpserver::{Response, StatusCode};
use schemars::JsonSchema;
use serde::Serialize;

/// What kind of trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Code {
    /// Something about the call is wrong that has no code of its own.
    User,
    /// The server failed; the same call may be right later.
    Server,
    /// The request is not one of this API: method, body or field.
    Protocol,
    /// Something else.
    Error,
    /// An address is none, or takes no mail.
    BadAddress,
    /// The account may not send as this From.
    BadFrom,
    /// There is more than one From.
    MultipleFrom,
    /// There is no text, HTML or alternative file.
    MissingBody,
    /// There is nobody to send to.
    NoRecipients,
    /// The domain of From is disabled.
    DomainDisabled,
    /// A Message-ID or reference is none.
    MalformedMessageID,
    /// The message is larger than this server takes.
    MessageTooLarge,
    /// The account sent as many messages as it may in 24 hours.
    MessageLimitReached,
    /// The account wrote to as many new recipients as it may in 24 hours.
    RecipientLimitReached,
    /// The copy for the mailbox of sent mail does not fit into the account.
    SentOverQuota,
    /// There is no such message in this account.
    MessageNotFound,
    /// The message has no such part.
    PartNotFound,
}

/// Why a call was not done.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Fault {
    /// What kind of trouble.
    pub(crate) code: Code,
    /// What is wrong, for people.
    pub(crate) message: String,
}

/// Longest message, in characters: it may hold what a caller sent.
const MAX_MESSAGE: usize = 500;

impl Fault {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Fault {
        let message: String = message.into();
        Fault { code, message: message.chars().take(MAX_MESSAGE).collect() }
    }

    pub(crate) fn user(message: impl Into<String>) -> Fault {
        Fault::new(Code::User, message)
    }

    pub(crate) fn protocol(message: impl Into<String>) -> Fault {
        Fault::new(Code::Protocol, message)
    }

    pub(crate) fn server(message: impl Into<String>) -> Fault {
        Fault::new(Code::Server, message)
    }

    pub(crate) fn no_message() -> Fault {
        Fault::new(Code::MessageNotFound, "no such message in this account")
    }

    pub(crate) fn response(&self) -> Response {
        mox_web::json(StatusCode::BAD_REQUEST, self)
    }
}

impl From<mox_store::Error> for Fault {
    fn from(error: mox_store::Error) -> Fault {
        match error {
            mox_store::Error::NoSuchMessage(_) | mox_store::Error::NoSuchAccount(_) => Fault::no_message(),
            mox_store::Error::NoSuchMailbox(name) => {
                Fault::user(format!("no mailbox {name:?} in this account"))
            }
            error => {
                tracing::error!(%error, "a call of the web API failed");
                Fault::server("the server failed; try again later")
            }
        }
    }
}

impl From<mox_db::Error> for Fault {
    fn from(error: mox_db::Error) -> Fault {
        mox_store::Error::from(error).into()
    }
}

impl From<mox_admin::OpError> for Fault {
    fn from(error: mox_admin::OpError) -> Fault {
        match error.kind {
            mox_admin::ErrorKind::Failed => {
                tracing::error!(%error, "a call of the web API failed");
                Fault::server("the server failed; try again later")
            }
            _ => Fault::user(error.message),
        }
    }
}
