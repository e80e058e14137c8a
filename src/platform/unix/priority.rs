//! What a thread is worth to the scheduler.

/// Linux counts niceness by thread; elsewhere it is the process's, which has other work to do.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "the call has no safe interface")]
pub(crate) fn yield_to_others() {
    use nix::libc::{PRIO_PROCESS, setpriority};
    const LOWEST: i32 = 19;
    // SAFETY: setpriority takes three integers, of which 0 is this thread, and touches no memory. Where it fails the
    // thread stays what it was.
    unsafe { setpriority(PRIO_PROCESS, 0, LOWEST) };
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn yield_to_others() {}
