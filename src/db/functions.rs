//! Functions that SQL can call on every connection, beside SQLite's own.

use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;

/// Text without the case of its letters, in all of Unicode (SQLite's `lower` knows ASCII alone). In SQL `fold(text)`.
///
/// Each character is folded by itself, so that a part of a text folds to a part of the folded text.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    // The small sigma at the end of a word is the same letter.
    text.chars().flat_map(char::to_lowercase).map(|c| if c == 'ς' { 'σ' } else { c }).collect()
}

/// Makes the functions known to a connection.
pub(crate) fn register(connection: &Connection) -> Result<(), rusqlite::Error> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function("fold", 1, flags, |call| {
        let text = call.get_raw(0).as_str_or_null();
        Ok(text.ok().flatten().map(fold))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_text_are_found_in_any_case() {
        let connection = Connection::open_in_memory().unwrap();
        register(&connection).unwrap();
        let cases = [
            ("Grüße aus KÖLN", "ÜSSE", false),
            ("Grüße aus KÖLN", "GRÜ", true),
            ("dÜNN", "ünn", true),
            ("ΟΔΟΣ", "οδος", true),
            ("οδος", "ΟΔΟΣ", true),
            ("Привет", "ПРИВЕТ", true),
            ("İstanbul", "i\u{307}STAN", true),
            ("Hello", "ELL", true),
        ];
        for (text, part, found) in cases {
            let sql = "SELECT instr(fold(?1), ?2) > 0";
            let got: bool = connection.query_row(sql, (text, fold(part)), |row| row.get(0)).unwrap();
            assert_eq!(got, found, "{part} in {text}");
        }
        let null: Option<String> = connection.query_row("SELECT fold(NULL)", [], |row| row.get(0)).unwrap();
        assert_eq!(null, None);
    }
}
