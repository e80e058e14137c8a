//! A lab with a domain that has a next step, one that moves on by itself, and a sender.

use mox_admin::ops::*;
use mox_admin::{OpError, Operations, Time};
use mox_clock::Timestamp;

pub(super) fn lab(operations: Operations) -> Operations {
    operations
        .on(|op: LabAdvance| async move {
            let before = Timestamp::parse_rfc3339("2026-11-22T10:20:30Z").unwrap();
            let now = match op.by {
                LabMove::ByMs(ms) => before.plus(std::time::Duration::from_millis(ms)),
                LabMove::Midnight => before.day().next().start(),
            };
            Ok(LabAdvanced { before: Time(before), now: Time(now), dry_run: op.dry_run })
        })
        .on(|op: LabStep| async move {
            match op.domain.as_str() {
                "sts-gone.lab.test" => Ok(LabStepped {
                    domain: op.domain,
                    does: "has neither record nor policy any more".into(),
                    dry_run: op.dry_run,
                }),
                domain => Err(OpError::not_found(format!("the lab has no domain {domain}"))),
            }
        })
        .on(|_: LabShow| async move {
            let row = |domain: &str, group: &str, does: &str, expect: &str, next: Option<LabNext>| LabRow {
                domain: domain.into(),
                group: group.into(),
                does: does.into(),
                expect: expect.into(),
                next,
            };
            let gone = LabNext { does: "has neither record nor policy any more".into(), after_secs: None };
            let later = LabNext { does: "takes the message".into(), after_secs: Some(10) };
            Ok(LabShown {
                now: Time(Timestamp::parse_rfc3339("2026-11-22T10:20:30Z").unwrap()),
                domains: vec![
                    row("sts-gone.lab.test", "mta-sts", "withdraws its policy", "delivered", Some(gone)),
                    row(
                        "greylist.lab.test",
                        "weather",
                        "refuses who it does not know",
                        "deferred",
                        Some(later),
                    ),
                    row("dmarc-pass.lab.test", "senders", "sends", "spf pass, dmarc pass: accept", None),
                ],
            })
        })
        .on(|op: LabTry| async move {
            let (from, to) = match op.domain.as_str() {
                "sts-expired.lab.test" => ("mox@localhost", "bob@sts-expired.lab.test"),
                "dmarc-reject.lab.test" => ("amy@dmarc-reject.lab.test", "bob@example.org"),
                domain => return Err(OpError::not_found(format!("the lab has no domain {domain}"))),
            };
            Ok(LabTried {
                mail_from: from.into(),
                from: from.into(),
                to: to.into(),
                signed: None,
                accepted: !op.dry_run,
                reply: if op.dry_run { String::new() } else { "250 2.6.0 it is on the disk".into() },
                expect: "what the table says".into(),
                dry_run: op.dry_run,
            })
        })
}
