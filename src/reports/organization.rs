//! Whose a name most likely is, by the name alone.
//!
//! DMARC's organizational domain is not asked for here: who has a domain can have `psd=` make each name below it one of
//! its own (RFC 9989 §4.7), and what is counted by organization is counted against him.

/// Labels under which countries have their organizations.
const SECOND: &[&str] = &["ac", "co", "com", "edu", "go", "gov", "ne", "net", "or", "org"];

/// The end of a name that most likely is the organization: two labels, or three below such as `co.uk`.
pub(crate) fn organization(name: &str) -> &str {
    let mut dots = name.rmatch_indices('.').map(|(at, _)| at);
    let (Some(last), Some(second)) = (dots.next(), dots.next()) else { return name };
    let country = name.len() - last == 3;
    let label = name.get(second + 1..last).unwrap_or_default();
    let start =
        if country && SECOND.contains(&label) { dots.next().map_or(0, |at| at + 1) } else { second + 1 };
    name.get(start..).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn organizations_are_the_ends_of_names() {
        for (name, expected) in [
            ("example", "example"),
            ("example.org", "example.org"),
            ("a.b.example.org", "example.org"),
            ("a.example.co.uk", "example.co.uk"),
            ("co.uk", "co.uk"),
            ("mail.example.de", "example.de"),
            ("", ""),
        ] {
            assert_eq!(organization(name), expected);
        }
    }
}
