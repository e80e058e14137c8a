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
    /// Fields that must be on the page where JSON has them, so that it does not become empty unseen; at least one row
    /// shows each.
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
        let mut shown: Vec<String> = found.iter().map(|(key, _)| key.clone()).collect();
        let mut said: Vec<String> = wanted.iter().map(|row| key(row)).collect();
        shown.sort();
        said.sort();
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
        let absent = |field: &&&str| !fields.iter().any(|(name, _)| name == **field);
        for field in same.fields.iter().filter(absent).filter(|field| !shown(field_of(row, field)).is_empty())
        {
            wrong.push(format!("{name}: {field} is not on the page"));
        }
    }
    let unseen =
        |field: &&&str| !found.iter().flat_map(|(_, fields)| fields).any(|(name, _)| name == **field);
    wrong.extend(same.fields.iter().filter(unseen).map(|field| format!("no row shows {field}")));
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
    let at = page.find(&mark).unwrap_or_else(|| panic!("no list {name} in {page}"));
    element(page, at)
}

/// The rows of a page.
fn rows(page: &str) -> Vec<Row> {
    let all = page.match_indices(" data-key=\"").map(|(at, _)| {
        let row = element(page, at);
        let marks = row.match_indices(" data-field=\"").map(|(at, _)| element(row, at));
        let fields = marks.map(|cell| (attribute(cell, "data-field").unwrap(), text(cell)));
        (attribute(row, "data-key").unwrap(), fields.collect())
    });
    all.collect()
}

/// The element one of whose attributes is here, up to where it ends.
fn element(page: &str, at: usize) -> &str {
    let page = &page[page[..at].rfind('<').unwrap()..];
    let name = page[1..].split([' ', '>']).next().unwrap();
    let (begin, end) = (format!("<{name}"), format!("</{name}>"));
    let mut ends = page.match_indices(&end).map(|(at, _)| at + end.len());
    let is_whole = |at: &usize| {
        let inner = &page[..*at];
        let begun =
            inner.match_indices(&begin).filter(|(at, _)| inner[at + begin.len()..].starts_with([' ', '>']));
        begun.count() == inner.matches(&end).count()
    };
    let end = ends.find(is_whole).unwrap_or_else(|| panic!("{name} does not end: {page}"));
    &page[..end]
}

/// An attribute of the element that this begins with.
fn attribute(element: &str, name: &str) -> Option<String> {
    let (_, rest) = element.split_once('>')?.0.split_once(&format!(" {name}=\""))?;
    Some(plain(rest.split('"').next()?))
}

/// What an element says. It is exact where it shows a value for people: `<time datetime="EXACT">`,
/// `<data value="EXACT">`.
fn text(element: &str) -> String {
    let exact = [("<time ", "datetime"), ("<data ", "value")].into_iter().flat_map(|(begin, name)| {
        element.match_indices(begin).filter_map(move |(at, _)| attribute(&element[at..], name))
    });
    let exact: Vec<String> = exact.collect();
    if !exact.is_empty() {
        return exact.join(", ");
    }
    let parts = element.split('<').filter_map(|part| Some(part.split_once('>')?.1));
    plain(parts.collect::<String>().trim())
}

#[test]
fn elements_say_what_they_are() {
    let page = r#"<dl data-list="b" data-key="x"><dd data-field="a.b">1</dd></dl><table data-list="t"><tr class="c" data-key="&#60;k&#62;">
        <td data-field="size"><span><data value="4150">4.1 kB</data></span> <span>more</span></td>
        <td data-field="at"><time datetime="2026-11-02T09:20:30.123Z">2 Nov</time></td><td>x</td>
        <td><span data-field="host"><span>h</span> &#38; <b>i</b></span> [<span data-field="ip"></span>]</td>
        <td><data data-field="hold" value="true">on hold</data></td>
        <td data-field="all"><data value="1">one</data> <data value="2">two</data></td></tr><tr data-key=""></tr></table>"#;
    let pair = |(name, text): (&str, &str)| (name.to_owned(), text.to_owned());
    let fields = [
        ("size", "4150"),
        ("at", "2026-11-02T09:20:30.123Z"),
        ("host", "h & i"),
        ("ip", ""),
        ("hold", "true"),
        ("all", "1, 2"),
    ];
    let wanted = vec![("<k>".to_owned(), fields.map(pair).to_vec()), (String::new(), Vec::new())];
    assert_eq!(rows(list(page, "t")), wanted);
    assert_eq!(rows(list(page, "b")), [("x".to_owned(), vec![pair(("a.b", "1"))])]);
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
