//! Stacked bars, one a day or label, with axes, legend and table.

use std::fmt::{self, Display, Formatter};

use askama::filters::HtmlSafe;

use super::scale::{Axis, Px, Short, short};
use super::{Escaped, Series, Tone};

/// Size of the drawing, and what the axes take of it.
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 220.0;
const LEFT: f64 = 52.0;
const RIGHT: f64 = 8.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 30.0;
/// Most bars: of more labels some share one.
const MAX_BARS: usize = 400;
/// Most labels below the axis.
const MAX_LABELS: usize = 6;
/// Widest bar: few days are no walls.
const MAX_WIDTH: f64 = 48.0;

/// Stacked bars over labels, most often days. Prints a `<figure>`.
#[derive(Debug, Clone)]
pub struct Bars {
    id: String,
    title: String,
    labels: Vec<String>,
    series: Vec<Series>,
    table: bool,
    fields: Option<(&'static str, &'static [&'static str])>,
}

impl Bars {
    /// A chart without series. `id` must be the only one of its page; `title` says what it shows, as its accessible
    /// name. Labels are from left to right; days are `2026-11-26`, hours `2026-11-26 07:00`.
    pub fn new(id: &str, title: impl Into<String>, labels: Vec<String>) -> Bars {
        let safe = |c: &char| c.is_ascii_alphanumeric() || *c == '-';
        Bars {
            id: id.chars().filter(safe).collect(),
            title: title.into(),
            labels,
            series: Vec::new(),
            table: true,
            fields: None,
        }
    }

    /// The same chart with one series more, on top of those before. Values are in the order of the labels; those that
    /// are missing are 0.
    pub fn with(mut self, name: impl Into<String>, tone: Tone, values: Vec<u64>) -> Bars {
        self.series.push(Series { name: name.into(), tone, values });
        self.merged()
    }

    /// The same chart without its table, for a page that has a table of its own beside it.
    pub fn without_table(self) -> Bars {
        Bars { table: false, ..self }
    }

    /// The same chart, whose table names its cells as JSON does: the labels, and each series; an empty name where JSON has
    /// no such number.
    pub fn fields(self, label: &'static str, series: &'static [&'static str]) -> Bars {
        Bars { fields: Some((label, series)), ..self }
    }

    /// Of too many labels neighbours become one.
    fn merged(mut self) -> Bars {
        let labels = self.labels.len();
        let each = labels.div_ceil(MAX_BARS).max(1);
        for series in &mut self.series {
            series.values.truncate(labels);
            if each > 1 {
                let sum = |chunk: &[u64]| chunk.iter().fold(0u64, |sum, value| sum.saturating_add(*value));
                series.values = series.values.chunks(each).map(sum).collect();
            }
        }
        self
    }

    /// Labels of the bars: several days of one bar are `first to last`.
    fn bars(&self) -> Vec<String> {
        let each = self.labels.len().div_ceil(MAX_BARS).max(1);
        let label = |chunk: &[String]| match (chunk.first(), chunk.last()) {
            (Some(first), Some(last)) if chunk.len() > 1 => format!("{first} to {last}"),
            (Some(first), _) => first.clone(),
            _ => String::new(),
        };
        self.labels.chunks(each).map(label).collect()
    }
}

impl HtmlSafe for Bars {}

impl Display for Bars {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.labels.is_empty() || self.series.is_empty() {
            return write!(f, r#"<p class="muted">{}: no numbers yet.</p>"#, Escaped(&self.title));
        }
        let bars = self.bars();
        f.write_str(r#"<figure class="chart">"#)?;
        self.drawing(f, &bars)?;
        self.legend(f)?;
        if self.table {
            self.table(f, &bars)?;
        }
        f.write_str("</figure>")
    }
}

impl Bars {
    fn drawing(&self, f: &mut Formatter<'_>, bars: &[String]) -> fmt::Result {
        let stacked = |index| self.series.iter().fold(0u64, |sum, s| sum.saturating_add(s.at(index)));
        let axis = Axis::up_to((0..bars.len()).map(stacked).max().unwrap_or_default());
        write!(
            f,
            r#"<svg class="chart-bars" viewBox="0 0 {} {}" role="img" aria-label="{}">"#,
            Px(WIDTH),
            Px(HEIGHT),
            Escaped(&self.name(bars)),
        )?;
        f.write_str("<defs>")?;
        for tone in [Tone::Good, Tone::Warn, Tone::Bad, Tone::Soft] {
            if self.series.iter().any(|series| series.tone == tone) {
                self.pattern(f, tone)?;
            }
        }
        f.write_str("</defs>")?;
        grid(f, axis)?;
        let width = (WIDTH - LEFT - RIGHT) / count(bars.len());
        for (index, label) in bars.iter().enumerate() {
            self.bar(f, axis, index, label, width)?;
        }
        below(f, bars, width)?;
        f.write_str("</svg>")
    }

    /// What the drawing is called: what it shows, from when to when, and what it sums up to.
    fn name(&self, bars: &[String]) -> String {
        let sums: Vec<String> = self.series.iter().map(|s| format!("{} {}", s.sum(), s.name)).collect();
        let sums = sums.join(", ");
        match (self.labels.first(), self.labels.last()) {
            (Some(first), Some(last)) if bars.len() > 1 => {
                format!("{}, {first} to {last}: {sums}", self.title)
            }
            (Some(only), _) => format!("{}, {only}: {sums}", self.title),
            _ => self.title.clone(),
        }
    }

    fn pattern(&self, f: &mut Formatter<'_>, tone: Tone) -> fmt::Result {
        let (id, class, over) = (&self.id, tone.class(), tone.pattern());
        write!(
            f,
            r#"<pattern id="{id}-{class}" class="tone {class}" width="6" height="6" patternUnits="userSpaceOnUse"><rect class="under" width="6" height="6"/>{over}</pattern>"#,
        )
    }

    /// The stack of one label, which tells its numbers when pointed at.
    fn bar(&self, f: &mut Formatter<'_>, axis: Axis, index: usize, label: &str, width: f64) -> fmt::Result {
        if self.series.iter().all(|series| series.at(index) == 0) {
            return Ok(());
        }
        write!(f, "<g><title>{}: ", Escaped(label))?;
        for (n, series) in self.series.iter().enumerate() {
            let comma = if n == 0 { "" } else { ", " };
            write!(f, "{comma}{} {}", series.at(index), Escaped(&series.name))?;
        }
        f.write_str("</title>")?;
        let drawn = (width - (width / 5.0).min(4.0)).clamp(0.5, MAX_WIDTH);
        let left = LEFT + width * (count(index) + 0.5) - drawn / 2.0;
        let (mut below, mut bottom) = (0u128, HEIGHT - BOTTOM);
        for series in self.series.iter().filter(|series| series.at(index) > 0) {
            below += u128::from(series.at(index));
            // Measured from the ground, so that rounding does not add up.
            let top = (HEIGHT - BOTTOM - axis.height(below, HEIGHT - TOP - BOTTOM)).min(bottom - 1.0);
            write!(
                f,
                r#"<rect x="{}" y="{}" width="{}" height="{}" fill="url(#{}-{})"/>"#,
                Px(left),
                Px(top),
                Px(drawn),
                Px(bottom - top),
                self.id,
                series.tone.class(),
            )?;
            bottom = top;
        }
        f.write_str("</g>")
    }

    fn legend(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(r#"<figcaption><ul class="chart-legend">"#)?;
        for series in &self.series {
            write!(
                f,
                r#"<li><svg class="swatch" viewBox="0 0 12 12" width="12" height="12" aria-hidden="true" focusable="false"><rect width="12" height="12" rx="2" fill="url(#{}-{})"/></svg>{} <strong>{}</strong></li>"#,
                self.id,
                series.tone.class(),
                Escaped(&series.name),
                series.sum(),
            )?;
        }
        f.write_str("</ul></figcaption>")
    }

    /// The same numbers as a table, which is folded away.
    fn table(&self, f: &mut Formatter<'_>, bars: &[String]) -> fmt::Result {
        f.write_str(r#"<details class="chart-numbers"><summary>The numbers</summary>"#)?;
        write!(
            f,
            r#"<div class="scroll" tabindex="0" role="group" aria-label="{}"><table{}><thead><tr><th scope="col">When</th>"#,
            Escaped(&self.title),
            if self.fields.is_some() { format!(r#" data-list="{}""#, self.id) } else { String::new() },
        )?;
        for series in &self.series {
            write!(f, r#"<th scope="col" class="number">{}</th>"#, Escaped(&series.name))?;
        }
        f.write_str("</tr></thead><tbody>")?;
        for (index, label) in bars.iter().enumerate() {
            let (key, name) = self.label_marks(label);
            write!(f, r#"<tr{key}><th scope="row"{name}>{}</th>"#, Escaped(label))?;
            for (n, series) in self.series.iter().enumerate() {
                write!(f, r#"<td class="number"{}>{}</td>"#, self.field_mark(n), series.at(index))?;
            }
            f.write_str("</tr>")?;
        }
        f.write_str("</tbody></table></div></details>")
    }
}

impl Bars {
    /// What a row of the table and its label say of themselves: the key, and the name of the field.
    fn label_marks(&self, label: &str) -> (String, String) {
        self.fields.map_or_else(Default::default, |(name, _)| {
            (format!(r#" data-key="{}""#, Escaped(label)), format!(r#" data-field="{name}""#))
        })
    }

    /// What a number of the table says of itself: the name of the field, where it has one.
    fn field_mark(&self, series: usize) -> String {
        let name = self.fields.and_then(|(_, names)| names.get(series)).filter(|name| !name.is_empty());
        name.map_or_else(String::new, |name| format!(r#" data-field="{name}""#))
    }
}

/// Lines at the round numbers, with the numbers at the left.
fn grid(f: &mut Formatter<'_>, axis: Axis) -> fmt::Result {
    for tick in axis.ticks() {
        let y = match tick {
            0 => HEIGHT - BOTTOM,
            tick => HEIGHT - BOTTOM - axis.height(tick, HEIGHT - TOP - BOTTOM),
        };
        let (x, right, text) = (Px(LEFT), Px(WIDTH - RIGHT), Px(LEFT - 6.0));
        write!(f, r#"<path class="grid" d="M{x} {0}H{right}"/>"#, Px(y))?;
        write!(f, r#"<text x="{text}" y="{}" text-anchor="end">{}</text>"#, Px(y + 4.0), Short(tick))?;
    }
    Ok(())
}

/// Some of the labels below the axis.
fn below(f: &mut Formatter<'_>, bars: &[String], width: f64) -> fmt::Result {
    let each = bars.len().div_ceil(MAX_LABELS).max(1);
    for (index, label) in bars.iter().enumerate().step_by(each) {
        let x = LEFT + width * (count(index) + 0.5);
        let label = short(label);
        write!(
            f,
            r#"<text x="{}" y="{}" text-anchor="middle">{}</text>"#,
            Px(x.clamp(LEFT + 14.0, WIDTH - RIGHT - 18.0)),
            Px(HEIGHT - 8.0),
            Escaped(&label),
        )?;
    }
    Ok(())
}

/// A number of bars, to draw with.
fn count(n: usize) -> f64 {
    u32::try_from(n).map_or(f64::from(u32::MAX), f64::from)
}
