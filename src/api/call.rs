//! A request that found its row of the table, and how it is refused.

use mox_admin::OpError;
use mox_httpserver::{Request, Response};
use mox_web::{Query, QueryError};

/// What a path names.
#[derive(Debug, Default)]
pub(crate) struct Place {
    pub(crate) id: Option<String>,
    pub(crate) part: String,
}

/// A request to one row.
pub(crate) struct Call {
    place: Place,
    /// Its query.
    pub(crate) query: Query,
    /// All of it.
    pub(crate) request: Request,
}

impl Call {
    pub(crate) fn new(place: Place, request: Request) -> Call {
        Call { place, query: Query::of(&request), request }
    }

    /// The message that the path names.
    pub(crate) fn id(&self) -> Result<i64, OpError> {
        let text = self.place.id.as_deref().unwrap_or_default();
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        text.parse().ok().filter(|_| digits).ok_or_else(|| {
            let text: String = text.chars().take(100).collect();
            OpError::not_found(format!("no message {text}")).hint("messages have numbers")
        })
    }

    /// The part that the path names.
    pub(crate) fn part(&self) -> &str {
        &self.place.part
    }
}

/// The answer to a request that is not done.
pub(crate) struct Refused(pub(crate) Box<Response>);

impl From<OpError> for Refused {
    fn from(error: OpError) -> Refused {
        Refused(Box::new(mox_web::problem(&error)))
    }
}

impl From<QueryError> for Refused {
    fn from(error: QueryError) -> Refused {
        OpError::from(error).into()
    }
}
