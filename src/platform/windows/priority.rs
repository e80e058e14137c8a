//! What a thread is worth to the scheduler.

use windows_sys::Win32::System::Threading::{GetCurrentThread, SetThreadPriority, THREAD_PRIORITY_LOWEST};

pub(crate) fn yield_to_others() {
    // SAFETY: the handle stands for this thread and need not be closed. Where it fails the thread stays what it was.
    unsafe { SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_LOWEST) };
}
