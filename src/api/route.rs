//! What a row of the table is made of: a path, what it takes, what it answers, and the function that does it.

use mox_net::BoxFuture;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde_json::Value;

use crate::call::{Call, Place, Refused};
use crate::examples::Example;
use crate::{Api, BASE};

/// What a request does; HEAD is GET.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Get,
    Post,
    Put,
    Delete,
}

impl Verb {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Verb::Get => "GET",
            Verb::Post => "POST",
            Verb::Put => "PUT",
            Verb::Delete => "DELETE",
        }
    }
}

/// One request that is answered.
pub(crate) struct Route {
    /// How it is asked.
    pub(crate) method: Verb,
    /// Path below [`BASE`], with `{id}` for a message and `{part}` for one of its parts.
    pub(crate) path: &'static str,
    /// Name in programs that are made from the document.
    pub(crate) name: &'static str,
    /// A few words.
    pub(crate) about: &'static str,
    /// More, or nothing.
    pub(crate) more: &'static str,
    /// What the query may say.
    pub(crate) query: &'static [Parameter],
    /// What the body says, where there may be one.
    pub(crate) body: Option<Shape>,
    /// What is answered when all went well.
    pub(crate) reply: Reply,
    /// What it does.
    pub(crate) run: for<'a> fn(&'a Api, Call) -> BoxFuture<'a, Result<mox_httpserver::Response, Refused>>,
}

/// A parameter of a query.
#[derive(Clone, Copy)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) about: &'static str,
    pub(crate) example: &'static str,
}

/// What a parameter can be.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// Any text.
    Text,
    /// Number of a message.
    Id,
    /// A number from 1 to the greatest; the other one when there is none.
    Count { default: u32, max: u32 },
    /// `true` or `false`.
    Flag,
    /// `10s`, `1h30m`; the default.
    Duration(&'static str),
    /// A time, or how long ago; the default, if any.
    Moment(Option<&'static str>),
}

/// The type of a JSON value.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) schema: fn(&mut SchemaGenerator) -> Schema,
    pub(crate) example: fn() -> Value,
}

impl Shape {
    pub(crate) const fn of<T: JsonSchema + Serialize + Example>() -> Shape {
        Shape {
            schema: |generator| generator.subschema_for::<T>(),
            example: || serde_json::to_value(T::example()).unwrap_or_default(),
        }
    }
}

/// What comes back.
#[derive(Clone, Copy)]
pub(crate) enum Reply {
    /// A value.
    Json(Shape),
    /// A value of a type that is none of ours.
    Object,
    /// Bytes of this media type; `*/*` for any.
    Bytes(&'static str),
    /// Server-sent events with these values.
    Events(Shape),
}

impl Route {
    /// What stands at the places of `{id}` and `{part}`, if it is this path.
    pub(crate) fn matches(&self, path: &str) -> Option<Place> {
        let path = path.strip_prefix(BASE)?;
        let mut place = Place::default();
        let (mut ours, mut theirs) = (self.path.split('/'), path.split('/'));
        loop {
            match (ours.next(), theirs.next()) {
                (None, None) => return Some(place),
                (Some("{id}"), Some(id)) if !id.is_empty() => place.id = Some(id.to_owned()),
                (Some("{part}"), Some(part)) if !part.is_empty() => place.part = part.to_owned(),
                (Some(ours), Some(theirs)) if ours == theirs => {}
                _ => return None,
            }
        }
    }
}
