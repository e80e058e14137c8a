//! How domains of a report belong together, by their names alone: no DNS is asked.

/// Whether a name is another, or below it. Case does not matter.
pub(crate) fn within(name: &str, parent: &str) -> bool {
    let (name, parent) = (name.as_bytes(), parent.as_bytes());
    let Some((rest, tail)) = name.len().checked_sub(parent.len()).and_then(|at| name.split_at_checked(at))
    else {
        return false;
    };
    !parent.is_empty() && tail.eq_ignore_ascii_case(parent) && (rest.is_empty() || rest.ends_with(b"."))
}

/// Whether a name seems to be of the author's organization: below the policy domain, or above the author's domain.
///
/// What the organizational domain is (RFC 9989 §4.10.2) only DNS tells; a public suffix that signs is not met.
pub(crate) fn related(name: &str, author: &str, policy_domain: &str) -> bool {
    within(name, policy_domain) || within(name, author) || within(author, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_within_names_by_whole_labels() {
        for (name, parent, expected) in [
            ("example.org", "example.org", true),
            ("a.b.Example.ORG", "example.org", true),
            ("notexample.org", "example.org", false),
            ("org", "example.org", false),
            ("example.org", "", false),
            ("", "", false),
            ("bücher.example", "cher.example", false),
        ] {
            assert_eq!(within(name, parent), expected, "{name} {parent}");
        }
    }

    #[test]
    fn names_of_one_organization_are_below_the_policy_or_above_the_author() {
        for (name, expected) in [
            ("example.org", true),
            ("mail.example.org", true),
            ("other.news.example.org", true),
            ("esp.example", false),
            ("", false),
        ] {
            assert_eq!(related(name, "news.example.org", "example.org"), expected, "{name}");
        }
        assert!(related("example.org", "news.example.org", "news.example.org"));
        assert!(!related("shop.example.org", "news.example.org", "news.example.org"));
    }
}
