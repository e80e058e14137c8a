//! What is not lawful in a message, or makes others read it in different ways: for people who look into one.
//!
//! At most [`MAX_PROBLEMS`], in the order of the message. RFC 5322 §2.1.1, §2.3, §3.6, RFC 6532, RFC 7103.

use serde::Serialize;

use crate::header::{Header, split};

/// Most problems that are told.
pub const MAX_PROBLEMS: usize = 100;

/// Longest line, without its end (RFC 5322 §2.1.1).
const MAX_LINE: usize = 998;

/// Something wrong with a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// A stable word.
    pub code: &'static str,
    /// For people.
    pub text: String,
}

/// Fields that stand in a header once at most.
const ONCE: [&str; 15] = [
    "From",
    "Date",
    "Sender",
    "Reply-To",
    "To",
    "Cc",
    "Bcc",
    "Message-ID",
    "In-Reply-To",
    "References",
    "Subject",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "Content-Disposition",
];

/// Looks for problems.
pub fn problems(message: &[u8]) -> Vec<Problem> {
    let mut found = Vec::new();
    let mut tell = |code, text: String| {
        if found.len() < MAX_PROBLEMS {
            found.push(Problem { code, text });
        }
    };
    if let Err(error) = Header::check(message) {
        tell("header-malformed", error.to_string());
    }
    let header = Header::of(message);
    for name in ONCE {
        match header.all(name).count() {
            0 if matches!(name, "From" | "Date") => tell("field-missing", format!("no {name} field")),
            0 | 1 => {}
            n if name == "From" => {
                tell("several-from", format!("{n} From fields: who shows which is anyone's guess"))
            }
            n => tell("field-repeated", format!("{n} {name} fields instead of one")),
        }
    }
    let from = header.all("From").map(|field| crate::AddressList::parse(&field.text()).mailboxes().count());
    match from.sum::<usize>() {
        0 if header.get("From").is_some() => tell("from-empty", "no address in From".to_owned()),
        0 | 1 => {}
        n => tell("several-authors", format!("{n} addresses in From")),
    }
    let (length, _) = split(message);
    let head = message.get(..length).unwrap_or(message);
    if !head.is_ascii() {
        let utf8 = std::str::from_utf8(head).is_ok();
        match utf8 {
            true => tell("utf8-header", "the header has UTF-8, which needs SMTPUTF8 on the way".to_owned()),
            false => tell("8-bit-header", "the header has bytes beyond ASCII that are not UTF-8".to_owned()),
        }
    }
    lines(message, &mut tell);
    found
}

/// Looks at bytes and lines, and tells of each kind once, with the first place.
fn lines(message: &[u8], tell: &mut impl FnMut(&'static str, String)) {
    let mut places = [("bare-lf", "LF without CR"), ("bare-cr", "CR without LF"), ("nul", "NUL byte")]
        .map(|(code, what)| (code, what, 0_usize, 0_usize));
    let mut before = 0;
    for (at, byte) in message.iter().copied().enumerate() {
        let found = [
            byte == b'\n' && before != b'\r',
            byte == b'\r' && message.get(at.saturating_add(1)) != Some(&b'\n'),
            byte == 0,
        ];
        for ((_, _, count, first), _) in places.iter_mut().zip(found).filter(|(_, found)| *found) {
            *first = if *count == 0 { at } else { *first };
            *count = count.saturating_add(1);
        }
        before = byte;
    }
    for (code, what, count, first) in places.into_iter().filter(|(_, _, count, _)| *count > 0) {
        tell(code, format!("{what}: {count} times, the first at byte {first}"));
    }
    let length = |line: &[u8]| line.strip_suffix(b"\r").unwrap_or(line).len();
    let long: Vec<usize> = message.split(|b| *b == b'\n').map(length).filter(|n| *n > MAX_LINE).collect();
    if let Some(longest) = long.iter().max() {
        tell(
            "long-line",
            format!("{} lines longer than {MAX_LINE} bytes, the longest has {longest}", long.len()),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GOOD: &str = "From: a@example.org\r\nDate: Sun, 22 Nov 2026 10:20:30 +0000\r\n";

    #[test]
    fn each_problem_has_a_word() {
        let long = format!("{GOOD}\r\n{}\r\n{}\r\n", "x".repeat(998), "y".repeat(999));
        for (message, codes) in [
            (format!("{GOOD}\r\nbody\r\n"), &[][..]),
            ("Subject: x\r\n\r\n".to_owned(), &["field-missing", "field-missing"]),
            (format!("{GOOD}From: b@example.org\r\n\r\n"), &["several-from", "several-authors"]),
            (GOOD.replace("a@example.org", "a@example.org, b@example.net"), &["several-authors"]),
            (GOOD.replace("a@example.org", "undisclosed:;"), &["from-empty"]),
            (format!("{GOOD}Subject: a\r\nSubject: b\r\n\r\n"), &["field-repeated"]),
            (format!("{GOOD}Subject: \u{e9}\r\n\r\n"), &["utf8-header"]),
            (format!("{GOOD}no field\r\n\r\n"), &["header-malformed"]),
            (format!("{GOOD}\r\na\nb\rc\0"), &["bare-lf", "bare-cr", "nul"]),
            (long, &["long-line"]),
        ] {
            let found: Vec<&str> = problems(message.as_bytes()).iter().map(|p| p.code).collect();
            assert_eq!(found, codes, "{message:.80}");
        }
        let latin1 = [GOOD.as_bytes(), b"Subject: \xe9\r\n\r\n"].concat();
        assert_eq!(problems(&latin1).iter().map(|p| p.code).collect::<Vec<_>>(), ["8-bit-header"]);
        let text = problems(b"From: a@b.test\r\nDate: x\n\n\n").pop().unwrap().text;
        assert_eq!(text, "LF without CR: 3 times, the first at byte 23");
    }

    proptest! {
        #[test]
        fn any_bytes_are_looked_at(message in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(problems(&message).len() <= MAX_PROBLEMS);
        }
    }
}
