//! Random choices that a seed repeats.
#![allow(
    clippy::expect_used,
    clippy::print_stderr,
    reason = "a test says its seed, and a bad one must stop it"
)]

/// Random choices of a test or a benchmark.
pub struct Chance(u64);

impl Chance {
    /// Takes the seed from `MOX_SEED` or from the system, and prints it for when the test fails.
    #[expect(clippy::new_without_default, reason = "two of them are not the same")]
    pub fn new() -> Chance {
        use std::hash::{BuildHasher, Hasher};
        let from_env = std::env::var("MOX_SEED").ok().map(|seed| seed.parse().expect("MOX_SEED is a number"));
        let seed = from_env.unwrap_or_else(|| std::hash::RandomState::new().build_hasher().finish());
        eprintln!("MOX_SEED={seed} repeats the random choices of this run");
        Chance::seeded(seed)
    }

    /// The choices that belong to this seed.
    pub fn seeded(seed: u64) -> Chance {
        Chance(seed | 1)
    }

    /// A number below `limit`, which is not 0 (splitmix64).
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }

    /// Text of `size` bytes in lines that no compressor makes much smaller, ready to stand in a message.
    pub fn text(&mut self, size: usize) -> String {
        let mut text = String::with_capacity(size + 2);
        while text.len() < size {
            let letter = char::from(b'/' + self.below(79) as u8);
            text.push(letter);
            if text.len() % 78 == 76 {
                text.push_str("\r\n");
            }
        }
        text
    }
}
