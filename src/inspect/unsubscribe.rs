//! Whether readers can leave a list as receivers of bulk mail demand: an https link and one click.
//!
//! RFC 2369 §2, §3.2, RFC 8058 §3, §4. Limit: [`MAX_URIS`].

use ammonia::Url;
use mox_message::header::{Field, Header};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::problem::{Problem, Severity, cut};

/// Most URIs of the field that are read.
pub(crate) const MAX_URIS: usize = 20;

/// Longest URI that is told, in bytes.
const MAX_URI: usize = 8192;

const LIST: &str = "List-Unsubscribe";
const POST: &str = "List-Unsubscribe-Post";

/// What the value of List-Unsubscribe-Post has to be.
const ONE_CLICK: &str = "List-Unsubscribe=One-Click";

/// The List-Unsubscribe fields of a message.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Unsubscribe {
    /// Whether there is a List-Unsubscribe field.
    pub present: bool,
    /// Its https URIs.
    pub https: Vec<String>,
    /// Its mailto URIs.
    pub mailto: Vec<String>,
    /// Whether programs may unsubscribe with one click: an https URI and List-Unsubscribe-Post.
    pub one_click: bool,
    /// What is wrong.
    pub problems: Vec<Problem>,
}

impl Unsubscribe {
    fn add(&mut self, id: &str, severity: Severity, message: impl Into<String>) {
        if self.problems.iter().all(|problem| problem.id != id) {
            self.problems.push(Problem::new(id, severity, message));
        }
    }
}

/// Checks the fields of a message.
pub(crate) fn check(message: &[u8]) -> Unsubscribe {
    let header = Header::of(message);
    let mut found = Unsubscribe::default();
    let lists: Vec<Field<'_>> = header.all(LIST).collect();
    let posts: Vec<Field<'_>> = header.all(POST).collect();
    found.present = !lists.is_empty();
    if lists.len() > 1 {
        found.add(
            "several-fields",
            Severity::Error,
            "There may be one List-Unsubscribe field; programs read the first or none.",
        );
    }
    if let Some(list) = lists.first() {
        uris(&list.text(), &mut found);
        check_uris(&mut found);
    }
    check_post(&posts, &mut found);
    if found.present {
        check_signatures(&header, !posts.is_empty(), &mut found);
    } else if posts.is_empty() {
        found.add(
            "absent",
            Severity::Info,
            "No List-Unsubscribe field: large receivers demand it of bulk mail.",
        );
    }
    found
}

/// Reads `<uri>, <uri>`, with the comments that the grammar allows.
fn uris(text: &str, found: &mut Unsubscribe) {
    let mut rest = text;
    let mut count = 0;
    let mut comma = true;
    loop {
        rest = rest.trim_start();
        let Some(first) = rest.chars().next() else { return };
        match first {
            '(' => {
                found.add(
                    "comment",
                    Severity::Warning,
                    "Holds a comment, which is allowed and which many programs cannot read.",
                );
                rest = after_comment(rest);
            }
            ',' => {
                if comma {
                    found.add("syntax", Severity::Error, "Two commas, or a comma at the start.");
                }
                comma = true;
                rest = rest.get(1..).unwrap_or_default();
            }
            '<' => {
                let Some((uri, after)) = rest.get(1..).and_then(|rest| rest.split_once('>')) else {
                    found.add("syntax", Severity::Error, "An angle bracket is not closed.");
                    return;
                };
                if !comma {
                    found.add("syntax", Severity::Error, "A comma is missing between two URIs.");
                }
                comma = false;
                count += 1;
                if count > MAX_URIS {
                    found.add("too-many", Severity::Warning, format!("More than {MAX_URIS} URIs."));
                    return;
                }
                uri_found(uri, found);
                rest = after;
            }
            _ => {
                let end = rest.find([',', '<', '(']).unwrap_or(rest.len());
                let (word, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
                let word = word.trim();
                if Url::parse(word).is_ok() {
                    found.add(
                        "missing-angle-brackets",
                        Severity::Error,
                        "A URI has to stand in angle brackets.",
                    );
                } else {
                    found.add(
                        "syntax",
                        Severity::Error,
                        format!("{:?} is no URI in angle brackets.", cut(word, 80)),
                    );
                }
                comma = false;
                rest = after;
            }
        }
    }
}

fn after_comment(text: &str) -> &str {
    let mut depth = 0_usize;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return text.get(at + c.len_utf8()..).unwrap_or_default();
        }
    }
    ""
}

fn uri_found(written: &str, found: &mut Unsubscribe) {
    // White space in a URI comes from folding and does not count.
    let uri: String = written.chars().filter(|c| !c.is_whitespace()).collect();
    if uri.len() != written.trim().len() {
        found.add(
            "space-in-uri",
            Severity::Warning,
            "A URI holds white space, which not every program removes.",
        );
    }
    let uri = cut(&uri, MAX_URI).to_owned();
    match Url::parse(&uri) {
        Err(error) => {
            found.add("bad-uri", Severity::Error, format!("{:?} is no URI: {error}.", cut(&uri, 80)))
        }
        Ok(url) => match url.scheme() {
            "https" => found.https.push(uri),
            "mailto" if url.path().contains('@') => found.mailto.push(uri),
            "mailto" => found.add("bad-uri", Severity::Error, "A mailto URI without an address."),
            "http" => {
                found.add(
                    "http",
                    Severity::Error,
                    "An http URI: one click needs https, and anybody on the way can read it.",
                );
            }
            other => {
                found.add("unusual-scheme", Severity::Warning, format!("No program is known to use {other}."))
            }
        },
    }
}

fn check_uris(found: &mut Unsubscribe) {
    if found.https.is_empty() && found.mailto.is_empty() {
        found.add("no-uri", Severity::Error, "Neither an https nor a mailto URI that programs can use.");
    } else if found.https.is_empty() {
        found.add(
            "no-https",
            Severity::Warning,
            "No https URI: large receivers demand one-click of bulk mail.",
        );
    }
}

fn check_post(posts: &[Field<'_>], found: &mut Unsubscribe) {
    let Some(post) = posts.first() else {
        if !found.https.is_empty() {
            let message = format!("No List-Unsubscribe-Post field: add \"{POST}: {ONE_CLICK}\".");
            found.add("no-one-click", Severity::Warning, message);
        }
        return;
    };
    if posts.len() > 1 {
        found.add("several-post-fields", Severity::Error, "There may be one List-Unsubscribe-Post field.");
    }
    let right = post.text() == ONE_CLICK;
    if !right {
        found.add(
            "bad-post",
            Severity::Error,
            format!("List-Unsubscribe-Post has to be {ONE_CLICK}, exactly."),
        );
    }
    if !found.present {
        found.add("post-alone", Severity::Error, "List-Unsubscribe-Post without List-Unsubscribe.");
    } else if found.https.is_empty() {
        found.add(
            "one-click-without-https",
            Severity::Error,
            "One click needs an https URI in List-Unsubscribe.",
        );
    }
    found.one_click = right && posts.len() == 1 && !found.https.is_empty();
}

/// One-click is trusted only when one signature covers both fields.
fn check_signatures(header: &Header<'_>, has_post: bool, found: &mut Unsubscribe) {
    let wanted = if has_post { vec![LIST, POST] } else { vec![LIST] };
    let missing: Vec<Vec<&str>> = header
        .all("DKIM-Signature")
        .map(|field| {
            let signed = signed_fields(&field.text());
            wanted.iter().copied().filter(|name| !signed.contains(&name.to_ascii_lowercase())).collect()
        })
        .collect();
    if let Some(least) = missing.iter().min_by_key(|names| names.len()).filter(|names| !names.is_empty()) {
        let message = format!("The DKIM signature does not cover {} in its h= tag.", least.join(" and "));
        found.add("not-signed", Severity::Error, message);
    }
}

/// Names in the `h=` tag of a DKIM signature, in lower case.
fn signed_fields(value: &str) -> Vec<String> {
    let tag = value.split(';').filter_map(|tag| tag.split_once('=')).find(|(name, _)| name.trim() == "h");
    tag.map(|(_, list)| list.split(':').map(|name| name.trim().to_ascii_lowercase()).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(header: &str) -> (Unsubscribe, Vec<String>) {
        let found = check(format!("{header}\r\n\r\nbody").as_bytes());
        let ids = found.problems.iter().map(|problem| problem.id.clone()).collect();
        (found, ids)
    }

    #[test]
    fn fields_as_receivers_demand_them() {
        let good = "DKIM-Signature: v=1; h=From:List-Unsubscribe:\r\n list-unsubscribe-post; b=x\r\n\
            List-Unsubscribe: <https://example.org/u?x=1>,\r\n <mailto:u@example.org?subject=u>\r\n\
            List-Unsubscribe-Post: List-Unsubscribe=One-Click";
        let (found, ids) = checked(good);
        assert!(ids.is_empty(), "{ids:?}");
        assert_eq!(found.https, ["https://example.org/u?x=1"]);
        assert_eq!(found.mailto, ["mailto:u@example.org?subject=u"]);
        assert!(found.present && found.one_click);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let post = "\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click";
        for (value, rest, ids, one_click) in [
            ("<https://x.example/>", "", vec!["no-one-click"], false),
            ("<https://x.example/>", post, vec![], true),
            (
                "<https://x.example/>",
                "\r\nList-Unsubscribe-Post: list-unsubscribe=one-click",
                vec!["bad-post"],
                false,
            ),
            ("<mailto:a@x.example>", "", vec!["no-https"], false),
            ("<mailto:a@x.example>", post, vec!["no-https", "one-click-without-https"], false),
            ("<http://x.example/>", "", vec!["http", "no-uri"], false),
            ("https://x.example/", "", vec!["missing-angle-brackets", "no-uri"], false),
            ("write to us", "", vec!["syntax", "no-uri"], false),
            ("<https://x.example/", "", vec!["syntax", "no-uri"], false),
            ("<https://x.example/> <mailto:a@x.example>", post, vec!["syntax"], true),
            (",<https://x.example/>", post, vec!["syntax"], true),
            ("(Use (this)\\)) <https://x.example/>", post, vec!["comment"], true),
            ("(never closed <https://x.example/>", "", vec!["comment", "no-uri"], false),
            ("<https://x.example/\r\n a>", post, vec!["space-in-uri"], true),
            ("<https://x y z:1/>", "", vec!["space-in-uri", "no-one-click"], false),
            ("<https://>", "", vec!["bad-uri", "no-uri"], false),
            ("<mailto:>", "", vec!["bad-uri", "no-uri"], false),
            ("<ftp://x.example/>", "", vec!["unusual-scheme", "no-uri"], false),
            ("", "", vec!["no-uri"], false),
            (
                "<https://x.example/>",
                "\r\nList-Unsubscribe: <mailto:a@x.example>",
                vec!["several-fields", "no-one-click"],
                false,
            ),
            (
                "<https://x.example/>",
                "\r\nDKIM-Signature: v=1; h=From:To; bh=h=List-Unsubscribe",
                vec!["no-one-click", "not-signed"],
                false,
            ),
        ] {
            let (found, got) = checked(&format!("List-Unsubscribe: {value}{rest}"));
            assert_eq!(got, ids, "{value} {rest}");
            assert_eq!(found.one_click, one_click, "{value} {rest}");
        }
        assert_eq!(checked("Subject: x").1, ["absent"]);
        assert_eq!(checked(post.trim()).1, ["post-alone"]);
        let signed = |h: &str| {
            format!(
                "DKIM-Signature: h={h}\r\nDKIM-Signature: h=from\r\nList-Unsubscribe: <https://x.example/>{post}"
            )
        };
        assert_eq!(checked(&signed("list-unsubscribe")).1, ["not-signed"]);
        assert!(checked(&signed("list-unsubscribe : list-unsubscribe-post")).1.is_empty());
    }
}
