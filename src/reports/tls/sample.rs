//! A made-up report about TLS, which proves that signing and delivery work.

use mox_address::Domain;
use mox_store::Error;
use mox_tlsrpt::{FailureDetail, Policy, PolicyResult, PolicyType, ResultType, lookup_record};

use super::decide::published;
use crate::Reports;
use crate::decide::{Content, Decision, Plan, Subject, Unpublished};
use crate::place::addresses;
use crate::submitter::submitter;

impl Reports {
    /// A made-up report for the destinations that are published.
    pub(crate) async fn sample_tls(&self, subject: &Subject) -> Result<Decision, Error> {
        let submitter = match submitter(&self.0.options.config.load()) {
            Ok(submitter) => submitter.domain,
            Err(why) => return Ok(Decision::Later(why)),
        };
        let mut one = PolicyResult::new(Policy {
            kind: PolicyType::Sts,
            ..Policy::none(subject.policy_domain.clone())
        });
        one.summary.successful = 1;
        one.summary.failed = 1;
        let mut detail = FailureDetail::new(ResultType::ValidationFailure, "sample");
        detail.information = "made up to test the delivery of reports".to_owned();
        one.add_detail(detail, 1);
        let places = match Domain::parse(&subject.policy_domain) {
            Ok(domain) => published(lookup_record(&*self.0.seams.resolver, &domain).await),
            Err(error) => Err(Unpublished::Unusable(error.to_string())),
        };
        let places = match places {
            Ok(places) => places,
            Err(Unpublished::Later(why)) => return Ok(Decision::Later(why)),
            Err(Unpublished::Absent(why) | Unpublished::Unusable(why)) => return Ok(Decision::Discard(why)),
        };
        let (rua, destinations) = (addresses(&places), self.planned(places, true).await?);
        Ok(Decision::Send(Plan { submitter, destinations, rua, content: Content::Tls(vec![one]) }))
    }
}
