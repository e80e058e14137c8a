//! Forms that change accounts. What takes something away shows first what would change, and asks.

use askama::Template;
use mox_admin::ops::{
    AccountAdd, AccountDisable, AccountRemove, AccountSet, AddressAdd, AddressRemove, AppPasswordAdd,
    AppPasswordRemove, ClientKeyAdd, ClientKeyRemove, ConfigChanged, SessionsEnd, SetAccountPassword,
};
use mox_admin::{OpError, Secret};
use mox_httpserver::Response;
use mox_web::{Page, Query};

use super::{Told, encoded};
use crate::{At, no_page};

/// What would change in `domains.conf`, with a button that does it.
#[derive(Template)]
#[template(path = "accounts_change.html")]
struct Change<'a> {
    page: Page<'a>,
    text: String,
    change: ConfigChanged,
    action: String,
    fields: Vec<(&'static str, String)>,
    button: &'static str,
    back: String,
}

fn text(form: &Query, name: &'static str) -> String {
    form.get(name).unwrap_or_default().trim().to_owned()
}

/// A password that was typed twice; none if both fields are empty.
fn password(form: &Query) -> Result<Option<Secret>, OpError> {
    match (form.get("password"), form.get("again")) {
        (None, None) => Ok(None),
        (Some(one), Some(two)) if one == two => Ok(Some(Secret::new(one))),
        _ => Err(OpError::usage("the passwords in both fields are not the same; nothing was changed")
            .hint("go back and write it twice")),
    }
}

/// `POST accounts`: a new account.
pub(super) async fn add(at: &At) -> Result<Response, OpError> {
    let form = at.form();
    let (name, address, password) = (text(&form, "name"), text(&form, "address"), password(&form)?);
    form.finish()?;
    let add = AccountAdd { name: name.clone(), address, password, dry_run: false };
    let done = at.dispatch().call(&add).await?;
    Ok(at.render(&Told {
        page: at.page("accounts", format!("Account {name} added")),
        text: match done.password {
            Some(_) => "This is its password. It is shown this once: copy it now.".to_owned(),
            None => "It has the password that you typed.".to_owned(),
        },
        secret: done.password.map(|password| password.reveal().to_owned()),
        diff: done.diff,
        notes: done.warnings.into_iter().chain(done.notes).collect(),
        back: at.visit.to(&format!("accounts/{}", encoded(&name))),
    }))
}

/// `POST accounts/NAME/ACTION`
pub(super) async fn route(at: &At, name: &str, action: &str) -> Result<Response, OpError> {
    let form = at.form();
    match action {
        "address" => address(at, name, form).await,
        "address-remove" => address_remove(at, name, form).await,
        "password" => set_password(at, name, form).await,
        "app" => app(at, name, form).await,
        "app-remove" => app_remove(at, name, form).await,
        "key" => key(at, name, form).await,
        "key-remove" => key_remove(at, name, form).await,
        "logout" => logout(at, name, form).await,
        "settings" => settings(at, name, form).await,
        "disable" => disable(at, name, form).await,
        "enable" => enable(at, name, form).await,
        "remove" => remove(at, name, form).await,
        _ => Err(no_page()),
    }
}

fn done(at: &At, name: &str, note: &str) -> Result<Response, OpError> {
    Ok(at.go(&format!("accounts/{}?note={note}", encoded(name))))
}

/// Asks, and shows what would change.
fn ask(
    at: &At,
    name: &str,
    (action, button): (&str, &'static str),
    text: String,
    change: ConfigChanged,
    mut fields: Vec<(&'static str, String)>,
) -> Response {
    fields.push(("confirm", "yes".to_owned()));
    let back = at.visit.to(&format!("accounts/{}", encoded(name)));
    let (page, action) = (at.page("accounts", "Are you sure?"), format!("{back}/{action}"));
    at.render(&Change { page, text, change, action, fields, button, back })
}

async fn address(at: &At, name: &str, form: Query) -> Result<Response, OpError> {
    let mailbox = Some(text(&form, "mailbox")).filter(|mailbox| !mailbox.is_empty());
    let address = text(&form, "address");
    form.finish()?;
    let add = AddressAdd { address, account: name.to_owned(), mailbox, dry_run: false };
    at.dispatch().call(&add).await?;
    done(at, name, "address")
}

async fn address_remove(at: &At, name: &str, form: Query) -> Result<Response, OpError> {
    let (address, sure) = (text(&form, "address"), form.get("confirm").is_some());
    form.finish()?;
    let change = at.dispatch().call(&AddressRemove { address: address.clone(), dry_run: !sure }).await?;
    if sure {
        return done(at, name, "address-removed");
    }
    let text = format!("Mail for {address} will be refused, or go where its domain's catchall leads.");
    let fields = vec![("address", address)];
    Ok(ask(at, name, ("address-remove", "Remove the address"), text, change, fields))
}

async fn set_password(at: &At, name: &str, form: Query) -> Result<Response, OpError> {
    let password = password(&form)?.ok_or_else(|| {
        OpError::usage("no password was written; nothing was changed").hint("write it twice")
    })?;
    form.finish()?;
    at.dispatch().call(&SetAccountPassword { account: name.to_owned(), password }).await?;
    done(at, name, "password")
}

async fn app(at: &At, name: &str, form: Query) -> Result<Response, OpError> {
    let label = text(&form, "name");
    form.finish()?;
    let add = AppPasswordAdd { account: name.to_owned(), name: label, dry_run: false };
    let made = at.dispatch().call(&add).await?;
    Ok(at.render(&Told {
        page: at.page("accounts", "App password"),
        text: format!(
            "This is the password of {name} for “{}”. It is shown this once: copy it now.",
            made.row.name
        ),
        secret: made.password.map(|password| password.reveal().to_owned()),
        diff: String::new(),
        notes: Vec::new(),
        back: at.visit.to(&format!("accounts/{}", encoded(name))),
    }))
}

async fn app_remove(at: &At, name: &str, form: Query) -> Result<Response, OpError> {
    let id = form.value::<i64>("id")?.ok_or_else(|| OpError::usage("no app password is named"))?;
    let sure = form.get("confirm").is_some();
    form.finish()?;
    let remove = AppPasswordRemove { account: name.to_owned(), id, dry_run: !sure };
    let removed = at.dispatch().call(&remove).await?;
    if sure {
        return done(at, name, "app-removed");
    }
    let (path, back) =
        (format!("accounts/{}/app-remove", encoded(name)), format!("accounts/{}", encoded(name)));
    let text = format!("The app password “{}” will log in no more.", removed.row.name);
    Ok(at.confirm("accounts", text, &path, vec![("id", id.to_string())], "Remove it", &back))
}

async fn key(at: &At, name: &str, form: Query) -> Result<Response, OpError> {
    let (address, label, certificate) =
        (text(&form, "address"), text(&form, "name"), text(&form, "certificate"));
    form.finish()?;
    let account = Some(name.to_owned());
    let add = ClientKeyAdd { account, address, name: label, certificate, dry_run: false };
    at.dispatch().call(&add).await?;
    done(at, name, "key")
}

async fn key_remove(at: &At, name: &str, form: Query) -> Result<Response, OpError> {
    let (fingerprint, sure) = (text(&form, "fingerprint"), form.get("confirm").is_some());
    form.finish()?;
    let account = Some(name.to_owned());
    let remove = ClientKeyRemove { account, fingerprint: fingerprint.clone(), dry_run: !sure };
    let removed = at.dispatch().call(&remove).await?;
    if sure {
        return done(at, name, "key-removed");
    }
    let (path, back) =
        (format!("accounts/{}/key-remove", encoded(name)), format!("accounts/{}", encoded(name)));
    let text = format!("The TLS client key “{}” will log in no more.", removed.key.name);
    Ok(at.confirm("accounts", text, &path, vec![("fingerprint", fingerprint)], "Remove it", &back))
}

async fn logout(at: &At, name: &str, form: Query) -> Result<Response, OpError> {
    form.finish()?;
    at.dispatch().call(&SessionsEnd { account: name.to_owned() }).await?;
    done(at, name, "ended")
}

async fn settings(at: &At, name: &str, form: Query) -> Result<Response, OpError> {
    let set = AccountSet {
        account: name.to_owned(),
        full_name: Some(text(&form, "full_name")),
        description: Some(text(&form, "description")),
        quota: Some(form.value::<i64>("quota")?.unwrap_or(0)),
        max_outgoing: Some(form.value::<u32>("max_outgoing")?.unwrap_or(0)),
        max_first_time: Some(form.value::<u32>("max_first_time")?.unwrap_or(0)),
        dry_run: false,
    };
    form.finish()?;
    at.dispatch().call(&set).await?;
    done(at, name, "settings")
}

async fn disable(at: &At, name: &str, form: Query) -> Result<Response, OpError> {
    let (message, sure) = (text(&form, "message"), form.get("confirm").is_some());
    form.finish()?;
    let disable = AccountDisable { name: name.to_owned(), message: Some(message.clone()), dry_run: !sure };
    let change = at.dispatch().call(&disable).await?;
    if sure {
        return done(at, name, "disabled");
    }
    let text = format!("Nobody can log in to {name} any more. Mail is still received.");
    Ok(ask(at, name, ("disable", "Disable logins"), text, change, vec![("message", message)]))
}

async fn enable(at: &At, name: &str, form: Query) -> Result<Response, OpError> {
    form.finish()?;
    at.dispatch().call(&AccountDisable { name: name.to_owned(), message: None, dry_run: false }).await?;
    done(at, name, "enabled")
}

async fn remove(at: &At, name: &str, form: Query) -> Result<Response, OpError> {
    let (purge, sure) = (form.flag("purge")?, form.get("confirm").is_some());
    form.finish()?;
    let change = at.dispatch().call(&AccountRemove { name: name.to_owned(), purge, dry_run: !sure }).await?;
    if sure {
        return Ok(at.go("accounts?note=removed"));
    }
    let text = match purge {
        true => format!("The account {name} will be removed, and its mail for good."),
        false => format!("The account {name} will be removed. Its mail stays in the data folder."),
    };
    let fields = if purge { vec![("purge", "yes".to_owned())] } else { Vec::new() };
    Ok(ask(at, name, ("remove", "Remove the account"), text, change, fields))
}
