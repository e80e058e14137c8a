//! A line as small as a word.

use std::fmt::{self, Display, Formatter};

use askama::filters::HtmlSafe;

use super::scale::{Axis, Px};
use super::{Escaped, Tone};

/// Size of the drawing.
const WIDTH: f64 = 100.0;
const HEIGHT: f64 = 24.0;
/// Most points: of more values some share one, which is the highest of them.
const MAX_POINTS: usize = 400;

/// A small line over time. Prints an `<svg>` whose accessible name tells its range and its end.
#[derive(Debug, Clone)]
pub struct Sparkline {
    title: String,
    tone: Tone,
    values: Vec<u64>,
}

impl Sparkline {
    /// A line through values, the oldest first; `title` says what it shows.
    pub fn new(title: impl Into<String>, tone: Tone, values: Vec<u64>) -> Sparkline {
        let each = values.len().div_ceil(MAX_POINTS).max(1);
        let highest = |chunk: &[u64]| chunk.iter().copied().max().unwrap_or_default();
        Sparkline { title: title.into(), tone, values: values.chunks(each).map(highest).collect() }
    }
}

impl HtmlSafe for Sparkline {}

impl Display for Sparkline {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (Some(low), Some(high), Some(last)) =
            (self.values.iter().min(), self.values.iter().max(), self.values.last())
        else {
            return Ok(());
        };
        let axis = Axis::up_to(*high);
        let name = format!("{}: {low} to {high}, last {last}", self.title);
        write!(
            f,
            r#"<svg class="spark {}" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" aria-label="{}"><title>{}</title><path vector-effect="non-scaling-stroke" d=""#,
            self.tone.class(),
            Px(WIDTH),
            Px(HEIGHT),
            Escaped(&name),
            Escaped(&name),
        )?;
        let points = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        let step = WIDTH / f64::from(points.saturating_sub(1).max(1));
        let (mut x, mut letter) = (0.0, 'M');
        for value in &self.values {
            let y = HEIGHT - 1.0 - axis.height(u128::from(*value), HEIGHT - 2.0);
            write!(f, "{letter}{} {}", Px(x), Px(y))?;
            (x, letter) = (x + step, 'L');
        }
        if points == 1 {
            write!(f, "h{}", Px(WIDTH))?;
        }
        f.write_str(r#""/></svg>"#)
    }
}
