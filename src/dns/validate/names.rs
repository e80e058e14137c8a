//! Names in canonical order, and what DNSSEC asks about them. RFC 4034 §6.1, RFC 4592 §3.3.1 (closest encloser).

use std::cmp::Ordering;

use hickory_resolver::proto::rr::Name;

/// How many labels a name has, `*` included, the root not.
pub(crate) fn labels(name: &Name) -> usize {
    name.iter().count()
}

/// Canonical order: by labels from the right, each as bytes in lower case.
pub(crate) fn order(a: &Name, b: &Name) -> Ordering {
    let lower = |name: &Name| -> Vec<Vec<u8>> {
        let mut labels: Vec<_> = name.iter().map(<[u8]>::to_ascii_lowercase).collect();
        labels.reverse();
        labels
    };
    lower(a).cmp(&lower(b))
}

/// Whether two names are the same, letter case aside.
pub(crate) fn same(a: &Name, b: &Name) -> bool {
    order(a, b) == Ordering::Equal
}

/// Whether `name` is `zone` or below it.
pub(crate) fn within(name: &Name, zone: &Name) -> bool {
    let (n, z) = (labels(name), labels(zone));
    n >= z && same(&name.trim_to(z), zone)
}

/// Whether `name` is truly below `zone`.
pub(crate) fn below(name: &Name, zone: &Name) -> bool {
    labels(name) > labels(zone) && within(name, zone)
}

/// The longest name that both are at or below.
pub(crate) fn common(a: &Name, b: &Name) -> Name {
    let mut length = labels(a).min(labels(b));
    while length > 0 && !same(&a.trim_to(length), &b.trim_to(length)) {
        length -= 1;
    }
    a.trim_to(length)
}

/// The wildcard directly below a name.
pub(crate) fn wildcard(name: &Name) -> Option<Name> {
    name.prepend_label("*").ok()
}

/// The name as people read it.
pub(crate) fn text(name: &Name) -> String {
    let text = name.to_ascii().to_ascii_lowercase();
    if text == "." { text } else { text.trim_end_matches('.').to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        Name::from_ascii(text).unwrap()
    }

    #[test]
    fn the_order_of_rfc_4034() {
        let sorted = [
            "example.",
            "a.example.",
            "yljkjljk.a.example.",
            "Z.a.example.",
            "zABC.a.EXAMPLE.",
            "z.example.",
            "*.z.example.",
        ];
        for pair in sorted.windows(2) {
            assert_eq!(order(&name(pair[0]), &name(pair[1])), Ordering::Less, "{pair:?}");
        }
    }

    #[test]
    fn what_is_where() {
        assert!(
            within(&name("A.example."), &name("example.")) && within(&name("example."), &name("example."))
        );
        assert!(!below(&name("example."), &name("example.")) && below(&name("example."), &Name::root()));
        assert!(!within(&name("badexample."), &name("example.")));
        assert!(same(&common(&name("a.b.example."), &name("c.B.example.")), &name("b.example.")));
        assert!(common(&name("a."), &name("b.")).is_root());
    }
}
