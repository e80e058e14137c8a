//! What the house says of DMARC: a day of two domains, one of which changed its policy.

use super::*;

/// One reply for reports about DMARC, another for those about TLS.
pub(super) fn or<T>(family: ReportFamily, dmarc: impl FnOnce() -> T, tls: impl FnOnce() -> T) -> T {
    match family {
        ReportFamily::Dmarc => dmarc(),
        ReportFamily::Tls => tls(),
    }
}

/// Those of the domain that is asked for, with as many rows as are asked for.
pub(super) fn results(op: &DmarcResults) -> Vec<DmarcResultRow> {
    let mut room = usize::try_from(op.limit.unwrap_or(DmarcResults::MAX)).unwrap();
    let mut found: Vec<DmarcResultRow> = [reject(), before(), alone()]
        .into_iter()
        .filter(|one| op.domain.as_ref().is_none_or(|d| *d == one.policy_domain))
        .collect();
    for one in &mut found {
        one.rows.truncate(room);
        room -= one.rows.len();
    }
    found
}

fn reject() -> DmarcResultRow {
    let own = serde_json::json!({
        "source_ip": "192.0.2.1", "count": 20, "disposition": "pass", "dkim": true, "spf": true,
        "header_from": "example.org",
        "dkim_results": [{"domain": "example.org", "selector": "s1", "result": "pass"}],
        "spf_results": [{"domain": "example.org", "scope": "mfrom", "result": "pass"}],
    });
    let list = serde_json::json!({
        "source_ip": "2001:db8::25", "count": 2, "disposition": "none", "dkim": false, "spf": false,
        "reasons": [{"type": "mailing_list", "comment": "a list that is known"}],
        "header_from": "example.org",
        "dkim_results": [
            {"domain": "example.org", "selector": "s1", "result": "fail"},
            {"domain": "lists.example", "selector": "a", "result": "pass"}
        ],
        "spf_results": [{"domain": "lists.example", "scope": "mfrom", "result": "pass"}],
    });
    let forged = serde_json::json!({
        "source_ip": "203.0.113.9", "count": 1, "disposition": "reject", "dkim": false, "spf": false,
        "header_from": "bank.example.org \u{1b}[31m",
        "spf_results": [{"domain": "bank.example.org", "scope": "mfrom", "result": "softfail"}],
    });
    DmarcResultRow {
        policy_domain: "example.org".into(),
        day: "2026-11-21".into(),
        policy: serde_json::json!({
            "domain": "example.org", "p": "reject", "sp": "quarantine", "np": "reject", "adkim": "relaxed",
            "aspf": "strict", "fo": "0", "testing": true, "discovery_method": "treewalk", "pct": null,
        }),
        messages: 25,
        passed: 20,
        reasons: 22,
        unlisted: 2,
        rows: vec![own, list, forged],
    }
}

/// Under the policy it had before.
fn before() -> DmarcResultRow {
    let mut one = reject();
    one.policy["p"] = "none".into();
    one.policy["testing"] = false.into();
    one.rows.truncate(1);
    DmarcResultRow { messages: 20, passed: 20, reasons: 20, unlisted: 0, ..one }
}

/// A domain from which nothing but forged mail came.
fn alone() -> DmarcResultRow {
    let mut one = reject();
    one.policy["domain"] = "example.net".into();
    one.rows.drain(..2);
    let policy_domain = "example.net".into();
    DmarcResultRow { policy_domain, messages: 1, passed: 0, reasons: 0, unlisted: 0, ..one }
}

const XML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<feedback xmlns=\"urn:ietf:params:xml:ns:dmarc-2.0\">
  <version>1.0</version>
  <report_metadata>
    <org_name>mox.example</org_name>
    <email>postmaster@mox.example</email>
    <report_id>20261121.example.org.k3x</report_id>
    <date_range>
      <begin>1795219200</begin>
      <end>1795305599</end>
    </date_range>
    <error>2 messages of further sources are not listed</error>
  </report_metadata>
  <policy_published>
    <domain>example.org</domain>
    <p>reject</p>
  </policy_published>
  <record>
    <row>
      <source_ip>192.0.2.1</source_ip>
      <count>20</count>
      <policy_evaluated>
        <disposition>pass</disposition>
        <dkim>pass</dkim>
        <spf>pass</spf>
      </policy_evaluated>
    </row>
    <identifiers>
      <header_from>example.org</header_from>
    </identifiers>
    <auth_results>
      <spf>
        <domain>example.org</domain>
        <result>pass</result>
      </spf>
    </auth_results>
  </record>
  <record>
    <row>
      <source_ip>2001:db8::25</source_ip>
      <count>2</count>
      <policy_evaluated>
        <disposition>none</disposition>
        <dkim>fail</dkim>
        <spf>fail</spf>
        <reason>
          <type>mailing_list</type>
          <comment>a list that is known</comment>
        </reason>
      </policy_evaluated>
    </row>
    <identifiers>
      <header_from>example.org</header_from>
    </identifiers>
    <auth_results>
      <dkim>
        <domain>lists.example</domain>
        <selector>a</selector>
        <result>pass</result>
      </dkim>
      <spf>
        <domain>lists.example</domain>
        <result>pass</result>
      </spf>
    </auth_results>
  </record>
</feedback>
";

const FILE: &str = "mox.example!example.org!1795219200!1795305599!k3x.xml.gz";

pub(super) fn previewed() -> ReportPreviewed {
    ReportPreviewed {
        reports: vec![ReportPreviewRow {
            policy_domain: "example.org".into(),
            kind: "dmarc".into(),
            day: "2026-11-21".into(),
            partial: false,
            report_id: "20261121.example.org.k3x".into(),
            destinations: vec![destination("mailto:dmarc@example.org", "will-send", "")],
            file_name: FILE.into(),
            document: XML.into(),
        }],
        withheld: vec![ReportWithheld {
            policy_domain: "example.net".into(),
            kind: "dmarc".into(),
            day: "2026-11-21".into(),
            why: "nothing that came in its name is a reason for a report".into(),
        }],
    }
}

/// What the house says of TLS, as if it were about DMARC.
pub(super) fn sent(tls: &[ReportSent]) -> Vec<ReportSent> {
    let dmarc = |sent: &ReportSent| ReportSent { kind: "dmarc".into(), ..sent.clone() };
    tls.iter().map(dmarc).collect()
}

/// The same of what was made.
pub(super) fn history(tls: Vec<ReportHistoryRow>) -> Vec<ReportHistoryRow> {
    let dmarc = |row: ReportHistoryRow| ReportHistoryRow {
        kind: "dmarc".into(),
        file_name: row.file_name.replace(".json.gz", ".xml.gz"),
        why: row.why.replace("TLSRPT", "DMARC"),
        ..row
    };
    tls.into_iter().filter(|row| row.kind == "domain").map(dmarc).collect()
}

pub(super) fn explained(tls: ReportExplanation) -> ReportExplanation {
    let mut steps = tls.steps;
    for step in &mut steps {
        match step.step.as_str() {
            "switch" => step.text = "reports are sent for days with mail that was taken".into(),
            "results" => step.text = "2026-11-21, example.org (p=reject): 20 of 25 messages passed".into(),
            _ => {}
        }
    }
    ReportExplanation { steps }
}
