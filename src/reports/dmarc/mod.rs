//! What is particular to outgoing DMARC aggregate reports, from what arriving mail tells to the document. RFC 9990.

mod collected;
pub(crate) mod decide;
pub(crate) mod document;
pub(crate) mod evaluate;
mod explain;
mod results;
