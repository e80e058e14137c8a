//! A kill at each point between two steps, and a start after it: every destination gets its report once.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use mox_admin::ops::ReportFamily;
use mox_platform::faults::{Faults, NoFaults};

use super::dmarc::fine;
use super::house::{House, at};
use crate::tables::traffic;

/// Panics at a point when it is reached for the `n`th time.
struct Kill {
    point: &'static str,
    left: AtomicU32,
}

impl Faults for Kill {
    fn reach(&self, point: &str) {
        let hit = point == self.point && self.left.fetch_sub(1, Ordering::SeqCst) == 1;
        assert!(!hit, "killed on purpose at {point}");
    }
}

/// A night: days are sealed and reports handed over. True when it was lived through.
async fn night(house: &House) -> bool {
    let (reports, clock) = (house.reports.clone(), house.clock.clone());
    let night = async move {
        reports.seal_due().await.unwrap();
        for _ in 0..30 {
            reports.hand_over_due().await.unwrap();
            clock.advance(Duration::from_secs(600));
        }
    };
    tokio::spawn(night).await.is_ok()
}

#[tokio::test]
async fn a_kill_at_any_point_neither_loses_nor_repeats_a_report() {
    for point in [
        "tlsrpt-sealing",
        "tlsrpt-sealed",
        "tlsrpt-composed",
        "tlsrpt-queued",
        "tlsrpt-post-recorded",
        "tlsrpt-posted",
        "tlsrpt-acknowledged",
    ] {
        for n in 1..=2 {
            let house = House::new();
            for domain in ["one.example", "two.example", "web.example", "both.example"] {
                house.fail(domain).await;
            }
            house.go_to("2026-11-26T00:10:00Z");
            let house = house.again(Arc::new(Kill { point, left: n.into() }));
            assert!(!night(&house).await, "{point} {n} was reached");
            let repeats = unacknowledged(&house).await - usize::from(point == "tlsrpt-post-recorded");
            let house = house.again(Arc::new(NoFaults));
            assert!(night(&house).await);
            assert!(night(&house).await);
            let mut to: Vec<_> = house.queued().await.into_iter().map(|row| row.to).collect();
            to.sort();
            let expected = ["a@two.example", "b@reports.example", "tls@both.example", "tls@one.example"];
            assert_eq!(to, expected, "{point} {n}: {:?}", house.told().await);
            let posts = house.hook.posts();
            for path in ["POST /in ", "POST /both "] {
                let bodies: Vec<_> = posts.iter().filter(|(head, _)| head.starts_with(path)).collect();
                assert!(bodies.iter().all(|post| post == &bodies[0]), "byte for byte the same");
                assert!(
                    (1..=1 + repeats.min(1)).contains(&bodies.len()),
                    "{point} {n} {path}: {}",
                    bodies.len()
                );
            }
            let least = if point == "tlsrpt-posted" { 3 } else { 2 };
            assert!((least..=2 + repeats).contains(&posts.len()), "{point} {n}: {}", posts.len());
            let history = house.history().await;
            assert_eq!(history.len(), 4, "{point} {n}");
            let open = history.iter().flat_map(|row| &row.destinations).filter(|d| d.state == "sealed");
            assert_eq!(open.count(), 0, "{point} {n}: {:?}", house.told().await);
        }
    }
}

/// Attempts to post that were begun and of whose end nothing is known: each may have arrived, and is made once more.
/// Where the kill was at another destination, there may be such, too.
async fn unacknowledged(house: &House) -> usize {
    let history = house.history().await;
    let all = history.iter().flat_map(|row| &row.destinations);
    all.filter(|d| d.uri.starts_with("https:") && d.state == "sealed" && d.attempts > 0).count()
}

#[tokio::test]
async fn a_kill_neither_forgets_nor_doubles_what_counts_for_the_day() {
    for point in ["tlsrpt-composed", "tlsrpt-queued", "tlsrpt-post-recorded", "tlsrpt-posted"] {
        let house = House::new().set(|options| options.cap_floor = Some(3));
        for domain in ["web.example", "one.example", "two.example", "both.example"] {
            house.fail(domain).await;
        }
        house.go_to("2026-11-26T00:10:00Z");
        let house = house.again(Arc::new(Kill { point, left: 1.into() }));
        assert!(!night(&house).await, "{point} was reached");
        let house = house.again(Arc::new(NoFaults));
        assert!(night(&house).await);
        assert!(night(&house).await);
        let begun = house.queued().await.len() + paths(&house).len();
        let day = at("2026-11-26T00:00:00Z").day();
        let counted = house.store.read_blocking(|_, tx| traffic::reports(tx.conn(), day)).unwrap();
        assert_eq!((begun, counted), (3, 3), "{point}: {:?}", house.told().await);
        let history = house.history().await;
        let waits = history.iter().flat_map(|row| &row.destinations).filter(|d| d.state == "sealed");
        let waits: Vec<_> = waits.map(|d| d.why.as_str()).collect();
        assert_eq!(waits, ["today's reports are used up: 3 of 3"; 3], "{point}");
    }
}

/// What was posted to, each once.
fn paths(house: &House) -> BTreeSet<String> {
    let path = |(head, _): (String, Vec<u8>)| head.split(' ').nth(1).unwrap_or_default().to_owned();
    house.hook.posts().into_iter().map(path).collect()
}

#[tokio::test]
async fn nor_one_about_dmarc() {
    for point in ["dmarcrpt-sealing", "dmarcrpt-sealed", "dmarcrpt-composed", "dmarcrpt-queued"] {
        for n in 1..=2 {
            let house = House::new();
            house.evaluate(vec![fine("one.example"), fine("two.example")]).await;
            house.go_to("2026-11-26T00:10:00Z");
            let house = house.again(Arc::new(Kill { point, left: n.into() }));
            assert!(!night(&house).await, "{point} {n} was reached");
            let house = house.again(Arc::new(NoFaults));
            assert!(night(&house).await);
            assert!(night(&house).await);
            let mut to: Vec<_> = house.queued().await.into_iter().map(|row| row.to).collect();
            to.sort();
            assert_eq!(to, ["a@two.example", "d@one.example", "instead@reports.other"], "{point} {n}");
            let told = house.told_of(ReportFamily::Dmarc).await;
            assert_eq!(told.len(), 2, "{point} {n}: {told:?}");
        }
    }
}
