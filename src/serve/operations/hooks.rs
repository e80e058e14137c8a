//! Webhook calls of accounts: the operations are those of the room that makes them.

use std::sync::Arc;

use mox_admin::Operations;
use mox_admin::ops::{HookCancel, HookList, HookRetired, HookSchedule, HookShow, HookTest};

use super::Parts;

pub(super) fn add(operations: Operations, parts: &Arc<Parts>) -> Operations {
    /// A function that hands the operation to a method of the room.
    macro_rules! to {
        ($method:ident) => {{
            let calls = parts.calls.clone();
            move |op| {
                let calls = calls.clone();
                async move { calls.$method(op).await }
            }
        }};
    }
    operations
        .on::<HookList, _, _>(to!(list))
        .on::<HookRetired, _, _>(to!(retired))
        .on::<HookShow, _, _>(to!(show))
        .on::<HookCancel, _, _>(to!(cancel))
        .on::<HookSchedule, _, _>(to!(schedule))
        .on::<HookTest, _, _>(to!(test))
}
