//! The OpenAPI document is whole, and its examples are of its schemas.

use std::collections::BTreeSet;

use super::*;

fn document() -> Value {
    serde_json::from_str(&crate::openapi()).unwrap()
}

/// All `$ref`s and descriptions.
fn walk(value: &Value, visit: &mut impl FnMut(&str, &Value)) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                visit(name, value);
                walk(value, visit);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| walk(value, visit)),
        _ => {}
    }
}

fn target<'a>(document: &'a Value, reference: &str) -> Option<&'a Value> {
    document.pointer(reference.strip_prefix('#')?)
}

#[test]
fn references_lead_somewhere_and_descriptions_are_plain() {
    let document = document();
    let mut count = 0;
    walk(&document, &mut |name, value| match (name, value) {
        ("$ref", Value::String(reference)) => {
            count += 1;
            assert!(target(&document, reference).is_some(), "{reference}");
        }
        ("description", Value::String(text)) => {
            assert!(!text.contains("[`") && !text.contains("::MAX"), "a link of a doc comment: {text}");
        }
        _ => {}
    });
    assert!(count > 30, "{count}");
}

#[test]
fn operations_have_names_of_their_own_and_all_their_parameters() {
    let document = document();
    let mut names = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for operation in item.as_object().unwrap().values() {
            assert!(names.insert(operation["operationId"].as_str().unwrap().to_owned()), "{operation}");
            let declared: BTreeSet<&str> = operation["parameters"]
                .as_array()
                .into_iter()
                .flatten()
                .filter(|parameter| parameter["in"] == "path")
                .map(|parameter| parameter["name"].as_str().unwrap())
                .collect();
            let used: BTreeSet<&str> =
                path.split('/').filter_map(|s| s.strip_prefix('{')?.strip_suffix('}')).collect();
            assert_eq!(declared, used, "{path}");
        }
    }
    assert_eq!(names.len(), ROUTES.len());
}

/// Whether a value is of a schema, as far as our schemas go.
fn fits(document: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    if let Some(reference) = schema["$ref"].as_str() {
        return fits(document, target(document, reference).unwrap(), value);
    }
    if let Some(any) = schema["anyOf"].as_array().or_else(|| schema["oneOf"].as_array()) {
        let tried: Vec<_> = any.iter().map(|schema| fits(document, schema, value)).collect();
        return tried.iter().any(Result::is_ok).then_some(()).ok_or(format!("none fits {value}: {tried:?}"));
    }
    if schema.get("const").is_some_and(|constant| constant != value) {
        return Err(format!("{value} is not {}", schema["const"]));
    }
    if schema["enum"].as_array().is_some_and(|all| !all.contains(value)) {
        return Err(format!("{value} is none of {}", schema["enum"]));
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(n) if n.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(some) => some.iter().filter_map(Value::as_str).collect(),
        _ => vec![kind],
    };
    let counts = kind == "integer" && types.contains(&"number");
    if !counts && !types.contains(&kind) {
        return Err(format!("{value} is {kind}, not {types:?}"));
    }
    for item in value.as_array().into_iter().flatten() {
        fits(document, &schema["items"], item)?;
    }
    if let Some(fields) = value.as_object() {
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        if let Some(missing) = required.iter().find(|name| !fields.contains_key(**name)) {
            return Err(format!("{missing} is missing in {value}"));
        }
        for (name, value) in fields {
            let schema = schema["properties"].get(name).ok_or_else(|| format!("{name} is in no schema"))?;
            fits(document, schema, value).map_err(|error| format!("{name}: {error}"))?;
        }
    }
    Ok(())
}

#[test]
fn examples_are_of_their_schemas() {
    let document = document();
    let mut count = 0;
    walk(&document["paths"], &mut |_, media| {
        if let (Some(schema), Some(example)) = (media.get("schema"), media.get("example")) {
            fits(&document, schema, example).unwrap_or_else(|error| panic!("{error}\n{schema}"));
            count += 1;
        }
    });
    assert!(count >= 20, "{count}");
    let problem = &document["components"]["responses"]["Problem"]["content"]["application/json"];
    fits(&document, &problem["schema"], &problem["example"]).unwrap();
    // The check itself finds what is wrong.
    let row = json!({ "$ref": "#/components/schemas/MessageRow" });
    assert!(fits(&document, &row, &json!({ "id": "7" })).is_err());
}

#[test]
fn what_is_read_may_leave_out_what_is_written() {
    let document = document();
    let read = &document["paths"]["/chaos"]["put"]["requestBody"]["content"]["application/json"]["schema"];
    fits(&document, read, &json!({ "rules": [{ "stage": "rcpt" }] })).unwrap();
    fits(&document, read, &json!({ "rules": [{ "code": 451 }] })).unwrap_err();
    let written = json!({ "$ref": "#/components/schemas/MessagePage" });
    fits(&document, &written, &json!({ "messages": [] })).unwrap_err();
}
