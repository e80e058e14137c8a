//! One order: the authority checks that the name is here, and gives a certificate for the key.
//!
//! RFC 8555 §7.4 (orders), §8 (checks), RFC 9773 §5 (which certificate it replaces).

use std::sync::Arc;
use std::time::Duration;

use instant_acme::{
    Account, AuthorizationStatus, CertificateIdentifier, ChallengeType, Identifier, NewOrder, Order,
    OrderStatus,
};
use mox_clock::Clock;
use mox_tls::{KeyKind, PrivateKey};

use crate::challenges::{Challenges, Pending};
use crate::failure::{Failure, line, problem};
use crate::web::Web;

/// How long the authority may take for its checks, and again for the certificate.
const PATIENCE: Duration = Duration::from_secs(180);
/// The wait before it is asked the first time.
const FIRST_WAIT: Duration = Duration::from_millis(250);
/// No wait is longer, whatever the authority says.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// How the authority checks that a name is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    /// A handshake on port 443.
    Alpn,
    /// A request to port 80.
    Http,
}

impl Method {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Method::Alpn => "tls-alpn-01",
            Method::Http => "http-01",
        }
    }

    fn challenge(self) -> ChallengeType {
        match self {
            Method::Alpn => ChallengeType::TlsAlpn01,
            Method::Http => ChallengeType::Http01,
        }
    }
}

/// What is ordered.
pub(crate) struct Wanted<'a> {
    pub(crate) account: &'a Account,
    pub(crate) web: &'a Web,
    pub(crate) clock: &'a dyn Clock,
    pub(crate) challenges: &'a Arc<Challenges>,
    pub(crate) name: &'a str,
    pub(crate) key: &'a PrivateKey,
    /// The certificate before, in the authority's terms: key of the issuer and serial number, in base64url.
    pub(crate) replaces: Option<(String, String)>,
}

/// An order that failed.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// The authority does not know the account any more.
    Account,
    /// Anything else.
    Other(Failure),
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Refusal {
        Refusal::Other(failure)
    }
}

impl Wanted<'_> {
    /// Orders, answers the check, and gives the chain as PEM.
    pub(crate) async fn obtain(&self, method: Method) -> Result<String, Refusal> {
        let mut order = self.order().await?;
        let expected = self.answer(&mut order, method).await?;
        let status = self.wait(&mut order, &[OrderStatus::Ready, OrderStatus::Valid]).await?;
        drop(expected);
        match status {
            OrderStatus::Ready | OrderStatus::Valid => {}
            _ => return Err(self.refused(&mut order, method).await.into()),
        }
        let request = self.key.request(&[self.name]).map_err(Failure::here)?;
        order.finalize_csr(&request).await.map_err(|e| self.failed(&e))?;
        match self.wait(&mut order, &[OrderStatus::Valid]).await? {
            OrderStatus::Valid => {}
            _ => return Err(Failure::refused("the order became invalid".to_owned()).into()),
        }
        let chain = order.certificate().await.map_err(|e| self.failed(&e))?;
        chain.ok_or_else(|| Failure::here("the authority gave no certificate").into())
    }

    async fn order(&self) -> Result<Order, Refusal> {
        let identifiers = [Identifier::Dns(self.name.to_owned())];
        if let Some((issuer, serial)) = &self.replaces {
            let replaced = CertificateIdentifier {
                authority_key_identifier: issuer.as_str().into(),
                serial: serial.as_str().into(),
            };
            // An authority may not know the certificate any more; then it is an order like any other.
            match self.account.new_order(&NewOrder::new(&identifiers).replaces(replaced)).await {
                Ok(order) => return Ok(order),
                Err(error) => tracing::debug!(name = self.name, %error, "not taken as a renewal"),
            }
        }
        let ordered = self.account.new_order(&NewOrder::new(&identifiers)).await;
        ordered.map_err(|error| match problem(&error).and_then(|problem| problem.r#type.as_deref()) {
            Some("urn:ietf:params:acme:error:accountDoesNotExist") => Refusal::Account,
            _ => Refusal::Other(self.failed(&error)),
        })
    }

    /// Tells the authority that each check may begin, and answers them while what is returned lives.
    async fn answer(&self, order: &mut Order, method: Method) -> Result<Vec<Pending>, Failure> {
        let mut expected = Vec::new();
        let mut authorizations = order.authorizations();
        while let Some(next) = authorizations.next().await {
            let mut authorization = next.map_err(|e| self.failed(&e))?;
            match authorization.status {
                AuthorizationStatus::Pending => {}
                AuthorizationStatus::Valid => continue,
                status => return Err(Failure::check(format_args!("the check is {status:?} already"))),
            }
            let mut challenge = authorization.challenge(method.challenge()).ok_or_else(|| {
                Failure::check(format_args!("the authority does not check by {}", method.name()))
            })?;
            let answer = challenge.key_authorization();
            expected.push(match method {
                Method::Http => self.challenges.expect_http(self.name, &challenge.token, answer.as_str()),
                Method::Alpn => {
                    let digest = answer.digest();
                    let digest = digest.as_ref().try_into().map_err(Failure::here)?;
                    let made = PrivateKey::generate(KeyKind::Ecdsa)
                        .and_then(|key| key.challenge(self.name, &digest, self.clock.now()));
                    self.challenges.expect_alpn(self.name, made.map_err(Failure::here)?)
                }
            });
            challenge.set_ready().await.map_err(|e| self.failed(&e))?;
        }
        Ok(expected)
    }

    /// Asks until the order is in one of these states or invalid.
    async fn wait(&self, order: &mut Order, until: &[OrderStatus]) -> Result<OrderStatus, Failure> {
        let (began, mut wait) = (self.clock.monotonic(), FIRST_WAIT);
        loop {
            let status = order.state().status;
            if until.contains(&status) || status == OrderStatus::Invalid {
                return Ok(status);
            }
            if self.clock.monotonic().saturating_sub(began) > PATIENCE {
                let after = PATIENCE.as_secs();
                return Err(Failure::refused(format!("the authority did not decide within {after} s")));
            }
            let asked = self.web.last().retry_after.unwrap_or_default();
            self.clock.sleep(wait.max(asked).min(LONGEST_WAIT)).await;
            wait = wait.saturating_mul(2).min(LONGEST_WAIT);
            order.refresh().await.map_err(|e| self.failed(&e))?;
        }
    }

    /// Why the order became invalid: what its check says, if it says something.
    async fn refused(&self, order: &mut Order, method: Method) -> Failure {
        let mut authorizations = order.authorizations();
        while let Some(Ok(mut authorization)) = authorizations.next().await {
            let Ok(state) = authorization.refresh().await else { continue };
            let problem = state.challenges.iter().find_map(|challenge| challenge.error.as_ref());
            if let Some(detail) = problem.and_then(|problem| problem.detail.as_deref()) {
                return Failure::check(format_args!(
                    "its check by {} failed: {}",
                    method.name(),
                    line(detail)
                ));
            }
        }
        Failure::check(format_args!("its check by {} failed", method.name()))
    }

    fn failed(&self, error: &instant_acme::Error) -> Failure {
        let last = self.web.last();
        Failure::of(error, last.status, last.retry_after)
    }
}
