//! What a DMARC report says, for people: its policy in a few words, its rows as a table.

use mox_dmarc::Alignment;
use mox_dmarcrpt::{AuthResult, PolicyPublished, Record};

use crate::output::{Page, shorten};

/// A line for each row.
pub(crate) fn table(records: &[Record], page: &mut Page) {
    let columns = ["SOURCE", ">COUNT", "FROM", "DKIM", "SPF", "DONE", "WHY"];
    page.table(&columns, records.iter().map(|record| cells(record).to_vec()));
}

/// A row as a sentence.
pub(crate) fn line(record: &Record) -> String {
    let [source, count, from, dkim, spf, done, why] = cells(record);
    let why = if why.is_empty() { String::new() } else { format!(", {why}") };
    format!("{count} from {source} as {from}: DKIM {dkim}, SPF {spf}; done: {done}{why}")
}

fn cells(record: &Record) -> [String; 7] {
    let found = |domain: &str, result: AuthResult| format!("{domain} {}", result.keyword());
    let dkim: Vec<String> = record.dkim_results.iter().map(|one| found(&one.domain, one.result)).collect();
    let spf: Vec<String> = record.spf_results.iter().map(|one| found(&one.domain, one.result)).collect();
    let why: Vec<String> = record
        .reasons
        .iter()
        .map(|one| match one.comment.as_str() {
            "" => one.kind.keyword().to_owned(),
            comment => format!("{}: {comment}", one.kind.keyword()),
        })
        .collect();
    [
        record.source_ip.map_or_else(|| "-".to_owned(), |ip| ip.to_string()),
        record.count.to_string(),
        shorten(&record.header_from, 40),
        proof(record.dkim, &dkim),
        proof(record.spf, &spf),
        record.disposition.keyword().to_owned(),
        shorten(&why.join(", "), 60),
    ]
}

/// Whether it proves the domain in From; where not, what was found.
fn proof(aligned: bool, found: &[String]) -> String {
    match (aligned, found) {
        (true, _) => "pass".to_owned(),
        (false, []) => "fail".to_owned(),
        (false, found) => shorten(&format!("fail ({})", found.join(", ")), 50),
    }
}

/// A policy as far as it is not what goes without saying.
pub(crate) fn policy(policy: &PolicyPublished) -> String {
    let mut tags: Vec<String> = Vec::new();
    for (tag, value) in [("p", policy.p), ("sp", policy.sp), ("np", policy.np)] {
        if let Some(value) = value.filter(|value| tag == "p" || Some(*value) != policy.p) {
            tags.push(format!("{tag}={value}"));
        }
    }
    for (tag, value) in [("adkim", policy.adkim), ("aspf", policy.aspf)] {
        if value == Some(Alignment::Strict) {
            tags.push(format!("{tag}=s"));
        }
    }
    if policy.testing == Some(true) {
        tags.push("t=y".to_owned());
    }
    tags.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_short() {
        for (policy, expected) in [
            (r#"{"domain":"a","fo":"","discovery_method":""}"#, ""),
            (r#"{"domain":"a","p":"none","sp":"none","np":"none","fo":"","discovery_method":""}"#, "p=none"),
            (
                r#"{"domain":"a","p":"none","sp":"reject","np":"none","adkim":"strict","aspf":"relaxed",
                    "testing":true,"fo":"0","discovery_method":"psl"}"#,
                "p=none sp=reject adkim=s t=y",
            ),
        ] {
            assert_eq!(super::policy(&serde_json::from_str(policy).unwrap()), expected, "{policy}");
        }
    }

    #[test]
    fn what_does_not_prove_the_domain_is_told() {
        let found = ["lists.example pass".to_owned(), "a.example fail".to_owned()];
        assert_eq!(proof(true, &found), "pass");
        assert_eq!(proof(false, &found), "fail (lists.example pass, a.example fail)");
        assert_eq!(proof(false, &[]), "fail");
    }
}
