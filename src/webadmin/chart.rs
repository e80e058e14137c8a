//! A chart of mail in and out over time, as bars of an SVG that is part of the page. Its numbers stand beside it in a
//! table, for those who do not see it.

use mox_admin::ops::TrafficRow;

/// Width of a span of time in the units of the SVG; a bar is four of them wide.
const SPAN: u64 = 10;
/// Height of the highest bar.
const HEIGHT: u64 = 100;

/// A bar.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Bar {
    pub(crate) x: u64,
    pub(crate) y: u64,
    pub(crate) height: u64,
    pub(crate) class: &'static str,
    /// Shown where a pointer rests.
    pub(crate) title: String,
}

/// A chart and its table.
pub(crate) struct Chart {
    /// Stands at ids and names of its elements.
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    /// What a row is: `Hour` or `Day`.
    pub(crate) span: &'static str,
    pub(crate) width: u64,
    /// What the highest bar stands for.
    pub(crate) most: u64,
    pub(crate) bars: Vec<Bar>,
    pub(crate) rows: Vec<TrafficRow>,
}

impl Chart {
    pub(crate) fn new(
        id: &'static str,
        title: &'static str,
        span: &'static str,
        rows: Vec<TrafficRow>,
    ) -> Chart {
        let most = rows.iter().map(|row| came(row).max(left(row))).max().unwrap_or(0);
        let bars = (0..).zip(&rows).flat_map(|(at, row)| pair(at, row, most)).collect();
        Chart { id, title, span, width: rows.len() as u64 * SPAN, most, bars, rows }
    }

    /// What the chart says, in a sentence.
    pub(crate) fn said(&self) -> String {
        let sum = |of: fn(&TrafficRow) -> u64| self.rows.iter().map(of).sum::<u64>();
        format!("{} messages came in, {} went out; {} refused", sum(came), sum(left), sum(|row| row.refused))
    }
}

fn came(row: &TrafficRow) -> u64 {
    row.incoming.saturating_add(row.submitted)
}

fn left(row: &TrafficRow) -> u64 {
    row.delivered
}

/// What came in is at the left, what went out at the right.
fn pair(at: u64, row: &TrafficRow, most: u64) -> impl Iterator<Item = Bar> {
    let bar = move |x: u64, class: &'static str, count: u64, what: &str| {
        // Little is not nothing.
        let height = count.saturating_mul(HEIGHT).div_ceil(most.max(1));
        let title = format!("{}: {count} {what}", row.start);
        (count > 0).then_some(Bar {
            x: at * SPAN + x,
            y: HEIGHT.saturating_sub(height),
            height,
            class,
            title,
        })
    };
    let bars = [bar(1, "bar-in", came(row), "in"), bar(5, "bar-out", left(row), "out")];
    bars.into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use mox_admin::Time;
    use mox_clock::Timestamp;

    #[test]
    fn bars_are_as_high_as_what_they_stand_for() {
        let row = |hour: i64| TrafficRow::none(Time(Timestamp::from_secs(hour * 3600)));
        let rows = vec![
            row(0),
            TrafficRow { incoming: 150, submitted: 50, delivered: 1, refused: 7, ..row(1) },
            TrafficRow { delivered: 100, ..row(2) },
        ];
        let chart = Chart::new("hours", "Last hours", "Hour", rows);
        let bars: Vec<_> = chart.bars.iter().map(|bar| (bar.x, bar.y, bar.height, bar.class)).collect();
        assert_eq!(bars, [(11, 0, 100, "bar-in"), (15, 99, 1, "bar-out"), (25, 50, 50, "bar-out")]);
        assert_eq!((chart.width, chart.most), (30, 200));
        assert_eq!(chart.bars[0].title, "1970-01-01T01:00:00Z: 200 in");
        assert_eq!(chart.said(), "200 messages came in, 101 went out; 7 refused");
        assert!(Chart::new("x", "x", "x", vec![row(0)]).bars.is_empty());
    }
}
