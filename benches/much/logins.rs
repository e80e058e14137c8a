//! Attempts to log in of two accounts and of strangers, and MTA-STS policies of many domains.

use mox_admin::ops::{LoginAttemptRow, LoginAttempts, MtastsList};
use mox_admin::{OpError, Operations, Time};
use mox_clock::{Clock, Timestamp};
use mox_queue::Cached;
use mox_store::{Attempt, AttemptKey, AttemptRow, Attempts};

use crate::kit::engine::House;
use crate::kit::pages::{Case, write};

pub(crate) async fn fill(house: &House, logins: usize, policies: usize) {
    let (store, now) = (house.store.clone(), house.clock.now().micros());
    write(house, logins, move |tx, n| {
        let account = ["a", "other", ""][n % 3].to_owned();
        let result = if n % 10 == 0 { "badcreds" } else { "ok" }.to_owned();
        let attempt = Attempt {
            login: format!("{account}+{n}@bench.example"),
            account,
            remote_ip: format!("192.0.2.{}", n % 256),
            protocol: "submissions".to_owned(),
            mechanism: "PLAIN".to_owned(),
            result,
            tls: "TLSv1.3 TLS13_AES_256_GCM_SHA384".to_owned(),
            at: Timestamp::from_micros(now - i64::try_from(n).unwrap() * 1_000_000),
        };
        store.note_attempts(tx, &[attempt])
    })
    .await;
    write(house, policies, move |tx, n| {
        let sql = "INSERT INTO mtasts_policy (domain, text, record_id, fetched, expires, used, retry)
          VALUES (?1, ?2, '20261125', ?3, ?4, ?3, ?3)";
        let name = format!("d{n}.example");
        let text = format!("version: STSv1\nmode: enforce\nmx: mx.{name}\nmx: *.{name}\nmax_age: 604800\n");
        tx.conn().execute(sql, (name, text, now, now + 604_800_000_000))?;
        Ok(())
    })
    .await;
}

/// What the pages ask. The server words the key of a login in the same way.
pub(crate) fn operations(operations: Operations, house: &House) -> Operations {
    let (store, policies) = (house.store.clone(), house.policies.clone());
    operations
        .on(move |op: LoginAttempts| {
            let store = store.clone();
            async move {
                let key = |text: &String| {
                    let (last, same) = serde_json::from_str(text).unwrap();
                    AttemptKey { last: Timestamp::from_micros(last), same }
                };
                let LoginAttempts { account, failed, after, limit, .. } = op;
                let asked = Attempts { account, failed, since: None, after: after.as_ref().map(key), limit };
                let rows = store.read(move |store, tx| store.attempts(tx, &asked)).await;
                Ok(rows.map_err(OpError::failed)?.into_iter().map(shown).collect::<Vec<_>>())
            }
        })
        .on(move |op: MtastsList| {
            let policies = policies.clone();
            async move {
                let rows = policies.list(op).await.map_err(OpError::failed)?;
                Ok(rows.into_iter().map(Cached::shown).collect::<Vec<_>>())
            }
        })
}

fn shown(row: AttemptRow) -> LoginAttemptRow {
    let key = row.key();
    let AttemptRow { attempt, count, first } = row;
    LoginAttemptRow {
        account: attempt.account,
        login: attempt.login,
        remote_ip: attempt.remote_ip,
        protocol: attempt.protocol,
        mechanism: attempt.mechanism,
        result: attempt.result,
        tls: attempt.tls,
        count,
        first: Time(first),
        last: Time(attempt.at),
        key: serde_json::to_string(&(key.last.micros(), key.same)).unwrap(),
    }
}

/// Beginning and middle of each list, and filters that find little or nothing.
pub(crate) async fn cases(house: &House, logins: usize) -> Vec<Case> {
    let limit = u32::try_from(logins / 2).unwrap();
    let asked = Attempts { limit, ..Attempts::default() };
    let rows = house.store.read(move |store, tx| store.attempts(tx, &asked)).await.unwrap();
    let key = shown(rows.last().cloned().unwrap()).key;
    let after = key.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    let logins = |query: &str| format!("accounts/.logins?{query}");
    let row = "<tr data-key=";
    vec![
        Case::new("logins, first page", logins(""), row),
        Case::new("logins, middle page", logins(&format!("after={after}")), row),
        Case::new("logins, of an account", logins("account=a"), row),
        Case::new("logins, account, middle", logins(&format!("account=a&after={after}")), row),
        Case::new("logins, failed", logins("account=other&failed=yes"), row),
        Case::new("logins, nothing found", logins("account=nobody"), "No attempts"),
        Case::new("mtasts, first page", "mtasts", row),
        Case::new("mtasts, middle page", "mtasts?after=d3.example", row),
        Case::new("mtasts, by part", "mtasts?domain=d7", row),
        Case::new("mtasts, nothing found", "mtasts?domain=nobody", "No policy"),
    ]
}
