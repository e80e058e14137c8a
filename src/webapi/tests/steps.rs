//! What stands before the way out has its say at each step, as in a session of SMTP.

use std::sync::Arc;

use mox_httpserver::StatusCode;
use mox_smtp::{EnhancedCode, Envelope, Findings, MailArgs, RcptArgs, Reply};
use mox_smtpserver::{Body, BoxFuture, Handler, Session};
use mox_submission::Willing;
use serde_json::json;

use super::{House, mail};
use crate::Limits;

/// Fails at one step, for recipients that are called eve, or at any if there is one.
struct Fails(&'static str, u16);

impl Fails {
    fn at(&self, step: &str, to: &[RcptArgs]) -> Result<(), Reply> {
        let eve = to.is_empty() || to.iter().any(|rcpt| rcpt.forward_path.to_string().starts_with("eve@"));
        match self.0 == step && eve {
            true => Err(Reply::new(self.1, EnhancedCode(5, 0, 0), format!("no at {step}"))),
            false => Ok(()),
        }
    }
}

impl Handler for Fails {
    fn mail<'a>(&'a self, _: &'a Session, _: &'a MailArgs) -> BoxFuture<'a, Result<(), Reply>> {
        Box::pin(std::future::ready(self.at("mail", &[])))
    }

    fn rcpt<'a>(
        &'a self,
        _: &'a Session,
        _: &'a Envelope,
        rcpt: &'a RcptArgs,
    ) -> BoxFuture<'a, Result<(), Reply>> {
        Box::pin(std::future::ready(self.at("rcpt", std::slice::from_ref(rcpt))))
    }

    fn begin<'a>(
        &'a self,
        _: &'a Session,
        envelope: &'a Envelope,
    ) -> BoxFuture<'a, Result<Box<dyn Body>, Reply>> {
        let body = || Box::new(Willing) as Box<dyn Body>;
        Box::pin(std::future::ready(self.at("data", &envelope.rcpts).map(|()| body())))
    }

    fn message<'a>(
        &'a self,
        _: &'a Session,
        envelope: Envelope,
        _: Box<dyn Body>,
        _: Findings,
    ) -> BoxFuture<'a, Reply> {
        let good = Reply::new(250, EnhancedCode(2, 0, 0), "yes");
        Box::pin(std::future::ready(self.at("message", &envelope.rcpts).err().unwrap_or(good)))
    }
}

#[tokio::test]
async fn a_step_that_fails_is_the_answer() {
    for (step, code, expected) in [
        ("mail", 451, "server"),
        ("mail", 550, "error"),
        ("rcpt", 451, "server"),
        ("rcpt", 550, "badAddress"),
        ("data", 421, "server"),
        ("data", 554, "error"),
        ("message", 452, "server"),
        ("message", 554, "error"),
    ] {
        let house = House::with(Arc::new(Fails(step, code)), Limits::default());
        let (status, refused) =
            house.call("amy", "Send", mail(&["carol@there.example", "eve@t.example"])).await;
        assert_eq!((status, &refused["Code"]), (StatusCode::BAD_REQUEST, &json!(expected)), "{step} {code}");
        assert!(refused["Message"].as_str().unwrap().ends_with(&format!("no at {step}")), "{refused}");
        assert_eq!(house.queued(), 0, "{step} {code}");
        let (status, sent) = house.call("amy", "Send", mail(&["carol@there.example"])).await;
        assert_eq!(status == StatusCode::OK, step != "mail", "{step} {code}: {sent}");
        assert_eq!(house.queued(), i64::from(step != "mail"));
    }
}
