//! Names within paths of pages: what a path cannot hold is written as `%XX`.

use mox_admin::OpError;

use crate::no_page;

/// A name as a segment of a path, or as a value of a query.
pub(crate) fn encoded(name: &str) -> String {
    form_urlencoded::byte_serialize(name.as_bytes()).collect()
}

/// The name that a segment stands for.
pub(crate) fn decoded(segment: &str) -> Result<String, OpError> {
    let mut pairs = form_urlencoded::parse(segment.as_bytes());
    match (pairs.next(), pairs.next()) {
        (Some((name, value)), None) if value.is_empty() && !name.is_empty() => Ok(name.into_owned()),
        _ => Err(no_page()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back() {
        for name in ["example.org", "bücher.example", "a/b?c=d&e#f%+ g", "..", "\""] {
            assert_eq!(decoded(&encoded(name)).unwrap(), name);
            assert!(!encoded(name).contains(['/', '?', '#', '&', '"', ' ']));
        }
        assert!(decoded("").is_err() && decoded("a=b").is_err() && decoded("a&b").is_err());
    }
}
