//! Writes DMARC reports: a document for each policy as published, and for each [`MAX_RECORDS`] rows of it.
//!
//! Rows stream from the database through the compressor: what is in memory is a page of them and the compressed
//! document. They are ordered by source, so that the same rows give the same bytes. RFC 9990 §3.1, §3.5.

use mox_clock::Timestamp;
use mox_dmarcrpt::{Feedback, Form, Metadata, PolicyPublished, Record, Writer};
use mox_store::{Error, Store};
use mox_unpack::gzip::{self, GzEncoder};

use crate::Reports;
use crate::decide::{Content, Plan, Subject};
use crate::seal::Naming;
use crate::tables::destination::State;
use crate::tables::evaluation::{self, Asked};
use crate::tables::report::{Document, Made};

/// Most records of one report.
const MAX_RECORDS: i64 = 10_000;
/// Records with so much text in them end a report, so that no forged signatures make one that nobody takes.
const MAX_TEXT: usize = 4 << 20;
/// Rows that are read at once.
const PAGE: u32 = 500;
/// The software that writes.
const GENERATOR: &str = concat!("mox/", env!("CARGO_PKG_VERSION"));

/// What reports say.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    /// What was wrong with the record of the domain.
    pub(crate) errors: Vec<String>,
    pub(crate) source: Source,
}

/// Where that is.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// In rows that wait.
    Rows(Vec<Asked>),
    /// In reports that were made before, or made up.
    Reports(Vec<Feedback>),
}

/// Source and digest of a row.
type Key = (Vec<u8>, Vec<u8>);

/// A document that is being written, in one form or both.
struct Draft {
    new: Writer<GzEncoder<Vec<u8>>>,
    old: Option<Writer<GzEncoder<Vec<u8>>>>,
    passed: u64,
    failed: u64,
}

impl Draft {
    fn begin(metadata: &Metadata, policy: &PolicyPublished, both: bool) -> Result<Draft, Error> {
        let begin = |form| Writer::new(gzip::encoder(), form, metadata, policy).map_err(unwritten);
        let old = if both { Some(begin(Form::Rfc7489)?) } else { None };
        Ok(Draft { new: begin(Form::Rfc9990)?, old, passed: 0, failed: 0 })
    }

    fn record(&mut self, record: &Record) -> Result<(), Error> {
        let count = if record.passes() { &mut self.passed } else { &mut self.failed };
        *count = count.saturating_add(record.count);
        if let Some(old) = &mut self.old {
            old.record(record).map_err(unwritten)?;
        }
        self.new.record(record).map_err(unwritten)
    }

    fn finish(self, made: Made) -> Result<Made, Error> {
        let finish = |writer: Writer<GzEncoder<Vec<u8>>>| writer.finish()?.finish();
        let document = Some(Document::Packed(finish(self.new).map_err(unwritten)?));
        let legacy = self.old.map(finish).transpose().map_err(unwritten)?;
        Ok(Made { document, legacy, successful: self.passed, failed: self.failed, ..made })
    }
}

/// Writing to memory does not fail.
fn unwritten(error: std::io::Error) -> Error {
    Error::Damaged(format!("a report could not be written: {error}"))
}

impl Reports {
    /// Writes all reports of a subject. Takes long, and waits for the disk.
    pub(crate) fn make_dmarc(
        &self,
        subject: &Subject,
        plan: &Plan,
        naming: &Naming,
    ) -> Result<Vec<Made>, Error> {
        let mut all = Vec::new();
        let Content::Dmarc(told) = &plan.content else { return Ok(all) };
        match &told.source {
            Source::Rows(asked) => {
                for asked in asked {
                    self.of_rows(subject, plan, told, naming, asked, &mut all)?;
                }
            }
            Source::Reports(reports) => {
                for report in reports {
                    let made = self.blank(subject, plan, naming, all.len());
                    let both = self.both_forms(plan);
                    let metadata = self.metadata(&made, &report.metadata.error);
                    let mut draft = Draft::begin(&metadata, &report.policy, both)?;
                    report.records.iter().try_for_each(|record| draft.record(record))?;
                    all.push(draft.finish(made)?);
                }
            }
        }
        Ok(all)
    }

    /// Writes the reports of one policy as published.
    fn of_rows(
        &self,
        subject: &Subject,
        plan: &Plan,
        told: &Told,
        naming: &Naming,
        asked: &Asked,
        all: &mut Vec<Made>,
    ) -> Result<(), Error> {
        let policy: PolicyPublished = serde_json::from_str(&asked.config)
            .map_err(|e| Error::Damaged(format!("a stored DMARC policy: {e}")))?;
        let mut errors = told.errors.clone();
        if asked.unlisted > 0 {
            errors.push(format!("{} messages of further sources are not listed", asked.unlisted));
        }
        let (both, mut behind, mut left) = (self.both_forms(plan), None, asked.rows);
        while left > 0 {
            let made = self.blank(subject, plan, naming, all.len());
            let mut draft = Draft::begin(&self.metadata(&made, &errors), &policy, both)?;
            let written = self.records(&mut draft, asked.id, &mut behind)?;
            if written == 0 {
                break;
            }
            left = left.saturating_sub(written);
            all.push(draft.finish(made)?);
        }
        Ok(())
    }

    /// Writes rows behind a key, which moves on, until the document is full; answers how many there were.
    fn records(&self, draft: &mut Draft, id: i64, behind: &mut Option<Key>) -> Result<i64, Error> {
        let (mut written, mut size) = (0i64, 0usize);
        while written < MAX_RECORDS && size < MAX_TEXT {
            let page = |_: &Store, tx: &mox_db::ReadTx<'_>| {
                let from = behind.as_ref().map(|(source, digest)| (source.as_slice(), digest.as_slice()));
                evaluation::rows(tx.conn(), id, from, PAGE)
            };
            let rows = self.0.store.read_blocking(page)?;
            for row in &rows {
                match serde_json::from_str::<Record>(&row.record) {
                    Ok(record) => {
                        let count = u64::try_from(row.count).unwrap_or(0);
                        draft.record(&Record { count, ..record })?;
                    }
                    // What cannot be read back is lost, which is no reason to tell nothing.
                    Err(error) => tracing::error!(%error, "a stored DMARC row"),
                }
            }
            size = rows.iter().map(|row| row.record.len()).fold(size, usize::saturating_add);
            let count = rows.len();
            if let Some(last) = rows.into_iter().last() {
                *behind = Some((last.source, last.digest));
            }
            written = written.saturating_add(i64::try_from(count).unwrap_or(i64::MAX));
            if count < PAGE as usize {
                break;
            }
        }
        Ok(written)
    }

    /// A report without its document, the `number`th of its subject.
    fn blank(&self, subject: &Subject, plan: &Plan, naming: &Naming, number: usize) -> Made {
        let variant = if number == 0 { String::new() } else { number.to_string() };
        let name = self.name(subject, &variant, naming);
        let (receiver, about) = (plan.submitter.ascii(), &subject.policy_domain);
        let (start, until) = (subject.day.start(), naming.until);
        let file_name = mox_dmarcrpt::file_name(receiver, about, start, until, &name);
        Made { variant, file_name, name, ..self.unmade(subject, plan.submitter.ascii(), naming) }
    }

    fn metadata(&self, made: &Made, errors: &[String]) -> Metadata {
        Metadata {
            org_name: made.submitter.clone(),
            email: format!("postmaster@{}", made.submitter),
            report_id: made.name.clone(),
            begin: made.start,
            end: made.until,
            error: errors.to_vec(),
            generator: GENERATOR.to_owned(),
            ..Metadata::default()
        }
    }

    /// Whether a destination is known to read the form before RFC 9990 alone.
    fn both_forms(&self, plan: &Plan) -> bool {
        plan.destinations.iter().any(|d| d.state == State::Sealed && self.reads_old_form(&d.place.host))
    }

    /// Whether reports to a host are written in the form of RFC 7489.
    pub(crate) fn reads_old_form(&self, host: &str) -> bool {
        let config = self.0.options.config.load();
        config.server.outgoing_dmarc_reports_rfc7489.iter().any(|domain| domain.ascii() == host)
    }

    /// A made-up report.
    pub(crate) fn sample_feedback(&self, domain: &str, now: Timestamp) -> Feedback {
        let record = Record {
            source_ip: Some(std::net::Ipv4Addr::new(192, 0, 2, 1).into()),
            count: 1,
            disposition: mox_dmarcrpt::Action::None,
            dkim: false,
            spf: false,
            reasons: vec![mox_dmarcrpt::Reason {
                kind: mox_dmarcrpt::ReasonKind::Other,
                comment: "sample: made up to test the delivery of reports".to_owned(),
            }],
            header_from: domain.to_owned(),
            envelope_from: None,
            envelope_to: None,
            dkim_results: Vec::new(),
            spf_results: Vec::new(),
        };
        let policy = PolicyPublished {
            domain: domain.to_owned(),
            p: Some(mox_dmarc::Policy::None),
            ..PolicyPublished::default()
        };
        let metadata = Metadata { begin: now, end: now, ..Metadata::default() };
        Feedback { form: Form::Rfc9990, metadata, policy, records: vec![record] }
    }
}
