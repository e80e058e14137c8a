//! MTA-STS: a domain says over HTTPS which MX hosts it has, and that their TLS must verify. RFC 8461.
