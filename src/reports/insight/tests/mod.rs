//! What received reports tell together, over a real store that is filled by hand.

mod overview;
mod readiness;
mod scale;
pub(super) mod store;
