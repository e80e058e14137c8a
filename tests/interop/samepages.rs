//! Pages and commands say the same: rows of pages, which are marked by `data-key`, and their cells, which are marked by
//! `data-field` as the JSON of the command names them, are compared with that JSON. What is compared is in the tables of
//! the modules, a module a subject.

mod account;
mod accounts;
mod dmarc;
mod domains;
mod following;
mod overview;
mod queue;
mod server;
mod tlsrpt;

use mox_testkit::sender::Session;
use serde_json::Value;

use crate::filled::{ADMINISTRATOR, Filled, HOSTILE, LOGIN, OWNER};
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
    /// The fields that make the key of a row, with spaces between; `#` is its position. Rows without a key are compared in
    /// their order.
    key: &'static [&'static str],
    /// Fields that must be on the page, so that it does not become empty unseen: at least one row shows each, and none is
    /// silent where JSON has more than nothing, 0 or false.
    fields: &'static [&'static str],
}

#[test]
fn pages_show_what_commands_print() {
    if !installed(&["swaks"]) {
        return;
    }
    let filled = Filled::start();
    filled.fill();
    fill_lists(&filled);
    let _connected = Session::open(&format!("127.0.0.1:{}", filled.served.port(25))).unwrap();
    let mut admin = Visitor::logged_in(&filled.admin(), "/admin/", "", ADMINISTRATOR);
    let mut owner = Visitor::logged_in(&filled.account(), "/", LOGIN, OWNER);
    add_ruleset(&mut owner);
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
    let today = crate::filled::today();
    let mut wrong = Vec::new();
    for same in tables.into_iter().flatten() {
        let path = same.path.replace("TODAY", &today);
        let answer = match same.site {
            "admin" => admin.get(&format!("/admin/{path}")),
            _ => owner.get(&format!("/{path}")),
        };
        assert_eq!(answer.status, 200, "{} {}: {}", same.site, same.path, answer.text());
        let json = filled.served.report(same.command);
        let said = differences(same, &[answer.text()], &json);
        wrong.extend(
            said.into_iter().map(|text| format!("{} {} {}: {text}", same.site, same.path, same.list)),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Puts something into lists that are empty otherwise.
fn fill_lists(filled: &Filled) {
    let mox = |words: &[&str]| filled.served.mox(words);
    let queued = filled.served.json(&["queue", "list"]);
    let row = queued.as_array().unwrap().iter().find(|row| row["to"] == "e@held.example").unwrap();
    mox(&["queue", "fail", &row["id"].to_string()]);
    mox(&["queue", "webhook", "cancel", "2"]);
    mox(&["queue", "holdrules", "add", "--account", "amy", "--from-domain", "example.org"]);
    mox(&["config", "account", "apppassword", "add", "a", HOSTILE]);
    let stem = filled.served.dir.join("laptop");
    mox(&["config", "tlspubkey", "gen", stem.to_str().unwrap()]);
    let certificate = std::fs::read(stem.with_extension("cert.pem")).unwrap();
    filled.served.mox_reading(&["config", "tlspubkey", "add", LOGIN, HOSTILE], &certificate);
    mox(&["config", "account", "disable", "amy", HOSTILE]);
    filled.served.publish("example.net. TXT \"v=spf1 -all\"\n");
    let mut stranger = Visitor::to(&filled.account());
    for login in [HOSTILE, LOGIN] {
        let token = stranger.get("/login").field("token");
        let form = [("token", token.as_str()), ("login", login), ("password", "x"), ("next", "/")];
        assert_eq!(stranger.post("/login", &form).status, 403);
    }
}

/// What an owner says about an address.
fn add_ruleset(owner: &mut Visitor) {
    let csrf = owner.get("/addresses/rule?address=a%40example.org").field("csrf");
    let answer = owner.post(
        "/addresses/rule",
        &[
            ("csrf", &csrf),
            ("address", LOGIN),
            ("msg_from", "@example\\.org$"),
            ("mail_from", "^b@"),
            ("verified_domain", "example.com"),
            ("header_name_1", "^list-id$"),
            ("header_value_1", "<x>"),
            ("is_forward", "yes"),
            ("mailbox", "Lists"),
            ("comment", HOSTILE),
        ],
    );
    assert_eq!(answer.status, 303, "{}", answer.text());
}

/// Where a page and JSON differ.
fn differences(same: &Same, pages: &[String], json: &Value) -> Vec<String> {
    let mut wanted: Vec<&Value> = match json.pointer(same.rows) {
        Some(Value::Array(rows)) => rows.iter().collect(),
        Some(row) => vec![row],
        None => return vec![format!("no {} in {json}", same.rows)],
    };
    let lists: Option<Vec<&str>> = pages.iter().map(|page| list(page, same.list)).collect();
    let Some(lists) = lists else { return vec!["no such list".to_owned()] };
    let mut found: Vec<Row> = lists.into_iter().flat_map(rows).collect();
    if matches!(same.list, "groups" | "connections") {
        // The page came over a connection, which may be closed when the command asks.
        found.retain(|(_, fields)| !fields.contains(&("service".to_owned(), "http".to_owned())));
        wanted.retain(|row| row["service"] != "http");
    }
    if found.is_empty() || wanted.is_empty() {
        return vec![format!("nothing to compare: {} rows, and {} in JSON", found.len(), wanted.len())];
    }
    let key_of = |(at, row): (usize, &&Value)| {
        let part = |field: &&str| if *field == "#" { at.to_string() } else { shown(field_of(row, field)) };
        same.key.iter().map(part).collect::<Vec<_>>().join(" ")
    };
    let mut keys: Vec<String> = wanted.iter().enumerate().map(key_of).collect();
    if same.key.is_empty() {
        found.iter_mut().enumerate().for_each(|(at, (key, _))| *key = at.to_string());
        keys.iter_mut().enumerate().for_each(|(at, key)| *key = at.to_string());
    }
    let mut wrong = Vec::new();
    let sorted = |mut keys: Vec<String>| {
        keys.sort();
        keys
    };
    let (shown, said) = (sorted(found.iter().map(|(key, _)| key.clone()).collect()), sorted(keys.clone()));
    if shown != said {
        wrong.push(format!("rows are {shown:?}, and {said:?} in JSON"));
    }
    for (key, fields) in &found {
        if let Some(at) = keys.iter().position(|other| other == key) {
            wrong.extend(
                row_differs(same.fields, fields, wanted[at]).into_iter().map(|text| format!("{key}: {text}")),
            );
        }
    }
    let unseen =
        |field: &&&str| !found.iter().flat_map(|(_, fields)| fields).any(|(name, _)| name == **field);
    wrong.extend(same.fields.iter().filter(unseen).map(|field| format!("no row shows {field}")));
    wrong
}

/// Where the cells of a row and JSON differ, and which of the wanted fields have no cell.
fn row_differs(wanted: &[&str], cells: &[(String, String)], row: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    for (field, text) in cells {
        let said = shown(field_of(row, field));
        if !equal(text, &said) {
            wrong.push(format!("{field} is {text:?}, and {said:?} in JSON"));
        }
    }
    for field in wanted.iter().filter(|field| !cells.iter().any(|(name, _)| name == **field)) {
        if !matches!(shown(field_of(row, field)).as_str(), "" | "false" | "0") {
            wrong.push(format!("{field} is not on the page"));
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
fn list<'a>(page: &'a str, name: &str) -> Option<&'a str> {
    if name.is_empty() {
        return Some(page);
    }
    page.find(&format!(" data-list=\"{name}\"")).map(|at| element(page, at))
}

/// The rows of a page.
fn rows(page: &str) -> Vec<Row> {
    let all = page.match_indices(" data-key=\"").map(|(at, _)| {
        let row = element(page, at);
        let mut fields: Vec<(String, String)> = Vec::new();
        for (at, _) in row.match_indices(" data-field=\"") {
            let cell = element(row, at);
            let (name, text) = (attribute(cell, "data-field").unwrap(), text(cell));
            match fields.iter_mut().find(|(there, _)| *there == name) {
                // An array.
                Some((_, all)) => *all = format!("{all}, {text}"),
                None => fields.push((name, text)),
            }
        }
        (attribute(row, "data-key").unwrap(), fields)
    });
    all.collect()
}

/// The element one of whose attributes is here, up to where it ends.
fn element(page: &str, at: usize) -> &str {
    let page = &page[page[..at].rfind('<').unwrap()..];
    let name = page[1..].split([' ', '>']).next().unwrap();
    if name == "input" {
        return &page[..page.find('>').unwrap() + 1];
    }
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
/// `<data value="EXACT">`. A field of a form says what it would send.
fn text(element: &str) -> String {
    if element.starts_with("<input ") {
        return match attribute(element, "type").as_deref() {
            Some("checkbox") => element.contains(" checked").to_string(),
            _ => attribute(element, "value").unwrap_or_default(),
        };
    }
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
        <td><input type="checkbox" data-field="on" name="x" value="true" checked><input data-field="in" value="i"></td>
        <td data-field="all"><data value="1">one</data> <data value="2">two</data></td></tr><tr data-key=""></tr></table>"#;
    let pair = |(name, text): (&str, &str)| (name.to_owned(), text.to_owned());
    let fields = [
        ("size", "4150"),
        ("at", "2026-11-02T09:20:30.123Z"),
        ("host", "h & i"),
        ("ip", ""),
        ("hold", "true"),
        ("on", "true"),
        ("in", "i"),
        ("all", "1, 2"),
    ];
    let wanted = vec![("<k>".to_owned(), fields.map(pair).to_vec()), (String::new(), Vec::new())];
    assert_eq!(rows(list(page, "t").unwrap()), wanted);
    assert_eq!(rows(list(page, "b").unwrap()), [("x".to_owned(), vec![pair(("a.b", "1"))])]);
}

/// Without escapes.
fn plain(text: &str) -> String {
    let names = [
        ("&#60;", "<"),
        ("&lt;", "<"),
        ("&#62;", ">"),
        ("&gt;", ">"),
        ("&#34;", "\""),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&#38;", "&"),
        ("&amp;", "&"),
    ];
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

/// Times are as exact as each has them; spaces of any kind are the same. What is of the moment that it is asked in is
/// not compared: the time that a sentence begins with, and how much is free on a disk that others write to.
fn equal(page: &str, json: &str) -> bool {
    let is_time = |text: &str| text.len() >= 20 && text.ends_with('Z') && text.as_bytes()[10] == b'T';
    let is_now = |word: &str| word.strip_suffix(';').is_some_and(is_time);
    let words = |text: &str| -> Vec<String> {
        text.split_whitespace().filter(|word| !is_now(word)).map(str::to_owned).collect()
    };
    let is_free = |text: &str| text.ends_with(" MiB free");
    let number = |text: &str| text.parse::<f64>().ok();
    words(page) == words(json)
        || number(page).is_some_and(|value| number(json) == Some(value))
        || is_free(page) && is_free(json)
        || is_time(page) && is_time(json) && page[..19] == json[..19]
}
