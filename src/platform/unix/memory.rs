//! How the C library's allocator holds on to memory. Only glibc needs to be told.

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "the allocator's settings have no safe interface")]
pub(crate) fn return_memory() {
    use std::ffi::c_int;
    unsafe extern "C" {
        fn mallopt(param: c_int, value: c_int) -> c_int;
    }
    const M_TRIM_THRESHOLD: c_int = -1;
    const M_MMAP_THRESHOLD: c_int = -3;
    const M_ARENA_MAX: c_int = -8;
    for (param, value) in [(M_TRIM_THRESHOLD, 1 << 20), (M_MMAP_THRESHOLD, 512 << 10), (M_ARENA_MAX, 2)] {
        // SAFETY: mallopt takes two integers and touches nothing but the allocator's own settings, under its own
        // lock; a value it does not like is refused with 0, which changes nothing.
        unsafe { mallopt(param, value) };
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(crate) fn return_memory() {}
