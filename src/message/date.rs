//! date-time of a Date field: parse what the field ever held, format what we write.
//!
//! Obsolete zones, two-digit years and comments are read (RFC 5322 §4.3); a zone nobody knows, or none, counts as
//! UTC. The day of week is not compared. Format: `Sun, 22 Nov 2026 10:20:30 +0000`. RFC 5322 §3.3.

use mox_clock::{Day, Timestamp};

const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Longest text that is looked at, in bytes.
pub const MAX_DATE: usize = 1000;

/// Writes an instant as a date-time in UTC.
pub fn format(at: Timestamp) -> String {
    let (year, month, day) = at.day().civil();
    let (h, m, s) = at.time_of_day();
    let name = |list: &[&'static str], n: u32| {
        list.get(usize::try_from(n).unwrap_or(0)).copied().unwrap_or_default()
    };
    let weekday = name(&DAYS, at.day().weekday());
    let month = name(&MONTHS, month.saturating_sub(1));
    format!("{weekday}, {day} {month} {year:04} {h:02}:{m:02}:{s:02} +0000")
}

/// Reads a date-time; none when it is not one.
pub fn parse(text: &str) -> Option<Timestamp> {
    let tokens = tokens(text.get(..MAX_DATE).unwrap_or(text))?;
    let mut rest = tokens.as_slice();
    if let [Token::Word(_), Token::Comma, after @ ..] | [Token::Word(_), after @ ..] = rest {
        rest = after;
    }
    let [Token::Number(day), Token::Word(month), Token::Number(year), rest @ ..] = rest else {
        return None;
    };
    let month = MONTHS
        .iter()
        .zip(1..)
        .find(|(m, _)| month.get(..3).is_some_and(|start| start.eq_ignore_ascii_case(m)))?;
    let day = Day::from_civil(full_year(year)?, month.1, day.parse().ok()?)?;
    let (time, rest) = time_of_day(rest)?;
    let offset = match rest {
        [Token::Zone(zone), ..] => offset(zone)?,
        [Token::Word(zone), ..] => named_offset(zone),
        [] => 0,
        _ => return None,
    };
    Some(Timestamp::from_secs(day.start().secs() + time - offset))
}

#[derive(Debug, PartialEq)]
enum Token<'a> {
    Number(&'a str),
    Word(&'a str),
    /// `+hhmm` or `-hhmm`.
    Zone(&'a str),
    Colon,
    Comma,
}

/// Splits into tokens, dropping white space and comments; none at a character no date has.
fn tokens(text: &str) -> Option<Vec<Token<'_>>> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let run = |from: usize, ok: fn(&u8) -> bool| from + rest.bytes().skip(from).take_while(ok).count();
        let length = match c {
            '0'..='9' => run(0, u8::is_ascii_digit),
            'a'..='z' | 'A'..='Z' => run(0, u8::is_ascii_alphabetic),
            '+' | '-' => run(1, u8::is_ascii_digit),
            '(' => comment_length(rest),
            _ => c.len_utf8(),
        };
        let (token, after) = rest.split_at_checked(length)?;
        rest = after;
        match c {
            '0'..='9' => tokens.push(Token::Number(token)),
            'a'..='z' | 'A'..='Z' => {
                tokens.push(Token::Word(token));
                // `Fri.` and `Nov.` of old software.
                rest = rest.strip_prefix('.').unwrap_or(rest);
            }
            // `22-Nov-2026`: a hyphen between day, month and year.
            '-' if length == 1 => {}
            '+' | '-' if tokens.len() >= 5 => tokens.push(Token::Zone(token)),
            '-' => tokens.push(Token::Number(token.get(1..)?)),
            ':' => tokens.push(Token::Colon),
            ',' => tokens.push(Token::Comma),
            '(' | ' ' | '\t' | '\r' | '\n' => {}
            _ => return None,
        }
    }
    Some(tokens)
}

/// Length of the comment at the front; one that never closes takes all.
pub(crate) fn comment_length(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut quoted = false;
    for (at, b) in text.bytes().enumerate() {
        match b {
            _ if quoted => quoted = false,
            b'\\' => quoted = true,
            b'(' => depth += 1,
            b')' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
    }
    text.len()
}

/// RFC 5322 §4.3: two digits below 50 are 20xx, other two and three digits count from 1900.
fn full_year(text: &str) -> Option<i64> {
    let year: i64 = text.parse().ok().filter(|y| (0..=9999).contains(y))?;
    Some(match (text.len(), year) {
        (0 | 1, _) => return None,
        (2, 0..=49) => 2000 + year,
        (2 | 3, _) => 1900 + year,
        _ => year,
    })
}

/// Seconds since midnight; 60 seconds (a leap second) are allowed.
fn time_of_day<'t, 'a>(tokens: &'t [Token<'a>]) -> Option<(i64, &'t [Token<'a>])> {
    let [Token::Number(h), Token::Colon, Token::Number(m), rest @ ..] = tokens else {
        return None;
    };
    let (s, rest) = match rest {
        [Token::Colon, Token::Number(s), rest @ ..] => (*s, rest),
        _ => ("0", rest),
    };
    let number = |text: &str, max: i64| text.parse::<i64>().ok().filter(|n| *n <= max);
    Some((number(h, 23)? * 3600 + number(m, 59)? * 60 + number(s, 60)?, rest))
}

fn offset(zone: &str) -> Option<i64> {
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let digits = zone.get(1..).filter(|d| d.len() == 4)?;
    let (h, m): (i64, i64) = (digits.get(..2)?.parse().ok()?, digits.get(2..)?.parse().ok()?);
    (m <= 59).then_some(sign * (h * 3600 + m * 60))
}

/// Seconds east of UTC of a North American zone; every other name counts as UTC (RFC 5322 §4.3).
fn named_offset(zone: &str) -> i64 {
    let hours = match zone.to_ascii_uppercase().as_str() {
        "EDT" => -4,
        "EST" | "CDT" => -5,
        "CST" | "MDT" => -6,
        "MST" | "PDT" => -7,
        "PST" => -8,
        _ => 0,
    };
    hours * 3600
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn dates_of_all_ages() {
        let cases = [
            ("Fri, 21 Nov 1997 09:55:06 -0600", "1997-11-21T15:55:06Z"),
            ("21 Nov 97 09:55:06 GMT", "1997-11-21T09:55:06Z"),
            ("Fri, 21 Nov 1997 09(comment):   55  :  06 -0600", "1997-11-21T15:55:06Z"),
            (
                "Thu,\r\n      13\r\n        Feb\r\n          1969\r\n      23:32\r\n               -0330 (Newfoundland Time)",
                "1969-02-14T03:02:00Z",
            ),
            ("1 Jan 03 00:00 EST", "2003-01-01T05:00:00Z"),
            ("1 Jan 103 00:00 PDT", "2003-01-01T07:00:00Z"),
            ("Mon, 1 Jan 2024 00:00:00 Z", "2024-01-01T00:00:00Z"),
            ("Mon, 1 Jan 2024 00:00:00 XYZ", "2024-01-01T00:00:00Z"),
            ("Mon, 1 Jan 2024 00:00:00", "2024-01-01T00:00:00Z"),
            ("Mon 1 January 2024 00:00:00 +0000", "2024-01-01T00:00:00Z"),
            ("1-Jan-2024 01:00:00 +0100", "2024-01-01T00:00:00Z"),
            ("Sat, 31 Dec 2016 23:59:60 +0000", "2017-01-01T00:00:00Z"),
            ("(a (nested \\) one)) 1 Jan 2024 00:00 +0000 (b", "2024-01-01T00:00:00Z"),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text).map(Timestamp::rfc3339).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_date() {
        let bad = [
            "",
            "Fri",
            "21 Nov",
            "32 Nov 1997 09:55:06 -0600",
            "29 Feb 2023 00:00 +0000",
            "21 Now 1997 00:00 +0000",
            "21 Nov 1997 24:00 +0000",
            "21 Nov 1997 00:60 +0000",
            "21 Nov 1997 00:00 +00",
            "21 Nov 1997 00:00 +0099",
            "21 Nov 99999 00:00 +0000",
            "21 Nov 1997",
            "21 Nov 1997 00:00 \u{e9}",
        ];
        for text in bad {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn format_is_rfc_5322() {
        let at = Timestamp::parse_rfc3339("2026-11-22T10:20:30Z").unwrap();
        assert_eq!(format(at), "Sun, 22 Nov 2026 10:20:30 +0000");
    }

    proptest! {
        #[test]
        fn format_and_parse_are_inverse(secs in -60_000_000_000_i64..250_000_000_000) {
            let at = Timestamp::from_secs(secs);
            prop_assume!(at.day().civil().0 >= 1000 && at.day().civil().0 <= 9999);
            prop_assert_eq!(parse(&format(at)), Some(at));
        }

        #[test]
        fn any_text_is_read_without_panic(text in "\\PC{0,80}") {
            let _ = parse(&text);
        }
    }
}
