//! One more domain, with keys to sign with and addresses for reports.

use mox_admin::OpError;
use mox_admin::ops::DomainAdd;
use mox_httpserver::Response;

use super::change::{Ask, confirmed, make};
use super::{PLACE, path_of};
use crate::At;

/// `POST domains/add`
pub(super) async fn add(at: &At) -> Result<Response, OpError> {
    let form = at.form();
    let domain = form.get("domain").map(|name| name.trim().to_owned());
    let account = form.get("account").map(str::to_owned);
    let localpart = form.get("localpart").map(|text| text.trim().to_owned());
    let disabled = form.flag("disabled")?;
    let confirmed = confirmed(&form);
    form.finish()?;
    let domain = domain.ok_or_else(|| OpError::usage("the form names no domain").hint("write its name"))?;
    let account = account
        .ok_or_else(|| OpError::usage("the form names no account").hint("choose who gets its reports"))?;
    let mut fields = vec![("domain", domain.clone()), ("account", account.clone())];
    fields.extend(localpart.clone().map(|text| ("localpart", text)));
    if disabled {
        fields.push(("disabled", "yes".to_owned()));
    }
    let ask = Ask {
        place: PLACE,
        title: format!("Add {domain}?"),
        text: "Two keys to sign with are made, and these lines are added to domains.conf. Its records in DNS come next."
            .to_owned(),
        action: format!("{PLACE}/add"),
        fields,
        button: "Add domain",
        danger: false,
        back: PLACE.to_owned(),
        done: format!("{}?note=added", path_of(&domain)),
    };
    let op = |dry_run| DomainAdd {
        domain: domain.clone(),
        account: account.clone(),
        localpart: localpart.clone(),
        disabled,
        dry_run,
    };
    make(at, confirmed, ask, op).await
}
