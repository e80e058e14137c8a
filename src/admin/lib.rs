//! What an operator can ask of a running house: one request type and one reply type an operation.
//!
//! The control socket, the commands and the web pages all speak these types; none has logic of its own.
//! The field names are the documented JSON names of `--json`: add fields, never rename or retype one.
//! Whoever assembles the house fills an [`Operations`] table with functions from request to reply.

mod operation;
pub mod ops;
mod secret;
mod time;

pub use operation::{
    Answer, BoxFuture, BulkOperation, Dispatch, ErrorKind, OpError, Operation, Operations, RawOperation,
};
pub use secret::Secret;
pub use time::Time;
