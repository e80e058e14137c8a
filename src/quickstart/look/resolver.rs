//! Does DNS answer, and is it known which answers are authentic? Without that there is no DANE.

use mox_dns::RecordType;

use crate::{Step, World};

/// What is asked about: a zone that is signed and always there.
const SIGNED: &str = "com";

/// What to do when nobody validates. Most who set up mail stumble here, so each way is named.
const FIX: &str = "run a resolver that validates on this machine (`apt install unbound`, then `nameserver 127.0.0.1` in \
                   /etc/resolv.conf); or, where systemd-resolved is used, set DNSSEC=yes in /etc/systemd/resolved.conf \
                   and `options trust-ad` in /etc/resolv.conf; see docs/quickstart.md";

pub(super) async fn check(world: &World) -> Step {
    let outcome = world.resolver.lookup(SIGNED, RecordType::Ns).await;
    let authentic = match &outcome {
        Ok(answer) => answer.authentic,
        Err(error) if error.is_no_records() => error.is_authentic(),
        Err(error) => {
            let fix =
                "mend name resolution first: look at /etc/resolv.conf, or name a server with --resolver";
            return Step::failed("dns", format!("name servers of {SIGNED}.: {error}"), fix);
        }
    };
    if authentic {
        return Step::ok("dns", "answers come, and DNSSEC says which are authentic");
    }
    let evidence = "answers come, but DNSSEC is not verified: mail leaves without DANE, and a forged answer is not noticed";
    Step::warning("dns", evidence, FIX)
}
