//! The table as an OpenAPI 3.1 document. Schemas come from the types that are written and read, their descriptions
//! from the doc comments of those.

use mox_admin::OpError;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::BASE;
use crate::route::{Kind, Parameter, Reply, Route, Shape};
use crate::table::ROUTES;

/// Why a request was not done.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Refusal {
    /// What kind of trouble, what was wrong, and perhaps what to do about it.
    pub(crate) error: OpError,
}

/// The document, as it is served and committed: JSON over several lines.
pub fn openapi() -> String {
    let mut text = serde_json::to_string_pretty(&document()).unwrap_or_default();
    text.push('\n');
    text
}

fn document() -> Value {
    let writes = || {
        let settings =
            SchemaSettings::draft2020_12().with(|s| s.definitions_path = "/components/schemas".into());
        settings.for_serialize().into_generator()
    };
    // What is read may leave out what has a default, so its schemas differ from those of what is written.
    let reads = || SchemaSettings::draft2020_12().with(|s| s.inline_subschemas = true).into_generator();
    let (mut writes, mut reads) = (writes(), reads());
    let mut paths = Map::new();
    for route in ROUTES {
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        if let Some(path) = path.as_object_mut() {
            path.insert(route.method.name().to_ascii_lowercase(), operation(route, &mut writes, &mut reads));
        }
    }
    let problem = writes.subschema_for::<Refusal>();
    let example = json!({ "error": { "kind": "not_found", "message": "no message 8" } });
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "mox localserve",
            "version": "1",
            "description": "Mail that localserve caught, for programs. JSON has the names that the commands' `--json` \
                            has. GET may be HEAD. Requests of other sites' pages and for other hosts are refused.",
            "license": { "name": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": BASE }],
        "security": [],
        "paths": paths,
        "components": {
            "schemas": writes.take_definitions(true),
            "responses": {
                "Problem": {
                    "description": "Not done, and why.",
                    "content": { "application/json": { "schema": problem, "example": example } },
                },
            },
        },
    });
    plain(&mut document);
    document
}

fn operation(route: &Route, writes: &mut SchemaGenerator, reads: &mut SchemaGenerator) -> Value {
    let in_path = |name: &str, schema: Value, about: &str| json!({ "name": name, "in": "path", "required": true, "description": about, "schema": schema });
    let mut parameters = Vec::new();
    if route.path.contains("{id}") {
        parameters.push(in_path("id", number(Some(1), None), "Number of the message."));
    }
    if route.path.contains("{part}") {
        parameters.push(in_path("part", json!({ "type": "string" }), "IMAP part number of a leaf: `1.2`."));
    }
    parameters.extend(route.query.iter().map(parameter));
    if matches!(route.reply, Reply::Events(_)) {
        parameters.push(json!({
            "name": "Last-Event-ID", "in": "header", "schema": { "type": "string" },
            "description": "Id of an earlier event: the stream goes on behind it.",
        }));
    }
    let mut operation = json!({
        "operationId": route.name,
        "summary": route.about,
        "responses": responses(route, writes),
    });
    if let Some(fields) = operation.as_object_mut() {
        if !route.more.is_empty() {
            fields.insert("description".to_owned(), route.more.into());
        }
        if !parameters.is_empty() {
            fields.insert("parameters".to_owned(), parameters.into());
        }
        if let Some(body) = &route.body {
            let content = json!({ "application/json": media(body, reads) });
            fields.insert("requestBody".to_owned(), json!({ "content": content }));
        }
    }
    operation
}

/// A time, or how long ago.
const MOMENT: &str = "^(now|today|yesterday|([0-9]+(ms|s|m|h|d|w))+|[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9:.]+([Zz]|[+-][0-9:]+))?)$";

fn parameter(parameter: &Parameter) -> Value {
    let schema = match parameter.kind {
        Kind::Text => json!({ "type": "string" }),
        Kind::Id => number(None, None),
        Kind::Count { default, max } => {
            let mut schema = number(Some(1), Some(max));
            if let Some(schema) = schema.as_object_mut() {
                schema.insert("default".to_owned(), default.into());
            }
            schema
        }
        Kind::Flag => json!({ "type": "boolean", "default": false }),
        Kind::Duration(default) => {
            json!({ "type": "string", "pattern": "^([0-9]+(ms|s|m|h|d|w))+$", "default": default })
        }
        Kind::Moment(None) => json!({ "type": "string", "pattern": MOMENT }),
        Kind::Moment(Some(default)) => json!({ "type": "string", "pattern": MOMENT, "default": default }),
    };
    let example = match parameter.kind {
        Kind::Id | Kind::Count { .. } | Kind::Flag => {
            serde_json::from_str(parameter.example).unwrap_or_default()
        }
        _ => Value::from(parameter.example),
    };
    json!({
        "name": parameter.name, "in": "query", "description": parameter.about, "schema": schema, "example": example,
    })
}

fn number(min: Option<u32>, max: Option<u32>) -> Value {
    let mut schema = json!({ "type": "integer", "format": "int64" });
    if let Some(fields) = schema.as_object_mut() {
        fields.extend(min.map(|min| ("minimum".to_owned(), min.into())));
        fields.extend(max.map(|max| ("maximum".to_owned(), max.into())));
    }
    schema
}

fn media(shape: &Shape, generator: &mut SchemaGenerator) -> Value {
    json!({ "schema": (shape.schema)(generator), "example": (shape.example)() })
}

fn responses(route: &Route, writes: &mut SchemaGenerator) -> Value {
    let done = match &route.reply {
        Reply::Json(shape) => json!({ "application/json": media(shape, writes) }),
        Reply::Object => json!({ "application/json": { "schema": { "type": "object" } } }),
        Reply::Bytes(kind) => json!({ *kind: {} }),
        Reply::Events(shape) => json!({ "text/event-stream": {
            "schema": { "type": "string", "description": "The data of an event is a value of `Event`." },
            "x-event": (shape.schema)(writes),
        } }),
    };
    let problem = || json!({ "$ref": "#/components/responses/Problem" });
    let mut all = Map::new();
    all.insert("200".to_owned(), json!({ "description": "Done.", "content": done }));
    let names_one = route.path.contains("{id}");
    let refusals = [
        ("307", route.name == "waitForMessage"),
        ("400", true),
        ("404", names_one || route.name == "waitForMessage"),
        ("415", route.body.is_some()),
    ];
    for (status, _) in refusals.into_iter().filter(|(_, may)| *may) {
        let response = match status {
            "307" => json!({
                "description": "The connection ends before the wait: go on there.",
                "headers": { "Location": { "schema": { "type": "string" } } },
            }),
            _ => problem(),
        };
        all.insert(status.to_owned(), response);
    }
    all.insert("default".to_owned(), problem());
    all.into()
}

/// Descriptions without the brackets by which doc comments link.
fn plain(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields.iter_mut() {
                match value {
                    Value::String(text) if name == "description" => {
                        *text = text.replace("[`", "`").replace("`]", "`");
                    }
                    other => plain(other),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(plain),
        _ => {}
    }
}
