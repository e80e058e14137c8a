//! What only Windows has: a service control manager.

use std::io;

use crate::service::Order;

/// Service managers here start programs as anybody does.
pub(crate) fn started_by_manager() -> io::Result<bool> {
    Ok(false)
}

pub(crate) fn leave(_code: u8) {}

pub(crate) fn control(_order: &Order) -> io::Result<String> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "there is no service control manager on this system"))
}

/// Makes what goes to standard error go to a file.
pub(crate) fn send_stderr_to(file: std::fs::File) -> io::Result<()> {
    nix::unistd::dup2_stderr(file)?;
    Ok(())
}
