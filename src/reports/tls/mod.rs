//! What is particular to outgoing TLS reports. RFC 8460.

pub(crate) mod collect;
pub(crate) mod decide;
mod explain;
pub(crate) mod paged;
mod results;
mod sample;
