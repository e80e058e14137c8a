//! Parameters of a request: of the query of its target, or of a form in its body (`application/x-www-form-urlencoded`).
//!
//! Every parameter is asked for by name and counted as known; the rest is refused, so that a misspelt filter does not
//! select everything. URL Standard §5 (WHATWG).

use std::cell::RefCell;
use std::fmt::Display;
use std::str::FromStr;

use mox_admin::OpError;

/// Most parameters of a request.
const MAX: usize = 10_000;

/// Parameters in order.
#[derive(Debug, Default)]
pub struct Query {
    all: Vec<(String, String)>,
    known: RefCell<Vec<&'static str>>,
}

/// A parameter that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// Its value is wrong.
    #[error("parameter \"{name}\": {reason}")]
    Value {
        /// Which.
        name: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// There is no such parameter.
    #[error("unknown parameter \"{name}\"; known are: {known}")]
    Unknown {
        /// Which.
        name: String,
        /// Those that there are.
        known: String,
    },
}

impl From<QueryError> for OpError {
    fn from(error: QueryError) -> OpError {
        OpError::usage(error)
    }
}

impl Query {
    /// Reads `a=1&b=x+y`; what is malformed is taken as browsers take it. Beyond 10,000 parameters the rest is
    /// ignored.
    pub fn parse(text: &[u8]) -> Query {
        let all = form_urlencoded::parse(text)
            .take(MAX)
            .map(|(name, value)| (name.into_owned(), value.into_owned()));
        Query { all: all.collect(), known: RefCell::default() }
    }

    /// The query of a request's target.
    pub fn of(request: &mox_httpserver::Request) -> Query {
        Query::parse(request.head.uri.query().unwrap_or_default().as_bytes())
    }

    /// The form in a request's body, without the token that [`crate::Door`] looks at.
    pub fn form(request: &mox_httpserver::Request) -> Query {
        let mut form = Query::parse(&request.body);
        form.all.retain(|(name, _)| name != "csrf");
        form
    }

    /// The first value of a parameter; an empty one is none, as forms send fields that were left empty.
    pub fn get(&self, name: &'static str) -> Option<&str> {
        self.all(name).next()
    }

    /// All values of a parameter that are not empty.
    pub fn all(&self, name: &'static str) -> impl Iterator<Item = &str> {
        self.known.borrow_mut().push(name);
        self.all.iter().filter(move |(n, v)| n == name && !v.is_empty()).map(|(_, v)| v.as_str())
    }

    /// The first value, read.
    pub fn value<T: FromStr<Err: Display>>(&self, name: &'static str) -> Result<Option<T>, QueryError> {
        self.get(name)
            .map(|text| {
                text.trim().parse().map_err(|e: T::Err| QueryError::Value { name, reason: e.to_string() })
            })
            .transpose()
    }

    /// All values, read.
    pub fn values<T: FromStr<Err: Display>>(&self, name: &'static str) -> Result<Vec<T>, QueryError> {
        let read = |text: &str| {
            text.trim().parse().map_err(|e: T::Err| QueryError::Value { name, reason: e.to_string() })
        };
        self.all(name).map(read).collect()
    }

    /// Whether it is there as `true`, `1`, `yes`, `on`, or without a value.
    pub fn flag(&self, name: &'static str) -> Result<bool, QueryError> {
        self.known.borrow_mut().push(name);
        match self.all.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str()) {
            None | Some("false" | "0" | "no" | "off") => Ok(false),
            Some("" | "true" | "1" | "yes" | "on") => Ok(true),
            Some(_) => Err(QueryError::Value { name, reason: "expected true or false".to_owned() }),
        }
    }

    /// Refuses parameters that nobody asked for. Call it after all were asked for.
    pub fn finish(&self) -> Result<(), QueryError> {
        let known = self.known.borrow();
        match self.all.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            None => Ok(()),
            Some((name, _)) => {
                let name: String = name.chars().take(100).collect();
                Err(QueryError::Unknown { name, known: known.join(", ") })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_read_and_the_rest_refused() {
        let query = Query::parse(b"to=a%40b.example&limit=5&id=1&id=2&empty=&all&x=1");
        assert_eq!(query.get("to"), Some("a@b.example"));
        assert_eq!(query.value::<u32>("limit"), Ok(Some(5)));
        assert_eq!(query.values::<i64>("id"), Ok(vec![1, 2]));
        assert_eq!((query.get("empty"), query.flag("all"), query.flag("none")), (None, Ok(true), Ok(false)));
        let error = query.finish().unwrap_err();
        assert_eq!(error.to_string(), "unknown parameter \"x\"; known are: to, limit, id, empty, all, none");
        assert_eq!(query.get("x"), Some("1"));
        assert_eq!(query.finish(), Ok(()));
    }

    #[test]
    fn wrong_values_are_named() {
        let query = Query::parse(b"limit=many&all=perhaps");
        assert_eq!(
            query.value::<u32>("limit").unwrap_err().to_string(),
            "parameter \"limit\": invalid digit found in string"
        );
        assert_eq!(query.flag("all").unwrap_err().to_string(), "parameter \"all\": expected true or false");
    }
}
