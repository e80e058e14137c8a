//! Charts of nothing, of one thing, of a year; names that want to be more than names.

use super::scale::{Axis, Short, short};
use super::*;

fn days(n: usize) -> Vec<String> {
    (0..n).map(|n| format!("2026-{:02}-{:02}", n / 28 % 12 + 1, n % 28 + 1)).collect()
}

fn count(text: &str, part: &str) -> usize {
    text.matches(part).count()
}

#[test]
fn axes_have_round_numbers() {
    for (most, ticks) in [
        (0, "0 1"),
        (1, "0 1"),
        (3, "0 1 2 3"),
        (7, "0 2 4 6 8"),
        (100, "0 50 100"),
        (950, "0 500 1k"),
        (5_200, "0 2k 4k 6k"),
        (1_500_001, "0 500k 1M 1.5M 2M"),
        (u64::MAX, "0 5E 10E 15E 20E"),
    ] {
        let found: Vec<String> = Axis::up_to(most).ticks().map(|tick| Short(tick).to_string()).collect();
        assert_eq!(found.join(" "), ticks, "{most}");
    }
    assert_eq!(Axis::up_to(u64::MAX).height(1, 100.0), 1.0, "what is there can be seen");
    assert_eq!(Axis::up_to(10).height(0, 100.0), 0.0);
}

#[test]
fn shares_do_not_round_to_nothing_or_all() {
    for (part, whole, text) in [
        (0, 0, "0 %"),
        (0, 9, "0 %"),
        (1, 1_000_000, "0.1 %"),
        (1, 3, "33 %"),
        (37, 1000, "3.7 %"),
        (999_999, 1_000_000, "99.9 %"),
        (5, 5, "100 %"),
        (u64::MAX - 1, u64::MAX, "99.9 %"),
    ] {
        assert_eq!(percent(part, whole), text);
    }
}

#[test]
fn labels_below_an_axis_are_short() {
    assert_eq!(short("2026-11-02"), "2 Nov");
    assert_eq!(short("2026-13-02"), "2026-13-02");
    assert_eq!(short("2026-11-02 07:00"), "07:00");
    assert_eq!(short("2026-11-02 to 2026-11-09"), "2026-11-02");
    assert_eq!(short("ünïcode-label-x"), "ünïcode-la");
}

#[test]
fn bars_without_numbers_say_so() {
    let empty = Bars::new("a", "Sessions", Vec::new()).with("failed", Tone::Bad, Vec::new()).to_string();
    assert_eq!(empty, r#"<p class="muted">Sessions: no numbers yet.</p>"#);
    let none = Bars::new("a", "Sessions", days(3)).to_string();
    assert!(none.contains("no numbers yet"), "{none}");
}

#[test]
fn bars_are_stacked_named_and_told() {
    let chart = Bars::new("tls", "Sessions", days(2))
        .with("fine", Tone::Good, vec![6, 0])
        .with("failed", Tone::Bad, vec![2])
        .to_string();
    assert!(
        chart.contains(r#"role="img" aria-label="Sessions, 2026-01-01 to 2026-01-02: 6 fine, 2 failed">"#),
        "{chart}"
    );
    assert!(chart.contains("<title>2026-01-01: 6 fine, 2 failed</title>"));
    // The widest that a bar may be. 8 is the top: six eighths of 180 units from the ground at 190, then the rest.
    assert!(chart.contains(r#"y="55" width="48" height="135" fill="url(#tls-good)"/>"#), "{chart}");
    assert!(chart.contains(r#"y="10" width="48" height="45" fill="url(#tls-bad)"/>"#), "{chart}");
    assert_eq!(count(&chart, "<g>"), 1, "a day without sessions has no bar");
    assert!(chart.contains(r#"<pattern id="tls-bad" class="tone bad""#));
    assert!(!chart.contains("tls-warn"));
    assert!(
        chart
            .contains(r#"<th scope="row">2026-01-02</th><td class="number">0</td><td class="number">0</td>"#)
    );
    assert!(chart.contains("failed <strong>2</strong>"));
    assert!(!chart.contains("style="));
}

#[test]
fn bars_of_nothing_and_of_very_much_are_drawn() {
    let zero = Bars::new("z", "Sessions", days(1)).with("fine", Tone::Good, vec![0]).to_string();
    assert!(zero.contains("aria-label=\"Sessions, 2026-01-01: 0 fine\""), "{zero}");
    let huge = Bars::new("h", "Sessions", days(1))
        .with("fine", Tone::Good, vec![u64::MAX])
        .with("failed", Tone::Bad, vec![u64::MAX])
        .to_string();
    assert!(huge.contains("18446744073709551615 fine, 18446744073709551615 failed"));
    assert!(!huge.contains("NaN") && !huge.contains("inf") && !huge.contains("height=\"-"), "{huge}");
}

#[test]
fn a_year_is_drawn_whole_and_a_century_merged() {
    let year = Bars::new("y", "Sessions", days(400)).with("fine", Tone::Good, vec![1; 400]).to_string();
    assert_eq!(count(&year, "<g>"), 400);
    assert!(count(&year, r#"text-anchor="middle""#) <= 6);
    assert!(year.len() < 150_000, "{}", year.len());
    let long = Bars::new("l", "Sessions", days(36_500)).with("fine", Tone::Good, vec![1; 36_500]).to_string();
    assert!(count(&long, "<g>") <= 400);
    assert!(long.contains("36500 fine"), "nothing is lost");
    assert!(long.contains(" to 2026-"));
}

#[test]
fn hostile_names_stay_text() {
    let bad = r#""><script>alert('1')</script>&"#;
    let good = "&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;";
    let bars = Bars::new(bad, bad, vec![bad.to_owned()]).with(bad, Tone::Warn, vec![1]).to_string();
    let list = BarList::new(bad)
        .with(bad, 1, Tone::Soft)
        .with_link("x", "javascript:alert(1)", 1, Tone::Soft)
        .with_link("y", "//elsewhere.example/", 1, Tone::Soft)
        .to_string();
    let spark = Sparkline::new(bad, Tone::Soft, vec![1]).to_string();
    for text in [bars, list, spark] {
        assert!(!text.contains("<script"), "{text}");
        assert!(text.contains(good), "{text}");
        assert!(!text.contains("href="), "{text}");
    }
}

#[test]
fn lists_tell_name_value_and_share() {
    let list = BarList::new("Hosts")
        .with_link("mx1.example", "/admin/tlsrpt/host/mx1.example", 30, Tone::Bad)
        .with("mx2.example", 10, Tone::Good)
        .with("mx3.example", 0, Tone::Good)
        .to_string();
    assert!(list.starts_with(r#"<ul class="bar-list" aria-label="Hosts">"#));
    assert!(list.contains(r#"<a class="bar-name" href="/admin/tlsrpt/host/mx1.example">mx1.example</a>"#));
    assert!(list.contains(r#"role="img" aria-label="75 %">"#), "{list}");
    assert!(list.contains(r#"<rect class="tone bad" width="75" height="8"/>"#), "{list}");
    assert!(list.contains(r#"<span class="bar-value">0 <span class="muted">0 %</span></span>"#));
    assert!(BarList::new("Hosts").of(200).with("a", 1, Tone::Soft).to_string().contains("0.5 %"));
    assert_eq!(BarList::new("Hosts").to_string(), r#"<p class="muted">Hosts: none.</p>"#);
    let huge = BarList::new("H").with("a", u64::MAX, Tone::Soft).with("b", u64::MAX, Tone::Soft).to_string();
    assert!(huge.contains(r#"width="100" height="8"/></svg>"#), "{huge}");
}

#[test]
fn sparklines_tell_their_range() {
    let line = Sparkline::new("Failed", Tone::Bad, vec![0, 4, 2]).to_string();
    assert!(line.contains(r#"role="img" aria-label="Failed: 0 to 4, last 2">"#), "{line}");
    assert!(line.contains(r#"d="M0 23L50 1L100 12""#), "{line}");
    assert_eq!(Sparkline::new("Failed", Tone::Bad, Vec::new()).to_string(), "");
    let one = Sparkline::new("Failed", Tone::Bad, vec![0]).to_string();
    assert!(one.contains(r#"d="M0 23h100""#), "{one}");
    let long = Sparkline::new("Failed", Tone::Bad, vec![1; 100_000]).to_string();
    assert!(long.len() < 8_000, "{}", long.len());
}
