//! Of the pages of an account.

use super::Same;

pub(super) const SAME: &[Same] = &[Same {
    site: "account",
    path: "suppression",
    list: "",
    command: &["queue", "suppress", "list"],
    rows: "",
    key: &["base"],
    fields: &["address", "reason"],
}];
