//! Commands that fetch over HTTPS: the client that global and shared options choose.

use std::path::PathBuf;
use std::sync::Arc;

use mox_https::{Cidr, Client, Egress, Limits};
use mox_net::TcpDial;

use crate::VERSION;
use crate::asker::Asker;
use crate::context::Context;
use crate::error::CommandError;

/// Most bytes of a file with certificates.
const MAX_CA_FILE: u64 = 1 << 20;

/// What commands that fetch have in common.
#[derive(Default, clap::Args)]
pub(crate) struct WebOptions {
    /// File with certificates of authorities (PEM) to trust beside the system's
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub(crate) ca_file: Option<PathBuf>,
    /// Network to reach although it is not public, as in 10.0.0.0/8; may be given again
    #[arg(long, value_name = "CIDR")]
    pub(crate) allow_egress: Vec<Cidr>,
}

impl Context {
    /// A client that asks the resolver of the asker.
    pub(crate) fn web(&mut self, asker: &Asker, options: &WebOptions) -> Result<Client, CommandError> {
        let mut roots = mox_tls::system_roots();
        if let Some(file) = &options.ca_file {
            let pem = self.read_input(file, MAX_CA_FILE)?;
            mox_tls::add_pem(&mut roots, &pem)
                .map_err(|e| CommandError::usage(format!("{}: {e}", file.display())))?;
        }
        Ok(Client {
            resolver: asker.resolver(),
            dial: Arc::new(TcpDial::new(Arc::clone(&self.clock))),
            clock: Arc::clone(&self.clock),
            roots: Arc::new(roots),
            egress: Egress::Public { allow: options.allow_egress.clone() },
            limits: Limits::default(),
            user_agent: format!("mox/{VERSION}"),
        })
    }
}
