//! The seam between those who ask (control socket, pages) and those who answer (the assembled house).
//!
//! An operation is a request struct with a name and a reply type. [`Operations`] is a table from name to
//! function and is what a house implements [`Dispatch`] with; a caller that has the house in its own process
//! may call it directly.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::future::Future;
use std::pin::Pin;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// A boxed future that may move between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A request whose reply is one JSON value.
pub trait Operation: Serialize + DeserializeOwned + Send + 'static {
    /// Its name on the control socket, lower case with dashes: `queue-list`.
    const NAME: &'static str;
    /// What success answers.
    type Reply: Serialize + DeserializeOwned + Send;
}

/// A request whose reply is bytes: a message as it is stored.
pub trait RawOperation: Serialize + DeserializeOwned + Send + 'static {
    /// Its name on the control socket.
    const NAME: &'static str;
}

/// A request with bytes behind it: messages on their way in.
///
/// On the wire the request is JSON in one line, then the bytes.
pub trait BulkOperation: Operation {
    /// The request as it travels.
    fn with_bytes(&self, bytes: &[u8]) -> Result<Vec<u8>, serde_json::Error> {
        let mut request = serde_json::to_vec(self)?;
        request.push(b'\n');
        request.extend_from_slice(bytes);
        Ok(request)
    }
}

/// What kind of trouble; decides the exit code of a command and the status of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// No such message, account, queue id or operation.
    NotFound,
    /// The request makes no sense; asking again will not help.
    Usage,
    /// The caller may not do this.
    NotAuthorised,
    /// What is there stands against it: a name that is taken, something that needs what is to be removed.
    Conflict,
    /// It was tried and did not work.
    Failed,
}

impl ErrorKind {
    /// The status of HTTP that says the same (RFC 9110, 15.5 and 15.6).
    pub fn http_status(self) -> u16 {
        match self {
            ErrorKind::NotFound => 404,
            ErrorKind::Usage => 400,
            ErrorKind::NotAuthorised => 403,
            ErrorKind::Conflict => 409,
            ErrorKind::Failed => 500,
        }
    }
}

/// Why an operation gave no reply.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize, schemars::JsonSchema)]
#[error("{message}")]
pub struct OpError {
    /// What kind of trouble.
    pub kind: ErrorKind,
    /// One sentence, lower case, no final stop.
    pub message: String,
    /// What the user can do about it: a command or a setting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl OpError {
    /// An error of the given kind.
    pub fn new(kind: ErrorKind, message: impl fmt::Display) -> OpError {
        OpError { kind, message: message.to_string(), hint: None }
    }

    /// What was named does not exist.
    pub fn not_found(message: impl fmt::Display) -> OpError {
        OpError::new(ErrorKind::NotFound, message)
    }

    /// The request makes no sense.
    pub fn usage(message: impl fmt::Display) -> OpError {
        OpError::new(ErrorKind::Usage, message)
    }

    /// What is there stands against it.
    pub fn conflict(message: impl fmt::Display) -> OpError {
        OpError::new(ErrorKind::Conflict, message)
    }

    /// It was tried and did not work.
    pub fn failed(message: impl fmt::Display) -> OpError {
        OpError::new(ErrorKind::Failed, message)
    }

    /// The same error with advice.
    pub fn hint(self, hint: impl Into<String>) -> OpError {
        OpError { hint: Some(hint.into()), ..self }
    }
}

/// A reply ready to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// One JSON value.
    Json(Vec<u8>),
    /// Bytes as they are.
    Raw(Vec<u8>),
}

/// Answers operations by name.
pub trait Dispatch: Send + Sync {
    /// Runs the operation `name` on its JSON `request`. Long operations answer when done or at their timeout.
    fn dispatch<'a>(&'a self, name: &'a str, request: &'a [u8]) -> BoxFuture<'a, Result<Answer, OpError>>;

    /// Whether the operation takes bytes behind its request, and so may be asked much.
    fn is_bulk(&self, _name: &str) -> bool {
        false
    }
}

impl dyn Dispatch {
    /// Runs an operation within this process.
    pub async fn call<Op: Operation>(&self, op: &Op) -> Result<Op::Reply, OpError> {
        match self.dispatch(Op::NAME, &serde_json::to_vec(op).map_err(OpError::failed)?).await? {
            Answer::Json(json) => serde_json::from_slice(&json).map_err(OpError::failed),
            Answer::Raw(_) => Err(OpError::failed(format!("{} answers bytes", Op::NAME))),
        }
    }

    /// Runs an operation that answers bytes within this process.
    pub async fn call_raw<Op: RawOperation>(&self, op: &Op) -> Result<Vec<u8>, OpError> {
        match self.dispatch(Op::NAME, &serde_json::to_vec(op).map_err(OpError::failed)?).await? {
            Answer::Raw(bytes) => Ok(bytes),
            Answer::Json(_) => Err(OpError::failed(format!("{} does not answer bytes", Op::NAME))),
        }
    }
}

type Handler = Box<dyn Fn(&[u8]) -> BoxFuture<'static, Result<Answer, OpError>> + Send + Sync>;

/// A table of operations and the functions that do them.
#[derive(Default)]
pub struct Operations {
    handlers: HashMap<&'static str, Handler>,
    bulk: HashSet<&'static str>,
}

impl Operations {
    /// An empty table.
    pub fn new() -> Operations {
        Operations::default()
    }

    /// Adds the function for `Op`; the last one added wins.
    pub fn on<Op, F, Fut>(mut self, run: F) -> Operations
    where
        Op: Operation,
        F: Fn(Op) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Op::Reply, OpError>> + Send + 'static,
    {
        let handler: Handler = Box::new(move |request| {
            let run = parse::<Op>(Op::NAME, request).map(&run);
            Box::pin(async move {
                let reply = run?.await?;
                serde_json::to_vec(&reply).map(Answer::Json).map_err(OpError::failed)
            })
        });
        self.handlers.insert(Op::NAME, handler);
        self
    }

    /// Adds the function for an operation that answers bytes.
    pub fn on_raw<Op, F, Fut>(mut self, run: F) -> Operations
    where
        Op: RawOperation,
        F: Fn(Op) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Vec<u8>, OpError>> + Send + 'static,
    {
        let handler: Handler = Box::new(move |request| {
            let run = parse::<Op>(Op::NAME, request).map(&run);
            Box::pin(async move { run?.await.map(Answer::Raw) })
        });
        self.handlers.insert(Op::NAME, handler);
        self
    }

    /// Adds the function for an operation that takes bytes.
    pub fn on_bulk<Op, F, Fut>(mut self, run: F) -> Operations
    where
        Op: BulkOperation,
        F: Fn(Op, Vec<u8>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Op::Reply, OpError>> + Send + 'static,
    {
        let handler: Handler = Box::new(move |request| {
            let end = request.iter().position(|b| *b == b'\n').unwrap_or(request.len());
            let (head, rest) = request.split_at_checked(end).unwrap_or((request, b""));
            let bytes = rest.get(1..).unwrap_or_default().to_vec();
            let run = parse::<Op>(Op::NAME, head).map(|op| run(op, bytes));
            Box::pin(async move {
                let reply = run?.await?;
                serde_json::to_vec(&reply).map(Answer::Json).map_err(OpError::failed)
            })
        });
        self.handlers.insert(Op::NAME, handler);
        self.bulk.insert(Op::NAME);
        self
    }
}

fn parse<Op: DeserializeOwned>(name: &str, request: &[u8]) -> Result<Op, OpError> {
    serde_json::from_slice(request).map_err(|e| OpError::usage(format!("{name}: {e}")))
}

impl Dispatch for Operations {
    fn dispatch<'a>(&'a self, name: &'a str, request: &'a [u8]) -> BoxFuture<'a, Result<Answer, OpError>> {
        match self.handlers.get(name) {
            Some(handler) => handler(request),
            None => Box::pin(std::future::ready(Err(OpError::not_found(format!(
                "this server has no operation {name:?}"
            ))
            .hint("use the mox of the same version as the server: `mox status` shows both")))),
        }
    }

    fn is_bulk(&self, name: &str) -> bool {
        self.bulk.contains(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::{MessageCat, Stop, Stopped};
    use std::task::{Context, Poll, Waker};

    fn now<T>(mut future: BoxFuture<'_, T>) -> T {
        match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(value) => value,
            Poll::Pending => panic!("pending"),
        }
    }

    fn table() -> Operations {
        Operations::new()
            .on(|op: Stop| async move {
                if op.grace_ms > 9 { Err(OpError::failed("too slow")) } else { Ok(Stopped { pid: 7 }) }
            })
            .on_raw(|op: MessageCat| async move { Ok(vec![b'x'; usize::try_from(op.id).unwrap()]) })
    }

    #[test]
    fn table_answers_by_name() {
        let table = table();
        let json = |text: &str| Ok(Answer::Json(text.as_bytes().to_vec()));
        assert_eq!(now(table.dispatch("stop", br#"{"grace_ms":3}"#)), json(r#"{"pid":7}"#));
        assert_eq!(now(table.dispatch("stop", br#"{"grace_ms":10}"#)), Err(OpError::failed("too slow")));
        assert_eq!(now(table.dispatch("message-cat", br#"{"id":2}"#)), Ok(Answer::Raw(b"xx".to_vec())));
    }

    #[test]
    fn bad_requests_are_usage_errors_and_unknown_names_not_found() {
        let table = table();
        let kind =
            |name: &str, request: &str| now(table.dispatch(name, request.as_bytes())).unwrap_err().kind;
        assert_eq!(kind("stop", "{}"), ErrorKind::Usage);
        assert_eq!(kind("stop", "{"), ErrorKind::Usage);
        assert_eq!(kind("fly", "{}"), ErrorKind::NotFound);
    }
}
