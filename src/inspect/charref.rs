//! Character references of HTML: the numeric ones, and those names that stand in links and short texts.
//!
//! A name that is not in the table stays as it is. That is safe, because a decoded text is always written with its
//! `&` escaped: it then means what it says. WHATWG HTML §13.2.5.72 to §13.2.5.80.

use std::borrow::Cow;

/// Longest reference in bytes, between `&` and `;`.
const MAX_LENGTH: usize = 32;

/// Names and what they stand for; a `;` has to follow.
const NAMES: [(&str, &str); 62] = [
    ("AMP", "&"),
    ("Auml", "Ä"),
    ("GT", ">"),
    ("LT", "<"),
    ("NewLine", "\n"),
    ("Ouml", "Ö"),
    ("QUOT", "\""),
    ("Tab", "\t"),
    ("Uuml", "Ü"),
    ("aacute", "á"),
    ("acirc", "â"),
    ("agrave", "à"),
    ("amp", "&"),
    ("apos", "'"),
    ("aring", "å"),
    ("atilde", "ã"),
    ("auml", "ä"),
    ("bsol", "\\"),
    ("bull", "•"),
    ("ccedil", "ç"),
    ("colon", ":"),
    ("comma", ","),
    ("commat", "@"),
    ("copy", "©"),
    ("eacute", "é"),
    ("ecirc", "ê"),
    ("egrave", "è"),
    ("equals", "="),
    ("euml", "ë"),
    ("euro", "€"),
    ("excl", "!"),
    ("gt", ">"),
    ("hellip", "…"),
    ("iacute", "í"),
    ("laquo", "«"),
    ("larr", "←"),
    ("ldquo", "“"),
    ("lpar", "("),
    ("lsquo", "‘"),
    ("lt", "<"),
    ("mdash", "—"),
    ("middot", "·"),
    ("nbsp", "\u{a0}"),
    ("ndash", "–"),
    ("ntilde", "ñ"),
    ("num", "#"),
    ("oacute", "ó"),
    ("ouml", "ö"),
    ("percnt", "%"),
    ("period", "."),
    ("quest", "?"),
    ("quot", "\""),
    ("raquo", "»"),
    ("rarr", "→"),
    ("rdquo", "”"),
    ("reg", "®"),
    ("rpar", ")"),
    ("rsquo", "’"),
    ("semi", ";"),
    ("sol", "/"),
    ("szlig", "ß"),
    ("uuml", "ü"),
];

/// Decodes the references in a text.
pub(crate) fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let length = match after.strip_prefix('#') {
            Some(number) => numeric(number, &mut out).map(|length| length + 1),
            None => named(after, &mut out),
        };
        match length.and_then(|length| after.get(length..)) {
            Some(after) => rest = after,
            None => {
                out.push('&');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Reads a numeric reference after `&#`; the bytes it takes. The `;` may be missing.
fn numeric(text: &str, out: &mut String) -> Option<usize> {
    let (digits, radix) = match text.strip_prefix(['x', 'X']) {
        Some(digits) => (digits, 16),
        None => (text, 10),
    };
    let count = digits.bytes().take_while(|b| char::from(*b).is_digit(radix)).count();
    if count == 0 {
        return None;
    }
    let number = digits.get(..count).and_then(|digits| u32::from_str_radix(digits, radix).ok());
    let c = number.filter(|n| *n != 0).and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER);
    out.push(c);
    let end = usize::from(digits.as_bytes().get(count) == Some(&b';'));
    Some(text.len() - digits.len() + count + end)
}

/// Reads a named reference after `&`; the bytes it takes.
fn named(text: &str, out: &mut String) -> Option<usize> {
    let end = text.bytes().take(MAX_LENGTH).position(|b| b == b';')?;
    let name = text.get(..end)?;
    let (_, value) = NAMES.iter().find(|(known, _)| *known == name)?;
    out.push_str(value);
    Some(end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_decoded() {
        for (text, decoded) in [
            ("plain", "plain"),
            ("a&amp;b&lt;&#65;&#x42;&#X43", "a&b<ABC"),
            ("jav&#x09;ascript&colon;x", "jav\tascript:x"),
            ("&#0000106avascript", "javascript"),
            ("?a=1&copy=2&b", "?a=1&copy=2&b"),
            ("&#0;&#xD800;&#99999999999;", "\u{fffd}\u{fffd}\u{fffd}"),
            ("&&#;&#x;&unknown;&", "&&#;&#x;&unknown;&"),
            ("&é;", "&é;"),
        ] {
            assert_eq!(decode(text), decoded, "{text}");
        }
    }

    #[test]
    fn names_are_in_order_each_once() {
        assert!(NAMES.is_sorted_by(|a, b| a.0 < b.0));
    }
}
