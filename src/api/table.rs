//! The table: every request that is answered, in the order of the document.

use mox_admin::ops::{
    Changed, Chaos, MailboxRow, MessageDetail, MessageHistory, MessageRow, RelayRow, Released, StatusReport,
    TagRow, Transcript,
};
use mox_inspect::Report;

use crate::events::{self, Event};
use crate::filter::{ACCOUNT, DRY_RUN, FROM, MAILBOX, SINCE, SUBJECT, TAG, TEXT, TIMEOUT, TO, WAIT_SINCE};
use crate::messages::{self, ALL, BEFORE, LIMIT, Mark, MessagePage, Release};
use crate::route::{Parameter, Reply, Route, Shape, Verb};
use crate::server::{self, Health};
use crate::wait;

const NONE: &[Parameter] = &[];

/// A row without a query and a body.
const fn get(path: &'static str, name: &'static str, about: &'static str, reply: Reply) -> Route {
    Route {
        method: Verb::Get,
        path,
        name,
        about,
        more: "",
        query: NONE,
        body: None,
        reply,
        run: |api, call| Box::pin(server::health(api, call)),
    }
}

const CHANGED: Reply = Reply::Json(Shape::of::<Changed>());

pub(crate) static ROUTES: &[Route] = &[
    Route {
        more: "Newest first, in pages: `next` is what `before` must be for the next one.",
        query: &[ACCOUNT, MAILBOX, TO, FROM, SUBJECT, TEXT, TAG, SINCE, BEFORE, LIMIT],
        run: |api, call| Box::pin(messages::list(api, call)),
        ..get("/messages", "listMessages", "List messages", Reply::Json(Shape::of::<MessagePage>()))
    },
    Route {
        method: Verb::Delete,
        more: "Deletes for good what matches all filters. Without a filter it needs `all=true`.",
        query: &[ACCOUNT, MAILBOX, TO, FROM, SUBJECT, TEXT, TAG, SINCE, ALL, DRY_RUN],
        run: |api, call| Box::pin(messages::delete_many(api, call)),
        ..get("/messages", "deleteMessages", "Delete messages", CHANGED)
    },
    Route {
        more: "Answers with the first message that matches, at once when it is there already; with 404 when the time \
               is over. It looks back a minute (`since`), so that a test may trigger the mail first and wait then; \
               use an address of its own for every test. A wait that outlasts its connection is redirected (307) \
               with what is left of its time.",
        query: &[ACCOUNT, MAILBOX, TO, FROM, SUBJECT, TEXT, TAG, WAIT_SINCE, TIMEOUT],
        run: |api, call| Box::pin(wait::wait(api, call)),
        ..get("/wait", "waitForMessage", "Wait for a message", Reply::Json(Shape::of::<MessageRow>()))
    },
    Route {
        more: "Server-sent events. `ready` comes first: what happens after it is told. Then `arrived`, `changed`, \
               `gone`; `lost` when some changes are no longer known. With a filter only what matches is told. \
               With the `Last-Event-ID` of an earlier event the stream goes on there; some events may come again.",
        query: &[ACCOUNT, MAILBOX, TO, FROM, SUBJECT, TEXT, TAG],
        run: |api, call| Box::pin(events::events(api, call)),
        ..get(
            "/events",
            "watchMessages",
            "What arrives, changes and goes",
            Reply::Events(Shape::of::<Event>()),
        )
    },
    Route {
        run: |api, call| Box::pin(messages::show(api, call)),
        ..get(
            "/messages/{id}",
            "showMessage",
            "One message for reading",
            Reply::Json(Shape::of::<MessageDetail>()),
        )
    },
    Route {
        method: Verb::Delete,
        query: &[DRY_RUN],
        run: |api, call| Box::pin(messages::delete(api, call)),
        ..get("/messages/{id}", "deleteMessage", "Delete a message for good", CHANGED)
    },
    Route {
        run: |api, call| Box::pin(messages::raw(api, call)),
        ..get("/messages/{id}/raw", "rawMessage", "A message as it is stored", Reply::Bytes("message/rfc822"))
    },
    Route {
        more: "A whole document: no script, nothing that would fetch, the message's own images within it.",
        run: |api, call| Box::pin(messages::html(api, call)),
        ..get(
            "/messages/{id}/html",
            "messageHtml",
            "The HTML of a message, made safe",
            Reply::Bytes("text/html"),
        )
    },
    Route {
        run: |api, call| Box::pin(messages::part(api, call)),
        ..get(
            "/messages/{id}/parts/{part}",
            "messagePart",
            "One part of a message, decoded",
            Reply::Bytes("*/*"),
        )
    },
    Route {
        run: |api, call| Box::pin(messages::transcript(api, call)),
        ..get(
            "/messages/{id}/transcript",
            "messageTranscript",
            "The SMTP exchange that brought a message",
            Reply::Json(Shape::of::<Transcript>()),
        )
    },
    Route {
        run: |api, call| Box::pin(messages::history(api, call)),
        ..get(
            "/messages/{id}/events",
            "messageHistory",
            "What happened to a message",
            Reply::Json(Shape::of::<MessageHistory>()),
        )
    },
    Route {
        more: "Its HTML, its links, its List-Unsubscribe. Nothing is fetched.",
        run: |api, call| Box::pin(messages::report(api, call)),
        ..get(
            "/messages/{id}/report",
            "messageReport",
            "How mail programs will take a message",
            Reply::Json(Shape::of::<Report>()),
        )
    },
    Route {
        method: Verb::Post,
        body: Some(Shape::of::<Mark>()),
        run: |api, call| Box::pin(messages::mark(api, call)),
        ..get("/messages/{id}/mark", "markMessage", "Mark as seen or not, give and take tags", CHANGED)
    },
    Route {
        method: Verb::Post,
        more: "Through a relay that was named when the server started.",
        body: Some(Shape::of::<Release>()),
        run: |api, call| Box::pin(messages::release(api, call)),
        ..get(
            "/messages/{id}/release",
            "releaseMessage",
            "Send a copy on to real recipients",
            Reply::Json(Shape::of::<Released>()),
        )
    },
    Route {
        query: &[ACCOUNT],
        run: |api, call| Box::pin(messages::mailboxes(api, call)),
        ..get("/mailboxes", "listMailboxes", "List mailboxes", Reply::Json(Shape::of::<Vec<MailboxRow>>()))
    },
    Route {
        run: |api, call| Box::pin(messages::tags(api, call)),
        ..get(
            "/tags",
            "listTags",
            "List the tags that messages have",
            Reply::Json(Shape::of::<Vec<TagRow>>()),
        )
    },
    Route {
        run: |api, call| Box::pin(server::relays(api, call)),
        ..get(
            "/relays",
            "listRelays",
            "List the relays that mail may leave through",
            Reply::Json(Shape::of::<Vec<RelayRow>>()),
        )
    },
    Route {
        run: |api, call| Box::pin(server::chaos(api, call)),
        ..get("/chaos", "getChaos", "The failures on demand", Reply::Json(Shape::of::<Chaos>()))
    },
    Route {
        method: Verb::Put,
        more: "Replaces all rules until the server ends; none when one is wrong.",
        query: &[DRY_RUN],
        body: Some(Shape::of::<Chaos>()),
        run: |api, call| Box::pin(server::set_chaos(api, call)),
        ..get("/chaos", "setChaos", "Fail on demand", Reply::Json(Shape::of::<Chaos>()))
    },
    Route {
        method: Verb::Delete,
        run: |api, call| Box::pin(server::end_chaos(api, call)),
        ..get("/chaos", "endChaos", "Behave again", Reply::Json(Shape::of::<Chaos>()))
    },
    Route {
        run: |api, call| Box::pin(server::status(api, call)),
        ..get("/status", "status", "How the server is", Reply::Json(Shape::of::<StatusReport>()))
    },
    get("/health", "health", "Whether the server answers", Reply::Json(Shape::of::<Health>())),
    Route {
        run: |api, call| Box::pin(server::document(api, call)),
        ..get("/openapi.json", "openapi", "This document", Reply::Object)
    },
];
