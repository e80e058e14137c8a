//! One domain: what it is, its addresses, aliases and keys, what listens for it, and its end.

use askama::Template;
use mox_admin::OpError;
use mox_admin::ops::{
    AccountList, AccountRow, AddressAdd, AddressRemove, DomainDetail, DomainDisable, DomainRemove, DomainSet,
    DomainShow, ListenerRow, Status,
};
use mox_httpserver::Response;
use mox_web::Page;

use super::change::{Ask, confirmed, make};
use super::{PLACE, notice, path_of};
use crate::At;

#[derive(Template)]
#[template(path = "domains_one.html")]
struct One<'a> {
    page: Page<'a>,
    domain: DomainDetail,
    /// Where its pages are, below the base.
    path: String,
    accounts: Vec<AccountRow>,
    listeners: Vec<ListenerRow>,
}

/// `GET domains/DOMAIN`
pub(super) async fn page(at: &At, domain: &str) -> Result<Response, OpError> {
    let query = at.query();
    let notice = notice(&query);
    query.finish()?;
    let domain = at.dispatch().call(&DomainShow { domain: domain.to_owned() }).await?;
    let accounts = at.dispatch().call(&AccountList {}).await?;
    let listeners = at.dispatch().call(&Status {}).await?.listeners;
    let page = at.page(PLACE, domain.row.domain.clone()).notice(notice);
    let path = at.visit.to(&path_of(&domain.row.domain));
    Ok(at.render(&One { page, domain, path, accounts, listeners }))
}

/// `POST domains/DOMAIN/state`: disabled, or enabled again.
pub(super) async fn state(at: &At, domain: &str) -> Result<Response, OpError> {
    let form = at.form();
    let disabled = form.flag("disabled")?;
    let confirmed = confirmed(&form);
    form.finish()?;
    let path = path_of(domain);
    let text = match disabled {
        true => "Mail for and from the domain is refused for the time being: senders try again later.",
        false => "Mail for and from the domain is taken again.",
    };
    let ask = Ask {
        place: PLACE,
        title: format!("{} {domain}?", if disabled { "Disable" } else { "Enable" }),
        text: text.to_owned(),
        action: format!("{path}/state"),
        fields: vec![("disabled", disabled.to_string())],
        button: if disabled { "Disable" } else { "Enable" },
        danger: disabled,
        done: format!("{path}?note={}", if disabled { "disabled" } else { "enabled" }),
        back: path,
    };
    make(at, confirmed, ask, |dry_run| DomainDisable { domain: domain.to_owned(), disabled, dry_run }).await
}

/// `POST domains/DOMAIN/settings`: description, and how addresses are looked up.
pub(super) async fn settings(at: &At, domain: &str) -> Result<Response, OpError> {
    let form = at.form();
    let separators = form.get("separators").unwrap_or_default().split_whitespace().map(str::to_owned);
    let set = DomainSet {
        domain: domain.to_owned(),
        description: Some(form.get("description").unwrap_or_default().trim().to_owned()),
        separators: Some(separators.collect()),
        case_sensitive: Some(form.flag("case_sensitive")?),
        dry_run: false,
    };
    form.finish()?;
    at.dispatch().call(&set).await?;
    Ok(at.go(&format!("{}?note=settings", path_of(domain))))
}

/// `POST domains/DOMAIN/remove`
pub(super) async fn remove(at: &At, domain: &str) -> Result<Response, OpError> {
    let form = at.form();
    let confirmed = confirmed(&form);
    form.finish()?;
    let path = path_of(domain);
    let ask = Ask {
        place: PLACE,
        title: format!("Remove {domain}?"),
        text: "Mail for the domain is refused for good. Its aliases go with it; its key files stay."
            .to_owned(),
        action: format!("{path}/remove"),
        fields: Vec::new(),
        button: "Remove domain",
        danger: true,
        back: path,
        done: format!("{PLACE}?note=removed"),
    };
    make(at, confirmed, ask, |dry_run| DomainRemove { domain: domain.to_owned(), dry_run }).await
}

/// `POST domains/DOMAIN/address-add`: an address, or with an empty name all of the domain that are not found otherwise.
pub(super) async fn address_add(at: &At, domain: &str) -> Result<Response, OpError> {
    let form = at.form();
    let address = format!("{}@{domain}", form.get("localpart").unwrap_or_default().trim());
    let account = form.get("account").map(str::to_owned);
    let mailbox = form.get("mailbox").map(str::to_owned);
    let catchall = form.flag("catchall")?;
    form.finish()?;
    let account = account
        .ok_or_else(|| OpError::usage("the form names no account").hint("choose who gets the mail"))?;
    if address.starts_with('@') != catchall {
        return Err(OpError::usage(
            "write the part before the @, or tick “all others of the domain”, not both",
        ));
    }
    at.dispatch().call(&AddressAdd { address, account, mailbox, dry_run: false }).await?;
    Ok(at.go(&format!("{}?note=address-added", path_of(domain))))
}

/// `POST domains/DOMAIN/address-remove`
pub(super) async fn address_remove(at: &At, domain: &str) -> Result<Response, OpError> {
    let form = at.form();
    let address = form.get("address").unwrap_or_default().to_owned();
    let confirmed = confirmed(&form);
    form.finish()?;
    let path = path_of(domain);
    let ask = Ask {
        place: PLACE,
        title: format!("Remove {address}?"),
        text: "Mail for the address is refused. Mail that arrived stays where it is.".to_owned(),
        action: format!("{path}/address-remove"),
        fields: vec![("address", address.clone())],
        button: "Remove address",
        danger: true,
        done: format!("{path}?note=address-removed"),
        back: path,
    };
    make(at, confirmed, ask, |dry_run| AddressRemove { address: address.clone(), dry_run }).await
}
