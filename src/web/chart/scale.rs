//! Axes: round numbers, short labels, and where a value lies.

use std::fmt::{self, Display, Formatter};

/// Steps of an axis, at most.
const STEPS: u128 = 4;

/// An axis from 0 to a round number that is not below any value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Axis {
    step: u128,
    top: u128,
}

impl Axis {
    /// The axis for values up to `most`.
    pub(super) fn up_to(most: u64) -> Axis {
        let step = round_up(u128::from(most).div_ceil(STEPS).max(1));
        Axis { step, top: u128::from(most).div_ceil(step).max(1) * step }
    }

    /// Its round numbers from 0 to its top.
    pub(super) fn ticks(self) -> impl Iterator<Item = u128> {
        (0..=self.top / self.step).map(move |n| n * self.step)
    }

    /// How high a value is of a height. What is not 0 can be seen.
    pub(super) fn height(self, value: u128, height: f64) -> f64 {
        match value {
            0 => 0.0,
            value => (fraction(value, self.top) * height).max(1.0),
        }
    }
}

/// A part of a whole, between 0 and 1.
pub(super) fn fraction(part: u128, whole: u128) -> f64 {
    // Millionths are exact enough to draw, and small enough to be exact.
    let millionths = (part.min(whole) * 1_000_000).checked_div(whole).unwrap_or_default();
    u32::try_from(millionths).map_or(1.0, |millionths| f64::from(millionths) / 1_000_000.0)
}

/// The next number that is 1, 2 or 5 times a power of ten.
fn round_up(value: u128) -> u128 {
    let mut power = 1;
    while power * 10 < value {
        power *= 10;
    }
    [1, 2, 5].into_iter().map(|n| n * power).find(|round| *round >= value).unwrap_or(power * 10)
}

/// A number for narrow places: `950`, `1.5k`, `20M`. Exact to two digits, as round numbers are.
pub(super) struct Short(pub(super) u128);

impl Display for Short {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (mut value, mut rest, mut unit) = (self.0, 0, "");
        for next in ["k", "M", "G", "T", "P", "E"] {
            if value < 1000 {
                break;
            }
            (value, rest, unit) = (value / 1000, value % 1000, next);
        }
        match rest / 100 {
            0 => write!(f, "{value}{unit}"),
            tenths => write!(f, "{value}.{tenths}{unit}"),
        }
    }
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `2 Nov` of `2026-11-02`, `07:00` of `2026-11-02 07:00`; other labels as they are, cut to what fits below an axis.
pub(super) fn short(label: &str) -> String {
    if let Some((day, hour)) = label.split_once(' ')
        && (day.len(), hour.len()) == (10, 5)
    {
        return hour.to_owned();
    }
    let mut parts = label.splitn(3, '-').map(|part| part.parse::<usize>().ok());
    if let (10, Some(Some(_)), Some(Some(month)), Some(Some(day))) =
        (label.len(), parts.next(), parts.next(), parts.next())
        && let Some(month) = MONTHS.get(month.wrapping_sub(1))
    {
        return format!("{day} {month}");
    }
    label.chars().take(10).collect()
}

/// A length of a drawing, with one digit behind the point.
pub(super) struct Px(pub(super) f64);

impl Display for Px {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let text = format!("{:.1}", self.0);
        f.write_str(text.strip_suffix(".0").unwrap_or(&text))
    }
}
