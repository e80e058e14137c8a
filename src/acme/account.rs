//! The account at the authority: made at the first order, kept with its key.
//!
//! RFC 8555 §7.3 (accounts), §7.3.4 (external account binding).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use instant_acme::{Account, AccountCredentials, ExternalAccountKey, NewAccount};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::roster::Options;
use crate::stored::Stored;
use crate::web::Web;

/// The key that binds an account, in base64url or base64, as authorities give it; none where it is neither.
pub fn binding_key(text: &str) -> Option<Vec<u8>> {
    let text: String = text.trim().trim_end_matches('=').replace('+', "-").replace('/', "_");
    URL_SAFE_NO_PAD.decode(text).ok().filter(|key| !key.is_empty())
}

/// The account as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// URL of the directory that it belongs to.
    directory: String,
    /// The key it was bound with.
    binding: Option<String>,
    account: AccountCredentials,
}

/// The URI of the account that is kept in the folder of an authority, as CAA records name it (RFC 8657 §3); none where
/// there is none yet, it cannot be read, or is of another directory.
pub fn kept_account(dir: &std::path::Path, directory: &str) -> Option<String> {
    let json = Stored(dir.to_owned()).account().ok()??;
    let kept: serde_json::Value = serde_json::from_slice(&json).ok()?;
    (kept.get("directory")?.as_str()? == directory).then_some(())?;
    let uri = kept.get("account")?.get("id")?.as_str()?;
    // As it stands in a record.
    uri.bytes().all(|byte| byte.is_ascii_graphic() && byte != b';').then(|| uri.to_owned())
}

/// The account that is kept, or a new one where there is none for this directory and binding.
pub(crate) async fn open(options: &Options, stored: &Stored, web: &Web) -> Result<Account, Failure> {
    let kept = stored
        .account()
        .map_err(|e| Failure::here(format_args!("the account at the authority cannot be read: {e}")))?;
    let kept = kept.and_then(|json| match serde_json::from_slice::<Kept>(&json) {
        Ok(kept) => Some(kept),
        Err(error) => {
            tracing::error!(authority = options.name, %error, "the stored account cannot be used");
            None
        }
    });
    let binding = options.binding.as_ref().map(|(id, _)| id);
    match kept.filter(|kept| kept.directory == options.directory && kept.binding.as_ref() == binding) {
        Some(kept) => {
            let builder = Account::builder_with_http(Box::new(web.clone()));
            builder.from_credentials(kept.account).await.map_err(|e| failed(web, &e))
        }
        None => create(options, stored, web).await,
    }
}

/// Makes an account, and keeps it.
pub(crate) async fn create(options: &Options, stored: &Stored, web: &Web) -> Result<Account, Failure> {
    let contact = options.contact.as_ref().map(|address| format!("mailto:{address}"));
    let contact: Vec<&str> = contact.iter().map(String::as_str).collect();
    let new = NewAccount { contact: &contact, terms_of_service_agreed: true, only_return_existing: false };
    let binding = options.binding.as_ref();
    let key = binding.map(|(id, key)| ExternalAccountKey::new(id.clone(), key));
    let builder = Account::builder_with_http(Box::new(web.clone()));
    let made = builder.create(&new, options.directory.clone(), key.as_ref()).await;
    let (account, credentials) = made.map_err(|e| failed(web, &e))?;
    let kept = Kept {
        directory: options.directory.clone(),
        binding: binding.map(|(id, _)| id.clone()),
        account: credentials,
    };
    let keep = |json: Vec<u8>| stored.keep_account(&json);
    serde_json::to_vec(&kept)
        .map_err(std::io::Error::other)
        .and_then(keep)
        .map_err(|e| Failure::here(format_args!("the account at the authority cannot be kept: {e}")))?;
    tracing::info!(authority = options.name, account = account.id(), "account at the authority made");
    Ok(account)
}

fn failed(web: &Web, error: &instant_acme::Error) -> Failure {
    let last = web.last();
    Failure::of(error, last.status, last.retry_after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_uri_of_the_account_is_that_of_its_directory() {
        let dir = tempfile::tempdir().unwrap();
        let stored = Stored(dir.path().to_owned());
        assert_eq!(kept_account(dir.path(), "https://ca.example/dir"), None);
        let uri = "https://ca.example/acct/7";
        let json =
            r#"{"directory":"https://ca.example/dir","binding":null,"account":{"id":"URI","key_pkcs8":"x"}}"#;
        stored.keep_account(json.replace("URI", uri).as_bytes()).unwrap();
        assert_eq!(kept_account(dir.path(), "https://ca.example/dir").as_deref(), Some(uri));
        assert_eq!(kept_account(dir.path(), "https://other.example/dir"), None);
        stored.keep_account(json.replace("URI", "a; b").as_bytes()).unwrap();
        assert_eq!(kept_account(dir.path(), "https://ca.example/dir"), None);
    }

    #[test]
    fn a_binding_key_is_read_in_both_alphabets() {
        for (text, want) in [
            ("_-8", Some(vec![0xff, 0xef])),
            ("/+8=\n", Some(vec![0xff, 0xef])),
            ("", None),
            ("not base64!", None),
        ] {
            assert_eq!(binding_key(text), want, "{text:?}");
        }
    }
}
