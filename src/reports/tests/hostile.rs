//! What others publish does not keep reports from those who want them.

use mox_admin::ops::{QueueDrop, QueueFilter, ReportFamily};
use mox_db::Tx;
use mox_dmarc::Policy;
use mox_dmarcrpt::DkimAuth;
use mox_store::{Error, Store};

use super::dmarc::{evaluation, fine, record};
use super::house::House;
use crate::Standing;

/// A record with an address twice, of which the second time nobody asks any more: names that are deep use up all
/// questions meanwhile.
fn exhausting() -> String {
    let deep = |n: usize| format!("mailto:x@a.b.c.d.e.f.g.h{n}.evil.example");
    let mut rua = vec!["mailto:d@there.other".to_owned()];
    rua.extend((0..8).map(deep));
    rua.push("mailto:d@there.other".to_owned());
    format!(
        "_dmarc.evil.example. TXT \"v=DMARC1; p=none; rua={}\"\n\
         evil.example._report._dmarc.there.other. TXT \"v=DMARC1\"\n",
        rua.join(",")
    )
}

#[tokio::test]
async fn an_address_that_is_named_twice_gets_a_report_once() {
    let house = House::new();
    house.zone.add(&exhausting()).unwrap();
    house.evaluate(vec![fine("evil.example"), fine("one.example")]).await;
    house.go_to("2026-11-26T00:05:00Z");
    house.seal().await;
    let told = house.told_of(ReportFamily::Dmarc).await;
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].contains("mailto:d@there.other sealed"), "{told:?}");
    assert_eq!(told[0].matches("mailto:d@there.other").count(), 1, "{told:?}");
}

#[tokio::test]
async fn one_day_that_cannot_be_read_back_does_not_keep_the_others() {
    let house = House::new();
    house.evaluate(vec![fine("two.example"), fine("one.example")]).await;
    let damage = |_: &Store, tx: &mut Tx<'_>| {
        tx.conn().execute("UPDATE dmarc_policy SET config = '{' WHERE policy_domain = 'two.example'", [])?;
        Ok::<_, Error>(())
    };
    house.store.write(damage).await.unwrap();
    house.go_to("2026-11-26T00:05:00Z");
    house.seal().await;
    assert_eq!(
        house.told_of(ReportFamily::Dmarc).await,
        ["dmarc one.example 2026-11-25 sealed [mailto:d@one.example sealed]"]
    );
}

#[tokio::test]
async fn a_report_that_an_operator_removes_from_the_queue_has_ended() {
    let house = House::new();
    house.evaluate(vec![fine("one.example")]).await;
    house.go_to("2026-11-26T00:05:00Z");
    house.seal().await;
    house.hours(1).await;
    let ids = house.queued().await.iter().map(|row| row.id).collect();
    let filter = QueueFilter { ids, ..QueueFilter::default() };
    house.queue.drop_messages(QueueDrop { filter, dry_run: false }).await.unwrap();
    assert_eq!(
        house.told_of(ReportFamily::Dmarc).await,
        ["dmarc one.example 2026-11-25 failed [mailto:d@one.example failed]"]
    );
}

#[tokio::test]
async fn what_was_sealed_does_not_leave_once_reports_are_off() {
    let house = House::new();
    house.evaluate(vec![fine("one.example")]).await;
    house.go_to("2026-11-26T00:05:00Z");
    house.seal().await;
    let house = house.set(|options| (options.cap_floor, options.dmarc) = (None, false));
    house.hours(1).await;
    assert!(house.queued().await.is_empty());
    assert_eq!(
        house.told_of(ReportFamily::Dmarc).await,
        ["dmarc one.example 2026-11-25 withheld [mailto:d@one.example withheld]"]
    );
}

#[tokio::test]
async fn signatures_without_end_do_not_make_a_report_that_nobody_takes() {
    let house = House::new();
    let forged = |n: u32| {
        let mut record = record(&format!("198.51.{}.{}", n / 256, n % 256), "one.example", false);
        let one =
            DkimAuth { domain: "x".repeat(250), selector: "y".repeat(200), ..record.dkim_results[0].clone() };
        record.dkim_results = vec![one; 20];
        evaluation("one.example", Policy::Reject, record, Standing::Taken)
    };
    house.evaluate((0..2000).map(forged).collect()).await;
    house.go_to("2026-11-26T00:05:00Z");
    house.seal().await;
    let history = house.history_of(ReportFamily::Dmarc).await;
    assert_eq!(history.iter().map(|row| row.failed).sum::<u64>(), 2000, "all of it is told");
    assert!(history.len() > 2, "{}", history.len());
}
