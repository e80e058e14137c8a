//! Horizontal bars: names with their numbers and shares, all of it text as well.

use std::fmt::{self, Display, Formatter};

use askama::filters::HtmlSafe;

use super::scale::{Px, fraction};
use super::{Escaped, Tone, percent};

/// A list of names, each with a bar for its share of all. Prints a `<ul>`, which needs no table beside it: every number
/// stands in it.
#[derive(Debug, Clone)]
pub struct BarList {
    title: String,
    whole: Option<u64>,
    rows: Vec<Row>,
    fields: Option<[&'static str; 2]>,
}

#[derive(Debug, Clone)]
struct Row {
    name: String,
    href: Option<String>,
    value: u64,
    tone: Tone,
}

impl BarList {
    /// A list without rows; `title` says what it counts, as its accessible name.
    pub fn new(title: impl Into<String>) -> BarList {
        BarList { title: title.into(), whole: None, rows: Vec::new(), fields: None }
    }

    /// The same list, whose rows name what they show as JSON does: the name, and the value.
    pub fn fields(self, name: &'static str, value: &'static str) -> BarList {
        BarList { fields: Some([name, value]), ..self }
    }

    /// Shares are those of this number, not of the sum of the rows.
    pub fn of(self, whole: u64) -> BarList {
        BarList { whole: Some(whole), ..self }
    }

    /// The same list with one row more.
    pub fn with(mut self, name: impl Into<String>, value: u64, tone: Tone) -> BarList {
        self.rows.push(Row { name: name.into(), href: None, value, tone });
        self
    }

    /// The same list with one row more, whose name leads to an address of these pages.
    pub fn with_link(
        mut self,
        name: impl Into<String>,
        href: impl Into<String>,
        value: u64,
        tone: Tone,
    ) -> BarList {
        self.rows.push(Row { name: name.into(), href: Some(href.into()), value, tone });
        self
    }
}

impl HtmlSafe for BarList {}

impl Display for BarList {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.rows.is_empty() {
            return write!(f, r#"<p class="muted">{}: none.</p>"#, Escaped(&self.title));
        }
        let sum = self.rows.iter().fold(0u64, |sum, row| sum.saturating_add(row.value));
        let whole = self.whole.unwrap_or(sum);
        let list = if self.fields.is_some() { r#" data-list="bars""# } else { "" };
        write!(f, r#"<ul class="bar-list"{list} aria-label="{}">"#, Escaped(&self.title))?;
        for row in &self.rows {
            row.print(f, whole, self.fields)?;
        }
        f.write_str("</ul>")
    }
}

impl Row {
    fn print(&self, f: &mut Formatter<'_>, whole: u64, fields: Option<[&'static str; 2]>) -> fmt::Result {
        let share = percent(self.value, whole);
        let name = Escaped(&self.name);
        let mark = |at: usize| {
            let name = fields.and_then(|fields| fields.get(at).copied());
            name.map_or_else(String::new, |name| format!(r#" data-field="{name}""#))
        };
        let key = match fields {
            Some(_) => format!(r#" data-key="{name}""#),
            None => String::new(),
        };
        match &self.href {
            // An address of another scheme could run something.
            Some(href) if href.starts_with('/') && !href.starts_with("//") => {
                write!(f, r#"<li{key}><a class="bar-name"{} href="{}">{name}</a>"#, mark(0), Escaped(href))?;
            }
            _ => write!(f, r#"<li{key}><span class="bar-name"{}>{name}</span>"#, mark(0))?,
        }
        let width = match self.value {
            0 => 0.0,
            value => (fraction(u128::from(value), u128::from(whole)) * 100.0).max(0.5),
        };
        write!(
            f,
            r#"<svg class="bar-of" viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label="{share}"><rect class="track" width="100" height="8"/><rect class="tone {}" width="{}" height="8"/></svg>"#,
            self.tone.class(),
            Px(width),
        )?;
        let value = match fields {
            Some(_) => format!("<span{}>{}</span>", mark(1), self.value),
            None => self.value.to_string(),
        };
        write!(f, r#"<span class="bar-value">{value} <span class="muted">{share}</span></span></li>"#)
    }
}
