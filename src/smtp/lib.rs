//! The SMTP language, both sides, as values: commands, replies, extensions, envelopes, message data.
//!
//! Nothing here reads or writes a socket, a clock or a log. Texts from outside are bounded by named constants.
//! RFC 5321, 1870, 2034, 2920, 3030, 3207, 3461, 3463, 4865, 4954, 6152, 6531, 8689, 9422.

mod command;
mod data;
mod dots;
mod envelope;
mod exchange;
mod extension;
mod order;
mod parameters;
mod reply;
#[cfg(test)]
mod tests;

pub use command::{Command, CommandError, MAX_AUTH_LINE, MAX_COMMAND_LINE, Syntax, is_http};
pub use data::{DataReader, Findings, MAX_TEXT_LINE, Progress};
pub use dots::{BareLineEnd, DotStuffer, dot_stuff};
pub use envelope::{
    Body, Envelope, ForwardPath, Hold, MailArgs, Notify, OriginalRecipient, RcptArgs, Return, from_xtext,
    to_xtext,
};
pub use exchange::{MAX_REPLY_LINE, MAX_REPLY_LINES, ReplyError, ReplyParser};
pub use extension::{Extensions, FutureRelease, Limits};
pub use order::{Order, Rules, Stage};
pub use reply::{EnhancedCode, MAX_REPLY_OUT, Reply};
