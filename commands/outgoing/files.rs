//! Reports as files, in a folder that somebody names: plain and packed.

use std::io::Write;
use std::path::{Path, PathBuf};

use mox_admin::ops::ReportPreviewRow;
use mox_platform::files::{Access, create, create_private_dir};
use mox_unpack::gzip;
use serde_json::Value;

use crate::error::CommandError;

/// Writes the documents of reports into a folder, which is made where it is missing: the paths.
pub(super) fn write_all(dir: &Path, reports: &[ReportPreviewRow]) -> Result<Vec<PathBuf>, CommandError> {
    create_private_dir(dir).map_err(|e| CommandError::file(dir, e))?;
    let mut written = Vec::with_capacity(reports.len() * 2);
    for report in reports {
        let name = safe_name(&report.file_name);
        let (ending, plain) = file(&report.document)?;
        let packed = gzip::compress(&plain);
        for (name, bytes) in [(format!("{name}.{ending}"), &plain), (format!("{name}.{ending}.gz"), &packed)]
        {
            let path = dir.join(name);
            write_new(&path, bytes).map_err(|e| taken(&path, e))?;
            written.push(path);
        }
    }
    Ok(written)
}

/// How a document's file ends, and its content: a text holds XML.
fn file(document: &Value) -> Result<(&'static str, Vec<u8>), CommandError> {
    match document {
        Value::String(xml) => Ok(("xml", xml.clone().into_bytes())),
        json => Ok(("json", serde_json::to_vec(json).map_err(std::io::Error::from)?)),
    }
}

fn write_new(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = create(path, Access::Private)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn taken(path: &Path, error: std::io::Error) -> CommandError {
    let there = error.kind() == std::io::ErrorKind::AlreadyExists;
    let error = CommandError::file(path, error);
    if there {
        error.hint("nothing is overwritten: name another folder, or move the file away")
    } else {
        error
    }
}

/// Longest name without its ending, in octets: file systems take 255.
const MAX_NAME: usize = 200;

/// The name of a file without its ending, such that it is one in any folder on any system. It came from the server, and
/// parts of it from domains.
fn safe_name(name: &str) -> String {
    let stem = name.strip_suffix(".gz").unwrap_or(name);
    let stem = stem.strip_suffix(".json").or(stem.strip_suffix(".xml")).unwrap_or(stem);
    let kept =
        |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '!') { c } else { '_' };
    let safe: String = stem.chars().map(kept).take(MAX_NAME).collect();
    let safe = safe.trim_matches('.');
    // Names of devices on Windows, with any ending.
    let first = safe.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let device = matches!(first.as_str(), "con" | "prn" | "aux" | "nul")
        || first.strip_prefix("com").or(first.strip_prefix("lpt")).is_some_and(|rest| rest.len() == 1);
    match safe {
        "" => "report".to_owned(),
        safe if device => format!("_{safe}"),
        safe => safe.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Exit;

    #[test]
    fn names_stay_in_the_folder() {
        for (name, expected) in [
            ("mox.example!example.org!1!2!a.partial1.json.gz", "mox.example!example.org!1!2!a.partial1"),
            ("../../etc/passwd", "_.._etc_passwd"),
            ("..\\..\\x.json.gz", "_.._x"),
            ("/etc/passwd.json", "_etc_passwd"),
            ("c:evil.json.gz", "c_evil"),
            ("..", "report"),
            (".json.gz", "report"),
            ("mox.example!example.org!1!2!a.xml.gz", "mox.example!example.org!1!2!a"),
            (".xml.gz", "report"),
            ("a.xml.json", "a.xml"),
            ("", "report"),
            ("con.example!x.json.gz", "_con.example!x"),
            ("com1!x.json.gz", "com1!x"),
            ("a\u{0}b\nc.json.gz", "a_b_c"),
        ] {
            assert_eq!(safe_name(name), expected, "{name:?}");
        }
        assert_eq!(safe_name(&"x".repeat(1000)).len(), MAX_NAME);
    }

    fn report(file_name: &str, document: Value) -> ReportPreviewRow {
        ReportPreviewRow {
            policy_domain: "example.org".into(),
            kind: "domain".into(),
            day: "2026-11-26".into(),
            partial: false,
            report_id: "1".into(),
            destinations: Vec::new(),
            file_name: file_name.into(),
            document,
        }
    }

    #[test]
    fn xml_is_written_plain_and_packed() {
        let dir = tempfile::tempdir().unwrap();
        let xml = "<?xml version=\"1.0\"?>\n<feedback>\u{fc}</feedback>\n";
        let written = write_all(dir.path(), &[report("a!b!1!2!3.xml.gz", xml.into())]).unwrap();
        assert_eq!(written, [dir.path().join("a!b!1!2!3.xml"), dir.path().join("a!b!1!2!3.xml.gz")]);
        assert_eq!(std::fs::read_to_string(&written[0]).unwrap(), xml);
        assert_eq!(gzip::expand(&std::fs::read(&written[1]).unwrap(), 100).unwrap(), xml.as_bytes());
    }

    #[test]
    fn nothing_is_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("new");
        let report = report("../up.json.gz", serde_json::json!({"report-id": "1"}));
        let written = write_all(&out, std::slice::from_ref(&report)).unwrap();
        assert_eq!(written, [out.join("_up.json"), out.join("_up.json.gz")]);
        assert_eq!(
            gzip::expand(&std::fs::read(&written[1]).unwrap(), 100).unwrap(),
            b"{\"report-id\":\"1\"}"
        );
        let again = write_all(&out, &[report]).unwrap_err();
        assert_eq!((again.kind, again.hints.len()), (Exit::Failed, 1));
    }
}
