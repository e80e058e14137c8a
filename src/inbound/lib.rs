//! The way in: who a recipient is, what a message becomes, and the one commit that accepts it.
//!
//! A message is accepted for all its recipients in one transaction: into the mailboxes of those that live here,
//! into the queue for the rest. 250 follows the commit. A recipient that does not exist is refused at RCPT, so
//! that no bounce is ever made for mail that nobody vouched for. Mail authentication
//! decides between [`Handler::message`](mox_smtpserver::Handler) and [`Delivery::accept`].

mod arrival;
mod authentication;
mod blocklist;
mod body;
mod decide;
mod deliver;
mod evaluation;
mod handler;
mod notice;
mod rates;
mod recipient;
mod rejects;
mod release;
mod stranger;
mod telling;
#[cfg(test)]
mod tests;

pub use arrival::Arrival;
pub use authentication::{Authenticator, Checks, Evidence, Judged};
pub use blocklist::{Blocklists, Listed};
pub use body::{Along, MessageBody};
pub use decide::{Case, Dmarc, Ruling, Uncertain, decide};
pub use deliver::{Accepted, Delivery, Error, Keeping, Places, Remote};
pub use handler::{MxHandler, check_form, check_loop, check_size};
pub use notice::Notices;
pub use rates::Rates;
pub use recipient::{Configured, Local, Recipients, Rejects, Where, returned};
pub use release::LocalOutbound;
pub use stranger::Strangers;
