//! The table of methods as an OpenAPI 3.1 document. Schemas come from the types that are read and written.

use mox_httpserver::{Response, StatusCode};
use mox_web::answer::{DATA_POLICY, answer as plain_answer};
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::VERSION;
use crate::error::Fault;
use crate::methods::{METHODS, Method};

/// The document for an API below `base`.
pub(crate) fn answer(base: &str) -> Response {
    plain_answer(StatusCode::OK, "application/json", DATA_POLICY, openapi(base).into())
}

/// The document for an API below `base`, a path that ends with a slash: JSON over several lines.
pub fn openapi(base: &str) -> String {
    let mut text = serde_json::to_string_pretty(&document(base)).unwrap_or_default();
    text.push('\n');
    text
}

/// What is taken may leave out what has a default, so its schemas differ from those of what is given.
pub(crate) fn generator(for_answers: bool) -> SchemaGenerator {
    let settings = SchemaSettings::draft2020_12().with(|s| s.inline_subschemas = true);
    if for_answers { settings.for_serialize().into_generator() } else { settings.into_generator() }
}

fn document(base: &str) -> Value {
    let mut paths = Map::new();
    for method in METHODS {
        paths.insert(format!("/{}", method.name), json!({ "post": operation(method) }));
    }
    let fault = generator(true).into_root_schema_for::<Fault>();
    let example = json!({ "Code": "noRecipients", "Message": "To, CC and BCC are empty" });
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "mox web API",
            "version": "0",
            "description": "Send mail, and work with what was received. Each call logs in with HTTP basic \
                            authentication: an address of the account, and its password. Calls are POST with JSON, or \
                            a form with JSON in the field `request`.",
            "license": { "name": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": format!("{base}{}", VERSION.trim_end_matches('/')) }],
        "security": [{ "basic": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": { "basic": { "type": "http", "scheme": "basic" } },
            "responses": {
                "Fault": {
                    "description": "Not done, and why.",
                    "content": { "application/json": { "schema": fault, "example": example } },
                },
                "Unauthorized": {
                    "description": "Address or password is wrong, or missing.",
                    "content": { "application/json": { "schema": fault } },
                },
            },
        },
    })
}

fn operation(method: &Method) -> Value {
    let schema = (method.takes)(&mut generator(false));
    let json_body = json!({ "schema": schema, "example": (method.example)() });
    let mut content = Map::new();
    content.insert("application/json".to_owned(), json_body);
    let field = json!({ "type": "string", "contentMediaType": "application/json", "contentSchema": schema });
    let mut properties = json!({ "request": field });
    let form = json!({ "schema": { "type": "object", "properties": properties, "required": ["request"] } });
    content.insert("application/x-www-form-urlencoded".to_owned(), form);
    if method.large {
        let files = json!({ "type": "array", "items": { "type": "string", "contentMediaType": "application/octet-stream" } });
        if let Some(properties) = properties.as_object_mut() {
            for name in ["inlinefile", "attachedfile", "alternativefile"] {
                properties.insert(name.to_owned(), files.clone());
            }
        }
        let form =
            json!({ "schema": { "type": "object", "properties": properties, "required": ["request"] } });
        content.insert("multipart/form-data".to_owned(), form);
    }
    let done = match method.gives {
        Some(gives) => json!({ "application/json": { "schema": gives(&mut generator(true)) } }),
        None => json!({ "*/*": {} }),
    };
    json!({
        "operationId": method.name,
        "summary": method.about,
        "requestBody": { "required": true, "content": content },
        "responses": {
            "200": { "description": "Done.", "content": done },
            "400": { "$ref": "#/components/responses/Fault" },
            "401": { "$ref": "#/components/responses/Unauthorized" },
            "429": { "$ref": "#/components/responses/Unauthorized" },
        },
    })
}
