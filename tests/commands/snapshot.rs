//! Compares transcripts with a file beside the tests; `MOX_UPDATE=1` writes the file instead.
//!
//! On a system without a shell some lines have no transcript. The others are compared there, but for what each system
//! says in its own way: its errors, and what is between the parts of a path.

/// Fails with the first line that differs. `transcripts` are the parts of the file in order; none: not run here.
#[track_caller]
pub(crate) fn check(name: &str, transcripts: &[Option<String>]) {
    let path = crate::source::root().join("tests/commands/snapshots").join(name);
    let whole: Option<String> = transcripts.iter().map(Option::as_deref).collect();
    if let (true, Some(whole)) = (std::env::var_os("MOX_UPDATE").is_some(), &whole) {
        std::fs::write(&path, whole).unwrap();
        return;
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    if std::path::MAIN_SEPARATOR == '/' {
        return compare(name, &expected, &whole.expect("every unix has a shell"));
    }
    let expected = expected.replace("\r\n", "\n");
    for transcript in transcripts.iter().flatten() {
        let command = transcript.lines().next().unwrap_or_default();
        let from = expected.find(&format!("{command}\n")).unwrap_or(expected.len());
        let rest = &expected[from..];
        let end = rest.find("\n\n$ ").map_or(rest.len(), |end| end + 2);
        compare(name, &alike(&rest[..end]), &alike(transcript));
    }
}

#[track_caller]
fn compare(name: &str, expected: &str, actual: &str) {
    let line = expected.lines().zip(actual.lines()).take_while(|(a, b)| a == b).count();
    assert!(
        expected == actual,
        "{name} differs at line {}; MOX_UPDATE=1 rewrites it\nexpected: {:?}\nactual:   {:?}\n\n{actual}",
        line + 1,
        expected.lines().nth(line),
        actual.lines().nth(line),
    );
}

/// The text without what systems say differently.
fn alike(text: &str) -> String {
    let without_error = |line: &str| match (line.find(" (os error"), line.rfind(": ")) {
        (Some(_), Some(reason)) => format!("{}: (os error)\n", &line[..reason]),
        _ => format!("{line}\n"),
    };
    let text = text.replace("\\\\", "/").replace('\\', "/").replace("mox.exe", "mox");
    text.lines().map(without_error).collect()
}
