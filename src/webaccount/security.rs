//! What logs in to the account: its password, app passwords, TLS client keys, sessions of these pages.

use askama::Template;
use mox_admin::ops::{
    AccountDetail, AccountPasswordChange, AccountShow, AppPasswordAdd, AppPasswordList, AppPasswordRemove,
    AppPasswordRow, ClientKeyAdd, ClientKeyList, ClientKeyRemove, ClientKeyRow, SessionsEnd,
};
use mox_admin::{OpError, Secret};
use mox_httpserver::Response;
use mox_web::{Page, Query};

use crate::{At, no_page};

/// The place of these pages.
const HERE: &str = "security";

#[derive(Template)]
#[template(path = "security_keys.html")]
struct Keys<'a> {
    page: Page<'a>,
    account: AccountDetail,
    app_passwords: Vec<AppPasswordRow>,
    keys: Vec<ClientKeyRow>,
}

/// A secret that is told once.
#[derive(Template)]
#[template(path = "security_secret.html")]
struct Told<'a> {
    page: Page<'a>,
    text: String,
    secret: String,
    /// The sessions of these pages ended with the password.
    ended: bool,
}

/// Answers for paths below `security`.
pub(crate) async fn route(at: &At, path: &[&str]) -> Result<Response, OpError> {
    match (path, at.reads()) {
        ([] | [""], true) => show(at).await,
        (["password"], false) => password(at, at.form()).await,
        (["app"], false) => app(at, at.form()).await,
        (["app-remove"], false) => app_remove(at, at.form()).await,
        (["key"], false) => key(at, at.form()).await,
        (["key-remove"], false) => key_remove(at, at.form()).await,
        (["logout-all"], false) => logout_all(at, at.form()).await,
        _ => Err(no_page()),
    }
}

fn done(at: &At, note: &str) -> Result<Response, OpError> {
    Ok(at.go(&format!("{HERE}?note={note}")))
}

fn text(form: &Query, name: &'static str) -> String {
    form.get(name).unwrap_or_default().trim().to_owned()
}

async fn show(at: &At) -> Result<Response, OpError> {
    let query = at.query();
    let notice = match query.get("note") {
        Some("app-removed") => Some("App password removed"),
        Some("key") => Some("TLS client key added"),
        Some("key-removed") => Some("TLS client key removed"),
        _ => None,
    };
    let notice = notice.map(str::to_owned);
    query.finish()?;
    let name = at.account().to_owned();
    let account = at.dispatch().call(&AccountShow { account: name.clone() }).await?;
    let app_passwords = at.dispatch().call(&AppPasswordList { account: name.clone() }).await?;
    let keys = at.dispatch().call(&ClientKeyList { account: Some(name), fingerprint: None }).await?;
    let page = at.page(HERE, "Password and keys").notice(notice);
    Ok(at.render(&Keys { page, account, app_passwords, keys }))
}

async fn password(at: &At, form: Query) -> Result<Response, OpError> {
    let (current, new, again) = (form.get("current"), form.get("password"), form.get("again"));
    form.finish()?;
    let current = current
        .ok_or_else(|| OpError::usage("the current password is not given").hint("write it in its field"))?;
    if new != again {
        return Err(OpError::usage("the new passwords in both fields are not the same; nothing was changed")
            .hint("go back and write it twice"));
    }
    let change = AccountPasswordChange {
        account: at.account().to_owned(),
        current: Secret::new(current),
        password: new.map(Secret::new),
    };
    match at.dispatch().call(&change).await?.password {
        None => Ok(at.go("login")),
        Some(made) => Ok(at.render(&Told {
            page: at.page(HERE, "Your new password"),
            text: "It is shown this once: copy it now. You are logged out everywhere.".to_owned(),
            secret: made.reveal().to_owned(),
            ended: true,
        })),
    }
}

async fn app(at: &At, form: Query) -> Result<Response, OpError> {
    let name = text(&form, "name");
    form.finish()?;
    let add = AppPasswordAdd { account: at.account().to_owned(), name, dry_run: false };
    let made = at.dispatch().call(&add).await?;
    Ok(at.render(&Told {
        page: at.page(HERE, "App password"),
        text: format!("The password for “{}”. It is shown this once: copy it now.", made.row.name),
        secret: made.password.map(|password| password.reveal().to_owned()).unwrap_or_default(),
        ended: false,
    }))
}

async fn app_remove(at: &At, form: Query) -> Result<Response, OpError> {
    let id = form.value::<i64>("id")?.ok_or_else(|| OpError::usage("no app password is named"))?;
    let sure = form.get("confirm").is_some();
    form.finish()?;
    let remove = AppPasswordRemove { account: at.account().to_owned(), id, dry_run: !sure };
    let removed = at.dispatch().call(&remove).await?;
    if sure {
        return done(at, "app-removed");
    }
    let text = format!("The app password “{}” will log in no more.", removed.row.name);
    let fields = vec![("id", id.to_string())];
    Ok(at.confirm(HERE, text, "security/app-remove", fields, "Remove it", HERE))
}

async fn key(at: &At, form: Query) -> Result<Response, OpError> {
    let (address, name, certificate) =
        (text(&form, "address"), text(&form, "name"), text(&form, "certificate"));
    form.finish()?;
    let account = Some(at.account().to_owned());
    at.dispatch().call(&ClientKeyAdd { account, address, name, certificate, dry_run: false }).await?;
    done(at, "key")
}

async fn key_remove(at: &At, form: Query) -> Result<Response, OpError> {
    let (fingerprint, sure) = (text(&form, "fingerprint"), form.get("confirm").is_some());
    form.finish()?;
    let account = Some(at.account().to_owned());
    let remove = ClientKeyRemove { account, fingerprint: fingerprint.clone(), dry_run: !sure };
    let removed = at.dispatch().call(&remove).await?;
    if sure {
        return done(at, "key-removed");
    }
    let text = format!("The TLS client key “{}” will log in no more.", removed.key.name);
    let fields = vec![("fingerprint", fingerprint)];
    Ok(at.confirm(HERE, text, "security/key-remove", fields, "Remove it", HERE))
}

async fn logout_all(at: &At, form: Query) -> Result<Response, OpError> {
    form.finish()?;
    at.dispatch().call(&SessionsEnd { account: at.account().to_owned() }).await?;
    Ok(at.go("login"))
}
