//! Certificates that the running server has from authorities: how long each lasts, when it is renewed, what went wrong.

use mox_admin::Time;
use mox_admin::ops::CertificateRow;
use mox_dnscheck::Finding;

use crate::{Patient, Running};

/// Seconds of a day.
const DAY: i64 = 86_400;
/// Days before the end at which an authority was asked for long without success.
const SOON: i64 = 10;

/// Looks at all that the server told of.
pub(crate) fn look(patient: &Patient<'_>, running: &Running) -> Vec<Finding> {
    let now = patient.world.clock.now().secs();
    running.certificates.iter().filter_map(|row| one(row, now)).collect()
}

fn one(row: &CertificateRow, now: i64) -> Option<Finding> {
    let subject = format!("{} {}", row.name, row.key);
    let fix =
        format!("mend that, then `mox certificates renew {}`; `mox certificates list` shows all", row.name);
    let failed = row.error.as_ref().map(|error| format!("{} gives none: {error}", row.authority));
    let Some(end) = &row.not_after else {
        return Some(match failed {
            Some(failed) if row.essential => {
                let text = format!("there is no certificate: {failed}");
                Finding::error("certificate-none", subject, text).fix(fix)
            }
            Some(failed) => Finding::warning("certificate-failing", subject, failed).fix(fix),
            None if row.essential => {
                let text = format!("there is no certificate yet; {} is asked for it", row.authority);
                Finding::info("certificate-awaited", subject, text).fix("look again in some minutes")
            }
            // Nobody has asked for the name yet.
            None => return None,
        });
    };
    let left = (end.0.secs() - now).div_euclid(DAY);
    let because = failed.as_ref().map(|failed| format!("; {failed}")).unwrap_or_default();
    Some(match (left, failed) {
        (..0, _) => {
            let text = format!("ended on {end}{because}");
            Finding::error("certificate-expired", subject, text).fix(fix)
        }
        (0..SOON, _) => {
            let text = format!("ends in {left} days, and is not renewed yet{because}");
            Finding::warning("certificate-ends", subject, text).fix(fix)
        }
        (_, Some(failed)) => {
            let text = format!("{left} days left, and no new one: {failed}");
            Finding::warning("certificate-failing", subject, text).fix(fix)
        }
        (_, None) => {
            let renewed = row.renew_at.as_ref().map(Time::to_string).unwrap_or_else(|| "later".to_owned());
            let text = format!("{left} days left, from {}; renewed: {renewed}", row.authority);
            Finding::ok("certificate", subject, text)
        }
    })
}
