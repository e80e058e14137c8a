//! Authentication-Results: what this host found out about a message, in the form others read.
//!
//! A field of another host that claims our authserv-id must go before ours is added: [`claims`] finds them. A field
//! whose id cannot be read counts as claiming. RFC 8601 §2.2, §5.

use std::ops::Range;

use mox_address::Domain;

use crate::date::comment_length;
use crate::fold::{Folder, escape_comment};
use crate::header::{Field, Header};

/// The result of one authentication method.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MethodResult {
    /// Keyword of the method: `spf`, `dkim`, `dmarc`, `iprev`, `auth`.
    pub method: &'static str,
    /// Keyword of the result: `pass`, `fail`, `none`, `temperror`.
    pub result: &'static str,
    /// Comment for people, after the result.
    pub comment: Option<String>,
    /// Why, for programs.
    pub reason: Option<String>,
    /// Properties: `smtp.mailfrom` or `header.d`, and the value.
    pub properties: Vec<(&'static str, String)>,
}

/// Writes the field with CRLF; without results it says `none`. Outside text is quoted or escaped, control characters
/// become `?`; with `utf8` (for SMTPUTF8 messages) other text stays, else it becomes `?` too.
pub fn format(authserv_id: &Domain, results: &[MethodResult], utf8: bool) -> String {
    let mut field = Folder::new("Authentication-Results");
    field.word(if utf8 { authserv_id.unicode() } else { authserv_id.ascii() });
    if results.is_empty() {
        field.glue(";").word("none");
    }
    for result in results {
        field.glue(";").line(&format!("{}={}", result.method, result.result));
        if let Some(comment) = &result.comment {
            field.word(&format!("({})", escape_comment(&cut(comment), utf8)));
        }
        if let Some(reason) = &result.reason {
            field.word(&format!("reason={}", quote(reason, utf8)));
        }
        for (name, value) in &result.properties {
            field.word(&format!("{name}={}", value_text(value, utf8)));
        }
    }
    field.finish().unwrap_or_default()
}

/// Longest comment, reason or value, in characters: each stands on a line of its own at worst.
const MAX_TEXT: usize = 200;

fn cut(text: &str) -> String {
    text.chars().take(MAX_TEXT).collect()
}

/// A property value: bare where it is an atom with dots, perhaps with `@`, else quoted.
fn value_text(value: &str, utf8: bool) -> String {
    let bare = |c: char| {
        c.is_ascii_alphanumeric()
            || "!#$%&'*+-_.@/=:".contains(c)
            || (utf8 && !c.is_ascii() && !c.is_control())
    };
    let token = !value.is_empty() && value.chars().count() <= MAX_TEXT && value.chars().all(bare);
    // A token may have neither `/` nor `=` nor `:` (RFC 2045 §5.1).
    if token && !value.contains(['/', '=', ':']) { value.to_owned() } else { quote(value, utf8) }
}

fn quote(text: &str, utf8: bool) -> String {
    let mut quoted = String::from("\"");
    for c in cut(text).chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() || (!utf8 && !c.is_ascii()) => quoted.push('?'),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// Where the Authentication-Results fields stand that claim to be from this host.
pub fn claims(header: &Header<'_>, authserv_id: &Domain) -> Vec<Range<usize>> {
    let ours = |field: &Field<'_>| match id(&field.text()) {
        Some(found) => found == *authserv_id,
        None => true,
    };
    header.all("Authentication-Results").filter(ours).map(|f| f.range()).collect()
}

/// The message without these ranges, which are in order: those of [`claims`].
pub fn without(message: &[u8], ranges: &[Range<usize>]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(message.len());
    let mut at = 0;
    for range in ranges {
        kept.extend_from_slice(message.get(at..range.start).unwrap_or_default());
        at = range.end;
    }
    kept.extend_from_slice(message.get(at..).unwrap_or_default());
    kept
}

/// The authserv-id at the front of a field.
fn id(text: &str) -> Option<Domain> {
    let mut rest = text.trim_start();
    while rest.starts_with('(') {
        rest = rest.get(comment_length(rest)..)?.trim_start();
    }
    let id = match rest.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"')?.0,
        None => rest.split(|c: char| c.is_whitespace() || c == ';' || c == '(').next()?,
    };
    Domain::parse(id).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_written_in_order() {
        let id: Domain = "mail.example.org".parse().unwrap();
        let results = [
            MethodResult {
                method: "spf",
                result: "pass",
                comment: Some("ip (4)".into()),
                properties: vec![("smtp.mailfrom", "example.net".into())],
                ..MethodResult::default()
            },
            MethodResult {
                method: "dkim",
                result: "fail",
                reason: Some("bad \"sig\"\r\n".into()),
                properties: vec![("header.d", "example.net".into()), ("header.b", "a/b=".into())],
                ..MethodResult::default()
            },
        ];
        assert_eq!(
            format(&id, &results, false),
            "Authentication-Results: mail.example.org;\r\n\tspf=pass (ip \\(4\\)) smtp.mailfrom=example.net;\r\n\
             \tdkim=fail reason=\"bad \\\"sig\\\"??\" header.d=example.net header.b=\"a/b=\"\r\n"
        );
        assert_eq!(format(&id, &[], false), "Authentication-Results: mail.example.org; none\r\n");
    }

    #[test]
    fn hostile_values_stay_inside() {
        let id: Domain = "mail.example.org".parse().unwrap();
        let evil = format!("a; dkim=pass\r\nX: y{}", "\u{e9}".repeat(5000));
        let results = [MethodResult {
            method: "spf",
            result: "fail",
            comment: Some(evil.clone()),
            reason: Some(evil.clone()),
            properties: vec![("smtp.mailfrom", evil)],
        }];
        for utf8 in [false, true] {
            let text = format(&id, &results, utf8);
            assert_eq!(Header::check(text.as_bytes()).unwrap().fields().count(), 1, "{text}");
            assert!(utf8 || text.is_ascii());
        }
    }

    #[test]
    fn fields_that_claim_our_name_go() {
        let id: Domain = "mail.example.org".parse().unwrap();
        let message = b"A: 1\r\nAuthentication-Results: MAIL.example.org; spf=pass\r\nAuthentication-Results: (x)\r\n \"mail.example.org\" 1; none\r\n\
            Authentication-Results: other.example; none\r\nAuthentication-Results: ;\r\nB: 2\r\n\r\nbody";
        let found = claims(&Header::of(message), &id);
        assert_eq!(found.len(), 3);
        let kept = without(message, &found);
        assert_eq!(kept, b"A: 1\r\nAuthentication-Results: other.example; none\r\nB: 2\r\n\r\nbody");
    }
}
