//! The machine and the server's process: what figures are to be seen beside.
//!
//! Figures of a process are read from `/proc`; on systems without it they are not measured.

use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

/// Ticks of a second in `/proc/PID/stat`; Linux promises them to programs whatever its own clock does.
const TICKS: f64 = 100.0;

/// Says which machine this is, and returns the syncs a second of the disk below `dir`.
pub(crate) fn introduce(dir: &Path) -> f64 {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().filter(|load| !load.is_empty()).unwrap_or("not known").to_owned();
    let syncs = syncs_a_second(dir);
    println!(
        "{cores} cores, load before {load}; one thread appends 4 kB and syncs {syncs:.0} times a second"
    );
    if let Ok(load) = load.parse::<f64>()
        && load > 0.5
    {
        println!("something else runs here: times of this run say little");
    }
    syncs
}

/// How often one thread can append 4 kB to a file and wait for the disk, in a second.
fn syncs_a_second(dir: &Path) -> f64 {
    let mut file = tempfile::tempfile_in(dir).unwrap();
    let block = [0x5a; 4096];
    let (from, mut count) = (Instant::now(), 0);
    while from.elapsed() < Duration::from_secs(1) {
        file.write_all(&block).unwrap();
        file.sync_data().unwrap();
        count += 1;
    }
    f64::from(count) / from.elapsed().as_secs_f64()
}

/// The threads that a server would have, and the allocator told what a server tells it, so that memory is what it would
/// be there. Call once.
pub(crate) fn runtime() -> tokio::runtime::Runtime {
    mox_platform::return_memory();
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap()
}

/// A process; none where there is nothing to read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Process(Option<u32>);

impl Process {
    pub(crate) fn of(pid: Option<u32>) -> Process {
        Process(pid)
    }

    /// CPU time so far in milliseconds, all threads, user and system; steps of 10.
    pub(crate) fn cpu_ms(self) -> Option<f64> {
        let stat = self.read("stat")?;
        // The second field is the name, which may hold anything.
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
        let mut ticks = || fields.next()?.parse::<f64>().ok();
        Some((ticks()? + ticks()?) * 1e3 / TICKS)
    }

    /// Memory in use (resident) in MB.
    pub(crate) fn memory_mb(self) -> Option<f64> {
        self.status("VmRSS:")
    }

    /// Most memory in use since the start or since [`Process::forget_peak`] in MB.
    pub(crate) fn peak_mb(self) -> Option<f64> {
        self.status("VmHWM:")
    }

    /// Begins a new peak, where the system can do that.
    pub(crate) fn forget_peak(self) {
        if let Some(pid) = self.0 {
            let _ = std::fs::write(format!("/proc/{pid}/clear_refs"), "5");
        }
    }

    fn status(self, name: &str) -> Option<f64> {
        let status = self.read("status")?;
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        let kilobytes: f64 = line.split_whitespace().next()?.parse().ok()?;
        Some(kilobytes / 1024.0)
    }

    fn read(self, file: &str) -> Option<String> {
        std::fs::read_to_string(format!("/proc/{}/{file}", self.0?)).ok()
    }
}
