//! Private keys of the lab's hosts, and the TLSA data of their public halves. Everybody can read them here: they prove
//! nothing outside the lab. RFC 6698 §2.1.

use mox_dane::{Matching, Record, Selector, Usage};
use mox_tls::PublicPart;

/// Of the authority that the lab's PKIX trusts.
pub(crate) const AUTHORITY: &str = "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgosZzhGMNNgjYVojT
VF9dRx6735qeEIp5CAMRwMWM0EahRANCAATs7J+9Le1eWtPfxt2fEvMns2bCMqwX
KWEpIixdyutBGWgLroKzRwuTzOG0cGaOCk+XE7Zxvxkzb0L6/WGwJyxM
-----END PRIVATE KEY-----";

/// Of an authority that nobody trusts.
pub(crate) const STRANGER: &str = "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg+apMDOXq5lwx2RgU
n5cltXdygp9Ktq9jSR98bZEIBk2hRANCAAT6KDytdOAYLjFiv5Ghz/E7E+JDLiCV
FM5fFqi/YHMxZaT3lPh+is/nQd4Nsly46mpb4pqlK5cRrFihW95va0gv
-----END PRIVATE KEY-----";

/// Of the hosts.
pub(crate) const HOST: &str = "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgcTtrFK7pxyZy7bdL
ZwO36Pi3H38doyrdBLk7429lH9KhRANCAASBFd8C+3C6lANucrL0YE+OYeH2+CoS
SwsidpSY1C24VW3JRFb3JrJMk2gPdGAru2y5/V73Lo2QYzI0Qk7KxuJd
-----END PRIVATE KEY-----";

/// Of no host: the one that was, or the one to come.
pub(crate) const OTHER: &str = "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg3+S2nYsNYcrVB8nI
r6k7cBskeKdRqJj4s09ia1Q3FnKhRANCAARFvx/3Q25XoGSXOGkDaOFI0h7pi+FE
BUE3SWjEPJYfjErEA/RHhqqj6ZtIbYwRQQ3jX+8ZhCc7fUAlmezCMz76
-----END PRIVATE KEY-----";

/// Of the RSA selector of [`crate::HOST`].
pub(crate) const DKIM_RSA: &str = "-----BEGIN PRIVATE KEY-----
MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDSOktgSbtaT8BQ
sfmNm3kTCkw1ATTf125GSC70Q+CqCZbd0dEeUD8h2FeyF3SFTQQIQLqfnmtTJAlF
nn5foUlTeDHwMaU0DvL2kouaMLOLLOhr3ZJlzYvHSa8JwiGr3Et7RM15JgV4BcF4
c8njEqQ65f1D1SsM8TLl4A9nPhd9ntGQphv6v0AAvgPd7z41OqflbWH0eC4/wMnQ
Z9XiTidYntQ3tnozhbhT9VlN5mXCS11aNuXnP62QwIOneIKyuDOih/lgfaq6KadW
inX5b08t5LT/nY7pWlR2mf5359qHUz8vMYUT73dq3f9b2U+Uku95jeGZzZJ3Aj2e
LhWVyOLhAgMBAAECggEARZyh+vdPP39q+g2EyfwyYjiltWN546kNTd53FdEoIoXc
XAUvDq+ZyBZAK6uSnNU8wZLVeSdW+IfVPiVWSUo54pbJSnTV9GAC2dz6twrrWOl8
6MLMyEMAxvPCLyQGTEc9A0tsEnKhmvWk88K7liJFGW+wpnZ+s+FmbjH8R76KvsBv
lU1/qOfW9eK+XdbV++3S/k2m2iQIXj+POZgz8B5V5h/KIIl98NimRlLN9fvW5/j3
2VoRLwYUrrCcsEDUEarwzaeutoSiEF88m28K798S+vpYDvW33N3VegjLoKAcT3de
2nc7tZGBeNbPqVOMRQzBRocJ/6epkO5trjOlSxSr5QKBgQDqWNOup7pPGZ8gKKy5
hBQnBVh9tyVrQsBYOvVOj149PKzG6XHVhQiWsmdo66vnI9LQd//uvGKgyEys9gI3
6UrfparIs5k1fFRSUga2RYx6dEBAZEUF5a2aKm8HGKEjKe8wX37MEtVxjfYbLVvT
xn+dmYPFQmCGsEpllaW4VuGcCwKBgQDlpvUoLdqUp+rf+THQ+OBlh3IJUamCL40p
LILBK9Dso9jZ7WLrdS9v2vHFYyOiSFtF5jDxX8rHw2Zo2BEJjpvQMyuWK/ZYwKGp
r7ZdM4m1bYzHc47og3LBNkIXgFt0ostnp3Vmwpakhjtw/0D1pV1jLXUcvwdMA5bR
VlDzCBKkQwKBgAkyazxTgNBR5RjR/9VYBaJyZ0KnyWQoPnw39CCdJ8mnc/BqgPks
O2YOolhPx3NOyJs92mF4Kza8JaY0EWo4UaPtUIKH6d9bfcOtTG4i1JyJq2vbg4nz
tZhzSeAxa0GCB80SMlu38YB/XcU7RntNMvzwZWd8b2VZzdGmydYuMrR5AoGBAIN+
Xn88Chz2LLlDwS9rYWkg7b3CQXGmcogx0Uh0IzNr+Z2GnA4/0gKU9bxUsLGaBpD2
Ze2/MKfDDV9Y4CB9xF+o/PsGfw6AddBoKN4ixWXZrTMCyr/9i/Zvb9ZvC260TA00
yDcnkgPwTBa+QN6maduAyr7D7pSqtW91ofIWHD5rAoGAZPSf9du0RnCVmMWgzkIJ
y5tW41gqveY2G8Syyp2Hn/6PnQtKvMG/74U6Zf5mQAYbYq3yFiw2cOK2KWmpc3kk
eZFtNvLgo/HdYmJNKHV8wC3tyvm4pyQB2qg3PKBfD1JFTOO+UfHPXD5Pl0JGTzbp
Yv9MHEoOSipju0ICStVbdNE=
-----END PRIVATE KEY-----
";

/// The record of its public half.
pub(crate) const DKIM_RSA_RECORD: &str = "v=DKIM1; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA0jpLYEm7Wk/AULH5jZt5EwpMNQE039duRkgu9EPgqgmW3dHRHlA/IdhXshd0hU0ECEC6n55rUyQJRZ5+X6FJU3gx8DGlNA7y9pKLmjCziyzoa92SZc2Lx0mvCcIhq9xLe0TNeSYFeAXBeHPJ4xKkOuX9Q9UrDPEy5eAPZz4XfZ7RkKYb+r9AAL4D3e8+NTqn5W1h9HguP8DJ0GfV4k4nWJ7UN7Z6M4W4U/VZTeZlwktdWjbl5z+tkMCDp3iCsrgzoof5YH2quimnVop1+W9PLeS0/52O6VpUdpn+d+fah1M/LzGFE+93at3/W9lPlJLveY3hmc2SdwI9ni4Vlcji4QIDAQAB";

/// SHA-256 of a key's public half, as TLSA records hold it with selector 1 and matching type 1; empty for a text that is
/// no key.
pub(crate) fn digest(key_pem: &str) -> String {
    let record = PublicPart::from_pem(key_pem.as_bytes())
        .ok()
        .and_then(|part| Record::make(Usage::DaneEe, Selector::Spki, Matching::Sha256, &part).ok());
    record.map(|record| record.data.iter().map(|byte| format!("{byte:02x}")).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_a_digest_of_its_own() {
        let mut all = [AUTHORITY, STRANGER, HOST, OTHER].map(digest).to_vec();
        assert!(all.iter().all(|digest| digest.len() == 64), "{all:?}");
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 4);
        assert_eq!(digest("x"), "");
    }
}
