//! Connection ids: what a reply shows to the peer and the log shows to the operator, to find one by the other.
//!
//! Drawn by chance, so they tell nothing about how many connections there are.

use std::fmt;

use mox_clock::{Random, random_array};

/// A connection id: 60 bits, displayed as 15 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cid(u64);

impl Cid {
    /// A new one.
    pub fn draw(random: &dyn Random) -> Cid {
        Cid::from_number(u64::from_le_bytes(random_array(random)))
    }

    /// From a number; bits above 60 are dropped.
    pub const fn from_number(number: u64) -> Cid {
        Cid(number & ((1 << 60) - 1))
    }

    /// As a number.
    pub const fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Cid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:015x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_form() {
        assert_eq!(Cid::from_number(0x1f).to_string(), "00000000000001f");
        assert_eq!(Cid::from_number(u64::MAX).to_string(), "fffffffffffffff");
    }
}
