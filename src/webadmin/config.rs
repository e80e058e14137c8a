//! Configuration: both files with what is wrong with them, edits of `domains.conf`, and its earlier versions.

mod edit;
mod versions;

use askama::Template;
use mox_admin::OpError;
use mox_admin::ops::{ConfigFile, ConfigProblem, ConfigText, ConfigTexts};
use mox_httpserver::Response;
use mox_web::{Page, Query};

use crate::{At, no_page};

/// The place of these pages.
const PLACE: &str = "config";

/// A line of a file with its number, from 1.
struct Line<'a> {
    number: u32,
    text: &'a str,
    /// Something is wrong with it.
    bad: bool,
}

#[derive(Template)]
#[template(path = "config_files.html")]
struct Files<'a> {
    page: Page<'a>,
    texts: &'a ConfigTexts,
    files: [Shown<'a>; 2],
}

/// A file as the page shows it.
struct Shown<'a> {
    /// For names within the page.
    id: &'static str,
    name: &'static str,
    file: &'a ConfigFile,
    lines: Vec<Line<'a>>,
}

impl<'a> Shown<'a> {
    fn new(
        id: &'static str,
        name: &'static str,
        file: &'a ConfigFile,
        errors: &[ConfigProblem],
    ) -> Shown<'a> {
        let of_it = errors.iter().filter(|problem| problem.file == file.path);
        Shown { id, name, file, lines: numbered(&file.text, of_it) }
    }
}

/// The lines of a text, those with problems marked.
fn numbered<'a, 'b>(text: &'a str, problems: impl Iterator<Item = &'b ConfigProblem>) -> Vec<Line<'a>> {
    let bad: std::collections::BTreeSet<u32> = problems.filter_map(|problem| problem.line).collect();
    let line = |(number, text): (u32, &'a str)| Line { number, text, bad: bad.contains(&number) };
    (1..).zip(text.lines()).map(line).collect()
}

/// Answers for paths below `config`.
pub(crate) async fn route(at: &At, path: &[&str]) -> Result<Response, OpError> {
    match (path, at.reads()) {
        ([], true) => files(at).await,
        (["edit"], true) => edit::page(at).await,
        (["edit"], false) => edit::edited(at).await,
        (["versions"], true) => versions::page(at).await,
        (["diff"], true) => versions::diff(at).await,
        (["rollback"], false) => versions::rollback(at).await,
        _ => Err(no_page()),
    }
}

async fn files(at: &At) -> Result<Response, OpError> {
    let query = at.query();
    let notice = notice(&query);
    query.finish()?;
    let texts = at.dispatch().call(&ConfigText {}).await?;
    let files = [
        Shown::new("server", "mox.conf", &texts.server, &texts.errors),
        Shown::new("domains", "domains.conf", &texts.domains, &texts.errors),
    ];
    let page = at.page(PLACE, "Configuration").notice(notice);
    Ok(at.render(&Files { page, texts: &texts, files }))
}

/// What a page says of the form that led to it.
fn notice(query: &Query) -> Option<String> {
    let text = match query.get("note")? {
        "applied" => "domains.conf was changed, and is in effect",
        "same" => "Nothing to change: domains.conf says so already",
        "rolled-back" => "The earlier version is in effect",
        _ => return None,
    };
    Some(text.to_owned())
}

#[cfg(test)]
#[path = "tests/config.rs"]
mod tests;
