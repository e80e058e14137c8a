//! Advice of operations, in words of these pages: who reads them cannot run commands.

use mox_admin::OpError;

/// Beginnings of commands, and the place of these pages for the same; the first that fits counts.
const PLACES: [(&str, &str); 9] = [
    ("mox config account addresses", "Addresses"),
    ("mox config address", "Addresses"),
    ("mox config alias", "Addresses"),
    ("mox config account apppassword", "Password and keys"),
    ("mox config tlspubkey", "Password and keys"),
    ("mox setaccountpassword", "Password and keys"),
    ("mox import", "Import and export"),
    ("mox queue suppress", "Suppressed"),
    ("mox queue webhook", "Webhooks"),
];

/// The same error, with advice that its reader can follow.
pub(crate) fn in_words(error: OpError) -> OpError {
    let hint = error.hint.as_deref().map(words);
    OpError { hint, ..error }
}

/// Advice that names a command leads to the place of these pages, else to who can run it.
fn words(hint: &str) -> String {
    let Some(command) = command(hint) else { return hint.to_owned() };
    match PLACES.iter().find(|(beginning, _)| command.starts_with(beginning)) {
        Some((_, place)) => format!("see the page \u{201c}{place}\u{201d}"),
        None => "ask who runs this server".to_owned(),
    }
}

/// The first command that a text names.
fn command(text: &str) -> Option<&str> {
    text.split('`').skip(1).step_by(2).find(|quoted| quoted.starts_with("mox "))
}

#[cfg(test)]
mod tests {
    use mox_web::at::Room as _;

    use super::*;

    #[test]
    fn commands_are_places_of_the_pages_or_somebody_to_ask() {
        let hint = |text: &str| in_words(OpError::failed("no").hint(text)).hint.unwrap();
        let see = |place: &str| format!("see the page \u{201c}{place}\u{201d}");
        let keys = see("Password and keys");
        for (text, expected) in [
            ("`mox config account apppassword list amy` shows them", keys.as_str()),
            ("first `mox setaccountpassword amy`", &keys),
            ("64 digits, as `mox config tlspubkey list` prints them", &keys),
            ("`mox config account addresses amy` shows those that are", &see("Addresses")),
            ("`mox config alias rm x@y` removes the alias", &see("Addresses")),
            ("`mox queue suppress list` shows who is", &see("Suppressed")),
            ("`mox queue webhook list` shows those that wait", &see("Webhooks")),
            ("nothing was changed; `mox config test` names them", "ask who runs this server"),
            ("write it in its field", "write it in its field"),
            ("write `x` and try again", "write `x` and try again"),
        ] {
            assert_eq!(hint(text), expected, "{text}");
        }
        let kept = OpError::not_found("no key").hint("look at the list");
        assert_eq!(in_words(kept.clone()), kept);
    }

    #[test]
    fn places_are_those_of_the_pages() {
        for (_, place) in PLACES {
            assert!(crate::Account::PLACES.iter().any(|spot| spot.label == place), "{place}");
        }
    }
}
