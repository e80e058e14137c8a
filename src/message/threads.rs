//! What threads messages: message-ids, reference lists, base subjects, and a hash to index them by.
//!
//! Limits: [`MAX_REFERENCES`] ids (the first and the latest survive), [`MAX_ID`] bytes per id.
//! RFC 5256 §2.1, RFC 5322 §3.6.4.

use crate::date::comment_length;
use crate::header::Header;

/// Most ids of a reference list. Of a longer one the first, the thread's root, and the latest are kept.
pub const MAX_REFERENCES: usize = 100;

/// Longest message-id that counts as one, in bytes: a line of a message.
pub const MAX_ID: usize = 998;

/// Most turns that stripping a subject takes.
const MAX_STRIP: usize = 1000;

/// A subject without what replying, forwarding and mailing lists added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseSubject {
    /// Lower case, single spaces.
    pub base: String,
    /// Whether something said that it is a reply or a forward.
    pub is_reply: bool,
}

/// Strips a decoded subject to its base (RFC 5256 §2.1).
pub fn base_subject(subject: &str) -> BaseSubject {
    let text = subject.split([' ', '\t', '\r', '\n']).filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ");
    let text = text.to_lowercase();
    let mut rest = text.as_str();
    let mut is_reply = false;
    for _ in 0..MAX_STRIP {
        let before = rest;
        while let Some(head) = rest.strip_suffix("(fwd)") {
            rest = head.trim_end();
            is_reply = true;
        }
        if let Some(after) = strip_reply(rest) {
            rest = after;
            is_reply = true;
        } else if let Some(after) = strip_blobs(rest) {
            rest = after;
        } else if let Some(inner) = rest.strip_prefix("[fwd:").and_then(|r| r.strip_suffix(']')) {
            rest = inner.trim();
            is_reply = true;
        }
        if rest == before {
            break;
        }
    }
    BaseSubject { base: rest.to_owned(), is_reply }
}

/// Takes `[list] re[2]: ` off the front.
fn strip_reply(text: &str) -> Option<&str> {
    let mut rest = text;
    while let Some(after) = strip_blob(rest) {
        rest = after;
    }
    let rest =
        rest.strip_prefix("re").or_else(|| rest.strip_prefix("fwd")).or_else(|| rest.strip_prefix("fw"))?;
    let rest = rest.trim_start();
    let rest = strip_blob(rest).unwrap_or(rest);
    rest.strip_prefix(':').map(str::trim_start)
}

/// Takes all `[text] ` off the front, as long as something remains.
fn strip_blobs(text: &str) -> Option<&str> {
    let mut stripped = None;
    while let Some(after) = strip_blob(stripped.unwrap_or(text)).filter(|after| !after.is_empty()) {
        stripped = Some(after);
    }
    stripped
}

/// Takes `[text] ` off the front.
fn strip_blob(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('[')?;
    let (blob, rest) = inner.split_once(']')?;
    (!blob.contains('[') && !blob.starts_with("fwd:")).then(|| rest.trim_start())
}

/// The message-ids in the text of a Message-ID, References or In-Reply-To field, without angle brackets.
pub fn ids(text: &str) -> impl Iterator<Item = String> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            let at = rest.find(['<', '('])?;
            rest = rest.get(at..)?;
            if rest.starts_with('(') {
                rest = rest.get(comment_length(rest)..)?;
                continue;
            }
            let inner = rest.get(1..)?;
            let end = inner.find(['<', '>'])?;
            let (id, after) = inner.split_at_checked(end)?;
            rest = after;
            let id: String = id.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
            if after.starts_with('>') && !id.is_empty() && id.len() <= MAX_ID {
                return Some(id);
            }
        }
    })
}

/// The ids a message answers, oldest first: those of References, else the first of In-Reply-To. Without brackets,
/// without repeats, at most [`MAX_REFERENCES`].
pub fn references(header: &Header<'_>) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    let mut found: Vec<String> = header
        .all("References")
        .flat_map(|f| ids(&f.text()).collect::<Vec<_>>())
        .filter(|id| seen.insert(id.clone()))
        .collect();
    if found.is_empty() {
        found = header.text("In-Reply-To").and_then(|t| ids(&t).next()).into_iter().collect();
    }
    if found.len() > MAX_REFERENCES {
        found.drain(1..found.len() - (MAX_REFERENCES - 1));
    }
    found
}

/// The form in which ids are compared: lower case, no brackets, a quoted left side unquoted where quotes were
/// needless. Lower case, because software on the way changes the case.
pub fn normalize_id(id: &str) -> String {
    let id = id.trim();
    let id = id.strip_prefix('<').unwrap_or(id);
    let id = id.strip_suffix('>').unwrap_or(id);
    let unquoted = id
        .strip_prefix('"')
        .and_then(|r| r.split_once("\"@"))
        .filter(|(left, _)| !left.contains(['"', '\\', ' ']));
    match unquoted {
        Some((left, right)) => format!("{left}@{right}").to_lowercase(),
        None => id.to_lowercase(),
    }
}

/// A 64-bit hash that is the same in every version and on every machine: FNV-1a. For index keys in the database;
/// senders can make collisions, so compare the text after the lookup.
pub fn stable_hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, b| (hash ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3))
}

/// The index key of a message-id.
pub fn id_key(id: &str) -> u64 {
    stable_hash(normalize_id(id).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_subjects() {
        let cases = [
            ("Hello World", "hello world", false),
            ("Re: Hello", "hello", true),
            ("RE : re[2]: Fwd: FW: hello (fwd) (Fwd)", "hello", true),
            ("[list] Re: [list] hello", "hello", true),
            ("[list] hello", "hello", false),
            ("[list]", "[list]", false),
            ("Re: [list]", "[list]", true),
            ("[fwd: Re: hello]", "hello", true),
            ("[Fwd: [x] hello] (fwd)", "hello", true),
            ("Regarding: x", "regarding: x", false),
            ("  a \t  b ", "a b", false),
            ("Re:", "", true),
            ("", "", false),
            ("re x", "re x", false),
        ];
        for (subject, base, is_reply) in cases {
            assert_eq!(base_subject(subject), BaseSubject { base: base.into(), is_reply }, "{subject}");
        }
        for piece in ["[", "[]", "re:", "[fwd:", "(fwd)", "]"] {
            let _ = base_subject(&piece.repeat(200_000));
        }
    }

    #[test]
    fn ids_of_a_field() {
        let cases: [(&str, &[&str]); 7] = [
            ("<a@b> <c@d>", &["a@b", "c@d"]),
            ("<a@b><c@d>, (x <no@no>) junk <e @\r\n f>", &["a@b", "c@d", "e@f"]),
            ("a@b", &[]),
            ("<>", &[]),
            ("<a@b", &[]),
            ("<x <a@b>", &["a@b"]),
            ("(", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(ids(text).collect::<Vec<_>>(), expected, "{text}");
        }
    }

    #[test]
    fn reference_lists_keep_root_and_latest() {
        let many: String = (0..500).map(|n| format!(" <{n}@x>\r\n")).collect();
        let message = format!("In-Reply-To: <z@x>\r\nReferences:{many}\r\n");
        let found = references(&Header::of(message.as_bytes()));
        assert_eq!(found.len(), MAX_REFERENCES);
        assert_eq!((found[0].as_str(), found[1].as_str(), found[99].as_str()), ("0@x", "401@x", "499@x"));
        let answer = b"In-Reply-To: Your message <z@x> <y@x>\r\n\r\n";
        assert_eq!(references(&Header::of(answer)), ["z@x"]);
    }

    #[test]
    fn ids_compare_in_one_form() {
        assert_eq!(normalize_id("<A.b@X>"), "a.b@x");
        assert_eq!(normalize_id("\"a.b\"@x"), "a.b@x");
        assert_eq!(normalize_id("\"a b\"@x"), "\"a b\"@x");
        assert_eq!(stable_hash(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(stable_hash(b"foobar"), 0x8594_4171_f739_67e8);
        assert_eq!(id_key("<A@b>"), id_key("a@B"));
    }
}
