//! Outgoing DMARC aggregate reports, from what arriving mail tells to the document. RFC 9990.

pub(crate) mod evaluate;
