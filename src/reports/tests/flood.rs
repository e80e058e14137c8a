//! Somebody sends mail in the names of very many domains.

use mox_admin::ops::ReportFamily;
use mox_db::Tx;
use mox_dmarc::Policy;
use mox_queue::Reporting;
use mox_store::{Error, Store};

use super::dmarc::{evaluation, record};
use super::house::{House, row};
use crate::Standing;

/// Domains whose names are abused; each wants reports.
const DOMAINS: u32 = 1_000;
/// Messages in the name of each, from as many addresses.
const MESSAGES: u32 = 100;

/// A day on which it all was refused.
async fn refuse_all(house: &House) {
    let zone = |n| format!("_dmarc.s{n}.example. TXT \"v=DMARC1; p=reject; rua=mailto:d@s{n}.example\"\n");
    house.zone.add(&(0..DOMAINS).map(zone).collect::<String>()).unwrap();
    for group in 0..10 {
        let of = |n: u32| {
            let domain = format!("s{n}.example");
            (0..MESSAGES).map(move |m| {
                let refused = record(&format!("198.51.100.{m}"), &domain, false);
                evaluation(&domain, Policy::Reject, refused, Standing::Unwanted)
            })
        };
        house.evaluate((group * 100..(group + 1) * 100).flat_map(of).collect()).await;
    }
}

/// How many policies, and rows under them, wait or are to be swept.
fn waiting(house: &House) -> (u32, u32) {
    let read = |_: &Store, tx: &mox_db::ReadTx<'_>| {
        let count = |table| {
            let sql = format!("SELECT count(*) FROM {table}");
            tx.conn().query_row(&sql, [], |row| row.get(0))
        };
        Ok::<_, Error>((count("dmarc_policy")?, count("dmarc_row")?))
    };
    house.store.read_blocking(read).unwrap()
}

#[tokio::test]
async fn mail_in_the_names_of_strangers_makes_us_write_to_nobody() {
    let house = House::new();
    refuse_all(&house).await;
    assert_eq!(waiting(&house), (DOMAINS, DOMAINS * MESSAGES));
    house.go_to("2026-11-26T00:10:00Z");
    house.seal().await;
    house.hours(1).await;
    assert_eq!(house.told_of(ReportFamily::Dmarc).await, [""; 0]);
    assert!(house.queued().await.is_empty() && house.hook.posts().is_empty());
    assert_eq!(waiting(&house), (0, 0));
}

#[tokio::test]
async fn only_whom_we_know_hears_of_it() {
    let house = House::new();
    let reports = house.reports.clone();
    let known = mox_queue::Queued { forward_path: "amy@mail.s7.example".parse().unwrap(), ..row(1) };
    let write = move |_: &Store, tx: &mut Tx<'_>| reports.delivered(tx, &known);
    house.store.write(write).await.unwrap();
    let zone = |n| format!("_dmarc.s{n}.example. TXT \"v=DMARC1; p=reject; rua=mailto:d@s{n}.example\"\n");
    house.zone.add(&(0..10).map(zone).collect::<String>()).unwrap();
    let refused = |n| {
        let domain = format!("s{n}.example");
        evaluation(&domain, Policy::Reject, record("198.51.100.7", &domain, false), Standing::Unwanted)
    };
    house.evaluate((0..10).map(refused).collect()).await;
    house.go_to("2026-11-26T00:10:00Z");
    house.seal().await;
    house.hours(1).await;
    let to: Vec<_> = house.queued().await.into_iter().map(|row| row.to).collect();
    assert_eq!(to, ["d@s7.example"]);
}
