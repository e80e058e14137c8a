//! Webhooks of an account: HTTP requests to a program when mail arrives or leaves.

use crate::section::{choice, section};
use crate::values::Secret;
use crate::weburl::WebUrl;

section! {
    /// Requests about mail that was sent.
    OutgoingWebhook {
        /// Where requests go, by POST.
        "URL" url: WebUrl,
        /// Value of their Authorization header field; none if empty.
        "Authorization" authorization: Secret = Secret::default(),
        /// What requests are made for; everything if empty.
        "Events" events: Vec<OutgoingEvent> = Vec::new(),
    }
}

section! {
    /// Requests about mail that arrived.
    IncomingWebhook {
        /// Where requests go, by POST.
        "URL" url: WebUrl,
        /// Value of their Authorization header field; none if empty.
        "Authorization" authorization: Secret = Secret::default(),
    }
}

choice! {
    /// Something that happened to a message that was sent.
    OutgoingEvent {
        /// The next server took it.
        "delivered" Delivered,
        /// Not sent, because its recipient is on the suppression list.
        "suppressed" Suppressed,
        /// Tried without success, and tried again later.
        "delayed" Delayed,
        /// Given up.
        "failed" Failed,
        /// A DSN says it went on to a server that sends none.
        "relayed" Relayed,
        /// A DSN says it went on to several recipients.
        "expanded" Expanded,
        /// Removed from the queue.
        "canceled" Canceled,
        /// A DSN says something else.
        "unrecognized" Unrecognized,
    }
}
