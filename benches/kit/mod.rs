//! What the benchmark programs share: options, a server to measure, load, statistics, saved results.
#![allow(dead_code, reason = "every program has all of it and uses a part")]

pub(crate) mod engine;
pub(crate) mod http;
pub(crate) mod load;
pub(crate) mod machine;
pub(crate) mod mx;
pub(crate) mod options;
pub(crate) mod pages;
pub(crate) mod prose;
pub(crate) mod report;
pub(crate) mod sample;
