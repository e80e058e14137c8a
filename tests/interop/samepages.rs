//! Pages and commands say the same: rows of pages, which are marked by `data-key`, and their cells, which are marked by
//! `data-field` as the JSON of the command names them, are compared with that JSON. What is compared is in the tables of
//! the modules, a module a subject.

mod account;
mod accounts;
mod dmarc;
mod domains;
mod overview;
mod queue;
mod server;
mod tlsrpt;

use std::collections::BTreeSet;

use serde_json::Value;

use crate::filled::{ADMINISTRATOR, Filled, LOGIN, OWNER};
use crate::peers::installed;
use crate::visitor::Visitor;

/// A page, or a list of it, and the command that says the same.
struct Same {
    /// `admin` or `account`.
    site: &'static str,
    /// Below the first page.
    path: &'static str,
    /// Which list of the page, by its `data-list`; all of it where this is empty.
    list: &'static str,
    command: &'static [&'static str],
    /// Where the JSON has the rows. One object there is one row.
    rows: &'static str,
    /// The fields that make the key of a row, with spaces between. Without any, the page's row is the only one.
    key: &'static [&'static str],
    /// Fields that must be on the page, so that it does not become empty unseen.
    fields: &'static [&'static str],
}

#[test]
fn pages_show_what_commands_print() {
    if !installed(&["swaks"]) {
        return;
    }
    let filled = Filled::start();
    filled.fill();
    let mut admin = Visitor::logged_in(&filled.admin(), "/admin/", "", ADMINISTRATOR);
    let mut owner = Visitor::logged_in(&filled.account(), "/", LOGIN, OWNER);
    let tables = [
        account::SAME,
        accounts::SAME,
        dmarc::SAME,
        domains::SAME,
        overview::SAME,
        queue::SAME,
        server::SAME,
        tlsrpt::SAME,
    ];
    let mut wrong = Vec::new();
    for same in tables.into_iter().flatten() {
        let answer = match same.site {
            "admin" => admin.get(&format!("/admin/{}", same.path)),
            _ => owner.get(&format!("/{}", same.path)),
        };
        assert_eq!(answer.status, 200, "{} {}: {}", same.site, same.path, answer.text());
        let json = filled.served.json(same.command);
        let said = differences(same, &answer.text(), &json);
        wrong.extend(
            said.into_iter().map(|text| format!("{} {} {}: {text}", same.site, same.path, same.list)),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Where a page and JSON differ.
fn differences(same: &Same, page: &str, json: &Value) -> Vec<String> {
    let found = rows(list(page, same.list));
    let wanted: Vec<&Value> = match json.pointer(same.rows) {
        Some(Value::Array(rows)) => rows.iter().collect(),
        Some(row) => vec![row],
        None => return vec![format!("no {} in {json}", same.rows)],
    };
    let key =
        |row: &Value| same.key.iter().map(|field| shown(field_of(row, field))).collect::<Vec<_>>().join(" ");
    if found.is_empty() || wanted.is_empty() {
        return vec![format!("nothing to compare: {} rows, and {} in JSON", found.len(), wanted.len())];
    }
    let mut wrong = Vec::new();
    if !same.key.is_empty() {
        let shown: BTreeSet<String> = found.iter().map(|(key, _)| key.clone()).collect();
        let said: BTreeSet<String> = wanted.iter().map(|row| key(row)).collect();
        if shown != said {
            wrong.push(format!("rows are {shown:?}, and {said:?} in JSON"));
        }
    }
    for (name, fields) in &found {
        let Some(row) = wanted.iter().find(|row| same.key.is_empty() || key(row) == *name) else { continue };
        for (field, text) in fields {
            let said = shown(field_of(row, field));
            if !equal(text, &said) {
                wrong.push(format!("{name}: {field} is {text:?}, and {said:?} in JSON"));
            }
        }
        for field in same.fields.iter().filter(|field| !fields.iter().any(|(name, _)| name == *field)) {
            wrong.push(format!("{name}: {field} is not on the page"));
        }
    }
    wrong
}

/// A field of a row; dots lead into it.
fn field_of<'a>(row: &'a Value, name: &str) -> &'a Value {
    name.split('.').fold(row, |value, part| match value {
        Value::Array(all) => part.parse::<usize>().ok().and_then(|at| all.get(at)).unwrap_or(&Value::Null),
        value => &value[part],
    })
}

/// A row of a page: its key, and the text of its fields.
type Row = (String, Vec<(String, String)>);

/// The part of a page that is a list.
fn list<'a>(page: &'a str, name: &str) -> &'a str {
    if name.is_empty() {
        return page;
    }
    let mark = format!(" data-list=\"{name}\"");
    let from = page.find(&mark).unwrap_or_else(|| panic!("no list {name} in {page}"));
    let element = element_at(page, from);
    let rest = &page[from..];
    &rest[..rest.find(&format!("</{element}>")).unwrap_or(rest.len())]
}

/// The rows of a page.
fn rows(page: &str) -> Vec<Row> {
    let all = page.split(" data-key=\"").skip(1).map(|row| {
        let (key, rest) = row.split_once('"').unwrap();
        let row = rest.split("</tr>").next().unwrap();
        let marks: Vec<usize> = row.match_indices(" data-field=\"").map(|(at, _)| at).collect();
        let fields = marks.into_iter().map(|at| {
            let (name, rest) = row[at + " data-field=\"".len()..].split_once('"').unwrap();
            let content = rest.split_once('>').unwrap().1;
            let end = format!("</{}>", element_at(row, at));
            (name.to_owned(), text(content.split(&end).next().unwrap()))
        });
        (plain(key), fields.collect())
    });
    all.collect()
}

/// The name of the element whose attributes are here.
fn element_at(page: &str, at: usize) -> &str {
    let from = page[..at].rfind('<').unwrap() + 1;
    page[from..].split([' ', '>']).next().unwrap()
}

/// The text of a cell; the exact time where it is one.
fn text(content: &str) -> String {
    if let Some((_, rest)) = content.split_once("datetime=\"") {
        return rest.split('"').next().unwrap().to_owned();
    }
    let parts = content.split('<').enumerate();
    let parts = parts
        .map(|(at, part)| if at == 0 { part } else { part.split_once('>').map_or("", |(_, text)| text) });
    plain(parts.collect::<String>().trim())
}

/// Without escapes.
fn plain(text: &str) -> String {
    let names = [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")];
    names.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

/// As a page has a value of JSON.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(all) => all.iter().map(shown).collect::<Vec<_>>().join(", "),
        value => value.to_string(),
    }
}

/// Times are as exact as each has them; spaces of any kind are the same.
fn equal(page: &str, json: &str) -> bool {
    let is_time = |text: &str| text.len() >= 20 && text.ends_with('Z') && text.as_bytes()[10] == b'T';
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    words(page) == words(json) || is_time(page) && is_time(json) && page[..19] == json[..19]
}
