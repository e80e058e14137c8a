//! The Received-SPF field: the result on the message itself, for people and programs that read it later.
//! RFC 7208 §9.1.

use mox_message::fold::{Folder, escape_comment};

use crate::evaluate::POSTMASTER;
use crate::outcome::{Identity, Outcome, Query, SpfResult};

/// Longest comment or value, in characters.
const MAX_TEXT: usize = 200;

/// Writes the field, CRLF included. Everything but printable ASCII in what others chose becomes `?`.
pub fn received_spf(outcome: &Outcome, query: &Query<'_>) -> String {
    let receiver = match (query.local_hostname, query.local_ip) {
        ("", Some(ip)) => ip.to_string(),
        ("", None) => "unknown".to_owned(),
        (name, _) => name.to_owned(),
    };
    let sender = match query.mail_from {
        Some(path) if outcome.identity == Identity::MailFrom => path.to_string(),
        _ => format!("{POSTMASTER}@{}", outcome.domain),
    };
    let mut field = Folder::new("Received-SPF");
    field.word(outcome.result.keyword());
    let comment = escape_comment(&cut(&comment(outcome, query, &receiver, &sender)), false);
    format!("({comment})").split(' ').for_each(|word| {
        field.word(word);
    });
    let mut pairs = vec![
        ("receiver", receiver),
        ("client-ip", query.ip.to_canonical().to_string()),
        ("envelope-from", query.mail_from.map(ToString::to_string).unwrap_or_default()),
        ("helo", query.helo.to_string()),
        ("identity", outcome.identity.keyword().to_owned()),
    ];
    match &outcome.problem {
        Some(problem) => pairs.push(("problem", problem.clone())),
        None => {
            pairs.push(("mechanism", outcome.mechanism.clone().unwrap_or_else(|| "default".to_owned())));
        }
    }
    let last = pairs.len() - 1;
    for (index, (key, value)) in pairs.iter().enumerate() {
        field.word(&format!("{key}={}{}", value_text(value), if index == last { "" } else { ";" }));
    }
    field.finish().unwrap_or_default()
}

fn comment(outcome: &Outcome, query: &Query<'_>, receiver: &str, sender: &str) -> String {
    let ip = query.ip.to_canonical();
    let about = match outcome.result {
        SpfResult::Pass => format!("domain of {sender} lets {ip} send"),
        SpfResult::Fail => format!("domain of {sender} forbids {ip} to send"),
        SpfResult::SoftFail => format!("domain of {sender} discourages {ip} from sending"),
        SpfResult::Neutral => format!("domain of {sender} says nothing of {ip}"),
        SpfResult::None => format!("domain of {sender} has no policy"),
        SpfResult::TempError => format!("policy of {sender} could not be fetched now"),
        SpfResult::PermError => format!("policy of {sender} cannot be evaluated"),
    };
    format!("{receiver}: {about}")
}

fn cut(text: &str) -> String {
    text.chars().take(MAX_TEXT).collect()
}

/// A value: bare where it is a dot-atom, else quoted.
fn value_text(value: &str) -> String {
    let atext = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
    if value.len() <= MAX_TEXT && value.split('.').all(|atom| !atom.is_empty() && atom.chars().all(atext)) {
        return value.to_owned();
    }
    let mut quoted = String::from("\"");
    for c in cut(value).chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            ' '..='~' => quoted.push(c),
            _ => quoted.push('?'),
        }
    }
    quoted.push('"');
    quoted
}
