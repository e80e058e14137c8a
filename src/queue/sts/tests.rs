//! A store, a zone, policy hosts that serve what they are told, and a clock.

use std::collections::HashMap;
use std::sync::Mutex;

use bytes::Bytes;
use mox_clock::sim::{SimClock, SimRandom};
use mox_dns::BoxFuture;
use mox_dns::sim::SimResolver;
use mox_https::{HeaderMap, Response, Url};
use tempfile::TempDir;
use tokio::sync::watch;

use super::*;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);

/// Serves a text a host, 404 without one; counts; waits on the clock where told.
struct Web {
    clock: SimClock,
    served: Mutex<HashMap<String, String>>,
    asked: Mutex<Vec<String>>,
    slow: Mutex<Duration>,
}

impl Fetch for Web {
    fn get<'a>(&'a self, url: &'a Url) -> BoxFuture<'a, Result<Response, mox_https::Error>> {
        Box::pin(async move {
            let host = url.host.to_string();
            self.asked.lock().unwrap().push(host.clone());
            let slow = *self.slow.lock().unwrap();
            self.clock.sleep(slow).await;
            let text = self.served.lock().unwrap().get(&host).cloned();
            let headers =
                HeaderMap::from_iter([("content-type".parse().unwrap(), "text/plain".parse().unwrap())]);
            let status = if text.is_some() { 200 } else { 404 };
            Ok(Response { status, headers, body: Bytes::from(text.unwrap_or_default()), cut: false })
        })
    }
}

/// A store, a zone and policy hosts.
struct World {
    dir: TempDir,
    clock: SimClock,
    zone: SimResolver,
    web: Arc<Web>,
    policies: Policies,
}

fn store(dir: &TempDir, clock: &SimClock) -> Store {
    let random = Arc::new(SimRandom::new(3));
    Store::open(dir.path(), &[crate::SCHEMA, STS_SCHEMA], Arc::new(clock.clone()), random).unwrap()
}

fn open(dir: &TempDir, clock: &SimClock, zone: &SimResolver, web: &Arc<Web>) -> Policies {
    let clock_too = Arc::new(clock.clone());
    Policies::new(
        store(dir, clock),
        Arc::new(zone.clone()),
        web.clone(),
        clock_too,
        Arc::new(SimRandom::new(1)),
    )
}

fn name(text: &str) -> Domain {
    text.parse().unwrap()
}

fn policy(mode: &str, max_age: Duration) -> String {
    format!("version: STSv1\nmode: {mode}\nmx: mx.good.example\nmax_age: {}\n", max_age.as_secs())
}

/// What a delivery is told, short: mode, failure, whether it waits.
fn short(found: &Found) -> String {
    assert_eq!(found.policy.is_some(), !found.text.is_empty());
    let mode = found.policy.as_ref().map_or("-".to_owned(), |policy| policy.mode.to_string());
    let failure =
        found.failure.as_ref().map_or("-".to_owned(), |f| format!("{} {}", f.result_type, f.reason));
    format!("{mode} | {failure}{}", if found.temporary.is_some() { " | wait" } else { "" })
}

impl World {
    fn new() -> World {
        let dir = TempDir::new().unwrap();
        let clock = SimClock::new(Timestamp::parse_rfc3339("2026-11-22T10:20:30Z").unwrap());
        let zone = SimResolver::from_zone("").unwrap().with_clock(Arc::new(clock.clone()));
        let web = Arc::new(Web {
            clock: clock.clone(),
            served: Mutex::default(),
            asked: Mutex::default(),
            slow: Mutex::default(),
        });
        let policies = open(&dir, &clock, &zone, &web);
        World { dir, clock, zone, web, policies }
    }

    /// Publishes these records and no others.
    fn record(&self, domain: &str, data: &[&str]) {
        self.zone.remove(&format!("_mta-sts.{domain}"));
        for data in data {
            self.zone.add(&format!("_mta-sts.{domain}. TXT {data}")).unwrap();
        }
    }

    fn serve(&self, domain: &str, text: Option<String>) {
        let mut served = self.web.served.lock().unwrap();
        match text {
            Some(text) => served.insert(format!("mta-sts.{domain}"), text),
            None => served.remove(&format!("mta-sts.{domain}")),
        };
    }

    async fn get(&self, domain: &str) -> String {
        short(&self.policies.get(&name(domain)).await)
    }

    /// How often policy hosts were asked since the last time.
    fn fetches(&self) -> usize {
        self.web.asked.lock().unwrap().drain(..).count()
    }

    /// Works on; when that waits for nothing but time, time passes to the next who sleeps.
    async fn while_time_runs<T>(&self, work: impl Future<Output = T>) -> T {
        tokio::pin!(work);
        loop {
            let others = async {
                // What the store works on is done before time goes on.
                for _ in 0..3 {
                    for _ in 0..20 {
                        tokio::task::yield_now().await;
                    }
                    self.policies.0.store.write(|_, _| Ok::<(), Error>(())).await.unwrap();
                    self.policies.list(MtastsList::default()).await.unwrap();
                }
            };
            tokio::select! {
                biased;
                done = &mut work => return done,
                () = others => {
                    if let Some(next) = self.clock.until_next_sleeper() {
                        self.clock.advance(next);
                    }
                }
            }
        }
    }

    /// Lets time pass until the rows are so.
    async fn until(&self, holds: impl Fn(&[Cached]) -> bool) -> Vec<Cached> {
        let look = async {
            loop {
                let rows = self.policies.list(MtastsList::default()).await.unwrap();
                if holds(&rows) {
                    return rows;
                }
                tokio::task::yield_now().await;
            }
        };
        self.while_time_runs(look).await
    }
}

const ID_1: &str = "\"v=STSv1; id=1\"";
const ID_2: &str = "\"v=STSv1; id=2\"";

#[tokio::test]
async fn what_is_found_when_nothing_is_known() {
    let world = World::new();
    let enforce = policy("enforce", DAY);
    for (case, records, served, expected, fetches, remembered) in [
        ("no record", &[][..], Some(&*enforce), "- | -", 0, false),
        ("other records", &["\"hello\""], Some(&enforce), "- | -", 0, false),
        ("a policy", &[ID_1], Some(&enforce), "enforce | -", 1, true),
        ("testing", &[ID_1], Some(&policy("testing", DAY)), "testing | -", 1, true),
        ("none", &[ID_1], Some(&policy("none", DAY)), "none | -", 1, true),
        ("age zero", &[ID_1], Some(&policy("enforce", Duration::ZERO)), "enforce | -", 1, true),
        (
            "two records",
            &[ID_1, ID_2],
            Some(&enforce),
            "- | sts-policy-fetch-error multiple-mta-sts-records",
            0,
            false,
        ),
        (
            "bad record",
            &["\"v=STSv1; id=?\""],
            Some(&enforce),
            "- | sts-policy-fetch-error record-syntax-error",
            0,
            false,
        ),
        ("no policy", &[ID_1], None, "- | sts-policy-fetch-error no-policy-served", 1, true),
        ("bad policy", &[ID_1], Some("hello"), "- | sts-policy-invalid policy-syntax-error", 1, true),
        (
            "dns down",
            &["; servfail"],
            Some(&enforce),
            "- | sts-policy-fetch-error dns-lookup | wait",
            0,
            false,
        ),
        (
            "bogus is not none",
            &["\"v=STSv1; id=1\" ; bogus"],
            Some(&enforce),
            "- | sts-policy-fetch-error dns-extended-error-6-dnssec-bogus | wait",
            0,
            false,
        ),
    ] {
        world.record("good.example", records);
        world.serve("good.example", served.map(str::to_owned));
        assert_eq!(world.get("good.example").await, expected, "{case}");
        assert_eq!(world.fetches(), fetches, "{case}");
        assert_eq!(world.policies.forget(&name("good.example")).await.unwrap(), remembered, "{case}");
    }
}

#[tokio::test]
async fn what_is_in_force_stays_in_force() {
    let world = World::new();
    let (enforce, none) = (policy("enforce", DAY), policy("none", DAY));
    let error = |reason: &str| format!("sts-policy-fetch-error {reason}+fallback-to-cached-policy");
    for (case, first, records, served, expected, fetches) in [
        ("same id", &enforce, &[ID_1][..], None, "enforce | -".to_owned(), 0),
        ("same id, other policy", &enforce, &[ID_1], Some(&*none), "enforce | -".to_owned(), 0),
        ("other id", &enforce, &[ID_2], Some(&policy("testing", DAY)), "testing | -".to_owned(), 1),
        ("other id, none", &enforce, &[ID_2], Some(&none), "none | -".to_owned(), 1),
        (
            "other id, no policy",
            &enforce,
            &[ID_2],
            None,
            format!("enforce | {}", error("no-policy-served")),
            1,
        ),
        (
            "other id, bad policy",
            &enforce,
            &[ID_2],
            Some("hello"),
            "enforce | sts-policy-invalid policy-syntax-error+fallback-to-cached-policy".to_owned(),
            1,
        ),
        ("gone", &enforce, &[], None, format!("enforce | {}", error("no-mta-sts-dns-txt-record")), 0),
        ("two", &enforce, &[ID_1, ID_2], None, format!("enforce | {}", error("multiple-mta-sts-records")), 0),
        ("down", &enforce, &["; servfail"], None, format!("enforce | {}", error("dns-lookup")), 0),
        (
            "bogus",
            &enforce,
            &["\"v=STSv1; id=2\" ; bogus"],
            None,
            format!("enforce | {}", error("dns-extended-error-6-dnssec-bogus")),
            0,
        ),
        ("none, same id", &none, &[ID_1], None, "none | -".to_owned(), 0),
        ("none, gone", &none, &[], None, "- | -".to_owned(), 0),
        ("none, other id", &none, &[ID_2], Some(&enforce), "enforce | -".to_owned(), 1),
        ("none, down", &none, &["; servfail"], None, format!("none | {}", error("dns-lookup")), 0),
    ] {
        world.record("good.example", &[ID_1]);
        world.serve("good.example", Some(first.clone()));
        world.get("good.example").await;
        world.fetches();
        world.clock.advance(23 * HOUR);
        world.record("good.example", records);
        world.serve("good.example", served.map(str::to_owned));
        assert_eq!(world.get("good.example").await, expected, "{case}");
        assert_eq!(world.fetches(), fetches, "{case}");
        let kept = world.policies.forget(&name("good.example")).await.unwrap();
        assert_eq!(kept, case != "none, gone", "{case}");
    }
}

#[tokio::test]
async fn a_policy_ends_with_its_age_and_an_overlong_age_is_a_year() {
    let world = World::new();
    world.record("good.example", &[ID_1]);
    world.serve("good.example", Some(policy("enforce", 1000 * DAY)));
    world.get("good.example").await;
    world.record("good.example", &[]);
    let year = Duration::from_secs(31_557_600);
    world.clock.advance(year - Duration::from_secs(1));
    assert!(world.get("good.example").await.starts_with("enforce |"));
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(world.get("good.example").await, "- | -");
}

#[tokio::test]
async fn a_policy_host_that_failed_is_left_alone_for_five_minutes() {
    let world = World::new();
    world.record("good.example", &[ID_1]);
    world.get("good.example").await;
    world.clock.advance(5 * MINUTE - Duration::from_secs(1));
    world.serve("good.example", Some(policy("enforce", DAY)));
    let backoff = "sts-policy-fetch-error back-off-after-recent-fetch-error";
    assert_eq!(world.get("good.example").await, format!("- | {backoff}"));
    assert_eq!(world.fetches(), 1);
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(world.get("good.example").await, "enforce | -");

    // The same with a policy in force.
    world.record("good.example", &[ID_2]);
    world.serve("good.example", None);
    world.get("good.example").await;
    world.fetches();
    world.clock.advance(4 * MINUTE);
    let held = format!("enforce | {backoff}+fallback-to-cached-policy");
    assert_eq!(world.get("good.example").await, held);
    assert_eq!(world.fetches(), 0);
    assert_eq!(
        world.policies.list(MtastsList::default()).await.unwrap()[0].failure.as_ref().unwrap().reason,
        "no-policy-served"
    );
    world.clock.advance(MINUTE);
    world.serve("good.example", Some(policy("testing", DAY)));
    assert_eq!(world.get("good.example").await, "testing | -");
    let row = &world.policies.list(MtastsList::default()).await.unwrap()[0];
    assert_eq!((row.record_id.as_str(), &row.failure), ("2", &None));
}

#[tokio::test]
async fn a_slow_policy_host_takes_a_minute_at_most_and_half_of_it_when_a_policy_is_in_force() {
    let world = World::new();
    world.record("good.example", &["\"v=STSv1; id=1\" ; delay 20"]);
    *world.web.slow.lock().unwrap() = HOUR;
    let took = world.clock.monotonic();
    let found = world.while_time_runs(world.get("good.example")).await;
    assert_eq!(found, "- | sts-policy-fetch-error cannot-fetch-policy");
    let took = world.clock.monotonic() - took;
    assert!(took >= MINUTE && took < MINUTE + Duration::from_secs(1), "{took:?}");

    *world.web.slow.lock().unwrap() = Duration::ZERO;
    world.clock.advance(5 * MINUTE);
    world.serve("good.example", Some(policy("enforce", DAY)));
    world.while_time_runs(world.get("good.example")).await;
    world.record("good.example", &[ID_2]);
    *world.web.slow.lock().unwrap() = HOUR;
    let took = world.clock.monotonic();
    let found = world.while_time_runs(world.get("good.example")).await;
    assert_eq!(found, "enforce | sts-policy-fetch-error cannot-fetch-policy+fallback-to-cached-policy");
    let took = world.clock.monotonic() - took;
    assert!(took >= MINUTE / 2 && took < MINUTE, "{took:?}");

    // DNS that answers nothing.
    let world = World::new();
    world.record("good.example", &["\"v=STSv1; id=1\" ; delay 7200"]);
    let found = world.while_time_runs(world.get("good.example")).await;
    assert_eq!(found, "- | sts-policy-fetch-error dns-lookup | wait");
}

#[tokio::test]
async fn deliveries_at_the_same_time_share_one_look() {
    let world = World::new();
    world.record("good.example", &[ID_1]);
    world.record("other.example", &[ID_1]);
    for domain in ["good.example", "other.example"] {
        world.serve(domain, Some(policy("enforce", DAY)));
    }
    *world.web.slow.lock().unwrap() = Duration::from_secs(10);
    let mut asking = Vec::new();
    for number in 0..50 {
        let domain = name(if number % 2 == 0 { "good.example" } else { "other.example" });
        let policies = world.policies.clone();
        asking.push(tokio::spawn(async move { policies.get(&domain).await }));
    }
    while world.web.asked.lock().unwrap().len() < 2 {
        tokio::task::yield_now().await;
    }
    // The one who looks is broken off; another looks, and all are told.
    asking.remove(0).abort();
    let all = async {
        for task in asking {
            assert_eq!(short(&task.await.unwrap()), "enforce | -");
        }
    };
    world.while_time_runs(all).await;
    let mut asked = world.web.asked.lock().unwrap().clone();
    asked.sort();
    assert_eq!(asked, ["mta-sts.good.example", "mta-sts.good.example", "mta-sts.other.example"]);
    assert!(world.policies.0.flights.is_idle());
}

#[tokio::test]
async fn what_is_remembered_survives_a_restart_and_can_be_forgotten() {
    let World { dir, clock, zone, web, policies } = World::new();
    zone.add(&format!("_mta-sts.good.example. TXT {ID_1}")).unwrap();
    let text = policy("enforce", DAY);
    web.served.lock().unwrap().insert("mta-sts.good.example".to_owned(), text.clone());
    let before = policies.get(&name("good.example")).await;
    policies.get(&name("good.example")).await;
    drop(policies);
    let policies = open(&dir, &clock, &zone, &web);
    assert_eq!(policies.get(&name("GOOD.example")).await, before);
    assert_eq!((before.text, web.asked.lock().unwrap().len()), (text, 1));
    assert!(policies.forget(&name("good.example")).await.unwrap());
    assert!(!policies.forget(&name("good.example")).await.unwrap());
    policies.get(&name("good.example")).await;
    assert_eq!(web.asked.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn refreshing_renews_policies_and_their_text_and_clears_what_is_over() {
    let world = World::new();
    let domains = ["used.example", "broken.example", "gone.example", "none.example", "down.example"];
    for domain in domains {
        world.record(domain, &[ID_1]);
        world
            .serve(domain, Some(policy(if domain == "none.example" { "none" } else { "enforce" }, 30 * DAY)));
        world.get(domain).await;
    }
    world.record("failing.example", &[ID_1]);
    world.get("failing.example").await;
    world.fetches();
    let (stop, shutdown) = watch::channel(false);
    let running = tokio::spawn(world.policies.clone().refresh(shutdown));
    world.until(|rows| rows.len() == domains.len()).await;
    assert_eq!(world.fetches(), 0, "nothing is stale, and what failed is not tried for nobody");
    for domain in domains {
        world
            .serve(domain, Some(policy(if domain == "none.example" { "none" } else { "testing" }, 40 * DAY)));
    }
    world.serve("broken.example", None);
    world.record("gone.example", &[]);
    world.record("none.example", &[]);
    world.record("down.example", &["; servfail"]);
    let started = world.clock.now();
    let testing = |row: &Cached| row.policy.as_ref().unwrap().mode == Mode::Testing;
    let rows = world
        .until(|rows| {
            let failed = rows.iter().any(|row| row.failure.is_some());
            rows.len() == 4 && failed && rows.iter().filter(|row| testing(row)).count() == 2
        })
        .await;
    let rows: Vec<_> = rows.iter().map(|row| (row.domain.to_string(), testing(row))).collect();
    let row = |domain: &str, testing| (domain.to_owned(), testing);
    assert_eq!(
        rows,
        [
            row("broken.example", false),
            row("down.example", true),
            row("gone.example", false),
            row("used.example", true),
        ]
    );
    let took = world.clock.now().since(started);
    assert!(took >= 24 * HOUR && took < 27 * HOUR, "{took:?}");
    assert_eq!(world.fetches(), 3);
    let found = world.policies.get(&name("used.example")).await;
    assert_eq!(found.text, policy("testing", 40 * DAY));
    stop.send(true).unwrap();
    running.await.unwrap();
}

#[tokio::test]
async fn a_policy_that_no_delivery_uses_goes_after_half_a_year() {
    let world = World::new();
    for domain in ["used.example", "unused.example"] {
        world.record(domain, &[ID_1]);
        world.serve(domain, Some(policy("enforce", 365 * DAY)));
        world.get(domain).await;
    }
    for _ in 0..2 {
        world.clock.advance(100 * DAY);
        world.get("used.example").await;
        world.policies.refresh_one(&name("unused.example")).await;
    }
    let (_stop, shutdown) = watch::channel(false);
    let running = tokio::spawn(world.policies.clone().refresh(shutdown));
    let rows = world.until(|rows| rows.len() < 2).await;
    assert_eq!(rows.iter().map(|row| row.domain.to_string()).collect::<Vec<_>>(), ["used.example"]);
    running.abort();
}

#[tokio::test]
async fn a_delivery_that_shares_the_refresh_of_a_policy_that_ran_out_waits() {
    let world = World::new();
    world.record("gone.example", &[ID_1]);
    world.serve("gone.example", Some(policy("enforce", HOUR)));
    assert_eq!(world.get("gone.example").await, "enforce | -");
    world.clock.advance(2 * HOUR);
    let shared = world.policies.look(&name("gone.example"), Why::Refresh).await;
    assert_eq!(short(&shared), "- | - | wait", "no policy in force is not the same as none at all");
    assert_eq!(world.get("gone.example").await, "enforce | -", "the next one looks anew");
}

#[tokio::test]
async fn policies_are_listed_behind_a_name_and_by_a_part_of_it() {
    let world = World::new();
    let store = store(&world.dir, &world.clock);
    let write = |_: &Store, tx: &mut Tx<'_>| {
        for n in 0..25 {
            let failure = Failure { result_type: ResultType::StsPolicyFetchError, reason: "x".to_owned() };
            let row = Row::failing("1".to_owned(), Timestamp::default(), Timestamp::default(), failure);
            tables::put(tx.conn(), &format!("d{n:02}.example").parse().unwrap(), &row)?;
        }
        // One that cannot be read any longer hides none.
        let sql = "UPDATE mtasts_policy SET text = 'version: x' WHERE domain = 'd03.example'";
        tx.conn().execute(sql, ())?;
        Ok::<_, Error>(())
    };
    store.write(write).await.unwrap();
    let names = |domain: Option<&str>, after: Option<&str>, limit| {
        let (domain, after) = (domain.map(str::to_owned), after.map(str::to_owned));
        let list = world.policies.list(MtastsList { domain, after, limit });
        async { list.await.unwrap().iter().map(|row| row.domain.to_string()).collect::<Vec<_>>() }
    };
    assert_eq!(names(None, None, None).await.len(), 24);
    assert_eq!(names(None, Some("d01.example"), Some(2)).await, ["d02.example", "d04.example"]);
    assert_eq!(names(Some("D1"), Some("d18.example"), None).await, ["d19.example"]);
    assert_eq!(names(Some("%"), None, None).await, [""; 0]);
}
