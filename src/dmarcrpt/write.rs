//! Writes aggregate reports, record by record, in the form of RFC 9990 or the one before.
//!
//! Written is one text for one report, byte for byte; no more than one record is in memory. The order of elements is
//! that of RFC 7489 wherever RFC 9990 leaves it free (metadata, policy, identifiers), since old readers go by order.
//! What RFC 9990 adds stands behind. RFC 9990 §3.1.1, §3.5.2 (file name), appendix A; RFC 7489 appendix C.

use std::io;

use mox_clock::Timestamp;

use crate::names::related;
use crate::page::Page;
use crate::{
    Action, AuthResult, DkimAuth, Feedback, Form, Metadata, PolicyPublished, Reason, ReasonKind, Record,
    Scope, SpfAuth,
};

/// Most signatures that are told of one record (RFC 9990 §3.1.3).
pub const MAX_SIGNATURES: usize = 100;

/// Most characters of what was wrong (RFC 9990 §3.1.5 wants it short, and sets no bound).
pub const MAX_ERROR: usize = 2000;

/// A report that is being written. It needs at least one record to be one (RFC 9990 §3.1.1.2).
#[derive(Debug)]
pub struct Writer<W: io::Write> {
    out: W,
    page: Page,
    form: Form,
    policy_domain: String,
}

impl<W: io::Write> Writer<W> {
    /// Writes all that stands before the records.
    pub fn new(out: W, form: Form, metadata: &Metadata, policy: &PolicyPublished) -> io::Result<Self> {
        let mut page = Page::default();
        page.raw("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        // Before RFC 9990 there was a namespace that hardly anybody wrote, and readers of that time match bare names.
        match form {
            Form::Rfc9990 => page.open_with("feedback", "xmlns=\"urn:ietf:params:xml:ns:dmarc-2.0\""),
            Form::Rfc7489 => page.open("feedback"),
        }
        page.leaf("version", "1.0");
        write_metadata(&mut page, form, metadata);
        write_policy(&mut page, form, policy);
        let mut writer = Writer { out, page, form, policy_domain: policy.domain.clone() };
        writer.flush()?;
        Ok(writer)
    }

    /// Writes a record.
    pub fn record(&mut self, record: &Record) -> io::Result<()> {
        let (form, policy_domain) = (self.form, self.policy_domain.as_str());
        self.page.within("record", |page| {
            page.within("row", |page| write_row(page, form, record));
            page.within("identifiers", |page| write_identifiers(page, record));
            page.within("auth_results", |page| {
                for signature in signatures(record, policy_domain).into_iter().take(MAX_SIGNATURES) {
                    page.within("dkim", |page| write_dkim(page, form, signature));
                }
                write_spf(page, form, record);
            });
        });
        self.flush()
    }

    /// Ends the report.
    pub fn finish(mut self) -> io::Result<W> {
        self.page.close("feedback");
        self.flush()?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.write_all(self.page.take().as_bytes())
    }
}

/// A report as one text.
pub fn write(feedback: &Feedback, form: Form) -> Vec<u8> {
    let whole = || {
        let mut writer = Writer::new(Vec::new(), form, &feedback.metadata, &feedback.policy)?;
        for record in &feedback.records {
            writer.record(record)?;
        }
        writer.finish()
    };
    // Writing to memory does not fail.
    whole().unwrap_or_else(|_: io::Error| Vec::new())
}

/// The name of the file, compressed: `receiver!domain!begin!end!unique.xml.gz`. What a name must not have is left out.
pub fn file_name(
    receiver: &str,
    policy_domain: &str,
    begin: Timestamp,
    end: Timestamp,
    unique: &str,
) -> String {
    let domain = |text: &str| -> String {
        text.chars().filter(|c| c.is_ascii_alphanumeric() || "-._".contains(*c)).collect()
    };
    let unique: String = unique.chars().filter(char::is_ascii_alphanumeric).collect();
    let unique = if unique.is_empty() { unique } else { format!("!{unique}") };
    let (receiver, policy_domain) = (domain(receiver), domain(policy_domain));
    format!("{receiver}!{policy_domain}!{}!{}{unique}.xml.gz", begin.secs(), end.secs())
}

fn write_metadata(page: &mut Page, form: Form, metadata: &Metadata) {
    page.within("report_metadata", |page| {
        page.leaf("org_name", &metadata.org_name);
        page.leaf("email", &metadata.email);
        page.unless_empty("extra_contact_info", &metadata.extra_contact_info);
        page.leaf("report_id", &metadata.report_id);
        page.within("date_range", |page| {
            page.leaf("begin", &metadata.begin.secs().to_string());
            page.leaf("end", &metadata.end.secs().to_string());
        });
        // RFC 9990 has one element for all that was wrong.
        page.unless_empty("error", &short(&metadata.error.join("; "), MAX_ERROR));
        if form == Form::Rfc9990 {
            page.unless_empty("generator", &metadata.generator);
        }
    });
}

fn short(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some(_) => text.chars().take(most.saturating_sub(3)).chain("...".chars()).collect(),
    }
}

/// `p` is required, and `none` where there is none (RFC 9989 §4.7); RFC 7489 requires `sp`, `pct` and `fo`, too.
fn write_policy(page: &mut Page, form: Form, policy: &PolicyPublished) {
    let p = policy.p.unwrap_or_default();
    page.within("policy_published", |page| {
        page.leaf("domain", &policy.domain);
        page.if_some("adkim", policy.adkim.map(|mode| mode.letter()));
        page.if_some("aspf", policy.aspf.map(|mode| mode.letter()));
        page.leaf("p", p.keyword());
        match form {
            Form::Rfc9990 => {
                page.if_some("sp", policy.sp.map(|policy| policy.keyword()));
                page.if_some("np", policy.np.map(|policy| policy.keyword()));
                page.unless_empty("fo", &policy.fo);
                page.if_some("testing", policy.testing.map(|testing| if testing { "y" } else { "n" }));
                let known = ["treewalk", "psl"].into_iter().find(|method| *method == policy.discovery_method);
                page.if_some("discovery_method", known);
            }
            Form::Rfc7489 => {
                page.leaf("sp", policy.sp.unwrap_or(p).keyword());
                page.leaf("pct", &policy.pct.unwrap_or(100).to_string());
                page.leaf("fo", if policy.fo.is_empty() { "0" } else { &policy.fo });
            }
        }
    });
}

fn write_row(page: &mut Page, form: Form, record: &Record) {
    let verdict = |passes| if passes { "pass" } else { "fail" };
    let disposition = match (form, record.disposition) {
        (Form::Rfc7489, Action::Pass) => Action::None,
        (_, action) => action,
    };
    page.leaf("source_ip", &record.source_ip.map(|ip| ip.to_canonical().to_string()).unwrap_or_default());
    page.leaf("count", &record.count.to_string());
    page.within("policy_evaluated", |page| {
        page.leaf("disposition", disposition.keyword());
        page.leaf("dkim", verdict(record.dkim));
        page.leaf("spf", verdict(record.spf));
        for reason in &record.reasons {
            page.within("reason", |page| write_reason(page, form, reason));
        }
    });
}

/// A reason whose word the form does not have is `other`, and the word stands in the comment. `forwarded` does not
/// become `trusted_forwarder`: that claims a list of forwarders that are trusted, and nobody said that there is one.
fn write_reason(page: &mut Page, form: Form, reason: &Reason) {
    let known = match form {
        Form::Rfc9990 => !matches!(reason.kind, ReasonKind::Forwarded | ReasonKind::SampledOut),
        Form::Rfc7489 => reason.kind != ReasonKind::PolicyTestMode,
    };
    let word = reason.kind.keyword();
    let comment = match (known, reason.comment.as_str()) {
        (true, comment) => comment.to_owned(),
        (false, "") => word.to_owned(),
        (false, comment) => format!("{word}: {comment}"),
    };
    page.leaf("type", if known { word } else { ReasonKind::Other.keyword() });
    page.unless_empty("comment", &comment);
}

/// The null reverse-path is an empty element (RFC 9990 §3.1.1.10).
fn write_identifiers(page: &mut Page, record: &Record) {
    page.if_some("envelope_to", record.envelope_to.as_deref());
    page.if_some("envelope_from", record.envelope_from.as_deref());
    page.leaf("header_from", &record.header_from);
}

/// The signatures by what they are worth (RFC 9990 §3.1.3); those of equal worth stay in the order they came in.
///
/// The organizational domain is not known here, so names tell what may be aligned. Of what is aligned otherwise the
/// collector keeps the order, best first.
fn signatures<'r>(record: &'r Record, policy_domain: &str) -> Vec<&'r DkimAuth> {
    let author = record.header_from.as_str();
    let mut all: Vec<&DkimAuth> = record.dkim_results.iter().collect();
    all.sort_by_key(|signature| {
        let signer = signature.domain.as_str();
        if signature.result != AuthResult::Pass {
            3
        } else if signer.eq_ignore_ascii_case(author) {
            0
        } else if related(signer, author, policy_domain) {
            1
        } else {
            2
        }
    });
    all
}

/// RFC 9990 requires the selector. Where it is not known `none` is written: an empty element would do for the schema,
/// but readers take it as missing, and what they put there is that word.
fn write_dkim(page: &mut Page, form: Form, signature: &DkimAuth) {
    // Only SPF fails softly.
    let result = match signature.result {
        AuthResult::SoftFail => AuthResult::Fail,
        result => result,
    };
    page.leaf("domain", &signature.domain);
    match (form, signature.selector.as_str()) {
        (Form::Rfc7489, "") => {}
        (Form::Rfc9990, "") => page.leaf("selector", "none"),
        (_, selector) => page.leaf("selector", selector),
    }
    page.leaf("result", result.keyword());
    page.unless_empty("human_result", &signature.human_result);
}

/// One result. RFC 9990 has MAIL FROM only; RFC 7489 has the greeting as well, and requires a result and its scope.
fn write_spf(page: &mut Page, form: Form, record: &Record) {
    let mail_from = record.spf_results.iter().find(|spf| spf.scope != Some(Scope::Helo));
    match form {
        Form::Rfc9990 => {
            // With a null reverse-path the name in the greeting is the identity of MAIL FROM (RFC 7208 §2.4).
            let null = record.envelope_from.as_deref() == Some("");
            let greeting = record.spf_results.first().filter(|_| null);
            let Some(SpfAuth { domain, scope, result, human_result }) = mail_from.or(greeting) else {
                return;
            };
            page.within("spf", |page| {
                page.leaf("domain", domain);
                page.if_some("scope", scope.map(|_| "mfrom"));
                page.leaf("result", result.keyword());
                page.unless_empty("human_result", human_result);
            });
        }
        Form::Rfc7489 => {
            let (domain, scope, result) = match mail_from.or(record.spf_results.first()) {
                Some(spf) => (spf.domain.as_str(), spf.scope.unwrap_or_default(), spf.result),
                None => (record.envelope_from.as_deref().unwrap_or_default(), Scope::MFrom, AuthResult::None),
            };
            // SPF had no `policy` then: nothing is said.
            let result = if result == AuthResult::Policy { AuthResult::Neutral } else { result };
            page.within("spf", |page| {
                page.leaf("domain", domain);
                page.leaf("scope", if scope == Scope::Helo { "helo" } else { "mfrom" });
                page.leaf("result", result.keyword());
            });
        }
    }
}
