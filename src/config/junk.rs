//! How an account learns what is junk, and what it does with it.

use crate::pattern::Pattern;
use crate::section::section;
use crate::values::Interval;

section! {
    /// A filter that learns from the junk flags of messages.
    JunkFilter {
        /// From 0 to 1: how much like junk a message must be to be refused, as 0.95. A little chance is added, so
        /// that senders cannot find out which words count.
        "Threshold" threshold: f64,
        /// How words are counted.
        "Params" params: JunkParams,
    }
}

section! {
    /// How words of messages are counted.
    JunkParams {
        /// Count single words.
        "Onegrams" onegrams: bool = false,
        /// Count pairs of words.
        "Twograms" twograms: bool = false,
        /// Count three words in a row.
        "Threegrams" threegrams: bool = false,
        /// How sure a word can be at most, as its distance from 0 and 1; from 0 to 0.5, as 0.01.
        "MaxPower" max_power: f64,
        /// How many of the surest words for and against decide, as 10.
        "TopWords" top_words: u32,
        /// Words closer than this to undecided (0.5) do not count; from 0 to 0.5, as 0.1.
        "IgnoreWords" ignore_words: f64 = 0.0,
        /// Words seen at most this often count less, as 2.
        "RareWords" rare_words: u32 = 0,
    }
}

section! {
    /// Junk flags that follow from the mailbox which a message is put into. The patterns are tried in the order
    /// junk, neutral, not junk, on the name in lower case. If two are set, the third stands for all that is left.
    optional AutomaticJunkFlags {
        /// Whether flags are set.
        "Enabled" enabled: bool = false,
        /// Mailboxes of junk, as ^(junk|spam).
        "JunkMailboxRegexp" junk_mailbox: Option<Pattern> = None,
        /// Mailboxes whose messages get neither flag, as ^(inbox|introbox|neutral|postmaster|dmarc|tlsrpt|rejects).
        "NeutralMailboxRegexp" neutral_mailbox: Option<Pattern> = None,
        /// Mailboxes of wanted mail.
        "NotJunkMailboxRegexp" not_junk_mailbox: Option<Pattern> = None,
    }
}

section! {
    /// A way out for senders whose mail is refused as likely junk.
    optional SubjectPass {
        /// How long the text that they are told to put into the subject is good, as 12h. 0 for no such way.
        "Period" period: Interval = Interval::secs(0),
    }
}

/// What a mailbox says about its messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JunkFlag {
    /// They are junk.
    Junk,
    /// They are wanted.
    NotJunk,
    /// Nothing: both flags are taken away.
    Neither,
}

impl AutomaticJunkFlags {
    /// The flag for messages put into a mailbox; none to leave flags as they are.
    pub fn flag(&self, mailbox: &str) -> Option<JunkFlag> {
        if !self.enabled {
            return None;
        }
        let name = mailbox.to_lowercase();
        let order = [
            (&self.junk_mailbox, JunkFlag::Junk),
            (&self.neutral_mailbox, JunkFlag::Neither),
            (&self.not_junk_mailbox, JunkFlag::NotJunk),
        ];
        let fits = |pattern: &&Option<Pattern>| pattern.as_ref().is_some_and(|p| p.matches(&name));
        if let Some((_, flag)) = order.iter().find(|(pattern, _)| fits(pattern)) {
            return Some(*flag);
        }
        let mut unset = order.iter().filter(|(pattern, _)| pattern.is_none());
        match (unset.next(), unset.next()) {
            (Some((_, rest)), None) => Some(*rest),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mailbox_tells_the_flag() {
        let flags = |junk: &str, neutral: &str, not_junk: &str| {
            let pattern = |text: &str| Some(Pattern::new(text)).filter(|_| !text.is_empty());
            AutomaticJunkFlags {
                enabled: true,
                junk_mailbox: pattern(junk),
                neutral_mailbox: pattern(neutral),
                not_junk_mailbox: pattern(not_junk),
            }
        };
        let usual = flags("^(junk|spam)", "^(inbox|rejects)", "");
        assert_eq!(usual.flag("Junk/2025"), Some(JunkFlag::Junk));
        assert_eq!(usual.flag("INBOX"), Some(JunkFlag::Neither));
        assert_eq!(usual.flag("Archive"), Some(JunkFlag::NotJunk));
        assert_eq!(flags("^junk", "", "").flag("Archive"), None);
        assert_eq!(flags("^junk", "^junk", "^junk").flag("Archive"), None);
        assert_eq!(flags("", "^inbox", ".").flag("Junk"), Some(JunkFlag::NotJunk));
        assert_eq!(AutomaticJunkFlags { enabled: false, ..usual }.flag("Junk"), None);
    }
}
