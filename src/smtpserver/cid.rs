//! Connection ids: what a reply shows to the peer and the log shows to the operator, to find one by the other.
//!
//! Drawn by chance, so they tell nothing about how many connections there are.

use std::fmt;

use mox_clock::{Random, random_array};

/// A connection id: 60 bits, displayed as 12 characters of base32 (RFC 4648 §6, lower case).
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
        const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
        let mut text = [b'a'; 12];
        for (n, place) in text.iter_mut().rev().enumerate() {
            let digit = usize::try_from((self.0 >> (5 * n)) & 31).unwrap_or(0);
            *place = ALPHABET.get(digit).copied().unwrap_or(b'a');
        }
        f.pad(std::str::from_utf8(&text).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_form() {
        assert_eq!(Cid::from_number(0).to_string(), "aaaaaaaaaaaa");
        assert_eq!(Cid::from_number(33).to_string(), "aaaaaaaaaabb");
        assert_eq!(Cid::from_number(u64::MAX).to_string(), "777777777777");
    }
}
