//! Reads Authentication-Results of others: for people, and the sets of ARC. Nothing read here is to be believed.
//!
//! Lenient: addresses and IPv6 addresses may stand unquoted, unknown methods and properties are kept, what makes no
//! sense is passed over to the next `;`. Bounded by [`MAX_RESULTS`], [`MAX_PROPERTIES`], [`MAX_LENGTH`].
//! RFC 8601 §2.2, RFC 8617 §4.1.1 (`i=` before the authserv-id).

use serde::Serialize;

use crate::date::comment_length;

/// Longest field that is read, in bytes; the rest is passed over.
pub const MAX_LENGTH: usize = 16 * 1024;
/// Most results that are read of one field.
pub const MAX_RESULTS: usize = 50;
/// Most properties that are read of one result.
pub const MAX_PROPERTIES: usize = 20;

/// What another host says it found out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Claimed {
    /// The instance, in ARC-Authentication-Results.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<u32>,
    /// Who says it.
    pub authserv_id: String,
    /// Its results, in order; empty after `none`.
    pub results: Vec<ClaimedResult>,
}

/// One result another host claims.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ClaimedResult {
    /// Keyword of the method, in lower case.
    pub method: String,
    /// Keyword of the result, in lower case.
    pub result: String,
    /// The first comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Properties, as `header.d` in lower case, and values.
    pub properties: Vec<(String, String)>,
}

impl ClaimedResult {
    /// The first property of this name.
    pub fn property(&self, name: &str) -> Option<&str> {
        self.properties.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

impl Claimed {
    /// Reads the unfolded value of Authentication-Results or ARC-Authentication-Results; none without an authserv-id.
    pub fn parse(text: &str) -> Option<Claimed> {
        let mut end = text.len().min(MAX_LENGTH);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let mut scan = Scan { rest: text.get(..end).unwrap_or_default(), comment: None };
        let mut claimed = Claimed { instance: scan.instance(), ..Claimed::default() };
        claimed.authserv_id = scan.value();
        if claimed.authserv_id.is_empty() {
            return None;
        }
        // A version may follow.
        scan.pass_to_semicolon();
        while claimed.results.len() < MAX_RESULTS && scan.take(';') {
            claimed.results.extend(scan.result());
            scan.pass_to_semicolon();
        }
        Some(claimed)
    }
}

/// What is left of a field, and the last comment passed.
#[derive(Clone)]
struct Scan<'a> {
    rest: &'a str,
    comment: Option<String>,
}

impl Scan<'_> {
    fn skip(&mut self) {
        loop {
            self.rest = self.rest.trim_start();
            if !self.rest.starts_with('(') {
                return;
            }
            let (comment, rest) =
                self.rest.split_at_checked(comment_length(self.rest)).unwrap_or((self.rest, ""));
            let inside = comment.strip_prefix('(').unwrap_or_default();
            self.comment.get_or_insert(unescape(inside.strip_suffix(')').unwrap_or(inside)));
            self.rest = rest;
        }
    }

    fn take(&mut self, c: char) -> bool {
        self.skip();
        let rest = self.rest.strip_prefix(c);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// `i=N;` of ARC.
    fn instance(&mut self) -> Option<u32> {
        let mut ahead = self.clone();
        let found = ahead.keyword() == "i" && ahead.take('=');
        let instance = ahead.value().parse().ok().filter(|_| found && ahead.take(';'));
        if instance.is_some() {
            *self = ahead;
        }
        instance
    }

    /// A keyword in lower case; empty when there is none.
    fn keyword(&mut self) -> String {
        self.skip();
        self.until(|c| !(c.is_ascii_alphanumeric() || c == '-' || c == '_')).to_ascii_lowercase()
    }

    fn until(&mut self, stop: impl Fn(char) -> bool) -> &str {
        let end = self.rest.find(stop).unwrap_or(self.rest.len());
        let (found, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        self.rest = rest;
        found
    }

    /// A value, quoted or up to the next white space, comment or semicolon.
    fn value(&mut self) -> String {
        self.skip();
        let Some(quoted) = self.rest.strip_prefix('"') else {
            return self.until(|c| c.is_whitespace() || c == ';' || c == '(').to_owned();
        };
        let mut value = String::new();
        let mut chars = quoted.chars();
        while let Some(c) = chars.next() {
            match c {
                '"' => break,
                '\\' => value.extend(chars.next()),
                c => value.push(c),
            }
        }
        self.rest = chars.as_str();
        value
    }

    /// Goes to the next semicolon outside of quotes and comments.
    fn pass_to_semicolon(&mut self) {
        self.skip();
        while !self.rest.is_empty() && !self.rest.starts_with(';') {
            let before = self.rest.len();
            self.value();
            self.skip();
            if self.rest.len() == before {
                return;
            }
        }
    }

    fn result(&mut self) -> Option<ClaimedResult> {
        self.comment = None;
        let method = self.keyword();
        if self.take('/') {
            self.keyword();
        }
        if method.is_empty() || !self.take('=') {
            return None;
        }
        let result = self.keyword();
        self.skip();
        let mut found =
            ClaimedResult { method, result, comment: self.comment.take(), ..ClaimedResult::default() };
        while found.properties.len() < MAX_PROPERTIES {
            let mut name = self.keyword();
            if self.take('.') {
                name = format!("{name}.{}", self.keyword());
            }
            if name.is_empty() || !self.take('=') {
                break;
            }
            let value = self.value();
            self.skip();
            if name == "reason" {
                found.reason.get_or_insert(value);
            } else if name.contains('.') {
                found.properties.push((name, value));
            }
        }
        found.comment = found.comment.or(self.comment.take());
        Some(found).filter(|found| !found.result.is_empty())
    }
}

/// A comment's text without its backslashes.
fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c == '\\' { plain.extend(chars.next()) } else { plain.push(c) }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8601 appendix B, as one would meet it, and dialects of the field.
    #[test]
    fn fields_of_others() {
        let table: [(&str, &str, &str); 13] = [
            ("example.org 1; none", "example.org", ""),
            (
                "example.com;\r\n spf=pass smtp.mailfrom=example.net",
                "example.com",
                "spf=pass smtp.mailfrom=example.net",
            ),
            (
                "example.com; auth=pass (cram-md5) smtp.auth=sender@example.net; spf=pass smtp.mailfrom=example.net",
                "example.com",
                "auth=pass (cram-md5) smtp.auth=sender@example.net|spf=pass smtp.mailfrom=example.net",
            ),
            (
                "example.com; dkim=pass reason=\"good signature\" header.i=@mail-router.example.net; dkim=fail reason=\"bad signature\" header.i=@newyork.example.com",
                "example.com",
                "dkim=pass [good signature] header.i=@mail-router.example.net|dkim=fail [bad signature] header.i=@newyork.example.com",
            ),
            (
                "foo.example.net (foobar) 1 (baz); dkim (Because I like it) / 1 (One yay) = (wait for it) fail policy (A dot can go here) . (like that) expired (this surprised me) = (as I wasn't expecting it) 1362471462",
                "foo.example.net",
                "dkim=fail (Because I like it) policy.expired=1362471462",
            ),
            (
                "a.example; iprev=pass policy.iprev=2001:db8::1 (x)",
                "a.example",
                "iprev=pass (x) policy.iprev=2001:db8::1",
            ),
            (
                "a.example; iprev=pass policy.iprev=\"2001:db8::1\"",
                "a.example",
                "iprev=pass policy.iprev=2001:db8::1",
            ),
            (
                "a.example; DKIM=Pass Header.D=x.example header.b=\"ab/c=\"",
                "a.example",
                "dkim=pass header.d=x.example header.b=ab/c=",
            ),
            (
                "i=1; mx.example; arc=none; dmarc=pass (p=REJECT \\(x\\)) header.from=b.example",
                "mx.example",
                "arc=none|dmarc=pass (p=REJECT (x)) header.from=b.example",
            ),
            ("a.example; ; nonsense; spf; =x; spf=; spf=fail; x=\"y; z=pass", "a.example", "spf=fail"),
            (
                "a.example; spf=pass smtp.mailfrom=\"a;b\\\"c\"@d; dkim=none",
                "a.example",
                "spf=pass smtp.mailfrom=a;b\"c|dkim=none",
            ),
            ("\"a b\"; spf=none", "a b", "spf=none"),
            (
                "a.example (x; y); spf=none (never closed; dkim=pass",
                "a.example",
                "spf=none (never closed; dkim=pass)",
            ),
        ];
        for (text, id, expected) in table {
            let claimed = Claimed::parse(text).unwrap();
            assert_eq!(claimed.authserv_id, id, "{text}");
            let show = |r: &ClaimedResult| {
                let mut text = format!("{}={}", r.method, r.result);
                text.extend(r.comment.iter().map(|c| format!(" ({c})")));
                text.extend(r.reason.iter().map(|c| format!(" [{c}]")));
                text.extend(r.properties.iter().map(|(n, v)| format!(" {n}={v}")));
                text
            };
            let found: Vec<String> = claimed.results.iter().map(show).collect();
            assert_eq!(found.join("|"), expected, "{text}");
            assert_eq!(claimed.instance, text.starts_with("i=").then_some(1), "{text}");
        }
        for none in ["", ";", "(x)", "i=1;", " ; spf=pass"] {
            assert_eq!(Claimed::parse(none), None, "{none}");
        }
    }

    #[test]
    fn long_fields_are_bounded() {
        let many = format!("a.example{}", "; spf=pass".repeat(10_000));
        assert_eq!(Claimed::parse(&many).unwrap().results.len(), MAX_RESULTS);
        let many = format!("a.example; spf=pass{}", " a.b=c".repeat(10_000));
        assert_eq!(Claimed::parse(&many).unwrap().results[0].properties.len(), MAX_PROPERTIES);
        let open = format!("a.example; {}", "(".repeat(100_000));
        assert_eq!(Claimed::parse(&open).unwrap().results, []);
    }
}
