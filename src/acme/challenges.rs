//! Checks of the authority that are expected now, and what answers them.
//!
//! RFC 8555 §8.3 (http-01), RFC 8737 (tls-alpn-01).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use mox_tls::CertifiedKey;

/// Answers by name and by token.
#[derive(Debug, Default)]
pub(crate) struct Challenges(Mutex<Expected>);

#[derive(Debug, Default)]
struct Expected {
    /// Certificates of tls-alpn-01 by name.
    alpn: HashMap<String, Arc<CertifiedKey>>,
    /// Texts of http-01 by name and token.
    http: HashMap<(String, String), String>,
}

/// An answer that is given until this is dropped.
pub(crate) struct Pending {
    challenges: Arc<Challenges>,
    name: String,
    token: Option<String>,
}

impl Challenges {
    /// Answers tls-alpn-01 of the name.
    pub(crate) fn expect_alpn(self: &Arc<Self>, name: &str, answer: Arc<CertifiedKey>) -> Pending {
        self.change(|expected| expected.alpn.insert(name.to_owned(), answer));
        Pending { challenges: self.clone(), name: name.to_owned(), token: None }
    }

    /// Answers http-01.
    pub(crate) fn expect_http(self: &Arc<Self>, name: &str, token: &str, answer: &str) -> Pending {
        let key = (name.to_owned(), token.to_owned());
        self.change(|expected| expected.http.insert(key, answer.to_owned()));
        Pending { challenges: self.clone(), name: name.to_owned(), token: Some(token.to_owned()) }
    }

    /// The certificate for a check of this name over TLS.
    pub(crate) fn alpn(&self, name: &str) -> Option<Arc<CertifiedKey>> {
        let name = name.to_ascii_lowercase();
        self.change(|expected| expected.alpn.get(&name).cloned())
    }

    /// The text for a check of this name over HTTP.
    pub(crate) fn http(&self, name: &str, token: &str) -> Option<String> {
        let key = (name.to_ascii_lowercase(), token.to_owned());
        self.change(|expected| expected.http.get(&key).cloned())
    }

    fn change<T>(&self, change: impl FnOnce(&mut Expected) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        let name = std::mem::take(&mut self.name);
        match self.token.take() {
            Some(token) => drop(self.challenges.change(|expected| expected.http.remove(&(name, token)))),
            None => drop(self.challenges.change(|expected| expected.alpn.remove(&name))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_there_while_they_are_expected() {
        let all = Arc::new(Challenges::default());
        let authority = mox_tls::sim::Authority::new();
        let certificate = authority.issue(&["a.example"]).unwrap();
        let alpn = all.expect_alpn("a.example", certificate.certified());
        let http = all.expect_http("a.example", "token", "text");
        assert!(all.alpn("A.example").is_some() && all.alpn("b.example").is_none());
        assert_eq!(all.http("a.Example", "token").as_deref(), Some("text"));
        assert_eq!(all.http("a.example", "other"), None);
        assert_eq!(all.http("b.example", "token"), None);
        drop((alpn, http));
        assert!(all.alpn("a.example").is_none() && all.http("a.example", "token").is_none());
    }
}
