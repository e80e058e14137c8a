//! CSS of strangers: read into rules, and written anew with only what is known to be harmless.

mod filter;
mod sheet;
mod token;

pub(crate) use filter::{declarations, stylesheet};
pub(crate) use sheet::{Block, Declaration, Rule, parse_declarations, parse_sheet};
pub(crate) use token::Token;

/// Most bytes of style that are read, in all sheets and attributes of a message together.
pub(crate) const MAX_STYLE: usize = 1 << 20;
