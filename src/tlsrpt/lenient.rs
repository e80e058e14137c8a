//! Reports as others write them: read whatever can be meant by them, with a note of everything that was forgiven.
//!
//! Bounded before anything is built: bytes, then the number of values; the depth is that of the JSON parser (128).
//! Control characters become blanks, so that a text can be shown and written into a log. RFC 8460 §4.4.

use std::time::Duration;

use mox_clock::Timestamp;
use serde::de::Deserialize;
use serde_json::{Map, Value};

use crate::report::{Limits, Parsed, Report, ReportError};
use crate::{FailureDetail, Policy, PolicyResult, PolicyType, ResultType, Summary};

/// Most notes that are kept of one report.
const MAX_ODDITIES: usize = 50;

/// Reads a document.
pub(crate) fn parse(json: &[u8], limits: &Limits) -> Result<Parsed, ReportError> {
    if json.len() > limits.bytes {
        return Err(ReportError::TooLarge { size: json.len(), max: limits.bytes });
    }
    let elements = json.iter().filter(|b| matches!(b, b',' | b'[' | b'{')).count();
    if elements > limits.elements {
        return Err(ReportError::TooManyElements { max: limits.elements });
    }
    let mut reader = Reader::new(limits);
    let text = json.strip_prefix(b"\xef\xbb\xbf").unwrap_or(json);
    if text.len() != json.len() {
        reader.odd("the document begins with a byte order mark");
    }
    let text = String::from_utf8_lossy(text);
    if matches!(text, std::borrow::Cow::Owned(_)) {
        reader.odd("the document is not UTF-8");
    }
    let mut json = serde_json::Deserializer::from_str(&text);
    let value = Value::deserialize(&mut json).map_err(|e| ReportError::Json {
        line: e.line(),
        column: e.column(),
        reason: reason(&e),
    })?;
    if json.end().is_err() {
        reader.odd("bytes follow after the document");
    }
    reader.report(&value)
}

/// Reads a document that is JSON already.
pub(crate) fn read(value: &Value, limits: &Limits) -> Result<Parsed, ReportError> {
    Reader::new(limits).report(value)
}

/// What the JSON parser says, without the place.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.as_str(), |(reason, _)| reason).to_owned()
}

struct Reader<'a> {
    limits: &'a Limits,
    /// Details that may still be read.
    details: usize,
    oddities: Vec<String>,
}

/// An object, whose fields are found in any spelling of their names.
type Object = Map<String, Value>;

impl Reader<'_> {
    fn new(limits: &Limits) -> Reader<'_> {
        Reader { limits, details: limits.details, oddities: Vec::new() }
    }

    fn odd(&mut self, text: impl Into<String>) {
        let text = text.into();
        if self.oddities.len() < MAX_ODDITIES && !self.oddities.contains(&text) {
            self.oddities.push(text);
        }
    }

    fn report(mut self, value: &Value) -> Result<Parsed, ReportError> {
        let value = match value {
            Value::Array(list) if list.len() == 1 => {
                self.odd("the document is a list of one report");
                list.first().unwrap_or(value)
            }
            value => value,
        };
        let Value::Object(top) = value else { return Err(ReportError::NotReport("object")) };
        let Some(Value::Object(range)) = self.field(top, "date-range") else {
            return Err(ReportError::NotReport("date-range"));
        };
        let policies = self.field(top, "policies");
        if policies.is_none() && self.field(top, "report-id").is_none() {
            return Err(ReportError::NotReport("policies"));
        }
        let (start, end) = self.range(range)?;
        let report = Report {
            organization_name: self.required(top, "organization-name"),
            start,
            end,
            contact_info: self.contact(top),
            report_id: self.required(top, "report-id"),
            policies: self.policies(policies),
        };
        Ok(Parsed { report, oddities: self.oddities })
    }

    /// A field of an object; null is as good as none.
    fn field<'v>(&mut self, object: &'v Object, name: &str) -> Option<&'v Value> {
        let found = match object.get(name) {
            Some(value) => Some(value),
            None => {
                let like = object.iter().find(|(key, _)| key.replace('_', "-").eq_ignore_ascii_case(name))?;
                self.odd(format!("{name} is spelled {:?}", self.clip(like.0)));
                Some(like.1)
            }
        };
        if found.is_some_and(Value::is_null) {
            self.odd(format!("{name} is null"));
        }
        found.filter(|value| !value.is_null())
    }

    /// A text without control characters, as long as it may be.
    fn clip(&self, text: &str) -> String {
        let end = (0..=text.len().min(self.limits.text)).rev().find(|at| text.is_char_boundary(*at));
        let text = text.get(..end.unwrap_or(0)).unwrap_or_default();
        text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
    }

    fn text(&mut self, value: &Value, name: &str) -> String {
        match value {
            Value::String(text) => {
                if text.len() > self.limits.text {
                    self.odd(format!("{name} is longer than {} bytes", self.limits.text));
                }
                self.clip(text)
            }
            Value::Array(list) => {
                self.odd(format!("{name} is a list"));
                let texts: Vec<&str> =
                    list.iter().filter_map(Value::as_str).take(self.limits.strings).collect();
                self.clip(&texts.join(" "))
            }
            Value::Number(number) => {
                self.odd(format!("{name} is a number"));
                number.to_string()
            }
            _ => {
                self.odd(format!("{name} is not a text"));
                String::new()
            }
        }
    }

    fn optional(&mut self, object: &Object, name: &str) -> String {
        match self.field(object, name) {
            Some(value) => self.text(value, name),
            None => String::new(),
        }
    }

    fn required(&mut self, object: &Object, name: &str) -> String {
        let text = self.optional(object, name);
        if text.is_empty() {
            self.odd(format!("{name} is missing or empty"));
        }
        text
    }

    fn contact(&mut self, top: &Object) -> String {
        let text = self.required(top, "contact-info");
        let address = text.trim_start_matches("mailto:");
        if address.len() < text.len() {
            self.odd("contact-info is a mailto: URI");
        }
        address.to_owned()
    }

    fn range(&mut self, range: &Object) -> Result<(Timestamp, Timestamp), ReportError> {
        let start = match self.field(range, "start-datetime") {
            Some(value) => self.time(value, "start-datetime")?,
            None => return Err(ReportError::NotReport("start-datetime")),
        };
        let end = match self.field(range, "end-datetime") {
            Some(value) => self.time(value, "end-datetime")?,
            None => {
                self.odd("end-datetime is missing: a day is meant");
                start.plus(Duration::from_secs(86_399))
            }
        };
        if end < start {
            self.odd("the period ends before it begins");
            return Ok((end, start));
        }
        Ok((start, end))
    }

    /// A moment, in whole seconds.
    fn time(&mut self, value: &Value, field: &'static str) -> Result<Timestamp, ReportError> {
        let wrong = |text: String| ReportError::Time { field, text };
        let time = match value {
            Value::Number(number) => {
                self.odd(format!("{field} is a number"));
                number.as_i64().map(Timestamp::from_secs)
            }
            value => {
                let text = self.text(value, field);
                match Timestamp::parse_rfc3339(text.trim()) {
                    Some(time) if text.trim().len() > 10 => Some(time),
                    Some(time) => {
                        self.odd(format!("{field} is a day without a time"));
                        Some(time)
                    }
                    None => {
                        let time = Timestamp::parse_rfc3339(&format!("{}Z", text.trim()));
                        if time.is_some() {
                            self.odd(format!("{field} has no time zone: UTC is meant"));
                        }
                        time
                    }
                }
            }
        };
        let sane = |time: &Timestamp| (0..=253_402_300_799).contains(&time.secs());
        let time = time.filter(sane).ok_or_else(|| wrong(self.clip(&value.to_string())))?;
        Ok(Timestamp::from_secs(time.secs()))
    }

    fn policies(&mut self, value: Option<&Value>) -> Vec<PolicyResult> {
        let list = self.list(value, "policies", self.limits.policies, true);
        list.into_iter().map(|policy| self.policy_result(policy)).collect()
    }

    /// Objects of a list, or one that stands there without a list.
    fn list<'v>(
        &mut self,
        value: Option<&'v Value>,
        name: &str,
        max: usize,
        required: bool,
    ) -> Vec<&'v Object> {
        let list: Vec<&Object> = match value {
            Some(Value::Array(list)) => {
                let objects: Vec<&Object> = list.iter().filter_map(Value::as_object).collect();
                if objects.len() < list.len() {
                    self.odd(format!("{name} has entries that are no objects"));
                }
                objects
            }
            Some(Value::Object(one)) => {
                self.odd(format!("{name} is not a list"));
                vec![one]
            }
            Some(_) => {
                self.odd(format!("{name} is not a list"));
                Vec::new()
            }
            None => {
                if required {
                    self.odd(format!("{name} is absent"));
                }
                Vec::new()
            }
        };
        if list.len() > max {
            self.odd(format!("{name}: {} of {} are read", max, list.len()));
        }
        list.into_iter().take(max).collect()
    }

    fn policy_result(&mut self, entry: &Object) -> PolicyResult {
        let empty = Object::new();
        let policy = match self.field(entry, "policy") {
            Some(Value::Object(policy)) => self.policy(policy),
            _ => {
                self.odd("a policy is missing");
                self.policy(&empty)
            }
        };
        let summary = match self.field(entry, "summary") {
            Some(Value::Object(summary)) => Summary {
                successful: self.count(summary, "total-successful-session-count", 0),
                failed: self.count(summary, "total-failure-session-count", 0),
            },
            _ => {
                self.odd("a summary is missing");
                Summary::default()
            }
        };
        let details = self.field(entry, "failure-details");
        if details.is_none() && summary.failed > 0 {
            self.odd("failures are counted, but failure-details is absent");
        }
        let list = self.list(details, "failure-details", self.details, false);
        self.details = self.details.saturating_sub(list.len());
        let details: Vec<FailureDetail> = list.into_iter().map(|detail| self.detail(detail)).collect();
        // What they count may be more than the summary says: a session can fail in several ways, and failures that did
        // not keep mail from being delivered are told of without being counted.
        PolicyResult { policy, summary, details }
    }

    fn policy(&mut self, policy: &Object) -> Policy {
        let kind = PolicyType::from(self.required(policy, "policy-type"));
        if let PolicyType::Other(name) = &kind
            && !name.is_empty()
        {
            self.odd(format!("policy-type {name:?} is not one of the RFC"));
        }
        let domain = self.required(policy, "policy-domain");
        if domain.ends_with('.') {
            self.odd("policy-domain ends in a dot");
        }
        Policy {
            kind,
            strings: self.strings(policy, "policy-string"),
            domain: domain.trim_end_matches('.').to_owned(),
            mx_hosts: self.strings(policy, "mx-host"),
        }
    }

    fn strings(&mut self, object: &Object, name: &str) -> Vec<String> {
        let max = self.limits.strings;
        let list: Vec<String> = match self.field(object, name) {
            None => Vec::new(),
            Some(Value::Array(list)) => {
                if list.len() > max {
                    self.odd(format!("{name}: {max} of {} are read", list.len()));
                }
                list.iter().take(max).map(|value| self.text(value, name)).collect()
            }
            Some(Value::String(text)) => {
                self.odd(format!("{name} is a text, not a list"));
                let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
                lines.take(max).map(|line| self.clip(line)).collect()
            }
            Some(_) => {
                self.odd(format!("{name} is not a list"));
                Vec::new()
            }
        };
        list.into_iter().filter(|text| !text.is_empty()).collect()
    }

    fn count(&mut self, object: &Object, name: &str, default: u64) -> u64 {
        let Some(value) = self.field(object, name) else {
            self.odd(format!("{name} is missing: {default} is meant"));
            return default;
        };
        if let Some(count) = value.as_u64() {
            return count;
        }
        let whole = match value {
            Value::String(text) => {
                self.odd(format!("{name} is a text"));
                text.trim().parse().ok()
            }
            Value::Number(number) => number.to_string().strip_suffix(".0").and_then(|n| n.parse().ok()),
            _ => None,
        };
        whole.unwrap_or_else(|| {
            self.odd(format!("{name} is not a count: {default} is meant"));
            default
        })
    }

    fn detail(&mut self, detail: &Object) -> FailureDetail {
        let result = ResultType::from(self.required(detail, "result-type"));
        if let ResultType::Other(name) = &result
            && !name.is_empty()
        {
            self.odd(format!("result-type {name:?} is not one of the RFC"));
        }
        FailureDetail {
            result,
            sending_ip: self.optional(detail, "sending-mta-ip"),
            mx_hostname: self.optional(detail, "receiving-mx-hostname"),
            mx_helo: self.optional(detail, "receiving-mx-helo"),
            receiving_ip: self.optional(detail, "receiving-ip"),
            failed: self.count(detail, "failed-session-count", 1),
            information: self.optional(detail, "additional-information"),
            reason: self.optional(detail, "failure-reason-code"),
        }
    }
}
