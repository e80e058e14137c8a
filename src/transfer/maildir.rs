//! Maildirs: a file a message, flags in its name, folders below in their names (Maildir++), keywords by letter.
//!
//! `cur/UNIQUE:2,FLAGS` (`;2,` where a name cannot hold a colon), `new/UNIQUE`, `.Sent.2024/cur/...`, and the file
//! `dovecot-keywords` with lines `0 word` for the letters a to z. Names of folders are in the UTF-7 of IMAP
//! (RFC 3501 §5.1.3); what a file system may not like, and a dot within a level, is written so too.

use base64::Engine;
use base64::alphabet::IMAP_MUTF7;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};
use mox_clock::Timestamp;
use mox_store::Flags;

use crate::status::Marks;

/// Keywords that a maildir can tell: the letters a to z.
pub const KEYWORDS: usize = 26;
/// Longest file `dovecot-keywords` that is read, in bytes.
pub const KEYWORDS_FILE_MAX: u64 = 64 << 10;
/// The name of that file.
pub const KEYWORDS_FILE: &str = "dovecot-keywords";

const BASE64: GeneralPurpose = GeneralPurpose::new(&IMAP_MUTF7, NO_PAD.with_decode_allow_trailing_bits(true));

const LETTERS: [(u8, Flags); 6] = [
    (b'D', Flags::DRAFT),
    (b'F', Flags::FLAGGED),
    (b'P', Flags::FORWARDED),
    (b'R', Flags::ANSWERED),
    (b'S', Flags::SEEN),
    (b'T', Flags::DELETED),
];

/// The words of the letters a to z in a maildir.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keywords(Vec<String>);

impl Keywords {
    /// Reads the file; lines that make no sense are left out.
    pub fn parse(text: &[u8]) -> Keywords {
        let mut words = vec![String::new(); KEYWORDS];
        for line in String::from_utf8_lossy(text).lines().take(1000) {
            let Some((number, word)) = line.split_once(' ') else { continue };
            let place = number.parse::<usize>().ok().and_then(|number| words.get_mut(number));
            if let Some(place) = place.filter(|_| word.len() <= 255) {
                word.trim().clone_into(place);
            }
        }
        Keywords(words)
    }

    /// The letter of a word, which is added if there is room.
    fn letter(&mut self, word: &str) -> Option<u8> {
        let at = self.0.iter().position(|known| known == word).or_else(|| {
            (self.0.len() < KEYWORDS).then(|| {
                self.0.push(word.to_owned());
                self.0.len() - 1
            })
        })?;
        u8::try_from(at).ok().map(|at| b'a' + at)
    }

    /// The file; none if there are no words.
    pub fn file(&self) -> Option<String> {
        let lines = self.0.iter().enumerate().map(|(at, word)| format!("{at} {word}\n"));
        (!self.0.is_empty()).then(|| lines.collect())
    }
}

/// What the name of a message's file tells: its flags and keywords.
pub fn marks(file: &str, keywords: &Keywords) -> Marks {
    let mut marks = Marks::default();
    let Some(at) = file.rfind(":2,").or_else(|| file.rfind(";2,")) else { return marks };
    for letter in file.bytes().skip(at + 3).take(100) {
        if let Some((_, flag)) = LETTERS.iter().find(|(known, _)| *known == letter) {
            marks.flags = marks.flags | *flag;
        } else if letter.is_ascii_lowercase()
            && let Some(word) = keywords.0.get(usize::from(letter - b'a')).filter(|word| !word.is_empty())
        {
            marks.add(word);
        }
    }
    marks
}

/// The name of a message's file within its folder: `number` is unique there. Keywords that have no letter are left out;
/// how many is told.
pub fn file_name(
    received: Timestamp,
    number: i64,
    marks: &Marks,
    keywords: &mut Keywords,
    separator: char,
) -> (String, usize) {
    let mut letters: Vec<u8> =
        LETTERS.iter().filter(|(_, flag)| marks.flags.contains(*flag)).map(|(letter, _)| *letter).collect();
    let plain = [Flags::JUNK, Flags::NOT_JUNK, Flags::MDN_SENT, Flags::PHISHING];
    let flags = plain.into_iter().filter(|flag| marks.flags.contains(*flag));
    let names = flags.flat_map(Flags::names).map(str::to_owned);
    let words: Vec<String> = names.chain(marks.keywords.iter().cloned()).collect();
    let mut lost = 0;
    for word in words {
        match keywords.letter(&word) {
            Some(letter) => letters.push(letter),
            None => lost += 1,
        }
    }
    letters.sort_unstable();
    let letters = String::from_utf8_lossy(&letters).into_owned();
    let (seconds, micros) =
        (received.micros().div_euclid(1_000_000), received.micros().rem_euclid(1_000_000));
    (format!("{seconds}.M{micros}Q{number}.mox{separator}2,{letters}"), lost)
}

/// The time in a file's name, `SECONDS.M<microseconds>...`: more exact than that of some archives.
pub fn time_of(file: &str) -> Option<Timestamp> {
    let (seconds, rest) = file.split_once('.')?;
    let digits = rest.strip_prefix('M')?;
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let micros: i64 = digits.get(..end)?.parse().ok().filter(|micros| *micros < 1_000_000)?;
    let seconds: i64 = seconds.parse().ok().filter(|s| (-(1 << 40)..1 << 40).contains(s))?;
    Some(Timestamp::from_micros(seconds * 1_000_000 + micros))
}

/// The folder of a mailbox below the one of `Inbox`: `.Sent.2024` of `Sent/2024`.
pub fn folder_of(mailbox: &str) -> String {
    mailbox.split('/').map(|level| format!(".{}", encode(level))).collect()
}

/// The levels of a Maildir++ folder's name: `Sent/2024` of `.Sent.2024`; none if it does not begin with a dot.
pub fn mailbox_of(folder: &str) -> Option<String> {
    let levels: Vec<String> = folder.strip_prefix('.')?.split('.').map(decode).collect();
    Some(levels.join("/"))
}

/// A level of a mailbox's name as part of a file's name, in the UTF-7 of IMAP.
pub fn encode(level: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || " _-+@,()=!'#$~^{}[];%".contains(c);
    let mut out = String::new();
    let mut units: Vec<u8> = Vec::new();
    let flush = |units: &mut Vec<u8>, out: &mut String| {
        if !units.is_empty() {
            out.push('&');
            out.push_str(&BASE64.encode(&*units));
            out.push('-');
            units.clear();
        }
    };
    for c in level.chars() {
        match c {
            '&' => {
                flush(&mut units, &mut out);
                out.push_str("&-");
            }
            c if plain(c) => {
                flush(&mut units, &mut out);
                out.push(c);
            }
            c => units.extend(c.encode_utf16(&mut [0; 2]).iter().flat_map(|unit| unit.to_be_bytes())),
        }
    }
    flush(&mut units, &mut out);
    out
}

/// Undoes it. What is not in this form is taken as it stands.
pub fn decode(level: &str) -> String {
    let mut out = String::new();
    let mut rest = level;
    while let Some(at) = rest.find('&') {
        let (before, marked) = rest.split_at(at);
        let Some(end) = marked.find('-') else { break };
        let Some(text) = decode_part(marked.get(1..end).unwrap_or_default()) else { break };
        out.push_str(before);
        out.push_str(&text);
        rest = marked.get(end + 1..).unwrap_or_default();
    }
    out + rest
}

fn decode_part(part: &str) -> Option<String> {
    if part.is_empty() {
        return Some("&".to_owned());
    }
    let bytes = BASE64.decode(part).ok()?;
    let (pairs, left) = bytes.as_chunks::<2>();
    let units: Vec<u16> = pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
    left.is_empty().then(|| String::from_utf16(&units).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_flags_and_keywords() {
        let keywords = Keywords::parse(b"0 $Forwarded\n1 work\n25 z\n26 far\nx\n3 bad\"word\n");
        let cases = [
            ("1.M2P3.host:2,", Flags::NONE, vec![]),
            ("1.M2P3.host", Flags::NONE, vec![]),
            ("1.M2P3.host:2,DFPRST", Flags::from_bits(0x3f), vec![]),
            ("1.host,S=3:2,Sab", Flags::SEEN | Flags::FORWARDED, vec!["work"]),
            ("1.host;2,Szcd", Flags::SEEN, vec!["z"]),
            ("1.host:1,S", Flags::NONE, vec![]),
        ];
        for (name, flags, words) in cases {
            let found = marks(name, &keywords);
            assert_eq!(
                (found.flags, found.keywords),
                (flags, words.into_iter().map(str::to_owned).collect()),
                "{name}"
            );
        }
    }

    #[test]
    fn written_names_are_read_again() {
        let mut keywords = Keywords::default();
        let at = Timestamp::from_micros(1_700_000_000_000_007);
        let all = Marks { flags: Flags::from_bits(u32::MAX), keywords: vec!["a".into(), "b".into()] };
        let (name, lost) = file_name(at, 5, &all, &mut keywords, ':');
        assert_eq!((name.as_str(), lost), ("1700000000.M7Q5.mox:2,DFPRSTabcdef", 0));
        assert_eq!(time_of(&name), Some(at));
        let read = Keywords::parse(keywords.file().unwrap().as_bytes());
        assert_eq!(marks(&name, &read), all);
        let many = Marks { keywords: (0..30).map(|n| format!("k{n}")).collect(), ..Marks::default() };
        assert_eq!(file_name(at, 5, &many, &mut keywords, ':').1, 10);
        assert_eq!(["1.2", "x.M1", "1.M1000000", "1"].map(time_of), [None; 4]);
    }

    #[test]
    fn folders_are_mailboxes() {
        let cases = [
            ("Sent/2024", ".Sent.2024"),
            ("a.b/c:d", ".a&AC4-b.c&ADo-d"),
            ("Entwürfe & mehr", ".Entw&APw-rfe &- mehr"),
            ("😀", ".&2D3eAA-"),
            ("a%2Fb@example.org", ".a%2Fb@example&AC4-org"),
        ];
        for (mailbox, folder) in cases {
            assert_eq!(folder_of(mailbox), folder);
            assert_eq!(mailbox_of(folder).as_deref(), Some(mailbox));
        }
        assert_eq!(mailbox_of(".R&D.Größe").as_deref(), Some("R&D/Größe"));
        assert_eq!(mailbox_of("cur"), None);
    }
}
