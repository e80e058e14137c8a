//! x to be.
