//! Numbers as a line of small bars, and changes in percent.

/// Characters from low to high.
pub(super) type Bars = [char; 8];

const BLOCKS: Bars = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

const ASCII: Bars = ['_', '.', '-', '=', '+', '*', '#', '@'];

/// The characters that the locale of this process can show.
pub(super) fn of_locale() -> &'static Bars {
    let set = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(|name| std::env::var(name).ok());
    pick(set.into_iter().find(|value| !value.is_empty()).as_deref())
}

fn pick(locale: Option<&str>) -> &'static Bars {
    let utf8 = |locale: &str| locale.to_ascii_lowercase().replace('-', "").contains("utf8");
    if locale.is_some_and(utf8) { &BLOCKS } else { &ASCII }
}

/// One bar a number; the highest has the highest bar, nothing has a blank.
pub(super) fn line(numbers: &[u64], bars: &Bars) -> String {
    let most = numbers.iter().copied().max().unwrap_or(0);
    let bar = |number: &u64| match u128::from(*number) * 8 {
        0 => ' ',
        part => {
            let level = part.div_ceil(u128::from(most.max(1))).saturating_sub(1);
            usize::try_from(level).ok().and_then(|level| bars.get(level)).copied().unwrap_or(' ')
        }
    };
    numbers.iter().map(bar).collect::<String>().trim_end().to_owned()
}

/// The change against before: `+12 %`; empty where there was nothing to compare with.
pub(super) fn trend(now: u64, before: u64) -> String {
    if before == 0 {
        return if now == 0 { String::new() } else { " (none before)".to_owned() };
    }
    let change = (i128::from(now) - i128::from(before)) * 100;
    let half = i128::from(before) / 2 * change.signum();
    match (change + half) / i128::from(before) {
        0 => " (as before)".to_owned(),
        percent => format!(" ({percent:+} %)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_is_the_highest_bar() {
        assert_eq!(line(&[0, 1, 4, 8, 0], &BLOCKS), " ▁▄█");
        assert_eq!(line(&[u64::MAX, 1], &ASCII), "@_");
        assert_eq!(line(&[0, 0], &ASCII), "");
        assert_eq!(line(&[], &ASCII), "");
    }

    #[test]
    fn locales_choose() {
        for (locale, first) in [
            (Some("de_DE.UTF-8"), '▁'),
            (Some("C.utf8"), '▁'),
            (Some("C"), '_'),
            (Some("en_US.ISO8859-1"), '_'),
            (None, '_'),
        ] {
            assert_eq!(pick(locale)[0], first, "{locale:?}");
        }
    }

    #[test]
    fn trends() {
        for (now, before, expected) in [
            (112, 100, " (+12 %)"),
            (97, 100, " (-3 %)"),
            (1000, 1001, " (as before)"),
            (0, 9, " (-100 %)"),
            (5, 0, " (none before)"),
            (0, 0, ""),
            (u64::MAX, 1, " (+1844674407370955161400 %)"),
        ] {
            assert_eq!(trend(now, before), expected);
        }
    }
}
