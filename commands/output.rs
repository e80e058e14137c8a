//! How results look: one value, as text for people or as JSON for programs.
//!
//! Text may change between versions, JSON names may not. What comes from outside (subjects, addresses, errors of
//! other servers) passes [`escape`] before it reaches a terminal, so that it cannot move the cursor, recolour or
//! reorder the screen; [`Page`] does that for everything but its own styles.

use std::borrow::Cow;
use std::fmt::{Display, Write};

use anstyle::{AnsiColor, Style};
use comfy_table::{CellAlignment, Table, TableStyle};
use serde::Serialize;

/// When to use colours: on a terminal that wants them, in any case, not at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

impl Color {
    /// What the user insists on.
    pub(crate) fn forced(self) -> Option<bool> {
        match self {
            Color::Auto => None,
            Color::Always => Some(true),
            Color::Never => Some(false),
        }
    }
}

/// A value that people can read, too.
pub(crate) trait Show: Serialize {
    /// Writes it as text.
    fn show(&self, page: &mut Page);
}

/// Text in the making.
pub(crate) struct Page {
    text: String,
    color: bool,
}

impl Page {
    pub(crate) fn new(color: bool) -> Page {
        Page { text: String::new(), color }
    }

    /// What was written.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// A line of text.
    pub(crate) fn line(&mut self, text: impl Display) {
        self.text.push_str(&escape(&text.to_string()));
        self.text.push('\n');
    }

    /// A line with a name before it, aligned with its like.
    pub(crate) fn field(&mut self, name: &str, value: impl Display) {
        let style = self.style(Style::new().bold());
        let value = value.to_string();
        let _ = writeln!(self.text, "{style}{:<14}{style:#} {}", format!("{name}:"), escape(&value));
    }

    /// A line whose verdict is seen at a glance.
    pub(crate) fn verdict(&mut self, ok: Option<bool>, text: impl Display) {
        let (style, mark) = match ok {
            Some(true) => (AnsiColor::Green.on_default(), "ok  "),
            Some(false) => (AnsiColor::Red.on_default(), "bad "),
            None => (Style::new(), "    "),
        };
        let style = self.style(style);
        let _ = writeln!(self.text, "{style}{mark}{style:#}{}", escape(&text.to_string()));
    }

    /// Lines of outside text; line ends stay, everything else is escaped.
    pub(crate) fn block(&mut self, text: &str) {
        for line in text.lines() {
            self.line(line.trim_end_matches('\r'));
        }
    }

    /// Lines of a config file: tabs stay, too.
    pub(crate) fn config(&mut self, text: &str) {
        for line in text.lines() {
            let content = line.trim_start_matches('\t');
            self.text.extend(std::iter::repeat_n('\t', line.len() - content.len()));
            self.line(content);
        }
    }

    /// A unified diff of config files: tabs stay, what is added and removed has a colour.
    pub(crate) fn diff(&mut self, text: &str) {
        for line in text.lines() {
            let head = line.starts_with("+++") || line.starts_with("---");
            let style = self.style(match line.chars().next() {
                _ if head => Style::new().bold(),
                Some('+') => AnsiColor::Green.on_default(),
                Some('-') => AnsiColor::Red.on_default(),
                Some('@') => AnsiColor::Cyan.on_default(),
                _ => Style::new(),
            });
            let content = line.trim_start_matches(['+', '-', ' ', '\t']);
            let before = line.strip_suffix(content).unwrap_or_default();
            let _ = writeln!(self.text, "{style}{before}{}{style:#}", escape(content));
        }
    }

    /// A table; columns named with a leading `>` are numbers and stand right.
    pub(crate) fn table(&mut self, columns: &[&str], rows: impl IntoIterator<Item = Vec<String>>) {
        let mut table = Table::new();
        table.load_style(TableStyle::new());
        table.set_header(columns.iter().map(|name| name.trim_start_matches('>')));
        for row in rows {
            table.add_row(row.iter().map(|cell| escape(cell).into_owned()));
        }
        for (index, name) in columns.iter().enumerate() {
            if let Some(column) = table.column_mut(index) {
                column.set_padding((0, 2));
                if name.starts_with('>') {
                    column.set_cell_alignment(CellAlignment::Right);
                }
            }
        }
        let style = self.style(Style::new().bold());
        for (number, line) in table.lines().enumerate() {
            let line = line.trim_end();
            let _ = match number {
                0 => writeln!(self.text, "{style}{line}{style:#}"),
                _ => writeln!(self.text, "{line}"),
            };
        }
    }

    fn style(&self, style: Style) -> Style {
        if self.color { style } else { Style::new() }
    }
}

/// Makes outside text harmless on a terminal: control characters, line ends and what reorders text become
/// `\u{…}`, `\n`, `\t`.
pub(crate) fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(is_dangerous) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().fold(String::with_capacity(text.len() + 8), |mut out, c| {
        if is_dangerous(c) {
            out.extend(c.escape_default())
        } else {
            out.push(c)
        }
        out
    }))
}

/// The same for JSON: what is still dangerous in it stands inside strings, and is written `\uXXXX` there.
pub(crate) fn escape_json(json: &str) -> Cow<'_, str> {
    let dangerous = |c| c != '\n' && is_dangerous(c);
    if !json.contains(dangerous) {
        return Cow::Borrowed(json);
    }
    Cow::Owned(json.chars().fold(String::with_capacity(json.len() + 8), |mut out, c| {
        match dangerous(c) {
            true => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            false => out.push(c),
        }
        out
    }))
}

/// C0, DEL, C1; line and paragraph separators; bidirectional embeddings, overrides and isolates.
fn is_dangerous(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}')
}

/// At most `max` characters, the last an ellipsis when some are left out.
pub(crate) fn shorten(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        None => text.to_owned(),
        Some(_) => text.chars().take(max.saturating_sub(1)).chain(['…']).collect(),
    }
}

/// Bytes for people: `999 B`, `4.1 kB`, `12 MB`.
pub(crate) fn size(bytes: u64) -> String {
    let mut value = bytes as f64;
    for unit in ["B", "kB", "MB", "GB"] {
        if value < 999.5 {
            return if unit == "B" || value >= 9.95 {
                format!("{value:.0} {unit}")
            } else {
                format!("{value:.1} {unit}")
            };
        }
        value /= 1000.0;
    }
    format!("{value:.1} TB")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outside_text_cannot_steer_the_terminal() {
        for (text, expected) in [
            ("plain ünï 🙂", "plain ünï 🙂"),
            ("\x1b[31mred\x07", "\\u{1b}[31mred\\u{7}"),
            ("a\r\nb\tc", "a\\r\\nb\\tc"),
            ("\u{9b}2J", "\\u{9b}2J"),
            ("exe\u{202e}gpj", "exe\\u{202e}gpj"),
        ] {
            assert_eq!(escape(text), expected);
        }
    }

    #[test]
    fn json_cannot_either_and_means_the_same() {
        let value = "a\u{9b}2J\u{202e}\x1b\n\u{7f}";
        let json = serde_json::to_string_pretty(&[value]).unwrap();
        let escaped = escape_json(&json);
        assert!(escaped.is_ascii() && escaped.contains("\\u009b2J\\u202e"), "{escaped}");
        assert_eq!(serde_json::from_str::<Vec<String>>(&escaped).unwrap(), [value]);
    }

    #[test]
    fn sizes_have_two_digits_or_more() {
        for (bytes, text) in
            [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (4096, "4.1 kB"), (12_345_678, "12 MB")]
        {
            assert_eq!(size(bytes), text);
        }
    }

    #[test]
    fn tables_align_and_escape() {
        let mut page = Page::new(false);
        page.table(&[">ID", "SUBJECT"], [vec!["7".into(), "a\nb".into()], vec!["1000".into(), "é".into()]]);
        assert_eq!(page.text(), "  ID  SUBJECT\n   7  a\\nb\n1000  é\n");
    }

    #[test]
    fn long_text_is_shortened_at_characters() {
        assert_eq!(shorten("ünïcödé", 4), "ünï…");
        assert_eq!(shorten("four", 4), "four");
    }
}
