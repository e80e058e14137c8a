//! The table of methods.

use mox_httpserver::Response;
use mox_net::BoxFuture;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Value, json};

use crate::call::Call;
use crate::error::Fault;
use crate::types::{
    EmailAddress, Empty, MessageFlags, MessageGot, MessageId, MessageMove, MessagePart, Moved, Present,
    QueueState, QueueStates, Send, Sent, SuppressionAdd, Suppressions,
};
use crate::{Api, messages, outgoing, send, suppression};

/// What a call does.
pub(crate) type Run = for<'a> fn(&'a Api, Call) -> BoxFuture<'a, Result<Response, Fault>>;

/// A method.
pub(crate) struct Method {
    /// Its name: the end of its path.
    pub(crate) name: &'static str,
    /// What it does, in a sentence.
    pub(crate) about: &'static str,
    /// Schema of what it takes.
    pub(crate) takes: fn(&mut SchemaGenerator) -> Schema,
    /// Schema of what it answers; none for bytes.
    pub(crate) gives: Option<fn(&mut SchemaGenerator) -> Schema>,
    /// A request that it takes.
    pub(crate) example: fn() -> Value,
    /// Whether its body may hold files.
    pub(crate) large: bool,
    /// What it does.
    pub(crate) run: Run,
}

fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// The method of a name.
pub(crate) fn find(name: &str) -> Option<&'static Method> {
    METHODS.iter().find(|method| method.name == name)
}

/// All of them.
pub(crate) static METHODS: &[Method] = &[
    Method {
        name: "Send",
        about: "Sends a message. It is queued for each of its recipients before this is answered.",
        takes: of::<Send>,
        gives: Some(of::<Sent>),
        example: || {
            json!({
                "To": [{ "Name": "Bob", "Address": "bob@example.org" }],
                "Subject": "Your order",
                "Text": "It is on its way.",
                "Extra": { "order": "1234" },
            })
        },
        large: true,
        run: |api, call| Box::pin(send::send(api, call)),
    },
    Method {
        name: "QueueState",
        about: "Tells where messages that the account sent are.",
        takes: of::<QueueState>,
        gives: Some(of::<QueueStates>),
        example: || json!({ "QueueMsgIDs": [1] }),
        large: false,
        run: |api, call| Box::pin(outgoing::state(api, call)),
    },
    Method {
        name: "SuppressionList",
        about: "Lists the recipients that the account sends nothing more to.",
        takes: of::<Empty>,
        gives: Some(of::<Suppressions>),
        example: || json!({}),
        large: false,
        run: |api, call| Box::pin(suppression::list(api, call)),
    },
    Method {
        name: "SuppressionAdd",
        about: "Adds a recipient to that list; one that is there stays as it is.",
        takes: of::<SuppressionAdd>,
        gives: Some(of::<Empty>),
        example: || json!({ "EmailAddress": "bob@example.org", "Reason": "asked for it" }),
        large: false,
        run: |api, call| Box::pin(suppression::add(api, call)),
    },
    Method {
        name: "SuppressionRemove",
        about: "Takes a recipient off that list.",
        takes: of::<EmailAddress>,
        gives: Some(of::<Empty>),
        example: || json!({ "EmailAddress": "bob@example.org" }),
        large: false,
        run: |api, call| Box::pin(suppression::remove(api, call)),
    },
    Method {
        name: "SuppressionPresent",
        about: "Tells whether a recipient is on that list.",
        takes: of::<EmailAddress>,
        gives: Some(of::<Present>),
        example: || json!({ "EmailAddress": "bob@example.org" }),
        large: false,
        run: |api, call| Box::pin(suppression::present(api, call)),
    },
    Method {
        name: "MessageGet",
        about: "Tells what a message of the account says, of which parts it is, and what is known of it.",
        takes: of::<MessageId>,
        gives: Some(of::<MessageGot>),
        example: || json!({ "MsgID": 1 }),
        large: false,
        run: |api, call| Box::pin(messages::get(api, call)),
    },
    Method {
        name: "MessageRawGet",
        about: "Gives the bytes of a message.",
        takes: of::<MessageId>,
        gives: None,
        example: || json!({ "MsgID": 1 }),
        large: false,
        run: |api, call| Box::pin(messages::raw(api, call)),
    },
    Method {
        name: "MessagePartGet",
        about: "Gives the bytes of a part of a message, its transfer encoding undone.",
        takes: of::<MessagePart>,
        gives: None,
        example: || json!({ "MsgID": 1, "PartPath": [1] }),
        large: false,
        run: |api, call| Box::pin(messages::part(api, call)),
    },
    Method {
        name: "MessageDelete",
        about: "Deletes a message for good.",
        takes: of::<MessageId>,
        gives: Some(of::<Empty>),
        example: || json!({ "MsgID": 1 }),
        large: false,
        run: |api, call| Box::pin(messages::delete(api, call)),
    },
    Method {
        name: "MessageFlagsAdd",
        about: "Sets flags and keywords of a message.",
        takes: of::<MessageFlags>,
        gives: Some(of::<Empty>),
        example: || json!({ "MsgID": 1, "Flags": ["\\Seen", "done"] }),
        large: false,
        run: |api, call| Box::pin(messages::flags(api, call, true)),
    },
    Method {
        name: "MessageFlagsRemove",
        about: "Takes flags and keywords off a message.",
        takes: of::<MessageFlags>,
        gives: Some(of::<Empty>),
        example: || json!({ "MsgID": 1, "Flags": ["\\Seen"] }),
        large: false,
        run: |api, call| Box::pin(messages::flags(api, call, false)),
    },
    Method {
        name: "MessageMove",
        about: "Moves a message to another mailbox of the account, where it has a new number.",
        takes: of::<MessageMove>,
        gives: Some(of::<Moved>),
        example: || json!({ "MsgID": 1, "DestMailboxName": "Archive" }),
        large: false,
        run: |api, call| Box::pin(messages::move_to(api, call)),
    },
];
