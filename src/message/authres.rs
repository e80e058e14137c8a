//! Authentication-Results: what this host found out about a message, in the form others read.
//!
//! A field of another host that claims our authserv-id must go before ours is added: [`claims`] finds them. A field
//! whose id cannot be read counts as claiming. [`Claimed`] reads what others say. RFC 8601 §2.2, §2.7, §5; properties
//! of DMARC: RFC 9989 §9.1.

mod read;

use std::net::IpAddr;
use std::ops::Range;

use mox_address::Domain;

use crate::date::comment_length;
use crate::fold::{Folder, escape_comment};
use crate::header::{Field, Header};

pub use read::{Claimed, ClaimedResult, MAX_LENGTH, MAX_PROPERTIES, MAX_RESULTS};

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

impl MethodResult {
    /// A result without more.
    pub fn new(method: &'static str, result: &'static str) -> MethodResult {
        MethodResult { method, result, ..MethodResult::default() }
    }

    /// SPF of MAIL FROM, an address or a domain (RFC 8601 §2.7.2).
    pub fn spf_mail_from(result: &'static str, mail_from: &str) -> MethodResult {
        MethodResult::new("spf", result).with("smtp.mailfrom", mail_from)
    }

    /// SPF of HELO.
    pub fn spf_helo(result: &'static str, helo: &str) -> MethodResult {
        MethodResult::new("spf", result).with("smtp.helo", helo)
    }

    /// DKIM of one signature (RFC 8601 §2.7.1, §2.7.7; `header.b` of RFC 6008 tells signatures apart).
    pub fn dkim(result: &'static str, signature: &DkimProperties<'_>) -> MethodResult {
        let DkimProperties { domain, identity, selector, algorithm, b } = signature;
        let names = ["header.d", "header.i", "header.s", "header.a", "header.b"];
        let values = [Some(*domain), *identity, Some(*selector), *algorithm, *b];
        let all = names.into_iter().zip(values).filter_map(|(name, value)| Some((name, value?)));
        all.filter(|(_, value)| !value.is_empty())
            .fold(MethodResult::new("dkim", result), |found, (name, value)| found.with(name, value))
    }

    /// Whether the client's address has a name that leads back to it (RFC 8601 §2.7.3).
    pub fn iprev(result: &'static str, ip: IpAddr) -> MethodResult {
        MethodResult::new("iprev", result).with("policy.iprev", &ip.to_canonical().to_string())
    }

    /// SMTP AUTH of a login (RFC 8601 §2.7.4).
    pub fn auth(result: &'static str, login: &str) -> MethodResult {
        MethodResult::new("auth", result).with("smtp.auth", login)
    }

    /// The chain of ARC sets, as received from this host (RFC 8617 §7.2).
    pub fn arc(result: &'static str, remote_ip: IpAddr) -> MethodResult {
        MethodResult::new("arc", result).with("smtp.remote-ip", &remote_ip.to_canonical().to_string())
    }

    /// Adds a property.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: &str) -> MethodResult {
        self.properties.push((name, value.to_owned()));
        self
    }

    /// Adds to the comment.
    #[must_use]
    pub fn comment(mut self, text: &str) -> MethodResult {
        self.comment =
            Some(self.comment.map_or_else(|| text.to_owned(), |before| format!("{before}, {text}")));
        self
    }

    /// Says whether DNSSEC vouches for the DNS records behind the result, as a comment.
    #[must_use]
    pub fn dnssec(self, authentic: bool) -> MethodResult {
        self.comment(if authentic { "with dnssec" } else { "without dnssec" })
    }

    /// Sets the reason; none stays as it is.
    #[must_use]
    pub fn reason(mut self, reason: Option<&str>) -> MethodResult {
        self.reason = reason.map(str::to_owned).or(self.reason);
        self
    }
}

/// What identifies a signature.
#[derive(Debug, Clone, Copy, Default)]
pub struct DkimProperties<'a> {
    /// `d=`.
    pub domain: &'a str,
    /// `i=`, where it is given.
    pub identity: Option<&'a str>,
    /// `s=`.
    pub selector: &'a str,
    /// `a=`.
    pub algorithm: Option<&'a str>,
    /// The beginning of `b=`, at least eight characters.
    pub b: Option<&'a str>,
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
            field.word(&format!("({})", escape_comment(cut(comment), utf8)));
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

/// Longest comment, reason or value, in octets: an address of full length fits, and a line of its own holds it even
/// when every character is escaped.
const MAX_TEXT: usize = 256;

fn cut(text: &str) -> &str {
    let end = (0..=text.len().min(MAX_TEXT)).rev().find(|at| text.is_char_boundary(*at));
    text.get(..end.unwrap_or_default()).unwrap_or_default()
}

/// A property value: bare where it is a token, a domain, or an address of a dot-atom at a domain; else quoted.
fn value_text(value: &str, utf8: bool) -> String {
    // A token may have neither `/` nor `=` nor `:` nor `@` (RFC 2045 §5.1).
    let token = |text: &str| {
        text.chars().all(|c| {
            c.is_ascii_alphanumeric()
                || "!#$%&'*+-_.^`{|}~".contains(c)
                || (utf8 && !c.is_ascii() && !c.is_control() && !c.is_whitespace())
        })
    };
    let dotted = |text: &str| token(text) && text.split('.').all(|part| !part.is_empty());
    let bare = match value.rsplit_once('@') {
        Some((localpart, domain)) => (localpart.is_empty() || dotted(localpart)) && dotted(domain),
        None => token(value) && !value.is_empty(),
    };
    if bare && value.len() <= MAX_TEXT { value.to_owned() } else { quote(value, utf8) }
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
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// Whatever strangers put into values and comments, it is one field with one result, and read as written.
        #[test]
        fn any_text_is_one_result(text in "\\PC{0,300}|[ -~]{0,300}|.{0,50}", utf8 in any::<bool>()) {
            let id: Domain = "mx.example".parse().unwrap();
            let result = MethodResult::new("spf", "pass").with("smtp.mailfrom", &text).comment(&text).reason(Some(&text));
            let field = format(&id, &[result, MethodResult::new("dkim", "none")], utf8);
            prop_assert!(field.lines().all(|line| line.len() <= crate::fold::HARD));
            prop_assert_eq!(Header::check(field.as_bytes()).unwrap().fields().count(), 1);
            let claimed = Claimed::parse(field.replace("\r\n", "").split_once(": ").unwrap().1).unwrap();
            prop_assert_eq!(claimed.results.len(), 2);
            let plain = text.len() <= MAX_TEXT && text.chars().all(|c| !c.is_control() && (utf8 || c.is_ascii()));
            if plain {
                prop_assert_eq!(claimed.results[0].property("smtp.mailfrom"), Some(text.as_str()));
                prop_assert_eq!(claimed.results[0].reason.as_deref(), Some(text.as_str()));
            }
        }
    }

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

    /// RFC 8601 §2.7 and RFC 9989 §9.1: every method, its registered properties, and what needs quotes.
    #[test]
    fn methods_have_their_properties() {
        let v6: IpAddr = "2001:db8::1".parse().unwrap();
        let v4: IpAddr = "::ffff:192.0.2.1".parse().unwrap();
        let long = format!("a@{}.example", "b".repeat(63));
        let dkim = DkimProperties {
            domain: "example.org",
            identity: Some("@sub.example.org"),
            selector: "2024a",
            algorithm: Some("rsa-sha256"),
            b: Some("ab+/12=="),
        };
        let bare = DkimProperties { domain: "example.org", selector: "s", ..DkimProperties::default() };
        for (result, expected) in [
            (
                MethodResult::spf_mail_from("pass", "a@example.org").dnssec(true),
                "spf=pass (with dnssec) smtp.mailfrom=a@example.org",
            ),
            (
                MethodResult::spf_mail_from("fail", "\"a b\"@example.org"),
                "spf=fail smtp.mailfrom=\"\\\"a b\\\"@example.org\"",
            ),
            (
                MethodResult::spf_mail_from("fail", "a..b@example.org"),
                "spf=fail smtp.mailfrom=\"a..b@example.org\"",
            ),
            (MethodResult::spf_mail_from("none", ""), "spf=none smtp.mailfrom=\"\""),
            (MethodResult::spf_mail_from("none", &long), &format!("spf=none smtp.mailfrom={long}")),
            (
                MethodResult::spf_helo("temperror", "[192.0.2.1]").reason(Some("no answer")),
                "spf=temperror reason=\"no answer\" smtp.helo=\"[192.0.2.1]\"",
            ),
            (
                MethodResult::dkim("pass", &dkim).comment("testing").dnssec(false),
                "dkim=pass (testing, without dnssec) header.d=example.org header.i=@sub.example.org header.s=2024a header.a=rsa-sha256 header.b=\"ab+/12==\"",
            ),
            (MethodResult::dkim("permerror", &bare), "dkim=permerror header.d=example.org header.s=s"),
            (MethodResult::iprev("pass", v6), "iprev=pass policy.iprev=\"2001:db8::1\""),
            (MethodResult::iprev("fail", v4), "iprev=fail policy.iprev=192.0.2.1"),
            (MethodResult::auth("pass", "joe@example.org"), "auth=pass smtp.auth=joe@example.org"),
            (MethodResult::arc("fail", v4), "arc=fail smtp.remote-ip=192.0.2.1"),
            (
                MethodResult::new("dmarc", "fail")
                    .with("header.from", "example.org")
                    .with("policy.dmarc", "reject"),
                "dmarc=fail header.from=example.org policy.dmarc=reject",
            ),
        ] {
            let id: Domain = "mx.example".parse().unwrap();
            let field = format(&id, std::slice::from_ref(&result), false);
            let unfolded = field.replace("\r\n", "").replace('\t', " ");
            let text = unfolded.strip_prefix("Authentication-Results: mx.example; ").unwrap();
            assert_eq!(text, expected);
            // What is written is read again.
            let claimed = Claimed::parse(unfolded.split_once(": ").unwrap().1).unwrap();
            assert_eq!(claimed.results.len(), 1);
            assert_eq!(
                (claimed.results[0].method.as_str(), &claimed.results[0].comment),
                (result.method, &result.comment)
            );
            let properties: Vec<(&str, String)> = result.properties.clone();
            let read: Vec<(&str, String)> =
                claimed.results[0].properties.iter().map(|(n, v)| (n.as_str(), v.clone())).collect();
            assert_eq!(read, properties);
        }
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
            let claimed = Claimed::parse(&text.replace("\r\n", "")).unwrap();
            assert_eq!(claimed.results.len(), 1, "{text}");
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
