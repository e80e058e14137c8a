//! Charts of pages: inline SVG made here, and the same numbers as a table. No script, no style of their own: the
//! classes of `style.css` colour them, patterns tell series apart where colours do not.
//!
//! A chart is a value that a template prints: `{{ chart }}`. What it is told may come from anyone; it is escaped.

mod bars;
mod list;
mod scale;
mod spark;
#[cfg(test)]
mod tests;

pub use bars::Bars;
pub use list::BarList;
pub use spark::Sparkline;

use std::fmt::{self, Display, Formatter};

/// What a series means: its colour and its pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Good news: plain.
    Good,
    /// Look at it: dots.
    Warn,
    /// Bad news: stripes.
    Bad,
    /// Neither: pale.
    Soft,
}

impl Tone {
    /// The word for it, which is its class.
    pub fn class(self) -> &'static str {
        match self {
            Tone::Good => "good",
            Tone::Warn => "warn",
            Tone::Bad => "bad",
            Tone::Soft => "soft",
        }
    }

    /// What is drawn over its colour, in a square of six units.
    fn pattern(self) -> &'static str {
        match self {
            Tone::Good | Tone::Soft => "",
            Tone::Warn => r#"<circle class="over" cx="3" cy="3" r="1.2"/>"#,
            Tone::Bad => r#"<path class="over" d="M0 6 6 0M-1 1 1-1M5 7 7 5"/>"#,
        }
    }
}

/// Numbers of one name, a label each.
#[derive(Debug, Clone)]
pub struct Series {
    name: String,
    tone: Tone,
    values: Vec<u64>,
}

impl Series {
    /// The value at a place; 0 beyond its end.
    fn at(&self, index: usize) -> u64 {
        self.values.get(index).copied().unwrap_or_default()
    }

    /// All of it, as far as a number holds it.
    fn sum(&self) -> u64 {
        self.values.iter().fold(0, |sum, value| sum.saturating_add(*value))
    }
}

/// Text as it stands in HTML, between tags and in attributes with quotes.
struct Escaped<'a>(&'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                c => write!(f, "{c}")?,
            }
        }
        Ok(())
    }
}

/// The share of a part of a whole, in percent with one digit behind the point where that says more: `0 %`, `0.4 %`,
/// `37 %`. Never `0 %` of something and never `100 %` of less than all.
pub fn percent(part: u64, whole: u64) -> String {
    if part == 0 || whole == 0 {
        return "0 %".to_owned();
    }
    if part >= whole {
        return "100 %".to_owned();
    }
    let tenths = (u128::from(part) * 1000 / u128::from(whole)).clamp(1, 999);
    match tenths {
        100..990 => format!("{} %", tenths / 10),
        _ => format!("{}.{} %", tenths / 10, tenths % 10),
    }
}
