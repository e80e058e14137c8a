//! Points at which a test ends the process, as a power cut would.
//!
//! Code that promises something across a crash names the instants between its steps. Nothing happens there, unless
//! the hidden option `--fault NAME` arms one; then the process is gone without a goodbye.

/// Where the process may be ended.
pub trait Faults: Send + Sync {
    /// Called at the point named `point`, as `tlsrpt-sealed`.
    fn reach(&self, point: &str);
}

/// Nothing happens.
pub struct NoFaults;

impl Faults for NoFaults {
    fn reach(&self, _: &str) {}
}

/// Ends the process at one point, the `n`th time it is reached.
pub struct Armed {
    point: String,
    left: std::sync::atomic::AtomicU32,
}

impl Armed {
    /// At `point` when it is reached for the first time; `point:3` for the third.
    pub fn new(point: &str) -> Armed {
        let (point, n) = point.split_once(':').unwrap_or((point, "1"));
        Armed { point: point.to_owned(), left: n.parse().unwrap_or(1).max(1).into() }
    }
}

impl Faults for Armed {
    fn reach(&self, point: &str) {
        use std::sync::atomic::Ordering::SeqCst;
        if point == self.point && self.left.fetch_sub(1, SeqCst) == 1 {
            std::process::abort();
        }
    }
}
