//! Destinations of reports in one spelling, and the host that is asked to take them.

use mox_address::Address;
use mox_https::Url;
use mox_tlsrpt::{Target, Uri};

/// A destination that can be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// As published.
    pub(crate) uri: String,
    /// In one spelling; what is suppressed.
    pub(crate) address: String,
    /// Domain of the address, or host of the URL; empty where nothing can be sent.
    pub(crate) host: String,
}

impl Place {
    pub(crate) fn of(uri: &Uri) -> Place {
        let (address, host) = match &uri.target {
            Target::Mail(address) => (format!("mailto:{address}"), address.domain.ascii().to_owned()),
            Target::Https(url) => (url.to_string(), url.host.to_string()),
            Target::Unsupported => (uri.text.clone(), String::new()),
        };
        Place { uri: uri.text.clone(), address, host }
    }

    /// A mail address that was published as `uri`.
    pub(crate) fn mail(uri: String, address: &Address) -> Place {
        Place { uri, address: format!("mailto:{address}"), host: address.domain.ascii().to_owned() }
    }

    /// From what an operator writes: a URI, or a mail address.
    pub(crate) fn parse(text: &str) -> Result<(Place, Uri), String> {
        // An address may stand as it is, as in what is listed, or percent-encoded, as in a record.
        let plain = text.strip_prefix("mailto:").unwrap_or(text);
        let uri = match plain.parse::<Address>() {
            Ok(address) if !plain.contains([':', '%']) => Uri::mail(address),
            _ => text.parse::<Uri>().map_err(|e| e.to_string())?,
        };
        match uri.target {
            Target::Unsupported => Err(format!("{text:?} is neither a mailto: nor an https: URI")),
            _ => Ok((Place::of(&uri), uri)),
        }
    }
}

/// How a destination is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Way {
    Mail(Address),
    Https(Url),
}

impl Way {
    /// Of a destination in one spelling.
    pub(crate) fn of(address: &str) -> Option<Way> {
        match address.strip_prefix("mailto:") {
            Some(mail) => mail.parse().ok().map(Way::Mail),
            None => address.parse::<Uri>().ok().and_then(|uri| match uri.target {
                Target::Https(url) => Some(Way::Https(url)),
                Target::Mail(_) | Target::Unsupported => None,
            }),
        }
    }
}

/// Most destinations of a report. Nobody who is named in a record is asked whether he wants them, so a record must not
/// make us write to a crowd.
pub(crate) const MAX_PLACES: usize = 5;

/// Each destination of a record once, in its order.
pub(crate) fn places(rua: &[Uri]) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::new();
    for place in rua.iter().map(Place::of) {
        if places.len() < MAX_PLACES && places.iter().all(|known| known.address != place.address) {
            places.push(place);
        }
    }
    places
}

/// Addresses as a set, to compare.
pub(crate) fn addresses(places: &[Place]) -> Vec<String> {
    let mut addresses: Vec<String> = places.iter().map(|place| place.address.clone()).collect();
    addresses.sort();
    addresses
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_makes_us_write_to_many() {
        let rua: Vec<Uri> =
            (0..20).map(|n| format!("a{n}@example.org").parse().unwrap()).map(Uri::mail).collect();
        let places = places(&rua);
        assert_eq!(places.len(), MAX_PLACES);
        assert_eq!(places[0].address, "mailto:a0@example.org");
    }

    #[test]
    fn one_spelling_each() {
        for (text, address, host) in [
            ("a@Example.org", "mailto:a@example.org", "example.org"),
            ("mailto:a@m\u{fc}nchen.example", "mailto:a@xn--mnchen-3ya.example", "xn--mnchen-3ya.example"),
            ("mailto:a!b@x.example", "mailto:a!b@x.example", "x.example"),
            (
                "mailto:a%21b@xn--mnchen-3ya.example",
                "mailto:a!b@xn--mnchen-3ya.example",
                "xn--mnchen-3ya.example",
            ),
            ("https://Reports.example/x?y", "https://reports.example/x?y", "reports.example"),
        ] {
            let (place, _) = Place::parse(text).unwrap();
            assert_eq!((place.address.as_str(), place.host.as_str()), (address, host));
            assert!(Way::of(&place.address).is_some());
            assert_eq!(
                Place::parse(&place.address).unwrap().0.address,
                address,
                "what is listed is understood"
            );
        }
        assert!(Place::parse("ftp:x").is_err() && Place::parse("nothing").is_err());
        let record: mox_tlsrpt::Record =
            "v=TLSRPTv1; rua=mailto:b@x.example,mailto:b@X.example,https://a.example/".parse().unwrap();
        assert_eq!(addresses(&places(&record.rua)), ["https://a.example/", "mailto:b@x.example"]);
    }
}
