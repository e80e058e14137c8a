//! Compares text with a file beside the tests; `MOX_UPDATE=1` writes the file instead.

/// Fails with the first line that differs.
#[track_caller]
pub(crate) fn check(name: &str, actual: &str) {
    let path = crate::source::root().join("tests/commands/snapshots").join(name);
    if std::env::var_os("MOX_UPDATE").is_some() {
        std::fs::write(&path, actual).unwrap();
        return;
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    let line = expected.lines().zip(actual.lines()).take_while(|(a, b)| a == b).count();
    assert!(
        expected == actual,
        "{name} differs at line {}; MOX_UPDATE=1 rewrites it\nexpected: {:?}\nactual:   {:?}\n\n{actual}",
        line + 1,
        expected.lines().nth(line),
        actual.lines().nth(line),
    );
}
