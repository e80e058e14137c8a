//! How values look on a page: icons, times, sizes, numbers of things, text with its links. What they return is escaped already.

use std::fmt::{self, Display, Formatter};

use askama::filters::{Escaper as _, Html, HtmlSafe};
use mox_admin::Time;
use mox_admin::ops::HookState;

/// An icon of `templates/icons.svg` by its name, for the eye only: what it means stands beside it as text.
#[derive(Debug, Clone, Copy)]
pub struct Icon(&'static str);

/// An icon by its name.
pub fn icon(name: &'static str) -> Icon {
    Icon(name)
}

impl HtmlSafe for Icon {}

impl Display for Icon {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(
            f,
            r##"<svg class="icon" aria-hidden="true" focusable="false"><use href="#i-{}"/></svg>"##,
            self.0
        )
    }
}

/// The classes of a badge for what is good news, bad news, or neither.
pub fn badge(ok: &Option<bool>) -> &'static str {
    match ok {
        Some(true) => "badge good",
        Some(false) => "badge bad",
        None => "badge",
    }
}

/// The classes of the badge of a webhook call.
pub fn call_badge(state: &HookState) -> &'static str {
    match state {
        HookState::Taken => "badge good",
        HookState::GivenUp => "badge bad",
        HookState::Pending | HookState::Calling => "badge warn",
        HookState::Canceled | HookState::Superseded => "badge",
    }
}

/// A time for people and programs; a script shows it in the reader's time zone.
#[derive(Debug, Clone, Copy)]
pub struct When {
    time: Time,
    long: bool,
}

/// A time with its seconds: `22 Nov 2026 10:20:30 UTC`.
pub fn when(time: &Time) -> When {
    When { time: *time, long: true }
}

/// A time for narrow places: `22 Nov 10:20`.
pub fn when_short(time: &Time) -> When {
    When { time: *time, long: false }
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

impl HtmlSafe for When {}

impl Display for When {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let exact = self.time.0.rfc3339_millis();
        let part = |from: usize, to: usize| exact.get(from..to).unwrap_or_default();
        let month = part(5, 7).parse::<usize>().ok().and_then(|m| MONTHS.get(m.wrapping_sub(1)));
        let (day, month) = (part(8, 10).trim_start_matches('0'), month.copied().unwrap_or("?"));
        if self.long {
            let (year, time) = (part(0, 4), part(11, 19));
            write!(f, r#"<time datetime="{exact}" data-when="long">{day} {month} {year} {time} UTC</time>"#)
        } else {
            let time = part(11, 16);
            write!(f, r#"<time datetime="{exact}" data-when="short">{day} {month} {time}</time>"#)
        }
    }
}

/// A number of bytes for people and programs.
#[derive(Debug, Clone, Copy)]
pub struct Size(u64);

/// Bytes as people read them: `812 B`, `4.1 kB`, `12 MB`.
pub fn size(bytes: &u64) -> Size {
    Size(*bytes)
}

impl HtmlSafe for Size {}

impl Display for Size {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, r#"<data value="{}">{}</data>"#, self.0, size_text(self.0))
    }
}

fn size_text(bytes: u64) -> String {
    let units = ["kB", "MB", "GB", "TB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let (mut value, mut rest) = (bytes, 0);
    for unit in units {
        (value, rest) = (value / 1000, value % 1000);
        if value < 1000 {
            let tenths = rest / 100;
            return if value < 10 { format!("{value}.{tenths} {unit}") } else { format!("{value} {unit}") };
        }
    }
    let _ = rest;
    format!("{value} TB")
}

/// So many of something: `1 error`, `0 errors`, `2 addresses`. The noun is one whose plural is regular.
pub fn counted(number: impl Display, noun: &str) -> String {
    let number = number.to_string();
    if number == "1" { format!("1 {noun}") } else { format!("{number} {}", plural(noun)) }
}

fn plural(noun: &str) -> String {
    let is_vowel = |c: char| "aeiou".contains(c);
    match noun.strip_suffix('y') {
        Some(stem) if !stem.ends_with(is_vowel) => format!("{stem}ies"),
        _ if ["s", "x", "ch", "sh"].into_iter().any(|end| noun.ends_with(end)) => format!("{noun}es"),
        _ => format!("{noun}s"),
    }
}

/// Text as HTML has it.
struct Escaped<'a>(&'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Html.write_escaped_str(f, self.0)
    }
}

/// A word of the JSON.
#[derive(Debug, Clone, Copy)]
pub struct Word<'a>(&'a str);

/// A word of the JSON as people read it: `will-send` is `will send`, with the word itself for programs.
pub fn word(word: &str) -> Word<'_> {
    Word(word)
}

impl HtmlSafe for Word<'_> {}

impl Display for Word<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let word = Escaped(self.0);
        if !self.0.contains(['-', '_']) {
            return write!(f, "{word}");
        }
        let plain = self.0.replace(['-', '_'], " ");
        write!(f, r#"<data value="{word}">{}</data>"#, Escaped(&plain))
    }
}

/// A text in which commands and names stand between backticks, as a terminal shows them.
#[derive(Debug, Clone, Copy)]
pub struct Coded<'a>(&'a str);

/// The text with what is between backticks as code, and the text itself for programs.
pub fn coded(text: &str) -> Coded<'_> {
    Coded(text)
}

impl HtmlSafe for Coded<'_> {}

impl Display for Coded<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let ticks = self.0.matches('`').count();
        // What is not closed is no code.
        if ticks == 0 || ticks % 2 == 1 {
            return write!(f, "{}", Escaped(self.0));
        }
        write!(f, r#"<data value="{}">"#, Escaped(self.0))?;
        for (at, part) in self.0.split('`').enumerate() {
            let part = Escaped(part);
            if at % 2 == 1 { write!(f, "<code>{part}</code>")? } else { write!(f, "{part}")? }
        }
        f.write_str("</data>")
    }
}

/// A piece of plain text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Text.
    Text(&'a str),
    /// An address of the web, which may be followed.
    Link(&'a str),
}

/// Most links that are made of a text; the rest of them stays text.
const MAX_LINKS: usize = 1000;

/// Finds `http://` and `https://` addresses in plain text.
pub fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let mut rest = text;
    for _ in 0..MAX_LINKS {
        let Some(at) = next_link(rest) else { break };
        let (before, from) = rest.split_at(at);
        let (link, after) = from.split_at(link_length(from));
        if !before.is_empty() {
            found.push(Piece::Text(before));
        }
        found.push(Piece::Link(link));
        rest = after;
    }
    if !rest.is_empty() {
        found.push(Piece::Text(rest));
    }
    found
}

fn next_link(text: &str) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = text.get(from..)?.find("http") {
        let start = from + at;
        let tail = text.get(start..)?;
        let scheme = ["https://", "http://"].into_iter().find(|scheme| tail.starts_with(scheme));
        if scheme.is_some_and(|scheme| link_length(tail) > scheme.len()) {
            return Some(start);
        }
        from = start + 4;
    }
    None
}

/// Where a link that starts a text ends: before a blank, a quote, a bracket that it did not open, or the stop of its
/// sentence.
fn link_length(text: &str) -> usize {
    let ends = |c: char| c.is_whitespace() || c.is_control() || "<>\"`{}|\\^".contains(c);
    let link = text.get(..text.find(ends).unwrap_or(text.len())).unwrap_or(text);
    let mut link = link.trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '*', '_']);
    while let Some(open) = link.strip_suffix(')').or_else(|| link.strip_suffix(']')) {
        if link.contains('(') || link.contains('[') {
            break;
        }
        link = open;
    }
    link.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use mox_clock::Timestamp;

    #[test]
    fn sizes_are_short() {
        for (bytes, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (4150, "4.1 kB"),
            (51_200, "51 kB"),
            (999_999, "999 kB"),
            (26_214_400, "26 MB"),
            (u64::MAX, "18446744 TB"),
        ] {
            assert_eq!(size(&bytes).to_string(), format!("<data value=\"{bytes}\">{text}</data>"));
        }
    }

    #[test]
    fn words_and_commands_are_for_people_and_programs() {
        assert_eq!(word("sealed").to_string(), "sealed");
        assert_eq!(
            word("too_little-data").to_string(),
            r#"<data value="too_little-data">too little data</data>"#
        );
        assert_eq!(coded("a < b").to_string(), "a &#60; b");
        assert_eq!(coded("a ` b").to_string(), "a ` b");
        assert_eq!(
            coded("`mox <x>` does it").to_string(),
            r#"<data value="`mox &#60;x&#62;` does it"><code>mox &#60;x&#62;</code> does it</data>"#
        );
    }

    #[test]
    fn one_thing_is_not_many() {
        assert_eq!(counted(1, "error"), "1 error");
        assert_eq!(counted(0, "error"), "0 errors");
        assert_eq!(counted(-1, "day"), "-1 days");
        for (noun, many) in
            [("day", "days"), ("address", "addresses"), ("policy", "policies"), ("mailbox", "mailboxes")]
        {
            assert_eq!(counted(2, noun), format!("2 {many}"));
        }
    }

    #[test]
    fn times_are_for_people_and_programs() {
        let time = Time(Timestamp::parse_rfc3339("2026-11-02T09:20:30.123Z").unwrap());
        assert_eq!(
            when(&time).to_string(),
            r#"<time datetime="2026-11-02T09:20:30.123Z" data-when="long">2 Nov 2026 09:20:30 UTC</time>"#
        );
        assert!(when_short(&time).to_string().ends_with(">2 Nov 09:20</time>"));
    }

    #[test]
    fn links_are_found_in_text() {
        use Piece::{Link, Text};
        for (text, want) in [
            ("no link: http: https:// x", vec![Text("no link: http: https:// x")]),
            (
                "see https://a.example/x?y=1.\nor",
                vec![Text("see "), Link("https://a.example/x?y=1"), Text(".\nor")],
            ),
            ("(http://a.example/)", vec![Text("("), Link("http://a.example/"), Text(")")]),
            ("<https://a.example/b_(c)>", vec![Text("<"), Link("https://a.example/b_(c)"), Text(">")]),
            ("javascript://http", vec![Text("javascript://http")]),
            ("https://a.example/\"onclick", vec![Link("https://a.example/"), Text("\"onclick")]),
            ("", vec![]),
        ] {
            assert_eq!(pieces(text), want, "{text}");
        }
    }
}
