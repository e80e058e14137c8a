//! The console: escape sequences for colours, which a program has to ask for, and standard error elsewhere.

use std::io;
use std::os::windows::io::IntoRawHandle;

use windows_sys::Win32::System::Console::{
    ENABLE_VIRTUAL_TERMINAL_PROCESSING, GetConsoleMode, GetStdHandle, STD_ERROR_HANDLE, STD_OUTPUT_HANDLE,
    SetConsoleMode, SetStdHandle,
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

/// Makes what goes to standard error go to a file.
pub(crate) fn send_stderr_to(file: std::fs::File) -> io::Result<()> {
    // SAFETY: the handle is open and stays so: nobody closes it after this.
    match unsafe { SetStdHandle(STD_ERROR_HANDLE, file.into_raw_handle()) } {
        0 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}
