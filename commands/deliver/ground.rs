//! Where a delivery is tried: the world as the options say, or a lab of the command's own.

use std::sync::Arc;
use std::time::Duration;

use mox_https::{Client, Egress, Limits};
use mox_lab::{Ignored, Lab, NETWORKS};
use mox_net::sim::SimNet;
use mox_platform::SystemRandom;
use mox_queue::{Asking, Smtp};
use mox_smtpclient::Timeouts;

use crate::VERSION;
use crate::asker::Asker;
use crate::context::Context;
use crate::error::CommandError;
use crate::fetcher::WebOptions;
use crate::visit::TIMEOUTS;

/// The hosts of the lab are near: whoever does not answer soon never will.
const SOON: Timeouts = {
    let soon = Duration::from_secs(5);
    Timeouts {
        connect: soon,
        handshake: soon,
        greeting: soon,
        command: soon,
        mail: soon,
        quit: soon,
        ..TIMEOUTS
    }
};

impl Context {
    /// Deliveries into the world.
    pub(super) fn world(&mut self, hello: &str, web: &WebOptions) -> Result<(Asker, Smtp), CommandError> {
        let asker = self.asker()?;
        let web = self.web(&asker, web)?;
        Ok((asker, smtp(web, hello, TIMEOUTS)))
    }

    /// Deliveries into a lab that starts now and ends with the command; nothing leaves this process.
    pub(super) fn lab(&mut self, hello: &str) -> Result<(Asker, Smtp), CommandError> {
        let clock = Arc::clone(&self.clock);
        let nowhere = Arc::new(SimNet::new(clock.clone()));
        let lab = Lab::start(clock, Arc::new(SystemRandom), nowhere, Arc::new(Ignored));
        let lab = lab.map_err(CommandError::failed)?;
        let asker = Asker::new(|| Ok(lab.resolver.clone()))?;
        let web = Client {
            resolver: asker.resolver(),
            dial: lab.dial.clone(),
            clock: lab.clock.paced(),
            roots: lab.roots.clone(),
            egress: Egress::Public { allow: NETWORKS.iter().filter_map(|n| n.parse().ok()).collect() },
            limits: Limits::default(),
            user_agent: format!("mox/{VERSION}"),
        };
        Ok((asker, smtp(web, hello, SOON)))
    }
}

/// Deliveries by the names, the network and the trust of a web client, which asks for policies.
fn smtp(web: Client, hello: &str, timeouts: Timeouts) -> Smtp {
    let policies = Asking { resolver: web.resolver.clone(), web: Arc::new(web.clone()) };
    Smtp {
        resolver: web.resolver,
        dial: web.dial,
        clock: web.clock,
        random: Arc::new(SystemRandom),
        hostname: hello.to_owned(),
        roots: web.roots,
        timeouts,
        locals: Vec::new(),
        policies: Some(Arc::new(policies)),
    }
}
