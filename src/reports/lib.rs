//! Reports about TLS (and later DMARC) in both directions: collected, sealed, sent, received. RFC 8460.
