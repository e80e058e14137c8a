//! The console: escape sequences for colours, which a program has to ask for.

use windows_sys::Win32::System::Console::{
    ENABLE_VIRTUAL_TERMINAL_PROCESSING, GetConsoleMode, GetStdHandle, STD_ERROR_HANDLE, STD_OUTPUT_HANDLE,
    SetConsoleMode,
};

/// A stream that is no console needs nothing.
pub(crate) fn terminal_styles() -> bool {
    [STD_OUTPUT_HANDLE, STD_ERROR_HANDLE].into_iter().all(|stream| {
        let mut mode = 0;
        // SAFETY: the handle is one of this process or invalid, which the calls report; `mode` takes one number.
        unsafe {
            let handle = GetStdHandle(stream);
            GetConsoleMode(handle, &mut mode) == 0
                || mode & ENABLE_VIRTUAL_TERMINAL_PROCESSING != 0
                || SetConsoleMode(handle, mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING) != 0
        }
    })
}
