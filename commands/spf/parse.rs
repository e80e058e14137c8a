//! `mox spf parse`: the terms of a record, offline.

use std::path::Path;

use serde::Serialize;

use mox_spf::Record;
use mox_spf::record::{Modifier, Term as RecordTerm};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Text of the record; `-` is standard input
    #[arg(value_name = "TEXT|-", allow_hyphen_values = true)]
    text: String,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox spf parse 'v=spf1 mx ip4:192.0.2.0/24 include:_spf.example.net -all'",
        about: "What each term means",
        needs: Needs::Nothing,
    },
    Example {
        run: "echo 'v=spf1 a -all' | mox spf parse - --json",
        about: "For programs",
        needs: Needs::Nothing,
    },
];

/// A term, taken apart.
#[derive(Serialize)]
pub(crate) struct Term {
    /// As it would be written.
    text: String,
    /// `mechanism` or `modifier`.
    kind: &'static str,
    /// The result when a mechanism matches: `+`, `-`, `~`, `?`.
    qualifier: Option<char>,
    name: String,
    /// What follows the name: a domain, a network, prefix lengths.
    value: Option<String>,
    /// Whether it counts towards the limit of lookups.
    lookup: bool,
}

impl Term {
    pub(crate) fn all(record: &Record) -> Vec<Term> {
        record.terms.iter().map(Term::of).collect()
    }

    fn of(term: &RecordTerm) -> Term {
        let (kind, qualifier, written) = match term {
            RecordTerm::Directive(d) => ("mechanism", Some(d.qualifier.sign()), d.mechanism.to_string()),
            RecordTerm::Modifier(modifier) => (
                "modifier",
                None,
                match modifier {
                    Modifier::Redirect(domain) => format!("redirect={domain}"),
                    Modifier::Explanation(domain) => format!("exp={domain}"),
                    Modifier::Unknown(name, value) => format!("{name}={value}"),
                },
            ),
        };
        let value = written.strip_prefix(term.name()).unwrap_or_default();
        let value = value.strip_prefix([':', '=']).unwrap_or(value);
        Term {
            text: term.to_string(),
            kind,
            qualifier,
            name: term.name().to_owned(),
            value: Some(value.to_owned()).filter(|value| !value.is_empty()),
            lookup: term.asks_dns(),
        }
    }

    /// What a term does, for people.
    fn meaning(&self) -> String {
        let result = match self.qualifier {
            Some('+') => "pass",
            Some('-') => "fail",
            Some('~') => "softfail",
            Some(_) => "neutral",
            None => return modifier_meaning(&self.name).to_owned(),
        };
        let condition = match self.name.as_str() {
            "all" => "always",
            "include" => "if that domain lets it pass",
            "a" => "if it is an address of the domain",
            "mx" => "if it is an address of a mail host of the domain",
            "ptr" => "if its verified name is within the domain",
            "exists" => "if the name has an address",
            _ => "if it is in the network",
        };
        format!("{result} {condition}")
    }

    /// Prints terms for people.
    pub(crate) fn table(terms: &[Term], page: &mut Page) {
        let rows = terms.iter().map(|term| {
            let lookup = if term.lookup { "1" } else { "" };
            vec![term.text.clone(), lookup.to_owned(), term.meaning()]
        });
        page.table(&["TERM", ">LOOKUPS", "MEANING"], rows);
    }
}

fn modifier_meaning(name: &str) -> &'static str {
    match name {
        "redirect" => "if nothing matches, that domain decides",
        "exp" => "where to find what to tell those who fail",
        _ => "unknown, without effect",
    }
}

/// A record, taken apart.
#[derive(Serialize)]
struct Report {
    /// As it would be written; none when it has a mistake.
    record: Option<String>,
    terms: Vec<Term>,
    /// Terms that ask DNS; those of included records come on top.
    lookups: usize,
    problem: Option<Problem>,
}

/// The first mistake.
#[derive(Serialize)]
struct Problem {
    text: String,
    /// Where, in octets from the start.
    at: usize,
}

impl Report {
    fn of(text: &str) -> Report {
        match Record::parse(text) {
            Ok(record) => {
                let terms = Term::all(&record);
                let lookups = terms.iter().filter(|term| term.lookup).count();
                Report { record: Some(record.to_string()), terms, lookups, problem: None }
            }
            Err(error) => Report {
                record: None,
                terms: Vec::new(),
                lookups: 0,
                problem: Some(Problem { text: error.to_string(), at: error.at }),
            },
        }
    }
}

impl Show for Report {
    fn show(&self, page: &mut Page) {
        match &self.problem {
            Some(problem) => page.verdict(Some(false), &problem.text),
            None => Term::table(&self.terms, page),
        }
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let text = match args.text.as_str() {
        "-" => {
            let bytes = cx.read_input(Path::new("-"), mox_spf::record::MAX_RECORD as u64)?;
            String::from_utf8_lossy(&bytes).trim_end_matches(['\r', '\n']).to_owned()
        }
        text => text.to_owned(),
    };
    let report = Report::of(&text);
    cx.print(&report)?;
    Ok(if report.problem.is_none() { Exit::Done } else { Exit::Problems })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_have_their_parts() {
        let report = Report::of("v=spf1 a/24 ~mx:b.example//64 -all exp=e.example k=v");
        let parts: Vec<(char, &str, &str)> = report
            .terms
            .iter()
            .map(|t| (t.qualifier.unwrap_or(' '), t.name.as_str(), t.value.as_deref().unwrap_or("")))
            .collect();
        let expected = [
            ('+', "a", "/24"),
            ('~', "mx", "b.example//64"),
            ('-', "all", ""),
            (' ', "exp", "e.example"),
            (' ', "k", "v"),
        ];
        assert_eq!((parts.as_slice(), report.lookups), (expected.as_slice(), 2));
        let problem = Report::of("v=spf1 foo").problem.unwrap();
        assert_eq!((problem.at, problem.text.as_str()), (7, "unknown mechanism: \"foo\" at octet 7"));
    }
}
