//! Text that looks like mail to a compressor and to a search index: few words are frequent, many are rare.

use std::collections::BTreeSet;

use mox_testkit::chance::Chance;

/// Words of the language.
const WORDS: usize = 20_000;
const LINE: usize = 72;
const CONSONANTS: &[&str] =
    &["b", "c", "d", "f", "g", "h", "l", "m", "n", "p", "r", "s", "t", "v", "st", "tr", "ch", "pl"];
const VOWELS: &[&str] = &["a", "e", "i", "o", "u", "ea", "ou"];
const ENDS: &[&str] = &["", "", "n", "r", "s", "t", "l", "nd", "ng"];

/// A language: words, the frequent ones first.
pub(crate) struct Prose {
    words: Vec<String>,
}

impl Prose {
    /// The language that belongs to `seed`.
    pub(crate) fn new(seed: u64) -> Prose {
        let mut chance = Chance::seeded(seed);
        let (mut words, mut known) = (Vec::with_capacity(WORDS), BTreeSet::new());
        while words.len() < WORDS {
            // Frequent words are short.
            let longest = 1 + (words.len() + 1).ilog10() as u64;
            let syllables = 1 + chance.below(longest.min(4));
            let word: String = (0..syllables).map(|_| syllable(&mut chance)).collect();
            if known.insert(word.clone()) {
                words.push(word);
            }
        }
        Prose { words }
    }

    /// The word of this rank; 0 is the most frequent one.
    pub(crate) fn word(&self, rank: usize) -> &str {
        &self.words[rank]
    }

    /// A word as often as it is used: the one of rank n about 1/n of the time.
    pub(crate) fn draw(&self, chance: &mut Chance) -> &str {
        let part = chance.below(1 << 32) as f64 / (1_u64 << 32) as f64;
        let rank = (WORDS as f64).powf(part) as usize - 1;
        self.word(rank.min(WORDS - 1))
    }

    /// Sentences of about `size` bytes in lines with CRLF; no line begins with a dot.
    pub(crate) fn text(&self, chance: &mut Chance, size: usize) -> String {
        let mut text = String::with_capacity(size + LINE);
        let (mut line, mut left) = (0, 0);
        while text.len() < size {
            let word = self.draw(chance);
            if line > 0 && line + word.len() + 2 > LINE {
                text.push_str("\r\n");
                line = 0;
            } else if line > 0 {
                text.push(' ');
                line += 1;
            }
            let from = text.len();
            text.push_str(word);
            if left == 0 {
                text[from..=from].make_ascii_uppercase();
                left = 5 + chance.below(12);
            }
            left -= 1;
            if left == 0 {
                text.push('.');
            }
            line += text.len() - from;
        }
        text.push_str(".\r\n");
        text
    }
}

fn syllable(chance: &mut Chance) -> String {
    let mut pick = |of: &'static [&'static str]| of[chance.below(of.len() as u64) as usize];
    [pick(CONSONANTS), pick(VOWELS), pick(ENDS)].concat()
}
