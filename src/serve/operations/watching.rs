//! What goes on in the house: mail by the hour, reports, connections, networks at a limit, lines of the log.

use std::sync::Arc;
use std::time::Duration;

use mox_admin::ops::{
    Connections, DmarcReports, LogLine, LogLines, LogTail, RateLimitRow, RateLimits, ReportFamily,
    ReportHistory, ReportState, ReportStateRow, TlsReports, Traffic,
};
use mox_admin::{OpError, Operations, Time};
use mox_clock::{Clock, Timestamp};
use mox_net::Crowded;
use mox_reports::receive::{dmarc, tls};
use mox_telemetry::{Entry, Wanted, level_name, parse_level, recent};

use super::{Parts, failed};

/// How often it is looked whether something was logged.
const LOOK: Duration = Duration::from_millis(200);

pub(super) fn add(operations: Operations, parts: &Arc<Parts>) -> Operations {
    let p = || parts.clone();
    let (traffic, reports, open, limits, logs) = (p(), p(), p(), p(), p());
    operations
        .on(move |op: Traffic| {
            let traffic = traffic.traffic.clone();
            async move { traffic.report(&op).await.map_err(failed) }
        })
        .on(move |_: ReportState| report_state(reports.clone()))
        .on(move |op: Connections| std::future::ready(Ok(open.sessions.list(&op))))
        .on(move |_: RateLimits| std::future::ready(Ok(rates(limits.gate.crowded()))))
        .on(move |op: LogTail| wait_for(logs.clock.clone(), op))
}

async fn report_state(parts: Arc<Parts>) -> Result<Vec<ReportStateRow>, OpError> {
    let now = parts.outside.schedule.now();
    let (today, next) = (now.day().start(), Time(now.day().next().start()));
    let tls = tls::reports(&parts.store, TlsReports::default(), parts.clock.now()).await?;
    let dmarc = dmarc::reports(&parts.store, DmarcReports::default(), parts.clock.now()).await?;
    let received: [(ReportFamily, Vec<Timestamp>); 2] = [
        (ReportFamily::Tls, tls.reports.iter().map(|row| row.received.0).collect()),
        (ReportFamily::Dmarc, dmarc.reports.iter().map(|row| row.received.0).collect()),
    ];
    let mut rows = Vec::new();
    for (family, received) in received {
        let asked = ReportHistory { family, domain: None, limit: Some(1) };
        let last = parts.reports.history(asked).await?.into_iter().next();
        rows.push(ReportStateRow {
            family,
            next,
            last: last.as_ref().map(|row| row.sealed),
            outcome: last.as_ref().map(|row| row.outcome.clone()).unwrap_or_default(),
            policy_domain: last.map(|row| row.policy_domain).unwrap_or_default(),
            received_today: received.iter().filter(|at| **at >= today).count() as u64,
            last_received: received.into_iter().max().map(Time),
        });
    }
    Ok(rows)
}

/// Who does much of what it may, those at their limit first.
fn rates(crowded: [Vec<Crowded>; 3]) -> Vec<RateLimitRow> {
    let row = |what: &str, one: Crowded| RateLimitRow {
        what: what.to_owned(),
        network: one.network.to_string(),
        count: one.count,
        limit: one.limit,
        window_secs: one.window.map(|window| window.as_secs()),
        limited: one.count >= one.limit,
    };
    let all = ["connections", "open", "logins"].into_iter().zip(crowded);
    let mut rows: Vec<RateLimitRow> =
        all.flat_map(|(what, some)| some.into_iter().map(move |one| row(what, one))).collect();
    rows.sort_by(|a, b| {
        let key = |row: &RateLimitRow| (!row.limited, std::cmp::Reverse(row.count));
        key(a).cmp(&key(b)).then_with(|| (&a.what, &a.network).cmp(&(&b.what, &b.network)))
    });
    rows.truncate(RateLimits::MAX);
    rows
}

/// Lines of the log; those that come since, when there are some or the time is over.
async fn wait_for(clock: Arc<dyn Clock>, op: LogTail) -> Result<LogLines, OpError> {
    let until = clock.monotonic() + Duration::from_millis(op.timeout_ms.min(LogTail::MAX_WAIT_MS));
    loop {
        let asked = op.clone();
        let lines = tokio::task::spawn_blocking(move || tail(&asked)).await.map_err(OpError::failed)??;
        if op.after.is_none() || !lines.lines.is_empty() || clock.monotonic() >= until {
            return Ok(lines);
        }
        // Nothing is looked through again before something was logged.
        while recent().newest() == lines.newest && clock.monotonic() < until {
            clock.sleep(LOOK).await;
        }
    }
}

fn tail(op: &LogTail) -> Result<LogLines, OpError> {
    let level = op.level.as_deref().map(parse_level).transpose().map_err(OpError::usage)?;
    let text = op.text.clone().unwrap_or_default();
    if text.len() > LogTail::MAX_TEXT {
        return Err(OpError::usage(format!("text: longer than {} bytes", LogTail::MAX_TEXT)));
    }
    let limit = op.limit.unwrap_or(LogTail::LIMIT);
    if limit > LogTail::MAX {
        return Err(OpError::usage(format!("limit: more than {} lines", LogTail::MAX)));
    }
    let wanted = Wanted {
        before: op.before,
        // A number beyond all of them is of an earlier start of the server.
        after: op.after.map(|after| if after > recent().newest() { 0 } else { after }),
        level,
        room: op.room.clone(),
        text,
        limit: usize::try_from(limit).unwrap_or(usize::MAX),
    };
    let found = recent().find(&wanted);
    Ok(LogLines {
        lines: found.lines.iter().map(|entry| line(entry)).collect(),
        more: found.more,
        newest: found.newest,
        oldest: found.oldest,
        rooms: found.rooms.into_iter().map(str::to_owned).collect(),
    })
}

fn line(entry: &Entry) -> LogLine {
    LogLine {
        seq: entry.seq,
        at: Time(entry.at),
        level: level_name(entry.level).to_owned(),
        room: entry.room.to_owned(),
        message: entry.message().to_owned(),
        fields: entry.fields().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mox_net::prefixes;

    #[test]
    fn networks_at_their_limit_come_first() {
        let [network, ..] = prefixes("192.0.2.1".parse().unwrap());
        let one = |count, window| Crowded { network, count, limit: 10, window };
        let minute = Some(std::time::Duration::from_secs(60));
        let rows = rates([vec![one(9, minute)], vec![one(10, None)], vec![one(12, minute), one(5, minute)]]);
        let shown: Vec<_> =
            rows.iter().map(|r| (r.what.as_str(), r.count, r.limited, r.window_secs)).collect();
        assert_eq!(
            shown,
            [
                ("logins", 12, true, Some(60)),
                ("open", 10, true, None),
                ("connections", 9, false, Some(60)),
                ("logins", 5, false, Some(60))
            ]
        );
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let long = LogTail { text: Some("x".repeat(201)), ..LogTail::default() };
        assert_eq!(tail(&long).unwrap_err().message, "text: longer than 200 bytes");
        let many = LogTail { limit: Some(10_001), ..LogTail::default() };
        assert_eq!(tail(&many).unwrap_err().message, "limit: more than 10000 lines");
        let level = LogTail { level: Some("loud".into()), ..LogTail::default() };
        assert!(tail(&level).unwrap_err().message.contains("\"loud\""));
    }
}
