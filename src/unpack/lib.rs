//! Compressed files from strangers, expanded within bounds of size and ratio.

pub mod gzip;
