//! Text from outside made safe to show on a terminal and to keep on one line.

use std::fmt::Write;

/// Longest value written; what follows is cut and marked with `…`.
pub(crate) const MAX_VALUE: usize = 4096;

/// Whether a character could move the cursor, break the line, or hide or reorder what is shown: controls, ESC
/// among them, zero-width and bidi controls, line separators, tags.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Appends `text` as the inside of a JSON string, which logfmt reads too.
pub(crate) fn escape_into(out: &mut String, text: &str) {
    for c in cut(text).chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_unsafe(c) => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
            c => out.push(c),
        }
    }
    if text.len() > MAX_VALUE {
        out.push('…');
    }
}

/// Appends `text` in quotes.
pub(crate) fn quote_into(out: &mut String, text: &str) {
    out.push('"');
    escape_into(out, text);
    out.push('"');
}

/// Appends a logfmt value: in quotes only where it needs them.
pub(crate) fn logfmt_value_into(out: &mut String, text: &str) {
    let plain =
        |c: char| c != ' ' && c != '"' && c != '=' && c != '\\' && !is_unsafe(c) && !c.is_whitespace();
    if !text.is_empty() && text.len() <= MAX_VALUE && text.chars().all(plain) {
        out.push_str(text);
    } else {
        quote_into(out, text);
    }
}

fn cut(text: &str) -> &str {
    text.get(..text.floor_char_boundary(MAX_VALUE)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_stays_on_its_line_and_in_its_field() {
        let cases = [
            ("plain", "plain"),
            ("", "\"\""),
            ("two words", "\"two words\""),
            ("a=b", "\"a=b\""),
            ("say \"hi\"\\", "\"say \\\"hi\\\"\\\\\""),
            ("x\r\nl=error m=forged", "\"x\\r\\nl=error m=forged\""),
            ("\x1b[2Jgone", "\"\\u001b[2Jgone\""),
            ("\u{9b}2J", "\"\\u009b2J\""),
            ("abc\u{202e}fdp.exe", "\"abc\\u202efdp.exe\""),
            ("a\u{200b}b\u{2066}c\u{feff}", "\"a\\u200bb\\u2066c\\ufeff\""),
            ("\u{e0041}", "\"\\udb40\\udc41\""),
            ("a\u{2028}b", "\"a\\u2028b\""),
            ("jürgen@例え.jp", "jürgen@例え.jp"),
            ("no\u{a0}break", "\"no\u{a0}break\""),
        ];
        for (text, want) in cases {
            let mut out = String::new();
            logfmt_value_into(&mut out, text);
            assert_eq!(out, want, "{text:?}");
        }
    }

    #[test]
    fn long_text_is_cut_between_characters() {
        let mut out = String::new();
        logfmt_value_into(&mut out, &"ä".repeat(MAX_VALUE));
        assert_eq!(out, format!("\"{}…\"", "ä".repeat(MAX_VALUE / 2)));
    }
}
