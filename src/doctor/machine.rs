//! The machine: disk, clock, how many files a process may open.

use std::time::{Duration, SystemTime};

use mox_clock::Timestamp;
use mox_dnscheck::Finding;

use crate::Patient;

/// Below this many free bytes mail is soon refused.
const LOW: u64 = 1 << 30;
/// Below this many it is now.
const FULL: u64 = 100 << 20;
/// Connections and files of a server that is busy.
const OPEN_FILES: u64 = 4096;
/// A clock may be so far behind what was written before.
const BEHIND: Duration = Duration::from_secs(60);
/// Where programs that set the clock by others leave a trace.
const SYNCHRONISED: [&str; 4] =
    ["/run/systemd/timesync/synchronized", "/run/chrony/chronyd.sock", "/run/chrony", "/run/ntpd.pid"];

/// Looks at the machine.
pub(crate) fn look(patient: &Patient<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = disk(patient).into_iter().collect();
    findings.push(clock(patient));
    if let Ok(Some(limit)) = mox_platform::raise_nofile_limit()
        && limit < OPEN_FILES
    {
        let text = format!("a process may open {limit} files at once, which many connections exceed");
        findings.push(
            Finding::warning("open-files", "this machine", text)
                .fix(format!("LimitNOFILE={OPEN_FILES} or more in the service file, or `ulimit -n`")),
        );
    }
    findings
}

fn disk(patient: &Patient<'_>) -> Option<Finding> {
    let folder = &patient.config.data_dir;
    let subject = folder.display().to_string();
    let there = folder.ancestors().find(|folder| folder.exists())?;
    let free = mox_platform::files::free_space(there).ok().flatten()?;
    let text = format!("{} MiB free", free >> 20);
    Some(match free {
        0..FULL => Finding::error("disk-full", subject, format!("{text}: mail is refused for now"))
            .fix("make room, or move DataDir to a larger disk"),
        FULL..LOW => Finding::warning("disk-low", subject, format!("{text}: it will not last for long"))
            .fix("make room, or move DataDir to a larger disk"),
        _ => Finding::ok("disk", subject, text),
    })
}

/// A clock that is wrong breaks certificates, signatures and DNSSEC.
fn clock(patient: &Patient<'_>) -> Finding {
    let now = patient.world.clock.now();
    let written = ["mox.db-wal", "mox.db"].iter().filter_map(|name| {
        let modified = std::fs::metadata(patient.config.data_dir.join(name)).ok()?.modified().ok()?;
        let since = modified.duration_since(SystemTime::UNIX_EPOCH).ok()?;
        Some(Timestamp::from_secs(i64::try_from(since.as_secs()).ok()?))
    });
    match written.max() {
        Some(last) if last.secs() > now.plus(BEHIND).secs() => Finding::error(
            "clock-behind",
            "this machine",
            format!("the clock says {}, and the database was written at {}", now.rfc3339(), last.rfc3339()),
        )
        .fix("set the clock by NTP: systemd-timesyncd or chrony"),
        _ if SYNCHRONISED.iter().any(|file| std::path::Path::new(file).exists()) => {
            Finding::ok("clock", "this machine", format!("{}, set by others", now.rfc3339()))
        }
        _ => Finding::info(
            "clock-alone",
            "this machine",
            format!("{}; nothing was found here that sets the clock by others", now.rfc3339()),
        )
        .fix("let systemd-timesyncd, chrony or the host of this machine set the clock"),
    }
}
