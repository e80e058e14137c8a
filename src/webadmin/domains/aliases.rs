//! Aliases of a domain: one more, who are its members, who may do what with it, and its end.

use askama::Template;
use mox_admin::OpError;
use mox_admin::ops::{AliasAdd, AliasMembers, AliasRemove, AliasRow, AliasShow, AliasUpdate};
use mox_httpserver::Response;
use mox_web::{Page, Query};

use super::change::{Ask, confirmed, make};
use super::links::encoded;
use super::{PLACE, notice, path_of};
use crate::At;

/// Most members that one form may name.
const MAX_MEMBERS: usize = 1000;

#[derive(Template)]
#[template(path = "domains_alias.html")]
struct One<'a> {
    page: Page<'a>,
    alias: AliasRow,
    domain: &'a str,
    /// Where the pages of the domain are.
    path: String,
}

/// `GET domains/DOMAIN/alias?name=ADDRESS`
pub(super) async fn page(at: &At, domain: &str) -> Result<Response, OpError> {
    let query = at.query();
    let notice = notice(&query);
    let alias = name(&query)?;
    query.finish()?;
    let alias = at.dispatch().call(&AliasShow { alias }).await?;
    let page = at.page(PLACE, alias.alias.clone()).notice(notice);
    Ok(at.render(&One { page, alias, domain, path: at.visit.to(&path_of(domain)) }))
}

fn name(query: &Query) -> Result<String, OpError> {
    let name = query.get("name").map(str::to_owned);
    name.ok_or_else(|| OpError::usage("no alias is named").hint("choose one on the page of its domain"))
}

/// The page of an alias, below the base, after a change.
fn after(domain: &str, alias: &str, note: &str) -> String {
    format!("{}/alias?name={}&note={note}", path_of(domain), encoded(alias))
}

/// Addresses of a field: one a line, or with commas or blanks between.
fn addresses(form: &Query, field: &'static str) -> Result<Vec<String>, OpError> {
    let split = |text: &str| -> Vec<String> {
        text.split([',', ' ', '\t', '\r', '\n']).filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    let found: Vec<String> = form.all(field).flat_map(split).collect();
    match found.len() > MAX_MEMBERS {
        true => Err(OpError::usage(format!("at most {MAX_MEMBERS} addresses can be named at once"))),
        false => Ok(found),
    }
}

/// `POST domains/DOMAIN/alias-add`
pub(super) async fn add(at: &At, domain: &str) -> Result<Response, OpError> {
    let form = at.form();
    let localpart = form.get("localpart").map(|text| text.trim().to_owned());
    let members = addresses(&form, "members")?;
    form.finish()?;
    let localpart = localpart
        .ok_or_else(|| OpError::usage("the form names no alias").hint("write the part before the @"))?;
    let alias = format!("{localpart}@{domain}");
    at.dispatch().call(&AliasAdd { alias: alias.clone(), addresses: members, dry_run: false }).await?;
    Ok(at.go(&after(domain, &alias, "alias-added")))
}

/// `POST domains/DOMAIN/alias-update`: who may do what. Boxes that are not ticked are not sent.
pub(super) async fn update(at: &At, domain: &str) -> Result<Response, OpError> {
    let form = at.form();
    let alias = name(&form)?;
    let update = AliasUpdate {
        alias: alias.clone(),
        post_public: Some(form.flag("post_public")?),
        list_members: Some(form.flag("list_members")?),
        allow_msg_from: Some(form.flag("allow_msg_from")?),
        dry_run: false,
    };
    form.finish()?;
    at.dispatch().call(&update).await?;
    Ok(at.go(&after(domain, &alias, "alias-changed")))
}

/// `POST domains/DOMAIN/alias-members`: some more, some less.
pub(super) async fn members(at: &At, domain: &str) -> Result<Response, OpError> {
    let form = at.form();
    let alias = name(&form)?;
    let (add, remove) = (addresses(&form, "add")?, addresses(&form, "remove")?);
    form.finish()?;
    if add.is_empty() && remove.is_empty() {
        return Err(
            OpError::usage("no address is named").hint("write addresses of accounts here, one a line")
        );
    }
    let op = AliasMembers { alias: alias.clone(), add, remove, dry_run: false };
    at.dispatch().call(&op).await?;
    Ok(at.go(&after(domain, &alias, "alias-changed")))
}

/// `POST domains/DOMAIN/alias-remove`
pub(super) async fn remove(at: &At, domain: &str) -> Result<Response, OpError> {
    let form = at.form();
    let alias = name(&form)?;
    let confirmed = confirmed(&form);
    form.finish()?;
    let path = path_of(domain);
    let ask = Ask {
        place: PLACE,
        title: format!("Remove {alias}?"),
        text: "Mail for the alias is refused. Its members keep their own addresses.".to_owned(),
        action: format!("{path}/alias-remove"),
        fields: vec![("name", alias.clone())],
        button: "Remove alias",
        danger: true,
        back: format!("{path}/alias?name={}", encoded(&alias)),
        done: format!("{path}?note=alias-removed"),
    };
    make(at, confirmed, ask, |dry_run| AliasRemove { alias: alias.clone(), dry_run }).await
}
