//! Much data, by subject: each module fills a house and knows the pages that show it.

pub(crate) mod dmarc;
pub(crate) mod logins;
pub(crate) mod queue;
pub(crate) mod tls;

use mox_admin::Operations;

use crate::kit::engine::House;
use crate::kit::pages::Case;

/// How much there is of everything.
#[derive(Clone, Copy)]
pub(crate) struct Amounts {
    /// Messages in the queue.
    pub(crate) messages: usize,
    /// Domains with results and sent reports, of each kind; remembered policies.
    pub(crate) domains: usize,
    /// Reports of each kind that arrived in a year.
    pub(crate) received: usize,
    /// Attempts to log in.
    pub(crate) logins: usize,
}

/// Fills a house with all of it.
pub(crate) async fn fill(house: &House, amounts: Amounts) {
    queue::fill(house, amounts.messages).await;
    tls::fill(house, amounts.domains, amounts.received).await;
    dmarc::fill(house, amounts.domains, amounts.received).await;
    logins::fill(house, amounts.logins, amounts.domains).await;
}

/// What the pages ask.
pub(crate) fn operations(house: &House) -> Operations {
    let adds = [queue::operations, tls::operations, dmarc::operations, logins::operations];
    adds.into_iter().fold(Operations::new(), |operations, add| add(operations, house))
}

/// The pages of all subjects.
pub(crate) async fn cases(house: &House, amounts: Amounts) -> Vec<Case> {
    let mut cases = queue::cases(house, amounts.messages).await;
    cases.extend(tls::cases());
    cases.extend(dmarc::cases());
    cases.extend(logins::cases(house, amounts.logins).await);
    cases
}
