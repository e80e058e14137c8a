//! What a domain publishes, with everything it includes: for people who set it up. RFC 7208 §4.6.4, §10.1.
//!
//! Walks `include` and `redirect` whose targets need no client to expand, and counts the terms that ask DNS when none of
//! them matches: what the worst client costs.

use serde::Serialize;

use mox_dns::Resolver;

use crate::evaluate::MAX_LOOKUPS;
use crate::macros::MacroString;
use crate::outcome::MAX_RECORD_KEPT;
use crate::record::{Mechanism, Modifier, Record, Term, is_spf};

/// Most records that are fetched.
pub const MAX_SURVEYED: usize = 30;

/// What a domain publishes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Survey {
    /// The domain asked for.
    pub domain: String,
    /// Its record and those it leads to, in the order met; empty when there is none.
    pub records: Vec<Surveyed>,
    /// Terms that ask DNS when none matches; included ones count, those of macros with a client do not.
    pub lookups: u32,
    /// What is wrong or unwise.
    pub problems: Vec<String>,
    /// What could not be asked now.
    pub temporary: Option<String>,
    /// Whether every answer was authentic.
    pub authentic: bool,
}

/// One record on the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Surveyed {
    /// Whose.
    pub domain: String,
    /// As published, at most [`MAX_RECORD_KEPT`] characters.
    pub record: String,
    /// Its own terms that ask DNS.
    pub lookups: u32,
    /// The parsed record; none when it has a mistake.
    #[serde(skip)]
    pub parsed: Option<Record>,
}

/// Looks up the record of a domain and those it leads to.
pub async fn survey(resolver: &dyn Resolver, domain: &str) -> Survey {
    let mut survey = Survey {
        domain: domain.to_owned(),
        records: Vec::new(),
        lookups: 0,
        problems: Vec::new(),
        temporary: None,
        authentic: true,
    };
    // Depth first, as evaluation does; a domain included twice costs twice and is fetched twice.
    let mut todo = vec![domain.to_ascii_lowercase()];
    let mut fetched = 0;
    while let Some(domain) = todo.pop() {
        if fetched == MAX_SURVEYED {
            survey.problems.push(format!("more than {MAX_SURVEYED} records, the others were not looked at"));
            break;
        }
        fetched += 1;
        let Some(surveyed) = survey.fetch(resolver, &domain).await else { continue };
        survey.lookups += surveyed.lookups;
        if let Some(record) = &surveyed.parsed {
            let next = survey.judge(&domain, record);
            todo.extend(next.into_iter().rev());
        }
        survey.records.push(surveyed);
    }
    if survey.lookups > MAX_LOOKUPS {
        survey.problems.push(format!(
            "{} terms ask dns, more than the {MAX_LOOKUPS} allowed: clients that match none or a late one get permerror",
            survey.lookups
        ));
    }
    survey
}

impl Survey {
    async fn fetch(&mut self, resolver: &dyn Resolver, domain: &str) -> Option<Surveyed> {
        let texts = match resolver.lookup_txt(domain).await {
            Ok(answer) => {
                self.authentic &= answer.authentic;
                answer.records
            }
            Err(error) if error.is_temporary() => {
                self.authentic = false;
                self.temporary = Some(format!("{domain}: {error}"));
                return None;
            }
            Err(error) => {
                self.authentic &= error.is_authentic();
                self.problems.push(format!("{domain}: {error}"));
                return None;
            }
        };
        let mut records = texts.into_iter().filter(|text| is_spf(text));
        let Some(text) = records.next() else {
            self.problems.push(format!("{domain} has no spf record"));
            return None;
        };
        if records.next().is_some() {
            self.problems.push(format!("{domain} has more than one spf record"));
        }
        let parsed = Record::parse(&text);
        if let Err(error) = &parsed {
            self.problems.push(format!("{domain}: {error}"));
        }
        let parsed = parsed.ok();
        let asking = parsed.iter().flat_map(|record| &record.terms).filter(|term| term.asks_dns()).count();
        Some(Surveyed {
            domain: domain.to_owned(),
            record: text.chars().take(MAX_RECORD_KEPT).collect(),
            lookups: u32::try_from(asking).unwrap_or(u32::MAX),
            parsed,
        })
    }

    /// Notes what is unwise in a record, and gives the domains it leads to.
    fn judge(&mut self, domain: &str, record: &Record) -> Vec<String> {
        let mut next = Vec::new();
        let mut follow = |spec: &MacroString| next.extend(spec.literal().map(name));
        let mut all = false;
        for term in &record.terms {
            match term {
                Term::Directive(directive) => {
                    if all {
                        self.problems.push(format!("{domain}: {term} is never reached, it follows all"));
                        break;
                    }
                    match &directive.mechanism {
                        Mechanism::Include(spec) => follow(spec),
                        Mechanism::Ptr(_) => {
                            self.problems
                                .push(format!("{domain}: {term} should not be used (RFC 7208 §5.5)"));
                        }
                        Mechanism::All => all = true,
                        _ => {}
                    }
                }
                Term::Modifier(Modifier::Redirect(spec)) if !has_all(record) => follow(spec),
                Term::Modifier(Modifier::Redirect(_)) => {
                    self.problems.push(format!("{domain}: {term} has no effect beside all"));
                }
                Term::Modifier(_) => {}
            }
        }
        if !has_all(record) && record.redirect().is_none() && domain == self.domain {
            self.problems.push(format!("{domain}: neither all nor redirect, so others are neutral"));
        }
        next
    }
}

fn has_all(record: &Record) -> bool {
    record.directives().any(|directive| directive.mechanism == Mechanism::All)
}

fn name(text: &str) -> String {
    text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use mox_dns::sim::SimResolver;

    async fn of(zone: &str) -> Survey {
        survey(&SimResolver::from_zone(zone).unwrap(), "a.example").await
    }

    #[tokio::test]
    async fn lookups_of_includes_count() {
        let found = of("a.example. TXT \"v=spf1 mx include:b.example include:%{d}.x.example -all\"
            b.example. TXT \"v=spf1 a a:c.example ip4:192.0.2.1 redirect=c.example\"
            c.example. TXT \"v=spf1 ?all\"")
        .await;
        let costs: Vec<(&str, u32)> = found.records.iter().map(|r| (r.domain.as_str(), r.lookups)).collect();
        assert_eq!(costs, [("a.example", 3), ("b.example", 3), ("c.example", 0)]);
        assert_eq!((found.lookups, found.problems.len(), found.authentic), (6, 0, true));
    }

    #[tokio::test]
    async fn problems_are_named() {
        for (zone, problem) in [
            ("", "no such name"),
            ("a.example. TXT \"v=spf2\"", "has no spf record"),
            ("a.example. TXT \"v=spf1 foo\"", "unknown mechanism"),
            ("a.example. TXT \"v=spf1 ?all\"\na.example. TXT \"v=spf1 -all\"", "more than one"),
            ("a.example. TXT \"v=spf1 include:a.example -all\"", "more than 30 records"),
            ("a.example. TXT \"v=spf1 a a a a a a a a a a a -all\"", "11 terms ask dns"),
            ("a.example. TXT \"v=spf1 ptr -all\"", "should not be used"),
            ("a.example. TXT \"v=spf1 all a\"", "never reached"),
            ("a.example. TXT \"v=spf1 redirect=b.example all\"", "no effect"),
            ("a.example. TXT \"v=spf1 a\"", "neither all nor redirect"),
        ] {
            let found = of(zone).await;
            assert!(found.problems.iter().any(|p| p.contains(problem)), "{zone}: {:?}", found.problems);
        }
        let found = of("a.example. ANY ; bogus").await;
        assert!(found.temporary.is_some() && !found.authentic && found.problems.is_empty());
    }
}
