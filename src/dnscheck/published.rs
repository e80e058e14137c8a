//! Whether DNS has the records that a domain of ours should have, and what it has in their place.
//!
//! Texts are compared by what they say: blanks within tags and a last semicolon do not count. RFC 6376 §3.2 (lists of tags),
//! RFC 7208 §4.6.1 (terms).

use std::sync::Arc;

use mox_dns::{BoxFuture, BudgetedResolver, Error, Record, RecordType, Resolver};

use crate::ground::all;
use crate::{DNS_TIME, Expected, QUESTIONS, Row, World};

/// Whether DNS has a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It is there.
    Present,
    /// There is another one in its place.
    Differs,
    /// There is none.
    Missing,
    /// DNS gave no usable answer.
    Unknown,
}

impl State {
    /// As JSON has it.
    pub fn as_str(self) -> &'static str {
        match self {
            State::Present => "present",
            State::Differs => "differs",
            State::Missing => "missing",
            State::Unknown => "unknown",
        }
    }
}

/// What DNS says of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// Whether it is there.
    pub state: State,
    /// What is in its place.
    pub found: Vec<Record>,
    /// Why it is not known, or why another record does as well.
    pub note: Option<String>,
}

impl Published {
    fn new(state: State) -> Published {
        Published { state, found: Vec::new(), note: None }
    }

    fn noted(state: State, found: Vec<Record>, note: impl Into<String>) -> Published {
        Published { state, found, note: Some(note.into()) }
    }
}

/// Asks DNS for each of the records, all at once, within the time of [`crate::TIME`]. The answers are in the order of the
/// rows.
pub async fn published(world: &World, ours: &Expected, rows: &[Row]) -> Vec<Published> {
    let resolver =
        BudgetedResolver::new(Arc::clone(&world.resolver), Arc::clone(&world.clock), QUESTIONS, DNS_TIME);
    let resolver: &dyn Resolver = &resolver;
    let asked: Vec<BoxFuture<'_, Published>> = rows
        .iter()
        .map(|row| -> BoxFuture<'_, Published> { Box::pin(look(resolver, ours, rows, row)) })
        .collect();
    all(asked).await
}

async fn look(resolver: &dyn Resolver, ours: &Expected, rows: &[Row], row: &Row) -> Published {
    match resolver.lookup(&row.name, row.record.kind()).await {
        Ok(answer) => compare(rows, row, &answer.records),
        Err(error) if error.is_no_records() && row.record.kind() == RecordType::Cname => {
            addresses(resolver, ours, row).await
        }
        Err(error) => absent(&error),
    }
}

fn absent(error: &Error) -> Published {
    match error.is_no_records() {
        true => Published::new(State::Missing),
        false => Published::noted(State::Unknown, Vec::new(), error.to_string()),
    }
}

/// A name that should be an alias of this host may as well have the addresses itself.
async fn addresses(resolver: &dyn Resolver, ours: &Expected, row: &Row) -> Published {
    let (v4, v6) =
        tokio::join!(resolver.lookup(&row.name, RecordType::A), resolver.lookup(&row.name, RecordType::Aaaa));
    let mut found = Vec::new();
    for answer in [v4, v6] {
        match answer {
            Ok(answer) => found.extend(answer.records),
            Err(error) if error.is_no_records() => {}
            Err(error) => return absent(&error),
        }
    }
    let own = |record: &Record| match record {
        Record::A(ip) => ours.all_ips().any(|own| own == ip),
        Record::Aaaa(ip) => ours.all_ips().any(|own| own == ip),
        _ => false,
    };
    match found.is_empty() {
        true => Published::new(State::Missing),
        false if found.iter().all(own) => {
            Published::noted(State::Present, found, "the name has the addresses of this host itself")
        }
        false => Published::noted(State::Differs, found, "the name has addresses of its own"),
    }
}

/// Compares what is there with what should be.
pub(crate) fn compare(rows: &[Row], row: &Row, there: &[Record]) -> Published {
    if there.iter().any(|record| same(record, &row.record)) {
        return Published::new(State::Present);
    }
    // What other rows want at this name is not in the place of this one.
    let wanted =
        |record: &Record| rows.iter().any(|other| other.name == row.name && same(record, &other.record));
    let in_place = |record: &&Record| related(record, &row.record) && !wanted(record);
    let found: Vec<Record> = there.iter().filter(in_place).cloned().collect();
    match found.is_empty() {
        true => Published::new(State::Missing),
        false => Published { state: State::Differs, found, note: None },
    }
}

/// Whether two records say the same.
fn same(one: &Record, other: &Record) -> bool {
    match (one, other) {
        (Record::Txt(one), Record::Txt(other)) => words(one) == words(other),
        (Record::Caa { tag, value, .. }, Record::Caa { tag: other_tag, value: other_value, .. }) => {
            tag.eq_ignore_ascii_case(other_tag) && words(value) == words(other_value)
        }
        _ => one == other,
    }
}

/// The tags or terms of a text.
fn words(text: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(text);
    // Terms of SPF have blanks between them; within a tag, blanks mean nothing.
    let between = if text.contains(';') { "" } else { " " };
    let tags = text.split(';').map(|tag| {
        let (name, value) = tag.split_once('=').unwrap_or((tag, ""));
        let value: Vec<&str> = value.split_ascii_whitespace().collect();
        format!("{}={}", name.trim(), value.join(between))
    });
    tags.filter(|tag| tag != "=").collect()
}

/// Whether a record is in the place of another: of the same kind, and texts of the same scheme.
fn related(record: &Record, wanted: &Record) -> bool {
    match (record, wanted) {
        (Record::Txt(text), Record::Txt(wanted)) => version(text) == version(wanted),
        (Record::Caa { tag, .. }, Record::Caa { tag: wanted, .. }) => tag.eq_ignore_ascii_case(wanted),
        _ => true,
    }
}

/// The start of a text up to the first blank or semicolon: `v=spf1`.
fn version(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let first = text.trim_start().split([' ', ';']).next().unwrap_or_default();
    first.to_ascii_lowercase()
}
