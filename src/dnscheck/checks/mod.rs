//! The checks, one file each. Those of [`ALONE`] need the domain only, those of [`WITH_MAIL`] its mail hosts, too.

mod caa;
mod dkim;
mod dmarc;
mod dnssec;
mod hosts;
mod misplaced;
mod mtasts;
mod mx;
mod services;
mod spf;
mod tls;
mod tlsrpt;

use mox_dns::BoxFuture;

use crate::Finding;
use crate::ground::{Ground, Mail};

/// A check that needs the domain only.
pub(crate) type Alone = for<'a> fn(&'a Ground<'a>) -> BoxFuture<'a, Vec<Finding>>;
/// A check that needs the mail hosts.
pub(crate) type WithMail = for<'a> fn(&'a Ground<'a>, &'a Mail) -> BoxFuture<'a, Vec<Finding>>;

/// Their names as in the finding of one that did not end.
pub(crate) const ALONE: &[(&str, Alone)] = &[
    ("spf", |ground| Box::pin(spf::check(ground))),
    ("dkim", |ground| Box::pin(dkim::check(ground))),
    ("dmarc", |ground| Box::pin(dmarc::check(ground))),
    ("tlsrpt", |ground| Box::pin(tlsrpt::check(ground))),
    ("caa", |ground| Box::pin(caa::check(ground))),
    ("srv", |ground| Box::pin(services::check(ground))),
    ("misplaced", |ground| Box::pin(misplaced::check(ground))),
];

/// The same for those that wait for the mail hosts.
pub(crate) const WITH_MAIL: &[(&str, WithMail)] = &[
    ("mx", |ground, mail| Box::pin(async move { mx::check(ground, mail) })),
    ("dnssec", |ground, mail| Box::pin(async move { dnssec::check(ground, mail) })),
    ("tls", |ground, mail| Box::pin(tls::check(ground, mail))),
    ("hosts", |ground, mail| Box::pin(hosts::check(ground, mail))),
    ("mtasts", |ground, mail| Box::pin(mtasts::check(ground, mail))),
];
