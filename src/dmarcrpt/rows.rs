//! The records of a report, as others write them. RFC 9990 §3.1.1.7 to §3.1.1.14, RFC 7489 appendix C.

use crate::read::{Limits, Notes};
use crate::words;
use crate::xml::Node;
use crate::{Action, DkimAuth, Form, Reason, ReasonKind, Record, Scope, SpfAuth};

/// Reads a record; none when nothing is in it.
pub(crate) fn record(node: &Node, form: Form, limits: &Limits, notes: &mut Notes) -> Option<Record> {
    let empty = Node::default();
    let mut part = |name: &str| {
        let found = node.one(name, notes);
        if found.is_none() {
            notes.odd(format!("a record has no {name}"));
        }
        found
    };
    let (row, identifiers, results) = (part("row"), part("identifiers"), part("auth_results"));
    if row.is_none() && identifiers.is_none() && results.is_none() {
        notes.odd("a record is empty: it was left out");
        return None;
    }
    let (row, identifiers, results) =
        (row.unwrap_or(&empty), identifiers.unwrap_or(&empty), results.unwrap_or(&empty));
    let evaluated = row.one("policy_evaluated", notes).or_else(|| {
        notes.odd("a record has no policy_evaluated: nothing passed, nothing was done");
        None
    });
    let evaluated = evaluated.unwrap_or(&empty);
    let mut domain = |name: &str| {
        let node = identifiers.one(name, notes)?;
        Some(words::domain(&node.text, name, notes))
    };
    let (header_from, envelope_from) = (domain("header_from"), domain("envelope_from"));
    let envelope_to = domain("envelope_to").filter(|domain| !domain.is_empty());
    Some(Record {
        source_ip: source(row, notes),
        count: words::count(row.text("count", notes), notes),
        disposition: disposition(evaluated, form, notes),
        dkim: aligned(evaluated, "dkim", notes),
        spf: aligned(evaluated, "spf", notes),
        reasons: reasons(evaluated, limits, notes),
        header_from: header_from.unwrap_or_default(),
        envelope_from,
        envelope_to,
        dkim_results: signatures(results, form, limits, notes),
        spf_results: spf_results(results, form, limits, notes),
    })
}

fn source(row: &Node, notes: &mut Notes) -> Option<std::net::IpAddr> {
    let text = row.text("source_ip", notes);
    if text.is_none() {
        notes.odd("a record has no source_ip");
    }
    words::ip(text?, notes)
}

fn disposition(evaluated: &Node, form: Form, notes: &mut Notes) -> Action {
    let Some(text) = evaluated.text("disposition", notes) else {
        if !evaluated.name.is_empty() {
            notes.odd("a record has no disposition: none is meant");
        }
        return Action::None;
    };
    let found = Action::ALL.into_iter().find(|action| text.eq_ignore_ascii_case(action.keyword()));
    match found {
        None => notes.odd(format!("a disposition is {}: none is meant", Notes::quote(text))),
        Some(Action::Pass) if form == Form::Rfc7489 => {
            notes.odd("a disposition is pass, which RFC 7489 does not have");
        }
        Some(action) if text != action.keyword() => notes.odd("a disposition is in upper case"),
        Some(_) => {}
    }
    found.unwrap_or_default()
}

/// Whether DMARC takes the result as a pass; what is no plain `pass` is none.
fn aligned(evaluated: &Node, method: &str, notes: &mut Notes) -> bool {
    let Some(text) = evaluated.text(method, notes) else {
        if !evaluated.name.is_empty() {
            notes.odd(format!("{method} in policy_evaluated is missing: fail is meant"));
        }
        return false;
    };
    match text {
        "pass" => return true,
        "fail" => return false,
        _ => {}
    }
    let pass = text.eq_ignore_ascii_case("pass");
    let meant = if pass { "pass" } else { "fail" };
    notes.odd(format!("{method} in policy_evaluated is {}: {meant} is meant", Notes::quote(text)));
    pass
}

/// The first of so many.
fn some<'n>(node: &'n Node, name: &str, max: usize, notes: &mut Notes) -> Vec<&'n Node> {
    let mut found: Vec<&Node> = node.all(name).take(max + 1).collect();
    if found.len() > max {
        notes.odd(format!("more than {max} {name} in {}: the rest is left out", node.name));
        found.truncate(max);
    }
    found
}

fn reasons(evaluated: &Node, limits: &Limits, notes: &mut Notes) -> Vec<Reason> {
    let mut reasons = Vec::new();
    for node in some(evaluated, "reason", limits.results, notes) {
        let comment = node.text("comment", notes).unwrap_or(&node.text).to_owned();
        let kind = match node.text("type", notes) {
            Some(text) => words::reason(text, notes),
            None if comment.is_empty() => {
                notes.odd("a reason is empty: it was left out");
                continue;
            }
            None => {
                notes.odd("a reason has no type: other is meant");
                ReasonKind::Other
            }
        };
        // A type that nobody knows is told in words.
        let told = node.text("type", notes).filter(|_| kind == ReasonKind::Other && comment.is_empty());
        let comment = told.filter(|text| *text != kind.keyword()).map_or(comment, str::to_owned);
        reasons.push(Reason { kind, comment });
    }
    reasons
}

fn signatures(results: &Node, form: Form, limits: &Limits, notes: &mut Notes) -> Vec<DkimAuth> {
    let mut signatures = Vec::new();
    for node in some(results, "dkim", limits.results, notes) {
        let domain = words::domain(node.text("domain", notes).unwrap_or_default(), "domain in dkim", notes);
        if domain.is_empty() && node.all("result").all(|result| ["", "none"].contains(&result.text.as_str()))
        {
            notes.odd("a dkim without domain and result was left out");
            continue;
        }
        if domain.is_empty() {
            notes.odd("a dkim has no domain");
        }
        let selector = node.text("selector", notes).unwrap_or_default().to_owned();
        if selector.is_empty() && form == Form::Rfc9990 {
            notes.odd("a dkim has no selector");
        }
        signatures.push(DkimAuth {
            domain,
            selector,
            result: words::result(node.text("result", notes), "DKIM", notes),
            human_result: human(node, notes),
        });
    }
    signatures
}

fn spf_results(results: &Node, form: Form, limits: &Limits, notes: &mut Notes) -> Vec<SpfAuth> {
    if form == Form::Rfc9990 && results.all("spf").nth(1).is_some() {
        notes.odd("auth_results has several spf");
    }
    let mut found = Vec::new();
    for node in some(results, "spf", limits.results, notes) {
        if node.children.is_empty() {
            notes.odd("an empty spf was left out");
            continue;
        }
        let domain = words::domain(node.text("domain", notes).unwrap_or_default(), "domain in spf", notes);
        if domain.is_empty() {
            notes.odd("an spf has no domain");
        }
        found.push(SpfAuth {
            domain,
            scope: scope(node, form, notes),
            result: words::result(node.text("result", notes), "SPF", notes),
            human_result: human(node, notes),
        });
    }
    found
}

fn scope(node: &Node, form: Form, notes: &mut Notes) -> Option<Scope> {
    let text = node.text("scope", notes)?;
    match text.to_ascii_lowercase().as_str() {
        "mfrom" => Some(Scope::MFrom),
        "helo" => {
            if form == Form::Rfc9990 {
                notes.odd("a scope is helo, which RFC 9990 does not have");
            }
            Some(Scope::Helo)
        }
        other => {
            notes.odd(format!("a scope is {}", Notes::quote(text)));
            match other {
                "mailfrom" | "mail_from" | "smtp.mailfrom" | "envelope_from" => Some(Scope::MFrom),
                "ehlo" | "smtp.helo" => Some(Scope::Helo),
                _ => None,
            }
        }
    }
}

/// The same in words; RFC 7489's schema and its samples spell it in two ways.
fn human(node: &Node, notes: &mut Notes) -> String {
    let found = node.one("human_result", notes).or_else(|| node.one("human_results", notes));
    found.map_or(String::new(), |found| found.text.clone())
}
